"""A real spreadsheet program for the macros: one LibreOffice for all tests of this folder."""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

UNO = Path("/usr/lib/python3/dist-packages/uno.py")  # Debian's python3-uno


def _missing():
    if shutil.which("soffice") is None:
        return "LibreOffice (soffice) is not installed"
    if not UNO.exists() and importlib.util.find_spec("uno") is None:
        return "python3-uno is not installed"
    if importlib.util.find_spec("xlwings") is None:
        return "xlwings is not installed"
    return None


@pytest.fixture(scope="session")
def office():
    """LibreOffice behind xlwings; in CI it must be there."""
    missing = _missing()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"the macros could not be tried: {missing}")
    if missing:
        pytest.skip(missing)
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
