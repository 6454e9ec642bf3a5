"""What an audit of the journal finds: any byte that changed, any page or transaction too few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payflow.domain.journal import shard_of
from payflow.domain.journal_page import CHECKPOINT_EVERY, Page, page_from_text, page_text, text_hash
from payflow.domain.ledger import JournalTransaction
from payflow.services.verify_ledger import FOLD_WAIT_MS, FOLD_WAITS_MAX, Audit, VerifyLedger
from simulation.ports.journal import InMemoryJournal
from tests.support.builders import later
from tests.support.fakes import FakeClock
from tests.unit.ledger.test_journal import a_posting, fold_into

MERCHANTS = ("mer_a", "mer_b", "mer_c")
Facts = list[tuple[str, list[JournalTransaction]]]
PAGES = CHECKPOINT_EVERY + 4
SHARD = shard_of("mer_a")


def a_history() -> tuple[InMemoryJournal, Facts]:
    """Three merchants' facts, each in a page of its own."""
    journal = InMemoryJournal()
    facts: Facts = [
        (merchant, [a_posting(100 * index + number, number, 100 + number, merchant)])
        for index, merchant in enumerate(MERCHANTS)
        for number in range(PAGES)
    ]
    for fact in facts:
        fold_into(journal)([fact])
    return journal, facts


def audit(journal: InMemoryJournal, facts: Facts, clock: FakeClock | None = None) -> Audit:
    return VerifyLedger(journal, [facts], clock or FakeClock(later(1_000)))(lambda *_: None)


def test_a_sound_journal_is_sound() -> None:
    journal, facts = a_history()

    found = audit(journal, facts)

    assert found.is_sound
    assert (found.pages, found.transactions, found.facts) == (60, 60, 60)


JOURNAL, FACTS = a_history()


@settings(deadline=None)
@given(st.integers(1, PAGES), st.data())
def test_any_byte_that_changes_is_found_at_its_page(number: int, data: st.DataObject) -> None:
    text = bytearray(JOURNAL.texts[SHARD, number])
    text[data.draw(st.integers(0, len(text) - 1))] ^= data.draw(st.integers(1, 255))
    texts = {**JOURNAL.texts, (SHARD, number): bytes(text)}

    broken = audit(InMemoryJournal(texts, JOURNAL.seals), FACTS).broken

    assert broken is not None
    assert (broken.shard, broken.page) == (SHARD, number)


Change = Callable[[Page], Page]


def more_money(page: Page) -> Page:
    standings = {
        account: replace(one, balance=replace(one.balance, credits=one.balance.credits + 1))
        for account, one in page.standings.items()
    }
    return replace(page, standings=standings)


def wrong_checkpoint(page: Page) -> Page:
    return replace(page, checkpoint={**page.standings})


def other_chain(page: Page) -> Page:
    return replace(page, previous="0" * 64)


@pytest.mark.parametrize(
    ("change", "number", "reason"),
    [
        (more_money, 3, "its sums"),
        (wrong_checkpoint, CHECKPOINT_EVERY, "its checkpoint"),
        (other_chain, 3, "does not name the hash"),
        (lambda page: replace(page, late=1), 3, "not the page that follows"),
        (lambda page: replace(page, transactions=()), 3, "no page"),
    ],
)
def test_a_page_that_was_made_up_with_a_hash_that_fits_is_found(
    change: Change, number: int, reason: str
) -> None:
    journal, facts = a_history()
    text = page_text(change(page_from_text(journal.texts[SHARD, number])))
    _, watermark = journal.seals[SHARD, number]
    journal.texts[SHARD, number] = text
    journal.seals[SHARD, number] = (text_hash(text), watermark)

    broken = audit(journal, facts).broken

    assert broken is not None
    assert (broken.shard, broken.page) == (SHARD, number)
    assert reason in broken.reason


def test_a_page_that_is_gone_is_found() -> None:
    journal, facts = a_history()
    del journal.texts[SHARD, 7]

    broken = audit(journal, facts).broken

    assert broken is not None
    assert (broken.page, broken.reason) == (8, "page 7 is gone")


def test_the_newest_page_cannot_be_cut_off_unnoticed() -> None:
    journal, facts = a_history()
    del journal.texts[SHARD, PAGES]
    clock = FakeClock(later(1_000))

    found = audit(journal, facts, clock)

    assert found.missing == [facts[PAGES - 1][1][0].id]
    assert clock.now() == later(1_000 + FOLD_WAITS_MAX * FOLD_WAIT_MS / 1000)


def test_what_no_fact_has_posted_is_foreign() -> None:
    journal, facts = a_history()
    foreign = a_posting(999, 30)
    fold_into(journal)([("mer_a", [foreign])])

    assert audit(journal, facts).foreign == [foreign.id]


def test_an_amount_that_differs_is_both() -> None:
    journal, facts = a_history()
    merchant, (posted,) = facts[0]
    facts[0] = (merchant, [replace(a_posting(0, 0, 999), id=posted.id)])

    found = audit(journal, facts)

    assert (found.missing, found.foreign) == ([], [posted.id])


def test_what_is_folded_only_now_is_not_missing() -> None:
    journal, facts = a_history()
    late = ("mer_a", [a_posting(998, 40)])
    clock = FakeClock(later(1_000))

    def catch_up() -> None:
        fold_into(journal)([late])

    clock.on_sleep = catch_up

    assert audit(journal, [*facts, late], clock).is_sound
