"""What the layers hold, built as a deploy builds them."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import pytest

from infra_cdk import paths
from infra_cdk.layers import architecture, function_layers, machine
from infra_cdk.settings import Settings, Stage, Target


@pytest.fixture(scope="module")
def package_layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the package layer's asset."""
    output = tmp_path_factory.mktemp("cdk.out")
    app = cdk.App(outdir=str(output))
    stack = cdk.Stack(app, "Layers")
    function_layers(stack, Settings())
    app.synth()
    (asset,) = [path for path in output.glob("asset.*") if path.is_dir()]
    return asset / "python" / "payflow"


def test_the_package_is_where_lambda_looks_for_it(package_layer: Path) -> None:
    assert (package_layer / "domain" / "payment.py").is_file()


@pytest.mark.parametrize("file", [paths.PROVIDERS_FILE, paths.FX_RATES_FILE], ids=lambda f: f.name)
def test_the_configuration_lies_inside_the_package(package_layer: Path, file: Path) -> None:
    shipped = package_layer / "config" / file.name

    assert shipped.read_bytes() == file.read_bytes()


def test_nothing_compiled_is_shipped(package_layer: Path) -> None:
    assert list(package_layer.rglob("*.pyc")) == []


def test_wheels_and_functions_are_for_the_same_processor() -> None:
    for target in Target:
        settings = Settings(target, Stage.DEV)

        name = {"aarch64": "arm64", "x86_64": "x86_64"}[machine(settings)]
        assert architecture(settings).name == name


def test_on_aws_the_wheels_are_for_graviton_whatever_this_machine_is() -> None:
    assert machine(Settings(Target.AWS)) == "aarch64"
