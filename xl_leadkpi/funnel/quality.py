"""Block M: what was odd in the data, from reading and from counting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.funnel.blocks import block, counted
from xl_leadkpi.funnel.stages import ways
from xl_leadkpi.leads import engine
from xl_leadkpi.leads.table import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xl_leadkpi.funnel.report import Block
    from xl_leadkpi.funnel.scope import Scope
    from xl_leadkpi.funnel.stages import Spell
    from xl_leadkpi.leads.engine import Row

ROWS_NAMED = 20
"""Row numbers a finding names at most."""


def backward_rows(scope: Scope, measured: Sequence[Spell]) -> dict[str, nw.LazyFrame[Any]]:
    """The first leads whose visit of a stage ends before it begins."""
    days = {name: length for name, length, _ in ways(scope)}
    return {
        spell.name: scope.rows.with_columns(days=days[spell.name])
        .filter(nw.col("days") < 0)
        .select("row_no", "days")
        .sort("row_no")
        .head(ROWS_NAMED)
        for spell in measured
        # the whole way from lead to won cannot run backwards without one of its steps doing so
        if spell.backwards and spell.name in scope.stages
    }


def lead_ids(scope: Scope, backward: Iterable[Sequence[Row]]) -> nw.LazyFrame[Any]:
    """Identifiers of the leads in the rows of :func:`backward_rows`."""
    numbers = sorted({int(row["row_no"]) for rows in backward for row in rows})
    leads = engine.lazy(scope.table.frame).select("row_no", "lead_id")
    return leads.filter(nw.col("row_no").is_in(numbers))


def backward_findings(measured: Sequence[Spell], backward: dict[str, list[Row]]) -> list[Finding]:
    """One finding for each stage with visits that end before they begin; rows of :func:`backward_rows`."""
    return [
        Finding(
            "negative_duration",
            spell.backwards,
            value=spell.name,
            rows=tuple(int(row["row_no"]) for row in backward[spell.name]),
        )
        for spell in measured
        if spell.name in backward
    ]


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


def backward_block(measured: Sequence[Spell], backward: dict[str, list[Row]], ids: Sequence[Row]) -> Block:
    """Every visit that ends before it begins, as far as named: row, lead, stage, days."""
    named = {int(row["row_no"]): row["lead_id"] for row in ids}
    rows = [(spell.name, row) for spell in measured for row in backward.get(spell.name, ())]
    columns = [
        counted("row_no", "count", [int(row["row_no"]) for _, row in rows]),
        counted("lead_id", "text", [named.get(int(row["row_no"])) for _, row in rows]),
        counted("measure", "text", [name for name, _ in rows]),
        counted("days", "days", [row["days"] for _, row in rows]),
    ]
    return block("tblBackward", columns)
