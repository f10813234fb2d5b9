"""Block M: what was odd in the data, from reading and from counting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.funnel.blocks import block, values_column
from xl_leadkpi.funnel.section import Query, Section
from xl_leadkpi.funnel.summary import HEADLINES
from xl_leadkpi.leads.model.evidence import Fact, facts_in_doubt
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind, OwnNames, fill
from xl_leadkpi.locales import ENGLISH, locale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from xl_leadkpi.engines import Row
    from xl_leadkpi.funnel.context import FunnelContext
    from xl_leadkpi.funnel.figures import Figures
    from xl_leadkpi.funnel.report import Block, NamedBlocks
    from xl_leadkpi.funnel.section import Queries
    from xl_leadkpi.funnel.stages import StageDuration
    from xl_leadkpi.leads.model.evidence import Evidence
    from xl_leadkpi.leads.model.sources import SourceFiles
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.model.table import ColumnMatch


def out_of_order(stage: str) -> Query:
    """The query for the first leads whose visit of a stage ends before it begins."""
    return Query("visits that end before they begin", stage)


def out_of_order_rows(context: FunnelContext, durations: Sequence[StageDuration]) -> dict[str, nw.LazyFrame[Any]]:
    """The first leads whose visit of a stage ends before it begins."""
    days = {one.name: one.days for one in context.transitions}
    return {
        duration.name: context.rows.with_columns(days=days[duration.name])
        .filter(nw.col("days") < 0)
        .select("row_no", "days")
        .sort("row_no")
        .head(ROWS_NAMED)
        for duration in durations
        # the whole way from lead to won cannot run backwards without one of its steps doing so
        if duration.out_of_order and duration.name in context.stages
    }


def lead_ids(context: FunnelContext, rows_by_stage: Iterable[Sequence[Row]]) -> nw.LazyFrame[Any]:
    """Identifiers of the leads in the rows of :func:`out_of_order_rows`."""
    numbers = sorted({int(row["row_no"]) for rows in rows_by_stage for row in rows})
    leads = engines.lazy(context.table.frame).select("row_no", "lead_id")
    return leads.filter(nw.col("row_no").is_in(numbers))


def out_of_order_findings(
    durations: Sequence[StageDuration], rows_by_stage: dict[str, list[Row]], sources: SourceFiles | None = None
) -> list[Finding]:
    """One finding for each stage with visits that end before they begin; rows of :func:`out_of_order_rows`."""
    found = [
        Finding(
            FindingKind.NEGATIVE_DURATION,
            duration.out_of_order,
            rows=tuple(int(row["row_no"]) for row in rows_by_stage[duration.name]),
            details={"measure": duration.name},
        )
        for duration in durations
        if duration.name in rows_by_stage
    ]
    return found if sources is None else [*map(sources.located, found)]


def gravest_first(found: Iterable[Finding]) -> list[Finding]:
    """Findings in the order of the quality block."""
    gravity = ("error", "warning", "info")
    return sorted(found, key=lambda finding: gravity.index(finding.severity))


def touched_figures(
    finding: Finding, summary: Block, evidence: Evidence, columns: Iterable[ColumnMatch], pipeline: Pipeline
) -> tuple[str, ...]:
    """Keys of the headline figures that a finding touches: those that need a fact it makes doubtful.

    Args:
        finding: The finding.
        summary: The key figures.
        evidence: How the facts stand.
        columns: The columns of the tables and what they feed.
        pipeline: The stages.
    """
    is_reason = any(standing.why is finding for standing in evidence.standings.values())
    if finding.severity == "info" and not is_reason:
        return ()
    fields = {one.header: one.field for one in columns if one.field}
    facts = facts_in_doubt(finding, evidence, fields, pipeline)
    counts = {column.key for column in summary.columns if any(need.fact is Fact.STAGE for need in column.needs)}
    return tuple(
        column.key
        for column in summary.columns
        if (column.key in HEADLINES or column.key in counts)
        and any(need.fact is one.fact and one.stage in ("", need.stage) for need in column.needs for one in facts)
        # what is unknown for another reason is not touched besides
        and (column.values != (None,) or (is_reason and column.key in summary.unknown))
    )


def quality_block(found: Sequence[Finding], touched: Callable[[Finding], tuple[str, ...]]) -> Block:
    """M: one row a finding, the gravest first; in the names of the code, with what to do in English."""
    ordered, english, names = gravest_first(found), locale(ENGLISH).findings, OwnNames()
    columns = [
        values_column("severity", "text", [finding.severity for finding in ordered]),
        values_column("finding", "text", [finding.kind.value for finding in ordered]),
        values_column("count", "count", [finding.count for finding in ordered]),
        values_column("column", "text", [finding.column or None for finding in ordered]),
        values_column("value", "text", [finding.value or None for finding in ordered]),
        values_column("rows", "text", [row_numbers(finding) for finding in ordered]),
        values_column("remedy", "text", [fill(english[one.kind].remedy, one, names) or None for one in ordered]),
        values_column("touches", "text", [", ".join(touched(finding)) or None for finding in ordered]),
    ]
    return block("tblQA", columns)


def row_numbers(finding: Finding, most: int | None = None) -> str | None:
    """The rows concerned, in a text: those that are named, or the first of them; an ellipsis stands for the others."""
    if not finding.rows:
        return finding.rows_said() or None
    shown = finding.rows[:most]
    return finding.rows_said(most) + (" …" if finding.count > len(shown) else "")


def out_of_order_block(
    durations: Sequence[StageDuration],
    rows_by_stage: dict[str, list[Row]],
    ids: Sequence[Row],
    sources: SourceFiles | None = None,
) -> Block:
    """Every visit that ends before it begins, as far as named: row, lead, stage, days; of several files the file."""
    named = {int(row["row_no"]): row["lead_id"] for row in ids}
    rows = [(duration.name, row) for duration in durations for row in rows_by_stage.get(duration.name, ())]
    numbers = [int(row["row_no"]) for _, row in rows]
    places = [sources.place(number) if sources else ("", number) for number in numbers]
    columns = [
        *([values_column("file", "text", [file for file, _ in places])] if sources else ()),
        values_column("row_no", "count", [number for _, number in places]),
        values_column("lead_id", "text", [named.get(int(row["row_no"])) for _, row in rows]),
        values_column("measure", "text", [name for name, _ in rows]),
        values_column("days", "days", [row["days"] for _, row in rows]),
    ]
    return block("tblBackward", columns)


class QualitySection(Section):
    """M."""

    def follow_up(self, figures: Figures) -> Queries:
        """The leads whose visits end before they begin."""
        rows = out_of_order_rows(figures.context, figures.finished_durations)
        return {out_of_order(stage): query for stage, query in rows.items()}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """What was odd, and the visits that end before they begin."""
        rows = figures.out_of_order
        return {
            "quality": quality_block(figures.findings, figures.touched),
            "backwards": out_of_order_block(figures.durations, rows, figures.lead_ids(), figures.context.table.sources)
            if rows
            else None,
        }
