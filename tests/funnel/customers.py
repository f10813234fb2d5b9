"""Customers whose stay is known, one by one: plain loops over persons, and made-up tables of them."""

from __future__ import annotations

from datetime import date, timedelta
from math import erfc, exp, log, sqrt
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from xl_leadkpi.funnel.incidence import Ending
from xl_leadkpi.funnel.staying import LEFT, STILL_THERE, Stays

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

AS_OF = date(2026, 6, 30)


class Person(NamedTuple):
    """A customer: days from the win until the end or until nobody knows more, which of these, and days followed."""

    days: int
    left: bool
    followed: int


def stays_of(people: Sequence[Person]) -> Stays:
    return Stays(
        [Ending(one.days, LEFT if one.left else STILL_THERE, 1) for one in people],
        [(one.followed, 1) for one in people],
    )


def kaplan_meier(people: Sequence[Person]) -> list[tuple[int, float, float]]:
    """By day of leaving, the share still there and Greenwood's sum."""
    share, greenwood, found = 1.0, 0.0, []
    for day in sorted({one.days for one in people if one.left}):
        at_risk = sum(one.days >= day for one in people)
        left = sum(one.left and one.days == day for one in people)
        share *= 1 - left / at_risk
        greenwood += left / (at_risk * (at_risk - left)) if at_risk > left else 0.0
        found.append((day, share, greenwood))
    return found


def kept_by(people: Sequence[Person], day: int) -> tuple[float, float]:
    """The share still there at the end of a day, and its variance."""
    share, greenwood = 1.0, 0.0
    for when, *step in kaplan_meier(people):
        if when <= day:
            share, greenwood = step
    return share, share**2 * greenwood


def log_log(share: float, variance: float) -> tuple[float, float]:
    """The interval on the scale log(-log), as R's ``conf.type = "log-log"``."""
    spread = 1.959963984540054 * sqrt(variance) / abs(share * log(share))
    return share ** exp(spread), share ** exp(-spread)


def wilson(share: float, n: float) -> tuple[float, float]:
    z = 1.959963984540054
    middle, spread = share + z * z / (2 * n), z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (middle - spread) / (1 + z * z / n), (middle + spread) / (1 + z * z / n)


def mean_within(people: Sequence[Person], within: int) -> tuple[float, float]:
    """Area under the curve, as a sum of rectangles between the days of leaving, and its variance."""
    steps = [(day, share) for day, share, _ in kaplan_meier(people) if day < within]
    edges = [0, *(day for day, _ in steps), within]
    heights = [1.0, *(share for _, share in steps)]
    areas = [height * (end - start) for height, start, end in zip(heights, edges, edges[1:], strict=False)]
    variance = 0.0
    for place, (day, _) in enumerate(steps, start=1):
        at_risk = sum(one.days >= day for one in people)
        left = sum(one.left and one.days == day for one in people)
        if at_risk > left:
            variance += sum(areas[place:]) ** 2 * left / (at_risk * (at_risk - left))
    return sum(areas), variance


def log_rank_of(one: Sequence[Person], other: Sequence[Person]) -> tuple[float, float, float]:
    """How many of the first left, how many would have, and the p value, day by day."""
    observed = expected = variance = 0.0
    both = [*one, *other]
    for day in sorted({person.days for person in both if person.left}):
        n, own = (sum(person.days >= day for person in group) for group in (both, one))
        d = sum(person.left and person.days == day for person in both)
        observed += sum(person.left and person.days == day for person in one)
        expected += d * own / n
        if n > 1:
            variance += d * own * (n - own) * (n - d) / (n * n * (n - 1))
    return observed, expected, erfc(abs(observed - expected) / sqrt(2 * variance))


def random_people(random: np.random.Generator, n: int, mean: float, longest: int = 900) -> list[Person]:
    """Customers won evenly over the days before the censoring day, who leave at a steady pace."""
    people = []
    for followed, stay in zip(random.integers(0, longest, n), random.exponential(mean, n), strict=True):
        days = int(stay)
        people.append(Person(min(days, int(followed)), days <= followed, int(followed)))
    return people


def table_of(groups: dict[str, Sequence[Person]], *, amount: float | None = 100.0, header: str = "MRR") -> pl.DataFrame:
    """An export of these customers by source, with a lost and an open lead of each."""
    rows: list[dict[str, object]] = []
    for source, people in groups.items():
        for one in people:
            won = AS_OF - timedelta(one.followed)
            end = won + timedelta(one.days) if one.left else None
            rows.append({"Created": won - timedelta(20), "Status": "Won", "Close date": won, "Churn date": end})
            rows[-1] |= {"Source": source, header: amount}
        not_won = {"Created": date(2025, 1, 1), "Source": source}
        rows += [{**not_won, "Status": status} for status in ("Lost", "Open")]
    names = ("Lead ID", "Created", "Source", "Status", "Close date", "Churn date", header)
    days = dict.fromkeys(("Created", "Close date", "Churn date"), pl.Date)
    texts = dict.fromkeys(("Lead ID", "Source", "Status"), pl.String)
    full = [{"Lead ID": str(number), **row} for number, row in enumerate(rows, start=1)]
    schema = {name: days.get(name) or texts.get(name) or pl.Float64 for name in names}
    return pl.DataFrame([{name: row.get(name) for name in names} for row in full], schema=schema)
