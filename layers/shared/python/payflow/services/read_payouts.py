"""Look payouts up: each merchant its own, operators all."""

from __future__ import annotations

from dataclasses import dataclass

from payflow.domain.errors import NotFound
from payflow.domain.merchant import Caller
from payflow.domain.payout import Payout, PayoutFilter, PayoutPage
from payflow.domain.ports import PayoutRepository
from payflow.services.read_payments import may_see


@dataclass(frozen=True, slots=True)
class ReadPayouts:
    """The use cases behind `GET /api/v1/payouts`; each raises `Unavailable` with the store."""

    payouts: PayoutRepository

    def get(self, payout_id: str, caller: Caller) -> Payout:
        """The payout, if `caller` may see it.

        Raises `NotFound`, the same for another merchant's payout as for none (invariant 31).
        """
        payout = self.payouts.get(payout_id)
        if payout is None or not may_see(caller, payout.merchant_id):
            raise NotFound("payout_not_found", "There is no such payout.")
        return payout

    def list(self, wanted: PayoutFilter) -> PayoutPage:
        """One page, newest first."""
        return self.payouts.list(wanted)
