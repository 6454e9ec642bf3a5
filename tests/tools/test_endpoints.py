"""`.payflow/endpoints.json`."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tools.endpoints import DemoMerchant, Endpoints, find_endpoints, read_endpoints
from tools.errors import ToolError

ENDPOINTS = Endpoints(
    target="embedded",
    api_url="http://127.0.0.1:8780",
    dashboard_url="http://127.0.0.1:8780/",
    operator_key="ok_1",
    demo_merchant=DemoMerchant(id="mer_1", api_key="sk_test_1"),
    aws_endpoint_url="http://127.0.0.1:4566",
)


def test_the_file_has_the_shape_of_the_contract(tmp_path: Path) -> None:
    path = ENDPOINTS.write(tmp_path)

    assert json.loads(path.read_text()) == {
        "target": "embedded",
        "api_url": "http://127.0.0.1:8780",
        "dashboard_url": "http://127.0.0.1:8780/",
        "operator_key": "ok_1",
        "demo_merchant": {"id": "mer_1", "api_key": "sk_test_1"},
        "aws_endpoint_url": "http://127.0.0.1:4566",
    }


def test_only_its_owner_may_read_it_even_where_it_replaces_an_open_one(tmp_path: Path) -> None:
    (tmp_path / "endpoints.json").write_text("{}")
    (tmp_path / "endpoints.json").chmod(0o644)

    path = ENDPOINTS.write(tmp_path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    ENDPOINTS.write(tmp_path)

    assert read_endpoints(tmp_path) == ENDPOINTS


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"target": "embedded"}', '{"x": 1}'])
def test_a_file_that_makes_no_sense_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "endpoints.json").write_text(content)

    assert find_endpoints(tmp_path) is None


def test_without_a_deployment_the_reader_is_told_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as caught:
        read_endpoints(tmp_path)

    assert caught.value.hint is not None
    assert "payflow up" in caught.value.hint
