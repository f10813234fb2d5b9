"""Counts of a group of leads, added up from the few states leads can be in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.funnel.scope import LOST, OPEN, WON, Scope, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from xl_leadkpi.funnel.engine import Row

MATURE = ("mature_leads", "mature_won", "mature_opportunities", "mature_opportunities_won")


def states_by(rows: nw.LazyFrame[Any], *keys: str) -> nw.LazyFrame[Any]:
    """How many leads of each group are in each state, with their amounts."""
    return rows.group_by(*keys, "state").agg(
        nw.len().alias("n"),
        nw.col("amount").sum().alias("amount"),
        nw.col("amount").count().alias("amounts"),
        *(nw.col(name).sum() for name in MATURE),
    )


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one group of leads.

    Attributes:
        leads: All of them.
        reached: By stage in force: leads that reached it by the chosen rule.
        amount_reached: By stage in force: their amounts.
        passed: By stage in force: closed leads that came at least that far, as ``(won, lost)``.
        won: Won leads; ``lost``: lost ones; ``open``: the others.
        lost_opportunities: Lost leads that had become opportunities; the other lost ones are disqualified.
        open_opportunities: Open leads that have become opportunities.
        revenue: Amounts of won leads; ``won_with_amount``: how many of them have one.
        lost_amount: Amounts of lost opportunities.
        pipeline: Amounts of open opportunities.
        mature_leads: Leads old enough for the window; ``mature_won``: of them, won within it.
        mature_opportunities: Opportunities old enough; ``mature_opportunities_won``: of them, won within the window.
    """

    leads: int
    reached: tuple[int, ...]
    amount_reached: tuple[float, ...]
    passed: tuple[tuple[int, int], ...]
    won: int
    lost: int
    open: int
    lost_opportunities: int
    open_opportunities: int
    revenue: float
    won_with_amount: int
    lost_amount: float
    pipeline: float
    mature_leads: int
    mature_won: int
    mature_opportunities: int
    mature_opportunities_won: int

    @property
    def disqualified(self) -> int:
        """Lost before they were opportunities."""
        return self.lost - self.lost_opportunities


def tally(rows: Iterable[Row], scope: Scope) -> Tally:
    """Add up rows of :func:`states_by`."""
    states = sorted(rows, key=lambda row: (row["state"], row["n"], row["amount"]))
    decoded = [(row, *decode(int(row["state"]))) for row in states]
    opportunity = scope.opportunity_position

    def add(name: str, wanted: Callable[[int, int, int], bool]) -> Any:
        return sum(row[name] or 0 for row, reach, place, outcome in decoded if wanted(reach, place, outcome))

    def everyone(_reach: int, _place: int, _outcome: int) -> bool:
        return True

    bits = range(len(scope.stages))
    return Tally(
        leads=add("n", everyone),
        reached=tuple(add("n", lambda reach, _p, _o, bit=bit: bool(reach >> bit & 1)) for bit in bits),
        amount_reached=tuple(
            0.0 + add("amount", lambda reach, _p, _o, bit=bit: bool(reach >> bit & 1)) for bit in bits
        ),
        passed=tuple(
            (
                add("n", lambda _r, place, outcome, bit=bit: outcome == WON and place > bit),
                add("n", lambda _r, place, outcome, bit=bit: outcome == LOST and place > bit),
            )
            for bit in bits
        ),
        won=add("n", lambda _r, _p, outcome: outcome == WON),
        lost=add("n", lambda _r, _p, outcome: outcome == LOST),
        open=add("n", lambda _r, _p, outcome: outcome == OPEN),
        lost_opportunities=add("n", lambda _r, place, outcome: outcome == LOST and place >= opportunity),
        open_opportunities=add("n", lambda _r, place, outcome: outcome == OPEN and place >= opportunity),
        revenue=0.0 + add("amount", lambda _r, _p, outcome: outcome == WON),
        won_with_amount=add("amounts", lambda _r, _p, outcome: outcome == WON),
        lost_amount=0.0 + add("amount", lambda _r, place, outcome: outcome == LOST and place >= opportunity),
        pipeline=0.0 + add("amount", lambda _r, place, outcome: outcome == OPEN and place >= opportunity),
        mature_leads=add("mature_leads", everyone),
        mature_won=add("mature_won", everyone),
        mature_opportunities=add("mature_opportunities", everyone),
        mature_opportunities_won=add("mature_opportunities_won", everyone),
    )


def grouped(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> dict[Any, list[Row]]:
    """Rows by a key."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)
