"""What the synthesised stack promises, whatever the target."""

from __future__ import annotations

import json
from typing import Any

from infra_cdk.functions import PROVIDER_FUNCTIONS, READINGS
from infra_cdk.ledger_stream import FOLDED
from infra_cdk.queues import QueueName
from infra_cdk.secrets import SecretName
from infra_cdk.settings import ApiKind, Settings, Stage
from infra_cdk.tables import TableName
from tests.infra.conftest import Synthesised
from tools.ledger.commands import FACT_TABLES

# Ten are free of charge; one more is ten cents a month.
ALARMS_MAX = 20
# Service authorization reference: these actions have no resource type to restrict them to.
WITHOUT_RESOURCE = {
    "dynamodb:ListStreams",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
}
OUTPUTS = {
    "ApiEndpoint",
    "ApiId",
    "ApiKind",
    "ApiStage",
    "StateMachineArn",
    "PaymentsTable",
    "VaultTable",
    "MerchantsTable",
    "ControlTable",
    "ProviderBooksTable",
    "ProviderCallsTable",
    "PayoutsTable",
    "LedgerTable",
    "WalletsTable",
    "CardKeyId",
    "CvcKeyId",
    "PayoutsDlqUrl",
    "PaymentStreamDlqUrl",
    "LedgerStreamDlqUrl",
    "WakeUpsDlqUrl",
    "ProviderOutboxDlqUrl",
    "ProviderCallbacksDlqUrl",
    "CallbackSecretArn",
    "PublicUrlParameter",
}


def actions_of(statement: dict[str, Any]) -> list[str]:
    return as_list(statement["Action"])


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_tooling_finds_every_output(stack: Synthesised) -> None:
    assert set(stack.template["Outputs"]) >= OUTPUTS


def test_a_wildcard_resource_is_used_only_where_aws_has_no_other(stack: Synthesised) -> None:
    everywhere = [
        action
        for policy in stack.properties("AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if "*" in as_list(statement["Resource"])
        for action in actions_of(statement)
    ]

    assert set(everywhere) <= WITHOUT_RESOURCE


def test_no_policy_names_actions_or_resources_by_pattern(stack: Synthesised) -> None:
    resources = [
        str(resource)
        for policy in stack.properties("AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        for resource in as_list(statement["Resource"])
    ]
    allowed = [
        action
        for policy in stack.properties("AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        for action in actions_of(statement)
    ]

    assert [action for action in allowed if "*" in action] == []
    assert [resource for resource in resources if "*" in resource and resource != "*"] == []


def test_no_role_borrows_a_managed_policy(stack: Synthesised) -> None:
    roles = stack.properties("AWS::IAM::Role")

    assert [role for role in roles if "ManagedPolicyArns" in role] == []


def test_keys_rotate(stack: Synthesised) -> None:
    rotating = [key["EnableKeyRotation"] for key in stack.properties("AWS::KMS::Key")]

    assert rotating == [True, True]


def test_every_function_logs_to_a_group_that_forgets(stack: Synthesised) -> None:
    groups = stack.of_type("AWS::Logs::LogGroup")

    for function in stack.properties("AWS::Lambda::Function"):
        group = groups[function["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
        assert group["LogGroupName"] == f"/aws/lambda/{function['FunctionName']}"
        assert group["RetentionInDays"] > 0


def test_every_stream_has_a_dead_letter_queue_and_bounds(stack: Synthesised) -> None:
    queues = stack.of_type("AWS::SQS::Queue")

    for mapping in mappings(stack, "StreamArn"):
        assert dead_letters_of(mapping) in queues
        assert mapping["BisectBatchOnFunctionError"] is True
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert 1 <= mapping["MaximumRetryAttempts"] <= 20
        assert mapping["MaximumBatchingWindowInSeconds"] == 1
        assert mapping["StartingPosition"] == "TRIM_HORIZON"


def test_what_follows_a_payment_is_of_no_use_late(stack: Synthesised) -> None:
    (mapping,) = (
        one
        for one in mappings(stack, "StreamArn")
        if dead_letters_of(one).startswith("PaymentStream")
    )

    assert (mapping["MaximumRetryAttempts"], mapping["BatchSize"]) == (5, 25)
    assert mapping["MaximumRecordAgeInSeconds"] == 600
    # New payments are followed too, since their workflow may never start.
    assert "FilterCriteria" not in mapping


def test_the_journal_is_told_of_all_that_has_postings_however_old(stack: Synthesised) -> None:
    read = [
        one
        for one in mappings(stack, "StreamArn")
        if dead_letters_of(one).startswith("LedgerStream")
    ]

    assert len(read) == len(FOLDED)
    for mapping in read:
        (pattern,) = mapping["FilterCriteria"]["Filters"]
        has_postings = {"posted_key": {"S": [{"exists": True}]}}
        assert json.loads(pattern["Pattern"]) == {"dynamodb": {"NewImage": has_postings}}
        assert (mapping["MaximumRetryAttempts"], mapping["BatchSize"]) == (20, 100)
        assert "MaximumRecordAgeInSeconds" not in mapping


def test_every_queue_that_is_read_has_a_dead_letter_queue_and_time_enough(
    stack: Synthesised,
) -> None:
    queues, read = stack.of_type("AWS::SQS::Queue"), mappings(stack, "Arn")

    assert len(read) == len(READINGS) == len(QueueName)
    for mapping in read:
        logical_id = mapping["EventSourceArn"]["Fn::GetAtt"][0]
        (reading,) = [one for name, one in READINGS.items() if is_called(logical_id, name.name)]
        queue, function = queues[logical_id]["Properties"], stack.function(reading.function)[1]
        assert reading.function.title().replace("_", "") in str(mapping["FunctionName"])
        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
        assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
        assert queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] in queues
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_queues_are_encrypted_on_both_ways_and_keep_what_failed_for_two_weeks(
    stack: Synthesised,
) -> None:
    queues = stack.of_type("AWS::SQS::Queue")

    assert all(one["Properties"]["SqsManagedSseEnabled"] for one in queues.values())
    for logical_id, queue in queues.items():
        if "DeadLetters" in logical_id:
            assert queue["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600
    policies = stack.properties("AWS::SQS::QueuePolicy")
    assert len(policies) == len(queues)


def test_secrets_are_generated_long_and_nobody_chooses_them(stack: Synthesised) -> None:
    secrets = stack.properties("AWS::SecretsManager::Secret")

    assert len(secrets) == len(SecretName)
    for secret in secrets:
        assert "SecretString" not in secret
        assert secret["GenerateSecretString"]["PasswordLength"] == 64


def mappings(stack: Synthesised, attribute: str) -> list[dict[str, Any]]:
    """The event sources that are streams (`StreamArn`) or queues (`Arn`)."""
    return [
        mapping
        for mapping in stack.properties("AWS::Lambda::EventSourceMapping")
        if mapping["EventSourceArn"]["Fn::GetAtt"][1] == attribute
    ]


def dead_letters_of(mapping: dict[str, Any]) -> str:
    """The logical id of the queue of what could not be taken from a stream."""
    destination: str = mapping["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
    return destination


def is_called(logical_id: str, name: str) -> bool:
    """Whether a queue's logical id is that of the queue `NAME`."""
    return logical_id.startswith("Queues" + name.title().replace("_", ""))


def test_new_payments_are_followed_too_since_their_workflow_may_never_start(
    stack: Synthesised,
) -> None:
    (mapping,) = [
        one for one in mappings(stack, "StreamArn") if "FollowPayments" in str(one["FunctionName"])
    ]

    assert "FilterCriteria" not in mapping


def test_an_audit_reads_the_tables_that_are_folded_and_no_others(stack: Synthesised) -> None:
    named = {
        name: output["Value"]["Ref"]
        for name, output in stack.template["Outputs"].items()
        if name in FACT_TABLES
    }
    folded = {
        mapping["EventSourceArn"]["Fn::GetAtt"][0]
        for mapping in mappings(stack, "StreamArn")
        if dead_letters_of(mapping).startswith("LedgerStream")
    }

    assert named.keys() == set(FACT_TABLES)
    assert set(named.values()) == folded


def test_payouts_are_made_daily_and_a_run_that_fails_is_repeated_and_kept(
    stack: Synthesised,
) -> None:
    (rule,) = [
        one
        for one in stack.properties("AWS::Events::Rule")
        if one["ScheduleExpression"] == "cron(0 1 * * ? *)"
    ]
    (invoked,) = stack.properties("AWS::Lambda::EventInvokeConfig")

    (target,) = rule["Targets"]
    assert "PayOutMerchants" in json.dumps(target["Arn"])
    dead_letters = target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0]
    assert dead_letters in stack.of_type("AWS::SQS::Queue")
    assert target["RetryPolicy"]["MaximumRetryAttempts"] == 2
    assert invoked["MaximumRetryAttempts"] == 2
    on_failure = invoked["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
    assert on_failure == dead_letters


def test_what_is_booked_tells_of_its_changes(stack: Synthesised) -> None:
    streamed = [
        logical_id.rstrip("0123456789ABCDEF")
        for logical_id, table in stack.of_type("AWS::DynamoDB::Table").items()
        if table["Properties"].get("StreamSpecification")
        == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    ]

    assert sorted(streamed) == ["TablesPayments", "TablesPayouts", "TablesWallets"]


def test_tables_are_on_demand_and_encrypted(stack: Synthesised) -> None:
    tables = stack.properties("AWS::DynamoDB::Table")

    assert len(tables) == len(TableName)
    for table in tables:
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["SSESpecification"] == {"SSEEnabled": True}


def test_the_workflow_logs_errors_without_contents(stack: Synthesised) -> None:
    (machine,) = stack.properties("AWS::StepFunctions::StateMachine")

    logging = machine["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False)


def test_the_workflow_is_of_the_chosen_kind(settings: Settings, stack: Synthesised) -> None:
    (machine,) = stack.properties("AWS::StepFunctions::StateMachine")

    assert machine["StateMachineType"] == settings.workflow.value.upper()


def test_the_workflow_invokes_the_plan_and_the_providers_alone(stack: Synthesised) -> None:
    (machine,) = stack.properties("AWS::StepFunctions::StateMachine")
    statements = stack.statements_of_role(machine["RoleArn"]["Fn::GetAtt"][0])

    (invoke,) = [one for one in statements if "lambda:InvokeFunction" in actions_of(one)]

    assert len(invoke["Resource"]) == 1 + len(PROVIDER_FUNCTIONS)
    assert "*" not in json.dumps(invoke["Resource"])


def test_the_workflow_definition_leaves_no_name_open(stack: Synthesised) -> None:
    (machine,) = stack.properties("AWS::StepFunctions::StateMachine")

    given = set(machine["DefinitionSubstitutions"])
    asked = {part.split("}")[0] for part in json.dumps(machine["DefinitionString"]).split("${")[1:]}
    assert asked == given


def test_there_is_one_gateway_of_the_chosen_kind(settings: Settings, stack: Synthesised) -> None:
    http = len(stack.of_type("AWS::ApiGatewayV2::Api"))
    rest = len(stack.of_type("AWS::ApiGateway::RestApi"))

    assert (http, rest) == ((1, 0) if settings.api is ApiKind.HTTP else (0, 1))


def test_what_matters_raises_an_alarm_that_somebody_can_hear(stack: Synthesised) -> None:
    alarms = stack.of_type("AWS::CloudWatch::Alarm")

    names = " ".join(alarms)
    for cause in (
        "ApiServerErrors",
        "WorkflowFailures",
        "WorkflowTimeouts",
        "PlanErrors",
        "FunctionErrors",
        "PaymentStreamDeadLetters",
        "LedgerStreamDeadLetters",
        "LedgerLag",
        "WakeUpsDeadLetters",
        "FunctionThrottles",
        "PaymentsWriteThrottles",
    ):
        assert f"Monitoring{cause}" in names
    assert all(alarm["Properties"]["AlarmActions"] for alarm in alarms.values())
    assert len(alarms) <= ALARMS_MAX


def test_errors_of_every_function_are_heard(stack: Synthesised) -> None:
    alarms = stack.properties("AWS::CloudWatch::Alarm")

    errors = [one for one in alarms if one["MetricName"] == "Errors" and "Dimensions" not in one]
    assert [one["Namespace"] for one in errors] == ["AWS/Lambda"]


def test_there_is_one_dashboard(stack: Synthesised) -> None:
    assert len(stack.of_type("AWS::CloudWatch::Dashboard")) == 1


def test_data_outlives_the_stack_in_prod_and_only_there(
    settings: Settings, stack: Synthesised
) -> None:
    expected = "Retain" if settings.stage is Stage.PROD else "Delete"

    for kind in (
        "AWS::DynamoDB::Table",
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::SecretsManager::Secret",
        "AWS::SQS::Queue",
    ):
        policies = {resource["DeletionPolicy"] for resource in stack.of_type(kind).values()}
        assert (kind, policies) == (kind, {expected})


def test_prod_tables_can_be_restored_and_not_deleted_by_mistake(
    settings: Settings, stack: Synthesised
) -> None:
    prod = settings.stage is Stage.PROD

    for table in stack.properties("AWS::DynamoDB::Table"):
        recovery = table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
        assert recovery is prod
        assert table["DeletionProtectionEnabled"] is prod
