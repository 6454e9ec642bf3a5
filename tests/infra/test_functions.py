"""Every function by what it is declared to need: deployed as declared, and declared narrowly."""

from __future__ import annotations

from typing import Any

import pytest

from infra_cdk.functions import function_specs
from infra_cdk.lambda_factory import TABLE_ACTIONS, FunctionSpec
from infra_cdk.settings import Authorizer, Settings
from infra_cdk.tables import TableName
from payflow.aws.clients import CALL_TIME_MAX_S
from tests.infra.conftest import Synthesised

# Which functions answer within what: API Gateway gives up after 29 s; the workflow waits 20 s for
# the plan and 35 s for a provider.
API_S, PLAN_S, PROVIDER_S = 29, 19, 34
# Nobody waits for a day's payouts but the next day.
DAILY_S = 300
READ_MARKET = {"BatchGetItem"}
MAY = {
    "create_payment_api": {
        "Payments": {"GetItem", "PutItem"},
        "Vault": {"GetItem", "PutItem", "UpdateItem", "DeleteItem"},
        "Control": READ_MARKET,
        "Merchants": {"GetItem"},
        "Wallets": {"GetItem"},
    },
    "payment_actions_api": {"Payments": {"GetItem", "PutItem"}, "Control": READ_MARKET},
    "payments_api": {
        "Payments": {"GetItem", "Query", "BatchGetItem"},
        "Merchants": {"Query"},
    },
    "disputes_api": {
        "Payments": {"GetItem", "Query", "BatchGetItem"},
        "Merchants": {"Query"},
    },
    "submit_evidence_api": {
        "Payments": {"GetItem", "PutItem"},
        "ProviderBooks": {"GetItem", "PutItem"},
    },
    "tokens_api": {"Vault": {"GetItem", "PutItem"}},
    "wallets_api": {"Wallets": {"GetItem", "PutItem"}},
    "ledger_api": {
        "Ledger": {"GetItem", "Query"},
        "Payments": {"Query", "BatchGetItem"},
        "Wallets": {"Query", "BatchGetItem"},
        "Merchants": {"GetItem", "Query"},
        "Payouts": {"Query", "BatchGetItem"},
    },
    "payouts_api": {
        "Payouts": {"GetItem", "Query", "PutItem"},
        "Payments": {"Query", "BatchGetItem"},
        "Merchants": {"GetItem", "Query"},
        "Control": READ_MARKET,
    },
    "merchants_api": {"Merchants": {"GetItem", "Query", "PutItem", "UpdateItem"}},
    "providers_api": {"Control": {"BatchGetItem", "PutItem"}},
    "meta_api": {
        "Payments": {"DescribeTable"},
        "Vault": {"DescribeTable"},
        "Merchants": {"DescribeTable"},
        "ProviderBooks": {"DescribeTable"},
        "ProviderCalls": {"DescribeTable"},
        "Payouts": {"DescribeTable"},
        "Ledger": {"DescribeTable"},
        "Wallets": {"DescribeTable"},
        "Control": READ_MARKET,
    },
    "authorize_request": {"Merchants": {"GetItem"}},
    "plan_next_step": {
        "Payments": {"GetItem", "PutItem"},
        "Control": READ_MARKET,
        "Vault": {"UpdateItem"},
    },
    "call_card_provider": {
        "ProviderBooks": {"GetItem", "PutItem", "UpdateItem"},
        "ProviderCalls": {"PutItem"},
        "Control": READ_MARKET,
        "Vault": {"GetItem"},
    },
    "call_upi_provider": {
        "ProviderBooks": {"GetItem", "PutItem", "UpdateItem"},
        "ProviderCalls": {"PutItem"},
        "Control": READ_MARKET,
    },
    "call_wallet_provider": {
        "ProviderBooks": {"GetItem", "PutItem", "UpdateItem"},
        "ProviderCalls": {"PutItem"},
        "Control": READ_MARKET,
        "Wallets": {"GetItem", "PutItem"},
    },
    "pay_out_merchants": {
        "Payouts": {"GetItem", "PutItem"},
        "Payments": {"Query", "BatchGetItem"},
        "Merchants": {"GetItem", "Query"},
        "Control": READ_MARKET,
    },
    "reviews_api": {
        "Payments": {"GetItem", "PutItem", "Query", "BatchGetItem"},
        "Control": READ_MARKET,
    },
    "follow_payments": {"Control": {"BatchGetItem", "PutItem"}},
    "wake_payments": {"Payments": {"GetItem", "PutItem"}, "Control": READ_MARKET},
    "sweep_payments": {"Payments": {"Query"}},
    "customer_api": {
        "Payments": {"GetItem"},
        "Merchants": {"GetItem"},
        "Control": READ_MARKET,
        "ProviderBooks": {"GetItem", "UpdateItem"},
    },
    "provider_callbacks_api": {"Control": READ_MARKET},
    "send_provider_callback": {
        "Control": READ_MARKET,
        "ProviderBooks": {"GetItem", "PutItem"},
    },
    "handle_provider_callback": {
        "Payments": {"GetItem", "PutItem"},
        "Control": READ_MARKET,
    },
    "fold_ledger": {"Ledger": {"GetItem", "Query", "PutItem"}},
}
SEAL, OPEN = "kms:GenerateDataKey", "kms:Decrypt"
FINGERPRINT = {("Card", SEAL, "vault-fingerprint"), ("Card", OPEN, "vault-fingerprint")}
OPENS = {
    "create_payment_api": FINGERPRINT | {("Card", SEAL, "vault-card"), ("Cvc", SEAL, "vault-cvc")},
    "tokens_api": FINGERPRINT | {("Card", SEAL, "vault-card")},
    "call_card_provider": {("Card", OPEN, "vault-card"), ("Cvc", OPEN, "vault-cvc")},
}
BUSY = {
    "create_payment_api",
    "plan_next_step",
    "ledger_api",
    "payouts_api",
    "pay_out_merchants",
    "call_card_provider",
}
SENDS_TO = {
    "call_card_provider": {"ProviderOutbox"},
    "call_upi_provider": {"ProviderOutbox"},
    "call_wallet_provider": {"ProviderOutbox"},
    "customer_api": {"ProviderOutbox"},
    "submit_evidence_api": {"ProviderOutbox"},
    "pay_out_merchants": {"PayoutsDeadLetters"},
    # What is not due yet goes back to where it came from.
    "send_provider_callback": {"ProviderOutbox"},
    "provider_callbacks_api": {"ProviderCallbacks"},
    "follow_payments": {"WakeUps", "PaymentStreamDeadLetters"},
    "fold_ledger": {"LedgerStreamDeadLetters"},
    "wake_payments": {"WakeUps"},
    "sweep_payments": {"WakeUps"},
}
READS_SECRETS = {
    "call_card_provider": {"Approvals"},
    "customer_api": {"Approvals"},
    "send_provider_callback": {"Callbacks"},
    "provider_callbacks_api": {"Callbacks"},
}
# The queues' addresses have names of their own.
NAMES_A_STORE = (
    "_TABLE",
    "_KEY_ID",
    "_SECRET_ID",
    "_OUTBOX_URL",
    "_CALLBACKS_URL",
    "_UPS_URL",
)


def specs(authorizer: Authorizer = Authorizer.GATEWAY) -> dict[str, FunctionSpec]:
    """All declarations by name."""
    return {spec.name: spec for spec in function_specs(lambda name: name, authorizer)}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def granted(stack: Synthesised, function: str, service: str) -> list[tuple[str, str, Any]]:
    """What the role allows: (logical id, action, condition); not indexes, nor streams."""
    return [
        (resource["Fn::GetAtt"][0], action, statement.get("Condition"))
        for statement in stack.statements(function)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        if action.startswith(f"{service}:")
        and "Fn::GetAtt" in resource
        and resource["Fn::GetAtt"][1] == "Arn"
    ]


def told(stack: Synthesised, function: str) -> set[str]:
    """The tables, keys, queues and secrets that the function's environment names."""
    variables = set(stack.function(function)[1]["Environment"]["Variables"])
    return {name for name in variables if name.endswith(NAMES_A_STORE)}


def test_every_declared_function_is_deployed_and_no_other(
    settings: Settings, stack: Synthesised
) -> None:
    handlers = [function["Handler"] for function in stack.properties("AWS::Lambda::Function")]

    assert sorted(handlers) == sorted(f"{name}.handler" for name in specs(settings.authorizer))


def test_what_each_function_may_do_with_each_table_is_declared_action_by_action() -> None:
    declared = {
        name: {
            table.name.title().replace("_", ""): {
                TABLE_ACTIONS[one].removeprefix("dynamodb:") for one in access
            }
            for table, access in spec.tables.items()
        }
        for name, spec in specs().items()
    }

    assert declared == MAY


def test_without_an_authorizer_the_api_may_look_up_keys_besides_and_nothing_more() -> None:
    alone = specs(Authorizer.IN_FUNCTION)

    assert set(alone) == set(specs()) - {"authorize_request"}
    for name, spec in alone.items():
        more = {
            (table, one)
            for table, access in spec.tables.items()
            for one in access
            if one not in specs()[name].tables.get(table, access ^ access)
        }
        allowed = {TableName.MERCHANTS} if name.endswith("_api") else set()
        assert {table for table, _ in more} <= allowed
        assert {TABLE_ACTIONS[one] for _, one in more} <= {"dynamodb:GetItem"}


def test_a_function_reaches_its_tables_as_declared(settings: Settings, stack: Synthesised) -> None:
    for name, spec in specs(settings.authorizer).items():
        reached: dict[str, set[str]] = {}
        for logical_id, action, _ in granted(stack, name, "dynamodb"):
            construct = logical_id.rstrip("0123456789ABCDEF")
            reached.setdefault(construct, set()).add(action)

        assert reached == {
            f"Tables{table.name.title().replace('_', '')}".rstrip("0123456789ABCDEF"): {
                TABLE_ACTIONS[one] for one in access
            }
            for table, access in spec.tables.items()
        }


def test_a_function_is_told_only_what_it_may_reach(settings: Settings, stack: Synthesised) -> None:
    for name, spec in specs(settings.authorizer).items():
        reached = (*spec.tables, *spec.keys, *spec.sends_to, *spec.secrets)
        assert told(stack, name) == {one.value for one in reached}


def test_a_function_puts_messages_into_its_own_queues_only(
    settings: Settings, stack: Synthesised
) -> None:
    sent = {
        name: {
            logical_id.removeprefix("Queues").rstrip("0123456789ABCDEF")
            for logical_id, action, _ in granted(stack, name, "sqs")
            if action == "sqs:SendMessage"
        }
        for name in specs(settings.authorizer)
    }

    assert {name: queues for name, queues in sent.items() if queues} == SENDS_TO


def test_a_function_reads_its_own_secrets_only_and_no_environment_holds_one(
    settings: Settings, stack: Synthesised
) -> None:
    read = {
        name: {
            resource["Ref"].removeprefix("Secrets").rstrip("0123456789ABCDEF")
            for statement in stack.statements(name)
            for action in as_list(statement["Action"])
            for resource in as_list(statement["Resource"])
            if action == "secretsmanager:GetSecretValue"
        }
        for name in specs(settings.authorizer)
    }

    assert {name: secrets for name, secrets in read.items() if secrets} == READS_SECRETS
    assert "resolve:secretsmanager" not in str(stack.template)


def test_the_public_address_is_read_by_who_sends_customers_there(
    settings: Settings, stack: Synthesised
) -> None:
    readers = [
        name
        for name in specs(settings.authorizer)
        for statement in stack.statements(name)
        if "ssm:GetParameter" in as_list(statement["Action"])
    ]

    assert readers == ["call_card_provider"]
    (parameter,) = stack.properties("AWS::SSM::Parameter")
    variables = stack.function("call_card_provider")[1]["Environment"]["Variables"]
    assert variables["PUBLIC_URL_PARAMETER"] == parameter["Name"]


def test_a_key_seals_and_opens_for_one_purpose_at_a_time(
    settings: Settings, stack: Synthesised
) -> None:
    uses: dict[str, set[tuple[str, str, str]]] = {}
    for name in specs(settings.authorizer):
        for logical_id, action, condition in granted(stack, name, "kms"):
            purpose = condition["StringEquals"]["kms:EncryptionContext:purpose"]
            key = "Card" if logical_id.startswith("KeysCard") else "Cvc"
            uses.setdefault(name, set()).update((key, action, one) for one in as_list(purpose))

    assert uses == OPENS


@pytest.mark.parametrize(
    ("action", "functions"),
    [
        (
            "states:StartExecution",
            [
                "create_payment_api",
                "payment_actions_api",
                "reviews_api",
                "handle_provider_callback",
                "wake_payments",
            ],
        ),
        ("states:DescribeStateMachine", ["meta_api"]),
    ],
)
def test_the_workflow_is_started_and_looked_at_by_these_functions_alone(
    settings: Settings, stack: Synthesised, action: str, functions: list[str]
) -> None:
    holders = [
        name
        for name in specs(settings.authorizer)
        for statement in stack.statements(name)
        if action in as_list(statement["Action"])
    ]

    assert holders == functions


@pytest.mark.parametrize("authorizer", list(Authorizer))
def test_a_call_to_aws_has_failed_before_the_function_runs_out_of_time(
    authorizer: Authorizer,
) -> None:
    for spec in specs(authorizer).values():
        # One failure is survived where the market is read; the next one must still be told.
        failures = 1 if spec.name == "authorize_request" else 2
        assert spec.timeout_s > failures * CALL_TIME_MAX_S, spec.name


def test_a_function_is_over_before_its_caller_gives_up(stack: Synthesised) -> None:
    for function in stack.properties("AWS::Lambda::Function"):
        name = function["Handler"].removesuffix(".handler")
        own = {"plan_next_step": PLAN_S, "pay_out_merchants": DAILY_S}
        waits = own.get(name, API_S if "_api" in name else PROVIDER_S)
        assert 0 < function["Timeout"] <= waits


def test_memory_is_spent_where_processor_time_is_what_takes_long(stack: Synthesised) -> None:
    sizes = {
        function["Handler"].removesuffix(".handler"): function["MemorySize"]
        for function in stack.properties("AWS::Lambda::Function")
    }

    assert {name for name, size in sizes.items() if size == 512} == BUSY
    assert set(sizes.values()) == {256, 512}


def test_no_variable_is_set_that_nobody_reads(stack: Synthesised) -> None:
    known = {
        "API_URL",
        "AUTHORIZER",
        "LOG_LEVEL",
        "POWERTOOLS_SERVICE_NAME",
        "PROVIDER_FUNCTIONS",
        "PUBLIC_URL_PARAMETER",
        "STATE_MACHINE_ARN",
    }

    for function in stack.properties("AWS::Lambda::Function"):
        others = {
            name
            for name in function["Environment"]["Variables"]
            if not name.endswith(NAMES_A_STORE)
        }
        assert others <= known
