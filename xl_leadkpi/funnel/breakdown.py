"""Block F: the funnel by source, campaign, owner or any other field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import narwhals as nw

from xl_leadkpi.funnel.blocks import NO_GROUP, OTHER_GROUP, TOTAL, block, counted, kpi
from xl_leadkpi.funnel.scope import COUNT_KEY, Scope
from xl_leadkpi.funnel.stages import Cycles
from xl_leadkpi.funnel.tally import grouped, tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.funnel.report import Block, Column, Unit
    from xl_leadkpi.funnel.tally import Tally
    from xl_leadkpi.leads.engine import Row


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of a field that have a row of their own, largest first, and what the others add up to.

    Attributes:
        names: Values with a row; None stands for the leads without a value.
        tallies: Their counts.
        rest: Counts of all other values together, None where there are none.
        spend: Spend by value, with values no lead has.
    """

    names: tuple[str | None, ...]
    tallies: tuple[Tally, ...]
    rest: Tally | None
    spend: Mapping[str | None, float]


def groups(scope: Scope, rows: Sequence[Row], field: str, spend: Mapping[str | None, float] | None = None) -> Groups:
    """Choose the largest groups: most leads first, then most spend."""
    found = grouped(rows, lambda row: row[field])
    spend = spend or {}
    sizes = {name: sum(row["n"] for row in members) for name, members in found.items()}
    for name in spend:
        sizes.setdefault(name, 0)
    order = sorted(sizes, key=lambda name: (-sizes[name], -spend.get(name, 0.0), name is None, name or ""))
    limit = scope.options.top_groups
    named, rest = (order, []) if len(order) <= limit + 1 else (order[:limit], order[limit:])
    left = [row for name in rest for row in found.get(name, ())]
    return Groups(
        tuple(named),
        tuple(tally(found.get(name, ()), scope) for name in named),
        tally(left, scope) if rest else None,
        spend,
    )


def cycles(scope: Scope, field: str, named: Groups) -> Cycles:
    """Days from lead to won of each group with a row, numbered from 1; the others together are group 0."""
    column = nw.col(field)
    own = [
        nw.when(column.is_null() if name is None else column == name).then(nw.lit(number))
        for number, name in enumerate(named.names, start=1)
    ]
    won = scope.rows.filter(~nw.col("cycle").is_null()).select("cycle", group=nw.coalesce(*own, nw.lit(0)))
    return Cycles(won, bool(scope.table.has_time))


def count_columns(scope: Scope, tallies: Sequence[Tally]) -> list[Column]:
    """Counts and the rates over them; the same for every group and for the total."""

    def column(key: str, unit: Unit = "count") -> Column:
        return counted(key, unit, [getattr(one, key) for one in tallies])

    later = list(enumerate(scope.stages))[1:]
    columns = [column("leads")]
    columns += [
        counted(COUNT_KEY[stage], "count", [one.reached[place] for one in tallies])
        for place, stage in later
        if stage != "Won"
    ]
    columns += outcome_columns(scope, tallies)
    if "Opportunity" in scope.stages[1:]:
        columns.append(kpi("lead_to_opportunity", "fraction", "LEADTOOPP", "opportunities", "leads"))
    columns.append(kpi("lead_conversion", "fraction", "LEADCONV", "won", "leads"))
    if scope.knows_win_days:
        columns += [
            column("mature_leads"),
            column("mature_won"),
            kpi("lead_conversion_mature", "fraction", "LEADCONV", "mature_won", "mature_leads"),
        ]
    columns += win_rate_columns(scope, tallies)
    if scope.has_money:
        columns += [
            column("revenue", "money"),
            column("won_with_amount"),
            kpi("average_deal", "money", "AVGDEAL", "revenue", "won_with_amount"),
            column("pipeline", "money"),
        ]
    return columns


def outcome_columns(scope: Scope, tallies: Sequence[Tally]) -> list[Column]:
    """Won, lost and open; which of the lost had become opportunities may be unknown."""
    keys = ("won", "lost", "lost_opportunities", "disqualified", "open", "open_opportunities")
    unknown = set() if scope.knows_lost_opportunities else {"lost_opportunities", "disqualified"}
    return [counted(key, "count", [None if key in unknown else getattr(one, key) for one in tallies]) for key in keys]


def win_rate_columns(scope: Scope, tallies: Sequence[Tally]) -> list[Column]:
    """The win rate on the basis asked for, what it is of, and its interval."""

    def base(values: Sequence[int | None]) -> Column:
        return counted("win_rate_of", "count", values if scope.knows_losses else [None] * len(tallies))

    won, of = "won", "win_rate_of"
    match scope.win_basis:
        case "closed_all_lost":
            columns = [
                base([one.won + one.lost for one in tallies]),
                kpi("win_rate", "fraction", "WINRATE", "won", "lost"),
            ]
        case "closed":
            columns = [
                base([one.won + one.lost_opportunities for one in tallies]),
                kpi("win_rate", "fraction", "WINRATE", "won", "lost_opportunities"),
            ]
        case "all":
            columns = [
                base(
                    [
                        one.won + one.lost_opportunities + one.open_opportunities if scope.knows_lost_reach else None
                        for one in tallies
                    ]
                ),
                kpi("win_rate", "fraction", "WINRATE", "won", "lost_opportunities", "open_opportunities"),
            ]
        case "cohort":
            won = "mature_opportunities_won"
            columns = [
                counted(won, "count", [one.mature_opportunities_won for one in tallies]),
                base([one.mature_opportunities for one in tallies]),
                kpi("win_rate", "fraction", "OPPTOWIN", won, of),
            ]
    return [
        *columns,
        kpi("win_rate_low", "fraction", "CONVCI", won, of, item=0),
        kpi("win_rate_high", "fraction", "CONVCI", won, of, item=1),
    ]


def cost_columns(scope: Scope, spend: Sequence[float | None], *, comparable: bool) -> list[Column]:
    """Spend and what it bought; ``comparable``: spend and amounts are in one currency."""
    columns = [counted("spend", "money", spend), kpi("cpl", "money", "CPL", "spend", "leads")]
    columns += [
        kpi(f"cost_per_{name}", "money", function, "spend", COUNT_KEY[stage])
        for stage, name, function in COST_PER
        if stage in scope.stages[1:]
    ]
    columns.append(kpi("cac", "money", "CAC", "spend", "won"))
    if scope.has_money and comparable:
        columns += [
            kpi("roas", "ratio", "ROAS", "revenue", "spend"),
            kpi("romi", "fraction", "ROMI", "revenue", "spend", scope.options.gross_margin),
        ]
    return columns


def breakdown_block(
    scope: Scope,
    name: str,
    made: Groups,
    *,
    everyone: Tally,
    medians: Mapping[int, float | None],
    median: float | None,
    cost: Cost | None,
) -> Block:
    """F: one row a group, then the others together, then all leads.

    Args:
        scope: What is counted.
        name: Name of the table.
        made: The groups.
        everyone: Counts of all leads.
        medians: Median days from lead to won by group, see :func:`cycles`.
        median: Median days from lead to won of all leads.
        cost: Total spend and whether it can be set against amounts; None for fields that spend does not know.
    """
    rest = [] if made.rest is None else [made.rest]
    columns = [
        counted(
            "group",
            "text",
            [*(NO_GROUP if one is None else one for one in made.names), *(OTHER_GROUP for _ in rest), TOTAL],
        ),
        *count_columns(scope, [*made.tallies, *rest, everyone]),
    ]
    if scope.knows_win_days:
        own = [medians.get(number) for number in range(1, len(made.names) + 1)]
        columns.append(counted("cycle_days_median", "days", [*own, *(medians.get(0) for _ in rest), median]))
    if cost is not None:
        unnamed = [spend for one, spend in made.spend.items() if one not in made.names]
        spend = [*(made.spend.get(one) for one in made.names), *(sum(unnamed) if unnamed else None for _ in rest)]
        columns += cost_columns(scope, [*spend, cost.total], comparable=cost.comparable)
    return block(name, columns, totals=1)


@dataclass(frozen=True, slots=True)
class Cost:
    """All spend, and whether it is in the currency of the amounts."""

    total: float
    comparable: bool


COST_PER = (
    ("MQL", "mql", "CPMQL"),
    ("SQL", "sql", "CPSQL"),
    ("Meeting", "meeting", "CPMTG"),
    ("Opportunity", "opportunity", "CPOPP"),
)
"""Stages whose cost is a KPI of its own, beside leads and wins."""
