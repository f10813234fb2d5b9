"""A table as it came in - headers, a sample, and columns of distinct cells - before anyone knows what it means."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import polars as pl

from xl_leadkpi.cells.days import DAY_ZERO, UNIX_EPOCH, day_number, moment_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.sources import SourceFiles

SAMPLE_ROWS = 1000
_HEAD = 5000  # cells that tell whether reducing a column to distinct texts is worth the work
_FEW = 200  # fewer texts among them do not
_DISTINCT = 0.9
_STACKED = 1 << 18  # cells
_KEPT = 2  # the columns for the usual stages and for a table's own, of which its days are more


@dataclass(frozen=True, slots=True)
class RawColumn:
    """One column: its distinct cells and, for each row, which of them stands there.

    A cell is either text or a number; dates and booleans are numbers with a mark.

    Attributes:
        text: Text of each distinct cell, null where it is a number or blank.
        number: Number of each distinct cell (dates as Excel day numbers), or None where all cells are text.
        is_date: Marks the numbers that are dates, or None.
        is_flag: Marks the numbers that are booleans, or None.
        codes: For each row the place of its cell in ``text``; None where every row has its own cell.
        tallied: Rows of each distinct cell, where the rows themselves are elsewhere; else None.
    """

    text: pl.Series
    number: pl.Series | None = None
    is_date: pl.Series | None = None
    is_flag: pl.Series | None = None
    codes: pl.Series | None = None
    tallied: pl.Series | None = None

    def spread(self, values: pl.Series) -> pl.Series:
        """Lay values of the distinct cells out over the rows."""
        return values if self.codes is None else values.gather(self.codes)

    def pick(self, rows: pl.Series) -> RawColumn:
        """The column of some rows; where a row is null, so is its cell."""
        return self.take(rows) if self.codes is None else replace(self, codes=self.codes.gather(rows))

    def filled(self) -> pl.Series:
        """Tell for each row whether its cell holds anything."""
        filled = (self.text.str.strip_chars() != "").fill_null(value=False)
        if self.number is not None:
            filled |= self.number.is_not_null()
        return self.spread(filled).fill_null(value=False)

    def take(self, rows: pl.Series) -> RawColumn:
        """Take some rows, each with its own cell."""
        places = rows if self.codes is None else self.codes.gather(rows)
        return RawColumn(
            self.text.gather(places),
            None if self.number is None else self.number.gather(places),
            None if self.is_date is None else self.is_date.gather(places),
            None if self.is_flag is None else self.is_flag.gather(places),
        )

    def at(self, rows: pl.Series) -> list[str | float | None]:
        """List the cells of some rows: numbers as such, dates and booleans as texts like everything else."""
        taken = self.take(rows)
        texts: list[str | None] = taken.as_text().to_list()
        if taken.number is None:
            return list(texts)
        marked = (taken.mark(taken.is_date) | taken.mark(taken.is_flag)).fill_null(value=False)
        numbers = taken.number.set(marked, None).to_list()
        return [text if number is None else number for text, number in zip(texts, numbers, strict=True)]

    def counts(self) -> pl.Series:
        """Count the rows of each distinct cell."""
        if self.tallied is not None:
            return self.tallied
        if self.codes is None:
            return pl.repeat(1, len(self.text), dtype=pl.UInt32, eager=True)
        seen = self.codes.drop_nulls().alias("code").to_frame().group_by("code").len()
        places = pl.int_range(len(self.text), eager=True, dtype=pl.UInt32).alias("code").to_frame()
        return places.join(seen, on="code", how="left", maintain_order="left")["len"].fill_null(0)

    def as_text(self) -> pl.Series:
        """Write every distinct cell as text: whole numbers without a decimal point, dates in ISO form."""
        if self.number is None:
            return self.text
        number = self.number.alias("number")
        whole = number.cast(pl.Int64, strict=False)
        frame = pl.DataFrame({"text": self.text, "number": number, "whole": whole})
        frame = frame.with_columns(
            date=self.mark(self.is_date),
            flag=self.mark(self.is_flag),
        )
        written = (
            pl.when(pl.col("flag"))
            .then(pl.when(pl.col("number") == 1).then(pl.lit("TRUE")).otherwise(pl.lit("FALSE")))
            .when(pl.col("date"))
            .then((pl.lit(DAY_ZERO) + pl.duration(days=pl.col("whole"))).cast(pl.String))
            .when(pl.col("number") == pl.col("whole"))
            .then(pl.col("whole").cast(pl.String))
            .otherwise(pl.col("number").cast(pl.String))
        )
        return frame.select(pl.coalesce("text", pl.when(pl.col("number").is_not_null()).then(written)).alias("text"))[
            "text"
        ]

    def mark(self, marks: pl.Series | None) -> pl.Series:
        """Return a mark for every distinct cell, False where the column has none."""
        return pl.repeat(value=False, n=len(self.text), dtype=pl.Boolean, eager=True) if marks is None else marks


def stacks(columns: Sequence[RawColumn], rows: int) -> Iterator[tuple[range, RawColumn]]:
    """Columns below one another as one, as many as are small together; a long one stays alone.

    What is done with a column has its price however short it is, and a table may have thousands of short ones.

    Args:
        columns: Columns of as many rows each.
        rows: How many those are.

    Yields:
        The places of the columns, and all their cells as one column.

    >>> two = [from_texts(pl.Series(texts), distinct=True) for texts in (["x", "y"], ["z", None])]
    >>> [(list(places), stack.at(pl.Series([0, 1, 2, 3]))) for places, stack in stacks(two, 2)]
    [([0, 1], ['x', 'y', 'z', None])]
    """
    many = max(1, _STACKED // max(1, rows))
    for start in range(0, len(columns), many):
        some = columns[start : start + many]
        yield range(start, start + len(some)), some[0] if len(some) == 1 else _stacked(some, rows)


def _stacked(columns: Sequence[RawColumn], rows: int) -> RawColumn:
    lengths = [len(column.text) for column in columns]
    each = pl.int_range(rows, dtype=pl.UInt32, eager=True)
    codes = pl.concat([each if column.codes is None else column.codes for column in columns])
    first = pl.Series(np.repeat(np.cumsum([0, *lengths[:-1]], dtype=np.uint32), rows))

    def whole(parts: Sequence[pl.Series | None], kind: type[pl.DataType]) -> pl.Series | None:
        if all(part is None for part in parts):
            return None
        blank = pl.repeat(None, max(lengths), dtype=kind, eager=True)
        return pl.concat([blank.head(n) if part is None else part for part, n in zip(parts, lengths, strict=True)])

    return RawColumn(
        pl.concat([column.text for column in columns]),
        whole([column.number for column in columns], pl.Float64),
        whole([column.is_date for column in columns], pl.Boolean),
        whole([column.is_flag for column in columns], pl.Boolean),
        codes + first,
    )


def column_sums(marks: pl.Series, columns: int) -> pl.Series:
    """Count the marks of each row in columns that stand below one another.

    >>> column_sums(pl.Series([True, False, True, True]), 2).to_list()
    [2, 1]
    """
    counted = marks.fill_null(value=False).cast(pl.UInt16)
    return counted if columns == 1 else pl.Series(counted.to_numpy().reshape(columns, -1).sum(axis=0, dtype="uint16"))


def from_texts(texts: pl.Series, *, distinct: bool) -> RawColumn:
    """Make a column of text cells.

    Args:
        texts: One text a row.
        distinct: Reduce to distinct texts first; pointless for identifiers.
    """
    texts = texts.alias("text")
    if not distinct:
        return RawColumn(texts)
    head = texts.head(_HEAD).drop_nulls()
    if len(head) >= _FEW and head.n_unique() > _DISTINCT * len(head):
        return RawColumn(texts)
    return _reduced(texts)


def reduced(column: RawColumn) -> RawColumn:
    """The column with each distinct text once, whatever its first cells are like; columns with numbers stay."""
    if column.codes is not None or column.number is not None:
        return column
    # numbers are grouped in half the time of texts; that no two texts share a number is looked at
    rows = column.text.hash().alias("hash").to_frame().with_row_index("row")
    first = rows.select(pl.col("row").min().over("hash")).to_series()
    if not (column.text == column.text.gather(first)).all():
        return _reduced(column.text)
    is_first = first == pl.int_range(len(first), dtype=pl.UInt32, eager=True)
    dense = (is_first.cum_sum() - 1).cast(pl.UInt32)
    return RawColumn(column.text.filter(is_first), codes=dense.gather(first))


def _reduced(texts: pl.Series) -> RawColumn:
    # A categorical numbers its texts; the numbers need not be dense, so they are numbered again.
    numbers = texts.cast(pl.Categorical).to_physical()
    first = numbers.arg_unique()
    known = numbers.gather(first)
    filled = known.is_not_null()
    places = pl.int_range(len(first), dtype=pl.UInt32, eager=True)
    top = known.max()
    dense = pl.zeros(int(top) + 1 if isinstance(top, int) else 1, dtype=pl.UInt32, eager=True)
    dense = dense.scatter(known.filter(filled), places.filter(filled))
    return RawColumn(texts.gather(first), codes=dense.gather(numbers))


def from_series(values: pl.Series, *, distinct: bool) -> RawColumn:
    """Make a column of a typed Polars series."""
    kind = values.dtype
    if kind == pl.String:
        return from_texts(values, distinct=distinct)
    if kind in (pl.Categorical, pl.Enum):
        return from_texts(values.cast(pl.String), distinct=True)
    number, is_date, is_flag = values, False, False
    if kind == pl.Date:
        number, is_date = values.cast(pl.Int32).cast(pl.Float64) + UNIX_EPOCH, True
    elif kind == pl.Datetime:
        # Time zones: the offset is dropped, the clock stays (section 12).
        number, is_date = values.dt.replace_time_zone(None).dt.epoch("ms") / 86_400_000 + UNIX_EPOCH, True
    elif kind == pl.Boolean:
        is_flag = True
    elif not kind.is_numeric():
        return from_cells(values.to_list())
    size = len(values)
    mark = pl.repeat(value=True, n=size, dtype=pl.Boolean, eager=True)
    number = number.cast(pl.Float64).fill_nan(None)
    infinite = number.is_infinite().fill_null(value=False)
    # an infinite amount is none: as a text it is reported as unreadable
    texts = pl.select(pl.when(infinite).then(pl.lit("inf"))).to_series() if infinite.any() else None
    return RawColumn(
        pl.repeat(None, size, dtype=pl.String, eager=True) if texts is None else texts,
        number if texts is None else number.set(infinite, None),
        is_date=mark if is_date else None,
        is_flag=mark if is_flag else None,
    )


_UNIFORM: dict[type, Any] = {str: pl.String, float: pl.Float64, datetime: pl.Datetime("ms")}
"""Types of cells that Polars takes over a column at a time; only a mixed column is gone through cell by cell."""


def from_cells(cells: Sequence[object]) -> RawColumn:
    """Make a column of Python cells of any kind, as a spreadsheet or xlwings hands them over."""
    kinds = set(map(type, cells)) - {type(None)}
    if len(kinds) == 1 and (dtype := _UNIFORM.get(kinds.pop())):
        if dtype == pl.String:
            return from_series(_texts(cells).replace("", None), distinct=True)
        return from_series(pl.Series(cells, dtype=dtype), distinct=True)
    places: dict[object, int] = {}
    distinct: list[object] = []
    codes: list[int | None] = []
    for cell in cells:
        if cell is None or cell == "":
            codes.append(None)
            continue
        key = (type(cell), cell) if isinstance(cell, bool | int | float | date) else cell
        place = places.get(key) if _is_hashable(key) else None
        if place is None:
            place = len(distinct)
            distinct.append(cell)
            if _is_hashable(key):
                places[key] = place
        codes.append(place)
    return from_distinct(distinct, pl.Series(codes, dtype=pl.UInt32))


def _texts(cells: Sequence[object]) -> pl.Series:
    """Texts as a column; half a character, as a formula such as LEFT leaves it, is none that a file or column holds."""
    try:
        return pl.Series(cells, dtype=pl.String)
    except UnicodeEncodeError:
        return pl.Series([None if cell is None else _whole(str(cell)) for cell in cells], dtype=pl.String)


def _whole(text: str) -> str:
    """A text with U+FFFD for half a character.

    >>> _whole("Ads " + chr(0xD83D)) == "Ads " + chr(0xFFFD), _whole(chr(0xD83E) + chr(0xDD84))
    (True, '🦄')
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _is_hashable(cell: object) -> bool:
    return cell.__hash__ is not None


def from_distinct(distinct: Sequence[object], codes: pl.Series) -> RawColumn:
    """Make a column of distinct Python cells and the place of each row's cell among them."""
    texts: list[str | None] = []
    numbers: list[float | None] = []
    dates: list[bool] = []
    flags: list[bool] = []
    for cell in distinct:
        number = cell_number(cell)
        numbers.append(number)
        texts.append(None if number is not None or cell is None or cell != cell else str(cell))  # noqa: PLR0124 (NaN)
        dates.append(isinstance(cell, date))
        flags.append(isinstance(cell, bool))
    has_numbers = any(number is not None for number in numbers)
    return RawColumn(
        _texts(texts),
        pl.Series(numbers, dtype=pl.Float64) if has_numbers else None,
        pl.Series(dates, dtype=pl.Boolean) if has_numbers else None,
        pl.Series(flags, dtype=pl.Boolean) if has_numbers else None,
        codes=codes,
    )


def cell_number(cell: object) -> float | None:
    """Read a cell as a number, dates as Excel day numbers; None for texts, blanks, NaN and what is beyond all numbers.

    >>> cell_number(datetime(2025, 5, 5, 12)), cell_number(True), cell_number("7"), cell_number(10**400)
    (45782.5, 1.0, None, None)
    """
    if cell is None or isinstance(cell, str) or cell != cell:  # noqa: PLR0124 (NaN and NaT differ from themselves)
        return None
    if isinstance(cell, datetime):
        return moment_number(cell)
    if isinstance(cell, date):
        return float(day_number(cell))
    if isinstance(cell, time):
        cell = timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second)
    if isinstance(cell, timedelta):
        return cell / timedelta(days=1)
    try:
        number = float(cell)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def stacked(parts: Sequence[tuple[RawColumn | None, int]]) -> RawColumn:
    """Put columns below each other.

    Args:
        parts: Each with its number of rows; None where all of them are blank.

    >>> stacked([(from_cells(["x", 1.5]), 2), (None, 1), (from_cells(["y"]), 1)]).at(pl.Series([0, 1, 2, 3]))
    ['x', 1.5, None, 'y']
    """
    there = [part for part, _ in parts if part is not None]
    codes: list[pl.Series] = []
    cells = 0
    for part, rows in parts:
        if part is None:
            codes.append(pl.repeat(None, rows, dtype=pl.UInt32, eager=True))
            continue
        own = pl.int_range(rows, dtype=pl.UInt32, eager=True) if part.codes is None else part.codes
        codes.append(own.cast(pl.UInt32) + cells)
        cells += len(part.text)
    if not there:
        return RawColumn(pl.Series([], dtype=pl.String), codes=pl.concat(codes))
    is_plain = len(there) == len(parts) and all(part.codes is None for part in there)
    has_numbers = any(part.number is not None for part in there)
    return RawColumn(
        pl.concat([part.text.alias("text") for part in there]),
        pl.concat([_numbers_of(part) for part in there]) if has_numbers else None,
        pl.concat([part.mark(part.is_date).alias("mark") for part in there]) if has_numbers else None,
        pl.concat([part.mark(part.is_flag).alias("mark") for part in there]) if has_numbers else None,
        codes=None if is_plain else pl.concat([one.alias("code") for one in codes]),
    )


def _numbers_of(column: RawColumn) -> pl.Series:
    if column.number is None:
        return pl.repeat(None, len(column.text), dtype=pl.Float64, eager=True).alias("number")
    return column.number.cast(pl.Float64).alias("number")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The wanted columns of a table.

    Attributes:
        columns: Column position to column.
        rows: Number of data rows.
        findings: What was odd about the file itself.
        beyond: What stands right of the last header, by row from 0.
    """

    columns: dict[int, RawColumn]
    rows: int
    findings: tuple[Finding, ...] = ()
    beyond: Mapping[int, str] = field(default_factory=dict)


def beyond_text(cells: Iterable[object]) -> str:
    """Write what stands right of the last header as one text.

    >>> beyond_text(["", None, "Total", " "])
    'Total'
    """
    return " ".join(text for cell in cells if cell is not None and (text := str(cell).strip()))


class Loader(Protocol):
    """Reads the wanted columns once the headers and the sample have told which they are."""

    def __call__(self, positions: Sequence[int], identifiers: frozenset[int], /) -> Loaded:
        """Load columns; those in ``identifiers`` are mostly distinct."""


def _always(_position: int) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table before it is understood.

    Attributes:
        name: File or range, for messages.
        sheet: Sheet, ``""`` for none.
        headers: Header cells.
        sample: For each column, its first cells.
        first_row: Row number of the first data row in the source.
        title: Cells of the lines above the header, joined.
        load: Reads the columns.
        notes: Findings made on the way to the header.
        date1904: Day numbers count from 1904.
        day_first: The table comes from a place that writes the day before the month.
        row_no: Number of each row in the source, where they do not follow each other from ``first_row`` on.
        is_usable: Tells whether the column at a position can be loaded; others have a type that no cell has.
        also: Other headers of a column, by what they are called in some of the files the table is put together of.
        sources: Those files; None for a table of one.
        rows: Their rows, where not all of them are loaded; None for all.
    """

    name: str
    sheet: str
    headers: tuple[str, ...]
    sample: tuple[tuple[object, ...], ...]
    first_row: int
    title: tuple[str, ...]
    load: Loader
    notes: tuple[Finding, ...] = field(default=())
    date1904: bool = False
    day_first: bool = False
    row_no: pl.Series | None = None
    is_usable: Callable[[int], bool] = _always
    also: Mapping[str, int] = field(default_factory=dict)
    sources: SourceFiles | None = None
    rows: int | None = None

    @property
    def place(self) -> str:
        """File and sheet as a message names them."""
        return f"{self.name}, sheet '{self.sheet}'" if self.sheet else self.name

    def numbered(self, places: pl.Series) -> pl.Series:
        """The numbers that rows at these places, from 0, have in the source."""
        return places.cast(pl.Int64) + self.first_row if self.row_no is None else self.row_no.gather(places)

    def noting(self, *findings: Finding) -> RawTable:
        """Return the grid with further findings."""
        return replace(self, notes=(*self.notes, *findings))


def keeping(grid: RawTable) -> RawTable:
    """The same table, which keeps what it loaded last for one who loads the same columns many times.

    >>> loads = []
    >>> def load(positions, identifiers):
    ...     loads.append(positions)
    ...     return Loaded({place: from_cells(["x"]) for place in positions}, 1)
    >>> kept = keeping(RawTable("leads.csv", "", ("Lead ID",), (("x",),), 2, (), load))
    >>> kept.load([0], frozenset()).columns.clear()
    >>> kept.load([0], frozenset()).columns[0].at(pl.Series([0])), loads
    (['x'], [(0,)])
    """
    kept = lru_cache(maxsize=_KEPT)(grid.load)

    def load(positions: Sequence[int], identifiers: frozenset[int]) -> Loaded:
        found = kept(tuple(positions), identifiers)
        return replace(found, columns=dict(found.columns))  # of which whoever loads them lets go

    return replace(grid, load=load)


def header_text(cell: object) -> str:
    """Write a header cell as text, line breaks as spaces."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return " ".join(_whole(str(cell)).split())


def transpose(rows: Sequence[Sequence[Any]], width: int) -> tuple[tuple[object, ...], ...]:
    """Turn rows of any length into ``width`` columns."""
    return tuple(tuple(row[i] if i < len(row) else None for row in rows) for i in range(width))


def with_python_dates(head: pl.DataFrame) -> pl.DataFrame:
    """The rows without dates beyond the year 9999, which Python has not and Parquet has.

    >>> with_python_dates(pl.DataFrame({"Created": pl.Series([20_000, 5_250_000]).cast(pl.Date)}))["Created"].to_list()
    [datetime.date(2024, 10, 4), None]
    """
    known = pl.col(pl.Date, pl.Datetime)
    return head.with_columns(pl.when(known.dt.year().is_between(1, 9999)).then(known))
