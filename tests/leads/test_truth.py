"""The real exports against figures that were computed independently of this project."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.golden import GOLDEN
from xl_leadkpi.leads import ReadOptions, read
from xl_leadkpi.leads.model.table import LeadTable

TODAY = ReadOptions(today=date(2026, 1, 1))


def frame_of(table: LeadTable) -> pl.DataFrame:
    native = table.frame.to_native()
    assert isinstance(native, pl.DataFrame)
    return native


def day_of(moment: str) -> int:
    return date.fromisoformat(moment[:10]).toordinal() - date(1899, 12, 30).toordinal()


def month_counts(days: pl.Series) -> dict[str, int]:
    months = (pl.lit(date(1899, 12, 30)) + pl.duration(days=pl.col("day"))).dt.strftime("%Y-%m")
    counted = days.drop_nulls().alias("day").to_frame().group_by(months.alias("month")).len()
    return dict(counted.iter_rows())


@pytest.fixture(scope="module", params=["usdates", "semicolon_bom"])
def olist(request: pytest.FixtureRequest, shared: Path) -> tuple[LeadTable, dict[str, Any], str]:
    folder = shared / "data" / "olist"
    truth = json.loads((shared / "data" / "truth" / "olist.json").read_text())
    table = read(
        folder / f"olist_mql_{request.param}.csv", TODAY, deals=folder / "olist_closed_deals_semicolon_bom.csv"
    )
    return table, truth, request.param


def test_olist_totals(olist):
    table, truth, _ = olist
    frame = frame_of(table)
    outcome = dict(frame["outcome"].value_counts().iter_rows())
    assert outcome == {"won": truth["closed_deals"], "open": truth["not_converted"]}
    assert table.rows_read == len(frame) == truth["total_mql"]
    assert (table.as_of, table.as_of_reason) == (date.fromisoformat(truth["won_max"][:10]), "latest")
    assert table.stages == table.dated == ("Lead", "Won")
    assert not table.is_deals


def test_olist_by_origin(olist):
    table, truth, layout = olist
    counted = frame_of(table).group_by("source").agg(pl.len(), (pl.col("outcome") == "won").sum().alias("won"))
    found = {source or "(blank)": (leads, won) for source, leads, won in counted.iter_rows()}
    name = "conversion_by_origin" if layout == "usdates" else "conversion_by_origin_in_semicolon_file"
    assert found == {origin: (row["leads"], row["won"]) for origin, row in truth[name].items()}


def test_olist_dates_and_cycle(olist):
    table, truth, _ = olist
    frame = frame_of(table)
    assert frame["created"].min() == day_of(truth["first_contact_min"])
    assert frame["created"].max() == day_of(truth["first_contact_max"])
    assert month_counts(frame["d_won"]) == truth["won_by_month_of_won_date"]
    created = {month: row["leads"] for month, row in truth["mql_by_month_of_first_contact"].items()}
    assert month_counts(frame["created"]) == created
    cohorts = {f"{month // 12}-{month % 12 + 1:02}": n for month, n in frame["cohort_month"].value_counts().iter_rows()}
    assert cohorts == created
    cycle = (frame["d_won"] - frame["created"]).drop_nulls()
    figures = truth["cycle_days_calendar"]
    assert (len(cycle), cycle.sum(), cycle.median(), cycle.min()) == (
        figures["n"],
        figures["sum"],
        figures["median"],
        figures["min"],
    )
    assert (cycle < 0).sum() == truth["negative_cycles"]


@pytest.fixture(scope="module")
def crm_sales(shared: Path) -> tuple[pl.DataFrame, LeadTable, dict[str, Any]]:
    table = read(shared / "data" / "crm_sales" / "sales_pipeline.csv", TODAY)
    truth = json.loads((shared / "data" / "truth" / "crm_sales.json").read_text())
    return frame_of(table), table, truth


def test_crm_sales_totals(crm_sales):
    frame, table, truth = crm_sales
    outcome = dict(frame["outcome"].value_counts().iter_rows())
    assert outcome == {
        "won": truth["stage_counts"]["Won"],
        "lost": truth["stage_counts"]["Lost"],
        "open": truth["open"],
    }
    assert table.is_deals
    assert table.stages == ("Opportunity", "Won")
    assert frame["created"].null_count() == truth["blank_engage"]
    assert frame.filter(pl.col("outcome") == "won")["amount"].sum() == truth["revenue_won"]
    assert frame["furthest_stage"].min() == 5  # every deal has reached Opportunity


@pytest.mark.parametrize(("column", "figures"), [("d_won", "cycle_won"), ("d_lost", "cycle_lost")])
def test_crm_sales_cycle(crm_sales, column, figures):
    frame, _, truth = crm_sales
    cycle = (frame[column] - frame["created"]).drop_nulls()
    expected = truth[figures]
    assert (len(cycle), cycle.sum(), cycle.median(), cycle.max()) == tuple(
        expected[name] for name in ("n", "sum", "median", "max")
    )


def test_crm_sales_by_agent(crm_sales):
    frame, _, truth = crm_sales
    counted = frame.group_by("owner").agg(
        pl.len(),
        *[(pl.col("outcome") == outcome).sum().alias(outcome) for outcome in ("won", "lost", "open")],
        pl.col("amount").filter(pl.col("outcome") == "won").sum().alias("revenue"),
    )
    assert {row[0]: row[1:] for row in counted.iter_rows()} == {
        agent: tuple(row[name] for name in ("opportunities", "won", "lost", "open", "revenue"))
        for agent, row in truth["by_agent"].items()
    }


def test_golden_rows():
    table = read(GOLDEN / "golden_leads.csv", ReadOptions(as_of=date(2025, 6, 30)))
    rows = {row["lead_id"]: row for row in frame_of(table).iter_rows(named=True)}
    assert table.rows_read == 13
    assert len(rows) == 12
    # Furthest stage of each lead, worked out by hand from the fixture (rank in Lead, MQL ... Won).
    assert {lead: row["furthest_stage"] for lead, row in rows.items()} == {
        "L01": 7, "L02": 6, "L03": 2, "L04": 1, "L05": 7, "L06": 4, "L07": 5, "L08": 2, "L09": 7, "L10": 6, "L11": 2,
        "L12": 1,
    }  # fmt: skip
    assert {lead: row["lost_stage"] for lead, row in rows.items() if row["lost_stage"]} == {
        "L02": 6,
        "L04": 1,
        "L08": 2,
    }
    assert rows["L09"]["d_won"] - rows["L09"]["created"] == 90
    assert rows["L10"]["d_proposal"] is None
    kinds = {found.kind: (found.count, found.rows, found.value) for found in table.findings}
    assert kinds["duplicate_ids"][:2] == (1, (14,))
