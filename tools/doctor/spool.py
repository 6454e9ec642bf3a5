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
    """Book entries and claims by their payment, and the tokens that still have a CVC.

    `take` removes what it gives, so that what is left at the end belongs to nobody.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect(ANONYMOUS_FILE)
        self._database.executescript(
            """
            CREATE TABLE entry (payment TEXT, item TEXT);
            CREATE TABLE claim (payment TEXT, number INTEGER);
            CREATE TABLE cvc (token TEXT PRIMARY KEY) WITHOUT ROWID;
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
        """Keep an item of the providers' books, which has text and numbers only."""
        self._database.execute("INSERT INTO entry VALUES (?, ?)", (payment_id, json.dumps(item)))

    def add_claim(self, payment_id: str, number: int) -> None:
        """Keep that the call of that attempt was claimed."""
        self._database.execute("INSERT INTO claim VALUES (?, ?)", (payment_id, number))

    def add_cvc(self, token: str) -> None:
        """Keep that the vault holds a CVC under this token."""
        self._database.execute("INSERT OR IGNORE INTO cvc VALUES (?)", (token,))

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

    def left(self) -> Iterator[tuple[str, str]]:
        """What nobody took: ("entry" or "claim", the payment that it names)."""
        yield from self._database.execute(
            "SELECT 'entry', payment FROM entry UNION SELECT 'claim', payment FROM claim"
        )
