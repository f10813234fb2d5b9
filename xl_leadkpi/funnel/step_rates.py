"""How leads go on from one stage to a later one, with those allowed for that have not had the time to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.engines.expressions import month_number
from xl_leadkpi.funnel.blocks import values_column
from xl_leadkpi.funnel.context import LEAD_TO_OPPORTUNITY, LEAD_TO_WON, OPPORTUNITY_TO_WON, steady
from xl_leadkpi.funnel.incidence import ADVANCED, ADVANCED_BY, ENOUGH_AT_RISK, LOST_BY, WAITING, Ending, Incidence
from xl_leadkpi.funnel.incidence import LOST as LOST_THEN
from xl_leadkpi.funnel.lead_state import LOST, WON
from xl_leadkpi.funnel.section import Query
from xl_leadkpi.funnel.tally import grouped
from xl_leadkpi.leads.model.evidence import Fact, Need
from xl_leadkpi.leads.model.findings import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xl_leadkpi.engines import Row
    from xl_leadkpi.funnel.blocks import Gaps
    from xl_leadkpi.funnel.breakdown import Groups
    from xl_leadkpi.funnel.context import FunnelContext
    from xl_leadkpi.funnel.report import Column, SheetTable
    from xl_leadkpi.leads.model.evidence import Needs


@dataclass(frozen=True, slots=True)
class Step:
    """From the day a stage is entered to that of a later one, or of the loss.

    Attributes:
        name: The stage it leads to, or ``opportunity_to_won`` and the like.
        start: The stage it begins at.
        end: The stage it leads to.
    """

    name: str
    start: str
    end: str


def steps(context: FunnelContext) -> tuple[Step, ...]:
    """From each stage in force to the next, as far as both have days."""
    pairs = zip(context.stages, context.stages[1:], strict=False)
    return tuple(Step(end, start, end) for start, end in pairs if context.has_day(start) and context.has_day(end))


def journeys(context: FunnelContext) -> tuple[Step, ...]:
    """From lead and from opportunity to the win, and from lead to opportunity, as far as there are days."""
    won, first, rank = context.pipeline.won.name, context.stages[0], context.opportunity_rank
    found = []
    is_won_dated = won in context.stages and context.has_day(won)
    opportunity = context.stages[rank - 1] if rank < len(context.stages) else None
    if opportunity and context.has_day(opportunity):
        if is_won_dated:
            found.append(Step(OPPORTUNITY_TO_WON, opportunity, won))
        if opportunity != first and context.has_day(first):
            found.append(Step(LEAD_TO_OPPORTUNITY, first, opportunity))
    if is_won_dated and context.has_day(first):
        found.append(Step(LEAD_TO_WON, first, won))
    return tuple(found)


def step_needs(context: FunnelContext, step: Step) -> Needs:
    """What the rate of a step needs to be told."""
    needed: list[Need] = []
    for stage in (step.start, step.end):
        if stage == context.pipeline.won.name:
            needed += [Need(Fact.WINS), Need(Fact.LEADS_NOT_WON), Need(Fact.WIN_DAYS)]
        elif stage == context.stages[0]:
            needed.append(Need(Fact.CREATION_DATES))
        else:
            needed += [*context.reach(stage), Need(Fact.STAGE_DAYS, stage)]
    return tuple(dict.fromkeys(needed))


def endings(
    context: FunnelContext,
    step: Step,
    *,
    group: nw.Expr | None = None,
    followed_for: int = 0,
    everything: bool = False,
) -> nw.LazyFrame[Any]:
    """Leads that entered a stage by the days they waited and by what ended the wait.

    Left out are those whose entry has no day and those whose days are out of order.

    Args:
        context: What is counted.
        step: From which stage to which.
        group: What to part them by, under ``group``.
        followed_for: Only those that entered at least so many days ago.
        everything: All leads, whatever period is asked for.
    """
    start = context.whole(str(context.date_column(step.start)))
    rank = context.stages.index(step.end) + 1
    outcome, age = nw.col("outcome"), nw.lit(context.as_of) - start
    came = (outcome == WON) if step.end == context.pipeline.won.name else (nw.col("furthest_rank") >= rank)
    arrived = context.whole(str(context.date_column(step.end))) - start
    later = [context.whole(str(context.date_column(one))) for one in context.stages[rank:] if context.has_day(one)]
    lost = context.whole("d_lost") - start
    last = [*(day - start for day in later), nw.when(outcome == LOST).then(lost), age]
    has_arrived, has_lost = ~arrived.is_null(), ~lost.is_null()
    days = (
        nw.when(came & has_arrived)
        .then(arrived)
        .otherwise(
            nw.when(came)
            .then(nw.coalesce(*last))
            .otherwise(nw.when((outcome == LOST) & has_lost).then(lost).otherwise(age))
        )
    )
    went = nw.when(has_arrived).then(nw.lit(ADVANCED)).otherwise(nw.lit(ADVANCED_BY))
    gone = nw.when(has_lost).then(nw.lit(LOST_THEN)).otherwise(nw.lit(LOST_BY))
    event = nw.when(came).then(went).otherwise(nw.when(outcome == LOST).then(gone).otherwise(nw.lit(WAITING)))
    rows = (context.all_rows if everything else context.rows).filter(age >= followed_for)
    rows = rows.select(days=days.cast(nw.Int32), event=event, **({} if group is None else {"group": group}))
    keys = ("days", "event") if group is None else ("group", "days", "event")
    return rows.filter(nw.col("days") >= 0).group_by(*keys).agg(nw.len().alias("n"))


def incidence(rows: Iterable[Row]) -> Incidence:
    """Estimate from the answer to :func:`endings`."""
    return Incidence(Ending(row["days"], row["event"], row["n"]) for row in rows)


def incidence_by_group(rows: Sequence[Row]) -> defaultdict[int, Incidence]:
    """The same for each group; one that nobody is in has nobody who entered."""
    found = grouped((row for row in rows if row["group"] is not None), lambda row: int(row["group"]))
    by_group = {group: incidence(members) for group, members in found.items()}
    return defaultdict(lambda: Incidence(()), by_group)


def group_numbers(field: str, groups: Groups) -> nw.Expr:
    """Number of the group of each lead, from 1; the groups without a row of their own together are 0."""
    column = nw.col(field)
    own = [
        nw.when(column.is_null() if name is None else column == name).then(nw.lit(number))
        for number, name in enumerate(groups.names, start=1)
    ]
    return nw.coalesce(*own, nw.lit(0))


def month_of_entry(context: FunnelContext, step: Step) -> nw.Expr:
    """Month in which a step's first stage was entered."""
    return month_number(context.whole(str(context.date_column(step.start))))


def followed(step: Step) -> Query:
    """The query for all leads of a step."""
    return Query("leads by wait and ending", step.name)


def followed_long(step: Step) -> Query:
    """The query for the leads of a step that entered long enough ago."""
    return Query("leads by wait and ending, entered long enough ago", step.name)


def followed_by(step: Step, key: str) -> Query:
    """The query for the leads of a step by a field or by month."""
    return Query(f"leads by {key}, wait and ending", step.name)


def rate_columns(
    key: str,
    found: Sequence[Incidence | None],
    *,
    needs: Iterable[Fact | Need] = (),
    row_needs: Sequence[Needs] = (),
    table: SheetTable = "main",
    among: Incidence | None = None,
) -> tuple[list[Column], dict[str, Gaps]]:
    """The columns of an eventual rate: the leads it rests on, the rate, its interval, and the days it is of.

    Args:
        key: Key of the rate.
        found: What was estimated, a row each; None in rows without a rate.
        needs: Facts that all of them need, see ``Column``.
        row_needs: Facts that those of a row need.
        table: Table of the sheet they go to.
        among: All groups together, where the rows are groups.

    Returns:
        The columns, and the rows of them that have no rate because too few were followed.
    """
    rates = [
        None if one is None or not one.entered else one.rate() if among is None else one.rate_among(among)
        for one in found
    ]
    roles: dict[str, Any] = {"needs": needs, "row_needs": row_needs, "table": table}
    of = f"{key}_of"
    columns = [values_column(of, "count", [one and round(one.entered) for one in found], **roles)]
    columns += [
        values_column(
            f"{key}{end}", "fraction", [steady(rate and getattr(rate, name)) for rate in rates], cases=of, **roles
        )
        for end, name in (("", "value"), ("_low", "low"), ("_high", "high"))
    ]
    within = [rate and rate.within_days for rate in rates]
    columns.append(values_column(f"{key}_days", "days", within, **roles))
    if among is not None:
        own = [rate and rate.own_days for rate in rates]
        columns.append(values_column(f"{key}_own_days", "days", own, on_sheet=False, **roles))
    few = {
        row: Finding(FindingKind.TOO_FEW_FOLLOWED, int(one.entered), details={"least": str(ENOUGH_AT_RISK)})
        for row, (one, rate) in enumerate(zip(found, rates, strict=True))
        if one is not None and rate is None
    }
    columns[1] = replace(columns[1], better="higher")
    return columns, dict.fromkeys((column.key for column in columns[1:4]), few) if few else {}
