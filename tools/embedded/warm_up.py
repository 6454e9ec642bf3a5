"""A few real requests, so that a person's first payment does not wait for interpreters to start.

Only requests that change nothing: reads, a payment without a body, a callback that nobody signed,
and steps of a payment that does not exist; these are refused before anything is written.
"""

from __future__ import annotations

import asyncio
import json

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from tools.deployment.cloud import Cloud
from tools.endpoints import Endpoints
from tools.errors import ToolError

TIMEOUT_S = 30.0
WORKFLOW_FUNCTIONS = (
    "plan_next_step",
    "call_card_provider",
    "call_upi_provider",
    "call_wallet_provider",
    "send_provider_callback",
    "handle_provider_callback",
)
NO_PAYMENT = json.dumps({"payment_id": "pay_none", "merchant_id": "mer_none"}).encode()


async def warm_up(endpoints: Endpoints) -> None:
    """Ask the API through its plain origin.

    Raises:
        ToolError: it does not answer there as it should.
    """
    async with httpx.AsyncClient(base_url=endpoints.api_url, timeout=TIMEOUT_S) as client:
        operator = {"Authorization": f"Bearer {endpoints.operator_key}"}
        merchant = {"Authorization": f"Bearer {endpoints.demo_merchant.api_key}"}
        try:
            health, *_ = await asyncio.gather(
                client.get("/internal/health", headers=operator),
                client.get("/api/v1/payments?limit=1", headers=merchant),
                client.get("/api/v1/ledger/trial-balance", headers=merchant),
                client.post("/api/v1/payments", headers=merchant, json={}),
                client.post("/api/v1/payments/pay_none/confirm", headers=merchant),
                client.post("/internal/providers/none/callback"),
            )
        except httpx.TransportError as error:
            raise ToolError(f"{endpoints.api_url} does not answer: {error}") from None
        if health.status_code != httpx.codes.OK:
            raise ToolError(f"/internal/health answered {health.status_code}: {health.text}")


async def warm_up_workflow(cloud: Cloud) -> None:
    """Call the functions that no request waits for; how they refuse is of no interest."""
    listed = await asyncio.to_thread(cloud.client("lambda").list_functions)
    names = [function["FunctionName"] for function in listed["Functions"]]
    wanted = [name for name in names if name.endswith(WORKFLOW_FUNCTIONS)]
    await asyncio.gather(*(asyncio.to_thread(_call, cloud, name) for name in wanted))


def _call(cloud: Cloud, name: str) -> None:
    try:
        cloud.client("lambda").invoke(FunctionName=name, Payload=NO_PAYMENT)
    except (BotoCoreError, ClientError):
        # The instance is being stopped, or this one is slow: it will start when it is needed.
        return
