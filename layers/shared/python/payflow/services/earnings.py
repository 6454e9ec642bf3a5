"""What a merchant has earned, from its payments' journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Final

from payflow.domain.payout import Earned, earned
from payflow.domain.ports import Clock, MarketSource, PostingSource
from payflow.domain.provider_config import SETTLEMENT_LAG_DAYS_DEFAULT

_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FoldedEarnings:
    """`Earnings` by a fold of the whole journal of the merchant's payments."""

    payments: PostingSource
    market: MarketSource
    clock: Clock

    def of(self, merchant_id: str) -> Mapping[str, Earned]:
        """By currency, as of now; a provider that is configured no longer settles as is usual."""
        market = self.market.snapshot()

        def lag_days(provider: str) -> int:
            config = market.provider(provider)
            return config.settlement_lag_days if config else SETTLEMENT_LAG_DAYS_DEFAULT

        journal = chain.from_iterable(self.payments.posted_since({merchant_id: _EVER})[merchant_id])
        return earned(journal, merchant_id, lag_days, self.clock.now())
