"""A past in the journal: sound chains, what is there stays, and who comes between is respected."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from payflow.domain.journal import SHARDS, shard_of
from payflow.domain.journal_page import Page
from payflow.domain.ledger import JournalTransaction
from payflow.services.fold_ledger import FoldLedger
from payflow.services.verify_ledger import VerifyLedger
from simulation.ports.journal import InMemoryJournal
from tests.support.fakes import FakeClock
from tests.unit.ledger.test_journal import a_posting
from tools.seeding.journal import TRANSACTIONS_PER_PAGE, PastFold

SHOPS = ("mer_a", "mer_b", "mer_c")
POSTED = [
    (shop, [a_posting(number, number * 600, merchant_id=shop) for number in range(start, 300, 3)])
    for start, shop in enumerate(SHOPS)
]


def a_fold(journal: InMemoryJournal) -> PastFold:
    return PastFold(journal, FakeClock(), Random(1))


def is_sound(journal: InMemoryJournal, *more: tuple[str, list[JournalTransaction]]) -> bool:
    verify = VerifyLedger(journal, [[*POSTED, *more]], FakeClock(a_posting(0, 1e6).posted_at))
    return verify(lambda doing, done, total: None).is_sound


@dataclass
class RacedJournal(InMemoryJournal):
    """Another writer to the shard of `mer_a` appends a page first, once."""

    rival: list[tuple[str, list[JournalTransaction]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def append(self, page: Page) -> bool:
        if self.rival and (page.shard, page.number) == (shard_of("mer_a"), 2):
            rival, self.rival = self.rival, []
            FoldLedger(self, FakeClock(), Random(1))(rival)
        return super().append(page)


def test_all_of_it_is_there_in_small_pages() -> None:
    journal = InMemoryJournal()

    assert a_fold(journal)(POSTED) == 300

    assert is_sound(journal)
    pages = [page for shard in range(SHARDS) for page in journal.ascending(shard, 1)]
    assert max(len(page.transactions) for page in pages) == TRANSACTIONS_PER_PAGE
    assert not any(page.is_late for page in pages)


def test_what_is_there_already_is_not_added_again() -> None:
    journal = InMemoryJournal()
    a_fold(journal)([(shop, transactions[:50]) for shop, transactions in POSTED])

    assert a_fold(journal)(POSTED) == 150
    assert a_fold(journal)(POSTED) == 0
    assert is_sound(journal)


def test_the_streams_reader_finds_it_there() -> None:
    journal = InMemoryJournal()
    a_fold(journal)(POSTED)

    assert FoldLedger(journal, FakeClock(), Random(1))(POSTED) == 0


def test_a_writer_that_comes_between_is_respected() -> None:
    live = ("mer_a", [a_posting(9_000, 500_000)])
    journal = RacedJournal(rival=[live])

    a_fold(journal)(POSTED)

    assert shard_of("mer_a") in {page[0] for page in journal.texts}
    assert is_sound(journal, live)
