"""The report as plain data, for JSON: the same figures as on the sheet, under documented keys."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from xl_leadkpi.cells.errors import CellError

if TYPE_CHECKING:
    from xl_leadkpi.funnel.report import Block, FunnelReport


def as_json(report: FunnelReport) -> dict[str, Any]:
    """Turn a report into dictionaries, lists, texts, numbers and None.

    Args:
        report: The report.

    Returns:
        ``header`` and ``summary`` are dictionaries; ``by`` has a list of rows for each field; every other block is a
        list of rows, each a dictionary from column key to value, totals rows included (their label is ``(total)``), or
        None where the report has no such block. Rates are fractions, money and days plain numbers, days
        ``"2025-06-30"``, months ``"2025-06"``; a missing value and a ratio without value (division by zero) are None.

        ========================= ====================================================================================
        ``header``                source, censoring day, rows read and used, and the options that decide the figures
        ``summary``               key figures, among them ``leads mql sql meetings opportunities proposals won lost
                                  lost_opportunities disqualified open win_rate`` (of ``win_rate_of`` on
                                  ``win_rate_basis``) ``lead_conversion lead_conversion_mature revenue average_deal
                                  cycle_days_mean cycle_days_median pipeline weighted_pipeline velocity spend cpl cac
                                  roas romi``
        ``trend``                 the last three complete months (``recent``) and the three before (``previous``)
        ``stages``                ``stage reached exact strict skipped in_stage_now next_step cumulative`` ...
        ``stage_times``           days in each stage, and lead to opportunity, opportunity to won, lead to won
        ``cycle_histogram``       days from lead to won in bins
        ``response``              minutes to the first response
        ``curve``, ``mature``     conversion by age; mature windows, and the naive rate in the last row
        ``by``                    by field: one row a ``group``
        ``months``                by month: ``cohort_...`` of the leads created in it, the rest of what happened in it
        ``cohorts``               shares won so many months after creation; ``cohort_counts`` the numbers;
                                  ``opportunity_cohorts``, ``opportunity_cohort_counts`` the same for opportunities
        ``losses``, ``pipeline``  lost leads by stage and reason; open opportunities by stage
        ``spend``                 by channel and month
        ``attribution``           credits by channel and model
        ``currencies``            money by currency
        ``quality``               what was odd in the data; ``backwards``: visits that end before they begin
        ``columns``, ``words``    how headers and stage words were understood
        ========================= ====================================================================================
    """
    return {
        "header": _plain(asdict(report.header)),
        "summary": _rows(report.summary)[0],
        "trend": _optional(report.trend),
        "stages": _rows(report.stages),
        "stage_times": _rows(report.stage_times),
        "cycle_histogram": _rows(report.cycle_histogram),
        "response": _optional(report.response),
        "curve": _rows(report.curve),
        "mature": _rows(report.mature),
        "by": {field: _rows(block) for field, block in report.by.items()},
        "months": _rows(report.months),
        "cohorts": _rows(report.cohorts),
        "cohort_counts": _rows(report.cohort_counts),
        "opportunity_cohorts": _rows(report.opportunity_cohorts),
        "opportunity_cohort_counts": _rows(report.opportunity_cohort_counts),
        "losses": _rows(report.losses),
        "pipeline": _rows(report.pipeline),
        "spend": _optional(report.spend),
        "attribution": _optional(report.attribution),
        "currencies": _optional(report.currencies),
        "quality": _rows(report.quality),
        "backwards": _optional(report.backwards),
        "columns": [_plain(asdict(column)) for column in report.columns],
        "words": [_plain(asdict(word)) for word in report.words],
    }


def _optional(block: Block | None) -> list[dict[str, Any]] | None:
    return None if block is None else _rows(block)


def _rows(block: Block) -> list[dict[str, Any]]:
    months = {column.key for column in block.columns if column.unit == "month"}
    return [
        {key: _month(value) if key in months else _plain(value) for key, value in row.items()} for row in block.rows()
    ]


def _month(value: date | None) -> str | None:
    return None if value is None else f"{value:%Y-%m}"


def _plain(value: Any) -> Any:
    match value:
        case CellError():
            return None
        case datetime() | date():
            return value.isoformat()
        case dict():
            return {key: _plain(one) for key, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
    return value
