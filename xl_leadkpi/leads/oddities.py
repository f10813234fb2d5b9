"""What is odd about single rows of a lead table: counted in one pass, located where there is any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import narwhals as nw

from xl_leadkpi.leads import rows
from xl_leadkpi.leads.stages import CODE
from xl_leadkpi.leads.table import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xl_leadkpi.leads.table import StageWord

_ROWS_NAMED = 20
_HAPPENED = (
    "created", "mql_date", "sql_date", "meeting_booked", "meeting_held", "opportunity_date", "proposal_date",
    "won_date", "lost_date",
)  # fmt: skip
_AS_READ = {"created": "created_read"}


@dataclass(frozen=True, slots=True)
class Check:
    """Something odd about a row, and the finding it makes."""

    kind: str
    mask: nw.Expr
    column: str = ""
    severity: Literal["info", "warning"] = "warning"


def row_checks(frame: rows.Frame, facts: rows.Facts, header: Mapping[str, str]) -> list[Check]:
    """List what rows may lack, and in what they may contradict themselves.

    Args:
        frame: Rows with their outcome and stage days.
        facts: About the table.
        header: Header of each field.
    """
    checks = [*_lacking(set(frame.columns), header), *_contradicting(facts)]
    if {"response_min", "first_response", "created"} <= set(frame.columns):
        early = nw.col("first_response") < nw.col("created")
        checks.append(Check("negative_response", early, header.get("first_response", "")))
    return checks


def ahead_checks(facts: rows.Facts, header: Mapping[str, str]) -> list[Check]:
    """List the dates that may lie after the censoring date.

    Args:
        facts: About the table.
        header: Header of each field.
    """
    return [
        Check("future_dates", nw.col(_AS_READ.get(name, name)) >= facts.bound + 1, header.get(name, ""))
        for name in _HAPPENED
        if name in facts.fields
    ]


def check_counts(checks: Sequence[Check]) -> dict[str, nw.Expr]:
    """Count the rows that each check finds odd; asked together with whatever else is asked of the table."""
    return {f"odd {n}": check.mask.cast(nw.Int64).sum() for n, check in enumerate(checks)}


def odd_rows(frame: rows.Frame, checks: Sequence[Check], counts: Mapping[str, int | None]) -> list[Finding]:
    """Locate the odd rows.

    Args:
        frame: The rows.
        checks: What they were checked for.
        counts: Answers to :func:`check_counts`.

    Returns:
        The findings.
    """
    return [
        Finding(
            check.kind,
            int(counts[f"odd {n}"] or 0),
            check.column,
            rows=rows.locate(frame, check.mask, _ROWS_NAMED),
            severity=check.severity,
        )
        for n, check in enumerate(checks)
        if counts[f"odd {n}"]
    ]


def _lacking(columns: set[str], header: Mapping[str, str]) -> list[Check]:
    won, lost = nw.col("outcome") == rows.WAS_WON, nw.col("outcome") == rows.WAS_LOST
    needed = {
        "created": Check("no_created_date", nw.col("created").is_null(), header.get("created", "")),
        "d_won": Check("won_without_date", won & nw.col("d_won").is_null()),
        "amount": Check("won_without_amount", won & nw.col("amount").is_null(), header.get("amount", ""), "info"),
        "lost_reason": Check(
            "lost_without_reason", lost & nw.col("lost_reason").is_null(), header.get("lost_reason", ""), "info"
        ),
    }
    return [check for column, check in needed.items() if column in columns]


def _contradicting(facts: rows.Facts) -> list[Check]:
    """Find rows whose status, stage and dates disagree."""
    won, lost, is_open = (nw.col("outcome") == code for code in (rows.WAS_WON, rows.WAS_LOST, rows.WAS_OPEN))
    against: list[nw.Expr] = []
    if {"status", "stage"} <= set(facts.fields):
        stage = nw.col("stage")
        against += [won & (stage == CODE["Lost"]), lost & (stage == CODE["Won"])]
        against += [is_open & (stage == CODE["Won"]), is_open & (stage == CODE["Lost"])]
    if "won_date" in facts.fields:
        against.append(~won & ~rows.happened("won_date", facts).is_null())
    if "lost_date" in facts.fields:
        against.append(~lost & ~rows.happened("lost_date", facts).is_null())
    if not against:
        return []
    odd = nw.any_horizontal(*against, ignore_nulls=True) if len(against) > 1 else against[0]
    return [Check("contradictions", odd)]


def missing_evidence(facts: rows.Facts, words: Iterable[StageWord], count: int) -> list[Finding]:
    """Say what no column of the table tells: the outcome, or how far lost rows came (section 4.8)."""
    fields = set(facts.fields)
    findings = []
    if not {"status", "stage", "won_date", "lost_date", "is_won", "deal_outcome"} & fields:
        findings.append(Finding("no_outcome", count))
    dates = {"mql_date", "sql_date", "meeting_booked", "meeting_held", "opportunity_date", "proposal_date"}
    reach = dates | {"last_open_stage", "deal_hw"} | ({"stage"} if "status" in fields else set())
    lost = sum(word.count for word in words if word.stage == "Lost")
    if lost and not facts.is_deals and not reach & fields:
        findings.append(Finding("lost_reach_unknown", lost))
    return findings
