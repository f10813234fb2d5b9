"""Family A: how many leads, meetings, activities - and who was there."""

from __future__ import annotations

from typing import Any

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.cells.formula import at_least, exceeds
from xl_leadkpi.cells.values import read_words
from xl_leadkpi.kpis.aggregate import TOO_EARLY, TOO_LATE, aggregate
from xl_leadkpi.kpis.declaration import Argument, Example, Source, count, counts, day, days, words
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
    title={
        "en": "Leads generated (records by date)",
        "pl": "Liczba leadów w okresie",
        "ru": "Количество лидов за период",
    },
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
    aliases={
        "en": (
            "lead volume",
            "new leads",
            "MQLs",
            "SQLs",
            "SQOs",
            "opps",
            "meetings booked / held",
            "MQL, SQL, SQO, opportunity, meeting counts (by date)",
        ),
        "pl": (
            "Generowanie leadów",
            "liczba leadów / potencjalnych klientów",
            "Kwalifikowani potencjalni klienci marketingowi (MQL)",
            "Kwalifikowane szanse sprzedaży (SQO)",
            "Spotkania zarezerwowane i odbyte",
        ),
        "ru": (
            "количество лидов (потенциальных клиентов)",
            "маркетинговые квалифицированные лиды (MQL)",
            "лиды, квалифицированные отделом продаж (SQL)",
            "возможности",
        ),
    },
    confused_with=("STAGECOUNT",),
    sources=(
        Source(
            "cognism",
            ("«leady wygenerowane w tym samym czasie», «całkowita liczba nowych leadów» (denominator of CR and CPL)"),
        ),
        Source("ruler-metrics", "«в мае 150 потенциальных клиентов» (denominator)"),
        Source("automatenow", "count of potential new customers won through the channels; no formula"),
        Source(
            "cognism",
            (
                "MQL, SQO, meetings booked, meetings attended: named as counts, no count formula; also "
                "«liczba sprzedaży wygenerowanych w określonym okresie» (won date)"
            ),
        ),
        Source("ruler-metrics", "opportunities (возможности)"),
        Source(
            "ruler-kpis",
            (
                "MQL = «показывает количество пользователей, заинтересованных…»; SQL = MQL «проверяются вашим "
                "отделом продаж»"
            ),
            wrong="takes every website lead for an MQL",
        ),
    ),
    remarks="What is no date is passed over. An ISO text is a date in Python, as if it had been typed.",
    pitfalls=(
        "No formula in the articles. Count unique leads by creation date in the period. PPC forms can "
        "create duplicates, so de-duplicate first. Ruler (KPIs) equates website MQLs with website "
        "leads («Что касается вашего веб-сайта, это ваши лиды») and counts an e-book download or "
        "newsletter sign-up as an MQL. The field keeps lead and MQL apart (fit + behaviour score). "
        "Keep them as two stages and let the user map them to one if he follows the article."
    ),
)
def count_by_date(date_range: Any, from_date: Any, to_date: Any) -> Any:
    """Rows whose date lies in a period.

    Args:
        date_range: Dates of the leads, or of their entry into a stage (range of dates).
        from_date: First day counted (date).
        to_date: Last day counted, to its end (date).

    Returns:
        Count.

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
    title={"en": "Records at a stage", "pl": "Liczba rekordów na etapie", "ru": "Количество записей на этапе"},
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
    aliases={
        "en": ("stage count",),
        "pl": ("liczba rekordów na etapie",),
        "ru": ("количество на этапе",),
    },
    confused_with=("STAGEREACH",),
    sources=(
        Source("cognism", "MQL/SQO/meeting volumes"),
        Source(
            "ruler-kpis",
            "«Зная свои MQL и сравнивая их с вашими SQL, а затем с продажами, вы можете создать четкую воронку»",
        ),
    ),
    remarks="Words are compared in lower case without surplus spaces; synonyms are the importer's business.",
    pitfalls=(
        "A current-stage column says where records ARE, not how many REACHED a stage: dividing two "
        "current-stage counts is not a conversion rate (records that moved on have left the count). "
        "Use STAGEREACH or the funnel sheet for rates."
    ),
)
def records_at_stage(stage_range: Any, stage: Any) -> Any:
    """Records whose current stage is the one asked for.

    Args:
        stage_range: Current stage of each record (range of text).
        stage: The stage to count (text).

    Returns:
        Count.

    >>> from xl_leadkpi import kpis
    >>> kpis.STAGECOUNT(["Lead", "MQL", "lead "], "Lead")
    2.0
    """
    return stage_range.count(read_words(stage)[0])


@aggregate(
    "STAGEREACH",
    family="volume",
    title={
        "en": "Records that reached a stage",
        "pl": "Liczba rekordów, które osiągnęły etap",
        "ru": "Сколько записей дошло до этапа",
    },
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
    aliases={
        "en": ("reached / cumulative stage count",),
    },
    confused_with=("STAGECOUNT",),
    remarks="A stage that is not in order gives #N/A; a row with an unknown stage is not counted.",
    pitfalls=(
        "Needs the furthest stage, not the current one; a row at «Lost» has rank 0 here, so its last "
        "open stage must be supplied instead (Pipedrive keeps it in “Deal - Stage” while “Deal - "
        "Status” says lost)."
    ),
)
def records_that_reached_stage(stage_range: Any, stage: Any, order: Any) -> Any:
    """Records whose furthest stage is the one asked for or a later one.

    Args:
        stage_range: Furthest stage of each record (range of text).
        stage: The stage to have reached (text).
        order: All stages in order, without Lost (text).

    Returns:
        Count.

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
    title={"en": "Meeting show rate", "pl": "Odsetek odbytych spotkań", "ru": "Доля состоявшихся встреч"},
    arguments=(
        count("attended", "meetings that took place"),
        count("booked", "meetings scheduled for the period"),
    ),
    unit="fraction",
    direction="higher",
    impossible=lambda attended, booked: attended > booked,
    examples=(
        Example((18, 24), 0.75),
        Example((0, 5), 0),
        Example((18, 0), CellError.DIV0),
        Example((25, 24), CellError.NUM),
    ),
    aliases={
        "en": (
            "show rate",
            "held rate",
        ),
        "pl": ("Spotkania zarezerwowane i odbyte",),
    },
    confused_with=("NOSHOWRATE",),
    sources=(
        Source(
            "cognism",
            (
                "«ile spotkań zostało zarezerwowanych i w których uczestniczyli potencjalni klienci»: two "
                "counts, ratio implied"
            ),
        ),
    ),
    pitfalls=(
        "Count meetings whose scheduled date is in the period (not booking date), else late-month "
        "bookings look like no-shows."
    ),
    references="grouglobal.com B2B glossary (no-show rate = booked meetings not attended; inverse of show rate)",
)
def meeting_show_rate(attended: Any, booked: Any) -> Any:
    """Meetings held as a share of the meetings booked.

    Args:
        attended: Meetings that took place (count).
        booked: Meetings scheduled for the period (count).

    Returns:
        Fraction.

    >>> meeting_show_rate(18, 24)
    0.75
    """
    return attended / booked


@elementwise(
    "NOSHOWRATE",
    family="volume",
    title={"en": "No-show rate", "pl": "Odsetek nieodbytych spotkań", "ru": "Доля несостоявшихся встреч"},
    arguments=(
        count("attended", "meetings that took place"),
        count("booked", "meetings scheduled for the period"),
    ),
    unit="fraction",
    direction="lower",
    impossible=lambda attended, booked: attended > booked,
    examples=(
        Example((18, 24), 0.25),
        Example((0, 24), 1),
        Example((18, 0), CellError.DIV0),
        Example((25, 24), CellError.NUM),
    ),
    aliases={
        "en": ("no-show rate",),
    },
    confused_with=("SHOWRATE",),
)
def meeting_no_show_rate(attended: Any, booked: Any) -> Any:
    """Meetings nobody came to as a share of the meetings booked; 1 - SHOWRATE.

    Args:
        attended: Meetings that took place (count).
        booked: Meetings scheduled for the period (count).

    Returns:
        Fraction.

    >>> meeting_no_show_rate(18, 24)
    0.25
    """
    return 1 - attended / booked


@aggregate(
    "WEBTRAFFIC",
    family="volume",
    title={"en": "Website traffic", "pl": "Ruch w witrynie", "ru": "Трафик сайта"},
    arguments=(counts("sessions", "sessions of each day or page"),),
    unit="count",
    direction="higher",
    excel=lambda sessions: f"SUM({sessions})",
    value='SUM(IF(sessions<"",sessions,0))',
    examples=(
        Example(([1200, 1350, None, 1450],), 4000),
        Example(([500, None, None],), 500),
    ),
    aliases={
        "en": ("sessions", "visits"),
        "pl": ("Ruch na stronie / ruch w witrynie",),
        "ru": ("трафик",),
    },
    confused_with=("IMPRESSIONS",),
    sources=(
        Source("cognism", "no formula (Google Analytics / Ahrefs)"),
        Source("ruler-metrics", "named a vanity metric (трафик)"),
    ),
    pitfalls="Ambiguous unit: sessions ≠ users ≠ page views; users are not additive over days. Sum sessions only.",
)
def website_traffic(sessions: Any) -> Any:
    """Sessions, summed up.

    Args:
        sessions: Sessions of each day or page (range of counts).

    Returns:
        Count.

    >>> from xl_leadkpi import kpis
    >>> kpis.WEBTRAFFIC([1200, None, 1450])
    2650.0
    """
    return np.nansum(sessions)


@elementwise(
    "ACTPERREP",
    family="volume",
    title={"en": "Activities per rep", "pl": "Aktywności na handlowca", "ru": "Активностей на одного менеджера"},
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
    aliases={
        "en": ("calls per rep",),
        "pl": ("liczba telefonów na handlowca",),
    },
    sources=(Source("automatenow", "«do liczby telefonów używanych przez pracowników sprzedaży»: mentioned only"),),
    pitfalls="Mentioned in passing as an example of a sales metric; no formula.",
)
def activities_per_rep(activities: Any, reps: Any) -> Any:
    """Calls or other activities for each sales representative.

    Args:
        activities: Calls, e-mails or meetings of the team (count).
        reps: Sales representatives (count).

    Returns:
        Ratio.

    >>> activities_per_rep(340, 5)
    68.0
    """
    return activities / reps


@elementwise(
    "CRMADOPT",
    family="volume",
    title={
        "en": "CRM adoption rate",
        "pl": "Odsetek handlowców korzystających z CRM",
        "ru": "Доля менеджеров, работающих в CRM",
    },
    arguments=(
        count("active_reps", "representatives who use the CRM"),
        count("reps", "sales representatives"),
    ),
    unit="fraction",
    direction="higher",
    impossible=lambda active_reps, reps: active_reps > reps,
    examples=(
        Example((3, 7), 0.42857142857142855, "prospr.tech same (3 of 7 = 43%)"),
        Example((0, 7), 0),
        Example((3, 0), CellError.DIV0),
        Example((8, 7), CellError.NUM),
    ),
    aliases={
        "en": ("user adoption rate",),
        "pl": ("odsetek przedstawicieli handlowych korzystających z CRM",),
    },
    sources=(Source("automatenow", "«procent przedstawicieli handlowych korzystających z CRM»: mentioned only"),),
    references="kpitree.co Salesforce user adoption = active users ÷ licensed users; prospr.tech same (3 of 7 = 43%)",
)
def crm_adoption_rate(active_reps: Any, reps: Any) -> Any:
    """Share of the sales representatives who use the CRM.

    Args:
        active_reps: Representatives who use the CRM (count).
        reps: Sales representatives (count).

    Returns:
        Fraction.

    >>> round(crm_adoption_rate(3, 7), 4)
    0.4286
    """
    return active_reps / reps
