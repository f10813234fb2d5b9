"""Family I: returns, margins, growth."""

from __future__ import annotations

from typing import Any

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.declaration import Argument, Example, count, margin, money, revenue
from xl_leadkpi.kpis.elementwise import elementwise


@elementwise(
    "ROI",
    family="returns",
    title="Return on investment",
    arguments=(
        revenue("gain", "what came back, gross"),
        money("cost", "what was put in"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((15000, 10000), 0.5),
        Example((8000, 10000), -0.2),
        Example((15000, 0), CellError.DIV0),
    ),
    aliases=("ROI",),
    confused_with=("ROMI", "ROAS"),
    pitfalls=(
        "gain is the gross return (revenue, better gross profit): the cost is subtracted here. Do not pass a "
        "profit that is already net of it."
    ),
)
def return_on_investment(gain: Any, cost: Any) -> Any:
    """Net gain for each unit of cost.

    >>> return_on_investment(15000, 10000)
    0.5
    """
    return (gain - cost) / cost


@elementwise(
    "ROMI",
    family="returns",
    title="Marketing ROI",
    arguments=(
        revenue("revenue", "revenue attributed to the marketing"),
        money("marketing_cost", "what the marketing cost"),
        margin("gross_margin", "gross margin as a fraction", default=1),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((50000, 10000, 0.4), 1),
        Example((50000, 10000, 1), 4),
        Example((50000, 0, 0.4), CellError.DIV0),
    ),
    aliases=("ROMI", "MROI"),
    confused_with=("ROI", "ROAS"),
    pitfalls=(
        "Based on gross profit where gross_margin is given, on revenue without it; gross profit is the sound "
        "basis. Break-even is 0%, not 100%."
    ),
)
def return_on_marketing_investment(revenue: Any, marketing_cost: Any, gross_margin: Any) -> Any:
    """Gross profit less marketing cost for each unit of marketing cost.

    >>> return_on_marketing_investment(50000, 10000, 0.4)
    1.0
    """
    return (revenue * gross_margin - marketing_cost) / marketing_cost


@elementwise(
    "ROAS",
    family="returns",
    title="Return on ad spend",
    arguments=(
        revenue("revenue", "revenue attributed to the ads"),
        money("ad_spend", "what the ads cost"),
    ),
    unit="ratio",
    direction="higher",
    examples=(
        Example((50000, 10000), 5),
        Example((500, 100), 5),
        Example((50000, 0), CellError.DIV0),
    ),
    aliases=("ROAS",),
    confused_with=("ROMI", "MER"),
    pitfalls="Ad spend only; 5.0 may be printed 500%. ROAS = ROMI on revenue + 1.",
)
def return_on_ad_spend(revenue: Any, ad_spend: Any) -> Any:
    """Revenue for each unit of ad spend; ROMI on revenue + 1.

    >>> return_on_ad_spend(50000, 10000)
    5.0
    """
    return revenue / ad_spend


@elementwise(
    "MER",
    family="returns",
    title="Marketing efficiency ratio",
    arguments=(
        revenue("total_revenue", "all revenue of the period"),
        money("total_spend", "all marketing spend of the period"),
    ),
    unit="ratio",
    direction="higher",
    examples=(
        Example((500000, 100000), 5),
        Example((1000000, 100000), 10),
        Example((500000, 0), CellError.DIV0),
    ),
    aliases=("blended ROAS",),
    confused_with=("ROAS",),
)
def marketing_efficiency_ratio(total_revenue: Any, total_spend: Any) -> Any:
    """All revenue for each unit of all marketing spend.

    >>> marketing_efficiency_ratio(500000, 100000)
    5.0
    """
    return total_revenue / total_spend


@elementwise(
    "BEROAS",
    family="returns",
    title="Break-even ROAS",
    arguments=(Argument("gross_margin", "fraction", "gross margin as a fraction", low=0, high=1),),
    unit="ratio",
    direction="lower",
    examples=(
        Example((0.4,), 2.5),
        Example((0.5,), 2),
        Example((0,), CellError.DIV0),
    ),
    aliases=("break-even ROAS",),
    confused_with=("ROAS",),
)
def break_even_roas(gross_margin: Any) -> Any:
    """The ROAS at which the gross profit just pays the ads.

    >>> break_even_roas(0.4)
    2.5
    """
    return 1 / gross_margin


@elementwise(
    "NETMARGIN",
    family="returns",
    title="Profit margin (net)",
    arguments=(
        revenue("profit", "net profit"),
        money("revenue", "revenue"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((15000, 100000), 0.15),
        Example((-5000, 100000), -0.05),
        Example((15000, 0), CellError.DIV0),
    ),
    aliases=("profit margin", "net margin"),
    confused_with=("GROSSMARGIN",),
)
def net_profit_margin(profit: Any, revenue: Any) -> Any:
    """Profit for each unit of revenue.

    >>> net_profit_margin(15000, 100000)
    0.15
    """
    return profit / revenue


@elementwise(
    "GROSSMARGIN",
    family="returns",
    title="Gross margin",
    arguments=(
        money("revenue", "revenue"),
        money("cogs", "cost of goods sold"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((100000, 60000), 0.4),
        Example((200000, 60000), 0.7),
        Example((0, 60000), CellError.DIV0),
    ),
    aliases=("gross margin %",),
    confused_with=("NETMARGIN",),
)
def gross_margin(revenue: Any, cogs: Any) -> Any:
    """Gross profit for each unit of revenue.

    >>> gross_margin(100000, 60000)
    0.4
    """
    return (revenue - cogs) / revenue


@elementwise(
    "GROWTHRATE",
    family="returns",
    title="Growth rate (sales, revenue)",
    arguments=(
        Argument("current", "number", "figure of this period"),
        Argument("previous", "number", "figure of the period before", low=0),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((120000, 100000), 0.2),
        Example((80, 100), -0.2),
        Example((120000, 0), CellError.DIV0),
    ),
    aliases=("growth rate", "MoM", "YoY"),
    confused_with=("CMGR", "LVR"),
    pitfalls="GROWTH is a function of Excel's own, hence GROWTHRATE.",
)
def growth_rate(current: Any, previous: Any) -> Any:
    """Change against the period before.

    >>> growth_rate(120000, 100000)
    0.2
    """
    return (current - previous) / previous


@elementwise(
    "CMGR",
    family="returns",
    title="Compound growth rate per period",
    arguments=(
        Argument("first", "number", "figure at the start", low=0),
        Argument("last", "number", "figure at the end", low=0),
        Argument("periods", "periods", "periods between the two", low=0),
    ),
    unit="fraction",
    per="period",
    direction="higher",
    examples=(
        Example((100000, 133100, 3), 0.1),
        Example((200000, 133100, 3), -0.1269294214174903),
        Example((0, 133100, 3), CellError.DIV0),
    ),
    aliases=("CMGR", "CAGR"),
    confused_with=("GROWTHRATE",),
    pitfalls="Same as Excel’s RRI(periods, first, last).",
)
def compound_growth_rate(first: Any, last: Any, periods: Any) -> Any:
    """The same growth in every period that leads from the first figure to the last.

    >>> round(compound_growth_rate(100000, 133100, 3), 4)
    0.1
    """
    return (last / first) ** (1 / periods) - 1


@elementwise(
    "LVR",
    family="returns",
    title="Lead velocity rate",
    arguments=(
        count("current_qualified", "qualified leads of this month"),
        count("previous_qualified", "qualified leads of the month before"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((230, 200), 0.15),
        Example((460, 200), 1.3),
        Example((230, 0), CellError.DIV0),
    ),
    aliases=("LVR",),
    confused_with=("GROWTHRATE", "PIPEVEL"),
    pitfalls="The growth of qualified leads, whatever its name says: neither a speed nor the velocity of the pipeline.",
)
def lead_velocity_rate(current_qualified: Any, previous_qualified: Any) -> Any:
    """Growth of qualified leads against the month before.

    >>> lead_velocity_rate(230, 200)
    0.15
    """
    return (current_qualified - previous_qualified) / previous_qualified


@elementwise(
    "MAGICNUMBER",
    family="returns",
    title="SaaS magic number",
    arguments=(
        revenue("revenue", "recurring revenue of the quarter"),
        revenue("previous_revenue", "recurring revenue of the quarter before"),
        money("previous_spend", "marketing and sales spend of the quarter before"),
    ),
    unit="ratio",
    direction="higher",
    examples=(
        Example((4680000, 4200000, 1800000), 1.0666666666666667),
        Example((130000, 100000, 120000), 1),
        Example((95000, 100000, 40000), -0.5),
        Example((130000, 100000, 0), CellError.DIV0),
    ),
    aliases=("magic number",),
    confused_with=("BURNMULTIPLE", "CACPAYBACK"),
    pitfalls=(
        "Revenue of quarters, times four for a year; ARR is of a year already: divide both by four. The spend of the "
        "quarter before, since it takes about that long to sell: with a longer cycle take an earlier one. Churn is in "
        "it, gross margin is not. One quarter says little."
    ),
)
def magic_number(revenue: Any, previous_revenue: Any, previous_spend: Any) -> Any:
    """Recurring revenue a quarter added, as of a year, for each unit of marketing and sales spend before it.

    >>> magic_number(130000, 100000, 120000)
    1.0
    """
    return (revenue - previous_revenue) * 4 / previous_spend


@elementwise(
    "BURNMULTIPLE",
    family="returns",
    title="Burn multiple",
    arguments=(
        revenue("net_burn", "cash that went out less cash that came in, in the period"),
        money("net_new_arr", "ARR at the end of the period less ARR at its start"),
    ),
    unit="ratio",
    direction="lower",
    examples=(
        Example((3000000, 1000000), 3),
        Example((500000, 250000), 2),
        Example((-200000, 1000000), -0.2),
        Example((3000000, 0), CellError.DIV0),
        Example((3000000, -1), CellError.NUM),
    ),
    aliases=("burn multiple", "net burn / net new ARR"),
    confused_with=("MAGICNUMBER", "CACPAYBACK"),
    pitfalls=(
        "Both of the same period; net_new_arr after churn and contraction, twelve times NETNEWMRR. At or below 0 where "
        "more cash came in than went out. Where ARR fell there is no multiple: negative, it would look better than any."
    ),
)
def burn_multiple(net_burn: Any, net_new_arr: Any) -> Any:
    """Cash burned for each unit of recurring revenue added.

    >>> burn_multiple(3000000, 1000000)
    3.0
    """
    return net_burn / net_new_arr


@elementwise(
    "RULEOF40",
    family="returns",
    title="Rule of 40",
    arguments=(
        Argument("growth", "fraction", "growth of revenue against the year before, see GROWTHRATE", low=-1),
        margin("profit_margin", "profit as a fraction of revenue: operating, EBITDA or free cash flow"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((0.3, 0.15), 0.45),
        Example((0.55, -0.1), 0.45),
        Example((-1.1, 0.2), CellError.NUM),
    ),
    aliases=("rule of 40", "rule of forty"),
    confused_with=("GROWTHRATE", "NETMARGIN"),
    pitfalls=(
        "Fractions: 0.3 and 0.15 for 30% and 15%, and 0.4 is the mark. Growth of a year, not of a month or a quarter. "
        "Operating margin, EBITDA and free cash flow give different sums: say which."
    ),
)
def rule_of_40(growth: Any, profit_margin: Any) -> Any:
    """Growth and profit margin of a year, added up.

    >>> round(rule_of_40(0.3, 0.15), 4)
    0.45
    """
    return growth + profit_margin
