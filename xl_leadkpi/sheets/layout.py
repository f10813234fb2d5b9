"""A laid-out workbook as data: what stands where and how it looks, knowing nothing of who writes it.

Rows and columns count from 0. Widths and positions are pixels at 100 % (96 to the inch), which every spreadsheet
program understands; fonts are points. A writer needs one call a sheet part: an :class:`Area` is written as one block of
values, one block of formulas, and one format a column.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from xl_leadkpi.sheets.palette import INK, Line
from xl_leadkpi.sheets.text_cells import LONGEST_IN_FORMULA, line_text

if TYPE_CHECKING:
    from collections.abc import Sequence


def column_letters(column: int) -> str:
    """Name a column as Excel does.

    >>> column_letters(0), column_letters(27), column_letters(16383)
    ('A', 'AB', 'XFD')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def address(row: int, column: int, *, absolute: bool = False) -> str:
    """Address of a cell.

    >>> address(9, 2), address(9, 2, absolute=True)
    ('C10', '$C$10')
    """
    mark = "$" if absolute else ""
    return f"{mark}{column_letters(column)}{mark}{row + 1}"


@dataclass(frozen=True, slots=True)
class Range:
    """A rectangle on a sheet, both ends included.

    >>> str(Range("Funnel", 2, 1, 8, 1))
    '$B$3:$B$9'
    >>> Range("Funnel_Charts", 2, 1, 8, 1).full
    "'Funnel_Charts'!$B$3:$B$9"
    """

    sheet: str
    row: int
    column: int
    last_row: int
    last_column: int

    def __str__(self) -> str:
        first = address(self.row, self.column, absolute=True)
        return f"{first}:{address(self.last_row, self.last_column, absolute=True)}"

    @property
    def full(self) -> str:
        """The address with its sheet."""
        return f"'{self.sheet}'!{self}"

    @property
    def relative(self) -> str:
        """The address without dollar signs and sheet."""
        return f"{address(self.row, self.column)}:{address(self.last_row, self.last_column)}"


@dataclass(frozen=True, slots=True)
class Style:
    """How the cells of an area's column look."""

    number_format: str = "General"
    size: float = 10
    bold: bool = False
    italic: bool = False
    color: str = INK
    fill: str | None = None
    align: Literal["left", "right", "center"] = "left"
    valign: Literal["top", "center", "bottom"] = "center"
    wrap: bool = False
    indent: int = 0
    top: Line | None = None
    bottom: Line | None = None
    underline: bool = False


@dataclass(frozen=True, slots=True)
class Cells:
    """One column of an area.

    Attributes:
        values: One a row: text, number, ``bool``, ``date``, ``datetime`` or None for an empty cell. Where there is a
            formula it is the value last computed; an Excel error as ``CellError``.
        style: The same for all of them.
        formulas: One a row, without ``=``; None where the cell is a plain value. None as a whole: no formula at all.
        array: The formulas may take or give arrays (calls of functions of ours, most of all): Excel would put an ``@``
            before them otherwise.
    """

    values: Sequence[Any]
    style: Style
    formulas: Sequence[str | None] | None = None
    array: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells, column by column, all columns of the same length."""

    row: int
    column: int
    cells: tuple[Cells, ...]

    @property
    def height(self) -> int:
        """Number of rows."""
        return len(self.cells[0].values) if self.cells else 0

    @property
    def last_row(self) -> int:
        """Last row of the area."""
        return self.row + self.height - 1

    @property
    def last_column(self) -> int:
        """Last column of the area."""
        return self.column + len(self.cells) - 1


@dataclass(frozen=True, slots=True)
class Table:
    """An Excel table over cells that an area has written; ``headers`` are those of its first row."""

    name: str
    place: Range
    headers: tuple[str, ...]
    filters: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """Cells that look different while a formula (relative to the first cell of ``place``) is true.

    A line below is drawn by the file writer alone.
    """

    place: Range
    formula: str
    color: str | None = None
    fill: str | None = None
    stop: bool = False
    bottom: Line | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Values to choose from in each cell of ``place``: a list, or the cells of ``source``; others are refused.

    ``named`` is a defined name for the cells, which only a workbook that is written to a file has.
    """

    place: Range
    values: tuple[str, ...] = ()
    source: Range | None = None
    message: str = ""
    named: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A jump inside the workbook, laid over a cell that an area has written.

    It is a formula: so it goes into an open workbook with the other cells, while a link proper is a call of its own.
    """

    row: int
    column: int
    text: str
    target: str
    style: Style

    def formula(self, target: str = "") -> str:
        """The formula, without ``=``.

        Args:
            target: The target as the workbook calls it, if it is another than that of the layout.

        >>> print(Link(0, 0, "All leads", "'Funnel_Data'!A1", Style()).formula())
        HYPERLINK("#'Funnel_Data'!A1","All leads")
        """
        where, text = ((target or self.target).replace('"', '""'), line_text(self.text).replace('"', '""'))
        return f'HYPERLINK("#{where}","{text}")'


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a chart.

    Attributes:
        name: Text of the legend.
        categories: Range of the category labels.
        values: Range of the figures.
        color: Fill or line; None draws nothing (a spacer).
        colors: One a point, where they differ.
        labels: One text a point, written inside the base of the bar (a spacer's label stands beside the bar before
            it).
        error_up: Range of the distances to the upper ends of error bars; ``error_down`` to the lower ends.
        over: Drawn over the chart's bars on an axis of its own: as a line, or as points where neighbours have nothing
            to do with each other.
    """

    name: str
    categories: Range
    values: Range
    color: str | None
    colors: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    label_color: str = INK
    error_up: Range | None = None
    error_down: Range | None = None
    over: Literal["line", "points"] | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of a chart."""

    number_format: str = "General"
    minimum: float | None = None
    maximum: float | None = None
    visible: bool = True
    reverse: bool = False
    gridlines: bool = False
    line: bool = True
    title: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A native chart over cells of the workbook, its top left corner at a cell."""

    name: str
    kind: Literal["bar", "column", "scatter"]
    series: tuple[Series, ...]
    row: int
    column: int
    width: int
    height: int
    title: str = ""
    stacked: bool = False
    gap: int = 60
    overlap: int | None = None
    legend: bool = True
    categories: Axis = field(default_factory=Axis)
    values: Axis = field(default_factory=Axis)
    second: Axis = field(default_factory=Axis)
    plot: tuple[float, float, float, float] | None = None
    x_offset: int = 0
    y_offset: int = 0
    description: str = ""


def footer_text(left: str, right: str) -> str:
    """A footer: a text of any kind on the left, ours (with codes for page numbers) on the right.

    >>> footer_text("R&D.csv", "&P / &N")
    '&LR&&D.csv&R&P / &N'
    """
    room = LONGEST_IN_FORMULA - len("&L&R") - len(right)
    return f"&L{line_text(left, room // 2).replace('&', '&&')}&R{right}"


@dataclass(frozen=True, slots=True)
class Print:
    """How a sheet prints: A4, as wide as one page; ``one_page`` also as high as one."""

    area: Range | None = None
    repeat_rows: tuple[int, int] | None = None
    breaks: tuple[int, ...] = ()
    landscape: bool = True
    footer: str = ""
    one_page: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet.

    Attributes:
        name: At most 31 characters.
        tab: What its tab shows, where that is another name, in the language of the workbook.
        areas: Cells; no two overlap.
        bulk: Rows by the thousand below everything else, each column of one type; a writer may pass them through
            without keeping them.
        widths: Column widths in pixels: ``(first, last, width)``.
        heights: Row heights in pixels where they differ from 20.
        merges: Cells drawn as one: ``(row, column, last_row, last_column)``.
        freeze: Rows and columns that stay when scrolling.
    """

    name: str
    areas: tuple[Area, ...]
    bulk: Area | None = None
    tables: tuple[Table, ...] = ()
    conditions: tuple[Condition, ...] = ()
    choices: tuple[Choice, ...] = ()
    links: tuple[Link, ...] = ()
    charts: tuple[Chart, ...] = ()
    widths: tuple[tuple[int, int, int], ...] = ()
    heights: tuple[tuple[int, int], ...] = ()
    merges: tuple[tuple[int, int, int, int], ...] = ()
    freeze: tuple[int, int] = (0, 0)
    printing: Print = field(default_factory=Print)
    gridlines: bool = False
    hidden: bool = False
    tab_color: str | None = None
    tab: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole workbook, ready for either writer; as a file it says whether it was made with the user's edits."""

    title: str
    sheets: tuple[Sheet, ...]
    is_edited: bool = False

    def __getitem__(self, name: str) -> Sheet:
        for sheet in self.sheets:
            if sheet.name == name:
                return sheet
        raise KeyError(name)
