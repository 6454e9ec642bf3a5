"""What a failure category means for retry, failover and health: the table of the routing rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from payflow.domain.outcomes import Category
from payflow.domain.ports import Randomness


@dataclass(frozen=True, slots=True)
class CategoryRule:
    """How a failed authorisation goes on.

    `retries_same` is how often the same provider is asked again within a payment; it comes before
    failover when `retry_first`. `counts_against_health` blames the provider.
    """

    retries_same: int
    retry_first: bool
    failover: bool
    counts_against_health: bool


CATEGORY_RULES: Final[dict[Category, CategoryRule]] = {
    Category.CUSTOMER: CategoryRule(0, False, False, False),
    Category.ISSUER: CategoryRule(1, False, True, False),
    Category.PROVIDER_TECHNICAL: CategoryRule(1, True, True, True),
    Category.RATE_LIMITED: CategoryRule(1, False, True, False),
    Category.UNKNOWN: CategoryRule(1, False, True, True),
    Category.CONFIGURATION: CategoryRule(0, False, False, False),
    Category.FRAUD: CategoryRule(0, False, False, False),
}
"""`UNKNOWN` applies once an inquiry has confirmed that nothing was charged, never before."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The bounds of one payment's authorisation (invariant 7), and of each instruction after it.

    `inquiries_max` is for each call that nobody answered, before its execution ends.
    """

    authorizations_max: int = 5
    providers_max: int = 3
    inquiries_max: int = 12
    instruction_tries_max: int = 4
    back_off_base_ms: int = 200
    back_off_max_ms: int = 8_000


def back_off(policy: RetryPolicy, repetition: int, randomness: Randomness) -> timedelta:
    """The pause before repetition 1, 2, …: exponential, "equal jitter" over its upper half.

    Source: M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
    """
    ceiling = min(policy.back_off_max_ms, policy.back_off_base_ms * 2 ** (repetition - 1))
    return timedelta(milliseconds=int(ceiling / 2 + randomness.random() * ceiling / 2))
