"""What a workbook would cost, told before it is opened, and a copy of it without the cells far from its table.

The reader of workbooks lays a sheet out as one rectangle from the first to the last cell: a note in the last cell of a
sheet would ask for half a terabyte. A sheet with few cells in a large rectangle is therefore cut down to its table.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from xl_leadkpi.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_FEW_CELLS = 2_000_000  # a rectangle of so many costs nothing that matters, however empty
_MOST_BLANKS = 8  # times as many cells in the rectangle as in the file
_GAP_OF_ROWS, _GAP_OF_COLUMNS = 1000, 50  # blank ones between the table and what is far from it
_FEW_STRINGS = 1_000_000
_BLOCK = 1 << 20
_LONGEST_TAG = 4096

_REFERENCE = re.compile(rb"""[\s]r\s*=\s*["']\s*([A-Za-z]*)([0-9]+)""")
_USUAL_COLUMN, _USUAL_ROW = re.compile(rb'<c r="([A-Za-z]+)'), re.compile(rb'<c r="[A-Za-z]+([0-9]+)')
_ATTRIBUTES = rb"""((?:[^<>"']{1,999}+|"[^"<]{0,9999}+"|'[^'<]{0,9999}+'){0,99}+)"""
_XLSX_TAG = re.compile(rb"<((?:[\w.-]{1,64}:)?(row|c))(?=[\s/>])" + _ATTRIBUTES + rb">")
_XLSX_CELL = re.compile(rb"<(?:[^\s<>/!?:]*:)?c[\s/>]")
_ODS_TAG = re.compile(rb"<(/?)table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])" + _ATTRIBUTES + rb">")
_ODS_ANY = re.compile(rb"<table:(?:table|table-row|table-cell|covered-table-cell)[\s/>]")
_ODS_REPEATED = re.compile(rb"""number-(?:rows|columns)-repeated\s*=\s*["']\s*\+?(\d{1,4000})\s*["']""")
_ODS_SPACES = re.compile(rb"""text:c\s*=\s*["'](\d{1,18})""")
_ODS_REST = re.compile(rb"<table:table-cell(?:\s[^<>]{0,999})?/>\s*$")
_ODS_NAME = re.compile(rb"""table:name\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_XLSB_ROW, _XLSB_BLANK, _XLSB_CELLS, _XLSB_STRING, _XLSB_SHEET = 0, 1, range(1, 12), 19, 156


@dataclass(frozen=True, slots=True)
class Box:
    """Rows and columns of a table, from zero, the last ones included."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def area(self) -> int:
        """How many cells it has room for."""
        return (self.bottom - self.top + 1) * (self.right - self.left + 1)

    def has(self, row: int, column: int) -> bool:
        """Tell whether a cell lies in it."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right


@dataclass(slots=True)
class Checked:
    """A workbook that can be opened.

    Attributes:
        copy: Its content without far cells; None where the file itself can be opened.
        far: For each part of the archive, or sheet of an ODS file, the rows (from 1) of cells left out.
        scattered: Parts or sheets without a table: so few cells in so large a rectangle that nothing is left of them.
        part_of: The part of each sheet, where it is known.
    """

    copy: io.BytesIO | None = None
    far: dict[str, list[int]] = field(default_factory=dict)
    scattered: set[str] = field(default_factory=set)
    part_of: dict[str, str] = field(default_factory=dict)


def check_archive(path: Path, archive: zipfile.ZipFile) -> Checked:
    """Look through a workbook's parts and cut down the sheets that would cost far more than their cells.

    Args:
        path: The file, for messages.
        archive: The same, open.

    Returns:
        What can be opened.

    Raises:
        InputError: It holds more shared strings than cells, or is made to be read as two different workbooks.
    """
    names = archive.namelist()
    if len(set(map(str.casefold, names))) < len(names):
        raise InputError(f"{path.name} is damaged: it holds two parts of the same name. Save it again from Excel.")
    is_binary = "xl/workbook.bin" in names
    checked = Checked(part_of=_parts_of_sheets(archive, is_binary=is_binary))
    changed: dict[str, bytes] = {}
    cells = strings = 0
    for name in names:
        if name == "content.xml":
            content = archive.read(name)
            if sum(int(spaces) for spaces in _ODS_SPACES.findall(content)) > max(_FEW_STRINGS, len(content)):
                raise InputError(f"{path.name} is damaged: a text in it is nothing but blanks. Save it again.")
            cut = None if _is_dense_ods(content) else _cut_ods(path, content, checked)
            cells += content.count(b"table-cell")
        elif is_binary and name.endswith(".bin"):
            content = archive.read(name)
            cut, counted, texts = _cut_xlsb(content, name, checked)
            cells += counted
            strings += texts
        else:
            extent, counted, texts = _xlsx_extent(archive, name)
            cells += counted
            strings += texts
            cut = None if _is_dense(extent, counted) else _cut_xlsx(path, archive.read(name), name, checked)
        if cut is not None:
            changed[name] = cut
    if strings > max(_FEW_STRINGS, 2 * cells):
        raise InputError(
            f"{path.name} holds {strings:,} shared texts for {cells:,} cells, which no spreadsheet program writes: it "
            "was not opened. Export the leads again, as CSV if need be."
        )
    if changed:
        checked.copy = _copied(archive, changed)
    return checked


def _is_dense(extent: Box | None, cells: int) -> bool:
    return extent is None or extent.area <= max(_FEW_CELLS, _MOST_BLANKS * cells)


def _copied(archive: zipfile.ZipFile, changed: Mapping[str, bytes]) -> io.BytesIO:
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for member in archive.infolist():
            stored = zipfile.ZIP_STORED if member.filename == "mimetype" else None
            content = changed.get(member.filename)
            new.writestr(member.filename, archive.read(member) if content is None else content, stored)
    copy.seek(0)
    return copy


def _parts_of_sheets(archive: zipfile.ZipFile, *, is_binary: bool) -> dict[str, str]:
    """The part of the archive each sheet is in; nothing where the file does not tell."""
    book = "xl/workbook.bin" if is_binary else "xl/workbook.xml"
    try:
        relations = ET.fromstring(archive.read(f"xl/_rels/{posixpath.basename(book)}.rels"))  # noqa: S314 (see below)
        content = archive.read(book)
        # expat refuses texts that grow when they are read, and looks nothing up
        sheets = _xlsb_sheets(content) if is_binary else _xlsx_sheets(ET.fromstring(content))  # noqa: S314
    except (KeyError, ET.ParseError):
        return {}
    targets = {
        one.get("Id", ""): posixpath.normpath(posixpath.join("/xl", one.get("Target", ""))).lstrip("/")
        for one in relations
    }
    return {name: targets[relation] for name, relation in sheets if relation in targets}


def _xlsx_sheets(book: ET.Element) -> Iterator[tuple[str, str]]:
    for sheet in book.iter():
        if sheet.tag.rpartition("}")[2] == "sheet":
            ids = [value for key, value in sheet.attrib.items() if key.endswith("}id")]
            yield sheet.get("name", ""), ids[0] if ids else ""


def _table_box(filled: Iterable[tuple[int, int]]) -> Box | None:
    """The largest group of rows, and of columns in it, without a wide gap; None for no cell at all.

    >>> _table_box([(0, 0), (0, 1), (1, 0), (1, 1), (1_048_575, 16_383)])
    Box(top=0, bottom=1, left=0, right=1)
    """
    cells = list(filled)
    if not cells:
        return None
    top, bottom = _largest_group(Counter(row for row, _ in cells), _GAP_OF_ROWS)
    left, right = _largest_group(Counter(column for row, column in cells if top <= row <= bottom), _GAP_OF_COLUMNS)
    return Box(top, bottom, left, right)


def _largest_group(counts: Mapping[int, int], gap: int) -> tuple[int, int]:
    groups: list[list[int]] = []
    for place in sorted(counts):
        if not groups or place - groups[-1][1] > gap:
            groups.append([place, place, 0])
        groups[-1][1] = place
        groups[-1][2] += counts[place]
    first, last, _ = max(groups, key=lambda group: group[2])
    return first, last


def _settle(name: str, filled: list[tuple[int, int]], checked: Checked) -> Box | None:
    """Choose the table among the cells of a part and note what is left out; None for no table."""
    box = _table_box(filled)
    if box is None or not _is_dense(box, len(filled)):
        checked.scattered.add(name)
        return None
    far = sorted({row + 1 for row, column in filled if not box.has(row, column)})
    if far:
        checked.far[name] = far
    return box


# --- XLSX


def _xlsx_extent(archive: zipfile.ZipFile, name: str) -> tuple[Box | None, int, int]:
    """The rectangle of a part's cells by what they say of themselves, how many they are, and how many shared texts."""
    columns: set[bytes] = set()
    rows: set[bytes] = set()
    count = strings = 0
    rest = b""
    with archive.open(name) as stream:
        while block := stream.read(_BLOCK):
            text = rest + block
            # a tag that is cut in two is looked at with the next block
            end = max(text.rfind(b"<"), len(text) - _LONGEST_TAG)
            text, rest = text[:end], text[end:]
            strings += text.count(b"<si") + text.count(b":si")
            count += _collect(text, columns, rows)
    strings += rest.count(b"<si") + rest.count(b":si")
    count += _collect(rest, columns, rows)
    if not rows:
        return None, 0, strings
    numbers = [int(row[:12]) for row in rows]
    places = [_column_number(letters[:8]) for letters in columns if letters] or [1]
    return Box(min(numbers), max(numbers), min(places), max(places)), count, strings


def _collect(text: bytes, columns: set[bytes], rows: set[bytes]) -> int:
    letters = _USUAL_COLUMN.findall(text)
    if len(letters) == text.count(b"<c") + text.count(b":c"):
        # every cell is written as most programs do: a third of the work
        columns.update(letters)
        rows.update(_USUAL_ROW.findall(text))
        return len(letters)
    found = _REFERENCE.findall(text)
    for at_column, at_row in found:
        columns.add(at_column)
        rows.add(at_row)
    return len(found)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _cut_xlsx(path: Path, content: bytes, name: str, checked: Checked) -> bytes | None:
    """A sheet without the cells outside its table; None for a part that is no sheet."""
    cells = list(xlsx_cells(content))
    if not cells:
        return None
    if len(cells) != len(_XLSX_CELL.findall(content)):
        raise InputError(f"{path.name} is damaged: its part {name} has cells without an end. Save it again from Excel.")
    filled = [(row, column) for row, column, start, end in cells if _has_value(content[start:end])]
    box = _settle(name, filled, checked)
    kept, place = [], 0
    for row, column, start, end in cells:
        if box is None or not box.has(row, column):
            kept.append(content[place:start])
            place = end
    kept.append(content[place:])
    return b"".join(kept)


def _has_value(cell: bytes) -> bool:
    return any(sign in cell for sign in (b"<v", b"<is", b"<f", b":v", b":is", b":f"))


def xlsx_cells(content: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Row, column, start and end of each cell; those that do not say where they are follow the one before."""
    row, column = -1, -1
    for tag in _XLSX_TAG.finditer(content):
        name, kind, attributes = tag.groups()
        said = _REFERENCE.search(attributes)
        if kind == b"row":
            row, column = (int(said[2][:12]) - 1 if said else row + 1), -1
            continue
        column += 1
        cell_row = row
        if said and said[1]:
            cell_row, column = int(said[2][:12]) - 1, _column_number(said[1][:8]) - 1
        end = tag.end()
        if not attributes.endswith(b"/"):
            close = b"</" + name + b">"
            found = content.find(close, end)
            end = found + len(close) if found >= 0 else len(content)
        yield cell_row, column, tag.start(), end


# --- XLSB


def _cut_xlsb(content: bytes, name: str, checked: Checked) -> tuple[bytes | None, int, int]:
    """A binary sheet without the cells outside its table (None: as it is), its cells and its shared texts."""
    cells: list[tuple[int, int, int, int]] = []
    filled: list[tuple[int, int]] = []
    row = strings = 0
    for kind, start, body, end in xlsb_records(content):
        if kind == _XLSB_ROW:
            row = int.from_bytes(content[body : body + 4], "little")
        elif kind in _XLSB_CELLS:
            column = int.from_bytes(content[body : body + 4], "little")
            cells.append((row, column, start, end))
            if kind != _XLSB_BLANK:
                filled.append((row, column))
        elif kind == _XLSB_STRING:
            strings += 1
    rows, columns = [cell[0] for cell in cells], [cell[1] for cell in cells]
    extent = Box(min(rows), max(rows), min(columns), max(columns)) if cells else None
    if _is_dense(extent, len(cells)):
        return None, len(cells), strings
    box = _settle(name, filled, checked)
    kept, place = [], 0
    for at_row, at_column, start, end in cells:
        if box is None or not box.has(at_row, at_column):
            kept.append(content[place:start])
            place = end
    kept.append(content[place:])
    return b"".join(kept), len(cells), strings


def xlsb_records(content: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Kind, start, start of the body and end of each record."""
    place, size = 0, len(content)
    while place + 2 < size:
        start = place
        kind = content[place]
        place += 1
        if kind & 0x80:
            kind = kind & 0x7F | (content[place] & 0x7F) << 7
            place += 1
        length = shift = 0
        while place < size and shift < 28:
            byte = content[place]
            place += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        body, place = place, place + length
        yield kind, start, body, min(place, size)


def _xlsb_sheets(book: bytes) -> Iterator[tuple[str, str]]:
    for kind, _, body, _ in xlsb_records(book):
        if kind == _XLSB_SHEET:
            relation, place = _wide_text(book, body + 8)
            name, _ = _wide_text(book, place)
            yield name, relation


def _wide_text(content: bytes, place: int) -> tuple[str, int]:
    end = place + 4 + 2 * int.from_bytes(content[place : place + 4], "little")
    return content[place + 4 : end].decode("utf-16-le", errors="replace"), end


# --- ODS


@dataclass(slots=True)
class OdsCell:
    """A cell of an ODS file, with the blank or equal ones that it stands for, and where it is in the content."""

    column: int
    repeats: int
    is_filled: bool
    start: int
    end: int


@dataclass(slots=True)
class OdsRow:
    """A row of an ODS file, with the equal ones that it stands for, and where it is in the content."""

    row: int
    repeats: int
    start: int
    end: int
    cells: list[OdsCell] = field(default_factory=list)

    @property
    def filled(self) -> list[OdsCell]:
        """Its cells with a value or a formula."""
        return [cell for cell in self.cells if cell.is_filled]


def _is_dense_ods(content: bytes) -> bool:
    """Tell by a look at each row, quicker than at each cell, that no sheet is laid out beyond its cells."""
    rows = cells = blank = laid_out = widest = 0
    for piece in content.split(b"<table:table-row")[1:]:
        row = piece.partition(b"</table:table-row")[0]
        here = row.count(b"table-cell")
        repeats = _repeats(row.partition(b">")[0])
        if b"office:" not in row and b"formula" not in row:
            blank += repeats  # laid out only where a row with cells follows
            continue
        # the last cell is mostly the blank rest of the row
        width = here + sum(map(int, _ODS_REPEATED.findall(_ODS_REST.sub(b"", row))))
        rows, blank = rows + blank + repeats, 0
        cells += here
        laid_out += repeats * width
        widest = max(widest, width)
    return max(rows * widest, laid_out) <= max(_FEW_CELLS, _MOST_BLANKS // 2 * cells)


def _cut_ods(path: Path, content: bytes, checked: Checked) -> bytes | None:
    """The content of an ODS file, its sheets without the cells outside their tables; None: as it is."""
    kept, place, seen = [], 0, 0
    for name, rows in ods_tables(content):
        cells = sum(len(row.cells) for row in rows)
        seen += 1 + len(rows) + cells
        there = [(row, filled) for row, filled in ((row, row.filled) for row in rows) if filled]
        if not there:
            continue
        bottom = max(row.row + row.repeats for row, _ in there)
        widths = [(row.repeats, filled[-1].column + filled[-1].repeats) for row, filled in there]
        laid_out = sum(repeats * width for repeats, width in widths)
        if max(bottom * max(width for _, width in widths), laid_out) <= max(_FEW_CELLS, _MOST_BLANKS * cells):
            continue
        box = _settle(name, [(row.row, cell.column) for row, filled in there for cell in filled], checked)
        if box is not None and any(row.row <= box.bottom < row.row + row.repeats - 1 for row, _ in there):
            checked.far.setdefault(name, []).append(box.bottom + 2)
        for row in rows:
            kept.append(content[place : row.start])
            kept.append(_cut_ods_row(content, row, box))
            place = row.end
    if seen != len(_ODS_ANY.findall(content)):
        raise InputError(f"{path.name} is damaged: it has cells without an end. Save it again from LibreOffice.")
    if not kept:
        return None
    kept.append(content[place:])
    return b"".join(kept)


def _cut_ods_row(content: bytes, row: OdsRow, box: Box | None) -> bytes:
    if box is None or row.row > box.bottom:
        return b""
    if row.row < box.top:
        repeats = min(row.repeats, box.top - row.row)
        return b'<table:table-row table:number-rows-repeated="%d"><table:table-cell/></table:table-row>' % repeats
    # a row that is repeated is a row of the table once; how often it was meant, the box tells
    repeats = min(row.repeats, box.bottom - row.row + 1)
    pieces = [b'<table:table-row table:number-rows-repeated="%d">' % repeats]
    for cell in row.cells:
        if cell.column > box.right:
            break
        if cell.column < box.left or not cell.is_filled:
            pieces.append(b'<table:table-cell table:number-columns-repeated="%d"/>' % min(cell.repeats, box.right + 1))
            continue
        text = content[cell.start : cell.end]
        most = b'number-columns-repeated="%d"' % min(cell.repeats, box.right - cell.column + 1)
        pieces.append(_ODS_REPEATED.sub(most, text, count=1) if cell.repeats > 1 else text)
    pieces.append(b"</table:table-row>")
    return b"".join(pieces)


def ods_tables(content: bytes) -> Iterator[tuple[str, list[OdsRow]]]:
    """Name and rows of each sheet."""
    name, rows, next_row = "", list[OdsRow](), 0
    for tag in _ODS_TAG.finditer(content):
        is_end, kind, attributes = tag.groups()
        is_closed = attributes.endswith(b"/")
        if kind == b"table":
            if is_end or is_closed:
                yield name, rows
            said = _ODS_NAME.search(attributes)
            name = (said[1] or said[2] or b"").decode(errors="replace") if said else ""
            rows, next_row = [], 0
        elif kind == b"table-row" and not is_end:
            rows.append(OdsRow(next_row, _repeats(attributes), tag.start(), tag.end()))
            next_row += rows[-1].repeats
        elif kind == b"table-row" and rows:
            rows[-1].end = tag.end()
        elif rows and is_end:
            if rows[-1].cells:
                rows[-1].cells[-1].end = tag.end()
        elif rows:
            _add_cell(rows[-1], attributes, tag)
    if rows:
        yield name, rows


def _add_cell(row: OdsRow, attributes: bytes, tag: re.Match[bytes]) -> None:
    before = row.cells[-1] if row.cells else None
    is_filled = b"office:" in attributes or b"formula" in attributes
    column = before.column + before.repeats if before else 0
    row.cells.append(OdsCell(column, _repeats(attributes), is_filled, tag.start(), tag.end()))


def _repeats(attributes: bytes) -> int:
    said = _ODS_REPEATED.search(attributes)
    return max(1, int(said[1])) if said else 1
