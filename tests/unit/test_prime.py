"""What a function makes before its snapshot is taken (SnapStart), and what it must not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.httpsession import URLLib3Session

from payflow import wiring
from payflow.aws import clients
from payflow.aws.clients import forget_clients
from tools.paths import REPOSITORY

FUNCTIONS = sorted(path.stem for path in (REPOSITORY / "functions").glob("*.py"))
NOBODY_WAITS_FOR = {
    "fold_ledger",
    "follow_payments",
    "handle_provider_callback",
    "pay_out_merchants",
    "send_provider_callback",
    "sweep_payments",
    "wake_payments",
}
SNAPSHOT = [name for name in FUNCTIONS if name not in NOBODY_WAITS_FOR]
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "PAYMENTS_TABLE": "payments",
    "VAULT_TABLE": "vault",
    "MERCHANTS_TABLE": "merchants",
    "CONTROL_TABLE": "control",
    "PROVIDER_BOOKS_TABLE": "books",
    "PROVIDER_CALLS_TABLE": "calls",
    "PAYOUTS_TABLE": "payouts",
    "LEDGER_TABLE": "ledger",
    "WALLETS_TABLE": "wallets",
    "CARD_KEY_ID": "card",
    "CVC_KEY_ID": "cvc",
    "PROVIDER_OUTBOX_URL": "https://sqs.eu-west-1.amazonaws.com/000000000000/outbox",
    "PROVIDER_CALLBACKS_URL": "https://sqs.eu-west-1.amazonaws.com/000000000000/callbacks",
    "CALLBACK_SECRET_ID": "callbacks",
    "APPROVAL_SECRET_ID": "approvals",
    "STATE_MACHINE_ARN": "arn:aws:states:eu-west-1:000000000000:stateMachine:payment",
    "PROVIDER_FUNCTIONS": '{"card": "a", "upi": "b", "wallet": "c"}',
}


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process at its start, with every variable that any function gets."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    forget()
    yield
    forget()


def forget() -> None:
    forget_clients()
    for part in vars(wiring).values():
        if hasattr(part, "cache_clear"):
            part.cache_clear()


class Unasked:
    """A clock and randomness that must not be asked for anything."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"asked for {name} before the snapshot")


@pytest.mark.parametrize("function", SNAPSHOT)
def test_nothing_is_called_and_nothing_kept_that_each_process_must_have_for_itself(
    function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sent(*_: Any) -> None:
        raise AssertionError("a call was made before the snapshot")

    monkeypatch.setattr(URLLib3Session, "send", sent)
    monkeypatch.setattr(wiring, "clock", Unasked)
    monkeypatch.setattr(wiring, "randomness", Unasked)

    wiring.prime(function)

    assert clients._made.cache_info().currsize >= 1


@pytest.mark.parametrize(
    ("function", "services"),
    [("create_payment_api", 3), ("call_card_provider", 3), ("plan_next_step", 1)],
)
def test_the_clients_are_made_that_the_function_will_use(function: str, services: int) -> None:
    wiring.prime(function)

    assert clients._made.cache_info().currsize == services


def modules_after_import(**environment: str) -> set[str]:
    """What a fresh process has loaded once `payflow.wiring` is imported."""
    code = "import sys, payflow.wiring; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(run.stdout.split())


def test_it_is_done_at_import_where_a_snapshot_follows_and_only_there() -> None:
    heavy = {"botocore.client", "aws_lambda_powertools", "payflow.services.plan_next_step"}

    kind = "AWS_LAMBDA_INITIALIZATION_TYPE"
    frozen = modules_after_import(**{kind: "snap-start", "_HANDLER": "plan_next_step.handler"})
    usual = modules_after_import(**{kind: "on-demand", "_HANDLER": "plan_next_step.handler"})

    assert heavy <= frozen
    assert not heavy & usual
