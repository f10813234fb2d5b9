"""How a funnel is to be counted, where tables, tools and teams differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Literal

from xl_leadkpi.errors import brief

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

Reach = Literal["filled", "exact", "strict"]
WinBasis = Literal["closed", "all", "cohort"]
AmountPer = Literal["auto", "once", "month", "year"]

UNKEPT = ("built_at", "targets")
"""Options that are not among the parameters of a workbook: a time, and what has a table of its own."""
MOST_COHORT_MONTHS = 240
MOST_WINDOW_DAYS = 36_500


def share(value: object) -> float:
    """A share of all, as an option, a project file or a cell has it.

    Raises:
        ValueError: It is none.

    >>> share("0.6"), share(1)
    (0.6, 1.0)
    >>> share(60)
    Traceback (most recent call last):
    ...
    ValueError: '60' is not a share between 0 and 1; write 0.6 for 60%
    """
    written = f"{value:g}" if isinstance(value, float) else str(value)
    try:
        number = float(str(value))
    except ValueError:
        number = -1
    if not 0 <= number <= 1:
        raise ValueError(f"'{brief(written)}' is not a share between 0 and 1; write 0.6 for 60%")
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelOptions:
    """The choices behind the figures; every one is printed on the sheet.

    Attributes:
        reach: When a stage counts as reached. ``filled``: the lead came at least that far. ``exact``: there is a trace
            of that very stage. ``strict``: every stage up to it has a date, in order. It decides what the stages count;
            won, lost and the win rate follow the outcome of each lead.
        window_days: Maturity window: only leads at least that old enter a mature rate; at most 36,500.
        win_basis: What won deals are divided by. ``closed``: won and lost opportunities. ``all``: every opportunity.
            ``cohort``: opportunities at least ``window_days`` old, won within the window.
        min_n: Below this many the sheet greys a rate.
        half_life: Days in which a touch loses half its weight (time decay attribution).
        gross_margin: Share of revenue that is margin, 0 to 1, for the return on marketing investment.
        amount_per: What an amount is paid for: ``once``, each ``month`` or each ``year``; ``auto`` takes the word of
            its header (``MRR``, ``Amount per year``), without which nobody knows.
        top_groups: Rows of a breakdown; the rest goes into one row.
        period_from: First day of the period that is counted: the leads created in it and the deals closed in it, see
            :mod:`xl_leadkpi.funnel.period`; None leaves it open. Without both ends the whole table is counted.
        period_to: Last day of it; None leaves it open.
        compared_from: First day of the period that it is compared with, None without one.
        compared_to: Last day of that.
        compared_name: What the user calls that: ``previous``, ``year-ago``, ``none``, or its days.
        period_name: What the user calls the period, such as ``2026-Q2``.
        fiscal_start: Month from 1 in which the year begins that such a name is of.
        cohort_months: Calendar months after the first that the cohort tables follow, at most 240.
        target_minutes: Response time promised, in minutes.
        targets: Targets of key figures by their keys in the summary, see :mod:`xl_leadkpi.funnel.targets`.
        built_at: Time printed on the sheet; None asks the clock.

    >>> FunnelOptions(window_days=60).reach
    'filled'
    >>> FunnelOptions(window_days=0)
    Traceback (most recent call last):
    ...
    ValueError: window_days must be at least 1 day and at most 36,500, not 0
    """

    reach: Reach = "filled"
    window_days: int = 90
    win_basis: WinBasis = "closed"
    min_n: int = 30
    half_life: float = 7.0
    gross_margin: float = 1.0
    amount_per: AmountPer = "auto"
    top_groups: int = 15
    period_from: date | None = None
    period_to: date | None = None
    compared_from: date | None = None
    compared_to: date | None = None
    compared_name: str = ""
    period_name: str = ""
    fiscal_start: int = 1
    cohort_months: int = 12
    target_minutes: float = 3.0
    targets: Mapping[str, float] = field(default_factory=dict)
    built_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.reach not in ("filled", "exact", "strict"):
            raise ValueError(f"reach must be filled, exact or strict, not {self.reach!r}")
        if self.win_basis not in ("closed", "all", "cohort"):
            raise ValueError(f"win_basis must be closed, all or cohort, not {self.win_basis!r}")
        if self.amount_per not in ("auto", "once", "month", "year"):
            raise ValueError(f"amount_per must be auto, once, month or year, not {self.amount_per!r}")
        if not 1 <= self.window_days <= MOST_WINDOW_DAYS:
            raise ValueError(
                f"window_days must be at least 1 day and at most {MOST_WINDOW_DAYS:,}, not {self.window_days}"
            )
        if not self.half_life > 0:
            raise ValueError(f"half_life must be more than 0 days, not {self.half_life}")
        try:
            share(self.gross_margin)
        except ValueError as error:
            raise ValueError(f"gross_margin: {error}") from None
        if not self.top_groups >= 1:
            raise ValueError(f"top_groups must be at least 1, not {self.top_groups}")
        self._check_numbers()
        self._check_days()

    @property
    def is_limited(self) -> bool:
        """Only a period is counted."""
        return self.period_from is not None or self.period_to is not None

    def _check_days(self) -> None:
        for name, first, last in (
            ("period", self.period_from, self.period_to),
            ("period compared with", self.compared_from, self.compared_to),
        ):
            if first and last and first > last:
                raise ValueError(f"the {name} ends ({last}) before it begins ({first}); exchange the two days")
        if (self.compared_from is None) != (self.compared_to is None):
            raise ValueError("the period compared with has but one end; give compared_from and compared_to, or neither")

    def _check_numbers(self) -> None:
        if not 0 <= self.cohort_months <= MOST_COHORT_MONTHS:
            raise ValueError(f"cohort_months must be 0 to {MOST_COHORT_MONTHS} months, not {self.cohort_months}")
        for name in ("min_n", "half_life", "target_minutes"):
            if not isfinite(getattr(self, name)):
                raise ValueError(f"{name} must be a number, not {getattr(self, name)}")
        if self.min_n < 0:
            raise ValueError(f"min_n must be 0 cases or more, not {self.min_n}")
        if not self.target_minutes > 0:
            raise ValueError(f"target_minutes must be more than 0 minutes, not {self.target_minutes:g}")
