"""Logs of stages and events, folded to one row a lead.

Each identifier counts once. Its last word by time says where it stands; every stage that it ever entered counts as
reached, from the first day on which it was entered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from xl_leadkpi.cells.days import UNIX_EPOCH
from xl_leadkpi.errors import InputError, brief
from xl_leadkpi.leads.cells.raw_table import from_series, from_texts
from xl_leadkpi.leads.fields.in_memory import odd_cells
from xl_leadkpi.leads.fields.rules import RUINED_ID, clean_text, read_dates
from xl_leadkpi.leads.lifecycle.as_of import FORECASTS, OF_NOW, bound_of
from xl_leadkpi.leads.lifecycle.folding import Folded, all_rows, folded_table
from xl_leadkpi.leads.lifecycle.log_rows import mixed_days, read_log, unclear_record
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.stage import LOST
from xl_leadkpi.leads.recognition.stage_words import is_open, means_outcome, read_words
from xl_leadkpi.leads.recognition.table_kind import is_about_stage, is_log

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xl_leadkpi.leads.cells.raw_table import RawColumn, RawTable
    from xl_leadkpi.leads.lifecycle.folding import AllRows
    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.model.table import StageWord
    from xl_leadkpi.leads.recognition.columns import ColumnMap
    from xl_leadkpi.leads.recognition.table_kind import LogColumns

TRIED = 200_000
"""Rows that tell a log."""
_EXAMPLES = 5


def fold_history(
    grid: RawTable, columns: LogColumns, mapped: ColumnMap, options: ReadOptions, *, is_deals: bool
) -> Folded | None:
    """Fold a log of stages or events.

    Args:
        grid: The table.
        columns: Which of its columns may be those of a log.
        mapped: What its columns mean.
        options: How to read it.
        is_deals: It is about deals.

    Returns:
        The table with one row a lead; None where its rows are leads.

    Raises:
        InputError: It is a log, but none of its words is a known stage.
    """
    return _History(grid, columns, mapped, options, is_deals=is_deals).folded()


def is_log_by_its_rows(grid: RawTable, columns: LogColumns, options: ReadOptions) -> bool:
    """Tell a log from leads by its rows, if its headers do not.

    Args:
        grid: The first rows of a table.
        columns: Which of its columns may be those of a log.
        options: How to read it.
    """
    rows = all_rows(grid)
    column, header = rows.columns[columns.time], grid.headers[columns.time]
    days = read_dates({"time": column}, {"time": header}, grid, locale=options.locale).read["time"].days
    if days is None:
        raise mixed_days(grid.place, header)
    told = column.spread(days.cast(pl.Float64)).gather(rows.places)
    return _tell_log(zip(rows.texts(columns.id), rows.texts(columns.word), told, strict=True), columns, options)


def _tell_log(rows: Iterable[tuple[Any, Any, Any]], columns: LogColumns, options: ReadOptions) -> bool:
    is_outcome = partial(means_outcome, user=options.words, pipeline=options.pipeline)
    # what Excel has made of long numbers is alike by accident and tells of no record twice
    rows = ((None if _is_ruined(one) else one, word, time) for one, word, time in rows)
    return is_log(rows, is_dated=columns.is_dated, begins_open=columns.begins_open, is_outcome=is_outcome)


def _is_ruined(identifier: str | None) -> bool:
    return identifier is not None and re.search(RUINED_ID, identifier.strip()) is not None


@dataclass(frozen=True, slots=True)
class _Words:
    """Stage words and their meaning, as indexes of the pipeline."""

    codes: dict[str, int]
    words: list[StageWord]

    def of(self, texts: pl.Series) -> pl.Series:
        """Translate texts; 0 where a word is unknown."""
        if not self.codes:
            return pl.repeat(0, len(texts), dtype=pl.Int64, eager=True)
        return texts.replace_strict(self.codes, default=0, return_dtype=pl.Int64)


class _History:
    """One log."""

    def __init__(
        self, grid: RawTable, columns: LogColumns, mapped: ColumnMap, options: ReadOptions, *, is_deals: bool
    ) -> None:
        self.grid = grid
        self.columns = columns
        self.mapped = mapped
        self.options = options
        self.pipeline = options.pipeline
        self.is_deals = is_deals
        self.findings: list[Finding] = []
        self.columns_said = {"time": grid.headers[columns.time]}
        self.ordered = pl.DataFrame()
        staged = {mapped.position.get(name) for name in ("stage", "status")}
        self.standing = next(iter(staged - {None, columns.word, columns.before, columns.field}), None)
        self.bound = bound_of(options)
        self.moved = pl.Series("id", [], dtype=pl.String)
        created = mapped.position.get("created")
        self.created = None if created == columns.time else created

    def folded(self) -> Folded | None:
        """Fold it, if it is one."""
        rows = all_rows(self.grid)
        frame = self._frame(rows)
        tried = frame.head(TRIED).select("id", "word", "day").iter_rows()
        if not self.columns.is_sure and not _tell_log(tried, self.columns, self.options):
            return None
        if self.columns.rivals:
            raise unclear_record(self.grid, (self.columns.id, *self.columns.rivals), "lead_id")
        if self.standing is not None and not self._is_constant(rows, frame, self.standing):
            self.standing = None
        frame = self._as_of(frame)
        self.ordered = frame.sort("day", "order", nulls_last=False).select("id", "place")
        steps = self._steps(frame)
        words = self._words(steps["word"])
        if words.words and not any(words.codes.values()):
            some = ", ".join(f"'{brief(word.word)}'" for word in words.words[:_EXAMPLES])
            raise InputError(
                f"{self.grid.place} is a log of events ('{self.grid.headers[self.columns.word]}' by "
                f"'{self.grid.headers[self.columns.time]}'), several rows for each "
                f"'{self.grid.headers[self.columns.id]}', and no table of leads. None of its events is a known stage: "
                f"{some}. Say what they mean with --stage WORD=STAGE, for example --stage "
                f'"{words.words[0].word}={self.pipeline.names[1]}".'
            )
        steps = self._reopened(steps.with_columns(code=words.of(steps["word"])), words)
        leads = frame.group_by("id", maintain_order=True).agg(pl.first("place"), pl.min("created"))
        return self._table(rows, leads, steps, words)

    def _as_of(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The changes up to the day that is counted, if it is a past one: what came later is to be forgotten."""
        if not self.bound.is_past:
            return frame
        later = frame.filter(pl.col("day") >= self.bound.day + 1)
        if later.is_empty():
            return frame
        earlier = frame.filter((pl.col("day") < self.bound.day + 1) | pl.col("day").is_null())
        if earlier.is_empty():
            raise InputError(
                f"As of {self.options.as_of}: every change in {self.grid.place} came later. Give a later --as-of."
            )
        self.moved = later["id"].unique()
        self.standing = None  # what it says holds today
        leads = int(self.moved.is_in(earlier["id"].unique().implode()).sum() or 0)
        details = {"changes": float(len(later))}
        self.findings.append(Finding(FindingKind.HISTORY_LATER, leads, self.columns_said["time"], details=details))
        return earlier

    def _frame(self, rows: AllRows) -> pl.DataFrame:
        """The rows with an identifier, oldest first among those of one day."""
        columns = self.columns
        days = self._days(rows)
        frame = pl.DataFrame(
            {
                "place": rows.places.cast(pl.Int64),
                "id": rows.texts(columns.id),
                "word": rows.texts(columns.word),
                "day": days[columns.time],
                "before": rows.texts(columns.before) if columns.before is not None else None,
                "about": rows.texts(columns.field) if columns.field is not None else None,
                "started": days[self.created] if self.created is not None else None,
            }
        ).filter(pl.col("id").is_not_null())
        later = pl.col("day").diff().over("id")
        forward, back = frame.select((later > 0).sum().alias("forward"), (later < 0).sum().alias("back")).row(0)
        started = pl.min("started").over("id") if self.created is not None else pl.lit(None, dtype=pl.Float64)
        return frame.with_columns(
            order=-pl.col("place") if back > forward else pl.col("place"),
            created=pl.coalesce(started, pl.min("day").over("id")),
        )

    def _days(self, rows: AllRows) -> dict[int, pl.Series]:
        """The days of the log and of the creation, a record each."""
        headers = self.grid.headers
        places = [self.columns.time, *([] if self.created is None else [self.created])]
        columns = {str(place): rows.columns[place] for place in places}
        names = {str(place): headers[place] for place in places}
        dates = read_dates(columns, names, self.grid, locale=self.options.locale)
        found = {}
        for place in places:
            read = dates.read[str(place)]
            if read.days is None:
                raise mixed_days(self.grid.place, headers[place])
            column = rows.columns[place]
            for odd in read.odd:
                self.findings += odd_cells(odd, column, self.grid, headers[place])
            found[place] = column.spread(read.days.cast(pl.Float64)).gather(rows.places)
        return found

    @staticmethod
    def _is_constant(rows: AllRows, frame: pl.DataFrame, place: int) -> bool:
        """Whether a column says the same in all rows of a lead: what holds now, not what held then."""
        texts = pl.DataFrame({"place": rows.places.cast(pl.Int64), "text": rows.texts(place)})
        held = frame.select("id", "place").join(texts, on="place").group_by("id").agg(pl.n_unique("text"))
        return bool((held["text"] == 1).all())

    def _steps(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The stages entered, one a row, in the order of their time."""
        steps = frame
        if self.columns.field is not None:
            about = {text: is_about_stage(text, self.pipeline) for text in frame["about"].drop_nulls().unique()}
            told = frame["about"].replace_strict(about, default=False, return_dtype=pl.Boolean)
            steps = frame.filter(told.fill_null(value=False))
        steps = steps.sort("day", "order", nulls_last=False)
        if self.columns.before is not None:
            # What stood before the first change was entered when the lead was created.
            first = steps.group_by("id", maintain_order=True).first().with_columns(word="before", day="created")
            steps = pl.concat([first.select(steps.columns), steps])
        return steps.filter(pl.col("word").is_not_null()).select("id", "word", "day")

    def _words(self, texts: pl.Series) -> _Words:
        counted = texts.alias("word").to_frame().group_by("word").len().drop_nulls()
        counted = counted.sort(["len", "word"], descending=[True, False])
        codes, words = read_words(
            counted.rows(), self.options.words, self.pipeline, is_status=False, is_deals=self.is_deals
        )
        return _Words(codes, [replace(word, table="history") for word in words])

    def _reopened(self, steps: pl.DataFrame, words: _Words) -> pl.DataFrame:
        """Among changes of several fields a status that says no more than "open" leaves the stage what it was."""
        if self.columns.field is None:
            return steps
        only_open = pl.col("word").is_in([word for word in steps["word"].unique() if is_open(word)])
        stage = pl.when(pl.col("code").is_between(1, self.pipeline.won_index - 1) & ~only_open).then("word")
        again = pl.coalesce(stage.forward_fill().over("id"), "word")
        steps = steps.with_columns(word=pl.when(only_open).then(again).otherwise("word"))
        return steps.with_columns(code=words.of(steps["word"]))

    def _table(self, rows: AllRows, leads: pl.DataFrame, steps: pl.DataFrame, words: _Words) -> Folded:
        """Put the table together: what the log tells, and the last value of every other column."""
        headers = self.grid.headers
        word, time = headers[self.columns.word], headers[self.columns.time]
        told = self._told(leads, steps, rows)
        columns: list[tuple[str, RawColumn]] = []
        fields = {"lead_id": headers[self.columns.id]}
        of_now = {self.mapped.position.get(name) for name in (*OF_NOW, *self.pipeline.flags, *FORECASTS)}
        of_now = of_now if len(self.moved) else set()
        is_moved = leads["id"].is_in(self.moved.implode())
        steps_of = self.ordered
        gone = {self.columns.word, self.columns.time, self.columns.before, self.columns.field}
        for place, header in enumerate(headers):
            if place not in gone:
                last = self._last(rows, place, leads)
                if place in of_now and self._is_constant(rows, steps_of, place):
                    last = pl.select(pl.when(~is_moved).then(last)).to_series()
                columns.append((header, rows.columns[place].pick(last)))
        if self.created is None:
            columns.append((time, _as_dates(leads["created"])))
            fields["created"] = time
        if self.standing is None:
            columns.append((word, from_texts(told["stage"], distinct=True)))
            fields["stage"] = word
        columns.append((f"{word} (last open)", from_texts(told["last_open"], distinct=True)))
        fields["last_open_stage"] = columns[-1][0]
        for stage in (*self.pipeline.inner, self.pipeline.won, None):
            days = told["d_lost" if stage is None else stage.date_column]
            if days.count():
                field = "lost_date" if stage is None else stage.date_fields[-1]
                columns.append((f"{time}: {LOST if stage is None else stage.name}", _as_dates(days)))
                fields[field] = columns[-1][0]
        details = {"id": fields["lead_id"], "word": word, "time": time}
        found = Finding(FindingKind.HISTORY_FOLDED, len(rows.places), word, details=details)
        grid = folded_table(self.grid, columns, leads["place"], [*rows.findings, found, *self.findings])
        read = partial(read_log, self.grid, self.columns, self.options, is_deals=self.is_deals, rows=rows)
        return Folded(grid, fields, tuple(words.words), read(), lambda leads: read(of=leads))

    def _told(self, leads: pl.DataFrame, steps: pl.DataFrame, rows: AllRows) -> pl.DataFrame:
        """What the log tells of each lead: where it stands, the last open stage, the first day of each."""
        pipeline = self.pipeline
        won, lost = pipeline.won_index, pipeline.lost_index
        code, day = pl.col("code"), pl.col("day")
        last = (
            steps.with_columns(known=code > 0)
            .sort("known", maintain_order=True)
            .group_by("id", maintain_order=True)
            .last()
        )
        told = leads.select("id").join(
            last.select("id", stage="word", now="code"), on="id", how="left", maintain_order="left"
        )
        if self.standing is not None:
            picked = rows.columns[self.standing].pick(self._last(rows, self.standing, leads))
            texts = picked.spread(clean_text(picked.as_text()))
            told = told.with_columns(now=self._words(texts).of(texts))
        opened = steps.filter(code.is_between(1, won - 1)).group_by("id", maintain_order=True).last()
        told = told.join(opened.select("id", last_open="word"), on="id", how="left", maintain_order="left")
        for stage in pipeline.inner:
            index = pipeline.index(stage.name)
            first = steps.filter(code == index).group_by("id").agg(day.min().alias(stage.date_column))
            told = told.join(first, on="id", how="left", maintain_order="left")
        # what is said again of a lead that is lost or won already is no second loss or win
        known = steps.filter(code > 0)
        entered = known.filter((code != code.shift().over("id")).fill_null(value=True))
        ends = entered.group_by("id").agg(lost_day=day.filter(code == lost).max(), won_days=day.filter(code == won))
        won_day = ends.explode("won_days").filter(
            pl.col("lost_day").is_null() | (pl.col("won_days") >= pl.col("lost_day"))
        )
        won_day = won_day.group_by("id").agg(pl.col("won_days").min().alias(pipeline.won.date_column))
        told = told.join(won_day, on="id", how="left", maintain_order="left")
        told = told.join(ends.select("id", d_lost="lost_day"), on="id", how="left", maintain_order="left")
        return told.with_columns(
            pl.when(pl.col("now") == won).then(pipeline.won.date_column).alias(pipeline.won.date_column),
            pl.when(pl.col("now") == lost).then("d_lost").alias("d_lost"),
        )

    def _last(self, rows: AllRows, place: int, leads: pl.DataFrame) -> pl.Series:
        """For each lead the place of the last row that fills a column."""
        found = self.ordered.filter(rows.columns[place].filled().gather(self.ordered["place"]))
        last = found.group_by("id").agg(pl.last("place").alias("at"))
        return leads.select("id").join(last, on="id", how="left", maintain_order="left")["at"]


def _as_dates(days: pl.Series) -> RawColumn:
    """A column of day numbers as dates, with a time of day where there is one."""
    if (days.drop_nulls() % 1 != 0).any():
        moments = ((days - UNIX_EPOCH) * 86_400_000).round(0).cast(pl.Int64).cast(pl.Datetime("ms"))
        return from_series(moments, distinct=True)
    return from_series((days - UNIX_EPOCH).cast(pl.Int32).cast(pl.Date), distinct=True)
