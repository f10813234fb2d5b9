"""Which days a row of a report is of, however its tool writes them: 20260105, 202601, month 3 since the start."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from xl_leadkpi.cells.days import date_of, day_number
from xl_leadkpi.errors import InputError, brief
from xl_leadkpi.leads.cells.dates import date_ranges
from xl_leadkpi.leads.cells.raw_table import RawColumn
from xl_leadkpi.leads.cells.vocabulary import header_key
from xl_leadkpi.leads.fields.rules import read_dates, table_locale
from xl_leadkpi.leads.fields.spans import MONTHS_OF_A_YEAR, WEEK_HEADERS, all_mondays, range_of_titles
from xl_leadkpi.leads.model.findings import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.leads.cells.raw_table import RawTable

_DAY_AND_HOUR = r"^((?:19|20)\d{6})\d{2}$"
_YEAR_AND_MONTH = r"^((?:19|20)\d{2})(0[1-9]|1[0-2])$"
_DAY_NUMBERS = range(19_000_101, 21_000_000)
_CALENDAR = (367, 2_958_000)
"""From the first day that stands for one to shortly before the end of the calendar, as Excel's numbers."""
_MOST_DAYS = 3_653
_MONTHS = range(1200)
_MOST_YEARS = 10
_ANY_YEAR = 2000
"""A year by which a month is told from what is none."""
_END_OF_MONTHS = (date.max.year + 1) * MONTHS_OF_A_YEAR
_ODD = frozenset({FindingKind.AMBIGUOUS_DATES, FindingKind.SWAPPED_DATES, FindingKind.IMPOSSIBLE_DATES})


@dataclass(frozen=True, slots=True)
class RowDays:
    """First and last day of each row of a report, as Excel's numbers; null where they are unknown.

    Attributes:
        first, last: The days.
        findings: What was odd.
        is_weekly: A row is a week.
        told_by_rows: The rows say it, not the lines above the header.
    """

    first: pl.Series
    last: pl.Series
    findings: tuple[Finding, ...] = ()
    is_weekly: bool = False
    told_by_rows: bool = True


class ReportDays:
    """Reads the days of one report."""

    def __init__(self, grid: RawTable, columns: Mapping[str, RawColumn], headers: Mapping[str, str], rows: int) -> None:
        self.grid = grid
        self.columns = columns
        self.headers = headers
        self.rows = rows
        self.range = range_of_titles(grid.title, table_locale(grid, "en"))

    def read(self, locale: str, *, in_weeks: bool = True) -> RowDays:
        """Read the days; one that no calendar has, or that ends more than ten years later, is none.

        Args:
            locale: Decides the order of day and month where nothing else does.
            in_weeks: Rows that are all of Mondays are weeks.
        """
        found = self._read(locale, in_weeks=in_weeks)
        frame = pl.DataFrame({"first": found.first, "last": found.last})
        first, last = pl.col("first"), pl.coalesce("last", "first")
        usable = (first >= _CALENDAR[0]) & (last <= _CALENDAR[1]) & (last - first <= _MOST_DAYS)
        frame = frame.with_columns(pl.when(usable).then(pl.col("first", "last")))
        return replace(found, first=frame["first"], last=frame["last"])

    def _read(self, locale: str, *, in_weeks: bool) -> RowDays:
        if "date" in self.columns:
            days = self._of_days(locale, in_weeks=in_weeks)
            # the day of the month beside a month, or the number of a week, is no date
            if days.first.null_count() < self.rows or self.columns.keys() <= {"date"}:
                return self._clipped(days)
        if "month" in self.columns:
            return self._clipped(self._of_months(locale))
        for name in ("nth_day", "nth_month"):
            if name in self.columns and self.range is not None:
                return self._clipped(self._since_start(name, self.range[0]))
        return self._of_range()

    # how rows say it --------------------------------------------------------------------------------------------------

    def _of_days(self, locale: str, *, in_weeks: bool) -> RowDays:
        column, header = _compact_days(self.columns["date"]), self.headers["date"]
        both = date_ranges(column.text)
        columns = {"date": column}
        if both:
            columns = {"date": replace(column, text=both[0]), "end": RawColumn(both[1], codes=column.codes)}
        found = read_dates(columns, dict.fromkeys(columns, header), self.grid, locale=locale, months=True)
        findings = []
        for read in found.read.values():
            if read.days is None:
                raise InputError(
                    f"{self.grid.place}, column '{brief(header)}': day and month stand in both orders (13/05/2025 and "
                    "05/13/2025). Export the dates again as 2025-05-13."
                )
            findings += [
                Finding(odd.kind, self.rows, header, details=odd.details) for odd in read.odd if odd.kind in _ODD
            ]
        days = {name: columns[name].spread(read.days).cast(pl.Float64).floor() for name, read in found.read.items()
                if read.days is not None}  # fmt: skip
        first = days["date"]
        is_weekly = both is None and (
            bool(WEEK_HEADERS & set(header_key(header).split())) or (in_weeks and all_mondays(first))
        )
        last = days["end"].fill_null(first) if "end" in days else first + (6 if is_weekly else 0)
        if is_weekly:
            findings.append(Finding(FindingKind.WEEKS_SPLIT, self.rows, header))
        return RowDays(first, last, tuple(findings), is_weekly)

    def _of_months(self, locale: str) -> RowDays:
        years = self.columns.get("year")
        first = self._first_days(locale, None if years is None else years.spread(years.as_text().str.strip_chars()))
        if first is None:
            return self._unknown()
        if years is None and first.null_count() == self.rows:
            first = self._months_without_year(locale)
        return RowDays(first, _month_ends(first))

    def _months_without_year(self, locale: str) -> pl.Series:
        """Months such as 01 or January, of the year in which the report has them.

        Raises:
            InputError: The report does not say which days it covers, or has a month of two years.
        """
        start, end = self.range or (date.min, date.min)
        spans = range(start.year, end.year + 1) if end.year - start.year <= _MOST_YEARS else range(0)
        first, last = day_number(start.replace(day=1)), day_number(end)
        found: list[float | None] = [None] * self.rows
        for year in spans:
            known = year if self.range else _ANY_YEAR
            days = self._first_days(locale, pl.repeat(str(known), self.rows, eager=True))
            for place, day in enumerate([] if days is None else days):
                is_there = day is not None and (self.range is None or first <= day <= last)
                if is_there and (self.range is None or found[place] is not None):
                    raise self._without_year(place)
                found[place] = day if is_there else found[place]
        return pl.Series(found, dtype=pl.Float64)

    def _without_year(self, place: int) -> InputError:
        column = self.columns["month"]
        cell, row = brief(str(column.spread(column.as_text())[place])), self.grid.numbered(pl.Series([place]))[0]
        where = f"{self.grid.place}, row {row}, column '{brief(self.headers['month'])}'"
        if self.range is None:
            why = (
                f"'{cell}' is a month without its year, and no line above the header says which days the report covers"
            )
        else:
            why = f"'{cell}' may be of two years, for the report covers {self.range[0]} to {self.range[1]}"
        return InputError(
            f"{where}: {why}. Export the report with the year beside the month (a column Year, or Year month as "
            "202501)" + (", or keep its lines with the first and the last day." if self.range is None else ".")
        )

    def _first_days(self, locale: str, year: pl.Series | None) -> pl.Series | None:
        """The first day of each row's month; None where day and month stand in both orders."""
        column = self.columns["month"]
        texts = column.as_text().str.strip_chars()
        written = texts.str.replace(_YEAR_AND_MONTH, "$1-$2")
        column = RawColumn(written, column.number, column.is_date, column.is_flag, column.codes)
        if year is not None:
            whole = column.spread(written)
            both = pl.DataFrame({"y": year, "m": whole}).select(
                pl.when(pl.col("m").str.contains(r"^\d{1,2}$"))
                .then(pl.concat_str("y", pl.lit("-"), pl.col("m").str.zfill(2)))
                .when(pl.col("m").str.contains(r"\d"))
                .then("m")
                .otherwise(pl.concat_str("m", pl.lit(" "), "y"))
            )
            column = RawColumn(both.to_series().alias("text"))
        elif column.number is not None:
            column = replace(column, number=column.number.set(~column.mark(column.is_date), None))
        read = read_dates({"month": column}, {"month": self.headers["month"]}, self.grid, locale=locale, months=True)
        days = read.read["month"].days
        return None if days is None else _month_starts(column.spread(days).cast(pl.Float64))

    def _since_start(self, name: str, start: date) -> RowDays:
        """Count days or months from the start of the report: GA4 numbers them from 0."""
        column = self.columns[name]
        numbers = column.spread(column.as_text().str.strip_chars().cast(pl.Int64, strict=False))
        if name == "nth_day":
            first = numbers.cast(pl.Float64) + day_number(start)
            return RowDays(first, first)
        month = start.year * MONTHS_OF_A_YEAR + start.month - 1
        starts = [
            float(_first_day(month + n)) if n is not None and n in _MONTHS and month + n < _END_OF_MONTHS else None
            for n in numbers
        ]
        first = pl.Series(starts, dtype=pl.Float64)
        return RowDays(first, _month_ends(first))

    def _of_range(self) -> RowDays:
        if self.range is None:
            return self._unknown()
        first, last = (float(day_number(day)) for day in self.range)
        return RowDays(_repeat(first, self.rows), _repeat(last, self.rows), told_by_rows=False)

    def _unknown(self) -> RowDays:
        return RowDays(_repeat(None, self.rows), _repeat(None, self.rows), told_by_rows=False)

    def _clipped(self, days: RowDays) -> RowDays:
        """The days within those that the report says it covers: its last month may not be over."""
        if self.range is None:
            return days
        start, end = (float(day_number(day)) for day in self.range)
        frame = pl.DataFrame({"first": days.first, "last": days.last})
        inside = (pl.col("first") <= end) & (pl.col("last") >= start)
        frame = frame.with_columns(
            first=pl.when(inside).then(pl.max_horizontal("first", pl.lit(start))).otherwise("first"),
            last=pl.when(inside).then(pl.min_horizontal("last", pl.lit(end))).otherwise("last"),
        )
        return replace(days, first=frame["first"], last=frame["last"])


def _compact_days(column: RawColumn) -> RawColumn:
    """The cells with 2026010513 as 20260105, and the number 20260105 as that text."""
    texts = column.text.str.strip_chars().str.replace(_DAY_AND_HOUR, "$1").str.replace(_YEAR_AND_MONTH, "$1-$2")
    if column.number is None:
        return replace(column, text=texts)
    frame = pl.DataFrame({"t": texts, "n": column.number, "date": column.mark(column.is_date)})
    n = pl.col("n")
    whole = pl.when(n > 1e9).then((n / 100).floor()).otherwise(n)
    is_compact = ~pl.col("date") & whole.is_between(_DAY_NUMBERS.start, _DAY_NUMBERS.stop)
    frame = frame.with_columns(
        t=pl.when(is_compact).then(whole.cast(pl.Int64).cast(pl.String)).otherwise("t"),
        n=pl.when(~is_compact).then("n"),
    )
    return replace(column, text=frame["t"], number=frame["n"])


def _month_starts(days: pl.Series) -> pl.Series:
    starts = [None if day is None else float(day_number(date_of(day).replace(day=1))) for day in days]
    return pl.Series(starts, dtype=pl.Float64)


def _month_ends(starts: pl.Series) -> pl.Series:
    ends = [None if day is None else float(_last_day_of(date_of(day))) for day in starts]
    return pl.Series(ends, dtype=pl.Float64)


def _last_day_of(day: date) -> int:
    return day_number(day + timedelta(days=monthrange(day.year, day.month)[1] - day.day))


def _first_day(month: int) -> int:
    return day_number(date(month // MONTHS_OF_A_YEAR, month % MONTHS_OF_A_YEAR + 1, 1))


def _repeat(value: float | None, rows: int) -> pl.Series:
    return pl.repeat(value, rows, dtype=pl.Float64, eager=True)
