"""The vault shows a card to whoever may see it, and to nobody else."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError
from types_boto3_dynamodb import DynamoDBClient
from types_boto3_kms import KMSClient

from payflow.aws.envelope import KEY_AGE_MAX, Undecipherable
from payflow.aws.settings import MissingSetting, VaultSettings
from payflow.aws.vault import UNUSED_CARD_AGE_MAX, KmsVault
from payflow.domain.errors import Unavailable
from payflow.domain.method import CardData, CardMethod
from tests.support.dynamodb_units import item_size
from tests.support.fakes import FakeClock
from tests.support.secrecy import raw_bytes, shows

TOKEN, OTHER_TOKEN = "tok_1", "tok_2"
ASHAS, BELAS = "mer_asha", "mer_bela"
CARD = CardData(number="5105105105105100", exp_month=12, exp_year=2030, cvc="739")
OTHER_CARD = CardData(number="4242424242424242", exp_month=1, exp_year=2031, cvc="204")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def vault(
    dynamodb: DynamoDBClient, kms: KMSClient, vault_settings: VaultSettings, clock: FakeClock
) -> KmsVault:
    return KmsVault(dynamodb, lambda: kms, vault_settings, clock)


@pytest.fixture
def another(
    dynamodb: DynamoDBClient, kms: KMSClient, vault_settings: VaultSettings, clock: FakeClock
) -> KmsVault:
    """The vault as another process sees it."""
    return KmsVault(dynamodb, lambda: kms, vault_settings, clock)


def stored_item(dynamodb: DynamoDBClient, token: str = TOKEN) -> dict[str, Any]:
    answer = dynamodb.get_item(TableName="vault", Key={"token": {"S": token}})
    return dict(answer.get("Item", {}))


def changed(dynamodb: DynamoDBClient, **attributes: Any) -> None:
    dynamodb.put_item(TableName="vault", Item={**stored_item(dynamodb), **attributes})


def test_another_process_reveals_a_stored_card(vault: KmsVault, another: KmsVault) -> None:
    vault.store(TOKEN, ASHAS, CARD, keep=False)

    assert another.reveal(TOKEN) == CARD
    assert vault.reveal(TOKEN) == CARD


def test_a_card_is_described_without_its_number_to_its_merchant_only(vault: KmsVault) -> None:
    vault.store(TOKEN, ASHAS, CARD, keep=True)

    assert vault.describe(TOKEN, ASHAS) == CardMethod(
        token=TOKEN, brand="mastercard", bin="510510", last4="5100", exp_month=12, exp_year=2030
    )
    assert vault.describe(TOKEN, BELAS) is None
    assert vault.describe(OTHER_TOKEN, ASHAS) is None


def test_an_unknown_token_reveals_nothing(vault: KmsVault) -> None:
    vault.fingerprint(b"x")

    assert vault.reveal(TOKEN) is None
    assert vault.reveal("key#fingerprint") is None
    assert vault.describe("key#fingerprint", ASHAS) is None


def test_a_token_that_is_there_is_left_as_it_is(vault: KmsVault) -> None:
    vault.store(TOKEN, ASHAS, CARD, keep=False)

    vault.store(TOKEN, ASHAS, OTHER_CARD, keep=False)

    assert vault.reveal(TOKEN) == CARD


def test_a_late_duplicate_does_not_bring_a_forgotten_cvc_back(vault: KmsVault) -> None:
    vault.store(TOKEN, ASHAS, CARD, keep=False)
    vault.forget_cvc(TOKEN)

    vault.store(TOKEN, ASHAS, CARD, keep=False)

    revealed = vault.reveal(TOKEN)
    assert revealed is not None
    assert revealed.cvc is None


def test_forgetting_removes_the_cvc_keeps_the_card_and_may_be_repeated(
    vault: KmsVault, dynamodb: DynamoDBClient
) -> None:
    vault.store(TOKEN, ASHAS, CARD, keep=False)

    for _ in range(2):
        vault.forget_cvc(TOKEN)

    revealed = vault.reveal(TOKEN)
    assert revealed == CardData(CARD.number, CARD.exp_month, CARD.exp_year, cvc=None)
    assert not {"cvc", "cvc_key", "expires_at"} & stored_item(dynamodb).keys()


def test_forgetting_an_unknown_token_makes_nothing(
    vault: KmsVault, dynamodb: DynamoDBClient
) -> None:
    vault.forget_cvc(TOKEN)

    assert stored_item(dynamodb) == {}


def test_a_kept_card_has_no_cvc_and_no_end(vault: KmsVault, dynamodb: DynamoDBClient) -> None:
    vault.store(TOKEN, ASHAS, CARD, keep=True)

    assert not {"cvc", "cvc_key", "expires_at"} & stored_item(dynamodb).keys()


def test_a_card_whose_payment_never_came_expires_by_the_clock(
    vault: KmsVault, clock: FakeClock
) -> None:
    vault.store(TOKEN, ASHAS, CARD, keep=False)

    clock.time += UNUSED_CARD_AGE_MAX

    assert vault.reveal(TOKEN) is None
    assert vault.describe(TOKEN, ASHAS) is None


def test_an_expired_card_that_is_still_there_makes_way(vault: KmsVault, clock: FakeClock) -> None:
    vault.store(TOKEN, ASHAS, CARD, keep=False)
    clock.time += UNUSED_CARD_AGE_MAX

    vault.store(TOKEN, ASHAS, OTHER_CARD, keep=False)

    assert vault.reveal(TOKEN) == OTHER_CARD


def test_discarding_deletes_a_card_that_waits_but_never_one_that_is_kept(
    vault: KmsVault, dynamodb: DynamoDBClient
) -> None:
    vault.store(TOKEN, ASHAS, CARD, keep=False)
    vault.store(OTHER_TOKEN, ASHAS, CARD, keep=False)
    vault.forget_cvc(OTHER_TOKEN)

    for token in (TOKEN, OTHER_TOKEN, "tok_unknown"):
        vault.discard(token)

    assert stored_item(dynamodb) == {}
    assert vault.reveal(OTHER_TOKEN) is not None


@pytest.mark.parametrize("attribute", ["card", "card_key", "cvc", "cvc_key"])
def test_a_flipped_bit_is_found(
    vault: KmsVault, another: KmsVault, dynamodb: DynamoDBClient, attribute: str
) -> None:
    vault.store(TOKEN, ASHAS, CARD, keep=False)
    sound = bytes(stored_item(dynamodb)[attribute]["B"])
    for position in (len(sound) // 2, len(sound) - 1):
        broken = bytearray(sound)
        broken[position] ^= 1
        changed(dynamodb, **{attribute: {"B": bytes(broken)}})

        with pytest.raises(Undecipherable) as raised:
            another.reveal(TOKEN)

        trace = "".join(traceback.format_exception(raised.value))
        assert CARD.number not in trace
        assert "739" not in str(raised.value)


@pytest.mark.parametrize(
    "moved",
    [
        {"merchant_id": {"S": BELAS}},
        {"card": "cvc", "card_key": "cvc_key"},
        {"cvc": "card", "cvc_key": "card_key"},
    ],
)
def test_a_secret_opens_only_where_it_belongs(
    vault: KmsVault, dynamodb: DynamoDBClient, moved: dict[str, Any]
) -> None:
    vault.store(TOKEN, ASHAS, CARD, keep=False)
    item = stored_item(dynamodb)
    resolved = {
        name: item[source] if isinstance(source, str) else source for name, source in moved.items()
    }
    changed(dynamodb, **resolved)

    with pytest.raises(Undecipherable):
        vault.reveal(TOKEN)


def test_a_secret_moved_to_another_token_does_not_open(
    vault: KmsVault, dynamodb: DynamoDBClient
) -> None:
    vault.store(TOKEN, ASHAS, CARD, keep=True)
    changed(dynamodb, token={"S": OTHER_TOKEN})

    with pytest.raises(Undecipherable):
        vault.reveal(OTHER_TOKEN)


def test_no_item_holds_a_number_or_cvc_that_can_be_read(
    vault: KmsVault, dynamodb: DynamoDBClient
) -> None:
    vault.store(TOKEN, ASHAS, CARD, keep=False)
    vault.store(OTHER_TOKEN, BELAS, OTHER_CARD, keep=True)
    vault.fingerprint(CARD.number.encode())

    for item in dynamodb.scan(TableName="vault")["Items"]:
        for name, value in item.items():
            raw = raw_bytes(value)
            assert not any(shows(raw, card.number) for card in (CARD, OTHER_CARD)), name
            if name in {"card", "cvc", "card_key", "cvc_key", "key"}:
                assert not any(cvc in raw for cvc in (b"739", b"204"))


def test_one_cvc_never_looks_the_same_twice(vault: KmsVault, dynamodb: DynamoDBClient) -> None:
    for number in range(5):
        vault.store(f"tok_{number}", ASHAS, CARD, keep=False)

    sealed = {bytes(stored_item(dynamodb, f"tok_{number}")["cvc"]["B"]) for number in range(5)}

    assert len(sealed) == 5


def test_number_and_cvc_are_wrapped_by_two_keys(
    vault: KmsVault, dynamodb: DynamoDBClient, kms: KMSClient, vault_settings: VaultSettings
) -> None:
    vault.store(TOKEN, ASHAS, CARD, keep=False)
    item = stored_item(dynamodb)

    used = [
        kms.decrypt(
            CiphertextBlob=item[f"{name}_key"]["B"], EncryptionContext={"purpose": f"vault-{name}"}
        )["KeyId"].rpartition("/")[2]
        for name in ("card", "cvc")
    ]

    assert used == [vault_settings.card_key_id(), vault_settings.cvc_key_id()]


def test_an_item_fits_one_write_unit_with_the_longest_card_and_keys(
    vault: KmsVault, dynamodb: DynamoDBClient
) -> None:
    longest = CardData("6" * 19, 12, 2030, "1234")
    vault.store("tok_" + "0" * 26, "mer_" + "0" * 26, longest, keep=False)
    item = stored_item(dynamodb, "tok_" + "0" * 26)

    # KMS wraps a 32-byte key into about 184 bytes; 256 leaves room.
    real = {**item, "card_key": {"B": bytes(256)}, "cvc_key": {"B": bytes(256)}}

    assert item_size(real) < 1024


def test_one_data_key_serves_many_cards_for_minutes(
    vault: KmsVault, kms: KMSClient, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    generate: Callable[..., Any] = kms.generate_data_key

    def counted(**given: Any) -> Any:
        made.append(given)
        return generate(**given)

    monkeypatch.setattr(kms, "generate_data_key", counted)

    for number in range(10):
        vault.store(f"tok_{number}", ASHAS, CARD, keep=False)
    assert len(made) == 2

    clock.time += KEY_AGE_MAX
    vault.store("tok_later", ASHAS, CARD, keep=False)
    assert len(made) == 4


def test_a_data_key_is_given_up_after_so_many_secrets(
    vault: KmsVault, dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payflow.aws.envelope.SEALED_PER_KEY_MAX", 3)

    for number in range(7):
        vault.store(f"tok_{number}", ASHAS, CARD, keep=True)

    keys = {bytes(stored_item(dynamodb, f"tok_{number}")["card_key"]["B"]) for number in range(7)}
    assert len(keys) == 3


def test_few_plain_keys_are_held(
    vault: KmsVault, another: KmsVault, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payflow.aws.envelope.OPEN_KEYS_MAX", 2)
    monkeypatch.setattr("payflow.aws.envelope.SEALED_PER_KEY_MAX", 1)
    for number in range(5):
        vault.store(f"tok_{number}", ASHAS, CARD, keep=True)

    assert all(another.reveal(f"tok_{number}") is not None for number in range(5))
    assert len(another._card._known) == 2


def test_equal_content_has_one_fingerprint_in_every_process(
    vault: KmsVault, another: KmsVault
) -> None:
    assert vault.fingerprint(b"content") == another.fingerprint(b"content")
    assert vault.fingerprint(b"content") != vault.fingerprint(b"Content")
    assert len(vault.fingerprint(b"")) == 64


def test_processes_that_start_together_agree_on_the_fingerprint_key(
    dynamodb: DynamoDBClient, kms: KMSClient, vault_settings: VaultSettings, clock: FakeClock
) -> None:
    vaults = [KmsVault(dynamodb, lambda: kms, vault_settings, clock) for _ in range(20)]

    with ThreadPoolExecutor(20) as pool:
        fingerprints = set(pool.map(lambda one: one.fingerprint(b"content"), vaults))

    assert len(fingerprints) == 1


def test_the_fingerprint_key_is_read_once(
    vault: KmsVault, dynamodb: DynamoDBClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = vault.fingerprint(b"content")
    monkeypatch.setattr(dynamodb, "get_item", None)

    assert vault.fingerprint(b"content") == first


def test_a_function_without_keys_can_forget_but_not_reveal(
    vault: KmsVault, dynamodb: DynamoDBClient, clock: FakeClock
) -> None:
    vault.store(TOKEN, ASHAS, CARD, keep=False)
    keyless = KmsVault(dynamodb, no_kms, VaultSettings("vault"), clock)

    keyless.forget_cvc(TOKEN)

    with pytest.raises((MissingSetting, AssertionError)):
        keyless.reveal(TOKEN)


def no_kms() -> KMSClient:
    raise AssertionError("KMS is not needed")


def test_a_key_service_that_does_not_answer_is_unavailable(
    vault: KmsVault, kms: KMSClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def times_out(**_: Any) -> None:
        raise ConnectTimeoutError(endpoint_url="kms")

    monkeypatch.setattr(kms, "generate_data_key", times_out)

    with pytest.raises(Unavailable):
        vault.store(TOKEN, ASHAS, CARD, keep=True)
