"""Every policy by its name; the module of one is loaded when it is first asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from payflow.domain.routing.policies.interface import Policy

_POLICIES: Final = {
    "success_rate": "success_rate.SuccessRate",
    "expected_value": "success_rate.ExpectedValue",
    "priority": "fixed.Priority",
    "weighted": "fixed.Weighted",
    "round_robin": "fixed.RoundRobin",
    "least_latency": "fixed.LeastLatency",
    "least_cost": "fixed.LeastCost",
    "epsilon_greedy": "greedy.EpsilonGreedy",
    "srv3": "greedy.Srv3",
    "ucb1": "ucb.Ucb1",
    "sw_ucb": "ucb.SlidingWindowUcb",
    "d_ucb": "ucb.DiscountedUcb",
    "thompson": "thompson.Thompson",
    "discounted_thompson": "thompson.DiscountedThompson",
    "sw_thompson": "thompson.SlidingWindowThompson",
    "sw_klucb": "klucb.SlidingWindowKlUcb",
    "glr_klucb": "klucb.GlrKlUcb",
}


def strategy_names() -> tuple[str, ...]:
    """The names that `create_strategy` knows."""
    return tuple(_POLICIES)


def create_strategy(name: str, *, arms: Sequence[str], seed: int = 0, **options: object) -> Policy:
    """A new policy that knows nothing yet; `options` are the keywords of its class.

    Same arguments and the same calls give the same decisions. Raises `ValueError` for a name that
    there is not, and for arms that a policy cannot have; `TypeError` for an option it has not.
    """
    place = _POLICIES.get(name)
    if place is None:
        raise ValueError(f"there is no strategy {name!r}; there are {', '.join(_POLICIES)}")
    module, _, class_name = place.partition(".")
    found = getattr(import_module(f"payflow.domain.routing.policies.{module}"), class_name)
    return cast("Policy", found(arms, seed, **options))
