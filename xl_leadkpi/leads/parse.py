"""Amounts and dates as exports write them (section 12): whole columns of distinct texts at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

import polars as pl

from xl_leadkpi.leads.vocabulary import CURRENCY_SIGNS, plain, vocabulary

Order = Literal["day first", "month first"]

MISSING = frozenset({"", "-", "--", "---", "—", "–", "−", "n/a", "na", "#n/a", "null", "none", "nan", "nat", "brak",
                     "нет", "(blank)", "k.a.", "(none)", "не указано"})  # fmt: skip
"""Texts that stand for no value, casefolded."""

NOT_YET = frozenset({"не закрыта", "не закрыт", "не закрыто", "не выиграна", "открыта", "в работе", "niezamknięta",
                     "niezamknięty", "niezamknięte", "nie zamknięta", "nie zamknięto", "otwarta", "w toku",
                     "not closed", "not yet closed", "still open", "open", "not yet", "pending", "tbd", "offen",
                     "nicht geschlossen", "no cerrado", "abierto", "ouvert", "non fermé"})  # fmt: skip
"""Texts that stand in a column of dates where the day has not come yet, casefolded."""

# Epoch of Excel's day numbers, counted in days of the proleptic Gregorian calendar from 0000-03-01.
_EXCEL_EPOCH = 693899
_UNIX_EPOCH = 25569  # 1970-01-01 as an Excel day number
_FIRST_DAY = 367  # 1901-01-01; what is older stands for no date (0000-00-00, 1899-12-30, 1900-01-01)


def is_missing(text: str) -> bool:
    """Tell whether a text stands for no value.

    >>> [is_missing(text) for text in ("--", " brak ", "0", "unknown")]
    [True, True, False, False]
    """
    return text.strip().casefold() in MISSING


# --- amounts -----------------------------------------------------------------------------------------------------

_NUMBER_SHAPE = r"^[+-]?(?:\d{1,3}(?:[.,' ]\d{2,3})*(?:[.,]\d+)?|\d+(?:[.,]\d+)?)-?$"


@dataclass(frozen=True, slots=True)
class Amounts:
    """A parsed column of distinct amount texts, all series of its length.

    Attributes:
        values: The amounts, null where missing or unparsed.
        currency: ISO code found beside the number, else null.
        unparsed: True where there is a text but no amount.
        ambiguous: True where one separator before exactly three digits was read as thousands without evidence.
    """

    values: pl.Series
    currency: pl.Series
    unparsed: pl.Series
    ambiguous: pl.Series


def parse_amounts(texts: pl.Series) -> Amounts:
    """Parse distinct amount texts of one column; the column decides what a lone separator means.

    >>> found = parse_amounts(pl.Series(["1 234,50 zł", "(1,200.00)", "1.234", "99,90", "12k"]))
    >>> found.values.to_list(), found.currency.to_list()
    ([1234.5, -1200.0, 1234.0, 99.9, None], ['PLN', None, None, None, None])
    """
    frame = texts.alias("text").cast(pl.String).to_frame()
    plain_number = frame["text"].str.contains(r"^-?\d+(?:\.\d+)?$")
    ambiguous_shape = r"^-?[1-9]\d{0,2}\.\d{3}$"
    if plain_number.all() and not frame["text"].str.contains(ambiguous_shape).any():
        # The usual case, a million distinct decimals: no text needs a second look.
        none = pl.Series([False]).new_from_index(0, len(texts))
        return Amounts(
            frame["text"].cast(pl.Float64), pl.Series([None], dtype=pl.String).new_from_index(0, len(texts)), none, none
        )
    text = pl.col("text")
    frame = frame.with_columns(
        clean=text.str.to_lowercase()
        .str.replace_all("[\u2212\u2013\u2014\u2012]", "-")
        .str.replace_all(r"[\s\u00a0\u202f\u2009\u2007'’`]", "")
    )
    clean = pl.col("clean")
    frame = frame.with_columns(
        missing=clean.is_null() | clean.is_in([*MISSING, "неуказано"]),
        sign=clean.str.replace_all(r"[0-9.,()+-]", ""),
        negative=clean.str.contains(r"^[^0-9]*-|-[^0-9]*$|^\(.*\)$"),
        digits=clean.str.replace_all(r"[^0-9.,]", "").str.strip_chars_end(".,"),
        shape=clean.str.contains(r"^[^0-9]*[.,]?[0-9][0-9.,]*[^0-9]*$") & ~clean.str.contains(r"^.+-.*-$"),
    )
    signs = {sign.replace(".", ""): code for sign, code in CURRENCY_SIGNS.items()}
    digits = pl.col("digits")
    after_last = digits.str.extract(r"[.,](\d*)$")
    has_dot, has_comma = digits.str.contains(".", literal=True), digits.str.contains(",", literal=True)
    separators = digits.str.count_matches(r"[.,]")
    frame = frame.with_columns(
        currency=pl.col("sign").replace_strict(signs, default=None, return_dtype=pl.String),
        kind=pl.when(separators == 0)
        .then(pl.lit("integer"))
        .when(has_dot & has_comma)
        .then(pl.lit("both"))
        .when(separators > 1)
        .then(
            pl.when(digits.str.contains(r"^\d{1,3}(?:[.,]\d{3})+$|^\d{1,2}(?:,\d{2})+,\d{3}$"))
            .then(pl.lit("groups"))
            .otherwise(pl.lit("bad"))
        )
        .when((after_last.str.len_bytes() != 3) | digits.str.contains(r"^(?:0|\d{4,})?[.,]"))
        .then(pl.lit("decimal"))
        .otherwise(pl.lit("lone")),
        last=digits.str.extract(r"([.,])\d*$"),
    ).with_columns(
        unknown_sign=(pl.col("sign") != "") & pl.col("currency").is_null(),
    )
    votes = frame.filter(pl.col("kind").is_in(["decimal", "both"]) & ~pl.col("missing"))["last"]
    commas, dots = int((votes == ",").sum()), int((votes == ".").sum())
    decimal_mark = "," if commas > dots else "." if dots else None
    kind, last = pl.col("kind"), pl.col("last")
    is_decimal = kind.is_in(["decimal", "both"]) | (
        (kind == "lone") & (last == pl.lit(decimal_mark)).fill_null(value=False)
    )
    whole = digits.str.replace(r"[.,]\d*$", "").str.replace_all(r"[.,]", "")
    number = (
        pl.when(is_decimal)
        .then(pl.concat_str(whole, pl.lit("."), after_last))
        .otherwise(digits.str.replace_all(r"[.,]", ""))
        .cast(pl.Float64, strict=False)
    )
    usable = ~pl.col("missing") & ~pl.col("unknown_sign") & pl.col("shape") & (kind != "bad")
    frame = frame.with_columns(
        value=pl.when(usable).then(pl.when("negative").then(-number).otherwise(number)),
    ).with_columns(
        unparsed=~pl.col("missing") & pl.col("value").is_null(),
        ambiguous=usable & (kind == "lone") & pl.lit(decimal_mark is None),
    )
    return Amounts(
        frame["value"],
        frame.select(pl.when(pl.col("value").is_not_null()).then("currency"))["currency"],
        frame["unparsed"],
        frame["ambiguous"],
    )


@cache
def _number_shape() -> re.Pattern[str]:
    return re.compile(_NUMBER_SHAPE)


def looks_like_number(text: str) -> bool:
    """Tell whether one text may be a number or an amount of money.

    >>> [looks_like_number(text) for text in ("1 234,50 zł", "(12.00)", "5%", "2018.02.26", "12 Main St")]
    [True, True, True, False, False]
    """
    if len(text) > 40 or not any(letter.isdigit() for letter in text):
        return False
    bare = re.sub(r"[\s\u00a0\u202f\u2009'’]", "", text.strip().strip("()").replace("−", "-")).casefold()
    sign = re.sub(r"[0-9.,+-]", "", bare)
    if sign and sign != "%" and sign not in CURRENCY_SIGNS and f"{sign}." not in CURRENCY_SIGNS:
        return False
    number = re.sub(r"[^0-9.,+-]", "", bare).strip(".,")
    return bool(_number_shape().match(number))


# --- dates -------------------------------------------------------------------------------------------------------

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
    """

    days: pl.Series
    unparsed: pl.Series
    impossible: pl.Series
    sentinel: pl.Series
    order: Order | None
    decided_by: str
    mixed: bool


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
    frame = texts.to_frame()
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
        epoch=pl.when(clean.str.contains(_EPOCH)).then(clean.cast(pl.Float64, strict=False) / 86_400_000 + _UNIX_EPOCH),
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
        (days < _FIRST_DAY) | (days.floor() == _UNIX_EPOCH) | frame["clean"].str.contains("^0000|^00[-/.]00")
    )
    sentinel = sentinel.fill_null(frame["clean"].str.contains("^0000|^00[-/.]00")).fill_null(value=False)
    keep = pl.DataFrame({"d": days, "s": sentinel}).select(pl.when(~pl.col("s")).then("d"))["d"]
    return Dates(keep, ~written & ~missing, written & days.is_null() & ~sentinel, sentinel, order, decided_by, mixed)


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
        days = stamps.dt.epoch("ms").cast(pl.Float64) / 86_400_000 + _UNIX_EPOCH
        none = texts.is_null() & False
        sentinel = ((days < _FIRST_DAY) | (days.floor() == _UNIX_EPOCH)).fill_null(value=False)
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
        months: A month alone (``2025-01``) is a date, too.

    >>> [looks_like_date(text) for text in ("2018.02.26 19:58", "5 maja 2025", "20.máj", "1.234", "45782")]
    [True, True, False, False, False]
    """
    if len(text) > 45 or not any(letter.isdigit() for letter in text):
        return False
    clean = text.strip().casefold().replace("\u00a0", " ")
    clean = re.sub(r"(\d:\d\d(?::\d\d(?:[.,]\d+)?)?)\s*(?:z|utc|gmt|[+-]\d{2}:?\d{2})$", r"\1", clean)
    if any(shape.match(clean) for shape in _date_shapes()):
        return True
    if months and (re.match(_MONTH, clean) or re.match(_MONTH_LAST, clean)):
        return True
    words = re.findall(r"[^\W\d_]{3,12}", clean)
    return bool(re.search(r"\d{4}", clean)) and any(word in _months() or plain(word) in _months() for word in words)
