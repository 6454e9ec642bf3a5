"""Listings across merchants: the lists of all of them, merged as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from itertools import chain
from typing import Any, Final, TypeVar

from payflow.domain.errors import InvalidRequest
from payflow.domain.merchant import Merchant

MERCHANTS_MAX: Final = 1_000
"""How many merchants a listing merges: it asks each one's index at least once."""

_QUERIES_AT_ONCE: Final = 10
_Listed = TypeVar("_Listed")


def merged(
    merchants: Sequence[Merchant],
    listed: Callable[[str], Iterator[_Listed]],
    order: Callable[[_Listed], Any] | None = None,
) -> Iterator[_Listed]:
    """What `listed` gives for each merchant's id, each greatest first, in one such order.

    `order` is the key to compare by. Raises `InvalidRequest` for more than `MERCHANTS_MAX`.
    """
    from concurrent.futures import ThreadPoolExecutor

    if len(merchants) > MERCHANTS_MAX:
        raise InvalidRequest(
            "listing_too_wide", f"cannot list across more than {MERCHANTS_MAX} merchants"
        )
    streams = [listed(merchant.id) for merchant in merchants]
    with ThreadPoolExecutor(_QUERIES_AT_ONCE) as pool:
        return merge(*pool.map(_begun, streams), key=order, reverse=True)


def _begun(things: Iterator[_Listed]) -> Iterable[_Listed]:
    """The same things, the first of them fetched already."""
    first = next(things, None)
    return () if first is None else chain((first,), things)
