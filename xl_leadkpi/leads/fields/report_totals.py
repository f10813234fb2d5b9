"""Rows of reports that are no records: totals with a label, and totals that nothing but their size tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xl_leadkpi.leads.cells.vocabulary import is_total
from xl_leadkpi.leads.recognition.other_rows import OtherRows, find_other_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xl_leadkpi.leads.cells.raw_table import Loaded, RawColumn, RawTable

SAME_SUM = 0.005
"""Share by which a total may differ from the sum of its rows."""


def labelled_totals(grid: RawTable, loaded: Loaded, labels: Iterable[RawColumn | None]) -> tuple[pl.Series, OtherRows]:
    """Mark the rows that a label says are totals.

    Args:
        grid: The table.
        loaded: Its columns that are read.
        labels: Columns in which the label may stand, besides the first of the table.

    Returns:
        A mark for each row, and all rows that are no records.
    """
    first = loaded.columns.get(0)
    if first is None and grid.headers and grid.is_usable(0):
        # the rows of this table alone, where another stands below it
        first = grid.load([0], frozenset()).columns[0].take(pl.int_range(loaded.rows, eager=True))
    columns = {**loaded.columns, **({} if first is None else {0: first})}
    other = find_other_rows([columns[place] for place in sorted(columns)], loaded.rows, loaded.beyond)
    totals = list(other.totals)
    marked = pl.repeat(value=False, n=loaded.rows, dtype=pl.Boolean, eager=True).scatter(totals, values=True)
    for column in (*labels, first):
        if column is not None:
            marks = pl.Series([is_total(text) for text in column.as_text()], dtype=pl.Boolean)
            marked |= column.spread(marks).fill_null(value=False)
    return marked, other


def unlabelled_total(
    frame: pl.DataFrame, labels: Sequence[str], measure: str, *, is_never_blank: bool = False
) -> int | None:
    """Find a first or last row without a label that measures what all others measure together.

    Args:
        frame: Rows with a mark ``total`` for those that are known.
        labels: Columns of labels; those that are blank in all rows or in none tell nothing.
        measure: The measure that adds up.
        is_never_blank: The tool leaves no label blank but that of its total, which may be of more rows than are there.

    Returns:
        The place of the row, None where there is none.
    """
    names = [name for name in labels if 0 < frame[name].null_count() < len(frame)]
    if len(frame) < (2 if is_never_blank else 3) or not names:
        return None
    whole = float(frame.filter(~pl.col("total"))[measure].sum() or 0)
    for place in dict.fromkeys((0, len(frame) - 1)):
        row = frame.row(place, named=True)
        own = row[measure] or 0.0
        rest = whole - own
        if row["total"] or any(row[name] is not None for name in names) or rest <= 0:
            continue
        if abs(own - rest) <= SAME_SUM * rest or (is_never_blank and own > rest):
            return place
    return None
