"""What a forecast is made of, as the engine counts it: open deals by stage and age, what came by day.

The same is counted as of past month ends, from the days alone: a deal stood then where its last day up to then says. A
day that is missing there is taken to lie halfway between those around it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from xl_leadkpi.engines.expressions import month_number
from xl_leadkpi.funnel.blocks import steady_sum
from xl_leadkpi.funnel.context import (
    LEAD_TO_OPPORTUNITY,
    LEAD_TO_WON,
    OPPORTUNITY_TO_WON,
    flag,
    last_day,
    month_of,
    total,
)
from xl_leadkpi.funnel.forecast_model import Inflow, Stock, Worth
from xl_leadkpi.funnel.incidence import ADVANCED, LONGEST, LOST, WAITING, Ending, Incidence
from xl_leadkpi.funnel.lead_state import LOST as IS_LOST
from xl_leadkpi.funnel.lead_state import OPEN, WON
from xl_leadkpi.funnel.section import Query
from xl_leadkpi.funnel.step_rates import Step, endings, followed, incidence
from xl_leadkpi.leads.model.evidence import Fact, Need

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from xl_leadkpi.engines import Row
    from xl_leadkpi.funnel.context import FunnelContext
    from xl_leadkpi.funnel.figures import Answers
    from xl_leadkpi.funnel.section import Queries
    from xl_leadkpi.leads.model.evidence import Needs

    Numbers = NDArray[np.float64]

OPEN_DEALS = Query("open opportunities by stage and age")
ENTRIES = Query("opportunities by day of becoming one")
OPEN_LEADS = Query("open leads that are no opportunities by age")
LEADS = Query("leads by day of creation")
WINS = Query("wins by day")
EXPECTED = Query("open opportunities by month of expected close")

HORIZONS = (90, 30)
"""Days ahead for which past forecasts are looked at: the first for which there are enough of them."""
ENDS = 6
"""Past month ends that are looked at."""
WINDOWS = (90, 180, 365)
"""Days that tell how many opportunities come: the first with enough of them."""
ENOUGH_ENTRIES, FEWEST_DAYS = 30, 28
WEEK, MONTH = 7, 4
"""Days of a week, weeks of a month."""
FEWEST_WEEKS = 13
"""Weeks below which nobody can tell growth from chance."""
TREND = 182
"""Days, at most, that tell how the number of opportunities grows."""
_STEEPEST = 0.02
_OTHERWISE = 5.991
"""What Pearson's statistic of two degrees of freedom exceeds by chance in one of twenty cases."""
_LEAST_DOUBT = 0.25
_MOST_ROUNDS, _CLOSE_ENOUGH = 50, 1e-12


# the stages -----------------------------------------------------------------------------------------------------------


def path(context: FunnelContext) -> tuple[str, ...]:
    """Stages from the opportunity to the win that have days, and of which the lost ones tell whether they came there.

    The others count as the one before; empty where no day tells when a deal became an opportunity, or was won.
    """
    first, won = context.opportunity_rank, context.pipeline.won.name
    stages = context.stages[first - 1 :]
    if len(stages) < 2 or not context.has_day(stages[0]) or not context.has_day(won):
        return ()
    inner = [one for one in stages[1:] if one != won and context.has_day(one)]
    return (stages[0], *(one for one in inner if context.evidence.supports(*context.reach(one))), won)


def needs(context: FunnelContext) -> Needs:
    """What a forecast needs to be told."""
    first = context.opportunity_rank
    stage = context.stages[first - 1] if first <= len(context.stages) else ""
    begun = Need(Fact.CREATION_DATES) if stage == context.stages[0] else Need(Fact.STAGE_DAYS, stage)
    outcomes = (Fact.WINS, Fact.LEADS_NOT_WON, Fact.LOSSES, Fact.LOST_OPPORTUNITIES, Fact.WIN_DAYS, Fact.LOSS_DAYS)
    return (Need(Fact.ROWS), Need(Fact.OPPORTUNITIES), begun, *map(Need, outcomes))


def is_told(context: FunnelContext) -> bool:
    """Whether the table has what a forecast is made of."""
    return bool(path(context)) and context.evidence.supports(*needs(context))


def passages(context: FunnelContext, stages: Sequence[str]) -> tuple[Step, ...]:
    """From each of some stages to the next."""
    every = context.stages
    return tuple(
        Step(end if every.index(end) == every.index(start) + 1 else f"{start} to {end}", start, end)
        for start, end in pairwise(stages)
    )


def first_passage(context: FunnelContext) -> Step | None:
    """From the lead to the opportunity; None where a deal begins as one, or nobody knows when leads were created."""
    first, stages = context.stages[0], path(context)
    if stages[0] == first or not context.has_day(first) or not context.evidence.supports(Need(Fact.CREATION_DATES)):
        return None
    return Step(LEAD_TO_OPPORTUNITY, first, stages[0])


def whole_way(context: FunnelContext) -> Step:
    """From the opportunity to the win."""
    first = context.opportunity_rank
    start, won = context.stages[first - 1], context.pipeline.won.name
    if first == len(context.stages) - 1:
        return Step(won, start, won)
    return Step(LEAD_TO_WON if start == context.stages[0] else OPPORTUNITY_TO_WON, start, won)


def of_all(query: Query) -> Query:
    """The query of all leads, where a period is asked for and the query itself is of those created in it."""
    return Query(f"{query.name}, whenever created", query.subject)


def found_incidence(answers: Answers, step: Step) -> Incidence:
    """How deals go on in a step."""
    return incidence(answers[followed(step)])


# today ----------------------------------------------------------------------------------------------------------------


def todays_queries(context: FunnelContext) -> Queries:
    """Everything that today's forecast is made of; nothing where the table does not tell it."""
    if not is_told(context):
        return {}
    asked = _queries(context)
    if context.everything is not None:
        every = _queries(replace(context, rows=context.everything))
        asked |= {of_all(query): rows for query, rows in every.items()}
    return asked


def answers_of_all(context: FunnelContext, answers: Answers) -> Answers:
    """The answers for all leads, under the names that they have without a period."""
    if context.everything is None:
        return answers
    return {**answers, **{query: answers[of_all(query)] for query in answers if of_all(query) in answers}}


def _queries(context: FunnelContext) -> dict[Query, nw.LazyFrame[Any]]:
    stages = path(context)
    steps = dict.fromkeys((*passages(context, stages), whole_way(context)))
    first, leads = first_passage(context), {}
    if first is not None:
        steps[first] = None
        leads = _leads(context)
    opportunities = context.rows.filter(nw.col("furthest_rank") >= context.opportunity_rank)
    entry = context.whole(str(context.date_column(stages[0])))
    return {
        **{followed(step): endings(context, step) for step in steps},
        OPEN_DEALS: _open_deals(context, stages),
        ENTRIES: _by_day(opportunities, entry),
        WINS: _by_day(opportunities.filter(nw.col("outcome") == WON), context.whole("d_won")),
        **leads,
    }


def _leads(context: FunnelContext) -> dict[Query, nw.LazyFrame[Any]]:
    """Leads by the day they were created, and those that may still become opportunities by days since."""
    created = context.whole(str(context.date_column(context.stages[0])))
    waiting = (nw.col("outcome") == OPEN) & (nw.col("furthest_rank") < context.opportunity_rank)
    return {
        OPEN_LEADS: _by_age(context, context.rows.filter(waiting), created, stage=nw.lit(0)),
        LEADS: _by_day(context.rows, created),
    }


def expected_queries(context: FunnelContext) -> Queries:
    """Open opportunities by the month in which the CRM expects them to close."""
    if "expected_close" not in context.table.fields:
        return {}
    day, amount = context.whole("expected_close"), nw.col("amount")
    rows = context.all_rows.filter(context.is_open_opportunity & ~nw.col("expected_close").is_null())
    chance = nw.col("probability") / 100 if has_chances(context) else nw.lit(None, dtype=nw.Float64)
    rows = rows.select(
        month=month_number(day.cast(nw.Float64)).cast(nw.Int32),
        passed=flag(day < context.as_of),
        amount=amount,
        chance=chance,
        weighted=amount * chance,
    )
    return {
        EXPECTED: rows.group_by("month", "passed").agg(
            nw.len().alias("n"),
            nw.col("amount").sum().alias("amount"),
            nw.col("amount").count().alias("amounts"),
            nw.col("chance").count().alias("chances"),
            nw.col("weighted").sum().alias("weighted"),
        )
    }


def has_chances(context: FunnelContext) -> bool:
    """Whether the export has the CRM's chance of each deal."""
    return "probability" in context.table.frame.collect_schema().names()


def _by_day(rows: nw.LazyFrame[Any], day: nw.Expr) -> nw.LazyFrame[Any]:
    rows = rows.select(day=day, amount=nw.col("amount"), squares=nw.col("amount") * nw.col("amount"))
    return rows.group_by("day").agg(*_measures())


def _measures() -> list[nw.Expr]:
    return [
        nw.len().alias("n"),
        nw.col("amount").sum().alias("amount"),
        nw.col("squares").sum().alias("squares"),
        nw.col("amount").count().alias("amounts"),
    ]


def _open_deals(context: FunnelContext, stages: Sequence[str]) -> nw.LazyFrame[Any]:
    """Open opportunities by the last stage of the path that they came to, the stage they are in, and days since."""
    ranks = [context.stages.index(stage) + 1 for stage in stages[:-1]]
    furthest = nw.col("furthest_rank")
    entered = context.whole(str(context.date_column(stages[0])))
    for stage, rank in zip(stages[1:-1], ranks[1:], strict=True):
        entered = nw.when(furthest >= rank).then(context.whole(str(context.date_column(stage)))).otherwise(entered)
    node = total(flag(furthest >= rank) for rank in ranks)
    opportunities = context.rows.filter(context.is_open_opportunity)
    return _by_age(context, opportunities, entered, node=node, stage=nw.col("current_rank"))


def _by_age(context: FunnelContext, rows: nw.LazyFrame[Any], since: nw.Expr, **groups: nw.Expr) -> nw.LazyFrame[Any]:
    """Leads by where they are and the days since they came there, None where that day is unknown or ahead."""
    age = nw.lit(context.as_of) - since
    amount = nw.col("amount")
    rows = rows.select(**groups, age=nw.when(age >= 0).then(age), amount=amount, squares=amount * amount)
    return rows.group_by(*groups, "age").agg(*_measures())


@dataclass(frozen=True, slots=True)
class OpenDeals:
    """Open deals of a stage of the path, or some of them.

    Attributes:
        stock: Those by age, the ones of unknown age shared out over the ages of the others.
        unplaced: How many have no known age.
        valued: How many have an amount.
    """

    stock: Stock
    unplaced: int
    valued: int


def read_open(rows: Iterable[Row], like: OpenDeals | None = None) -> OpenDeals:
    """Read rows of open deals.

    Args:
        rows: Rows of one stage of the path.
        like: Whose ages those of unknown age are taken to have; their own if None.
    """
    every = sorted(rows, key=lambda row: (row["age"] is None, row["age"] or 0, row["stage"]))
    ages = [None if row["age"] is None else min(int(row["age"]), LONGEST) for row in every]
    parts = np.zeros((3, max((age for age in ages if age is not None), default=0) + 1))
    unknown = np.zeros(3)
    for row, age in zip(every, ages, strict=True):
        values = (row["n"], steady_sum(row["amount"] or 0.0), steady_sum(row["squares"] or 0.0))
        if age is None:
            unknown += values
        else:
            parts[:, age] += values
    mix = parts[0] if like is None else like.stock.n
    mix = mix / mix.sum() if mix.sum() else np.eye(1, max(len(mix), 1))[0]
    length = max(parts.shape[1], len(mix)) if unknown.any() else parts.shape[1]
    parts = np.pad(parts, ((0, 0), (0, length - parts.shape[1])))
    spread = np.outer(unknown, np.pad(mix, (0, max(length - len(mix), 0)))[:length])
    n, amount, squares = parts + spread
    stock = Stock(n, amount, squares, spread[0], spread[2])
    return OpenDeals(stock, round(unknown[0]), sum(int(row["amounts"]) for row in every))


# what is yet to come --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Days:
    """What happened on each day, in the order of days.

    Attributes:
        day: The days.
        n, amount, squares, amounts: How many, their amounts, the squares of these, and how many have one.
        undated: How many have no day.
    """

    day: Numbers
    n: Numbers
    amount: Numbers
    squares: Numbers
    amounts: Numbers
    undated: int = 0

    def between(self, first: int, last: int) -> Days:
        """Those of some days, both ends included."""
        there = (self.day >= first) & (self.day <= last)
        return Days(self.day[there], self.n[there], self.amount[there], self.squares[there], self.amounts[there])


def read_days(rows: Iterable[Row]) -> Days:
    """Read what happened by day."""
    every = sorted((row for row in rows if row["day"] is not None), key=lambda row: row["day"])
    undated = sum(int(row["n"]) for row in rows if row["day"] is None)
    day, n, amount, squares, amounts = (
        np.array([steady_sum(float(row[key] or 0)) for row in every], dtype=np.float64)
        for key in ("day", "n", "amount", "squares", "amounts")
    )
    return Days(day, n, amount, squares, amounts, undated)


def inflow(entries: Days, as_of: int, *, are_first: bool = False) -> Inflow | None:
    """How many come a day, from the last full days with enough of them; None where too few came.

    Args:
        entries: Leads by the day they were created, or opportunities by the day they became one.
        as_of: The last day known, perhaps not to its end.
        are_first: Nothing has to happen before they come. Else of a young table the first half is left out: leads that
            came before it began have no opportunities in it.
    """
    known = entries.between(0, as_of)
    if not len(known.day):
        return None
    age = as_of - int(known.day[0])
    for days in dict.fromkeys((min(TREND, age if are_first else age // 2), *(min(one, age) for one in WINDOWS))):
        recent = known.between(as_of - days, as_of - 1)
        if days >= FEWEST_DAYS and recent.n.sum() >= ENOUGH_ENTRIES:
            break
    else:
        return None
    # those without a day came like the others
    scale = 1 + entries.undated / float(entries.n.sum())
    weeks = days // WEEK
    ago = ((as_of - 1 - recent.day) // WEEK).astype(np.intp)
    each: Numbers = np.bincount(ago, weights=recent.n, minlength=weeks)[:weeks][::-1].astype(np.float64)
    if _goes_otherwise(each):
        days, each = FEWEST_WEEKS * WEEK, each[-FEWEST_WEEKS:]
        recent = recent.between(as_of - days, as_of - 1)
    return _trend(each, float(recent.n.sum()) * scale / days, (days + 1) / 2)


def _goes_otherwise(weeks: Numbers) -> bool:
    """Whether the latest weeks lie so far off the growth of all that these tell nothing of what is ahead.

    By Pearson's statistic of one growth less that of two, over the dispersion of these: of two degrees of freedom.
    """
    before, lately = weeks[:-FEWEST_WEEKS], weeks[-FEWEST_WEEKS:]
    if len(before) < FEWEST_WEEKS or not before.sum() or lately.sum() < ENOUGH_ENTRIES:
        return False
    every, *parts = (float(((one - fitted) ** 2 / fitted).sum()) for one, fitted in _fits(weeks, before, lately))
    return every - sum(parts) > _OTHERWISE * max(sum(parts) / (len(weeks) - 4), 1.0)


def _fits(*weeks: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    return ((one, _fit(one)[1]) for one in weeks)


def _by_month(weeks: Numbers) -> Numbers:
    """Sums of four weeks each, the latest whole ones."""
    months: Numbers = weeks[len(weeks) % MONTH :].reshape(-1, MONTH).sum(axis=1)
    return months


def _dispersion(seen: Numbers, fitted: Numbers) -> float:
    """Pearson's estimate of the dispersion; 1 of too few."""
    free = len(seen) - 2
    return float(((seen - fitted) ** 2 / fitted).sum()) / free if free > 0 else 1.0


def _trend(weeks: Numbers, a_day: float, since: float) -> Inflow:
    """Deals a day and how that grows, by a log-linear model of the numbers of weeks.

    The growth is shrunk as one that may be chance: by half where it is one standard error, hardly where it is two.
    """
    n = float(weeks.sum())
    if len(weeks) < 2 or not n:  # one week says nothing of growth, nor do deals that all came before the whole weeks
        return Inflow(a_day, max(n, 1.0), 1.0, 0.0, 0.0, since)
    slope, variance, dispersion = _growth(weeks)
    signal = (slope**2 / variance) ** 2
    kept = signal / (signal + 1) if len(weeks) >= FEWEST_WEEKS else 0.0
    slope *= kept
    level = a_day / float(np.exp(slope * _places(weeks)).mean())
    return Inflow(level, n, dispersion, slope, variance * max(kept, _LEAST_DOUBT), since)


def _places(weeks: Numbers) -> Numbers:
    """The days of weeks, from the middle of all."""
    return WEEK * (np.arange(len(weeks), dtype=np.float64) - (len(weeks) - 1) / 2)


def _growth(weeks: Numbers) -> tuple[float, float, float]:
    """By how much the logarithm grows a day, the variance of that, and the dispersion of the numbers."""
    slope, fitted = _fit(weeks)
    places = _places(weeks)
    dispersion = max(_dispersion(weeks, fitted), _dispersion(*map(_by_month, (weeks, fitted))), 1.0)
    middle = float((places * fitted).sum() / fitted.sum())
    return slope, dispersion / float(((places - middle) ** 2 * fitted).sum()), dispersion


def _fit(weeks: Numbers) -> tuple[float, Numbers]:
    """By how much the logarithm grows a day, and the numbers of weeks by that."""
    n, places, slope = float(weeks.sum()), _places(weeks), 0.0
    fitted: Numbers = np.full(len(weeks), n / len(weeks))
    for _ in range(_MOST_ROUNDS):
        step = float((places * (weeks - fitted)).sum() / (places**2 * fitted).sum())
        slope = min(max(slope + step, -_STEEPEST), _STEEPEST)
        fitted = np.exp(slope * places)
        fitted *= n / fitted.sum()
        if abs(step) < _CLOSE_ENOUGH:
            break
    return slope, fitted


def worth(wins: Days, as_of: int) -> Worth | None:
    """What a win brings, by those of the last days if they are enough; None where none has an amount."""
    won = wins.between(as_of - WINDOWS[0], as_of)
    if won.amounts.sum() < ENOUGH_ENTRIES:
        won = wins.between(0, as_of)
    if not won.amounts.sum():
        return None
    # a win without an amount brings nothing to the revenue either
    n = float(won.n.sum())
    return Worth(float(won.amount.sum()) / n, float(won.squares.sum()) / n, n)


# past month ends ------------------------------------------------------------------------------------------------------


def past_ends(context: FunnelContext) -> tuple[int, ...]:
    """The last days of past months that a forecast may be looked at for, ascending."""
    day: date = context.table.as_of
    latest = day - timedelta(days=min(HORIZONS))
    month = month_of(latest) if latest == last_day(month_of(latest)) else month_of(latest) - 1
    between = -(-(max(HORIZONS) - min(HORIZONS)) // 28)
    found = [last_day(one) for one in range(month - ENDS - between + 1, month + 1) if one >= 12 * 1900]
    return tuple(context.as_of - (day - one).days for one in found)


def ended(step: Step) -> Query:
    """The query for deals whose stay in a stage has ended, by when it had."""
    return Query("past stays by wait and ending", step.name)


def entered(step: Step) -> Query:
    """The query for deals by the day they entered a stage, and by when their stay had ended."""
    return Query("past stays by day of entry", step.name)


def past_steps(context: FunnelContext) -> tuple[Step, ...]:
    """From the lead to the opportunity, where that is known, and from there to the win."""
    first = first_passage(context)
    return (*(() if first is None else (first,)), *passages(context, path(context)))


def past_queries(context: FunnelContext) -> Queries:
    """Everything that past forecasts are made of."""
    if not is_told(context):
        return {}
    steps = past_steps(context)
    rows, ends = _placed_days(context, (*(step.start for step in steps), steps[-1].end)), past_ends(context)
    asked: dict[Query, nw.LazyFrame[Any]] = {}
    for place, step in enumerate(steps):
        start, end = nw.col(f"day_{place}"), nw.col(f"end_{place}")
        after = nw.when(end.is_null()).then(nw.lit(len(ends))).otherwise(total(flag(end > one) for one in ends))
        stays = rows.filter(~start.is_null() & (end.is_null() | (end >= start))).select(
            start=start,
            after=after,
            days=end - start,
            event=nw.col(f"event_{place}"),
            amount=nw.col("amount"),
            squares=nw.col("amount") * nw.col("amount"),
        )
        over = stays.filter(nw.col("after") < len(ends))
        asked[ended(step)] = over.group_by("after", "days", "event").agg(nw.len().alias("n"))
        asked[entered(step)] = stays.filter(nw.col("start") <= ends[-1]).group_by("start", "after").agg(*_measures())
    return asked


def _placed_days(context: FunnelContext, stages: Sequence[str]) -> nw.LazyFrame[Any]:
    """Opportunities with the day of each stage of the path, the missing ones halfway between those around them."""
    furthest, outcome = nw.col("furthest_rank"), nw.col("outcome")
    ranks = [context.stages.index(stage) + 1 for stage in stages]
    known = [context.whole(str(context.date_column(stage))) for stage in stages]
    known[-1] = context.whole("d_won")
    is_lost, now = outcome == IS_LOST, nw.lit(context.as_of)
    rows = context.all_rows.filter(furthest >= ranks[0])
    before = None if stages[0] == context.stages[0] else context.whole("created")
    last = [nw.when(is_lost).then(context.whole("d_lost")), now]
    for place, day in enumerate(known):
        found = day
        if before is not None:
            between = ((before + nw.coalesce(*known[place + 1 :], *last)) / 2).floor()
            found = nw.coalesce(day, between)
        came = outcome == WON if place == len(known) - 1 else furthest >= ranks[place]
        rows = rows.with_columns(nw.when(came).then(found).alias(f"day_{place}"))
        before = nw.col(f"day_{place}")
    ends: dict[str, nw.Expr] = {}
    for place in range(len(stages) - 1):
        came = ~nw.col(f"day_{place + 1}").is_null()
        loss = nw.coalesce(context.whole("d_lost"), ((nw.col(f"day_{place}") + now) / 2).floor())
        ends[f"end_{place}"] = nw.when(came).then(nw.col(f"day_{place + 1}")).otherwise(nw.when(is_lost).then(loss))
        ends[f"event_{place}"] = nw.when(came).then(nw.lit(ADVANCED)).otherwise(nw.lit(LOST))
    return rows.with_columns(**ends)


class Past:
    """The table as it stood on past month ends, from the days of its deals.

    Attributes:
        ends: These ends.
        steps: The steps that leads go through.
        before: How many of them, the first ones, lead to the opportunity.
    """

    def __init__(self, context: FunnelContext, answers: Mapping[Query, list[Row]]) -> None:
        self.ends = past_ends(context)
        self.before = int(first_passage(context) is not None)
        self.steps = past_steps(context)
        self._over = [answers[ended(step)] for step in self.steps]
        self._entered = [answers[entered(step)] for step in self.steps]

    def incidences(self, place: int) -> list[Incidence]:
        """How deals went on in each step, as it was known then."""
        day = self.ends[place]
        return [
            Incidence(
                [
                    *(Ending(row["days"], row["event"], row["n"]) for row in over if row["after"] <= place),
                    *(Ending(day - row["start"], WAITING, row["n"]) for row in came if self._is_open(row, place)),
                ]
            )
            for over, came in zip(self._over, self._entered, strict=True)
        ]

    def _is_open(self, row: Row, place: int) -> bool:
        return bool(row["start"] <= self.ends[place] and row["after"] > place)

    def open(self, place: int) -> list[OpenDeals]:
        """The leads and deals that were open then, by step."""
        day = self.ends[place]
        return [
            read_open({**row, "stage": 0, "age": day - row["start"]} for row in came if self._is_open(row, place))
            for came in self._entered
        ]

    def closed(self, place: int) -> list[tuple[int, int]]:
        """By step from the opportunity on, deals closed by then that came at least so far: won and lost."""
        steps = self._over[self.before :]
        lost = [sum(int(r["n"]) for r in over if r["after"] <= place and r["event"] == LOST) for over in steps]
        won = sum(int(row["n"]) for row in steps[-1] if row["after"] <= place and row["event"] == ADVANCED)
        return [(won, sum(lost[step:])) for step in range(len(steps))]

    @cached_property
    def created(self) -> Days:
        """Leads by the day they were created; opportunities by the day they became one, where there are only these."""
        return self._entries(0)

    @cached_property
    def became(self) -> Days:
        """Opportunities by the day they became one."""
        return self._entries(self.before)

    def _entries(self, step: int) -> Days:
        by_day: dict[int, list[float]] = {}
        for row in self._entered[step]:
            sums = by_day.setdefault(int(row["start"]), [0.0] * 4)
            for place, key in enumerate(("n", "amount", "squares", "amounts")):
                sums[place] += row[key] or 0
        return read_days(
            [
                {"day": day, "n": n, "amount": amount, "squares": squares, "amounts": amounts}
                for day, (n, amount, squares, amounts) in by_day.items()
            ]
        )
