"""The journal is the same as the list of everything posted, only faster (invariants 12 and 17).

Hypothesis posts in any order of time, batches as a stream may, repeats batches, and asks for any
account at any time; each answer is compared with one that is made by going through everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from random import Random
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payflow.domain.booking import capture_transaction
from payflow.domain.journal import SHARDS, Head, next_page, shard_of
from payflow.domain.journal_page import CHECKPOINT_EVERY, page_from_text, page_text
from payflow.domain.ledger import Account, AccountKind, JournalTransaction, Phase, folded
from payflow.domain.money import Money
from payflow.domain.statement import JournalLine, LineKey, lines_of
from payflow.services.fold_ledger import FoldLedger
from payflow.services.journal_shard import JournalShard
from simulation.ports.journal import InMemoryJournal
from tests.support.builders import later
from tests.support.fakes import FakeClock
from tests.support.ports import CountedJournal

MERCHANT = "mer_a"
SHARD = shard_of(MERCHANT)
PAYABLE = Account(AccountKind.MERCHANT_PAYABLE, "INR", MERCHANT)


def a_posting(
    number: int, at_s: float, minor: int = 100, merchant_id: str = MERCHANT
) -> JournalTransaction:
    return capture_transaction(
        payment_id=f"pay_{number}",
        merchant_id=merchant_id,
        provider="A",
        amount=Money(minor, "INR"),
        provider_fee_minor=minor // 50,
        platform_fee_minor=minor // 100,
        sequence=1,
        posted_at=later(at_s),
    )


def fold_into(journal: InMemoryJournal) -> FoldLedger:
    return FoldLedger(journal, FakeClock(), Random(1))


def shard_now(journal: CountedJournal, shard: int = SHARD) -> JournalShard:
    return JournalShard(journal, shard, journal.tails((shard,))[shard])


@st.composite
def histories(draw: st.DrawFn) -> list[list[JournalTransaction]]:
    """Batches in the order in which the stream delivers them: mostly in time, some very late."""
    times = draw(st.lists(st.integers(0, 400), min_size=1, max_size=120))
    ordered = sorted(times) if draw(st.booleans()) else times
    posted = [
        replace(
            a_posting(number, at_s, 100 + number),
            phase=draw(st.sampled_from([Phase.POSTED, Phase.POSTED, Phase.PENDING])),
        )
        for number, at_s in enumerate(ordered)
    ]
    size = draw(st.integers(1, 7))
    return [posted[start : start + size] for start in range(0, len(posted), size)]


def journal_of(batches: Sequence[Sequence[JournalTransaction]]) -> CountedJournal:
    journal = CountedJournal()
    fold = fold_into(journal)
    for batch in batches:
        fold([(MERCHANT, batch)])
    return journal


def newest_first(
    posted: Sequence[JournalTransaction], account: Account, before: LineKey | None
) -> list[JournalLine]:
    return sorted(lines_of(posted, account, before), key=lambda line: line.key, reverse=True)


@settings(deadline=None)
@given(histories(), st.integers(-20, 420))
def test_balances_at_any_time_are_those_of_everything_posted_by_then(
    batches: list[list[JournalTransaction]], at_s: int
) -> None:
    posted = [one for batch in batches for one in batch]
    shard = shard_now(journal_of(batches))

    assert shard.balances() == folded({}, posted)
    assert shard.balances(later(at_s)) == folded(
        {}, (one for one in posted if one.posted_at <= later(at_s))
    )


@settings(deadline=None)
@given(histories(), st.data())
def test_lines_come_newest_first_from_any_position(
    batches: list[list[JournalTransaction]], data: st.DataObject
) -> None:
    posted = [one for batch in batches for one in batch]
    shard = shard_now(journal_of(batches))
    everything = newest_first(posted, PAYABLE, None)
    positions: list[LineKey | None] = [None, *(line.key for line in everything)]
    position = data.draw(st.sampled_from(positions))

    assert list(shard.lines(PAYABLE, None)) == everything
    assert list(shard.lines(PAYABLE, position)) == newest_first(posted, PAYABLE, position)


@settings(deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_any_batches_delivered_again_in_any_order_change_nothing(
    batches: list[list[JournalTransaction]], random: Random
) -> None:
    journal = journal_of(batches)
    before = dict(journal.texts)
    again = [batch for batch in batches if random.random() < 0.5]
    random.shuffle(again)

    new = [fold_into(journal)([(MERCHANT, batch)]) for batch in again]

    assert set(new) <= {0}
    assert journal.texts == before


@settings(deadline=None)
@given(histories())
def test_a_pages_text_tells_all_of_it(batches: list[list[JournalTransaction]]) -> None:
    for text in journal_of(batches).texts.values():
        assert page_text(page_from_text(text)) == text


def test_a_batch_that_comes_twice_at_once_is_in_the_journal_once() -> None:
    journal = CountedJournal()
    posted = [a_posting(number, number) for number in range(40)]
    threads = [
        Thread(target=fold_into(journal), args=([(MERCHANT, posted[start : start + 20])],))
        for start in (0, 10, 20, 0, 10, 20)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    pages = list(journal.ascending(SHARD, 1))
    ids = [one.id for page in pages for one in page.transactions]
    assert sorted(ids) == sorted(one.id for one in posted)
    assert [page.previous for page in pages[1:]] == [page.hash for page in pages[:-1]]


def test_each_merchants_facts_are_in_a_shard_of_their_own_and_all_shards_are_used() -> None:
    merchants = [f"mer_{number}" for number in range(200)]
    journal = CountedJournal()

    fold_into(journal)([(one, [a_posting(n, 1, 100, one)]) for n, one in enumerate(merchants)])

    assert {shard for shard, _ in journal.texts} == set(range(SHARDS))
    for merchant in merchants:
        payable = Account(AccountKind.MERCHANT_PAYABLE, "INR", merchant)
        assert shard_now(journal, shard_of(merchant)).balances()[payable].credits == 99


def test_every_so_many_pages_there_is_a_checkpoint_of_all_accounts() -> None:
    journal = journal_of([[a_posting(n, n)] for n in range(2 * CHECKPOINT_EVERY)])

    pages = list(journal.ascending(SHARD, 1))

    assert [page.number for page in pages if page.checkpoint is not None] == [
        CHECKPOINT_EVERY,
        2 * CHECKPOINT_EVERY,
    ]
    assert pages[-1].checkpoint is not None
    assert pages[-1].checkpoint[PAYABLE].page == 2 * CHECKPOINT_EVERY


def test_a_page_with_nothing_new_does_not_exist() -> None:
    with pytest.raises(IndexError):
        next_page(Head(SHARD), [])


@pytest.mark.parametrize("pages", [100, 1_000])
def test_what_is_asked_for_costs_the_same_reads_however_long_the_history(pages: int) -> None:
    journal = journal_of([[a_posting(n, n)] for n in range(pages)])
    reads: list[int] = []

    for ask in (
        lambda: shard_now(journal).balances(),
        lambda: shard_now(journal).balances(later(pages / 2)),
        lambda: list(islice(shard_now(journal).lines(PAYABLE, None), 21)),
        lambda: shard_now(journal).ids_held([a_posting(pages - 1, pages - 1)]),
        lambda: shard_now(journal).ids_held([a_posting(5, 5)]),
    ):
        journal.read = 0
        ask()
        reads.append(journal.read)

    tail, search, window = CHECKPOINT_EVERY, 11, 12
    balance, as_of, lines, newest, old = reads
    assert balance <= tail
    assert as_of <= tail + search + tail + window
    assert lines <= tail + 21 + window
    assert newest <= tail
    assert old <= tail + search + window


@given(
    times_min=st.lists(st.integers(0, 3_000), min_size=1, max_size=60),
    size=st.integers(1, 5),
    newest_first=st.booleans(),
    asked=st.sets(st.integers(0, 59)),
)
def test_what_is_held_is_known_however_long_a_time_it_is_spread_over(
    times_min: list[int], size: int, newest_first: bool, asked: set[int]
) -> None:
    ordered = sorted(times_min, reverse=newest_first)
    posted = [a_posting(number, at_min * 60) for number, at_min in enumerate(ordered)]
    journal = journal_of([posted[at : at + size] for at in range(0, len(posted), size)])
    known = [posted[number] for number in asked if number < len(posted)]
    unknown = [a_posting(1_000 + number, number * 977) for number in asked]

    held = shard_now(journal).ids_held([*unknown, *known])

    assert held == {one.id for one in known}


def test_a_past_that_came_at_once_is_read_once_for_a_batch() -> None:
    past = [a_posting(number, number * 120) for number in range(300)]
    journal = journal_of(
        [[a_posting(999, 1e6)], *(past[start : start + 10] for start in range(0, 300, 10))]
    )
    journal.read = 0

    shard_now(journal).ids_held(past[100:200])

    assert journal.read < 3 * 31
