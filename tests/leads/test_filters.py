"""Which rows the user wants counted: conditions on any column, words left out, alike in memory and on engines."""

from dataclasses import replace
from datetime import date, datetime

import polars as pl
import pytest

from tests.golden import GOLDEN
from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads import InputError, ReadOptions, read, read_frame
from xl_leadkpi.leads.model.conditions import Condition, Filtered, parse_condition

from .everywhere import NOW, PLACES, column, kinds, read_on

ROWS = {
    "Lead ID": ["1", "2", "03", "4", "5", "6"],
    "Created": [date(2026, 1, 5), date(2026, 2, 5), date(2026, 3, 1), date(2026, 3, 7), date(2026, 3, 8), None],
    "Stage": ["Won", "New", "3. Rubbish", "Lost", "New", "Proposal"],
    "Source": ["web", " Web ", "Ads, paid", "n/a", None, "Fair"],
    "Total": [100.0, 1000.0, None, 5.0, 7.5, 1000.5],
    "Score": ["10", "9", "x", "007", "", "1,000"],
    "Renewal": ["01.05.2026", "13.05.2026", "", "2026-06-01", "soon", None],
    "Size": [3, 30, 300, None, 3, 4],
}


def filtering(*conditions, exclude=()):
    return replace(NOW, where=tuple(map(parse_condition, conditions)), exclude=exclude)


# --- how a condition is written


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("Amount>=1000", Condition("Amount", ">=", ("1000",))),
        (" Owner != '' ", Condition("Owner", "!=", ("",))),
        ("Owner=", Condition("Owner", "=", ("",))),
        ("Source in (Web, Ads)", Condition("Source", "=", ("Web", "Ads"))),
        ("Source NOT IN ('Ads, paid',\"\", Web)", Condition("Source", "!=", ("Ads, paid", "", "Web"))),
        ("Sold in (EUR) <> 5", Condition("Sold in (EUR)", "!=", ("5",))),
        ("Sold in (EUR) in (5, 6)", Condition("Sold in (EUR)", "=", ("5", "6"))),
        ("'a >= b' ≤ 7", Condition("a >= b", "<=", ("7",))),
        ("Region in (North (new), South)", Condition("Region", "=", ("North (new)", "South"))),
        ("Formula='=1+1'", Condition("Formula", "=", ("=1+1",))),
    ],
)
def test_a_condition_is_read_as_it_is_written(text, condition):
    assert parse_condition(text) == condition
    assert parse_condition(str(condition)) == condition


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Pipeline", "is no condition"),
        ("=5", "names no column"),
        ("Amount >", "has nothing after >"),
        ("Source in ()", "no value between the brackets"),
        ("'Deal' size > 5", "has 'size' after the name"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_way_to_write_one(text, why):
    with pytest.raises(InputError, match=why) as refused:
        parse_condition(text)
    assert "COLUMN in (VALUE, VALUE)" in str(refused.value)


# --- which rows it leaves


@PLACES
@pytest.mark.parametrize(
    ("conditions", "left"),
    [
        (["Source=WEB"], "1 2"),
        (["source != web"], "03 4 5 6"),
        (["Source=''"], "4 5"),
        (["Source!=''"], "1 2 03 6"),
        (["Source in (web, 'ads, PAID', '')"], "1 2 03 4 5"),
        (["Source not in (web, fair)"], "03 4 5"),
        (["Total>=1000"], "2 6"),
        (["amount<1000"], "1 4 5"),
        (["Total=''"], "03"),
        (["Total!=1000"], "1 03 4 5 6"),
        (["Created>=2026-03"], "03 4 5"),
        (["Created=2026-02"], "2"),
        (["Created<=2026-03-07"], "1 2 03 4"),
        (["Created>2026-Q1", "Lead ID=1"], None),
        (["Created in (2026-01, 2026-03-08)"], "1 5"),
        (["Created=''"], "6"),
        (["Score>9"], "1 6"),
        (["Score=9.0"], "2"),
        (["Score=7"], None),
        (["Score=1000"], "6"),
        (["Lead ID=3"], None),
        (["Lead ID in (03, 4)"], "03 4"),
        (["Renewal>=2026-05-13"], "2 4"),
        (["Renewal=2026-05"], "1 2"),
        (["Renewal='soon'"], "5"),
        (["Size=3"], "1 5"),
        (["Size>3", "Size<100"], "2 6"),
        (["Size=''"], "4"),
        (["Stage=new", "Source=web"], "2"),
    ],
)
def test_a_condition_leaves_the_same_rows_everywhere(place, conditions, left):
    if left is None:
        with pytest.raises(InputError, match="no row is left of 6"):
            read_on(place, ROWS, filtering(*conditions))
        return
    table = read_on(place, ROWS, filtering(*conditions))
    assert column(table, "lead_id") == left.split()
    assert table.rows_read == 6
    assert (table.filters[0].rows, table.filters[-1].left) == (6, len(left.split()))


@PLACES
def test_rows_of_a_word_are_left_out(place):
    table = read_on(place, ROWS, filtering("Created!=''", exclude=("rubbish", "LOST", "Nowhere")))
    assert column(table, "lead_id") == ["1", "2", "5"]
    assert table.filters == (
        Filtered("Created != ''", is_word=False, rows=6, left=5),
        Filtered("rubbish", is_word=True, rows=5, left=4),
        Filtered("LOST", is_word=True, rows=4, left=3),
        Filtered("Nowhere", is_word=True, rows=3, left=3),
    )
    assert {word.word for word in table.words} == {"Won", "New"}
    assert kinds(table)["unused_exclusion"] == (1, "", {"word": "Nowhere"})


@PLACES
def test_a_clock_belongs_to_its_day(place):
    rows = {"Lead ID": ["1", "2"], "Created": [datetime(2026, 5, 1, 18), datetime(2026, 5, 2)], "Stage": ["New", "New"]}
    assert column(read_on(place, rows, filtering("Created<=2026-05-01")), "lead_id") == ["1"]
    assert column(read_on(place, rows, filtering("Created>2026-05-01")), "lead_id") == ["2"]


@PLACES
def test_what_was_odd_is_of_the_rows_that_are_left(place):
    rows = {
        "Lead ID": ["1", "2", "2", "4"],
        "Created": ["2026-01-05", "bad", "2026-01-07", "worse"],
        "Stage": ["New", "Odd", "Odd", "Won"],
        "Region": ["N", "S", "S", "N"],
    }
    table = read_on(place, rows, filtering("Region=N"))
    found = kinds(table)
    assert found["unreadable_dates"][0] == 1
    assert not {"duplicate_ids", "unknown_words"} & found.keys()
    assert [(word.word, word.count) for word in table.words] == [("New", 1), ("Won", 1)]


@PLACES
def test_the_order_of_day_and_month_is_told_by_all_rows(place):
    days = ["25/03/2026", "02/01/2026", "03/02/2026", "04/02/2026"]
    rows = {"Lead ID": list("1234"), "Created": days, "Stage": ["New"] * 4, "Region": list("SNNN")}
    table = read_on(place, rows, filtering("Region=N", "Created>=2026-02-01"))
    assert column(table, "created") == [46056, 46057]  # 3 and 4 February


@PLACES
def test_a_text_is_spelled_as_most_of_the_rows_that_are_left(place):
    rows = {
        "Lead ID": list("12345"),
        "Created": ["2026-01-05"] * 5,
        "Source": ["WEB", "WEB", "Web", "Web", "WEB"],
        "Region": list("SSNNN"),
    }
    table = read_on(place, rows, replace(filtering("Region=N"), by=("Region",)))
    assert set(column(table, "source")) == {"Web"}


def test_a_unit_in_the_header_is_that_of_the_condition():
    rows = [["Lead ID", "Created", "Amount (kEUR)"], ["1", "2026-01-05", 5], ["2", "2026-01-05", 0.5]]
    by_header, by_field = (
        read_frame(rows, filtering(text)).frame["lead_id"].to_list() for text in ("Amount (kEUR)>=5", "amount>=5")
    )
    assert (by_header, by_field) == (["1"], ["1", "2"])


# --- with deals

LEADS = (
    "Lead ID,Created,Lead Status,Region\n1,2026-01-01,New,N\n2,2026-01-02,New,S\n3,2026-01-03,Junk,N\n"
    "4,2026-01-04,New,N\n"
)
DEALS = (
    "Deal ID,Lead ID,Deal Stage,Amount,Pipeline,Close Date\nA,1,Closed Won,100,New business,2026-02-01\n"
    "B,2,Closed Won,900,Renewals,2026-02-01\nC,3,Proposal,50,New business,\n"
)


@pytest.fixture
def joined(tmp_path):
    (tmp_path / "leads.csv").write_text(LEADS)
    (tmp_path / "deals.csv").write_text(DEALS)

    def read_both(*conditions, exclude=()):
        return read(tmp_path / "leads.csv", filtering(*conditions, exclude=exclude), tmp_path / "deals.csv")

    return read_both


@pytest.mark.parametrize(
    ("conditions", "exclude", "left"),
    [
        (["Region=N"], (), "1 3 4"),
        (["Pipeline=New business"], (), "1 3"),
        (["deals.Pipeline!=Renewals"], (), "1 3 4"),
        (["Pipeline=''"], (), "4"),
        (["amount>=100"], (), "1 2"),
        (["Region=N", "Amount<100"], (), "3"),
        ([], ("junk",), "1 2 4"),
        (["Region=N"], ("Closed Won",), "3 4"),
    ],
)
def test_columns_of_both_tables_may_be_named(joined, conditions, exclude, left):
    table = joined(*conditions, exclude=exclude)
    assert table.frame["lead_id"].to_list() == left.split()
    assert "deals_without_lead" not in kinds(table)
    assert not [name for name in table.frame.columns if "keep" in name]


def test_what_is_left_of_a_join_may_be_nothing(joined):
    with pytest.raises(InputError, match=r"leads.csv with deals.csv, column 'Pipeline'.*Renewals \(1\)"):
        joined("Pipeline=Old business")
    with pytest.raises(InputError, match=r"leads.csv and deals.csv: there is no column 'Pipelin' .*mean 'Pipeline'"):
        joined("Pipelin=Renewals")


@PLACES
def test_what_no_calendar_has_may_be_a_word(place):
    assert "Source != 0000-00-00" in str(read_on(place, ROWS, filtering("Source!=0000-00-00")).filters)


# --- what cannot be


@PLACES
@pytest.mark.parametrize(
    ("conditions", "exclude", "message"),
    [
        (["Sourse=Web"], (), r"no column 'Sourse'.*Did you mean 'Source'.*Lead ID, Created"),
        (["Total=much"], (), r"column 'Total': Total = much cannot be decided.*amounts.*1000"),
        (["Created>=soon"], (), r"column 'Created'.*dates.*2026-05-31"),
        (["Created>=2026-Q5"], (), r"column 'Created', Created >= 2026-Q5: There is no quarter '2026-Q5'"),
        (["Created=1583-02-30"], (), r"column 'Created', Created = 1583-02-30: There is no day '1583-02-30'"),
        (["Created=02/03/2026"], (), r"column 'Created', Created = 02/03/2026: '02/03/2026' may be two days"),
        (["Stage>New"], (), r"> compares numbers and dates.*'New' is none"),
        (["Source=Phone"], (), r"column 'Source': no row is left of 6, as Source = Phone holds for none\..*Fair \(1\)"),
        (["Total>=1e6"], (), r"numbers from 5 to 1,000.5"),
        (["Created>=2030"], (), r"days from 2026-01-05 to 2026-03-08"),
        (["Source=web", "Stage=Lost"], (), r"none of the 2 that the filters before it left.* New \(1\)"),
        (["Stage=Won"], ("Won",), r"no row is left of 6.*'Won'.*--exclude"),
    ],
)
def test_a_filter_that_cannot_be_is_one_message(place, conditions, exclude, message):
    with pytest.raises(InputError, match=message):
        read_on(place, ROWS, filtering(*conditions, exclude=exclude))


def test_a_blank_is_no_word_to_leave_out():
    with pytest.raises(InputError, match="--exclude leaves out the rows of a word"):
        read_frame([["Lead ID", "Stage"], ["1", ""], ["2", "New"]], filtering(exclude=(" ",)))


def test_words_can_only_be_left_out_of_a_column():
    with pytest.raises(InputError, match="no column of stages or statuses whose word 'Spam'"):
        read_frame([["Lead ID", "Created"], ["1", "2026-01-05"]], filtering(exclude=("Spam",)))


# --- the funnel of a filtered table


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        ("Source=google ads", pl.col("Source") == "Google Ads"),
        ("Created>=2025-02", pl.col("Created") >= "2025-02"),
        ("Amount>=5000", pl.col("Amount").cast(pl.Float64) >= 5000),
    ],
)
def test_a_filtered_table_gives_the_funnel_of_a_table_with_those_rows(condition, rows, tmp_path):
    path = GOLDEN / "golden_leads.csv"
    reading = ReadOptions(as_of=date(2025, 6, 30), today=date(2025, 6, 30))
    counting = FunnelOptions(built_at=datetime(2026, 7, 1))
    there = pl.read_csv(path, infer_schema=False)
    kept = there.filter(rows)
    assert 0 < len(kept) < len(there)
    kept.write_csv(tmp_path / path.name)
    tables = read(path, replace(reading, where=(parse_condition(condition),))), read(tmp_path / path.name, reading)
    filtered, alone = (as_json(build(table, None, None, counting)) for table in tables)
    for figures in (filtered, alone):
        del figures["header"], figures["quality"], figures["columns"], figures["backwards"]
    assert filtered == alone
