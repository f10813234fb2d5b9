"""Funnel_Map: what is written is read back, and the user's edits outlive later runs."""

from dataclasses import replace
from datetime import date

import openpyxl
import pytest

from xl_leadkpi.leads import InputError
from xl_leadkpi.leads.table import ColumnMatch, StageWord
from xl_leadkpi.sheets import FunnelMapEdits, lay_out, read_map, to_file


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
