"""Family J: forecasts and targets."""

from __future__ import annotations

from typing import Any

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.cells.functions import round_half_away, round_up
from xl_leadkpi.kpis.aggregate import aggregate
from xl_leadkpi.kpis.attribution import PATH_LETS, POSITIONS_OUTSIDE, WEIGHTS_TEXT, weights_of_path
from xl_leadkpi.kpis.declaration import Argument, Example, Source, fraction, money, revenue, words
from xl_leadkpi.kpis.elementwise import elementwise


def complete_pairs(actual: Any, forecast: Any) -> tuple[Any, Any]:
    """Those pairs of two ranges that have both numbers."""
    both = np.isfinite(actual) & np.isfinite(forecast)
    return actual[both], forecast[both]


@aggregate(
    "FCSTACC",
    family="forecast",
    title={"en": "Sales forecast accuracy", "pl": "Trafność prognozy sprzedaży", "ru": "Точность прогноза продаж"},
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
    aliases={
        "en": ("forecast accuracy", "1 − WAPE"),
        "pl": ("trafność prognozy sprzedaży",),
        "ru": ("Точность прогноза продаж",),
    },
    confused_with=("FCSTBIAS",),
    sources=(Source("tehnografi", "«Точность ваших прогнозов продаж»: no formula"),),
    remarks="A pair with a blank is skipped.",
    pitfalls=(
        "Denominator actual vs forecast: 95 against a forecast of 100 is 94.7% or 95.0%. Standard "
        "WAPE divides by actuals; it also survives zero months, unlike MAPE. Not clipped: off by more "
        "than 100% gives a negative number."
    ),
    references=(
        "Wikipedia “Calculating demand forecast accuracy” (Σ|A−F|/ΣA = WAPE); novacalculator.com MAPE vs WMAPE"
    ),
)
def forecast_accuracy(actual: Any, forecast: Any) -> Any:
    """1 less the absolute errors as a share of what came (1 - WAPE).

    Args:
        actual: What came, by period or person (number).
        forecast: What was forecast (number).

    Returns:
        Fraction.

    >>> from xl_leadkpi import kpis
    >>> kpis.FCSTACC([100, 120, 80], [110, 110, 80])
    0.9333333333333333
    """
    actual, forecast = complete_pairs(actual, forecast)
    return 1 - float(np.abs(actual - forecast).sum()) / float(actual.sum())


@aggregate(
    "FCSTBIAS",
    family="forecast",
    title={"en": "Forecast bias", "pl": "Obciążenie prognozy", "ru": "Смещение прогноза"},
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
    aliases={
        "en": ("bias (+ = over-forecast)",),
    },
    confused_with=("FCSTACC",),
    remarks="A pair with a blank is skipped.",
)
def forecast_bias(actual: Any, forecast: Any) -> Any:
    """How much more was forecast than came, as a share of what came.

    Args:
        actual: What came, by period or person (number).
        forecast: What was forecast (number).

    Returns:
        Fraction.

    >>> from xl_leadkpi import kpis
    >>> kpis.FCSTBIAS([100, 120, 80], [110, 115, 90])
    0.05
    """
    actual, forecast = complete_pairs(actual, forecast)
    return (float(forecast.sum()) - float(actual.sum())) / float(actual.sum())


@elementwise(
    "QUOTAATT",
    family="forecast",
    title={"en": "Quota attainment", "pl": "Realizacja celu sprzedażowego", "ru": "Выполнение плана продаж"},
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
    aliases={
        "en": ("attainment",),
    },
    confused_with=("PIPECOV",),
)
def quota_attainment(actual: Any, quota: Any) -> Any:
    """Sales reached as a share of the target.

    Args:
        actual: Sales reached (money).
        quota: Sales target (money).

    Returns:
        Fraction.

    >>> quota_attainment(450000, 500000)
    0.9
    """
    return actual / quota


@elementwise(
    "LEADSNEEDED",
    family="forecast",
    title={
        "en": "Required leads for a target",
        "pl": "Liczba leadów potrzebna do celu",
        "ru": "Сколько лидов нужно для цели",
    },
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
    aliases={
        "en": ("reverse funnel",),
        "pl": ("ile leadów trzeba wygenerować",),
    },
    sources=(
        Source(
            "cognism",
            (
                "MQL KPI «może pomóc … zdecydować, ile kwalifikowanych leadów musi wygenerować miesięcznie, "
                "na kwartał i rocznie»: purpose, no formula"
            ),
        ),
    ),
    pitfalls=(
        "Derived from the sentence on its purpose; the arithmetic is the standard reverse funnel. "
        "ROUND(…,9) guards against 100.00000000000001 → 101."
    ),
)
def leads_needed(revenue_target: Any, avg_deal: Any, lead_conv: Any) -> Any:
    """Leads that a revenue target takes, rounded up.

    Args:
        revenue_target: Revenue to reach (money).
        avg_deal: Average deal size, see AVGDEAL (money).
        lead_conv: Share of leads that become customers, see LEADCONV (fraction).

    Returns:
        Count.

    >>> float(leads_needed(240000, 20000, 0.08))
    150.0
    """
    return round_up(round_half_away(revenue_target / (avg_deal * lead_conv), 9))


@aggregate(
    "ATTRIB",
    family="forecast",
    title={"en": "Attribution weights", "pl": "Wagi atrybucji", "ru": "Веса атрибуции"},
    arguments=(
        words("touches", "channels of one lead's touches, in time order"),
        Argument("model", "text", "first, last, linear, ushape, decay or wshape"),
        Argument(
            "days_before",
            "days",
            "days from each touch to the conversion, for decay",
            low=0,
            optional=True,
            default=0,
            is_range=True,
            paired=False,
        ),
        Argument(
            "half_life",
            "days",
            "days in which a touch loses half its weight, for decay",
            low=0,
            optional=True,
            default=7,
        ),
        Argument(
            "lead_touch", "number", "position of the touch that made the lead, for wshape", optional=True, default=0
        ),
        Argument(
            "opp_touch",
            "number",
            "position of the touch that made the opportunity, for wshape",
            optional=True,
            default=0,
        ),
    ),
    unit="fraction",
    direction="neutral",
    excel=None,
    lets=(*PATH_LETS,),
    zero='(name="decay")*(half_life_=0)*(touched>0)',
    zero_means="half_life=0 (decay)",
    impossible=POSITIONS_OUTSIDE,
    impossible_means="a position outside 1..number of touches (wshape)",
    value=WEIGHTS_TEXT,
    spills=True,
    examples=(
        Example((["Ads", "Mail", "SEO", "Mail"], "ushape"), (0.4, 0.1, 0.1, 0.4)),
        Example((["Ads", "Mail"], "ushape"), (0.5, 0.5)),
        Example(
            (["Ads", "SEO", "Mail"], "decay", [15, 8, 1], 7),
            (0.14285714285714285, 0.2857142857142857, 0.5714285714285714),
        ),
    ),
    aliases={
        "en": ("multi-touch attribution",),
    },
    remarks="An unknown model gives #VALUE!, and so does decay where days_before does not match touches.",
)
def attribution_weights(  # noqa: PLR0917 - the arguments of the worksheet function
    touches: Any, model: Any, days_before: Any, half_life: Any, lead_touch: Any, opp_touch: Any
) -> Any:
    """Share of the credit for a conversion that each touch gets; together 1.

    Args:
        touches: Channels of one lead's touches, in time order (range of text).
        model: First, last, linear, ushape, decay or wshape (text).
        days_before: Days from each touch to the conversion, for decay (days).
        half_life: Days in which a touch loses half its weight, for decay (days).
        lead_touch: Position of the touch that made the lead, for wshape (number).
        opp_touch: Position of the touch that made the opportunity, for wshape (number).

    Returns:
        Fractions, one for each touch; blank for a blank touch.

    >>> from xl_leadkpi import kpis
    >>> kpis.ATTRIB(["Ads", "Mail", "SEO", "Mail"], "ushape")
    [0.4, 0.1, 0.1, 0.4]
    """
    return weights_of_path(touches, model, days_before, half_life, (lead_touch, opp_touch))
