"""Family I: returns, margins, growth."""

from __future__ import annotations

from typing import Any

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.declaration import Argument, Example, Source, count, margin, money, revenue
from xl_leadkpi.kpis.elementwise import elementwise


@elementwise(
    "ROI",
    family="returns",
    title={"en": "Return on investment", "pl": "Zwrot z inwestycji", "ru": "Рентабельность инвестиций"},
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
    aliases={
        "en": ("ROI",),
        "pl": ("Zwrot z inwestycji (ROI)", "wskaźnik zwrotu z inwestycji"),
        "ru": ("рентабельность инвестиций (ROI)",),
    },
    confused_with=("ROMI", "ROAS"),
    sources=(
        Source("cognism", "«nie potrzebujesz żadnego wzoru! Nasz kalkulator»: none"),
        Source("tehnografi", "return of a project, campaign or operation"),
        Source(
            "automatenow",
            ("«zysk z inwestycji w kampanie marketingowe w porównaniu do kosztów»: needs total cost and total PROFIT"),
        ),
    ),
    pitfalls=(
        "AutomateNow compares PROFIT to cost: if its «całkowity zysk» is already net of the campaign "
        "cost, ROI = profit/cost; if it is gross return, (gain − cost)/cost. Convention: `gain` is "
        "the gross return (revenue or better gross profit), the function subtracts the cost."
    ),
    references="seoquick: (revenue − costs)/costs; ionos.co.uk (profit over cost)",
)
def return_on_investment(gain: Any, cost: Any) -> Any:
    """Net gain for each unit of cost.

    Args:
        gain: What came back, gross (money).
        cost: What was put in (money).

    Returns:
        Fraction.

    >>> return_on_investment(15000, 10000)
    0.5
    """
    return (gain - cost) / cost


@elementwise(
    "ROMI",
    family="returns",
    title={"en": "Marketing ROI", "pl": "Zwrot z inwestycji w marketing", "ru": "Окупаемость инвестиций в маркетинг"},
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
    aliases={
        "en": ("ROMI", "MROI"),
        "pl": ("zwrot z inwestycji w marketing",),
        "ru": ("Окупаемость инвестиций в маркетинг",),
    },
    confused_with=("ROI", "ROAS"),
    sources=(
        Source("tehnografi", "«Окупаемость инвестиций в маркетинг»"),
        Source("ruler-kpis", "«Окупаемость инвестиций в маркетинг» (marketing ROI by channel, campaign, ad)"),
    ),
    pitfalls=(
        "Revenue-based (visora.co) vs gross-profit-based (cometly.com). Gross profit is the sound "
        "one; gross_margin = 1 reproduces the revenue version. visora’s “ROMI above 100% means "
        "profitable” is wrong for its own formula: break-even is 0%."
    ),
    references="cometly.com: (gross profit − marketing investment)/marketing investment; visora.co revenue form",
)
def return_on_marketing_investment(revenue: Any, marketing_cost: Any, gross_margin: Any) -> Any:
    """Gross profit less marketing cost for each unit of marketing cost.

    Args:
        revenue: Revenue attributed to the marketing (money).
        marketing_cost: What the marketing cost (money).
        gross_margin: Gross margin as a fraction (fraction).

    Returns:
        Fraction.

    >>> return_on_marketing_investment(50000, 10000, 0.4)
    1.0
    """
    return (revenue * gross_margin - marketing_cost) / marketing_cost


@elementwise(
    "ROAS",
    family="returns",
    title={"en": "Return on ad spend", "pl": "Zwrot z wydatków na reklamę", "ru": "Рентабельность расходов на рекламу"},
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
    aliases={
        "en": ("ROAS",),
        "pl": ("zwrot z wydatków na reklamę",),
        "ru": ("Рентабельность расходов на рекламу",),
    },
    confused_with=("ROMI", "MER"),
    sources=(Source("tehnografi", "«Доход, полученный от вашей кампании, по сравнению со стоимостью кампании»"),),
    pitfalls="Ad spend only; 5.0 may be printed 500%. ROAS = ROMI(revenue basis) + 1.",
)
def return_on_ad_spend(revenue: Any, ad_spend: Any) -> Any:
    """Revenue for each unit of ad spend; ROMI on revenue + 1.

    Args:
        revenue: Revenue attributed to the ads (money).
        ad_spend: What the ads cost (money).

    Returns:
        Ratio.

    >>> return_on_ad_spend(50000, 10000)
    5.0
    """
    return revenue / ad_spend


@elementwise(
    "MER",
    family="returns",
    title={
        "en": "Marketing efficiency ratio",
        "pl": "Wskaźnik efektywności marketingu",
        "ru": "Коэффициент эффективности маркетинга",
    },
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
    aliases={
        "en": ("blended ROAS",),
    },
    confused_with=("ROAS",),
)
def marketing_efficiency_ratio(total_revenue: Any, total_spend: Any) -> Any:
    """All revenue for each unit of all marketing spend.

    Args:
        total_revenue: All revenue of the period (money).
        total_spend: All marketing spend of the period (money).

    Returns:
        Ratio.

    >>> marketing_efficiency_ratio(500000, 100000)
    5.0
    """
    return total_revenue / total_spend


@elementwise(
    "BEROAS",
    family="returns",
    title={"en": "Break-even ROAS", "pl": "Próg rentowności ROAS", "ru": "Точка безубыточности ROAS"},
    arguments=(Argument("gross_margin", "fraction", "gross margin as a fraction", low=0, high=1),),
    unit="ratio",
    direction="lower",
    examples=(
        Example((0.4,), 2.5),
        Example((0.5,), 2),
        Example((0,), CellError.DIV0),
    ),
    aliases={
        "en": ("break-even ROAS",),
    },
    confused_with=("ROAS",),
)
def break_even_roas(gross_margin: Any) -> Any:
    """The ROAS at which the gross profit just pays the ads.

    Args:
        gross_margin: Gross margin as a fraction (fraction).

    Returns:
        Ratio.

    >>> break_even_roas(0.4)
    2.5
    """
    return 1 / gross_margin


@elementwise(
    "NETMARGIN",
    family="returns",
    title={"en": "Profit margin (net)", "pl": "Marża zysku netto", "ru": "Рентабельность продаж"},
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
    aliases={
        "en": ("profit margin", "net margin"),
        "pl": ("rentowność, marża zysku",),
        "ru": ("Рентабельность (продаж)",),
    },
    confused_with=("GROSSMARGIN",),
    sources=(Source("tehnografi", "«Рентабельность: Процент дохода, который является прибылью»"),),
    references="chooseinvesting.com: net income ÷ revenue",
)
def net_profit_margin(profit: Any, revenue: Any) -> Any:
    """Profit for each unit of revenue.

    Args:
        profit: Net profit (money).
        revenue: Revenue (money).

    Returns:
        Fraction.

    >>> net_profit_margin(15000, 100000)
    0.15
    """
    return profit / revenue


@elementwise(
    "GROSSMARGIN",
    family="returns",
    title={"en": "Gross margin", "pl": "Marża brutto", "ru": "Валовая рентабельность"},
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
    aliases={
        "en": ("gross margin %",),
        "pl": ("marża brutto",),
        "ru": (
            "валовая рентабельность",
            "Валовая прибыль (gross profit, but defined as the margin)",
        ),
    },
    confused_with=("NETMARGIN",),
    sources=(
        Source("tehnografi", "«Валовая прибыль: Процент выручки, который является прибылью после учета себестоимости»"),
    ),
    references="chooseinvesting.com: ((revenue − COGS)/revenue)",
)
def gross_margin(revenue: Any, cogs: Any) -> Any:
    """Gross profit for each unit of revenue.

    Args:
        revenue: Revenue (money).
        cogs: Cost of goods sold (money).

    Returns:
        Fraction.

    >>> gross_margin(100000, 60000)
    0.4
    """
    return (revenue - cogs) / revenue


@elementwise(
    "GROWTHRATE",
    family="returns",
    title={"en": "Growth rate (sales, revenue)", "pl": "Tempo wzrostu", "ru": "Темп роста"},
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
    aliases={
        "en": ("growth rate", "MoM", "YoY"),
        "pl": ("wzrost sprzedaży",),
        "ru": ("Рост продаж", "рост дохода"),
    },
    confused_with=("CMGR", "LVR"),
    sources=(
        Source("cognism", "growth of clicks to the site"),
        Source("tehnografi", "«Рост продаж: Скорость, с которой ваши продажи растут»"),
        Source("ruler-kpis", "«рост дохода на 20%»"),
        Source("automatenow", "«miesięczny wzrost sprzedaży»"),
    ),
    pitfalls="GROWTH is an Excel built-in, hence GROWTHRATE. Alias SALESGROWTH if wanted.",
)
def growth_rate(current: Any, previous: Any) -> Any:
    """Change against the period before.

    Args:
        current: Figure of this period (number).
        previous: Figure of the period before (number).

    Returns:
        Fraction.

    >>> growth_rate(120000, 100000)
    0.2
    """
    return (current - previous) / previous


@elementwise(
    "CMGR",
    family="returns",
    title={
        "en": "Compound growth rate per period",
        "pl": "Złożona stopa wzrostu na okres",
        "ru": "Среднегеометрический темп роста",
    },
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
    aliases={
        "en": ("CMGR", "CAGR"),
    },
    confused_with=("GROWTHRATE",),
    pitfalls="Same as Excel’s RRI(periods, first, last).",
)
def compound_growth_rate(first: Any, last: Any, periods: Any) -> Any:
    """The same growth in every period that leads from the first figure to the last.

    Args:
        first: Figure at the start (number).
        last: Figure at the end (number).
        periods: Periods between the two (periods).

    Returns:
        Fraction per period.

    >>> round(compound_growth_rate(100000, 133100, 3), 4)
    0.1
    """
    return (last / first) ** (1 / periods) - 1


@elementwise(
    "LVR",
    family="returns",
    title={
        "en": "Lead velocity rate",
        "pl": "Tempo przyrostu kwalifikowanych leadów",
        "ru": "Скорость прироста квалифицированных лидов",
    },
    arguments=(
        count("current_qualified", "qualified leads of this month"),
        count("previous_qualified", "qualified leads of the month before"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((230, 200), 0.15, "runfutureproof.com"),
        Example((460, 200), 1.3),
        Example((230, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("LVR",),
    },
    confused_with=("GROWTHRATE", "PIPEVEL"),
    references="runfutureproof.com: (230−200)/200 = 15%; pivix.io 175→200 = 14.3%",
)
def lead_velocity_rate(current_qualified: Any, previous_qualified: Any) -> Any:
    """Growth of qualified leads against the month before.

    Args:
        current_qualified: Qualified leads of this month (count).
        previous_qualified: Qualified leads of the month before (count).

    Returns:
        Fraction.

    >>> lead_velocity_rate(230, 200)
    0.15
    """
    return (current_qualified - previous_qualified) / previous_qualified
