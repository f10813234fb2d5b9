"""Lead tables made by hand, without the reader, on pandas or Polars."""

from __future__ import annotations

import csv
from datetime import date
from typing import TYPE_CHECKING, Any

import narwhals as nw
import pandas as pd
import polars as pl

from tests.golden import GOLDEN
from tests.leads.everywhere import read_on
from xl_leadkpi import sample
from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.leads.model.evidence import RowCounts, TableShape, gather
from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.leads.model.table import LeadTable, SpendTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.funnel import FunnelOptions
    from xl_leadkpi.funnel.report import FunnelReport
    from xl_leadkpi.leads import ReadOptions
    from xl_leadkpi.leads.model.findings import Finding

DAYS = ["created", "d_mql", "d_sql", "d_meeting", "d_opportunity", "d_proposal", "d_won", "d_lost", "expected_close"]
RANK = {stage: rank for rank, stage in enumerate(PIPELINE.names, start=1)}
SCHEMA = {
    "row_no": pl.Int64,
    "lead_id": pl.String,
    "name": pl.String,
    **dict.fromkeys(DAYS, pl.Float64),
    "outcome": pl.String,
    "stage_now": pl.String,
    "current_stage": pl.Int64,
    "furthest_stage": pl.Int64,
    "lost_stage": pl.Int64,
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
    stages: tuple[str, ...] = PIPELINE.names,
    fields: Sequence[str] = ("status", "source", "campaign", "owner", "amount"),
    silent: int = 0,
    **more: Any,
) -> LeadTable:
    """A lead table of the given rows; missing columns are null.

    Of the lost rows a word says where they were lost, but for so many ``silent`` ones.
    """
    by = {key: pl.String for row in rows for key in row if key.startswith("by_")}
    rows = [{"current_stage": RANK.get(row.get("stage_now")), **row} for row in rows]
    frame = pl.DataFrame([{key: row.get(key) for key in {**SCHEMA, **by}} for row in rows], schema={**SCHEMA, **by})
    columns = {stage: PIPELINE[stage].date_column for stage in stages}
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
    shape = TableShape(
        settings["fields"], settings["is_deals"], stages, PIPELINE, currencies=settings.get("currencies", ())
    )
    evidence = gather(shape, _counts(frame, stages, silent), settings.get("findings", ()))
    return LeadTable(nw.from_native(native), stages=stages, dated=dated, as_of=as_of, **settings, evidence=evidence)


def _counts(frame: pl.DataFrame, stages: tuple[str, ...], silent: int) -> RowCounts:
    won, lost = (frame.filter(outcome=outcome) for outcome in ("won", "lost"))
    going = frame.filter(pl.col("outcome") != "lost")
    seen = {stage: going.filter(pl.col("furthest_stage") >= RANK[stage]) for stage in stages}
    return RowCounts(
        rows=len(frame),
        won=len(won),
        lost=len(lost),
        created=frame["created"].count(),
        won_dated=won["d_won"].count(),
        lost_dated=lost["d_lost"].count(),
        silent=dict.fromkeys(stages, silent),
        lost_opportunities=len(lost.filter(pl.col("furthest_stage") >= RANK["Opportunity"])),
        amounts=frame["amount"].count(),
        won_amounts=won["amount"].count(),
        dated={stage: frame[PIPELINE[stage].date_column].count() for stage in stages},
        seen={stage: (len(rows), rows[PIPELINE[stage].date_column].count()) for stage, rows in seen.items()},
    )


def found_of(report: FunnelReport, *kinds: str) -> list[Finding]:
    """The findings whose kinds begin so: the others are of what made-up leads lack."""
    return [finding for finding in report.findings if finding.kind.startswith(kinds)]


def _pandas_types(by: Mapping[str, Any]) -> dict[str, str]:
    names = {pl.String: "str", pl.Float64: "float64", pl.Int64: "int64"}
    types = {key: names[kind] for key, kind in {**SCHEMA, **by}.items()}
    # pandas' own whole numbers know no missing value
    return {**types, "lost_stage": "float64", "current_stage": "float64", "cohort_month": "float64"}


def golden_leads(engine: str = "polars") -> LeadTable:
    """The golden fixture, its duplicate left out, read without the reader."""
    rows, seen = [], set()
    with (GOLDEN / "golden_leads.csv").open(encoding="utf-8") as file:
        for number, record in enumerate(csv.DictReader(file), start=2):
            if record["Lead ID"] in seen:
                continue
            seen.add(record["Lead ID"])
            rows.append(_golden_row(number, record))
    return lead_table(rows, as_of=date(2025, 6, 30), engine=engine, rows_read=13)


def _golden_row(number: int, record: Mapping[str, str]) -> dict[str, Any]:
    dates = {stage: day(record["Created" if stage == "Lead" else f"{stage} date"]) for stage in PIPELINE.names}
    now = record["Stage"]
    evidence = [stage for stage in PIPELINE.names if dates[stage] is not None or stage == now]
    furthest = PIPELINE.names.index(evidence[-1]) + 1
    created = date.fromisoformat(record["Created"])
    return {
        "row_no": number,
        "lead_id": record["Lead ID"],
        **{PIPELINE[stage].date_column: dates[stage] for stage in PIPELINE.names},
        "d_lost": day(record["Lost date"]),
        "outcome": record["Status"],
        "stage_now": now,
        # a lead lost with no trace but marketing's is disqualified, yet it was an MQL
        "furthest_stage": furthest,
        "lost_stage": furthest if record["Status"] == "lost" else None,
        "source": record["Source"] or None,
        "campaign": record["Campaign"] or None,
        "owner": record["Owner"],
        "amount": float(record["Amount"]) if record["Amount"] else None,
        "cohort_month": created.year * 12 + created.month - 1,
    }


def golden_spend() -> SpendTable:
    """The golden spend."""
    with (GOLDEN / "golden_spend.csv").open(encoding="utf-8") as file:
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


def in_memory_and(place: str, reading: ReadOptions, counting: FunnelOptions) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures of one sample, counted in memory and on an engine."""
    columns = sample.leads(1500).with_columns(pl.col("Created").dt.date()).drop("First contacted")
    memory, there = (
        as_json(build(read_on(one, columns.to_dict(as_series=False), reading), options=counting))
        for one in ("memory", place)
    )
    return memory, there
