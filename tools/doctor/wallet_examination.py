"""The examination of customers' wallets: operations, wallets, and their ledger accounts.

A wallet and its operations are written together but read one after the other, and a payment books
what its wallet has done a moment later. So what looks wrong is looked at again: the operations are
read anew, and count only if the wallet did not change while they were.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from payflow.aws.attributes import Item
from payflow.aws.wallet_item import is_operation
from payflow.domain.method import stored_wallet
from payflow.domain.payment import Payment
from payflow.domain.wallet import Wallet
from tools.doctor.facts import Unreadable, read_postings
from tools.doctor.findings import Findings, Problem
from tools.doctor.money import Replay, Sums
from tools.doctor.spool import Spool
from tools.doctor.tables import Table
from tools.doctor.wallets import (
    WALLETS,
    WalletFacts,
    account_of,
    may_have_moved,
    operation_moves_its_amount,
    read_operation,
    read_wallet,
    top_up_is_booked,
)

LOOKS_MAX: Final = 4
LOOK_PAUSE_S: Final = 2.0
NONE: Final = Sums()


@dataclass
class WalletExamination:
    """Takes the wallets table in, then the payments, then judges every wallet.

    `ledger` is what the API says of all accounts now; without an answer the replay has to do.
    """

    table: Table
    findings: Findings
    replay: Replay
    ledger: Callable[[], Mapping[str, Sums] | None]
    _open_minor: Counter[str] = field(default_factory=Counter)

    def read(self, items: Iterable[Item], spool: Spool) -> None:
        """Take in every item of the table."""
        for item in items:
            try:
                self._read(item, spool)
            except Unreadable as error:
                self.findings.add([Problem(18, item["id"]["S"], str(error))])

    def _read(self, item: Item, spool: Spool) -> None:
        if not is_operation(item):
            spool.add_wallet(item)
            self.findings.examined([17], "wallets")
            return
        operation, postings = read_operation(item), read_postings(item)
        self.findings.examined([17], "wallet operations")
        self.findings.add(operation_moves_its_amount(operation))
        self.findings.add(top_up_is_booked(operation, postings))
        self.replay.add(operation.id, postings)
        spool.add_change(
            operation.wallet_id, operation.balance_change_minor, operation.held_change_minor
        )
        if operation.payment_id is not None:
            spool.add_entry(operation.payment_id, item)

    def saw(self, payment: Payment) -> None:
        """A payment that is not settled may have moved money in its wallet already."""
        wallet_id = stored_wallet(payment.method)
        if wallet_id is not None:
            self._open_minor[wallet_id] += may_have_moved(payment)

    def judge(self, spool: Spool) -> None:
        """Judge every wallet that was taken in, and those that look wrong again."""
        suspects: dict[str, list[Problem]] = {}
        for item in spool.wallets():
            try:
                wallet = read_wallet(item)
            except Unreadable as error:
                self.findings.add([Problem(18, item["id"]["S"], str(error))])
                continue
            account = account_of(wallet)
            owed = self.replay.credits[account] - self.replay.debits[account]
            problems = list(self._judged(wallet, spool.changes(wallet.id), owed))
            if problems:
                suspects[wallet.id] = problems
        for _ in range(LOOKS_MAX):
            if not suspects:
                break
            time.sleep(LOOK_PAUSE_S)
            suspects = self._looked_at_again(suspects)
        for problems in suspects.values():
            self.findings.add(problems)

    def _judged(
        self, wallet: Wallet, changes: tuple[int, int], ledger_minor: int
    ) -> Iterator[Problem]:
        facts = WalletFacts(
            wallet=wallet,
            changed_minor=changes[0],
            held_minor=changes[1],
            ledger_minor=ledger_minor,
            open_minor=self._open_minor[wallet.id],
        )
        for check in WALLETS:
            yield from check(facts)

    def _looked_at_again(self, suspects: Mapping[str, list[Problem]]) -> dict[str, list[Problem]]:
        before = {wallet_id: self.table.get(wallet_id) for wallet_id in suspects}
        balances: Counter[str] = Counter()
        holds: Counter[str] = Counter()
        for item in self.table.items():
            wallet_id, _, key = item["id"]["S"].partition("#")
            if key and wallet_id in suspects:
                operation = read_operation(item)
                balances[wallet_id] += operation.balance_change_minor
                holds[wallet_id] += operation.held_change_minor
        ledger = self.ledger() or self.replay.accounts()
        still: dict[str, list[Problem]] = {}
        for wallet_id, was in before.items():
            if was is None or self.table.get(wallet_id) != was:
                continue  # It is being paid from.
            wallet = read_wallet(was)
            owed = ledger.get(account_of(wallet), NONE)
            changes = (balances[wallet_id], holds[wallet_id])
            problems = list(self._judged(wallet, changes, owed.credits - owed.debits))
            if problems:
                still[wallet_id] = problems
        return still
