"""Merchants and keys on the real table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payflow import wiring
from payflow.domain.errors import Conflict, NotFound, VersionConflict
from payflow.domain.merchant import MerchantTerms

pytestmark = pytest.mark.usefixtures("fresh_wiring")


def test_a_lost_race_is_noticed() -> None:
    manage, merchants = wiring.manage_merchants(), wiring.merchants()
    merchant = manage.create("Acme", MerchantTerms()).merchant
    merchants.save(replace(merchant, name="First", version=2))

    with pytest.raises(VersionConflict):
        merchants.save(replace(merchant, name="Second", version=2))

    found = merchants.get(merchant.id)
    assert found is not None
    assert found.name == "First"


def test_a_merchant_and_its_keys_are_stored_together_or_not_at_all() -> None:
    merchants = wiring.merchants()
    first = wiring.manage_merchants().create("Acme", MerchantTerms())
    other = replace(first.merchant, id="mer_other")

    with pytest.raises(Conflict):
        merchants.create(other, [first.api_key.key])

    assert merchants.get("mer_other") is None


def test_what_was_stored_is_what_is_read() -> None:
    new = wiring.manage_merchants().create("Åkme ₹", MerchantTerms())
    merchants = wiring.merchants()

    assert merchants.get(new.merchant.id) == new.merchant
    assert merchants.find_key(new.api_key.key.key_hash) == new.api_key.key
    assert set(merchants.keys_of(new.merchant.id)) == {
        new.api_key.key,
        new.publishable_key.key,
    }


def test_a_key_that_does_not_exist_can_be_neither_found_nor_revoked() -> None:
    merchants = wiring.merchants()
    key = wiring.manage_merchants().create("Acme", MerchantTerms()).api_key.key
    stranger = replace(key, key_hash="0" * 64)

    assert merchants.find_key(stranger.key_hash) is None
    with pytest.raises(NotFound):
        merchants.revoke_key(stranger, key.created_at)


def test_a_key_cannot_be_added_twice() -> None:
    key = wiring.manage_merchants().create("Acme", MerchantTerms()).api_key.key

    with pytest.raises(Conflict):
        wiring.merchants().add_key(key)
