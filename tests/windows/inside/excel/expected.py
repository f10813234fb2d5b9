"""What a layout says the sheets must be, told apart from how they are written: compared with the stand-in's sheets."""

import datetime as dt
import re
from types import MappingProxyType

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.sheets.layout import Area, Cells
from xl_leadkpi.sheets.text_cells import safe_text

from . import grid, state
from .ranges import DEFAULTS, ERRORS
from .variants import Error

FIRST_DAY = dt.datetime(1899, 12, 30)
HORIZONTAL = {"left": -4131, "center": -4108, "right": -4152}
VERTICAL = {"top": -4160, "center": -4108, "bottom": -4107}
WEIGHTS = {"hair": 1, "thin": 2, "medium": -4138, "thick": 4}
KINDS = {("bar", False): 57, ("bar", True): 58, ("column", False): 51, ("column", True): 52, ("scatter", False): 75}
POINTS = 0.75


def differences(layout, book, names):
    """Everything in which the sheets of a workbook are not what the layout says.

    Args:
        layout: The layout.
        book: The stand-in's workbook.
        names: Name of each sheet of the layout in it.
    """
    found = []
    for plan in layout.sheets:
        sheet = next((one for one in book.sheets if one.name == names[plan.name]), None)
        if sheet is None:
            return [f"there is no sheet {plan.name}"]
        for what, compare in CHECKS.items():
            found += [f"{plan.name} {what} {line}" for line in compare(plan, sheet, layout, names)]
    return found


def calculate(layout, book, names):
    """Have every formula show the value that the layout has for it."""
    for plan in layout.sheets:
        sheet = next(one for one in book.sheets if one.name == names[plan.name])
        for cell, value, formula, _ in each_cell(plan):
            if formula is not None and value is not None:
                error = ERRORS.get(str(value)) if isinstance(value, CellError) else None
                sheet.cells.values[cell] = Error(error) if error else content_of(value, None, names)


def areas(plan, names):
    """All areas of a sheet, links among them."""
    links = [
        Area(one.row, one.column, (Cells((one.text,), one.style, (one.formula(linked(one.target, names)),)),))
        for one in plan.links
    ]
    return [*plan.areas, *([plan.bulk] if plan.bulk else []), *links]


def linked(target, names):
    """The target of a link as the workbook calls it."""
    sheet, _, address = target.rpartition("!")
    name = grid.unquoted(sheet)
    return target if names.get(name, name) == name else "'" + names[name].replace("'", "''") + f"'!{address}"


def each_cell(plan, names=MappingProxyType({})):
    """Cell, value, formula and style."""
    for area in areas(plan, names):
        for j, column in enumerate(area.cells, start=area.column + 1):
            formulas = column.formulas or [None] * len(column.values)
            for i, (value, formula) in enumerate(zip(column.values, formulas, strict=True), start=area.row + 1):
                yield (i, j), value, formula, column.style


def renamed(formula, names):
    for old, new in names.items():
        formula = grid.renamed(formula, old, new) if old != new else formula
    return grid.written(formula)


def content_of(value, formula, names):
    if formula is not None:
        return "=" + renamed(formula, names)
    if isinstance(value, CellError):
        return "=" + str(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, dt.datetime):
        return (value.replace(tzinfo=None) - FIRST_DAY) / dt.timedelta(days=1)
    if isinstance(value, dt.date):
        return float((value - FIRST_DAY.date()).days)
    return float(value) if isinstance(value, (int, float)) else safe_text(value) or None


def compared(wanted, found, limit=6):
    keys = [key for key in {**wanted, **found} if wanted.get(key) != found.get(key)]
    return [f"{key}: {found.get(key)!r} and not {wanted.get(key)!r}" for key in keys[:limit]]


def cells(plan, sheet, _layout, names):
    """Contents, and nothing beside them but what stands in cells for lists."""
    wanted = {cell: content_of(value, formula, names) for cell, value, formula, _ in each_cell(plan, names)}
    found = {cell: state.shown(value) for cell, value in sheet.cells.content.items()}
    listed = {cell for rule in of_book_rules(sheet) for cell in rule}
    return compared(
        {cell: value for cell, value in wanted.items() if value is not None},
        {cell: value for cell, value in found.items() if cell in wanted or cell not in listed},
    )


def of_book_rules(sheet):
    """Cells of this sheet that are the source of a validation somewhere in the workbook."""
    for other in sheet.book.sheets:
        for rule in other.cells.rules:
            source = sheet.book.range_of(rule.source.removeprefix("="))
            if source.sheet is sheet:
                yield set(source.box.cells())


def looks(plan, sheet, *_):
    """Formats of every cell of the layout."""
    wanted, found = {}, {}
    for cell, _, _, style in each_cell(plan):
        look = {"NumberFormat": style.number_format}
        if not plan.hidden:
            look |= {
                "Font.Name": "Calibri", "Font.Size": float(style.size), "Font.Bold": style.bold,
                "Font.Italic": style.italic, "Font.Color": bgr(style.color),
                "Font.Underline": 2 if style.underline else -4142,
                "Interior.Color": style.fill and bgr(style.fill), "HorizontalAlignment": HORIZONTAL[style.align],
                "VerticalAlignment": VERTICAL[style.valign], "WrapText": style.wrap, "IndentLevel": style.indent,
            }  # fmt: skip
        wanted[cell] = look
        has = sheet.cells.looks.get(cell, {})
        found[cell] = {name: has.get(name, DEFAULTS[name]) for name in look}
    return compared(wanted, found)


def lines(plan, sheet, *_):
    """Horizontal lines; where two cells meet either may have drawn it."""
    wanted = {}
    for (i, j), _, _, style in each_cell(plan):
        for row, line in ((i - 1, style.top), (i, style.bottom)):
            if line and not plan.hidden:
                wanted.setdefault((row, j), []).append((WEIGHTS[line[0]], bgr(line[1])))
    found = {cell: (line["Weight"], line["Color"]) for cell, line in sheet.cells.lines.items()}
    return [
        f"{cell}: {found.get(cell)} and not {wanted.get(cell)}"
        for cell in {**wanted, **found}
        if found.get(cell) not in wanted.get(cell, [None])
    ][:6]


def shapes(plan, sheet, *_):
    """Widths, heights, merged cells, tables, the tab, the window, the page."""
    if plan.hidden:
        return [] if sheet.visible == 0 else ["is not hidden"]
    widths = {j: (width - 5) / 7 for first, last, width in plan.widths for j in range(first + 1, last + 2)}
    heights = {row + 1: height * POINTS for row, height in plan.heights if height != 20}
    window, page = sheet.cells.window, sheet.cells.page
    printing = plan.printing
    wanted = {
        "widths": widths,
        "heights": heights,
        "merges": sorted(grid.Box(a + 1, b + 1, c + 1, d + 1) for a, b, c, d in plan.merges),
        "tab": plan.tab_color and bgr(plan.tab_color),
        "gridlines": plan.gridlines,
        "panes": (plan.freeze, any(plan.freeze)),
        "printed": (str(printing.area) if printing.area else "", 2 if printing.landscape else 1, False, 1, 9),
        "repeated": printing.repeat_rows and f"${printing.repeat_rows[0] + 1}:${printing.repeat_rows[1] + 1}",
        "visible": -1,
    }
    found = {
        "widths": sheet.cells.widths,
        "heights": {row: height for row, height in sheet.cells.heights.items() if height != 15.0},
        "merges": sorted(sheet.cells.merges),
        "tab": sheet.cells.tab,
        "gridlines": window.get("DisplayGridlines", True),
        "panes": ((window.get("SplitRow", 0), window.get("SplitColumn", 0)), window.get("FreezePanes", False)),
        "printed": tuple(
            page.get(name) for name in ("PrintArea", "Orientation", "Zoom", "FitToPagesWide", "PaperSize")
        ),
        "repeated": page.get("PrintTitleRows"),
        "visible": sheet.visible,
    }
    return compared(wanted, found)


def tables(plan, sheet, *_):
    """Tables by their place: names may have a number where the user has such a table."""
    wanted = {table.place.relative: (table.name, table.filters or plan.hidden, "") for table in plan.tables}
    found = {}
    for table in sheet.tables.tables:
        box = table.box
        place = f"{grid.letters(box.column)}{box.row}:{grid.letters(box.last_column)}{box.last_row}"
        found[place] = (re.sub(r"_\d+$", "", table.name), table.filters, table.style)
    return compared(wanted, found)


def conditions(plan, sheet, *_):
    """The rules of every cell in their order."""
    wanted = {}
    for one in plan.conditions:
        look = {"stop": one.stop}
        if one.color:
            look["font"] = bgr(one.color)
        if one.fill:
            look["fill"] = bgr(one.fill)
        for i in range(one.place.row, one.place.last_row + 1):
            for j in range(one.place.column, one.place.last_column + 1):
                seen = grid.moved(one.formula, i - one.place.row, j - one.place.column).replace("$", "")
                wanted.setdefault(state.cell_name((i + 1, j + 1)), []).append([seen, look])
    return compared(wanted, state.conditions(sheet.cells), 3)


def choices(plan, sheet, layout, _names):
    """The values to choose from in every cell."""
    wanted = {}
    for choice in plan.choices:
        values = list(choice.values)
        if choice.source:
            box = choice.source
            there = {cell: value for cell, value, _, _ in each_cell(layout[box.sheet])}
            values = [str(there[i + 1, box.column + 1]) for i in range(box.row, box.last_row + 1)]
        for i in range(choice.place.row, choice.place.last_row + 1):
            for j in range(choice.place.column, choice.place.last_column + 1):
                wanted[state.cell_name((i + 1, j + 1))] = [values, {"InCellDropdown": True}]
    return compared(wanted, state.rules(sheet), 3)


def charts(plan, sheet, _layout, names):
    """Charts: where they stand, what they draw."""
    found = {re.sub(r" \d+$", "", frame.name): state.chart(frame) for frame in sheet.charts}
    wanted = {chart.name: chart for chart in plan.charts}
    problems = compared(dict.fromkeys(wanted, True), dict.fromkeys(found, True))
    if len(found) != len(sheet.charts):
        problems.append("a chart stands there twice")
    for name in wanted if not problems else ():
        problems += [f"{name} {line}" for line in compared(*one_chart(wanted[name], found[name], plan, names))]
    return problems


def one_chart(chart, found, plan, names):
    widths = {j: width for first, last, width in plan.widths for j in range(first, last + 1)}
    heights = dict(plan.heights)
    left = sum(widths.get(j, 64) for j in range(chart.column)) + chart.x_offset
    top = sum(heights.get(i, 20) for i in range(chart.row)) + chart.y_offset
    over = {"line": 4, "points": 65}
    wanted = {
        "place": [round(part * POINTS, 2) for part in (left, top, chart.width, chart.height)],
        "kind": KINDS[chart.kind, chart.stacked],
        "title": chart.title or None,
        "legend": {"position": -4107} if chart.legend else None,
        "text": chart.description,
        "series": [
            (
                one.name or " ", renamed(str(one.values.full), names), renamed(str(one.categories.full), names),
                over.get(one.over, KINDS[chart.kind, chart.stacked]), 2 if one.over else 1,
                {str(k): bgr(color) for k, color in enumerate(one.colors, start=1) if color != one.color},
                {str(k): text for k, text in enumerate(one.labels, start=1)},
                one.color and bgr(one.color),
                (renamed(one.error_up.full, names), renamed(one.error_down.full, names)) if one.error_up else None,
            )
            for one in chart.series
        ],
        "axes": {"1/1": of_axis(chart.categories, scaled=chart.kind == "scatter"), "2/1": of_axis(chart.values)},
    }  # fmt: skip
    if any(one.over for one in chart.series):
        wanted["axes"]["2/2"] = of_axis(chart.second)
    if chart.kind != "scatter":
        wanted["group"] = {"gap": chart.gap} | ({} if chart.overlap is None else {"overlap": chart.overlap})
    drawn = {name: found[name] for name in wanted if name not in ("series", "axes")}
    drawn["series"] = [
        (
            one["name"], one["values"], one["categories"], one["kind"], one["group"],
            {k: point.get("fill") for k, point in one["points"].items()}, (one["labels"] or {"texts": {}})["texts"],
            one["look"].get("marker color", one["look"].get("line") or one["look"].get("fill")),
            one["errors"],
        )
        for one in found["series"]
    ]  # fmt: skip
    drawn["axes"] = {
        key: {name: value for name, value in axis.items() if name not in ("line", "no line")}
        for key, axis in found["axes"].items()
    }
    return wanted, drawn


def of_axis(axis, scaled=True):
    look = {"title": axis.title or None} if axis.visible else {"title": None}
    if scaled and axis.minimum is not None:
        look["minimum"] = axis.minimum
    if scaled and axis.maximum is not None:
        look["maximum"] = axis.maximum
    if not axis.visible:
        return {**look, "gridlines": False, "no labels": True}
    look |= {"reverse": axis.reverse, "gridlines": axis.gridlines}
    if axis.number_format != "General":
        look["format"] = axis.number_format
    return look


def bgr(color):
    red, green, blue = bytes.fromhex(color.lstrip("#"))
    return red | green << 8 | blue << 16


CHECKS = {
    "cells": cells, "looks": looks, "lines": lines, "shapes": shapes, "tables": tables, "conditions": conditions,
    "choices": choices, "charts": charts,
}  # fmt: skip
