"""Where tables come from: text files, workbooks, Parquet, data frames and lists of rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from xl_leadkpi.leads import engine
from xl_leadkpi.leads.errors import InputError
from xl_leadkpi.leads.grid import (
    SAMPLE_ROWS,
    Grid,
    Loaded,
    from_cells,
    from_series,
    header_text,
    transpose,
    with_python_dates,
)
from xl_leadkpi.leads.headers import find_header
from xl_leadkpi.leads.table import Finding
from xl_leadkpi.leads.text_file import open_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from xl_leadkpi.leads.headers import Kind
    from xl_leadkpi.leads.options import ReadOptions

_ROWS_NAMED = 20

# Beginnings of files that are often renamed .csv or picked by mistake.
_BINARY = {
    b"%PDF": "a PDF document", b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"GIF8": "a GIF picture",
    b"\x1f\x8b": "a gzip archive", b"7z\xbc\xaf": "a 7-Zip archive", b"Rar!": "a RAR archive",
    b"SQLite format": "an SQLite database", b"\x7fELF": "a program", b"MZ\x90": "a program",
    b"{\\rtf": "an RTF document",
}  # fmt: skip


def open_table(path: Path, kind: Kind, options: ReadOptions) -> Grid:
    """Open any supported file; its content decides what it is, not its name.

    Raises:
        InputError: There is no such file, or it is none of the supported kinds.
    """
    if not path.exists():
        raise InputError(f"{path}: there is no such file. Check the name and the folder.")
    if path.is_dir():
        raise InputError(f"{path} is a folder: name the export file in it.")
    try:
        with path.open("rb") as stream:
            start = stream.read(16)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be opened ({error.strerror}). Close it elsewhere or check its rights."
        ) from error
    for magic, what in _BINARY.items():
        if start.startswith(magic):
            raise InputError(f"{path.name} is {what}, not a table. Export the leads as CSV (UTF-8) or XLSX.")
    wanted = [header for name, header in options.fields.items() if "-" not in (name, header)]
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        from xl_leadkpi.leads.workbook import open_workbook  # noqa: PLC0415 (only where there is one)

        return open_workbook(path, kind, options.sheet, wanted)
    if start.startswith(b"PAR1"):
        return _open_parquet(path)
    return open_text(path, kind, wanted)


def open_frame(data: Any, kind: Kind, options: ReadOptions, name: str, first_row: int = 1) -> Grid:
    """Open a data frame or a list of rows."""
    if engine.stays(data):
        return _open_polars(nw.from_native(data).lazy().collect(backend="polars").to_native(), name, first_row)
    library = type(data).__module__.split(".")[0]
    if library == "polars":
        return _open_polars(data, name, first_row)
    if library == "pandas":
        return _open_pandas(data, name, first_row)
    if library == "narwhals":
        return open_frame(data.to_native(), kind, options, name, first_row)
    table = [row if isinstance(row, list | tuple) else [row] for row in data]
    wanted = [header for key, header in options.fields.items() if "-" not in (key, header)]
    return replace(_open_rows(table, kind, wanted, name, first_row), date1904=options.date1904)


def _open_rows(table: Sequence[Sequence[Any]], kind: Kind, wanted: Sequence[str], name: str, first_row: int) -> Grid:
    if not any(cell not in (None, "") for row in table for cell in row):
        raise InputError(f"{name} is empty: select the leads with their header line.")
    index, _ = find_header(table, kind, wanted)
    headers = [header_text(cell) for cell in table[index]]
    body = table[index + 1 :]
    if not any(cell not in (None, "") for row in body for cell in row):
        raise InputError(f"{name}, row {first_row + index}: there is a header line but no data row below it.")
    sample = transpose(body[:SAMPLE_ROWS], len(headers))
    title = tuple(str(cell) for row in table[:index] for cell in row if cell not in (None, ""))
    notes = (Finding("title_rows", index, value=" / ".join(title)[:80], severity="info"),) if index else ()
    long = [
        number
        for number, row in enumerate(body, first_row + index + 1)
        if any(cell not in (None, "") for cell in row[len(headers) :])
    ]

    def load(positions: Sequence[int], _identifiers: frozenset[int]) -> Loaded:
        columns = {
            position: from_cells([row[position] if position < len(row) else None for row in body])
            for position in positions
        }
        findings = (Finding("long_rows", len(long), rows=tuple(long[:_ROWS_NAMED])),) if long else ()
        return Loaded(columns, len(body), findings)

    return Grid(name, "", tuple(headers), sample, first_row + index + 1, title, load, notes)


def _open_polars(frame: pl.DataFrame, name: str, first_row: int) -> Grid:
    if frame.width == 0 or frame.is_empty():
        raise InputError(f"{name} has no data row.")
    head = frame.head(SAMPLE_ROWS)
    sample = tuple(tuple(column.to_list()) for column in head.iter_columns())

    def load(positions: Sequence[int], identifiers: frozenset[int]) -> Loaded:
        columns = {
            position: from_series(frame.to_series(position), distinct=position not in identifiers)
            for position in positions
        }
        return Loaded(columns, len(frame))

    return Grid(name, "", tuple(frame.columns), sample, first_row + 1, (), load)


def _open_pandas(frame: Any, name: str, first_row: int) -> Grid:
    if frame.shape[0] == 0 or frame.shape[1] == 0:
        raise InputError(f"{name} has no data row.")
    head = frame.head(SAMPLE_ROWS)
    missing = head.isna()
    sample = tuple(
        tuple(
            None if gone else cell
            for cell, gone in zip(head.iloc[:, place].tolist(), missing.iloc[:, place].tolist(), strict=True)
        )
        for place in range(frame.shape[1])
    )

    def load(positions: Sequence[int], _identifiers: frozenset[int]) -> Loaded:
        columns = {}
        for position in positions:
            series = frame.iloc[:, position]
            columns[position] = from_cells(series.astype(object).where(series.notna(), None).tolist())
        return Loaded(columns, frame.shape[0])

    return Grid(name, "", tuple(header_text(header) for header in frame.columns), sample, first_row + 1, (), load)


def _open_parquet(path: Path) -> Grid:
    try:
        head = with_python_dates(pl.read_parquet(path, n_rows=SAMPLE_ROWS, glob=False))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{path.name} is a damaged Parquet file ({error}). Export it again.") from error
    if head.is_empty():
        raise InputError(f"{path.name} has no data row.")
    headers = head.columns
    sample = tuple(tuple(column.to_list()) for column in head.iter_columns())

    def load(positions: Sequence[int], identifiers: frozenset[int]) -> Loaded:
        frame = pl.read_parquet(path, columns=[headers[position] for position in positions], glob=False)
        columns = {
            position: from_series(frame[headers[position]], distinct=position not in identifiers)
            for position in positions
        }
        return Loaded(columns, len(frame))

    return Grid(path.name, "", tuple(headers), sample, 2, (), load)
