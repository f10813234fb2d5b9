"""Putting counted columns and the KPIs over them together into blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.funnel.report import Above, Block, Column, First, Ratio, Unit
from xl_leadkpi.kpis import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NO_GROUP = "(none)"
"""Label of the leads without a value."""
OTHER_GROUP = "(other)"
"""Label of the groups beyond the largest."""
TOTAL = "(total)"
"""Label of a totals row."""
UNALLOCATED = "(unallocated)"
"""Label of spend without a channel."""


def counted(key: str, unit: Unit, values: Iterable[Any]) -> Column:
    """A column of values as of the build."""
    return Column(key, unit, tuple(values))


def kpi(key: str, unit: Unit, name: str, *arguments: str | float | Above | First, item: int | None = None) -> Column:
    """A column that is a KPI over other columns of its block; :func:`block` works its values out."""
    return Column(key, unit, (), Ratio(name, arguments, item))


def block(
    name: str,
    columns: Sequence[Column],
    *,
    totals: int = 0,
    notes: Sequence[tuple[str, str]] = (),
    beside: Block | None = None,
) -> Block:
    """Work out the KPI columns and make the block.

    Args:
        name: Name of its Excel table.
        columns: Counted columns and KPI columns, each KPI after the columns it needs.
        totals: Number of totals rows at the end.
        notes: Remarks, see ``Block``.
        beside: A block of the same rows whose columns the KPIs may use too.

    Returns:
        The block, every column filled.

    >>> made = block("tblX", [counted("spend", "money", [100.0, None]), counted("leads", "count", [4, 2]),
    ...                       kpi("cpl", "money", "CPL", "spend", "leads")])
    >>> made["cpl"].values
    (25.0, None)
    """
    known = {column.key: column.values for column in beside.columns} if beside is not None else {}
    filled = []
    for column in columns:
        made = column
        if column.ratio is not None:
            made = Column(column.key, column.unit, evaluate(column.ratio, known), column.ratio)
        known[made.key] = made.values
        filled.append(made)
    return Block(name, tuple(filled), totals, tuple(notes))


def without_ratios_of(made: Block, *arguments: str, totals_only: bool = False) -> Block:
    """The block with the ratios over some of its columns left blank, because the columns do not belong together.

    >>> made = block("tblX", [counted("spend", "money", [100.0]), counted("leads", "count", [4]),
    ...                       kpi("cpl", "money", "CPL", "spend", "leads")])
    >>> without_ratios_of(made, "spend")["cpl"].values
    (None,)
    """
    kept = len(made) - made.totals if totals_only else 0
    blank = (None,) * (len(made) - kept)
    columns = [
        replace(column, values=(*column.values[:kept], *blank)) if _names(column.ratio) & {*arguments} else column
        for column in made.columns
    ]
    return replace(made, columns=tuple(columns))


def _names(ratio: Ratio | None) -> set[str]:
    arguments = ratio.arguments if ratio is not None else ()
    return {
        one.column if isinstance(one, Above | First) else one for one in arguments if not isinstance(one, float | int)
    }


def evaluate(ratio: Ratio, known: Mapping[str, Sequence[Any]]) -> tuple[Any, ...]:
    """Values of a KPI, one a row: a number, a ``CellError``, or None where an argument is missing."""
    rows = len(next(iter(known.values())))
    function = CATALOGUE[ratio.kpi]
    arguments = [_argument(argument, known, rows) for argument in ratio.arguments]
    for place, declared in enumerate(function.arguments[: len(arguments)]):
        if declared.is_range:
            # a sum over ranges sees a range of one cell in each row
            arguments[place] = [None if value is None else [value] for value in arguments[place]]
    return tuple(_item(function(*row), ratio.item) if None not in row else None for row in zip(*arguments, strict=True))


def _argument(argument: str | float | Above | First, known: Mapping[str, Sequence[Any]], rows: int) -> Sequence[Any]:
    match argument:
        case Above(column):
            return (None, *known[column][:-1])
        case First(column):
            return (known[column][0],) * rows
        case str(column):
            return known[column]
        case number:
            return (number,) * rows


def _item(value: Any, item: int | None) -> Any:
    if item is not None and not isinstance(value, CellError):
        value = value[item] if isinstance(value, tuple | list) else value.ravel()[item]
    return None if value is None or value == "" else value
