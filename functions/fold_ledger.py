"""The streams of everything that has postings: fold them into the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from payflow import wiring
from payflow.aws.observability import log_failure, logger
from payflow.aws.posting_stream import newly_posted
from payflow.domain.ledger import JournalTransaction


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """One batch into the journal; raises if it could not be stored, and the batch comes again.

    A record that cannot be read is told as failed, so that it ends in the dead-letter queue: those
    before and behind it are folded all the same, and folding them again changes nothing.
    """
    posted, failures = [], []
    for record in event["Records"]:
        try:
            posted.append(newly_posted(record))
        except Exception as error:  # Whatever an item of an unknown layout makes of the decoder.
            sequence_number = record["dynamodb"]["SequenceNumber"]
            log_failure("posting not readable", error, sequence_number=sequence_number)
            failures.append({"itemIdentifier": sequence_number})
    fold(posted)
    return {"batchItemFailures": failures}


def fold(posted: Sequence[tuple[str, list[JournalTransaction]]]) -> None:
    """Each record's merchant with what it has posted anew."""
    folded = wiring.fold_ledger()(posted)
    logger().info("ledger folded", extra={"transactions": folded, "records": len(posted)})
