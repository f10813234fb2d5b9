"""Tables with several rows a lead, made into tables with one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from xl_leadkpi.leads.cells.raw_table import SAMPLE_ROWS, Loaded, RawColumn, RawTable, column_sums, stacks
from xl_leadkpi.leads.fields.rules import clean_text
from xl_leadkpi.leads.recognition.other_rows import OtherRows, find_other_rows, other_row_findings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import narwhals as nw

    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.history import Log
    from xl_leadkpi.leads.model.table import StageWord

    LogOf = Callable[[nw.LazyFrame[Any]], Log]


@dataclass(frozen=True, slots=True)
class Folded:
    """A table with one row a lead.

    Attributes:
        grid: The table.
        fields: Field to header, for columns that the folding has given a meaning.
        words: Stage words of rows that are folded away.
        log: The changes, where it was a log.
        log_of: Reads the changes of some records alone, whose identifiers are the column ``lead``.
    """

    grid: RawTable
    fields: Mapping[str, str] = field(default_factory=dict)
    words: tuple[StageWord, ...] = ()
    log: Log | None = None
    log_of: LogOf | None = None


@dataclass(frozen=True, slots=True)
class AllRows:
    """Every column of a table, and which of its rows are records.

    Attributes:
        columns: The columns, by their place.
        places: Places of the records.
        findings: What was odd, and which rows are no records.
    """

    columns: Mapping[int, RawColumn]
    places: pl.Series
    findings: tuple[Finding, ...]

    def texts(self, column: int) -> pl.Series:
        """The cells of a column as clean texts, one a record."""
        found = self.columns[column]
        return found.spread(clean_text(found.as_text())).gather(self.places)


def all_rows(grid: RawTable) -> AllRows:
    """Load a whole table without totals, headings of groups, footers and repeated headers."""
    loaded = grid.load(range(len(grid.headers)), frozenset())
    # whoever numbered the rows has left out what is no record
    is_numbered = grid.row_no is not None
    other = OtherRows() if is_numbered else find_other_rows(list(loaded.columns.values()), loaded.rows, loaded.beyond)
    findings = (*loaded.findings, *other_row_findings(other, grid.first_row))
    records = pl.repeat(value=False, n=loaded.rows, dtype=pl.Boolean, eager=True)
    named = [(grid.headers[place], column) for place, column in loaded.columns.items()]
    for places, stack in stacks([column for _, column in named], loaded.rows):
        filled = stack.text.is_not_null() & (stack.text != _headers([named[place] for place in places]))
        if stack.number is not None:
            filled |= stack.number.is_not_null()
        records |= column_sums(stack.spread(filled), len(places)) > 0
    if other.places:
        records = records.scatter(other.places, values=False)
    return AllRows(loaded.columns, records.arg_true(), findings)


def _headers(named: Sequence[tuple[str, RawColumn]]) -> str | pl.Series:
    """The header of each cell of columns that stand below one another."""
    if len(named) == 1:
        return named[0][0]
    lengths = [len(column.text) for _, column in named]
    return pl.Series([header for header, _ in named]).gather(np.repeat(np.arange(len(named)), lengths))


def folded_table(
    grid: RawTable, columns: Sequence[tuple[str, RawColumn]], places: pl.Series, findings: Sequence[Finding]
) -> RawTable:
    """Make a table of columns that have one row a lead.

    Args:
        grid: Where they came from.
        columns: Headers and columns.
        places: For each row the place of its first one in the source.
        findings: What was found.
    """
    rows = len(places)
    kept = [column for _, column in columns]
    head = pl.int_range(min(rows, SAMPLE_ROWS), dtype=pl.UInt32, eager=True)

    def load(positions: Sequence[int], _identifiers: frozenset[int]) -> Loaded:
        return Loaded({position: kept[position] for position in positions}, rows, tuple(findings))

    return replace(
        grid,
        headers=tuple(header for header, _ in columns),
        sample=tuple(tuple(column.at(head)) for column in kept),
        load=load,
        row_no=grid.numbered(places),
        also={},
        rows=None,
    )
