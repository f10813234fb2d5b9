"""Leads or deals: what a lone table is taken for, and how the user says otherwise."""

from datetime import date

import pytest

from xl_leadkpi.leads import ReadOptions, read_frame

TODAY = date(2025, 6, 1)
POLISH = ["ID", "Nazwa", "Źródło", "Data utworzenia", "Etap sprzedaży", "Kwota", "Data zamknięcia"]
ENGLISH = ["ID", "Name", "Source", "Created", "Stage", "Amount", "Close date"]


def table(header, *stages, title=(), kind="auto"):
    rows = [[str(n), f"Firma {n}", "WWW", "2025-01-05", stage, "100", "2025-03-01"] for n, stage in enumerate(stages)]
    return read_frame([*title, header, *rows], ReadOptions(today=TODAY, kind=kind))


def told_by(made):
    return [(found.value, found.severity) for found in made.findings if found.kind == "taken_for_deals"]


@pytest.mark.parametrize(
    ("header", "stages"),
    [
        (POLISH, ["Nowy", "Zakwalifikowany", "Oferta wysłana", "Wygrana", "Przegrana"]),
        (ENGLISH, ["New", "MQL", "Proposal", "Negotiation", "Won"]),
        (ENGLISH, ["New", "Contacted", "SQL", "Proposal", "Lost"]),
    ],
)
def test_stages_of_a_leads_life_make_leads(header, stages):
    made = table(header, *stages)
    assert not made.is_deals
    assert told_by(made) == []


def test_the_title_says_what_the_rows_are():
    stages = ["Negotiation", "Proposal", "Won"]
    assert table(ENGLISH, *stages).is_deals
    assert not table(POLISH, *stages, title=[["Eksport leadów", "", ""]]).is_deals
    assert table(POLISH, *stages, title=[["Szansa z leadów", "", ""]]).is_deals


def test_deals_are_told_by_their_columns_and_the_list_says_so():
    made = table(ENGLISH, "Negotiation", "Proposal", "Won")
    assert made.is_deals
    assert told_by(made) == [("Amount, Close date", "info")]
    named = table([*ENGLISH[:4], "Deal stage", *ENGLISH[5:]], "New", "Qualified", "Won")
    assert told_by(named) == [("Deal stage", "info")]


def test_the_user_has_the_last_word_on_the_kind():
    stages = ["Negotiation", "Proposal", "Won"]
    assert not table(ENGLISH, *stages, kind="leads").is_deals
    made = table(ENGLISH, "New", "MQL", "Won", kind="deals")
    assert made.is_deals
    assert told_by(made) == []


@pytest.mark.parametrize(
    "header",
    [
        ["Record ID", "Deal Name", "Deal Stage", "Amount", "Create Date", 'Date entered "Qualified To Buy (Sales)"'],
        ["Opportunity ID", "Opportunity Name", "Stage", "Amount", "Created Date", "Qualified Date"],
        ["Deal ID", "Deal owner", "Stage", "Amount", "Created", "SQL date"],
        ["ID do negócio", "Nome do negócio", "Etapa", "Valor", "Data de criação", "Data de qualificação"],
        ["ID сделки", "Название сделки", "Этап", "Сумма", "Дата создания", "Дата квалификации"],
    ],
)
def test_a_day_of_qualification_makes_no_leads_of_deals(header):
    rows = [["1", "Alfa", "Closed Won", "100", "2025-01-05", "2025-01-09"],
            ["2", "Beta", "Closed Lost", "90", "2025-01-05", ""]]  # fmt: skip
    assert read_frame([header, *rows], ReadOptions(today=TODAY)).is_deals


@pytest.mark.parametrize("day", ["MQL date", "Became a Marketing Qualified Lead Date"])
def test_a_day_of_marketing_makes_leads(day):
    header = ["ID", "Opportunity name", "Stage", "Created", day, "SQL date"]
    rows = [["1", "Alfa", "Won", "2025-01-05", "2025-01-07", "2025-01-09"]]
    assert not read_frame([header, *rows], ReadOptions(today=TODAY)).is_deals


def test_a_day_of_qualification_alone_makes_leads():
    header = ["ID", "Company", "Created", "Qualified Date", "Status"]
    rows = [["1", "Alfa", "2025-01-05", "2025-01-09", "Won"]]
    assert not read_frame([header, *rows], ReadOptions(today=TODAY)).is_deals


def test_a_flag_of_closing_is_a_deals():
    stages = ["Prospecting", "Qualification", "Needs Analysis", "Closed Won"]
    header = ["Id", "Name", "StageName", "CreatedDate", "CloseDate", "Amount", "IsClosed"]
    rows = [
        [f"00{n}", f"Firma {n}", stage, "2025-01-05", "2025-03-01", "90", "false"] for n, stage in enumerate(stages)
    ]
    assert read_frame([header, *rows], ReadOptions(today=TODAY)).is_deals
    assert not read_frame([line[:-1] for line in (header, *rows)], ReadOptions(today=TODAY)).is_deals


def test_deals_without_amounts_are_told_by_two_of_their_columns():
    header = ["ID", "Name", "Source", "Created", "Stage", "IsClosed", "Close date"]
    rows = [["1", "a", "Web", "2025-01-05", "Needs Analysis", "false", "2025-03-01"]]
    assert told_by(read_frame([header, *rows], ReadOptions(today=TODAY))) == [("Close date, IsClosed", "info")]
    weak = [["ID", "Name", "Source", "Created", "Stage", "Phone", "Close date"], *rows]
    assert not read_frame(weak, ReadOptions(today=TODAY)).is_deals
    flags = [["ID", "Name", "Source", "Created", "Stage", "IsClosed", "IsWon"], [*rows[0][:6], "false"]]
    assert read_frame(flags, ReadOptions(today=TODAY)).is_deals
