"""What the synthesised stack promises, whatever the target."""

from __future__ import annotations

import json
from typing import Any

from infra_cdk.functions import PROVIDER_FUNCTIONS
from infra_cdk.settings import ApiKind, Settings, Stage
from infra_cdk.tables import TableName
from tests.infra.conftest import Synthesised

ALARMS_MAX = 12
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
    "LedgerTable",
    "WalletsTable",
    "CardKeyId",
    "CvcKeyId",
    "HealthDlqUrl",
    "LedgerDlqUrl",
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


def test_every_event_source_has_a_dead_letter_queue_and_bounds(stack: Synthesised) -> None:
    queues = stack.of_type("AWS::SQS::Queue")

    for mapping in stack.properties("AWS::Lambda::EventSourceMapping"):
        destination = mapping["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
        assert destination in queues
        assert mapping["BisectBatchOnFunctionError"] is True
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert 1 <= mapping["MaximumRetryAttempts"] <= 20
        assert mapping["MaximumBatchingWindowInSeconds"] == 1


def mapping_to(stack: Synthesised, concern: str) -> dict[str, Any]:
    """The mapping whose dead letters are those of `concern`."""
    (mapping,) = [
        one
        for one in stack.properties("AWS::Lambda::EventSourceMapping")
        if one["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0].startswith(concern)
    ]
    return mapping


def pattern_of(mapping: dict[str, Any]) -> Any:
    (pattern,) = mapping["FilterCriteria"]["Filters"]
    return json.loads(pattern["Pattern"])


def test_health_is_told_of_changes_only_and_forgets_what_is_old(stack: Synthesised) -> None:
    mapping = mapping_to(stack, "Health")

    assert pattern_of(mapping) == {"eventName": ["MODIFY"]}
    assert (mapping["BatchSize"], mapping["MaximumRecordAgeInSeconds"]) == (25, 600)


def test_the_journal_is_told_of_what_has_postings_however_old(stack: Synthesised) -> None:
    mapping = mapping_to(stack, "Ledger")

    has_postings = {"posted_key": {"S": [{"exists": True}]}}
    assert pattern_of(mapping) == {"dynamodb": {"NewImage": has_postings}}
    assert mapping["BatchSize"] == 100
    assert "MaximumRecordAgeInSeconds" not in mapping


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
        "HealthDeadLetters",
        "LedgerDeadLetters",
        "LedgerLag",
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

    for kind in ("AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::SQS::Queue"):
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
