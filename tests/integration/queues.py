"""What lies in the queues, and the functions that read them, called as their batches would."""

from __future__ import annotations

import importlib
import json
from typing import Any

from payflow.aws.clients import client


def text_of(document: object) -> str:
    return json.dumps(document, separators=(",", ":"))


def messages(queue: str) -> list[Any]:
    """What lies in a queue and is due."""
    url = client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
    received = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(one["Body"]) for one in received.get("Messages", [])]


def consume(function: str, *bodies: object) -> list[str]:
    """What a queue's function leaves of a batch: the positions of its failures."""
    records = [{"messageId": str(n), "body": text_of(body)} for n, body in enumerate(bodies)]
    handler = importlib.import_module(f"functions.{function}").handler
    return [
        one["itemIdentifier"] for one in handler({"Records": records}, None)["batchItemFailures"]
    ]
