"""The page of error codes says what the adapters do."""

from __future__ import annotations

from pathlib import Path

from tools.error_codes import VOCABULARIES, error_codes_page

PAGE = Path(__file__).parents[3] / "docs" / "error-codes.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == error_codes_page()


def test_every_code_of_every_vocabulary_is_on_the_page() -> None:
    lines = error_codes_page().splitlines()

    for vocabulary in VOCABULARIES.values():
        for theirs, code in vocabulary.codes.items():
            assert any(line.startswith(f"| `{theirs}` | `{code}` | ") for line in lines)
