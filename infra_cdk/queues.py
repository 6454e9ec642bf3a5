"""The one way in which a work queue is made: with dead letters, and time for its consumer."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.settings import Settings

# AWS's advice for Lambda: a message stays hidden six times as long as its consumer may take.
VISIBILITY_FACTOR = 6
RETENTION_DAYS = 14


def queue_with_dead_letters(
    scope: Construct,
    *,
    settings: Settings,
    consumer_timeout_s: int,
    receives_max: int,
    name: str = "Queue",
) -> tuple[sqs.Queue, sqs.Queue]:
    """A queue, and where its messages go that were received `receives_max` times in vain."""
    removal = RemovalPolicy.RETAIN if settings.keeps_data else RemovalPolicy.DESTROY
    dead_letters = _queue(scope, f"{name}DeadLetters", removal)
    queue = sqs.Queue(
        scope,
        name,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        removal_policy=removal,
        retention_period=Duration.days(RETENTION_DAYS),
        visibility_timeout=Duration.seconds(VISIBILITY_FACTOR * consumer_timeout_s),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=receives_max),
    )
    return queue, dead_letters


def _queue(scope: Construct, construct_id: str, removal: RemovalPolicy) -> sqs.Queue:
    return sqs.Queue(
        scope,
        construct_id,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        removal_policy=removal,
        retention_period=Duration.days(RETENTION_DAYS),
    )
