"""What was read from one table and is needed beside another, on disk rather than in memory."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import Final

from payflow.aws.attributes import Item

ANONYMOUS_FILE: Final = ""
"""SQLite's name for a database in a temporary file of its own that is gone when it is closed."""


class Spool:
    """Book entries and claims by payment, tokens with a CVC, wallets, journal transactions.

    `take` removes what it gives, so that what is left at the end belongs to nobody.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect(ANONYMOUS_FILE)
        self._database.executescript(
            """
            CREATE TABLE entry (payment TEXT, item TEXT);
            CREATE TABLE claim (payment TEXT, number INTEGER);
            CREATE TABLE cvc (token TEXT PRIMARY KEY) WITHOUT ROWID;
            CREATE TABLE change (wallet TEXT PRIMARY KEY, balance INTEGER, held INTEGER);
            CREATE TABLE wallet (item TEXT);
            CREATE TABLE posted (identity TEXT PRIMARY KEY, content TEXT) WITHOUT ROWID;
            CREATE TABLE folded (identity TEXT PRIMARY KEY, content TEXT) WITHOUT ROWID;
            CREATE INDEX entry_by_payment ON entry (payment);
            CREATE INDEX claim_by_payment ON claim (payment);
            """
        )

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._database.close()

    def add_entry(self, payment_id: str, item: Item) -> None:
        """Keep an item of the providers' books, which has nothing binary."""
        self._database.execute("INSERT INTO entry VALUES (?, ?)", (payment_id, json.dumps(item)))

    def add_claim(self, payment_id: str, number: int) -> None:
        """Keep that the call of that attempt was claimed."""
        self._database.execute("INSERT INTO claim VALUES (?, ?)", (payment_id, number))

    def add_cvc(self, token: str) -> None:
        """Keep that the vault holds a CVC under this token."""
        self._database.execute("INSERT OR IGNORE INTO cvc VALUES (?)", (token,))

    def add_change(self, wallet_id: str, balance_minor: int, held_minor: int) -> None:
        """Add to the sums of a wallet's operations."""
        self._database.execute(
            "INSERT INTO change VALUES (?, ?, ?) ON CONFLICT (wallet) DO UPDATE SET"
            " balance = balance + excluded.balance, held = held + excluded.held",
            (wallet_id, balance_minor, held_minor),
        )

    def changes(self, wallet_id: str) -> tuple[int, int]:
        """The sums of a wallet's operations: what they did to its balance and to its holds."""
        query = "SELECT balance, held FROM change WHERE wallet = ?"
        balance, held = self._database.execute(query, (wallet_id,)).fetchone() or (0, 0)
        return balance, held

    def add_wallet(self, item: Item) -> None:
        """Keep a wallet, but for what is binary: the hash of the request that made it."""
        readable = {name: value for name, value in item.items() if "B" not in value}
        self._database.execute("INSERT INTO wallet VALUES (?)", (json.dumps(readable),))

    def wallets(self) -> Iterator[Item]:
        """The wallets that were kept."""
        for (item,) in self._database.execute("SELECT item FROM wallet"):
            yield json.loads(item)

    def take_entries(self, payment_id: str) -> list[Item]:
        """The book entries of a payment, once."""
        query = "DELETE FROM entry WHERE payment = ? RETURNING item"
        return [json.loads(item) for (item,) in self._database.execute(query, (payment_id,))]

    def take_claims(self, payment_id: str) -> frozenset[int]:
        """The numbers of the payment's claimed attempts, once."""
        query = "DELETE FROM claim WHERE payment = ? RETURNING number"
        return frozenset(number for (number,) in self._database.execute(query, (payment_id,)))

    def has_cvc(self, token: str | None) -> bool:
        """Whether the vault held a CVC under that token."""
        query = "SELECT 1 FROM cvc WHERE token = ?"
        return self._database.execute(query, (token,)).fetchone() is not None

    def add_posted(self, identity: str, content: str) -> None:
        """Keep that a fact has posted this transaction."""
        self._database.execute("INSERT OR IGNORE INTO posted VALUES (?, ?)", (identity, content))

    def add_folded(self, identity: str, content: str) -> bool:
        """Keep that a page of the journal has this transaction; False if one had it before."""
        query = "INSERT OR IGNORE INTO folded VALUES (?, ?)"
        return self._database.execute(query, (identity, content)).rowcount == 1

    def is_folded(self, identity: str, content: str) -> bool:
        """Whether a page has the transaction as it is given."""
        query = "SELECT 1 FROM folded WHERE identity = ? AND content = ?"
        return self._database.execute(query, (identity, content)).fetchone() is not None

    def is_any_missing(self) -> bool:
        """Whether facts have posted a transaction that no page has, not even in another form."""
        query = "SELECT 1 FROM posted WHERE identity NOT IN (SELECT identity FROM folded) LIMIT 1"
        return self._database.execute(query).fetchone() is not None

    def not_folded(self, limit: int) -> list[str]:
        """Transactions that facts have posted and no page has like that."""
        query = "SELECT identity FROM (SELECT * FROM posted EXCEPT SELECT * FROM folded) LIMIT ?"
        return [identity for (identity,) in self._database.execute(query, (limit,))]

    def not_posted(self, limit: int) -> list[str]:
        """Transactions that pages have and no fact that was read."""
        query = (
            "SELECT identity FROM folded"
            " WHERE identity NOT IN (SELECT identity FROM posted) LIMIT ?"
        )
        return [identity for (identity,) in self._database.execute(query, (limit,))]

    def left(self) -> Iterator[tuple[str, str]]:
        """What nobody took: ("entry" or "claim", the payment that it names)."""
        yield from self._database.execute(
            "SELECT 'entry', payment FROM entry UNION SELECT 'claim', payment FROM claim"
        )
