"""What was posted lately, found by the index that a booking moves its fact in."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from types_boto3_dynamodb import DynamoDBClient

from payflow.aws.payments import DynamoPayments
from payflow.aws.posted_facts import PostedFacts
from payflow.aws.wallets import DynamoWallets
from payflow.domain.ledger import JournalTransaction
from payflow.domain.money import Money
from payflow.domain.wallet import Wallet, WalletAction, WalletRequest
from tests.integration.stored_payments import (
    ASHAS,
    BELAS,
    a_repository,
    booked,
    next_version,
    numbered,
)
from tests.support.builders import NOON, later
from tests.support.fakes import FakeClock


@pytest.fixture
def facts(dynamodb: DynamoDBClient) -> PostedFacts:
    return PostedFacts(dynamodb, "payments")


@pytest.fixture
def payments(dynamodb: DynamoDBClient) -> DynamoPayments:
    return a_repository(dynamodb)


def posted_since(
    facts: PostedFacts, at_s: float, merchant_id: str = ASHAS
) -> list[JournalTransaction]:
    batches = facts.posted_since({merchant_id: later(at_s)})[merchant_id]
    return [one for batch in batches for one in batch]


def test_what_was_posted_lately_comes_newest_first_over_all_pages(
    facts: PostedFacts, payments: DynamoPayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payflow.aws.posted_facts._BATCH", 1)
    for number in range(10):
        # The later a payment was made, the earlier its money moved.
        payments.create(booked(numbered(number), later(1000 - number)))
    payments.create(numbered(50))
    payments.create(booked(numbered(3, BELAS), later(2000)))

    posted = posted_since(facts, 994)

    assert [one.posted_at for one in posted] == [later(1000 - number) for number in range(7)]
    assert [one.payment_id for one in posted] == [numbered(number).id for number in range(7)]


def test_many_merchants_are_asked_about_at_once(
    facts: PostedFacts, payments: DynamoPayments
) -> None:
    for merchant_id in (ASHAS, BELAS):
        payments.create(booked(numbered(1, merchant_id), later(5)))

    found = facts.posted_since({ASHAS: later(0), BELAS: later(0), "mer_nobody": later(0)})

    counts = {merchant: [len(batch) for batch in batches] for merchant, batches in found.items()}
    assert counts == {ASHAS: [1], BELAS: [1], "mer_nobody": []}


def test_whatever_is_booked_puts_the_payment_first_in_the_index_again(
    facts: PostedFacts,
    payments: DynamoPayments,
) -> None:
    payment = numbered(1)
    payments.create(payment)
    assert posted_since(facts, 0) == []

    first = booked(next_version(payment), later(5))
    payments.save(first)
    more = replace(first.postings[0], sequence=2, posted_at=later(90))
    payments.save(next_version(first, postings=(*first.postings, more)))

    assert [one.posted_at for one in posted_since(facts, 6)] == [later(90)]
    assert len(posted_since(facts, 0)) == 2


def test_a_wallets_top_up_is_a_fact_like_any_other(dynamodb: DynamoDBClient) -> None:
    wallets = DynamoWallets(dynamodb, "wallets", FakeClock(), Random(1))
    wallet = Wallet(
        id="wal_1",
        merchant_id=ASHAS,
        customer_id="cus_1",
        currency="INR",
        request_hash="00",
        created_at=NOON,
        updated_at=NOON,
    )
    wallets.create(wallet)
    wallets.perform(
        WalletRequest(
            wallet_id=wallet.id,
            merchant_id=ASHAS,
            key="top_1",
            action=WalletAction.TOP_UP,
            amount=Money(500, "INR"),
            request_hash="00",
        )
    )

    facts = PostedFacts(dynamodb, "wallets")

    (transaction,) = posted_since(facts, 0)
    assert (transaction.operation, transaction.payment_id) == ("topup", "wal_1#top_1")
    assert list(facts) == [(ASHAS, (transaction,))]
