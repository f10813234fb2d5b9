"""Every headline figure counted anew, slowly and by the specification alone: nothing of the package is used.

A figure is right if it is one of those the file supports, or unknown where the file cannot tell it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import mean, median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from .telling import Telling, Told

LEAD_ORDER = ("Lead", "MQL", "SQL", "Meeting", "Opportunity", "Proposal", "Won")
DEAL_ORDER = ("Opportunity", "Meeting", "Proposal", "Won")
COUNT_KEYS = {
    "MQL": "mql",
    "SQL": "sql",
    "Meeting": "meetings",
    "Opportunity": "opportunities",
    "Proposal": "proposals",
}


@dataclass
class Figure:
    """What a figure may be.

    Attributes:
        values: The values that are right; none: it must be unknown.
        low: With ``high``, bounds instead of values.
        if_found: The value is right only beside a finding of one of these kinds, for it is a lower bound.
        blank: It has no value by its own definition (a ratio over nothing), which needs no reason.
        arguable: One of the readings that a file allows leaves it unknown.
    """

    values: list[float] = field(default_factory=list)
    low: float | None = None
    high: float | None = None
    if_found: tuple[str, ...] = ()
    blank: bool = False
    arguable: bool = False

    def fits(self, value: float) -> bool:
        """Tell whether a value is right."""
        if self.low is not None and self.high is not None:
            slack = 1e-6 * max(1.0, abs(self.high))
            if self.low - slack <= value <= self.high + slack:
                return True
        return any(abs(value - one) <= 1e-6 * max(1.0, abs(one)) for one in self.values)

    @property
    def known(self) -> bool:
        """The file supports the figure, however it is read."""
        return bool(self.values or self.low is not None) and not self.if_found and not self.arguable


Figures = dict[str, Figure]


@dataclass
class SpendTold:
    """What the spend files tell: spend by the day and the channel, as one name for each channel."""

    rows: list[tuple[date, str, float]]

    @property
    def total(self) -> float:
        """All of it."""
        return sum(spend for _, _, spend in self.rows)


UNKNOWN_REACH = ("lost_reach_unknown",)
UNKNOWN_WORDS = ("unknown_words", "guessed_stage_words", *UNKNOWN_REACH)


def recount(told: Telling, spend: SpendTold | None = None) -> Figures:
    """Count everything a telling supports."""
    figures: Figures = {}
    order = DEAL_ORDER if told.kind == "deals" else LEAD_ORDER
    _summary(figures, told, order)
    _stages(figures, told, order)
    _money(figures, told, order)
    _cycle(figures, told)
    _months(figures, told)
    if told.sources:
        _sources(figures, told, order)
    if spend is not None:
        _spend(figures, told, spend)
    return figures


def ratio(above: float, below: float) -> Figure:
    """A share; blank over nothing."""
    return Figure([above / below]) if below else Figure(blank=True)


def furthest(row: Told, order: tuple[str, ...]) -> int:
    """Rank of the furthest stage with evidence (specification, 3)."""
    return max((order.index(stage) for stage in row.reached if stage in order), default=0)


def _is_opportunity(row: Told, order: tuple[str, ...]) -> bool:
    return furthest(row, order) >= order.index("Opportunity")


def _count(told: Telling, outcome: str) -> int:
    return sum(row.outcome == outcome for row in told.rows)


def _in_force(told: Telling, order: tuple[str, ...]) -> list[str]:
    evidence = {stage for row in told.rows for stage in row.reached}
    return [stage for stage in order if stage in evidence]


def _summary(figures: Figures, told: Telling, order: tuple[str, ...]) -> None:
    n, won, lost = len(told.rows), _count(told, "won"), _count(told, "lost")
    opportunities_lost = sum(row.outcome == "lost" and _is_opportunity(row, order) for row in told.rows)
    figures["summary.leads"] = Figure([n])
    # no word for won was met: nobody knows how many there are, least of all that there are none
    figures["summary.won"] = Figure([won])
    figures["summary.lost"] = Figure([lost])
    figures["summary.open"] = Figure([n - won - lost])
    figures["summary.lead_conversion"] = ratio(won, n) if told.won else Figure()
    figures["summary.lost_opportunities"] = Figure([opportunities_lost] if told.opportunity else [])
    if not told.lost:
        figures["summary.lost_opportunities"] = Figure([0])
    figures["summary.win_rate"] = _win_rate(told, won, lost, opportunities_lost)


def _win_rate(told: Telling, won: int, lost: int, opportunities_lost: int) -> Figure:
    if not (told.won and told.lost):
        return Figure()
    return ratio(won, won + (opportunities_lost if told.opportunity else lost))


def _stages(figures: Figures, told: Telling, order: tuple[str, ...]) -> None:
    stages = _in_force(told, order)
    reached = {stage: sum(furthest(row, order) >= order.index(stage) for row in told.rows) for stage in order}
    # without the reach of the lost a count is the least there can have been
    doubtful = {stage for stage in stages if told.lost and stage not in told.certain}
    named = UNKNOWN_WORDS if told.guessed else UNKNOWN_REACH
    for stage in stages:
        if_found = named if stage in doubtful else ()
        figures[f"stages[{stage}].reached"] = Figure([reached[stage]], if_found=if_found)
        if stage in COUNT_KEYS:
            figures[f"summary.{COUNT_KEYS[stage]}"] = Figure([reached[stage]], if_found=if_found)
    for before, stage in pairwise(stages):
        step = ratio(reached[stage], reached[before])
        if doubtful & {before, stage}:
            # too low, beside the word that makes it so; with no such word there is nothing to go by
            step = replace(step, if_found=named) if told.guessed else Figure()
        if stage == "Won" and not told.won:
            step = Figure()
        figures[f"stages[{stage}].next_step_naive"] = step


def _money(figures: Figures, told: Telling, order: tuple[str, ...]) -> None:
    if not told.amounts:
        for key in ("revenue", "average_deal", "pipeline", "weighted_pipeline"):
            figures[f"summary.{key}"] = Figure()
        return
    sold = [row.amount for row in told.rows if row.outcome == "won" and row.amount is not None]
    figures["summary.revenue"] = Figure([sum(sold)]) if told.won else Figure([0])
    figures["summary.average_deal"] = ratio(sum(sold), len(sold)) if told.won else Figure(blank=True)
    hoped = [row for row in told.rows if row.outcome == "open" and _is_opportunity(row, order)]
    pipeline = sum(row.amount or 0.0 for row in hoped)
    figures["summary.pipeline"] = Figure([pipeline])
    figures["summary.weighted_pipeline"] = _weighted(told, order, hoped)


def _weighted(told: Telling, order: tuple[str, ...], hoped: list[Told]) -> Figure:
    """Bounds: a stage's chance lies between its own share of wins and the win rate of all."""
    won, lost = _count(told, "won"), _count(told, "lost")
    if not (told.won and told.lost):
        return Figure()
    if told.opportunity:
        lost = sum(row.outcome == "lost" and _is_opportunity(row, order) for row in told.rows)
    if not won + lost:
        return Figure(blank=True)
    overall = won / (won + lost)
    low = high = 0.0
    for row in hoped:
        place = furthest(row, order)
        gone = sum(one.outcome == "lost" and furthest(one, order) >= place for one in told.rows)
        if order[place] in told.certain:
            own = won / (won + gone)
            least, most = min(own, overall), max(own, overall)
        else:  # nobody knows which stage the lost came from: nothing but the win rate of all can be said
            least, most = 0.6 * overall, min(1.0, 1.3 * overall)
        low += (row.amount or 0.0) * least
        high += (row.amount or 0.0) * most
    return Figure(low=low, high=high)


def _cycle(figures: Figures, told: Telling) -> None:
    days = [
        (row.won_day - row.created).days
        for row in told.rows
        if row.won_day is not None and row.created is not None and row.won_day >= row.created
    ]
    figures["summary.cycle_days_mean"] = Figure([mean(days)] if days else [])
    figures["summary.cycle_days_median"] = Figure([median(days)] if days else [])


def _months(figures: Figures, told: Telling) -> None:
    if not told.created:
        for month in {f"{row.won_day:%Y-%m}" for row in told.rows if row.won_day}:
            figures[f"months[{month}].leads"] = Figure()
            figures[f"months[{month}].cohort_conversion"] = Figure()
    created = [row for row in told.rows if row.created]
    for month in sorted({f"{row.created:%Y-%m}" for row in created}):
        cohort = [row for row in created if f"{row.created:%Y-%m}" == month]
        won = sum(row.outcome == "won" for row in cohort)
        figures[f"months[{month}].leads"] = Figure([len(cohort)])
        if told.won:
            figures[f"months[{month}].cohort_won"] = Figure([won])
            figures[f"months[{month}].cohort_conversion"] = ratio(won, len(cohort))
    for month in sorted({f"{row.won_day:%Y-%m}" for row in told.rows if row.won_day}):
        wins = [row for row in told.rows if row.won_day and f"{row.won_day:%Y-%m}" == month]
        figures[f"months[{month}].entered_won"] = Figure([len(wins)])
        if told.amounts:
            figures[f"months[{month}].revenue"] = Figure([sum(row.amount or 0.0 for row in wins)])


def _sources(figures: Figures, told: Telling, order: tuple[str, ...]) -> None:
    for source in {row.source for row in told.rows}:
        rows = [row for row in told.rows if row.source == source]
        at = f"by.source[{source or '(none)'}]"
        won = sum(row.outcome == "won" for row in rows)
        lost = [row for row in rows if row.outcome == "lost"]
        figures[f"{at}.leads"] = Figure([len(rows)])
        figures[f"{at}.won"] = Figure([won])
        opportunities_lost = sum(_is_opportunity(row, order) for row in lost)
        figures[f"{at}.win_rate"] = _win_rate(told, won, len(lost), opportunities_lost)
        if told.won:
            figures[f"{at}.lead_conversion"] = ratio(won, len(rows))
        else:
            figures[f"{at}.lead_conversion"] = Figure()
        if told.amounts and told.won:
            sold = sum(row.amount or 0.0 for row in rows if row.outcome == "won")
            figures[f"{at}.revenue"] = Figure([sold])
    if told.amounts and told.won:
        figures["by.source[(total)].revenue"] = figures["summary.revenue"]


def _spend(figures: Figures, told: Telling, spend: SpendTold) -> None:
    won = _count(told, "won")
    figures["summary.spend"] = Figure([spend.total])
    figures["summary.cpl"] = ratio(spend.total, len(told.rows))
    figures["summary.cac"] = ratio(spend.total, won) if told.won else Figure()
    for month in sorted({f"{day:%Y-%m}" for day, _, _ in spend.rows}):
        cost = sum(cost for day, _, cost in spend.rows if f"{day:%Y-%m}" == month)
        figures[f"months[{month}].spend"] = Figure([cost])
    if not told.sources:
        return
    for channel in sorted({channel for _, channel, _ in spend.rows}):
        cost = sum(cost for _, one, cost in spend.rows if one == channel)
        rows = [row for row in told.rows if row.source == channel]
        won = sum(row.outcome == "won" for row in rows)
        figures[f"by.source[{channel}].spend"] = Figure([cost])
        if rows:
            figures[f"by.source[{channel}].cpl"] = ratio(cost, len(rows))
            figures[f"by.source[{channel}].cac"] = ratio(cost, won) if told.won else Figure()
