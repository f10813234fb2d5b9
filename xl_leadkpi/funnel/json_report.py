"""The report as plain data, for JSON: the same figures as on the sheet, under documented keys."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.funnel.report import Block
from xl_leadkpi.leads.model.findings import OwnNames, fill
from xl_leadkpi.locales import ENGLISH, locale

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xl_leadkpi.funnel.report import FunnelReport
    from xl_leadkpi.leads.model.findings import Finding


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
        ``trend``                 the last three complete months (``recent``) and the three before (``previous``); None
                                  where a period is asked for
        ``period_created``        the leads created in the period asked for (``period``), in the one it is compared with
                                  (``compared``) and the ``change``: of shares in points, else relative;
                                  ``period_closed`` the same of those closed in it. ``closed_by`` and
                                  ``closed_losses`` are of these too, every other block of those created in it, see
                                  :mod:`xl_leadkpi.funnel.period`; None without a period
        ``changes``               by figure (``revenue won cac lead_conversion_mature``): what each ``factor`` adds to
                                  its change between the two periods (``(total)``, ``days closed win_rate priced deal
                                  spend``): ``from to part share``, ``tested``: ``told`` from chance, ``unclear`` or, of
                                  what is no sample, ``exact``; ``changes_by`` the same by field and ``group``: its
                                  ``volume mix rate deal spend``; ``causes`` what of that is known, the largest first,
                                  see :mod:`xl_leadkpi.funnel.changes`; None where no period is compared
        ``targets``               by ``figure``: ``actual target attained met`` (``yes``, ``no``; ``on_track`` or
                                  ``behind`` in a period that still runs, with ``elapsed``, the share of its days that
                                  are over; None where neither is better), in a period the ``basis`` of the actual
                                  figure; None without targets
        ``stages``                ``stage reached exact strict skipped in_stage_now cumulative`` ...; ``next_step`` is
                                  the eventual rate from the stage before (within ``next_step_days`` where it is too
                                  early for that), ``next_step_within`` the plain one within ``next_step_within_days``,
                                  ``next_step_naive`` what has come so far, see ``methods.md``
        ``steps_by``              by ``source`` and ``owner``: the eventual rate of each step of each group
        ``stage_times``           days in each stage, and lead to opportunity, opportunity to won, lead to won
        ``cycle_histogram``       days from lead to won in bins
        ``visits``                every visit of each stage: leads, visits, who came again, days
        ``transitions``           moves ``from`` a stage ``to`` another, their ``share`` of all out of it, ``direction``
        ``reopened``              leads that were won or lost and moved again, and what they are now
        ``deal_changes``          amounts raised and lowered, close dates pushed and pulled in. These four are, where a
                                  period is asked for, of the changes that came in it (``basis``: ``changed``)
        ``response``              minutes to the first response
        ``curve``, ``mature``     conversion by age; mature windows, and the naive rate in the last row
        ``by``                    by field: one row a ``group``; ``win_rate_mature`` with those still open allowed for;
                                  ``compared`` with the rest: ``better``, ``worse`` or ``unclear``
        ``months``                by month: ``cohort_...`` of the leads created in it, the rest of what happened in it
        ``cohorts``               shares won so many months after creation; ``cohort_counts`` the numbers;
                                  ``opportunity_cohorts``, ``opportunity_cohort_counts`` the same for opportunities
        ``pipelines``             by sales pipeline, its stages, where the table has several
        ``losses``, ``pipeline``  lost leads by stage and reason; open opportunities by stage
        ``spend``                 by channel and month
        ``traffic``               ``visitors`` before the leads, ``by_channel``, ``by_month``: sessions, users, bounces,
                                  conversions, the leads of the same days and ``visit_to_lead``
        ``email``                 ``by_month`` and ``by_campaign``: sent, delivered, opened and so on, with their rates
        ``social``                by network and month: followers, impressions, interactions
        ``forecast``              by ``month`` of closing: what open deals (``mean low high``, 80 %), those to come
                                  (``new_...``) and both (``total_...``) will bring; wins (``..._won_mean`` ...); the
                                  CRM's own figures (``crm``, weighted with its chances; ``crm_amount``,
                                  ``crm_deals``), the ``target`` that is left, ``gap``, ``coverage``
        ``forecast_check``        the same as it would have been forecast ``as_of`` past month ends for the next
                                  ``days``: ``forecast low high actual error held``, and ``naive``, the open amounts
                                  of that day weighted with the share of closed deals won
        ``overdue``               open deals that are ``late``, by reason and stage: ``deals amount rows``
        ``retention``             by field, customers by ``group``: ``customers still_there``, the share kept after 3,
                                  6, 12 and 24 months (``kept_12 kept_12_low kept_12_high``), ``median_months``,
                                  ``mean_months`` of the first ``within_months``, ``lifetime_months``, ``compared``
                                  with the rest, ``lifetime_revenue``; under ``all`` where no field groups them
        ``attribution``           credits by channel and model
        ``currencies``            money by currency
        ``quality``               what was odd in the data; ``backwards``: visits that end before they begin
        ``columns``, ``words``    how headers and stage words were understood
        ``channels``              what each spelling of a channel is called
        ``unknown``               by figure or block (``summary.win_rate``, ``by.source.won``, ``response``) why it is
                                  not known and what would help; ``rows`` where only these rows lack it
        ``evidence``              by fact, whether it is known partly or not at all, and why
        ========================= ====================================================================================
    """
    return {
        "header": _plain(asdict(report.header)),
        **{name: _block(block) for name, block in report.blocks.items()},
        # cells of the export, a person's address among them, are in no report of figures
        "columns": [_plain(asdict(replace(column, samples=()))) for column in report.columns],
        "words": [_plain(asdict(word)) for word in report.words],
        "channels": [_plain(asdict(channel)) for channel in report.channels],
        "unknown": _unknown(report),
        "evidence": [
            {"fact": str(need.fact), "stage": need.stage or None, "level": standing.level, **reason_of(standing.why)}
            for need, standing in report.evidence.standings.items()
        ],
    }


def _unknown(report: FunnelReport) -> dict[str, Any]:
    """By figure, why it is unknown."""
    found: dict[str, Any] = {}
    for name, block in blocks_by_path(report):
        labels = block.columns[0].values
        for key, unknown in block.unknown.items():
            some = [] if len(unknown.rows) == len(block) else [_plain(labels[row]) for row in unknown.rows]
            found[f"{name}.{key}"] = reason_of(unknown.why) | ({"rows": some} if some else {})
    return found | {name: reason_of(why) for name, why in report.absent.items()}


def blocks_by_path(report: FunnelReport) -> Iterator[tuple[str, Block]]:
    """Every block with the beginning of the path to its figures: ``summary``, ``by.source``."""
    for name, block in report.blocks.items():
        if isinstance(block, Block):
            yield name, block
        elif block is not None:
            yield from ((f"{name}.{field}", one) for field, one in block.items())


def reason_of(why: Finding | None) -> dict[str, str | None]:
    """Why something is not known and what would help, in English; None of both where nothing is said of it."""
    if why is None:
        return {"why": None, "remedy": None}
    texts, names = locale(ENGLISH).findings[why.kind], OwnNames()
    return {"why": fill(texts.meaning, why, names), "remedy": fill(texts.remedy, why, names) or None}


def _block(block: Block | Mapping[str, Block] | None) -> Any:
    if block is None:
        return None
    if not isinstance(block, Block):
        return {field: _block(one) for field, one in block.items()}
    return _rows(block)[0] if block.is_record else _rows(block)


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
