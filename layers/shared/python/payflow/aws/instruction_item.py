"""An instruction as a part of its payment's item, and back.

    i  the id beyond the payment's own characters      k  kind
    a  amount      f  1: final      r  reason      t  time of creation
    s  status; absent: pending      at  time of settling      why  failure
    x  number of the authorisation attempt that is reversed

with the claim's attributes beside them, see `payflow.aws.claim_item`.
"""

from __future__ import annotations

from typing import Final

from payflow.aws.attributes import (
    Field,
    Value,
    decoded,
    encoded,
    moment,
    number,
    read_member,
    read_moment,
    read_number,
    read_text,
    text,
)
from payflow.aws.claim_item import FAILURE, claim_from_attributes, claim_to_attributes
from payflow.domain.instruction import (
    Instruction,
    InstructionKind,
    InstructionStatus,
    identified,
    own_part,
)
from payflow.domain.payment import Failure

_INSTRUCTION: Final = (
    Field("k", "kind", text, read_member(InstructionKind)),
    Field("a", "amount_minor", number, read_number, 0),
    Field(
        "f", "final", lambda value: number(int(value)), lambda value: read_number(value) == 1, False
    ),
    Field("r", "reason", text, read_text),
    Field("t", "created_at", moment, read_moment),
    Field("s", "status", text, read_member(InstructionStatus), InstructionStatus.PENDING),
    Field("at", "settled_at", moment, read_moment),
    Field("x", "reverses", number, read_number),
)


def instruction_to_value(instruction: Instruction) -> Value:
    """`instruction` as a map."""
    fields = {
        "i": text(own_part(instruction.id)),
        **encoded(_INSTRUCTION, instruction),
        **claim_to_attributes(instruction.claim),
    }
    if instruction.failure is not None:
        fields["why"] = {"M": encoded(FAILURE, instruction.failure)}
    return {"M": fields}


def instruction_from_value(value: Value, payment_id: str) -> Instruction:
    """The instruction that `instruction_to_value` wrote down for that payment."""
    item = value["M"]
    fields = decoded(_INSTRUCTION, item)
    return Instruction(
        id=identified(fields["kind"], payment_id, read_text(item["i"])),
        claim=claim_from_attributes(item),
        failure=Failure(**decoded(FAILURE, item["why"]["M"])) if "why" in item else None,
        **fields,
    )
