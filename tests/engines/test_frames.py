"""A frame of any kind may stand for a table: the funnel counts it where it is."""

from datetime import date

import narwhals as nw
import pandas as pd
import polars as pl
import pytest

from xl_leadkpi import engines
from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.leads import InputError, ReadOptions, read_frame, read_query, read_touches_query
from xl_leadkpi.leads.model.reports import Reports
from xl_leadkpi.leads.reports import read_report_frame

from .figures import differences

LEADS = pl.DataFrame(
    {
        "Lead ID": ["A", "B ", "C", "C", None],
        "Source": ["Ads", "ads", "SEO", "SEO", None],
        "Created": [date(2026, 1, 5), date(2026, 1, 20), date(2026, 2, 1), date(2026, 2, 1), None],
        "Won date": [date(2026, 2, 1), None, None, date(2026, 3, 2), None],
        "Amount": [100.0, None, 30.0, 50.0, None],
    }
)
TOUCHES = pl.DataFrame(
    {
        "Lead ID": ["A", "A", "C"],
        "Time": [date(2026, 1, 1), date(2026, 1, 3), date(2026, 1, 30)],
        "Channel": ["Ads", "Mail", "SEO"],
    }
)


def relation(frame):
    duckdb = pytest.importorskip("duckdb")
    return duckdb.from_arrow(frame.to_arrow())


KINDS = {"polars": lambda frame: frame, "lazy": pl.DataFrame.lazy, "pandas": pl.DataFrame.to_pandas, "duckdb": relation}


def figures(leads, touches):
    found = as_json(build(leads, None, touches))
    found["header"].pop("built_at")
    # an engine numbers rows as it likes, and calls its table otherwise
    return found


def test_what_is_worked_out_once_stays_on_its_connection(tmp_path, monkeypatch):
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "rows.parquet"
    LEADS.write_parquet(path)
    ours = engines.scan_parquet([path], "duckdb")
    theirs = nw.from_native(duckdb.connect().from_arrow(LEADS.to_arrow()))
    for frame in (ours, theirs):
        for in_memory in (True, False):
            kept = engines.materialised(frame, in_memory=in_memory)
            both = frame.select("Source").join(kept.select("Source").unique(), on="Source")
            assert both.select(nw.len()).collect().item() == 4
    # a name for a relation has DuckDB bind again all that it is made of
    monkeypatch.setattr("xl_leadkpi.engines.duckdb._own_name", lambda: pytest.fail("a name"))
    assert engines.materialised(ours, in_memory=False).select(nw.len()).collect().item() == 5


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_is_counted_as_it_comes(kind):
    found = figures(KINDS[kind](LEADS), KINDS[kind](TOUCHES))
    expected = figures(LEADS, TOUCHES)
    assert expected["summary"]["leads"] == 3
    assert expected["summary"]["won"] == 2
    expected["header"]["source"] = found["header"]["source"]
    assert differences(expected, found) == []


@pytest.mark.parametrize("kind", ["lazy", "duckdb"])
def test_what_stays_where_it_is_is_never_collected(kind, monkeypatch):
    fetched = []
    collect = nw.LazyFrame.collect

    def counting(frame, *arguments, **options):
        rows = collect(frame, *arguments, **options)
        fetched.append(len(rows))
        return rows

    many = pl.concat([LEADS.head(3).with_columns(pl.col("Lead ID") + str(n)) for n in range(2000)])
    table = read_query(KINDS[kind](many))
    assert isinstance(table.frame, nw.LazyFrame)
    monkeypatch.setattr(nw.LazyFrame, "collect", counting)
    build(table)
    assert max(fetched, default=0) < 100


def test_an_earlier_day_on_every_engine():
    reading = ReadOptions(as_of=date(2026, 2, 10), today=date(2026, 6, 1))
    expected = as_json(build(read_frame(LEADS, reading, "t")))
    expected["header"].pop("built_at")
    assert expected["summary"]["won"] == 1
    assert {"moved_after_as_of"} <= {row["finding"] for row in expected["quality"]}
    for kind in ("lazy", "duckdb"):
        found = as_json(build(read_query(KINDS[kind](LEADS), reading, "t")))
        found["header"].pop("built_at")
        assert differences(expected, found) == []


def test_every_row_created_later_is_refused_on_an_engine():
    with pytest.raises(InputError, match="created later"):
        read_query(LEADS.lazy(), ReadOptions(as_of=date(2020, 1, 1)))


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pl.Series("Created", [["2026-01-05"]] * 5), "'Created' is of type List"),
        (pl.Series("Amount", [None] * 5, dtype=pl.Duration), "'Amount' is of type Duration"),
    ],
)
def test_a_column_of_a_type_no_export_has_is_refused_by_name(column, words):
    reading = ReadOptions(fields={"created": "Created", "amount": "Amount"})
    with pytest.raises(InputError, match=words):
        read_query(LEADS.with_columns(column).lazy(), reading)


def test_touches_in_both_orders_of_day_and_month_are_refused():
    mixed = TOUCHES.with_columns(pl.Series("Time", ["13/05/2025", "05/13/2025", "05/14/2025"]))
    with pytest.raises(InputError, match="both orders"):
        read_touches_query(mixed.lazy())


def test_words_of_a_stage_read_as_in_memory():
    leads = LEADS.head(3).with_columns(pl.Series("Stage", ["Proposal to the board", "Nonsense", "Won"]))
    expected, found = read_frame(leads), read_query(leads.lazy())
    assert [one.origin for one in found.words] == [one.origin for one in expected.words]
    assert {"guessed_stage_words", "unknown_words"} <= {one.kind for one in found.findings}
    assert [one for one in found.findings if "words" in one.kind] == [
        one for one in expected.findings if "words" in one.kind
    ]


def test_identifiers_are_cleaned_only_where_they_need_it():
    tidy = read_query(LEADS.head(1).lazy()).frame.select("lead_id").collect()["lead_id"].to_list()
    untidy = read_query(LEADS.head(2).lazy()).frame.select("lead_id").collect()["lead_id"].to_list()
    assert (tidy, untidy) == (["A"], ["A", "B"])


def test_an_eager_frame_does_not_stay():
    assert engines.is_lazy_data(LEADS.lazy())
    assert not engines.is_lazy_data(LEADS)
    assert not engines.is_lazy_data(pd.DataFrame())
    assert not engines.is_lazy_data([["a"]])


@pytest.mark.parametrize("kind", KINDS)
def test_traffic_stands_beside_the_leads_of_any_frame(kind):
    options = ReadOptions(as_of=date(2026, 3, 31), today=date(2026, 3, 31))
    rows = [["Channel", "Month", "Sessions"], ["Ads", "2026-01", 40], ["SEO", "2026-01", 10], ["SEO", "2026-02", 20]]
    reports = Reports(traffic=read_report_frame(rows, "traffic"))
    found = as_json(build(read_frame(KINDS[kind](LEADS), options), reports=reports))["traffic"]
    assert {row["channel"]: (row["sessions"], row["leads"]) for row in found["by_channel"]} == {
        "Ads": (40, 2), "SEO": (30, 1),
    }  # fmt: skip
    assert found["visitors"]["visit_to_lead"] == 3 / 70
