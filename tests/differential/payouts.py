"""Sequences on payouts and the sums of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from payflow.aws.payouts import DynamoPayouts
from payflow.aws.posted_facts import PostedFacts
from payflow.domain.money import Money
from payflow.domain.payout import PaidOut, Payout, PayoutFilter, payout_id, payout_transaction
from simulation.ports.merchants import InMemoryMerchants
from simulation.ports.payouts import InMemoryPayouts
from tests.differential.driver import Driver, Key
from tests.differential.payments import a_merchant, posted
from tests.differential.reference import Reference
from tests.support.builders import NOON

_CURRENCIES = ("INR", "INR", "INR", "EUR")


class Payouts(Driver):
    """Payouts of two merchants on some of five days, on sums that are sometimes old."""

    TABLE = "PAYOUTS_TABLE"
    OPERATIONS = ("add", "add", "add", "add", "paid_out", "get", "list", "list", "posted_since")

    def __init__(self, reference: Reference, chance: Random, own: str) -> None:
        super().__init__(reference, chance, own)
        self.merchants = (f"mer_{own}a", f"mer_{own}b")
        self.real = _Payouts(reference, InMemoryMerchants(map(a_merchant, self.merchants)))
        self.memory = InMemoryPayouts()

    def written(self) -> Sequence[Key]:
        payouts = self.memory.items.values()
        sums = {f"paid#{one.merchant_id}#{one.amount.currency}" for one in payouts}
        return [{"id": {"S": one}} for one in (*self.memory.items, *sums)]

    def add(self) -> None:
        payout = self.a_payout()
        before = self.memory.paid_out(payout.merchant_id, payout.amount.currency)
        if self.chance.random() < 0.2:
            stale = before.version + self.one_of(1, -1)
            before = PaidOut(before.merchant_id, before.currency, 7, max(stale, 0))
        self.ask("add", payout, before)

    def paid_out(self) -> None:
        self.ask("paid_out", self.one_of(*self.merchants), self.one_of(*_CURRENCIES))

    def get(self) -> None:
        known = self.chance.choice([*self.memory.items, "po_unknown"])
        self.ask("get", self.one_of(known, f"paid#{self.merchants[0]}#INR"))

    def list(self) -> None:
        wanted = PayoutFilter(
            merchant_id=self.one_of(*self.merchants, None), limit=self.chance.randint(1, 3)
        )
        for _ in range(9):
            page = self.ask("list", wanted)
            if page.next_after is None:
                return
            wanted = replace(wanted, after=page.next_after)
            if self.one_of(True, False):
                self.add()
        raise AssertionError("a listing does not end")

    def posted_since(self) -> None:
        self.ask("posted_since", {one: self.moment() for one in self.merchants}, view=posted)

    def a_payout(self) -> Payout:
        """Of either merchant, on one of five days."""
        merchant_id, currency = self.one_of(*self.merchants), self.one_of(*_CURRENCIES)
        day = (NOON + timedelta(days=self.chance.randrange(5))).date()
        identifier, at = payout_id(merchant_id, currency, day), self.moment()
        amount = Money(self.chance.randint(1, 1_000), currency)
        return Payout(
            id=identifier,
            merchant_id=merchant_id,
            amount=amount,
            day=day,
            carried_minor=self.chance.randrange(3),
            created_at=at,
            posting=payout_transaction(identifier, merchant_id, amount, at),
        )


class _Payouts(DynamoPayouts):
    """The adapter, and the source of what is posted that reads the same table."""

    def __init__(self, reference: Reference, merchants: Any) -> None:
        table = reference.tables["PAYOUTS_TABLE"]
        super().__init__(reference.dynamodb, table, merchants=lambda: merchants)
        self.posted_since = PostedFacts(reference.dynamodb, table).posted_since
