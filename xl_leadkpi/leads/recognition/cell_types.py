"""What the cells of a column look like: dates, numbers, yes/no, known stages, few or many texts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from xl_leadkpi.cells.statuses import FALSE_WORDS
from xl_leadkpi.leads.cells.blanks import NOT_YET, is_missing
from xl_leadkpi.leads.cells.dates import looks_like_date
from xl_leadkpi.leads.cells.numbers import looks_like_number
from xl_leadkpi.leads.recognition.stage_words import find_stage, is_open

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from xl_leadkpi.leads.model.stage import Pipeline

SAMPLE_CELLS = 200
_LONGEST_WORD = 100
MOST_STAGES = 60  # a column of more distinct texts holds no stages
TRUE_WORDS = frozenset({"true", "yes", "y", "1", "t", "prawda", "tak", "да", "истина", "wahr", "ja", "sí", "si",
                        "verdadero", "oui", "vrai", "sim", "verdadeiro"})  # fmt: skip
_FLAGS = TRUE_WORDS | FALSE_WORDS
_SPELT = _FLAGS - {"1", "0"}
_COUNT = re.compile(r"^\s*\d{1,4}(\.0+)?\s*$")


@dataclass(frozen=True, slots=True)
class CellTypes:
    """Shares among the filled cells of a column's sample.

    Attributes:
        filled: Cells that are not blank.
        distinct: Distinct texts among them.
        dates: Share that reads as a date.
        serials: Share that may be a day number or epoch milliseconds, where the header says it is a date.
        numbers: Share that reads as a number or an amount of money.
        flags: Share that reads as yes or no.
        spelt_flags: Share that says yes or no in words, not as 1 or 0.
        counts: Share of whole numbers below 10,000, as counts of people or calls are.
        known_stages: Share of the distinct texts that are known stage or status words.
    """

    filled: int
    distinct: int
    dates: float
    serials: float
    numbers: float
    flags: float
    spelt_flags: float
    counts: float
    known_stages: float


def cell_types(cells: Sequence[object], pipeline: Pipeline, *, months: bool = False) -> CellTypes:
    """Look at up to 200 filled cells; with ``months`` a month alone counts as a date."""
    counted = _filled(cells)
    if not counted:
        return CellTypes(0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    n = counted.total()
    shares: Counter[str] = Counter()
    for (_, cell), times in counted.items():
        for share in _shares(cell, months=months):
            shares[share] += times
    distinct = {cell for _, cell in counted}
    known = 0.0
    if len(distinct) <= MOST_STAGES:
        short = [cell for cell in distinct if isinstance(cell, str) and len(cell) <= _LONGEST_WORD]
        known = sum(find_stage(text, pipeline) is not None or is_open(text) for text in short) / len(distinct)
    return CellTypes(
        filled=n,
        distinct=len(distinct),
        dates=shares["dates"] / max(1, n - shares["ahead"]),
        serials=shares["serials"] / n,
        numbers=shares["numbers"] / n,
        flags=shares["flags"] / n,
        spelt_flags=shares["spelt_flags"] / n,
        counts=shares["counts"] / n,
        known_stages=known,
    )


def are_dates(cells: Sequence[object], least: float) -> bool:
    """Tell whether at least this share of up to 200 filled cells reads as a date."""
    counted = _filled(cells)
    dates = sum(times for (_, cell), times in counted.items() if _is_date(cell))
    ahead = sum(times for (_, cell), times in counted.items() if _is_ahead(cell))
    return bool(counted) and dates / max(1, counted.total() - ahead) >= least


def _filled(cells: Sequence[object]) -> Counter[tuple[type, object]]:
    """Up to 200 filled cells, the spaces around them off, counted; 1, 1.0 and TRUE are three."""
    filled = (cell for cell in cells if cell is not None and not (isinstance(cell, str) and is_missing(cell)))
    return Counter(
        (type(cell), cell.strip() if isinstance(cell, str) else cell) for cell in islice(filled, SAMPLE_CELLS)
    )


def _is_date(cell: object, *, months: bool = False) -> bool:
    return looks_like_date(cell, months=months) if isinstance(cell, str) else isinstance(cell, date)


def _is_ahead(cell: object) -> bool:
    """Tell whether a cell says "Not closed", which in a column of dates says nothing against its being one."""
    return isinstance(cell, str) and cell.casefold() in NOT_YET


def _shares(cell: object, *, months: bool) -> Iterator[str]:
    """Name the shares in which a cell counts."""
    if _is_date(cell, months=months):
        yield "dates"
    if _is_ahead(cell):
        yield "ahead"
    if _is_serial(cell):
        yield "serials"
    is_flag = isinstance(cell, bool)
    if looks_like_number(cell) if isinstance(cell, str) else isinstance(cell, int | float | Decimal) and not is_flag:
        yield "numbers"
    text = str(cell).casefold()
    if is_flag or text.removesuffix(".0") in _FLAGS:
        yield "flags"
    if is_flag or text in _SPELT:
        yield "spelt_flags"
    if not is_flag and _COUNT.match(text):
        yield "counts"


def _is_serial(cell: object) -> bool:
    """Tell whether a cell is an Excel day number (1954 to 2119) or milliseconds since 1970."""
    if isinstance(cell, bool):
        return False
    if isinstance(cell, Decimal):
        cell = float(cell) if cell.is_finite() else 0.0
    if isinstance(cell, int | float):
        return 20000 <= cell <= 80000 or 1e11 <= cell < 1e13
    return (
        isinstance(cell, str)
        and cell.strip().isdecimal()  # superscripts are digits too, but no number
        and ((len(cell.strip()) == 5 and 20000 <= int(cell) <= 80000) or len(cell.strip()) == 13)
    )
