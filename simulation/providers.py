"""The providers of a world: those of the repository's configuration, each with a character."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any, Final

from payflow.aws.provider_file import deployed_providers
from simulation.faults import Level

SERVES_ALL: Final = 0.5
"""In how many worlds every provider takes what its currencies allow, so that more compete."""


def drawn_providers(chance: Random, level: Level) -> list[dict[str, Any]]:
    """Provider documents; with faults some providers lose answers, repeat and delay callbacks."""
    documents = [dict(document) for document in _deployed()]
    if level is Level.NONE:
        return documents
    for document in documents:
        if document.get("adapter") == "stored_wallet":
            continue
        document["failureRate"] = chance.choice((0.01, 0.05, 0.2))
        document["lostResponseRate"] = chance.choice((0.0, 0.01, 0.1))
        document["callback"] = {
            "delayMs": chance.choice((0, 500, 30_000)),
            "duplicateRate": chance.choice((0.0, 0.3)),
            "reorderRate": chance.choice((0.0, 0.3)),
        }
    if chance.random() < SERVES_ALL:
        for document in documents:
            document.pop("routingRules", None)
    return documents


@cache
def _deployed() -> list[dict[str, Any]]:
    return deployed_providers()
