"""Invariants 11 to 18: the journal, the amounts it stands for, and the balances made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from payflow.aws.attributes import Item
from payflow.domain.instruction import InstructionKind, InstructionStatus
from payflow.domain.ledger import AccountKind, Phase
from payflow.domain.money import FeeTerms
from payflow.domain.payment import CaptureMethod, Status
from tools.doctor.charging import CLOCKS_APART, PaymentCheck
from tools.doctor.facts import PaymentFacts, Posting, Terms
from tools.doctor.findings import Problem
from tools.doctor.standing import charges

CAPTURE: Final = "capture"
REFUND: Final = "refund"
BASIS_POINTS: Final = 10_000
RECEIVABLE: Final = AccountKind.PROVIDER_RECEIVABLE
PROVIDER_FEES: Final = AccountKind.PROVIDER_FEES
PAYABLE: Final = AccountKind.MERCHANT_PAYABLE
REVENUE: Final = AccountKind.FEES_REVENUE
FUNDS: Final = (RECEIVABLE, PROVIDER_FEES, AccountKind.CUSTOMER_WALLET)
"""Where the customer's side of a capture is debited, and that of a refund credited."""
SHARES: Final = (PAYABLE, REVENUE, AccountKind.FX_LIQUIDITY)
"""Where a capture's amount is credited, in the payment's own currency."""

SCORES: Final = frozenset({"why"})
"""The parts of an item in which numbers are scores, not amounts."""


def transactions_balance(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """11: in each transaction, and so after each commit, debits equal credits per currency."""
    for posting in facts.postings:
        sums: Counter[str] = Counter()
        for line in posting.lines:
            sums[line.currency] += line.signed_minor
        for currency, net in sums.items():
            if net:
                text = f"{_named(posting)} is out of balance by {net} {currency}"
                yield Problem(11, facts.payment.id, text)


def transactions_are_unique(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """12: no two transactions share operation and sequence, none is missing, times do not run back.

    The payment is part of a transaction's identity, and there is one item of each payment.
    """
    payment = facts.payment
    identities = Counter((posting.operation, posting.sequence) for posting in facts.postings)
    for (operation, sequence), count in identities.items():
        if count > 1:
            yield Problem(12, payment.id, f"{operation} {sequence} is in the journal {count} times")
    sequences = [posting.sequence for posting in facts.postings]
    if sequences != list(range(1, len(sequences) + 1)):
        yield Problem(12, payment.id, f"the journal's sequence is {sequences}")
    times = [posting.posted_at for posting in facts.postings]
    if any(later + CLOCKS_APART < earlier for earlier, later in pairwise(times)):
        yield Problem(12, payment.id, "a transaction is dated before the one it follows")


def status_and_entries_agree(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """13: what is captured and refunded is what was posted, and the status fits it."""
    payment = facts.payment
    captured = sum(_moved(facts, one) for one in facts.postings if one.operation == CAPTURE)
    refunded = -sum(_moved(facts, one) for one in facts.postings if one.operation == REFUND)
    for name, amount, posted in (
        ("captured", payment.amount_captured, captured),
        ("refunded", payment.amount_refunded, refunded),
    ):
        if amount != posted:
            yield Problem(13, payment.id, f"{amount} is {name}, the journal has {posted}")
    is_paid = payment.status in (Status.SUCCEEDED, Status.AUTHORIZED)
    if payment.status is Status.SUCCEEDED and not payment.amount_captured:
        yield Problem(13, payment.id, "succeeded, but nothing is captured")
    if not is_paid and any(one.phase is Phase.POSTED for one in facts.postings):
        yield Problem(13, payment.id, f"is {payment.status}, but has journal entries")
    yield from _instructions_agree(facts)


def _instructions_agree(facts: PaymentFacts) -> Iterator[Problem]:
    payment = facts.payment
    succeeded = [one for one in payment.instructions if one.status is InstructionStatus.SUCCEEDED]
    by_refunds = sum(one.amount_minor for one in succeeded if one.kind is InstructionKind.REFUND)
    if by_refunds != payment.amount_refunded:
        text = f"its refunds that succeeded add up to {by_refunds}, not {payment.amount_refunded}"
        yield Problem(13, payment.id, text)
    by_captures = sum(one.amount_minor for one in succeeded if one.kind is InstructionKind.CAPTURE)
    is_manual = payment.capture_method is CaptureMethod.MANUAL
    if is_manual and by_captures != payment.amount_captured:
        text = f"its captures that succeeded add up to {by_captures}, not {payment.amount_captured}"
        yield Problem(13, payment.id, text)


def holds_are_released(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """13: held is what may still be captured, on both sides, and nothing once it is over."""
    payment = facts.payment
    waits = payment.status is Status.AUTHORIZED
    due = payment.amount_authorized - payment.amount_captured if waits else 0
    held: Counter[str] = Counter()
    for posting in facts.postings:
        sign = {Phase.PENDING: 1, Phase.RELEASED: -1, Phase.POSTED: 0}[posting.phase]
        for line in posting.lines:
            held["debits" if line.signed_minor > 0 else "credits"] += sign * abs(line.signed_minor)
    for side in ("debits", "credits"):
        if held[side] != due:
            yield Problem(13, payment.id, f"holds {side} of {held[side]}, due are {due}")


def captured_within_authorized(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """14: at us with what is pending, and at each provider."""
    payment = facts.payment
    pending = _pending(facts, InstructionKind.CAPTURE)
    if payment.amount_captured + pending > payment.amount_authorized:
        text = (
            f"{payment.amount_captured} captured and {pending} pending exceed "
            f"{payment.amount_authorized} authorised"
        )
        yield Problem(14, payment.id, text)
    if payment.amount_authorized > payment.amount.minor:
        text = f"{payment.amount_authorized} authorised of a payment of {payment.amount.minor}"
        yield Problem(14, payment.id, text)
    for charge in charges(facts.entries, facts.moment):
        if charge.captured > charge.authorized:
            text = f"{charge.provider} captured {charge.captured} of {charge.authorized} authorised"
            yield Problem(14, payment.id, text)


def refunded_within_captured(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """15: at us with what is pending, and at each provider."""
    payment = facts.payment
    pending, disputed = _pending(facts, InstructionKind.REFUND), payment.disputed_minor
    if payment.amount_refunded + pending + disputed > payment.amount_captured:
        text = (
            f"{payment.amount_refunded} refunded, {pending} pending and {disputed} disputed exceed "
            f"{payment.amount_captured} captured"
        )
        yield Problem(15, payment.id, text)
    for charge in charges(facts.entries, facts.moment):
        if charge.refunded > charge.captured:
            text = f"{charge.provider} refunded {charge.refunded} of {charge.captured} captured"
            yield Problem(15, payment.id, text)


def refunds_settle_once(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """16: each refund that succeeded is posted once with its amount, one that failed not at all.

    What a failed one had reserved is free again because nothing else holds it: `amount_refunded` is
    the sum of those that succeeded (13), and only pending ones are reserved besides (15).
    """
    payment = facts.payment
    refunds = [one for one in payment.instructions if one.kind is InstructionKind.REFUND]
    asked = Counter(
        one.amount_minor for one in refunds if one.status is InstructionStatus.SUCCEEDED
    )
    posted = Counter(-_moved(facts, one) for one in facts.postings if one.operation == REFUND)
    for amount in sorted((posted - asked).elements()):
        yield Problem(16, payment.id, f"a refund of {amount} is posted that did not succeed")
    for amount in sorted((asked - posted).elements()):
        yield Problem(16, payment.id, f"a refund of {amount} succeeded and is not posted")
    for one in payment.instructions:
        is_open = one.status is InstructionStatus.PENDING
        if is_open != (one.settled_at is None):
            yield Problem(16, payment.id, f"{one.id} is {one.status}, settled at {one.settled_at}")
        if (one.status is InstructionStatus.FAILED) != (one.failure is not None):
            yield Problem(16, payment.id, f"{one.id} is {one.status}, its failure {one.failure}")


def _moved(facts: PaymentFacts, posting: Posting) -> int:
    """What the customer's side of a booking amounts to, in the payment's currency."""
    return posting.debits(facts.payment.amount.currency, *FUNDS)


def _pending(facts: PaymentFacts, kind: InstructionKind) -> int:
    return sum(
        one.amount_minor
        for one in facts.payment.instructions
        if one.kind is kind and one.status is InstructionStatus.PENDING
    )


def integers_only(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """18: no stored number is a fraction, but for the scores of routing."""
    for path, text in _numbers(facts.item):
        if not text.lstrip("-").isdigit():
            yield Problem(18, facts.payment.id, f"{path} is {text}")


def _numbers(item: Item, path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in item.items():
        if name not in SCORES:
            yield from _numbers_of(value, f"{path}{name}")


def _numbers_of(value: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    ((kind, content),) = value.items()
    if kind == "N":
        yield path, content
    elif kind == "M":
        yield from _numbers(content, f"{path}.")
    elif kind == "L":
        for position, element in enumerate(content):
            yield from _numbers_of(element, f"{path}[{position}]")


def fees_and_splits_are_exact(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """18: what the parties get adds up to what was captured; fees are those of the terms."""
    payment, currency = facts.payment, facts.payment.amount.currency
    provider_fees = platform_fees = 0
    for posting in facts.postings:
        if posting.operation != CAPTURE:
            continue
        amount, shared = _moved(facts, posting), -posting.debits(currency, *SHARES)
        if amount != shared:
            text = f"{_named(posting)} takes {amount} and shares out {shared}"
            yield Problem(18, payment.id, text)
        fee = -posting.debits(currency, REVENUE)
        due = platform_fee(payment.platform_fee, amount)
        if fee != due:
            yield Problem(18, payment.id, f"{_named(posting)} has a fee of {fee}, due are {due}")
        provider_fees += posting.debits(currency, PROVIDER_FEES)
        platform_fees += fee
    told = (payment.fees.provider_minor, payment.fees.platform_minor)
    if told != (provider_fees, platform_fees):
        text = f"tells of fees {told}, the journal has {(provider_fees, platform_fees)}"
        yield Problem(18, payment.id, text)


def platform_fee(terms: FeeTerms, amount_minor: int) -> int:
    """The fee on a capture: basis points, half a unit up, and the fixed part; never above it."""
    whole, rest = divmod(amount_minor * terms.bps, BASIS_POINTS)
    return min(amount_minor, whole + (2 * rest >= BASIS_POINTS) + terms.fixed_minor)


def conversion_is_exact(facts: PaymentFacts, _: Terms) -> Iterator[Problem]:
    """18: what was converted comes to the quote's exact rate, rounded once, for liquidity.

    Given is rounded down, taken up, the spread up, each of the sum and not of its parts; and no leg
    in another currency is there without a quote.
    """
    quote, own = facts.payment.fx, facts.payment.amount.currency
    foreign = {line.currency for one in facts.postings for line in one.lines} - {own}
    if quote is None:
        if foreign:
            text = f"has entries in {', '.join(sorted(foreign))} without a quote"
            yield Problem(18, facts.payment.id, text)
        return
    captures = [one for one in facts.postings if one.operation == CAPTURE]
    refunds = [one for one in facts.postings if one.operation == REFUND]
    up, down = quote.rate.numerator, quote.rate.denominator
    net = -sum(one.debits(own, AccountKind.FX_LIQUIDITY) for one in captures)
    given = net * up // down
    spread = -(-given * quote.spread_bps // BASIS_POINTS)
    target = quote.target_currency
    for name, due, posted in (
        ("given", given, _sum(captures, target, AccountKind.FX_LIQUIDITY)),
        ("credited", given - spread, -_sum(captures, target, PAYABLE)),
        ("spread", spread, -_sum(captures, target, AccountKind.FX_SPREAD)),
        (
            "returned",
            -(-facts.payment.amount_refunded * up // down),
            _sum(refunds, target, PAYABLE),
        ),
    ):
        if due != posted:
            text = f"{name} in {target} is {posted} in the journal, {due} by the quote"
            yield Problem(18, facts.payment.id, text)


def _sum(postings: Iterable[Posting], currency: str, kind: AccountKind) -> int:
    return sum(posting.debits(currency, kind) for posting in postings)


def _named(posting: Posting) -> str:
    return f"{posting.operation} {posting.sequence}"


MONEY: Final[tuple[tuple[int, PaymentCheck], ...]] = (
    (11, transactions_balance),
    (12, transactions_are_unique),
    (13, status_and_entries_agree),
    (13, holds_are_released),
    (14, captured_within_authorized),
    (15, refunded_within_captured),
    (16, refunds_settle_once),
    (18, integers_only),
    (18, fees_and_splits_are_exact),
    (18, conversion_is_exact),
)


@dataclass(frozen=True, slots=True)
class Sums:
    """Debits and credits of one account, in minor units: posted, and held for later."""

    debits: int = 0
    credits: int = 0
    pending_debits: int = 0
    pending_credits: int = 0


@dataclass
class Replay:
    """The journal, replayed: the sums of every account."""

    debits: Counter[str] = field(default_factory=Counter)
    credits: Counter[str] = field(default_factory=Counter)
    pending_debits: Counter[str] = field(default_factory=Counter)
    pending_credits: Counter[str] = field(default_factory=Counter)
    watch: Callable[[str, Posting], None] = lambda fact_id, posting: None

    def add(self, fact_id: str, postings: Iterable[Posting]) -> None:
        """Replay these transactions of a fact, too; `watch` sees each of them."""
        for posting in postings:
            self.watch(fact_id, posting)
            is_posted = posting.phase is Phase.POSTED
            sign = -1 if posting.phase is Phase.RELEASED else 1
            debits = self.debits if is_posted else self.pending_debits
            credits = self.credits if is_posted else self.pending_credits
            for line in posting.lines:
                side = debits if line.signed_minor > 0 else credits
                side[line.account_id] += sign * abs(line.signed_minor)

    def accounts(self) -> dict[str, Sums]:
        """The sums by account."""
        sides = (self.debits, self.credits, self.pending_debits, self.pending_credits)
        return {one: Sums(*(side[one] for side in sides)) for one in set().union(*sides)}


def trial_balance(accounts: Mapping[str, Sums], origin: str) -> Iterator[Problem]:
    """11: over all accounts, per currency, debits equal credits."""
    net: Counter[str] = Counter()
    for account_id, sums in accounts.items():
        net[account_id.rpartition(":")[2]] += sums.debits - sums.credits
        net[f"held {account_id.rpartition(':')[2]}"] += sums.pending_debits - sums.pending_credits
    for currency, difference in sorted(net.items()):
        if difference:
            yield Problem(11, origin, f"{currency} is out of balance by {difference}")


def balances_follow(
    before: Mapping[str, Sums], replayed: Mapping[str, Sums], after: Mapping[str, Sums]
) -> Iterator[Problem]:
    """17: what the API said before and after brackets what the journal says between.

    Sums only grow, so where nothing was posted meanwhile the three are equal. What is held comes
    and goes, so it is compared only where nothing else has changed.
    """
    none = Sums()
    for account_id in sorted(before.keys() | replayed.keys() | after.keys()):
        low, own, high = (sums.get(account_id, none) for sums in (before, replayed, after))
        for side, bounds in (
            ("debits", (low.debits, own.debits, high.debits)),
            ("credits", (low.credits, own.credits, high.credits)),
        ):
            if not bounds[0] <= bounds[1] <= bounds[2]:
                told = f"{bounds[0]}" if bounds[0] == bounds[2] else f"{bounds[0]} to {bounds[2]}"
                text = f"{side} are {told} by the API, {bounds[1]} by the journal"
                yield Problem(17, account_id, text)
        holds = (own.pending_debits, own.pending_credits)
        if low == high and (high.pending_debits, high.pending_credits) != holds:
            text = f"held are {high.pending_debits} and {high.pending_credits} by the API"
            yield Problem(17, account_id, f"{text}, {holds[0]} and {holds[1]} by the journal")
