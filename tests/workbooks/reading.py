"""A built workbook read back: every formula with the value in the file."""

import re
import zipfile
from datetime import datetime
from math import isclose

import openpyxl

NO_PYTHON, TEMPLATE, ADD_IN = "LeadKPI-no-python.xlsx", "LeadKPI.xlsm", "LeadKPI.xlam"
EXCEL_TEMPLATE = "LeadKPI.xltm"
DAY_ZERO = datetime(1899, 12, 30)
BANNER = ("Start", "B4"), ("Start", "J7")
"""The cells that find out whether the functions work: their stored value says that nobody knows yet."""


def formulas(path):
    """Text of every formula by sheet and cell."""
    book = openpyxl.load_workbook(path)
    return {
        (sheet.title, cell.coordinate): getattr(cell.value, "text", cell.value)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def values(path):
    """Value of every cell by sheet and cell; dates as the number they are."""
    book = openpyxl.load_workbook(path, data_only=True)
    return {
        (sheet.title, cell.coordinate): as_number(cell.value)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
    }


def as_number(value):
    return (value - DAY_ZERO).total_seconds() / 86400 if isinstance(value, datetime) else value


def same(one, other):
    if isinstance(one, int | float) and isinstance(other, int | float):
        return isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return (one or "") == (other or "")


def part(path, name):
    with zipfile.ZipFile(path) as package:
        return package.read(name).decode("utf-8")


def parts(path, pattern):
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist() if re.fullmatch(pattern, name)}
