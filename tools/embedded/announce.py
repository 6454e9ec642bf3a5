"""What a person is told when an instance is ready."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.endpoints import FILE_NAME, Endpoints

EXAMPLE_BODY = (
    '{"amount": 125000, "currency": "INR", "method": {"type": "card", "card": '
    '{"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}}}'
)


def announce(endpoints: Endpoints, state_dir: Path, console: Console) -> None:
    """Print the addresses, the demo merchant's key and a request to copy."""
    table = Table.grid(padding=(0, 2))
    table.add_row("API", f"{endpoints.api_url}/api/v1")
    table.add_row("Docs", f"{endpoints.api_url}/docs")
    table.add_row("Start page", endpoints.dashboard_url)
    table.add_row("AWS endpoint", endpoints.aws_endpoint_url or "AWS")
    table.add_row("Demo merchant", endpoints.demo_merchant.id)
    table.add_row("Its key", endpoints.demo_merchant.api_key)
    table.add_row("Operator's key", f"in {state_dir / FILE_NAME}")
    console.print("\n[bold green]PayFlow is ready.[/]\n")
    console.print(table)
    console.print("\nA first payment:\n")
    console.print(Text(example_request(endpoints)))
    console.print("\nA month of simulated history to look at, once: [bold]payflow seed[/]")


def example_request(endpoints: Endpoints) -> str:
    """A `curl` command that makes a payment as the demo merchant."""
    return "\n".join(
        [
            f"curl -X POST {endpoints.api_url}/api/v1/payments \\",
            f"  -H 'Authorization: Bearer {endpoints.demo_merchant.api_key}' \\",
            "  -H \"Idempotency-Key: $(date +%s)\" -H 'Prefer: wait=10' \\",
            "  -H 'Content-Type: application/json' \\",
            f"  -d '{EXAMPLE_BODY}'",
        ]
    )
