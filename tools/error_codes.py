"""The page of error codes, from the adapters' own vocabularies, so that it cannot differ from them.

python -m tools.error_codes > docs/error-codes.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

from payflow.domain.outcomes import Category
from payflow.domain.retry import CATEGORY_RULES
from payflow.providers import card, stored_wallet, upi, wallet
from payflow.providers.normalisation import (
    MEANINGS,
    UNKNOWN_DECLINE,
    UNKNOWN_FAILURE,
    Vocabulary,
)

VOCABULARIES: Final[dict[str, Vocabulary]] = {
    "Card providers": card.VOCABULARY,
    "UPI providers": upi.VOCABULARY,
    "Wallet providers": wallet.VOCABULARY,
    "PayFlow's own wallets": stored_wallet.VOCABULARY,
}


def error_codes_page() -> str:
    """The whole page in Markdown, ending in one line break."""
    return "\n".join([*_introduction(), *_categories(), *_providers()]) + "\n"


def _introduction() -> Iterator[str]:
    yield "# Error codes"
    yield ""
    yield "What each provider's code becomes, and what PayFlow then does by itself. The page is"
    yield "written by `python -m tools.error_codes > docs/error-codes.md`; a test compares them."
    yield ""
    yield f"A refusal with a code not listed becomes `{UNKNOWN_DECLINE}`, a technical failure"
    yield f"`{UNKNOWN_FAILURE}`. A status that is not known is never a success: PayFlow asks again."
    yield ""


def _categories() -> Iterator[str]:
    yield "## Categories"
    yield ""
    yield "| category | same provider again | another provider | counts against health |"
    yield "|---|---|---|---|"
    for category, rule in CATEGORY_RULES.items():
        again = f"up to {rule.retries_same} time" if rule.retries_same else "no"
        other = _yes_or_no(rule.failover)
        if category is Category.UNKNOWN:
            again, other = (f"{word}, once confirmed not charged" for word in (again, other))
        health = _yes_or_no(rule.counts_against_health)
        yield f"| `{category}` | {again} | {other} | {health} |"


def _yes_or_no(answer: bool) -> str:
    return "yes" if answer else "no"


def _providers() -> Iterator[str]:
    for title, vocabulary in VOCABULARIES.items():
        yield ""
        yield f"## {title}"
        yield ""
        yield "| provider's code | code | category | meaning |"
        yield "|---|---|---|---|"
        for theirs, code in sorted(vocabulary.codes.items()):
            meaning = MEANINGS[code]
            yield f"| `{theirs}` | `{code}` | `{meaning.category}` | {meaning.message} |"


if __name__ == "__main__":
    sys.stdout.write(error_codes_page())
