"""From a typed table on an engine to typed fields: the rows stay there, only distinct texts come here to be read.

What :mod:`decode` does to cells in memory is done here with expressions: a warehouse or a Parquet file has types, so
dates are dates and amounts numbers; texts are few and are read once each.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Literal

import narwhals as nw
import polars as pl

from xl_leadkpi.leads import engine, rows
from xl_leadkpi.leads.columns import DATES
from xl_leadkpi.leads.decode import (
    LEAD_FIELDS,
    ROWS_NAMED,
    Decoded,
    clean_text,
    code_series,
    currency_codes,
    flag_series,
    labels,
    response_series,
)
from xl_leadkpi.leads.errors import InputError
from xl_leadkpi.leads.grid import SAMPLE_ROWS, UNIX_EPOCH, Grid, Loaded, RawColumn, with_python_dates
from xl_leadkpi.leads.parse import parse_amounts, parse_dates
from xl_leadkpi.leads.stages import names_stages, read_words
from xl_leadkpi.leads.table import Finding, StageWord
from xl_leadkpi.leads.vocabulary import header_currency

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xl_leadkpi.leads.columns import ColumnMap
    from xl_leadkpi.leads.options import ReadOptions
    from xl_leadkpi.leads.parse import Dates, Order

    Query = nw.LazyFrame[Any]

_MOST_TEXTS = 200_000
_FEW = 40
_MOSTLY_FILLED = frozenset({"lead_id", "created", "stage", "status"})
_MILLISECONDS = 86_400_000
_TEXTUAL = (nw.String, nw.Categorical, nw.Enum)
_SPACES = "[\\s\u00a0\u202f\u200b]+"
# as literal characters, because every engine has its own way to write them as escapes
_UNCLEAN = "^$|\\s\\s|[\t\n\r\u00a0\u202f\u200b]|^\\s|\\s$"


def open_query(frame: Query, name: str) -> Grid:
    """Look at a table on an engine: its headers and its first rows."""
    head = with_python_dates(engine.head(frame.drop("row_no", strict=False), SAMPLE_ROWS))
    if head.is_empty():
        raise InputError(f"{name} has no data row.")
    nothing = (None,) * len(head)  # no cell of an export is a list or a structure
    sample = tuple(nothing if one.dtype.is_nested() else tuple(one.to_list()) for one in head.iter_columns())

    def load(_positions: Sequence[int], _identifiers: frozenset[int]) -> Loaded:
        raise InputError(f"{name} stays on its engine: it cannot be joined with a second table there. Join them first.")

    return Grid(name, "", tuple(head.columns), sample, 2, (), load)


class QueryDecoder:
    """Reads one table's columns field by field, as :class:`xl_leadkpi.leads.decode.Decoder` does in memory."""

    def __init__(self, frame: Query, grid: Grid, mapped: ColumnMap, options: ReadOptions, *, is_deals: bool) -> None:
        self.frame = frame
        self.header = {name: grid.headers[place] for name, place in mapped.position.items()}
        self.kinds = frame.collect_schema()
        self.options = options
        self.is_deals = is_deals
        self.findings: list[Finding] = []
        self.words: list[StageWord] = []
        self.has_time: set[str] = set()
        self.columns: dict[str, nw.Expr] = {}
        self.joined: list[str] = []
        self.distinct: dict[str, RawColumn] = {}

    def run(self, by: Mapping[str, str]) -> Decoded:
        """Decode all fields; ``by`` names further columns to group by."""
        there = [name for name in LEAD_FIELDS if name in self.header]
        dates = [name for name in self.header if name in DATES and name in LEAD_FIELDS]
        timed = [*dates, *(name for name in ("first_response",) if name in there)]
        self._check_types([*timed, *(name for name in there if name not in timed)])
        seen = self._look(there, timed)
        self._without_empty_rows(there, seen)
        fallback = self._dates(dates, seen)
        if "first_response" in there:
            self._first_response(fallback, seen)
        self._stages()
        for name in ("is_won", "is_closed", "is_converted"):
            if name in there:
                self._flag(name)
        self._amounts(seen)
        for name in ("lead_id", "link_id", "name", "company", "contact", "email", "phone"):
            if name in there:
                self.columns[name] = self._identifier(name, seen)
        for name in ("source", "campaign", "owner", "lost_reason"):
            if name in there:
                self._labels(name, self.header[name])
        for name, header in by.items():
            self._labels(name, header)
        frame = self.frame.select("row_no", *[one.alias(name) for name, one in self.columns.items()])
        fields = {name for name in self.columns if not name.startswith("by_") and name != "cohort_month"}
        return Decoded(frame, fields, self.words, self.findings, self.has_time, int(seen["rows"]), self.header)

    def run_touches(self) -> Query:
        """Decode the fields of a touch table: ``row_no``, ``lead_id``, ``day``, ``channel``, ``campaign``."""
        self._check_types(["to_time"])
        seen = self._look(["lead_id"], ["to_time"])
        self._dates(["to_time"], seen)
        self.findings = [one for one in self.findings if one.kind in {"ambiguous_dates", "mixed_date_order"}]
        if "to_time" not in self.columns:
            raise InputError(
                f"column '{self.header['to_time']}': day and month stand in both orders (13/05/2025 and 05/13/2025). "
                "Cast it to a date where the table is made."
            )
        self.columns["lead_id"] = self._identifier("lead_id", seen)
        self._labels("channel", self.header["to_channel"])
        self.columns["campaign"] = nw.lit(None, dtype=nw.String)
        if "to_campaign" in self.header:
            self._labels("campaign", self.header["to_campaign"])
        self.columns["day"] = self.columns.pop("to_time").cast(nw.Float64)
        return self.frame.select("row_no", *[one.alias(name) for name, one in self.columns.items()])

    # --- the table as a whole

    def _check_types(self, names: Sequence[str]) -> None:
        """Refuse columns of types that no cell of an export has: lists, structures, bytes, spans of time."""
        for name in names:
            kind = self.kinds[self.header[name]]
            usable = kind.is_numeric() or kind in (*_TEXTUAL, nw.Boolean, nw.Date, nw.Datetime)
            if not usable or (name in DATES and kind == nw.Boolean):
                raise InputError(
                    f"column '{self.header[name]}' is of type {kind}: cast it to a date, a number or a text where the "
                    f"table is made, or leave it out with --map {name}=-."
                )

    def _look(self, there: Sequence[str], timed: Sequence[str]) -> engine.Row:
        """Ask in one pass what decides how columns are read."""
        ask: dict[str, nw.Expr] = {"rows": nw.len()}
        for name in _MOSTLY_FILLED & set(there):
            ask[f"{name} filled"] = nw.col(self.header[name]).count()
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
                unclean = self._text(self.header[name]).str.contains(_UNCLEAN)
                ask[f"{name} unclean"] = unclean.cast(nw.Int64).max()
        if "amount" in there and self.kinds[self.header["amount"]].is_numeric():
            ask["amount below zero"] = (nw.col(self.header["amount"]) < 0).cast(nw.Int64).max()
            ask["amount infinite"] = _infinite(self.header["amount"]).cast(nw.Int64).max()
        return rows.measure(self.frame, ask)

    def _without_empty_rows(self, there: Sequence[str], seen: engine.Row) -> None:
        # mostly a column without a gap says that no row is empty, and the others need not be read for it
        if any(seen[f"{name} filled"] == seen["rows"] for name in _MOSTLY_FILLED & set(there)):
            return
        full = rows.measure(self.frame, {"n": _filled(self.header.values()).cast(nw.Int64).sum()})["n"]
        if full == seen["rows"]:
            return
        filled = _filled(self.header[name] for name in there)
        last = rows.measure(self.frame, {"last": nw.when(filled).then(nw.col("row_no")).max()})["last"]
        self.findings += located(self.frame, "empty_rows", ~filled & (nw.col("row_no") < (last or 0)), severity="info")
        self.frame = self.frame.filter(filled)

    # --- texts

    def _text(self, header: str) -> nw.Expr:
        """Write cells as texts, as memory does: whole numbers without a decimal point, dates without a clock."""
        column, kind = nw.col(header), self.kinds[header]
        if kind == nw.String:
            return column
        if kind == nw.Boolean:
            return nw.when(column).then(nw.lit("TRUE")).otherwise(nw.when(~column).then(nw.lit("FALSE")))
        if kind == nw.Datetime:
            return column.cast(nw.Date).cast(nw.String)
        if kind.is_float():
            whole = nw.when(column == column.floor()).then(column.cast(nw.Int64))
            return nw.coalesce(whole.cast(nw.String), column.cast(nw.String))
        return column.cast(nw.String)

    def _identifier(self, name: str, seen: engine.Row) -> nw.Expr:
        """Take an identifier as it stands where none needs cleaning: a look costs a fraction of the work."""
        text = self._text(self.header[name])
        if not seen.get(f"{name} unclean", self.kinds[self.header[name]] in _TEXTUAL):
            return text
        text = text.str.replace_all(_SPACES, " ").str.strip_chars()
        return nw.when(text != "").then(text)

    def _distinct(self, header: str) -> RawColumn:
        """Collect the distinct texts of a column with their number."""
        if header in self.distinct:
            return self.distinct[header]
        text = self._text(header)
        found = self.frame.select(text=text).group_by("text").agg(nw.len().alias("n"))
        [answers] = engine.collect([found])
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
        key, name = f"text_{len(self.joined)}", f"value_{len(self.joined)}"
        small = engine.alike(nw.from_native(pairs.rename({"text": key, "value": name}), eager_only=True), self.frame)
        self.frame = self.frame.with_columns(text.alias(f"of_{key}")).join(
            small, left_on=f"of_{key}", right_on=key, how="left"
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

    # --- dates

    def _dates(self, names: Sequence[str], seen: engine.Row) -> Order | None:
        """Read the date columns; returns the order of day and month if the texts among them agree on one."""
        kinds = {name: self.kinds[self.header[name]] for name in names}
        texts = {name: self._distinct(self.header[name]) for name, kind in kinds.items() if kind in _TEXTUAL}
        found = {name: parse_dates(column.text, locale=self.options.locale) for name, column in texts.items()}
        orders = {dates.order for dates in found.values() if dates.decided_by == "values"}
        fallback = orders.pop() if len(orders) == 1 else None
        for name in names:
            header = self.header[name]
            if name in texts:
                if fallback and found[name].decided_by == "locale":
                    found[name] = parse_dates(texts[name].text, fallback=fallback, locale=self.options.locale)
                self._date_texts(name, texts[name], found[name])
            elif kinds[name].is_numeric():
                self._date_numbers(name, header, seen)
            else:
                self.columns[name] = self._stamped(name, seen)
                if name == "created":
                    dates = nw.col(header).dt
                    self.columns["cohort_month"] = dates.year().cast(nw.Int32) * 12 + dates.month().cast(nw.Int32) - 1
        return fallback

    def _stamped(self, name: str, seen: engine.Row) -> nw.Expr:
        """Excel's number of a date or of a time stamp, with a fraction where the column has clocks at all."""
        days = engine.day_number(self.frame, self.header[name])
        if not seen.get(f"{name} clock"):
            return days
        self.has_time.add(name)
        since = (days.cast(nw.Int64) - UNIX_EPOCH) * _MILLISECONDS + self._clock(name)
        return since / _MILLISECONDS + UNIX_EPOCH

    def _clock(self, name: str) -> nw.Expr:
        """Milliseconds since midnight."""
        clock = nw.col(self.header[name]).dt
        seconds = (clock.hour().cast(nw.Int64) * 60 + clock.minute()) * 60 + clock.second()
        return seconds * 1000 + clock.millisecond()

    def _number_days(self, name: str) -> tuple[nw.Expr, nw.Expr]:
        """A column's numbers, and the days among them: day numbers, or milliseconds since 1970."""
        number = nw.col(self.header[name]).cast(nw.Float64)
        epoch = nw.when(number.is_between(1e11, 1e13)).then(number / _MILLISECONDS + UNIX_EPOCH)
        return number, nw.when(number.is_between(20_000, 80_000)).then(number).otherwise(epoch)

    def _date_numbers(self, name: str, header: str, seen: engine.Row) -> None:
        number, days = self._number_days(name)
        if seen[f"{name} numbers"] != seen[f"{name} days"]:
            self.findings += located(self.frame, "unreadable_dates", ~number.is_null() & days.is_null(), header)
        if seen[f"{name} part"]:
            self.has_time.add(name)
        self.columns[name] = days if name in self.has_time else days.cast(nw.Int32)
        if name == "created":
            self.columns["cohort_month"] = rows.month_number(days).cast(nw.Int32)

    def _first_response(self, fallback: Order | None, seen: engine.Row) -> None:
        """Read the first response: a time of day on a date, or the minutes it took; what most cells are."""
        name, header = "first_response", self.header["first_response"]
        kind = self.kinds[header]
        if kind in _TEXTUAL:
            column = self._distinct(header)
            read, spent = response_series(column.text, fallback=fallback, locale=self.options.locale)
            if read.null_count() > spent.null_count():
                self.columns["response_spent"] = self._translated(header, column.text, spent)
                return
            if (read.round(6) % 1 != 0).any():
                self.has_time.add(name)
            self.columns[name] = self._translated(header, column.text, read.cast(pl.Float64))
        elif kind.is_numeric():
            number, days = self._number_days(name)
            if seen[f"{name} days"] * 2 < seen[f"{name} numbers"]:
                self.columns["response_spent"] = nw.when(days.is_null()).then(number)
                return
            if seen[f"{name} part"]:
                self.has_time.add(name)
            self.columns[name] = days
        else:
            self.columns[name] = self._stamped(name, seen).cast(nw.Float64)

    def _date_texts(self, name: str, column: RawColumn, found: Dates) -> None:
        header = self.header[name]
        count = int(column.counts().sum())
        if found.mixed:
            self.findings.append(Finding("mixed_date_order", count, header, severity="error"))
            return
        for kind, mask in (
            ("unreadable_dates", found.unparsed),
            ("impossible_dates", found.impossible),
            ("zero_dates", found.sentinel),
        ):
            texts = column.text.filter(mask)
            if len(texts):
                severity: Literal["info", "warning"] = "info" if kind == "zero_dates" else "warning"
                odd = self._text(header).is_in(texts.to_list())
                self.findings += located(self.frame, kind, odd, header, value=texts[0][:60], severity=severity)
        if found.decided_by == "locale":
            self.findings.append(Finding("ambiguous_dates", count, header, found.order or ""))
        elif found.order and found.decided_by in {"values", "table"}:
            self.findings.append(Finding("date_order", count, header, found.order, severity="info"))
        days = found.days
        if (days.round(6) % 1 != 0).any():
            self.has_time.add(name)
        else:
            days = days.round(0).cast(pl.Int32)
        translated = self._translated(header, column.text, days)
        self.columns[name] = translated
        if name == "created":
            self.columns["cohort_month"] = rows.month_number(translated.cast(nw.Float64)).cast(nw.Int32)

    # --- stages, flags, money

    def _stages(self) -> None:
        header = self.header
        if "stage" not in header and "status" in header and names_stages(self._distinct(header["status"]).text):
            # A lone status column may hold the stages: each word says by itself which it is.
            self._codes("stage", header["status"], is_status=False)
        else:
            for name in ("stage", "status"):
                if name in header:
                    self._codes(name, header[name], is_status=name == "status")
        if "last_open_stage" in header:
            self._codes("last_open_stage", header["last_open_stage"], is_status=False)

    def _codes(self, name: str, header: str, *, is_status: bool) -> None:
        column = self._distinct(header)
        counted = pl.DataFrame({"word": clean_text(column.text), "count": column.counts()})
        counted = counted.group_by("word").agg(pl.sum("count")).filter(pl.col("word").is_not_null())
        counted = counted.sort(["count", "word"], descending=[True, False])
        codes, words = read_words(counted.rows(), self.options.words, is_status=is_status, is_deals=self.is_deals)
        self.words += words
        for word in [word for word in words if word.stage is None][:ROWS_NAMED]:
            texts = column.text.filter((clean_text(column.text) == word.word).fill_null(value=False)).to_list()
            self.findings += located(
                self.frame, "unknown_words", self._text(header).is_in(texts), header, value=word.word
            )
        guessed = [word for word in words if word.origin == "guessed"]
        if guessed:
            is_guessed = clean_text(column.text).is_in([word.word for word in guessed]).fill_null(value=False)
            read_as = "; ".join(f"{word.word} = {word.stage}" for word in guessed[:ROWS_NAMED])
            odd = self._text(header).is_in(column.text.filter(is_guessed).to_list())
            self.findings += located(self.frame, "guessed_stage_words", odd, header, value=read_as)
        self.columns[name] = self._translated(header, column.text, code_series(column.text, codes))

    def _flag(self, name: str) -> None:
        header = self.header[name]
        if self.kinds[header] == nw.Boolean:
            self.columns[name] = nw.col(header)
            return
        column = self._distinct(header)
        self.columns[name] = self._translated(header, column.text, flag_series(column.text))

    def _finite(self, header: str, seen: engine.Row) -> nw.Expr:
        """The amounts of a column of numbers; an infinite one cannot be read, as in memory."""
        amount = nw.col(header).cast(nw.Float64)
        if seen["amount infinite"]:
            self.findings += located(self.frame, "unparsed_amounts", _infinite(header), header, value="inf")
        return nw.when(amount.is_finite()).then(amount)

    def _amounts(self, seen: engine.Row) -> None:
        codes: nw.Expr | None = None
        if "currency" in self.header:
            column = self._distinct(self.header["currency"])
            codes = self._translated(self.header["currency"], column.text, currency_codes(column.text))
        header = self.header.get("amount")
        if header is not None:
            if self.kinds[header].is_numeric():
                self.columns["amount"] = self._finite(header, seen)
            else:
                column = self._distinct(header)
                found = parse_amounts(column.text)
                for kind, mask in (("unparsed_amounts", found.unparsed), ("ambiguous_amounts", found.ambiguous)):
                    texts = column.text.filter(mask.fill_null(value=False))
                    if len(texts):
                        odd = self._text(header).is_in(texts.to_list())
                        self.findings += located(self.frame, kind, odd, header, value=str(texts[0])[:60])
                self.columns["amount"] = self._translated(header, column.text, found.values)
                if found.currency.null_count() < len(found.currency):
                    beside = self._translated(header, column.text, found.currency)
                    codes = beside if codes is None else nw.coalesce(beside, codes)
            if seen.get("amount below zero", 1):
                self.findings += located(self.frame, "negative_amounts", self.columns["amount"] < 0, header)
            named = header_currency(header)
            if named:
                codes = nw.lit(named) if codes is None else nw.coalesce(codes, nw.lit(named))
        if codes is not None:
            self.columns["currency"] = codes


def _filled(headers: Iterable[str]) -> nw.Expr:
    """Tell rows that have anything in one of the columns."""
    return reduce(or_, (~nw.col(header).is_null() for header in headers))


def _infinite(header: str) -> nw.Expr:
    number = nw.col(header).cast(nw.Float64)
    return ~number.is_finite() & ~number.is_nan()


def located(
    frame: Query,
    kind: str,
    mask: nw.Expr,
    column: str = "",
    *,
    value: str = "",
    severity: Literal["info", "warning"] = "warning",
) -> list[Finding]:
    """Count the rows where something odd holds, and name the first of them."""
    count = rows.measure(frame, {"n": mask.cast(nw.Int64).sum()})["n"]
    return [Finding(kind, int(count), column, value, rows.locate(frame, mask, ROWS_NAMED), severity)] if count else []
