"""How expressions are written as Excel text, and computed."""

import numpy as np
import pytest

from xl_leadkpi.cells.formula import Constant, at_least, compute, divisors, exceeds, symbol, text
from xl_leadkpi.cells.functions import chi_square_tail, normal_quantile, round_half_away, round_up, sqrt

a, b, c = symbol("A1"), symbol("B1"), symbol("C1")


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        (lambda: a + b - c, "A1+B1-C1"),
        (lambda: a - (b - c), "A1-(B1-C1)"),
        (lambda: a - (b + c), "A1-(B1+C1)"),
        (lambda: a + (b + c), "A1+(B1+C1)"),
        (lambda: a / (b / c), "A1/(B1/C1)"),
        (lambda: a / b / c, "A1/B1/C1"),
        (lambda: a / (b * c), "A1/(B1*C1)"),
        (lambda: a * (b + c), "A1*(B1+C1)"),
        (lambda: (a + b) * c, "(A1+B1)*C1"),
        (lambda: a * b + c, "A1*B1+C1"),
        (lambda: (a / b) ** (1 / c) - 1, "(A1/B1)^(1/C1)-1"),
        (lambda: (a**b) ** c, "A1^B1^C1"),
        (lambda: a ** (b**c), "A1^(B1^C1)"),
        (lambda: 1 - a / b, "1-A1/B1"),
        (lambda: 1 / a, "1/A1"),
        (lambda: 100 * (a - b) / c, "100*(A1-B1)/C1"),
        (lambda: 2 + a, "2+A1"),
        (lambda: 2 * a, "2*A1"),
        (lambda: a + 0.5, "A1+0.5"),
        (lambda: a + -2, "A1+(-2)"),
        (lambda: a * 1e300, "A1*1E+300"),
        (lambda: a + 123456789012345, "A1+123456789012345"),
        (lambda: a + 1e15, "A1+1000000000000000"),
        (lambda: a + 1e16, "A1+1E+16"),
        (lambda: a > b, "A1>B1"),
        (lambda: a < b, "A1<B1"),
        (lambda: a >= b + 1, "A1>=B1+1"),
        (lambda: a <= b, "A1<=B1"),
        (lambda: (a > b) | (a < 0), "(A1>B1)+(A1<0)"),
        (lambda: sqrt(a + b), "SQRT(A1+B1)"),
        (lambda: round_half_away(a / b, 9), "ROUND(A1/B1,9)"),
        (lambda: round_up(a), "ROUNDUP(A1,0)"),
        (lambda: normal_quantile(1 - a), "NORMSINV(1-A1)"),
        (lambda: chi_square_tail(a**2), "CHIDIST(A1^2,1)"),
        (lambda: sqrt(a) * 2, "SQRT(A1)*2"),
    ],
)
def test_written(expression, written):
    assert text(expression()) == written


@pytest.mark.parametrize(
    "expression",
    [
        lambda: a + 0,
        lambda: 0 + a,
        lambda: a - 0,
        lambda: a * 1,
        lambda: 1 * a,
        lambda: a / 1,
        lambda: a + 0.0,
        lambda: a * Constant(1),
    ],
)
def test_nothing_added_leaves_no_trace(expression):
    assert text(expression()) == "A1"


@pytest.mark.parametrize(
    ("expression", "written"),
    [(a + 1, "A1+1"), (a * 0, "A1*0"), (0 - a, "0-A1"), (a - 1, "A1-1"), (1 / a, "1/A1"), (a / 2, "A1/2")],
)
def test_what_matters_stays(expression, written):
    assert text(expression) == written


def test_a_text_is_quoted():
    assert text(Constant('say "won"')) == '"say ""won"""'
    assert text(5) == "5"
    assert text(-5) == "-5"


@pytest.mark.parametrize(
    "atomic",
    [
        "B2",
        "X2",
        "$B$2",
        "B2:C9",
        "Sheet1!B2",
        "'My sheet-1'!B2",
        "t[[#This Row],[New leads]]",
        "SUM(A1+B1)",
        "{1,2}",
        '"a-b"',
        "'Ola''s sheet'!B2",
        "MAX(X2+1,2)",
        "12.5",
    ],
)
def test_no_parentheses_needed(atomic):
    assert text(symbol(atomic) / 2) == f"{atomic}/2"


@pytest.mark.parametrize(
    "compound",
    [
        *("B2+C2", "B2-C2", "B2*C2", "B2/C2", "-B2", "B2&C2", "B2>C2", "B2%", "SUM(A1)+1", "(A1)+(B1)", "A1 B2"),
        *("X1+Y1", "'My sheet'!B2+C2", 'LEN("a")+1', "{1,2}+X1", "t[X]-1"),
    ],
)
def test_parentheses_needed(compound):
    assert text(symbol(compound) / 2) == f"({compound})/2"
    assert text(2 ** Operand(compound)) == f"2^({compound})"
    assert text(symbol(compound)) == compound
    assert text(sqrt(symbol(compound))) == f"SQRT({compound})"


def Operand(written):  # noqa: N802 - a number's ** has no right-hand form among symbols
    class _Right:
        def __rpow__(self, left):
            return Constant(left) ** symbol(written)

    return _Right()


def test_a_formula_may_not_branch():
    with pytest.raises(TypeError, match=r"^the body of a KPI may not branch: it is also written as an Excel formula$"):
        bool(a > b)


def test_divisors_each_once_in_reading_order():
    expression = a / b + c / (a + b) - a / b / 2 + sqrt(a / c)
    assert [text(divisor) for divisor in divisors(expression)] == ["B1", "A1+B1", "C1"]


def test_computed_as_written():
    values = {"A1": np.array([6.0, 2.0]), "B1": np.array([3.0, 4.0]), "C1": 2.0}
    np.testing.assert_allclose(compute(a / b + c * 2 - 1, values), [5.0, 3.5])
    np.testing.assert_allclose(compute(a**c, values), [36.0, 4.0])
    np.testing.assert_allclose(compute(sqrt(a / b * c), values), [2.0, 1.0])
    assert compute(a > b, values).tolist() == [True, False]
    assert compute(a < b, values).tolist() == [False, True]
    assert compute(a >= b, values).tolist() == [True, False]
    assert compute(a <= b, values).tolist() == [False, True]
    np.testing.assert_allclose(compute(round_up(a / 4), values), [2.0, 1.0])
    np.testing.assert_allclose(compute(round_half_away(a / 4, 0), values), [2.0, 1.0])
    np.testing.assert_allclose(compute(normal_quantile(a / 12), values), [0.0, -0.967421566], atol=1e-9)
    with pytest.raises(TypeError, match="A1"):
        compute("A1", values)
    with pytest.raises(TypeError, match="object"):
        text(object())


def test_shown_as_text():
    assert repr(a / (b + 1)) == "A1/(B1+1)"


@pytest.mark.parametrize(
    ("left", "right", "greater", "at_least_as_great"),
    [
        (2, 1, True, True),
        (1, 1, False, True),
        (1, 2, False, False),
        (0.1 + 0.2, 0.3, False, True),
        (0.3, 0.1 + 0.2, False, True),
        (1 + 1e-14, 1, True, True),
        (1, 1 + 1e-14, False, False),
        (0, -1e-300, True, True),
        (1e-300, 0, True, True),
        (-1, -2, True, True),
        (-2, -1, False, False),
    ],
)
def test_compared_to_15_digits(left, right, greater, at_least_as_great):
    assert exceeds(left, right) == greater
    assert at_least(left, right) == at_least_as_great


def test_small_numbers_are_compared_no_less_closely():
    assert not at_least(1e-10, 2e-10)
    assert not exceeds(1e-10, 2e-10)


def test_nan_is_neither():
    assert not exceeds(float("nan"), 1)
    assert not at_least(float("nan"), 1)
    assert not at_least(1, float("nan"))
