"""PayFlow: a payment-orchestration gateway that can be run, broken and measured."""
