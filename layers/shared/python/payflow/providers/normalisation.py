"""From a provider's words to PayFlow's: status and code in, outcome, code and category out.

An adapter brings a `Vocabulary`, which is data. What it does not know falls back by rule:

* a status that is not in the vocabulary, or contradicts its code: *unknown*, never a success; the
  plan then asks again before it does anything else;
* a refusal with an unknown code: `generic_decline` of the customer's side. It might be a hard
  decline, and those must never be tried elsewhere (invariant 6); a sale that is lost is the lesser
  evil;
* a technical failure with an unknown code: `processing_error`, since the status alone says that
  nothing was moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from payflow.domain.outcomes import Category, NextActionType, Outcome, ProviderResult
from payflow.providers.wire import Answer, Reply, Silence


@dataclass(frozen=True, slots=True)
class Meaning:
    """A unified failure code: whose fault it is, and what it means in words."""

    category: Category
    message: str


_CUSTOMER = Category.CUSTOMER
_ISSUER = Category.ISSUER
_TECHNICAL = Category.PROVIDER_TECHNICAL
_CONFIGURATION = Category.CONFIGURATION

MEANINGS: Final[dict[str, Meaning]] = {
    "account_closed": Meaning(_CUSTOMER, "The customer's account is closed or dormant."),
    "account_restricted": Meaning(_CUSTOMER, "The customer's account or card is restricted."),
    "amount_limit_exceeded": Meaning(_CUSTOMER, "The amount exceeds the customer's limit."),
    "authentication_required": Meaning(_CUSTOMER, "The bank wants the customer to authenticate."),
    "customer_rejected": Meaning(_CUSTOMER, "The customer rejected the request."),
    "customer_timeout": Meaning(_CUSTOMER, "The customer did not act in time."),
    "do_not_honor": Meaning(_CUSTOMER, "The customer's bank refused without giving a reason."),
    "expired_card": Meaning(_CUSTOMER, "The card has expired."),
    "frequency_limit_exceeded": Meaning(_CUSTOMER, "The customer has paid too often."),
    "generic_decline": Meaning(_CUSTOMER, "The payment was refused for a reason not known to us."),
    "incorrect_cvc": Meaning(_CUSTOMER, "The card's security code is wrong."),
    "incorrect_number": Meaning(_CUSTOMER, "There is no such card."),
    "incorrect_pin": Meaning(_CUSTOMER, "The PIN is wrong."),
    "insufficient_funds": Meaning(_CUSTOMER, "The customer has too little money for this amount."),
    "invalid_vpa": Meaning(_CUSTOMER, "There is no such UPI address."),
    "lost_card": Meaning(_CUSTOMER, "The card was reported lost."),
    "pickup_card": Meaning(_CUSTOMER, "The bank wants the card withdrawn."),
    "pin_tries_exceeded": Meaning(_CUSTOMER, "A wrong PIN was entered too often."),
    "stolen_card": Meaning(_CUSTOMER, "The card was reported stolen."),
    "transaction_not_permitted": Meaning(_CUSTOMER, "The customer's account may not do this."),
    "wallet_not_found": Meaning(_CUSTOMER, "There is no such wallet."),
    "currency_mismatch": Meaning(_CUSTOMER, "The wallet holds another currency."),
    "issuer_unavailable": Meaning(_ISSUER, "The customer's bank cannot be reached now."),
    "try_again_later": Meaning(_ISSUER, "The customer's bank asks to try again."),
    "processing_error": Meaning(_TECHNICAL, "The provider could not process the payment."),
    "request_closed": Meaning(
        _TECHNICAL, "The request came after an inquiry had found nothing; nothing was moved."
    ),
    "provider_unavailable": Meaning(
        _TECHNICAL, "The provider cannot be reached; nothing was sent."
    ),
    "provider_rate_limited": Meaning(
        Category.RATE_LIMITED, "The provider takes no more requests for now."
    ),
    "already_captured": Meaning(
        _CONFIGURATION, "The provider has captured the amount; it can be refunded only."
    ),
    "amount_not_available": Meaning(
        _CONFIGURATION, "What is left at the provider does not allow this amount."
    ),
    "authorization_not_approved": Meaning(
        _CONFIGURATION, "The authorisation is not approved at the provider."
    ),
    "authorization_not_found": Meaning(
        _CONFIGURATION, "The provider does not have the authorisation."
    ),
    "authorization_released": Meaning(
        _CONFIGURATION, "The provider has released what was left of the authorisation."
    ),
    "duplicate_transaction": Meaning(
        _CONFIGURATION, "The provider knows this request with another amount."
    ),
    "invalid_request": Meaning(
        _CONFIGURATION, "The provider does not accept the request as it is."
    ),
    "merchant_not_configured": Meaning(
        _CONFIGURATION, "The provider does not know the merchant or does not allow it this."
    ),
    "operation_not_supported": Meaning(
        _CONFIGURATION, "The provider does not offer this operation, or not for a part."
    ),
    "token_not_found": Meaning(
        _CONFIGURATION, "The card behind the token is no longer in the vault; nothing was sent."
    ),
    "suspected_fraud": Meaning(Category.FRAUD, "The payment was refused on suspicion of fraud."),
}
"""Every unified failure code. The category decides retry and failover (`payflow.domain.retry`)."""

UNKNOWN_DECLINE: Final = "generic_decline"
UNKNOWN_FAILURE: Final = "processing_error"
UNRECOGNIZED_ANSWER: Final = "unrecognized_answer"
_DECLINED_CATEGORIES: Final = frozenset({Category.CUSTOMER, Category.ISSUER, Category.FRAUD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """One kind of provider's words: `statuses` to outcomes, `codes` to unified failure codes.

    An approval needs an approving status *and* one of `approval_codes`.
    """

    statuses: Mapping[str, Outcome]
    approval_codes: frozenset[str]
    codes: Mapping[str, str]
    actions: Mapping[str, NextActionType] = field(default_factory=dict)


def operation_result(vocabulary: Vocabulary, reply: Reply) -> ProviderResult:
    """The result of an operation that moves money. No connection means that nothing was moved."""
    match reply.answer:
        case Silence.REFUSED:
            return refusal("provider_unavailable", latency_ms=reply.latency_ms)
        case Silence.TIMED_OUT:
            return _unknown(Silence.TIMED_OUT.value, reply)
        case Answer() as answer:
            if vocabulary.statuses.get(answer.status) is Outcome.NOT_FOUND:
                return _unknown(UNRECOGNIZED_ANSWER, reply)
            return _translated(vocabulary, answer, reply)


def inquiry_result(vocabulary: Vocabulary, reply: Reply) -> ProviderResult:
    """What an inquiry tells about an operation.

    An inquiry that gets no answer tells nothing, not even when the connection was refused, so it is
    *unknown*. An operation that failed for whatever reason is *declined* here, which keeps it apart
    from an inquiry that failed itself.
    """
    match reply.answer:
        case Silence() as silence:
            return _unknown(silence.value, reply)
        case Answer() as answer:
            result = _translated(vocabulary, answer, reply)
            if result.outcome is not Outcome.ERROR:
                return result
            return refusal(
                result.code or UNKNOWN_FAILURE,
                latency_ms=reply.latency_ms,
                answer=answer,
                outcome=Outcome.DECLINED,
            )


def refusal(
    code: str, *, latency_ms: int, answer: Answer | None = None, outcome: Outcome | None = None
) -> ProviderResult:
    """Nothing was moved, for the reason that the unified `code` names."""
    meaning = MEANINGS[code]
    if outcome is None:
        declined = meaning.category in _DECLINED_CATEGORIES
        outcome = Outcome.DECLINED if declined else Outcome.ERROR
    return ProviderResult(
        outcome=outcome,
        latency_ms=latency_ms,
        code=code,
        category=meaning.category,
        provider_code=answer.code if answer else None,
        provider_reference=answer.reference if answer else None,
        message=meaning.message,
        amount_minor=answer.amount_minor if answer else None,
        currency=answer.currency if answer else None,
    )


def _translated(vocabulary: Vocabulary, answer: Answer, reply: Reply) -> ProviderResult:
    outcome = vocabulary.statuses.get(answer.status)
    match outcome:
        case Outcome.APPROVED if answer.code in vocabulary.approval_codes:
            return _plain(outcome, answer, reply)
        case Outcome.PENDING | Outcome.NOT_FOUND:
            return _plain(outcome, answer, reply, vocabulary.actions.get(answer.action or ""))
        case Outcome.DECLINED:
            code = vocabulary.codes.get(answer.code, UNKNOWN_DECLINE)
            return refusal(code, latency_ms=reply.latency_ms, answer=answer)
        case Outcome.ERROR:
            code = vocabulary.codes.get(answer.code, UNKNOWN_FAILURE)
            return refusal(code, latency_ms=reply.latency_ms, answer=answer)
        case _:
            return _unknown(UNRECOGNIZED_ANSWER, reply)


def _plain(
    outcome: Outcome, answer: Answer, reply: Reply, action: NextActionType | None = None
) -> ProviderResult:
    return ProviderResult(
        outcome=outcome,
        latency_ms=reply.latency_ms,
        provider_code=answer.code,
        provider_reference=answer.reference,
        amount_minor=answer.amount_minor,
        currency=answer.currency,
        next_action=action,
        next_action_url=answer.action_url if action else None,
    )


def _unknown(code: str, reply: Reply) -> ProviderResult:
    answer = reply.answer if isinstance(reply.answer, Answer) else None
    return ProviderResult(
        outcome=Outcome.UNKNOWN,
        latency_ms=reply.latency_ms,
        code=code,
        category=Category.UNKNOWN,
        provider_code=answer.code if answer else None,
        provider_reference=answer.reference if answer else None,
    )
