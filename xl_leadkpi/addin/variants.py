"""Values as they travel over COM: what Excel sends becomes cells, what a function gives becomes what Excel can show.

================================ ================================ ==============================================
Excel sends                      Python sees                      decoded
================================ ================================ ==============================================
number, date or currency cell    float (``Value2``)               float; a date is its serial number
empty cell                       None                             None
text, ``""``                     str                              str
TRUE, FALSE                      bool                             bool
error value                      int, -2146826288 and on          ``CellError``
omitted argument                 int, -2147352572                 ``OMITTED``
one cell                         the bare value                   the bare value
range                            tuple of rows                    float array, else list of rows
array constant in one row        flat tuple                       the same as one row
date, currency (``Range.Value``) datetime, ``Decimal``            the same: the KPIs read both
================================ ================================ ==============================================
"""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from itertools import chain
from math import isfinite
from typing import Any, Final

import numpy as np

from xl_leadkpi.cells import BLANK, CellError, serial_from_day
from xl_leadkpi.cells.grid import errors_in

DAYS_1904: Final = 1462
"""A serial number of the 1904 date system is this much smaller than one of the 1900 system."""

LONGEST_TEXT: Final = 32_767
"""Characters that a cell can hold."""


class Omitted(Enum):
    """An argument left out of the formula, which is something else than an empty cell."""

    OMITTED = -2147352572


OMITTED: Final = Omitted.OMITTED

# Excel's error number n arrives as the HRESULT 0x800A0000 + n. The KPIs know the seven errors of the closed set; the
# newer ones (#SPILL!, #CALC!, #BLOCKED! ...) mean that the cell has no usable value.
_HRESULT: Final = -2146828288
_NUMBERS: Final = {
    2000: CellError.NULL,
    2007: CellError.DIV0,
    2015: CellError.VALUE,
    2023: CellError.REF,
    2029: CellError.NAME,
    2036: CellError.NUM,
    2042: CellError.NA,
    2043: CellError.NA,  # #GETTING_DATA
}
_FIRST_ERROR: Final = _HRESULT + 2000
_LAST_ERROR: Final = _HRESULT + 2099

EXCEL_NUMBER: Final = {error: number for number, error in reversed(_NUMBERS.items())}
"""Excel's number of each error value, what VBA's ``CVErr`` takes."""

_NUMBERS_AND_BLANKS: Final = frozenset((float, type(None)))
_SINGLE: Final = frozenset((float, str, bool, type(None)))


def decode(value: Any, *, date1904: bool = False) -> Any:
    """Decode one argument.

    Args:
        value: What COM brought.
        date1904: Numbers are serial numbers of the 1904 date system.

    Returns:
        A scalar, or a range as rows: a float array of two dimensions (nan = empty) where the range holds numbers and
        empty cells only, else a list of lists.

    >>> decode(-2146826246), decode(-2147352572) is OMITTED, decode(44320.0, date1904=True)
    (#N/A, True, 45782.0)
    >>> decode(((12.0, None), ("n/a", True)))
    [[12.0, None], ['n/a', True]]
    """
    if type(value) is tuple or type(value) is list:
        rows = value if value and isinstance(value[0], (tuple, list)) else (value,)
        return _decode_range(rows, DAYS_1904 if date1904 else 0)
    return _decode_cell(value, DAYS_1904 if date1904 else 0)


def _decode_range(rows: Any, shift: int) -> Any:
    width = len(rows[0])
    cells = [row[0] for row in rows] if width == 1 else list(chain.from_iterable(rows))
    if set(map(type, cells)) <= _NUMBERS_AND_BLANKS:  # a tenth of the time that cell by cell takes
        numbers = np.array(cells, dtype=np.float64).reshape(len(rows), width)
        return numbers + shift if shift else numbers
    return [[_decode_cell(cell, shift) for cell in row] for row in rows]


def _decode_cell(value: Any, shift: int) -> Any:
    kind = type(value)
    if kind is float:
        return value + shift
    if kind in _SINGLE:
        return value
    if kind is int:
        if _FIRST_ERROR <= value <= _LAST_ERROR:
            return _NUMBERS.get(value - _HRESULT, CellError.VALUE)
        return OMITTED if value == OMITTED.value else value + shift
    return value


def encode(result: Any, *, date1904: bool = False) -> list[list[Any]]:
    """Encode a result as rows of what Excel can show: finite floats, texts, booleans and the texts of error values.

    Args:
        result: A scalar, a row (flat list, tuple or array) or rows.
        date1904: Days become serial numbers of the 1904 date system.

    Returns:
        Rows of equal length, never empty. COM would make nan and None a text, infinity something that no cell can
        hold, a tuple its first element and an integer beyond 64 bits an exception, so none of these is left.

    Raises:
        TypeError: If the result holds what no cell can.

    >>> encode(CellError.DIV0), encode((0.1, 0.3)), encode([["Won"], [None]])
    ([['#DIV/0!']], [[0.1, 0.3]], [['Won'], ['']])
    """
    shift = DAYS_1904 if date1904 else 0
    if type(result) is float and isfinite(result):
        return [[result]]
    if isinstance(result, np.ndarray):
        return _encode_array(result, shift)
    if isinstance(result, (list, tuple)):
        rows = result if result and isinstance(result[0], (list, tuple)) else (result,)
        if rows[0] and isinstance(rows[0][0], (list, tuple)):
            return _encode_array(np.array(rows, dtype=object), shift)
        return _filled([[_encode_cell(cell, shift) for cell in row] for row in rows])
    return [[_encode_cell(result, shift)]]


def _encode_array(array: np.ndarray[Any, Any], shift: int) -> list[list[Any]]:
    rows = _two_dimensions(array)
    if rows.dtype.kind != "f":
        return _filled([[_encode_cell(cell, shift) for cell in row] for row in rows.tolist()])
    if np.isfinite(rows).all():
        encoded: list[list[Any]] = rows.tolist()
        return _filled(encoded)
    cells = rows.astype(object)
    cells[np.isnan(rows)] = BLANK
    cells[np.isinf(rows)] = CellError.NUM.value
    errors = errors_in(rows)
    for place in zip(*np.nonzero(errors), strict=True):
        cells[place] = errors[place].value
    encoded = cells.tolist()
    return _filled(encoded)


def _two_dimensions(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Bring an array to rows; several values a cell spill away from the range: right of a column, below a row."""
    if array.ndim <= 2:
        return np.atleast_2d(array)
    rows, columns, items = array.shape
    if columns == 1:
        return array.reshape(rows, items)
    if rows == 1:
        return array.reshape(columns, items).T
    raise TypeError("several values for each cell of a table do not fit on a sheet: pass one row or one column")


def _filled(rows: list[list[Any]]) -> list[list[Any]]:
    width = max(map(len, rows), default=0)
    if width == 0:
        return [[BLANK]]
    return [row if len(row) == width else row + [CellError.NA.value] * (width - len(row)) for row in rows]


def _encode_cell(value: Any, shift: int) -> float | str | bool:  # noqa: PLR0911 - one kind of value after the other
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value != value:  # noqa: PLR0124 - nan and NaT
        return BLANK
    if isinstance(value, bool):
        return value
    if isinstance(value, CellError):
        return value.value
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    if isinstance(value, (int, float, Decimal)):
        return _encode_number(value)
    if isinstance(value, timedelta):
        return serial_from_day(value)
    if isinstance(value, (date, time)):
        return serial_from_day(value) - (shift if isinstance(value, date) else 0)
    raise TypeError(f"a cell cannot hold {type(value).__name__}")


def _encode_number(value: float | Decimal) -> float | str:
    try:
        number = float(value)
    except OverflowError:  # an integer beyond the largest float
        return CellError.NUM.value
    return number if isfinite(number) else CellError.NUM.value
