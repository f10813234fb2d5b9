"""What the coming months will bring, how past forecasts came out, and what open deals are worth by the same model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from xl_leadkpi.funnel import forecast_counts as counts
from xl_leadkpi.funnel.blocks import block, kpi_column, values_column
from xl_leadkpi.funnel.context import MONTHS, first_day, is_over, last_day, month_of
from xl_leadkpi.funnel.forecast_model import Expectation, Model, Passage
from xl_leadkpi.funnel.incidence import ADVANCED, LOST
from xl_leadkpi.funnel.section import Section
from xl_leadkpi.funnel.tally import grouped
from xl_leadkpi.funnel.targets import by_key
from xl_leadkpi.leads.model.evidence import Fact
from xl_leadkpi.leads.model.findings import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from xl_leadkpi.funnel.context import FunnelContext
    from xl_leadkpi.funnel.figures import Answers, Figures
    from xl_leadkpi.funnel.forecast_counts import OpenDeals, Past
    from xl_leadkpi.funnel.forecast_model import Inflow, Stock, Sums, Worth
    from xl_leadkpi.funnel.incidence import Incidence
    from xl_leadkpi.funnel.report import Block, Column, NamedBlocks, Unit
    from xl_leadkpi.funnel.section import Queries

MOST_MONTHS, FEWEST_MONTHS = 12, 3
THROUGH = 0.99
"""Share of what is expected of the open deals that the months shown have to bring."""
ENOUGH_WON, ENOUGH_ENTERED, ENOUGH_HERE = 10, 30, 10
"""Wins, opportunities, and deals that entered a stage, below which nothing is forecast, or a stage has no curve."""
ENOUGH_TO_WEIGH = 150
"""Opportunities below which nobody can tell how the chance of a deal changes as it grows old."""
SOON = 30
"""Days ahead that velocity is of."""
FEWEST_PAST = 3
"""Past forecasts below which a shorter time ahead is taken."""
MONEY = (Fact.AMOUNTS, Fact.ONE_CURRENCY)


# the model ------------------------------------------------------------------------------------------------------------


def passages(steps: Sequence[Incidence]) -> list[Passage] | None:
    """The chances of each stage, by how deals went on from it to the next; None where too few were won or lost."""
    advanced, lost = (sum(_events(one, event) for one in steps) for event in (ADVANCED, LOST))
    if not lost or steps[0].entered < ENOUGH_ENTERED or _events(steps[-1], ADVANCED) < ENOUGH_WON:
        return None
    decided = advanced + lost
    at_risk = sum(float(one.curves.at_risk.sum()) for one in steps)
    found = []
    for one in steps:
        own = Passage.of(one) if one.entered >= ENOUGH_HERE else None
        found.append(own or Passage.pooled(one, advanced / decided, min(decided / at_risk, 1.0) if at_risk else 0.0))
    return found


def _events(found: Incidence, event: int) -> float:
    return float(found.on_days[event].sum()) if found.entered else 0.0


@dataclass(frozen=True)
class Forecast:
    """What is expected of the open deals and of those to come.

    Attributes:
        context: What is counted.
        model: The model.
        stages: Its stages, the win at the end.
        open: The open deals of each but the win.
        entered: Opportunities that it is made of.
        worth: What a win brings; None where amounts are not known.
    """

    context: FunnelContext
    model: Model
    stages: tuple[str, ...]
    open: tuple[OpenDeals, ...]
    entered: float
    worth: Worth | None

    @property
    def weighs_stages(self) -> bool:
        """Whether it tells what a deal is worth by its stage and age: each stage has days, and enough deals came."""
        every = self.context.stages[self.context.opportunity_rank - 1 :]
        return self.stages == every and self.entered >= ENOUGH_TO_WEIGH

    @cached_property
    def whenever(self) -> Sums:
        """What is expected of the open deals, whenever they close."""
        return self.model.whenever()

    @cached_property
    def a_day(self) -> float | None:
        """Money that a day of the next 30 is expected to bring; None where amounts, or how many come, are not known."""
        [sums] = self.model.sums([SOON])
        return sums.money.mean / SOON if sums.money is not None else None

    @cached_property
    def ends(self) -> tuple[date, ...]:
        """The last days of the months to come that are shown; none after the calendar's last day."""
        today = self.context.table.as_of
        first = month_of(today) + is_over(month_of(today), today)
        days = [last_day(month) for month in range(first, min(first + MOST_MONTHS, MONTHS.stop))]
        if not days:
            return ()
        won = self.model.open_won((days[-1] - today).days)
        expected = self.whenever.open_won.mean
        for number, day in enumerate(days, start=1):
            if number >= FEWEST_MONTHS and won[(day - today).days] >= THROUGH * expected:
                return tuple(days[:number])
        return tuple(days)

    @cached_property
    def months(self) -> list[Sums]:
        """What is expected in each of them."""
        today = self.context.table.as_of
        return self.model.sums([(day - today).days for day in self.ends])


@dataclass(frozen=True, slots=True)
class ToCome:
    """What deals yet to come are made of.

    Attributes:
        inflow: How many come to the first stage; None where nobody knows.
        leads: The passage of leads to the opportunity, and those on it; None where deals are known only from there on.
    """

    inflow: Inflow | None
    leads: tuple[Passage, Stock] | None = None

    @classmethod
    def of(
        cls, step: Incidence | None, leads: OpenDeals, created: counts.Days, became: counts.Days, as_of: int
    ) -> ToCome:
        """By the leads, where those that became no opportunity are in the table too, else by the opportunities.

        Args:
            step: How leads become opportunities; None where nobody knows.
            leads: Open leads that have not.
            created: Leads by day of creation.
            became: Opportunities by the day they became one.
            as_of: The last day known.
        """
        inflow = counts.inflow(became, as_of)
        if step is None or leads.stock.n.sum() < ENOUGH_HERE or _events(step, ADVANCED) < ENOUGH_ENTERED:
            return cls(inflow)
        passage, of_leads = Passage.of(step), counts.inflow(created, as_of, are_first=True)
        return cls(inflow) if passage is None or of_leads is None else cls(of_leads, (passage, leads.stock))

    def model(
        self, found: Sequence[Passage], here: Sequence[OpenDeals], worth: Worth | None, *, is_valued: bool
    ) -> Model:
        """The model of these and the deals of today."""
        first = [] if self.leads is None else [self.leads]
        passages, stocks = [one for one, _ in first], [one for _, one in first]
        return Model(
            [*passages, *found],
            [*stocks, *(one.stock for one in here)],
            self.inflow,
            worth,
            is_valued=is_valued,
            before=len(first),
        )


def _to_come(context: FunnelContext, answers: Answers) -> ToCome:
    step = counts.first_passage(context)
    became, none = counts.read_days(answers[counts.ENTRIES]), counts.read_days(())
    leads = counts.read_open(answers.get(counts.OPEN_LEADS, ()))
    created = counts.read_days(answers[counts.LEADS]) if counts.LEADS in answers else none
    found = None if step is None else counts.found_incidence(answers, step)
    return ToCome.of(found, leads, created, became, context.as_of)


def todays(context: FunnelContext, answers: Answers) -> Forecast | None:
    """Today's forecast, None where the table does not tell enough.

    Args:
        context: What is counted.
        answers: The engine's answers, of the leads created in the period asked for, or of all
            (see :func:`forecast_counts.answers_of_all`).
    """
    if counts.OPEN_DEALS not in answers:
        return None
    stages = counts.path(context)
    steps = [counts.found_incidence(answers, step) for step in counts.passages(context, stages)]
    found = passages(steps)
    if found is None:
        return None
    by_stage = grouped(answers[counts.OPEN_DEALS], lambda row: int(row["node"]))
    here = tuple(counts.read_open(by_stage.get(place, ())) for place in range(1, len(stages)))
    to_come = _to_come(context, answers)
    worth = counts.worth(counts.read_days(answers[counts.WINS]), context.as_of) if context.has_money else None
    model = to_come.model(found, here, worth, is_valued=any(one.valued for one in here))
    return Forecast(context, model, stages, here, steps[0].entered, worth)


@dataclass(frozen=True, slots=True)
class StageValue:
    """What the model expects of the open deals of a stage.

    Attributes:
        n: How many there are.
        won: How many are won.
        money: Their amounts.
        chance: The chance of one that has just come there.
    """

    n: float
    won: float
    money: float
    chance: float


def by_stage(forecast: Forecast, answers: Answers, stages: Sequence[str]) -> list[StageValue]:
    """What the model expects of the open deals of each stage, also of those that have no days.

    Args:
        forecast: The model.
        answers: The engine's answers.
        stages: Stages from the opportunity on, without the win.
    """
    first = forecast.context.opportunity_rank
    sums = [[0.0] * 3 for _ in stages]
    groups = grouped(
        answers[counts.OPEN_DEALS],
        lambda row: (int(row["node"]), min(max(int(row["stage"]), first), first + len(stages) - 1) - first),
    )
    for (node, stage), members in sorted(groups.items()):
        some = counts.read_open(members, like=forecast.open[node - 1])
        won, money = forecast.model.of_stage(forecast.model.before + node - 1, some.stock)
        for place, value in enumerate((float(some.stock.n.sum()), won, money)):
            sums[stage][place] += value
    nodes = [forecast.stages.index(stage) if stage in forecast.stages else None for stage in stages]
    chances, last = [], 0
    for node in nodes:
        last = last if node is None else node
        chances.append(forecast.model.just_come(forecast.model.before + last))
    return [StageValue(n, won, money, chance) for (n, won, money), chance in zip(sums, chances, strict=True)]


# the coming months ----------------------------------------------------------------------------------------------------


def _numbers(
    found: Sequence[Expectation | None], key: str, unit: Unit, needs: Sequence[Fact], *, on_sheet: bool = True
) -> list[Column]:
    """Mean and interval of some expectations, as columns."""
    intervals = [one and one.interval for one in found]
    mean, low, high = (f"{key}{name}" for name in ("mean", "low", "high"))
    return [
        values_column(mean, unit, [one and one.mean for one in found], better="higher", needs=needs, on_sheet=on_sheet),
        values_column(low, unit, [one and one[0] for one in intervals], needs=needs, on_sheet=on_sheet),
        values_column(high, unit, [one and one[1] for one in intervals], needs=needs, on_sheet=on_sheet),
    ]


def forecast_block(figures: Figures, forecast: Forecast) -> Block:
    """By month of closing: what is expected of open deals and of those to come, the CRM's own figures, the target."""
    context, months, has_money = forecast.context, forecast.months, forecast.context.has_money
    columns = [values_column("month", "month", [first_day(month_of(day)) for day in forecast.ends])]
    parts = (("", "open"), ("new_", "new"), ("total_", "all"))
    money = {"open": "open_money", "new": "new_money", "all": "money"}
    won = {"open": "open_won", "new": "new_won", "all": "won"}
    for key, part in parts:
        sums = [getattr(one, money[part]) if has_money else None for one in months]
        columns += _numbers(sums, key, "money", MONEY)
    for key, part in parts:
        shown = [getattr(one, won[part]) for one in months]
        columns += _numbers(shown, f"{key}won_", "number", (), on_sheet=key == "total_" or not has_money)
    columns += _expected_columns(figures.answers, forecast)
    columns += _target_columns(figures, forecast)
    return block("tblForecast", columns, notes=_notes(forecast), evidence=context.evidence)


def _expected_columns(answers: Answers, forecast: Forecast) -> list[Column]:
    """Open deals by the month in which the CRM expects them to close, weighted with its chances where it has them."""
    rows = answers.get(counts.EXPECTED)
    if rows is None:
        return []
    by_month = grouped((row for row in rows if not row["passed"]), lambda row: int(row["month"]))
    every = [by_month.get(month_of(day), []) for day in forecast.ends]

    def summed(key: str) -> list[float]:
        return [float(sum(row[key] or 0 for row in members)) for members in every]

    weighted = any(row["chances"] for row in rows)
    valued = any(row["amounts"] for row in rows)
    blank = [None] * len(every)
    return [
        values_column("crm", "money", summed("weighted") if weighted and valued else blank, needs=MONEY),
        values_column("crm_amount", "money", summed("amount") if valued else blank, needs=MONEY),
        values_column("crm_deals", "count", [sum(int(row["n"]) for row in members) for members in every]),
    ]


def _target_columns(figures: Figures, forecast: Forecast) -> list[Column]:
    """What is still missing to the target of revenue, spread over the days that are left, and what covers it."""
    context = forecast.context
    wanted = by_key(context.options.targets, context.pipeline).get("revenue")
    if wanted is None or not context.has_money:
        return []
    today, until = context.table.as_of, context.options.period_to or forecast.ends[-1]
    so_far = figures.totals.revenue
    if figures.closed is not None and "revenue" in figures.closed:
        found = figures.closed["revenue"].values[0]
        so_far = found if isinstance(found, int | float) else 0.0
    left = (until - today).days
    if left <= 0:
        return []
    missing = max(wanted - so_far, 0.0)
    days = [max((min(day, until) - before).days, 0) for before, day in pairwise((today, *forecast.ends))]
    target = [missing * n / left if n else None for n in days]
    totals = [one.money or one.open_money for one in forecast.months]
    gap = [None if aim is None or one is None else one.mean - aim for aim, one in zip(target, totals, strict=True)]
    return [
        values_column("target", "money", target, needs=MONEY),
        values_column("gap", "money", gap, better="higher", needs=MONEY),
        kpi_column("coverage", "fraction", "QUOTAATT", "total_mean", "target", needs=MONEY),
    ]


def _notes(forecast: Forecast) -> list[tuple[str, str]]:
    unplaced = sum(one.unplaced for one in forecast.open)
    n = round(sum(float(one.stock.n.sum()) for one in forecast.open))
    valued = sum(one.valued for one in forecast.open)
    notes = [("forecast", "")]
    if forecast.model.before:
        notes.append(("forecast_leads", str(round(float(forecast.model.stocks[0].n.sum())))))
    if unplaced:
        notes.append(("forecast_unplaced", str(unplaced)))
    if forecast.context.has_money and valued < n:
        notes.append(("forecast_unvalued", str(n - valued)) if valued else ("forecast_at_mean", ""))
    if forecast.model.inflow is None:
        notes.append(("forecast_no_new", ""))
    return notes


class ForecastSection(Section):
    """What the coming months will bring."""

    def queries(self, context: FunnelContext) -> Queries:
        """Open deals by stage and age, and the steps they go through."""
        return {**counts.todays_queries(context), **counts.expected_queries(context)}

    def reasons(self, figures: Figures) -> Mapping[str, Finding]:
        """What is missing for a forecast."""
        is_made = figures.forecast is not None
        return {"forecast": Finding(FindingKind.NO_MONTH_TO_COME, 0) if is_made else why_not(figures.context)}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """By month; None where the table does not tell enough, or where no month comes."""
        found = figures.forecast
        return {"forecast": forecast_block(figures, found) if found and found.ends else None}


def why_not(context: FunnelContext) -> Finding:
    """Why nothing can be forecast."""
    gap = context.evidence.gap(counts.needs(context))
    return gap.why if gap is not None and gap.why is not None else Finding(FindingKind.TOO_FEW_TO_FORECAST, ENOUGH_WON)


# past forecasts -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Looked:
    """A forecast as of a past day, and what came.

    Attributes:
        day: The day.
        won, money: What was to be expected of the days after it.
        came_won, came_money: What came.
        naive: Open amounts of that day times the share of closed deals from their stage on that were won.
    """

    day: int
    won: Expectation
    money: Expectation | None
    came_won: float
    came_money: float | None
    naive: float | None

    @property
    def holds(self) -> bool:
        """What came lies in the interval."""
        expected, came = (self.won, self.came_won) if self.money is None else (self.money, self.came_money or 0.0)
        low, high = expected.interval
        return low <= came <= high


def look_back(context: FunnelContext, answers: Answers, *, is_valued: bool) -> tuple[int, list[Looked]]:
    """The last forecasts that can be held against what came, the latest first, and for how many days each was.

    Args:
        context: What is counted.
        answers: The engine's answers.
        is_valued: Deals have amounts before they are won: also the lost ones, else they would tell how deals ended.
    """
    past, wins = counts.Past(context, answers), counts.read_days(answers[counts.WINS])
    found: list[Looked] = []
    for days in counts.HORIZONS:
        places = [place for place, day in enumerate(past.ends) if day + days <= context.as_of][-counts.ENDS :]
        looked = [_look(context, past, wins, place, days, is_valued=is_valued) for place in reversed(places)]
        found = [one for one in looked if one is not None]
        if len(found) >= FEWEST_PAST:
            return days, found
    return min(counts.HORIZONS), found


def _look(
    context: FunnelContext, past: Past, wins: counts.Days, place: int, days: int, *, is_valued: bool
) -> Looked | None:
    day = past.ends[place]
    steps, here, before = past.incidences(place), past.open(place), past.before
    found = passages(steps[before:])
    if found is None:
        return None
    to_come = ToCome.of(steps[0] if before else None, here[0], past.created, past.became, day + 1)
    here = here[before:]
    worth = counts.worth(wins.between(0, day), day) if context.has_money else None
    [sums] = to_come.model(found, here, worth, is_valued=is_valued).sums([days])
    came = wins.between(day + 1, day + days)
    won, money = sums.won or sums.open_won, sums.money or sums.open_money
    rates = [w / (w + n) if w + n else 0.0 for w, n in past.closed(place)]
    amounts = [
        float(one.stock.amount.sum()) if is_valued else float(one.stock.n.sum()) * worth.mean if worth else 0.0
        for one in here
    ]
    naive = sum(rate * amount for rate, amount in zip(rates, amounts, strict=True))
    has_money = context.has_money and money is not None
    return Looked(
        day,
        won,
        money if has_money else None,
        float(came.n.sum()),
        float(came.amount.sum()) if has_money else None,
        naive if has_money else None,
    )


def check_block(context: FunnelContext, days: int, found: Sequence[Looked]) -> Block:
    """Past forecasts, the latest first: what was expected of the days after, what came, and the error."""
    money = [one.money for one in found]
    held = ["yes" if one.holds else "no" for one in found]
    first = [context.table.as_of - timedelta(days=context.as_of - one.day) for one in found]
    low, high = ([one and one.interval[end] for one in money] for end in (0, 1))
    won = [one.won for one in found]
    columns = [
        values_column("as_of", "date", first),
        values_column("days", "days", [days for _ in found]),
        values_column("forecast", "money", [one and one.mean for one in money], needs=MONEY),
        values_column("low", "money", low, needs=MONEY),
        values_column("high", "money", high, needs=MONEY),
        values_column("actual", "money", [one.came_money for one in found], needs=MONEY),
        kpi_column("error", "fraction", "FCSTBIAS", "actual", "forecast", needs=MONEY),
        values_column("naive", "money", [one.naive for one in found], needs=MONEY),
        values_column("won_forecast", "number", [one.mean for one in won]),
        values_column("won_low", "number", [one.interval[0] for one in won]),
        values_column("won_high", "number", [one.interval[1] for one in won]),
        values_column("won_actual", "count", [one.came_won for one in found]),
        values_column("held", "text", held, on_sheet=False),
    ]
    notes = [("forecast_check", str(days))]
    return block("tblForecastCheck", columns, notes=notes, evidence=context.evidence)


class ForecastCheckSection(Section):
    """How past forecasts came out."""

    def queries(self, context: FunnelContext) -> Queries:
        """Stays in each stage as they stood on past month ends."""
        return counts.past_queries(context)

    def reasons(self, figures: Figures) -> Mapping[str, Finding]:
        """What is missing to look back."""
        return {"forecast_check": why_not(figures.context)}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """A row a month end; None where nothing could have been forecast."""
        if figures.forecast is None:
            return {"forecast_check": None}
        totals = figures.totals
        is_valued = totals.lost_amount is not None and totals.pipeline is not None
        days, found = look_back(figures.context, figures.answers_of_all, is_valued=is_valued)
        return {"forecast_check": check_block(figures.context, days, found) if found else None}
