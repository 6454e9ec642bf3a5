"""PayFlow: a payment-orchestration gateway that can be run, broken and measured."""

__version__ = "0.1.0"
