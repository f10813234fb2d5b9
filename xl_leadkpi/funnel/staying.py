"""How long customers stay: Kaplan and Meier's curve, its mean, and the log-rank test; see ``methods.md``.

Everything is estimated from counts of customers by whole days since the win and whether they have left.
"""

from __future__ import annotations

from functools import cached_property
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from xl_leadkpi.cells.functions import chi_square_tail
from xl_leadkpi.funnel.incidence import ADVANCED, LONGEST, WAITING, Z95, Ending, Incidence, interval

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

STILL_THERE, LEFT = WAITING, ADVANCED
"""How things stand with a customer: it has not left yet; it left on that day."""
ENOUGH_FOLLOWED = 5
"""Customers won long enough ago from which a day counts, those among them that have left since included."""
ENOUGH_EXPECTED = 5.0
"""Customers expected to leave, in a group and among the others, from which the test's chi square holds."""
MOST_STILL_THERE = 0.1
"""Share still there up to which the whole stay is known."""
HALF = 0.5
MONTH = 365.25 / 12
"""Days of a month."""
_CLOSE_ENOUGH = 1e-12


def days_of(months: int) -> int:
    """Whole days of so many months.

    >>> [days_of(months) for months in (3, 6, 12, 24)]
    [91, 183, 365, 730]
    """
    return round(months * MONTH)


class Kept(NamedTuple):
    """The share of customers still there after some time, with its 95 % interval."""

    value: float
    low: float
    high: float


class Stays:
    """How long the customers of a group stay.

    Args:
        endings: Customers by the days from the win to the end, or to the censoring day, and which of the two it was.
        followed: Customers by the days from the win to the censoring day, those who have left since among them.

    >>> stays = Stays([Ending(30, LEFT, 4), Ending(100, STILL_THERE, 6)], [(100, 10)])
    >>> stays.customers, stays.left, stays.horizon, stays.kept(60).value, stays.median
    (10, 4, 100, 0.6, None)
    >>> round(stays.mean(100), 9)  # 4 stayed for 30 days, 6 for 100
    72.0
    """

    def __init__(self, endings: Iterable[Ending], followed: Iterable[tuple[int, float]]) -> None:
        self._incidence = Incidence(endings)
        self._followed = _followed_by_day(followed)

    def __sub__(self, part: Stays) -> Stays:
        """All customers but those of a part."""
        rest = Stays((), ())
        rest._incidence = self._incidence - part._incidence
        rest._followed = self._followed.copy()
        rest._followed[: len(part._followed)] -= part._followed
        return rest

    @property
    def customers(self) -> int:
        """How many were won."""
        return round(self._incidence.entered)

    @cached_property
    def left(self) -> int:
        """How many have left."""
        return round(float(self._leaving.sum()))

    @property
    def _leaving(self) -> NDArray[np.float64]:
        leaving: NDArray[np.float64] = self._incidence.on_days[LEFT]
        return leaving

    @property
    def _curve(self) -> NDArray[np.float64]:
        """Share still there at the end of each day from the win on."""
        return self._incidence.curves.waiting

    @property
    def _at_risk(self) -> NDArray[np.float64]:
        return self._incidence.curves.at_risk

    def followed(self, day: int) -> float:
        """How many were won at least so many days ago."""
        return float(self._followed[day]) if day < len(self._followed) else 0.0

    @cached_property
    def horizon(self) -> int:
        """The last day for which enough customers were won long enough ago; -1 where there is none.

        Where those have all left and the others were not followed so long, the curve ends with the last of these.
        """
        enough = np.flatnonzero(self._followed >= ENOUGH_FOLLOWED - _CLOSE_ENOUGH)
        there = np.flatnonzero(self._at_risk > _CLOSE_ENOUGH)
        if not len(enough) or not len(there):
            return -1
        last = int(there[-1])
        return int(enough[-1]) if self._curve[last] <= _CLOSE_ENOUGH else min(int(enough[-1]), last)

    def kept(self, day: int) -> Kept | None:
        """The share still there after so many days, by Kaplan and Meier (1958) with Greenwood's variance (1926).

        None beyond the horizon.
        """
        if day > self.horizon:
            return None
        value = float(self._curve[min(day, len(self._curve) - 1)])
        variance = self._incidence.variances(day)[0]
        # where none or all of them left, what tells how sure that is are those followed so long
        return Kept(value, *interval(value, variance, self.followed(day)))

    @property
    def median(self) -> int | None:
        """Days after which half have left; None where that is yet to be seen."""
        gone = np.flatnonzero(self._curve[: self.horizon + 1] <= HALF + _CLOSE_ENOUGH)
        return int(gone[0]) if len(gone) else None

    def mean(self, within: int) -> float | None:
        """Mean days that customers stay within so many days (restricted mean); None beyond the horizon."""
        return float(self._until(within).sum()) if within <= self.horizon else None

    def mean_interval(self, within: int) -> tuple[float, float] | None:
        """Its 95 % interval, by the variance of the area under the curve (Klein and Moeschberger 2003, 4.5)."""
        mean = self.mean(within)
        if mean is None:
            return None
        curve = self._until(within)
        area = curve[::-1].cumsum()[::-1]  # from the end of each day on
        days = slice(0, min(within, len(self._leaving)))
        left, at_risk = self._leaving[days], self._at_risk[days]
        stayed = at_risk * (at_risk - left)
        terms = np.where(stayed > 0, area[days] ** 2 * left / np.where(stayed > 0, stayed, 1.0), 0.0)
        spread = Z95 * sqrt(float(terms.sum()))
        return max(mean - spread, 0.0), min(mean + spread, float(within))

    def _until(self, within: int) -> NDArray[np.float64]:
        """Share still there on each of the first days; after the last of a curve that came to 0 nobody is."""
        curve = np.zeros(within)
        known = self._curve[:within]
        curve[: len(known)] = known
        return curve

    @property
    def lifetime(self) -> float | None:
        """Mean days of the whole stay; None where more than a tenth is still there at the horizon.

        The few still there then are taken to leave at the pace of those who left since half had: days at risk by
        customers that left.
        """
        mean, half = self.mean(max(self.horizon, 0)), self.median
        if self.horizon < 0 or mean is None or half is None:
            return None
        there = float(self._curve[min(self.horizon, len(self._curve) - 1)])
        if there > MOST_STILL_THERE + _CLOSE_ENOUGH:
            return None
        late = slice(half + 1, self.horizon + 1)
        left = float(self._leaving[late].sum())
        return mean + (there * float(self._at_risk[late].sum()) / left if there and left else 0.0)


def _followed_by_day(followed: Iterable[tuple[int, float]]) -> NDArray[np.float64]:
    """By day, how many were won at least so many days ago."""
    every = [(min(int(days), LONGEST), float(n)) for days, n in followed]
    counts = np.zeros(max((days for days, _ in every), default=-1) + 1)
    for days, n in every:
        counts[days] += n
    return counts[::-1].cumsum()[::-1].copy()


class LogRank(NamedTuple):
    """A group beside all others.

    Attributes:
        left: Customers of the group that left.
        expected: How many of it would have, had they left as all did.
        p_value: Chance of such a difference, or a larger one, where there is none.
    """

    left: float
    expected: float
    p_value: float


def log_rank(group: Stays, others: Stays) -> LogRank | None:
    """Compare how long two groups stay, day by day (Mantel 1966; Peto and Peto 1972).

    None where too few are expected to leave for the test to hold: of a handful one that leaves on its first day would
    look like proof.

    >>> fast = Stays([Ending(day, LEFT, 2) for day in range(1, 11)], [(100, 20)])
    >>> slow = Stays([Ending(day, LEFT, 2) for day in range(50, 60)], [(100, 20)])
    >>> found = log_rank(fast, slow)
    >>> found.left, round(found.expected, 3), found.p_value < 0.001
    (20.0, 6.625, True)
    """
    own, rest = (_daily(one, max(len(group._at_risk), len(others._at_risk))) for one in (group, others))  # noqa: SLF001
    at_risk, left = own[0] + rest[0], own[1] + rest[1]
    n = np.where(at_risk > 0, at_risk, 1.0)
    share = own[0] / n
    expected = float((left * share).sum())
    if min(expected, float(left.sum()) - expected) < ENOUGH_EXPECTED:
        return None
    among = np.where(at_risk > 1, at_risk - 1, 1.0)
    variance = float((left * share * (1 - share) * np.where(at_risk > 1, (at_risk - left) / among, 0.0)).sum())
    if variance <= 0:
        return None
    own_left = float(own[1].sum())
    return LogRank(own_left, expected, float(chi_square_tail((own_left - expected) ** 2 / variance)))


def _daily(stays: Stays, days: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Customers at risk and leaving on each of so many days."""
    found = np.zeros((2, days))
    for row, counts in enumerate((stays._at_risk, stays._leaving)):  # noqa: SLF001
        found[row, : len(counts)] = counts
    return found[0], found[1]


def common_horizon(groups: Iterable[Stays], share: float = 0.9) -> int:
    """Whole months for which groups with nearly all customers can be told: what they are compared within.

    Args:
        groups: The groups.
        share: Of the customers, that in the groups which can be told.

    >>> old, young = (Stays([Ending(day, STILL_THERE, n)], [(day, n)]) for day, n in ((400, 95), (40, 5)))
    >>> common_horizon([old, young]), common_horizon([young])
    (13, 1)
    """
    ordered = sorted(groups, key=lambda one: -one.horizon)
    wanted, told = share * sum(one.customers for one in ordered), 0
    for one in ordered:
        told += one.customers
        if told >= wanted - _CLOSE_ENOUGH:
            months = max(int(one.horizon / MONTH) + 1, 0)
            return months if days_of(months) <= one.horizon else max(months - 1, 0)
    return 0
