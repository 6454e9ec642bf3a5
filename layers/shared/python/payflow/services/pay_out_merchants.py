"""Pay merchants out what is available, once a day and currency, however often it is run.

A payout is one conditional write beside the sum of all payouts so far: two runs at once, for the
same day or for two, cannot both pay the same money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from payflow.domain.errors import NotFound, PayFlowError
from payflow.domain.merchant import Merchant
from payflow.domain.payout import Earned, Payout, due_payout, payout_id
from payflow.domain.ports import (
    Clock,
    Earnings,
    MerchantRepository,
    PayoutRepository,
    Randomness,
)
from payflow.services.contention import decided_anew


@dataclass(frozen=True, slots=True)
class PayOutMerchants:
    """The use case behind the daily schedule and `POST /internal/payouts`."""

    payouts: PayoutRepository
    merchants: MerchantRepository
    earnings: Earnings
    clock: Clock
    randomness: Randomness

    def __call__(
        self, *, merchant_id: str | None = None, day: date | None = None
    ) -> Sequence[Payout]:
        """The payouts of `day` (None: today, UTC), made now or by an earlier run.

        With `merchant_id` of that merchant alone, `NotFound` if there is none. A merchant that
        cannot be paid now holds up no other; its error is raised when all others are done, and a
        repetition goes on from there.
        """
        day = day or self.clock.now().date()
        made: list[Payout] = []
        failure: PayFlowError | None = None
        for merchant in self._wanted(merchant_id):
            try:
                made += self._paid(merchant, day)
            except PayFlowError as error:
                failure = error
        if failure is not None:
            raise failure
        return made

    def _wanted(self, merchant_id: str | None) -> Sequence[Merchant]:
        if merchant_id is None:
            return self.merchants.list()
        merchant = self.merchants.get(merchant_id)
        if merchant is None:
            raise NotFound("merchant_not_found", "There is no such merchant.")
        return [merchant]

    def _paid(self, merchant: Merchant, day: date) -> list[Payout]:
        have = self.earnings.of(merchant.id)
        payouts = (self._pay(merchant, one, have[one], day) for one in sorted(have))
        return [payout for payout in payouts if payout is not None]

    def _pay(self, merchant: Merchant, currency: str, have: Earned, day: date) -> Payout | None:
        identifier = payout_id(merchant.id, currency, day)

        def decide() -> Payout | None:
            paid = self.payouts.paid_out(merchant.id, currency)
            known = self.payouts.get(identifier)
            if known is not None:
                return known
            payout = due_payout(merchant, have, paid, day=day, now=self.clock.now())
            if payout is not None:
                self.payouts.add(payout, paid)
            return payout

        return decided_anew(decide, identifier, self.clock, self.randomness)
