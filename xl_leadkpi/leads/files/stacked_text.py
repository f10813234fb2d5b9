"""Text files in which several tables stand one below the other, as web analytics writes them.

A table ends at a line of remarks (``# ----``) or at an empty line below which another header stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xl_leadkpi.errors import InputError
from xl_leadkpi.leads.cells.raw_table import (
    SAMPLE_ROWS,
    Loaded,
    RawTable,
    beyond_text,
    from_cells,
    header_text,
    transpose,
)
from xl_leadkpi.leads.files.text_file import DELIMITERS, records, text_lines
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind
from xl_leadkpi.leads.recognition.headers import find_header

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from xl_leadkpi.leads.recognition.headers import ExpectedHeaders

MOST_BYTES = 1 << 26
"""Larger files hold one table."""
_REMARK = "#"
_FEWEST_TEXTS = 2

Rows = list[tuple[int, list[str]]]
"""Rows with their numbers, as a spreadsheet counts them."""


@dataclass(frozen=True, slots=True)
class _Table:
    """One table: its rows from the header on, and the lines above it.

    Attributes:
        rows: The rows.
        lines: Cells of all lines of the file that stand above a table.
        above: How many of them stand above this one.
        score: How well its header fits.
        delimiter: What parts its cells.
    """

    rows: Rows
    lines: list[str]
    above: int
    score: int
    delimiter: str

    @property
    def rank(self) -> tuple[int, bool, int]:
        return self.score, len(self.rows) > 1, len(self.rows[0][1])

    @property
    def title(self) -> tuple[str, ...]:
        return tuple(self.lines[: self.above])


def open_stacked(path: Path, expected: ExpectedHeaders, encoding: str = "") -> RawTable | None:
    """Open the table with the best header row of a text file.

    Args:
        path: The file.
        expected: Which headers to look for.
        encoding: Its encoding; ``""`` finds it.

    Returns:
        The grid; None where the file is large, or no table in it has a header that is looked for.

    Raises:
        InputError: There is a header and no row below it.
    """
    if path.stat().st_size > MOST_BYTES:
        return None
    lines, used = text_lines(path, expected, encoding)
    hint = lines[0].strip().lower()
    if hint.startswith("sep=") and len(hint) == 5:
        lines = ["", *lines[1:]]
    there = [sign for sign in DELIMITERS if any(sign in line for line in lines)]
    none = next((sign for sign in DELIMITERS if sign not in there), "")  # without any a line is a cell
    candidates = [_tables(lines, sign, expected) for sign in DELIMITERS if sign in there or sign == none]
    tables = max(candidates, key=lambda found: max((one.rank for one in found), default=(0, False, 0)))
    best = max(tables, key=lambda one: one.rank, default=None)
    if best is None or best.score < 1:
        return None
    others = [one for one in tables if one is not best and one.score]
    notes = _notes(best, others, "" if encoding else used)
    return _grid(path.name, best, notes, is_english=best.delimiter != ";")


def _tables(lines: Sequence[str], delimiter: str, expected: ExpectedHeaders) -> list[_Table]:
    """Part the lines of a file into its tables."""
    tables: list[_Table] = []
    above: list[str] = []
    for block, is_parted in _blocks(lines, delimiter):
        if block[0][1][0].startswith(_REMARK):
            above += [cell.strip() for _, cells in block for one in cells if (cell := one.strip("#- "))]
            continue
        header, score = find_header([cells for _, cells in block], expected)
        last = tables[-1] if tables and not is_parted else None
        if last is not None and not _begins_anew(block[header][1], score):
            # an empty line within the table: between its header and its rows, or before its totals
            last.rows.extend(block)
        elif score:
            lines_above = [cell for _, cells in block[:header] for cell in cells if cell.strip()]
            above += lines_above
            tables.append(_Table(block[header:], above, len(above), score, delimiter))
        else:
            above += [cell for _, cells in block for cell in cells if cell.strip()]
    return tables


def _begins_anew(cells: Sequence[str], score: int) -> bool:
    """Whether a row below an empty line is another table's header: several texts and no number."""
    filled = [cell for cell in cells if cell.strip()]
    return score > 0 or (
        len(filled) >= _FEWEST_TEXTS and not any(letter.isdigit() for cell in filled for letter in cell)
    )


def _blocks(lines: Sequence[str], delimiter: str) -> list[tuple[Rows, bool]]:
    """Rows that stand together, and whether remarks part them from what is above."""
    blocks: list[tuple[Rows, bool]] = []
    rows: Rows = []
    is_parted = False
    for number, (cells, _, _) in enumerate(records(lines, delimiter), start=1):
        is_remark = bool(cells) and cells[0].startswith(_REMARK)
        if is_remark or not any(cell.strip() for cell in cells):
            if rows:
                blocks.append((rows, is_parted))
                rows, is_parted = [], False
            if is_remark:
                blocks.append(([(number, [delimiter.join(cells)])], True))
            is_parted = is_parted or is_remark
        else:
            rows.append((number, cells))
    return [*blocks, (rows, is_parted)] if rows else blocks


def _notes(best: _Table, others: Sequence[_Table], encoding: str) -> tuple[Finding, ...]:
    notes = []
    if encoding not in ("", "utf-8-sig", "utf-16", "utf-32"):
        notes.append(Finding(FindingKind.ENCODING, 1, details={"encoding": encoding}))
    if best.above:
        notes.append(Finding(FindingKind.TITLE_ROWS, best.above, details={"title": best.title}))
    if others:
        named = tuple(", ".join(cell for cell in one.rows[0][1] if cell)[:100] for one in others)
        rows = tuple(one.rows[0][0] for one in others)
        notes.append(Finding(FindingKind.OTHER_TABLES, len(others), rows=rows[:ROWS_NAMED], details={"tables": named}))
    return tuple(notes)


def _grid(name: str, table: _Table, notes: tuple[Finding, ...], *, is_english: bool) -> RawTable:
    number, header = table.rows[0]
    headers = tuple(header_text(cell) for cell in header)
    below = table.rows[1:]
    if not below:
        raise InputError(
            f"{name}, row {number}: there is a header line but no data row below it. Check the filter of the export "
            "and export again."
        )
    body: list[list[str]] = [[] for _ in range(below[-1][0] - number)]
    for place, cells in below:
        body[place - number - 1] = cells
    filled = [row for row in body if row]
    beyond = {place: text for place, row in enumerate(body) if (text := beyond_text(row[len(headers) :]))}

    def load(positions: Sequence[int], _identifiers: frozenset[int]) -> Loaded:
        columns = {position: from_cells([_cell(row, position) for row in body]) for position in positions}
        return Loaded(columns, len(body), (), beyond)

    return RawTable(
        name,
        "",
        headers,
        transpose(filled[:SAMPLE_ROWS], len(headers)),
        number + 1,
        table.title,
        load,
        notes,
        day_first=not is_english or not "".join(headers).isascii(),
    )


def _cell(row: Sequence[str], position: int) -> str | None:
    return (row[position] or None) if position < len(row) else None
