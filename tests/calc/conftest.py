"""A real spreadsheet program for the macros: one LibreOffice for all tests of this folder."""

import pytest


@pytest.fixture(scope="session")
def office():
    """LibreOffice behind xlwings."""
    from . import calc_engine, calc_host  # noqa: F401 - the host registers itself

    app = calc_engine.start()
    yield app
    app.quit()


@pytest.fixture
def book(office):
    """A new workbook; whatever the test opens is closed after it."""
    office.impl.messages.clear()
    office.impl.statuses.clear()
    new = office.books.add()
    yield new
    for one in list(office.books):
        one.close()


def fill(sheet, rows, corner="A1"):
    """Put rows into a sheet as somebody would who types: dates become dates."""
    width = max(map(len, rows))
    sheet.range(corner).value = [[*row, *[None] * (width - len(row))] for row in rows]


def select(sheet, address):
    sheet.select()
    sheet.range(address).select()
