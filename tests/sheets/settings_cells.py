"""Cells of the sheet Settings of a workbook, changed as somebody would who has it open."""

from openpyxl import load_workbook

from xl_leadkpi.locales import in_every_language


def cells_of(book, name):
    """The cells of a parameter or target in a workbook: its label, what is edited, what it was made with."""
    labels = in_every_language("funnel", f"option.{name}")
    rows = (row for row in book["Settings"].iter_rows(max_col=5) if row[4].value)  # those of tables
    return next(row[1:4] for row in rows if row[1].value in labels or row[4].value == name)


def edit(**values):
    """Write into the cells of parameters and targets, by their names; what stood there and beside it.

    The workbook is out.xlsx, and edited.xlsx afterwards.
    """
    book = load_workbook("out.xlsx")
    before = {}
    for name, value in values.items():
        _, cell, made_with = cells_of(book, name)
        before[name] = cell.value, made_with.value
        cell.value = value
    book.save("edited.xlsx")
    return before
