"""The answer to the request that created a payment: fixed once, the same bytes for ever.

The payment carries its own idempotency claim, so no second record has to be written on the way:
the answer is *a version* of the payment. A request that did not wait was answered with version 1,
which can always be rebuilt; one that waited is answered with the first settled version, whose bytes
are frozen into the claim before the payment changes again.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from payflow.domain.payment import Fees, Payment, Status
from payflow.domain.representation import payment_document


def revised(before: Payment, after: Payment, now: datetime) -> Payment:
    """`after` as the version that follows `before`, ready to be stored.

    The answer to the creating request stays what it was: if it was `before` itself, its bytes are
    frozen first; if it was still owed and `after` is settled, `after` becomes the answer.
    """
    claim = after.claim
    if claim.answered_version is None and after.is_settled:
        claim = replace(claim, answered_version=before.version + 1)
    elif claim.answer is None and claim.answered_version == before.version > 1:
        claim = replace(claim, answer=creation_answer(before))
    return replace(after, version=before.version + 1, updated_at=now, claim=claim)


def creation_answer(payment: Payment) -> str:
    """The exact body that answers the request which created `payment`.

    Frozen bytes if there are any; else the representation of the answered version, which is either
    the payment as it is or, for version 1, as it was born. Raises `ValueError` while the answer is
    still owed.
    """
    claim = payment.claim
    if claim.answer is not None:
        return claim.answer
    if claim.answered_version == payment.version:
        return compact_json(payment_document(payment))
    if claim.answered_version == 1:
        return compact_json(payment_document(as_born(payment)))
    raise ValueError(f"the request that created {payment.id} has no answer yet")


def as_born(payment: Payment) -> Payment:
    """`payment` as its first version was: nothing but what the creating request settled."""
    return replace(
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
