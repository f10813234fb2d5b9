"""Exact percentiles of numbers on an engine without having them side by side in memory.

An engine's own median keeps every value: of a hundred million durations it takes gigabytes, or fails. Here the values
are counted in slots, each slot that holds a wanted rank is counted in fractions of it, and only of the one fraction in
which the rank lies are the values themselves looked at: three passes, whatever the number of rows.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi import engines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Counted = Sequence[tuple[float, int]]

_SPAN = 1 << 20
"""Slots a group has; the first and the last hold whatever lies beyond as well, such as days since the year 1."""
_LAST = _SPAN // 2 - 1
_FRACTIONS = 1440


def percentile(counted_values: Counted, share: float) -> float | None:
    """Percentile of values that each stand so often, between two of them in proportion (as Excel's PERCENTILE.INC).

    >>> percentile([(1, 2), (5, 1), (6, 1)], 0.5)
    3.0
    """
    if not counted_values:
        return None
    place = share * (sum(n for _, n in counted_values) - 1)
    low, high = (_at(counted_values, rank)[0] for rank in _neighbours(place))
    return _between(low, high, place % 1)


def _neighbours(place: float) -> tuple[int, int]:
    return int(place), int(-(-place // 1))


def _between(low: float, high: float, part: float) -> float:
    return low + (high - low) * part


def _at(counted_values: Counted, rank: int) -> tuple[float, int]:
    """The value at a rank from 0, and the rank among its equals."""
    ends = list(accumulate(n for _, n in counted_values))
    place = bisect_right(ends, rank)
    return counted_values[place][0], rank - (ends[place - 1] if place else 0)


@dataclass(frozen=True, slots=True)
class Slot:
    """The values of a group that lie within one unit.

    Attributes:
        start: Its first value, in units.
        n: How many there are; ``total``: their sum; ``most``: the largest.
    """

    start: int
    n: int
    total: float
    most: float


@dataclass(frozen=True, slots=True)
class Values:
    """Numbers to draw percentiles from.

    Attributes:
        rows: One row a number: ``value``, and ``slot``, the group and the unit it lies in.
        unit: What a slot spans.
    """

    rows: nw.LazyFrame[Any]
    unit: float

    def counted(self) -> nw.LazyFrame[Any]:
        """The question how many numbers lie in each slot, see :func:`read_slots`."""
        total, most = nw.col("value").sum().alias("total"), nw.col("value").max().alias("most")
        return self.rows.group_by("slot").agg(nw.len().alias("n"), total, most)

    def fractions(self, slots: Iterable[int]) -> nw.LazyFrame[Any]:
        """The numbers of some slots, with the fraction of the slot that each lies in."""
        place = nw.col("value") / self.unit
        fraction = ((place - place.floor()) * _FRACTIONS).floor().cast(nw.Int64)
        # what a slot at an end holds differs by more than a fraction: there the values are looked at as they are
        fraction = nw.when(place.abs() < _LAST).then(fraction).otherwise(nw.lit(0))
        # twice as many places as there are fractions: rounding may fill the last one up
        return self.rows.filter(nw.col("slot").is_in(sorted(slots))).with_columns(
            fraction=nw.col("slot") * (2 * _FRACTIONS) + fraction
        )


def values(rows: nw.LazyFrame[Any], value: nw.Expr, *, unit: float = 1.0, group: nw.Expr | None = None) -> Values:
    """Prepare numbers for :func:`draw`.

    Args:
        rows: The rows; those without the value, or with one that is no number, are left out.
        value: The number.
        unit: About what the numbers differ by: 1 for days, 60 for minutes.
        group: A small whole number from 0 for each group of its own; None for one group, 0.
    """
    picked = rows.select(value=value.cast(nw.Float64), group=nw.lit(0) if group is None else group)
    picked = picked.filter(nw.col("value").is_finite())
    place = (nw.col("value") / unit).floor().clip(-_LAST, _LAST).cast(nw.Int64)
    slot = place + nw.col("group").cast(nw.Int64) * _SPAN + _SPAN // 2
    return Values(picked.select("value", slot=slot), unit)


def read_slots(rows: Iterable[engines.Row]) -> dict[int, list[Slot]]:
    """Read the answers to :meth:`Values.counted`: the slots of each group, ascending."""
    found: dict[int, list[Slot]] = {}
    for row in sorted(rows, key=lambda row: row["slot"]):
        group, place = divmod(int(row["slot"]), _SPAN)
        found.setdefault(group, []).append(Slot(place - _SPAN // 2, int(row["n"]), row["total"], row["most"]))
    return found


def draw(
    asked: Sequence[tuple[Values, Mapping[int, Sequence[Slot]], Sequence[float]]],
) -> list[dict[int, list[float]]]:
    """Draw percentiles (runs two queries for each of those asked, together where the engine can).

    Args:
        asked: Numbers, the slots of each group to draw from (:func:`read_slots`, perhaps without some), and the shares.

    Returns:
        For each asked the percentiles of each group, as :func:`percentile` defines them.

    >>> import polars as pl
    >>> days = nw.from_native(pl.LazyFrame({"days": [0.25, 1.5, 1.75, 30.0]}))
    >>> made = values(days, nw.col("days"))
    >>> draw([(made, read_slots(made.counted().collect().rows(named=True)), (0.5, 1.0))])
    [{0: [1.625, 30.0]}]
    """
    slots = [_ranks(groups, shares) for _, groups, shares in asked]
    busy = [number for number, wanted in enumerate(slots) if wanted]
    narrow = [asked[number][0].fractions({int(at) for at, _ in slots[number].values()}) for number in busy]
    answers = engines.collect([rows.group_by("fraction").agg(nw.len().alias("n")) for rows in narrow])
    fractions = [
        _within(slots[number], found, "fraction", 2 * _FRACTIONS) for number, found in zip(busy, answers, strict=True)
    ]
    answers = engines.collect([
        rows.filter(nw.col("fraction").is_in(sorted({int(at) for at, _ in wanted.values()})))
        .group_by("fraction", "value").agg(nw.len().alias("n"))
        for rows, wanted in zip(narrow, fractions, strict=True)
    ])  # fmt: skip
    drawn: list[dict[int, list[float]]] = [{} for _ in asked]
    for number, wanted, found in zip(busy, fractions, answers, strict=True):
        at = {rank: value for rank, (value, _) in _within(wanted, found, "value").items()}
        _, groups, shares = asked[number]
        for group, members in groups.items():
            last = sum(slot.n for slot in members) - 1
            drawn[number][group] = [
                _between(at[group, low], at[group, high], share * last % 1)
                for share in shares
                for low, high in [_neighbours(share * last)]
            ]
    return drawn


Ranks = dict[tuple[int, int], tuple[float, int]]
"""Where the value of a group and a rank lies, and its rank there."""


def _ranks(groups: Mapping[int, Sequence[Slot]], shares: Sequence[float]) -> Ranks:
    found: Ranks = {}
    for group, slots in groups.items():
        counted = [(float(slot.start), slot.n) for slot in slots]
        for share in shares:
            for rank in _neighbours(share * (sum(slot.n for slot in slots) - 1)):
                start, rest = _at(counted, rank)
                found[group, rank] = (group * _SPAN + int(start) + _SPAN // 2, rest)
    return found


def _within(ranks: Ranks, answers: Iterable[engines.Row], column: str, parts: int = 0) -> Ranks:
    """Where in the finer division the ranks lie; its places are ``parts`` to a place of the coarser one."""
    counted: dict[int, list[tuple[float, int]]] = {}
    for row in answers:
        place = int(row[column]) // parts if parts else int(row["fraction"])
        counted.setdefault(place, []).append((row[column], int(row["n"])))
    for members in counted.values():
        members.sort()
    return {key: _at(counted[int(place)], rank) for key, (place, rank) in ranks.items()}


def median(frame: nw.DataFrame[Any] | nw.LazyFrame[Any], value: nw.Expr) -> float | None:
    """The median of a column, drawn where the rows are.

    >>> import polars as pl
    >>> median(nw.from_native(pl.LazyFrame({"days": [4.0, None, 1.0]})), nw.col("days"))
    2.5
    """
    made = values(frame.lazy(), value)
    [counted] = engines.collect([made.counted()])
    [found] = draw([(made, read_slots(counted), (0.5,))])
    return found[0][0] if found else None
