"""functions → wiring → services → domain: who may import what, and who may touch the world.

`providers` and `aws` implement ports that `domain` declares and import only `domain`; `adapters`
makes them and `wiring` is the one file that joins them to services; `api` describes the HTTP
contract in terms of `domain`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.paths import REPOSITORY

PACKAGE = REPOSITORY / "layers" / "shared" / "python" / "payflow"
FUNCTIONS = REPOSITORY / "functions"

# Each part, and what it may import besides the standard library and itself.
ALLOWED = {
    "domain": {"pydantic", "pydantic_core"},
    "services": {"payflow.domain"},
    "providers": {"payflow.domain"},
    "api": {"payflow.domain", "pydantic", "pydantic_core"},
    "aws": {
        "payflow.domain",
        "payflow.api",
        "aws_lambda_powertools",
        "botocore",
        "cryptography",
        "types_boto3_dynamodb",
        "types_boto3_kms",
        "types_boto3_secretsmanager",
        "types_boto3_sqs",
        "types_boto3_ssm",
        "types_boto3_stepfunctions",
    },
    "adapters.py": {"payflow.domain", "payflow.providers", "payflow.aws"},
    "snapshot.py": {
        "payflow.adapters",
        "payflow.providers",
        "payflow.wiring",
        "payflow.aws",
    },
    "wiring.py": {
        "payflow.adapters",
        "payflow.snapshot",
        "payflow.domain",
        "payflow.services",
        "payflow.providers",
        "payflow.aws",
    },
}
FUNCTIONS_MAY_IMPORT = {
    "payflow.wiring",
    "payflow.services",
    "payflow.domain",
    "payflow.api",
    "payflow.aws.callback_queues",
    "payflow.aws.http",
    "payflow.aws.observability",
    "payflow.aws.payment_stream",
    "payflow.aws.posting_stream",
    "payflow.aws.provider_task",
    "payflow.aws.queue_batch",
    "payflow.aws.wake_ups",
}
# The world: environment, clock, chance, threads of control that wait, network, files.
WORLD_MODULES = {
    "os",
    "random",
    "secrets",
    "time",
    "uuid",
    "socket",
    "subprocess",
    "urllib.request",
}
WORLD_CALLS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
PURE_PARTS = ("domain", "services", "providers")


def _sources(part: str) -> list[Path]:
    folder = PACKAGE / part
    return [folder] if folder.is_file() else sorted(folder.rglob("*.py"))


def _imports(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            # `from payflow import wiring` imports payflow.wiring.
            if node.module == "payflow":
                yield from (f"payflow.{alias.name}" for alias in node.names)
            else:
                yield node.module


def _is_within(module: str, allowed: set[str]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in allowed)


def _is_standard(module: str) -> bool:
    return module.split(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize("part", sorted(ALLOWED))
def test_a_part_imports_only_what_lies_below_it(part: str) -> None:
    allowed = ALLOWED[part] | {f"payflow.{part.removesuffix('.py')}", "payflow.__version__"}

    strangers = [
        f"{source.relative_to(PACKAGE)}: {module}"
        for source in _sources(part)
        for module in _imports(source)
        if not _is_standard(module) and not _is_within(module, allowed)
    ]

    assert strangers == []


def test_functions_reach_the_world_through_the_wiring() -> None:
    strangers = [
        f"{source.name}: {module}"
        for source in sorted(FUNCTIONS.glob("*.py"))
        for module in _imports(source)
        if not _is_standard(module) and not _is_within(module, FUNCTIONS_MAY_IMPORT)
    ]

    assert strangers == []


@pytest.mark.parametrize("part", PURE_PARTS)
def test_clock_chance_environment_and_network_are_ports(part: str) -> None:
    reaching = [
        f"{source.relative_to(PACKAGE)}: {module}"
        for source in _sources(part)
        for module in _imports(source)
        if _is_within(module, WORLD_MODULES)
    ]

    assert reaching == []


@pytest.mark.parametrize("part", PURE_PARTS)
def test_nothing_pure_asks_the_machine_for_the_time(part: str) -> None:
    asking = [
        f"{source.relative_to(PACKAGE)}:{node.lineno}: {ast.unparse(node.func)}()"
        for source in _sources(part)
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in WORLD_CALLS
    ]

    assert asking == []


@pytest.mark.parametrize("part", sorted(ALLOWED))
def test_there_is_something_to_check(part: str) -> None:
    assert _sources(part)


def test_only_functions_use_the_wiring_and_only_the_wiring_the_adapters() -> None:
    users = {
        (str(source.relative_to(PACKAGE)), module)
        for source in sorted(PACKAGE.rglob("*.py"))
        for module in ("payflow.wiring", "payflow.adapters")
        if module in _imports(source)
    }

    # What a snapshot holds is a list of what the wiring makes, and a part of it.
    assert users == {
        ("snapshot.py", "payflow.wiring"),
        ("snapshot.py", "payflow.adapters"),
        ("wiring.py", "payflow.adapters"),
    }


@pytest.mark.parametrize("part", ["simulation", "tools", "infra_cdk"])
def test_what_runs_without_the_tests_imports_nothing_of_them(part: str) -> None:
    borrowing = [
        f"{source.relative_to(REPOSITORY)}: {module}"
        for source in sorted((REPOSITORY / part).rglob("*.py"))
        if "node_modules" not in source.parts
        for module in _imports(source)
        if module.split(".")[0] == "tests"
    ]

    assert borrowing == []
