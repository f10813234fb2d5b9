"""Columns of typed tables - Parquet, data frames, databases - as the cells an export could hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from xl_leadkpi.errors import InputError, brief
from xl_leadkpi.leads.cells.raw_table import Loaded, from_series, with_python_dates
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from xl_leadkpi.leads.cells.raw_table import RawColumn

YEARS = (1, 9_999)
"""Years that are counted, as in texts; a day outside is a slip of the program that wrote it, and no calendar has it."""
_MOST_EXACT = 1 << 53  # the last whole number a float tells from its neighbours
_MILLISECONDS_A_DAY = 86_400_000


def sample_of(head: pl.DataFrame) -> tuple[tuple[object, ...], ...]:
    """The first cells of each column, blank where its type is one that no cell has.

    >>> sample_of(pl.DataFrame({"Stage": ["Won"], "Tags": [["a", "b"]]}))
    (('Won',), (None,))
    """
    columns = [_as_cells(column) for column in with_python_dates(head).iter_columns()]
    return tuple((None,) * len(head) if column is None else tuple(column.to_list()) for column in columns)


def load_typed(
    columns: Mapping[int, Callable[[], pl.Series]], identifiers: Collection[int], place: str, first_row: int
) -> Loaded:
    """Load columns of a typed table that is in memory.

    Args:
        columns: Their positions, and what fetches each.
        identifiers: Which are mostly distinct.
        place: The table, for messages.
        first_row: Row number of the first data row.

    Returns:
        The columns, with a finding on days that no calendar has; they count as blank.

    Raises:
        InputError: A column is of a type that no cell has: a list, a structure, bytes.
    """
    read: dict[int, RawColumn] = {}
    findings: list[Finding] = []
    rows = 0
    for position, fetch in columns.items():
        column = fetch()
        rows = len(column)
        cells = _as_cells(column)
        if cells is None:
            raise unusable(place, column.name, column.dtype)
        if cells.dtype in (pl.Date, pl.Datetime):
            far = cells.is_not_null() & ~cells.dt.year().is_between(*YEARS).fill_null(value=False)
            if far.any():
                odd = tuple(first_row + row for row in far.arg_true().head(ROWS_NAMED))
                findings.append(Finding(FindingKind.UNREADABLE_DATES, int(far.sum()), column.name, rows=odd))
                cells = cells.set(far, None)
        read[position] = from_series(cells, distinct=position not in identifiers)
    return Loaded(read, rows, tuple(findings))


def is_cells(kind: pl.DataType, fetch: Callable[[], pl.Series]) -> bool:
    """Tell whether a column can be loaded; only of bytes the rows must be looked at.

    >>> [is_cells(column.dtype, column.clone) for column in (pl.Series(["a"]), pl.Series([["a"]]), pl.Series([b"a"]))]
    [True, False, True]
    """
    cells = _as_cells(fetch() if kind == pl.Binary else pl.Series(dtype=kind))
    return cells is not None


def python_cells(values: Sequence[object]) -> list[object] | None:
    r"""The values of a column of Python objects, bytes as texts; None where one is no cell: a list, a structure.

    >>> python_cells([b"Won", None, 7.5]), python_cells([["Won"]]), python_cells([b"\xff"])
    (['Won', None, 7.5], None, None)
    """
    if any(value.__hash__ is None for value in values):
        return None
    try:
        return [value.decode() if isinstance(value, bytes) else value for value in values]
    except UnicodeDecodeError:
        return None


def unusable(place: str, header: str, kind: object) -> InputError:
    """What to say of a column that is needed and of a type that no cell has."""
    return InputError(
        f"{place}, column '{brief(header)}' is of type {brief(str(kind))}: cast it to a date, a number or a text where "
        "the table is made, or leave it out with --map FIELD=-, or out of --by if it stands there."
    )


def _as_cells(column: pl.Series) -> pl.Series | None:
    """The column in a type that cells have; None where there is none."""
    kind = column.dtype
    if kind.is_nested() or kind == pl.Object:
        return None
    if kind in (pl.Null, pl.Binary):  # some programs write their texts as bytes
        try:
            return column.cast(pl.String)
        except pl.exceptions.PolarsError:
            return None
    if kind == pl.Duration:
        return column.dt.total_milliseconds() / _MILLISECONDS_A_DAY
    if kind.is_integer() or (isinstance(kind, pl.Decimal) and not kind.scale):
        # long identifiers would become alike as numbers
        is_long = any(abs(int(bound)) > _MOST_EXACT for bound in (column.min(), column.max()) if bound is not None)  # type: ignore[arg-type]
        return column.cast(pl.String) if is_long else column
    return column
