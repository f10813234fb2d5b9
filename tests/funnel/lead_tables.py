"""Lead tables made by hand, without the reader, on pandas or Polars."""

from __future__ import annotations

import csv
from datetime import date
from typing import TYPE_CHECKING, Any

import narwhals as nw
import pandas as pd
import polars as pl

from xl_leadkpi.leads.table import STAGE_DATE, STAGES, LeadTable, SpendTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

DAYS = ["created", "d_mql", "d_sql", "d_meeting", "d_opportunity", "d_proposal", "d_won", "d_lost", "expected_close"]
RANK = {stage: rank for rank, stage in enumerate(STAGES, start=1)}
SCHEMA = {
    "row_no": pl.Int64,
    "lead_id": pl.String,
    "name": pl.String,
    **dict.fromkeys(DAYS, pl.Float64),
    "outcome": pl.String,
    "stage_now": pl.String,
    "now_rank": pl.Int64,
    "hw": pl.Int64,
    "lost_from": pl.Int64,
    "source": pl.String,
    "campaign": pl.String,
    "owner": pl.String,
    "lost_reason": pl.String,
    "amount": pl.Float64,
    "currency": pl.String,
    "response_min": pl.Float64,
    "cohort_month": pl.Int64,
}


def day(text: str) -> float | None:
    """Excel's number of an ISO day."""
    return float((date.fromisoformat(text) - date(1899, 12, 30)).days) if text else None


def lead_table(
    rows: Sequence[Mapping[str, Any]],
    *,
    as_of: date,
    engine: str = "polars",
    stages: tuple[str, ...] = STAGES,
    fields: Sequence[str] = ("status", "source", "campaign", "owner", "amount"),
    **more: Any,
) -> LeadTable:
    """A lead table of the given rows; missing columns are null."""
    by = {key: pl.String for row in rows for key in row if key.startswith("by_")}
    rows = [{"now_rank": RANK.get(row.get("stage_now")), **row} for row in rows]
    frame = pl.DataFrame([{key: row.get(key) for key in {**SCHEMA, **by}} for row in rows], schema={**SCHEMA, **by})
    columns = {stage: STAGE_DATE[stage] for stage in stages}
    dated = tuple(stage for stage in stages if frame[columns[stage]].count())
    native = pd.DataFrame(frame.to_dict(as_series=False)).astype(_pandas_types(by)) if engine == "pandas" else frame
    settings = {
        "as_of_reason": "given",
        "is_deals": False,
        "rows_read": len(rows),
        "source_name": "leads.csv",
        "currency": None,
        "fields": frozenset(fields),
        **more,
    }
    return LeadTable(nw.from_native(native), stages=stages, dated=dated, as_of=as_of, **settings)


def _pandas_types(by: Mapping[str, Any]) -> dict[str, str]:
    names = {pl.String: "str", pl.Float64: "float64", pl.Int64: "int64"}
    types = {key: names[kind] for key, kind in {**SCHEMA, **by}.items()}
    # pandas' own whole numbers know no missing value
    return {**types, "lost_from": "float64", "now_rank": "float64", "cohort_month": "float64"}


def golden_leads(shared: Path, engine: str = "polars") -> LeadTable:
    """The golden fixture, its duplicate left out, read without the reader."""
    rows, seen = [], set()
    with (shared / "spec/golden/golden_leads.csv").open(encoding="utf-8") as file:
        for number, record in enumerate(csv.DictReader(file), start=2):
            if record["Lead ID"] in seen:
                continue
            seen.add(record["Lead ID"])
            rows.append(_golden_row(number, record))
    return lead_table(rows, as_of=date(2025, 6, 30), engine=engine, rows_read=13)


def _golden_row(number: int, record: Mapping[str, str]) -> dict[str, Any]:
    dates = {stage: day(record["Created" if stage == "Lead" else f"{stage} date"]) for stage in STAGES}
    now = record["Stage"]
    evidence = [stage for stage in STAGES if dates[stage] is not None or stage == now]
    furthest = STAGES.index(evidence[-1]) + 1
    created = date.fromisoformat(record["Created"])
    return {
        "row_no": number,
        "lead_id": record["Lead ID"],
        **{STAGE_DATE[stage]: dates[stage] for stage in STAGES},
        "d_lost": day(record["Lost date"]),
        "outcome": record["Status"],
        "stage_now": now,
        # a lead lost with no trace but marketing's is disqualified, yet it was an MQL
        "hw": furthest,
        "lost_from": furthest if record["Status"] == "lost" else None,
        "source": record["Source"] or None,
        "campaign": record["Campaign"] or None,
        "owner": record["Owner"],
        "amount": float(record["Amount"]) if record["Amount"] else None,
        "cohort_month": created.year * 12 + created.month - 1,
    }


def golden_spend(shared: Path) -> SpendTable:
    """The golden spend."""
    with (shared / "spec/golden/golden_spend.csv").open(encoding="utf-8") as file:
        rows = tuple(
            (
                record["Channel"],
                None,
                int(record["Month"][:4]) * 12 + int(record["Month"][5:]) - 1,
                float(record["Spend"]),
                None,
                None,
            )
            for record in csv.DictReader(file)
        )
    return SpendTable(rows, None)
