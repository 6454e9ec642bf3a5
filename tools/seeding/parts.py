"""One part of a history as the items that its deployment would have written; runs in a process."""

from __future__ import annotations

import pickle
import secrets
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from payflow.aws.attributes import Item
from payflow.aws.payments import marked_item
from payflow.aws.provider_book import book_item
from payflow.aws.provider_calls import KEPT_FOR, OWNER_BYTES, call_item
from payflow.aws.settings import VaultSettings
from payflow.aws.system_clock import SystemClock
from payflow.aws.vault import KmsVault
from payflow.aws.wallet_item import operation_to_item, wallet_to_item
from payflow.domain.journal import shard_of
from payflow.domain.ledger import JournalTransaction
from simulation.history.plan import HistoryPart
from simulation.history.world import HistoryWorld, Lived
from tools.deployment.cloud import Cloud

VAULT: Final = "VaultTable"
BOOKS: Final = "ProviderBooksTable"
CALLS: Final = "ProviderCallsTable"
WALLETS: Final = "WalletsTable"
PAYMENTS: Final = "PaymentsTable"
KEYS: Final = {VAULT: "token", BOOKS: "id", CALLS: "id", WALLETS: "id", PAYMENTS: "id"}
"""The outputs that name the tables which a history fills, and the key of each."""

Items = Mapping[str, Sequence[Item]]
"""Items by the output that names their table."""


@dataclass(frozen=True, slots=True)
class LoadedPart:
    """`beside` is what is there before the journal knows of it; `packed` are payments by shard."""

    beside: Items
    wallets: Sequence[Item]
    packed: Mapping[int, bytes]
    postings: Sequence[tuple[str, Sequence[JournalTransaction]]]
    counts: Counter[str]
    broken: Sequence[str]

    def payments(self, shard: int) -> Sequence[Item]:
        """The items of the payments of one shard of the journal, oldest first."""
        if shard not in self.packed:
            return ()
        payments: Sequence[Item] = pickle.loads(zlib.decompress(self.packed[shard]))
        return payments


class PartMaker:
    """Lives through parts for one deployment."""

    def __init__(self, cloud: Cloud, outputs: Mapping[str, str]) -> None:
        """The deployment's own keys seal what goes into its vault."""
        settings = VaultSettings(outputs[VAULT], outputs["CardKeyId"], outputs["CvcKeyId"])
        self._vault = KmsVault(
            cloud.dynamodb(), lambda: cloud.client("kms"), settings, SystemClock()
        )

    def __call__(self, part: HistoryPart) -> LoadedPart:
        """The part's items; raises `Unavailable` while the key service does not answer."""
        lived = HistoryWorld(part, self._vault.fingerprint).live()
        until = part.scope.until
        return LoadedPart(
            beside={
                VAULT: list(self._cards(lived, until)),
                BOOKS: [book_item(*pair) for pair in lived.books.items()],
                CALLS: list(_calls(lived, until)),
            },
            wallets=list(_wallets(lived)),
            packed=_packed(lived),
            postings=lived.postings,
            counts=counted(lived),
            broken=lived.broken,
        )

    def _cards(self, lived: Lived, until: datetime) -> Iterator[Item]:
        for token, stored in lived.cards.items():
            expires_at_s = stored.expires_at_s
            if expires_at_s is None or expires_at_s > until.timestamp():
                yield self._vault.sealed_item(token, stored.merchant_id, stored.card, expires_at_s)


def counted(lived: Lived) -> Counter[str]:
    """How many payments by status, and of what happened to them."""
    counts = Counter(payment.status.value for payment in lived.payments)
    for payment in lived.payments:
        counts["disputes"] += len(payment.disputes)
        counts["refunded"] += payment.amount_refunded > 0
        counts["postings"] += len(payment.postings)
    counts["wallets"] += len(lived.wallets)
    return counts


def _wallets(lived: Lived) -> Iterator[Item]:
    yield from map(wallet_to_item, lived.wallets)
    yield from map(operation_to_item, lived.wallet_operations)


def _packed(lived: Lived) -> dict[int, bytes]:
    by_shard: dict[int, list[Item]] = {}
    for payment in sorted(lived.payments, key=lambda one: one.created_at):
        by_shard.setdefault(shard_of(payment.merchant_id), []).append(marked_item(payment))
    return {shard: zlib.compress(pickle.dumps(items), level=1) for shard, items in by_shard.items()}


def _calls(lived: Lived, until: datetime) -> Iterator[Item]:
    """Those that the table would not have dropped yet."""
    for payment_id, attempt_number, at in lived.calls:
        if at + KEPT_FOR > until:
            yield call_item(payment_id, attempt_number, secrets.token_hex(OWNER_BYTES), at)


_maker: list[PartMaker] = []


def prepare(cloud: Cloud, outputs: Mapping[str, str]) -> None:
    """Make this process ready to live through parts."""
    _maker[:] = [PartMaker(cloud, outputs)]


def made(part: HistoryPart) -> LoadedPart:
    """A part, made by a process that is prepared."""
    return _maker[0](part)
