"""From a ratio of the report to the formula of one cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.funnel.report import Above, First
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.sheets.layout import address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.funnel.report import Ratio

Formulas = Literal["native", "functions", "values"]
NO_VALUE = "–"
"""What a table shows where a ratio has no value; a chart's range holds #N/A there, because text would be drawn as 0."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the first row of a column of a block stands.

    Attributes:
        sheet: Only if it is another one than the formula's.
        ratio: Whether the column holds ratios: those without a value are a text.
    """

    row: int
    column: int
    sheet: str | None = None
    ratio: bool = False

    def cell(self, row: int = 0) -> str:
        """Address of the column's figure in a row of the block."""
        text = address(self.row + row, self.column)
        return f"{self.sheet}!{text}" if self.sheet else text


def ratio_formula(ratio: Ratio, row: int, places: Mapping[str, Place], mode: Formulas) -> str | None:
    """Write the formula of a ratio for one row of its block.

    Args:
        ratio: The KPI and its arguments.
        row: Row of the block, from 0.
        places: Where each column of the block stands on the sheet.
        mode: ``native`` for plain Excel arithmetic, ``functions`` for the KPI by name, ``values`` for no formula.

    Returns:
        The formula without ``=``, or None where there is none: in ``values`` mode, or if an argument is not on
        the sheet.

    >>> from xl_leadkpi.funnel.report import Ratio
    >>> places = {"spend": Place(10, 3), "leads": Place(10, 2)}
    >>> ratio_formula(Ratio("CPL", ("spend", "leads")), 1, places, "native")
    'IFERROR(D12/C12,"–")'
    >>> ratio_formula(Ratio("CPL", ("spend", "leads")), 0, places, "functions")
    'IF(C11=0,"–",CPL(D11,C11))'
    """
    if mode == "values":
        return None
    arguments = []
    for argument in ratio.arguments:
        text = _argument(argument, row, places)
        if text is None:
            return None
        arguments.append(text)
    if mode == "native":
        return f'IFERROR({CATALOGUE[ratio.kpi].excel_text(*arguments, item=ratio.item)},"{NO_VALUE}")'
    text = f"{ratio.kpi}({','.join(map(str, arguments))})"
    if ratio.item is not None:
        text = f"INDEX({text},{ratio.item + 1})"
    # not IFERROR: it would turn #NAME? into a dash too, where the functions are not to be had
    without = [f"ISTEXT({cell})" for cell, is_ratio in zip(arguments, _ratios(ratio, places), strict=True) if is_ratio]
    without += CATALOGUE[ratio.kpi].no_value_texts(*arguments)
    if not without:
        return text
    condition = without[0] if len(without) == 1 else f"OR({','.join(without)})"
    return f'IF({condition},"{NO_VALUE}",{text})'


def shown_value(value: Any, ratio: Ratio | None, mode: Formulas) -> Any:
    """What a cell shows of a value, which is what its formula gives: a dash for no value.

    >>> from xl_leadkpi.funnel.report import Ratio
    >>> cpl = Ratio("CPL", ("spend", "leads"))
    >>> [str(shown_value(error, cpl, "functions")) for error in (CellError.DIV0, CellError.NUM)]
    ['–', '#NUM!']
    """
    if not isinstance(value, CellError):
        return value
    if mode != "functions" or ratio is None or value is CellError.DIV0:
        return NO_VALUE
    cells = (f"A{row}" for row, _ in enumerate(ratio.arguments, start=1))
    knows_whole = len(CATALOGUE[ratio.kpi].no_value_texts(*cells)) > 1
    return NO_VALUE if knows_whole else value


def _ratios(ratio: Ratio, places: Mapping[str, Place]) -> list[bool]:
    """Which arguments are ratios themselves."""
    keys = (one.column if isinstance(one, Above | First) else one for one in ratio.arguments)
    return [isinstance(key, str) and places[key].ratio for key in keys]


def _argument(argument: str | float | Above | First, row: int, places: Mapping[str, Place]) -> str | float | None:
    match argument:
        case Above(column):
            row -= 1
        case First(column):
            row = 0
        case str(column):
            pass
        case number:
            return number
    place = places.get(column)
    return place.cell(row) if place and row >= 0 else None
