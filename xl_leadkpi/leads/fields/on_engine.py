"""From a typed table on an engine to typed fields: the rows stay there, only distinct texts come here to be read.

A warehouse or a Parquet file has types, so dates are dates and amounts numbers; these are read by expressions. Texts
are few and are read once each, by the rules of cells in memory.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl

from xl_leadkpi import engines
from xl_leadkpi.cells.days import UNIX_EPOCH
from xl_leadkpi.engines.expressions import month_number
from xl_leadkpi.errors import InputError, brief
from xl_leadkpi.leads.cells.magnitudes import header_unit
from xl_leadkpi.leads.cells.raw_table import SAMPLE_ROWS, Loaded, RawColumn, RawTable
from xl_leadkpi.leads.fields.decoder import IDENTIFIER_FIELDS, LABEL_FIELDS, NUMBERED_FIELDS, FieldDecoder
from xl_leadkpi.leads.fields.filters import (
    cells_left,
    cells_read,
    compared,
    left_after,
    nothing_left,
    range_said,
    values_said,
)
from xl_leadkpi.leads.fields.rules import (
    LONG_ID,
    MOST_EXACT,
    NO_DETAILS,
    ROUNDED_ID,
    RUINED_ID,
    SHORTENED_ID,
    TOUCH_FIELDS,
    Decoded,
    all_marked,
    are_rounded,
    conflicting,
    is_filled,
    labels,
    lead_fields,
    read_dates,
    scaled_column,
    spellings,
)
from xl_leadkpi.leads.files.typed_columns import YEARS, sample_of
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind
from xl_leadkpi.leads.recognition.columns import date_fields

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from xl_leadkpi.leads.fields.filters import ColumnCondition, Literals, ReadCells
    from xl_leadkpi.leads.fields.rules import DateColumns, Odd
    from xl_leadkpi.leads.model.conditions import Filtered
    from xl_leadkpi.leads.model.findings import Detail
    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.model.table import Spelling
    from xl_leadkpi.leads.recognition.columns import ColumnMap

    Query = nw.LazyFrame[Any]

_MOST_TEXTS = 200_000
_FEW = 40
_ODD_TIMES = frozenset({
    FindingKind.AMBIGUOUS_DATES, FindingKind.MIXED_DATE_ORDER, FindingKind.CONTRADICTORY_DATE_ORDERS,
})  # fmt: skip
_READ_TOGETHER = frozenset({"first_response", "amount", "amount_estimated", "probability"})
"""Fields, besides the dates, whose cells are read together: each says how the others are written."""
_MOSTLY_FILLED = frozenset({"lead_id", "created", "stage", "status"})
_MILLISECONDS = 86_400_000
_TEXTUAL = (nw.String, nw.Categorical, nw.Enum)
_MOST_WHOLE = 1 << 62
_SPACES = "[\\s\u00a0\u202f\u200b]+"
# as literal characters, because every engine has its own way to write them as escapes
_UNCLEAN = "^$|\\s\\s|[\t\n\r\u00a0\u202f\u200b]|^\\s|\\s$"
_UNCLEAN_OR_RUINED = f"{_UNCLEAN}|{RUINED_ID}"


def open_query(frame: Query, name: str) -> RawTable:
    """Look at a table on an engine: its headers and its first rows."""
    head = engines.head(_fetchable(frame).drop("row_no", strict=False), SAMPLE_ROWS)
    if head.is_empty():
        raise InputError(f"{name} has no data row. Check the filter it was made with.")
    sample = sample_of(head)

    def load(_positions: Sequence[int], _identifiers: frozenset[int]) -> Loaded:
        raise InputError(f"{name} stays on its engine: it cannot be joined with a second table there. Join them first.")

    return RawTable(name, "", tuple(engines.header_of(column) for column in head.columns), sample, 2, (), load)


def in_memory_if_few(frame: Query, most: int) -> Query:
    """The table in memory if it has few rows, where it is at no cost but the reading; else as it is.

    Of few rows most of the time that DuckDB and Spark take is planning, which a table that is read a dozen times pays
    a dozen times.

    Args:
        frame: A table on an engine, its rows numbered.
        most: Rows that are few.
    """
    fetched = engines.head(_fetchable(frame), most + 1)
    return nw.from_native(fetched.lazy()) if fetched.height <= most else frame


def _fetchable(frame: Query) -> Query:
    """The table without the values of columns that no cell holds and some of which cannot be fetched: intervals."""
    odd = [column for column, kind in frame.collect_schema().items() if not _is_usable(kind)]
    return frame.with_columns(*[nw.lit(None, dtype=nw.String).alias(column) for column in odd]) if odd else frame


def _is_usable(kind: nw.dtypes.DType) -> bool:
    """Tell types that cells of an export have from lists, structures, bytes, spans of time."""
    return kind.is_numeric() or kind in (*_TEXTUAL, nw.Boolean, nw.Date, nw.Datetime)


class QueryDecoder(FieldDecoder[nw.Expr]):
    """Reads the columns of a table that stays on its engine."""

    def __init__(
        self,
        frame: Query,
        grid: RawTable,
        mapped: ColumnMap,
        options: ReadOptions,
        conditions: Sequence[ColumnCondition] = (),
        *,
        is_deals: bool,
    ) -> None:
        super().__init__(grid, mapped, options, conditions, is_deals=is_deals)
        self.frame = frame
        self.place = grid.place
        kinds = frame.collect_schema()
        self.names = {engines.header_of(name): name for name in kinds.names() if name != "row_no"}
        self.kinds = {header: kinds[name] for header, name in self.names.items()}
        self.seen: engines.Row = {}
        self.joined: list[str] = []
        self.distinct: dict[str, RawColumn] = {}
        self.filtered: tuple[Filtered, ...] = ()

    def run(self, by: Mapping[str, str]) -> Decoded:
        """Decode all fields; ``by`` names further columns to group by."""
        there = [name for name in lead_fields(self.pipeline) if name in self.header]
        dates = [name for name in self.header if name in date_fields(self.pipeline) and name in there]
        timed = [*dates, *(name for name in ("first_response",) if name in there)]
        self._check_types([*timed, *(name for name in there if name not in timed)])
        self._check_groups(by.values())
        self._check_conditions()
        dated = self._dated([
            *(self.header[name] for name in there), *by.values(), *(one.header for one in self.conditions)
        ])  # fmt: skip
        self.seen = self._look(there, timed, dated)
        self._without_far_dates(dated)
        self._without_empty_rows(there)
        self._without_marked()
        self._apply_filters(there)
        found = self._dates(dates)
        if "first_response" in there:
            self._first_response(found)
        self._put_stages()
        self._put_flags()
        self._put_probability()
        self._put_money()
        for name in IDENTIFIER_FIELDS:
            if name in there:
                self.columns[name] = self._identifier(name)
        for name in LABEL_FIELDS:
            if name in there:
                self._labels(name, self.header[name])
        for name, header in by.items():
            self._labels(name, header)
        frame = self.frame.select("row_no", *[one.alias(name) for name, one in self.columns.items()])
        fields = {name for name in self.columns if not name.startswith("by_") and name != "cohort_month"}
        return Decoded(
            frame,
            self.pipeline,
            fields,
            self.words,
            self.findings,
            self.has_time,
            int(self.seen["rows"]),
            self.header,
            told=self.told,
            spellings=self._spellings(),
            filters=self.filtered,
            met=self.met,
        )

    def run_touches(self) -> Query:
        """Decode the fields of a touch table: ``row_no``, ``lead_id``, ``day``, ``channel``, ``campaign``."""
        self._check_types([name for name in TOUCH_FIELDS if name in self.header])
        dated = self._dated(self.header[name] for name in TOUCH_FIELDS if name in self.header)
        self.seen = self._look(["lead_id"], ["to_time"], dated)
        self._without_far_dates(dated)
        self._dates(["to_time"])
        self.findings = [one for one in self.findings if one.kind in _ODD_TIMES]
        if "to_time" not in self.columns:
            raise InputError(
                f"{self.place}, column '{self.header['to_time']}': day and month stand in both orders (13/05/2025 and "
                "05/13/2025). Cast it to a date where the table is made."
            )
        self.columns["lead_id"] = self._identifier("lead_id")
        self._labels("channel", self.header["to_channel"])
        self.columns["campaign"] = nw.lit(None, dtype=nw.String)
        if "to_campaign" in self.header:
            self._labels("campaign", self.header["to_campaign"])
        self.columns["day"] = self.columns.pop("to_time").cast(nw.Float64)
        return self.frame.select("row_no", *[one.alias(name) for name, one in self.columns.items()])

    def _column(self, header: str) -> nw.Expr:
        return nw.col(self.names[header])

    # --- the table as a whole

    def _check_types(self, names: Sequence[str]) -> None:
        """Refuse columns that are needed and of a type that no cell of an export has."""
        for name in names:
            kind = self.kinds[self.header[name]]
            if not _is_usable(kind) or (name in date_fields(self.pipeline) and kind == nw.Boolean):
                raise InputError(
                    f"{self.place}, column '{self.header[name]}' is of type {kind}: cast it to a date, a number or a "
                    f"text where the table is made, or leave it out with --map {name}=-."
                )

    def _check_groups(self, headers: Iterable[str]) -> None:
        for header in headers:
            if not _is_usable(self.kinds[header]):
                raise InputError(
                    f"{self.place}, column '{brief(header)}' is of type {self.kinds[header]}, by which rows cannot be "
                    "grouped: cast it to a text where the table is made, or leave it out of --by."
                )

    def _dated(self, headers: Iterable[str]) -> list[str]:
        """The columns of dates among some, each once: also as a name or a group a day that no calendar has is none."""
        return [header for header in dict.fromkeys(headers) if self.kinds[header] in (nw.Date, nw.Datetime)]

    def _look(self, there: Sequence[str], timed: Sequence[str], dated: Sequence[str]) -> engines.Row:
        """Ask in one pass what decides how columns are read."""
        ask: dict[str, nw.Expr] = {"rows": nw.len()}
        for name in _MOSTLY_FILLED & set(there):
            ask[f"{name} filled"] = self._column(self.header[name]).count()
        for place, header in enumerate(dated):
            if self.kinds[header] == nw.Date and not self.frame.implementation.is_pyspark():
                # a hint, for a tenth of the work; which days it is, is looked at where there is one; Spark takes no
                # such days from Python
                day = self._column(header)
                ask[f"far {place}"] = (day.min() < nw.lit(date.min)) | (day.max() > nw.lit(date.max))
            else:
                ask[f"far {place}"] = self._far_day(header).cast(nw.Int64).max()
        for name in timed:
            kind = self.kinds[self.header[name]]
            if kind == nw.Datetime:
                ask[f"{name} clock"] = self._clock(name).max()
            elif kind.is_numeric():
                number, days = self._number_days(name)
                ask[f"{name} part"] = (days - days.floor()).max()
                ask[f"{name} days"] = days.count()
                ask[f"{name} numbers"] = number.count()
        for name in ("lead_id", "email", "phone"):
            if name in there and self.kinds[self.header[name]] in _TEXTUAL:
                odd = self._text(self.header[name]).str.contains(_UNCLEAN_OR_RUINED)
                ask[f"{name} odd"] = odd.cast(nw.Int64).max()
        return engines.measure(self.frame, ask | self._about_amounts(there))

    def _about_amounts(self, there: Sequence[str]) -> dict[str, nw.Expr]:
        ask: dict[str, nw.Expr] = {}
        for name in ("amount", "amount_estimated"):
            if name in there and self.kinds[self.header[name]].is_numeric():
                amount = self._column(self.header[name])
                ask[f"{name} below zero"] = (amount < 0).cast(nw.Int64).max()
                ask[f"{name} infinite"] = _infinite(amount).cast(nw.Int64).max()
        if "probability" in there and self.kinds[self.header["probability"]].is_numeric():
            ask["probability top"] = self._column(self.header["probability"]).max()
        return ask

    def _known_day(self, header: str) -> nw.Expr:
        return self._column(header).dt.year().is_between(*YEARS)

    def _far_day(self, header: str) -> nw.Expr:
        known = self._known_day(header)
        return ~self._column(header).is_null() & (~known | known.is_null())

    def _without_far_dates(self, dated: Sequence[str]) -> None:
        """Take days that no calendar has for blanks."""
        for place, header in enumerate(dated):
            if self.seen[f"far {place}"]:
                self.findings += located(self.frame, FindingKind.UNREADABLE_DATES, self._far_day(header), header)
                column = nw.when(self._known_day(header)).then(self._column(header))
                self.frame = self.frame.with_columns(column.alias(self.names[header]))

    def _without_empty_rows(self, there: Sequence[str]) -> None:
        # mostly a column without a gap says that no row is empty, and the others need not be read for it
        if any(self.seen[f"{name} filled"] == self.seen["rows"] for name in _MOSTLY_FILLED & set(there)):
            return
        anything = _filled(map(self._column, self.header.values()))
        full = engines.measure(self.frame, {"n": anything.cast(nw.Int64).sum()})["n"]
        if full == self.seen["rows"]:
            return
        filled = _filled(self._column(self.header[name]) for name in there)
        last = engines.measure(self.frame, {"last": nw.when(filled).then(nw.col("row_no")).max()})["last"]
        if last is None:
            raise InputError(f"{self.place} has no data row: all of them are empty. Check the filter it was made with.")
        self.findings += located(self.frame, FindingKind.EMPTY_ROWS, ~filled & (nw.col("row_no") < last))
        self.frame = self.frame.filter(filled)

    def _without_marked(self) -> None:
        """Leave out the rows that a column marks as deleted, as a test or as a duplicate."""
        marks = [(kind, name, mask.fill_null(value=False)) for kind, name, mask in self._marks()]
        if not marks:
            return
        ask = {f"mark {number}": mask.cast(nw.Int64).sum() for number, (_, _, mask) in enumerate(marks)}
        counts = engines.measure(self.frame, {"rows": nw.len()} | ask)
        before: list[nw.Expr] = []
        for number, (kind, name, mask) in enumerate(marks):
            if not counts[f"mark {number}"]:
                continue
            fresh = reduce(and_, (~earlier for earlier in before), mask)
            self.findings += located(self.frame, kind, fresh, self.header[name])
            before.append(mask)
            if counts[f"mark {number}"] == counts["rows"]:
                raise all_marked(self.place, self.header[name], name)
        if before:
            self.frame = self.frame.filter(~reduce(or_, before))
            self.distinct.clear()

    # --- rows that are not wanted

    def _check_conditions(self) -> None:
        for one in self.conditions:
            if not _is_usable(self.kinds[one.header]):
                raise InputError(
                    f"{self.place}, column '{brief(one.header)}' is of type {self.kinds[one.header]}, which no "
                    "condition can be about: cast it to a text where the table is made, or leave it out of --where."
                )

    def _apply_filters(self, there: Sequence[str]) -> None:
        """Leave out the rows that the user's filters do not leave."""
        asked: list[tuple[str, bool]] = []
        masks: list[nw.Expr] = []
        numbers: list[int] = []
        for number, text, is_word, mask in self._filters():
            asked.append((text, is_word))
            numbers.append(number)
            masks.append(masks[-1] & mask if masks else mask)
        if not masks:
            return
        ask = {f"left {place}": mask.cast(nw.Int64).sum() for place, mask in enumerate(masks)}
        counts = engines.measure(self.frame, {"rows": nw.len()} | ask)
        left = [int(counts[name] or 0) for name in ask]
        self.filtered = left_after(asked, int(counts["rows"]), left)
        if 0 in left:
            last = left.index(0)
            if last:
                self.frame = self.frame.filter(masks[last - 1])
            raise nothing_left(self.place, self.filtered[: last + 1], *self._said(numbers[last]))
        # how days and amounts are written is told by all rows, as in memory
        together = [self.header[name] for name in there if name in _READ_TOGETHER | date_fields(self.pipeline)]
        read = {header: self._distinct(header) for header in together if self.kinds[header] in _TEXTUAL}
        self.frame = self.frame.filter(masks[-1])
        self.distinct = read

    def _said(self, number: int) -> tuple[str, str]:
        """The header of a condition's column, and what it holds."""
        asked = next((one for one in self.conditions if one.number == number), None)
        if asked is None:
            return "", ""
        header = asked.header
        if self.kinds[header] in (*_TEXTUAL, nw.Boolean):
            self.distinct.clear()
            column = self._distinct(header)
            return header, values_said(column.text, column.counts())
        are_days = self._holds_days(asked)
        values = self._days_of(header) if are_days else self._number_of(asked)
        found = engines.measure(self.frame, {"low": values.min(), "high": values.max()})
        return header, range_said(found["low"], found["high"], are_days=are_days)

    def _holds_days(self, asked: ColumnCondition) -> bool:
        return asked.is_of_dates or self.kinds[asked.header] in (nw.Date, nw.Datetime)

    def _days_of(self, header: str) -> nw.Expr:
        """The days of a column of dates, or of numbers that stand for them."""
        if self.kinds[header] in (nw.Date, nw.Datetime):
            return engines.day_number(self.frame, self.names[header])
        return self._numbered_days(header)[1]

    def _number_of(self, asked: ColumnCondition) -> nw.Expr:
        number = self._column(asked.header).cast(nw.Float64)
        number = nw.when(number.is_finite()).then(number)
        unit = header_unit(asked.header)
        scaled: nw.Expr = unit.scaled(number) if unit else number
        return scaled

    def _left_by(self, asked: ColumnCondition, values: Literals) -> nw.Expr:
        header, condition = asked.header, asked.condition
        if self.kinds[header] in (*_TEXTUAL, nw.Boolean):
            column = self._distinct(header)
            mask = cells_left(asked, values, column, self._reading(asked, column))
            return self._translated(header, column.text, mask).fill_null(condition.holds_for_blank)
        if self._holds_days(asked):
            number, bounds = self._days_of(header), values.days
        else:
            number, bounds = self._number_of(asked), values.numbers
        found: nw.Expr = compared(
            number, condition.operator, bounds, are_days=self._holds_days(asked), is_blank=values.is_blank
        )
        return found

    def _reading(self, asked: ColumnCondition, column: RawColumn) -> ReadCells:
        """How the cells of a column of texts are read: days with all that the other columns of days say."""
        cells = cells_read(column, asked.header, self.grid, self.options.locale)
        field = asked.field
        if not asked.is_of_dates or field is None:
            return cells
        read = date_fields(self.pipeline) & {*lead_fields(self.pipeline)}
        names = [name for name in self.header if name in read]
        texts = {name: self._cells(name) for name in {*names, field} if self.kinds[self.header[name]] in _TEXTUAL}
        locale = self.options.locale
        return replace(cells, days=lambda: read_dates(texts, self.header, self.grid, locale=locale).read[field].days)

    def _left(self, field: str, mask: pl.Series) -> nw.Expr:
        return self._laid_out(field, mask).fill_null(value=True)

    # --- texts

    def _text(self, header: str) -> nw.Expr:
        """Write cells as texts, as memory does: whole numbers without a decimal point, dates without a clock."""
        column, kind = self._column(header), self.kinds[header]
        if kind == nw.String:
            return column
        if kind == nw.Boolean:
            return nw.when(column).then(nw.lit("TRUE")).otherwise(nw.when(~column).then(nw.lit("FALSE")))
        if kind == nw.Datetime:
            return column.cast(nw.Date).cast(nw.String)
        if kind.is_float():
            # all branches are worked out on some engines, so nothing may reach the cast that does not fit
            fits = nw.when(column.is_finite() & (column.abs() < _MOST_WHOLE)).then(column)
            whole = nw.when(fits == fits.floor()).then(fits).cast(nw.Int64)
            written = nw.when(column.is_finite()).then(column.cast(nw.String))
            infinite = nw.when(column.abs() == float("inf")).then(nw.lit("inf"))
            return nw.coalesce(whole.cast(nw.String), written, infinite)
        return column.cast(nw.String)

    def _identifier(self, name: str) -> nw.Expr:
        """Take an identifier as it stands where none needs a second look: one look costs a fraction of the work."""
        text, kind = self._text(self.header[name]), self.kinds[self.header[name]]
        if not self.seen.get(f"{name} odd", kind in _TEXTUAL or kind.is_float()):
            return text
        text = text.str.replace_all(_SPACES, " ").str.strip_chars()
        text = nw.when(text != "").then(text)
        return self._unruined(name, text) if name in NUMBERED_FIELDS else text

    def _unruined(self, name: str, text: nw.Expr) -> nw.Expr:
        """Identifiers without those that Excel has shortened."""
        if self.kinds[self.header[name]].is_float():
            number = self._column(self.header[name])
            ruined = number.is_finite() & (number.abs() >= MOST_EXACT)  # engines take NaN for the greatest number
        else:
            long, rounded = text.str.contains(LONG_ID), text.str.contains(ROUNDED_ID)
            ask = {"long": long, "rounded": rounded, "ruined": text.str.contains(RUINED_ID)}
            seen = engines.measure(self.frame, {key: mask.cast(nw.Int64).sum() for key, mask in ask.items()})
            if not seen["ruined"]:
                return text
            distinct = 0
            if seen["rounded"] and seen["rounded"] == seen["long"]:
                [kinds] = engines.collect([self.frame.filter(rounded).select(text=text).unique().head(_FEW)])
                distinct = len(kinds)
            is_rounded = are_rounded(int(seen["long"]), int(seen["rounded"]), distinct)
            ruined = text.str.contains(RUINED_ID if is_rounded else SHORTENED_ID)
        found = located(self.frame, FindingKind.RUINED_IDS, ruined.fill_null(value=False), self.header[name])
        if not found:
            return text
        example = {"example": str(self._first_text(text, ruined))[:60]}
        self.findings += [replace(one, details=example) for one in found]
        return nw.when(~ruined.fill_null(value=False)).then(text)

    def _first_text(self, text: nw.Expr, mask: nw.Expr) -> object:
        [rows] = engines.collect([self.frame.filter(mask).select("row_no", text=text).sort("row_no").head(1)])
        return rows[0]["text"]

    def _distinct(self, header: str) -> RawColumn:
        """Collect the distinct texts of a column with their number."""
        if header in self.distinct:
            return self.distinct[header]
        text = self._text(header)
        found = self.frame.select(text=text).group_by("text").agg(nw.len().alias("n"))
        [answers] = engines.collect([found])
        if len(answers) > _MOST_TEXTS:
            field = next((name for name, known in self.header.items() if known == header), "FIELD")
            raise InputError(
                f"column '{header}' has {len(answers):,} different texts, more than the {_MOST_TEXTS:,} that are read: "
                "group them, or cast a date or a number to its type, where the table is made; or leave the column out "
                f"with --map {field}=-."
            )
        self.distinct[header] = RawColumn(
            pl.Series("text", [row["text"] for row in answers], dtype=pl.String),
            tallied=pl.Series("n", [row["n"] for row in answers], dtype=pl.UInt32),
        )
        return self.distinct[header]

    def _translated(self, header: str, texts: pl.Series, values: pl.Series) -> nw.Expr:
        """Put a value in place of each text of a column; few by a list of cases, many by a join."""
        text = self._text(header)
        pairs = pl.DataFrame({"text": texts, "value": values}).drop_nulls()
        dtype: Any = nw.from_native(pairs, eager_only=True).schema["value"]
        if len(pairs) <= _FEW:
            if pairs.is_empty():
                # of the column, not a lone null: what is counted later counts rows
                return nw.when(text.is_null()).then(nw.lit(None, dtype=dtype))
            # one case within the other: DuckDB evaluates each only for the rows that the ones before left
            case: nw.Expr | None = None
            for (value,), same in pairs.group_by("value", maintain_order=True):
                one = nw.when(text.is_in(same["text"].to_list())).then(nw.lit(value, dtype=dtype))
                case = one if case is None else one.otherwise(case)
            return case  # type: ignore[return-value]
        key, name = f"leadkpi_text_{len(self.joined)}", f"leadkpi_value_{len(self.joined)}"
        small = engines.to_same_backend(
            nw.from_native(pairs.rename({"text": key, "value": name}), eager_only=True), self.frame
        )
        self.frame = self.frame.with_columns(text.alias(f"{key}_of")).join(
            small, left_on=f"{key}_of", right_on=key, how="left"
        )
        self.joined.append(name)
        return nw.col(name)

    def _labels(self, name: str, header: str) -> None:
        column = self._distinct(header)
        shown = labels(column)
        if (shown == column.text).all() and shown.null_count() == column.text.null_count():
            self.columns[name] = self._text(header)
            return
        changed = pl.DataFrame({"text": column.text, "shown": shown}).filter(
            pl.col("text").is_not_null() & pl.col("text").ne_missing(pl.col("shown"))
        )
        gone = changed.filter(pl.col("shown").is_null())["text"].to_list()
        changed = changed.drop_nulls()
        own = self._text(header)
        if len(changed):
            own = nw.coalesce(self._translated(header, changed["text"], changed["shown"]), own)
        if gone:
            text = self._text(header)
            own = nw.when(~text.is_in(gone)).then(own)
        self.columns[name] = own

    def _spellings(self) -> tuple[Spelling, ...]:
        """The sources met, with their mediums; without these, the distinct texts that were read already."""
        if "source" not in self.header:
            return ()
        headers = [self.header[name] for name in ("source", "medium") if name in self.header]
        shown = []
        for header in headers:
            column = self._distinct(header)
            shown.append(dict(zip(column.text.to_list(), labels(column).to_list(), strict=True)))
        if len(headers) == 1:
            column = self._distinct(headers[0])
            return spellings(
                (shown[0][text], None, int(n)) for text, n in zip(column.text, column.counts(), strict=True)
            )
        pairs = self.frame.select(source=self._text(headers[0]), medium=self._text(headers[1]))
        [rows] = engines.collect([pairs.group_by("source", "medium").agg(nw.len().alias("n"))])
        return spellings((shown[0][row["source"]], shown[1][row["medium"]], int(row["n"])) for row in rows)

    # --- dates

    def _dates(self, names: Sequence[str]) -> DateColumns:
        """Read the date columns; returns what the texts among them say of the order of day and month."""
        kinds = {name: self.kinds[self.header[name]] for name in names}
        texts = {name: self._cells(name) for name, kind in kinds.items() if kind in _TEXTUAL}
        found = self._read_dates(texts)
        for name in names:
            if name in found.read:
                self._put_dates(name, found.read[name])
            elif kinds[name].is_numeric():
                self._date_numbers(name)
            else:
                self.columns[name] = self._stamped(name)
                if name == "created":
                    dates = self._column(self.header[name]).dt
                    self.columns["cohort_month"] = dates.year().cast(nw.Int32) * 12 + dates.month().cast(nw.Int32) - 1
        return found

    def _stamped(self, name: str) -> nw.Expr:
        """Excel's number of a date or of a time stamp, with a fraction where the column has clocks at all."""
        days = engines.day_number(self.frame, self.names[self.header[name]])
        if not self.seen.get(f"{name} clock"):
            return days
        self.has_time.add(name)
        since = (days.cast(nw.Int64) - UNIX_EPOCH) * _MILLISECONDS + self._clock(name)
        return since / _MILLISECONDS + UNIX_EPOCH

    def _clock(self, name: str) -> nw.Expr:
        """Milliseconds since midnight."""
        clock = self._column(self.header[name]).dt
        seconds = (clock.hour().cast(nw.Int64) * 60 + clock.minute()) * 60 + clock.second()
        return seconds * 1000 + clock.millisecond()

    def _number_days(self, name: str) -> tuple[nw.Expr, nw.Expr]:
        """A column's numbers, and the days among them: day numbers, or milliseconds since 1970."""
        return self._numbered_days(self.header[name])

    def _numbered_days(self, header: str) -> tuple[nw.Expr, nw.Expr]:
        number = self._column(header).cast(nw.Float64)
        epoch = nw.when(number.is_between(1e11, 1e13)).then(number / _MILLISECONDS + UNIX_EPOCH)
        return number, nw.when(number.is_between(20_000, 80_000)).then(number).otherwise(epoch)

    def _date_numbers(self, name: str) -> None:
        number, days = self._number_days(name)
        if self.seen[f"{name} numbers"] != self.seen[f"{name} days"]:
            odd = ~number.is_null() & days.is_null()
            self.findings += located(self.frame, FindingKind.UNREADABLE_DATES, odd, self.header[name])
        if self.seen[f"{name} part"]:
            self.has_time.add(name)
        self.columns[name] = days if name in self.has_time else days.cast(nw.Int32)
        if name == "created":
            self.columns["cohort_month"] = month_number(days).cast(nw.Int32)

    def _first_response(self, dates: DateColumns) -> None:
        """Read the first response: a time of day on a date, or the minutes it took; what most cells are."""
        name = "first_response"
        kind = self.kinds[self.header[name]]
        if kind in _TEXTUAL:
            self._put_response(dates)
        elif kind.is_numeric():
            number, days = self._number_days(name)
            if self.seen[f"{name} days"] * 2 < self.seen[f"{name} numbers"]:
                self.columns["response_spent"] = nw.when(days.is_null()).then(number)
                return
            if self.seen[f"{name} part"]:
                self.has_time.add(name)
            self.columns[name] = days
        else:
            self.columns[name] = self._stamped(name).cast(nw.Float64)

    # --- cells to rows

    @property
    def _row_count(self) -> int:
        return self.filtered[-1].left if self.filtered else int(self.seen["rows"])

    @property
    def _there(self) -> Collection[str]:
        return self.header.keys()

    def _cells(self, field: str) -> RawColumn:
        return self._distinct(self.header[field])

    def _laid_out(self, field: str, values: pl.Series) -> nw.Expr:
        header = self.header[field]
        return self._translated(header, self._distinct(header).text, values)

    def _first_of(self, one: nw.Expr, other: nw.Expr) -> nw.Expr:
        return nw.coalesce(one, other)

    def _filled(self, field: str) -> nw.Expr:
        header = self.header[field]
        if self.kinds[header] in _TEXTUAL:
            return self._laid_out(field, is_filled(self._cells(field)))
        return ~self._column(header).is_null()

    def _pairs(self, one: str, other: str) -> Iterable[tuple[str | None, str | None, int]]:
        texts = {"one": self._text(self.header[one]), "other": self._text(self.header[other])}
        counted = self.frame.select(**texts).group_by("one", "other").agg(nw.len().alias("n"))
        [answers] = engines.collect([counted.sort("n", descending=True).head(_MOST_TEXTS)])
        return [(row["one"], row["other"], int(row["n"])) for row in answers]

    def _note_conflicts(self, codes: Sequence[tuple[int, int]]) -> None:
        stage, status = self.columns["stage"], self.columns["status"]
        mask = reduce(or_, ((stage == one) & (status == other) for one, other in codes)).fill_null(value=False)
        found = located(self.frame, FindingKind.CONTRADICTIONS, mask, self.header["status"])
        if found:
            words = {name: self._text(self.header[name]) for name in ("stage", "status")}
            counted = self.frame.filter(mask).select(**words).group_by("stage", "status").agg(nw.len().alias("n"))
            [rows] = engines.collect([counted])
            details = conflicting((row["stage"], row["status"], row["n"]) for row in rows)
            self.findings += [replace(one, details=details) for one in found]

    def _probability(self) -> nw.Expr:
        header = self.header["probability"]
        if not self.kinds[header].is_numeric():
            return super()._probability()
        top = self.seen["probability top"]
        return self._column(header).cast(nw.Float64) * (100 if top is not None and top <= 1 else 1)

    def _constant(self, text: str) -> nw.Expr:
        return nw.lit(text)

    def _months(self, field: str, days: pl.Series) -> nw.Expr:  # noqa: ARG002 (of the rows, not of the cells)
        return month_number(self.columns[field].cast(nw.Float64)).cast(nw.Int32)

    def _note(self, odd: Odd, field: str) -> None:
        header = self.header[field]
        if odd.mask is None:
            self.findings.append(Finding(odd.kind, self._row_count, header, details=odd.details))
        else:
            texts = self._cells(field).text.filter(odd.mask).to_list()
            self.findings += located(self.frame, odd.kind, self._text(header).is_in(texts), header, odd.details)

    def _flag(self, name: str) -> nw.Expr:
        is_flag = self.kinds[self.header[name]] == nw.Boolean
        return self._column(self.header[name]) if is_flag else super()._flag(name)

    def _amounts(self, field: str) -> tuple[nw.Expr, nw.Expr | None]:
        """The amounts; in a column of numbers an infinite one cannot be read, as in memory."""
        header = self.header[field]
        if not self.kinds[header].is_numeric():
            return super()._amounts(field)
        amount = self._column(header).cast(nw.Float64)
        if self.seen[f"{field} infinite"]:
            infinite = _infinite(self._column(header))
            self.findings += located(self.frame, FindingKind.UNPARSED_AMOUNTS, infinite, header, {"example": "inf"})
        amount = nw.when(amount.is_finite()).then(amount)
        unit = header_unit(header)
        if unit:
            amount = unit.scaled(amount)
            self._note(scaled_column(unit), field)
        if self.seen[f"{field} below zero"]:
            self.findings += located(self.frame, FindingKind.NEGATIVE_AMOUNTS, amount < 0, header)
        return amount, None


def _filled(columns: Iterable[nw.Expr]) -> nw.Expr:
    """Tell rows that have anything in one of the columns."""
    return reduce(or_, (~column.is_null() for column in columns))


def _infinite(column: nw.Expr) -> nw.Expr:
    number = column.cast(nw.Float64)
    return ~number.is_finite() & ~number.is_nan()


def located(
    frame: Query, kind: FindingKind, mask: nw.Expr, column: str = "", details: Mapping[str, Detail] = NO_DETAILS
) -> list[Finding]:
    """Count the rows where something odd holds, and name the first of them."""
    count = engines.measure(frame, {"n": mask.cast(nw.Int64).sum()})["n"]
    return [Finding(kind, int(count), column, engines.first_rows(frame, mask, ROWS_NAMED), details)] if count else []
