"""Checks provider entries and names every error by JSON path, not just the first.

A bad file is refused whole. Not imported on the payment path, which trusts stored documents. The
models only check: defaults are filled in by `payflow.domain.provider_config`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel
from pydantic_core import InitErrorDetails

from payflow.domain.card import BRANDS
from payflow.domain.config_model import (
    ABSENT,
    ConfigError,
    ConfigModel,
    Described,
    Distinct,
    OneOf,
    Rate,
    errors_of,
    in_order,
    json_schema,
    mistake,
)
from payflow.domain.errors import InvalidRequest
from payflow.domain.method import MethodType
from payflow.domain.money import AMOUNT_MINOR_MAX, BASIS_POINTS, MINOR_UNIT_EXPONENT
from payflow.domain.provider import ALL_CAPABILITIES, STORED_WALLET_ADAPTER, ProviderConfig
from payflow.domain.provider_config import provider_from_document

PROVIDERS_MAX: Final = 1_000
TIMEOUT_MS_MIN: Final = 50
TIMEOUT_MS_MAX: Final = 25_000
LATENCY_MS_MAX: Final = 60_000
RANK_MAX: Final = 1_000_000
SETTLEMENT_LAG_DAYS_MAX: Final = 90
APPROVAL_TIMEOUT_MS_MIN: Final = 100
DAY_MS: Final = 86_400_000
AUTHORIZATION_VALIDITY_MS_MIN: Final = 1_000
AUTHORIZATION_VALIDITY_MS_MAX: Final = 90 * DAY_MS

Amount = Annotated[int, Field(ge=1, le=AMOUNT_MINOR_MAX)]
Rank = Annotated[int, Field(ge=0, le=RANK_MAX)]
LatencyMs = Annotated[int, Field(ge=0, le=LATENCY_MS_MAX)]
PercentileMs = Annotated[int, Field(ge=1, le=LATENCY_MS_MAX)]
DelayMs = Annotated[int, Field(ge=0, le=DAY_MS)]

ProviderId = Annotated[
    str,
    Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$"),
    Described("a letter, then up to 63 letters, digits, - or _"),
]
AdapterName = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$"), Described("an adapter's name")
]
SecretName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9/_+=.@-]{1,512}$"), Described("the name of a secret")
]
BinPattern = Annotated[
    str,
    Field(pattern=r"^[0-9]{1,6}\*?$"),
    Described("1 to 6 digits and an optional final *, such as 51*"),
]
Country = Annotated[
    str, Field(pattern=r"^[A-Z]{2}$"), Described("a country of two capital letters (ISO 3166)")
]
Currency = Annotated[str, OneOf(MINOR_UNIT_EXPONENT)]
Network = Annotated[str, OneOf(BRANDS, any_case=True)]
Capability = Annotated[str, OneOf(ALL_CAPABILITIES)]
ProviderType = Annotated[str, OneOf(MethodType, any_case=True)]

SettlementBreak = Literal[
    "missing_internally",
    "missing_at_provider",
    "amount_mismatch",
    "currency_mismatch",
    "status_mismatch",
    "duplicate",
    "fee_mismatch",
    "late_settlement",
    "orphan_refund",
    "bank_mismatch",
]
"""The kinds of difference that reconciliation tells apart."""


class EntryModel(ConfigModel):
    """A part of a provider entry: keys are in camel case."""

    model_config = ConfigDict(alias_generator=to_camel)


class Latency(EntryModel):
    """How long the simulated provider takes: evenly between two limits."""

    min: LatencyMs
    max: LatencyMs

    @classmethod
    def rules(cls, document: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        """The limits are in order."""
        yield from in_order(document, "min", "max")


class LatencyDistribution(EntryModel):
    """Takes the place of `latencyMs`; a lognormal one is given by two of its percentiles."""

    type: Literal["uniform", "lognormal"]
    p50: PercentileMs = ABSENT
    p99: PercentileMs = ABSENT

    @classmethod
    def rules(cls, document: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        """A lognormal latency needs both of its percentiles, in order; a uniform one has none."""
        for key in ("p50", "p99"):
            if document.get("type") == "lognormal" and key not in document:
                yield mistake("is required for lognormal", key)
            if document.get("type") == "uniform" and key in document:
                yield mistake("has no meaning for uniform", key)
        yield from in_order(document, "p50", "p99")


class RoutingTerms(EntryModel):
    """Which payments a provider takes; what is left out restricts nothing."""

    bins: Distinct[BinPattern] = ABSENT
    min_amount: Amount = ABSENT
    max_amount: Amount = ABSENT
    currencies: Distinct[Currency] = ABSENT
    countries: Distinct[Country] = ABSENT
    networks: Distinct[Network] = ABSENT

    @classmethod
    def rules(cls, document: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        """The amounts are in order."""
        yield from in_order(document, "minAmount", "maxAmount")


class Fees(EntryModel):
    """What the provider takes of each captured payment."""

    bps: Annotated[int, Field(ge=0, le=BASIS_POINTS)] = ABSENT
    fixed_minor: Annotated[int, Field(ge=0, le=AMOUNT_MINOR_MAX)] = ABSENT


class FailureModel(EntryModel):
    """How the simulated provider fails; whoever simulates more than `base` checks the rest."""

    model_config = ConfigDict(extra="allow")

    base: Rate = ABSENT
    """`failureRate` by another name."""


class Callback(EntryModel):
    """How the simulated provider calls back."""

    delay_ms: DelayMs = ABSENT
    duplicate_rate: Rate = ABSENT
    reorder_rate: Rate = ABSENT


class Settlement(EntryModel):
    """How the simulated provider settles, and how often it goes wrong in which way."""

    lag_days: Annotated[int, Field(ge=0, le=SETTLEMENT_LAG_DAYS_MAX)] = ABSENT
    break_rates: dict[SettlementBreak, Rate] = ABSENT


class ProviderEntry(RoutingTerms):
    """A provider. Terms of routing stand in `routingRules` or beside it, each in one place."""

    id: ProviderId
    type: ProviderType
    timeout_ms: Annotated[int, Field(ge=TIMEOUT_MS_MIN, le=TIMEOUT_MS_MAX)]
    """A call that takes longer has an unknown outcome."""
    adapter: AdapterName = ABSENT
    failure_rate: Rate = ABSENT
    latency_ms: Latency = ABSENT
    latency_model: LatencyDistribution = ABSENT
    routing_rules: RoutingTerms = ABSENT
    capabilities: Distinct[Capability] = ABSENT
    fees: Fees = ABSENT
    priority: Rank = ABSENT
    """Lower comes first."""
    weight: Rank = ABSENT
    lost_response_rate: Rate = ABSENT
    visibility_ms: DelayMs = ABSENT
    approval_timeout_ms: Annotated[int, Field(ge=APPROVAL_TIMEOUT_MS_MIN, le=DAY_MS)] = ABSENT
    authorization_validity_ms: Annotated[
        int, Field(ge=AUTHORIZATION_VALIDITY_MS_MIN, le=AUTHORIZATION_VALIDITY_MS_MAX)
    ] = ABSENT
    """What is not captured by then is voided."""
    max_concurrency: Annotated[int, Field(ge=1, le=RANK_MAX)] = ABSENT
    webhook_secret: SecretName = ABSENT
    callback: Callback = ABSENT
    settlement: Settlement = ABSENT
    failure_model: FailureModel = ABSENT

    @classmethod
    def rules(cls, document: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        """No term stands in two places; amounts are in order even if they stand apart.

        PayFlow's own wallets take no fee.
        """
        within = document.get("routingRules")
        inside = within if isinstance(within, dict) else {}
        for key in map(to_camel, RoutingTerms.model_fields):
            if key in inside and key in document:
                yield mistake("stands in routingRules as well", key)
        if not {"minAmount", "maxAmount"} <= inside.keys():
            yield from super().rules({**document, **inside})
        if document.get("adapter") == STORED_WALLET_ADAPTER and "fees" in document:
            # What leaves the wallet is what the ledger books: nobody is in between to take a part.
            yield mistake("has no meaning for PayFlow's own wallets", "fees")

    @field_validator("adapter")
    @classmethod
    def _is_there(cls, adapter: str, info: ValidationInfo) -> str:
        adapters = (info.context or {}).get("adapters")
        if adapters is not None and adapter not in adapters:
            raise ValueError(f"must be one of {', '.join(sorted(adapters))}")
        return adapter


class InvalidProviderConfig(InvalidRequest):
    """A provider entry or file is wrong; nothing of it was taken over."""

    def __init__(self, errors: tuple[ConfigError, ...]) -> None:
        """`errors` holds every mistake; `param` is the path of the first."""
        listed = "; ".join(str(error) for error in errors)
        super().__init__(
            "invalid_provider_config",
            f"The provider configuration is refused: {listed}.",
            param=errors[0].path or None,
        )
        self.errors = errors


def config_errors(
    documents: object, *, adapters: Collection[str] | None = None
) -> list[ConfigError]:
    """Every error of a provider file; an empty list if it can be taken over.

    `adapters` are the names that `adapter` may have (None: any).
    """
    if not isinstance(documents, list):
        return [ConfigError("", "must be an array of providers")]
    if len(documents) > PROVIDERS_MAX:
        return [ConfigError("", f"must have at most {PROVIDERS_MAX} providers")]
    errors = [
        error
        for index, document in enumerate(documents)
        for error in provider_errors(document, path=f"[{index}]", adapters=adapters)
    ]
    return errors + list(_repeated_ids(documents))


def provider_errors(
    document: object, *, path: str = "", adapters: Collection[str] | None = None
) -> list[ConfigError]:
    """Every error of one entry, which stands at `path`."""
    try:
        ProviderEntry.model_validate(document, context={"adapters": adapters})
    except ValidationError as wrong:
        return errors_of(wrong, path)
    return []


def load_providers(
    documents: object, *, adapters: Collection[str] | None = None
) -> tuple[ProviderConfig, ...]:
    """The providers of a file; raises `InvalidProviderConfig` with all errors, taking none."""
    errors = config_errors(documents, adapters=adapters)
    if errors:
        raise InvalidProviderConfig(tuple(errors))
    assert isinstance(documents, list)  # or there would be an error
    return tuple(provider_from_document(document) for document in documents)


def read_providers(
    text_of_file: str, *, adapters: Collection[str] | None = None
) -> tuple[ProviderConfig, ...]:
    """The providers of a file's text; raises `InvalidProviderConfig` as `load_providers` does."""
    try:
        documents = json.loads(text_of_file)
    except json.JSONDecodeError as error:
        mistake = ConfigError("", f"is not JSON: {error.msg} in line {error.lineno}")
        raise InvalidProviderConfig((mistake,)) from error
    return load_providers(documents, adapters=adapters)


def provider_json_schema() -> dict[str, Any]:
    """The JSON Schema of an entry; rules over several keys are beyond it."""
    return json_schema(ProviderEntry)


def _repeated_ids(documents: list[object]) -> Iterator[ConfigError]:
    first_seen: dict[str, int] = {}
    for index, document in enumerate(documents):
        provider_id = document.get("id") if isinstance(document, dict) else None
        if not isinstance(provider_id, str):
            continue
        first = first_seen.setdefault(provider_id, index)
        if first != index:
            yield ConfigError(f"[{index}].id", f"{provider_id!r} is the id of [{first}] already")
