"""Tables with several sales pipelines: each is read by itself as well, for its stages are its own."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from xl_leadkpi import engines
from xl_leadkpi.errors import InputError
from xl_leadkpi.leads.cells.raw_table import Loaded, from_texts
from xl_leadkpi.leads.fields.log_on_engine import LogDecoder
from xl_leadkpi.leads.fields.rules import read_dates
from xl_leadkpi.leads.model.conditions import Condition
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind
from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.leads.model.table import has_joined_deals
from xl_leadkpi.leads.overrides import of_table
from xl_leadkpi.leads.recognition.headers import meanings
from xl_leadkpi.leads.recognition.stage_order import are_hidden, open_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.model.findings import Detail
    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.model.table import LeadTable

FIELD = "pipeline"
"""Field of the column that names a row's pipeline."""
COLUMN = "by_pipeline"
"""Its name in the lead table, where rows are grouped by it."""
MOST_PIPELINES = 12
"""Pipelines that a table has at most; a column with more different texts names something else."""
_SEVERAL = 2
_FOLDED = frozenset({FindingKind.DUPLICATE_IDS, FindingKind.DUPLICATE_EMAILS})
"""Findings of a table in which of several rows one is counted."""
_SHOWN = 3
_WORDS_NAMED = 8
_DAY_OF_ONE = re.compile(r"""^\s*date (?:entered|exited) (.+\))[^\w)]*$""", re.IGNORECASE)
_HEADER = "Pipeline"
"""What the column of pipelines is called that only the days of their stages tell."""


def with_sales_pipelines(read: Callable[[ReadOptions], LeadTable], options: ReadOptions) -> LeadTable:
    """Read a table, and each of its pipelines by itself where it has several.

    Args:
        read: Reads it.
        options: How to; where they choose a pipeline, only its rows are read.
    """
    if options.sales_pipeline:
        chosen = _without_column(read(_choosing(options, options.sales_pipeline)))
        return replace(chosen, chosen_pipeline=options.sales_pipeline)
    wanted = options.stages
    table = read(replace(options, stages="canonical") if wanted == "own" else options)
    if COLUMN in table.by_labels and not table.sales_pipelines:
        table = replace(table, sales_pipelines=_counted(table))
    if len(table.sales_pipelines) == 1 and not all(column.header for column in table.columns):
        # the days of its stages, left out as those of one of several, are those of all rows
        [(name, _)] = table.sales_pipelines
        return _without_column(replace(read(replace(options, sales_pipeline=name)), sales_pipelines=()))
    if not 1 < len(table.sales_pipelines) <= MOST_PIPELINES:
        many = [_many(table)] if len(table.sales_pipelines) > MOST_PIPELINES else []
        table = read(options) if wanted == "own" else table
        return _without_column(replace(table, sales_pipelines=(), findings=(*table.findings, *many)))
    if table.pipeline is not PIPELINE and not options.own_stages and options.pipeline is PIPELINE:
        # words of several pipelines have no common order
        table = replace(read(replace(options, stages="canonical")), sales_pipelines=table.sales_pipelines)
    if options.rates is not None and table.conversion is not None:
        # a pipeline alone may not tell the currency that the report is in
        options = replace(options, rates=replace(options.rates, target=table.conversion.target))
    parts: dict[str, LeadTable] = {}
    for name, _ in table.sales_pipelines:
        # one that filters or the day that is counted leave nothing of has no funnel
        part = _part(read, replace(_choosing(options, name), as_of=options.as_of or table.as_of))
        if part is not None:
            parts[name] = _without_column(part)
    if len(parts) < _SEVERAL:
        return _without_column(replace(table, sales_pipelines=()))
    header = table.by_labels.get(COLUMN, "")
    # without rows that came after the day that is counted; of deals that were joined leads are counted
    is_in_table = COLUMN in table.by_labels
    counts = dict(table.sales_pipelines) if is_in_table else {name: _rows(part) for name, part in parts.items()}
    told = tuple(f"{name}: {counts.get(name, 0):,}" for name, _ in table.sales_pipelines)
    details: dict[str, Detail] = {"pipelines": told, "name": next(iter(parts))}
    found = [
        Finding(FindingKind.SEVERAL_PIPELINES, len(parts), header, details=details),
        *_overlapping(table, parts, header),
        *_nameless(table, header),
        *_as_usual(parts, options, header),
    ]
    return replace(_named_once(table), of_pipelines=parts, findings=(*table.findings, *found))


def _many(table: LeadTable) -> Finding:
    """That a column names more pipelines than have a funnel each: its texts that most rows have."""
    pipelines = table.sales_pipelines
    told = tuple(f"{name}: {count:,}" for name, count in pipelines[:_SHOWN])
    details: dict[str, Detail] = {"pipelines": told, "name": pipelines[0][0]}
    return Finding(FindingKind.MANY_PIPELINES, len(pipelines), table.by_labels.get(COLUMN, ""), details=details)


def _as_usual(parts: Mapping[str, LeadTable], options: ReadOptions, header: str) -> list[Finding]:
    """Pipelines that are shown with the usual stages, for nothing tells the order of their own."""
    if options.stages == "canonical" or options.stage_order or options.own_stages:
        return []
    found: list[str] = []
    for name, part in parts.items():
        has_deals = has_joined_deals(part.columns)
        words = open_words(part.words, of_deals_alone=has_deals)
        is_hidden = are_hidden(words) or any(word.usual is None for word in words)
        if part.pipeline is PIPELINE and (options.stages == "own" or (len(words) > 1 and is_hidden)):
            found.append(f"{name} ({', '.join(word.name for word in words[:_WORDS_NAMED])})" if words else name)
    if not found:
        return []
    return [Finding(FindingKind.PIPELINES_AS_USUAL, len(found), header, details={"pipelines": tuple(found)})]


def _nameless(table: LeadTable, header: str) -> list[Finding]:
    """Rows that belong to no pipeline."""
    if COLUMN not in table.by_labels:
        return []
    blank = nw.col(COLUMN).is_null()
    [[counted]] = engines.collect([engines.lazy(table.frame).filter(blank).select(nw.len().alias("n"))])
    if not counted["n"]:
        return []
    rows = engines.first_rows(table.frame, blank, ROWS_NAMED)
    return [Finding(FindingKind.ROWS_WITHOUT_PIPELINE, int(counted["n"]), header, rows)]


def _overlapping(table: LeadTable, parts: Mapping[str, LeadTable], header: str) -> list[Finding]:
    """Rows that their own pipeline counts and the table does not: their identifier stands in another pipeline too."""
    # only where rows of the table were folded; on an engine each count is a pass over the rows of a pipeline
    if COLUMN not in table.by_labels or not any(one.kind in _FOLDED for one in table.findings):
        return []
    if sum(map(_rows, parts.values())) <= sum(n for _, n in table.sales_pipelines):
        return []
    of_parts = [engines.lazy(part.frame).select("row_no") for part in parts.values()]
    # parts in memory are of few rows, and so is the whole: an engine would plan all that leads to it for each of them
    whole = engines.to_same_backend(engines.lazy(table.frame).select("row_no"), of_parts[0])
    queries = []
    for rows in of_parts:
        not_in_whole = rows.join(whole, on="row_no", how="anti")
        queries += [not_in_whole.select(nw.len().alias("n")), not_in_whole.sort("row_no").head(ROWS_NAMED)]
    answers = engines.collect(queries)
    counts = {name: int(counted["n"]) for name, [counted] in zip(parts, answers[::2], strict=True)}
    if not sum(counts.values()):
        return []
    first = sorted(int(row["row_no"]) for rows in answers[1::2] for row in rows)[:ROWS_NAMED]
    details: dict[str, Detail] = {"pipelines": tuple(f"{name}: {count:,}" for name, count in counts.items() if count)}
    return [Finding(FindingKind.OVERLAPPING_PIPELINES, sum(counts.values()), header, tuple(first), details)]


def _part(read: Callable[[ReadOptions], LeadTable], options: ReadOptions) -> LeadTable | None:
    """One pipeline; with the usual stages where nothing tells the order of its own."""
    for stages in dict.fromkeys((options.stages, "auto")):
        with suppress(InputError):
            return read(replace(options, stages=stages))
    return None


def _choosing(options: ReadOptions, name: str) -> ReadOptions:
    return replace(options, sales_pipeline=name, where=(*options.where, condition_of(name)))


def condition_of(name: str) -> Condition:
    """That a row belongs to a pipeline."""
    return Condition(FIELD, "=", (name,))


def without_days_of_others(headers: Sequence[str], chosen: str) -> tuple[str, ...]:
    """Headers without those of days that stages of other pipelines were entered on, as HubSpot names them.

    Where none is chosen, the days of several pipelines are no steps of one funnel.

    >>> headers = ['Date entered "Demo (Sales)"', "Date entered 'Demo (Renewals (EU))'", "Create Date"]
    >>> without_days_of_others(headers, "renewals (eu)")
    ('', "Date entered 'Demo (Renewals (EU))'", 'Create Date')
    >>> without_days_of_others(headers, "")
    ('', '', 'Create Date')
    """
    named = [_pipeline_of(header) for header in headers]
    names = {_plain(name) for name in named if name}
    kept = {_plain(chosen)} if _plain(chosen) in names else names if len(names) == 1 else set()
    others = [bool(name) and _plain(name) not in kept for name in named]
    return tuple("" if is_other else header for header, is_other in zip(headers, others, strict=True))


def _pipeline_of(header: str) -> str:
    """The pipeline whose stage was entered or left on the days below a header of HubSpot; ``""`` for other headers."""
    match = _DAY_OF_ONE.match(header)
    if match is None:
        return ""
    text, depth = match[1], 0
    for place in range(len(text) - 1, -1, -1):
        depth += (text[place] == ")") - (text[place] == "(")
        if not depth:
            return text[place + 1 : -1].strip() if place else ""
    return ""


@dataclass(frozen=True, slots=True)
class _Days:
    """The columns with the days on which stages of several pipelines were entered.

    Attributes:
        places: Places of the columns of each pipeline.
        column: Place of the column that names the pipeline, None where the days alone tell it.
    """

    places: Mapping[str, tuple[int, ...]]
    column: int | None

    @property
    def all_places(self) -> tuple[int, ...]:
        """The places of all of them."""
        return tuple(place for places in self.places.values() for place in places)


def _days_of(headers: Sequence[str], options: ReadOptions) -> _Days | None:
    """The columns of days, where they are of several pipelines and the user has not said what names these."""
    if of_table(options.fields, "leads").get(FIELD) or of_table(options.fields, "deals").get(FIELD):
        return None
    found: dict[str, list[int]] = {}
    shown: dict[str, str] = {}
    for place, header in enumerate(headers):
        name = _pipeline_of(header)
        if name:
            found.setdefault(shown.setdefault(_plain(name), name), []).append(place)
    # names in brackets that no two stages share are no pipelines
    if len(found) < _SEVERAL or max(map(len, found.values())) < _SEVERAL:
        return None
    column = next((place for place, header in enumerate(headers) if _names_pipeline(header)), None)
    return _Days({name: tuple(places) for name, places in found.items()}, column)


def _names_pipeline(header: str) -> bool:
    return any(one.field == FIELD and one.reason == "exact" for one in meanings(header, "deals", PIPELINE)[0])


def with_pipelines_of_days(grid: RawTable, options: ReadOptions) -> RawTable:
    """A table with a column of pipelines where only the days of their stages tell them, as HubSpot may export it.

    A deal belongs to the pipeline that it entered last; deals with days of several are told.

    Args:
        grid: The table.
        options: How to read it.
    """
    days = _days_of(grid.headers, options)
    if days is None:
        return grid
    asked = len(grid.headers) if days.column is None else days.column

    def load(positions: Sequence[int], identifiers: frozenset[int]) -> Loaded:
        if asked not in positions:
            return grid.load(positions, identifiers)
        own = [place for place in positions if place < len(grid.headers)]
        loaded = grid.load(list(dict.fromkeys([*own, *days.all_places])), identifiers)
        latest = _latest(grid, loaded, days, options)
        columns = {place: loaded.columns[place] for place in own}
        if days.column is None:
            columns[asked] = from_texts(_last_of(latest), distinct=True)
        return replace(loaded, columns=columns, findings=(*loaded.findings, *_met_in_several(grid, latest, asked)))

    if days.column is not None:
        return replace(grid, load=load)
    sample = [_first_filled(grid, days, row) for row in range(max(map(len, grid.sample), default=0))]
    is_usable = grid.is_usable
    return replace(
        grid,
        headers=(*grid.headers, _HEADER),
        sample=(*grid.sample, tuple(sample)),
        load=load,
        is_usable=lambda place: place == asked or is_usable(place),
    )


def _first_filled(grid: RawTable, days: _Days, row: int) -> str | None:
    """A pipeline whose days a row of the sample has: enough to tell what the column holds."""
    for name, places in days.places.items():
        if any(row < len(grid.sample[place]) and grid.sample[place][row] not in (None, "") for place in places):
            return name
    return None


def _latest(grid: RawTable, loaded: Loaded, days: _Days, options: ReadOptions) -> pl.DataFrame:
    """The last day of each row in each pipeline; of cells that are filled and no days the first day of all."""
    columns = {str(place): loaded.columns[place] for place in days.all_places}
    headers = {str(place): grid.headers[place] for place in days.all_places}
    read = read_dates(columns, headers, grid, locale=options.locale).read

    def one(place: int) -> pl.Series:
        column, found = loaded.columns[place], read[str(place)].days
        if found is None:
            return pl.select(pl.when(column.filled()).then(0.0)).to_series()
        return column.spread(found.cast(pl.Float64))

    return pl.DataFrame(
        {
            name: pl.DataFrame({str(place): one(place) for place in places}).max_horizontal()
            for name, places in days.places.items()
        }
    )


def _last_of(latest: pl.DataFrame) -> pl.Series:
    """The pipeline that each row entered last."""
    last = pl.max_horizontal(pl.all())
    named = (pl.when(pl.col(name) == last).then(pl.lit(name)) for name in latest.columns)
    return latest.select(pl.coalesce(named)).to_series()


def _met_in_several(grid: RawTable, latest: pl.DataFrame, place: int) -> list[Finding]:
    met = latest.select(pl.sum_horizontal(pl.all().is_not_null()) > 1).to_series()
    if not met.any():
        return []
    rows = tuple(grid.numbered(met.arg_true().head(ROWS_NAMED)).to_list())
    names = tuple(name for name in latest.columns if (latest[name].is_not_null() & met).any())
    header = grid.headers[place] if place < len(grid.headers) else ""
    return [Finding(FindingKind.DAYS_OF_SEVERAL_PIPELINES, int(met.sum()), header, rows, {"pipelines": names})]


def query_with_pipelines_of_days(
    frame: nw.LazyFrame[Any], grid: RawTable, options: ReadOptions
) -> tuple[nw.LazyFrame[Any], tuple[Finding, ...]]:
    """As :func:`with_pipelines_of_days`, for a table that stays on its engine.

    Args:
        frame: Its rows, with ``row_no``.
        grid: Its headers and first cells.
        options: How to read it.

    Returns:
        The rows with the column, and what was odd.
    """
    days = _days_of(grid.headers, options)
    if days is None:
        return frame, ()
    decoder = LogDecoder(frame, grid, {str(place): place for place in days.all_places}, options, is_deals=True)
    decoder.prepare([str(place) for place in days.all_places], [])
    latest = {
        f"leadkpi_{number}": nw.max_horizontal(*(decoder.columns[str(place)].cast(nw.Float64) for place in places))
        for number, places in enumerate(days.places.values())
    }
    there = frame.collect_schema().names()
    rows = decoder.frame.with_columns(**latest)
    last = nw.max_horizontal(*latest)
    named = [
        nw.when(nw.col(column) == last).then(nw.lit(name)) for column, name in zip(latest, days.places, strict=True)
    ]
    met = nw.sum_horizontal(*((~nw.col(column).is_null()).cast(nw.Int64) for column in latest)) > 1
    asked = {"n": met.cast(nw.Int64).sum()}
    asked |= {column: (met & ~nw.col(column).is_null()).cast(nw.Int64).sum() for column in latest}
    counted = engines.measure(rows, asked)
    found: tuple[Finding, ...] = ()
    if counted["n"]:
        names = tuple(name for column, name in zip(latest, days.places, strict=True) if counted[column])
        header = "" if days.column is None else grid.headers[days.column]
        first = engines.first_rows(rows, met, ROWS_NAMED)
        details: dict[str, Detail] = {"pipelines": names}
        found = (Finding(FindingKind.DAYS_OF_SEVERAL_PIPELINES, int(counted["n"]), header, first, details),)
    if days.column is not None:
        return frame, found
    return rows.with_columns(**{_HEADER: nw.coalesce(*named)}).select(*there, _HEADER), found


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def by_with_pipeline(by: Mapping[str, int], position: Mapping[str, int]) -> dict[str, int]:
    """Columns to group by, that of the pipelines among them."""
    place = position.get(FIELD)
    return dict(by) if place is None else {**by, COLUMN: place}


def _counted(table: LeadTable) -> tuple[tuple[str, int], ...]:
    rows = engines.lazy(table.frame).filter(~nw.col(COLUMN).is_null())
    [counted] = engines.collect([rows.group_by(COLUMN).agg(nw.len().alias("n"))])
    found = [(str(row[COLUMN]), int(row["n"])) for row in counted]
    return tuple(sorted(found, key=lambda one: (-one[1], one[0])))


def _named_once(table: LeadTable) -> LeadTable:
    """Without the column of the pipelines as the user has asked to group by it: it is there by itself."""
    header = table.by_labels.get(COLUMN)
    again = [name for name, label in table.by_labels.items() if label == header and name != COLUMN]
    if header is None or not again:
        return table
    labels = {COLUMN if name in again else name: label for name, label in table.by_labels.items()}
    return replace(table, by_labels=labels, frame=table.frame.drop(*again))


def _rows(table: LeadTable) -> int:
    [[counted]] = engines.collect([engines.lazy(table.frame).select(nw.len().alias("n"))])
    return int(counted["n"])


def _without_column(table: LeadTable) -> LeadTable:
    if COLUMN not in table.by_labels:
        return table
    labels = {name: label for name, label in table.by_labels.items() if name != COLUMN}
    return replace(table, by_labels=labels, frame=table.frame.drop(COLUMN))
