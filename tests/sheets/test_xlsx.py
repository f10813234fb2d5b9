"""The file writer: a valid workbook, texts that stay texts, all or nothing."""

import os
import re
import stat
import zipfile
from datetime import date

import openpyxl
import pytest
from openxml_audit import OpenXmlValidator

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.sheets import OutputError, lay_out, to_file
from xl_leadkpi.sheets.layout import Area, Cells, Layout, Sheet, Style

from .sheet_reports import from_csv

SHEETS = ["Funnel", "Funnel_Data", "Funnel_Map", "Funnel_Charts"]
TABLES = {
    "Funnel": {"tblFunnel", "tblSource", "tblCampaign", "tblOwner", "tblMonth", "tblCohort", "tblMature",
               "tblStageTime",
               "tblLoss", "tblPipeline", "tblSpend", "tblAttrib", "tblQA"},
    "Funnel_Data": {"tblLeads"},
    "Funnel_Map": {"tblParameters", "tblColumns", "tblStageWords", "tblQuality"},
    "Funnel_Charts": {"tblSummary", "tblCurve"},
}  # fmt: skip


@pytest.fixture(scope="module")
def workbook(full, tmp_path_factory):
    leads, report = full
    path = tmp_path_factory.mktemp("written") / "funnel.xlsx"
    to_file(lay_out(report, leads), path)
    return path


def test_open_xml_rules(workbook):
    result = OpenXmlValidator().validate(str(workbook))
    assert [str(error) for error in result.errors] == []


def test_sheets_tables_and_charts(workbook):
    book = openpyxl.load_workbook(workbook)
    assert book.sheetnames == SHEETS
    assert book["Funnel_Charts"].sheet_state == "hidden"
    for sheet, tables in TABLES.items():
        assert tables <= set(book[sheet].tables), sheet
    with zipfile.ZipFile(workbook) as parts:
        charts = [name for name in parts.namelist() if re.fullmatch(r"xl/charts/chart\d+\.xml", name)]
    assert len(charts) == 6


def test_every_table_has_unique_headers_that_stand_in_its_cells(workbook):
    for sheet in openpyxl.load_workbook(workbook):
        for table in sheet.tables.values():
            headers = [cell.value for cell in sheet[table.ref][0]]
            assert headers == table.column_names
            assert len({header.casefold() for header in headers}) == len(headers)


def test_prints_one_page_wide_with_the_title_on_each(workbook):
    sheet = openpyxl.load_workbook(workbook)["Funnel"]
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == "$1:$3"
    assert sheet.freeze_panes == "A4"
    assert sheet.row_breaks.brk


def test_leads_are_written_as_they_are(full, workbook):
    leads, _ = full
    sheet = openpyxl.load_workbook(workbook)["Funnel_Data"]
    headers = [cell.value for cell in sheet[1]]
    assert sheet.max_row == leads.frame.shape[0] + 1
    written = [row[headers.index("ID")].value for row in sheet.iter_rows(min_row=2)]
    assert written == leads.frame["lead_id"].to_list()
    created = sheet.cell(2, headers.index("Created") + 1)
    assert created.is_date
    assert created.value.date() == date.fromordinal(date(1899, 12, 30).toordinal() + int(leads.frame["created"][0]))


def test_data_rows_are_capped(full, tmp_path):
    leads, report = full
    for rows, height in ((0, 1), (7, 8)):
        to_file(lay_out(report, leads, data_rows=rows), tmp_path / "capped.xlsx")
        assert openpyxl.load_workbook(tmp_path / "capped.xlsx")["Funnel_Data"].max_row == max(height, 1)


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_text_is_never_a_formula(tmp_path, start):
    evil = f'{start}HYPERLINK("http://example.org";"x")'
    quoted = evil.replace('"', '""')
    text = (
        f'ID,Created,Stage,Source,Owner\n"{quoted}",2026-01-05,Won,"{quoted}","{quoted}"\n2,2026-01-06,Lost,Web,Ann\n'
    )
    leads, report = from_csv(tmp_path / "leads.csv", text)
    to_file(lay_out(report, leads), tmp_path / "funnel.xlsx")
    book = openpyxl.load_workbook(tmp_path / "funnel.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == evil]
    assert {cell.parent.title for cell in cells} >= {"Funnel", "Funnel_Data"}
    assert all(cell.data_type in ("s", "inlineStr") for cell in cells)
    assert not any(
        "example.org" in str(cell.value)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    )


def one_cell(value, style=None, formula=None, *, bulk=False):
    area = Area(1 if bulk else 0, 0, (Cells((value,), style or Style(), formula and (formula,)),))
    head = Area(0, 0, (Cells(("head",), Style()),))
    return Layout("One", (Sheet("One", (head,), bulk=area) if bulk else Sheet("One", (area,)),))


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a\x00b\x0bc", "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c"),
        ("\ud800", "\N{REPLACEMENT CHARACTER}"),
        ("x" * 100_000, "x" * 32_766 + "…"),
        ("  two spaces  ", "  two spaces  "),
        ("<&>\"'", "<&>\"'"),
        ("line\nbreak", "line\nbreak"),
        ("_x0041_", "_x0041_"),
        ("😀 Łódź Ёж", "😀 Łódź Ёж"),
    ],
)
def test_any_text_survives(tmp_path, text, read, bulk):
    to_file(one_cell(text, bulk=bulk), tmp_path / "one.xlsx")
    assert openpyxl.load_workbook(tmp_path / "one.xlsx")["One"].cell(1 + bulk, 1).value.replace("_x005F_", "_") == read


def test_kinds_of_value(tmp_path):
    values = (None, True, 1, 2.5, date(2026, 1, 2), CellError.NA)
    cells = tuple(
        Cells((value,), Style(number_format="yyyy-mm-dd" if isinstance(value, date) else "General")) for value in values
    )
    to_file(Layout("Kinds", (Sheet("Kinds", (Area(0, 0, cells),)),)), tmp_path / "kinds.xlsx")
    row = openpyxl.load_workbook(tmp_path / "kinds.xlsx", data_only=True)["Kinds"][1]
    assert [cell.value for cell in row][:4] == [None, True, 1, 2.5]
    assert row[4].value.date() == date(2026, 1, 2)
    assert row[5].value == "#N/A"


def test_streamed_numbers_and_gaps(tmp_path):
    area = Area(1, 1, (Cells((1, None, float("nan"), 2.5), Style()), Cells((None, "b", "c", None), Style())))
    sheet = Sheet("Many", (Area(0, 1, (Cells(("n",), Style()), Cells(("t",), Style()))),), bulk=area)
    to_file(Layout("Many", (sheet,)), tmp_path / "many.xlsx")
    rows = openpyxl.load_workbook(tmp_path / "many.xlsx")["Many"].iter_rows(min_row=2, min_col=2, values_only=True)
    assert list(rows) == [(1, None), (None, "b"), (None, "c"), (2.5, None)]


# all or nothing -------------------------------------------------------------------------------------------------------


def test_failure_leaves_the_old_file(tmp_path):
    path = tmp_path / "old.xlsx"
    path.write_bytes(b"old")
    with pytest.raises(TypeError):
        to_file(one_cell(object()), path)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["old.xlsx"]


def test_old_file_is_replaced_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "funnel.xlsx"
    path.write_bytes(b"old")
    to_file(one_cell("new"), path)
    assert openpyxl.load_workbook(path)["One"]["A1"].value == "new"
    assert [file.name for file in tmp_path.iterdir()] == ["funnel.xlsx"]


@pytest.mark.parametrize("lock", [".~lock.funnel.xlsx#", "~$funnel.xlsx"])
def test_open_elsewhere(tmp_path, lock):
    path = tmp_path / "funnel.xlsx"
    path.write_bytes(b"old")
    (tmp_path / lock).write_text("someone", encoding="utf-8")
    with pytest.raises(OutputError, match=r"open in another program.*try again"):
        to_file(one_cell(1), path)
    assert path.read_bytes() == b"old"


def test_missing_folder_and_folder_for_a_name(tmp_path):
    with pytest.raises(OutputError, match="does not exist; create it first"):
        to_file(one_cell(1), tmp_path / "nowhere" / "funnel.xlsx")
    with pytest.raises(OutputError, match="is a folder"):
        to_file(one_cell(1), tmp_path)


@pytest.mark.skipif(
    os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write anywhere"
)
def test_folder_that_may_not_be_written_to(tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(OutputError, match="cannot write"):
            to_file(one_cell(1), tmp_path / "funnel.xlsx")
    finally:
        tmp_path.chmod(stat.S_IRWXU)
