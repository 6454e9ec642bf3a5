"""A journal transaction as the doctor reads it."""

from __future__ import annotations

from payflow.domain.ledger import JournalTransaction, Side
from tools.doctor.facts import Line, Posting


def as_posting(transaction: JournalTransaction) -> Posting:
    """The same transaction, with debits positive and credits negative."""
    return Posting(
        operation=transaction.operation,
        sequence=transaction.sequence,
        posted_at=transaction.posted_at,
        lines=tuple(
            Line(
                one.account.kind,
                one.account.owner,
                one.account.currency,
                one.amount_minor if one.side is Side.DEBIT else -one.amount_minor,
            )
            for one in transaction.entries
        ),
        phase=transaction.phase,
    )
