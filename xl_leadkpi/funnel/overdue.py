"""Open deals that are late: past the day they were expected to close, or older than nearly all that were won."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.funnel import forecast_counts as counts
from xl_leadkpi.funnel.blocks import block, values_column
from xl_leadkpi.funnel.forecast import ENOUGH_WON
from xl_leadkpi.funnel.incidence import ADVANCED
from xl_leadkpi.funnel.section import Query, Section
from xl_leadkpi.funnel.tally import grouped
from xl_leadkpi.leads.model.evidence import Fact
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.engines import Row
    from xl_leadkpi.funnel.context import FunnelContext
    from xl_leadkpi.funnel.figures import Answers, Figures
    from xl_leadkpi.funnel.report import Block, NamedBlocks
    from xl_leadkpi.funnel.section import Queries
    from xl_leadkpi.leads.model.sources import SourceFiles

PASSED, OLD = "expected_close_passed", "older_than_won"
"""Why a deal is late."""


def late(reason: str) -> Query:
    """The query for open deals that are late, by stage."""
    return Query("late open opportunities by stage", reason)


def late_rows(reason: str) -> Query:
    """The query for the first rows of these."""
    return Query("late open opportunities", reason)


def usual_days(context: FunnelContext, answers: Answers) -> int | None:
    """Days within which nine in ten of the deals that are won have been; None where nobody knows."""
    if counts.OPEN_DEALS not in answers:
        return None
    found = counts.found_incidence(answers, counts.whole_way(context))
    return found.usual_days if found.on_days[ADVANCED].sum() >= ENOUGH_WON else None


def late_queries(context: FunnelContext, days: int | None) -> dict[Query, nw.LazyFrame[Any]]:
    """Open deals that are late, counted and the first of them named.

    Args:
        context: What is counted.
        days: Days from the opportunity on after which one is late; None where nobody knows.
    """
    first = context.opportunity_rank
    rows = context.all_rows.filter(context.is_open_opportunity)
    conditions: dict[str, nw.Expr] = {}
    if "expected_close" in context.table.fields:
        conditions[PASSED] = nw.lit(context.as_of) - context.whole("expected_close")
    if days is not None:
        begun = context.date_column(context.stages[first - 1])
        conditions[OLD] = nw.lit(context.as_of - days) - context.whole(str(begun))
    asked: dict[Query, nw.LazyFrame[Any]] = {}
    for reason, over in conditions.items():
        found = rows.with_columns(over=over).filter(nw.col("over") > 0)
        asked[late(reason)] = found.group_by("current_rank").agg(
            nw.len().alias("n"),
            nw.col("amount").sum().alias("amount"),
            nw.col("amount").count().alias("amounts"),
            nw.col("over").max().alias("most"),
        )
        asked[late_rows(reason)] = found.select("row_no", "current_rank").sort("row_no").head(ROWS_NAMED)
    return asked


def overdue_block(
    context: FunnelContext, answers: Answers, days: int | None, sources: SourceFiles | None = None
) -> Block | None:
    """By reason and stage: how many are late, their amounts, the longest time over, and their rows."""
    reasons = [reason for reason in (PASSED, OLD) if late(reason) in answers]
    if not reasons:
        return None
    lines: list[tuple[str, str, Row, Sequence[Row]]] = []
    for reason in reasons:
        named = grouped(answers[late_rows(reason)], lambda row: _stage(context, row))
        found = grouped(answers[late(reason)], lambda row: _stage(context, row))
        here = [stage for stage in context.stages if stage in found]
        lines += [(reason, stage, _together(found[stage]), named.get(stage, ())) for stage in here]
    columns = [
        values_column("late", "text", [reason for reason, *_ in lines]),
        values_column("stage", "text", [stage for _, stage, *_ in lines]),
        values_column("deals", "count", [int(row["n"]) for *_, row, _ in lines]),
        values_column(
            "amount", "money", [row["amount"] for *_, row, _ in lines], needs=[Fact.AMOUNTS, Fact.ONE_CURRENCY]
        ),
        values_column("most_days_over", "days", [row["most"] for *_, row, _ in lines]),
        values_column("rows", "text", [_said(row, named, sources) for *_, row, named in lines]),
    ]
    notes = [] if days is None else [("older_than_won", str(days))]
    return block("tblOverdue", columns, notes=notes, evidence=context.evidence)


def _stage(context: FunnelContext, row: Row) -> str:
    return context.stages[max(int(row["current_rank"]), context.opportunity_rank) - 1]


def _together(rows: Sequence[Row]) -> Row:
    return {
        "n": sum(int(row["n"]) for row in rows),
        "amount": sum(row["amount"] or 0.0 for row in rows) if any(row["amounts"] for row in rows) else None,
        "most": max(int(row["most"]) for row in rows),
    }


def _said(row: Row, named: Sequence[Row], sources: SourceFiles | None) -> str | None:
    """The rows as lists of rows are written; an ellipsis stands for those beyond the limit."""
    found = Finding(FindingKind.AFTER_AS_OF, int(row["n"]), rows=tuple(sorted(int(one["row_no"]) for one in named)))
    said = (found if sources is None else sources.located(found)).rows_said()
    return (said + (" …" if len(named) < row["n"] else "")) or None


class OverdueSection(Section):
    """Open deals that are late."""

    def follow_up(self, figures: Figures) -> Queries:
        """Those past their day, and those older than nearly all that were won."""
        return late_queries(figures.context, figures.usual_days_to_won)

    def reasons(self, figures: Figures) -> Mapping[str, Finding]:
        """What would tell which are late."""
        return {"overdue": Finding(FindingKind.NO_COLUMN, figures.totals.leads, details={"field": "expected_close"})}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """By reason and stage; None where nothing tells."""
        context = figures.context
        block = overdue_block(context, figures.answers, figures.usual_days_to_won, context.table.sources)
        return {"overdue": block}
