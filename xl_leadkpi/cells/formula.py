"""A formula as Excel text: plain Python arithmetic on symbols records itself and is printed the way Excel writes it.

>>> spend, leads = symbol("B2+C2"), symbol("D2")
>>> text(spend / leads)
'(B2+C2)/D2'
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# Binding strength of Excel's operators; all of them group from left to right, "^" included.
_STRENGTH = {"<": 1, ">": 1, "<=": 1, ">=": 1, "=": 1, "<>": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 5}
_WHOLE_DIGITS = 1e16
"""Beyond this a whole number is written with an exponent."""
_LOOSEST = 0
_ATOM = 9

_PRECISION = 2e-15


def exceeds(left: Any, right: Any) -> Any:
    """Whether one number is greater than another as Excel compares: numbers equal to 15 digits are equal.

    >>> 0.1 + 0.2 > 0.3, bool(exceeds(0.1 + 0.2, 0.3))
    (True, False)
    """
    return left - right > _PRECISION * np.maximum(abs(left), abs(right))


def at_least(left: Any, right: Any) -> Any:
    """Whether one number is greater than or equal to another as Excel compares; false beside nan.

    >>> bool(at_least(0.3, 0.1 + 0.2))
    True
    """
    return right - left <= _PRECISION * np.maximum(abs(left), abs(right))


_COMPUTE: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
    ">": exceeds,
    ">=": at_least,
    "<": lambda left, right: exceeds(right, left),
    "<=": lambda left, right: at_least(right, left),
}


class Expression:
    """Something a formula can be made of. Arithmetic and comparison give a larger expression.

    Adding zero and multiplying or dividing by one vanish, so that an omitted argument leaves no trace in the text.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return text(self)

    def __add__(self, other: Operand) -> Expression:
        return self if _is(other, 0) else Operation("+", self, _operand(other))

    def __radd__(self, other: Operand) -> Expression:
        return self if _is(other, 0) else Operation("+", _operand(other), self)

    def __sub__(self, other: Operand) -> Expression:
        return self if _is(other, 0) else Operation("-", self, _operand(other))

    def __rsub__(self, other: Operand) -> Expression:
        return Operation("-", _operand(other), self)

    def __mul__(self, other: Operand) -> Expression:
        return self if _is(other, 1) else Operation("*", self, _operand(other))

    def __rmul__(self, other: Operand) -> Expression:
        return self if _is(other, 1) else Operation("*", _operand(other), self)

    def __truediv__(self, other: Operand) -> Expression:
        return self if _is(other, 1) else Operation("/", self, _operand(other))

    def __rtruediv__(self, other: Operand) -> Expression:
        return Operation("/", _operand(other), self)

    def __pow__(self, other: Operand) -> Expression:
        return Operation("^", self, _operand(other))

    def __lt__(self, other: Operand) -> Expression:
        return Operation("<", self, _operand(other))

    def __gt__(self, other: Operand) -> Expression:
        return Operation(">", self, _operand(other))

    def __le__(self, other: Operand) -> Expression:
        return Operation("<=", self, _operand(other))

    def __ge__(self, other: Operand) -> Expression:
        return Operation(">=", self, _operand(other))

    def __or__(self, other: Expression) -> Expression:
        """Either condition: Excel's OR() would reduce a range to one value, a sum of conditions does not."""
        return Operation("+", self, other)

    def __bool__(self) -> bool:
        raise TypeError("the body of a KPI may not branch: it is also written as an Excel formula")


Operand = Expression | float | str


# Plain classes: making four frozen data classes takes as long as a tenth of importing NumPy.


class Name(Expression):
    """An argument of the formula, or any piece of Excel text that stands for one.

    Attributes:
        text: As it is written.
        atomic: Needs no parentheses beside an operator.
    """

    __slots__ = ("atomic", "text")

    def __init__(self, text: str, *, atomic: bool = True) -> None:
        self.text: Final = text
        self.atomic: Final = atomic


class Constant(Expression):
    """A number or a text written into the formula."""

    __slots__ = ("value",)

    def __init__(self, value: float | str) -> None:
        self.value: Final = value


class Operation(Expression):
    """Two operands and one of Excel's operators."""

    __slots__ = ("left", "right", "sign")

    def __init__(self, sign: str, left: Expression, right: Expression) -> None:
        self.sign: Final = sign
        self.left: Final = left
        self.right: Final = right


class Call(Expression):
    """A worksheet function; ``compute`` does the same with numbers and arrays."""

    __slots__ = ("arguments", "compute", "function")

    def __init__(self, function: str, arguments: tuple[Expression, ...], compute: Callable[..., Any]) -> None:
        self.function: Final = function
        self.arguments: Final = arguments
        self.compute: Final = compute


def symbol(value: str | float | Expression) -> Expression:
    """Turn an argument of a formula into a symbol.

    Args:
        value: Excel text (a cell, a range, a structured reference, any expression) or a number.

    Returns:
        The symbol; text with an operator outside quotes and brackets gets parentheses where it needs them.

    >>> text(symbol("tblMonth[[#This Row],[New leads]]") / 2)
    'tblMonth[[#This Row],[New leads]]/2'
    """
    if isinstance(value, str):
        return Name(value, atomic=_is_atomic(value))
    return _operand(value)


def call(function: str, compute: Callable[..., Any], *arguments: Operand) -> Expression:
    """A worksheet function over symbols."""
    return Call(function, tuple(_operand(argument) for argument in arguments), compute)


def text(expression: Operand) -> str:
    """Write an expression as Excel text, without the leading ``=``.

    >>> text(1 - symbol("B2") / symbol("C2"))
    '1-B2/C2'
    >>> text((symbol("B2") / symbol("C2")) ** (1 / symbol("D2")) - 1)
    '(B2/C2)^(1/D2)-1'
    """
    return _write(_operand(expression), _LOOSEST)


def compute(expression: Expression, values: Mapping[str, Any]) -> Any:
    """Value of an expression for given values of its names (numbers or arrays).

    >>> compute(symbol("won") + symbol("lost"), {"won": 2.0, "lost": 3.0})
    5.0
    """
    if isinstance(expression, Name):
        return values[expression.text]
    if isinstance(expression, Constant):
        return expression.value
    if isinstance(expression, Call):
        return expression.compute(*(compute(argument, values) for argument in expression.arguments))
    if isinstance(expression, Operation):
        return _COMPUTE[expression.sign](compute(expression.left, values), compute(expression.right, values))
    raise TypeError(expression)


def divisors(expression: Expression) -> Iterator[Expression]:
    """Every divisor of an expression that holds a name, each once, in reading order."""
    found: dict[str, Expression] = {}
    for part in _parts(expression):
        if isinstance(part, Operation) and part.sign == "/" and not isinstance(part.right, Constant):
            found.setdefault(text(part.right), part.right)
    yield from found.values()


def alternatives(condition: Expression) -> Iterator[Expression]:
    """The conditions of which one is enough, one by one.

    >>> list(map(text, alternatives((symbol("won") < 0) | (symbol("won") > symbol("all")))))
    ['won<0', 'won>all']
    """
    if isinstance(condition, Operation) and condition.sign == "+":
        yield from alternatives(condition.left)
        yield from alternatives(condition.right)
    else:
        yield condition


def hidden_parts(expression: Expression, *, hidden: bool = False) -> Iterator[Expression]:
    """Every operation below a fraction line, in an exponent or in a function.

    There a number too large for a cell does not show in the result: one divided by infinity is 0, where a sheet has
    ``#NUM!``.

    >>> list(map(text, hidden_parts(symbol("won") / (symbol("won") + symbol("lost")) - 1)))
    ['won+lost']
    """
    if isinstance(expression, Operation):
        if hidden:
            yield expression
        yield from hidden_parts(expression.left, hidden=hidden)
        yield from hidden_parts(expression.right, hidden=hidden or expression.sign in "/^")
    elif isinstance(expression, Call):
        for argument in expression.arguments:
            yield from hidden_parts(argument, hidden=True)


def _parts(expression: Expression) -> Iterator[Expression]:
    yield expression
    if isinstance(expression, Operation):
        yield from _parts(expression.left)
        yield from _parts(expression.right)
    elif isinstance(expression, Call):
        for argument in expression.arguments:
            yield from _parts(argument)


def names_in(expression: Expression) -> set[str]:
    """The names that an expression is made of.

    >>> sorted(names_in((symbol("won") + symbol("lost")) / 2))
    ['lost', 'won']
    """
    return {part.text for part in _parts(expression) if isinstance(part, Name)}


def _write(expression: Expression, around: int) -> str:
    if isinstance(expression, Name):
        return expression.text if expression.atomic or around == _LOOSEST else f"({expression.text})"
    if isinstance(expression, Constant):
        return _write_constant(expression.value, around)
    if isinstance(expression, Call):
        return f"{expression.function}({','.join(_write(argument, _LOOSEST) for argument in expression.arguments)})"
    if isinstance(expression, Operation):
        strength = _STRENGTH[expression.sign]
        # The right operand needs parentheses at equal strength too: a-(b-c) is not a-b-c.
        written = _write(expression.left, strength) + expression.sign + _write(expression.right, strength + 1)
        return f"({written})" if strength < around else written
    raise TypeError(expression)


def _write_constant(value: float | str, around: int) -> str:
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    whole = value == int(value) and abs(value) < _WHOLE_DIGITS
    written = str(int(value)) if whole else repr(float(value)).upper()
    return f"({written})" if value < 0 and around != _LOOSEST else written


def _operand(value: Operand) -> Expression:
    return value if isinstance(value, Expression) else Constant(value)


def _is(operand: Operand, number: float) -> bool:
    value = operand.value if isinstance(operand, Constant) else operand
    return isinstance(value, (int, float)) and value == number


def _is_atomic(written: str) -> bool:
    """Whether Excel text holds no operator outside of quotes, brackets and parentheses."""
    depth = 0
    quote = ""
    for character in written.strip():
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif depth == 0 and character in "+-*/^&=<>%, ":
            return False
    return True
