"""Who is offered a history when PayFlow starts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import typer

from tools.embedded import history_offer
from tools.embedded.history_offer import offers_history
from tools.embedded.instance import StateDir


class Terminal:
    """Standard input or a console, at which a person sits or not."""

    def __init__(self, *, is_terminal: bool) -> None:
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


@pytest.mark.parametrize("reads,shows", [(False, True), (True, False), (False, False)])
def test_nobody_is_asked_who_cannot_answer(
    monkeypatch: pytest.MonkeyPatch, *, reads: bool, shows: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(is_terminal=reads))
    monkeypatch.setattr(history_offer, "notes", Terminal(is_terminal=shows))
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: pytest.fail("somebody was asked"))

    assert offers_history() is False


@pytest.mark.parametrize("answer", [True, False])
def test_a_person_decides(monkeypatch: pytest.MonkeyPatch, *, answer: bool) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(is_terminal=True))
    monkeypatch.setattr(history_offer, "notes", Terminal(is_terminal=True))
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: answer)

    assert offers_history() is answer


def test_an_instance_is_new_until_its_cloud_has_been_kept(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    assert state.is_new

    state.emulator.mkdir()
    assert not state.is_new
