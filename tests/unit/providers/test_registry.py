"""The registry makes adapters by name, and loads no more than it must."""

from __future__ import annotations

import subprocess
import sys
from random import Random

import pytest

from payflow.domain.provider import Faults
from payflow.providers.registry import ADAPTERS, UnknownAdapter, create_provider
from simulation.ports.book import InMemoryBookStore
from simulation.ports.vault import InMemoryVault
from simulation.ports.wallets import InMemoryWallets
from tests.support.builders import a_provider
from tests.support.fakes import FakeClock, RecordingCallbacks, a_page


def test_an_unknown_adapter_is_refused_by_name() -> None:
    with pytest.raises(UnknownAdapter, match="telegraph"):
        create_provider(
            a_provider("mockCardA", adapter="telegraph"),
            Faults(),
            book=InMemoryBookStore(),
            callbacks=RecordingCallbacks(),
            approval_url=a_page,
            clock=FakeClock(),
            randomness=Random(1),
            vault=lambda: InMemoryVault(FakeClock()),
            wallets=lambda: InMemoryWallets(FakeClock()),
        )


@pytest.mark.parametrize("module", ["payflow.providers.registry", *ADAPTERS.values()])
def test_an_adapter_loads_neither_the_aws_sdk_nor_pydantic(module: str) -> None:
    heavy = "{'boto3', 'botocore', 'pydantic', 'payflow.domain.provider_schema'}"
    program = f"import sys, {module}; sys.exit(bool({heavy} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_an_adapter_is_not_loaded_before_it_is_needed() -> None:
    program = (
        "import sys, payflow.providers.registry; "
        "sys.exit(any(name.startswith('payflow.providers.simulated') for name in sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
