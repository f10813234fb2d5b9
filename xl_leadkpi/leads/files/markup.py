"""Tables in markup that goes by the name of a workbook: web pages (.xls of many CRMs) and SpreadsheetML of 2003.

Both cost what their text costs: no entity but those of HTML is ever expanded, nothing outside the file is opened, and
cells that merging or an index ask for are counted against the size of the file.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from typing import TYPE_CHECKING
from xml.parsers import expat

from xl_leadkpi.errors import InputError
from xl_leadkpi.leads.files.encodings import single_byte
from xl_leadkpi.leads.files.text_file import wide_encoding

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from xl_leadkpi.leads.recognition.headers import ExpectedHeaders

_SNIFFED = 1 << 16
_LARGEST = 1 << 27
_CELLS_FREE = 1_000_000
_MOST_ROWS, _MOST_COLUMNS = 1 << 20, 1 << 14  # of a sheet
_WIDEST_SPAN, _HIGHEST_SPAN = 1000, 65_534  # as browsers have it
_DEEPEST, _MOST_TABLES = 100, 10_000
_PATIENCE = 20  # seconds for markup that makes no sense

_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body|meta|table|thead|tbody|tr|style|div)[\s>]", re.IGNORECASE)
_WORKBOOK = re.compile(rb"<(?:\w{1,20}:)?workbook[\s>]", re.IGNORECASE)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_TAG = re.compile(r"</?([a-zA-Z][\w:-]{0,40}+)((?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)>")
_BROKEN_TAG = re.compile(r"</?([a-zA-Z][\w:-]{0,40}+)([^<>]*+)>")
_SPAN = re.compile(r"\b(col|row)span\s*=\s*[\"']?\s*(\d{1,6})", re.IGNORECASE)
_SHEET = "urn:schemas-microsoft-com:office:spreadsheet "

Rows = list[list[object]]


def kind_of_markup(path: Path) -> str:
    """Tell what markup a file is: ``page``, ``workbook``, ``xml`` of another kind, ``archive`` of a page, or ``""``."""
    with path.open("rb") as stream:
        start = stream.read(_SNIFFED).replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if start[:20].lower().startswith((b"mime-version:", b"from: <saved by")):
        return "archive"
    if not start.startswith(b"<"):
        return ""
    if _WORKBOOK.search(start):
        return "workbook"
    if _PAGE.search(start):
        return "page"
    return "xml" if start.startswith(b"<?xml") else ""


@dataclass
class _Budget:
    """How many cells and rows a file may still ask for."""

    left: int

    def spend(self) -> None:
        """Take one."""
        self.left -= 1
        if self.left < 0:
            raise _TooMuchError


@dataclass
class _Grid:
    """Cells on their way into rows, merged ones among them."""

    budget: _Budget
    rows: Rows = field(default_factory=list)
    row: list[object] | None = None
    below: dict[int, tuple[int, object]] = field(default_factory=dict)

    def begin_row(self, index: int | None = None) -> None:
        """Begin a row, at a place in the sheet if one is given."""
        self.end_row()
        while index is not None and len(self.rows) < min(index - 1, _MOST_ROWS):
            self.budget.spend()
            self.rows.append([])
        self.budget.spend()
        self.row = []

    def add(self, cell: object, across: int = 1, down: int = 1, index: int | None = None) -> None:
        """Add a cell that is so wide and so high; what it holds stands in each of its rows."""
        if self.row is None:
            self.begin_row()
        row = self.row
        assert row is not None
        self._fill(row)
        while index is not None and len(row) < min(index - 1, _MOST_COLUMNS):
            self._put(row, None)
        for number in range(across):
            held = cell if number == 0 else None
            if down > 1:
                self.below[len(row)] = (down - 1, held)
            self._put(row, held)

    def end_row(self) -> None:
        """End the row, with what reaches into it from above."""
        if self.row is None:
            return
        for column in sorted(self.below):
            while len(self.row) < column:
                self._put(self.row, None)
            self._fill(self.row)
        self.rows.append(self.row)
        self.row = None

    def _fill(self, row: list[object]) -> None:
        """Take over the cells that reach down to here."""
        while len(row) in self.below:
            left, cell = self.below.pop(len(row))
            if left > 1:
                self.below[len(row)] = (left - 1, cell)
            self._put(row, cell)

    def _put(self, row: list[object], cell: object) -> None:
        self.budget.spend()
        row.append(cell)


class _TooMuchError(Exception):
    """More cells, tables or time than a table costs."""


def read_page(path: Path, expected: ExpectedHeaders, encoding: str) -> list[tuple[str, Rows]]:
    """Read all tables of a web page.

    Args:
        path: The file.
        expected: Which headers to look for where letters must tell the encoding.
        encoding: Its encoding; ``""`` finds it.

    Returns:
        Their rows, under no name.

    Raises:
        InputError: The page is too large, makes no sense or has no table.
    """
    content = _content(path)
    text = content.decode(encoding or _encoding_of_page(content, expected), "replace")
    try:
        tables = _Page(text).tables()
    except _TooMuchError:
        raise _refused(path) from None
    if not any(cell is not None for rows in tables for row in rows for cell in row):
        raise InputError(
            f"{path.name} is a web page without a table. Export the leads again (a page like this is saved when the "
            "login has run out), as CSV or XLSX."
        )
    return [("", rows) for rows in tables]


def _content(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST:
        raise InputError(
            f"{path.name} is a web page of {path.stat().st_size >> 20} MB, not a workbook, and too large to be read as "
            "one. Export the leads as CSV or XLSX."
        )
    return path.read_bytes()


def _refused(path: Path) -> InputError:
    return InputError(
        f"{path.name} asks for far more cells than a table has, or its markup makes no sense: it was not read. Open it "
        "in Excel and save it as XLSX, or export the leads as CSV."
    )


def _encoding_of_page(content: bytes, expected: ExpectedHeaders) -> str:
    wide = wide_encoding(content)
    if wide:
        return wide
    with suppress(UnicodeDecodeError):
        content.decode("utf-8")
        return "utf-8-sig"
    named = _CHARSET.search(content[:_SNIFFED])
    if named:
        name = named[1].decode("ascii")
        name = "cp1252" if name.lower() in {"iso-8859-1", "latin1", "us-ascii", "ascii"} else name
        with suppress(LookupError, UnicodeError):
            if "�" not in content.decode(name, "replace"):
                return name
    return single_byte(content[: _SNIFFED * 8], expected)


class _Page:
    """A web page, read tag by tag in time that grows with its length."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[_Grid] = []
        self.open: list[_OpenTable] = []
        self.budget = _Budget(len(text) + _CELLS_FREE)
        self.until = time.monotonic() + _PATIENCE

    def tables(self) -> list[Rows]:
        """All tables, inner ones too, in the order of their beginning."""
        text, place = self.text, 0
        while (place := text.find("<", place)) >= 0:
            place = self._tag(place)
            if place < 0:
                break
            after = text.find("<", place)
            self._text(text[place : after if after >= 0 else len(text)])
        while self.open:
            self._end_table()
        return [grid.rows for grid in self.found]

    def _tag(self, place: int) -> int:
        """Take what begins here, and say where it ends; -1 where the page does."""
        text = self.text
        if text.startswith("<!--", place):
            end = text.find("-->", place)
            return end + 3 if end >= 0 else -1
        tag = _TAG.match(text, place) or self._broken(place)
        if tag is None:
            self._text("<")
            return place + 1
        name = tag[1].lower()
        is_end = text[place + 1] == "/"
        if name in ("script", "style") and not is_end:
            closing = re.compile(f"</{name}", re.IGNORECASE).search(text, tag.end())
            return closing.start() if closing else -1
        self._take(name, tag[2], is_end=is_end)
        return tag.end()

    def _broken(self, place: int) -> re.Match[str] | None:
        if time.monotonic() > self.until:
            raise _TooMuchError
        return _BROKEN_TAG.match(self.text, place)

    def _take(self, name: str, attributes: str, *, is_end: bool) -> None:
        if name == "table":
            if is_end:
                self._end_table()
            else:
                self._begin_table()
        elif self.open:
            table = self.open[-1]
            if name == "tr":
                table.end_cell()
                if is_end:
                    table.grid.end_row()
                else:
                    table.grid.begin_row()
            elif name in ("td", "th"):
                table.end_cell()
                if not is_end:
                    table.begin_cell(attributes)
            elif name in ("br", "p", "div", "li"):
                table.take(" ")

    def _begin_table(self) -> None:
        if len(self.open) >= _DEEPEST or len(self.found) >= _MOST_TABLES:
            raise _TooMuchError
        grid = _Grid(self.budget)
        self.found.append(grid)
        self.open.append(_OpenTable(grid))

    def _end_table(self) -> None:
        if self.open:
            table = self.open.pop()
            table.end_cell()
            table.grid.end_row()

    def _text(self, text: str) -> None:
        if self.open and text:
            self.open[-1].take(text)


@dataclass
class _OpenTable:
    """A table whose end has not come yet."""

    grid: _Grid
    parts: list[str] | None = None
    across: int = 1
    down: int = 1

    def begin_cell(self, attributes: str) -> None:
        """Begin a cell."""
        spans = {side.lower(): int(number) for side, number in _SPAN.findall(attributes)} if attributes else {}
        self.parts = []
        self.across = min(max(spans.get("col", 1), 1), _WIDEST_SPAN)
        self.down = min(max(spans.get("row", 1), 1), _HIGHEST_SPAN)

    def take(self, text: str) -> None:
        """Take text of the open cell."""
        if self.parts is not None:
            self.parts.append(text)

    def end_cell(self) -> None:
        """End the open cell, if there is one."""
        if self.parts is not None:
            text = " ".join(unescape("".join(self.parts)).split())
            self.parts = None
            self.grid.add(text or None, self.across, self.down)


def read_workbook_xml(path: Path, encoding: str) -> list[tuple[str, Rows]]:
    """Read all sheets of a workbook in SpreadsheetML.

    Args:
        path: The file.
        encoding: Its encoding; ``""`` leaves it to the file.

    Returns:
        Names and rows of the sheets.

    Raises:
        InputError: The file is damaged, too large, or declares entities.
    """
    content = _content(path)
    workbook = _Workbook(len(content))
    try:
        workbook.parser.Parse(content.decode(encoding, "replace") if encoding else content, True)  # noqa: FBT003
    except expat.ExpatError as error:
        raise InputError(
            f"{path.name}, line {error.lineno}: damaged XML ({expat.ErrorString(error.code)}). Open it in Excel and "
            "save it as XLSX, or export the leads as CSV."
        ) from None
    except (_TooMuchError, LookupError, UnicodeError):
        raise _refused(path) from None
    except _DeclaresError:
        raise InputError(
            f"{path.name} declares a document type or entities, which no workbook needs: it was not read. Open it in "
            "Excel and save it as XLSX."
        ) from None
    return workbook.sheets


class _DeclaresError(Exception):
    """The file declares entities."""


class _Workbook:
    """A workbook in SpreadsheetML, read element by element."""

    def __init__(self, size: int) -> None:
        self.sheets: list[tuple[str, Rows]] = []
        self.grid = _Grid(_Budget(size + _CELLS_FREE))
        self.depth = 0
        self.cell: dict[str, str] = {}
        self.type = ""
        self.parts: list[str] | None = None
        self.value: object = None
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._declares
        self.parser.EntityDeclHandler = self._declares

    @staticmethod
    def _declares(*_: object) -> None:
        raise _DeclaresError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _TooMuchError
        match name.removeprefix(_SHEET):
            case "Worksheet":
                self.grid = _Grid(self.grid.budget)
                self.sheets.append((attributes.get(f"{_SHEET}Name", ""), self.grid.rows))
                if len(self.sheets) > _MOST_TABLES:
                    raise _TooMuchError
            case "Row":
                self.grid.begin_row(_number(attributes, "Index"))
                if len(self.grid.rows) >= _MOST_ROWS:
                    raise _TooMuchError
            case "Cell":
                self.cell, self.value = attributes, None
            case "Data":
                self.type, self.parts = attributes.get(f"{_SHEET}Type", "String"), []

    def _end(self, name: str) -> None:
        self.depth -= 1
        match name.removeprefix(_SHEET):
            case "Row":
                self.grid.end_row()
            case "Cell":
                across = 1 + min(_number(self.cell, "MergeAcross") or 0, _MOST_COLUMNS)
                down = 1 + min(_number(self.cell, "MergeDown") or 0, _MOST_ROWS)
                self.grid.add(self.value, across, down, _number(self.cell, "Index"))
            case "Data":
                self.value = _typed("".join(self.parts or ()), self.type)
                self.parts = None

    def _characters(self, text: str) -> None:
        if self.parts is not None:
            self.parts.append(text)


def _number(attributes: dict[str, str], name: str) -> int | None:
    text = attributes.get(f"{_SHEET}{name}", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def _typed(text: str, kind: str) -> object:
    """The value of a cell."""
    read = _READERS.get(kind)
    if kind == "Error" or not text.strip():
        return None
    if read is not None:
        with suppress(ValueError):
            return read(text.strip())
    return text


_READERS: dict[str, Callable[[str], object]] = {
    "Number": float,
    "DateTime": lambda text: datetime.fromisoformat(text[:19]),
    "Boolean": lambda text: text == "1",
}
