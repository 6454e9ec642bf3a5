"""What an operator sees first on CloudWatch: one dashboard, and the alarms that wake somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra_cdk.api import ApiFront
from infra_cdk.functions import FOLLOW_FUNCTION, LEDGER_FUNCTION, PLAN_FUNCTION
from infra_cdk.lambda_factory import DeployedFunction
from infra_cdk.tables import TableName

PERIOD = Duration.minutes(1)
HEALTH_LAG_MAX_MS = 60_000
# As long as payflow.services.read_ledger looks back for what is not folded yet.
LEDGER_LAG_MAX_MS = 60_000
WIDGET_WIDTH = 8


@dataclass(frozen=True)
class Watched:
    """Everything that is watched."""

    api: ApiFront
    state_machine: sfn.StateMachine
    functions: Mapping[str, DeployedFunction]
    tables: Mapping[TableName, dynamodb.Table]
    dead_letters: Mapping[str, sqs.Queue]


class Monitoring(Construct):
    """The dashboard, the alarms, and the topic that alarms are sent to.

    Who is to be woken subscribes to that topic after the deploy, once: an address is not code, and
    has to be confirmed by hand. `aws sns subscribe --topic-arn <output AlarmTopicArn> --protocol
    email --notification-endpoint <address>` does it. Each alarm watches one metric: the embedded
    cloud refuses metric math. Ten are free of charge, each further one is ten cents a month.
    """

    def __init__(self, scope: Construct, construct_id: str, *, watched: Watched) -> None:
        super().__init__(scope, construct_id)
        self._watched = watched
        self.alarm_topic = sns.Topic(self, "Alarms", enforce_ssl=True)
        self._alarms()
        self._dashboard()

    def _alarms(self) -> None:
        watched = self._watched
        self._alarm("ApiServerErrors", watched.api.server_errors, "The API answers 5xx.")
        self._alarm(
            "WorkflowFailures",
            watched.state_machine.metric_failed(period=PERIOD),
            "Payment workflows fail; their payments wait to be resolved.",
        )
        self._alarm(
            "WorkflowTimeouts",
            watched.state_machine.metric_timed_out(period=PERIOD),
            "Payment workflows run out of time; their payments wait to be resolved.",
        )
        self._alarm(
            "PlanErrors",
            watched.functions[PLAN_FUNCTION].function.metric_errors(period=PERIOD),
            "The plan raises, so payments cannot take their next step.",
        )
        # Without dimensions: every function of the account, so those that call providers, learn
        # health or authorise are heard too. Give each stage an account of its own.
        self._alarm(
            "FunctionErrors",
            _of_all_functions("Errors"),
            "A function crashes or runs out of time; the dashboard shows which.",
        )
        self._stream_alarms()
        self._alarm(
            "FunctionThrottles",
            _of_all_functions("Throttles"),
            "Functions are throttled: the account's concurrency is used up.",
        )
        for kind in ("Read", "Write"):
            self._alarm(
                f"Payments{kind}Throttles",
                _throttles(watched.tables[TableName.PAYMENTS], kind),
                f"DynamoDB refuses a {kind.lower()} of payments for its rate.",
            )

    def _stream_alarms(self) -> None:
        watched = self._watched
        for name, queue in watched.dead_letters.items():
            self._alarm(
                f"{name}DeadLetters",
                queue.metric_approximate_number_of_messages_visible(period=PERIOD),
                "Something was tried in vain as often as it may be; see the dead-letter queue.",
            )
        self._alarm(
            "HealthLag",
            watched.functions[FOLLOW_FUNCTION].function.metric(
                "IteratorAge", statistic="Maximum", period=PERIOD
            ),
            "Provider health lags behind: the router decides on old news.",
            threshold=HEALTH_LAG_MAX_MS,
        )
        self._alarm(
            "LedgerLag",
            watched.functions[LEDGER_FUNCTION].function.metric(
                "IteratorAge", statistic="Maximum", period=PERIOD
            ),
            "The journal lags behind by more than its readers make up for.",
            threshold=LEDGER_LAG_MAX_MS,
        )

    def _alarm(
        self,
        construct_id: str,
        metric: cloudwatch.IMetric,
        description: str,
        *,
        threshold: int = 1,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            metric=metric,
            alarm_description=description,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=(cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD),
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.alarm_topic))

    def _dashboard(self) -> None:
        dashboard = cloudwatch.Dashboard(self, "Dashboard")
        api = self._watched.api
        workflow = self._watched.state_machine
        dashboard.add_widgets(
            _graph("Requests", [api.requests, api.client_errors, api.server_errors]),
            _graph("API latency, p99", [api.latency_p99]),
            _graph("Dead letters", self._dead_letters()),
        )
        dashboard.add_widgets(
            _graph(
                "Payment workflows",
                [
                    workflow.metric_started(),
                    workflow.metric_succeeded(),
                    workflow.metric_failed(),
                    workflow.metric_timed_out(),
                ],
            ),
            _graph(
                "Workflow duration",
                [workflow.metric_time(statistic="p50"), workflow.metric_time(statistic="p99")],
            ),
            _graph("Table throttles", self._table_throttles()),
        )
        functions = [deployed.function for deployed in self._watched.functions.values()]
        dashboard.add_widgets(
            _graph("Function errors", [function.metric_errors() for function in functions]),
            _graph("Function throttles", [function.metric_throttles() for function in functions]),
            _graph("Units consumed", self._consumed_units()),
        )

    def _dead_letters(self) -> list[cloudwatch.IMetric]:
        return [
            queue.metric_approximate_number_of_messages_visible()
            for queue in self._watched.dead_letters.values()
        ]

    def _table_throttles(self) -> list[cloudwatch.IMetric]:
        return [
            _throttles(table, kind)
            for table in self._watched.tables.values()
            for kind in ("Read", "Write")
        ]

    def _consumed_units(self) -> list[cloudwatch.IMetric]:
        return [
            metric
            for table in self._watched.tables.values()
            for metric in (
                table.metric_consumed_read_capacity_units(),
                table.metric_consumed_write_capacity_units(),
            )
        ]


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=WIDGET_WIDTH)


def _of_all_functions(metric: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/Lambda", metric_name=metric, statistic="Sum", period=PERIOD
    )


def _throttles(table: dynamodb.Table, kind: str) -> cloudwatch.Metric:
    return table.metric(f"{kind}ThrottleEvents", statistic="Sum", period=PERIOD)
