"""A compiled state machine, and its executions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from simulation.asl.compiler import compiled_state
from simulation.asl.documents import Document, NoSuchPath
from simulation.asl.fields import Fields, Unsupported, text, whole
from simulation.asl.host import RUNTIME, Ended, ExecutionFails, Host
from simulation.asl.states import State, in_time

# A standard execution's limit of one year.
MACHINE_TIMEOUT_S_MAX: Final = 31_536_000
# A standard execution ends at 25,000 events, and a state is entered and left. Where no time
# passes, nothing else would end states that lead to each other.
STATES_MAX: Final = 12_500


class StateMachine:
    """One definition, compiled once; it keeps nothing of an execution, so many may run at a time.

    Follows the Amazon States Language (states-language.net/spec.html) and, where that leaves
    something open, the Step Functions Developer Guide. What is read and cannot be found is
    States.Runtime, which ends an execution. Not modelled: the size limit of a document.

    Raises:
        Unsupported: the definition has something that is not in the payment workflow's subset;
            the message names the state and the field.
    """

    def __init__(self, definition: Mapping[str, object]) -> None:
        fields = Fields("machine", definition)
        self._timeout = timedelta(
            seconds=fields.take("TimeoutSeconds", whole(1, MACHINE_TIMEOUT_S_MAX))
        )
        start = fields.take("StartAt", text)
        self._states = fields.take("States", _compiled_states)
        fields.done()
        if start not in self._states:
            raise fields.refused("StartAt", f"there is no state {start!r}")
        self._start = start

    def run(self, host: Host, document: Document) -> Ended:
        """Execute to the end.

        The machine's time is checked before each state is entered and after each call and wait;
        whoever waits is told to wait no longer than that.

        `document` belongs to the execution from now on: it is never changed here, but nobody else
        may change it either, and the output may share parts with it and with results.

        Raises:
            TypeError: `document`, or a result, has something that is no JSON; found when a function
                is to be given it.
        """
        states = self._states
        deadline = host.now() + self._timeout
        state = states[self._start]
        try:
            for _ in range(STATES_MAX):
                in_time(host, deadline)
                host.entered(state.name)
                outcome = state.act(host, deadline, document)
                if isinstance(outcome, Ended):
                    return outcome
                following, document = outcome
                state = states[following]
            raise ExecutionFails(RUNTIME, f"The execution entered {STATES_MAX} states.")
        except ExecutionFails as failed:
            return Ended(False, failed.error, failed.cause, None)
        except NoSuchPath as missing:
            return Ended(False, RUNTIME, f"{missing} of state '{state.name}'", None)


def machine_from_file(path: Path, substitutions: Mapping[str, str]) -> StateMachine:
    """The machine of a definition file, with each `${name}` replaced as at deployment.

    Raises:
        Unsupported: a placeholder has no substitution; and as `StateMachine`.
    """
    source = path.read_text()
    for name, value in substitutions.items():
        # The placeholder stands inside a JSON text.
        source = source.replace(f"${{{name}}}", json.dumps(value)[1:-1])
    if "${" in source:
        raise Unsupported(f"{path.name}: a placeholder has no substitution")
    return StateMachine(json.loads(source))


def _compiled_states(source: object) -> dict[str, State]:
    if not isinstance(source, Mapping):
        raise ValueError("is no object")
    states = {name: compiled_state(name, state) for name, state in source.items()}
    for state in states.values():
        for following in sorted(state.followers - states.keys()):
            raise Unsupported(f"state {state.name!r}: there is no state {following!r} to follow")
    return states
