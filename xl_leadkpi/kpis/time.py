"""Family F: how long it takes, from lead to won and from request to answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.aggregate import aggregate
from xl_leadkpi.kpis.declaration import STATISTIC, Argument, Example, Source, count, day, days
from xl_leadkpi.kpis.durations import (
    STATISTIC_IMPOSSIBLE,
    STATISTIC_LETS,
    STATISTIC_VALUE,
    STATISTIC_ZERO,
    complete_text,
    days_between,
    minutes_between,
    statistic,
    statistic_text,
)
from xl_leadkpi.kpis.elementwise import elementwise


@aggregate(
    "SALESCYCLE",
    family="time",
    title={"en": "Sales cycle length", "pl": "Długość cyklu sprzedaży", "ru": "Продолжительность цикла продаж"},
    arguments=(
        days("start_dates", "first contact, lead or opportunity created"),
        days("end_dates", "won"),
        STATISTIC,
    ),
    unit="days",
    direction="lower",
    excel=lambda start_dates, end_dates, stat: statistic_text(
        f"{end_dates}-{start_dates}",
        complete_text(start_dates, end_dates),
        stat,
    ),
    lets=(
        'complete,(start_dates<"")*(end_dates<"")*(end_dates>=start_dates)',
        "durations,IF(complete,end_dates-start_dates)",
        *STATISTIC_LETS,
    ),
    zero=STATISTIC_ZERO,
    zero_means="no row has both dates in order",
    impossible=STATISTIC_IMPOSSIBLE,
    impossible_means="a quantile outside 0..1",
    value=STATISTIC_VALUE,
    examples=(
        Example(
            (
                [day(2025, 1, 1), day(2025, 1, 10), day(2025, 1, 20)],
                [day(2025, 2, 15), day(2025, 3, 5), day(2025, 2, 28)],
                "mean",
            ),
            46,
        ),
        Example(
            (
                [day(2025, 1, 1), day(2025, 1, 10), day(2025, 1, 20), None],
                [day(2025, 2, 15), day(2025, 3, 5), day(2025, 2, 28), day(2025, 3, 1)],
                "median",
            ),
            45,
        ),
        Example(([day(2025, 3, 1)], [day(2025, 2, 1)], "mean"), CellError.DIV0),
    ),
    aliases={
        "en": ("sales cycle", "days to close"),
        "pl": ("Czas trwania cyklu sprzedażowego",),
        "ru": ("Продолжительность цикла продаж",),
    },
    confused_with=("TIMETOCONV",),
    sources=(
        Source(
            "tehnografi",
            ("«время, необходимое для превращения лида в платящего клиента, от первого контакта до закрытия сделки»"),
        ),
        Source("automatenow", "«jaki zajęło Ci przekształcenie leada w klienta i domknięcie transakcji»"),
    ),
    pitfalls=(
        "Start: first contact / lead creation (articles) vs opportunity creation (HubSpot, "
        "Salesforce). Both are legitimate; pass the column you mean. Won deals only: mixing in lost "
        "ones changes the meaning."
    ),
    references=(
        "kpitree HubSpot: average(close − create) for won deals; usedaymark.io 45, 54, 39 → 46 days; "
        "rekener.com 1,000/50 = 20"
    ),
)
def sales_cycle_days(start_dates: Any, end_dates: Any, stat: Any) -> Any:
    """Days from the start to the win, over the deals won.

    Args:
        start_dates: First contact, lead or opportunity created (range of dates).
        end_dates: Won (range of dates).
        stat: Mean, median, p90 and the like, or a quantile of 0..1.

    Returns:
        Days.

    >>> from datetime import date
    >>> from xl_leadkpi import kpis
    >>> kpis.SALESCYCLE([date(2025, 1, 1), date(2025, 1, 10)], [date(2025, 2, 15), date(2025, 3, 5)])
    49.5
    """
    return statistic(days_between(start_dates, end_dates), stat)


@aggregate(
    "TIMETOCONV",
    family="time",
    title={"en": "Time to conversion", "pl": "Czas do konwersji", "ru": "Время до конверсии"},
    arguments=(
        days("lead_dates", "lead created"),
        days("conv_dates", "stage reached"),
        STATISTIC,
    ),
    unit="days",
    direction="lower",
    excel=lambda lead_dates, conv_dates, stat: statistic_text(
        f"{conv_dates}-{lead_dates}",
        complete_text(lead_dates, conv_dates),
        stat,
    ),
    lets=(
        'complete,(lead_dates<"")*(conv_dates<"")*(conv_dates>=lead_dates)',
        "durations,IF(complete,conv_dates-lead_dates)",
        *STATISTIC_LETS,
    ),
    zero=STATISTIC_ZERO,
    zero_means="no row has both dates in order",
    impossible=STATISTIC_IMPOSSIBLE,
    impossible_means="a quantile outside 0..1",
    value=STATISTIC_VALUE,
    examples=(
        Example(([day(2025, 5, 1), day(2025, 5, 4)], [day(2025, 5, 11), day(2025, 5, 24)], "mean"), 15),
        Example(([day(2025, 5, 1), day(2025, 5, 4), None], [day(2025, 5, 11), None, day(2025, 5, 30)], "mean"), 10),
    ),
    aliases={
        "en": ("time to convert", "lead-to-customer time"),
        "pl": ("czas do konwersji",),
        "ru": ("Время до конверсии",),
    },
    confused_with=("SALESCYCLE",),
    sources=(Source("ruler-metrics", "«Время до конверсии»: no formula"),),
    pitfalls=(
        "Same arithmetic as SALESCYCLE; kept as an alias for lead→any stage. Report median with mean (long tail)."
    ),
    references="PostHog: report median and mean (mean is skewed by long tails)",
)
def days_to_conversion(lead_dates: Any, conv_dates: Any, stat: Any) -> Any:
    """Days from the lead to any later stage.

    Args:
        lead_dates: Lead created (range of dates).
        conv_dates: Stage reached (range of dates).
        stat: Mean, median, p90 and the like, or a quantile of 0..1.

    Returns:
        Days.

    >>> from datetime import date
    >>> from xl_leadkpi import kpis
    >>> kpis.TIMETOCONV([date(2025, 5, 1), date(2025, 5, 4)], [date(2025, 5, 11), date(2025, 5, 24)], "median")
    15.0
    """
    return statistic(days_between(lead_dates, conv_dates), stat)


@aggregate(
    "RESPTIME",
    family="time",
    title={"en": "Inbound response time", "pl": "Czas odpowiedzi na zapytanie", "ru": "Время ответа на запрос"},
    arguments=(
        days("request_times", "request received"),
        days("response_times", "request answered, blank if never"),
        STATISTIC,
    ),
    unit="minutes",
    direction="lower",
    excel=lambda request_times, response_times, stat: statistic_text(
        f"ROUND(({response_times}-{request_times})*86400,0)/60",
        complete_text(request_times, response_times),
        stat,
    ),
    lets=(
        'complete,(request_times<"")*(response_times<"")*(response_times>=request_times)',
        "durations,IF(complete,INT((response_times-request_times)*86400+0.5)/60)",
        *STATISTIC_LETS,
    ),
    zero=STATISTIC_ZERO,
    zero_means="no row has both dates in order",
    impossible=STATISTIC_IMPOSSIBLE,
    impossible_means="a quantile outside 0..1",
    value=STATISTIC_VALUE,
    examples=(
        Example(
            (
                [day(2025, 5, 5, 10, 0), day(2025, 5, 5, 10, 10), day(2025, 5, 5, 10, 20), day(2025, 5, 5, 11, 0)],
                [day(2025, 5, 5, 10, 2), day(2025, 5, 5, 10, 15), day(2025, 5, 5, 10, 21), None],
                "mean",
            ),
            2.6666666666666665,
        ),
        Example(
            (
                [day(2025, 5, 5, 10, 0), day(2025, 5, 5, 10, 10), day(2025, 5, 5, 10, 20)],
                [day(2025, 5, 5, 10, 2), day(2025, 5, 5, 10, 15), day(2025, 5, 5, 10, 21)],
                "median",
            ),
            2,
        ),
    ),
    aliases={
        "en": ("lead response time", "speed to lead"),
        "pl": (
            "czas odpowiedzi na zapytanie przychodzące",
            "Czas odpowiedzi przychodzącej",
        ),
        "ru": ("время ответа на входящий запрос",),
    },
    confused_with=("RESPSLA",),
    sources=(Source("cognism", "«średni czas odpowiedzi na żądanie przychodzące»; own target under 3 minutes"),),
    pitfalls=(
        "The mean ignores unanswered requests, so a team that answers one request fast and forgets "
        "the rest looks good: always show the answered share, the median and RESPSLA next to it. "
        "Clock is calendar time; business hours are an option of the sheet."
    ),
    references="kpitree.co lead response time; prospeo.io: report P50 + P95 and % within SLA bands; profitailab.com",
)
def response_minutes(request_times: Any, response_times: Any, stat: Any) -> Any:
    """Minutes to the first response, over the requests answered; to the second.

    Args:
        request_times: Request received (range of dates).
        response_times: Request answered, blank if never (range of dates).
        stat: Mean, median, p90 and the like, or a quantile of 0..1.

    Returns:
        Minutes.

    >>> from datetime import datetime
    >>> from xl_leadkpi import kpis
    >>> kpis.RESPTIME([datetime(2025, 5, 5, 10, 0)], [datetime(2025, 5, 5, 10, 2)])
    2.0
    """
    return statistic(minutes_between(request_times, response_times), stat)


@aggregate(
    "RESPSLA",
    family="time",
    title={
        "en": "Share answered within target",
        "pl": "Odsetek odpowiedzi w czasie docelowym",
        "ru": "Доля ответов в срок",
    },
    arguments=(
        days("request_times", "request received"),
        days("response_times", "request answered, blank if never"),
        Argument("target_minutes", "minutes", "target, inclusive", low=0, optional=True, default=3),
    ),
    unit="fraction",
    direction="higher",
    excel=lambda request_times, response_times, target_minutes: (
        f"SUMPRODUCT({complete_text(request_times, response_times)}"
        f"*(ROUND(({response_times}-{request_times})*86400,0)<={target_minutes or 3}*60))/COUNT({request_times})"
    ),
    lets=(
        'asked,SUM((request_times<"")*1)',
        'answered,(request_times<"")*(response_times<"")*(response_times>=request_times)',
    ),
    zero="asked=0",
    zero_means="no request",
    value="SUM(IF(answered,(INT((response_times-request_times)*86400+0.5)<=target_minutes_*60)*1,0))/asked",
    examples=(
        Example(
            (
                [day(2025, 5, 5, 10, 0), day(2025, 5, 5, 10, 10), day(2025, 5, 5, 10, 20), day(2025, 5, 5, 11, 0)],
                [day(2025, 5, 5, 10, 3), day(2025, 5, 5, 10, 15), day(2025, 5, 5, 10, 21), None],
                3,
            ),
            0.5,
        ),
        Example(
            ([day(2025, 5, 5, 10, 0), day(2025, 5, 5, 10, 10)], [day(2025, 5, 5, 9, 59), day(2025, 5, 5, 10, 12)], 3),
            0.5,
        ),
        Example(
            ([day(2025, 5, 5, 10, 0), day(2025, 5, 5, 10, 10)], [day(2025, 5, 5, 10, 1), day(2025, 5, 5, 10, 12)], 3), 1
        ),
    ),
    aliases={
        "en": ("SLA attainment", "% within 5 minutes"),
        "pl": ("odsetek zapytań obsłużonych w czasie docelowym",),
        "ru": ("доля ответов в срок",),
    },
    confused_with=("OUTCOMERATE", "RESPTIME"),
    sources=(
        Source(
            "cognism", "«odpowiedzieć … w czasie krótszym niż trzy minuty»: the target; the share itself is not named"
        ),
    ),
    remarks="A request without a response, or answered before it came, counts as missed.",
    pitfalls=(
        "Cognism says «under three minutes» (strict <); the field says “within” (≤). Here: ≤, rounded "
        "to whole seconds: in floating point 10:03−10:00 can exceed 3 minutes by 1e-9."
    ),
)
def share_answered_in_time(request_times: Any, response_times: Any, target_minutes: Any) -> Any:
    """Share of all requests that were answered within the target.

    Args:
        request_times: Request received (range of dates).
        response_times: Request answered, blank if never (range of dates).
        target_minutes: Target, inclusive (minutes).

    Returns:
        Fraction.

    >>> from datetime import datetime
    >>> from xl_leadkpi import kpis
    >>> kpis.RESPSLA([datetime(2025, 5, 5, 10, 0)] * 2, [datetime(2025, 5, 5, 10, 3), None])
    0.5
    """
    in_time = np.round(minutes_between(request_times, response_times) * 60) <= target_minutes * 60
    return int(in_time.sum()) / int(np.isfinite(request_times).sum())


@elementwise(
    "OUTCOMERATE",
    family="time",
    title={
        "en": "Outcome rate of inbound requests",
        "pl": "Odsetek zapytań zakończonych wynikiem",
        "ru": "Доля запросов с результатом",
    },
    arguments=(
        count("with_outcome", "requests that reached an outcome"),
        count("requests", "inbound requests"),
    ),
    unit="fraction",
    direction="higher",
    impossible=lambda with_outcome, requests: with_outcome > requests,
    examples=(
        Example((42, 60), 0.7),
        Example((0, 60), 0),
        Example((42, 0), CellError.DIV0),
        Example((61, 60), CellError.NUM),
    ),
    aliases={
        "en": ("inbound outcome rate",),
        "pl": ("procent zapytań przychodzących zakończonych wynikiem",),
        "ru": ("доля запросов с результатом",),
    },
    confused_with=("RESPSLA",),
    sources=(
        Source("cognism", "«procent żądań przychodzących, które mają wynik … a celem jest uzyskanie wyniku 70%»"),
    ),
    pitfalls=(
        "The 70% in Cognism is the share of inbound requests that reach an OUTCOME, not the share "
        "answered in 3 minutes: the sentence joins two goals (respond in < 3 min; outcome 70%). Keep "
        "the two KPIs apart."
    ),
)
def inbound_outcome_rate(with_outcome: Any, requests: Any) -> Any:
    """Share of the inbound requests that reached an outcome.

    Args:
        with_outcome: Requests that reached an outcome (count).
        requests: Inbound requests (count).

    Returns:
        Fraction.

    >>> inbound_outcome_rate(42, 60)
    0.7
    """
    return with_outcome / requests
