"""The seam to the engines: whatever is more than a Narwhals expression stands in this one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from narwhals.typing import Frame

Row = dict[str, Any]


def lazy(frame: Frame) -> nw.LazyFrame[Any]:
    """The frame as a query that nothing has run yet (pandas runs it at once: it has no other way)."""
    return frame.lazy()


def settled(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The same rows, worked out once because many queries follow."""
    return frame.collect().lazy()


def collect(frames: Sequence[nw.LazyFrame[Any]]) -> list[list[Row]]:
    """Run several queries with small results, together where the engine can, and return their rows.

    Args:
        frames: Queries over the same table.

    Returns:
        For each query its rows as dictionaries; a missing value is None whatever the engine calls it. The order of
        rows is the engine's.
    """
    if frames and all(frame.implementation.is_polars() for frame in frames):
        import polars as pl  # noqa: PLC0415 - only where the rows came as Polars

        return [list(table.iter_rows(named=True)) for table in pl.collect_all([frame.to_native() for frame in frames])]
    return [[_plain(row) for row in frame.collect().iter_rows(named=True)] for frame in frames]


def _plain(row: Row) -> Row:
    return {key: _plain_value(value) for key, value in row.items()}


def _plain_value(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    # nan is not equal to itself, and pandas' NA not even comparable
    return value if (value == value) is True else None  # noqa: PLR0124


def with_previous(frame: nw.LazyFrame[Any], column: str, *, within: str, order: Sequence[str]) -> nw.LazyFrame[Any]:
    """Add ``previous``: the column's value one row earlier within each group, null in a group's first row.

    Where rows have an order, sorting once and looking one row up is several times faster than a window a group.
    """
    if not (frame.implementation.is_polars() or frame.implementation.is_pandas_like()):
        return frame.with_columns(previous=nw.col(column).shift(1).over(within, order_by=order))
    rows = frame.collect().sort(within, *order)
    same = nw.col(within) == nw.col(within).shift(1)
    return rows.with_columns(previous=nw.when(same).then(nw.col(column).shift(1))).lazy()


def alike(frame: Frame, model: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The frame on the engine of another one, so that the two can be joined."""
    if frame.implementation is model.implementation:
        return lazy(frame)
    rows = lazy(frame).collect()
    native = rows.to_polars() if model.implementation.is_polars() else rows.to_pandas()
    return nw.from_native(native).lazy()
