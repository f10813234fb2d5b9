"""Touches for attribution: which lead met which channel when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from xl_leadkpi import engines
from xl_leadkpi.errors import InputError, brief, listed
from xl_leadkpi.leads.fields.in_memory import odd_cells
from xl_leadkpi.leads.fields.on_engine import QueryDecoder, located, open_query
from xl_leadkpi.leads.fields.rules import labels, read_dates, read_identifiers
from xl_leadkpi.leads.files.open import open_frame, open_table
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind
from xl_leadkpi.leads.model.options import ReadOptions
from xl_leadkpi.leads.model.table import TouchTable
from xl_leadkpi.leads.recognition.columns import recognise

if TYPE_CHECKING:
    from xl_leadkpi.leads.cells.raw_table import RawColumn, RawTable
    from xl_leadkpi.leads.recognition.columns import ColumnMap

_NEEDED = {
    "lead_id": "the lead's identifier (Lead ID)",
    "to_time": "the time (Time, Date)",
    "to_channel": "the channel (Channel, Source)",
}


def read_touches(path: Path | str, options: ReadOptions | None = None) -> TouchTable:
    """Read a table of touches: lead identifier, time, channel.

    Args:
        path: Any supported file.
        options: How to read it; ``fields`` may name ``lead_id``, ``to_time``, ``to_channel``, ``to_campaign``.

    Returns:
        The touches in time order a lead; touches without lead, time or channel are reported and left out.

    Raises:
        InputError: One of the three columns is missing, or the file cannot be used.
    """
    options = options or ReadOptions()
    return _read(open_table(Path(path), "touches", options), options)


def read_touches_frame(data: Any, options: ReadOptions | None = None, source_name: str = "selection") -> TouchTable:
    """Read touches from a selected range or a data frame, as :func:`read_touches` does from a file.

    Args:
        data: pandas or Polars frame, or a list of rows with the header among the first 15.
        options: How to read it.
        source_name: Name of the range for messages.

    Returns:
        The touches in time order a lead.

    Raises:
        InputError: The data cannot be used.

    >>> read_touches_frame([["Lead ID", "Time", "Channel"], ["L1", "2025-05-01", "Ads"]]).frame["channel"].to_list()
    ['Ads']
    """
    if engines.is_lazy_data(data):
        return read_touches_query(data, options, source_name)
    options = options or ReadOptions()
    return _read(open_frame(data, "touches", options, source_name), options)


def read_touches_query(frame: Any, options: ReadOptions | None = None, source_name: str = "table") -> TouchTable:
    """Read touches from a typed table that stays where it is, as :func:`read_touches` does from a file.

    Args:
        frame: Polars LazyFrame, DuckDB relation, PySpark DataFrame, or a Narwhals frame over one.
        options: How to read it.
        source_name: Name of the table for messages.

    Returns:
        The touches; the frame is a query on the same engine.

    Raises:
        InputError: One of the columns is missing, or the table cannot be used.

    >>> from datetime import date
    >>> touches = pl.LazyFrame({"Lead ID": ["L1"], "Time": [date(2025, 5, 1)], "Channel": ["Ads"]})
    >>> read_touches_query(touches).frame.collect()["day"].to_list()
    [45778.0]
    """
    options = options or ReadOptions()
    query = engines.numbered(nw.from_native(frame).lazy())
    grid = open_query(query, source_name)
    mapped = _recognised(grid, options)
    decoder = QueryDecoder(query, grid, mapped, options, is_deals=False)
    decoded = decoder.run_touches()
    wanted = ("lead_id", "day", "channel")
    lacking = [nw.col(name).is_null() for name in wanted]
    some = nw.any_horizontal(*lacking, ignore_nulls=True) & ~nw.all_horizontal(*lacking, ignore_nulls=True)
    decoder.findings += located(decoded, FindingKind.INCOMPLETE_TOUCHES, some)
    return TouchTable(
        decoded.drop_nulls(list(wanted)).drop("row_no"), mapped.columns, tuple(decoder.findings), grid.name
    )


def _recognised(grid: RawTable, options: ReadOptions) -> ColumnMap:
    own = {
        name: header
        for name, header in options.fields.items()
        if name in {*_NEEDED, "to_campaign"} and header in grid.headers
    }
    mapped = recognise(grid.headers, grid.sample, "touches", options.pipeline, own)
    for name, what in _NEEDED.items():
        if name not in mapped.position:
            raise InputError(
                f"{grid.place}, row {grid.first_row - 1}: no column with {what} was recognised. Found: "
                f"{listed(grid.headers)}. Name it with --map {name}=HEADER."
            )
    return mapped


def _read(grid: RawTable, options: ReadOptions) -> TouchTable:
    mapped = _recognised(grid, options)
    places = {name: mapped.position[name] for name in (*_NEEDED, "to_campaign") if name in mapped.position}
    loaded = grid.load(sorted(places.values()), frozenset({places["lead_id"]}))
    column: dict[str, RawColumn] = {name: loaded.columns[place] for name, place in places.items()}
    time = column["to_time"]
    header = grid.headers[places["to_time"]]
    dates = read_dates({"to_time": time}, {"to_time": header}, grid, locale=options.locale)
    days = dates.read["to_time"].days
    if days is None:
        raise InputError(
            f"{grid.place}, column '{brief(header)}': day and month stand in both orders (13/05/2025 and 05/13/2025). "
            "Export the dates again as 2025-05-13."
        )
    campaign = column.get("to_campaign")
    ids = read_identifiers(column["lead_id"])
    frame = pl.DataFrame(
        {
            "row_no": pl.int_range(grid.first_row, grid.first_row + loaded.rows, dtype=pl.Int64, eager=True),
            "lead_id": column["lead_id"].spread(ids.texts),
            "day": time.spread(days).cast(pl.Float64),
            "channel": column["to_channel"].spread(labels(column["to_channel"])),
            "campaign": campaign.spread(labels(campaign))
            if campaign
            else pl.repeat(None, loaded.rows, dtype=pl.String, eager=True),
        }
    )
    findings = [*grid.notes, *loaded.findings]
    findings += [
        Finding(odd.kind, loaded.rows, header, details=odd.details)
        for odd in dates.read["to_time"].odd
        if odd.kind is FindingKind.AMBIGUOUS_DATES
    ]
    for odd in ids.odd:
        findings += odd_cells(odd, column["lead_id"], grid, grid.headers[places["lead_id"]])
    if dates.odd:
        findings.append(Finding(dates.odd.kind, loaded.rows, details=dates.odd.details))
    empty = pl.all_horizontal(pl.col("lead_id", "day", "channel").is_null())
    lacking = frame.filter(pl.any_horizontal(pl.col("lead_id", "day", "channel").is_null()) & ~empty)
    if len(lacking):
        findings.append(
            Finding(
                FindingKind.INCOMPLETE_TOUCHES, len(lacking), rows=tuple(lacking["row_no"].head(ROWS_NAMED).to_list())
            )
        )
    frame = frame.drop_nulls(["lead_id", "day", "channel"]).sort("lead_id", "day", "row_no").drop("row_no")
    return TouchTable(nw.from_native(frame, eager_only=True), mapped.columns, tuple(findings), grid.name)
