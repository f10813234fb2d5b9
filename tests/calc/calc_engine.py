# ruff: noqa: ARG002, ARG004, A002 - the signatures are those of xlwings' base classes
"""An xlwings engine over LibreOffice Calc (UNO), with what the macros call and nothing more.

xlwings' base classes raise ``NotImplementedError`` for every method that is not overridden here. Facts about UNO that
shaped this file, each found the hard way with LibreOffice 7.4:

* ``setDataArray`` with ``None`` aborts the office; with ``bool`` or large ``int`` it raises. Only float and str go in.
* Dates and booleans come out as plain floats; only the number format tells. Errors come out as ``None``.
* A call over the pipe costs up to a millisecond: whole rectangles are read and written, never cells.
* A killed office leaves a lock file and the next one does not open the document: locking is off in a private profile.
"""

import atexit
import contextlib
import datetime as dt
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import xlwings
from xlwings import base_classes as base
from xlwings import utils

from .calc_grammar import from_calc, to_calc

DEBIAN = "/usr/lib/python3/dist-packages"  # at the end, so that the environment's own packages stay first
if DEBIAN not in sys.path:
    sys.path.append(DEBIAN)

import uno  # noqa: E402
from com.sun.star.beans import PropertyValue  # noqa: E402
from com.sun.star.lang import Locale  # noqa: E402
from com.sun.star.sheet import TableFilterField2  # noqa: E402, F401 - proves that the type library is there
from com.sun.star.table import CellAddress, CellRangeAddress  # noqa: E402

ENGLISH = Locale("en", "US", "")
FIRST_DAY = dt.datetime(1899, 12, 30)
POINT = 2540 / 72  # hundredths of a millimetre
CHARACTER, PADDING = 7 * 2540 / 96, 5 * 2540 / 96  # Excel's column width unit: digits of Calibri 11
ROWS, COLUMNS = 1_048_576, 1024
DATES, LOGICAL = 2 | 4, 1024  # com.sun.star.util.NumberFormat
CONTENT, FORMATS = 1 | 2 | 4 | 16, 32 | 64  # com.sun.star.sheet.CellFlags
FILTERS = {".xlsx": "Calc MS Excel 2007 XML", ".ods": "calc8"}
PROFILE = """<?xml version="1.0"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Misc">
<prop oor:name="UseLocking" oor:op="fuse"><value>false</value></prop>
</item></oor:items>"""


def properties(**values):
    return tuple(PropertyValue(name, 0, value, 0) for name, value in values.items())


def enum(kind, value):
    return uno.Enum(f"com.sun.star.{kind}", value)


def rgb(color):
    red, green, blue = utils.hex_to_rgb(color) if isinstance(color, str) else color
    return (red << 16) | (green << 8) | blue


NAVIGATION = frozenset(
    ("api", "app", "book", "books", "borders", "cells", "charts", "conditional_formats", "data_validation", "engine",
     "font", "names", "page_setup", "range", "sheet", "sheets", "tables")
)  # fmt: skip
"""Members that lead to another object and ask nothing of the program yet."""


class Counted:
    """Counts what xlwings asks of the engine; what the engine asks of itself does not count.

    ``calls`` read something in the program or change it; ``steps`` only lead to the object that does. (Excel is
    asked on most steps too, by COM.)
    """

    calls = steps = 0

    def __getattribute__(self, name):
        if name[0] != "_" and sys._getframe(1).f_globals.get("__name__") != __name__:
            Counted.count(name)
        return object.__getattribute__(self, name)

    def __setattr__(self, name, value):
        if name[0] != "_" and name != "options" and sys._getframe(1).f_globals.get("__name__") != __name__:
            Counted.count(name)
        object.__setattr__(self, name, value)

    @staticmethod
    def count(name):
        if name in NAVIGATION:
            Counted.steps += 1
        else:
            Counted.calls += 1


class ErrorText(str):
    """An error value as the cell shows it."""

    __slots__ = ()


class Engine:
    name, type = "libreoffice", "desktop"

    def __init__(self):
        self.apps = Apps()

    @staticmethod
    def prepare_xl_data_element(value, options):
        return "" if value is None else value

    @staticmethod
    def clean_value_data(data, datetime_builder, empty_as, number_builder, err_to_str):
        def clean(value):
            if value == "":
                return empty_as
            if type(value) is ErrorText:
                return str(value) if err_to_str else None
            return number_builder(value) if number_builder and type(value) is float else value

        return [[clean(value) for value in row] for row in data]


class Apps(Counted, base.Apps):
    def __init__(self):
        self._running = {}

    def keys(self):
        return list(self._running)

    def add(self, spec=None, add_book=None, xl=None, visible=None):
        app = App()
        self._running = {app.pid: app, **self._running}
        if add_book:
            app.books.add()
        return app

    def forget(self, pid):
        self._running.pop(pid, None)

    @staticmethod
    def cleanup():
        pass

    def __iter__(self):
        return iter(self._running.values())

    def __len__(self):
        return len(self._running)

    def __getitem__(self, pid):
        return self._running[pid]


class App(Counted, base.App):
    def __init__(self):
        self._profile = tempfile.mkdtemp(prefix="leadkpi-office-")
        (Path(self._profile) / "user").mkdir()
        (Path(self._profile) / "user/registrymodifications.xcu").write_text(PROFILE)
        pipe = f"pipe,name={Path(self._profile).name}"
        self._process = subprocess.Popen(
            ["soffice", "--headless", "--norestore", "--nologo", "--nodefault",
             f"-env:UserInstallation=file://{self._profile}", f"--accept={pipe};urp;StarOffice.ComponentContext"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        atexit.register(self.kill)
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        deadline = time.monotonic() + 60
        while True:
            try:
                self._context = resolver.resolve(f"uno:{pipe};urp;StarOffice.ComponentContext")
                break
            except Exception:
                if time.monotonic() > deadline:
                    self.kill()
                    raise
                time.sleep(0.05)
        self.desktop = self._service("com.sun.star.frame.Desktop")
        self._alerts, self._events, self._screen, self._status = True, True, True, False
        self._indicator = None
        self.messages, self.statuses, self.answer = [], [], "ok"
        self.active_cell = (1, 1)  # UNO does not tell which cell of several selected areas is the active one

    def _service(self, name):
        return self._context.ServiceManager.createInstanceWithContext(name, self._context)

    @property
    def engine(self):
        return ENGINE

    @property
    def pid(self):
        return self._process.pid

    @property
    def books(self):
        return Books(self)

    @property
    def visible(self):
        return False

    @visible.setter
    def visible(self, value):
        """Headless: what xlwings sets on a new app stays without effect."""

    def activate(self, steal_focus=False):
        ENGINE.apps._running = {self.pid: self, **ENGINE.apps._running}

    @property
    def selection(self):
        return self.books.active.selected()

    @property
    def display_alerts(self):
        return self._alerts

    @display_alerts.setter
    def display_alerts(self, value):
        self._alerts = value

    @property
    def enable_events(self):
        return self._events

    @enable_events.setter
    def enable_events(self, value):
        self._events = value

    @property
    def screen_updating(self):
        return self._screen

    @screen_updating.setter
    def screen_updating(self, value):
        for book in self.books:
            if value and not self._screen:
                book.doc.removeActionLock()
                book.doc.unlockControllers()
            elif self._screen and not value:
                book.doc.lockControllers()
                book.doc.addActionLock()
        self._screen = bool(value)

    @property
    def calculation(self):
        return "automatic" if self.books.active.doc.isAutomaticCalculationEnabled() else "manual"

    @calculation.setter
    def calculation(self, value):
        for book in self.books:
            book.doc.enableAutomaticCalculation(value != "manual")

    def calculate(self):
        for book in self.books:
            book.doc.calculateAll()

    @property
    def status_bar(self):
        return self._status

    @status_bar.setter
    def status_bar(self, value):
        self._status = value
        self.statuses.append(value)

    def alert(self, prompt, title, buttons, mode, callback):
        """A headless office shows nothing: the message is kept for the test, the answer comes from it."""
        self.messages.append(prompt)
        return self.answer

    @property
    def version(self):
        return "7.4"

    def quit(self):
        for book in list(self.books):
            book.close()
        with contextlib.suppress(Exception):  # the bridge breaks while the office goes down
            self.desktop.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
        self.kill()

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # soffice is a script that runs the office
        self._process.wait()
        ENGINE.apps.forget(self.pid)
        shutil.rmtree(self._profile, ignore_errors=True)


class Books(Counted, base.Books):
    def __init__(self, app):
        self._app = app

    @property
    def app(self):
        return self._app

    def _documents(self):
        return [d for d in self._app.desktop.Components if d.supportsService("com.sun.star.sheet.SpreadsheetDocument")]

    @property
    def active(self):
        current = self._app.desktop.getCurrentComponent()
        documents = self._documents()
        return Book(self._app, current if current in documents else documents[0])

    def __call__(self, key):
        if isinstance(key, int):
            return Book(self._app, self._documents()[key - 1])
        for book in self:
            if book.name.lower() == key.lower():
                return book
        raise KeyError(key)

    def __len__(self):
        return len(self._documents())

    def __iter__(self):
        return (Book(self._app, document) for document in self._documents())

    def _load(self, url, **settings):
        document = self._app.desktop.loadComponentFromURL(url, "_blank", 0, properties(**settings))
        if document is None:
            raise FileNotFoundError(url)
        return Book(self._app, document)

    def add(self):
        return self._load("private:factory/scalc")

    def open(self, fullname, update_links=None, read_only=None, format=None, password=None, *more):
        path = Path(fullname).resolve()
        settings = {}
        if path.suffix == ".csv":
            head = path.read_bytes()[:2000].decode("utf-8", "replace").partition("\n")[0]
            mark = ";" if head.count(";") > head.count(",") else ","
            # separator, quote, UTF-8, first line, no column formats, en-US, numbers and dates are recognised
            options = f"{ord(mark)},34,76,1,,1033,false,true"
            settings = {"FilterName": "Text - txt - csv (StarCalc)", "FilterOptions": options}
        return self._load(uno.systemPathToFileUrl(str(path)), **settings)


class Book(Counted, base.Book):
    def __init__(self, app, doc):
        self._app, self.doc = app, doc

    @property
    def app(self):
        return self._app

    @property
    def api(self):
        return self.doc

    @property
    def sheets(self):
        return Sheets(self)

    @property
    def names(self):
        return Names(self)

    @property
    def fullname(self):
        return uno.fileUrlToSystemPath(self.doc.URL) if self.doc.URL else self.doc.Title

    @property
    def name(self):
        return Path(self.fullname).name

    def selected(self):
        chosen = self.doc.CurrentController.getSelection()
        if hasattr(chosen, "getRangeAddresses"):
            areas = [box_of(area) for area in chosen.getRangeAddresses()]
            return Range(Sheet(self, self.doc.Sheets.getByIndex(chosen.getRangeAddresses()[0].Sheet)), areas)
        if not hasattr(chosen, "getRangeAddress"):
            return None  # a chart or a picture
        return Range(Sheet(self, chosen.Spreadsheet), [box_of(chosen.RangeAddress)])

    def activate(self):
        self.doc.CurrentController.Frame.activate()

    def save(self, path=None, password=None):
        path = Path(path).resolve()
        self.doc.storeToURL(uno.systemPathToFileUrl(str(path)), properties(FilterName=FILTERS[path.suffix]))

    def to_pdf(self, path, quality=None):
        self.doc.storeToURL(
            uno.systemPathToFileUrl(str(Path(path).resolve())), properties(FilterName="calc_pdf_Export")
        )

    def close(self):
        self.doc.close(True)

    def number_format(self, text):
        formats = self.doc.NumberFormats
        if text == "General":
            return formats.getStandardIndex(ENGLISH)
        key = formats.queryKey(text, ENGLISH, False)
        return key if key >= 0 else formats.addNew(text, ENGLISH)


class Sheets(Counted, base.Sheets):
    def __init__(self, book):
        self._book = book

    @property
    def active(self):
        return Sheet(self._book, self._book.doc.CurrentController.ActiveSheet)

    def __call__(self, key):
        if isinstance(key, int):
            return Sheet(self._book, self._book.doc.Sheets.getByIndex(key - 1))
        for name in self._book.doc.Sheets.ElementNames:
            if name.lower() == key.lower():
                return Sheet(self._book, self._book.doc.Sheets.getByName(name))
        raise KeyError(key)

    def __len__(self):
        return self._book.doc.Sheets.Count

    def __iter__(self):
        return (Sheet(self._book, self._book.doc.Sheets.getByIndex(i)) for i in range(len(self)))

    def add(self, before=None, after=None, name=None):
        sheets = self._book.doc.Sheets
        place = before.index - 1 if before else after.index if after else self.active.index - 1
        number = len(self) + 1
        while name is None or sheets.hasByName(name):
            name, number = f"Sheet{number}", number + 1
        sheets.insertNewByName(name, place)
        sheet = Sheet(self._book, sheets.getByName(name))
        sheet.activate()
        return sheet


class Sheet(Counted, base.Sheet):
    def __init__(self, book, xl):
        self._book, self.xl = book, xl

    @property
    def api(self):
        return self.xl

    @property
    def book(self):
        return self._book

    @property
    def name(self):
        return self.xl.Name

    @name.setter
    def name(self, value):
        self.xl.Name = value

    @property
    def index(self):
        return self.xl.RangeAddress.Sheet + 1

    @property
    def visible(self):
        return self.xl.IsVisible

    @visible.setter
    def visible(self, value):
        self.xl.IsVisible = bool(value)

    @property
    def charts(self):
        return Charts(self)

    @property
    def tables(self):
        return Tables(self)

    @property
    def page_setup(self):
        return PageSetup(self)

    @property
    def cells(self):
        return Range(self, [(1, 1, ROWS, COLUMNS)])

    def range(self, arg1, arg2=None):
        boxes = self._boxes(arg1)
        if arg2 is not None:
            (top, left, _, _), (row, column, height, width) = boxes[0], self._boxes(arg2)[0]
            boxes = [(top, left, row + height - top, column + width - left)]
        return Range(self, boxes)

    def _boxes(self, address):
        if isinstance(address, Range):
            return address.boxes
        if isinstance(address, tuple):
            return [address if len(address) == 4 else (*address, 1, 1)]
        return [box_from(part) for part in address.replace("$", "").split(",")]

    @property
    def used_range(self):
        cursor = self.xl.createCursor()
        cursor.gotoStartOfUsedArea(False)
        cursor.gotoEndOfUsedArea(True)
        return Range(self, [box_of(cursor.RangeAddress)])

    def activate(self):
        self._book.doc.CurrentController.setActiveSheet(self.xl)

    select = activate

    def delete(self):
        self._book.doc.Sheets.removeByName(self.name)

    def copy(self, before, after):
        names = self._book.doc.Sheets.ElementNames
        copy = next(f"{self.name} ({i})" for i in range(2, 999) if f"{self.name} ({i})" not in names)
        tables = self._book.doc.DatabaseRanges
        known = set(tables.ElementNames)
        self._book.doc.Sheets.copyByName(self.name, copy, before.index - 1 if before else after.index)
        for name in set(tables.ElementNames) - known:
            tables.removeByName(name)  # 7.4 hangs the copies of the tables on the wrong sheet

    @property
    def show_gridlines(self):
        return self._shown("ShowGrid")

    @show_gridlines.setter
    def show_gridlines(self, value):
        self._shown("ShowGrid", value)

    def _shown(self, name, *value):
        """A property of the window as it shows this sheet."""
        controller = self._book.doc.CurrentController
        before = controller.ActiveSheet
        controller.setActiveSheet(self.xl)
        try:
            return setattr(controller, name, *value) if value else getattr(controller, name)
        finally:
            controller.setActiveSheet(before)


class PageSetup(Counted, base.PageSetup):
    def __init__(self, sheet):
        self._sheet = sheet

    @property
    def print_area(self):
        areas = self._sheet.xl.getPrintAreas()
        return Range(self._sheet, [box_of(areas[0])]).address if areas else None

    @print_area.setter
    def print_area(self, value):
        boxes = self._sheet._boxes(value) if value else []
        self._sheet.xl.setPrintAreas(tuple(address_of(self._sheet, box) for box in boxes))


def column_number(letters):
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def box_from(address):
    """``(row, column, rows, columns)`` of an address without sheet and dollar signs."""
    first, _, last = address.partition(":")
    corner = re.compile(r"([A-Za-z]*)(\d*)")
    (left, top), (right, bottom) = corner.fullmatch(first).groups(), corner.fullmatch(last or first).groups()
    column, last_column = (column_number(left), column_number(right)) if left else (1, COLUMNS)
    row, last_row = (int(top), int(bottom)) if top else (1, ROWS)
    return row, column, last_row - row + 1, min(last_column, COLUMNS) - column + 1


def box_of(address):
    return (
        address.StartRow + 1,
        address.StartColumn + 1,
        address.EndRow - address.StartRow + 1,
        address.EndColumn - address.StartColumn + 1,
    )


def address_of(sheet, box):
    row, column, rows, columns = box
    return CellRangeAddress(sheet.index - 1, column - 1, row - 1, column + columns - 2, row + rows - 2)


class Range(Counted, base.Range):
    """One rectangle or several: formats go to all of them in one call, values to the first, as in Excel."""

    max_cells_per_read = max_cells_per_write = None

    def __init__(self, sheet, boxes):
        self._sheet, self.boxes = sheet, boxes

    @property
    def sheet(self):
        return self._sheet

    @cached_property
    def xl(self):
        row, column, rows, columns = self.boxes[0]
        return self._sheet.xl.getCellRangeByPosition(column - 1, row - 1, column + columns - 2, row + rows - 2)

    @cached_property
    def all(self):
        if len(self.boxes) == 1:
            return self.xl
        ranges = self._sheet.book.doc.createInstance("com.sun.star.sheet.SheetCellRanges")
        ranges.addRangeAddresses(tuple(address_of(self._sheet, box) for box in self.boxes), False)
        return ranges

    @property
    def api(self):
        return self.all

    @property
    def coords(self):
        return (self._sheet.xl, *self.boxes[0])

    @property
    def row(self):
        return self.boxes[0][0]

    @property
    def column(self):
        return self.boxes[0][1]

    @property
    def shape(self):
        return self.boxes[0][2:]

    def __len__(self):
        return sum(rows * columns for _, _, rows, columns in self.boxes)

    def __call__(self, row, column):
        return Range(self._sheet, [(self.row + row - 1, self.column + column - 1, 1, 1)])

    def get_address(self, row_absolute, col_absolute, external):
        rows, columns = "$" * bool(row_absolute), "$" * bool(col_absolute)
        parts = []
        for row, column, height, width in self.boxes:
            first = f"{columns}{utils.col_name(column)}{rows}{row}"
            last = f"{columns}{utils.col_name(column + width - 1)}{rows}{row + height - 1}"
            parts.append(first if height * width == 1 else f"{first}:{last}")
        return ",".join(parts)

    @property
    def address(self):
        return self.get_address(True, True, False)

    # values

    @property
    def raw_value(self):
        data = [list(row) for row in self.xl.getDataArray()]
        self._type_dates(data)
        for i, row in enumerate(data):
            for j, value in enumerate(row):
                if value is None:
                    row[j] = ErrorText(self.xl.getCellByPosition(j, i).String)
        return data

    def _type_dates(self, data):
        formats = self._sheet.book.doc.NumberFormats
        row, column, _, _ = self.boxes[0]
        groups = self.xl.getUniqueCellFormatRanges()
        days = {}
        for group in (groups.getByIndex(i) for i in range(groups.Count)):
            kind = formats.getByKey(group.NumberFormat).Type
            if not kind & (DATES | LOGICAL):
                continue
            for area in group.getRangeAddresses():
                for cells in data[area.StartRow + 1 - row : area.EndRow + 2 - row]:
                    for j in range(area.StartColumn + 1 - column, area.EndColumn + 2 - column):
                        value = cells[j]
                        if type(value) is float:
                            if kind & LOGICAL:
                                cells[j] = bool(value)
                                continue
                            if value not in days:
                                days[value] = FIRST_DAY + dt.timedelta(seconds=round(value * 86400))
                            cells[j] = days[value]

    @raw_value.setter
    def raw_value(self, data):
        rows, columns = self.shape
        if not isinstance(data, list | tuple):
            data = [[data] * columns] * rows
        elif data and not isinstance(data[0], list | tuple):
            data = [data]
        dates = []
        cells = []
        for i, row in enumerate(data):
            cells.append([])
            for j, value in enumerate(row):
                if isinstance(value, dt.date):
                    moment = value if isinstance(value, dt.datetime) else dt.datetime(*value.timetuple()[:3])
                    dates.append((i, j, moment))
                    value = (moment - FIRST_DAY) / dt.timedelta(days=1)  # noqa: PLW2901 - as Excel stores it
                cells[-1].append(value)
        self.formula = cells
        for j in {j for _, j, _ in dates}:  # Excel gives a General cell a date format when a date goes in
            places = [i for i, column, _ in dates if column == j]
            timed = any(moment.time() != dt.time() for _, column, moment in dates if column == j)
            area = self.xl.getCellRangeByPosition(j, min(places), j, max(places))
            area.NumberFormat = self._sheet.book.number_format("yyyy-mm-dd hh:mm" if timed else "yyyy-mm-dd")

    @property
    def formula(self):
        cells = tuple(tuple(map(from_formula_array, row)) for row in self.xl.getFormulaArray())
        return cells[0][0] if len(self) == 1 else cells

    @formula.setter
    def formula(self, cells):
        rows, columns = self.shape
        if not isinstance(cells, list | tuple):
            cells = [[cells] * columns] * rows
        notes = self._notes()
        if any(type(value) is str and value[:1] == "=" and len(value) > 1 for row in cells for value in row):
            self.xl.setFormulaArray(tuple(tuple(map(to_formula_array, row)) for row in cells))
        else:
            self.xl.setDataArray(tuple(tuple(map(to_data_array, row)) for row in cells))
        for place, text in notes:
            self._sheet.xl.Annotations.insertNew(place, text)

    def _notes(self):
        """Notes of these cells: unlike Excel, Calc drops them when values come in."""
        row, column, rows, columns = self.boxes[0]
        notes = self._sheet.xl.Annotations
        found = [(note.Position, note.String) for note in (notes.getByIndex(i) for i in range(notes.Count))]
        return [
            (place, text)
            for place, text in found
            if row <= place.Row + 1 < row + rows and column <= place.Column + 1 < column + columns
        ]

    formula2 = formula

    def clear_contents(self):
        self.all.clearContents(CONTENT)

    def clear_formats(self):
        self.all.clearContents(FORMATS)

    def clear(self):
        self.all.clearContents(1023)

    def copy_from(self, source_range, copy_type, skip_blanks, transpose):
        source = source_range.impl
        notes = self._notes()
        if copy_type == "formulas":
            kept = source.xl.getFormulaArray()
            texts = source.xl.getDataArray()
            self.xl.setFormulaArray(
                tuple(
                    tuple(
                        "'" + f if isinstance(v, str) and v and f[:1] not in "='" else f
                        for f, v in zip(fs, vs, strict=True)
                    )
                    for fs, vs in zip(kept, texts, strict=True)
                )
            )
            for place, text in notes:
                self._sheet.xl.Annotations.insertNew(place, text)
        elif copy_type == "formats":
            self._paste_formats(source)
        else:
            raise NotImplementedError(copy_type)

    _LOOK = (
        "NumberFormat", "CharFontName", "CharHeight", "CharWeight", "CharPosture", "CharUnderline", "CharColor",
        "CellBackColor", "HoriJustify", "VertJustify", "IsTextWrapped", "ParaIndent", "TopBorder2", "BottomBorder2",
        "ConditionalFormat", "Validation",
    )  # fmt: skip

    def _paste_formats(self, source):
        """Look by look; Calc's own ways of copying would take charts and notes along."""
        down, right = self.row - source.row, self.column - source.column
        groups = source.xl.getUniqueCellFormatRanges()
        for group in (groups.getByIndex(i) for i in range(groups.Count)):
            boxes = [box_of(area) for area in group.getRangeAddresses()]
            target = Range(self._sheet, [(row + down, column + right, *size) for row, column, *size in boxes])
            for name in self._LOOK:
                setattr(target.all, name, getattr(group, name))
        for row, column, *size in source._merges():
            Range(self._sheet, [(row + down, column + right, *size)]).merge(across=False)

    def _merges(self):
        waiting, found = [self.boxes[0]], []
        while waiting:
            row, column, rows, columns = box = waiting.pop()
            part = Range(self._sheet, [box])
            if not part.xl.IsMerged:
                continue
            if rows * columns == 1:
                cursor = self._sheet.xl.createCursorByRange(part.xl)
                cursor.collapseToMergedArea()
                found.append(box_of(cursor.RangeAddress))
            elif rows > 1:
                waiting += [(row, column, rows // 2, columns), (row + rows // 2, column, rows - rows // 2, columns)]
            else:
                waiting += [(row, column, 1, columns // 2), (row, column + columns // 2, 1, columns - columns // 2)]
        return found

    def move(self, destination):
        _, row, column = destination.impl.coords[:3]
        corner = CellAddress(destination.impl.sheet.index - 1, column - 1, row - 1)
        self._sheet.xl.moveRange(corner, self.xl.RangeAddress)

    # surroundings

    @property
    def current_region(self):
        cursor = self._sheet.xl.createCursorByRange(self.xl)
        cursor.collapseToCurrentRegion()
        return Range(self._sheet, [box_of(cursor.RangeAddress)])

    @property
    def table(self):
        for table in self._sheet.tables:
            row, column, rows, columns = table.box
            if row <= self.row < row + rows and column <= self.column < column + columns:
                return table
        return None

    def select(self):
        self._sheet.book.doc.CurrentController.select(self.all)
        self._sheet.book.app.active_cell = self.boxes[0][:2]

    # formats

    @property
    def font(self):
        return Font(self)

    @property
    def borders(self):
        return Borders(self)

    @property
    def number_format(self):
        return self._sheet.book.doc.NumberFormats.getByKey(self.xl.NumberFormat).FormatString

    @number_format.setter
    def number_format(self, value):
        self.all.NumberFormat = self._sheet.book.number_format(value)

    @property
    def color(self):
        value = self.all.CellBackColor
        return None if value < 0 else (value >> 16, value >> 8 & 255, value & 255)

    @color.setter
    def color(self, value):
        self.all.CellBackColor = -1 if value is None else rgb(value)

    @property
    def wrap_text(self):
        return self.all.IsTextWrapped

    @wrap_text.setter
    def wrap_text(self, value):
        self.all.IsTextWrapped = value

    _HORIZONTAL: ClassVar = {"general": "STANDARD", "left": "LEFT", "center": "CENTER", "right": "RIGHT"}
    _VERTICAL: ClassVar = {"top": 1, "center": 2, "bottom": 3}

    @property
    def horizontal_alignment(self):
        return {value: key for key, value in self._HORIZONTAL.items()}[self.all.HoriJustify.value]

    @horizontal_alignment.setter
    def horizontal_alignment(self, value):
        self.all.HoriJustify = enum("table.CellHoriJustify", self._HORIZONTAL[value])

    @property
    def vertical_alignment(self):
        return {value: key for key, value in self._VERTICAL.items()}.get(self.all.VertJustify)

    @vertical_alignment.setter
    def vertical_alignment(self, value):
        self.all.VertJustify = self._VERTICAL[value]

    def adjust_indent(self, amount):
        self.all.ParaIndent = round(amount * 10 * POINT)

    @property
    def column_width(self):
        return (self.xl.Columns.getByIndex(0).Width - PADDING) / CHARACTER

    @column_width.setter
    def column_width(self, value):
        for row, column, rows, columns in self.boxes:
            area = self._sheet.xl.getCellRangeByPosition(column - 1, row - 1, column + columns - 2, row + rows - 2)
            area.Columns.Width = round(value * CHARACTER + PADDING)

    @property
    def row_height(self):
        return self.xl.Rows.getByIndex(0).Height / POINT

    @row_height.setter
    def row_height(self, value):
        for row, _, rows, _ in self.boxes:
            self._sheet.xl.getCellRangeByPosition(0, row - 1, 0, row + rows - 2).Rows.Height = round(value * POINT)

    @property
    def row_hidden(self):
        hidden = {not self.xl.Rows.getByIndex(i).IsVisible for i in range(self.shape[0])}
        return hidden.pop() if len(hidden) == 1 else None

    @property
    def left(self):
        return self.xl.Position.X / POINT

    @property
    def top(self):
        return self.xl.Position.Y / POINT

    def merge(self, across):
        for row, column, rows, columns in self.boxes:
            for first, last in [(i, i) for i in range(row, row + rows)] if across else [(row, row + rows - 1)]:
                self._sheet.xl.getCellRangeByPosition(column - 1, first - 1, column + columns - 2, last - 1).merge(True)

    def unmerge(self):
        for row, column, rows, columns in self.boxes:
            self._sheet.xl.getCellRangeByPosition(column - 1, row - 1, column + columns - 2, row + rows - 2).merge(
                False
            )

    @property
    def merge_cells(self):
        return self.xl.IsMerged

    # what hangs on cells

    @property
    def conditional_formats(self):
        return ConditionalFormats(self)

    @property
    def data_validation(self):
        return DataValidation(self)

    def add_hyperlink(self, address, text_to_display, screen_tip):
        """Calc keeps links in the text of a cell."""
        cell = self.xl.getCellByPosition(0, 0)
        field = self._sheet.book.doc.createInstance("com.sun.star.text.TextField.URL")
        field.URL, field.Representation = address, text_to_display
        cell.String = ""
        cell.insertTextContent(cell.createTextCursor(), field, False)

    @property
    def note(self):
        text = self.xl.getCellByPosition(0, 0).Annotation.String
        return Note(text) if text else None

    def add_note(self, text):
        self._sheet.xl.Annotations.insertNew(CellAddress(self._sheet.index - 1, self.column - 1, self.row - 1), text)
        return Note(text)


def from_formula_array(text):
    if text[:1] == "=":
        return from_calc(text)
    return text.removeprefix("'")


def to_formula_array(value):
    if value is None:
        return ""
    if type(value) is str:
        return to_calc(value) if value[:1] == "=" and len(value) > 1 else "'" + value.removeprefix("'") if value else ""
    return repr(float(value))


def to_data_array(value):
    if value is None:
        return ""
    if type(value) is str:
        return value.removeprefix("'")
    return float(value)


class Note(Counted, base.Note):
    def __init__(self, text):
        self._text = text

    @property
    def text(self):
        return self._text


class Font(Counted, base.Font):
    def __init__(self, cells):
        self._cells = cells

    @property
    def bold(self):
        return self._cells.all.CharWeight > 100

    @bold.setter
    def bold(self, value):
        self._cells.all.CharWeight = 150.0 if value else 100.0

    @property
    def italic(self):
        return self._cells.all.CharPosture.value == "ITALIC"

    @italic.setter
    def italic(self, value):
        self._cells.all.CharPosture = enum("awt.FontSlant", "ITALIC" if value else "NONE")

    @property
    def size(self):
        return self._cells.all.CharHeight

    @size.setter
    def size(self, value):
        self._cells.all.CharHeight = float(value)

    @property
    def color(self):
        value = max(self._cells.all.CharColor, 0)
        return value >> 16, value >> 8 & 255, value & 255

    @color.setter
    def color(self, value):
        self._cells.all.CharColor = rgb(value)

    @property
    def name(self):
        return self._cells.all.CharFontName

    @name.setter
    def name(self, value):
        self._cells.all.CharFontName = value


class Borders(Counted, base.Borders):
    SIDES: ClassVar = {"edge_top": "TopLine", "edge_bottom": "BottomLine", "inside_horizontal": "HorizontalLine"}
    WIDTHS: ClassVar = {"hairline": 2, "thin": 26, "medium": 53}  # hundredths of a millimetre

    def __init__(self, cells):
        self._cells = cells

    def set(self, which, *, line_style=base._UNSET, weight=base._UNSET, color=base._UNSET):
        border = self._cells.all.TableBorder2
        for name in ("TopLine", "BottomLine", "LeftLine", "RightLine", "HorizontalLine", "VerticalLine", "Distance"):
            setattr(border, f"Is{name}Valid", False)
        for side in which:
            line = getattr(border, self.SIDES[side])
            if line_style is None:
                line.LineWidth = line.OuterLineWidth = line.InnerLineWidth = 0
            else:
                line.Color, line.LineStyle = rgb(color), 0
                line.LineWidth = line.OuterLineWidth = self.WIDTHS[weight]
            setattr(border, self.SIDES[side], line)
            setattr(border, f"Is{self.SIDES[side]}Valid", True)
        self._cells.all.TableBorder2 = border


class ConditionalFormats(Counted, base.ConditionalFormats):
    def __init__(self, cells):
        self._cells = cells

    def add_custom(self, spec):
        """As Excel does: the formula is relative to the active cell, and the new rule comes before the others."""
        sheet = self._cells.sheet
        row, column = sheet.book.app.active_cell
        for box in self._cells.boxes:
            cells = Range(sheet, [box])
            entries = cells.xl.ConditionalFormat
            kept = [entries.getByIndex(i) for i in range(entries.Count)]
            old = [
                properties(
                    Operator=one.Operator,
                    Formula1=one.Formula1,
                    StyleName=one.StyleName,
                    SourcePosition=one.SourcePosition,
                )
                for one in kept
            ]
            new = properties(
                Operator=enum("sheet.ConditionOperator", "FORMULA"),
                Formula1=to_calc(spec["formula"]).removeprefix("="),
                StyleName=self._style(spec),
                SourcePosition=CellAddress(sheet.index - 1, column - 1, row - 1),
            )
            entries.clear()
            for entry in (new, *old):
                entries.addNew(entry)
            cells.xl.ConditionalFormat = entries

    def _style(self, spec):
        doc = self._cells.sheet.book.doc
        styles = doc.StyleFamilies.getByName("CellStyles")
        fill, ink, bold = (spec.get(key) for key in ("fill_color", "font_color", "font_bold"))
        name = f"condition {fill} {ink} {bold}"
        if not styles.hasByName(name):
            style = doc.createInstance("com.sun.star.style.CellStyle")
            styles.insertByName(name, style)
            if fill is not None:
                style.CellBackColor = rgb(fill)
            if ink is not None:
                style.CharColor = rgb(ink)
            if bold:
                style.CharWeight = 150.0
        return name

    def clear(self):
        entries = self._cells.all.ConditionalFormat
        entries.clear()
        self._cells.all.ConditionalFormat = entries


class DataValidation(Counted, base.DataValidation):
    def __init__(self, cells):
        self._cells = cells

    def set_list(self, source, in_cell_dropdown):
        validation = self._cells.all.Validation
        validation.Type = enum("sheet.ValidationType", "LIST")
        validation.setFormula1(";".join(f'"{value}"' for value in str(source).split(",")))
        validation.ShowList = 1
        self._cells.all.Validation = validation

    def delete(self):
        validation = self._cells.all.Validation
        validation.Type = enum("sheet.ValidationType", "ANY")
        self._cells.all.Validation = validation


class Names(Counted, base.Names):
    def __init__(self, book):
        self._book, self.xl = book, book.doc.NamedRanges

    def __call__(self, key):
        if not self.xl.hasByName(key):
            raise KeyError(key)
        return Name(self, self.xl.getByName(key))

    def contains(self, key):
        return self.xl.hasByName(key)

    def snapshot(self):
        return [(name, self(name)) for name in self.xl.ElementNames]

    def add(self, name, refers_to):
        if self.xl.hasByName(name):
            self.xl.removeByName(name)
        self.xl.addNewByName(name, to_calc(refers_to).removeprefix("="), CellAddress(0, 0, 0), 0)
        return self(name)


class Name(Counted, base.Name):
    def __init__(self, names, xl):
        self._names, self.xl = names, xl

    @property
    def name(self):
        return self.xl.Name

    @property
    def refers_to(self):
        return "=" + from_calc(self.xl.Content)

    @property
    def refers_to_range(self):
        cells = self.xl.ReferredCells
        if cells is None:
            raise KeyError(self.name)
        return Range(Sheet(self._names._book, cells.Spreadsheet), [box_of(cells.RangeAddress)])

    def delete(self):
        self._names.xl.removeByName(self.name)


class Tables(Counted, base.Tables):
    """An Excel table is a database range here; 7.4 draws no table style."""

    def __init__(self, sheet):
        self._sheet, self.xl = sheet, sheet.book.doc.DatabaseRanges

    def _mine(self):
        ranges = (self.xl.getByIndex(i) for i in range(self.xl.Count))
        return [one for one in ranges if one.DataArea.Sheet == self._sheet.index - 1]

    def __len__(self):
        return len(self._mine())

    def __iter__(self):
        return (Table(self._sheet, one) for one in self._mine())

    def __call__(self, key):
        if isinstance(key, int):
            return Table(self._sheet, self._mine()[key - 1])
        for table in self:
            if table.name == key:
                return table
        raise KeyError(key)

    def add(
        self, source_type=None, source=None, link_source=None, has_headers=None, destination=None,
        table_style_name=None, name=None,
    ):  # fmt: skip
        if self.xl.hasByName(name):
            raise ValueError(f"there is a table {name} already")
        self.xl.addNewByName(name, source.impl.xl.RangeAddress)
        table = self.xl.getByName(name)
        table.ContainsHeader = True
        return Table(self._sheet, table)


class Table(Counted, base.Table):
    def __init__(self, sheet, xl):
        self._sheet, self.xl = sheet, xl

    @property
    def box(self):
        return box_of(self.xl.DataArea)

    @property
    def name(self):
        return self.xl.Name

    @name.setter
    def name(self, value):
        self.xl.Name = value

    @property
    def range(self):
        return Range(self._sheet, [self.box])

    @property
    def data_body_range(self):
        row, column, rows, columns = self.box
        return Range(self._sheet, [(row + 1, column, rows - 1, columns)]) if rows > 1 else None

    @property
    def show_totals(self):
        return bool(self.xl.TotalsRow)

    @property
    def show_autofilter(self):
        return self.xl.AutoFilter

    @show_autofilter.setter
    def show_autofilter(self, value):
        self.xl.AutoFilter = value

    @property
    def table_style(self):
        return None

    @table_style.setter
    def table_style(self, value):
        """Nothing to draw it with in 7.4."""

    def resize(self, cells):
        self.xl.DataArea = address_of(self._sheet, cells.impl.boxes[0])


class Charts(Counted, base.Charts):
    def __init__(self, sheet):
        self._sheet, self.xl = sheet, sheet.xl.Charts

    def __len__(self):
        return self.xl.Count

    def __iter__(self):
        return (Chart(self._sheet, self.xl.getByIndex(i)) for i in range(self.xl.Count))

    def __call__(self, key):
        if not self.xl.hasByName(key):
            raise KeyError(key)
        return Chart(self._sheet, self.xl.getByName(key))


class Chart(Counted, base.Chart):
    """Found and deleted here; drawn by the host (see calc_host.py), as xlwings has no call for most of a chart."""

    def __init__(self, sheet, xl):
        self._sheet, self.xl = sheet, xl

    @property
    def api(self):
        return self.xl

    @property
    def name(self):
        return self.xl.Name

    def delete(self):
        self._sheet.xl.Charts.removeByName(self.xl.Name)


ENGINE = Engine()


def start():
    """Start an office of our own and return it as an xlwings app."""
    if "libreoffice" not in xlwings.engines.engines_by_name:
        xlwings.engines.add(xlwings.Engine(impl=ENGINE))
    xlwings.engines["libreoffice"].activate()
    return xlwings.App(impl=ENGINE.apps.add())
