"""The examination of the journal's pages, shard by shard, and of what they have of the facts.

The facts are read first. Pages are filled from a stream, a moment later, so what is missing is
waited for; and what the pages have beyond the facts that were seen was posted meanwhile, which the
fact itself must confirm.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from payflow.aws.attributes import Item
from tools.doctor.facts import Unreadable, read_postings
from tools.doctor.findings import Findings, Problem
from tools.doctor.pages import (
    Chain,
    folded,
    next_in_chain,
    read_page,
    sums_follow,
    transactions_of,
)
from tools.doctor.secrecy import Secrets, nothing_shows
from tools.doctor.spool import Spool
from tools.doctor.tables import Table

SHARDS: Final = tuple(f"{shard:02d}" for shard in range(16))
"""The stored layout: a number of two digits each."""

LOOKS_MAX: Final = 10
LOOK_PAUSE_S: Final = 3.0
"""What is posted is folded within seconds, unless the stream is behind."""

CONFIRMED_MAX: Final = 1_000
TOLD_MAX: Final = 20


@dataclass
class PageExamination:
    """Walks every chain; `fact` finds the item that a transaction is about, by its id."""

    table: Table
    findings: Findings
    secrets: Secrets
    fact: Callable[[str], Item | None]
    _chains: dict[str, Chain] = field(default_factory=lambda: {shard: Chain() for shard in SHARDS})

    def run(self, spool: Spool) -> None:
        """Walk all chains, and compare with what the facts in `spool` have posted."""
        self._read(spool)
        for _ in range(LOOKS_MAX):
            if not spool.is_any_missing():
                break
            time.sleep(LOOK_PAUSE_S)
            self._read(spool)
        self.findings.add(
            Problem(17, identity, "was posted, and is not in the journal's pages as it was")
            for identity in spool.not_folded(TOLD_MAX)
        )
        for identity in spool.not_posted(CONFIRMED_MAX):
            self.findings.add(self._confirmed(spool, identity))

    def _read(self, spool: Spool) -> None:
        """The pages from where the last reading ended."""
        for shard, chain in self._chains.items():
            for item in self.table.range(shard, "page", chain.number + 1):
                try:
                    page = read_page(item)
                except Unreadable as error:
                    where = f"page {item['page']['N']} of shard {shard}"
                    self.findings.add([Problem(12, where, str(error))])
                    continue
                self.findings.examined([12, 17], "pages")
                self.findings.add(next_in_chain(chain, page))
                self.findings.add(sums_follow(chain, page))
                self.findings.add(nothing_shows(self.secrets, str(page), page.text))
                for transaction in transactions_of(page):
                    if not spool.add_folded(*transaction):
                        text = "is in the journal's pages more than once"
                        self.findings.add([Problem(12, transaction.identity, text)])

    def _confirmed(self, spool: Spool, identity: str) -> list[Problem]:
        """Nothing, if the fact has the transaction by now."""
        fact_id = json.loads(identity)[0]
        item = self.fact(fact_id)
        try:
            postings = read_postings(item) if item is not None else ()
        except Unreadable:
            postings = ()
        for posting in postings:
            posted = folded(fact_id, posting)
            if posted.identity == identity and spool.is_folded(*posted):
                return []
        return [Problem(17, identity, "is in the journal's pages, and was not posted like that")]
