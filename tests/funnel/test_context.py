"""Days, months and positions in the funnel."""

from datetime import date, timedelta

import narwhals as nw
import pandas as pd
import polars as pl
import pytest

from xl_leadkpi.cells.days import day_number
from xl_leadkpi.engines.expressions import month_number
from xl_leadkpi.funnel import FunnelOptions
from xl_leadkpi.funnel.context import first_day, funnel_context, is_over, last_day, month_of
from xl_leadkpi.leads.model.stage import PIPELINE

from .lead_tables import lead_table

EVERY_DAY = [date(1900, 3, 1) + timedelta(days=n) for n in range((date(2100, 3, 1) - date(1900, 3, 1)).days)]


@pytest.mark.parametrize("engine", [pl.DataFrame, pd.DataFrame])
def test_month_of_every_day_of_two_centuries(engine):
    frame = nw.from_native(engine({"day": [day_number(day) + 0.75 for day in EVERY_DAY]}))
    months = frame.select(month=month_number(nw.col("day")))["month"].to_list()
    assert months == [month_of(day) for day in EVERY_DAY]


def test_month_of_every_day_up_to_the_last_one_a_cell_can_hold():
    first, last = day_number(date(1601, 1, 1)), day_number(date.max)
    frame = pl.DataFrame({"day": pl.int_range(first, last + 1, dtype=pl.Int32, eager=True)})
    dates = (frame["day"] + day_number(date(1899, 12, 30)) - day_number(date(1970, 1, 1))).cast(pl.Date)
    expected = dates.dt.year() * 12 + dates.dt.month().cast(pl.Int32) - 1
    for kind in (pl.Int32, pl.Float64):
        found = nw.from_native(frame.cast(kind)).select(month=month_number(nw.col("day"))).to_native()["month"]
        assert (found == expected).all()


def test_ends_of_months():
    assert (first_day(2024 * 12 + 1), last_day(2024 * 12 + 1)) == (date(2024, 2, 1), date(2024, 2, 29))
    assert last_day(2024 * 12 + 11) == date(2024, 12, 31)
    assert last_day(month_of(date.max)) == date.max


def test_a_month_that_no_calendar_has_is_not_over():
    assert is_over(month_of(date.max), date.max)
    assert not is_over(month_of(date.max), date(9999, 12, 15))
    assert not is_over(month_of(date.max) + 96_000, date.max)


def test_a_hidden_stage_counts_as_the_one_before_it():
    rows = [
        {"row_no": i, "outcome": "open", "furthest_stage": i, "stage_now": PIPELINE.names[i - 1]} for i in range(1, 8)
    ]
    made = funnel_context(lead_table(rows, as_of=date(2025, 6, 30), stages=("Lead", "SQL", "Won")), FunnelOptions())
    ranks = made.rows.select("furthest_rank", "current_rank", "state").collect().to_dict(as_series=False)
    assert ranks["furthest_rank"] == ranks["current_rank"] == [1, 1, 2, 2, 2, 2, 3]
    assert [made.packing.unpack(state) for state in ranks["state"]] == [
        (0, 2**place - 1, place, 0) for place in ranks["furthest_rank"]
    ]
