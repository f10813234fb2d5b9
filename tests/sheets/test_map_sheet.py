"""Settings and Funnel_Map: what is written is read back, and the user's edits outlive later runs."""

import zipfile
from dataclasses import replace
from datetime import date, time, timedelta

import openpyxl
import pytest

from xl_leadkpi.leads import InputError
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.table import ChannelName, ColumnMatch, StageWord
from xl_leadkpi.locales import in_every_language, locale
from xl_leadkpi.sheets import WorkbookEdits, lay_out, read_edits, to_file
from xl_leadkpi.sheets.editable import EDITABLE_TABLES, TableChoice
from xl_leadkpi.sheets.edits import FoundTable, edits_in

pytestmark = pytest.mark.long


def written(full, path, language="en", **changes):
    leads, report = full
    to_file(lay_out(replace(report, **changes), leads, language=language, data_rows=0), path)
    return path


def edit(path, table, row_name, value, column=1):
    """Change a cell, the second unless told otherwise, of the row of a name; a parameter stands there by its word."""
    book = openpyxl.load_workbook(path)
    sheet = book[EDITABLE_TABLES[table]]
    names = {row_name, *in_every_language("funnel", f"option.{row_name}")}
    row = next(row for row in sheet[sheet.tables[table].ref] if row[0].value in names)
    row[column].value = value
    book.save(path)


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
def test_nothing_edited_reads_as_nothing(full, tmp_path, language):
    today = replace(full[1].header, as_of_reason="today")
    assert read_edits(written(full, tmp_path / "funnel.xlsx", language, header=today)) == WorkbookEdits()


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
    edit(path, "tblPeriod", "as_of", date(2026, 5, 31))
    edit(path, "tblParameters", "win_basis", "all")
    assert read_edits(path) == WorkbookEdits(
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
    edits = read_edits(path)
    assert edits.fields == {"amount": "Total"}
    assert edits.words == {"Handshake": "Won"}
    assert edits.parameters == {"window_days": 60, "as_of": date(2026, 5, 31)}


def test_choices_are_offered(full, tmp_path):
    book = openpyxl.load_workbook(written(full, tmp_path / "funnel.xlsx", "pl"))
    formulas = {
        choice.formula1
        for sheet in ("Settings", "Funnel_Map")
        for choice in book[sheet].data_validations.dataValidation
    }
    assert '"co najmniej tak daleko,widziany na etapie,wszystkie daty po kolei"' in formulas
    assert any("Wygrana" in formula for formula in formulas)
    assert any("Funnel_Charts" in formula for formula in formulas)


def test_wrong_values_are_named(full, tmp_path):
    path = written(full, tmp_path / "funnel.xlsx")
    edit(path, "tblParameters", "window_days", "soon")
    with pytest.raises(InputError, match="Maturity window, days is 'soon'"):
        read_edits(path)


@pytest.mark.parametrize("told", ["nonsense", "leads.amount", "x" * 4_000, 17])
def test_what_was_recognised_is_no_place_for_a_wish(full, tmp_path, told):
    path = written(full, tmp_path / "funnel.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book["Funnel_Map"]
    top = sheet.tables["tblColumns"].ref.partition(":")[0]
    row = sheet[top].row + 1
    sheet.cell(row, sheet[top].column + 2, told)
    book.save(path)
    with pytest.raises(InputError) as refused:
        read_edits(path)
    assert str(refused.value).startswith(f"{path}, Funnel_Map, cell C{row}: '{str(told)[:4]}")
    assert "write one of" in str(refused.value)
    assert len(str(refused.value)) < 1_500


def test_the_day_of_printing_is_no_option():
    table = FoundTable([["built_at", "2026-06-30", "", ""]], "Settings", 7)
    assert edits_in({"tblParameters": table}) == WorkbookEdits()


def test_a_note_in_a_far_cell_costs_nothing(full, tmp_path):
    path = written(full, tmp_path / "funnel.xlsx")
    edit(path, "tblParameters", "window_days", 60)
    book = openpyxl.load_workbook(path)
    book["Settings"]["XFD1048576"] = "see below"
    book.save(path)
    assert read_edits(path).parameters["window_days"] == 60


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_damaged_workbook_is_one_message(full, tmp_path, part):
    path = written(full, tmp_path / "funnel.xlsx")
    with zipfile.ZipFile(path) as archive:
        place = archive.getinfo(part).header_offset + 30 + len(part)
    content = bytearray(path.read_bytes())
    content[place : place + 40] = bytes(range(200, 240))
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"no sheet Settings can be read there .* give a workbook"):
        read_edits(path)


def test_files_that_hold_no_map(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_edits(tmp_path / "none.xlsx")
    openpyxl.Workbook().save(tmp_path / "other.xlsx")
    with pytest.raises(InputError, match="no sheet Settings"):
        read_edits(tmp_path / "other.xlsx")
    (tmp_path / "text.xlsx").write_text("no workbook", encoding="utf-8")
    with pytest.raises(InputError, match="no sheet Settings"):
        read_edits(tmp_path / "text.xlsx")
    book = openpyxl.Workbook()
    book.active.title = "Funnel_Map"
    book.create_sheet("Settings")
    book.save(tmp_path / "foreign.xlsx")
    with pytest.raises(InputError, match="Settings and Funnel_Map are not ours"):
        read_edits(tmp_path / "foreign.xlsx")


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


@pytest.mark.parametrize(
    ("language", "remedy"),
    [("en", "Fill in the date."), ("pl", "Uzupełnij datę."), ("ru", "Заполните дату.")],
)
def test_each_finding_stands_beside_what_to_do(full, tmp_path, language, remedy):
    findings = (Finding(FindingKind.WON_WITHOUT_DATE, 2, rows=(3, 9)), Finding(FindingKind.EMPTY_ROWS, 1))
    sheet = openpyxl.load_workbook(written(full, tmp_path / "funnel.xlsx", language, findings=findings))["Funnel_Map"]
    headers, *rows = [[cell.value for cell in row] for row in sheet[sheet.tables["tblQuality"].ref]]
    column = headers.index(locale(language).funnel["map.column_remedy"])
    assert [row[column] for row in rows] == [remedy, None]
    assert [row[-1] for row in rows] == ["3, 9", None]


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
        read_edits(path)
    message = str(refusal.value)
    assert message.startswith(f"{path}, Funnel_Map, cell C{row_of(path, table, row)}: '{value}' is no ")
    assert allowed in message


@pytest.mark.parametrize("name", ["AMOUNT", " Kwota", "сумма"])
def test_fields_are_known_in_any_language(full, tmp_path, name):
    path = written(full, tmp_path / "funnel.xlsx", columns=(ColumnMatch(1, "Total", None, 0, ""),))
    edit(path, "tblColumns", "Total", name)
    assert read_edits(path).fields == {"amount": "Total"}


def test_a_stage_in_other_letters_is_no_edit(full, tmp_path):
    path = written(full, tmp_path / "funnel.xlsx", words=(StageWord("Signed", "Won", 4, "vocabulary"),))
    edit(path, "tblStageWords", "Signed", "wygrana")
    assert read_edits(path).words == {}


def test_columns_of_deals_cannot_be_changed(full, tmp_path):
    path = written(full, tmp_path / "funnel.xlsx", columns=MAPPED)
    edit(path, "tblColumns", "Value", "-")
    with pytest.raises(InputError, match="'Value' is a column of the deals"):
        read_edits(path)


def test_what_was_chosen_for_leads_shows_in_the_deals_without_being_an_edit_there(full, tmp_path):
    followed = ColumnMatch(1, "Value", None, 0, "user", "amount", "deals")
    path = written(full, tmp_path / "funnel.xlsx", columns=(*MAPPED[:2], followed))
    assert read_edits(path).fields == {}


@pytest.mark.parametrize(("cell", "day"), [(45838.0, date(2025, 6, 30)), (45838, date(2025, 6, 30))])
def test_a_day_may_be_a_number(cell, day):
    assert edits_in({"tblPeriod": FoundTable([["as_of", cell, "", "", "", "", ""]])}).parameters == {"as_of": day}


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
    for area in lay_out(report, leads, data_rows=0, tables=tables)["Settings"].areas:
        columns = [cells.values for cells in area.cells]
        rows |= {row[0]: list(row) for row in zip(*columns, strict=True) if "Table of" in str(row[0])}
    assert rows["Table of spend"][1:3] == ["Meta", "Google; Meta"]
    assert rows["Table of touches"][1:3] == ["none", "none"]
    assert edits_in({"tblParameters": FoundTable(list(rows.values()))}).tables == {"spend_table": "Meta"}


def test_a_workbook_made_from_files_has_no_tables_to_name(full, tmp_path):
    path = written(full, tmp_path / "funnel.xlsx")
    sheet = openpyxl.load_workbook(path)["Settings"]
    assert not any("Table of" in str(row[0].value) for row in sheet[sheet.tables["tblParameters"].ref])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cohort_months", "x" * 30_000),
        ("cohort_months", float("inf")),
        ("window_days", time(5, 5)),
        ("half_life", timedelta(days=5)),
        ("as_of", "y" * 30_000),
        ("as_of", 1e300),
    ],
)
def test_a_value_of_another_kind_is_refused_in_few_words(name, value):
    with pytest.raises(InputError, match=rf"Settings, cell C7: {name} is '") as caught:
        edits_in({"tblParameters": FoundTable([[name, value, ""]], "Settings", 7)})
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
def test_names_of_channels_are_read_and_outlive_a_second_run(full, tmp_path, language):
    path = written(
        full,
        tmp_path / "funnel.xlsx",
        language,
        channels=(
            ChannelName("fb", "Facebook", "Facebook", 4, 12.5, "vocabulary"),
            ChannelName("google / feed", "google", "google", 3, None, "written"),
            ChannelName("Event", "Trade fairs", "Event", 2, None, "user"),
        ),
    )
    edit(path, "tblChannels", "fb", "fb")
    edit(path, "tblChannels", "google / feed", "Google Ads")
    assert read_edits(path).channels == {"fb": "fb", "google / feed": "Google Ads", "Event": "Trade fairs"}
