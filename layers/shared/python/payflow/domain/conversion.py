"""A booking in the merchant's settlement currency: two linked legs through `fx_liquidity`.

Captures and refunds are booked in the payment's currency (`payflow.domain.booking`). For a payment
with a quote, what such a booking owes to the merchant, or takes back, is exchanged here: the
liquidity account takes the merchant's place in the payment's currency, and gives or gets the
counter-value in the other. Both legs are one journal transaction, so there are both or neither.
Rule: `spec/money.md`, foreign exchange.

What a capture or refund converts is the difference that it makes to the sums of its payment. A part
too small to make one in the settlement currency has no line there; it counts with the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from payflow.domain.fx import Quote
from payflow.domain.ledger import Account, AccountKind, Entry, JournalTransaction, Side
from payflow.domain.payment import Payment

_Line = tuple[AccountKind, str | None, Side, int]
"""Kind and owner of the account, side, and an amount that may be nothing."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What was converted so far, in minor units of the settlement currency.

    `bought_minor` less `spread_minor` was credited to the merchant, `returned_minor` taken back.
    """

    bought_minor: int
    spread_minor: int
    returned_minor: int

    @property
    def credited_minor(self) -> int:
        """What the merchant got, before refunds."""
        return self.bought_minor - self.spread_minor


def settlement_of(payment: Payment, quote: Quote) -> Settlement:
    """The sums of `payment` at its quote; they follow from what was captured and refunded."""
    return _settlement(quote, _net_minor(payment), payment.amount_refunded)


def as_settled(payment: Payment, booking: JournalTransaction) -> JournalTransaction:
    """`booking`, the next one of `payment`, converted if the payment has a quote.

    The merchant's line is replaced; all others stay as they are. `payment` is as before the fact
    that is booked.
    """
    quote = payment.fx
    if quote is None:
        return booking
    entries: list[Entry] = []
    for entry in booking.entries:
        is_owed = entry.account.kind is AccountKind.MERCHANT_PAYABLE
        entries += _legs(payment, quote, entry) if is_owed else [entry]
    return replace(booking, entries=tuple(entries))


def _legs(payment: Payment, quote: Quote, owed: Entry) -> list[Entry]:
    """The lines that stand for `owed`: a capture credits the merchant, a refund debits it."""
    exchanged = Account(AccountKind.FX_LIQUIDITY, quote.source_currency)
    lines = (_credited if owed.side is Side.CREDIT else _debited)(payment, quote, owed)
    return [
        Entry(exchanged, owed.side, owed.amount_minor),
        *(
            Entry(Account(kind, quote.target_currency, owner), side, minor)
            for kind, owner, side, minor in lines
            if minor
        ),
    ]


def _credited(payment: Payment, quote: Quote, owed: Entry) -> list[_Line]:
    net_minor = _net_minor(payment)
    before = _settlement(quote, net_minor, payment.amount_refunded)
    after = _settlement(quote, net_minor + owed.amount_minor, payment.amount_refunded)
    bought_minor = after.bought_minor - before.bought_minor
    credited_minor = after.credited_minor - before.credited_minor
    return [
        (AccountKind.FX_LIQUIDITY, None, Side.DEBIT, bought_minor),
        (AccountKind.MERCHANT_PAYABLE, owed.account.owner, Side.CREDIT, credited_minor),
        (AccountKind.FX_SPREAD, None, Side.CREDIT, bought_minor - credited_minor),
    ]


def _debited(payment: Payment, quote: Quote, owed: Entry) -> list[_Line]:
    before_minor = quote.returned(payment.amount_refunded)
    returned_minor = quote.returned(payment.amount_refunded + owed.amount_minor) - before_minor
    return [
        (AccountKind.MERCHANT_PAYABLE, owed.account.owner, Side.DEBIT, returned_minor),
        (AccountKind.FX_LIQUIDITY, None, Side.CREDIT, returned_minor),
    ]


def _net_minor(payment: Payment) -> int:
    """What captures have owed to the merchant so far, in the payment's currency."""
    return payment.amount_captured - payment.fees.platform_minor


def _settlement(quote: Quote, net_minor: int, refunded_minor: int) -> Settlement:
    bought = quote.bought(net_minor)
    return Settlement(bought, quote.spread_on(bought), quote.returned(refunded_minor))
