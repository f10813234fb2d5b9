"""Closed deals of two periods that chance alone tells apart, or one cause that is planted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log

import numpy as np

from xl_leadkpi.funnel import chance
from xl_leadkpi.funnel.change_parts import Closed, Days, Mature, Pair, Side
from xl_leadkpi.funnel.changes import CAC, CONVERSION, REVENUE, WON_DEALS, split_changes

SOURCES = {"Google Ads": 0.3, "LinkedIn": 0.2, "Referral": 0.2, "SEO": 0.2, "Fairs": 0.1}
OWNERS = {"Adams": 0.25, "Brown": 0.2, "Clark": 0.2, "Davis": 0.2, "Evans": 0.15}
WIN_RATES = {"Google Ads": 0.4, "LinkedIn": 0.3, "Referral": 0.5, "SEO": 0.35, "Fairs": 0.25}
A_DAY = 9
DAYS = 90


@dataclass(frozen=True)
class Deals:
    """A closed deal each."""

    source: np.ndarray
    owner: np.ndarray
    won: np.ndarray
    amount: np.ndarray

    def where(self, chosen):
        return Deals(self.source[chosen], self.owner[chosen], self.won[chosen], self.amount[chosen])


def deals(rng, days=DAYS, a_day=A_DAY):
    """Deals closed in so many days."""
    n = rng.poisson(a_day * days)
    source = rng.choice(list(SOURCES), n, p=list(SOURCES.values()))
    owner = rng.choice(list(OWNERS), n, p=list(OWNERS.values()))
    won = rng.random(n) < np.array([WIN_RATES[one] for one in source])
    return Deals(source, owner, won, np.round(rng.lognormal(log(8000), 0.7, n), 2))


def with_halved_rate(rng, found, source):
    """Half of the wins of a channel are lost instead."""
    lost = (found.source == source) & (rng.random(len(found.won)) < 0.5)
    return replace(found, won=found.won & ~lost)


def with_doubled_deals(found, owner):
    """The deals of an owner are twice as large."""
    return replace(found, amount=np.where(found.owner == owner, 2 * found.amount, found.amount))


def closed(found, spend=None):
    amounts = found.amount[found.won]
    logs = np.log(amounts)
    return Closed(
        closed=len(found.won),
        won=len(amounts),
        priced=len(amounts),
        revenue=float(amounts.sum()),
        squares=float((amounts**2).sum()),
        logs=chance.Logs(len(amounts), float(logs.sum()), float((logs**2).sum())),
        spend=spend,
    )


def side(found, spend=None):
    """Leads stand for themselves: every closed deal was one."""
    return Side(closed(found, spend), Mature(len(found.won), int(found.won.sum())))


def changes(before, now, days=(DAYS, DAYS)):
    """What changed between two tables of deals."""
    spend = 50_000.0
    whole = Pair(side(before, spend), side(now, spend))
    fields = {
        field: {name: Pair(*(side(one.where(getattr(one, field) == name)) for one in (before, now))) for name in names}
        for field, names in (("source", SOURCES), ("owner", OWNERS))
    }
    return split_changes(whole, fields, Days(*days), (REVENUE, WON_DEALS, CAC, CONVERSION))
