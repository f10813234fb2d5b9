"""Containers as ranges: reading, broadcasting, writing."""

from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pytest

from xl_leadkpi.cells import CellError, Grid, broadcast, errors_in, read_grid, write_grid
from xl_leadkpi.cells.grid import EMPTY, NUMBER, STATE_OF, WRONG_TYPE, align, error_of_state, is_labelled

NA, DIV0, NUM, VALUE = (STATE_OF[CellError[name]] for name in ("NA", "DIV0", "NUM", "VALUE"))


@pytest.mark.parametrize(
    ("value", "shape", "states"),
    [
        (5, (), 0),
        (None, (), EMPTY),
        ("x", (), WRONG_TYPE),
        ([1, 2.5], (2,), [0, 0]),
        ([1, None, "x", True, CellError.NA, ""], (6,), [0, EMPTY, WRONG_TYPE, WRONG_TYPE, NA, EMPTY]),
        ((1, 2), (2,), [0, 0]),
        ([[1, 2], [3]], (2, 2), [[0, 0], [0, NA]]),
        ([[1], 2], (2, 1), [[0], [0]]),
        ([np.array([1.0, 2.0]), [3, 4]], (2, 2), [[0, 0], [0, 0]]),
        ([], (0,), []),
        ([1, 10**400], (2,), [0, NUM]),
        (np.array([1.0, np.nan, np.inf, -np.inf]), (4,), [0, EMPTY, NUM, NUM]),
        (np.array([[1], [2]]), (2, 1), [[0], [0]]),
        (np.array([True]), (1,), [WRONG_TYPE]),
        (np.array(["a", ""]), (2,), [WRONG_TYPE, EMPTY]),
        (np.array([1, None], dtype=object), (2,), [0, EMPTY]),
        (np.array([[1, None], ["x", 2]], dtype=object), (2, 2), [[0, EMPTY], [WRONG_TYPE, 0]]),
        (np.array(["2025-05-05", "NaT"], dtype="datetime64[D]"), (2,), [0, EMPTY]),
        (pd.Series([1.0, None]), (2,), [0, EMPTY]),
        (pd.Series([1, None], dtype="Int64"), (2,), [0, EMPTY]),
        (pl.Series([1, None, 3]), (3,), [0, EMPTY, 0]),
    ],
)
def test_read(value, shape, states):
    grid = read_grid(value)
    assert grid.numbers.shape == shape
    assert grid.known_states().tolist() == states
    assert np.isnan(grid.numbers[grid.known_states() == EMPTY]).all()


def test_days_are_serials():
    assert read_grid(np.array(["1900-03-01"], dtype="datetime64[D]")).numbers.tolist() == [61.0]
    expected = [45782.0, 59.0]
    assert read_grid([date(2025, 5, 5), date(1900, 2, 28)]).numbers.tolist() == expected
    assert read_grid(np.array(["2025-05-05", "1900-02-28"], dtype="datetime64[D]")).numbers.tolist() == expected
    assert read_grid(pd.Series(pd.to_datetime(["2025-05-05", "1900-02-28"]))).numbers.tolist() == expected
    assert read_grid(["2025-05-05", "1900-02-28"], days=True).numbers.tolist() == expected
    assert read_grid([["2025-05-05"]], days=True).numbers.tolist() == [[45782.0]]
    assert read_grid("2025-05-05", days=True).numbers == 45782.0
    assert read_grid(np.array(["2025-05-05"], dtype=object), days=True).numbers.tolist() == [45782.0]
    assert read_grid(["2025-05-05"]).known_states().tolist() == [WRONG_TYPE]


def states_of(*values):
    return [grid.known_states().tolist() for grid in broadcast([read_grid(value) for value in values])]


def test_same_shape_is_left_alone():
    grids = [read_grid([1, 2]), read_grid([3, 4])]
    assert broadcast(grids)[0] is grids[0]


def test_row_and_column_make_a_table():
    left, right = broadcast([read_grid([[1], [2]]), read_grid([[10, 20, 30]])])
    assert left.numbers.tolist() == [[1, 1, 1], [2, 2, 2]]
    assert right.numbers.tolist() == [[10, 20, 30], [10, 20, 30]]


def test_flat_sequence_is_a_row_beside_a_table():
    left, right = broadcast([read_grid([[1], [2]]), read_grid([10, 20])])
    assert left.numbers.shape == right.numbers.shape == (2, 2)
    assert right.numbers.tolist() == [[10, 20], [10, 20]]


def test_flat_sequence_comes_first():
    left, right = broadcast([read_grid([10, 20]), read_grid([[1], [2], [3]])])
    assert left.numbers.tolist() == [[10, 20]] * 3
    assert right.numbers.tolist() == [[1, 1], [2, 2], [3, 3]]


def test_beyond_the_shorter_is_na():
    assert states_of([1, 2, 3], [1, 2]) == [[0, 0, 0], [0, 0, NA]]
    assert states_of([1, 2], [1, 2, 3]) == [[0, 0, NA], [0, 0, 0]]
    assert states_of([[1, 2], [3, 4]], [[1, 2, 3]]) == [[[0, 0, NA], [0, 0, NA]], [[0, 0, 0], [0, 0, 0]]]


def test_what_the_first_two_do_not_cover_is_na_for_both():
    # as in (a+b)+c: the sum of the first two ends after three columns, whatever stretches within it
    assert states_of([[1], [2]], [[1, 2, 3]], [[1, 2, 3, 4]])[0] == [[0, 0, 0, NA], [0, 0, 0, NA]]


def test_a_flat_list_is_a_row_beside_a_grid():
    assert states_of([1, 2, 3], [[1, 2, 3]]) == [[[0, 0, 0]], [[0, 0, 0]]]


def test_states_travel_along():
    assert states_of([None, "x"], 1) == [[EMPTY, WRONG_TYPE], [0, 0]]
    assert states_of([[None], ["x"]], [[1, 2]])[0] == [[EMPTY, EMPTY], [WRONG_TYPE, WRONG_TYPE]]


def test_nothing_beside_something():
    assert states_of([], 1) == [[], []]
    assert states_of([], [1, 2]) == [[NA, NA], [0, 0]]


RESULT = Grid(np.array([1.5, np.nan, 7.0, np.nan]), np.array([NUMBER, EMPTY, DIV0, NA], np.uint8))


def test_written_for_lists():
    assert write_grid(RESULT, [[1, 2, 3, 4]]) == [1.5, "", CellError.DIV0, CellError.NA]
    assert write_grid(Grid(np.array([1.0])), [[1]]) == [1.0]
    assert write_grid(Grid(np.array(1.0)), [1]) == 1.0
    assert write_grid(Grid(np.array(np.nan), np.array(EMPTY, np.uint8)), [1]) == ""


def test_written_for_arrays_of_numbers():
    result = write_grid(RESULT, [[1, 2, 3, 4], np.array([1.0])])
    assert result.dtype == np.float64
    assert result[0] == 1.5
    assert np.isnan(result[1:]).all()
    assert errors_in(result).tolist() == [None, None, CellError.DIV0, CellError.NA]
    assert RESULT.numbers[2] == 7.0  # not written into


@pytest.mark.parametrize("error", CellError)
def test_every_error_survives_in_a_float_array(error):
    state = np.array([STATE_OF[error], EMPTY], np.uint8)
    written = write_grid(Grid(np.array([0.0, 0.0]), state), [np.array([1.0])])
    assert np.isnan(written).all()
    assert read_grid(written).known_states().tolist() == state.tolist()
    assert read_grid(pd.Series(written)[::-1].copy()).known_states().tolist() == state.tolist()[::-1]
    assert error_of_state(STATE_OF[error]) is error
    assert errors_in(written).tolist() == [error, None]


def test_written_for_object_arrays():
    result = write_grid(RESULT, [np.array([1, 2], dtype=object)])
    assert result.tolist() == [1.5, "", CellError.DIV0, CellError.NA]


def test_written_for_series():
    series = pd.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd"), name="spend")
    result = write_grid(RESULT, [np.array([1.0]), series])
    assert list(result.index) == list("abcd")
    assert result.name is None
    table = write_grid(Grid(np.ones((2, 4))), [series])
    assert isinstance(table, np.ndarray)


def test_series_are_aligned_by_label():
    left, right = pd.Series([1.0, 2.0], index=["a", "b"]), pd.Series([3.0, 4.0], index=["b", "c"])
    first, number, second = align([left, 5, right])
    assert number == 5
    assert list(first.index) == list(second.index) == ["a", "b", "c"]
    assert second["b"] == 3.0
    same = [left, left]
    assert align(same) is same


def test_labelled():
    assert is_labelled(pd.Series([1]))
    assert not is_labelled(pd.DataFrame([[1]]))
    assert not is_labelled(pl.Series([1]))
    assert not is_labelled([1])
    assert not is_labelled(np.array([1]))
