"""Every state that calls a wallet provider: one call of one operation."""

from __future__ import annotations

from payflow import wiring
from payflow.aws.provider_task import provider_task

handler = provider_task(wiring.call_provider)
