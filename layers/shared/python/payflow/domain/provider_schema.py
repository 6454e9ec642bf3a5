"""Checks provider entries and names every error by JSON path, not just the first.

A bad file is refused whole. Not imported on the payment path, which trusts stored documents.
The rules are data: `ENTRY` lists the keys of an entry, each with the check of its value.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any, Final

from payflow.domain.card import BRANDS
from payflow.domain.config_checks import (
    Check,
    ConfigError,
    any_object,
    choice,
    fields,
    in_order,
    integer,
    items,
    member,
    rate,
    table,
    text,
)
from payflow.domain.errors import InvalidRequest
from payflow.domain.method import MethodType
from payflow.domain.money import AMOUNT_MINOR_MAX, BASIS_POINTS, MINOR_UNIT_EXPONENT
from payflow.domain.provider import ALL_CAPABILITIES, ProviderConfig
from payflow.domain.provider_config import provider_from_document

PROVIDERS_MAX: Final = 1_000
ITEMS_MAX: Final = 1_000
TIMEOUT_MS_MIN: Final = 50
TIMEOUT_MS_MAX: Final = 25_000
LATENCY_MS_MAX: Final = 60_000
RANK_MAX: Final = 1_000_000
SETTLEMENT_LAG_DAYS_MAX: Final = 90
DAY_MS: Final = 86_400_000

SETTLEMENT_BREAKS: Final = frozenset(
    {
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
    }
)
"""The kinds of difference that reconciliation tells apart."""

_AMOUNT: Final = integer(1, AMOUNT_MINOR_MAX)
_RANK: Final = integer(0, RANK_MAX)

TERMS: Final[dict[str, Check]] = {
    "bins": items(
        text(r"\d{1,6}\*?", "1 to 6 digits and an optional final *, such as 51*"),
        at_most=ITEMS_MAX,
    ),
    "minAmount": _AMOUNT,
    "maxAmount": _AMOUNT,
    "currencies": items(choice(MINOR_UNIT_EXPONENT.keys()), at_most=ITEMS_MAX),
    "countries": items(
        text("[A-Z]{2}", "a country of two capital letters (ISO 3166)"), at_most=ITEMS_MAX
    ),
    "networks": items(choice(BRANDS, any_case=True), at_most=ITEMS_MAX),
}
"""Which payments a provider takes; allowed in `routingRules` or beside it, not in both."""

ENTRY: Final[dict[str, Check]] = {
    **TERMS,
    "id": text("[A-Za-z][A-Za-z0-9_-]{0,63}", "a letter, then up to 63 letters, digits, - or _"),
    "type": choice({kind.value for kind in MethodType}, any_case=True),
    "adapter": text("[a-z][a-z0-9_]{0,63}", "an adapter's name"),
    "timeoutMs": integer(TIMEOUT_MS_MIN, TIMEOUT_MS_MAX),
    "failureRate": rate,
    "latencyMs": fields(
        {"min": integer(0, LATENCY_MS_MAX), "max": integer(0, LATENCY_MS_MAX)},
        required=("min", "max"),
        ordered=(("min", "max"),),
    ),
    "latencyModel": fields(
        {
            "type": choice({"uniform", "lognormal"}),
            "p50": integer(1, LATENCY_MS_MAX),
            "p99": integer(1, LATENCY_MS_MAX),
        },
        required=("type",),
        ordered=(("p50", "p99"),),
    ),
    "routingRules": fields(TERMS, ordered=(("minAmount", "maxAmount"),)),
    "capabilities": items(choice(ALL_CAPABILITIES), at_most=len(ALL_CAPABILITIES)),
    "fees": fields({"bps": integer(0, BASIS_POINTS), "fixedMinor": integer(0, AMOUNT_MINOR_MAX)}),
    "priority": _RANK,
    "weight": _RANK,
    "lostResponseRate": rate,
    "visibilityMs": integer(0, DAY_MS),
    "approvalTimeoutMs": integer(100, DAY_MS),
    "maxConcurrency": integer(1, RANK_MAX),
    "webhookSecret": text(r"[A-Za-z0-9/_+=.@-]{1,512}", "the name of a secret"),
    "callback": fields({"delayMs": integer(0, DAY_MS), "duplicateRate": rate, "reorderRate": rate}),
    "settlement": fields(
        {
            "lagDays": integer(0, SETTLEMENT_LAG_DAYS_MAX),
            "breakRates": table(choice(SETTLEMENT_BREAKS), rate),
        }
    ),
    "failureModel": any_object,
}

_entry: Final = fields(
    ENTRY, required=("id", "type", "timeoutMs"), ordered=(("minAmount", "maxAmount"),)
)


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
    errors = list(_entry(document, path))
    if isinstance(document, dict):
        errors += _across_fields(document, path)
        errors += _adapter_errors(document, path, adapters)
    return errors


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


def _across_fields(document: dict[str, Any], path: str) -> Iterator[ConfigError]:
    """What no single field shows."""
    rules = document.get("routingRules")
    if isinstance(rules, dict):
        for key in TERMS.keys() & rules.keys() & document.keys():
            yield ConfigError(member(path, key), "stands in routingRules as well")
        if not {"minAmount", "maxAmount"} <= rules.keys():
            yield from in_order({**document, **rules}, "minAmount", "maxAmount", path)
    yield from _model_errors(document.get("latencyModel"), member(path, "latencyModel"))
    failures = document.get("failureModel")
    if isinstance(failures, dict) and "base" in failures:
        yield from rate(failures["base"], member(path, "failureModel.base"))


def _model_errors(model: object, path: str) -> Iterator[ConfigError]:
    """A lognormal latency needs both of its percentiles, a uniform one has none."""
    if not isinstance(model, dict):
        return
    for key in ("p50", "p99"):
        if model.get("type") == "lognormal" and key not in model:
            yield ConfigError(member(path, key), "is required for lognormal")
        if model.get("type") == "uniform" and key in model:
            yield ConfigError(member(path, key), "has no meaning for uniform")


def _adapter_errors(
    document: dict[str, Any], path: str, adapters: Collection[str] | None
) -> Iterator[ConfigError]:
    adapter = document.get("adapter")
    if adapters is not None and isinstance(adapter, str):
        yield from choice(adapters)(adapter, member(path, "adapter"))


def _repeated_ids(documents: list[object]) -> Iterator[ConfigError]:
    first_seen: dict[str, int] = {}
    for index, document in enumerate(documents):
        provider_id = document.get("id") if isinstance(document, dict) else None
        if not isinstance(provider_id, str):
            continue
        first = first_seen.setdefault(provider_id, index)
        if first != index:
            yield ConfigError(f"[{index}].id", f"{provider_id!r} is the id of [{first}] already")
