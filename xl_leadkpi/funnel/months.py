"""Blocks G and H: what happened to the leads of each month, what happened in each month, and how months ripen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import narwhals as nw

from xl_leadkpi.cells.days import day_number
from xl_leadkpi.engines.expressions import month_number
from xl_leadkpi.funnel.blocks import block, kpi_column, values_column
from xl_leadkpi.funnel.breakdown import REVENUE_NEEDS
from xl_leadkpi.funnel.context import (
    LEAD_TO_WON,
    MONTHS,
    OPPORTUNITY_TO_WON,
    FunnelContext,
    first_day,
    flag,
    is_over,
    last_day,
    month_of,
)
from xl_leadkpi.funnel.lead_state import LOST
from xl_leadkpi.funnel.section import Query, Section
from xl_leadkpi.funnel.stages import Cycles
from xl_leadkpi.funnel.step_rates import (
    Step,
    endings,
    followed_by,
    journeys,
    month_of_entry,
    rate_columns,
    step_needs,
)
from xl_leadkpi.funnel.tally import grouped, states_by, tally
from xl_leadkpi.leads.model.evidence import Fact, Need

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from xl_leadkpi.engines import Row
    from xl_leadkpi.funnel.blocks import Gaps
    from xl_leadkpi.funnel.figures import Answers, Figures
    from xl_leadkpi.funnel.incidence import Incidence
    from xl_leadkpi.funnel.report import Block, Column, NamedBlocks, Unit
    from xl_leadkpi.funnel.section import Queries
    from xl_leadkpi.funnel.tally import Tally
    from xl_leadkpi.leads.model.stage import Stage

COHORTS = Query("leads by month and state")
LOSSES = Query("losses by month")
TREND_CYCLES = Query("lead to won in the spans of the trend")
LONGEST_CALENDAR = 240
"""Months that are listed without a gap; beyond, only months with any lead or event are."""
TREND_MONTHS = 3


MATURE = {OPPORTUNITY_TO_WON: "opportunity_win_rate", LEAD_TO_WON: "cohort_conversion_mature"}
"""By what is followed month by month, the key of its eventual rate."""
MONTH = "month"


def monthly_steps(context: FunnelContext) -> dict[str, Step]:
    """What is followed month by month, by the key of its rate: opportunities and leads to the win."""
    found = {MATURE[step.name]: step for step in journeys(context) if step.name in MATURE}
    if len({(step.start, step.end) for step in found.values()}) < len(found):
        del found[MATURE[LEAD_TO_WON]]  # each deal is an opportunity from its first day
    return found


def entered(stage: str) -> Query:
    """The query for the entries into a stage by month."""
    return Query("entries by month", stage)


def cohorts_by_state(context: FunnelContext) -> nw.LazyFrame[Any]:
    """Leads by month of creation and state."""
    return states_by(context.rows, "cohort_month")


def entries(context: FunnelContext, stage: str, *, by_cohort: bool = False) -> nw.LazyFrame[Any]:
    """Leads by month of entry into the stage; by cohort also by month of creation, and whether the two are in order.

    Grouping by day first leaves so few rows that turning days into months costs nothing.
    """
    column = str(context.date_column(stage))
    rows = context.all_rows.filter(~nw.col(column).is_null()).with_columns(
        day=context.whole(column),
        in_order=flag(nw.col(column) >= nw.col("created")),
        amounts=flag(~nw.col("amount").is_null()),
    )
    keys: tuple[str, ...] = ("cohort_month", "in_order") if by_cohort else ()
    if keys and context.options.is_limited:
        rows, keys = rows.with_columns(created_in=flag(context.in_period("created"))), (*keys, "created_in")
    return _by_month(context, rows, *keys)


def _asked(context: FunnelContext, followed: Collection[Stage | None]) -> Queries:
    """Leads by month of creation, entries into each stage and losses by month; by cohort those into some stages."""
    by_cohort = {stage.name for stage in followed if stage}
    dated = [stage for stage in context.stages if context.has_day(stage)]
    return {
        COHORTS: cohorts_by_state(context),
        LOSSES: losses_by_day(context),
        **{entered(stage): entries(context, stage, by_cohort=stage in by_cohort) for stage in dated},
    }


def losses_by_day(context: FunnelContext) -> nw.LazyFrame[Any]:
    """Lost leads by month of the loss and whether they had become opportunities."""
    rows = context.all_rows.filter((nw.col("outcome") == LOST) & ~nw.col("d_lost").is_null()).with_columns(
        day=context.whole("d_lost"),
        amounts=flag(~nw.col("amount").is_null()),
        opportunity=flag(nw.col("furthest_rank") >= context.opportunity_rank),
    )
    return _by_month(context, rows, "opportunity")


def _by_month(context: FunnelContext, rows: nw.LazyFrame[Any], *keys: str) -> nw.LazyFrame[Any]:
    sums = (nw.col("n").sum(), nw.col("amount").sum(), nw.col("amounts").sum())
    by_day = rows.with_columns(n=nw.lit(1)).group_by(*keys, "day").agg(*sums)
    by_day = by_day.with_columns(month=month_number(nw.col("day")), in_period=flag(context.in_period("day")))
    return by_day.group_by(*keys, "month", "in_period").agg(*sums)


@dataclass(frozen=True, slots=True)
class Event:
    """How often something happened in a month, and the amounts of those leads."""

    n: int = 0
    amount: float = 0.0
    amounts: int = 0

    def __add__(self, other: Event) -> Event:
        return Event(self.n + other.n, self.amount + other.amount, self.amounts + other.amounts)


NOTHING = Event()


@dataclass(frozen=True, slots=True)
class Calendar:
    """Everything known by month.

    Attributes:
        months: Month numbers to print, ascending.
        cohorts: By month of creation: the leads created in it.
        entered: By stage, by month: entries into the stage, within the period asked for.
        lost: By month: opportunities lost, within the period; all lost leads where nobody knows which were
            opportunities.
        spend: By month: spend; None without any spend table.
        entered_after: By stage, by month of creation, by months since: leads that entered the stage then.
    """

    months: tuple[int, ...]
    cohorts: Mapping[int, Tally]
    entered: Mapping[str, Mapping[int, Event]]
    lost: Mapping[int, Event]
    spend: Mapping[int, float] | None
    entered_after: Mapping[str, Mapping[int, Mapping[int, int]]]


def read_calendar(context: FunnelContext, answers: Answers, spend: Mapping[int, float] | None) -> Calendar:
    """Put the months together from the collected queries.

    Args:
        context: What is counted; without a period among its options everything that happened counts.
        answers: Rows of :func:`cohorts_by_state`, :func:`entries` and :func:`losses_by_day`.
        spend: Spend by month.
    """
    entry_rows = {stage: answers[entered(stage)] for stage in context.stages if context.has_day(stage)}
    cohorts = {
        int(month): tally(rows, context)
        for month, rows in grouped(answers[COHORTS], lambda row: row["cohort_month"]).items()
        if month is not None
    }
    limited = context.options.is_limited
    entries_by_stage = {stage: _events(rows, limited=limited) for stage, rows in entry_rows.items()}
    losses = [row for row in answers[LOSSES] if row["opportunity"] or context.counts_all_lost]
    lost = _events(losses, limited=limited)
    seen = {*cohorts, *lost, *(spend or ()), *(month for events in entries_by_stage.values() for month in events)}
    seen = {month for month in seen if month in MONTHS}
    if seen:
        until = min(context.table.as_of, context.options.period_to or context.table.as_of)
        whole = range(min(seen), max(*seen, month_of(until)) + 1)
        seen = set(whole) if len(whole) <= LONGEST_CALENDAR else seen
    entered_after = {
        stage: _entered_after(rows) for stage, rows in entry_rows.items() if rows and "cohort_month" in rows[0]
    }
    return Calendar(tuple(sorted(seen)), cohorts, entries_by_stage, lost, spend, entered_after)


def _events(rows: Sequence[Row], *, limited: bool) -> dict[int, Event]:
    events: dict[int, Event] = {}
    for row in sorted(rows, key=lambda row: (row["month"], row["n"], row["amount"])):
        if row["in_period"] or not limited:
            month = int(row["month"])
            events[month] = events.get(month, NOTHING) + Event(int(row["n"]), row["amount"] or 0.0, int(row["amounts"]))
    return events


def _entered_after(rows: Sequence[Row]) -> dict[int, dict[int, int]]:
    cohorts: dict[int, dict[int, int]] = {}
    for row in rows:
        if row["cohort_month"] is not None and row["in_order"] and row.get("created_in", 1):
            cohort = cohorts.setdefault(int(row["cohort_month"]), {})
            after = int(row["month"]) - int(row["cohort_month"])
            cohort[after] = cohort.get(after, 0) + int(row["n"])
    return cohorts


def months_block(
    context: FunnelContext, calendar: Calendar, followed: Mapping[str, tuple[Mapping[int, Incidence], Incidence]]
) -> Block:
    """G: the cohort half (what became of the leads created in a month) and the period half (what happened in it).

    The two are never mixed in one column: a month may see more wins than new leads (specification, 5.2).
    """
    months, stages = calendar.months, context.stages
    created = [Fact.CREATION_DATES]
    tallies = [calendar.cohorts.get(month) for month in months]
    window = context.options.window_days
    columns = [
        values_column("month", "month", [first_day(month) for month in months]),
        values_column("complete", "text", [is_over(month, context.table.as_of) for month in months], on_sheet=False),
        values_column(
            "mature",
            "text",
            [(context.table.as_of - last_day(month)).days >= window for month in months],
            on_sheet=False,
        ),
        values_column("leads", "count", [cohort.leads if cohort else 0 for cohort in tallies], needs=created),
    ]
    for place, stage in enumerate(stages[1:], start=1):
        reached = [cohort.reached[place] if cohort else 0 for cohort in tallies]
        key = f"cohort_{context.pipeline[stage].count_key}"
        columns.append(values_column(key, "count", reached, needs=[*created, *context.reach(stage)]))
    if context.opportunity_stage:
        opportunities = f"cohort_{context.opportunity_stage.count_key}"
        columns.append(kpi_column("cohort_opportunity_rate", "fraction", "LEADTOOPP", opportunities, "leads"))
    if context.pipeline.won in context.later_stages:
        some = [Fact.WINS, Fact.LEADS_NOT_WON]
        columns.append(kpi_column("cohort_conversion", "fraction", "LEADCONV", "cohort_won", "leads", needs=some))
    gaps: dict[str, Gaps] = {}
    for key, step in monthly_steps(context).items():
        by_month, every = followed[key]
        rates, own_gaps = rate_columns(
            key, [by_month[month] for month in months], needs=step_needs(context, step), among=every
        )
        columns += [replace(one, on_sheet=one.on_sheet and one.key in (key, f"{key}_of")) for one in rates]
        gaps |= {name: rows for name, rows in own_gaps.items() if name == key}
    columns += _period_columns(context, calendar)
    columns += _spend_columns(context, calendar)
    return block("tblMonth", columns, evidence=context.evidence, own_gaps=gaps)


def _period_columns(context: FunnelContext, calendar: Calendar) -> list[Column]:
    months = calendar.months

    def events(found: Mapping[int, Event]) -> list[Event]:
        return [found.get(month, NOTHING) for month in months]

    columns: list[Column] = []
    before = None
    for place, stage in enumerate(context.stages):
        if stage not in calendar.entered and place:
            continue
        name = "created" if not place else context.pipeline[stage].count_key
        values = events(calendar.entered.get(stage, {}))
        dated = [Fact.CREATION_DATES] if not place else [Need(Fact.STAGE_DAYS, stage)]
        columns.append(values_column(f"entered_{name}", "count", [event.n for event in values], needs=dated))
        if before and (before, stage) != ("created", context.pipeline.won.name):  # that is snapshot_conversion
            columns.append(
                kpi_column(f"snapshot_{name}", "fraction", "CONVRATE", f"entered_{name}", f"entered_{before}")
            )
        before = name
    if context.pipeline.won.name in calendar.entered:
        won = events(calendar.entered[context.pipeline.won.name])
        losses = events(calendar.lost)
        lost, closed = context.lost_key, [Fact.LOSSES, Fact.LOSS_DAYS, *context.closed_needs]
        columns += [
            kpi_column("snapshot_conversion", "fraction", "LEADCONV", "entered_won", "entered_created"),
            values_column(lost, "count", [event.n for event in losses], needs=closed),
            kpi_column("win_rate", "fraction", "WINRATE", "entered_won", lost),
        ]
        if context.has_money:
            columns += [
                values_column("revenue", "money", [event.amount for event in won], needs=REVENUE_NEEDS),
                values_column("won_with_amount", "count", [event.amounts for event in won], needs=REVENUE_NEEDS),
                kpi_column("average_deal", "money", "AVGDEAL", "revenue", "won_with_amount"),
            ]
    return [replace(column, table="period") for column in columns]


def _spend_columns(context: FunnelContext, calendar: Calendar) -> list[Column]:
    if calendar.spend is None:
        return []
    columns = [
        values_column("spend", "money", [calendar.spend.get(month) for month in calendar.months], currency="spend"),
        kpi_column("cpl", "money", "CPL", "spend", "leads"),
    ]
    if context.pipeline.won in context.later_stages:
        columns.append(kpi_column("cac_cohort", "money", "CAC", "spend", "cohort_won"))
    if context.pipeline.won.name in calendar.entered:
        columns.append(kpi_column("cac_period", "money", "CAC", "spend", "entered_won", table="period"))
    return columns


def cohort_blocks(context: FunnelContext, calendar: Calendar, reached: Stage | None, name: str) -> tuple[Block, Block]:
    """H: by month of creation, leads that had entered a stage so many calendar months later: rates and counts.

    A cell is filled once its month is over; leads whose entry has no day or lies before their creation are left out,
    and a note says how many. Empty where the stage has no days, or is the first one.
    """
    stage = reached.name if reached else ""
    is_dated = reached in context.later_stages and context.has_day(stage)
    months = [month for month in calendar.months if month in calendar.cohorts] if is_dated else []
    entered_after = calendar.entered_after.get(stage, {})
    labels = [
        values_column("month", "month", [first_day(month) for month in months]),
        values_column("leads", "count", [calendar.cohorts[month].leads for month in months]),
    ]
    counts = []
    longest = month_of(context.table.as_of) - min(months, default=0)
    for after in range(min(context.options.cohort_months, max(longest, 0)) + 1):
        values = [
            sum(n for later, n in entered_after.get(month, {}).items() if later <= after)
            if is_over(month + after, context.table.as_of)
            else None
            for month in months
        ]
        if after == 0 or any(value is not None for value in values):
            counts.append(values_column(f"month_{after}", "count", values))
    count_block = block(f"{name}Count", [*labels, *counts], evidence=context.evidence)
    is_win = reached == context.pipeline.won
    some = [Fact.WINS, Fact.LEADS_NOT_WON] if is_win else []
    rates = [
        kpi_column(f"rate_{after}", "fraction", "LEADCONV", f"month_{after}", "leads", needs=some)
        for after in range(len(counts))
    ]
    came_to = {context.pipeline.won: _won, context.pipeline.opportunity: _opportunities}.get(reached)
    missing = 0
    if came_to:
        missing = sum(came_to(calendar.cohorts[month]) - sum(entered_after.get(month, {}).values()) for month in months)
    notes = [("undated_wins" if is_win else "undated_opportunities", str(missing))] if missing > 0 else []
    rate_block = block(name, [*labels, *rates], beside=count_block, notes=notes, evidence=context.evidence)
    return rate_block, count_block


def _won(cohort: Tally) -> int:
    return cohort.won


def _opportunities(cohort: Tally) -> int:
    return cohort.won + cohort.lost_opportunities + cohort.open_opportunities


def _trend_starts(context: FunnelContext) -> tuple[int, int]:
    """First months of the recent and of the previous span."""
    current = month_of(context.table.as_of)
    complete = current if is_over(current, context.table.as_of) else current - 1
    recent, previous = complete - TREND_MONTHS + 1, complete - 2 * TREND_MONTHS + 1
    return max(recent, MONTHS.start), max(previous, MONTHS.start)  # before the first month there is none


def trend_cycles(context: FunnelContext) -> Cycles:
    """Days from lead to won of the wins in the recent (group 1) and the previous (group 0) span."""
    recent, previous = _trend_starts(context)
    day = nw.col("d_won")
    inside = (day >= day_number(first_day(previous))) & (day < day_number(last_day(recent + TREND_MONTHS - 1)) + 1)
    won = context.rows.filter(~nw.col("cycle").is_null() & inside)
    won = won.select("cycle", group=flag(day >= day_number(first_day(recent))))
    return Cycles(won, bool(context.table.has_time))


def trend_block(
    context: FunnelContext, months: Block, medians: Mapping[int, float | None], first_month: int | None
) -> Block:
    """The last three complete calendar months against the three before, for the arrows on the cards.

    Args:
        context: What is counted.
        months: Rows of :func:`months_block`.
        medians: Median days from lead to won, see :func:`trend_cycles`.
        first_month: Month of the first lead. Where it lies within or after the three months before, these were not
            recorded in full: their figures are None.
    """
    spans = [(first_day(start), first_day(start + TREND_MONTHS - 1)) for start in _trend_starts(context)]
    shown = months["month"].values
    compared = first_month is not None and first_month <= min(_trend_starts(context))

    def sums(key: str) -> list[Any]:
        values = list(zip(shown, months[key].values, strict=True))
        recent, before = (_sum([value for month, value in values if low <= month <= high]) for low, high in spans)
        return [recent, before if compared else None]

    columns = [
        values_column("period", "text", ["recent", "previous"]),
        values_column("first_month", "month", [low for low, _ in spans]),
        values_column("last_month", "month", [high for _, high in spans]),
    ]
    for column in months.columns:
        # what happened and what was spent; a rate is not the sum of the months' rates
        if column.ratio is None and (column.table == "period" or column.currency == "spend"):
            name = "leads" if column.key == "entered_created" else column.key.removeprefix("entered_")
            columns.append(replace(column, key=name, values=tuple(sums(column.key))))
    columns.append(values_column("cycle_days_median", "days", [medians.get(1), medians.get(0) if compared else None]))
    keys = {column.key for column in columns}
    ratios: list[tuple[str, Unit, str, tuple[str | float, ...]]] = [
        ("win_rate", "fraction", "WINRATE", ("won", context.lost_key)),
        ("average_deal", "money", "AVGDEAL", ("revenue", "won_with_amount")),
        ("cpl", "money", "CPL", ("spend", "leads")),
        ("cac", "money", "CAC", ("spend", "won")),
        ("roas", "ratio", "ROAS", ("revenue", "spend")),
        ("romi", "fraction", "ROMI", ("revenue", "spend", context.options.gross_margin)),
    ]
    for key, unit, name, arguments in ratios:
        if all(argument in keys for argument in arguments if isinstance(argument, str)):
            needed = {"spend": [Fact.SPEND_MONTHS], "revenue": [Fact.SPEND_MONTHS, Fact.SPEND_CURRENCY]}
            costs = needed.get(str(arguments[0]), []) if "spend" in arguments else []
            columns.append(kpi_column(key, unit, name, *arguments, needs=costs))
    return block("tblTrend", columns, evidence=context.evidence)


def _sum(values: Sequence[Any]) -> Any:
    """Sum, None where nothing is known (nothing at all, or spend before any was recorded)."""
    numbers = [value for value in values if value is not None]
    return sum(numbers) if numbers else None


class MonthsSection(Section):
    """G."""

    needs: ClassVar[Mapping[str, Fact]] = {
        "months.cohort_won": Fact.WINS,
        "months.cohort_conversion": Fact.WINS,
        "months.entered_won": Fact.WINS,
    }

    def queries(self, context: FunnelContext) -> Queries:
        """Leads by month of creation; entries into each stage and losses by month."""
        by_month = {
            followed_by(step, MONTH): endings(context, step, group=month_of_entry(context, step), everything=True)
            for step in monthly_steps(context).values()
        }
        return {**_asked(context, (context.pipeline.opportunity, context.pipeline.won)), **by_month}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """Month by month."""
        return {"months": figures.month_table}


class CohortSection(Section):
    """H."""

    def blocks(self, figures: Figures) -> NamedBlocks:
        """How months mature; the queries are those of the months."""
        context, calendar = figures.context, figures.calendar
        won, won_counts = cohort_blocks(context, calendar, context.pipeline.won, "tblCohort")
        opportunity, opportunity_counts = cohort_blocks(context, calendar, context.pipeline.opportunity, "tblCohortOpp")
        return {
            "cohorts": won,
            "cohort_counts": won_counts,
            "opportunity_cohorts": opportunity,
            "opportunity_cohort_counts": opportunity_counts,
        }


class OneStageCohorts(Section):
    """How months mature towards one stage, whichever it is."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def queries(self, context: FunnelContext) -> Queries:
        """Those of the months, the entries into the stage by cohort."""
        return _asked(context, (self.stage,))

    def blocks(self, figures: Figures) -> NamedBlocks:
        """Rates and counts."""
        rates, counts = cohort_blocks(figures.context, figures.calendar, self.stage, "tblCohort")
        return {"cohorts": rates, "cohort_counts": counts}


class TrendSection(Section):
    """The trend of the last months; where a period is asked for, that is compared instead."""

    def follow_up(self, figures: Figures) -> Queries:
        """Days from lead to won in both spans."""
        limited = figures.context.options.is_limited
        return {} if limited else {TREND_CYCLES: figures.trend_cycles.question()}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """The last three complete months, and the three before."""
        if figures.context.options.is_limited:
            return {"trend": None}
        medians = figures.trend_cycles.medians(figures.answers[TREND_CYCLES])
        first_month = min(figures.calendar.cohorts, default=None)
        return {"trend": trend_block(figures.context, figures.month_table, medians, first_month)}
