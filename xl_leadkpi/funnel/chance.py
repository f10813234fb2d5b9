"""Whether two periods differ by more than chance: counts, rates and amounts, from sums that an engine can give.

Each test gives the chance of such a difference, or a larger one, where there is none; None where there are too few for
it to say anything. Many are done at once: which of them to believe :func:`~xl_leadkpi.funnel.incidence.discoveries`
decides for all together.
"""

from __future__ import annotations

from math import comb, isfinite, log1p, sqrt
from typing import NamedTuple

from xl_leadkpi.cells.functions import chi_square_tail
from xl_leadkpi.funnel.context import steady
from xl_leadkpi.kpis.conversion import two_rates_test

_ENOUGH = 5
"""Cases that each side has to expect for the normal approximation to hold (Cochran 1954)."""
_FEWEST_AMOUNTS = 2
_MOST_ORDERED = 50
"""Amounts of a side beyond which the number of their orders need not be known."""
_SAME = 1e-12
"""Variance, relative to the square of the mean, below which amounts are all the same but for the last digits."""


class Counted(NamedTuple):
    """How often something came in so many days."""

    n: float
    days: int


class Share(NamedTuple):
    """How many of how many."""

    n: float
    of: float


class Logs(NamedTuple):
    """Logarithms of amounts: how many, their sum and that of their squares."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    def __add__(self, other: object) -> Logs:
        assert isinstance(other, Logs)
        return Logs(self.n + other.n, self.total + other.total, self.squares + other.squares)

    @property
    def mean(self) -> float:
        """Their mean."""
        return self.total / self.n

    @property
    def variance(self) -> float:
        """Their variance, estimated from a sample; 0 where they are all the same."""
        found = (self.squares - self.total * self.mean) / (self.n - 1)
        return found if found > _SAME * max(1.0, self.mean**2) else 0.0


def counts_test(one: Counted, other: Counted) -> float | None:
    """Whether as many come a day: two Poisson counts, the one given their sum being binomial by the days.

    >>> round(counts_test(Counted(60, 90), Counted(100, 90)), 6)
    0.001565
    >>> counts_test(Counted(60, 30), Counted(120, 60)), counts_test(Counted(3, 90), Counted(2, 90))
    (1.0, None)
    """
    both, days = one.n + other.n, one.days + other.days
    share = one.days / days if days else 0.0
    if both * min(share, 1 - share) < _ENOUGH:
        return None
    return _tail((one.n - both * share) ** 2 / (both * share * (1 - share)))


def shares_test(one: Share, other: Share) -> float | None:
    """Whether the same share of both: the test of two rates (RATETEST), where there are enough for it.

    >>> round(shares_test(Share(56, 70), Share(48, 80)), 6)
    0.008045
    >>> shares_test(Share(3, 4), Share(48, 80)) is None
    True
    """
    of = one.of + other.of
    if not of:
        return None
    rate = (one.n + other.n) / of
    if min(one.of, other.of) * min(rate, 1 - rate) < _ENOUGH:
        return None
    return steady(float(two_rates_test(*one, *other)))


def amounts_test(one: Logs, other: Logs) -> float | None:
    """Whether amounts are as large: Welch's test (1947) of their logarithms, which are near to normal.

    Student's t is taken for a normal deviate by Wallace's approximation (1959). Where each side has but one amount, a
    price, the chance is that of all orders in which the two prices could have come.

    >>> logs = Logs(5, 5 * 2.0, 5 * 4.0 + 4 * 0.25), Logs(5, 5 * 3.0, 5 * 9.0 + 4 * 0.25)
    >>> round(amounts_test(*logs), 3)  # t = 3.162 on 8 degrees of freedom: 0.0133
    0.013
    """
    if min(one.n, other.n) < _FEWEST_AMOUNTS:
        return None
    parts = [logs.variance / logs.n for logs in (one, other)]
    difference = one.mean - other.mean
    if not sum(parts):
        same = abs(difference) <= sqrt(_SAME) * max(1.0, abs(one.mean))
        few, many = sorted(min(logs.n, _MOST_ORDERED) for logs in (one, other))
        return 1.0 if same else min(1.0, 2 / comb(few + many, few))
    freedom = sum(parts) ** 2 / sum(part**2 / (logs.n - 1) for part, logs in zip(parts, (one, other), strict=True))
    t_squared = difference**2 / sum(parts)
    shrunk = (8 * freedom + 1) / (8 * freedom + 3)
    return _tail(shrunk**2 * freedom * log1p(t_squared / freedom))


class Sums(NamedTuple):
    """Amounts that came in so many days: how many, their sum and that of their squares."""

    n: int
    total: float
    squares: float
    days: int


def sums_test(one: Sums, other: Sums) -> float | None:
    """Whether as much money comes a day: two compound Poisson sums, each with its own squares as variance.

    >>> sums_test(Sums(10, 1000.0, 1e5, 30), Sums(10, 1000.0, 1e5, 30))
    1.0
    """
    if min(one.n, other.n) < _ENOUGH or min(one.days, other.days) < 1:
        return None
    variance = one.squares / one.days**2 + other.squares / other.days**2
    if not (isfinite(variance) and variance > 0):
        return None
    return _tail((one.total / one.days - other.total / other.days) ** 2 / variance)


def _tail(chi_squared: float) -> float | None:
    return steady(float(chi_square_tail(chi_squared)))
