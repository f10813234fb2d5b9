"""What the cells of a column look like: dates, numbers, yes/no, known stages, few or many texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from xl_leadkpi.cells.statuses import FALSE_WORDS
from xl_leadkpi.leads.cells.blanks import NOT_YET, is_missing
from xl_leadkpi.leads.cells.dates import looks_like_date
from xl_leadkpi.leads.cells.numbers import looks_like_number
from xl_leadkpi.leads.recognition.stage_words import find_stage, is_open

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xl_leadkpi.leads.model.stage import Pipeline

SAMPLE_CELLS = 200
_LONGEST_WORD = 100
MOST_STAGES = 60  # a column of more distinct texts holds no stages
TRUE_WORDS = frozenset({"true", "yes", "y", "1", "t", "prawda", "tak", "да", "истина", "wahr", "ja", "sí", "si",
                        "verdadero", "oui", "vrai", "sim", "verdadeiro"})  # fmt: skip
_SPELT = (TRUE_WORDS | FALSE_WORDS) - {"1", "0"}
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
    filled = [cell for cell in cells if cell is not None and not (isinstance(cell, str) and is_missing(cell))]
    filled = filled[:SAMPLE_CELLS]
    if not filled:
        return CellTypes(0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    n = len(filled)
    texts = {cell.strip() for cell in filled if isinstance(cell, str)}
    distinct = {cell.strip() if isinstance(cell, str) else cell for cell in filled}
    date_texts = {text for text in texts if looks_like_date(text, months=months)}
    number_texts = {text for text in texts if looks_like_number(text)}
    dates = sum(
        1 for cell in filled if isinstance(cell, date) or (isinstance(cell, str) and cell.strip() in date_texts)
    )
    # "Not closed" in a column of dates says nothing against its being one.
    ahead = sum(1 for cell in filled if isinstance(cell, str) and cell.strip().casefold() in NOT_YET)
    serials = sum(1 for cell in filled if _is_serial(cell))
    numbers = sum(
        1
        for cell in filled
        if (isinstance(cell, int | float | Decimal) and not isinstance(cell, bool))
        or (isinstance(cell, str) and cell.strip() in number_texts)
    )
    flags = sum(
        1
        for cell in filled
        if isinstance(cell, bool) or str(cell).strip().casefold().removesuffix(".0") in TRUE_WORDS | FALSE_WORDS
    )
    spelt = sum(1 for cell in filled if isinstance(cell, bool) or str(cell).strip().casefold() in _SPELT)
    counts = sum(1 for cell in filled if not isinstance(cell, bool) and _COUNT.match(str(cell)))
    known = 0.0
    if len(distinct) <= MOST_STAGES:
        short = [text for text in texts if len(text) <= _LONGEST_WORD]
        known = sum(find_stage(text, pipeline) is not None or is_open(text) for text in short) / len(distinct)
    return CellTypes(
        n,
        len(distinct),
        dates / max(1, n - ahead),
        serials / n,
        numbers / n,
        flags / n,
        spelt / n,
        counts / n,
        known,
    )


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
