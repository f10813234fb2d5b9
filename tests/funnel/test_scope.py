"""Days, months and positions in the funnel."""

from datetime import date, timedelta

import narwhals as nw
import pandas as pd
import polars as pl
import pytest

from xl_leadkpi.funnel import FunnelOptions
from xl_leadkpi.funnel.scope import day_number, decode, first_day, last_day, month_of, scope
from xl_leadkpi.leads.rows import month_number
from xl_leadkpi.leads.table import STAGES

from .lead_tables import lead_table

EVERY_DAY = [date(1900, 3, 1) + timedelta(days=n) for n in range((date(2100, 3, 1) - date(1900, 3, 1)).days)]


@pytest.mark.parametrize("engine", [pl.DataFrame, pd.DataFrame])
def test_month_of_every_day_of_two_centuries(engine):
    frame = nw.from_native(engine({"day": [day_number(day) + 0.75 for day in EVERY_DAY]}))
    months = frame.select(month=month_number(nw.col("day")))["month"].to_list()
    assert months == [month_of(day) for day in EVERY_DAY]


def test_ends_of_months():
    assert (first_day(2024 * 12 + 1), last_day(2024 * 12 + 1)) == (date(2024, 2, 1), date(2024, 2, 29))
    assert last_day(2024 * 12 + 11) == date(2024, 12, 31)


def test_a_hidden_stage_counts_as_the_one_before_it():
    rows = [{"row_no": i, "outcome": "open", "hw": i, "stage_now": STAGES[i - 1]} for i in range(1, 8)]
    made = scope(lead_table(rows, as_of=date(2025, 6, 30), stages=("Lead", "SQL", "Won")), FunnelOptions())
    places = made.rows.select("place", "now", "state").collect().to_dict(as_series=False)
    assert places["place"] == places["now"] == [1, 1, 2, 2, 2, 2, 3]
    assert [decode(state) for state in places["state"]] == [(0, 2**place - 1, place, 0) for place in places["place"]]
