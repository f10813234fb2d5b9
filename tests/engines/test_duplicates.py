"""Rows of the same lead: every engine keeps those that memory keeps, and names the others."""

import random
from datetime import date, timedelta

import polars as pl
import pytest

from xl_leadkpi import sample
from xl_leadkpi.engines import polars as polars_engine
from xl_leadkpi.engines import scratch
from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.leads import ReadOptions, read_frame, read_query, read_touches_frame, read_touches_query

from .figures import differences

pytestmark = pytest.mark.long

ROWS = 600


def relation(frame):
    return pytest.importorskip("duckdb").from_arrow(frame.to_arrow())


def leads(seed):
    """Three rows a lead on average, and e-mails and phones that several leads share."""
    draw = random.Random(seed)
    first = date(2025, 1, 1)
    created = [first + timedelta(draw.randrange(200)) for _ in range(ROWS)]
    columns = {
        "Lead ID": [draw.choice([None, *(f"L{n}" for n in range(ROWS // 3))]) for _ in range(ROWS)],
        "Email": [draw.choice([None, f"A{n % 90}@x.org", f" a{n % 90}@X.org"]) for n in range(ROWS)],
        "Phone": [draw.choice([None, "12", f"+48 600 {n % 70:06}", f"48600{n % 70:06}"]) for n in range(ROWS)],
        "Created": created,
        "Last Modified Date": [draw.choice([None, first + timedelta(draw.randrange(400))]) for _ in range(ROWS)],
        "Opportunity date": [day + timedelta(9) if draw.random() < 0.5 else None for day in created],
        "Won date": [day + timedelta(draw.randrange(90)) if draw.random() < 0.3 else None for day in created],
        "Amount": [draw.choice([None, 10.0, 99.5]) for _ in range(ROWS)],
    }
    return pl.DataFrame(columns)


def figures(table, touches=None):
    found = as_json(build(table, None, touches))
    found["header"].pop("built_at")
    return found


@pytest.mark.parametrize("dedupe", ["id", "id+email", "none"])
@pytest.mark.parametrize("kind", ["lazy", "lazy parts", "duckdb", "duckdb parts"])
def test_the_same_rows_are_kept(kind, dedupe, monkeypatch):
    if kind.endswith("parts"):
        monkeypatch.setattr(scratch, "ROWS_A_PART", 50)
    for seed in range(2):
        table = leads(seed)
        reading = ReadOptions(today=date(2026, 1, 1), dedupe=dedupe)
        expected = figures(read_frame(table, reading, "t"))
        found = figures(read_query(relation(table) if kind.startswith("duckdb") else table.lazy(), reading, "t"))
        kinds = {row["finding"] for row in expected["quality"]}
        assert "same_phone" in kinds
        assert ("duplicate_ids" in kinds) == (dedupe != "none")
        assert ("duplicate_emails" in kinds) == (dedupe == "id+email")
        assert differences(expected, found) == []


@pytest.mark.parametrize("kind", ["lazy", "duckdb"])
def test_emails_are_merged_without_a_day_of_creation(kind):
    table = leads(0).drop("Created", "Last Modified Date")
    reading = ReadOptions(today=date(2026, 1, 1), dedupe="id+email")
    read = read_query(relation(table) if kind == "duckdb" else table.lazy(), reading, "t")
    assert differences(figures(read_frame(table, reading, "t")), figures(read)) == []


def test_tables_of_the_user_are_not_taken_for_ours(monkeypatch):
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.setattr(scratch, "ROWS_A_PART", 50)
    table, reading = leads(1), ReadOptions(today=date(2026, 1, 1), dedupe="id+email")
    connection = duckdb.connect()
    connection.register("export", table.to_arrow())
    for name in ("k", "rows", "source_rows", "unused_rows", "arrow_rows", "common"):
        connection.execute(f"CREATE TABLE {name} AS SELECT 'L1' AS key, 1 AS row_no")
    found = figures(read_query(connection.table("export"), reading, "t"))
    assert differences(figures(read_frame(table, reading, "t")), found) == []


def test_a_connection_that_may_not_write_files(monkeypatch):
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.setattr(scratch, "ROWS_A_PART", 50)
    table, reading = leads(1), ReadOptions(today=date(2026, 1, 1))
    connection = duckdb.connect()
    connection.register("arrow_export", table.to_arrow())
    connection.execute("CREATE TABLE export AS SELECT * FROM arrow_export")
    connection.execute("SET enable_external_access = false")
    found = figures(read_query(connection.table("export"), reading, "t"))
    assert differences(figures(read_frame(table, reading, "t")), found) == []


def test_touches_in_parts_are_credited_as_in_one(monkeypatch):
    table = sample.leads(3000)
    touches = sample.touches(table)
    reading = ReadOptions(today=date(2026, 7, 1))
    table = table.drop("First contacted").with_columns(pl.col("Created").dt.date())
    expected = figures(read_frame(table, reading, "t"), read_touches_frame(touches, reading, "t"))
    parts = []
    split = polars_engine.split
    monkeypatch.setattr(scratch, "ROWS_A_PART", 200)
    noted = lambda frame, by, n: parts.append((split(frame, by, n), n)) or parts[-1][0]  # noqa: E731
    monkeypatch.setattr(polars_engine, "split", noted)
    found = figures(read_query(table.lazy(), reading, "t"), read_touches_query(touches.lazy(), reading, "t"))
    assert differences(expected, found) == []
    assert [n for _, n in parts] == [-(-len(table) // 200), *[-(-len(touches) // 200)] * 2]
    assert not [folder for folder, _ in parts if folder.exists()], "the parts are gone from the disk"


@pytest.mark.parametrize("others", [[], ["C"]])
def test_parts_without_touches_have_none_to_credit(others, monkeypatch):
    table = pl.DataFrame(
        {"Lead ID": ["A", "B", "C"], "Created": date(2025, 1, 1), "Won date": [None, None, date(2025, 2, 1)]}
    )
    named = ["X", "Y", *others]
    touches = pl.DataFrame(
        {"Lead ID": named, "Time": date(2025, 1, 2), "Channel": ["Ads", "Mail", "SEO"][: len(named)]}
    )
    expected = figures(read_frame(table, source_name="t"), read_touches_frame(touches, source_name="t"))
    assert "touch_without_lead" in {row["finding"] for row in expected["quality"]}
    assert expected["attribution"][0]["first"] == 1
    monkeypatch.setattr(scratch, "ROWS_A_PART", 1)
    found = figures(read_query(table.lazy(), source_name="t"), read_touches_query(touches.lazy(), source_name="t"))
    assert differences(expected, found) == []
