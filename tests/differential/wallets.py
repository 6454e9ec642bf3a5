"""Sequences on customers' wallets, mostly of operations under repeated keys."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from payflow.aws.posted_facts import PostedFacts
from payflow.aws.wallets import DynamoWallets
from payflow.domain.money import Money
from payflow.domain.wallet import (
    AUTHORIZING,
    Wallet,
    WalletAction,
    WalletOperation,
    WalletRequest,
)
from simulation.ports.wallets import InMemoryWallets
from tests.differential.driver import Driver, Key
from tests.differential.payments import posted
from tests.differential.reference import Reference

_FOLLOWING = tuple(one for one in WalletAction if one not in AUTHORIZING)


class Wallets(Driver):
    """One wallet, now and then a second, and a handful of keys."""

    TABLE = "WALLETS_TABLE"
    OPERATIONS = (
        *(
            "open",
            "create",
            "top_up",
            "top_up",
            "authorize",
            "authorize",
            "follow",
            "follow",
            "follow",
        ),
        *("get", "find", "refuse", "later", "posted_since"),
    )

    def __init__(self, reference: Reference, chance: Random, own: str) -> None:
        super().__init__(reference, chance, own)
        self.real = _Wallets(reference, self)
        self.memory = InMemoryWallets(self.clock)
        self.wallets = (f"wal_{own}", f"wal_{own}", f"wal_{own}", f"wal_{own}b")
        self.merchants = (f"mer_{own}", f"mer_{own}", f"mer_{own}", "mer_other")

    def written(self) -> Sequence[Key]:
        ids = (*self.memory.wallets, *self.memory.operations)
        return [{"id": {"S": one}} for one in ids]

    def look(self) -> None:
        for wallet_id in self.memory.wallets:
            self.ask("get", wallet_id)
        for operation in list(self.memory.operations.values()):
            self.ask("find", operation.wallet_id, operation.key)

    def open(self) -> None:
        """A wallet with something in it and, often, a hold or a debit on it."""
        self.create()
        self.top_up()
        self.authorize()

    def create(self) -> None:
        made = Wallet(
            id=self.chance.choice(self.wallets),
            merchant_id=self.merchants[0],
            customer_id=self.one_of("cus_1", "cus_2"),
            currency=self.one_of("INR", "INR", "INR", "EUR"),
            request_hash=self.one_of("00", "11"),
            created_at=self.clock.now(),
            updated_at=self.clock.now(),
        )
        self.ask("create", made)

    def get(self) -> None:
        self.ask("get", self.one_of(*self.wallets, f"wal_{self.own}#k1"))

    def find(self) -> None:
        self.ask("find", self.chance.choice(self.wallets), self._key())

    def top_up(self) -> None:
        self.ask("perform", self._request(WalletAction.TOP_UP))

    def authorize(self) -> None:
        self.ask("perform", self._request(self.one_of(*AUTHORIZING)))

    def follow(self) -> None:
        self.ask("perform", self._request(self.chance.choice(_FOLLOWING)))

    def refuse(self) -> None:
        request = self._request(self.one_of(*WalletAction))
        self.ask("refuse", request, self.one_of("request_closed", "frequency_limit_exceeded"))

    def later(self) -> None:
        self.clock.time = max(self.clock.time, self.moment())

    def posted_since(self) -> None:
        self.ask("posted_since", {self.merchants[0]: self.moment()}, view=posted)

    def _request(self, action: WalletAction) -> WalletRequest:
        authorizes = action in (*AUTHORIZING, WalletAction.TOP_UP)
        return WalletRequest(
            wallet_id=self.chance.choice(self.wallets),
            merchant_id=self.chance.choice(self.merchants),
            key=self._key(),
            action=action,
            amount=Money(self.one_of(1, 50, 50, 100, 10**12), self.one_of("INR", "INR", "EUR")),
            payment_id=self.maybe("pay_1"),
            authorization_key=None if authorizes else self._authorization_key(),
            final=self.one_of(True, False),
            whole_only=self.one_of(True, False, False),
            request_hash=self.maybe("00"),
        )

    def _authorization_key(self) -> str:
        """Mostly of something that was authorised."""
        operations: dict[str, WalletOperation] = self.memory.operations
        known = [one.key for one in operations.values() if one.action in AUTHORIZING]
        return self.chance.choice([*known, *known, *known, self._key()])

    def _key(self) -> str:
        return self.one_of("k1", "k2", "k3", "k4", "k5", "k6", "k7")


class _Wallets(DynamoWallets):
    """The adapter, and the source of what is posted that reads the same table."""

    def __init__(self, reference: Reference, driver: Driver) -> None:
        table = reference.tables["WALLETS_TABLE"]
        super().__init__(reference.dynamodb, table, driver.clock, driver.chance)
        self.posted_since = PostedFacts(reference.dynamodb, table).posted_since
