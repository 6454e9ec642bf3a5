"""When a deploy is needed: the fingerprint of everything that decides what it makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra_cdk.settings import ApiKind, Target
from tools.deployment.cloud import StackOptions
from tools.deployment.stack import sources_fingerprint

OPTIONS = StackOptions(Target.EMBEDDED, api=ApiKind.HTTP)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "a.py").write_text("1")
    (tmp_path / "cdk.json").write_text("{}")
    return tmp_path


def test_unchanged_sources_have_the_same_fingerprint(repository: Path) -> None:
    assert sources_fingerprint(OPTIONS, repository) == sources_fingerprint(OPTIONS, repository)


def test_a_changed_file_changes_it(repository: Path) -> None:
    before = sources_fingerprint(OPTIONS, repository)

    (repository / "functions" / "a.py").write_text("2")

    assert sources_fingerprint(OPTIONS, repository) != before


def test_a_moved_file_changes_it(repository: Path) -> None:
    before = sources_fingerprint(OPTIONS, repository)

    (repository / "functions" / "a.py").rename(repository / "functions" / "b.py")

    assert sources_fingerprint(OPTIONS, repository) != before


def test_another_choice_changes_it(repository: Path) -> None:
    rest = StackOptions(Target.EMBEDDED, api=ApiKind.REST)

    assert sources_fingerprint(OPTIONS, repository) != sources_fingerprint(rest, repository)


def test_compiled_files_and_other_folders_do_not(repository: Path) -> None:
    before = sources_fingerprint(OPTIONS, repository)

    (repository / "functions" / "__pycache__").mkdir()
    (repository / "functions" / "__pycache__" / "a.pyc").write_text("x")
    (repository / "docs").mkdir()
    (repository / "docs" / "a.md").write_text("x")

    assert sources_fingerprint(OPTIONS, repository) == before
