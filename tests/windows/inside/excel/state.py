"""The whole workbook as plain data: to be compared, before and after, or with what was to come of it."""

from . import grid
from .languages import ENGLISH
from .variants import Error


def cell_name(cell):
    return f"{grid.letters(cell[1])}{cell[0]}"


def of_book(book):
    """Everything that a user can tell apart."""
    return {
        "sheets": [of_sheet(sheet) for sheet in book.sheets],
        "names": dict(book.names.values()),
        "active": book.active.name,
        "application": dict(book.app.state),
    }


def of_sheet(sheet):
    cells = sheet.cells
    return {
        "name": sheet.name,
        "visible": sheet.visible,
        "cells": {cell_name(cell): shown(value) for cell, value in sorted(cells.content.items())},
        "looks": {cell_name(cell): look for cell, look in sorted(cells.looks.items())},
        "lines": {f"{grid.letters(j)}{i}": line for (i, j), line in sorted(cells.lines.items())},
        "widths": {str(column): width for column, width in sorted(cells.widths.items())},
        "heights": {str(row): height for row, height in sorted(cells.heights.items()) if height != 15.0},
        "merges": sorted(box.address("") for box in cells.merges),
        "conditions": conditions(cells),
        "rules": rules(sheet),
        "tables": {table.name: [table.box.address(""), table.filters, table.style] for table in sheet.tables.tables},
        "charts": {frame.name: chart(frame) for frame in sheet.charts},
        "comments": {box.address(""): text for box, text in cells.comments.items()},
        "page": cells.page,
        "window": cells.window,
        "tab": cells.tab,
        "local names": dict(sheet.local_names.values()),
    }


def shown(value):
    if isinstance(value, tuple):
        return "=" + value[1]
    return {"error": int(value)} if isinstance(value, Error) else value


def conditions(cells):
    """Cell to the rules that apply to it in their order, each as seen from the cell."""
    found = {}
    for one in cells.conditions:
        first = one.boxes[0]
        for box in one.boxes:
            for row, column in box.cells():
                seen = grid.moved(one.formula, row - first.row, column - first.column).replace("$", "")
                rule = [seen, one.look]
                found.setdefault(cell_name((row, column)), []).append(rule)
    return found


def rules(sheet):
    """Cell to the values that may be chosen there."""
    found = {}
    for rule in sheet.cells.rules:
        try:
            cells = sheet.book.range_of(rule.source.removeprefix("="))
            values = [cells.sheet.formula_text(cell, sheet.book.app.language_of(ENGLISH)) for cell in cells.box.cells()]
        except Exception:  # noqa: BLE001 - the cells are gone: that is to be seen
            values = rule.source
        for box in rule.boxes:
            for cell in box.cells():
                found[cell_name(cell)] = [values, rule.details]
    return found


def chart(frame):
    drawn = frame.chart
    return {
        "place": [round(part, 2) for part in frame.place],
        "text": frame.text,
        "kind": drawn.kind,
        "title": drawn.title,
        "legend": drawn.legend,
        "group": drawn.group,
        "frame": drawn.frame,
        "series": [
            {
                "name": one.name, "values": one.values, "categories": one.categories, "kind": one.kind,
                "group": one.group, "look": one.look, "points": {str(k): v for k, v in one.points.items()},
                "labels": one.labels and {**one.labels, "texts": {str(k): v for k, v in one.labels["texts"].items()}},
                "errors": one.errors,
            }
            for one in drawn.series
        ],
        "axes": {f"{kind}/{group}": {**axis.look, "title": axis.title} for (kind, group), axis in drawn.axes.items()},
    }  # fmt: skip
