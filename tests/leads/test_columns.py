"""The recogniser: scores, type evidence, never-map list, the user's wishes (funnel specification, section 11)."""

import pytest

from xl_leadkpi.leads import read_frame
from xl_leadkpi.leads.cells.vocabulary import header_currency, header_key
from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.leads.recognition.columns import recognise
from xl_leadkpi.leads.recognition.headers import ExpectedHeaders, find_header, meanings

from .same_reading import read_everywhere

DATES = ["2025-05-05", "2025-05-06"]
NUMBERS = ["10", "20.5"]
TEXTS = ["abc", "def"]
FLAGS = ["TRUE", "FALSE"]


def fields(**columns):
    found = recognise([name.replace("_", " ") for name in columns], list(columns.values()), "leads", PIPELINE)
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
    found = {meaning.field: meaning for meaning in meanings(header, "leads", PIPELINE)[0]}
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
        ("Prorated Revenue", NUMBERS, "amount"),
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
    (column,) = recognise([header], [cells], "leads", PIPELINE).columns
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
    assert [column.field for column in recognise([header], [NUMBERS], "spend", PIPELINE).columns] == [None]


def test_each_column_and_field_once_with_ties_noted():
    found = recognise(["Source", "Lead Source"], [TEXTS, TEXTS], "leads", PIPELINE)
    assert [column.field for column in found.columns] == ["source", None]
    assert found.ties == (("source", "Source", "Lead Source"),)


def test_the_filled_one_of_two_equal_headers_is_taken():
    found = recognise(["Источник", "Источник"], [["", ""], TEXTS], "leads", PIPELINE)
    assert [column.field for column in found.columns] == [None, "source"]


def test_the_user_overrides():
    found = recognise(
        ["Source", "Region", "Amount"], [TEXTS, TEXTS, NUMBERS], "leads", PIPELINE, {"source": "region", "amount": "-"}
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
    assert find_header(rows, ExpectedHeaders("leads", PIPELINE)) == (2, 3)
    assert find_header([["a", "b"], ["x", "y"]], ExpectedHeaders("leads", PIPELINE, ("x",)))[0] == 1


def test_keys_and_currencies_of_headers():
    assert header_key("Person - Name*") == "name"
    assert header_key("IsClosedWon") == "is closed won"
    assert header_key("ID de fiche d’informations") == header_key("ID de fiche d'informations")
    assert header_currency("Потраченная сумма (UAH)") == "UAH"
    assert header_currency("Расход (руб.)") == "RUB"
    assert header_currency("MQL date") is None


YES_NO = [["Yes", "No", "Yes"], ["tak", "nie", "nie"], [True, False, True], ["1", "0", "1"]]


@pytest.mark.parametrize("cells", YES_NO, ids=str)
@pytest.mark.parametrize("header", ["Has email", "Email opt out", "Email", "Phone opt out", "Phone", "Do not call"])
def test_answers_of_yes_or_no_are_no_address_and_no_number(header, cells):
    [column] = recognise([header], [cells], "leads", PIPELINE).columns
    assert column.field not in {"email", "phone"}


@pytest.mark.parametrize("cells", YES_NO[:3], ids=str)
@pytest.mark.parametrize(
    "header",
    ["Owner changed", "Has owner", "Owner", "Lead source verified", "Company", "Contact name known", "Campaign"],
)
def test_answers_of_yes_or_no_name_nobody(header, cells):
    [column] = recognise([header], [cells], "leads", PIPELINE).columns
    assert column.field is None


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Number of contacts", ["2", "14", "3"]),
        ("Number of sales reps", [2, 3, 2]),
        ("Sales reps", ["2", "3", "2"]),
        ("Liczba handlowców opiekun", ["1", "2", "2"]),
        ("Количество менеджеров", ["1", "2", "12"]),
        ("Anzahl Kontakte", ["1", "2", "2"]),
        ("Número de contactos", ["1", "2", "2"]),
        ("Nombre de contacts", ["1", "2", "2"]),
        ("Quantidade de contatos", ["1", "2", "2"]),
        ("Source count", ["1", "2", "2"]),
        ("Emails sent", ["1", "2", "2"]),
        ("Phone calls", ["1", "2", "2"]),
    ],
)
def test_a_count_names_nobody(header, cells):
    [column] = recognise([header], [cells], "leads", PIPELINE).columns
    assert column.field is None


@pytest.mark.parametrize(
    ("header", "cells", "field"),
    [
        ("Email", ["a@x.example", "b@x.example"], "email"),
        ("Email", ["5f2a9c", "77ab01"], "email"),  # hashed
        ("Phone", ["48601000001", "48601000002"], "phone"),
        ("Owner", ["17", "18"], "owner"),  # IDs of people
        ("Owner ID", ["5021", "5022"], "owner"),
        ("Nombre de la cuenta", ["Alfa", "Beta"], "company"),
        ("Número de teléfono", ["+34600000001", "+34600000002"], "phone"),
        ("Opportunity Number", ["1", "2"], "lead_id"),
        ("ID", ["1", "0"], "lead_id"),
    ],
)
def test_what_looks_like_a_flag_or_a_count_and_is_none(header, cells, field):
    assert [column.field for column in recognise([header], [cells], "leads", PIPELINE).columns] == [field]


@pytest.mark.parametrize("order", [("Lead Origin", "Lead Source"), ("Lead Source", "Lead Origin")])
def test_the_source_comes_before_the_origin(order):
    cells = {"Lead Origin": ["API", "Form"] * 10, "Lead Source": [f"s{n}" for n in range(20)]}
    found = recognise(order, [cells[header] for header in order], "leads", PIPELINE)
    assert {column.header: column.field for column in found.columns}["Lead Source"] == "source"
    assert found.ties == ()
    alone = recognise(["Lead Origin"], [cells["Lead Origin"]], "leads", PIPELINE)
    assert [column.field for column in alone.columns] == ["source"]


def test_a_tie_that_changes_figures_is_one_of_different_cells():
    found = recognise(["Amount", "Deal Value"], [["10", "20"], ["10", "99"]], "deals", PIPELINE)
    assert found.headline_ties == found.ties == (("amount", "Amount", "Deal Value"),)
    same = recognise(["Amount", "Deal Value"], [["10", "20"], ["10", "20"]], "deals", PIPELINE)
    assert (same.headline_ties, len(same.ties)) == ((), 1)
    light = recognise(["Source", "Channel"], [["a", "b"], ["c", "d"]], "leads", PIPELINE)
    assert (light.headline_ties, len(light.ties)) == ((), 1)


def test_a_tie_that_changes_figures_is_a_warning():
    rows = [["Deal ID", "Created", "Stage", "Amount", "Deal value"], ["1", "2025-01-02", "Won", "10", "99"]]
    [tie] = [one for one in read_frame(rows).findings if "tie" in one.kind]
    assert (tie.kind, tie.severity, tie.value) == (
        "headline_tie",
        "warning",
        "amount: 'Amount' taken, 'Deal value' left",
    )


def test_columns_of_dates_that_feed_nothing_are_named_where_no_creation_date_is():
    rows = [["ID", "joined_ts", "Renewal", "Stage"], ["1", "2025-01-02 10:00:00", "2025-09-01", "New"]]
    [finding] = [one for one in read_frame(rows).findings if one.kind == "no_created_date"]
    assert (finding.count, finding.details["columns"]) == (1, ("joined_ts", "Renewal"))
    with_date = [["Created", *rows[0]], ["2025-01-02", *rows[1]]]
    assert [one for one in read_frame(with_date).findings if one.kind == "no_created_date"] == []


def test_columns_of_a_person_are_none_of_the_deal():
    headers = ["Pessoa - ID", "Negócio - ID", "Organização - Nome", "Negócio - Proprietário", "Pessoa - Proprietário"]
    found = recognise(headers, [["p1", "p2"], ["d1", "d2"], TEXTS, TEXTS, TEXTS], "leads", PIPELINE)
    assert [column.field for column in found.columns] == [None, "lead_id", "company", "owner", None]
    alone = recognise(
        ["Person - ID", "Person - Name", "Person - Owner"], [["p1", "p2"], TEXTS, TEXTS], "leads", PIPELINE
    )
    assert [column.field for column in alone.columns] == ["lead_id", "contact", "owner"]


@pytest.mark.parametrize(
    ("flag", "day"),
    [
        ("IsAccepted", "AcceptedDate"),
        ("Accepted", "Accepted date"),
        ("Qualified", "Qualified date"),
        ("Zakwalifikowany", "Data kwalifikacji"),
        ("Aceito", "Data de qualificação"),
    ],
)
def test_a_flag_beside_a_day_says_which_it_is_the_day_of(flag, day):
    table = read_everywhere(
        f"Lead ID|Created|{flag}|{day}", "1|2025-01-02|TRUE|2025-01-09", "2|2025-01-02|FALSE|2025-01-10",
        "3|2025-01-02|TRUE|",
    )  # fmt: skip
    assert table.frame["d_sql"].is_null().to_list() == [False, True, True]
    assert table.frame["furthest_stage"].to_list() == [3, 1, 3]
    alone = read_everywhere(f"Lead ID|Created|{day}", "1|2025-01-02|2025-01-09", "2|2025-01-02|")
    assert alone.frame["furthest_stage"].to_list() == [3, 1]


def test_the_day_of_a_meeting_that_did_not_take_place_is_none():
    table = read_everywhere(
        "Lead ID|Created|Meeting date|Meeting held", "1|2025-01-02|2025-01-09|yes", "2|2025-01-02|2025-01-10|no"
    )
    assert table.frame["d_meeting"].is_null().to_list() == [False, True]


def test_a_day_of_a_decision_is_no_day_of_a_qualification():
    found = recognise(["Accepted decision date", "Qualification decision date"], [DATES, DATES], "leads", PIPELINE)
    assert "sql_date" not in [column.field for column in found.columns]
