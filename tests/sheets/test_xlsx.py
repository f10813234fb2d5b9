"""The file writer: a valid workbook, texts that stay texts, all or nothing."""

import os
import re
import stat
import zipfile
from datetime import date

import openpyxl
import pytest
from openpyxl.utils import get_column_letter, range_boundaries
from openxml_audit import OpenXmlValidator

from tests.growth import growth
from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.sheets import OutputError, lay_out, to_file
from xl_leadkpi.sheets.layout import Area, Cells, Choice, Layout, Link, Print, Range, Sheet, Style, Table, footer_text
from xl_leadkpi.sheets.tables import unique_headers

from .sheet_reports import from_csv

SHEETS = ["Summary", "Funnel", "Funnel_Data", "Settings", "Funnel_Map", "Funnel_Charts"]
TABLES = {
    "Funnel": {"tblFunnel", "tblSource", "tblCampaign", "tblOwner", "tblMonth", "tblCohort", "tblMature",
               "tblStageTime",
               "tblLoss", "tblPipeline", "tblSpend", "tblAttrib", "tblQA"},
    "Funnel_Data": {"tblLeads"},
    "Settings": {"tblPeriod", "tblFilters", "tblTargets", "tblParameters", "tblChannels"},
    "Funnel_Map": {"tblColumns", "tblStageWords", "tblQuality"},
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
    assert len(charts) == 8 + 10  # of the summary: one a card that has months, the stages and the months


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
        ("_x0041_x0042_", "_x0041_x0042_"),
        ("<r>a & b</r>", "<r>a & b</r>"),
        ("😀 Łódź Ёж", "😀 Łódź Ёж"),
    ],
)
def test_any_text_survives(tmp_path, text, read, bulk):
    to_file(one_cell(text, bulk=bulk), tmp_path / "one.xlsx")
    assert openpyxl.load_workbook(tmp_path / "one.xlsx")["One"].cell(1 + bulk, 1).value.replace("_x005F_", "_") == read


ROBOTS = "\N{ROBOT FACE}"


def headed(headers):
    """A table with these headers, which went through the gate."""
    titles = unique_headers(headers)
    cells = tuple(Cells((title, i), Style()) for i, title in enumerate(titles))
    place = Range("One", 0, 0, 1, len(titles) - 1)
    return Layout("One", (Sheet("One", (Area(0, 0, cells),), tables=(Table("tblOne", place, titles),)),))


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("Deal\r\nsize\tEUR", "Deal size EUR"),
        ("a\x07b", "a\N{REPLACEMENT CHARACTER}b"),
        ("\ufffe\udc80", "\N{REPLACEMENT CHARACTER}" * 2),
        ("x" * 300, "x" * 254 + "…"),
        (ROBOTS * 200, ROBOTS * 127 + "…"),
        ("  ", "–"),
        ("CR_x000D_", "CR_x000D_"),
        ("_x0041_x0042_", "_x0041_x0042_"),
        ("<r>a & b</r>", "<r>a & b</r>"),
        ('<"&>', '<"&>'),
    ],
)
def test_a_header_of_a_table_is_the_text_of_its_cell(tmp_path, header, read):
    to_file(headed(["before", header]), tmp_path / "one.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "one.xlsx")["One"]
    cell = sheet["B1"].value
    assert sheet.tables["tblOne"].column_names == ["before", read]
    assert cell.replace("_x005F_", "_") == read


def test_headers_stay_unlike_when_they_are_cut_off(tmp_path):
    titles = unique_headers(["y" * 300, "Y" * 301, "y" * 302, "a\nb", "a b"])
    assert [len(title) for title in titles] == [255, 255, 255, 3, 5]
    assert len({title.casefold() for title in titles}) == 5


def test_texts_in_formulas_footers_and_choices_have_room(tmp_path):
    link = Link(0, 0, 'say "x"\n' * 90 + "_x000D_", "'One'!A1", Style())
    choice = Choice(Range("One", 1, 0, 1, 0), ("a", "b"), message=ROBOTS * 300)
    footer = footer_text("R&D " * 90 + "\udcff", "Page &P of &N")
    sheet = Sheet("One", (Area(0, 0, (Cells((None,), Style()),)),), links=(link,), choices=(choice,),
                  printing=Print(footer=footer))  # fmt: skip
    to_file(Layout("T\x00", (sheet,)), tmp_path / "one.xlsx")
    with zipfile.ZipFile(tmp_path / "one.xlsx") as parts:
        xml = parts.read("xl/worksheets/sheet1.xml").decode("utf-8")
    literal = re.search(r'","(.*)"\)</f>', xml)[1].replace('""', '"')
    assert len(literal) == 255
    assert len(re.search(r'prompt="([^"]*)"', xml)[1].encode("utf-16-le")) // 2 <= 255
    shown = re.search(r"<oddFooter>(.*)</oddFooter>", xml)[1].replace("&amp;", "&")
    assert len(shown) <= 255
    assert shown.endswith("…&RPage &P of &N")
    assert "R&&D" in shown


def test_a_long_text_of_two_units_a_character_is_cut_not_lost(tmp_path):
    for bulk in (False, True):
        to_file(one_cell(ROBOTS * 20_000, bulk=bulk), tmp_path / "one.xlsx")
        read = openpyxl.load_workbook(tmp_path / "one.xlsx")["One"].cell(1 + bulk, 1).value
        assert read == ROBOTS * 16_383 + "…"


@pytest.mark.parametrize(("repeated", "end"), [("x", ""), (" ", ""), ("1", "x"), ("\n ", "")])
def test_the_look_at_a_text_takes_time_by_its_length_alone(tmp_path, repeated, end):
    def work(length):
        text = repeated * (length // len(repeated)) + end
        values = tuple(f"{number}{text}{number}" for number in range(60))
        link = Link(0, 1, text, "'One'!A1", Style())
        area = Area(1, 0, (Cells(values, Style()),))
        head = Area(0, 0, (Cells(unique_headers([text]), Style()), Cells((None,), Style())))
        other = Area(100, 0, (Cells(values, Style()),))
        to_file(Layout("One", (Sheet("One", (head, other), bulk=area, links=(link,)),)), tmp_path / "one.xlsx")

    assert growth(work, 4_000) < 8


@pytest.mark.parametrize("bulk", [False, True])
def test_line_breaks_are_excels_own(tmp_path, bulk):
    to_file(one_cell("a\r\nb\rc", bulk=bulk), tmp_path / "one.xlsx")
    with zipfile.ZipFile(tmp_path / "one.xlsx") as parts:
        assert not any(b"_x000D_" in parts.read(name) or b"\r" in parts.read(name) for name in parts.namelist()
                       if name.endswith(("sheet1.xml", "sharedStrings.xml")))  # fmt: skip


def test_a_formula_and_what_it_shows_keep_what_looks_like_an_escape(tmp_path):
    to_file(one_cell("a_x000D_b", formula='"a_x000D_b"'), tmp_path / "one.xlsx")
    with zipfile.ZipFile(tmp_path / "one.xlsx") as parts:
        xml = parts.read("xl/worksheets/sheet1.xml").decode("utf-8")
    assert '<f>"a_x005F_x000D_b"</f><v>a_x005F_x000D_b</v>' in xml


def test_identifiers_made_of_digits_bear_no_green_triangle(tmp_path):
    leads, report = from_csv(
        tmp_path / "leads.csv", "ID,Created,Stage,Source\n007,2026-01-05,Won,2024\n008,2026-02-06,Lost,Web\n"
    )
    to_file(lay_out(report, leads), tmp_path / "funnel.xlsx")
    book = openpyxl.load_workbook(tmp_path / "funnel.xlsx")
    with zipfile.ZipFile(tmp_path / "funnel.xlsx") as parts:
        for number, sheet in enumerate(book, start=1):
            xml = parts.read(f"xl/worksheets/sheet{number}.xml").decode("utf-8")
            found = re.search(r'<ignoredError sqref="([^"]*)" numberStoredAsText="1"/>', xml)
            quiet = {cell for area in (found[1].split() if found else ()) for cell in cells_of(area)}
            digits = {
                cell.coordinate
                for row in sheet.iter_rows()
                for cell in row
                if cell.data_type == "s" and re.fullmatch(r"\d+", cell.value)
            }
            assert digits <= quiet, sheet.title
            assert digits or sheet.title not in ("Funnel", "Funnel_Data")


def cells_of(area):
    left, top, right, bottom = range_boundaries(area)
    return {f"{get_column_letter(column)}{row}" for column in range(left, right + 1) for row in range(top, bottom + 1)}


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


def test_long_texts_are_written_in_time_by_their_length_alone(tmp_path):
    def write(length):
        texts = tuple(f"{number} {'x' * length}" for number in range(50))
        sheet = Sheet("Long", (Area(0, 0, (Cells(("t",), Style()),)),), bulk=Area(1, 0, (Cells(texts, Style()),)))
        to_file(Layout("Long", (sheet,)), tmp_path / "long.xlsx")
        return texts

    assert growth(write, 8_000) < 8
    texts = write(30_000)
    rows = openpyxl.load_workbook(tmp_path / "long.xlsx")["Long"].iter_rows(min_row=2, values_only=True)
    assert [row[0] for row in rows] == list(texts)


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
