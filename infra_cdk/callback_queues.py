"""The queues of provider callbacks: those to be sent, and those to be dealt with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.queues import queue_with_dead_letters
from infra_cdk.settings import Settings

RECEIVES_MAX = 5


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


class CallbackQueues(Construct):
    """Both queues, reached by `queue(name)` and `dead_letters(name)`."""

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
            name: queue_with_dead_letters(
                self,
                settings=settings,
                consumer_timeout_s=reading.timeout_s,
                receives_max=RECEIVES_MAX,
                name="".join(part.capitalize() for part in name.name.split("_")),
            )
            for name, reading in readings.items()
        }

    def queue(self, name: QueueName) -> sqs.Queue:
        """The queue of that name."""
        return self._queues[name][0]

    def dead_letters(self, name: QueueName) -> sqs.Queue:
        """Where messages of that queue end that failed `RECEIVES_MAX` times."""
        return self._queues[name][1]

    def connect(self, name: QueueName, reader: lambda_.IFunction) -> None:
        """Let the queue be read by `reader`; of a batch only what failed comes again."""
        reader.add_event_source(
            sources.SqsEventSource(
                self.queue(name),
                batch_size=self._readings[name].batch_size,
                report_batch_item_failures=True,
            )
        )
