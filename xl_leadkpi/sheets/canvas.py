"""One sheet while it is being laid out: parts are placed from the top down and come out as a :class:`Sheet`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from xl_leadkpi.sheets.layout import (
    Area,
    Cells,
    Chart,
    Choice,
    Condition,
    Link,
    Range,
    Sheet,
    Style,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

ROW = 20
"""Height of a row in pixels."""


@dataclass(slots=True)
class Canvas:
    """Collects what is placed on one sheet; the only mutable thing in this room."""

    name: str
    areas: list[Area] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    heights: dict[int, int] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)

    def put(
        self, row: int, column: int, value: Any, style: Style, formula: str | None = None, *, across: int = 1
    ) -> None:
        """Place one cell, drawn over ``across`` columns."""
        first = Cells((value,), style, (formula,) if formula else None)
        self.areas.append(Area(row, column, (first, *(Cells((None,), style) for _ in range(1, across)))))
        if across > 1:
            self.merges.append((row, column, row, column + across - 1))

    def put_row(self, row: int, column: int, values: Sequence[Any], styles: Sequence[Style]) -> None:
        """Place the cells of one row."""
        cells = (Cells((value,), style) for value, style in zip(values, styles, strict=True))
        self.areas.append(Area(row, column, tuple(cells)))

    def at_least(self, row: int, height: int) -> None:
        """Make a row at least this high, in pixels."""
        self.heights[row] = max(height, self.heights.get(row, ROW))

    def height(self, first: int, last: int) -> int:
        """Height of the rows from ``first`` to ``last`` in pixels."""
        return sum(self.heights.get(row, ROW) for row in range(first, last + 1))

    def row_below(self, row: int, pixels: int) -> int:
        """First row that begins at least ``pixels`` below the top of ``row``."""
        while pixels > 0:
            pixels -= self.heights.get(row, ROW)
            row += 1
        return row

    def range(self, row: int, column: int, last_row: int, last_column: int) -> Range:
        """A rectangle of this sheet."""
        return Range(self.name, row, column, last_row, last_column)

    def sheet(self, widths: Sequence[tuple[int, int, int]], **settings: Any) -> Sheet:
        """What has been placed, as a finished sheet."""
        return Sheet(
            name=self.name,
            areas=tuple(self.areas),
            tables=tuple(self.tables),
            # those of dashes last: whoever puts alike ones together then keeps their order in every cell
            conditions=tuple(sorted(self.conditions, key=lambda one: one.formula.startswith("ISTEXT("))),
            choices=tuple(self.choices),
            links=tuple(self.links),
            charts=tuple(self.charts),
            widths=tuple(widths),
            heights=tuple(sorted((row, height) for row, height in self.heights.items() if height != ROW)),
            merges=tuple(self.merges),
            **settings,
        )
