"""Marketing spend from ad-platform exports: one row a channel, campaign and month (sections 7, 10 and 12)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from xl_leadkpi.cells.days import date_of
from xl_leadkpi.errors import InputError, brief, listed
from xl_leadkpi.leads.cells.dates import date_ranges
from xl_leadkpi.leads.cells.raw_table import RawColumn
from xl_leadkpi.leads.cells.vocabulary import header_currency, header_key, is_total, plain
from xl_leadkpi.leads.fields.in_memory import noted, odd_cells
from xl_leadkpi.leads.fields.report_totals import labelled_totals, unlabelled_total
from xl_leadkpi.leads.fields.rules import currency_codes, labels, read_amounts, read_dates, table_locale
from xl_leadkpi.leads.fields.spans import (
    MONTHS_OF_A_YEAR,
    WEEK_HEADERS,
    all_mondays,
    first_day_of,
    month_number,
    report_range,
    split_by_days,
)
from xl_leadkpi.leads.files.open import open_frame, open_table
from xl_leadkpi.leads.lifecycle.row_checks import MOST_MONEY
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind
from xl_leadkpi.leads.model.options import ReadOptions
from xl_leadkpi.leads.model.rates import MOST_DAYS_OLD, Conversion, used_rates
from xl_leadkpi.leads.model.table import SpendTable
from xl_leadkpi.leads.recognition.columns import recognise
from xl_leadkpi.leads.recognition.other_rows import other_row_findings
from xl_leadkpi.leads.recognition.report_kind import REPORT_NAMES, kind_of_report

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xl_leadkpi.leads.cells.raw_table import Loaded, RawTable
    from xl_leadkpi.leads.fields.rules import Odd, ReadDates
    from xl_leadkpi.leads.model.rates import Rates
    from xl_leadkpi.leads.model.table import ColumnMatch

_FIELDS = ("sp_date", "sp_end", "sp_campaign", "sp_channel", "sp_spend", "sp_currency", "sp_impressions", "sp_clicks")
_LETTERS_OF_CODE = 3
_MOST_DAYS = 3_653
"""Ten years: what a row covers beyond that is no report of what was spent."""
_ODD_NUMBERS = frozenset({FindingKind.UNPARSED_AMOUNTS, FindingKind.SCALED_COLUMN})
_ODD_AMOUNTS = _ODD_NUMBERS | {FindingKind.AMBIGUOUS_AMOUNTS, FindingKind.AMOUNTS_IN_UNITS}
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
    ("Meta", ("importo speso",), ()),
    ("Meta", ("valor usado",), ()),
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


def _add_up(grids: Iterable[RawTable], options: ReadOptions) -> SpendTable:
    totals: dict[_Key, list[float | None]] = {}
    currencies: set[str] = set()
    used: list[str] = []
    columns: list[ColumnMatch] = []
    findings: list[Finding] = []
    names: list[str] = []
    for grid in grids:
        names.append(grid.name)
        part = _Export(grid, options)
        part.add_to(totals)
        columns += part.mapped.columns
        currencies |= part.currencies
        used += part.met
        findings += [
            replace(found, column=f"{grid.name}: {found.column}" if found.column else grid.name)
            for found in part.findings
        ]
    if len(currencies) > 1:
        raise InputError(
            f"{', '.join(names)}: the spend is in {' and '.join(map(brief, sorted(currencies)))}. Amounts of different "
            "currencies cannot be added up: export them in one currency, give a rate of the other one with --rate, or "
            "leave one file out."
        )
    rows = tuple(
        (channel, campaign, month, float(sums[0] or 0.0), sums[1], sums[2])
        for (channel, campaign, month), sums in sorted(
            totals.items(), key=lambda item: tuple((part is None, str(part)) for part in item[0])
        )
    )
    conversion = None
    if options.rates is not None:
        conversion = Conversion(str(options.rates.target), used_rates(options.rates, sorted(set(used))))
    currency = next(iter(currencies), None)
    return SpendTable(rows, currency, tuple(columns), tuple(findings), ", ".join(names), conversion)


class _Export:
    """One spend export."""

    def __init__(self, grid: RawTable, options: ReadOptions) -> None:
        self.grid = grid
        self.options = options
        self.mapped = recognise(grid.headers, grid.sample, "spend", options.pipeline, options.fields)
        self.findings: list[Finding] = [*grid.notes, *self.mapped.tie_findings()]
        if "sp_spend" not in self.mapped.position:
            other = kind_of_report(grid.headers, options.pipeline)
            if other not in (None, "spend"):
                raise InputError(
                    f"{grid.place}, row {grid.first_row - 1}: this is a {REPORT_NAMES[other]} (columns "
                    f"{listed(grid.headers)}), not one of spend. Give it with --{other} FILE."
                )
            raise InputError(
                f"{grid.place}, row {grid.first_row - 1}: no column with the amount spent was recognised. Found: "
                f"{listed(grid.headers)}. Expected a header such as Cost, Amount spent or Spend; or name it "
                "with --map sp_spend=HEADER."
            )
        positions = sorted({self.mapped.position[name] for name in _FIELDS if name in self.mapped.position})
        self.loaded: Loaded = grid.load(positions, frozenset())
        self.findings += self.loaded.findings
        self.currencies: set[str] = set()
        self.beside: pl.Series | None = None
        self.met: list[str] = []

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
        days = self._days()
        frame = pl.DataFrame(
            {
                "row_no": pl.int_range(self.grid.first_row, self.grid.first_row + rows, dtype=pl.Int64, eager=True),
                "spend": self._numbers("sp_spend"),
                "impressions": self._numbers("sp_impressions"),
                "clicks": self._numbers("sp_clicks"),
                "channel": self._channels(),
                "campaign": self._labels("sp_campaign"),
                "first": days["sp_date"],
                "last": days["sp_end"],
            }
        )
        self._find_currency()
        frame = frame.with_columns(self._row_currencies().alias("currency"))
        if frame["channel"].null_count() == rows:
            platform = self._platform()
            if platform:
                frame = frame.with_columns(channel=pl.lit(platform))
                self.findings.append(Finding(FindingKind.CHANNEL_FROM_FILE, rows, details={"channel": platform}))
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
        header = self._header(name)
        read = read_amounts(column, header)
        wanted = _ODD_AMOUNTS if name == "sp_spend" else _ODD_NUMBERS
        for odd in read.odd:
            if odd.kind in wanted:
                self.findings += self._noted_amounts(column, odd, header)
        values = column.spread(read.values)
        large = (values.abs() >= MOST_MONEY).fill_null(value=False)
        if large.any():
            self.findings += noted(FindingKind.AMOUNTS_TOO_LARGE, large, self.grid, header)
            values = values.set(large, None)
        if name == "sp_spend" and read.currency is not None:
            self.currencies |= set(read.currency.drop_nulls().unique().to_list())
            self.beside = column.spread(read.currency)
        return values

    def _noted_amounts(self, column: RawColumn, odd: Odd, header: str) -> list[Finding]:
        """Locate odd amounts; a total row's label may stand in any column and is no bad amount."""
        if odd.mask is not None:
            is_label = pl.Series([is_total(text) for text in column.text], dtype=pl.Boolean)
            odd = replace(odd, mask=odd.mask & ~is_label)
        return odd_cells(odd, column, self.grid, header)

    def _days(self) -> dict[str, pl.Series]:
        """The first and the last day of each row; one cell may hold both."""
        columns = {name: column for name in ("sp_date", "sp_end") if (column := self._column(name))}
        header = {name: self._header(name) for name in columns}
        first = columns.get("sp_date")
        both = date_ranges(first.text) if first else None
        if first and both:
            columns["sp_date"] = replace(first, text=both[0])
            columns.setdefault("sp_end", RawColumn(both[1], codes=first.codes))
            header.setdefault("sp_end", header["sp_date"])
        locale = "en" if self._platform() == "LinkedIn" else self.options.locale
        dates = read_dates(columns, header, self.grid, locale=locale, months=True)
        if dates.odd:
            self.findings.append(Finding(dates.odd.kind, self.loaded.rows, details=dates.odd.details))
        days = {name: pl.repeat(None, self.loaded.rows, dtype=pl.Float64, eager=True) for name in ("sp_date", "sp_end")}
        for name, read in dates.read.items():
            days[name] = self._days_of(columns[name], read, header[name])
        return days

    def _days_of(self, column: RawColumn, read: ReadDates, header: str) -> pl.Series:
        if read.days is None:
            raise InputError(
                f"{self.grid.place}, column '{brief(header)}': day and month stand in both orders "
                "(13/05/2025 and 05/13/2025). Export the dates again as 2025-05-13."
            )
        self.findings += [
            Finding(odd.kind, self.loaded.rows, header, details=odd.details)
            for odd in read.odd
            if odd.kind in {FindingKind.AMBIGUOUS_DATES, FindingKind.SWAPPED_DATES}
        ]
        return column.spread(read.days).cast(pl.Float64).floor()

    def _find_currency(self) -> None:
        column = self._column("sp_currency")
        if column is not None:
            codes = currency_codes(column.as_text()).drop_nulls().unique().to_list()
            self.currencies |= {code for code in codes if len(code) == 3 and not is_total(code)}
        named = header_currency(self._header("sp_spend"))
        if named and not self.currencies:
            self.currencies.add(named)

    def _row_currencies(self) -> pl.Series:
        """The currency of each row: beside the amount, in its column, or in the header."""
        none = pl.repeat(None, self.loaded.rows, dtype=pl.String, eager=True)
        beside = none if self.beside is None else self.beside
        column = self._column("sp_currency")
        codes = none if column is None else column.spread(currency_codes(column.as_text()))
        named = pl.lit(header_currency(self._header("sp_spend")), dtype=pl.String)
        frame = pl.DataFrame({"beside": beside, "code": codes})
        is_code = pl.col("code").str.len_chars() == _LETTERS_OF_CODE
        return frame.select(pl.coalesce("beside", pl.when(is_code).then("code"), named)).to_series()

    def _converted(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The spend in the currency of the report, each row at the rate of its first day."""
        rates = self.options.rates
        if rates is None:
            return frame.drop("currency")
        if rates.target is None:
            raise InputError(
                f"{self.grid.place}: nothing tells the currency of the report. Name it with --currency, such as "
                "--currency EUR."
            )
        day = pl.coalesce(pl.col("first").cast(pl.Int32), first_day_of(pl.col("month")).cast(pl.Int32))
        frame = frame.with_columns(rate_day=day)
        pairs = frame.filter(pl.col("spend") != 0).select("currency", "rate_day").unique()
        known: list[tuple[str, int | None, float]] = []
        for currency, on in pairs.drop_nulls("currency").sort("currency", "rate_day").iter_rows():
            rate = rates.of(currency, on)
            if rate is None:
                raise self._no_rate(frame, currency, on, rates)
            known.append((currency, on, rate))
        schema = {"currency": pl.String, "rate_day": pl.Int32, "rate": pl.Float64}
        table = pl.DataFrame(known, schema=schema, orient="row")
        frame = frame.join(table, on=["currency", "rate_day"], how="left", nulls_equal=True, maintain_order="left")
        self._note_nameless(frame, rates)
        self.met = sorted({currency for currency, _, _ in known})
        self.currencies = {rates.target}
        return frame.with_columns(pl.col("spend") * pl.col("rate").fill_null(1.0)).drop("rate", "rate_day", "currency")

    def _note_nameless(self, frame: pl.DataFrame, rates: Rates) -> None:
        rows = frame.filter(pl.col("currency").is_null() & (pl.col("spend") != 0))["row_no"].unique().sort()
        if len(rows):
            details = {"currency": str(rates.target)}
            kind, header = FindingKind.AMOUNTS_WITHOUT_CURRENCY, self._header("sp_spend")
            self.findings.append(Finding(kind, len(rows), header, tuple(rows.head(ROWS_NAMED)), details))

    def _no_rate(self, frame: pl.DataFrame, currency: str, day: int | None, rates: Rates) -> InputError:
        here = (pl.col("currency") == currency) & pl.col("rate_day").eq_missing(day)
        row = int(frame.filter(here)["row_no"].min())  # type: ignore[arg-type]
        place = f"{self.grid.place}, row {row}, column '{brief(self._header('sp_spend'))}'"
        remedy = f"--rate {currency}=RATE (what 1 {currency} is in {rates.target})"
        if currency not in rates:
            return InputError(f"{place}: the spend is in {currency}, which has no rate. Give it with {remedy}.")
        files = ", ".join(rates.files)
        if day is None:
            return InputError(
                f"{place}: there is no day to take the rate of {currency} from {files} for. Give {remedy}."
            )
        return InputError(
            f"{place}: {files} has no rate of {currency} for {date_of(day)}, nor for one of the {MOST_DAYS_OLD} days "
            f"before it. Add the rate of that day, or give {remedy}."
        )

    def _platform(self) -> str | None:
        """Tell the platform by the file's title, name and headers."""
        title = plain(" ".join((*self.grid.title, Path(self.grid.name).stem)))
        for word, platform in (("linkedin", "LinkedIn"), ("google", "Google Ads"), ("facebook", "Facebook"),
                               ("meta", "Meta"), ("yandex", "Yandex Direct"), ("яндекс", "Yandex Direct")):  # fmt: skip
            if word in title.split():
                return platform
        keys = {header_key(header) for header in self.grid.headers}
        if any(plain(header).endswith("cost micros") for header in self.grid.headers):
            return "Google Ads"
        for platform, needed, helpful in _PLATFORMS:
            if keys.issuperset(needed) and (not helpful or keys.intersection(helpful)):
                return platform
        return None

    def _without_totals(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Drop total and empty rows, then spread what covers several days over their months."""
        labelled = [self._column(name) for name in ("sp_date", "sp_campaign", "sp_channel", "sp_currency")]
        total, other = labelled_totals(self.grid, self.loaded, labelled)
        frame = self._mark_unlabelled_total(frame.with_columns(total=total))
        count = int(frame["total"].sum())
        if count:
            rows = frame.filter("total")["row_no"].head(ROWS_NAMED)
            self.findings.append(Finding(FindingKind.TOTAL_ROWS, count, rows=tuple(rows.to_list())))
        self.findings += other_row_findings(replace(other, totals=()), self.grid.first_row)
        numbers = [place + self.grid.first_row for place in other.places]
        frame = frame.filter(~pl.col("total") & ~pl.col("row_no").is_in(numbers))
        negative = frame.filter(pl.col("spend") < 0)["row_no"]
        if len(negative):
            self.findings.append(
                Finding(
                    FindingKind.NEGATIVE_AMOUNTS,
                    len(negative),
                    self._header("sp_spend"),
                    rows=tuple(negative.head(ROWS_NAMED)),
                )
            )
        frame = frame.filter(pl.any_horizontal(pl.col("spend", "impressions", "clicks").is_not_null()))
        if frame.is_empty():
            raise InputError(
                f"{self.grid.place}, column '{brief(self._header('sp_spend'))}': there is no amount in it. Export "
                "the report with the cost column filled."
            )
        return self._converted(self._months(frame.with_columns(pl.col("spend").fill_null(0.0))))

    def _mark_unlabelled_total(self, frame: pl.DataFrame) -> pl.DataFrame:
        """A first or last row that says neither campaign nor channel, and spends what all others spend together."""
        blank = [name for name in ("campaign", "channel") if 0 < frame[name].null_count() < len(frame)]
        place = unlabelled_total(frame, blank or ["first"], "spend")
        if place is None:
            return frame
        return frame.with_columns(total=pl.col("total") | (pl.int_range(len(frame), eager=True) == place))

    def _months(self, frame: pl.DataFrame) -> pl.DataFrame:
        if "sp_date" not in self.mapped.position:
            return frame.with_columns(month=pl.lit(self._month_of_report(), dtype=pl.Int32))
        undated = frame.filter(pl.col("first").is_null())["row_no"]
        if len(undated):
            self.findings.append(
                Finding(
                    FindingKind.SPEND_WITHOUT_DATE,
                    len(undated),
                    self._header("sp_date"),
                    rows=tuple(undated.head(ROWS_NAMED)),
                )
            )
        last = pl.col("last")
        if header_key(self._header("sp_date")) in WEEK_HEADERS or all_mondays(frame["first"]):
            last = pl.coalesce(last, pl.col("first") + 6)
            self.findings.append(Finding(FindingKind.WEEKS_SPLIT, len(frame), self._header("sp_date")))
        frame = frame.with_columns(last=pl.coalesce(last, pl.col("first"))).with_columns(
            last=pl.max_horizontal("first", "last"),
            month=month_number(pl.col("first")),
        )
        return split_by_days(self._without_endless(frame), ("spend", "impressions", "clicks"))

    def _without_endless(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Leave rows without a month that are open-ended: an end in the year 9999 says nothing of any month."""
        endless = pl.col("last") - pl.col("first") >= _MOST_DAYS
        numbers = frame.filter(endless)["row_no"]
        if numbers.is_empty():
            return frame
        header = self._header("sp_end" if "sp_end" in self.mapped.position else "sp_date")
        rows = tuple(numbers.head(ROWS_NAMED))
        self.findings.append(Finding(FindingKind.SPEND_RANGE, len(numbers), header, rows=rows))
        return frame.with_columns(month=pl.when(~endless | endless.is_null()).then("month"))

    def _month_of_report(self) -> int | None:
        """Read the range in the title lines; it is usable only where it lies in one month."""
        for title in self.grid.title:
            ends = report_range(title, table_locale(self.grid, self.options.locale))
            if ends and (ends[0].year, ends[0].month) == (ends[1].year, ends[1].month):
                return ends[0].year * MONTHS_OF_A_YEAR + ends[0].month - 1
            if ends:
                self.findings.append(Finding(FindingKind.SPEND_RANGE, 1, details={"title": title[:60]}))
                return None
        self.findings.append(Finding(FindingKind.SPEND_WITHOUT_DATE, self.loaded.rows))
        return None
