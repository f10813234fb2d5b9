"""A table as it stood on an earlier day: what came later had not happened yet (section 4.1).

An export tells how leads stand on the day it was made. Asked for an earlier day, the stage and status words of a row
that moved on since are no evidence: its dates up to that day tell how far it had come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.leads import rows
from xl_leadkpi.leads.oddities import Check, check_counts, odd_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.leads.table import Finding

_END_OF_TIME = 3_000_000
_STEPS = (
    "mql_date", "sql_date", "meeting_booked", "meeting_held", "opportunity_date", "proposal_date", "won_date",
    "lost_date",
)  # fmt: skip
_WORDS_OF_NOW = ("stage", "status", "last_open_stage", "is_won", "is_closed", "is_converted", "lost_reason")


def as_it_stood(
    frame: rows.Frame, facts: rows.Facts, header: Mapping[str, str]
) -> tuple[rows.Frame, list[Finding], int]:
    """Take a table back to the censoring date.

    Rows created later are left out. Of rows that were won, lost or reached a further stage later, everything that has
    no date is forgotten. An outcome without a date stays, as nothing tells when it came, and is reported.

    Args:
        frame: Rows with the fields as read.
        facts: About the table; its ``bound`` is the censoring date.
        header: Header of each field.

    Returns:
        The rows as they stood, what was found, and how many rows were there already.
    """
    moved_on, has_day = _moved_on(frame, facts)
    frame = frame.with_columns(moved_on=moved_on, has_day=has_day)
    later = _created_later(facts) if "created" in facts.fields else nw.col("row_no") < 0
    stood = ~later
    undated = stood & ~nw.col("moved_on") & ~nw.col("has_day") & (rows.outcome(facts) != rows.WAS_OPEN)
    checks = [
        Check("after_as_of", later, header.get("created", ""), "info"),
        Check("moved_after_as_of", stood & nw.col("moved_on"), severity="info"),
        Check("undated_outcomes", undated),
    ]
    counts = rows.measure(frame, check_counts(checks) | {"rows": nw.len()})
    findings = odd_rows(frame, checks, counts)
    found = {finding.kind: finding.count for finding in findings}
    past: dict[str, nw.Expr] = {}
    if "moved_after_as_of" in found:
        # Of a row closed later the close date is the day of closing, no forecast.
        forgotten = [name for name in (*_WORDS_OF_NOW, "close_date") if name in facts.fields]
        past = {name: nw.when(~nw.col("moved_on")).then(nw.col(name)) for name in forgotten}
    if "first_response" in frame.columns:
        past["first_response"] = nw.when(nw.col("first_response") < facts.bound + 1).then(nw.col("first_response"))
    if "after_as_of" in found:
        frame = frame.filter(stood)
    frame = frame.with_columns(**past) if past else frame
    return frame.drop("moved_on", "has_day"), findings, int(counts["rows"]) - found.get("after_as_of", 0)


def later_leads(deals: nw.DataFrame[Any], facts: rows.Facts) -> nw.DataFrame[Any]:
    """List the keys of leads whose deals came or moved on after the censoring date, with the mark ``deal_later``."""
    later, _ = _moved_on(deals, facts)
    if "created" in facts.fields:
        later = later | _created_later(facts)
    return deals.filter(later).select("key").drop_nulls().unique().with_columns(deal_later=nw.lit(value=True))


def _created_later(facts: rows.Facts) -> nw.Expr:
    # Rows without creation date stay: nothing says that they came later.
    return (nw.col("created") >= facts.bound + 1).fill_null(value=False)


def _moved_on(frame: rows.Frame, facts: rows.Facts) -> tuple[nw.Expr, nw.Expr]:
    """Tell which rows took a step after the censoring date, and which outcomes have a day."""
    at_last = rows.outcome(rows.Facts(facts.fields, facts.is_deals, _END_OF_TIME))
    closed = nw.lit(None, dtype=nw.Float64)
    for code, name in ((rows.WAS_WON, "won_date"), (rows.WAS_LOST, "lost_date")):
        days = [nw.col(column).cast(nw.Float64) for column in (name, "close_date") if column in facts.fields]
        if days:
            closed = nw.when(at_last == code).then(nw.coalesce(*days)).otherwise(closed)
    steps = [(nw.col(name) >= facts.bound + 1).fill_null(value=False) for name in _STEPS if name in facts.fields]
    if "deal_later" in frame.columns:
        steps.append(nw.col("deal_later").fill_null(value=False))
    later = (closed >= facts.bound + 1).fill_null(value=False)
    for step in steps:
        later = later | step
    return later & ~(closed < facts.bound + 1).fill_null(value=False), ~closed.is_null()
