"""Test instruments: what each does at every simulated provider, whatever the provider's rates.

The table is data; codes are those of the method's own network. An injected outage of the provider
still wins. Instruments that are not listed behave by the provider's configured model.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from payflow.domain.method import MethodType
from payflow.providers.simulated.callbacks import Telling
from payflow.providers.simulated.entry import Aftermath, Standing


class Scope(StrEnum):
    """Calls to which a behaviour is limited; any other call of the payment is approved."""

    FIRST_CALL = "first_call"
    FIRST_PROVIDER = "first_provider"
    FIRST_CALL_AT_PROVIDER = "first_call_at_provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What becomes of one authorisation, or of a later operation.

    `code` None is the network's approval. `reply_after_ms` takes the place of the provider's
    latency. With `settles_after_ms` the answer says *pending*, and the book changes to `standing`
    that long after the call. `action` asks the customer to act; `standing` and `code` are then what
    happens if nobody does. `request_lost`: the call never arrives. `response_lost`: it is booked,
    but the answer never arrives, nor do the answers to the first `inquiries_lost` inquiries.
    `visible_after_ms` hides the entry from inquiries for so long. `aftermath` says how the
    operations after it go. `telling` is how its callbacks go; None: as the provider is configured,
    and only if the answer said *pending*.
    """

    standing: Standing = Standing.APPROVED
    code: str | None = None
    reply_after_ms: int | None = None
    settles_after_ms: int | None = None
    visible_after_ms: int = 0
    action: str | None = None
    request_lost: bool = False
    response_lost: bool = False
    inquiries_lost: int = 0
    only: Scope | None = None
    aftermath: Aftermath = Aftermath.CERTAIN
    telling: Telling | None = None


def declined(code: str) -> Behaviour:
    """Refused by the customer's side with the network's `code`."""
    return Behaviour(standing=Standing.DECLINED, code=code)


def failed(code: str, only: Scope | None = None) -> Behaviour:
    """Not done, for a technical reason; nothing is charged."""
    return Behaviour(standing=Standing.FAILED, code=code, only=only)


APPROVED: Final = Behaviour()
EXPIRED_CARD: Final = declined("54")
CHARGED_WITHOUT_ANSWER: Final = Behaviour(response_lost=True)
CAPTURE_FAILURE: Final = failed("96")
RETURNED_REFUND: Final = Behaviour(standing=Standing.DECLINED, code="46", settles_after_ms=3_000)
"""A refund that is accepted, and comes back because the card's account is closed."""

CHALLENGE: Final = "challenge"
PAYER_APPROVAL: Final = "payer_approval"
CHALLENGE_EXPIRED: Final = "3DS14"
"""EMV 3-D Secure transaction status reason 14: timed out at the issuer's access control server."""
CHALLENGE_CANCELED: Final = "3DSC01"
"""EMV 3-D Secure challenge cancellation indicator 01: the cardholder chose to cancel."""
COLLECT_EXPIRED: Final = "U69"
COLLECT_DECLINED: Final = "ZA"

REJECTIONS: Final[dict[str, str]] = {
    CHALLENGE: CHALLENGE_CANCELED,
    PAYER_APPROVAL: COLLECT_DECLINED,
}
"""The code of a customer's refusal, by what was asked."""

ANSWER_BY_PAGE: Final = frozenset({CHALLENGE})
"""What the customer is sent to a page for; a UPI app is opened by the payer."""

OVERTAKEN_ANSWER_MS: Final = 900
"""Time for a callback to arrive before the answer, and less than providers' usual time-outs."""

CARDS: Final[dict[str, Behaviour]] = {
    "4242424242424242": APPROVED,
    "4111111111111111": APPROVED,
    "5555555555554444": APPROVED,
    "378282246310005": APPROVED,
    "6011111111111117": APPROVED,
    "6521110000000003": APPROVED,
    "4000000000000002": declined("05"),
    "4000000000009995": declined("51"),
    "4000000000009987": declined("41"),
    "4000000000009979": declined("43"),
    "4000000000000069": EXPIRED_CARD,
    "4000000000000127": declined("N7"),
    "4000000000000119": failed("96"),
    "4000000000000341": failed("96", Scope.FIRST_PROVIDER),
    "4000000000000267": failed("96", Scope.FIRST_CALL_AT_PROVIDER),
    "4000000000006975": CHARGED_WITHOUT_ANSWER,
    "4000000000006983": Behaviour(request_lost=True, only=Scope.FIRST_CALL),
    "4000000000006991": Behaviour(response_lost=True, inquiries_lost=3),
    "4000000000003220": Behaviour(
        standing=Standing.DECLINED, code=CHALLENGE_EXPIRED, action=CHALLENGE
    ),
    "4000000000003238": APPROVED,
    "4000000000000077": Behaviour(aftermath=Aftermath.CAPTURE_FAILS_ONCE),
    "4000000000005126": Behaviour(aftermath=Aftermath.REFUND_COMES_BACK),
    "4000000000000259": Behaviour(aftermath=Aftermath.DISPUTED),
    "4000000000000036": Behaviour(
        reply_after_ms=OVERTAKEN_ANSWER_MS, telling=Telling.BEFORE_THE_ANSWER
    ),
    "4000000000000044": Behaviour(telling=Telling.UNTIDILY),
    # The risk rules block this card; should it get this far, it is refused for the same reason.
    "4100000000000019": declined("59"),
    "4000000000001000": Behaviour(reply_after_ms=8_000),
}

UPI_ADDRESSES: Final[dict[str, Behaviour]] = {
    "success@upi": APPROVED,
    "failure@upi": declined("U30"),
    "pending@upi": Behaviour(
        standing=Standing.DECLINED, code=COLLECT_EXPIRED, action=PAYER_APPROVAL
    ),
    "delayed@upi": Behaviour(settles_after_ms=3_000),
    "timeout@upi": CHARGED_WITHOUT_ANSWER,
    "invalid@upi": declined("ZH"),
}

WALLETS: Final[dict[str, Behaviour]] = {
    "test_approved": APPROVED,
    "test_declined": declined("REJECTED"),
    "test_insufficient": declined("INSUFFICIENT_BALANCE"),
    "test_timeout": CHARGED_WITHOUT_ANSWER,
}

_TABLES: Final[dict[MethodType, dict[str, Behaviour]]] = {
    MethodType.CARD: CARDS,
    MethodType.UPI: UPI_ADDRESSES,
    MethodType.WALLET: WALLETS,
}


def fixed_behaviour(method: MethodType, instrument: str) -> Behaviour | None:
    """What is fixed for a card number, UPI address (in any case) or wallet id; None: nothing."""
    return _TABLES[method].get(instrument.lower())
