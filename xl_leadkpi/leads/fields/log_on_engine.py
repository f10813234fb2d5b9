"""A log on an engine: its changes as queries; only the distinct words come here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import narwhals as nw
import polars as pl

from xl_leadkpi import engines
from xl_leadkpi.errors import InputError, brief
from xl_leadkpi.leads.cells.raw_table import RawColumn
from xl_leadkpi.leads.fields.on_engine import QueryDecoder, located
from xl_leadkpi.leads.fields.rules import clean_text, outcome_words, read_stages, stages_entered
from xl_leadkpi.leads.model.findings import FindingKind
from xl_leadkpi.leads.recognition.columns import ColumnMap
from xl_leadkpi.leads.recognition.table_kind import changed_field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.fields.rules import ReadStages
    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.model.table import StageWord
    from xl_leadkpi.leads.recognition.table_kind import LogColumns

    Query = nw.LazyFrame[Any]

ABOUT = {"stage": 1, "amount": 2, "close_date": 3}
"""Numbers of the fields that a row of a log may be about."""


class DecodedLog(NamedTuple):
    """The columns of a log as queries.

    Attributes:
        rows: Every complete row: ``row_no``, ``lead``, ``day``; ``about``, a number of :data:`ABOUT`, where the log
            tells of several fields; ``told``, the day of creation, where it has one.
        steps: Those about the stage: ``row_no``, ``lead``, ``day``, ``stage``, ``from_stage``.
        said: Those that have a word, with ``outcome``, see :class:`~xl_leadkpi.leads.model.history.Log`.
        outcomes: Words that mean won or lost.
        values: By other field ``row_no``, ``lead``, ``day``, ``value``, ``old``.
        words: How the words of the stages were understood.
        findings: What was odd.
        has_time: The days have a time of day.
        row_count: Rows of the log, or of those records.
    """

    rows: Query
    steps: Query
    said: Query
    outcomes: tuple[str, ...]
    values: Mapping[str, Query]
    words: tuple[StageWord, ...]
    findings: tuple[Finding, ...]
    has_time: bool
    row_count: int


class LogDecoder(QueryDecoder):
    """Reads a log column by column."""

    def __init__(
        self, frame: Query, grid: RawTable, places: Mapping[str, int | None], options: ReadOptions, *, is_deals: bool
    ) -> None:
        position = {name: place for name, place in places.items() if place is not None}
        super().__init__(frame, grid, ColumnMap((), position), options, is_deals=is_deals)

    def prepare(self, timed: Sequence[str], others: Sequence[str]) -> None:
        """Look at the columns and read the days."""
        there = [*timed, *others]
        self._check_types(there)
        dated = self._dated(self.header[name] for name in there)
        self.seen = self._look(there, timed, dated)
        self._without_far_dates(dated)
        self._dates(timed)
        for name in timed:
            if name not in self.columns:
                raise InputError(
                    f"{self.place}, column '{brief(self.header[name])}': day and month stand in both orders "
                    "(13/05/2025 and 05/13/2025). Cast it to a date where the table is made."
                )

    def stages(self, name: str, *, is_of_fields: bool) -> tuple[nw.Expr, list[StageWord]]:
        """The numbers of the stages that a column names, and how its words were understood."""
        read = self._read(self._cells(name))
        for odd in read.odd if name == "word" else ():
            self._note(odd, name)
        codes = stages_entered(
            clean_text(self._cells(name).as_text()), read.codes, self.pipeline, is_deals=self.is_deals,
            is_of_fields=is_of_fields,
        )  # fmt: skip
        return self._laid_out(name, codes).cast(nw.Int8), read.words

    def outcomes(self, name: str) -> tuple[nw.Expr, tuple[str, ...]]:
        """Which of the words for an outcome a column says, and these."""
        texts = clean_text(self._cells(name).as_text())
        numbers, words = outcome_words(texts, self._read(self._cells(name)).codes, self.pipeline)
        return self._laid_out(name, numbers), words

    def words_until(self, name: str, chosen: nw.Expr) -> list[StageWord]:
        """The words of some rows."""
        text = self.frame.filter(chosen).select(text=self._text(self.header[name]))
        [rows] = engines.collect([text.group_by("text").agg(nw.len().alias("n"))])
        texts = pl.Series("text", [row["text"] for row in rows], dtype=pl.String)
        tallied = pl.Series("n", [row["n"] for row in rows], dtype=pl.UInt32)
        return self._read(RawColumn(texts, tallied=tallied)).words

    def _read(self, column: RawColumn) -> ReadStages:
        return read_stages(column, self.options.words, self.pipeline, is_status=False, is_deals=self.is_deals)

    def about(self) -> dict[str, list[str]]:
        """By field, the texts that say that a row is about it."""
        found: dict[str, list[str]] = {name: [] for name in ABOUT}
        for text in self._cells("field").text.drop_nulls():
            known = changed_field(text, self.pipeline)
            if known is not None:
                found[known].append(text)
        return found

    def is_about(self, texts: Sequence[str]) -> nw.Expr:
        """Rows about a field."""
        return self._text(self.header["field"]).is_in(texts)

    def lead(self) -> nw.Expr:
        """Whose change it was."""
        return self._identifier("lead_id")

    def numbers(self, name: str) -> nw.Expr:
        """The amounts of a column."""
        return self._amounts(name)[0].cast(nw.Float64)


def decode_log(
    frame: Query,
    grid: RawTable,
    columns: LogColumns,
    options: ReadOptions,
    *,
    is_deals: bool,
    until: int | None = None,
    of: Query | None = None,
) -> DecodedLog:
    """Decode a log that stays where it is.

    Args:
        frame: Its rows, with ``row_no``.
        grid: Its headers.
        columns: Which of its columns hold what.
        options: How to read it.
        is_deals: It is about deals.
        until: Excel day number of the last day whose words count; None for all.
        of: Identifiers of the only records whose rows count, as ``lead``; None for all.

    Raises:
        InputError: A column cannot be read.
    """
    places = {"lead_id": columns.id, "time": columns.time, "field": columns.field, "created": columns.created}
    values = {} if columns.field is not None else dict(columns.values)
    main = LogDecoder(frame, grid, {**places, **values}, options, is_deals=is_deals)
    timed = [name for name in ("time", "created", "close_date") if name in main.header]
    main.prepare(timed, [name for name in ("lead_id", "field", "amount") if name in main.header])
    keys = {"lead": main.lead(), "day": main.columns["time"].cast(nw.Float64)}
    about = main.about() if columns.field is not None else None
    extra: dict[str, nw.Expr] = {}
    if "created" in main.columns:
        extra["told"] = main.columns["created"].cast(nw.Float64)
    if about is not None:
        number: nw.Expr = nw.lit(0, dtype=nw.Int8)
        for name, code in ABOUT.items():
            number = nw.when(main.is_about(about[name])).then(nw.lit(code, dtype=nw.Int8)).otherwise(number)
        extra["about"] = number
    read = {f"leadkpi_{name}": one for name, one in {**keys, **extra}.items()}
    if "amount" in values:
        read["leadkpi_amount"] = main.numbers("amount")
    if "close_date" in main.columns:
        read["leadkpi_close_date"] = main.columns["close_date"].cast(nw.Float64)
    whole = engines.checkpoint(main.frame.with_columns(**read))
    lacking = nw.col("leadkpi_lead").is_null() | nw.col("leadkpi_day").is_null()
    main.findings += located(whole, FindingKind.INCOMPLETE_CHANGES, lacking, main.header["time"])
    whole = whole.filter(~lacking)
    row_count = int(main.seen["rows"])
    if of is not None:
        leads = engines.to_same_backend(of.rename({"lead": "leadkpi_lead"}), whole)
        whole = engines.checkpoint(whole.join(leads, on="leadkpi_lead", how="semi"))
        row_count = int(engines.measure(whole, {"n": nw.len()})["n"])
    of_stage = whole if about is None else whole.filter(nw.col("leadkpi_about") == ABOUT["stage"])
    words = LogDecoder(of_stage, grid, {"word": columns.word, "before": columns.before}, options, is_deals=is_deals)
    words.seen = main.seen
    _, outcomes = words.outcomes("word")
    steps, said, told = _steps(words, until, is_of_fields=about is not None)
    found = {
        name: _named(whole, value=nw.col(f"leadkpi_{name}"), old=nw.lit(None, dtype=nw.Float64))
        for name in values
        if f"leadkpi_{name}" in read
    }
    if about is not None:
        for name in ("amount", "close_date"):
            if about[name]:
                chosen = whole.filter(nw.col("leadkpi_about") == ABOUT[name])
                found[name] = _changed(name, chosen, grid, columns, options)
    return DecodedLog(
        _named(whole, **{name: nw.col(f"leadkpi_{name}") for name in extra}),
        steps,
        said,
        outcomes,
        found,
        tuple(told),
        (*main.findings, *words.findings),
        "time" in main.has_time,
        row_count,
    )


def _named(frame: Query, **columns: nw.Expr) -> Query:
    return frame.select("row_no", lead=nw.col("leadkpi_lead"), day=nw.col("leadkpi_day"), **columns)


def _steps(words: LogDecoder, until: int | None, *, is_of_fields: bool) -> tuple[Query, Query, list[StageWord]]:
    entered, told = words.stages("word", is_of_fields=is_of_fields)
    left: nw.Expr = nw.lit(None, dtype=nw.Int8)
    before: list[StageWord] = []
    if "before" in words.header:
        left, before = words.stages("before", is_of_fields=is_of_fields)
    if until is not None:
        so_far = nw.col("leadkpi_day") < until + 1
        told = words.words_until("word", so_far)
        before = words.words_until("before", so_far) if "before" in words.header else []
    met = {word.word for word in told}
    told = [*told, *(word for word in before if word.word not in met)]
    outcome, _ = words.outcomes("word")
    said = _named(words.frame, stage=entered, outcome=outcome).filter(~nw.col("stage").is_null())
    return _named(words.frame, stage=entered, from_stage=left).filter(nw.col("stage") != 0), said, told


def _changed(name: str, frame: Query, grid: RawTable, columns: LogColumns, options: ReadOptions) -> Query:
    """The values of the rows about a field, after the change and before it."""
    read: list[nw.Expr] = []
    for number, place in enumerate((columns.word, columns.before)):
        if place is None:
            read.append(nw.lit(None, dtype=nw.Float64))
            continue
        decoder = LogDecoder(frame, grid, {name: place}, options, is_deals=False)
        timed = [name] if name == "close_date" else []
        decoder.prepare(timed, [] if timed else [name])
        one = decoder.columns[name].cast(nw.Float64) if timed else decoder.numbers(name)
        frame = decoder.frame.with_columns(one.alias(f"leadkpi_read_{number}"))
        read.append(nw.col(f"leadkpi_read_{number}"))
    return _named(frame, value=read[0], old=read[1])
