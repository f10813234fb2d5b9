"""What rows of a lead table tell and what is odd about them: counted in one pass, located where there is any."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.leads.lifecycle.outcome import (
    WAS_LOST,
    WAS_WON,
    TableProfile,
    happened,
    implying_fields,
    is_implied,
)
from xl_leadkpi.leads.model.evidence import RowCounts
from xl_leadkpi.leads.model.findings import ROWS_NAMED, Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from xl_leadkpi.leads.lifecycle.outcome import Frame

_AS_READ = {"created": "created_read"}
MOST_MONEY = 1e21
"""Amounts from here on are no money in any currency, and their sums may be more than a number can be."""


@dataclass(frozen=True, slots=True)
class Check:
    """Something odd about a row, and the finding it makes."""

    kind: FindingKind
    mask: nw.Expr
    column: str = ""


def row_checks(frame: Frame, profile: TableProfile, header: Mapping[str, str]) -> list[Check]:
    """List what rows may lack, and in what they may contradict themselves.

    Args:
        frame: Rows with their outcome and stage days.
        profile: About the table.
        header: Header of each field.
    """
    checks = [*_lacking(set(frame.columns), header), *_contradicting(profile)]
    if {"response_min", "first_response", "created"} <= set(frame.columns):
        early = nw.col("first_response") < nw.col("created")
        checks.append(Check(FindingKind.NEGATIVE_RESPONSE, early, header.get("first_response", "")))
    for kind, outcome in ((FindingKind.WON_BY_FLAG, WAS_WON), (FindingKind.LOST_BY_FLAG, WAS_LOST)):
        implied = is_implied(outcome, profile)
        if implied is not None:
            column = ", ".join(header[name] for name in implying_fields(profile) if name in header)
            checks.append(Check(kind, implied & (nw.col("outcome") == outcome), column))
    return checks


def ahead_checks(profile: TableProfile, header: Mapping[str, str]) -> list[Check]:
    """List the dates that may lie after the censoring date.

    Args:
        profile: About the table.
        header: Header of each field.
    """
    return [
        Check(FindingKind.FUTURE_DATES, nw.col(_AS_READ.get(name, name)) >= profile.bound + 1, header.get(name, ""))
        for name in (*profile.pipeline.date_fields, "lost_date")
        if name in profile.fields
    ]


def customer_end_checks(columns: Collection[str], as_of: int, header: Mapping[str, str]) -> list[Check]:
    """List what may be odd about the days on which customers ended.

    Args:
        columns: Columns of the rows, their outcome and the day of the win among them.
        as_of: Excel day number of the censoring date.
        header: Header of each field.
    """
    if "customer_end" not in columns:
        return []
    end, won, column = nw.col("customer_end"), nw.col("outcome") == WAS_WON, header.get("customer_end", "")
    ahead = end >= as_of + 1
    checks = [
        Check(FindingKind.CUSTOMER_END_AHEAD, won & ahead, column),
        Check(FindingKind.CUSTOMER_END_NOT_WON, ~won & ~ahead, column),
    ]
    if "d_won" in columns:
        before = end < nw.col("d_won").cast(nw.Float64).floor()
        checks.append(Check(FindingKind.CUSTOMER_END_BEFORE_WON, won & ~ahead & before, column))
    return checks


def customer_end_counts(columns: Collection[str]) -> dict[str, nw.Expr]:
    """Count the won ones that say when the customer ended, or is to end, not before the win."""
    if not {"customer_end", "d_won"} <= set(columns):
        return {}
    told = nw.col("customer_end") >= nw.col("d_won").cast(nw.Float64).floor()
    return {"customer_ends": _number((nw.col("outcome") == WAS_WON) & told)}


def amount_checks(columns: Collection[str], header: Mapping[str, str]) -> list[Check]:
    """List the amounts that no money can be.

    Args:
        columns: Columns of the rows.
        header: Header of each field.
    """
    if "amount" not in columns:
        return []
    return [Check(FindingKind.AMOUNTS_TOO_LARGE, nw.col("amount").abs() >= MOST_MONEY, header.get("amount", ""))]


def check_counts(checks: Sequence[Check]) -> dict[str, nw.Expr]:
    """Count the rows that each check finds odd; asked together with whatever else is asked of the table."""
    return {f"odd {n}": check.mask.cast(nw.Int64).sum() for n, check in enumerate(checks)}


def odd_rows(frame: Frame, checks: Sequence[Check], counts: Mapping[str, int | None]) -> list[Finding]:
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
            rows=engines.first_rows(frame, check.mask, ROWS_NAMED),
        )
        for n, check in enumerate(checks)
        if counts[f"odd {n}"]
    ]


def _lacking(columns: set[str], header: Mapping[str, str]) -> list[Check]:
    won, lost = nw.col("outcome") == WAS_WON, nw.col("outcome") == WAS_LOST
    needed = {
        "created": Check(FindingKind.NO_CREATED_DATE, nw.col("created").is_null(), header.get("created", "")),
        "d_won": Check(FindingKind.WON_WITHOUT_DATE, won & nw.col("d_won").is_null()),
        "amount": Check(FindingKind.WON_WITHOUT_AMOUNT, won & nw.col("amount").is_null(), header.get("amount", "")),
        "lost_reason": Check(
            FindingKind.LOST_WITHOUT_REASON, lost & nw.col("lost_reason").is_null(), header.get("lost_reason", "")
        ),
    }
    return [check for column, check in needed.items() if column in columns]


def _contradicting(profile: TableProfile) -> list[Check]:
    """Find rows whose dates say another thing than their words."""
    won, lost = (nw.col("outcome") == code for code in (WAS_WON, WAS_LOST))
    against: list[nw.Expr] = []
    if "won_date" in profile.fields:
        against.append(~won & ~happened("won_date", profile).is_null())
    if "lost_date" in profile.fields:
        against.append(~lost & ~happened("lost_date", profile).is_null())
    if not against:
        return []
    odd = nw.any_horizontal(*against, ignore_nulls=True) if len(against) > 1 else against[0]
    return [Check(FindingKind.CONTRADICTIONS, odd)]


def evidence_counts(frame: Frame, order: Sequence[str], profile: TableProfile) -> dict[str, nw.Expr]:
    """Count what the rows tell; asked together with whatever else is asked of the table.

    Args:
        frame: Rows with their furthest stage.
        order: Stages in order.
        profile: About the table.
    """
    there, pipeline = set(frame.columns), profile.pipeline
    won, lost = nw.col("outcome") == WAS_WON, nw.col("outcome") == WAS_LOST

    def filled(name: str) -> nw.Expr:
        return ~nw.col(name).is_null() if name in there else nw.col("row_no") < 0

    silent = ~told_by_word(profile)
    opportunity = (pipeline.opportunity or pipeline.won).name
    counts = {
        "rows": nw.len(),
        "won": _number(won),
        "lost": _number(lost),
        "created": _number(filled("created")),
        "won_dated": _number(won & filled("d_won")),
        "lost_dated": _number(lost & filled("d_lost")),
        "amounts": _number(filled("amount")),
        "won_amounts": _number(won & filled("amount")),
    }
    if "last_open_stage" in profile.fields and "stage" not in profile.fields:
        counts["open_silent"] = _number(~won & ~lost & silent)
    if "deal_furthest_stage" in profile.fields:
        alone = nw.col("deal_furthest_stage").is_null()
        counts |= {"without_deal": _number(alone), "lost_without_deal": _number(alone & lost)}
    if opportunity in order:
        counts["lost_opportunities"] = _number(lost & (nw.col("furthest_rank") > order.index(opportunity)))
    for rank, stage in enumerate(order, start=1):
        index, days = pipeline.index(stage), pipeline[stage].date_column
        here = [nw.col(name) == index for name in ("furthest_stage", "lost_stage", "current_stage")]
        counts[f"{stage} reached"] = _number(here[0] | here[1] | here[2])
        if days in there:
            counts[f"{stage} dated"] = nw.col(days).count()
        if pipeline[stage] in pipeline.inner:
            counts[f"{stage} silent"] = _number(lost & silent & (nw.col("furthest_rank") < rank))
        if days in there and pipeline[stage] in pipeline.inner:
            seen = ~lost & (nw.col("furthest_rank") >= rank)
            counts[f"{stage} seen"] = _number(seen)
            counts[f"{stage} seen dated"] = _number(seen & filled(days))
    return counts


_BY_STAGE = frozenset({"silent", "dated", "seen"})


def row_counts(found: Mapping[str, int | None], order: Sequence[str]) -> RowCounts:
    """Read the answers to :func:`evidence_counts`."""

    def count(name: str) -> int:
        return int(found.get(name) or 0)

    return RowCounts(
        **{one.name: count(one.name) for one in fields(RowCounts) if one.name not in _BY_STAGE},
        silent={stage: count(f"{stage} silent") for stage in order},
        dated={stage: count(f"{stage} dated") for stage in order},
        seen={stage: (count(f"{stage} seen"), count(f"{stage} seen dated")) for stage in order},
    )


def told_by_word(profile: TableProfile) -> nw.Expr:
    """Whether a word names a stage on the way: of a lost row, the one it was lost from."""
    words = [nw.col(name) for name in ("last_open_stage", "stage") if name in profile.fields]
    told = [word.is_between(1, profile.pipeline.won_index - 1).fill_null(value=False) for word in words]
    if not told:
        return nw.col("row_no") < 0
    return told[0] | told[1] if len(told) > 1 else told[0]


def _number(condition: nw.Expr) -> nw.Expr:
    return condition.cast(nw.Int64).sum()
