"""Mistakes in what is asked of providers, and in what their answers are taken for."""

from __future__ import annotations

from typing import Final

from simulation.faults import Kind
from simulation.mutants.mutant import Mutant, everywhere

OVERTAKEN_ORDERS: Final = (18, 21, 52, 59)
OVERTAKEN: Final = (
    *everywhere("workflow.start", 1, Kind.DUPLICATE, orders=OVERTAKEN_ORDERS),
    *everywhere("vault.reveal", 1, Kind.DELAY, 12_000, orders=OVERTAKEN_ORDERS),
)
"""An execution begins twice, and the one that has the call is slow to make it.

In these orders its answer gets lost, so that nobody hears of what it has charged.
"""

DYING: Final = tuple(
    fault for nth in range(2, 10) for fault in everywhere("claims.claim", nth, Kind.CRASH_BEFORE)
)
"""Whatever follows the first call dies before it is sent, each time."""

CHARGING: Final = (
    Mutant(
        name="unknown-fails-over",
        module="payflow.domain.plan_authorization",
        old="declined = refused or last.outcome is Outcome.DECLINED",
        new="declined = refused or last.outcome in (Outcome.DECLINED, Outcome.UNKNOWN)",
        mistake="an unknown outcome is taken for a failure, and nobody inquires",
        breaks=3,
    ),
    Mutant(
        name="timeout-means-unsent",
        module="payflow.providers.normalisation",
        old="return _unknown(Silence.TIMED_OUT.value, reply)",
        new='return refusal("provider_unavailable", latency_ms=reply.latency_ms)',
        mistake="a call that timed out counts as one that was never sent",
        breaks=1,
    ),
    Mutant(
        name="silence-means-not-found",
        module="payflow.providers.normalisation",
        old="""\
        case Silence() as silence:
            return _unknown(silence.value, reply)
""",
        new="""\
        case Silence():
            return ProviderResult(outcome=Outcome.NOT_FOUND, latency_ms=reply.latency_ms)
""",
        mistake="an inquiry that nobody answered counts as one that found nothing",
        breaks=1,
    ),
    Mutant(
        name="not-found-proves-at-once",
        module="payflow.domain.verification",
        old="return not_found and last.started_at >= visible_from(payment, asked, market)",
        new="return not_found",
        mistake='"not found" counts as proof before the visibility window is over',
        breaks=10,
    ),
    Mutant(
        name="window-from-the-start",
        module="payflow.domain.verification",
        old="    left_by = inquiry.started_at\n",
        new="    left_by = asked.started_at\n",
        mistake="the visibility window is counted from when the call began, not from its end",
        breaks=10,
    ),
    Mutant(
        name="claimed-call-has-left",
        module="payflow.domain.verification",
        old="        left_by += CALL_LASTS_MAX\n",
        new="        left_by += timedelta(0)\n",
        mistake="a call that another execution has claimed is thought to have left already",
        breaks=1,
        plan=OVERTAKEN,
    ),
    Mutant(
        name="hard-decline-fails-over",
        module="payflow.domain.retry",
        old="Category.CUSTOMER: CategoryRule(0, False, False, False),",
        new="Category.CUSTOMER: CategoryRule(0, False, True, False),",
        mistake="another provider is asked after a hard decline",
        breaks=6,
    ),
    Mutant(
        name="unknown-code-fails-over",
        module="payflow.domain.plan_authorization",
        old="    rule = CATEGORY_RULES[_category(last)]\n",
        new="    rule = CATEGORY_RULES[_category(last)]\n"
        '    if last.code == "insufficient_funds":\n'
        "        rule = CATEGORY_RULES[Category.ISSUER]\n",
        mistake="a customer without money is taken for an issuer that may be asked elsewhere",
        breaks=6,
    ),
    Mutant(
        name="one-authorisation-too-many",
        module="payflow.domain.plan_authorization",
        old="if len(tried) >= policy.authorizations_max:",
        new="if len(tried) > policy.authorizations_max:",
        mistake="the bound of authorisations is off by one",
        breaks=7,
    ),
    Mutant(
        name="one-try-too-many",
        module="payflow.domain.plan_instruction",
        old="if not may_pass or tries >= at.policy.instruction_tries_max:",
        new="if not may_pass or tries > at.policy.instruction_tries_max:",
        mistake="the bound of a capture's or refund's repetitions is off by one",
        breaks=7,
        plan=DYING,
    ),
    Mutant(
        name="key-of-the-payment",
        module="payflow.domain.payment",
        old='return derived_id("pk", payment_id, str(attempt_number))',
        new='return derived_id("pk", payment_id)',
        mistake="all attempts of a payment give the provider the same key",
        breaks=5,
    ),
    Mutant(
        name="key-of-another-attempt",
        module="payflow.domain.step",
        old="key=provider_key(payment.id, asked.number),",
        new="key=provider_key(payment.id, authorization.number),",
        mistake="a capture or refund reuses the key of its authorisation",
        breaks=5,
    ),
    Mutant(
        name="inquiry-with-its-own-key",
        module="payflow.domain.step",
        old="key=provider_key(payment.id, asked.number),",
        new="key=provider_key(payment.id, attempt.number),",
        mistake="an inquiry asks about itself instead of the call before it",
        breaks=1,
    ),
    Mutant(
        name="first-authorisation-captured",
        module="payflow.domain.step",
        old="authorization_key=provider_key(payment.id, authorization.number),",
        new="authorization_key=provider_key(payment.id, 1),",
        mistake="captures and refunds name the first authorisation, not the one that was approved",
        breaks=1,
    ),
    Mutant(
        name="claim-forgotten",
        module="payflow.services.call_provider",
        old="""\
        if not self.claims.claim(call.payment_id, call.attempt_number):
            return _unanswered(SENT_BY_ANOTHER)
""",
        new="",
        mistake="a call is made without claiming it, by whoever is asked to",
        breaks=4,
    ),
    Mutant(
        name="claim-ignored",
        module="payflow.services.call_provider",
        old="""\
        if not self.claims.claim(call.payment_id, call.attempt_number):
            return _unanswered(SENT_BY_ANOTHER)
""",
        new="        self.claims.claim(call.payment_id, call.attempt_number)\n",
        mistake="a call that another execution has claimed is made a second time",
        breaks=1,
    ),
    Mutant(
        name="claimed-means-unsent",
        module="payflow.services.call_provider",
        old="return _unanswered(SENT_BY_ANOTHER)",
        new="return NOT_CONFIGURED",
        mistake="whoever finds a call claimed says that nothing was sent",
        breaks=1,
    ),
    Mutant(
        name="answer-of-another-attempt",
        module="payflow.services.plan_next_step",
        old='if answer is None or attempt is None or answer["attempt_number"] != attempt.number:',
        new="if answer is None or attempt is None:",
        mistake="an answer is taken for the open attempt's, whichever it is for",
        breaks=1,
    ),
    Mutant(
        name="wrong-amount-believed",
        module="payflow.services.plan_next_step",
        old="if same_amount and (known is None or told in (None, known)):",
        new="if same_amount or known is None or told in (None, known):",
        mistake="an approval of another amount than was asked for is believed",
        breaks=1,
    ),
    Mutant(
        name="late-callback-ignored",
        module="payflow.services.handle_callback",
        old="if callback.outcome is Outcome.APPROVED and is_late(payment, attempt):",
        new="if callback.outcome is Outcome.APPROVED and payment.is_terminal:",
        mistake="what a callback approves is taken back whenever its payment has ended",
        breaks=10,
    ),
    Mutant(
        name="late-approval-revives",
        module="payflow.domain.late_approval",
        old="return changed(payment, instructions=(*payment.instructions, reversal))",
        new="return changed(payment, status=Status.SUCCEEDED)",
        mistake="a late approval makes a payment succeed that has ended already",
        breaks=8,
    ),
    Mutant(
        name="wrong-charge-taken-back",
        module="payflow.domain.late_approval",
        old="        reverses=attempt.number,\n",
        new="",
        mistake="a reversal is about the latest authorisation, not about the late one",
        breaks=10,
    ),
    Mutant(
        name="charge-voided",
        module="payflow.domain.plan_instruction",
        old="return Operation.REFUND if automatic else Operation.VOID",
        new="return Operation.VOID",
        mistake="a late charge is voided instead of refunded, which no provider does",
        breaks=10,
    ),
    Mutant(
        name="failed-then-decided-anew",
        module="payflow.domain.payment",
        old="    Status.FAILED: frozenset(),\n",
        new="    Status.FAILED: frozenset({Status.PROCESSING}),\n",
        mistake="a failed payment may go on",
        breaks=8,
    ),
    Mutant(
        name="capture-of-everything",
        module="payflow.domain.step",
        old="return Money(instruction.amount_minor, payment.amount.currency)",
        new="return payment.amount",
        mistake="a capture or refund of a part asks the provider for the whole",
        breaks=1,
    ),
    Mutant(
        name="rest-not-released",
        module="payflow.domain.step",
        old="final=instruction is not None and instruction.final,",
        new="final=False,",
        mistake="the provider is not told that a capture is final, and goes on holding the rest",
        breaks=1,
    ),
)
