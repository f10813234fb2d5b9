"""Periods as people write them: a day, a month, a quarter, a week, a year, or from one to another."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from xl_leadkpi.errors import InputError, brief

Unit = Literal["day", "week", "month", "quarter", "year", "span"]
Comparison = Literal["previous", "year-ago", "none"]

FORMS = "2026-Q2, 2026-05, 2026-W18, 2026, 2026-05-17 or 2026-01-15..2026-02-20"
MONTHS_OF_A_YEAR = 12
_QUARTER = 3
_YEARS = (1902, 9998)  # so that there is a year before, and older dates stand for none
FIRST_DAY, LAST_DAY = date(_YEARS[0], 1, 1), date(_YEARS[1], 12, 31)
"""What stands for an open end of a period where it is written out."""
_SHAPES = (
    ("day", re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")),
    ("quarter", re.compile(r"(\d{4})-?Q(\d+)", re.IGNORECASE)),
    ("week", re.compile(r"(\d{4})-?W(\d+)", re.IGNORECASE)),
    ("month", re.compile(r"(\d{4})-(\d{1,2})")),
    ("year", re.compile(r"(\d{4})")),
)


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days.

    Attributes:
        first: Its first day.
        last: Its last day.
        unit: What it is; ``span`` for days from one to another.
        fiscal_start: Month from 1 in which its quarters and years begin.
    """

    first: date
    last: date
    unit: Unit = "span"
    fiscal_start: int = 1

    @property
    def is_fiscal(self) -> bool:
        """It is a quarter or a year that does not begin with the calendar's."""
        return self.fiscal_start > 1 and self.unit in ("quarter", "year", "span")

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1


def read_period(text: str, fiscal_start: int = 1) -> Period:
    """Read a period.

    A fiscal year has the number of the calendar year in which it ends: with April as its first month the year 2026 is
    April 2025 to March 2026, and 2026-Q1 is April to June 2025.

    Args:
        text: ``2026-Q2``, ``2026-05``, ``2026-W18`` (ISO week), ``2026``, ``2026-05-17``, or two of them with ``..``
            between, from the first day of one to the last day of the other.
        fiscal_start: Month from 1 in which quarters and years begin.

    Returns:
        The period.

    Raises:
        InputError: There is no such period.

    >>> period = read_period("2026-Q2")
    >>> print(period.first, period.last, period.unit)
    2026-04-01 2026-06-30 quarter
    >>> print(read_period("2026", fiscal_start=4).first, read_period("2026-W01").first)
    2025-04-01 2025-12-29
    >>> print(read_period("2026-02..2026-03").last)
    2026-03-31
    """
    beginning, dots, end = text.strip().partition("..")
    if not dots:
        return _one(beginning, fiscal_start)
    first, last = _one(beginning.strip(), fiscal_start), _one(end.strip().lstrip("."), fiscal_start)
    if first.first > last.last:
        raise InputError(
            f"The period '{brief(text)}' ends ({last.last}) before it begins ({first.first}): exchange the two."
        )
    return Period(first.first, last.last, "span", fiscal_start)


def _one(text: str, fiscal_start: int) -> Period:
    for unit, shape in _SHAPES:
        found = shape.fullmatch(text)
        if found:
            try:
                first, last = _ends(unit, tuple(map(int, found.groups())), fiscal_start)
            except (ValueError, OverflowError):
                raise InputError(f"There is no {unit} '{brief(text)}'. {_remedy(unit)}") from None
            return Period(first, last, unit, fiscal_start)  # type: ignore[arg-type]
    raise InputError(f"'{brief(text)}' is no period. Write it as {FORMS}.")


def _remedy(unit: str) -> str:
    return {
        "quarter": "Write one of Q1 to Q4.",
        "month": "Write one of 01 to 12.",
        "week": "Write one of W01 to W52, in some years W53.",
    }.get(unit, f"Write it as {FORMS}.")


def _ends(unit: str, parts: tuple[int, ...], fiscal_start: int) -> tuple[date, date]:
    """First and last day; ValueError where no calendar has them."""
    year = parts[0]
    if not _YEARS[0] <= year <= _YEARS[1]:
        raise ValueError(year)
    if unit == "day":
        day = date(*parts)
        return day, day
    if unit == "week":
        first = date.fromisocalendar(year, parts[1], 1)
        return first, first + timedelta(days=6)
    if unit == "month":
        return months(date(year, parts[1], 1), 1)
    beginning = date(year - (fiscal_start > 1), fiscal_start, 1)
    if unit == "year":
        return months(beginning, MONTHS_OF_A_YEAR)
    if not 1 <= parts[1] <= MONTHS_OF_A_YEAR // _QUARTER:
        raise ValueError(parts[1])
    return months(shifted(beginning, (parts[1] - 1) * _QUARTER), _QUARTER)


def months(first: date, count: int) -> tuple[date, date]:
    """The first and the last day of some months from the first day of one.

    >>> print(*months(date(2025, 12, 1), 3))
    2025-12-01 2026-02-28
    """
    year, month = divmod(first.year * MONTHS_OF_A_YEAR + first.month - 1 + count - 1, MONTHS_OF_A_YEAR)
    return first, date(year, month + 1, monthrange(year, month + 1)[1])


def shifted(day: date, by: int) -> date:
    """A day so many months later, the last day of the month where that is shorter.

    >>> print(shifted(date(2026, 3, 31), -1), shifted(date(2024, 2, 29), 12))
    2026-02-28 2025-02-28
    """
    year, month = divmod(day.year * MONTHS_OF_A_YEAR + day.month - 1 + by, MONTHS_OF_A_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def compared_with(period: Period, comparison: Comparison) -> Period | None:
    """The period that another is compared with.

    Args:
        period: The period.
        comparison: ``previous``: the one just before, of the same unit; of a span as many days. ``year-ago``: the same
            one a year earlier, of a week the one 52 weeks before.

    Returns:
        That period, None where nothing is compared.

    Raises:
        InputError: No calendar has it.

    >>> may = read_period("2026-05")
    >>> print(compared_with(may, "previous").first, compared_with(may, "year-ago").last)
    2026-04-01 2025-05-31
    >>> print(compared_with(read_period("2026-01-11..2026-01-20"), "previous").first)
    2026-01-01
    """
    if comparison == "none":
        return None
    try:
        first, last = _compared(period, comparison)
    except (ValueError, OverflowError):
        raise InputError(
            f"--period {period.first}..{period.last}: no calendar has a period to compare it with. Give a shorter one, "
            "or --compare none."
        ) from None
    return Period(first, last, period.unit, period.fiscal_start)


def _compared(period: Period, comparison: Comparison) -> tuple[date, date]:
    count = {"month": 1, "quarter": _QUARTER, "year": MONTHS_OF_A_YEAR}.get(period.unit)
    if count is not None:
        back = count if comparison == "previous" else MONTHS_OF_A_YEAR
        return months(shifted(period.first, -back), count)
    if comparison == "previous" or period.unit == "week":
        back = period.days if comparison == "previous" else 52 * 7
        return period.first - timedelta(days=back), period.last - timedelta(days=back)
    return shifted(period.first, -MONTHS_OF_A_YEAR), shifted(period.last, -MONTHS_OF_A_YEAR)
