"""The answer to a request that changed a payment: fixed once, the same bytes for ever.

The payment carries the idempotency claims of its creation and of each instruction, so no second
record has to be written on the way: an answer is *a version* of the payment. A request that did not
wait was answered with the version that it made; one that waited is answered with the version that
settled it. Its bytes are frozen into the claim before the payment changes what they say.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from payflow.domain.instruction import Instruction, InstructionKind
from payflow.domain.payment import Claim, Fees, Payment, Status, with_instruction
from payflow.domain.records import changed
from payflow.domain.representation import payment_document, refund_document


class Request(Protocol):
    """A request whose claim a payment carries."""

    def claim_in(self, payment: Payment) -> Claim:
        """Its claim."""
        ...

    def with_claim(self, payment: Payment, claim: Claim) -> Payment:
        """`payment` with its claim replaced."""
        ...

    def is_settled_in(self, payment: Payment) -> bool:
        """Whether a waiting request has its answer in this version."""
        ...

    def document_in(self, payment: Payment) -> dict[str, Any]:
        """What it is answered if this version is the answer."""
        ...


@dataclass(frozen=True, slots=True)
class CreationRequest:
    """The request that created the payment."""

    def claim_in(self, payment: Payment) -> Claim:
        """The payment's own claim."""
        return payment.claim

    def with_claim(self, payment: Payment, claim: Claim) -> Payment:
        """`payment` with its own claim replaced."""
        return changed(payment, claim=claim)

    def is_settled_in(self, payment: Payment) -> bool:
        """Whether the payment's status is final or waits for somebody."""
        return payment.is_settled

    def document_in(self, payment: Payment) -> dict[str, Any]:
        """The payment; for version 1, which can always be rebuilt, as it was born."""
        claim = payment.claim
        born = claim.answered_version == 1 != payment.version
        return payment_document(as_born(payment) if born else payment)


@dataclass(frozen=True, slots=True)
class InstructionRequest:
    """The request for the instruction of that id, which the payment must have."""

    instruction_id: str

    def claim_in(self, payment: Payment) -> Claim:
        """The instruction's claim."""
        return self._instruction(payment).claim

    def with_claim(self, payment: Payment, claim: Claim) -> Payment:
        """`payment` with the instruction's claim replaced."""
        instruction = self._instruction(payment)
        position = payment.instructions.index(instruction) + 1
        return with_instruction(payment, position, replace(instruction, claim=claim))

    def is_settled_in(self, payment: Payment) -> bool:
        """Whether the instruction has succeeded or failed."""
        return not self._instruction(payment).is_pending

    def document_in(self, payment: Payment) -> dict[str, Any]:
        """A refund is answered with itself, a capture or cancellation with its payment."""
        instruction = self._instruction(payment)
        if instruction.kind is InstructionKind.REFUND:
            return refund_document(payment, instruction)
        return payment_document(payment)

    def _instruction(self, payment: Payment) -> Instruction:
        instruction = payment.instruction(self.instruction_id)
        if instruction is None:
            raise ValueError(f"{payment.id} has no instruction {self.instruction_id}")
        return instruction


CREATION = CreationRequest()


def revised(before: Payment, after: Payment, now: datetime) -> Payment:
    """`after` as the version that follows `before`, ready to be stored.

    Each request's answer stays what it was: if `after` would change its bytes, they are frozen
    first. A request that waits, and is settled in `after`, has `after` for its answer.
    """
    after = changed(after, version=before.version + 1, updated_at=now)
    after = _kept(CREATION, before, after)
    for instruction in after.instructions:
        is_new = before.instruction(instruction.id) is None
        if not is_new or instruction.claim.answered_version is None:
            after = _kept(InstructionRequest(instruction.id), before, after)
    return after


def _kept(request: Request, before: Payment, after: Payment) -> Payment:
    claim = request.claim_in(after)
    if claim.answer is not None:
        return after
    if claim.answered_version is None:
        if not request.is_settled_in(after):
            return after
        return request.with_claim(after, replace(claim, answered_version=after.version))
    document = request.document_in(before)
    if document == request.document_in(after):
        return after
    return request.with_claim(after, replace(claim, answer=compact_json(document)))


def exact_answer(payment: Payment, request: Request) -> str:
    """The exact body that answers `request`; raises `ValueError` while the answer is still owed."""
    claim = request.claim_in(payment)
    if claim.answer is not None:
        return claim.answer
    if claim.answered_version is None:
        raise ValueError(f"a request for {payment.id} has no answer yet")
    return compact_json(request.document_in(payment))


def as_born(payment: Payment) -> Payment:
    """`payment` as its first version was: nothing but what the creating request settled."""
    return changed(
        payment,
        status=Status.PENDING,
        version=1,
        updated_at=payment.created_at,
        amount_authorized=0,
        amount_captured=0,
        amount_refunded=0,
        fees=Fees(),
        attempts=(),
        failure=None,
        next_action=None,
    )


def compact_json(document: object) -> str:
    """JSON without white space, in the document's own order of keys."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
