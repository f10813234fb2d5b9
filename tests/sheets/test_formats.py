"""Each amount in its own currency, and no amount too long for its cell."""

import re
from dataclasses import replace

import pytest

from xl_leadkpi.funnel import build
from xl_leadkpi.funnel.report import Column
from xl_leadkpi.leads.model.table import SpendTable
from xl_leadkpi.sheets import lay_out
from xl_leadkpi.sheets.formats import Formats
from xl_leadkpi.sheets.funnel_sheet import CELL
from xl_leadkpi.sheets.measure import text_width
from xl_leadkpi.sheets.styles import SIZE

from .sheet_reports import OPTIONS, from_csv

LEADS = "ID,Created,Won Date,Status,Source,Amount,Currency\n" + "".join(
    f"{i},2026-01-0{i},2026-02-0{i},Won,Web,{i}00,EUR\n" for i in range(1, 6)
)


def spent(currency):
    return SpendTable((("Web", None, 2026 * 12, 500.0, None, None),), currency)


def formats_of(layout):
    """Number format of each money header and card of the sheet."""
    found = {}
    for area in layout["Funnel"].areas:
        for cells in area.cells:
            found.setdefault(cells.style.number_format, []).extend(cells.values)
    return found


@pytest.mark.parametrize("currency", ["USD", "EUR", None])
def test_costs_are_in_the_currency_of_the_spend(tmp_path, currency):
    leads, _ = from_csv(tmp_path / "leads.csv", LEADS)
    layout = lay_out(build(leads, spent(currency), options=OPTIONS), leads, data_rows=0)
    shown = formats_of(layout)
    dollars = {value for style, values in shown.items() if "$" in style and '"$"' in style for value in values}
    euros = {value for style, values in shown.items() if '"€"' in style for value in values}
    assert 1500.0 in euros  # revenue
    assert (500.0 in dollars, 500.0 in euros) == ((True, False) if currency == "USD" else (False, True))
    header = next(
        value for area in layout["Funnel"].areas for c in area.cells for value in c.values if "currency" in str(value)
    )
    assert ("spend in USD" in header) == (currency == "USD")
    assert "currency EUR" in header


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
@pytest.mark.parametrize("power", range(1, 40))
def test_no_amount_is_too_long(language, power):
    formats = Formats(language, "EUR")
    value = 9.99 * 10.0**power
    shown = formats.of(Column("amount", "money", (value,)), CELL - 7, SIZE).number_format
    card = formats.compact_money(value)
    for number_format, size, room in ((shown, SIZE, CELL - 4), (card, 16, 2 * CELL - 14)):
        words = "".join(re.findall('"([^"]*)"', number_format))
        commas = len(re.search(r"0(?:\.0+)?(,*)", number_format)[1])
        text = "9.99E+39" if "E+" in number_format else f"{value / 1000**commas:,.0f}"
        text += f" {words}" if words else ""
        assert text_width(text, size) <= room + 4, (number_format, text)


def test_huge_amounts_are_powers_of_ten(tmp_path):
    leads, report = from_csv(tmp_path / "leads.csv", LEADS.replace("100,EUR", f"{10**18},EUR"))
    layout = lay_out(report, leads, data_rows=5)
    formats = {style for style, values in formats_of(layout).items() if 1e18 + 1400 in values}
    assert formats
    assert all("0.00E+00" in style for style in formats)
    amounts = next(cells for cells in layout["Funnel_Data"].bulk.cells if "E+00" in cells.style.number_format)
    assert max(amounts.values) == 1e18


def test_unknown_currency_of_spend_is_that_of_the_amounts(full):
    leads, report = full
    header = replace(report.header, currency="PLN", spend_currency=None)
    shown = formats_of(lay_out(replace(report, header=header), leads, data_rows=0))
    assert any(report.summary["spend"].values[0] in values and '"zł"' in style for style, values in shown.items())
