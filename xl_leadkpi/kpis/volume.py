"""Family A: how many leads, meetings, activities - and who was there."""

from __future__ import annotations

from typing import Any

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.cells.formula import at_least, exceeds
from xl_leadkpi.cells.values import read_words
from xl_leadkpi.kpis.aggregate import TOO_EARLY, TOO_LATE, aggregate
from xl_leadkpi.kpis.declaration import Argument, Example, count, counts, day, days, unique, words
from xl_leadkpi.kpis.elementwise import elementwise


def _datecount_text(date_range: str, from_date: str | None, to_date: str | None) -> str:
    bounds = []
    if from_date is not None:
        bounds.append(f'{date_range},">="&{from_date}')
    if to_date is not None:
        bounds.append(f'{date_range},"<"&{to_date}+1')
    return f"COUNTIFS({','.join(bounds)})" if bounds else f"COUNT({date_range})"


@aggregate(
    "DATECOUNT",
    family="volume",
    title="Leads generated (records by date)",
    arguments=(
        days("date_range", "dates of the leads, or of their entry into a stage"),
        Argument("from_date", "date", "first day counted", optional=True, default=TOO_EARLY),
        Argument("to_date", "date", "last day counted, to its end", optional=True, default=TOO_LATE),
    ),
    unit="count",
    direction="higher",
    excel=_datecount_text,
    impossible="from_date_>to_date_",
    impossible_means="from_date>to_date",
    value='SUM((date_range<"")*(date_range>=from_date_)*(date_range<to_date_+1))',
    examples=(
        Example(
            ([day(2025, 5, 1), day(2025, 5, 31, 18, 0), day(2025, 6, 1), None], day(2025, 5, 1), day(2025, 5, 31)), 2
        ),
        Example(([day(2025, 4, 30), day(2025, 5, 15), day(2025, 5, 16)], day(2025, 5, 1), day(2025, 5, 31)), 2),
        Example(([day(2025, 5, 3), day(2025, 5, 20), None, day(2025, 7, 1)], day(2025, 5, 1), day(2025, 5, 31)), 2),
        Example(([day(2025, 2, 14), day(2025, 3, 5), day(2025, 6, 8)], day(2025, 1, 1), day(2025, 3, 31)), 2),
    ),
    aliases=(
        "lead volume",
        "new leads",
        "MQLs",
        "SQLs",
        "SQOs",
        "opps",
        "meetings booked / held",
        "MQL, SQL, SQO, opportunity, meeting counts (by date)",
    ),
    confused_with=("STAGECOUNT",),
    remarks="What is no date is passed over. An ISO text is a date in Python, as if it had been typed.",
    pitfalls="Count each lead once: forms create duplicates. A lead and an MQL are two stages.",
)
def count_by_date(date_range: Any, from_date: Any, to_date: Any) -> Any:
    """Rows whose date lies in a period.

    >>> from datetime import date
    >>> from xl_leadkpi import kpis
    >>> kpis.DATECOUNT([date(2025, 5, 1), date(2025, 6, 1)], date(2025, 5, 1), date(2025, 5, 31))
    1.0
    """
    if from_date > to_date:
        return CellError.NUM
    return (at_least(date_range, from_date) & exceeds(to_date + 1, date_range)).sum()


@aggregate(
    "STAGECOUNT",
    family="volume",
    title="Records at a stage",
    arguments=(
        words("stage_range", "current stage of each record"),
        Argument("stage", "text", "the stage to count"),
    ),
    unit="count",
    direction="neutral",
    excel=lambda stage_range, stage: f"SUMPRODUCT(--(TRIM({stage_range})=TRIM({stage})))",
    value="SUM((TRIM(stage_range)=TRIM(stage))*1)",
    examples=(
        Example((["Lead", "MQL", "SQL", "Won", "Lead"], "Lead"), 2),
        Example((["Lead", "MQL"], "SQO"), 0),
    ),
    aliases=("stage count",),
    confused_with=("STAGEREACH",),
    remarks="Words are compared in lower case without surplus spaces; synonyms are not known.",
    pitfalls=(
        "Where records are now, not how many reached the stage: the quotient of two such counts is no "
        "conversion rate. For rates use STAGEREACH or the funnel sheet."
    ),
)
def records_at_stage(stage_range: Any, stage: Any) -> Any:
    """Records whose current stage is the one asked for.

    >>> from xl_leadkpi import kpis
    >>> kpis.STAGECOUNT(["Lead", "MQL", "lead "], "Lead")
    2.0
    """
    return stage_range.count(read_words(stage)[0])


@aggregate(
    "STAGEREACH",
    family="volume",
    title="Records that reached a stage",
    arguments=(
        words("stage_range", "furthest stage of each record"),
        Argument("stage", "text", "the stage to have reached"),
        Argument("order", "text", "all stages in order, without Lost", is_range=True, paired=False),
    ),
    unit="count",
    direction="higher",
    excel=lambda stage_range, stage, order: (
        f"SUMPRODUCT(--(IFERROR(MATCH({stage_range},{order},0),0)>=MATCH({stage},{order},0)))"
    ),
    lets=(
        "steps,TOCOL(TRIM(order))",
        "rank,XMATCH(TRIM(stage),steps)",
    ),
    value='SUM(MAP(TRIM(stage_range),LAMBDA(word,(word<>"")*(IFNA(XMATCH(word,steps),0)>=rank))))',
    examples=(
        Example((["Lead", "MQL", "SQL", "Won", "Lead"], "MQL", ["Lead", "MQL", "SQL", "Won"]), 3),
        Example((["Lead", "Lost", "SQL"], "Lead", ["Lead", "MQL", "SQL", "Won"]), 2),
    ),
    aliases=("reached / cumulative stage count",),
    confused_with=("STAGECOUNT",),
    remarks="A stage that is not in order gives #N/A; a row with an unknown stage is not counted.",
    pitfalls="Needs the furthest stage, not the current one: give a lost record the last stage it was in.",
)
def records_that_reached_stage(stage_range: Any, stage: Any, order: Any) -> Any:
    """Records whose furthest stage is the one asked for or a later one.

    >>> from xl_leadkpi import kpis
    >>> kpis.STAGEREACH(["Lead", "MQL", "Won"], "MQL", ["Lead", "MQL", "SQL", "Won"])
    2.0
    """
    wanted = read_words(stage)[0]
    if wanted not in order:
        return CellError.NA
    reached = {step for step in order if step and order.index(step) >= order.index(wanted)}
    return sum(stage in reached for stage in stage_range)


@elementwise(
    "SHOWRATE",
    family="volume",
    title="Meeting show rate",
    arguments=(
        unique("attended", "meetings that took place", out_of="booked"),
        count("booked", "meetings scheduled for the period"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((18, 24), 0.75),
        Example((0, 5), 0),
        Example((18, 0), CellError.DIV0),
        Example((25, 24), CellError.NUM),
    ),
    aliases=("show rate", "held rate"),
    confused_with=("NOSHOWRATE",),
    pitfalls=(
        "Count meetings whose scheduled date is in the period (not booking date), else late-month bookings "
        "look like no-shows."
    ),
)
def meeting_show_rate(attended: Any, booked: Any) -> Any:
    """Meetings held as a share of the meetings booked.

    >>> meeting_show_rate(18, 24)
    0.75
    """
    return attended / booked


@elementwise(
    "NOSHOWRATE",
    family="volume",
    title="No-show rate",
    arguments=(
        unique("no_shows", "booked meetings that nobody came to", out_of="booked"),
        count("booked", "meetings scheduled for the period"),
    ),
    unit="fraction",
    direction="lower",
    examples=(
        Example((6, 24), 0.25),
        Example((0, 24), 0),
        Example((6, 0), CellError.DIV0),
        Example((25, 24), CellError.NUM),
    ),
    aliases=("no-show rate",),
    confused_with=("SHOWRATE",),
    pitfalls="Meetings called off or moved in time are no no-shows: leave them out of both counts.",
)
def meeting_no_show_rate(no_shows: Any, booked: Any) -> Any:
    """Meetings nobody came to as a share of the meetings booked; 1 - SHOWRATE.

    >>> meeting_no_show_rate(6, 24)
    0.25
    """
    return no_shows / booked


@aggregate(
    "WEBTRAFFIC",
    family="volume",
    title="Website traffic",
    arguments=(counts("sessions", "sessions of each day or page"),),
    unit="count",
    direction="higher",
    excel=lambda sessions: f"SUM({sessions})",
    value='SUM(IF(sessions<"",sessions,0))',
    examples=(
        Example(([1200, 1350, None, 1450],), 4000),
        Example(([500, None, None],), 500),
    ),
    aliases=("sessions", "visits"),
    confused_with=("IMPRESSIONS",),
    pitfalls="Sum sessions only: users and page views are something else, and users cannot be added up over days.",
)
def website_traffic(sessions: Any) -> Any:
    """Sessions, summed up.

    >>> from xl_leadkpi import kpis
    >>> kpis.WEBTRAFFIC([1200, None, 1450])
    2650.0
    """
    return np.nansum(sessions)


@elementwise(
    "ACTPERREP",
    family="volume",
    title="Activities per rep",
    arguments=(
        count("activities", "calls, e-mails or meetings of the team"),
        count("reps", "sales representatives"),
    ),
    unit="ratio",
    direction="higher",
    examples=(
        Example((340, 5), 68),
        Example((680, 5), 136),
        Example((340, 0), CellError.DIV0),
    ),
    aliases=("calls per rep",),
    pitfalls="Compare teams only where the same activities are counted.",
)
def activities_per_rep(activities: Any, reps: Any) -> Any:
    """Calls or other activities for each sales representative.

    >>> activities_per_rep(340, 5)
    68.0
    """
    return activities / reps


@elementwise(
    "CRMADOPT",
    family="volume",
    title="CRM adoption rate",
    arguments=(
        unique("active_reps", "representatives who use the CRM", out_of="reps"),
        count("reps", "sales representatives"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((3, 7), 0.42857142857142855),
        Example((0, 7), 0),
        Example((3, 0), CellError.DIV0),
        Example((8, 7), CellError.NUM),
    ),
    aliases=("user adoption rate",),
    pitfalls="Of the representatives; some divide by the licences paid for, used or not. Say what counts as use.",
)
def crm_adoption_rate(active_reps: Any, reps: Any) -> Any:
    """Share of the sales representatives who use the CRM.

    >>> round(crm_adoption_rate(3, 7), 4)
    0.4286
    """
    return active_reps / reps
