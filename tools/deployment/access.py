"""The keys that a fresh deployment starts with: the operator's and a demo merchant's.

Keys are stored hashed and shown once, so those in `endpoints.json` are used for as long as they
work. The operator's is the one key that no API can issue, for lack of a key to ask with.
"""

from __future__ import annotations

import secrets
import time
from random import SystemRandom

import httpx

from tools.api import Api
from tools.deployment.cloud import Cloud
from tools.endpoints import DemoMerchant, Endpoints
from tools.errors import ToolError

DEMO_MERCHANT_NAME = "Demo shop"
DEMO_CURRENCY = "INR"
# A fresh deployment's API and a new key may take a moment to answer (the authorizer's cache).
KEY_WORKS_TIMEOUT_S = 30
POLL_S = 0.5


def operator_access(api_url: str, cloud: Cloud, table: str, known_key: str | None) -> str:
    """An operator key that works: `known_key` if it still does, else a new one.

    Raises:
        ToolError: the API does not accept the new key.
    """
    if known_key is not None and _works(api_url, known_key, "/internal/health"):
        return known_key
    key = _issue_operator_key(cloud, table)
    deadline = time.monotonic() + KEY_WORKS_TIMEOUT_S
    while not _works(api_url, key, "/internal/health"):
        if time.monotonic() > deadline:
            raise ToolError(f"{api_url}/internal/health does not accept the operator's key")
        time.sleep(POLL_S)
    return key


def demo_merchant(api_url: str, operator_key: str, known: DemoMerchant | None) -> DemoMerchant:
    """A merchant to try things with: the `known` one if its key works, else a new one."""
    if known is not None and _works(api_url, known.api_key, "/api/v1/payments?limit=1"):
        return known
    created = Api(api_url, operator_key).post(
        "/internal/merchants",
        {"name": DEMO_MERCHANT_NAME, "settlement_currency": DEMO_CURRENCY},
        # Harmless where the API asks for none.
        {"Idempotency-Key": secrets.token_hex(16)},
    )
    return DemoMerchant(id=created["merchant"]["id"], api_key=created["api_key"])


def grant_access(
    endpoints_before: Endpoints | None, *, api_url: str, cloud: Cloud, merchants_table: str
) -> tuple[str, DemoMerchant]:
    """Both of the above."""
    known_key = endpoints_before.operator_key if endpoints_before else None
    known_merchant = endpoints_before.demo_merchant if endpoints_before else None
    operator_key = operator_access(api_url, cloud, merchants_table, known_key)
    return operator_key, demo_merchant(api_url, operator_key, known_merchant)


def _works(api_url: str, key: str, path: str) -> bool:
    return Api(api_url, key).status_of(path) == httpx.codes.OK


def _issue_operator_key(cloud: Cloud, table: str) -> str:
    # The application's own code decides how a key is stored; loaded only when one is made.
    from payflow.aws.merchants import DynamoMerchants
    from payflow.aws.system_clock import SystemClock
    from payflow.domain.ids import Ids
    from payflow.services.manage_merchants import ManageMerchants

    clock = SystemClock()
    merchants = DynamoMerchants(cloud.dynamodb(), table)
    return ManageMerchants(merchants, Ids(clock, SystemRandom()), clock).issue_operator_key().secret
