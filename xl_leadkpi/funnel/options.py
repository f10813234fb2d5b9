"""How a funnel is to be counted, where tables, tools and teams differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date, datetime

Reach = Literal["filled", "exact", "strict"]
WinBasis = Literal["closed", "all", "cohort"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelOptions:
    """The choices behind the figures; every one is printed on the sheet.

    Attributes:
        reach: When a stage counts as reached. ``filled``: the lead came at least that far. ``exact``: there is a trace
            of that very stage. ``strict``: every stage up to it has a date, in order. It decides what the stages count;
            won, lost and the win rate follow the outcome of each lead.
        window_days: Maturity window: only leads at least that old enter a mature rate.
        win_basis: What won deals are divided by. ``closed``: won and lost opportunities. ``all``: every opportunity.
            ``cohort``: opportunities at least ``window_days`` old, won within the window.
        min_n: Below this many the sheet greys a rate.
        half_life: Days in which a touch loses half its weight (time decay attribution).
        gross_margin: Share of revenue that is margin, at most 1, for the return on marketing investment.
        top_groups: Rows of a breakdown; the rest goes into one row.
        period_from: First day of what is counted as having happened in a month; None leaves it open. All other figures
            are of the whole table.
        period_to: Last day of it; None leaves it open.
        cohort_months: Calendar months after the first that the cohort tables follow.
        target_minutes: Response time promised, in minutes.
        built_at: Time printed on the sheet; None asks the clock.

    >>> FunnelOptions(window_days=60).reach
    'filled'
    >>> FunnelOptions(window_days=0)
    Traceback (most recent call last):
    ...
    ValueError: window_days must be at least 1 day, not 0
    """

    reach: Reach = "filled"
    window_days: int = 90
    win_basis: WinBasis = "closed"
    min_n: int = 30
    half_life: float = 7.0
    gross_margin: float = 1.0
    top_groups: int = 15
    period_from: date | None = None
    period_to: date | None = None
    cohort_months: int = 12
    target_minutes: float = 3.0
    built_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.reach not in ("filled", "exact", "strict"):
            raise ValueError(f"reach must be filled, exact or strict, not {self.reach!r}")
        if self.win_basis not in ("closed", "all", "cohort"):
            raise ValueError(f"win_basis must be closed, all or cohort, not {self.win_basis!r}")
        if self.window_days < 1:
            raise ValueError(f"window_days must be at least 1 day, not {self.window_days}")
        if self.half_life <= 0:
            raise ValueError(f"half_life must be more than 0 days, not {self.half_life}")
        if self.gross_margin > 1:
            raise ValueError(f"gross_margin is a share, at most 1, not {self.gross_margin}")
        if self.top_groups < 1:
            raise ValueError(f"top_groups must be at least 1, not {self.top_groups}")
        if self.period_from and self.period_to and self.period_from > self.period_to:
            raise ValueError(f"the period ends ({self.period_to}) before it begins ({self.period_from})")
