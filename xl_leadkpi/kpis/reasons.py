"""Why a KPI gives an error value: in words, for whoever looks at the cell or the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from xl_leadkpi.cells.errors import CellError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xl_leadkpi.kpis.declaration import Argument, Kpi


def reason(kpi: Kpi, values: Sequence[Any], error: CellError) -> str:
    """Say what in the arguments led to an error value.

    Args:
        kpi: The KPI that gave it.
        values: Its arguments in order, None for those left out.
        error: The error value, as the result or within it.

    Returns:
        A phrase without a full stop.

    >>> from xl_leadkpi.kpis import CATALOGUE
    >>> reason(CATALOGUE["CPL"], (100, 0), CellError.DIV0)
    'no value where leads=0'
    >>> reason(CATALOGUE["CPL"], ("12,5", 4), CellError.VALUE)
    'spend holds a text where a number is expected'
    """
    given = list(zip(kpi.arguments, values, strict=False))
    for argument, value in given:
        if any(cell is error or cell == error.value for cell in cells_of(value)):
            return f"{argument.name} holds {error}, which is passed on"
    if error is CellError.VALUE:
        return next(_wrong_kinds(given), None) or _incomplete_pair(kpi, values) or "the ranges are of different size"
    conditions = [rule.condition for rule in kpi.rules if rule.error is error]
    if conditions:
        return f"no value where {' or '.join(conditions)}"
    ranged = any(argument.is_range for argument in kpi.arguments)
    if error is CellError.NA and not ranged:
        return "the ranges are of different size"
    return kpi.remarks.rstrip(".") or "there is no value for these arguments"


def cells_of(value: Any) -> Iterator[Any]:
    """The cells of whatever was passed, one by one.

    >>> list(cells_of([[1, 2], [3, None]]))
    [1, 2, 3, None]
    """
    if isinstance(value, np.ndarray):
        yield from value.ravel()
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from cells_of(part)
    else:
        yield value


def _wrong_kinds(given: Sequence[tuple[Argument, Any]]) -> Iterator[str]:
    for argument, value in given:
        if not argument.needs_number:
            continue
        wrong = next((cell for cell in cells_of(value) if isinstance(cell, (str, bool)) and cell != ""), None)
        if wrong is not None:
            kind = "a text" if isinstance(wrong, str) else "TRUE or FALSE"
            yield f"{argument.name} holds {kind} where a number is expected"


def _incomplete_pair(kpi: Kpi, values: Sequence[Any]) -> str | None:
    by_name = dict(zip((argument.name for argument in kpi.arguments), values, strict=False))
    for argument in kpi.arguments:
        of = argument.criterion_of
        if of and by_name.get(of) is None and by_name.get(argument.name) is not None:
            return f"{argument.name} is given without its range {of}"
    return None
