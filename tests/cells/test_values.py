"""What a Python value is in a cell, and days as serial numbers."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from xl_leadkpi.cells import CellError, day_from_serial, read_cell, serial_from_day
from xl_leadkpi.cells.values import read_words


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (1, 1.0),
        (1.5, 1.5),
        (Decimal("2.5"), 2.5),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3.0),
        (-0.0, 0.0),
        (True, True),
        (np.bool_(False), False),
        ("abc", "abc"),
        (np.str_("abc"), "abc"),
        (" ", " "),
        (None, None),
        ("", None),
        (float("nan"), None),
        (Decimal("nan"), None),
        (pd.NA, None),
        (pd.NaT, None),
        (np.datetime64("NaT"), None),
        (np.float64("nan"), None),
        (Decimal("sNaN"), CellError.NUM),
        (float("inf"), CellError.NUM),
        (float("-inf"), CellError.NUM),
        (10**400, CellError.NUM),
        (Decimal("1e999"), CellError.NUM),
        (CellError.REF, CellError.REF),
        ("#REF!", CellError.REF),
        ("#N/A", CellError.NA),
        ("#ref", "#ref"),
        (date(2025, 5, 5), 45782.0),
        (datetime(2025, 5, 5, 6), 45782.25),
        (time(12), 0.5),
        (timedelta(days=2, hours=12), 2.5),
        (pd.Timestamp("2025-05-05"), 45782.0),
        (np.datetime64("2025-05-05"), 45782.0),
        (np.datetime64("2025-05-05T12:00", "ns"), 45782.5),
        ("2025-05-05", "2025-05-05"),
        (object, CellError.VALUE),
        (1j, CellError.VALUE),
        ({}, CellError.VALUE),
        (Fraction(1, 2), 0.5),
    ],
)
def test_read_cell(value, cell):
    read = read_cell(value)
    assert read == cell
    assert type(read) is type(cell)


@pytest.mark.parametrize(
    ("written", "cell"),
    [
        ("2025-05-05", 45782.0),
        ("2025-05-05 18:00", 45782.75),
        ("2025-05-05T18:00", 45782.75),
        ("2025-02-30", "2025-02-30"),
        ("20250505", "20250505"),
        ("5.5.2025", "5.5.2025"),
        ("2025-05-05x", "2025-05-05x"),
        ("#N/A", CellError.NA),
        ("soon", "soon"),
    ],
)
def test_iso_text_is_a_day_where_a_day_is_meant(written, cell):
    assert read_cell(written, days=True) == cell


@pytest.mark.parametrize(
    ("day", "serial"),
    [
        (date(1900, 1, 1), 1),
        (date(1900, 2, 28), 59),
        (date(1900, 3, 1), 61),
        (date(2000, 1, 1), 36526),
        (date(2025, 5, 5), 45782),
        (datetime(2025, 5, 5, 12), 45782.5),
        (datetime(1900, 2, 28, 12), 59.5),
    ],
)
def test_serials_as_excel_counts(day, serial):
    assert serial_from_day(day) == serial
    moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)
    assert day_from_serial(serial) == moment


def test_excels_29_february_1900_is_the_28th():
    assert day_from_serial(60) == day_from_serial(59) == datetime(1900, 2, 28)


def test_time_zone_is_ignored():
    assert serial_from_day(datetime(2025, 5, 5, 12, tzinfo=UTC)) == 45782.5
    assert serial_from_day(time(12, tzinfo=UTC)) == 0.5


def test_milliseconds_survive():
    moment = datetime(2025, 5, 5, 12, 34, 56, 789_000)
    assert day_from_serial(serial_from_day(moment)) == moment


def test_words():
    assert read_words(["  Closed   Won ", "ŻÓŁW", "Клиент", None, "", 5, 5.25, True, "a\tb"]) == [
        "closed won",
        "żółw",
        "клиент",
        "",
        "",
        "5",
        "5.25",
        "true",
        "a\tb",
    ]
    assert read_words(pd.Series(["A", None])) == ["a", ""]
    assert read_words([["A"], ["B"]]) == ["a", "b"]
    assert read_words("Ads") == ["ads"]
    assert read_words([1, True]) == ["1", "true"]
