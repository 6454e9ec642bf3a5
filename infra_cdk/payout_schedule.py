"""Payouts, made once a day by the clock."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.lambda_factory import DeployedFunction
from infra_cdk.settings import Settings

# An hour after midnight UTC, when the day that is paid for is over for everybody's clock.
PAID_AT_HOUR_UTC = 1
# A run that failed raises the alarm on errors of functions, and is repeated: it pays those whom the
# first one did not reach.
RETRY_LIMIT = 2
RUN_AGE_MAX_H = 6
DLQ_RETENTION_DAYS = 14


class PayoutSchedule(Construct):
    """The daily rule that invokes `pay_out_merchants`, with its dead-letter queue."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        pay_out_merchants: DeployedFunction,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(DLQ_RETENTION_DAYS),
            removal_policy=(RemovalPolicy.RETAIN if settings.keeps_data else RemovalPolicy.DESTROY),
        )
        pay_out_merchants.target.configure_async_invoke(
            on_failure=destinations.SqsDestination(self.dead_letters),
            retry_attempts=RETRY_LIMIT,
            max_event_age=Duration.hours(RUN_AGE_MAX_H),
        )
        events.Rule(
            self,
            "Daily",
            schedule=events.Schedule.cron(minute="0", hour=str(PAID_AT_HOUR_UTC)),
            targets=[
                targets.LambdaFunction(
                    pay_out_merchants.target,
                    dead_letter_queue=self.dead_letters,
                    retry_attempts=RETRY_LIMIT,
                    max_event_age=Duration.hours(RUN_AGE_MAX_H),
                )
            ],
        )
