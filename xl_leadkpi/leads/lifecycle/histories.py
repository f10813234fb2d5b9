"""Opening a history: which columns of a file or table say what, and its changes as a log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xl_leadkpi.errors import InputError, listed
from xl_leadkpi.leads.lifecycle.log_query import read_log_query
from xl_leadkpi.leads.lifecycle.log_rows import read_log
from xl_leadkpi.leads.overrides import HISTORY_COLUMNS, of_table
from xl_leadkpi.leads.recognition.columns import recognise
from xl_leadkpi.leads.recognition.headers import find_column
from xl_leadkpi.leads.recognition.table_kind import history_columns

if TYPE_CHECKING:
    import narwhals as nw

    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.model.history import Log
    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.recognition.table_kind import LogColumns

    Query = nw.LazyFrame[Any]


@dataclass(frozen=True, slots=True)
class HistorySource:
    """A history before it is understood.

    Attributes:
        grid: Its headers, first cells and rows.
        query: Its rows where they stay on an engine, else None.
    """

    grid: RawTable
    query: Query | None = None


def open_history(source: HistorySource, options: ReadOptions, *, is_deals: bool, of: Query | None = None) -> Log:
    """Read a history of changes.

    Args:
        source: Its rows.
        options: How to read it.
        is_deals: It is about deals.
        of: Identifiers of the only records whose changes count, as ``lead``; None for all.

    Raises:
        InputError: It has no column of identifiers, of stages or of times, or none of its words is a stage.
    """
    columns = columns_of(source.grid, options)
    if source.query is not None:
        return read_log_query(source.query, source.grid, columns, options, is_deals=is_deals, of=of)
    return read_log(source.grid, columns, options, is_deals=is_deals, of=of)


def columns_of(grid: RawTable, options: ReadOptions) -> LogColumns:
    """Find the columns of a history.

    Raises:
        InputError: There is no column of identifiers, of stages or of times.
    """
    own = of_table(options.fields, "history")
    named = {
        name: place
        for name, header in own.items()
        if name in HISTORY_COLUMNS and (place := find_column(grid.headers, header)) is not None
    }
    mapped = recognise(grid.headers, grid.sample, "leads", options.pipeline, own)
    found = history_columns(grid.headers, grid.sample, mapped, options.pipeline, named)
    if found is None:
        raise InputError(
            f"{grid.place}, row {grid.first_row - 1}: this is no history of changes. Found: {listed(grid.headers)}. "
            "Needed: an identifier (Deal ID), the stage that was entered (Stage, New Value) and when (Date entered, "
            "Timestamp), one row a change. Name them with --map history.lead_id=HEADER, --map history.stage=HEADER "
            "and --map history.time=HEADER."
        )
    return found
