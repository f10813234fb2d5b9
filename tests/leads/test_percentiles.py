"""Percentiles drawn in passes are NumPy's, to the last digit, on every engine."""

import narwhals as nw
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xl_leadkpi.engines.percentiles import draw, median, percentile, read_slots, values

SHARES = (0.0, 0.25, 0.5, 0.9, 0.95, 1.0)


def frame(kind, columns):
    table = pl.DataFrame(columns, schema={"group": pl.Int32, "value": pl.Float64})
    match kind:
        case "duckdb":
            return nw.from_native(pytest.importorskip("duckdb").from_arrow(table.to_arrow()))
        case "pandas":
            return nw.from_native(table.to_pandas()).lazy()
    return nw.from_native(table.lazy())


def drawn(rows, unit):
    made = values(rows, nw.col("value"), unit=unit, group=nw.col("group"))
    counted = made.counted().collect(backend="polars").rows(named=True)
    [found] = draw([(made, read_slots(counted), SHARES)])
    return found


@pytest.mark.parametrize("kind", ["polars", "duckdb", "pandas"])
@pytest.mark.parametrize("unit", [1.0, 60.0])
def test_as_numpy_draws_them(kind, unit):
    rng = np.random.default_rng(7)
    group = rng.integers(0, 5, 5000)
    value = np.concatenate([rng.lognormal(3, 2, 3000), -rng.lognormal(0, 2, 1000), rng.integers(0, 3, 1000)])
    found = drawn(frame(kind, {"group": group, "value": value}), unit)
    assert sorted(found) == [0, 1, 2, 3, 4]
    for number in range(5):
        assert found[number] == pytest.approx(np.quantile(value[group == number], SHARES), rel=1e-15)


@given(st.lists(st.floats(-90_000, 90_000), min_size=1, max_size=40), st.sampled_from([1.0, 60.0]))
@settings(max_examples=60, deadline=None)
def test_close_values_and_edges_of_slots_keep_their_order(numbers, unit):
    # next to a whole number, where rounding could put a value into the wrong slot or fraction
    numbers += [np.nextafter(round(number), side) for number in numbers for side in (-np.inf, np.inf)]
    found = drawn(frame("polars", {"group": [0] * len(numbers), "value": numbers}), unit)
    # between two numbers a quantile is as exact as the larger one: near zero it is the difference of large ones
    exact = 1e-15 * max(abs(number) for number in numbers)
    assert found[0] == pytest.approx(np.quantile(numbers, SHARES), rel=1e-14, abs=max(exact, 1e-300))


@pytest.mark.parametrize("kind", ["polars", "duckdb", "pandas"])
@pytest.mark.parametrize("unit", [1.0, 60.0])
def test_values_out_of_all_proportion_stay_in_their_group(kind, unit):
    rng = np.random.default_rng(3)
    # days since the year 1, milliseconds in place of minutes, and what lies at the edge of the last slot
    far = np.concatenate([rng.normal(0, 5, 40), rng.normal(-739_000, 9, 20), rng.normal(4e7, 1e6, 20), [1e17, -1e17]])
    edge = (2**19 - 1) * unit * np.array([1, -1]) + rng.uniform(-2, 2, (40, 2)) * unit
    value, group = np.concatenate([far, edge.ravel(), far]), np.repeat([0, 1], [len(far) + edge.size, len(far)])
    found = drawn(frame(kind, {"group": group, "value": value}), unit)
    for number in (0, 1):
        assert found[number] == pytest.approx(np.quantile(value[group == number], SHARES), rel=1e-14)


@pytest.mark.parametrize("kind", ["polars", "duckdb"])
def test_what_is_no_number_counts_for_nothing(kind):
    rows = frame(kind, {"group": [0] * 5, "value": [float("nan"), 4.0, float("inf"), 1.0, float("-inf")]})
    assert median(rows, nw.col("value")) == 2.5


@pytest.mark.parametrize("kind", ["polars", "duckdb", "pandas"])
def test_a_missing_value_counts_for_nothing(kind):
    rows = frame(kind, {"group": [0, 0, 0, 0], "value": [None, 4.0, None, 1.0]})
    assert median(rows, nw.col("value")) == 2.5
    assert median(rows.filter(nw.col("value").is_null()), nw.col("value")) is None


@given(st.lists(st.integers(-5, 5), min_size=1), st.floats(0, 1))
def test_of_counted_values_as_of_the_values(numbers, share):
    counted = sorted((number, numbers.count(number)) for number in set(numbers))
    assert percentile(counted, share) == pytest.approx(np.quantile(numbers, share), abs=1e-12)


def test_values_that_memory_cannot_hold_have_a_median():
    duckdb = pytest.importorskip("duckdb")
    little = duckdb.connect(config={"memory_limit": "40MB", "threads": 1})
    # 10,007 is a prime: as many different values as rows, in no order
    days = little.sql("SELECT (i * 10007 % 8000001) / 86400.0 AS days FROM range(8000001) AS rows(i)")
    with pytest.raises(duckdb.OutOfMemoryException):
        days.median("days").fetchall()
    assert median(nw.from_native(days), nw.col("days")) == pytest.approx(4_000_000 / 86400, rel=1e-15)
