"""The examination of what a deployment has stored, table by table, payment by payment.

Payments go on while they are looked at. The order of reading makes most of that harmless: a
provider's books before the claims, the claims before the payments, since a payment is written
before its claim, and its claim before the book. Whatever looks wrong all the same is read again
after a moment, as one picture that did not change while it was taken, before it is called broken.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from payflow.aws.attributes import Item
from payflow.domain.method import CardMethod, stored_wallet
from payflow.domain.payment import Payment
from payflow.domain.ports import Clock
from tools.doctor.charging import CHARGING
from tools.doctor.derivation import expected_key
from tools.doctor.disputes import DISPUTES
from tools.doctor.facts import (
    POSTINGS,
    BookFact,
    PaymentFacts,
    Posting,
    Terms,
    Unreadable,
    is_entry,
    read_entry,
    read_payment,
    read_postings,
)
from tools.doctor.findings import Findings, Problem
from tools.doctor.liveness import LIVENESS, claim_has_payment, is_under_way
from tools.doctor.money import MONEY, Replay, Sums
from tools.doctor.page_examination import PageExamination
from tools.doctor.pages import folded
from tools.doctor.payouts import PayoutExamination
from tools.doctor.secrecy import (
    SECRECY,
    Secrets,
    nothing_shows,
    raw_bytes,
    vault_item_is_sealed,
)
from tools.doctor.spool import Spool
from tools.doctor.tables import Table
from tools.doctor.wallet_examination import WalletExamination
from tools.doctor.wallets import read_operation, wallet_entry

CHECKS: Final = (*CHARGING, *MONEY, *DISPUTES, *SECRECY, *LIVENESS)
CHECKED: Final = tuple(dict.fromkeys(number for number, _ in CHECKS))

PAYMENTS: Final = "Payments"
BOOKS: Final = "ProviderBooks"
CALLS: Final = "ProviderCalls"
VAULT: Final = "Vault"
WALLETS: Final = "Wallets"
PAYOUTS: Final = "Payouts"
LEDGER: Final = "Ledger"
JOINED: Final = (BOOKS, WALLETS, CALLS, VAULT, PAYMENTS, PAYOUTS, LEDGER)
"""In the order in which they are read; others are looked through for secrets and postings."""

LOOKS_MAX: Final = 4
LOOK_PAUSE_S: Final = 2.0
PICTURES_MAX: Final = 3
SUSPECTS_MAX: Final = 1_000

Report = Callable[[str, int, int], None]
"""Told (what is being done, parts done, parts in all)."""


@dataclass
class Suspect:
    """A payment that looked wrong, and the book entries that named it."""

    entry_ids: set[str]
    problems: list[Problem]


@dataclass
class Examination:
    """Looks through the tables; what it finds goes into `findings`, the journal into `replay`."""

    tables: Mapping[str, Table]
    secrets: Secrets
    terms: Terms
    clock: Clock
    findings: Findings
    report: Report
    ledger: Callable[[], Mapping[str, Sums] | None]
    replay: Replay = field(default_factory=Replay)
    _suspects: dict[str, Suspect] = field(default_factory=dict)
    _under_way: int = 0

    def run(self) -> None:
        """Look at everything."""
        wallets = WalletExamination(self.tables[WALLETS], self.findings, self.replay, self.ledger)
        with Spool() as spool:
            self.replay.watch = lambda fact_id, posting: spool.add_posted(*folded(fact_id, posting))
            self._read_books(spool)
            wallets.read(self._items(WALLETS), spool)
            self._read_claims(spool)
            self._read_vault(spool)
            self._read_payments(spool, wallets)
            self._suspect_orphans(spool)
            wallets.judge(spool)
            payouts = PayoutExamination(self.tables[PAYOUTS], self.findings, self.replay)
            payouts.run(self._items(PAYOUTS))
            for name in self.tables:
                if name not in JOINED:
                    for item in self._items(name):
                        self._replay_fact(item)
            self.report("Walking the journal's chains", 0, 0)
            pages = PageExamination(self.tables[LEDGER], self.findings, self.secrets, self._fact)
            pages.run(spool)
        self._look_again()
        if self._under_way:
            self.findings.note(34, f"{self._under_way:,} payments are being worked on")

    def _items(self, name: str) -> Iterator[Item]:
        """The items of a table, each looked through for secrets on the way."""
        table = self.tables[name]
        total, doing = table.count(), f"Reading {name}"
        self.report(doing, 0, total)
        for number, item in enumerate(table.items(), start=1):
            item_id = item[table.key]["S"]
            self.findings.add(nothing_shows(self.secrets, f"{name} {item_id}", raw_bytes(item)))
            self.findings.examined([32], "items")
            if number % 100 == 0:
                self.report(doing, number, max(total, number))
            yield item

    def _fact(self, fact_id: str) -> Item | None:
        """The item of a payment, payout or wallet's operation."""
        tables = {"po": PAYOUTS, "wal": WALLETS}
        return self.tables[tables.get(fact_id.partition("_")[0], PAYMENTS)].get(fact_id)

    def _replay_fact(self, item: Item) -> None:
        """What a fact that is no payment has posted, such as the top-up of a wallet."""
        if POSTINGS not in item:
            return
        try:
            self.replay.add(item["id"]["S"], read_postings(item))
        except Unreadable as error:
            self.findings.add([Problem(11, item["id"]["S"], str(error))])

    def _read_books(self, spool: Spool) -> None:
        for item in self._items(BOOKS):
            if not is_entry(item):
                continue
            spool.add_entry(item["order_id"]["S"], item)
            self.findings.examined([1, 4, 5, 10], "book entries")

    def _read_claims(self, spool: Spool) -> None:
        for item in self._items(CALLS):
            payment_id, _, number = item["id"]["S"].rpartition("#")
            spool.add_claim(payment_id, int(number))
            self.findings.examined([4, 34], "claims")

    def _read_vault(self, spool: Spool) -> None:
        for item in self._items(VAULT):
            token = item["token"]["S"]
            self.findings.add(vault_item_is_sealed(token, item))
            if "cvc" in item:
                spool.add_cvc(token)

    def _read_payments(self, spool: Spool, wallets: WalletExamination) -> None:
        for item in self._items(PAYMENTS):
            payment_id = item["id"]["S"]
            entries, claims = spool.take_entries(payment_id), spool.take_claims(payment_id)
            token = item.get("card", {}).get("M", {}).get("t", {}).get("S")
            seen, problems = self._judged(item, entries, claims, spool.has_cvc(token))
            self.findings.examined(CHECKED, "payments")
            self._under_way += seen is not None and is_under_way(seen)
            if seen is not None:
                self.replay.add(payment_id, seen.postings)
                wallets.saw(seen.payment)
            if problems:
                self._suspect(payment_id, {entry["id"]["S"] for entry in entries}, problems)

    def _judged(
        self, item: Item, entries: Iterable[Item], claims: frozenset[int], has_cvc: bool
    ) -> tuple[PaymentFacts | None, list[Problem]]:
        """What is seen of a payment and what is wrong with it."""
        payment_id = item["id"]["S"]
        problems: list[Problem] = []
        postings: tuple[Posting, ...] = ()
        book: list[BookFact] = []
        try:
            payment = read_payment(item)
        except Unreadable as error:
            return None, [Problem(18, payment_id, str(error))]
        try:
            postings = read_postings(item)
        except Unreadable as error:
            problems.append(Problem(11, payment_id, str(error)))
        for entry in entries:
            try:
                book += self._entry(entry)
            except Unreadable as error:
                problems.append(Problem(1, entry["id"]["S"], str(error)))
        facts = PaymentFacts(
            payment=payment,
            item=item,
            postings=postings,
            entries=tuple(book),
            claimed=claims,
            has_cvc=has_cvc,
            moment=self.clock.now(),
        )
        for _, check in CHECKS:
            problems.extend(check(facts, self.terms))
        return facts, problems

    def _entry(self, item: Item) -> list[BookFact]:
        """What an item of a provider's book, or of a wallet's operations, says of a payment."""
        if is_entry(item):
            return [read_entry(item)]
        entry = wallet_entry(read_operation(item), self.terms.wallet_provider or "")
        return [] if entry is None else [entry]

    def _suspect(self, payment_id: str, entry_ids: set[str], problems: list[Problem]) -> None:
        if len(self._suspects) < SUSPECTS_MAX:
            self._suspects[payment_id] = Suspect(entry_ids, problems)
        else:
            self.findings.add(problems)

    def _suspect_orphans(self, spool: Spool) -> None:
        """Entries and claims whose payment was not among the payments."""
        for kind, payment_id in spool.left():
            exists = self.tables[PAYMENTS].get(payment_id) is not None
            if kind == "claim":
                self.findings.add(claim_has_payment(payment_id, payment_id, exists))
            elif not exists:
                text = "a provider's book names this payment, which is not there"
                self.findings.add([Problem(4, payment_id, text)])

    def _look_again(self) -> None:
        """Look at the suspects until they are well, or have been looked at often enough."""
        for look in range(1, LOOKS_MAX + 1):
            if not self._suspects:
                return
            self.report("Looking again at what looks wrong", look, LOOKS_MAX)
            time.sleep(LOOK_PAUSE_S)
            for payment_id, suspect in list(self._suspects.items()):
                suspect.problems = self._problems_now(payment_id, suspect.entry_ids)
                if not suspect.problems:
                    del self._suspects[payment_id]
        for suspect in self._suspects.values():
            self.findings.add(suspect.problems)

    def _problems_now(self, payment_id: str, entry_ids: set[str]) -> list[Problem]:
        payments = self.tables[PAYMENTS]
        item = payments.get(payment_id)
        for _ in range(PICTURES_MAX):
            if item is None:
                return [Problem(12, payment_id, "was there, and is not any more")]
            _, problems = self._judged(item, *self._surroundings(item, entry_ids))
            again = payments.get(payment_id)
            if again == item:
                return problems
            item = again
        return []  # It changes all the time: it is being worked on.

    def _surroundings(
        self, item: Item, entry_ids: set[str]
    ) -> tuple[list[Item], frozenset[int], bool]:
        """The book entries, claims and CVC of a payment as they are now."""
        try:
            payment = read_payment(item)
        except Unreadable:
            return [], frozenset(), False
        wanted = entry_ids | set(_entry_ids(payment))
        book = self.tables[BOOKS if stored_wallet(payment.method) is None else WALLETS]
        entries = (book.get(one) for one in sorted(wanted))
        claimed = frozenset(
            one.number
            for one in payment.attempts
            if self.tables[CALLS].get(f"{payment.id}#{one.number}") is not None
        )
        return [one for one in entries if one is not None], claimed, self._has_cvc(payment)

    def _has_cvc(self, payment: Payment) -> bool:
        if not isinstance(payment.method, CardMethod):
            return False
        item = self.tables[VAULT].get(payment.method.token)
        return item is not None and "cvc" in item


def _entry_ids(payment: Payment) -> Iterator[str]:
    wallet_id = stored_wallet(payment.method)
    for attempt in payment.attempts:
        yield f"{wallet_id or attempt.provider}#{expected_key(payment.id, attempt.number)}"
