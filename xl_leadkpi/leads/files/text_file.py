"""CSV, TSV and TXT in any usual encoding and with any usual delimiter."""

from __future__ import annotations

import codecs
import csv
import io
import mmap
import re
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import polars as pl

from xl_leadkpi.errors import InputError
from xl_leadkpi.leads.cells.raw_table import (
    SAMPLE_ROWS,
    Loaded,
    RawTable,
    beyond_text,
    from_texts,
    header_text,
    transpose,
)
from xl_leadkpi.leads.files.encodings import single_byte
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind
from xl_leadkpi.leads.recognition.headers import find_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from xl_leadkpi.leads.cells.raw_table import RawColumn
    from xl_leadkpi.leads.recognition.headers import ExpectedHeaders

HEAD_BYTES = 1 << 19
_LONGEST_HEAD = 1 << 28
_FEWEST_LINES = 30  # enough for lines above the header, the header and some rows
DELIMITERS = (";", ",", "\t", "|")
_ORDER_MARKS = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}
_UTF16_SAMPLE = 4000
_SAMPLE_CELLS = 500_000
_LONGEST_RECORD = 100  # lines a quoted cell may go over
_NO_DELIMITERS = frozenset("\"'\\ \r\n\0")
_QUOTED = r'"[^"]*"'
_CELL = "\x02"  # stands for a quoted text; no text has it


@dataclass(frozen=True, slots=True)
class _Layout:
    encoding: str
    delimiter: str
    header_lines: int  # physical lines above the header
    rows_above: int  # rows above the header, as a spreadsheet counts them
    header: list[str]
    title: tuple[str, ...]
    sample: list[list[str]]
    has_nul: bool = False
    has_stray_quotes: bool = False  # in the header or above it
    ends_in_cr: bool = False


class _OpenQuoteError(Exception):
    """A quoted cell does not end where a cell can."""


def open_text(path: Path, expected: ExpectedHeaders, encoding: str = "") -> RawTable:
    """Find encoding, delimiter and header of a text table.

    Args:
        path: The file.
        expected: Which headers to look for.
        encoding: Its encoding; ``""`` finds it.

    Returns:
        The grid; its columns are read when they are asked for.

    Raises:
        InputError: The file is empty, binary, or has no data row.
    """
    csv.field_size_limit(1 << 30)
    head, more = _head(path)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        raise InputError(f"{path.name} is empty: export the leads again, with a header line and at least one row.")
    is_given = bool(encoding)
    encoding = _with_order(encoding, head) if is_given else _encoding(head, more=more, path=path, expected=expected)
    text, ends_in_cr = _decode(head, encoding, more=more)
    controls = sum(1 for letter in text[:2000] if letter < " " and letter not in "\t\r\n\f")
    if text.count("\0") * 20 > len(text) or controls * 20 > len(text[:2000]):
        raise InputError(
            f"{path.name} is not a text table: it holds binary data. Export the leads as CSV (UTF-8) or XLSX."
        )
    nul_lines = _lines_with_nul(path, encoding)
    layout = _layout(text.replace("\0", ""), encoding, expected, path.name)
    layout = replace(layout, has_nul=bool(nul_lines), ends_in_cr=ends_in_cr)
    if not layout.sample:
        raise InputError(
            f"{path.name}, row {layout.rows_above + 1}: there is a header line but no data row below it. "
            "Check the filter of the export and export again."
        )
    width = len(layout.header)
    sample = transpose(layout.sample, width)

    # slow, and a table is read once more for each of its pipelines, by the same columns
    kept = lru_cache(maxsize=1)(partial(_load_tolerantly, path, layout))

    def tolerantly(positions: tuple[int, ...], identifiers: frozenset[int]) -> Loaded:
        found = kept(positions, identifiers)
        return replace(found, columns=dict(found.columns))  # of which whoever reads them lets go

    def load(positions: Sequence[int], identifiers: frozenset[int]) -> Loaded:
        return _load(path, layout, tuple(positions), identifiers, tolerantly)

    # A semicolon comes from where the comma is the decimal mark, and there the day comes first.
    day_first = layout.delimiter == ";" or not "".join(layout.header).isascii()
    return RawTable(
        path.name,
        "",
        tuple(layout.header),
        sample,
        layout.rows_above + 2,
        layout.title,
        load,
        _notes(layout, nul_lines, is_given=is_given),
        day_first=day_first,
    )


def text_lines(path: Path, expected: ExpectedHeaders, encoding: str = "") -> tuple[list[str], str]:
    """All lines of a text file, for tables that stand one below the other in it.

    Args:
        path: The file.
        expected: Which headers to look for.
        encoding: Its encoding; ``""`` finds it.

    Returns:
        The lines, and the encoding they were read in.
    """
    csv.field_size_limit(1 << 30)
    head, more = _head(path)
    encoding = encoding or _encoding(head, more=more, path=path, expected=expected)
    text, _ = _decode(path.read_bytes(), encoding, more=False)
    return text.replace("\0", "").split("\n"), encoding


def _head(path: Path) -> tuple[bytes, bool]:
    """Read the beginning of a file, so far that it holds some rows, and tell whether there is more."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        while max(head.count(b"\n"), head.count(b"\r")) < _FEWEST_LINES and len(head) < _LONGEST_HEAD:
            block = stream.read(3 * len(head))
            if not block:
                return head, False
            head += block
        return head, bool(stream.read(1))


def _lines_with_nul(path: Path, encoding: str) -> list[int]:
    """List the lines with NUL bytes, which a damaged export may hold; a text has none."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if encoding.startswith(("utf-16", "utf-32")) or content.find(b"\0") < 0:
            return []
        return [number for number, line in enumerate(iter(content.readline, b""), 1) if b"\0" in line]


def _notes(layout: _Layout, nul_lines: Sequence[int], *, is_given: bool) -> tuple[Finding, ...]:
    notes = []
    if nul_lines:
        notes.append(Finding(FindingKind.NUL_BYTES, len(nul_lines), rows=tuple(nul_lines[:ROWS_NAMED])))
    if not is_given and layout.encoding not in {"utf-8-sig", "utf-16", "utf-32"}:
        notes.append(Finding(FindingKind.ENCODING, 1, details={"encoding": layout.encoding}))
    if layout.title:
        notes.append(Finding(FindingKind.TITLE_ROWS, layout.rows_above, details={"title": tuple(layout.title)}))
    return tuple(notes)


def _encoding(head: bytes, *, more: bool, path: Path, expected: ExpectedHeaders) -> str:
    wide = wide_encoding(head)
    if wide:
        return wide
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        decoder.decode(head, final=not more)
    except UnicodeDecodeError as error:
        # One stray byte in a UTF-8 file does not make it a cp125x file.
        if len(head[: error.start].decode("utf-8", "ignore")) < error.start:
            return "utf-8-sig"
        return single_byte(head, expected)
    if head.isascii() and more:
        return _encoding_of_rest(path, expected)
    return "utf-8-sig"


def _with_order(encoding: str, head: bytes) -> str:
    """A given encoding that asks for a byte order mark, with the order that a file without one has."""
    if encoding not in ("utf-16", "utf-32") or head.startswith(_ORDER_MARKS[encoding]):
        return encoding
    told = wide_encoding(head)
    return told if told.startswith(f"{encoding}-") else f"{encoding}-le"


def wide_encoding(head: bytes) -> str:
    """Tell UTF-32 and UTF-16 by the byte order mark, and UTF-16 without one by its zeros; ``""`` for neither.

    A delimiter or line break has a zero on one side, whatever script stands between.
    """
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = head[:_UTF16_SAMPLE]
    first, second = head[0::2].count(0), head[1::2].count(0)
    encoding = "utf-16-le" if second > first else "utf-16-be"
    if max(first, second) * 50 < len(head) or min(first, second) * 20 > max(first, second):
        return ""
    text = head.decode(encoding, "replace")
    return encoding if {*text} & {"\n", "\r"} and {*text} & {*DELIMITERS} else ""


def _encoding_of_rest(path: Path, expected: ExpectedHeaders) -> str:
    """Decide for a file whose beginning is plain ASCII."""
    with path.open("rb") as stream:
        while block := stream.read(1 << 22):
            if block.isascii():
                continue
            block += stream.readline()
            try:
                block.decode("utf-8")
            except UnicodeDecodeError as error:
                if len(block[: error.start].decode("utf-8", "ignore")) < error.start:
                    return "utf-8-sig"
                # A block may begin inside a character.
                return single_byte(block, expected) if error.start > 3 else "utf-8-sig"
            return "utf-8-sig"
    return "utf-8-sig"


def _decode(head: bytes, encoding: str, *, more: bool) -> tuple[str, bool]:
    """The text of the beginning, line by line, and whether a lone CR ends its lines."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    text = decoder.decode(head, final=not more)
    text = text.removeprefix("\ufeff")
    lone = text.count("\r") - text.count("\r\n")
    ends_in_cr = lone > text.count("\n") or (lone == 1 and text.endswith("\r"))
    text = _lines(text, ends_in_cr=ends_in_cr)
    if more and "\n" in text:
        text = text[: text.rindex("\n") + 1]
    return text, ends_in_cr


def _lines(text: str, *, ends_in_cr: bool) -> str:
    r"""A text whose lines end in LF; a lone CR that ends none stands within a cell and says no more than a space.

    >>> _lines("a\rb\r\n", ends_in_cr=False), _lines("a\rb\r", ends_in_cr=True)
    ('a b\n', 'a\nb\n')
    """
    return text.replace("\r\n", "\n").replace("\r", "\n" if ends_in_cr else " ")


def _layout(text: str, encoding: str, expected: ExpectedHeaders, name: str) -> _Layout:
    lines = text.split("\n")
    hint = lines[0].strip()
    best: tuple[tuple[int, int, int], _Layout] | None = None
    hinted = hint[4:5] if hint.lower().startswith("sep=") and len(hint) == 5 else ""
    if hinted.isalnum() or hinted in _NO_DELIMITERS:
        hinted = ""
    for delimiter in (hinted,) if hinted else DELIMITERS:
        rows, ends = _rows(lines, delimiter)
        if not rows:
            continue
        index, score = find_header(rows, expected)
        width = len(rows[index])
        even = sum(1 for row in rows[index + 1 : index + 50] if len(row) == width) if width > 1 else 0
        above = ends[index - 1] if index else 0
        layout = _Layout(
            encoding,
            delimiter,
            above,
            index,
            [header_text(cell) for cell in rows[index]],
            tuple(cell for row in rows[1 if hinted else 0 : index] for cell in row if cell.strip()),
            [row for row in rows[index + 1 :] if any(cell.strip() for cell in row)],
            has_stray_quotes=any(
                has_stray_quotes(record, delimiter)
                for record in (*lines[:above], "\n".join(lines[above : ends[index]]))
                if '"' in record
            ),
        )
        key = (score, even, width)
        if best is None or key > best[0]:
            best = (key, layout)
    if best is None:
        raise InputError(f"{name} has no line that can be read as a table. Export the leads as CSV (UTF-8) or XLSX.")
    return best[1]


def has_stray_quotes(line: str, delimiter: str) -> bool:
    """Tell whether a quotation mark stands elsewhere than around a whole cell.

    >>> has_stray_quotes('5" screen,b', ","), has_stray_quotes('"a, ""b"" d",c', ",")
    (True, False)
    """
    return bool(re.search(_stray_quote(delimiter), re.sub(_QUOTED, _CELL, line)))


def _stray_quote(delimiter: str) -> str:
    """Pattern of a quotation mark out of place, in a line with ``_CELL`` for each quoted text."""
    sign = f"\\{delimiter}" if delimiter in r"]^\-[&~" else delimiter
    return rf'"|[^{sign}{_CELL}]{_CELL}|{_CELL}[^{sign}{_CELL}]'


def _rows(lines: Sequence[str], delimiter: str) -> tuple[list[list[str]], list[int]]:
    rows: list[list[str]] = []
    ends: list[int] = []
    for row, end, _ in records(lines, delimiter):
        rows.append(row)
        ends.append(end)
        if len(rows) > SAMPLE_ROWS + 15 or len(rows) * len(row) > _SAMPLE_CELLS:
            break
    return rows, ends


def _load(
    path: Path,
    layout: _Layout,
    positions: tuple[int, ...],
    identifiers: frozenset[int],
    tolerantly: Callable[[tuple[int, ...], frozenset[int]], Loaded],
) -> Loaded:
    """Read columns with Polars; where it refuses the file, with the tolerant reader of the standard library."""
    width = len(layout.header)
    findings: list[Finding] = []
    if layout.has_stray_quotes or not layout.delimiter.isascii():
        return tolerantly(positions, identifiers)
    as_it_is = layout.encoding == "utf-8-sig" and not layout.has_nul and not layout.ends_in_cr
    source: Path | io.BytesIO = path if as_it_is else _as_utf8(path, layout)
    try:
        try:
            frame = _scan(source, layout, width, positions)
        except pl.exceptions.ComputeError as error:
            if "utf-8" not in str(error).lower():
                raise
            source = _as_utf8(path, layout)
            frame = _scan(source, layout, width, positions)
        ragged = _ragged_rows(source, layout, width)
    except pl.exceptions.PolarsError:
        return tolerantly(positions, identifiers)
    if ragged is None or frame.is_empty():
        return tolerantly(positions, identifiers)
    first = layout.rows_above + 2
    findings += _ragged_findings(ragged, first, width)
    if source is not path:
        findings += _damaged_findings(frame, first)
    rows = len(frame)
    beyond = {row: text for row, _, text in ragged if text and row < rows}
    columns: dict[int, RawColumn] = {}
    for position in positions:
        name = f"c{position}"
        columns[position] = from_texts(frame[name], distinct=position not in identifiers)
        frame = frame.drop(name)
    return Loaded(columns, rows, tuple(findings), beyond)


def _as_utf8(path: Path, layout: _Layout) -> io.BytesIO:
    """Recode a file; bytes that are no letters of its encoding become the replacement sign."""
    return io.BytesIO(_whole_text(path, layout).encode())


def _whole_text(path: Path, layout: _Layout) -> str:
    text = path.read_bytes().decode(layout.encoding, "replace").removeprefix("\ufeff").replace("\0", "")
    return _lines(text, ends_in_cr=layout.ends_in_cr)


def _damaged_findings(frame: pl.DataFrame, first: int) -> list[Finding]:
    damaged = frame.select(
        pl.any_horizontal(pl.all().str.contains("\ufffd", literal=True)).fill_null(value=False).alias("d")
    )
    rows = damaged["d"].arg_true() + first
    return [Finding(FindingKind.DAMAGED_TEXT, len(rows), rows=tuple(rows.head(ROWS_NAMED)))] if len(rows) else []


def _scan(
    source: Path | io.BytesIO, layout: _Layout, width: int, positions: Sequence[int], *, ragged: bool = False
) -> pl.DataFrame:
    try:
        return (
            pl.scan_csv(
                source,
                separator=layout.delimiter,
                has_header=True,
                skip_rows=layout.header_lines,
                infer_schema=False,
                new_columns=[f"c{i}" for i in range(width)],
                truncate_ragged_lines=ragged,
                glob=False,
            )
            .select([f"c{i}" for i in positions])
            .collect()
        )
    except pl.exceptions.ComputeError as error:
        if ragged or "more fields" not in str(error):
            raise
        return _scan(source, layout, width, positions, ragged=True)


def _ragged_rows(source: Path | io.BytesIO, layout: _Layout, width: int) -> list[tuple[int, int, str]] | None:
    """Find data rows with too few or too many cells by counting delimiters.

    Returns:
        Index of the row, its number of cells, and what stands beyond the header; None where lines are not rows (line
        breaks inside cells), or quotation marks do not enclose whole cells.
    """
    lines = pl.scan_csv(
        source,
        separator="\x01",
        quote_char=None,
        has_header=False,
        skip_rows=layout.header_lines + 1,
        infer_schema=False,
        new_columns=["line"],
        truncate_ragged_lines=True,
        glob=False,
    ).with_row_index("row")
    line = pl.col("line")
    odd = lines.filter(
        (line.str.count_matches(layout.delimiter, literal=True) != width - 1) | line.str.contains('"', literal=True)
    )
    if width == 1:
        odd = lines.filter(line.str.contains('"', literal=True))
    suspects = odd.collect(engine="streaming")
    ragged: list[tuple[int, int, str]] = []
    bare = pl.col("bare")
    suspects = suspects.with_columns(bare=line.str.strip_chars_end("\r").str.replace_all(_QUOTED, _CELL))
    if suspects.select(bare.str.contains(_stray_quote(layout.delimiter)).any()).item():
        return None
    suspects = suspects.with_columns(cells=bare.str.count_matches(layout.delimiter, literal=True) + 1)
    for row, text, cells in (
        suspects.filter((pl.col("cells") != width) & (bare != "")).select("row", "line", "cells").iter_rows()
    ):
        # Delimiters at the end of a line, as a spreadsheet leaves them, are no cells.
        more = beyond_text(next(csv.reader([text], delimiter=layout.delimiter))[width:]) if cells > width else ""
        if cells < width or more:
            ragged.append((row, cells, more))
    return ragged


def _ragged_findings(ragged: Sequence[tuple[int, int, str]], first: int, width: int) -> list[Finding]:
    findings = []
    short = [row + first for row, cells, _ in ragged if cells < width]
    long = [row + first for row, cells, _ in ragged if cells > width]
    if short:
        findings.append(Finding(FindingKind.SHORT_ROWS, len(short), rows=tuple(short[:ROWS_NAMED])))
    if long:
        findings.append(Finding(FindingKind.LONG_ROWS, len(long), rows=tuple(long[:ROWS_NAMED])))
    return findings


def _load_tolerantly(path: Path, layout: _Layout, positions: Sequence[int], identifiers: frozenset[int]) -> Loaded:
    """Read with Python's csv module, which takes stray quotes and line breaks in cells as they come."""
    width = len(layout.header)
    lines = _whole_text(path, layout).split("\n")
    first = layout.rows_above + 2
    cells: dict[int, list[str | None]] = {position: [] for position in positions}
    ragged: list[tuple[int, int, str]] = []
    damaged: list[int] = []
    unclosed: list[int] = []
    rows = 0
    start = layout.header_lines
    for index, (row, _, is_closed) in enumerate(records(lines, layout.delimiter, width, start)):
        if index == 0:  # the header
            continue
        if not is_closed:
            unclosed.append(rows + first)
        more = beyond_text(row[width:])
        if row and (len(row) < width or more):
            ragged.append((rows, len(row), more))
        wanted = [row[position] if position < len(row) else None for position in positions]
        if any(value and "\ufffd" in value for value in wanted):
            damaged.append(rows + first)
        for position, value in zip(positions, wanted, strict=True):
            cells[position].append(value or None)
        rows += 1
    findings = _ragged_findings(ragged, first, width)
    for kind, where in ((FindingKind.DAMAGED_TEXT, damaged), (FindingKind.OPEN_QUOTE, unclosed)):
        if where:
            findings.append(Finding(kind, len(where), rows=tuple(where[:ROWS_NAMED])))
    columns = {
        position: from_texts(pl.Series(values, dtype=pl.String), distinct=position not in identifiers)
        for position, values in cells.items()
    }
    return Loaded(columns, rows, tuple(findings), {row: text for row, _, text in ragged if text})


def records(
    lines: Sequence[str], delimiter: str, width: int | None = None, start: int = 0
) -> Iterator[tuple[list[str], int, bool]]:
    """Read records as a spreadsheet does: a quotation mark opens a quoted text only where a cell begins.

    A quote that is opened and never closed would swallow the rest of the file: its line is taken for a record of its
    own, with the quotes as they stand.

    Args:
        lines: The lines without their ends.
        delimiter: What stands between cells.
        width: Cells of a record over several lines; None if it is not known yet.
        start: The first line to read.

    Yields:
        The cells, the number of lines read by then, and whether the quotes are closed.
    """
    last = len(lines) - (not lines[-1])
    place = start

    def feed() -> Iterator[str]:
        for number in range(place, last):
            if number - place >= _LONGEST_RECORD:
                raise _OpenQuoteError
            yield lines[number] + "\n"
        if place < last:
            raise _OpenQuoteError

    while place < last:
        begun = place
        reader = csv.reader(feed(), delimiter=delimiter)
        try:
            for row in reader:
                end = begun + reader.line_num
                if width is not None and end - place > 1 and len(row) != width:
                    break
                place = end
                yield row, end, True
            else:
                return
        except _OpenQuoteError:
            pass
        line = lines[place]
        place += 1
        yield [cell.strip('"') for cell in line.split(delimiter)], place, False
