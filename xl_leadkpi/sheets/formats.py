"""Number formats: what a unit looks like in the language of the workbook, and each amount in its own currency."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from xl_leadkpi.locales import Locale, locale
from xl_leadkpi.sheets.measure import text_width
from xl_leadkpi.sheets.text_cells import line_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from xl_leadkpi.funnel.report import Column

_SYMBOLS = {
    "EUR": "€", "USD": "$", "GBP": "£", "PLN": "zł", "RUB": "₽", "UAH": "₴", "CZK": "Kč", "JPY": "¥", "INR": "₹",
    "KZT": "₸", "TRY": "₺", "BRL": "R$", "ILS": "₪",
}  # fmt: skip
_BEFORE = {"$", "£", "¥", "₹", "R$", "₪"}
LONGEST_SYMBOL = 24
"""Characters of a currency that go into a number format, which holds 255 with every section."""
GENERAL, TEXT, COUNT = "General", "@", "#,##0"
HUGE = 1e15
"""From here on amounts are written as powers of ten: no reader counts so many digits, and no cell holds them."""
POWER_OF_TEN = "0.00E+00"


@dataclass(frozen=True, slots=True)
class Shown:
    """A column's number format, and the unit its header must name because the figures do not."""

    number_format: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Formats:
    """Number formats of one workbook.

    Attributes:
        language: Language of the workbook.
        currency: The one currency of the leads' amounts, None if there is none or more than one.
        spend_currency: Currency of the spend, None where it is the same or unknown.

    >>> Formats("en", "EUR").money(0)
    '"€" #,##0'
    >>> Formats("pl", "PLN").money(2)
    '#,##0.00 "zł"'
    >>> Formats("ru", None).month
    'mm.yyyy'
    """

    language: str
    currency: str | None
    spend_currency: str | None = None

    def for_column(self, column: Column) -> Formats:
        """The formats of a column: costs are in the currency of the spend, all else in that of the amounts.

        >>> from xl_leadkpi.funnel.report import Column
        >>> formats = Formats("en", "EUR", "USD")
        >>> formats.for_column(Column("cpl", "money", (), currency="spend")).symbol
        '$'
        >>> formats.for_column(Column("revenue", "money", ())).symbol
        '€'
        """
        if self.spend_currency and column.currency == "spend":
            return replace(self, currency=self.spend_currency)
        return self

    @property
    def locale(self) -> Locale:
        """The language with all that is its own."""
        return locale(self.language)

    @property
    def symbol(self) -> str:
        """The currency as it is written, empty if the amounts have none or several."""
        return _SYMBOLS.get(self.currency, line_text(self.currency, LONGEST_SYMBOL)) if self.currency else ""

    @property
    def month(self) -> str:
        """A month and its year; in figures where programs disagree on the abbreviations."""
        return self.locale.month_format

    @property
    def day(self) -> str:
        """A date."""
        return self.locale.day_format

    def money(self, decimals: int) -> str:
        """An amount in full."""
        return self._with_symbol("#,##0" + ("." + "0" * decimals if decimals else ""))

    def compact_money(self, value: float | None) -> str:
        """An amount for a card: thousands and millions shortened, the precise figure in the cell."""
        size = abs(value or 0)
        if size >= HUGE:
            return self._with_symbol(POWER_OF_TEN)
        words = self.locale.large_numbers
        for power, commas, name in ((12, ",,,,", "trillion"), (9, ",,,", "billion"), (6, ",,", "million")):
            if size >= 10**power:
                decimals = ("", ".0", ".00")[(size < 100 * 10**power) + (size < 10 * 10**power)]
                return self._with_symbol(f'#,##0{decimals}{commas}"\N{NO-BREAK SPACE}{words[name]}"')
        if size >= 1e5:
            return self._with_symbol(f'#,##0,"\N{NO-BREAK SPACE}{words["thousand"]}"')
        return self.money(2 if size < 100 else 0)

    def of(self, column: Column, room: float, size: float) -> Shown:
        """Number format of a column of figures.

        Args:
            column: The column; its values decide on decimals and, if they would not fit, on thousands or millions.
            room: Width of a cell in pixels, without its padding.
            size: Font size in points.
        """
        numbers = [value for value in column.values if isinstance(value, int | float) and not isinstance(value, bool)]
        match column.unit:
            case "money":
                return _money_column(self.for_column(column), numbers, room, size)
            case "fraction":
                return Shown("#,##0%" if _largest(numbers) >= 10 else "0.0%")
            case "ratio":
                return Shown('#,##0.0"×"' if _largest(numbers) >= 100 else '0.00"×"')
            case "count" | "days" | "minutes" | "number":
                return Shown(COUNT if all(float(value).is_integer() for value in numbers) else "#,##0.0")
            case unit:
                return Shown({"date": self.day, "month": self.month, "text": TEXT}[unit])

    def axis_money(self, largest: float) -> str:
        """Amounts along an axis whose largest is about this."""
        if largest >= HUGE:
            return "0E+00"
        words = self.locale.large_numbers
        for power, commas, name in ((12, ",,,,", "trillion"), (9, ",,,", "billion")):
            if largest >= 10**power:
                return f'#,##0.0{commas}"\N{NO-BREAK SPACE}{words[name]}"'
        if largest >= 1e6:
            return f'#,##0.0,,"\N{NO-BREAK SPACE}{words["million"]}"'
        if largest >= 1e4:
            return f'#,##0,"\N{NO-BREAK SPACE}{words["thousand"]}"'
        return self.money(0)

    def month_text(self, month: date) -> str:
        """A month as text, for the labels of a chart.

        >>> from datetime import date
        >>> Formats("pl", None).month_text(date(2025, 10, 1))
        'paź 2025'
        """
        return f"{self.locale.months[month.month - 1]} {month.year}"

    def day_text(self, day: date) -> str:
        """A day as text.

        >>> from datetime import date
        >>> Formats("en", None).day_text(date(2025, 10, 1)), Formats("ru", None).day_text(date(2025, 10, 1))
        ('1 Oct 2025', '01.10.2025')
        """
        name = self.locale.months[day.month - 1]
        return self.locale.day.format(day=day.day, month=day.month, name=name, year=day.year)

    def amount(self, number: str) -> str:
        """An amount in a text, with its currency.

        >>> Formats("en", "EUR").amount("240"), Formats("pl", "PLN").amount("240")
        ('€ 240', '240 zł')
        """
        return self._with_symbol(number).replace('"', "")

    def _with_symbol(self, number: str) -> str:
        symbol = self.symbol
        if not symbol:
            return number
        quoted = '"' + symbol.replace('"', "") + '"'
        if symbol in _BEFORE:
            return quoted + number
        return f"{quoted} {number}" if symbol in self.locale.signs_before else f"{number} {quoted}"


def _money_column(formats: Formats, numbers: list[float], room: float, size: float) -> Shown:
    largest = _largest(numbers)
    words = formats.locale.large_numbers
    if largest >= HUGE:
        return Shown(POWER_OF_TEN, formats.symbol)
    decimals = 2 if 0 < largest < 100 else 0
    sign = "-" if any(value < 0 for value in numbers) else ""
    for power, commas, name in (
        (0, "", ""),
        (3, ",", words["thousand"]),
        (6, ",,", words["million"]),
        (9, ",,,", words["billion"]),
        (12, ",,,,", words["trillion"]),
    ):
        shown = f"{sign}{largest / 10**power:,.{decimals}f}"
        if not power:
            shown += f" {formats.symbol}"
        if text_width(shown, size) <= room:
            if not power:
                return Shown(formats.money(decimals))
            return Shown(f"#,##0{commas}", f"{name}\N{NO-BREAK SPACE}{formats.symbol}".strip())
    return Shown(POWER_OF_TEN, formats.symbol)


def _largest(numbers: Iterable[Any]) -> float:
    return max((abs(value) for value in numbers), default=0)


def number_text(number: float, language: str, decimals: int = 0) -> str:
    r"""A number as its readers write it, for texts that no cell formats.

    >>> number_text(12480, "en"), number_text(3.5, "pl", 1), number_text(12480, "ru") == "12\N{NO-BREAK SPACE}480"
    ('12,480', '3,5', True)
    """
    own = locale(language)
    return f"{number:,.{decimals}f}".translate({ord(","): own.thousands, ord("."): own.decimal})


def plain_text(number: float, language: str) -> str:
    """A number as its readers write it: a whole one without decimals, another with one.

    >>> plain_text(12, "en"), plain_text(12.25, "pl")
    ('12', '12,2')
    """
    return number_text(number, language, 0 if float(number).is_integer() else 1)


def percent_text(share: float, language: str) -> str:
    """A share as its readers write it.

    >>> percent_text(0.2333, "en"), percent_text(0.2333, "pl")
    ('23.3%', '23,3%')
    """
    return f"{number_text(share * 100, language, 1)}%"
