"""One made-up table, read in memory and on two engines: what decodes here decodes alike there."""

from datetime import date

import polars as pl
import pytest

from xl_leadkpi.leads import ReadOptions, read_frame, read_query

NOW = ReadOptions(as_of=date(2026, 6, 30), today=date(2026, 6, 30))
PLACES = pytest.mark.parametrize("place", ["memory", "polars", "duckdb"])


def read_on(place, columns, options=NOW):
    """Read a table of columns of Python values."""
    frame = pl.DataFrame(columns)
    if place == "memory":
        return read_frame(frame, options)
    if place == "polars":
        return read_query(frame.lazy(), options)
    return read_query(pytest.importorskip("duckdb").from_arrow(frame.to_arrow()), options)


def column(table, name):
    """The values of a column in the order of the source."""
    frame = table.frame.sort("row_no").select(name)
    frame = frame.collect() if hasattr(frame, "collect") else frame
    return frame[name].to_list()


def kinds(table):
    """Findings by their kind: count, column, details."""
    return {found.kind: (found.count, found.column, dict(found.details)) for found in table.findings}
