"""Where rows are counted: Polars, DuckDB, Spark or pandas behind one protocol.

What a Narwhals expression says stands where it is needed; what engines do each in their own way stands here.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw

from xl_leadkpi.engines.errors import faults
from xl_leadkpi.engines.protocol import Engine, Row
from xl_leadkpi.engines.reserved_names import freed, header_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import polars as pl
    from narwhals.typing import Frame

__all__ = [
    "Engine",
    "Row",
    "checkpoint",
    "collect",
    "day_number",
    "detached",
    "faults",
    "first_rows",
    "head",
    "header_of",
    "is_lazy",
    "is_lazy_data",
    "lazy",
    "materialised",
    "measure",
    "numbered",
    "partitioned",
    "partitioned_pairs",
    "repeated",
    "runs",
    "scan_parquet",
    "scan_table",
    "to_same_backend",
    "with_previous",
]

Name = Literal["pandas", "polars", "duckdb", "spark"]


@cache
def _engine(name: Name, spark_master: str | None = None) -> Engine:
    """The engine of a name; only those that are used are imported."""
    match name:
        case "polars":
            from xl_leadkpi.engines.polars import PolarsEngine  # noqa: PLC0415

            return PolarsEngine()
        case "duckdb":
            from xl_leadkpi.engines.duckdb import DuckdbEngine  # noqa: PLC0415

            return DuckdbEngine()
        case "spark":
            from xl_leadkpi.engines.spark import SparkEngine  # noqa: PLC0415

            return SparkEngine(spark_master)
        case "pandas":
            from xl_leadkpi.engines.pandas import PandasEngine  # noqa: PLC0415

            return PandasEngine()


def engine_of(frame: Frame) -> Engine:
    """The engine that a frame is on."""
    kind = frame.implementation
    if kind.is_polars():
        return _engine("polars")
    if kind.is_duckdb():
        return _engine("duckdb")
    return _engine("spark") if kind.is_pyspark() else _engine("pandas")


def lazy(frame: Frame) -> nw.LazyFrame[Any]:
    """The frame as a query that nothing has run yet (pandas runs it at once: it has no other way)."""
    return frame.lazy()


def is_lazy(frame: Frame) -> bool:
    """Tell whether the rows stay where they are until a query runs; such a table may exceed the memory."""
    return isinstance(frame, nw.LazyFrame)


def is_lazy_data(data: Any) -> bool:
    """Tell whether data is a table that stays where it is: Polars LazyFrame, DuckDB relation, PySpark DataFrame."""
    return is_lazy(nw.from_native(data, pass_through=True))


def materialised(frame: nw.LazyFrame[Any], *, in_memory: bool) -> nw.LazyFrame[Any]:
    """The same rows, worked out once because many queries follow.

    Args:
        frame: The query.
        in_memory: Its table is in memory already, and so may the result be. Else Polars and DuckDB write a file for
            the time of the process, and Spark keeps what fits and spills the rest.
    """
    return engine_of(frame).materialised(frame, in_memory=in_memory)


def detached(frame: nw.LazyFrame[Any], *, in_memory: bool) -> nw.LazyFrame[Any]:
    """As :func:`materialised`, and on Spark without the plan: where tables are joined and united again and again.

    Args:
        frame: The query.
        in_memory: Its table is in memory already.
    """
    return engine_of(frame).detached(frame, in_memory=in_memory)


def checkpoint(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The same rows; on Spark the plan ends here, as it copies each expression into all that use it.

    Without that, a dozen columns that build on each other make a plan of millions of nodes. The others work out a
    column again for less than it costs to write it.
    """
    return engine_of(frame).checkpoint(frame)


def collect(frames: Sequence[nw.LazyFrame[Any]]) -> list[list[Row]]:
    """Run several queries with small results, together where the engine can, and return their rows.

    Args:
        frames: Queries over the same table.

    Returns:
        For each query its rows as dictionaries; a missing value is None whatever the engine calls it. The order of
        rows is the engine's.
    """
    on = {engine_of(frame) for frame in frames}
    if len(on) == 1:
        return on.pop().collect(frames)
    return [engine_of(frame).rows(frame) for frame in frames]


def measure(frame: Frame, expressions: Mapping[str, nw.Expr]) -> Row:
    """Draw single figures from the whole table (runs the query)."""
    if not expressions:
        return {}
    asked = frame.lazy().select(**expressions)
    return engine_of(asked).measured(asked)


def with_previous(frame: nw.LazyFrame[Any], column: str, *, within: str, order: Sequence[str]) -> nw.LazyFrame[Any]:
    """Add ``previous``: the column's value one row earlier within each group, null in a group's first row."""
    return engine_of(frame).with_previous(frame, column, within=within, order=order)


def runs(frame: nw.LazyFrame[Any], value: str, *, within: str, order: Sequence[str], start: str) -> nw.LazyFrame[Any]:
    """The first row of each run of the same value within each group.

    Args:
        frame: The rows.
        value: The column whose values come in runs.
        within: The column of the groups.
        order: Columns that put the rows of a group in order.
        start: Where a run begins: a day or a number that ascends.

    Returns:
        Those rows with ``before``, the value of the run before; ``since``, the start of the row before, of whatever
        run; ``until``, the start of the next run; and ``place``, a number that ascends within each group. The first
        three are null where there is none.

    >>> import polars as pl
    >>> days = nw.from_native(pl.LazyFrame({"lead": [1, 1, 1], "stage": [2, 2, 5], "day": [10, 12, 15]}))
    >>> runs(days, "stage", within="lead", order=("day",), start="day").collect().rows()
    [(0, 1, 2, 10, None, None, 15), (1, 1, 5, 15, 2, 12, None)]
    """
    return engine_of(frame).runs(frame, value, within=within, order=order, start=start)


def to_same_backend(frame: Frame, model: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The frame on the engine of another one, so that the two can be joined."""
    if frame.implementation is model.implementation:
        return lazy(frame)
    return engine_of(model).taken_over(lazy(frame).collect(), model)


def head(frame: nw.LazyFrame[Any], rows: int) -> pl.DataFrame:
    """The first rows, as Polars."""
    first: pl.DataFrame = frame.head(rows).collect(backend="polars").to_native()
    return first


def day_number(frame: nw.LazyFrame[Any], column: str) -> nw.Expr:
    """Excel's number of the day of a date or of a time of day, as a whole number."""
    return engine_of(frame).day_number(nw.col(column).cast(nw.Date))


def first_rows(frame: Frame, mask: nw.Expr, limit: int) -> tuple[int, ...]:
    """The first row numbers where a condition holds (runs the query)."""
    found = engine_of(frame).rows_where(lazy(frame), mask)
    [answers] = collect([found.sort("row_no", nulls_last=True).head(limit)])
    return tuple(int(row["row_no"]) for row in answers if row["row_no"] is not None)


def repeated(frame: nw.LazyFrame[Any], key: str) -> nw.LazyFrame[Any]:
    """Values of a column that stand more than once, with how often (``n``).

    Neither Polars nor, beyond some 100 million, DuckDB groups so many values in little memory. Their hashes go to disk
    in parts, like to like, and only values whose hash is not theirs alone are grouped.
    """
    keys = engine_of(frame).candidates(frame.filter(~nw.col(key).is_null()).select(key=key))
    return keys.group_by("key").agg(nw.len().alias("n")).filter(nw.col("n") > 1).rename({"key": key})


def partitioned(frame: nw.LazyFrame[Any], key: str) -> Iterator[nw.LazyFrame[Any]]:
    """A table in parts small enough to sort in memory: rows with the same key are in one part.

    Args:
        frame: The table; its rows stay where they are.
        key: A column.

    Yields:
        The parts, on most engines one. Each must be materialised before the next is taken: its files are gone then.
    """
    yield from engine_of(frame).partitioned(frame, key)


def partitioned_pairs(
    one: nw.LazyFrame[Any], other: nw.LazyFrame[Any], key: str, *, in_memory: bool
) -> Iterator[tuple[nw.LazyFrame[Any], nw.LazyFrame[Any]]]:
    """Two tables in parts small enough to join in memory: what has the same key is in parts that stand together.

    Args:
        one: A table.
        other: A table of the same engine.
        key: A text column of both.
        in_memory: The tables are in memory.

    Yields:
        The parts, on most engines one; none without a row in both tables. Each must be materialised before the next
        is taken: its files are gone then.
    """
    if in_memory:
        yield one, other
    else:
        yield from engine_of(one).partitioned_pairs(one, other, key)


def numbered(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """The frame with a number a row (``row_no``); on Spark unique and ascending, but with gaps."""
    names = frame.collect_schema().names()
    renamed = frame.rename(freed(name for name in names if name != "row_no"))
    return renamed if "row_no" in names else engine_of(frame).numbered(renamed.to_native())


def scan_parquet(
    paths: Sequence[Path], engine: Literal["polars", "duckdb", "spark"], spark_master: str | None = None
) -> nw.LazyFrame[Any]:
    """Open Parquet files as one table, each row with its number (``row_no``; the first is 2, below a header).

    Args:
        paths: The files, in order.
        engine: What counts them.
        spark_master: Where Spark runs; None takes the session there is, else this machine.
    """
    return _engine(engine, spark_master).scan_parquet(paths)


def scan_table(database: Path, table: str) -> nw.LazyFrame[Any]:
    """Open a table or view of a DuckDB file, see :func:`xl_leadkpi.engines.duckdb.scan_table`."""
    from xl_leadkpi.engines import duckdb  # noqa: PLC0415

    return duckdb.scan_table(database, table)
