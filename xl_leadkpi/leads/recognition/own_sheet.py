"""The sheet Funnel_Data of a funnel workbook, read back: its columns and words are known, in every language."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from xl_leadkpi.leads.cells.raw_table import from_texts
from xl_leadkpi.leads.cells.vocabulary import field_headers
from xl_leadkpi.leads.model.stage import OPEN, PIPELINE
from xl_leadkpi.leads.recognition.stage_words import find_whole, is_open
from xl_leadkpi.locales import languages, locale

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.leads.cells.raw_table import Loaded, RawTable
    from xl_leadkpi.leads.model.options import TableKind
    from xl_leadkpi.leads.model.stage import Pipeline

_TELLING = ("row_no", "lead_id", "outcome", "furthest_stage")
_SAME_NAME = (
    "lead_id",
    "name",
    "created",
    "expected_close",
    "customer_end",
    "source",
    "campaign",
    "owner",
    "lost_reason",
    "amount",
    "currency",
)
REACHED = "Funnel_Data: reached"
"""Header of the column that is made of several of the sheet's."""


@dataclass(frozen=True, slots=True)
class OwnSheet:
    """A sheet of ours.

    Attributes:
        grid: The table, with a column for how far each lead came.
        fields: Field to header; ``"-"`` for the fields it has no column of.
        words: What its stage words mean, where the word lists say something else.
        kind: What its rows are.
    """

    grid: RawTable
    fields: Mapping[str, str]
    words: Mapping[str, str]
    kind: TableKind


def own_sheet(grid: RawTable, pipeline: Pipeline) -> OwnSheet | None:
    """Recognise the sheet by its headers; None for any other table."""
    found = _own_columns(grid.headers, pipeline)
    if found is None:
        return None
    language, place = found
    texts = locale(language).funnel
    own = {stage.name for stage in pipeline if stage.is_own}
    labels = {name: name if name in own else texts.get(f"label.{name}", name) for name in pipeline.codes}
    return _read_back(grid, place, labels, pipeline)


def is_own_header(headers: Sequence[str]) -> bool:
    """Tell whether these are the headers of that sheet: the one of a funnel workbook that holds the leads."""
    return _own_columns(headers, PIPELINE) is not None


def _own_columns(headers: Sequence[str], pipeline: Pipeline) -> tuple[str, dict[str, int]] | None:
    """The language of the headers, and where each column stands."""
    own = {stage.date_column: stage.name for stage in pipeline if stage.is_own and stage is not pipeline.entry}
    for language in languages():
        texts = locale(language).funnel
        ours = {key.removeprefix("data."): text for key, text in texts.items() if key.startswith("data.")} | own
        place = {name: headers.index(header) for name, header in ours.items() if header in headers}
        if all(name in place for name in _TELLING):
            return language, place
    return None


def _fields(pipeline: Pipeline) -> dict[str, str]:
    """Columns of the sheet, by the names of the lead table, and the fields they feed."""
    return {
        **dict(zip(_SAME_NAME, _SAME_NAME, strict=True)),
        **{stage.date_column: stage.date_fields[-1] for stage in (*pipeline.inner, pipeline.won)},
        "d_lost": "lost_date",
        "outcome": "status",
        "stage_now": "stage",
        "response_min": "first_response",
    }


def _read_back(grid: RawTable, place: Mapping[str, int], labels: Mapping[str, str], pipeline: Pipeline) -> OwnSheet:
    fields, fed = dict.fromkeys(field_headers("lead", pipeline), "-"), _fields(pipeline)
    fields |= {fed[name]: grid.headers[at] for name, at in place.items() if name in fed}
    fields["last_open_stage"] = REACHED
    words = {text: stage for stage, text in labels.items() if _meant(text, pipeline) != stage}
    return OwnSheet(
        _with_reach(grid, place, labels[pipeline.entry.name]), fields, words, _kind(grid, place, labels, pipeline)
    )


def _meant(text: str, pipeline: Pipeline) -> str | None:
    return OPEN if is_open(text) else find_whole(text, pipeline)


def _with_reach(grid: RawTable, place: Mapping[str, int], entry: str) -> RawTable:
    """The table with a column for the stage that a lead was lost from, else the furthest one.

    Where all were lost from the first stage and no day says more, nothing told how far they came.
    """
    furthest, lost_stage = place["furthest_stage"], place.get("lost_stage")
    wanted = [furthest] if lost_stage is None else [furthest, lost_stage]
    last = len(grid.headers)

    def load(positions: Sequence[int], identifiers: frozenset[int]) -> Loaded:
        loaded = grid.load(sorted({*positions, *wanted} - {last}), identifiers)
        reached, *lost = (column.spread(column.as_text()) for column in map(loaded.columns.__getitem__, wanted))
        if lost:
            is_told = (lost[0].drop_nulls() != entry).any()
            frame = pl.DataFrame({"reached": reached, "lost": lost[0]})
            stage = pl.col("lost") if is_told else pl.lit(None, dtype=pl.String)
            reached = frame.select(pl.when(pl.col("lost").is_null()).then("reached").otherwise(stage))["reached"]
        columns = {**loaded.columns, last: from_texts(reached, distinct=True)}
        return replace(loaded, columns={position: columns[position] for position in positions})

    return replace(grid, headers=(*grid.headers, REACHED), sample=(*grid.sample, grid.sample[furthest]), load=load)


def _kind(grid: RawTable, place: Mapping[str, int], labels: Mapping[str, str], pipeline: Pipeline) -> TableKind:
    """Deals have been opportunities from the day they were created; no lead has."""
    early = {labels[stage.name] for stage in pipeline.before_opportunity}
    if pipeline.opportunity is None or early & set(grid.sample[place["furthest_stage"]]):
        return "leads"
    created, begun = (place.get(name) for name in ("created", pipeline.opportunity.date_column))
    if begun is None:
        return "deals" if created is None else "leads"
    is_same = created is not None and grid.sample[created] == grid.sample[begun]
    return "deals" if is_same else "leads"
