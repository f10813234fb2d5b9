"""Family C: what a lead, a qualified lead, an opportunity, a customer costs."""

from __future__ import annotations

from typing import Any

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.declaration import Example, count, margin, money, revenue
from xl_leadkpi.kpis.elementwise import elementwise


@elementwise(
    "CPL",
    family="cost",
    title="Cost per lead",
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
    aliases=("CPL",),
    confused_with=("CPMQL", "CPA", "CAC"),
    pitfalls="Count the leads created in the period whose spend you divide.",
)
def cost_per_lead(spend: Any, leads: Any) -> Any:
    """Marketing spend divided by the leads it brought.

    >>> cost_per_lead(10000, 200)
    50.0
    """
    return spend / leads


@elementwise(
    "CPMQL",
    family="cost",
    title="Cost per MQL",
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
    aliases=("cost per MQL", "CPMQL"),
    confused_with=("CPL", "CPSQL"),
    pitfalls="Some texts give CPL / spend, which is no amount of money: it is 1 / leads.",
)
def cost_per_mql(spend: Any, mqls: Any) -> Any:
    """Marketing spend divided by the marketing qualified leads; CPL divided by the qualification rate.

    >>> cost_per_mql(10000, 80)
    125.0
    """
    return spend / mqls


@elementwise(
    "CPSQL",
    family="cost",
    title="Cost per SQL",
    arguments=(
        money("spend", "marketing spend of the period"),
        count("sqls", "sales qualified leads of the period"),
    ),
    unit="money",
    direction="lower",
    examples=(
        Example((15000, 36), 416.6666666666667),
        Example((30000, 36), 833.3333333333334),
        Example((15000, 0), CellError.DIV0),
    ),
    aliases=("CPSQL",),
    confused_with=("CPMQL", "CPSQO"),
)
def cost_per_sql(spend: Any, sqls: Any) -> Any:
    """Marketing spend divided by the sales qualified leads.

    >>> round(cost_per_sql(15000, 36), 4)
    416.6667
    """
    return spend / sqls


@elementwise(
    "CPSQO",
    family="cost",
    title="Cost per SQO",
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
    aliases=("cost per sales-qualified opportunity",),
    confused_with=("CPSQL", "CPOPP"),
    pitfalls="If the cost of sales development is meant to count, add it to spend.",
)
def cost_per_sqo(spend: Any, sqos: Any) -> Any:
    """Marketing spend divided by the sales qualified opportunities.

    >>> cost_per_sqo(10000, 20)
    500.0
    """
    return spend / sqos


@elementwise(
    "CPOPP",
    family="cost",
    title="Cost per opportunity",
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
    aliases=("cost per opp",),
    confused_with=("CPSQO",),
    pitfalls="CPO also means cost per order, hence CPOPP.",
)
def cost_per_opportunity(spend: Any, opportunities: Any) -> Any:
    """Marketing spend divided by the opportunities it brought.

    >>> cost_per_opportunity(10000, 25)
    400.0
    """
    return spend / opportunities


@elementwise(
    "CPMTG",
    family="cost",
    title="Cost per meeting",
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
    aliases=("cost per (attended) meeting",),
    pitfalls="Use held meetings; with a 50% no-show rate the cost per held meeting is twice that per booked one.",
)
def cost_per_meeting(spend: Any, meetings: Any) -> Any:
    """Marketing spend divided by the meetings held.

    >>> cost_per_meeting(9000, 18)
    500.0
    """
    return spend / meetings


@elementwise(
    "CPA",
    family="cost",
    title="Cost per acquisition",
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
    aliases=("CPA", "cost per action"),
    confused_with=("CAC", "CPL"),
    pitfalls="Campaign spend per conversion of any kind. All marketing and sales cost per new customer is CAC.",
)
def cost_per_acquisition(spend: Any, acquisitions: Any) -> Any:
    """Campaign spend divided by the actions it was after.

    >>> round(cost_per_acquisition(10000, 35), 4)
    285.7143
    """
    return spend / acquisitions


@elementwise(
    "CAC",
    family="cost",
    title="Customer acquisition cost",
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
    aliases=("CAC", "paid CAC (marketing only)", "fully loaded CAC"),
    confused_with=("CPA", "CPL"),
    pitfalls=("Without sales_cost it is the CAC of marketing alone; unit economics take marketing and sales together."),
)
def customer_acquisition_cost(marketing_cost: Any, new_customers: Any, sales_cost: Any) -> Any:
    """Marketing and sales cost divided by the customers won; marketing alone without the third argument.

    >>> customer_acquisition_cost(10000, 20, 0)
    500.0
    """
    return (marketing_cost + sales_cost) / new_customers


@elementwise(
    "CACPAYBACK",
    family="cost",
    title="CAC payback",
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
    aliases=("CAC payback period", "months to recover CAC"),
    pitfalls="The margin belongs below the fraction line: CAC / (ARPC × margin), not CAC / ARPC × margin.",
)
def cac_payback_months(cac: Any, arpc_month: Any, gross_margin: Any) -> Any:
    """Months until a customer's gross profit has paid back what winning it cost.

    >>> cac_payback_months(600, 100, 0.8)
    7.5
    """
    return cac / (arpc_month * gross_margin)
