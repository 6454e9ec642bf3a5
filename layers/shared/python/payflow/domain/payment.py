"""The payment: its states, its transition table, its attempts, and how it may change.

A payment is a value. Every change makes a new one with the next `version`; storage accepts it only
on top of the version that it was made from. Status moves along `TRANSITIONS` and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from payflow.domain.dispute import Dispute
from payflow.domain.errors import Conflict
from payflow.domain.fx import Quote
from payflow.domain.ids import derived_id
from payflow.domain.instruction import Instruction, InstructionKind
from payflow.domain.ledger import JournalTransaction
from payflow.domain.method import Method
from payflow.domain.money import FeeTerms, Money
from payflow.domain.outcomes import Category, NextActionType, Operation, Outcome, ProviderResult
from payflow.domain.records import changed
from payflow.domain.review import Review
from payflow.domain.routing.model import RoutingDecision, RoutingPreference


class Status(StrEnum):
    """Where a payment stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    REQUIRES_ACTION = "requires_action"
    AUTHORIZED = "authorized"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


TRANSITIONS: Final[dict[Status, frozenset[Status]]] = {
    Status.PENDING: frozenset({Status.PROCESSING, Status.FAILED, Status.CANCELED}),
    Status.PROCESSING: frozenset(
        {
            Status.REQUIRES_ACTION,
            Status.AUTHORIZED,
            Status.SUCCEEDED,
            Status.FAILED,
            Status.CANCELED,
        }
    ),
    Status.REQUIRES_ACTION: frozenset({Status.PROCESSING, Status.FAILED, Status.CANCELED}),
    Status.AUTHORIZED: frozenset({Status.PROCESSING, Status.SUCCEEDED, Status.CANCELED}),
    Status.SUCCEEDED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELED: frozenset(),
}
"""The product in one table: each status with those that may follow it."""

TERMINAL: Final = frozenset(status for status, following in TRANSITIONS.items() if not following)
SETTLED: Final = TERMINAL | {Status.REQUIRES_ACTION, Status.AUTHORIZED}
"""Where a request with `Prefer: wait` has its answer."""


class CaptureMethod(StrEnum):
    """Whether money moves with the authorisation or by a later capture."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to a provider, written down before the call is made.

    `outcome` is None while the call may be in the air. `not_before` holds a back-off. `decision`
    says why this provider was chosen (authorisations only). `instruction` is the position, from 1,
    of the instruction that it is a part of; None for the authorisation.
    """

    id: str
    number: int
    operation: Operation
    provider: str
    started_at: datetime
    not_before: datetime | None = None
    outcome: Outcome | None = None
    code: str | None = None
    category: Category | None = None
    provider_code: str | None = None
    provider_reference: str | None = None
    latency_ms: int | None = None
    decision: RoutingDecision | None = None
    instruction: int | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a payment, or an instruction, failed.

    `decision` is the routing that found nobody, if that was why.
    """

    code: str
    category: Category
    message: str
    provider_code: str | None = None
    decision: RoutingDecision | None = None


@dataclass(frozen=True, slots=True)
class NextAction:
    """What the customer must do, where, and until when."""

    type: NextActionType
    url: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Risk:
    """The risk engine's verdict: `allow` or `block`, a score from 0 to 100, and the reasons."""

    decision: str
    score: int
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fees:
    """What was charged for the captured amount, in minor units of the payment's currency."""

    provider_minor: int = 0
    platform_minor: int = 0


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One step along the transition table."""

    status: Status
    at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """The idempotency claim that a payment or an instruction carries: exactly one request made it.

    `request_hash` is a keyed hash of the canonical body. `wait_until` is when a waiting first
    request answers at the latest (None: it answered at once). `answered_version` is the payment's
    version whose representation is *the* answer to that request; `answer` freezes its bytes as soon
    as they would change.
    """

    request_hash: str
    wait_until: datetime | None = None
    answered_version: int | None = 1
    answer: str | None = None


SYSTEM_CLAIM: Final = Claim("system", answer="")
"""The claim of an instruction that PayFlow gave itself: nobody asked, so nobody is answered."""


@dataclass(frozen=True, slots=True)
class Customer:
    """What the merchant told about its customer."""

    id: str | None = None
    email: str | None = None
    ip: str | None = None
    country: str | None = None


@dataclass(frozen=True, kw_only=True)
class Payment:
    """A payment with everything that is needed to decide what comes next.

    `due_at` is when it must be looked at again if nothing happens before; None while somebody is at
    work on it, or nothing is left to do.
    """

    id: str
    merchant_id: str
    amount: Money
    method: Method
    claim: Claim
    created_at: datetime
    updated_at: datetime
    status: Status = Status.PENDING
    version: int = 1
    capture_method: CaptureMethod = CaptureMethod.AUTOMATIC
    amount_authorized: int = 0
    amount_captured: int = 0
    amount_refunded: int = 0
    reference: str | None = None
    description: str | None = None
    customer: Customer | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    routing: RoutingPreference = field(default_factory=lambda: RoutingPreference())
    settlement_currency: str | None = None
    fx: Quote | None = None
    platform_fee: FeeTerms = field(default_factory=FeeTerms)
    risk: Risk = field(default_factory=lambda: Risk("allow", 0))
    fees: Fees = field(default_factory=Fees)
    attempts: tuple[Attempt, ...] = ()
    failure: Failure | None = None
    next_action: NextAction | None = None
    history: tuple[StatusChange, ...] = ()
    postings: tuple[JournalTransaction, ...] = ()
    instructions: tuple[Instruction, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    reviews: tuple[Review, ...] = ()
    due_at: datetime | None = None

    @property
    def is_terminal(self) -> bool:
        """Nothing can follow."""
        return self.status in TERMINAL

    @property
    def is_settled(self) -> bool:
        """A waiting request has its answer."""
        return self.status in SETTLED

    @property
    def provider(self) -> str | None:
        """The provider of the latest authorisation that the outside may know of."""
        if self.status is Status.PENDING:
            return None
        tried = [a.provider for a in self.attempts if a.operation is Operation.AUTHORIZE]
        return tried[-1] if tried else None

    @property
    def open_attempt(self) -> Attempt | None:
        """The attempt whose call may be in the air; there is never more than one (invariant 2)."""
        last = self.attempts[-1] if self.attempts else None
        return last if last is not None and last.outcome is None else None

    @property
    def last_authorization(self) -> Attempt | None:
        """The latest authorisation."""
        tried = (a for a in reversed(self.attempts) if a.operation is Operation.AUTHORIZE)
        return next(tried, None)

    @property
    def open_review(self) -> Review | None:
        """The question that waits for a person, if there is one."""
        return next((one for one in self.reviews if one.is_open), None)

    def attempts_for(self, instruction: int | None) -> tuple[Attempt, ...]:
        """The attempts of the instruction at that position; None: those of the authorisation."""
        return tuple(a for a in self.attempts if a.instruction == instruction)

    def asked_about(self, instruction: int | None) -> Attempt | None:
        """The latest attempt for `instruction` that inquiries can ask about."""
        mine = reversed(self.attempts_for(instruction))
        return next((a for a in mine if a.operation is not Operation.INQUIRE), None)

    def pending(self, kind: InstructionKind | None = None) -> tuple[int, ...]:
        """The positions, from 1, of the instructions (of one kind) that are not settled yet."""
        return tuple(
            position
            for position, one in enumerate(self.instructions, start=1)
            if one.is_pending and kind in (None, one.kind)
        )

    def pending_minor(self, kind: InstructionKind) -> int:
        """What pending instructions of that kind have reserved, in minor units."""
        return sum(self.instructions[n - 1].amount_minor for n in self.pending(kind))

    def authorization_of(self, instruction: Instruction | None) -> Attempt | None:
        """The authorisation that `instruction` is about: the latest, or the one to be reversed."""
        if instruction is not None and instruction.reverses is not None:
            return self.attempts[instruction.reverses - 1]
        return self.last_authorization

    def instruction(self, instruction_id: str) -> Instruction | None:
        """The instruction of that id, or None."""
        return next((one for one in self.instructions if one.id == instruction_id), None)

    def dispute(self, dispute_id: str) -> Dispute | None:
        """The dispute of that id, or None."""
        return next((one for one in self.disputes if one.id == dispute_id), None)

    @property
    def disputed_minor(self) -> int:
        """What is disputed, in reserve or lost, in minor units: it cannot be refunded."""
        return sum(one.amount_minor for one in self.disputes if one.weighs)


def provider_key(payment_id: str, attempt_number: int) -> str:
    """The key given to the provider: a function of payment and attempt (invariant 5)."""
    return derived_id("pk", payment_id, str(attempt_number))


def new_attempt(
    payment: Payment,
    operation: Operation,
    provider: str,
    *,
    now: datetime,
    not_before: datetime | None = None,
    decision: RoutingDecision | None = None,
    instruction: int | None = None,
) -> Attempt:
    """The payment's next attempt; its id and key follow from payment and number."""
    number = len(payment.attempts) + 1
    return Attempt(
        id=derived_id("att", payment.id, str(number)),
        number=number,
        operation=operation,
        provider=provider,
        # What was due before now begins now.
        started_at=max(now, not_before or now),
        not_before=not_before,
        decision=decision,
        instruction=instruction,
    )


def with_instruction(payment: Payment, position: int, instruction: Instruction) -> Payment:
    """`payment` with the instruction at `position`, from 1, replaced."""
    before, after = payment.instructions[: position - 1], payment.instructions[position:]
    return changed(payment, instructions=(*before, instruction, *after))


def begun(payment: Payment, now: datetime) -> Payment:
    """`payment` no longer `pending` once a provider is known to have been called."""
    is_waiting = payment.status is Status.PENDING and payment.attempts
    return moved(payment, Status.PROCESSING, now) if is_waiting else payment


def processing(payment: Payment, now: datetime) -> Payment:
    """`payment` in the status of that name, whether it was in it before or not."""
    if payment.status is Status.PROCESSING:
        return payment
    return moved(payment, Status.PROCESSING, now)


def opened(payment: Payment, attempt: Attempt) -> Payment:
    """`payment` with `attempt` written down; raises `Conflict` while another one is open."""
    if payment.open_attempt is not None:
        raise Conflict("attempt_open", f"{payment.id} has an attempt without an outcome")
    return changed(payment, attempts=(*payment.attempts, attempt))


def answered(payment: Payment, result: ProviderResult) -> Payment:
    """`payment` with the open attempt's outcome; raises `Conflict` when none is open."""
    attempt = payment.open_attempt
    if attempt is None:
        raise Conflict("no_open_attempt", f"{payment.id} has no attempt that waits for an outcome")
    closed = replace(
        attempt,
        outcome=result.outcome,
        code=result.code,
        category=result.category,
        provider_code=result.provider_code,
        provider_reference=result.provider_reference,
        latency_ms=result.latency_ms,
    )
    return changed(payment, attempts=(*payment.attempts[:-1], closed))


def moved(payment: Payment, status: Status, now: datetime) -> Payment:
    """`payment` one step along the table; raises `Conflict` for a step that it does not have."""
    if status not in TRANSITIONS[payment.status]:
        raise Conflict("illegal_transition", f"{payment.status} cannot become {status}")
    return changed(payment, status=status, history=(*payment.history, StatusChange(status, now)))
