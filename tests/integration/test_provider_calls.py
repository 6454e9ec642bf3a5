"""Claims on provider calls in DynamoDB: one winner, whoever asks and however often."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from types_boto3_dynamodb import DynamoDBClient

from payflow.aws import settings
from payflow.aws.provider_calls import DynamoCallClaims
from tests.support.fakes import FakeClock


@pytest.fixture
def claims(dynamodb: DynamoDBClient) -> DynamoCallClaims:
    return DynamoCallClaims(dynamodb, settings.provider_calls_table(), FakeClock())


def test_of_twenty_parallel_claims_exactly_one_wins(claims: DynamoCallClaims) -> None:
    with ThreadPoolExecutor(20) as pool:
        won = list(pool.map(lambda _: claims.claim("pay_1", 1), range(20)))

    assert sum(won) == 1


def test_attempts_and_payments_do_not_claim_for_each_other(claims: DynamoCallClaims) -> None:
    assert [claims.claim("pay_1", 1), claims.claim("pay_1", 2), claims.claim("pay_2", 1)] == [
        True,
        True,
        True,
    ]


def test_a_claim_that_the_client_repeated_after_a_lost_answer_is_still_its_own(
    claims: DynamoCallClaims, dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    once: Callable[..., Any] = dynamodb.put_item

    def twice(**parameters: Any) -> Any:
        once(**parameters)
        return once(**parameters)

    monkeypatch.setattr(dynamodb, "put_item", twice)

    assert claims.claim("pay_1", 1)
