"""What a merchant has earned, from its payments' journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from payflow.domain.payout import Earned, earned
from payflow.domain.ports import Clock, JournalSource, MarketSource
from payflow.domain.provider_config import SETTLEMENT_LAG_DAYS_DEFAULT


@dataclass(frozen=True, slots=True)
class FoldedEarnings:
    """`Earnings` by a fold of the whole journal of the merchant's payments."""

    payments: JournalSource
    market: MarketSource
    clock: Clock

    def of(self, merchant_id: str) -> Mapping[str, Earned]:
        """By currency, as of now; a provider that is configured no longer settles as is usual."""
        market = self.market.snapshot()

        def lag_days(provider: str) -> int:
            config = market.provider(provider)
            return config.settlement_lag_days if config else SETTLEMENT_LAG_DAYS_DEFAULT

        journal = self.payments.postings(merchant_id)
        return earned(journal, merchant_id, lag_days, self.clock.now())
