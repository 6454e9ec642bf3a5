"""A setting is read when it is needed, and missed by name."""

from __future__ import annotations

import pytest

from payflow.aws import settings
from payflow.aws.settings import MissingSetting


def test_a_function_with_one_variable_reads_that_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYMENTS_TABLE", "payments-dev")

    assert settings.payments_table() == "payments-dev"


@pytest.mark.parametrize(
    ("variable", "reader"),
    [
        ("PAYMENTS_TABLE", settings.payments_table),
        ("MERCHANTS_TABLE", settings.merchants_table),
        ("CONTROL_TABLE", settings.control_table),
        ("PROVIDER_BOOKS_TABLE", settings.provider_books_table),
        ("PROVIDER_CALLS_TABLE", settings.provider_calls_table),
        ("PAYOUTS_TABLE", settings.payouts_table),
        ("WALLETS_TABLE", settings.wallets_table),
        ("VAULT_TABLE", settings.vault),
        ("STATE_MACHINE_ARN", settings.state_machine_arn),
        ("PROVIDER_FUNCTIONS", settings.provider_functions),
    ],
)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, reader: object, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv(variable, raising=False)
    else:
        monkeypatch.setenv(variable, value)

    assert callable(reader)
    with pytest.raises(MissingSetting, match=variable):
        reader()


def test_vault_keys_are_missed_only_when_they_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_TABLE", "vault-dev")
    monkeypatch.setenv("CARD_KEY_ID", "key-1")
    monkeypatch.delenv("CVC_KEY_ID", raising=False)

    vault = settings.vault()

    assert (vault.table, vault.card_key_id()) == ("vault-dev", "key-1")
    with pytest.raises(MissingSetting, match="CVC_KEY_ID"):
        vault.cvc_key_id()


def test_provider_functions_are_a_json_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDER_FUNCTIONS", '{"card": "call-card"}')

    assert settings.provider_functions() == {"card": "call-card"}


def test_the_api_is_reached_by_its_own_address_or_by_a_path_of_the_emulators(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566/")

    monkeypatch.setenv("API_URL", "https://api1.execute-api.eu-west-1.amazonaws.com")
    assert settings.api_url() == "https://api1.execute-api.eu-west-1.amazonaws.com"
    monkeypatch.setenv("API_URL", "/_aws/execute-api/api1/dev")
    assert settings.api_url() == "http://localhost:4566/_aws/execute-api/api1/dev"
