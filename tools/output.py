"""The two consoles: results go to stdout, everything said on the way to stderr.

So `--json` output can be piped, whatever progress is shown beside it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape

from tools.errors import ToolError

results = Console(highlight=False, soft_wrap=True)
notes = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(document: Mapping[str, object]) -> None:
    """Write one JSON document, and nothing else, to stdout."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def print_error(error: ToolError) -> None:
    """Tell what failed and what to do about it, on stderr."""
    notes.print(f"[bold red]error:[/] {escape(error.message)}")
    if error.hint:
        notes.print(f"[dim]hint:[/]  {escape(error.hint)}")
