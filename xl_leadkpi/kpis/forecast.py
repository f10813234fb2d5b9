"""Family J: forecasts and targets."""

from __future__ import annotations

from typing import Any

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.cells.functions import round_half_away, round_up
from xl_leadkpi.kpis.aggregate import aggregate
from xl_leadkpi.kpis.attribution import (
    PATH_LETS,
    POSITIONS_OUTSIDE,
    RULES,
    WEIGHTS_TEXT,
    WITHOUT_HALF_LIFE,
    weights_of_path,
)
from xl_leadkpi.kpis.declaration import Argument, Example, fraction, money, revenue, words
from xl_leadkpi.kpis.elementwise import elementwise


def complete_pairs(actual: Any, forecast: Any) -> tuple[Any, Any]:
    """Those pairs of two ranges that have both numbers."""
    both = np.isfinite(actual) & np.isfinite(forecast)
    return actual[both], forecast[both]


@aggregate(
    "FCSTACC",
    family="forecast",
    title="Sales forecast accuracy",
    arguments=(
        Argument("actual", "number", "what came, by period or person", low=0, is_range=True),
        Argument("forecast", "number", "what was forecast", is_range=True),
    ),
    unit="fraction",
    direction="higher",
    excel=lambda actual, forecast: f"1-SUMPRODUCT(ABS({actual}-{forecast}))/SUM({actual})",
    lets=(
        'complete,(actual<"")*(forecast<"")',
        "total,SUM(IF(complete,actual,0))",
    ),
    zero="total=0",
    zero_means="SUM(actual)=0",
    value="1-SUM(IF(complete,ABS(actual-forecast),0))/total",
    examples=(
        Example(([95], [100]), 0.9473684210526316),
        Example(([100, 120, 80], [110, 115, 90]), 0.9166666666666666),
        Example(([0, 0], [5, 0]), CellError.DIV0),
    ),
    aliases=("forecast accuracy", "1 − WAPE"),
    confused_with=("FCSTBIAS",),
    remarks="A pair with a blank is skipped.",
    pitfalls=(
        "Divides by what came, not by the forecast: 95 against a forecast of 100 is 94.7%, not 95%. Off by "
        "more than 100% it is negative."
    ),
)
def forecast_accuracy(actual: Any, forecast: Any) -> Any:
    """1 less the absolute errors as a share of what came (1 - WAPE).

    >>> from xl_leadkpi import kpis
    >>> kpis.FCSTACC([100, 120, 80], [110, 110, 80])
    0.9333333333333333
    """
    actual, forecast = complete_pairs(actual, forecast)
    return 1 - float(np.abs(actual - forecast).sum()) / float(actual.sum())


@aggregate(
    "FCSTBIAS",
    family="forecast",
    title="Forecast bias",
    arguments=(
        Argument("actual", "number", "what came, by period or person", low=0, is_range=True),
        Argument("forecast", "number", "what was forecast", is_range=True),
    ),
    unit="fraction",
    direction="nearer 0",
    excel=lambda actual, forecast: f"(SUM({forecast})-SUM({actual}))/SUM({actual})",
    lets=(
        'complete,(actual<"")*(forecast<"")',
        "total,SUM(IF(complete,actual,0))",
    ),
    zero="total=0",
    zero_means="SUM(actual)=0",
    value="(SUM(IF(complete,forecast,0))-total)/total",
    examples=(
        Example(([100, 120, 80], [110, 115, 90]), 0.05),
        Example(([95], [100]), 0.05263157894736842),
    ),
    aliases=("bias (+ = over-forecast)",),
    confused_with=("FCSTACC",),
    remarks="A pair with a blank is skipped.",
    pitfalls="Above 0 is a forecast too high; some write it the other way round.",
)
def forecast_bias(actual: Any, forecast: Any) -> Any:
    """How much more was forecast than came, as a share of what came.

    >>> from xl_leadkpi import kpis
    >>> kpis.FCSTBIAS([100, 120, 80], [110, 115, 90])
    0.05
    """
    actual, forecast = complete_pairs(actual, forecast)
    return (float(forecast.sum()) - float(actual.sum())) / float(actual.sum())


@elementwise(
    "QUOTAATT",
    family="forecast",
    title="Quota attainment",
    arguments=(
        revenue("actual", "sales reached"),
        money("quota", "sales target"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((450000, 500000), 0.9),
        Example((900000, 500000), 1.8),
        Example((450000, 0), CellError.DIV0),
    ),
    aliases=("attainment",),
    confused_with=("PIPECOV",),
)
def quota_attainment(actual: Any, quota: Any) -> Any:
    """Sales reached as a share of the target.

    >>> quota_attainment(450000, 500000)
    0.9
    """
    return actual / quota


@elementwise(
    "LEADSNEEDED",
    family="forecast",
    title="Required leads for a target",
    arguments=(
        money("revenue_target", "revenue to reach"),
        money("avg_deal", "average deal size, see AVGDEAL"),
        fraction("lead_conv", "share of leads that become customers, see LEADCONV"),
    ),
    unit="count",
    direction="neutral",
    examples=(
        Example((240000, 20000, 0.08), 150),
        Example((100000, 1000, 0.3), 334),
    ),
    aliases=("reverse funnel",),
    pitfalls="Lead conversion and average deal have to be of the same kind of leads as those to come.",
)
def leads_needed(revenue_target: Any, avg_deal: Any, lead_conv: Any) -> Any:
    """Leads that a revenue target takes, rounded up.

    >>> float(leads_needed(240000, 20000, 0.08))
    150.0
    """
    return round_up(round_half_away(revenue_target / (avg_deal * lead_conv), 9))


@aggregate(
    "ATTRIB",
    family="forecast",
    title="Attribution weights",
    arguments=(
        words("touches", "channels of one lead's touches, in time order"),
        Argument("model", "text", f"{', '.join(RULES[:-1])} or {RULES[-1]}"),
        Argument(
            "days_before",
            "days",
            "days from each touch to the conversion, for time_decay",
            low=0,
            optional=True,
            default=0,
            is_range=True,
            paired=False,
        ),
        Argument(
            "half_life",
            "days",
            "days in which a touch loses half its weight, for time_decay",
            low=0,
            optional=True,
            default=7,
        ),
        Argument(
            "lead_touch",
            "number",
            "which touch made the lead, for u_shaped (the last, if omitted), w_shaped and full_path",
            optional=True,
            default=0,
        ),
        Argument(
            "opp_touch",
            "number",
            "which touch made the opportunity, for w_shaped and full_path",
            optional=True,
            default=0,
        ),
    ),
    unit="fraction",
    gives="fractions, one for each touch; blank for a blank touch",
    direction="neutral",
    excel=None,
    lets=(*PATH_LETS,),
    zero=WITHOUT_HALF_LIFE,
    zero_means="half_life=0 (time_decay)",
    impossible=POSITIONS_OUTSIDE,
    impossible_means="lead_touch or opp_touch outside 1..number of touches (u_shaped, w_shaped, full_path)",
    value=WEIGHTS_TEXT,
    spills=True,
    examples=(
        Example((["Ads", "Mail", "SEO", "Mail"], "position"), (0.4, 0.1, 0.1, 0.4)),
        Example((["Ads", "Mail", "SEO", "Mail"], "u_shaped", None, None, 3), (0.4, 0.1, 0.4, 0.1)),
        Example((["Ads", "Mail"], "u_shaped"), (0.5, 0.5)),
        Example(
            (["Ads", "SEO", "Mail"], "time_decay", [15, 8, 1], 7),
            (0.14285714285714285, 0.2857142857142857, 0.5714285714285714),
        ),
    ),
    aliases=("multi-touch attribution",),
    pitfalls=(
        "Position-based and U-shaped differ: the second 40% go to the last touch before the conversion with "
        "position, to the touch that made the lead with u_shaped. There are two Shapley values: shapley_counts gives "
        "each channel of a path the same, shapley_rates what it adds to the share of paths that are won."
    ),
    remarks=(
        "An unknown model gives #VALUE!, and so does time_decay where days_before does not match touches. Case, spaces "
        "and hyphens in a model's name do not matter; ushape, decay and wshape are names as well. markov, "
        "shapley_counts and shapley_rates need the paths of many leads: see the function ATTRIBUTION."
    ),
)
def attribution_weights(  # noqa: PLR0917 - the arguments of the worksheet function
    touches: Any, model: Any, days_before: Any, half_life: Any, lead_touch: Any, opp_touch: Any
) -> Any:
    """Share of the credit for a conversion that each touch gets; together 1.

    >>> from xl_leadkpi import kpis
    >>> kpis.ATTRIB(["Ads", "Mail", "SEO", "Mail"], "position")
    [0.4, 0.1, 0.1, 0.4]
    """
    return weights_of_path(touches, model, days_before, half_life, (lead_touch, opp_touch))
