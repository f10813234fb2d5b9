"""The recogniser: scores, type evidence, never-map list, the user's wishes (funnel specification, section 11)."""

import pytest

from xl_leadkpi.leads.columns import recognise
from xl_leadkpi.leads.headers import find_header, meanings
from xl_leadkpi.leads.vocabulary import header_currency, header_key

DATES = ["2025-05-05", "2025-05-06"]
NUMBERS = ["10", "20.5"]
TEXTS = ["abc", "def"]
FLAGS = ["TRUE", "FALSE"]


def fields(**columns):
    found = recognise([name.replace("_", " ") for name in columns], list(columns.values()), "leads")
    return [column.field for column in found.columns]


@pytest.mark.parametrize(
    ("header", "field", "score", "reason"),
    [
        ("Lead Source", "source", 1.0, "exact"),
        ("LEAD_SOURCE", "source", 1.0, "exact"),
        ("LeadSource", "source", 1.0, "exact"),
        ("Lead – main source", "source", 0.8, "words"),
        ("Sourcelist", "source", 0.6, "contained"),
        ("Campain", "campaign", 0.5, "near"),
        ("Źródło pozyskania", "source", 1.0, "exact"),
        ("ZRODLO POZYSKANIA", "source", 1.0, "exact"),
        ("Kwota (PLN)", "amount", 1.0, "exact"),
        ("Бюджет, ₽", "amount", 1.0, "exact"),
        ("Deal - Value", "amount", 1.0, "exact"),
    ],
)
def test_scores_of_headers(header, field, score, reason):
    found = {meaning.field: meaning for meaning in meanings(header, "leads")[0]}
    assert (found[field].score, found[field].reason) == (score, reason)


def test_the_type_of_the_cells_speaks_too():
    assert fields(Created=DATES, Amount=NUMBERS) == ["created", "amount"]
    assert fields(Created=TEXTS, Amount=TEXTS) == [None, None]
    assert fields(Закрыта=DATES) == ["close_date"]  # amoCRM
    assert fields(Закрыта=["да", "нет"]) == ["is_closed"]  # Bitrix24
    assert fields(Created_On=[45782.0, 45783.0]) == ["created"]
    assert fields(Column_7=["New", "Won", "Proposal", "Lost"]) == ["stage"]  # by its values alone
    assert fields(Won=FLAGS, Closed=FLAGS) == ["is_won", "is_closed"]


@pytest.mark.parametrize(
    ("header", "cells", "field"),
    [
        ("Created By", TEXTS, "created"),
        ("Кем создана", TEXTS, "created"),
        ("Expected close date", DATES, "close_date"),
        ("Expected Revenue", NUMBERS, "amount"),
        ("Annual Revenue", NUMBERS, "amount"),
        ("declared_monthly_revenue", NUMBERS, "amount"),
        ("Stage Duration", NUMBERS, "stage"),
        ("Группа стадии", TEXTS, "stage"),
        ("Campaign status", TEXTS, "status"),
        ("Source description", TEXTS, "source"),
        ("Modified by", TEXTS, "owner"),
        ("seller_id", TEXTS, "lead_id"),
    ],
)
def test_never_map(header, cells, field):
    (column,) = recognise([header], [cells], "leads").columns
    assert column.field != field


@pytest.mark.parametrize(
    "header",
    [
        "Avg. cost",
        "Avg. CPC",
        "Cost / conv.",
        "CPC (cost per link click)",
        "CPM (cost per 1,000)",
        "Cost per result",
        "Цена за результат",
        "Ср. цена клика (руб.)",
        "Koszt/konwersję",
        "Kosten/Conv.",
        "Coût par résultat",
        "Coste por resultado",
        "Budget",
        "Daily budget",
    ],
)
def test_unit_costs_are_no_spend(header):
    assert [column.field for column in recognise([header], [NUMBERS], "spend").columns] == [None]


def test_each_column_and_field_once_with_ties_noted():
    found = recognise(["Source", "Lead Source"], [TEXTS, TEXTS], "leads")
    assert [column.field for column in found.columns] == ["source", None]
    assert found.ties == (("source", "Source", "Lead Source"),)


def test_the_filled_one_of_two_equal_headers_is_taken():
    found = recognise(["Источник", "Источник"], [["", ""], TEXTS], "leads")
    assert [column.field for column in found.columns] == [None, "source"]


def test_the_user_overrides():
    found = recognise(
        ["Source", "Region", "Amount"], [TEXTS, TEXTS, NUMBERS], "leads", {"source": "region", "amount": "-"}
    )
    assert [(column.field, column.reason) for column in found.columns] == [
        (None, ""),
        ("source", "user"),
        (None, "user"),
    ]


def test_the_first_contact_stands_for_the_creation_only_where_there_is_none():
    assert fields(First_Contact_Date=DATES) == ["created"]
    assert fields(First_Contact_Date=DATES, Created=DATES) == ["first_response", "created"]


def test_the_header_row_is_the_best_of_the_first_fifteen():
    rows = [["Report"], [None], ["Lead ID", "Created", "Stage"], ["L1", "2025-01-01", "New"], ["New", "Won", "Lead"]]
    assert find_header(rows, "leads") == (2, 3)
    assert find_header([["a", "b"], ["x", "y"]], "leads", wanted=["x"])[0] == 1


def test_keys_and_currencies_of_headers():
    assert header_key("Person - Name*") == "name"
    assert header_key("IsClosedWon") == "is closed won"
    assert header_key("ID de fiche d’informations") == header_key("ID de fiche d'informations")
    assert header_currency("Потраченная сумма (UAH)") == "UAH"
    assert header_currency("Расход (руб.)") == "RUB"
    assert header_currency("MQL date") is None
