"""Workbooks that ask for far more than their table: notes in far cells, bombs, damage. Read as ever, or refused."""

import io
import struct
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from xl_leadkpi.leads import InputError, ReadOptions, read
from xl_leadkpi.leads.files import excel as books
from xl_leadkpi.sheets.workbook import is_funnel_workbook

from .old_workbooks import workbook as old_workbook

OPTIONS = ReadOptions(today=date(2025, 7, 1))
TABLE = [["Lead ID", "Created", "Stage"]] + [
    [f"L{n}", f"2025-0{n % 6 + 1}-1{n % 9}", ("New", "Won", "Lost", "MQL")[n % 4]] for n in range(40)
]
CELLS = [(row, column, text) for row, cells in enumerate(TABLE) for column, text in enumerate(cells)]
SHEET = "xl/worksheets/sheet1.xml"
FAR = (1_048_575, 16_383, "call back")

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform == "win32", reason="memory is limited by setrlimit here"),
]


def xlsx(path, *sheets):
    book = xlsxwriter.Workbook(path)
    for cells in sheets:
        sheet = book.add_worksheet()
        for row, column, value in cells:
            sheet.write(row, column, value)
    book.close()
    return path


def ods(path, *tables):
    start = (
        '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    )
    start += ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    start += ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    content = "".join(f'<table:table table:name="S{n}">{rows}</table:table>' for n, rows in enumerate(tables))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        archive.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{manifest}"/>')
        archive.writestr(
            "content.xml", f"{start}{content}</office:spreadsheet></office:body></office:document-content>"
        )
    return path


def cell(text, repeats=1):
    return (
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{repeats}">'
        f"<text:p>{text}</text:p></table:table-cell>"
    )


def row(*cells, repeats=1):
    return f'<table:table-row table:number-rows-repeated="{repeats}">{"".join(cells)}</table:table-row>'


BLANKS = '<table:table-cell table:number-columns-repeated="16383"/>'
REST = f'<table:table-row table:number-rows-repeated="1048535">{BLANKS}</table:table-row>'
ODS_TABLE = "".join(row(*map(cell, cells), BLANKS) for cells in TABLE)


def xlsb(path, cells):
    template = Path(pytest.importorskip("pyopenvba").__file__).parent / "_templates/blank_files/blank_workbook.xlsb"

    def record(kind, body=b""):
        head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        return head + bytes([len(body) & 0x7F | 0x80, len(body) >> 7]) + body

    content = record(129) + record(148, struct.pack("<4I", 0, 1_048_575, 0, 16_383)) + record(145)
    at = None
    for line, column, text in cells:
        if line != at:
            content += record(0, struct.pack("<I", line) + bytes(13))
            at = line
        content += record(6, struct.pack("<III", column, 0, len(text)) + text.encode("utf-16-le"))
    content += record(146) + record(130)
    with zipfile.ZipFile(template) as blank, zipfile.ZipFile(path, "w") as archive:
        for name in blank.namelist():
            archive.writestr(name, content if name.endswith("sheet1.bin") else blank.read(name))
    return path


def changed(path, part, old, new):
    """The file with other bytes in one of its parts."""
    copy = io.BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as other:
        for name in archive.namelist():
            content = archive.read(name)
            if name == part:
                assert old in content
                content = content.replace(old, new)
            other.writestr(name, content)
    path.write_bytes(copy.getvalue())
    return path


READER = """
import resource, sys
from datetime import date
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
from xl_leadkpi.leads import InputError, ReadOptions, read
try:
    table = read(sys.argv[1], ReadOptions(today=date(2025, 7, 1)))
except InputError as error:
    print("refused:", error)
else:
    far = [(found.count, found.rows) for found in table.findings if found.kind == "far_cells"]
    print(table.rows_read, len(table.frame), far, table.frame["row_no"].to_list()[-1])
"""


def outcome(path):
    """What reading comes to in a process that has two gigabytes and twenty seconds."""
    done = subprocess.run(
        [sys.executable, "-c", READER, str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


@pytest.mark.parametrize(
    "note",
    [FAR, (1_048_575, 0, "note"), (400_000, 90, "note"), (4, 16_383, "note")],
    ids=["corner", "row", "near", "column"],
)
def test_a_note_in_a_far_cell_costs_nothing(tmp_path, note):
    cells = [*CELLS, note, (0, 16_383, "print area")] if note[0] == 4 else [*CELLS, note]
    found = outcome(xlsx(tmp_path / "leads.xlsx", cells))
    assert found.startswith("40 40 ")
    assert found.endswith(" 41")
    if note[0] > 4:
        assert f"[(1, ({note[0] + 1},))]" in found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<c r="XFD1048576" t="s"', b"<c   t='s' r = 'XFD1048576' "),
        (b'<c r="XFD1048576"', b"<c"),
        (b'<row r="1048576"', b'<row r="7"'),
        (b'r="XFD1048576"', b'r="FXSHRXW4294967295"'),
        (b"<sheetData>", b'<!-- <row r="9"><c r="A1"> --><sheetData>'),
    ],
    ids=["spelled otherwise", "no place", "rows differ", "beyond", "comment"],
)
def test_a_far_cell_is_found_however_it_is_written(tmp_path, old, new):
    path = changed(xlsx(tmp_path / "leads.xlsx", [*CELLS, FAR]), SHEET, old, new)
    assert outcome(path).startswith("40 40 [(1, (")


def test_a_note_on_another_sheet_costs_nothing(tmp_path):
    assert outcome(xlsx(tmp_path / "leads.xlsx", [FAR, (0, 0, "note")], CELLS)) == "40 40 [] 41"


def test_scattered_cells_are_no_table(tmp_path):
    path = xlsx(tmp_path / "leads.xlsx", [(900 * n, 40 * n, n) for n in range(400)])
    assert "sheet 'Sheet1' has no table: its few cells are scattered" in outcome(path)
    assert outcome(xlsx(tmp_path / "more.xlsx", [(900 * n, 40 * n, n) for n in range(400)], CELLS)) == "40 40 [] 41"


def test_ods(tmp_path):
    far = f'<table:table-row table:number-rows-repeated="1048534">{BLANKS}</table:table-row>{row(BLANKS, cell("note"))}'
    assert outcome(ods(tmp_path / "plain.ods", ODS_TABLE + REST)) == "40 40 [] 41"
    assert outcome(ods(tmp_path / "far.ods", ODS_TABLE + far)) == "40 40 [(1, (1048576,))] 41"
    assert outcome(ods(tmp_path / "other.ods", far, ODS_TABLE + REST)) == "40 40 [] 41"


def test_rows_of_an_ods_file_that_repeat(tmp_path):
    lead = [cell("X1"), cell("2025-01-05"), cell("Won")]
    assert outcome(ods(tmp_path / "leads.ods", ODS_TABLE + row(*lead, repeats=1000))).startswith("1040 41 [] ")
    # to the end of the sheet: formatted cells, not leads
    assert outcome(ods(tmp_path / "end.ods", ODS_TABLE + row(*lead, repeats=1_048_535))) == "41 41 [(1, (43,))] 42"
    for many in ("4294967296", "+1048535", " 01048535", "1" + "0" * 30):
        found = outcome(ods(tmp_path / "many.ods", ODS_TABLE + row(*lead, repeats=many)))
        assert found == "41 41 [(1, (43,))] 42", many
    wide = row(cell("X1", repeats=16_384), repeats=1_048_535)
    assert outcome(ods(tmp_path / "wide.ods", ODS_TABLE + wide)) == "41 41 [(1, (43,))] 42"
    blanks = row(
        '<table:table-cell office:value-type="string"><text:p><text:s text:c="2000000000"/></text:p></table:table-cell>'
    )
    assert "nothing but blanks" in outcome(ods(tmp_path / "blanks.ods", ODS_TABLE + blanks))


@pytest.mark.parametrize("note", [FAR, (1_048_575, 0, "note"), (0xFFFF_FFFE, 0xFFFF_FFFF, "note")])
def test_xlsb(tmp_path, note):
    assert outcome(xlsb(tmp_path / "leads.xlsb", [*CELLS, note])) == f"40 40 [(1, ({note[0] + 1},))] 41"


def test_xls(tmp_path):
    whole, damaged = tmp_path / "leads.xls", tmp_path / "damaged.xls"
    whole.write_bytes(old_workbook(CELLS))
    assert outcome(whole) == "40 40 [] 41"
    damaged.write_bytes(old_workbook([*CELLS, (65_535, 65_535, "x")]))
    assert "damaged.xls is damaged or no workbook" in outcome(damaged)


def test_shared_texts_that_no_cell_shows(tmp_path):
    path = xlsx(tmp_path / "leads.xlsx", CELLS)
    changed(path, "xl/sharedStrings.xml", b"</sst>", b"<si/>" * 20_000_000 + b"</sst>")
    assert path.stat().st_size < 1 << 20
    assert "leads.xlsx holds 20,000,0" in outcome(path)
    changed(xlsx(path, CELLS), "xl/sharedStrings.xml", b"</sst>", b"<si/>" * 40_000_000 + b"</sst>")
    assert "would unpack to 0.2 GB or more" in outcome(path)


def test_a_part_that_is_many_sheets_is_read_once(tmp_path, monkeypatch):
    path = xlsx(tmp_path / "leads.xlsx", CELLS)
    sheets = b"".join(b'<sheet name="S%d" sheetId="%d" r:id="rId1"/>' % (n, n) for n in range(2, 300))
    changed(path, "xl/workbook.xml", b"</sheets>", sheets + b"</sheets>")
    looked = []
    monkeypatch.setattr(books, "find_header", lambda *given: looked.append(given) or (0, 1.0))
    assert read(path, OPTIONS).rows_read == 40
    assert len(looked) == 1


def test_sheets_are_looked_through_for_a_limited_time(tmp_path, monkeypatch):
    path = xlsx(tmp_path / "leads.xlsx", CELLS, CELLS)
    monkeypatch.setattr(books, "_SECONDS_TO_LOOK", -1000)
    with pytest.raises(InputError, match=r"leads\.xlsx has 2 sheets, too many to look through.*--sheet"):
        read(path, OPTIONS)
    assert read(path, ReadOptions(today=date(2025, 7, 1), sheet="Sheet2")).rows_read == 40


def test_two_parts_of_one_name_are_refused(tmp_path):
    path = xlsx(tmp_path / "leads.xlsx", CELLS)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(SHEET, "<worksheet/>")
    assert "two parts of the same name" in outcome(path)


class PanicException(BaseException):
    """As a library in Rust raises it."""


def test_a_panic_of_the_reader_is_a_message(tmp_path, monkeypatch):
    def panic(_):
        raise PanicException("index out of bounds")

    monkeypatch.setattr(books.calamine, "load_workbook", panic)
    with pytest.raises(InputError, match=r"leads\.xlsx is damaged or no workbook"):
        read(xlsx(tmp_path / "leads.xlsx", CELLS), OPTIONS)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
@pytest.mark.parametrize("is_damaged", [False, True])
def test_a_workbook_packed_in_another_way_is_refused(tmp_path, method, is_damaged):
    path = xlsx(tmp_path / "leads.xlsx", CELLS)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
        start = archive.getinfo(SHEET).header_offset + 30 + len(SHEET)
    if is_damaged:
        content = bytearray(path.read_bytes())
        content[start + 20 : start + 80] = bytes(60)
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"leads\.xlsx is damaged or no workbook .* save it again as XLSX"):
        read(path, OPTIONS)
    assert not is_funnel_workbook(path)


@pytest.mark.parametrize(
    ("number", "form"),
    [(1e9, "[h]:mm"), (-1e9, "[h]:mm"), (1e300, "[h]:mm:ss"), (-1e15, "yyyy-mm-dd"), (-1e60, "[h]:mm")],
)
def test_a_number_that_is_no_day_in_a_cell_that_is_formatted_as_one(tmp_path, number, form):
    path = tmp_path / "leads.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Leads")
    for row, column, value in CELLS:
        sheet.write(row, column, value)
    sheet.write(0, 3, "Amount")
    sheet.write(7, 3, number, book.add_format({"num_format": form}))
    book.close()
    with pytest.raises(InputError, match=r"leads\.xlsx, sheet 'Leads', row 8: .* the format General or Number"):
        read(path, OPTIONS)


@pytest.mark.parametrize("number", [2_958_466, 1e15, -5, -1e8])
def test_a_number_beyond_the_calendar_in_a_column_of_days_is_none(tmp_path, number):
    path = tmp_path / "leads.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Leads")
    for row, column, value in CELLS:
        sheet.write(row, column, value)
    sheet.write(7, 1, number, book.add_format({"num_format": "yyyy-mm-dd"}))
    book.close()
    table = read(path, OPTIONS)
    assert table.rows_read == 40
    assert table.frame["created"].null_count() == 1


# a number that no day is, in a cell that is formatted as one ---------------------------------------------------------


def _with_a_date_of_a_billion(path, spoilt):
    book = xlsxwriter.Workbook(path)
    day = book.add_format({"num_format": "[h]:mm"})
    for name, cells in (("Notes", [(0, 0, "Phone"), (1, 0, 1), (2, 0, "call back")]), ("Leads", CELLS)):
        sheet = book.add_worksheet(name)
        for row, column, value in cells:
            sheet.write(row, column, value)
        if name == spoilt:
            sheet.write_number(5, 2, 48_600_100_200, day)
    book.close()
    return path


def test_a_day_that_is_none_on_another_sheet_keeps_nobody_from_the_leads(tmp_path):
    table = read(_with_a_date_of_a_billion(tmp_path / "leads.xlsx", "Notes"), OPTIONS)
    assert len(table.frame) == 40


def test_a_day_that_is_none_among_the_leads_is_named_with_its_row(tmp_path):
    with pytest.raises(InputError, match=r"leads.xlsx, sheet 'Leads', row 6: a cell is formatted as a day or a time"):
        read(_with_a_date_of_a_billion(tmp_path / "leads.xlsx", "Leads"), OPTIONS)
