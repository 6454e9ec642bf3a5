"""The replayed journal against the API's sums, queues, and what is told in the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow.domain.ids import derived_id
from payflow.domain.ledger import Phase
from payflow.domain.money import FeeTerms
from payflow.domain.payment import provider_key
from tests.tools.doctor.world import a_long_story, a_sale
from tools.doctor.derivation import expected_id, expected_key
from tools.doctor.findings import KEPT_MAX, TOLD_MAX, Findings, Problem
from tools.doctor.liveness import claim_has_payment, queue_is_drained
from tools.doctor.money import (
    Replay,
    Sums,
    balances_follow,
    platform_fee,
    trial_balance,
)
from tools.doctor.surroundings import check_balances

RECEIVABLE, PAYABLE = "provider_receivable:A:INR", "merchant_payable:mer_1:INR"
BEFORE = {RECEIVABLE: Sums(100, 20), PAYABLE: Sums(20, 100)}


def told(problems: Iterable[Problem]) -> str:
    return "; ".join(map(str, problems))


def test_the_replay_adds_both_sides_of_every_account() -> None:
    replay = Replay()

    replay.add("pay_1", a_sale().postings)
    replay.add("pay_1", a_long_story().postings)

    accounts = replay.accounts()
    payable = "merchant_payable:mer_00000000000000000000000001:INR"
    assert accounts[payable] == Sums(debits=350, credits=1980)
    assert accounts["fees_revenue:INR"] == Sums(debits=0, credits=20)
    assert told(trial_balance(accounts, "the journal")) == ""


def test_what_is_held_and_given_back_is_not_posted() -> None:
    replay, (sale,) = Replay(), a_sale().postings

    replay.add("pay_1", [replace(sale, phase=Phase.PENDING), replace(sale, phase=Phase.RELEASED)])
    replay.add("pay_1", [replace(sale, phase=Phase.PENDING)])

    assert replay.accounts()["fees_revenue:INR"] == Sums(pending_credits=10)
    assert told(trial_balance(replay.accounts(), "x")) == ""


def test_a_trial_balance_is_by_currency() -> None:
    accounts = {"bank:INR": Sums(5, 0), "bank:USD": Sums(0, 5)}

    assert told(trial_balance(accounts, "x")) == (
        "x: INR is out of balance by 5; x: USD is out of balance by -5"
    )


def test_sums_that_only_grow_bracket_the_journal() -> None:
    between = BEFORE | {RECEIVABLE: Sums(150, 20)}
    after = BEFORE | {RECEIVABLE: Sums(150, 30)}

    assert told(balances_follow(BEFORE, between, after)) == ""


@pytest.mark.parametrize(
    ("replayed", "text"),
    [
        (BEFORE | {RECEIVABLE: Sums(101, 20)}, "debits are 100 by the API, 101 by the journal"),
        (BEFORE | {PAYABLE: Sums(20, 99)}, "credits are 100 by the API, 99 by the journal"),
        ({RECEIVABLE: Sums(100, 20)}, "merchant_payable:mer_1:INR: debits are 20"),
        (BEFORE | {"bank:INR": Sums(1, 0)}, "bank:INR: debits are 0 by the API, 1"),
        (BEFORE | {PAYABLE: Sums(20, 100, 0, 5)}, "held are 0 and 0 by the API, 0 and 5"),
    ],
)
def test_a_balance_that_does_not_follow_is_told(replayed: dict[str, Sums], text: str) -> None:
    assert text in told(balances_follow(BEFORE, replayed, BEFORE))


def test_an_api_that_lags_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.doctor.surroundings.time.sleep", lambda _: None)
    replay, findings = Replay(), Findings()
    replay.add("pay_1", a_sale().postings)
    answers = iter([{}, replay.accounts()])

    check_balances({}, replay, lambda: next(answers), findings)

    assert [(check.id, check.ok) for check in findings.checks()] == [(11, True), (17, True)]


def test_an_api_that_never_follows_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.doctor.surroundings.time.sleep", lambda _: None)
    replay, findings = Replay(), Findings()
    replay.add("pay_1", a_sale().postings)

    check_balances({}, replay, lambda: {"bank:INR": Sums(1, 0)}, findings)

    assert [(check.id, check.ok) for check in findings.checks()] == [(11, False), (17, False)]


def test_an_api_that_tells_nothing_is_told_and_the_journal_is_judged_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tools.doctor.surroundings.time.sleep", lambda _: None)
    replay, findings = Replay(), Findings()
    replay.add("pay_1", a_sale().postings)

    check_balances(None, replay, lambda: None, findings)

    trial, balances = findings.checks()
    assert (trial.id, trial.ok) == (11, True)
    assert "does not tell the balances" in balances.detail


def test_messages_that_wait_and_claims_of_nobody_are_told() -> None:
    assert told(queue_is_drained("wake-up", 3, False)) == "wake-up: 3 messages are waiting"
    assert told(queue_is_drained("dead", 1, True)) == "dead: 1 dead letters are waiting"
    assert told(queue_is_drained("wake-up", 0, False)) == ""
    assert "which is not there" in told(claim_has_payment("pay_1#1", "pay_1", False))
    assert told(claim_has_payment("pay_1#1", "pay_1", True)) == ""


@given(st.integers(0, 10**12), st.integers(0, 10_000), st.integers(0, 10**6))
def test_the_second_sum_of_a_fee_is_the_first(minor: int, bps: int, fixed: int) -> None:
    terms = FeeTerms(bps, fixed)

    assert platform_fee(terms, minor) == terms.on(minor)


@given(st.lists(st.text(max_size=20), max_size=4))
def test_the_second_derivation_of_an_id_is_the_first(parts: list[str]) -> None:
    assert expected_id("x", *parts) == derived_id("x", *parts)
    assert expected_key("pay_1", 3) == provider_key("pay_1", 3)


def test_an_id_is_what_it_has_always_been() -> None:
    assert expected_key("pay_00000000000000000000000001", 1) == "pk_r6xm3a0n4xm2gtyj433qyh7ynw"


def test_one_entry_tells_all_about_an_invariant_and_no_more_than_can_be_read() -> None:
    findings = Findings()
    findings.examined([1, 2], "payments", 2_000)
    findings.note(2, "two are under way")

    findings.add(Problem(1, f"pay_{n}", "is charged twice") for n in range(KEPT_MAX + 7))

    broken, fine = findings.checks()
    assert (broken.id, broken.ok, fine.id, fine.ok) == (1, False, 2, True)
    assert broken.detail.count("is charged twice") == TOLD_MAX
    assert broken.detail.endswith(f"and {KEPT_MAX + 7 - TOLD_MAX:,} more")
    assert fine.detail == "2,000 payments; two are under way"
