"""Blocks C and D: who reached which stage, who went no further, and how long each stage took."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.funnel.blocks import block, counted, kpi
from xl_leadkpi.funnel.report import Above, Block, First
from xl_leadkpi.funnel.scope import LOST, OPEN, Scope, flag, steady
from xl_leadkpi.funnel.tally import grouped
from xl_leadkpi.leads.percentiles import draw, percentile, read_slots, values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.funnel.report import Column
    from xl_leadkpi.funnel.tally import Tally
    from xl_leadkpi.leads.engine import Row
    from xl_leadkpi.leads.percentiles import Values

ENOUGH_VISITS = 10
"""Finished visits below which nobody can say what a long stay is."""
MILLISECONDS = 86_400_000
"""Of a day."""
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
    memory. Where days have times, they are counted by whole days first, and the percentiles drawn afterwards.
    """
    counts = {}
    for i, (_, days, waiting) in enumerate(ways(scope)):
        counts[f"duration {i}"] = values(scope.rows, days).counted() if scope.table.has_time else _lengths(scope, days)
        if waiting is not None:
            counts[f"waiting {i}"] = _lengths(scope, waiting)
    return counts


def _lengths(scope: Scope, days: nw.Expr) -> nw.LazyFrame[Any]:
    rows = scope.rows.select(days=days)
    return rows.filter(~nw.col("days").is_null()).group_by("days").agg(nw.len().alias("n"))


@dataclass(frozen=True, slots=True)
class _Visits:
    """Finished visits of a stage, or ways from one to another."""

    n: int
    total: float
    most: float | None
    backwards: int
    percentiles: Sequence[float | None]


def _visits(scope: Scope, known: Mapping[str, Sequence[Row]]) -> list[_Visits]:
    answers = [known[f"duration {i}"] for i in range(len(ways(scope)))]
    return _timed_visits(scope, answers) if scope.table.has_time else [_whole_visits(rows) for rows in answers]


def _whole_visits(rows: Sequence[Row]) -> _Visits:
    lengths = sorted((row["days"], int(row["n"])) for row in rows)
    visits = [(days, n) for days, n in lengths if days >= 0]
    return _Visits(
        sum(n for _, n in visits),
        sum(days * n for days, n in visits),
        visits[-1][0] if visits else None,
        sum(n for days, n in lengths if days < 0),
        [percentile(visits, share) for share in QUANTILES],
    )


def _timed_visits(scope: Scope, answers: Sequence[Sequence[Row]]) -> list[_Visits]:
    slots = [read_slots(rows).get(0, []) for rows in answers]
    finished = [[slot for slot in every if slot.start >= 0] for every in slots]
    asked = [
        (values(scope.rows, days), {0: visits} if visits else {}, QUANTILES)
        for (_, days, _), visits in zip(ways(scope), finished, strict=True)
    ]
    return [
        _Visits(
            sum(slot.n for slot in visits),
            sum(slot.total for slot in visits),
            visits[-1].most if visits else None,
            sum(slot.n for slot in every if slot.start < 0),
            drawn.get(0, [None] * len(QUANTILES)),
        )
        for every, visits, drawn in zip(slots, finished, draw(asked), strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Cycles:
    """Days from lead to won of some groups of leads.

    Attributes:
        rows: Won leads with ``group``, a whole number from 0, and ``cycle``.
        timed: The days have times.
    """

    rows: nw.LazyFrame[Any]
    timed: bool

    def question(self) -> nw.LazyFrame[Any]:
        """How often each length occurs in each group, in whole days where the days have times."""
        if self.timed:
            return self._values().counted()
        return self.rows.group_by("group", "cycle").agg(nw.len().alias("n"))

    def medians(self, answers: Sequence[Row]) -> dict[int, float | None]:
        """The median of each group out of the answers to the question."""
        if self.timed:
            [drawn] = draw([(self._values(), read_slots(answers), (0.5,))])
            return {group: median for group, [median] in drawn.items()}
        lengths = grouped(answers, lambda row: int(row["group"]))
        return {
            group: percentile(sorted((row["cycle"], int(row["n"])) for row in rows), 0.5)
            for group, rows in lengths.items()
        }

    def _values(self) -> Values:
        return values(self.rows, nw.col("cycle"), group=nw.col("group"))


def spells(scope: Scope, known: Mapping[str, Sequence[Row]]) -> list[Spell]:
    """Read the answers to :func:`durations`."""
    found = []
    for i, ((name, _, waiting), visits) in enumerate(zip(ways(scope), _visits(scope, known), strict=True)):
        p25, median, p75, p90 = map(steady, visits.percentiles)
        mean, most = _mean(visits.total, visits.n), steady(visits.most)
        spell = Spell(name, visits.n, mean, median, p25, p75, p90, most, visits.backwards)
        if waiting is not None:
            still = sorted((row["days"], int(row["n"])) for row in known[f"waiting {i}"])
            spell = replace(spell, open=sum(n for _, n in still), open_median=steady(percentile(still, 0.5)))
        found.append(spell)
    return found


def _mean(days: float, n: int) -> float | None:
    """Mean of durations: exact for whole days; where days have times their sum is whole milliseconds."""
    return round(float(days) * MILLISECONDS) / MILLISECONDS / n if n else None


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
