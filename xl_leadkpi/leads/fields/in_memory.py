"""From raw columns to typed fields: each distinct cell is read once, then laid out over the rows.

This is the eager part of the room: it works on Polars series of distinct cells. What follows (the room lifecycle) are
expressions that any engine runs.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from xl_leadkpi.leads.cells.blanks import is_missing
from xl_leadkpi.leads.cells.dates import looks_like_date
from xl_leadkpi.leads.cells.numbers import looks_like_number
from xl_leadkpi.leads.fields.decoder import (
    IDENTIFIER_FIELDS,
    LABEL_FIELDS,
    MONEY_FIELDS,
    NUMBERED_FIELDS,
    STAGE_FIELDS,
    FieldDecoder,
)
from xl_leadkpi.leads.fields.filters import (
    KEPT,
    cells_left,
    cells_read,
    left_after,
    nothing_left,
    range_said,
    values_said,
)
from xl_leadkpi.leads.fields.groups import filled_down, headings
from xl_leadkpi.leads.fields.rules import (
    IDENTIFIERS,
    MARKS,
    NO_DETAILS,
    Decoded,
    all_marked,
    clean_text,
    conflicting,
    is_filled,
    is_unique,
    labels,
    lead_fields,
    months,
    read_identifiers,
    spellings,
)
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind
from xl_leadkpi.leads.recognition.columns import date_fields
from xl_leadkpi.leads.recognition.other_rows import find_other_rows, other_row_findings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from xl_leadkpi.leads.cells.raw_table import Loaded, RawColumn, RawTable
    from xl_leadkpi.leads.fields.filters import ColumnCondition, Literals, ReadCells
    from xl_leadkpi.leads.fields.rules import DateColumns, Odd
    from xl_leadkpi.leads.model.conditions import Filtered
    from xl_leadkpi.leads.model.findings import Detail
    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.model.table import Spelling
    from xl_leadkpi.leads.recognition.columns import ColumnMap
    from xl_leadkpi.leads.recognition.other_rows import OtherRows

NO_COLUMNS: Mapping[str, RawColumn] = MappingProxyType({})


class Decoder(FieldDecoder[pl.Series]):
    """Reads the columns of a table in memory."""

    def __init__(
        self,
        grid: RawTable,
        loaded: Loaded,
        mapped: ColumnMap,
        options: ReadOptions,
        conditions: Sequence[ColumnCondition] = (),
        *,
        is_deals: bool,
        is_joined: bool = False,
    ) -> None:
        super().__init__(grid, mapped, options, conditions, is_deals=is_deals)
        self.rows = loaded.rows
        self.beyond = loaded.beyond
        read = {*lead_fields(self.pipeline), *MARKS}
        self.raw = {
            name: loaded.columns[place]
            for name, place in mapped.position.items()
            if place in loaded.columns and name in read
        }
        self.asked = {one.place: loaded.columns[one.place] for one in conditions}
        self.is_joined = is_joined
        self.dropped: pl.Series | None = None
        self.dates: DateColumns | None = None
        self.said: dict[int, tuple[str, str]] = {}
        self.filtered: tuple[Filtered, ...] = ()

    def run(self, by: Mapping[str, RawColumn] = NO_COLUMNS) -> Decoded:
        """Decode all fields; ``by`` are further columns to group by."""
        self.dropped = self._without_marked(self.other_rows())
        self.dates = self._read_dates({name: self.raw[name] for name in self.raw if name in date_fields(self.pipeline)})
        self._apply_filters()
        for name, column in by.items():
            self.columns[name] = column.spread(labels(self._tallied(column)))
        self._dates(self.dates)
        steps = (
            (self._put_stages, STAGE_FIELDS),
            (self._put_flags, self.flags),
            (self._put_probability, ("probability",)),
            (self._put_money, MONEY_FIELDS),
        )
        for put, names in steps:
            put()
            for name in names:
                self.raw.pop(name, None)  # not to hold a million cells twice
        for name in IDENTIFIER_FIELDS:
            if name in self.raw:
                self.columns[name] = self._identifier(name)
        for name in LABEL_FIELDS:
            if name in self.raw:
                column = self.raw.pop(name)
                self.columns[name] = column.spread(labels(self._tallied(column)))
        row_no = self.grid.numbered(pl.int_range(self.rows, dtype=pl.Int64, eager=True))
        frame = pl.DataFrame({"row_no": row_no, **self.columns})
        fields = {name for name in self.columns if not name.startswith(("by_", "key_", KEPT))}
        self.columns.clear()
        if self.dropped is not None:
            frame = frame.filter(~self.dropped)
        unique: set[str] = {name for name in ("lead_id", "email", "phone") if name in fields and is_unique(frame[name])}
        return Decoded(
            frame,
            self.pipeline,
            fields,
            self.words,
            self.findings,
            self.has_time,
            self.rows,
            self.header,
            unique,
            self.told,
            _spellings(frame) if "source" in fields else (),
            self.filtered,
            self.said,
            self.met,
        )

    @property
    def _none(self) -> pl.Series:
        return pl.repeat(value=False, n=self.rows, dtype=pl.Boolean, eager=True)

    # --- rows that are no leads

    def other_rows(self) -> pl.Series | None:
        """Find empty rows, repeated headers, headings and subtotals of groups, totals and footers.

        What a heading says of its group is in ``raw`` afterwards, as if it stood in each of the rows.
        """
        filled: pl.Series | None = None
        repeated: pl.Series | None = None
        for name, column in self.raw.items():
            if filled is None or not filled.all():
                blank = column.text.is_null() | (column.text.str.strip_chars() == "")
                if column.number is not None:
                    blank &= column.number.is_null()
                here = column.spread(~blank).fill_null(value=False)
                filled = here if filled is None else filled | here
            equal = column.text == self.header[name]
            if equal.any():
                same = column.spread(equal).cast(pl.UInt8).fill_null(0)
                repeated = same if repeated is None else repeated + same
        if filled is None:
            return None
        last = filled.arg_true().tail(1)
        end = int(last[0]) + 1 if len(last) else 0
        dropped = ~filled
        self._note_rows(FindingKind.EMPTY_ROWS, dropped.head(end))
        headers_again = self._none if repeated is None else repeated >= min(2, len(self.raw))
        if self._second_header():
            headers_again = headers_again | (pl.int_range(self.rows, eager=True) == 0)
        self._note_rows(FindingKind.HEADER_AGAIN, headers_again)
        dropped = dropped | headers_again
        if self.grid.row_no is None:  # whoever numbered the rows has left out what is no record
            other = find_other_rows(list(self.raw.values()), self.rows, self.beyond)
            self.findings += other_row_findings(other, self.grid.first_row)
            if other.places:
                dropped = dropped | self._none.scatter(other.places, values=True)
                self._fill_groups(other, ~dropped)
        return dropped if dropped.any() else None

    def _without_marked(self, dropped: pl.Series | None) -> pl.Series | None:
        dropped = self._with_marked(self._none if dropped is None else dropped)
        return dropped if dropped.any() else None

    def _fill_groups(self, other: OtherRows, records: pl.Series) -> None:
        """Give each row of a group what stands but once for all of them."""
        for name, column in self.raw.items():
            self.raw[name] = filled_down(column, records, other)
        for name, (header, column) in headings(other, self.rows, self.raw, self.pipeline).items():
            self.raw[name] = column
            self.header[name] = header

    def _with_marked(self, dropped: pl.Series) -> pl.Series:
        """Add the rows that a column marks as deleted, as a test or as a duplicate."""
        for kind, name, marks in self._marks():
            marked = marks.fill_null(value=False)
            found = noted(kind, marked & ~dropped, self.grid, self.header[name])
            self.findings += found
            dropped = dropped | marked
            if found and dropped.all():
                raise all_marked(self.grid.place, self.header[name], name)
        self.raw = {name: column for name, column in self.raw.items() if name not in MARKS}
        return dropped

    def _second_header(self) -> bool:
        """Tell whether the first row explains the header ("text", "date") instead of holding data."""
        cells = {name: _first_text(column) for name, column in self.raw.items()}
        texts = [cell for cell in cells.values() if cell]
        if len(texts) < 2 or len(texts) < sum(1 for column in self.raw.values() if _first_is_filled(column)):
            return False
        typed = [cell for name, cell in cells.items() if cell and name in date_fields(self.pipeline) | {"amount"}]
        is_data = any(looks_like_date(cell) or looks_like_number(cell) or is_missing(cell) for cell in typed)
        return len(typed) >= 2 and not is_data

    # --- rows that are not wanted

    def _apply_filters(self) -> None:
        """Leave out the rows that the user's filters do not leave, or mark them where deals are yet to be joined."""
        kept = self._none if self.dropped is None else self.dropped
        kept = ~kept
        asked: list[tuple[str, bool]] = []
        left: list[int] = []
        rows = int(kept.sum())
        for number, text, is_word, mask in self._filters():
            if self.is_joined:
                self.columns[f"{KEPT}{number}"] = mask
                self.said[number] = self._said(number, kept)
                if self.options.sales_pipeline and number == len(self.options.where) - 1:
                    # words of deals in other pipelines are none of this one's
                    self.dropped = ~mask if self.dropped is None else self.dropped | ~mask
                continue
            before, kept = kept, kept & mask
            asked.append((text, is_word))
            left.append(int(kept.sum()))
            if not left[-1]:
                raise nothing_left(self.grid.place, left_after(asked, rows, left), *self._said(number, before))
        self.asked.clear()
        if asked:
            self.filtered = left_after(asked, rows, left)
            self.dropped = ~kept

    def _said(self, number: int, rows: pl.Series) -> tuple[str, str]:
        """The header of a condition's column, and what some rows of it hold."""
        asked = next((one for one in self.conditions if one.number == number), None)
        if asked is None:
            return "", ""
        column, cells = self._column_of(asked)
        values = cells.numbers() if asked.is_of_money else cells.days() if asked.is_of_dates else None
        if values is not None:
            low, high = (
                column.spread(values)
                .filter(rows)
                .to_frame("value")
                .select(low=pl.col("value").min(), high=pl.col("value").max())
                .row(0)
            )
            return asked.header, range_said(low, high, are_days=asked.is_of_dates)
        blank = 0 if column.codes is None else column.codes.filter(rows).null_count()
        return asked.header, values_said(column.as_text(), _tally(column, rows), blank)

    def _column_of(self, asked: ColumnCondition) -> tuple[RawColumn, ReadCells]:
        """The column that a condition is about, and how its cells are read."""
        field = asked.field
        if field is None or field not in self.raw:
            column = self.asked[asked.place]
            return column, cells_read(column, asked.header, self.grid, self.options.locale)
        column = self.raw[field]
        cells = cells_read(column, asked.header, self.grid, self.options.locale)
        if asked.is_of_dates:
            assert self.dates is not None
            days = self.dates.read[field].days
            return column, replace(cells, days=lambda: days)
        return column, replace(cells, numbers=lambda: self._money(field).values) if asked.is_of_money else cells

    def _left_by(self, asked: ColumnCondition, values: Literals) -> pl.Series:
        column, cells = self._column_of(asked)
        mask = cells_left(asked, values, column, cells)
        return column.spread(mask).fill_null(asked.condition.holds_for_blank)

    def _left(self, field: str, mask: pl.Series) -> pl.Series:
        return self.raw[field].spread(mask).fill_null(value=True)

    # --- cells to rows

    @property
    def _row_count(self) -> int:
        return self.filtered[-1].left if self.filtered else self.rows

    @property
    def _there(self) -> Collection[str]:
        return self.raw.keys()

    def _cells(self, field: str) -> RawColumn:
        column = self.raw[field]
        return self._tallied(column) if field in STAGE_FIELDS else column

    def _tallied(self, column: RawColumn) -> RawColumn:
        """The column with the numbers of rows that are left of each cell."""
        return column if self.dropped is None else replace(column, tallied=_tally(column, ~self.dropped))

    def _filled(self, field: str) -> pl.Series:
        return self.raw[field].spread(is_filled(self.raw[field]))

    def _pairs(self, one: str, other: str) -> Iterable[tuple[str | None, str | None, int]]:
        texts = {name: self.raw[name].spread(self.raw[name].as_text()) for name in (one, other)}
        rows = pl.DataFrame({"one": texts[one], "other": texts[other]})
        rows = rows if self.dropped is None else rows.filter(~self.dropped)
        return rows.group_by("one", "other").len().rows()

    def _note_conflicts(self, codes: Sequence[tuple[int, int]]) -> None:
        stage, status = self.columns["stage"], self.columns["status"]
        mask = reduce(or_, ((stage == one) & (status == other) for one, other in codes)).fill_null(value=False)
        mask = mask if self.dropped is None else mask & ~self.dropped
        if mask.any():
            texts = {name: self.raw[name].spread(self.raw[name].as_text()) for name in ("stage", "status")}
            pairs = pl.DataFrame({name: text.filter(mask) for name, text in texts.items()})
            details = conflicting(pairs.group_by("stage", "status").len().rows())
            self._note_rows(FindingKind.CONTRADICTIONS, mask, self.header["status"], details)

    def _laid_out(self, field: str, values: pl.Series) -> pl.Series:
        return self.raw[field].spread(values)

    def _first_of(self, one: pl.Series, other: pl.Series) -> pl.Series:
        return one.fill_null(other)

    def _constant(self, text: str) -> pl.Series:
        return pl.Series([text]).new_from_index(0, self.rows)

    def _months(self, field: str, days: pl.Series) -> pl.Series:
        return self.raw[field].spread(months(days))

    def _dates(self, dates: DateColumns) -> None:
        for name, read in dates.read.items():
            self._put_dates(name, read)
            del self.raw[name]
        if "first_response" in self.raw:
            self._put_response(dates)

    def _identifier(self, name: str) -> pl.Series:
        column = self.raw[name]
        if name not in NUMBERED_FIELDS:
            values = column.spread(clean_text(column.as_text()))
        else:
            read = read_identifiers(column)
            for odd in read.odd:
                self._note(odd, name)
            values = column.spread(read.texts)
        del self.raw[name]
        return values

    def _note(self, odd: Odd, field: str) -> None:
        header = self.header[field]
        if odd.mask is None:
            self.findings.append(Finding(odd.kind, self._row_count, header, details=odd.details))
        else:
            self._note_rows(odd.kind, self.raw[field].spread(odd.mask), header, odd.details)

    def _note_rows(
        self, kind: FindingKind, mask: pl.Series, column: str = "", details: Mapping[str, Detail] = NO_DETAILS
    ) -> None:
        if self.dropped is not None and mask.any():
            mask = mask & ~self.dropped
        self.findings += noted(kind, mask, self.grid, column, details)


def _tally(column: RawColumn, rows: pl.Series) -> pl.Series:
    """Count among some rows those of each distinct cell."""
    if column.codes is None:
        return rows.cast(pl.UInt32)
    return replace(column, codes=column.codes.filter(rows)).counts()


def _spellings(frame: pl.DataFrame) -> tuple[Spelling, ...]:
    medium = pl.col("medium") if "medium" in frame.columns else pl.lit(None, dtype=pl.String).alias("medium")
    return spellings(frame.select("source", medium).group_by("source", "medium").len().iter_rows())


def odd_cells(odd: Odd, column: RawColumn, grid: RawTable, header: str) -> list[Finding]:
    """Count and locate the rows of a column's odd cells."""
    if odd.mask is None:
        rows = len(column.text if column.codes is None else column.codes)
        return [Finding(odd.kind, rows, header, details=odd.details)]
    return noted(odd.kind, column.spread(odd.mask), grid, header, odd.details)


def noted(
    kind: FindingKind, mask: pl.Series, grid: RawTable, column: str = "", details: Mapping[str, Detail] = NO_DETAILS
) -> list[Finding]:
    """Count the rows of a mask, and name the first of them as the source numbers them."""
    count = int(mask.sum() or 0)
    rows = grid.numbered(mask.arg_true().head(ROWS_NAMED))
    return [Finding(kind, count, column, tuple(rows.to_list()), details)] if count else []


def _first_text(column: RawColumn) -> str | None:
    place = 0 if column.codes is None else column.codes[0]
    return None if place is None or not len(column.text) else column.text[place]


def _first_is_filled(column: RawColumn) -> bool:
    if column.codes is not None:
        return column.codes[0] is not None
    return bool(_first_text(column)) or (column.number is not None and column.number[0] is not None)


def wanted_columns(
    mapped: ColumnMap, by: Sequence[int], pipeline: Pipeline, asked: Iterable[int] = ()
) -> tuple[list[int], frozenset[int]]:
    """List the columns to read, and which of them are identifiers; ``asked`` are those of conditions."""
    places = {mapped.position[name]: name for name in (*lead_fields(pipeline), *MARKS) if name in mapped.position}
    identifiers = frozenset(place for place, name in places.items() if name in IDENTIFIERS)
    return sorted({*places, *by, *asked}), identifiers - set(by)
