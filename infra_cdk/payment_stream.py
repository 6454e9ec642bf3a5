"""What follows each change of a payment: the payments table's stream, read in batches."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra_cdk.lambda_factory import DeployedFunction
from infra_cdk.queues import dead_letter_queue
from infra_cdk.settings import Settings

# Outcomes are learnt together, since each batch writes the health book once: those of a second in
# quiet times. In busy ones a batch is full sooner, so a breaker still opens within 2 s of an outage
# at 50 payments a second. The embedded cloud takes the window and delivers at once.
BATCHING_WINDOW_S = 1
BATCH_SIZE_RECORDS = 25
RETRY_LIMIT = 5
# An outcome older than this says nothing about a provider's health now.
RECORD_AGE_MAX_S = 600


class PaymentStream(Construct):
    """The mapping from the payments stream to `follow_payments`, with its dead-letter queue."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        payments: dynamodb.Table,
        follow_payments: DeployedFunction,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = dead_letter_queue(self, "DeadLetters", settings=settings)
        follow_payments.target.add_event_source(
            sources.DynamoEventSource(
                payments,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=BATCH_SIZE_RECORDS,
                max_batching_window=Duration.seconds(BATCHING_WINDOW_S),
                bisect_batch_on_error=True,
                report_batch_item_failures=True,
                retry_attempts=RETRY_LIMIT,
                max_record_age=Duration.seconds(RECORD_AGE_MAX_S),
                on_failure=sources.SqsDlq(self.dead_letters),
            )
        )
