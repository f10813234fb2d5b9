"""Cells of Settings and Funnel_Map that show an error are named with what to do, never taken for empty ones."""

import io
import subprocess
import zipfile
from random import Random

import openpyxl
import pytest

from tests.attack import formats
from xl_leadkpi.cells import CellError
from xl_leadkpi.errors import InputError
from xl_leadkpi.leads.files.excel import sheet_rows
from xl_leadkpi.sheets import read_edits

from .test_map_sheet import edit, written

pytestmark = pytest.mark.long

ERRORS = ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("tblPeriod", "period"),
        ("tblPeriod", "as_of"),
        ("tblFilters", "where"),
        ("tblParameters", "gross_margin"),
        ("tblTargets", "Won"),
    ],
)
def test_an_error_is_named_at_its_cell(full, tmp_path, table, name, error):
    path = written(full, tmp_path / "funnel.xlsx")
    edit(path, table, name, error)
    cell = next(
        cell.coordinate
        for row in openpyxl.load_workbook(path)["Settings"].iter_rows()
        for cell in row
        if cell.value == error
    )
    with pytest.raises(InputError) as told:
        read_edits(path)
    assert str(told.value) == (
        f"{path}, Settings, cell {cell}: {error} is what a formula gives that cannot be worked out, and no value; "
        "write the value itself there, or empty the cell for what holds without it"
    )


def test_an_error_where_a_line_is_named_does_not_end_its_table(full, tmp_path):
    path = written(full, tmp_path / "funnel.xlsx")
    edit(path, "tblPeriod", "period", "#REF!", column=0)
    with pytest.raises(InputError, match=r"Settings, cell B\d+: #REF! is what a formula gives"):
        read_edits(path)


def test_a_text_that_looks_like_an_error_is_none(full, tmp_path):
    path = written(full, tmp_path / "funnel.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book["Settings"]
    cell = next(row[1] for row in sheet[sheet.tables["tblPeriod"].ref] if row[0].value == "Period")
    cell.value, cell.data_type = "#N/A", "s"
    book.save(path)
    with pytest.raises(InputError, match="'#N/A' is no period"):
        read_edits(path)


@pytest.mark.needs("libreoffice")
@pytest.mark.long
def test_a_workbook_that_libreoffice_has_saved(full, tmp_path):
    path = written(full, tmp_path / "funnel.xlsx")
    edit(path, "tblPeriod", "period", "=NA()")
    for kind in ("ods", "xlsx"):
        folder = tmp_path / kind
        subprocess.run(
            ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", kind,
             "--outdir", folder, path],
            check=True, capture_output=True, timeout=180,
        )  # fmt: skip
        with pytest.raises(InputError, match=r"Settings, cell C\d+: #N/A is what a formula gives"):
            read_edits(folder / f"funnel.{kind}")


def test_errors_of_binary_workbooks(tmp_path):
    plain = formats.xlsb_file([("Settings", [["one", "two", "three"], ["four", "five", "six"]])], Random(1))
    head = bytes([1, 0, 0, 0]) + bytes(4)  # the second column, no format
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.bin"]
    for word, record in (
        ("two", formats._bin(3, head + b"\x17")),
        ("five", formats._bin(11, head + b"\x2a" + bytes(10))),
    ):
        sheet = sheet.replace(formats._xlsb_cell(word, 1), record)
    path = tmp_path / "book.xlsb"
    path.write_bytes(formats.zipped({**parts, "xl/worksheets/sheet1.bin": sheet}))
    assert sheet_rows(path, "Settings") == [["one", CellError.REF, "three"], ["four", CellError.NA, "six"]]
