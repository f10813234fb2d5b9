"""What is counted and how: the stages in force, the day of censoring, and the lead table made ready for counting."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.leads import engine
from xl_leadkpi.leads.table import STAGE_DATE, STAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xl_leadkpi.funnel.options import FunnelOptions
    from xl_leadkpi.leads.table import LeadTable

DAY_ZERO = date(1899, 12, 30)
OPPORTUNITY = STAGES.index("Opportunity") + 1
OPEN, WON, LOST = 0, 1, 2
MOST = 0.9
"""Share from which a figure is taken to hold for nearly all leads."""
COUNT_KEY = {
    "Lead": "leads",
    "MQL": "mql",
    "SQL": "sql",
    "Meeting": "meetings",
    "Opportunity": "opportunities",
    "Proposal": "proposals",
    "Won": "won",
}
"""The public name of each stage's count."""


def day_number(day: date) -> int:
    """Excel's number of a day.

    >>> day_number(date(2025, 5, 5))
    45782
    """
    return (day - DAY_ZERO).days


def month_of(day: date) -> int:
    """Number of a calendar month: year * 12 + month - 1."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    """First day of a month number.

    >>> first_day(2025 * 12)
    datetime.date(2025, 1, 1)
    """
    return date(month // 12, month % 12 + 1, 1)


def last_day(month: int) -> date:
    """Last day of a month number."""
    return first_day(month + 1) - timedelta(days=1)


def flag(condition: nw.Expr) -> nw.Expr:
    """1 where the condition holds, 0 where it does not or is unknown."""
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0))


def steady(value: float | None) -> float | None:
    """A mean or percentile without the last digits, in which engines differ: they would decide who has stalled."""
    return None if value is None else round(float(value), 9)


def total(expressions: Iterable[nw.Expr]) -> nw.Expr:
    """Sum of expressions, row by row."""
    return reduce(lambda left, right: left + right, expressions)


@dataclass(frozen=True, slots=True)
class Scope:
    """The table, the options, and what follows from both.

    Attributes:
        table: The leads.
        options: How to count them.
        rows: The leads with what every block needs, worked out once (see :func:`scope`).
        whole_days: Columns of days that are whole numbers by their type.
        knows_lost_reach: The lost rows tell how far they came before the loss, see :func:`tells_lost_reach`.
    """

    table: LeadTable
    options: FunnelOptions
    rows: nw.LazyFrame[Any]
    knows_lost_reach: bool = True
    whole_days: frozenset[str] = frozenset()

    @property
    def stages(self) -> tuple[str, ...]:
        """Stages in force, in order."""
        return self.table.stages

    @property
    def as_of(self) -> int:
        """Censoring day, as Excel's number."""
        return day_number(self.table.as_of)

    @property
    def opportunity_position(self) -> int:
        """Position from 1 of the first stage that makes a lead an opportunity."""
        return _opportunity_position(self.table)

    @property
    def has_money(self) -> bool:
        """Amounts may be added up: there are some, in one currency."""
        return "amount" in self.table.fields and len(self.table.currencies) <= 1

    @property
    def opportunity_date(self) -> str | None:
        """Column with the day a lead became an opportunity."""
        position = self.opportunity_position
        return self.date_column(self.stages[position - 1]) if position < len(self.stages) else None

    @property
    def knows_win_days(self) -> bool:
        """Wins have days: without them no window and no curve means anything."""
        return "Won" not in self.stages or "Won" in self.table.dated

    @property
    def knows_losses(self) -> bool:
        """The table has a column that could say a lead is lost; without one the win rate is unknown, not 100 %."""
        return bool(self.table.fields & {"status", "stage", "d_lost", "is_closed"})

    @property
    def knows_lost_opportunities(self) -> bool:
        """Losses are known, and which of the lost leads had become opportunities."""
        return self.knows_losses and self.knows_lost_reach

    @property
    def win_basis(self) -> str:
        """Basis of the win rate in force: of all closed leads where nobody knows which were opportunities."""
        basis = self.options.win_basis
        return "closed_all_lost" if basis == "closed" and not self.knows_lost_reach else basis

    def whole(self, column: str) -> nw.Expr:
        """A column of days without the time of day."""
        return nw.col(column) if column in self.whole_days else nw.col(column).floor()

    def date_column(self, stage: str) -> str | None:
        """Column with the day a stage was entered, None if the table has no such days."""
        return _date_column(self.table, stage)

    def has_day(self, stage: str) -> bool:
        """The table has days for this stage."""
        return stage in self.stages and self.date_column(stage) is not None


def _date_column(table: LeadTable, stage: str) -> str | None:
    if stage in table.dated:
        return STAGE_DATE[stage]
    # A deal's first stage begins when the deal is created, whatever the stage is called.
    return "created" if stage == table.stages[0] else None


def _opportunity_position(table: LeadTable) -> int:
    if table.is_deals:
        return 1
    if "Opportunity" in table.stages:
        return table.stages.index("Opportunity") + 1
    return next(
        (place for place, stage in enumerate(table.stages, start=1) if STAGES.index(stage) + 1 >= OPPORTUNITY),
        len(table.stages) + 1,
    )


def _place(table: LeadTable, stage: str) -> int:
    """Position from 1 of a canonical stage among those in force; a hidden stage counts as the one before it."""
    if stage in table.stages:
        return table.stages.index(stage) + 1
    rank = STAGES.index(stage)
    return max(1, sum(STAGES.index(other) < rank for other in table.stages))


def _place_of_rank(table: LeadTable, rank: nw.Expr) -> nw.Expr:
    places = [_place(table, stage) for stage in STAGES]
    if places == list(range(1, len(STAGES) + 1)):
        return rank
    # steps added up: a third faster on DuckDB than a case for each rank
    steps = [(after - before, number) for number, (before, after) in enumerate(pairwise(places), start=2)]
    return total([nw.lit(places[0]), *(flag(rank >= number) * step for step, number in steps if step)])


def scope(table: LeadTable, options: FunnelOptions) -> Scope:
    """Make the lead table ready for counting: one row a lead, whole numbers to group by.

    ``rows`` holds the columns of the table that are counted, and besides

    * ``outcome`` 0 open, 1 won, 2 lost; ``place``: position of the furthest stage; ``now``: position of the stage the
      lead is in (0 once lost); ``lost_at``: position it was lost from (0 unless lost);
    * ``exact``, ``reach``: a bit for each stage with a trace of it, and for each stage reached by the chosen rule;
      ``strict``: how many stages have dates in order;
    * ``state``: what is ripe for the window, ``reach``, ``place`` and ``outcome`` in one number, see :func:`decode`;
    * ``age``: whole days from creation to the censoring day; ``cycle``: days from creation to the win, null unless
      both are known and in order; ``followed``: whole days under observation (until the win, else ``age``), null where
      that is unknown;
    * ``currency_amount``: the amount where several currencies forbid adding amounts up.
    """
    whole = {name for name, kind in table.frame.collect_schema().items() if kind.is_integer()}
    made = Scope(table, options, engine.lazy(table.frame), whole_days=frozenset(whole))
    rows = made.rows.with_columns(*_positions(table)).with_columns(*_whereabouts(table))
    rows = engine.cut(rows.with_columns(*_traces(made), *_times(made)))
    rows = rows.with_columns(reach=_reach(made), ripe=_ripe(made))
    state = ((nw.col("ripe") * 128 + nw.col("reach")) * 8 + nw.col("place")) * 3 + nw.col("outcome")
    rows = rows.with_columns(state=state)
    if len(table.currencies) > 1:
        # adding zlotys to euros gives nothing: the sums are printed apart, by currency
        rows = rows.with_columns(currency_amount=nw.col("amount")).with_columns(amount=nothing(nw.col("amount")))
    # on an engine every byte of the kept columns is written once and read by each query
    small = [nw.col(name).cast(kind) for name, kind in _MADE_COLUMNS.items()]
    apart = ["currency_amount"] if len(table.currencies) > 1 else []
    rows = rows.select(*_SOURCE_COLUMNS, *table.by_labels, *small, *_MADE_DAYS, *apart)
    return replace(made, rows=engine.settled(rows, in_memory=not engine.streams(table.frame)))


_SOURCE_COLUMNS = (
    "row_no", *dict.fromkeys(STAGE_DATE.values()), "d_lost", "cohort_month", "source", "campaign", "owner",
    "lost_reason", "amount", "currency", "response_min",
)  # fmt: skip
_MADE_COLUMNS: dict[str, Any] = {
    **dict.fromkeys(("outcome", "place", "now", "lost_at", "strict"), nw.Int8),
    "exact": nw.Int16,
    "state": nw.Int32,
}
_MADE_DAYS = ("age", "cycle", "followed")


def tells_lost_reach(table: LeadTable, states: Iterable[Mapping[str, Any]]) -> bool:
    """Whether lost rows tell how far they came: not where no column could, and nine in ten came nowhere.

    A snapshot of one stage column calls a lost lead Lost and nothing else: counted as disqualified leads they would
    make every win rate 100 %. A deal is an opportunity from the start, so nothing is missing there.

    Args:
        table: The leads.
        states: Numbers ``n`` of leads by ``state``.
    """
    blind = len(table.stages) <= len(("Lead", "Won")) or any(one.kind == "lost_reach_unknown" for one in table.findings)
    if table.is_deals or not blind:
        return True
    lost = nowhere = 0
    for row in states:
        _, _, place, outcome = decode(int(row["state"]))
        if outcome == LOST:
            lost += int(row["n"])
            nowhere += int(row["n"]) if place == 1 else 0
    return nowhere < MOST * lost or not lost


RIPE = ("mature_leads", "mature_won", "mature_opportunities", "mature_opportunities_won")
"""What the bits of ``ripe`` say of a lead, the lowest first: old enough for the window; won within it; likewise as an
opportunity."""


def decode(state: int) -> tuple[int, int, int, int]:
    """``ripe``, ``reach``, ``place`` and ``outcome`` out of ``state``.

    >>> decode(((0b11 * 128 + 0b111) * 8 + 3) * 3 + 2)
    (3, 7, 3, 2)
    """
    return state // 3072, state // 24 % 128, state // 3 % 8, state % 3


def nothing(like: nw.Expr) -> nw.Expr:
    """Nulls of the kind of an expression."""
    return nw.when(like.is_null()).then(like)


def _positions(table: LeadTable) -> list[nw.Expr]:
    outcome = nw.col("outcome")
    not_won = nw.when(outcome == "lost").then(nw.lit(LOST)).otherwise(nw.lit(OPEN))
    return [
        nw.when(outcome == "won").then(nw.lit(WON)).otherwise(not_won).alias("outcome"),
        _place_of_rank(table, nw.col("hw")).alias("place"),
        # 0 where the lead was not lost or nobody knows where
        _place_of_rank(table, nw.col("lost_from")).fill_null(0).alias("lost_place"),
    ]


def _whereabouts(table: LeadTable) -> list[nw.Expr]:
    won, lost = nw.col("outcome") == WON, nw.col("outcome") == LOST
    now = nw.col("now_rank")
    in_stage = nw.when(now.is_null()).then(nw.col("place")).otherwise(_place_of_rank(table, now))
    at_loss = nw.when(nw.col("lost_place") > 0).then(nw.col("lost_place")).otherwise(nw.col("place"))
    closed = nw.when(won).then(nw.lit(len(table.stages))).otherwise(nw.lit(0))
    return [
        nw.when(won | lost).then(closed).otherwise(in_stage).alias("now"),
        nw.when(lost).then(at_loss).otherwise(nw.lit(0)).alias("lost_at"),
    ]


def _traces(made: Scope) -> list[nw.Expr]:
    """``exact`` and ``strict``, from the dates and the stage words."""
    exact: list[nw.Expr] = [nw.lit(1)]
    strict: list[nw.Expr] = [nw.lit(1)]
    in_order: nw.Expr | None = nw.lit(value=True)
    before = made.date_column(made.stages[0])
    for position, stage in enumerate(made.stages[1:], start=2):
        column = made.date_column(stage)
        trace = (nw.col("now") == position) | (nw.col("lost_place") == position)
        if column is not None:
            trace = trace | ~nw.col(column).is_null()
        exact.append(flag(trace) * 2 ** (position - 1))
        in_order = (
            None
            if in_order is None or before is None or column is None
            else (in_order & (nw.col(column) >= nw.col(before)))
        )
        if in_order is not None:
            strict.append(flag(in_order))
        before = column
    return [total(exact).alias("exact"), total(strict).alias("strict")]


def _times(made: Scope) -> list[nw.Expr]:
    won = nw.col("outcome") == WON
    cycle = nw.col("d_won") - nw.col("created")
    age = nw.lit(made.as_of) - made.whole("created")
    cycle = nw.when(won & (cycle >= 0)).then(cycle)
    age = nw.when(age >= 0).then(age)
    # a win at 40.4 days had not happened at 40: within whole days it counts from day 41
    until_won = cycle if {"created", "d_won"} <= made.whole_days else cycle.ceil()
    return [age.alias("age"), cycle.alias("cycle"), nw.when(won).then(until_won).otherwise(age).alias("followed")]


def _reach(made: Scope) -> nw.Expr:
    if made.options.reach == "exact":
        return nw.col("exact")
    furthest = nw.col("strict" if made.options.reach == "strict" else "place")
    bits = (flag(furthest >= position) * 2 ** (position - 1) for position in range(1, len(made.stages) + 1))
    return total(bits)


def _ripe(made: Scope) -> nw.Expr:
    """The bits of ``RIPE``."""
    window = made.options.window_days
    mature = (nw.col("age") >= window) & ~nw.col("followed").is_null()
    bits = flag(mature) + flag(mature & (nw.col("cycle") <= window)) * 2
    column = made.opportunity_date
    if column is None:
        return bits
    since = nw.col("d_won") - nw.col(column)
    placed = (nw.col("outcome") != WON) | (since >= 0)
    mature = (nw.lit(made.as_of) - made.whole(column) >= window) & placed
    return bits + flag(mature) * 4 + flag(mature & (nw.col("outcome") == WON) & (since <= window)) * 8
