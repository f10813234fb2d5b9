"""Counts of a group of leads, added up from the few states leads can be in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.funnel.lead_state import LOST, MATURITY_FLAGS, OPEN, WON
from xl_leadkpi.funnel.section import Query

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from xl_leadkpi.engines import Row
    from xl_leadkpi.funnel.context import FunnelContext


LEADS_BY_STATE = Query("leads by state")


def leads_by_state(field: str) -> Query:
    """The query for the leads by a field and their state."""
    return Query("leads by state", field)


def states_by(rows: nw.LazyFrame[Any], *keys: str) -> nw.LazyFrame[Any]:
    """How many leads of each group are in each state, with their amounts."""
    return rows.group_by(*keys, "state").agg(
        nw.len().alias("n"),
        nw.col("amount").sum().alias("amount"),
        nw.col("amount").count().alias("amounts"),
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
        lost_amount: Amounts of lost opportunities, None if there are some and not one has an amount.
        pipeline: Amounts of open opportunities, None if there are some and not one has an amount.
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
    lost_amount: float | None
    pipeline: float | None
    mature_leads: int
    mature_won: int
    mature_opportunities: int
    mature_opportunities_won: int

    @property
    def disqualified(self) -> int:
        """Lost before they were opportunities."""
        return self.lost - self.lost_opportunities


def tally(rows: Iterable[Row], context: FunnelContext) -> Tally:
    """Add up rows of :func:`states_by`."""
    stages, opportunity = len(context.stages), context.opportunity_rank
    reached, amount_reached = [0] * stages, [0.0] * stages
    passed = [[0] * stages for _ in range(3)]
    packing = context.packing
    counts, opportunities = [0] * 3, [0] * 3
    amounts, opportunity_amounts = [0.0] * 3, [0.0] * 3
    with_amount = [0] * 3
    valued = [False] * 3
    mature = dict.fromkeys(MATURITY_FLAGS, 0)
    # sorted, so that sums of amounts come out the same whatever order the engine has
    for row in sorted(rows, key=lambda row: (row["state"], row["n"], row["amount"] or 0.0)):
        maturity_flags, reach, furthest_rank, outcome = packing.unpack(row["state"])
        n, amount = int(row["n"]), row["amount"] or 0.0
        for position in range(stages):
            if reach >> position & 1:
                reached[position] += n
                amount_reached[position] += amount
            if furthest_rank > position:
                passed[outcome][position] += n
        counts[outcome] += n
        amounts[outcome] += amount
        with_amount[outcome] += int(row["amounts"])
        if furthest_rank >= opportunity:
            opportunities[outcome] += n
            opportunity_amounts[outcome] += amount
            # a CRM that writes 0 for what a lost deal was worth says nothing about its worth
            valued[outcome] = valued[outcome] or amount != 0
        for bit, name in enumerate(MATURITY_FLAGS):
            mature[name] += n if maturity_flags >> bit & 1 else 0
    return Tally(
        leads=sum(counts),
        reached=tuple(reached),
        amount_reached=tuple(amount_reached),
        passed=tuple(zip(passed[WON], passed[LOST], strict=True)),
        won=counts[WON],
        lost=counts[LOST],
        open=counts[OPEN],
        lost_opportunities=opportunities[LOST],
        open_opportunities=opportunities[OPEN],
        revenue=amounts[WON],
        won_with_amount=with_amount[WON],
        lost_amount=opportunity_amounts[LOST] if valued[LOST] or not opportunities[LOST] else None,
        pipeline=opportunity_amounts[OPEN] if valued[OPEN] or not opportunities[OPEN] else None,
        **mature,
    )


def grouped(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> dict[Any, list[Row]]:
    """Rows by a key."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)
