"""What stands at the providers for one payment, summed from their entries alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from payflow.providers.simulated.entry import BookEntry, Kind, Standing
from tools.doctor.facts import BookFact


@dataclass(frozen=True, slots=True)
class Charge:
    """One authorisation or sale that was approved, and what became of it, in minor units."""

    provider: str
    key: str
    authorized: int
    captured: int
    refunded: int
    is_released: bool

    @property
    def held(self) -> int:
        """What is authorised and neither captured nor given free."""
        return 0 if self.is_released else self.authorized - self.captured

    @property
    def net(self) -> int:
        """What the customer has paid."""
        return self.captured - self.refunded

    @property
    def stands(self) -> bool:
        """Whether the customer is charged, or may still be."""
        return self.net != 0 or self.held != 0


def charges(facts: Iterable[BookFact], moment: datetime) -> list[Charge]:
    """Every approved authorisation and sale with what was done with it by `moment`."""
    approved = [fact.entry for fact in facts if fact.entry.standing_at(moment) is Standing.APPROVED]
    return [
        _charge(entry, [one for one in approved if one.original == entry.key])
        for entry in approved
        if entry.kind in (Kind.SALE, Kind.AUTHORIZATION)
    ]


def _charge(entry: BookEntry, later: list[BookEntry]) -> Charge:
    captures = [one for one in later if one.kind is Kind.CAPTURE]
    is_sale = entry.kind is Kind.SALE
    return Charge(
        provider=entry.provider,
        key=entry.key,
        authorized=entry.amount_minor,
        captured=entry.amount_minor if is_sale else sum(one.amount_minor for one in captures),
        refunded=sum(one.amount_minor for one in later if one.kind is Kind.REFUND),
        is_released=is_sale
        or any(one.final for one in captures)
        or any(one.kind is Kind.VOID for one in later),
    )
