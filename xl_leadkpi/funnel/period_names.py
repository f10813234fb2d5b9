"""The period that is counted, between what the user calls it and the days that the counting takes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, get_args

from xl_leadkpi.errors import InputError
from xl_leadkpi.leads.model.periods import FIRST_DAY, LAST_DAY, Comparison, compared_with, read_period

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from xl_leadkpi.funnel.options import FunnelOptions

COMPARISONS: tuple[Comparison, ...] = get_args(Comparison)
"""What a period may be compared with, besides another period."""


@dataclass(frozen=True, slots=True)
class PeriodNames:
    """What the user calls the period that is counted.

    Attributes:
        period: Its name or its days, ``""`` where the whole table is counted.
        compare: ``previous``, ``year-ago``, ``none``, or the days of another period.
        fiscal_start: Month from 1 in which its year begins.
    """

    period: str = ""
    compare: str = "previous"
    fiscal_start: int = 1


PARTS = tuple(part.name for part in fields(PeriodNames))
"""What a user says of a period, by name."""


def period_options(names: PeriodNames) -> dict[str, Any]:
    """The options of the counting for a period.

    Args:
        names: The period, and what it is compared with.

    Returns:
        Names of ``FunnelOptions`` with their values.

    Raises:
        InputError: There is no such period.

    >>> options = period_options(PeriodNames("2026-Q2"))
    >>> print(options["period_from"], options["compared_from"], options["compared_to"])
    2026-04-01 2026-01-01 2026-03-31
    >>> period_options(PeriodNames())["period_from"] is None
    True
    """
    if not names.period:
        none = dict.fromkeys(("period_from", "period_to", "compared_from", "compared_to"))
        return {**none, "compared_name": "", "period_name": "", "fiscal_start": 1}
    asked = read_period(names.period, names.fiscal_start)
    is_named = names.compare in COMPARISONS
    compared = (
        compared_with(asked, names.compare) if is_named else read_period(names.compare, names.fiscal_start)  # type: ignore[arg-type]
    )
    return {
        "period_from": asked.first,
        "period_to": asked.last,
        "compared_from": compared and compared.first,
        "compared_to": compared and compared.last,
        "compared_name": names.compare,
        "period_name": names.period,
        "fiscal_start": names.fiscal_start,
    }


OPTIONS = frozenset(period_options(PeriodNames()))
"""The options of the counting that a period decides."""


def named_period(options: Mapping[str, Any]) -> PeriodNames:
    """What the user calls the period that options of the counting stand for.

    Args:
        options: Names of ``FunnelOptions`` with their values.

    >>> asked = PeriodNames("2026-05", "year-ago")
    >>> named_period(period_options(asked)) == asked
    True
    >>> from datetime import date
    >>> named_period({"period_from": date(2026, 5, 1), "period_to": date(2026, 5, 9)}).period
    '2026-05-01..2026-05-09'
    """
    first, last = options.get("period_from"), options.get("period_to")
    if first is None and last is None:
        return PeriodNames()
    fiscal_start = options.get("fiscal_start") or 1
    period = options.get("period_name") or ""
    if not _is_named(period, fiscal_start, first, last):
        period = _days(first, last)
    compared = options.get("compared_from"), options.get("compared_to")
    # of a year the one before is that of a year ago too: what the user has said comes first
    said = [one for one in COMPARISONS if one == options.get("compared_name")]
    compare = next((one for one in (*said, *COMPARISONS) if _compared(period, fiscal_start, one) == compared), None)
    return PeriodNames(period, compare or _days(*compared), fiscal_start)


def _compared(period: str, fiscal_start: int, comparison: Comparison) -> tuple[date | None, date | None]:
    """The days that a period is compared with; an impossible pair where no calendar has them."""
    try:
        other = compared_with(read_period(period, fiscal_start), comparison)
    except InputError:
        return LAST_DAY, FIRST_DAY
    return (other.first, other.last) if other else (None, None)


def is_of_fiscal_year(options: FunnelOptions) -> bool:
    """Whether the period's name counts in years that do not begin in January.

    >>> from xl_leadkpi.funnel.options import FunnelOptions
    >>> is_of_fiscal_year(FunnelOptions(**period_options(PeriodNames("2026-Q1", fiscal_start=4))))
    True
    >>> from xl_leadkpi.funnel.options import FunnelOptions
    >>> is_of_fiscal_year(FunnelOptions(**period_options(PeriodNames("2026-05", fiscal_start=4))))
    False
    """
    try:
        return read_period(options.period_name, options.fiscal_start).is_fiscal
    except InputError:  # called as the user likes, or there is none
        return options.fiscal_start > 1 and options.is_limited


def _is_named(period: str, fiscal_start: int, first: date | None, last: date | None) -> bool:
    try:
        asked = read_period(period, fiscal_start)
    except InputError:
        return False
    return (asked.first, asked.last) == (first, last)


def _days(first: date | None, last: date | None) -> str:
    """A period by its days; an open end is that of all days there may be."""
    return f"{first or FIRST_DAY}..{last or LAST_DAY}"
