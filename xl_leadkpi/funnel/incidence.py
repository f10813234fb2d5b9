"""Rates and waits that allow for follow-up: cumulative incidence with the loss as competing event.

Everything is estimated from counts of leads by whole days of waiting and what ended the wait; see ``methods.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp, log, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from xl_leadkpi.kpis.conversion import two_rates_test, wilson_interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

WAITING, ADVANCED, LOST, ADVANCED_BY, LOST_BY = range(5)
"""How a wait ended: not yet; on that day by going on or by the loss; the same on an unknown day up to that one."""

LONGEST = 36_525
"""Days that are told apart, a century: a longer wait, of a day like 9999-12-31, counts as one so long."""
ENOUGH_AT_RISK = 5
"""Leads at risk from which a day still counts: with fewer one event moves the curve by more than it can be trusted."""
MOST_UNDECIDED = 0.1
"""Share still waiting at the last day counted up to which a rate is called the eventual one."""
LEVEL, ENOUGH_TO_LEVEL = 0.99, 30
"""Share of all who have gone on that has done so in the first half of the time, from which, with so many of them, the
curve is called level."""
MOST_BORROWED = 0.5
"""Share still waiting up to which a group's rate is completed by what all groups tell of those who wait so long."""
NEARLY_ALL = 0.9
"""Share of those who go on that have done so within the usual days."""
Z95 = 1.959963984540054
_CONFIDENCE, _WIDEST = 0.95, 500.0
_CLOSE_ENOUGH = 1e-12


class Rate(NamedTuple):
    """A rate with its interval.

    Attributes:
        value: The rate.
        low, high: Ends of its 95 % interval.
        within_days: Days within which it is the rate; None where it is the eventual one.
        of: How many leads it is estimated from.
        own_days: Days up to which it is a group's own; what those undecided then will do is taken from all groups.
    """

    value: float
    low: float
    high: float
    within_days: int | None
    of: float
    own_days: int | None = None


class Ending(NamedTuple):
    """How many leads waited so many days, and what ended it."""

    days: int
    event: int
    n: float


@dataclass(frozen=True, slots=True)
class Curves:
    """The share that has gone on and the share lost by each day from 0.

    Attributes:
        at_risk: Leads still waiting when the day begins, followed at least so long.
        advanced, lost: Cumulative incidence of going on and of the loss, at the end of the day.
        waiting: Share that is still waiting then.
    """

    at_risk: NDArray[np.float64]
    advanced: NDArray[np.float64]
    lost: NDArray[np.float64]
    waiting: NDArray[np.float64]


class Incidence:
    """How leads that entered a stage go on to another one as the days pass.

    >>> found = Incidence([Ending(3, ADVANCED, 6), Ending(5, LOST, 3), Ending(9, WAITING, 6)])
    >>> found.entered, found.horizon, round(found.advanced_by(4), 3), round(found.lost_by(9), 3)
    (15.0, 9, 0.4, 0.2)
    """

    def __init__(self, endings: Iterable[Ending]) -> None:
        self._counts = _counts(endings)

    @classmethod
    def _of(cls, counts: NDArray[np.float64]) -> Incidence:
        made = cls(())
        made._counts = counts
        return made

    def __sub__(self, part: Incidence) -> Incidence:
        """All leads but those of a part."""
        counts = self._counts.copy()
        counts[:, : part._counts.shape[1]] -= part._counts
        return Incidence._of(counts)

    @property
    def entered(self) -> float:
        """Leads that entered."""
        return float(self._counts.sum())

    @cached_property
    def curves(self) -> Curves:
        """The curves; events of an unknown day lie as those of known days do."""
        return _curves(self.on_days)

    @cached_property
    def on_days(self) -> NDArray[np.float64]:
        """Leads waiting, gone on and lost by day; those of an unknown day shared out as those of known days lie."""
        waiting, advanced, lost, advanced_by, lost_by = self._counts
        return np.stack([waiting, advanced + _shared_out(advanced_by, advanced), lost + _shared_out(lost_by, lost)])

    @cached_property
    def horizon(self) -> int:
        """The last day with enough leads at risk; -1 where there is none."""
        enough = np.flatnonzero(self.curves.at_risk >= ENOUGH_AT_RISK - _CLOSE_ENOUGH)
        return int(enough[-1]) if len(enough) else -1

    def advanced_by(self, day: int) -> float:
        """Share that has gone on by the end of a day."""
        return self._at(self.curves.advanced, day)

    def lost_by(self, day: int) -> float:
        """Share that is lost by the end of a day."""
        return self._at(self.curves.lost, day)

    def _at(self, curve: NDArray[np.float64], day: int) -> float:
        return float(curve[min(day, len(curve) - 1)]) if day >= 0 and len(curve) else 0.0

    @property
    def undecided(self) -> float:
        """Share still waiting at the horizon."""
        return self._at(self.curves.waiting, self.horizon) if self.horizon >= 0 else 1.0

    @cached_property
    def is_decided(self) -> bool:
        """So few are undecided at the horizon that those decided last tell what they will do."""
        return self.horizon >= 0 and self.undecided <= MOST_UNDECIDED and self.lost_by(self.horizon) > 0

    @cached_property
    def is_level(self) -> bool:
        """Hardly anyone has gone on in the second half of the time: those still waiting wait for nothing."""
        if self.horizon < 0 or self.on_days[ADVANCED, : self.horizon + 1].sum() < ENOUGH_TO_LEVEL:
            return False
        return self.advanced_by(self.horizon // 2) >= LEVEL * self.advanced_by(self.horizon)

    @property
    def is_final(self) -> bool:
        """What has happened by the horizon tells the eventual rate."""
        return self.is_decided or self.is_level

    def rate(self) -> Rate | None:
        """The eventual rate: the share gone on by the horizon, and of the few undecided then as many as of the last.

        Where many are undecided but hardly anyone has gone on for as long again, it is the share gone on; where some
        still do, it is that within the days up to the horizon. None where no day has enough leads at risk.
        """
        day = self.horizon
        if day < 0:
            return None
        advanced, lost = self.advanced_by(day), self.lost_by(day)
        of_advanced, of_lost, together = self.variances(day)
        if not self.is_decided:
            within = None if self.is_level else day
            return Rate(advanced, *interval(advanced, of_advanced, self.entered), within, self.entered)
        decided = advanced + lost
        value = self._total
        # the few undecided change the variance little: it is that of the share among the decided
        variance = (lost**2 * of_advanced + advanced**2 * of_lost - 2 * advanced * lost * together) / decided**4
        return Rate(value, *interval(value, variance, self.entered), None, self.entered)

    def rate_among(self, every: Incidence) -> Rate | None:
        """The eventual rate of a group: those of it that are undecided at its horizon go on as those of all groups did.

        Where more than half of it are undecided, or not even all groups together are final, it is :meth:`rate`.
        """
        day = self.horizon
        is_told = day >= 0 and every.is_final and day < every.horizon and self.undecided <= MOST_BORROWED
        if not is_told:
            return self.rate()
        waiting = every._at(every.curves.waiting, day)
        if waiting <= 0:
            return self.rate()
        chance = min(max((every._total - every.advanced_by(day)) / waiting, 0.0), 1.0)
        advanced, lost, together = self.variances(day)
        value = self.advanced_by(day) + self.undecided * chance
        variance = (
            (1 - chance) ** 2 * advanced
            + chance**2 * lost
            - 2 * chance * (1 - chance) * together
            + self.undecided**2 * chance * (1 - chance) / every._at(every.curves.at_risk, day)
        )
        return Rate(value, *interval(value, variance, self.entered), None, self.entered, day)

    def variances(self, day: int) -> tuple[float, float, float]:
        """Aalen and Johansen's variance of the share gone on by a day, that of the share lost, and their covariance.

        The form of Greenwood's for several ways of ending, tied days included (Andersen, Borgan, Gill and Keiding 1993,
        IV.4.1.3; the same as Marubini and Valsecchi 1995, 10.2).
        """
        day = min(day, len(self.curves.advanced) - 1)
        until = slice(0, day + 1)
        curves, events = self.curves, self.on_days[1:, until]
        at_risk = curves.at_risk[until]
        open_, n = at_risk > 0, np.where(at_risk > 0, at_risk, 1.0)
        went, gone = np.where(open_, events / n, 0.0)
        before = np.concatenate(([1.0], curves.waiting[until][:-1]))
        stayed = np.maximum(1 - went - gone, 0.0)

        def effects(curve: NDArray[np.float64], own: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
            """What one more who went on, and one more lost, on each day would do to the share by the last day."""
            later = np.where(stayed > 0, (curve[day] - curve[until]) / np.where(stayed > 0, stayed, 1.0), 0.0)
            return (before - later, -later) if own == ADVANCED else (-later, before - later)

        a, b = effects(curves.advanced, ADVANCED), effects(curves.lost, LOST)

        def covariance(one: tuple[NDArray[np.float64], ...], other: tuple[NDArray[np.float64], ...]) -> float:
            mean_one, mean_other = one[0] * went + one[1] * gone, other[0] * went + other[1] * gone
            raw = one[0] * other[0] * went + one[1] * other[1] * gone - mean_one * mean_other
            return float((raw / n)[open_].sum())

        return covariance(a, a), covariance(b, b), covariance(a, b)

    # waits ------------------------------------------------------------------------------------------------------------

    @property
    def _total(self) -> float:
        """The share that goes on: the eventual one, or that within the horizon."""
        advanced = self.advanced_by(self.horizon)
        return advanced + self.undecided * self.late_share if self.is_decided else advanced

    @property
    def _few_left(self) -> int:
        """First day at whose end only a few are still waiting."""
        return int(np.flatnonzero(self.curves.waiting <= max(MOST_UNDECIDED, self.undecided))[0])

    @property
    def late_share(self) -> float:
        """Of those decided when only a few were left: the share that went on."""
        decided = self._at(self.curves.waiting, self._few_left) - self.undecided
        if decided <= 0:
            return self.advanced_by(self.horizon) / (1 - self.undecided)
        return (self.advanced_by(self.horizon) - self.advanced_by(self._few_left)) / decided

    def late_share_slopes(self) -> NDArray[np.float64]:
        """How :attr:`late_share` moves with the chances to go on and to be lost on each day up to the horizon."""
        until, few = self.horizon + 1, self._few_left
        curves = self.curves
        if curves.waiting[few] <= self.undecided:
            few = -1  # it is the share of all who are decided
        there = float(curves.waiting[few]) if few >= 0 else 1.0
        of = there - self.undecided
        days = slice(few + 1, until)
        n = curves.at_risk[days]
        stayed = 1 - self.on_days[1:, days].sum(axis=0) / n
        before = np.concatenate(([there], curves.waiting[days][:-1]))

        def effects(later: NDArray[np.float64]) -> NDArray[np.float64]:
            """What one more event does to those after it, of whom so many go that way."""
            return np.where(stayed > 0, later / np.where(stayed > 0, stayed, 1.0), 0.0)

        advanced = effects(curves.advanced[until - 1] - curves.advanced[days])
        decided = before - effects(curves.waiting[days] - curves.waiting[until - 1])
        slopes = np.zeros((2, until))
        slopes[:, days] = np.stack([before - advanced, -advanced]) - self.late_share * decided
        return slopes / of

    def quantile(self, share: float) -> int | None:
        """Days after which that share of those who go on has done so; None where nobody does, or it is still ahead."""
        if not (total := self._total):
            return None
        there = np.flatnonzero(self.curves.advanced[: self.horizon + 1] >= share * total * (1 - _CLOSE_ENOUGH))
        return int(there[0]) if len(there) else None

    @property
    def mean(self) -> float | None:
        """Mean days of those who go on; None where nobody does."""
        return self._mean(self.curves.advanced, self._total) if self._total else None

    @property
    def mean_wait(self) -> float | None:
        """Mean days until it is decided, either way."""
        if self.horizon < 0 or self.undecided >= 1:
            return None
        return self._mean(1 - self.curves.waiting, 1.0 if self.is_decided else 1 - self.undecided)

    def _mean(self, curve: NDArray[np.float64], total: float) -> float:
        """Mean days of what comes to a total: those still to come after the horizon at the pace of the last."""
        until = self.horizon + 1
        added = np.diff(curve[:until], prepend=0.0)
        later = max(total - float(curve[self.horizon]), 0.0)
        return (float((added * np.arange(until)).sum()) + later * (self.horizon + self.late_wait)) / total

    @cached_property
    def late_wait(self) -> float:
        """Mean further days of those undecided at the horizon: days at risk by event since only a few were left."""
        events = float(self.on_days[1:, self.late_days].sum())
        return self.late_at_risk / events if events else 0.0

    @property
    def late_at_risk(self) -> float:
        """Days at risk since only a few were left."""
        return float(self.curves.at_risk[self.late_days].sum())

    @property
    def late_days(self) -> slice:
        """Days since only a few were left."""
        return slice(min(self._few_left, max(self.horizon - 1, 0)) + 1, self.horizon + 1)

    @property
    def usual_days(self) -> int | None:
        """Days within which nine in ten of those who go on have done so."""
        return self.quantile(NEARLY_ALL)

    def count_within(self, day: int) -> tuple[float, float]:
        """Leads, and those that went on within so many days; meant for leads that were all followed so long.

        Those that went on at an unknown day count as those of known days did.
        """
        return self.entered, float(self.on_days[ADVANCED, : day + 1].sum())


def _counts(endings: Iterable[Ending]) -> NDArray[np.float64]:
    """By event and day."""
    every = [(min(int(days), LONGEST), int(event), float(n)) for days, event, n in endings]
    counts = np.zeros((5, max((days for days, _, _ in every), default=-1) + 1))
    for days, event, n in every:
        counts[event, days] += n
    return counts


def _curves(on_days: NDArray[np.float64]) -> Curves:
    at_risk = on_days.sum(axis=0)[::-1].cumsum()[::-1]
    n = np.where(at_risk > 0, at_risk, 1.0)
    went, gone = on_days[ADVANCED] / n, on_days[LOST] / n
    waiting = np.cumprod(np.maximum(1 - went - gone, 0.0))
    before = np.concatenate(([1.0], waiting[:-1])) if len(waiting) else waiting
    return Curves(at_risk, np.cumsum(before * went), np.cumsum(before * gone), waiting)


def _shared_out(unknown: NDArray[np.float64], known: NDArray[np.float64]) -> NDArray[np.float64]:
    """Events of an unknown day over the days of the known ones; at their last possible days where none is known.

    A last possible day says little of the day itself - it is mostly that of the next event, which comes the later the
    later this one came - so that keeping to it would make waits too short.
    """
    total = known.sum()
    shared: NDArray[np.float64] = known * (unknown.sum() / total) if total else unknown
    return shared


def interval(value: float, variance: float, of: float) -> tuple[float, float]:
    """The 95 % interval of a share: that on the scale log(-log), and Wilson's of as many leads as tell as much.

    Of a few dozen leads or less the former alone holds the truth too seldom; of many both are the same.
    """
    low, high = log_log_interval(value, variance, of)
    if not _CLOSE_ENOUGH < value < 1 - _CLOSE_ENOUGH or variance <= 0:
        return low, high
    n = value * (1 - value) / variance
    lower, upper = wilson_interval(value * n, n, _CONFIDENCE)
    return min(low, float(lower)), max(high, float(upper))


def log_log_interval(value: float, variance: float, of: float) -> tuple[float, float]:
    """The 95 % interval of a share on the scale log(-log), which keeps it between 0 and 1.

    At 0 and 1, where that scale ends, it is Wilson's of as many leads.

    >>> [round(end, 4) for end in log_log_interval(0.4, 0.01, 25)]
    [0.2093, 0.5846]
    """
    if not _CLOSE_ENOUGH < value < 1 - _CLOSE_ENOUGH or variance <= 0:
        low, high = wilson_interval(round(value * of), max(round(of), 1), _CONFIDENCE)
        return max(float(low), 0.0), min(float(high), 1.0)
    spread = min(Z95 * sqrt(variance) / (value * abs(log(value))), _WIDEST)
    return exp(log(value) * exp(spread)), exp(log(value) * exp(-spread))


# comparison -----------------------------------------------------------------------------------------------------------


class Comparison(NamedTuple):
    """A group beside all others.

    Attributes:
        within_days: Days of follow-up that both have: the rates compared are within them.
        own, others: The rates.
        p_value: Chance of such a difference, or a larger one, where there is none.
    """

    within_days: int
    own: float
    others: float
    p_value: float


def compare(group: Incidence, others: Incidence) -> Comparison | None:
    """Compare how often two groups go on, within the days for which both were followed.

    Each share is taken for that of as many leads as would have its variance (Aalen and Johansen's) had all been
    followed to the end; then the two are tested as RATETEST tests two rates. None where that says nothing.
    """
    day = min(group.horizon, others.horizon)
    if day < 0:
        return None
    (own, of_own), (other, of_other) = (_as_if_followed(one, day) for one in (group, others))
    pooled = (own * of_own + other * of_other) / (of_own + of_other)
    if not 0 < pooled < 1:
        return None
    return Comparison(day, own, other, float(two_rates_test(own * of_own, of_own, other * of_other, of_other)))


def _as_if_followed(found: Incidence, day: int) -> tuple[float, float]:
    """The share by a day, and how many leads followed to the end would tell it as well."""
    share, variance = found.advanced_by(day), found.variances(day)[0]
    if 0 < share < 1 and variance > 0:
        return share, share * (1 - share) / variance
    return share, float(found.curves.at_risk[min(day, len(found.curves.at_risk) - 1)])


def discoveries(p_values: Sequence[float | None], rate: float = 0.05) -> list[bool]:
    """Which differences to believe, so that of those believed at most that share is expected to be chance.

    Benjamini and Hochberg, 1995.

    >>> discoveries([0.01, 0.04, None, 0.5])
    [True, False, False, False]
    """
    tested = sorted(one for one in p_values if one is not None)
    passed = [p for place, p in enumerate(tested, start=1) if p <= rate * place / len(tested)]
    limit = passed[-1] if passed else -1.0
    return [one is not None and one <= limit for one in p_values]
