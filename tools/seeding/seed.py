"""Simulate a history and load it: beside the payments first, then the journal, the payments last.

So a payment that can be seen has its card, its providers' books and its wallet, and the readers of
the streams find its postings in the journal already. A load that was cut short is completed by the
same history once more: what is there is left as it is.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import SystemRandom
from typing import Final, TypeVar

from payflow.aws.attributes import Item
from payflow.aws.journal import DynamoJournal
from payflow.aws.merchants import DynamoMerchants
from payflow.aws.system_clock import SystemClock
from payflow.domain.errors import Conflict
from payflow.domain.journal import SHARDS
from payflow.domain.merchant import Merchant
from simulation.history.plan import HistoryPart, HistoryScope, parts_of
from simulation.history.shops import SHOPS, merchant_of_shop
from tools.deployment.cloud import Cloud
from tools.doctor.tables import Table
from tools.errors import ToolError
from tools.seeding.bulk import BulkWriter
from tools.seeding.journal import PastFold
from tools.seeding.mark import Mark
from tools.seeding.parts import KEYS, PAYMENTS, WALLETS, Items, LoadedPart, made, prepare

PROCESSES_MAX: Final = 8
SIMULATING: Final = "Simulating"
JOURNAL: Final = "Writing the journal"
LOADING: Final = "Loading wallets and payments"

_Result = TypeVar("_Result")
Report = Callable[[str, int, int], None]


@dataclass(slots=True)
class Seeded:
    """What was loaded: counts as `parts.counted` has them, items written, seconds by phase.

    `added` is how many payments were not there before.
    """

    added: int = 0
    merchants: int = len(SHOPS)
    counts: Counter[str] = field(default_factory=Counter)
    items: int = 0
    transactions: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


class Seeding:
    """The load of one history into one deployment."""

    def __init__(self, cloud: Cloud, outputs: Mapping[str, str], report: Report) -> None:
        """`outputs` are those of the deployment's stack; `report` hears how far it is."""
        self._cloud, self._outputs, self._report = cloud, outputs, report
        self._merchants = DynamoMerchants(cloud.dynamodb(), outputs["MerchantsTable"])
        self._known: dict[str, set[str]] = {}
        self._seeded = Seeded()

    def run(self, mark: Mark, demo_merchant_id: str, *, resumed: bool) -> Seeded:
        """All of the history of `mark`; raises `ToolError`, `Unavailable`, botocore's errors.

        `resumed` says that a part of it may be there.
        """
        scope = HistoryScope(
            seed=mark.seed,
            payments=mark.payments,
            days=mark.days,
            until=mark.until,
            merchants=self._shops(mark, demo_merchant_id),
        )
        if resumed:
            self._known = {output: self._keys_in(output) for output in KEYS}
        with BulkWriter(self._cloud.bulk_dynamodb()) as writer:
            parts = self._timed(SIMULATING, lambda: self._simulated(scope, writer))
            self._timed(JOURNAL, lambda: self._fold(parts))
            self._timed(LOADING, lambda: self._load(parts, writer))
        return self._seeded

    def _shops(self, mark: Mark, demo_merchant_id: str) -> tuple[Merchant, ...]:
        """The merchants of the history: the demo merchant as it is, the others new if need be."""
        demo = self._merchants.get(demo_merchant_id)
        if demo is None:
            raise ToolError("the demo merchant is not there", hint="start afresh: payflow up")
        return demo, *(self._opened(merchant_of_shop(shop, mark.until)) for shop in SHOPS[1:])

    def _opened(self, merchant: Merchant) -> Merchant:
        try:
            self._merchants.create(merchant, ())
        except Conflict:
            return self._merchants.get(merchant.id) or merchant
        return merchant

    def _simulated(self, scope: HistoryScope, writer: BulkWriter) -> Sequence[LoadedPart]:
        """All parts in order; what lies beside their payments is written as they come."""
        done: list[LoadedPart] = []
        plan = list(parts_of(scope))
        self._report(SIMULATING, 0, scope.payments)
        for part in self._made(plan):
            if part.broken:
                raise ToolError(f"the simulation broke a promise: {part.broken[0]}")
            self._write(part.beside, writer)
            self._seeded.counts += part.counts
            done.append(part)
            payments = min(scope.payments, len(done) * len(plan[0].arrivals))
            self._report(SIMULATING, payments, scope.payments)
        writer.finish()
        return done

    def _made(self, plan: Sequence[HistoryPart]) -> Iterator[LoadedPart]:
        processes = min(os.cpu_count() or 1, len(plan), PROCESSES_MAX)
        if processes == 1:
            prepare(self._cloud, self._outputs)
            yield from map(made, plan)
            return
        context = multiprocessing.get_context("spawn")
        with context.Pool(processes, prepare, (self._cloud, dict(self._outputs))) as pool:
            yield from pool.imap(made, plan)

    def _fold(self, parts: Sequence[LoadedPart]) -> None:
        self._report(JOURNAL, 0, 0)
        journal = DynamoJournal(self._cloud.dynamodb(), self._outputs["LedgerTable"])
        fold = PastFold(journal, SystemClock(), SystemRandom())
        self._seeded.transactions = fold(posted for part in parts for posted in part.postings)

    def _load(self, parts: Sequence[LoadedPart], writer: BulkWriter) -> None:
        for part in parts:
            self._write({WALLETS: part.wallets}, writer)
        # A payment from a wallet is not there before the wallet is.
        writer.finish()
        for shard in range(SHARDS):
            # So a batch of the stream is of one shard, and of a time that is in a few pages.
            self._write({PAYMENTS: [one for part in parts for one in part.payments(shard)]}, writer)
            self._report(LOADING, shard, SHARDS)
        writer.finish()

    def _write(self, items: Items, writer: BulkWriter) -> None:
        for output, all_items in items.items():
            key, known = KEYS[output], self._known.get(output, set())
            new: list[Item] = [one for one in all_items if one[key]["S"] not in known]
            writer.write(self._outputs[output], new)
            self._seeded.items += len(new)
            if output == PAYMENTS:
                self._seeded.added += len(new)

    def _keys_in(self, output: str) -> set[str]:
        table = Table(self._cloud.dynamodb(), self._outputs[output], KEYS[output])
        return {item[table.key]["S"] for item in table.items(table.key)}

    def _timed(self, phase: str, do: Callable[[], _Result]) -> _Result:
        started = time.monotonic()
        result = do()
        self._seeded.seconds[phase] = round(time.monotonic() - started, 2)
        return result
