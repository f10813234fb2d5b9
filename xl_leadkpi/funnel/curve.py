"""Block E and the histogram of D: how lead to won grows with a lead's age, without the bias of young leads."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate
from operator import mul
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.funnel.blocks import block, kpi_column, values_column
from xl_leadkpi.funnel.context import FunnelContext, flag
from xl_leadkpi.funnel.lead_state import WON
from xl_leadkpi.funnel.section import Query, Section
from xl_leadkpi.leads.model.evidence import Fact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xl_leadkpi.engines import Row
    from xl_leadkpi.funnel.figures import Figures
    from xl_leadkpi.funnel.report import Block, NamedBlocks
    from xl_leadkpi.funnel.section import Queries
    from xl_leadkpi.funnel.tally import Tally

OBSERVED = Query("leads by days under observation")
WINDOWS = Query("leads older than each window")
MARKS = (30, 60, 90, 180)
"""Ages in days at which the figures are always printed."""
ENOUGH_AT_RISK = 10
"""Leads at risk below which the curve is not drawn."""
MOST_POINTS = 48
HISTOGRAM_BINS = 12


def observed_days(context: FunnelContext) -> nw.LazyFrame[Any]:
    """Leads by whole days under observation, won or not."""
    rows = context.rows.filter(~nw.col("observed_days").is_null()).with_columns(won=flag(nw.col("outcome") == WON))
    return rows.group_by("observed_days", "won").agg(nw.len().alias("n"))


@dataclass(frozen=True, slots=True)
class Curve:
    """Conversion by age: conv(t) = 1 - product over days up to t of (1 - wins / at risk).

    Lost leads stay at risk until the censoring day: they could not have been won any more, and leaving them out at the
    day of the loss would answer "if nobody were ever lost" (specification, 5.3).

    Attributes:
        days: Days with wins, ascending.
        wins: Wins on each of them.
        shares: conv at each of them.
        ends: Days under observation of every lead, ascending, once each.
        left: Leads whose observation ends on that day or later.
    """

    days: tuple[int, ...]
    wins: tuple[int, ...]
    shares: tuple[float, ...]
    ends: tuple[int, ...]
    left: tuple[int, ...]

    def at_risk(self, day: int) -> int:
        """Leads not won before that day and observed at least so long."""
        place = bisect_left(self.ends, day)
        return self.left[place] if place < len(self.ends) else 0

    def share(self, day: int) -> float:
        """conv: share of leads won within that many days."""
        place = bisect_right(self.days, day)
        return self.shares[place - 1] if place else 0.0

    def wins_until(self, day: int) -> int:
        """Wins within that many days."""
        return sum(self.wins[: bisect_right(self.days, day)])


def estimate_curve(rows: Sequence[Row]) -> Curve:
    """Estimate the curve from :func:`observed_days`.

    >>> curve = estimate_curve([{"observed_days": 30, "won": 1, "n": 1}, {"observed_days": 50, "won": 0, "n": 3}])
    >>> curve.share(30), curve.at_risk(31)
    (0.25, 3)
    """
    every: dict[int, int] = {}
    wins: dict[int, int] = {}
    for row in rows:
        day = int(row["observed_days"])
        every[day] = every.get(day, 0) + row["n"]
        if row["won"]:
            wins[day] = wins.get(day, 0) + row["n"]
    ends = sorted(every)
    left = tuple(accumulate(every[day] for day in reversed(ends)))[::-1]
    at_risk = dict(zip(ends, left, strict=True))
    days = sorted(wins)
    not_yet = accumulate((1 - wins[day] / at_risk[day] for day in days), mul)
    return Curve(tuple(days), tuple(wins[day] for day in days), tuple(1 - s for s in not_yet), tuple(ends), left)


CURVE_NEEDS = (Fact.CREATION_DATES, Fact.WIN_DAYS, Fact.WINS, Fact.LEADS_NOT_WON)
"""What a rate of leads followed to the win needs."""


def curve_block(context: FunnelContext, curve: Curve) -> Block:
    """E: the curve at the days of wins (thinned out where they are many) and at the marks."""
    last = curve.ends[-1] if curve.ends else 0
    step = max(1, -(-last // MOST_POINTS))
    shown = curve.days if len(curve.days) <= MOST_POINTS else range(step, last + 1, step)
    days = (
        sorted({0, *shown, *(mark for mark in MARKS if mark <= last)})
        if curve.ends and context.evidence.supports(*CURVE_NEEDS)
        else []
    )
    totals = [curve.wins_until(day) for day in days]
    at_risk = [curve.at_risk(day) for day in days]
    shares = [curve.share(day) for day in days]
    columns = [
        values_column("day", "days", days),
        values_column("at_risk", "count", at_risk),
        values_column("wins", "count", [now - before for now, before in zip(totals, [0, *totals], strict=False)]),
        values_column("conversion", "fraction", shares),
        values_column(
            "drawn",
            "fraction",
            [share if n >= ENOUGH_AT_RISK else None for share, n in zip(shares, at_risk, strict=True)],
        ),
    ]
    return block("tblCurve", columns, evidence=context.evidence)


def windows(context: FunnelContext) -> list[int]:
    """Windows printed: the marks and the one asked for."""
    return sorted({*MARKS, context.options.window_days})


def window_counts(context: FunnelContext) -> nw.LazyFrame[Any]:
    """One row: leads at least as old as each window, and those of them won within it."""
    placed = ~nw.col("observed_days").is_null()
    counts = []
    for window in windows(context):
        old = placed & (nw.col("age") >= window)
        counts += [
            flag(old).sum().alias(f"leads_{window}"),
            flag(old & (nw.col("cycle") <= window)).sum().alias(f"won_{window}"),
        ]
    return context.rows.select(nw.len().alias("rows"), *counts)


def mature_block(context: FunnelContext, found: Row, curve: Curve, totals: Tally) -> Block:
    """Lead to won three ways: mature windows, the curve at their ends, and the naive rate in the last row."""
    shown = windows(context)
    row_needs, some = [*(CURVE_NEEDS for _ in shown), ()], [Fact.WINS, Fact.LEADS_NOT_WON]
    columns = [
        values_column("basis", "text", [*("mature" for _ in shown), "naive"]),
        values_column("window", "days", [*shown, None]),
        values_column(
            "leads", "count", [*(int(found[f"leads_{w}"] or 0) for w in shown), totals.leads], row_needs=row_needs
        ),
        values_column("won", "count", [*(int(found[f"won_{w}"] or 0) for w in shown), totals.won], row_needs=row_needs),
        kpi_column("lead_conversion", "fraction", "LEADCONV", "won", "leads", needs=some),
        kpi_column("low", "fraction", "CONVCI", "won", "leads", item=0, needs=some),
        kpi_column("high", "fraction", "CONVCI", "won", "leads", item=1, needs=some),
        values_column("at_risk", "count", [*(curve.at_risk(w) for w in shown), None], row_needs=row_needs),
        values_column(
            "curve", "fraction", [*(curve.share(w) if curve.at_risk(w) else None for w in shown), None],
            row_needs=row_needs,
        ),
    ]  # fmt: skip
    return block("tblMature", columns, evidence=context.evidence)


def histogram_block(curve: Curve) -> Block:
    """Lead to won in equal bins of days; ``from_day`` and ``to_day`` belong to the bin."""
    last = curve.days[-1] if curve.days else 0
    width = _round_width(last // HISTOGRAM_BINS + 1)
    bins = range(last // width + 1) if curve.days else range(0)
    counts = dict.fromkeys(bins, 0)
    for day, wins in zip(curve.days, curve.wins, strict=True):
        counts[day // width] += wins
    columns = [
        values_column("from_day", "days", [place * width for place in bins]),
        values_column("to_day", "days", [(place + 1) * width - 1 for place in bins]),
        values_column("won", "count", counts.values()),
    ]
    return block("tblCycle", columns)


def _round_width(days: int) -> int:
    """The next width that reads well."""
    return next((width for width in (1, 2, 5, 7, 10, 14, 30, 60, 90, 180, 365) if width >= days), days)


class MaturitySection(Section):
    """E."""

    def queries(self, context: FunnelContext) -> Queries:
        """Leads by age."""
        return {WINDOWS: window_counts(context), OBSERVED: observed_days(context)}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """Mature windows, and the curve."""
        [counts] = figures.answers[WINDOWS]
        return {
            "mature": mature_block(figures.context, counts, figures.curve, figures.totals),
            "curve": curve_block(figures.context, figures.curve),
        }


class CycleSection(Section):
    """The histogram of D."""

    def blocks(self, figures: Figures) -> NamedBlocks:
        """Lead to won in bins of days; its query is the curve's."""
        return {"cycle_histogram": histogram_block(figures.curve)}
