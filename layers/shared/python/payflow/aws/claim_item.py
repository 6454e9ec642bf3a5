"""Idempotency claims and failures as attributes, for payments and instructions alike.

hash       request_hash
wait       wait_until
answered   answered_version; 0: still owed; absent: version 1
answer     the frozen answer, deflated
"""

from __future__ import annotations

import zlib
from typing import Final

from payflow.aws.attributes import (
    Field,
    Item,
    Value,
    binary,
    digest,
    moment,
    number,
    read_binary,
    read_digest,
    read_member,
    read_moment,
    read_number,
    read_text,
    text,
)
from payflow.domain.outcomes import Category
from payflow.domain.payment import Claim

FAILURE: Final = (
    Field("code", "code", text, read_text),
    Field("cat", "category", text, read_member(Category)),
    Field("msg", "message", text, read_text),
    Field("pc", "provider_code", text, read_text),
)


def claim_to_attributes(claim: Claim) -> Item:
    """The attributes of `claim`."""
    item: dict[str, Value] = {"hash": digest(claim.request_hash)}
    if claim.wait_until is not None:
        item["wait"] = moment(claim.wait_until)
    if claim.answered_version != 1:
        item["answered"] = number(claim.answered_version or 0)
    if claim.answer is not None:
        item["answer"] = binary(zlib.compress(claim.answer.encode(), level=9))
    return item


def claim_from_attributes(item: Item) -> Claim:
    """The claim that `claim_to_attributes` wrote down among others."""
    answer = item.get("answer")
    return Claim(
        request_hash=read_digest(item["hash"]),
        wait_until=read_moment(item["wait"]) if "wait" in item else None,
        answered_version=(read_number(item["answered"]) or None) if "answered" in item else 1,
        answer=zlib.decompress(read_binary(answer)).decode() if answer is not None else None,
    )
