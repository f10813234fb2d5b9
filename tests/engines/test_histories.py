"""Histories are counted the same everywhere: in parts that fit into memory, and on a cluster."""

from datetime import date

import pandas as pd
import polars as pl
import pytest

from tests.leads.plain_histories import STAGES, random_history, with_before
from xl_leadkpi.engines import scratch
from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads import ReadOptions, read_frame, read_query

TODAY = date(2026, 3, 1)
CHANGES = random_history(31, 50)


def options(as_of):
    return ReadOptions(as_of=as_of, today=TODAY, kind="leads", stage_order=STAGES[:-1])


def leads():
    first = {}
    for lead, day, _ in CHANGES:
        first.setdefault(lead, day)
    rows = [(lead, f"S{n % 3}", day) for n, (lead, day) in enumerate(first.items())]
    return pl.DataFrame(rows, schema=["Lead ID", "Source", "Created"], orient="row")


def history():
    rows = [(*change, 100.0 + n % 7) for n, change in enumerate(with_before(CHANGES))]
    return pl.DataFrame(rows, schema=["Lead ID", "Date", "Old", "New", "Amount"], orient="row")


def figures(table):
    report = as_json(build(table, options=FunnelOptions(window_days=30)))
    names = ("summary", "stages", "stage_times", "by", "months", "visits", "transitions", "reopened", "deal_changes")
    return {name: report[name] for name in names}


@pytest.mark.parametrize("as_of", [TODAY, date(2025, 4, 5)])
def test_in_parts_a_history_gives_the_same_figures(as_of, monkeypatch):
    beside = figures(read_frame(leads(), options(as_of), history=history()))
    alone = figures(read_frame(history(), options(as_of)))
    monkeypatch.setattr(scratch, "ROWS_A_PART", 40)
    assert figures(read_query(leads().lazy(), options(as_of), history=history().lazy())) == beside
    assert figures(read_query(history().lazy(), options(as_of))) == alone


def test_pandas_counts_a_history():
    beside = figures(read_frame(leads(), options(TODAY), history=history()))
    one, other = pd.DataFrame(leads().to_dicts()), pd.DataFrame(history().to_dicts())
    assert figures(read_frame(one, options(TODAY), history=other)) == beside


def rows_of(table):
    """The leads and the visits of a table; a hundred small queries of a whole funnel would take Spark minutes."""
    leads = table.frame.lazy().collect("polars").to_native().sort("lead_id")
    visits = table.history.visits.collect("polars").to_native().join(leads.select("row_no", "lead_id"), on="row_no")
    columns = ("lead_id", "stage", "entered", "left", "before", "is_timed")
    return leads.drop("row_no").to_dicts(), visits.sort("lead_id", "place").select(columns).to_dicts()


def test_spark_reads_leads_with_a_history(spark):
    as_of = date(2025, 4, 5)
    one, other = (spark.createDataFrame(frame.to_arrow()) for frame in (leads(), history()))
    there = read_query(one, options(as_of), history=other)
    assert rows_of(there) == rows_of(read_frame(leads(), options(as_of), history=history()))


def test_spark_folds_a_log(spark):
    as_of = date(2025, 4, 5)
    there = read_query(spark.createDataFrame(history().to_arrow()), options(as_of))
    assert rows_of(there) == rows_of(read_frame(history(), options(as_of)))
