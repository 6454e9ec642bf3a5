"""Sequences on payments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any
from unittest.mock import patch

from payflow.aws.payment_item import created_key
from payflow.aws.payments import DynamoPayments
from payflow.aws.posted_facts import PostedFacts
from payflow.domain.booking import capture_transaction
from payflow.domain.dispute import Dispute, DisputeStatus, dispute_id
from payflow.domain.ids import derived_id
from payflow.domain.listing import DisputeFilter, PaymentFilter
from payflow.domain.merchant import Merchant
from payflow.domain.method import MethodType, UpiMethod, WalletMethod
from payflow.domain.money import FeeTerms, Money
from payflow.domain.outcomes import Operation, Outcome
from payflow.domain.payment import Attempt, Payment, Status
from payflow.domain.review import Review, ReviewReason
from payflow.domain.timestamps import rfc3339
from simulation.ports.merchants import InMemoryMerchants
from simulation.ports.payments import InMemoryPayments
from tests.differential.driver import Driver, Key
from tests.differential.reference import Reference
from tests.support.builders import NOON, a_card, a_payment

_PAGES_MAX = 40
_STATUSES = (Status.PENDING, Status.PROCESSING, Status.SUCCEEDED, Status.FAILED)
_METHODS = (a_card(), UpiMethod("asha@okbank"), WalletMethod("wal_1"))


class Payments(Driver):
    """A few payments of two merchants, within `small_limits`."""

    TABLE = "PAYMENTS_TABLE"
    OPERATIONS = (
        *("create_some", "create_some", "create", "create", "get", "save", "save", "save", "save"),
        *("list", "list", "list_disputes", "due", "in_review", "posted_since"),
    )

    def __init__(self, reference: Reference, chance: Random, own: str) -> None:
        super().__init__(reference, chance, own)
        self.merchants = (f"mer_{own}a", f"mer_{own}b")
        known = InMemoryMerchants(map(a_merchant, self.merchants))
        self.real = _Payments(reference, lambda: known)
        self.memory = InMemoryPayments()
        self.ids = [f"pay_{own}{position}" for position in range(chance.randint(1, 9))]
        self.chance.shuffle(self.ids)

    def written(self) -> Sequence[Key]:
        return [{"id": {"S": one}} for one in self.memory.items]

    def create_some(self) -> None:
        for _ in range(self.chance.randint(2, 4)):
            self.create()

    def create(self) -> None:
        payment_id = self.chance.choice(self.ids)
        born = a_payment(
            id=payment_id,
            merchant_id=self.chance.choice(self.merchants),
            created_at=self.moment(),
            method=self.chance.choice(_METHODS),
            reference=self.one_of(None, "r1", "r2"),
        )
        self.ask("create", self._changed(born))

    def get(self) -> None:
        self.ask("get", self.chance.choice((*self.ids, "pay_unknown")))

    def save(self) -> None:
        current = self.memory.get(self.chance.choice(self.ids))
        if current is None:
            self.ask("save", a_payment(id=f"pay_{self.own}new", version=self.one_of(1, 2)))
            return
        version = current.version + self.one_of(1, 1, 1, 1, 0, 2)
        self.ask("save", replace(self._changed(current), version=version))

    def list(self) -> None:
        filters: dict[str, Any] = {
            "status": self.chance.choice(_STATUSES),
            "provider": "A",
            "method": self.one_of(*MethodType),
            "reference": self.one_of("r1", "r2"),
            "created_from": self.moment(),
            "created_to": self.moment(),
            "after": created_key(self.chance.choice(self.ids), rfc3339(self.moment())),
        }
        # Few at once: most pages are to have something on them.
        used = self.chance.sample(sorted(filters), self.one_of(0, 1, 1, 1, 2))
        self._follow(
            "list",
            PaymentFilter(
                merchant_id=self.one_of(*self.merchants, None, None),
                limit=self.chance.randint(1, 4),
                **{name: filters[name] for name in used},
            ),
        )

    def list_disputes(self) -> None:
        self._follow(
            "list_disputes",
            DisputeFilter(
                merchant_id=self.one_of(*self.merchants, None),
                limit=self.chance.randint(1, 3),
                status=self.one_of(None, *DisputeStatus),
            ),
        )

    def due(self) -> None:
        self.ask("due", self.moment(), self.chance.randint(1, 4), view=list)

    def in_review(self) -> None:
        self.ask("in_review", self.chance.randint(1, 4), view=list)

    def posted_since(self) -> None:
        wanted = self.chance.sample(self.merchants, self.chance.randint(1, 2))
        since = {merchant_id: self.moment() for merchant_id in wanted}
        self.ask("posted_since", since, view=posted)

    def _follow(self, method: str, wanted: Any) -> None:
        """All pages; between two of them something may change."""
        for _ in range(_PAGES_MAX):
            page = self.ask(method, wanted)
            if page.next_after is None:
                return
            wanted = replace(wanted, after=page.next_after)
            if self.chance.random() < 0.2:
                self.save()
        raise AssertionError("a listing does not end")

    def _changed(self, payment: Payment) -> Payment:
        """`payment` after something happened to it, possible or not."""
        chance = self.chance
        changed = replace(payment, due_at=self.maybe(self.moment()), updated_at=self.moment())
        changed = replace(changed, status=chance.choice(_STATUSES))
        if chance.random() < 0.5:
            changed = replace(changed, attempts=(*changed.attempts, self._attempt(changed)))
        if chance.random() < 0.4:
            changed = replace(changed, disputes=self._disputes(changed))
        if chance.random() < 0.4:
            changed = replace(changed, reviews=self._reviews(changed))
        if chance.random() < 0.4:
            booked = capture_transaction(
                payment_id=changed.id,
                merchant_id=changed.merchant_id,
                amount=Money(1_000, "INR"),
                sequence=len(changed.postings) + 1,
                posted_at=self.moment(),
                provider="A",
                provider_fee_minor=chance.randint(0, 9),
                platform_fee_minor=0,
            )
            changed = replace(changed, postings=(*changed.postings, booked))
        return changed

    def _attempt(self, payment: Payment) -> Attempt:
        number = len(payment.attempts) + 1
        return Attempt(
            id=derived_id("att", payment.id, str(number)),
            number=number,
            operation=self.one_of(Operation.AUTHORIZE, Operation.INQUIRE),
            provider=self.one_of("A", "B"),
            started_at=self.moment(),
            outcome=self.one_of(None, Outcome.APPROVED, Outcome.UNKNOWN),
        )

    def _disputes(self, payment: Payment) -> tuple[Dispute, ...]:
        """One more dispute, or the last one decided."""
        if payment.disputes and self.chance.random() < 0.5:
            decided = replace(payment.disputes[-1], status=self.one_of(*DisputeStatus))
            return (*payment.disputes[:-1], decided)
        number = len(payment.disputes) + 1
        opened = Dispute(
            id=dispute_id(payment.id, "A", f"dp_{number}"),
            reference=f"dp_{number}",
            amount_minor=500,
            claimed_minor=500,
            reason="fraudulent",
            opened_at=self.moment(),
            evidence_due_at=self.moment(),
            status=self.one_of(*DisputeStatus),
        )
        return (*payment.disputes, opened)

    def _reviews(self, payment: Payment) -> tuple[Review, ...]:
        """The open review answered, or a new one opened."""
        if payment.open_review is not None:
            answered = replace(payment.reviews[-1], resolved_at=self.moment(), resolved_by="key_1")
            return (*payment.reviews[:-1], answered)
        opened = Review(reason=self.one_of(*ReviewReason), opened_at=self.moment())
        return (*payment.reviews, opened)


class _Payments(DynamoPayments):
    """The adapter, and the source of what is posted that reads the same table."""

    def __init__(self, reference: Reference, merchants: Any) -> None:
        table = reference.tables["PAYMENTS_TABLE"]
        super().__init__(reference.dynamodb, table, merchants=merchants)
        self.posted_since = PostedFacts(reference.dynamodb, table).posted_since


def posted(found: Any) -> dict[str, list[tuple[datetime, str]]]:
    """What was posted by merchant, in any order: equal times have none."""
    return {
        merchant_id: sorted((one.posted_at, one.id) for batch in batches for one in batch)
        for merchant_id, batches in found.items()
    }


@contextmanager
def small_limits() -> Iterator[None]:
    """Limits of a listing that a few payments meet, on both sides."""
    with (
        patch("payflow.aws.payments.SCANNED_MAX", 5),
        patch("simulation.ports.payments.SCANNED_MAX", 5),
        patch("payflow.aws.payments.BATCH_MAX", 3),
        patch("simulation.ports.payments.BATCH_MAX", 3),
        patch("payflow.aws.payments._QUERY_PAGE", 2),
    ):
        yield


def a_merchant(merchant_id: str) -> Merchant:
    """A merchant that only has to be there."""
    return Merchant(
        id=merchant_id,
        name="Shop",
        settlement_currency="INR",
        platform_fee=FeeTerms(),
        created_at=NOON,
        updated_at=NOON,
    )
