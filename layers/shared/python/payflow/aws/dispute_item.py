"""A dispute as a part of its payment's item, and back.

i  the id beyond the payment's own characters      ref  the provider's id
a  amount in reserve; absent: 0      c  claimed amount; absent: the same      r  reason
t  time of opening      due  deadline for evidence      at  time of closing
s  status; absent: needs_response
e  evidence: x text, deflated      f  files      t  submitted      d  delivered
"""

from __future__ import annotations

import zlib
from typing import Final

from payflow.aws.attributes import (
    Field,
    Value,
    binary,
    decoded,
    encoded,
    moment,
    number,
    read_binary,
    read_member,
    read_moment,
    read_number,
    read_text,
    read_texts,
    text,
    texts,
)
from payflow.domain.dispute import Dispute, DisputeStatus, Evidence, dispute_with
from payflow.domain.instruction import own_part


def _deflated(value: str) -> Value:
    return binary(zlib.compress(value.encode(), level=9))


def _read_deflated(value: Value) -> str:
    return zlib.decompress(read_binary(value)).decode()


_EVIDENCE: Final = (
    Field("x", "text", _deflated, _read_deflated),
    Field("f", "files", texts, read_texts, ()),
    Field("t", "submitted_at", moment, read_moment),
    Field("d", "delivered_at", moment, read_moment),
)
_DISPUTE: Final = (
    Field("ref", "reference", text, read_text),
    Field("a", "amount_minor", number, read_number, 0),
    Field("r", "reason", text, read_text),
    Field("t", "opened_at", moment, read_moment),
    Field("due", "evidence_due_at", moment, read_moment),
    Field("at", "closed_at", moment, read_moment),
    Field("s", "status", text, read_member(DisputeStatus), DisputeStatus.NEEDS_RESPONSE),
)


def dispute_to_value(dispute: Dispute) -> Value:
    """`dispute` as a map."""
    fields = {"i": text(own_part(dispute.id)), **encoded(_DISPUTE, dispute)}
    if dispute.exceeds:
        fields["c"] = number(dispute.claimed_minor)
    if dispute.evidence is not None:
        fields["e"] = {"M": encoded(_EVIDENCE, dispute.evidence)}
    return {"M": fields}


def dispute_from_value(value: Value, payment_id: str) -> Dispute:
    """The dispute that `dispute_to_value` wrote down for that payment."""
    item = value["M"]
    fields = decoded(_DISPUTE, item)
    return Dispute(
        id=dispute_with(payment_id, read_text(item["i"])),
        claimed_minor=read_number(item["c"]) if "c" in item else fields["amount_minor"],
        evidence=Evidence(**decoded(_EVIDENCE, item["e"]["M"])) if "e" in item else None,
        **fields,
    )
