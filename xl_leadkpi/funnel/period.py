"""A period and the one it is compared with, each figure on one of its named bases.

Where a period is asked for (``--period``), every table of leads is of it, and of one of these:

* **created** in the period: the leads created in it, and what has become of them since, whenever that was. So are
  ``summary``, ``currencies``, ``stages``, ``by``, ``cohorts`` and what belongs to them, ``curve``, ``mature``,
  ``stage_times``, ``cycle_histogram``, ``response``, ``losses``, ``pipeline`` (those of them that are open now),
  ``attribution``, ``spend`` and ``period_created``: leads, stages reached, conversion, spend, CPL.
* **closed** in the period: the leads won or lost in it, whenever they were created. So are ``period_closed``,
  ``closed_by`` and ``closed_losses``: won, lost, win rate, revenue, average deal, days from lead to won. A win or a
  loss without a day is in no period.

What a history tells (``visits``, ``transitions``, ``reopened``, ``deal_changes``) is of the changes that came in the
period, whenever the leads were created; its ``basis`` is ``changed``.

``months`` has both, each in columns of its own, as ever: of the leads created in a month, and what happened in it; here
within the period. No column mixes the two: the win rate of those closed in May is of the wins and losses of May, the
conversion of those created in May is of these. The cards show leads, stages, conversion, pipeline and costs of those
created, and wins, losses, win rate, revenue, average deal and cycle of those closed, each with its basis in its name.

The spend is that of the months of the period; where the period is not one of whole months, spend by months says nothing
of it, and costs are unknown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.cells.days import date_of
from xl_leadkpi.errors import InputError
from xl_leadkpi.funnel import breakdown, losses
from xl_leadkpi.funnel.blocks import block, kpi_column, values_column
from xl_leadkpi.funnel.breakdown import LOST_IN_TIME, REVENUE_NEEDS
from xl_leadkpi.funnel.context import FunnelContext, flag, inside
from xl_leadkpi.funnel.lead_state import LOST, WON
from xl_leadkpi.funnel.section import Query, Section
from xl_leadkpi.funnel.stages import Cycles
from xl_leadkpi.funnel.tally import LEADS_BY_STATE, states_by, tally
from xl_leadkpi.leads.model.evidence import Fact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from xl_leadkpi.funnel.figures import Answers, Figures
    from xl_leadkpi.funnel.report import Block, Column, NamedBlocks
    from xl_leadkpi.funnel.section import Queries
    from xl_leadkpi.funnel.tally import Tally

PERIOD, COMPARED, CHANGE = "period", "compared", "change"
"""Rows of the blocks of a period: its figures, those of the one compared with, and the change between the two."""
CREATED_COMPARED = Query("leads of the compared period by state")
CLOSED = Query("closed in the period by state")
CLOSED_COMPARED = Query("closed in the compared period by state")
CLOSED_REASONS = Query("lost in the period by stage and reason")
CLOSED_CYCLES = Query("lead to won of those closed in the period")
COMPARED_CYCLES = Query("lead to won of those closed in the compared period")
DAYS = Query("first and last days")
CREATED_KEYS = (
    "lead_to_opportunity", "won", "lead_conversion", "mature_leads", "mature_won", "lead_conversion_mature",
)  # fmt: skip
"""Figures of the leads created in a period, besides the stages that they reached."""


def closed_by_state(field: str) -> Query:
    """The query for the leads closed in the period by a field and their state."""
    return Query("closed in the period by state", field)


def closed_cycles(field: str) -> Query:
    """The query for the days from lead to won of each group of a field, of those won in the period."""
    return Query("lead to won of those closed by group", field)


def closed_rows(context: FunnelContext, first: date | None, last: date | None) -> nw.LazyFrame[Any]:
    """The leads won or lost from one day to another."""
    won = (nw.col("outcome") == WON) & inside("d_won", first, last)
    lost = (nw.col("outcome") == LOST) & inside("d_lost", first, last)
    return context.all_rows.filter(won | lost)


def _closed(context: FunnelContext) -> FunnelContext:
    """What is counted with the leads closed in the period in place of those created in it."""
    options = context.options
    return replace(context, rows=closed_rows(context, options.period_from, options.period_to))


def _cycles(context: FunnelContext, first: date | None, last: date | None) -> Cycles:
    """Days from lead to won of the wins from one day to another, as group 0."""
    rows = context.all_rows.filter(~nw.col("cycle").is_null() & inside("d_won", first, last))
    return Cycles(rows.select("cycle", group=flag(nw.col("cycle") < 0)), bool(context.table.has_time))


def _both_cycles(context: FunnelContext) -> dict[Query, Cycles]:
    """The same of the period, and of the one compared with."""
    options = context.options
    found = {CLOSED_CYCLES: _cycles(context, options.period_from, options.period_to)}
    if options.compared_from is not None:
        found[COMPARED_CYCLES] = _cycles(context, options.compared_from, options.compared_to)
    return found


def closed_in_period(answers: Answers) -> int | None:
    """How many leads were won or lost in the period asked for, None without one."""
    return sum(int(row["n"]) for row in answers[CLOSED]) if CLOSED in answers else None


def check_period(context: FunnelContext, answers: Answers) -> None:
    """Stop where nothing happened in the period asked for.

    Raises:
        InputError: No lead was created and none closed in it; the message names the days there are.
    """
    if DAYS not in answers or closed_in_period(answers) or answers[LEADS_BY_STATE]:
        return
    [days] = answers[DAYS]
    options = context.options
    spans = [
        f"{what} from {date_of(days[f'{name} first'])} to {date_of(days[f'{name} last'])}"
        for name, what in (("created", "created"), ("d_won", "won"), ("d_lost", "lost"))
        if days[f"{name} first"] is not None
    ]
    there = f"Leads were {', '.join(spans)}." if spans else "No lead has a day of creation, of winning or of losing."
    named = f" {options.period_name}" if options.period_name else ""
    raise InputError(
        f"{context.table.source_name}: nothing was created or closed in the period{named} "
        f"({options.period_from or ''} to {options.period_to or ''}). {there} Give a --period among these days.",
        ("period", options.period_name),
    )


def _change(before: Any, now: Any, unit: str) -> float | None:
    """The change of a figure: in points for a share, else relative to what it was."""
    if not isinstance(before, int | float) or not isinstance(now, int | float):
        return None
    if unit == "fraction":
        return now - before
    return (now - before) / before if before else None


def _with_change(found: Block) -> Block:
    """The block with the change between its two rows as a third one."""
    if len(found) < 2:
        return found
    columns = []
    for column in found.columns:
        now, before = column.values
        if column.key == "row":
            change: Any = CHANGE
        else:
            change = None if column.unit == "date" else _change(before, now, column.unit)
        columns.append(replace(column, values=(now, before, change), summed=int(column.ratio is not None)))
    return replace(found, columns=tuple(columns))


def _labels(context: FunnelContext) -> list[Column]:
    options = context.options
    rows = [(PERIOD, options.period_from, options.period_to)]
    if options.compared_from is not None:
        rows.append((COMPARED, options.compared_from, options.compared_to))
    return [
        values_column("row", "text", [name for name, _, _ in rows]),
        values_column("first_day", "date", [first for _, first, _ in rows]),
        values_column("last_day", "date", [last for _, _, last in rows]),
    ]


def created_block(context: FunnelContext, tallies: Sequence[Tally], spend: Sequence[float | None]) -> Block:
    """The leads created in the period, and in the one compared with: how many, the stages they reached, conversion.

    Args:
        context: What is counted.
        tallies: Counts of the leads of each period.
        spend: Spend of each.
    """
    stages = {stage.count_key for stage in context.later_stages if stage is not context.pipeline.won}
    wanted = {"leads", *stages, *CREATED_KEYS}
    columns = [column for column in breakdown.count_columns(context, tallies) if column.key in wanted]
    if any(cost is not None for cost in spend):
        columns += [
            values_column("spend", "money", spend, currency="spend", needs=[Fact.SPEND]),
            kpi_column("cpl", "money", "CPL", "spend", "leads", needs=[Fact.SPEND_MONTHS]),
        ]
    return _with_change(block("tblPeriodCreated", [*_labels(context), *columns], evidence=context.evidence))


def closed_columns(context: FunnelContext, tallies: Sequence[Tally]) -> list[Column]:
    """Wins and losses of some days, and the figures over them."""

    def column(key: str, unit: Any = "count", needs: Sequence[Any] = ()) -> Column:
        return values_column(key, unit, [getattr(one, key) for one in tallies], needs=needs)

    won, lost = [Fact.WINS, Fact.WIN_DAYS], [*LOST_IN_TIME]
    known = [*lost, Fact.LOST_OPPORTUNITIES]
    rate = [Fact.LEADS_NOT_WON, *context.closed_needs]
    money = [*REVENUE_NEEDS, Fact.WIN_DAYS]
    columns = [column("won", needs=won), column("lost", needs=lost)]
    columns += [column("lost_opportunities", needs=known), column("disqualified", needs=known)]
    columns.append(kpi_column("win_rate", "fraction", "WINRATE", "won", context.lost_key, needs=rate))
    if context.has_money:
        columns += [
            column("revenue", "money", money),
            column("won_with_amount", needs=money),
            kpi_column("average_deal", "money", "AVGDEAL", "revenue", "won_with_amount"),
        ]
    return columns


def closed_block(context: FunnelContext, tallies: Sequence[Tally], cycles: Sequence[float | None]) -> Block:
    """The leads closed in the period, and in the one compared with.

    Args:
        context: What is counted.
        tallies: Counts of the leads closed in each period.
        cycles: Median days from lead to won of those won in each.
    """
    columns = [*_labels(context), *closed_columns(context, tallies)]
    if context.has_cycles:
        columns.append(values_column("cycle_days_median", "days", cycles, needs=[Fact.WIN_DAYS, Fact.CREATION_DATES]))
    return _with_change(block("tblPeriodClosed", columns, evidence=context.evidence))


class PeriodSection(Section):
    """A period beside the one that it is compared with."""

    def queries(self, context: FunnelContext) -> Queries:
        """Leads closed in both periods by state, leads created in the one compared with, all days there are."""
        options = context.options
        if not options.is_limited:
            return {}
        ends = {
            f"{name} {end}": getattr(nw.col(name), how)()
            for name in ("created", "d_won", "d_lost")
            for end, how in (("first", "min"), ("last", "max"))
        }
        found = {DAYS: context.all_rows.select(**ends), CLOSED: states_by(_closed(context).rows)}
        if options.compared_from is not None:
            first, last = options.compared_from, options.compared_to
            found[CREATED_COMPARED] = states_by(context.all_rows.filter(inside("created", first, last)))
            found[CLOSED_COMPARED] = states_by(closed_rows(context, first, last))
        return found

    def follow_up(self, figures: Figures) -> Queries:
        """Days from lead to won of those closed in both periods."""
        context = figures.context
        if not context.options.is_limited:
            return {}
        return {query: cycles.question() for query, cycles in _both_cycles(context).items()}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """Both bases of the period; None without one."""
        context, answers = figures.context, figures.answers
        if figures.closed is None:
            return dict.fromkeys(("period_created", "period_closed"))
        created = [figures.totals]
        spend = [figures.joined_spend.total if figures.joined_spend else None]
        if CREATED_COMPARED in answers:
            created.append(tally(answers[CREATED_COMPARED], context))
            compared = context.compared_spend
            spend.append(sum(row[3] for row in compared.rows) if compared else None)
        return {"period_created": created_block(context, created, spend), "period_closed": figures.closed}


def closed_of_period(context: FunnelContext, answers: Answers) -> Block | None:
    """The leads closed in the period asked for, and in the one compared with; None without a period."""
    if not context.options.is_limited or CLOSED not in answers:
        return None
    closed = [tally(answers[query], context) for query in (CLOSED, CLOSED_COMPARED) if query in answers]
    cycles = [one.medians(answers[query]).get(0) for query, one in _both_cycles(context).items()]
    return closed_block(context, closed, cycles)


class ClosedSection(Section):
    """What was closed in a period, by group and by reason."""

    def queries(self, context: FunnelContext) -> Queries:
        """Leads closed in the period by each field, and why the lost ones were."""
        if not context.options.is_limited:
            return {}
        closed = _closed(context)
        return {
            CLOSED_REASONS: losses.lost_by_reason(closed),
            **{closed_by_state(field): states_by(closed.rows, field) for field in breakdown.fields(context)},
        }

    def follow_up(self, figures: Figures) -> Queries:
        """Days from lead to won of each group."""
        if not figures.context.options.is_limited:
            return {}
        closed = _closed(figures.context)
        return {
            closed_cycles(field): breakdown.cycles(closed, field, groups).question()
            for field, groups in _groups(figures).items()
        }

    def blocks(self, figures: Figures) -> NamedBlocks:
        """Wins and losses by field, and the losses by stage and reason; None without a period."""
        context, answers = figures.context, figures.answers
        if not context.options.is_limited:
            return dict.fromkeys(("closed_by", "closed_losses"))
        labels = context.table.by_labels
        return {
            "closed_by": {
                labels.get(field, field): _closed_by(figures, field, groups, number)
                for number, (field, groups) in enumerate(_groups(figures).items(), start=1)
            },
            "closed_losses": losses.losses_block(context, answers[CLOSED_REASONS], "tblClosedLoss"),
        }


def _groups(figures: Figures) -> dict[str, breakdown.Groups]:
    """By field, the groups of those closed that have a row of their own."""
    context = figures.context
    return {
        field: breakdown.choose_groups(context, figures.answers[closed_by_state(field)], field)
        for field in breakdown.fields(context)
    }


def _closed_by(figures: Figures, field: str, groups: breakdown.Groups, number: int) -> Block:
    context, answers = figures.context, figures.answers
    rest = [] if groups.rest is None else [groups.rest]
    tallies = [*groups.tallies, *rest, tally(answers[CLOSED], context)]
    columns = [values_column("group", "text", groups.labels), *closed_columns(context, tallies)]
    if context.has_cycles:
        medians = breakdown.cycles(_closed(context), field, groups).medians(answers[closed_cycles(field)])
        own = [medians.get(number) for number in groups.numbers]
        every = _both_cycles(context)[CLOSED_CYCLES].medians(answers[CLOSED_CYCLES]).get(0)
        columns.append(values_column("cycle_days_median", "days", [*own, every]))
    return block(f"tblClosedBy{number}", columns, totals=1, evidence=context.evidence)
