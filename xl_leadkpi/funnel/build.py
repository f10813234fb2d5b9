"""From the lead table to the funnel report: ask the engine everything at once, then put the answers into blocks."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from xl_leadkpi.funnel import attribution, breakdown, curve, losses, months, quality, stages, summary
from xl_leadkpi.funnel import spend as spending
from xl_leadkpi.funnel.blocks import without_ratios_of
from xl_leadkpi.funnel.options import FunnelOptions
from xl_leadkpi.funnel.report import FunnelReport
from xl_leadkpi.funnel.scope import Scope, scope, steady, tells_lost_reach
from xl_leadkpi.funnel.stages import LEAD_TO_WON
from xl_leadkpi.funnel.tally import states_by, tally
from xl_leadkpi.leads import engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import narwhals as nw

    from xl_leadkpi.funnel.report import Block
    from xl_leadkpi.funnel.spend import Spend
    from xl_leadkpi.funnel.stages import Spell
    from xl_leadkpi.funnel.tally import Tally
    from xl_leadkpi.leads.engine import Row
    from xl_leadkpi.leads.table import LeadTable, SpendTable, TouchTable

TABLES = {"source": "tblSource", "campaign": "tblCampaign", "owner": "tblOwner"}
"""Names of the breakdowns every export may have; further ones are numbered."""

Answers = dict[str, "list[Row]"]


def build(
    leads: LeadTable | Any,
    spend: SpendTable | Any | None = None,
    touches: TouchTable | Any | None = None,
    options: FunnelOptions | None = None,
) -> FunnelReport:
    r"""Count the whole funnel.

    Any frame may stand for a table and is read with the usual options first: pandas, Polars eager or lazy, a DuckDB
    relation, a PySpark DataFrame. The last three are counted where they are; only grouped results are fetched.

    Args:
        leads: One row a lead.
        spend: What marketing cost, by channel, campaign and month.
        touches: Contacts before the conversion, for attribution.
        options: How to count; None takes the defaults.

    Returns:
        Every block of the funnel sheet.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from xl_leadkpi.leads import read
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "leads.csv")
    ...     _ = path.write_text("Lead ID,Created,Won date\n1,2025-01-10,2025-02-01\n2,2025-01-20,\n")
    ...     report = build(read(path))
    >>> report.summary["lead_conversion"].values
    (0.5,)
    """
    leads, spend, touches = _tables(leads, spend, touches)
    made = scope(leads, options or FunnelOptions())
    fields = _fields(made, spend)
    known = _ask(_first_questions(made, fields, spend))
    made = replace(made, knows_lost_reach=tells_lost_reach(leads, known["all"]))
    everyone = tally(known["all"], made)
    spells = stages.spells(made, known)
    spent = spending.join(made, spend, known["pairs"]) if spend is not None else None
    by_field = {field: breakdown.groups(made, known[f"by {field}"], field, _spend_by(spent, field)) for field in fields}
    known |= _ask(_second_questions(made, spells, by_field, spent))
    spells = [replace(spell, stalled=known["stalled"][0].get(spell.name)) for spell in spells]

    calendar = _calendar(made, known, everyone, spent)
    misfit = spending.coverage(spent.by_month, _leads_by_month(calendar)) if spent else None
    cost = breakdown.Cost(spent.total, spent.comparable) if spent else None
    month_table = months.months_block(made, calendar)
    response = summary.read_responses(made, known) if "responses" in known else None
    pipeline = losses.pipeline_block(made, known["profile"], everyone, spells)
    distribution = curve.curve(known["follow ups"])
    backward = {spell.name: known[f"backward {spell.name}"] for spell in spells if f"backward {spell.name}" in known}
    named = _ask({"ids": quality.lead_ids(made, backward.values())})["ids"] if backward else []
    credited = attribution.credit(made, touches) if touches is not None else None
    found = (
        *leads.findings,
        *quality.backward_findings(spells, backward),
        *(spend.findings if spend else ()),
        *(spent.findings if spent else ()),
        *((misfit,) if misfit else ()),
        *(touches.findings if touches else ()),
        *(credited.findings if credited else ()),
    )
    cohorts, cohort_counts = months.cohort_blocks(made, calendar, "Won", "tblCohort")
    opportunity_cohorts, opportunity_counts = months.cohort_blocks(made, calendar, "Opportunity", "tblCohortOpp")
    report = FunnelReport(
        header=summary.header(
            made, known["span"][0], spend_known=spend is not None, spend_currency=spend.currency if spend else None
        ),
        summary=summary.summary_block(
            made,
            everyone,
            measured=spells,
            weighted=losses.weighted_pipeline(pipeline),
            cost=cost,
            closed=calendar.closed_in_period(made),
            response=steady(response["median"]) if response else None,
        ),
        stages=stages.stages_block(made, known["profile"], everyone, spells, spent.total if spent else None),
        stage_times=stages.stage_times_block(spells),
        cycle_histogram=curve.histogram_block(distribution),
        curve=curve.curve_block(distribution, known=made.knows_win_days),
        mature=curve.mature_block(made, known["windows"][0], distribution, everyone),
        by=_breakdowns(made, known, by_field, everyone=everyone, spells=spells, cost=cost),
        months=month_table,
        cohorts=cohorts,
        cohort_counts=cohort_counts,
        opportunity_cohorts=opportunity_cohorts,
        opportunity_cohort_counts=opportunity_counts,
        losses=losses.losses_block(made, known["losses"]),
        pipeline=pipeline,
        spend=_spend_block(made, spent, by_field, known, everyone) if spent else None,
        attribution=_attribution_block(made, credited, by_field, everyone),
        quality=quality.quality_block(found),
        columns=(*leads.columns, *(spend.columns if spend else ()), *(touches.columns if touches else ())),
        words=leads.words,
        findings=found,
        parameters={name: value for name, value in asdict(made.options).items() if name != "built_at"},
        trend=_trend(made, known, everyone, spent, calendar),
        response=summary.response_block(made, response) if response else None,
        currencies=summary.currency_block(known["currencies"]) if "currencies" in known else None,
        backwards=quality.backward_block(spells, backward, named) if backward else None,
    )
    return report if misfit is None else _without_costs(report)


def _tables(leads: Any, spend: Any, touches: Any) -> tuple[LeadTable, SpendTable | None, TouchTable | None]:
    """Read the frames among the tables."""
    from xl_leadkpi.leads import read_frame, read_spend_frame, read_touches_frame  # noqa: PLC0415 - heavy, rarely used
    from xl_leadkpi.leads.table import LeadTable, SpendTable, TouchTable  # noqa: PLC0415

    return (
        leads if isinstance(leads, LeadTable) else read_frame(leads),
        spend if spend is None or isinstance(spend, SpendTable) else read_spend_frame(spend),
        touches if touches is None or isinstance(touches, TouchTable) else read_touches_frame(touches),
    )


def _calendar(made: Scope, known: Answers, everyone: Tally, spent: Spend | None) -> months.Calendar:
    return months.calendar(
        made,
        known["cohorts"],
        {stage: known[f"entries {stage}"] for stage in made.stages if made.has_day(stage)},
        known["losses by day"],
        spent.by_month if spent else None,
        has_losses=(everyone.lost_opportunities if made.knows_lost_reach else everyone.lost) > 0,
    )


def _leads_by_month(calendar: months.Calendar) -> dict[int | None, int]:
    return {month: cohort.leads for month, cohort in calendar.cohorts.items()}


def _trend(made: Scope, known: Answers, everyone: Tally, spent: Spend | None, calendar: months.Calendar) -> Block:
    """The trend, which is of the last months of the data, not of the period asked for."""
    whole = replace(made, options=replace(made.options, period_from=None, period_to=None))
    table = months.months_block(whole, _calendar(whole, known, everyone, spent))
    medians = months.trend_cycles(whole).medians(known["trend"])
    return months.trend_block(whole, table, medians, min(calendar.cohorts, default=None))


def _without_costs(report: FunnelReport) -> FunnelReport:
    """The report without what spend in total cost, where spend and leads are of different times; months keep theirs."""

    def blank(block: Block) -> Block:
        return without_ratios_of(block, "spend", "comparable_spend")

    return replace(
        report,
        summary=blank(report.summary),
        stages=blank(report.stages),
        by={field: blank(block) for field, block in report.by.items()},
        trend=report.trend and blank(report.trend),
        spend=report.spend and without_ratios_of(report.spend, "spend", totals_only=True),
    )


def _fields(made: Scope, spend: SpendTable | None) -> tuple[str, ...]:
    """Fields with a breakdown: those the export fed, and the source wherever there is spend to set beside it."""
    fed = made.table.fields
    built_in = [name for name in TABLES if name in fed or (name == "source" and spend is not None)]
    taken = {spending.same(name) for name in built_in}
    taken |= {spending.same(one.header) for one in made.table.columns if one.table != "spend" and one.field in built_in}
    further = []
    for field, label in made.table.by_labels.items():
        # asked for by its name or its header, a field that has a breakdown anyway is the same again
        if spending.same(label) not in taken:
            taken.add(spending.same(label))
            further.append(field)
    return (*built_in, *further)


def _spend_by(spent: Spend | None, field: str) -> Mapping[str | None, float] | None:
    if spent is None:
        return None
    return {"source": spent.by_source, "campaign": spent.by_campaign}.get(field)


def _ask(questions: Mapping[str, nw.LazyFrame[Any]]) -> Answers:
    return dict(zip(questions, engine.collect(list(questions.values())), strict=True))


def _first_questions(made: Scope, fields: Sequence[str], spend: SpendTable | None) -> dict[str, nw.LazyFrame[Any]]:
    questions = {
        "all": states_by(made.rows),
        "span": summary.span(made),
        "profile": stages.profile(made),
        **stages.durations(made),
        "windows": curve.window_counts(made),
        "follow ups": curve.follow_ups(made),
        "cohorts": months.cohorts_by_state(made),
        "losses": losses.lost_by_reason(made),
        "losses by day": months.losses_by_day(made),
        **{f"by {field}": states_by(made.rows, field) for field in fields},
        **{f"entries {stage}": months.entries(made, stage) for stage in made.stages if made.has_day(stage)},
    }
    if "response_min" in made.table.fields:
        questions |= summary.responses(made)
    if len(made.table.currencies) > 1:
        questions["currencies"] = summary.currency_sums(made)
    if spend is not None:
        questions["pairs"] = spending.sources_of_campaigns(made)
    return questions


def _second_questions(
    made: Scope,
    spells: Sequence[Spell],
    by_field: Mapping[str, breakdown.Groups],
    spent: Spend | None,
) -> dict[str, nw.LazyFrame[Any]]:
    """What can only be asked once the first answers are in: beyond which percentile, of which groups, which rows."""
    questions = {"stalled": stages.stalled(made, spells), "trend": months.trend_cycles(made).question()}
    for field, named in by_field.items():
        questions[f"cycles {field}"] = breakdown.cycles(made, field, named).question()
    for name, rows in quality.backward_rows(made, spells).items():
        questions[f"backward {name}"] = rows
    if spent is not None:
        bought = sorted(name for name, _ in spent.cells if name is not None)
        questions["bought leads"] = spending.leads_by_month(made, bought)
        questions["bought wins"] = spending.wins_by_month(made, bought)
    return questions


def _breakdowns(
    made: Scope,
    known: Answers,
    by_field: Mapping[str, breakdown.Groups],
    *,
    everyone: Tally,
    spells: Sequence[Spell],
    cost: breakdown.Cost | None,
) -> dict[str, Block]:
    median = next((spell.median for spell in spells if spell.name == LEAD_TO_WON), None)
    blocks = {}
    for number, (field, named) in enumerate(by_field.items(), start=1):
        label = made.table.by_labels.get(field, field)
        blocks[label] = breakdown.breakdown_block(
            made,
            TABLES.get(field, f"tblBy{number}"),
            named,
            everyone=everyone,
            medians=breakdown.cycles(made, field, named).medians(known[f"cycles {field}"]),
            median=median,
            cost=cost if named.spend else None,
        )
    return blocks


def _spend_block(
    made: Scope, spent: Spend, by_field: Mapping[str, breakdown.Groups], known: Answers, everyone: Tally
) -> Block:
    sources = by_field["source"]
    free = {
        name: counts
        for name, counts in zip(sources.names, sources.tallies, strict=True)
        if counts.leads and name not in spent.by_source
    }
    return spending.spend_block(
        made,
        spent,
        lead_rows=known["bought leads"],
        win_rows=known["bought wins"],
        rest=free,
        everyone=everyone,
    )


def _attribution_block(
    made: Scope, credited: attribution.Credits | None, by_field: Mapping[str, breakdown.Groups], everyone: Tally
) -> Block | None:
    if credited is not None:
        return attribution.attribution_block(made, credited, everyone)
    if "source" in made.table.fields:
        return attribution.single_source_block(made, by_field["source"], everyone)
    return None
