"""KPIs down a column: every cell is divided by another cell of the same column."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from xl_leadkpi.cells.formula import text
from xl_leadkpi.cells.grid import NUMBER, Grid, read_grid, write_grid
from xl_leadkpi.kpis.declaration import Kpi, NoValueRule, count, declare, unique
from xl_leadkpi.kpis.elementwise import ElementwiseKpi

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ColumnKpi(Kpi):
    """A KPI down a column.

    Attributes:
        base: From the column, what each of its cells is divided by.
        base_text: LAMBDA: the same, the column being ``entered``.
        excel: Writes the bare formula.
        starts_at_one: The first cell has nothing above it and counts as 1.
    """

    base: Callable[[Grid], Grid]
    base_text: str
    excel: Callable[[str], str]
    starts_at_one: bool = False

    def __call__(self, *values: Any, **named: Any) -> Any:
        """Compute the KPI.

        Args:
            *values: The column: a list, an array, a pandas Series, or a nested list with one row or one column.
            **named: The same by name.

        Returns:
            A container of the same kind and shape.

        Raises:
            TypeError: Only if the argument is missing or unknown; odd cells give error values in their places.
        """
        (given,) = self.bind(values, named)
        column = read_grid(given)
        entered = Grid(column.numbers.ravel(), column.known_states().ravel())
        rates = self._cell.over_grids([entered, self.base(entered)])
        numbers, states = rates.numbers.copy(), rates.known_states()
        if self.starts_at_one and states[:1] == NUMBER:
            numbers[0] = 1
        shape = column.numbers.shape
        return write_grid(Grid(numbers.reshape(shape), states.reshape(shape)), [given])

    @property
    def rules(self) -> tuple[NoValueRule, ...]:
        """When a cell has no value, in the order in which it is checked."""
        return self._cell.rules

    def excel_text(self, *arguments: str | float, item: int | None = None) -> str:
        """Write the bare formula over a column of cells; it spills.

        Args:
            *arguments: The column as Excel text.
            item: Not for these KPIs: a formula for one cell is CONVRATE over two.

        Returns:
            A dynamic array formula.

        Raises:
            TypeError: If an item is asked for.
        """
        if item is not None:
            raise TypeError(f"{self.name} has no items")
        (column,) = self.symbols(arguments)
        return self.excel(text(column))  # type: ignore[arg-type] # the one argument is required

    def lambda_text(self) -> str:
        """Write the LAMBDA with all its guards; it gives a column whatever the direction of the range."""
        value = text(self.formula(*self._cell.names))
        if self.starts_at_one:
            value = f"IF(SEQUENCE(ROWS(entered))=1,1,{value})"
        body = self._cell.guard(value)
        entered = 'TOCOL(IF(counts="","",counts))'  # TOCOL alone makes 0 of a blank in a single cell
        return f"LAMBDA(counts,LET(entered,{entered},base,{self.base_text},{body}))"

    @cached_property
    def _cell(self) -> ElementwiseKpi:
        """The same KPI for a cell and its base."""
        of_cell = {"name": self.name, "formula": self.formula, "title": self.title, "family": self.family}
        arguments = (
            unique("entered", "records at the stage", out_of="base"),
            count("base", "what they are divided by"),
        )
        return ElementwiseKpi(arguments=arguments, unit=self.unit, direction=self.direction, examples=(), **of_cell)  # type: ignore[arg-type]


def one_above(column: Grid) -> Grid:
    """The cell above each cell; above the first itself, so that it is all of itself, or 1 where it is 0."""
    states, numbers = column.known_states(), column.numbers
    top = np.where(numbers[:1] == 0, 1.0, numbers[:1])
    return Grid(np.concatenate((top, numbers[:-1])), np.concatenate((states[:1], states[:-1])))


def first_of_all(column: Grid) -> Grid:
    """The first cell, for every cell."""
    return Grid(column.numbers[:1], column.known_states()[:1])


def column(name: str, **declaration: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare the decorated function as a KPI down a column; the function itself stays as it is."""

    def register(formula: Callable[..., Any]) -> Callable[..., Any]:
        declare(ColumnKpi(name=name, formula=formula, **declaration))
        return formula

    return register
