"""States `Authorize` and `CheckStatus` for cards: one call to one provider."""

from __future__ import annotations

from payflow import wiring
from payflow.aws.provider_task import provider_task

handler = provider_task(wiring.call_provider)
