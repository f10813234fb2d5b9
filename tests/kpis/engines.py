"""Two independent spreadsheet engines: IronCalc in the process, LibreOffice on a workbook written for it."""

import csv
import math
import subprocess

import ironcalc
import xlsxwriter

from xl_leadkpi.cells import CellError

# Where an engine itself is wrong or incomplete, with what it does instead. Checked by test_engine_flaws.py, so that an
# entry that no longer holds is noticed and struck off.
FLAWS = {
    "ironcalc: tiny is zero": "a number within 2.2E-16 of 0 equals 0 in a comparison; not in Excel and LibreOffice",
    "ironcalc: ROUND over ranges": "ROUND, ROUNDUP, NORMSINV, CHIDIST and IS... take one value, no range (CONVCI)",
    "ironcalc: overflow of ^": "a power beyond 1.8E308 is #DIV/0!, in Excel #NUM! (CMGR)",
    "ironcalc: overflow on the way": "1/(2*1.7E308) is 0, in Excel #NUM!, as 2*1.7E308 by itself is (CONVCI)",
    "ironcalc: booleans in AVERAGE": "AVERAGE, MEDIAN and COUNT take the FALSE of IF(condition,range) for a number",
    "libreoffice 7.4: no LAMBDA": "LAMBDA, LET, MAP, TOCOL are unknown; it checks the bare texts only",
}


ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Setup/L10N">
<prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>{locale}</value></prop></item>
</oor:items>
"""
"""LibreOffice's own settings file; else it shows the values stored with the formulas."""


class Sheet:
    """Cells for IronCalc, placed one below the other, evaluated at once."""

    def __init__(self, **names):
        self._model = ironcalc.create("differential", "en", "UTC")
        for name, formula in names.items():
            self._model.new_defined_name(f"KPI.{name}", None, f"={formula}")
        self._column = 1

    def block(self, rows):
        """Write a rectangle of cells; returns its reference."""
        first, height, width = self._column, len(rows), len(rows[0])
        for y, row in enumerate(rows, 1):
            for x, value in enumerate(row):
                self._put(y, first + x, value)
        self._column += width + 1
        return f"{_letters(first)}1:{_letters(first + width - 1)}{height}"

    def formulas(self, texts):
        """Write formulas one below the other; returns where they stand."""
        column = self._column
        for y, formula in enumerate(texts, 1):
            self._model.set_user_input(0, y, column, f"={formula}")
        self._column += 4
        return column

    def spill(self, formula, width):
        """Write one formula with room to spill; returns where it stands."""
        column = self._column
        self._model.set_user_input(0, 1, column, f"={formula}")
        self._column += width + 1
        return column

    def evaluate(self):
        self._model.evaluate()

    def value(self, column, row=1):
        return self._model.get_cell_value(0, row, column)

    def _put(self, y, x, value):
        if value is None:
            return
        if isinstance(value, CellError):
            self._model.set_user_input(0, y, x, f"={value}")
        elif value == "":
            self._model.set_user_input(0, y, x, '=""')
        elif isinstance(value, bool):
            self._model.update_cell_with_bool(0, y, x, value)
        elif isinstance(value, (int, float)):
            self._model.update_cell_with_number(0, y, x, float(value))
        else:
            self._model.update_cell_with_text(0, y, x, value)


def _letters(column):
    return ironcalc.column_name_from_number(column)


def same(ours, theirs, tolerance=1e-9):
    """Whether a Python value and an engine's cell are the same: errors by name, blanks, numbers to 1e-9."""
    if isinstance(ours, CellError):
        return theirs == str(ours)
    if isinstance(ours, str):
        return theirs in (ours, None) if ours == "" else theirs == ours
    if not isinstance(theirs, (int, float)) or isinstance(theirs, bool):
        return False
    return math.isclose(ours, theirs, rel_tol=tolerance, abs_tol=1e-12)


def libreoffice(cells, folder, locale="en-US"):
    """Let LibreOffice compute a sheet.

    Args:
        cells: {(row, column): value, "=formula" or "{=array formula}"}, counted from 0.
        folder: An empty folder to work in.
        locale: Whose decimal sign it takes.

    Returns:
        {(row, column): what the cell shows, numbers in full}.
    """
    with xlsxwriter.Workbook(folder / "in.xlsx") as book:
        sheet = book.add_worksheet()
        for (row, column), value in cells.items():
            if isinstance(value, str) and value.startswith("{="):
                sheet.write_array_formula(row, column, row, column, value, None, 0)
            elif isinstance(value, str) and value.startswith("="):
                sheet.write_formula(row, column, value, None, 0)
            else:
                sheet.write(row, column, value)
    settings = folder / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(ALWAYS_RECALCULATE.format(locale=locale), encoding="utf-8")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    # comma, quote, UTF-8, from line 1, values in full rather than as formatted
    csv_filter = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        csv_filter,
        "--outdir",
        str(folder),
        str(folder / "in.xlsx"),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    with (folder / "in.csv").open(encoding="utf-8", newline="") as lines:
        return {(y, x): text for y, row in enumerate(csv.reader(lines)) for x, text in enumerate(row)}
