"""Which channels bring customers that stay: counted alike on every engine, and what nobody knows left blank."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from tests.leads.everywhere import PLACES, read_on
from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.funnel.options import FunnelOptions
from xl_leadkpi.funnel.retention import _compared_columns
from xl_leadkpi.funnel.staying import MONTH
from xl_leadkpi.leads import ReadOptions, read, read_frame

from .customers import AS_OF, Person, kept_by, log_rank_of, mean_within, random_people, stays_of, table_of

READING = ReadOptions(as_of=AS_OF, today=AS_OF, fields={"amount": "MRR"})
KEYS = ("kept_3", "kept_6", "kept_12", "kept_24", "median_months", "mean_months", "lifetime_months")


def groups(seed=4):
    random = np.random.default_rng(seed)
    return {
        "Referral": random_people(random, 260, 1500),
        "Ads": random_people(random, 220, 300),
        "Fair": random_people(random, 8, 500),
    }


def figures(table, place="memory", reading=READING, **options):
    return as_json(build(read_on(place, table, reading), options=FunnelOptions(**options)))


def by_source(found):
    return {row["group"]: row for row in found["retention"]["source"]}


def unknown(found, key, field="source"):
    return found["unknown"][f"retention.{field}.{key}"]


def kinds(found):
    return {row["finding"]: row for row in found["quality"]}


# what is counted ------------------------------------------------------------------------------------------------------


@PLACES
def test_every_figure_is_that_of_a_loop_over_the_customers(place):
    people = groups()
    found = by_source(figures(table_of(people), place))
    assert list(found) == ["Referral", "Ads", "Fair", "(total)"]
    people["(total)"] = [one for group in people.values() for one in group]
    within = found["Ads"]["within_months"]
    assert within >= 24
    for name, group in people.items():
        row = found[name]
        assert (row["customers"], row["still_there"]) == (len(group), sum(not one.left for one in group))
        for months in (3, 6, 12, 24):
            if row[f"kept_{months}"] is None:
                assert name == "Fair"
                continue
            assert row[f"kept_{months}"] == pytest.approx(kept_by(group, round(months * MONTH))[0], abs=1e-9)
            assert row[f"kept_{months}_low"] < row[f"kept_{months}"] < row[f"kept_{months}_high"]
        if name != "Fair":
            mean, _ = mean_within(group, round(within * MONTH))
            assert row["mean_months"] == pytest.approx(mean / MONTH, abs=1e-9)
            assert row["mean_months_low"] < row["mean_months"] < row["mean_months_high"]
            assert row["lifetime_revenue"] == pytest.approx(100 * mean / MONTH, abs=1e-6)
    for name in ("Referral", "Ads"):
        rest = [one for other in people if other not in (name, "(total)") for one in people[other]]
        assert found[name]["compared_p"] == pytest.approx(log_rank_of(people[name], rest)[2], abs=1e-9)
    assert [found[name]["compared"] for name in found] == ["better", "worse", "unclear", None]


def test_engines_and_memory_agree_to_the_last_digit_shown():
    table = table_of(groups(9))
    memory, *others = (figures(table, place)["retention"] for place in ("memory", "polars", "duckdb"))
    for other in others:
        for row, same in zip(memory["source"], other["source"], strict=True):
            assert same == pytest.approx(row, abs=1e-9)


def test_what_is_known_of_two_channels_is_found():
    """Means of 300 and 900 days, nothing else differs: the means within the time shown are those of the truth."""
    random = np.random.default_rng(31)
    people = {"Ads": random_people(random, 3000, 300), "Referral": random_people(random, 3000, 900)}
    found = by_source(figures(table_of(people)))
    assert (found["Ads"]["compared"], found["Referral"]["compared"]) == ("worse", "better")
    for name, mean in (("Ads", 300), ("Referral", 900)):
        row = found[name]
        # in whole days: who leaves on day d has stayed between d and d + 1
        truth = {months: np.exp(-(round(months * MONTH) + 1) / mean) for months in (3, 6, 12, 24)}
        for months, share in truth.items():
            assert row[f"kept_{months}_low"] <= share <= row[f"kept_{months}_high"]
            assert row[f"kept_{months}"] == pytest.approx(share, abs=0.03)
        within = round(row["within_months"] * MONTH)
        area = sum(np.exp(-(day + 1) / mean) for day in range(within)) / MONTH
        assert row["mean_months"] == pytest.approx(area, rel=0.04)
    # the naive share of those still there takes the young for loyal
    naive = found["Ads"]["still_there"] / found["Ads"]["customers"]
    assert naive > 3 * found["Ads"]["kept_24"]


def test_channels_that_do_not_differ_are_rarely_said_to():
    random = np.random.default_rng(5)
    said, tables = 0, 400
    for _ in range(tables):
        stays = [random_people(random, 80, 500) for _ in range(3)]
        columns = _compared_columns(["A", "B", "C"], list(map(stays_of, [*stays, sum(stays, [])])))  # noqa: RUF017
        said += not {"better", "worse"}.isdisjoint(columns[0].values)
    assert said / tables <= 0.07


def test_every_field_has_its_table_and_groups_without_customers_no_row():
    table = table_of({"Ads": groups()["Ads"], "Blog": []}).with_columns(pl.lit("North").alias("Region"))
    reading = ReadOptions(as_of=AS_OF, today=AS_OF, fields={"amount": "MRR"}, by=("Region",))
    found = figures(table, reading=reading)["retention"]
    assert [row["group"] for row in found["source"]] == ["Ads", "(total)"]
    assert [row["group"] for row in found["Region"]] == ["North", "(total)"]
    # alone there is nobody to compare with
    assert found["source"][0]["compared"] is None


def test_the_groups_without_a_row_are_one_and_no_group_to_compare():
    people = {f"Source {n}": random_people(np.random.default_rng(n), 60, 300 + 100 * n) for n in range(5)}
    found = by_source(figures(table_of(people), top_groups=2))
    assert len(found) == 4
    assert (found["(other)"]["customers"], found["(other)"]["compared"]) == (180, None)
    assert found["(total)"]["customers"] == 300


def test_without_a_field_to_group_by_all_customers_have_a_row():
    table = table_of({"Ads": groups()["Ads"]}).drop("Source")
    [row] = figures(table)["retention"]["all"]
    assert (row["group"], row["customers"]) == ("(total)", 220)


def test_a_period_counts_the_customers_created_in_it():
    people = groups()["Ads"]
    found = by_source(figures(table_of({"Ads": people}), period_from=date(2025, 1, 1), period_to=date(2025, 12, 31)))
    wins = [AS_OF - timedelta(one.followed + 20) for one in people]
    assert found["(total)"]["customers"] == sum(day.year == 2025 for day in wins)


# ends that lie ahead, of rows not won, before the win -----------------------------------------------------------------


def few(end="Contract End Date"):
    """Ten customers won on the first days of 2025: two left, one is to leave, one left before it came; one lost."""
    ends = [date(2025, 6, 1), date(2025, 9, 1), date(2027, 1, 1), date(2024, 12, 1), *[None] * 6]
    rows = [
        {"Created": date(2024, 11, 1), "Status": "Won", "Close date": date(2025, 1, 1), end: one, "Source": "Ads"}
        for one in ends
    ]
    rows.append({**rows[0], "Status": "Lost", end: date(2025, 3, 1)})
    rows.append({**rows[0], "Status": "Open", "Close date": None, end: date(2027, 3, 1)})
    return pl.DataFrame([{"Lead ID": f"L{n}", **row} for n, row in enumerate(rows, start=1)], infer_schema_length=None)


@PLACES
def test_odd_ends_are_told_with_their_rows(place):
    found = figures(few(), place, ReadOptions(as_of=AS_OF, today=AS_OF))
    told = {kind: (row["count"], row["rows"]) for kind, row in kinds(found).items() if kind.startswith("customer_end")}
    assert told == {
        "customer_end_ahead": (1, "4"),
        "customer_end_before_won": (1, "5"),
        "customer_end_not_won": (1, "12"),
    }
    assert all(row["remedy"] for kind, row in kinds(found).items() if kind.startswith("customer_end"))
    row = by_source(found)["Ads"]
    # the one that left before it came is followed neither way; the one that is to leave is still there
    assert (row["customers"], row["still_there"]) == (9, 7)
    assert row["kept_12"] == pytest.approx(7 / 9)
    assert row["kept_6"] == pytest.approx(8 / 9)


def test_an_earlier_day_knows_no_later_end():
    found = figures(few(), reading=ReadOptions(as_of=date(2025, 7, 1), today=AS_OF))
    row = by_source(found)["Ads"]
    assert (row["customers"], row["still_there"]) == (9, 8)
    assert kinds(found)["customer_end_ahead"]["count"] == 2


def test_an_end_on_the_last_day_has_come_and_one_on_the_day_of_the_win_counts():
    people = [Person(0, True, 100), Person(100, True, 100), *[Person(100, False, 100)] * 6]
    row = by_source(figures(table_of({"Ads": people})))["Ads"]
    assert (row["customers"], row["still_there"]) == (8, 6)
    assert row["kept_3"] == pytest.approx(7 / 8)


def test_a_churn_date_tells_how_old_a_table_is_and_an_agreed_end_does_not():
    """Nothing else happens after 2025-03-01: a customer that left in September was seen to leave."""
    today = ReadOptions(today=AS_OF)
    churn, contract = (read_frame(few(end), today) for end in ("Churn Date", "Contract End Date"))
    assert churn.as_of == date(2025, 9, 1)
    assert contract.as_of == date(2025, 1, 1)


# bad input ------------------------------------------------------------------------------------------------------------


def test_without_the_column_there_is_no_block():
    found = figures(table_of(groups()).drop("Churn date"))
    assert found["retention"] is None
    assert "--map customer_end=" in found["unknown"]["retention"]["remedy"]


@PLACES
@pytest.mark.parametrize("ends", ["missing", "text", "before"])
def test_where_no_end_is_known_nobody_says_that_all_stayed(place, ends):
    table = table_of({"Ads": groups()["Ads"]})
    if ends == "missing":
        values = pl.lit(None, dtype=pl.Date)
    elif ends == "text":
        values = pl.lit("soon")
    else:
        values = pl.col("Created") - timedelta(50)
    reading = ReadOptions(as_of=AS_OF, today=AS_OF, fields={"amount": "MRR", "customer_end": "Churn date"})
    found = figures(table.with_columns(values.alias("Churn date")), place, reading)
    for row in found["retention"]["source"]:
        assert {value for key, value in row.items() if key != "group"} == {None}
    assert "nobody knows" in unknown(found, "kept_12")["why"]
    assert "no_customer_ends" in kinds(found)
    if ends == "before":
        assert kinds(found)["customer_end_before_won"]["count"] == 220


def test_ends_that_all_lie_ahead_say_that_all_are_still_there():
    table = table_of({"Ads": groups()["Ads"]}).with_columns(pl.lit(date(2030, 1, 1)).alias("Churn date"))
    found = figures(table)
    row = by_source(found)["Ads"]
    assert (row["customers"], row["still_there"], row["kept_12"]) == (220, 220, 1.0)
    assert 0.9 < row["kept_12_low"] < 1
    assert row["median_months"] is None
    assert "still there" in unknown(found, "median_months")["why"]
    assert kinds(found)["customer_end_ahead"]["count"] == 220


def test_one_customer_says_nothing_of_all():
    found = figures(table_of({"Ads": [Person(200, True, 400)]}))
    row = by_source(found)["Ads"]
    assert (row["customers"], row["still_there"]) == (1, 0)
    assert [row[key] for key in KEYS] == [None] * len(KEYS)
    assert "Fewer than 5" in unknown(found, "kept_12")["why"]
    assert row["lifetime_revenue"] is None


def test_without_days_of_the_wins_nothing_is_followed():
    table = table_of(groups()).drop("Close date")
    found = figures(table)
    assert all(row["customers"] is None for row in found["retention"]["source"])
    assert unknown(found, "customers")["why"]


def test_without_wins_nobody_is_a_customer():
    table = table_of(groups()).with_columns(pl.lit("Open").alias("Status"), pl.lit(None, pl.Date).alias("Close date"))
    found = figures(table)
    assert all(row["customers"] is None for row in found["retention"]["source"])


# money ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "option", "monthly"),
    [
        ("MRR", "auto", 120), ("Amount", "month", 120), ("ARR", "auto", 10), ("Amount per year", "auto", 10),
        ("Amount", "year", 10), ("MRR", "year", 10),
    ],
)  # fmt: skip
def test_amounts_are_brought_to_a_month(header, option, monthly):
    table = table_of({"Ads": groups()["Ads"]}, amount=120.0, header=header)
    reading = ReadOptions(as_of=AS_OF, today=AS_OF, fields={"amount": header})
    row = by_source(figures(table, reading=reading, amount_per=option))["Ads"]
    assert row["amount_per_month"] == pytest.approx(monthly)
    assert row["lifetime_revenue"] == pytest.approx(monthly * row["mean_months"])


@pytest.mark.parametrize(
    ("option", "why", "remedy"), [("auto", "Nothing says", "--amount-per"), ("once", "once", None)]
)
def test_an_amount_of_unknown_time_or_paid_once_makes_no_lifetime_revenue(option, why, remedy):
    table = table_of({"Ads": groups()["Ads"]}, header="Amount")
    reading = ReadOptions(as_of=AS_OF, today=AS_OF)
    found = figures(table, reading=reading, amount_per=option)
    row = by_source(found)["Ads"]
    assert (row["amount_per_month"], row["lifetime_revenue"]) == (None, None)
    assert row["mean_months"] > 0
    said = unknown(found, "lifetime_revenue")
    assert why in said["why"]
    assert (remedy or "") in (said["remedy"] or "")


def test_without_amounts_there_is_no_money():
    found = figures(table_of(groups()).drop("MRR"), reading=ReadOptions(as_of=AS_OF, today=AS_OF))
    row = by_source(found)["Ads"]
    assert "lifetime_revenue" not in row
    assert row["mean_months"] > 0


def test_another_word_for_the_time_is_refused():
    with pytest.raises(ValueError, match="amount_per must be auto, once, month or year, not 'week'"):
        FunnelOptions(amount_per="week")


# several deals of a customer ------------------------------------------------------------------------------------------


def test_a_customer_of_several_deals_ends_with_the_last_of_them(tmp_path):
    (tmp_path / "leads.csv").write_text("Lead ID,Created\n1,2025-01-01\n2,2025-01-01\n3,2025-01-01\n")
    (tmp_path / "deals.csv").write_text(
        "Deal ID,Lead ID,Deal created,Deal stage,Close date,Amount,Contract End Date\n"
        "a,1,2025-01-02,Closed Won,2025-02-01,100,2025-08-01\n"
        "b,1,2025-01-02,Closed Won,2025-03-01,100,2026-02-01\n"
        "c,2,2025-01-02,Closed Won,2025-02-01,100,2025-08-01\n"
        "d,2,2025-01-02,Closed Won,2025-03-01,100,\n"
        "e,3,2025-01-02,Closed Won,2025-02-01,100,2025-05-01\n"
        "f,3,2025-01-02,Closed Lost,2025-03-01,100,\n"
    )
    table = read(tmp_path / "leads.csv", ReadOptions(as_of=AS_OF, today=AS_OF), deals=tmp_path / "deals.csv")
    ends = dict(zip(table.frame["lead_id"].to_list(), table.frame["customer_end"].to_list(), strict=True))
    first = date(1899, 12, 30)
    assert {lead: end and first + timedelta(int(end)) for lead, end in ends.items()} == {
        "1": date(2026, 2, 1),
        "2": None,
        "3": date(2025, 5, 1),
    }
