"""Blocks A and B: what was counted, the key figures, response times, and money by currency."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.funnel.blocks import block, counted, kpi
from xl_leadkpi.funnel.breakdown import COST_PER, Cost, outcome_columns, win_rate_columns
from xl_leadkpi.funnel.report import Header
from xl_leadkpi.funnel.scope import COUNT_KEY, DAY_ZERO, OPEN, WON, Scope, flag, steady
from xl_leadkpi.funnel.stages import LEAD_TO_OPPORTUNITY, LEAD_TO_WON, OPPORTUNITY_TO_WON
from xl_leadkpi.leads.percentiles import draw, read_slots, values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.funnel.report import Block, Column
    from xl_leadkpi.funnel.stages import Spell
    from xl_leadkpi.funnel.tally import Tally
    from xl_leadkpi.leads.engine import Row


def span(scope: Scope) -> nw.LazyFrame[Any]:
    """One row: first and last day of creation, and how many leads have one."""
    created = nw.col("created")
    return scope.rows.select(nw.len().alias("rows"), created.min().alias("first"), created.max().alias("last"))


def responses(scope: Scope) -> dict[str, nw.LazyFrame[Any]]:
    """Minutes to the first response, to whole seconds: one row of counts, and the minutes counted by the hour."""
    minutes = nw.col("minutes")
    rows = _response_rows(scope)
    counts = rows.select(
        nw.len().alias("requests"),
        minutes.count().alias("answered"),
        minutes.mean().alias("mean"),
        flag(minutes <= scope.options.target_minutes).sum().alias("within_target"),
    )
    return {"responses": counts, "response hours": values(rows, minutes, unit=60).counted()}


def read_responses(scope: Scope, known: Mapping[str, Sequence[Row]]) -> Row:
    """Read the answers to :func:`responses`, and draw ``median`` and ``p95``."""
    hours = read_slots(known["response hours"])
    [drawn] = draw([(values(_response_rows(scope), nw.col("minutes"), unit=60), hours, (0.5, 0.95))])
    median, p95 = drawn.get(0, (None, None))
    return {**known["responses"][0], "median": median, "p95": p95}


def _response_rows(scope: Scope) -> nw.LazyFrame[Any]:
    minutes = (nw.col("response_min") * 60).round(0) / 60
    return scope.rows.select(minutes=nw.when(minutes >= 0).then(minutes))


def currency_sums(scope: Scope) -> nw.LazyFrame[Any]:
    """Amounts by currency, outcome and whether the lead became an opportunity."""
    rows = scope.rows.filter(~nw.col("currency_amount").is_null())
    rows = rows.with_columns(opportunity=flag(nw.col("place") >= scope.opportunity_position))
    return rows.group_by("currency", "outcome", "opportunity").agg(
        nw.len().alias("n"), nw.col("currency_amount").sum().alias("amount")
    )


def header(scope: Scope, found: Row, spend_known: bool, spend_currency: str | None = None) -> Header:
    """A."""
    table, options = scope.table, scope.options

    def day(number: float | None) -> date | None:
        return None if number is None else DAY_ZERO + timedelta(days=int(number))

    notes = []
    if len(table.currencies) > 1:
        notes.append(("mixed_currencies", ", ".join(table.currencies)))
    if not scope.knows_lost_reach:
        notes.append(("reach_of_lost_unknown", ""))
    if options.reach != "filled":
        notes.append(("reach_mode_scope", options.reach))
    if not spend_known:
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
        win_basis=scope.win_basis,
        min_n=options.min_n,
        currency=table.currency,
        currencies=table.currencies,
        is_deals=table.is_deals,
        built_at=options.built_at or datetime.now().astimezone().replace(microsecond=0),
        notes=tuple(notes),
        period_from=options.period_from,
        period_to=options.period_to,
        spend_currency=spend_currency,
    )


def summary_block(
    scope: Scope,
    everyone: Tally,
    *,
    measured: Sequence[Spell],
    weighted: float | None,
    cost: Cost | None,
    closed: tuple[int, int | None] | None,
    response: float | None,
) -> Block:
    """B: one row of key figures; a figure the data cannot give is None.

    Args:
        scope: What was counted.
        everyone: Counts of all leads.
        measured: The durations.
        weighted: Weighted pipeline.
        cost: Total spend, None without a spend table.
        closed: Won and lost ones closed in the period asked for, None without one. They have a win rate of their
            own: the other figures are of all leads.
        response: Median minutes to the first response.
    """
    spells = {spell.name: spell for spell in measured}

    def one(key: str, unit: Any, value: Any) -> Column:
        return counted(key, unit, [value])

    def statistic(name: str, key: str) -> Any:
        # a deal begins as an opportunity
        name = LEAD_TO_WON if name == OPPORTUNITY_TO_WON and scope.table.is_deals else name
        return getattr(spells[name], key) if name in spells else None

    reached = dict(zip(scope.stages, everyone.reached, strict=True))
    columns = [one("leads", "count", everyone.leads)]
    columns += [
        one(key, "count", reached.get(stage)) for stage, key in COUNT_KEY.items() if stage not in ("Lead", "Won")
    ]
    columns += outcome_columns(scope, [everyone])
    columns += [
        kpi("lead_to_opportunity", "fraction", "LEADTOOPP", "opportunities", "leads"),
        kpi("lead_conversion", "fraction", "LEADCONV", "won", "leads"),
        kpi("lead_conversion_low", "fraction", "CONVCI", "won", "leads", item=0),
        kpi("lead_conversion_high", "fraction", "CONVCI", "won", "leads", item=1),
        one("window_days", "days", scope.options.window_days),
        one("mature_leads", "count", everyone.mature_leads if scope.knows_win_days else None),
        one("mature_won", "count", everyone.mature_won if scope.knows_win_days else None),
        kpi("lead_conversion_mature", "fraction", "LEADCONV", "mature_won", "mature_leads"),
    ]
    columns += _win_rates(scope, everyone, closed)
    money = scope.has_money
    columns += [
        one("revenue", "money", everyone.revenue if money else None),
        one("won_with_amount", "count", everyone.won_with_amount if money else None),
        kpi("average_deal", "money", "AVGDEAL", "revenue", "won_with_amount"),
        one("lost_amount", "money", everyone.lost_amount if money and scope.knows_lost_reach else None),
        kpi("win_rate_value", "fraction", "WINRATE", "revenue", "lost_amount"),
        one("cycle_days_n", "count", statistic(LEAD_TO_WON, "n")),
        one("cycle_days_mean", "days", statistic(LEAD_TO_WON, "mean")),
        one("cycle_days_median", "days", statistic(LEAD_TO_WON, "median")),
        one("cycle_days_p90", "days", statistic(LEAD_TO_WON, "p90")),
        one("lead_to_opportunity_days_median", "days", statistic(LEAD_TO_OPPORTUNITY, "median")),
        one("opportunity_to_won_days_mean", "days", statistic(OPPORTUNITY_TO_WON, "mean")),
        one("opportunity_to_won_days_median", "days", statistic(OPPORTUNITY_TO_WON, "median")),
        one("response_minutes_median", "minutes", response),
        one("pipeline", "money", everyone.pipeline if money else None),
        one("weighted_pipeline", "money", weighted),
        kpi("velocity", "money", "PIPEVEL", "open_opportunities", "win_rate", "average_deal", "cycle_days_mean"),
        one("spend", "money", cost.total if cost else None),
        kpi("cpl", "money", "CPL", "spend", "leads"),
    ]
    columns += [
        kpi(f"cost_per_{name}", "money", function, "spend", COUNT_KEY[stage]) for stage, name, function in COST_PER
    ]
    comparable = cost is not None and cost.comparable
    columns += [
        kpi("cac", "money", "CAC", "spend", "won"),
        one("comparable_spend", "money", cost.total if cost and comparable else None),
        one("gross_margin", "fraction", scope.options.gross_margin),
        kpi("roas", "ratio", "ROAS", "revenue", "comparable_spend"),
        kpi("romi", "fraction", "ROMI", "revenue", "comparable_spend", "gross_margin"),
    ]
    return block("tblSummary", columns, notes=() if scope.knows_losses else (("no_losses_recorded", ""),))


def _win_rates(scope: Scope, everyone: Tally, closed: tuple[int, int | None] | None) -> list[Column]:
    """The win rate on the basis asked for, and beside it on both plain bases, each with what it is of."""
    columns = [counted("win_rate_basis", "text", [scope.win_basis])]
    if closed is not None:
        won, lost = closed
        key = "period_lost_opportunities" if scope.knows_lost_reach else "period_lost"
        columns += [
            counted("period_won", "count", [won]),
            counted(key, "count", [lost]),
            kpi("period_win_rate", "fraction", "WINRATE", "period_won", key),
        ]
    return [
        *columns,
        *win_rate_columns(scope, [everyone]),
        kpi("win_rate_closed", "fraction", "WINRATE", "won", "lost_opportunities"),
        kpi("win_rate_all", "fraction", "WINRATE", "won", "lost_opportunities", "open_opportunities"),
    ]


def response_block(scope: Scope, found: Row) -> Block:
    """Minutes from creation to the first response; shares are of all requests."""
    requests, answered = int(found["requests"]), int(found["answered"])
    columns = [
        counted("requests", "count", [requests]),
        counted("answered", "count", [answered]),
        counted("unanswered", "count", [requests - answered]),
        *(counted(key, "minutes", [steady(found[key])]) for key in ("mean", "median", "p95")),
        counted("target_minutes", "minutes", [scope.options.target_minutes]),
        counted("within_target", "count", [int(found["within_target"])]),
        kpi("within_target_share", "fraction", "OUTCOMERATE", "within_target", "requests"),
        kpi("unanswered_share", "fraction", "OUTCOMERATE", "unanswered", "requests"),
    ]
    return block("tblResponse", columns)


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
        counted("currency", "text", names),
        counted("won_with_amount", "count", [add(name, "n", WON) for name in names]),
        counted("revenue", "money", [add(name, "amount", WON) for name in names]),
        kpi("average_deal", "money", "AVGDEAL", "revenue", "won_with_amount"),
        counted("pipeline", "money", [add(name, "amount", OPEN) for name in names]),
    ]
    return block("tblCurrency", columns)
