"""Every engine gives the figures that memory gives, to 1e-9: golden fixture, two real exports, a sample."""

import random
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from threading import Event, Thread

import polars as pl
import pytest

from tests.funnel.deals_on_their_way import START, futures, rows
from tests.golden import GOLDEN
from xl_leadkpi import engines, sample
from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.leads import read, read_frame, read_query, read_spend, read_touches, read_touches_query

from .conftest import COUNTING, READING
from .figures import differences

pytestmark = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Spark's own sockets
]

LEADS, TOUCHED = 20_000, 50_000


class Case:
    """One lead table as Parquet, with what belongs to it, and its figures from memory."""

    def __init__(self, leads, touches=None, spend=None, reading=READING):
        self.leads, self.touches, self.reading = leads, touches, reading
        self.spend = read_spend([spend], reading) if spend else None
        table = read(leads, reading)
        self.figures = as_json(build(table, self.spend, touches and read_touches(touches, reading), COUNTING))

    def on(self, name):
        leads = read_query(engines.scan_parquet([self.leads], name), self.reading, self.leads.name)
        touches = self.touches and read_touches_query(engines.scan_parquet([self.touches], name), self.reading)
        return as_json(build(leads, self.spend, touches, COUNTING))


@pytest.fixture(scope="session")
def made_up(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made_up")
    leads = sample.leads(LEADS)
    touches = sample.touches(leads)
    assert touches.height > TOUCHED
    leads.with_columns(pl.col("Created").dt.date()).drop("First contacted").write_parquet(folder / "leads.parquet")
    touches.write_parquet(folder / "touches.parquet")
    return Case(folder / "leads.parquet", folder / "touches.parquet")


@pytest.fixture(scope="session")
def clocked(tmp_path_factory):
    """Creation and response with a time of day: durations in calendar days, response times in minutes."""
    path = tmp_path_factory.mktemp("clocked") / "leads.parquet"
    sample.leads(3000).write_parquet(path)
    return Case(path)


@pytest.fixture(scope="session")
def all_clocked(tmp_path_factory):
    """Every stage with a time of day: percentiles over lengths with a fraction."""
    path = tmp_path_factory.mktemp("all_clocked") / "leads.parquet"
    leads = sample.leads(3000)
    days = [name for name, kind in leads.schema.items() if kind == pl.Date]
    later = pl.duration(minutes=pl.int_range(pl.len()) * 7 % 600)
    leads.with_columns(pl.col(*days).cast(pl.Datetime("ms")) + later).write_parquet(path)
    return Case(path)


@pytest.fixture(scope="session")
def golden(tmp_path_factory):
    path = tmp_path_factory.mktemp("golden") / "leads.parquet"
    pl.read_csv(GOLDEN / "golden_leads.csv", try_parse_dates=True).write_parquet(path)
    reading = replace(READING, as_of=date(2025, 6, 30))
    return Case(path, spend=GOLDEN / "golden_spend.csv", reading=reading)


@pytest.fixture(scope="session")
def olist(shared, tmp_path_factory):
    path = tmp_path_factory.mktemp("olist") / "leads.parquet"
    folder = shared / "data/olist"
    leads = pl.read_csv(folder / "olist_mql_usdates.csv", infer_schema=False)
    deals = pl.read_csv(folder / "olist_closed_deals_semicolon_bom.csv", separator=";", infer_schema=False)
    joined = leads.join(deals.unique("mql_id"), on="mql_id", how="left", maintain_order="left")
    joined.select("mql_id", "first_contact_date", "origin", "won_date").write_parquet(path)
    return Case(path)


@pytest.fixture(scope="session")
def crm(shared, tmp_path_factory):
    path = tmp_path_factory.mktemp("crm") / "leads.parquet"
    pl.read_csv(shared / "data/crm_sales/sales_pipeline.csv", try_parse_dates=True).write_parquet(path)
    return Case(path, reading=replace(READING, by=("product",)))


@pytest.fixture(scope="session")
def flagged(tmp_path_factory):
    """Outcomes by flags and probabilities, rows that are no leads, words that disagree, days beside a flag."""
    path = tmp_path_factory.mktemp("flagged") / "leads.parquet"
    draw = random.Random(7)
    rows = [
        {
            "Deal ID": f"D{number}",
            "Created": date(2025, 1, 1) + timedelta(number % 90),
            "Stage": draw.choice(["New", "Demo", "Proposal", "Closed Won", "Closed Lost"]),
            "Deal Status": draw.choice(["Open", "Won", "Lost", None, None, "Merged"]),
            "Probability": draw.choice([0.0, 0.4, 1.0, None]),
            "Active": draw.choice([True, True, False, None]),
            "Close date": draw.choice([None, date(2025, 6, 1), date(2027, 1, 1)]),
            "Loss reason": draw.choice([None, None, "Price"]),
            "Qualified": draw.choice([True, False]),
            "Qualified date": date(2025, 4, 1) + timedelta(number % 50),
            "is_deleted": draw.random() < 0.1,
            "deleted_at": date(2025, 6, 1) if draw.random() < 0.1 else None,
        }
        for number in range(400)
    ]
    pl.DataFrame(rows).write_parquet(path)
    case = Case(path)
    told = {row["finding"] for row in case.figures["quality"]}
    assert {"deleted_rows", "duplicate_rows", "contradictions", "lost_by_flag"} <= told
    return case


@pytest.fixture(scope="session")
def on_their_way(tmp_path_factory):
    """Deals with a forecast that can be checked, days missing, and the CRM's own chances and days."""
    path = tmp_path_factory.mktemp("on_their_way") / "leads.parquet"
    table = rows(futures(900, 3), 400, hidden=range(0, 900, 4))
    own = [
        row | {"Expected close date": START + timedelta(380 + number % 60), "Probability": 10.0 * (number % 9)}
        for number, row in enumerate(table)
    ]
    pl.DataFrame(own, infer_schema_length=None).write_parquet(path)
    case = Case(path, reading=replace(READING, as_of=START + timedelta(400)))
    assert all(case.figures[name] for name in ("forecast", "forecast_check", "overdue"))
    assert case.figures["forecast"][0]["crm"]
    return case


@pytest.fixture(scope="session")
def staying(tmp_path_factory):
    """Customers with times of day, some of whom left: before the win, on its day, later, or are to leave yet."""
    path = tmp_path_factory.mktemp("staying") / "leads.parquet"
    draw = random.Random(11)
    rows = []
    for number in range(900):
        won = datetime(2024, 1, 1, 9) + timedelta(days=draw.randrange(850), minutes=draw.randrange(600))
        end = won + timedelta(days=draw.choice([-3, 0, 30, 90, 200, 400, 900]), minutes=draw.randrange(900))
        rows.append({
            "Lead ID": f"L{number}", "Created": won - timedelta(days=9), "Won date": won if number % 4 else None,
            "Contract End Date": end if draw.random() < 0.6 else None, "MRR": draw.randrange(9900) / 100,
            "Source": draw.choice(["Ads", "Fair", None]), "Owner": draw.choice("AB"),
        })  # fmt: skip
    pl.DataFrame(rows).write_parquet(path)
    case = Case(path, reading=replace(READING, fields={"amount": "MRR"}))
    assert {row["group"] for row in case.figures["retention"]["source"]} == {"Ads", "Fair", "(none)", "(total)"}
    assert all(row["lifetime_revenue"] for row in case.figures["retention"]["owner"])
    told = {row["finding"] for row in case.figures["quality"]}
    assert {"customer_end_ahead", "customer_end_not_won", "customer_end_before_won"} <= told
    return case


CASES = ["golden", "olist", "crm", "made_up", "clocked", "all_clocked", "flagged", "on_their_way", "staying"]


@pytest.mark.parametrize("name", ["polars", pytest.param("duckdb", marks=pytest.mark.long)])
@pytest.mark.parametrize("case", CASES)
def test_same_figures(request, case, name):
    if name == "duckdb":
        pytest.importorskip("duckdb")
    made = request.getfixturevalue(case)
    assert differences(made.figures, made.on(name)) == []


@pytest.mark.parametrize("name", ["polars", pytest.param("duckdb", marks=pytest.mark.long)])
def test_same_means_whatever_the_order_of_adding(tmp_path, name):
    """Of seconds that add up to 27 more than a multiple of 54 a rounding to the sixth digit of a day is a toss."""
    for seed in range(8):
        draw = random.Random(seed)
        spent = [draw.randrange(10**6, 9 * 10**6) for _ in range(301)]
        spent[0] += (27 - sum(spent)) % 54
        created = [datetime(2025, 1, 1) + timedelta(seconds=draw.randrange(10**7)) for _ in spent]
        won = [start + timedelta(seconds=seconds) for start, seconds in zip(created, spent, strict=True)]
        path = tmp_path / f"{seed}.parquet"
        pl.DataFrame({"Lead ID": range(301), "Created": created, "Won date": won}).write_parquet(path)
        case = Case(path)
        assert case.figures["stage_times"][0]["mean"] == pytest.approx(sum(spent) / 301 / 86_400, abs=1e-11)
        assert differences(case.figures, case.on(name)) == []


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("case", ["golden", "olist", "crm", "flagged", "staying"])
def test_same_figures_on_a_spark_cluster(request, spark, case):
    made = request.getfixturevalue(case)
    assert differences(made.figures, made.on("spark")) == []
    assert spark.sparkContext.master.startswith("spark://")


def test_same_figures_on_pandas(made_up):
    leads = read_frame(pl.read_parquet(made_up.leads).to_pandas(), READING, made_up.leads.name)
    figures = as_json(build(leads, None, read_touches(made_up.touches, READING), COUNTING))
    assert differences(made_up.figures, figures) == []


def test_a_worker_killed_in_mid_job_changes_nothing(made_up, spark, spark_cluster):
    tracker = spark.sparkContext.statusTracker()
    victim, killed = spark_cluster.processes[-1], Event()

    def kill_while_busy():
        started = time.monotonic()
        while time.monotonic() - started < 60:
            running = [tracker.getJobInfo(job) for job in tracker.getActiveJobsIds()]
            # not the first jobs: by then the worker holds rows that others need
            if running and max(job.jobId for job in running if job) > first_job + 6:
                spark_cluster.kill(victim)
                killed.set()
                return
            time.sleep(0.005)

    ids = tracker.getJobIdsForGroup(None)
    first_job = max(ids, default=0)
    killer = Thread(target=kill_while_busy)
    killer.start()
    figures = made_up.on("spark")
    killer.join()
    assert killed.is_set()
    assert victim.poll() is not None
    assert differences(made_up.figures, figures) == []
