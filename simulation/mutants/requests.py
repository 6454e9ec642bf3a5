"""Mistakes in how requests are taken and answered, and in how writers compete."""

from __future__ import annotations

from typing import Final

from simulation.mutants.mutant import Mutant

REQUESTS: Final = (
    Mutant(
        name="answer-not-frozen",
        module="payflow.domain.answer",
        old="return request.with_claim(after, replace(claim, answer=compact_json(document)))",
        new="return after",
        mistake="a repeated request is answered with the payment as it is now",
        breaks=19,
    ),
    Mutant(
        name="answer-of-the-loser",
        module="payflow.services.answer_request",
        old="            return self.payments.get(payment.id) or payment\n        return fixed\n",
        new="            pass\n        return fixed\n",
        mistake="who loses the race for an answer gives its own all the same",
        breaks=19,
    ),
    Mutant(
        name="body-not-compared",
        module="payflow.services.answer_request",
        old="if claim.request_hash != request_hash:",
        new="if not claim.request_hash:",
        mistake="another body under a used key is answered as if it were the first",
        breaks=20,
    ),
    Mutant(
        name="body-not-hashed",
        module="functions.create_payment_api",
        old="canonical_body=canonical_json(body),",
        new='canonical_body=canonical_json(body.get("reference")),',
        mistake="of a request's body only the merchant's reference tells it from another",
        breaks=20,
    ),
    Mutant(
        name="keys-shared-by-merchants",
        module="payflow.services.create_payment",
        old='derived_id("pay", request.merchant.id, request.path, request.idempotency_key)',
        new='derived_id("pay", request.path, request.idempotency_key)',
        mistake="two merchants who use the same key meet the same payment",
        breaks=23,
    ),
    Mutant(
        name="wallet-keys-shared",
        module="payflow.services.manage_wallets",
        old="return derived_id(prefix, self.merchant_id, self.path, self.idempotency_key)",
        new="return derived_id(prefix, self.path, self.idempotency_key)",
        mistake="two merchants who use the same key meet the same wallet",
        breaks=23,
    ),
    Mutant(
        name="top-up-key-of-the-moment",
        module="payflow.services.manage_wallets",
        old='key=claim.derived("top"),',
        new="key=f\"{claim.derived('top')}{self.clock.now():%M%S%f}\",",
        mistake="a repeated top-up pays in once more",
        breaks=19,
    ),
    Mutant(
        name="winner-overwritten",
        module="payflow.services.plan_next_step",
        old="            self.payments.save(after)\n",
        new="            newest = self.payments.get(payment_id) or payment\n"
        "            self.payments.save(replace(after, version=newest.version + 1))\n",
        mistake="the version is read just before the write, so it is no condition any more",
        breaks=25,
    ),
    Mutant(
        name="conflict-with-a-stale-payment",
        module="payflow.services.instruct_payment",
        old="        self.payments.save(after)\n",
        new="""\
        from payflow.domain.errors import VersionConflict
        from payflow.domain.records import changed

        try:
            self.payments.save(after)
        except VersionConflict:
            newest = self.payments.get(payment.id) or payment
            self.payments.save(changed(after, version=newest.version + 1))
""",
        mistake="after a conflict the same decision is written over what the other one wrote",
        breaks=25,
    ),
    Mutant(
        name="called-before-written",
        module="payflow.services.instruct_payment",
        old="        self.payments.save(after)\n",
        new="        RunPayment(self.workflow, self.clock, self.functions).start(after)\n"
        "        self.payments.save(after)\n",
        mistake="the execution begins before its attempt is written down",
        breaks=4,
    ),
    Mutant(
        name="cvc-kept",
        module="payflow.services.plan_next_step",
        old="if after.is_settled and _ends_authorization(after, answer):",
        new="if after.is_terminal and _ends_authorization(after, answer):",
        mistake="the CVC of a payment that waits for its capture is not forgotten",
        breaks=32,
    ),
    Mutant(
        name="forged-callback-accepted",
        module="payflow.services.accept_callback",
        old="known = verified_id(self.keys.of(config), headers, body, self.clock.now())",
        new='known = headers.get("webhook-id")',
        mistake="a callback is accepted whatever its signature says",
        breaks=28,
    ),
)
