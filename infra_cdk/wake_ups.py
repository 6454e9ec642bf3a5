"""Payments that are looked at again: the wake-up queue, and the schedule that sweeps up."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.functions import WAKE_TIMEOUT_S
from infra_cdk.lambda_factory import DeployedFunction
from infra_cdk.queues import queue_with_dead_letters
from infra_cdk.settings import Settings

SWEEP_EVERY_MIN = 1
BATCH_SIZE = 10
# Not woken for that often: the sweeper goes on trying, and the dead letter raises an alarm.
RECEIVES_MAX = 6


class WakeUps(Construct):
    """The queue with its consumer, and the sweeper that fills it with what was missed."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        wake_payments: DeployedFunction,
        sweep_payments: DeployedFunction,
        senders: tuple[DeployedFunction, ...],
    ) -> None:
        super().__init__(scope, construct_id)
        self.queue, self.dead_letters = queue_with_dead_letters(
            self, settings=settings, consumer_timeout_s=WAKE_TIMEOUT_S, receives_max=RECEIVES_MAX
        )
        wake_payments.target.add_event_source(
            sources.SqsEventSource(
                self.queue, batch_size=BATCH_SIZE, report_batch_item_failures=True
            )
        )
        for sender in (*senders, wake_payments, sweep_payments):
            sender.function.add_environment("WAKE_UP_QUEUE_URL", self.queue.queue_url)
            _let_send(sender, self.queue)
        events.Rule(
            self,
            "Sweep",
            schedule=events.Schedule.rate(Duration.minutes(SWEEP_EVERY_MIN)),
            targets=[
                targets.LambdaFunction(
                    sweep_payments.target,
                    # The next minute's sweep finds whatever this one does not.
                    retry_attempts=0,
                    max_event_age=Duration.minutes(SWEEP_EVERY_MIN),
                )
            ],
        )


def _let_send(function: DeployedFunction, queue: sqs.Queue) -> None:
    queue.grant_send_messages(function.function)
