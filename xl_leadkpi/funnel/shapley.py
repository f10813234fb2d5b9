"""Shapley values of conversion rates: what each channel of a path adds to the share of such paths that is won.

For a won path with the channels P, the worth of each set of channels within P is the share won of the paths with
exactly these channels, 0 where there is no such path. The Shapley values of P's channels share its wins. A channel
beside which paths are won less often than without it has a negative value: it gets nothing, the others share the whole.
"""

from __future__ import annotations

from functools import cache
from math import factorial
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

MOST_PLAYERS: Final = 12
"""Channels that play by themselves; the rarer ones beyond play as one: there are 2^n sets of n players."""


class Paths(NamedTuple):
    """The paths with the same channels.

    Attributes:
        players: The channels, the bits of a number: 5 is the first and the third.
        paths: How many there are.
        won: How many of them are won; ``revenue``: their amounts.
    """

    players: int
    paths: int
    won: int
    revenue: float


class Credit(NamedTuple):
    """What a player is credited with."""

    conversions: float = 0.0
    revenue: float = 0.0


def rates_known(sets: Iterable[Paths]) -> bool:
    """Whether there are paths that are not won: else all rates are 100 % and say nothing of any channel."""
    return any(one.paths > one.won for one in sets)


def credits_of_players(sets: Sequence[Paths]) -> Mapping[int, Credit]:
    """Share the wins of every set of channels among them.

    Args:
        sets: The paths by their channels, each set once.

    Returns:
        By place of the player, from 0; together all wins.

    >>> sets = [Paths(0b01, 10, 4, 40.0), Paths(0b10, 10, 2, 20.0), Paths(0b11, 10, 6, 60.0)]
    >>> {place: round(credit.conversions, 6) for place, credit in credits_of_players(sets).items()}
    {0: 8.0, 1: 4.0}
    """
    rates = {one.players: one.won / one.paths for one in sets}
    found: dict[int, Credit] = {}
    for one in sets:
        if not one.won:
            continue
        places = [place for place in range(one.players.bit_length()) if one.players >> place & 1]
        for place, share in zip(places, _shares(places, rates), strict=True):
            before = found.get(place, Credit())
            found[place] = Credit(before.conversions + share * one.won, before.revenue + share * one.revenue)
    return found


def _shares(places: Sequence[int], rates: Mapping[int, float]) -> list[float]:
    """What share of the wins with exactly these players each of them gets."""
    import numpy as np  # noqa: PLC0415 - without touches nothing here needs it

    subsets = np.arange(2 ** len(places))
    members = subsets[:, None] >> np.arange(len(places)) & 1
    worth = np.array([rates.get(int(one), 0.0) for one in members @ (1 << np.array(places))])
    weights = _weights(len(places))
    sizes = members.sum(axis=1)
    values = []
    for place in range(len(places)):
        without = subsets[members[:, place] == 0]
        values.append(float(weights[sizes[without]] @ (worth[without | 1 << place] - worth[without])))
    positive = [max(value, 0.0) for value in values]  # their sum is the rate of the whole set: not all are negative
    return [value / sum(positive) for value in positive]


@cache
def _weights(players: int) -> NDArray[np.float64]:
    """By size of a set, the share of all orders in which just its members come before a player."""
    import numpy as np  # noqa: PLC0415

    return np.array([factorial(n) * factorial(players - n - 1) / factorial(players) for n in range(players)])
