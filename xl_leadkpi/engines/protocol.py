"""What every engine does with a query, beyond the expressions of Narwhals."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

import narwhals as nw

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Row = dict[str, Any]
"""One row of a small result; a missing value is None whatever the engine calls it."""


def query(native: Any) -> nw.LazyFrame[Any]:
    """A frame of an engine's own as a query."""
    frame: nw.LazyFrame[Any] = nw.from_native(native, pass_through=False).lazy()
    return frame


class Engine(Protocol):
    """Where rows are, and what runs the queries over them."""

    def scan_parquet(self, paths: Sequence[Path]) -> nw.LazyFrame[Any]:
        """Open Parquet files as one table, each row with its number (``row_no``; the first is 2, below a header)."""
        ...

    def numbered(self, native: Any) -> nw.LazyFrame[Any]:
        """Add ``row_no`` to a frame of the engine's own."""
        ...

    def materialised(self, frame: nw.LazyFrame[Any], *, in_memory: bool) -> nw.LazyFrame[Any]:
        """The same rows, worked out once, see :func:`xl_leadkpi.engines.materialised`."""
        ...

    def detached(self, frame: nw.LazyFrame[Any], *, in_memory: bool) -> nw.LazyFrame[Any]:
        """The same rows, worked out at once, without the plan that made them."""
        return self.materialised(frame, in_memory=in_memory)

    def taken_over(self, rows: nw.DataFrame[Any], model: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Rows in memory as a table of this engine, beside another one's query."""
        ...

    def day_number(self, day: nw.Expr) -> nw.Expr:
        """Excel's number of a day, as a whole number."""
        ...

    def checkpoint(self, frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """The same rows with a short plan, where a long one costs more than to work the rows out."""
        return frame

    def collect(self, frames: Sequence[nw.LazyFrame[Any]]) -> list[list[Row]]:
        """Run queries with small results."""
        return [self.rows(frame) for frame in frames]

    def rows(self, frame: nw.LazyFrame[Any]) -> list[Row]:
        """Run one query with a small result."""
        return [plain(row) for row in frame.collect().iter_rows(named=True)]

    def measured(self, frame: nw.LazyFrame[Any]) -> Row:
        """Run a query whose result is one row of many figures."""
        [[row]] = self.collect([frame])
        return row

    def with_previous(
        self, frame: nw.LazyFrame[Any], column: str, *, within: str, order: Sequence[str]
    ) -> nw.LazyFrame[Any]:
        """Add ``previous``: the column's value one row earlier within each group, null in a group's first row."""
        return frame.with_columns(previous=nw.col(column).shift(1).over(within, order_by=order))

    def runs(
        self, frame: nw.LazyFrame[Any], value: str, *, within: str, order: Sequence[str], start: str
    ) -> nw.LazyFrame[Any]:
        """The first row of each run of the same value, see :func:`xl_leadkpi.engines.runs`."""

        def at(column: str, step: int) -> nw.Expr:
            return nw.col(column).shift(step).over(within, order_by=order)

        rows = frame.with_columns(before=at(value, 1), since=at(start, 1))
        rows = rows.filter(_begins_run(nw.col(value), nw.col("before"))).with_columns(place=nw.lit(1))
        place = nw.col("place").cum_sum().over(within, order_by=order)
        return rows.with_columns(until=at(start, -1), place=place.cast(nw.Int64))

    def rows_where(self, frame: nw.LazyFrame[Any], mask: nw.Expr) -> nw.LazyFrame[Any]:
        """``row_no`` of the rows where a condition holds; null, or no row, for the others."""
        return frame.filter(mask).select("row_no")

    def candidates(self, keys: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """The keys (``key``) that may stand more than once, in little memory; all where the engine needs no help."""
        return keys

    def partitioned(self, frame: nw.LazyFrame[Any], key: str) -> Iterator[nw.LazyFrame[Any]]:
        """A table in parts small enough to sort in memory; engines that spill to disk need one part."""
        del key
        yield frame

    def partitioned_pairs(
        self, one: nw.LazyFrame[Any], other: nw.LazyFrame[Any], key: str
    ) -> Iterator[tuple[nw.LazyFrame[Any], nw.LazyFrame[Any]]]:
        """Two tables in parts small enough to join in memory; engines that spill to disk need one part."""
        del key
        yield one, other


def plain(row: Row) -> Row:
    """A row with Python's own values."""
    return {key: plain_value(value) for key, value in row.items()}


def plain_value(value: Any) -> Any:
    """A value as Python has it, None where an engine says that there is none."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, Decimal):  # DuckDB's sums of whole numbers
        return int(value) if value == value.to_integral_value() else float(value)
    # nan is not equal to itself, and pandas' NA not even comparable
    return value if (value == value) is True else None  # noqa: PLR0124


def _begins_run(value: nw.Expr, before: nw.Expr) -> nw.Expr:
    return before.is_null() | (value != before)


def runs_by_sorting(
    frame: nw.LazyFrame[Any], value: str, within: str, order: Sequence[str], start: str
) -> nw.LazyFrame[Any]:
    """:meth:`Engine.runs` where rows have an order: sorted once, then every neighbour is one row away."""
    return runs_of_sorted(frame.collect().sort(within, *order), value, within, start)


def runs_of_sorted(rows: nw.DataFrame[Any], value: str, within: str, start: str) -> nw.LazyFrame[Any]:
    """:meth:`Engine.runs` of rows that are in order."""
    same = nw.col(within) == nw.col(within).shift(1)
    rows = rows.with_columns(
        before=nw.when(same).then(nw.col(value).shift(1)), since=nw.when(same).then(nw.col(start).shift(1))
    )
    rows = rows.filter(_begins_run(nw.col(value), nw.col("before"))).with_row_index("place")
    goes_on = nw.col(within) == nw.col(within).shift(-1)
    until = nw.when(goes_on).then(nw.col(start).shift(-1))
    return rows.with_columns(until=until, place=nw.col("place").cast(nw.Int64)).lazy()


def with_previous_by_sorting(
    frame: nw.LazyFrame[Any], column: str, within: str, order: Sequence[str]
) -> nw.LazyFrame[Any]:
    """:meth:`Engine.with_previous` where rows have an order: several times faster than a window a group."""
    rows = frame.collect().sort(within, *order)
    same = nw.col(within) == nw.col(within).shift(1)
    return rows.with_columns(previous=nw.when(same).then(nw.col(column).shift(1))).lazy()
