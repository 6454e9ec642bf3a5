"""Each kind of state, compiled once and then run any number of times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from simulation.asl.documents import (
    Builder,
    Document,
    NoSuchPath,
    Reader,
    Writer,
    copied,
    is_present,
    path_of,
)
from simulation.asl.faults import Attempts, Catcher, Retrier
from simulation.asl.host import RUNTIME, TIMED_OUT, Ended, ExecutionFails, Host, TaskFailed

Outcome = tuple[str, Document] | Ended
"""The next state and the document it gets; or the end."""

MACHINE_TIMED_OUT = "The execution ran longer than the machine's TimeoutSeconds."
_SECOND = timedelta(seconds=1)
_MILLISECOND = timedelta(milliseconds=1)


class State(Protocol):
    """One state. `act` raises `ExecutionFails`, or `NoSuchPath` for a document it cannot use."""

    @property
    def name(self) -> str:
        """The state's name in the definition."""

    @property
    def followers(self) -> frozenset[str]:
        """Every state that can come next."""

    def act(self, host: Host, deadline: datetime, document: Document) -> Outcome:
        """Do what the state does with `document`, and leave it as it is."""


def in_time(host: Host, deadline: datetime) -> None:
    """Raise `ExecutionFails` at the machine's deadline and after it."""
    if host.now() >= deadline:
        raise ExecutionFails(TIMED_OUT, MACHINE_TIMED_OUT)


@dataclass(frozen=True, slots=True)
class Presence:
    """A rule of a choice: whether there is something at a path."""

    names: tuple[str, ...]
    present: bool
    next: str

    def chosen(self, document: Document) -> str | None:
        """The next state, if the rule applies."""
        return self.next if is_present(self.names, document) is self.present else None

    @property
    def followers(self) -> frozenset[str]:
        """The state that the rule leads to."""
        return frozenset({self.next})


@dataclass(frozen=True, slots=True)
class Selection:
    """Rules of a choice that follow each other and compare one variable with a text each."""

    names: tuple[str, ...]
    read: Reader
    next: Mapping[str, str]

    def chosen(self, document: Document) -> str | None:
        """The next state, if a rule applies; what is no text equals none."""
        try:
            value = self.read(document)
        except NoSuchPath:
            cause = "The choice state's condition path references an invalid value."
            path = path_of(self.names)
            raise ExecutionFails(RUNTIME, f"Invalid path '{path}': {cause}") from None
        return self.next.get(value) if isinstance(value, str) else None

    @property
    def followers(self) -> frozenset[str]:
        """The states that the rules lead to."""
        return frozenset(self.next.values())


@dataclass(frozen=True, slots=True)
class Choice:
    """Goes where the first rule leads that applies."""

    name: str
    rules: tuple[Presence | Selection, ...]
    default: str

    def act(self, host: Host, deadline: datetime, document: Document) -> Outcome:
        """Choose, and hand the document on."""
        for rule in self.rules:
            chosen = rule.chosen(document)
            if chosen is not None:
                return chosen, document
        return self.default, document

    @property
    def followers(self) -> frozenset[str]:
        """Every rule's states, and the default."""
        return frozenset({self.default}).union(*(rule.followers for rule in self.rules))


@dataclass(frozen=True, slots=True)
class Task:
    """Calls a function until it answers, the attempts or the machine's time are used up."""

    name: str
    function: Reader
    payload: Reader
    select: Builder
    put: Writer
    timeout: timedelta
    timeout_s: int
    retry: tuple[Retrier, ...]
    catch: tuple[Catcher, ...]
    next: str

    def act(self, host: Host, deadline: datetime, document: Document) -> Outcome:
        """Call, retry, catch. A machine's time-out is neither retried nor caught."""
        function, payload = self.function(document), self.payload(document)
        if not isinstance(function, str) or not isinstance(payload, dict):
            raise ExecutionFails(RUNTIME, "FunctionName must be text and Payload an object.")
        attempts: Attempts | None = None
        while True:
            # The function may change what it is given, and an attempt after it starts afresh.
            event = copied(payload)
            try:
                result = host.invoke(function, event, self._patience_s(host, deadline))
            except TaskFailed as failed:
                in_time(host, deadline)
                attempts = attempts or Attempts(self.retry)
                delay_ms = attempts.delay_ms(failed.error, host)
                if delay_ms is None:
                    return self._caught(failed, document)
            else:
                in_time(host, deadline)
                return self.next, self.put(document, self.select({"Payload": result}))
            host.wait_ms(min(delay_ms, -(-(deadline - host.now()) // _MILLISECOND)))
            in_time(host, deadline)

    def _patience_s(self, host: Host, deadline: datetime) -> int:
        # Nobody waits for an answer after the machine has ended.
        left = deadline - host.now()
        return self.timeout_s if left >= self.timeout else -(-left // _SECOND)

    def _caught(self, failed: TaskFailed, document: Document) -> Outcome:
        for rule in self.catch:
            if rule.errors.match(failed.error):
                said: Document = {"Error": failed.error, "Cause": failed.cause}
                return rule.next, rule.put(document, said)
        return Ended(False, failed.error, failed.cause, None)

    @property
    def followers(self) -> frozenset[str]:
        """The next state, and those that catch."""
        return frozenset({self.next, *(rule.next for rule in self.catch)})


@dataclass(frozen=True, slots=True)
class Pass:
    """Puts a new object into the document."""

    name: str
    build: Builder
    put: Writer
    next: str

    def act(self, host: Host, deadline: datetime, document: Document) -> Outcome:
        """Build the object and hand the document on."""
        return self.next, self.put(document, self.build(document))

    @property
    def followers(self) -> frozenset[str]:
        """The next state."""
        return frozenset({self.next})


@dataclass(frozen=True, slots=True)
class Wait:
    """Waits until the time that the document says."""

    name: str
    read: Reader
    next: str

    def act(self, host: Host, deadline: datetime, document: Document) -> Outcome:
        """Wait, but no longer than the machine may run."""
        host.wait_until(min(_instant(self.read(document)), deadline))
        return self.next, document

    @property
    def followers(self) -> frozenset[str]:
        """The next state."""
        return frozenset({self.next})


def _instant(value: object) -> datetime:
    """A time as the language writes it: RFC 3339 with an upper-case T, and Z or an offset."""
    try:
        if not isinstance(value, str) or value[10:11] != "T":
            raise ValueError
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError
    except ValueError:
        raise ExecutionFails(
            RUNTIME, f"The TimestampPath parameter does not reference a timestamp: {value!r}"
        ) from None
    return at


@dataclass(frozen=True, slots=True)
class Fail:
    """Ends the execution with an error."""

    name: str
    error: str
    cause: str

    def act(self, host: Host, deadline: datetime, document: Document) -> Outcome:
        """End."""
        return Ended(False, self.error, self.cause, None)

    @property
    def followers(self) -> frozenset[str]:
        """Nothing."""
        return frozenset()


@dataclass(frozen=True, slots=True)
class Succeed:
    """Ends the execution with the document for its output."""

    name: str

    def act(self, host: Host, deadline: datetime, document: Document) -> Outcome:
        """End."""
        return Ended(True, None, None, document)

    @property
    def followers(self) -> frozenset[str]:
        """Nothing."""
        return frozenset()
