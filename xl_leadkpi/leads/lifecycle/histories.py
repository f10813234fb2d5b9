"""Opening a history: which columns of a file or table say what, and its changes as a log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.errors import InputError, listed
from xl_leadkpi.leads.fields.rules import read_identifiers
from xl_leadkpi.leads.lifecycle.log_query import read_log_query
from xl_leadkpi.leads.lifecycle.log_rows import read_log, unclear_record
from xl_leadkpi.leads.overrides import HISTORY_COLUMNS, of_table
from xl_leadkpi.leads.recognition.columns import recognise
from xl_leadkpi.leads.recognition.headers import find_column
from xl_leadkpi.leads.recognition.table_kind import closing_days, history_columns, identifiers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.fields.rules import Decoded
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


def open_history(
    source: HistorySource,
    options: ReadOptions,
    *,
    is_deals: bool,
    leads: Decoded | None = None,
    of: Query | None = None,
) -> Log:
    """Read a history of changes.

    Args:
        source: Its rows.
        options: How to read it.
        is_deals: It is about deals.
        leads: The leads or deals whose changes it should tell.
        of: Identifiers of the only records whose changes count, as ``lead``; None for all.

    Raises:
        InputError: It has no column of identifiers, of stages or of times, nothing tells which of several columns of
            identifiers is that of the leads, or none of its words is a stage.
    """
    columns = _columns(source, options, leads)
    if source.query is not None:
        return read_log_query(source.query, source.grid, columns, options, is_deals=is_deals, of=of)
    return read_log(source.grid, columns, options, is_deals=is_deals, of=of)


def _columns(source: HistorySource, options: ReadOptions, leads: Decoded | None) -> LogColumns:
    grid = source.grid
    own = of_table(options.fields, "history")
    named = {
        name: place
        for name, header in own.items()
        if name in HISTORY_COLUMNS and (place := find_column(grid.headers, header)) is not None
    }
    mapped = recognise(grid.headers, grid.sample, "leads", options.pipeline, own)
    possible = identifiers(grid.headers, grid.sample, mapped)
    if "lead_id" not in named and possible:
        named["lead_id"] = possible[0] if len(possible) == 1 else _whose(source, possible, leads)
    found = history_columns(grid.headers, grid.sample, mapped, options.pipeline, named)
    if found is None:
        closings = closing_days(grid.headers, grid.sample, options.pipeline)
        no_time = f" When a deal is closed ({listed(closings)}) is not when it changed." if closings else ""
        raise InputError(
            f"{grid.place}, row {grid.first_row - 1}: this is no history of changes. Found: {listed(grid.headers)}. "
            "Needed: an identifier (Deal ID), the stage that was entered (Stage, New Value) and when (Date entered, "
            f"Timestamp), one row a change.{no_time} Name them with --map history.lead_id=HEADER, --map "
            "history.stage=HEADER and --map history.time=HEADER."
        )
    return found


# --- whose changes they are


def _whose(source: HistorySource, possible: Sequence[int], leads: Decoded | None) -> int:
    """Of several columns of identifiers that of the leads: the rows' own number has no value twice.

    Raises:
        InputError: Neither the column's values nor the leads tell.
    """
    grid = source.grid
    again = [place for place in possible if _comes_again(source, place)]
    some = again or list(possible)
    if len(some) > 1 and leads is not None:
        some = [place for place in some if _names_any(grid.sample[place], leads)] or some
    if len(some) == 1:
        return some[0]
    raise unclear_record(grid, some, "history.lead_id")


def _comes_again(source: HistorySource, place: int) -> bool:
    if source.query is not None:
        names = {engines.header_of(name): name for name in source.query.collect_schema().names()}
        cells = nw.col(names[source.grid.headers[place]])
        counted = engines.measure(source.query, {"rows": cells.count(), "values": cells.n_unique()})
        return int(counted["rows"]) > int(counted["values"])
    column = source.grid.load([place], frozenset({place})).columns[place]
    texts = column.spread(read_identifiers(column).texts).drop_nulls()
    return bool(texts.n_unique() < len(texts))


def _names_any(cells: Sequence[object], leads: Decoded) -> bool:
    """Whether one of the leads is called as the first rows say."""
    texts = [str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell) for cell in cells if cell]
    frame = nw.from_native(leads.frame).lazy()
    there = {"lead_id", "link_id", "name"} & {*frame.collect_schema().names()}
    asked = {name: nw.col(name).cast(nw.String).is_in(texts).cast(nw.Int64).sum() for name in there}
    return bool(asked) and any(engines.measure(frame, asked).values())
