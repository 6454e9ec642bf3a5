"""One command brings everything up, keeps its state, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.harness import (
    PAYFLOW,
    Deployment,
    Shop,
    processes_of,
    run_payflow,
    upi,
)

STOP_TIMEOUT_S = 60
READY_TIMEOUT_S = 120
# The promise is 15 s; tests share the machine with other deployments.
SECOND_START_S_MAX = 30
LEARNT_WITHIN_S = 15


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A deployment that made a payment and was stopped: its folder and the payment's id."""
    state_dir = tmp_path_factory.mktemp("lifecycle")
    try:
        first = Deployment.start(state_dir)
        with first.client(first.endpoints["demo_merchant"]["api_key"]) as client:
            payment = Shop(client).pay(upi("success@upi"))
        first.stop()
        yield state_dir, payment["id"]
    finally:
        run_payflow("down", "--state-dir", str(state_dir))


def test_the_second_start_is_quick_and_has_the_state_and_keys_of_the_first(
    stopped: tuple[Path, str],
) -> None:
    state_dir, payment_id = stopped
    before = json.loads((state_dir / "endpoints.json").read_text())

    began = time.monotonic()
    again = Deployment.start(state_dir)
    took_s = time.monotonic() - began

    assert again.endpoints["demo_merchant"] == before["demo_merchant"]
    assert again.endpoints["operator_key"] == before["operator_key"]
    with again.client(again.endpoints["demo_merchant"]["api_key"]) as client:
        assert Shop(client).payment(payment_id)["status"] == "succeeded"
        assert Shop(client).pay(upi("success@upi"))["status"] == "succeeded"
    again.stop()
    assert took_s < SECOND_START_S_MAX


def test_health_is_still_learnt_from_the_stream_after_a_restart(
    stopped: tuple[Path, str],
) -> None:
    state_dir, _ = stopped
    again = Deployment.start(state_dir)
    with (
        again.client(again.endpoints["demo_merchant"]["api_key"]) as client,
        again.client(again.endpoints["operator_key"]) as operator,
    ):
        before = _calls_learnt(operator)
        Shop(client).pay(upi("success@upi"))
        deadline = time.monotonic() + LEARNT_WITHIN_S
        while (learnt := _calls_learnt(operator)) <= before and time.monotonic() < deadline:
            time.sleep(0.5)
    again.stop()

    assert learnt > before


def _calls_learnt(operator: httpx.Client) -> float:
    """How many recent calls the health of all providers rests on."""
    providers = operator.get("/internal/providers").json()["data"]
    return float(sum(provider["health"]["calls"] for provider in providers))


@pytest.mark.parametrize("stop_signal", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_that_was_started_in_the_foreground(
    stopped: tuple[Path, str], stop_signal: signal.Signals
) -> None:
    state_dir, _ = stopped
    command = [*PAYFLOW, "up", "--port", "0", "--state-dir", str(state_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as up:
        _until_ready(state_dir)

        up.send_signal(stop_signal)
        said, _ = up.communicate(timeout=STOP_TIMEOUT_S)

    assert up.returncode == 0, said.decode()
    assert b"curl -X POST" in said
    assert processes_of(state_dir) == []
    assert not (state_dir / "run.json").exists()


def test_what_a_killed_instance_left_is_cleared_by_the_next_start(
    stopped: tuple[Path, str],
) -> None:
    state_dir, payment_id = stopped
    Deployment.start(state_dir)
    os.kill(_supervisor_pid(state_dir), signal.SIGKILL)

    again = Deployment.start(state_dir)

    with again.client(again.endpoints["demo_merchant"]["api_key"]) as client:
        assert Shop(client).payment(payment_id)["status"] == "succeeded"
    again.stop()


def test_starting_again_what_runs_changes_nothing(deployment: Deployment) -> None:
    pid = _supervisor_pid(deployment.state_dir)

    again = Deployment.start(deployment.state_dir)

    assert again.endpoints == deployment.endpoints
    assert _supervisor_pid(deployment.state_dir) == pid


def test_a_second_instance_in_the_same_folder_is_refused(deployment: Deployment) -> None:
    outcome = run_payflow("up", "--port", "0", "--state-dir", str(deployment.state_dir))

    assert outcome.returncode == 1
    assert "already runs" in outcome.stderr


def test_a_taken_port_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])

        outcome = run_payflow("up", "--port", port, "--aws-port", "0", "--state-dir", str(tmp_path))

    assert outcome.returncode == 1
    assert f"port {port} is taken" in outcome.stderr
    assert processes_of(tmp_path) == []


def test_status_and_the_start_page_answer(deployment: Deployment) -> None:
    status = run_payflow("status", "--json", "--state-dir", str(deployment.state_dir))
    page = httpx.get(f"{deployment.api_url}/", timeout=10)

    report = json.loads(status.stdout)
    assert status.returncode == 0
    assert report["running"] is True
    assert report["sources"] == "deployed"
    assert deployment.endpoints["demo_merchant"]["api_key"] in page.text


def test_pay_tells_a_payments_story(deployment: Deployment) -> None:
    paid = run_payflow(
        "pay",
        "--card",
        "4242424242424242",
        "--amount",
        "125000",
        "--wait",
        "--state-dir",
        str(deployment.state_dir),
    )

    assert paid.returncode == 0, paid.stderr
    assert "succeeded" in paid.stdout
    assert "Ledger" in paid.stdout


def _supervisor_pid(state_dir: Path) -> int:
    pid: int = json.loads((state_dir / "run.json").read_text())["supervisor"]["pid"]
    return pid


def _until_ready(state_dir: Path) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while True:
        run_file = state_dir / "run.json"
        if run_file.exists() and json.loads(run_file.read_text())["phase"] == "ready":
            return
        assert time.monotonic() < deadline, "not ready in time"
        time.sleep(0.1)
