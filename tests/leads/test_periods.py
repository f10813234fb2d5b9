"""Periods as people write them, and what they are compared with."""

from datetime import date

import pytest

from xl_leadkpi.leads import InputError
from xl_leadkpi.leads.model.periods import compared_with, read_period


@pytest.mark.parametrize(
    ("text", "start", "first", "last"),
    [
        ("2026", 1, "2026-01-01", "2026-12-31"),
        ("2026", 4, "2025-04-01", "2026-03-31"),
        ("2026-Q1", 1, "2026-01-01", "2026-03-31"),
        ("2026-q4", 4, "2026-01-01", "2026-03-31"),
        ("2026Q2", 10, "2026-01-01", "2026-03-31"),
        ("2026-02", 7, "2026-02-01", "2026-02-28"),
        ("2024-2", 1, "2024-02-01", "2024-02-29"),
        ("2026-W53", 1, "2026-12-28", "2027-01-03"),
        ("2026-05-17", 1, "2026-05-17", "2026-05-17"),
        (" 2026-01-15 .. 2026-02 ", 1, "2026-01-15", "2026-02-28"),
        ("2025-Q4..2026-Q1", 1, "2025-10-01", "2026-03-31"),
    ],
)
def test_a_period_is_read_as_it_is_written(text, start, first, last):
    period = read_period(text, start)
    assert (str(period.first), str(period.last)) == (first, last)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-Q5", r"no quarter '2026-Q5'.*Q1 to Q4"),
        ("2026-13", r"no month '2026-13'"),
        ("2025-W53", r"no week '2025-W53'"),
        ("2026-02-30", r"no day '2026-02-30'"),
        ("0000", r"no year '0000'"),
        ("last month", r"'last month' is no period\. Write it as 2026-Q2"),
        ("..2026-05", r"'' is no period"),
        ("2026-05..2026-01", r"ends \(2026-01-31\) before it begins \(2026-05-01\)"),
    ],
)
def test_an_impossible_period_is_refused(text, why):
    with pytest.raises(InputError, match=why):
        read_period(text)


@pytest.mark.parametrize(
    ("text", "start", "comparison", "first", "last"),
    [
        ("2026-Q1", 1, "previous", "2025-10-01", "2025-12-31"),
        ("2026-Q1", 1, "year-ago", "2025-01-01", "2025-03-31"),
        ("2024-02", 1, "year-ago", "2023-02-01", "2023-02-28"),
        ("2026-03", 1, "previous", "2026-02-01", "2026-02-28"),
        ("2026", 4, "previous", "2024-04-01", "2025-03-31"),
        ("2026-W18", 1, "previous", "2026-04-20", "2026-04-26"),
        ("2026-W18", 1, "year-ago", "2025-04-28", "2025-05-04"),
        ("2026-01-11..2026-01-20", 1, "previous", "2026-01-01", "2026-01-10"),
        ("2024-02-29..2024-03-10", 1, "year-ago", "2023-02-28", "2023-03-10"),
    ],
)
def test_what_a_period_is_compared_with(text, start, comparison, first, last):
    found = compared_with(read_period(text, start), comparison)
    assert (found.first, found.last) == (date.fromisoformat(first), date.fromisoformat(last))
    assert compared_with(read_period(text, start), "none") is None


def test_no_calendar_goes_back_for_ever():
    with pytest.raises(InputError, match=r"--period 1902-01-01.*no calendar has a period.*--compare none"):
        compared_with(read_period("1902..9998"), "previous")
