"""What the cells of a column look like: dates, numbers, yes/no, known stages, few or many texts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from xl_leadkpi.leads.parse import NOT_YET, is_missing, looks_like_date, looks_like_number
from xl_leadkpi.leads.stages import find_stage, is_open

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLE_CELLS = 200
MOST_STAGES = 60  # a column of more distinct texts holds no stages
TRUE_WORDS = frozenset({"true", "yes", "y", "1", "t", "prawda", "tak", "да", "истина", "wahr", "ja", "sí", "si",
                        "verdadero", "oui", "vrai", "sim"})  # fmt: skip
FALSE_WORDS = frozenset({"false", "no", "n", "0", "f", "fałsz", "nie", "нет", "ложь", "falsch", "nein", "falso", "non",
                         "faux", "não"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evidence:
    """Shares among the filled cells of a column's sample.

    Attributes:
        filled: Cells that are not blank.
        distinct: Distinct texts among them.
        dates: Share that reads as a date.
        serials: Share that may be a day number or epoch milliseconds, where the header says it is a date.
        numbers: Share that reads as a number or an amount of money.
        flags: Share that reads as yes or no.
        known_stages: Share of the distinct texts that are known stage or status words.
    """

    filled: int
    distinct: int
    dates: float
    serials: float
    numbers: float
    flags: float
    known_stages: float


def evidence(cells: Sequence[object], *, months: bool = False) -> Evidence:
    """Look at up to 200 filled cells; with ``months`` a month alone counts as a date."""
    filled = [cell for cell in cells if cell is not None and not (isinstance(cell, str) and is_missing(cell))]
    filled = filled[:SAMPLE_CELLS]
    if not filled:
        return Evidence(0, 0, 0.0, 0.0, 0.0, 0.0, 0.0)
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
    known = 0.0
    if len(distinct) <= MOST_STAGES:
        known = sum(1 for text in texts if len(text) <= 100 and (find_stage(text) or is_open(text))) / len(distinct)
    return Evidence(n, len(distinct), dates / max(1, n - ahead), serials / n, numbers / n, flags / n, known)


def _is_serial(cell: object) -> bool:
    """Tell whether a cell is an Excel day number (1954 to 2119) or milliseconds since 1970."""
    if isinstance(cell, bool):
        return False
    if isinstance(cell, int | float | Decimal):
        return 20000 <= cell <= 80000 or 1e11 <= cell < 1e13
    return (
        isinstance(cell, str)
        and cell.strip().isdigit()
        and ((len(cell.strip()) == 5 and 20000 <= int(cell) <= 80000) or len(cell.strip()) == 13)
    )
