"""XLSX, XLS, XLSB and ODS, read by calamine."""

from __future__ import annotations

import time
import zipfile
import zlib
from array import array
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import polars as pl
import python_calamine as calamine

from xl_leadkpi.errors import InputError, brief, listed
from xl_leadkpi.leads.cells.raw_table import (
    SAMPLE_ROWS,
    Loaded,
    RawTable,
    beyond_text,
    from_distinct,
    header_text,
    transpose,
)
from xl_leadkpi.leads.files.error_cells import error_cells
from xl_leadkpi.leads.files.far_cells import Checked, check_archive
from xl_leadkpi.leads.files.try_out import try_out
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind
from xl_leadkpi.leads.recognition.headers import find_header
from xl_leadkpi.leads.recognition.own_sheet import is_own_header
from xl_leadkpi.panics import is_panic, quiet_panics

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from python_calamine import CalamineSheet

    from xl_leadkpi.leads.recognition.headers import ExpectedHeaders

UNPACKED_LIMIT = 3 << 30
"""Bytes a workbook may hold unpacked; a million rows of forty columns are about 2 GB."""
_ALWAYS_UNPACKED, _MOST_TIMES = 128 << 20, 64  # a large export of short texts unpacks to some ten times its size
_SECONDS_TO_LOOK, _BYTES_A_SECOND = 10, 1 << 20  # for the sheet with the leads, by the size of the file
_NO_ARCHIVE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What zipfile says of a damaged archive, depending on where the damage is."""
_PACKED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_NO_VALUE = frozenset({"", "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sheet with cells, its first rows, which of them is most like a header, and why it cannot be read on."""

    sheet: CalamineSheet
    head: list[list[Any]]
    header: int
    score: int
    refusal: InputError | None


def _sheets(
    path: Path, book: calamine.CalamineWorkbook, names: Iterable[str], expected: ExpectedHeaders
) -> Iterator[_Candidate]:
    for name in names:
        with _reading(path, name):
            one = book.get_sheet_by_name(name)
        head: list[list[Any]] = []
        refusal = None
        try:
            with _reading(path, name):
                for row in islice(_rows(one), SAMPLE_ROWS + 16):
                    head.append(row)  # noqa: PERF402 - what is read before a fault tells whether it is the table
        except InputError as error:
            if not head:
                raise
            refusal = error
        if any(cell is not None for row in head for cell in row):
            yield _Candidate(one, head, *find_header(head, expected), refusal)


def _rank(candidate: _Candidate) -> tuple[bool, int]:
    """The leads of a workbook of ours before its other sheets, which have the words of a funnel too."""
    headers = [header_text(cell) for cell in candidate.head[candidate.header]]
    return is_own_header(headers), candidate.score


def open_workbook(path: Path, expected: ExpectedHeaders, sheet: str | None) -> RawTable:
    """Open a workbook at the sheet with the best header row.

    Args:
        path: The file.
        expected: Which headers to look for.
        sheet: Name of the sheet; None chooses.

    Returns:
        The grid.

    Raises:
        InputError: The file is damaged, encrypted, a zip bomb, or has no such sheet or no table.
    """
    checked = _checked(path)
    with _reading(path):
        book = calamine.load_workbook(checked.copy or str(path))
        names = [meta.name for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]
    if sheet is not None:
        match = [name for name in names if name.casefold() == sheet.casefold()]
        if not match:
            raise InputError(f"{path.name}: there is no sheet '{brief(sheet)}'. The sheets are: {listed(names)}.")
        names = match
    best = max(_sheets(path, book, _worth_a_look(path, names, checked), expected), key=_rank, default=None)
    if best is None:
        raise InputError(_no_table(path, names, checked))
    if best.refusal is not None:
        raise best.refusal
    index, best_sheet, head = best.header, best.sheet, best.head
    name = best_sheet.name
    headers = [header_text(cell) for cell in head[index]]
    body = head[index + 1 :]
    place = f"{path.name}, sheet '{name}'"
    if not any(cell is not None for row in body for cell in row):
        raise InputError(
            f"{place}, row {index + 1}: there is a header line but no data row below it. Check the filter of the "
            "export and export again."
        )
    title = tuple(str(cell) for row in head[:index] for cell in row if cell is not None)
    notes = [Finding(FindingKind.TITLE_ROWS, index, details={"title": tuple(title)})] if index else []
    far = checked.far.get(checked.part_of.get(name, name), [])
    if far:
        notes.append(Finding(FindingKind.FAR_CELLS, len(far), rows=tuple(far[:ROWS_NAMED])))

    def load(positions: Sequence[int], _identifiers: frozenset[int]) -> Loaded:
        with _reading(path, name):
            return _columns(_rows(best_sheet), index + 1, len(headers), positions)

    return RawTable(
        path.name,
        name,
        tuple(headers),
        transpose(body[:SAMPLE_ROWS], len(headers)),
        index + 2,
        title,
        load,
        tuple(notes),
    )


def sheet_rows(path: Path, sheet: str) -> list[list[Any]]:
    """All rows of one sheet, from its first cell on and without cells far from its table.

    An empty cell is ``""``, one with an error a :class:`CellError`.

    Args:
        path: The workbook.
        sheet: Name of the sheet.

    Raises:
        InputError: The file is damaged, encrypted, a zip bomb, or has no such sheet.
    """
    checked = _checked(path)
    with _reading(path, sheet):
        book = calamine.load_workbook(checked.copy or str(path))
        if sheet not in book.sheet_names:
            raise InputError(f"{path.name} has no sheet '{sheet}'.")
        if checked.part_of.get(sheet, sheet) in checked.scattered:
            raise InputError(_no_table(path, [sheet], checked))
        rows: list[list[Any]] = list(book.get_sheet_by_name(sheet).to_python(skip_empty_area=False))
    for row, column, error in error_cells(path, sheet, checked.part_of.get(sheet, "")):
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = error
    return rows


def _worth_a_look(path: Path, names: Sequence[str], checked: Checked) -> Iterator[str]:
    """The sheets that may hold the table, each part of the file once, as long as it is a matter of seconds."""
    start, seen = time.monotonic(), set[str]()
    patience = _SECONDS_TO_LOOK + path.stat().st_size / _BYTES_A_SECOND
    for name in names:
        part = checked.part_of.get(name, name)
        if part in seen or part in checked.scattered:
            continue
        if seen and time.monotonic() - start > patience:
            raise InputError(
                f"{path.name} has {len(names)} sheets, too many to look through. Name the one with the leads with "
                "--sheet."
            )
        seen.add(part)
        yield name


def _no_table(path: Path, names: Sequence[str], checked: Checked) -> str:
    scattered = [name for name in names if checked.part_of.get(name, name) in checked.scattered]
    if scattered:
        return (
            f"{path.name}, sheet '{scattered[0]}' has no table: its few cells are scattered over the whole sheet. "
            "Delete all rows and columns but those of the leads, and save it."
        )
    return f"{path.name} has no sheet with cells in it. Export the leads again."


def _checked(path: Path) -> Checked:
    """Look at what a workbook would cost, before anything opens it; refuse what no table costs."""
    if not zipfile.is_zipfile(path):
        refusal = try_out(path)
        if refusal:
            raise InputError(_encrypted(path) if _is_encrypted_package(path) else _damaged(path, refusal))
        return Checked()
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if any(member.flag_bits & 1 for member in members):
                raise InputError(_encrypted(path))
            if any(member.compress_type not in _PACKED for member in members):
                raise InputError(_damaged(path, "it is packed in a way that no spreadsheet program packs"))
            # by what it declares; where a member holds more, zipfile stops and says so
            declared = sum(member.file_size for member in members)
            if declared > min(UNPACKED_LIMIT, max(_ALWAYS_UNPACKED, _MOST_TIMES * path.stat().st_size)):
                raise InputError(_bomb(path, declared))
            return check_archive(path, archive)
    except _NO_ARCHIVE as error:
        raise InputError(_damaged(path, error)) from error


def _bomb(path: Path, size: int) -> str:
    return (
        f"{path.name} would unpack to {size / (1 << 30):.1f} GB or more, which no lead export does: it was not opened. "
        "Export the leads again, as CSV if there are really that many."
    )


def _encrypted(path: Path) -> str:
    return (
        f"{path.name} is protected by a password. Save it without a password (File, Info, Protect Workbook) and retry."
    )


def _damaged(path: Path, error: Exception | str, sheet: str = "") -> str:
    where = f", sheet '{sheet}'" if sheet else ""
    return (
        f"{path.name}{where} is damaged or no workbook ({str(error)[:200]}). Open it in Excel and save it again as "
        "XLSX, or export it as CSV."
    )


@contextmanager
def _reading(path: Path, sheet: str = "") -> Iterator[None]:
    """Turn what the reader of workbooks says of a file, its panics too, into one message."""
    try:
        with quiet_panics():
            yield
    except calamine.PasswordError as error:
        raise InputError(_encrypted(path)) from error
    except (calamine.CalamineError, OSError) as error:
        raise InputError(_damaged(path, error, sheet)) from error
    except BaseException as error:
        if _is_beyond_days(error):
            raise InputError(_beyond_days(path, sheet, error)) from error
        if not is_panic(error):
            raise
        raise InputError(_damaged(path, "its content makes no sense", sheet)) from error


class _BeyondDaysError(OverflowError):
    """A row has a number that no day or time can be, in a cell that is formatted as one."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


def _is_beyond_days(error: BaseException) -> bool:
    """Tell what the reader of workbooks does about such a number: a time of a billion days, a panic below some."""
    return isinstance(error, OverflowError) or (is_panic(error) and "TimeDelta" in str(error))


def _beyond_days(path: Path, sheet: str, error: BaseException) -> str:
    row = f", row {error.row}" if isinstance(error, _BeyondDaysError) else ""
    return (
        f"{path.name}, sheet '{sheet}'{row}: a cell is formatted as a day or a time, and its number is none that there "
        "is. Give its column the format General or Number in Excel, or correct the cell, and save."
    )


def _is_encrypted_package(path: Path) -> bool:
    """Tell a password-protected XLSX: an OLE file with a stream named EncryptedPackage."""
    with path.open("rb") as stream:
        start = stream.read(1 << 20)
    return start.startswith(b"\xd0\xcf\x11\xe0") and "EncryptedPackage".encode("utf-16-le") in start


def _rows(sheet: CalamineSheet) -> Iterator[list[Any]]:
    """Yield the rows of a sheet from its first row and column on, blanks as None."""
    left = sheet.start[1] if sheet.start else 0
    seen = 0
    try:
        for row in sheet.iter_rows():
            seen += 1
            cells = [None if isinstance(cell, str) and cell in _NO_VALUE else cell for cell in row]
            yield [None] * left + cells if left else cells
    except BaseException as error:
        if not _is_beyond_days(error):
            raise
        raise _BeyondDaysError(seen + 1) from error


def _columns(rows: Iterator[list[Any]], skip: int, width: int, positions: Sequence[int]) -> Loaded:
    """Collect the wanted columns as distinct cells and codes, row by row, so the sheet is never all in memory."""
    codes = {position: array("q") for position in positions}
    places: dict[int, dict[object, int]] = {position: {} for position in positions}
    beyond: dict[int, str] = {}
    count = 0
    for row in islice(rows, skip, None):
        if len(row) > width and any(cell is not None for cell in row[width:]):
            beyond[count] = beyond_text(row[width:])
        for position in positions:
            cell = row[position] if position < len(row) else None
            if cell is None:
                codes[position].append(-1)
                continue
            known = places[position]
            key = cell if isinstance(cell, str) else (type(cell), cell)
            codes[position].append(known.setdefault(key, len(known)))
        count += 1
    long = tuple(place + skip + 1 for place in islice(beyond, ROWS_NAMED))
    findings = (Finding(FindingKind.LONG_ROWS, len(beyond), rows=long),) if beyond else ()
    columns = {}
    for position in positions:
        code = pl.Series(codes.pop(position), dtype=pl.Int64).alias("code").to_frame()
        code = code.select(pl.when(pl.col("code") >= 0).then("code").cast(pl.UInt32))
        distinct = [key if isinstance(key, str) else key[1] for key in places.pop(position)]  # type: ignore[index]
        columns[position] = from_distinct(distinct, code["code"])
    return Loaded(columns, count, findings, beyond)
