"""A table as it stood on an earlier day: what came later had not happened yet (section 4.1).

An export tells how leads stand on the day it was made. Asked for an earlier day, the stage and status words of a row
that moved on since are no evidence: its dates up to that day tell how far it had come.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.cells.days import day_number
from xl_leadkpi.leads.lifecycle.outcome import WAS_LOST, WAS_OPEN, WAS_WON, outcome_of
from xl_leadkpi.leads.lifecycle.row_checks import Check, check_counts, odd_rows
from xl_leadkpi.leads.model.findings import FindingKind
from xl_leadkpi.leads.model.options import today_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.leads.lifecycle.outcome import Frame, TableProfile
    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.options import ReadOptions

_END_OF_TIME = 3_000_000
OF_NOW = ("stage", "status", "last_open_stage", "is_won", "is_lost", "is_closed", "is_converted", "lost_reason",
           "is_active", "is_archived", "probability")  # fmt: skip
"""Fields that say how a row stands today; the flags of its stages do, too."""
FORECASTS = ("close_date", "expected_close")
"""Fields that say what is expected today."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Up to when the history counts.

    Attributes:
        day: Excel day number of the last day.
        is_past: It is over: what came later is to be forgotten.
    """

    day: int
    is_past: bool


def bound_of(options: ReadOptions) -> Bound:
    """Up to when a history counts."""
    today = day_number(today_of(options))
    day = day_number(options.as_of) if options.as_of else today
    return Bound(day, is_past=day < today)


def snapshot_as_of(frame: Frame, profile: TableProfile, header: Mapping[str, str]) -> tuple[Frame, list[Finding], int]:
    """Take a table back to the censoring date.

    Rows created later are left out. Of rows that were won, lost or reached a further stage later, everything that has
    no date is forgotten. An outcome without a date stays, as nothing tells when it came, and is reported.

    Args:
        frame: Rows with the fields as read.
        profile: About the table; its ``bound`` is the censoring date.
        header: Header of each field.

    Returns:
        The rows as they stood, what was found, and how many rows were there already.
    """
    moved_on, has_day = _moved_on(frame, profile)
    frame = frame.with_columns(moved_on=moved_on, has_day=has_day)
    later = _created_later(profile) if "created" in profile.fields else nw.col("row_no") < 0
    stood = ~later
    undated = stood & ~nw.col("moved_on") & ~nw.col("has_day") & (outcome_of(profile) != WAS_OPEN)
    checks = [
        Check(FindingKind.AFTER_AS_OF, later, header.get("created", "")),
        Check(FindingKind.MOVED_AFTER_AS_OF, stood & nw.col("moved_on")),
        Check(FindingKind.UNDATED_OUTCOMES, undated),
    ]
    counts = engines.measure(frame, check_counts(checks) | {"rows": nw.len()})
    findings = odd_rows(frame, checks, counts)
    found = {finding.kind: finding.count for finding in findings}
    past: dict[str, nw.Expr] = {}
    if FindingKind.MOVED_AFTER_AS_OF in found:
        # Of a row closed later the close date is the day of closing, no forecast.
        forgotten = [name for name in (*OF_NOW, *profile.pipeline.flags, "close_date") if name in profile.fields]
        past = {name: nw.when(~nw.col("moved_on")).then(nw.col(name)) for name in forgotten}
    if "first_response" in frame.columns:
        past["first_response"] = nw.when(nw.col("first_response") < profile.bound + 1).then(nw.col("first_response"))
    if FindingKind.AFTER_AS_OF in found:
        frame = frame.filter(stood)
    frame = frame.with_columns(**past) if past else frame
    return frame.drop("moved_on", "has_day"), findings, int(counts["rows"]) - found.get(FindingKind.AFTER_AS_OF, 0)


def later_leads(deals: nw.DataFrame[Any], profile: TableProfile) -> nw.DataFrame[Any]:
    """List the keys of leads whose deals came or moved on after the censoring date, with the mark ``deal_later``."""
    later, _ = _moved_on(deals, profile)
    if "created" in profile.fields:
        later = later | _created_later(profile)
    # as a column first: a table without any day makes one value of it, which no rows can be chosen by
    deals = deals.with_columns(came_later=later).filter(nw.col("came_later"))
    return deals.select("key").drop_nulls().unique().with_columns(deal_later=nw.lit(value=True))


def _created_later(profile: TableProfile) -> nw.Expr:
    # Rows without creation date stay: nothing says that they came later.
    return (nw.col("created") >= profile.bound + 1).fill_null(value=False)


def _moved_on(frame: Frame, profile: TableProfile) -> tuple[nw.Expr, nw.Expr]:
    """Tell which rows took a step after the censoring date, and which outcomes have a day."""
    at_last = outcome_of(replace(profile, bound=_END_OF_TIME))
    closed = nw.lit(None, dtype=nw.Float64)
    for code, name in ((WAS_WON, "won_date"), (WAS_LOST, "lost_date")):
        days = [nw.col(column).cast(nw.Float64) for column in (name, "close_date") if column in profile.fields]
        if days:
            closed = nw.when(at_last == code).then(nw.coalesce(*days)).otherwise(closed)
    dated = (*(field for stage in profile.pipeline.stages[1:] for field in stage.date_fields), "lost_date")
    steps = [(nw.col(name) >= profile.bound + 1).fill_null(value=False) for name in dated if name in profile.fields]
    if "deal_later" in frame.columns:
        steps.append(nw.col("deal_later").fill_null(value=False))
    later = (closed >= profile.bound + 1).fill_null(value=False)
    for step in steps:
        later = later | step
    return later & ~(closed < profile.bound + 1).fill_null(value=False), ~closed.is_null()
