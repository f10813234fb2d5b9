"""From any export to one clean lead table: the room's front door."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
import polars as pl

from xl_leadkpi import engines
from xl_leadkpi.errors import InputError, brief
from xl_leadkpi.leads.cells.dates import looks_like_date
from xl_leadkpi.leads.fields.filters import KEPT, WORD_FIELDS, find_conditions, left_after, nothing_left
from xl_leadkpi.leads.fields.in_memory import Decoder, odd_cells, wanted_columns
from xl_leadkpi.leads.fields.on_engine import QueryDecoder, open_query
from xl_leadkpi.leads.fields.rules import Decoded, labels, read_identifiers
from xl_leadkpi.leads.files.open import open_frame, open_table
from xl_leadkpi.leads.lifecycle.as_of import bound_of
from xl_leadkpi.leads.lifecycle.classify import LeadRows
from xl_leadkpi.leads.lifecycle.deals import DealJoin
from xl_leadkpi.leads.lifecycle.fold_query import fold_query
from xl_leadkpi.leads.lifecycle.folds import fold, refuse_reports
from xl_leadkpi.leads.lifecycle.histories import HistorySource, open_history
from xl_leadkpi.leads.lifecycle.join_keys import JoinKeys, key_columns, with_own_identifier
from xl_leadkpi.leads.lifecycle.with_history import HistoryJoin
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.options import ReadOptions
from xl_leadkpi.leads.overrides import check_headers, checked, listed, of_table, unused_exclusions, unused_words
from xl_leadkpi.leads.own_stages import with_own_stages
from xl_leadkpi.leads.recognition.columns import ColumnMap, recognise
from xl_leadkpi.leads.recognition.headers import find_column
from xl_leadkpi.leads.recognition.kind import deal_signals
from xl_leadkpi.leads.recognition.own_sheet import own_sheet
from xl_leadkpi.leads.sales_pipelines import (
    FIELD as PIPELINE_FIELD,
)
from xl_leadkpi.leads.sales_pipelines import (
    by_with_pipeline,
    with_sales_pipelines,
    without_days_of_others,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.fields.filters import ColumnCondition
    from xl_leadkpi.leads.model.history import Log
    from xl_leadkpi.leads.model.table import LeadTable, StageWord
    from xl_leadkpi.leads.recognition.own_sheet import OwnSheet


def read(
    path: Path | str,
    options: ReadOptions | None = None,
    deals: Path | str | None = None,
    progress: Callable[[str], None] | None = None,
    history: Path | str | nw.LazyFrame[Any] | None = None,
) -> LeadTable:
    """Read an export of leads or deals from a file.

    Args:
        path: CSV, TSV, TXT, XLSX, XLS, XLSB, ODS or Parquet file.
        options: How to read it.
        deals: A second export with the deals of these leads, joined on the identifier both share.
        progress: Called with a word on what is being done.
        history: A log of the changes of these leads, joined on the identifier; a file, or a table on Polars.

    Returns:
        The lead table, with its list of oddities.

    Raises:
        InputError: The file cannot be used; the message says where, why and what to do.
    """
    options = checked(options or ReadOptions())
    report_progress = progress or (lambda _: None)

    def build(options: ReadOptions) -> LeadTable:
        report_progress("reading")
        grid = open_table(Path(path), "leads", options)
        deal_grid = open_table(Path(deals), "deals", options) if deals is not None else None
        return _build(grid, options, deal_grid, report_progress, _history_source(history, options))

    return _with_stages_and_pipelines(build, options, has_deals=deals is not None)


def _history_source(history: Any, options: ReadOptions, name: str = "history") -> HistorySource | None:
    """Open a history: a file, rows in memory, or a table that stays where it is."""
    if history is None:
        return None
    if isinstance(history, str | Path):
        return HistorySource(open_table(Path(history), "history", replace(options, sheet=None)))
    if engines.is_lazy_data(history):
        query = engines.numbered(nw.from_native(history).lazy())
        return HistorySource(open_query(query, name), query)
    return HistorySource(open_frame(history, "history", options, name))


def read_frame(
    data: Any,
    options: ReadOptions | None = None,
    source_name: str = "selection",
    first_row: int = 1,
    history: Any = None,
) -> LeadTable:
    """Read leads from a selected range or a data frame.

    Args:
        data: pandas or Polars frame, or a list of rows (the header among the first 15) as xlwings hands it over; a
            Polars LazyFrame, DuckDB relation or PySpark DataFrame stays where it is, see :func:`read_query`.
        options: How to read it.
        source_name: Name of the range for the sheet and for messages.
        first_row: Row number of the first row (of a frame: of its header) in the source.
        history: A log of the changes of these leads, as ``data`` or as a file.

    Returns:
        The lead table; its frame is pandas for a pandas frame, a query for what stays where it is, else Polars.

    Raises:
        InputError: The data cannot be used.

    >>> table = read_frame([["Lead ID", "Created", "Stage"], ["L1", "2025-01-05", "Won"], ["L2", "2025-02-01", "New"]])
    >>> table.frame["outcome"].to_list(), table.stages
    (['won', 'open'], ('Lead', 'Won'))
    """
    if engines.is_lazy_data(data):
        return read_query(data, options, source_name, history=history)
    options = checked(options or ReadOptions())

    def build(options: ReadOptions) -> LeadTable:
        grid = open_frame(data, "leads", options, source_name, first_row)
        return _build(grid, options, None, lambda _: None, _history_source(history, options))

    table = _with_stages_and_pipelines(build, options)
    if type(data).__module__.split(".")[0] == "pandas":
        return replace(table, frame=_as_pandas(table.frame))
    return table


def read_query(
    frame: Any,
    options: ReadOptions | None = None,
    source_name: str = "table",
    progress: Callable[[str], None] = lambda _: None,
    history: Any = None,
) -> LeadTable:
    """Read leads from a typed table that stays where it is: nothing but its distinct texts is fetched.

    Args:
        frame: Polars LazyFrame, DuckDB relation, PySpark DataFrame, or a Narwhals frame over one. A column ``row_no``
            numbers the rows; without one they are numbered as the engine hands them over.
        options: How to read it.
        source_name: Name of the table for the sheet and for messages.
        progress: Called with a word on what is being done.
        history: A log of the changes of these leads: a file, rows in memory, or a table of any engine.

    Returns:
        The lead table; its frame is a query on the same engine.

    Raises:
        InputError: The table cannot be used.

    >>> from datetime import date
    >>> leads = pl.LazyFrame({"Lead ID": ["L1", "L2"], "Created": [date(2025, 1, 5)] * 2, "Stage": ["Won", "New"]})
    >>> table = read_query(leads)
    >>> table.rows_read, table.stages, type(table.frame).__name__
    (2, ('Lead', 'Won'), 'LazyFrame')
    """
    query = engines.numbered(nw.from_native(frame).lazy())

    def build(options: ReadOptions) -> LeadTable:
        return _build_query(query, options, source_name, progress, _history_source(history, options))

    return _with_stages_and_pipelines(build, checked(options or ReadOptions()))


def _with_stages_and_pipelines(
    build: Callable[[ReadOptions], LeadTable], options: ReadOptions, *, has_deals: bool = False
) -> LeadTable:
    return with_sales_pipelines(lambda options: with_own_stages(build, options, has_deals=has_deals), options)


def _build_query(
    query: nw.LazyFrame[Any],
    options: ReadOptions,
    source_name: str,
    progress: Callable[[str], None],
    source: HistorySource | None,
) -> LeadTable:
    progress("recognising columns")
    grid = open_query(query, source_name)
    check_headers(options, {"leads": grid} | _grids(history=None if source is None else source.grid))
    mapped, signals, by = _recognise(grid, options, "leads")
    is_deals = bool(signals)
    folded = fold_query(query, grid, mapped, options, by.values(), is_deals=is_deals)
    if folded is not None:
        _refuse_second_log(grid, source)
        query = folded.frame
        grid = replace(open_query(query, source_name), notes=folded.findings)
        fields = _not_given(folded.fields, options, "leads")
        mapped, _, by = _recognise(grid, replace(options, fields={**options.fields, **fields}), "leads")
        mapped = _told_by_values(mapped, fields)
    _refuse_undated(grid, mapped)
    progress("reading distinct texts")
    conditions = _conditions(options, {"leads": (grid, mapped)})["leads"]
    decoder = QueryDecoder(query, grid, mapped, options, conditions, is_deals=is_deals)
    decoded = decoder.run({name: grid.headers[place] for name, place in by.items()})
    decoded.findings += [*grid.notes, *_map_findings(grid, mapped)]
    decoded.findings += _no_creation(mapped, decoded.rows_read) if source is None else []
    if is_deals:
        decoded.findings += _taken_for_deals(decoded, options, signals)
    decoded.findings += unused_exclusions(options.exclude, decoded.met)
    joined = None
    if folded is not None:
        made = set(options.pipeline.codes)
        met = {word.word for word in folded.log.words}
        decoded.words = [*folded.log.words, *(word for word in decoded.words if word.word not in made | met)]
        joined = HistoryJoin(
            decoded,
            folded.log,
            bound_of(options),
            is_deals=is_deals,
            place=grid.place,
            is_own=True,
            visits=folded.visits,
        )
        joined.of_own_log()
    elif source is not None:
        progress("joining the history")
        joined = _joined_history(decoded, source, options, is_deals=is_deals, place=grid.place)
    progress("classifying")
    table = LeadRows(decoded, options, is_deals=is_deals).lead_table(grid, mapped, by)
    return _with_history(table, joined, options)


def _joined_history(
    decoded: Decoded, source: HistorySource, options: ReadOptions, *, is_deals: bool, place: str
) -> HistoryJoin:
    """Complete the leads with a history."""
    log = open_history(source, options, is_deals=is_deals)
    is_filtered = bool(options.where or options.exclude)
    joined = HistoryJoin(decoded, log, bound_of(options), is_deals=is_deals, place=place, is_filtered=is_filtered)
    joined.completed()
    return joined


def _with_history(table: LeadTable, joined: HistoryJoin | None, options: ReadOptions) -> LeadTable:
    history = None if joined is None else joined.of_table(table.frame)
    return replace(table, history=history, findings=(*table.findings, *unused_words(options.words, table.words)))


def _refuse_second_log(grid: RawTable, source: HistorySource | None) -> None:
    if source is not None:
        raise InputError(
            f"{grid.place} is a log of changes itself: give a table with one row a lead beside --history, or the log "
            "alone."
        )


def _grids(**grids: RawTable | None) -> dict[str, RawTable]:
    return {name: grid for name, grid in grids.items() if grid is not None}


def _build(
    grid: RawTable,
    options: ReadOptions,
    deal_grid: RawTable | None,
    report_progress: Callable[[str], None],
    source: HistorySource | None = None,
) -> LeadTable:
    report_progress("recognising columns")
    check_headers(options, {"leads": grid} | _grids(deals=deal_grid, history=None if source is None else source.grid))
    leads = _understood(grid, options, "leads", is_lone=deal_grid is None)
    if deal_grid:
        leads = replace(leads, mapped=with_own_identifier(leads.grid, leads.mapped, "leads"))
    grid, mapped, by = leads.grid, leads.mapped, leads.by
    is_deals = bool(leads.deal_signals) and deal_grid is None
    tables = {"leads": (grid, mapped)}
    second = None
    if deal_grid:
        second = _understood(deal_grid, options, "deals")
        second = replace(second, mapped=with_own_identifier(second.grid, second.mapped, "deals"))
        tables["deals"] = (second.grid, second.mapped)
    conditions = _conditions(options, tables)
    report_progress("reading leads")
    keys = key_columns(grid, mapped) if second else {}
    decoded = _decode(leads, keys, conditions["leads"], is_deals=is_deals, is_joined=second is not None)
    decoded.findings += _no_creation(mapped, decoded.rows_read) if source is None else []
    if is_deals:
        decoded.findings += _taken_for_deals(decoded, leads.options, leads.deal_signals)
    columns = mapped.columns
    pipelines: tuple[tuple[str, int], ...] = ()
    if second:
        report_progress("joining deals")
        keys = key_columns(second.grid, second.mapped)
        deals = _decode(second, keys, conditions["deals"], is_deals=True, is_joined=True)
        deals.words = [replace(word, table="deals") for word in deals.words]
        join_keys = JoinKeys((decoded, grid, mapped), (deals, second.grid, second.mapped), options.fields)
        try:
            joined = DealJoin(decoded, deals, join_keys, second.grid, options.dedupe)
        except InputError as fault:
            raise InputError(f"{fault}{_ruined_keys(grid, decoded)}{_ruined_keys(second.grid, deals)}") from None
        met = decoded.met | deals.met
        decoded = joined.completed(bound_of(options))
        decoded.met = met
        _apply_filters(decoded, deals.asked, options, f"{grid.place} with {second.grid.place}")
        columns += second.mapped.columns
        pipelines = _pipelines_of_deals(second)
    decoded.findings += unused_exclusions(options.exclude, decoded.met)
    joined_history = None
    if leads.log is not None:
        _refuse_second_log(grid, source)
        joined_history = HistoryJoin(
            decoded, leads.log, bound_of(options), is_deals=is_deals, place=grid.place, is_own=True
        )
        joined_history.of_own_log()
    elif source is not None:
        report_progress("joining the history")
        joined_history = _joined_history(decoded, source, options, is_deals=is_deals, place=grid.place)
    report_progress("classifying")
    table = LeadRows(decoded, options, is_deals=is_deals).lead_table(grid, mapped, by)
    return _with_history(replace(table, columns=columns, sales_pipelines=pipelines), joined_history, options)


def _pipelines_of_deals(deals: _Understood) -> tuple[tuple[str, int], ...]:
    """The pipelines of joined deals, with how many deals are in each."""
    place = deals.mapped.position.get(PIPELINE_FIELD)
    if place is None:
        return ()
    column = deals.grid.load([place], frozenset()).columns[place]
    counted = pl.DataFrame({"name": labels(column), "n": column.counts()}).drop_nulls().group_by("name").sum()
    return tuple(counted.sort(["n", "name"], descending=[True, False]).rows())


@dataclass(frozen=True, slots=True)
class _Understood:
    """A table with one row a lead, and what its columns mean."""

    grid: RawTable
    mapped: ColumnMap
    deal_signals: tuple[str, ...]
    by: dict[str, int]
    options: ReadOptions
    words: tuple[StageWord, ...] = ()
    log: Log | None = None


def _understood(
    grid: RawTable, options: ReadOptions, kind: Literal["leads", "deals"], *, is_lone: bool = True
) -> _Understood:
    """Recognise the columns; where a lead has several rows, fold them and recognise what came of it."""
    own = own_sheet(grid, options.pipeline)
    if own is not None:
        return _read_back(own, options, kind)
    mapped, deal_signals, by = _recognise(grid, options, kind)
    folded = fold(grid, mapped, options, is_deals=bool(deal_signals) and is_lone)
    if folded is None:
        return _Understood(grid, mapped, deal_signals, by, options)
    fields = _not_given(folded.fields, options, kind)
    mapped, _, by = _recognise(folded.grid, replace(options, fields={**options.fields, **fields}), kind)
    return _Understood(
        folded.grid, _told_by_values(mapped, fields), deal_signals, by, options, folded.words, folded.log
    )


def _read_back(own: OwnSheet, options: ReadOptions, kind: Literal["leads", "deals"]) -> _Understood:
    fields = _not_given(own.fields, options, kind)
    reading = replace(
        options,
        fields={**options.fields, **fields},
        words={**own.words, **options.words},
        kind=own.kind if options.kind == "auto" else options.kind,
    )
    mapped, deal_signals, by = _recognise(own.grid, reading, kind)
    return _Understood(own.grid, _told_by_values(mapped, fields), deal_signals, by, reading)


def _not_given(fields: Mapping[str, str], options: ReadOptions, kind: Literal["leads", "deals"]) -> dict[str, str]:
    given = of_table(options.fields, kind)
    return {name: header for name, header in fields.items() if name not in given and header not in given.values()}


def _told_by_values(mapped: ColumnMap, fields: Mapping[str, str]) -> ColumnMap:
    """The columns without the word that the user chose what the table itself tells."""
    columns = tuple(
        replace(column, reason="values", runner_up=None)
        if column.reason == "user" and (column.field in fields or column.runner_up in fields)
        else column
        for column in mapped.columns
    )
    return replace(mapped, columns=columns)


def _ruined_keys(grid: RawTable, decoded: Decoded) -> str:
    """Say which identifiers Excel has shortened, as nothing can be joined on them."""
    ruined = [found for found in decoded.findings if found.kind is FindingKind.RUINED_IDS]
    return "".join(
        f" Excel has shortened identifiers in {grid.place}, column '{brief(found.column)}' (row {found.rows[0]}: "
        f"{found.details['example']}): export the table again and give it unopened."
        for found in ruined
    )


def _taken_for_deals(decoded: Decoded, options: ReadOptions, signals: tuple[str, ...]) -> list[Finding]:
    if options.kind != "auto":
        return []
    return [Finding(FindingKind.TAKEN_FOR_DEALS, decoded.rows_read, details={"signals": signals})]


def _recognise(
    grid: RawTable, options: ReadOptions, kind: Literal["leads", "deals"]
) -> tuple[ColumnMap, tuple[str, ...], dict[str, int]]:
    headers = without_days_of_others(grid.headers, options.sales_pipeline) if options.sales_pipeline else grid.headers
    mapped = recognise(headers, grid.sample, kind, options.pipeline, of_table(options.fields, kind))
    refuse_reports(grid, mapped, options.pipeline)
    by: dict[str, int] = {}
    for number, wanted in enumerate(options.by if kind == "leads" else ()):
        place = mapped.position.get(wanted)
        if place is None:
            place = find_column(grid.headers, wanted)
        if place is None:
            raise InputError(
                f"{grid.place}: there is no column '{brief(wanted)}' to group by. The columns are: "
                f"{listed(grid.headers)}.",
                ("by", wanted),
            )
        by[f"by_{number}"] = place
    if kind == "leads":
        by = by_with_pipeline(by, mapped.position)
    useful = set(mapped.position) & {"created", "stage", "status", "won_date", "lead_id", "close_date", "is_won"}
    if not useful:
        raise InputError(
            f"{grid.place}, row {grid.first_row - 1}: no column of a lead table was recognised. Found: "
            f"{listed(grid.headers)}. Needed: at least a creation date or a stage (or status) column, better also "
            "an identifier, source, owner and amount. Name them with --map FIELD=HEADER, for example "
            "--map created='Date of enquiry'."
        )
    if kind == "deals":
        return mapped, ("given",), by
    return mapped, deal_signals(grid, mapped, options.kind, options.pipeline), by


def _conditions(
    options: ReadOptions, tables: Mapping[str, tuple[RawTable, ColumnMap]]
) -> dict[str, tuple[ColumnCondition, ...]]:
    """The columns of the user's conditions; words to leave out need a column of stages or statuses."""
    if options.exclude and not any({*WORD_FIELDS} & {*mapped.position} for _, mapped in tables.values()):
        raise InputError(
            f"{' and '.join(grid.place for grid, _ in tables.values())}: there is no column of stages or statuses "
            f"whose word '{brief(options.exclude[0])}' could be left out. The columns are: "
            f"{'; '.join(listed(grid.headers) for grid, _ in tables.values())}. Name one with --map stage=HEADER."
        )
    return find_conditions(options.where, tables, options.pipeline)


def _apply_filters(decoded: Decoded, of_deals: Mapping[int, tuple[str, str]], options: ReadOptions, place: str) -> None:
    """Leave out joined rows that the user's filters do not leave; a lead without a deal has blanks in its columns."""
    frame: pl.DataFrame = decoded.frame
    asked: list[tuple[str, bool]] = []
    left: list[int] = []
    filters = [
        *((str(one), one.holds_for_blank) for one in options.where),
        *((word, True) for word in options.exclude),
    ]
    rows = len(frame)
    for number, (text, for_blank) in enumerate(filters):
        names = [name for name in (f"{KEPT}{number}", f"deal_{KEPT}{number}") if name in frame.columns]
        frame = frame.filter(pl.col(name).fill_null(for_blank) for name in names).drop(names)
        asked.append((text, number >= len(options.where)))
        left.append(len(frame))
        decoded.filters = left_after(asked, rows, left)
        if not left[-1]:
            said = {**of_deals, **decoded.asked}.get(number, ("", ""))
            raise nothing_left(place, decoded.filters, *said)
    decoded.frame = frame


def _decode(
    table: _Understood,
    keys: Mapping[str, int],
    conditions: Sequence[ColumnCondition] = (),
    *,
    is_deals: bool,
    is_joined: bool = False,
) -> Decoded:
    grid, mapped, by, options = table.grid, table.mapped, table.by, table.options
    asked = (one.place for one in conditions)
    positions, identifiers = wanted_columns(mapped, [*by.values(), *keys.values()], options.pipeline, asked)
    loaded = grid.load(positions, identifiers)
    if not loaded.rows:
        raise _no_rows(grid)
    extra = {}
    groups = {name: loaded.columns[place] for name, place in by.items()}
    ruined: list[Finding] = []
    for name, place in keys.items():
        column = loaded.columns[place]
        read_ids = read_identifiers(column)
        cells = read_ids.texts
        if place not in mapped.position.values():
            ruined += [one for odd in read_ids.odd for one in odd_cells(odd, column, grid, grid.headers[place])]
        is_email = place == mapped.position.get("email")
        extra[name] = column.spread(cells.str.to_lowercase() if is_email else cells)
    decoder = Decoder(grid, loaded, mapped, options, conditions, is_deals=is_deals, is_joined=is_joined)
    decoder.columns.update(extra)
    loaded.columns.clear()
    findings = [*grid.notes, *loaded.findings, *ruined]
    decoded = decoder.run(groups)
    decoded.findings[:0] = findings
    told = {word.word for word in decoded.words}
    decoded.words += [word for word in table.words if word.word not in told]
    decoded.findings += _map_findings(grid, mapped)
    if decoded.frame.is_empty():
        raise _no_rows(grid)
    _refuse_undated(grid, mapped)
    return decoded


def _no_rows(grid: RawTable) -> InputError:
    return InputError(
        f"{grid.place}, row {grid.first_row - 1}: there is a header line but no data row below it. "
        "Check the filter of the export and export again."
    )


def _refuse_undated(grid: RawTable, mapped: ColumnMap) -> None:
    """Stop where the column of the creation dates holds something else."""
    created = mapped.refused.get("created")
    if created is not None:
        texts = [cell for cell in grid.sample[created] if cell not in (None, "") and not looks_like_date(str(cell))]
        if texts:
            raise InputError(
                f"{grid.place}, column '{brief(grid.headers[created])}', row {grid.first_row}: "
                f"'{str(texts[0])[:40]}' is not a date, nor are the others. Expected dates such as 2025-05-31 or "
                "31.05.2025. If the dates stand in another column, name it with --map created=HEADER."
            )


def _no_creation(mapped: ColumnMap, rows: int) -> list[Finding]:
    """Where no column says when rows were created, name the columns of dates that might."""
    if "created" in mapped.position:
        return []
    return [Finding(FindingKind.NO_CREATED_DATE, rows, details={"columns": mapped.free_dates})]


def _map_findings(grid: RawTable, mapped: ColumnMap) -> list[Finding]:
    findings = [
        Finding(FindingKind.GUESSED_COLUMN, 1, column.header, details={"field": column.field, "score": column.score})
        for column in mapped.columns
        if column.field and column.score < 0.8
    ]
    findings += mapped.tie_findings()
    findings += [
        Finding(FindingKind.REFUSED_COLUMN, 1, grid.headers[place], details={"field": name})
        for name, place in mapped.refused.items()
    ]
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
