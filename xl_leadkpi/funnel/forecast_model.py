"""What open deals and those yet to come will bring: a semi-Markov model of counts, see ``methods.md``.

A deal goes through stages; in each it goes on or is lost on a day of its stay with the chance that those before it had
(:class:`Passage`). Everything is worked out from counts and amounts by stage and age; no deal is known by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp, log, log1p, sqrt
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
_ONE_OF_TEN, _HARDLY = 0.1, 1e-6


@dataclass(frozen=True, slots=True)
class Passage:
    """The chances of a day of stay in a stage; those of the last day hold for every later one.

    Attributes:
        advanced, lost: Chance to go on, and to be lost, of a deal that has stayed so many days, by days from 0.
        at_risk: Deals that each is estimated from.
        carried: How the chances of the last day, to go on and to be lost, move with those of the days before that they
            are from, by chance of the last day, chance of the day and day. None where they are seen by themselves.
    """

    advanced: Numbers
    lost: Numbers
    at_risk: Numbers
    carried: Numbers | None = None

    @classmethod
    def of(cls, found: Incidence) -> Passage | None:
        """The chances of a stage: those seen up to the horizon, or ten years, and then the pace of the latest for ever.

        None where no day has enough at risk.
        """
        until = min(found.horizon + 1, TELLING)
        if until <= 0:
            return None
        at_risk = found.curves.at_risk[:until]
        advanced, lost = found.on_days[[ADVANCED, LOST], :until] / at_risk
        late = _late(found, advanced, lost, at_risk)
        return cls(
            np.append(advanced, late.advanced),
            np.append(lost, late.lost),
            np.append(at_risk, max(late.at_risk, 1.0)),
            late.carried if found.horizon < TELLING else None,
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


class _Late(NamedTuple):
    """Chances of a day beyond the horizon, the days at risk that they are from, and :attr:`Passage.carried`."""

    advanced: float
    lost: float
    at_risk: float
    carried: Numbers


def _late(found: Incidence, advanced: Numbers, lost: Numbers, at_risk: Numbers) -> _Late:
    """Chances of a day beyond the horizon to go on and to be lost.

    They are those of the later half of the days up to it: where nothing happened in these, nothing happens after them.
    """
    weights = np.where(np.arange(len(at_risk)) >= len(at_risk) // 2, at_risk, 0.0)
    days = float(weights.sum())
    went, gone = float((weights * advanced).sum()) / days, float((weights * lost).sum()) / days
    carried = np.einsum("kj,d->kjd", np.eye(2), weights / days)
    if not went + gone or not found.is_decided or found.undecided <= 0:
        return _Late(went, gone, days, carried)
    # so that the chance of a deal that has just come is the eventual rate of its step
    pace, of_pace = went + gone, weights / days
    share, of_share = min(max(found.late_share, 0.0), 1.0), found.late_share_slopes()[:, : len(at_risk)]
    if found.late_wait >= 1:
        days = found.late_at_risk
        pace, of_pace = 1 / found.late_wait, np.zeros(len(at_risk))
        of_pace[found.late_days] = at_risk[found.late_days] / days
    carried = np.stack([share * of_pace + pace * of_share, (1 - share) * of_pace - pace * of_share])
    return _Late(pace * share, pace * (1 - share), days, carried)


_NOBODY: Numbers = np.zeros(0)


class Stock(NamedTuple):
    """Open deals of a stage by how many days they have been there, each a list by days from 0.

    Attributes:
        n: How many.
        amount: Their amounts.
        squares: The squares of these.
        undated: How many of them have no known day, and are spread over the days of the others.
        undated_squares: The squares of their amounts, spread in the same way.
    """

    n: Numbers
    amount: Numbers
    squares: Numbers
    undated: Numbers = _NOBODY
    undated_squares: Numbers = _NOBODY


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

    @property
    def third(self) -> float:
        """Third cumulant of the amounts: that of a gamma distribution."""
        return 2 * self.variance**2 / self.mean if self.mean > 0 else 0.0


class Expectation(NamedTuple):
    """What is expected, and how what comes lies around it: deals fall this way or that, and rates are uncertain.

    Attributes:
        mean, variance: Its mean and variance.
        third: Its third cumulant; None for that of a gamma distribution that begins at 0.
        nothing: The chance that nothing comes.
    """

    mean: float
    variance: float
    third: float | None = None
    nothing: float = 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of the 80 % interval: those of a Pearson III distribution, a gamma one that may begin anywhere.

        By Wilson and Hilferty's cube root (1931). The low end is never below 0, and 0 where nothing comes in more than
        one of ten cases.

        >>> [round(end, 2) for end in Expectation(100.0, 400.0).interval]
        [75.39, 126.32]
        """
        mean, variance = float(self.mean), float(self.variance)
        if mean <= 0:
            return 0.0, 0.0
        third = 2 * variance**2 / mean if self.third is None else float(self.third)
        skewness = third / variance**1.5 if variance > 0 else 0.0
        low, high = (mean + sqrt(variance) * _deviate(z, skewness) for z in (-Z80, Z80))
        return 0.0 if self.nothing > _ONE_OF_TEN else max(low, 0.0), max(high, mean)

    def doubted(self, doubt: float) -> Expectation:
        """The same where its mean is uncertain itself, by that variance: its spread grows as the mean does."""
        if self.mean <= 0 or doubt <= 0:
            return self
        third = (self.third or 0.0) + (3 * self.variance + 2 * doubt) * doubt / self.mean
        return self._replace(variance=self.variance + doubt, third=third)

    def numbered(self) -> Expectation:
        """The same of a number: the chance of none is that of a negative binomial or binomial one of its variance."""
        if self.mean <= 0 or self.variance <= 0:
            return self._replace(nothing=float(self.mean <= 0))
        over = self.variance / self.mean - 1
        return self._replace(nothing=exp(-self.mean * (log1p(over) / over if abs(over) > _HARDLY else 1.0)))


def _deviate(z: float, skewness: float) -> float:
    """The quantile of a Pearson III distribution of mean 0 and variance 1 that is that of a normal one at a deviate."""
    if abs(skewness) < _HARDLY:
        return z
    return 2 / skewness * (max(1 + skewness * z / 6 - skewness**2 / 36, 0.0) ** 3 - 1)


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
        before: int = 0,
    ) -> None:
        """Put them together.

        Args:
            passages: The chances of each stage.
            stocks: The open deals of each.
            inflow: How many are yet to come to the first; None where nobody knows.
            worth: What a win brings; None where amounts are not known.
            is_valued: The open deals have amounts of their own; else each is worth what a win brings.
            before: How many of the stages, the first ones, lie before the opportunity: those there are no deals yet.
        """
        self.passages = passages
        self.inflow = inflow
        self.worth = worth
        self.is_valued = is_valued
        self.before = before
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

    def just_come(self, stage: int) -> float:
        """The chance to be won of a deal that has just come to a stage."""
        return float(self.eventual[stage][0])

    def open_won(self, days: int) -> Numbers:
        """By number of days ahead, how many of the open deals are expected to be won within them."""
        stages = zip(self.within(days)[self.before :], self.stocks[self.before :], strict=True)
        won: Numbers = sum((chances @ stock.n for chances, stock in stages), np.zeros(days + 1))
        return won

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
        coming = [self._coming(within, span) for span in spans]
        of_rates = np.diff(self._gradients(within, ends), axis=0, prepend=0.0)
        return [
            self._summed(own_one, coming_one, covariance)
            for own_one, coming_one, covariance in zip(own, coming, map(self._covariances, of_rates), strict=True)
        ]

    def whenever(self) -> Sums:
        """What is expected of the deals open today, whenever they close."""
        own = np.zeros((2, 3))
        for chances, stock in zip(self.eventual[self.before :], self.stocks[self.before :], strict=True):
            own += _moments(stock, chances)
        return self._summed(own, None, self._covariances(self._eventual_gradient()))

    def of_stage(self, stage: int, stock: Stock) -> tuple[float, float]:
        """Deals and amounts expected of some deals in a stage, whenever they close."""
        placed = _placed(stock, self.passages[stage])
        chances = self.eventual[stage]
        return float((placed.n * chances).sum()), float((placed.amount * chances).sum())

    def _own(self, within: Sequence[Numbers], span: tuple[int, int]) -> Numbers:
        """Mean, variance and third cumulant of number and money, if the rates are as estimated."""
        own = np.zeros((2, 3))
        for chances, stock in zip(within[self.before :], self.stocks[self.before :], strict=True):
            own += _moments(stock, chances[span[1]] - chances[span[0]])
        return own

    def _coming(self, within: Sequence[Numbers], span: tuple[int, int]) -> tuple[Expectation, float] | None:
        """Wins of deals yet to come, as they come at the rates estimated, and the variance of these."""
        if self.inflow is None:
            return None
        inflow, (first, last), curve = self.inflow, span, within[0][:, 0]
        # one that comes on a day has the days to the end of the span, its own one among them
        chances = curve[last:0:-1].copy()
        chances[:first] -= curve[first:0:-1]
        each = inflow.rates(last) * chances
        mean = float(each.sum())
        doubt = mean**2 * inflow.dispersion / inflow.observed
        doubt += float((each * inflow.places(last)).sum()) ** 2 * inflow.slope_variance
        # overdispersed as a Poisson number whose mean is uncertain
        over = Expectation(mean, mean, mean).doubted((inflow.dispersion - 1) * float((each * chances).sum()))
        found = np.array([over.mean, over.variance, over.third or 0.0])
        for passing, stock in zip(within[: self.before], self.stocks[: self.before], strict=True):
            found += _moments(stock, passing[last] - passing[first])[0]
        return Expectation(*found.tolist()), doubt

    def _summed(self, own: Numbers, coming: tuple[Expectation, float] | None, covariance: Numbers) -> Sums:
        won, money = (Expectation(*one) for one in own.tolist())
        open_won, worth = won.doubted(covariance[0, 0]).numbered(), self.worth
        own_money = money.doubted(covariance[1, 1])._replace(nothing=open_won.nothing)
        open_money = own_money if self.is_valued else worth and _at_worth(open_won, worth)
        if coming is None:
            return Sums(open_won, open_money, None, None, None, None)
        new, doubt = coming
        new_won = new.doubted(doubt + covariance[2, 2]).numbered()
        all_won = _together(open_won, new_won, covariance[0, 2]).numbered()
        if worth is None:
            return Sums(open_won, open_money, new_won, None, all_won, None)
        new_money = _at_worth(new_won, worth)
        if not self.is_valued:
            return Sums(open_won, open_money, new_won, new_money, all_won, _at_worth(all_won, worth))
        all_money = _together(own_money, new_money, covariance[1, 2] * worth.mean)._replace(nothing=all_won.nothing)
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
        if stage < self.before:
            now[:, 2] = stock.n
        else:
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
                if stage >= self.before:
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
        gradient = self._carried(gradient)
        by_advance, by_loss = gradient[:, 0], gradient[:, 1]
        mean = by_advance * advanced + by_loss * lost
        found: Numbers = (
            np.einsum("id,jd,d->ij", by_advance, by_advance, advanced / n)
            + np.einsum("id,jd,d->ij", by_loss, by_loss, lost / n)
            - np.einsum("id,jd,d->ij", mean, mean, 1 / n)
        )
        return found

    def _carried(self, gradient: Numbers) -> Numbers:
        """How the measures move with the chances of each day, by way of those of later days that are from them too."""
        found, first = gradient.copy(), 0
        for one in self.passages:
            last = first + len(one.advanced) - 1
            if one.carried is not None:
                found[..., first:last] += np.einsum("mk,kjd->mjd", gradient[..., last], one.carried)
                found[..., last] = 0.0
            first = last + 1
        return found


def _moments(stock: Stock, chances: Numbers) -> Numbers:
    """Mean, variance and third cumulant of the number won, and of the money.

    A deal without a day is of any of the ages of the others: it is won with their mean chance.
    """
    falls = np.stack([chances * (1 - chances), chances * (1 - chances) * (1 - 2 * chances)])
    of_number = falls @ (stock.n - stock.undated) + _of_undated(stock.undated, chances)
    of_squares = falls @ (stock.squares - stock.undated_squares) + _of_undated(stock.undated_squares, chances)
    cube = _cube_over_square(stock)
    return np.array(
        [
            [(stock.n * chances).sum(), *of_number],
            [(stock.amount * chances).sum(), of_squares[0], of_squares[1] * cube],
        ]
    )


def _of_undated(spread: Numbers, chances: Numbers) -> Numbers:
    n = float(spread.sum())
    if not n:
        return np.zeros(2)
    chance = float((spread * chances).sum()) / n
    fall = n * chance * (1 - chance)
    return np.array([fall, fall * (1 - 2 * chance)])


def _cube_over_square(stock: Stock) -> float:
    """Mean cube of the amounts over their mean square, as those of a gamma distribution."""
    n, amount, squares = (float(part.sum()) for part in stock[:3])
    return 2 * squares / amount - amount / n if amount > 0 else 0.0


def _placed(stock: Stock, passage: Passage) -> Stock:
    """The deals by place of their next day: those longer there than any day known are together."""
    size = len(passage.advanced)

    def placed(part: Numbers) -> Numbers:
        places = np.minimum(np.arange(1, len(part) + 1), size - 1)
        return np.bincount(places, weights=part, minlength=size).astype(np.float64)

    return Stock(*map(placed, stock))


def _together(one: Expectation, other: Expectation, covariance: float) -> Expectation:
    """The sum of both, of which the uncertain rates are the same."""
    third = (one.third or 0.0) + (other.third or 0.0)
    return Expectation(one.mean + other.mean, one.variance + other.variance, third).doubted(2 * covariance)


def _at_worth(won: Expectation, worth: Worth) -> Expectation:
    """What so many wins bring, each an amount like those of the wins before."""
    mean, variance = worth.mean, worth.variance
    third = (won.third or 0.0) * mean**3 + 3 * won.variance * mean * variance + won.mean * worth.third
    spread = won.variance * mean**2 + won.mean * variance
    of_mean = won.mean**2 * variance / worth.n
    return Expectation(won.mean * mean, spread, third, won.nothing).doubted(of_mean)
