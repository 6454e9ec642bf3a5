"""A payment's whole life under any interleaving: the invariants after every single state.

Hypothesis authorises, captures, refunds and cancels in any order, moves executions one state at a
time, duplicates them, loses answers, and repeats requests; providers fail and lose answers as well.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from itertools import pairwise

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from payflow.domain.errors import Conflict, InvalidRequest, Unavailable
from payflow.domain.instruction import InstructionKind
from payflow.domain.ledger import AccountKind, Phase, Side, folded
from payflow.domain.outcomes import Outcome
from payflow.domain.payment import TRANSITIONS, CaptureMethod, Payment, Status
from payflow.providers.simulated.entry import Kind, Standing
from tests.support.in_process import Execution, InProcess

AMOUNT = 1_000
NUMBERS = [
    "4242424242424242",
    "4000000000000077",
    "4000000000005126",
    "4000000000006975",
    "4000000000006983",
    "4000000000000341",
    "4000000000003220",
    "5105105105105100",
]
ASKED_FOR = (InstructionKind.CAPTURE, InstructionKind.VOID, InstructionKind.REFUND)
Asked = tuple[InstructionKind, int | None, str, bool]


class PaymentLife(RuleBasedStateMachine):
    """One payment, its merchant, its providers, and executions that are at work on it."""

    asked = Bundle("asked")

    @initialize(
        seed=st.integers(0, 10_000),
        number=st.sampled_from(NUMBERS),
        capture=st.sampled_from(CaptureMethod),
        rate=st.sampled_from([0.0, 0.3]),
    )
    def begin(self, seed: int, number: str, capture: CaptureMethod, rate: float) -> None:
        self.world = InProcess(seed=seed, failure_rate=rate, lost_response_rate=rate)
        self.id = self.world.pay(number, amount_minor=AMOUNT, capture=capture).id
        self.bodies: dict[str, str] = {}
        self.keys = 0
        self.seen = self.payment

    @property
    def payment(self) -> Payment:
        return self.world.payment(self.id)

    @rule(
        target=asked,
        kind=st.sampled_from(ASKED_FOR),
        minor=st.none() | st.integers(1, AMOUNT),
        final=st.booleans(),
    )
    def ask(self, kind: InstructionKind, minor: int | None, final: bool) -> Asked:
        self.keys += 1
        key = f"key-{self.keys}"
        wanted = (kind, minor, key, final and kind is InstructionKind.CAPTURE)
        self._send(wanted)
        return wanted

    @rule(wanted=asked)
    def repeat(self, wanted: Asked) -> None:
        known = self.bodies.get(wanted[2])
        self._send(wanted)

        assert known in (None, self.bodies.get(wanted[2]))

    @precondition(lambda self: self.world.executions)
    @rule(data=st.data(), crash=st.booleans())
    def work(self, data: st.DataObject, crash: bool) -> None:
        self.world.step(self._chosen(data), crash=crash)

    @precondition(lambda self: 0 < len(self.world.executions) < 6)
    @rule(data=st.data())
    def duplicate(self, data: st.DataObject) -> None:
        self.world.executions.append(dict(self._chosen(data)))

    @rule(seconds=st.integers(1, 30))
    def wait(self, seconds: int) -> None:
        self.world.later(seconds=seconds)

    @rule(data=st.data(), outcome=st.sampled_from((Outcome.APPROVED, Outcome.DECLINED)))
    def hear_from_a_provider(self, data: st.DataObject, outcome: Outcome) -> None:
        """True or not, duplicated, early or late."""
        attempts = self.payment.attempts
        with suppress(Unavailable):  # It is delivered again; here as other news, later.
            self.world.tell(self.payment, data.draw(st.integers(1, len(attempts))), outcome)

    @rule()
    def be_woken(self) -> None:
        self.world.wake(self.id)
        self.world.run_quietly()

    @rule()
    def let_it_finish(self) -> None:
        self.world.run()

    def _chosen(self, data: st.DataObject) -> Execution:
        return self.world.executions[data.draw(st.integers(0, len(self.world.executions) - 1))]

    def _send(self, wanted: Asked) -> None:
        kind, minor, key, final = wanted
        try:
            self.bodies[key] = self.world.ask(self.payment, kind, minor, key=key, final=final).body
        except (Conflict, InvalidRequest) as refusal:
            assert key not in self.bodies, refusal

    @invariant()
    def money_stays_within_its_bounds(self) -> None:
        payment = self.payment
        captures = payment.amount_captured + payment.pending_minor(InstructionKind.CAPTURE)
        refunds = payment.amount_refunded + payment.pending_minor(InstructionKind.REFUND)

        assert 0 <= captures <= payment.amount_authorized <= AMOUNT
        assert 0 <= refunds <= payment.amount_captured

    @invariant()
    def the_books_say_what_the_payment_says(self) -> None:
        payment = self.payment
        balances = folded({}, payment.postings)
        payable = sum(
            b.amount for a, b in balances.items() if a.kind is AccountKind.MERCHANT_PAYABLE
        )

        for side in Side:
            total = sum(
                e.amount_minor
                for t in payment.postings
                for e in t.entries
                if e.side is side and t.phase is Phase.POSTED
            )
            assert total == payment.amount_captured + payment.amount_refunded
        assert payable == (
            payment.amount_captured - payment.fees.platform_minor - payment.amount_refunded
        )
        assert len({t.id for t in payment.postings}) == len(payment.postings)

    @invariant()
    def what_may_still_be_captured_is_held_and_nothing_else(self) -> None:
        payment = self.payment
        waits = payment.status is Status.AUTHORIZED
        held = payment.amount_authorized - payment.amount_captured if waits else 0
        balances = folded({}, payment.postings).values()

        for balance in balances:
            is_payable = balance.account.kind is AccountKind.MERCHANT_PAYABLE
            is_receivable = balance.account.kind is AccountKind.PROVIDER_RECEIVABLE
            assert balance.pending_credits == (held if is_payable else 0)
            assert balance.pending_debits == (held if is_receivable else 0)

    @invariant()
    def providers_never_hold_more_than_one_charge(self) -> None:
        now = self.world.clock.now()
        entries = [e for e in self.world.booked() if e.standing is Standing.APPROVED]
        moved: Counter[Kind] = Counter()
        for entry in entries:
            moved[entry.kind] += entry.amount_minor
        reversed_too = [one.reverses for one in self.payment.instructions if one.reverses]
        charged = [e for e in entries if e.kind in (Kind.SALE, Kind.AUTHORIZATION)]

        assert len(charged) <= 1 + len(reversed_too)
        assert moved[Kind.CAPTURE] + moved[Kind.SALE] <= AMOUNT
        assert moved[Kind.REFUND] <= moved[Kind.CAPTURE] + moved[Kind.SALE]
        assert all(entry.booked_at <= now for entry in entries)

    @invariant()
    def what_payflow_says_happened_has_happened_at_a_provider(self) -> None:
        moved: Counter[Kind] = Counter()
        for entry in self.world.booked():
            if entry.standing is Standing.APPROVED:
                moved[entry.kind] += entry.amount_minor

        assert self.payment.amount_captured <= moved[Kind.CAPTURE] + moved[Kind.SALE]
        assert self.payment.amount_refunded <= moved[Kind.REFUND]
        if self.payment.status is Status.CANCELED:
            assert moved[Kind.SALE] == moved[Kind.CAPTURE] == 0
            assert moved[Kind.VOID] == moved[Kind.AUTHORIZATION]

    @invariant()
    def status_moves_along_the_table_and_settled_instructions_stay(self) -> None:
        before, after = self.seen, self.payment
        path = [before.status, *(c.status for c in after.history[len(before.history) :])]

        assert after.history[: len(before.history)] == before.history
        assert path[-1] is after.status
        assert all(new in TRANSITIONS[old] for old, new in pairwise(path))
        for old, new in zip(before.instructions, after.instructions, strict=False):
            assert old.id == new.id
            assert old.is_pending or (old.status, old.settled_at) == (new.status, new.settled_at)
        assert sum(attempt.outcome is None for attempt in after.attempts) <= 1
        self.seen = after

    def teardown(self) -> None:
        """With everybody left alone, both sides end up with the same sums."""
        if not hasattr(self, "world"):
            return
        self.world.run_and_wait(self.payment, days=10)
        for wanted in self.bodies:
            assert self.bodies[wanted]
        assert self.payment.is_terminal or self.payment.open_review is not None
        if not self.payment.pending():
            moved: Counter[Kind] = Counter()
            for entry in self.world.booked():
                if entry.standing is Standing.APPROVED:
                    moved[entry.kind] += entry.amount_minor
            assert self.payment.amount_captured == moved[Kind.CAPTURE] + moved[Kind.SALE]
            assert self.payment.amount_refunded == moved[Kind.REFUND]


TestPaymentLife = PaymentLife.TestCase
TestPaymentLife.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
