"""Dates as exports write them (section 12): whole columns of distinct texts at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

import polars as pl

from xl_leadkpi.cells.days import UNIX_EPOCH
from xl_leadkpi.leads.cells.blanks import MISSING, NOT_YET
from xl_leadkpi.leads.cells.digits import ascii_digits, with_ascii_digits
from xl_leadkpi.leads.cells.vocabulary import plain, vocabulary

Order = Literal["day first", "month first"]

# Epoch of Excel's day numbers, counted in days of the proleptic Gregorian calendar from 0000-03-01.
_EXCEL_EPOCH = 693899
_FIRST_DAY = 367  # 1901-01-01; what is older stands for no date (0000-00-00, 1899-12-30, 1900-01-01)

_TIME = r"(?:[t\s,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([ap]\.?m\.?)?)?"
_YEAR_FIRST = rf"^(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}})\.?{_TIME}$"
_YEAR_LAST = rf"^(\d{{1,2}})([-/.])(\d{{1,2}})[-/.](\d{{4}}|\d{{2}})\.?{_TIME}$"
_DAY_WORD = rf"^(\d{{1,2}})[\s./-]*([^\W\d_]{{3,12}})\.?[\s,./-]*(\d{{4}}|\d{{2}}){_TIME}$"
_WORD_DAY = rf"^([^\W\d_]{{3,12}})\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?[\s,]+(\d{{4}}){_TIME}$"
_COMPACT = r"^((?:19|20)\d{2})(\d{2})(\d{2})$"
_MONTH = r"^(\d{4})[-/.](\d{1,2})$"
_MONTH_LAST = r"^(\d{1,2})[-/.](\d{4})$"
_WORD_YEAR = r"^([^\W\d_]{3,12})\.?[\s,./-]*(\d{4})$"
_SERIAL = r"^[2-7]\d{4}(?:[.,]\d+)?$"
_EPOCH = r"^\d{13}$"

_TWO_YEARS = r"\d{4}.*\d{4}"
_OPENING = re.compile(r"^(?:from|od|von|с|del?|du|dal|desde)\s+", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*[–—~]\s*|\s+(?:-|/|to|until|do|bis|al?|au|по|até)\s+|(?<=\d)[-/](?=\d)")

# Formats tried on the whole column at once before anything is taken apart.
_FORMATS = (
    ("%Y-%m-%d", r"^\d{4}-\d{2}-\d{2}$"),
    ("%Y-%m-%d %H:%M:%S", r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"),
    ("%Y-%m-%dT%H:%M:%S", r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$"),
    ("%Y-%m-%dT%H:%M:%S%.fZ", r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$"),
    ("%Y-%m-%d %H:%M", r"^\d{4}-\d{2}-\d{2} \d{1,2}:\d{2}$"),
    ("%d.%m.%Y", r"^\d{2}\.\d{2}\.\d{4}$"),
    ("%d.%m.%Y %H:%M", r"^\d{2}\.\d{2}\.\d{4} \d{1,2}:\d{2}$"),
    ("%d.%m.%Y %H:%M:%S", r"^\d{2}\.\d{2}\.\d{4} \d{2}:\d{2}:\d{2}$"),
)


@dataclass(frozen=True, slots=True)
class Dates:
    """A parsed column of distinct date texts, all series of its length.

    Attributes:
        days: Excel day numbers, null where missing or unreadable.
        unparsed: True where a text is no date.
        impossible: True where it is written like a date that no calendar has (31 February).
        sentinel: True where it is a zero date (0000, 1900, 1970-01-01), which stands for no date.
        order: Order of day and month where it was decided or mattered; None where all dates are unambiguous.
        decided_by: ``values``, ``table``, ``locale`` or ``""``.
        mixed: Both orders occur: nothing in the column can be trusted.
        separators: Signs between the parts of dates whose order of day and month is open.
        has_open: Some date could be read in both orders.
    """

    days: pl.Series
    unparsed: pl.Series
    impossible: pl.Series
    sentinel: pl.Series
    order: Order | None
    decided_by: str
    mixed: bool
    separators: frozenset[str] = frozenset()
    has_open: bool = False


def parse_dates(
    texts: pl.Series, *, fallback: Order | None = None, locale: str = "en", months: bool = False, date1904: bool = False
) -> Dates:
    """Parse distinct date texts of one column; the column decides between d/m/y and m/d/y.

    Args:
        texts: Distinct texts.
        fallback: Order found in the table's other date columns, for a column that does not decide itself.
        locale: Decides last: ``en`` is month first, all others day first.
        months: A month alone (``2025-01``, ``January 2025``) is its first day (spend tables).
        date1904: Day numbers count from 1904.

    Returns:
        Day numbers and what was odd.

    >>> found = parse_dates(pl.Series(["05/13/2025", "01/02/2025 06:00", "5 мая 2025", "31.02.2025"]))
    >>> found.days.to_list(), found.order, found.impossible.to_list()
    ([45790.0, 45659.25, 45782.0, None], 'month first', [False, False, False, True])
    """
    texts = texts.alias("text").cast(pl.String)
    quick = _one_format(texts)
    if quick is not None:
        return quick
    frame = ascii_digits(texts).to_frame()
    frame = frame.with_columns(
        clean=pl.col("text")
        .str.to_lowercase()
        .str.replace_all(r"[\s\u00a0\u202f]+", " ")
        .str.strip_chars()
        .str.replace(r"(\d:\d\d(?::\d\d(?:[.,]\d+)?)?)\s*(?:z|utc|gmt|[+-]\d{2}:?\d{2})$", "$1")
        .str.replace(r"^[^\W\d_]{2,12}\.?,\s+(\d|[^\W\d_]{3,12}\.? \d)", "$1")
        .str.replace(r"\s*г(?:\.|ода)?(,|\s|$)", "$1")
        .str.replace_all(r"(\d|[^\W\d_]) de (\d|[^\W\d_])", "$1 $2")
        .str.replace(r"\s+(?:в|at|o|um|à)\s+(\d{1,2}:)", " $1")
        .str.strip_chars(" ,")
    )
    clean = pl.col("clean")
    frame = frame.with_columns(
        missing=clean.is_null() | clean.is_in([*MISSING, *NOT_YET]),
        a=clean.str.extract_groups(_YEAR_FIRST),
        b=clean.str.extract_groups(_YEAR_LAST),
        c=clean.str.extract_groups(_DAY_WORD),
        d=clean.str.extract_groups(_WORD_DAY),
        e=clean.str.extract_groups(_COMPACT),
    )
    order, decided_by, mixed = _decide_order(frame, fallback, locale)
    frame = frame.with_columns(
        serial=pl.when(clean.str.contains(_SERIAL)).then(
            clean.str.replace(",", ".").cast(pl.Float64, strict=False) + (1462 if date1904 else 0)
        ),
        epoch=pl.when(clean.str.contains(_EPOCH)).then(clean.cast(pl.Float64, strict=False) / 86_400_000 + UNIX_EPOCH),
    )
    parts = [_parts(frame, "a", hour=4), _parts_year_last(frame, order), _parts_word(frame, "c", 1, 2, 3)]
    parts += [_parts_word(frame, "d", 2, 1, 3), _parts(frame, "e", hour=None)]
    if months:
        frame = frame.with_columns(
            m=clean.str.extract_groups(_MONTH),
            n=clean.str.extract_groups(_MONTH_LAST),
            w=clean.str.extract_groups(_WORD_YEAR),
        )
        parts += [_parts_month(frame)]
    days = frame["serial"].fill_null(frame["epoch"])
    written = days.is_not_null()
    for part in parts:
        found, shaped = part
        days = days.fill_null(found)
        written = written | shaped
    missing = frame["missing"]
    sentinel = written & (
        (days < _FIRST_DAY) | (days.floor() == UNIX_EPOCH) | frame["clean"].str.contains("^0000|^00[-/.]00")
    )
    sentinel = sentinel.fill_null(frame["clean"].str.contains("^0000|^00[-/.]00")).fill_null(value=False)
    keep = pl.DataFrame({"d": days, "s": sentinel}).select(pl.when(~pl.col("s")).then("d"))["d"]
    impossible = written & days.is_null() & ~sentinel
    separators = frozenset(frame["b"].struct.field("2").drop_nulls().unique().to_list()) - {"."}
    unread = ~written & ~missing
    return Dates(keep, unread, impossible, sentinel, order, decided_by, mixed, separators, _has_open(frame))


def date_ranges(texts: pl.Series) -> tuple[pl.Series, pl.Series] | None:
    """Split texts that hold two dates ("1/9/2026 - 12/9/2026"); None where no text does.

    >>> first, last = date_ranges(pl.Series(["1/9/2026 - 12/9/2026", "2026-09-13", "2026-09-01 10:00"]))
    >>> first.to_list(), last.to_list()
    (['1/9/2026', '2026-09-13', '2026-09-01 10:00'], ['12/9/2026', None, None])
    """
    if not texts.str.contains(_TWO_YEARS).any():
        return None
    pairs = [_split_range(text) if text else None for text in texts]
    if not any(pairs):
        return None
    first = [pair[0] if pair else text for pair, text in zip(pairs, texts, strict=True)]
    return pl.Series(first, dtype=pl.String), pl.Series([pair and pair[1] for pair in pairs], dtype=pl.String)


@cache
def _split_range(text: str) -> tuple[str, str] | None:
    text = _OPENING.sub("", with_ascii_digits(text).strip())
    for between in _BETWEEN.finditer(text):
        first, last = text[: between.start()], text[between.end() :]
        if looks_like_date(first) and looks_like_date(last):
            return first, last
    return None


def _one_format(texts: pl.Series) -> Dates | None:
    """Read a column written in one unambiguous format at the speed of Polars; None where it is not."""
    filled = texts.drop_nulls()
    if filled.is_empty():
        none = pl.repeat(False, len(texts), dtype=pl.Boolean, eager=True)  # noqa: FBT003
        return Dates(pl.repeat(None, len(texts), dtype=pl.Float64, eager=True), none, none, none, None, "", mixed=False)
    for form, shape in _FORMATS:
        if not re.match(shape, filled[0]):
            continue
        stamps = texts.str.to_datetime(form, strict=False, time_unit="ms")
        if stamps.null_count() > texts.null_count():
            return None
        days = stamps.dt.epoch("ms").cast(pl.Float64) / 86_400_000 + UNIX_EPOCH
        none = texts.is_null() & False
        sentinel = ((days < _FIRST_DAY) | (days.floor() == UNIX_EPOCH)).fill_null(value=False)
        if sentinel.any():
            days = pl.DataFrame({"d": days, "s": sentinel}).select(pl.when(~pl.col("s")).then("d"))["d"]
        return Dates(days, none, none, sentinel, None, "", mixed=False)
    return None


def _decide_order(frame: pl.DataFrame, fallback: Order | None, locale: str) -> tuple[Order | None, str, bool]:
    parts = frame["b"].struct.unnest().drop_nulls("1")
    # With dots the day always stands first (section 12).
    parts = parts.filter(pl.col("2") != ".").select(first=pl.col("1").cast(pl.Int32), second=pl.col("3").cast(pl.Int32))
    if parts.is_empty():
        return None, "", False
    first, second = parts["first"], parts["second"]
    day_first = int(((first > 12) & (second <= 12)).sum())
    month_first = int(((second > 12) & (first <= 12)).sum())
    if day_first or month_first:
        # A single slip among very many does not spoil a column; it is listed as an impossible date.
        mixed = min(day_first, month_first) * 100 > day_first + month_first
        return (None if mixed else "day first" if day_first > month_first else "month first"), "values", mixed
    if not bool((first != second).any()):
        return "day first", "", False
    if fallback:
        return fallback, "table", False
    return ("month first" if locale == "en" else "day first"), "locale", False


def _has_open(frame: pl.DataFrame) -> bool:
    parts = frame["b"].struct.unnest().drop_nulls("1")
    both = (pl.col("1").cast(pl.Int32) <= 12) & (pl.col("3").cast(pl.Int32) <= 12)
    return not parts.filter((pl.col("2") != ".") & both).is_empty()


def _parts(frame: pl.DataFrame, group: str, *, hour: int | None) -> tuple[pl.Series, pl.Series]:
    """Read year, month and day in this order; returns the days and where the text has that shape."""
    groups = frame[group].struct.unnest()
    return _days(groups["1"], groups["2"], groups["3"], _clock(groups, hour)), groups["1"].is_not_null()


def _parts_year_last(frame: pl.DataFrame, order: Order | None) -> tuple[pl.Series, pl.Series]:
    groups = frame["b"].struct.unnest()
    dotted = groups["2"] == "."
    day_first = dotted | (pl.lit(order == "day first"))
    chosen = groups.select(
        day=pl.when(day_first).then(pl.col("1")).otherwise(pl.col("3")),
        month=pl.when(day_first).then(pl.col("3")).otherwise(pl.col("1")),
    )
    days = _days(groups["4"], chosen["month"], chosen["day"], _clock(groups, 5))
    return days, groups["1"].is_not_null()


def _parts_word(frame: pl.DataFrame, group: str, day: int, month: int, year: int) -> tuple[pl.Series, pl.Series]:
    groups = frame[group].struct.unnest()
    number = _month_number(groups[str(month)])
    return _days(groups[str(year)], number, groups[str(day)], _clock(groups, 4)), number.is_not_null()


def _parts_month(frame: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    first, last, word = (frame[name].struct.unnest() for name in ("m", "n", "w"))
    number = _month_number(word["1"])
    year = first["1"].fill_null(last["2"]).fill_null(word["2"])
    month = first["2"].fill_null(last["1"]).fill_null(number.cast(pl.String))
    one = pl.repeat("1", len(frame), dtype=pl.String, eager=True)
    none = pl.repeat(0.0, len(frame), dtype=pl.Float64, eager=True)
    return _days(year, month, one, none), first["1"].is_not_null() | last["1"].is_not_null() | number.is_not_null()


def _month_number(words: pl.Series) -> pl.Series:
    return words.replace_strict(_months(), default=None, return_dtype=pl.Int32)


@cache
def _months() -> dict[str, int]:
    months: dict[str, int] = {}
    for word, number in vocabulary()["months"].items():
        months[word] = number
        months.setdefault(plain(word), number)
    return months


def _clock(groups: pl.DataFrame, hour: int | None) -> pl.Series:
    """Turn hour, minute, second and am/pm, in four groups from ``hour``, into a share of a day."""
    if hour is None:
        return pl.repeat(0.0, len(groups), dtype=pl.Float64, eager=True)
    h, m, s = (pl.col(str(hour + k)).cast(pl.Float64).fill_null(0.0) for k in range(3))
    half = pl.col(str(hour + 3)).str.slice(0, 1)
    h = pl.when(half == "p").then(h % 12 + 12).when(half == "a").then(h % 12).otherwise(h)
    return groups.select(clock=pl.when((h < 24) & (m < 60) & (s < 60)).then((h * 3600 + m * 60 + s) / 86_400))["clock"]


def _days(year: pl.Series, month: pl.Series, day: pl.Series, clock: pl.Series) -> pl.Series:
    """Count days from 1899-12-30 in the Gregorian calendar; null where the calendar has no such day."""
    frame = pl.DataFrame({"y": year.cast(pl.Int32), "m": month.cast(pl.Int32), "d": day.cast(pl.Int32), "clock": clock})
    frame = frame.with_columns(
        y=pl.when(pl.col("y") < 70)
        .then(pl.col("y") + 2000)
        .when(pl.col("y") < 100)
        .then(pl.col("y") + 1900)
        .otherwise("y")
    )
    y, m, d = pl.col("y"), pl.col("m"), pl.col("d")
    leap = (y % 4 == 0) & ((y % 100 != 0) | (y % 400 == 0))
    length = (
        pl.when(m == 2).then(pl.when(leap).then(29).otherwise(28)).when(m.is_in([4, 6, 9, 11])).then(30).otherwise(31)
    )
    real = m.is_between(1, 12) & (d >= 1) & (d <= length)
    moved_year = pl.when(m <= 2).then(y - 1).otherwise(y)
    moved_month = (m + 9) % 12
    number = (
        moved_year * 365
        + moved_year // 4
        - moved_year // 100
        + moved_year // 400
        + (moved_month * 153 + 2) // 5
        + d
        - 1
    )
    return frame.select(days=pl.when(real).then(number - _EXCEL_EPOCH + pl.col("clock")))["days"]


@cache
def _date_shapes() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(shape) for shape in (_YEAR_FIRST, _YEAR_LAST, _COMPACT))


def looks_like_date(text: str, *, months: bool = False) -> bool:
    """Tell whether one text may be a date (not a bare number: the header decides about those).

    Args:
        text: The cell.
        months: A month alone (``2025-01``) and a range of days are dates, too.

    >>> [looks_like_date(text) for text in ("2018.02.26 19:58", "5 maja 2025", "20.máj", "1.234", "45782")]
    [True, True, False, False, False]
    """
    if len(text) > 45 or not any(letter.isdigit() for letter in text):
        return False
    if months and re.search(_TWO_YEARS, text) and _split_range(text):
        return True
    clean = with_ascii_digits(text).strip().casefold().replace("\u00a0", " ")
    clean = re.sub(r"(\d:\d\d(?::\d\d(?:[.,]\d+)?)?)\s*(?:z|utc|gmt|[+-]\d{2}:?\d{2})$", r"\1", clean)
    if any(shape.match(clean) for shape in _date_shapes()):
        return True
    if months and (re.match(_MONTH, clean) or re.match(_MONTH_LAST, clean)):
        return True
    words = re.findall(r"[^\W\d_]{3,12}", clean)
    return bool(re.search(r"\d{4}", clean)) and any(word in _months() or plain(word) in _months() for word in words)
