"""Family C: what a lead, a qualified lead, an opportunity, a customer costs."""

from __future__ import annotations

from typing import Any

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.declaration import Example, Source, count, margin, money, revenue
from xl_leadkpi.kpis.elementwise import elementwise


@elementwise(
    "CPL",
    family="cost",
    title={"en": "Cost per lead", "pl": "Koszt leada", "ru": "Стоимость лида"},
    arguments=(
        money("spend", "marketing spend of the period"),
        count("leads", "leads created in the period"),
    ),
    unit="money",
    direction="lower",
    examples=(
        Example((10000, 200), 50),
        Example((0, 12), 0),
        Example((10000, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("CPL",),
        "pl": ("Koszt za lead", "koszt potencjalnego klienta"),
        "ru": ("Стоимость лида", "цена за лид"),
    },
    confused_with=("CPMQL", "CPA", "CAC"),
    sources=(
        Source("cognism", "«CPL = łączne wydatki na marketing / całkowita liczba nowych leadów»"),
        Source("ruler-metrics", "sum of investment needed to create a new lead"),
        Source("tehnografi", "«Сумма, потраченная на лид»"),
        Source("ruler-kpis", "«делите общий объем маркетинговых затрат за определенный период на количество лидов»"),
    ),
    pitfalls="All four agree. Leads of the period = leads CREATED in the period.",
    references="tripledart.com; smarte.pro; salespanel.io (spend ÷ new leads)",
)
def cost_per_lead(spend: Any, leads: Any) -> Any:
    """Marketing spend divided by the leads it brought.

    Args:
        spend: Marketing spend of the period (money).
        leads: Leads created in the period (count).

    Returns:
        Money.

    >>> cost_per_lead(10000, 200)
    50.0
    """
    return spend / leads


@elementwise(
    "CPMQL",
    family="cost",
    title={"en": "Cost per MQL", "pl": "Koszt MQL", "ru": "Стоимость MQL"},
    arguments=(
        money("spend", "marketing spend of the period"),
        count("mqls", "marketing qualified leads of the period"),
    ),
    unit="money",
    direction="lower",
    examples=(
        Example((10000, 80), 125),
        Example((1000, 50), 20),
        Example((10000, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("cost per MQL", "CPMQL"),
        "pl": ("Koszt na MQL",),
        "ru": ("стоимость MQL",),
    },
    confused_with=("CPL", "CPSQL"),
    sources=(
        Source(
            "cognism",
            "«Koszt na MQL = CPL / wydatki marketingowe dla łącznej liczby nowych potencjalnych klientów»",
            wrong="CPL ÷ spend = 1 ÷ leads, which is not money; 0.005 for spend 10,000 and 200 leads",
        ),
    ),
    pitfalls=(
        "WRONG in the article: CPL ÷ spend = (spend/leads)/spend = 1/leads, which is not money. With "
        "spend 10,000 and 200 leads it gives 0.005. Standard: spend ÷ MQLs. Likely intent: CPL ÷ "
        "(MQLs/leads), which is identical."
    ),
    references=(
        "tripledart.com “Cost per MQL = Total Marketing Spend / Number of MQLs”; calcbee.com Cost/MQL "
        "= Spend ÷ (Leads × MQL rate); saas-hq.com"
    ),
)
def cost_per_mql(spend: Any, mqls: Any) -> Any:
    """Marketing spend divided by the marketing qualified leads; CPL divided by the qualification rate.

    Args:
        spend: Marketing spend of the period (money).
        mqls: Marketing qualified leads of the period (count).

    Returns:
        Money.

    >>> cost_per_mql(10000, 80)
    125.0
    """
    return spend / mqls


@elementwise(
    "CPSQL",
    family="cost",
    title={"en": "Cost per SQL", "pl": "Koszt SQL", "ru": "Стоимость SQL"},
    arguments=(
        money("spend", "marketing spend of the period"),
        count("sqls", "sales qualified leads of the period"),
    ),
    unit="money",
    direction="lower",
    examples=(
        Example((15000, 36), 416.6666666666667, "calcbee.com"),
        Example((30000, 36), 833.3333333333334),
        Example((15000, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("CPSQL",),
    },
    confused_with=("CPMQL", "CPSQO"),
    references="calcbee.com: 15,000 spend, 300 leads, 30% MQL, 40% SQL → 36 SQLs → 416.67",
)
def cost_per_sql(spend: Any, sqls: Any) -> Any:
    """Marketing spend divided by the sales qualified leads.

    Args:
        spend: Marketing spend of the period (money).
        sqls: Sales qualified leads of the period (count).

    Returns:
        Money.

    >>> round(cost_per_sql(15000, 36), 4)
    416.6667
    """
    return spend / sqls


@elementwise(
    "CPSQO",
    family="cost",
    title={
        "en": "Cost per SQO",
        "pl": "Koszt SQO (kwalifikowanej szansy sprzedaży)",
        "ru": "Стоимость SQO (квалифицированной возможности)",
    },
    arguments=(
        money("spend", "marketing spend of the period, with sales development where wanted"),
        count("sqos", "sales qualified opportunities of the period"),
    ),
    unit="money",
    direction="lower",
    examples=(
        Example((10000, 20), 500),
        Example((20000, 20), 1000),
        Example((10000, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("cost per sales-qualified opportunity",),
        "pl": ("Koszt SQO (kwalifikowanej szansy sprzedaży)",),
    },
    confused_with=("CPSQL", "CPOPP"),
    sources=(
        Source(
            "cognism",
            (
                "«Koszt SQO = Koszt potencjalnego klienta (CPL) / wydatki marketingowe dla łącznej liczby "
                "nowych potencjalnych klientów»"
            ),
            wrong="CPL ÷ spend = 1 ÷ leads, which is not money, and no SQO occurs in it",
        ),
    ),
    pitfalls=(
        "Same error as cost per MQL, and it never mentions SQOs. Here: spend ÷ SQOs. If sales "
        "development cost (SDR pay) is meant, add it to spend."
    ),
    references="fortuitous-advocate glossary: cost per SQL = all demand-gen (+SDR) cost ÷ SQLs; calcbee.com",
)
def cost_per_sqo(spend: Any, sqos: Any) -> Any:
    """Marketing spend divided by the sales qualified opportunities.

    Args:
        spend: Marketing spend of the period, with sales development where wanted (money).
        sqos: Sales qualified opportunities of the period (count).

    Returns:
        Money.

    >>> cost_per_sqo(10000, 20)
    500.0
    """
    return spend / sqos


@elementwise(
    "CPOPP",
    family="cost",
    title={"en": "Cost per opportunity", "pl": "Koszt szansy sprzedaży", "ru": "Стоимость возможности"},
    arguments=(
        money("spend", "marketing spend of the period"),
        count("opportunities", "opportunities created in the period"),
    ),
    unit="money",
    direction="lower",
    examples=(
        Example((10000, 25), 400),
        Example((20000, 25), 800),
        Example((10000, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("cost per opp",),
        "pl": ("koszt szansy sprzedaży",),
        "ru": ("Стоимость (цена) за возможность",),
    },
    confused_with=("CPSQO",),
    sources=(
        Source(
            "ruler-kpis",
            (
                "«Разделите общую сумму маркетинговых расходов за определенный период времени на общее "
                "количество возможностей за этот же период»"
            ),
        ),
    ),
    pitfalls="CPO is avoided as a name: it also means cost per order.",
)
def cost_per_opportunity(spend: Any, opportunities: Any) -> Any:
    """Marketing spend divided by the opportunities it brought.

    Args:
        spend: Marketing spend of the period (money).
        opportunities: Opportunities created in the period (count).

    Returns:
        Money.

    >>> cost_per_opportunity(10000, 25)
    400.0
    """
    return spend / opportunities


@elementwise(
    "CPMTG",
    family="cost",
    title={"en": "Cost per meeting", "pl": "Koszt spotkania", "ru": "Стоимость встречи"},
    arguments=(
        money("spend", "marketing spend of the period"),
        count("meetings", "meetings held, not booked"),
    ),
    unit="money",
    direction="lower",
    examples=(
        Example((9000, 18), 500),
        Example((18000, 18), 1000),
        Example((9000, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("cost per (attended) meeting",),
    },
    pitfalls="Use held meetings; with a 50% no-show rate the cost per held meeting is twice that per booked one.",
    references="cometly.com academy (cost per attended demo)",
)
def cost_per_meeting(spend: Any, meetings: Any) -> Any:
    """Marketing spend divided by the meetings held.

    Args:
        spend: Marketing spend of the period (money).
        meetings: Meetings held, not booked (count).

    Returns:
        Money.

    >>> cost_per_meeting(9000, 18)
    500.0
    """
    return spend / meetings


@elementwise(
    "CPA",
    family="cost",
    title={"en": "Cost per acquisition", "pl": "Koszt pozyskania (CPA)", "ru": "Стоимость приобретения (CPA)"},
    arguments=(
        money("spend", "spend of the campaign"),
        count("acquisitions", "conversions the campaign aims at"),
    ),
    unit="money",
    direction="lower",
    examples=(
        Example((10000, 35), 285.7142857142857),
        Example((100, 20), 5),
        Example((10000, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("CPA", "cost per action"),
        "pl": ("koszt pozyskania (CPA)",),
        "ru": ("Стоимость приобретения", "цена за приобретение"),
    },
    confused_with=("CAC", "CPL"),
    sources=(
        Source(
            "ruler-metrics",
            "cost per acquisition: «количество закрытых возможностей по сравнению с сделанными инвестициями»",
        ),
        Source(
            "tehnografi",
            (
                "«Стоимость привлечения нового клиента, включая расходы на маркетинг и продажи» (cost of "
                "acquisition, same words as CAC)"
            ),
            wrong="defined with the words of CAC: two names for one figure",
        ),
    ),
    pitfalls=(
        "Tehnografi lists CPA and CAC with the same definition (a duplicate). In the field CPA = "
        "campaign spend ÷ desired actions (any conversion), CAC = all sales+marketing cost ÷ new "
        "customers. Ruler (metrics) divides by «closed opportunities»: read as closed-WON (its first "
        "sentence: cost to win a new customer)."
    ),
    references="saurabhsinghportfolio.in CPA = spent ÷ conversions; prospr/kakiyo CPL vs CPSQL vs CAC",
)
def cost_per_acquisition(spend: Any, acquisitions: Any) -> Any:
    """Campaign spend divided by the actions it was after.

    Args:
        spend: Spend of the campaign (money).
        acquisitions: Conversions the campaign aims at (count).

    Returns:
        Money.

    >>> round(cost_per_acquisition(10000, 35), 4)
    285.7143
    """
    return spend / acquisitions


@elementwise(
    "CAC",
    family="cost",
    title={"en": "Customer acquisition cost", "pl": "Koszt pozyskania klienta", "ru": "Стоимость привлечения клиента"},
    arguments=(
        money("marketing_cost", "marketing cost of the period"),
        count("new_customers", "customers won in the period"),
        money("sales_cost", "sales cost of the period", default=0),
    ),
    unit="money",
    direction="lower",
    examples=(
        Example((10000, 20, 0), 500),
        Example((10000, 20, 5000), 750),
        Example((10000, 0, 0), CellError.DIV0),
    ),
    aliases={
        "en": ("CAC", "paid CAC (marketing only)", "fully loaded CAC"),
        "pl": ("Koszt pozyskania klienta", "wskaźnik kosztu pozyskania klienta"),
        "ru": ("Стоимость привлечения клиентов",),
    },
    confused_with=("CPA", "CPL"),
    sources=(
        Source("cognism", "«CAC = wydatki marketingowe / liczba nowych klientów, którzy przybyli z tej kampanii»"),
        Source("tehnografi", "marketing AND sales cost per new customer"),
        Source("ruler-kpis", "cost needed to win a new customer"),
        Source(
            "automatenow",
            "«podzielić koszt działań marketingowych na pozyskanie klienta przez liczbę pozyskanych klientów»",
        ),
    ),
    pitfalls=(
        "Cognism and AutomateNow count marketing only (campaign CAC); Tehnografi includes sales. "
        "Standard for unit economics is fully loaded S&M ÷ new customers. sales_cost is the optional "
        "third argument: omit it for the article’s campaign CAC."
    ),
    references=(
        "help.finmark.com “Sum of Sales and Marketing Expenses / # of new customers acquired”; "
        "forentrepreneurs.com SaaS Metrics 2.0; refopedia"
    ),
)
def customer_acquisition_cost(marketing_cost: Any, new_customers: Any, sales_cost: Any) -> Any:
    """Marketing and sales cost divided by the customers won; marketing alone without the third argument.

    Args:
        marketing_cost: Marketing cost of the period (money).
        new_customers: Customers won in the period (count).
        sales_cost: Sales cost of the period (money).

    Returns:
        Money.

    >>> customer_acquisition_cost(10000, 20, 0)
    500.0
    """
    return (marketing_cost + sales_cost) / new_customers


@elementwise(
    "CACPAYBACK",
    family="cost",
    title={"en": "CAC payback", "pl": "Okres zwrotu CAC", "ru": "Срок окупаемости CAC"},
    arguments=(
        money("cac", "customer acquisition cost, see CAC"),
        revenue("arpc_month", "monthly revenue of one customer, see ARPC"),
        margin("gross_margin", "gross margin as a fraction", default=1),
    ),
    unit="months",
    direction="lower",
    impossible=lambda cac, arpc_month, gross_margin: arpc_month * gross_margin < 0,  # noqa: ARG005
    examples=(
        Example((600, 100, 0.8), 7.5),
        Example((1200, 100, 0.8), 15),
        Example((600, 0, 0.8), CellError.DIV0),
    ),
    aliases={
        "en": ("CAC payback period", "months to recover CAC"),
    },
    pitfalls=(
        "Finmark’s printed formula evaluates left to right to CAC/MRR×GM: for 600, 100, 0.8 that is "
        "4.8 instead of 7.5. Put the margin in the denominator."
    ),
    references=(
        "help.finmark.com writes “(CAC / Avg MRR * Gross Margin%)”: parenthesised wrongly; "
        "retentionlens/refopedia/coda: CAC ÷ (ARPA × gross margin)"
    ),
)
def cac_payback_months(cac: Any, arpc_month: Any, gross_margin: Any) -> Any:
    """Months until a customer's gross profit has paid back what winning it cost.

    Args:
        cac: Customer acquisition cost, see CAC (money).
        arpc_month: Monthly revenue of one customer, see ARPC (money).
        gross_margin: Gross margin as a fraction (fraction).

    Returns:
        Months.

    >>> cac_payback_months(600, 100, 0.8)
    7.5
    """
    return cac / (arpc_month * gross_margin)
