"""Record what a provider answered and decide what comes next, in one conditional write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from payflow.domain.answer import revised
from payflow.domain.errors import NotFound
from payflow.domain.instruction import InstructionKind
from payflow.domain.late_approval import is_late, taken_back
from payflow.domain.outcomes import Category, Operation, Outcome, ProviderResult
from payflow.domain.payment import Attempt, Payment, answered
from payflow.domain.plan import advanced
from payflow.domain.ports import Clock, MarketSource, PaymentRepository, Randomness, Vault
from payflow.domain.provider_call import result_from_document
from payflow.domain.records import changed
from payflow.domain.step import ProviderFunctions, asked_amount, instruction_of, step_document
from payflow.services.card_tokens import payment_token
from payflow.services.contention import decided_anew


@dataclass(frozen=True, slots=True)
class Planned:
    """The step document, and the number of an attempt whose approval came too late to count.

    Such an approval may be a charge beside the one that counts: it is taken back, and must never
    pass unnoticed (invariant 10).
    """

    step: dict[str, Any]
    late_approval: int | None = None


@dataclass(frozen=True, slots=True)
class PlanNextStep:
    """The use case behind the state of the same name."""

    payments: PaymentRepository
    vault: Vault
    market: MarketSource
    clock: Clock
    randomness: Randomness
    functions: ProviderFunctions

    def __call__(self, payment_id: str, answer: dict[str, Any] | None) -> Planned:
        """What to do now, after `answer` (None: nothing was called).

        An answer to an attempt that has its outcome already (a duplicated or resumed execution)
        changes nothing; an approval among them is reported. Raises `NotFound`, and `Unavailable`
        when other writers kept winning.
        """

        def advance() -> Planned:
            return self._advance(payment_id, answer)

        return decided_anew(advance, payment_id, self.clock, self.randomness)

    def _advance(self, payment_id: str, answer: dict[str, Any] | None) -> Planned:
        payment = self.payments.get(payment_id)
        if payment is None:
            raise NotFound("payment_not_found", f"no payment {payment_id}")
        now = self.clock.now()
        late = _late_approval(payment, answer)
        after = self._planned(taken_back(payment, late, now) if late else payment, answer, now)
        if after != payment:
            after = revised(payment, after, now)
            self.payments.save(after)
        if after.is_settled and _ends_authorization(after, answer):
            self._forget_cvc(after)
        number = late.number if late is not None else None
        return Planned(step_document(after, self.functions, now), number)

    def _planned(self, payment: Payment, answer: dict[str, Any] | None, now: datetime) -> Payment:
        result = _answer_to_open_attempt(payment, answer)
        known = answered(payment, result) if result else payment
        planned = advanced(
            known,
            self.market.snapshot(),
            now=now,
            randomness=self.randomness,
            asked_of_customer=result.next_action if result else None,
        )
        return _with_page(planned, result)

    def _forget_cvc(self, payment: Payment) -> None:
        # After the write that ends the authorisation, and again when that is repeated: a crash
        # between the two leaves a CVC only until the workflow's retry.
        token = payment_token(payment)
        if token is not None:
            self.vault.forget_cvc(token)


def _answer_to_open_attempt(
    payment: Payment, answer: dict[str, Any] | None
) -> ProviderResult | None:
    attempt = payment.open_attempt
    if answer is None or attempt is None or answer["attempt_number"] != attempt.number:
        return None
    return _believable(payment, attempt, result_from_document(answer))


def _with_page(payment: Payment, result: ProviderResult | None) -> Payment:
    """`payment` with the page where its customer acts, if the answer that asks for it names one."""
    asked, url = payment.next_action, result.next_action_url if result else None
    if asked is None or asked.url is not None or url is None:
        return payment
    return changed(payment, next_action=replace(asked, url=url))


def _ends_authorization(payment: Payment, answer: dict[str, Any] | None) -> bool:
    """Whether this is the plan after the authorisation or its void, or a repetition of that plan.

    By then a capture or refund may have been called already; the plans after those do not count,
    since they would only forget the CVC again.
    """
    about = payment.attempts
    if answer is not None:
        about = tuple(one for one in about if one.number == answer["attempt_number"])
    asked = (instruction_of(payment, attempt) for attempt in about)
    return all(one is None or one.kind is InstructionKind.VOID for one in asked)


def _late_approval(payment: Payment, answer: dict[str, Any] | None) -> Attempt | None:
    """The attempt that `answer` approves although the payment has gone on without it."""
    if answer is None or answer["outcome"] != Outcome.APPROVED:
        return None
    attempt = next((a for a in payment.attempts if a.number == answer["attempt_number"]), None)
    asked = attempt and _asked_by(payment, attempt)
    return asked if asked is not None and is_late(payment, asked) else None


def _asked_by(payment: Payment, attempt: Attempt) -> Attempt:
    """The call that `attempt` made, or asked about."""
    if attempt.operation is not Operation.INQUIRE:
        return attempt
    before = payment.attempts_for(attempt.instruction)
    return next(
        a
        for a in reversed(before)
        if a.number < attempt.number and a.operation is not Operation.INQUIRE
    )


def _believable(payment: Payment, attempt: Attempt, result: ProviderResult) -> ProviderResult:
    """An approval of something else than was asked is not an approval: ask again what happened."""
    if result.outcome is not Outcome.APPROVED:
        return result
    asked, echoed = asked_amount(payment, attempt), (result.amount_minor, result.currency)
    same_amount = echoed in ((None, None), (asked.minor, asked.currency))
    known, told = _known_reference(payment, attempt), result.provider_reference
    if same_amount and (known is None or told in (None, known)):
        return result
    return replace(
        result, outcome=Outcome.UNKNOWN, code="answer_mismatch", category=Category.UNKNOWN
    )


def _known_reference(payment: Payment, attempt: Attempt) -> str | None:
    """The reference that the provider itself gave the operation in an earlier answer, if any."""
    asked = _asked_by(payment, attempt)
    told = (
        one.provider_reference
        for one in payment.attempts_for(attempt.instruction)
        if asked.number <= one.number < attempt.number
    )
    return next((reference for reference in told if reference is not None), None)
