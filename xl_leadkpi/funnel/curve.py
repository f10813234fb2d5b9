"""Block E and the histogram of D: how lead to won grows with a lead's age, without the bias of young leads."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate
from operator import mul
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.funnel.blocks import block, counted, kpi
from xl_leadkpi.funnel.scope import WON, Scope, flag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xl_leadkpi.funnel.report import Block
    from xl_leadkpi.funnel.tally import Tally
    from xl_leadkpi.leads.engine import Row

MARKS = (30, 60, 90, 180)
"""Ages in days at which the figures are always printed."""
ENOUGH_AT_RISK = 10
"""Leads at risk below which the curve is not drawn."""
MOST_POINTS = 48
HISTOGRAM_BINS = 12


def follow_ups(scope: Scope) -> nw.LazyFrame[Any]:
    """Leads by whole days under observation, won or not."""
    rows = scope.rows.filter(~nw.col("followed").is_null()).with_columns(won=flag(nw.col("outcome") == WON))
    return rows.group_by("followed", "won").agg(nw.len().alias("n"))


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


def curve(rows: Sequence[Row]) -> Curve:
    """Estimate the curve from :func:`follow_ups`.

    >>> made = curve([{"followed": 30, "won": 1, "n": 1}, {"followed": 50, "won": 0, "n": 3}])
    >>> made.share(30), made.at_risk(31)
    (0.25, 3)
    """
    every: dict[int, int] = {}
    wins: dict[int, int] = {}
    for row in rows:
        day = int(row["followed"])
        every[day] = every.get(day, 0) + row["n"]
        if row["won"]:
            wins[day] = wins.get(day, 0) + row["n"]
    ends = sorted(every)
    left = tuple(accumulate(every[day] for day in reversed(ends)))[::-1]
    at_risk = dict(zip(ends, left, strict=True))
    days = sorted(wins)
    not_yet = accumulate((1 - wins[day] / at_risk[day] for day in days), mul)
    return Curve(tuple(days), tuple(wins[day] for day in days), tuple(1 - s for s in not_yet), tuple(ends), left)


def curve_block(made: Curve, *, known: bool) -> Block:
    """E: the curve at the days of wins (thinned out where they are many) and at the marks."""
    last = made.ends[-1] if made.ends else 0
    step = max(1, -(-last // MOST_POINTS))
    shown = made.days if len(made.days) <= MOST_POINTS else range(step, last + 1, step)
    days = sorted({0, *shown, *(mark for mark in MARKS if mark <= last)}) if known and made.ends else []
    totals = [made.wins_until(day) for day in days]
    at_risk = [made.at_risk(day) for day in days]
    shares = [made.share(day) for day in days]
    columns = [
        counted("day", "days", days),
        counted("at_risk", "count", at_risk),
        counted("wins", "count", [now - before for now, before in zip(totals, [0, *totals], strict=False)]),
        counted("conversion", "fraction", shares),
        counted(
            "drawn",
            "fraction",
            [share if n >= ENOUGH_AT_RISK else None for share, n in zip(shares, at_risk, strict=True)],
        ),
    ]
    return block("tblCurve", columns, notes=() if known else (("no_win_days", ""),))


def windows(scope: Scope) -> list[int]:
    """Windows printed: the marks and the one asked for."""
    return sorted({*MARKS, scope.options.window_days})


def window_counts(scope: Scope) -> nw.LazyFrame[Any]:
    """One row: leads at least as old as each window, and those of them won within it."""
    placed = ~nw.col("followed").is_null()
    counts = []
    for window in windows(scope):
        old = placed & (nw.col("age") >= window)
        counts += [
            flag(old).sum().alias(f"leads_{window}"),
            flag(old & (nw.col("cycle") <= window)).sum().alias(f"won_{window}"),
        ]
    return scope.rows.select(nw.len().alias("rows"), *counts)


def mature_block(scope: Scope, found: Row, made: Curve, everyone: Tally) -> Block:
    """Lead to won three ways: mature windows, the curve at their ends, and the naive rate in the last row."""
    known = scope.knows_win_days
    shown = windows(scope)
    columns = [
        counted("basis", "text", [*("mature" for _ in shown), "naive"]),
        counted("window", "days", [*shown, None]),
        counted("leads", "count", [*(int(found[f"leads_{w}"] or 0) if known else None for w in shown), everyone.leads]),
        counted("won", "count", [*(int(found[f"won_{w}"] or 0) if known else None for w in shown), everyone.won]),
        kpi("lead_conversion", "fraction", "LEADCONV", "won", "leads"),
        kpi("low", "fraction", "CONVCI", "won", "leads", item=0),
        kpi("high", "fraction", "CONVCI", "won", "leads", item=1),
        counted("at_risk", "count", [*(made.at_risk(w) if known else None for w in shown), None]),
        counted("curve", "fraction", [*(made.share(w) if known and made.at_risk(w) else None for w in shown), None]),
    ]
    return block("tblMature", columns, notes=() if known else (("no_win_days", ""),))


def histogram_block(made: Curve) -> Block:
    """Lead to won in equal bins of days; ``from_day`` and ``to_day`` belong to the bin."""
    last = made.days[-1] if made.days else 0
    width = _round_width(last // HISTOGRAM_BINS + 1)
    bins = range(last // width + 1) if made.days else range(0)
    counts = dict.fromkeys(bins, 0)
    for day, wins in zip(made.days, made.wins, strict=True):
        counts[day // width] += wins
    columns = [
        counted("from_day", "days", [place * width for place in bins]),
        counted("to_day", "days", [(place + 1) * width - 1 for place in bins]),
        counted("won", "count", counts.values()),
    ]
    return block("tblCycle", columns)


def _round_width(days: int) -> int:
    """The next width that reads well."""
    return next((width for width in (1, 2, 5, 7, 10, 14, 30, 60, 90, 180, 365) if width >= days), days)
