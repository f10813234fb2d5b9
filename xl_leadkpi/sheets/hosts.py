"""What xlwings' public calls leave open: charts beyond their type, panes, print set-up, links. One host, one class.

:class:`Host` does without all of it, on any engine; :class:`Excel` knows Excel's own objects (COM, Windows).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar

from xl_leadkpi.sheets.drawing import rename

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.sheets.layout import Axis, Chart, Print, Range, Series, Sheet

POINTS = 72 / 96
"""Points in a pixel."""
CHARACTER, PADDING = 7, 5
"""Pixels: a digit of Excel's default font, and what a column keeps free; Excel counts widths in such digits."""


class Host:
    """A spreadsheet program behind xlwings; what it cannot do is left out, never an error."""

    can_draw = False

    def __init__(self, book: Any) -> None:
        self.book = book

    def write(self, cells: Any, rows: list[list[Any]]) -> None:
        """Put numbers, texts and ``=formulas`` into a block of cells, as they are and in one call."""
        cells.options("raw").formula = rows

    def visible_rows(self, cells: Any) -> int | None:
        """How many rows of a rectangle are neither hidden nor filtered away, None if the program does not tell."""
        try:
            areas = cells.get_special_cells("visible")
        except NotImplementedError:
            return None
        spans: set[tuple[int, int]] = {(area.row, area.shape[0]) for area in areas}  # hidden columns part them
        return sum(rows for _, rows in spans)

    def view(self, sheet: Any, plan: Sheet) -> None:
        """Keep the first rows and columns in sight, set up printing, colour the tab; the sheet is the active one."""
        if plan.printing.area:
            sheet.page_setup.print_area = str(plan.printing.area)

    def underline(self, cells: Any) -> None:
        """Underline text."""

    def unlist(self, sheet: Any, table: str) -> None:
        """Turn an Excel table back into plain cells."""
        raise NotImplementedError(f"cannot move the table {table} on {sheet.name}: this program has no call for it")

    def draw(self, sheet: Any, charts: Mapping[str, Chart], names: Mapping[str, str]) -> None:
        """Draw the charts of a sheet.

        Args:
            sheet: The sheet they stand on.
            charts: The charts by their names in the workbook.
            names: Name of each sheet of the layout in the workbook.
        """

    def language(self) -> str | None:
        """Language of the program's own menus (``en``, ``pl`` ...), None if unknown."""
        return None


class Excel(Host):
    """Excel on Windows, through its COM objects (``.api``)."""

    can_draw = True

    KINDS: ClassVar = {"bar": (57, 58), "column": (51, 52), "scatter": (75, 75)}  # clustered, stacked
    LANGUAGES: ClassVar = {0x09: "en", 0x15: "pl", 0x19: "ru"}
    UNDERLINE_SINGLE, NONE, DASH_NONE = 2, -4142, -4142
    CATEGORY, VALUE, PRIMARY, SECONDARY = 1, 2, 1, 2
    VISIBLE = 12  # of SpecialCells

    def write(self, cells: Any, rows: list[list[Any]]) -> None:
        """Put cells in; ``Formula2`` keeps Excel from writing ``=@CPL(...)``, and only newer Excels have it."""
        data = tuple(map(tuple, rows))
        if any(type(value) is str and value[:1] == "=" for row in data for value in row):
            try:
                cells.options("raw").formula2 = data
            except AttributeError:
                cells.options("raw").formula = data
        else:
            cells.options("raw").formula = data

    def visible_rows(self, cells: Any) -> int | None:
        """A filter leaves areas by the thousand: Excel counts their cells itself; on a protected sheet it refuses."""
        try:
            return int(cells.api.Columns(1).SpecialCells(self.VISIBLE).CountLarge)
        except Exception as problem:
            if "com_error" not in type(problem).__name__:
                raise
            return None

    def view(self, sheet: Any, plan: Sheet) -> None:
        """Panes belong to the window, which shows the active sheet; without any printer Excel refuses the page."""
        drawn = sheet.api
        window = drawn.Parent.Windows(1)
        window.FreezePanes = False
        window.ScrollRow = window.ScrollColumn = 1
        window.SplitRow, window.SplitColumn = plan.freeze
        window.FreezePanes = any(plan.freeze)
        if plan.tab_color:
            drawn.Tab.Color = _bgr(plan.tab_color)
        try:
            self._page(drawn.PageSetup, plan.printing)
        except Exception as problem:
            if "com_error" not in type(problem).__name__:
                raise

    @staticmethod
    def _page(setup: Any, printing: Print) -> None:
        setup.PrintArea = str(printing.area) if printing.area else ""
        setup.Orientation = 2 if printing.landscape else 1
        setup.Zoom = False
        setup.FitToPagesWide = 1
        setup.FitToPagesTall = False
        if printing.repeat_rows:
            setup.PrintTitleRows = f"${printing.repeat_rows[0] + 1}:${printing.repeat_rows[1] + 1}"
        setup.PaperSize = 9  # A4

    def underline(self, cells: Any) -> None:
        """Underline text."""
        cells.api.Font.Underline = self.UNDERLINE_SINGLE

    def unlist(self, sheet: Any, table: str) -> None:
        """Turn an Excel table back into plain cells."""
        sheet.api.ListObjects(table).Unlist()

    def language(self) -> str | None:
        """Language of Excel's menus."""
        return self.LANGUAGES.get(self.book.app.api.LanguageSettings.LanguageID(2) & 0x3FF)

    def draw(self, sheet: Any, charts: Mapping[str, Chart], names: Mapping[str, str]) -> None:
        """Draw the charts, series by series: ranges all over the place allow nothing shorter."""
        frames, lefts = sheet.api.ChartObjects(), {}
        for name, chart in charts.items():
            corner = sheet.range((chart.row + 1, chart.column + 1))
            if chart.column not in lefts:
                lefts[chart.column] = corner.left
            left, top = lefts[chart.column] + chart.x_offset * POINTS, corner.top + chart.y_offset * POINTS
            frame = frames.Add(left, top, chart.width * POINTS, chart.height * POINTS)
            frame.Name = name
            frame.ShapeRange.AlternativeText = chart.description
            self._draw(frame.Chart, chart, names)

    def _draw(self, drawn: Any, chart: Chart, names: Mapping[str, str]) -> None:
        drawn.ChartType = self.KINDS[chart.kind][chart.stacked]
        drawn.PlotVisibleOnly = False
        all_series = drawn.SeriesCollection()
        for _ in range(all_series.Count):  # Excel may have guessed a series from the cells around the selection
            drawn.SeriesCollection(1).Delete()
        for series in chart.series:
            self._series(all_series.NewSeries(), chart, series, names)
        if chart.kind != "scatter":
            group = drawn.ChartGroups(1)
            group.GapWidth = chart.gap
            if chart.overlap is not None:
                group.Overlap = chart.overlap
        drawn.HasTitle = bool(chart.title)
        if chart.title:
            title = drawn.ChartTitle
            title.Text = chart.title
            font = title.Font
            font.Size, font.Bold = 10, True
        drawn.HasLegend = chart.legend
        if chart.legend:
            drawn.Legend.Position = -4107  # bottom
        around = drawn.ChartArea.Format
        around.Line.Visible = around.Fill.Visible = False
        self._axis(drawn.Axes(self.CATEGORY, self.PRIMARY), chart.categories, scaled=chart.kind == "scatter")
        self._axis(drawn.Axes(self.VALUE, self.PRIMARY), chart.values)
        if any(series.over for series in chart.series):
            self._axis(drawn.Axes(self.VALUE, self.SECONDARY), chart.second)

    def _series(self, one: Any, chart: Chart, series: Series, names: Mapping[str, str]) -> None:
        one.Name = series.name or " "
        one.Values = f"={_place(series.values, names)}"
        one.XValues = f"={_place(series.categories, names)}"
        if series.over:
            one.ChartType = 4 if series.over == "line" else 65  # line, line with markers
            one.AxisGroup = self.SECONDARY
        if series.over == "points":
            one.Format.Line.Visible = False
            one.MarkerStyle, one.MarkerSize = 2, 8  # diamond
            one.MarkerBackgroundColor = _bgr(series.color or "#000000")
        elif series.over or chart.kind == "scatter":
            one.MarkerStyle = self.NONE
            line = one.Format.Line
            line.ForeColor.RGB, line.Weight = _bgr(series.color or "#000000"), 2.25
        elif series.color is None:
            one.Format.Fill.Visible = False
        else:
            one.Format.Fill.ForeColor.RGB = _bgr(series.color)
        for number, color in enumerate(series.colors, start=1):
            if color != series.color:
                one.Points(number).Format.Fill.ForeColor.RGB = _bgr(color)
        if series.labels:
            one.HasDataLabels = True
            labels = one.DataLabels()
            labels.Position = 4  # inside base
            labels.Font.Color = _bgr(series.label_color)
            for number, text in enumerate(series.labels, start=1):
                labels.Item(number).Text = text
        if series.error_up and series.error_down:
            cells = self.book.sheets[names[series.error_up.sheet]].range
            one.ErrorBar(
                1, 1, -4114, cells(series.error_up.relative).api, cells(series.error_down.relative).api
            )  # y, both, custom

    @staticmethod
    def _axis(one: Any, axis: Axis, *, scaled: bool = True) -> None:
        # the scale must stand before the axis goes: Excel forgets the axis, not the scale
        if scaled and axis.minimum is not None:
            one.MinimumScale = axis.minimum
        if scaled and axis.maximum is not None:
            one.MaximumScale = axis.maximum
        if not axis.visible:
            one.HasMajorGridlines = False
            one.TickLabelPosition = -4142
            one.Format.Line.Visible = False
            return
        one.ReversePlotOrder = axis.reverse
        one.HasMajorGridlines = axis.gridlines
        one.MajorTickMark = -4142
        if axis.number_format != "General":
            one.TickLabels.NumberFormat = axis.number_format
        if axis.title:
            one.HasTitle = True
            one.AxisTitle.Text = axis.title


def _place(cells: Range, names: Mapping[str, str]) -> str:
    """A range as a formula of the workbook writes it."""
    return rename(cells.full, names)


HOSTS: dict[str, type[Host]] = {"excel": Excel if sys.platform == "win32" else Host}
"""By the name of xlwings' engine; an engine of one's own adds itself here."""


def host_of(book: Any) -> Host:
    """The host of an open workbook."""
    return HOSTS.get(book.app.engine.name, Host)(book)


def _bgr(color: str) -> int:
    """A colour as Excel counts it, red in the lowest byte.

    >>> hex(_bgr("#17406D"))
    '0x6d4017'
    """
    red, green, blue = bytes.fromhex(color.lstrip("#"))
    return red | green << 8 | blue << 16
