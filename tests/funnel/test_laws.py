"""Laws that hold for every lead table."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import narwhals as nw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads.model.table import SpendTable

from .lead_tables import lead_table
from .random_leads import AS_OF, AS_OF_DAY, leads, random_leads

FIELDS = ("status", "source", "campaign", "owner", "amount", "lost_reason", "response_min")
SPEND = SpendTable((("Google Ads", None, 2025 * 12, 100.0, 10.0, None), (None, None, None, 50.0, None, None)), None)
NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)
REACH = st.sampled_from(["filled", "exact", "strict"])


def figures(rows, engine="polars", spend=None, **options):
    table = lead_table(rows, as_of=AS_OF, engine=engine, fields=FIELDS)
    return as_json(build(table, spend, options=FunnelOptions(built_at=NOON, **options)))


@settings(max_examples=15, deadline=None)
@given(leads)
def test_reached_never_grows_down_the_funnel(rows):
    for reach in ("filled", "strict"):
        counts = [row["reached"] for row in figures(rows, reach=reach)["stages"]]
        assert counts == sorted(counts, reverse=True)
        assert counts[0] == len(rows)


@settings(max_examples=15, deadline=None)
@given(leads, REACH)
def test_exact_and_strict_are_at_most_filled(rows, reach):
    found = figures(rows, reach=reach)
    for row in found["stages"]:
        assert row["skipped"] >= 0
        assert row["strict"] <= row["exact"] <= row["skipped"] + row["exact"]
    # the choice of mode moves the counts, never the outcomes
    assert found["summary"]["won"] == sum(row["outcome"] == "won" for row in rows)


@settings(max_examples=15, deadline=None)
@given(leads)
def test_filled_stages_split_into_the_next_the_lost_and_the_open(rows):
    stages = figures(rows)["stages"]
    below = [*(row["reached"] for row in stages[1:]), 0]
    for row, after in zip(stages, below, strict=True):
        won = after if row["stage"] != "Won" else row["reached"]
        assert row["reached"] == won + row["lost_here"] + row["open_here"]


@settings(max_examples=15, deadline=None)
@given(leads, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(rows, random):
    before = figures(rows, spend=SPEND)
    random.shuffle(rows)
    assert json.dumps(figures(rows, spend=SPEND)) == json.dumps(before)


@settings(max_examples=15, deadline=None)
@given(leads, REACH, st.integers(1, 6))
def test_group_rows_add_up_to_the_total(rows, reach, top):
    found = figures(rows, reach=reach, top_groups=top, spend=SPEND)
    counts = ["leads", "mql", "sql", "meetings", "opportunities", "proposals", "won", "lost", "open", "mature_leads"]
    for table in (*found["by"].values(), found["attribution"]):
        *groups, total = table
        for key in set(counts) & set(total):
            assert sum(row[key] for row in groups) == total[key]
        # where no win is recorded there is no revenue either
        for key in {key for key in ("revenue", "conversions") if total.get(key) is not None}:
            assert sum(row[key] for row in groups) == pytest.approx(total[key])
        assert len(groups) <= top + 1
    *losses, total = found["losses"]
    assert sum(row["lost"] for row in losses) == total["lost"] == found["summary"]["lost"]
    pipeline = found["pipeline"][-1]
    assert pipeline["open"] == found["summary"]["open_opportunities"]
    assert pipeline["amount"] == found["summary"]["pipeline"]
    assert pipeline["weighted"] == found["summary"]["weighted_pipeline"]
    *spends, total = found["spend"]
    assert sum(row["spend"] or 0 for row in spends) == total["spend"] == found["summary"]["spend"] == 150


@settings(max_examples=15, deadline=None)
@given(leads)
def test_months_add_up(rows):
    found = figures(rows)
    months, summary = found["months"], found["summary"]
    dated = [row for row in rows if row["created"] is not None]
    assert sum(row["leads"] for row in months) == len(dated)
    assert sum(row["cohort_won"] for row in months) == sum(row["outcome"] == "won" for row in dated)
    won = sum(row.get("d_won") is not None for row in rows)
    assert sum(row.get("entered_won", 0) for row in months) == won <= summary["won"]


@settings(max_examples=15, deadline=None)
@given(leads, st.integers(1, 400))
def test_mature_rates_and_the_curve_keep_their_bounds(rows, window):
    found = figures(rows, window_days=window)
    shares = [row["conversion"] for row in found["curve"]]
    at_risk = [row["at_risk"] for row in found["curve"]]
    assert shares == sorted(shares)
    assert at_risk == sorted(at_risk, reverse=True)
    assert all(0 <= share <= 1 for share in shares)
    for row in found["mature"]:
        if row["leads"] is None:
            continue
        assert 0 <= row["won"] <= row["leads"]
    mature = [row for row in found["mature"] if row["basis"] == "mature" and row["leads"] is not None]
    assert [row["leads"] for row in mature] == sorted((row["leads"] for row in mature), reverse=True)


@settings(max_examples=15, deadline=None)
@given(leads)
def test_cohorts_only_ripen(rows):
    for grid in ("cohort_counts", "opportunity_cohort_counts"):
        for row in figures(rows)[grid]:
            cells = [value for key, value in row.items() if key.startswith("month_") and value is not None]
            assert cells == sorted(cells)
            assert all(0 <= cell <= row["leads"] for cell in cells)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("reach", ["filled", "exact", "strict"])
def test_engines_agree(seed, reach):
    rows = random_leads(300, seed)
    polars, pandas = (
        figures(rows, engine, spend=SPEND, reach=reach, top_groups=2, win_basis="cohort")
        for engine in ("polars", "pandas")
    )
    assert polars == pandas


def test_without_censoring_the_curve_is_the_plain_share():
    rows = random_leads(200, 5)
    old = [row for row in rows if row["created"] is not None and row["outcome"] != "won"]
    for row in old:
        row["created"] = float(AS_OF_DAY - 1000)
    won = [
        row for row in rows if row["outcome"] == "won" and row.get("d_won") and (row["created"] or 1e9) <= row["d_won"]
    ]
    for row in won:
        row["d_won"] -= row["created"] - (AS_OF_DAY - 1000)
        row["created"] = float(AS_OF_DAY - 1000)
    found = figures(old + won)
    assert found["curve"][-1]["conversion"] == pytest.approx(len(won) / len(old + won))


def test_the_curve_and_the_mature_rate_find_the_truth_where_the_naive_rate_does_not():
    # 30 % win at last, after an exponential time; losses close sooner, so leaving them out would double the answer
    import math
    import random

    draw = random.Random(1)
    rows = []
    for number in range(20_000):
        created = AS_OF_DAY - draw.randint(0, 365)
        wins = draw.random() < 0.3
        end = created + math.ceil(draw.expovariate(1 / 85 if wins else 1 / 30))
        happened = end <= AS_OF_DAY
        outcome = ("won" if wins else "lost") if happened else "open"
        rows.append(
            {
                "row_no": number,
                "created": float(created),
                "d_won": float(end) if outcome == "won" else None,
                "d_lost": float(end) if outcome == "lost" else None,
                "outcome": outcome,
                "furthest_stage": 7 if outcome == "won" else 1,
            }
        )
    truth = 0.3 * (1 - math.exp(-90 / 85))
    found = figures(rows)
    row = next(row for row in found["mature"] if row["window"] == 90)
    assert row["lead_conversion"] == pytest.approx(truth, abs=0.012)
    assert row["curve"] == pytest.approx(truth, abs=0.012)
    assert found["summary"]["lead_conversion"] < 0.3 - 0.05


def test_duplicates_do_not_change_the_counts(tmp_path):
    from xl_leadkpi.leads import read
    from xl_leadkpi.leads.model.options import ReadOptions

    rows = [
        f"L{row['row_no']},{AS_OF - timedelta(days=AS_OF_DAY - int(row['created']))},{row['outcome']},{row['owner']}"
        for row in random_leads(40, 3)
        if row["created"] is not None
    ]
    header = "Lead ID,Created,Status,Owner"

    def counted(lines):
        path = tmp_path / "leads.csv"
        path.write_text("\n".join([header, *lines]))
        return as_json(build(read(path, ReadOptions(as_of=AS_OF))))

    once, twice = counted(rows), counted(rows + rows[::2])
    assert twice["summary"] == once["summary"]
    assert (twice["stages"], twice["by"], twice["months"]) == (once["stages"], once["by"], once["months"])


def test_pandas_own_nullable_types_give_the_same():
    table = lead_table(random_leads(200, 4), as_of=AS_OF, engine="pandas", fields=FIELDS)
    nullable = replace(table, frame=nw.from_native(table.frame.to_native().convert_dtypes()))
    plain, own = (as_json(build(one, options=FunnelOptions(built_at=NOON))) for one in (table, nullable))
    assert own == plain
