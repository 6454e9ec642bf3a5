"""From query parameters to what the domain can look up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

from payflow.api.cursor import decode_cursor, encode_cursor
from payflow.domain.dispute import DisputeStatus
from payflow.domain.errors import InvalidRequest
from payflow.domain.listing import DisputeFilter, DisputePage, PaymentFilter, PaymentPage
from payflow.domain.merchant import Caller, Merchant
from payflow.domain.method import MethodType
from payflow.domain.payment import Status
from payflow.domain.payout import PayoutFilter, PayoutPage
from payflow.domain.statement import EntryPage
from payflow.domain.timestamps import parse_rfc3339

LIMIT_DEFAULT: Final = 20
LIMIT_MAX: Final = 100
TEXT_MAX: Final = 255

_NUMBER: Final = re.compile("[0-9]{1,9}")
_EVERYBODY: Final = "*"
_Choice = TypeVar("_Choice", bound=StrEnum)


def parse_payment_filter(query: Mapping[str, str], merchant_id: str | None) -> PaymentFilter:
    """Which payments are asked for; `merchant_id` None means those of all merchants.

    Raises `InvalidRequest` naming the parameter that is out of range or malformed.
    """
    return PaymentFilter(
        merchant_id=merchant_id,
        limit=parse_limit(query),
        after=decode_cursor(query.get("cursor"), *_list_scope("payments", query, merchant_id)),
        status=_choice(query, "status", Status),
        provider=_text(query, "provider"),
        method=_choice(query, "method", MethodType),
        reference=_text(query, "reference"),
        created_from=_time(query, "created_from"),
        created_to=_time(query, "created_to"),
    )


def payment_cursor(
    page: PaymentPage, query: Mapping[str, str], merchant_id: str | None
) -> str | None:
    """The cursor to what follows `page` of the same query."""
    return encode_cursor(page.next_after, *_list_scope("payments", query, merchant_id))


def parse_dispute_filter(query: Mapping[str, str], merchant_id: str | None) -> DisputeFilter:
    """Which disputes are asked for; `merchant_id` None means those of all merchants.

    Raises `InvalidRequest` naming the parameter that is out of range or malformed.
    """
    return DisputeFilter(
        merchant_id=merchant_id,
        limit=parse_limit(query),
        after=decode_cursor(query.get("cursor"), *_list_scope("disputes", query, merchant_id)),
        status=_choice(query, "status", DisputeStatus),
    )


def dispute_cursor(
    page: DisputePage, query: Mapping[str, str], merchant_id: str | None
) -> str | None:
    """The cursor to what follows `page` of the same query."""
    return encode_cursor(page.next_after, *_list_scope("disputes", query, merchant_id))


def parse_payout_filter(query: Mapping[str, str], merchant_id: str | None) -> PayoutFilter:
    """Which payouts are asked for; `merchant_id` None means those of all merchants.

    Raises `InvalidRequest` naming the parameter that is out of range or malformed.
    """
    return PayoutFilter(
        merchant_id=merchant_id,
        limit=parse_limit(query),
        after=decode_cursor(query.get("cursor"), *_list_scope("payouts", query, merchant_id)),
    )


def payout_cursor(
    page: PayoutPage, query: Mapping[str, str], merchant_id: str | None
) -> str | None:
    """The cursor to what follows `page` of the same query."""
    return encode_cursor(page.next_after, *_list_scope("payouts", query, merchant_id))


def parse_position(query: Mapping[str, str], account_id: str, caller: Caller) -> str | None:
    """The entry behind which the asked page of an account begins; raises `InvalidRequest`."""
    return decode_cursor(query.get("cursor"), *_entry_scope(account_id, caller))


def parse_as_of(query: Mapping[str, str]) -> datetime | None:
    """The time that an answer is asked for, None for now; raises `InvalidRequest`."""
    return _time(query, "at")


def entry_cursor(page: EntryPage, account_id: str, caller: Caller) -> str | None:
    """The cursor to what follows `page` of that account."""
    return encode_cursor(page.next_after, *_entry_scope(account_id, caller))


def merchant_page(
    merchants: Sequence[Merchant], query: Mapping[str, str]
) -> tuple[Sequence[Merchant], str | None]:
    """The asked page of `merchants`, which are in the order of their ids, and the next cursor."""
    limit, after = parse_limit(query), decode_cursor(query.get("cursor"), "merchants")
    rest = [merchant for merchant in merchants if after is None or merchant.id > after]
    more = len(rest) > limit
    return rest[:limit], encode_cursor(rest[limit - 1].id if more else None, "merchants")


def parse_limit(query: Mapping[str, str]) -> int:
    """`limit`, 1-100, by default 20; raises `InvalidRequest`."""
    text = query.get("limit", str(LIMIT_DEFAULT))
    if not _NUMBER.fullmatch(text):
        raise InvalidRequest("invalid_type", "Must be an integer.", param="limit")
    limit = int(text)
    if not 1 <= limit <= LIMIT_MAX:
        code = "too_large" if limit > LIMIT_MAX else "too_small"
        raise InvalidRequest(code, f"Must be from 1 to {LIMIT_MAX}.", param="limit")
    return limit


def _list_scope(kind: str, query: Mapping[str, str], merchant_id: str | None) -> tuple[str, ...]:
    filters = sorted((k, v) for k, v in query.items() if k not in ("cursor", "limit"))
    return (kind, merchant_id or _EVERYBODY, *(text for pair in filters for text in pair))


def _entry_scope(account_id: str, caller: Caller) -> tuple[str, ...]:
    return ("entries", caller.merchant_id or _EVERYBODY, account_id)


def _choice(query: Mapping[str, str], name: str, choices: type[_Choice]) -> _Choice | None:
    if name not in query:
        return None
    try:
        return choices(query[name])
    except ValueError as error:
        allowed = ", ".join(choices)
        raise InvalidRequest("invalid_value", f"Must be one of: {allowed}.", param=name) from error


def _text(query: Mapping[str, str], name: str) -> str | None:
    text = query.get(name)
    if text is not None and not 1 <= len(text) <= TEXT_MAX:
        code = "too_long" if text else "too_short"
        raise InvalidRequest(code, f"Must have 1 to {TEXT_MAX} characters.", param=name)
    return text


def _time(query: Mapping[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    try:
        return parse_rfc3339(query[name])
    except (ValueError, OverflowError) as error:
        raise InvalidRequest(
            "invalid_format", "Must be an RFC 3339 time, such as 2030-01-31T12:00:00Z.", param=name
        ) from error
