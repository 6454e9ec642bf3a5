"""Every instrument with a fixed outcome, over HTTP, on the deployed stack."""

from __future__ import annotations

import pytest

from tests.e2e.harness import Deployment, Json, ProviderBooks, Shop, card, upi, wallet

APPROVED = [
    card("4242424242424242"),
    card("4111111111111111"),
    card("5555555555554444"),
    card("378282246310005"),
    card("6011111111111117"),
    card("6521110000000003"),
    card("4000000000003238"),
    card("4000000000000077"),
    card("4000000000005126"),
    card("4000000000000259"),
    card("4000000000000036"),
    card("4000000000000044"),
    upi("success@upi"),
    wallet("test_approved"),
]
HARD_DECLINES = [
    (card("4000000000000002"), "do_not_honor"),
    (card("4000000000009995"), "insufficient_funds"),
    (card("4000000000009987"), "lost_card"),
    (card("4000000000009979"), "stolen_card"),
    (card("4000000000000069"), "expired_card"),
    (card("4000000000000127"), "incorrect_cvc"),
    (upi("failure@upi"), None),
    (wallet("test_declined"), None),
    (wallet("test_insufficient"), "insufficient_funds"),
]
LOST_BUT_CHARGED = [
    card("4000000000006975"),
    card("4000000000006991"),
    upi("timeout@upi"),
    wallet("test_timeout"),
]


def authorizations(payment: Json) -> list[Json]:
    """The attempts that could have charged."""
    return [a for a in payment["attempts"] if a["operation"] == "authorize"]


def name(value: object) -> str | None:
    """The instrument as the test's name."""
    if not isinstance(value, dict):
        return None
    details = value[value["type"]]
    return str(details.get("number") or details.get("vpa") or details.get("wallet_id"))


@pytest.mark.parametrize("method", APPROVED, ids=name)
def test_an_approved_instrument_succeeds_and_is_captured(shop: Shop, method: Json) -> None:
    payment = shop.pay(method)

    assert payment["status"] == "succeeded"
    assert payment["amount_captured"] == payment["amount_authorized"] == 125_000
    assert payment["attempts"][-1]["outcome"] == "approved"
    assert payment["provider"] == payment["attempts"][-1]["provider"]
    assert payment["failure"] is None


@pytest.mark.parametrize(("method", "code"), HARD_DECLINES, ids=name)
def test_a_hard_decline_fails_at_the_first_provider(
    shop: Shop, method: Json, code: str | None
) -> None:
    payment = shop.pay(method)

    assert payment["status"] == "failed"
    assert len(payment["attempts"]) == 1
    assert payment["failure"]["category"] == "customer"
    assert code in (None, payment["failure"]["code"])
    assert payment["amount_captured"] == 0


def test_a_processing_error_everywhere_uses_every_allowed_attempt(shop: Shop) -> None:
    payment = shop.pay(card("4000000000000119"))

    tried = [attempt["provider"] for attempt in authorizations(payment)]
    assert payment["status"] == "failed"
    assert payment["failure"]["code"] == "processing_error"
    assert len(set(tried)) >= 2
    assert all(tried.count(provider) == 2 for provider in tried[:-1])


def test_a_failure_at_the_first_provider_is_approved_by_another(shop: Shop) -> None:
    payment = shop.pay(card("4000000000000341"))

    tried = [attempt["provider"] for attempt in authorizations(payment)]
    assert payment["status"] == "succeeded"
    assert tried[0] != tried[-1]


def test_a_failure_that_passes_is_retried_at_the_same_provider(shop: Shop) -> None:
    payment = shop.pay(card("4000000000000267"))

    tried = [attempt["provider"] for attempt in authorizations(payment)]
    assert payment["status"] == "succeeded"
    assert len(tried) == 2
    assert tried[0] == tried[1]


@pytest.mark.parametrize("method", LOST_BUT_CHARGED, ids=name)
def test_a_lost_response_is_verified_and_charged_once(
    shop: Shop, deployment: Deployment, method: Json
) -> None:
    payment = shop.pay(method)

    assert payment["status"] == "succeeded"
    assert len(authorizations(payment)) == 1
    assert payment["attempts"][0]["outcome"] == "unknown"
    assert payment["attempts"][-1]["operation"] == "inquire"
    assert payment["attempts"][-1]["outcome"] == "approved"
    assert {a["provider"] for a in payment["attempts"]} == {payment["provider"]}
    assert ProviderBooks(deployment).charges()[payment["id"]] == [(payment["provider"], 125_000)]


def test_no_second_provider_is_tried_before_the_first_is_known_not_to_have_charged(
    shop: Shop, deployment: Deployment
) -> None:
    payment = shop.pay(card("4000000000006983"))

    operations = [(a["operation"], a["outcome"]) for a in payment["attempts"]]
    second = next(i for i, o in enumerate(operations) if i and o[0] == "authorize")
    assert payment["status"] == "succeeded"
    assert operations[0] == ("authorize", "unknown")
    assert operations[second - 1] == ("inquire", "not_found")
    assert ProviderBooks(deployment).charges()[payment["id"]] == [(payment["provider"], 125_000)]


def test_a_slow_provider_is_waited_for_not_given_up(shop: Shop) -> None:
    payment = shop.pay(card("4000000000001000"))

    assert payment["status"] == "succeeded"
    assert len(authorizations(payment)) == 1


def test_a_card_on_the_block_list_is_never_sent_to_a_provider(shop: Shop) -> None:
    payment = shop.pay(card("4100000000000019"))

    assert payment["status"] == "failed"
    assert payment["risk"]["decision"] == "block"
    assert payment["attempts"] == []


def test_an_approval_that_comes_later_is_found_by_asking(shop: Shop) -> None:
    payment = shop.pay(upi("delayed@upi"))

    assert payment["status"] == "succeeded"
    assert len(authorizations(payment)) == 1


def test_an_approval_by_the_customer_is_asked_for(shop: Shop) -> None:
    challenge = shop.pay(card("4000000000003220"))
    collect = shop.pay(upi("pending@upi"))

    assert challenge["status"] == collect["status"] == "requires_action"
    assert challenge["next_action"]["type"] == "three_ds_redirect"
    assert collect["next_action"]["type"] == "upi_approve"


def test_a_vpa_that_cannot_exist_is_refused_at_creation(shop: Shop) -> None:
    response = shop.create(upi("invalid@upi"))

    assert response.status_code == 422
    assert response.json()["error"]["code"] == "invalid_vpa"
    assert response.json()["error"]["param"] == "method.upi.vpa"
