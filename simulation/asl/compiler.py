"""Definitions to states: every field is understood, or refused by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final

from simulation.asl.documents import Builder, Reader, builder, names_of, reader, writer
from simulation.asl.faults import catchers, retriers
from simulation.asl.fields import Fields, exactly, items, text, whole
from simulation.asl.states import (
    Choice,
    Fail,
    Pass,
    Presence,
    Selection,
    State,
    Succeed,
    Task,
    Wait,
)

INVOKE: Final = "arn:aws:states:::lambda:invoke"
# The longest that a Lambda function can run.
TASK_TIMEOUT_S_MAX: Final = 900


def compiled_state(name: str, source: object) -> State:
    """The state that `source` defines.

    Raises:
        Unsupported: a type, a field or a value that is not among those of the payment workflow.
    """
    fields = Fields(f"state {name!r}", source)
    kind = fields.take("Type", exactly(*_KINDS))
    state = _KINDS[kind](name, fields)
    fields.done()
    return state


def _choice(name: str, fields: Fields) -> State:
    sources = fields.take("Choices", items)
    rules: list[Presence | Selection] = []
    for number, source in enumerate(sources):
        _add_rule(rules, Fields(f"{fields.where}, Choices[{number}]", source))
    return Choice(name, tuple(rules), fields.take("Default", text))


def _add_rule(rules: list[Presence | Selection], fields: Fields) -> None:
    names = fields.take("Variable", names_of)
    following = fields.take("Next", text)
    if fields.has("IsPresent"):
        rules.append(Presence(names, fields.take("IsPresent", _truth), following))
    else:
        wanted = fields.take("StringEquals", text)
        last = rules[-1] if rules else None
        # One look-up for rules that follow each other and read the same; the first one counts.
        if isinstance(last, Selection) and last.names == names:
            rules[-1] = Selection(names, last.read, {wanted: following, **last.next})
        else:
            rules.append(Selection(names, reader(names), {wanted: following}))
    fields.done()


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _task(name: str, fields: Fields) -> State:
    fields.take("Resource", exactly(INVOKE))
    timeout_s = fields.take("TimeoutSeconds", whole(1, TASK_TIMEOUT_S_MAX))
    function, payload = fields.take("Parameters", partial(_call, fields.where))
    return Task(
        name=name,
        function=function,
        payload=payload,
        select=fields.take("ResultSelector", _selector),
        put=fields.take("ResultPath", writer, writer("$")),
        timeout=timedelta(seconds=timeout_s),
        timeout_s=timeout_s,
        retry=fields.take("Retry", partial(retriers, fields.where), ()),
        catch=fields.take("Catch", partial(catchers, fields.where), ()),
        next=fields.take("Next", text),
    )


def _call(where: str, source: object) -> tuple[Reader, Reader]:
    fields = Fields(f"{where}, Parameters", source)
    if fields.has("FunctionName"):
        function = fields.take("FunctionName", _constant)
    else:
        function = fields.take("FunctionName.$", _path)
    payload = fields.take("Payload.$", _path)
    fields.done()
    return function, payload


def _constant(value: object) -> Reader:
    constant = text(value)
    return lambda _: constant


def _path(value: object) -> Reader:
    return reader(names_of(value))


def _selector(source: object) -> Builder:
    """A template that reads a function's result, and nothing else of what the service answers."""
    for path in _paths(source):
        if names_of(path)[:1] != ("Payload",):
            raise ValueError(f"{path!r} is not within $.Payload")
    return builder(source)


def _paths(template: object) -> list[object]:
    if not isinstance(template, Mapping):
        return []
    found: list[object] = []
    for name, value in template.items():
        found += [value] if name.endswith(".$") else _paths(value)
    return found


def _pass(name: str, fields: Fields) -> State:
    return Pass(
        name,
        fields.take("Parameters", builder),
        fields.take("ResultPath", writer, writer("$")),
        fields.take("Next", text),
    )


def _wait(name: str, fields: Fields) -> State:
    return Wait(name, fields.take("TimestampPath", _path), fields.take("Next", text))


def _fail(name: str, fields: Fields) -> State:
    return Fail(name, fields.take("Error", text), fields.take("Cause", text))


def _succeed(name: str, fields: Fields) -> State:
    return Succeed(name)


_KINDS: Final[dict[str, Callable[[str, Fields], State]]] = {
    "Choice": _choice,
    "Fail": _fail,
    "Pass": _pass,
    "Succeed": _succeed,
    "Task": _task,
    "Wait": _wait,
}
