"""Payments from one wallet, whatever fails or gets lost: wallet, payments and ledger agree."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payflow.domain.errors import Conflict, InvalidRequest
from payflow.domain.instruction import InstructionKind
from payflow.domain.ledger import Account, AccountKind, folded
from payflow.domain.payment import CaptureMethod, Payment, Status
from tests.support.in_process import MERCHANT, InProcess
from tests.support.ports import fund

WALLET, BALANCE = "wal_1", 1_000
STEPS_MAX, EXECUTIONS_MAX = 2_000, 30
CRASHED, DUPLICATED = 0.2, 0.1

payments = st.tuples(st.integers(1, 600), st.sampled_from(CaptureMethod))
instructions = st.tuples(
    st.integers(0, 5),
    st.sampled_from([InstructionKind.CAPTURE, InstructionKind.VOID, InstructionKind.REFUND]),
    st.none() | st.integers(1, 600),
    st.booleans(),
)


def run(world: InProcess, chance: Random) -> None:
    """All executions to their ends in any order, with crashes and duplicates on the way."""
    for _ in range(STEPS_MAX):
        running = [one for one in world.executions if not world.is_finished(one)]
        if not running:
            return
        execution = chance.choice(running)
        if chance.random() < DUPLICATED and len(world.executions) < EXECUTIONS_MAX:
            world.executions.append(dict(execution))
        world.step(execution, crash=chance.random() < CRASHED)
    raise AssertionError("an execution does not end")


def ledger_balance(world: InProcess) -> int:
    journal = [
        *(p for one in world.wallets.operations.values() for p in one.postings),
        *(p for payment in world.payments.items.values() for p in payment.postings),
    ]
    return folded({}, journal)[Account(AccountKind.CUSTOMER_WALLET, "INR", WALLET)].amount


def held(payment: Payment) -> int:
    waits = payment.status is Status.AUTHORIZED
    return payment.amount_authorized - payment.amount_captured if waits else 0


@given(
    seed=st.integers(0, 10_000),
    rate=st.sampled_from([0.0, 0.3]),
    made=st.lists(payments, min_size=1, max_size=5),
    asked=st.lists(instructions, max_size=6),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_wallet_its_operations_the_payments_and_the_ledger_agree(
    seed: int, rate: float, made: list[Any], asked: list[Any]
) -> None:
    chance = Random(seed)
    world = InProcess(seed=seed, failure_rate=rate, lost_response_rate=rate)
    fund(world.wallets, WALLET, BALANCE, merchant_id=MERCHANT.id)
    ids = [world.pay(wallet_id=WALLET, amount_minor=a, capture=c).id for a, c in made]
    run(world, chance)
    for number, (which, kind, minor, final) in enumerate(asked):
        payment = world.payment(ids[which % len(ids)])
        try:
            world.ask(payment, kind, minor, key=f"key-{number}", final=final)
        except (Conflict, InvalidRequest):
            continue
        run(world, chance)

    wallet, paid = world.wallets.wallets[WALLET], list(world.payments.items.values())
    operations = world.wallets.operations.values()
    moved = sum(p.amount_captured - p.amount_refunded for p in paid)

    assert not any(p.pending() for p in paid)
    assert wallet.available_minor >= 0
    assert wallet.balance_minor == BALANCE - moved == ledger_balance(world)
    assert wallet.balance_minor == sum(one.balance_change_minor for one in operations)
    assert wallet.held_minor == sum(held(p) for p in paid)
    assert wallet.held_minor == sum(one.held_change_minor for one in operations)
