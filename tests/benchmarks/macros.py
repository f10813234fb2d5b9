"""What the macro Build funnel costs: calls into the program, and our own time against the file path.

    python tests/benchmarks/macros.py

Needs LibreOffice and python3-uno. A made-up export of 12 columns is put into a sheet, one cell is selected and the
macro runs. Calls are all that xlwings asks of the program: every property, method, look-up and item of a loop, also one
that only leads to a further object (``sheet.range(...).font``), for in Excel each goes into another process. What the
host asks for beyond xlwings (charts, panes, print set-up) is counted apart, with a recorder in place of Excel's own
objects. "Own" time is all of it without the calls into the program (reading cells, writing blocks, formats, charts).
The file path is the same export as CSV: read, counted, laid out, written as XLSX.
"""

import sys
import tempfile
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from calc import calc_engine, calc_host, calc_members
from sheets.recorder import Recorder

from xl_leadkpi import sample
from xl_leadkpi.addin import macros
from xl_leadkpi.funnel import build
from xl_leadkpi.leads import ReadOptions, read
from xl_leadkpi.sheets import lay_out, to_file
from xl_leadkpi.sheets.hosts import Excel

ROWS = (10_000, 100_000)
COLUMNS = ("Lead ID", "Source", "Campaign", "Owner", "Created", "MQL date", "SQL date", "Opportunity date", "Won date",
           "Stage", "Status", "Amount")  # fmt: skip


class Clock:
    """Adds up the time spent inside the program, whichever call leads there."""

    inside = 0.0
    depth = 0

    @classmethod
    def around(cls, function):
        def timed(*arguments, **named):
            cls.depth += 1
            started = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                cls.depth -= 1
                if cls.depth == 0:
                    cls.inside += time.perf_counter() - started

        return timed


def watch(*classes):
    """Time every method and property of the engine's classes."""
    for one in classes:
        for name, member in list(vars(one).items()):
            if name.startswith("_") and name not in ("__len__", "__iter__", "__call__", "__get__", "__set__"):
                continue
            if isinstance(member, property):
                getter, setter = (f and Clock.around(f) for f in (member.fget, member.fset))
                setattr(one, name, property(getter, setter))
            elif isinstance(member, staticmethod):
                setattr(one, name, staticmethod(Clock.around(member.__func__)))
            elif callable(member) and not isinstance(member, type):
                setattr(one, name, Clock.around(member))


def measure(app, rows, folder):
    """Calls and times for an export of so many rows."""
    table = sample.leads(rows).head(rows).select(COLUMNS)
    path = folder / f"{rows}.csv"
    table.write_csv(path)
    started = time.perf_counter()
    leads = read(path, ReadOptions(today=date.today()))
    layout = lay_out(build(leads), leads, data_rows=macros.DATA_ROWS)
    to_file(layout, folder / f"{rows}.xlsx")
    by_file = time.perf_counter() - started

    book = app.books.add()
    sheet = book.sheets[0]
    sheet.range((1, 1), (rows + 1, len(COLUMNS))).options("raw").formula = [
        list(COLUMNS),
        *(typed(row) for row in table.iter_rows()),
    ]
    sheet.range(f"E2:I{rows + 1}").number_format = "yyyy-mm-dd"
    sheet.select()
    sheet.range("B2").select()
    counted = calc_members.Counted
    Clock.inside, calls, started = 0.0, counted.calls, time.perf_counter()
    message = macros.build_funnel(book)
    total = time.perf_counter() - started
    calls = counted.calls - calls
    book.close()
    if message:
        raise SystemExit(message)
    return calls, beyond_xlwings(layout), total, total - Clock.inside, Clock.inside, by_file


def beyond_xlwings(layout):
    """How often Excel's own objects are asked for charts, panes and print set-up."""
    sheet, names = Recorder("sheet"), {one.name: one.name for one in layout.sheets}
    host = Excel(sheet)
    for plan in layout.sheets:
        host.draw(sheet, {chart.name: chart for chart in plan.charts}, names)
        if not plan.hidden:
            host.view(sheet, plan)
    return sheet.asked


def typed(row):
    days = date(1899, 12, 30)
    return [float((cell if type(cell) is date else cell.date()).toordinal() - days.toordinal())
            if isinstance(cell, date) else cell for cell in row]  # fmt: skip


def main():
    app = calc_engine.start()
    names = ("Engine", "App", "Book", "Sheets", "Sheet", "Range", "Font", "Borders", "ConditionalFormats", "Tables",
             "Names", "DataValidation")  # fmt: skip
    watch(*(getattr(calc_engine, name) for name in names), calc_members.Of, calc_host.Calc)
    try:
        with tempfile.TemporaryDirectory() as folder:
            measure(app, 1_000, Path(folder))  # imports and first use
            print("   rows  calls  further in Excel  macro s  own s  in the program s  file path s  own / file path")
            for rows in ROWS:
                calls, further, total, own, inside, by_file = measure(app, rows, Path(folder))
                print(
                    f"{rows:7,} {calls:6,} {further:17,} {total:8.1f} {own:6.2f} "
                    f"{inside:17.1f} {by_file:12.2f} {own / by_file:16.2f}"
                )
    finally:
        app.quit()


if __name__ == "__main__":
    main()
