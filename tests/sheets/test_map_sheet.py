"""Funnel_Map: what is written is read back, and the user's edits outlive later runs."""

from dataclasses import replace
from datetime import date

import openpyxl
import pytest

from xl_leadkpi.leads import InputError
from xl_leadkpi.leads.table import ColumnMatch, StageWord
from xl_leadkpi.sheets import FunnelMapEdits, lay_out, read_map, to_file
from xl_leadkpi.sheets.map_sheet import TableChoice, edits_in


def written(full, path, language="en", **changes):
    leads, report = full
    to_file(lay_out(replace(report, **changes), leads, language=language, data_rows=0), path)
    return path


def edit(path, table, row_name, value):
    """Change the second cell of the row that begins with a name."""
    book = openpyxl.load_workbook(path)
    sheet = book["Funnel_Map"]
    row = next(row for row in sheet[sheet.tables[table].ref] if row[0].value == row_name)
    row[1].value = value
    book.save(path)


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
def test_nothing_edited_reads_as_nothing(full, tmp_path, language):
    today = replace(full[1].header, as_of_reason="today")
    assert read_map(written(full, tmp_path / "funnel.xlsx", language, header=today)) == FunnelMapEdits()


@pytest.mark.parametrize(("language", "won"), [("en", "Won"), ("pl", "Wygrana"), ("ru", "Выигрыш")])
def test_edits_are_read(full, tmp_path, language, won):
    path = written(
        full,
        tmp_path / "funnel.xlsx",
        language,
        columns=(
            ColumnMatch(1, "Sum", "amount", 0.7, "words"),
            ColumnMatch(2, "Total", None, 0, "never"),
            ColumnMatch(3, "Day", "created", 1, "exact"),
        ),
        words=(StageWord("Handshake", None, 4, "unknown"), StageWord("Lost", "Lost", 3, "vocabulary")),
    )
    edit(path, "tblColumns", "Sum", None)
    edit(path, "tblColumns", "Total", "amount")
    edit(path, "tblColumns", "Day", "-")
    edit(path, "tblStageWords", "Handshake", won)
    edit(path, "tblParameters", "window_days", 60)
    edit(path, "tblParameters", "as_of", date(2026, 5, 31))
    edit(path, "tblParameters", "win_basis", "all")
    assert read_map(path) == FunnelMapEdits(
        fields={"amount": "Total", "created": "-"},
        words={"Handshake": "Won"},
        parameters={"window_days": 60, "as_of": date(2026, 5, 31), "win_basis": "all"},
    )


def test_edits_are_still_edits_after_the_next_run(full, tmp_path):
    """The next run reports the user's choices as such; its map must give them again."""
    _, report = full
    header = replace(report.header, as_of=date(2026, 5, 31), as_of_reason="given")
    path = written(
        full,
        tmp_path / "funnel.xlsx",
        header=header,
        columns=(ColumnMatch(1, "Total", "amount", 1, "user"), ColumnMatch(2, "Day", None, 0, "user")),
        words=(StageWord("Handshake", "Won", 4, "user"),),
        parameters={**report.parameters, "window_days": 60},
    )
    edits = read_map(path)
    assert edits.fields == {"amount": "Total"}
    assert edits.words == {"Handshake": "Won"}
    assert edits.parameters == {"window_days": 60, "as_of": date(2026, 5, 31)}


def test_choices_are_offered(full, tmp_path):
    book = openpyxl.load_workbook(written(full, tmp_path / "funnel.xlsx", "pl"))
    formulas = {choice.formula1 for choice in book["Funnel_Map"].data_validations.dataValidation}
    assert '"filled,exact,strict"' in formulas
    assert any("Wygrana" in formula for formula in formulas)
    assert any("Funnel_Charts" in formula for formula in formulas)


def test_wrong_values_are_named(full, tmp_path):
    path = written(full, tmp_path / "funnel.xlsx")
    edit(path, "tblParameters", "window_days", "soon")
    with pytest.raises(InputError, match="window_days is 'soon'"):
        read_map(path)


def test_files_that_hold_no_map(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_map(tmp_path / "none.xlsx")
    openpyxl.Workbook().save(tmp_path / "other.xlsx")
    with pytest.raises(InputError, match="no sheet Funnel_Map"):
        read_map(tmp_path / "other.xlsx")
    (tmp_path / "text.xlsx").write_text("no workbook", encoding="utf-8")
    with pytest.raises(InputError, match="no sheet Funnel_Map"):
        read_map(tmp_path / "text.xlsx")
    book = openpyxl.Workbook()
    book.active.title = "Funnel_Map"
    book.save(tmp_path / "foreign.xlsx")
    with pytest.raises(InputError, match="not one of ours"):
        read_map(tmp_path / "foreign.xlsx")


def test_a_word_of_several_columns_stands_once(full, tmp_path):
    words = (
        StageWord("Lost", "Lost", 3, "vocabulary"),
        StageWord("lost", "Lost", 9, "vocabulary"),
        StageWord("Open", "Lead", 2, "vocabulary"),
        StageWord("Open", "Open", 5, "vocabulary"),
    )
    sheet = openpyxl.load_workbook(written(full, tmp_path / "funnel.xlsx", words=words))["Funnel_Map"]
    rows = [[cell.value for cell in row[:4]] for row in sheet[sheet.tables["tblStageWords"].ref][1:]]
    assert rows == [["lost", "Lost", "Lost", 9], ["Open", "Lead", "Lead", 2], ["Open", "Open", "Open", 5]]


MAPPED = (
    ColumnMatch(1, "Sum", "amount", 0.7, "words"),
    ColumnMatch(2, "Day", "created", 1, "exact"),
    ColumnMatch(1, "Value", "amount", 1, "exact", None, "deals"),
)


def row_of(path, table, name):
    sheet = openpyxl.load_workbook(path)["Funnel_Map"]
    return next(row[0].row for row in sheet[sheet.tables[table].ref] if row[0].value == name)


@pytest.mark.parametrize(
    ("table", "row", "value", "allowed"),
    [("tblColumns", "Sum", "amnt", "amount"), ("tblStageWords", "Handshake", "Wonn", "Proposal, Won, Lost, Open")],
)
def test_a_name_that_is_none_is_refused_with_its_place(full, tmp_path, table, row, value, allowed):
    words = (StageWord("Handshake", None, 4, "unknown"),)
    path = written(full, tmp_path / "funnel.xlsx", columns=MAPPED, words=words)
    edit(path, table, row, value)
    with pytest.raises(InputError) as refusal:
        read_map(path)
    message = str(refusal.value)
    assert message.startswith(f"{path}, Funnel_Map, row {row_of(path, table, row)}: '{value}' is no ")
    assert allowed in message


@pytest.mark.parametrize("name", ["AMOUNT", " Kwota", "сумма"])
def test_fields_are_known_in_any_language(full, tmp_path, name):
    path = written(full, tmp_path / "funnel.xlsx", columns=(ColumnMatch(1, "Total", None, 0, ""),))
    edit(path, "tblColumns", "Total", name)
    assert read_map(path).fields == {"amount": "Total"}


def test_a_stage_in_other_letters_is_no_edit(full, tmp_path):
    path = written(full, tmp_path / "funnel.xlsx", words=(StageWord("Signed", "Won", 4, "vocabulary"),))
    edit(path, "tblStageWords", "Signed", "wygrana")
    assert read_map(path).words == {}


def test_columns_of_deals_cannot_be_changed(full, tmp_path):
    path = written(full, tmp_path / "funnel.xlsx", columns=MAPPED)
    edit(path, "tblColumns", "Value", "-")
    with pytest.raises(InputError, match="'Value' is a column of the deals"):
        read_map(path)


def test_what_was_chosen_for_leads_shows_in_the_deals_without_being_an_edit_there(full, tmp_path):
    followed = ColumnMatch(1, "Value", None, 0, "user", "amount", "deals")
    path = written(full, tmp_path / "funnel.xlsx", columns=(*MAPPED[:2], followed))
    assert read_map(path).fields == {}


@pytest.mark.parametrize(("cell", "day"), [(45838.0, date(2025, 6, 30)), (45838, date(2025, 6, 30))])
def test_a_day_may_be_a_number(cell, day):
    assert edits_in({"tblParameters": [["as_of", cell, "", "", "", "", ""]]}).parameters == {"as_of": day}


def test_words_below_opportunity_say_what_a_deal_counts_as(full, tmp_path):
    header = replace(full[1].header, is_deals=True)
    words = (StageWord("New", "Lead", 4, "vocabulary"), StageWord("Offer", "Proposal", 3, "vocabulary"))
    sheet = openpyxl.load_workbook(written(full, tmp_path / "funnel.xlsx", header=header, words=words))["Funnel_Map"]
    origins = {row[0].value: row[4].value for row in sheet[sheet.tables["tblStageWords"].ref][1:]}
    assert origins == {"New": "vocabulary; counted as Opportunity", "Offer": "vocabulary"}


def test_tables_of_an_open_workbook_are_listed_and_an_edit_of_them_is_read(full):
    leads, report = full
    tables = {"spend_table": TableChoice("Meta", "Google; Meta"), "touches_table": TableChoice("", "")}
    rows = {}
    for area in lay_out(report, leads, data_rows=0, tables=tables)["Funnel_Map"].areas:
        columns = [cells.values for cells in area.cells]
        rows |= {row[0]: list(row) for row in zip(*columns, strict=True) if row[0] in tables}
    assert rows["spend_table"][1:3] == ["Meta", "Google; Meta"]
    assert rows["touches_table"][1:3] == ["none", "none"]
    assert edits_in({"tblParameters": list(rows.values())}).tables == {"spend_table": "Meta"}


def test_a_workbook_made_from_files_has_no_tables_to_name(full, tmp_path):
    path = written(full, tmp_path / "funnel.xlsx")
    sheet = openpyxl.load_workbook(path)["Funnel_Map"]
    assert not any("_table" in str(row[0].value) for row in sheet[sheet.tables["tblParameters"].ref])
