"""Which rows the user's conditions leave, decided once for each distinct cell or, by its type, on an engine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import polars as pl

from xl_leadkpi.cells.days import date_of, day_number
from xl_leadkpi.errors import InputError, brief, listed
from xl_leadkpi.leads.cells.blanks import MISSING
from xl_leadkpi.leads.cells.dates import parse_dates
from xl_leadkpi.leads.cells.magnitudes import header_unit
from xl_leadkpi.leads.cells.numbers import parse_amounts
from xl_leadkpi.leads.cells.vocabulary import plain
from xl_leadkpi.leads.fields.rules import IDENTIFIERS, clean_text, read_amounts, read_dates
from xl_leadkpi.leads.model.conditions import Filtered
from xl_leadkpi.leads.model.periods import read_period
from xl_leadkpi.leads.recognition.columns import date_fields
from xl_leadkpi.leads.recognition.headers import find_column
from xl_leadkpi.leads.recognition.stage_words import split_number

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from xl_leadkpi.leads.cells.raw_table import RawColumn, RawTable
    from xl_leadkpi.leads.model.conditions import Condition, Operator
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.recognition.columns import ColumnMap

KEPT = "keep_"
"""Begins the names of columns that say for each filter, by its number, which rows it leaves."""
_OF_PIPELINE = "pipeline = "
"""Begins the condition that chooses a sales pipeline."""
MONEY = frozenset({"amount", "amount_estimated"})
WORD_FIELDS = ("stage", "status")
"""Fields whose words may be left out."""

_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_YEAR = re.compile(r"\d{4}")
_PERIOD = re.compile(r"\d{4}-?[QW]?\d{1,2}(?:-\d{1,2})?", re.IGNORECASE)
_NUMBERED = r"^\s*[+-]?0\d"  # 007 is a name, not 7
_VALUES_NAMED = 12
_NEAREST = 3


@dataclass(frozen=True, slots=True)
class ColumnCondition:
    """A condition and the column it is about.

    Attributes:
        number: Its place among all filters.
        condition: What is asked.
        place: Position of the column in its table.
        header: Header of the column.
        field: Field that the column feeds, if it feeds one.
        is_of_dates: The field is a date.
        by_header: The user has named the header, and sees the numbers in its unit.
    """

    number: int
    condition: Condition
    place: int
    header: str
    field: str | None
    is_of_dates: bool = False
    by_header: bool = True

    @property
    def is_of_money(self) -> bool:
        """Its column feeds an amount."""
        return self.field in MONEY


# --- which column ---------------------------------------------------------------------------------------------------


def find_conditions(
    conditions: Sequence[Condition], tables: Mapping[str, tuple[RawTable, ColumnMap]], pipeline: Pipeline
) -> dict[str, tuple[ColumnCondition, ...]]:
    """Find the column of each condition, by its header or by the name of its field.

    A column that both tables have is that of the leads, but an amount that of the deals, which alone is counted.

    Args:
        conditions: What the user asks.
        tables: The tables by their kind, ``leads`` and ``deals``.
        pipeline: The stages that rows may be in.

    Returns:
        By table, the conditions on its columns.

    Raises:
        InputError: No table has such a column; the message names the nearest ones.
    """
    found: dict[str, tuple[ColumnCondition, ...]] = dict.fromkeys(tables, ())
    for number, condition in enumerate(conditions):
        kind, column = _find(number, condition, tables, date_fields(pipeline))
        found[kind] = (*found[kind], column)
    return found


def _find(
    number: int, condition: Condition, tables: Mapping[str, tuple[RawTable, ColumnMap]], dates: Collection[str]
) -> tuple[str, ColumnCondition]:
    prefix, _, rest = condition.column.partition(".")
    attempts = [(condition.column, tables)]
    attempts += [(rest, {prefix: tables[prefix]})] if prefix in tables and rest else []
    for wanted, looked_at in attempts:
        there = {
            kind: column
            for kind, table in looked_at.items()
            if (column := _column(number, condition, wanted, table, dates)) is not None
        }
        if there:
            kind = "deals" if "deals" in there and there["deals"].is_of_money else next(iter(there))
            return kind, there[kind]
    raise _unknown(condition, tables)


def _column(
    number: int, condition: Condition, wanted: str, table: tuple[RawTable, ColumnMap], dates: Collection[str]
) -> ColumnCondition | None:
    grid, mapped = table
    is_header = wanted.strip() in {header.strip() for header in grid.headers}
    place = None if is_header else mapped.position.get(wanted.strip())
    by_header = place is None
    if place is None:
        place = find_column(grid.headers, wanted, grid.also)
    if place is None:
        return None
    field = next((name for name, at in mapped.position.items() if at == place), None)
    return ColumnCondition(number, condition, place, grid.headers[place], field, field in dates, by_header)


def _unknown(condition: Condition, tables: Mapping[str, tuple[RawTable, ColumnMap]]) -> InputError:
    import difflib  # noqa: PLC0415 (only for a mistake)

    places = " and ".join(grid.place for grid, _ in tables.values())
    there = "; ".join(listed(grid.headers) for grid, _ in tables.values())
    if str(condition).startswith(_OF_PIPELINE):
        return InputError(
            f"{places}: there is no column of sales pipelines, and --pipeline takes one of them. Name it with --map "
            f"pipeline=HEADER, or leave --pipeline out. The columns are: {there}.",
            ("pipeline", condition.values[0]),
        )
    names = [name for grid, mapped in tables.values() for name in (*grid.headers, *mapped.position) if name]
    by_key = {name.lower(): name for name in reversed(names)}
    near = difflib.get_close_matches(condition.column.lower(), by_key, _NEAREST, 0.5)
    hint = f" Did you mean {' or '.join(repr(brief(by_key[key])) for key in near)}?" if near else ""
    return InputError(
        f"{places}: there is no column '{brief(condition.column)}' to filter by ({brief(str(condition))}).{hint} The "
        f"columns are: {there}.",
        ("where", str(condition)),
    )


# --- what the values mean -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Literals:
    """The values of a condition, read in every way in which its column may hold them.

    Attributes:
        texts: As texts, the way cells are compared.
        numbers: As numbers, from and to alike.
        days: As days: the first one, and the one after the last.
        is_blank: A blank cell is among them.
    """

    texts: tuple[str, ...]
    numbers: tuple[tuple[float, float], ...]
    days: tuple[tuple[float, float], ...]
    is_blank: bool


def literals(column: ColumnCondition, table: str, locale: str) -> Literals:
    """Read the values of a condition.

    Args:
        column: The condition.
        table: File and sheet, for messages.
        locale: Decides about day and month.

    Raises:
        InputError: A value is none of those that the column holds: a word where there are dates.
    """
    condition = column.condition
    values = [value for value in condition.values if value]
    numbers = {value: None if column.is_of_dates else _number(value, column) for value in values}
    try:
        days = {value: None if column.is_of_money else _days(value, locale, column) for value in values}
    except InputError as fault:
        raise InputError(
            f"{table}, column '{brief(column.header)}', {brief(str(condition))}: {fault}", ("where", str(condition))
        ) from None
    for value in values:
        if column.is_of_dates and days[value] is None:
            raise _refused(
                column, table, value, "its column holds dates", "a day such as 2026-05-31 or a month, 2026-05"
            )
        if column.is_of_money and numbers[value] is None:
            raise _refused(column, table, value, "its column holds amounts", "a number such as 1000 or 99.50")
        if condition.is_order and days[value] is None and numbers[value] is None:
            raise _refused(
                column, table, value, f"{condition.operator} compares numbers and dates",
                "a number or a day; words are compared with = or in (...)",
            )  # fmt: skip
    return Literals(
        tuple(clean_text(pl.Series(values, dtype=pl.String)).str.to_lowercase().drop_nulls()),
        tuple((number, number) for number in numbers.values() if number is not None),
        tuple(span for span in days.values() if span is not None),
        "" in condition.values,
    )


def _refused(column: ColumnCondition, table: str, value: str, why: str, expected: str) -> InputError:
    return InputError(
        f"{table}, column '{brief(column.header)}': {brief(str(column.condition))} cannot be decided, as {why} and "
        f"'{brief(value)}' is none. Give {expected}.",
        ("where", str(column.condition)),
    )


def _number(value: str, column: ColumnCondition) -> float | None:
    """A number as the user writes it; in the unit of the header if she has named that."""
    unit = header_unit(column.header) if column.by_header else None
    if _PLAIN_NUMBER.fullmatch(value):
        number, in_units = float(value), False
    else:
        read = parse_amounts(pl.Series([value]), column.header)
        number, in_units = read.values[0], bool(read.in_units[0])
        if number is None:
            return None
    if unit is None or in_units:
        return number
    scaled: float = unit.scaled(number)
    return scaled


def _days(value: str, locale: str, column: ColumnCondition) -> tuple[float, float] | None:
    if _PERIOD.fullmatch(value) or (column.is_of_dates and _YEAR.fullmatch(value)):
        try:
            period = read_period(value)
        except InputError:
            if column.is_of_dates:
                raise
            return None  # the 30th of February is no day, but may well be a word
        return day_number(period.first), day_number(period.last) + 1
    if value.isdecimal():
        return None
    read = parse_dates(pl.Series([value]), locale=locale)
    day = read.days[0]
    if day is None:
        return None
    if read.decided_by == "locale":
        raise InputError(f"'{brief(value)}' may be two days. Write the one that is meant as 2026-05-31.")
    return float(int(day)), float(int(day) + 1)


# --- which cells ----------------------------------------------------------------------------------------------------


def compared(
    values: Any, operator: Operator, bounds: Sequence[tuple[float, float]], *, are_days: bool, is_blank: bool
) -> Any:
    """Tell which numbers or days a condition leaves: of a series, or as an expression.

    Args:
        values: The numbers or days, null where there is none.
        operator: How they are compared.
        bounds: With what; of days the first one, and the one after the last.
        are_days: They are days.
        is_blank: Null is among those looked for.

    >>> days = pl.Series([45782.0, 45782.9, 45783.0, None])
    >>> compared(days, "<=", [(45782, 45783)], are_days=True, is_blank=False).to_list()
    [True, True, False, False]
    >>> compared(days, "!=", [(45782, 45783)], are_days=True, is_blank=False).to_list()
    [False, False, True, True]
    """
    blank = values.is_null()
    parts = [_holds(values, operator, low, high, are_days=are_days) & ~blank for low, high in bounds]
    found = reduce(or_, [*parts, *([blank] if is_blank else ())] or [blank & ~blank])
    return ~found if operator == "!=" else found


def _holds(values: Any, operator: Operator, low: float, high: float, *, are_days: bool) -> Any:
    not_beyond = values < high if are_days else values <= high
    match operator:
        case "<":
            return values < low
        case "<=":
            return not_beyond
        case ">":
            return ~not_beyond
        case ">=":
            return values >= low
        case _:
            return (values >= low) & not_beyond


@dataclass(frozen=True, slots=True)
class ReadCells:
    """How else the cells of a column are read, worked out only where a condition asks.

    Attributes:
        days: Days of its distinct cells, None where it holds none that can be read.
        numbers: Their numbers.
    """

    days: Callable[[], pl.Series | None]
    numbers: Callable[[], pl.Series]


def cells_read(column: RawColumn, header: str, grid: RawTable, locale: str) -> ReadCells:
    """Read the cells of any column as those of its own table are read."""
    return ReadCells(
        lambda: read_dates({"": column}, {"": header}, grid, locale=locale).read[""].days,
        lambda: read_amounts(column, header).values,
    )


def cells_left(asked: ColumnCondition, values: Literals, column: RawColumn, cells: ReadCells) -> pl.Series:
    """Tell which distinct cells of a column a condition leaves."""
    condition = asked.condition
    if asked.is_of_dates and (days := cells.days()) is not None:
        return _series(compared(days, condition.operator, values.days, are_days=True, is_blank=values.is_blank))
    if asked.is_of_money:
        amounts = cells.numbers()
        return _series(compared(amounts, condition.operator, values.numbers, are_days=False, is_blank=values.is_blank))
    found = _cells_alike(values, column) if not condition.is_order else None
    by_value = _cells_by_value(asked, values, column, cells)
    if by_value is not None:
        found = by_value if found is None else found | by_value
    if found is None:
        found = pl.repeat(value=False, n=len(column.text), dtype=pl.Boolean, eager=True)
    return ~found if condition.operator == "!=" else found


def _series(found: Any) -> pl.Series:
    series: pl.Series = found
    return series


def _cells_alike(values: Literals, column: RawColumn) -> pl.Series:
    texts = clean_text(column.as_text()).str.to_lowercase()
    found = texts.is_in(list(values.texts)).fill_null(value=False)
    if values.is_blank:
        found = found | texts.is_in(list(MISSING)).fill_null(value=True)
    return found


def _cells_by_value(asked: ColumnCondition, values: Literals, column: RawColumn, cells: ReadCells) -> pl.Series | None:
    """Cells whose number or day it is; an identifier is a name, though it is made of digits."""
    operator: Operator = asked.condition.operator if asked.condition.is_order else "="
    found: pl.Series | None = None
    if values.numbers and asked.field not in IDENTIFIERS:
        number = cells.numbers()
        found = _series(compared(number, operator, values.numbers, are_days=False, is_blank=False))
        found &= ~column.text.str.contains(_NUMBERED).fill_null(value=False)
    # what may be either is a number where the column has any
    if values.days and not (values.numbers and asked.condition.is_order):
        days = cells.days()
        if days is not None:
            here = _series(compared(days, operator, values.days, are_days=True, is_blank=False))
            found = here if found is None else found | here
    return found


def words_left(texts: Iterable[str | None], words: Sequence[str]) -> list[pl.Series]:
    """Tell for each word which cells of a stage or status are another one; a number before the word may be left out."""
    keys = [{plain(text or ""), plain(split_number(text or "")[1])} for text in texts]
    return [pl.Series([plain(word) not in key for key in keys], dtype=pl.Boolean) for word in words]


# --- what is left ---------------------------------------------------------------------------------------------------


def left_after(asked: Sequence[tuple[str, bool]], rows: int, left: Sequence[int]) -> tuple[Filtered, ...]:
    """What each filter left.

    Args:
        asked: Each filter as it is shown, and whether it is a word that is left out.
        rows: Rows before all of them.
        left: Rows after each of them and those before it.
    """
    before = (rows, *left)
    return tuple(Filtered(text, is_word, before[at], left[at]) for at, (text, is_word) in enumerate(asked))


def nothing_left(table: str, filters: Sequence[Filtered], column: str, values: str) -> InputError:
    """No row is left to count.

    Args:
        table: File and sheet.
        filters: The filters up to the one that took the last rows.
        column: The header of its column.
        values: What that holds.
    """
    rows, last = filters[0].rows, filters[-1]
    others = "" if last.rows == rows else f" of the {last.rows:,} that the filters before it left"
    if last.is_word:
        return InputError(
            f"{table}: no row is left of {rows:,}, as every one{others} has the stage or status '{brief(last.asked)}'. "
            "Leave it out of --exclude.",
            ("exclude", last.asked),
        )
    name = "pipeline" if last.asked.startswith(_OF_PIPELINE) else "where"
    return InputError(
        f"{table}, column '{brief(column)}': no row is left of {rows:,}, as {brief(last.asked)} holds for none{others}."
        f" The column holds {values}: give one of these with --{name}, or leave the condition out.",
        (name, last.asked.removeprefix(_OF_PIPELINE) if name == "pipeline" else last.asked),
    )


def values_said(texts: pl.Series, counts: pl.Series, blank: int = 0) -> str:
    """The texts that a column holds, the most frequent ones first.

    >>> values_said(pl.Series(["Web", "Fair"]), pl.Series([2, 5]), blank=1)
    'Fair (5), Web (2), (blank) (1)'
    """
    said = pl.DataFrame({"text": texts.fill_null(""), "n": counts.cast(pl.Int64)})
    said = said.extend(pl.DataFrame({"text": [""], "n": [blank]})).group_by("text").agg(pl.sum("n"))
    said = said.filter(pl.col("n") > 0).sort(["n", "text"], descending=[True, False])
    names = [f"{brief(text) or '(blank)'} ({count:,})" for text, count in said.head(_VALUES_NAMED).iter_rows()]
    more = len(said) - len(names)
    return ", ".join(names) + (f" and {more:,} others" if more > 0 else "") if names else "nothing"


def range_said(low: float | None, high: float | None, *, are_days: bool) -> str:
    """The least and the greatest number or day that a column holds."""
    if low is None or high is None:
        return "nothing"
    if are_days:
        return f"days from {date_of(low)} to {date_of(high)}"
    return f"numbers from {low:,.10g} to {high:,.10g}"
