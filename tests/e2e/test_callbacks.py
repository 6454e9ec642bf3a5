"""Callbacks and customers' decisions on the deployed stack, over real HTTP, signed and forged."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import httpx
import pytest
from standardwebhooks import Webhook

from payflow.domain.derived_key import derived_key
from payflow.domain.payment import provider_key
from tests.e2e.harness import Deployment, Json, Shop, card, upi

CHALLENGE, BEFORE_THE_ANSWER, UNTIDY = "4000000000003220", "4000000000000036", "4000000000000044"
SETTLE_WITHIN_S = 30


@pytest.fixture(scope="module")
def providers(deployment: Deployment) -> Iterator[Providers]:
    """Whoever can sign as a provider: the tests, by the deployment's own secret."""
    secrets = boto3.client(
        "secretsmanager",
        endpoint_url=deployment.endpoints["aws_endpoint_url"],
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    (name,) = [
        one["Name"] for one in secrets.list_secrets()["SecretList"] if "Callb" in one["Name"]
    ]
    master = secrets.get_secret_value(SecretId=name)["SecretString"]
    secrets.close()
    with httpx.Client(base_url=deployment.api_url, timeout=30) as http:
        yield Providers(http, master.encode())


class Providers:
    """The providers' side of the API."""

    def __init__(self, http: httpx.Client, master: bytes) -> None:
        self.http = http
        self._master = master

    def call(
        self,
        payment: Json,
        *,
        provider: str | None = None,
        signer: str | None = None,
        body: str | None = None,
        sent_at: datetime | None = None,
        message_id: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """A callback that claims that the payment's authorisation was approved.

        `signer` is whose key it is signed with, `body` what is sent in place of what was signed.
        """
        provider = provider or payment["provider"]
        claim = json.dumps(
            {
                "type": "payment.updated",
                "payment_id": payment["id"],
                "key": provider_key(payment["id"], 1),
                "occurred_at": "2026-11-23T12:00:00.000Z",
                "outcome": "approved",
            }
        )
        key = derived_key(self._master, "provider-callback", signer or provider)
        at, message_id = sent_at or datetime.now(UTC), message_id or f"cb_{uuid.uuid4().hex}"
        signature = {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(key).sign(message_id, at, claim),
        }
        return self.http.post(
            f"/internal/providers/{provider}/callback",
            content=body or claim,
            headers={"Content-Type": "application/json", **signature, **(headers or {})},
        )


def confirm(shop: Shop, payment_id: str, **body: str) -> httpx.Response:
    return shop.client.post(
        f"/api/v1/payments/{payment_id}/confirm", json=body, headers={"Prefer": "wait=20"}
    )


def asked(shop: Shop, method: Json | None = None) -> Json:
    payment = shop.pay(method or card(CHALLENGE))
    assert payment["status"] == "requires_action", payment
    return payment


def settled(shop: Shop, payment_id: str) -> Json:
    """The payment once it no longer waits for its customer."""
    deadline = time.monotonic() + SETTLE_WITHIN_S
    while (payment := shop.payment(payment_id))["status"] in ("requires_action", "processing"):
        assert time.monotonic() < deadline, payment
        time.sleep(0.25)
    return payment


class TestConfirming:
    def test_an_approved_challenge_succeeds(self, shop: Shop) -> None:
        payment = asked(shop)

        answer = confirm(shop, payment["id"])

        assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
        assert answer.headers["Preference-Applied"] == "wait=20"
        operations = [attempt["operation"] for attempt in answer.json()["attempts"]]
        assert operations == ["authorize", "inquire"]
        assert confirm(shop, payment["id"]).json()["error"]["code"] == "payment_not_confirmable"

    def test_a_rejected_one_fails_for_the_customers_own_reason(self, shop: Shop) -> None:
        answer = confirm(shop, asked(shop)["id"], result="reject")

        assert (answer.status_code, answer.json()["status"]) == (200, "failed")
        assert answer.json()["failure"]["code"] == "customer_rejected"

    @pytest.mark.parametrize(("result", "status"), [("approve", "succeeded"), ("reject", "failed")])
    def test_a_payer_of_upi_decides_too(self, shop: Shop, result: str, status: str) -> None:
        payment = asked(shop, upi("pending@upi"))
        assert payment["next_action"].keys() == {"type", "expires_at"}

        answer = confirm(shop, payment["id"], result=result)

        assert (answer.status_code, answer.json()["status"]) == (200, status)

    def test_a_payment_that_asks_nobody_is_not_confirmable(self, shop: Shop) -> None:
        payment = shop.pay(card("4242424242424242"))

        answer = confirm(shop, payment["id"])

        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "payment_not_confirmable"

    def test_behind_a_rest_api_it_goes_the_same_way(self, rest_shop: Shop) -> None:
        payment = asked(rest_shop)

        assert confirm(rest_shop, payment["id"]).json()["status"] == "succeeded"


class TestPage:
    @pytest.mark.parametrize(
        ("button", "status", "told"),
        [
            ("approve", "succeeded", "Payment approved"),
            ("reject", "failed", "Payment rejected"),
        ],
    )
    def test_a_customer_decides_by_its_form(
        self, deployment: Deployment, shop: Shop, button: str, status: str, told: str
    ) -> None:
        payment = asked(shop)
        url = payment["next_action"]["url"]
        assert url.startswith(f"{deployment.api_url}/approve/{payment['id']}?t=")

        page = httpx.get(url, timeout=30)
        after = httpx.post(url, data={"decision": button}, timeout=30)

        assert (page.status_code, after.status_code) == (200, 200)
        assert set(re.findall(r'name="decision" value="(\w+)"', page.text)) == {
            "approve",
            "reject",
        }
        assert "1,250.00" in page.text
        assert told in after.text
        assert settled(shop, payment["id"])["status"] == status
        assert httpx.get(url, timeout=30).status_code == 409

    def test_nobody_gets_in_without_the_link(self, deployment: Deployment, shop: Shop) -> None:
        payment = asked(shop)
        url = f"{deployment.api_url}/approve/{payment['id']}"

        assert httpx.get(url, timeout=30).status_code == 404
        forged = httpx.post(f"{url}?t={'A' * 43}", data={"decision": "approve"}, timeout=30)

        assert forged.status_code == 404
        assert shop.payment(payment["id"]) == payment


class TestCallbacks:
    def test_what_the_provider_did_not_sign_just_now_changes_nothing(
        self, shop: Shop, providers: Providers
    ) -> None:
        payment = asked(shop)
        long_ago = datetime.now(UTC) - timedelta(minutes=6)

        refused = [
            providers.http.post("/internal/providers/mockCardA/callback"),
            providers.call(payment, headers={"webhook-signature": ""}),
            providers.call(payment, signer="mockUpiA"),
            providers.call(payment, body='{"type": "payment.updated"}'),
            providers.call(payment, sent_at=long_ago),
            providers.call(payment, sent_at=datetime.now(UTC) + timedelta(minutes=6)),
            providers.call(payment, provider="nobody"),
        ]

        errors = [answer.json()["error"] for answer in refused]
        assert {answer.status_code for answer in refused} == {401}
        assert {(one["type"], one["code"]) for one in errors} == {
            ("authentication", "signature_invalid")
        }
        assert shop.payment(payment["id"]) == payment

    def test_even_a_signed_claim_is_asked_back_before_it_counts(
        self, shop: Shop, providers: Providers
    ) -> None:
        payment = asked(shop)

        claimed = [providers.call(payment, message_id="cb_e2e").status_code for _ in range(3)]

        assert claimed == [202, 202, 202]
        time.sleep(3)
        after = settled_or_waiting(shop, payment["id"])
        assert (after["status"], after["amount_captured"]) == ("requires_action", 0)

    def test_news_that_comes_before_the_answer_changes_nothing(self, shop: Shop) -> None:
        payment = shop.pay(card(BEFORE_THE_ANSWER))

        time.sleep(2)

        assert payment["status"] == "succeeded"
        assert shop.payment(payment["id"]) == payment

    def test_duplicates_and_older_news_never_move_a_payment_back(self, shop: Shop) -> None:
        payment = shop.pay(card(UNTIDY))

        time.sleep(5)

        assert payment["status"] == "succeeded"
        assert shop.payment(payment["id"]) == payment

    def test_a_delayed_collect_is_approved_when_the_provider_says_so(self, shop: Shop) -> None:
        payment = shop.pay(upi("delayed@upi"))

        assert payment["status"] == "succeeded"


def settled_or_waiting(shop: Shop, payment_id: str) -> Json:
    """The payment once nothing is under way."""
    deadline = time.monotonic() + SETTLE_WITHIN_S
    while (payment := shop.payment(payment_id))["status"] == "processing":
        assert time.monotonic() < deadline, payment
        time.sleep(0.25)
    return payment
