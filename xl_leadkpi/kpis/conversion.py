"""Family D: which share goes on to the next stage, and which is won."""

from __future__ import annotations

from functools import reduce
from itertools import compress
from operator import and_
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.cells.functions import chi_square_tail, normal_quantile, round_half_away, round_up, sqrt
from xl_leadkpi.cells.values import read_words
from xl_leadkpi.kpis.aggregate import aggregate
from xl_leadkpi.kpis.column import column, first_of_all, one_above
from xl_leadkpi.kpis.declaration import Argument, Example, count, counts, day, events, fraction, unique, words
from xl_leadkpi.kpis.elementwise import elementwise
from xl_leadkpi.kpis.status import is_status, no_text, says_no, statuses_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from xl_leadkpi.kpis.status import Status


FURTHER_PAIRS: Final = tuple(
    argument
    for number in (2, 3, 4)  # COUNTIFS numbers them in the same way
    for argument in (
        words(f"crit_range{number}", f"another range to choose rows by, condition {number}", default=""),
        Argument(
            f"criterion{number}",
            "text",
            f"what is wanted in crit_range{number}",
            optional=True,
            default="",
            criterion_of=f"crit_range{number}",
        ),
    )
)
"""Further conditions that rows may have to meet as well."""

WANTED_ROWS: Final = "*".join(
    ["(TRIM(crit_range)=TRIM(criterion))"]
    + [f"(TRIM({of}_)=TRIM({name}_))" for name, of in ((a.name, a.criterion_of) for a in FURTHER_PAIRS) if of]
)
"""LAMBDA: 1 for each row that meets all criteria; a pair that was left out is "" = "", which every row meets."""

PAIRS: Final = (
    "A row has to meet all pairs that are given. A further range without its criterion gives a blank, a further "
    "criterion without its range #VALUE!. Only the bare formula takes * and ? for wildcards."
)

CONFIDENCE: Final = Argument(
    "confidence", "fraction", "confidence level", low=0, high=1, open_ends=True, optional=True, default=0.95
)

TWO_RATES: Final = (
    unique("conversions_a", "records of the first group that converted", out_of="total_a"),
    count("total_a", "records of the first group"),
    unique("conversions_b", "records of the second group that converted", out_of="total_b"),
    count("total_b", "records of the second group"),
)
"""What two groups are compared by."""


def both_totals(*values: Any) -> tuple[Any, Any]:
    """What may not be zero of the arguments of two rates."""
    return values[1], values[3]


def conditions(*pairs: str | None) -> str:
    """The pairs as COUNTIFS takes them, those left out at the end without."""
    return ",".join(part for part in pairs if part is not None)


def statuses_of_group(status_range: Sequence[str], *pairs: Any) -> list[Status | None]:
    """The statuses of the rows in which each range holds its criterion."""
    return statuses_of(list(compress(status_range, rows_of_group(*pairs))))


def rows_of_group(*pairs: Any) -> NDArray[np.bool_]:
    """Which rows hold in each range its criterion."""
    return reduce(and_, map(_holds, pairs[::2], pairs[1::2]))


def _holds(cells: Any, criterion: Any) -> NDArray[np.bool_]:
    (wanted,) = read_words(criterion)
    return np.array([word == wanted for word in read_words(cells)])


@elementwise(
    "CONVRATE",
    family="conversion",
    title="Conversion rate",
    arguments=(
        events("conversions", "desired actions, every one", beside="total"),
        count("total", "visitors, sessions or clicks that could have led to one"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((60, 2400), 0.025),
        Example((20, 200), 0.1),
        Example((60, 0), CellError.DIV0),
        Example((12, 10), 1.2),
    ),
    aliases=("CVR", "CR"),
    confused_with=("LEADCONV", "COMMCONV"),
    pitfalls=(
        "Users, sessions and clicks give different rates: say which you divide by. For impressions to leads "
        "use CONVRATE(leads, impressions). Actions are counted, not who did them: above 100% where one visitor acts "
        "twice, or where the wins of a month come from the leads of earlier ones."
    ),
)
def conversion_rate(conversions: Any, total: Any) -> Any:
    """Desired actions for each visitor, session or click.

    >>> conversion_rate(60, 2400)
    0.025
    """
    return conversions / total


@elementwise(
    "LEADCONV",
    family="conversion",
    title="Lead conversion rate",
    arguments=(
        events("customers", "customers won, of these leads or in the same period", beside="leads"),
        count("leads", "leads"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((35, 150), 0.23333333333333334),
        Example((150, 2000), 0.075),
        Example((12, 10), 1.2),
        Example((35, 0), CellError.DIV0),
    ),
    aliases=("lead-to-customer rate", "lead-to-win"),
    confused_with=("LEADTOOPP", "SQLTOWIN", "WINRATE"),
    pitfalls=(
        "Divides by all leads; some divide by qualified leads alone, which is SQLTOWIN. Leads to opportunities is "
        "LEADTOOPP. Count customers among the leads of the same cohort, where they are at most 100%: wins of the "
        "period come from older leads as well, and may be more than its leads."
    ),
)
def lead_conversion_rate(customers: Any, leads: Any) -> Any:
    """Share of the leads that became customers.

    >>> round(lead_conversion_rate(35, 150), 4)
    0.2333
    """
    return customers / leads


@elementwise(
    "LEADTOOPP",
    family="conversion",
    title="Lead → opportunity rate",
    arguments=(
        events("opportunities", "opportunities created, from these leads or in the same period", beside="leads"),
        count("leads", "leads"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((75, 500), 0.15),
        Example((150, 500), 0.3),
        Example((75, 0), CellError.DIV0),
    ),
    aliases=("lead-to-opportunity ratio",),
    confused_with=("LEADCONV",),
    pitfalls="Some call this the lead conversion rate; here that is the way to customers, LEADCONV.",
)
def lead_to_opportunity_rate(opportunities: Any, leads: Any) -> Any:
    """Share of the leads that became opportunities.

    >>> lead_to_opportunity_rate(75, 500)
    0.15
    """
    return opportunities / leads


@elementwise(
    "LEADQUAL",
    family="conversion",
    title="Lead quality (qualification rate)",
    arguments=(
        events("qualified", "leads that were qualified, of these or in the same period", beside="leads"),
        count("leads", "leads"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((60, 150), 0.4),
        Example((120, 150), 0.8),
        Example((60, 0), CellError.DIV0),
    ),
    aliases=("lead quality rate", "lead-to-MQL rate"),
    confused_with=("LEADCONV",),
    pitfalls="Counts leads that were qualified; leads that became customers are LEADCONV.",
)
def lead_qualification_rate(qualified: Any, leads: Any) -> Any:
    """Share of the leads that were qualified.

    >>> lead_qualification_rate(60, 150)
    0.4
    """
    return qualified / leads


@elementwise(
    "MQLTOSQL",
    family="conversion",
    title="MQL → SQL rate",
    arguments=(
        events("sqls", "leads that sales accepted (SQLs), of these MQLs or in the same period", beside="mqls"),
        count("mqls", "marketing qualified leads"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((36, 90), 0.4),
        Example((72, 90), 0.8),
        Example((36, 0), CellError.DIV0),
    ),
    aliases=("MQL-to-SQL conversion",),
    confused_with=("LEADQUAL",),
    pitfalls="An SQL that never was an MQL, found by sales itself, is not in it.",
)
def mql_to_sql_rate(sqls: Any, mqls: Any) -> Any:
    """Share of the marketing qualified leads that sales accepted.

    >>> mql_to_sql_rate(36, 90)
    0.4
    """
    return sqls / mqls


@elementwise(
    "SQLTOOPP",
    family="conversion",
    title="SQL → opportunity rate",
    arguments=(
        events("opportunities", "opportunities created, from these SQLs or in the same period", beside="sqls"),
        count("sqls", "sales qualified leads"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((20, 40), 0.5),
        Example((40, 40), 1),
        Example((20, 0), CellError.DIV0),
    ),
    aliases=("SQL-to-opportunity",),
    confused_with=("LEADTOOPP",),
)
def sql_to_opportunity_rate(opportunities: Any, sqls: Any) -> Any:
    """Share of the sales qualified leads that became opportunities.

    >>> sql_to_opportunity_rate(20, 40)
    0.5
    """
    return opportunities / sqls


@elementwise(
    "SQLTOWIN",
    family="conversion",
    title="Qualified lead → customer rate",
    arguments=(
        events("customers", "customers won, of these qualified leads or in the same period", beside="qualified"),
        count("qualified", "qualified leads"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((12, 60), 0.2),
        Example((24, 60), 0.4),
        Example((12, 0), CellError.DIV0),
    ),
    aliases=("close ratio on qualified leads",),
    confused_with=("LEADCONV", "OPPTOWIN"),
    pitfalls="Some call this the lead conversion rate or the close rate: say what stands below the line.",
)
def qualified_lead_to_customer_rate(customers: Any, qualified: Any) -> Any:
    """Share of the qualified leads that became customers.

    >>> qualified_lead_to_customer_rate(12, 60)
    0.2
    """
    return customers / qualified


@elementwise(
    "OPPTOWIN",
    family="conversion",
    title="Opportunity-to-win ratio",
    arguments=(
        events("won", "opportunities won, of these or in the same period", beside="opportunities"),
        count("opportunities", "all opportunities, open ones too"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((10, 40), 0.25),
        Example((20, 40), 0.5),
        Example((10, 0), CellError.DIV0),
    ),
    aliases=("opp-to-win",),
    confused_with=("WINRATE", "SQLTOWIN"),
    pitfalls="Falls when many fresh opportunities are still open; use cohorts.",
)
def opportunity_to_win_ratio(won: Any, opportunities: Any) -> Any:
    """Share of all opportunities that were won.

    >>> opportunity_to_win_ratio(10, 40)
    0.25
    """
    return won / opportunities


@elementwise(
    "WINRATE",
    family="conversion",
    title="Win rate",
    arguments=(
        count("won", "opportunities won (or their amount)"),
        count("lost", "opportunities lost (or their amount)"),
        count("open_opps", "open opportunities, to put all opportunities below the line", default=0),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((5, 10, 0), 0.3333333333333333),
        Example((5, 10, 35), 0.1),
        Example((20, 80, 0), 0.2),
        Example((0, 0, 0), CellError.DIV0),
    ),
    aliases=("win rate", "close rate"),
    confused_with=("OPPTOWIN", "LEADCONV", "WINLOSS"),
    pitfalls=(
        "By default of the closed opportunities, won/(won+lost), as CRM reports do; with open_opps of all. "
        "Leads disqualified before they became opportunities are not losses. Amounts instead of counts give "
        "the win rate by value."
    ),
)
def win_rate(won: Any, lost: Any, open_opps: Any) -> Any:
    """Share of the closed opportunities that were won; of all opportunities with the third argument.

    >>> round(win_rate(5, 10, 0), 4)
    0.3333
    """
    return won / (won + lost + open_opps)


@aggregate(
    "WINRATEIF",
    family="conversion",
    title="Win rate by owner, source or campaign",
    arguments=(
        words("status_range", "status of each opportunity: won, lost or open, also in other languages"),
        words("crit_range", "its owner, source or campaign"),
        Argument("criterion", "text", "the owner, source or campaign wanted"),
        *FURTHER_PAIRS,
        words(
            "opp_range",
            "of a table of leads: when or whether each became an opportunity; others are not counted as lost",
            default="",
        ),
    ),
    unit="fraction",
    direction="higher",
    excel=lambda status_range, *further: (
        f'COUNTIFS({status_range},"won",{conditions(*further[:-1])})'
        f'/(COUNTIFS({status_range},"won",{conditions(*further[:-1])})'
        f'+COUNTIFS({status_range},"lost",{conditions(*further[:-1], *_opportunity_conditions(further[-1]))}))'
    ),
    lets=(
        f"wanted,{WANTED_ROWS}",
        'unnamed,(ROWS(opp_range_)*COLUMNS(opp_range_)=1)*(SUM((TRIM(opp_range_)="")*1)=1)',
        f"opportunity,IF(unnamed,1,MAP(opp_range_,LAMBDA(mark,1-{no_text('mark')})))",
        f"won,SUM({is_status('status_range', 'won')}*wanted)",
        f"lost,SUM({is_status('status_range', 'lost')}*wanted*opportunity)",
    ),
    zero="won+lost=0",
    zero_means="no closed row meets the criterion",
    value="won/(won+lost)",
    examples=(
        Example(
            (["won", "lost", "won", "open", "lost", "lost"], ["Ads", "Ads", "SEO", "Ads", "SEO", "SEO"], "Ads"), 0.5
        ),
        Example(
            (["won", "lost", "won", "open", "lost", "lost"], ["Ads", "Ads", "SEO", "Ads", "SEO", "SEO"], "SEO"),
            0.3333333333333333,
        ),
        Example((["open", "open"], ["Ads", "SEO"], "Ads"), CellError.DIV0),
        Example(
            (["won", "lost", "lost", "won"], ["Ads", "Ads", "Ads", "SEO"], "Ads", ["Ola", "Ola", "Jan", "Ola"], "Ola"),
            0.5,
        ),
        Example(
            (
                ["won", "lost", "lost", "lost"],
                ["Ads", "Ads", "Ads", "Ads"],
                "Ads",
                *(None,) * len(FURTHER_PAIRS),
                [day(2025, 5, 5), day(2025, 5, 9), None, None],
            ),
            0.5,
        ),
    ),
    aliases=("win rate by lead owner", "lead source", "campaign"),
    confused_with=("WINRATE", "LEADCONVIF"),
    pitfalls=(
        "Over a table of leads the status does not tell who ever was an opportunity: without opp_range every lost lead "
        "counts as a lost opportunity, and the rate is too low. Give the dates on which leads became opportunities."
    ),
    remarks=(
        f"{PAIRS} In opp_range a blank, a dash, 0, FALSE or a word for no means that the row never was an opportunity; "
        "a date, a number or a name that it was. A row that is won counts in any case. The bare formula knows blanks "
        "and 0 only."
    ),
)
def win_rate_by_group(status_range: Any, crit_range: Any, criterion: Any, *further: Any) -> Any:
    """Share of the closed opportunities of one owner, source or campaign that were won.

    >>> from xl_leadkpi import kpis
    >>> kpis.WINRATEIF(["won", "lost", "won"], ["Ads", "Ads", "SEO"], "Ads")
    0.5
    >>> kpis.WINRATEIF(["won", "lost", "won"], ["Ads", "Ads", "SEO"], "Ads", ["Ola", "Jan", "Ola"], "Ola")
    1.0
    >>> kpis.WINRATEIF(["won", "lost", "lost"], ["Ads"] * 3, "Ads", opp_range=["OPP-1", "OPP-7", None])
    0.5
    """
    *pairs, marks = further
    met = rows_of_group(crit_range, criterion, *pairs)
    named = marks not in ("", [""])  # else all are
    opportunity = np.array([not says_no(mark) for mark in marks]) if named else np.True_
    statuses = np.array(statuses_of(status_range), dtype=object)
    won, lost = int(((statuses == "won") & met).sum()), int(((statuses == "lost") & met & opportunity).sum())
    return won / (won + lost)


def _opportunity_conditions(marks: str | None) -> tuple[str, ...]:
    return () if marks is None else (marks, '"<>"', marks, '"<>0"')


@aggregate(
    "LEADCONVIF",
    family="conversion",
    title="Lead conversion by channel or campaign",
    arguments=(
        words("status_range", "status of each lead: won, lost or open, also in other languages"),
        words("crit_range", "its channel or campaign"),
        Argument("criterion", "text", "the channel or campaign wanted"),
        *FURTHER_PAIRS,
    ),
    unit="fraction",
    direction="higher",
    excel=lambda status_range, *pairs: (
        f'COUNTIFS({status_range},"won",{conditions(*pairs)})/COUNTIFS({conditions(*pairs)})'
    ),
    lets=(f"wanted,{WANTED_ROWS}",),
    zero="SUM(wanted)=0",
    zero_means="no row meets the criterion",
    value=f"SUM({is_status('status_range', 'won')}*wanted)/SUM(wanted)",
    examples=(
        Example(
            (["won", "lost", "won", "open", "lost", "lost"], ["Ads", "Ads", "SEO", "Ads", "SEO", "SEO"], "Ads"),
            0.3333333333333333,
        ),
        Example(
            (["won", "lost", "won", "open", "lost", "lost"], ["Ads", "Ads", "SEO", "Ads", "SEO", "SEO"], "SEO"),
            0.3333333333333333,
        ),
        Example((["won", "open", "open", "open"], ["A", "A", "A", "B"], "B"), 0),
        Example((["won", "open", "open", "won"], ["A", "A", "A", "B"], "A", ["PL", "PL", "DE", "PL"], "PL"), 0.5),
    ),
    aliases=("lead conversion rate by channel",),
    confused_with=("WINRATEIF", "LEADCONV"),
    remarks=PAIRS,
)
def lead_conversion_by_group(status_range: Any, crit_range: Any, criterion: Any, *further: Any) -> Any:
    """Share of the leads of one channel or campaign that were won.

    >>> from xl_leadkpi import kpis
    >>> kpis.LEADCONVIF(["won", "open", "won"], ["Ads", "Ads", "SEO"], "Ads")
    0.5
    """
    statuses = statuses_of_group(status_range, crit_range, criterion, *further)
    return statuses.count("won") / len(statuses)


@elementwise(
    "LOSSRATE",
    family="conversion",
    title="Loss rate",
    arguments=(
        count("won", "opportunities won"),
        count("lost", "opportunities lost"),
    ),
    unit="fraction",
    direction="lower",
    examples=(
        Example((5, 10), 0.6666666666666666),
        Example((10, 10), 0.5),
        Example((0, 0), CellError.DIV0),
    ),
    aliases=("loss rate",),
    confused_with=("DROPOFF",),
)
def loss_rate(won: Any, lost: Any) -> Any:
    """Share of the closed opportunities that were lost; 1 - WINRATE.

    >>> round(loss_rate(5, 10), 4)
    0.6667
    """
    return lost / (won + lost)


@elementwise(
    "WINLOSS",
    family="conversion",
    title="Win–loss ratio",
    arguments=(
        count("won", "opportunities won"),
        count("lost", "opportunities lost"),
    ),
    unit="ratio",
    direction="higher",
    examples=(
        Example((5, 10), 0.5),
        Example((10, 10), 1),
        Example((5, 0), CellError.DIV0),
    ),
    aliases=("win/loss ratio",),
    confused_with=("WINRATE",),
)
def win_loss_ratio(won: Any, lost: Any) -> Any:
    """Opportunities won for each one lost.

    >>> win_loss_ratio(5, 10)
    0.5
    """
    return won / lost


@elementwise(
    "DROPOFF",
    family="conversion",
    title="Stage drop-off",
    arguments=(
        count("entered", "records that entered the stage"),
        unique("passed", "those of them that went on to the next", out_of="entered"),
    ),
    unit="fraction",
    direction="lower",
    examples=(
        Example((90, 36), 0.6),
        Example((180, 36), 0.8),
        Example((0, 36), CellError.DIV0),
        Example((36, 37), CellError.NUM),
    ),
    aliases=("drop-off", "leakage"),
    confused_with=("LOSSRATE",),
)
def stage_drop_off(entered: Any, passed: Any) -> Any:
    """Share of the records that did not get past a stage.

    >>> stage_drop_off(90, 36)
    0.6
    """
    return 1 - passed / entered


@column(
    "STEPCONV",
    family="conversion",
    title="Step conversions of a funnel column",
    arguments=(counts("counts", "records that reached each stage, top to bottom; no more than above"),),
    unit="fraction",
    gives="fractions, as many as counts",
    direction="higher",
    base=one_above,
    base_text="TAKE(VSTACK(IF(IFERROR(INDEX(entered,1)=0,TRUE),1,INDEX(entered,1)),entered),ROWS(entered))",
    excel=lambda counts: f"{counts}/VSTACK(INDEX({counts},1),DROP({counts},-1))",
    starts_at_one=True,
    examples=(
        Example(([150, 90, 36, 12],), (1, 0.6, 0.4, 0.3333333333333333)),
        Example(([12, 10, 7],), (1, 0.8333333333333334, 0.7)),
        Example(([12, 10, 11],), (1, 0.8333333333333334, CellError.NUM)),
    ),
    aliases=("next-step conversion",),
    confused_with=("CUMCONV",),
    remarks="The first row is 1.",
)
def step_conversion(counts: Any, base: Any) -> Any:
    """Each count of a funnel column as a share of the one above; the first row is 1.

    >>> from xl_leadkpi import kpis
    >>> kpis.STEPCONV([150, 90, 36])
    [1.0, 0.6, 0.4]
    """
    return counts / base


@column(
    "CUMCONV",
    family="conversion",
    title="Cumulative conversions of a funnel column",
    arguments=(counts("counts", "records that reached each stage, top to bottom; no more than at the top"),),
    unit="fraction",
    gives="fractions, as many as counts",
    direction="higher",
    base=first_of_all,
    base_text="INDEX(entered,1)",
    excel=lambda counts: f"{counts}/INDEX({counts},1)",
    examples=(
        Example(([150, 90, 36, 12],), (1, 0.6, 0.24, 0.08)),
        Example(([12, 10, 7],), (1, 0.8333333333333334, 0.5833333333333334)),
        Example(([12, 13],), (1, CellError.NUM)),
    ),
    aliases=("cumulative conversion",),
    confused_with=("STEPCONV",),
)
def cumulative_conversion(counts: Any, base: Any) -> Any:
    """Each count of a funnel column as a share of the first.

    >>> from xl_leadkpi import kpis
    >>> kpis.CUMCONV([150, 90, 36])
    [1.0, 0.6, 0.24]
    """
    return counts / base


@elementwise(
    "CONVCI",
    family="conversion",
    title="Confidence interval of a rate (Wilson)",
    arguments=(
        unique("conversions", "records that converted", out_of="total"),
        count("total", "records that could have converted"),
        CONFIDENCE,
    ),
    unit="fraction",
    gives="low and high end (fractions)",
    direction="neutral",
    denominators=lambda conversions, total, confidence: (total,),  # noqa: ARG005
    items=2,
    examples=(
        Example((35, 150, 0.95), (0.1728263151, 0.3071578152)),
        Example((2, 4, 0.95), (0.1500389892, 0.8499610108)),
    ),
    aliases=("Wilson score interval",),
    confused_with=("CONVRATE", "RATEDIFFCI"),
    pitfalls=(
        "Compare channels by their intervals, not by bare rates: 2 of 4 is not better than 35 of 150. Two rates may "
        "differ although their intervals overlap: RATEDIFFCI and RATETEST tell."
    ),
)
def wilson_interval(conversions: Any, total: Any, confidence: Any) -> Any:
    """Wilson score interval of a rate: its low and its high end.

    >>> [round(float(end), 4) for end in wilson_interval(35, 150, 0.95)]
    [0.1728, 0.3072]
    """
    z = normal_quantile(1 - (1 - confidence) / 2)
    rate = conversions / total
    centre = rate + z**2 / (2 * total)
    spread = z * sqrt(rate * (1 - rate) / total + (z / (2 * total)) ** 2)
    return (centre - spread) / (1 + z**2 / total), (centre + spread) / (1 + z**2 / total)


@elementwise(
    "RATEDIFF",
    family="conversion",
    title="Difference of two rates",
    arguments=TWO_RATES,
    unit="fraction",
    direction="neutral",
    examples=(
        Example((56, 70, 48, 80), 0.2),
        Example((30, 200, 50, 200), -0.1),
        Example((56, 0, 48, 80), CellError.DIV0),
        Example((71, 70, 48, 80), CellError.NUM),
    ),
    aliases=("difference in proportions", "absolute uplift", "risk difference"),
    confused_with=("RATETEST", "GROWTHRATE"),
    pitfalls=(
        "In percentage points: from 10% to 15% are 5 points, though half as much again. By itself it does not tell a "
        "difference from chance: RATEDIFFCI and RATETEST do."
    ),
)
def rate_difference(conversions_a: Any, total_a: Any, conversions_b: Any, total_b: Any) -> Any:
    """Rate of the first group less that of the second.

    >>> round(rate_difference(56, 70, 48, 80), 4)
    0.2
    """
    return conversions_a / total_a - conversions_b / total_b


@elementwise(
    "RATEDIFFCI",
    family="conversion",
    title="Confidence interval of the difference of two rates (Newcombe)",
    arguments=(*TWO_RATES, CONFIDENCE),
    unit="fraction",
    gives="low and high end (fractions)",
    direction="neutral",
    denominators=both_totals,
    items=2,
    examples=(
        Example((56, 70, 48, 80, 0.95), (0.0524314724, 0.3338726541)),
        Example((10, 10, 0, 10, 0.95), (0.6075093504, 1)),
        Example((56, 0, 48, 80, 0.95), CellError.DIV0),
    ),
    aliases=("Newcombe interval", "hybrid score interval"),
    confused_with=("CONVCI", "RATEDIFF"),
    pitfalls=(
        "The groups have to be independent of each other: not the same leads before and after. Where the interval "
        "holds 0 the two cannot be told apart; that is not to say they are equal. Records that have not had time to "
        "convert count as if they had not: compare groups of the same age."
    ),
)
def newcombe_interval(conversions_a: Any, total_a: Any, conversions_b: Any, total_b: Any, confidence: Any) -> Any:
    """Interval of the rate of the first group less that of the second: its low and its high end.

    Newcombe's hybrid of the score intervals of both rates (Statistics in Medicine 17, 1998, page 873, method 10).

    >>> [round(float(end), 4) for end in newcombe_interval(56, 70, 48, 80, 0.95)]
    [0.0524, 0.3339]
    """
    z = normal_quantile(1 - (1 - confidence) / 2)
    below_a, above_a = _to_wilson_ends(conversions_a / total_a, total_a, z)
    below_b, above_b = _to_wilson_ends(conversions_b / total_b, total_b, z)
    difference = conversions_a / total_a - conversions_b / total_b
    return difference - sqrt(below_a**2 + above_b**2), difference + sqrt(above_a**2 + below_b**2)


def _to_wilson_ends(rate: Any, total: Any, z: Any) -> tuple[Any, Any]:
    """How far the ends of the Wilson interval are below and above the rate."""
    shift = z**2 / total * (0.5 - rate)
    spread = z * sqrt(rate * (1 - rate) / total + (z / (2 * total)) ** 2)
    return (spread - shift) / (1 + z**2 / total), (spread + shift) / (1 + z**2 / total)


@elementwise(
    "RATETEST",
    family="conversion",
    title="Test of two rates (p-value)",
    arguments=TWO_RATES,
    unit="p_value",
    direction="neutral",
    denominators=both_totals,
    examples=(
        Example((5, 83, 12, 99), 0.1591812918),
        Example((56, 70, 48, 80), 0.008045081368),
        Example((0, 40, 0, 60), 1),
        Example((5, 0, 12, 99), CellError.DIV0),
    ),
    aliases=("two-proportion z test", "p-value", "statistical significance", "A/B test"),
    confused_with=("RATEDIFFCI", "RATEDIFF"),
    pitfalls=(
        "An approximation for groups that are not small: at least five conversions and five records without are to be "
        "expected in each at the common rate; below that use Fisher's exact test. Two-sided, without correction for "
        "continuity. Small where the groups differ more than chance would have it; not the chance that they are equal. "
        "Of twenty tests of equal groups one falls below 0.05: test few. The groups have to be independent, and of the "
        "same age."
    ),
    remarks="Where no record converted, or every one, nothing tells the groups apart: 1.",
)
def two_rates_test(conversions_a: Any, total_a: Any, conversions_b: Any, total_b: Any) -> Any:
    """Chance of a difference at least as large if both groups have one rate: two-sided z test with pooled variance.

    >>> round(two_rates_test(5, 83, 12, 99), 3)
    0.159
    """
    converted, total = conversions_a + conversions_b, total_a + total_b
    rate = converted / total
    none_or_all = (converted <= 0) | (converted >= total)  # no variance: 1 stands in for it, below a difference of 0
    deviation = sqrt(rate * (1 - rate)) * sqrt(1 / total_a + 1 / total_b) + none_or_all
    return chi_square_tail(((conversions_a / total_a - conversions_b / total_b) / deviation) ** 2)


@elementwise(
    "SAMPLESIZE",
    family="conversion",
    title="Sample size to tell two rates apart",
    arguments=(
        fraction("rate_a", "rate expected in the first group"),
        fraction(
            "rate_b", "rate expected in the second group, or that of the first with the least difference that matters"
        ),
        CONFIDENCE,
        Argument(
            "power",
            "fraction",
            "chance to see the difference if it is there",
            low=0,
            high=1,
            open_ends=True,
            optional=True,
            default=0.8,
        ),
    ),
    unit="count",
    direction="neutral",
    denominators=lambda rate_a, rate_b, confidence, power: (rate_a - rate_b,),  # noqa: ARG005
    impossible=lambda rate_a, rate_b, confidence, power: power < (1 - confidence) / 2,  # noqa: ARG005
    examples=(
        Example((0.5, 0.75, 0.95, 0.9), 77),
        Example((0.1, 0.15), 686),
        Example((0.1, 0.1), CellError.DIV0),
    ),
    aliases=("power analysis", "A/B test sample size", "records per group"),
    confused_with=("LEADSNEEDED", "RATETEST"),
    pitfalls=(
        "In each of the two groups, both of one size; two-sided, for the z test of RATETEST. Set before looking: with "
        "the rates just seen it only says again what the p-value says. Half the difference takes four times as many."
    ),
)
def sample_size(rate_a: Any, rate_b: Any, confidence: Any, power: Any) -> Any:
    """Records that each of two groups takes until a test tells their rates apart, rounded up.

    With the pooled variance where the rates are taken for equal (Fleiss, Levin, Paik: Statistical Methods for Rates and
    Proportions, chapter 4, without correction for continuity).

    >>> float(sample_size(0.5, 0.75, 0.95, 0.9))
    77.0
    """
    mean = (rate_a + rate_b) / 2
    if_equal = normal_quantile(1 - (1 - confidence) / 2) * sqrt(2 * mean * (1 - mean))
    if_not = normal_quantile(power) * sqrt(rate_a * (1 - rate_a) + rate_b * (1 - rate_b))
    return round_up(round_half_away(((if_equal + if_not) / (rate_a - rate_b)) ** 2, 9))
