"""A bad provider file never gets as far as a deploy."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import pytest

from infra_cdk import paths
from infra_cdk.layers import function_layers
from infra_cdk.settings import Settings
from payflow.domain.provider_schema import InvalidProviderConfig


def test_a_bad_provider_file_stops_the_synthesis_with_every_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = tmp_path / "providers.json"
    bad.write_text('[{"id": "mockCardA", "type": "CASH", "timeoutMs": 5, "adapter": "telegraph"}]')
    monkeypatch.setattr(paths, "PROVIDERS_FILE", bad)
    stack = cdk.Stack(cdk.App(outdir=str(tmp_path / "cdk.out")), "Layers")

    with pytest.raises(InvalidProviderConfig) as refused:
        function_layers(stack, Settings())

    assert [error.path for error in refused.value.errors] == [
        "[0].type",
        "[0].timeoutMs",
        "[0].adapter",
    ]
