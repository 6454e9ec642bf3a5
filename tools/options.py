"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tools.paths import DEFAULT_STATE_DIR

StateDirOption = Annotated[
    Path,
    typer.Option(
        "--state-dir",
        help="The instance's folder: endpoints, state, logs.",
        show_default=".payflow of the project",
        file_okay=False,
        resolve_path=True,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON on stdout, and nothing else there.")
]
STATE_DIR_DEFAULT = DEFAULT_STATE_DIR
