"""Funnels of any number of stages, counted against plain loops; one stage more is one line."""

import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import narwhals as nw
import openpyxl
import polars as pl
import pytest

from xl_leadkpi.cells.days import day_number
from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.funnel.context import funnel_context
from xl_leadkpi.funnel.lead_state import LOST, OPEN, WON, LeadState, StatePacking
from xl_leadkpi.leads.model.stage import PIPELINE, Pipeline, Stage
from xl_leadkpi.leads.model.table import LeadTable

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
AS_OF = date(2025, 6, 30)
OUTCOMES = ("open", "won", "lost")


def pipeline(stages, opportunity=None):
    """Stages without a name that means anything; one may make a lead an opportunity."""
    inner = [
        Stage(f"Step {n}", role="opportunity" if n == opportunity else None, cost_kpi=(f"cost_per_step_{n}", "CPA"))
        for n in range(2, stages)
    ]
    return Pipeline((Stage("Enquiry", role="entry"), *inner, Stage("Signed", role="won")))


def random_table(made, seed, leads=400):
    """Leads that came so far and stand where they may, with a day or without one for each stage."""
    draw, rows, last = random.Random(seed), [], len(made)
    for number in range(leads):
        outcome = draw.choice(OUTCOMES)
        furthest = last if outcome == "won" else draw.randint(1, last - 1)
        created = day_number(AS_OF) - draw.randint(1, 500)
        days, day = {"created": created}, created
        for stage in made.stages[1:furthest]:
            day += draw.randint(0, 9)
            days[stage.date_column] = day if draw.random() < 0.8 and day <= day_number(AS_OF) else None
        rows.append({
            "row_no": number + 2, "lead_id": str(number), "outcome": outcome, "furthest_stage": furthest, **days,
            "current_stage": {"won": last, "lost": None}.get(outcome, draw.randint(1, furthest)),
            "stage_now": None, "lost_stage": furthest if outcome == "lost" else None, "d_lost": None,
            "amount": float(draw.randint(1, 9)), "source": draw.choice(["Ads", "Mail"]), "campaign": None,
            "owner": None, "lost_reason": None, "currency": None, "response_min": None,
            "cohort_month": (date(1899, 12, 30) + timedelta(created)).year * 12
            + (date(1899, 12, 30) + timedelta(created)).month - 1,
        })  # fmt: skip
    columns = ["row_no", "lead_id", "outcome", *made.date_columns, "d_lost", "expected_close", *rows[0]]
    texts = {"lead_id", "outcome", "stage_now", "source", "campaign", "owner", "lost_reason", "currency"}
    schema = {
        name: pl.String if name in texts else pl.Float64 if name == "amount" else pl.Int32
        for name in dict.fromkeys(columns)
    }
    frame = pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)
    table = LeadTable(
        nw.from_native(frame),
        stages=made.names,
        dated=made.names,
        as_of=AS_OF,
        as_of_reason="given",
        is_deals=False,
        rows_read=leads,
        source_name="leads",
        currency=None,
        fields=frozenset({"status", "stage", "amount", "source", *made.date_columns}),
        pipeline=made,
    )
    return table, rows


@pytest.mark.parametrize("mode", ["filled", "exact", "strict"])
@pytest.mark.parametrize(("stages", "opportunity"), [(3, None), (3, 2), (15, 9), (21, 11), (21, None)])
def test_any_number_of_stages_is_counted_as_plain_loops_count_it(stages, opportunity, mode):
    made = pipeline(stages, opportunity)
    table, rows = random_table(made, stages)
    found = as_json(build(table, options=FunnelOptions(reach=mode)))
    assert [row["stage"] for row in found["stages"]] == list(made.names)
    columns = made.date_columns

    def reached(row):
        if mode == "filled":
            return row["furthest_stage"]
        if mode == "exact":
            seen = {1} | {n for n, name in enumerate(columns, 1) if row.get(name) is not None}
            return seen | {row["current_stage"] or row["lost_stage"]}
        place = 1
        while place < stages and None not in (row.get(columns[place - 1]), row.get(columns[place])):
            place += 1
        return place

    counts = [
        sum(place in came if mode == "exact" else came >= place for came in map(reached, rows))
        for place in range(1, stages + 1)
    ]
    assert [row["reached"] for row in found["stages"]] == counts
    first = opportunity or stages
    lost = [row for row in rows if row["outcome"] == "lost"]
    summary = found["summary"]
    assert summary["won"] == sum(row["outcome"] == "won" for row in rows)
    assert summary["lost_opportunities"] == sum(row["furthest_stage"] >= first for row in lost)
    assert summary["disqualified"] == sum(row["furthest_stage"] < first for row in lost)
    for source in ("Ads", "Mail"):
        [group] = [row for row in found["by"]["source"] if row["group"] == source]
        own = [row for row in rows if row["source"] == source]
        assert group["leads"] == len(own)
        assert group["won"] == sum(row["outcome"] == "won" for row in own)
    if mode == "filled":
        here = [sum(r["furthest_stage"] == n and r["outcome"] == "lost" for r in rows) for n in range(1, stages + 1)]
        assert [row["lost_here"] for row in found["stages"]] == here
    for stage, row in zip(made, found["stages"], strict=True):
        assert row["in_stage_now"] == sum(
            one["current_stage"] == made.index(stage.name) and one["outcome"] != "lost" for one in rows
        )


@pytest.mark.parametrize("mode", ["filled", "exact", "strict"])
def test_twenty_one_stages_are_counted_alike_on_duckdb(mode):
    duckdb = pytest.importorskip("duckdb")
    table, _ = random_table(pipeline(21, 9), 4)
    arrow_leads = table.frame.to_arrow()
    there = duckdb.sql("SELECT * FROM arrow_leads")
    options = FunnelOptions(reach=mode, built_at=datetime(2025, 7, 1))
    lazy = replace(table, frame=nw.from_native(there).lazy())
    assert as_json(build(lazy, options=options)) == as_json(build(table, options=options))
    assert len(arrow_leads) == 400


@pytest.mark.parametrize("stages", [2, 3, 7, 12, 15, 16, 20, 21])
def test_the_state_of_a_lead_is_packed_and_unpacked_without_a_loss(stages):
    packing = StatePacking(stages)
    places = [(place, reach) for place in range(1, stages + 1) for reach in (1, 2**place - 1, 2 ** (place - 1) | 1)]
    states = [
        LeadState(flags, reach, place, o) for flags in range(16) for place, reach in places for o in (OPEN, WON, LOST)
    ]
    states = list(dict.fromkeys(states))
    frame = nw.from_native(
        pl.DataFrame(states, schema=dict.fromkeys(LeadState._fields, pl.Int8 if stages < 8 else pl.Int32), orient="row")
    )
    packed = frame.select(state=packing.packed_columns().cast(packing.state_type))["state"].to_list()
    assert [packing.unpack(state) for state in packed] == states
    assert len(set(packed)) == len(states)
    bits = frame.select(nw.col("reach").cast(packing.bits_type))["reach"].to_list()
    assert bits == [state.reach for state in states]


def test_the_usual_funnel_is_packed_as_narrow_as_before():
    assert StatePacking(7).state_type == nw.Int32
    assert StatePacking(7).bits_type == nw.Int16


def test_a_table_of_few_stages_in_a_long_pipeline():
    made = pipeline(15, 8)
    table, rows = random_table(made, 1)
    kept = ("Enquiry", "Step 5", "Step 8", "Signed")
    context = funnel_context(replace(table, stages=kept, dated=kept), FunnelOptions())
    places = context.rows.select("furthest_rank").collect()["furthest_rank"].to_list()
    assert places == [sum(made.index(name) <= row["furthest_stage"] for name in kept) for row in rows]
    assert context.opportunity_rank == 3


@pytest.mark.parametrize(
    ("stages", "words"),
    [
        ((Stage("A"), Stage("B", role="won")), "begins with its entry"),
        ((Stage("A", role="entry"), Stage("B")), "ends with the win"),
        ((), "begins with"),
        ((Stage("A", role="entry"), Stage("A"), Stage("B", role="won")), "the same name"),
        ((Stage("A", role="entry"), Stage("X y"), Stage("x Y"), Stage("B", role="won")), "the same date_column"),
    ],
)
def test_a_pipeline_that_cannot_be_counted_is_refused(stages, words):
    with pytest.raises(ValueError, match=words):
        Pipeline(stages)


LINE = '    Stage("Trial", count_key="trials"),\n'
ORDER = [*PIPELINE.names[:5], "Trial", *PIPELINE.names[5:]]


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A copy of the sources with one line more, and what it counts."""
    copy = tmp_path_factory.mktemp("sources")
    shutil.copytree(ROOT / "xl_leadkpi", copy / "xl_leadkpi", ignore=shutil.ignore_patterns("__pycache__"))
    model = copy / "xl_leadkpi" / "leads" / "model" / "stage.py"
    text = model.read_text(encoding="utf-8")
    proposal = '    Stage("Proposal", '
    assert text.count(proposal) == 1
    model.write_text(text.replace(proposal, LINE + proposal), encoding="utf-8")
    return copy


def run(sources, *arguments):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-m", "xl_leadkpi.cli", *map(str, arguments)]
    done = subprocess.run(command, cwd=sources, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def export(path, seed=5, leads=300):
    """A CSV with days, stage words and statuses of eight stages."""
    draw, rows = random.Random(seed), []
    for number in range(leads):
        outcome = draw.choice(OUTCOMES)
        furthest = len(ORDER) if outcome == "won" else draw.randint(1, len(ORDER) - 1)
        day, days = date(2024, 1, 1) + timedelta(draw.randint(0, 300)), []
        for _ in range(furthest):
            days.append(day.isoformat())
            day += timedelta(draw.randint(0, 5))
        days += [""] * (len(ORDER) - furthest)
        rows.append([number, *days, "Lost" if outcome == "lost" else ORDER[furthest - 1], outcome])
    header = ["Lead ID", "Created", *(f"{stage} date" for stage in ORDER[1:]), "Stage", "Status"]
    path.write_text("\n".join(",".join(map(str, row)) for row in [header, *rows]), encoding="utf-8")
    return rows


def test_one_line_more_is_one_stage_more_without_a_wrong_figure(sources, tmp_path):
    rows = export(tmp_path / "leads.csv")
    run(sources, "funnel", tmp_path / "leads.csv", "--as-of", "2025-06-30", "--json", tmp_path / "out.json",
        "-o", tmp_path / "out.xlsx", "--quiet")  # fmt: skip
    found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    came = [sum(bool(day) for day in row[1:-2]) for row in rows]
    assert [row["stage"] for row in found["stages"]] == ORDER
    assert [row["reached"] for row in found["stages"]] == [sum(one >= n for one in came) for n in range(1, 9)]
    assert [row["lost_here"] for row in found["stages"]] == [
        sum(one == n and row[-1] == "lost" for one, row in zip(came, rows, strict=True)) for n in range(1, 9)
    ]
    summary = found["summary"]
    assert summary["won"] == sum(row[-1] == "won" for row in rows)
    assert summary["trials"] == sum(one >= 6 for one in came)
    assert summary["lost_opportunities"] == sum(
        one >= 5 and row[-1] == "lost" for one, row in zip(came, rows, strict=True)
    )
    assert sum(row["entered_trials"] for row in found["months"]) == summary["trials"]
    assert sum(row["cohort_trials"] for row in found["months"]) == summary["trials"]
    assert "Trial" in {row["stage"] for row in found["pipeline"]}
    book = openpyxl.load_workbook(tmp_path / "out.xlsx", data_only=True)
    shown = {cell.value for row in book["Funnel"].iter_rows() for cell in row}
    assert "Trial" in shown
    header = [cell.value for cell in book["Funnel_Data"][1]]
    assert "Trial" in header
    furthest = {row[header.index("Furthest stage")].value for row in book["Funnel_Data"].iter_rows(min_row=2)}
    assert furthest == set(ORDER)


def test_the_sample_has_the_stage_too(sources, tmp_path):
    run(sources, "demo", tmp_path / "demo", "--leads", 200)
    [leads] = (tmp_path / "demo").glob("leads.csv")
    assert "Trial date" in leads.read_text(encoding="utf-8-sig").splitlines()[0]
