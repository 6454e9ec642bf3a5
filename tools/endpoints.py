"""`.payflow/endpoints.json`: where a deployment answers and with which keys."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.errors import ToolError

FILE_NAME = "endpoints.json"


@dataclass(frozen=True)
class DemoMerchant:
    """The merchant that a fresh deployment starts with; `api_key` is its secret key."""

    id: str
    api_key: str


@dataclass(frozen=True)
class Endpoints:
    """One deployment as a client sees it (spec: "Where it is" of the HTTP API)."""

    target: str
    api_url: str
    dashboard_url: str
    operator_key: str
    demo_merchant: DemoMerchant
    aws_endpoint_url: str | None

    def write(self, state_dir: Path) -> Path:
        """Write the file, readable by its owner only, in one step."""
        state_dir.mkdir(parents=True, exist_ok=True)
        path = state_dir / FILE_NAME
        draft = path.with_suffix(".tmp")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(self), file, indent=2)
            file.write("\n")
        draft.replace(path)
        return path


def find_endpoints(state_dir: Path) -> Endpoints | None:
    """The endpoints written last, or None where there are none that can be read."""
    try:
        document = json.loads((state_dir / FILE_NAME).read_text())
        merchant = DemoMerchant(**document.pop("demo_merchant"))
        return Endpoints(demo_merchant=merchant, **document)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def read_endpoints(state_dir: Path) -> Endpoints:
    """The endpoints of the deployment that `state_dir` belongs to.

    Raises:
        ToolError: nothing was deployed from here yet.
    """
    endpoints = find_endpoints(state_dir)
    if endpoints is None:
        raise ToolError(
            f"there is no deployment in {state_dir}", hint="start one with: payflow up --detach"
        )
    return endpoints
