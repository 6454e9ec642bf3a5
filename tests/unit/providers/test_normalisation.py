"""Whatever a provider says, PayFlow never takes it for a success that it is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow.domain.method import MethodType
from payflow.domain.outcomes import Category, Outcome
from payflow.domain.retry import CATEGORY_RULES
from payflow.providers import card, upi, wallet
from payflow.providers.normalisation import (
    MEANINGS,
    Vocabulary,
    inquiry_result,
    operation_result,
)
from payflow.providers.simulated.dialect import DIALECTS
from payflow.providers.simulated.instruments import CARDS, UPI_ADDRESSES, WALLETS, Behaviour
from payflow.providers.simulated.sums import Refusal
from payflow.providers.wire import Answer, Reply, Silence

VOCABULARIES = {
    MethodType.CARD: card.VOCABULARY,
    MethodType.UPI: upi.VOCABULARY,
    MethodType.WALLET: wallet.VOCABULARY,
}
every_vocabulary = pytest.mark.parametrize(
    "vocabulary", VOCABULARIES.values(), ids=VOCABULARIES.keys()
)
vocabularies = st.sampled_from(list(VOCABULARIES.values()))
words = st.text() | st.sampled_from(
    [word for vocabulary in VOCABULARIES.values() for word in vocabulary.statuses]
)
codes = st.text() | st.sampled_from(
    ["00", "OK", *(code for vocabulary in VOCABULARIES.values() for code in vocabulary.codes)]
)


def status_word(vocabulary: Vocabulary, outcome: Outcome) -> str:
    return next(word for word, meaning in vocabulary.statuses.items() if meaning is outcome)


@given(vocabularies, words, codes)
def test_only_an_approving_status_with_an_approving_code_is_a_success(
    vocabulary: Vocabulary, status: str, code: str
) -> None:
    reply = Reply(Answer(status, code), 100)
    approving = (
        vocabulary.statuses.get(status) is Outcome.APPROVED and code in vocabulary.approval_codes
    )

    assert (operation_result(vocabulary, reply).outcome is Outcome.APPROVED) == approving
    assert (inquiry_result(vocabulary, reply).outcome is Outcome.APPROVED) == approving


@given(vocabularies, words, codes)
def test_an_inquiry_never_says_error(vocabulary: Vocabulary, status: str, code: str) -> None:
    result = inquiry_result(vocabulary, Reply(Answer(status, code), 100))

    assert result.outcome is not Outcome.ERROR


@given(vocabularies, words, codes)
def test_whatever_is_not_good_news_has_a_code_and_a_category(
    vocabulary: Vocabulary, status: str, code: str
) -> None:
    result = operation_result(vocabulary, Reply(Answer(status, code), 100))

    good = result.outcome in (Outcome.APPROVED, Outcome.PENDING)
    assert (result.code is None) == (result.category is None) == good
    assert result.provider_code == code


@every_vocabulary
def test_an_unknown_status_is_unknown(vocabulary: Vocabulary) -> None:
    result = operation_result(vocabulary, Reply(Answer("DEEMED", "00"), 100))

    assert (result.outcome, result.category) == (Outcome.UNKNOWN, Category.UNKNOWN)
    assert result.code == "unrecognized_answer"


@every_vocabulary
def test_a_refusal_with_an_unknown_code_is_never_tried_elsewhere(vocabulary: Vocabulary) -> None:
    word = status_word(vocabulary, Outcome.DECLINED)

    result = operation_result(vocabulary, Reply(Answer(word, "??"), 100))

    assert (result.outcome, result.code) == (Outcome.DECLINED, "generic_decline")
    assert result.category is not None
    assert not CATEGORY_RULES[result.category].failover


@every_vocabulary
def test_a_technical_failure_with_an_unknown_code_goes_elsewhere(vocabulary: Vocabulary) -> None:
    word = status_word(vocabulary, Outcome.ERROR)

    result = operation_result(vocabulary, Reply(Answer(word, "??"), 100))

    assert (result.outcome, result.code) == (Outcome.ERROR, "processing_error")
    assert result.category is not None
    assert CATEGORY_RULES[result.category].failover


@every_vocabulary
def test_an_authorisation_cannot_be_answered_with_not_found(vocabulary: Vocabulary) -> None:
    word = status_word(vocabulary, Outcome.NOT_FOUND)

    result = operation_result(vocabulary, Reply(Answer(word, "25"), 100))

    assert result.outcome is Outcome.UNKNOWN


@every_vocabulary
def test_a_refused_connection_charged_nothing_but_tells_an_inquiry_nothing(
    vocabulary: Vocabulary,
) -> None:
    reply = Reply(Silence.REFUSED, 0)

    assert operation_result(vocabulary, reply).outcome is Outcome.ERROR
    assert inquiry_result(vocabulary, reply).outcome is Outcome.UNKNOWN


@every_vocabulary
def test_every_code_of_a_table_has_a_meaning(vocabulary: Vocabulary) -> None:
    assert set(vocabulary.codes.values()) <= set(MEANINGS)


@pytest.mark.parametrize(
    ("kind", "instruments"),
    [(MethodType.CARD, CARDS), (MethodType.UPI, UPI_ADDRESSES), (MethodType.WALLET, WALLETS)],
)
def test_every_word_of_a_simulated_acquirer_is_understood(
    kind: MethodType, instruments: dict[str, Behaviour]
) -> None:
    vocabulary, dialect = VOCABULARIES[kind], DIALECTS[kind]
    assert set(dialect.refusals) == set(Refusal)
    used = {
        dialect.duplicate_code,
        *dialect.technical_codes,
        *dialect.issuer_codes,
        *dialect.refusals.values(),
        *(behaviour.code for behaviour in instruments.values() if behaviour.code),
    }

    assert used <= set(vocabulary.codes)
    assert dialect.approval_code in vocabulary.approval_codes
    assert {*dialect.words.values(), dialect.not_found_word} == set(vocabulary.statuses)
