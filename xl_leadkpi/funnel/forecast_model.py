"""What open deals and those yet to come will bring: a semi-Markov model of counts, see ``methods.md``.

A deal goes through stages; in each it goes on or is lost on a day of its stay with the chance that those before it had
(:class:`Passage`). Everything is worked out from counts and amounts by stage and age; no deal is known by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import log, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from xl_leadkpi.funnel.incidence import ADVANCED, LOST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from xl_leadkpi.funnel.incidence import Incidence

    Numbers = NDArray[np.float64]

Z80 = 1.2815515655446004
"""Normal deviate that leaves a tenth on either side."""


FADING, MOST_GROWTH = 180.0, log(2)
"""Days over which growth fades, and the logarithm of the most that it does: none goes on for ever."""
TELLING = 3_652
"""Days of stay, ten years, that are told apart; beyond them the pace is that of the latest."""
POOLED_AS = 4
"""Deals like those of all stages that are added where a stage has too few of its own."""


@dataclass(frozen=True, slots=True)
class Passage:
    """The chances of a day of stay in a stage; those of the last day hold for every later one.

    Attributes:
        advanced, lost: Chance to go on, and to be lost, of a deal that has stayed so many days, by days from 0.
        at_risk: Deals that each is estimated from.
    """

    advanced: Numbers
    lost: Numbers
    at_risk: Numbers

    @classmethod
    def of(cls, found: Incidence) -> Passage | None:
        """The chances of a stage: those seen up to the horizon, or ten years, and then the pace of the latest for ever.

        None where no day has enough at risk.
        """
        until = min(found.horizon + 1, TELLING)
        if until <= 0:
            return None
        on_days, at_risk = found.on_days[:, :until], found.curves.at_risk[:until]
        advanced, lost = on_days[ADVANCED] / at_risk, on_days[LOST] / at_risk
        late_advanced, late_lost, late_risk = _late(found, advanced * at_risk, lost * at_risk, at_risk)
        return cls(
            np.append(advanced, late_advanced), np.append(lost, late_lost), np.append(at_risk, max(late_risk, 1.0))
        )

    @classmethod
    def pooled(cls, found: Incidence, share: float, pace: float) -> Passage:
        """The same chances on every day, where too few came to a stage to tell more.

        Args:
            found: Those few.
            share: Of all stages, the share of those decided that went on: it counts as :data:`POOLED_AS` more.
            pace: Of all stages, the chance of a day to be decided.
        """
        _, advanced, lost = found.on_days.sum(axis=1) if found.entered else np.zeros(3)
        events = float(advanced + lost)
        days = float(found.curves.at_risk.sum()) if found.entered else 0.0
        pace = (events + POOLED_AS) / (days + POOLED_AS / pace) if pace else 0.0
        share = (float(advanced) + POOLED_AS * share) / (events + POOLED_AS)
        return cls(np.array([pace * share]), np.array([pace * (1 - share)]), np.array([max(days, 1.0)]))

    @property
    def stay(self) -> Numbers:
        """Chance to be there still at the end of the day."""
        return np.maximum(1 - self.advanced - self.lost, 0.0)

    @property
    def next_day(self) -> NDArray[np.intp]:
        """Place of the day after each."""
        return np.minimum(np.arange(1, len(self.advanced) + 1), len(self.advanced) - 1)

    def place(self, age: int) -> int:
        """Place of the next day of a deal that has stayed so many days by now."""
        return min(age + 1, len(self.advanced) - 1)


def _late(found: Incidence, advanced: Numbers, lost: Numbers, at_risk: Numbers) -> tuple[float, float, float]:
    """Chances of a day beyond the horizon to go on and to be lost, and the days at risk that they are from.

    They are those of the later half of the days up to it: where nothing happened in these, nothing happens after them.
    """
    first = len(at_risk) // 2
    days, happened = float(at_risk[first:].sum()), float((advanced + lost)[first:].sum())
    if not happened:
        return 0.0, 0.0, days
    pace, share = happened / days, float(advanced[first:].sum()) / happened
    if found.is_decided and found.undecided > 0:
        # so that the chance of a deal that has just come is the eventual rate of its step
        share = min(max(found.late_share, 0.0), 1.0)
        pace, days = (1 / found.late_wait, found.late_at_risk) if found.late_wait >= 1 else (pace, days)
    return pace * share, pace * (1 - share), days


class Stock(NamedTuple):
    """Open deals of a stage by how many days they have been there, each a list by days from 0.

    Attributes:
        n: How many.
        amount: Their amounts.
        squares: The squares of these.
    """

    n: Numbers
    amount: Numbers
    squares: Numbers


class Inflow(NamedTuple):
    """Deals that are yet to come.

    Attributes:
        a_day: How many came a day, on average of the days that tell.
        observed: How many they were.
        dispersion: Variance of their number in a week over its mean, at least 1.
        slope: By how much the logarithm of their number grows a day.
        slope_variance: Its variance.
        since: Days from the middle of the days that tell to today.
    """

    a_day: float
    observed: float
    dispersion: float = 1.0
    slope: float = 0.0
    slope_variance: float = 0.0
    since: float = 0.0

    def places(self, days: int) -> Numbers:
        """For the days ahead, how many days of growth from the middle of the days that tell: later ones count less."""
        ahead = FADING * -np.expm1(-np.arange(1, days + 1) / FADING)
        most = MOST_GROWTH / abs(self.slope) if self.slope else FADING
        return self.since + np.minimum(ahead, most)

    def rates(self, days: int) -> Numbers:
        """How many come on each of the days ahead."""
        rates: Numbers = self.a_day * np.exp(self.slope * self.places(days))
        return rates


class Worth(NamedTuple):
    """What a win brings.

    Attributes:
        mean: Mean amount.
        square: Mean square of the amounts.
        n: Wins that tell.
    """

    mean: float
    square: float
    n: float

    @property
    def variance(self) -> float:
        """Variance of the amounts."""
        return max(self.square - self.mean**2, 0.0)


class Expectation(NamedTuple):
    """A mean with its variance, as deals fall this way or that and as the rates are uncertain."""

    mean: float
    variance: float

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of the 80 % interval: those of a gamma distribution, which is never below 0.

        By Wilson and Hilferty's cube root (1931).

        >>> [round(end, 2) for end in Expectation(100.0, 400.0).interval]
        [75.39, 126.32]
        """
        mean = float(self.mean)
        if mean <= 0:
            return 0.0, 0.0
        ratio = float(self.variance) / mean**2
        low, high = (max(1 - ratio / 9 + z * sqrt(ratio) / 3, 0.0) ** 3 * mean for z in (-Z80, Z80))
        return low, max(high, mean)


class Sums(NamedTuple):
    """What is expected of a time: of the deals open today, of those yet to come, and of both.

    Money is None where amounts are not known, what is yet to come where nobody knows how many come.
    """

    open_won: Expectation
    open_money: Expectation | None
    new_won: Expectation | None
    new_money: Expectation | None
    won: Expectation | None
    money: Expectation | None


class Model:
    """Stages that lead to the win, with the open deals of each.

    >>> half = Passage(np.array([0.0, 0.25]), np.array([0.0, 0.25]), np.array([100.0, 400.0]))
    >>> stock = Stock(np.array([4.0]), np.array([400.0]), np.array([40_000.0]))
    >>> [sums] = Model([half], [stock]).sums([1])
    >>> sums.open_won.mean, Model([half], [stock]).chance(0, 0)
    (1.0, 0.5)
    """

    def __init__(
        self,
        passages: Sequence[Passage],
        stocks: Sequence[Stock],
        inflow: Inflow | None = None,
        worth: Worth | None = None,
        *,
        is_valued: bool = True,
    ) -> None:
        """Put them together.

        Args:
            passages: The chances of each stage.
            stocks: The open deals of each.
            inflow: How many are yet to come; None where nobody knows.
            worth: What a win brings; None where amounts are not known.
            is_valued: The open deals have amounts of their own; else each is worth what a win brings.
        """
        self.passages = passages
        self.inflow = inflow
        self.worth = worth
        self.is_valued = is_valued
        self.stocks = [_placed(stock, passage) for stock, passage in zip(stocks, passages, strict=True)]

    # chances ----------------------------------------------------------------------------------------------------------

    @cached_property
    def eventual(self) -> list[Numbers]:
        """By stage and day of stay, the chance to be won, whenever."""
        found: list[Numbers] = []
        after = 1.0
        for one in reversed(self.passages):
            chances = np.zeros(len(one.advanced))
            advanced, stay = one.advanced.tolist(), one.stay.tolist()
            ends = one.advanced[-1] + one.lost[-1]
            later = float(one.advanced[-1] / ends) * after if ends else 0.0
            for day in range(len(advanced) - 1, -1, -1):
                if day < len(advanced) - 1:
                    later = advanced[day] * after + stay[day] * later
                chances[day] = later
            found.append(chances)
            after = float(chances[0])
        return found[::-1]

    def chance(self, stage: int, age: int) -> float:
        """The chance to be won of a deal that has been in a stage for so many days."""
        return float(self.eventual[stage][self.passages[stage].place(age)])

    def within(self, days: int) -> list[Numbers]:
        """By stage, number of days ahead and day of stay, the chance to be won within them."""
        found: list[Numbers] = []
        after = np.ones(days + 1)
        after[0] = 0.0
        for one in reversed(self.passages):
            chances = np.zeros((days + 1, len(one.advanced)))
            stay, next_day = one.stay, one.next_day
            for ahead in range(1, days + 1):
                chances[ahead] = one.advanced * after[ahead] + stay * chances[ahead - 1][next_day]
            found.append(chances)
            after = chances[:, 0]
        return found[::-1]

    # sums -------------------------------------------------------------------------------------------------------------

    def sums(self, ends: Sequence[int]) -> list[Sums]:
        """What is expected from today to the first of some days ahead, from there to the second, and so on."""
        within = self.within(ends[-1])
        spans = list(zip((0, *ends[:-1]), ends, strict=True))
        own = [self._own(within, span) for span in spans]
        coming = [self._coming(within[0][:, 0], span) for span in spans]
        of_rates = np.diff(self._gradients(within, ends), axis=0, prepend=0.0)
        return [
            self._summed(own_one, coming_one, covariance)
            for own_one, coming_one, covariance in zip(own, coming, map(self._covariances, of_rates), strict=True)
        ]

    def whenever(self) -> Sums:
        """What is expected of the deals open today, whenever they close."""
        own = np.zeros(4)
        for chances, stock in zip(self.eventual, self.stocks, strict=True):
            own += _moments(stock, chances)
        return self._summed(own, None, self._covariances(self._eventual_gradient()))

    def of_stage(self, stage: int, stock: Stock) -> tuple[float, float]:
        """Deals and amounts expected of some deals in a stage, whenever they close."""
        placed = _placed(stock, self.passages[stage])
        chances = self.eventual[stage]
        return float((placed.n * chances).sum()), float((placed.amount * chances).sum())

    def _own(self, within: Sequence[Numbers], span: tuple[int, int]) -> Numbers:
        """Means and variances of number and money, if the rates are as estimated."""
        own = np.zeros(4)
        for chances, stock in zip(within, self.stocks, strict=True):
            own += _moments(stock, chances[span[1]] - chances[span[0]])
        return own

    def _coming(self, curve: Numbers, span: tuple[int, int]) -> tuple[float, float] | None:
        """Mean number of wins of deals yet to come and its variance, as they come and as their number is uncertain."""
        if self.inflow is None:
            return None
        inflow, (first, last) = self.inflow, span
        # one that comes on a day has the days to the end of the span, its own one among them
        chances = curve[last:0:-1].copy()
        chances[:first] -= curve[first:0:-1]
        each = inflow.rates(last) * chances
        mean = float(each.sum())
        by_chance = mean + (inflow.dispersion - 1) * float((each * chances).sum())
        of_slope = float((each * inflow.places(last)).sum()) ** 2 * inflow.slope_variance
        return mean, by_chance + mean**2 * inflow.dispersion / inflow.observed + of_slope

    def _summed(self, own: Numbers, coming: tuple[float, float] | None, covariance: Numbers) -> Sums:
        won, won_variance, money, money_variance = own.tolist()
        open_won = Expectation(won, won_variance + covariance[0, 0])
        worth, own_money = self.worth, Expectation(money, money_variance + covariance[1, 1])
        open_money = own_money if self.is_valued else worth and _at_worth(open_won, worth)
        if coming is None or self.inflow is None:
            return Sums(open_won, open_money, None, None, None, None)
        mean, variance = coming
        new_won = Expectation(mean, variance + covariance[2, 2])
        all_won = Expectation(won + mean, open_won.variance + new_won.variance + 2 * covariance[0, 2])
        if worth is None:
            return Sums(open_won, open_money, new_won, None, all_won, None)
        new_money = _at_worth(new_won, worth)
        if not self.is_valued:
            return Sums(open_won, open_money, new_won, new_money, all_won, _at_worth(all_won, worth))
        together = 2 * covariance[1, 2] * worth.mean
        all_money = Expectation(money + new_money.mean, own_money.variance + new_money.variance + together)
        return Sums(open_won, open_money, new_won, new_money, all_won, all_money)

    # how uncertain the rates make them --------------------------------------------------------------------------------

    def _gradients(self, within: Sequence[Numbers], ends: Sequence[int]) -> Numbers:
        """How each sum up to each end moves with the chances of every day of every stage.

        By end, measure (number, money of open deals; number of those to come), going on or lost, and day.
        """
        days = ends[-1]
        coming = np.zeros((days, 3))
        if self.inflow is not None:
            coming[:, 2] = self.inflow.rates(days)
        found = []
        for stage, one in enumerate(self.passages):
            at_risk = self._at_risk(stage, coming, days)
            coming = np.einsum("sdm,d->sm", at_risk, one.advanced)
            after = within[stage + 1][:, 0] if stage + 1 < len(self.passages) else np.append(0.0, np.ones(days))
            here = np.zeros((len(ends), 3, 2, len(one.advanced)))
            for place, end in enumerate(ends):
                staying = within[stage][:end][::-1][:, one.next_day]
                there = at_risk[:end]
                here[place, :, 1] = -np.einsum("sdm,sd->md", there, staying)
                here[place, :, 0] = np.einsum("sdm,s->md", there, after[end:0:-1]) + here[place, :, 1]
            found.append(here)
        return np.concatenate(found, axis=-1)

    def _at_risk(self, stage: int, coming: Numbers, days: int) -> Numbers:
        """Deals expected in a stage at the beginning of each day ahead, by day of stay and measure."""
        one, stock = self.passages[stage], self.stocks[stage]
        there = np.zeros((days, len(one.advanced), 3))
        now = np.zeros((len(one.advanced), 3))
        now[:, 0], now[:, 1] = stock.n, stock.amount
        stay = one.stay[:, None]
        for day in range(days):
            now[0] += coming[day]
            there[day] = now
            left = now * stay
            now = np.zeros_like(now)
            now[1:] = left[:-1]
            now[-1] += left[-1]
        return there

    def _eventual_gradient(self) -> Numbers:
        """The same for what is won whenever, by measure, going on or lost, and day."""
        coming = np.zeros(3)
        found = []
        for stage, one in enumerate(self.passages):
            stock, stay = self.stocks[stage], one.stay
            passing = np.zeros((3, len(one.advanced)))
            now = coming.copy()
            for day in range(len(one.advanced)):
                now = now + np.array([stock.n[day], stock.amount[day], 0.0])
                if day == len(one.advanced) - 1 and stay[day] < 1:
                    now = now / (1 - stay[day])
                passing[:, day] = now
                now = now * stay[day]
            coming = (passing * one.advanced).sum(axis=1)
            after = float(self.eventual[stage + 1][0]) if stage + 1 < len(self.passages) else 1.0
            lost = -passing * self.eventual[stage][one.next_day]
            found.append(np.stack([passing * after + lost, lost], axis=1))
        return np.concatenate(found, axis=-1)

    def _covariances(self, gradient: Numbers) -> Numbers:
        """Covariances of the measures that come of estimated chances: each day's events are multinomial."""
        advanced = np.concatenate([one.advanced for one in self.passages])
        lost = np.concatenate([one.lost for one in self.passages])
        n = np.maximum(np.concatenate([one.at_risk for one in self.passages]) - 1, 1.0)
        by_advance, by_loss = gradient[:, 0], gradient[:, 1]
        mean = by_advance * advanced + by_loss * lost
        found: Numbers = (
            np.einsum("id,jd,d->ij", by_advance, by_advance, advanced / n)
            + np.einsum("id,jd,d->ij", by_loss, by_loss, lost / n)
            - np.einsum("id,jd,d->ij", mean, mean, 1 / n)
        )
        return found


def _moments(stock: Stock, chances: Numbers) -> Numbers:
    """Mean and variance of the number won, and of the money."""
    variance = chances * (1 - chances)
    return np.array(
        [
            (stock.n * chances).sum(),
            (stock.n * variance).sum(),
            (stock.amount * chances).sum(),
            (stock.squares * variance).sum(),
        ]
    )


def _placed(stock: Stock, passage: Passage) -> Stock:
    """The deals by place of their next day: those longer there than any day known are together."""
    places = np.minimum(np.arange(1, len(stock.n) + 1), len(passage.advanced) - 1)
    n, amount, squares = (
        np.bincount(places, weights=part, minlength=len(passage.advanced)).astype(np.float64) for part in stock
    )
    return Stock(n, amount, squares)


def _at_worth(won: Expectation, worth: Worth) -> Expectation:
    """What so many wins bring, each an amount like those of the wins before."""
    spread = won.mean * worth.variance + won.mean**2 * worth.variance / worth.n
    return Expectation(won.mean * worth.mean, won.variance * worth.mean**2 + spread)
