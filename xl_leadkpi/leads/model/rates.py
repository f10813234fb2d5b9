"""Exchange rates: what an amount in one currency is in that of the report."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MOST_DAYS_OLD = 7
"""A rate holds for the days without one after it, as weekends and holidays are, but for no more of them."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates into the currency of a report.

    Attributes:
        target: That currency, None where it is yet to be told from the amounts.
        fixed: By currency what one unit of it is, whatever the day.
        daily: By currency the days with a rate (Excel day numbers, ascending) and the rates.
        files: Where the daily ones are from.
    """

    target: str | None = None
    fixed: Mapping[str, float] = field(default_factory=dict)
    daily: Mapping[str, tuple[tuple[int, float], ...]] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    def __contains__(self, currency: str) -> bool:
        return currency == self.target or currency in self.fixed or currency in self.daily

    def is_daily(self, currency: str) -> bool:
        """Whether the rate of a currency depends on the day; a fixed one overrules."""
        return currency != self.target and currency not in self.fixed and currency in self.daily

    def of(self, currency: str, day: int | None) -> float | None:
        """The rate of a currency on a day, that of the latest earlier day within a week; None where there is none.

        >>> rates = Rates("PLN", {"USD": 4.0}, {"EUR": ((45660, 4.27), (45663, 4.25))})
        >>> rates.of("USD", None), rates.of("EUR", 45662), rates.of("EUR", 45671), rates.of("PLN", None)
        (4.0, 4.27, None, 1.0)
        """
        if currency == self.target:
            return 1.0
        if currency in self.fixed:
            return self.fixed[currency]
        known = self.daily.get(currency, ())
        at = bisect_right(known, day, key=lambda one: one[0]) if day is not None else 0
        if day is None or not at or day - known[at - 1][0] > MOST_DAYS_OLD:
            return None
        return known[at - 1][1]

    def each_day(self, currencies: Sequence[str]) -> Iterator[tuple[str, int, float]]:
        """Currency, day and rate of every day that has one, its own or an earlier one's."""
        for currency in currencies:
            known = self.daily.get(currency, ())
            for place, (day, rate) in enumerate(known):
                last = day + MOST_DAYS_OLD
                if place + 1 < len(known):
                    last = min(last, known[place + 1][0] - 1)
                yield from ((currency, one, rate) for one in range(day, last + 1))


@dataclass(frozen=True, slots=True)
class UsedRate:
    """A rate that amounts were converted at.

    Attributes:
        currency: What they were in.
        rate: What one unit of it is in the currency of the report; None where that depends on the day.
        file: Where rates of days are from, else None.
    """

    currency: str
    rate: float | None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Conversion:
    """What amounts were converted into, and at which rates.

    Attributes:
        target: The currency of the report.
        used: The rates, a currency each.
    """

    target: str
    used: tuple[UsedRate, ...] = ()


def used_rates(rates: Rates, currencies: Sequence[str]) -> tuple[UsedRate, ...]:
    """The rates of currencies as they were used."""
    return tuple(
        UsedRate(one, None, ", ".join(rates.files)) if rates.is_daily(one) else UsedRate(one, rates.fixed[one])
        for one in currencies
        if one != rates.target
    )
