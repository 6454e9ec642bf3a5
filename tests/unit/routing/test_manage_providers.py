"""Operators' hold on providers: configuration, faults, and what is shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from payflow.domain.errors import InvalidRequest, NotFound, VersionConflict
from payflow.domain.health import HealthBook, ProviderRecord, Window
from payflow.domain.provider import Faults
from payflow.domain.provider_schema import InvalidProviderConfig
from payflow.services.manage_providers import WRITE_TRIES_MAX, ManageProviders
from tests.support.builders import NOON, later
from tests.support.fakes import FakeClock
from tests.support.ports import RacedControl, a_document


@pytest.fixture
def control() -> RacedControl:
    return RacedControl()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def providers(control: RacedControl, clock: FakeClock) -> ManageProviders:
    return ManageProviders(control, clock, {"card", "upi", "wallet"})


class TestLooking:
    def test_a_provider_shows_its_document_health_and_faults(
        self, providers: ManageProviders
    ) -> None:
        assert providers.get("mockCardA") == {
            **a_document("mockCardA"),
            "object": "provider",
            "health": {
                "breaker": "closed",
                "open_until": None,
                "success_rate": None,
                "approval_rate": None,
                "latency_ms": None,
                "calls": 0,
            },
            "faults": None,
        }

    def test_learnt_health_is_shown(
        self, providers: ManageProviders, control: RacedControl
    ) -> None:
        window = Window(calls=50, failures=10, judged=40, approved=30, latency_ms=5000)
        control.save_health(HealthBook({"mockCardA": ProviderRecord(NOON, window)}), 0)

        health = providers.get("mockCardA")["health"]

        assert (health["success_rate"], health["approval_rate"]) == (0.8, 0.75)
        assert (health["latency_ms"], health["calls"]) == (100.0, 50)

    def test_all_are_listed_in_order_of_configuration(self, providers: ManageProviders) -> None:
        providers.put("mockCardZ", a_document("mockCardZ"))
        providers.put("mockCardA", a_document("mockCardA", priority=5))

        assert [p["id"] for p in providers.list()] == ["mockCardA", "mockCardB", "mockCardZ"]

    @pytest.mark.parametrize(
        "act",
        [
            lambda providers: providers.get("ghost"),
            lambda providers: providers.put_faults("ghost", {"outage": True}),
            lambda providers: providers.delete_faults("ghost"),
        ],
        ids=["get", "put_faults", "delete_faults"],
    )
    def test_a_provider_that_is_not_there_is_not_found(
        self, providers: ManageProviders, act: Callable[[ManageProviders], object]
    ) -> None:
        with pytest.raises(NotFound):
            act(providers)


class TestConfiguring:
    def test_a_document_replaces_the_deployed_one_whole(
        self, providers: ManageProviders, control: RacedControl
    ) -> None:
        providers.put("mockCardA", a_document(priority=5, weight=70))
        answer = providers.put("mockCardA", a_document(priority=7))

        assert a_document(priority=7).items() <= answer.items()
        assert "weight" not in answer
        market = control.load().market(NOON)
        assert [(p.id, p.priority, p.weight) for p in market.providers] == [
            ("mockCardA", 7, 100),
            ("mockCardB", 100, 100),
        ]

    def test_what_was_answered_can_be_put_back(self, providers: ManageProviders) -> None:
        answer = providers.get("mockCardA")

        assert providers.put("mockCardA", answer) == answer

    def test_the_id_may_be_left_to_the_path(self, providers: ManageProviders) -> None:
        answer = providers.put("mockCardB", {"type": "CARD", "timeoutMs": 900})

        assert answer["id"] == "mockCardB"

    def test_an_id_that_is_not_the_path_s_is_refused(self, providers: ManageProviders) -> None:
        with pytest.raises(InvalidRequest) as refused:
            providers.put("mockCardA", a_document("mockCardB"))

        assert refused.value.param == "id"

    def test_a_bad_document_is_refused_whole_with_every_error(
        self, providers: ManageProviders, control: RacedControl
    ) -> None:
        with pytest.raises(InvalidProviderConfig) as refused:
            providers.put(
                "mockCardA",
                a_document(timeoutMs="soon", failureRate=2, latencyMs={"min": 9, "max": 1}),
            )

        paths = {error.path for error in refused.value.errors}
        assert paths == {"timeoutMs", "failureRate", "latencyMs.min"}
        assert all(path in refused.value.message for path in paths)
        assert control.saves == 0

    def test_an_adapter_that_does_not_exist_is_refused(self, providers: ManageProviders) -> None:
        with pytest.raises(InvalidProviderConfig) as refused:
            providers.put("mockCardA", a_document(adapter="paypal"))

        assert refused.value.param == "adapter"

    def test_a_provider_cannot_change_its_type(self, providers: ManageProviders) -> None:
        with pytest.raises(InvalidRequest) as refused:
            providers.put("mockCardA", a_document(type="UPI"))

        assert refused.value.param == "type"

    def test_documents_beyond_what_can_be_stored_are_refused(
        self, providers: ManageProviders, control: RacedControl
    ) -> None:
        large = {"failureModel": {"note": "x" * 60_000}}
        for number in range(4):
            providers.put(f"mockCard{number}", a_document(f"mockCard{number}", **large))

        with pytest.raises(InvalidRequest) as refused:
            providers.put("mockCard4", a_document("mockCard4", **large))

        assert refused.value.code == "configuration_too_large"
        assert len(control.load().overrides.content) == 4

    def test_going_back_to_the_deployed_document_leaves_no_override(
        self, providers: ManageProviders, control: RacedControl
    ) -> None:
        providers.put("mockCardA", a_document(priority=5))
        providers.put("mockCardA", a_document())

        assert control.load().overrides.content == {}

    def test_a_lost_race_keeps_the_other_writer_s_change(
        self, providers: ManageProviders, control: RacedControl
    ) -> None:
        def interfere() -> None:
            control.before_save = lambda: None
            control.save_overrides({"mockCardB": a_document("mockCardB", weight=1)}, 0)

        control.before_save = interfere
        providers.put("mockCardA", a_document(weight=2))

        weights = {p.id: p.weight for p in control.load().providers()}
        assert weights == {"mockCardA": 2, "mockCardB": 1}

    def test_losing_every_race_says_so(
        self, providers: ManageProviders, control: RacedControl
    ) -> None:
        tries = []

        def refuse() -> None:
            tries.append(1)
            raise VersionConflict("providers")

        control.before_save = refuse

        with pytest.raises(VersionConflict):
            providers.put("mockCardA", a_document(weight=2))
        assert len(tries) == WRITE_TRIES_MAX


class TestBreaking:
    def test_faults_are_shown_and_reach_the_market(
        self, providers: ManageProviders, control: RacedControl
    ) -> None:
        answer = providers.put_faults("mockCardA", {"outage": True, "latency_multiplier": 2})

        assert answer["faults"] == {
            "failure_rate": None,
            "latency_multiplier": 2,
            "outage": True,
            "lost_response_rate": None,
            "until": None,
        }
        assert control.load().market(NOON).faults == {
            "mockCardA": Faults(outage=True, latency_multiplier=2)
        }

    def test_faults_end_by_themselves(
        self, providers: ManageProviders, control: RacedControl, clock: FakeClock
    ) -> None:
        answer = providers.put_faults("mockCardA", {"failure_rate": 0.5, "duration_s": 30})

        assert answer["faults"]["until"] == "2026-11-23T12:00:30.000Z"
        assert control.load().market(later(29.9)).faults
        assert not control.load().market(later(30)).faults
        clock.time = later(30)
        assert providers.get("mockCardA")["faults"] is None

    def test_new_faults_take_the_place_of_old_ones(self, providers: ManageProviders) -> None:
        providers.put_faults("mockCardA", {"outage": True})

        answer = providers.put_faults("mockCardA", {"lost_response_rate": 0.1})

        assert answer["faults"]["outage"] is False

    def test_mending_is_harmless_when_repeated(
        self, providers: ManageProviders, control: RacedControl
    ) -> None:
        providers.put_faults("mockCardA", {"outage": True})

        assert providers.delete_faults("mockCardA")["faults"] is None
        assert providers.delete_faults("mockCardA")["faults"] is None
        assert control.saves == 2

    def test_null_is_as_good_as_absent(self, providers: ManageProviders) -> None:
        answer = providers.put_faults("mockCardA", {"outage": True, "failure_rate": None})

        assert answer["faults"]["outage"] is True

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("failure_rate", 1.01),
            ("failure_rate", "half"),
            ("failure_rate", True),
            ("latency_multiplier", 0),
            ("latency_multiplier", 101),
            ("outage", 1),
            ("lost_response_rate", -0.1),
            ("duration_s", 0),
            ("duration_s", 604_801),
            ("explode", True),
        ],
    )
    def test_faults_out_of_range_are_refused(
        self, providers: ManageProviders, control: RacedControl, field: str, value: object
    ) -> None:
        with pytest.raises(InvalidRequest) as refused:
            providers.put_faults("mockCardA", {"outage": True, field: value})

        assert refused.value.param == field
        assert control.saves == 0

    def test_every_error_is_listed(self, providers: ManageProviders) -> None:
        with pytest.raises(InvalidRequest) as refused:
            providers.put_faults("mockCardA", {"failure_rate": 2, "outage": "yes"})

        assert "failure_rate" in refused.value.message
        assert "outage" in refused.value.message
