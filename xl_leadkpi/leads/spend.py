"""Marketing spend from ad-platform exports: one row a channel, campaign and month (sections 7, 10 and 12)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from xl_leadkpi.leads.columns import recognise
from xl_leadkpi.leads.decode import ROWS_NAMED, currency_codes, labels, numbers_as_days
from xl_leadkpi.leads.errors import InputError
from xl_leadkpi.leads.options import ReadOptions
from xl_leadkpi.leads.parse import parse_amounts, parse_dates
from xl_leadkpi.leads.sources import open_frame, open_table
from xl_leadkpi.leads.table import Finding, SpendTable
from xl_leadkpi.leads.vocabulary import header_currency, header_key, is_total, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xl_leadkpi.leads.grid import Grid, Loaded, RawColumn
    from xl_leadkpi.leads.table import ColumnMatch

_DAY_ZERO = date(1899, 12, 30)
_FIELDS = ("sp_date", "sp_end", "sp_campaign", "sp_channel", "sp_spend", "sp_currency", "sp_impressions", "sp_clicks")
_WEEK_HEADERS = frozenset({"week", "tydzien", "неделя", "woche", "semana", "semaine"})
_MONTHS_OF_A_YEAR = 12
_ACCOUNT_HEADERS = frozenset({"account name", "account"})
_CHANNEL_WORDS = frozenset(
    {"google", "facebook", "meta", "instagram", "linkedin", "yandex", "яндекс", "bing", "tiktok"}
)

# Words of an export that tell which platform it comes from, where no column names the channel.
_PLATFORMS = (
    ("Google Ads", ("cost", "impr"), ("currency code", "clicks")),
    ("LinkedIn", ("total spent",), ("campaign group name",)),
    ("Meta", ("amount spent",), ("reporting starts", "ad set name", "link clicks", "results")),
    ("Meta", ("spend",), ("adset name", "date start")),
    ("Meta", ("wydana kwota",), ()),
    ("Meta", ("потраченная сумма",), ()),
    ("Meta", ("ausgegebener betrag",), ()),
    ("Meta", ("importe gastado",), ()),
    ("Meta", ("montant depense",), ()),
    ("Yandex Direct", ("расход",), ("показы", "клики")),
)

_Key = tuple[str | None, str | None, int | None]


def read_spend(paths: Sequence[Path | str], options: ReadOptions | None = None) -> SpendTable:
    """Read one or more spend exports and add them up by channel, campaign and calendar month.

    Args:
        paths: Exports of Google Ads, Meta, LinkedIn, Yandex Direct, or any table with a date and a cost column.
        options: How to read them; ``fields`` may name ``sp_...`` fields.

    Returns:
        The spend, with its list of oddities.

    Raises:
        InputError: A file cannot be used, or files are in different currencies.
    """
    options = options or ReadOptions()
    paths = [paths] if isinstance(paths, str | Path) else paths
    return _add_up((open_table(Path(path), "spend", options) for path in paths), options)


def read_spend_frame(data: Any, options: ReadOptions | None = None, source_name: str = "selection") -> SpendTable:
    """Read spend from a selected range or a data frame, as :func:`read_spend` does from files.

    Args:
        data: pandas or Polars frame, or a list of rows with the header among the first 15.
        options: How to read it.
        source_name: Name of the range for messages.

    Returns:
        The spend, with its list of oddities.

    Raises:
        InputError: The data cannot be used.

    >>> read_spend_frame([["Date", "Channel", "Cost"], ["2025-05-01", "Ads", 120.0], ["2025-05-02", "Ads", 80.0]]).rows
    (('Ads', None, 24304, 200.0, None, None),)
    """
    options = options or ReadOptions()
    return _add_up([open_frame(data, "spend", options, source_name)], options)


def _add_up(grids: Iterable[Grid], options: ReadOptions) -> SpendTable:
    totals: dict[_Key, list[float | None]] = {}
    currencies: set[str] = set()
    columns: list[ColumnMatch] = []
    findings: list[Finding] = []
    names: list[str] = []
    for grid in grids:
        names.append(grid.name)
        part = _Export(grid, options)
        part.add_to(totals)
        columns += part.mapped.columns
        currencies |= part.currencies
        findings += [
            replace(found, column=f"{grid.name}: {found.column}" if found.column else grid.name)
            for found in part.findings
        ]
    if len(currencies) > 1:
        raise InputError(
            f"{', '.join(names)}: the spend is in {' and '.join(sorted(currencies))}. Amounts of different currencies "
            "cannot be added up: export them in one currency, or leave one file out."
        )
    rows = tuple(
        (channel, campaign, month, float(sums[0] or 0.0), sums[1], sums[2])
        for (channel, campaign, month), sums in sorted(
            totals.items(), key=lambda item: tuple((part is None, str(part)) for part in item[0])
        )
    )
    return SpendTable(rows, next(iter(currencies), None), tuple(columns), tuple(findings), ", ".join(names))


class _Export:
    """One spend export."""

    def __init__(self, grid: Grid, options: ReadOptions) -> None:
        self.grid = grid
        self.options = options
        self.findings: list[Finding] = list(grid.notes)
        self.mapped = recognise(grid.headers, grid.sample, "spend", options.fields)
        if "sp_spend" not in self.mapped.position:
            raise InputError(
                f"{grid.place}, row {grid.first_row - 1}: no column with the amount spent was recognised. Found: "
                f"{', '.join(grid.headers[:30])}. Expected a header such as Cost, Amount spent or Spend; or name it "
                "with --map sp_spend=HEADER."
            )
        positions = sorted({self.mapped.position[name] for name in _FIELDS if name in self.mapped.position})
        self.loaded: Loaded = grid.load(positions, frozenset())
        self.findings += self.loaded.findings
        self.currencies: set[str] = set()

    def _column(self, name: str) -> RawColumn | None:
        place = self.mapped.position.get(name)
        return None if place is None else self.loaded.columns[place]

    def _header(self, name: str) -> str:
        return self.grid.headers[self.mapped.position[name]]

    def add_to(self, totals: dict[_Key, list[float | None]]) -> None:
        """Add this export's rows to the sums."""
        frame = self._frame()
        frame = self._without_totals(frame)
        grouped = frame.group_by("channel", "campaign", "month", maintain_order=True).agg(
            pl.sum("spend"),
            *[pl.when(pl.col(name).count() > 0).then(pl.sum(name)).alias(name) for name in ("impressions", "clicks")],
        )
        for channel, campaign, month, *sums in grouped.iter_rows():
            known = totals.setdefault((channel, campaign, month), [None, None, None])
            for place, value in enumerate(sums):
                if value is not None:
                    known[place] = (known[place] or 0.0) + value

    def _frame(self) -> pl.DataFrame:
        rows = self.loaded.rows
        frame = pl.DataFrame(
            {
                "row_no": pl.int_range(self.grid.first_row, self.grid.first_row + rows, dtype=pl.Int64, eager=True),
                "spend": self._numbers("sp_spend"),
                "impressions": self._numbers("sp_impressions"),
                "clicks": self._numbers("sp_clicks"),
                "channel": self._channels(),
                "campaign": self._labels("sp_campaign"),
                "first": self._days("sp_date"),
                "last": self._days("sp_end"),
            }
        )
        self._find_currency()
        if frame["channel"].null_count() == rows:
            platform = self._platform()
            if platform:
                frame = frame.with_columns(channel=pl.lit(platform))
                self.findings.append(Finding("channel_from_file", rows, value=platform, severity="info"))
        return frame

    def _channels(self) -> pl.Series:
        """Read the channels; an account's name is none where the export's form or its campaigns tell better."""
        names = self._labels("sp_channel")
        if "sp_channel" not in self.mapped.position or header_key(self._header("sp_channel")) not in _ACCOUNT_HEADERS:
            return names
        distinct = names.drop_nulls().unique().to_list()
        is_known = any(_CHANNEL_WORDS.intersection(plain(name).split()) for name in distinct)
        if is_known or (len(distinct) > 1 and "sp_campaign" not in self.mapped.position) or not self._platform():
            return names
        return pl.repeat(None, self.loaded.rows, dtype=pl.String, eager=True)

    def _labels(self, name: str) -> pl.Series:
        column = self._column(name)
        if column is None:
            return pl.repeat(None, self.loaded.rows, dtype=pl.String, eager=True)
        return column.spread(labels(column))

    def _numbers(self, name: str) -> pl.Series:
        column = self._column(name)
        if column is None:
            return pl.repeat(None, self.loaded.rows, dtype=pl.Float64, eager=True)
        found = parse_amounts(column.text)
        values = found.values if column.number is None else found.values.fill_null(column.number)
        unparsed = column.spread(found.unparsed)
        if unparsed.any():
            where = unparsed.arg_true()
            bad = column.spread(column.text).gather(where)
            # A total row's label may stand in any column; it is no bad amount.
            real = [int(row) for row, text in zip(where, bad, strict=True) if not is_total(text)]
            if real:
                rows = tuple(row + self.grid.first_row for row in real[:ROWS_NAMED])
                self.findings.append(Finding("unparsed_amounts", len(real), self._header(name), str(bad[0])[:60], rows))
        if name == "sp_spend":
            ambiguous = column.spread(found.ambiguous)
            if ambiguous.any():
                self.findings.append(Finding("ambiguous_amounts", int(ambiguous.sum()), self._header(name)))
            self.currencies |= set(found.currency.drop_nulls().unique().to_list())
        return column.spread(values)

    def _days(self, name: str) -> pl.Series:
        column = self._column(name)
        if column is None:
            return pl.repeat(None, self.loaded.rows, dtype=pl.Float64, eager=True)
        locale = "en" if self._platform() == "LinkedIn" else self.options.locale
        found = parse_dates(column.text, locale=locale, months=True)
        if found.mixed:
            raise InputError(
                f"{self.grid.place}, column '{self._header(name)}': day and month stand in both orders (13/05/2025 and "
                "05/13/2025). Export the dates again as 2025-05-13."
            )
        if found.decided_by == "locale":
            self.findings.append(Finding("ambiguous_dates", self.loaded.rows, self._header(name), found.order or ""))
        days = found.days
        if column.number is not None:
            days = days.fill_null(numbers_as_days(column, date1904=self.grid.date1904)[0])
        return column.spread(days).floor()

    def _find_currency(self) -> None:
        column = self._column("sp_currency")
        if column is not None:
            codes = currency_codes(column.as_text()).drop_nulls().unique().to_list()
            self.currencies |= {code for code in codes if len(code) == 3 and not is_total(code)}
        named = header_currency(self._header("sp_spend"))
        if named and not self.currencies:
            self.currencies.add(named)

    def _platform(self) -> str | None:
        """Tell the platform by the file's title, name and headers."""
        title = plain(" ".join((*self.grid.title, Path(self.grid.name).stem)))
        for word, platform in (("linkedin", "LinkedIn"), ("google", "Google Ads"), ("facebook", "Facebook"),
                               ("meta", "Meta"), ("yandex", "Yandex Direct"), ("яндекс", "Yandex Direct")):  # fmt: skip
            if word in title.split():
                return platform
        keys = {header_key(header) for header in self.grid.headers}
        for platform, needed, helpful in _PLATFORMS:
            if keys.issuperset(needed) and (not helpful or keys.intersection(helpful)):
                return platform
        return None

    def _without_totals(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Drop total and empty rows, then spread what covers several days over their months."""
        total = pl.repeat(value=False, n=len(frame), dtype=pl.Boolean, eager=True)
        for name in ("sp_date", "sp_campaign", "sp_channel", "sp_currency"):
            column = self._column(name)
            if column is not None:
                texts = column.as_text()
                marks = pl.Series([is_total(text) for text in texts], dtype=pl.Boolean)
                total |= column.spread(marks).fill_null(value=False)
        first = self.loaded.columns.get(0)
        if first is None and self.grid.headers:
            first = self.grid.load([0], frozenset()).columns[0]
        if first is not None:
            total |= first.spread(pl.Series([is_total(text) for text in first.as_text()], dtype=pl.Boolean)).fill_null(
                value=False
            )
        frame = frame.with_columns(total=total)
        frame = self._mark_unlabelled_total(frame)
        count = int(frame["total"].sum())
        if count:
            rows = frame.filter("total")["row_no"].head(ROWS_NAMED)
            self.findings.append(Finding("total_rows", count, rows=tuple(rows.to_list()), severity="info"))
        frame = frame.filter(~pl.col("total"))
        negative = frame.filter(pl.col("spend") < 0)["row_no"]
        if len(negative):
            self.findings.append(
                Finding(
                    "negative_amounts", len(negative), self._header("sp_spend"), rows=tuple(negative.head(ROWS_NAMED))
                )
            )
        frame = frame.filter(pl.any_horizontal(pl.col("spend", "impressions", "clicks").is_not_null()))
        if frame.is_empty():
            raise InputError(
                f"{self.grid.place}, column '{self._header('sp_spend')}': there is no amount in it. Export the report "
                "with the cost column filled."
            )
        return self._months(frame.with_columns(pl.col("spend").fill_null(0.0)))

    def _mark_unlabelled_total(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Meta writes the total into a first or last row without campaign: it equals the sum of the others."""
        if len(frame) < 3 or frame["campaign"].null_count() == len(frame):
            return frame
        whole = float(frame.filter(~pl.col("total"))["spend"].sum() or 0)
        for place in (0, len(frame) - 1):
            row = frame.row(place, named=True)
            rest = whole - (row["spend"] or 0.0)
            if (
                not row["total"]
                and row["campaign"] is None
                and rest > 0
                and abs((row["spend"] or 0.0) - rest) <= 0.005 * rest
            ):
                marks = pl.int_range(len(frame), eager=True) == place
                return frame.with_columns(total=pl.col("total") | marks)
        return frame

    def _months(self, frame: pl.DataFrame) -> pl.DataFrame:
        if "sp_date" not in self.mapped.position:
            return frame.with_columns(month=pl.lit(self._month_of_report(), dtype=pl.Int32))
        undated = frame.filter(pl.col("first").is_null())["row_no"]
        if len(undated):
            self.findings.append(
                Finding(
                    "spend_without_date", len(undated), self._header("sp_date"), rows=tuple(undated.head(ROWS_NAMED))
                )
            )
        last = pl.col("last")
        if header_key(self._header("sp_date")) in _WEEK_HEADERS or self._all_mondays(frame):
            last = pl.coalesce(last, pl.col("first") + 6)
            self.findings.append(Finding("weeks_split", len(frame), self._header("sp_date"), severity="info"))
        frame = frame.with_columns(last=pl.coalesce(last, pl.col("first"))).with_columns(
            last=pl.max_horizontal("first", "last"),
            month=_month(pl.col("first")),
        )
        return _split_by_days(frame)

    @staticmethod
    def _all_mondays(frame: pl.DataFrame) -> bool:
        """Tell rows of weeks: all on Mondays, over at least three of them, one row a campaign and week."""
        days = frame["first"].drop_nulls().unique()
        return len(days) >= 3 and bool(((days - 2) % 7 == 0).all())

    def _month_of_report(self) -> int | None:
        """Read the range in the title lines; it is usable only where it lies in one month."""
        for title in self.grid.title:
            ends = report_range(title)
            if ends and (ends[0].year, ends[0].month) == (ends[1].year, ends[1].month):
                return ends[0].year * _MONTHS_OF_A_YEAR + ends[0].month - 1
            if ends:
                self.findings.append(Finding("spend_range", 1, value=title[:60]))
                return None
        self.findings.append(Finding("spend_without_date", self.loaded.rows))
        return None


def report_range(title: str) -> tuple[date, date] | None:
    """Read the days a report covers from one of its title lines.

    >>> report_range("September 1, 2026 - September 30, 2026")
    (datetime.date(2026, 9, 1), datetime.date(2026, 9, 30))
    """
    for separator in (" - ", " – ", " — ", " to ", " bis ", " do ", " по ", "–", "—"):
        parts = title.split(separator)
        if len(parts) != 2:
            continue
        days = parse_dates(
            pl.Series([part.split(":")[-1].strip().removeprefix("с ").removeprefix("od ") for part in parts])
        )
        if not days.days.null_count():
            first, last = (_DAY_ZERO + timedelta(days=int(day)) for day in days.days)
            return first, last
    return None


def _month(day: pl.Expr) -> pl.Expr:
    moment = (day.cast(pl.Int32) - 25569).cast(pl.Date)
    return moment.dt.year() * _MONTHS_OF_A_YEAR + moment.dt.month().cast(pl.Int32) - 1


def _split_by_days(frame: pl.DataFrame) -> pl.DataFrame:
    """Share out rows that reach over the end of a month by their days."""
    whole = frame.filter((_month(pl.col("last")) == pl.col("month")) | pl.col("month").is_null())
    across = frame.filter(_month(pl.col("last")) != pl.col("month"))
    if across.is_empty():
        return whole
    parts = []
    for row in across.iter_rows(named=True):
        shares: dict[int, int] = defaultdict(int)
        first = _DAY_ZERO + timedelta(days=int(row["first"]))
        length = int(row["last"] - row["first"]) + 1
        for day in (first + timedelta(days=n) for n in range(length)):
            shares[day.year * _MONTHS_OF_A_YEAR + day.month - 1] += 1
        for month, days in shares.items():
            share = {
                name: None if row[name] is None else row[name] * days / length
                for name in ("spend", "impressions", "clicks")
            }
            parts.append({**row, **share, "month": month})
    return pl.concat([whole, pl.DataFrame(parts, schema=whole.schema)])
