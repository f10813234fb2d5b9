"""How the distinct texts of a column are read, whether its rows are in memory or stay on an engine."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import polars as pl

from xl_leadkpi.cells.days import UNIX_EPOCH
from xl_leadkpi.cells.statuses import FALSE_WORDS
from xl_leadkpi.errors import InputError, brief
from xl_leadkpi.leads.cells.blanks import MISSING
from xl_leadkpi.leads.cells.currencies import CURRENCY_SIGNS
from xl_leadkpi.leads.cells.dates import parse_dates
from xl_leadkpi.leads.cells.digits import ascii_digits
from xl_leadkpi.leads.cells.magnitudes import header_unit
from xl_leadkpi.leads.cells.numbers import parse_amounts
from xl_leadkpi.leads.cells.vocabulary import day_first_headers, header_key, plain, vocabulary
from xl_leadkpi.leads.model.findings import FindingKind
from xl_leadkpi.leads.model.stage import LOST, OPEN, WON
from xl_leadkpi.leads.model.table import Spelling
from xl_leadkpi.leads.recognition.cell_types import TRUE_WORDS
from xl_leadkpi.leads.recognition.kind import names_lead
from xl_leadkpi.leads.recognition.stage_words import is_open, names_stages, read_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from xl_leadkpi.leads.cells.dates import Dates, Order
    from xl_leadkpi.leads.cells.magnitudes import HeaderUnit
    from xl_leadkpi.leads.cells.raw_table import RawColumn, RawTable
    from xl_leadkpi.leads.model.conditions import Filtered
    from xl_leadkpi.leads.model.findings import Detail, Finding
    from xl_leadkpi.leads.model.rates import Conversion
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.model.table import StageWord

NO_DETAILS: Mapping[str, Detail] = MappingProxyType({})

WORDS_NAMED = 20
_EXAMPLE = "SQL"
"""What an unknown word may mean, where that is one of the stages."""
_ORDER_TOLD_BY = {"locale": FindingKind.AMBIGUOUS_DATES, "files": FindingKind.DATE_ORDER_OF_FILES}
IDENTIFIERS = frozenset({"lead_id", "link_id", "name", "company", "contact", "email", "phone"})
LABELS = frozenset({"source", "medium", "campaign", "owner", "lost_reason"})
SHORTENED_ID = r"^[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{2,3}$"
"""An identifier as Excel shows a number of more than eleven digits."""
LONG_ID = r"^[0-9]{16,}$"
ROUNDED_ID = r"^[0-9]{15}0+$"
RUINED_ID = f"{SHORTENED_ID}|{ROUNDED_ID}"
MOST_EXACT = float(1 << 53)
"""Numbers from here on have lost digits in a spreadsheet."""
_ROUNDED_IDS = 3  # so many different ones do not end in zeros by chance
_DAY_AND_MONTH = re.compile(r"\b\d{1,2}[-/]\d{1,2}[-/](?:\d{4}|\d{2})\b")
_CELLS_LOOKED_AT = 50
_MONTHS_OF_A_YEAR = 12
_SWAPPED_DATES = 5  # different dates; so many do not fall into the first twelve days by chance
_COLUMNS_NAMED = 5
_LONGEST_TITLE = 80
_UNCLEAN = r"\s\s|[\t\n\r\u00a0\u202f\u200b]|^\s|\s$"


@cache
def lead_fields(pipeline: Pipeline) -> tuple[str, ...]:
    """Fields of a lead or deal table that the rows are made of; the others are recognised but not read."""
    return (
        "lead_id", "link_id", "name", "company", "contact", "email", "phone", *pipeline.date_fields, "lost_date",
        "close_date", "expected_close", "customer_end", "first_response", "modified", "stage", "status",
        "last_open_stage", "is_won", "is_lost", "is_closed", "is_converted", "is_active", "is_archived",
        *pipeline.flags, "probability", "source", "medium", "campaign", "owner", "amount", "amount_estimated",
        "currency", "lost_reason",
    )  # fmt: skip


MARKS: Mapping[str, FindingKind] = {
    "is_deleted": FindingKind.DELETED_ROWS,
    "sync_deleted": FindingKind.DELETED_ROWS,
    "deleted_at": FindingKind.DELETED_ROWS,
    "is_test": FindingKind.TEST_ROWS,
    "is_duplicate": FindingKind.DUPLICATE_ROWS,
    "merged_into": FindingKind.DUPLICATE_ROWS,
}
"""Fields that say that a row is no lead, and what is reported of those rows."""
FILLED_MARKS = frozenset({"deleted_at", "merged_into"})
"""Marks that count where anything is filled in."""
WORD_MARKS: Mapping[str, FindingKind] = {
    "deleted": FindingKind.DELETED_ROWS,
    "test": FindingKind.TEST_ROWS,
    "duplicate": FindingKind.DUPLICATE_ROWS,
}
"""What a stage or status may say of a row that is no lead, as the vocabulary names it."""
_NOT_FILLED = (*MISSING, "0", "false", "no")


TOUCH_FIELDS = ("to_time", "lead_id", "to_channel", "to_campaign")
"""Fields of a table of touches."""


@dataclass(slots=True)
class Decoded:
    """A table with typed fields, on its way to the lead table.

    Attributes:
        frame: ``row_no`` and one column a field; rows in memory as Polars, a query where they stay on their engine.
        pipeline: The stages that its rows may be in.
        fields: Fields that fed it.
        words: Stage and status words.
        findings: What was odd so far.
        has_time: Date fields with a time of day.
        rows_read: Data rows before empty rows and totals went.
        header: Header of each field.
        unique: Identifiers of which no value stands twice.
        told: Outcomes that the words of a field tell: ``("status", "Won")``.
        spellings: The sources met, with their mediums; None where they are yet to be counted.
        filters: What each of the user's filters left.
        asked: Filters that are applied after a join, with the header of their column and what that holds.
        met: Words to leave out that stand in it.
        conversion: What its amounts have been converted into.
        named: Stages that the words of leads name, where those of their deals have come to them; None for all words.
    """

    frame: Any
    pipeline: Pipeline
    fields: set[str] = field(default_factory=set)
    words: list[StageWord] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    has_time: set[str] = field(default_factory=set)
    rows_read: int = 0
    header: dict[str, str] = field(default_factory=dict)
    unique: set[str] = field(default_factory=set)
    told: set[tuple[str, str]] = field(default_factory=set)
    spellings: tuple[Spelling, ...] | None = None
    filters: tuple[Filtered, ...] = ()
    asked: dict[int, tuple[str, str]] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)
    named: set[str | None] | None = None
    conversion: Conversion | None = None


@dataclass(frozen=True, slots=True)
class Odd:
    """Something odd about a column.

    Attributes:
        kind: What it is.
        mask: The distinct cells concerned; None for the column as a whole.
        details: What else there is to say.
    """

    kind: FindingKind
    mask: pl.Series | None = None
    details: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadDates:
    """The distinct cells of a column of dates.

    Attributes:
        days: Excel day numbers, whole ones where no cell has a clock; None where the column cannot be read.
        has_time: Some cell has a clock.
        odd: What was odd.
    """

    days: pl.Series | None
    has_time: bool
    odd: tuple[Odd, ...]


@dataclass(frozen=True, slots=True)
class ReadStages:
    """The distinct cells of a column of stages or statuses.

    Attributes:
        codes: Their numbers: 0 where a word is unknown, null where there is none.
        words: How each word was understood.
        odd: What was odd.
    """

    codes: pl.Series
    words: list[StageWord]
    odd: tuple[Odd, ...]


@dataclass(frozen=True, slots=True)
class ReadAmounts:
    """The distinct cells of a column of amounts.

    Attributes:
        values: The amounts.
        currency: Currency beside each; None where no cell has one.
        odd: What was odd.
    """

    values: pl.Series
    currency: pl.Series | None
    odd: tuple[Odd, ...]


@dataclass(frozen=True, slots=True)
class ReadIdentifiers:
    """The distinct cells of a column of identifiers.

    Attributes:
        texts: The identifiers, null where a cell holds none.
        odd: What was odd.
    """

    texts: pl.Series
    odd: tuple[Odd, ...]


@dataclass(frozen=True, slots=True)
class ReadResponse:
    """The distinct cells of a column that tells when or how soon a lead was answered.

    Attributes:
        days: Days and times of the response, if that is what most cells are; else None.
        minutes: Minutes it took, if most cells are that.
        has_time: Some cell has a clock.
    """

    days: pl.Series | None
    minutes: pl.Series | None
    has_time: bool


def read_dates(
    columns: Mapping[str, RawColumn],
    header: Mapping[str, str],
    grid: RawTable,
    *,
    locale: str,
    months: bool = False,
    of_others: Order | None = None,
) -> DateColumns:
    """Read the date columns of one table; all that the table says decides the order of day and month.

    A column whose own dates tell it decides the others that are written like it: with the same sign between day and
    month. Columns that feed no field and the lines above the header speak as well.

    Args:
        columns: Cells of each field.
        header: Header of each field.
        grid: The table.
        locale: Decides where nothing in the table does.
        months: A month alone is its first day.
        of_others: What the other files of the table say, for columns that nothing in this one decides.

    Returns:
        The columns, and what they say of the table.
    """
    locale = table_locale(grid, locale)

    def parsed(column: RawColumn, order: Order | None) -> Dates:
        return parse_dates(column.text, fallback=order, locale=locale, date1904=grid.date1904, months=months)

    found = {name: parsed(column, None) for name, column in columns.items()}
    votes = [_Vote(header[name], dates.order, dates.separators) for name, dates in found.items() if _is_decided(dates)]
    if any(dates.decided_by == "locale" for dates in found.values()):
        votes += _other_votes(grid, {header[name] for name in columns})
    read = {}
    for name, column in columns.items():
        dates = found.pop(name)
        if dates.decided_by == "locale":
            order, is_sure = _order_by(votes, dates.separators)
            if order:
                dates = parsed(column, order)
                dates = dates if is_sure else replace(dates, decided_by="locale")
            elif of_others:
                dates = replace(parsed(column, of_others), decided_by="files")
        read[name] = _dates_of(column, dates, date1904=grid.date1904)
    orders = {vote.order for vote in votes}
    return DateColumns(read, orders.pop() if len(orders) == 1 else None, locale, _contradiction(votes))


@dataclass(frozen=True, slots=True)
class DateColumns:
    """The date columns of a table.

    Attributes:
        read: Each column.
        order: Order of day and month, if all that tell it agree.
        locale: What decides where nothing else does.
        odd: Columns that contradict each other, if there are any.
    """

    read: dict[str, ReadDates]
    order: Order | None
    locale: str
    odd: Odd | None


@dataclass(frozen=True, slots=True)
class _Vote:
    """A column whose own dates tell the order of day and month."""

    header: str
    order: Order | None
    separators: frozenset[str]


def _is_decided(dates: Dates) -> bool:
    return dates.decided_by == "values" and not dates.mixed


def table_locale(grid: RawTable, locale: str) -> str:
    """The language that decides about day and month: none, which is day first, where the headers are not English."""
    foreign = day_first_headers()
    is_foreign = grid.day_first or any(
        header_key(header) in foreign or any(letter.isalpha() and letter > "\x7f" for letter in header)
        for header in grid.headers
    )
    return "" if is_foreign else locale


def _other_votes(grid: RawTable, taken: Collection[str]) -> list[_Vote]:
    """What columns that feed no date field, and the lines above the header, say of the order of day and month."""
    texts = {
        header: [cell for cell in cells if isinstance(cell, str) and cell.strip()]
        for header, cells in zip(grid.headers, grid.sample, strict=False)
        if header not in taken
    }
    dated = {header: pl.Series(cells).unique() for header, cells in texts.items() if _are_dates(cells)}
    days_of_title = _DAY_AND_MONTH.findall(" ".join(grid.title))
    if days_of_title:
        dated[" ".join(grid.title)[:_LONGEST_TITLE]] = pl.Series(days_of_title)
    found = ((header, parse_dates(days)) for header, days in dated.items())
    return [_Vote(header, dates.order, dates.separators) for header, dates in found if _is_decided(dates)]


def _are_dates(cells: Sequence[str]) -> bool:
    head = cells[:_CELLS_LOOKED_AT]
    return bool(head) and sum(bool(_DAY_AND_MONTH.match(cell.strip())) for cell in head) > len(head) / 2


def _order_by(votes: Sequence[_Vote], separators: frozenset[str]) -> tuple[Order | None, bool]:
    """The order that columns written alike agree on; else what all others agree on, which is not sure."""
    alike = {vote.order for vote in votes if vote.separators & separators}
    orders = alike or {vote.order for vote in votes}
    return (next(iter(orders)), bool(alike)) if len(orders) == 1 else (None, False)


def _contradiction(votes: Sequence[_Vote]) -> Odd | None:
    for separator in sorted({sign for vote in votes for sign in vote.separators}):
        alike = [vote for vote in votes if separator in vote.separators]
        day_first, month_first = (
            tuple(vote.header for vote in alike if vote.order == order) for order in ("day first", "month first")
        )
        if day_first and month_first:
            details = {"day_first": day_first[:_COLUMNS_NAMED], "month_first": month_first[:_COLUMNS_NAMED]}
            return Odd(FindingKind.CONTRADICTORY_DATE_ORDERS, details=details)
    return None


def _dates_of(column: RawColumn, found: Dates, *, date1904: bool) -> ReadDates:
    if found.mixed:
        return ReadDates(None, has_time=False, odd=(Odd(FindingKind.MIXED_DATE_ORDER),))
    days, unread = found.days, found.unparsed
    swapped: Odd | None = None
    if column.number is not None:
        numbers, bad = numbers_as_days(column, date1904=date1904)
        if _are_swapped(column, numbers, found):
            assert column.is_date is not None
            numbers = _with_day_and_month_exchanged(numbers, column.is_date)
            swapped = next(_some(FindingKind.SWAPPED_DATES, column, column.is_date), None)
        days, unread = days.fill_null(numbers), unread | bad
    odd = [
        *([swapped] if swapped else ()),
        *_some(FindingKind.UNREADABLE_DATES, column, unread),
        *_some(FindingKind.IMPOSSIBLE_DATES, column, found.impossible),
        *_some(FindingKind.ZERO_DATES, column, found.sentinel),
    ]
    if found.order and found.decided_by:
        kind = _ORDER_TOLD_BY.get(found.decided_by, FindingKind.DATE_ORDER)
        odd.append(Odd(kind, details={"order": found.order}))
    has_time = bool((days.round(6) % 1 != 0).any())
    return ReadDates(days if has_time else days.round(0).cast(pl.Int32), has_time, tuple(odd))


def _are_swapped(column: RawColumn, numbers: pl.Series, found: Dates) -> bool:
    """Tell dates of which a spreadsheet has read day for month, and left as text what cannot be read so.

    Then no text has a day that may be a month, and no date has a day that may not.
    """
    if column.is_date is None or found.decided_by != "values" or found.has_open:
        return False
    dates = numbers.filter(column.is_date.fill_null(value=False)).drop_nulls()
    if len(dates) < _SWAPPED_DATES:
        return False
    return bool((_calendar(dates).dt.day() <= _MONTHS_OF_A_YEAR).all())


def _calendar(days: pl.Series) -> pl.Series:
    return (days.floor().cast(pl.Int32) - UNIX_EPOCH).cast(pl.Date)


def _with_day_and_month_exchanged(days: pl.Series, is_date: pl.Series) -> pl.Series:
    dates = pl.DataFrame({"number": days, "is_date": is_date}).select(pl.when("is_date").then("number"))["number"]
    frame = pl.DataFrame({"number": days, "date": dates, "day": _calendar(dates)})
    day = pl.col("day").dt
    other = pl.date(day.year(), day.day(), day.month()).cast(pl.Int32) + UNIX_EPOCH
    return frame.select(number=pl.coalesce(other + pl.col("date") - pl.col("date").floor(), "number"))["number"]


def _some(kind: FindingKind, column: RawColumn, mask: pl.Series) -> Iterator[Odd]:
    """What is odd about the cells of a mask, with the first of them as an example."""
    mask = mask.fill_null(value=False)
    places = mask.arg_true()
    if len(places):
        yield Odd(kind, mask, {"example": (column.as_text()[int(places[0])] or "")[:60]})


def read_response(column: RawColumn, order: Order | None, *, locale: str, date1904: bool = False) -> ReadResponse:
    """Read first responses: a time of day on a date, or the minutes it took; what most cells are.

    Args:
        column: The cells.
        order: Order of day and month in the table's other columns.
        locale: Decides it where they do not.
        date1904: Day numbers count from 1904.

    Returns:
        The days or the minutes.
    """
    days, minutes = _response_texts(column.text, order, locale)
    if column.number is not None:
        numbers, _ = numbers_as_days(column, date1904=date1904)
        days = days.fill_null(numbers)
        frame = pl.DataFrame({"n": column.number, "d": days})
        minutes = minutes.fill_null(frame.select(pl.when(pl.col("d").is_null()).then("n"))["n"])
    if days.null_count() > minutes.null_count():
        return ReadResponse(None, minutes, has_time=False)
    return ReadResponse(days.cast(pl.Float64), None, bool((days.round(6) % 1 != 0).any()))


def _response_texts(texts: pl.Series, order: Order | None, locale: str) -> tuple[pl.Series, pl.Series]:
    """Days where a text is a date, minutes where it is a span ("0:36", "1 d 2:15") or a number."""
    texts = ascii_digits(texts)
    clock = texts.str.extract_groups(r"^\s*(?:(\d+)\s*d\w*\s+)?(\d{1,4}):(\d{2})(?::(\d{2}))?\s*$").struct.unnest()
    parts = [clock[str(k)].cast(pl.Float64).fill_null(0) for k in (1, 2, 3, 4)]
    minutes = pl.DataFrame({"h": clock["2"], "m": parts[0] * 1440 + parts[1] * 60 + parts[2] + parts[3] / 60})
    spent = minutes.select(pl.when(pl.col("h").is_not_null()).then("m"))["m"]
    spent = spent.fill_null(texts.str.strip_chars().cast(pl.Float64, strict=False))
    return parse_dates(texts, fallback=order, locale=locale).days, spent


def read_stages(
    column: RawColumn, given: Mapping[str, str], pipeline: Pipeline, *, is_status: bool, is_deals: bool
) -> ReadStages:
    """Read stages or statuses.

    Args:
        column: The cells.
        given: Word to stage as the user wants it.
        pipeline: The stages.
        is_status: Stages short of an outcome mean that the row is open.
        is_deals: The rows are deals.

    Returns:
        The cells' numbers, and how each word was understood.
    """
    texts = clean_text(column.as_text())
    counted = pl.DataFrame({"word": texts, "count": column.counts()}).group_by("word").agg(pl.sum("count"))
    counted = counted.filter(pl.col("word").is_not_null() & (pl.col("count") > 0))
    counted = counted.sort(["count", "word"], descending=[True, False])
    codes, words = read_words(counted.rows(), given, pipeline, is_status=is_status, is_deals=is_deals)
    unknown = [word.word for word in words if word.stage is None]
    example = _EXAMPLE if _EXAMPLE in pipeline.codes else pipeline.names[1]
    odd = [
        Odd(FindingKind.UNKNOWN_WORDS, (texts == word).fill_null(value=False), {"word": word, "stage": example})
        for word in unknown[:WORDS_NAMED]
    ]
    guessed = [word for word in words if word.origin == "guessed"]
    if guessed:
        mask = texts.is_in([word.word for word in guessed]).fill_null(value=False)
        pairs = tuple((word.word, str(word.stage)) for word in guessed[:WORDS_NAMED])
        odd.append(Odd(FindingKind.GUESSED_STAGE_WORDS, mask, {"words": pairs}))
    return ReadStages(_codes(texts, codes), words, tuple(odd))


def stages_entered(
    texts: pl.Series, codes: pl.Series, pipeline: Pipeline, *, is_deals: bool, is_of_fields: bool
) -> pl.Series:
    """The stages that the words of a log say were entered.

    Args:
        texts: The words.
        codes: What each means.
        pipeline: The stages.
        is_deals: They are about deals.
        is_of_fields: The log is of several fields: a status beside the stage.

    Returns:
        Their numbers. A word that only says "open" means the first stage of such a record; less than 0 beside a stage,
        which stays what it was.
    """
    first = pipeline.index(((pipeline.opportunity if is_deals else None) or pipeline.entry).name)
    codes = codes.replace({pipeline.open_index: first})
    if not is_of_fields:
        return codes
    only_open = pl.Series([text is not None and is_open(text) for text in texts], dtype=pl.Boolean)
    told = pl.DataFrame({"code": codes, "only_open": only_open})
    code = pl.col("code")
    return told.select(pl.when(pl.col("only_open") & (code == first)).then(-code).otherwise(code)).to_series()


def outcome_words(texts: pl.Series, codes: pl.Series, pipeline: Pipeline) -> tuple[pl.Series, tuple[str, ...]]:
    """Number the words that mean won or lost.

    Args:
        texts: Words, any of them several times.
        codes: What each means.
        pipeline: The stages.

    Returns:
        For each word its number, from 1, 0 for one that means no outcome; and the words in the order of these numbers.
    """
    means = codes.is_in([pipeline.won_index, pipeline.lost_index]).fill_null(value=False)
    words = tuple(texts.filter(means).drop_nulls().unique(maintain_order=True).to_list())
    numbers = dict(zip(words, range(1, len(words) + 1), strict=True))
    if not words:
        return pl.repeat(0, len(texts), dtype=pl.Int32, eager=True), ()
    return texts.replace_strict(numbers, default=0, return_dtype=pl.Int32), words


def outcomes_told(field: str, header: str, words: Collection[StageWord], pipeline: Pipeline) -> set[tuple[str, str]]:
    """List the outcomes that words of a field tell.

    A status of nothing but outcomes tells by "open" that there is none yet; one that also says how a lead is being
    worked on does not.
    """
    outcomes = {pipeline.won.name: WON, LOST: LOST, OPEN: OPEN}
    told = {outcomes[word.stage] for word in words if word.stage in outcomes}
    if OPEN in told and (names_lead(header) or names_stages((word.word for word in words), pipeline)):
        told.remove(OPEN)
    return {(field, outcome) for outcome in told}


def conflicts(told: Collection[tuple[str, str]], pipeline: Pipeline) -> list[tuple[int, int]]:
    """List the numbers of a stage and a status that disagree.

    That a row is open contradicts an outcome only where the status could have told that one.
    """
    won, lost, still = pipeline.won_index, pipeline.lost_index, pipeline.open_index
    of_status = {outcome for field, outcome in told if field == "status"}
    against = [(won, lost), (lost, won)]
    against += [(won, still)] if of_status & {WON, OPEN} else []
    return against + ([(lost, still)] if of_status & {LOST, OPEN} else [])


def conflicting(pairs: Iterable[tuple[str, str, int]]) -> dict[str, Detail]:
    """Details of rows whose stage and status disagree: both words, and how many rows."""
    counts: Counter[str] = Counter()
    for stage, status, count in pairs:
        counts[f"{' '.join(stage.split())} / {' '.join(status.split())}"] += count
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return {"words": tuple(f"{words}: {count}" for words, count in ordered[:WORDS_NAMED])}


def all_marked(place: str, header: str, field: str) -> InputError:
    """No row is left to count."""
    return InputError(
        f"{place}, column '{brief(header)}' marks every row as no lead. Export the others, or count these all the same "
        f"with --map {field}=-."
    )


def is_filled(column: RawColumn) -> pl.Series:
    """Tell the distinct cells that hold something: a day, a number of another record."""
    return ~clean_text(column.as_text()).str.to_lowercase().is_in(_NOT_FILLED).fill_null(value=True)


def marked_by_words(column: RawColumn, given: Collection[str]) -> Iterator[tuple[FindingKind, pl.Series]]:
    """Tell the distinct cells of a stage or a status that say that a row is no lead.

    Args:
        column: The cells.
        given: Words whose stage the user has given.
    """
    ours = {plain(word) for word in given}
    texts = pl.Series([plain(text or "") for text in column.as_text()], dtype=pl.String)
    for what, kind in WORD_MARKS.items():
        words = {plain(word) for word in vocabulary()["no_leads"][what]} - ours
        mask = texts.is_in(list(words))
        if mask.any():
            yield kind, mask


def read_probability(column: RawColumn) -> pl.Series:
    """Read probabilities as per cent, whether they are written as shares or not."""
    texts = column.as_text().str.replace(r"\s*%\s*$", "")
    values = parse_amounts(texts).values
    top = values.max()
    return values * 100 if isinstance(top, float) and top <= 1 else values


def read_amounts(column: RawColumn, header: str) -> ReadAmounts:
    """Read amounts of money: a unit in the header is that of all cells that have none of their own.

    Args:
        column: The cells.
        header: Its header.

    Returns:
        The amounts in whole units.
    """
    found = parse_amounts(column.text, header)
    values, unread = found.values, found.unparsed
    if column.number is not None:
        usable = column.number
        if column.is_date is not None:
            dates = column.is_date.fill_null(value=False)
            usable = pl.DataFrame({"n": usable, "d": dates}).select(pl.when(~pl.col("d")).then("n"))["n"]
            unread = unread | dates
        values = values.fill_null(usable)
    unit = header_unit(header)
    if unit:
        frame = pl.DataFrame({"n": values, "own": found.in_units})
        values = frame.select(pl.when("own").then("n").otherwise(unit.scaled(pl.col("n"))))["n"]
    odd = [
        *_some(FindingKind.UNPARSED_AMOUNTS, column, unread),
        *_some(FindingKind.AMBIGUOUS_AMOUNTS, column, found.ambiguous),
        *(Odd(one.kind, one.mask) for one in _some(FindingKind.NEGATIVE_AMOUNTS, column, values < 0)),
        *_some(FindingKind.AMOUNTS_IN_UNITS, column, found.in_units),
        *([scaled_column(unit)] if unit else ()),
    ]
    has_currency = found.currency.null_count() < len(found.currency)
    return ReadAmounts(values, found.currency if has_currency else None, tuple(odd))


def scaled_column(unit: HeaderUnit) -> Odd:
    """Say that the amounts of a column were taken times the unit in its header."""
    return Odd(FindingKind.SCALED_COLUMN, details={"factor": 10.0**unit.power})


def _codes(words: pl.Series, codes: Mapping[str, int]) -> pl.Series:
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
        .then(n / 86_400_000 + UNIX_EPOCH)
    )["days"]
    return days, column.number.is_not_null() & days.is_null()


def months(days: pl.Series) -> pl.Series:
    """Number the calendar month of day numbers: year * 12 + month - 1."""
    dates = (days.cast(pl.Float64).floor().cast(pl.Int32, strict=False) - UNIX_EPOCH).cast(pl.Date)
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


def read_identifiers(column: RawColumn) -> ReadIdentifiers:
    """Read identifiers; such as Excel has shortened are none, as others may have become the same."""
    texts = clean_text(column.as_text())
    ruined = texts.str.contains(RUINED_ID).fill_null(value=False)
    if ruined.any():
        long = texts.filter(texts.str.contains(LONG_ID).fill_null(value=False))
        if not are_rounded(len(long), int(long.str.contains(ROUNDED_ID).sum()), long.n_unique()):
            ruined = texts.str.contains(SHORTENED_ID).fill_null(value=False)
    if column.number is not None:
        ruined = ruined | (column.number.abs() >= MOST_EXACT).fill_null(value=False)
    if not ruined.any():
        return ReadIdentifiers(texts, ())
    frame = pl.DataFrame({"text": texts, "ruined": ruined})
    kept = frame.select(pl.when(~pl.col("ruined")).then("text"))["text"]
    return ReadIdentifiers(kept, tuple(_some(FindingKind.RUINED_IDS, column, ruined)))


def are_rounded(long: int, rounded: int, distinct: int) -> bool:
    """Tell long numbers that all end in zeros from the sixteenth digit on, where Excel leaves off.

    Args:
        long: Identifiers of more than fifteen digits.
        rounded: Those that end so.
        distinct: Different ones among them.
    """
    return long == rounded and distinct >= _ROUNDED_IDS


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


def spellings(counted: Iterable[tuple[str | None, str | None, int]]) -> tuple[Spelling, ...]:
    """The sources that are met, most rows first.

    Args:
        counted: Sources and mediums with their rows, in any order and repeated.
    """
    rows: dict[tuple[str, str | None], int] = defaultdict(int)
    for source, medium, n in counted:
        if source is not None and source == source:  # noqa: PLR0124 (pandas says NaN for missing)
            rows[source, medium if isinstance(medium, str) else None] += n
    ordered = sorted(rows.items(), key=lambda item: (-item[1], item[0][0], item[0][1] or ""))
    return tuple(Spelling(source, medium, n) for (source, medium), n in ordered)


def currency_codes(texts: pl.Series) -> pl.Series:
    """Read currency names and signs as ISO codes; unknown ones stay as they are, in upper case."""
    bare = clean_text(texts).str.to_lowercase()
    known = bare.replace_strict(CURRENCY_SIGNS, default=None, return_dtype=pl.String)
    return known.fill_null(bare.str.to_uppercase())
