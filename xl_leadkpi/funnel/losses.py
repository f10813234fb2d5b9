"""Blocks I and J: where and why leads are lost, and what the open ones are worth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.funnel.blocks import (
    NO_GROUP,
    OTHER_GROUP,
    TOTAL,
    UNKNOWN_STAGE,
    block,
    kpi_column,
    steady_sum,
    values_column,
)
from xl_leadkpi.funnel.forecast import by_stage
from xl_leadkpi.funnel.lead_state import LOST, OPEN
from xl_leadkpi.funnel.report import Column
from xl_leadkpi.funnel.section import Query, Section
from xl_leadkpi.funnel.stages import PROFILE
from xl_leadkpi.funnel.tally import grouped
from xl_leadkpi.leads.model.evidence import Fact, needs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xl_leadkpi.engines import Row
    from xl_leadkpi.funnel.context import FunnelContext
    from xl_leadkpi.funnel.figures import Answers, Figures
    from xl_leadkpi.funnel.forecast import Forecast
    from xl_leadkpi.funnel.report import Block, NamedBlocks
    from xl_leadkpi.funnel.section import Queries
    from xl_leadkpi.funnel.stages import StageDuration
    from xl_leadkpi.funnel.tally import Tally

LOSS_REASONS = Query("lost leads by stage and reason")
SHRINK_BELOW = 30
"""Closed leads below which a rate is drawn towards the win rate of all, as if a few more had been closed at it."""
SHRINK_BY = 4
"""How many more."""


def lost_by_reason(context: FunnelContext) -> nw.LazyFrame[Any]:
    """Lost leads by the stage they were lost from and the reason given."""
    lost = context.rows.filter(nw.col("outcome") == LOST)
    return lost.group_by("lost_rank", "lost_reason").agg(nw.len().alias("n"), nw.col("amount").sum().alias("amount"))


def losses_block(context: FunnelContext, rows: Sequence[Row], name: str = "tblLoss") -> Block:
    """I: by stage, its reasons in order of number, the rarest together."""
    table: list[tuple[str, str, int, float]] = []
    by_stage = grouped(rows, lambda row: int(row["lost_rank"]))
    for rank in sorted(by_stage, key=lambda rank: rank or len(context.stages)):
        reasons = sorted(by_stage[rank], key=lambda row: (-row["n"], row["lost_reason"] or ""))
        shown, rest = reasons, []
        if len(reasons) > context.options.top_groups + 1:
            shown, rest = reasons[: context.options.top_groups], reasons[context.options.top_groups :]
        stage = context.stages[rank - 1] if rank else UNKNOWN_STAGE
        table += [(stage, row["lost_reason"] or NO_GROUP, row["n"], row["amount"] or 0.0) for row in shown]
        if rest:
            table.append((stage, OTHER_GROUP, sum(row["n"] for row in rest), sum(row["amount"] or 0.0 for row in rest)))
    table.append((TOTAL, "", sum(row["n"] for row in rows), sum(row["amount"] or 0.0 for row in rows)))
    columns = [
        values_column("stage", "text", [stage for stage, _, _, _ in table]),
        values_column("reason", "text", [reason or None for _, reason, _, _ in table]),
        values_column("lost", "count", [n for _, _, n, _ in table]),
    ]
    if context.has_money:
        columns.append(values_column("amount", "money", [amount for _, _, _, amount in table]))
    return block(name, columns, totals=1, evidence=context.evidence)


def pipeline_block(
    context: FunnelContext,
    answers: Answers,
    totals: Tally,
    durations: Sequence[StageDuration],
    *,
    forecast: Forecast | None = None,
) -> Block:
    """J: open opportunities by the stage they are in, weighted with their chance to be won.

    That is what the model of the forecast gives them, each by its stage and age, on average weighted with their
    amounts. Without it, it is the share of closed leads from the stage on that were won: where few are closed, drawn
    towards the win rate of all; where nobody knows from which stage the lost ones went, the win rate of all. No rate
    without wins or losses; no amounts where no open opportunity has one.
    """
    first = context.opportunity_rank
    stages = [stage for stage in context.stages[first - 1 :] if stage != context.pipeline.won.name]
    by_stage = {duration.name: duration for duration in durations}
    here: list[list[Row]] = [[] for _ in stages]
    for row in answers[PROFILE]:
        state = context.packing.unpack(row["state"])
        if stages and state.outcome == OPEN and state.furthest_rank >= first:
            # one that went back to an earlier stage still is an opportunity
            here[min(max(int(row["current_rank"]), first), first + len(stages) - 1) - first].append(row)
    won, lost = ([pair[i] for pair in totals.passed[first - 1 : first - 1 + len(stages)]] for i in (0, 1))
    came = [context.reach(stage) for stage in stages]
    all_lost = totals.lost if context.counts_all_lost else totals.lost_opportunities
    chances = [
        shrunk(w, n, totals.won, all_lost) if context.evidence.supports(*facts) else (totals.won, all_lost)
        for w, n, facts in zip(won, lost, came, strict=True)
    ]
    waits = [by_stage.get(stage) for stage in stages]
    stalled = [one and one.stalled for one in waits]
    open_ = [sum(row["n"] for row in rows) for rows in here]
    amounts = [sum(row["amount"] or 0.0 for row in rows) for rows in here]
    total = [*amounts, sum(amounts)] if totals.pipeline is not None else [None] * (len(stages) + 1)
    visit_needs = [context.stay(stage) for stage in stages]
    outcomes = [Fact.WINS, Fact.LEADS_NOT_WON, *context.closed_needs]
    columns = [
        values_column("stage", "text", [*stages, TOTAL]),
        values_column("open", "count", [*open_, sum(open_)], needs=[Fact.OPPORTUNITIES]),
        values_column("amount", "money", total, needs=[Fact.AMOUNTS, Fact.ONE_CURRENCY, Fact.OPPORTUNITIES]),
        values_column("closed_won", "count", [*won, None], needs=[Fact.WINS]),
        values_column("closed_lost", "count", [*lost, None], needs=[Fact.LOSSES], row_needs=[*came, ()]),
        values_column("prior_won", "number", [*(w for w, _ in chances), None], needs=outcomes),
        values_column("prior_lost", "number", [*(n for _, n in chances), None], needs=outcomes),
        *_chances(forecast, answers, stages, total, outcomes),
        kpi_column("weighted", "money", "WPIPE", "amount", "stage_to_won"),
        values_column("open_median_days", "days", [*(one and one.open_median for one in waits), None]),
        values_column(
            "stalled",
            "count",
            [*stalled, sum(n for n in stalled if n is not None)],
            row_needs=[*visit_needs, tuple(need for one in visit_needs for need in one)],
        ),
    ]
    known = all(context.evidence.supports(*facts) for facts in came) and not context.counts_all_lost
    notes = [("shrunk_below", str(SHRINK_BELOW)), *([] if known else [("overall_win_rate", "")])]
    if forecast is not None:
        notes = [("chance_by_model", ""), *notes]
    pipeline = block("tblPipeline", columns, totals=1, notes=notes, evidence=context.evidence)
    return replace(pipeline, columns=tuple(_summed(one) if one.key == "weighted" else one for one in pipeline.columns))


def _chances(
    forecast: Forecast | None,
    answers: Answers,
    stages: Sequence[str],
    amounts: Sequence[float | None],
    outcomes: Sequence[Fact],
) -> list[Column]:
    """The chance of the open ones of each stage, and beside that of the model the share of the closed ones."""
    if forecast is None:
        return [kpi_column("stage_to_won", "fraction", "WINRATE", "prior_won", "prior_lost")]
    values = by_stage(forecast, answers, stages)
    chances = [
        steady_sum(one.money) / steady_sum(amount) if amount else one.won / one.n if one.n else one.chance
        for one, amount in zip(values, amounts, strict=False)
    ]
    return [
        kpi_column("stage_to_won_closed", "fraction", "WINRATE", "prior_won", "prior_lost"),
        Column("stage_to_won", "fraction", (*chances, None), needs=needs(*outcomes)),
    ]


def shrunk(won: int, lost: int, all_won: int, all_lost: int) -> tuple[float, float]:
    """Won and lost ones of a stage, where they are few with some more closed at the win rate of all.

    >>> shrunk(3, 1, 30, 10), shrunk(30, 30, 30, 10)
    ((6.0, 2.0), (30, 30))
    """
    if won + lost >= SHRINK_BELOW or not all_won + all_lost:
        return won, lost
    rate = all_won / (all_won + all_lost)
    return won + SHRINK_BY * rate, lost + SHRINK_BY * (1 - rate)


def _summed(column: Column) -> Column:
    """The column with the sum of its rows in the totals row."""
    numbers = [value for value in column.values[:-1] if isinstance(value, int | float)]
    return replace(column, values=(*column.values[:-1], steady_sum(float(sum(numbers))) if numbers else None), summed=1)


def weighted_pipeline(pipeline: Block) -> float | None:
    """Weighted amounts of the open opportunities, None where they have no amounts or nothing is closed yet."""
    total: float | None = pipeline["weighted"].values[-1]
    return total


class LossesSection(Section):
    """I."""

    def queries(self, context: FunnelContext) -> Queries:
        """Lost leads by stage and reason."""
        return {LOSS_REASONS: lost_by_reason(context)}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """Where and why leads are lost."""
        return {"losses": losses_block(figures.context, figures.answers[LOSS_REASONS])}


class PipelineSection(Section):
    """J."""

    def blocks(self, figures: Figures) -> NamedBlocks:
        """What the open opportunities are worth; its query is that of the stages."""
        return {"pipeline": figures.pipeline}
