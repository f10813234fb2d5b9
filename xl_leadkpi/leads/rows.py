"""What a row of typed fields says: outcome, furthest stage, days of each stage (sections 3 and 4).

Everything here is expressions over a Narwhals frame, the same for pandas and Polars. The few eager steps - single
figures drawn from the whole table - stand in :func:`measure` and :mod:`duplicates`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.leads import engine
from xl_leadkpi.leads.stages import LOST, OPEN
from xl_leadkpi.leads.table import STAGE_DATE, STAGES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]

WON = len(STAGES)
WAS_OPEN, WAS_WON, WAS_LOST = 1, 2, 3

_SOURCE_OF = {"d_mql": "mql_date", "d_sql": "sql_date", "d_proposal": "proposal_date"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a table before its rows are read.

    Attributes:
        fields: Fields the table has.
        is_deals: Its rows are deals.
        bound: Excel day number after which nothing has happened yet.
    """

    fields: Collection[str]
    is_deals: bool
    bound: int


def happened(name: str, facts: Facts) -> nw.Expr:
    """Take a date column up to the censoring date; null where the table has no such column."""
    if name not in facts.fields:
        return nw.lit(None, dtype=nw.Float64)
    column = nw.col(name)
    return nw.when(column < facts.bound + 1).then(column)


def outcome(facts: Facts) -> nw.Expr:
    """Decide won, lost or open: explicit status, won and lost dates, stage word, booleans; the first that says."""
    options: list[nw.Expr] = []
    if "deal_outcome" in facts.fields:
        options.append(nw.col("deal_outcome"))
    if "status" in facts.fields:
        status = nw.col("status")
        options.append(
            nw.when(status == WON)
            .then(nw.lit(WAS_WON, dtype=nw.Int8))
            .otherwise(
                nw.when(status == LOST)
                .then(nw.lit(WAS_LOST, dtype=nw.Int8))
                .otherwise(nw.when(status == OPEN).then(nw.lit(WAS_OPEN, dtype=nw.Int8)))
            )
        )
    won, lost = happened("won_date", facts), happened("lost_date", facts)
    if "won_date" in facts.fields and "lost_date" in facts.fields:
        options.append(
            nw.when((~won.is_null()) & (lost.is_null() | (won >= lost)))
            .then(nw.lit(WAS_WON, dtype=nw.Int8))
            .otherwise(nw.when(~lost.is_null()).then(nw.lit(WAS_LOST, dtype=nw.Int8)))
        )
    elif "won_date" in facts.fields:
        options.append(nw.when(~won.is_null()).then(nw.lit(WAS_WON, dtype=nw.Int8)))
    elif "lost_date" in facts.fields:
        options.append(nw.when(~lost.is_null()).then(nw.lit(WAS_LOST, dtype=nw.Int8)))
    if "stage" in facts.fields:
        stage = nw.col("stage")
        options.append(
            nw.when(stage == WON)
            .then(nw.lit(WAS_WON, dtype=nw.Int8))
            .otherwise(nw.when(stage == LOST).then(nw.lit(WAS_LOST, dtype=nw.Int8)))
        )
    if "is_won" in facts.fields:
        closed = nw.col("is_closed") if "is_closed" in facts.fields else nw.lit(value=False)
        options.append(
            nw.when(nw.col("is_won"))
            .then(nw.lit(WAS_WON, dtype=nw.Int8))
            .otherwise(nw.when(closed & ~nw.col("is_won")).then(nw.lit(WAS_LOST, dtype=nw.Int8)))
        )
    return nw.coalesce(*options, nw.lit(WAS_OPEN, dtype=nw.Int8))


def dated(frame: Frame, facts: Facts) -> Frame:
    """Add the outcome (as a number) and the day of every stage, each only where it has happened.

    The close-date trap: a close date is the expected one while the deal is open, so it counts as the day of winning or
    losing only for rows that are won or lost.
    """
    frame = frame.with_columns(outcome=outcome(facts))
    is_won, is_lost, is_open = (nw.col("outcome") == code for code in (WAS_WON, WAS_LOST, WAS_OPEN))
    close = happened("close_date", facts)
    held = "meeting_held" if "meeting_held" in facts.fields else "meeting_booked"
    opportunity = happened("opportunity_date", facts)
    if facts.is_deals:
        opportunity = nw.coalesce(opportunity, happened("created", facts))
    expected = [nw.col(name) for name in ("expected_close", "close_date") if name in facts.fields]
    new = {name: happened(source, facts) for name, source in _SOURCE_OF.items() if source in facts.fields}
    if "created" in facts.fields:
        new["created"] = happened("created", facts)
        new["created_read"] = nw.col("created")
    if "cohort_month" in frame.columns:
        new["cohort_month"] = nw.when(nw.col("created") < facts.bound + 1).then(nw.col("cohort_month"))
    if held in facts.fields:
        new["d_meeting"] = happened(held, facts)
    if "opportunity_date" in facts.fields or (facts.is_deals and "created" in facts.fields):
        new["d_opportunity"] = opportunity
    if {"won_date", "close_date"} & set(facts.fields):
        new["d_won"] = nw.when(is_won).then(_first(("won_date", "close_date"), facts, {"close_date": close}))
    if {"lost_date", "close_date"} & set(facts.fields):
        new["d_lost"] = nw.when(is_lost).then(_first(("lost_date", "close_date"), facts, {"close_date": close}))
    if expected:
        new["expected_close"] = nw.when(is_open).then(nw.coalesce(*expected) if len(expected) > 1 else expected[0])
    return frame.with_columns(**new) if new else frame


def _first(names: Sequence[str], facts: Facts, ready: dict[str, nw.Expr]) -> nw.Expr:
    there = [ready.get(name, happened(name, facts)) for name in names if name in facts.fields]
    return nw.coalesce(*there) if len(there) > 1 else there[0]


def furthest(frame: Frame, order: Sequence[str], facts: Facts) -> Frame:
    """Add the furthest stage, the stage now and the stage before the loss.

    Args:
        frame: Rows with the days of the stages.
        order: Stages in order.
        facts: About the table.

    Returns:
        The rows with ``hw``, ``lost_from`` and ``now_rank`` (ranks in ``STAGES``), ``stage_now`` and ``position``,
        the place of the furthest stage in ``order``.
    """
    place = {stage: _place(stage, order) for stage in STAGES}
    start = place["Opportunity"] if facts.is_deals else 1
    is_won, is_lost = nw.col("outcome") == WAS_WON, nw.col("outcome") == WAS_LOST
    evidence: list[nw.Expr] = []
    for stage in order:
        column = STAGE_DATE[stage]
        if stage not in {"Lead", "Won"} and column in frame.columns:
            evidence.append(nw.when(~nw.col(column).is_null()).then(nw.lit(place[stage], dtype=nw.Int8)))
    now = _stage_place("stage", place) if "stage" in facts.fields else None
    before = _stage_place("last_open_stage", place) if "last_open_stage" in facts.fields else None
    evidence += [expression for expression in (now, before) if expression is not None]
    if "deal_hw" in facts.fields:
        evidence.append(
            translate(nw.col("deal_hw"), {STAGES.index(stage) + 1: place[stage] for stage in STAGES}, nw.Int8)
        )
    if "is_converted" in facts.fields:
        evidence.append(nw.when(nw.col("is_converted")).then(nw.lit(place["SQL"], dtype=nw.Int8)))
    evidence.append(nw.when(is_won).then(nw.lit(place["Won"], dtype=nw.Int8)))
    # No evidence means the start. Names, because Narwhals on pandas wants them distinct.
    evidence = [expression.fill_null(start).alias(f"evidence_{number}") for number, expression in enumerate(evidence)]
    # Spark's greatest() wants two
    position = nw.max_horizontal(*evidence) if len(evidence) > 1 else evidence[0]
    frame = frame.with_columns(position=position.cast(nw.Int8))

    said = [expression for expression in (before, now) if expression is not None]
    from_place = nw.coalesce(*said, nw.col("position")) if said else nw.col("position")
    if facts.is_deals:
        from_place = nw.max_horizontal(from_place, nw.lit(start, dtype=nw.Int8))
    frame = frame.with_columns(
        hw=_rank(nw.col("position"), order), lost_from=nw.when(is_lost).then(_rank(from_place, order))
    )
    standing = nw.when(nw.col("hw") < WON).then(nw.col("hw"))
    if now is not None:
        stated = _rank(nw.max_horizontal(now, nw.lit(start, dtype=nw.Int8)) if facts.is_deals else now, order)
        # A stage word nobody knows (0) leaves the stage unknown; a blank one is told by the dates.
        standing = nw.when(~(nw.col("stage") == 0) | nw.col("stage").is_null()).then(
            nw.when(now.is_null()).then(standing).otherwise(stated)
        )
    now_rank = nw.when(is_won).then(nw.lit(WON, dtype=nw.Int8)).otherwise(nw.when(~is_lost).then(standing))
    frame = frame.with_columns(now_rank=now_rank)
    name = translate(nw.col("now_rank"), dict(enumerate(STAGES, 1)), nw.String)
    return frame.with_columns(stage_now=nw.when(is_lost).then(nw.lit("Lost")).otherwise(name))


def _rank(place: nw.Expr, order: Sequence[str]) -> nw.Expr:
    """Translate places in the order to ranks in ``STAGES``; the same where the order is the usual one."""
    if tuple(order) == STAGES:
        return place
    return translate(place, {number: STAGES.index(stage) + 1 for number, stage in enumerate(order, 1)}, nw.Int8)


def _place(stage: str, order: Sequence[str]) -> int:
    """Find a stage's place in the order, from 1; a stage left out counts as the nearest one before it."""
    for candidate in reversed(STAGES[: STAGES.index(stage) + 1]):
        if candidate in order:
            return order.index(candidate) + 1
    return 1


def _stage_place(column: str, place: dict[str, int]) -> nw.Expr:
    """Translate stage codes to places in the order; Won, Lost, Open and unknown words to null."""
    if all(place[stage] == number for number, stage in enumerate(STAGES, 1)):
        return nw.when(nw.col(column).is_between(1, WON - 1)).then(nw.col(column))
    return translate(nw.col(column), {STAGES.index(stage) + 1: place[stage] for stage in STAGES[:-1]}, nw.Int8)


def translate(column: nw.Expr, values: dict[int, Any], dtype: Any) -> nw.Expr:
    """Translate small numbers one by one; null where a number is not listed."""
    chain = nw.lit(None, dtype=dtype)
    for key, value in values.items():
        chain = nw.when(column == key).then(nw.lit(value, dtype=dtype)).otherwise(chain)
    return chain


def month_number(day: nw.Expr) -> nw.Expr:
    """Month number of an Excel day number, by arithmetic that every engine has (1900-03-01 to 2100-02-28).

    Counting years from March puts the leap day last, so that the months before it have fixed offsets.
    """
    since_march_1900 = day.floor() - 61
    year = ((since_march_1900 * 4 + 3) / 1461).floor()
    day_of_year = since_march_1900 - (year * 1461 / 4).floor()
    month = ((day_of_year * 5 + 2) / 153).floor()
    return year * 12 + month + (1900 * 12 + 2)


def measure(frame: Frame, expressions: dict[str, nw.Expr]) -> dict[str, Any]:
    """Draw single figures from the whole table (runs the query)."""
    if not expressions:
        return {}
    [[row]] = engine.collect([frame.lazy().select(**expressions)])
    return row


def locate(frame: Frame, mask: nw.Expr, limit: int) -> tuple[int, ...]:
    """List the first row numbers where a condition holds (runs the query)."""
    return engine.first_rows(frame.lazy(), mask, limit)
