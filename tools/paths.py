"""Where the repository and a running instance keep their files."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
DEFAULT_STATE_DIR = REPOSITORY / ".payflow"
CDK_CLI = REPOSITORY / "tools" / "cdk" / "node_modules" / "aws-cdk" / "bin" / "cdk"
DASHBOARD = REPOSITORY / "dashboard"
DASHBOARD_BUILT = REPOSITORY / "build" / "dashboard"
