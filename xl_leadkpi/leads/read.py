"""From any export to one clean lead table: the room's front door."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import narwhals as nw
import polars as pl

from xl_leadkpi import engines
from xl_leadkpi.errors import InputError, brief, listed
from xl_leadkpi.leads.cells.dates import looks_like_date
from xl_leadkpi.leads.cells.raw_table import keeping
from xl_leadkpi.leads.fields.filters import KEPT, WORD_FIELDS, find_conditions, left_after, nothing_left
from xl_leadkpi.leads.fields.in_memory import Decoder, odd_cells, wanted_columns
from xl_leadkpi.leads.fields.on_engine import QueryDecoder, in_memory_if_few, open_query
from xl_leadkpi.leads.fields.rules import Decoded, labels, read_identifiers
from xl_leadkpi.leads.fields.united import only_latest, unite
from xl_leadkpi.leads.files.all_files import each_once, names_of
from xl_leadkpi.leads.files.open import open_frame, open_table
from xl_leadkpi.leads.lifecycle.as_of import bound_of
from xl_leadkpi.leads.lifecycle.classify import LeadRows, is_of_other_record
from xl_leadkpi.leads.lifecycle.deals import DealJoin
from xl_leadkpi.leads.lifecycle.fold_query import fold_query
from xl_leadkpi.leads.lifecycle.folds import fold, refuse_reports
from xl_leadkpi.leads.lifecycle.histories import HistorySource, open_history
from xl_leadkpi.leads.lifecycle.join_keys import JoinKeys, key_columns, with_own_identifier
from xl_leadkpi.leads.lifecycle.with_history import HistoryJoin, identifiers_of, no_changes
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.options import ReadOptions
from xl_leadkpi.leads.overrides import check_headers, checked, of_table, unused_exclusions, unused_words
from xl_leadkpi.leads.own_stages import with_own_stages
from xl_leadkpi.leads.recognition.columns import ColumnMap, recognise
from xl_leadkpi.leads.recognition.headers import find_column
from xl_leadkpi.leads.recognition.kind import deal_signals, headers_signal
from xl_leadkpi.leads.recognition.own_sheet import own_sheet
from xl_leadkpi.leads.recognition.table_kind import log_columns
from xl_leadkpi.leads.sales_pipelines import (
    FIELD as PIPELINE_FIELD,
)
from xl_leadkpi.leads.sales_pipelines import (
    by_with_pipeline,
    query_with_pipelines_of_days,
    with_pipelines_of_days,
    with_sales_pipelines,
    without_days_of_others,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.fields.filters import ColumnCondition
    from xl_leadkpi.leads.lifecycle.folding import LogOf
    from xl_leadkpi.leads.model.history import Log
    from xl_leadkpi.leads.model.table import LeadTable, StageWord
    from xl_leadkpi.leads.recognition.own_sheet import OwnSheet

_FEW_ROWS = 100_000


def read(
    path: Path | str | Sequence[Path | str],
    options: ReadOptions | None = None,
    deals: Path | str | Sequence[Path | str] | None = None,
    progress: Callable[[str], None] | None = None,
    history: Path | str | nw.LazyFrame[Any] | None = None,
    *,
    history_name: str = "history",
) -> LeadTable:
    """Read an export of leads or deals from a file.

    Args:
        path: CSV, TSV, TXT, XLSX, XLS, XLSB, ODS or Parquet file; of several the columns are united by what they mean,
            and of an identifier that two files have the row of the later one counts.
        options: How to read it.
        deals: A second export with the deals of these leads, joined on the identifier both share; or several.
        progress: Called with a word on what is being done.
        history: A log of the changes of these leads, joined on the identifier; a file, or a table on Polars.
        history_name: Name of such a table for messages; a file has its own.

    Returns:
        The lead table, with its list of oddities.

    Raises:
        InputError: The file cannot be used; the message says where, why and what to do.
    """
    options = checked(options or ReadOptions())
    report_progress = progress or (lambda _: None)

    def opened(options: ReadOptions) -> tuple[tuple[RawTable, ...], tuple[RawTable, ...]]:
        report_progress("reading")
        return _opened(path, "leads", options), _opened(deals, "deals", options) if deals is not None else ()

    def kept(
        tables: tuple[tuple[RawTable, ...], tuple[RawTable, ...]],
    ) -> tuple[tuple[RawTable, ...], tuple[RawTable, ...]]:
        return tuple(map(keeping, tables[0])), tuple(map(keeping, tables[1]))

    tables = _opened_once(opened, options, kept)
    source = _histories(history, history_name, options)

    def build(options: ReadOptions) -> LeadTable:
        grids, deal_grids = tables(options)
        return _build(grids, options, deal_grids, report_progress, source(options))

    return _with_stages_and_pipelines(build, options, has_deals=deals is not None)


_Tables = TypeVar("_Tables")


def _opened_once(
    open_tables: Callable[[ReadOptions], _Tables], whole: ReadOptions, kept: Callable[[_Tables], _Tables]
) -> Callable[[ReadOptions], _Tables]:
    """Open once what is the same for other stages and for each pipeline; of the pipelines all load the same columns.

    Args:
        open_tables: Opens the tables.
        whole: How the whole of them is read.
        kept: The same tables, which keep the columns that they loaded.
    """
    opened: list[tuple[ReadOptions, dict[bool, _Tables]]] = []

    def tables(options: ReadOptions) -> _Tables:
        usual = ReadOptions()
        alike = replace(
            options,
            stages="auto",
            sales_pipeline="",
            where=(),
            as_of=None,
            own_stages=(),
            own_win=usual.own_win,
            words={},
            kind="auto",
            # stages of its own were found below the header that is known already
            pipeline=options.pipeline if options.own_stages else whole.pipeline,
        )
        is_part = options.sales_pipeline != whole.sales_pipeline
        for asked, found in opened:
            if asked == alike:
                return found[is_part]
        tables = open_tables(options)
        found = {False: tables, True: kept(tables)}
        opened.append((alike, found))
        return found[is_part]

    return tables


def _histories(history: Any, name: str, whole: ReadOptions) -> Callable[[ReadOptions], HistorySource | None]:
    """Open a history once for all pipelines."""

    def kept(source: HistorySource | None) -> HistorySource | None:
        return source and replace(source, grid=keeping(source.grid))

    return _opened_once(lambda options: _history_source(history, options, name), whole, kept)


def _opened(
    said: Path | str | Sequence[Path | str], kind: Literal["leads", "deals"], options: ReadOptions
) -> tuple[RawTable, ...]:
    """Open the files of a table, each once."""
    paths = [Path(said)] if isinstance(said, str | Path) else [Path(one) for one in said]
    if not paths:
        raise InputError(f"No file of {kind} is named: name one at least.")
    different, again = each_once(paths)
    shown = names_of(different)
    grids = [
        replace(grid, name=name) if len(different) > 1 else grid
        for name, grid in ((name, open_table(path, kind, options)) for name, path in zip(shown, different, strict=True))
    ]
    for path, first in again:
        name = names_of([*different, path])[-1]
        details = {"file": name, "first": shown[first]}
        grids[0] = grids[0].noting(Finding(FindingKind.FILE_AGAIN, 1, details=details, files=(name,)))
    return tuple(grids)


def _history_source(history: Any, options: ReadOptions, name: str) -> HistorySource | None:
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
    source = _histories(history, "history", options)

    def build(options: ReadOptions) -> LeadTable:
        grid = open_frame(data, "leads", options, source_name, first_row)
        return _build((grid,), options, (), lambda _: None, source(options))

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
    *,
    history_name: str = "history",
) -> LeadTable:
    """Read leads from a typed table that stays where it is: nothing but its distinct texts is fetched.

    Args:
        frame: Polars LazyFrame, DuckDB relation, PySpark DataFrame, or a Narwhals frame over one. A column ``row_no``
            numbers the rows; without one they are numbered as the engine hands them over.
        options: How to read it.
        source_name: Name of the table for the sheet and for messages.
        progress: Called with a word on what is being done.
        history: A log of the changes of these leads: a file, rows in memory, or a table of any engine.
        history_name: Its name for messages; a file has its own.

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
    asked = checked(options or ReadOptions())
    of_parts = cache(lambda: _in_memory_if_few(query, history))
    source = _histories(history, history_name, asked)
    source_of_parts = cache(
        lambda: source if of_parts()[1] is history else _histories(of_parts()[1], history_name, asked)
    )

    def build(options: ReadOptions) -> LeadTable:
        is_part = options.sales_pipeline != asked.sales_pipeline
        rows, log = (of_parts()[0], source_of_parts()) if is_part else (query, source)
        return _build_query(rows, options, source_name, progress, log(options))

    return _with_stages_and_pipelines(build, asked)


def _in_memory_if_few(query: nw.LazyFrame[Any], history: Any) -> tuple[nw.LazyFrame[Any], Any]:
    """Leads and history in memory where neither has many rows: of a pair on two engines every part would join them."""
    rows = in_memory_if_few(query, _FEW_ROWS)
    if rows is query or not engines.is_lazy_data(history):
        return rows, history
    log = engines.numbered(nw.from_native(history).lazy())
    changes = in_memory_if_few(log, _FEW_ROWS)
    return (query, history) if changes is log else (rows, changes)


def _with_stages_and_pipelines(
    build: Callable[[ReadOptions], LeadTable], options: ReadOptions, *, has_deals: bool = False
) -> LeadTable:
    table = with_sales_pipelines(lambda options: with_own_stages(build, options, has_deals=has_deals), options)
    return replace(table, stages_wanted=options.stages)


def _build_query(
    query: nw.LazyFrame[Any],
    options: ReadOptions,
    source_name: str,
    progress: Callable[[str], None],
    source: HistorySource | None,
) -> LeadTable:
    progress("recognising columns")
    grid = open_query(query, source_name)
    with_pipelines, notes = query_with_pipelines_of_days(query, grid, options)
    grid = grid if with_pipelines is query else open_query(with_pipelines, source_name)
    query, grid = with_pipelines, replace(grid, notes=(*grid.notes, *notes))
    check_headers(options, _named(leads=(grid,), history=() if source is None else (source.grid,)))
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
        log = _of_those_left(folded.log, folded.log_of, decoded, options)
        met = {word.word for word in log.words}
        of_log = [replace(word, table="history") for word in log.words]
        decoded.words = [*of_log, *(word for word in decoded.words if word.word not in made | met)]
        joined = HistoryJoin(
            decoded,
            log,
            bound_of(options),
            is_deals=is_deals,
            place=grid.place,
            is_own=True,
            visits=folded.visits if log is folded.log else None,
        )
        joined.of_own_log()
    elif source is not None:
        progress("joining the history")
        joined = _joined_history(decoded, source, options, is_deals=is_deals, place=grid.place)
        decoded.findings += [] if joined else _no_creation(mapped, decoded.rows_read)
    progress("classifying")
    table = LeadRows(decoded, options, is_deals=is_deals).lead_table(grid, mapped, by)
    return _with_history(table, joined, options)


def _of_those_left(log: Log, log_of: LogOf | None, decoded: Decoded, options: ReadOptions) -> Log:
    """A log without the changes of leads that filters have left out: their words are none of this table's."""
    leads = identifiers_of(decoded) if options.where or options.exclude else None
    return log if leads is None or log_of is None else log_of(leads)


def _own_log(decoded: Decoded, log: Log, options: ReadOptions, *, is_deals: bool, place: str) -> HistoryJoin:
    """Complete the leads with the log that they were put together of."""
    joined = HistoryJoin(decoded, log, bound_of(options), is_deals=is_deals, place=place, is_own=True)
    joined.of_own_log()
    return joined


def _joined_history(
    decoded: Decoded,
    source: HistorySource,
    options: ReadOptions,
    *,
    is_deals: bool,
    place: str,
    is_united: bool = False,
) -> HistoryJoin | None:
    """Complete the leads with a history; None where it has none of those that filters have left."""
    is_filtered = bool(options.where or options.exclude)
    # words of leads that a filter has left out are none of this table's
    of = identifiers_of(decoded) if is_filtered else None
    log = open_history(source, options, is_deals=is_deals, leads=decoded, of=of)
    if is_united:  # rows of the history are no rows of the files that the leads are put together of
        named = [replace(one, files=(log.name,) * max(1, len(one.rows))) for one in log.findings]
        log = replace(log, findings=tuple(named))
    if of is not None and not log.rows:
        decoded.findings.append(no_changes(log, decoded.filters[-1].left))
        return None
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


def _named(**grids: Sequence[RawTable]) -> dict[str, Sequence[RawTable]]:
    return {name: some for name, some in grids.items() if some}


def _build(
    grids: Sequence[RawTable],
    options: ReadOptions,
    deal_grids: Sequence[RawTable],
    report_progress: Callable[[str], None],
    source: HistorySource | None = None,
) -> LeadTable:
    report_progress("recognising columns")
    grids = [with_pipelines_of_days(grid, options) for grid in grids]
    deal_grids = [with_pipelines_of_days(grid, options) for grid in deal_grids]
    check_headers(options, _named(leads=grids, deals=deal_grids, history=() if source is None else (source.grid,)))
    is_united = len(grids) > 1 or len(deal_grids) > 1
    leads = _of_files(grids, options, "leads", is_lone=not deal_grids, is_united=is_united)
    if deal_grids and not is_united:  # of several files each has been told its own
        leads = replace(leads, mapped=with_own_identifier(leads.grid, leads.mapped, "leads"))
    grid, mapped, by = leads.grid, leads.mapped, leads.by
    is_deals = bool(leads.deal_signals) and not deal_grids
    tables = {"leads": (grid, mapped)}
    second = None
    if deal_grids:
        after = grid.sources.ends[-1] if grid.sources else 0
        second = _of_files(deal_grids, options, "deals", is_united=is_united, after=after)
        if not is_united:
            second = replace(second, mapped=with_own_identifier(second.grid, second.mapped, "deals"))
        tables["deals"] = (second.grid, second.mapped)
        if grid.sources and second.grid.sources:
            grid = replace(grid, sources=grid.sources.with_more(second.grid.sources))
    conditions = _conditions(options, tables)
    report_progress("reading leads")
    keys = key_columns(grid, mapped) if second else {}
    decoded, log = _decode(leads, keys, conditions["leads"], is_deals=is_deals, is_joined=second is not None)
    decoded.findings += _no_creation(mapped, decoded.rows_read) if source is None else []
    if is_deals:
        decoded.findings += _taken_for_deals(decoded, leads.options, leads.deal_signals)
    columns = mapped.columns
    pipelines: tuple[tuple[str, int], ...] = ()
    if second:
        report_progress("joining deals")
        decoded = _joined_deals(decoded, (grid, mapped), second, conditions["deals"], options)
        columns += second.mapped.columns
        pipelines = _pipelines_of_deals(second)
    decoded.findings += unused_exclusions(options.exclude, decoded.met)
    joined_history = None
    if log is not None:
        _refuse_second_log(grid, source)
        joined_history = _own_log(decoded, log, options, is_deals=is_deals, place=grid.place)
    elif source is not None:
        report_progress("joining the history")
        joined_history = _joined_history(
            decoded, source, options, is_deals=is_deals, place=grid.place, is_united=grid.sources is not None
        )
        decoded.findings += [] if joined_history else _no_creation(mapped, decoded.rows_read)
    report_progress("classifying")
    table = LeadRows(decoded, options, is_deals=is_deals).lead_table(grid, mapped, by)
    return _with_history(replace(table, columns=columns, sales_pipelines=pipelines), joined_history, options)


def _joined_deals(
    decoded: Decoded,
    leads: tuple[RawTable, ColumnMap],
    second: _Understood,
    conditions: Sequence[ColumnCondition],
    options: ReadOptions,
) -> Decoded:
    """Complete the leads with their deals."""
    grid, mapped = leads
    keys = key_columns(second.grid, second.mapped)
    deals, _ = _decode(second, keys, conditions, is_deals=True, is_joined=True)
    deals.words = [replace(word, table="deals") for word in deals.words]
    join_keys = JoinKeys((decoded, grid, mapped), (deals, second.grid, second.mapped), options.fields)
    try:
        deal_grid = replace(second.grid, sources=grid.sources)
        joined = DealJoin(decoded, deals, join_keys, deal_grid, options.dedupe, rates=options.rates)
    except InputError as fault:
        raise InputError(f"{fault}{_ruined_keys(grid, decoded)}{_ruined_keys(second.grid, deals)}") from None
    met = decoded.met | deals.met
    decoded = joined.completed(bound_of(options))
    decoded.met = met
    _apply_filters(decoded, deals.asked, options, f"{grid.place} with {second.grid.place}")
    return decoded


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
    log_of: LogOf | None = None


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
        folded.grid,
        _told_by_values(mapped, fields),
        deal_signals,
        by,
        options,
        folded.words,
        folded.log,
        folded.log_of,
    )


def _of_files(
    grids: Sequence[RawTable],
    options: ReadOptions,
    kind: Literal["leads", "deals"],
    *,
    is_united: bool,
    is_lone: bool = True,
    after: int = 0,
) -> _Understood:
    """Recognise the columns of one file, or put those of several together by what they mean."""
    if not is_united:
        return _understood(grids[0], options, kind, is_lone=is_lone)
    files, options = _each_mapped(grids, options, kind, is_joined=kind == "deals" or not is_lone)
    if kind == "leads":
        _refuse_unlike(files, options)
    grid, mapped = unite(files, options, after=after)
    grid = grid.noting(*_without_identifier(files)) if kind == "leads" and options.dedupe != "none" else grid
    signals = _signals(grid, mapped, options, kind)
    is_deals = bool(signals) and (is_lone or kind == "deals")
    by = _groups(grid, mapped, options) if kind == "leads" else {}
    folded = fold(grid, mapped, options, is_deals=is_deals)
    if folded is None or folded.log is None:
        latest = _latest(grid, mapped, options, is_deals=is_deals)
        folded = fold(latest, mapped, options, is_deals=is_deals) if folded and latest is not grid else folded
        grid = latest
    if folded is None:
        return _Understood(grid, mapped, signals, by, options)
    there = {name: grid.headers[place] for name, place in mapped.position.items()}
    fields = {name: header for name, header in there.items() if header in folded.grid.headers}
    fields.update(folded.fields)
    fields = _not_given(fields, options, kind)
    again, _, by = _recognise(folded.grid, replace(options, fields={**options.fields, **fields}), kind)
    told = _told_by_values(again, fields)
    return _Understood(folded.grid, told, signals, by, options, folded.words, folded.log, folded.log_of)


def _each_mapped(
    grids: Sequence[RawTable], options: ReadOptions, kind: Literal["leads", "deals"], *, is_joined: bool
) -> tuple[list[tuple[RawTable, ColumnMap]], ReadOptions]:
    """What the columns of each file mean, and what our own sheets among them say of words."""
    files: list[tuple[RawTable, ColumnMap]] = []
    for one in grids:
        own = own_sheet(one, options.pipeline)
        if own is not None:
            read_back = _read_back(own, replace(options, by=()), kind)
            files.append((read_back.grid, read_back.mapped))
            options = replace(options, words={**own.words, **options.words})
        else:
            mapped = _mapped_alike(one, options, kind, files)
            files.append((one, with_own_identifier(one, mapped, kind) if is_joined else mapped))
        _refuse_undated(*files[-1])
    return files, options


def _mapped_alike(
    grid: RawTable,
    options: ReadOptions,
    kind: Literal["leads", "deals"],
    before: Sequence[tuple[RawTable, ColumnMap]],
) -> ColumnMap:
    """What the columns mean; of two that fit a field the one that an earlier file with both of them has taken."""
    mapped = _mapped(grid, options, kind)
    alike: dict[str, str] = {}
    for other, was in before:
        for field, place in mapped.position.items():
            taken = other.headers[was.position[field]] if field in was.position else None
            own = grid.headers[place]
            if taken is not None and taken != own and taken in grid.headers and own in other.headers:
                alike.setdefault(field, taken)
    alike = _not_given(alike, options, kind)
    if not alike:
        return mapped
    return _told_by_values(_mapped(grid, replace(options, fields={**options.fields, **alike}), kind), alike)


def _without_identifier(files: Sequence[tuple[RawTable, ColumnMap]]) -> list[Finding]:
    """That a lead may stand in several files without anybody seeing it, for want of an identifier."""
    names = tuple(grid.place for grid, mapped in files if "lead_id" not in mapped.position)
    return [Finding(FindingKind.FILES_WITHOUT_ID, len(names), details={"names": names})] if names else []


def _latest(grid: RawTable, mapped: ColumnMap, options: ReadOptions, *, is_deals: bool) -> RawTable:
    """Of an identifier that several files have the row of the last, unless several rows may have it."""
    place = mapped.position.get("lead_id")
    if place is None or options.dedupe == "none" or (is_deals and is_of_other_record(grid.headers[place])):
        return grid
    return only_latest(grid, mapped)


def _refuse_unlike(files: Sequence[tuple[RawTable, ColumnMap]], options: ReadOptions) -> None:
    """Refuse leads and deals as one table."""
    kinds = [(grid, mapped, bool(_signals(grid, mapped, options, "leads"))) for grid, mapped in files]
    deals = [one for one in kinds if one[2]]
    leads = [one for one in kinds if not one[2]]
    if not deals or not leads:
        return
    by_name = {grid.place: headers_signal(grid, mapped, options.pipeline) for grid, mapped, _ in kinds}
    # what only a few stage words tell may differ between two parts of one export
    is_told = {True, False} <= {*by_name.values()}
    if not is_told and {*leads[0][1].position} == {*deals[0][1].position}:
        return
    raise InputError(
        f"{leads[0][0].place} holds leads and {deals[0][0].place} holds deals, which are no rows of one table. Join "
        f"them: leadkpi funnel {leads[0][0].name} --deals {deals[0][0].name}; or say with --kind leads or --kind deals "
        "what the rows of all files are."
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
    ruined = ruined if grid.sources is None else [*map(grid.sources.located, ruined)]
    return "".join(
        f" Excel has shortened identifiers in {grid.place}, column '{brief(found.column)}' (row {found.rows_said(1)}: "
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
    mapped = _mapped(grid, options, kind)
    by = _groups(grid, mapped, options) if kind == "leads" else {}
    return mapped, _signals(grid, mapped, options, kind), by


def _signals(
    grid: RawTable, mapped: ColumnMap, options: ReadOptions, kind: Literal["leads", "deals"]
) -> tuple[str, ...]:
    """What says that the rows are deals."""
    return ("given",) if kind == "deals" else deal_signals(grid, mapped, options.kind, options.pipeline)


def _groups(grid: RawTable, mapped: ColumnMap, options: ReadOptions) -> dict[str, int]:
    """The columns that the user wants to group by."""
    by: dict[str, int] = {}
    for number, wanted in enumerate(options.by):
        place = mapped.position.get(wanted)
        if place is None:
            place = find_column(grid.headers, wanted, grid.also)
        if place is None:
            raise InputError(
                f"{grid.place}: there is no column '{brief(wanted)}' to group by. The columns are: "
                f"{listed(grid.headers)}.",
                ("by", wanted),
            )
        by[f"by_{number}"] = place
    return by_with_pipeline(by, mapped.position)


def _mapped(grid: RawTable, options: ReadOptions, kind: Literal["leads", "deals"]) -> ColumnMap:
    """What the columns mean.

    Raises:
        InputError: They are not those of leads or deals.
    """
    headers = without_days_of_others(grid.headers, options.sales_pipeline)
    mapped = recognise(headers, grid.sample, kind, options.pipeline, of_table(options.fields, kind))
    refuse_reports(grid, mapped, options.pipeline)
    useful = set(mapped.position) & {"created", "stage", "status", "won_date", "lead_id", "close_date", "is_won"}
    log = None if useful else log_columns(headers, grid.sample, mapped, options.pipeline)
    if not (useful or (log and log.is_sure)):
        raise InputError(
            f"{grid.place}, row {grid.first_row - 1}: no column of a lead table was recognised. Found: "
            f"{listed(grid.headers)}. Needed: at least a creation date or a stage (or status) column, better also "
            "an identifier, source, owner and amount. Name them with --map FIELD=HEADER, for example "
            "--map created='Date of enquiry'."
        )
    return mapped


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
) -> tuple[Decoded, Log | None]:
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
    log = table.log and _of_those_left(table.log, table.log_of, decoded, options)
    if log is not None:  # its words stand in the columns of the stage now and of the last open one
        met = {word.word for word in log.words}
        of_log = [replace(word, table="history") for word in log.words]
        decoded.words = [*of_log, *(word for word in decoded.words if word.word not in met)]
    if log is table.log:
        told = {word.word for word in decoded.words}
        decoded.words += [word for word in table.words if word.word not in told]
    decoded.findings += _map_findings(grid, mapped)
    if decoded.frame.is_empty():
        raise _no_rows(grid)
    _refuse_undated(grid, mapped)
    decoded.rows_read = decoded.rows_read if grid.rows is None else grid.rows
    return decoded, log


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
