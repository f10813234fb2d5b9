"""Cells without COM: addresses, what a sheet holds, how formulas follow when cells or sheets move."""

import re
from dataclasses import dataclass, field

from .com_objects import ExcelError
from .languages import TOKEN

ROWS, COLUMNS = 1_048_576, 16_384
LONGEST_TEXT, LONGEST_FORMULA, LONGEST_ADDRESS = 32_767, 8_192, 255
REFERENCE = re.compile(r"(\$?)([A-Z]{1,3})(\$?)(\d{1,7})")
_PART = re.compile(r"\$?([A-Z]{1,3})?\$?(\d{1,7})?")


@dataclass(frozen=True, order=True)
class Box:
    """A rectangle, counted from 1, its last row and column included."""

    row: int
    column: int
    last_row: int
    last_column: int

    def cells(self):
        return ((i, j) for i in range(self.row, self.last_row + 1) for j in range(self.column, self.last_column + 1))

    def holds(self, row, column):
        return self.row <= row <= self.last_row and self.column <= column <= self.last_column

    def cut(self, other):
        """The common part, None if there is none."""
        row, column = max(self.row, other.row), max(self.column, other.column)
        last_row, last_column = min(self.last_row, other.last_row), min(self.last_column, other.last_column)
        return Box(row, column, last_row, last_column) if row <= last_row and column <= last_column else None

    def less(self, other):
        """What is left without another, in up to four parts."""
        common = self.cut(other)
        if common is None:
            return [self]
        parts = []
        if self.row < common.row:
            parts.append(Box(self.row, self.column, common.row - 1, self.last_column))
        if common.last_row < self.last_row:
            parts.append(Box(common.last_row + 1, self.column, self.last_row, self.last_column))
        if self.column < common.column:
            parts.append(Box(common.row, self.column, common.last_row, common.column - 1))
        if common.last_column < self.last_column:
            parts.append(Box(common.row, common.last_column + 1, common.last_row, self.last_column))
        return parts

    def address(self, fixed="$"):
        if (self.row, self.last_row) == (1, ROWS):
            return f"{fixed}{letters(self.column)}:{fixed}{letters(self.last_column)}"
        if (self.column, self.last_column) == (1, COLUMNS):
            return f"{fixed}{self.row}:{fixed}{self.last_row}"
        first = f"{fixed}{letters(self.column)}{fixed}{self.row}"
        last = f"{fixed}{letters(self.last_column)}{fixed}{self.last_row}"
        return first if first == last else f"{first}:{last}"


EVERYTHING = Box(1, 1, ROWS, COLUMNS)


def letters(column):
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def number(text):
    found = 0
    for letter in text:
        found = found * 26 + ord(letter) - 64
    return found


def boxes_of(address):
    """The rectangles of an address as ``Range`` takes it."""
    if len(address) > LONGEST_ADDRESS:
        raise ExcelError("Method 'Range' failed: the address is longer than 255 characters")
    return [_box(part) for part in address.split(",")]


def _box(part):
    first, _, last = part.partition(":")
    corners = [_PART.fullmatch(corner) for corner in (first, last or first)]
    if not all(corners) or not all(any(corner.groups()) for corner in corners):
        raise ExcelError(f"Method 'Range' of object '_Worksheet' failed: {part}")
    columns = sorted(number(one[1]) if one[1] else place for one, place in zip(corners, (1, COLUMNS), strict=True))
    rows = sorted(int(corner[2]) if corner[2] else place for corner, place in zip(corners, (1, ROWS), strict=True))
    if rows[0] < 1 or rows[1] > ROWS or columns[1] > COLUMNS or (not last and not all(corners[0].groups())):
        raise ExcelError(f"Method 'Range' of object '_Worksheet' failed: {part}")
    return Box(rows[0], columns[0], rows[1], columns[1])


# formulas -------------------------------------------------------------------------------------------------------------


def written(formula, book=None):  # noqa: C901 - one kind of part after the other
    """A formula checked and in its usual form: sheets' names with quotes only where they need them."""
    if len(formula) > LONGEST_FORMULA:
        raise ExcelError("The formula is longer than 8,192 characters")
    depth, found, word = 0, [], ""
    for match in TOKEN.finditer(formula):
        kind, text = match.lastgroup, match[0]
        if kind == "sheet":
            name = unquoted(text[:-1])
            if book is not None:
                name = book.own(name)
            text = usual(name) + "!"
        elif kind == "text" and len(text) > LONGEST_ADDRESS + 2:
            raise ExcelError("A text in a formula is longer than 255 characters")
        elif kind == "word" and (place := REFERENCE.fullmatch(text)) and place[1] + place[3] != text:
            if int(place[4]) > ROWS or not int(place[4]):
                raise ExcelError(f"There is a problem with this formula: {text}")
        elif text in "()":
            depth += 1 if text == "(" else -1
            if depth < 0:
                break
        if text in ",)" and word in ("+", "-", "*", "/", "&", "=", "<", ">"):
            raise ExcelError("There is a problem with this formula")
        word = text
        found.append(text)
    if depth or '"' in re.sub(r'"(?:[^"]|"")*"', "", formula):
        raise ExcelError("There is a problem with this formula")
    return "".join(found)


def unquoted(name):
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def usual(name):
    """A sheet's name as Excel writes it in a formula."""
    if re.fullmatch(r"[^\W\d][\w.]*", name) and not REFERENCE.fullmatch(name.upper()):
        return name
    return "'" + name.replace("'", "''") + "'"


def renamed(formula, old, new):
    """A formula after a sheet got another name; None: after it is gone."""
    found = []
    for match in TOKEN.finditer(formula):
        if match.lastgroup == "sheet" and unquoted(match[0][:-1]).casefold() == old.casefold():
            found.append("#REF!" if new is None else usual(new) + "!")
        else:
            found.append(match[0])
    return "".join(found)


def moved(formula, down, right):
    """A formula written so many rows and columns further on: relative references follow."""
    found = []
    for match in TOKEN.finditer(formula):
        place = REFERENCE.fullmatch(match[0]) if match.lastgroup == "word" else None
        if place is None:
            found.append(match[0])
            continue
        fixed_column, column, fixed_row, row = place.groups()
        column = number(column) if fixed_column else number(column) + right
        row = int(row) if fixed_row else int(row) + down
        if not (1 <= row <= ROWS and 1 <= column <= COLUMNS):
            raise ExcelError(f"{match[0]} moved off the sheet")
        found.append(f"{fixed_column}{letters(column)}{fixed_row}{row}")
    return "".join(found)


# what a sheet holds ---------------------------------------------------------------------------------------------------


@dataclass
class Condition:
    """A conditional format; the formula as seen from the first cell of the first box."""

    boxes: list
    formula: str
    look: dict = field(default_factory=dict)


@dataclass
class Rule:
    """A data validation."""

    boxes: list
    kind: int
    source: str
    details: dict = field(default_factory=dict)


@dataclass
class Cells:
    """The content of a sheet that is copied with it.

    Attributes:
        content: Constants, and formulas as ``("=", english)``.
        looks: Cell to its formats, those that are not the default.
        lines: Row and column of the cell above a horizontal line to how it is drawn.
    """

    content: dict = field(default_factory=dict)
    values: dict = field(default_factory=dict)
    looks: dict = field(default_factory=dict)
    lines: dict = field(default_factory=dict)
    widths: dict = field(default_factory=dict)
    heights: dict = field(default_factory=dict)
    hidden: set = field(default_factory=set)
    merges: list = field(default_factory=list)
    conditions: list = field(default_factory=list)
    rules: list = field(default_factory=list)
    comments: dict = field(default_factory=dict)
    page: dict = field(default_factory=dict)
    window: dict = field(default_factory=dict)
    tab: int | None = None


def without(items, boxes):
    """Conditions or rules that no longer apply in some rectangles."""
    left = []
    for item in items:
        first = item.boxes[0]
        remaining = item.boxes
        for box in boxes:
            remaining = [part for one in remaining for part in one.less(box)]
        if remaining:
            if isinstance(item, Condition):
                start = remaining[0]
                item.formula = moved(item.formula, start.row - first.row, start.column - first.column)
            item.boxes = remaining
            left.append(item)
    return left
