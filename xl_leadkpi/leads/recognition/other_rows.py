"""Rows of an export that are no records: headings and subtotals of groups, totals, footers.

A record fills most of the columns that are read. Only rows that fill few of them are looked at, and what they hold
decides: a label and nothing but numbers beside it, or a line of the kind that programs write below their reports.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from xl_leadkpi.leads.cells.blanks import is_missing
from xl_leadkpi.leads.cells.numbers import looks_like_number, parse_amounts
from xl_leadkpi.leads.cells.raw_table import column_sums, stacks
from xl_leadkpi.leads.cells.vocabulary import counted_group, is_footer, is_subtotal, is_total, vocabulary
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xl_leadkpi.leads.cells.raw_table import RawColumn

_TAIL = 40  # rows at the end among which totals and footers stand
_MOST_ROWS = 50_000  # rows that fill few columns; of more, only the ends are looked at
_FOOTER_CELLS = 2
_SAME_SUM = 0.005
_BLANK = ("", " ", "\u00a0", "-", "--")
_LONGEST_BLANK = 2


@dataclass(frozen=True, slots=True)
class OtherRows:
    """Places of the rows that are no records.

    Attributes:
        totals: Totals and subtotals.
        footers: Lines below the table.
        groups: Headings of groups of rows, and what they say but for the number of rows.
    """

    totals: tuple[int, ...] = ()
    footers: tuple[int, ...] = ()
    groups: Mapping[int, str] = field(default_factory=dict)

    @property
    def places(self) -> list[int]:
        """All of them."""
        return sorted({*self.totals, *self.footers, *self.groups})


@dataclass(frozen=True, slots=True)
class _Row:
    """What stands in a row: texts that are no numbers, and the places of the numbers."""

    texts: tuple[str, ...]
    numbers: tuple[int, ...]

    @property
    def is_total(self) -> bool:
        """A label of totals, and nothing but labels and numbers beside it."""
        return any(map(is_total, self.texts)) and all(map(is_subtotal, self.texts))

    @property
    def is_subtotal(self) -> bool:
        """As a total; the label may also be of a part of the table."""
        return bool(self.texts) and bool(self.numbers) and all(map(is_subtotal, self.texts))

    @property
    def group(self) -> tuple[str, int, bool] | None:
        """The heading of a group, if it is one."""
        return counted_group(self.texts[0]) if len(self.texts) == 1 and not self.is_total else None

    @property
    def is_footer(self) -> bool:
        """A line that a program writes below its report."""
        return len(self.texts) == 1 and is_footer(self.texts[0])

    @property
    def is_line(self) -> bool:
        """One or two cells, as lines below a table have."""
        return 0 < len(self.texts) + len(self.numbers) <= _FOOTER_CELLS


def find_other_rows(columns: Sequence[RawColumn], rows: int, beyond: Mapping[int, str]) -> OtherRows:
    """Find the rows that are no records.

    Args:
        columns: The columns that are read.
        rows: Number of rows.
        beyond: What stands right of the last header, by row.

    Returns:
        Their places.
    """
    if not columns or not rows:
        return OtherRows()
    return _Search(columns, rows, beyond).found()


def other_row_findings(other: OtherRows, first_row: int) -> list[Finding]:
    """Report the rows that are no records, by their numbers in a source whose first row has this number."""
    found = (
        (FindingKind.TOTAL_ROWS, other.totals),
        (FindingKind.GROUP_ROWS, tuple(other.groups)),
        (FindingKind.FOOTER_ROWS, other.footers),
    )
    return [
        Finding(kind, len(places), rows=tuple(place + first_row for place in places[:ROWS_NAMED]))
        for kind, places in found
        if places
    ]


class _Search:
    """One table under search."""

    def __init__(self, columns: Sequence[RawColumn], rows: int, beyond: Mapping[int, str]) -> None:
        self.columns = columns
        self.rows = rows
        self.beyond = beyond
        self.filled = _filled(columns, rows)
        known = self.filled.filter(self.filled > 0)
        typical = known.median() if len(known) else 0
        self.few, self.fewer = (max(1, int(typical // 2)), int(typical) - 1) if isinstance(typical, float) else (1, 1)
        last = (self.filled > 0).arg_true().tail(1)
        self.end = max(int(last[0]) + 1 if len(last) else 0, max(beyond, default=-1) + 1)

    def found(self) -> OtherRows:
        """Look at the rows that fill few columns, then at both ends."""
        start = max(0, self.end - _TAIL)
        labelled = self._labelled()
        ends = {*range(start, self.end), *range(min(1, self.end))}
        rows = self._read(sorted(ends | set(labelled)))
        totals = {place for place in labelled if self._is_total(place, rows[place])}
        totals |= {place for place in (0,) if place in rows and rows[place].is_total}
        tail_totals, footers = self._tail(start, rows)
        totals |= tail_totals
        footers -= totals
        sparse = [place for place in labelled if place not in totals | footers and self.filled[place] <= self.few]
        groups = self._groups({place: rows[place] for place in sparse}, totals)
        totals |= set(self._bare(rows, totals | footers | groups.keys()))
        return OtherRows(tuple(sorted(totals)), tuple(sorted(footers)), groups)

    def _is_total(self, place: int, row: _Row) -> bool:
        """Totals or subtotals: one label where few cells are filled, or several labels."""
        return (row.is_total or row.is_subtotal) and (self.filled[place] <= self.few or len(row.texts) > 1)

    def _labelled(self) -> list[int]:
        """Rows that fill fewer columns than most, one of them with what may be a label of totals or of a group."""
        sparse = ((self.filled > 0) & (self.filled <= max(self.few, self.fewer))).arg_true()
        if len(sparse) > _MOST_ROWS:
            sparse = ((self.filled > 0) & (self.filled <= self.few)).arg_true()
        if not len(sparse) or len(sparse) > _MOST_ROWS:
            return []
        hinted = pl.repeat(value=False, n=len(sparse), dtype=pl.Boolean, eager=True)
        for columns, stack in stacks(self.columns, self.rows):
            at = _places(sparse, len(columns), self.rows)
            texts = stack.text.gather(at if stack.codes is None else stack.codes.gather(at))
            hinted |= column_sums(texts.str.contains(_hint()), len(columns)) > 0
        return sorted({*sparse.filter(hinted).to_list(), *self.beyond.keys() & set(sparse.to_list())})

    def _read(self, places: Sequence[int]) -> dict[int, _Row]:
        if not places:
            return {}
        at = pl.Series(places, dtype=pl.UInt32)
        cells: list[Sequence[str | float | None]] = []
        for columns, stack in stacks(self.columns, self.rows):
            stacked = stack.at(_places(at, len(columns), self.rows))
            cells += (stacked[start : start + len(at)] for start in range(0, len(stacked), len(at)))
        found = {}
        for number, place in enumerate(places):
            texts = [self.beyond[place]] if place in self.beyond else []
            numbers = []
            for column, values in enumerate(cells):
                cell = values[number]
                if isinstance(cell, float) or (isinstance(cell, str) and looks_like_number(cell)):
                    numbers.append(column)
                elif isinstance(cell, str) and not is_missing(cell):
                    texts.append(cell)
            found[place] = _Row(tuple(texts), tuple(numbers))
        return found

    def _tail(self, start: int, rows: Mapping[int, _Row]) -> tuple[set[int], set[int]]:
        """Totals and footers: everything from the first of them on that fills few columns."""
        first = self.end
        while first > start and (self.filled[first - 1] <= self.few or rows[first - 1].is_total):
            first -= 1
        begins = next(
            (place for place in range(first, self.end) if rows[place].is_total or rows[place].is_footer), None
        )
        if begins is None:
            return set(), set()
        begins = self._title_of_footer(begins, first, rows)
        totals = {place for place in range(begins, self.end) if rows[place].is_total}
        return totals, {place for place in range(begins, self.end) if rows[place].is_line} - totals

    def _title_of_footer(self, begins: int, first: int, rows: Mapping[int, _Row]) -> int:
        """Lines above the first sure one belong to it where an empty row parts them from the table."""
        above = begins
        while above > first and self.filled[above - 1] and rows[above - 1].is_line:
            above -= 1
        return above if above > first and not self.filled[above - 1] else begins

    def _groups(self, candidates: Mapping[int, _Row], totals: set[int]) -> dict[int, str]:
        """Headings whose number is that of the rows until some later heading, total or the end."""
        headings = {place: row.group for place, row in candidates.items() if row.group}
        if not headings:
            return {}
        records = (self.filled > 0).cast(pl.UInt32)
        records = records.scatter(sorted({*headings, *totals}), 0).cum_sum()
        before = {place: int(records[place]) for place in (*headings, *totals)}
        bounds = {*before.values(), int(records[self.end - 1])}
        return {
            place: heading[0]
            for place, heading in headings.items()
            if heading and (heading[2] or before[place] + heading[1] in bounds)
        }

    def _bare(self, rows: Mapping[int, _Row], others: set[int]) -> Iterator[int]:
        """The first or last row, if it holds but numbers and one of them is the sum of its column."""
        left = [place for place in range(max(0, self.end - _TAIL), self.end) if place not in others]
        last = [place for place in left if self.filled[place]][-1:]
        for place in dict.fromkeys((*last, 0)):
            row = rows.get(place)
            if row is None or place in others or row.texts or not row.numbers or len(row.numbers) > self.few:
                continue
            if any(self._is_sum(column, place, others) for column in row.numbers):
                yield place

    def _is_sum(self, number: int, place: int, others: set[int]) -> bool:
        column = self.columns[number]
        values = parse_amounts(column.text).values
        if column.number is not None:
            values = values.fill_null(column.number)
        values = column.spread(values)
        own = values[place]
        rest = values.scatter(sorted({place, *others}), None).drop_nulls()
        total = float(rest.sum())
        return own is not None and len(rest) >= 2 and total != 0 and abs(own - total) <= _SAME_SUM * abs(total)


def _places(rows: pl.Series, columns: int, height: int) -> pl.Series:
    """Where some rows stand in columns below one another."""
    return rows if columns == 1 else pl.concat([rows + column * height for column in range(columns)])


def _filled(columns: Sequence[RawColumn], rows: int) -> pl.Series:
    """Count the cells that each row fills; where all fill more than half of the columns, not exactly."""
    always = 0
    sometimes: list[tuple[int, RawColumn, pl.Series]] = []
    for places, column in stacks(columns, rows):
        texts = column.text
        here = texts.is_not_null()
        short = texts.str.len_bytes() <= _LONGEST_BLANK
        if short.any():
            here &= ~(short & texts.is_in(_BLANK)).fill_null(value=False)
        if column.number is not None:
            here |= column.number.is_not_null()
        if here.all() and (column.codes is None or not column.codes.null_count()):
            always += len(places)
        else:
            sometimes.append((len(places), column, here))
    filled = pl.repeat(always, rows, dtype=pl.UInt16, eager=True)
    if always * 2 > len(columns):
        return filled  # as in most tables: no row fills few columns, however many exactly
    for many, column, here in sometimes:
        filled += column_sums(column.spread(here), many)
    return filled


@cache
def _hint() -> str:
    """Pattern of a text that may be a label: cheap, for whole columns."""
    words = {word.lower() for key in ("totals", "subtotals") for word in vocabulary()[key]}
    return rf"(?i)^\s*(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})\b|\(\s*\d[^()]*\)\s*$"
