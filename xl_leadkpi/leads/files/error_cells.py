"""The cells of a workbook that show an error: the reader of workbooks takes them for empty ones."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

from xl_leadkpi.cells import CellError
from xl_leadkpi.leads.files.far_cells import ods_tables, xlsb_records, xlsx_cells

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_Place = tuple[int, int, CellError]
"""Row and column, from zero, and the error."""

_XLSX_ERROR = re.compile(rb"""<[^<>]*\st\s*=\s*["']e["'][^<>]*>""")
_ODS_FORMULA = re.compile(rb"""<table:table-cell[^<>]*(?:value-type\s*=\s*["']error["']|table:formula)""")
_SHOWN = re.compile(rb">\s*(#[A-Z0-9/]{1,8}[!?]?)\s*<")
_XLSB_ROW, _XLSB_ERROR, _XLSB_FORMULA = 0, 3, 11
"""Records: a row, an error as a value, an error as what a formula gives."""
_XLSB_HEAD = 8
"""Column and format, before the error of a cell."""
_NUMBERS = {
    0x00: CellError.NULL,
    0x07: CellError.DIV0,
    0x0F: CellError.VALUE,
    0x17: CellError.REF,
    0x1D: CellError.NAME,
    0x24: CellError.NUM,
    0x2A: CellError.NA,
}
_KNOWN = {error.value: error for error in CellError}


def error_cells(path: Path, sheet: str, part: str) -> Iterator[_Place]:
    """Find the cells of a sheet that show an error, of XLSX, XLSB and ODS.

    Args:
        path: The workbook, looked through before.
        sheet: Name of the sheet.
        part: The part of the archive it is in, as far as that is known.
    """
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if "content.xml" in names:
            yield from _of_ods(archive.read("content.xml"), sheet)
        elif part in names:
            content = archive.read(part)
            yield from _of_xlsb(content) if part.endswith(".bin") else _of_xlsx(content)


def _of_xlsx(content: bytes) -> Iterator[_Place]:
    if _XLSX_ERROR.search(content) is None:
        return
    for row, column, start, end in xlsx_cells(content):
        cell = content[start:end]
        if _XLSX_ERROR.match(cell):
            yield row, column, _shown(cell)


def _of_xlsb(content: bytes) -> Iterator[_Place]:
    row = 0
    for kind, _, body, _ in xlsb_records(content):
        if kind == _XLSB_ROW:
            row = int.from_bytes(content[body : body + 4], "little")
        elif kind in (_XLSB_ERROR, _XLSB_FORMULA):
            column = int.from_bytes(content[body : body + 4], "little")
            number = content[body + _XLSB_HEAD : body + _XLSB_HEAD + 1]
            yield row, column, _NUMBERS.get(int.from_bytes(number, "little"), CellError.VALUE)


def _of_ods(content: bytes, sheet: str) -> Iterator[_Place]:
    for name, rows in ods_tables(content):
        if name != sheet:
            continue
        for row in rows:
            for cell in row.cells:
                text = content[cell.start : cell.end]
                # a text that only looks like an error has no formula
                if _ODS_FORMULA.match(text) and (said := _SHOWN.search(text)) and said[1].decode() in _KNOWN:
                    yield row.row, cell.column, _shown(text)


def _shown(cell: bytes) -> CellError:
    """The error that a cell shows; one of newer programs is as good as any."""
    said = _SHOWN.search(cell)
    return _KNOWN.get(said[1].decode(), CellError.VALUE) if said else CellError.VALUE
