"""What lies about the tables: queues, logs, and the ledger as the API tells it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tools.api import Api, Json
from tools.deployment.cloud import STACK_NAME, Cloud
from tools.doctor.findings import Findings, Problem
from tools.doctor.liveness import queue_is_drained
from tools.doctor.money import Replay, Sums, balances_follow, trial_balance
from tools.doctor.secrecy import Secrets, nothing_shows
from tools.errors import ToolError

COUNTERS: Final = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
"""Delayed messages are alarm clocks; they are meant to wait."""

DRAINS_WITHIN_S: Final = 30.0
"""How long beyond its visibility time-out a queue has until it is seen empty.

For a good minute after a load several wake-ups a second come due, so a look finds some at nearly
any moment although none of them waits; and a message that failed once is hidden for the time-out.
"""

DRAIN_POLL_S: Final = 2.0
PEEKED_MAX: Final = 10
LOG_PAGES_MAX: Final = 20
LOG_PREFIXES: Final = ("/aws/lambda/payflow", "/aws/vendedlogs")
BALANCES_TRIES_MAX: Final = 6
BALANCES_PAUSE_S: Final = 2.0


def ledger_accounts(operator: Api) -> dict[str, Sums] | None:
    """The sums of all accounts, as the API tells an operator; None if it does not.

    A journal that was tampered with can be why, so this must not be the end of the examination.
    """
    try:
        told = operator.get("/api/v1/ledger/trial-balance")
    except ToolError:
        return None
    return {
        one["id"]: Sums(
            one["debits"], one["credits"], one["pending_debits"], one["pending_credits"]
        )
        for one in told["accounts"]
    }


def check_balances(
    before: Mapping[str, Sums] | None,
    replay: Replay,
    after: Callable[[], Mapping[str, Sums] | None],
    findings: Findings,
) -> None:
    """11 and 17: compare the replayed journal with what the API says, which may lag a little.

    Where it did not say anything before, only what it says afterwards bounds the journal.
    """
    replayed = replay.accounts()
    for trial in range(BALANCES_TRIES_MAX):
        if trial:
            time.sleep(BALANCES_PAUSE_S)
        told = after()
        problems = (
            [Problem(17, "the API", "does not tell the balances of the ledger's accounts")]
            if told is None
            else list(balances_follow(before or {}, replayed, told))
        )
        if not problems:
            break
    findings.add(problems)
    findings.add(trial_balance(replayed, "the journal"))
    findings.add(trial_balance(told or {}, "the trial balance of the API"))
    findings.examined([11, 17], "accounts", len(replayed))
    if before != told:
        findings.note(17, "money moved meanwhile")


def check_queues(cloud: Cloud, secrets: Secrets, findings: Findings) -> None:
    """34: queues drain and hold no dead letters; 32: dead letters show no secrets."""
    sqs = cloud.client("sqs")
    urls = sqs.list_queues(QueueNamePrefix=STACK_NAME).get("QueueUrls", [])
    attributes = {url: _attributes(sqs, url) for url in urls}
    dead = {
        json.loads(one["RedrivePolicy"])["deadLetterTargetArn"]
        for one in attributes.values()
        if "RedrivePolicy" in one
    }
    started = time.monotonic()
    for url in urls:
        name = url.rpartition("/")[2]
        is_dead = attributes[url]["QueueArn"] in dead or "DeadLetters" in name
        hidden_s = float(attributes[url]["VisibilityTimeout"])
        deadline = started + hidden_s + DRAINS_WITHIN_S
        waiting = _waiting(sqs, url)
        while waiting and not is_dead and time.monotonic() < deadline:
            time.sleep(DRAIN_POLL_S)
            waiting = _waiting(sqs, url)
        findings.add(queue_is_drained(name, waiting, is_dead))
        findings.examined([34], "queues")
        if is_dead and waiting:
            _peek(sqs, url, secrets, findings)


def _attributes(sqs: Any, url: str) -> dict[str, str]:
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    attributes: dict[str, str] = answer["Attributes"]
    return attributes


def _waiting(sqs: Any, url: str) -> int:
    attributes = _attributes(sqs, url)
    return sum(int(attributes.get(counter, 0)) for counter in COUNTERS)


def _peek(sqs: Any, url: str, secrets: Secrets, findings: Findings) -> None:
    """Look at dead letters and leave them where they are."""
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=PEEKED_MAX, VisibilityTimeout=0, WaitTimeSeconds=0
    )
    for message in answer.get("Messages", []):
        where = f"a message in {url.rpartition('/')[2]}"
        findings.add(nothing_shows(secrets, where, message["Body"].encode()))
        findings.examined([32], "messages")


def check_logs(cloud: Cloud, log_dir: Path, secrets: Secrets, findings: Findings) -> None:
    """32: neither the functions' logs nor the instance's own show a secret."""
    logs = cloud.client("logs")
    for prefix in LOG_PREFIXES:
        groups = logs.describe_log_groups(logGroupNamePrefix=prefix).get("logGroups", [])
        for group in groups:
            name = group["logGroupName"]
            for event in _events(logs, name):
                findings.add(nothing_shows(secrets, f"log {name}", event["message"].encode()))
                findings.examined([32], "log events")
    for path in sorted(log_dir.glob("*.log")):
        with path.open("rb") as file:
            for line in file:
                findings.add(nothing_shows(secrets, path.name, line))
                findings.examined([32], "log lines")


def _events(logs: Any, group: str) -> Iterator[Json]:
    position: dict[str, str] = {}
    for _ in range(LOG_PAGES_MAX):
        page = logs.filter_log_events(logGroupName=group, **position)
        yield from page.get("events", [])
        if "nextToken" not in page:
            return
        position = {"nextToken": page["nextToken"]}
