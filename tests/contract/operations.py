"""Which operations every registered provider offers, and what they are tried on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from payflow.domain.outcomes import Category, Operation, Outcome, ProviderResult
from payflow.domain.provider import ProviderConfig
from payflow.domain.provider_call import ProviderCall
from tests.contract.sandbox import Sandbox, registered_providers

CAPTURE, VOID, REFUND = Operation.CAPTURE, Operation.VOID, Operation.REFUND
WHOLE = 125_000
PROVIDERS = registered_providers()


def offering(*capabilities: str) -> pytest.MarkDecorator:
    """Every provider that offers all of these."""
    able = [config for config in PROVIDERS if config.capabilities.issuperset(capabilities)]
    return pytest.mark.parametrize("config", able, ids=lambda config: config.id)


def each_operation(providers: Sequence[ProviderConfig] = PROVIDERS) -> pytest.MarkDecorator:
    """Every provider, or each of `providers`, with each operation that it offers."""
    pairs = [
        pytest.param(config, operation, id=f"{config.id}-{operation}")
        for config in providers
        for operation in (CAPTURE, VOID, REFUND)
        if operation.value in config.capabilities
    ]
    return pytest.mark.parametrize(("config", "operation"), pairs)


def original(sandbox: Sandbox, config: ProviderConfig, operation: Operation) -> ProviderCall:
    """An approved authorisation that the whole `operation` is possible on."""
    return sandbox.approved(config, capture=operation is REFUND)


def refused(result: ProviderResult, code: str) -> bool:
    """The provider refuses for good and says why."""
    return (result.outcome, result.category, result.code) == (
        Outcome.ERROR,
        Category.CONFIGURATION,
        code,
    )
