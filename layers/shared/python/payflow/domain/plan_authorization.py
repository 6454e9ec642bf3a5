"""What comes next for an authorisation: route, verify, retry, fail over, ask the customer.

The rules, in the order in which they are asked:

1. Nothing tried yet: route.
2. It was approved: the payment is done, or waits for its capture.
3. It failed: the category's rule says whether the same provider, another one, or nobody is next.
4. It is *unknown*: ask the provider what became of it. Only an answer that proves "not charged"
   lets the payment go elsewhere; "not found" proves it once the provider's visibility window has
   passed (invariants 3 and 10).
5. It is *pending*: the customer may have to act, and then the provider says what came of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from payflow.domain.method import CardMethod, UpiMethod, stored_wallet
from payflow.domain.outcomes import Category, NextActionType, Operation, Outcome
from payflow.domain.payment import Attempt, CaptureMethod, Failure, Payment
from payflow.domain.plan_inquiry import Flag, Rest, Situation, is_for_later
from payflow.domain.ports import Randomness
from payflow.domain.provider import Market, ProviderConfig
from payflow.domain.retry import CATEGORY_RULES, CategoryRule, RetryPolicy, back_off
from payflow.domain.review import ReviewReason
from payflow.domain.routing.decision import route
from payflow.domain.routing.eligibility import SERVES_OTHERS
from payflow.domain.routing.model import RoutingDecision, RoutingRequest
from payflow.domain.verification import inquiry_after, is_proof

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


AuthorizationPlan = Authorize | CheckStatus | Approve | AskCustomer | Fail | Flag | Rest


def plan_authorization(
    payment: Payment, at: Situation, asked_of_customer: NextActionType | None
) -> AuthorizationPlan:
    """The next step of a payment whose authorisation is not settled; see the module's rules.

    `asked_of_customer` is what the provider's latest answer, if pending, wants of the customer.
    """
    authorization = payment.last_authorization
    if authorization is None:
        return _first_route(payment, at.market, at.now, at.randomness)
    last = payment.attempts_for(None)[-1]
    if last.outcome is Outcome.APPROVED:
        return Approve(at.market.provider(authorization.provider))
    refused = last is authorization and last.outcome is Outcome.ERROR
    declined = refused or last.outcome is Outcome.DECLINED
    if declined or is_proof(payment, authorization, at.market):
        return _after_failure(payment, last, at.market, at.now, at.randomness, at.policy)
    first_asked = asked_of_customer is not None and payment.next_action is None
    if last.outcome is Outcome.PENDING and asked_of_customer is not None and first_asked:
        provider = at.market.provider(authorization.provider)
        timeout_ms = provider.approval_timeout_ms if provider else 0
        return AskCustomer(asked_of_customer, at.now + timedelta(milliseconds=timeout_ms))
    return _verify(payment, authorization, last, at)


def _verify(
    payment: Payment, authorization: Attempt, last: Attempt, at: Situation
) -> CheckStatus | Flag | Rest:
    inquiry = inquiry_after(
        payment, authorization, at.market, at.now, at.randomness, at.policy, nudged=at.nudged
    )
    if inquiry is None:
        return Rest() if payment.open_review else Flag(ReviewReason.OUTCOME_UNKNOWN)
    if is_for_later(inquiry, last, at):
        return Rest(inquiry.not_before)
    return CheckStatus(inquiry.provider, inquiry.not_before)


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
    """`decision` without those who serve others: they would fill every payment's item."""
    told = tuple(e for e in decision.excluded if e.reason not in SERVES_OTHERS)
    return replace(decision, excluded=told)


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
        stored_wallet=stored_wallet(method) is not None,
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
