"""The Lambda layers, built without Docker.

Two, because they change at different speeds: our package (seconds to build, every edit) and its
locked dependencies (a minute, rarely). The embedded cloud runs every function with the Python of
the virtual environment that it was started from, where the dependencies are installed already;
there our package is the only layer, which keeps a deploy and each worker's start short.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra_cdk import paths
from infra_cdk.settings import Settings, Target
from payflow.domain.fx_schema import read_rates
from payflow.domain.provider_schema import read_providers
from payflow.providers.registry import ADAPTERS

RUNTIME = lambda_.Runtime.PYTHON_3_13
RUNTIME_VERSION = "3.13"
# Lambda's Python 3.13 image has glibc 2.34, so wheels built for these older ones load.
GLIBC_TAGS = ("manylinux2014", "manylinux_2_28", "manylinux_2_34")
PACKAGE = "payflow"
NOT_SHIPPED = ("__pycache__", "*.pyc")


class BundlingError(RuntimeError):
    """A layer's contents could not be put together."""


def machine(settings: Settings) -> str:
    """The processor that functions run on: Graviton on AWS, the host's own elsewhere."""
    if settings.target is Target.AWS or platform.machine().lower() in {"arm64", "aarch64"}:
        return "aarch64"
    return "x86_64"


def architecture(settings: Settings) -> lambda_.Architecture:
    """The same, as Lambda names it."""
    arm = machine(settings) == "aarch64"
    return lambda_.Architecture.ARM_64 if arm else lambda_.Architecture.X86_64


def function_layers(scope: Construct, settings: Settings) -> list[lambda_.ILayerVersion]:
    """The layers that every function gets on this target."""
    layers: list[lambda_.ILayerVersion] = [_package_layer(scope, settings)]
    if settings.target is not Target.EMBEDDED:
        layers.append(_dependency_layer(scope, settings))
    return layers


def _package_layer(scope: Construct, settings: Settings) -> lambda_.LayerVersion:
    # A bad file stops the deploy here, with all its errors; what runs stays as it is.
    read_providers(paths.PROVIDERS_FILE.read_text("utf-8"), adapters=ADAPTERS)
    read_rates(paths.FX_RATES_FILE.read_text("utf-8"))
    package = paths.SHARED_SOURCES / PACKAGE
    sources = [path for path in package.rglob("*") if path.is_file() and _is_shipped(path)]
    return _layer(
        scope,
        "Package",
        settings,
        source=package,
        asset_hash=_fingerprint([*sources, *_config_files()]),
        bundling=_PackageBundling(),
    )


def _dependency_layer(scope: Construct, settings: Settings) -> lambda_.LayerVersion:
    processor = machine(settings)
    return _layer(
        scope,
        "Dependencies",
        settings,
        source=paths.RUNTIME_LOCK.parent,
        asset_hash=_fingerprint([paths.RUNTIME_LOCK], processor, RUNTIME_VERSION),
        bundling=_DependencyBundling(processor),
    )


def _layer(
    scope: Construct,
    construct_id: str,
    settings: Settings,
    *,
    source: Path,
    asset_hash: str,
    bundling: ILocalBundling,
) -> lambda_.LayerVersion:
    """A layer whose asset is built anew only when `asset_hash` changes."""
    return lambda_.LayerVersion(
        scope,
        construct_id,
        code=lambda_.Code.from_asset(
            str(source),
            asset_hash=asset_hash,
            asset_hash_type=AssetHashType.CUSTOM,
            # The image is never pulled: local bundling succeeds or raises.
            bundling=BundlingOptions(image=DockerImage.from_registry("not-used"), local=bundling),
        ),
        compatible_runtimes=[RUNTIME],
        compatible_architectures=[architecture(settings)],
        removal_policy=RemovalPolicy.DESTROY,
    )


@jsii.implements(ILocalBundling)
class _PackageBundling:
    """Copies our package, with the configuration inside it."""

    def try_bundle(self, output_dir: str, *_args: object, **_options: object) -> bool:
        package = Path(output_dir) / "python" / PACKAGE
        shutil.copytree(
            paths.SHARED_SOURCES / PACKAGE, package, ignore=shutil.ignore_patterns(*NOT_SHIPPED)
        )
        (package / "config").mkdir(exist_ok=True)
        for file in _config_files():
            shutil.copyfile(file, package / "config" / file.name)
        return True


@jsii.implements(ILocalBundling)
class _DependencyBundling:
    """Installs the locked wheels of the platform that functions run on, whatever this one is."""

    def __init__(self, processor: str) -> None:
        self._processor = processor

    def try_bundle(self, output_dir: str, *_args: object, **_options: object) -> bool:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
        command += ["--require-hashes", "--only-binary=:all:", "--implementation", "cp"]
        command += ["--python-version", RUNTIME_VERSION, "--requirement", str(paths.RUNTIME_LOCK)]
        for tag in GLIBC_TAGS:
            command += ["--platform", f"{tag}_{self._processor}"]
        command += ["--target", str(Path(output_dir) / "python")]
        outcome = subprocess.run(command, check=False, capture_output=True, text=True)
        if outcome.returncode != 0:
            raise BundlingError(f"dependencies of the layer: {outcome.stderr.strip()}")
        return True


def _config_files() -> tuple[Path, ...]:
    return paths.PROVIDERS_FILE, paths.FX_RATES_FILE


def _is_shipped(path: Path) -> bool:
    return path.suffix != ".pyc" and "__pycache__" not in path.parts


def _fingerprint(files: Iterable[Path], *also: str) -> str:
    """A hash of the files' names and contents and of whatever else decides the result."""
    digest = hashlib.sha256("\0".join(also).encode())
    for file in sorted(files):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(paths.REPOSITORY)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
