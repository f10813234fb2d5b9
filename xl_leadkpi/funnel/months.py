"""Blocks G and H: what happened to the leads of each month, what happened in each month, and how months ripen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.funnel.blocks import block, counted, kpi
from xl_leadkpi.funnel.scope import (
    COUNT_KEY,
    LOST,
    Scope,
    day_number,
    first_day,
    flag,
    last_day,
    month_of,
)
from xl_leadkpi.funnel.stages import Cycles
from xl_leadkpi.funnel.tally import grouped, states_by, tally
from xl_leadkpi.leads.rows import month_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.funnel.report import Block, Column, Unit
    from xl_leadkpi.funnel.tally import Tally
    from xl_leadkpi.leads.engine import Row

LONGEST_CALENDAR = 240
"""Months that are listed without a gap; beyond, only months with any lead or event are."""
TREND_MONTHS = 3
FOLLOWED = ("Opportunity", "Won")
"""Stages whose cohorts are followed month by month."""


def cohorts_by_state(scope: Scope) -> nw.LazyFrame[Any]:
    """Leads by month of creation and state."""
    return states_by(scope.rows, "cohort_month")


def entries(scope: Scope, stage: str) -> nw.LazyFrame[Any]:
    """Leads by month of creation, month of entry into the stage, and whether the two are in order.

    Grouping by day first leaves so few rows that turning days into months costs nothing.
    """
    column = str(scope.date_column(stage))
    rows = scope.rows.filter(~nw.col(column).is_null()).with_columns(
        day=scope.whole(column),
        in_order=flag(nw.col(column) >= nw.col("created")),
        amounts=flag(~nw.col("amount").is_null()),
    )
    keys = ("cohort_month", "in_order") if stage in FOLLOWED else ()
    return _by_month(scope, rows, *keys)


def losses_by_day(scope: Scope) -> nw.LazyFrame[Any]:
    """Lost leads by month of the loss and whether they had become opportunities."""
    rows = scope.rows.filter((nw.col("outcome") == LOST) & ~nw.col("d_lost").is_null()).with_columns(
        day=scope.whole("d_lost"),
        amounts=flag(~nw.col("amount").is_null()),
        opportunity=flag(nw.col("place") >= scope.opportunity_position),
    )
    return _by_month(scope, rows, "opportunity")


def _by_month(scope: Scope, rows: nw.LazyFrame[Any], *keys: str) -> nw.LazyFrame[Any]:
    sums = (nw.col("n").sum(), nw.col("amount").sum(), nw.col("amounts").sum())
    by_day = rows.with_columns(n=nw.lit(1)).group_by(*keys, "day").agg(*sums)
    start, end = scope.options.period_from, scope.options.period_to
    inside = nw.col("day") >= (day_number(start) if start else 0)
    if end:
        inside = inside & (nw.col("day") <= day_number(end))
    by_day = by_day.with_columns(month=month_number(nw.col("day")), in_period=flag(inside))
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
            opportunities. None if there are losses and not one has a day.
        spend: By month: spend; None without any spend table.
        ripened: By stage, by month of creation, by months since: leads that entered the stage then.
    """

    months: tuple[int, ...]
    cohorts: Mapping[int, Tally]
    entered: Mapping[str, Mapping[int, Event]]
    lost: Mapping[int, Event] | None
    spend: Mapping[int, float] | None
    ripened: Mapping[str, Mapping[int, Mapping[int, int]]]

    def closed_in_period(self, scope: Scope) -> tuple[int, int | None] | None:
        """Won and lost ones closed within the period asked for, None without one."""
        if scope.options.period_from is None and scope.options.period_to is None:
            return None
        won = self.entered.get("Won", {})
        known = self.lost if scope.knows_losses else None
        return sum(event.n for event in won.values()), None if known is None else sum(
            event.n for event in known.values()
        )


def calendar(
    scope: Scope,
    cohort_rows: Sequence[Row],
    entry_rows: Mapping[str, Sequence[Row]],
    lost_rows: Sequence[Row],
    spend: Mapping[int, float] | None,
    *,
    has_losses: bool,
) -> Calendar:
    """Put the months together from the collected queries.

    Args:
        scope: What is counted; without a period among its options everything that happened counts.
        cohort_rows: Rows of :func:`cohorts_by_state`.
        entry_rows: By stage: rows of :func:`entries`.
        lost_rows: Rows of :func:`losses_by_day`.
        spend: Spend by month.
        has_losses: There are losses of the kind that the win rate counts, with or without a day.
    """
    cohorts = {
        int(month): tally(rows, scope)
        for month, rows in grouped(cohort_rows, lambda row: row["cohort_month"]).items()
        if month is not None
    }
    limited = scope.options.period_from is not None or scope.options.period_to is not None
    entered = {stage: _events(rows, limited=limited) for stage, rows in entry_rows.items()}
    losses = [row for row in lost_rows if row["opportunity"] or not scope.knows_lost_reach]
    lost = _events(losses, limited=limited)
    seen = {*cohorts, *lost, *(spend or ()), *(month for events in entered.values() for month in events)}
    if seen:
        whole = range(min(seen), max(*seen, month_of(scope.table.as_of)) + 1)
        seen = set(whole) if len(whole) <= LONGEST_CALENDAR else seen
    ripened = {stage: _ripened(rows) for stage, rows in entry_rows.items() if rows and "cohort_month" in rows[0]}
    unknown = has_losses and not losses
    return Calendar(tuple(sorted(seen)), cohorts, entered, None if unknown else lost, spend, ripened)


def _events(rows: Sequence[Row], *, limited: bool) -> dict[int, Event]:
    events: dict[int, Event] = {}
    for row in sorted(rows, key=lambda row: (row["month"], row["n"], row["amount"])):
        if row["in_period"] or not limited:
            month = int(row["month"])
            events[month] = events.get(month, NOTHING) + Event(int(row["n"]), row["amount"] or 0.0, int(row["amounts"]))
    return events


def _ripened(rows: Sequence[Row]) -> dict[int, dict[int, int]]:
    cohorts: dict[int, dict[int, int]] = {}
    for row in rows:
        if row["cohort_month"] is not None and row["in_order"]:
            cohort = cohorts.setdefault(int(row["cohort_month"]), {})
            after = int(row["month"]) - int(row["cohort_month"])
            cohort[after] = cohort.get(after, 0) + int(row["n"])
    return cohorts


def months_block(scope: Scope, known: Calendar) -> Block:
    """G: the cohort half (what became of the leads created in a month) and the period half (what happened in it).

    The two are never mixed in one column: a month may see more wins than new leads (specification, 5.2).
    """
    months, stages = known.months, scope.stages
    tallies = [known.cohorts.get(month) for month in months]
    window = scope.options.window_days
    columns = [
        counted("month", "month", [first_day(month) for month in months]),
        counted("complete", "text", [last_day(month) <= scope.table.as_of for month in months]),
        counted("mature", "text", [(scope.table.as_of - last_day(month)).days >= window for month in months]),
        counted("leads", "count", [made.leads if made else 0 for made in tallies]),
    ]
    for place, stage in enumerate(stages[1:], start=1):
        reached = [made.reached[place] if made else 0 for made in tallies]
        columns.append(counted(f"cohort_{COUNT_KEY[stage]}", "count", reached))
    if "Opportunity" in stages[1:]:
        columns.append(kpi("cohort_opportunity_rate", "fraction", "LEADTOOPP", "cohort_opportunities", "leads"))
    if "Won" in stages[1:]:
        columns.append(kpi("cohort_conversion", "fraction", "LEADCONV", "cohort_won", "leads"))
    columns += _period_columns(scope, known)
    columns += _spend_columns(scope, known)
    return block("tblMonth", columns)


def _in_period(scope: Scope, month: int) -> bool:
    start, end = scope.options.period_from, scope.options.period_to
    return (start is None or last_day(month) >= start) and (end is None or first_day(month) <= end)


def _period_columns(scope: Scope, known: Calendar) -> list[Column]:
    months = known.months

    def events(found: Mapping[int, Event]) -> list[Event | None]:
        return [found.get(month, NOTHING) if _in_period(scope, month) else None for month in months]

    columns: list[Column] = []
    before = None
    for place, stage in enumerate(scope.stages):
        if stage not in known.entered and place:
            continue
        name = "created" if not place else COUNT_KEY[stage]
        values = events(known.entered.get(stage, {}))
        columns.append(counted(f"entered_{name}", "count", [event and event.n for event in values]))
        if before and (before, stage) != ("created", "Won"):  # that is snapshot_conversion
            columns.append(kpi(f"snapshot_{name}", "fraction", "CONVRATE", f"entered_{name}", f"entered_{before}"))
        before = name
    if "Won" in known.entered:
        won = events(known.entered["Won"])
        blank: list[Event | None] = [None] * len(months)
        losses = blank if known.lost is None or not scope.knows_losses else events(known.lost)
        lost = "lost_opportunities" if scope.knows_lost_reach else "lost"
        columns += [
            kpi("snapshot_conversion", "fraction", "LEADCONV", "entered_won", "entered_created"),
            counted(lost, "count", [event and event.n for event in losses]),
            kpi("win_rate", "fraction", "WINRATE", "entered_won", lost),
        ]
        if scope.has_money:
            columns += [
                counted("revenue", "money", [event and event.amount for event in won]),
                counted("won_with_amount", "count", [event and event.amounts for event in won]),
                kpi("average_deal", "money", "AVGDEAL", "revenue", "won_with_amount"),
            ]
    return columns


def _spend_columns(scope: Scope, known: Calendar) -> list[Column]:
    if known.spend is None:
        return []
    columns = [
        counted("spend", "money", [known.spend.get(month) for month in known.months]),
        kpi("cpl", "money", "CPL", "spend", "leads"),
    ]
    if "Won" in scope.stages[1:]:
        columns.append(kpi("cac_cohort", "money", "CAC", "spend", "cohort_won"))
    if "Won" in known.entered:
        columns.append(kpi("cac_period", "money", "CAC", "spend", "entered_won"))
    return columns


def cohort_blocks(scope: Scope, known: Calendar, stage: str, name: str) -> tuple[Block, Block]:
    """H: by month of creation, leads that had entered a stage so many calendar months later: rates and counts.

    A cell is filled once its month is over; leads whose entry has no day or lies before their creation are left out,
    and a note says how many. Empty where the stage has no days, or is the first one.
    """
    followed = stage in scope.stages[1:] and scope.has_day(stage)
    months = [month for month in known.months if month in known.cohorts] if followed else []
    ripened = known.ripened.get(stage, {})
    labels = [
        counted("month", "month", [first_day(month) for month in months]),
        counted("leads", "count", [known.cohorts[month].leads for month in months]),
    ]
    counts = []
    for after in range(scope.options.cohort_months + 1):
        values = [
            sum(n for later, n in ripened.get(month, {}).items() if later <= after)
            if last_day(month + after) <= scope.table.as_of
            else None
            for month in months
        ]
        if after == 0 or any(value is not None for value in values):
            counts.append(counted(f"month_{after}", "count", values))
    count_block = block(f"{name}Count", [*labels, *counts])
    rates = [kpi(f"rate_{after}", "fraction", "LEADCONV", f"month_{after}", "leads") for after in range(len(counts))]
    missing = sum(_came_to(known.cohorts[month], stage) - sum(ripened.get(month, {}).values()) for month in months)
    notes = [("undated_wins" if stage == "Won" else "undated_opportunities", str(missing))] if missing > 0 else []
    return block(name, [*labels, *rates], beside=count_block, notes=notes), count_block


def _came_to(made: Tally, stage: str) -> int:
    return made.won if stage == "Won" else made.won + made.lost_opportunities + made.open_opportunities


def _trend_starts(scope: Scope) -> tuple[int, int]:
    """First months of the recent and of the previous span."""
    current = month_of(scope.table.as_of)
    complete = current if last_day(current) <= scope.table.as_of else current - 1
    return complete - TREND_MONTHS + 1, complete - 2 * TREND_MONTHS + 1


def trend_cycles(scope: Scope) -> Cycles:
    """Days from lead to won of the wins in the recent (group 1) and the previous (group 0) span."""
    recent, previous = _trend_starts(scope)
    day = nw.col("d_won")
    inside = (day >= day_number(first_day(previous))) & (day < day_number(last_day(recent + TREND_MONTHS - 1)) + 1)
    won = scope.rows.filter(~nw.col("cycle").is_null() & inside)
    won = won.select("cycle", group=flag(day >= day_number(first_day(recent))))
    return Cycles(won, bool(scope.table.has_time))


def trend_block(scope: Scope, months: Block, medians: Mapping[int, float | None], first_month: int | None) -> Block:
    """The last three complete calendar months against the three before, for the arrows on the cards.

    Args:
        scope: What is counted.
        months: Rows of :func:`months_block`, of all months whatever the period asked for.
        medians: Median days from lead to won, see :func:`trend_cycles`.
        first_month: Month of the first lead. Where it lies within or after the three months before, these were not
            recorded in full: their figures are None.
    """
    spans = [(first_day(start), first_day(start + TREND_MONTHS - 1)) for start in _trend_starts(scope)]
    shown = months["month"].values
    compared = first_month is not None and first_month <= min(_trend_starts(scope))

    def sums(key: str) -> list[Any]:
        values = list(zip(shown, months[key].values, strict=True))
        recent, before = (_sum([value for month, value in values if low <= month <= high]) for low, high in spans)
        return [recent, before if compared else None]

    columns = [
        counted("period", "text", ["recent", "previous"]),
        counted("first_month", "month", [low for low, _ in spans]),
        counted("last_month", "month", [high for _, high in spans]),
    ]
    names = {column.key: column.key.removeprefix("entered_") for column in months.columns}
    for column in months.columns:
        if column.key.startswith("entered_") or column.key in (
            "lost_opportunities",
            "lost",
            "revenue",
            "won_with_amount",
            "spend",
        ):
            name = "leads" if column.key == "entered_created" else names[column.key]
            columns.append(counted(name, column.unit, sums(column.key)))
    columns.append(counted("cycle_days_median", "days", [medians.get(1), medians.get(0) if compared else None]))
    keys = {column.key for column in columns}
    ratios: list[tuple[str, Unit, str, tuple[str | float, ...]]] = [
        ("win_rate", "fraction", "WINRATE", ("won", "lost_opportunities" if scope.knows_lost_reach else "lost")),
        ("average_deal", "money", "AVGDEAL", ("revenue", "won_with_amount")),
        ("cpl", "money", "CPL", ("spend", "leads")),
        ("cac", "money", "CAC", ("spend", "won")),
        ("roas", "ratio", "ROAS", ("revenue", "spend")),
        ("romi", "fraction", "ROMI", ("revenue", "spend", scope.options.gross_margin)),
    ]
    for key, unit, name, arguments in ratios:
        if all(argument in keys for argument in arguments if isinstance(argument, str)):
            columns.append(kpi(key, unit, name, *arguments))
    return block("tblTrend", columns)


def _sum(values: Sequence[Any]) -> Any:
    """Sum, None where nothing is known (nothing at all, or spend before any was recorded)."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
