"""Days, weeks and longer spans of reports, shared out over the months of the calendar."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from xl_leadkpi.cells.days import UNIX_EPOCH, date_of
from xl_leadkpi.leads.cells.dates import parse_dates

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

MONTHS_OF_A_YEAR = 12
WEEK_HEADERS = frozenset({"week", "tydzien", "неделя", "woche", "semana", "semaine", "settimana"})
"""Headers of days that begin weeks, normalised."""
_BOTH_ENDS = re.compile(r"\b(\d{8})\s*[-–]\s*(\d{8})\b")
_START, _END = (
    re.compile(rf"^\W*(?:{words})\s*:\s*(\S.*)$", re.IGNORECASE)
    for words in (
        "start date|data rozpoczęcia|дата начала|startdatum|fecha de inicio|date de début|data de início",
        "end date|data zakończenia|дата окончания|enddatum|fecha de finalización|date de fin|data de término",
    )
)


def all_mondays(days: pl.Series) -> bool:
    """Tell rows of weeks: all on Mondays, over at least three of them."""
    distinct = days.drop_nulls().unique()
    return len(distinct) >= 3 and bool(((distinct - 2) % 7 == 0).all())


def report_range(title: str, locale: str = "en") -> tuple[date, date] | None:
    """Read the days a report covers from one of its title lines.

    Args:
        title: The line.
        locale: Decides the order of day and month where the line does not.

    Returns:
        The first and the last day; None where the line names none.

    >>> report_range("September 1, 2026 - September 30, 2026")
    (datetime.date(2026, 9, 1), datetime.date(2026, 9, 30))
    """
    for separator in (" - ", " – ", " — ", " to ", " bis ", " do ", " по ", "–", "—"):
        parts = title.split(separator)
        if len(parts) != 2:
            continue
        ends = [part.split(":")[-1].strip().removeprefix("с ").removeprefix("od ") for part in parts]
        days = parse_dates(pl.Series(ends), locale=locale)
        if not days.days.null_count():
            first, last = (date_of(day) for day in days.days)
            return first, last
    return None


def range_of_titles(titles: Sequence[str], locale: str = "en") -> tuple[date, date] | None:
    """Read the days a report covers from all of its title lines; None where they name none.

    >>> range_of_titles(["Traffic acquisition", "Start date: 20260101", "End date: 20260331"])
    (datetime.date(2026, 1, 1), datetime.date(2026, 3, 31))
    >>> range_of_titles(["20260105-20260204"])
    (datetime.date(2026, 1, 5), datetime.date(2026, 2, 4))
    """
    ends = [next((found[1] for one in titles if (found := form.match(one))), None) for form in (_START, _END)]
    both = next((found.groups() for one in titles if (found := _BOTH_ENDS.search(one))), None)
    for pair in (ends, both):
        if pair and all(pair):
            days = parse_dates(pl.Series(pair, dtype=pl.String), locale=locale).days
            if not days.null_count():
                first, last = (date_of(day) for day in days)
                return first, last
    ranges = (_range_within(one, locale) for one in titles)
    return next((one for one in ranges if one is not None), None)


def _range_within(title: str, locale: str) -> tuple[date, date] | None:
    """The two days at the end of a sentence: "Источники за период с 01.01.2026 по 31.01.2026"."""
    found = report_range(title, locale)
    if found is None:
        days = re.findall(r"\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{4}", title)
        if len(days) == 2:
            found = report_range(" - ".join(days), locale)
    return found


def month_number(day: pl.Expr) -> pl.Expr:
    """Number of the month of a day: year * 12 + month - 1."""
    moment = (day.cast(pl.Int32) - UNIX_EPOCH).cast(pl.Date)
    return moment.dt.year() * MONTHS_OF_A_YEAR + moment.dt.month().cast(pl.Int32) - 1


def first_day_of(month: pl.Expr) -> pl.Expr:
    """Number of a month's first day."""
    day = pl.date(month // MONTHS_OF_A_YEAR, month % MONTHS_OF_A_YEAR + 1, 1)
    return day.to_physical() + UNIX_EPOCH


def split_by_days(frame: pl.DataFrame, measures: Sequence[str]) -> pl.DataFrame:
    """Share out rows that reach over the end of a month by their days.

    Args:
        frame: Rows with ``first`` and ``last`` day and the ``month`` of the first.
        measures: Columns that are shared out.
    """
    last_month = month_number(pl.col("last"))
    whole = frame.filter((last_month == pl.col("month")) | pl.col("month").is_null())
    across = frame.filter(last_month != pl.col("month"))
    if across.is_empty():
        return whole
    month = pl.col("month")
    begin, end = pl.max_horizontal("first", first_day_of(month)), pl.min_horizontal("last", first_day_of(month + 1) - 1)
    parts = across.with_columns(month=pl.int_ranges("month", last_month + 1)).explode("month")
    days, whole_days = end - begin + 1, pl.col("last") - pl.col("first") + 1
    parts = parts.with_columns(pl.col(measure) * days / whole_days for measure in measures)
    parts = parts.with_columns(first=begin, last=end)
    return pl.concat([whole, parts.cast({name: whole.schema[name] for name in ("month", "first", "last")})])
