"""Plans as files: a world with its orders and faults, to be kept, read, changed and replayed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulation.faults import Level, fault_from_document
from simulation.world import Scope


class PlanUnreadable(ValueError):
    """A file is no plan; the message says what is wrong with it."""


def plan_document(scope: Scope, invariant: int | None = None) -> dict[str, Any]:
    """`scope` as JSON; `invariant` is what it breaks."""
    return {
        "seed": scope.seed,
        "payments": scope.payments,
        "level": scope.level.value,
        "orders": None if scope.orders is None else sorted(scope.orders),
        "faults": None if scope.plan is None else [fault.document() for fault in scope.plan],
        **({} if invariant is None else {"breaks": invariant}),
    }


def scope_from_document(document: Mapping[str, Any]) -> Scope:
    """The scope that `plan_document` wrote; raises `PlanUnreadable`."""
    try:
        orders, faults = document.get("orders"), document.get("faults")
        return Scope(
            seed=int(document["seed"]),
            payments=int(document["payments"]),
            level=Level(document.get("level", "all")),
            plan=None if faults is None else tuple(map(fault_from_document, faults)),
            orders=None if orders is None else frozenset(map(int, orders)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PlanUnreadable(f"{type(error).__name__}: {error}") from error


def read_plan(path: Path) -> Scope:
    """The plan in a file; raises `PlanUnreadable`, and `OSError` if it cannot be read."""
    try:
        document = json.loads(path.read_text())
    except ValueError as error:
        raise PlanUnreadable(f"not JSON: {error}") from error
    if not isinstance(document, dict):
        raise PlanUnreadable("not a JSON object")
    return scope_from_document(document)
