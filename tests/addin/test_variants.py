"""What COM brings and takes; the table in the module, row by row."""

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import pytest

from xl_leadkpi.addin.variants import EXCEL_NUMBER, LONGEST_TEXT, OMITTED, decode, encode
from xl_leadkpi.cells import CellError
from xl_leadkpi.kpis import CATALOGUE

HRESULT = -2146828288


@pytest.mark.parametrize("error", CellError)
def test_error_values(error):
    # Excel's numbers: xlCVError in the Excel object model
    numbers = {
        "#NULL!": 2000,
        "#DIV/0!": 2007,
        "#VALUE!": 2015,
        "#REF!": 2023,
        "#NAME?": 2029,
        "#NUM!": 2036,
        "#N/A": 2042,
    }
    assert EXCEL_NUMBER[error] == numbers[error.value]
    assert decode(HRESULT + numbers[error.value]) is error


@pytest.mark.parametrize("number", [2045, 2046, 2047, 2048, 2049, 2050, 2051])
def test_newer_errors_are_errors_not_numbers(number):
    """#SPILL!, #CONNECT!, #BLOCKED!, #UNKNOWN!, #FIELD!, #CALC!: plain negative integers to pywin32."""
    assert decode(HRESULT + number) is CellError.VALUE


def test_number_in_a_cell_is_never_taken_for_an_error():
    assert decode(float(HRESULT + 2042)) == HRESULT + 2042
    assert decode(-2147352572.0) == -2147352572.0


def test_omitted_is_not_empty():
    assert decode(-2147352572) is OMITTED
    assert decode(None) is None


@pytest.mark.parametrize(
    "value", [1.5, "", "abc", True, False, None, 7, Decimal("12.5"), datetime(2025, 5, 5, tzinfo=UTC)]
)
def test_scalars_stay(value):
    assert decode(value) is value or decode(value) == value


def test_ranges_of_numbers_and_empty_cells_are_arrays():
    column = decode(((1.0,), (None,), (3.0,)))
    assert isinstance(column, np.ndarray)
    np.testing.assert_array_equal(column, [[1.0], [math.nan], [3.0]])
    assert decode(((1.0, 2.0),)).shape == (1, 2)
    assert decode((1.0, 2.0, 3.0)).shape == (1, 3), "an array constant in a row"


def test_ranges_with_anything_else_are_lists():
    cells = ((1.0, "x"), (HRESULT + 2007, True))
    assert decode(cells) == [[1.0, "x"], [CellError.DIV0, True]]


def test_booleans_and_texts_do_not_become_numbers():
    """NumPy would make 1.0 of True and 5.0 of "5"."""
    assert decode(((True,), (2.0,))) == [[True], [2.0]]
    assert decode((("5",), (2.0,))) == [["5"], [2.0]]


def test_days_of_the_1904_system():
    assert decode(44320.0, date1904=True) == 45782.0
    assert decode(((44320.0,), (None,)), date1904=True)[0, 0] == 45782.0
    assert decode((("x",), (44320.0,)), date1904=True) == [["x"], [45782.0]]
    day = datetime(2025, 5, 5, tzinfo=UTC)
    assert decode(day, date1904=True) is day, "a date is a date in both systems"
    assert encode(date(2025, 5, 5), date1904=True) == [[44320.0]]
    assert encode(date(2025, 5, 5)) == [[45782.0]]


@pytest.mark.parametrize(
    ("result", "cells"),
    [
        (1.5, [[1.5]]),
        (3, [[3.0]]),
        (np.float64(2.5), [[2.5]]),
        (True, [[True]]),
        ("abc", [["abc"]]),
        (None, [[""]]),
        (math.nan, [[""]]),
        (math.inf, [["#NUM!"]]),
        (-math.inf, [["#NUM!"]]),
        (10**400, [["#NUM!"]]),
        (2**70, [[float(2**70)]]),
        (Decimal("12.5"), [[12.5]]),
        (CellError.NA, [["#N/A"]]),
        (timedelta(hours=12), [[0.5]]),
        (time(18), [[0.75]]),
        ((0.1, 0.3), [[0.1, 0.3]]),
        ([1.0, None], [[1.0, ""]]),
        ([[1.0], [CellError.DIV0]], [[1.0], ["#DIV/0!"]]),
        ([[1.0, 2.0], [3.0]], [[1.0, 2.0], [3.0, "#N/A"]]),
        ([], [[""]]),
        (np.array([]), [[""]]),
        (np.array([[1.0], [math.nan], [math.inf]]), [[1.0], [""], ["#NUM!"]]),
        (np.array([1, 2]), [[1.0, 2.0]]),
        (np.array([["a", CellError.NA]], dtype=object), [["a", "#N/A"]]),
    ],
)
def test_encode(result, cells):
    assert encode(result) == cells
    assert all(type(cell) in (float, str, bool) for row in encode(result) for cell in row)


def test_errors_within_an_array_come_through():
    result = CATALOGUE["CPL"](np.array([[100.0], [100.0], [-1.0]]), np.array([[4.0], [0.0], [1.0]]))
    assert encode(result) == [[25.0], ["#DIV/0!"], ["#NUM!"]]


def test_two_values_a_cell_spill_away_from_the_range():
    column = encode(CATALOGUE["CONVCI"](np.array([[10.0], [20.0]]), 100.0))
    row = encode(CATALOGUE["CONVCI"](np.array([[10.0, 20.0]]), 100.0))
    assert [len(line) for line in column] == [2, 2]
    assert row == [list(line) for line in zip(*column, strict=True)]
    with pytest.raises(TypeError, match="one row or one column"):
        encode(np.zeros((2, 2, 2)))


def test_text_is_cut_at_what_a_cell_holds():
    assert len(encode("x" * 50_000)[0][0]) == LONGEST_TEXT


@pytest.mark.parametrize("result", [object(), {1}, {"a": 1}])
def test_what_no_cell_can_hold_is_refused(result):
    with pytest.raises(TypeError, match="a cell cannot hold"):
        encode(result)
