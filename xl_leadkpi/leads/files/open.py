"""Where tables come from: text files, workbooks, Parquet, data frames and lists of rows."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from xl_leadkpi import engines
from xl_leadkpi.engines.errors import first_line
from xl_leadkpi.engines.parquet import complaint, is_too_wide
from xl_leadkpi.errors import InputError, brief, listed
from xl_leadkpi.leads.cells.raw_table import (
    SAMPLE_ROWS,
    Loaded,
    RawTable,
    beyond_text,
    from_cells,
    header_text,
    transpose,
)
from xl_leadkpi.leads.files.markup import kind_of_markup, read_page, read_workbook_xml
from xl_leadkpi.leads.files.stacked_text import open_stacked
from xl_leadkpi.leads.files.text_file import open_text
from xl_leadkpi.leads.files.typed_columns import is_cells, load_typed, python_cells, sample_of, unusable
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind
from xl_leadkpi.leads.model.reports import REPORT_KINDS
from xl_leadkpi.leads.overrides import encoding_of
from xl_leadkpi.leads.recognition.headers import ExpectedHeaders, find_header

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.recognition.headers import Kind


# Beginnings of files that are often renamed .csv or picked by mistake.
_BINARY = {
    b"%PDF": "a PDF document", b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"GIF8": "a GIF picture",
    b"\x1f\x8b": "a gzip archive", b"7z\xbc\xaf": "a 7-Zip archive", b"Rar!": "a RAR archive",
    b"SQLite format": "an SQLite database", b"\x7fELF": "a program", b"MZ\x90": "a program",
    b"{\\rtf": "an RTF document",
}  # fmt: skip

_NO_TABLE = {"archive": "a web archive (MHTML), not a workbook", "xml": "XML of a kind that no spreadsheet writes"}


def open_table(path: Path, kind: Kind, options: ReadOptions) -> RawTable:
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
    expected = _expected(kind, options)
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        from xl_leadkpi.leads.files.excel import open_workbook  # noqa: PLC0415 (only where there is one)

        return open_workbook(path, expected, options.sheet)
    if start.startswith(b"PAR1"):
        return _open_parquet(path)
    markup = kind_of_markup(path)
    if markup:
        return _open_markup(path, markup, options, expected)
    encoding = encoding_of(options, kind)
    stacked = open_stacked(path, expected, encoding) if kind in REPORT_KINDS else None
    return stacked or open_text(path, expected, encoding)


def _expected(kind: Kind, options: ReadOptions) -> ExpectedHeaders:
    named = tuple(header for name, header in options.fields.items() if "-" not in (name, header))
    return ExpectedHeaders(kind, options.pipeline, named)


def _open_markup(path: Path, markup: str, options: ReadOptions, expected: ExpectedHeaders) -> RawTable:
    """Open a web page or SpreadsheetML at the table with the best header row."""
    if markup in _NO_TABLE:
        raise InputError(f"{path.name} is {_NO_TABLE[markup]}. Open it in Excel and save it as XLSX, or export as CSV.")
    encoding = encoding_of(options, expected.kind)
    tables = read_page(path, expected, encoding) if markup == "page" else read_workbook_xml(path, encoding)
    if options.sheet is not None and markup == "workbook":
        names = [name for name, _ in tables]
        tables = [table for table in tables if table[0].casefold() == options.sheet.casefold()]
        if not tables:
            raise InputError(
                f"{path.name}: there is no sheet '{brief(options.sheet)}'. The sheets are: {listed(names)}."
            )
    filled = [table for table in tables if any(cell is not None for row in table[1] for cell in row)]
    if not filled:
        raise InputError(f"{path.name} has no sheet with cells in it. Export the leads again.")
    sheet, rows = max(filled, key=lambda table: (find_header(table[1], expected)[1], len(table[1])))
    opened = _open_rows(rows, expected, path.name, 1, remedy="Check the filter of the export and export again.")
    return replace(opened, sheet=sheet, day_first=not "".join(opened.headers).isascii())


def open_frame(data: Any, kind: Kind, options: ReadOptions, name: str, first_row: int = 1) -> RawTable:
    """Open a data frame or a list of rows."""
    if engines.is_lazy_data(data):
        return _open_polars(nw.from_native(data).lazy().collect(backend="polars").to_native(), name, first_row)
    library = type(data).__module__.split(".")[0]
    if library == "polars":
        return _open_polars(data, name, first_row)
    if library == "pandas":
        return _open_pandas(data, name, first_row)
    if library == "narwhals":
        return open_frame(data.to_native(), kind, options, name, first_row)
    table = [row if isinstance(row, list | tuple) else [row] for row in data]
    return replace(_open_rows(table, _expected(kind, options), name, first_row), date1904=options.date1904)


def _open_rows(
    table: Sequence[Sequence[Any]],
    expected: ExpectedHeaders,
    name: str,
    first_row: int,
    *,
    remedy: str = "Select the rows too.",
) -> RawTable:
    if not any(cell not in (None, "") for row in table for cell in row):
        raise InputError(f"{name} is empty: select the leads with their header line.")
    index, _ = find_header(table, expected)
    headers = [header_text(cell) for cell in table[index]]
    body = table[index + 1 :]
    if not any(cell not in (None, "") for row in body for cell in row):
        raise InputError(f"{name}, row {first_row + index}: there is a header line but no data row below it. {remedy}")
    sample = transpose(body[:SAMPLE_ROWS], len(headers))
    title = tuple(str(cell) for row in table[:index] for cell in row if cell not in (None, ""))
    notes = (Finding(FindingKind.TITLE_ROWS, index, details={"title": title}),) if index else ()
    beyond = {place: text for place, row in enumerate(body) if (text := beyond_text(row[len(headers) :]))}

    def load(positions: Sequence[int], _identifiers: frozenset[int]) -> Loaded:
        columns = {
            position: from_cells([row[position] if position < len(row) else None for row in body])
            for position in positions
        }
        long = tuple(place + first_row + index + 1 for place in islice(beyond, ROWS_NAMED))
        findings = (Finding(FindingKind.LONG_ROWS, len(beyond), rows=long),) if beyond else ()
        return Loaded(columns, len(body), findings, beyond)

    return RawTable(name, "", tuple(headers), sample, first_row + index + 1, title, load, notes)


def _open_polars(frame: pl.DataFrame, name: str, first_row: int) -> RawTable:
    if frame.width == 0 or frame.is_empty():
        raise InputError(f"{name} has no data row. Check the filter it was made with.")

    def load(positions: Sequence[int], identifiers: frozenset[int]) -> Loaded:
        columns = {position: partial(frame.to_series, position) for position in positions}
        return load_typed(columns, identifiers, name, first_row + 1)

    def is_usable(position: int) -> bool:
        return is_cells(frame.dtypes[position], partial(frame.to_series, position))

    sample = sample_of(frame.head(SAMPLE_ROWS))
    return RawTable(name, "", tuple(frame.columns), sample, first_row + 1, (), load, is_usable=is_usable)


def _open_pandas(frame: Any, name: str, first_row: int) -> RawTable:
    if frame.shape[0] == 0 or frame.shape[1] == 0:
        raise InputError(f"{name} has no data row. Check the filter it was made with.")
    headers = tuple(header_text(header) for header in frame.columns)

    def cells(series: Any) -> list[Any] | None:
        return python_cells(series.astype(object).where(series.notna(), None).tolist())

    def load(positions: Sequence[int], _identifiers: frozenset[int]) -> Loaded:
        columns = {}
        for position in positions:
            found = cells(frame.iloc[:, position])
            if found is None:
                raise unusable(name, headers[position], "object, with cells that are lists, bytes or the like")
            columns[position] = from_cells(found)
        return Loaded(columns, frame.shape[0])

    def is_usable(position: int) -> bool:
        return cells(frame.iloc[:, position]) is not None

    head = frame.head(SAMPLE_ROWS)
    blank = [None] * head.shape[0]
    sample = tuple(tuple(cells(head.iloc[:, place]) or blank) for place in range(len(headers)))
    return RawTable(name, "", headers, sample, first_row + 1, (), load, is_usable=is_usable)


def _open_parquet(path: Path) -> RawTable:
    try:
        with path.open("rb") as file:  # a path would be taken for a pattern
            kinds = pl.read_parquet_schema(file)
        readable = [name for name, kind in kinds.items() if not is_too_wide(kind)]
        head = pl.read_parquet(path, columns=readable, n_rows=SAMPLE_ROWS, glob=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(complaint(Path(path.name), error, f" ({first_line(error)})")) from error
    if head.is_empty():
        raise InputError(f"{path.name} has no data row. Check the filter it was made with.")
    headers = list(kinds)
    blank = {name: pl.lit(None, dtype=pl.String) for name in headers if name not in readable}
    head = head.with_columns(**blank).select(headers)

    def load(positions: Sequence[int], identifiers: frozenset[int]) -> Loaded:
        wanted = [headers[position] for position in positions]
        for name in wanted:
            if name in blank:
                raise unusable(path.name, name, kinds[name])
        frame = pl.read_parquet(path, columns=wanted, glob=False)
        columns = {position: partial(frame.get_column, headers[position]) for position in positions}
        return load_typed(columns, identifiers, path.name, 2)

    def is_usable(position: int) -> bool:
        name = headers[position]
        fetch = partial(pl.read_parquet, path, columns=[name], glob=False)
        return name not in blank and is_cells(kinds[name], lambda: fetch().get_column(name))

    return RawTable(path.name, "", tuple(headers), sample_of(head), 2, (), load, is_usable=is_usable)
