"""The payments table's stream: each record as the payment before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from payflow.aws.observability import log_failure
from payflow.aws.payment_item import payment_from_item
from payflow.domain.payment import Payment


def payment_changes(
    records: Iterable[Mapping[str, Any]],
) -> Iterator[tuple[Payment | None, Payment]]:
    """(before, after) of each record that left a payment behind; before is None for a new one.

    A record that cannot be read is logged and left out: it would be just as unreadable when it is
    delivered again, and meanwhile hold up everything behind it.
    """
    for record in records:
        images = record["dynamodb"]
        if "NewImage" not in images:
            continue
        try:
            old = images.get("OldImage")
            change = (
                payment_from_item(old) if old else None,
                payment_from_item(images["NewImage"]),
            )
        except Exception as error:  # Whatever an item of an unknown layout makes of the decoder.
            sequence_number = images.get("SequenceNumber")
            log_failure("stream record not readable", error, sequence_number=sequence_number)
        else:
            yield change
