"""What is counted and how: the stages in force, the day of censoring, and the lead table context ready for counting."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.cells.days import day_number
from xl_leadkpi.funnel.lead_state import LOST, OPEN, WON, StatePacking
from xl_leadkpi.leads.model.evidence import Evidence, Fact, Need
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.reports import Reports

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xl_leadkpi.funnel.options import FunnelOptions
    from xl_leadkpi.leads.model.stage import Pipeline, Stage
    from xl_leadkpi.leads.model.table import LeadTable, SpendTable, TouchTable


def month_of(day: date) -> int:
    """Number of a calendar month: year * 12 + month - 1."""
    return day.year * 12 + day.month - 1


MONTHS = range(12, 10_000 * 12)
"""Numbers of the months that a calendar has; a slip in a date may lead to others."""


def first_day(month: int) -> date:
    """First day of a month number.

    >>> first_day(2025 * 12)
    datetime.date(2025, 1, 1)
    """
    return date(month // 12, month % 12 + 1, 1)


def last_day(month: int) -> date:
    """Last day of a month number.

    >>> last_day(9999 * 12 + 11)
    datetime.date(9999, 12, 31)
    """
    year, place = divmod(month, 12)
    return date(year, place + 1, monthrange(year, place + 1)[1])


def is_over(month: int, day: date) -> bool:
    """Tell whether a month, however far ahead, has ended by the end of a day.

    >>> is_over(2025 * 12, date(2025, 1, 31)), is_over(2025 * 12, date(2025, 1, 30)), is_over(99_999 * 12, date.max)
    (True, False, False)
    """
    current = month_of(day)
    return month < current or (month == current and day == last_day(month))


def inside(column: str, first: date | None, last: date | None) -> nw.Expr:
    """Days of a column from the first to the last, with all their hours; None leaves an end open."""
    day = nw.col(column)
    found = ~day.is_null()
    if first is not None:
        found = found & (day >= day_number(first))
    return found if last is None else found & (day < day_number(last) + 1)


def flag(condition: nw.Expr) -> nw.Expr:
    """1 where the condition holds, 0 where it does not or is unknown."""
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0))


def steady(value: float | None) -> float | None:
    """A mean or percentile without the last digits, in which engines differ: they would decide who has stalled."""
    return None if value is None else round(float(value), 9)


def total(expressions: Iterable[nw.Expr]) -> nw.Expr:
    """Sum of expressions, row by row."""
    return reduce(lambda left, right: left + right, expressions)


NO_REPORTS = Reports()


@dataclass(frozen=True, slots=True)
class Transition:
    """A visit of a stage, or the way from one stage to another, whose duration is measured.

    Attributes:
        name: The stage, or ``lead_to_won`` and the like.
        days: Days it took, null where it has no end or no beginning.
        waiting: Days that open leads have been there so far; None for the way from one stage to another.
    """

    name: str
    days: nw.Expr
    waiting: nw.Expr | None = None


@dataclass(frozen=True, slots=True)
class FunnelContext:
    """The table, the options, and what follows from both.

    Attributes:
        table: The leads.
        options: How to count them.
        rows: The leads with what every block needs, worked out once (see :func:`funnel_context`).
        spend: What marketing cost, None without a table of it.
        touches: Contacts before the conversion, None without a table of them.
        transitions: Every duration measured.
        whole_days: Columns of days that are whole numbers by their type.
        evidence: What the tables tell and what not.
        everything: All leads, where ``rows`` are only those created in the period asked for; else None.
        spend_gap: Why there is no spend on the period, though there is a table of it.
        compared_spend: Spend in the period that it is compared with, None where that is not known.
        compared_spend_gap: Why not, though there is a table of it.
        visits: The visits of the stages in force, None without a history.
        reports: Reports of traffic, e-mailings and social networks.
    """

    table: LeadTable
    options: FunnelOptions
    rows: nw.LazyFrame[Any]
    spend: SpendTable | None = None
    touches: TouchTable | None = None
    transitions: tuple[Transition, ...] = ()
    whole_days: frozenset[str] = frozenset()
    evidence: Evidence = field(default_factory=Evidence)
    everything: nw.LazyFrame[Any] | None = None
    spend_gap: Finding | None = None
    compared_spend: SpendTable | None = None
    compared_spend_gap: Finding | None = None
    visits: nw.LazyFrame[Any] | None = None
    reports: Reports = NO_REPORTS

    @property
    def all_rows(self) -> nw.LazyFrame[Any]:
        """All leads, whenever they were created."""
        return self.rows if self.everything is None else self.everything

    def in_period(self, column: str) -> nw.Expr:
        """Days of a column within the period asked for."""
        return inside(column, self.options.period_from, self.options.period_to)

    @property
    def stages(self) -> tuple[str, ...]:
        """Stages in force, in order."""
        return self.table.stages

    @property
    def pipeline(self) -> Pipeline:
        """All stages of the table."""
        return self.table.pipeline

    @property
    def later_stages(self) -> tuple[Stage, ...]:
        """Stages in force after the first."""
        return tuple(self.pipeline[name] for name in self.stages[1:])

    @property
    def opportunity_stage(self) -> Stage | None:
        """The stage that makes a lead an opportunity, if it is in force after the first."""
        stage = self.pipeline.opportunity
        return stage if stage is not None and stage in self.later_stages else None

    @property
    def packing(self) -> StatePacking:
        """How the state of a lead is packed into ``state``."""
        return StatePacking(len(self.stages))

    @property
    def as_of(self) -> int:
        """Censoring day, as Excel's number."""
        return day_number(self.table.as_of)

    @property
    def opportunity_rank(self) -> int:
        """Rank of the first stage that makes a lead an opportunity: its number from 1 among those in force."""
        return _opportunity_rank(self.table)

    @property
    def has_money(self) -> bool:
        """Amounts may be added up: there are some, in one currency."""
        return self.evidence.supports(Fact.AMOUNTS, Fact.ONE_CURRENCY)

    @property
    def opportunity_date(self) -> str | None:
        """Column with the day a lead became an opportunity."""
        rank = self.opportunity_rank
        return self.date_column(self.stages[rank - 1]) if rank < len(self.stages) else None

    @property
    def opportunity_days(self) -> tuple[Need, ...]:
        """What a figure needs to know of when leads became opportunities."""
        stage = self.pipeline.opportunity
        return (Need(Fact.STAGE_DAYS, stage.name),) if stage else ()

    @property
    def is_open_opportunity(self) -> nw.Expr:
        """Leads that are opportunities and still open."""
        return (nw.col("outcome") == OPEN) & (nw.col("furthest_rank") >= self.opportunity_rank)

    @property
    def has_cycles(self) -> bool:
        """Leads can be followed to the win: without the days of both ends no window and no curve means anything."""
        return self.evidence.supports(Fact.CREATION_DATES, Fact.WIN_DAYS, Fact.WINS)

    @property
    def counts_all_lost(self) -> bool:
        """Nobody knows which of the lost had become opportunities, so that a win rate can only be of all of them."""
        gap = self.evidence.gap([Need(Fact.LOST_OPPORTUNITIES)])
        reasons = (FindingKind.LOST_REACH_UNKNOWN, FindingKind.NO_OPPORTUNITIES)
        return gap is not None and gap.why is not None and gap.why.kind in reasons

    @property
    def win_basis(self) -> str:
        """Basis of the win rate in force: of all closed leads where nobody knows which were opportunities."""
        basis = self.options.win_basis
        return "closed_all_lost" if basis == "closed" and self.counts_all_lost else basis

    @property
    def closed_needs(self) -> tuple[Fact, ...]:
        """What a win rate over closed ones needs to know of them."""
        return (Fact.LOSSES,) if self.counts_all_lost else (Fact.LOSSES, Fact.LOST_OPPORTUNITIES)

    @property
    def lost_key(self) -> str:
        """Key of the losses that the win rate counts."""
        return "lost" if self.counts_all_lost else "lost_opportunities"

    def reach(self, stage: str) -> tuple[Need, ...]:
        """What the number of leads that came to a stage needs."""
        if stage in (self.stages[0], self.pipeline.won.name):
            return ()
        return (Need(Fact.STAGE, stage), Need(Fact.REACH_OF_LOST, stage))

    def stay(self, stage: str) -> tuple[Need, ...]:
        """What the days that finished visits of a stage took need: those of the stage after it end them."""
        rank = self.stages.index(stage) + 1 if stage in self.stages else len(self.stages)
        after = self.stages[rank] if rank < len(self.stages) else self.pipeline.won.name
        return () if after == self.pipeline.won.name else (Need(Fact.STAGE_DAYS, after),)

    def whole(self, column: str) -> nw.Expr:
        """A column of days without the time of day."""
        return nw.col(column) if column in self.whole_days else nw.col(column).floor()

    def date_column(self, stage: str) -> str | None:
        """Column with the day a stage was entered, None if the table has no such days."""
        return _date_column(self.table, stage)

    def rank(self, index: int) -> int:
        """The rank among the stages in force of a stage that is told by its index in the pipeline."""
        return _rank(self.table, self.pipeline.names[index - 1])

    def has_day(self, stage: str) -> bool:
        """The table has days for this stage."""
        return stage in self.stages and self.date_column(stage) is not None


def _date_column(table: LeadTable, stage: str) -> str | None:
    if stage in table.dated:
        return table.pipeline[stage].date_column
    # A deal's first stage begins when the deal is created, whatever the stage is called.
    return "created" if stage == table.stages[0] else None


def _opportunity_rank(table: LeadTable) -> int:
    if table.is_deals:
        return 1
    pipeline = table.pipeline
    if pipeline.opportunity and pipeline.opportunity.name in table.stages:
        return table.stages.index(pipeline.opportunity.name) + 1
    return next(
        (rank for rank, stage in enumerate(table.stages, 1) if pipeline.index(stage) >= pipeline.opportunity_index),
        len(table.stages) + 1,
    )


def _rank(table: LeadTable, stage: str) -> int:
    """Number of a stage from 1 among those in force; a hidden stage counts as the one before it."""
    if stage in table.stages:
        return table.stages.index(stage) + 1
    index = table.pipeline.index
    return max(1, sum(index(other) < index(stage) for other in table.stages))


def rank_of_index(table: LeadTable, index: nw.Expr) -> nw.Expr:
    """The rank among the stages in force of a stage that is told by its index in the pipeline."""
    ranks = [_rank(table, stage) for stage in table.pipeline.names]
    if ranks == list(range(1, len(ranks) + 1)):
        return index
    # steps added up: a third faster on DuckDB than a case for each index
    steps = [(after - before, number) for number, (before, after) in enumerate(pairwise(ranks), start=2)]
    return total([nw.lit(ranks[0]), *(flag(index >= number) * step for step, number in steps if step)])


def funnel_context(
    table: LeadTable, options: FunnelOptions, spend: SpendTable | None = None, touches: TouchTable | None = None
) -> FunnelContext:
    """Make the lead table ready for counting: one row a lead, whole numbers to group by.

    ``rows`` holds the columns of the table that are counted, and besides

    * ``outcome`` 0 open, 1 won, 2 lost; ``furthest_rank``, ``current_rank``: numbers from 1, among the stages in
      force, of the furthest one and of the one the lead is in (0 once lost); ``lost_rank``: of the one it was lost from
      (0 unless lost, and where nobody knows);
    * ``exact``, ``reach``: a bit for each stage with a trace of it, and for each stage reached by the chosen rule;
      ``strict``: how many stages have dates in order;
    * ``state``: ``maturity_flags``, ``reach``, ``furthest_rank`` and ``outcome`` in one number, see
      :class:`StatePacking`;
    * ``age``: whole days from creation to the censoring day; ``cycle``: days from creation to the win, null unless
      both are known and in order; ``observed_days``: whole days under observation (until the win, else ``age``), null
      where that is unknown;
    * ``currency_amount``: the amount where several currencies forbid adding amounts up.
    """
    whole = {name for name, kind in table.frame.collect_schema().items() if kind.is_integer()}
    context = FunnelContext(
        table,
        options,
        engines.lazy(table.frame),
        spend=spend,
        touches=touches,
        whole_days=frozenset(whole),
        evidence=table.evidence,
    )
    rows = context.rows.with_columns(*_ranks(table)).with_columns(*_whereabouts(table))
    rows = engines.checkpoint(rows.with_columns(*_traces(context), *_times(context)))
    rows = rows.with_columns(reach=_reach(context), maturity_flags=_maturity_flags(context))
    rows = rows.with_columns(state=context.packing.packed_columns())
    if len(table.currencies) > 1:
        # adding zlotys to euros gives nothing: the sums are printed apart, by currency
        rows = rows.with_columns(currency_amount=nw.col("amount")).with_columns(amount=nothing(nw.col("amount")))
    # on an engine every byte of the kept columns is written once and read by each query
    small = [nw.col(name).cast(kind) for name, kind in _made_columns(context.packing).items()]
    apart = ["currency_amount"] if len(table.currencies) > 1 else []
    rows = rows.select(*_source_columns(table), *table.by_labels, *small, *_MADE_DAYS, *apart)
    rows = engines.materialised(rows, in_memory=not engines.is_lazy(table.frame))
    context = replace(context, rows=rows, transitions=tuple(_transitions(context)))
    return of_period(context) if options.is_limited else context


def of_period(context: FunnelContext) -> FunnelContext:
    """The same with the leads created in the period asked for, and the spend of its months."""
    options, spend, gap, compared, compared_gap = context.options, context.spend, None, None, None
    if spend is not None:
        if options.compared_from is not None:
            compared, compared_gap = spend_of_period(spend, options.compared_from, options.compared_to)
        spend, gap = spend_of_period(spend, options.period_from, options.period_to)
    return replace(
        context,
        rows=context.rows.filter(context.in_period("created")),
        everything=context.rows,
        spend=spend,
        spend_gap=gap,
        compared_spend=compared,
        compared_spend_gap=compared_gap,
    )


def spend_of_period(
    spend: SpendTable, first: date | None, last: date | None
) -> tuple[SpendTable | None, Finding | None]:
    """The spend of a period of whole months; None where spend by months says nothing of it, and why.

    Args:
        spend: What marketing cost, by month.
        first: First day of the period, None where it is open.
        last: Its last day.
    """
    months = {"period": " .. ".join(str(day) for day in (first, last) if day)}
    if (first and first.day != 1) or (last and last != last_day(month_of(last))):
        return None, Finding(FindingKind.SPEND_NOT_OF_PERIOD, len(spend.rows), details=months)
    rows = tuple(
        row
        for row in spend.rows
        if row[2] is not None
        and (first is None or row[2] >= month_of(first))
        and (last is None or row[2] <= month_of(last))
    )
    if not rows:
        return None, Finding(FindingKind.SPEND_NOT_OF_PERIOD, len(spend.rows), details=months)
    return replace(spend, rows=rows), None


def _source_columns(table: LeadTable) -> tuple[str, ...]:
    there = table.frame.collect_schema().names()
    further = [name for name in ("customer_end", "probability") if name in there]
    return (
        "row_no", *table.pipeline.date_columns, "d_lost", "expected_close", "cohort_month", "source", "campaign",
        "owner", "lost_reason", "amount", "currency", "response_min", *further,
    )  # fmt: skip


def _made_columns(packing: StatePacking) -> dict[str, Any]:
    return {
        **dict.fromkeys(("outcome", "furthest_rank", "current_rank", "lost_rank", "strict"), nw.Int8),
        "exact": packing.bits_type,
        "state": packing.state_type,
    }


_MADE_DAYS = ("age", "cycle", "observed_days")


def nothing(like: nw.Expr) -> nw.Expr:
    """Nulls of the kind of an expression."""
    return nw.when(like.is_null()).then(like)


def _ranks(table: LeadTable) -> list[nw.Expr]:
    outcome = nw.col("outcome")
    not_won = nw.when(outcome == "lost").then(nw.lit(LOST)).otherwise(nw.lit(OPEN))
    return [
        nw.when(outcome == "won").then(nw.lit(WON)).otherwise(not_won).alias("outcome"),
        rank_of_index(table, nw.col("furthest_stage")).alias("furthest_rank"),
        # 0 where the lead was not lost or nobody knows where
        rank_of_index(table, nw.col("lost_stage")).fill_null(0).alias("told_lost_rank"),
    ]


def _whereabouts(table: LeadTable) -> list[nw.Expr]:
    won, lost = nw.col("outcome") == WON, nw.col("outcome") == LOST
    now = nw.col("current_stage")
    in_stage = nw.when(now.is_null()).then(nw.col("furthest_rank")).otherwise(rank_of_index(table, now))
    at_loss = nw.when(nw.col("told_lost_rank") > 0).then(nw.col("told_lost_rank")).otherwise(nw.col("furthest_rank"))
    # 0 where nobody knows from which stage it was lost
    is_told = lost & (nw.col("lost_told") == 1) if "lost_told" in table.frame.collect_schema().names() else lost
    closed = nw.when(won).then(nw.lit(len(table.stages))).otherwise(nw.lit(0))
    return [
        nw.when(won | lost).then(closed).otherwise(in_stage).alias("current_rank"),
        nw.when(is_told).then(at_loss).otherwise(nw.lit(0)).alias("lost_rank"),
    ]


def _traces(context: FunnelContext) -> list[nw.Expr]:
    """``exact`` and ``strict``, from the dates and the stage words."""
    exact: list[nw.Expr] = [nw.lit(1)]
    strict: list[nw.Expr] = [nw.lit(1)]
    in_order: nw.Expr | None = nw.lit(value=True)
    before = context.date_column(context.stages[0])
    for rank, stage in enumerate(context.stages[1:], start=2):
        column = context.date_column(stage)
        trace = (nw.col("current_rank") == rank) | (nw.col("told_lost_rank") == rank)
        if column is not None:
            trace = trace | ~nw.col(column).is_null()
        exact.append(flag(trace) * 2 ** (rank - 1))
        in_order = (
            None
            if in_order is None or before is None or column is None
            else (in_order & (nw.col(column) >= nw.col(before)))
        )
        if in_order is not None:
            strict.append(flag(in_order))
        before = column
    return [total(exact).alias("exact"), total(strict).alias("strict")]


def _times(context: FunnelContext) -> list[nw.Expr]:
    won = nw.col("outcome") == WON
    cycle = nw.col("d_won") - nw.col("created")
    age = nw.lit(context.as_of) - context.whole("created")
    cycle = nw.when(won & (cycle >= 0)).then(cycle)
    age = nw.when(age >= 0).then(age)
    # a win at 40.4 days had not happened at 40: within whole days it counts from day 41
    until_won = cycle if {"created", "d_won"} <= context.whole_days else cycle.ceil()
    return [age.alias("age"), cycle.alias("cycle"), nw.when(won).then(until_won).otherwise(age).alias("observed_days")]


def _reach(context: FunnelContext) -> nw.Expr:
    if context.options.reach == "exact":
        return nw.col("exact")
    furthest = nw.col("strict" if context.options.reach == "strict" else "furthest_rank")
    bits = (flag(furthest >= rank) * 2 ** (rank - 1) for rank in range(1, len(context.stages) + 1))
    return total(bits)


def _maturity_flags(context: FunnelContext) -> nw.Expr:
    """The bits of ``MATURITY_FLAGS``."""
    window = context.options.window_days
    mature = (nw.col("age") >= window) & ~nw.col("observed_days").is_null()
    bits = flag(mature) + flag(mature & (nw.col("cycle") <= window)) * 2
    column = context.opportunity_date
    if column is None:
        return bits
    since = nw.col("d_won") - nw.col(column)
    placed = (nw.col("outcome") != WON) | (since >= 0)
    mature = (nw.lit(context.as_of) - context.whole(column) >= window) & placed
    return bits + flag(mature) * 4 + flag(mature & (nw.col("outcome") == WON) & (since <= window)) * 8


LEAD_TO_OPPORTUNITY, OPPORTUNITY_TO_WON, LEAD_TO_WON = "lead_to_opportunity", "opportunity_to_won", "lead_to_won"


def _transitions(context: FunnelContext) -> list[Transition]:
    found = []
    won = context.pipeline.won.name
    dated = [stage for stage in context.stages if context.has_day(stage)]
    days = {stage: nw.col(str(context.date_column(stage))) for stage in dated}
    for stage in dated:
        rank = context.stages.index(stage) + 1
        if stage == won:
            continue
        later = [days[other] for other in dated if context.stages.index(other) >= rank]
        so_far = nw.lit(context.as_of) - context.whole(str(context.date_column(stage)))
        waiting = nw.when((nw.col("outcome") == OPEN) & (nw.col("current_rank") == rank) & (so_far >= 0)).then(so_far)
        found.append(Transition(stage, nw.coalesce(*later, nw.col("d_lost")) - days[stage], waiting))
    opportunity = None if context.table.is_deals else context.opportunity_date
    if opportunity is not None:
        found.append(Transition(LEAD_TO_OPPORTUNITY, nw.col(opportunity) - nw.col("created")))
        if won in dated:
            found.append(Transition(OPPORTUNITY_TO_WON, nw.col("d_won") - nw.col(opportunity)))
    if won in dated:
        found.append(Transition(LEAD_TO_WON, nw.col("d_won") - nw.col("created")))
    return found
