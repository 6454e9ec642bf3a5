"""Every minute: payments that are due and that no wake-up has reached."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from infra_cdk.lambda_factory import DeployedFunction


def sweep_regularly(scope: Construct, sweep_payments: DeployedFunction) -> events.Rule:
    """The schedule; the next sweep finds whatever a failed one did not, so none is repeated."""
    minute = Duration.minutes(1)
    return events.Rule(
        scope,
        "Sweep",
        schedule=events.Schedule.rate(minute),
        targets=[
            targets.LambdaFunction(sweep_payments.target, retry_attempts=0, max_event_age=minute)
        ],
    )
