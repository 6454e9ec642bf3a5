"""Disputes through both kinds of API, on the real tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from payflow import wiring
from payflow.adapters import provider_book
from payflow.domain.outcomes import Outcome
from payflow.domain.payment import Payment
from payflow.domain.plan import carry_out
from payflow.domain.plan_authorization import Approve
from payflow.providers.simulated.disputes import DisputeOffice
from payflow.providers.simulated.entry import BookEntry, Kind, Standing
from tests.integration.conftest import NewShop, Shop
from tests.integration.test_payments_api import fits, stored
from tests.support.api_client import ApiClient
from tests.support.builders import a_provider, a_result, tried
from tests.support.fakes import RecordingCallbacks

DISPUTES = "/api/v1/disputes"


def captured(shop: Shop, number: int = 1, minor: int = 1_000) -> Payment:
    """A payment that mockCardA has charged."""
    born = stored(shop.id, number, amount_minor=minor)
    known = tried(born, "mockCardA", a_result(Outcome.APPROVED))
    payment = replace(
        carry_out(known, Approve(a_provider("mockCardA")), wiring.clock().now()), version=2
    )
    wiring.payments().save(payment)
    return payment


def disputed(shop: Shop, number: int = 1, times: int = 1) -> list[str]:
    """The ids of disputes that mockCardA opens about a new payment, oldest first."""
    payment = captured(shop, number)
    return [open_dispute(payment, f"dp_{one}") for one in range(times)]


def open_dispute(payment: Payment, reference: str = "dp_1") -> str:
    now = wiring.clock().now()
    charge = BookEntry(
        provider="mockCardA",
        key=f"pk_{payment.id}_{reference}",
        reference="ref_1",
        order_id=payment.id,
        instrument="400000******0259",
        amount_minor=100,
        currency="INR",
        kind=Kind.SALE,
        standing=Standing.APPROVED,
        code="00",
        booked_at=now,
        settles_at=now,
        visible_at=now,
        reply_after_ms=100,
    )
    sender = RecordingCallbacks()
    DisputeOffice("mockCardA", book=provider_book(), callbacks=sender, clock=wiring.clock()).open(
        charge
    )
    recorded = wiring.record_dispute()(sender.sent[0][0])
    wiring.clock().sleep_ms(2)
    assert recorded.dispute_id is not None
    return recorded.dispute_id


def all_pages(api: ApiClient, query: str) -> list[str]:
    found, cursor = [], ""
    while True:
        page = api.get(f"{DISPUTES}?{query}{cursor}").document
        assert fits(page, "DisputePage")
        found += [one["id"] for one in page["data"]]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


class TestOneDispute:
    def test_is_shown_to_its_merchant_and_to_operators(
        self, shop: Shop, operator: ApiClient
    ) -> None:
        (dispute_id,) = disputed(shop)

        answer = shop.api.get(f"{DISPUTES}/{dispute_id}")

        assert answer.status == 200
        assert fits(answer.document, "Dispute")
        assert answer.document["status"] == "needs_response"
        assert (answer.document["amount"], answer.document["provider"]) == (100, "mockCardA")
        assert operator.get(f"{DISPUTES}/{dispute_id}").document == answer.document

    def test_looks_like_none_to_another_merchant(self, shop: Shop, new_shop: NewShop) -> None:
        (theirs,) = disputed(new_shop())

        for path, body in ((theirs, None), (f"{theirs}/evidence", {"text": "Mine."})):
            call: Any = shop.api.get if body is None else shop.api.post
            foreign = call(f"{DISPUTES}/{path}", *([body] if body else []))
            none = call(f"{DISPUTES}/{path.replace(theirs, 'dsp_none')}", *([body] if body else []))
            assert foreign.refusal == none.refusal == (404, "dispute_not_found", None)

    def test_is_a_part_of_its_payments_story(self, shop: Shop) -> None:
        (dispute_id,) = disputed(shop)
        shop.api.post(f"{DISPUTES}/{dispute_id}/evidence", {"text": "Delivered."})
        payment_id = shop.api.get(f"{DISPUTES}/{dispute_id}").document["payment_id"]

        story = shop.api.get(f"/api/v1/payments/{payment_id}/timeline").document

        assert fits(story, "Timeline")
        told = [one["type"] for one in story["data"]]
        assert told[-3:] == ["dispute.opened", "ledger.posted", "dispute.evidence_submitted"]

    def test_moves_money_from_payable_into_reserve(self, shop: Shop) -> None:
        disputed(shop)

        (balance,) = shop.api.get("/api/v1/balance").document["data"]

        assert (balance["payable"], balance["reserve"]) == (990 - 100, 100)


class TestEvidence:
    def test_is_taken_once_and_repeated_answers_the_same(self, shop: Shop) -> None:
        (dispute_id,) = disputed(shop)
        path = f"{DISPUTES}/{dispute_id}/evidence"

        first = shop.api.post(path, {"text": "Delivered.", "files": ["receipt.pdf"]})
        again = shop.api.post(path, {"text": "Delivered.", "files": ["receipt.pdf"]})
        other = shop.api.post(path, {"text": "Lost in the post."})

        assert first.status == 200
        assert fits(first.document, "Dispute")
        assert first.document["status"] == "under_review"
        assert first.document["evidence"]["files"] == ["receipt.pdf"]
        assert again.document == first.document
        assert other.refusal == (409, "evidence_submitted", None)

    @pytest.mark.parametrize(
        ("body", "refusal"),
        [
            ({}, (422, "field_missing", "text")),
            ({"text": ""}, (422, "too_short", "text")),
            ({"text": "x" * 20_001}, (422, "too_long", "text")),
            ({"text": "Card 4242424242424242"}, (422, "card_data_not_allowed", "text")),
            ({"text": "x", "files": ["4242424242424242"]},
             (422, "card_data_not_allowed", "files[0]")),
            ({"text": "x", "files": ["x"] * 11}, (422, "too_many", "files")),
            ({"text": "x", "status": "won"}, (422, "unknown_field", "status")),
        ],
    )  # fmt: skip
    def test_mistakes(self, shop: Shop, body: Any, refusal: tuple[Any, ...]) -> None:
        (dispute_id,) = disputed(shop)

        assert shop.api.post(f"{DISPUTES}/{dispute_id}/evidence", body).refusal == refusal

    def test_is_the_merchants_own_to_give(self, shop: Shop, operator: ApiClient) -> None:
        (dispute_id,) = disputed(shop)

        answer = operator.post(f"{DISPUTES}/{dispute_id}/evidence", {"text": "x"})

        assert answer.refusal == (403, "key_not_permitted", None)


class TestAList:
    @pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
    def test_of_any_page_size_has_every_dispute_once_the_latest_first(
        self, shop: Shop, new_shop: NewShop, limit: int
    ) -> None:
        made = [
            one for number, times in enumerate((1, 3, 1)) for one in disputed(shop, number, times)
        ]
        disputed(new_shop())
        captured(shop, 9)

        assert all_pages(shop.api, f"limit={limit}") == made[::-1]

    def test_of_operators_merges_all_merchants(
        self, shop: Shop, new_shop: NewShop, operator: ApiClient
    ) -> None:
        shops = [shop, new_shop()]
        made = [disputed(shops[number % 2], number)[0] for number in range(4)]

        assert all_pages(operator, "limit=3") == made[::-1]

    def test_can_be_limited_to_a_status(self, shop: Shop) -> None:
        first, second = disputed(shop, 1) + disputed(shop, 2)
        shop.api.post(f"{DISPUTES}/{first}/evidence", {"text": "Delivered."})

        assert all_pages(shop.api, "status=under_review&limit=1") == [first]
        assert all_pages(shop.api, "status=needs_response&limit=1") == [second]
        assert all_pages(shop.api, "status=won") == []

    @pytest.mark.parametrize(
        ("query", "refusal"),
        [("status=open", (422, "invalid_value", "status")),
         ("limit=0", (422, "too_small", "limit")),
         ("cursor=abc", (422, "invalid_cursor", "cursor")),
         ("provider=A", (422, "unknown_parameter", "provider"))],
    )  # fmt: skip
    def test_mistakes(self, shop: Shop, query: str, refusal: tuple[Any, ...]) -> None:
        assert shop.api.get(f"{DISPUTES}?{query}").refusal == refusal
