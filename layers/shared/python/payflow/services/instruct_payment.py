"""Capture, cancel and refund: accept the instruction in one write, have it carried out, answer.

The instruction is its own idempotency claim and its own reservation, see
`payflow.domain.instructions`: a repeated request meets it, and whoever writes later counts with it.
The write that accepts it also writes down its first call, unless another call of the payment is in
the air: then the execution that made that call finds the instruction when it plans next. The
version condition makes exactly one of the two true, so there is one execution, and no instruction
is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

from payflow.domain.answer import InstructionRequest, revised
from payflow.domain.errors import NotFound
from payflow.domain.ids import secret_hash
from payflow.domain.instruction import InstructionKind, instruction_id
from payflow.domain.instructions import NewInstruction, accepted
from payflow.domain.payment import Payment
from payflow.domain.plan import advanced
from payflow.domain.ports import (
    Clock,
    MarketSource,
    PaymentRepository,
    Randomness,
    WorkflowStarter,
)
from payflow.domain.step import ProviderFunctions
from payflow.services.answer_request import AnswerRequest, new_claim
from payflow.services.contention import decided_anew
from payflow.services.run_payment import RunPayment


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructRequest:
    """A validated request, with what fixes its identity; `amount_minor` None: all that is left.

    `wait_ms` is how long to wait for the outcome; None: not at all.
    """

    kind: InstructionKind
    payment_id: str
    merchant_id: str
    path: str
    idempotency_key: str
    canonical_body: bytes
    wait_ms: int | None
    amount_minor: int | None = None
    final: bool = False
    reason: str | None = None

    @property
    def instruction_id(self) -> str:
        """The one id that the instruction can have."""
        return instruction_id(
            self.kind, self.payment_id, self.merchant_id, self.path, self.idempotency_key
        )


@dataclass(frozen=True, slots=True)
class InstructAnswer:
    """The body to answer with, byte for byte.

    `workflow_started` is False when the instruction is durable but its execution could not be
    started yet.
    """

    body: str
    replayed: bool
    workflow_started: bool = True


@dataclass(frozen=True, slots=True)
class _Accepted:
    """The payment with the instruction, and whether an execution has to be started for it."""

    payment: Payment
    is_new: bool
    starts: bool = False


@dataclass(frozen=True, slots=True)
class InstructPayment:
    """The use case behind `POST /api/v1/payments/{id}/capture`, `/cancel` and `/refund`."""

    payments: PaymentRepository
    market: MarketSource
    workflow: WorkflowStarter
    clock: Clock
    randomness: Randomness
    functions: ProviderFunctions

    def __call__(self, request: InstructRequest) -> InstructAnswer:
        """Accept the instruction, or answer as its first request was answered.

        Raises `NotFound` for none or another merchant's payment; `Conflict` and `InvalidRequest`
        as `accepted` says, with nothing written; `IdempotencyKeyReused`, `IdempotencyInProgress`.
        """

        def accept() -> _Accepted:
            return self._accept(request)

        known = decided_anew(accept, request.payment_id, self.clock, self.randomness)
        asked = InstructionRequest(request.instruction_id)
        answer = AnswerRequest(self.payments, self.clock)
        run = RunPayment(self.workflow, self.clock, self.functions)
        if not known.is_new:
            answer.check_repetition(known.payment, asked, _hash_of(request))
            started = run.resume(known.payment)
            return InstructAnswer(answer(known.payment, asked), True, workflow_started=started)
        started = not known.starts or run.start(known.payment)
        return InstructAnswer(answer(known.payment, asked), False, workflow_started=started)

    def _accept(self, request: InstructRequest) -> _Accepted:
        payment = self.payments.get(request.payment_id)
        if payment is None or payment.merchant_id != request.merchant_id:
            raise NotFound("payment_not_found", "There is no such payment.")
        if payment.instruction(request.instruction_id) is not None:
            return _Accepted(payment, is_new=False)
        now = self.clock.now()
        claim = new_claim(_hash_of(request), request.wait_ms, now, version=payment.version + 1)
        asked = NewInstruction(
            id=request.instruction_id,
            kind=request.kind,
            claim=claim,
            amount_minor=request.amount_minor,
            final=request.final,
            reason=request.reason,
        )
        after = advanced(
            accepted(payment, asked, now),
            self.market.snapshot(),
            now=now,
            randomness=self.randomness,
            # Whoever cancels wants to know now what came of the authorisation.
            nudged=request.kind is InstructionKind.VOID,
        )
        after = revised(payment, after, now)
        self.payments.save(after)
        return _Accepted(after, is_new=True, starts=self._starts(payment, after))

    def _starts(self, before: Payment, after: Payment) -> bool:
        """Whether nobody is at work on the call that is open now."""
        if after.open_attempt is None:
            return False
        run = RunPayment(self.workflow, self.clock, self.functions)
        return before.open_attempt is None or run.has_rested(before)


def _hash_of(request: InstructRequest) -> str:
    """Without a key: there is nothing secret in an amount and a reason."""
    return secret_hash(request.canonical_body.decode())
