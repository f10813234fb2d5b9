"""Family E: what leads, deals, customers and the pipeline are worth."""

from __future__ import annotations

from typing import Any

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.aggregate import aggregate
from xl_leadkpi.kpis.declaration import (
    Argument,
    Example,
    amounts,
    count,
    fraction,
    margin,
    money,
    revenue,
    words,
)
from xl_leadkpi.kpis.elementwise import elementwise
from xl_leadkpi.kpis.status import is_status, statuses_of


@elementwise(
    "LEADVALUE",
    family="value",
    title="Lead value",
    arguments=(
        revenue("sales_value", "sales that came from the leads"),
        count("leads", "leads"),
    ),
    unit="money",
    direction="higher",
    examples=(
        Example((60000, 150), 400),
        Example((120000, 150), 800),
        Example((60000, 0), CellError.DIV0),
    ),
    aliases=("value per lead",),
    confused_with=("AVGDEAL", "CLTV"),
    pitfalls=(
        "Equals average deal × lead conversion rate. On a period basis wins come from older leads; use a "
        "cohort for a fair value."
    ),
)
def lead_value(sales_value: Any, leads: Any) -> Any:
    """Sales divided by the leads they came from: average deal times lead conversion.

    >>> lead_value(60000, 150)
    400.0
    """
    return sales_value / leads


@aggregate(
    "REVENUE",
    family="value",
    title="Revenue",
    arguments=(
        amounts("amounts", "amount of each deal"),
        words("status_range", "its status; without it every amount counts", default="won"),
    ),
    unit="money",
    direction="higher",
    excel=lambda amounts, status_range: (
        f"SUM({amounts})" if status_range is None else f'SUMIFS({amounts},{status_range},"won")'
    ),
    value=f'SUM(IF(amounts<"",amounts,0)*{is_status("status_range_", "won")})',
    examples=(
        Example(([1000, 2500, 400, None], ["won", "won", "lost", "won"]), 3500),
        Example(([1000, 2500], ["open", "lost"]), 0),
    ),
    aliases=("revenue", "won amount"),
    confused_with=("PIPEVALUE",),
    pitfalls="The won amount of a CRM is bookings, not recognised revenue.",
)
def revenue_won(amounts: Any, status_range: Any) -> Any:
    """Amounts of the deals won, summed up.

    >>> from xl_leadkpi import kpis
    >>> kpis.REVENUE([1000, 2500, 400], ["won", "lost", "Won"])
    1400.0
    """
    if isinstance(status_range, str):
        return np.nansum(amounts)
    won = [status == "won" for status in statuses_of(status_range)]
    return np.nansum(np.where(won, amounts, 0))


@elementwise(
    "AVGDEAL",
    family="value",
    title="Average deal size",
    arguments=(
        revenue("revenue", "amount of the deals won"),
        count("won_deals", "deals won"),
    ),
    unit="money",
    direction="higher",
    examples=(
        Example((240000, 12), 20000),
        Example((480000, 12), 40000),
        Example((240000, 0), CellError.DIV0),
    ),
    aliases=("ADS", "ACV for contracts"),
    confused_with=("AOV", "LEADVALUE"),
    pitfalls="Divide the amount of the very deals that you count.",
)
def average_deal_size(revenue: Any, won_deals: Any) -> Any:
    """Average amount of a deal won.

    >>> average_deal_size(240000, 12)
    20000.0
    """
    return revenue / won_deals


@elementwise(
    "AOV",
    family="value",
    title="Average order value",
    arguments=(
        revenue("revenue", "revenue of the orders"),
        count("orders", "orders"),
    ),
    unit="money",
    direction="higher",
    examples=(
        Example((18000, 120), 150),
        Example((36000, 120), 300),
        Example((18000, 0), CellError.DIV0),
    ),
    aliases=("AOV",),
    confused_with=("AVGDEAL", "ARPC"),
    pitfalls="An average of value, not of cost.",
)
def average_order_value(revenue: Any, orders: Any) -> Any:
    """Average revenue of an order.

    >>> average_order_value(18000, 120)
    150.0
    """
    return revenue / orders


@elementwise(
    "ARPC",
    family="value",
    title="Average revenue per customer",
    arguments=(
        revenue("revenue", "revenue of the period"),
        count("customers", "customers active in the period"),
    ),
    unit="money",
    per="period",
    direction="higher",
    examples=(
        Example((120000, 80), 1500),
        Example((240000, 80), 3000),
        Example((120000, 0), CellError.DIV0),
    ),
    aliases=("ARPC", "ARPA", "ARPU", "average revenue per user", "average revenue per account"),
    confused_with=("AOV", "CLTV"),
    pitfalls=(
        "State the period (month or year): CLTV and payback need it. Use the average number of customers when "
        "it changes a lot."
    ),
)
def average_revenue_per_customer(revenue: Any, customers: Any) -> Any:
    """Revenue of a period for each active customer.

    >>> average_revenue_per_customer(120000, 80)
    1500.0
    """
    return revenue / customers


@elementwise(
    "CLTV",
    family="value",
    title="Customer lifetime value",
    arguments=(
        revenue("value_per_period", "revenue of one customer in a period"),
        Argument("lifetime", "periods", "customer lifetime in the same periods", low=0),
        margin("gross_margin", "gross margin as a fraction", default=1),
    ),
    unit="money",
    direction="higher",
    examples=(
        Example((400, 3, 1), 1200),
        Example((1200, 3, 0.8), 2880),
    ),
    aliases=("CLV", "LTV", "lifetime value"),
    confused_with=("CLTVCHURN", "LEADVALUE"),
    pitfalls=(
        "value_per_period is what a customer brings in a period (ARPC), lifetime counts the same periods. Lead "
        "value × years would be the value of a lead, not of a customer."
    ),
)
def customer_lifetime_value(value_per_period: Any, lifetime: Any, gross_margin: Any) -> Any:
    """What a customer brings over its lifetime.

    >>> customer_lifetime_value(400, 3, 1)
    1200
    """
    return value_per_period * lifetime * gross_margin


@elementwise(
    "CLTVCHURN",
    family="value",
    title="Customer lifetime value (churn form)",
    arguments=(
        revenue("arpc", "revenue of one customer in a period, see ARPC"),
        fraction("churn", "churn of the same period"),
        margin("gross_margin", "gross margin as a fraction", default=1),
    ),
    unit="money",
    direction="higher",
    examples=(
        Example((100, 0.03, 0.8), 2666.666666666667),
        Example((200, 0.03, 0.8), 5333.333333333334),
        Example((100, 0, 0.8), CellError.DIV0),
    ),
    aliases=("LTV",),
    confused_with=("CLTV",),
    pitfalls="Customer churn and revenue churn give different values, and some leave out the margin: say which.",
)
def customer_lifetime_value_from_churn(arpc: Any, churn: Any, gross_margin: Any) -> Any:
    """What a customer brings until it churns.

    >>> round(customer_lifetime_value_from_churn(100, 0.03, 0.8), 4)
    2666.6667
    """
    return arpc * gross_margin / churn


@elementwise(
    "LIFETIME",
    family="value",
    title="Average customer lifetime",
    arguments=(fraction("churn", "churn of a period"),),
    unit="periods",
    direction="higher",
    examples=(
        Example((0.2,), 5),
        Example((0.03,), 33.333333333333336),
        Example((0,), CellError.DIV0),
    ),
    aliases=("customer lifetime",),
)
def customer_lifetime(churn: Any) -> Any:
    """Periods a customer stays on average.

    >>> customer_lifetime(0.2)
    5.0
    """
    return 1 / churn


@elementwise(
    "LTVCAC",
    family="value",
    title="LTV : CAC",
    arguments=(
        revenue("cltv", "customer lifetime value, see CLTV"),
        money("cac", "customer acquisition cost, see CAC"),
    ),
    unit="ratio",
    direction="higher",
    examples=(
        Example((2400, 600), 4),
        Example((4800, 600), 8),
        Example((2400, 0), CellError.DIV0),
    ),
    aliases=("LTV:CAC",),
    confused_with=("ROAS",),
    pitfalls="3 is a common aim. Take the lifetime value on gross margin and the CAC of marketing and sales.",
)
def ltv_to_cac_ratio(cltv: Any, cac: Any) -> Any:
    """Lifetime value of a customer for each unit of money that winning it cost.

    >>> ltv_to_cac_ratio(2400, 600)
    4.0
    """
    return cltv / cac


@aggregate(
    "MRR",
    family="value",
    title="Monthly recurring revenue",
    arguments=(
        amounts("amounts", "price of each active subscription for its billing term"),
        Argument("months", "months", "months in the term", optional=True, default=1, is_range=True),
    ),
    unit="money",
    per="month",
    direction="higher",
    excel=lambda amounts, months: f"SUM({amounts})" if months is None else f"SUMPRODUCT({amounts}/{months})",
    impossible='SUM((months_<"")*(months_<=0))>0',
    impossible_means="months<=0",
    value='SUM(IF((amounts<"")*(months_<""),amounts/months_,0))',
    examples=(
        Example(([2000, 60], [12, 1]), 226.66666666666666),
        Example(([300, 90, 1200], [3, 1, 12]), 290),
    ),
    aliases=("MRR",),
    confused_with=("ARR", "NETNEWMRR"),
    remarks="A subscription without price or term is skipped.",
    pitfalls="Bring all terms to a month; leave one-off fees out.",
)
def monthly_recurring_revenue(amounts: Any, months: Any) -> Any:
    """Prices of the active subscriptions brought to one month and summed up.

    >>> from xl_leadkpi import kpis
    >>> kpis.MRR([2400, 60], [12, 1])
    260.0
    """
    if np.any(months <= 0):
        return CellError.NUM
    return np.nansum(amounts / months)


@elementwise(
    "ARR",
    family="value",
    title="Annual recurring revenue",
    arguments=(revenue("mrr", "monthly recurring revenue, see MRR"),),
    unit="money",
    per="year",
    direction="higher",
    examples=(
        Example((226.5,), 2718),
        Example((453,), 5436),
    ),
    aliases=("ARR",),
    confused_with=("MRR",),
)
def annual_recurring_revenue(mrr: Any) -> Any:
    """Recurring revenue of a month, times twelve.

    >>> annual_recurring_revenue(226.5)
    2718.0
    """
    return mrr * 12


@elementwise(
    "NETNEWMRR",
    family="value",
    title="Net new MRR",
    arguments=(
        revenue("new_mrr", "MRR of new customers"),
        revenue("expansion", "MRR gained from existing customers"),
        money("contraction", "MRR lost to downgrades, entered positive"),
        money("churned", "MRR lost with customers, entered positive"),
        revenue("reactivation", "MRR of returning customers", default=0),
    ),
    unit="money",
    direction="higher",
    examples=(
        Example((10000, 5000, 2000, 3000, 500), 10500),
        Example((20000, 5000, 2000, 3000, 500), 20500),
    ),
    aliases=("net MRR movement",),
    confused_with=("MRR",),
)
def net_new_mrr(new_mrr: Any, expansion: Any, contraction: Any, churned: Any, reactivation: Any) -> Any:
    """What the month added to recurring revenue.

    >>> net_new_mrr(10000, 5000, 2000, 3000, 500)
    10500
    """
    return new_mrr + expansion + reactivation - contraction - churned


@aggregate(
    "PIPEVALUE",
    family="value",
    title="Pipeline value",
    arguments=(
        amounts("amounts", "amount of each deal"),
        words("status_range", "its status: open, won or lost, also in other languages"),
    ),
    unit="money",
    direction="higher",
    excel=lambda amounts, status_range: f'SUMIFS({amounts},{status_range},"open")',
    value=f'SUM(IF(amounts<"",amounts,0)*{is_status("status_range", "open")})',
    examples=(
        Example(([1000, 2500, 400, 800], ["open", "won", "open", "lost"]), 1400),
        Example(([500, 700], ["won", "lost"]), 0),
    ),
    aliases=("open pipeline",),
    confused_with=("WPIPE", "REVENUE"),
    pitfalls="Open opportunities only; raw leads usually have no amount.",
)
def pipeline_value(amounts: Any, status_range: Any) -> Any:
    """Amounts of the open deals, summed up.

    >>> from xl_leadkpi import kpis
    >>> kpis.PIPEVALUE([1000, 2500, 400], ["open", "won", "open"])
    1400.0
    """
    return np.nansum(amounts[[status == "open" for status in statuses_of(status_range)]])


@aggregate(
    "WPIPE",
    family="value",
    title="Weighted pipeline",
    arguments=(
        amounts("amounts", "amount of each deal"),
        Argument("probabilities", "fraction", "its chance to be won", low=0, high=1, is_range=True),
    ),
    unit="money",
    direction="higher",
    excel=lambda amounts, probabilities: f"SUMPRODUCT({amounts},{probabilities})",
    value='SUM(IF((amounts<"")*(probabilities<""),amounts*probabilities,0))',
    examples=(
        Example(([120000, 80000, 200000], [0.15, 0.4, 0.7]), 190000),
        Example(([200000, 50000], [0.3, 0.8]), 100000),
    ),
    aliases=("weighted pipeline", "expected value"),
    confused_with=("PIPEVALUE", "PIPEVEL"),
    remarks="A deal without amount or chance is skipped.",
    pitfalls="Prefer the win rates of your own past from each stage to the defaults of the CRM.",
)
def weighted_pipeline(amounts: Any, probabilities: Any) -> Any:
    """Amounts weighted with the chance that each is won.

    >>> from xl_leadkpi import kpis
    >>> kpis.WPIPE([120000, 80000], [0.25, 0.5])
    70000.0
    """
    return np.nansum(amounts * probabilities)


@elementwise(
    "PIPEVEL",
    family="value",
    title="Pipeline (sales) velocity",
    arguments=(
        count("opportunities", "opportunities in the pipeline"),
        revenue("deal_value", "average value of a deal, see AVGDEAL"),
        fraction("win_rate", "share of them that is won, see WINRATE"),
        Argument("cycle_days", "days", "days from opportunity to won, see SALESCYCLE", low=0),
    ),
    unit="money",
    per="day",
    direction="higher",
    examples=(
        Example((50, 25000, 0.25, 60), 5208.333333333333),
        Example((18, 42000, 0.24, 78), 2326.153846153846),
        Example((50, 25000, 0.25, 0), CellError.DIV0),
    ),
    aliases=("sales velocity", "deal velocity"),
    confused_with=("WPIPE",),
    pitfalls=(
        "Take the win rate of the very opportunities counted, and say per day or per month. The cycle begins where the "
        "opportunity does: with the days since the lead came in, as some have it, the velocity is too low."
    ),
)
def pipeline_velocity(opportunities: Any, deal_value: Any, win_rate: Any, cycle_days: Any) -> Any:
    """Revenue the pipeline yields in a day.

    >>> round(pipeline_velocity(50, 25000, 0.25, 60), 4)
    5208.3333
    """
    return opportunities * deal_value * win_rate / cycle_days


@elementwise(
    "PIPECOV",
    family="value",
    title="Pipeline coverage",
    arguments=(
        revenue("pipeline", "open pipeline due in the period, see PIPEVALUE"),
        money("target", "sales target of the period"),
        revenue("won", "won in the period so far: what is left of the target is to be covered", default=0),
    ),
    unit="ratio",
    direction="higher",
    impossible=lambda pipeline, target, won: won > target,  # noqa: ARG005
    examples=(
        Example((7500000, 2000000), 3.75),
        Example((4800000, 2400000, 800000), 3),
        Example((7500000, 0), CellError.DIV0),
        Example((4800000, 2400000, 2400000), CellError.DIV0),
        Example((4800000, 2400000, 2500000), CellError.NUM),
    ),
    aliases=("coverage ratio", "remaining pipeline coverage", "coverage of the remaining target"),
    confused_with=("QUOTAATT", "WPIPECOV"),
    pitfalls=(
        "How much is enough depends on the win rate by value: 1 / win rate, not 3 for everybody. What is won has left "
        "the pipeline but not the target: without won the coverage falls as the period goes by. Once the target is "
        "reached there is nothing left to cover. Leave out deals that are due later."
    ),
)
def pipeline_coverage(pipeline: Any, target: Any, won: Any) -> Any:
    """Open pipeline for each unit of the target, or of what is left of it.

    >>> pipeline_coverage(7500000, 2000000, 0)
    3.75
    """
    return pipeline / (target - won)


@elementwise(
    "WPIPECOV",
    family="value",
    title="Weighted pipeline coverage",
    arguments=(
        revenue("weighted_pipeline", "open pipeline due in the period weighted with its chances, see WPIPE"),
        money("target", "sales target of the period"),
        revenue("won", "won in the period so far: what is left of the target is to be covered", default=0),
    ),
    unit="ratio",
    direction="higher",
    impossible=lambda weighted_pipeline, target, won: won > target,  # noqa: ARG005
    examples=(
        Example((1056000, 1600000), 0.66),
        Example((1056000, 2400000, 800000), 0.66),
        Example((1056000, 0), CellError.DIV0),
        Example((1056000, 2400000, 2500000), CellError.NUM),
    ),
    aliases=("weighted coverage ratio",),
    confused_with=("PIPECOV", "WPIPE"),
    pitfalls=(
        "The chances are in it already: 1 is enough on average, where PIPECOV has to be 1 / win rate. It is as good as "
        "the chances: take the win rates of your own past from each stage."
    ),
)
def weighted_pipeline_coverage(weighted_pipeline: Any, target: Any, won: Any) -> Any:
    """Revenue to be expected of the pipeline for each unit of the target, or of what is left of it.

    >>> weighted_pipeline_coverage(1056000, 1600000, 0)
    0.66
    """
    return weighted_pipeline / (target - won)
