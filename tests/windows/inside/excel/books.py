"""Application, workbooks, sheets, tables, names."""

import copy
import re

from . import grid
from .charts import ChartObjects
from .com_objects import ABSENT, ExcelError, ExcelObject, Sequence, member
from .grid import EVERYTHING, Box, Cells
from .languages import LANGUAGES
from .ranges import Range, checked, parsed, typed

FORBIDDEN = set(r"\/?*[]:")
A1, R1C1 = 1, -4150
MANUAL, AUTOMATIC, SEMIAUTOMATIC = -4135, -4105, 2
NAME = re.compile(r"[^\W\d][\w.\\?]*|\\[\w.\\?]*")
PROTECTED = "The workbook is protected and cannot be changed."


class Application(ExcelObject):
    """Excel.

    Args:
        language: ``en-US``, ``pl-PL`` or ``de-DE``: of the menus and of Windows.
    """

    def __init__(self, language="en-US"):
        self.language = LANGUAGES[language]
        self.state = {"ScreenUpdating": True, "DisplayAlerts": True, "EnableEvents": True, "Calculation": AUTOMATIC,
                      "StatusBar": False, "ReferenceStyle": A1}  # fmt: skip
        self.clipboard, self.statuses = None, []
        self.books = []
        self.chart_selected = False

    def language_of(self, lcid):
        """The language of a call: 0 is that of Windows."""
        return next((one for one in LANGUAGES.values() if one.lcid == lcid), self.language)

    def active_cell(self):
        return self.books[-1].active.selection[0]

    @member("get Selection: object")
    def selection(self):
        sheet = self.books[-1].active
        return ChartObjects(sheet) if self.chart_selected else Range(sheet, sheet.selection)

    @member("get ActiveWorkbook: object")
    def active_workbook(self):
        return self.books[-1] if self.books else None

    @member("get ActiveSheet: object")
    def active_sheet(self):
        return self.books[-1].active

    @member("get Workbooks: object")
    def workbooks(self):
        return Workbooks(self)

    @member("get Application: object")
    def application(self):
        return self

    @member("get ScreenUpdating: boolean")
    def screen_updating(self):
        return self.state["ScreenUpdating"]

    @member("put ScreenUpdating: boolean")
    def set_screen_updating(self, value):
        self.state["ScreenUpdating"] = bool(value)

    @member("get DisplayAlerts: boolean")
    def display_alerts(self):
        return self.state["DisplayAlerts"]

    @member("put DisplayAlerts: boolean")
    def set_display_alerts(self, value):
        self.state["DisplayAlerts"] = bool(value)

    @member("get EnableEvents: boolean")
    def enable_events(self):
        return self.state["EnableEvents"]

    @member("put EnableEvents: boolean")
    def set_enable_events(self, value):
        self.state["EnableEvents"] = bool(value)

    @member("get Calculation: long")
    def calculation(self):
        return self.state["Calculation"]

    @member("put Calculation: long")
    def set_calculation(self, value):
        if value not in (MANUAL, AUTOMATIC, SEMIAUTOMATIC) or not self.books:
            raise ExcelError("Unable to set the Calculation property of the Application class")
        self.state["Calculation"] = value

    @member("get StatusBar: variant")
    def status_bar(self):
        return self.state["StatusBar"]

    @member("put StatusBar: variant")
    def set_status_bar(self, value):
        self.state["StatusBar"] = value
        self.statuses.append(value)

    @member("get Version: string")
    def version(self):
        return "16.0"

    @member("get Hwnd: long")
    def window(self):
        return 0x10001

    @member("get International(Index?: variant): variant")
    def international(self, index):
        return {5: self.language.separator, 3: self.language.decimal, 4: self.language.thousands}[index]

    @member("get ReferenceStyle: long")
    def reference_style(self):
        return self.state["ReferenceStyle"]

    @member("put ReferenceStyle: long")
    def set_reference_style(self, value):
        if value not in (A1, R1C1):
            raise ExcelError("Unable to set the ReferenceStyle property of the Application class")
        self.state["ReferenceStyle"] = value

    def typed_formula(self, text):
        """A formula as if it were typed, in the language of the menus and the style that is set, in English and A1."""
        if self.state["ReferenceStyle"] != A1 and re.search(r"\$?[A-Z]{1,3}\$?\d", re.sub(r'"[^"]*"', "", text)):
            raise ExcelError("There is a problem with this formula: it is not in the style R1C1")
        return self.language.english(text)

    @member("put CutCopyMode: long")
    def set_cut_copy_mode(self, _value):
        self.clipboard = None

    @member("get LanguageSettings: object")
    def language_settings(self):
        return LanguageSettings(self)


class LanguageSettings(ExcelObject):
    """Languages of Office."""

    def __init__(self, app):
        self.app = app

    @member("get LanguageID(Id: long): long")
    def language(self, _what):
        return self.app.language.lcid


class Workbooks(Sequence):
    """The open workbooks."""

    def __init__(self, app):
        self.app = app

    def items(self):
        return self.app.books


class Workbook(ExcelObject):
    """A workbook with one sheet."""

    def __init__(self, app, name="Book1"):
        self.app, self.name, self.read_only, self.structure = app, name, False, False
        self.names = {}
        self.sheets = []
        self.sheets.append(Worksheet(self, "Sheet1"))
        self.active = self.sheets[0]
        app.books.append(self)

    def own(self, name):
        """The name of one of our sheets as it is written; ``[Book1]Sheet1`` is ours too."""
        bare = name.removeprefix(f"[{self.name}]")
        found = next((sheet.name for sheet in self.sheets if sheet.name.casefold() == bare.casefold()), None)
        if found is None:
            raise ExcelError(f"There is no sheet {name}: Excel would ask for a file")
        return found

    def range_of(self, reference):
        """The range of ``Sheet1!$A$1:$B$2``."""
        sheet, _, address = reference.rpartition("!")
        name = self.own(grid.unquoted(sheet))
        return Range(next(one for one in self.sheets if one.name == name), grid.boxes_of(address))

    def change_structure(self):
        if self.structure:
            raise ExcelError(PROTECTED)

    def rename(self, old, new):
        """Have every formula follow a sheet that gets another name, or None if it is deleted."""

        def follow(text):
            return grid.renamed(text, old, new)

        for sheet in self.sheets:
            for cell, value in sheet.cells.content.items():
                if isinstance(value, tuple):
                    sheet.cells.content[cell] = ("=", follow(value[1]))
            for rule in sheet.cells.rules:
                rule.source = follow(rule.source)
            for frame in sheet.charts:
                for series in frame.chart.series:
                    series.values = series.values and follow(series.values)
                    series.categories = series.categories and follow(series.categories)
                    series.errors = series.errors and tuple(map(follow, series.errors))
        self.names = {key: (name, follow(refers)) for key, (name, refers) in self.names.items()}

    @member("get Name: string")
    def get_name(self):
        return self.name

    @member("get FullName: string")
    def full_name(self):
        return self.name

    @member("get Path: string")
    def path(self):
        return ""

    @member("get ReadOnly: boolean")
    def is_read_only(self):
        return self.read_only

    @member("get ProtectStructure: boolean")
    def protects_structure(self):
        return self.structure

    @member("get Application: object", "get Parent: object")
    def application(self):
        return self.app

    @member("get Worksheets: object", "get Sheets: object")
    def worksheets(self):
        return Worksheets(self)

    @member("get ActiveSheet: object")
    def active_sheet(self):
        return self.active

    @member("get Names: object")
    def get_names(self):
        return Names(self)

    @member("get Windows: object")
    def windows(self):
        return Windows(self)

    @member("method Activate")
    def activate(self):
        self.app.books.remove(self)
        self.app.books.append(self)


class Worksheets(Sequence):
    """The sheets of a workbook."""

    def __init__(self, book):
        self.book = book

    def items(self):
        return self.book.sheets

    @member("get Parent: object")
    def parent(self):
        return self.book

    @member("method Add(Before?: variant, After?: variant, Count?: variant, Type?: variant): object")
    def add(self, before, after, _count, _type):
        book = self.book
        book.change_structure()
        taken = {sheet.name for sheet in book.sheets}
        name = next(f"Sheet{n}" for n in range(1, 999) if f"Sheet{n}" not in taken)
        made = Worksheet(book, name)
        neighbour = before or after or book.active
        place = book.sheets.index(neighbour) + (1 if after else 0)
        book.sheets.insert(place, made)
        book.active = made
        return made


class Worksheet(ExcelObject):
    """A sheet."""

    def __init__(self, book, name):
        self.book, self.name = book, name
        self.cells, self.charts, self.visible, self.protected = Cells(), [], -1, False
        self.tables = ListObjects(self)
        self.local_names = {}
        self.selection = [Box(1, 1, 1, 1)]

    def change(self):
        if self.protected:
            raise ExcelError("The cell or chart you're trying to change is on a protected sheet.")

    def here(self):
        if self not in self.book.sheets:
            raise ExcelError("The sheet is gone: automation error")

    def used(self, content=False):
        """The smallest rectangle around everything that is not as on a fresh sheet."""
        taken = set(self.cells.content) if content else {*self.cells.content, *self.cells.looks, *self.cells.lines}
        if not taken:
            return Box(1, 1, 1, 1)
        rows, columns = [max(i, 1) for i, _ in taken], [j for _, j in taken]
        return Box(min(rows), min(columns), max(rows), max(columns))

    def width_of(self, column):
        return (self.cells.widths.get(column, 8.43) * 7 + 5) * 0.75

    def height_of(self, row):
        return self.cells.heights.get(row, 15.0)

    def code(self, cell):
        return self.cells.looks.get(cell, {}).get("NumberFormat", "General")

    def put(self, cell, value, lcid):
        """Put a value into a cell as if it were typed."""
        value = checked(value)
        app = self.book.app
        if isinstance(value, str):
            value = parsed(value, self.code(cell), app.language_of(lcid), app.language)
        table = next((one for one in self.tables.tables if one.box.row == cell[0] and one.box.holds(*cell)), None)
        if table is not None and (not isinstance(value, str) or not value):
            raise ExcelError("The header of a table is a text")
        self.cells.values.pop(cell, None)
        if value is None or value == "":
            self.cells.content.pop(cell, None)
        elif isinstance(value, tuple):
            self.cells.content[cell] = ("=", grid.written(value[1], self.book))
        else:
            self.cells.content[cell] = value

    def plain(self, cell):
        value = self.cells.content.get(cell)
        return self.cells.values.get(cell) if isinstance(value, tuple) else value

    def typed(self, cell):
        return typed(self.plain(cell), self.code(cell), formula=False)

    def formula_text(self, cell, language):
        value = self.cells.content.get(cell)
        if value is None:
            return ""
        if isinstance(value, tuple):
            return "=" + language.localized(value[1])
        if isinstance(value, bool):
            return language.names[str(value).upper()]
        if isinstance(value, float):
            return f"{value:.15g}".replace(".", language.decimal)
        return value

    @member("get Name: string")
    def get_name(self):
        return self.name

    @member("put Name: string")
    def set_name(self, name):
        self.here()
        self.book.change_structure()
        taken = {sheet.name.casefold() for sheet in self.book.sheets if sheet is not self}
        if (
            not 1 <= len(name) <= 31 or FORBIDDEN & set(name) or name[0] == "'" or name[-1] == "'"
            or name.casefold() in (*taken, "history")
        ):  # fmt: skip
            raise ExcelError(f"You typed an invalid name for a sheet: {name}")
        old, self.name = self.name, name
        self.book.rename(old, name)

    @member("get Index: long")
    def index(self):
        self.here()
        return self.book.sheets.index(self) + 1

    @member("get Parent: object")
    def parent(self):
        return self.book

    @member("get Application: object")
    def application(self):
        return self.book.app

    @member("get Cells: object")
    def all_cells(self):
        return Range(self, [EVERYTHING])

    @member("get Range(Cell1: variant, Cell2?: variant): object")
    def range(self, first, last):
        self.here()
        given = [one for one in (first, last) if one is not ABSENT]
        boxes = [grid.boxes_of(one) if isinstance(one, str) else one.boxes for one in given]
        if len(boxes) == 1:
            return Range(self, boxes[0])
        a, b = boxes[0][0], boxes[1][0]
        last_row, last_column = max(a.last_row, b.last_row), max(a.last_column, b.last_column)
        return Range(self, [Box(min(a.row, b.row), min(a.column, b.column), last_row, last_column)])

    @member("get UsedRange: object")
    def used_range(self):
        return Range(self, [self.used()])

    @member("get Visible: long")
    def get_visible(self):
        return self.visible

    @member("put Visible: long")
    def set_visible(self, value):
        self.book.change_structure()
        others = any(sheet.visible == -1 for sheet in self.book.sheets if sheet is not self)
        if value not in (-1, 0, 2) or (value != -1 and not others):
            raise ExcelError("Unable to set the Visible property of the Worksheet class")
        self.visible = value
        if value != -1 and self.book.active is self:
            self._leave()

    def _leave(self):
        """Another sheet becomes the active one: the next visible one, else the one before."""
        place = self.book.sheets.index(self)
        others = [*self.book.sheets[place + 1 :], *reversed(self.book.sheets[:place])]
        self.book.active = next(sheet for sheet in others if sheet.visible == -1)

    @member("method Activate", "method Select(Replace?: variant)")
    def activate(self, _replace=ABSENT):
        self.here()
        if self.visible != -1:
            raise ExcelError("Activate method of Worksheet class failed")
        self.book.active = self

    @member("method Delete")
    def delete(self):
        self.here()
        self.book.change_structure()
        if not any(sheet.visible == -1 for sheet in self.book.sheets if sheet is not self):
            raise ExcelError("A workbook must contain at least one visible worksheet.")
        if self.book.app.state["DisplayAlerts"]:
            raise ExcelError("Excel asks whether to delete the sheet and waits")
        if self.book.active is self:
            self._leave()
        self.book.sheets.remove(self)
        self.book.rename(self.name, None)

    @member("method Copy(Before?: null|variant, After?: null|variant)")
    def copy(self, before, after):
        self.here()
        book = self.book
        book.change_structure()
        if before is ABSENT and after is ABSENT:
            raise ExcelError("the macros copy within the workbook")
        taken = {sheet.name for sheet in book.sheets}
        free = (f"{self.name[:25]} ({n})" for n in range(2, 99))
        made = Worksheet(book, next(name for name in free if name not in taken))
        made.cells = copy.deepcopy(self.cells)
        for cell, value in made.cells.content.items():
            if isinstance(value, tuple):
                made.cells.content[cell] = ("=", grid.renamed(value[1], self.name, made.name))
        made.visible = -1 if self.visible != -1 else self.visible
        for table in self.tables.tables:
            twin = ListObject(made, table.box, None)
            twin.filters, twin.style, twin.totals = table.filters, table.style, table.totals
            made.tables.tables.append(twin)
        for frame in self.charts:
            twin = copy.copy(frame)
            twin._memory, twin.sheet = None, made
            made.charts.append(twin)
        made.local_names = {
            key: (name, grid.renamed(refers, self.name, made.name))
            for key, (name, refers) in book.names.items()
            if grid.usual(self.name) + "!" in refers
        }
        neighbour = before if before is not ABSENT else after
        book.sheets.insert(book.sheets.index(neighbour) + (before is ABSENT), made)
        book.active = made

    @member("method Move(Before?: null|variant, After?: null|variant)")
    def move(self, before, after):
        self.here()
        self.book.change_structure()
        self.book.sheets.remove(self)
        neighbour = before if before is not ABSENT else after
        self.book.sheets.insert(self.book.sheets.index(neighbour) + (before is ABSENT), self)
        self.book.active = self

    @member("method ChartObjects(Index?: variant): object")
    def chart_objects(self, index):
        every = ChartObjects(self)
        return every if index is ABSENT else every.find(index)

    @member("get ListObjects: object")
    def list_objects(self):
        return self.tables

    @member("get PageSetup: object")
    def page_setup(self):
        return PageSetup(self)

    @member("get Tab: object")
    def tab(self):
        return Tab(self)

    @member("get ProtectContents: boolean")
    def protects_contents(self):
        return self.protected


class Tab(ExcelObject):
    """The tab of a sheet."""

    def __init__(self, sheet):
        self.sheet = sheet

    @member("put Color: variant")
    def set_color(self, value):
        self.sheet.cells.tab = value


class ListObjects(Sequence):
    """The tables of a sheet."""

    def __init__(self, sheet):
        self.sheet, self.tables = sheet, []

    def items(self):
        return self.tables

    @member("method Add(SourceType?: variant, Source?: variant, LinkSource?: variant, "
            "XlListObjectHasHeaders?: variant, Destination?: variant, TableStyleName?: variant): object")  # fmt: skip
    def add(self, kind, source, link, headers, destination, style):
        self.sheet.change()
        if kind != 1 or link is not ABSENT or destination is not ABSENT or headers != 1 or style is not ABSENT:
            raise ExcelError("the macros list a range with headers, its style set afterwards")
        if not isinstance(source, Range) or len(source.boxes) > 1 or source.sheet is not self.sheet:
            raise ExcelError("Method 'Add' of object 'ListObjects' failed")
        made = ListObject(self.sheet, source.box, None)
        made.fits()
        self.tables.append(made)
        return made


class ListObject(ExcelObject):
    """An Excel table."""

    def __init__(self, sheet, box, name):
        self.sheet, self.box = sheet, box
        self.filters, self.totals, self.style = True, False, "TableStyleMedium2"
        taken = {table.name for one in sheet.book.sheets for table in one.tables.tables}
        self.name = name or next(f"Table{n}" for n in range(1, 9999) if f"Table{n}" not in taken)

    def headers(self):
        content = self.sheet.cells.content
        return [content.get((self.box.row, j)) for j in range(self.box.column, self.box.last_column + 1)]

    def name_headers(self):
        """Excel gives a header that is taken away a name of its own."""
        taken = {header for header in self.headers() if header is not None}
        for column, header in enumerate(self.headers(), start=self.box.column):
            if header is None:
                free = next(f"Column{n}" for n in range(1, 9999) if f"Column{n}" not in taken)
                taken.add(free)
                self.sheet.cells.content[self.box.row, column] = free

    def fits(self, box=None):
        """Refuse a place that Excel refuses, and headers that it would change without a word."""
        box, sheet = box or self.box, self.sheet
        if any(box.cut(other.box) for other in sheet.tables.tables if other is not self):
            raise ExcelError("A table cannot overlap another table")
        if any(box.cut(merge) for merge in sheet.cells.merges):
            raise ExcelError("A table cannot hold merged cells")
        if box.row == box.last_row:
            raise ExcelError("A table has at least one row below its headers")
        headers = self.headers()
        texts = [header.casefold() if isinstance(header, str) else header for header in headers]
        if not all(isinstance(text, str) and text for text in texts) or len(set(texts)) < len(texts):
            raise ExcelError(f"Excel would change the headers {headers}")

    @member("get Name: string", "get DisplayName: string")
    def get_name(self):
        return self.name

    @member("put Name: string")
    def set_name(self, name):
        every = [table for sheet in self.sheet.book.sheets for table in sheet.tables.tables]
        taken = {table.name.casefold() for table in every if table is not self}
        if not named(name) or name.casefold() in taken | set(self.sheet.book.names):
            raise ExcelError(f"A table cannot be called {name}")
        self.name = name

    @member("get Range: object")
    def range(self):
        return Range(self.sheet, [self.box])

    @member("get ShowAutoFilter: boolean")
    def show_filters(self):
        return self.filters

    @member("put ShowAutoFilter: boolean")
    def set_show_filters(self, value):
        self.sheet.change()
        self.filters = bool(value)

    @member("get ShowTotals: boolean")
    def show_totals(self):
        return self.totals

    @member("get TableStyle: variant")
    def table_style(self):
        return self.style

    @member("put TableStyle: string")
    def set_table_style(self, name):
        if name and not re.fullmatch(r"TableStyle(Light|Medium|Dark)\d{1,2}", name):
            raise ExcelError("Unable to set the TableStyle property of the ListObject class")
        self.style = name

    @member("method Resize(Range: object)")
    def resize(self, cells):
        self.sheet.change()
        if cells.box.row != self.box.row or not cells.box.cut(self.box):
            raise ExcelError("The headers must remain in the same row")
        self.fits(cells.box)
        self.box = cells.box

    @member("method Unlist")
    def unlist(self):
        self.sheet.change()
        self.sheet.tables.tables.remove(self)


def named(name):
    """Whether a defined name or a table can be called so."""
    upper = name.upper()
    return bool(
        0 < len(name) <= 255 and NAME.fullmatch(name) and upper not in ("R", "C", "TRUE", "FALSE")
        and not grid.REFERENCE.fullmatch(upper) and not re.fullmatch(r"R\d*(C\d*)?|C\d+", upper)
    )  # fmt: skip


class Names(Sequence):
    """The defined names of a workbook; those of the active sheet come first."""

    def __init__(self, book):
        self.book = book

    def items(self):
        return [Name(self.book, key) for key in self.book.names]

    def find(self, key):
        if not isinstance(key, str):
            return self.items()[int(key) - 1]
        if key.casefold() in self.book.active.local_names:
            return Name(self.book, key.casefold(), self.book.active)
        if key.casefold() not in self.book.names:
            raise ExcelError("Application-defined or object-defined error")
        return Name(self.book, key.casefold())

    @member("method Add(Name?: variant, RefersTo?: variant): object")
    def add(self, name, refers):
        if not isinstance(name, str) or not named(name) or not isinstance(refers, str):
            raise ExcelError("The name that you entered is not valid.")
        if any(table.name.casefold() == name.casefold() for sheet in self.book.sheets for table in sheet.tables.tables):
            raise ExcelError("That name is already in use.")
        if not refers.startswith("=") or len(refers) > grid.LONGEST_ADDRESS:
            raise ExcelError("The formula of a name is longer than 255 characters")
        self.book.names[name.casefold()] = (name, grid.written(refers[1:], self.book))
        return Name(self.book, name.casefold())


class Name(ExcelObject):
    """A defined name."""

    def __init__(self, book, key, sheet=None):
        self.book, self.key, self.sheet = book, key, sheet

    def _entry(self):
        try:
            return (self.sheet.local_names if self.sheet else self.book.names)[self.key]
        except KeyError:
            raise ExcelError("The name is gone") from None

    @member("get Name: string")
    def get_name(self):
        name = self._entry()[0]
        return f"{grid.usual(self.sheet.name)}!{name}" if self.sheet else name

    @member("get RefersTo: variant")
    def refers_to(self, lcid):
        return "=" + self.book.app.language_of(lcid).localized(self._entry()[1])

    @member("get RefersToRange: object")
    def range(self):
        text = self._entry()[1]
        if "!" not in text or "#REF!" in text or text.startswith('"'):
            raise ExcelError("Application-defined or object-defined error")
        return self.book.range_of(text)

    @member("method Delete")
    def delete(self):
        self._entry()
        del (self.sheet.local_names if self.sheet else self.book.names)[self.key]


class Windows(Sequence):
    """The windows of a workbook."""

    def __init__(self, book):
        self.book = book

    def items(self):
        return [Window(self.book)]


class Window(ExcelObject):
    """The window of a workbook: what it shows belongs to the active sheet."""

    def __init__(self, book):
        self.book = book

    def _set(self, name, value):
        self.book.active.cells.window[name] = value

    @member("get DisplayGridlines: boolean")
    def gridlines(self):
        return self.book.active.cells.window.get("DisplayGridlines", True)

    @member("put DisplayGridlines: boolean")
    def set_gridlines(self, value):
        self._set("DisplayGridlines", bool(value))

    @member("put FreezePanes: boolean")
    def freeze(self, value):
        self._set("FreezePanes", bool(value))

    @member("put ScrollRow: long")
    def scroll_row(self, value):
        if value < 1:
            raise ExcelError("Unable to set the ScrollRow property of the Window class")

    @member("put ScrollColumn: long")
    def scroll_column(self, value):
        if value < 1:
            raise ExcelError("Unable to set the ScrollColumn property of the Window class")

    @member("put SplitRow: long")
    def split_row(self, value):
        self._set("SplitRow", int(value))

    @member("put SplitColumn: long")
    def split_column(self, value):
        self._set("SplitColumn", int(value))


class PageSetup(ExcelObject):
    """How a sheet prints."""

    printer = True

    def __init__(self, sheet):
        self.sheet = sheet

    def _set(self, name, value):
        if not PageSetup.printer:
            raise ExcelError(f"Unable to set the {name} property of the PageSetup class")
        self.sheet.cells.page[name] = value

    @member("get PrintArea: string")
    def area(self):
        return self.sheet.cells.page.get("PrintArea", "")

    @member("put PrintArea: string")
    def set_area(self, text):
        if text:
            grid.boxes_of(text)
        self._set("PrintArea", text)

    @member("put Orientation: long")
    def orientation(self, value):
        if value not in (1, 2):
            raise ExcelError("Unable to set the Orientation property of the PageSetup class")
        self._set("Orientation", value)

    @member("put Zoom: variant")
    def zoom(self, value):
        if value is not False and not (isinstance(value, int) and 10 <= value <= 400):
            raise ExcelError("Unable to set the Zoom property of the PageSetup class")
        self._set("Zoom", value)

    @member("put FitToPagesWide: variant")
    def wide(self, value):
        self._set("FitToPagesWide", value)

    @member("put FitToPagesTall: variant")
    def tall(self, value):
        self._set("FitToPagesTall", value)

    @member("put PrintTitleRows: string")
    def titles(self, text):
        if text and not re.fullmatch(r"\$\d+:\$\d+", text):
            raise ExcelError("Unable to set the PrintTitleRows property of the PageSetup class")
        self._set("PrintTitleRows", text)

    @member("put PaperSize: long")
    def paper(self, value):
        self._set("PaperSize", value)
