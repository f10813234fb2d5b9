"""The words a declaration is written in."""

import inspect
import math
from datetime import datetime

import pytest

from xl_leadkpi.cells.formula import Name, text
from xl_leadkpi.kpis.aggregate import AggregateKpi, aggregate
from xl_leadkpi.kpis.column import ColumnKpi, column, first_of_all
from xl_leadkpi.kpis.declaration import (
    DECLARED,
    LARGEST,
    NUMBER_FORMATS,
    STATISTIC,
    Argument,
    _declared,
    amounts,
    count,
    counts,
    day,
    days,
    declare,
    fraction,
    margin,
    money,
    revenue,
    words,
)
from xl_leadkpi.kpis.elementwise import ElementwiseKpi, elementwise

ANY = (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("argument", "unit", "bounds", "default", "is_range"),
    [
        (lambda: money("a", "m"), "money", (0, math.inf), None, False),
        (lambda: money("a", "m", default=0), "money", (0, math.inf), 0, False),
        (lambda: revenue("a", "m"), "money", ANY, None, False),
        (lambda: revenue("a", "m", default=5), "money", ANY, 5, False),
        (lambda: count("a", "m"), "count", (0, math.inf), None, False),
        (lambda: count("a", "m", default=0), "count", (0, math.inf), 0, False),
        (lambda: fraction("a", "m"), "fraction", (0, 1), None, False),
        (lambda: fraction("a", "m", default=0.5), "fraction", (0, 1), 0.5, False),
        (lambda: margin("a", "m"), "fraction", (-math.inf, 1), None, False),
        (lambda: margin("a", "m", default=1), "fraction", (-math.inf, 1), 1, False),
        (lambda: amounts("a", "m"), "money", ANY, None, True),
        (lambda: counts("a", "m"), "count", (0, math.inf), None, True),
        (lambda: days("a", "m"), "date", ANY, None, True),
        (lambda: words("a", "m"), "text", ANY, None, True),
        (lambda: words("a", "m", default="won"), "text", ANY, "won", True),
    ],
)
def test_argument(argument, unit, bounds, default, is_range):
    argument = argument()
    assert (argument.name, argument.meaning, argument.unit) == ("a", "m", unit)
    assert (argument.low, argument.high) == bounds
    assert argument.default == default
    assert argument.optional is (default is not None)
    assert argument.is_range is is_range
    assert argument.blank is None
    assert argument.open_ends is False
    assert argument.paired is True


def test_blank_that_counts():
    assert count("a", "m", blank=0).blank == 0
    assert count("a", "m", blank=0).optional is False


def test_limits_are_finite_and_open_ends_excluded():
    assert revenue("a", "m").limits == (-LARGEST, LARGEST)
    assert money("a", "m").limits == (0, LARGEST)
    low, high = Argument("a", "fraction", "m", low=0, high=1, open_ends=True).limits
    assert 0 < low < 1e-300
    assert 1 - 1e-15 < high < 1


def test_conditions():
    name = Name("x")
    assert [text(condition) for condition in revenue("x", "m").outside(name)] == []
    assert [text(condition) for condition in money("x", "m").outside(name)] == ["x<0"]
    assert [text(condition) for condition in fraction("x", "m").outside(name)] == ["x<0", "x>1"]
    ends = Argument("x", "fraction", "m", low=0, high=1, open_ends=True)
    assert [text(condition) for condition in ends.outside(name)] == ["x<=0", "x>=1"]


def test_who_needs_a_number():
    assert money("a", "m").needs_number
    assert amounts("a", "m").needs_number
    assert Argument("a", "date", "m").needs_number
    assert not days("a", "m").needs_number
    assert not words("a", "m").needs_number
    assert not STATISTIC.needs_number


def test_day():
    assert day(2025, 5, 6, 7, 8) == datetime(2025, 5, 6, 7, 8)
    assert day(2025, 5, 6) == datetime(2025, 5, 6)


@pytest.fixture
def undeclared():
    """Takes back what a test declares."""
    before = dict(_declared)
    yield
    _declared.clear()
    _declared.update(before)


META = {
    "title": "T",
    "family": "cost",
    "unit": "ratio",
    "direction": "higher",
    "examples": (),
}


@pytest.mark.usefixtures("undeclared")
def test_decorators_leave_the_function_and_add_the_kpi():
    def body(first):
        """Say it."""
        return first

    assert elementwise("AAA", arguments=(count("first", "m"),), **META)(body) is body
    assert (
        column("BBB", arguments=(counts("first", "m"),), base=first_of_all, base_text="b", excel=str, **META)(body)
        is body
    )
    assert aggregate("CCC", arguments=(counts("first", "m"),), excel=str, value="v", **META)(body) is body
    kinds = {"AAA": ElementwiseKpi, "BBB": ColumnKpi, "CCC": AggregateKpi}
    for name, kind in kinds.items():
        kpi = DECLARED[name]
        assert type(kpi) is kind
        assert (kpi.name, kpi.formula, kpi.family, kpi.meaning) == (name, body, "cost", "Say it.")
        passed = "count" if name == "AAA" else "range of count"
        assert kpi.__doc__ == f"Say it.\n\nArgs:\n    first: M ({passed}).\n\nReturns:\n    Ratio."
        assert kpi.__name__ == name
        assert kpi.number_format == NUMBER_FORMATS["ratio"]
    assert DECLARED["AAA"](5) == 5.0
    assert inspect.isfunction(body)


@pytest.mark.usefixtures("undeclared")
def test_a_name_is_given_once():
    with pytest.raises(ValueError, match=r"^CPL is declared twice$"):
        declare(DECLARED["CPL"])
