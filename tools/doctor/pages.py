"""Invariants 12 and 17 for the journal's pages: an unbroken chain of what the facts have posted.

Pages are read as text and hashed anew. Accounts' sums after each page are worked out from its
transactions alone, and each transaction is compared with the fact that it is about.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from payflow.aws.attributes import Item
from payflow.domain.ledger import Phase
from tools.doctor.facts import Posting, Unreadable
from tools.doctor.findings import Problem

RAW_DEFLATE: Final = -15
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
PAGE_BYTES_MAX: Final = 16 << 20
COLUMNS: Final = {Phase.POSTED: (0, 1), Phase.PENDING: (2, 3), Phase.RELEASED: (2, 3)}
"""Which of an account's four sums a debit and a credit of that phase change."""


class Folded(NamedTuple):
    """One transaction, by who it is and what it says."""

    identity: str
    content: str


@dataclass(frozen=True, slots=True)
class SealedPage:
    """A page as it is stored, believed in nothing."""

    shard: str
    number: int
    text: bytes
    hash: str

    def __str__(self) -> str:
        return f"page {self.number} of shard {self.shard}"


@dataclass
class Chain:
    """A shard as far as it was read: the newest page's number and hash, accounts' four sums."""

    number: int = 0
    hash: str = ""
    sums: dict[str, list[int]] = field(default_factory=dict)


def folded(fact_id: str, posting: Posting) -> Folded:
    """A fact's posting, to be compared with what the pages say of it."""
    lines = [[line.signed_minor, line.account_id] for line in posting.lines]
    at_ms = (posting.posted_at - EPOCH) // MILLISECOND
    identity = [fact_id, posting.operation, posting.sequence]
    return Folded(json.dumps(identity), json.dumps([at_ms, posting.phase.value, sorted(lines)]))


def read_page(item: Item) -> SealedPage:
    """The page of an item; raises `Unreadable`."""
    try:
        inflate = zlib.decompressobj(RAW_DEFLATE)
        text = inflate.decompress(item["text"]["B"], PAGE_BYTES_MAX)
        number = int(item["page"]["N"])
        return SealedPage(item["shard"]["S"], number, text, item["hash"]["B"].hex())
    except (KeyError, ValueError, AttributeError, zlib.error) as error:
        raise Unreadable(f"cannot be read: {type(error).__name__} {error}") from error


def next_in_chain(chain: Chain, page: SealedPage) -> Iterator[Problem]:
    """12: the page's hash is that of its text, and it follows the one before; `chain` moves on."""
    actual = hashlib.sha256(page.text).hexdigest()
    document = _document(page)
    if actual != page.hash:
        yield Problem(12, str(page), "does not have the hash that is kept beside it")
    if page.number != chain.number + 1:
        yield Problem(12, str(page), f"follows page {chain.number}")
    if document.get("previous") != chain.hash:
        yield Problem(12, str(page), "does not name the hash of the page before")
    if (document.get("shard"), document.get("page")) != (int(page.shard), page.number):
        yield Problem(12, str(page), "is filed as another page than it says")
    chain.number, chain.hash = page.number, actual


def sums_follow(chain: Chain, page: SealedPage) -> Iterator[Problem]:
    """17: each account that a page moves stands at the sum of all that came before and this."""
    document = _document(page)
    names = [row[0] for row in document.get("standings", [])]
    for _, _, _, _, phase, entries in document.get("transactions", []):
        sign = -1 if phase == Phase.RELEASED else 1
        debit, credit = COLUMNS[Phase(phase)]
        for signed_minor, index in entries:
            sums = chain.sums.setdefault(names[index], [0, 0, 0, 0])
            sums[debit if signed_minor > 0 else credit] += sign * abs(signed_minor)
    for account_id, *told, _ in document.get("standings", []):
        if told != (sums := chain.sums.get(account_id, [0, 0, 0, 0])):
            yield Problem(17, str(page), f"has {account_id} at {told}, it is at {sums}")


def transactions_of(page: SealedPage) -> Iterator[Folded]:
    """The page's transactions."""
    document = _document(page)
    names = [row[0] for row in document.get("standings", [])]
    for fact, operation, sequence, at_ms, phase, entries in document.get("transactions", []):
        lines = sorted([signed_minor, names[index]] for signed_minor, index in entries)
        yield Folded(json.dumps([fact, operation, sequence]), json.dumps([at_ms, phase, lines]))


def _document(page: SealedPage) -> dict[str, Any]:
    try:
        document = json.loads(page.text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
