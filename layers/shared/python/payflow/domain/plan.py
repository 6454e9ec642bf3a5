"""The brain of the workflow: what a payment's next step is, as a pure function of what is known.

`plan_next_step` decides; `carry_out` turns the decision into the payment's next version; `advanced`
does both until a provider has to be called. None touches the world, so the same functions run in
the state machine, in tests and under a virtual clock.

The rules, in the order in which they are asked:

1. A call may be in the air: nothing is decided before it is answered (invariants 2 and 4).
2. Nothing tried yet: route.
3. The last authorisation is *unknown*: ask the provider what became of it. Only an answer that
   proves "not charged" lets the payment go elsewhere; "not found" proves it once the provider's
   visibility window has passed (invariants 3 and 10).
4. It was approved: the payment is done, or waits for its capture.
5. It failed: the category's rule says whether the same provider, another one, or nobody is next.
6. The authorisation is settled: captures, voids and refunds, see `payflow.domain.plan_instruction`.

A cancellation that is asked for meanwhile waits for the authorisation's answer. If nothing was
charged, the payment is canceled instead of going on to another provider or to the customer; if it
was approved, it is voided. Only if the provider refuses that, because it has captured already, does
the payment go on as if never canceled.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, assert_never
from urllib.parse import quote

from payflow.domain.booking import with_hold
from payflow.domain.instruction import InstructionKind
from payflow.domain.instructions import authorizer, captured, settled
from payflow.domain.method import CardMethod, UpiMethod
from payflow.domain.money import FeeTerms, major_units
from payflow.domain.outcomes import Category, NextActionType, Operation, Outcome
from payflow.domain.payment import (
    Attempt,
    CaptureMethod,
    Failure,
    NextAction,
    Payment,
    Status,
    begun,
    moved,
    new_attempt,
    opened,
    processing,
)
from payflow.domain.plan_instruction import (
    SettleInstruction,
    TryInstruction,
    plan_instruction,
    plan_pending,
)
from payflow.domain.ports import Randomness
from payflow.domain.provider import Market, ProviderConfig
from payflow.domain.retry import CATEGORY_RULES, CategoryRule, RetryPolicy, back_off
from payflow.domain.routing.decision import route
from payflow.domain.routing.eligibility import METHOD_NOT_SUPPORTED
from payflow.domain.routing.model import RoutingDecision, RoutingRequest
from payflow.domain.verification import inquiry_after, is_proof

POLICY: Final = RetryPolicy()
_PLANS_MAX: Final = 4
"""How many steps in a row there can be without a call, besides one for each instruction."""

NO_PROVIDER: Final = Failure(
    "no_eligible_provider",
    Category.CONFIGURATION,
    "No configured provider can take this payment.",
)
BLOCKED_BY_RISK: Final = Failure(
    "blocked_by_risk", Category.FRAUD, "The risk rules do not allow this payment."
)


@dataclass(frozen=True, slots=True)
class Authorize:
    """Call this provider for an authorisation, not before `not_before`."""

    provider: str
    decision: RoutingDecision | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckStatus:
    """Ask this provider what became of the last authorisation, not before `not_before`."""

    provider: str
    not_before: datetime


@dataclass(frozen=True, slots=True)
class Approve:
    """The provider has authorised (and captured, if it was asked to)."""

    provider: ProviderConfig | None


@dataclass(frozen=True, slots=True)
class AskCustomer:
    """The customer has to act until `expires_at`."""

    type: NextActionType
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Fail:
    """Nothing was charged and nothing more may be tried."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing to do in this execution: the payment is settled, or waits for a later look."""


AuthorizationPlan = Authorize | CheckStatus | Approve | AskCustomer | Fail | Rest
Plan = AuthorizationPlan | TryInstruction | SettleInstruction


def plan_next_step(
    payment: Payment,
    market: Market,
    *,
    now: datetime,
    randomness: Randomness,
    asked_of_customer: NextActionType | None = None,
    policy: RetryPolicy = POLICY,
) -> Plan:
    """Decide what comes next for `payment`; see the module's rules.

    `asked_of_customer` is what the provider's latest answer, if pending, wants of the customer.
    """
    if payment.open_attempt is not None:
        return Rest()
    cancellation = next(iter(payment.pending(InstructionKind.VOID)), None)
    if cancellation is not None and payment.status is Status.REQUIRES_ACTION:
        return SettleInstruction(cancellation)
    if payment.is_settled:
        return plan_pending(payment, market, now, randomness, policy) or Rest()
    plan = _plan_authorization(payment, market, now, randomness, asked_of_customer, policy)
    if cancellation is None:
        return plan
    match plan:
        case Authorize() | Fail() | AskCustomer():
            return SettleInstruction(cancellation)
        case Approve():
            void = plan_instruction(payment, cancellation, market, now, randomness, policy)
            return void or Rest()
        case _:
            return plan


def advanced(
    payment: Payment,
    market: Market,
    *,
    now: datetime,
    randomness: Randomness,
    asked_of_customer: NextActionType | None = None,
) -> Payment:
    """`payment` as far as it goes by itself: until a call is written down, or it rests."""
    for _ in range(len(payment.instructions) + _PLANS_MAX):
        plan = plan_next_step(
            payment, market, now=now, randomness=randomness, asked_of_customer=asked_of_customer
        )
        payment = carry_out(payment, plan, now)
        if isinstance(plan, Rest):
            break
    return payment


def _plan_authorization(
    payment: Payment,
    market: Market,
    now: datetime,
    randomness: Randomness,
    asked_of_customer: NextActionType | None,
    policy: RetryPolicy,
) -> AuthorizationPlan:
    authorization = payment.last_authorization
    if authorization is None:
        return _first_route(payment, market, now, randomness)
    last = payment.attempts_for(None)[-1]
    if last.outcome is Outcome.APPROVED:
        return Approve(market.provider(authorization.provider))
    refused = last is authorization and last.outcome is Outcome.ERROR
    declined = refused or last.outcome is Outcome.DECLINED
    if declined or is_proof(payment, authorization, market, now):
        return _after_failure(payment, last, market, now, randomness, policy)
    if last.outcome is Outcome.PENDING and asked_of_customer is not None:
        provider = market.provider(authorization.provider)
        timeout_ms = provider.approval_timeout_ms if provider else 0
        return AskCustomer(asked_of_customer, now + timedelta(milliseconds=timeout_ms))
    inquiry = inquiry_after(payment, authorization, market, now, randomness, policy)
    return CheckStatus(inquiry.provider, inquiry.not_before) if inquiry is not None else Rest()


def carry_out(payment: Payment, plan: Plan, now: datetime) -> Payment:
    """`payment` as `plan` makes it: an attempt opened, or the status moved and the books posted."""
    match plan:
        case Authorize():
            attempt = new_attempt(
                payment,
                Operation.AUTHORIZE,
                plan.provider,
                now=now,
                not_before=plan.not_before,
                decision=plan.decision,
            )
            return opened(begun(payment, now), attempt)
        case CheckStatus():
            attempt = new_attempt(
                payment, Operation.INQUIRE, plan.provider, now=now, not_before=plan.not_before
            )
            return opened(begun(payment, now), attempt)
        case Approve():
            return _approved(payment, plan.provider, now)
        case AskCustomer():
            asked = moved(processing(payment, now), Status.REQUIRES_ACTION, now)
            return replace(asked, next_action=_next_action(payment, plan))
        case Fail():
            return replace(moved(begun(payment, now), Status.FAILED, now), failure=plan.failure)
        case TryInstruction():
            attempt = new_attempt(
                payment,
                plan.operation,
                plan.provider,
                now=now,
                not_before=plan.not_before,
                instruction=plan.position,
            )
            return opened(begun(payment, now), attempt)
        case SettleInstruction():
            fee = _fee_of(plan.provider)
            return settled(payment, plan.position, plan.failure, provider_fee=fee, now=now)
        case Rest():
            return payment
        case _:
            assert_never(plan)


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


def _first_route(
    payment: Payment, market: Market, now: datetime, randomness: Randomness
) -> Authorize | Fail:
    if payment.risk.decision == "block":
        return Fail(BLOCKED_BY_RISK)
    decision = route(routing_request(payment), market, now=now, randomness=randomness)
    if not decision.candidates:
        return Fail(replace(NO_PROVIDER, decision=_worth_keeping(decision)))
    return Authorize(decision.candidates[0].provider, _worth_keeping(decision))


def _after_failure(
    payment: Payment,
    last: Attempt,
    market: Market,
    now: datetime,
    randomness: Randomness,
    policy: RetryPolicy,
) -> Authorize | Fail:
    """Retry the same provider, fail over, or give up, by the category's rule."""
    rule = CATEGORY_RULES[_category(last)]
    tried = _authorizations(payment)
    if len(tried) >= policy.authorizations_max:
        return Fail(failure_of(last))
    may_retry = _consecutive(tried, last.provider) <= rule.retries_same
    elsewhere = _elsewhere(payment, market, now, randomness, rule, policy)
    if may_retry and (rule.retry_first or elsewhere is None):
        pause = back_off(policy, _consecutive(tried, last.provider), randomness)
        return Authorize(last.provider, not_before=now + pause)
    return elsewhere or Fail(failure_of(last))


def _elsewhere(
    payment: Payment,
    market: Market,
    now: datetime,
    randomness: Randomness,
    rule: CategoryRule,
    policy: RetryPolicy,
) -> Authorize | None:
    """The next provider that was not tried yet, if the rule and the bounds allow one."""
    tried = tuple(dict.fromkeys(a.provider for a in _authorizations(payment)))
    if not rule.failover or len(tried) >= policy.providers_max:
        return None
    request = routing_request(payment)
    decision = route(request, market, now=now, randomness=randomness, tried=tried)
    if not decision.candidates:
        return None
    return Authorize(decision.candidates[0].provider, _worth_keeping(decision))


def _worth_keeping(decision: RoutingDecision) -> RoutingDecision:
    """`decision` without those who serve other methods: they would fill every payment's item."""
    told = tuple(e for e in decision.excluded if e.reason != METHOD_NOT_SUPPORTED)
    return replace(decision, excluded=told)


def _approved(payment: Payment, provider: ProviderConfig | None, now: datetime) -> Payment:
    """Authorised, and held; with automatic capture also captured. Booked in the same version."""
    minor = payment.amount.minor
    working = replace(processing(payment, now), amount_authorized=minor)
    if payment.capture_method is CaptureMethod.MANUAL:
        return with_hold(moved(working, Status.AUTHORIZED, now), authorizer(working), now)
    return captured(working, minor, provider_fee=_fee_of(provider), final=True, now=now)


def _fee_of(provider: ProviderConfig | None) -> FeeTerms:
    return provider.fees if provider is not None else FeeTerms()


def routing_request(payment: Payment) -> RoutingRequest:
    """What routing may know of `payment`."""
    method = payment.method
    card = method if isinstance(method, CardMethod) else None
    return RoutingRequest(
        method=method.type,
        amount_minor=payment.amount.minor,
        currency=payment.amount.currency,
        bin=card.bin if card else None,
        network=card.brand if card else None,
        country=payment.customer.country if payment.customer else None,
        needs_capture=payment.capture_method is CaptureMethod.MANUAL,
        upi_flow=method.flow.value if isinstance(method, UpiMethod) else None,
        preference=payment.routing,
    )


def failure_of(attempt: Attempt) -> Failure:
    """What the merchant is told when `attempt` was the last."""
    category = _category(attempt)
    code = attempt.code or "provider_unavailable"
    return Failure(code, category, FAILURE_MESSAGES[category], attempt.provider_code)


FAILURE_MESSAGES: Final[dict[Category, str]] = {
    Category.CUSTOMER: "The payment was declined for a reason that only the customer can change.",
    Category.ISSUER: "The customer's bank could not approve the payment.",
    Category.PROVIDER_TECHNICAL: "The providers could not process the payment.",
    Category.RATE_LIMITED: "The providers did not accept more requests.",
    Category.UNKNOWN: "The provider gave no answer; it is confirmed that nothing was charged.",
    Category.CONFIGURATION: "The payment is not possible as the account is configured.",
    Category.FRAUD: "The payment was refused on suspicion of fraud.",
}


def _category(attempt: Attempt) -> Category:
    return attempt.category or Category.UNKNOWN


def _authorizations(payment: Payment) -> tuple[Attempt, ...]:
    return tuple(a for a in payment.attempts if a.operation is Operation.AUTHORIZE)


def _consecutive(authorizations: tuple[Attempt, ...], provider: str) -> int:
    """How many of the latest authorisations went to `provider` without a break."""
    count = 0
    for attempt in reversed(authorizations):
        if attempt.provider != provider:
            break
        count += 1
    return count
