"""Blocks of a history: every visit of a stage, the moves between them, who was reopened, what else has changed.

Where a period is asked for they are of what changed in it, whenever the leads were created: visits that began in it,
moves, reopenings and changes of other fields that came in it. A visit of which nobody knows when it began is in none.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.engines.percentiles import draw, percentile, read_slots, values
from xl_leadkpi.funnel.blocks import block, kpi_column, values_column
from xl_leadkpi.funnel.context import flag, inside, rank_of_index, steady
from xl_leadkpi.funnel.lead_state import LOST as IS_LOST
from xl_leadkpi.funnel.lead_state import OPEN as IS_OPEN
from xl_leadkpi.funnel.lead_state import WON as IS_WON
from xl_leadkpi.funnel.section import Query, Section
from xl_leadkpi.funnel.stages import MILLISECONDS
from xl_leadkpi.leads.model.stage import LOST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.engines import Row
    from xl_leadkpi.engines.percentiles import Values
    from xl_leadkpi.funnel.context import FunnelContext
    from xl_leadkpi.funnel.figures import Answers, Figures
    from xl_leadkpi.funnel.report import Block, NamedBlocks
    from xl_leadkpi.funnel.section import Queries

Direction = Literal["forward", "back", "lost", "reopened"]

VISITS = Query("leads and visits by stage")
STAYS = Query("finished visits by stage and length")
HERE = Query("visits by stage and days so far")
MOVES = Query("moves from stage to stage")
REOPENED = Query("reopened leads by outcome before and now")
_SHARES = (0.5, 0.9)
_CHANGED = "changed"
"""What the blocks of a period are of: changes that came in it."""
_CHANGES = {"amount": ("raised", "lowered"), "close_date": ("pushed", "pulled_in")}
"""What a change of a field is called, where its value grows and where it falls."""


def changed(field: str) -> Query:
    """The query for the changes of a field."""
    return Query("changes of a field", field)


@dataclass(frozen=True, slots=True)
class Visits:
    """The visits of the stages in force.

    Attributes:
        rows: One row a visit: ``row_no``, ``rank`` (among the stages in force; after the win that of the loss),
            ``before`` likewise, ``entered``, ``left``, ``is_timed``.
        context: What is counted.
    """

    rows: nw.LazyFrame[Any]
    context: FunnelContext

    @property
    def won(self) -> int:
        """Rank of the win."""
        return _won_rank(self.context)

    def name(self, rank: int) -> str:
        """The stage of a rank."""
        if rank >= self.won:
            return LOST if rank > self.won else self.context.pipeline.won.name
        return self.context.stages[rank - 1]

    def direction(self, before: int, rank: int) -> Direction:
        """Where a move goes: out of an outcome it is a new start, whatever comes then."""
        if before >= self.won:
            return "reopened"
        if rank > self.won:
            return "lost"
        return "forward" if rank > before else "back"


def _won_rank(context: FunnelContext) -> int:
    """Rank of the win, also where nobody is won and it is not in force: someone may have been."""
    return len([stage for stage in context.stages if stage != context.pipeline.won.name]) + 1


def visits_in_force(context: FunnelContext) -> nw.LazyFrame[Any] | None:
    """The visits by the stages that are in force, None without a history.

    Moves between stages that count as one are none.

    Args:
        context: What is counted.

    Returns:
        ``row_no``, ``rank``, ``before``, ``entered``, ``left``, ``is_timed``, see :class:`Visits`; worked out once.
    """
    table, lost = context.table, context.pipeline.lost_index
    history = table.history
    if history is None:
        return None
    won = _won_rank(context)

    def rank(column: str) -> nw.Expr:
        closed = nw.when(nw.col(column) == lost).then(nw.lit(won + 1)).otherwise(nw.lit(won))
        known = nw.when(nw.col(column) >= context.pipeline.won_index).then(closed).otherwise(
            rank_of_index(table, nw.col(column))
        )  # fmt: skip
        # before the first visit there is none, which is no move from the first stage
        return nw.when(~nw.col(column).is_null()).then(known)

    rows = history.visits.with_columns(rank=rank("stage"), before=rank("before")).drop("stage")
    ranks = [context.rank(code) for code in sorted(history.codes) if code < context.pipeline.won_index]
    if len(set(ranks)) < len(ranks):
        rows = rows.drop("before", "left").rename({"place": "turn"})
        rows = engines.runs(rows, "rank", within="row_no", order=("turn",), start="entered")
        rows = rows.rename({"until": "left"})
    rows = rows.select("row_no", "rank", "before", "entered", "left", "is_timed")
    return engines.to_same_backend(engines.checkpoint(rows), context.rows)


# --- visits


def _days(visits: Visits, start: str, end: nw.Expr) -> nw.Expr:
    begin = nw.col(start)
    return end - begin if visits.context.table.has_time else end.floor() - begin.floor()


def _stays(visits: Visits) -> Values:
    rows = visits.rows.filter(~nw.col("left").is_null() & (nw.col("is_timed") == 1))
    rows = rows.select("rank", days=_days(visits, "entered", nw.col("left")))
    return values(rows, nw.col("days"), group=nw.col("rank"))


def visit_queries(visits: Visits) -> dict[Query, nw.LazyFrame[Any]]:
    """How many leads visited a stage and how often, how long that took, and who is there now."""
    of_leads = visits.rows.group_by("row_no", "rank").agg(nw.len().alias("n"))
    again = of_leads.with_columns(again=flag(nw.col("n") > 1))
    counted = again.group_by("rank").agg(nw.len().alias("leads"), nw.col("n").sum(), nw.col("again").sum())
    here = visits.rows.filter(nw.col("left").is_null() & (nw.col("rank") < visits.won))
    so_far = nw.lit(float(visits.context.as_of)) - nw.col("entered").floor()
    here = here.select("rank", days=nw.when(nw.col("is_timed") == 1).then(so_far))
    stays = _stays(visits)
    if not visits.context.table.has_time:
        lengths = visits.rows.filter(~nw.col("left").is_null() & (nw.col("is_timed") == 1)).select(
            "rank", days=_days(visits, "entered", nw.col("left"))
        )
        finished = lengths.group_by("rank", "days").agg(nw.len().alias("n"))
    else:
        finished = stays.counted()
    return {VISITS: counted, STAYS: finished, HERE: here.group_by("rank", "days").agg(nw.len().alias("n"))}


@dataclass(frozen=True, slots=True)
class Stay:
    """How long the finished visits of a stage took."""

    n: int = 0
    mean: float | None = None
    median: float | None = None
    p90: float | None = None


def read_stays(visits: Visits, answers: Answers) -> dict[int, Stay]:
    """The lengths of the finished visits, by the rank of the stage."""
    if not visits.context.table.has_time:
        lengths: dict[int, list[tuple[float, int]]] = defaultdict(list)
        for row in answers[STAYS]:
            lengths[int(row["rank"])].append((row["days"], int(row["n"])))
        return {
            rank: _stay(sum(days * n for days, n in some), sum(n for _, n in some), [
                percentile(sorted(some), share) for share in _SHARES
            ])
            for rank, some in lengths.items()
        }  # fmt: skip
    slots = read_slots(answers[STAYS])
    [drawn] = draw([(_stays(visits), slots, _SHARES)])
    return {
        rank: _stay(sum(slot.total for slot in some), sum(slot.n for slot in some), drawn[rank])
        for rank, some in slots.items()
    }


def _stay(total: float, n: int, percentiles: Sequence[float | None]) -> Stay:
    median, most = map(steady, percentiles)
    return Stay(n, round(float(total) * MILLISECONDS) / MILLISECONDS / n, median, most)


def visits_block(visits: Visits, answers: Answers) -> Block:
    """Every visit of each stage, not the first alone."""
    stays, counted = read_stays(visits, answers), {int(row["rank"]): row for row in answers[VISITS]}
    here: dict[int, list[tuple[float, int]]] = defaultdict(list)
    there: dict[int, int] = defaultdict(int)
    for row in answers[HERE]:
        there[int(row["rank"])] += int(row["n"])
        if row["days"] is not None:
            here[int(row["rank"])].append((row["days"], int(row["n"])))
    ranks = range(1, visits.won)

    def figures(key: str) -> list[int]:
        return [int(counted[rank][key]) if rank in counted else 0 for rank in ranks]

    def of_stays(key: str) -> list[Any]:
        return [getattr(stays.get(rank, Stay()), key) for rank in ranks]

    columns = [
        values_column("stage", "text", [visits.name(rank) for rank in ranks]),
        values_column("leads", "count", figures("leads")),
        values_column("visits", "count", figures("n")),
        values_column("came_again", "count", figures("again")),
        values_column("finished", "count", of_stays("n")),
        values_column("mean", "days", of_stays("mean")),
        values_column("median", "days", of_stays("median")),
        values_column("p90", "days", of_stays("p90")),
        values_column("open", "count", [there[rank] for rank in ranks]),
        values_column("open_median", "days", [steady(percentile(sorted(here[rank]), 0.5)) for rank in ranks]),
    ]
    return block("tblVisit", columns)


# --- moves


def move_queries(visits: Visits) -> dict[Query, nw.LazyFrame[Any]]:
    """Moves from stage to stage, and what became of those that had been closed."""
    moves = visits.rows.filter(~nw.col("before").is_null())
    closed = moves.filter(nw.col("before") >= visits.won).group_by("row_no", "before").agg(nw.len().alias("n"))
    outcomes = visits.context.all_rows.select("row_no", "outcome")
    reopened = closed.join(outcomes, on="row_no").group_by("before", "outcome")
    return {
        MOVES: moves.group_by("before", "rank").agg(nw.len().alias("n")),
        REOPENED: reopened.agg(nw.len().alias("leads"), nw.col("n").sum()),
    }


def transitions_block(visits: Visits, rows: Sequence[Row]) -> Block:
    """The moves from each stage to each other one, in the order of the stages."""
    moves = sorted((int(row["before"]), int(row["rank"]), int(row["n"])) for row in rows)
    out_of: dict[int, int] = defaultdict(int)
    for before, _, n in moves:
        out_of[before] += n
    columns = [
        values_column("from", "text", [visits.name(before) for before, _, _ in moves]),
        values_column("to", "text", [visits.name(rank) for _, rank, _ in moves]),
        values_column("moves", "count", [n for _, _, n in moves]),
        values_column("out_of", "count", [out_of[before] for before, _, _ in moves]),
        kpi_column("share", "fraction", "CONVRATE", "moves", "out_of"),
        values_column("direction", "text", [visits.direction(before, rank) for before, rank, _ in moves]),
    ]
    return block("tblTransition", columns)


def reopened_block(visits: Visits, rows: Sequence[Row]) -> Block | None:
    """Leads that were won or lost and moved again, and what they are now; None if there is none."""
    found: dict[int, dict[str, int]] = {}
    now = {IS_WON: "won_now", IS_LOST: "lost_now", IS_OPEN: "open_now"}
    for row in rows:
        own = found.setdefault(int(row["before"]), dict.fromkeys(("leads", "times", *now.values()), 0))
        own["leads"] += int(row["leads"])
        own["times"] += int(row["n"])
        own[now[row["outcome"]]] += int(row["leads"])
    if not found:
        return None
    ranks = sorted(found)
    keys = ("leads", "times", *now.values())
    return block(
        "tblReopened",
        [
            values_column("outcome", "text", [visits.name(rank) for rank in ranks]),
            *(values_column(key, "count", [found[rank][key] for rank in ranks]) for key in keys),
        ],
    )


# --- other fields


def change_query(context: FunnelContext, changes: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Changes of a field by whether its value grew: leads, changes, and by how much."""
    rows = engines.to_same_backend(_in_period(changes, "day", context), context.rows)
    by = nw.col("value") - nw.col("before")
    rows = rows.with_columns(up=flag(nw.col("value") > nw.col("before")), by=by)
    of_leads = rows.group_by("row_no", "up").agg(nw.len().alias("n"), nw.col("by").sum())
    return of_leads.group_by("up").agg(nw.len().alias("leads"), nw.col("n").sum(), nw.col("by").sum())


def deal_changes_block(context: FunnelContext, answers: Mapping[str, Sequence[Row]]) -> Block | None:
    """What else has changed: amounts raised and lowered, close dates pushed and pulled in; None if nothing has."""
    table: list[tuple[str, int, int, float | None, float | None]] = []
    for field, rows in answers.items():
        for row in sorted(rows, key=lambda row: -row["up"]):
            name, n, by = _CHANGES[field][0 if row["up"] else 1], int(row["n"]), float(row["by"])
            is_money = field == "amount"
            money = by if is_money and context.table.conversion is None and len(context.table.currencies) <= 1 else None
            table.append((name, int(row["leads"]), n, money, None if is_money else steady(by / n)))
    if not table:
        return None
    return block(
        "tblDealChange",
        [
            values_column("change", "text", [row[0] for row in table]),
            values_column("leads", "count", [row[1] for row in table]),
            values_column("changes", "count", [row[2] for row in table]),
            values_column("amount_by", "money", [row[3] for row in table]),
            values_column("days_by", "days", [row[4] for row in table]),
        ],
    )


def _in_period(rows: nw.LazyFrame[Any], day: str, context: FunnelContext) -> nw.LazyFrame[Any]:
    options = context.options
    return rows.filter(inside(day, options.period_from, options.period_to)) if options.is_limited else rows


def _visits(context: FunnelContext, rows: nw.LazyFrame[Any]) -> Visits:
    if context.options.is_limited:
        rows = _in_period(rows.filter(nw.col("is_timed") == 1), "entered", context)
    return Visits(rows, context)


def _with_basis(found: Block | None, context: FunnelContext) -> Block | None:
    """The block with what it is of, where a period is asked for."""
    if found is None or not context.options.is_limited:
        return found
    return replace(
        found, columns=(*found.columns, values_column("basis", "text", [_CHANGED] * len(found), on_sheet=False))
    )


class HistorySection(Section):
    """What a history tells besides the days of the stages."""

    def queries(self, context: FunnelContext) -> Queries:
        """Visits, moves and changes, if there is a history."""
        if context.visits is None or context.table.history is None:
            return {}
        visits = _visits(context, context.visits)
        changes = context.table.history.changes
        asked = {changed(name): change_query(context, rows) for name, rows in changes.items()}
        return {**visit_queries(visits), **move_queries(visits), **asked}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """The blocks, None without a history."""
        context, answers = figures.context, figures.answers
        if context.visits is None or context.table.history is None:
            return dict.fromkeys(("visits", "transitions", "reopened", "deal_changes"))
        visits = _visits(context, context.visits)
        changes = deal_changes_block(context, {name: answers[changed(name)] for name in context.table.history.changes})
        found = {
            "visits": visits_block(visits, answers),
            "transitions": transitions_block(visits, answers[MOVES]),
            "reopened": reopened_block(visits, answers[REOPENED]),
            "deal_changes": changes,
        }
        return {name: _with_basis(one, context) for name, one in found.items()}
