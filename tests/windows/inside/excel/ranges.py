"""Range and what hangs on it: fonts, fills, borders, conditional formats, validations, notes."""

import copy
import decimal
import re

from . import grid
from .com_objects import ABSENT, NULL, Enumerator, ExcelError, ExcelObject, Sequence, member
from .grid import Box, Condition, Rule
from .variants import EMPTY, UNSUPPORTED, Date, Error

XL_NONE, AUTOMATIC = -4142, -4105
FORMULAS, FORMATS, VALIDATION, VALUES = -4123, -4122, 6, -4163
VISIBLE = 12
HORIZONTAL = (1, 5, 7, -4108, -4117, -4130, -4131, -4152)
VERTICAL = (-4107, -4108, -4117, -4130, -4160)
EDGE_TOP, EDGE_BOTTOM, INSIDE_HORIZONTAL = 8, 9, 12
BORDERS = (5, 6, 7, 8, 9, 10, 11, 12)
LIST, EXPRESSION = 3, 2
POINTS = 0.75
ERRORS = {"#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036, "#N/A": 2042}
LOOKS_LIKE_NUMBER = re.compile(
    r"\s*[-+(]?\s*[$€£]?\s*\d[\d,. \u00a0]*(E[+-]?\d+)?\s*[%)€$]?\s*|\d+\s+\d+/\d+|\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?"
    r"([ T]\d{1,2}:\d{2}(:\d{2})?)?|\d{1,2}:\d{2}(:\d{2})?( ?[AP]M)?",
    re.IGNORECASE,
)
DEFAULTS = {
    "NumberFormat": "General", "Font.Name": "Calibri", "Font.Size": 11.0, "Font.Bold": False, "Font.Italic": False,
    "Font.Underline": XL_NONE, "Font.Color": 0, "Interior.Color": None, "HorizontalAlignment": 1,
    "VerticalAlignment": -4107, "WrapText": False, "IndentLevel": 0, "Locked": True,
}  # fmt: skip


class Range(ExcelObject):
    """Cells of a sheet: one rectangle or several."""

    def __init__(self, sheet, boxes):
        self.sheet, self.boxes = sheet, list(boxes)
        self.app = sheet.book.app

    @property
    def box(self):
        return self.boxes[0]

    def cells(self):
        return [cell for box in self.boxes for cell in box.cells()]

    def used(self):
        """The cells that can differ from a fresh sheet's."""
        area = self.sheet.used()
        return [cell for box in self.boxes if (cut := box.cut(area)) for cell in cut.cells()]

    def change(self):
        """Refuse on a protected sheet."""
        if self.sheet.protected:
            raise ExcelError(
                "The cell or chart you're trying to change is on a protected sheet. To make a change, unprotect it."
            )

    # where it is

    @member("get Address(RowAbsolute?: variant, ColumnAbsolute?: variant, ReferenceStyle?: variant, "
            "External?: variant, RelativeTo?: variant): string")  # fmt: skip
    def address_text(self, row=ABSENT, column=ABSENT, _style=ABSENT, external=ABSENT, _relative=ABSENT):
        fixed = "$" if (row is ABSENT or row) and (column is ABSENT or column) else ""
        text = ",".join(box.address(fixed) for box in self.boxes)
        if external is not ABSENT and external:
            book = self.sheet.book.name
            return "'" + f"[{book}]{self.sheet.name}".replace("'", "''") + f"'!{text}"
        return text if len(text) <= grid.LONGEST_ADDRESS else text[: text.rindex(",", 0, grid.LONGEST_ADDRESS)]

    @member("get Row: long")
    def row(self):
        return self.box.row

    @member("get Column: long")
    def column(self):
        return self.box.column

    @member("get Count: long")
    def count(self):
        found = self.count_large()
        if found > 2**31 - 1:
            raise ExcelError("Overflow")
        return int(found)

    @member("get CountLarge: variant")
    def count_large(self):
        return float(sum((b.last_row - b.row + 1) * (b.last_column - b.column + 1) for b in self.boxes))

    @member("get Worksheet: object", "get Parent: object")
    def worksheet(self):
        return self.sheet

    @member("get Application: object")
    def application(self):
        return self.app

    @member("get Rows: object")
    def rows(self):
        return Rows(self.sheet, [self.box])

    @member("get Columns: object")
    def columns(self):
        return Columns(self.sheet, [self.box])

    @member("get Cells: object")
    def all_cells(self):
        return self

    @member("get _Default(RowIndex?: variant, ColumnIndex?: variant): object",
            "get Item(RowIndex: variant, ColumnIndex?: variant): object")  # fmt: skip
    def item(self, row, column):
        if column is ABSENT:
            width = self.box.last_column - self.box.column + 1
            row, column = (int(row) - 1) // width + 1, (int(row) - 1) % width + 1
        row, column = self.box.row + int(row) - 1, self.box.column + int(column) - 1
        if not (1 <= row <= grid.ROWS and 1 <= column <= grid.COLUMNS):
            raise ExcelError("Application-defined or object-defined error")
        return Range(self.sheet, [Box(row, column, row, column)])

    @member("get Resize(RowSize?: variant, ColumnSize?: variant): object")
    def resize(self, rows, columns):
        box = self.box
        last_row = box.last_row if rows is ABSENT else box.row + rows - 1
        last_column = box.last_column if columns is ABSENT else box.column + columns - 1
        return Range(self.sheet, [Box(box.row, box.column, last_row, last_column)])

    @member("get Areas: object")
    def areas(self):
        return Areas([Range(self.sheet, [box]) for box in self.boxes])

    @member("get _NewEnum: enumerator")
    def enumerator(self):
        return Enumerator([Range(self.sheet, [Box(i, j, i, j)]) for i, j in self.cells()])

    @member("get EntireRow: object")
    def entire_row(self):
        return Range(self.sheet, [Box(box.row, 1, box.last_row, grid.COLUMNS) for box in self.boxes])

    @member("get CurrentRegion: object")
    def current_region(self):
        box, content = self.box, self.sheet.cells.content
        while True:
            around = Box(max(box.row - 1, 1), max(box.column - 1, 1), box.last_row + 1, box.last_column + 1)
            filled = [cell for cell in around.cells() if cell in content]
            rows, columns = [i for i, _ in filled], [j for _, j in filled]
            last_row, last_column = max([box.last_row, *rows]), max([box.last_column, *columns])
            grown = Box(min([box.row, *rows]), min([box.column, *columns]), last_row, last_column)
            if grown == box:
                return Range(self.sheet, [box])
            box = grown

    @member("get Left: variant")
    def left(self):
        return sum(self.sheet.width_of(j) for j in range(1, self.box.column)) * 1.0

    @member("get Top: variant")
    def top(self):
        return sum(self.sheet.height_of(i) for i in range(1, self.box.row)) * 1.0

    @member("method SpecialCells(Type: long, Value?: variant): object")
    def special_cells(self, kind, _value):
        if self.sheet.protected or kind != VISIBLE:
            raise ExcelError("No cells were found." if kind != VISIBLE else "The sheet is protected.")
        hidden, shown = self.sheet.cells.hidden, []
        for box in self.boxes:
            last = min(box.last_row, self.sheet.used().last_row)
            for row in (row for row in range(box.row, last + 1) if row not in hidden):
                if shown and shown[-1].last_row == row - 1 and shown[-1].column == box.column:
                    shown[-1] = Box(shown[-1].row, box.column, row, box.last_column)
                else:
                    shown.append(Box(row, box.column, row, box.last_column))
        return Range(self.sheet, shown)

    @member("method Select: variant", "method Activate: variant")
    def select(self):
        if self.sheet.book.active is not self.sheet:
            raise ExcelError("Select method of Range class failed")
        self.sheet.selection = list(self.boxes)
        return True

    # content

    def read(self, what):
        """What a property gives: one value for one cell, else rows of the first area."""
        box = self.box.cut(self.sheet.used(content=True)) if (self.box.last_row - self.box.row) > 5000 else self.box
        rows = tuple(
            tuple(what((i, j)) for j in range(self.box.column, self.box.last_column + 1))
            for i in range(self.box.row, self.box.last_row + 1)
        ) if box == self.box else ((None,),)  # fmt: skip
        return rows[0][0] if (self.box.row, self.box.column) == (self.box.last_row, self.box.last_column) else rows

    @member("get Value(RangeValueDataType?: variant): variant")
    def value(self, _kind):
        return self.read(self.sheet.typed)

    @member("get Value2: variant")
    def value2(self):
        return self.read(self.sheet.plain)

    @member("put Value: variant", "put Value2: variant", "put Formula: variant", "put Formula2: variant")
    def put(self, lcid, given):
        self.change()
        rows = given if isinstance(given, tuple) else ((given,),)
        for box in self.boxes:
            height, width = box.last_row - box.row + 1, box.last_column - box.column + 1
            if isinstance(given, tuple) and (len(rows), len(rows[0])) != (height, width):
                raise ExcelError(f"{len(rows)} x {len(rows[0])} values for {height} x {width} cells")
            for i, j in box.cells():
                value = rows[i - box.row][j - box.column] if isinstance(given, tuple) else given
                self.sheet.put((i, j), value, lcid)

    @member("get Formula: variant", "get Formula2: variant")
    def formula(self, lcid):
        language = self.app.language_of(lcid)
        return self.read(lambda cell: self.sheet.formula_text(cell, language))

    @member("get FormulaLocal: variant", "get Formula2Local: variant")
    def formula_local(self):
        return self.read(lambda cell: self.sheet.formula_text(cell, self.app.language))

    @member("method ClearContents: variant")
    def clear_contents(self):
        self.change()
        for cell in self.used():
            self.sheet.cells.content.pop(cell, None)
            self.sheet.cells.values.pop(cell, None)
        for table in self.sheet.tables.tables:
            table.name_headers()

    @member("method ClearFormats: variant")
    def clear_formats(self):
        self.change()
        for cell in self.used():
            self.sheet.cells.looks.pop(cell, None)
            self.sheet.cells.lines.pop(cell, None)
            self.sheet.cells.lines.pop((cell[0] - 1, cell[1]), None)
        self.sheet.cells.conditions = grid.without(self.sheet.cells.conditions, self.boxes)
        self.unmerge()

    @member("method Merge(Across?: variant): variant")
    def merge(self, across):
        self.change()
        parts = self.boxes
        if across is not ABSENT and across:
            parts = [Box(i, b.column, i, b.last_column) for b in self.boxes for i in range(b.row, b.last_row + 1)]
        for box in parts:
            if any(box.cut(table.box) for table in self.sheet.tables.tables):
                raise ExcelError("We can't merge cells in a table")
            if any(cell in self.sheet.cells.content for cell in list(box.cells())[1:]):
                raise ExcelError("Merging cells only keeps the upper-left value and discards other values")
            self.sheet.cells.merges = [one for one in self.sheet.cells.merges if not one.cut(box)]
            if (box.row, box.column) != (box.last_row, box.last_column):
                self.sheet.cells.merges.append(box)

    @member("method UnMerge: variant")
    def unmerge(self):
        self.change()
        merges = self.sheet.cells.merges
        self.sheet.cells.merges = [one for one in merges if not any(one.cut(box) for box in self.boxes)]

    @member("method Copy(Destination?: null|variant): variant")
    def copy(self, destination):
        if destination is not ABSENT:
            raise ExcelError("the macros do not copy to a destination")
        if len(self.boxes) > 1:
            raise ExcelError("This action won't work on multiple selections.")
        self.app.clipboard = Range(self.sheet, self.boxes)
        return True

    @member("method PasteSpecial(Paste?: long, Operation?: long, SkipBlanks?: variant, Transpose?: variant): variant")
    def paste_special(self, what, operation, skip, transpose):
        source = self.app.clipboard
        if source is None:
            raise ExcelError("PasteSpecial method of Range class failed")
        if operation not in (ABSENT, XL_NONE) or skip or transpose:
            raise ExcelError("the macros paste as it is")
        self.change()
        box, origin = self.box, source.box
        down, right = box.row - origin.row, box.column - origin.column
        if down or right or (box.last_row - box.row, box.last_column - box.column) != (
            origin.last_row - origin.row, origin.last_column - origin.column):  # fmt: skip
            raise ExcelError("the macros paste into the same place of another sheet")
        {FORMULAS: self._paste_formulas, FORMATS: self._paste_formats, VALIDATION: self._paste_rules}[what](source)
        return True

    def _paste_formulas(self, source):
        for cell in {*source.used(), *self.used()}:
            if not self.box.holds(*cell):
                continue
            mine, other = self.sheet.cells, source.sheet.cells
            for ours, theirs in ((mine.content, other.content), (mine.values, other.values)):
                ours.pop(cell, None)
                if cell in theirs:
                    value = theirs[cell]
                    if isinstance(value, tuple):  # a reference to the sheet itself stays one
                        value = ("=", grid.renamed(value[1], source.sheet.name, self.sheet.name))
                    ours[cell] = value
        for table in self.sheet.tables.tables:
            table.name_headers()

    def _paste_formats(self, source):
        mine, theirs, box = self.sheet.cells, source.sheet.cells, self.box
        above = Box(max(box.row - 1, 0), box.column, box.last_row, box.last_column)
        for ours, other, place in ((mine.looks, theirs.looks, box), (mine.lines, theirs.lines, above)):
            for cell in [cell for cell in ours if place.holds(*cell)]:
                del ours[cell]
            ours.update({cell: dict(look) for cell, look in other.items() if place.holds(*cell)})
        mine.merges = [one for one in mine.merges if not one.cut(box)]
        mine.merges += [one for one in theirs.merges if one.cut(box)]
        mine.conditions = grid.without(mine.conditions, [box])
        mine.conditions += grid.without(copy.deepcopy(theirs.conditions), grid.EVERYTHING.less(box))

    def _paste_rules(self, source):
        mine, box = self.sheet.cells, self.box
        mine.rules = grid.without(mine.rules, [box])
        mine.rules += grid.without(copy.deepcopy(source.sheet.cells.rules), grid.EVERYTHING.less(box))

    @member("method Cut(Destination?: variant): variant")
    def cut(self, destination):
        self.change()
        target = destination.box
        down, right = target.row - self.box.row, target.column - self.box.column
        for store in (self.sheet.cells.content, self.sheet.cells.looks, self.sheet.cells.values):
            taken = {cell: store.pop(cell) for cell in list(store) if self.box.holds(*cell)}
            store.update({(i + down, j + right): value for (i, j), value in taken.items()})
        return True

    # looks

    def look(self, name):
        """A property that all cells have, null where they differ."""
        looks = self.sheet.cells.looks
        cells = self.used() if len(self.boxes) > 1 or self.count_large() > 1 else self.cells()
        found = {looks.get(cell, {}).get(name, DEFAULTS[name]) for cell in cells} or {DEFAULTS[name]}
        if len(cells) < self.count_large():
            found.add(DEFAULTS[name])
        return found.pop() if len(found) == 1 else NULL

    def set_look(self, name, value):
        self.change()
        looks = self.sheet.cells.looks
        for cell in self.cells():
            look = looks.setdefault(cell, {})
            if value == DEFAULTS[name]:
                look.pop(name, None)
            else:
                look[name] = value
            if not look:
                del looks[cell]

    @member("get NumberFormat: variant")
    def number_format(self):
        return self.look("NumberFormat")

    @member("put NumberFormat: string")
    def set_number_format(self, lcid, code):
        self.set_look("NumberFormat", self.app.language_of(lcid).english_format(code))

    @member("get HorizontalAlignment: variant")
    def horizontal(self):
        return self.look("HorizontalAlignment")

    @member("put HorizontalAlignment: long")
    def set_horizontal(self, value):
        if value not in HORIZONTAL:
            raise ExcelError("Unable to set the HorizontalAlignment property of the Range class")
        self.set_look("HorizontalAlignment", value)

    @member("get VerticalAlignment: variant")
    def vertical(self):
        return self.look("VerticalAlignment")

    @member("put VerticalAlignment: long")
    def set_vertical(self, value):
        if value not in VERTICAL:
            raise ExcelError("Unable to set the VerticalAlignment property of the Range class")
        self.set_look("VerticalAlignment", value)

    @member("get WrapText: variant")
    def wrap(self):
        return self.look("WrapText")

    @member("put WrapText: boolean")
    def set_wrap(self, value):
        self.set_look("WrapText", bool(value))

    @member("get IndentLevel: variant")
    def indent(self):
        return self.look("IndentLevel")

    @member("put IndentLevel: long")
    def set_indent(self, value):
        if not 0 <= value <= 15:
            raise ExcelError("Unable to set the IndentLevel property of the Range class")
        self.set_look("IndentLevel", value)

    @member("get Font: object")
    def font(self):
        return Font(self)

    @member("get Interior: object")
    def interior(self):
        return Interior(self)

    @member("get Borders: object")
    def borders(self):
        return Borders(self)

    @member("get ColumnWidth: variant")
    def column_width(self):
        found = {self.sheet.cells.widths.get(j, 8.43) for b in self.boxes for j in range(b.column, b.last_column + 1)}
        return found.pop() if len(found) == 1 else NULL

    @member("put ColumnWidth: double")
    def set_column_width(self, value):
        self.change()
        if not 0 <= value <= 255:
            raise ExcelError("Unable to set the ColumnWidth property of the Range class")
        for box in self.boxes:
            self.sheet.cells.widths.update(dict.fromkeys(range(box.column, box.last_column + 1), value))

    @member("get RowHeight: variant")
    def row_height(self):
        found = {self.sheet.height_of(i) for b in self.boxes for i in range(b.row, b.last_row + 1)}
        return found.pop() if len(found) == 1 else NULL

    @member("put RowHeight: double")
    def set_row_height(self, value):
        self.change()
        if not 0 <= value <= 409:
            raise ExcelError("Unable to set the RowHeight property of the Range class")
        for box in self.boxes:
            self.sheet.cells.heights.update(dict.fromkeys(range(box.row, box.last_row + 1), value))

    @member("get Hidden: variant")
    def hidden(self):
        return all(i in self.sheet.cells.hidden for b in self.boxes for i in range(b.row, b.last_row + 1))

    # what hangs on it

    @member("get FormatConditions: object")
    def format_conditions(self):
        return FormatConditions(self)

    @member("get Validation: object")
    def validation(self):
        return Validation(self)

    @member("get ListObject: object")
    def list_object(self):
        return next((table for table in self.sheet.tables.tables if table.box.cut(self.box)), None)

    @member("get Comment: object")
    def comment(self):
        return None if (text := self.sheet.cells.comments.get(self.box)) is None else Comment(text)

    @member("method AddComment(Text?: variant): object")
    def add_comment(self, text):
        self.sheet.cells.comments[self.box] = text
        return Comment(text)


class Rows(Range):
    """The rows of a range."""

    @member("get Count: long")
    def count(self):
        return self.box.last_row - self.box.row + 1

    @member("get _Default(RowIndex?: variant, ColumnIndex?: variant): object")
    def item(self, index, _column):
        row = self.box.row + int(index) - 1
        return Range(self.sheet, [Box(row, self.box.column, row, self.box.last_column)])


class Columns(Range):
    """The columns of a range."""

    @member("get Count: long")
    def count(self):
        return self.box.last_column - self.box.column + 1

    @member("get _Default(RowIndex?: variant, ColumnIndex?: variant): object")
    def item(self, index, _column):
        place = self.box.column + int(index) - 1
        return Range(self.sheet, [Box(self.box.row, place, self.box.last_row, place)])


class Areas(Sequence):
    """The rectangles of a range."""

    def __init__(self, ranges):
        self.ranges = ranges

    def items(self):
        return self.ranges


class Comment(ExcelObject):
    """A note."""

    def __init__(self, text):
        self.text = text

    @member("method Text(Text?: variant, Start?: variant, Overwrite?: variant): string")
    def say(self, *_):
        return self.text


class Font(ExcelObject):
    """The font of cells."""

    def __init__(self, cells):
        self.cells = cells

    @member("get Name: variant")
    def name(self):
        return self.cells.look("Font.Name")

    @member("put Name: string")
    def set_name(self, value):
        self.cells.set_look("Font.Name", value)

    @member("get Size: variant")
    def size(self):
        return self.cells.look("Font.Size")

    @member("put Size: double")
    def set_size(self, value):
        if not 1 <= value <= 409:
            raise ExcelError("Unable to set the Size property of the Font class")
        self.cells.set_look("Font.Size", float(value))

    @member("get Bold: variant")
    def bold(self):
        return self.cells.look("Font.Bold")

    @member("put Bold: boolean")
    def set_bold(self, value):
        self.cells.set_look("Font.Bold", bool(value))

    @member("get Italic: variant")
    def italic(self):
        return self.cells.look("Font.Italic")

    @member("put Italic: boolean")
    def set_italic(self, value):
        self.cells.set_look("Font.Italic", bool(value))

    @member("get Underline: variant")
    def underline(self):
        return self.cells.look("Font.Underline")

    @member("put Underline: long")
    def set_underline(self, value):
        if value not in (XL_NONE, 2, 4, 5, -4119):
            raise ExcelError("Unable to set the Underline property of the Font class")
        self.cells.set_look("Font.Underline", value)

    @member("get Color: variant")
    def color(self):
        return self.cells.look("Font.Color")

    @member("put Color: long")
    def set_color(self, value):
        self.cells.set_look("Font.Color", colored(value))


class Interior(ExcelObject):
    """The fill of cells."""

    def __init__(self, cells):
        self.cells = cells

    @member("get Color: variant")
    def color(self):
        found = self.cells.look("Interior.Color")
        return 0xFFFFFF if found is None else found

    @member("put Color: long")
    def set_color(self, value):
        self.cells.set_look("Interior.Color", colored(value))

    @member("get ColorIndex: variant")
    def color_index(self):
        return XL_NONE if self.cells.look("Interior.Color") is None else 1


def colored(value):
    if not 0 <= value <= 0xFFFFFF:
        raise ExcelError("Unable to set the Color property")
    return int(value)


class Borders(ExcelObject):
    """The sides of cells."""

    def __init__(self, cells):
        self.cells = cells

    @member("get _Default(Index: long): object", "get Item(Index: long): object")
    def item(self, index):
        if index not in BORDERS:
            raise ExcelError("Unable to get the Borders property of the Range class")
        return Border(self.cells, index)


class Border(ExcelObject):
    """One side of cells; horizontal lines are kept with the cell above them."""

    def __init__(self, cells, side):
        self.cells, self.side = cells, side

    def _places(self):
        for box in self.cells.boxes:
            rows = {
                EDGE_TOP: [box.row - 1], EDGE_BOTTOM: [box.last_row], INSIDE_HORIZONTAL: range(box.row, box.last_row)
            }.get(self.side, [])  # fmt: skip
            yield from ((i, j) for i in rows for j in range(box.column, box.last_column + 1))

    def _set(self, name, value):
        self.cells.change()
        if self.side not in (EDGE_TOP, EDGE_BOTTOM, INSIDE_HORIZONTAL):
            raise ExcelError("the macros draw horizontal lines")
        for cell in self._places():
            line = self.cells.sheet.cells.lines.setdefault(cell, {"Color": 0, "Weight": 2, "LineStyle": 1})
            line[name] = value

    @member("put Color: long")
    def set_color(self, value):
        self._set("Color", colored(value))

    @member("put Weight: long")
    def set_weight(self, value):
        if value not in (1, 2, 4, -4138):
            raise ExcelError("Unable to set the Weight property of the Border class")
        self._set("Weight", value)

    @member("put LineStyle: long")
    def set_style(self, value):
        if value not in (1, -4115, 4, 5, -4118, -4119, 13, XL_NONE):
            raise ExcelError("Unable to set the LineStyle property of the Border class")
        self._set("LineStyle", value)


class FormatConditions(Sequence):
    """The conditional formats of cells, in order of priority."""

    def __init__(self, cells):
        self.cells = cells

    def items(self):
        every = self.cells.sheet.cells.conditions
        return [
            FormatCondition(self.cells.sheet, one)
            for one in every
            if any(box.cut(mine) for box in one.boxes for mine in self.cells.boxes)
        ]

    @member("method Add(Type: long, Operator?: variant, Formula1?: variant, Formula2?: variant): object")
    def add(self, kind, operator, formula, second):
        """The formula is read in the language of the menus, as seen from the active cell."""
        cells, app = self.cells, self.cells.app
        cells.change()
        if kind != EXPRESSION or operator is not ABSENT or second is not ABSENT:
            raise ExcelError("the macros add rules by formula")
        if not isinstance(formula, str) or not formula.startswith("="):
            raise ExcelError("Invalid procedure call or argument")
        if len(formula) > grid.LONGEST_ADDRESS:
            raise ExcelError("Invalid procedure call or argument")
        english = grid.written(app.typed_formula(formula[1:]))
        if "!" in english:
            raise ExcelError("You may not use references to other worksheets")
        active = app.active_cell()
        first = cells.boxes[0]
        seen = grid.moved(english, first.row - active.row, first.column - active.column)
        made = Condition(list(cells.boxes), seen)
        cells.sheet.cells.conditions.append(made)
        return FormatCondition(cells.sheet, made)

    @member("method Delete")
    def delete(self):
        self.cells.change()
        sheet = self.cells.sheet
        sheet.cells.conditions = grid.without(sheet.cells.conditions, self.cells.boxes)


class FormatCondition(ExcelObject):
    """One conditional format."""

    def __init__(self, sheet, condition):
        self.sheet, self.condition = sheet, condition

    @member("get Type: long")
    def kind(self):
        return EXPRESSION

    @member("get Formula1: string")
    def formula(self):
        return "=" + self.sheet.book.app.language.localized(self.condition.formula)

    @member("get StopIfTrue: boolean")
    def stop(self):
        return self.condition.look.get("stop", True)

    @member("put StopIfTrue: boolean")
    def set_stop(self, value):
        self.condition.look["stop"] = bool(value)

    @member("get Font: object")
    def font(self):
        return ConditionColor(self.condition.look, "font")

    @member("get Interior: object")
    def interior(self):
        return ConditionColor(self.condition.look, "fill")

    @member("method SetFirstPriority")
    def first(self):
        every = self.sheet.cells.conditions
        every.remove(self.condition)
        every.insert(0, self.condition)


class ConditionColor(ExcelObject):
    """Font or fill of a conditional format."""

    def __init__(self, look, name):
        self.look, self.name = look, name

    @member("put Color: long")
    def set_color(self, value):
        self.look[self.name] = colored(value)


class Validation(ExcelObject):
    """The data validation of cells."""

    def __init__(self, cells):
        self.cells = cells

    def _rules(self):
        every = self.cells.sheet.cells.rules
        return [one for one in every if any(a.cut(b) for a in one.boxes for b in self.cells.boxes)]

    def _one(self):
        rules = self._rules()
        if len(rules) != 1:
            raise ExcelError("Application-defined or object-defined error")
        return rules[0]

    @member("get Type: long")
    def kind(self):
        return self._one().kind

    @member("get InCellDropdown: boolean")
    def dropdown(self):
        return self._one().details["InCellDropdown"]

    @member("put InCellDropdown: boolean")
    def set_dropdown(self, value):
        self._one().details["InCellDropdown"] = bool(value)

    @member("put ShowError: boolean")
    def set_error(self, value):
        self._one().details["ShowError"] = bool(value)

    @member("method Add(Type: long, AlertStyle?: variant, Operator?: variant, Formula1?: variant, Formula2?: variant)")
    def add(self, kind, _alert, _operator, formula, _second):
        self.cells.change()
        if self._rules() or kind != LIST or not isinstance(formula, str) or not formula:
            raise ExcelError("Application-defined or object-defined error")
        if len(formula) > grid.LONGEST_ADDRESS:
            raise ExcelError("Application-defined or object-defined error")
        if formula.startswith("="):
            source = "=" + grid.written(self.cells.app.typed_formula(formula[1:]), self.cells.sheet.book)
        else:  # which character parts the values of a list depends on the country, in ways that nobody has written down
            raise ExcelError("A list is only safe in every country if it stands in cells")
        self.cells.sheet.cells.rules.append(Rule(list(self.cells.boxes), kind, source, {"InCellDropdown": True}))

    @member("method Delete")
    def delete(self):
        self.cells.change()
        sheet = self.cells.sheet
        sheet.cells.rules = grid.without(sheet.cells.rules, self.cells.boxes)


def typed(value, code, formula):
    """What ``Value`` gives: dates and currencies have types of their own."""
    if isinstance(value, float) and not formula:
        bare = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", code)
        if re.search(r"[ymdhs]", bare, re.IGNORECASE) and code != "General":
            return Date(value)
        if re.search(r"[$€£]", re.sub(r"\\", "", code)):
            return decimal.Decimal(repr(round(value, 4)))
    return value


def parsed(text, code, language, menus):
    """What becomes of a text that is put into a cell: Excel reads it as if it were typed.

    Args:
        text: The text.
        code: Number format of the cell.
        language: Language of the call.
        menus: Language of the menus.

    Returns:
        The value, or ``("=", formula)``.
    """
    if len(text) > grid.LONGEST_TEXT:
        raise ExcelError("A cell holds at most 32,767 characters")
    if text.startswith("'"):
        return text[1:]
    if code == "@" or not text:
        return text
    if text.startswith("=") and len(text) > 1:
        return "=", language.english(text[1:])
    if text[0] in "+-@" and len(text) > 1 and not LOOKS_LIKE_NUMBER.fullmatch(text):
        raise ExcelError(f"There is a problem with this formula: {text}")
    upper = text.upper()
    truths = {one.names[word]: word == "TRUE" for one in (language, menus) for word in ("TRUE", "FALSE")}
    if upper in truths:
        return truths[upper]
    if upper in ERRORS:
        return Error(ERRORS[upper])
    if LOOKS_LIKE_NUMBER.fullmatch(text):
        return 0.5  # some number: whoever meant the text has lost it
    return text


def checked(value):
    """A value that Excel takes."""
    if value is NULL or value is UNSUPPORTED or isinstance(value, ExcelObject):
        raise ExcelError("Application-defined or object-defined error")
    if value is EMPTY or value is ABSENT:
        return None
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        raise ExcelError("Application-defined or object-defined error")
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
