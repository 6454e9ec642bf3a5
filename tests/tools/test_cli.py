"""The command line: its help, its exit codes, and what goes to which stream."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tools.conftest import FakeApi, RunPayflow
from tools.cli import app

COMMANDS = [command.callback.__name__ for command in app.registered_commands if command.callback]


def test_help_lists_every_command(payflow: RunPayflow) -> None:
    outcome = payflow("--help")

    assert outcome.code == 0
    assert all(command in outcome.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_examples(payflow: RunPayflow, command: str) -> None:
    outcome = payflow(command, "--help")

    assert outcome.code == 0
    assert "For example:" in outcome.out
    assert outcome.out.count(f"payflow {command}") >= 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["up", "--port", "70000"],
        ["up", "--api", "soap"],
        ["deploy", "--target", "moon"],
        ["pay", "--amount", "100"],
        ["pay", "--card", "4242424242424242"],
        ["pay", "--card", "4242424242424242", "--vpa", "success@upi", "--amount", "100"],
        ["pay", "--vpa", "success@upi", "--amount", "0"],
    ],
)
def test_wrong_use_exits_with_2_and_says_so_on_stderr(
    payflow: RunPayflow, arguments: list[str]
) -> None:
    outcome = payflow(*arguments)

    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err


@pytest.mark.parametrize(
    "arguments", [["status"], ["pay", "--vpa", "success@upi", "--amount", "100"], ["deploy"]]
)
def test_without_a_deployment_a_command_fails_with_a_hint(
    payflow: RunPayflow, tmp_path: Path, arguments: list[str]
) -> None:
    outcome = payflow(*arguments, "--state-dir", str(tmp_path))

    assert outcome.code == 1
    assert "payflow up --detach" in outcome.err


def test_nothing_to_stop_is_fine(payflow: RunPayflow, tmp_path: Path) -> None:
    outcome = payflow("down", "--state-dir", str(tmp_path), "--json")

    assert outcome.code == 0
    assert json.loads(outcome.out) == {"stopped": False}


def test_an_api_that_is_gone_is_told_as_such(payflow: RunPayflow, deployed: Path) -> None:
    endpoints = json.loads((deployed / "endpoints.json").read_text())
    (deployed / "endpoints.json").write_text(
        json.dumps(endpoints | {"api_url": "http://127.0.0.1:1"})
    )

    paid = payflow("pay", "--vpa", "success@upi", "--amount", "100", "--state-dir", str(deployed))
    status = payflow("status", "--json", "--state-dir", str(deployed))

    assert paid.code == 1
    assert "payflow status" in paid.err
    assert status.code == 1
    assert json.loads(status.out)["answers"] is False


def test_status_tells_each_parts_health(payflow: RunPayflow, deployed: Path, api: FakeApi) -> None:
    api.answers["GET", "/internal/health"] = (200, {"status": "ok"})

    outcome = payflow("status", "--json", "--state-dir", str(deployed))

    assert outcome.code == 0
    assert json.loads(outcome.out)["health"] == {"status": "ok"}
    assert api.requests[0][2]["Authorization"] == "Bearer ok_1"
