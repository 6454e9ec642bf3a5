"""A payment as an item of the payments table, and back.

A write unit is one kilobyte, so the item is packed. Readable are the attributes that keys and
conditions use: `id`, `merchant_id`, `status`, `version`, `created_key` (creation time `#` id, the
order of listings), `posted_key` (time of the newest journal transaction; absent, and the item out
of that index, until something is booked) and `disputed_key` (opening time of the latest dispute `#`
id; absent in nearly all). The other names are in the `Field`s below. Left out is what has its
default, and what follows from the rest: the time of creation, the ids and numbers of attempts and
journal transactions.

    amount, currency    the payment's money
    card, upi, wallet   the method, whichever it is
    hash, wait          the claim's request_hash and wait_until
    answered            the claim's answered_version; 0: still owed; absent: version 1
    answer              the claim's frozen answer, deflated
    metadata            key, value, key, … (a map would lose the order, and the answer its bytes)
    history             status, time, status, …
    postings            journal transactions, with posted_key: see `payflow.aws.posting_item`
    instructions        captures, cancellations and refunds, see `payflow.aws.instruction_item`
    disputes            see `payflow.aws.dispute_item`
    reviews             what a person has to look at, or has: r reason, t time, n instruction,
                        d time of its end, by, a resolution, note
    attention           `due#` and a shard, or `review`: who has to look, see `attention_key`
    fx                  the quote, if the payment is converted: from its currency to `settlement`
    why                 a routing decision: s strategy, c candidates [name, score, reasons…],
                        x excluded [reason, names…]
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from payflow.aws.attributes import (
    Field,
    Item,
    Value,
    decoded,
    encoded,
    moment,
    number,
    read_member,
    read_moment,
    read_number,
    read_real,
    read_text,
    read_texts,
    real,
    row,
    text,
    texts,
)
from payflow.aws.claim_item import FAILURE, claim_from_attributes, claim_to_attributes
from payflow.aws.dispute_item import dispute_from_value, dispute_to_value
from payflow.aws.instruction_item import instruction_from_value, instruction_to_value
from payflow.aws.posting_item import postings_from_item, postings_to_attributes
from payflow.domain.fx import Quote, Ratio
from payflow.domain.ids import derived_id
from payflow.domain.method import CardMethod, Method, MethodType, UpiFlow, UpiMethod, WalletMethod
from payflow.domain.money import FeeTerms, Money
from payflow.domain.outcomes import Category, NextActionType, Operation, Outcome
from payflow.domain.payment import (
    Attempt,
    CaptureMethod,
    Customer,
    Failure,
    Fees,
    NextAction,
    Payment,
    Risk,
    Status,
    StatusChange,
)
from payflow.domain.review import Review, ReviewReason
from payflow.domain.routing.model import (
    Candidate,
    Exclusion,
    RoutingDecision,
    RoutingPreference,
)
from payflow.domain.timestamps import parse_rfc3339, rfc3339

KEY_SEPARATOR: Final = "#"
REVIEW_PARTITION: Final = "review"
DUE_SHARDS: Final = 8

_ROOT: Final = (
    Field("id", "id", text, read_text),
    Field("merchant_id", "merchant_id", text, read_text),
    Field("status", "status", text, read_member(Status)),
    Field("version", "version", number, read_number),
    Field("updated", "updated_at", moment, read_moment),
    Field(
        "capture",
        "capture_method",
        text,
        read_member(CaptureMethod),
        CaptureMethod.AUTOMATIC,
    ),
    Field("authorized", "amount_authorized", number, read_number, 0),
    Field("captured", "amount_captured", number, read_number, 0),
    Field("refunded", "amount_refunded", number, read_number, 0),
    Field("reference", "reference", text, read_text),
    Field("description", "description", text, read_text),
    Field("settlement", "settlement_currency", text, read_text),
    Field("due", "due_at", moment, read_moment),
)
_CUSTOMER: Final = (
    Field("id", "id", text, read_text),
    Field("email", "email", text, read_text),
    Field("ip", "ip", text, read_text),
    Field("country", "country", text, read_text),
)
_CARD: Final = (
    Field("t", "token", text, read_text),
    Field("b", "brand", text, read_text),
    Field("i", "bin", text, read_text),
    Field("l", "last4", text, read_text),
    Field("m", "exp_month", number, read_number),
    Field("y", "exp_year", number, read_number),
)
_UPI: Final = (
    Field("v", "vpa", text, read_text),
    Field("f", "flow", text, read_member(UpiFlow), UpiFlow.COLLECT),
)
_WALLET: Final = (Field("w", "wallet_id", text, read_text),)
_ROUTING: Final = (
    Field("s", "strategy", text, read_text),
    Field("p", "providers", texts, read_texts, ()),
)
_RISK: Final = (
    Field("d", "decision", text, read_text, "allow"),
    Field("s", "score", number, read_number, 0),
    Field("r", "reasons", texts, read_texts, ()),
)
_PLATFORM_FEE: Final = (
    Field("b", "bps", number, read_number, 0),
    Field("f", "fixed_minor", number, read_number, 0),
)
_FEES: Final = (
    Field("p", "provider_minor", number, read_number, 0),
    Field("f", "platform_minor", number, read_number, 0),
)
_QUOTE: Final = (
    Field("s", "spread_bps", number, read_number, 0),
    Field("w", "rate_source", text, read_text),
    Field("a", "as_of", moment, read_moment),
    Field("q", "quoted_at", moment, read_moment),
    Field("x", "expires_at", moment, read_moment),
)
_NEXT_ACTION: Final = (
    Field("t", "type", text, read_member(NextActionType)),
    Field("u", "url", text, read_text),
    Field("x", "expires_at", moment, read_moment),
)


def _decision(decision: RoutingDecision) -> Value:
    candidates = (
        row((text(c.provider), real(c.score), *map(text, c.reasons))) for c in decision.candidates
    )
    excluded = (
        texts((reason, *(exclusion.provider for exclusion in run)))
        for reason, run in groupby(decision.excluded, lambda exclusion: exclusion.reason)
    )
    return {"M": {"s": text(decision.strategy), "c": row(candidates), "x": row(excluded)}}


def _read_decision(value: Value) -> RoutingDecision:
    fields = value["M"]
    runs = map(read_texts, fields["x"]["L"])
    return RoutingDecision(
        strategy=read_text(fields["s"]),
        candidates=tuple(
            Candidate(read_text(name), read_real(score), tuple(map(read_text, reasons)))
            for name, score, *reasons in (candidate["L"] for candidate in fields["c"]["L"])
        ),
        excluded=tuple(Exclusion(name, reason) for reason, *names in runs for name in names),
    )


_REVIEW: Final = (
    Field("r", "reason", text, read_member(ReviewReason)),
    Field("t", "opened_at", moment, read_moment),
    Field("n", "instruction", number, read_number),
    Field("d", "resolved_at", moment, read_moment),
    Field("by", "resolved_by", text, read_text),
    Field("a", "resolution", text, read_text),
    Field("note", "note", text, read_text),
)
_FAILURE: Final = (*FAILURE, Field("why", "decision", _decision, _read_decision))
_ATTEMPT: Final = (
    Field("op", "operation", text, read_member(Operation), Operation.AUTHORIZE),
    Field("p", "provider", text, read_text),
    Field("t", "started_at", moment, read_moment),
    Field("nb", "not_before", moment, read_moment),
    Field("out", "outcome", text, read_member(Outcome)),
    Field("code", "code", text, read_text),
    Field("cat", "category", text, read_member(Category)),
    Field("pc", "provider_code", text, read_text),
    Field("ref", "provider_reference", text, read_text),
    Field("ms", "latency_ms", number, read_number),
    Field("why", "decision", _decision, _read_decision),
    Field("in", "instruction", number, read_number),
)


def created_key(payment_id: str, created_at_text: str) -> str:
    """The sort key of listings: text that sorts by creation time, then by id."""
    return f"{created_at_text}{KEY_SEPARATOR}{payment_id}"


def payment_to_item(payment: Payment) -> Item:
    """`payment` as an item; its times are kept in whole milliseconds."""
    return {
        **encoded(_ROOT, payment),
        "created_key": text(created_key(payment.id, rfc3339(payment.created_at))),
        "amount": number(payment.amount.minor),
        "currency": text(payment.amount.currency),
        payment.method.type.value: _method(payment.method),
        **claim_to_attributes(payment.claim),
        **_details(payment),
        **_lists(payment),
        **_attention(payment),
    }


def payment_from_item(item: Item) -> Payment:
    """The payment of an item or a stream image; whatever is optional may be missing."""
    payment_id, currency = read_text(item["id"]), read_text(item["currency"])
    created_at_text, _, _ = read_text(item["created_key"]).partition(KEY_SEPARATOR)
    return Payment(
        **decoded(_ROOT, item),
        amount=Money(read_number(item["amount"]), currency),
        created_at=parse_rfc3339(created_at_text),
        method=_read_method(item),
        claim=claim_from_attributes(item),
        **_read_details(item),
        attempts=tuple(
            Attempt(
                id=derived_id("att", payment_id, str(position)),
                number=position,
                **decoded(_ATTEMPT, attempt["M"]),
            )
            for position, attempt in enumerate(_elements(item, "attempts"), start=1)
        ),
        history=tuple(
            StatusChange(Status(read_text(status)), read_moment(at))
            for status, at in _pairs(item, "history")
        ),
        postings=postings_from_item(item),
        instructions=tuple(
            instruction_from_value(instruction, payment_id)
            for instruction in _elements(item, "instructions")
        ),
        disputes=tuple(
            dispute_from_value(dispute, payment_id) for dispute in _elements(item, "disputes")
        ),
        reviews=tuple(
            Review(**decoded(_REVIEW, review["M"])) for review in _elements(item, "reviews")
        ),
    )


def due_partition(shard: int) -> str:
    """The partition of the index by_attention that holds the payments of one shard that are due."""
    return f"due#{shard}"


def _attention(payment: Payment) -> Item:
    """What keeps the payment in the index of those that somebody has to look at."""
    if payment.open_review is not None:
        partition, moment_at = REVIEW_PARTITION, payment.open_review.opened_at
    elif payment.due_at is not None:
        # Spread, so that a day on which a provider is down makes no partition hot.
        shard = sum(payment.id.encode()) % DUE_SHARDS
        partition, moment_at = due_partition(shard), payment.due_at
    else:
        return {}
    key = created_key(payment.id, rfc3339(moment_at))
    return {"attention": text(partition), "attention_key": text(key)}


def _method(method: Method) -> Value:
    match method:
        case CardMethod():
            return {"M": encoded(_CARD, method)}
        case UpiMethod():
            return {"M": encoded(_UPI, method)}
        case WalletMethod():
            return {"M": encoded(_WALLET, method)}


def _read_method(item: Item) -> Method:
    if MethodType.CARD.value in item:
        return CardMethod(**decoded(_CARD, item[MethodType.CARD.value]["M"]))
    if MethodType.UPI.value in item:
        return UpiMethod(**decoded(_UPI, item[MethodType.UPI.value]["M"]))
    return WalletMethod(**decoded(_WALLET, item[MethodType.WALLET.value]["M"]))


def _details(payment: Payment) -> Item:
    """The parts that are maps of their own, without those that say nothing."""
    maps = {
        "customer": encoded(_CUSTOMER, payment.customer) if payment.customer else None,
        "routing": encoded(_ROUTING, payment.routing) or None,
        "fee": encoded(_PLATFORM_FEE, payment.platform_fee) or None,
        "risk": encoded(_RISK, payment.risk) or None,
        "fees": encoded(_FEES, payment.fees) or None,
        "failure": encoded(_FAILURE, payment.failure) if payment.failure else None,
        "action": encoded(_NEXT_ACTION, payment.next_action) if payment.next_action else None,
        "fx": _quote(payment.fx) if payment.fx else None,
    }
    return {key: {"M": fields} for key, fields in maps.items() if fields is not None}


def _read_details(item: Item) -> dict[str, Any]:
    def part(key: str) -> Item:
        return dict(item[key]["M"]) if key in item else {}

    customer, failure, action = part("customer"), part("failure"), part("action")
    return {
        "customer": Customer(**decoded(_CUSTOMER, customer)) if "customer" in item else None,
        "metadata": {read_text(key): read_text(value) for key, value in _pairs(item, "metadata")},
        "routing": RoutingPreference(**decoded(_ROUTING, part("routing"))),
        "platform_fee": FeeTerms(**decoded(_PLATFORM_FEE, part("fee"))),
        "risk": Risk(**decoded(_RISK, part("risk"))),
        "fees": Fees(**decoded(_FEES, part("fees"))),
        "failure": Failure(**decoded(_FAILURE, failure)) if failure else None,
        "next_action": NextAction(**decoded(_NEXT_ACTION, action)) if action else None,
        "fx": _read_quote(item) if "fx" in item else None,
    }


def _quote(quote: Quote) -> Item:
    rate = {"n": number(quote.rate.numerator), "d": number(quote.rate.denominator)}
    return {**rate, **encoded(_QUOTE, quote)}


def _read_quote(item: Item) -> Quote:
    """The quote is from the payment's currency to the one that it settles in."""
    fields = item["fx"]["M"]
    return Quote(
        source_currency=read_text(item["currency"]),
        target_currency=read_text(item["settlement"]),
        rate=Ratio(read_number(fields["n"]), read_number(fields["d"])),
        **decoded(_QUOTE, fields),
    )


def _lists(payment: Payment) -> Item:
    lists = {
        "metadata": [text(part) for pair in payment.metadata.items() for part in pair],
        "attempts": [{"M": encoded(_ATTEMPT, attempt)} for attempt in payment.attempts],
        "history": [
            part for change in payment.history for part in (text(change.status), moment(change.at))
        ],
        "instructions": [instruction_to_value(one) for one in payment.instructions],
        "disputes": [dispute_to_value(one) for one in payment.disputes],
        "reviews": [{"M": encoded(_REVIEW, one)} for one in payment.reviews],
    }
    posted = postings_to_attributes(payment.postings, payment.merchant_id, payment.amount.currency)
    item = {key: row(values) for key, values in lists.items() if values} | dict(posted)
    if payment.disputes:
        latest_at = rfc3339(payment.disputes[-1].opened_at)
        item["disputed_key"] = text(created_key(payment.id, latest_at))
    return item


def _elements(item: Item, key: str) -> list[Any]:
    return list(item[key]["L"]) if key in item else []


def _pairs(item: Item, key: str) -> Iterator[tuple[Value, Value]]:
    values = _elements(item, key)
    return zip(values[::2], values[1::2], strict=True)
