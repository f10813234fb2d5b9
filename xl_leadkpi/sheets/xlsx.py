"""The file writer: a layout becomes an XLSX file, whole or not at all."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.output_files import OutputError, OutputFiles
from xl_leadkpi.sheets.editable import EDITED
from xl_leadkpi.sheets.layout import address
from xl_leadkpi.sheets.streamed import StreamedSheet
from xl_leadkpi.sheets.text_cells import LONGEST, LONGEST_IN_FORMULA, escaped_text, line_text, safe_text
from xl_leadkpi.sheets.worksheet import PlainSheet
from xl_leadkpi.temporary_files import remedy, temporary_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from xlsxwriter.chart import Chart as XlsxChart
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from xl_leadkpi.sheets.layout import (
        Area,
        Axis,
        Chart,
        Choice,
        Condition,
        Layout,
        Range,
        Series,
        Sheet,
        Style,
        Table,
    )

FONT = "Calibri"
CALCULATION = 191029
"""Number of the calculation engine of current Excel: a file of an older one is computed anew when it is opened."""
_MISTAKEN = re.compile(r"<r>.*</r>\Z", re.DOTALL)
_ESCAPES_IN_ROW = re.compile(r"_x[0-9A-Fa-f]{4}_x[0-9A-Fa-f]{4}_")
_NUMERIC = re.compile(r"[\s.,:/+()%$€£-]*\d[\s\d.,:/+()%$€£-]*")
"""A text that Excel may take for a number, an amount or a date."""
_BORDERS = {"thin": 1, "medium": 2, "hair": 7}
_A4 = 9


def to_file(layout: Layout, path: str | os.PathLike[str], outputs: OutputFiles | None = None) -> None:
    """Write a layout to an XLSX file; on any failure the file that was there stays as it was.

    Args:
        layout: The workbook as data.
        path: The file; its folder must exist.
        outputs: The files it is to be put in place with, by the caller; None puts it there at once.

    Raises:
        OutputError: If the folder is missing or may not be written to, or the file is open in another program.
    """
    if outputs is None:
        with OutputFiles() as alone:
            to_file(layout, path, alone)
            alone.put_in_place()
        return
    stream = outputs.new(path)
    with temporary_folder() as parts:
        options = {"default_date_format": "yyyy-mm-dd", "nan_inf_to_errors": True, "tmpdir": str(parts)}
        book = xlsxwriter.Workbook(stream, options)
        keep_figures(book)
        try:
            _Writer(book).write(layout)
            book.close()
            stream.flush()
        except (OSError, FileCreateError) as error:
            if stream.fault:  # which its own place is told of
                raise
            reason = error.args[0] if isinstance(error, FileCreateError) else error
            said = getattr(reason, "strerror", None) or reason
            raise OutputError(
                f"cannot write {path}: its parts cannot be put together in the temporary folder {parts.parent} "
                f"({said}); {remedy()}"
            ) from error


def keep_figures(book: Workbook) -> None:
    """Let nothing be computed when the workbook is opened: the figures in it stay until somebody changes one.

    Where a function is not to be had, every figure would turn into #NAME?, and Excel would ask whether to save changes.
    """
    book.set_calc_mode("auto", CALCULATION)
    book.calc_on_load = False


def write(layout: Layout, book: Workbook) -> None:
    """Write a layout into a workbook that XlsxWriter has open: what else goes into it is the caller's business."""
    _Writer(book).write(layout)


class _Writer:
    """One workbook being written."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.format: Callable[[Style], Format] = cache(self._new_format)
        self.number: Callable[[Style], Format] = cache(
            lambda style: self.book.add_format({"num_format": escaped_text(style.number_format)})
        )

    def write(self, layout: Layout) -> None:
        self.book.set_properties({"title": safe_text(layout.title), "category": EDITED if layout.is_edited else ""})
        sheets = [
            (
                sheet,
                self.book.add_worksheet(
                    sheet.tab or sheet.name, worksheet_class=StreamedSheet if sheet.bulk else PlainSheet
                ),
            )
            for sheet in layout.sheets
        ]
        for sheet, worksheet in sheets:
            self._sheet(sheet, worksheet)

    def _new_format(self, style: Style) -> Format:
        properties: dict[str, Any] = {
            "font_name": FONT,
            "font_size": style.size,
            "font_color": style.color,
            "align": style.align,
            "valign": {"center": "vcenter"}.get(style.valign, style.valign),
            "num_format": escaped_text(style.number_format),
        }
        for name in ("bold", "italic", "indent", "underline"):
            if getattr(style, name):
                properties[name] = getattr(style, name)
        if style.wrap:
            properties["text_wrap"] = True
        if style.fill:
            properties |= {"bg_color": style.fill, "pattern": 1}
        for side in ("top", "bottom"):
            line = getattr(style, side)
            if line:
                properties |= {side: _BORDERS[line[0]], f"{side}_color": line[1]}
        return self.book.add_format(properties)

    # cells ------------------------------------------------------------------------------------------------------------

    def _sheet(self, sheet: Sheet, worksheet: Worksheet) -> None:
        self._cells(sheet, worksheet)
        for condition in sheet.conditions:
            self._condition(condition, worksheet)
        for choice in sheet.choices:
            self._choice(choice, worksheet)
        for link in sheet.links:
            worksheet.write_formula(
                link.row, link.column, _formula(link.formula()), self.format(link.style), _cached(line_text(link.text))
            )
        for chart in sheet.charts:
            self._chart(chart, worksheet)
        digits = digits_as_text(sheet)
        if digits:
            worksheet.ignore_errors({"number_stored_as_text": digits})
        self._page(sheet, worksheet)

    def _cells(self, sheet: Sheet, worksheet: Worksheet) -> None:
        for first, last, width in sheet.widths:
            worksheet.set_column_pixels(first, last, width)
        for row, height in sheet.heights:
            worksheet.set_row_pixels(row, height)
        for table in sheet.tables:
            self._table(table, worksheet)
        for merge in sheet.merges:
            worksheet.merge_range(*merge, "")
        for area in sheet.areas:  # the cells of tables and merged ranges too: XlsxWriter keeps what was written last
            self._area(area, worksheet, plain=sheet.hidden)
        if sheet.bulk:
            self._column_looks(sheet, sheet.bulk, worksheet)
            worksheet.stream(sheet.bulk, [self.format(cells.style) for cells in sheet.bulk.cells])

    def _column_looks(self, sheet: Sheet, bulk: Area, worksheet: Worksheet) -> None:
        """Give the columns of the streamed rows their looks: empty cells are not written and take them from there."""
        widths = {column: width for first, last, width in sheet.widths for column in range(first, last + 1)}
        for column, cells in enumerate(bulk.cells, start=bulk.column):
            worksheet.set_column_pixels(column, column, widths.get(column), self.format(cells.style))

    def _table(self, table: Table, worksheet: Worksheet) -> None:
        names = [escaped_text(line_text(header)) for header in table.headers]
        # what the format has another spelling for is not given to XlsxWriter, which would put it into the cell too
        plain = [name == _cell_text(header) for name, header in zip(names, table.headers, strict=True)]
        options = {
            "name": table.name,
            "columns": [{"header": name} if good else {} for name, good in zip(names, plain, strict=True)],
            "style": None,
            "autofilter": table.filters,
        }
        worksheet.add_table(*_corners(table.place), options)
        for column, name in zip(worksheet.tables[-1]["columns"], names, strict=True):
            column["name"] = name

    def _choice(self, choice: Choice, worksheet: Worksheet) -> None:
        source = choice.named or (choice.source.full if choice.source else "")
        options = {
            "validate": "list",
            "source": f"={source}" if source else [safe_text(value) for value in choice.values],
            "input_message": escaped_text(safe_text(choice.message, LONGEST_IN_FORMULA)),
        }
        worksheet.data_validation(*_corners(choice.place), options)

    def _area(self, area: Area, worksheet: Worksheet, *, plain: bool = False) -> None:
        for offset, cells in enumerate(area.cells):
            look, column = self.number if plain else self.format, area.column + offset
            cell_format = look(cells.style)
            formulas = cells.formulas or (None,) * len(cells.values)
            for row, (value, formula) in enumerate(zip(cells.values, formulas, strict=True), start=area.row):
                if formula is None:
                    _write_value(worksheet, (row, column), value, cell_format)
                elif cells.array:
                    place = (row, column, row, column)
                    worksheet.write_dynamic_array_formula(*place, _formula(formula), cell_format, _cached(value))
                else:
                    worksheet.write_formula(row, column, _formula(formula), cell_format, _cached(value))

    def _condition(self, condition: Condition, worksheet: Worksheet) -> None:
        properties: dict[str, Any] = {}
        if condition.color:
            properties["font_color"] = condition.color
        if condition.fill:
            properties |= {"bg_color": condition.fill, "pattern": 1}
        if condition.bottom:
            properties |= {"bottom": _BORDERS[condition.bottom[0]], "bottom_color": condition.bottom[1]}
        options = {
            "type": "formula",
            "criteria": f"={condition.formula}",
            "format": self.book.add_format(properties),
            "stop_if_true": condition.stop,
        }
        worksheet.conditional_format(*_corners(condition.place), options)

    def _page(self, sheet: Sheet, worksheet: Worksheet) -> None:
        page = sheet.printing
        worksheet.set_paper(_A4)
        if page.landscape:
            worksheet.set_landscape()
        worksheet.fit_to_pages(1, int(page.one_page))
        worksheet.set_margins(left=0.4, right=0.4, top=0.45, bottom=0.6)
        if page.area:
            place = page.area
            worksheet.print_area(place.row, place.column, place.last_row, place.last_column)
        if page.repeat_rows:
            worksheet.repeat_rows(*page.repeat_rows)
        if page.breaks:
            worksheet.set_h_pagebreaks(list(page.breaks))
        if page.footer:
            worksheet.set_footer(safe_text(page.footer, LONGEST_IN_FORMULA))
        if not sheet.gridlines:
            worksheet.hide_gridlines(2)
        if any(sheet.freeze):
            worksheet.freeze_panes(*sheet.freeze)
        if sheet.tab_color:
            worksheet.set_tab_color(sheet.tab_color)
        if sheet.hidden:
            worksheet.hide()

    # charts -----------------------------------------------------------------------------------------------------------

    def _chart(self, chart: Chart, worksheet: Worksheet) -> None:
        drawn = self.book.add_chart(_kind(chart))
        over = None
        for series in chart.series:
            if series.over:
                over = over or self.book.add_chart({"type": "line"})
                over.add_series(_series(chart, series))
            else:
                drawn.add_series(_series(chart, series))
        if over is not None:
            over.set_y2_axis(_axis(chart.second))
            drawn.combine(over)
        self._frame(chart, drawn)
        worksheet.insert_chart(
            chart.row, chart.column, drawn,
            {
                "x_offset": chart.x_offset,
                "y_offset": chart.y_offset,
                "object_position": 2,
                "description": safe_text(chart.description),
            },
        )  # fmt: skip

    def _frame(self, chart: Chart, drawn: XlsxChart) -> None:
        words = {"name": _words(chart.title), "name_font": _TITLE_FONT, "overlay": False}
        title = words if chart.title else {"none": True}
        drawn.set_title(title)
        drawn.set_legend({"position": "bottom", "font": _SMALL_FONT} if chart.legend else {"none": True})
        drawn.set_chartarea({"border": {"none": True}, "fill": {"none": True}})
        room = dict(zip(("x", "y", "width", "height"), chart.plot, strict=True)) if chart.plot else None
        drawn.set_plotarea({"fill": {"none": True}, "layout": room})
        # XlsxWriter names the axes of a bar chart as they are drawn: its y axis carries the categories
        lying = chart.kind == "bar"
        drawn.set_x_axis(_axis(chart.values if lying else chart.categories))
        drawn.set_y_axis(_axis(chart.categories if lying else chart.values))
        drawn.set_size({"width": chart.width, "height": chart.height})
        drawn.show_hidden_data()


def digits_as_text(sheet: Sheet) -> str:
    """Cells with texts that look like numbers or dates, as ``A2:A9 C3``: Excel would mark each with a green triangle.

    Identifiers are texts on purpose, whatever they are made of.
    """
    places = [
        (area, column)
        for area in sheet.areas
        for column, cells in enumerate(area.cells, start=area.column)
        if any(isinstance(value, str) and _NUMERIC.fullmatch(value) for value in cells.values)
    ]
    if sheet.bulk:  # a column of texts as a whole: to look at each of a hundred thousand takes longer than writing it
        firsts = (next((value for value in cells.values if value is not None), None) for cells in sheet.bulk.cells)
        places += [
            (sheet.bulk, column) for column, first in enumerate(firsts, sheet.bulk.column) if isinstance(first, str)
        ]
    return " ".join(
        address(area.row, column) + (f":{address(area.last_row, column)}" if area.height > 1 else "")
        for area, column in places
    )


def _cached(value: Any) -> Any:
    """What a formula shows until it is computed again."""
    if isinstance(value, str):
        return escaped_text(safe_text(value))
    return str(value) if isinstance(value, CellError) else "" if value is None else value


def _cell_text(text: str) -> str:
    """A text of a cell as XlsxWriter takes it.

    It writes what begins and ends as a rich text of the format just so, without a look at it, and of two escapes that
    share an underscore it keeps one from being read. Such texts become rich texts indeed, of one part.
    """
    safe = safe_text(text)
    if not _MISTAKEN.match(safe) and not _ESCAPES_IN_ROW.search(safe):
        return safe
    xml = escape(escaped_text(safe_text(safe, LONGEST // 8)), quote=False).replace("_", "&#95;")
    return f'<r><t xml:space="preserve">{xml}</t></r>'


def _formula(formula: str) -> str:
    """A formula as XlsxWriter takes it."""
    return escaped_text(f"={safe_text(formula)}")


def _words(text: str) -> str:
    """A text of a chart, which XlsxWriter takes for a formula if it begins like one."""
    return line_text(text) if not text.startswith("=") else f"\N{ZERO WIDTH SPACE}{line_text(text)}"


def _corners(place: Range) -> tuple[int, int, int, int]:
    return place.row, place.column, place.last_row, place.last_column


def _write_value(worksheet: Worksheet, cell: tuple[int, int], value: Any, cell_format: Format) -> None:
    """Write a value by its type; a text always as a text, whatever it begins with."""
    if value is None:
        worksheet.write_blank(*cell, None, cell_format)
    elif isinstance(value, str):
        worksheet.write_string(*cell, _cell_text(value), cell_format)
    elif isinstance(value, bool):
        worksheet.write_boolean(*cell, value, cell_format)
    elif isinstance(value, date):
        worksheet.write_datetime(*cell, value, cell_format)
    elif isinstance(value, CellError):
        worksheet.write_formula(*cell, f"={value}", cell_format, str(value))
    else:
        worksheet.write_number(*cell, value, cell_format)


_SMALL_FONT = {"name": FONT, "size": 9, "color": "#6B7785", "bold": False}
_TITLE_FONT = {"name": FONT, "size": 10, "color": "#1B2A3A", "bold": True}


def _kind(chart: Chart) -> dict[str, str]:
    if chart.kind == "scatter":
        return {"type": "scatter", "subtype": "straight"}
    return {"type": chart.kind, **({"subtype": "stacked"} if chart.stacked else {})}


def _series(chart: Chart, series: Series) -> dict[str, Any]:
    options: dict[str, Any] = {
        "categories": f"={series.categories.full}",
        "values": f"={series.values.full}",
        "name": _words(series.name),
    }
    if series.over == "line" or chart.kind == "scatter":
        options |= {"line": {"color": series.color, "width": 2.25}, "marker": {"type": "none"}}
    elif series.over == "points":
        dot = {"type": "diamond", "size": 8, "fill": {"color": series.color}, "border": {"color": "#FFFFFF"}}
        options |= {"line": {"none": True}, "marker": dot}
    else:
        options |= {"border": {"none": True}, "fill": {"color": series.color} if series.color else {"none": True}}
        options["gap"] = chart.gap
        if chart.overlap is not None:
            options["overlap"] = chart.overlap
    if series.over:
        options["y2_axis"] = True
    if series.colors:
        options["points"] = [{"fill": {"color": color}, "border": {"none": True}} for color in series.colors]
    if series.labels:
        font = {"name": FONT, "size": 9, "color": series.label_color}
        options["data_labels"] = {
            "value": True,
            "position": "inside_base",
            "font": font,
            "custom": [{"value": _words(text), "font": font} for text in series.labels],
        }
    if series.error_up and series.error_down:
        options["y_error_bars"] = {
            "type": "custom",
            "plus_values": f"={series.error_up.full}",
            "minus_values": f"={series.error_down.full}",
            "line": {"color": "#1B2A3A", "width": 1},
        }
    return options


def _axis(axis: Axis) -> dict[str, Any]:
    options: dict[str, Any] = {
        "num_font": _SMALL_FONT,
        "num_format": escaped_text(axis.number_format),
        "line": {"color": "#D9DEE4"} if axis.line else {"none": True},
        "major_tick_mark": "none",
        "minor_tick_mark": "none",
        "major_gridlines": {"visible": axis.gridlines, "line": {"color": "#EBEEF1", "width": 0.75}},
        "reverse": axis.reverse,
        "visible": axis.visible,
    }
    if axis.reverse:
        options["crossing"] = "max"  # keeps the other axis below, where it is looked for
    if axis.minimum is not None:
        options["min"] = axis.minimum
    if axis.maximum is not None:
        options["max"] = axis.maximum
    if axis.title:
        options |= {"name": _words(axis.title), "name_font": _SMALL_FONT}
    return options
