"""Payouts: each is booked, paid once a day, and all together are what is kept as their sum."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from payflow.aws.attributes import Item
from payflow.domain.ledger import AccountKind
from tools.doctor.derivation import expected_id
from tools.doctor.facts import Posting, Unreadable, read_postings
from tools.doctor.findings import Findings, Problem
from tools.doctor.money import Replay
from tools.doctor.tables import Table

SUM_PREFIX: Final = "paid#"
LOOKS_MAX: Final = 3
LOOK_PAUSE_S: Final = 2.0

Owner = tuple[str, str]
"""A merchant and a currency."""


@dataclass(frozen=True, slots=True)
class PayoutFacts:
    """One payout as it is stored; the amount in minor units."""

    id: str
    merchant_id: str
    currency: str
    day: str
    amount_minor: int
    postings: tuple[Posting, ...]

    @property
    def owner(self) -> Owner:
        """Who was paid in what."""
        return self.merchant_id, self.currency


def read_payout(item: Item) -> PayoutFacts:
    """The payout of an item; raises `Unreadable`."""
    try:
        return PayoutFacts(
            id=item["id"]["S"],
            merchant_id=item["merchant_id"]["S"],
            currency=item["currency"]["S"],
            day=item["day"]["S"],
            amount_minor=int(item["amount"]["N"]),
            postings=read_postings(item),
        )
    except (KeyError, ValueError) as error:
        raise Unreadable(f"cannot be read: {type(error).__name__} {error}") from error


def payout_is_booked(payout: PayoutFacts) -> Iterator[Problem]:
    """13: a payout debits the merchant and credits the bank with its amount, once."""
    booked = [
        (
            one.debits(payout.currency, AccountKind.MERCHANT_PAYABLE),
            -one.debits(payout.currency, AccountKind.BANK),
        )
        for one in payout.postings
    ]
    if booked != [(payout.amount_minor, payout.amount_minor)]:
        yield Problem(13, payout.id, f"{booked} is booked for a payout of {payout.amount_minor}")


def payout_is_the_days_only(payout: PayoutFacts) -> Iterator[Problem]:
    """12: a payout's id is that of its merchant, currency and day, so there is no second one."""
    if payout.id != expected_id("po", *payout.owner, payout.day):
        yield Problem(12, payout.id, f"is not the payout of {payout.merchant_id} on {payout.day}")


def sums_are_kept(
    paid: Mapping[Owner, tuple[int, int]], kept: Mapping[Owner, tuple[int, int]]
) -> Iterator[Problem]:
    """17: what is kept as (sum, number) of a merchant's payouts is what they add up to."""
    for owner in sorted(paid.keys() | kept.keys()):
        if (has := paid.get(owner, (0, 0))) != (says := kept.get(owner, (0, 0))):
            text = f"{has[1]} payouts of {has[0]} in all, kept is {says[1]} of {says[0]}"
            yield Problem(17, ":".join(owner), text)


def only_earnings_are_paid(
    paid: Mapping[Owner, tuple[int, int]], replay: Replay
) -> Iterator[Problem]:
    """17: no more was ever paid out than was ever credited."""
    for (merchant_id, currency), (total, _) in sorted(paid.items()):
        account = f"merchant_payable:{merchant_id}:{currency}"
        if total > replay.credits[account]:
            text = f"{total} was paid out of {replay.credits[account]} ever credited"
            yield Problem(17, account, text)


@dataclass
class PayoutExamination:
    """Takes the payouts table in and judges every payout, then the sums."""

    table: Table
    findings: Findings
    replay: Replay

    def run(self, items: Iterable[Item]) -> None:
        """Judge; sums that do not fit are read again, since a payout may have come between."""
        paid, kept = self._sums(items, first=True)
        problems = list(sums_are_kept(paid, kept))
        for _ in range(LOOKS_MAX):
            if not problems:
                break
            time.sleep(LOOK_PAUSE_S)
            problems = list(sums_are_kept(*self._sums(self.table.items(), first=False)))
        self.findings.add(problems)
        self.findings.add(only_earnings_are_paid(paid, self.replay))

    def _sums(
        self, items: Iterable[Item], *, first: bool
    ) -> tuple[dict[Owner, tuple[int, int]], dict[Owner, tuple[int, int]]]:
        totals: Counter[Owner] = Counter()
        numbers: Counter[Owner] = Counter()
        kept: dict[Owner, tuple[int, int]] = {}
        for item in items:
            if item["id"]["S"].startswith(SUM_PREFIX):
                _, merchant_id, currency = item["id"]["S"].split("#")
                kept[merchant_id, currency] = int(item["total"]["N"]), int(item["version"]["N"])
                continue
            try:
                payout = read_payout(item)
            except Unreadable as error:
                self.findings.add([Problem(18, item["id"]["S"], str(error))])
                continue
            totals[payout.owner] += payout.amount_minor
            numbers[payout.owner] += 1
            if first:
                self._judge(payout)
        return {owner: (totals[owner], numbers[owner]) for owner in totals}, kept

    def _judge(self, payout: PayoutFacts) -> None:
        self.findings.examined([12, 13, 17], "payouts")
        self.findings.add(payout_is_booked(payout))
        self.findings.add(payout_is_the_days_only(payout))
        self.replay.add(payout.id, payout.postings)
