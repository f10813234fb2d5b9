"""Tables with several sales pipelines: each is read by itself as well, for its stages are its own."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.errors import InputError
from xl_leadkpi.leads.model.conditions import Condition
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind
from xl_leadkpi.leads.model.stage import PIPELINE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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
_DAY_OF_ONE = re.compile(r"""^\s*(date (?:entered|exited) .+)\((.+)\)\W*$""", re.IGNORECASE)


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
    ]
    return replace(_named_once(table), of_pipelines=parts, findings=(*table.findings, *found))


def _many(table: LeadTable) -> Finding:
    """That a column names more pipelines than have a funnel each: its texts that most rows have."""
    pipelines = table.sales_pipelines
    told = tuple(f"{name}: {count:,}" for name, count in pipelines[:_SHOWN])
    details: dict[str, Detail] = {"pipelines": told, "name": pipelines[0][0]}
    return Finding(FindingKind.MANY_PIPELINES, len(pipelines), table.by_labels.get(COLUMN, ""), details=details)


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

    Where none is chosen, those of a stage that several pipelines have tell the days of neither.

    >>> headers = ['Date entered "Demo (Sales)"', 'Date entered "Demo (Renewals)"', 'Date entered "Trial (Sales)"']
    >>> without_days_of_others(headers, "renewals")
    ('', 'Date entered "Demo (Renewals)"', '')
    >>> without_days_of_others(headers, "")
    ('', '', 'Date entered "Trial (Sales)"')
    """
    named = [_DAY_OF_ONE.match(header) for header in headers]
    stages = Counter(_plain(match[1]) for match in named if match)
    is_named = any(match and _plain(match[2]) == _plain(chosen) for match in named)

    def is_of_others(match: re.Match[str] | None) -> bool:
        if match is None:
            return False
        return _plain(match[2]) != _plain(chosen) if is_named else stages[_plain(match[1])] > 1

    return tuple("" if is_of_others(match) else header for header, match in zip(headers, named, strict=True))


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
