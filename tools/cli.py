"""The `payflow` command: joins the sub-commands and turns errors into exit codes.

0 success, 1 the work failed, 2 wrong use.
"""

from __future__ import annotations

import sys

import typer
from botocore.exceptions import BotoCoreError, ClientError

from tools.bench import commands as bench
from tools.deployment import commands as deployment
from tools.doctor import commands as health
from tools.embedded import commands as embedded
from tools.errors import ToolError
from tools.ledger import commands as ledger
from tools.output import print_error
from tools.payments import commands as payments
from tools.seeding import commands as seeding
from tools.simulation import commands as simulation
from tools.traffic import commands as load

INTERRUPTED = 130

app = typer.Typer(
    name="payflow",
    help="PayFlow: a payment-orchestration gateway that can be run, broken and measured.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
)
for command in (
    embedded.up,
    embedded.down,
    embedded.status,
    deployment.deploy,
    deployment.destroy,
    payments.pay,
    seeding.seed,
    load.traffic,
    simulation.simulate,
    health.doctor,
):
    app.command()(command)
app.add_typer(ledger.app, name="ledger")
app.add_typer(bench.app, name="bench")


def main() -> None:
    """Run the command line."""
    try:
        app()
    except ToolError as error:
        print_error(error)
        sys.exit(1)
    except (BotoCoreError, ClientError) as error:
        print_error(ToolError(f"AWS: {error}"))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
