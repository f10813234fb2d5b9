"""What the user says about columns and words: understood as written, refused with the names there are."""

from datetime import date

import pytest

from xl_leadkpi.leads import InputError, ReadOptions, read, read_frame
from xl_leadkpi.leads.model.stage import PIPELINE

TODAY = date(2025, 6, 1)
ROWS = [["Lead ID", "Created", "Stage", "Total"], ["1", "2025-05-05", "Handshake", 5], ["2", "2025-05-06", "New", 7]]


@pytest.mark.parametrize(
    ("said", "stage"),
    [("won", "Won"), ("WON", "Won"), ("Wygrana", "Won"), ("Предложение", "Proposal"), ("lost", "Lost")],
)
def test_a_stage_may_be_named_in_any_case_and_language(said, stage):
    table = read_frame(ROWS, ReadOptions(words={"Handshake": said}, today=TODAY))
    assert table.frame["stage_now"].to_list() == [stage, "Lead"]


def test_an_unknown_stage_is_refused_with_the_list():
    with pytest.raises(InputError, match="'Bar' is no stage") as refused:
        read_frame(ROWS, ReadOptions(words={"Handshake": "Bar"}, today=TODAY))
    assert all(stage in str(refused.value) for stage in (*PIPELINE.names, "Lost", "Open"))


def test_a_word_that_is_not_in_the_data_is_reported():
    table = read_frame(ROWS, ReadOptions(words={"Handshake": "Won", "Handshakes": "Won"}, today=TODAY))
    assert [(found.value, found.severity) for found in table.findings if found.kind == "unused_stage_word"] == [
        ("Handshakes", "warning")
    ]


def test_an_unknown_field_is_refused_with_the_nearest_one():
    with pytest.raises(InputError, match=r"no field 'amuont'.*Did you mean amount\?.*lead_id"):
        read_frame(ROWS, ReadOptions(fields={"amuont": "Total"}, today=TODAY))


def test_fields_of_other_tables_do_not_concern_the_leads():
    table = read_frame(ROWS, ReadOptions(fields={"sp_spend": "Total", "to_channel": "Nowhere"}, today=TODAY))
    assert {column.field for column in table.columns if column.header == "Total"} <= {"amount", None}


def test_a_column_of_the_deals_may_be_named(tmp_path):
    leads, deals = tmp_path / "leads.csv", tmp_path / "deals.csv"
    leads.write_text("Lead ID,Created,Lead Status\n1,2025-01-01,New\n", encoding="utf-8")
    deals.write_text("Deal ID,Lead ID,Deal Stage,Worth,Gross\nA,1,Closed Won,100,123\n", encoding="utf-8")
    for name in ("amount", "deals.amount"):
        table = read(leads, ReadOptions(fields={name: "Gross"}, today=TODAY), deals)
        assert table.frame["amount"].to_list() == [123.0]
    with pytest.raises(InputError, match=r"leads.csv and deals.csv: there is no column 'Net'"):
        read(leads, ReadOptions(fields={"amount": "Net"}, today=TODAY), deals)
    with pytest.raises(InputError, match="no such table is given"):
        read(leads, ReadOptions(fields={"deals.amount": "Gross"}, today=TODAY))
