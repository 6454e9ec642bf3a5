"""The work queues, each with dead letters, and time enough for its reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.settings import Settings

RECEIVES_MAX = 5
# AWS's advice for Lambda: a message stays hidden six times as long as its consumer may take.
VISIBILITY_FACTOR = 6
RETENTION_DAYS = 14


class QueueName(StrEnum):
    """The queues, each by the environment variable that carries its URL to a function."""

    PROVIDER_OUTBOX = "PROVIDER_OUTBOX_URL"
    PROVIDER_CALLBACKS = "PROVIDER_CALLBACKS_URL"
    WAKE_UPS = "WAKE_UPS_URL"


@dataclass(frozen=True)
class Reading:
    """Which function reads a queue, how long it takes at most, and how many messages at once."""

    function: str
    timeout_s: int
    batch_size: int


class Queues(Construct):
    """All queues, reached by `queue(name)` and `dead_letters(name)`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        readings: Mapping[QueueName, Reading],
    ) -> None:
        super().__init__(scope, construct_id)
        self._readings = readings
        self._queues = {
            name: _queue_with_dead_letters(
                self,
                settings=settings,
                consumer_timeout_s=reading.timeout_s,
                receives_max=RECEIVES_MAX,
                name=_camel_case(name),
            )
            for name, reading in readings.items()
        }

    def queue(self, name: QueueName) -> sqs.Queue:
        """The queue of that name."""
        return self._queues[name][0]

    def dead_letters(self, name: QueueName) -> sqs.Queue:
        """Where messages of that queue end that failed `RECEIVES_MAX` times."""
        return self._queues[name][1]

    def all_dead_letters(self) -> dict[str, sqs.Queue]:
        """All dead letters by what they are of, such as `WakeUps`."""
        return {_camel_case(name): self.dead_letters(name) for name in self._queues}

    def connect(self, name: QueueName, reader: lambda_.IFunction) -> None:
        """Let the queue be read by `reader`; of a batch only what failed comes again."""
        reader.add_event_source(
            sources.SqsEventSource(
                self.queue(name),
                batch_size=self._readings[name].batch_size,
                report_batch_item_failures=True,
            )
        )


def _queue_with_dead_letters(
    scope: Construct,
    *,
    settings: Settings,
    consumer_timeout_s: int,
    receives_max: int,
    name: str = "Queue",
) -> tuple[sqs.Queue, sqs.Queue]:
    """A queue, and where its messages go that were received `receives_max` times in vain."""
    dead_letters = dead_letter_queue(scope, f"{name}DeadLetters", settings=settings)
    queue = sqs.Queue(
        scope,
        name,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        removal_policy=_removal(settings),
        retention_period=Duration.days(RETENTION_DAYS),
        visibility_timeout=Duration.seconds(VISIBILITY_FACTOR * consumer_timeout_s),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=receives_max),
    )
    return queue, dead_letters


def dead_letter_queue(scope: Construct, construct_id: str, *, settings: Settings) -> sqs.Queue:
    """Where what was tried in vain waits for a person."""
    return sqs.Queue(
        scope,
        construct_id,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        removal_policy=_removal(settings),
        retention_period=Duration.days(RETENTION_DAYS),
    )


def _removal(settings: Settings) -> RemovalPolicy:
    return RemovalPolicy.RETAIN if settings.keeps_data else RemovalPolicy.DESTROY


def _camel_case(name: QueueName) -> str:
    return "".join(part.capitalize() for part in name.name.split("_"))
