"""Splitting the change of a figure exactly over what it is made of, in no order.

A figure that is a product - revenue is closed opportunities times win rate times average deal - changes with its
factors, and part of the change belongs to several of them at once. Taking them one after the other gives that part to
whichever comes first or last. The Shapley value takes the mean over all orders: each factor's part is what its change
adds, averaged over every choice of the others that have changed already. The parts add up to the whole, a factor that
has not changed has none, and nothing depends on an order (Shapley 1953; of figures over time Sun 1998, Albrecht,
Francois and Schoors 2002). Unlike the logarithmic mean it needs no logarithm and so takes zeros as they are: a channel
that has won nothing.

A factor that is unknown in one of the two periods - the win rate of a channel nobody closed a deal of - counts as
unchanged.
"""

from __future__ import annotations

from functools import cache
from math import comb
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


def product_parts(before: Sequence[float | None], now: Sequence[float | None]) -> list[float]:
    """What each factor adds to the change of their product (Shapley value).

    Args:
        before: The factors as they were; None for one that is unknown.
        now: The factors as they are, in the same order.

    Returns:
        A part for each factor; together the change of the product.

    >>> [round(part, 6) for part in product_parts([100, 0.2, 50.0], [80, 0.25, 50.0])]
    [-225.0, 225.0, 0.0]
    >>> product_parts([10, 0.5], [0, None])
    [-5.0, 0.0]
    """
    pairs = [_known(*pair) for pair in zip(before, now, strict=True)]
    return [
        (new - old) * _mean_of_others([*pairs[:place], *pairs[place + 1 :]]) for place, (old, new) in enumerate(pairs)
    ]


def _known(old: float | None, new: float | None) -> tuple[float, float]:
    """A factor in both periods; unknown in one it is as in the other, unknown in both it says nothing."""
    if old is None:
        return (new, new) if new is not None else (1.0, 1.0)
    return old, old if new is None else new


def _mean_of_others(pairs: Sequence[tuple[float, float]]) -> float:
    """Mean, over all orders, of the product of the other factors, of which those that came earlier have changed."""
    by_changed = [1.0]  # the sum of all products in which so many factors have changed
    for old, new in pairs:
        kept, changed = [one * old for one in by_changed], [one * new for one in by_changed]
        by_changed = [left + right for left, right in zip([*kept, 0.0], [0.0, *changed], strict=True)]
    return sum(weight * one for weight, one in zip(_weights(len(pairs)), by_changed, strict=True))


@cache
def _weights(others: int) -> tuple[float, ...]:
    """By how many others have changed, the share of all orders in which just these come before a factor."""
    return tuple(1 / ((others + 1) * comb(others, changed)) for changed in range(others + 1))


class Cost(NamedTuple):
    """What was spent and what came of it, in one period."""

    spend: float
    won: float


def cost_parts(before: Cost, now: Cost) -> tuple[float, float]:
    """How the change of a cost per win follows from spend and from wins.

    Both are linear - in the spend and in the wins of each group, in the parts of the change of the wins - so that the
    parts of groups and factors follow by multiplication (Owen's value, 1977: Shapley's with the wins as one union).

    Args:
        before: Spend and wins as they were; some were won.
        now: Spend and wins as they are; some are won.

    Returns:
        By how much each unit of money more that is spent raises the cost of a win, and each win more.

    >>> a_unit, a_win = cost_parts(Cost(1000.0, 10), Cost(1200.0, 8))
    >>> a_unit * 200 + a_win * -2 == 1200 / 8 - 1000 / 10
    True
    """
    return (1 / before.won + 1 / now.won) / 2, -(before.spend + now.spend) / 2 / (before.won * now.won)
