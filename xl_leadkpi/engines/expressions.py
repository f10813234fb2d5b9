"""Expressions that every engine works out alike."""

from __future__ import annotations

from typing import Any

import narwhals as nw

_DAYS_FROM_MARCH_1600 = 109_511  # to 1899-12-30, day 0


def translate(column: nw.Expr, values: dict[int, Any], dtype: Any) -> nw.Expr:
    """Translate small numbers one by one; null where a number is not listed."""
    chain = nw.lit(None, dtype=dtype)
    for key, value in values.items():
        chain = nw.when(column == key).then(nw.lit(value, dtype=dtype)).otherwise(chain)
    return chain


def month_number(day: nw.Expr) -> nw.Expr:
    """Month number of an Excel day number, by arithmetic that every engine has.

    Counting years from March puts the leap day last, so that the months before it have fixed offsets.
    """
    # the halves keep quotients off whole numbers, which an engine that multiplies by the reciprocal may fall short of
    since_march_1600 = day.floor() + _DAYS_FROM_MARCH_1600
    centuries = ((since_march_1600 * 4 + 3.5) / 146_097).floor()
    # with the days that three of four centuries lack, every fourth year is a leap year
    filled_up = since_march_1600 + centuries - (centuries / 4).floor()
    year = ((filled_up * 4 + 3.5) / 1461).floor()
    day_of_year = filled_up - (year * 1461 / 4).floor()
    month = ((day_of_year * 5 + 2.5) / 153).floor()
    return year * 12 + month + (1600 * 12 + 2)
