"""Where the things that are deployed lie, relative to this file."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
FUNCTIONS = REPOSITORY / "functions"
SHARED_SOURCES = REPOSITORY / "layers" / "shared" / "python"
PROVIDERS_FILE = REPOSITORY / "config" / "providers.json"
FX_RATES_FILE = REPOSITORY / "config" / "fx_rates.json"
RUNTIME_LOCK = REPOSITORY / "requirements" / "runtime.txt"
PAYMENT_DEFINITION = REPOSITORY / "statemachines" / "payment.asl.json"
