"""What changed between two periods, and why: the change of a figure split over its factors and over groups.

Where a period is compared with another, these figures of what was **closed** in each are split:

* ``revenue`` = days x opportunities closed a day x win rate x (share of wins with an amount) x average deal;
* ``won`` = days x opportunities closed a day x win rate;
* ``cac`` = spend of the period / won;

and of the leads **created** in each ``lead_conversion_mature``, lead to won within the window of those old enough for
it: both periods are judged by the same number of days.

``changes`` has the parts of the factors; ``changes_by`` those of each group: ``volume`` (all closed more or fewer),
``mix`` (its own share of them), ``rate`` (its own win rate), ``deal`` (its own average deal) and ``spend``; ``causes``
those of groups that can be told from chance, the largest first. The parts add up to the change whatever their order,
see :mod:`~xl_leadkpi.funnel.decomposition`. Where no loss is known, wins stand for the closed ones, without a rate.

Each part says whether it can be told from chance (``told``) or not (``unclear``): counts are compared by days as
Poisson counts, shares by the test of two rates, amounts by Welch's test of their logarithms, and of all that is tested,
in all figures and groups together, at most 5 % of what is told is expected to be chance (Benjamini and Hochberg). Days
and spend are no samples: their parts are ``exact``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import narwhals as nw

from xl_leadkpi.cells.days import date_of
from xl_leadkpi.funnel import breakdown, chance, change_parts
from xl_leadkpi.funnel import spend as spending
from xl_leadkpi.funnel.blocks import NO_GROUP, OTHER_GROUP, TOTAL, block, values_column
from xl_leadkpi.funnel.breakdown import REVENUE_NEEDS
from xl_leadkpi.funnel.change_parts import (
    CAC,
    CLOSED,
    CONVERSION,
    DAYS_FACTOR,
    DEAL,
    KINDS,
    PRICED,
    REST,
    REVENUE,
    SPEND,
    UNCLEAR,
    WIN_RATE,
    WON_DEALS,
    Change,
    Closed,
    Days,
    Factor,
    GroupChange,
    Mature,
    Name,
    Pair,
    Part,
    Side,
    Verdicts,
)
from xl_leadkpi.funnel.context import flag, inside
from xl_leadkpi.funnel.lead_state import LOST, WON
from xl_leadkpi.funnel.period import CREATED_COMPARED, DAYS, closed_rows
from xl_leadkpi.funnel.section import Query, Section
from xl_leadkpi.funnel.tally import grouped, leads_by_state, states_by, tally
from xl_leadkpi.leads.model.evidence import Fact
from xl_leadkpi.leads.model.evidence import needs as facts_needed
from xl_leadkpi.leads.model.findings import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from xl_leadkpi.engines import Row
    from xl_leadkpi.funnel.context import FunnelContext
    from xl_leadkpi.funnel.figures import Figures
    from xl_leadkpi.funnel.report import Block, NamedBlocks, Unit
    from xl_leadkpi.funnel.section import Queries
    from xl_leadkpi.funnel.tally import Tally

UNITS: Final[Mapping[str, Unit]] = {
    REVENUE: "money", WON_DEALS: "count", CAC: "money", CONVERSION: "fraction",
    DAYS_FACTOR: "days", CLOSED: "count", WIN_RATE: "fraction", PRICED: "fraction", DEAL: "money", SPEND: "money",
}  # fmt: skip
"""By measure or factor, the unit of its figures; what is added to a measure is in the measure's."""
VOLUME: Final = "volume"
_UNITS_OF_KINDS: Final[Mapping[str, Unit]] = {"spend": "money", "mix": "fraction", "rate": "fraction", "deal": "money"}
_NO_SPEND: Final = 1e-9
"""Share of all spend below which what is left of it comes of adding up."""
_LATE: Final = 0.1
"""Share of the compared period that may lie before the first day of the table: few begin on the first of a quarter."""
ALL_SOURCES = Query("leads by campaign and source, of all periods")
Which = Literal["period", "compared"]


def closed_sums(field: str, which: Which) -> Query:
    """The query for what was closed in a period by a field, of all together where the field is empty."""
    return Query(f"opportunities closed in the {which}, with sums of won amounts", field)


def created_compared(field: str) -> Query:
    """The query for the leads created in the compared period by a field and their state."""
    return replace(CREATED_COMPARED, subject=field)


def sums_of_closed(context: FunnelContext, first: date | None, last: date | None, field: str) -> nw.LazyFrame[Any]:
    """Opportunities closed from one day to another and those won, with sums of their amounts and of the logarithms.

    Args:
        context: What is counted.
        first: First day, None where it is open.
        last: Last day, None where it is open.
        field: What to part them by; ``""`` takes all together.
    """
    won, lost, amount = nw.col("outcome") == WON, nw.col("outcome") == LOST, nw.col("amount").cast(nw.Float64)
    if not context.counts_all_lost:
        lost = lost & (nw.col("furthest_rank") >= context.opportunity_rank)
    rows = closed_rows(context, first, last).with_columns(
        is_won=flag(won),
        is_closed=flag(won | lost),
        revenue=nw.when(won).then(amount),
        log=nw.when(won & (amount > 0)).then(amount).log(),
    )
    rows = rows.with_columns(square=nw.col("revenue") * nw.col("revenue"), log_square=nw.col("log") * nw.col("log"))
    sums = {
        "won": nw.col("is_won").sum(),
        "closed": nw.col("is_closed").sum(),
        "priced": nw.col("revenue").count(),
        "revenue": nw.col("revenue").sum(),
        "squares": nw.col("square").sum(),
        "logged": nw.col("log").count(),
        "logs": nw.col("log").sum(),
        "log_squares": nw.col("log_square").sum(),
    }
    return rows.group_by(field).agg(**sums) if field else rows.select(**sums)


# from answers to both periods -----------------------------------------------------------------------------------------


class _Two(NamedTuple):
    """Something of the period compared with, and of the one asked for."""

    before: Any
    now: Any


@dataclass(frozen=True, slots=True)
class _Periods:
    """What both periods are made of.

    Attributes:
        figures: The answers.
        has_rate: The lost ones are known; else wins stand for the closed ones.
        spend: Spend of both by channel and campaign, None where it is not known.
    """

    figures: Figures
    has_rate: bool
    spend: _Two

    def whole(self) -> Pair:
        """Both periods, all together."""
        answers, context = self.figures.answers, self.figures.context
        created = tally(answers[CREATED_COMPARED], context)
        return Pair(
            self._side(answers[closed_sums("", "compared")], _mature(created), self._total(self.spend.before)),
            self._side(answers[closed_sums("", "period")], _mature(self.figures.totals), self._total(self.spend.now)),
        )

    def groups(self, field: str) -> dict[Name, Pair]:
        """Both periods of each group of a field, the largest first; at the end the others together."""
        answers = self.figures.answers
        closed = _Two(answers[closed_sums(field, "compared")], answers[closed_sums(field, "period")])
        created = _Two(answers[created_compared(field)], answers[leads_by_state(field)])
        by_name = _Two(*(grouped(rows, lambda row: row[field]) for rows in closed))
        leads = _Two(*(grouped(rows, lambda row: row[field]) for rows in created))
        spend = _Two(*(self._by_name(one, field) for one in self.spend))
        names = _largest_first(by_name, leads, spend)
        limit = self.figures.context.options.top_groups
        named, rest = (names, []) if len(names) <= limit + 1 else (names[:limit], names[limit:])

        def side(place: int, wanted: Sequence[str | None]) -> Side:
            rows = [row for name in wanted for row in by_name[place].get(name, ())]
            states = [row for name in wanted for row in leads[place].get(name, ())]
            costs = [spend[place][name] for name in wanted if name in spend[place]]
            mature = _mature(tally(states, self.figures.context)) if states else Mature()
            return self._side(rows, mature, sum(costs) if costs else None)

        found: dict[Name, Pair] = {name: Pair(side(0, [name]), side(1, [name])) for name in named}
        return found | ({REST: Pair(side(0, rest), side(1, rest))} if rest else {})

    def _side(self, rows: Iterable[Row], created: Mature, spend: float | None) -> Side:
        found = Closed(spend=spend)
        for row in rows:
            closed, won, priced = (int(row[key] or 0) for key in ("closed", "won", "priced"))
            logs = chance.Logs(int(row["logged"] or 0), row["logs"] or 0.0, row["log_squares"] or 0.0)
            found += Closed(closed, won, priced, row["revenue"] or 0.0, row["squares"] or 0.0, logs)
        return Side(found if self.has_rate else replace(found, closed=found.won), created)

    @staticmethod
    def _total(spend: spending.Spend | None) -> float | None:
        return None if spend is None else spend.total

    @staticmethod
    def _by_name(spend: spending.Spend | None, field: str) -> dict[str | None, float]:
        """Spend by group; what names none is that of the leads without a value."""
        if spend is None or field not in ("source", "campaign"):
            return {}
        found = dict(spend.by_source if field == "source" else spend.by_campaign)
        left = spend.total - sum(found.values())
        return found | ({None: found.get(None, 0.0) + left} if abs(left) > abs(spend.total) * _NO_SPEND else {})


def _largest_first(closed: _Two, leads: _Two, spend: _Two) -> list[str | None]:
    """The groups, those with most closed in both periods first, then those with most leads."""
    sizes: dict[str | None, list[int]] = {}
    for place, (parts, key) in enumerate(((closed, "closed"), (leads, "n"))):
        for by_name in parts:
            for name, rows in by_name.items():
                sizes.setdefault(name, [0, 0])[place] += sum(int(row[key] or 0) for row in rows)
    for by_name in spend:
        for name in by_name:
            sizes.setdefault(name, [0, 0])
    return sorted(sizes, key=lambda name: (*(-size for size in sizes[name]), name is None, name or ""))


def _mature(found: Tally) -> Mature:
    return Mature(found.mature_leads, found.mature_won)


def _table_begins(figures: Figures) -> date | None:
    """First day on which anything of the table was created or closed."""
    [days] = figures.answers[DAYS]
    firsts = [days[f"{name} first"] for name in ("created", "d_won", "d_lost") if days[f"{name} first"] is not None]
    return date_of(min(firsts)) if firsts else None


def _begins_within(begins: date, first: date, last: date) -> bool:
    """Whether a table begins too late to be of a period: the first day of a quarter need not have any lead."""
    return (begins - first).days > _LATE * ((last - first).days + 1)


def _days(context: FunnelContext, begins: date) -> Days:
    """Days of both periods, as far as they are over."""
    options, as_of = context.options, context.table.as_of

    def length(first: date | None, last: date | None) -> int:
        last = min(last or as_of, as_of)
        if first is None or _begins_within(begins, first, last):
            first = begins
        return max((last - first).days + 1, 1)

    return Days(length(options.compared_from, options.compared_to), length(options.period_from, options.period_to))


# why there is no figure -----------------------------------------------------------------------------------------------

_NEEDS: Final = {
    REVENUE: (*REVENUE_NEEDS, Fact.WIN_DAYS),
    WON_DEALS: (Fact.WINS, Fact.WIN_DAYS),
    CAC: (Fact.SPEND, Fact.SPEND_MONTHS, Fact.WINS, Fact.WIN_DAYS),
    CONVERSION: (Fact.WINS, Fact.LEADS_NOT_WON, Fact.CREATION_DATES, Fact.WIN_DAYS),
}


def _begins_too_late(figures: Figures) -> Finding | None:
    """Why nothing can be compared: the table does not reach back to the period compared with."""
    begins, options = _table_begins(figures), figures.context.options
    first, last = options.compared_from, options.compared_to
    if begins is None or first is None or last is None:
        return None
    if not _begins_within(begins, first, last):
        return None
    return Finding(FindingKind.COMPARED_BEFORE_DATA, figures.totals.leads, details={"day": str(begins)})


def _gap(measure: str, figures: Figures) -> Finding | None:
    """Why the change of a figure is not known; None where it is."""
    context = figures.context
    gap = context.evidence.gap(facts_needed(*_NEEDS[measure]))
    if gap is not None and gap.why is not None:
        return gap.why
    if figures.changes.by_measure.get(measure) is not None:
        return None
    if measure == CONVERSION:
        window = {"days": str(context.options.window_days)}
        return Finding(FindingKind.NONE_OLD_ENOUGH, figures.totals.leads, details=window)
    return context.compared_spend_gap or Finding(FindingKind.NO_WINS_TO_COMPARE, figures.totals.won)


# the blocks -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that changed, in parts.

    Attributes:
        by_measure: By figure, its change; None where it is not known.
        by_field: By field, and by figure, what each group adds to its change.
        verdicts: What of it can be told from chance.
    """

    by_measure: Mapping[str, Change | None]
    by_field: Mapping[str, Mapping[str, Sequence[GroupChange]]]
    verdicts: Verdicts


def split_changes(
    whole: Pair, fields: Mapping[str, Mapping[Name, Pair]], days: Days, measures: Sequence[str]
) -> Changes:
    """Split the changes of figures over their factors and over groups, and test all parts together.

    Args:
        whole: Both periods, all together.
        fields: By field, both periods of each group; together they are all.
        days: Days of both periods.
        measures: The figures that are known.
    """
    verdicts = Verdicts()
    change_parts.judge_whole(whole, days, verdicts)
    won = change_parts.change_of_closed(WON_DEALS, whole, days)
    made: dict[str, Callable[[], Change | None]] = {
        REVENUE: lambda: change_parts.change_of_closed(REVENUE, whole, days),
        WON_DEALS: lambda: won,
        CAC: lambda: change_parts.change_of_cost(whole, won),
        CONVERSION: lambda: change_parts.change_of_conversion(whole),
    }
    by_measure = {measure: made[measure]() for measure in measures}
    by_field: dict[str, dict[str, list[GroupChange]]] = {}
    for field, groups in fields.items():
        change_parts.judge_groups(groups, whole, field, verdicts)
        by_field[field] = {
            measure: change_parts.groups_of(measure, groups, whole, field)
            for measure, change in by_measure.items()
            if change is not None
        }
    return Changes(by_measure, by_field, verdicts)


class ChangesSection(Section):
    """What changed between the period asked for and the one it is compared with, and why."""

    def queries(self, context: FunnelContext) -> Queries:
        """What was closed in both periods, all together and by field; leads created in the compared one by field."""
        options = context.options
        if not options.is_limited or options.compared_from is None:
            return {}
        periods: dict[Which, tuple[date | None, date | None]] = {
            "period": (options.period_from, options.period_to),
            "compared": (options.compared_from, options.compared_to),
        }
        fields = breakdown.fields(context)
        found: dict[Query, nw.LazyFrame[Any]] = {
            closed_sums(field, which): sums_of_closed(context, *days, field)
            for field in ("", *fields)
            for which, days in periods.items()
        }
        compared = context.all_rows.filter(inside("created", *periods["compared"]))
        for field in fields:
            found[created_compared(field)] = states_by(compared, field)
            found[leads_by_state(field)] = states_by(context.rows, field)
        if context.spend is not None:
            found[ALL_SOURCES] = spending.sources_of_campaigns(replace(context, rows=context.all_rows))
        return found

    def reasons(self, figures: Figures) -> Mapping[str, Finding]:
        """Why there is no change of a figure, by its key; and no groups where the table does not reach back so far."""
        if closed_sums("", "compared") not in figures.answers:
            return {}
        gaps = {f"changes.{measure}": why for measure, why in _gaps(figures).items() if why is not None}
        late = _begins_too_late(figures)
        return gaps if late is None else {**gaps, "causes": late, "changes_by": late}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """The parts of the factors by figure, and those of the groups by field; None where no period is compared."""
        none: dict[str, Block | None] = dict.fromkeys(("changes", "causes", "changes_by"))
        if closed_sums("", "compared") not in figures.answers or _begins_too_late(figures) is not None:
            return none
        found, labels = figures.changes, figures.context.table.by_labels
        known = [measure for measure, why in _gaps(figures).items() if why is None]
        factors = {
            measure: factors_block(found, measure, f"tblChange{number}")
            for number, measure in enumerate(known, start=1)
        }
        groups = {
            labels.get(field, field): groups_block(found, field, f"tblChangeBy{number}")
            for number, field in enumerate(found.by_field, start=1)
        }
        return {"changes": factors or None, "causes": causes_block(found, labels), "changes_by": groups or None}


def _gaps(figures: Figures) -> dict[str, Finding | None]:
    """By figure that there might be, why its change is not known."""
    late = _begins_too_late(figures)
    measures = [name for name in _NEEDS if name != CAC or _has_spend(figures.context)]
    return {name: late or _gap(name, figures) for name in measures}


def _has_spend(context: FunnelContext) -> bool:
    return context.spend is not None or context.spend_gap is not None


def changes_of(figures: Figures) -> Changes:
    """Everything that changed between the two periods, from the engine's answers."""
    context, evidence = figures.context, figures.context.evidence
    has_rate = evidence.supports(*context.closed_needs, Fact.LOSS_DAYS, Fact.LEADS_NOT_WON)
    joined = _Two(None, None)
    if context.spend is not None:
        pairs = figures.answers[ALL_SOURCES]
        tables = context.compared_spend, context.spend
        joined = _Two(*(one and spending.join(context.table, one, pairs) for one in tables))
    periods = _Periods(figures, has_rate, joined)
    measures = [name for name, facts in _NEEDS.items() if evidence.supports(*facts)]
    fields = {field: periods.groups(field) for field in breakdown.fields(context)}
    begins = _table_begins(figures)
    assert begins is not None, "something was created or closed in the period"
    several = {field: groups for field, groups in fields.items() if len(groups) > 1}
    return split_changes(periods.whole(), several, _days(context, begins), measures)


def factors_block(found: Changes, measure: str, name: str) -> Block:
    """A row for the figure, followed by one for each of its factors."""
    change = found.by_measure[measure]
    assert change is not None
    whole = change.whole
    shown = [_named(one, change) for one in change.factors if _is_shown(one)]
    verdict = found.verdicts.whole_verdict(whole.part, [one.part for one in change.factors])
    rows = [
        {
            "factor": one.name,
            "unit": UNITS[measure if one is whole else one.name],
            "from": one.before,
            "to": one.now,
            "part": one.part.value,
            "share": _share(one.part.value, whole),
            "tested": verdict if one is whole else found.verdicts.verdict(one.part),
            "p": found.verdicts.p_value(one.part),
        }
        for one in (whole, *shown)
    ]
    return block(name, _columns(rows, _FACTOR_COLUMNS))


def _named(factor: Factor, change: Change) -> Factor:
    """Where no loss is known, what is called closed are the wins."""
    has_rate = any(one.name == WIN_RATE and _is_shown(one) for one in change.factors)
    return factor if has_rate or factor.name != CLOSED else replace(factor, name=WON_DEALS)


def _is_shown(factor: Factor) -> bool:
    """Whether a factor says anything: one that is usually 1, or as long as before, does so where it is not."""
    if factor.name == DAYS_FACTOR:
        return factor.before != factor.now
    if factor.name in (PRICED, WIN_RATE):
        return not {factor.before, factor.now} <= {1, None}
    return True


_FACTOR_COLUMNS: Final[Mapping[str, Unit]] = {
    "factor": "text", "unit": "text", "from": "number", "to": "number", "part": "number",
    "share": "fraction", "tested": "text", "p": "number",
}  # fmt: skip
_GROUP_COLUMNS: Final[Mapping[str, Unit]] = {
    "group": "text", "measure": "text", "unit": "text", "from": "number", "to": "number", "part": "number",
    "share": "fraction", **dict.fromkeys(KINDS, "number"), "tested": "text",
    **{f"{kind}_tested": "text" for kind in KINDS},
}  # fmt: skip
_CAUSE_COLUMNS: Final[Mapping[str, Unit]] = {
    "group": "text", "field": "text", "measure": "text", "kind": "text", "unit": "text", "from": "number",
    "to": "number", "part": "number", "share": "fraction", "p": "number",
}  # fmt: skip
_OFF_SHEET: Final = frozenset({"unit", "p", *(f"{kind}_tested" for kind in KINDS)})


def _columns(rows: Sequence[Mapping[str, Any]], units: Mapping[str, Unit]) -> list[Any]:
    return [
        values_column(key, unit, [row.get(key) for row in rows], on_sheet=key not in _OFF_SHEET)
        for key, unit in units.items()
    ]


def groups_block(found: Changes, field: str, name: str) -> Block:
    """By figure, the groups of a field, that which adds or takes most first, and all together."""
    rows: list[dict[str, Any]] = []
    for measure, groups in found.by_field[field].items():
        change = found.by_measure[measure]
        if change is None or not groups:
            continue
        every = change.whole
        shown = sorted((one for one in groups if one.before or one.now or one.value), key=lambda one: -abs(one.value))
        for one in shown:
            label = NO_GROUP if one.group is None else OTHER_GROUP if one.group == REST else one.group
            verdicts = {f"{kind}_tested": found.verdicts.verdict(part) for kind, part in one.parts.items()}
            whole = found.verdicts.whole_verdict(Part(one.value), one.parts.values())
            rows.append(
                {
                    "group": label,
                    **_figures_of(measure, one.before, one.now, one.value, every),
                    **{kind: part.value for kind, part in one.parts.items()},
                    **verdicts,
                    "tested": whole,
                }
            )
        sums = {kind: sum(one.parts[kind].value for one in groups) for kind in KINDS if kind in groups[0].parts}
        rows.append({"group": TOTAL, **_figures_of(measure, every.before, every.now, every.part.value, every), **sums})
    return block(name, _columns(rows, _GROUP_COLUMNS))


def causes_block(found: Changes, labels: Mapping[str, str] = MappingProxyType({})) -> Block:
    """What of the changes can be told to be a group's own doing: by figure, that which adds or takes most first.

    What all groups share - more or fewer closed in all - is no group's.

    Args:
        found: The changes.
        labels: By field, what it is called if not so.
    """
    rows: list[dict[str, Any]] = []
    for measure, change in found.by_measure.items():
        told = [
            (labels.get(field, field), one, kind, part)
            for field, groups in found.by_field.items()
            for one in groups.get(measure, ())
            for kind, part in one.parts.items()
            if kind != VOLUME and part.value and found.verdicts.verdict(part) != UNCLEAR
        ]
        for field, one, kind, part in sorted(told, key=lambda cause: (-abs(cause[3].value), cause[0], cause[2])):
            assert change is not None
            before, now = one.values[kind]
            rows.append(
                {
                    "group": NO_GROUP if one.group is None else one.group,
                    "field": field,
                    **_figures_of(measure, before, now, part.value, change.whole),
                    "kind": kind,
                    "unit": _UNITS_OF_KINDS[kind],
                    "p": found.verdicts.p_value(part),
                }
            )
    return block("tblCause", _columns(rows, _CAUSE_COLUMNS))


def _figures_of(measure: str, before: float | None, now: float | None, part: float, whole: Factor) -> dict[str, Any]:
    share = _share(part, whole)
    return {"measure": measure, "unit": UNITS[measure], "from": before, "to": now, "part": part, "share": share}


def _share(part: float, whole: Factor) -> float | None:
    """A part of all that has changed; None where nothing has."""
    return part / whole.part.value if whole.part.value else None
