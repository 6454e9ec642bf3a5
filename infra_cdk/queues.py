"""The queues of provider callbacks, each with the queue of what could not be done."""

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

# AWS's own advice: less, and a message may come again while it is still being worked on.
VISIBILITY_TIMEOUTS = 6
RECEIVES_MAX = 5
DLQ_RETENTION_DAYS = 14


class QueueName(StrEnum):
    """The queues, each by the environment variable that carries its URL to a function."""

    PROVIDER_OUTBOX = "PROVIDER_OUTBOX_URL"
    PROVIDER_CALLBACKS = "PROVIDER_CALLBACKS_URL"


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
        self._settings = settings
        self._readings = readings
        self._dead_letters = {name: self._create_dead_letters(name) for name in QueueName}
        self._queues = {name: self._create(name) for name in QueueName}

    def queue(self, name: QueueName) -> sqs.Queue:
        """The queue of that name."""
        return self._queues[name]

    def dead_letters(self, name: QueueName) -> sqs.Queue:
        """Where messages of that queue end that failed `RECEIVES_MAX` times."""
        return self._dead_letters[name]

    def connect(self, name: QueueName, reader: lambda_.IFunction) -> None:
        """Let the queue be read by `reader`; of a batch only what failed comes again."""
        reader.add_event_source(
            sources.SqsEventSource(
                self._queues[name],
                batch_size=self._readings[name].batch_size,
                report_batch_item_failures=True,
            )
        )

    def _create(self, name: QueueName) -> sqs.Queue:
        return sqs.Queue(
            self,
            _camel_case(name),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=Duration.seconds(
                VISIBILITY_TIMEOUTS * self._readings[name].timeout_s
            ),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self._dead_letters[name], max_receive_count=RECEIVES_MAX
            ),
            removal_policy=self._removal_policy,
        )

    def _create_dead_letters(self, name: QueueName) -> sqs.Queue:
        return sqs.Queue(
            self,
            f"{_camel_case(name)}DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(DLQ_RETENTION_DAYS),
            removal_policy=self._removal_policy,
        )

    @property
    def _removal_policy(self) -> RemovalPolicy:
        return RemovalPolicy.RETAIN if self._settings.keeps_data else RemovalPolicy.DESTROY


def _camel_case(name: QueueName) -> str:
    return "".join(part.capitalize() for part in name.name.split("_"))
