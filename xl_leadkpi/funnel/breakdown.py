"""Block F: the funnel by source, campaign, owner or any other field."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import narwhals as nw

from xl_leadkpi.funnel.blocks import NO_GROUP, OTHER_GROUP, TOTAL, block, kpi_column, values_column
from xl_leadkpi.funnel.context import LEAD_TO_WON, OPPORTUNITY_TO_WON, FunnelContext, steady
from xl_leadkpi.funnel.incidence import Incidence, compare, discoveries
from xl_leadkpi.funnel.names import same
from xl_leadkpi.funnel.section import Query, Section
from xl_leadkpi.funnel.stages import Cycles
from xl_leadkpi.funnel.step_rates import (
    Step,
    endings,
    followed_by,
    group_numbers,
    journeys,
    rate_columns,
    step_needs,
)
from xl_leadkpi.funnel.tally import grouped, leads_by_state, states_by, tally
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.leads.model.evidence import Fact, Need
from xl_leadkpi.leads.model.evidence import needs as facts_needed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xl_leadkpi.engines import Row
    from xl_leadkpi.funnel.blocks import Gaps
    from xl_leadkpi.funnel.figures import Figures
    from xl_leadkpi.funnel.report import Better, Block, Column, NamedBlocks, SheetTable, Unit
    from xl_leadkpi.funnel.section import Queries
    from xl_leadkpi.funnel.tally import Tally
    from xl_leadkpi.leads.model.stage import Stage


TABLES = {"source": "tblSource", "campaign": "tblCampaign", "owner": "tblOwner"}
"""Names of the breakdowns every export may have; further ones are numbered."""


def fields(context: FunnelContext) -> tuple[str, ...]:
    """Fields with a breakdown: those the export fed, and the source wherever there is spend to set beside it."""
    fed = context.table.fields
    built_in = [name for name in TABLES if name in fed or (name == "source" and context.spend is not None)]
    taken = {same(name) for name in built_in}
    taken |= {same(one.header) for one in context.table.columns if one.table != "spend" and one.field in built_in}
    further = []
    for field, label in context.table.by_labels.items():
        # asked for by its name or its header, a field that has a breakdown anyway is the same again
        if same(label) not in taken:
            taken.add(same(label))
            further.append(field)
    return (*built_in, *further)


RATE_KEYS = {OPPORTUNITY_TO_WON: "win_rate_mature", LEAD_TO_WON: "lead_conversion_eventual"}
"""By what is followed, the key of a group's eventual rate."""


def win_step(context: FunnelContext) -> Step | None:
    """What a group's rate follows: from opportunity to won, else from lead to won; None where nothing has days."""
    by_name = {step.name: step for step in journeys(context)}
    return by_name.get(OPPORTUNITY_TO_WON) or by_name.get(LEAD_TO_WON)


def cycle_lengths(field: str) -> Query:
    """The query for the days from lead to won of each group of a field."""
    return Query("lead to won by group", field)


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

    @property
    def labels(self) -> list[str]:
        """Labels of the rows: each group, the others together where there are any, and all leads."""
        rest = [] if self.rest is None else [OTHER_GROUP]
        return [*(NO_GROUP if name is None else name for name in self.names), *rest, TOTAL]

    @property
    def numbers(self) -> list[int]:
        """Numbers of the groups in the order of their rows, that of the others together being 0, without all leads."""
        return [*range(1, len(self.names) + 1), *([] if self.rest is None else [0])]


def choose_groups(
    context: FunnelContext, rows: Sequence[Row], field: str, spend: Mapping[str | None, float] | None = None
) -> Groups:
    """Choose the largest groups: most leads first, then most spend."""
    found = grouped(rows, lambda row: row[field])
    spend = spend or {}
    sizes = {name: sum(row["n"] for row in members) for name, members in found.items()}
    for name in spend:
        sizes.setdefault(name, 0)
    order = sorted(sizes, key=lambda name: (-sizes[name], -spend.get(name, 0.0), name is None, name or ""))
    limit = context.options.top_groups
    named, rest = (order, []) if len(order) <= limit + 1 else (order[:limit], order[limit:])
    left = [row for name in rest for row in found.get(name, ())]
    return Groups(
        tuple(named),
        tuple(tally(found.get(name, ()), context) for name in named),
        tally(left, context) if rest else None,
        spend,
    )


def cycles(context: FunnelContext, field: str, groups: Groups) -> Cycles:
    """Days from lead to won of each group with a row, numbered from 1; the others together are group 0."""
    won = context.rows.filter(~nw.col("cycle").is_null()).select("cycle", group=group_numbers(field, groups))
    return Cycles(won, bool(context.table.has_time))


REVENUE_NEEDS = (Fact.ROWS, Fact.WINS, Fact.WON_AMOUNTS, Fact.ONE_CURRENCY)
PIPELINE_NEEDS = (Fact.ROWS, Fact.OUTCOMES, Fact.AMOUNTS, Fact.ONE_CURRENCY, Fact.OPPORTUNITIES)
LOST_IN_TIME = (Fact.LOSSES, Fact.LOSS_DAYS)


def count_columns(context: FunnelContext, tallies: Sequence[Tally]) -> list[Column]:
    """Counts and the rates over them; the same for every group and for the total."""

    def column(key: str, unit: Unit = "count", table: SheetTable = "main", needs: Iterable[Fact] = ()) -> Column:
        return values_column(key, unit, [getattr(one, key) for one in tallies], table=table, needs=needs)

    columns = [column("leads")]
    columns += [
        values_column(
            stage.count_key, "count", [one.reached[place] for one in tallies], needs=context.reach(stage.name)
        )
        for place, stage in enumerate(context.later_stages, start=1)
        if stage is not context.pipeline.won
    ]
    columns += outcome_columns(context, tallies)
    if context.opportunity_stage:
        opportunities = context.opportunity_stage.count_key
        columns.append(kpi_column("lead_to_opportunity", "fraction", "LEADTOOPP", opportunities, "leads"))
    won = [Fact.WINS, Fact.LEADS_NOT_WON]
    by_age = context.has_cycles
    columns.append(
        kpi_column(
            "lead_conversion", "fraction", "LEADCONV", "won", "leads", on_sheet=not by_age, needs=won, table="rates"
        )
    )
    if by_age:
        columns += [
            column("mature_leads", table="rates"),
            column("mature_won", table="rates"),
            *mature_conversion(won),
        ]
    columns += win_rate_columns(context, tallies)
    if context.has_money:
        columns += [
            column("revenue", "money", "money", needs=REVENUE_NEEDS),
            column("won_with_amount", table="money", needs=REVENUE_NEEDS),
            kpi_column("average_deal", "money", "AVGDEAL", "revenue", "won_with_amount", table="money"),
            column("pipeline", "money", "money", needs=PIPELINE_NEEDS),
        ]
    return columns


def mature_conversion(needs: Iterable[Fact]) -> list[Column]:
    """Lead to won within the window, of the leads old enough for it, with its interval."""
    won, of = "mature_won", "mature_leads"
    return [
        kpi_column("lead_conversion_mature", "fraction", "LEADCONV", won, of, needs=needs, table="rates"),
        *(
            kpi_column(
                f"lead_conversion_mature_{end}", "fraction", "CONVCI", won, of,
                item=item, needs=needs, on_sheet=False, table="rates",
            )
            for item, end in enumerate(("low", "high"))
        ),
    ]  # fmt: skip


def outcome_columns(context: FunnelContext, tallies: Sequence[Tally]) -> list[Column]:
    """Won, lost and open; which of the lost had become opportunities may be unknown."""
    rows, lost = (Fact.ROWS, Fact.OUTCOMES), (Fact.ROWS, Fact.LOSSES, Fact.LOST_OPPORTUNITIES)
    outcomes: dict[str, tuple[Better | None, tuple[Fact, ...]]] = {
        "won": ("higher", rows),
        "lost": ("lower", rows),
        "lost_opportunities": ("lower", lost),
        "disqualified": ("lower", lost),
        "open": (None, rows),
        "open_opportunities": (None, (*rows, Fact.OPPORTUNITIES)),
    }
    hidden = {"lost", "open_opportunities"} if context.has_cycles else {"lost"}
    return [
        values_column(
            key, "count", [getattr(one, key) for one in tallies], better=way, on_sheet=key not in hidden, needs=needed
        )
        for key, (way, needed) in outcomes.items()
    ]


def win_rate_columns(context: FunnelContext, tallies: Sequence[Tally]) -> list[Column]:
    """The win rate on the basis asked for, what it is of, and its interval."""
    won, of, columns = "won", "win_rate_of", []
    needed: tuple[Fact | Need, ...] = (Fact.WINS, Fact.LEADS_NOT_WON)
    match context.win_basis:
        case "closed_all_lost":
            needed = (*needed, *context.closed_needs)
            base = [one.won + one.lost for one in tallies]
            rate = kpi_column("win_rate", "fraction", "WINRATE", "won", "lost", needs=needed)
        case "closed":
            needed = (*needed, *context.closed_needs)
            base = [one.won + one.lost_opportunities for one in tallies]
            rate = kpi_column("win_rate", "fraction", "WINRATE", "won", "lost_opportunities", needs=needed)
        case "all":
            rate = win_rate_of_all("win_rate", context)
            needed = rate.needs
            base = [one.won + one.lost_opportunities + one.open_opportunities for one in tallies]
        case _:
            won = "mature_opportunities_won"
            needed = (*needed, Fact.WIN_DAYS, *context.opportunity_days)
            columns.append(values_column(won, "count", [one.mature_opportunities_won for one in tallies], needs=needed))
            base = [one.mature_opportunities for one in tallies]
            rate = kpi_column("win_rate", "fraction", "OPPTOWIN", won, of, needs=needed)
    columns += [
        values_column(of, "count", base, needs=needed),
        replace(rate, cases=of),
        kpi_column("win_rate_low", "fraction", "CONVCI", won, of, item=0, needs=needed),
        kpi_column("win_rate_high", "fraction", "CONVCI", won, of, item=1, needs=needed),
    ]
    return [replace(column, table="rates") for column in columns]


def win_rate_of_all(key: str, context: FunnelContext) -> Column:
    """Share of all opportunities that were won: known even where no loss is recorded, as nothing is then lost."""
    recorded = context.evidence.supports(Fact.LOSSES)
    needed = [Fact.WINS, Fact.LEADS_NOT_WON, Fact.OPPORTUNITIES, *([Fact.LOST_OPPORTUNITIES] if recorded else [])]
    lost = "lost_opportunities" if recorded else 0.0
    return kpi_column(key, "fraction", "WINRATE", "won", lost, "open_opportunities", needs=needed)


def cost_columns(context: FunnelContext, spend: Sequence[float | None]) -> list[Column]:
    """Spend and what it bought."""
    known = [Fact.SPEND_MONTHS]
    columns = [
        values_column("spend", "money", spend, currency="spend"),
        kpi_column("cpl", "money", "CPL", "spend", "leads", needs=known),
        *cost_per_stage(context.later_stages),
        kpi_column("cac", "money", "CAC", "spend", "won", needs=[*known, Fact.WINS]),
    ]
    if context.has_money and context.evidence.supports(Fact.SPEND_CURRENCY):
        margin = context.options.gross_margin
        columns += [
            kpi_column("roas", "ratio", "ROAS", "revenue", "spend", needs=known),
            kpi_column("romi", "fraction", "ROMI", "revenue", "spend", margin, needs=known),
        ]
    return [replace(column, table="money") for column in columns]


def breakdown_block(
    context: FunnelContext,
    name: str,
    groups: Groups,
    *,
    totals: Tally,
    medians: Mapping[int, float | None],
    median: float | None,
    cost: Cost | None,
    win_rates: WinRates,
) -> Block:
    """F: one row a group, then the others together, then all leads.

    Args:
        context: What is counted.
        name: Name of the table.
        groups: The groups.
        totals: Counts of all leads.
        medians: Median days from lead to won by group, see :func:`cycles`.
        median: Median days from lead to won of all leads.
        cost: What marketing cost; None for fields that spend does not know.
        win_rates: How opportunities are won, by group.
    """
    rest = [] if groups.rest is None else [groups.rest]
    columns = [
        values_column("group", "text", groups.labels),
        *count_columns(context, [*groups.tallies, *rest, totals]),
    ]
    gaps: dict[str, Gaps] = {}
    if win_rates.step is not None:
        rates, gaps = win_rates.columns(context, groups.numbers)
        columns += rates
    if context.has_cycles:
        own = [medians.get(number) for number in groups.numbers]
        columns.append(values_column("cycle_days_median", "days", [*own, median]))
    if cost is not None:
        # what leads without a source came to is not known by channel, though the spend table names channels
        told = (*[facts_needed(Fact.SOURCES)] * (len(groups.names) + len(rest)), ())
        columns = [columns[0], *(replace(one, row_needs=told) for one in columns[1:])]
        unnamed = [spend for one, spend in groups.spend.items() if one not in groups.names]
        spend = [*(groups.spend.get(one) for one in groups.names), *(sum(unnamed) if unnamed else None for _ in rest)]
        columns += cost_columns(context, [*spend, cost.total])
    return block(name, columns, totals=1, evidence=context.evidence, own_gaps=gaps)


@dataclass(frozen=True, slots=True)
class WinRates:
    """How the opportunities of each group are won, allowing for those that are still open.

    Attributes:
        step: From opportunity to won, or from lead to won where no opportunity has a day; None without such days.
        by_group: By number of the group; 0 for the others together.
        every: All together.
    """

    step: Step | None
    by_group: Mapping[int, Incidence]
    every: Incidence

    def columns(self, context: FunnelContext, numbers: Sequence[int]) -> tuple[list[Column], dict[str, Gaps]]:
        """The eventual rate of each group and of all, and how the groups compare with the rest.

        Args:
            context: What is counted.
            numbers: Number of the group of each row, but for that of all.
        """
        assert self.step is not None
        groups = [self.by_group[number] for number in numbers]
        needed = step_needs(context, self.step)
        columns, gaps = rate_columns(
            RATE_KEYS[self.step.name], [*groups, self.every], needs=needed, table="rates", among=self.every
        )
        # what is left over is no group that anybody chose
        tests = [
            compare(group, self.every - group) if number and group.entered else None
            for number, group in zip(numbers, groups, strict=True)
        ]
        believed = discoveries([test and test.p_value for test in tests])
        words, wanted = [], []
        for test, is_believed in zip(tests, believed, strict=True):
            words.append(test and ("unclear" if not is_believed else "better" if test.own > test.others else "worse"))
            wanted.append(None if test is None or is_believed else leads_to_tell(test.own, test.others))

        def compared(key: str, unit: Unit, found: Sequence[Any], *, on_sheet: bool = True) -> Column:
            return values_column(key, unit, [*found, None], table="rates", on_sheet=on_sheet, needs=needed)

        return [
            *columns,
            compared("compared", "text", words),
            compared("compared_p", "number", [steady(test and test.p_value) for test in tests], on_sheet=False),
            compared("compared_days", "days", [test and test.within_days for test in tests], on_sheet=False),
            compared("leads_to_tell", "count", wanted),
        ], gaps


def leads_to_tell(own: float, others: float) -> int | None:
    """How many on either side it takes to tell such a difference; None where there is none to speak of."""
    if round(own, 3) == round(others, 3):
        return None
    found = CATALOGUE["SAMPLESIZE"](own, others)
    return int(found) if isinstance(found, int | float) else None


@dataclass(frozen=True, slots=True)
class Paid:
    """Spend on channels, and what became of the leads of these: of leads that cost nothing there are none among them.

    Attributes:
        spend: All spend that names a channel.
        leads: Counts of the leads whose source is one of them.
    """

    spend: float
    leads: Tally


@dataclass(frozen=True, slots=True)
class Cost:
    """What marketing cost.

    Attributes:
        total: All spend, whatever for.
        paid: The part of it that went to channels.
    """

    total: float
    paid: Paid


def paid_part(context: FunnelContext, spend: Mapping[str | None, float], rows: Sequence[Row]) -> Paid:
    """Spend by source and the leads of these sources out of all leads by source and state."""
    bought = {name: cost for name, cost in spend.items() if name is not None}
    return Paid(sum(bought.values()), tally([row for row in rows if row["source"] in bought], context))


def cost_per_stage(stages: Iterable[Stage]) -> list[Column]:
    """What a lead in each stage cost, where that is a KPI of its own, beside leads and wins."""
    return [
        kpi_column(key, "money", function, "spend", stage.count_key, needs=[Fact.SPEND_MONTHS])
        for stage in stages
        if stage.cost_kpi
        for key, function in [stage.cost_kpi]
    ]


class BreakdownSection(Section):
    """F."""

    needs: ClassVar[Mapping[str, Fact]] = {"by.source": Fact.SOURCES, "by.owner": Fact.OWNERS}

    def queries(self, context: FunnelContext) -> Queries:
        """Leads by each field."""
        return {leads_by_state(field): states_by(context.rows, field) for field in fields(context)}

    def follow_up(self, figures: Figures) -> Queries:
        """Days from lead to won of the groups that have a row."""
        context = figures.context
        found = {cycle_lengths(field): cycles.question() for field, cycles in figures.group_cycles.items()}
        step = win_step(context)
        if step is not None:
            for field, groups in figures.groups.items():
                found[followed_by(step, field)] = endings(context, step, group=group_numbers(field, groups))
        return found

    def blocks(self, figures: Figures) -> NamedBlocks:
        """One block a field, under its name."""
        labels = figures.context.table.by_labels
        return {"by": {labels.get(field, field): self._block(figures, field) for field in figures.groups}}

    def _block(self, figures: Figures, field: str) -> Block:
        groups = figures.groups[field]
        number = list(figures.groups).index(field) + 1
        return breakdown_block(
            figures.context,
            TABLES.get(field, f"tblBy{number}"),
            groups,
            totals=figures.totals,
            medians=figures.group_cycles[field].medians(figures.answers[cycle_lengths(field)]),
            median=next((one.median for one in figures.durations if one.name == LEAD_TO_WON), None),
            cost=figures.cost if groups.spend else None,
            win_rates=figures.win_rates[field],
        )
