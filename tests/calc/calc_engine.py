# ruff: noqa: ARG002, ARG004 - the signatures are those of xlwings' base classes
"""An xlwings engine over LibreOffice Calc (UNO), with what the macros call and nothing more.

xlwings' base classes raise ``NotImplementedError`` for every member that is not overridden here. Facts about UNO that
shaped this file, each found the hard way with LibreOffice 7.4:

* ``setDataArray`` with ``None`` aborts the office; with ``bool`` or large ``int`` it raises. Only float and str go in.
* Dates and booleans come out as plain floats; only the number format tells. Errors come out as ``None``.
* A call over the pipe costs up to a millisecond: whole rectangles are read and written, never cells.
"""

import atexit
import contextlib
import datetime as dt
import functools
from operator import attrgetter
from pathlib import Path

import xlwings
from xlwings import base_classes as base
from xlwings import utils

from .calc_grammar import as_copied, as_data, as_formula, from_calc, from_formula, to_calc
from .calc_members import Collection, Counted, Of, Part, part, same
from .calc_office import (
    Office,
    address_of,
    as_rgb,
    box_from,
    box_of,
    cell_of,
    cut,
    enum,
    format_key,
    how_to_read,
    items,
    name_of,
    properties,
    rgb,
    uno,
)

FIRST_DAY = dt.datetime(1899, 12, 30)
POINT = 2540 / 72  # hundredths of a millimetre
CHARACTER, PADDING = 7 * 2540 / 96, 5 * 2540 / 96  # Excel's column width unit: digits of Calibri 11
DATES, LOGICAL = 2 | 4, 1024  # com.sun.star.util.NumberFormat
CONTENT, FORMATS, EVERYTHING = 1 | 2 | 4 | 16, 32 | 64, 1023  # com.sun.star.sheet.CellFlags
HORIZONTAL = {"left": "LEFT", "center": "CENTER", "right": "RIGHT"}
VERTICAL = {"top": 1, "center": 2, "bottom": 3}
SIDES = {"edge_top": "TopLine", "edge_bottom": "BottomLine", "inside_horizontal": "HorizontalLine"}
WEIGHTS = {"hairline": 2, "thin": 26}  # hundredths of a millimetre
LOOK = (
    "NumberFormat", "CharFontName", "CharHeight", "CharWeight", "CharPosture", "CharUnderline", "CharColor",
    "CellBackColor", "HoriJustify", "VertJustify", "IsTextWrapped", "ParaIndent", "TopBorder2", "BottomBorder2",
    "ConditionalFormat", "Validation",
)  # fmt: skip
"""What is copied with the formats of a cell."""


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


# the program ----------------------------------------------------------------------------------------------------------


class Apps(Counted, base.Apps):
    def __init__(self):
        self.running = []

    def add(self, spec=None, add_book=None, xl=None, visible=None):
        self.running.insert(0, App(spec))
        return self.running[0]

    def __iter__(self):
        return iter(self.running)

    def __len__(self):
        return len(self.running)

    def __getitem__(self, pid):
        return next(app for app in self.running if app.pid == pid)


class App(Counted, base.App):
    def __init__(self, profile=None):
        self.office = Office(profile)
        self._alerts = self._events = self._screen = True
        self.statuses, self.messages = [False], []
        self.active_cell = (1, 1)  # UNO does not tell which cell of several selected areas is the active one
        atexit.register(self.kill)

    pid, books, version = Of("office.profile.name", hash), part(lambda: Books), "7.4"
    engine = property(lambda _: ENGINE)
    selection = property(lambda self: self.books.active.selected())
    display_alerts, enable_events = Of("_alerts", write=same), Of("_events", write=same)
    calculation = property(
        lambda self: "automatic" if self.books.active.xl.isAutomaticCalculationEnabled() else "manual",
        lambda self, mode: [doc.enableAutomaticCalculation(mode != "manual") for doc in self.office.documents()],
    )
    status_bar = property(lambda self: self.statuses[-1], lambda self, text: self.statuses.append(text))

    def activate(self, steal_focus=False):
        ENGINE.apps.running.sort(key=lambda app: app is not self)

    def _show(self, shown):
        for doc in self.office.documents() if shown != self._screen else ():
            if shown:
                doc.removeActionLock()
                doc.unlockControllers()
            else:
                doc.lockControllers()
                doc.addActionLock()
        self._screen = shown

    screen_updating = property(attrgetter("_screen"), _show)

    def calculate(self):
        for doc in self.office.documents():
            doc.calculateAll()

    def alert(self, prompt, title, buttons, mode, callback):
        """A headless office shows nothing: the message is kept for the test."""
        self.messages.append(prompt)
        return "ok"

    def quit(self):
        for book in self.books:
            book.close()
        self.office.quit()
        self.kill()

    def kill(self):
        self.office.kill()
        ENGINE.apps.running = [app for app in ENGINE.apps.running if app is not self]


class Books(Collection, base.Books):
    app = Of("owner")

    def _all(self):
        return [Book(self.owner, doc) for doc in self.owner.office.documents()]

    @property
    def active(self):
        current, books = self.owner.office.desktop.getCurrentComponent(), self._all()
        return next((book for book in books if book.xl == current), books[0])

    def add(self):
        return Book(self.owner, self.owner.office.load("private:factory/scalc"))

    def open(self, fullname, *more):
        path = Path(fullname).resolve()
        return Book(self.owner, self.owner.office.load(uno.systemPathToFileUrl(str(path)), **how_to_read(path)))


class Book(Part, base.Book):
    app, api, name = Of("owner"), Of("xl"), Of("xl", name_of)
    sheets, names = part(lambda: Sheets), part(lambda: Names)

    def selected(self):
        chosen = self.xl.CurrentController.getSelection()
        if hasattr(chosen, "getRangeAddresses"):
            areas = chosen.getRangeAddresses()
            return Range(Sheet(self, self.xl.Sheets.getByIndex(areas[0].Sheet)), map(box_of, areas))
        if not hasattr(chosen, "getRangeAddress"):
            return None  # a chart or a picture
        return Range(Sheet(self, chosen.Spreadsheet), [box_of(chosen.RangeAddress)])

    def activate(self):
        self.xl.CurrentController.Frame.activate()

    def close(self):
        self.xl.close(True)


class Sheets(Collection, base.Sheets):
    def _all(self):
        return [Sheet(self.owner, xl) for xl in items(self.owner.xl.Sheets)]

    active = property(lambda self: Sheet(self.owner, self.owner.xl.CurrentController.ActiveSheet))

    def add(self, before=None, after=None, name=None):
        sheets, number = self.owner.xl.Sheets, len(self) + 1
        place = before.index - 1 if before else after.index if after else self.active.index - 1
        while name is None or sheets.hasByName(name):
            name, number = f"Sheet{number}", number + 1
        sheets.insertNewByName(name, place)
        sheet = Sheet(self.owner, sheets.getByName(name))
        sheet.activate()
        return sheet


class Sheet(Part, base.Sheet):
    api, book, name, visible = Of("xl"), Of("owner"), Of("xl.Name", write=same), Of("xl.IsVisible", write=bool)
    index = Of("xl.RangeAddress.Sheet", lambda place: place + 1)
    charts, tables, page_setup = part(lambda: Charts), part(lambda: Tables), part(lambda: PageSetup)

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
        self.owner.xl.CurrentController.setActiveSheet(self.xl)

    select = activate

    def delete(self):
        self.owner.xl.Sheets.removeByName(self.name)

    def copy(self, before, after):
        sheets, tables = self.owner.xl.Sheets, self.owner.xl.DatabaseRanges
        copy = next(f"{self.name} ({i})" for i in range(2, 999) if not sheets.hasByName(f"{self.name} ({i})"))
        known = set(tables.ElementNames)
        sheets.copyByName(self.name, copy, before.index - 1 if before else after.index)
        for name in set(tables.ElementNames) - known:
            tables.removeByName(name)  # 7.4 hangs the copies of the tables on the wrong sheet

    def _gridlines(self, shown):
        controller = self.owner.xl.CurrentController  # its window shows one sheet at a time
        before = controller.ActiveSheet
        controller.setActiveSheet(self.xl)
        controller.ShowGrid = shown
        controller.setActiveSheet(before)

    show_gridlines = property(fset=_gridlines)


class PageSetup(Part, base.PageSetup):
    def _print(self, area):
        boxes = self.owner._boxes(area) if area else []
        self.owner.xl.setPrintAreas(tuple(address_of(self.owner.index - 1, box) for box in boxes))

    print_area = property(fset=_print)


# cells ----------------------------------------------------------------------------------------------------------------


class Range(Counted, base.Range):
    """One rectangle or several: formats go to all of them in one call, values to the first, as in Excel."""

    max_cells_per_read = max_cells_per_write = None

    def __init__(self, sheet, boxes):
        self.owner, self.boxes = sheet, list(boxes)

    @functools.cached_property
    def xl(self):
        return cut(self.owner.xl, self.boxes[0])

    @functools.cached_property
    def all(self):
        if len(self.boxes) == 1:
            return self.xl
        ranges = self._doc.createInstance("com.sun.star.sheet.SheetCellRanges")
        ranges.addRangeAddresses(tuple(address_of(self.owner.index - 1, box) for box in self.boxes), False)
        return ranges

    _doc, _each = Of("owner.owner.xl"), property(lambda self: [cut(self.owner.xl, box) for box in self.boxes])
    sheet, api = Of("owner"), Of("all")
    row, column, shape = (Of("boxes", read) for read in (lambda b: b[0][0], lambda b: b[0][1], lambda b: b[0][2:]))
    coords = property(lambda self: (self.owner.xl, *self.boxes[0]))
    address = property(lambda self: self.get_address(True, True, False))

    def __len__(self):
        return sum(rows * columns for _, _, rows, columns in self.boxes)

    def __call__(self, row, column):
        return Range(self.owner, [(self.row + row - 1, self.column + column - 1, 1, 1)])

    def get_address(self, row_absolute, col_absolute, external):
        rows, columns = "$" * bool(row_absolute), "$" * bool(col_absolute)
        parts = []
        for row, column, height, width in self.boxes:
            first = f"{columns}{utils.col_name(column)}{rows}{row}"
            last = f"{columns}{utils.col_name(column + width - 1)}{rows}{row + height - 1}"
            parts.append(first if height * width == 1 else f"{first}:{last}")
        return ",".join(parts)

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
        formats, (top, left, _, _), days = self._doc.NumberFormats, self.boxes[0], {}
        for group in items(self.xl.getUniqueCellFormatRanges()):
            kind = formats.getByKey(group.NumberFormat).Type
            for row, column, rows, columns in map(
                box_of, group.getRangeAddresses() if kind & (DATES | LOGICAL) else ()
            ):
                for cells in data[row - top : row - top + rows]:
                    for j in range(column - left, column - left + columns):
                        value = cells[j]
                        if type(value) is float and value not in days and not kind & LOGICAL:
                            days[value] = FIRST_DAY + dt.timedelta(seconds=round(value * 86400))
                        if type(value) is float:
                            cells[j] = bool(value) if kind & LOGICAL else days[value]

    @raw_value.setter
    def raw_value(self, data):
        if not isinstance(data, list | tuple):
            data = [[data] * self.shape[1]] * self.shape[0]
        elif data and not isinstance(data[0], list | tuple):
            data = [data]
        cells, dates = [list(row) for row in data], {}
        for i, row in enumerate(cells):
            for j, value in enumerate(row):
                if isinstance(value, dt.date):
                    moment = value if isinstance(value, dt.datetime) else dt.datetime(*value.timetuple()[:3])
                    dates.setdefault(j, {})[i] = moment
                    row[j] = (moment - FIRST_DAY) / dt.timedelta(days=1)
        self.formula = cells
        for j, moments in dates.items():  # Excel gives a General cell a date format when a date goes in
            timed = any(moment.time() != dt.time() for moment in moments.values())
            area = self.xl.getCellRangeByPosition(j, min(moments), j, max(moments))
            area.NumberFormat = format_key(self._doc, "yyyy-mm-dd hh:mm" if timed else "yyyy-mm-dd")

    @property
    def formula(self):
        cells = tuple(tuple(map(from_formula, row)) for row in self.xl.getFormulaArray())
        return cells[0][0] if len(self) == 1 else cells

    @formula.setter
    def formula(self, cells):
        if not isinstance(cells, list | tuple):
            cells = [[cells] * self.shape[1]] * self.shape[0]
        with self._notes_kept():
            if any(type(value) is str and value[:1] == "=" and len(value) > 1 for row in cells for value in row):
                self.xl.setFormulaArray(tuple(tuple(map(as_formula, row)) for row in cells))
            else:
                self.xl.setDataArray(tuple(tuple(map(as_data, row)) for row in cells))

    formula2 = formula

    @contextlib.contextmanager
    def _notes_kept(self):
        """Unlike Excel, Calc drops the notes of cells when values come in."""
        (row, column, rows, columns), notes = self.boxes[0], self.owner.xl.Annotations
        found = [(note.Position, note.String) for note in items(notes)]
        yield
        for place, text in found:
            if row <= place.Row + 1 < row + rows and column <= place.Column + 1 < column + columns:
                notes.insertNew(place, text)

    def clear_contents(self):
        self.all.clearContents(CONTENT)

    def clear_formats(self):
        self.all.clearContents(FORMATS)

    def clear(self):
        self.all.clearContents(EVERYTHING)

    def copy_from(self, source_range, copy_type, skip_blanks, transpose):
        source = source_range.impl
        if copy_type == "formats":
            self._paste_formats(source)
        elif copy_type == "formulas":
            cells = zip(source.xl.getFormulaArray(), source.xl.getDataArray(), strict=True)
            with self._notes_kept():
                self.xl.setFormulaArray(tuple(tuple(map(as_copied, *rows)) for rows in cells))
        else:
            raise NotImplementedError(copy_type)

    def _paste_formats(self, source):
        """Look by look; Calc's own ways of copying would take charts and notes along."""

        def here(row, column, *size):
            return self.row - source.row + row, self.column - source.column + column, *size

        for group in items(source.xl.getUniqueCellFormatRanges()):
            target = Range(self.owner, [here(*box_of(area)) for area in group.getRangeAddresses()])
            for name in LOOK:
                setattr(target.all, name, getattr(group, name))
        for box in source._merges():
            cut(self.owner.xl, here(*box)).merge(True)

    def _merges(self):
        waiting, found = [self.boxes[0]], []
        while waiting:
            row, column, rows, columns = box = waiting.pop()
            cells = cut(self.owner.xl, box)
            if not cells.IsMerged:
                continue
            if rows * columns == 1:
                cursor = self.owner.xl.createCursorByRange(cells)
                cursor.collapseToMergedArea()
                found.append(box_of(cursor.RangeAddress))
            elif rows > 1:
                waiting += [(row, column, rows // 2, columns), (row + rows // 2, column, rows - rows // 2, columns)]
            else:
                waiting += [(row, column, 1, columns // 2), (row, column + columns // 2, 1, columns - columns // 2)]
        return found

    def move(self, destination):
        corner = cell_of(destination.impl.owner.index - 1, *destination.impl.boxes[0][:2])
        self.owner.xl.moveRange(corner, self.xl.RangeAddress)

    # surroundings

    @property
    def current_region(self):
        cursor = self.owner.xl.createCursorByRange(self.xl)
        cursor.collapseToCurrentRegion()
        return Range(self.owner, [box_of(cursor.RangeAddress)])

    @property
    def table(self):
        for table in self.owner.tables:
            row, column, rows, columns = box_of(table.xl.DataArea)
            if row <= self.row < row + rows and column <= self.column < column + columns:
                return table
        return None

    def get_special_cells(self, cell_type, value_type):
        if cell_type != "visible":
            raise NotImplementedError(cell_type)
        return [Range(self.owner, [box_of(area)]) for area in self.all.queryVisibleCells().getRangeAddresses()]

    def select(self):
        self._doc.CurrentController.select(self.all)
        self.owner.owner.app.active_cell = self.boxes[0][:2]

    # formats

    font, borders = part(lambda: Font), part(lambda: Borders)
    conditional_formats, data_validation = part(lambda: ConditionalFormats), part(lambda: DataValidation)
    color, wrap_text = Of("all.CellBackColor", as_rgb, rgb), Of("all.IsTextWrapped", write=same)
    horizontal_alignment = Of("all.HoriJustify", write=lambda name: enum("table.CellHoriJustify", HORIZONTAL[name]))
    vertical_alignment = Of("all.VertJustify", write=VERTICAL.__getitem__)
    left, top = (Of(f"xl.Position.{axis}", lambda place: place / POINT) for axis in "XY")

    number_format = property(
        lambda self: self._doc.NumberFormats.getByKey(self.xl.NumberFormat).FormatString,
        lambda self, text: setattr(self.all, "NumberFormat", format_key(self._doc, text)),
    )
    row_height = property(
        lambda self: self.xl.Rows.getByIndex(0).Height / POINT,
        lambda self, height: [setattr(cells.Rows, "Height", round(height * POINT)) for cells in self._each],
    )
    column_width = property(
        lambda self: (self.xl.Columns.getByIndex(0).Width - PADDING) / CHARACTER,
        lambda self, width: [setattr(one.Columns, "Width", round(width * CHARACTER + PADDING)) for one in self._each],
    )

    def adjust_indent(self, amount):
        self.all.ParaIndent = round(amount * 10 * POINT)

    def merge(self, across):
        for row, column, rows, columns in self.boxes:
            lines = [(row + i, column, 1, columns) for i in range(rows)] if across else [(row, column, rows, columns)]
            for box in lines:
                cut(self.owner.xl, box).merge(True)

    def unmerge(self):
        for cells in self._each:
            cells.merge(False)

    @property
    def note(self):
        cell = self.xl.getCellByPosition(0, 0)
        return Note(self, cell.Annotation) if cell.Annotation.String else None

    def add_note(self, text):
        self.owner.xl.Annotations.insertNew(cell_of(self.owner.index - 1, *self.boxes[0][:2]), text)
        return self.note


class Note(Part, base.Note):
    text = Of("xl.String")


class Font(Part, base.Font):
    bold = Of("owner.all.CharWeight", lambda weight: weight > 100, lambda on: 150.0 if on else 100.0)
    italic = Of("owner.all.CharPosture", write=lambda on: enum("awt.FontSlant", "ITALIC" if on else "NONE"))
    size, color = Of("owner.all.CharHeight", write=float), Of("owner.all.CharColor", write=rgb)
    name = Of("owner.all.CharFontName", write=same)


class Borders(Part, base.Borders):
    def set(self, which, *, line_style=base._UNSET, weight=base._UNSET, color=base._UNSET):
        border = self.owner.all.TableBorder2
        for name in ("TopLine", "BottomLine", "LeftLine", "RightLine", "HorizontalLine", "VerticalLine", "Distance"):
            setattr(border, f"Is{name}Valid", False)
        for side in (SIDES[name] for name in which):
            line = getattr(border, side)
            line.Color, line.LineStyle = rgb(color), 0
            line.LineWidth = line.OuterLineWidth = WEIGHTS[weight]
            setattr(border, side, line)
            setattr(border, f"Is{side}Valid", True)
        self.owner.all.TableBorder2 = border


class ConditionalFormats(Part, base.ConditionalFormats):
    def add_custom(self, spec):
        """As Excel does: the formula is relative to the active cell, and the new rule comes before the others."""
        sheet = self.owner.owner
        new = {
            "Operator": enum("sheet.ConditionOperator", "FORMULA"),
            "Formula1": to_calc(spec["formula"]).removeprefix("="),
            "StyleName": self._style(sheet.book.xl, spec.get("fill_color"), spec.get("font_color")),
            "SourcePosition": cell_of(sheet.index - 1, *sheet.book.app.active_cell),
        }
        for cells in self.owner._each:
            entries = cells.ConditionalFormat
            old = [{name: getattr(one, name) for name in new} for one in items(entries)]
            entries.clear()
            for entry in (new, *old):
                entries.addNew(properties(**entry))
            cells.ConditionalFormat = entries

    @staticmethod
    def _style(doc, fill, ink):
        styles, name = doc.StyleFamilies.getByName("CellStyles"), f"condition {fill} {ink}"
        if not styles.hasByName(name):
            style = doc.createInstance("com.sun.star.style.CellStyle")
            styles.insertByName(name, style)
            for kind, color in (("CellBackColor", fill), ("CharColor", ink)):
                if color is not None:
                    setattr(style, kind, rgb(color))
        return name

    def clear(self):
        entries = self.owner.all.ConditionalFormat
        entries.clear()
        self.owner.all.ConditionalFormat = entries


class DataValidation(Part, base.DataValidation):
    def _set(self, kind, formula=""):
        validation = self.owner.all.Validation
        validation.Type, validation.ShowList = enum("sheet.ValidationType", kind), 1
        validation.setFormula1(formula)
        self.owner.all.Validation = validation

    def set_list(self, source, in_cell_dropdown):
        self._set("LIST", ";".join(f'"{value}"' for value in str(source).split(",")))

    def delete(self):
        self._set("ANY")


# names, tables, charts ------------------------------------------------------------------------------------------------


class Names(Part, base.Names):
    _names = Of("owner.xl.NamedRanges")

    def __call__(self, key):
        if not self._names.hasByName(key):
            raise KeyError(key)
        return Name(self.owner, self._names.getByName(key))

    def contains(self, key):
        return self._names.hasByName(key)

    def snapshot(self):
        return [(name, self(name)) for name in self._names.ElementNames]

    def add(self, name, refers_to):
        if self._names.hasByName(name):
            self._names.removeByName(name)
        self._names.addNewByName(name, to_calc(refers_to).removeprefix("="), cell_of(0, 1, 1), 0)
        return self(name)


class Name(Part, base.Name):
    name, refers_to = Of("xl.Name"), Of("xl.Content", lambda content: "=" + from_calc(content))

    @property
    def refers_to_range(self):
        cells = self.xl.ReferredCells
        if cells is None or "#REF!" in self.xl.Content:  # of a deleted sheet Calc gives the one that took its place
            raise KeyError(self.name)
        return Range(Sheet(self.owner, cells.Spreadsheet), [box_of(cells.RangeAddress)])

    def delete(self):
        self.owner.xl.NamedRanges.removeByName(self.name)


class Tables(Collection, base.Tables):
    """An Excel table is a database range here; 7.4 draws no table style."""

    _ranges = Of("owner.owner.xl.DatabaseRanges")

    def _all(self):
        place = self.owner.index - 1
        return [Table(self.owner, one) for one in items(self._ranges) if one.DataArea.Sheet == place]

    def add(self, source_type=None, source=None, link_source=None, has_headers=None, destination=None,
            table_style_name=None, name=None):  # fmt: skip
        if self._ranges.hasByName(name):
            raise ValueError(f"there is a table {name} already")
        self._ranges.addNewByName(name, source.impl.xl.RangeAddress)
        table = self._ranges.getByName(name)
        table.ContainsHeader = table.AutoFilter = True  # as in Excel
        return Table(self.owner, table)


class Table(Part, base.Table):
    name, show_totals = Of("xl.Name"), Of("xl.TotalsRow", bool)
    show_autofilter = Of("xl.AutoFilter", write=same)
    range = property(lambda self: Range(self.owner, [box_of(self.xl.DataArea)]))

    def resize(self, cells):
        self.xl.DataArea = address_of(self.owner.index - 1, cells.impl.boxes[0])


class Charts(Collection, base.Charts):
    def _all(self):
        return [Chart(self.owner, one) for one in items(self.owner.xl.Charts)]


class Chart(Part, base.Chart):
    """Found and deleted here; drawn by the host (see calc_host.py), as xlwings has no call for most of a chart."""

    api, name = Of("xl"), Of("xl.Name")

    def delete(self):
        self.owner.xl.Charts.removeByName(self.name)


ENGINE = Engine()


def service(name):
    """A service of the office that is in use."""
    return ENGINE.apps.running[0].office.service(name)


def start(profile=None):
    """Start an office of our own, or attach to the one that has a profile, and return it as an xlwings app."""
    if "libreoffice" not in xlwings.engines.engines_by_name:
        xlwings.engines.add(xlwings.Engine(impl=ENGINE))
    xlwings.engines["libreoffice"].activate()
    return xlwings.App(impl=ENGINE.apps.add(spec=profile))
