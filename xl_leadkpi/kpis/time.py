"""Family F: how long it takes, from lead to won and from request to answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis.aggregate import aggregate
from xl_leadkpi.kpis.declaration import STATISTIC, Argument, Example, count, day, days, unique
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
    title="Sales cycle length",
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
    aliases=("sales cycle", "days to close", "time to close"),
    confused_with=("TIMETOCONV",),
    pitfalls=(
        "From the creation of the lead or of the opportunity: both are in use, pass the column you mean. Deals "
        "won only: lost ones change the meaning."
    ),
)
def sales_cycle_days(start_dates: Any, end_dates: Any, stat: Any) -> Any:
    """Days from the start to the win, over the deals won.

    >>> from datetime import date
    >>> from xl_leadkpi import kpis
    >>> kpis.SALESCYCLE([date(2025, 1, 1), date(2025, 1, 10)], [date(2025, 2, 15), date(2025, 3, 5)])
    49.5
    """
    return statistic(days_between(start_dates, end_dates), stat)


@aggregate(
    "TIMETOCONV",
    family="time",
    title="Time to conversion",
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
    aliases=("time to convert", "lead-to-customer time"),
    confused_with=("SALESCYCLE",),
    pitfalls="A few slow leads pull up the mean: report the median beside it.",
)
def days_to_conversion(lead_dates: Any, conv_dates: Any, stat: Any) -> Any:
    """Days from the lead to any later stage.

    >>> from datetime import date
    >>> from xl_leadkpi import kpis
    >>> kpis.TIMETOCONV([date(2025, 5, 1), date(2025, 5, 4)], [date(2025, 5, 11), date(2025, 5, 24)], "median")
    15.0
    """
    return statistic(days_between(lead_dates, conv_dates), stat)


@aggregate(
    "RESPTIME",
    family="time",
    title="Inbound response time",
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
    aliases=("lead response time", "speed to lead"),
    confused_with=("RESPSLA",),
    pitfalls=(
        "Requests never answered are not in it: show the share answered, the median and RESPSLA beside it. The "
        "clock is calendar time, not business hours."
    ),
)
def response_minutes(request_times: Any, response_times: Any, stat: Any) -> Any:
    """Minutes to the first response, over the requests answered; to the second.

    >>> from datetime import datetime
    >>> from xl_leadkpi import kpis
    >>> kpis.RESPTIME([datetime(2025, 5, 5, 10, 0)], [datetime(2025, 5, 5, 10, 2)])
    2.0
    """
    return statistic(minutes_between(request_times, response_times), stat)


@aggregate(
    "RESPSLA",
    family="time",
    title="Share answered within target",
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
    aliases=("SLA attainment", "% within 5 minutes"),
    confused_with=("OUTCOMERATE", "RESPTIME"),
    remarks="A request without a response, or answered before it came, counts as missed.",
    pitfalls="Within means up to and including the target, to the second.",
)
def share_answered_in_time(request_times: Any, response_times: Any, target_minutes: Any) -> Any:
    """Share of all requests that were answered within the target.

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
    title="Outcome rate of inbound requests",
    arguments=(
        unique("with_outcome", "requests that reached an outcome", out_of="requests"),
        count("requests", "inbound requests"),
    ),
    unit="fraction",
    direction="higher",
    examples=(
        Example((42, 60), 0.7),
        Example((0, 60), 0),
        Example((42, 0), CellError.DIV0),
        Example((61, 60), CellError.NUM),
    ),
    aliases=("inbound outcome rate",),
    confused_with=("RESPSLA",),
    pitfalls="Requests that reached an outcome, not those answered in time: that is RESPSLA.",
)
def inbound_outcome_rate(with_outcome: Any, requests: Any) -> Any:
    """Share of the inbound requests that reached an outcome.

    >>> inbound_outcome_rate(42, 60)
    0.7
    """
    return with_outcome / requests
