"""What is asked for after the authorisation: a capture, a cancellation, a refund, a reversal.

An instruction is a part of its payment, and is its own idempotency claim. Being accepted, it also
reserves its amount in the same write: what is captured or refunded and what is pending never exceed
their bound together (invariants 14 and 15). It settles exactly once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from payflow.domain.ids import derived_id
from payflow.domain.outcomes import Operation

if TYPE_CHECKING:
    from payflow.domain.payment import Claim, Failure


class InstructionKind(StrEnum):
    """What is to be done.

    A reversal voids or refunds an approval that came after its payment had gone on without it; it
    is PayFlow's own, and moves none of the payment's sums.
    """

    CAPTURE = Operation.CAPTURE.value
    VOID = Operation.VOID.value
    REFUND = Operation.REFUND.value
    REVERSAL = "reversal"


class InstructionStatus(StrEnum):
    """`pending` holds its reservation; `failed` has given it back."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction; `amount_minor` is in the payment's currency and 0 for a void or reversal.

    `final` lets a capture release what is left of the authorisation. `reverses` is the number of
    the authorisation attempt that a reversal is about. `settled_at` and, when it failed, `failure`
    are set as it settles.
    """

    id: str
    kind: InstructionKind
    amount_minor: int
    claim: Claim
    created_at: datetime
    final: bool = False
    reason: str | None = None
    status: InstructionStatus = InstructionStatus.PENDING
    settled_at: datetime | None = None
    failure: Failure | None = None
    reverses: int | None = None

    @property
    def is_pending(self) -> bool:
        """Not settled yet."""
        return self.status is InstructionStatus.PENDING


PREFIXES: Final[dict[InstructionKind, str]] = {
    InstructionKind.CAPTURE: "cap",
    InstructionKind.VOID: "can",
    InstructionKind.REFUND: "ref",
    InstructionKind.REVERSAL: "rev",
}
_OWN_LENGTH: Final = 16


def instruction_id(
    kind: InstructionKind, payment_id: str, merchant_id: str, path: str, idempotency_key: str
) -> str:
    """The one id that this request can have: the payment's characters, then 80 bits of its own.

    The payment can be read from it (`payment_of`), so that a refund is found by its id without an
    index or a second item. The own bits only have to be unique within the payment.
    """
    own = derived_id("", merchant_id, path, idempotency_key)[-_OWN_LENGTH:]
    return identified(kind, payment_id, own)


def identified(kind: InstructionKind, payment_id: str, own: str) -> str:
    """The id of that kind and payment whose own characters are `own`."""
    return part_id(PREFIXES[kind], payment_id, own)


def part_id(prefix: str, payment_id: str, own: str) -> str:
    """The id of a part of the payment, whose own characters are `own`."""
    return f"{prefix}_{_characters(payment_id)}{own}"


def own_part(part_id: str) -> str:
    """What the id of an instruction, or another part, has beyond its payment's characters."""
    return part_id[-_OWN_LENGTH:]


def payment_of(part_id: str) -> str:
    """The id of the payment that the id of a part names, whether or not it exists."""
    return f"pay_{_characters(part_id)[:-_OWN_LENGTH]}"


def _characters(identifier: str) -> str:
    return identifier.partition("_")[2]
