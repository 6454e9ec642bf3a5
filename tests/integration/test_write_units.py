"""What a payment costs in DynamoDB, counted at the wire by the real use cases."""

from __future__ import annotations

from payflow.domain.method import UpiMethod, WalletMethod
from payflow.domain.payment import Status
from tests.integration.gateway import APPROVED, BROKEN, CARD, Gateway


def test_a_card_payment_that_succeeds_at_once_costs_at_most_seven_write_units(
    gateway: Gateway,
) -> None:
    payment, units = gateway.pay(CARD, APPROVED)

    assert payment.status is Status.SUCCEEDED
    assert units.writes == {"vault": 2, "payments": 2, "provider_calls": 1}
    assert units.write["vault"] == 2
    assert units.write["by_merchant"] == units.write["by_posting"] == 1
    assert units.write_total <= 7
    assert units.read_total <= 1.5


def test_a_upi_payment_costs_less_since_there_is_no_card_to_keep(gateway: Gateway) -> None:
    payment, units = gateway.pay(UpiMethod("asha@okbank"), APPROVED)

    assert payment.status is Status.SUCCEEDED
    assert units.writes == {"payments": 2, "provider_calls": 1}
    assert units.write_total <= 5
    assert units.read_total <= 1


def test_a_wallet_payment_costs_what_a_upi_payment_costs(gateway: Gateway) -> None:
    _, units = gateway.pay(WalletMethod("test_approved"), APPROVED)

    assert units.write_total <= 5
    assert units.read_total <= 1


def test_a_failover_adds_at_most_three_write_units(gateway: Gateway) -> None:
    payment, units = gateway.pay(UpiMethod("asha@okbank"), BROKEN, APPROVED)

    assert payment.status is Status.SUCCEEDED
    assert len({attempt.provider for attempt in payment.attempts}) == 2
    assert units.writes == {"payments": 3, "provider_calls": 2}
    assert units.write_total <= 5 + 3


def test_a_repeated_request_costs_its_refused_writes_only(gateway: Gateway) -> None:
    gateway.pay(CARD, APPROVED)

    _, units = gateway.pay(CARD)

    assert units.writes == {"vault": 1, "payments": 1}
    assert units.write["by_merchant"] == units.write["by_posting"] == 0
