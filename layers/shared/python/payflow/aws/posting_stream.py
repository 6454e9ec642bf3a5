"""Streams of tables whose items have postings: what each record has posted anew.

Such an item has `id`, `merchant_id`, `currency` and what `posting_item.postings_to_attributes`
gives; its table's stream has both images.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payflow.aws.attributes import Item
from payflow.aws.posting_item import merchant_of, postings_from_item
from payflow.domain.ledger import JournalTransaction


def newly_posted(record: Mapping[str, Any]) -> tuple[str, list[JournalTransaction]]:
    """The merchant whose fact it is, and the journal transactions that this write added to it.

    Raises `KeyError`, `ValueError` or `TypeError` for a record that cannot be read.
    """
    images = record["dynamodb"]
    new: Item = images["NewImage"]
    # Postings are only ever added, so those from here on are new.
    known = len(images.get("OldImage", {}).get("postings", {}).get("L", ()))
    return merchant_of(new), list(postings_from_item(new))[known:]
