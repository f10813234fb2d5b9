"""From raw columns to typed fields: each distinct cell is read once, then laid out over the rows.

This is the eager part of the room: it works on Polars series of distinct cells. What follows (:mod:`rows`) are
expressions that any engine runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from xl_leadkpi.leads.columns import DATES
from xl_leadkpi.leads.evidence import FALSE_WORDS, TRUE_WORDS
from xl_leadkpi.leads.parse import (
    MISSING,
    Dates,
    is_missing,
    looks_like_date,
    looks_like_number,
    parse_amounts,
    parse_dates,
)
from xl_leadkpi.leads.stages import names_stages, read_words
from xl_leadkpi.leads.table import Finding, StageWord
from xl_leadkpi.leads.vocabulary import CURRENCY_SIGNS, header_currency, is_total

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.leads.columns import ColumnMap
    from xl_leadkpi.leads.grid import Grid, Loaded, RawColumn
    from xl_leadkpi.leads.options import ReadOptions
    from xl_leadkpi.leads.parse import Order

ROWS_NAMED = 20
IDENTIFIERS = frozenset({"lead_id", "link_id", "name", "company", "contact", "email", "phone"})
LABELS = frozenset({"source", "campaign", "owner", "lost_reason"})
_TAIL = 15
_UNCLEAN = r"\s\s|[\t\n\r\u00a0\u202f\u200b]|^\s|\s$"

LEAD_FIELDS = (
    "lead_id", "link_id", "name", "company", "contact", "email", "phone", "created", "mql_date", "sql_date",
    "meeting_booked", "meeting_held", "opportunity_date", "proposal_date", "won_date", "lost_date", "close_date",
    "expected_close", "first_response", "modified", "stage", "status", "last_open_stage", "is_won", "is_closed",
    "is_converted", "source", "campaign", "owner", "amount", "currency", "lost_reason",
)  # fmt: skip
"""Fields of a lead or deal table that the rows are made of; the others are recognised but not read."""


@dataclass(slots=True)
class Decoded:
    """A table with typed fields, on its way to the lead table.

    Attributes:
        frame: ``row_no`` and one column a field; rows in memory as Polars, a query where they stay on their engine.
        fields: Fields that fed it.
        words: Stage and status words.
        findings: What was odd so far.
        has_time: Date fields with a time of day.
        rows_read: Data rows before empty rows and totals went.
        header: Header of each field.
        unique: Identifiers of which no value stands twice.
    """

    frame: Any
    fields: set[str] = field(default_factory=set)
    words: list[StageWord] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    has_time: set[str] = field(default_factory=set)
    rows_read: int = 0
    header: dict[str, str] = field(default_factory=dict)
    unique: set[str] = field(default_factory=set)


class Decoder:
    """Reads one table's columns field by field and notes what was odd."""

    def __init__(self, grid: Grid, loaded: Loaded, mapped: ColumnMap, options: ReadOptions, *, is_deals: bool) -> None:
        self.grid = grid
        self.rows = loaded.rows
        self.raw = {name: loaded.columns[place] for name, place in mapped.position.items() if place in loaded.columns}
        self.header = {name: grid.headers[place] for name, place in mapped.position.items()}
        self.options = options
        self.locale = "" if grid.day_first else options.locale
        self.is_deals = is_deals
        self.findings: list[Finding] = []
        self.words: list[StageWord] = []
        self.has_time: set[str] = set()
        self.columns: dict[str, pl.Series] = {}
        self.dropped: pl.Series | None = None

    def run(self) -> Decoded:
        """Decode all fields."""
        self.dropped = self._rows_to_drop()
        self._dates()
        self._stages()
        self._flags()
        self._amounts()
        for name in ("lead_id", "link_id", "name", "company", "contact", "email", "phone"):
            if name in self.raw:
                self.columns[name] = self._identifier(name)
        for name in ("source", "campaign", "owner", "lost_reason"):
            if name in self.raw:
                column = self.raw.pop(name)
                self.columns[name] = column.spread(labels(column))
        row_no = pl.int_range(self.grid.first_row, self.grid.first_row + self.rows, dtype=pl.Int64, eager=True)
        frame = pl.DataFrame({"row_no": row_no, **self.columns})
        fields = {name for name in self.columns if not name.startswith(("by_", "key_"))}
        self.columns.clear()
        if self.dropped is not None:
            frame = frame.filter(~self.dropped)
        unique: set[str] = {name for name in ("lead_id", "email", "phone") if name in fields and is_unique(frame[name])}
        return Decoded(frame, fields, self.words, self.findings, self.has_time, self.rows, self.header, unique)

    @property
    def _none(self) -> pl.Series:
        return pl.repeat(value=False, n=self.rows, dtype=pl.Boolean, eager=True)

    # --- rows that are no leads

    def _rows_to_drop(self) -> pl.Series | None:
        """Find empty rows, repeated headers and the totals at the end."""
        filled: pl.Series | None = None
        repeated: pl.Series | None = None
        for name, column in self.raw.items():
            if filled is None or not filled.all():
                blank = column.text.is_null() | (column.text.str.strip_chars() == "")
                if column.number is not None:
                    blank &= column.number.is_null()
                here = column.spread(~blank).fill_null(value=False)
                filled = here if filled is None else filled | here
            equal = column.text == self.header[name]
            if equal.any():
                same = column.spread(equal).cast(pl.UInt8).fill_null(0)
                repeated = same if repeated is None else repeated + same
        if filled is None:
            return None
        last = filled.arg_true().tail(1)
        end = int(last[0]) + 1 if len(last) else 0
        dropped = ~filled
        self._note("empty_rows", dropped.head(end), severity="info")
        headers_again = self._none if repeated is None else repeated >= min(2, len(self.raw))
        if self._second_header():
            headers_again = headers_again | (pl.int_range(self.rows, eager=True) == 0)
        self._note("header_again", headers_again, severity="info")
        totals = self._totals(end)
        self._note("total_rows", totals, severity="info")
        dropped = dropped | headers_again | totals
        return dropped if dropped.any() else None

    def _second_header(self) -> bool:
        """Tell whether the first row explains the header ("text", "date") instead of holding data."""
        cells = {name: _first_text(column) for name, column in self.raw.items()}
        texts = [cell for cell in cells.values() if cell]
        if len(texts) < 2 or len(texts) < sum(1 for column in self.raw.values() if _first_is_filled(column)):
            return False
        typed = [cell for name, cell in cells.items() if cell and name in DATES | {"amount"}]
        is_data = any(looks_like_date(cell) or looks_like_number(cell) or is_missing(cell) for cell in typed)
        return len(typed) >= 2 and not is_data

    def _totals(self, end: int) -> pl.Series:
        start = max(0, end - _TAIL)
        found = set()
        for column in self.raw.values():
            texts = (
                column.spread(column.text).slice(start, end - start)
                if column.codes is None
                else (column.text.gather(column.codes.slice(start, end - start)))
            )
            found |= {start + place for place, text in enumerate(texts) if is_total(text)}
        # Totals stand at the very end: a lead named "Total" further up is a lead.
        rows: set[int] = set()
        for place in range(end - 1, start - 1, -1):
            if place not in found:
                break
            rows.add(place)
        marks = self._none.clone()
        return marks.scatter(sorted(rows), [True] * len(rows)) if rows else marks

    # --- dates

    def _dates(self) -> None:
        names = [name for name in self.raw if name in DATES]
        parsed = {name: self._parse_dates(name, None) for name in names}
        orders = {found.order for found in parsed.values() if found.decided_by == "values"}
        fallback = orders.pop() if len(orders) == 1 else None
        for name in names:
            found = parsed.pop(name)
            if fallback and found.decided_by == "locale":
                found = self._parse_dates(name, fallback)
            self._date_column(name, found)
        if "first_response" in self.raw:
            self._first_response(fallback)

    def _parse_dates(self, name: str, fallback: Order | None) -> Dates:
        return parse_dates(self.raw[name].text, fallback=fallback, locale=self.locale, date1904=self.grid.date1904)

    def _date_column(self, name: str, found: Dates) -> None:
        column = self.raw.pop(name)
        header = self.header[name]
        if found.mixed:
            self.findings.append(Finding("mixed_date_order", self.rows, header, severity="error"))
            return
        days, unread = found.days, found.unparsed
        if column.number is not None:
            numbers, bad = numbers_as_days(column, date1904=self.grid.date1904)
            days, unread = days.fill_null(numbers), unread | bad
        self._note("unreadable_dates", column.spread(unread), header, _example(column, unread))
        self._note("impossible_dates", column.spread(found.impossible), header, _example(column, found.impossible))
        self._note("zero_dates", column.spread(found.sentinel), header, _example(column, found.sentinel), "info")
        if found.decided_by in {"locale", "table"}:
            kind = "ambiguous_dates" if found.decided_by == "locale" else "date_order"
            self.findings.append(
                Finding(
                    kind,
                    self.rows,
                    header,
                    found.order or "",
                    severity="warning" if kind == "ambiguous_dates" else "info",
                )
            )
        elif found.order and found.decided_by == "values":
            self.findings.append(Finding("date_order", self.rows, header, found.order, severity="info"))
        if (days.round(6) % 1 != 0).any():
            self.has_time.add(name)
        else:
            days = days.round(0).cast(pl.Int32)
        self.columns[name] = column.spread(days)
        if name == "created":
            self.columns["cohort_month"] = column.spread(months(days))

    def _first_response(self, fallback: Order | None) -> None:
        """Read the first response: a time of day on a date, or the minutes it took."""
        column = self.raw.pop("first_response")
        days, spent = response_series(column.text, fallback=fallback, locale=self.locale)
        if column.number is not None:
            numbers, _ = numbers_as_days(column, date1904=self.grid.date1904)
            days = days.fill_null(numbers)
            spent = spent.fill_null(
                pl.DataFrame({"n": column.number, "d": days}).select(pl.when(pl.col("d").is_null()).then("n"))["n"]
            )
        if days.null_count() <= spent.null_count():
            self.columns["first_response"] = column.spread(days.cast(pl.Float64))
            if (days.round(6) % 1 != 0).any():
                self.has_time.add("first_response")
        else:
            self.columns["response_spent"] = column.spread(spent)

    # --- stages, flags

    def _stages(self) -> None:
        if "stage" not in self.raw and "status" in self.raw and names_stages(self.raw["status"].text):
            # A lone status column may hold the stages (Bitrix24 leads): each word says by itself which it is.
            self.columns["stage"] = self._codes(self.raw.pop("status"), "status", is_status=False)
        for name in ("stage", "status", "last_open_stage"):
            if name in self.raw:
                self.columns[name] = self._codes(self.raw.pop(name), name, is_status=name == "status")

    def _codes(self, column: RawColumn, name: str, *, is_status: bool) -> pl.Series:
        texts = column.as_text()
        counted = (
            pl.DataFrame({"word": clean_text(texts), "count": column.counts()}).group_by("word").agg(pl.sum("count"))
        )
        counted = counted.filter(pl.col("word").is_not_null()).sort(["count", "word"], descending=[True, False])
        codes, words = read_words(counted.rows(), self.options.words, is_status=is_status, is_deals=self.is_deals)
        self.words += words
        unknown = [word for word in words if word.stage is None]
        for word in unknown[:ROWS_NAMED]:
            mask = column.spread((clean_text(texts) == word.word).fill_null(value=False))
            self._note("unknown_words", mask, self.header[name], word.word)
        guessed = [word for word in words if word.origin == "guessed"]
        if guessed:
            mask = column.spread(clean_text(texts).is_in([word.word for word in guessed]).fill_null(value=False))
            read_as = "; ".join(f"{word.word} = {word.stage}" for word in guessed[:ROWS_NAMED])
            self._note("guessed_stage_words", mask, self.header[name], read_as)
        return column.spread(code_series(texts, codes))

    def _flags(self) -> None:
        for name in ("is_won", "is_closed", "is_converted"):
            if name in self.raw:
                column = self.raw.pop(name)
                self.columns[name] = column.spread(flag_series(column.as_text()))

    # --- money

    def _amounts(self) -> None:
        codes: pl.Series | None = None
        if "currency" in self.raw:
            column = self.raw.pop("currency")
            codes = column.spread(currency_codes(column.as_text()))
        if "amount" not in self.raw:
            if codes is not None:
                self.columns["currency"] = codes
            return
        column = self.raw.pop("amount")
        header = self.header["amount"]
        found = parse_amounts(column.text)
        values, unparsed = found.values, found.unparsed
        if column.number is not None:
            usable = column.number
            if column.is_date is not None:
                dates = column.is_date.fill_null(value=False)
                usable = pl.DataFrame({"n": usable, "d": dates}).select(pl.when(~pl.col("d")).then("n"))["n"]
                unparsed = unparsed | dates
            values = values.fill_null(usable)
        self._note("unparsed_amounts", column.spread(unparsed), header, _example(column, unparsed))
        self._note("ambiguous_amounts", column.spread(found.ambiguous), header, _example(column, found.ambiguous))
        self._note("negative_amounts", column.spread(values < 0), header)
        self.columns["amount"] = column.spread(values)
        beside = column.spread(found.currency) if found.currency.null_count() < len(found.currency) else None
        named = header_currency(header)
        if beside is not None:
            codes = beside if codes is None else beside.fill_null(codes)
        if codes is None and named:
            codes = pl.Series([named]).new_from_index(0, self.rows)
        elif codes is not None and named:
            codes = codes.fill_null(named)
        if codes is not None:
            self.columns["currency"] = codes

    # --- text

    def _identifier(self, name: str) -> pl.Series:
        column = self.raw.pop(name)
        return column.spread(clean_text(column.as_text()))

    def _note(self, kind: str, mask: pl.Series, column: str = "", value: str = "", severity: str = "warning") -> None:
        if self.dropped is not None and mask.any():
            mask = mask & ~self.dropped
        count = int(mask.sum() or 0)
        if count:
            rows = mask.arg_true().head(ROWS_NAMED) + self.grid.first_row
            self.findings.append(Finding(kind, count, column, value, tuple(rows.to_list()), severity))  # type: ignore[arg-type]


def _first_text(column: RawColumn) -> str | None:
    place = 0 if column.codes is None else column.codes[0]
    return None if place is None or not len(column.text) else column.text[place]


def _first_is_filled(column: RawColumn) -> bool:
    if column.codes is not None:
        return column.codes[0] is not None
    return bool(_first_text(column)) or (column.number is not None and column.number[0] is not None)


def response_series(texts: pl.Series, *, fallback: Order | None, locale: str) -> tuple[pl.Series, pl.Series]:
    """Read first responses: days where a text is a date, minutes where it is a span ("0:36", "1 d 2:15") or number."""
    clock = texts.str.extract_groups(r"^\s*(?:(\d+)\s*d\w*\s+)?(\d{1,4}):(\d{2})(?::(\d{2}))?\s*$").struct.unnest()
    parts = [clock[str(k)].cast(pl.Float64).fill_null(0) for k in (1, 2, 3, 4)]
    minutes = pl.DataFrame({"h": clock["2"], "m": parts[0] * 1440 + parts[1] * 60 + parts[2] + parts[3] / 60})
    spent = minutes.select(pl.when(pl.col("h").is_not_null()).then("m"))["m"]
    spent = spent.fill_null(texts.str.strip_chars().cast(pl.Float64, strict=False))
    return parse_dates(texts, fallback=fallback, locale=locale).days, spent


def code_series(texts: pl.Series, codes: Mapping[str, int]) -> pl.Series:
    """Translate words to codes: 0 where the word is unknown, null where there is none."""
    words = clean_text(texts)
    if not codes:
        known = pl.repeat(None, len(words), dtype=pl.Int8, eager=True)
    else:
        known = words.replace_strict(codes, default=None, return_dtype=pl.Int8)
    frame = pl.DataFrame({"word": words, "code": known})
    return frame.select(pl.when(pl.col("word").is_not_null()).then(pl.col("code").fill_null(0)))["code"].cast(pl.Int8)


def flag_series(texts: pl.Series) -> pl.Series:
    """Read words for yes and no; null where a text is neither."""
    flags = {**dict.fromkeys(TRUE_WORDS, True), **dict.fromkeys(FALSE_WORDS, False)}
    words = texts.str.strip_chars().str.to_lowercase().str.strip_suffix(".0")
    return words.replace_strict(flags, default=None, return_dtype=pl.Boolean)


def numbers_as_days(column: RawColumn, *, date1904: bool) -> tuple[pl.Series, pl.Series]:
    """Read the numbers of a date column: dates, day numbers, or milliseconds since 1970."""
    assert column.number is not None
    frame = pl.DataFrame(
        {
            "n": column.number,
            "date": column.mark(column.is_date),
            "flag": column.mark(column.is_flag),
        }
    )
    n = pl.col("n")
    days = frame.select(
        days=pl.when(pl.col("date"))
        .then(n)
        .when(pl.col("flag"))
        .then(None)
        .when(n.is_between(20000, 80000))
        .then(n + (1462 if date1904 else 0))
        .when(n.is_between(1e11, 1e13))
        .then(n / 86_400_000 + 25569)
    )["days"]
    return days, column.number.is_not_null() & days.is_null()


def months(days: pl.Series) -> pl.Series:
    """Number the calendar month of day numbers: year * 12 + month - 1."""
    dates = (days.cast(pl.Float64).floor().cast(pl.Int32, strict=False) - 25569).cast(pl.Date)
    return dates.dt.year() * 12 + dates.dt.month().cast(pl.Int32) - 1


def is_unique(texts: pl.Series) -> bool:
    """Tell whether no text stands twice, by hashes: five times faster than comparing texts, and never wrongly True."""
    filled = texts.drop_nulls()
    return filled.hash().n_unique() == len(filled)


def clean_text(texts: pl.Series) -> pl.Series:
    """Trim, turn no-break spaces and line breaks into single spaces, blank texts into null."""
    texts = texts.alias("text")
    frame = texts.to_frame()
    if not texts.str.contains(_UNCLEAN).any() and not (texts == "").any():
        return texts  # a look costs a third of the cleaning
    cleaned = frame.select(text=pl.col("text").str.replace_all(r"[\s\u00a0\u202f\u200b]+", " ").str.strip_chars())
    return cleaned.select(pl.when(pl.col("text") != "").then("text"))["text"]


def labels(column: RawColumn) -> pl.Series:
    """Give every spelling of a text the most frequent one (section 4.10): "Google ads", "google Ads " are one."""
    texts = clean_text(column.as_text())
    frame = pl.DataFrame({"text": texts, "count": column.counts()})
    frame = frame.with_columns(key=pl.col("text").str.to_lowercase())
    shown = (
        frame.group_by("key", "text")
        .agg(pl.sum("count"))
        .sort(["count", "text"], descending=[True, False])
        .unique("key", keep="first", maintain_order=True)
        .select("key", shown=pl.when(~pl.col("key").is_in(list(MISSING))).then("text"))
    )
    return frame.join(shown, on="key", how="left", maintain_order="left")["shown"]


def currency_codes(texts: pl.Series) -> pl.Series:
    """Read currency names and signs as ISO codes; unknown ones stay as they are, in upper case."""
    bare = clean_text(texts).str.to_lowercase()
    known = bare.replace_strict(CURRENCY_SIGNS, default=None, return_dtype=pl.String)
    return known.fill_null(bare.str.to_uppercase())


def _example(column: RawColumn, mask: pl.Series) -> str:
    places = mask.arg_true()
    return (column.as_text()[int(places[0])] or "")[:60] if len(places) else ""


def wanted_columns(mapped: ColumnMap, by: Sequence[int]) -> tuple[list[int], frozenset[int]]:
    """List the columns to read, and which of them are identifiers."""
    places = {mapped.position[name]: name for name in LEAD_FIELDS if name in mapped.position}
    identifiers = frozenset(place for place, name in places.items() if name in IDENTIFIERS)
    return sorted({*places, *by}), identifiers - set(by)
