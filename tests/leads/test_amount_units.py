"""Thousands, millions and millionths, beside an amount or in its header."""

import polars as pl
import pytest

from xl_leadkpi.leads import read_spend_frame
from xl_leadkpi.leads.cells.magnitudes import header_unit
from xl_leadkpi.leads.cells.numbers import looks_like_number, parse_amounts
from xl_leadkpi.leads.cells.vocabulary import header_currency, header_key

from .everywhere import PLACES, column, kinds, read_on


def one(text, header="Amount", beside=()):
    found = parse_amounts(pl.Series([text, *beside], dtype=pl.String), header)
    return found.values[0], found.currency[0], found.unparsed[0]


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("$87.35K", 87_350, "USD"),
        ("6.4k", 6_400, None),
        ("(3.2k)", -3_200, None),
        ("-€1.1M", -1_100_000, "EUR"),
        ("2,5 tys. zł", 2_500, "PLN"),
        ("3 tys", 3_000, None),
        ("4 mln zł", 4_000_000, "PLN"),
        ("1,25 mld PLN", 1_250_000_000, "PLN"),
        ("12 тыс. руб.", 12_000, "RUB"),
        ("1,5 млн ₽", 1_500_000, "RUB"),
        ("2 млрд", 2_000_000_000, None),
        ("3,4 Mio. €", 3_400_000, "EUR"),
        ("15 Tsd. EUR", 15_000, "EUR"),
        ("TEUR 820", 820_000, "EUR"),
        ("820 T€", 820_000, "EUR"),
        ("45 k€", 45_000, "EUR"),
        ("45 kEUR", 45_000, "EUR"),
        ("US$1.2MM", 1_200_000, "USD"),
        ("£3bn", 3_000_000_000, "GBP"),
        ("£2.5m", 2_500_000, "GBP"),
        ("2,5 M$", 2_500_000, "USD"),
        ("12 MSEK", 12_000_000, "SEK"),
        ("7 tkr", 7_000, None),
        ("R$ 1,2 mi", 1_200_000, "BRL"),
        ("R$ 350 mil", 350_000, "BRL"),
        ("350 mil €", 350_000, "EUR"),
        ("12 mil. Kč", 12_000_000, "CZK"),
        ("2,34E+12", 2_340_000_000_000, None),
    ],
)
def test_a_unit_beside_the_number(text, value, currency):
    assert one(text) == (value, currency, False)
    assert looks_like_number(text)


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("1 200 kr", 1_200, None),
        ("kr 1 200", 1_200, None),
        ("1 200 kr.", 1_200, None),
        ("M$ 1,200.00", 1_200, None),
        ("1 200 Kč", 1_200, "CZK"),
        ("MXN 1,200.00", 1_200, "MXN"),
        ("1,200.00 KRW", 1_200, "KRW"),
        ("1 200 zl", 1_200, "PLN"),
        ("руб. 1500", 1_500, "RUB"),
        ("$.75", 0.75, "USD"),
    ],
)
def test_the_letter_of_a_currency_is_no_unit(text, value, currency):
    assert one(text) == (value, currency, False)


@pytest.mark.parametrize("text", ["10 m", "12 months", "5 kg", "3 km", "7 KB", "1 mln 200 tys.", "$5K-10K", "1.5e3"])
def test_what_is_no_unit_of_money_is_not_read(text):
    assert one(text) == (None, None, True)


def test_a_small_letter_needs_money_or_a_sure_unit_in_its_column():
    assert one("10m") == (None, None, True)
    assert one("10m", beside=["950k"]) == (10_000_000, None, False)
    assert one("10m", header="Amount (GBP)") == (10_000_000, None, False)


def test_mil_is_told_by_currency_or_language_or_not_at_all():
    assert one("4 mil", "Importe") == (4_000, None, False)
    assert one("4 mil", "Valor do negócio") == (4_000, None, False)
    assert one("$4 mil", "Amount") == (None, None, True)


def test_a_lone_separator_with_a_unit_needs_the_column():
    assert one("1.234 mln", beside=["0.5 mln"]) == (1_234_000, None, False)
    assert one("1.234 mln") == (None, None, True)


@pytest.mark.parametrize(
    ("header", "key", "power", "currency"),
    [
        ("Amount (kEUR)", "amount", 3, "EUR"),
        ("Kwota [tys. zł]", "kwota", 3, "PLN"),
        ("Kwota w mln zł", "kwota", 6, "PLN"),
        ("Выручка, тыс. руб.", "выручка", 3, "RUB"),
        ("Сумма (в тысячах рублей)", "сумма", 3, "RUB"),
        ("Revenue in thousands", "revenue", 3, None),
        ("Revenue ($M)", "revenue", 6, "USD"),
        ("Revenue ($000)", "revenue", 3, "USD"),
        ("Revenue (USD '000)", "revenue", 3, "USD"),
        ("Deal value (000s)", "deal value", 3, None),
        ("Umsatz in TEUR", "umsatz", 3, "EUR"),
        ("Umsatz (Mio. €)", "umsatz", 6, "EUR"),
        ("Importe (miles de €)", "importe", 3, "EUR"),
        ("Valor em milhares (R$)", "valor", 3, "BRL"),
        ("Valor (R$ mil)", "valor", 3, "BRL"),
        ("Montant (k€)", "montant", 3, "EUR"),
        ("Fatturato in migliaia di euro", "fatturato", 3, "EUR"),
        ("cost_micros", "cost", -6, None),
        ("Cost (micros)", "cost", -6, None),
        ("metrics.costMicros", "metrics cost", -6, None),
    ],
)
def test_a_unit_in_the_header(header, key, power, currency):
    assert header_key(header) == key
    assert header_unit(header).power == power
    assert header_currency(header) == currency


@pytest.mark.parametrize(
    "header",
    ["Amount (Kč)", "Amount (kr)", "Amount (KRW)", "Amount (MXN)", "Amount", "Class B", "Plan M", "Miles", "Air miles",
     "Cost / 1000", "Cost per 1000", "Start Date (in UTC)", "Бюджет, руб.", "Microsoft Ads",
     "Amount in company currency"],
)  # fmt: skip
def test_headers_without_a_unit(header):
    assert header_unit(header) is None


@PLACES
def test_the_header_scales_all_cells_but_those_with_a_unit_of_their_own(place):
    table = read_on(place, {
        "Lead ID": ["a", "b", "c", "d"],
        "Created": ["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"],
        "Stage": ["Won", "Won", "New", "Lost"],
        "Kwota [tys. zł]": ["12,5", "1 200", "3 mln", None],
    })  # fmt: skip
    assert column(table, "amount") == [12_500, 1_200_000, 3_000_000, None]
    assert table.currency == "PLN"
    found = kinds(table)
    assert found["scaled_column"] == (4, "Kwota [tys. zł]", {"factor": 1000.0})
    assert found["amounts_in_units"][0] == 1
    assert next(one.value for one in table.findings if one.kind == "scaled_column") == "× 1000"


@PLACES
def test_the_header_scales_a_column_of_numbers(place):
    table = read_on(place, {
        "Lead ID": ["a", "b"],
        "Created": ["2026-01-05", "2026-01-06"],
        "Stage": ["Won", "New"],
        "Revenue in millions": [1.25, 0.4],
    })  # fmt: skip
    assert column(table, "amount") == [1_250_000, 400_000]
    assert kinds(table)["scaled_column"][2] == {"factor": 1e6}


@PLACES
def test_large_amounts_without_a_word_stay_as_they_are(place):
    table = read_on(place, {
        "Lead ID": ["a", "b"],
        "Created": ["2026-01-05", "2026-01-06"],
        "Stage": ["Won", "New"],
        "Amount": [5_000_000.0, 7_000_000.0],
    })  # fmt: skip
    assert column(table, "amount") == [5_000_000, 7_000_000]
    assert "scaled_column" not in kinds(table)


@pytest.mark.parametrize("header", ["cost_micros", "Cost (micros)", "metrics.cost_micros", "metrics.costMicros"])
@pytest.mark.parametrize("cells", [[3_500_000, 250_000], ["3500000", "250000"]])
def test_spend_in_micros(header, cells):
    rows = [["segments.date", "campaign_name", header], ["2026-02-01", "A", cells[0]], ["2026-02-02", "B", cells[1]]]
    table = read_spend_frame(rows)
    assert sorted(row[3] for row in table.rows) == [0.25, 3.5]
    assert "scaled_column" in kinds(table)


def test_millions_of_spend_without_the_word_are_no_micros():
    table = read_spend_frame(
        [["Date", "Campaign", "Cost"], ["2026-02-01", "A", 3_500_000], ["2026-02-02", "A", 250_000]]
    )
    assert sum(row[3] for row in table.rows) == 3_750_000


@pytest.mark.parametrize(
    ("header", "cells", "total"),
    [
        ("Cost", ["$87.35K", "$0.65K", "$900"], 88_900),
        ("Koszt", ["1,2 tys. zł", "350,50 zł", "0"], 1_550.5),
        ("Расход", ["12 тыс. руб.", "1 500", "0"], 13_500),
        ("Coste", ["1,5k €", "20,00 €", "1.000,00 €"], 2_520),
        ("Spend (k$)", ["1.5", "2", "0.25"], 3_750),
    ],
)
def test_spend_with_units_is_recognised_as_spend(header, cells, total):
    rows = [["Campaign name", "Date", header], *[[f"C{n}", f"2026-03-0{n}", cell] for n, cell in enumerate(cells, 1)]]
    table = read_spend_frame(rows)
    assert sum(row[3] for row in table.rows) == pytest.approx(total)
