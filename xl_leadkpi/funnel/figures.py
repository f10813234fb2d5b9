"""What several sections are made of, each worked out once from the engine's answers."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from xl_leadkpi import engines
from xl_leadkpi.funnel import (
    attribution,
    breakdown,
    changes,
    curve,
    forecast,
    forecast_counts,
    losses,
    months,
    overdue,
    period,
    quality,
    stages,
    step_rates,
    summary,
    traffic,
)
from xl_leadkpi.funnel import spend as spending
from xl_leadkpi.funnel.context import steady
from xl_leadkpi.funnel.section import Query
from xl_leadkpi.funnel.tally import LEADS_BY_STATE, grouped, leads_by_state, tally

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.engines import Row
    from xl_leadkpi.funnel.context import FunnelContext
    from xl_leadkpi.funnel.incidence import Incidence
    from xl_leadkpi.funnel.report import Block
    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.table import ColumnMatch

Answers = dict[Query, "list[Row]"]


class Figures:
    """The engine's answers and what follows from them.

    Attributes:
        answers: The rows of every query asked so far.
        context: What is counted, with what is known of the spend besides.
        totals: Counts of all leads.
        joined_spend: Spend under the leads' names, None without a spend table.
        coverage_gap: Spend and leads are of different times: no cost follows from their totals.
    """

    def __init__(self, context: FunnelContext, answers: Answers) -> None:
        self.answers = answers
        self.totals = tally(answers[LEADS_BY_STATE], context)
        self.joined_spend = self._joined_spend(context)
        self.coverage_gap = self._coverage_gap()
        gap = self.coverage_gap or context.spend_gap
        evidence = context.evidence.also(spending.evidence(self.joined_spend, gap, self.totals.leads))
        self.context = replace(context, evidence=evidence)

    # time -------------------------------------------------------------------------------------------------------------

    @cached_property
    def finished_durations(self) -> list[stages.StageDuration]:
        """How long each stage and the whole way took, without who has stalled: that is a follow-up."""
        return stages.measure(self.context, self.answers)

    @cached_property
    def durations(self) -> list[stages.StageDuration]:
        """How long each stage and the whole way took."""
        [stalled] = self.answers[stages.STALLED]
        return [replace(duration, stalled=stalled.get(duration.name)) for duration in self.finished_durations]

    @cached_property
    def advances(self) -> dict[str, Incidence]:
        """By stage, how leads come to it from the one before; by name, how they come to opportunity and win."""
        context, answers = self.context, self.answers
        every = (*step_rates.steps(context), *step_rates.journeys(context))
        return {step.name: step_rates.incidence(answers[step_rates.followed(step)]) for step in every}

    @cached_property
    def usual_days(self) -> dict[str, int]:
        """By stage, the days in which nine in ten of those who come to it from the one before do so."""
        found = {step.name: self.advances[step.name].usual_days for step in step_rates.steps(self.context)}
        return {name: days for name, days in found.items() if days is not None}

    @cached_property
    def within_usual_days(self) -> dict[str, tuple[int, int, int]]:
        """By stage, these days, the leads that entered the one before so long ago, and how many came within them."""
        found = {}
        for step in step_rates.steps(self.context):
            query, days = step_rates.followed_long(step), self.usual_days.get(step.name)
            if days is not None and query in self.answers:
                of, came = step_rates.incidence(self.answers[query]).count_within(days)
                found[step.name] = (days, round(of), round(came))
        return found

    @cached_property
    def curve(self) -> curve.Curve:
        """How lead to won grows with a lead's age."""
        return curve.estimate_curve(self.answers[curve.OBSERVED])

    @cached_property
    def out_of_order(self) -> dict[str, list[Row]]:
        """By stage, the first leads whose visit ends before it begins."""
        asked = {duration.name: quality.out_of_order(duration.name) for duration in self.durations}
        return {stage: self.answers[query] for stage, query in asked.items() if query in self.answers}

    @cached_property
    def response(self) -> Row | None:
        """Minutes to the first response, None where the table has none."""
        return summary.read_responses(self.context, self.answers) if summary.RESPONSES in self.answers else None

    # months -----------------------------------------------------------------------------------------------------------

    @cached_property
    def calendar(self) -> months.Calendar:
        """Everything known by month, of the period asked for."""
        return months.read_calendar(
            self.context, self.answers, self.joined_spend.by_month if self.joined_spend else None
        )

    @cached_property
    def month_table(self) -> Block:
        """G."""
        asked = {
            key: step_rates.followed_by(step, months.MONTH) for key, step in months.monthly_steps(self.context).items()
        }
        followed = {
            key: (step_rates.incidence_by_group(self.answers[query]), step_rates.incidence(self.answers[query]))
            for key, query in asked.items()
        }
        return months.months_block(self.context, self.calendar, followed)

    @cached_property
    def trend_cycles(self) -> stages.Cycles:
        """Days from lead to won in the spans that the trend compares."""
        return months.trend_cycles(self.context)

    # groups -----------------------------------------------------------------------------------------------------------

    @cached_property
    def groups(self) -> dict[str, breakdown.Groups]:
        """By field, the groups with a row of their own."""
        return {
            field: breakdown.choose_groups(
                self.context, self.answers[leads_by_state(field)], field, self._spend_by(field)
            )
            for field in breakdown.fields(self.context)
        }

    @cached_property
    def group_cycles(self) -> dict[str, stages.Cycles]:
        """By field, days from lead to won of each of its groups."""
        return {field: breakdown.cycles(self.context, field, groups) for field, groups in self.groups.items()}

    @cached_property
    def win_rates(self) -> dict[str, breakdown.WinRates]:
        """By field, how the opportunities of its groups are won."""
        step = breakdown.win_step(self.context)
        every = self.advances[step.name] if step else step_rates.incidence(())
        return {
            field: breakdown.WinRates(
                step,
                step_rates.incidence_by_group(self.answers[step_rates.followed_by(step, field)]) if step else {},
                every,
            )
            for field in self.groups
        }

    def _spend_by(self, field: str) -> Mapping[str | None, float] | None:
        spend = self.joined_spend
        return {"source": spend.by_source, "campaign": spend.by_campaign}.get(field) if spend else None

    # money ------------------------------------------------------------------------------------------------------------

    def _joined_spend(self, context: FunnelContext) -> spending.Spend | None:
        if context.spend is None:
            return None
        return spending.join(context.table, context.spend, self.answers[spending.CAMPAIGN_SOURCES])

    def _coverage_gap(self) -> Finding | None:
        if self.joined_spend is None:
            return None
        created = grouped(self.answers[months.COHORTS], lambda row: row["cohort_month"])
        leads = {int(month): sum(row["n"] for row in rows) for month, rows in created.items() if month is not None}
        return spending.coverage(self.joined_spend.by_month, leads)

    @property
    def channel_findings(self) -> list[Finding]:
        """What was done about channels with several spellings."""
        rows = self.answers.get(leads_by_state("source"), [])
        leads: dict[str | None, int] = {}
        for row in rows:
            leads[row["source"]] = leads.get(row["source"], 0) + int(row["n"])
        spend = self.joined_spend.by_source if self.joined_spend else {}
        return spending.channel_findings(self.context.table.channels or (), leads, spend)

    @cached_property
    def cost(self) -> breakdown.Cost | None:
        """What marketing cost, None without a spend table."""
        spend = self.joined_spend
        if spend is None:
            return None
        rows = self.answers[leads_by_state("source")]
        return breakdown.Cost(spend.total, breakdown.paid_part(self.context, spend.by_source, rows))

    @cached_property
    def traffic(self) -> traffic.Traffic | None:
        """Web traffic beside the leads, None without a report of it."""
        table = self.context.reports.traffic
        if table is None:
            return None
        return traffic.beside_leads(self.context, table, self.answers[traffic.LEADS_BY_DAY])

    @cached_property
    def answers_of_all(self) -> Answers:
        """The engine's answers on opportunities, whenever created."""
        return forecast_counts.answers_of_all(self.context, self.answers)

    @cached_property
    def forecast(self) -> forecast.Forecast | None:
        """What is expected of all open deals and of those to come, None where the table does not tell enough."""
        return forecast.todays(self.context, self.answers_of_all)

    @property
    def expected_a_day(self) -> float | None:
        """Money that a day of the next 30 is expected to bring; None where nobody knows, or of a period alone."""
        if self.context.everything is not None or self.forecast is None:
            return None
        return steady(self.forecast.a_day)

    @cached_property
    def usual_days_to_won(self) -> int | None:
        """Days within which nine in ten of the opportunities that are won have been; None where nobody knows."""
        return overdue.usual_days(self.context, self.answers_of_all)

    @cached_property
    def pipeline(self) -> Block:
        """J."""
        limited = self.context.everything is not None
        # a block is of the leads created in the period, as if there were no others
        model = forecast.todays(self.context, self.answers) if limited else self.forecast
        if model is not None and not model.weighs_stages:
            model = None  # a stage by itself has no chance of its own then
        return losses.pipeline_block(self.context, self.answers, self.totals, self.durations, forecast=model)

    @cached_property
    def credits(self) -> attribution.Credits | None:
        """What each channel is credited with, None without a touch table."""
        touches = self.context.touches
        return attribution.credit(self.context, touches) if touches is not None else None

    @cached_property
    def summary(self) -> Block:
        """B."""
        return summary.summary_block(
            self.context,
            self.totals,
            durations=self.durations,
            advances=self.advances,
            a_day=self.expected_a_day,
            weighted=losses.weighted_pipeline(self.pipeline),
            cost=self.cost,
            response=steady(self.response["median"]) if self.response else None,
        )

    @cached_property
    def closed(self) -> Block | None:
        """The leads closed in the period asked for, beside those of the one compared with; None without a period."""
        return period.closed_of_period(self.context, self.answers)

    @cached_property
    def changes(self) -> changes.Changes:
        """What changed between the two periods, in parts; only where they are compared."""
        return changes.changes_of(self)

    # the data ---------------------------------------------------------------------------------------------------------

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What was odd, from reading and from counting."""
        context = self.context
        found = (
            *context.table.findings,
            *quality.out_of_order_findings(self.durations, self.out_of_order, self.context.table.sources),
            *(context.spend.findings if context.spend else ()),
            *self.channel_findings,
            *(self.joined_spend.findings if self.joined_spend else ()),
            *spending.unfiltered(context.table, self.joined_spend),
            *(context.touches.findings if context.touches else ()),
            *(finding for table in context.reports.tables for finding in table.findings),
            *(self.traffic.findings if self.traffic else ()),
            *(self.credits.findings if self.credits else ()),
        )
        return (*found, *context.evidence.reasons_beside(found))

    @property
    def columns(self) -> tuple[ColumnMatch, ...]:
        """The columns of all tables."""
        context = self.context
        tables = (context.table, context.spend, context.touches, *context.reports.tables)
        return tuple(column for table in tables if table is not None for column in table.columns)

    def touched(self, finding: Finding) -> tuple[str, ...]:
        """Keys of the headline figures that a finding touches."""
        return quality.touched_figures(
            finding, self.summary, self.context.evidence, self.columns, self.context.pipeline
        )

    def lead_ids(self) -> list[Row]:
        """Identifiers of the leads out of order."""
        [rows] = engines.collect([quality.lead_ids(self.context, self.out_of_order.values())])
        return rows
