"""Runs the ribbon's macros on the stand-in for Excel, in the Windows Python: lines of JSON in, lines of JSON out.

xlwings' own Windows engine works on the stand-in through COM calls; the macros get the workbook as the server gets it
from VBA, a bare IDispatch.
"""

import faulthandler
import json
import os
import random
import sys
import time
import traceback
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

faulthandler.enable()

import client  # noqa: E402
import pythoncom  # noqa: E402
from excel import books, expected, grid, state  # noqa: E402
from excel.com_objects import ExcelError, ExcelObject, Refusal  # noqa: E402
from excel.ranges import Range  # noqa: E402

from xl_leadkpi.addin import exports  # noqa: E402
from xl_leadkpi.sheets import book as writer  # noqa: E402
from xl_leadkpi.sheets import com  # noqa: E402

HERE = {}
write_layout = writer.to_book


def remember_layout(layout, *arguments, **options):
    """What is written, for the comparison; formulas show then what the layout says, as nothing is computed here."""
    HERE["layout"] = layout
    HERE["written"] = write_layout(layout, *arguments, **options)
    expected.calculate(layout, HERE["book"], HERE["written"].names)
    return HERE["written"]


writer.to_book = remember_layout


class Failing:
    """Lets calls fail.

    Args:
        first: Number of the first call that fails, counted from now.
        last: Number of the last one.
        result: The HRESULT; None: Excel's own error.
    """

    def __init__(self, first, last, result=None):
        self.start = ExcelObject.calls.count
        self.first, self.last, self.result = first, last, result
        self.raised = 0

    def __call__(self, number):
        if self.first <= number - self.start <= self.last:
            self.raised += 1
            raise ExcelError("out of memory") if self.result is None else Refusal(self.result)


def start(request):
    """A new Excel with a workbook."""
    app = books.Application(request.get("language", "en-US"))
    HERE.update(app=app, book=books.Workbook(app))
    ExcelObject.calls.failing = lambda _number: None


def sheet_of(name):
    return next(sheet for sheet in HERE["book"].sheets if sheet.name == name)


def fill(request):
    """Put values into a sheet past COM: they are what somebody has typed."""
    book = HERE["book"]
    name = request["sheet"]
    if name not in {sheet.name for sheet in book.sheets}:
        book.sheets.append(books.Worksheet(book, name))
    sheet, corner = sheet_of(name), grid.boxes_of(request.get("corner", "A1"))[0]
    for i, row in enumerate(request["rows"]):
        for j, value in enumerate(row):
            cell = (corner.row + i, corner.column + j)
            formula = isinstance(value, str) and value[:1] == "=" and not request.get("texts")
            if value is None:
                sheet.cells.content.pop(cell, None)
            elif isinstance(value, (int, float)) and not isinstance(value, bool):
                sheet.cells.content[cell] = float(value)
            else:
                sheet.cells.content[cell] = ("=", value[1:]) if formula else value
    for address, code in request.get("formats", {}).items():
        Range(sheet, grid.boxes_of(address)).set_look("NumberFormat", code)


def colour(request):
    Range(sheet_of(request["sheet"]), grid.boxes_of(request["address"])).set_look("Interior.Color", 0xFF)


def select(request):
    book = HERE["book"]
    book.active = sheet_of(request["sheet"])
    book.active.selection = grid.boxes_of(request["address"])


def run_in_server(macro):
    """Run a macro in another process, started and called as VBA does; that process calls back into this one."""
    if "bridge" not in HERE:
        HERE["bridge"] = client.Bridge()
    assert HERE["bridge"].connect() is None
    return HERE["bridge"].server.call("RunMacro", macro, Pointer(HERE["book"].address))


class Pointer:
    """An object as VBA passes it on."""

    def __init__(self, address):
        self.pointer = address


def run(request):
    """Run a macro as the server does; the message, its calls and seconds."""
    calls = ExcelObject.calls
    if "fail" in request:
        calls.failing = Failing(*request["fail"])
    com.Patience.__init__.__defaults__ = (request.get("patience", com.PATIENCE),)
    before, began = calls.count, time.perf_counter()
    workbook = None if request.get("nothing") else HERE["book"].dispatch()
    try:
        if request.get("server"):
            message = run_in_server(request["macro"])
        else:
            message = exports.run_macro(request["macro"], workbook)
    finally:
        raised = getattr(calls.failing, "raised", 0)
        calls.failing = lambda _number: None
    faults = ["".join(traceback.format_exception(fault)) for fault in calls.faults]
    calls.faults.clear()
    return {
        "message": message, "calls": calls.count - before, "seconds": time.perf_counter() - began, "faults": faults,
        "raised": raised,
    }  # fmt: skip


def undo(request):
    """Let single calls fail, each on the same workbook.

    A failure that the macro reports leaves everything as it was; one that it can do without leaves what it was to make.

    Returns:
        Which calls failed, what was wrong, and how many failures were reported.
    """
    generator, calls, count = random.Random(request["seed"]), request.get("calls"), request.get("count")
    if "member" in request:
        found = calls_of(request)
        numbers = sorted(generator.sample(found, min(count, len(found))))
    else:
        numbers = [1 + int(calls * (part + generator.random()) / count) for part in range(count)]  # some of every part
    wrong, reported, fresh = [], 0, False
    for number in numbers:
        if not fresh:
            for step in request["setup"]:
                OPERATIONS[step["do"]](step)
            before = json.dumps(state.of_book(HERE["book"]), sort_keys=True)
            sheet, selection = HERE["book"].active.name, HERE["book"].active.selection
        ExcelObject.calls.log = []
        done = run({"macro": request["macro"], "fail": [number, number, request.get("result")]})
        place, ExcelObject.calls.log = ExcelObject.calls.log[number - 1 : number], None
        after = json.dumps(state.of_book(HERE["book"]), sort_keys=True)
        fresh = after == before
        found = [fault.splitlines()[-1] for fault in done["faults"]]
        if done["message"]:
            reported += 1
            found += differences(json.loads(before), json.loads(after))
        else:
            found += leftovers()
        if found or not done["raised"]:
            wrong.append([number, place, done["message"], found])
        if HERE["book"].active.name == sheet:
            HERE["book"].active.selection = selection
    return {"tried": numbers, "wrong": wrong, "reported": reported}


def calls_of(request):
    """Numbers of the calls of one member that a macro makes."""
    for step in request["setup"]:
        OPERATIONS[step["do"]](step)
    ExcelObject.calls.log = []
    run({"macro": request["macro"]})
    log, ExcelObject.calls.log = ExcelObject.calls.log, None
    return [number for number, member in enumerate(log, start=1) if member == request["member"]]


def leftovers():
    """What a macro that says nothing must not leave, and what it must have made."""
    found = [f"sheet {sheet.name}" for sheet in HERE["book"].sheets if sheet.name.startswith("~")]
    if HERE["app"].state != {**HERE["app"].state, "ScreenUpdating": True, "Calculation": -4105, "StatusBar": False}:
        found.append(f"application {HERE['app'].state}")
    expendable = ("printed", "repeated", "my note")  # without a printer there is no page
    return found + [line for line in compare({}) if not any(word in line for word in expendable)]


def differences(one, other, path="", limit=12):
    """Where two states differ."""
    if len(path) > 400 or one == other:
        return []
    if isinstance(one, dict) and isinstance(other, dict):
        keys = [key for key in {**one, **other} if one.get(key) != other.get(key)]
        return [line for key in keys for line in differences(one.get(key), other.get(key), f"{path}/{key}")][:limit]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [line for i, (a, b) in pairs if a != b for line in differences(a, b, f"{path}/{i}")][:limit]
    return [f"{path}: {str(one)[:200]} -> {str(other)[:200]}"]


def prepare(request):
    """Set what a user could have set: protection, a read-only file, a printer that is missing."""
    book = HERE["book"]
    book.read_only, book.structure = request.get("read_only", False), request.get("structure", False)
    for sheet in book.sheets:
        sheet.protected = sheet.name in request.get("protected", ())
    HERE["app"].chart_selected = request.get("chart", False)
    HERE["app"].state["ReferenceStyle"] = books.R1C1 if request.get("r1c1") else books.A1
    books.PageSetup.printer = request.get("printer", True)


def compare(_request):
    """In what the sheets are not what the layout says."""
    return expected.differences(HERE["layout"], HERE["book"], HERE["written"].names)


def spoil(request):
    """Change something behind everybody's back, as a wrong writer would have it."""
    sheet = sheet_of("Funnel")
    chart = sheet.charts[1].chart
    target = {
        "cell": lambda: sheet.cells.content.update({(8, 3): 12345.0}),
        "look": lambda: sheet.cells.looks[8, 3].update({"NumberFormat": "0"}),
        "line": sheet.cells.lines.popitem,
        "merge": partial(sheet.cells.merges.append, grid.Box(400, 1, 401, 2)),
        "condition": sheet.cells.conditions.reverse,
        "rule": sheet_of("Funnel_Map").cells.rules.pop,
        "table": lambda: setattr(sheet.tables.tables[0], "filters", True),
        "series": lambda: setattr(chart.series[0], "values", "Funnel_Charts!$A$1:$A$2"),
        "axis": lambda: chart.axes[2, 1].look.update({"format": "#.##0"}),
        "height": lambda: sheet.cells.heights.update({9: 33.0}),
    }[request["what"]]
    target()
    return True


def misuse(request):
    """Ask for something that Excel refuses, as pywin32 would by itself."""
    book = HERE["book"].client()
    sheet, argument = book.Worksheets("Leads"), request["argument"]
    cell = sheet.Range("A1")

    def chart():
        sheet.ChartObjects().Add(0, 0, 100, 100)
        return sheet.ChartObjects(1).Chart

    def table(address):
        return sheet.ListObjects.Add(1, sheet.Range(address), pythoncom.ArgNotFound, 1)

    def headed():
        sheet.Range("H1:I2").Value = (("x", "y"), ("z", "z"))
        return table("H1:I2")

    def titled(text):
        one = chart()
        one.HasTitle = True
        one.ChartTitle.Text = text

    def protected():
        sheet_of("Leads").protected = True
        cell.Value = "x"

    attempts = {
        "condition": lambda: sheet.Range("C3").FormatConditions.Add(2, pythoncom.ArgNotFound, argument),
        "format": lambda: setattr(cell, "NumberFormat", argument),
        "null in cells": lambda: setattr(sheet.Range("A1:B1"), "Value", (("a", None),)),
        "long integer": lambda: setattr(cell, "Value", 2**40),
        "null argument": lambda: sheet.ListObjects.Add(1, sheet.Range("A1:B2"), None, 1, None, None),
        "list written out": lambda: cell.Validation.Add(3, 1, 1, "a,b"),
        "unknown member": lambda: cell.NumberFormats,
        "long name": lambda: book.Names.Add("x", '="' + "a" * 300 + '"'),
        "long sheet": lambda: setattr(sheet, "Name", "x" * 32),
        "long text": lambda: setattr(cell, "Value", "x" * 32_768),
        "beyond the grid": lambda: sheet.Range("XFE1"),
        "merge in a table": lambda: (headed(), sheet.Range("H1:H2").Merge()),
        "overlapping tables": lambda: (headed(), table("I1:J2")),
        "table called A1": lambda: setattr(headed(), "Name", "KPI12"),
        "long title": lambda: titled("x" * 256),
        "title like a formula": lambda: titled("=x"),
        "protected sheet": protected,
        "scale of categories": lambda: setattr(chart().Axes(1, 1), "MinimumScale", 1.0),
    }
    try:
        attempts[request["what"]]()
    except (pythoncom.com_error, AttributeError) as problem:
        return f"refused: {problem}"
    return "taken"


def trace(request):
    ExcelObject.calls.log = [] if request["on"] else None


OPERATIONS = {
    "start": start, "fill": fill, "select": select, "colour": colour, "run": run, "undo": undo, "prepare": prepare,
    "trace": trace, "log": lambda _: ExcelObject.calls.log, "state": lambda _: state.of_book(HERE["book"]),
    "compare": compare, "spoil": spoil, "misuse": misuse, "statuses": lambda _: HERE["app"].statuses,
}  # fmt: skip


if __name__ == "__main__":
    output = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        began = time.perf_counter()
        try:
            answer = OPERATIONS[request["do"]](request)
        except Exception:  # noqa: BLE001 - the test shows it
            answer = {"failed": traceback.format_exc()}
        print(json.dumps({"answer": answer, "seconds": time.perf_counter() - began}), file=output, flush=True)
    if "bridge" in HERE:
        HERE["bridge"].end_server()
    os._exit(0)  # xlwings would look for Excels to end
