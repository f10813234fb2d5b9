"""Exchange rates as the user gives them: one for all days, or a table of days."""

from __future__ import annotations

import re
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from xl_leadkpi.cells.days import date_of
from xl_leadkpi.errors import InputError, brief, listed
from xl_leadkpi.leads.cells.currencies import CURRENCY_SIGNS
from xl_leadkpi.leads.cells.numbers import parse_amounts
from xl_leadkpi.leads.cells.vocabulary import full_header_key, vocabulary
from xl_leadkpi.leads.fields.rules import currency_codes, read_amounts, read_dates
from xl_leadkpi.leads.files.open import open_table
from xl_leadkpi.leads.model.options import ReadOptions
from xl_leadkpi.leads.model.rates import Rates

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xl_leadkpi.leads.cells.raw_table import RawColumn, RawTable

_CODE = re.compile(r"[A-Za-z]{3}")
_CODE_ALONE = re.compile(r"\s*[A-Z]{3}\s*")
_UNITS_AND_CODE = re.compile(r"\s*(\d+)\s*([A-Z]{3})\s*")
"""A header of the Polish central bank: what this many of a currency are in zlotys."""
_MOST_UNITS = 1_000_000
_EURO = "EUR"
_FEWEST_CODES = 10
_YEN_FOR_EURO = 20
"""A euro was never worth fewer yen: else the table says what a yen is in euros."""


def read_rates(said: Sequence[str], target: str | None = None, options: ReadOptions | None = None) -> Rates:
    """Read exchange rates.

    Args:
        said: ``EUR=4.25`` (1 EUR is 4.25 of the report's currency), or names of tables with the columns date, currency
            and rate, and ``to`` where they have rates into several; or those of the European or the Polish central
            bank as they are.
        target: The currency of the report, None where it is told by the table of rates or by the amounts.
        options: How to read the tables.

    Returns:
        The rates.

    Raises:
        InputError: A rate is no number above 0, stands twice, or a table lacks a column or a cell.

    >>> read_rates(["EUR=4.25", "usd=3,9"], "PLN").fixed
    {'EUR': 4.25, 'USD': 3.9}
    """
    fixed: dict[str, float] = {}
    tables = []
    for one in said:
        pair = None if Path(one).exists() else fixed_rate(one)
        if pair is None:
            tables.append(_Table(Path(one), options or ReadOptions()))
            continue
        currency, rate = pair
        if fixed.setdefault(currency, rate) != rate:
            said = f"--rate: {currency} is {fixed[currency]:g} and {rate:g} as well. Give one rate of it."
            raise InputError(said, ("rate", one))
    target = target or _target_of(tables)
    if target in fixed and fixed[target] != 1:
        raise InputError(
            f"--rate {target}={fixed[target]:g}: {target} is the currency of the report. Leave the rate out.",
            ("rate", next(one for one in said if (fixed_rate(one) or ("",))[0] == target)),
        )
    daily: dict[str, dict[int, float]] = {}
    for table in tables:
        table.add_to(daily, target)
    days = {currency: tuple(sorted(rates.items())) for currency, rates in daily.items()}
    return Rates(target, fixed, days, tuple(table.grid.name for table in tables))


def fixed_rate(text: str) -> tuple[str, float] | None:
    """Read a rate for all days; None where the text is none.

    Raises:
        InputError: The rate is no number above 0, or what it is of is no currency.
    """
    left, sign, right = text.partition("=")
    if not sign:
        return None
    currency = code_of(left)
    if currency is None:
        raise InputError(f"--rate {brief(text)}: '{brief(left)}' is no code of a currency such as EUR. Write EUR=4.25.")
    value = parse_amounts(pl.Series([right.strip()])).values[0]
    if value is None or not isfinite(value) or value <= 0:
        raise InputError(f"--rate {brief(text)}: '{brief(right)}' is no number above 0. Write EUR=4.25.")
    return currency, float(value)


def code_of(text: str) -> str | None:
    """The code of a currency written as a code, a sign or a word; None for anything else.

    >>> code_of("eur"), code_of("zł"), code_of("euros"), code_of("E1")
    ('EUR', 'PLN', 'EUR', None)
    """
    text = text.strip()
    return CURRENCY_SIGNS.get(text.casefold()) or (text.upper() if _CODE.fullmatch(text) else None)


def _target_of(tables: Iterable[_Table]) -> str | None:
    targets = sorted({one for table in tables for one in table.targets})
    return targets[0] if len(targets) == 1 else None


class _Table:
    """A table of rates."""

    def __init__(self, path: Path, options: ReadOptions) -> None:
        words = vocabulary()["rate_headers"]
        # the header is the row that has these words
        expected = {f"{name} {place}": word for name, some in words.items() for place, word in enumerate(some)}
        self.grid: RawTable = open_table(path, "spend", replace(options, sheet=None, fields=expected))
        self.options = options
        self.place = {name: self._find(some) for name, some in words.items()}
        self.banks = {
            at: (found[2], int(found[1]))
            for at, header in enumerate(self.grid.headers)
            if (found := _UNITS_AND_CODE.fullmatch(header)) and 0 < int(found[1]) <= _MOST_UNITS
        }
        self.euro = self._rates_of_a_euro()
        needed = ("date",) if self.banks or self.euro else ("date", "currency", "rate")
        missing = [name for name in needed if self.place[name] is None]
        if missing:
            raise InputError(
                f"{self.grid.place}, row {self.grid.first_row - 1}: there is no column {' nor '.join(missing)}, so "
                f"this is no table of rates. The columns are: {listed(self.grid.headers)}. Give one with the columns "
                "date, currency and rate (what 1 of the currency is in that of the report)."
            )
        wanted = {at for at in (*self.place.values(), *self.banks, *self.euro) if at is not None}
        self.loaded = self.grid.load(sorted(wanted), frozenset())
        self.days = self._days()
        column = self._column("to")
        self.to = None if column is None else column.spread(currency_codes(column.as_text()))
        self.targets = set() if self.to is None else set(self.to.drop_nulls().unique().to_list())
        if self.euro:
            self.targets = {_EURO}

    def _rates_of_a_euro(self) -> dict[int, str]:
        """Columns of the European Central Bank's table by their places: what a euro is in each currency.

        Nothing in it says so but what it lacks, the euro; that the rates are not the other way round, the yen tells.
        """
        codes = {at: header.strip() for at, header in enumerate(self.grid.headers) if _CODE_ALONE.fullmatch(header)}
        if len(codes) < _FEWEST_CODES or _EURO in codes.values() or "JPY" not in codes.values():
            return {}
        yen = next(at for at, code in codes.items() if code == "JPY")
        rates = [rate for rate in read_amounts(self.grid.load([yen], frozenset()).columns[yen], "").values if rate]
        return codes if rates and min(rates) > _YEN_FOR_EURO else {}

    def _find(self, words: Iterable[str]) -> int | None:
        keys = {full_header_key(header): at for at, header in reversed(list(enumerate(self.grid.headers)))}
        return next((keys[key] for word in words if (key := full_header_key(word)) in keys), None)

    def _column(self, name: str) -> RawColumn | None:
        at = self.place[name]
        return None if at is None else self.loaded.columns[at]

    def _header(self, name: str) -> str:
        at = self.place[name]
        return "" if at is None else self.grid.headers[at]

    def _column_named(self, name: str) -> str:
        return f", column '{brief(self._header(name))}'" if self.place[name] is not None else ""

    def _days(self) -> pl.Series:
        column = self._column("date")
        assert column is not None
        header = self._header("date")
        read = read_dates({"date": column}, {"date": header}, self.grid, locale=self.options.locale).read["date"]
        if read.days is None:
            raise InputError(
                f"{self.grid.place}, column '{brief(header)}': day and month stand in both orders (13/05/2025 and "
                "05/13/2025). Write the dates as 2025-05-13."
            )
        return column.spread(read.days.cast(pl.Float64)).floor().cast(pl.Int32)

    def add_to(self, daily: dict[str, dict[int, float]], target: str | None) -> None:
        """Add the rates of this table, of those into several currencies the ones into the report's."""
        if len(self.targets) > 1 and target is None:
            raise InputError(
                f"{self.grid.place}{self._column_named('to')}: there are rates into "
                f"{', '.join(sorted(self.targets))}. Name the currency of the report with --currency."
            )
        if self.euro:
            target = target or _EURO
            self.targets |= {*self.euro.values()}
        if self.targets and target not in self.targets:
            raise InputError(
                f"{self.grid.place}{self._column_named('to')}: there is no rate into {target}, only into "
                f"{', '.join(sorted(self.targets))}."
            )
        for place, currency, rate in self._found(target):
            known = daily.setdefault(currency, {})
            day = self.days[place]
            if known.setdefault(day, rate) != rate:
                raise InputError(
                    f"{self._at(place)}: {currency} is {known[day]:g} on {date_of(day)} and {rate:g} as well. Keep "
                    "one of the two rows."
                )

    def _found(self, target: str | None) -> Iterable[tuple[int, str, float]]:
        if self.euro:
            return self._of_euro(str(target))
        return self._of_banks() if self.banks else self._of_rows(target)

    def _of_euro(self, target: str) -> Iterable[tuple[int, str, float]]:
        """What each currency is in the target by way of the euro, on the days that have a rate of both."""
        found = {
            code: self.loaded.columns[at].spread(read_amounts(self.loaded.columns[at], "").values)
            for at, code in self.euro.items()
        }
        in_target = found.get(target, pl.repeat(1.0, len(self.days), eager=True))
        for currency, rates in {_EURO: pl.repeat(1.0, len(self.days), eager=True), **found}.items():
            for place, (day, rate, own) in enumerate(zip(self.days, rates, in_target, strict=True)):
                if currency != target and None not in (day, rate, own) and rate > 0 and own > 0:
                    yield place, currency, float(own) / float(rate)

    def _at(self, place: int, column: str = "") -> str:
        row = self.grid.numbered(pl.Series([place]))[0]
        return f"{self.grid.place}, row {row}" + (f", column '{brief(column)}'" if column else "")

    def _of_rows(self, target: str | None) -> Iterable[tuple[int, str, float]]:
        code, amount, units = (self._column(name) for name in ("currency", "rate", "units"))
        assert code is not None
        assert amount is not None
        codes = code.spread(currency_codes(code.as_text()))
        rates = amount.spread(read_amounts(amount, self._header("rate")).values)
        many = None if units is None else units.spread(read_amounts(units, "").values)
        for place, (day, currency, rate) in enumerate(zip(self.days, codes, rates, strict=True)):
            if day is None and currency is None and rate is None:
                continue  # an empty row
            if self.to is not None and self.to[place] != target:
                continue
            for name, cell, wanted in (
                ("date", day, "a day such as 2025-05-31"),
                ("currency", currency, "a code such as EUR"),
                ("rate", rate if rate is not None and rate > 0 else None, "a number above 0"),
            ):
                if cell is None:
                    raise InputError(f"{self._at(place, self._header(name))}: this is not {wanted}. Correct the cell.")
            number = 1.0 if many is None else float(many[place] or 1.0)
            yield place, str(currency), float(rate) / number

    def _of_banks(self) -> Iterable[tuple[int, str, float]]:
        """The rates of a table with a column for each currency; rows without a day are explanations."""
        for at, (currency, units) in self.banks.items():
            column = self.loaded.columns[at]
            rates = column.spread(read_amounts(column, "").values)
            for place, (day, rate) in enumerate(zip(self.days, rates, strict=True)):
                if day is not None and rate is not None and rate > 0:
                    yield place, currency, float(rate) / units
