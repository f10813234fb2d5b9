"""KPIs over whole ranges: a plain function over the cells, with its Excel text declared beside it.

Arithmetic over ranges can't be traced, so value and text are two statements here; an independent engine checks that
they agree. What all of them share - errors come through, shapes must match, text is no number - is added to both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.cells.formula import Constant, Name, compute, text
from xl_leadkpi.cells.grid import (
    EMPTY,
    FIRST_ERROR,
    NUMBER,
    WRONG_TYPE,
    Grid,
    align,
    error_of_state,
    read_grid,
    write_grid,
)
from xl_leadkpi.cells.values import BLANK, read_cell, read_words
from xl_leadkpi.kpis.declaration import LARGEST, Kpi, NoValueRule, declare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from xl_leadkpi.cells.formula import Expression
    from xl_leadkpi.kpis.declaration import Argument

TOO_EARLY, TOO_LATE = -1e300, 1e300
"""Days before and after all others, for periods open at one end."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AggregateKpi(Kpi):
    """A KPI over ranges.

    The texts speak of the arguments by name; an optional one carries an underscore once its default is settled.

    Attributes:
        excel: Writes the bare formula; gets the arguments' texts, None where one is left out. None
            where there is no such formula short of the LAMBDA itself.
        value: LAMBDA: the value.
        lets: LAMBDA: names for what occurs more than once, as LET pairs.
        zero: LAMBDA: the condition under which there is nothing to divide by (``#DIV/0!``).
        zero_means: That condition in words.
        impossible: LAMBDA: the condition for ``#NUM!``, beyond the limits of the arguments.
        impossible_means: That condition in words.
        spills: The result is a column as long as the first range.
    """

    excel: Callable[..., str] | None
    value: str
    lets: tuple[str, ...] = ()
    zero: str = ""
    zero_means: str = ""
    impossible: str = ""
    impossible_means: str = ""
    spills: bool = False

    def __call__(self, *values: Any, **named: Any) -> Any:
        """Compute the KPI.

        Args:
            *values: Ranges as lists, nested lists, arrays or pandas Series; single values for the rest.
            **named: The same by name.

        Returns:
            A float or an error value; ``""`` where a required single value is blank. A KPI that spills gives a
            container like its first argument.

        Raises:
            TypeError: Only if arguments are missing or unknown; odd values give error values.
        """
        bound = align(self.bind(values, named))
        ranges = list(map(RangeArgument, self.arguments, bound))
        result = self._compute(ranges)
        if not isinstance(result, Grid):
            return result
        shape = ranges[0].shape
        written = Grid(result.numbers.reshape(shape), result.known_states().reshape(shape))
        return write_grid(written, [bound[0]])

    @property
    def rules(self) -> tuple[NoValueRule, ...]:
        """When it has no value, in the order in which it is checked."""
        outside = [text(limit) for argument in self.arguments for limit in argument.outside(Name(argument.name))]
        if self.impossible:
            outside.append(self.impossible_means)
        none = [NoValueRule(self.zero_means, CellError.DIV0)] if self.zero else []
        return (*none, *(NoValueRule(condition, CellError.NUM) for condition in outside))

    def excel_text(self, *arguments: str | float, item: int | None = None) -> str:
        """Write the bare formula over ranges, without the leading ``=``.

        Args:
            *arguments: Excel text or numbers, in order; optional ones may be left out at the end.
            item: Not for these KPIs.

        Returns:
            A formula for any spreadsheet; in Excel before 365 it may have to be entered as an array formula.

        Raises:
            TypeError: If a required argument or one of a pair is missing, or an item is asked for.
        """
        if item is not None:
            raise TypeError(f"{self.name} has no items")
        bound = dict(zip((argument.name for argument in self.arguments), self.bind(arguments, {}), strict=True))
        for argument in self.arguments:
            if argument.criterion_of and (bound[argument.criterion_of] is None) != (bound[argument.name] is None):
                raise TypeError(f"{self.signature} takes {argument.criterion_of} and {argument.name} together")
        given = [None if argument is None else _operand_text(argument) for argument in self.symbols(arguments)]
        if self.excel is None:
            return f"{self.lambda_text()}({','.join(argument or '' for argument in given).rstrip(',')})"
        return self.excel(*given)

    def lambda_text(self) -> str:
        """Write the LAMBDA with all its guards.

        Returns:
            ``LAMBDA(...)``, to be stored under a name. As in the element-wise KPIs, ``x<""`` is true of numbers and
            ``x>""`` of texts and booleans; a sum of
            zeros over a range brings its first error to light.
        """
        return f"LAMBDA({','.join(f'[{a.name}]' if a.optional else a.name for a in self.arguments)},{self._body})"

    @property
    def _body(self) -> str:
        own = [(argument, _own(argument)) for argument in self.arguments]
        outside = [condition for argument, name in own for condition in _limits(argument, name)]
        if self.impossible:
            outside.append(self.impossible)
        body = self.value
        if outside:
            body = f"IF({_any(outside)},{CellError.NUM},{body})"
        if self.zero:
            body = f"IF({self.zero},{CellError.DIV0},{body})"
        if self.lets:
            body = f"LET({','.join(self.lets)},{body})"
        wrong = [f'SUM(({name}>"")*1)' for argument, name in own if argument.needs_number]
        if wrong:
            body = f"IF({_any(wrong)},{CellError.VALUE},{body})"
        criteria = [(_absent(argument.criterion_of), name) for argument, name in own if argument.criterion_of]
        unlike = _different_shapes(
            [(argument, name) for argument, name in own if argument.is_range and argument.paired]
        )
        unlike += [f'{absent}*({name}<>"")' for absent, name in criteria]
        if unlike:
            body = f"IF({'+'.join(unlike)},{CellError.VALUE},{body})"
        blank = [f'{name}=""' for argument, name in own if not (argument.is_range or argument.optional)]
        blank += [f'(1-{absent})*({name}="")' for absent, name in criteria]
        if blank:
            body = f'IF({_any(blank)},"",{body})'
        for argument, name in reversed(own):
            error = f'SUM(IF({name}="",0,0))' if argument.is_range else name
            body = f"IF(ISERROR({error}),{error},{body})"
        settled = [_settle(argument) for argument in self.arguments if argument.optional]
        return f"LET({','.join(settled)},{body})" if settled else body

    def _compute(self, ranges: Sequence[RangeArgument]) -> float | CellError | str | Grid:  # noqa: PLR0911 - rule after rule
        for cells in ranges:
            if (error := cells.first_error) is not None:
                return error
        by_name = {cells.argument.name: cells for cells in ranges}
        criteria = [(by_name[c.argument.criterion_of], c) for c in ranges if c.argument.criterion_of]
        if any(cells.is_blank and not (cells.argument.is_range or cells.argument.optional) for cells in ranges) or any(
            criterion.is_blank and not cells.is_absent for cells, criterion in criteria
        ):
            return BLANK
        if not _same_shape([cells for cells in ranges if cells.argument.is_range and cells.argument.paired]) or any(
            cells.is_absent and not criterion.is_blank for cells, criterion in criteria
        ):
            return CellError.VALUE
        if any(cells.argument.needs_number and (cells.states == WRONG_TYPE).any() for cells in ranges):
            return CellError.VALUE
        try:
            with np.errstate(all="ignore"):
                result = self.formula(*(cells.for_formula for cells in ranges))
        except ZeroDivisionError:
            return CellError.DIV0
        if isinstance(result, CellError):
            return result
        if any(cells.is_outside for cells in ranges):
            return CellError.NUM
        if isinstance(result, (Grid, str)):
            return result
        number = float(result)
        return number if -LARGEST <= number <= LARGEST else CellError.NUM


@dataclass(frozen=True, eq=False)
class RangeArgument:
    """One argument, a range mostly, as the formula of an aggregate needs it.

    Attributes:
        argument: Its declaration.
        given: What was passed.
    """

    argument: Argument
    given: Any

    @cached_property
    def _grid(self) -> Grid:
        return read_grid(self.given, days=self.argument.unit == "date")

    @cached_property
    def states(self) -> NDArray[np.uint8]:
        """The cells' states, in reading order."""
        return self._grid.known_states().ravel()

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of what was passed."""
        return self._grid.numbers.shape

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing but blanks."""
        return bool((self.states == EMPTY).all())

    @property
    def is_absent(self) -> bool:
        """Whether nothing was passed; one blank cell is nothing too."""
        return self.states.size == 1 and self.is_blank

    @property
    def first_error(self) -> CellError | None:
        """The first error value in reading order; a range where one value is wanted is ``#VALUE!``."""
        errors = self.states[self.states >= FIRST_ERROR]
        if errors.size:
            return error_of_state(int(errors[0]))
        return CellError.VALUE if not self.argument.is_range and self.states.size != 1 else None

    @property
    def is_outside(self) -> bool:
        """Whether a number is out of the argument's limits."""
        numbers = self._grid.numbers.ravel()[self.states == NUMBER]
        conditions = self.argument.outside(Name(self.argument.name))
        return any(compute(condition, {self.argument.name: numbers}).any() for condition in conditions)

    @property
    def for_formula(self) -> Any:
        """A range as numbers (nan where there is none) or as words; a single value as it is, or its default."""
        argument = self.argument
        if argument.is_range:
            if self.given is None and argument.optional:
                return argument.default
            return read_words(self.given) if argument.unit == "text" else self._grid.numbers.ravel()
        if self.is_blank:
            return argument.default
        if argument.unit in {"text", "statistic"}:
            return read_cell(np.asarray(self.given, dtype=object).ravel()[0])
        return float(self._grid.numbers.ravel()[0])


def aggregate(name: str, **declaration: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare the decorated function as a KPI over ranges; the function itself stays as it is."""

    def register(formula: Callable[..., Any]) -> Callable[..., Any]:
        declare(AggregateKpi(name=name, formula=formula, **declaration))
        return formula

    return register


def _operand_text(argument: Expression) -> str:
    """Text of an argument, in parentheses if an operator beside it could tear it apart."""
    return text(argument) if not isinstance(argument, Name) or argument.atomic else f"({argument.text})"


def _same_shape(ranges: Sequence[RangeArgument]) -> bool:
    """Whether ranges match cell by cell; a single value goes with any range where the argument is optional."""
    shapes = {cells.shape for cells in ranges if not (cells.argument.optional and cells.states.size == 1)}
    sizes = {(math.prod(shape), len(shape) < 2 or min(shape) == 1) for shape in shapes}
    # A flat list has no direction: it matches a row and a column of its length.
    return len(shapes) < 2 or (len(sizes) == 1 and any(len(shape) == 1 for shape in shapes))


def _own(argument: Argument) -> str:
    return f"{argument.name}_" if argument.optional else argument.name


def _settle(argument: Argument) -> str:
    """A LET pair: the argument, or what stands for it where it is blank or left out."""
    name = argument.name
    default = text(Constant(argument.default))  # type: ignore[arg-type] # every optional argument has one
    given = name if argument.is_range else f'IF({name}="",{default},{name})'
    return f"{name}_,IF(ISOMITTED({name}),{default},{given})"


def _limits(argument: Argument, name: str) -> list[str]:
    """The conditions under which a number is out of bounds."""
    if not argument.is_range:
        return [text(condition) for condition in argument.outside(Name(name))]
    return [f'SUM(({name}<"")*({text(condition)}))>0' for condition in argument.outside(Name(name))]


def _absent(name: str) -> str:
    """The condition under which an optional range was not passed."""
    return f'(ROWS({name}_)*COLUMNS({name}_)=1)*(SUM(({name}_="")*1)=1)'


def _different_shapes(ranges: Sequence[tuple[Argument, str]]) -> list[str]:
    """The conditions under which ranges do not match; a single value may stand for an optional one."""
    if len(ranges) < 2:
        return []
    _, first = ranges[0]
    found = []
    for argument, name in ranges[1:]:
        differ = f"(ROWS({first})<>ROWS({name}))+(COLUMNS({first})<>COLUMNS({name}))"
        found.append(f"(ROWS({name})*COLUMNS({name})>1)*({differ})" if argument.optional else differ)
    return found


def _any(conditions: Sequence[str]) -> str:
    return "+".join(f"({condition})" for condition in conditions) if conditions[1:] else conditions[0]
