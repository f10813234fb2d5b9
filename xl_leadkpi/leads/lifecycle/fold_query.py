"""A log given as the table of leads whose rows stay on an engine: folded there to one row a lead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.engines.expressions import translate
from xl_leadkpi.errors import InputError
from xl_leadkpi.leads.fields.rules import lead_fields
from xl_leadkpi.leads.files.open import open_frame
from xl_leadkpi.leads.lifecycle.as_of import FORECASTS, OF_NOW, bound_of
from xl_leadkpi.leads.lifecycle.history import TRIED, is_log_by_its_rows
from xl_leadkpi.leads.lifecycle.log_query import read_log_query
from xl_leadkpi.leads.lifecycle.log_rows import unclear_record
from xl_leadkpi.leads.lifecycle.visits import ORDER, standing, visits_of
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.stage import LOST
from xl_leadkpi.leads.recognition.table_kind import log_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.lifecycle.folding import LogOf
    from xl_leadkpi.leads.model.history import Log
    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.recognition.columns import ColumnMap
    from xl_leadkpi.leads.recognition.table_kind import LogColumns

    Query = nw.LazyFrame[Any]


@dataclass(frozen=True, slots=True)
class FoldedQuery:
    """A log with one row a lead.

    Attributes:
        frame: The rows, with ``row_no``.
        fields: Field to header, for the columns that the folding has made.
        log: The changes.
        log_of: Reads the changes of some records alone, whose identifiers are the column ``lead``.
        visits: The visits of the stages.
        findings: What was odd.
    """

    frame: Query
    fields: Mapping[str, str]
    log: Log
    log_of: LogOf
    visits: Query
    findings: tuple[Finding, ...]


def fold_query(
    frame: Query, grid: RawTable, mapped: ColumnMap, options: ReadOptions, by: Iterable[int], *, is_deals: bool
) -> FoldedQuery | None:
    """Fold a log that stays where it is; None where each row is a lead.

    Args:
        frame: The rows, with ``row_no``.
        grid: Its headers and first cells.
        mapped: What its columns mean.
        options: How to read it.
        by: Places of further columns to keep.
        is_deals: It is about deals.

    Raises:
        InputError: It is a log that says nothing of stages, or all of it is later than the day that is counted.
    """
    columns = log_columns(grid.headers, grid.sample, mapped, options.pipeline)
    if columns is None:
        return None
    if not columns.is_sure and not _is_log(frame, grid, columns, options):
        return None
    if columns.rivals:
        raise unclear_record(grid, (columns.id, *columns.rivals), "lead_id")
    kept = {mapped.position[name] for name in lead_fields(options.pipeline) if name in mapped.position}
    return _Fold(frame, grid, columns, options, is_deals=is_deals).folded(mapped, {*kept, *by})


def _is_log(frame: Query, grid: RawTable, columns: LogColumns, options: ReadOptions) -> bool:
    """Tell by the first rows, as many as in memory: the sample of a log by time may tell of no lead twice."""
    names = _names(frame)
    headers = [grid.headers[place] for place in (columns.id, columns.word, columns.time)]
    head = engines.head(frame.select(names[header] for header in headers), TRIED)
    first = open_frame(head.rename(dict(zip(head.columns, headers, strict=True))), "leads", options, grid.name)
    return is_log_by_its_rows(first, replace(columns, id=0, word=1, time=2), options)


def _names(frame: Query) -> dict[str, str]:
    """By header, what the engine calls its column."""
    return {engines.header_of(name): name for name in frame.collect_schema().names() if name != "row_no"}


class _Fold:
    """One log."""

    def __init__(
        self, frame: Query, grid: RawTable, columns: LogColumns, options: ReadOptions, *, is_deals: bool
    ) -> None:
        self.columns = columns
        self.grid = grid
        self.options = options
        self.pipeline = options.pipeline
        self.bound = bound_of(options)
        self.read = partial(read_log_query, frame, grid, columns, options, is_deals=is_deals)
        self.log = self.read()
        self.names = _names(frame)
        self.frame = frame
        self.findings: list[Finding] = []

    def _name(self, place: int) -> str:
        return self.names[self.grid.headers[place]]

    @staticmethod
    def _kept(place: int) -> str:
        """What a column is called on the way: engines do not tell "Created" from ours, "created"."""
        return f"leadkpi_kept_{place}"

    def folded(self, mapped: ColumnMap, kept: set[int]) -> FoldedQuery:
        """Fold it: what the visits tell, and the last value of every other column."""
        columns, headers = self.columns, self.log.headers
        visits = visits_of(self.log, self.bound.day)
        starts = self._starts()
        gone = {columns.id, columns.word, columns.time, columns.before, columns.field}
        told = standing(visits, self.pipeline)
        rows = starts.join(told, on="lead", how="left")
        now = {mapped.position.get(name) for name in ("stage", "status")} - gone
        is_past = self.bound.is_past and bool(self.findings)
        carried = [place for place in sorted(kept - gone) if not (is_past and place in now)]
        stands = next((place for place in carried if place in now and self._is_constant(place)), None)
        carried = [place for place in carried if place not in now or place == stands]
        rows = rows.join(self._last(carried), on="lead", how="left")
        if is_past:
            rows = self._without_today(rows, carried, mapped)
        fields: dict[str, str] = {"lead_id": headers["id"]}
        made: dict[str, nw.Expr] = {self._name(columns.id): nw.col("lead")}
        if columns.created is None:
            fields["created"] = headers["time"]
            made[headers["time"]] = nw.col("created")
        codes = {self.pipeline.codes[name]: name for name in (*self.pipeline.names, LOST)}
        if stands is None:
            fields["stage"] = headers["word"]
            made[headers["word"]] = translate(nw.col("now"), codes, nw.String)
        fields["last_open_stage"] = f"{headers['word']} (last open)"
        made[fields["last_open_stage"]] = translate(nw.col("last_open"), codes, nw.String)
        days = self._days()
        fields |= {field: f"{headers['time']}: {name}" for field, (name, _) in days.items()}
        made |= {fields[field]: day for field, (_, day) in days.items()}
        kept_as = {self._name(place): nw.col(self._kept(place)) for place in carried}
        frame = rows.select("row_no", **kept_as, **made)
        details = {"id": headers["id"], "word": headers["word"], "time": headers["time"]}
        found = Finding(FindingKind.HISTORY_FOLDED, self.log.rows, headers["word"], details=details)
        frame = engines.detached(frame, in_memory=False)
        counted = engines.measure(frame, {field: nw.col(fields[field]).count() for field in days})
        never = [field for field in days if not counted[field]]
        frame = frame.drop(*[fields.pop(field) for field in never])
        findings = (found, *self.log.findings, *self.findings)
        return FoldedQuery(frame, fields, self.log, lambda leads: self.read(of=leads), visits, findings)

    def _days(self) -> dict[str, tuple[str, nw.Expr]]:
        """By field, the stages and outcomes with their days."""
        pipeline, now, won = self.pipeline, nw.col("now"), self.pipeline.won
        return {
            **{stage.date_fields[-1]: (stage.name, nw.col(stage.date_column)) for stage in pipeline.inner},
            won.date_fields[-1]: (won.name, nw.when(now == pipeline.won_index).then(nw.col("won_day"))),
            "lost_date": (LOST, nw.when(now == pipeline.lost_index).then(nw.col("lost_day"))),
        }

    def _starts(self) -> Query:
        """The leads that were there on the day that is counted."""
        starts = self.log.starts.select("lead", "first", "created")
        if not self.bound.is_past:
            return starts.drop("first")
        day = nw.col("first")
        counted = engines.measure(starts, {"leads": nw.len(), "there": (day < self.bound.day + 1).cast(nw.Int64).sum()})
        if not counted["there"]:
            raise InputError(
                f"As of {self.options.as_of}: every change in {self.grid.place} came later. Give a later --as-of."
            )
        later = self.log.steps.filter(nw.col("day") >= self.bound.day + 1)
        moved = later.join(starts.filter(day < self.bound.day + 1), on="lead", how="semi")
        found = engines.measure(moved, {"changes": nw.len(), "leads": nw.col("lead").n_unique()})
        changes = engines.measure(later, {"n": nw.len()})["n"]
        if changes:
            details = {"changes": float(changes)}
            self.findings.append(
                Finding(FindingKind.HISTORY_LATER, int(found["leads"]), self.log.headers["time"], details=details)
            )
        return starts.filter(day < self.bound.day + 1).drop("first")

    def _rows(self, carried: list[int]) -> Query:
        """The rows up to the day that is counted, with the columns that are kept."""
        keys = self.log.keys.select("row_no", "lead", "day", "order")
        if self.bound.is_past:
            keys = keys.filter(nw.col("day") < self.bound.day + 1)
        others = self.frame.select("row_no", **{self._kept(place): nw.col(self._name(place)) for place in carried})
        return keys.join(others, on="row_no") if carried else keys

    def _is_constant(self, place: int) -> bool:
        """Whether a column says the same in all rows of a lead: what holds now, not what held then."""
        texts = self._rows([place]).select("lead", text=nw.col(self._kept(place)).cast(nw.String))
        spans = texts.group_by("lead").agg(nw.col("text").min().alias("low"), nw.col("text").max().alias("high"))
        return not engines.measure(spans, {"n": (nw.col("low") != nw.col("high")).cast(nw.Int64).sum()})["n"]

    def _last(self, carried: list[int]) -> Query:
        """For each lead the first row's number, and the last value of each column that is kept."""
        parts = [
            engines.detached(self._last_of(rows, carried), in_memory=False)
            for rows in engines.partitioned(self._rows(carried), "lead")
        ]
        return parts[0] if len(parts) == 1 else nw.concat(parts)

    def _last_of(self, rows: Query, carried: list[int]) -> Query:
        if not carried:
            return rows.group_by("lead").agg(nw.col("row_no").min())
        rows = engines.runs(rows, "row_no", within="lead", order=ORDER, start="day")
        names = {place: self._kept(place) for place in carried}
        filled = {
            f"leadkpi_last_{place}": nw.when(~nw.col(name).is_null()).then(nw.col("place"))
            for place, name in names.items()
        }
        last = rows.select("lead", **filled).group_by("lead").agg(*[nw.col(name).max() for name in filled])
        rows = rows.select("lead", "row_no", "place", *names.values()).join(last, on="lead")
        picked = {
            name: nw.when(nw.col("place") == nw.col(f"leadkpi_last_{place}")).then(nw.col(name))
            for place, name in names.items()
        }
        rows = rows.select("lead", "row_no", **picked)
        return rows.group_by("lead").agg(nw.col("row_no").min(), *[nw.col(name).max() for name in names.values()])

    def _without_today(self, rows: Query, carried: list[int], mapped: ColumnMap) -> Query:
        """Blank what a column says of today, of leads that have changed since the day that is counted."""
        of_now = {mapped.position.get(name) for name in (*OF_NOW, *self.pipeline.flags, *FORECASTS)}
        names = [self._kept(place) for place in carried if place in of_now and self._is_constant(place)]
        if not names:
            return rows
        later = self.log.keys.filter(nw.col("day") >= self.bound.day + 1)
        moved = later.group_by("lead").agg(nw.len().alias("leadkpi_later"))
        rows = rows.join(moved, on="lead", how="left")
        kept = {name: nw.when(nw.col("leadkpi_later").is_null()).then(nw.col(name)) for name in names}
        return rows.with_columns(**kept).drop("leadkpi_later")
