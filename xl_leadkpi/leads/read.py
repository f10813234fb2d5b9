"""From any export to one clean lead table: the room's front door."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
import polars as pl

from xl_leadkpi.leads import engine
from xl_leadkpi.leads.columns import ColumnMap, recognise
from xl_leadkpi.leads.decode import Decoded, Decoder, clean_text, labels, wanted_columns
from xl_leadkpi.leads.errors import InputError
from xl_leadkpi.leads.headers import find_column
from xl_leadkpi.leads.join import join_deals, key_columns
from xl_leadkpi.leads.lead_rows import LeadRows, day_number
from xl_leadkpi.leads.options import ReadOptions
from xl_leadkpi.leads.parse import looks_like_date
from xl_leadkpi.leads.query import QueryDecoder, open_query
from xl_leadkpi.leads.sources import open_frame, open_table
from xl_leadkpi.leads.stages import find_stage
from xl_leadkpi.leads.table import STAGES, Finding, LeadTable
from xl_leadkpi.leads.vocabulary import full_header_key, plain, vocabulary
from xl_leadkpi.leads.wishes import check_headers, checked, listed, of_table, unused_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xl_leadkpi.leads.grid import Grid


def read(
    path: Path | str,
    options: ReadOptions | None = None,
    deals: Path | str | None = None,
    progress: Callable[[str], None] | None = None,
) -> LeadTable:
    """Read an export of leads or deals from a file.

    Args:
        path: CSV, TSV, TXT, XLSX, XLS, XLSB, ODS or Parquet file.
        options: How to read it.
        deals: A second export with the deals of these leads, joined on the identifier both share.
        progress: Called with a word on what is being done.

    Returns:
        The lead table, with its list of oddities.

    Raises:
        InputError: The file cannot be used; the message says where, why and what to do.
    """
    options = checked(options or ReadOptions())
    tell = progress or (lambda _: None)
    tell("reading")
    grid = open_table(Path(path), "leads", options)
    deal_grid = open_table(Path(deals), "deals", options) if deals is not None else None
    return _build(grid, options, deal_grid, tell)


def read_frame(
    data: Any, options: ReadOptions | None = None, source_name: str = "selection", first_row: int = 1
) -> LeadTable:
    """Read leads from a selected range or a data frame.

    Args:
        data: pandas or Polars frame, or a list of rows (the header among the first 15) as xlwings hands it over; a
            Polars LazyFrame, DuckDB relation or PySpark DataFrame stays where it is, see :func:`read_query`.
        options: How to read it.
        source_name: Name of the range for the sheet and for messages.
        first_row: Row number of the first row (of a frame: of its header) in the source.

    Returns:
        The lead table; its frame is pandas for a pandas frame, a query for what stays where it is, else Polars.

    Raises:
        InputError: The data cannot be used.

    >>> table = read_frame([["Lead ID", "Created", "Stage"], ["L1", "2025-01-05", "Won"], ["L2", "2025-02-01", "New"]])
    >>> table.frame["outcome"].to_list(), table.stages
    (['won', 'open'], ('Lead', 'Won'))
    """
    if engine.stays(data):
        return read_query(data, options, source_name)
    options = checked(options or ReadOptions())
    grid = open_frame(data, "leads", options, source_name, first_row)
    table = _build(grid, options, None, lambda _: None)
    if type(data).__module__.split(".")[0] == "pandas":
        return replace(table, frame=_as_pandas(table.frame))
    return table


def read_query(
    frame: Any,
    options: ReadOptions | None = None,
    source_name: str = "table",
    progress: Callable[[str], None] = lambda _: None,
) -> LeadTable:
    """Read leads from a typed table that stays where it is: nothing but its distinct texts is fetched.

    Args:
        frame: Polars LazyFrame, DuckDB relation, PySpark DataFrame, or a Narwhals frame over one. A column ``row_no``
            numbers the rows; without one they are numbered as the engine hands them over.
        options: How to read it.
        source_name: Name of the table for the sheet and for messages.
        progress: Called with a word on what is being done.

    Returns:
        The lead table; its frame is a query on the same engine.

    Raises:
        InputError: The table cannot be used.

    >>> leads = pl.LazyFrame({"Lead ID": ["L1", "L2"], "Created": [date(2025, 1, 5)] * 2, "Stage": ["Won", "New"]})
    >>> table = read_query(leads)
    >>> table.rows_read, table.stages, type(table.frame).__name__
    (2, ('Lead', 'Won'), 'LazyFrame')
    """
    options = checked(options or ReadOptions())
    query = engine.numbered(nw.from_native(frame).lazy())
    progress("recognising columns")
    grid = open_query(query, source_name)
    check_headers(options.fields, {"leads": grid})
    mapped, told_by, by = _recognise(grid, options, "leads")
    _refuse_undated(grid, mapped)
    is_deals = bool(told_by)
    progress("reading distinct texts")
    decoder = QueryDecoder(query, grid, mapped, options, is_deals=is_deals)
    decoded = decoder.run({name: grid.headers[place] for name, place in by.items()})
    decoded.findings += _map_findings(grid, mapped)
    if is_deals:
        decoded.findings += _taken_for_deals(decoded, options, told_by)
    progress("classifying")
    table = LeadRows(decoded, options, is_deals=is_deals).lead_table(grid, mapped, by)
    return replace(table, findings=(*table.findings, *unused_words(options.words, table.words)))


def _build(grid: Grid, options: ReadOptions, deal_grid: Grid | None, tell: Callable[[str], None]) -> LeadTable:
    tell("recognising columns")
    check_headers(options.fields, {"leads": grid} if deal_grid is None else {"leads": grid, "deals": deal_grid})
    mapped, told_by, by = _recognise(grid, options, "leads")
    is_deals = bool(told_by) and deal_grid is None
    tell("reading leads")
    keys = key_columns(grid, mapped) if deal_grid else {}
    decoded = _decode(grid, mapped, options, by, keys, is_deals=is_deals)
    if is_deals:
        decoded.findings += _taken_for_deals(decoded, options, told_by)
    columns = mapped.columns
    if deal_grid:
        tell("joining deals")
        deal_map, _, _ = _recognise(deal_grid, options, "deals")
        deals = _decode(deal_grid, deal_map, options, {}, key_columns(deal_grid, deal_map), is_deals=True)
        today = day_number(options.today or date.today())  # noqa: DTZ011 (the user's day)
        bound = day_number(options.as_of) if options.as_of else today
        decoded = join_deals(decoded, deals, grid, deal_grid, bound, is_past=bound < today)
        columns += deal_map.columns
    tell("classifying")
    table = LeadRows(decoded, options, is_deals=is_deals).lead_table(grid, mapped, by)
    return replace(table, columns=columns, findings=(*table.findings, *unused_words(options.words, table.words)))


def _taken_for_deals(decoded: Decoded, options: ReadOptions, told_by: str) -> list[Finding]:
    if options.kind != "auto":
        return []
    return [Finding("taken_for_deals", decoded.rows_read, value=told_by, severity="info")]


def _recognise(
    grid: Grid, options: ReadOptions, kind: Literal["leads", "deals"]
) -> tuple[ColumnMap, str, dict[str, int]]:
    mapped = recognise(grid.headers, grid.sample, kind, of_table(options.fields, kind))
    by: dict[str, int] = {}
    for number, wanted in enumerate(options.by if kind == "leads" else ()):
        place = mapped.position.get(wanted)
        if place is None:
            place = find_column(grid.headers, wanted)
        if place is None:
            raise InputError(
                f"{grid.place}: there is no column '{wanted}' to group by. The columns are: {listed(grid.headers)}."
            )
        by[f"by_{number}"] = place
    useful = set(mapped.position) & {"created", "stage", "status", "won_date", "lead_id", "close_date", "is_won"}
    if not useful:
        raise InputError(
            f"{grid.place}, row {grid.first_row - 1}: no column of a lead table was recognised. Found: "
            f"{listed(grid.headers)}. Needed: at least a creation date or a stage (or status) column, better also "
            "an identifier, source, owner and amount. Name them with --map FIELD=HEADER, for example "
            "--map created='Date of enquiry'."
        )
    return mapped, "given" if kind == "deals" else _holds_deals(grid, mapped, options), by


def _holds_deals(grid: Grid, mapped: ColumnMap, options: ReadOptions) -> str:
    """Tell deals from leads by the title, the words of the headers, then by the fields and the stage words.

    Returns:
        What speaks for deals; ``""`` for leads.
    """
    if options.kind != "auto":
        return "kind" if options.kind == "deals" else ""
    deal_words, lead_words, lead_titles = (
        frozenset(plain(word) for word in vocabulary()[key]) for key in ("deal_words", "lead_words", "lead_titles")
    )
    titles = set(plain(" ".join((grid.sheet, *grid.title))).split())
    if titles & lead_titles and not titles & deal_words:
        return ""
    deal_headers, lead_votes = [], 0
    for column in mapped.columns:
        if column.field in {"source", "campaign", "link_id", "opportunity_date", "won_date", "lost_date"}:
            continue
        words = set(full_header_key(column.header).split())
        if words & deal_words and not words & lead_words:
            deal_headers.append(column.header)
        lead_votes += bool(words & lead_words) and not words & deal_words
    if {"mql_date", "sql_date"} & set(mapped.position):
        return ""
    if len(deal_headers) != lead_votes:
        return ", ".join(deal_headers[:5]) if len(deal_headers) > lead_votes else ""
    return _deals_by_fields(grid, mapped)


def _deals_by_fields(grid: Grid, mapped: ColumnMap) -> str:
    has = set(mapped.position)
    told_by = [name for name in ("pipeline", "probability", "expected_close", "close_date") if name in has]
    if not (has & {"stage", "status"} and "amount" in has and told_by):
        return ""
    place = mapped.position.get("stage", mapped.position.get("status", 0))
    stages = [find_stage(word) for word in {str(cell).strip() for cell in grid.sample[place][:200] if cell}]
    early = sum(stage in {"Lead", "MQL", "SQL"} for stage in stages)
    is_lead_life = "Lead" in stages and early * 2 > sum(stage in STAGES[:-1] for stage in stages)
    # Amount and close date alone are weak: a table whose stages are mostly those of a lead's life holds leads.
    if "MQL" in stages or (is_lead_life and told_by == ["close_date"]):
        return ""
    return ", ".join(grid.headers[mapped.position[name]] for name in ("amount", *told_by))


def _decode(
    grid: Grid,
    mapped: ColumnMap,
    options: ReadOptions,
    by: Mapping[str, int],
    keys: Mapping[str, int],
    *,
    is_deals: bool,
) -> Decoded:
    positions, identifiers = wanted_columns(mapped, [*by.values(), *keys.values()])
    loaded = grid.load(positions, identifiers)
    extra = {}
    for name, place in by.items():
        extra[name] = loaded.columns[place].spread(labels(loaded.columns[place]))
    for name, place in keys.items():
        cells = clean_text(loaded.columns[place].as_text())
        is_email = place == mapped.position.get("email")
        extra[name] = loaded.columns[place].spread(cells.str.to_lowercase() if is_email else cells)
    decoder = Decoder(grid, loaded, mapped, options, is_deals=is_deals)
    decoder.columns.update(extra)
    loaded.columns.clear()
    findings = [*grid.notes, *loaded.findings]
    decoded = decoder.run()
    decoded.findings[:0] = findings
    decoded.findings += _map_findings(grid, mapped)
    if decoded.frame.is_empty():
        raise InputError(f"{grid.place}: there is a header line in row {grid.first_row - 1} but no data row below it.")
    _refuse_undated(grid, mapped)
    return decoded


def _refuse_undated(grid: Grid, mapped: ColumnMap) -> None:
    """Stop where the column of the creation dates holds something else."""
    created = mapped.refused.get("created")
    if created is not None:
        texts = [cell for cell in grid.sample[created] if cell not in (None, "") and not looks_like_date(str(cell))]
        if texts:
            raise InputError(
                f"{grid.place}, column '{grid.headers[created]}', row {grid.first_row}: '{str(texts[0])[:40]}' is not "
                "a date, nor are the others. Expected dates such as 2025-05-31 or 31.05.2025. If the dates stand "
                "in another column, name it with --map created=HEADER."
            )


def _map_findings(grid: Grid, mapped: ColumnMap) -> list[Finding]:
    findings = [
        Finding("guessed_column", 1, column.header, f"{column.field} ({column.score:.2f})", severity="info")
        for column in mapped.columns
        if column.field and column.score < 0.8
    ]
    findings += [
        Finding("column_tie", 1, taken, f"{name}: '{taken}' taken, '{left}' left", severity="info")
        for name, taken, left in mapped.ties
    ]
    findings += [Finding("refused_column", 1, grid.headers[place], name) for name, place in mapped.refused.items()]
    return findings


def _as_pandas(frame: Any) -> nw.DataFrame[Any]:
    import numpy as np  # noqa: PLC0415 (only for who already has pandas)
    import pandas as pd  # noqa: PLC0415

    native: pl.DataFrame = nw.to_native(frame)
    columns: dict[str, Any] = {}
    for series in native.iter_columns():
        missing = series.is_null().to_numpy()
        if series.dtype == pl.String:
            columns[series.name] = pd.array(series.to_list(), dtype="string")
        elif series.dtype.is_integer():
            whole = series.fill_null(0).to_numpy()
            columns[series.name] = pd.arrays.IntegerArray(
                whole.astype(np.int64) if series.dtype == pl.Int64 else whole.astype(np.int32), missing.copy()
            )
        else:
            columns[series.name] = pd.arrays.FloatingArray(series.fill_null(0.0).to_numpy().copy(), missing.copy())
    return nw.from_native(pd.DataFrame(columns), eager_only=True)
