"""Leads or deals: what the rows of a lone table are."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from xl_leadkpi.leads.cells.vocabulary import full_header_key, plain, vocabulary
from xl_leadkpi.leads.recognition.stage_words import find_stage

if TYPE_CHECKING:
    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.model.options import TableKind
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.model.table import ColumnMatch
    from xl_leadkpi.leads.recognition.columns import ColumnMap

_OF_BOTH = frozenset({"source", "campaign", "link_id", "opportunity_date", "won_date", "lost_date"})
_FIELDS_OF_DEALS = ("pipeline", "probability", "expected_close", "close_date", "is_closed")
_MOST_SIGNALS = 5


def deal_signals(grid: RawTable, mapped: ColumnMap, kind: TableKind, pipeline: Pipeline) -> tuple[str, ...]:
    """Tell deals from leads by the title, the words of the headers, then by the fields and the stage words.

    A day on which something was qualified is one sign of leads among others: tables of deals have such days as well.
    A day of marketing's qualification is no deal's.

    Args:
        grid: The table.
        mapped: Its columns.
        kind: What the user says that it is.
        pipeline: The stages its rows may be in.

    Returns:
        What speaks for deals; nothing for leads.
    """
    if kind != "auto":
        return ("kind",) if kind == "deals" else ()
    told = _told_by_headers(grid, mapped, pipeline)
    return _by_fields(grid, mapped, pipeline) if told is None else told


def headers_signal(grid: RawTable, mapped: ColumnMap, pipeline: Pipeline) -> bool | None:
    """Tell deals (True) from leads (False) by the title and the words of the headers; None where these do not tell."""
    told = _told_by_headers(grid, mapped, pipeline)
    return None if told is None else bool(told)


def _told_by_headers(grid: RawTable, mapped: ColumnMap, pipeline: Pipeline) -> tuple[str, ...] | None:
    titles = set(plain(" ".join((grid.sheet, *grid.title))).split())
    if titles & _words("lead_titles") and not titles & _words("deal_words"):
        return ()
    of_deals = [column.header for column in mapped.columns if _speaks_for_deals(column)]
    of_leads = sum(_speaks_for_leads(column, pipeline) for column in mapped.columns)
    if len(of_deals) != of_leads:
        return tuple(of_deals[:_MOST_SIGNALS]) if len(of_deals) > of_leads else ()
    return None


@cache
def _words(key: str) -> frozenset[str]:
    return frozenset(plain(word) for word in vocabulary()[key])


def names_lead(header: str) -> bool:
    """Tell whether a header says that its column is about a lead: what happened before there was a deal.

    >>> names_lead("Lead Status"), names_lead("Status")
    (True, False)
    """
    return bool(set(full_header_key(header).split()) & _words("lead_words"))


def _speaks_for_deals(column: ColumnMatch) -> bool:
    words = set(full_header_key(column.header).split())
    return column.field not in _OF_BOTH and bool(words & _words("deal_words")) and not words & _words("lead_words")


def _speaks_for_leads(column: ColumnMatch, pipeline: Pipeline) -> int:
    marketing = pipeline.marketing
    if marketing is not None and column.field in marketing.date_fields:
        return 2
    words = set(full_header_key(column.header).split())
    if column.field in _OF_BOTH or words & _words("deal_words"):
        return 0
    return int(bool(words & _words("lead_words")) or column.field in _fields_before_opportunity(pipeline))


@cache
def _fields_before_opportunity(pipeline: Pipeline) -> frozenset[str | None]:
    """Fields of the stages before an opportunity; none where nothing tells which stages these are."""
    stages = pipeline.before_opportunity[1:] if pipeline.opportunity else ()
    return frozenset(field for stage in stages for field in (*stage.date_fields, stage.flag) if field)


def _by_fields(grid: RawTable, mapped: ColumnMap, pipeline: Pipeline) -> tuple[str, ...]:
    has = set(mapped.position)
    signals = [name for name in _FIELDS_OF_DEALS if name in has]
    # without an amount two of them say it, or the pair of flags that Salesforce keeps of opportunities
    is_clear = ("amount" in has and signals) or len(signals) > 1 or {"is_won", "is_closed"} <= has
    if not (has & {"stage", "status"} and is_clear):
        return ()
    place = mapped.position.get("stage", mapped.position.get("status", 0))
    stages = [find_stage(word, pipeline) for word in {str(cell).strip() for cell in grid.sample[place][:200] if cell}]
    of_leads = {stage.name for stage in pipeline.before_opportunity} if pipeline.opportunity else {pipeline.entry.name}
    early = sum(stage in of_leads for stage in stages)
    is_lead_life = pipeline.entry.name in stages and early * 2 > sum(stage in pipeline.names[:-1] for stage in stages)
    # Amount and close date alone are weak: a table whose stages are mostly those of a lead's life holds leads.
    is_of_marketing = pipeline.marketing is not None and pipeline.marketing.name in stages
    if is_of_marketing or (is_lead_life and signals == ["close_date"]):
        return ()
    return tuple(grid.headers[mapped.position[name]] for name in ("amount", *signals) if name in has)
