"""CSV, TSV and TXT in any usual encoding and with any usual delimiter."""

from __future__ import annotations

import codecs
import csv
import io
import mmap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from xl_leadkpi.leads.errors import InputError
from xl_leadkpi.leads.grid import SAMPLE_ROWS, Grid, Loaded, from_texts, header_text, transpose
from xl_leadkpi.leads.headers import find_header, header_score
from xl_leadkpi.leads.table import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from xl_leadkpi.leads.grid import RawColumn
    from xl_leadkpi.leads.headers import Kind

HEAD_BYTES = 1 << 19
DELIMITERS = (";", ",", "\t", "|")
_ROWS_NAMED = 20
_SAMPLE_CELLS = 500_000
_LONGEST_RECORD = 100  # lines a quoted cell may go over

# Letters that texts in the languages of each code page really use beyond ASCII.
_LETTERS = {
    "cp1250": frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽäöüßÄÖÜőűŐŰ€–—„”…"),
    "cp1251": frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯёЁіїєґІЇЄҐ№«»–—…"),
    "cp1252": frozenset("äöüßÄÖÜàâçéèêëîïôùûœÀÂÇÉÈÊËÎÏÔÙÛŒáíóúñÁÍÓÚÑ¿¡ãõÃÕìòåæøÅÆØ€£–—“”’…º°"),
}


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


def open_text(path: Path, kind: Kind, wanted: Sequence[str] = ()) -> Grid:
    """Find encoding, delimiter and header of a text table.

    Args:
        path: The file.
        kind: Which headers to look for.
        wanted: Headers the user named.

    Returns:
        The grid; its columns are read when they are asked for.

    Raises:
        InputError: The file is empty, binary, or has no data row.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        more = bool(stream.read(1))
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        raise InputError(f"{path.name} is empty: export the leads again, with a header line and at least one row.")
    encoding = _encoding(head, more=more, path=path, kind=kind)
    text = _decode(head, encoding, more=more)
    controls = sum(1 for letter in text[:2000] if letter < " " and letter not in "\t\r\n\f")
    if text.count("\0") * 20 > len(text) or controls * 20 > len(text[:2000]):
        raise InputError(
            f"{path.name} is not a text table: it holds binary data. Export the leads as CSV (UTF-8) or XLSX."
        )
    nul_lines = _lines_with_nul(path, encoding)
    layout = replace(_layout(text.replace("\0", ""), encoding, kind, wanted), has_nul=bool(nul_lines))
    if not layout.sample:
        raise InputError(
            f"{path.name}, row {layout.rows_above + 1}: there is a header line but no data row below it. "
            "Check the filter of the export and export again."
        )
    width = len(layout.header)
    sample = transpose(layout.sample, width)

    def load(positions: Sequence[int], identifiers: frozenset[int]) -> Loaded:
        return _load(path, layout, positions, identifiers)

    # A semicolon comes from where the comma is the decimal mark, and there the day comes first.
    day_first = layout.delimiter == ";" or not "".join(layout.header).isascii()
    return Grid(
        path.name,
        "",
        tuple(layout.header),
        sample,
        layout.rows_above + 2,
        layout.title,
        load,
        _notes(layout, nul_lines),
        day_first=day_first,
    )


def _lines_with_nul(path: Path, encoding: str) -> list[int]:
    """List the lines with NUL bytes, which a damaged export may hold; a text has none."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if encoding.startswith("utf-16") or content.find(b"\0") < 0:
            return []
        return [number for number, line in enumerate(iter(content.readline, b""), 1) if b"\0" in line]


def _notes(layout: _Layout, nul_lines: Sequence[int]) -> tuple[Finding, ...]:
    notes = []
    if nul_lines:
        notes.append(Finding("nul_bytes", len(nul_lines), rows=tuple(nul_lines[:_ROWS_NAMED])))
    if layout.encoding not in {"utf-8-sig", "utf-16"}:
        notes.append(Finding("encoding", 1, value=layout.encoding, severity="info"))
    if layout.title:
        notes.append(Finding("title_rows", layout.rows_above, value=" / ".join(layout.title)[:80], severity="info"))
    return tuple(notes)


def _encoding(head: bytes, *, more: bool, path: Path, kind: Kind) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros = head[:4000].count(0)
    if zeros > len(head[:4000]) / 4:
        return "utf-16-le" if head[1:4000:2].count(0) > head[0:4000:2].count(0) else "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        decoder.decode(head, final=not more)
    except UnicodeDecodeError as error:
        # One stray byte in a UTF-8 file does not make it a cp125x file.
        if len(head[: error.start].decode("utf-8", "ignore")) < error.start:
            return "utf-8-sig"
        return _single_byte(head, kind)
    if head.isascii() and more:
        return _encoding_of_rest(path, kind)
    return "utf-8-sig"


def _encoding_of_rest(path: Path, kind: Kind) -> str:
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
                return _single_byte(block, kind) if error.start > 3 else "utf-8-sig"
            return "utf-8-sig"
    return "utf-8-sig"


def _single_byte(head: bytes, kind: Kind) -> str:
    """Choose between the code pages by letters, their neighbours and the headers they give."""
    scores = {}
    for page, letters in _LETTERS.items():
        text = head.decode(page, "replace")
        high = [(before, letter) for before, letter in zip("\n" + text, text, strict=False) if ord(letter) > 127]
        score = sum(1.0 if letter in letters else -2.0 for _, letter in high)
        # Cyrillic letters stand beside each other, accented Latin ones beside plain ones.
        touching = sum(1 for before, _ in high if ord(before) > 127)
        score += (2 if page == "cp1251" else -1) * touching
        if page == "cp1251":
            score -= sum(2 for before, letter in high if before.isascii() and before.isalpha() and letter.isalpha())
        rows = [row for delimiter in DELIMITERS for row in csv.reader(text.splitlines()[:15], delimiter=delimiter)]
        score += 10 * max((header_score(row, kind) for row in rows), default=0)
        scores[page] = score
    return max(("cp1252", "cp1250", "cp1251"), key=lambda page: scores[page])


def _decode(head: bytes, encoding: str, *, more: bool) -> str:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    text = decoder.decode(head, final=not more)
    text = text.removeprefix("\ufeff")
    if more and "\n" in text:
        text = text[: text.rindex("\n") + 1]
    return text if "\n" in text else text.replace("\r", "\n")


def _layout(text: str, encoding: str, kind: Kind, wanted: Sequence[str]) -> _Layout:
    lines = text.split("\n", 1)
    hint = lines[0].strip()
    best: tuple[tuple[int, int, int], _Layout] | None = None
    hinted = hint[4:5] if hint.lower().startswith("sep=") and len(hint) == 5 else ""
    for delimiter in (hinted,) if hinted else DELIMITERS:
        rows, ends = _rows(text, delimiter)
        if not rows:
            continue
        index, score = find_header(rows, kind, wanted)
        width = len(rows[index])
        even = sum(1 for row in rows[index + 1 : index + 50] if len(row) == width) if width > 1 else 0
        layout = _Layout(
            encoding,
            delimiter,
            ends[index - 1] if index else 0,
            index,
            [header_text(cell) for cell in rows[index]],
            tuple(cell for row in rows[1 if hinted else 0 : index] for cell in row if cell.strip()),
            [row for row in rows[index + 1 :] if any(cell.strip() for cell in row)],
        )
        key = (score, even, width)
        if best is None or key > best[0]:
            best = (key, layout)
    if best is None:
        raise InputError("The file has no line that can be read as a table.")
    return best[1]


def _rows(text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    rows: list[list[str]] = []
    ends: list[int] = []
    csv.field_size_limit(1 << 30)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num)
            if len(rows) > SAMPLE_ROWS + 15 or len(rows) * len(row) > _SAMPLE_CELLS:
                break
    except csv.Error:
        pass  # what was read so far is sample enough; the loader reads and reports the rest
    return rows, ends


def _load(path: Path, layout: _Layout, positions: Sequence[int], identifiers: frozenset[int]) -> Loaded:
    """Read columns with Polars; where it refuses the file, with the tolerant reader of the standard library."""
    width = len(layout.header)
    findings: list[Finding] = []
    as_it_is = layout.encoding == "utf-8-sig" and not layout.has_nul
    source: Path | io.BytesIO = path if as_it_is else _as_utf8(path, layout.encoding)
    try:
        try:
            frame = _scan(source, layout, width, positions)
        except pl.exceptions.ComputeError as error:
            if "utf-8" not in str(error).lower():
                raise
            source = _as_utf8(path, layout.encoding)
            frame = _scan(source, layout, width, positions)
        ragged = _ragged_rows(source, layout, width)
    except pl.exceptions.PolarsError:
        return _load_tolerantly(path, layout, positions, identifiers)
    if ragged is None:
        return _load_tolerantly(path, layout, positions, identifiers)
    first = layout.rows_above + 2
    findings += _ragged_findings(ragged, first, width)
    if source is not path:
        findings += _damaged_findings(frame, first)
    rows = len(frame)
    columns: dict[int, RawColumn] = {}
    for position in positions:
        name = f"c{position}"
        columns[position] = from_texts(frame[name], distinct=position not in identifiers)
        frame = frame.drop(name)
    return Loaded(columns, rows, tuple(findings))


def _as_utf8(path: Path, encoding: str) -> io.BytesIO:
    """Recode a file; bytes that are no letters of its encoding become the replacement sign."""
    return io.BytesIO(_whole_text(path, encoding).encode())


def _whole_text(path: Path, encoding: str) -> str:
    return path.read_bytes().decode(encoding, "replace").removeprefix("\ufeff").replace("\0", "")


def _damaged_findings(frame: pl.DataFrame, first: int) -> list[Finding]:
    damaged = frame.select(
        pl.any_horizontal(pl.all().str.contains("\ufffd", literal=True)).fill_null(value=False).alias("d")
    )
    rows = damaged["d"].arg_true() + first
    return [Finding("damaged_text", len(rows), rows=tuple(rows.head(_ROWS_NAMED)))] if len(rows) else []


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


def _ragged_rows(source: Path | io.BytesIO, layout: _Layout, width: int) -> list[tuple[int, int]] | None:
    """Find data rows with too few or too many cells by counting delimiters.

    Returns:
        Index of the row and its number of cells; None where lines are not rows (line breaks inside cells).
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
    ragged: list[tuple[int, int]] = []
    bare = suspects.with_columns(line.str.replace_all(r'"[^"]*"', "q").str.strip_chars_end("\r"))
    if bare.select(line.str.contains('"', literal=True).any()).item():
        return None
    bare = bare.with_columns(cells=line.str.count_matches(layout.delimiter, literal=True) + 1)
    for row, text, cells in bare.filter((pl.col("cells") != width) & (line != "")).iter_rows():
        # Delimiters at the end of a line, as a spreadsheet leaves them, are no cells.
        if text is not None and (cells < width or "".join(text.split(layout.delimiter)[width:]).strip()):
            ragged.append((row, cells))
    return ragged


def _ragged_findings(ragged: list[tuple[int, int]], first: int, width: int) -> list[Finding]:
    findings = []
    short = [row + first for row, cells in ragged if cells < width]
    long = [row + first for row, cells in ragged if cells > width]
    if short:
        findings.append(Finding("short_rows", len(short), rows=tuple(short[:_ROWS_NAMED])))
    if long:
        findings.append(Finding("long_rows", len(long), rows=tuple(long[:_ROWS_NAMED])))
    return findings


def _load_tolerantly(path: Path, layout: _Layout, positions: Sequence[int], identifiers: frozenset[int]) -> Loaded:
    """Read with Python's csv module, which takes stray quotes and line breaks in cells as they come."""
    width = len(layout.header)
    text = _whole_text(path, layout.encoding)
    if "\n" not in text:
        text = text.replace("\r", "\n")
    first = layout.rows_above + 2
    cells: dict[int, list[str | None]] = {position: [] for position in positions}
    ragged: list[tuple[int, int]] = []
    damaged: list[int] = []
    unclosed: list[int] = []
    rows = 0
    for index, (row, is_closed) in enumerate(_records(text, layout.delimiter, width)):
        if index <= layout.rows_above:
            continue
        if not is_closed:
            unclosed.append(rows + first)
        if row and (len(row) < width or "".join(row[width:]).strip()):
            ragged.append((rows, len(row)))
        wanted = [row[position] if position < len(row) else None for position in positions]
        if any(value and "\ufffd" in value for value in wanted):
            damaged.append(rows + first)
        for position, value in zip(positions, wanted, strict=True):
            cells[position].append(value or None)
        rows += 1
    findings = _ragged_findings(ragged, first, width)
    for kind, where in (("damaged_text", damaged), ("open_quote", unclosed)):
        if where:
            findings.append(Finding(kind, len(where), rows=tuple(where[:_ROWS_NAMED])))
    columns = {
        position: from_texts(pl.Series(values, dtype=pl.String), distinct=position not in identifiers)
        for position, values in cells.items()
    }
    return Loaded(columns, rows, tuple(findings))


def _records(text: str, delimiter: str, width: int) -> Iterator[tuple[list[str], bool]]:
    """Yield records and whether their quotes are closed.

    A quote that is opened and never closed would swallow the rest of the file: its line is taken for a record of its
    own, with the quotes as they stand.
    """
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    place = 0
    while place < len(lines):
        line = lines[place].removesuffix("\r")
        quotes = line.count('"')
        if quotes % 2 == 0:
            yield next(csv.reader([line], delimiter=delimiter), []), True
            place += 1
            continue
        end, record = place, line
        while quotes % 2 and end + 1 < len(lines) and end - place < _LONGEST_RECORD:
            end += 1
            record += "\n" + lines[end].removesuffix("\r")
            quotes += lines[end].count('"')
        row = next(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter), [])
        if quotes % 2 or len(row) != width:
            yield [cell.strip('"') for cell in line.split(delimiter)], False
            place += 1
        else:
            yield row, True
            place = end + 1
