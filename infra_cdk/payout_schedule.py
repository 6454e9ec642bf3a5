"""Payouts, made once a day by the clock."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra_cdk.lambda_factory import DeployedFunction
from infra_cdk.queues import dead_letter_queue
from infra_cdk.settings import Settings

# An hour after midnight UTC, when the day that is paid for is over for everybody's clock.
PAID_AT_HOUR_UTC = 1
# A run that failed is repeated; it pays those whom the first one did not reach.
RETRY_LIMIT = 2
RUN_AGE_MAX_H = 6


def pay_out_daily(
    scope: Construct, pay_out_merchants: DeployedFunction, *, settings: Settings
) -> sqs.Queue:
    """The schedule; the queue where a run ends that was tried in vain."""
    dead_letters = dead_letter_queue(scope, "PayoutsDeadLetters", settings=settings)
    age_max = Duration.hours(RUN_AGE_MAX_H)
    pay_out_merchants.target.configure_async_invoke(
        on_failure=destinations.SqsDestination(dead_letters),
        retry_attempts=RETRY_LIMIT,
        max_event_age=age_max,
    )
    events.Rule(
        scope,
        "Payouts",
        schedule=events.Schedule.cron(minute="0", hour=str(PAID_AT_HOUR_UTC)),
        targets=[
            targets.LambdaFunction(
                pay_out_merchants.target,
                dead_letter_queue=dead_letters,
                retry_attempts=RETRY_LIMIT,
                max_event_age=age_max,
            )
        ],
    )
    return dead_letters
