"""Family E: what leads, deals, customers and the pipeline are worth."""

from __future__ import annotations

from typing import Any

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.aggregate import aggregate
from xl_leadkpi.kpis.declaration import (
    Argument,
    Example,
    Source,
    amounts,
    count,
    fraction,
    margin,
    money,
    revenue,
    words,
)
from xl_leadkpi.kpis.elementwise import elementwise
from xl_leadkpi.kpis.status import OPEN, WON, is_one_of


@elementwise(
    "LEADVALUE",
    family="value",
    title={"en": "Lead value", "pl": "Wartość leada", "ru": "Ценность лида"},
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
    aliases={
        "en": ("value per lead",),
        "pl": (
            "Wartość potencjalnego klienta",
            "Wartość i jakość ołowiu (mistranslated: lead the metal)",
        ),
        "ru": ("ценность лида",),
    },
    confused_with=("AVGDEAL", "CLTV"),
    sources=(
        Source(
            "cognism",
            ("«Wartość potencjalnego klienta = całkowita wartość sprzedaży / całkowita liczba potencjalnych klientów»"),
        ),
    ),
    pitfalls=(
        "Equals average deal × lead conversion rate. On a period basis wins come from older leads; "
        "use a cohort for a fair value."
    ),
)
def lead_value(sales_value: Any, leads: Any) -> Any:
    """Sales divided by the leads they came from: average deal times lead conversion.

    Args:
        sales_value: Sales that came from the leads (money).
        leads: Leads (count).

    Returns:
        Money.

    >>> lead_value(60000, 150)
    400.0
    """
    return sales_value / leads


@aggregate(
    "REVENUE",
    family="value",
    title={"en": "Revenue", "pl": "Przychody", "ru": "Доход (выручка)"},
    arguments=(
        amounts("amounts", "amount of each deal"),
        words("status_range", "its status; without it every amount counts", default="won"),
    ),
    unit="money",
    direction="higher",
    excel=lambda amounts, status_range: (
        f"SUM({amounts})" if status_range is None else f'SUMIFS({amounts},{status_range},"won")'
    ),
    value=f'SUM(IF(amounts<"",amounts,0)*{is_one_of("status_range_", WON)})',
    examples=(
        Example(([1000, 2500, 400, None], ["won", "won", "lost", "won"]), 3500),
        Example(([1000, 2500], ["open", "lost"]), 0),
    ),
    aliases={
        "en": ("revenue", "won amount"),
        "pl": ("Przychody",),
        "ru": ("Доход (выручка)",),
    },
    confused_with=("PIPEVALUE",),
    sources=(
        Source("cognism", "«Przychody i ROI»"),
        Source("ruler-metrics", "доход"),
        Source("ruler-kpis", "«Доход»: track incoming revenue, no formula"),
    ),
    pitfalls="CRM won amount = bookings, not recognised revenue.",
)
def revenue_won(amounts: Any, status_range: Any) -> Any:
    """Amounts of the deals won, summed up.

    Args:
        amounts: Amount of each deal (range of money).
        status_range: Its status; without it every amount counts (range of text).

    Returns:
        Money.

    >>> from xl_leadkpi import kpis
    >>> kpis.REVENUE([1000, 2500, 400], ["won", "lost", "Won"])
    1400.0
    """
    if isinstance(status_range, str):
        return np.nansum(amounts)
    won = [status in WON for status in status_range]
    return np.nansum(np.where(won, amounts, 0))


@elementwise(
    "AVGDEAL",
    family="value",
    title={"en": "Average deal size", "pl": "Średnia wartość transakcji", "ru": "Средний размер сделки"},
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
    aliases={
        "en": ("ADS", "ACV for contracts"),
        "pl": ("Średnia wielkość transakcji", "średnia wartość transakcji"),
        "ru": ("средний размер сделки",),
    },
    confused_with=("AOV", "LEADVALUE"),
    sources=(
        Source(
            "cognism",
            "«łączny przychód osiągnięty w określonym okresie / zamknięte szanse wygrane w tym samym okresie»",
        ),
        Source("automatenow", "«średnia wartość transakcji» mentioned"),
    ),
    pitfalls=(
        "Cognism’s prose describes total revenue («mierzy całkowity przychód»), its formula is right. "
        "Use amounts of the same won deals as in the denominator. MRR is named there as “key player” "
        "but is not part of the formula."
    ),
)
def average_deal_size(revenue: Any, won_deals: Any) -> Any:
    """Average amount of a deal won.

    Args:
        revenue: Amount of the deals won (money).
        won_deals: Deals won (count).

    Returns:
        Money.

    >>> average_deal_size(240000, 12)
    20000.0
    """
    return revenue / won_deals


@elementwise(
    "AOV",
    family="value",
    title={"en": "Average order value", "pl": "Średnia wartość zamówienia", "ru": "Средний чек"},
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
    aliases={
        "en": ("AOV",),
        "pl": ("średnia wartość zamówienia",),
        "ru": ("Средняя стоимость заказа",),
    },
    confused_with=("AVGDEAL", "ARPC"),
    sources=(
        Source(
            "tehnografi", "«Средняя стоимость заказа: Средняя сумма дохода, полученного от каждой транзакции клиента»"
        ),
    ),
    pitfalls="Machine error: стоимость reads as cost; it is average order VALUE.",
)
def average_order_value(revenue: Any, orders: Any) -> Any:
    """Average revenue of an order.

    Args:
        revenue: Revenue of the orders (money).
        orders: Orders (count).

    Returns:
        Money.

    >>> average_order_value(18000, 120)
    150.0
    """
    return revenue / orders


@elementwise(
    "ARPC",
    family="value",
    title={"en": "Average revenue per customer", "pl": "Średni przychód na klienta", "ru": "Средний доход на клиента"},
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
    aliases={
        "en": ("ARPC", "ARPA", "ARPU"),
        "pl": ("Średni przychód na klienta (ARPC)",),
        "ru": ("Средний доход на одного клиента",),
    },
    confused_with=("AOV", "CLTV"),
    sources=(
        Source("cognism", "«ARPC = Całkowity przychód / całkowita liczba klientów», monthly or yearly"),
        Source("ruler-metrics", "ARPC, no formula"),
    ),
    pitfalls=(
        "State the period (month or year): CLTV and payback need it. Use the average number of "
        "customers when it changes a lot."
    ),
    references="coda.io SaaS Metrics: ARPA = total revenue ÷ customers",
)
def average_revenue_per_customer(revenue: Any, customers: Any) -> Any:
    """Revenue of a period for each active customer.

    Args:
        revenue: Revenue of the period (money).
        customers: Customers active in the period (count).

    Returns:
        Money per period.

    >>> average_revenue_per_customer(120000, 80)
    1500.0
    """
    return revenue / customers


@elementwise(
    "CLTV",
    family="value",
    title={"en": "Customer lifetime value", "pl": "Wartość życiowa klienta", "ru": "Пожизненная ценность клиента"},
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
    aliases={
        "en": ("CLV", "LTV"),
        "pl": (
            "wartość życiowa klienta",
            "Żywotna wartość klienta (mistranslated)",
        ),
        "ru": (
            "пожизненная ценность клиента",
            "Значение жизни клиентов (mistranslated: meaning of life)",
        ),
    },
    confused_with=("CLTVCHURN", "LEADVALUE"),
    sources=(
        Source(
            "cognism",
            "«CLTV = wartość lead x średni czas życia klienta»",
            wrong="a lead's value is not per period, and it is the value of a lead, not of a customer",
        ),
        Source("tehnografi", "«Общая сумма дохода, который клиент, как ожидается, получит» (sic)"),
    ),
    pitfalls=(
        "The article’s variant = CLTV(LEADVALUE(…), lifetime): value per LEAD × years. Dimensionally "
        "doubtful: lead value is not per period, so it only works if sales_value is one period’s "
        "revenue, and it then is the lifetime value of a LEAD (already multiplied by the conversion "
        "rate), not of a customer. Standard: ARPC per period × gross margin × lifetime. Here: the "
        "general product so both can be had; the sheet uses ARPC and gross margin. Tehnografi says "
        "the CUSTOMER earns the revenue: mistranslation."
    ),
    references=(
        "gpbullhound CFO handbook; dhruveshshah: CLTV = ARPC × average customer lifetime; refopedia: "
        "LTV on gross profit, not revenue"
    ),
)
def customer_lifetime_value(value_per_period: Any, lifetime: Any, gross_margin: Any) -> Any:
    """What a customer brings over its lifetime.

    Args:
        value_per_period: Revenue of one customer in a period (money).
        lifetime: Customer lifetime in the same periods (periods).
        gross_margin: Gross margin as a fraction (fraction).

    Returns:
        Money.

    >>> customer_lifetime_value(400, 3, 1)
    1200
    """
    return value_per_period * lifetime * gross_margin


@elementwise(
    "CLTVCHURN",
    family="value",
    title={
        "en": "Customer lifetime value (churn form)",
        "pl": "Wartość życiowa klienta (z odejść)",
        "ru": "Пожизненная ценность клиента (через отток)",
    },
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
    aliases={
        "en": ("LTV",),
    },
    confused_with=("CLTV",),
    references="help.finmark.com (ARPA × gross margin)/revenue churn; forentrepreneurs.com; retentionlens.com",
)
def customer_lifetime_value_from_churn(arpc: Any, churn: Any, gross_margin: Any) -> Any:
    """What a customer brings until it churns.

    Args:
        arpc: Revenue of one customer in a period, see ARPC (money).
        churn: Churn of the same period (fraction).
        gross_margin: Gross margin as a fraction (fraction).

    Returns:
        Money.

    >>> round(customer_lifetime_value_from_churn(100, 0.03, 0.8), 4)
    2666.6667
    """
    return arpc * gross_margin / churn


@elementwise(
    "LIFETIME",
    family="value",
    title={"en": "Average customer lifetime", "pl": "Średni czas życia klienta", "ru": "Средний срок жизни клиента"},
    arguments=(fraction("churn", "churn of a period"),),
    unit="periods",
    direction="higher",
    examples=(
        Example((0.2,), 5),
        Example((0.03,), 33.333333333333336),
        Example((0,), CellError.DIV0),
    ),
    aliases={
        "en": ("customer lifetime",),
        "pl": ("średni czas życia klienta",),
        "ru": ("средний срок жизни клиента",),
    },
    sources=(Source("cognism", "«średni czas życia klienta»: input of CLTV, not defined"),),
    references="forentrepreneurs.com: 3% monthly → 33 months; 20% yearly → 5 years",
)
def customer_lifetime(churn: Any) -> Any:
    """Periods a customer stays on average.

    Args:
        churn: Churn of a period (fraction).

    Returns:
        Periods.

    >>> customer_lifetime(0.2)
    5.0
    """
    return 1 / churn


@elementwise(
    "LTVCAC",
    family="value",
    title={"en": "LTV : CAC", "pl": "LTV do CAC", "ru": "LTV к CAC"},
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
    aliases={
        "en": ("LTV:CAC",),
    },
    confused_with=("ROAS",),
    pitfalls="Benchmark 3:1. Use gross-margin LTV and fully loaded CAC.",
    references="retentionlens.com; refopedia",
)
def ltv_to_cac_ratio(cltv: Any, cac: Any) -> Any:
    """Lifetime value of a customer for each unit of money that winning it cost.

    Args:
        cltv: Customer lifetime value, see CLTV (money).
        cac: Customer acquisition cost, see CAC (money).

    Returns:
        Ratio.

    >>> ltv_to_cac_ratio(2400, 600)
    4.0
    """
    return cltv / cac


@aggregate(
    "MRR",
    family="value",
    title={
        "en": "Monthly recurring revenue",
        "pl": "Miesięczny przychód cykliczny",
        "ru": "Ежемесячный регулярный доход",
    },
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
    aliases={
        "en": ("MRR",),
        "pl": ("Miesięczny przychód cykliczny / powtarzalny (MRR)",),
        "ru": ("ежемесячный регулярный доход",),
    },
    confused_with=("ARR", "NETNEWMRR"),
    sources=(
        Source("cognism", "«MRR = miesięczny przychód cykliczny generowany przez klientów w tym miesiącu» (circular)"),
    ),
    remarks="A subscription without price or term is skipped.",
    pitfalls=(
        "Cognism is a definition by its own name and later says «all revenue from all recurring "
        "transactions». Normalise terms to a month; exclude one-off fees."
    ),
    references="help.chartmogul.com 201244842: yearly 2,000 → 166.67; plus 60 monthly",
)
def monthly_recurring_revenue(amounts: Any, months: Any) -> Any:
    """Prices of the active subscriptions brought to one month and summed up.

    Args:
        amounts: Price of each active subscription for its billing term (range of money).
        months: Months in the term (months).

    Returns:
        Money per month.

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
    title={"en": "Annual recurring revenue", "pl": "Roczny przychód cykliczny", "ru": "Годовой регулярный доход"},
    arguments=(revenue("mrr", "monthly recurring revenue, see MRR"),),
    unit="money",
    per="year",
    direction="higher",
    examples=(
        Example((226.5,), 2718),
        Example((453,), 5436),
    ),
    aliases={
        "en": ("ARR",),
    },
    confused_with=("MRR",),
)
def annual_recurring_revenue(mrr: Any) -> Any:
    """Recurring revenue of a month, times twelve.

    Args:
        mrr: Monthly recurring revenue, see MRR (money).

    Returns:
        Money per year.

    >>> annual_recurring_revenue(226.5)
    2718.0
    """
    return mrr * 12


@elementwise(
    "NETNEWMRR",
    family="value",
    title={"en": "Net new MRR", "pl": "Nowy MRR netto", "ru": "Чистый новый MRR"},
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
    aliases={
        "en": ("net MRR movement",),
    },
    confused_with=("MRR",),
    references="help.chartmogul.com MRR movements",
)
def net_new_mrr(new_mrr: Any, expansion: Any, contraction: Any, churned: Any, reactivation: Any) -> Any:
    """What the month added to recurring revenue.

    Args:
        new_mrr: MRR of new customers (money).
        expansion: MRR gained from existing customers (money).
        contraction: MRR lost to downgrades, entered positive (money).
        churned: MRR lost with customers, entered positive (money).
        reactivation: MRR of returning customers (money).

    Returns:
        Money.

    >>> net_new_mrr(10000, 5000, 2000, 3000, 500)
    10500
    """
    return new_mrr + expansion + reactivation - contraction - churned


@aggregate(
    "PIPEVALUE",
    family="value",
    title={"en": "Pipeline value", "pl": "Wartość lejka sprzedaży", "ru": "Стоимость воронки продаж"},
    arguments=(
        amounts("amounts", "amount of each deal"),
        words("status_range", "its status: open, won or lost, also in other languages"),
    ),
    unit="money",
    direction="higher",
    excel=lambda amounts, status_range: f'SUMIFS({amounts},{status_range},"open")',
    value=f'SUM(IF(amounts<"",amounts,0)*{is_one_of("status_range", OPEN)})',
    examples=(
        Example(([1000, 2500, 400, 800], ["open", "won", "open", "lost"]), 1400),
        Example(([500, 700], ["won", "lost"]), 0),
    ),
    aliases={
        "en": ("open pipeline",),
        "pl": ("wartość lejka sprzedaży",),
        "ru": ("Стоимость воронки продаж",),
    },
    confused_with=("WPIPE", "REVENUE"),
    sources=(
        Source(
            "tehnografi",
            "«Суммарная стоимость всех лидов в воронке продаж»",
            wrong="sums all leads; only open opportunities are pipeline",
        ),
    ),
    pitfalls=(
        "Tehnografi says all LEADS; standard = open qualified opportunities only (won and lost "
        "excluded, raw leads usually have no amount)."
    ),
)
def pipeline_value(amounts: Any, status_range: Any) -> Any:
    """Amounts of the open deals, summed up.

    Args:
        amounts: Amount of each deal (range of money).
        status_range: Its status: open, won or lost, also in other languages (range of text).

    Returns:
        Money.

    >>> from xl_leadkpi import kpis
    >>> kpis.PIPEVALUE([1000, 2500, 400], ["open", "won", "open"])
    1400.0
    """
    return np.nansum(amounts[[status in OPEN for status in status_range]])


@aggregate(
    "WPIPE",
    family="value",
    title={"en": "Weighted pipeline", "pl": "Ważony lejek sprzedaży", "ru": "Взвешенная воронка"},
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
    aliases={
        "en": ("weighted pipeline", "expected value"),
    },
    confused_with=("PIPEVALUE", "PIPEVEL"),
    remarks="A deal without amount or chance is skipped.",
    pitfalls="Prefer historical stage→won rates to CRM defaults.",
    references="winsabove.com: 120k×15% + 80k×40% + 200k×70% = 190k",
)
def weighted_pipeline(amounts: Any, probabilities: Any) -> Any:
    """Amounts weighted with the chance that each is won.

    Args:
        amounts: Amount of each deal (range of money).
        probabilities: Its chance to be won (fraction).

    Returns:
        Money.

    >>> from xl_leadkpi import kpis
    >>> kpis.WPIPE([120000, 80000], [0.25, 0.5])
    70000.0
    """
    return np.nansum(amounts * probabilities)


@elementwise(
    "PIPEVEL",
    family="value",
    title={"en": "Pipeline (sales) velocity", "pl": "Prędkość lejka sprzedaży", "ru": "Скорость воронки продаж"},
    arguments=(
        count("opportunities", "opportunities in the pipeline"),
        fraction("win_rate", "share of them that is won, see WINRATE"),
        revenue("avg_deal", "average deal size, see AVGDEAL"),
        Argument("cycle_days", "days", "sales cycle in days, see SALESCYCLE", low=0),
    ),
    unit="money",
    per="day",
    direction="higher",
    examples=(
        Example((50, 0.25, 25000, 60), 5208.333333333333, "prospectengine.com"),
        Example((100, 0.25, 50000, 60), 20833.333333333332),
        Example((50, 0.25, 25000, 0), CellError.DIV0, "prospectengine.com"),
    ),
    aliases={
        "en": ("sales velocity", "deal velocity"),
    },
    confused_with=("WPIPE",),
    pitfalls="Use the win rate of the same population as opportunities (opp-based), and state per day/month.",
    references="prospectengine.com: 50×25,000×0.25/60 = 5,208/day; kpitree HubSpot",
)
def pipeline_velocity(opportunities: Any, win_rate: Any, avg_deal: Any, cycle_days: Any) -> Any:
    """Revenue the pipeline yields in a day.

    Args:
        opportunities: Opportunities in the pipeline (count).
        win_rate: Share of them that is won, see WINRATE (fraction).
        avg_deal: Average deal size, see AVGDEAL (money).
        cycle_days: Sales cycle in days, see SALESCYCLE (days).

    Returns:
        Money per day.

    >>> round(pipeline_velocity(50, 0.25, 25000, 60), 4)
    5208.3333
    """
    return opportunities * win_rate * avg_deal / cycle_days


@elementwise(
    "PIPECOV",
    family="value",
    title={"en": "Pipeline coverage", "pl": "Pokrycie celu lejkiem", "ru": "Покрытие плана воронкой"},
    arguments=(
        revenue("pipeline", "open pipeline, see PIPEVALUE"),
        money("target", "sales target of the period"),
    ),
    unit="ratio",
    direction="higher",
    examples=(
        Example((7500000, 2000000), 3.75),
        Example((15000000, 2000000), 7.5),
        Example((7500000, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("coverage ratio",),
    },
    confused_with=("QUOTAATT",),
    references="contextawareanalytics.com: 7.5M/2M = 3.75; required = 1/win rate",
)
def pipeline_coverage(pipeline: Any, target: Any) -> Any:
    """Open pipeline for each unit of the target.

    Args:
        pipeline: Open pipeline, see PIPEVALUE (money).
        target: Sales target of the period (money).

    Returns:
        Ratio.

    >>> pipeline_coverage(7500000, 2000000)
    3.75
    """
    return pipeline / target
