"""Blocks C and D: who reached which stage, who went no further, and how long each stage took."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.funnel.blocks import block, counted, kpi
from xl_leadkpi.funnel.report import Above, Block, First
from xl_leadkpi.funnel.scope import LOST, OPEN, Scope, flag, steady

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.funnel.report import Column
    from xl_leadkpi.funnel.tally import Tally
    from xl_leadkpi.leads.engine import Row

ENOUGH_VISITS = 10
"""Finished visits below which nobody can say what a long stay is."""
QUANTILES = (0.25, 0.5, 0.75, 0.9)
LEAD_TO_OPPORTUNITY, OPPORTUNITY_TO_WON, LEAD_TO_WON = "lead_to_opportunity", "opportunity_to_won", "lead_to_won"


def profile(scope: Scope) -> nw.LazyFrame[Any]:
    """Leads by state, traces and whereabouts: everything that block C counts."""
    return scope.rows.group_by("state", "exact", "strict", "now", "lost_at").agg(
        nw.len().alias("n"), nw.col("amount").sum().alias("amount")
    )


@dataclass(frozen=True, slots=True)
class Spell:
    """Lengths of a stage's visits, or of the way from one stage to another, in days.

    Attributes:
        name: The stage, or ``lead_to_won`` and the like.
        n: Finished ones; the statistics are over these.
        backwards: Left out because they end before they begin.
        open: Open leads that are there now and whose entry has a day; ``open_median``: days they have been there.
        stalled: Open ones that have been there longer than ``p90``; None below ten finished visits.
    """

    name: str
    n: int
    mean: float | None
    median: float | None
    p25: float | None
    p75: float | None
    p90: float | None
    max: float | None
    backwards: int
    open: int | None = None
    open_median: float | None = None
    stalled: int | None = None


def ways(scope: Scope) -> list[tuple[str, nw.Expr, nw.Expr | None]]:
    """Every duration measured, as ``(name, days, days so far of the open leads)``."""
    found: list[tuple[str, nw.Expr, nw.Expr | None]] = []
    dated = [stage for stage in scope.stages if scope.has_day(stage)]
    days = {stage: nw.col(str(scope.date_column(stage))) for stage in dated}
    for stage in dated:
        position = scope.stages.index(stage) + 1
        if stage == "Won":
            continue
        later = [days[other] for other in dated if scope.stages.index(other) >= position]
        so_far = nw.lit(scope.as_of) - scope.whole(str(scope.date_column(stage)))
        waiting = nw.when((nw.col("outcome") == OPEN) & (nw.col("now") == position) & (so_far >= 0)).then(so_far)
        found.append((stage, nw.coalesce(*later, nw.col("d_lost")) - days[stage], waiting))
    opportunity = None if scope.table.is_deals else scope.opportunity_date
    if opportunity is not None:
        found.append((LEAD_TO_OPPORTUNITY, nw.col(opportunity) - nw.col("created"), None))
        if "Won" in dated:
            found.append((OPPORTUNITY_TO_WON, nw.col("d_won") - nw.col(opportunity), None))
    if "Won" in dated:
        found.append((LEAD_TO_WON, nw.col("d_won") - nw.col("created"), None))
    return found


def durations(scope: Scope) -> dict[str, nw.LazyFrame[Any]]:
    """Queries for the statistics of every duration, numbered as :func:`ways` does.

    Whole days have few lengths: how often each occurs gives every percentile exactly, on any engine and in little
    memory. Where days have times, the engine draws the percentiles (exact as well) from the lengths themselves.
    """
    if scope.table.has_time:
        return {"durations": _drawn(scope)}
    counts = {}
    for i, (_, days, waiting) in enumerate(ways(scope)):
        counts[f"duration {i}"] = _lengths(scope, days)
        if waiting is not None:
            counts[f"waiting {i}"] = _lengths(scope, waiting)
    return counts


def _lengths(scope: Scope, days: nw.Expr) -> nw.LazyFrame[Any]:
    rows = scope.rows.select(days=days)
    return rows.filter(~nw.col("days").is_null()).group_by("days").agg(nw.len().alias("n"))


def _drawn(scope: Scope) -> nw.LazyFrame[Any]:
    """One row with the statistics of every duration; ``i_`` numbers the durations."""
    measured = ways(scope)
    rows = scope.rows.with_columns(
        *(days.alias(f"{i}_raw") for i, (_, days, _) in enumerate(measured)),
        *(waiting.alias(f"{i}_open") for i, (_, _, waiting) in enumerate(measured) if waiting is not None),
    ).with_columns(
        *(nw.when(nw.col(f"{i}_raw") >= 0).then(nw.col(f"{i}_raw")).alias(f"{i}") for i in range(len(measured)))
    )
    statistics: list[nw.Expr] = [nw.len().alias("rows")]
    for i, (_, _, waiting) in enumerate(measured):
        days = nw.col(f"{i}")
        statistics += [
            days.count().alias(f"{i}_n"),
            days.sum().alias(f"{i}_sum"),
            days.max().alias(f"{i}_max"),
            *(days.quantile(q, "linear").alias(f"{i}_p{q * 100:.0f}") for q in QUANTILES),
            flag(nw.col(f"{i}_raw") < 0).sum().alias(f"{i}_backwards"),
        ]
        if waiting is not None:
            statistics += [
                nw.col(f"{i}_open").count().alias(f"{i}_open_n"),
                nw.col(f"{i}_open").median().alias(f"{i}_open_median"),
            ]
    return rows.select(*statistics)


def _statistics(scope: Scope, known: Mapping[str, Sequence[Row]]) -> Row:
    """What :func:`_drawn` draws, from counted lengths."""
    found: Row = {}
    for i, (_, _, waiting) in enumerate(ways(scope)):
        lengths = sorted((row["days"], int(row["n"])) for row in known[f"duration {i}"])
        finished = [(days, n) for days, n in lengths if days >= 0]
        visits = sum(n for _, n in finished)
        found[f"{i}_n"] = visits
        found[f"{i}_sum"] = sum(days * n for days, n in finished)
        found[f"{i}_max"] = finished[-1][0] if finished else None
        found |= {f"{i}_p{q * 100:.0f}": percentile(finished, q) for q in QUANTILES}
        found[f"{i}_backwards"] = sum(n for days, n in lengths if days < 0)
        if waiting is not None:
            still = sorted((row["days"], int(row["n"])) for row in known[f"waiting {i}"])
            found |= {f"{i}_open_n": sum(n for _, n in still), f"{i}_open_median": percentile(still, 0.5)}
    return found


def medians(scope: Scope, won: nw.LazyFrame[Any], *keys: str) -> nw.LazyFrame[Any]:
    """Days from lead to won of each group, for :func:`read_medians`: the lengths counted, or the median drawn."""
    if scope.table.has_time:
        return won.group_by(*keys).agg(nw.col("cycle").median().alias("median"))
    return won.group_by(*keys, "cycle").agg(nw.len().alias("n"))


def read_medians(rows: Sequence[Row], *keys: str) -> dict[tuple[Any, ...], float | None]:
    """Median days of each group, by its keys, out of the answers to :func:`medians`.

    >>> read_medians([{"owner": "A", "cycle": 3, "n": 2}, {"owner": "A", "cycle": 9, "n": 2}], "owner")
    {('A',): 6.0}
    """
    drawn = {tuple(row[key] for key in keys): row["median"] for row in rows if "median" in row}
    lengths: dict[tuple[Any, ...], list[tuple[float, int]]] = {}
    for row in rows:
        if "median" not in row:
            lengths.setdefault(tuple(row[key] for key in keys), []).append((row["cycle"], int(row["n"])))
    return drawn | {group: percentile(sorted(found), 0.5) for group, found in lengths.items()}


def percentile(counted_values: Sequence[tuple[float, int]], share: float) -> float | None:
    """Percentile of values that each stand so often, between two of them in proportion (as Excel's PERCENTILE.INC).

    >>> percentile([(1, 2), (5, 1), (6, 1)], 0.5)
    3.0
    """
    if not counted_values:
        return None
    ends = list(accumulate(n for _, n in counted_values))
    place = share * (ends[-1] - 1)
    low, high = (counted_values[bisect_right(ends, int(at))][0] for at in (place, -(-place // 1)))
    return low + (high - low) * (place % 1)


def spells(scope: Scope, known: Mapping[str, Sequence[Row]]) -> list[Spell]:
    """Read the answers to :func:`durations`."""
    found = known["durations"][0] if scope.table.has_time else _statistics(scope, known)

    def days(key: str) -> float | None:
        return steady(found[key])

    return [
        Spell(
            name,
            n=int(found[f"{i}_n"]),
            mean=_mean(found[f"{i}_sum"], int(found[f"{i}_n"])),
            median=days(f"{i}_p50"),
            p25=days(f"{i}_p25"),
            p75=days(f"{i}_p75"),
            p90=days(f"{i}_p90"),
            max=days(f"{i}_max"),
            backwards=int(found[f"{i}_backwards"] or 0),
            open=None if waiting is None else int(found[f"{i}_open_n"]),
            open_median=None if waiting is None else days(f"{i}_open_median"),
        )
        for i, (name, _, waiting) in enumerate(ways(scope))
    ]


def _mean(days: float | None, n: int) -> float | None:
    """Mean of durations: exact for whole days, the same on every engine where days have times."""
    return round(float(days), 6) / n if n and days is not None else None


def stalled(scope: Scope, measured: Sequence[Spell]) -> nw.LazyFrame[Any]:
    """One row: open leads that have been in their stage for longer than nine in ten finished visits took."""
    counts: list[nw.Expr] = [nw.len().alias("rows")]
    for spell, (_, _, waiting) in zip(measured, ways(scope), strict=True):
        if waiting is not None and spell.n >= ENOUGH_VISITS:
            counts.append(flag(waiting > spell.p90).sum().alias(spell.name))
    return scope.rows.select(*counts)


def stages_block(
    scope: Scope, profile_rows: Sequence[Row], everyone: Tally, measured: Sequence[Spell], spend: float | None
) -> Block:
    """C: the funnel."""
    by_name = {spell.name: spell for spell in measured}
    positions = range(1, len(scope.stages) + 1)

    def count(wanted: Any) -> list[int]:
        return [sum(row["n"] for row in profile_rows if wanted(row, position)) for position in positions]

    def furthest(outcome: int) -> Any:
        return lambda row, position: int(row["state"]) % 3 == outcome and int(row["state"]) // 3 % 8 == position

    exact = count(lambda row, position: int(row["exact"]) >> (position - 1) & 1)
    strict = count(lambda row, position: row["strict"] >= position)
    filled = count(lambda row, position: int(row["state"]) // 3 % 8 >= position)
    spells_here = [by_name.get(stage) for stage in scope.stages]
    reached = list(everyone.reached)
    by_furthest, blank = scope.options.reach == "filled", [None] * len(reached)
    columns = [
        counted("stage", "text", scope.stages),
        counted("reached", "count", reached),
        counted("exact", "count", exact),
        counted("strict", "count", strict),
        counted("skipped", "count", [every - seen for every, seen in zip(filled, exact, strict=True)]),
        counted("in_stage_now", "count", count(lambda row, position: row["now"] == position)),
        kpi("next_step", "fraction", "CONVRATE", "reached", Above("reached")),
        kpi("next_step_low", "fraction", "CONVCI", "reached", Above("reached"), item=0),
        kpi("next_step_high", "fraction", "CONVCI", "reached", Above("reached"), item=1),
        kpi("cumulative", "fraction", "CONVRATE", "reached", First("reached")),
        counted("drop_off", "count", [None, *(before - here for before, here in pairwise(reached))]),
        kpi("drop_off_rate", "fraction", "DROPOFF", Above("reached"), "reached"),
        # beside a drop-off by another rule they would not add up to it
        counted("lost_here", "count", count(furthest(LOST)) if by_furthest else blank),
        counted("open_here", "count", count(furthest(OPEN)) if by_furthest else blank),
        counted("amount_reached", "money", everyone.amount_reached if scope.has_money else [None] * len(reached)),
        counted("median_days", "days", [spell and spell.median for spell in spells_here]),
        counted("p90_days", "days", [spell and spell.p90 for spell in spells_here]),
        counted("spend", "money", [spend, *[None] * (len(reached) - 1)]),
        kpi("cost_per", "money", "CPA", First("spend"), "reached"),
    ]
    return block("tblFunnel", columns)


def stage_times_block(measured: Sequence[Spell]) -> Block:
    """D: how long each stage and the whole way took."""

    def column(key: str, unit: Any, name: str) -> Column:
        return counted(key, unit, [getattr(spell, name) for spell in measured])

    columns = [
        column("measure", "text", "name"),
        column("n", "count", "n"),
        *(column(key, "days", key) for key in ("mean", "median", "p25", "p75", "p90", "max")),
        column("open", "count", "open"),
        column("open_median", "days", "open_median"),
        column("stalled", "count", "stalled"),
        column("backwards", "count", "backwards"),
    ]
    return block("tblStageTime", columns)
