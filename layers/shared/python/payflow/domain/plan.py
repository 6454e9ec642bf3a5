"""The brain of the workflow: what a payment's next step is, as a pure function of what is known.

`plan_next_step` decides; `carry_out` turns the decision into the payment's next version; `advanced`
does both until a provider has to be called. None touches the world, so the same functions run in
the state machine, in tests and under a virtual clock.

While a call may be in the air, nothing is decided before it is answered (invariants 2 and 4). Until
the authorisation is settled, `payflow.domain.plan_authorization` says what is next; after that,
captures, voids, refunds and reversals follow, see `payflow.domain.plan_instruction`.

A cancellation that is asked for meanwhile waits for the authorisation's answer. If nothing was
charged, the payment is canceled instead of going on to another provider or to the customer; if it
was approved, it is voided. Only if the provider refuses that, because it has captured already, does
the payment go on as if never canceled.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, assert_never
from urllib.parse import quote

from payflow.domain.booking import with_hold
from payflow.domain.expiry import Expire, plan_expiry, with_expiry
from payflow.domain.instruction import InstructionKind
from payflow.domain.instructions import authorizer, captured, settled
from payflow.domain.method import UpiMethod
from payflow.domain.money import FeeTerms, major_units
from payflow.domain.outcomes import NextActionType, Operation
from payflow.domain.payment import (
    CaptureMethod,
    NextAction,
    Payment,
    Status,
    begun,
    moved,
    new_attempt,
    opened,
    processing,
)
from payflow.domain.plan_authorization import (
    Approve,
    AskCustomer,
    AuthorizationPlan,
    Authorize,
    CheckStatus,
    Fail,
    plan_authorization,
)
from payflow.domain.plan_inquiry import Flag, Rest, Situation
from payflow.domain.plan_instruction import (
    InstructionPlan,
    SettleInstruction,
    TryInstruction,
    plan_instruction,
    plan_pending,
)
from payflow.domain.ports import Randomness
from payflow.domain.provider import Market, ProviderConfig
from payflow.domain.records import changed
from payflow.domain.retry import RetryPolicy
from payflow.domain.review import Review
from payflow.domain.reviews import answered_by_provider

POLICY: Final = RetryPolicy()
_PLANS_MAX: Final = 6
"""How many steps in a row there can be without a call, besides one for each instruction."""
_UNSETTLED: Final = frozenset({Status.PENDING, Status.PROCESSING, Status.REQUIRES_ACTION})

Plan = AuthorizationPlan | InstructionPlan | Expire


def plan_next_step(
    payment: Payment,
    market: Market,
    *,
    now: datetime,
    randomness: Randomness,
    asked_of_customer: NextActionType | None = None,
    policy: RetryPolicy = POLICY,
    nudged: bool = False,
) -> Plan:
    """Decide what comes next for `payment`; see the module's rules.

    `asked_of_customer` is what the provider's latest answer, if pending, wants of the customer.
    `nudged`: there is news of what the payment waits for, so the provider is asked at once.
    """
    if payment.open_attempt is not None:
        return Rest()
    at = Situation(market, now, randomness, policy, nudged)
    if payment.status not in _UNSETTLED:
        return _plan_settled(payment, at)
    plan = plan_authorization(payment, at, asked_of_customer)
    cancellation = next(iter(payment.pending(InstructionKind.VOID)), None)
    if cancellation is None:
        return plan
    match plan:
        case Authorize() | Fail() | AskCustomer():
            return SettleInstruction(cancellation)
        case Rest() if payment.status is Status.REQUIRES_ACTION:
            return SettleInstruction(cancellation)
        case Approve():
            return plan_instruction(payment, cancellation, at)
        case _:
            return plan


def _plan_settled(payment: Payment, at: Situation) -> InstructionPlan | Expire:
    """What was asked for after the authorisation; if nothing is, its expiry is waited for."""
    pending = plan_pending(payment, at)
    return plan_expiry(payment, at) if pending is None else pending


def advanced(
    payment: Payment,
    market: Market,
    *,
    now: datetime,
    randomness: Randomness,
    asked_of_customer: NextActionType | None = None,
    nudged: bool = False,
) -> Payment:
    """`payment` as far as it goes by itself: until a call is written down, or it rests."""
    for _ in range(len(payment.instructions) + _PLANS_MAX):
        plan = plan_next_step(
            payment,
            market,
            now=now,
            randomness=randomness,
            asked_of_customer=asked_of_customer,
            nudged=nudged,
        )
        payment = carry_out(payment, plan, now)
        if isinstance(plan, Rest):
            break
    return payment


def carry_out(payment: Payment, plan: Plan, now: datetime) -> Payment:
    """`payment` as `plan` makes it: an attempt opened, or the status moved and the books posted."""
    match plan:
        case Authorize() | CheckStatus() | TryInstruction():
            return _tried(payment, plan, now)
        case Approve():
            return answered_by_provider(_approved(payment, plan.provider, now), None, now)
        case AskCustomer():
            asked = moved(processing(payment, now), Status.REQUIRES_ACTION, now)
            return changed(asked, next_action=_next_action(payment, plan))
        case Fail():
            failed = moved(begun(payment, now), Status.FAILED, now)
            return answered_by_provider(changed(failed, failure=plan.failure), None, now)
        case SettleInstruction():
            fee = _fee_of(plan.provider)
            done = settled(payment, plan.position, plan.failure, provider_fee=fee, now=now)
            return answered_by_provider(done, plan.position, now)
        case Expire():
            return with_expiry(payment, now)
        case Flag():
            review = Review(reason=plan.reason, opened_at=now, instruction=plan.instruction)
            return changed(payment, reviews=(*payment.reviews, review))
        case Rest():
            return changed(payment, due_at=plan.due_at)
        case _:
            assert_never(plan)


def _tried(
    payment: Payment, plan: Authorize | CheckStatus | TryInstruction, now: datetime
) -> Payment:
    """`payment` with the planned call written down; a customer who was asked stays asked."""
    match plan:
        case Authorize():
            operation = Operation.AUTHORIZE
        case CheckStatus():
            operation = Operation.INQUIRE
        case TryInstruction():
            operation = plan.operation
    attempt = new_attempt(
        payment,
        operation,
        plan.provider,
        now=now,
        not_before=plan.not_before,
        decision=plan.decision if isinstance(plan, Authorize) else None,
        instruction=plan.position if isinstance(plan, TryInstruction) else None,
    )
    if isinstance(plan, Authorize) and payment.status is Status.REQUIRES_ACTION:
        # Another provider will ask the customer anew, if it has to.
        payment = changed(processing(payment, now), next_action=None)
    return opened(begun(payment, now), attempt)


def _next_action(payment: Payment, plan: AskCustomer) -> NextAction:
    """What the customer is asked, with the link that opens a UPI app where that is the way."""
    method = payment.method
    if plan.type is not NextActionType.UPI_INTENT or not isinstance(method, UpiMethod):
        return NextAction(plan.type, expires_at=plan.expires_at)
    major = major_units(payment.amount)
    uri = (
        f"upi://pay?pa={quote(method.vpa)}&am={major}&cu={payment.amount.currency}&tr={payment.id}"
    )
    return NextAction(plan.type, url=uri, expires_at=plan.expires_at)


def _approved(payment: Payment, provider: ProviderConfig | None, now: datetime) -> Payment:
    """Authorised, and held; with automatic capture also captured. Booked in the same version."""
    minor = payment.amount.minor
    working = changed(processing(payment, now), amount_authorized=minor)
    if payment.capture_method is CaptureMethod.MANUAL:
        return with_hold(moved(working, Status.AUTHORIZED, now), authorizer(working), now)
    return captured(working, minor, provider_fee=_fee_of(provider), final=True, now=now)


def _fee_of(provider: ProviderConfig | None) -> FeeTerms:
    return provider.fees if provider is not None else FeeTerms()
