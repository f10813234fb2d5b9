"""A log in memory: its rows as changes of stages and of other fields, one a row."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from xl_leadkpi import engines
from xl_leadkpi.errors import InputError, brief, listed
from xl_leadkpi.leads.cells.raw_table import reduced
from xl_leadkpi.leads.fields.in_memory import noted, odd_cells
from xl_leadkpi.leads.fields.rules import (
    clean_text,
    outcome_words,
    read_amounts,
    read_dates,
    read_identifiers,
    read_stages,
    stages_entered,
)
from xl_leadkpi.leads.lifecycle.as_of import bound_of
from xl_leadkpi.leads.lifecycle.folding import all_rows
from xl_leadkpi.leads.lifecycle.visits import starts_of
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.history import Log
from xl_leadkpi.leads.recognition.table_kind import changed_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xl_leadkpi.leads.cells.raw_table import RawColumn, RawTable
    from xl_leadkpi.leads.fields.rules import Odd
    from xl_leadkpi.leads.lifecycle.folding import AllRows
    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.model.table import StageWord
    from xl_leadkpi.leads.recognition.table_kind import LogColumns

FIRST_ROWS = 20_000
"""Rows that tell whether a log begins with its newest changes."""
_EXAMPLES = 5


def read_log(
    grid: RawTable,
    columns: LogColumns,
    options: ReadOptions,
    *,
    is_deals: bool,
    rows: AllRows | None = None,
    of: nw.LazyFrame[Any] | None = None,
) -> Log:
    """Read a log whose rows are in memory.

    Args:
        grid: The table.
        columns: Which of its columns hold what.
        options: How to read it.
        is_deals: It is about deals.
        rows: Its rows, if they are loaded already.
        of: Identifiers of the only records whose changes count, as ``lead``; None for all.

    Returns:
        The changes.

    Raises:
        InputError: Days cannot be read, or none of the words is a known stage.
    """
    rows = rows or all_rows(grid)
    if of is not None:
        rows = _rows_of(rows, columns.id, of)
    return _LogReader(grid, columns, options, rows, is_deals=is_deals, is_part=of is not None).log()


def _rows_of(rows: AllRows, place: int, leads: nw.LazyFrame[Any]) -> AllRows:
    """The changes of some records."""
    column = reduced(rows.columns[place])
    own = read_identifiers(column).texts
    met = engines.to_same_backend(_lazy(pl.DataFrame({"lead": own}).drop_nulls().unique()), leads)
    [found] = engines.collect([met.join(leads, on="lead", how="semi")])
    kept = own.is_in(pl.Series([row["lead"] for row in found], dtype=pl.String).implode()).fill_null(value=False)
    return replace(rows, places=rows.places.filter(column.spread(kept).gather(rows.places)))


def is_newest_first(changes: Iterable[tuple[object, float | None]]) -> bool:
    """Tell by leads and days of its first rows whether a log begins with the newest change.

    >>> is_newest_first([("A", 9.0), ("B", 7.0), ("A", 3.0), ("B", 1.0)])
    True
    """
    last: dict[object, float] = {}
    forward = back = 0
    for lead, day in changes:
        if day is None:
            continue
        before = last.get(lead, day)
        forward += day > before
        back += day < before
        last[lead] = day
    return back > forward


def headers_of(grid: RawTable, columns: LogColumns) -> dict[str, str]:
    """What the columns of a log are called."""
    return {name: grid.headers[place] for name, place in
            (("id", columns.id), ("word", columns.word), ("time", columns.time))}  # fmt: skip


def refuse_without_stage(
    place: str, headers: Mapping[str, str], words: Sequence[StageWord], pipeline: Pipeline
) -> None:
    """Refuse a log none of whose words is a stage.

    Raises:
        InputError: It is one.
    """
    if any(word.stage for word in words):
        return
    some = ", ".join(f"'{brief(word.word)}'" for word in words[:_EXAMPLES]) or "(blank)"
    example = f"{words[0].word if words else 'WORD'}={pipeline.names[1]}"
    raise InputError(
        f"{place} is a log of events ('{brief(headers['word'])}' by '{brief(headers['time'])}'), several rows for each "
        f"'{brief(headers['id'])}', and none of its words is a known stage: {some}. Say what they mean with --stage "
        f'WORD=STAGE, for example --stage "{example}"; or name the column of the stages with --map '
        "history.stage=HEADER."
    )


def unclear_record(grid: RawTable, places: Sequence[int], field: str) -> InputError:
    """Several columns may say whose changes a log tells; ``field`` is what ``--map`` calls the right one."""
    return InputError(
        f"{grid.place}, row {grid.first_row - 1}: several columns may say which lead or deal has changed: "
        f"{listed([grid.headers[place] for place in places])}. Name the right one with --map {field}=HEADER."
    )


def mixed_days(place: str, header: str) -> InputError:
    """A column of days that cannot be read."""
    return InputError(
        f"{place}, column '{brief(header)}': day and month stand in both orders (13/05/2025 and 05/13/2025). Export "
        "the dates again as 2025-05-13."
    )


class _LogReader:
    """One log."""

    def __init__(
        self,
        grid: RawTable,
        columns: LogColumns,
        options: ReadOptions,
        rows: AllRows,
        *,
        is_deals: bool,
        is_part: bool,
    ) -> None:
        self.grid = grid
        self.columns = columns
        self.options = options
        self.pipeline = options.pipeline
        self.rows = rows
        self.is_deals = is_deals
        self.is_part = is_part
        self.bound = bound_of(options)
        self.days = pl.Series(dtype=pl.Float64)
        self.findings: list[Finding] = []
        self.words: list[StageWord] = []
        self.headers = headers_of(grid, columns)
        self.outcomes: tuple[str, ...] = ()

    def log(self) -> Log:
        """Read it."""
        days, timed = self._days()
        leads, names = self._leads()
        rows = {"row_no": self.grid.numbered(self.rows.places), "lead": leads, "day": days["time"]}
        about = self._about()
        if about is not None:
            rows["about"] = about
        if "created" in days:
            rows["told"] = days["created"]
        rows |= self._codes(about)
        if not self.bound.is_past and not self.is_part:
            refuse_without_stage(self.grid.place, self.headers, self.words, self.pipeline)
        frame = self._complete(pl.DataFrame(rows))
        frame = self._ordered(frame)
        steps = frame if about is None else frame.filter(pl.col("about") == "stage")
        said = steps.filter(pl.col("stage").is_not_null()).select("lead", "day", "order", "stage", "outcome")
        steps = steps.filter(pl.col("stage") != 0)
        columns = ("lead", "day", "order", "row_no", "stage", "from_stage")
        return Log(
            _lazy(steps.select(columns)),
            _starts(frame),
            _lazy(frame.select("lead", "day", "order", "row_no")),
            {name: _lazy(values) for name, values in self._values(frame, about, days).items() if len(values)},
            _lazy(names),
            self.grid.place,
            self.grid.name,
            self.headers,
            tuple(self.words),
            (*self.grid.notes, *self.rows.findings, *self.findings),
            len(frame),
            timed,
            has_before=self.columns.before is not None,
            won_index=self.pipeline.won_index if (steps["stage"] < 0).any() else 0,
            said=_lazy(said),
            outcomes=self.outcomes,
        )

    def _spread(self, place: int, values: pl.Series) -> pl.Series:
        return self.rows.columns[place].spread(values).gather(self.rows.places)

    def _note(self, odd: Iterable[Odd], place: int) -> None:
        for one in odd:
            self.findings += odd_cells(one, self.rows.columns[place], self.grid, self.grid.headers[place])

    def _days(self) -> tuple[dict[str, pl.Series], bool]:
        """The days of the log, of creation and of the expected close, a record each; and whether they have times."""
        places = {"time": self.columns.time}
        if self.columns.created is not None:
            places["created"] = self.columns.created
        if "close_date" in self.columns.values:
            places["close_date"] = self.columns.values["close_date"]
        headers = {name: self.grid.headers[place] for name, place in places.items()}
        columns = {name: self.rows.columns[place] for name, place in places.items()}
        dates = read_dates(columns, headers, self.grid, locale=self.options.locale)
        if dates.odd:
            self.findings.append(Finding(dates.odd.kind, len(self.rows.places), details=dates.odd.details))
        found = {}
        for name, place in places.items():
            read = dates.read[name]
            if read.days is None:
                if name == "time":
                    raise mixed_days(self.grid.place, headers[name])
                continue
            self._note(read.odd, place)
            whole = self.rows.columns[place].spread(read.days.cast(pl.Float64))
            found[name] = whole.gather(self.rows.places)
            if name == "time":
                self.days = whole
        return found, dates.read["time"].has_time

    def _leads(self) -> tuple[pl.Series, pl.DataFrame]:
        """A number for each lead, a record each; and what each is called."""
        column = reduced(self.rows.columns[self.columns.id])
        read = read_identifiers(column)
        for one in read.odd:
            self.findings += odd_cells(one, column, self.grid, self.headers["id"])
        names = pl.DataFrame({"lead_id": read.texts}).drop_nulls().unique(maintain_order=True)
        names = names.with_row_index("lead").with_columns(pl.col("lead").cast(pl.Int64))
        numbers = pl.DataFrame({"lead_id": read.texts}).join(names, on="lead_id", how="left", maintain_order="left")
        return column.spread(numbers["lead"]).gather(self.rows.places), names

    def _about(self) -> pl.Series | None:
        """Which field each record is about; None where all are about the stage."""
        place = self.columns.field
        if place is None:
            return None
        column = self.rows.columns[place]
        texts = column.as_text()
        known = [text and changed_field(text, self.pipeline) for text in texts]
        return self._spread(place, pl.Series(known, dtype=pl.String))

    def _codes(self, about: pl.Series | None) -> dict[str, pl.Series]:
        """The stages entered and left, as numbers."""
        of_stage = None if about is None else (about == "stage").fill_null(value=False)
        entered, outcome = self._stages(self.columns.word, of_stage)
        if self.columns.before is None:
            unsaid = pl.repeat(None, len(entered), dtype=pl.Int8, eager=True)
            return {"stage": entered, "from_stage": unsaid, "outcome": outcome}
        told = self.words
        left, _ = self._stages(self.columns.before, of_stage)
        met = {word.word for word in told}
        self.words = [*told, *(word for word in self.words if word.word not in met)]
        return {"stage": entered, "from_stage": left, "outcome": outcome}

    def _stages(self, place: int, of_stage: pl.Series | None) -> tuple[pl.Series, pl.Series]:
        """The numbers of the stages that a column names, and which of the words for an outcome it says."""
        column = self.rows.columns[place]
        chosen = self.rows.places if of_stage is None else self.rows.places.filter(of_stage)
        picked = column.pick(chosen)
        read = read_stages(picked, self.options.words, self.pipeline, is_status=False, is_deals=self.is_deals)
        self.words = self._words_so_far(column, chosen) if self.bound.is_past else read.words
        self._note_words(read.odd, picked, chosen, place)
        texts = clean_text(picked.as_text())
        outcome, words = outcome_words(texts, read.codes, self.pipeline)
        if place == self.columns.word:
            self.outcomes = words
        codes = stages_entered(
            texts, read.codes, self.pipeline, is_deals=self.is_deals,
            is_of_fields=of_stage is not None,
        )  # fmt: skip
        codes, outcome = picked.spread(codes), picked.spread(outcome)
        if of_stage is None:
            return codes, outcome
        blank = pl.repeat(None, len(of_stage), dtype=pl.Int8, eager=True)
        there = of_stage.arg_true()
        return blank.scatter(there, codes), blank.cast(pl.Int32).scatter(there, outcome)

    def _words_so_far(self, column: RawColumn, chosen: pl.Series) -> list[StageWord]:
        """The words that had been met up to the day that is counted."""
        met = chosen.filter((self.days.gather(chosen) < self.bound.day + 1).fill_null(value=False))
        picked = column.pick(met)
        return read_stages(picked, self.options.words, self.pipeline, is_status=False, is_deals=self.is_deals).words

    def _note_words(self, odd: Iterable[Odd], picked: RawColumn, chosen: pl.Series, place: int) -> None:
        if place != self.columns.word:
            return
        for one in odd:
            assert one.mask is not None
            mask = picked.spread(one.mask).fill_null(value=False)
            at: pl.Series = pl.repeat(value=False, n=len(self.days), dtype=pl.Boolean, eager=True)
            at = at.scatter(chosen.filter(mask), values=True)
            self.findings += noted(one.kind, at, self.grid, self.grid.headers[place], one.details)

    def _complete(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The records that say whose change it was and when."""
        lacking = frame.filter(pl.any_horizontal(pl.col("lead", "day").is_null()))
        if len(lacking):
            rows = tuple(lacking["row_no"].head(100).to_list())
            self.findings.append(Finding(FindingKind.INCOMPLETE_CHANGES, len(lacking), self.headers["time"], rows))
            frame = frame.drop_nulls(["lead", "day"])
        return frame

    def _ordered(self, frame: pl.DataFrame) -> pl.DataFrame:
        head = frame.filter(pl.col("row_no") < FIRST_ROWS + self.grid.first_row).select("lead", "day")
        place = pl.col("row_no")
        return frame.with_columns(order=-place if is_newest_first(head.iter_rows()) else place)

    def _values(
        self, frame: pl.DataFrame, about: pl.Series | None, days: dict[str, pl.Series]
    ) -> dict[str, pl.DataFrame]:
        """Values of other fields: those of the records about them, else of the column that each record has."""
        found: dict[str, pl.DataFrame] = defaultdict(pl.DataFrame)
        keys = frame.select("row_no", "lead", "day", "order")
        if about is not None:
            for name in ("amount", "close_date"):
                chosen = self.rows.places.filter((about == name).fill_null(value=False))
                if len(chosen):
                    found[name] = self._changed(name, chosen, keys)
        for name, place in self.columns.values.items():
            if name not in found and about is None:
                values = days.get(name) if name == "close_date" else self._amounts(place, self.rows.places)
                if values is not None:
                    found[name] = self._joined(self.rows.places, values, None, keys)
        return found

    def _changed(self, name: str, chosen: pl.Series, keys: pl.DataFrame) -> pl.DataFrame:
        """Values of the records about a field, after the change and before it."""
        places = [self.columns.word, *([] if self.columns.before is None else [self.columns.before])]
        read = [self._amounts(place, chosen) if name == "amount" else self._dates(place, chosen) for place in places]
        return self._joined(chosen, read[0], read[1] if len(read) > 1 else None, keys)

    def _amounts(self, place: int, chosen: pl.Series) -> pl.Series:
        picked = self.rows.columns[place].pick(chosen)
        return picked.spread(read_amounts(picked, self.grid.headers[place]).values.cast(pl.Float64))

    def _dates(self, place: int, chosen: pl.Series) -> pl.Series:
        picked = self.rows.columns[place].pick(chosen)
        header = self.grid.headers[place]
        days = read_dates({"day": picked}, {"day": header}, self.grid, locale=self.options.locale).read["day"].days
        if days is None:
            raise mixed_days(self.grid.place, header)
        return picked.spread(days.cast(pl.Float64))

    def _joined(self, chosen: pl.Series, values: pl.Series, old: pl.Series | None, keys: pl.DataFrame) -> pl.DataFrame:
        rows = pl.DataFrame({
            "row_no": self.grid.numbered(chosen),
            "value": values,
            "old": pl.repeat(None, len(values), dtype=pl.Float64, eager=True) if old is None else old,
        })  # fmt: skip
        return keys.join(rows, on="row_no").drop("row_no")


def _starts(frame: pl.DataFrame) -> nw.LazyFrame[pl.LazyFrame]:
    return starts_of(_lazy(frame), nw.col("about") == "stage" if "about" in frame.columns else None)


def _lazy(frame: pl.DataFrame) -> nw.LazyFrame[pl.LazyFrame]:
    return nw.from_native(frame.lazy(), pass_through=False)
