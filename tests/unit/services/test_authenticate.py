"""Who is calling."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from payflow.domain.errors import Unavailable
from payflow.domain.ids import secret_hash
from payflow.domain.merchant import ApiKey, Caller, Principal
from payflow.services.authenticate import KNOWN_MAX, Authenticate
from tests.support.builders import NOON
from tests.support.fakes import FakeClock
from tests.support.ports import WatchedMerchants

SECRET = "sk_test_0123456789abcdef"


@dataclass
class Door:
    """An authenticator with one known key."""

    clock: FakeClock = field(default_factory=FakeClock)
    merchants: WatchedMerchants = field(default_factory=WatchedMerchants)

    def __post_init__(self) -> None:
        self.key = self.add(SECRET)
        self.authenticate = Authenticate(self.merchants, self.clock)

    def add(self, secret: str, principal: Principal = Principal.MERCHANT) -> ApiKey:
        key = ApiKey(
            id=f"key_{len(self.merchants.keys)}",
            key_hash=secret_hash(secret),
            owner="operator" if principal is Principal.OPERATOR else "mer_1",
            principal=principal,
            hint="",
            created_at=NOON,
        )
        self.merchants.add_key(key)
        return key


def test_a_known_key_names_its_merchant() -> None:
    assert Door().authenticate(f"Bearer {SECRET}") == Caller(Principal.MERCHANT, "key_0", "mer_1")


def test_the_scheme_may_be_in_any_case() -> None:
    assert Door().authenticate(f"bearer {SECRET}") is not None


def test_an_operator_has_no_merchant() -> None:
    door = Door()
    door.add("ok_0123456789", Principal.OPERATOR)

    caller = door.authenticate("Bearer ok_0123456789")

    assert caller == Caller(Principal.OPERATOR, "key_1", None)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        SECRET,
        "Bearer",
        "Bearer ",
        f"Bearer  {SECRET}",
        f"Bearer {SECRET} ",
        f" Bearer {SECRET}",
        f"Bearer {SECRET}\n",
        f"Bearer {SECRET}, Bearer {SECRET}",
        f"Basic {SECRET}",
        f"Bearer {SECRET[:-1]}",
        f"Bearer {SECRET}0",
        f"Bearer {SECRET.upper()}",
        "Bearer " + "a" * 5000,
        f"Bearer {secret_hash(SECRET)}",
    ],
)
def test_anything_else_names_nobody(authorization: str | None) -> None:
    assert Door().authenticate(authorization) is None


def test_a_revoked_key_stops_within_five_seconds() -> None:
    door = Door()
    door.authenticate(f"Bearer {SECRET}")

    door.merchants.revoke_key(door.key, door.clock.now())
    door.clock.sleep_ms(4_999)

    assert door.authenticate(f"Bearer {SECRET}") is None


def test_a_key_in_use_is_looked_up_once_in_two_seconds() -> None:
    door = Door()

    for _ in range(40):
        assert door.authenticate(f"Bearer {SECRET}") is not None
        door.clock.sleep_ms(100)

    assert door.merchants.lookups == 2


def test_an_unknown_key_is_not_remembered_so_it_works_as_soon_as_it_exists() -> None:
    door = Door()
    before = door.authenticate("Bearer sk_test_new00000")

    door.add("sk_test_new00000")

    assert before is None
    assert door.authenticate("Bearer sk_test_new00000") is not None


def test_what_is_remembered_is_bounded() -> None:
    door = Door()
    secrets = [f"sk_test_{n:08}" for n in range(KNOWN_MAX + 5)]
    for secret in secrets:
        door.add(secret)

    for secret in secrets:
        door.authenticate(f"Bearer {secret}")

    assert len(door.authenticate._known) <= KNOWN_MAX


def test_a_store_that_does_not_answer_is_not_taken_for_a_bad_key() -> None:
    door = Door()
    door.merchants.available = False

    with pytest.raises(Unavailable):
        door.authenticate(f"Bearer {SECRET}")
