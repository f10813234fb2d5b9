"""A small table read in memory, as a query of Polars and in DuckDB: rows and findings must agree."""

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from xl_leadkpi import engines
from xl_leadkpi.leads import ReadOptions, read_frame, read_query

OPTIONS = ReadOptions(as_of=date(2025, 6, 30), today=date(2025, 9, 1))
COMPARED = ("lead_id", "outcome", "stage_now", "furthest_stage", "lost_stage", "d_sql", "d_meeting", "d_lost")


def read_everywhere(header: str, *lines: str, options: ReadOptions = OPTIONS, **changes: Any) -> Any:
    """Read a table whose cells stand between bars; returns how it is read in memory."""
    options = replace(options, **changes)
    names = header.split("|")
    rows = [[cell or None for cell in line.split("|")] for line in lines]
    table = read_frame([names, *rows], options)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    for query in (frame.lazy(), _in_duckdb(frame)):
        there = read_query(query, options)
        assert _rows(there) == _rows(table)
        assert _told(there) == _told(table)
    return table


def outcomes(header: str, *lines: str, **changes: Any) -> list[str]:
    """What became of each row."""
    return list(read_everywhere(header, *lines, **changes).frame["outcome"].to_list())


def found(table: Any, kind: str) -> list[tuple[int, str, str]]:
    """How many rows a kind of finding concerns, in which column, and what else it says."""
    return [(one.count, one.column, one.value) for one in table.findings if one.kind == kind]


def _in_duckdb(frame: pl.DataFrame) -> Any:
    import duckdb

    numbered = frame.with_row_index("row_no", 2).with_columns(pl.col("row_no").cast(pl.Int64))
    return duckdb.connect().from_arrow(numbered.to_arrow())


def _rows(table: Any) -> list[dict[str, Any]]:
    [rows] = engines.collect([table.frame.lazy().select("row_no", *COMPARED).sort("row_no")])
    return rows


def _told(table: Any) -> set[tuple[str, int, str, str]]:
    return {(one.kind, one.count, one.column, one.value) for one in table.findings}
