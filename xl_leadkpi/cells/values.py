"""One cell: what a Python value is as the content of a cell, and days as Excel's serial numbers."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import numpy as np

from xl_leadkpi.cells.days import MOMENT_ZERO
from xl_leadkpi.cells.errors import CellError

BLANK: Final = ""
"""What a formula gives for a blank: an empty text, as in Excel."""

Cell = float | str | bool | CellError | None
"""Content of a cell; None is an empty one."""

FIRST_OF_MARCH: Final = 61
"""Serial number of 1 March 1900. Excel counts a 29 February before it that never was."""

_ERRORS = {error.value: error for error in CellError}


def read_cell(value: Any, *, days: bool = False) -> Cell:  # noqa: PLR0911 - one line for each kind of cell
    """Read a Python value as the content of a cell.

    Args:
        value: Anything. Numbers of any kind incl. ``Decimal`` and NumPy scalars; None, nan, NaT, NA and ``""`` are
            blank; infinity is what Excel makes of an overflow, ``#NUM!``; days become serial numbers; the text of an
            error value is that error, as if typed.
        days: A text in ISO form is a date, as if typed.

    Returns:
        A finite float, a text, a boolean, an error value or None for a blank. What no cell can hold is ``#VALUE!``.

    >>> from decimal import Decimal
    >>> read_cell(Decimal("12.50")), read_cell(""), read_cell("#N/A"), read_cell(date(2025, 5, 5))
    (12.5, None, #N/A, 45782.0)
    """
    if hasattr(value, "dtype") and hasattr(value, "item"):  # a NumPy scalar
        value = value.item() if value.dtype.kind != "M" else value.astype("datetime64[us]").item()
    if value is None or (isinstance(value, str) and not value):
        return None
    if isinstance(value, (bool, CellError)):
        return value
    if isinstance(value, str):
        return _read_text(value, days=days)
    if hasattr(value, "as_integer_ratio"):  # int, float, Decimal, Fraction
        return _read_number(value)
    if type(value).__name__ in {"NaTType", "NAType"}:  # pandas' own missing values, known without importing pandas
        return None
    if isinstance(value, (date, time, timedelta)):
        return serial_from_day(value)
    return CellError.VALUE


def _read_text(written: str, *, days: bool) -> Cell:
    if days and re.match(r"\d{4}-\d\d-\d\d([ T]|$)", written):
        try:
            return serial_from_day(datetime.fromisoformat(written))
        except ValueError:  # 2025-02-30
            return written
    return _ERRORS.get(written, written)


def read_words(values: Any) -> list[str]:
    """The texts of a range in reading order, for comparison: lower case, no surplus spaces, ``""`` for a blank.

    >>> read_words(["Closed  Won ", None, 5])
    ['closed won', '', '5']
    """
    flat = np.asarray(values, dtype=object).ravel().tolist()
    if set(map(type, flat)) <= {str, type(None)}:
        known = {value: _word(value) for value in set(flat)}  # a column of a million rows holds few distinct words
        return [known[value] for value in flat]
    return [_word(value) for value in flat]


def _word(value: Any) -> str:
    cell = read_cell(value)
    if cell is None:
        return ""
    if isinstance(cell, float):
        cell = f"{cell:.15g}"
    return " ".join(part for part in str(cell).lower().split(" ") if part)


def _read_number(value: Any) -> float | CellError | None:
    try:
        number = float(value)
    except (OverflowError, ValueError):  # an integer beyond the largest float, a signalling nan
        return CellError.NUM
    if math.isnan(number):
        return None
    return CellError.NUM if math.isinf(number) else number


def serial_from_day(day: date | time | timedelta) -> float:
    """Serial number of a day, a time of day or a duration (1900 system; a time zone is ignored, as a cell would).

    Excel counts a 29 February 1900 that never was: the serials of January and February 1900 are one less.

    >>> serial_from_day(datetime(2025, 5, 5, 18, 0))
    45782.75
    >>> serial_from_day(date(1900, 2, 28)), serial_from_day(date(1900, 3, 1))
    (59.0, 61.0)
    """
    if isinstance(day, timedelta):
        return day / timedelta(days=1)
    if isinstance(day, time):
        return (datetime.combine(MOMENT_ZERO, day.replace(tzinfo=None)) - MOMENT_ZERO) / timedelta(days=1)
    moment = day.replace(tzinfo=None) if isinstance(day, datetime) else datetime.combine(day, time())
    serial = (moment - MOMENT_ZERO) / timedelta(days=1)
    return serial - 1 if serial < FIRST_OF_MARCH else serial


def day_from_serial(serial: float) -> datetime:
    """Day and time of a serial number, to the millisecond; the reverse of :func:`serial_from_day`.

    >>> day_from_serial(45782.75)
    datetime.datetime(2025, 5, 5, 18, 0)
    """
    days = serial + 1 if serial < FIRST_OF_MARCH - 1 else serial
    return MOMENT_ZERO + timedelta(milliseconds=round(days * 86_400_000))
