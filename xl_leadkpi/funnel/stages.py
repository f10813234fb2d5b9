"""Blocks C and D: who reached which stage, who went no further, and how long each stage took."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

import narwhals as nw

from xl_leadkpi.engines.percentiles import draw, percentile, read_slots, values
from xl_leadkpi.funnel.blocks import block, kpi_column, values_column
from xl_leadkpi.funnel.context import FunnelContext, flag, steady
from xl_leadkpi.funnel.lead_state import LOST, OPEN
from xl_leadkpi.funnel.report import Above, Block, First
from xl_leadkpi.funnel.section import Query, Section
from xl_leadkpi.funnel.step_rates import (
    Step,
    endings,
    followed,
    followed_long,
    journeys,
    rate_columns,
    step_needs,
    steps,
)
from xl_leadkpi.funnel.tally import grouped
from xl_leadkpi.leads.model.evidence import Fact, Need

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.engines import Row
    from xl_leadkpi.engines.percentiles import Values
    from xl_leadkpi.funnel.figures import Answers, Figures
    from xl_leadkpi.funnel.incidence import Incidence
    from xl_leadkpi.funnel.report import Column, NamedBlocks, Unit
    from xl_leadkpi.funnel.section import Queries
    from xl_leadkpi.funnel.tally import Tally
    from xl_leadkpi.leads.model.evidence import Needs

ENOUGH_VISITS = 10
"""Finished visits below which nobody can say what a long stay is."""
MILLISECONDS = 86_400_000
"""Of a day."""
QUANTILES = (0.25, 0.5, 0.75, 0.9)


PROFILE = Query("leads by state, traces and whereabouts")
STALLED = Query("open leads that have stalled")


def profile(context: FunnelContext) -> nw.LazyFrame[Any]:
    """Leads by state, traces and whereabouts: everything that block C counts."""
    return context.rows.group_by("state", "exact", "strict", "current_rank", "lost_rank").agg(
        nw.len().alias("n"), nw.col("amount").sum().alias("amount")
    )


def finished(name: str) -> Query:
    """The query for the lengths of a transition."""
    return Query("finished", name)


def waiting(name: str) -> Query:
    """The query for the days that open leads have been in a stage."""
    return Query("waiting", name)


@dataclass(frozen=True, slots=True)
class StageDuration:
    """Lengths of a stage's visits, or of the way from one stage to another, in days.

    Attributes:
        name: The stage, or ``lead_to_won`` and the like.
        n: Finished ones; the statistics are over these.
        out_of_order: Left out because they end before they begin.
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
    out_of_order: int
    open: int | None = None
    open_median: float | None = None
    stalled: int | None = None


def duration_queries(context: FunnelContext) -> dict[Query, nw.LazyFrame[Any]]:
    """Queries for the statistics of every duration.

    Whole days have few lengths: how often each occurs gives every percentile exactly, on any engine and in little
    memory. Where days have times, they are counted by whole days first, and the percentiles drawn afterwards.
    """
    counts = {}
    for one in context.transitions:
        timed = context.table.has_time
        counts[finished(one.name)] = values(context.rows, one.days).counted() if timed else _lengths(context, one.days)
        if one.waiting is not None:
            counts[waiting(one.name)] = _lengths(context, one.waiting)
    return counts


def _lengths(context: FunnelContext, days: nw.Expr) -> nw.LazyFrame[Any]:
    rows = context.rows.select(days=days)
    return rows.filter(~nw.col("days").is_null()).group_by("days").agg(nw.len().alias("n"))


@dataclass(frozen=True, slots=True)
class _Visits:
    """Finished visits of a stage, or finished transitions from one to another."""

    n: int
    total: float
    most: float | None
    out_of_order: int
    percentiles: Sequence[float | None]


def _visits(context: FunnelContext, answers: Answers) -> list[_Visits]:
    lengths = [answers[finished(one.name)] for one in context.transitions]
    return _timed_visits(context, lengths) if context.table.has_time else [_whole_visits(rows) for rows in lengths]


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


def _timed_visits(context: FunnelContext, answers: Sequence[Sequence[Row]]) -> list[_Visits]:
    slots = [read_slots(rows).get(0, []) for rows in answers]
    over = [[slot for slot in every if slot.start >= 0] for every in slots]
    asked = [
        (values(context.rows, one.days), {0: visits} if visits else {}, QUANTILES)
        for one, visits in zip(context.transitions, over, strict=True)
    ]
    return [
        _Visits(
            sum(slot.n for slot in visits),
            sum(slot.total for slot in visits),
            visits[-1].most if visits else None,
            sum(slot.n for slot in every if slot.start < 0),
            drawn.get(0, [None] * len(QUANTILES)),
        )
        for every, visits, drawn in zip(slots, over, draw(asked), strict=True)
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


def measure(context: FunnelContext, answers: Answers) -> list[StageDuration]:
    """Read the answers to :func:`duration_queries`."""
    found = []
    for one, visits in zip(context.transitions, _visits(context, answers), strict=True):
        p25, median, p75, p90 = map(steady, visits.percentiles)
        mean, most = _mean(visits.total, visits.n), steady(visits.most)
        duration = StageDuration(one.name, visits.n, mean, median, p25, p75, p90, most, visits.out_of_order)
        if one.waiting is not None:
            still = sorted((row["days"], int(row["n"])) for row in answers[waiting(one.name)])
            open_median = steady(percentile(still, 0.5))
            duration = replace(duration, open=sum(n for _, n in still), open_median=open_median)
        found.append(duration)
    return found


def _mean(days: float, n: int) -> float | None:
    """Mean of durations: exact for whole days; where days have times their sum is whole milliseconds."""
    return round(float(days) * MILLISECONDS) / MILLISECONDS / n if n else None


def stalled(context: FunnelContext, durations: Sequence[StageDuration]) -> nw.LazyFrame[Any]:
    """One row: open leads that have been in their stage for longer than nine in ten finished visits took."""
    counts: list[nw.Expr] = [nw.len().alias("rows")]
    for duration, one in zip(durations, context.transitions, strict=True):
        if one.waiting is not None and duration.n >= ENOUGH_VISITS:
            counts.append(flag(one.waiting > duration.p90).sum().alias(duration.name))
    return context.rows.select(*counts)


def stages_block(
    context: FunnelContext,
    profile_rows: Sequence[Row],
    totals: Tally,
    *,
    durations: Sequence[StageDuration],
    spend: float | None,
    advances: Mapping[str, Incidence],
    usual: Mapping[str, tuple[int, int, int]],
) -> Block:
    """C: the funnel.

    Args:
        context: What is counted.
        profile_rows: Answer to :func:`profile`.
        totals: Counts of all leads.
        durations: How long each stage took.
        spend: What marketing cost.
        advances: By stage, how leads come to it from the one before.
        usual: By stage, the days in which nine in ten of those who come to it do so, the leads that had so long, and
            how many of them came within them.
    """
    by_name = {duration.name: duration for duration in durations}
    durations_here = [by_name.get(stage) for stage in context.stages]
    ranks, unpack = range(1, len(context.stages) + 1), context.packing.unpack

    def count(wanted: Any) -> list[int]:
        return [sum(row["n"] for row in profile_rows if wanted(row, rank)) for rank in ranks]

    def furthest(outcome: int) -> Any:
        return lambda row, rank: unpack(row["state"])[2:] == (rank, outcome)

    exact = count(lambda row, rank: int(row["exact"]) >> (rank - 1) & 1)
    strict = count(lambda row, rank: row["strict"] >= rank)
    filled = count(lambda row, rank: unpack(row["state"]).furthest_rank >= rank)
    reached = list(totals.reached)
    by_furthest, blank = context.options.reach == "filled", [None] * len(reached)
    came = [context.reach(stage) for stage in context.stages]
    came_further = [(*here, *after) for here, after in zip(came, [*came[1:], ()], strict=True)]
    wins = [(Fact.WINS, Fact.LEADS_NOT_WON) if stage == context.pipeline.won.name else () for stage in context.stages]
    stays = [context.stay(stage) for stage in context.stages]
    pairs = zip(context.stages, context.stages[1:], strict=False)
    told: list[Needs] = [(), *(step_needs(context, Step(end, start, end)) for start, end in pairs)]
    eventual, gaps = rate_columns("next_step", [advances.get(stage) for stage in context.stages], row_needs=told)
    columns = [
        values_column("stage", "text", context.stages),
        values_column("reached", "count", reached, row_needs=came),
        values_column("exact", "count", exact),
        values_column("strict", "count", strict, on_sheet=False),
        values_column(
            "skipped", "count", [every - seen for every, seen in zip(filled, exact, strict=True)], row_needs=came
        ),
        values_column("in_stage_now", "count", count(lambda row, rank: row["current_rank"] == rank)),
        *eventual,
        *_within_columns(context, usual, told),
        kpi_column(
            "next_step_naive", "fraction", "CONVRATE", "reached", Above("reached"), row_needs=wins, table="rates"
        ),
        kpi_column("cumulative", "fraction", "CONVRATE", "reached", First("reached"), row_needs=wins),
        values_column(
            "drop_off",
            "count",
            [None, *(before - here for before, here in pairwise(reached))],
            row_needs=[came[0], *((*before, *here) for before, here in pairwise(came))],
        ),
        kpi_column("drop_off_rate", "fraction", "DROPOFF", Above("reached"), "reached", on_sheet=False, row_needs=wins),
        # beside a drop-off by another rule they would not add up to it
        values_column("lost_here", "count", count(furthest(LOST)) if by_furthest else blank, row_needs=came_further),
        values_column("open_here", "count", count(furthest(OPEN)) if by_furthest else blank),
        values_column(
            "amount_reached", "money", totals.amount_reached, needs=[Fact.AMOUNTS, Fact.ONE_CURRENCY], row_needs=came
        ),
        values_column("median_days", "days", [one and one.median for one in durations_here], row_needs=stays),
        values_column("p90_days", "days", [one and one.p90 for one in durations_here], row_needs=stays),
        values_column(
            "spend",
            "money",
            [spend, *[None] * (len(reached) - 1)],
            currency="spend",
            on_sheet=False,
            needs=[Fact.SPEND],
        ),
        kpi_column("cost_per", "money", "CPA", First("spend"), "reached", needs=[Fact.SPEND, Fact.SPEND_MONTHS]),
    ]
    return block("tblFunnel", columns, evidence=context.evidence, own_gaps=gaps)


def _within_columns(
    context: FunnelContext, usual: Mapping[str, tuple[int, int, int]], told: Sequence[Needs]
) -> list[Column]:
    """The plain rate: of those who entered the stage before long enough ago, who came to this one within these days."""
    found = [usual.get(stage) for stage in context.stages]

    def column(key: str, unit: Unit, place: int) -> Column:
        return values_column(key, unit, [one and one[place] for one in found], row_needs=told, table="rates")

    of, came = "next_step_within_of", "next_step_within_came"
    return [
        column("next_step_within_days", "days", 0),
        column(of, "count", 1),
        column(came, "count", 2),
        kpi_column("next_step_within", "fraction", "CONVRATE", came, of, table="rates"),
        kpi_column("next_step_within_low", "fraction", "CONVCI", came, of, item=0, table="rates"),
        kpi_column("next_step_within_high", "fraction", "CONVCI", came, of, item=1, table="rates"),
    ]


def stage_times_block(
    context: FunnelContext, durations: Sequence[StageDuration], advances: Mapping[str, Incidence]
) -> Block:
    """D: how long those took who went on, with the open ones allowed for, and beside it the finished visits alone.

    Args:
        context: What is counted.
        durations: Lengths of the finished visits.
        advances: How leads go on, see :func:`stages_block`.
    """
    after = dict(zip(context.stages, context.stages[1:], strict=False))
    ways = {step.name: step for step in journeys(context)}
    # a stage lasts until the next one
    ways |= {stage: Step(later, stage, later) for stage, later in after.items()}
    stays = [context.stay(duration.name) for duration in durations]
    ahead = [step_needs(context, ways[one.name]) if one.name in ways else () for one in durations]
    leaving = [advances.get(ways[one.name].name) if one.name in ways else None for one in durations]

    def column(key: str, unit: Any, name: str, row_needs: Sequence[tuple[Need, ...]] = ()) -> Column:
        return values_column(key, unit, [getattr(one, name) for one in durations], row_needs=row_needs)

    def allowing(key: str, found: Sequence[float | None], unit: Unit = "days", *, on_sheet: bool = True) -> Column:
        return values_column(key, unit, [steady(one) for one in found], row_needs=ahead, on_sheet=on_sheet)

    columns = [
        column("measure", "text", "name"),
        allowing("expected_mean", [None if one is None else one.mean for one in leaving], on_sheet=False),
        *(
            allowing(
                f"expected_{key}",
                [None if one is None else one.quantile(share) for one in leaving],
                on_sheet=key in ("median", "p90"),
            )
            for key, share in (("median", 0.5), ("p25", 0.25), ("p75", 0.75), ("p90", 0.9))
        ),
        allowing(
            "undecided", [None if one is None or not one.entered else one.undecided for one in leaving], "fraction"
        ),
        column("n", "count", "n", stays),
        *(column(key, "days", key, stays) for key in ("mean", "median", "p25", "p75", "p90", "max")),
        column("open", "count", "open"),
        column("open_median", "days", "open_median"),
        column("stalled", "count", "stalled", stays),
        column("backwards", "count", "out_of_order"),
    ]
    return block("tblStageTime", columns, evidence=context.evidence)


class StagesSection(Section):
    """C."""

    needs: ClassVar[Mapping[str, Fact]] = {
        f"stages[{{won}}].{key}": Fact.WINS for key in ("reached", "next_step", "cumulative")
    }

    def queries(self, context: FunnelContext) -> Queries:
        """Everything that block C counts, and the lengths of visits."""
        every = (*steps(context), *journeys(context))
        followed_up = {followed(step): endings(context, step) for step in every}
        return {PROFILE: profile(context), **duration_queries(context), **followed_up}

    def follow_up(self, figures: Figures) -> Queries:
        """Who has been in a stage for longer than nine in ten; who entered one so long ago that most had gone on."""
        context, usual = figures.context, figures.usual_days
        return {
            STALLED: stalled(context, figures.finished_durations),
            **{
                followed_long(step): endings(context, step, followed_for=usual[step.name])
                for step in steps(context)
                if step.name in usual
            },
        }

    def blocks(self, figures: Figures) -> NamedBlocks:
        """The funnel."""
        return {"stages": stages_of(figures, spend=figures.cost.total if figures.cost else None)}


def stages_of(figures: Figures, *, spend: float | None) -> Block:
    """The funnel, its stages with what each cost where something was spent."""
    return stages_block(
        figures.context,
        figures.answers[PROFILE],
        figures.totals,
        durations=figures.durations,
        spend=spend,
        advances=figures.advances,
        usual=figures.within_usual_days,
    )


class StageTimesSection(Section):
    """D."""

    def blocks(self, figures: Figures) -> NamedBlocks:
        """How long each stage and the whole way took."""
        return {"stage_times": stage_times_block(figures.context, figures.durations, figures.advances)}
