"""A log on an engine, made ready to be joined with leads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.leads.fields.log_on_engine import ABOUT, DecodedLog, decode_log
from xl_leadkpi.leads.lifecycle.as_of import bound_of
from xl_leadkpi.leads.lifecycle.log_rows import FIRST_ROWS, headers_of, is_newest_first, refuse_without_stage
from xl_leadkpi.leads.lifecycle.visits import starts_of
from xl_leadkpi.leads.model.history import Log
from xl_leadkpi.leads.recognition.stage_words import is_open

if TYPE_CHECKING:
    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.recognition.table_kind import LogColumns

    Query = nw.LazyFrame[Any]


def read_log_query(
    frame: Query,
    grid: RawTable,
    columns: LogColumns,
    options: ReadOptions,
    *,
    is_deals: bool,
    of: Query | None = None,
) -> Log:
    """Read a log that stays where it is.

    Args:
        frame: Its rows, with ``row_no``.
        grid: Its headers and first cells.
        columns: Which of its columns hold what.
        options: How to read it.
        is_deals: It is about deals.
        of: Identifiers of the only records whose changes count, as ``lead``; None for all.

    Raises:
        InputError: Days cannot be read, or none of the words is a known stage.
    """
    bound, headers = bound_of(options), headers_of(grid, columns)
    until = bound.day if bound.is_past else None
    decoded = decode_log(frame, grid, columns, options, is_deals=is_deals, until=until, of=of)
    if until is None and of is None:
        refuse_without_stage(grid.place, headers, decoded.words, options.pipeline)
    newest_first = _is_newest_first(decoded.rows)

    def ordered(rows: Query) -> Query:
        number = nw.col("row_no").cast(nw.Int64)
        return rows.with_columns(order=number * -1 if newest_first else number)

    keys = ("lead", "day", "order")
    return Log(
        ordered(decoded.steps).select(*keys, "row_no", "stage", "from_stage"),
        engines.detached(_starts(decoded), in_memory=False),
        ordered(decoded.rows).select(*keys, "row_no"),
        {name: ordered(rows).select(*keys, "value", "old") for name, rows in decoded.values.items()},
        None,
        grid.place,
        grid.name,
        headers,
        decoded.words,
        decoded.findings,
        decoded.row_count,
        decoded.has_time,
        in_memory=False,
        has_before=columns.before is not None,
        won_index=_reopening(decoded, columns, options.pipeline),
        said=ordered(decoded.said).select(*keys, "stage", "outcome"),
        outcomes=decoded.outcomes,
    )


def _reopening(decoded: DecodedLog, columns: LogColumns, pipeline: Pipeline) -> int:
    """The number of the win if rows say no more than that a lead is open, else 0."""
    if columns.field is None or not any(is_open(word.word) for word in decoded.words):
        return 0
    said = engines.measure(decoded.steps, {"open": (nw.col("stage") < 0).cast(nw.Int64).sum()})
    return pipeline.won_index if said["open"] else 0


def _is_newest_first(rows: Query) -> bool:
    head = rows.filter(nw.col("row_no") < FIRST_ROWS + 2).select("row_no", "lead", "day")
    [found] = engines.collect([head.sort("row_no").head(FIRST_ROWS)])
    return is_newest_first((row["lead"], row["day"]) for row in found)


def _starts(decoded: DecodedLog) -> Query:
    there = decoded.rows.collect_schema().names()
    return starts_of(decoded.rows, nw.col("about") == ABOUT["stage"] if "about" in there else None)


def beside(log: Log, model: Query) -> Log:
    """The log on the engine of the leads, so that the two can be joined."""
    if log.steps.implementation is model.implementation:
        return log
    return replace(
        log,
        steps=engines.to_same_backend(log.steps, model),
        starts=engines.to_same_backend(log.starts, model),
        keys=engines.to_same_backend(log.keys, model),
        said=None if log.said is None else engines.to_same_backend(log.said, model),
        values={name: engines.to_same_backend(rows, model) for name, rows in log.values.items()},
        names=None if log.names is None else engines.to_same_backend(log.names, model),
        in_memory=False,
    )
