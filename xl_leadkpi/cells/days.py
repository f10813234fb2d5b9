"""How cells number days: 1 is 31 December 1899, the time of day is the fraction (right from 1 March 1900 on)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

DAY_ZERO: Final = date(1899, 12, 30)
MOMENT_ZERO: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - cells know no time zone
UNIX_EPOCH: Final = (date(1970, 1, 1) - DAY_ZERO).days
"""The number of 1970-01-01, from which others count."""


def day_number(day: date) -> int:
    """Number of a day.

    >>> day_number(date(2025, 5, 5))
    45782
    """
    return day.toordinal() - DAY_ZERO.toordinal()


def date_of(number: float) -> date:
    """Day of a number, whatever the time of day.

    >>> date_of(45782.75)
    datetime.date(2025, 5, 5)
    """
    return DAY_ZERO + timedelta(days=int(number))


def moment_number(moment: datetime) -> float:
    """Number of a moment, as its own clock shows it.

    >>> moment_number(datetime(2025, 5, 5, 18))
    45782.75
    """
    return (moment.replace(tzinfo=None) - MOMENT_ZERO) / timedelta(days=1)
