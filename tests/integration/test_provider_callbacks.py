"""The way of a callback: outbox, HTTP, signature, inbox."""

from __future__ import annotations

import base64
import importlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from payflow import adapters, wiring
from payflow.aws.clients import client
from payflow.domain.derived_key import derived_key
from payflow.domain.outcomes import Outcome
from payflow.domain.provider import Faults
from payflow.domain.provider_callback import CallbackType, ProviderCallback
from payflow.domain.webhook_signature import signed_headers
from tests.integration.queues import consume, messages, text_of
from tests.support.api_client import Answer, ApiClient, http_api_event
from tests.support.builders import a_provider

pytestmark = pytest.mark.usefixtures("fresh_wiring")
PROVIDER = "mockCardA"
PATH = f"/internal/providers/{PROVIDER}/callback"
KEY = derived_key(b"value of callbacks", "provider-callback", PROVIDER)
BODY: dict[str, Any] = {
    "type": "payment.updated",
    "payment_id": "pay_1",
    "key": "pk_1",
    "occurred_at": "2026-11-23T12:00:00.000Z",
    "outcome": "approved",
}


@pytest.fixture
def api(fresh_wiring: None, kind: Any) -> ApiClient:
    """A provider's side of the API: it has no key."""
    return ApiClient(kind)


def call(
    api: ApiClient,
    body: str = text_of(BODY),
    *,
    key: bytes = KEY,
    off: timedelta = timedelta(0),
    signed: str | None = None,
    path: str = PATH,
    **headers: str,
) -> Answer:
    """A callback; `signed` is the text that was signed, if it was another one."""
    signature = signed_headers(
        [key],
        message_id="cb_1",
        sent_at=datetime.now(UTC) + off,
        body=(signed or body).encode(),
    )
    sent = {"Content-Type": "application/json", **signature, **headers}
    return api.post(path, body=body, headers=sent)


class TestInbound:
    def test_a_signed_callback_is_kept_and_then_accepted(self, api: ApiClient) -> None:
        answer = call(api)

        assert (answer.status, answer.document) == (202, {"id": "cb_1"})
        (kept,) = messages("provider-callbacks")
        assert kept["id"], kept["provider"] == ("cb_1", PROVIDER)
        assert {name: kept[name] for name in BODY} == BODY

    @pytest.mark.parametrize(
        "wrong",
        [
            {"key": b"another provider's"},
            {"key": derived_key(b"value of callbacks", "provider-callback", "mockCardB")},
            {"signed": "{}"},
            {"off": timedelta(seconds=-310)},
            {"off": timedelta(seconds=310)},
            {"path": "/internal/providers/nobody/callback"},
            {"webhook-id": "cb_2"},
            {"webhook-signature": ""},
        ],
        ids=str,
    )
    def test_what_the_provider_did_not_sign_is_refused_and_kept_nowhere(
        self, api: ApiClient, wrong: dict[str, Any]
    ) -> None:
        answer = call(api, **wrong)

        assert answer.refusal == (401, "signature_invalid", None)
        assert messages("provider-callbacks") == []

    def test_an_unsigned_one_is_refused_before_anybody_reads_it(self, api: ApiClient) -> None:
        answer = api.post(PATH, body="not even JSON")

        assert answer.refusal == (401, "signature_invalid", None)

    @pytest.mark.parametrize(
        ("body", "refusal"),
        [
            ("not JSON", (400, "invalid_json", None)),
            ("[]", (400, "invalid_json", None)),
            (text_of({**BODY, "type": "payment.gone"}), (422, "invalid_value", "type")),
            (text_of({**BODY, "status": "succeeded"}), (422, "unknown_field", "status")),
            (text_of({"type": "payment.updated"}), (422, "field_missing", "payment_id")),
            (text_of({**BODY, "occurred_at": "yesterday"}), (422, "too_short", "occurred_at")),
            (
                text_of({**BODY, "occurred_at": "2026-02-31T12:00:00Z"}),
                (422, "invalid_format", None),
            ),
            (text_of({**BODY, "type": "dispute.opened"}), (422, "field_missing", "dispute")),
            (text_of({**BODY, "key": "k" * 70_000}), (413, "body_too_large", None)),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_nonsense_is_refused_though_it_is_signed(
        self, api: ApiClient, body: str, refusal: tuple[int, str, str | None]
    ) -> None:
        assert call(api, body).refusal == refusal
        assert messages("provider-callbacks") == []

    def test_the_bytes_are_verified_as_they_came_in_base64_too(self) -> None:
        body = json.dumps(BODY, indent=3).encode()
        signature = signed_headers([KEY], message_id="cb_1", sent_at=datetime.now(UTC), body=body)
        event = http_api_event(
            "POST",
            PATH,
            headers={"Content-Type": "application/json", **signature},
            body=base64.b64encode(body).decode(),
        )

        handler = importlib.import_module("functions.provider_callbacks_api").handler
        answer = handler({**event, "isBase64Encoded": True}, None)

        assert answer["statusCode"] == 202

    def test_a_replay_is_accepted_and_kept_once(self, api: ApiClient) -> None:
        assert [call(api).status for _ in range(3)] == [202, 202, 202]
        assert len(messages("provider-callbacks")) == 1

    def test_it_is_not_accepted_while_it_cannot_be_kept(
        self, api: ApiClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = client("sqs").get_queue_url(QueueName="provider-callbacks")["QueueUrl"]
        client("sqs").delete_queue(QueueUrl=url)

        assert call(api).status >= 500

    def test_a_dispute_arrives_whole(self, api: ApiClient) -> None:
        dispute = {
            "reference": "dsp_1",
            "amount": 500,
            "currency": "INR",
            "reason": "fraud",
            "evidence_due_at": "2026-12-01T00:00:00.000Z",
        }

        answer = call(api, text_of({**BODY, "type": "dispute.opened", "dispute": dispute}))

        assert answer.status == 202
        assert messages("provider-callbacks")[0]["dispute"] == dispute


class TestOutbox:
    CALLBACK = ProviderCallback(
        id="cb_1",
        provider=PROVIDER,
        type=CallbackType.PAYMENT_UPDATED,
        payment_id="pay_1",
        key="pk_1",
        occurred_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        outcome=Outcome.APPROVED,
    )

    @pytest.fixture
    def delays(self, fresh_wiring: None, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """The delays that SQS is asked for."""
        seen: list[int] = []
        sqs = client("sqs")
        sending = sqs.send_message

        def send(**message: Any) -> Any:
            seen.append(message["DelaySeconds"])
            return sending(**{**message, "DelaySeconds": 0})

        monkeypatch.setattr(sqs, "send_message", send)
        return seen

    @pytest.mark.parametrize(
        ("delay_ms", "delay_s"), [(0, 0), (1, 1), (3_000, 3), (900_000, 900), (86_400_000, 900)]
    )
    def test_a_message_is_held_back_as_long_as_sqs_can(
        self, delays: list[int], delay_ms: int, delay_s: int
    ) -> None:
        adapters.provider_outbox().send(self.CALLBACK, delay_ms)

        assert delays == [delay_s]

    def test_what_arrives_before_its_time_goes_back(self, delays: list[int]) -> None:
        adapters.provider_outbox().send(self.CALLBACK, 1_000_000)
        (message,) = messages("provider-outbox")

        assert self.sent(message) == []

        (again,) = messages("provider-outbox")
        assert again["callback"] == message["callback"]
        assert delays == [900, 900]

    def test_what_is_due_goes_over_the_wire_and_is_believed(
        self, api: ApiClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers: list[Answer] = []

        def post(provider: str, headers: dict[str, str], body: bytes) -> int:
            path = f"/internal/providers/{provider}/callback"
            sent = {"Content-Type": "application/json", **headers}
            answers.append(api.post(path, body=body.decode(), headers=sent))
            return answers[-1].status

        adapters.provider_outbox().send(self.CALLBACK, 0)
        (message,) = messages("provider-outbox")

        assert self.sent(message, monkeypatch, post) == []

        assert [answer.status for answer in answers] == [202]
        assert messages("provider-callbacks") == [message["callback"]]

    def test_what_is_not_taken_stays_in_the_queue_alone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        adapters.provider_outbox().send(self.CALLBACK, 0)
        (message,) = messages("provider-outbox")
        other = {**message, "callback": {**message["callback"], "provider": "mockCardB"}}

        def post(provider: str, _headers: dict[str, str], _body: bytes) -> int:
            return 202 if provider == PROVIDER else 500

        assert self.sent(message, monkeypatch, post, other, {"unreadable": True}) == ["1", "2"]

    def sent(
        self,
        message: object,
        monkeypatch: pytest.MonkeyPatch | None = None,
        post: Any = None,
        *more: object,
    ) -> list[str]:
        """The failures of the sender, whose line to the API is `post`."""
        if monkeypatch is not None:
            monkeypatch.setenv("API_URL", "https://api.example")
            monkeypatch.setattr("payflow.aws.callback_line.HttpCallbackLine.post", _method(post))
        else:
            pytest.MonkeyPatch().setenv("API_URL", "https://api.example")
        return consume("send_provider_callback", message, *more)


def _method(function: Any) -> Any:
    return lambda _self, *arguments: function(*arguments)


class TestKeys:
    def test_each_provider_has_a_key_of_its_own(self, fresh_wiring: None) -> None:
        keys = adapters.callback_keys()

        one, other = keys.of(a_provider("mockCardA")), keys.of(a_provider("mockCardB"))

        assert list(one) == [KEY]
        assert one != other

    def test_a_named_secret_takes_its_place(self, fresh_wiring: None) -> None:
        encoded = base64.b64encode(b"its own key").decode()
        client("secretsmanager").create_secret(Name="acme", SecretString=f"whsec_{encoded}")

        keys = adapters.callback_keys().of(a_provider("A", webhook_secret="acme"))

        assert list(keys) == [b"its own key"]

    def test_a_replaced_secret_is_good_beside_its_successor(self, fresh_wiring: None) -> None:
        client("secretsmanager").put_secret_value(SecretId="callbacks", SecretString="the next")

        keys = adapters.callback_keys().of(a_provider(PROVIDER))

        assert list(keys) == [derived_key(b"the next", "provider-callback", PROVIDER), KEY]

    def test_a_secret_is_read_once_and_again_only_after_a_while(
        self, fresh_wiring: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keys = adapters.callback_keys()
        keys.of(a_provider(PROVIDER))
        client("secretsmanager").delete_secret(
            SecretId="callbacks", ForceDeleteWithoutRecovery=True
        )

        assert list(keys.of(a_provider(PROVIDER))) == [KEY]


def test_an_outage_makes_callbacks_late(
    fresh_wiring: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = wiring.control()
    control.save_faults({PROVIDER: Faults(outage=True)}, 0)
    monkeypatch.setenv("API_URL", "https://api.example")
    adapters.provider_outbox().send(TestOutbox.CALLBACK, 0)
    (message,) = messages("provider-outbox")
    occurred_at = datetime.now(UTC).isoformat()
    recent = {**message, "callback": {**message["callback"], "occurred_at": occurred_at}}

    assert consume("send_provider_callback", recent) == []

    url = client("sqs").get_queue_url(QueueName="provider-outbox")["QueueUrl"]
    held = client("sqs").get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )
    assert held["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"
