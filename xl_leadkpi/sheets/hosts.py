"""What xlwings' public calls leave open: charts beyond their type, panes, print set-up, links. One host, one class.

:class:`Host` does without all of it, on any engine; :class:`Excel` knows Excel's own objects (COM, Windows).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar

from xl_leadkpi.locales import language_of_excel
from xl_leadkpi.sheets.com import patience_of
from xl_leadkpi.sheets.drawing import rename

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xl_leadkpi.sheets.layout import Axis, Chart, Print, Range, Series, Sheet
    from xl_leadkpi.sheets.rectangles import Rectangle

POINTS = 72 / 96
"""Points in a pixel."""
CHARACTER, PADDING = 7, 5
"""Pixels: a digit of Excel's default font, and what a column keeps free; Excel counts widths in such digits."""
LONGEST_LABEL = 255
"""Characters of a text in a chart."""


class Host:
    """A spreadsheet program behind xlwings; what it cannot do is left out, never an error."""

    can_draw = False
    lists_in_cells = False
    """Whether the values to choose from must stand in cells."""

    def __init__(self, book: Any) -> None:
        self.book = book

    def refusal(self, *, adds_sheets: bool) -> str:  # noqa: ARG002 - other programs need it
        """Why the workbook cannot be worked on, and what to do; ``""`` if it can.

        Args:
            adds_sheets: Sheets are to be added, not cells of the active sheet to be written.
        """
        return ""

    def read_a1(self) -> Callable[[], None]:
        """Have references in formulas read as A1 is written, whatever the user has set; how to set that again."""
        return lambda: None

    def is_protected(self, sheet: Any) -> bool:  # noqa: ARG002 - other programs need it
        """Whether the cells of a sheet cannot be changed."""
        return False

    def selection(self) -> Any:
        """The selected cells (``xlwings.Range``), None if a chart or a picture is selected."""
        return self.book.app.selection

    def wait_again(self) -> None:
        """Have as much patience with a busy program as at the start: things must be put back."""

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

    def reprint(self, sheet: Any, plan: Sheet) -> Callable[[], None]:  # noqa: ARG002 - other programs need them
        """Have all of a sheet print that has grown; how to take that back."""
        return lambda: None

    def activate(self, sheet: Any) -> None:
        """Make a sheet of the active workbook the active one."""
        sheet.activate()

    def underline(self, cells: Any) -> None:
        """Underline text."""

    def indent(self, cells: Any, amount: int) -> None:
        """Indent text by so many steps."""
        cells.adjust_indent(amount)

    def copy(self, cells: Any, source: Any) -> None:
        """Copy cells from the same place of another sheet, with all that belongs to them as far as the program can."""
        cells.copy_from(source, "formulas")
        cells.copy_from(source, "formats")

    def conditions(self, cells: Sequence[str], place: Rectangle, sheet: Any) -> list[str]:  # noqa: ARG002 - as above
        """Formulas of conditional formats as the program takes them.

        Args:
            cells: The formulas in English, as seen from the active cell, without ``=``.
            place: The active cell.
            sheet: The active sheet.
        """
        return list(cells)

    def unstyle(self, table: Any) -> None:
        """Take the style from a new Excel table: its cells have looks of their own."""

    def same_table(self, table: Any, source: Any) -> None:
        """Give a table the filter buttons and the style of another one."""

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
        """Language of the program's own menus (``en``, ``pl`` ...), None if it is unknown or none of ours."""
        return None


class Excel(Host):
    """Excel on Windows, through its COM objects (``.api``)."""

    can_draw = lists_in_cells = True

    KINDS: ClassVar = {"bar": (57, 58), "column": (51, 52), "scatter": (75, 75)}  # clustered, stacked
    UNDERLINE_SINGLE, NONE, DASH_NONE = 2, -4142, -4142
    CATEGORY, VALUE, PRIMARY, SECONDARY = 1, 2, 1, 2
    VISIBLE = 12  # of SpecialCells
    FORMULAS, FORMATS, VALIDATION = -4123, -4122, 6  # of PasteSpecial
    A1 = 1  # of ReferenceStyle
    ROWS, COLUMNS = 1_048_576, 16_384

    def refusal(self, *, adds_sheets: bool) -> str:
        """A file that cannot be saved, a workbook that takes no sheets, a sheet that takes no cells."""
        book = self.book.api
        if book.ReadOnly:
            return (
                f"{book.Name} is open for reading only. Press Enable Editing if Excel offers it, or save the workbook "
                "under another name (File > Save As), and try again."
            )
        if adds_sheets and book.ProtectStructure:
            return (
                f"The structure of {book.Name} is protected, so it takes no sheets. Take the protection off "
                "(Review > Protect Workbook) and try again."
            )
        sheet = None if adds_sheets else book.ActiveSheet
        if sheet is not None and sheet.ProtectContents:
            return f"{sheet.Name} is protected. Take the protection off (Review > Unprotect Sheet) and try again."
        return ""

    def read_a1(self) -> Callable[[], None]:
        """Conditional formats and validations are read in the style that is set."""
        app = self.book.app.api
        before = app.ReferenceStyle
        if before == self.A1:
            return lambda: None
        app.ReferenceStyle = self.A1
        return lambda: setattr(app, "ReferenceStyle", before)

    def is_protected(self, sheet: Any) -> bool:
        """Whether the cells of a sheet cannot be changed."""
        return bool(sheet.api.ProtectContents)

    def selection(self) -> Any:
        """What is no cell has no address, which xlwings does not expect."""
        try:
            return self.book.app.selection
        except AttributeError:
            return None

    def wait_again(self) -> None:
        """The patience is that of the workbook's calls."""
        patience = patience_of(self.book.api)
        if patience is not None:
            patience.renew()

    def write(self, cells: Any, rows: list[list[Any]]) -> None:
        """Put cells in; ``Formula2`` keeps Excel from writing ``=@CPL(...)``, and only newer Excels have it."""
        data = tuple(tuple(map(_as_variant, row)) for row in rows)
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
        setup.FitToPagesTall = 1 if printing.one_page else False
        if printing.repeat_rows:
            setup.PrintTitleRows = f"${printing.repeat_rows[0] + 1}:${printing.repeat_rows[1] + 1}"
        setup.PaperSize = 9  # A4

    def reprint(self, sheet: Any, plan: Sheet) -> Callable[[], None]:
        """The rest of the page is the user's by now; without any printer Excel refuses the page."""
        setup = sheet.api.PageSetup
        before = setup.PrintArea

        def put(area: str) -> None:
            try:
                setup.PrintArea = area
            except Exception as problem:
                if "com_error" not in type(problem).__name__:
                    raise

        put(str(plan.printing.area) if plan.printing.area else "")
        return lambda: put(before)

    def activate(self, sheet: Any) -> None:
        """By itself: xlwings would look for the topmost Excel first and fail if that is another one."""
        sheet.api.Activate()

    def underline(self, cells: Any) -> None:
        """Underline text."""
        cells.api.Font.Underline = self.UNDERLINE_SINGLE

    def indent(self, cells: Any, amount: int) -> None:
        """Indent text by so many steps."""
        cells.api.IndentLevel = amount

    def copy(self, cells: Any, source: Any) -> None:
        """By the clipboard, kind by kind; heights are no format of cells."""
        try:
            for kind in (self.FORMULAS, self.FORMATS, self.VALIDATION):
                source.api.Copy()
                cells.api.PasteSpecial(kind)
        finally:
            self.book.app.api.CutCopyMode = False
        self._copy_heights(cells, source, 0, source.shape[0])

    def _copy_heights(self, cells: Any, source: Any, first: int, last: int) -> None:
        """Rows of one height in one call; Excel tells no height of rows that differ."""
        height = source[first:last, 0].row_height
        if height is not None:
            cells[first:last, 0].row_height = height
            return
        middle = (first + last) // 2
        self._copy_heights(cells, source, first, middle)
        self._copy_heights(cells, source, middle, last)

    def conditions(self, cells: Sequence[str], place: Rectangle, sheet: Any) -> list[str]:
        """Excel wants them in the language of its menus, and translates them itself.

        They are written into cells beyond everything that is in use or that the formulas see.
        """
        row, column = self._beyond(sheet.used_range.last_cell, place, len(cells))
        ours = sheet.range((row, column), (row + len(cells) - 1, column))
        self.write(ours, [[f"={one}"] for one in cells])
        try:
            shown = ours.api.FormulaLocal
        finally:
            ours.clear_contents()
        rows = ((shown,),) if isinstance(shown, str) else shown
        return [str(row[0]).removeprefix("=") for row in rows]

    def _beyond(self, last: Any, place: Rectangle, count: int) -> tuple[int, int]:
        """First of some cells one below the other that nobody uses: right of everything, or below if rows are full."""
        column = last.column + 2 * place.column + 100
        if column <= self.COLUMNS:
            return 1, column
        return min(last.row + 2 * place.row + 100, self.ROWS - count), 1

    def unstyle(self, table: Any) -> None:
        """Without a name Excel takes the workbook's usual style."""
        table.api.TableStyle = ""

    def same_table(self, table: Any, source: Any) -> None:
        """Give a table the filter buttons and the style of another one."""
        table.api.ShowAutoFilter = source.api.ShowAutoFilter
        style = source.api.TableStyle
        table.api.TableStyle = style if isinstance(style, str) else getattr(style, "Name", "")

    def unlist(self, sheet: Any, table: str) -> None:
        """Turn an Excel table back into plain cells."""
        sheet.api.ListObjects(table).Unlist()

    def language(self) -> str | None:
        """Language of Excel's menus."""
        return language_of_excel(self.book.app.api.LanguageSettings.LanguageID(2))

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
            title.Text = _label(chart.title)
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
        one.Name = _label(series.name or " ")
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
                labels.Item(number).Text = _label(text)
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
            one.AxisTitle.Text = _label(axis.title)


def _label(text: str) -> str:
    """A text of a chart: Excel would take one that begins with = for a formula, and a long one not at all.

    >>> _label("=SUM(A1)")
    ' =SUM(A1)'
    """
    return (f" {text}" if text[:1] == "=" else text)[:LONGEST_LABEL]


def _as_variant(value: Any) -> Any:
    """A value of a cell as Excel takes it: no null, and no integer of more than 32 bits.

    >>> _as_variant(None), _as_variant(7), _as_variant(3_000_000_000)
    ('', 7, 3000000000.0)
    """
    if value is None:
        return ""
    return float(value) if type(value) is int and not -(2**31) <= value < 2**31 else value


def _place(cells: Range, names: Mapping[str, str]) -> str:
    """A range as a formula of the workbook writes it."""
    return rename(cells.full, names)


HOSTS: dict[str, type[Host]] = {"excel": Excel if sys.platform == "win32" else Host}
"""By the name of xlwings' engine; an engine of one's own adds itself here."""


def host_of(book: Any, engine: str = "") -> Host:
    """The host of an open workbook; to be told the name of its engine saves asking for it."""
    return HOSTS.get(engine or book.app.engine.name, Host)(book)


def _bgr(color: str) -> int:
    """A colour as Excel counts it, red in the lowest byte.

    >>> hex(_bgr("#17406D"))
    '0x6d4017'
    """
    red, green, blue = bytes.fromhex(color.lstrip("#"))
    return red | green << 8 | blue << 16
