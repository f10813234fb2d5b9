"""What a report says of itself in a line: its period, filters, currency and rates, and how its forecast came out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xl_leadkpi.sheets.formats import number_text

if TYPE_CHECKING:
    from datetime import date

    from xl_leadkpi.funnel.report import Block, FunnelReport
    from xl_leadkpi.sheets.formats import Formats
    from xl_leadkpi.sheets.texts import Texts


@dataclass(frozen=True, slots=True)
class ReportWords:
    """Lines about one report, in one language, for the sheet and for the page."""

    report: FunnelReport
    texts: Texts
    formats: Formats

    def days(self) -> str:
        """The days on which the leads were created."""
        return self._days(self.report.header.first_day, self.report.header.last_day)

    def counted(self) -> str:
        """How many leads are counted, of how many rows."""
        header = self.report.header
        used, read = (
            self.texts.counted(key, number, number_text(number, self.formats.language))
            for key, number in (("leads", header.rows_used), ("rows", header.rows_read))
        )
        return self.texts("header.rows", counted=used, read=read)

    def as_of(self) -> str:
        """Up to which day, and why that one."""
        header = self.report.header
        return self.texts("header.as_of_" + header.as_of_reason, value=self.formats.day_text(header.as_of))

    def built(self) -> str:
        """When the report was made."""
        built_at = self.report.header.built_at
        return self.texts("header.built", value=f"{self.formats.day_text(built_at)} {built_at:%H:%M}")

    def trend(self) -> str:
        """Which time the figures of the last months on cards are of; of a report that has them."""
        header, trend = self.report.header, self.report.trend
        spans = [
            " – ".join(self.formats.month_text(month) for month in ends)
            for ends in zip(trend["first_month"].values, trend["last_month"].values, strict=True)
        ]
        whole = self._days(header.first_day, header.as_of)
        return self.texts("card.change", whole=whole, recent=spans[0], before=spans[1])

    def _days(self, *ends: date | None) -> str:
        return " – ".join(self.formats.day_text(day) for day in ends if day)

    def currency(self) -> str:
        """What amounts and spend are in, empty if nothing says it."""
        header = self.report.header
        if header.currency:
            amounts = self.texts("header.currency", value=header.currency)
        else:
            amounts = self.texts("header.currencies", value=", ".join(header.currencies)) if header.currencies else ""
        if header.spend_currency in (None, header.currency):
            return amounts
        spend = self.texts("header.spend_currency", value=str(header.spend_currency))
        return ", ".join(part for part in (amounts, spend) if part)

    def rates(self) -> list[tuple[str, str]]:
        """At which rates amounts were converted."""
        header = self.report.header
        currency = header.currency or header.spend_currency
        if not header.rates or currency is None:
            return []
        decimal = self.texts.locale.decimal
        said = [
            f"{one.currency}: {one.file}"
            if one.rate is None
            else f"1 {one.currency} = {one.rate:g}".replace(".", decimal)
            for one in header.rates
        ]
        return [("converted", self.texts("header.converted", value=currency, rates="; ".join(said)))]

    def filters(self) -> list[tuple[str, str]]:
        """Which rows are counted, where the user has said which."""
        filters, language = self.report.header.filters, self.formats.language
        if not filters:
            return []
        asked = "; ".join(
            self.texts("header.without", value=one.asked) if one.is_word else one.asked for one in filters
        )
        left, rows = (number_text(number, language) for number in (filters[-1].left, filters[0].rows))
        return [("filtered", self.texts("header.filtered", filters=asked, left=left, rows=rows))]

    def period(self) -> str:
        """The period asked for, empty if none was."""
        header, formats = self.report.header, self.formats
        shown = self.span(header.period_from, header.period_to)
        if not shown:
            return ""
        named = f"{header.period_name} ({shown})" if header.period_name else shown
        fiscal = self.texts("header.fiscal", value=formats.locale.months[header.fiscal_start - 1])
        return self.texts("header.period", value=named) + (f", {fiscal}" if header.fiscal_start > 1 else "")

    def span(self, first: date | None, last: date | None) -> str:
        """From one day to another, empty where both ends are open."""
        days = {end: self.formats.day_text(day) for end, day in (("from", first), ("to", last)) if day}
        if len(days) < 2:
            return "".join(self.texts(f"period.{end}", value=day) for end, day in days.items())
        return " – ".join(days.values())

    def period_notes(self) -> list[tuple[str, str]]:
        """How many rows the period asked for has, what it is compared with, and whether that is fair."""
        header, language = self.report.header, self.formats.language
        if header.closed_in_period is None:
            return []
        rows = [number_text(number, language) for number in (header.rows_used, header.closed_in_period)]
        shown = [self.texts("header.period_rows", created=rows[0], closed=rows[1])]
        if header.compared_from:
            span = self.span(header.compared_from, header.compared_to)
            shown.append(self.texts("header.period_compared", value=span))
        notes = [("period", "; ".join(shown))]
        last = header.period_to or header.as_of
        if header.period_to and header.period_to >= header.as_of:
            notes.append(("period_open", self.formats.day_text(header.as_of)))
        if header.compared_from and (header.as_of - last).days < header.window_days:
            notes.append(("period_young", ""))
        return notes

    def said_then(self, block: Block, unit: str) -> str:
        """What the latest forecast that can be checked said, what came, and how many of all came true."""
        first = next(block.rows())
        held = sum(held == "yes" for held in block["held"].values)

        def shown(value: float) -> str:
            return number_text(value, self.formats.language) if unit else self.money(value)

        expected, low, high = (first[f"{unit}{key}"] for key in ("forecast", "low", "high"))
        return self.texts(
            "forecast.said" if not unit else "forecast.said_won",
            day=self.formats.day_text(first["as_of"]),
            days=str(first["days"]),
            forecast=shown(expected),
            spread=shown((high - low) / 2),
            actual=shown(first[f"{unit}actual"]),
            held=str(held),
            all=str(len(block)),
        )

    def money(self, value: float) -> str:
        """An amount in a text."""
        shown = (number_text(value, self.formats.language), self.formats.symbol)
        return " ".join(part for part in shown if part)
