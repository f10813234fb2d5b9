"""What several Parquet files have in common, whichever engine reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from xl_leadkpi.engines.reserved_names import freed
from xl_leadkpi.errors import InputError, brief

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


_MOST_DIGITS = 38
_PATHS_NAMED = 3


def complaint(path: Path, error: Exception, why: str = "") -> str:
    """What to say of a Parquet file that Polars does not open."""
    if isinstance(error, pl.exceptions.DuplicateError) and (name := re.search("'(.*)'", str(error), re.DOTALL)):
        return f"{path} holds several columns named '{brief(name[1])}'. Rename all but one where it is made."
    return f"{path} is a damaged Parquet file{why}. Export it again."


def is_too_wide(kind: pl.DataType) -> bool:
    """Tell a decimal type of more digits than Polars reads, though Parquet has it."""
    return isinstance(kind, pl.Decimal) and (kind.precision or 0) > _MOST_DIGITS


def with_text_for_null(frame: nw.LazyFrame[Any], kinds: Mapping[str, pl.DataType]) -> nw.LazyFrame[Any]:
    """The frame with a column that has no type, for want of a single value, as one of texts."""
    renamed = freed(kinds)
    there = set(frame.collect_schema().names())  # DuckDB has a name of its own for a column without one
    empty = [renamed.get(name, name) for name, kind in kinds.items() if str(kind) == "Null"]
    empty = [name for name in empty if name in there]
    return frame.with_columns(nw.col(*empty).cast(nw.String)) if empty else frame


def common_columns(paths: Sequence[Path], *, widens: bool) -> tuple[bool, dict[str, pl.DataType]]:
    """Tell whether all parts have the same columns, and which; refuse those whose types have none in common.

    Left to itself DuckDB takes the types of the first part, and cuts the cents off another one's amounts.

    Args:
        paths: The files.
        widens: The engine takes whole and broken numbers, or days and clocks, for one type.
    """
    schemas = []
    for path in paths:
        try:
            schemas.append(pl.scan_parquet(path, glob=False).collect_schema())
        except (pl.exceptions.PolarsError, OSError) as error:
            raise InputError(complaint(path, error)) from error
    if not any(schemas):
        raise InputError(f"{' and '.join(map(str, paths[:_PATHS_NAMED]))}: there is no column. Export the table again.")
    seen: dict[str, tuple[Path, Any]] = {}
    for path, schema in zip(paths, schemas, strict=True):
        for name, kind in schema.items():
            first, known = seen.setdefault(name, (path, kind))
            widened = widens and (
                (known.is_numeric() and kind.is_numeric()) or (known.is_temporal() and kind.is_temporal())
            )
            if kind != known and not widened:
                raise InputError(
                    f"{path}: column '{name}' is of type {kind}, in {first} of type {known}. "
                    "Write all parts with the same type, or name those that go together."
                )
    return all(schema == schemas[0] for schema in schemas), {name: kind for name, (_, kind) in seen.items()}


def numbered_by_file(rows: Any, paths: Sequence[Path], names: Sequence[str]) -> Any:
    """Number the rows of several files by their place in their file and the rows of the files before.

    Args:
        rows: Rows with ``file_row_number`` and ``filename``.
        paths: The files, in order.
        names: What ``filename`` calls each.

    Returns:
        The rows with ``row_no`` instead.
    """
    sizes = [pl.scan_parquet(path, glob=False).select(pl.len()).collect().item() for path in paths]
    before = [2 + sum(sizes[:place]) for place in range(len(paths))]
    start: Any = nw.lit(before[0])
    for number, own in zip(before[1:], names[1:], strict=True):
        start = nw.when(nw.col("filename") == own).then(nw.lit(number)).otherwise(start)
    row_no = (nw.col("file_row_number") + start).cast(nw.Int64)
    return rows.with_columns(row_no=row_no).drop("file_row_number", "filename")
