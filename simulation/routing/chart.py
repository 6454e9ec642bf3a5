"""A page with regret over time and each provider's share, as SVG; no script, no network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from simulation.routing.bench import BenchResult, PolicyResult

WIDTH: Final = 860
HEIGHT: Final = 300
SHARE_HEIGHT: Final = 110
MARGIN: Final = 56

_COLOURS: Final = (
    "#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5",
    "#9c6b4e", "#9498a0",
)  # fmt: skip

_PAGE: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 14px/1.5 system-ui, sans-serif; max-width: 900px; margin: 2rem auto }}
svg {{ width: 100%; height: auto }} text {{ font: 11px system-ui, sans-serif; fill: #555 }}
table {{ border-collapse: collapse }} td, th {{ padding: .15rem .8rem; text-align: right }}
td:first-child, th:first-child {{ text-align: left }}
.key span {{ display: inline-block; margin-right: 1rem }}
.key i {{ display: inline-block; width: .8em; height: .8em; margin-right: .3em }}
</style>
<h1>{title}</h1><p>{about}</p>
<h2>Regret so far, mean over seeds</h2>{regret_key}{regret}
<h2>Share of each provider</h2>{share_key}{shares}
<h2>Figures</h2>{table}
</html>
"""


def chart_page(result: BenchResult) -> str:
    """The whole page as HTML."""
    workload = result.workload
    about = (
        f"{len(workload.rates):,} payments, {len(workload.arms)} providers, feedback after "
        f"{workload.feedback_delay} payments, fail-over {result.failover}, "
        f"{len(result.seeds)} seeds. Oracle {result.oracle_success:.4f}, "
        f"best static {result.static_success:.4f}."
    )
    return _PAGE.format(
        title=f"Routing on {escape(workload.name)}",
        about=about,
        regret_key=_key([policy.policy for policy in result.policies]),
        regret=_regret(result.policies, len(workload.rates)),
        share_key=_key(workload.arms),
        shares="".join(_share(policy, len(workload.arms)) for policy in result.policies),
        table=_table(result),
    )


def _colour(number: int) -> str:
    return _COLOURS[number % len(_COLOURS)]


def _key(names: Sequence[str]) -> str:
    items = (
        f'<span><i style="background:{_colour(number)}"></i>{escape(name)}</span>'
        for number, name in enumerate(names)
    )
    return f'<p class="key">{"".join(items)}</p>'


def _mean_curve(policy: PolicyResult) -> list[float]:
    columns = zip(*(run.regret_at for run in policy.runs), strict=True)
    return [sum(column) / len(policy.runs) for column in columns]


def _regret(policies: Sequence[PolicyResult], payments: int) -> str:
    curves = [_mean_curve(policy) for policy in policies]
    highest = max((curve[-1] for curve in curves), default=0.0) or 1.0
    bottom, width = HEIGHT - 24, WIDTH - MARGIN
    parts = [
        f'<text x="{MARGIN - 6}" y="{12 + 0.25 * k * (bottom - 8)}" text-anchor="end">'
        f"{highest * (1 - 0.25 * k):.0f}</text>"
        f'<path d="M{MARGIN} {8 + 0.25 * k * (bottom - 8)}H{WIDTH}" stroke="#ddd"/>'
        for k in range(5)
    ]
    for number, curve in enumerate(curves):
        points = " ".join(
            f"{MARGIN + width * (place + 1) / len(curve):.1f},"
            f"{bottom - (bottom - 8) * value / highest:.1f}"
            for place, value in enumerate(curve)
        )
        parts.append(
            f'<polyline points="{MARGIN},{bottom} {points}" fill="none" stroke-width="1.8" '
            f'stroke="{_colour(number)}"/>'
        )
    parts.append(
        f'<text x="{MARGIN}" y="{HEIGHT - 6}">0</text>'
        f'<text x="{WIDTH}" y="{HEIGHT - 6}" text-anchor="end">{payments:,} payments</text>'
    )
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(parts)}</svg>'


def _share(policy: PolicyResult, arms: int) -> str:
    """Stacked bars over time: the mean share of each arm over all runs."""
    points = len(policy.runs[0].shares)
    step = (WIDTH - MARGIN) / points
    bars = []
    for place in range(points):
        top = 0.0
        for arm in range(arms):
            share = sum(run.shares[place][arm] for run in policy.runs) / len(policy.runs)
            if share > 0:
                bars.append(
                    f'<rect x="{MARGIN + place * step:.1f}" y="{top * SHARE_HEIGHT:.1f}" '
                    f'width="{step + 0.3:.1f}" height="{share * SHARE_HEIGHT:.1f}" '
                    f'fill="{_colour(arm)}"/>'
                )
            top += share
    return (
        f"<h3>{escape(policy.policy)}</h3>"
        f'<svg viewBox="0 0 {WIDTH} {SHARE_HEIGHT}" role="img">{"".join(bars)}</svg>'
    )


def _table(result: BenchResult) -> str:
    rows = []
    for policy in result.policies:
        gap = "–" if policy.gap_closed is None else f"{policy.gap_closed.mean:.1%}"
        rows.append(
            f"<tr><td>{escape(policy.policy)}</td><td>{policy.success_rate.mean:.4f}</td>"
            f"<td>{policy.regret.mean:,.0f}</td><td>{gap}</td></tr>"
        )
    head = "<tr><th>policy</th><th>success rate</th><th>regret</th><th>gap closed</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"
