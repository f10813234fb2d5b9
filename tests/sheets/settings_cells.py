"""Cells of the sheet Settings of a workbook, changed as somebody would who has it open."""

from openpyxl import load_workbook

from xl_leadkpi.locales import in_every_language


def edit(**values):
    """Write into the cells of parameters and targets, by their names; what stood there and beside it.

    The workbook is out.xlsx, and edited.xlsx afterwards.
    """
    book = load_workbook("out.xlsx")
    rows = [row for row in book["Settings"].iter_rows(max_col=5) if row[4].value]  # those of tables
    before = {}
    for name, value in values.items():
        labels = in_every_language("funnel", f"option.{name}")
        cells = next(row for row in rows if row[1].value in labels or row[4].value == name)
        before[name] = cells[2].value, cells[3].value
        cells[2].value = value
    book.save("edited.xlsx")
    return before
