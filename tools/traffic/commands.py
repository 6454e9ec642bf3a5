"""`payflow traffic`."""

from __future__ import annotations

import asyncio
import secrets
from random import SystemRandom
from typing import Annotated

import typer
from rich.live import Live

from tools.endpoints import Endpoints, read_endpoints
from tools.errors import ToolError
from tools.options import STATE_DIR_DEFAULT, JsonOption, StateDirOption
from tools.output import notes, print_json, results
from tools.traffic.load import LoadOptions, run_load
from tools.traffic.shop import NOT_MADE, Shop, open_client
from tools.traffic.summary import live_line, summary
from tools.traffic.tally import Tally

REQUESTS_PER_ORDER_MAX = 4
CONCURRENCY_DEFAULT = 16
SEED_END = 2**31


def traffic(
    *,
    rate: Annotated[float, typer.Option(min=0.01, help="New payments a second, on average.")] = 4.0,
    duration: Annotated[float, typer.Option(min=0.1, help="For how many seconds.")] = 60.0,
    payments: Annotated[int | None, typer.Option(min=1, help="Stop after so many.")] = None,
    concurrency: Annotated[
        int, typer.Option(min=1, max=1000, help="Payments that are worked on at once; more wait.")
    ] = CONCURRENCY_DEFAULT,
    seed: Annotated[
        int | None, typer.Option(help="The same seed draws the same load.", show_default="random")
    ] = None,
    state_dir: StateDirOption = STATE_DIR_DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """Pay through the API as the demo merchant's customers would: a mix of methods and fates.

    Cards, UPI and wallets; approvals, declines, failovers and lost answers; captures in parts,
    cancellations, refunds, also at once. Arrivals are random and do not wait for answers.

    Exit code 1 if not one payment could be made.

    For example:

        payflow traffic --rate 5 --duration 60
        payflow traffic --rate 20 --duration 600 --payments 500 --seed 7 --json
    """
    endpoints = read_endpoints(state_dir)
    options = LoadOptions(
        rate=rate,
        duration_s=duration,
        payments_max=payments,
        concurrency=concurrency,
        seed=seed if seed is not None else SystemRandom().randrange(SEED_END),
    )
    send(options, endpoints, as_json=as_json)


def send(options: LoadOptions, endpoints: Endpoints, *, as_json: bool) -> None:
    """Send that load and print what came of it; raises `ToolError` if nothing could be made."""
    tally = Tally()
    elapsed_s = asyncio.run(_run(options, endpoints, tally))
    if as_json:
        print_json({"seed": options.seed, **tally.document(elapsed_s)})
    else:
        results.print(summary(tally, elapsed_s, options.seed))
    if tally.ended and tally.statuses[NOT_MADE] == tally.ended:
        raise ToolError(
            f"none of {tally.ended} payments could be made", hint="is it running? payflow status"
        )


async def _run(options: LoadOptions, endpoints: Endpoints, tally: Tally) -> float:
    connections = options.concurrency * REQUESTS_PER_ORDER_MAX
    key = endpoints.demo_merchant.api_key
    async with open_client(endpoints.api_url, key, connections) as client:
        shop = Shop(client, tally, run=f"traffic-{secrets.token_hex(8)}")
        with Live(console=notes, auto_refresh=False, transient=True) as live:

            def show(tally: Tally, elapsed_s: float) -> None:
                if notes.is_terminal:
                    live.update(live_line(tally, elapsed_s), refresh=True)

            return await run_load(options, shop, tally, show)
