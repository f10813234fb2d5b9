"""Blocks A and B: what was counted, the key figures, response times, and money by currency."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import narwhals as nw

from xl_leadkpi.cells.days import date_of
from xl_leadkpi.engines.percentiles import draw, read_slots, values
from xl_leadkpi.funnel.blocks import block, kpi_column, values_column
from xl_leadkpi.funnel.breakdown import (
    PIPELINE_NEEDS,
    REVENUE_NEEDS,
    Cost,
    cost_per_stage,
    mature_conversion,
    outcome_columns,
    win_rate_columns,
    win_rate_of_all,
)
from xl_leadkpi.funnel.context import LEAD_TO_OPPORTUNITY, LEAD_TO_WON, OPPORTUNITY_TO_WON, FunnelContext, flag, steady
from xl_leadkpi.funnel.lead_state import OPEN, WON
from xl_leadkpi.funnel.period import closed_in_period
from xl_leadkpi.funnel.period_names import is_of_fiscal_year
from xl_leadkpi.funnel.report import Header
from xl_leadkpi.funnel.section import Query, Section
from xl_leadkpi.funnel.step_rates import rate_columns
from xl_leadkpi.funnel.tally import LEADS_BY_STATE, states_by
from xl_leadkpi.leads.model.evidence import Fact, Need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from xl_leadkpi.engines import Row
    from xl_leadkpi.funnel.blocks import Gaps
    from xl_leadkpi.funnel.figures import Answers, Figures
    from xl_leadkpi.funnel.incidence import Incidence
    from xl_leadkpi.funnel.report import Better, Block, Column, MoneyOf, NamedBlocks, Unit
    from xl_leadkpi.funnel.section import Queries
    from xl_leadkpi.funnel.stages import StageDuration
    from xl_leadkpi.funnel.tally import Tally
    from xl_leadkpi.leads.model.rates import UsedRate
    from xl_leadkpi.leads.model.table import LeadTable, SpendTable


SPAN = Query("days of creation")
RESPONSES = Query("responses")
RESPONSE_HOURS = Query("responses by the hour")
AMOUNTS_BY_CURRENCY = Query("amounts by currency")


def span(context: FunnelContext) -> nw.LazyFrame[Any]:
    """One row: first and last day of creation, and how many leads have one."""
    created = nw.col("created")
    return context.rows.select(nw.len().alias("rows"), created.min().alias("first"), created.max().alias("last"))


def responses(context: FunnelContext) -> dict[Query, nw.LazyFrame[Any]]:
    """Minutes to the first response, to whole seconds: one row of counts, and the minutes counted by the hour."""
    minutes = nw.col("minutes")
    rows = _response_rows(context)
    counts = rows.select(
        nw.len().alias("requests"),
        minutes.count().alias("answered"),
        minutes.mean().alias("mean"),
        flag(minutes <= context.options.target_minutes).sum().alias("within_target"),
    )
    return {RESPONSES: counts, RESPONSE_HOURS: values(rows, minutes, unit=60).counted()}


def read_responses(context: FunnelContext, answers: Answers) -> Row:
    """Read the answers to :func:`responses`, and draw ``median`` and ``p95``."""
    hours = read_slots(answers[RESPONSE_HOURS])
    [drawn] = draw([(values(_response_rows(context), nw.col("minutes"), unit=60), hours, (0.5, 0.95))])
    median, p95 = drawn.get(0, (None, None))
    return {**answers[RESPONSES][0], "median": median, "p95": p95}


def _response_rows(context: FunnelContext) -> nw.LazyFrame[Any]:
    minutes = (nw.col("response_min") * 60).round(0) / 60
    return context.rows.select(minutes=nw.when(minutes >= 0).then(minutes))


def _rates(table: LeadTable, spend: SpendTable | None) -> tuple[UsedRate, ...]:
    """The rates at which amounts and spend were converted, a currency each."""
    used = [one for each in (table.conversion, spend and spend.conversion) if each for one in each.used]
    return tuple({one.currency: one for one in used}.values())


def currency_sums(context: FunnelContext) -> nw.LazyFrame[Any]:
    """Amounts by currency, outcome and whether the lead became an opportunity."""
    rows = context.rows.filter(~nw.col("currency_amount").is_null())
    rows = rows.with_columns(opportunity=flag(nw.col("furthest_rank") >= context.opportunity_rank))
    return rows.group_by("currency", "outcome", "opportunity").agg(
        nw.len().alias("n"), nw.col("currency_amount").sum().alias("amount")
    )


def header(figures: Figures) -> Header:
    """A."""
    context, [found] = figures.context, figures.answers[SPAN]
    table, options, spend = context.table, context.options, context.spend

    def day(number: float | None) -> date | None:
        return None if number is None else date_of(number)

    notes = [] if table.pseudonyms is None else [("anonymised", "")]
    if len(table.currencies) > 1:
        notes.append(("mixed_currencies", ", ".join(table.currencies)))
    if options.reach != "filled":
        notes.append(("reach_mode_scope", options.reach))
    if spend is None and context.spend_gap is None:
        notes.append(("no_spend_data", ""))
    return Header(
        source=table.source_name,
        as_of=table.as_of,
        as_of_reason=table.as_of_reason,
        rows_read=table.rows_read,
        rows_used=found["rows"],
        first_day=day(found["first"]),
        last_day=day(found["last"]),
        reach=options.reach,
        window_days=options.window_days,
        win_basis=context.win_basis,
        min_n=options.min_n,
        currency=table.currency,
        currencies=table.currencies,
        is_deals=table.is_deals,
        built_at=options.built_at or datetime.now().astimezone().replace(microsecond=0),
        notes=tuple(notes),
        period_from=options.period_from,
        period_to=options.period_to,
        compared_from=options.compared_from,
        compared_to=options.compared_to,
        period_name=options.period_name,
        fiscal_start=options.fiscal_start if is_of_fiscal_year(options) else 1,
        closed_in_period=closed_in_period(figures.answers),
        spend_currency=spend.currency if spend else None,
        filters=table.filters,
        rates=_rates(table, spend),
    )


HEADLINES = (
    "leads", "won", "lost", "lost_opportunities", "disqualified", "open", "win_rate", "lead_conversion",
    "lead_conversion_mature", "cycle_days_median", "response_minutes_median", "revenue", "average_deal", "pipeline",
    "weighted_pipeline", "velocity", "spend", "cpl", "cpl_paid", "cac", "cac_paid", "roas", "roas_paid", "romi",
    "romi_paid",
)  # fmt: skip
"""Figures that are named where something touches them, besides the counts of the stages."""


def summary_block(
    context: FunnelContext,
    totals: Tally,
    *,
    durations: Sequence[StageDuration],
    advances: Mapping[str, Incidence],
    a_day: float | None,
    weighted: float | None,
    cost: Cost | None,
    response: float | None,
) -> Block:
    """B: one row of key figures; a figure the data cannot give is None.

    Args:
        context: What was counted.
        totals: Counts of all leads.
        durations: How long each stage and the whole way took.
        advances: How leads come to opportunity and win.
        a_day: Money that a day is expected to bring by the model of the forecast, None where it tells nothing.
        weighted: Weighted pipeline.
        cost: What marketing cost, None without a spend table.
        response: Median minutes to the first response.
    """
    reached = dict(zip(context.stages, totals.reached, strict=True))
    weights = [*PIPELINE_NEEDS, Fact.STAGE_NOW, Fact.WINS, Fact.LEADS_NOT_WON, *context.closed_needs]
    columns = [_one("leads", "count", totals.leads, "higher", needs=[Fact.ROWS])]
    columns += [
        _one(
            stage.count_key,
            "count",
            reached.get(stage.name),
            "higher",
            # the first stage of a table of deals is every deal's
            needs=[
                Fact.ROWS,
                *(
                    ()
                    if stage.name == context.stages[0]
                    else (Need(Fact.STAGE, stage.name), *context.reach(stage.name))
                ),
            ],
        )
        for stage in context.pipeline.inner
    ]
    columns += [*outcome_columns(context, [totals]), *_conversions(context, totals)]
    eventual, gaps = _win_rate_mature(context, advances)
    columns += [*_win_rates(context, totals), *eventual, *_amounts(totals), *_times(context, durations, advances)]
    columns += [
        _one("response_minutes_median", "minutes", response, needs=[Fact.RESPONSE_TIMES]),
        _one("pipeline", "money", totals.pipeline, "higher", needs=PIPELINE_NEEDS),
        _one("weighted_pipeline", "money", weighted, "higher", needs=weights),
        # of opportunities: a rate over all that were lost is no share of those
        *_velocity_parts(context, totals, durations, advances.get(OPPORTUNITY_TO_WON), a_day),
        kpi_column(
            "velocity", "money", "PIPEVEL",
            "open_opportunities", "average_deal", "velocity_win_rate", "velocity_days",
            needs=[*PIPELINE_NEEDS, Fact.LOST_OPPORTUNITIES],
        ),
        *_costs(context, cost),
    ]  # fmt: skip
    return block("tblSummary", columns, is_record=True, evidence=context.evidence, own_gaps=gaps)


def _one(
    key: str,
    unit: Unit,
    value: Any,
    better: Better | None = None,
    *,
    currency: MoneyOf = "amounts",
    needs: Iterable[Fact | Need] = (),
) -> Column:
    return values_column(key, unit, [value], better=better, currency=currency, needs=needs)


def _conversions(context: FunnelContext, totals: Tally) -> list[Column]:
    """Lead to won: of all leads however young, and of those old enough."""
    some = [Fact.LEADS_NOT_WON]
    cycle = [Fact.ROWS, Fact.CREATION_DATES, Fact.WIN_DAYS, Fact.WINS]
    return [
        *_lead_to_opportunity(context),
        kpi_column("lead_conversion", "fraction", "LEADCONV", "won", "leads", needs=[Fact.WINS, *some]),
        kpi_column("lead_conversion_low", "fraction", "CONVCI", "won", "leads", item=0, needs=[Fact.WINS, *some]),
        kpi_column("lead_conversion_high", "fraction", "CONVCI", "won", "leads", item=1, needs=[Fact.WINS, *some]),
        _one("window_days", "days", context.options.window_days),
        _one("mature_leads", "count", totals.mature_leads, needs=cycle),
        _one("mature_won", "count", totals.mature_won, needs=cycle),
        *mature_conversion(some),
    ]


def _lead_to_opportunity(context: FunnelContext) -> list[Column]:
    stage = context.pipeline.opportunity
    if stage is None:
        return []
    return [kpi_column("lead_to_opportunity", "fraction", "LEADTOOPP", stage.count_key, "leads")]


def _amounts(totals: Tally) -> list[Column]:
    lost = [Fact.LOSSES, Fact.LOST_OPPORTUNITIES]
    return [
        _one("revenue", "money", totals.revenue, "higher", needs=REVENUE_NEEDS),
        _one("won_with_amount", "count", totals.won_with_amount, needs=REVENUE_NEEDS),
        kpi_column("average_deal", "money", "AVGDEAL", "revenue", "won_with_amount"),
        _one("lost_amount", "money", totals.lost_amount, needs=[Fact.AMOUNTS, Fact.ONE_CURRENCY, *lost]),
        kpi_column("win_rate_value", "fraction", "WINRATE", "revenue", "lost_amount"),
    ]


def _win_rate_mature(context: FunnelContext, advances: Mapping[str, Incidence]) -> tuple[list[Column], dict[str, Gaps]]:
    """The eventual win rate of opportunities, those still open allowed for."""
    needs: list[Fact | Need] = [
        Fact.WINS, Fact.LEADS_NOT_WON, Fact.OPPORTUNITIES, Fact.WIN_DAYS, *context.opportunity_days,
    ]  # fmt: skip
    return rate_columns("win_rate_mature", [advances.get(OPPORTUNITY_TO_WON)], needs=needs)


def _velocity_parts(
    context: FunnelContext,
    totals: Tally,
    durations: Sequence[StageDuration],
    found: Incidence | None,
    a_day: float | None,
) -> list[Column]:
    """The win rate and the days that velocity goes by.

    They are the eventual rate and the days in which what is open turns over, by what the forecast expects a day to
    bring: without a forecast the mean days until an opportunity is decided either way, which are the same while as many
    come as go. While too few are decided, they are the rate of the closed ones and the mean days of the won ones.
    """
    wins: float | None
    days: float | None
    if found is not None and found.is_decided and (rate := found.rate()) is not None:
        wins, days = rate.value, found.mean_wait
        if a_day and totals.revenue and totals.won_with_amount and totals.open_opportunities:
            deal = totals.revenue / totals.won_with_amount
            days = totals.open_opportunities * wins * deal / a_day
    else:
        closed = totals.won + totals.lost_opportunities
        wins = totals.won / closed if closed else None
        name = LEAD_TO_WON if context.table.is_deals else OPPORTUNITY_TO_WON
        days = next((one.mean for one in durations if one.name == name), None)
    needs = [Fact.WINS, Fact.LEADS_NOT_WON, *context.closed_needs]
    return [
        _one("velocity_win_rate", "fraction", wins, needs=needs),
        _one("velocity_days", "days", days, needs=[*context.opportunity_days, Fact.WINS, Fact.WIN_DAYS]),
    ]


def _times(
    context: FunnelContext, durations: Sequence[StageDuration], advances: Mapping[str, Incidence]
) -> list[Column]:
    """Days from one stage to another: with those still under way allowed for, and of the finished ones alone."""
    by_name = {duration.name: duration for duration in durations}
    whole = [Fact.CREATION_DATES, Fact.WINS, Fact.WIN_DAYS]
    begun = context.opportunity_days

    def statistic(name: str, key: str) -> Any:
        # a deal begins as an opportunity
        name = LEAD_TO_WON if name == OPPORTUNITY_TO_WON and context.table.is_deals else name
        return getattr(by_name[name], key) if name in by_name else None

    from_opportunity: list[Fact | Need] = [*begun, *whole[1:]]
    finished = [
        _one("cycle_days_n", "count", statistic(LEAD_TO_WON, "n"), needs=whole),
        _one("cycle_days_mean", "days", statistic(LEAD_TO_WON, "mean"), needs=whole),
        _one("cycle_days_median", "days", statistic(LEAD_TO_WON, "median"), "lower", needs=whole),
        _one("cycle_days_p90", "days", statistic(LEAD_TO_WON, "p90"), needs=whole),
        _one(
            "lead_to_opportunity_days_median",
            "days",
            statistic(LEAD_TO_OPPORTUNITY, "median"),
            needs=[Fact.CREATION_DATES, *begun],
        ),
        *(
            _one(f"opportunity_to_won_days_{key}", "days", statistic(OPPORTUNITY_TO_WON, key), needs=from_opportunity)
            for key in ("mean", "median")
        ),
    ]

    def allowing(key: str, step: str, value: Callable[[Incidence], float | None], needs: Any) -> Column:
        found = advances.get(step)
        better: Better | None = "lower" if key == "cycle_days_expected_median" else None
        return _one(key, "days", None if found is None else steady(value(found)), better, needs=needs)

    return [
        *finished,
        allowing("cycle_days_expected_mean", LEAD_TO_WON, lambda found: found.mean, whole),
        allowing("cycle_days_expected_median", LEAD_TO_WON, lambda found: found.quantile(0.5), whole),
        allowing("cycle_days_expected_p90", LEAD_TO_WON, lambda found: found.quantile(0.9), whole),
        allowing(
            "opportunity_to_won_days_expected_mean", OPPORTUNITY_TO_WON, lambda found: found.mean, from_opportunity
        ),
        allowing(
            "opportunity_to_won_days_expected_median",
            OPPORTUNITY_TO_WON,
            lambda found: found.quantile(0.5),
            from_opportunity,
        ),
    ]


def _costs(context: FunnelContext, cost: Cost | None) -> list[Column]:
    """What marketing cost: all spend over all leads (blended), and spend on channels over the leads of these (paid)."""
    paid = cost.paid if cost else None
    totals = paid.leads if paid else None
    known, back = [Fact.SPEND_MONTHS], [Fact.SPEND_MONTHS, Fact.SPEND_CURRENCY]
    channels = [Fact.SPEND, Fact.SPEND_CHANNELS]
    margin = "gross_margin"
    return [
        _one("spend", "money", cost.total if cost else None, currency="spend", needs=[Fact.SPEND]),
        kpi_column("cpl", "money", "CPL", "spend", "leads", needs=known),
        *cost_per_stage(context.pipeline),
        kpi_column("cac", "money", "CAC", "spend", "won", needs=[*known, Fact.WINS]),
        _one("gross_margin", "fraction", context.options.gross_margin),
        kpi_column("roas", "ratio", "ROAS", "revenue", "spend", needs=back),
        kpi_column("romi", "fraction", "ROMI", "revenue", "spend", margin, needs=back),
        _one("paid_spend", "money", paid.spend if paid else None, currency="spend", needs=channels),
        _one("paid_leads", "count", totals.leads if totals else None, needs=channels),
        _one("paid_won", "count", totals.won if totals else None, needs=[*channels, Fact.WINS]),
        _one("paid_revenue", "money", totals.revenue if totals else None, needs=[*channels, *REVENUE_NEEDS]),
        kpi_column("cpl_paid", "money", "CPL", "paid_spend", "paid_leads", needs=known),
        kpi_column("cac_paid", "money", "CAC", "paid_spend", "paid_won", needs=known),
        kpi_column("roas_paid", "ratio", "ROAS", "paid_revenue", "paid_spend", needs=back),
        kpi_column("romi_paid", "fraction", "ROMI", "paid_revenue", "paid_spend", margin, needs=back),
    ]


def _win_rates(context: FunnelContext, totals: Tally) -> list[Column]:
    """The win rate on the basis asked for, and beside it on both plain bases, each with what it is of."""
    return [
        values_column("win_rate_basis", "text", [context.win_basis]),
        *win_rate_columns(context, [totals]),
        kpi_column("win_rate_closed", "fraction", "WINRATE", "won", "lost_opportunities", needs=[Fact.WINS]),
        win_rate_of_all("win_rate_all", context),
    ]


def response_block(context: FunnelContext, found: Row) -> Block:
    """Minutes from creation to the first response; shares are of all requests."""
    requests, answered = int(found["requests"]), int(found["answered"])
    columns = [
        values_column("requests", "count", [requests]),
        values_column("answered", "count", [answered]),
        values_column("unanswered", "count", [requests - answered]),
        *(values_column(key, "minutes", [steady(found[key])]) for key in ("mean", "median", "p95")),
        values_column("target_minutes", "minutes", [context.options.target_minutes]),
        values_column("within_target", "count", [int(found["within_target"])]),
        kpi_column("within_target_share", "fraction", "OUTCOMERATE", "within_target", "requests"),
        kpi_column("unanswered_share", "fraction", "OUTCOMERATE", "unanswered", "requests"),
    ]
    return block("tblResponse", columns, evidence=context.evidence)


def currency_block(rows: Sequence[Row]) -> Block:
    """Money by currency, where there are several: no sum of them means anything."""
    names = sorted({row["currency"] for row in rows}, key=lambda name: (name is None, name or ""))

    def add(name: str | None, key: str, outcome: int) -> Any:
        return sum(
            row[key]
            for row in rows
            if row["currency"] == name and row["outcome"] == outcome and (outcome == WON or row["opportunity"])
        )

    columns = [
        values_column("currency", "text", names),
        values_column("won_with_amount", "count", [add(name, "n", WON) for name in names]),
        values_column("revenue", "money", [add(name, "amount", WON) for name in names]),
        kpi_column("average_deal", "money", "AVGDEAL", "revenue", "won_with_amount"),
        values_column("pipeline", "money", [add(name, "amount", OPEN) for name in names]),
    ]
    return block("tblCurrency", columns)


class SummarySection(Section):
    """A and B."""

    def queries(self, context: FunnelContext) -> Queries:
        """All leads by state, and when they were created."""
        return {LEADS_BY_STATE: states_by(context.rows), SPAN: span(context)}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """The key figures."""
        return {"summary": figures.summary}


class ResponseSection(Section):
    """Response times."""

    needs: ClassVar[Mapping[str, Fact]] = {"response": Fact.RESPONSE_TIMES}

    def queries(self, context: FunnelContext) -> Queries:
        """Minutes to the first response, where the table has them."""
        return responses(context) if "response_min" in context.table.fields else {}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """Minutes to the first response."""
        found = figures.response
        return {"response": response_block(figures.context, found) if found else None}


class CurrencySection(Section):
    """Money by currency."""

    def queries(self, context: FunnelContext) -> Queries:
        """Amounts by currency, where there are several."""
        return {AMOUNTS_BY_CURRENCY: currency_sums(context)} if len(context.table.currencies) > 1 else {}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """Money by currency, None unless there are several."""
        rows = figures.answers.get(AMOUNTS_BY_CURRENCY)
        return {"currencies": currency_block(rows) if rows is not None else None}
