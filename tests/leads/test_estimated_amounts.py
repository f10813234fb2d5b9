"""Actual amounts before estimated ones; expected ones where they are all there is; weighted ones never."""

import pytest

from .everywhere import PLACES, column, kinds, read_on

ROWS = {
    "Topic": ["a", "b", "c", "d"],
    "Created On": ["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"],
    "Status": ["Won", "Lost", "Open", "Won"],
}
PAIRS = [
    ("Actual Revenue", "Est. Revenue"),
    ("Actual Value", "Estimated Value"),
    ("Actual Revenue (EUR)", "Expected Revenue"),
    ("Tatsächlicher Umsatz", "Geschätzter Umsatz"),
    ("Ingresos reales", "Ingresos estimados"),
    ("Rzeczywisty przychód", "Szacowany przychód"),
    ("Фактический доход", "Ожидаемый доход"),
    ("Revenu réel", "Revenu est."),
    ("Receita real", "Receita est."),
    ("Ricavi effettivi", "Ricavi previsti"),
]


@PLACES
@pytest.mark.parametrize(("actual", "estimated"), PAIRS)
def test_won_deals_count_what_they_brought(place, actual, estimated):
    amounts = {estimated: [700.0, 300.0, 450.0, 90.0], actual: [650.0, None, None, None]}
    table = read_on(place, ROWS | amounts)
    assert column(table, "amount") == [650, 300, 450, None]
    assert kinds(table)["actual_before_estimated"][2] == {"actual": actual, "estimated": estimated}


@PLACES
@pytest.mark.parametrize("header", ["Expected Revenue", "Geschätzter Umsatz", "Ожидаемая выручка", "Est. Value"])
def test_expected_revenue_is_the_amount_where_it_is_all_there_is(place, header):
    table = read_on(place, ROWS | {header: [700.0, 300.0, 450.0, 90.0], "Prorated Revenue": [700.0, 0.0, 45.0, 90.0]})
    assert column(table, "amount") == [700, 300, 450, 90]
    assert kinds(table)["estimated_amounts"] == (4, header, {})


@pytest.mark.parametrize("header", ["Expected Revenue", "Est. Revenue", "Oczekiwany przychód"])
def test_a_plain_amount_is_not_mixed_with_an_expected_one(header):
    table = read_on("memory", ROWS | {header: [700.0, 300.0, 450.0, 90.0], "Amount": [1000.0, 900.0, None, 100.0]})
    assert column(table, "amount") == [1000, 900, None, 100]
    assert not {"estimated_amounts", "actual_before_estimated"} & set(kinds(table))


def test_expected_revenue_beside_an_account_name_is_weighted_by_its_probability():
    of_salesforce = {"Account Name": ["A", "B", "C", "D"], "Expected Revenue": [70.0, 30.0, 45.0, 9.0]}
    table = read_on("memory", ROWS | of_salesforce)
    assert column(table, "amount") == [None] * 4
    assert next(one.reason for one in table.columns if one.header == "Expected Revenue") == "never"


@pytest.mark.parametrize(
    "header", ["Prorated Revenue", "Weighted Revenue", "Gewichteter Umsatz", "Przychód ważony", "Взвешенная выручка",
               "Annual Revenue", "Jahresumsatz", "Umsatzsteuer", "Годовая выручка"]
)  # fmt: skip
def test_weighted_and_annual_revenue_is_no_amount(header):
    table = read_on("memory", ROWS | {header: [70.0, 30.0, 45.0, 9.0]})
    assert column(table, "amount") == [None] * 4
