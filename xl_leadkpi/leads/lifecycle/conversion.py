"""Amounts in the one currency of the report, at the rates that the user gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from xl_leadkpi import engines
from xl_leadkpi.cells.days import date_of
from xl_leadkpi.errors import InputError, brief, listed
from xl_leadkpi.leads.lifecycle.outcome import WAS_WON
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind
from xl_leadkpi.leads.model.rates import MOST_DAYS_OLD, Conversion, Rates, used_rates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.leads.cells.raw_table import RawTable

Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]

ORIGINALS = ("amount_original", "currency_original")
"""Columns that keep the amounts as the table has them."""


@dataclass(frozen=True, slots=True)
class Converted:
    """Rows whose amounts are in one currency.

    Attributes:
        frame: The rows, with the amounts of the table in ``amount_original`` and ``currency_original``.
        conversion: What they were converted into.
        findings: What was odd.
    """

    frame: Any
    conversion: Conversion
    findings: tuple[Finding, ...] = ()


def convert(frame: Any, rates: Rates, grid: RawTable, header: Mapping[str, str]) -> Converted | None:
    """Convert the amounts of rows: of a won one at the rate of the day it was won, of others at that of their creation.

    Amounts without a currency count as if they were in that of the report. An amount without a day has none where rates
    depend on the day.

    Args:
        frame: Rows with ``row_no``, ``amount``, ``currency``, ``outcome``, ``created`` and ``d_won``, as far as there
            are such columns.
        rates: The rates.
        grid: Where the rows came from, for messages.
        header: Headers of the fields.

    Returns:
        The rows; None where there are no amounts.

    Raises:
        InputError: A currency has no rate, or none on one of the days; or nothing tells the currency of the report.
    """
    if "amount" not in frame.columns:
        return None
    return _Amounts(frame, rates, grid, header).converted()


def target_of(currencies: list[str], rates: Rates, place: str) -> str:
    """The currency of the report: the one that the user names, else the only one among these without a rate.

    Raises:
        InputError: There is none, or there are several.
    """
    if rates.target:
        return rates.target
    bare = [one for one in currencies if one not in rates]
    if len(bare) == 1:
        return bare[0]
    if not bare:
        raise InputError(
            f"{place}: every currency met ({listed(currencies) or 'none'}) has a rate, so nothing tells which one "
            "the report is in. Name it with --currency, such as --currency PLN.",
            ("rate", ""),
        )
    raise InputError(
        f"{place}: {listed(bare)} have no rate, so nothing tells which of them the report is in. Name "
        f"it with --currency, such as --currency {brief(bare[0])}, and give a rate of each other one, such as --rate "
        f"{brief(bare[1])}=1.25.",
        ("rate", ""),
    )


class _Amounts:
    """The amounts of one table."""

    def __init__(self, frame: Any, rates: Rates, grid: RawTable, header: Mapping[str, str]) -> None:
        if "currency" not in frame.columns:
            frame = frame.with_columns(currency=nw.lit(None, dtype=nw.String))
        self.frame = frame
        self.grid = grid
        self.header = header
        self.there = ~nw.col("amount").is_null()
        counted = frame.filter(self.there).lazy().group_by("currency").agg(nw.len().alias("rows"))
        [rows] = engines.collect([counted])
        rows.sort(key=lambda row: (-row["rows"], str(row["currency"])))
        self.met = [str(row["currency"]) for row in rows if row["currency"] is not None]
        self.nameless = sum(int(row["rows"]) for row in rows if row["currency"] is None)
        self.rates = replace(rates, target=target_of(self.met, rates, grid.place))
        self.daily = [one for one in self.met if self.rates.is_daily(one)]

    def converted(self) -> Converted:
        """Convert them."""
        self._check_rates()
        target = str(self.rates.target)
        frame = self._with_rates()
        findings = [*self._nameless(), *self._without_day(frame)]
        amount = nw.col("amount") * nw.col("rate")
        frame = frame.with_columns(
            amount_original=nw.col("amount"),
            currency_original=nw.col("currency"),
            amount=amount,
            currency=nw.when(self.there | ~nw.col("currency").is_null()).then(nw.lit(target)),
        ).drop("rate", "rate_day")
        if isinstance(frame, nw.LazyFrame):
            frame = engines.checkpoint(frame)
        return Converted(frame, Conversion(target, used_rates(self.rates, self.met)), tuple(findings))

    def _check_rates(self) -> None:
        for currency in self.met:
            if currency not in self.rates:
                [row] = engines.first_rows(self.frame, self.there & (nw.col("currency") == currency), 1)
                raise InputError(
                    f"{self._place(row)}: the amount is in {brief(currency)}, which has no rate. Give it with --rate "
                    f"{brief(currency)}=RATE (what 1 {brief(currency)} is in {self.rates.target}), or in a table of "
                    "rates with the columns date, currency and rate; or leave such rows out with --where.",
                    ("rate", ""),
                )

    def _place(self, row: int) -> str:
        column = self.header.get("amount", "")
        where = f", column '{brief(column)}'" if column else ""
        if self.grid.sources is None:
            return f"{self.grid.place}, row {row}{where}"
        name, own = self.grid.sources.place(row)
        return f"{name}, row {own}{where}"

    def _day(self) -> nw.Expr:
        """The day whose rate an amount has."""
        names = self.frame.columns
        none = nw.lit(None, dtype=nw.Float64)
        created = nw.col("created").cast(nw.Float64) if "created" in names else none
        if "d_won" not in names:
            return created.floor().cast(nw.Int32)
        won = nw.coalesce(nw.col("d_won").cast(nw.Float64), created)
        return nw.when(nw.col("outcome") == WAS_WON).then(won).otherwise(created).floor().cast(nw.Int32)

    def _with_rates(self) -> Any:
        """The rows with ``rate``, null where an amount has none, and ``rate_day``."""
        currency = nw.col("currency")
        fixed = [one for one in self.met if one not in self.daily]
        known = [(currency == one, nw.lit(float(self.rates.of(one, None) or 0.0))) for one in fixed]
        known.append((currency.is_null(), nw.lit(1.0)))
        start: Any = nw.lit(None, dtype=nw.Float64)
        if self.daily:
            start = nw.col("rate_of_day")
        rate = reduce(lambda other, one: nw.when(one[0]).then(one[1]).otherwise(other), known, start)
        frame = self.frame.with_columns(rate_day=self._day())
        if not self.daily:
            return frame.with_columns(rate=rate)
        schema = {"rate_currency": pl.String, "rate_day": pl.Int32, "rate_of_day": pl.Float64}
        table = pl.DataFrame(list(self.rates.each_day(self.daily)), schema=schema, orient="row")
        days: Any = nw.from_native(table)
        if isinstance(frame, nw.LazyFrame):
            days = engines.to_same_backend(days, frame)
        keys = {"left_on": ["currency", "rate_day"], "right_on": ["rate_currency", "rate_day"]}
        frame = frame.join(days, how="left", **keys)
        frame = frame if isinstance(frame, nw.LazyFrame) else frame.sort("row_no")
        frame = frame.with_columns(rate=rate).drop("rate_of_day")
        self._check_days(frame)
        return frame

    def _check_days(self, frame: Any) -> None:
        lacking = self.there & nw.col("rate").is_null() & ~nw.col("rate_day").is_null()
        rows = engines.first_rows(frame, lacking, 1)
        if not rows:
            return
        [[found]] = engines.collect(
            [engines.lazy(frame).filter(nw.col("row_no") == rows[0]).select("currency", "rate_day").head(1)]
        )
        raise InputError(
            f"{self._place(rows[0])}: {', '.join(self.rates.files)} has no rate of {found['currency']} for "
            f"{date_of(found['rate_day'])}, nor for one of the {MOST_DAYS_OLD} days before it. Add the rate of that "
            f"day, or give one for all days with --rate {found['currency']}=RATE.",
            ("rate", ""),
        )

    def _nameless(self) -> list[Finding]:
        if not self.nameless:
            return []
        rows = engines.first_rows(self.frame, self.there & nw.col("currency").is_null(), ROWS_NAMED)
        details = {"currency": str(self.rates.target)}
        return [
            Finding(FindingKind.AMOUNTS_WITHOUT_CURRENCY, self.nameless, self.header.get("amount", ""), rows, details)
        ]

    def _without_day(self, frame: Any) -> list[Finding]:
        """Amounts whose rate depends on a day that nothing tells."""
        if not self.daily:
            return []
        lacking = self.there & nw.col("rate").is_null()
        count = int(engines.measure(frame.filter(lacking), {"n": nw.len()})["n"])
        if not count:
            return []
        rows = engines.first_rows(frame, lacking, ROWS_NAMED)
        return [Finding(FindingKind.RATE_WITHOUT_DAY, count, self.header.get("amount", ""), rows)]
