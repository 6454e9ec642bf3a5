"""Merchants and keys through both kinds of API, on the real tables."""

from __future__ import annotations

import json
from typing import Any

import pytest
from types_boto3_dynamodb import DynamoDBClient

from payflow import wiring
from tests.support.api_client import Answer, ApiClient


def created(operator: ApiClient, **body: Any) -> Any:
    answer = operator.post("/internal/merchants", {"name": "Acme", **body})
    assert answer.status == 201, answer.body
    return answer.document


class TestMerchants:
    def test_a_new_merchant_has_two_keys_that_work_at_once(self, operator: ApiClient) -> None:
        new = created(operator)

        assert new["merchant"]["fees"] == {"bps": 100, "fixed_minor": 0}
        assert new["merchant"]["settlement_currency"] == "INR"
        assert [key["kind"] for key in new["merchant"]["keys"]] == ["secret", "publishable"]
        assert new["api_key"].startswith("sk_test_")
        assert new["publishable_key"].startswith("pk_test_")
        assert ApiClient(operator.kind, new["api_key"]).get("/api/v1/payments").status == 200

    def test_terms_can_be_given_and_changed(self, operator: ApiClient) -> None:
        merchant = created(operator, settlement_currency="USD", fees={"bps": 50, "fixed_minor": 3})
        path = f"/internal/merchants/{merchant['merchant']['id']}"

        changed = operator.call("PATCH", path, {"name": "Acme Ltd", "fees": {"bps": 70}})

        assert changed.status == 200
        assert changed.document["name"] == "Acme Ltd"
        assert changed.document["fees"] == {"bps": 70, "fixed_minor": 0}
        assert changed.document["settlement_currency"] == "USD"
        assert changed.document["version"] == 2
        shown = operator.get(path).document
        assert {name: shown[name] for name in changed.document} == changed.document

    def test_are_listed_oldest_first_page_by_page(self, operator: ApiClient) -> None:
        names = [f"Shop {n}" for n in range(5)]
        for name in names:
            created(operator, name=name)
        seen: list[str] = []
        query = "?limit=2"

        while query:
            page = operator.get(f"/internal/merchants{query}").document
            seen += [merchant["name"] for merchant in page["data"]]
            query = page["next_cursor"] and f"?limit=2&cursor={page['next_cursor']}"

        assert sorted(seen) == names
        assert len(page["data"]) == 1

    @pytest.mark.parametrize(
        ("method", "path", "body", "refusal"),
        [
            ("POST", "/internal/merchants", {}, (422, "field_missing", "name")),
            ("POST", "/internal/merchants", {"name": "A", "id": "mer_1"},
             (422, "unknown_field", "id")),
            ("GET", "/internal/merchants/mer_none", None, (404, "merchant_not_found", None)),
            ("PATCH", "/internal/merchants/mer_none", {"name": "A"},
             (404, "merchant_not_found", None)),
            ("POST", "/internal/merchants/mer_none/keys", {}, (404, "merchant_not_found", None)),
            ("DELETE", "/internal/merchants/mer_none/keys/key_1", None,
             (404, "merchant_not_found", None)),
            ("GET", "/internal/merchants?limit=0", None, (422, "too_small", "limit")),
        ],
    )  # fmt: skip
    def test_mistakes(
        self, operator: ApiClient, method: str, path: str, body: Any, refusal: tuple[Any, ...]
    ) -> None:
        assert operator.call(method, path, body).refusal == refusal

    def test_a_key_is_no_merchant(self, operator: ApiClient, dynamodb: DynamoDBClient) -> None:
        created(operator)
        items = dynamodb.scan(TableName="merchants")["Items"]
        key_item = next(item["id"]["S"] for item in items if item["id"]["S"].startswith("key#"))

        answer = operator.get(f"/internal/merchants/{key_item.replace('#', '%23')}")

        assert answer.status == 404

    @pytest.mark.parametrize("kind_of_key", ["api_key", "publishable_key"])
    def test_a_merchant_has_no_business_here(self, operator: ApiClient, kind_of_key: str) -> None:
        new = created(operator)

        answer = ApiClient(operator.kind, new[kind_of_key]).post(
            "/internal/merchants", {"name": "B"}
        )

        assert answer.refusal == (403, "key_not_permitted", None)
        assert len(operator.get("/internal/merchants").document["data"]) == 1


class TestKeys:
    def test_no_key_is_readable_in_the_table(
        self, operator: ApiClient, dynamodb: DynamoDBClient
    ) -> None:
        new = created(operator)
        stored = json.dumps(dynamodb.scan(TableName="merchants")["Items"])

        for secret in (new["api_key"], new["publishable_key"], operator.key):
            assert secret is not None
            assert secret not in stored
            assert secret[16:] not in stored

    def test_are_shown_once(self, operator: ApiClient) -> None:
        new = created(operator)
        path = f"/internal/merchants/{new['merchant']['id']}"

        assert new["api_key"] not in operator.get(path).body
        assert new["api_key"] not in operator.get("/internal/merchants").body

    def test_can_be_rolled_without_a_gap(self, operator: ApiClient) -> None:
        new = created(operator)
        path = f"/internal/merchants/{new['merchant']['id']}/keys"
        old_id = new["merchant"]["keys"][0]["id"]

        issued = operator.post(path)
        fresh = ApiClient(operator.kind, issued.document["api_key"])
        both = fresh.get("/api/v1/payments").status, listed(operator, new["api_key"]).status
        revoked = operator.call("DELETE", f"{path}/{old_id}")
        wiring.authenticate.cache_clear()

        assert issued.status == 201
        assert both == (200, 200)
        assert revoked.document["revoked_at"] is not None
        assert fresh.get("/api/v1/payments").status == 200
        assert listed(operator, new["api_key"]).refusal == (401, "api_key_invalid", None)

    def test_a_publishable_key_can_be_issued(self, operator: ApiClient) -> None:
        new = created(operator)

        issued = operator.post(
            f"/internal/merchants/{new['merchant']['id']}/keys", {"kind": "publishable"}
        ).document

        assert issued["kind"] == "publishable"
        assert issued["publishable_key"].startswith("pk_test_")
        assert "api_key" not in issued

    def test_revoking_twice_changes_nothing(self, operator: ApiClient) -> None:
        new = created(operator)
        key_id = new["merchant"]["keys"][0]["id"]
        path = f"/internal/merchants/{new['merchant']['id']}/keys/{key_id}"

        assert operator.call("DELETE", path).document == operator.call("DELETE", path).document

    def test_another_merchants_key_cannot_be_revoked_by_the_wrong_path(
        self, operator: ApiClient
    ) -> None:
        mine, theirs = created(operator), created(operator)
        key_id = theirs["merchant"]["keys"][0]["id"]

        answer = operator.call(
            "DELETE", f"/internal/merchants/{mine['merchant']['id']}/keys/{key_id}"
        )

        assert answer.refusal == (404, "key_not_found", None)
        assert listed(operator, theirs["api_key"]).status == 200


def listed(operator: ApiClient, key: str) -> Answer:
    return ApiClient(operator.kind, key).get("/api/v1/payments")
