"""A payment's next step as the state machine reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from payflow.domain.instruction import Instruction, InstructionKind
from payflow.domain.method import MethodType
from payflow.domain.money import Money
from payflow.domain.outcomes import Operation
from payflow.domain.payment import Attempt, CaptureMethod, Payment, provider_key
from payflow.domain.provider_call import ProviderCall, call_to_document
from payflow.domain.timestamps import rfc3339

ProviderFunctions = Mapping[MethodType, str]
"""The name of the function that calls the providers of each type."""


class Action(StrEnum):
    """The names of the states that `ActOnPlan` can choose."""

    AUTHORIZE = "Authorize"
    CHECK_STATUS = "CheckStatus"
    CAPTURE = "Capture"
    VOID = "Void"
    REFUND = "Refund"
    NEEDS_REVIEW = "NeedsReview"
    BACK_OFF = "BackOff"
    FINISHED = "Finished"


def step_document(payment: Payment, functions: ProviderFunctions, now: datetime) -> dict[str, Any]:
    """What to do now: make the open call, wait until it is due, or end the execution.

    A function of the stored payment, so a duplicated execution is told the same call again, and
    the provider's key makes the second one harmless.
    """
    attempt = payment.open_attempt
    if attempt is None:
        # What nobody could settle ends the execution with an alarm.
        action = Action.NEEDS_REVIEW if payment.open_review is not None else Action.FINISHED
        return {"action": action.value, "status": payment.status.value}
    if attempt.not_before is not None and attempt.not_before > now:
        return {"action": Action.BACK_OFF.value, "not_before": rfc3339(attempt.not_before)}
    return {
        "action": _ACTIONS[attempt.operation].value,
        "function": functions[payment.method.type],
        "call": call_to_document(_call(payment, attempt)),
    }


_ACTIONS: Final[dict[Operation, Action]] = {
    Operation.AUTHORIZE: Action.AUTHORIZE,
    Operation.INQUIRE: Action.CHECK_STATUS,
    Operation.CAPTURE: Action.CAPTURE,
    Operation.VOID: Action.VOID,
    Operation.REFUND: Action.REFUND,
}


def _call(payment: Payment, attempt: Attempt) -> ProviderCall:
    instruction = instruction_of(payment, attempt)
    authorization = payment.authorization_of(instruction) or attempt
    # An inquiry has the key of the call that it asks about.
    asked = payment.asked_about(attempt.instruction) or attempt
    return ProviderCall(
        payment_id=payment.id,
        merchant_id=payment.merchant_id,
        attempt_number=attempt.number,
        operation=attempt.operation,
        provider=attempt.provider,
        key=provider_key(payment.id, asked.number),
        authorization_key=provider_key(payment.id, authorization.number),
        method=payment.method,
        amount=asked_amount(payment, attempt),
        capture=payment.capture_method is CaptureMethod.AUTOMATIC,
        final=instruction is not None and instruction.final,
    )


def asked_amount(payment: Payment, attempt: Attempt) -> Money:
    """What `attempt` is about: a capture's or refund's own amount, what a void leaves uncaptured.

    An authorisation, and what reverses one, is about all of the payment's amount.
    """
    instruction = instruction_of(payment, attempt)
    if instruction is None or instruction.kind is InstructionKind.REVERSAL:
        return payment.amount
    if instruction.kind is InstructionKind.VOID:
        left = payment.amount.minor - payment.amount_captured
        return Money(left, payment.amount.currency)
    return Money(instruction.amount_minor, payment.amount.currency)


def instruction_of(payment: Payment, attempt: Attempt) -> Instruction | None:
    """The instruction that `attempt` is a part of; None for the authorisation."""
    if attempt.instruction is None:
        return None
    return payment.instructions[attempt.instruction - 1]
