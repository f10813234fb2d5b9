"""What xlwings' public calls leave open: charts beyond their type, panes, print set-up, links. One host, one class.

:class:`Host` does without all of it, on any engine; :class:`Excel` knows Excel's own objects (COM, Windows).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.sheets.layout import Axis, Chart, Link, Print, Range, Series

POINTS = 72 / 96
"""Points in a pixel."""
CHARACTER, PADDING = 7, 5
"""Pixels: a digit of Excel's default font, and what a column keeps free; Excel counts widths in such digits."""


class Host:
    """A spreadsheet program behind xlwings; what it cannot do is left out, never an error."""

    can_draw = False

    def write(self, cells: Any, rows: list[list[Any]]) -> None:
        """Put numbers, texts and ``=formulas`` into a block of cells, as they are and in one call."""
        cells.options("raw").formula = rows

    def freeze(self, sheet: Any, rows: int, columns: int) -> None:
        """Keep the first rows and columns in sight; the sheet is the active one."""

    def underline(self, cells: Any) -> None:
        """Underline text."""

    def link(self, cell: Any, link: Link, target: str) -> None:
        """Make a cell jump to a place in the workbook."""
        cell.add_hyperlink(f"#{target}", link.text)

    def page(self, sheet: Any, printing: Print) -> None:
        """Set up printing."""
        if printing.area:
            sheet.page_setup.print_area = str(printing.area)

    def color_tab(self, sheet: Any, color: str) -> None:
        """Colour the sheet's tab."""

    def unlist(self, sheet: Any, table: str) -> None:
        """Turn an Excel table back into plain cells."""
        raise NotImplementedError(f"cannot move the table {table} on {sheet.name}: this program has no call for it")

    def draw(self, sheet: Any, chart: Chart, name: str, names: Mapping[str, str]) -> None:
        """Draw a chart.

        Args:
            sheet: The sheet it stands on.
            chart: The chart.
            name: Its name in the workbook.
            names: Name of each sheet of the layout in the workbook.
        """

    def language(self, book: Any) -> str | None:
        """Language of the program's own menus (``en``, ``pl`` ...), None if unknown."""
        del book
        return None


class Excel(Host):
    """Excel on Windows, through its COM objects (``.api``)."""

    can_draw = True

    KINDS: ClassVar = {"bar": (57, 58), "column": (51, 52), "scatter": (75, 75)}  # clustered, stacked
    LANGUAGES: ClassVar = {0x09: "en", 0x15: "pl", 0x19: "ru"}
    UNDERLINE_SINGLE, NONE, DASH_NONE = 2, -4142, -4142
    CATEGORY, VALUE, PRIMARY, SECONDARY = 1, 2, 1, 2

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

    def freeze(self, sheet: Any, rows: int, columns: int) -> None:
        """Panes belong to the window, which shows the active sheet."""
        window = sheet.book.api.Windows(1)
        window.FreezePanes = False
        window.ScrollRow = window.ScrollColumn = 1
        window.SplitRow, window.SplitColumn = rows, columns
        window.FreezePanes = bool(rows or columns)

    def underline(self, cells: Any) -> None:
        """Underline text."""
        cells.api.Font.Underline = self.UNDERLINE_SINGLE

    def link(self, cell: Any, link: Link, target: str) -> None:
        """A link inside the workbook has a sub-address alone."""
        cell.api.Worksheet.Hyperlinks.Add(cell.api, "", target, "", link.text)

    def page(self, sheet: Any, printing: Print) -> None:
        """Set up printing; without any printer Excel refuses, and the sheet is fine without."""
        setup = sheet.api.PageSetup
        try:
            setup.PrintArea = str(printing.area) if printing.area else ""
            setup.Orientation = 2 if printing.landscape else 1
            setup.Zoom = False
            setup.FitToPagesWide = 1
            setup.FitToPagesTall = False
            if printing.repeat_rows:
                setup.PrintTitleRows = f"${printing.repeat_rows[0] + 1}:${printing.repeat_rows[1] + 1}"
            setup.PaperSize = 9  # A4
        except Exception as problem:
            if "com_error" not in type(problem).__name__:
                raise

    def color_tab(self, sheet: Any, color: str) -> None:
        """Colour the sheet's tab."""
        sheet.api.Tab.Color = _bgr(color)

    def unlist(self, sheet: Any, table: str) -> None:
        """Turn an Excel table back into plain cells."""
        sheet.api.ListObjects(table).Unlist()

    def language(self, book: Any) -> str | None:
        """Language of Excel's menus."""
        return self.LANGUAGES.get(book.app.api.LanguageSettings.LanguageID(2) & 0x3FF)

    def draw(self, sheet: Any, chart: Chart, name: str, names: Mapping[str, str]) -> None:
        """Draw a chart: series by series, as a chart of ranges all over the place allows nothing shorter."""
        corner = sheet.range((chart.row + 1, chart.column + 1))
        left, top = corner.left + chart.x_offset * POINTS, corner.top + chart.y_offset * POINTS
        frame = sheet.api.ChartObjects().Add(left, top, chart.width * POINTS, chart.height * POINTS)
        frame.Name = name
        drawn = frame.Chart
        drawn.ChartType = self.KINDS[chart.kind][chart.stacked]
        while drawn.SeriesCollection().Count:  # Excel may have guessed a series from the cells around the selection
            drawn.SeriesCollection(1).Delete()
        drawn.PlotVisibleOnly = False
        for series in chart.series:
            self._series(sheet, drawn, chart, series, names)
        group = drawn.ChartGroups(1)
        if chart.kind != "scatter":
            group.GapWidth = chart.gap
            if chart.overlap is not None:
                group.Overlap = chart.overlap
        drawn.HasTitle = bool(chart.title)
        if chart.title:
            drawn.ChartTitle.Text = chart.title
            drawn.ChartTitle.Font.Size = 10
            drawn.ChartTitle.Font.Bold = True
        drawn.HasLegend = chart.legend
        if chart.legend:
            drawn.Legend.Position = -4107  # bottom
        drawn.ChartArea.Format.Line.Visible = False
        drawn.ChartArea.Format.Fill.Visible = False
        self._axis(drawn, self.CATEGORY, self.PRIMARY, chart.categories, scaled=chart.kind == "scatter")
        self._axis(drawn, self.VALUE, self.PRIMARY, chart.values)
        if any(series.over for series in chart.series):
            self._axis(drawn, self.VALUE, self.SECONDARY, chart.second)
        frame.ShapeRange.AlternativeText = chart.description

    def _series(self, sheet: Any, drawn: Any, chart: Chart, series: Series, names: Mapping[str, str]) -> None:
        one = drawn.SeriesCollection().NewSeries()
        one.Name = series.name or " "
        one.Values = self._cells(sheet, series.values, names)
        one.XValues = self._cells(sheet, series.categories, names)
        if series.over:
            one.ChartType = 4 if series.over == "line" else 65  # line, line with markers
            one.AxisGroup = self.SECONDARY
        if series.over == "points":
            one.Format.Line.Visible = False
            one.MarkerStyle, one.MarkerSize = 2, 8  # diamond
            one.MarkerBackgroundColor = _bgr(series.color or "#000000")
        elif series.over or chart.kind == "scatter":
            one.MarkerStyle = self.NONE
            one.Format.Line.ForeColor.RGB = _bgr(series.color or "#000000")
            one.Format.Line.Weight = 2.25
        elif series.color is None:
            one.Format.Fill.Visible = False
        else:
            one.Format.Fill.ForeColor.RGB = _bgr(series.color)
        for number, color in enumerate(series.colors, start=1):
            one.Points(number).Format.Fill.ForeColor.RGB = _bgr(color)
        if series.labels:
            one.HasDataLabels = True
            one.DataLabels().Position = 4  # inside base
            one.DataLabels().Font.Color = _bgr(series.label_color)
            for number, text in enumerate(series.labels, start=1):
                one.Points(number).DataLabel.Text = text
        if series.error_up and series.error_down:
            one.ErrorBar(
                1, 1, -4114, self._cells(sheet, series.error_up, names), self._cells(sheet, series.error_down, names)
            )  # y, both, custom

    @staticmethod
    def _cells(sheet: Any, place: Range, names: Mapping[str, str]) -> Any:
        return sheet.book.sheets[names[place.sheet]].range(place.relative).api

    @staticmethod
    def _axis(drawn: Any, kind: int, group: int, axis: Axis, *, scaled: bool = True) -> None:
        if not axis.visible:
            # the scale must stand before the axis goes: Excel forgets the axis, not the scale
            one = drawn.Axes(kind, group)
            if scaled and axis.minimum is not None:
                one.MinimumScale = axis.minimum
            if scaled and axis.maximum is not None:
                one.MaximumScale = axis.maximum
            one.HasMajorGridlines = False
            one.TickLabelPosition = -4142
            one.Format.Line.Visible = False
            return
        one = drawn.Axes(kind, group)
        one.ReversePlotOrder = axis.reverse
        one.HasMajorGridlines = axis.gridlines
        one.MajorTickMark = -4142
        if axis.number_format != "General":
            one.TickLabels.NumberFormat = axis.number_format
        if scaled and axis.minimum is not None:
            one.MinimumScale = axis.minimum
        if scaled and axis.maximum is not None:
            one.MaximumScale = axis.maximum
        if axis.title:
            one.HasTitle = True
            one.AxisTitle.Text = axis.title


HOSTS: dict[str, type[Host]] = {"excel": Excel if sys.platform == "win32" else Host}
"""By the name of xlwings' engine; an engine of one's own adds itself here."""


def host_of(book: Any) -> Host:
    """The host of an open workbook."""
    return HOSTS.get(book.app.engine.name, Host)()


def _bgr(color: str) -> int:
    """A colour as Excel counts it, red in the lowest byte.

    >>> hex(_bgr("#17406D"))
    '0x6d4017'
    """
    red, green, blue = bytes.fromhex(color.lstrip("#"))
    return red | green << 8 | blue << 16
