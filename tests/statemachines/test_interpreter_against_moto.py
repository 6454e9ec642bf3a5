"""The payment workflow in the simulator's interpreter, beside the same in moto's executor.

Both get the same input, and functions that answer the same, drawn from a seed; what they do must be
the same: the states entered, each call and what it is given, each delay before another attempt
(jitter draws one half in both), and the end.

moto 5.2.5 differs from Step Functions in this, so the last tests hold the interpreter to what the
Developer Guide says, without moto:

* a choice that compares what is not there is States.Runtime ("Invalid path …"); moto goes on to the
  default, which would end such a payment as if it were finished;
* States.ALL neither retries nor catches States.Runtime ("Handling errors in Step Functions
  workflows"); moto does both.

A third is left out here, for every back-off below is over: moto drops the fraction of a second that
a Wait is to last, the interpreter does not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from moto import mock_aws

from simulation.asl import Ended, StateMachine, TaskFailed
from tests.support.moto_machine import CONFIG, REGION, Moto, Told, create_functions
from tests.support.scripted_host import ScriptedHost, Slow

DEFINITION = (
    (Path(__file__).parents[2] / "statemachines" / "payment.asl.json")
    .read_text()
    .replace("${PlanNextStepFunction}", "plan_next_step")
)
SEEDS = range(60)

CALLS = ("Authorize", "CheckStatus", "Capture", "Void", "Refund")
PROVIDER_FUNCTIONS = ("call_card_provider", "call_wallet_provider")
STEPS_MAX = 4
PAST = "2020-01-01T00:00:00Z"
BUSY = "Lambda.TooManyRequestsException"
FAULTS = (BUSY, BUSY, BUSY, "Lambda.Unknown", "ProviderCrash", "Sandbox.Timedout")


def failing(error: str) -> TaskFailed:
    """A function's error; Step Functions has all of what it said for the cause."""
    said = {"errorType": error, "errorMessage": "the function died"}
    return TaskFailed(error, json.dumps(said, separators=(",", ":")))


@dataclass
class Script:
    """What the functions answer, one call after the other.

    `faults` come first; then, drawn from `chance`, now and then up to five in a row. Each answer of
    the plan is the next of `steps`.
    """

    steps: list[dict[str, Any]]
    chance: Random = field(default_factory=lambda: Random(0))
    faults: list[str] = field(default_factory=list)
    faulty: bool = False

    def answer(self, function: str) -> object:
        if self.faults:
            raise failing(self.faults.pop(0))
        if self.faulty and self.chance.random() < 0.3:
            self.faults = [self.chance.choice(FAULTS)] * self.chance.randint(0, 4)
            raise failing(self.chance.choice(FAULTS))
        if function == "plan_next_step":
            return {"payment_id": "pay_1", "merchant_id": "mer_1", "step": self.steps.pop(0)}
        return {"outcome": "approved", "drawn": [self.chance.random(), None, {"é": True}]}


def a_step(action: str, number: int = 1) -> dict[str, Any]:
    if action == "BackOff":
        return {"action": action, "not_before": PAST}
    if action not in CALLS:
        return {"action": action, "status": "succeeded"}
    function = PROVIDER_FUNCTIONS[number % 2]
    call = {"attempt_number": number, "operation": action, "amount": 10**number, "final": True}
    return {"action": action, "function": function, "call": {**call, "method": {"type": "card"}}}


def drawn(seed: int) -> tuple[dict[str, Any], Script]:
    """An input, and a script of a few steps with faults that ends well or for review."""
    chance = Random(seed)
    actions = chance.choices((*CALLS, "BackOff"), k=chance.randint(1, STEPS_MAX))
    end = chance.choice(("Finished", "Finished", "NeedsReview", "AnotherAction"))
    steps = [a_step(action, n) for n, action in enumerate((*actions, end), start=1)]
    document: dict[str, Any] = {"payment_id": "pay_1", "merchant_id": "mer_1"}
    if chance.random() < 0.7:
        document["step"] = steps.pop(0)
    return document, Script(steps, chance, faulty=True)


class Scripted(ScriptedHost):
    """A host whose functions answer from a `Script`."""

    def __init__(self, script: Script, takes_ms: int = 0) -> None:
        super().__init__()
        self.script = script
        self.takes_ms = takes_ms

    def invoke(self, function: str, payload: dict[str, object], timeout_s: int) -> object:
        self._script = iter([self._answered(function)])
        return super().invoke(function, payload, timeout_s)

    def _answered(self, function: str) -> object:
        try:
            return Slow(self.takes_ms, self.script.answer(function))
        except TaskFailed as failed:
            return Slow(self.takes_ms, failed)


def interpreted(
    document: dict[str, Any], script: Script, definition: str = DEFINITION, takes_ms: int = 0
) -> Told:
    host = Scripted(script, takes_ms)
    ended = StateMachine(json.loads(definition)).run(host, document)
    return Told(
        ended.succeeded,
        ended.error,
        ended.cause,
        ended.output,
        host.states,
        [(call.function, call.payload) for call in host.calls],
        host.waits_ms,
    )


@pytest.fixture(scope="module")
def moto() -> Iterator[Moto]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        with mock_aws(config=CONFIG):
            create_functions(["plan_next_step", *PROVIDER_FUNCTIONS])
            yield Moto(monkeypatch)


def begun(step: dict[str, Any] | None) -> dict[str, Any]:
    document = {"payment_id": "pay_1", "merchant_id": "mer_1"}
    return document if step is None else {**document, "step": step}


def scripted(action: str, *faults: str, end: str = "Finished") -> tuple[dict[str, Any], Script]:
    """One step with faults, and then the end."""
    return begun(a_step(action)), Script([a_step(end)], faults=list(faults))


def unplanned(failures: int) -> tuple[dict[str, Any], Script]:
    """No step yet, and a plan that fails some times before it says that nothing is left to do."""
    return begun(None), Script([a_step("Finished")], faults=["PlanCrash"] * failures)


# Each branch of the definition, whatever the seeds happen to draw.
BRANCHES: dict[str, Callable[[], tuple[dict[str, Any], Script]]] = {
    **{f"{name}: answered": partial(scripted, name) for name in (*CALLS, "BackOff")},
    **{f"{name}: crashed": partial(scripted, name, "ProviderCrash") for name in CALLS},
    **{f"{name}: throttled": partial(scripted, name, *[BUSY] * 3) for name in CALLS},
    **{f"{name}: throttled too often": partial(scripted, name, *[BUSY] * 4) for name in CALLS},
    "throttled, then crashed": partial(scripted, "Authorize", BUSY, "Lambda.Unknown"),
    "for review after a call": partial(scripted, "CheckStatus", end="NeedsReview"),
    "for review at once": partial(scripted, "NeedsReview"),
    "finished before": partial(scripted, "Finished"),
    "an action that nothing is for": partial(scripted, "Ignore"),
    **{f"no step, and the plan fails {n} times": partial(unplanned, n) for n in range(6)},
}


@pytest.mark.parametrize("branch", BRANCHES)
def test_each_branch_is_the_same_in_both(moto: Moto, branch: str) -> None:
    assert interpreted(*BRANCHES[branch]()) == moto.run(*BRANCHES[branch](), DEFINITION)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_is_the_same_in_both(moto: Moto, seed: int) -> None:
    assert interpreted(*drawn(seed)) == moto.run(*drawn(seed), DEFINITION)


def test_a_call_that_takes_longer_than_its_task_may_is_the_same_in_both(moto: Moto) -> None:
    impatient = DEFINITION.replace('"TimeoutSeconds": 35', '"TimeoutSeconds": 1')
    ours = interpreted(*scripted("Capture"), impatient, 1200)
    theirs = moto.run(*scripted("Capture"), impatient, 1200)

    # What is said about a time-out is each one's own.
    assert [call[0] for call in ours.calls] == [call[0] for call in theirs.calls]
    assert (ours.states, ours.output) == (theirs.states, theirs.output)
    assert "OutcomeUnknown" in ours.states


def test_a_machine_that_runs_out_of_time_is_the_same_in_both(moto: Moto) -> None:
    hasty = DEFINITION.replace('"TimeoutSeconds": 290', '"TimeoutSeconds": 2')
    ours = interpreted(*scripted("Capture"), hasty, 1200)
    theirs = moto.run(*scripted("Capture"), hasty, 1200)

    assert (ours.succeeded, ours.error) == (False, "States.Timeout")
    assert (ours.error, ours.states, ours.calls) == (theirs.error, theirs.states, theirs.calls)


def edges() -> set[tuple[str, str]]:
    states: dict[str, Any] = json.loads(DEFINITION)["States"]
    return {
        (name, holder[key])
        for name, state in states.items()
        for holder in (state, *state.get("Choices", ()), *state.get("Catch", ()))
        for key in ("Next", "Default")
        if key in holder
    }


def test_the_branches_take_every_way_through_the_definition() -> None:
    told = [interpreted(*branch()) for branch in BRANCHES.values()]

    taken = {pair for one in told for pair in zip(one.states, one.states[1:], strict=False)}

    assert taken == edges()


def test_the_seeds_go_far() -> None:
    told = [interpreted(*drawn(seed)) for seed in SEEDS]

    taken = {pair for one in told for pair in zip(one.states, one.states[1:], strict=False)}
    assert len(edges() - taken) <= 2
    assert {one.error for one in told} == {None, "NeedsReview", "PlanUnavailable"}
    assert max(len(one.calls) for one in told) > 12
    assert len({str(one) for one in told}) > 50


@pytest.mark.parametrize("step", [{}, {"status": "succeeded"}, None, "Finished"])
def test_a_plan_that_says_no_action_fails_the_execution(step: Any) -> None:
    told = interpreted(begun(None), Script([step]))

    assert (told.succeeded, told.error) == (False, "States.Runtime")
    assert told.states == ["ActOnPlan", "PlanNextStep", "ActOnPlan"]


def test_a_call_without_an_attempt_s_number_is_neither_retried_nor_caught() -> None:
    step = {"action": "Capture", "function": "call_card_provider"}

    told = interpreted(begun(step), Script([a_step("Finished")]))

    assert (told.error, told.calls) == ("States.Runtime", [])
    assert told.states == ["ActOnPlan", "Capture"]


def test_a_plan_s_answer_without_a_step_is_neither_retried_nor_caught() -> None:
    class Stepless(Script):
        def answer(self, function: str) -> object:
            return {"payment_id": "pay_1", "merchant_id": "mer_1"}

    told = interpreted(begun(None), Stepless([]))

    assert (told.error, len(told.calls)) == ("States.Runtime", 1)
    assert told.states == ["ActOnPlan", "PlanNextStep"]


def test_an_end_is_told_as_it_is_defined() -> None:
    ended = StateMachine(json.loads(DEFINITION)).run(
        Scripted(Script([a_step("NeedsReview")])), begun(None)
    )

    cause = json.loads(DEFINITION)["States"]["NeedsReview"]["Cause"]
    assert ended == Ended(False, "NeedsReview", cause, None)
