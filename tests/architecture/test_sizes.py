"""Small functions, small modules, thin handlers (the style guide's item 3)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.paths import REPOSITORY

FUNCTION_LINES_MAX = 50
MODULE_LINES_MAX = 400
HANDLER_LINES_MAX = 40
FOLDERS = ("functions", "infra_cdk", "layers", "simulation", "tests", "tools")


def _modules() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((REPOSITORY / folder).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield path


def _too_long(path: Path, lines_max: int) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > lines_max:
                yield f"{path.relative_to(REPOSITORY)}: {node.name} has {lines} lines"


def test_functions_are_small() -> None:
    assert [found for path in _modules() for found in _too_long(path, FUNCTION_LINES_MAX)] == []


def test_handlers_are_thin() -> None:
    handlers = sorted((REPOSITORY / "functions").glob("*.py"))

    assert handlers
    assert [found for path in handlers for found in _too_long(path, HANDLER_LINES_MAX)] == []


def test_modules_are_small() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in _modules()}

    assert [str(path) for path, lines in lengths.items() if lines > MODULE_LINES_MAX] == []
