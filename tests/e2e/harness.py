"""A real deployment of its own, and a shop that pays through it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx

Json = dict[str, Any]

PAYFLOW = (sys.executable, "-m", "tools.cli")
UP_TIMEOUT_S = 600
DOWN_TIMEOUT_S = 180
REQUEST_TIMEOUT_S = 60
POLL_S = 0.25
WAIT_S = 25
SETTLED = frozenset({"succeeded", "failed", "canceled", "authorized", "requires_action"})


def run_payflow(*arguments: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    """`payflow` with these arguments, whatever it exits with."""
    return subprocess.run(
        [*PAYFLOW, *arguments], capture_output=True, text=True, check=False, timeout=timeout_s
    )


@dataclass(frozen=True)
class Deployment:
    """A running instance: `endpoints` as in `.payflow/endpoints.json`."""

    endpoints: Json
    state_dir: Path

    @property
    def api_url(self) -> str:
        url: str = self.endpoints["api_url"]
        return url

    @classmethod
    def start(cls, state_dir: Path, *options: str) -> Deployment:
        """Bring one up on free ports; on failure nothing is left running."""
        started = run_payflow(
            "up",
            "--detach",
            "--json",
            "--port",
            "0",
            "--state-dir",
            str(state_dir),
            *options,
            timeout_s=UP_TIMEOUT_S,
        )
        assert started.returncode == 0, started.stderr
        return cls(json.loads(started.stdout), state_dir)

    def stop(self) -> None:
        """Take it down; an error if anything of it is left."""
        stopped = run_payflow("down", "--state-dir", str(self.state_dir), timeout_s=DOWN_TIMEOUT_S)
        assert stopped.returncode == 0, stopped.stderr
        assert processes_of(self.state_dir) == []

    def client(self, key: str) -> httpx.Client:
        """An HTTP client with that key."""
        return httpx.Client(
            base_url=self.api_url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=REQUEST_TIMEOUT_S,
        )


def processes_of(state_dir: Path) -> list[str]:
    """The command lines of running processes that name the folder."""
    listed = subprocess.run(
        ["ps", "-eo", "args="], capture_output=True, text=True, check=True, timeout=30
    )
    return [line for line in listed.stdout.splitlines() if str(state_dir) in line]


def card(number: str, *, cvc: str = "123") -> Json:
    """A payment method: a card that has not expired."""
    details = {"number": number, "exp_month": 12, "exp_year": 2035, "cvc": cvc}
    return {"type": "card", "card": details}


def upi(vpa: str) -> Json:
    """A payment method: a UPI collect request."""
    return {"type": "upi", "upi": {"vpa": vpa}}


def wallet(wallet_id: str) -> Json:
    """A payment method: a stored-value wallet."""
    return {"type": "wallet", "wallet": {"wallet_id": wallet_id}}


class Shop:
    """A merchant's side of the API."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def create(
        self,
        method: Json,
        *,
        amount: int = 125_000,
        currency: str = "INR",
        key: str | None = None,
        wait_s: int | None = None,
        **fields: object,
    ) -> httpx.Response:
        """The raw answer to `POST /api/v1/payments`."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        if wait_s is not None:
            headers["Prefer"] = f"wait={wait_s}"
        body = {"amount": amount, "currency": currency, "method": method, **fields}
        return self.client.post("/api/v1/payments", json=body, headers=headers)

    def pay(self, method: Json, *, wait_s: int = WAIT_S, **more: Any) -> Json:
        """A payment that was accepted, once it is settled."""
        created = self.create(method, wait_s=wait_s, **more)
        assert created.status_code == 201, created.text
        payment: Json = created.json()
        if payment["status"] in SETTLED:
            return payment
        return self.until_settled(payment["id"])

    def payment(self, payment_id: str) -> Json:
        """The payment as it is now."""
        answer = self.client.get(f"/api/v1/payments/{payment_id}")
        assert answer.status_code == 200, answer.text
        payment: Json = answer.json()
        return payment

    def until_settled(self, payment_id: str, timeout_s: float = 60) -> Json:
        """The payment when its status is final or waits for somebody."""
        deadline = time.monotonic() + timeout_s
        while True:
            payment = self.payment(payment_id)
            if payment["status"] in SETTLED:
                return payment
            assert time.monotonic() < deadline, f"still {payment['status']}: {payment}"
            time.sleep(POLL_S)


class ProviderBooks:
    """What the simulated providers themselves believe, read behind PayFlow's back."""

    def __init__(self, deployment: Deployment) -> None:
        self._dynamodb = boto3.client(
            "dynamodb",
            endpoint_url=deployment.endpoints["aws_endpoint_url"],
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        tables = self._dynamodb.list_tables()["TableNames"]
        (self._table,) = [name for name in tables if "books" in name.lower()]

    def charges(self) -> dict[str, list[tuple[str, int]]]:
        """By payment, every charge that stands at any provider: its name and the amount."""
        charged: dict[str, list[tuple[str, int]]] = {}
        for page in self._dynamodb.get_paginator("scan").paginate(TableName=self._table):
            for item in page["Items"]:
                if item.get("standing", {}).get("S") == "approved":
                    charge = (item["provider"]["S"], int(item["amount"]["N"]))
                    charged.setdefault(item["order_id"]["S"], []).append(charge)
        return charged


class Back:
    """The operator's side of the API."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def new_merchant(self, name: str = "Test shop", currency: str = "INR") -> Json:
        """A merchant with its first keys, as the API answers."""
        answer = self.client.post(
            "/internal/merchants", json={"name": name, "settlement_currency": currency}
        )
        assert answer.status_code == 201, answer.text
        merchant: Json = answer.json()
        return merchant
