"""The table of routes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import payflow
from payflow.api.routes import ROUTES, matching


def test_no_two_routes_share_a_key_or_an_operation() -> None:
    assert len({route.key for route in ROUTES}) == len(ROUTES)
    assert len({route.operation_id for route in ROUTES}) == len(ROUTES)


# Authenticated by the provider's signature, not by a key.
SIGNED = {"POST /internal/providers/{id}/callback"}
PAGES = ("/docs", "/approve/{id}")


def test_merchants_are_below_api_and_operators_below_internal() -> None:
    for route in ROUTES:
        operators = route.path.startswith("/internal")
        assert operators == (route.auth == "operator" or route.key in SIGNED), route.key
        assert operators or route.path.startswith("/api/v1/") or route.path in PAGES


def test_the_table_needs_nothing_beyond_the_standard_library() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(Path(payflow.__path__[0]).parent)!r});"
        "from payflow.api.routes import ROUTES;"
        "outside = {m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names);"
        "assert outside <= {'payflow', '__main__'}, outside"
    )

    # -S leaves out what site packages load by themselves.
    subprocess.run([sys.executable, "-S", "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    ("path", "template", "values"),
    [
        ("/api/v1/payments", "/api/v1/payments", {}),
        ("/api/v1/payments/pay_1", "/api/v1/payments/{id}", {"id": "pay_1"}),
        (
            "/api/v1/ledger/accounts/merchant_payable%3Amer_1%3AINR/entries",
            "/api/v1/ledger/accounts/{id}/entries",
            {"id": "merchant_payable:mer_1:INR"},
        ),
        (
            "/internal/merchants/mer_1/keys/key_1",
            "/internal/merchants/{id}/keys/{key_id}",
            {"id": "mer_1", "key_id": "key_1"},
        ),
    ],
)
def test_a_path_finds_its_routes(path: str, template: str, values: dict[str, str]) -> None:
    assert {(route.path, tuple(found.items())) for route, found in matching(path)} == {
        (template, tuple(values.items()))
    }


@pytest.mark.parametrize(
    "path", ["/", "", "/api/v1/payments/", "/api/v2/payments", "/api/v1/payments/a/b/c", "payments"]
)
def test_other_paths_find_none(path: str) -> None:
    assert matching(path) == []
