"""The file writer: a layout becomes an XLSX file, whole or not at all."""

from __future__ import annotations

import secrets
from contextlib import contextmanager, suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.errors import UserError
from xl_leadkpi.sheets.streamed import StreamedSheet
from xl_leadkpi.sheets.text_cells import safe_text

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

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
_BORDERS = {"thin": 1, "medium": 2, "hair": 7}
_A4 = 9


class OutputError(UserError):
    """The workbook cannot be written where it was asked for; what was there before is untouched."""


def to_file(layout: Layout, path: str | os.PathLike[str]) -> None:
    """Write a layout to an XLSX file; on any failure the file that was there stays as it was.

    Args:
        layout: The workbook as data.
        path: The file; its folder must exist.

    Raises:
        OutputError: If the folder is missing or may not be written to, or the file is open in another program.
    """
    target = Path(path)
    _refuse_unwritable(target)
    with _replacing(target) as temporary:
        book = xlsxwriter.Workbook(str(temporary), {"default_date_format": "yyyy-mm-dd", "nan_inf_to_errors": True})
        _Writer(book).write(layout)
        book.close()


def write(layout: Layout, book: Workbook) -> None:
    """Write a layout into a workbook that XlsxWriter has open: what else goes into it is the caller's business."""
    _Writer(book).write(layout)


def _refuse_unwritable(target: Path) -> None:
    if target.is_dir():
        raise OutputError(f"{target} is a folder; give the name of a file, such as {target / 'funnel.xlsx'}")
    if not target.parent.is_dir():
        raise OutputError(f"cannot write {target}: the folder {target.parent} does not exist; create it first")
    for lock in (target.with_name(f".~lock.{target.name}#"), target.with_name(f"~${target.name}")):
        if lock.exists():
            raise OutputError(
                f"cannot write {target}: it is open in another program; close it there and try again "
                f"(if it is not open anywhere, delete {lock.name} beside it)"
            )


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A new file beside the target that takes its place when everything has gone well."""
    temporary = target.with_name(f".{target.stem}-{secrets.token_hex(4)}.tmp.xlsx")
    try:
        yield temporary
        temporary.replace(target)
    except PermissionError as error:
        raise OutputError(
            f"cannot write {target}: it is open in another program, or you may not write to {target.parent}; "
            "close it, or choose another file"
        ) from error
    except (OSError, FileCreateError) as error:
        raise OutputError(f"cannot write {target}: {error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


class _Writer:
    """One workbook being written."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.format: Callable[[Style], Format] = cache(self._new_format)
        self.number: Callable[[Style], Format] = cache(
            lambda style: self.book.add_format({"num_format": style.number_format})
        )

    def write(self, layout: Layout) -> None:
        self.book.set_properties({"title": safe_text(layout.title)})
        self.book.set_calc_mode("auto")
        sheets = [
            (sheet, self.book.add_worksheet(sheet.name, worksheet_class=StreamedSheet if sheet.bulk else None))
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
            "num_format": style.number_format,
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
                link.row, link.column, f"={link.formula()}", self.format(link.style), safe_text(link.text)
            )
        for chart in sheet.charts:
            self._chart(chart, worksheet)
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
        options = {
            "name": table.name,
            "columns": [{"header": safe_text(header)} for header in table.headers],
            "style": None,
            "autofilter": table.filters,
        }
        worksheet.add_table(*_corners(table.place), options)

    def _choice(self, choice: Choice, worksheet: Worksheet) -> None:
        options = {
            "validate": "list",
            "source": f"={choice.source.full}" if choice.source else list(choice.values),
            "input_message": choice.message[:255],
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
                    worksheet.write_dynamic_array_formula(*place, f"={formula}", cell_format, _cached(value))
                else:
                    worksheet.write_formula(row, column, f"={formula}", cell_format, _cached(value))

    def _condition(self, condition: Condition, worksheet: Worksheet) -> None:
        properties: dict[str, Any] = {}
        if condition.color:
            properties["font_color"] = condition.color
        if condition.fill:
            properties |= {"bg_color": condition.fill, "pattern": 1}
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
        worksheet.fit_to_pages(1, 0)
        worksheet.set_margins(left=0.4, right=0.4, top=0.45, bottom=0.6)
        if page.area:
            place = page.area
            worksheet.print_area(place.row, place.column, place.last_row, place.last_column)
        if page.repeat_rows:
            worksheet.repeat_rows(*page.repeat_rows)
        if page.breaks:
            worksheet.set_h_pagebreaks(list(page.breaks))
        if page.footer:
            worksheet.set_footer(page.footer)
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
                "description": chart.description,
            },
        )  # fmt: skip

    def _frame(self, chart: Chart, drawn: XlsxChart) -> None:
        title = {"name": chart.title, "name_font": _TITLE_FONT, "overlay": False} if chart.title else {"none": True}
        drawn.set_title(title)
        drawn.set_legend({"position": "bottom", "font": _SMALL_FONT} if chart.legend else {"none": True})
        drawn.set_chartarea({"border": {"none": True}, "fill": {"none": True}})
        drawn.set_plotarea({"fill": {"none": True}})
        # XlsxWriter names the axes of a bar chart as they are drawn: its y axis carries the categories
        lying = chart.kind == "bar"
        drawn.set_x_axis(_axis(chart.values if lying else chart.categories))
        drawn.set_y_axis(_axis(chart.categories if lying else chart.values))
        drawn.set_size({"width": chart.width, "height": chart.height})
        drawn.show_hidden_data()


def _cached(value: Any) -> Any:
    """What a formula shows until it is computed again."""
    return str(value) if isinstance(value, CellError) else "" if value is None else value


def _corners(place: Range) -> tuple[int, int, int, int]:
    return place.row, place.column, place.last_row, place.last_column


def _write_value(worksheet: Worksheet, cell: tuple[int, int], value: Any, cell_format: Format) -> None:
    """Write a value by its type; a text always as a text, whatever it begins with."""
    if value is None:
        worksheet.write_blank(*cell, None, cell_format)
    elif isinstance(value, str):
        worksheet.write_string(*cell, safe_text(value), cell_format)
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
        "name": series.name,
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
            "custom": [{"value": text, "font": font} for text in series.labels],
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
        "num_format": axis.number_format,
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
        options |= {"name": axis.title, "name_font": _SMALL_FONT}
    return options
