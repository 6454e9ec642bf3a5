"""What an instruction costs: its payment is written whole each time."""

from __future__ import annotations

from payflow.aws.payment_item import payment_to_item
from payflow.domain.instruction import InstructionKind
from tests.support.dynamodb_units import item_size
from tests.support.in_process import InProcess

KILOBYTE = 1024


def test_a_refund_adds_less_than_half_a_kilobyte() -> None:
    world = InProcess()
    payment = world.pay()
    world.run()
    before = item_size(payment_to_item(world.payment(payment.id)))

    world.ask(payment, InstructionKind.REFUND, 400, key="r", wait_ms=1)
    world.run()

    assert item_size(payment_to_item(world.payment(payment.id))) - before < KILOBYTE / 2


def test_a_payment_without_instructions_is_as_small_as_ever() -> None:
    world = InProcess()

    assert "instructions" not in payment_to_item(world.pay())
