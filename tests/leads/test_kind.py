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
