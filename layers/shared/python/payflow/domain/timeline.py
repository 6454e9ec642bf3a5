"""A payment's story in order: decisions, attempts, status changes, disputes, ledger entries.

It is made from the payment alone, whenever somebody asks, and so can never disagree with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from payflow.domain.dispute import Dispute
from payflow.domain.instruction import Instruction, InstructionKind
from payflow.domain.ledger import JournalTransaction, Phase, Side
from payflow.domain.method import CardMethod, Method, UpiMethod
from payflow.domain.money import Money, major_units
from payflow.domain.payment import Attempt, Payment, Status, StatusChange
from payflow.domain.representation import decision_document, quote_document
from payflow.domain.routing.model import RoutingDecision
from payflow.domain.timestamps import rfc3339


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened; `type` is `noun.verb`, `summary` one sentence, `data` the facts."""

    at: datetime
    type: str
    summary: str
    data: dict[str, Any] = field(default_factory=dict)


def timeline(payment: Payment) -> list[Happening]:
    """Everything that happened to `payment`, oldest first; what is simultaneous in causal order."""
    story = [
        _created(payment),
        *_quoted(payment),
        *(_requested(payment, one) for one in payment.instructions),
        *_attempts(payment),
        *(_settled(payment, one) for one in payment.instructions if not one.is_pending),
        *(told for one in payment.disputes for told in _disputed(payment, one)),
        *_unroutable(payment),
        *_reviews(payment),
        *(_status_change(payment, change) for change in payment.history),
        *(_posting(transaction) for transaction in payment.postings),
    ]
    return sorted(story, key=lambda happening: happening.at)


def timeline_document(payment: Payment) -> dict[str, Any]:
    """What `GET /api/v1/payments/{id}/timeline` answers."""
    return {
        "data": [
            {"at": rfc3339(one.at), "type": one.type, "summary": one.summary, **one.data}
            for one in timeline(payment)
        ]
    }


def _created(payment: Payment) -> Happening:
    amount = f"{payment.amount.currency} {major_units(payment.amount)}"
    return Happening(
        payment.created_at,
        "payment.created",
        f"{amount} by {_instrument(payment.method)}",
        {"status": Status.PENDING.value, "risk": _risk(payment)},
    )


def _quoted(payment: Payment) -> Iterator[Happening]:
    quote = payment.fx
    if quote is not None:
        yield Happening(
            quote.quoted_at,
            "fx.quoted",
            f"{quote.source_currency} 1 is {quote.target_currency} {quote.major_rate.decimal()} "
            f"by {quote.rate_source} of {quote.as_of.date()}, the spread {quote.spread_bps} bps",
            quote_document(quote),
        )


def _risk(payment: Payment) -> dict[str, Any]:
    risk = payment.risk
    return {"decision": risk.decision, "score": risk.score, "reasons": list(risk.reasons)}


def _instrument(method: Method) -> str:
    if isinstance(method, CardMethod):
        return f"{method.brand} card ending in {method.last4}"
    if isinstance(method, UpiMethod):
        return f"UPI {method.flow.value} from {method.vpa}"
    return f"wallet {method.wallet_id}"


def _attempts(payment: Payment) -> Iterator[Happening]:
    decided_at = payment.created_at
    for attempt in payment.attempts:
        if attempt.decision is not None:
            yield _decision(attempt, attempt.decision, min(decided_at, attempt.started_at))
        # Of a pending payment nobody knows yet whether its first call was made.
        if payment.status is not Status.PENDING:
            yield _started(attempt)
        if attempt.outcome is not None:
            finished = _finished(attempt)
            decided_at = finished.at
            yield finished


def _unroutable(payment: Payment) -> Iterator[Happening]:
    decision = payment.failure.decision if payment.failure else None
    if decision is not None:
        yield Happening(
            payment.history[-1].at,
            "routing.decided",
            f"Nobody can take the payment, {len(decision.excluded)} excluded",
            {"attempt": None, "provider": None, **decision_document(decision)},
        )


def _decision(attempt: Attempt, decision: RoutingDecision, at: datetime) -> Happening:
    others = len(decision.candidates) - 1
    return Happening(
        at,
        "routing.decided",
        f"{attempt.provider} chosen by {decision.strategy}, {others} in reserve, "
        f"{len(decision.excluded)} excluded",
        {
            "attempt": attempt.number,
            "provider": attempt.provider,
            **decision_document(decision),
        },
    )


def _started(attempt: Attempt) -> Happening:
    waited = ", after a pause" if attempt.not_before is not None else ""
    return Happening(
        attempt.started_at,
        "attempt.started",
        f"Attempt {attempt.number}: {attempt.operation.value} at {attempt.provider}{waited}",
        {
            "attempt": attempt.number,
            "attempt_id": attempt.id,
            "operation": attempt.operation.value,
            "provider": attempt.provider,
        },
    )


def _finished(attempt: Attempt) -> Happening:
    outcome = attempt.outcome.value if attempt.outcome else None
    latency_ms = attempt.latency_ms or 0
    because = f" ({attempt.code})" if attempt.code else ""
    return Happening(
        attempt.started_at + timedelta(milliseconds=latency_ms),
        "attempt.finished",
        f"Attempt {attempt.number}: {attempt.provider} answered {outcome}{because} "
        f"after {latency_ms} ms",
        {
            "attempt": attempt.number,
            "attempt_id": attempt.id,
            "operation": attempt.operation.value,
            "provider": attempt.provider,
            "outcome": outcome,
            "code": attempt.code,
            "category": attempt.category.value if attempt.category else None,
            "provider_code": attempt.provider_code,
            "provider_reference": attempt.provider_reference,
            "latency_ms": attempt.latency_ms,
        },
    )


_NOUNS: Final = {
    InstructionKind.CAPTURE: "capture",
    InstructionKind.VOID: "cancellation",
    InstructionKind.REFUND: "refund",
    InstructionKind.REVERSAL: "reversal",
}


def _requested(payment: Payment, instruction: Instruction) -> Happening:
    noun = _NOUNS[instruction.kind]
    rest = ", the rest to be released" if instruction.final else ""
    return Happening(
        instruction.created_at,
        f"{noun}.requested",
        f"{noun.capitalize()}{_worth(payment, instruction)} requested{rest}",
        _instruction_data(instruction),
    )


def _settled(payment: Payment, instruction: Instruction) -> Happening:
    noun, failure = _NOUNS[instruction.kind], instruction.failure
    because = f": {failure.message}" if failure is not None else ""
    data = _instruction_data(instruction)
    if failure is not None:
        data["failure"] = {"code": failure.code, "category": failure.category.value}
    return Happening(
        instruction.settled_at or instruction.created_at,
        f"{noun}.{instruction.status.value}",
        f"{noun.capitalize()}{_worth(payment, instruction)} {instruction.status.value}{because}",
        data,
    )


def _reviews(payment: Payment) -> Iterator[Happening]:
    for review in payment.reviews:
        subject = {"reason": review.reason.value}
        if review.instruction is not None:
            subject["operation_id"] = payment.instructions[review.instruction - 1].id
        why = review.reason.value.replace("_", " ")
        yield Happening(review.opened_at, "review.opened", f"Flagged for review: {why}", subject)
        if review.resolved_at is not None:
            answer = review.resolution or "the provider has answered"
            yield Happening(
                review.resolved_at,
                "review.resolved",
                f"Review ended: {answer}",
                {**subject, "resolved_by": review.resolved_by, "note": review.note},
            )


def _worth(payment: Payment, instruction: Instruction) -> str:
    if instruction.kind in (InstructionKind.VOID, InstructionKind.REVERSAL):
        return ""
    return f" of {payment.amount.currency} {_major(payment, instruction.amount_minor)}"


def _major(payment: Payment, minor: int) -> str:
    return major_units(Money(minor, payment.amount.currency))


def _instruction_data(instruction: Instruction) -> dict[str, Any]:
    data: dict[str, Any] = {f"{_NOUNS[instruction.kind]}_id": instruction.id}
    if instruction.reverses is not None:
        data["attempt"] = instruction.reverses
    elif instruction.kind is not InstructionKind.VOID:
        data["amount"] = instruction.amount_minor
    if instruction.kind is InstructionKind.CAPTURE:
        data["final"] = instruction.final
    if instruction.reason is not None:
        data["reason"] = instruction.reason
    return data


def _disputed(payment: Payment, dispute: Dispute) -> Iterator[Happening]:
    worth = f"{payment.amount.currency} {_major(payment, dispute.amount_minor)}"
    data = {"dispute_id": dispute.id, "amount": dispute.amount_minor}
    claim = {"claimed": dispute.claimed_minor, "reason": dispute.reason}
    more = ", more is claimed than is left" if dispute.exceeds else ""
    yield Happening(
        dispute.opened_at,
        "dispute.opened",
        f"Dispute of {worth} opened: {dispute.reason}{more}",
        {**data, **claim, "evidence_due_at": rfc3339(dispute.evidence_due_at)},
    )
    if dispute.evidence is not None:
        files = len(dispute.evidence.files)
        yield Happening(
            dispute.evidence.submitted_at,
            "dispute.evidence_submitted",
            f"Evidence submitted for the dispute of {worth}",
            {**data, "files": files},
        )
    if dispute.closed_at is not None:
        kind = dispute.status.value
        yield Happening(dispute.closed_at, f"dispute.{kind}", f"Dispute of {worth} {kind}", data)


def _status_change(payment: Payment, change: StatusChange) -> Happening:
    data: dict[str, Any] = {"status": change.status.value}
    summary = f"Payment is {change.status.value.replace('_', ' ')}"
    if change.status is Status.FAILED and payment.failure is not None:
        summary += f": {payment.failure.message}"
        data["failure"] = {
            "code": payment.failure.code,
            "category": payment.failure.category.value,
        }
    return Happening(change.at, f"payment.{change.status.value}", summary, data)


_BOOKED: Final = {
    Phase.POSTED: "booked",
    Phase.PENDING: "held",
    Phase.RELEASED: "no longer held",
}


def _posting(transaction: JournalTransaction) -> Happening:
    own, *converted = _debited(transaction)
    into = f", converted: {converted[0]}" if converted else ""
    return Happening(
        transaction.posted_at,
        f"ledger.{transaction.phase.value}",
        f"{own} {_BOOKED[transaction.phase]} as {transaction.operation}{into}",
        {
            "transaction_id": transaction.id,
            "operation": transaction.operation,
            "entries": [
                {
                    "account_id": entry.account.id,
                    "direction": entry.side.value,
                    "amount": entry.amount_minor,
                    "currency": entry.account.currency,
                }
                for entry in transaction.entries
            ],
        },
    )


def _debited(transaction: JournalTransaction) -> list[str]:
    """What was moved, by currency, the payment's own first."""
    sums: dict[str, int] = {}
    for entry in transaction.entries:
        if entry.side is Side.DEBIT:
            currency = entry.account.currency
            sums[currency] = sums.get(currency, 0) + entry.amount_minor
    return [f"{name} {major_units(Money(minor, name))}" for name, minor in sums.items()]
