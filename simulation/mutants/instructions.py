"""Mistakes in what follows an authorisation, and in its bookkeeping."""

from __future__ import annotations

from typing import Final

from simulation.mutants.mutant import Mutant

INSTRUCTIONS: Final = (
    Mutant(
        name="refund-not-reserved",
        module="payflow.domain.instructions",
        old="reserved = payment.pending_minor(InstructionKind.REFUND) + payment.disputed_minor",
        new="reserved = payment.disputed_minor",
        mistake="a pending refund reserves nothing, so that others may ask for the same money",
        breaks=15,
    ),
    Mutant(
        name="disputed-is-refundable",
        module="payflow.domain.instructions",
        old="reserved = payment.pending_minor(InstructionKind.REFUND) + payment.disputed_minor",
        new="reserved = payment.pending_minor(InstructionKind.REFUND)",
        mistake="what was lost in a dispute can be refunded once more",
        breaks=15,
    ),
    Mutant(
        name="failed-refund-stays-reserved",
        module="payflow.domain.instructions",
        old="reserved = payment.pending_minor(InstructionKind.REFUND) + payment.disputed_minor",
        new="""\
asked = (one for one in payment.instructions if one.kind is InstructionKind.REFUND)
    reserved = payment.disputed_minor + sum(
        one.amount_minor for one in asked if one.status is not InstructionStatus.SUCCEEDED
    )""",
        mistake="a failed refund keeps its reservation",
        breaks=16,
    ),
    Mutant(
        name="capture-not-reserved",
        module="payflow.domain.instructions",
        old="return payment.amount_authorized - payment.amount_captured - reserved",
        new="return payment.amount_authorized - payment.amount_captured",
        mistake="a pending capture reserves nothing",
        breaks=14,
    ),
    Mutant(
        name="amount-not-bounded",
        module="payflow.domain.instructions",
        old="if not 0 < minor <= left_minor:",
        new="if minor <= 0:",
        mistake="captures and refunds are accepted for more than there is",
        breaks=15,
    ),
    Mutant(
        name="unknown-refund-given-up",
        module="payflow.domain.plan_instruction",
        old="refused = last is asked and last.outcome in (Outcome.ERROR, Outcome.NOT_FOUND)",
        new="refused = last is asked and last.outcome is not Outcome.PENDING",
        mistake="a capture or refund that nobody answered counts as refused",
        breaks=1,
    ),
    Mutant(
        name="pending-refund-believed",
        module="payflow.domain.plan_instruction",
        old="if last.outcome is Outcome.APPROVED:",
        new="if last.outcome in (Outcome.APPROVED, Outcome.PENDING):",
        mistake="a refund has succeeded as soon as the provider has accepted it",
        breaks=1,
    ),
    Mutant(
        name="capture-posted-twice",
        module="payflow.domain.instructions",
        old="as_settled(payment, booking)),\n    )\n    if final",
        new="*(as_settled(payment, booking),) * 2),\n    )\n    if final",
        mistake="a capture is booked twice",
        breaks=12,
    ),
    Mutant(
        name="sequence-repeats",
        module="payflow.domain.instructions",
        old="        amount=Money(minor, payment.amount.currency),\n"
        "        sequence=len(payment.postings) + 1,\n",
        new="        amount=Money(minor, payment.amount.currency),\n"
        "        sequence=len(payment.postings),\n",
        mistake="a refund's transaction has the sequence of the one before it",
        breaks=12,
    ),
    Mutant(
        name="refunds-overwrite",
        module="payflow.domain.instructions",
        old="amount_refunded=payment.amount_refunded + minor,",
        new="amount_refunded=minor,",
        mistake="each refund replaces the sum of those before it",
        breaks=13,
    ),
    Mutant(
        name="part-ends-it",
        module="payflow.domain.instructions",
        old="if final or after.amount_captured == after.amount_authorized:",
        new="if final or after.amount_captured:",
        mistake="a payment has succeeded with its first capture, whatever is left",
        breaks=13,
    ),
    Mutant(
        name="hold-forgotten",
        module="payflow.domain.plan",
        old="return with_hold(moved(working, Status.AUTHORIZED, now), authorizer(working), now)",
        new="return moved(working, Status.AUTHORIZED, now)",
        mistake="an authorisation that waits for its capture is not held in the books",
        breaks=13,
    ),
    Mutant(
        name="void-keeps-the-hold",
        module="payflow.domain.instructions",
        old="            return with_hold_released(ended, now)\n",
        new="            return ended\n",
        mistake="a canceled payment stays held in the books",
        breaks=13,
    ),
    Mutant(
        name="final-capture-keeps-the-rest",
        module="payflow.domain.instructions",
        old="payment = with_hold_released(payment, now, None if final else minor)",
        new="payment = with_hold_released(payment, now, minor)",
        mistake="a final capture leaves the rest held in the books",
        breaks=13,
    ),
    Mutant(
        name="hold-released-again",
        module="payflow.domain.booking",
        old="signs = {Phase.PENDING: 1, Phase.RELEASED: -1, Phase.POSTED: 0}",
        new="signs = {Phase.PENDING: 1, Phase.RELEASED: 0, Phase.POSTED: 0}",
        mistake="what is held is given back as often as something is captured",
        breaks=13,
    ),
    Mutant(
        name="fee-from-nobody",
        module="payflow.domain.booking",
        old="Side.CREDIT, amount.minor - platform_fee_minor),",
        new="Side.CREDIT, amount.minor),",
        mistake="the platform's fee is taken from nobody, and the ledger does not balance",
        breaks=11,
    ),
    Mutant(
        name="refund-posted-backwards",
        module="payflow.domain.booking",
        old="            Entry(payable, Side.DEBIT, amount.minor),\n"
        "            Entry(funding, Side.CREDIT, amount.minor),\n",
        new="            Entry(payable, Side.CREDIT, amount.minor),\n"
        "            Entry(funding, Side.DEBIT, amount.minor),\n",
        mistake="a refund is booked the wrong way round",
        breaks=13,
    ),
    Mutant(
        name="fee-rounded-down",
        module="payflow.domain.money",
        old="proportional = (amount_minor * self.bps + BASIS_POINTS // 2) // BASIS_POINTS",
        new="proportional = amount_minor * self.bps // BASIS_POINTS",
        mistake="fees are rounded down: off by one",
        breaks=18,
    ),
    Mutant(
        name="fee-on-everything",
        module="payflow.domain.instructions",
        old=" = provider_fee.on(minor), payment.platform_fee.on(minor)",
        new=" = provider_fee.on(minor), payment.platform_fee.on(payment.amount.minor)",
        mistake="each part that is captured pays the fee of the whole",
        breaks=18,
    ),
    Mutant(
        name="fees-overwrite",
        module="payflow.domain.instructions",
        old="            payment.fees.platform_minor + platform_minor,\n",
        new="            platform_minor,\n",
        mistake="the payment tells of the last capture's fee only",
        breaks=18,
    ),
    Mutant(
        name="parts-rounded-apart",
        module="payflow.domain.conversion",
        old="returned_minor = quote.returned(payment.amount_refunded + owed.amount_minor)"
        " - before_minor",
        new="returned_minor = quote.returned(owed.amount_minor)",
        mistake="each refund is converted by itself, so parts cost more than the whole",
        breaks=18,
    ),
    Mutant(
        name="expiry-forgotten",
        module="payflow.domain.expiry",
        old="return Expire() if at.now >= expires_at else Rest(expires_at)",
        new="return Expire() if at.now >= expires_at else Rest()",
        mistake="nobody looks at an authorisation again when it lapses",
        breaks=34,
    ),
    Mutant(
        name="dispute-booked-again",
        module="payflow.domain.disputes",
        old="after = _with(payment, replace(_moved(dispute, status), closed_at=now))",
        new="after = _with(payment, replace(dispute, closed_at=now))",
        mistake="a decided dispute stays open, and each callback books the decision again",
        breaks=13,
    ),
    Mutant(
        name="reserve-not-released",
        module="payflow.domain.disputes",
        old="    operation = dispute_booking.WON if won else dispute_booking.LOST\n"
        "    return _booked(after, dispute, operation, now)\n",
        new="    return after if won else _booked(after, dispute, dispute_booking.LOST, now)\n",
        mistake="a dispute that was won leaves its amount in reserve",
        breaks=13,
    ),
    Mutant(
        name="dispute-of-everything",
        module="payflow.domain.disputes",
        old="amount_minor=min(notice.amount_minor, refundable_minor(payment)),",
        new="amount_minor=notice.amount_minor,",
        mistake="a dispute reserves what was refunded already",
        breaks=15,
    ),
)
