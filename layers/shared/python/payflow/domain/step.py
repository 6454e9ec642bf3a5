"""A payment's next step as the state machine reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from payflow.domain.method import MethodType
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
    BACK_OFF = "BackOff"
    FINISHED = "Finished"


def step_document(payment: Payment, functions: ProviderFunctions, now: datetime) -> dict[str, Any]:
    """What to do now: make the open call, wait until it is due, or end the execution.

    A function of the stored payment, so a duplicated execution is told the same call again, and
    the provider's key makes the second one harmless.
    """
    attempt = payment.open_attempt
    if attempt is None:
        return {"action": Action.FINISHED.value, "status": payment.status.value}
    if attempt.not_before is not None and attempt.not_before > now:
        return {"action": Action.BACK_OFF.value, "not_before": rfc3339(attempt.not_before)}
    inquiry = attempt.operation is Operation.INQUIRE
    return {
        "action": (Action.CHECK_STATUS if inquiry else Action.AUTHORIZE).value,
        "function": functions[payment.method.type],
        "call": call_to_document(_call(payment, attempt)),
    }


def _call(payment: Payment, attempt: Attempt) -> ProviderCall:
    authorization = payment.last_authorization
    keyed = authorization.number if authorization is not None else attempt.number
    key = provider_key(payment.id, keyed)
    return ProviderCall(
        payment_id=payment.id,
        attempt_number=attempt.number,
        operation=attempt.operation,
        provider=attempt.provider,
        key=key,
        authorization_key=key,
        method=payment.method,
        amount=payment.amount,
        capture=payment.capture_method is CaptureMethod.AUTOMATIC,
    )
