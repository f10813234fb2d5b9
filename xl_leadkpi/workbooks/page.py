"""One sheet of a workbook being laid out: every formula is placed together with its value."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from xl_leadkpi.cells.days import moment_number
from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.cells.formula import compute, symbol, text
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.canvas import Canvas
from xl_leadkpi.sheets.layout import Condition, Range, address
from xl_leadkpi.sheets.palette import MUTED, NAVY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xl_leadkpi.sheets.layout import Sheet, Style

INPUT_FILL: Final = "#FFF6DD"
"""What the user types in stands on this colour, and nothing else does."""

HEADING: Final = replace(styles.HEADING, top=None)
PARAGRAPH: Final = replace(styles.LABEL, bottom=None, valign="top")
TITLE: Final = replace(styles.TITLE, size=18)
NOTE: Final = replace(styles.NOTE, wrap=True, valign="top")
INPUT: Final = replace(styles.FIGURE, fill=INPUT_FILL)
LINK: Final = replace(styles.LINK, color=NAVY, underline=True)
CODE: Final = replace(styles.LABEL, color=MUTED, size=9)


def in_cells(values: Sequence[Any]) -> list[Any]:
    """A column as Excel hands it to a function: dates as numbers, nothing as an empty text."""
    return [moment_number(v) if isinstance(v, datetime) else "" if v is None else v for v in values]


@dataclass(frozen=True, slots=True)
class Given:
    """Something a formula can refer to: its text, seen from any sheet, and its value."""

    text: str
    value: Any


@dataclass(frozen=True, slots=True)
class Cell(Given):
    """A cell that has been placed."""

    sheet: str
    row: int
    column: int

    def seen_from(self, sheet: str) -> str:
        """Address, without the sheet's name on the sheet itself."""
        return address(self.row, self.column) if sheet == self.sheet else self.text


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A small line in a cell over the cells of a row."""

    row: int
    column: int
    source: Range


@dataclass(frozen=True, slots=True)
class Bars:
    """Cells with a bar behind the figure."""

    place: Range
    color: str


@dataclass(slots=True)
class Page:
    """Collects what is placed on one sheet."""

    name: str
    canvas: Canvas = field(init=False)
    sparklines: list[Sparkline] = field(default_factory=list)
    bars: list[Bars] = field(default_factory=list)
    filtered: Range | None = None
    outlined: tuple[int, int] | None = None
    """Columns that are folded away."""

    def __post_init__(self) -> None:
        self.canvas = Canvas(self.name)

    def put(self, row: int, column: int, value: Any, style: Style, *, across: int = 1) -> Cell:
        """Place a value."""
        self.canvas.put(row, column, value, style, across=across)
        return self._cell(row, column, value)

    def formula(self, row: int, column: int, written: str, value: Any, style: Style, *, across: int = 1) -> Cell:
        """Place a formula with its value."""
        self.canvas.put(row, column, value, style, written, across=across)
        return self._cell(row, column, value)

    def arithmetic(
        self, row: int, column: int, formula: Callable[..., Any], cells: Sequence[Given], style: Style
    ) -> Cell:
        """Place plain arithmetic over cells: called with symbols the function gives its text, then its value."""
        symbols = [symbol(self.text_of(cell)) for cell in cells]
        written = formula(*symbols)
        try:
            value = compute(written, {self.text_of(cell): cell.value for cell in cells})
        except ZeroDivisionError:
            value = CellError.DIV0
        return self.formula(row, column, text(written), value, style)

    def kpi(self, row: int, column: int, name: str, arguments: Sequence[Given | float | str], style: Style) -> Cell:
        """Place a call of a KPI.

        A plain formula, so that every program shows the value in the file, whether it knows the functions or not; an
        argument that is computed cell by cell stands in INDEX(..., 0), which needs no array formula.
        """
        written = ",".join(self.text_of(argument) for argument in arguments)
        value = CATALOGUE[name](*(a.value if isinstance(a, Given) else a for a in arguments))
        return self.formula(row, column, f"{name}({written})", value, style)

    def text_of(self, argument: Given | float | str) -> str:
        """How a formula of this sheet writes an argument."""
        if isinstance(argument, Cell):
            return argument.seen_from(self.name)
        if isinstance(argument, Given):
            return argument.text
        return f'"{argument}"' if isinstance(argument, str) else f"{argument:g}"

    def range(self, row: int, column: int, last_row: int, last_column: int) -> Range:
        """A rectangle of this sheet."""
        return self.canvas.range(row, column, last_row, last_column)

    def hide_unknown_names(self, place: Range) -> None:
        """Let no #NAME? be read where the functions are not to be had; the banner on Start says what to do.

        A program that cannot read the formula at all has errors of its own, of no type that Excel knows.
        """
        first = address(place.row, place.column)
        unknown = f"IF(ISERROR({first}),IFERROR(ERROR.TYPE({first})=5,TRUE),FALSE)"
        self.canvas.conditions.append(Condition(place, unknown, color="#FFFFFF", stop=True))

    def sheet(self, widths: Sequence[tuple[int, int, int]], **settings: Any) -> Sheet:
        """What has been placed."""
        return self.canvas.sheet(widths, **settings)

    def _cell(self, row: int, column: int, value: Any) -> Cell:
        return Cell(f"{self.name}!{address(row, column, absolute=True)}", value, self.name, row, column)
