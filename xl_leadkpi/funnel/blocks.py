"""Putting counted columns and the KPIs over them together into blocks."""

from __future__ import annotations

from dataclasses import replace
from math import floor, isfinite, log10
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.funnel.report import (
    Above,
    Better,
    Block,
    Column,
    First,
    MoneyOf,
    Ratio,
    SheetTable,
    Unit,
    Unknown,
    argument_column,
)
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.leads.model.evidence import Evidence
from xl_leadkpi.leads.model.evidence import needs as facts_needed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xl_leadkpi.leads.model.evidence import Fact, Need
    from xl_leadkpi.leads.model.findings import Finding

ALL_KNOWN = Evidence()

Gaps = dict[int, "Finding"]
"""By row that has no figure, why."""

_SUMS: frozenset[Unit] = frozenset({"money", "count", "number"})
_MOST_DECIMALS, _FEWEST_DECIMALS, _DIGITS = 12, 4, 12

NO_GROUP = "(none)"
"""Label of the leads without a value."""
OTHER_GROUP = "(other)"
"""Label of the groups beyond the largest."""
TOTAL = "(total)"
"""Label of a totals row."""
UNKNOWN_STAGE = "(unknown)"
"""Label of the stage of lost leads nobody knows the stage of."""
UNALLOCATED = "(unallocated)"
"""Label of spend without a channel."""


def values_column(
    key: str,
    unit: Unit,
    values: Iterable[Any],
    *,
    currency: MoneyOf = "amounts",
    better: Better | None = None,
    table: SheetTable = "main",
    on_sheet: bool = True,
    needs: Iterable[Fact | Need] = (),
    row_needs: Iterable[Iterable[Fact | Need]] = (),
    cases: str = "",
) -> Column:
    """A column of values as of the build; its roles are those of ``Column``."""
    return Column(
        key,
        unit,
        tuple(steady_sum(one) if unit in _SUMS and isinstance(one, float) else one for one in values),
        currency=currency,
        better=better,
        table=table,
        on_sheet=on_sheet,
        needs=facts_needed(*needs),
        row_needs=tuple(facts_needed(*one) for one in row_needs),
        cases=cases,
    )


def steady_sum(value: float) -> float:
    """A sum without the last digits, in which it differs by the order of the rows that are added up.

    Twelve digits are kept, and always four decimals.

    >>> steady_sum(0.1 + 0.2), steady_sum(1719313.7799999998), steady_sum(98765432109876.55)
    (0.3, 1719313.78, 98765432109876.55)
    """
    if not isfinite(value) or not value:
        return value
    return round(value, max(_FEWEST_DECIMALS, min(_MOST_DECIMALS, _DIGITS - 1 - floor(log10(abs(value))))))


def kpi_column(
    key: str,
    unit: Unit,
    name: str,
    *arguments: str | float | Above | First,
    item: int | None = None,
    table: SheetTable = "main",
    on_sheet: bool = True,
    needs: Iterable[Fact | Need] = (),
    row_needs: Iterable[Iterable[Fact | Need]] = (),
) -> Column:
    """A column that is a KPI over other columns of its block; :func:`block` works its values out.

    What is better the KPI declares. It needs what its columns need, and besides what is declared here.
    """
    declared = CATALOGUE[name].direction
    better: Better | None = declared if declared == "higher" or declared == "lower" else None  # noqa: PLR1714 - narrows
    return Column(
        key,
        unit,
        (),
        Ratio(name, arguments, item),
        better=better,
        table=table,
        on_sheet=on_sheet,
        needs=facts_needed(*needs),
        row_needs=tuple(facts_needed(*one) for one in row_needs),
    )


def block(
    name: str,
    columns: Sequence[Column],
    *,
    totals: int = 0,
    notes: Sequence[tuple[str, str]] = (),
    beside: Block | None = None,
    is_record: bool = False,
    evidence: Evidence = ALL_KNOWN,
    own_gaps: Mapping[str, Gaps] = MappingProxyType({}),
) -> Block:
    """Leave out what the evidence does not support, work out the KPI columns and make the block.

    Args:
        name: Name of its Excel table.
        columns: Counted columns and KPI columns, each KPI after the columns it needs.
        totals: Number of totals rows at the end.
        notes: Remarks, see ``Block``.
        beside: A block of the same rows whose columns the KPIs may use too.
        is_record: See ``Block``.
        evidence: What the tables tell.
        own_gaps: By column, the rows that have no figure for reasons of their own.

    Returns:
        The block, every column filled.

    >>> table = block("tblX", [values_column("spend", "money", [100.0, None]), values_column("leads", "count", [4, 2]),
    ...                       kpi_column("cpl", "money", "CPL", "spend", "leads")])
    >>> table["cpl"].values
    (25.0, None)
    """
    values = {column.key: column.values for column in beside.columns} if beside is not None else {}
    facts = {column.key: column.needs for column in beside.columns} if beside is not None else {}
    in_spend = {column.key for column in columns if column.currency == "spend"}
    rows = len(columns[0].values) if columns else 0
    gaps: dict[str, Gaps] = {}
    filled = []
    for column in columns:
        own = {**own_gaps.get(column.key, {}), **_gaps(column, evidence, gaps, rows)}
        if column.ratio is not None:
            # what is worked out of spend is in its currency
            currency: MoneyOf = "spend" if in_spend.intersection(column.ratio.columns) else "amounts"
            inherited = (fact for key in column.ratio.columns for fact in facts.get(key, ()))
            column = replace(  # noqa: PLW2901
                column,
                values=evaluate(column.ratio, values),
                currency=currency,
                needs=facts_needed(*column.needs, *inherited),
            )
        if own:
            column = replace(column, values=_without(column.values, own))  # noqa: PLW2901
            gaps[column.key] = own
        values[column.key] = column.values
        facts[column.key] = column.needs
        filled.append(column)
    unknown = {key: Unknown(next(iter(found.values())), tuple(found)) for key, found in gaps.items()}
    return Block(name, tuple(filled), totals, tuple(notes), is_record, unknown)


def _gaps(column: Column, evidence: Evidence, before: Mapping[str, Gaps], rows: int) -> Gaps:
    """The rows of a column that the evidence does not support, by its own needs or by those of its arguments."""
    if not evidence.standings and not before:
        return {}
    gaps: Gaps = {}
    whole = evidence.gap(column.needs)
    for row in range(rows):
        gap = whole or (evidence.gap(column.row_needs[row]) if column.row_needs else None)
        if gap is not None and gap.why is not None:
            gaps[row] = gap.why
        elif column.ratio is not None and (why := _missing_argument(column.ratio, before, row)) is not None:
            gaps[row] = why
    return gaps


def _missing_argument(ratio: Ratio, before: Mapping[str, Gaps], row: int) -> Finding | None:
    for argument in ratio.arguments:
        key = argument_column(argument)
        place = 0 if isinstance(argument, First) else row - 1 if isinstance(argument, Above) else row
        if key is not None and place in before.get(key, ()):
            return before[key][place]
    return None


def _without(values: Sequence[Any], gaps: Gaps) -> tuple[Any, ...]:
    return tuple(None if row in gaps else value for row, value in enumerate(values))


def evaluate(ratio: Ratio, columns: Mapping[str, Sequence[Any]]) -> tuple[Any, ...]:
    """Values of a KPI, one a row: a number, a ``CellError``, or None where an argument is missing."""
    rows = len(next(iter(columns.values()), ()))
    function = CATALOGUE[ratio.kpi]
    arguments = [_argument(argument, columns, rows) for argument in ratio.arguments]
    for place, declared in enumerate(function.arguments[: len(arguments)]):
        if declared.is_range:
            # a sum over ranges sees a range of one cell in each row
            arguments[place] = [None if value is None else [value] for value in arguments[place]]
    return tuple(_item(function(*row), ratio.item) if None not in row else None for row in zip(*arguments, strict=True))


def _argument(argument: str | float | Above | First, columns: Mapping[str, Sequence[Any]], rows: int) -> Sequence[Any]:
    match argument:
        case Above(column):
            return (None, *columns[column][:-1])
        case First(column):
            return (columns[column][0],) * rows
        case str(column):
            return columns[column]
        case number:
            return (number,) * rows


def _item(value: Any, item: int | None) -> Any:
    if item is not None and not isinstance(value, CellError):
        value = value[item] if isinstance(value, tuple | list) else value.ravel()[item]
    return None if value is None or value == "" else value
