"""Family J: forecasts and targets."""

from __future__ import annotations

from typing import Any

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.cells.functions import round_half_away, round_up
from xl_leadkpi.kpis.declaration import Example, Source, fraction, money, revenue
from xl_leadkpi.kpis.elementwise import elementwise


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
        "Derived from the article’s purpose sentence; the arithmetic is the standard reverse funnel. "
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
