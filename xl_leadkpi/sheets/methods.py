"""Which line of the section "How these figures are counted" a block and a card belong to.

The lines are texts of the language: ``method.KEY`` is the name of a line, ``how.KEY`` what it says. They are the short
form of ``funnel/methods.md`` and ``funnel/rules.md``.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.leads.model.stage import Pipeline

METHODS = (
    "reached", "outcomes", "win_rate", "cycle", "revenue", "pipeline", "velocity", "costs", "period", "changes",
    "targets", "currencies", "stages", "groups", "steps_by", "months", "cohorts", "mature", "days", "history", "losses",
    "closed", "forecast", "forecast_check", "overdue", "retention", "attribution", "quality", "traffic", "email",
    "social",
)  # fmt: skip
"""The lines in the order of the sheet."""

ON_CARDS = frozenset({"summary", "trend"})
"""Blocks whose figures are cards: each has the line of its card."""

OF_BLOCK: Mapping[str, str] = MappingProxyType(
    {
        "period_created": "period",
        "period_closed": "period",
        "changes": "changes",
        "changes_by": "changes",
        "causes": "changes",
        "targets": "targets",
        "currencies": "currencies",
        "stages": "stages",
        "pipelines": "stages",
        "by": "groups",
        "steps_by": "steps_by",
        "months": "months",
        "cohorts": "cohorts",
        "cohort_counts": "cohorts",
        "opportunity_cohorts": "cohorts",
        "opportunity_cohort_counts": "cohorts",
        "mature": "mature",
        "curve": "mature",
        "stage_times": "days",
        "cycle_histogram": "days",
        "response": "days",
        "visits": "history",
        "transitions": "history",
        "reopened": "history",
        "deal_changes": "history",
        "losses": "losses",
        "closed_by": "closed",
        "closed_losses": "losses",
        "pipeline": "pipeline",
        "forecast": "forecast",
        "forecast_check": "forecast_check",
        "overdue": "overdue",
        "retention": "retention",
        "attribution": "attribution",
        "quality": "quality",
        "backwards": "quality",
        "spend": "costs",
        "traffic": "traffic",
        "email": "email",
        "social": "social",
    }
)
"""The line of each block; several blocks may share one."""

_OF_CARD: Mapping[str, str] = MappingProxyType(
    {
        "won": "outcomes",
        "lost_opportunities": "outcomes",
        "win_rate": "win_rate",
        "lead_conversion_mature": "mature",
        "cycle_days_median": "cycle",
        "revenue": "revenue",
        "average_deal": "revenue",
        "pipeline": "pipeline",
        "weighted_pipeline": "pipeline",
        "velocity": "velocity",
        **dict.fromkeys(
            ("spend", "cpl", "cpl_paid", "cac", "cac_paid", "roas", "roas_paid", "romi", "romi_paid"), "costs"
        ),
    }
)


def of_card(key: str, pipeline: Pipeline) -> str | None:
    """The line of a card, None where nobody has given it one.

    Args:
        key: Name of the figure in the summary.
        pipeline: The stages in force; each is counted, and may have a card, under a name of its own.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> of_card("cpl_paid", PIPELINE), of_card("mql", PIPELINE), of_card("luck", PIPELINE)
    ('costs', 'reached', None)
    """
    return _OF_CARD.get(key) or ("reached" if key in pipeline.counted else None)
