"""Amounts and dates: every example of the funnel specification's section 12, and what surrounds them."""

from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xl_leadkpi.leads.cells.dates import looks_like_date, parse_dates
from xl_leadkpi.leads.cells.numbers import looks_like_number, parse_amounts


def amounts(*texts):
    found = parse_amounts(pl.Series(texts, dtype=pl.String))
    return found.values.to_list()


def excel_day(day: date) -> int:
    return day.toordinal() - date(1899, 12, 30).toordinal()


def days(*texts, **options):
    return parse_dates(pl.Series(texts, dtype=pl.String), **options).days.to_list()


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("1 234,50 zł", 1234.5, "PLN"),
        ("1\u00a0234,50", 1234.5, None),
        ("1\u202f234,50", 1234.5, None),
        ("1\u2009234,50", 1234.5, None),
        ("1.234,56 €", 1234.56, "EUR"),
        ("1,234.56", 1234.56, None),
        ("CA$12.34", 12.34, "CAD"),
        ("(1,200.00)", -1200.0, None),
        ("\u2212500", -500.0, None),
        ("1 500-", -1500.0, None),
        ("1'234.50 CHF", 1234.5, "CHF"),
        ("12 500 ₽", 12500.0, "RUB"),
        ("1.234.567", 1234567.0, None),
        ("1 200 руб.", 1200.0, "RUB"),
        ("$1,000.00", 1000.0, "USD"),
        ("0.123", 0.123, None),
        ("1234.567", 1234.567, None),
        ("-12.5", -12.5, None),
        ("12,34,567.50", 1234567.5, None),
    ],
)
def test_amount(text, value, currency):
    found = parse_amounts(pl.Series([text]))
    assert found.values.to_list() == [value]
    assert found.currency.to_list() == [currency]
    assert not found.unparsed[0]


@pytest.mark.parametrize("text", ["--", "—", "brak", "нет", "", None, "n/a"])
def test_missing_amount_is_not_zero_and_not_an_error(text):
    found = parse_amounts(pl.Series([text, "5"], dtype=pl.String))
    assert found.values.to_list() == [None, 5.0]
    assert found.unparsed.to_list() == [False, False]


@pytest.mark.parametrize("text", ["twelve", "5%", "12 kg", "10 m", "2018.02.26", "20.máj", "1.2.3", "12 34 Main St"])
def test_text_that_is_no_amount(text):
    found = parse_amounts(pl.Series([text, "5"]))
    assert found.values.to_list() == [None, 5.0]
    assert found.unparsed.to_list() == [True, False]


def test_one_separator_before_three_digits_is_decided_by_the_column():
    assert amounts("1.234", "99,90") == [1234.0, 99.9]
    assert amounts("1,234", "99,90") == [1.234, 99.9]
    assert amounts("1,234", "99.90") == [1234.0, 99.9]
    found = parse_amounts(pl.Series(["1,234", "2.000", "7"]))
    assert found.values.to_list() == [1234.0, 2000.0, 7.0]
    assert found.ambiguous.to_list() == [True, True, False]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=1, max_size=20))
def test_amounts_written_in_any_style_come_back(values):
    def styled(value, thousands, decimal, sign):
        text = f"{abs(value):,.2f}".translate(str.maketrans({",": thousands, ".": decimal}))
        return f"{'-' if value < 0 else ''}{text}{sign}"

    for thousands, decimal, sign in ((",", ".", ""), (".", ",", " €"), ("\u00a0", ",", " zł"), ("'", ".", " CHF")):
        texts = [styled(value, thousands, decimal, sign) for value in values]
        assert amounts(*texts) == [float(value) for value in values]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-05-05", datetime(2025, 5, 5)),
        ("2025-05-05T14:30:00Z", datetime(2025, 5, 5, 14, 30)),
        ("2025-05-05T14:30:00+02:00", datetime(2025, 5, 5, 14, 30)),  # the offset goes, the clock stays
        ("2025-05-05 14:30:15.123", datetime(2025, 5, 5, 14, 30, 15)),
        ("05.05.2025", datetime(2025, 5, 5)),
        ("05.05.2025 14:30", datetime(2025, 5, 5, 14, 30)),
        ("2018.02.26 19:58", datetime(2018, 2, 26, 19, 58)),
        ("2025/05/05", datetime(2025, 5, 5)),
        ("13/5/2025", datetime(2025, 5, 13)),
        ("5/13/2025 2:05 PM", datetime(2025, 5, 13, 14, 5)),
        ("12/31/2025 12:00 AM", datetime(2025, 12, 31)),
        ("5 maja 2025", datetime(2025, 5, 5)),
        ("5 мая 2025 г.", datetime(2025, 5, 5)),
        ("May 5, 2025", datetime(2025, 5, 5)),
        ("5. März 2025", datetime(2025, 3, 5)),
        ("5 de mayo de 2025", datetime(2025, 5, 5)),
        ("5 août 2025", datetime(2025, 8, 5)),
        ("05-Jan-2025", datetime(2025, 1, 5)),
        ("45782", datetime(2025, 5, 5)),
        ("1746403200000", datetime(2025, 5, 5)),
        ("20250505", datetime(2025, 5, 5)),
        ("13.05.25", datetime(2025, 5, 13)),
        ("Mon, 5 May 2025", datetime(2025, 5, 5)),
    ],
)
def test_date(text, expected):
    moment = excel_day(expected.date()) + (expected.hour * 3600 + expected.minute * 60 + expected.second) / 86_400
    assert days(text) == [pytest.approx(moment, abs=1e-9)]


def test_dates_of_the_1904_system():
    assert days("44320", date1904=True) == [45782]


@pytest.mark.parametrize("text", ["20.máj", "05.jan", "soon", "12", "1.5", "2025-Q1", "99999"])
def test_text_that_is_no_date(text):
    found = parse_dates(pl.Series([text, "2025-05-05"]))
    assert found.days.to_list() == [None, 45782]
    assert found.unparsed.to_list() == [True, False]


@pytest.mark.parametrize(
    "text", ["31.02.2025", "2025-02-30", "00.01.2025", "2025-13-01", "29.02.2023", "5/5/2025 25:00"]
)
def test_impossible_date(text):
    found = parse_dates(pl.Series([text, "13.05.2025"]))
    assert found.days.to_list() == [None, 45790]
    assert found.impossible.to_list() == [True, False]


@pytest.mark.parametrize(
    "text", ["0000-00-00", "1900-01-01", "1970-01-01", "1970-01-01 00:00:00", "00.00.0000", "30.12.1899"]
)
def test_zero_date_stands_for_none(text):
    found = parse_dates(pl.Series([text, "13.05.2025"]))
    assert found.days.to_list() == [None, 45790]
    assert found.sentinel.to_list() == [True, False]
    assert not found.unparsed.any()
    assert not found.impossible.any()


def test_the_column_decides_between_day_and_month_first():
    may_2, feb_5 = excel_day(date(2025, 5, 2)), excel_day(date(2025, 2, 5))
    assert days("02/05/2025", "13/05/2025")[0] == may_2
    assert days("02/05/2025", "05/13/2025")[0] == feb_5
    undecided = parse_dates(pl.Series(["02/05/2025", "01/01/2025"]), locale="pl")
    assert (undecided.days[0], undecided.order, undecided.decided_by) == (may_2, "day first", "locale")
    undecided = parse_dates(pl.Series(["02/05/2025", "01/01/2025"]), locale="en")
    assert (undecided.days[0], undecided.order, undecided.decided_by) == (feb_5, "month first", "locale")
    by_table = parse_dates(pl.Series(["02/05/2025"]), fallback="day first")
    assert (by_table.days[0], by_table.decided_by) == (may_2, "table")


def test_both_orders_refuse_the_column_but_one_slip_in_a_hundred_does_not():
    assert parse_dates(pl.Series(["13/05/2025", "05/13/2025"])).mixed
    many = [f"{day}/05/2025" for day in range(13, 31)] * 10
    found = parse_dates(pl.Series([*many, "05/13/2025"]))
    assert not found.mixed
    assert found.impossible.to_list() == [False] * len(many) + [True]


def test_months_alone_are_dates_only_where_asked():
    assert days("2025-01", "05/2025", "January 2025", months=True) == [
        excel_day(date(2025, month, 1)) for month in (1, 5, 1)
    ]
    assert days("2025-01") == [None]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.dates(date(1972, 1, 1), date(2060, 12, 31)), min_size=1, max_size=30))
def test_dates_written_in_any_style_come_back(dates):
    expected = [excel_day(day) for day in dates]
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%d %B %Y", "%B %d, %Y", "%Y.%m.%d 00:00", "%d-%b-%Y"):
        assert days(*[day.strftime(form) for day in dates]) == expected
    for form, locale in (("%d/%m/%Y", "pl"), ("%m/%d/%Y", "en")):
        assert days(*[day.strftime(form) for day in dates], locale=locale) == expected


def test_what_cells_look_like():
    assert looks_like_date("2025-05-05T10:00:00.000+0000")
    assert not looks_like_date("L-2025-0001")
    assert looks_like_number("1'234.50 CHF")
    assert not looks_like_number("L123")
