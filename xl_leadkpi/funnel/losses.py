"""Blocks I and J: where and why leads are lost, and what the open ones are worth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.funnel.blocks import NO_GROUP, OTHER_GROUP, TOTAL, block, counted, kpi
from xl_leadkpi.funnel.scope import LOST, OPEN, Scope, decode
from xl_leadkpi.funnel.tally import grouped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xl_leadkpi.funnel.report import Block, Column
    from xl_leadkpi.funnel.stages import Spell
    from xl_leadkpi.funnel.tally import Tally
    from xl_leadkpi.leads.engine import Row

SHRINK_BELOW = 30
"""Closed leads below which a rate is drawn towards one half, as if two more had been won and two more lost."""


def lost_by_reason(scope: Scope) -> nw.LazyFrame[Any]:
    """Lost leads by the stage they were lost from and the reason given."""
    lost = scope.rows.filter(nw.col("outcome") == LOST)
    return lost.group_by("lost_at", "lost_reason").agg(nw.len().alias("n"), nw.col("amount").sum().alias("amount"))


def losses_block(scope: Scope, rows: Sequence[Row]) -> Block:
    """I: by stage, its reasons in order of number, the rarest together."""
    table: list[tuple[str, str, int, float]] = []
    by_stage = grouped(rows, lambda row: int(row["lost_at"]))
    for position in sorted(by_stage):
        reasons = sorted(by_stage[position], key=lambda row: (-row["n"], row["lost_reason"] or ""))
        shown, rest = reasons, []
        if len(reasons) > scope.options.top_groups + 1:
            shown, rest = reasons[: scope.options.top_groups], reasons[scope.options.top_groups :]
        stage = scope.stages[position - 1]
        table += [(stage, row["lost_reason"] or NO_GROUP, row["n"], row["amount"] or 0.0) for row in shown]
        if rest:
            table.append((stage, OTHER_GROUP, sum(row["n"] for row in rest), sum(row["amount"] or 0.0 for row in rest)))
    table.append((TOTAL, "", sum(row["n"] for row in rows), sum(row["amount"] or 0.0 for row in rows)))
    columns = [
        counted("stage", "text", [stage for stage, _, _, _ in table]),
        counted("reason", "text", [reason or None for _, reason, _, _ in table]),
        counted("lost", "count", [n for _, _, n, _ in table]),
    ]
    if scope.has_money:
        columns.append(counted("amount", "money", [amount for _, _, _, amount in table]))
    return block("tblLoss", columns, totals=1)


def pipeline_block(scope: Scope, profile_rows: Sequence[Row], everyone: Tally, measured: Sequence[Spell]) -> Block:
    """J: open opportunities by the stage they are in, weighted with the share of closed leads from there that were won.

    No rate where nothing is closed yet; no amounts where no open opportunity has one.
    """
    first = scope.opportunity_position
    stages = [stage for stage in scope.stages[first - 1 :] if stage != "Won"]
    spells = {spell.name: spell for spell in measured}
    here: list[list[Row]] = [[] for _ in stages]
    for row in profile_rows:
        _, _, place, outcome = decode(int(row["state"]))
        if stages and outcome == OPEN and place >= first:
            # one that went back to an earlier stage still is an opportunity
            here[min(max(int(row["now"]), first), first + len(stages) - 1) - first].append(row)
    won, lost = ([pair[i] for pair in everyone.passed[first - 1 : first - 1 + len(stages)]] for i in (0, 1))
    if not scope.knows_lost_reach:
        lost = [everyone.lost] * len(stages)
    closed = any(won) or any(lost)
    extra = [2 if w + n < SHRINK_BELOW else 0 for w, n in zip(won, lost, strict=True)]
    known = [spells.get(stage) for stage in stages]
    stalled = [spell and spell.stalled for spell in known]
    open_ = [sum(row["n"] for row in rows) for rows in here]
    columns = [
        counted("stage", "text", [*stages, TOTAL]),
        counted("open", "count", [*open_, sum(open_)]),
    ]
    if scope.has_money:
        amounts = [sum(row["amount"] or 0.0 for row in rows) for rows in here]
        total = [*amounts, sum(amounts)]
        columns.append(counted("amount", "money", [None] * len(total) if everyone.pipeline is None else total))
    columns += [
        counted("closed_won", "count", [*won, None]),
        counted("closed_lost", "count", [*lost, None]),
        counted("prior_won", "count", [*(w + x if closed else None for w, x in zip(won, extra, strict=True)), None]),
        counted("prior_lost", "count", [*(n + x if closed else None for n, x in zip(lost, extra, strict=True)), None]),
        kpi("stage_to_won", "fraction", "WINRATE", "prior_won", "prior_lost"),
    ]
    if scope.has_money:
        columns.append(kpi("weighted", "money", "WPIPE", "amount", "stage_to_won"))
    columns += [
        counted("open_median_days", "days", [*(spell and spell.open_median for spell in known), None]),
        counted("stalled", "count", [*stalled, sum(n for n in stalled if n is not None)]),
    ]
    made = block("tblPipeline", columns, totals=1, notes=(("shrunk_below", str(SHRINK_BELOW)),))
    return replace(made, columns=tuple(_summed(one) if one.key == "weighted" else one for one in made.columns))


def _summed(column: Column) -> Column:
    """The column with the sum of its rows in the totals row."""
    known = [value for value in column.values[:-1] if isinstance(value, int | float)]
    return replace(column, values=(*column.values[:-1], float(sum(known)) if known else None), summed=1)


def weighted_pipeline(pipeline: Block) -> float | None:
    """Weighted amounts of the open opportunities, None where they have no amounts or nothing is closed yet."""
    return pipeline["weighted"].values[-1] if "weighted" in pipeline else None
