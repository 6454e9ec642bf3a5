"""Query parameters and cursors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from payflow.api.queries import merchant_page, parse_payment_filter, payment_cursor
from payflow.domain.errors import InvalidRequest
from payflow.domain.listing import PaymentFilter, PaymentPage
from payflow.domain.merchant import Merchant
from payflow.domain.method import MethodType
from payflow.domain.money import FeeTerms
from payflow.domain.payment import Status

MINE, THEIRS = "mer_mine", "mer_theirs"
POSITION = "2026-11-23T12:00:00.000Z#pay_1"


def cursor(query: Mapping[str, str], merchant_id: str | None = MINE) -> str:
    text = payment_cursor(PaymentPage((), POSITION), query, merchant_id)
    assert text is not None
    return text


class TestFilters:
    def test_nothing_asked_for_is_the_first_twenty(self) -> None:
        assert parse_payment_filter({}, MINE) == PaymentFilter(merchant_id=MINE, limit=20)

    def test_everything_can_be_asked_for(self) -> None:
        query = {
            "status": "succeeded",
            "provider": "mockCardA",
            "method": "upi",
            "reference": "order-1",
            "created_from": "2026-11-23T17:30:00+05:30",
            "created_to": "2026-11-24T00:00:00Z",
            "limit": "100",
        }

        assert parse_payment_filter(query, None) == PaymentFilter(
            merchant_id=None,
            limit=100,
            status=Status.SUCCEEDED,
            provider="mockCardA",
            method=MethodType.UPI,
            reference="order-1",
            created_from=datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
            created_to=datetime(2026, 11, 24, tzinfo=UTC),
        )

    @pytest.mark.parametrize(
        ("name", "value", "code"),
        [
            ("limit", "0", "too_small"),
            ("limit", "101", "too_large"),
            ("limit", "-1", "invalid_type"),
            ("limit", "ten", "invalid_type"),
            ("limit", "", "invalid_type"),
            ("limit", "1.0", "invalid_type"),
            ("limit", "9" * 400, "invalid_type"),
            ("status", "done", "invalid_value"),
            ("status", "", "invalid_value"),
            ("method", "token", "invalid_value"),
            ("reference", "", "too_short"),
            ("provider", "x" * 256, "too_long"),
            ("created_from", "yesterday", "invalid_format"),
            ("created_from", "2026-11-23", "invalid_format"),
            ("created_to", "2026-11-23T12:00:00", "invalid_format"),
            ("created_to", "0001-01-01T00:00:00+23:59", "invalid_format"),
            ("cursor", "", "invalid_cursor"),
            ("cursor", "abc", "invalid_cursor"),
            ("cursor", "é", "invalid_cursor"),
            ("cursor", "A" * 5000, "invalid_cursor"),
        ],
    )
    def test_a_bad_value_names_its_parameter(self, name: str, value: str, code: str) -> None:
        with pytest.raises(InvalidRequest) as caught:
            parse_payment_filter({name: value}, MINE)

        assert (caught.value.code, caught.value.param) == (code, name)


class TestCursors:
    def test_a_cursor_leads_on_in_its_own_list_whatever_the_size_of_the_page(self) -> None:
        query = {"status": "failed", "limit": "2"}
        on = {"status": "failed", "limit": "50", "cursor": cursor(query)}

        assert parse_payment_filter(on, MINE).after == POSITION

    def test_the_last_page_has_none(self) -> None:
        assert payment_cursor(PaymentPage((), None), {}, MINE) is None

    @pytest.mark.parametrize(
        ("query", "merchant_id"),
        [({}, THEIRS), ({}, None), ({"status": "failed"}, MINE)],
        ids=["another merchant's", "an operator's", "another filter's"],
    )
    def test_a_foreign_cursor_is_refused(
        self, query: dict[str, str], merchant_id: str | None
    ) -> None:
        with pytest.raises(InvalidRequest):
            parse_payment_filter({**query, "cursor": cursor({})}, merchant_id)

    def test_a_cursor_with_any_character_changed_is_refused(self) -> None:
        good = cursor({})

        for index, character in enumerate(good):
            bad = good[:index] + ("A" if character != "A" else "B") + good[index + 1 :]
            with pytest.raises(InvalidRequest):
                parse_payment_filter({"cursor": bad}, MINE)


class TestMerchantPages:
    def test_pages_cover_all_once(self) -> None:
        now = datetime(2026, 11, 23, tzinfo=UTC)
        merchants = [
            Merchant(
                id=f"mer_{n}",
                name="A",
                settlement_currency="INR",
                platform_fee=FeeTerms(),
                created_at=now,
                updated_at=now,
            )
            for n in range(5)
        ]
        seen: list[str] = []
        query = {"limit": "2"}

        for _ in range(3):
            page, following = merchant_page(merchants, query)
            seen += [merchant.id for merchant in page]
            query = {"limit": "2", "cursor": following or ""}

        assert seen == [merchant.id for merchant in merchants]
        assert following is None
