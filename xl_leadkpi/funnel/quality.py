"""Block M: what was odd in the data, from reading and from counting."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.funnel.blocks import block, counted
from xl_leadkpi.funnel.scope import LOST, WON, Scope, flag
from xl_leadkpi.funnel.stages import ways
from xl_leadkpi.leads.table import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xl_leadkpi.funnel.engine import Row
    from xl_leadkpi.funnel.report import Block
    from xl_leadkpi.funnel.stages import Spell

ROWS_NAMED = 20
"""Row numbers a finding names at most."""


def _gaps(scope: Scope) -> dict[str, nw.Expr]:
    """Rows that lack something, by the name of the finding."""
    won, lost = nw.col("outcome") == WON, nw.col("outcome") == LOST
    gaps = {"no_created_date": nw.col("created").is_null()}
    if "Won" in scope.table.dated:
        gaps["won_without_date"] = won & nw.col("d_won").is_null()
    if "amount" in scope.table.fields:
        gaps["won_without_amount"] = won & nw.col("currency_amount").is_null()
    if "lost_reason" in scope.table.fields:
        gaps["lost_without_reason"] = lost & nw.col("lost_reason").is_null()
    known = {finding.kind for finding in scope.table.findings}
    return {kind: gap for kind, gap in gaps.items() if kind not in known}


def gap_counts(scope: Scope) -> nw.LazyFrame[Any]:
    """One row: how many leads lack what."""
    return scope.rows.select(
        nw.len().alias("rows"), *(flag(gap).sum().alias(kind) for kind, gap in _gaps(scope).items())
    )


def gap_rows(scope: Scope, counts: Row) -> dict[str, nw.LazyFrame[Any]]:
    """The first row numbers of each gap there is."""
    return {
        kind: scope.rows.filter(gap).select("row_no").sort("row_no").head(ROWS_NAMED)
        for kind, gap in _gaps(scope).items()
        if counts[kind]
    }


def backward_rows(scope: Scope, measured: Sequence[Spell]) -> dict[str, nw.LazyFrame[Any]]:
    """The first leads whose visit of a stage ends before it begins."""
    days = {name: length for name, length, _ in ways(scope)}
    return {
        spell.name: scope.rows.with_columns(days=days[spell.name])
        .filter(nw.col("days") < 0)
        .select("row_no", "lead_id", "days")
        .sort("row_no")
        .head(ROWS_NAMED)
        for spell in measured
        if spell.backwards
    }


def findings(
    scope: Scope,
    counts: Row,
    gaps: dict[str, list[Row]],
    measured: Sequence[Spell],
    backward: dict[str, list[Row]],
    others: Iterable[Finding] = (),
) -> tuple[Finding, ...]:
    """The whole quality list: from reading, from counting, and from spend and touches.

    Args:
        scope: What was counted.
        counts: Row of :func:`gap_counts`.
        gaps: Rows of :func:`gap_rows`.
        measured: The durations.
        backward: Rows of :func:`backward_rows`.
        others: Findings from spend and touches.
    """
    found = list(scope.table.findings)
    found += [
        Finding(kind, int(counts[kind]), rows=tuple(int(row["row_no"]) for row in rows)) for kind, rows in gaps.items()
    ]
    found += [
        Finding(
            "negative_duration",
            spell.backwards,
            value=spell.name,
            rows=tuple(int(row["row_no"]) for row in backward[spell.name]),
        )
        for spell in measured
        if spell.backwards
    ]
    return (*found, *others)


def quality_block(found: Sequence[Finding]) -> Block:
    """M: one row a finding, the gravest first."""
    gravity = ("error", "warning", "info")
    ordered = sorted(found, key=lambda finding: gravity.index(finding.severity))
    columns = [
        counted("severity", "text", [finding.severity for finding in ordered]),
        counted("finding", "text", [finding.kind for finding in ordered]),
        counted("count", "count", [finding.count for finding in ordered]),
        counted("column", "text", [finding.column or None for finding in ordered]),
        counted("value", "text", [finding.value or None for finding in ordered]),
        counted("rows", "text", [_numbers(finding) for finding in ordered]),
    ]
    return block("tblQA", columns)


def _numbers(finding: Finding) -> str | None:
    if not finding.rows:
        return None
    return ", ".join(map(str, finding.rows)) + (" …" if finding.count > len(finding.rows) else "")


def backward_block(measured: Sequence[Spell], backward: dict[str, list[Row]]) -> Block:
    """Every visit that ends before it begins, as far as named: row, lead, stage, days."""
    rows = [(spell.name, row) for spell in measured for row in backward.get(spell.name, ())]
    columns = [
        counted("row_no", "count", [int(row["row_no"]) for _, row in rows]),
        counted("lead_id", "text", [row["lead_id"] for _, row in rows]),
        counted("measure", "text", [name for name, _ in rows]),
        counted("days", "days", [row["days"] for _, row in rows]),
    ]
    return block("tblBackward", columns)
