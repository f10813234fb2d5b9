"""Grouped reports: what stands once for a group of rows holds for each of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from xl_leadkpi.leads.cells.raw_table import from_texts
from xl_leadkpi.leads.recognition.headers import meanings
from xl_leadkpi.leads.recognition.stage_words import find_stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.leads.cells.raw_table import RawColumn
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.recognition.other_rows import OtherRows

_FEWEST = 2
_GROUPED_BY = frozenset({"stage", "status", "owner", "source", "campaign", "lost_reason"})


def filled_down(column: RawColumn, records: pl.Series, other: OtherRows) -> RawColumn:
    """Fill a column down that is filled in the first row of a group only, as programs write it that merge the cells.

    Args:
        column: The column.
        records: Marks of the rows that are records.
        other: The rows that are none; subtotals and headings part the groups.

    Returns:
        The column; unchanged where it is filled elsewhere, too.
    """
    parted = [*other.totals, *other.groups]
    if len(parted) < _FEWEST:
        return column
    bounds = pl.repeat(value=False, n=len(records), dtype=pl.Boolean, eager=True).scatter(sorted(parted), values=True)
    frame = pl.DataFrame({"record": records, "group": bounds.cast(pl.UInt32).cum_sum(), "filled": column.filled()})
    frame = frame.with_row_index("row").filter("record")
    first = frame.group_by("group", maintain_order=True).agg(pl.first("row"), pl.len().alias("rows"))
    filled = frame.filter("filled")["row"]
    if len(filled) < _FEWEST or len(filled) == len(frame) or not filled.is_in(first["row"].to_list()).all():
        return column
    if frame["row"][0] != filled[0]:
        return column
    place = pl.int_range(len(records), dtype=pl.UInt32, eager=True)
    source = pl.DataFrame({"place": place, "filled": column.filled() & records})
    rows = source.select(pl.when("filled").then("place").forward_fill())["place"]
    codes = rows if column.codes is None else column.codes.gather(rows)
    return replace(column, codes=codes)


def headings(
    other: OtherRows, rows: int, there: Mapping[str, RawColumn], pipeline: Pipeline
) -> dict[str, tuple[str, RawColumn]]:
    """Make columns of what only the headings of groups tell, as in ``Stage: Closed Won (3 records)``.

    Args:
        other: The rows that are no records.
        rows: Number of rows.
        there: Fields that the table has a column for.
        pipeline: The stages that a heading may name.

    Returns:
        Header and column by field.
    """
    told: dict[str, dict[int, str]] = {}
    named: dict[str, str] = {}
    for place, heading in other.groups.items():
        field, header, value = _read(heading, pipeline)
        if field and field not in there:
            told.setdefault(field, {})[place] = value
            named[field] = header
    if "status" in there or any(find_stage(value, pipeline) is None for value in told.get("stage", {}).values()):
        told.pop("stage", None)
    found = {}
    for field, values in told.items():
        texts = pl.repeat(None, rows, dtype=pl.String, eager=True)
        texts = texts.scatter(list(values), list(values.values()))
        found[field] = (named[field], from_texts(texts.fill_null(strategy="forward"), distinct=True))
    return found


def _read(heading: str, pipeline: Pipeline) -> tuple[str, str, str]:
    """Field, header and value of a heading; a value alone may be a stage."""
    header, colon, value = heading.partition(":")
    if not colon:
        return "stage", "", heading.strip()
    found = (meaning.field for meaning in meanings(header.strip(), "leads", pipeline)[0] if meaning.reason == "exact")
    return next((field for field in found if field in _GROUPED_BY), ""), header.strip(), value.strip()
