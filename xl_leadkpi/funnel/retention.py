"""How long customers stay by source, campaign, owner or any other field, and what they bring while they do."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import narwhals as nw

from xl_leadkpi.funnel.blocks import OTHER_GROUP, TOTAL, block, kpi_column, values_column
from xl_leadkpi.funnel.context import steady
from xl_leadkpi.funnel.incidence import Ending, discoveries
from xl_leadkpi.funnel.lead_state import WON
from xl_leadkpi.funnel.section import Query, Section
from xl_leadkpi.funnel.staying import (
    ENOUGH_FOLLOWED,
    LEFT,
    MONTH,
    STILL_THERE,
    Stays,
    common_horizon,
    days_of,
    log_rank,
)
from xl_leadkpi.funnel.step_rates import group_numbers
from xl_leadkpi.funnel.tally import grouped
from xl_leadkpi.leads.model.evidence import Fact
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.recognition.headers import amount_period

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xl_leadkpi.engines import Row
    from xl_leadkpi.funnel.blocks import Gaps
    from xl_leadkpi.funnel.context import FunnelContext
    from xl_leadkpi.funnel.figures import Answers, Figures
    from xl_leadkpi.funnel.report import Block, Column, NamedBlocks
    from xl_leadkpi.funnel.section import Queries

MONTHS = (3, 6, 12, 24)
"""Months after the win for which the share still there is told."""
FIELD = "customer_end"
EVERYBODY = "all"
"""Key of the customers where no field groups them."""
_NEEDS = (Fact.WINS, Fact.WIN_DAYS, Fact.CUSTOMER_ENDS)
_MONEY_NEEDS = (*_NEEDS, Fact.WON_AMOUNTS, Fact.ONE_CURRENCY)
_MONTHS_OF_YEAR = 12


def customers_by_stay(field: str) -> Query:
    """The query for customers by the days they stayed, or have stayed so far, and for what they pay."""
    return Query("customers by stay and whether they left", field)


def customers_by_age(field: str) -> Query:
    """The query for customers by the days since they were won."""
    return Query("customers by days since the win", field)


def is_told(context: FunnelContext) -> bool:
    """The table tells how long customers stayed."""
    there = FIELD in context.rows.collect_schema().names()
    return there and FIELD in context.table.fields and context.evidence.supports(*_NEEDS)


def customers(context: FunnelContext, group: nw.Expr) -> nw.LazyFrame[Any]:
    """Customers won up to the censoring day: their group, days followed, days stayed, whether they left, and amount.

    An end that lies ahead is none yet. Left out are those without a day of the win, and those that ended before it.
    """
    won, end = context.whole("d_won"), context.whole(FIELD)
    followed = nw.lit(context.as_of) - won
    has_left = ~end.is_null() & (end <= context.as_of)
    rows = context.rows.filter((nw.col("outcome") == WON) & ~won.is_null())
    rows = rows.select(
        group=group,
        followed=followed.cast(nw.Int32),
        days=nw.when(has_left).then(end - won).otherwise(followed).cast(nw.Int32),
        event=nw.when(has_left).then(nw.lit(LEFT)).otherwise(nw.lit(STILL_THERE)),
        amount=nw.col("amount"),
    )
    return rows.filter((nw.col("followed") >= 0) & (nw.col("days") >= 0))


def stay_queries(context: FunnelContext, field: str, group: nw.Expr) -> Queries:
    """Customers by how long they stayed and by how long ago they were won."""
    rows = customers(context, group)
    amount = nw.col("amount")
    return {
        customers_by_stay(field): rows.group_by("group", "days", "event").agg(
            nw.len().alias("n"), amount.sum().alias("amount"), amount.count().alias("amounts")
        ),
        customers_by_age(field): rows.group_by("group", "followed").agg(nw.len().alias("n")),
    }


@dataclass(frozen=True, slots=True)
class Customers:
    """The customers of a group.

    Attributes:
        stays: How long they stay.
        amount: What they pay in all, each its amount.
        amounts: How many have one.
    """

    stays: Stays
    amount: float
    amounts: int


def _customers(stays: Sequence[Row], ages: Sequence[Row]) -> Customers:
    endings = (Ending(row["days"], row["event"], row["n"]) for row in stays)
    return Customers(
        Stays(endings, ((row["followed"], row["n"]) for row in ages)),
        fsum(row["amount"] or 0.0 for row in stays),
        sum(int(row["amounts"]) for row in stays),
    )


def customers_by_group(answers: Answers, field: str) -> dict[int, Customers]:
    """By number of the group, its customers."""
    stays, ages = (
        grouped(answers.get(query(field), ()), lambda row: int(row["group"]))
        for query in (customers_by_stay, customers_by_age)
    )
    return {number: _customers(rows, ages[number]) for number, rows in stays.items()}


def all_customers(answers: Answers) -> Customers:
    """All of them."""
    return _customers(answers.get(customers_by_stay(""), ()), answers.get(customers_by_age(""), ()))


# money per time -------------------------------------------------------------------------------------------------------


def months_paid(context: FunnelContext) -> int | Finding:
    """For how many months an amount is paid, or why that is not known."""
    wanted: str | None = context.options.amount_per
    if wanted == "auto":
        wanted = _period_of_header(context)
    if wanted is None:
        return Finding(FindingKind.AMOUNT_PERIOD_UNKNOWN, 1, _amount_header(context))
    if wanted == "once":
        return Finding(FindingKind.AMOUNT_ONCE, 1, _amount_header(context))
    return 1 if wanted == "month" else _MONTHS_OF_YEAR


def _amount_header(context: FunnelContext) -> str:
    """Header of the amounts that count: those of the deals, where leads have some as well."""
    headers = {one.table: one.header for one in context.table.columns if one.field == "amount"}
    return headers.get("deals") or next(iter(headers.values()), "")


def _period_of_header(context: FunnelContext) -> Literal["month", "year"] | None:
    return amount_period(_amount_header(context))


# the block ------------------------------------------------------------------------------------------------------------


def retention_block(
    context: FunnelContext, name: str, labels: Sequence[str], groups: Sequence[Customers], paid: int | Finding
) -> Block:
    """One row a group, then all customers.

    Args:
        context: What is counted.
        name: Name of the table.
        labels: Labels of the rows.
        groups: Their customers; the last are all of them.
        paid: For how many months an amount is paid, or why that is not known.
    """
    stays = [one.stays for one in groups]
    months = common_horizon(stays[:-1] or stays)
    columns = [
        values_column("group", "text", labels),
        values_column("customers", "count", [one.customers for one in stays], needs=_NEEDS),
        values_column("still_there", "count", [one.customers - one.left for one in stays], needs=_NEEDS),
    ]
    gaps: dict[str, Gaps] = {}
    shown = _month_of_interval(stays[-1])
    for after in MONTHS:
        columns += _kept_columns(after, stays, gaps, with_interval=after == shown)
    columns += _length_columns(stays, months, gaps)
    columns += _compared_columns(labels, stays)
    columns += _money_columns(context, groups, paid, gaps)
    return block(name, columns, totals=1, evidence=context.evidence, own_gaps=gaps)


def _month_of_interval(every: Stays) -> int:
    """The months whose interval the sheet shows: a year, or the longest time up to that which the customers tell."""
    return max((after for after in MONTHS if after <= _MONTHS_OF_YEAR and days_of(after) <= every.horizon), default=0)


def _kept_columns(after: int, stays: Sequence[Stays], gaps: dict[str, Gaps], *, with_interval: bool) -> list[Column]:
    """The share still there after some months, with its interval."""
    key = f"kept_{after}"
    kept = [one.kept(days_of(after)) for one in stays]
    missing = _unknown(stays, kept, FindingKind.CUSTOMERS_TOO_YOUNG)
    is_known = any(one is not None for one in kept)
    columns = []
    for end, place in (("", 0), ("_low", 1), ("_high", 2)):
        gaps[f"{key}{end}"] = missing
        columns.append(
            values_column(
                f"{key}{end}", "fraction", [steady(one and one[place]) for one in kept],
                better=None if end else "higher", on_sheet=is_known and (not end or with_interval), needs=_NEEDS,
                cases="customers",
            )
        )  # fmt: skip
    return columns


def _unknown(stays: Sequence[Stays], found: Sequence[Any], kind: FindingKind) -> Gaps:
    """Rows without a figure, and why: too few customers were won so long ago, or a reason of their own."""
    gaps: Gaps = {}
    for row, (one, figure) in enumerate(zip(stays, found, strict=True)):
        if figure is None:
            why = kind if one.horizon >= 0 else FindingKind.CUSTOMERS_TOO_YOUNG
            gaps[row] = Finding(why, one.customers, details={"least": str(ENOUGH_FOLLOWED)})
    return gaps


def _length_columns(stays: Sequence[Stays], months: int, gaps: dict[str, Gaps]) -> list[Column]:
    """Months that customers stay: half of them, on average within the months given, and in all."""
    within = days_of(months)
    figures: dict[str, tuple[FindingKind, Callable[[Stays], float | None]]] = {
        "median_months": (FindingKind.MOST_STILL_THERE, lambda one: one.median),
        "mean_months": (FindingKind.CUSTOMERS_TOO_YOUNG, lambda one: one.mean(within) if within else None),
        "lifetime_months": (FindingKind.LIFETIME_AHEAD, lambda one: one.lifetime),
    }
    columns = []
    for key, (kind, days) in figures.items():
        found = [days(one) for one in stays]
        gaps[key] = _unknown(stays, found, kind)
        is_known = any(one is not None for one in found)
        values = [steady(None if one is None else one / MONTH) for one in found]
        columns.append(values_column(key, "number", values, better="higher", on_sheet=is_known, needs=_NEEDS))
        if key == "mean_months":
            columns += _mean_interval(stays, within, gaps)
            known = [None if one is None else months for one in found]
            columns.append(values_column("within_months", "count", known, on_sheet=False, needs=_NEEDS))
    return columns


def _mean_interval(stays: Sequence[Stays], within: int, gaps: dict[str, Gaps]) -> list[Column]:
    ends = [one.mean_interval(within) if within else None for one in stays]
    columns = []
    for place, end in enumerate(("low", "high")):
        key = f"mean_months_{end}"
        gaps[key] = gaps["mean_months"]
        values = [steady(one and one[place] / MONTH) for one in ends]
        columns.append(values_column(key, "number", values, on_sheet=False, needs=_NEEDS))
    return columns


def _compared_columns(labels: Sequence[str], stays: Sequence[Stays]) -> list[Column]:
    """How the groups compare with the rest: those that chance is an unlikely reason for stay better or worse."""
    *groups, every = stays
    # what is left over is no group that anybody chose
    tests = [
        None if label == OTHER_GROUP else log_rank(one, every - one) for label, one in zip(labels, groups, strict=False)
    ]
    believed = discoveries([test and test.p_value for test in tests])
    is_alone = len(groups) < 2
    words: list[str | None] = []
    for label, test, is_believed in zip(labels, tests, believed, strict=False):
        if test is not None and is_believed:
            words.append("worse" if test.left > test.expected else "better")
        else:
            words.append(None if is_alone or label == OTHER_GROUP else "unclear")
    p_values = [steady(test and test.p_value) for test in tests]
    return [
        values_column("compared", "text", [*words, None], needs=_NEEDS),
        values_column("compared_p", "number", [*p_values, None], on_sheet=False, needs=_NEEDS),
    ]


def _money_columns(
    context: FunnelContext, groups: Sequence[Customers], paid: int | Finding, gaps: dict[str, Gaps]
) -> list[Column]:
    """What a customer pays a month and brings within the months told: revenue, as no export has a margin."""
    if not context.evidence.supports(Fact.AMOUNTS):
        return []
    months = paid if isinstance(paid, int) else 1
    monthly = [one.amount / one.amounts / months if one.amounts else None for one in groups]
    if isinstance(paid, Finding):
        gaps["amount_per_month"] = gaps["lifetime_revenue"] = dict.fromkeys(range(len(groups)), paid)
    return [
        values_column("amount_per_month", "money", monthly, needs=_MONEY_NEEDS),
        kpi_column("lifetime_revenue", "money", "CLTV", "amount_per_month", "mean_months", needs=_MONEY_NEEDS),
    ]


class RetentionSection(Section):
    """How long customers stay."""

    needs: ClassVar[Mapping[str, Fact]] = {"retention": Fact.CUSTOMER_ENDS}

    def follow_up(self, figures: Figures) -> Queries:
        """Customers of the groups that have a row, and all of them."""
        context = figures.context
        if not is_told(context):
            return {}
        found = dict(stay_queries(context, "", nw.lit(0)))
        for field, groups in figures.groups.items():
            found |= stay_queries(context, field, group_numbers(field, groups))
        return found

    def blocks(self, figures: Figures) -> NamedBlocks:
        """One block a field, under its name; None where the export has no ends of customers."""
        context = figures.context
        if FIELD not in context.table.fields:
            return {"retention": None}
        every, labels = all_customers(figures.answers), context.table.by_labels
        paid = months_paid(context)
        if not figures.groups:
            return {"retention": {EVERYBODY: retention_block(context, "tblRetention", [TOTAL], [every], paid)}}
        return {
            "retention": {
                labels.get(field, field): _block_of(figures, field, number, every, paid)
                for number, field in enumerate(figures.groups, start=1)
            }
        }


def _block_of(figures: Figures, field: str, number: int, every: Customers, paid: int | Finding) -> Block:
    """The groups of a field with any customer, in the order of their breakdown."""
    groups = figures.groups[field]
    found = customers_by_group(figures.answers, field)
    *labels, total = groups.labels
    there = [(label, found[at]) for label, at in zip(labels, groups.numbers, strict=True) if at in found]
    return retention_block(
        figures.context,
        f"tblRetention{number}",
        [*(label for label, _ in there), total],
        [*(one for _, one in there), every],
        paid,
    )
