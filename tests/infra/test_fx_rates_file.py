"""A bad table of exchange rates never gets as far as a deploy."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import pytest

from infra_cdk import paths
from infra_cdk.layers import function_layers
from infra_cdk.settings import Settings
from payflow.domain.fx_schema import InvalidRates


def test_a_bad_table_stops_the_synthesis_with_every_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = tmp_path / "fx_rates.json"
    bad.write_text('{"base": "EUR", "spreadBps": -1, "rates": {"USD": {"rate": "1.0411"}}}')
    monkeypatch.setattr(paths, "FX_RATES_FILE", bad)
    stack = cdk.Stack(cdk.App(outdir=str(tmp_path / "cdk.out")), "Layers")

    with pytest.raises(InvalidRates) as refused:
        function_layers(stack, Settings())

    assert [error.path for error in refused.value.errors] == [
        "spreadBps",
        "rates.USD.source",
        "rates.USD.asOf",
    ]
