"""`payflow ledger`: its use, and what it says without a deployment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.conftest import RunPayflow

COMMANDS = ["verify", "balance"]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_shows_examples(payflow: RunPayflow, command: str) -> None:
    outcome = payflow("ledger", command, "--help")

    assert outcome.code == 0
    assert "For example:" in outcome.out
    assert outcome.out.count(f"payflow ledger {command}") >= 2


@pytest.mark.parametrize(
    "arguments", [["ledger", "balance"], ["ledger", "balance", "bank:INR", "--at", "yesterday"]]
)
def test_wrong_use_exits_with_2(payflow: RunPayflow, tmp_path: Path, arguments: list[str]) -> None:
    outcome = payflow(*arguments, "--state-dir", str(tmp_path))

    assert outcome.code == 2
    assert outcome.out == ""


@pytest.mark.parametrize("arguments", [["verify"], ["balance", "bank:INR"]])
def test_without_a_deployment_there_is_a_hint(
    payflow: RunPayflow, tmp_path: Path, arguments: list[str]
) -> None:
    outcome = payflow("ledger", *arguments, "--state-dir", str(tmp_path))

    assert outcome.code == 1
    assert "payflow up --detach" in outcome.err
