"""What the README tells people to type works as written."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.harness import Deployment

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
SERVED_AT = "http://127.0.0.1:8780"
ELSEWHERE = ("make ", "payflow deploy")
"""Blocks that other tests, the build itself, or an AWS account run."""

RUNNABLE = [block for block in BLOCKS if not any(word in block for word in ELSEWHERE)]


def run(block: str, deployment: Deployment) -> str:
    """A block as a shell would run it, pointed at the deployment under test."""
    state = str(deployment.state_dir)
    script = block.replace(SERVED_AT, deployment.api_url).replace(
        ".payflow/endpoints.json", f"{state}/endpoints.json"
    )
    script = re.sub(r"(payflow (?:pay|status).*)", rf"\1 --state-dir {state}", script)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def keys_of(document: object) -> object:
    """The shape of a JSON document: its keys, with the first item standing for a list."""
    if isinstance(document, dict):
        return {key: keys_of(value) for key, value in document.items()}
    if isinstance(document, list):
        return [keys_of(item) for item in document[:1]]
    return None


def shown_answer() -> dict[str, Any]:
    """The answer that the README shows."""
    (block,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    answer: dict[str, Any] = json.loads(block)
    return answer


def test_the_first_payment_answers_as_shown(deployment: Deployment) -> None:
    (block,) = [block for block in RUNNABLE if "/api/v1/payments" in block]

    answer = json.loads(run(block, deployment))

    shown = shown_answer()
    left_out = {"settlement_currency", "fx"}
    assert keys_of({k: v for k, v in answer.items() if k not in left_out}) == keys_of(shown)
    assert answer["status"] == shown["status"]
    assert answer["attempts"][0]["code"] == shown["attempts"][0]["code"]
    assert answer["provider"] != answer["attempts"][0]["provider"]


@pytest.mark.parametrize("block", [b for b in RUNNABLE if "/api/v1/payments" not in b])
def test_every_other_command_works(
    block: str, deployment: Deployment, operator: httpx.Client
) -> None:
    try:
        run(block, deployment)
    finally:
        operator.delete("/internal/providers/mockCardB/faults")


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"make ([a-z]+)", README)) <= targets


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_every_link_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists()
