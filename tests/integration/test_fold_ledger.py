"""The journal in its table: from the stream's events to pages, and what each costs."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from types_boto3_dynamodb import DynamoDBClient

from payflow import wiring
from payflow.aws.journal import DynamoJournal
from payflow.aws.payment_item import payment_to_item
from payflow.aws.posted_facts import PostedFacts
from payflow.domain.journal import SHARDS, shard_of
from payflow.domain.journal_page import CHECKPOINT_EVERY
from payflow.domain.ledger import Account, AccountKind, folded
from payflow.domain.payment import Payment
from payflow.services.journal_shard import JournalShard
from payflow.services.verify_ledger import Audit, VerifyLedger
from tests.integration.gateway import Gateway
from tests.integration.stored_payments import ASHAS, booked, next_version, numbered
from tests.support.builders import later
from tests.support.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("fresh_wiring")
SHARD = shard_of(ASHAS)
PAYABLE = Account(AccountKind.MERCHANT_PAYABLE, "INR", ASHAS)


def a_record(after: Payment, before: Payment | None = None, number: int = 1) -> dict[str, Any]:
    images = {"NewImage": payment_to_item(after), "SequenceNumber": str(number)}
    if before is not None:
        images["OldImage"] = payment_to_item(before)
    return {"eventName": "MODIFY", "dynamodb": images}


def fold(*records: dict[str, Any]) -> Any:
    return importlib.import_module("functions.fold_ledger").handler({"Records": records}, None)


def captured(number: int) -> Payment:
    return booked(numbered(number), later(number))


def pages(dynamodb: DynamoDBClient) -> list[Any]:
    return list(DynamoJournal(dynamodb, "ledger").ascending(SHARD, 1))


def test_a_batch_becomes_one_page(dynamodb: DynamoDBClient) -> None:
    payments = [captured(number) for number in range(5)]

    answer = fold(*(a_record(one, numbered(n)) for n, one in enumerate(payments)))

    (page,) = pages(dynamodb)
    assert answer == {"batchItemFailures": []}
    assert page.transactions == tuple(one.postings[0] for one in payments)
    assert page.standings[PAYABLE].balance == folded({}, page.transactions)[PAYABLE]


def test_only_what_a_write_added_is_taken_from_it(dynamodb: DynamoDBClient) -> None:
    first = captured(1)
    more = replace(first.postings[0], sequence=2, posted_at=later(9), id="txn_2")
    second = next_version(first, postings=(*first.postings, more))
    fold(a_record(first))

    fold(a_record(second, first))

    assert [len(page.transactions) for page in pages(dynamodb)] == [1, 1]


def test_a_batch_that_comes_again_and_again_at_once_is_taken_once(
    dynamodb: DynamoDBClient,
) -> None:
    records = [a_record(captured(number)) for number in range(10)]
    batches: list[Sequence[dict[str, Any]]] = [records[:6], records[4:], records[:6], records]

    with ThreadPoolExecutor(len(batches)) as pool:
        list(pool.map(lambda batch: fold(*batch), batches))

    ids = [one.id for page in pages(dynamodb) for one in page.transactions]
    assert sorted(ids) == sorted(captured(number).postings[0].id for number in range(10))


def test_a_record_that_cannot_be_read_fails_alone(dynamodb: DynamoDBClient) -> None:
    poisoned = a_record(captured(2), number=2)
    del poisoned["dynamodb"]["NewImage"]["merchant_id"]

    answer = fold(a_record(captured(1)), poisoned, a_record(captured(3), number=3))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert [len(page.transactions) for page in pages(dynamodb)] == [2]


def test_any_page_is_found_again_by_number_and_time(dynamodb: DynamoDBClient) -> None:
    count = 2 * CHECKPOINT_EVERY + 3
    for number in range(count):
        fold(a_record(captured(number)))
    journal = DynamoJournal(dynamodb, "ledger")
    shard = JournalShard(journal, SHARD, journal.tails(range(SHARDS))[SHARD])

    lines = list(shard.lines(PAYABLE, None))

    assert shard.head.number == count
    assert [line.posted_at for line in lines] == [later(n) for n in reversed(range(count))]
    assert list(shard.lines(PAYABLE, lines[-3].key)) == lines[-2:]
    assert shard.balances(later(4.5))[PAYABLE].credits == 5 * 123_750
    assert shard.ids_held(captured(3).postings) == {captured(3).postings[0].id}
    assert [page.number for page in journal.descending(SHARD, 20)] == list(range(20, 0, -1))


def audited(dynamodb: DynamoDBClient) -> Audit:
    journal, facts = DynamoJournal(dynamodb, "ledger"), [PostedFacts(dynamodb, "payments")]
    return VerifyLedger(journal, facts, FakeClock(later(1_000)))(lambda *_: None)


def test_an_audit_sees_a_byte_that_was_changed_in_the_table(dynamodb: DynamoDBClient) -> None:
    for number in range(5):
        payment = captured(number)
        wiring.payments().create(payment)
        fold(a_record(payment))
    assert audited(dynamodb).is_sound
    key = {"shard": {"S": f"{SHARD:02d}"}, "page": {"N": "3"}}
    item = dynamodb.get_item(TableName="ledger", Key=key)["Item"]
    text = bytearray(item["text"]["B"])
    text[len(text) // 2] ^= 1

    dynamodb.put_item(TableName="ledger", Item={**item, "text": {"B": bytes(text)}})

    broken = audited(dynamodb).broken
    assert broken is not None
    assert (broken.shard, broken.page) == (SHARD, 3)


@pytest.mark.parametrize(("batch", "units_max"), [(1, 1), (100, 10)])
def test_a_page_costs_one_write_and_little_more_than_its_transactions(
    gateway: Gateway, batch: int, units_max: int
) -> None:
    records = [a_record(captured(number)) for number in range(batch)]

    with gateway.counter.counting() as units:
        fold(*records)

    assert units.writes == {"ledger": 1}
    assert units.write["ledger"] <= units_max


def test_a_fold_reads_the_same_however_many_pages_there_are(gateway: Gateway) -> None:
    reads: list[float] = []
    number = 0
    for pages_before in (CHECKPOINT_EVERY + 5, 5 * CHECKPOINT_EVERY + 5):
        while number < pages_before:
            fold(a_record(captured(number)))
            number += 1
        with gateway.counter.counting() as units:
            fold(a_record(captured(number)))
        number += 1
        reads.append(units.read["ledger"])

    few, many = reads
    assert many <= few * 1.25
