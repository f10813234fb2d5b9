"""In which order the columns of a table become fields, wherever its rows are.

The rules read distinct cells; what is left to a decoder is where the cells come from and how the values of distinct
cells come to the rows: spread in memory, translated by an expression on an engine.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Generic, TypeVar

import polars as pl

from xl_leadkpi.leads.cells.raw_table import RawColumn
from xl_leadkpi.leads.cells.vocabulary import header_currency
from xl_leadkpi.leads.fields.filters import WORD_FIELDS, literals, words_left
from xl_leadkpi.leads.fields.rules import (
    FILLED_MARKS,
    MARKS,
    Odd,
    clean_text,
    conflicts,
    currency_codes,
    flag_series,
    marked_by_words,
    outcomes_told,
    read_amounts,
    read_dates,
    read_probability,
    read_response,
    read_stages,
)
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.stage import FEWEST_OPEN, PIPELINE
from xl_leadkpi.leads.recognition.headers import is_estimate
from xl_leadkpi.leads.recognition.stage_words import names_stages

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.fields.filters import ColumnCondition, Literals
    from xl_leadkpi.leads.fields.rules import DateColumns, ReadAmounts, ReadDates
    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.model.table import StageWord
    from xl_leadkpi.leads.recognition.columns import ColumnMap

STAGE_FIELDS = ("stage", "status", "last_open_stage")
MONEY_FIELDS = ("amount", "amount_estimated", "currency")
_OUTCOME_FLAGS = ("is_won", "is_lost", "is_closed", "is_converted", "is_active", "is_archived")
IDENTIFIER_FIELDS = ("lead_id", "link_id", "name", "company", "contact", "email", "phone")
NUMBERED_FIELDS = frozenset({"lead_id", "link_id", "phone"})
"""Identifiers that may be long numbers."""
_MOST_WORDS = 100
"""Words of stages whose probabilities are looked at: more are no list that anybody keeps."""
_MOSTLY = 0.8
"""Share of the rows of a word that have to carry its probability."""
LABEL_FIELDS = ("source", "medium", "campaign", "owner", "lost_reason")

Rows = TypeVar("Rows")
"""One value a row: a series in memory, an expression on an engine."""


class FieldDecoder(ABC, Generic[Rows]):
    """Reads one table's columns field by field and notes what was odd.

    Attributes:
        grid: The table.
        header: Header of each field.
        pipeline: The stages that rows may be in.
        flags: Fields that say yes or no.
        columns: What was read, a field each.
        findings: What was odd.
        words: The stage and status words.
        has_time: Date fields with a time of day.
        told: Outcomes that the words of a field tell.
        conditions: The user's conditions on its columns.
        met: Words to leave out that stand in it.
    """

    def __init__(
        self,
        grid: RawTable,
        mapped: ColumnMap,
        options: ReadOptions,
        conditions: Sequence[ColumnCondition] = (),
        *,
        is_deals: bool,
    ) -> None:
        self.grid = grid
        self.header = {name: grid.headers[place] for name, place in mapped.position.items()}
        self.options = options
        self.pipeline = options.pipeline
        self.flags = (*_OUTCOME_FLAGS, *self.pipeline.flags)
        self.is_deals = is_deals
        self.columns: dict[str, Rows] = {}
        self.findings: list[Finding] = []
        self.words: list[StageWord] = []
        self.has_time: set[str] = set()
        self.told: set[tuple[str, str]] = set()
        self.conditions = conditions
        self.met: set[str] = set()
        self.read_money: dict[str, ReadAmounts] = {}

    # --- what differs by where the rows are

    @property
    @abstractmethod
    def _row_count(self) -> int:
        """Rows of the table."""

    @property
    @abstractmethod
    def _there(self) -> Collection[str]:
        """The fields whose columns are there."""

    @abstractmethod
    def _cells(self, field: str) -> RawColumn:
        """The distinct cells of a field's column."""

    @abstractmethod
    def _laid_out(self, field: str, values: pl.Series) -> Rows:
        """Values of a field's distinct cells, one a row."""

    @abstractmethod
    def _first_of(self, one: Rows, other: Rows) -> Rows:
        """The first value of the two that is there."""

    @abstractmethod
    def _constant(self, text: str) -> Rows:
        """The same text in every row."""

    @abstractmethod
    def _months(self, field: str, days: pl.Series) -> Rows:
        """Numbers of the calendar months of days."""

    @abstractmethod
    def _note(self, odd: Odd, field: str) -> None:
        """Count and locate something odd about the cells of a field."""

    @abstractmethod
    def _pairs(self, one: str, other: str) -> Iterable[tuple[str | None, str | None, int]]:
        """The texts that stand together in the columns of two fields, and in how many rows."""

    @abstractmethod
    def _note_conflicts(self, codes: Sequence[tuple[int, int]]) -> None:
        """Count the rows whose stage and status disagree, and name their words."""

    @abstractmethod
    def _filled(self, field: str) -> Rows:
        """Rows in which a field holds something."""

    @abstractmethod
    def _left_by(self, asked: ColumnCondition, values: Literals) -> Rows:
        """Rows that a condition leaves."""

    @abstractmethod
    def _left(self, field: str, mask: pl.Series) -> Rows:
        """Rows whose cell in a field's column is among these distinct ones, or blank."""

    # --- what does not

    def _filters(self) -> Iterator[tuple[int, str, bool, Rows]]:
        """Rows that each filter leaves: its number, how it is shown, whether it is a word, the rows."""
        for one in self.conditions:
            values = literals(one, self.grid.place, self.options.locale)
            yield one.number, str(one.condition), False, self._left_by(one, values)
        words = self.options.exclude
        if not words:
            return
        columns = [name for name in WORD_FIELDS if name in self._there]
        left: dict[str, list[Rows]] = {word: [] for word in words}
        for name in columns:
            cells, counts = self._cells(name).as_text(), self._cells(name).counts()
            for word, mask in zip(words, words_left(cells, words), strict=True):
                if (~mask & (counts > 0)).any():
                    self.met.add(word)
                left[word].append(self._left(name, mask))
        for number, (word, masks) in enumerate(left.items(), start=len(self.options.where)):
            if masks:
                yield number, word, True, reduce(and_, masks)

    def _marks(self) -> Iterator[tuple[FindingKind, str, Rows]]:
        """Rows that a column marks as no lead: deleted, a test, a duplicate; with the field of the column."""
        for name in [name for name in MARKS if name in self._there]:
            yield MARKS[name], name, self._filled(name) if name in FILLED_MARKS else self._flag(name)
        for name in [name for name in ("stage", "status") if name in self._there]:
            for kind, mask in marked_by_words(self._cells(name), self.options.words):
                yield kind, name, self._laid_out(name, mask)

    def _read_dates(self, columns: Mapping[str, RawColumn]) -> DateColumns:
        dates = read_dates(columns, self.header, self.grid, locale=self.options.locale)
        if dates.odd:
            self.findings.append(Finding(dates.odd.kind, self._row_count, details=dates.odd.details))
        return dates

    def _put_dates(self, field: str, read: ReadDates) -> None:
        for odd in read.odd:
            self._note(odd, field)
        if read.days is None:
            return
        if read.has_time:
            self.has_time.add(field)
        self.columns[field] = self._laid_out(field, read.days)
        if field == "created":
            self.columns["cohort_month"] = self._months(field, read.days)

    def _put_response(self, dates: DateColumns) -> None:
        field = "first_response"
        cells = self._cells(field)
        read = read_response(cells, dates.order, locale=dates.locale, date1904=self.grid.date1904)
        if read.days is None:
            assert read.minutes is not None
            self.columns["response_spent"] = self._laid_out(field, read.minutes)
            return
        if read.has_time:
            self.has_time.add(field)
        self.columns[field] = self._laid_out(field, read.days)

    def _put_stages(self) -> None:
        columns = {name: name for name in STAGE_FIELDS if name in self._there}
        if "stage" not in columns and "status" in columns and names_stages(self._cells("status").text, self.pipeline):
            # A lone status column may hold the stages (Bitrix24 leads): each word says by itself which it is.
            del columns["status"]
            columns = {"stage": "status", **columns}
        for name, column in columns.items():
            is_status = name == "status"
            read = read_stages(
                self._cells(column), self.options.words, self.pipeline, is_status=is_status, is_deals=self.is_deals
            )
            self.words += self._with_chances(column, read.words)
            self.told |= outcomes_told(name, self.header[column], read.words, self.pipeline)
            for odd in read.odd:
                self._note(odd, column)
            self.columns[name] = self._laid_out(column, read.codes)
        if {"stage", "status"} <= columns.keys():
            self._note_conflicts(conflicts(self.told, self.pipeline))

    def _with_chances(self, column: str, words: Sequence[StageWord]) -> Sequence[StageWord]:
        """The words with the CRM's probability of each, where that may have to tell their order."""
        is_settled = self.options.stages == "canonical" or self.options.own_stages or self.pipeline is not PIPELINE
        if is_settled or "probability" not in self._there or not FEWEST_OPEN <= len(words) <= _MOST_WORDS:
            return words
        pairs = pl.DataFrame(list(self._pairs(column, "probability")), ("word", "text", "rows"), orient="row")
        pairs = pairs.with_columns(
            word=clean_text(pairs["word"].cast(pl.String)),
            chance=read_probability(RawColumn(pairs["text"].cast(pl.String))),
        ).filter(pl.col("word").is_not_null() & pl.col("chance").is_finite())
        found = {}
        for (word,), same in pairs.group_by("word"):
            most = same.group_by("chance").agg(pl.sum("rows")).sort("rows", "chance").row(-1)
            if most[1] >= _MOSTLY * int(same["rows"].sum()):
                found[word] = float(most[0])
        return [replace(word, chance=found.get(word.word)) for word in words]

    def _put_probability(self) -> None:
        if "probability" in self._there:
            self.columns["probability"] = self._probability()

    def _probability(self) -> Rows:
        return self._laid_out("probability", read_probability(self._cells("probability")))

    def _put_flags(self) -> None:
        for name in self.flags:
            if name in self._there:
                self.columns[name] = self._flag(name)

    def _flag(self, name: str) -> Rows:
        return self._laid_out(name, flag_series(self._cells(name).as_text()))

    def _put_money(self) -> None:
        currencies: list[Rows] = []
        for name in ("amount", "amount_estimated"):
            if name in self._there:
                self.columns[name], beside = self._amounts(name)
                currencies += [] if beside is None else [beside]
        if "currency" in self._there:
            codes = currency_codes(self._cells("currency").as_text())
            currencies.append(self._laid_out("currency", codes))
        if "amount" in self._there:
            self._note_estimates()
            named = header_currency(self.header["amount"])
            currencies += [self._constant(named)] if named else []
        if currencies:
            self.columns["currency"] = reduce(self._first_of, currencies)

    def _note_estimates(self) -> None:
        header = self.header["amount"]
        if "amount_estimated" in self._there:
            both = {"actual": header, "estimated": self.header["amount_estimated"]}
            self._note(Odd(FindingKind.ACTUAL_BEFORE_ESTIMATED, details=both), "amount")
        elif is_estimate(header, self.pipeline):
            self._note(Odd(FindingKind.ESTIMATED_AMOUNTS), "amount")

    def _amounts(self, field: str) -> tuple[Rows, Rows | None]:
        """The amounts of a field, and the currencies beside them if there are any."""
        read = self._money(field)
        for odd in read.odd:
            self._note(odd, field)
        beside = None if read.currency is None else self._laid_out(field, read.currency)
        return self._laid_out(field, read.values), beside

    def _money(self, field: str) -> ReadAmounts:
        """The amounts of a field's distinct cells, read once."""
        if field not in self.read_money:
            self.read_money[field] = read_amounts(self._cells(field), self.header[field])
        return self.read_money[field]
