"""Shares as reports write them: "45,3 %", 0.453 or 45.3 below a header with a percent sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from xl_leadkpi.leads.cells.numbers import parse_amounts

if TYPE_CHECKING:
    from xl_leadkpi.leads.cells.raw_table import RawColumn

_SIGN = "%"
_WHOLE = 100.0
_DIGITS = 12
"""45.3 % is 0.453, which a division by 100 just misses."""


@dataclass(frozen=True, slots=True)
class Shares:
    """A column of shares, one for each distinct cell.

    Attributes:
        values: The shares as fractions, null where there is none or nobody can tell.
        is_unclear: Nothing tells whether its numbers are fractions or percents.
    """

    values: pl.Series
    is_unclear: bool = False


def read_shares(column: RawColumn, header: str) -> Shares:
    """Read shares: what has a percent sign is a percentage, else the whole column tells.

    Numbers above 1 are percentages. Numbers of at most 1 are fractions, unless the header has a percent sign: then 0.9
    may be nine tenths of a percent, and nobody can tell.

    Args:
        column: The cells.
        header: Their header.

    >>> from xl_leadkpi.leads.cells.raw_table import from_cells
    >>> read_shares(from_cells(["45,3 %", "7%"]), "Bounce rate").values.to_list()
    [0.453, 0.07]
    >>> read_shares(from_cells([0.453, 1]), "Bounce rate").values.to_list()
    [0.453, 1.0]
    >>> read_shares(from_cells(["23.4", "0.8"]), "Отказы").values.to_list()
    [0.234, 0.008]
    """
    texts = column.text.str.strip_chars()
    marked = texts.str.contains(_SIGN, literal=True).fill_null(value=False)
    numbers = parse_amounts(texts.str.replace_all(rf"\s*\{_SIGN}\s*", "")).values
    if column.number is not None:
        numbers = numbers.fill_null(column.number)
    bare = numbers.filter(~marked).drop_nulls()
    highest = float(str(bare.max())) if len(bare) else 0.0
    is_percent = highest > 1
    is_unclear = _SIGN in header and 0 < highest <= 1
    frame = pl.DataFrame({"number": numbers, "marked": marked})
    number = pl.col("number")
    hundredth = (number / _WHOLE).round(_DIGITS)
    unmarked = hundredth if is_percent else number
    if is_unclear or (is_percent and marked.any()):
        unmarked = pl.lit(None, dtype=pl.Float64)  # "45 %" beside 45 and 0.45: nothing tells what the others are
        is_unclear = bool(len(bare))
    values = frame.select(pl.when("marked").then(hundredth).otherwise(unmarked).alias("share"))["share"]
    return Shares(values, is_unclear)
