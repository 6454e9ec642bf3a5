"""A customer's decision on the real adapters: by confirm, on the page, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from payflow import wiring
from payflow.api.openapi import openapi_document
from tests.integration.conftest import Shop
from tests.integration.executions import ImmediateWorkflow
from tests.integration.queues import consume, messages
from tests.support.api_client import Answer, ApiClient

PAYMENTS = "/api/v1/payments"
CHALLENGE = "4000000000003220"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DOCUMENT = openapi_document()


@pytest.fixture(autouse=True)
def workflow(fresh_wiring: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[ImmediateWorkflow]:
    """Executions that end before whatever started them goes on."""
    functions = json.dumps({kind: f"call_{kind}_provider" for kind in ("card", "upi", "wallet")})
    monkeypatch.setenv("PROVIDER_FUNCTIONS", functions)
    immediate = ImmediateWorkflow()
    monkeypatch.setattr(wiring, "workflow", lambda: immediate)
    yield immediate


@pytest.fixture
def api(fresh_wiring: None, kind: Any) -> ApiClient:
    """A provider's side of the API: it has no key."""
    return ApiClient(kind)


class TestCustomers:
    def challenged(self, shop: Shop, **fields: Any) -> dict[str, Any]:
        card = {"number": CHALLENGE, "exp_month": 12, "exp_year": 2035, "cvc": "123"}
        body = {
            "amount": 125_000,
            "currency": "INR",
            "method": {"type": "card", "card": card},
            **fields,
        }
        created = shop.api.post(PAYMENTS, body, headers={"Idempotency-Key": "p"})
        assert created.status == 201
        payment: dict[str, Any] = shop.api.get(f"{PAYMENTS}/{created.document['id']}").document
        assert payment["status"] == "requires_action"
        return payment

    def confirm(self, shop: Shop, payment: dict[str, Any], body: Any = None, **sent: str) -> Answer:
        headers = {"Prefer": "wait=0", **sent}
        return shop.api.post(f"{PAYMENTS}/{payment['id']}/confirm", body, headers=headers)

    def heard(self) -> None:
        """The decision's callback, through both queues; the one about the time-out waits."""
        for message in messages("provider-outbox"):
            assert consume("handle_provider_callback", message["callback"]) == []

    def test_a_confirmation_settles_the_payment_by_its_callback(self, shop: Shop) -> None:
        payment = self.challenged(shop)

        answer = self.confirm(shop, payment)
        self.heard()

        assert (answer.status, answer.document["status"]) == (200, "requires_action")
        wanted = {"$ref": "#/components/schemas/Payment", "components": DOCUMENT["components"]}
        jsonschema.Draft202012Validator(wanted).validate(answer.document)
        settled = shop.api.get(f"{PAYMENTS}/{payment['id']}").document
        assert (settled["status"], settled["amount_captured"]) == ("succeeded", 125_000)

    def test_what_can_be_wrong_with_a_confirmation(self, shop: Shop) -> None:
        payment = self.challenged(shop)

        assert self.confirm(shop, payment, {"result": "perhaps"}).refusal == (
            422,
            "invalid_value",
            "result",
        )
        assert self.confirm(shop, payment, {"status": "succeeded"}).status == 422
        assert self.confirm(shop, payment, **{"Idempotency-Key": "é"}).status == 400
        assert self.confirm(shop, {"id": "pay_none"}).refusal == (404, "payment_not_found", None)

        assert self.confirm(shop, payment, {"result": None}).status == 200
        assert self.confirm(shop, payment).refusal == (409, "payment_not_confirmable", None)

    def test_the_same_key_has_the_same_effect(self, shop: Shop) -> None:
        payment, key = self.challenged(shop), {"Idempotency-Key": "once"}
        self.confirm(shop, payment, {"result": "reject"}, **key)
        self.heard()

        again = self.confirm(shop, payment, {"result": "reject"}, **key)
        other = self.confirm(shop, payment, {"result": "approve"}, **key)

        assert (again.status, again.document["status"]) == (200, "failed")
        assert again.document["failure"]["code"] == "customer_rejected"
        assert other.refusal == (422, "idempotency_key_reused", None)

    def test_the_page_asks_takes_one_answer_and_says_so(self, shop: Shop, api: ApiClient) -> None:
        payment = self.challenged(shop, description="<b>2 tickets</b>")
        url = payment["next_action"]["url"]
        assert url.startswith(f"https://pay.example/approve/{payment['id']}?t=")
        path = url.removeprefix("https://pay.example")

        asked = api.get(path)
        pressed = api.post(path, body="decision=approve", headers=FORM)
        again = api.post(path, body="decision=approve", headers=FORM)
        other = api.post(path, body="decision=reject", headers=FORM)
        looked = api.get(path)

        answers = (asked, pressed, again, other, looked)
        assert [one.status for one in answers] == [200, 200, 200, 409, 409]
        for text in ("INR", "1,250.00", "Acme", "•••• 3220", "&lt;b&gt;2 tickets"):
            assert text in asked.body
        assert CHALLENGE not in asked.body
        assert "Payment approved" in pressed.body
        assert "Approved already" in other.body
        for one in answers:
            assert one.headers["Content-Type"].startswith("text/html")
            assert "default-src 'none'" in one.headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in one.headers["Content-Security-Policy"]
            assert one.headers["Cache-Control"] == "no-store"
            assert one.headers["Referrer-Policy"] == "no-referrer"

    def test_the_link_is_the_same_in_every_answer(self, shop: Shop) -> None:
        payment = self.challenged(shop)

        urls = {
            shop.api.get(f"{PAYMENTS}/{payment['id']}").document["next_action"]["url"]
            for _ in range(3)
        }

        assert urls == {payment["next_action"]["url"]}

    @pytest.mark.parametrize("query", ["", "?t=", "?t=guess", "?t=a&t=b"])
    def test_without_the_link_there_is_no_page(
        self, shop: Shop, api: ApiClient, query: str
    ) -> None:
        path = f"/approve/{self.challenged(shop)['id']}{query}"

        assert api.get(path).status in (404, 422)
        assert api.post(path, body="decision=approve", headers=FORM).status in (404, 422)
        assert messages("provider-outbox") == []

    @pytest.mark.parametrize(
        "body", ["", "decision=", "decision=maybe", "decision=approve&decision=reject", "x" * 2_000]
    )
    def test_another_form_is_refused(self, shop: Shop, api: ApiClient, body: str) -> None:
        path = self.challenged(shop)["next_action"]["url"].removeprefix("https://pay.example")

        assert api.post(path, body=body, headers=FORM).status in (400, 422)
        assert api.get(path).status == 200
