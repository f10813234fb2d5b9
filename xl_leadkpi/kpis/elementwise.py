"""KPIs that work cell by cell: the formula is traced for its Excel text and runs on numbers and whole columns alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import chain, compress
from operator import or_
from typing import TYPE_CHECKING, Any

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.cells.formula import (
    Constant,
    Name,
    Operation,
    alternatives,
    compute,
    divisors,
    hidden_parts,
    names_in,
    symbol,
    text,
)
from xl_leadkpi.cells.grid import (
    EMPTY,
    FIRST_ERROR,
    NUMBER,
    STATE_OF,
    WRONG_TYPE,
    Grid,
    align,
    broadcast,
    read_grid,
    write_grid,
)
from xl_leadkpi.kpis.declaration import LARGEST, Argument, Kpi, NoValueRule, declare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from xl_leadkpi.cells.formula import Expression

_FAR_FROM_OVERFLOW = 1e150
"""Two numbers up to here have a product, and a square each."""
_NEXT_TO_AN_END = 4e-15
"""So near to an open end, as a share of it, Excel's 15 digits may be the end's."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ElementwiseKpi(Kpi):
    """A KPI that works cell by cell.

    Attributes:
        impossible: Condition over the arguments under which there is no value (``#NUM!``); where it is not given, that
            an argument is more than those it is out of.
        denominators: What may not be zero (``#DIV/0!``); found in the formula where it is not given.
        items: How many values a row of arguments gives; more than one spills to the right.
    """

    impossible: Callable[..., Any] | None = None
    denominators: Callable[..., tuple[Any, ...]] | None = None
    items: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.impossible is None:
            object.__setattr__(self, "impossible", _more_than_there_are(self.arguments))

    def __call__(self, *values: Any, **named: Any) -> Any:
        """Compute the KPI.

        Args:
            *values: Scalars, arrays, lists or pandas Series of any shapes that Excel can combine.
            **named: The same by name.

        Returns:
            A float, ``""`` where a required argument is blank, or an error value; for lists, arrays and Series a
            container of the same kind with such values (nan for a blank in arrays and Series).

        Raises:
            TypeError: Only if arguments are missing or unknown; odd values give error values.
        """
        limits, formula, impossible = self._at_hand
        if named or len(values) != len(limits):
            values = tuple(self.bind(values, named))
        # Possible plain numbers are computed here and now; everything else takes the way of ranges.
        for value, (low, high) in zip(values, limits):  # noqa: B905 - as long as each other; strict costs time
            kind = type(value)
            if (kind is not float and kind is not int) or not low <= value <= high:
                return self._over_cells(values)
        if impossible is not None and impossible(*values):
            return self._over_cells(values)
        try:
            result = formula(*values)
        except (ZeroDivisionError, OverflowError):
            return self._over_cells(values)
        if type(result) is tuple:
            return tuple(map(float, result)) if np.isfinite(result).all() else self._over_cells(values)
        return float(result) if -LARGEST <= result <= LARGEST else CellError.NUM

    @property
    def rules(self) -> tuple[NoValueRule, ...]:
        """When it has no value, in the order in which it is checked."""
        zero, outside = self._conditions([Name(argument.name) for argument in self.arguments])
        return (
            *(NoValueRule(f"{text(divisor)}=0", CellError.DIV0) for divisor in zero),
            *(NoValueRule(text(one), CellError.NUM) for condition in outside for one in alternatives(condition)),
        )

    def excel_text(self, *arguments: str | float, item: int | None = None) -> str:
        """Write the bare formula over cells, without the leading ``=``.

        Args:
            *arguments: Excel text (cells, ranges, expressions) or numbers, in order. What is left out at the end
                leaves no trace.
            item: For a KPI that spills: which of its values, from 0; without it the formula spills.

        Returns:
            Plain arithmetic that every spreadsheet computes.

        Raises:
            TypeError: If a required argument is missing.
        """
        # A default goes in as a plain number, so that Python folds it into the constants of the formula.
        symbols = (
            argument.default if given is None else given
            for argument, given in zip(self.arguments, self.symbols(arguments), strict=True)
        )
        return self._write(self.formula(*symbols), item)

    def no_value_texts(self, *arguments: str | float) -> tuple[str, ...]:
        """Write the conditions over cells under which plausible arguments give no value.

        >>> from xl_leadkpi import kpis
        >>> kpis.CATALOGUE["WINRATE"].no_value_texts("B2", "C2")
        ('B2+C2=0',)
        >>> kpis.CATALOGUE["CONVCI"].no_value_texts("B2", "C2")
        ('C2=0', 'B2>C2')
        """
        given = [
            symbol(argument.default) if one is None and argument.default is not None else one
            for argument, one in zip(self.arguments, self.symbols(arguments), strict=True)
        ]
        zero = divisors(self.formula(*given)) if self.denominators is None else self.denominators(*given)
        impossible = () if self.impossible is None else (self.impossible(*given),)
        return (*(f"{text(divisor)}=0" for divisor in zero), *map(text, impossible))

    def divided_by(self, given: int) -> tuple[int, ...]:
        """Tell which arguments the result is divided by, by their places from 0.

        >>> from xl_leadkpi import kpis
        >>> kpis.CATALOGUE["WINRATE"].divided_by(2), kpis.CATALOGUE["CPL"].divided_by(2)
        ((0, 1), (1,))
        """
        named = {name for divisor in self._divisors for name in names_in(divisor)}
        return tuple(place for place, name in enumerate(self.names[:given]) if name.text in named)

    def lambda_text(self) -> str:
        """Write the LAMBDA with all its guards.

        Returns:
            ``LAMBDA(...)``, to be stored under a name. Comparing with an empty text does three things at once and cell
            by cell: an error among the arguments comes through (the leftmost first), ``x=""`` finds blanks, and
            ``x<""`` is true of numbers alone, because Excel orders numbers before text before booleans.
        """
        body = self.guard(self._write(self.formula(*self.names), None))
        replaced = [
            _settle(argument, name.text)
            for argument, name in zip(self.arguments, self.names, strict=True)
            if name.text != argument.name
        ]
        if replaced:
            body = f"LET({','.join(replaced)},{body})"
        parameters = [f"[{argument.name}]" if argument.optional else argument.name for argument in self.arguments]
        return f"LAMBDA({','.join(parameters)},{body})"

    def guard(self, value: str) -> str:
        """Put the checks of all arguments before the value of a LAMBDA."""
        zero, outside = self._conditions(self.names)
        if outside:
            value = f"IF({text(reduce(or_, outside))},{CellError.NUM},{value})"
        if zero:
            # Each divisor by itself: their product could be zero although none of them is.
            none = "+".join(f"({text(part)}=0)" for part in zero) if zero[1:] else f"{text(zero[0])}=0"
            value = f"IF({none},{CellError.DIV0},{value})"
        blank = _each(self.names, '=""', "+")
        number = _each(self.names, '<""', "*")
        return f'IF({blank},"",IF({number},{value},{CellError.VALUE}))'

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """The arguments as the LAMBDA's body names them: with an underscore once a blank has been replaced."""
        return tuple(
            Name(argument.name if argument.optional is False and argument.blank is None else f"{argument.name}_")
            for argument in self.arguments
        )

    @cached_property
    def _at_hand(self) -> tuple[tuple[tuple[float, float], ...], Callable[..., Any], Callable[..., Any] | None]:
        """What every call needs, in one look-up."""
        return self._limits, self.formula, self.impossible

    @cached_property
    def _limits(self) -> tuple[tuple[float, float], ...]:
        """Between what every argument is possible, and no step on the way to the result overflows out of sight.

        A whole number of Python's has no end, so it does not overflow where a cell does. Excel takes what is next to
        an open end, to 15 digits, for the end: what is that near is looked at as Excel compares.
        """
        shared = {part.right for part in self._hidden if isinstance(part, Operation) and part.sign == "/"}
        return tuple(
            (
                max(low, -_FAR_FROM_OVERFLOW, 1 / _FAR_FROM_OVERFLOW if name in shared and low >= 0 else low),
                min(high - abs(high) * _NEXT_TO_AN_END if argument.open_ends else high, _FAR_FROM_OVERFLOW),
            )
            for name, argument in zip(self.names, self.arguments, strict=True)
            for low, high in (argument.limits,)
        )

    @cached_property
    def _hidden(self) -> tuple[Expression, ...]:
        """Steps on the way to the result that may overflow without the result showing it."""
        made = self.formula(*self.names)
        return tuple(part for one in (made if isinstance(made, tuple) else (made,)) for part in hidden_parts(one))

    @cached_property
    def _divisors(self) -> tuple[Expression, ...]:
        return self._conditions(self.names)[0]

    @cached_property
    def _outside(self) -> tuple[Expression, ...]:
        """What makes a value impossible; the condition over several arguments comes last."""
        return self._conditions(self.names)[1]

    def _conditions(self, names: Sequence[Name]) -> tuple[tuple[Expression, ...], tuple[Expression, ...]]:
        """What may not be zero, and what makes a value impossible."""
        zero = divisors(self.formula(*names)) if self.denominators is None else self.denominators(*names)
        outside = list(chain.from_iterable(map(Argument.outside, self.arguments, names)))
        if self.impossible is not None:
            outside.append(self.impossible(*names))
        return tuple(zero), tuple(outside)

    def _write(self, formula: Any, item: int | None) -> str:
        if self.items == 1:
            return text(formula)
        return f"IF({{1,0}},{text(formula[0])},{text(formula[1])})" if item is None else text(formula[item])

    def over_grids(self, grids: Sequence[Grid]) -> Grid:
        """Compute the KPI over ranges that have been read already (:func:`xl_leadkpi.cells.read_grid`).

        Args:
            grids: One for each argument, in order.

        Returns:
            The results with their states; where a row of arguments gives several values they are the last axis.
        """
        settled = broadcast(list(map(_settle_blanks, grids, self.arguments)))
        odd = list(compress(settled, map(_is_odd, settled, self._limits)))
        numbers = [grid.numbers for grid in settled]
        with np.errstate(all="ignore"):
            result = self.formula(*numbers)
            result = np.stack(result, axis=-1) if self.items > 1 else np.asarray(result)
            states = self._states(numbers, odd, result)
        if self.items > 1 and states is not None:
            states = np.broadcast_to(states[..., np.newaxis], result.shape)
        return Grid(result, states)

    def _over_cells(self, values: Sequence[Any]) -> Any:
        values = align(values)
        result = self.over_grids([read_grid(value) for value in values])
        written = write_grid(result, values)
        if self.items > 1 and result.numbers.ndim == 1:  # scalars: the values of one row, or the error in their place
            return tuple(written) if result.states is None or not result.states.any() else written[0]
        return written

    def _states(
        self, numbers: Sequence[NDArray[np.float64]], odd: Sequence[Grid], result: NDArray[np.float64]
    ) -> NDArray[np.uint8] | None:
        """States of the results, None if all are numbers. What is assigned later is the rule that comes first."""
        zero = self._zero(numbers)
        outside = ~(np.isfinite(result).all(axis=-1) if self.items > 1 else np.isfinite(result))
        if odd or self.impossible is not None:
            named = self._by_name(numbers)
            for part in self._hidden if odd else ():
                outside |= np.isinf(compute(part, named))
            for condition in self._outside if odd else self._outside[-1:]:
                outside |= compute(condition, named)
        if not odd and not zero.any() and not outside.any():
            return None
        states = np.full(outside.shape, NUMBER, np.uint8)
        states[outside] = STATE_OF[CellError.NUM]
        states[zero] = STATE_OF[CellError.DIV0]
        known = [grid.known_states() for grid in odd]
        for own in known:
            states[own == WRONG_TYPE] = STATE_OF[CellError.VALUE]
        for own in known:
            states[own == EMPTY] = EMPTY
        for own in reversed(known):
            states = np.where(own >= FIRST_ERROR, own, states)
        return states

    def _zero(self, numbers: Sequence[NDArray[np.float64]]) -> NDArray[np.bool_]:
        named = self._by_name(numbers)
        none = np.zeros(numbers[0].shape, np.bool_)
        return reduce(or_, (np.asarray(compute(part, named)) == 0 for part in self._divisors), none)

    def _by_name(self, numbers: Sequence[NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
        return dict(zip((name.text for name in self.names), numbers, strict=True))


def elementwise(name: str, **declaration: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare the decorated function as a KPI that works cell by cell; the function itself stays as it is."""

    def register(formula: Callable[..., Any]) -> Callable[..., Any]:
        declare(ElementwiseKpi(name=name, formula=formula, **declaration))
        return formula

    return register


def _more_than_there_are(arguments: Sequence[Argument]) -> Callable[..., Any] | None:
    """The condition that an argument is more than those it is out of, None where no argument is out of another."""
    places = {argument.name: place for place, argument in enumerate(arguments)}
    pairs = [(places[argument.name], places[argument.out_of]) for argument in arguments if argument.out_of]
    if not pairs:
        return None
    wholes = {whole for _, whole in pairs}
    assert len(wholes) == len(pairs), "several parts of one whole are declared with their own condition"
    if pairs[1:]:
        return lambda *values: reduce(or_, [values[part] > values[whole] for part, whole in pairs])
    ((part, whole),) = pairs
    return lambda *values: values[part] > values[whole]


def _settle_blanks(grid: Grid, argument: Argument) -> Grid:
    """Put what a blank stands for in its place, where it stands for something."""
    stands_for = argument.default if argument.optional else argument.blank
    if stands_for is None:
        return grid
    states = grid.known_states()
    empty = states == EMPTY
    if not empty.any():
        return grid
    return Grid(np.where(empty, stands_for, grid.numbers), np.where(empty, np.uint8(NUMBER), states))


def _is_odd(grid: Grid, limits: tuple[float, float]) -> bool:
    """Whether a cell is no number within limits; nan and infinity fail the comparison."""
    if grid.states is not None and grid.states.any():
        return True
    low, high = limits
    return not (low <= grid.numbers.min(initial=high) and grid.numbers.max(initial=low) <= high)


def _settle(argument: Argument, name: str) -> str:
    """A LET pair: the argument, or what stands for it where it is blank or left out."""
    value = argument.default if argument.optional else argument.blank
    assert value is not None
    stands_for = text(Constant(value))
    given = f'IF({argument.name}="",{stands_for},{argument.name})'
    return f"{name},IF(ISOMITTED({argument.name}),{stands_for},{given})" if argument.optional else f"{name},{given}"


def _each(names: Sequence[Name], test: str, sign: str) -> str:
    return sign.join(f"({name.text}{test})" for name in names) if names[1:] else f"{names[0].text}{test}"
