"""XLSX, XLS, XLSB and ODS, read by calamine."""

from __future__ import annotations

import zipfile
from array import array
from itertools import islice
from typing import TYPE_CHECKING, Any

import polars as pl
import python_calamine as calamine

from xl_leadkpi.leads.errors import InputError
from xl_leadkpi.leads.grid import SAMPLE_ROWS, Grid, Loaded, from_distinct, header_text, transpose
from xl_leadkpi.leads.headers import find_header
from xl_leadkpi.leads.table import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from xl_leadkpi.leads.headers import Kind

UNPACKED_LIMIT = 3 << 30
"""Bytes a workbook may hold unpacked; a million rows of forty columns are about 2 GB."""
_RATIO_OF_DEFLATE = 1032  # no deflate stream unpacks to more than this multiple
_ROWS_NAMED = 20
_NO_VALUE = frozenset({"", "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})


def open_workbook(path: Path, kind: Kind, sheet: str | None, wanted: Sequence[str]) -> Grid:
    """Open a workbook at the sheet with the best header row.

    Args:
        path: The file.
        kind: Which headers to look for.
        sheet: Name of the sheet; None chooses.
        wanted: Headers the user named.

    Returns:
        The grid.

    Raises:
        InputError: The file is damaged, encrypted, a zip bomb, or has no such sheet or no table.
    """
    _refuse_bombs(path)
    book = _load(path)
    names = [meta.name for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]
    if sheet is not None:
        match = [name for name in names if name.casefold() == sheet.casefold()]
        if not match:
            raise InputError(f"{path.name}: there is no sheet '{sheet}'. The sheets are: {', '.join(names)}.")
        names = match
    best: tuple[int, int, str, list[list[Any]]] | None = None
    for name in names:
        head = list(islice(_rows(book, name, path.name), SAMPLE_ROWS + 16))
        if not any(cell is not None for row in head for cell in row):
            continue
        index, score = find_header(head, kind, wanted)
        if best is None or score > best[0]:
            best = (score, index, name, head)
    if best is None:
        raise InputError(f"{path.name} has no sheet with cells in it. Export the leads again.")
    _, index, name, head = best
    headers = [header_text(cell) for cell in head[index]]
    body = head[index + 1 :]
    place = f"{path.name}, sheet '{name}'"
    if not any(cell is not None for row in body for cell in row):
        raise InputError(f"{place}, row {index + 1}: there is a header line but no data row below it.")
    title = tuple(str(cell) for row in head[:index] for cell in row if cell is not None)
    notes = [Finding("title_rows", index, value=" / ".join(title)[:80], severity="info")] if index else []

    def load(positions: Sequence[int], _identifiers: frozenset[int]) -> Loaded:
        return _columns(_rows(book, name, path.name), index + 1, len(headers), positions)

    return Grid(
        path.name,
        name,
        tuple(headers),
        transpose(body[:SAMPLE_ROWS], len(headers)),
        index + 2,
        title,
        load,
        tuple(notes),
    )


def _refuse_bombs(path: Path) -> None:
    """Refuse archives that unpack to more than any table, by what they declare and by what they really hold."""
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if any(member.flag_bits & 1 for member in members):
                raise InputError(_encrypted(path))
            declared = sum(member.file_size for member in members)
            packed = sum(member.compress_size for member in members)
            if declared > UNPACKED_LIMIT:
                raise InputError(_bomb(path, declared))
            if packed * _RATIO_OF_DEFLATE <= UNPACKED_LIMIT // 4:
                return
            unpacked = 0
            for member in members:
                with archive.open(member) as stream:
                    # zipfile stops at the declared size, and says so if the member holds something else.
                    while block := stream.read(1 << 20):
                        unpacked += len(block)
                        if unpacked > UNPACKED_LIMIT:
                            raise InputError(_bomb(path, unpacked))
    except (zipfile.BadZipFile, OSError, NotImplementedError, EOFError) as error:
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


def _damaged(path: Path, error: Exception) -> str:
    return (
        f"{path.name} is damaged or no workbook ({error}). Open it in Excel and save it again as XLSX, or export it as "
        "CSV."
    )


def _load(path: Path) -> calamine.CalamineWorkbook:
    try:
        return calamine.load_workbook(str(path))
    except calamine.PasswordError as error:
        raise InputError(_encrypted(path)) from error
    except (calamine.CalamineError, OSError) as error:
        if _is_encrypted_package(path):
            raise InputError(_encrypted(path)) from error
        raise InputError(_damaged(path, error)) from error


def _is_encrypted_package(path: Path) -> bool:
    """Tell a password-protected XLSX: an OLE file with a stream named EncryptedPackage."""
    with path.open("rb") as stream:
        start = stream.read(1 << 20)
    return start.startswith(b"\xd0\xcf\x11\xe0") and "EncryptedPackage".encode("utf-16-le") in start


def _rows(book: calamine.CalamineWorkbook, name: str, file: str) -> Iterator[list[Any]]:
    """Yield the rows of a sheet from its first row and column on, blanks as None."""
    try:
        sheet = book.get_sheet_by_name(name)
        left = sheet.start[1] if sheet.start else 0
        for row in sheet.iter_rows():
            cells = [None if isinstance(cell, str) and cell in _NO_VALUE else cell for cell in row]
            yield [None] * left + cells if left else cells
    except calamine.CalamineError as error:
        raise InputError(f"{file}, sheet '{name}' is damaged ({error}). Open it in Excel and save it again.") from error


def _columns(rows: Iterator[list[Any]], skip: int, width: int, positions: Sequence[int]) -> Loaded:
    """Collect the wanted columns as distinct cells and codes, row by row, so the sheet is never all in memory."""
    codes = {position: array("q") for position in positions}
    places: dict[int, dict[object, int]] = {position: {} for position in positions}
    long: list[int] = []
    count = 0
    for number, row in enumerate(islice(rows, skip, None), skip + 1):
        if len(row) > width and any(cell is not None for cell in row[width:]):
            long.append(number)
        for position in positions:
            cell = row[position] if position < len(row) else None
            if cell is None:
                codes[position].append(-1)
                continue
            known = places[position]
            key = cell if isinstance(cell, str) else (type(cell), cell)
            codes[position].append(known.setdefault(key, len(known)))
        count += 1
    findings = (Finding("long_rows", len(long), rows=tuple(long[:_ROWS_NAMED])),) if long else ()
    columns = {}
    for position in positions:
        code = pl.Series(codes.pop(position), dtype=pl.Int64).alias("code").to_frame()
        code = code.select(pl.when(pl.col("code") >= 0).then("code").cast(pl.UInt32))
        distinct = [key if isinstance(key, str) else key[1] for key in places.pop(position)]  # type: ignore[index]
        columns[position] = from_distinct(distinct, code["code"])
    return Loaded(columns, count, findings)
