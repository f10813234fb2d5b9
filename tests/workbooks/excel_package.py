"""A workbook read as Excel's rules speak of it: parts, relationships, sheets, tables, formulas."""

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass
from functools import cached_property
from xml.etree import ElementTree as ET

from openpyxl.utils import column_index_from_string

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
X14 = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}"
XM = "{http://schemas.microsoft.com/office/excel/2006/main}"

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384

_CELL = re.compile(r"\$?([A-Z]{1,3})\$?([1-9]\d*)")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TYPE_OF = {
    "table": "table", "drawing": "drawing", "chart": "chart", "comments": "comments", "worksheet": "worksheet",
    "styles": "styles", "sharedStrings": "sharedStrings", "sheetMetadata": "sheetMetadata", "calcChain": "calcChain",
    "vbaProject": "vbaProject", "extensibility": "extensibility", "officeDocument": "officeDocument",
    "core-properties": "core",
}  # fmt: skip


def units(text):
    """Length as Excel counts it: UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def unescaped(text):
    """What Excel reads of a text with its escapes (ST_Xstring)."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def cell(address):
    """Row and column of an address, counted from 1; None if it is none."""
    match = _CELL.fullmatch(address)
    if match is None:
        return None
    row, column = int(match[2]), column_index_from_string(match[1])
    return (row, column) if row <= MOST_ROWS and column <= MOST_COLUMNS else None


def area(address):
    """A rectangle ``(row, column, last_row, last_column)``; None if it is none."""
    first, _, last = address.partition(":")
    start, end = cell(first), cell(last or first)
    if start is None or end is None or start[0] > end[0] or start[1] > end[1]:
        return None
    return (*start, *end)


def areas(sqref):
    """The rectangles of a list of references."""
    return [area(one) for one in sqref.split()]


def overlap(one, other):
    """Whether two rectangles have a cell in common."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def overlapping(rectangles):
    """Pairs of rectangles with a cell in common."""
    ordered = sorted(rectangles)
    for i, one in enumerate(ordered):
        for other in ordered[i + 1 :]:
            if other[0] > one[2]:
                break
            if overlap(one, other):
                yield one, other


@dataclass(frozen=True)
class Relation:
    """One relationship of a part."""

    id: str
    kind: str
    target: str
    external: bool


@dataclass(frozen=True)
class Cell:
    """A cell as its element says."""

    address: str
    kind: str
    style: int
    value: str | None
    formula: str | None
    element: ET.Element


class Sheet:
    """One worksheet with what belongs to it."""

    def __init__(self, package, element):
        self.package = package
        self.element = element
        self.name = element.get("name")
        self.state = element.get("state", "visible")
        relation = package.relation(package.workbook_part, element.get(f"{RELATION}id"))
        self.part = relation.target if relation else None

    @cached_property
    def root(self):
        return self.package.xml(self.part)

    @cached_property
    def cells(self):
        """Every cell, in the order of the file."""
        found = []
        for one in self.root.iter(f"{MAIN}c"):
            formula, value = one.find(f"{MAIN}f"), one.find(f"{MAIN}v")
            found.append(
                Cell(
                    one.get("r"),
                    one.get("t", "n"),
                    int(one.get("s", "0")),
                    None if value is None else value.text or "",
                    None if formula is None else formula.text or "",
                    one,
                )
            )
        return found

    @cached_property
    def by_address(self):
        return {one.address: one for one in self.cells}

    @cached_property
    def by_place(self):
        return {cell(one.address): one for one in self.cells}

    @cached_property
    def tables(self):
        """Part and root of each table."""
        targets = [one.target for one in self.package.relations(self.part) if one.kind == "table"]
        return [(target, self.package.xml(target)) for target in targets if target in self.package.parts]

    @cached_property
    def merges(self):
        return [area(one.get("ref")) for one in self.root.iter(f"{MAIN}mergeCell")]

    def text(self, one):
        """The text of a cell, None if it holds none."""
        if one.kind == "s":
            strings = self.package.strings
            return strings[int(one.value)] if int(one.value) < len(strings) else None
        if one.kind == "inlineStr":
            return unescaped("".join(part.text or "" for part in one.element.iter(f"{MAIN}t")))
        return unescaped(one.value) if one.kind == "str" and one.value is not None else None


class Package:
    """The parts of a workbook and how they hang together."""

    def __init__(self, parts):
        self.parts = dict(parts)
        self._xml = {}
        self._relations = {}

    @classmethod
    def of(cls, path):
        with zipfile.ZipFile(path) as package:
            return cls((name, package.read(name)) for name in package.namelist())

    def packed(self):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as package:
            for name, content in self.parts.items():
                package.writestr(name, content)
        return made.getvalue()

    def xml(self, name):
        """Root of a part; raises where it is no XML or not there."""
        if name not in self._xml:
            self._xml[name] = ET.fromstring(self.parts[name])
        return self._xml[name]

    def relations(self, part):
        """Relationships of a part, ``""`` for the package."""
        if part not in self._relations:
            folder, name = posixpath.split(part)
            file = posixpath.join(folder, "_rels", f"{name}.rels") if part else "_rels/.rels"
            found = []
            if file in self.parts:
                for one in self.xml(file):
                    target, external = one.get("Target"), one.get("TargetMode") == "External"
                    if not external:
                        target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                    kind = one.get("Type").rpartition("/")[2]
                    found.append(Relation(one.get("Id"), _TYPE_OF.get(kind, kind), target, external))
            self._relations[part] = found
        return self._relations[part]

    def relation(self, part, relation_id):
        return next((one for one in self.relations(part) if one.id == relation_id), None)

    def target(self, part, kind):
        """Root of the one part of a kind that a part leads to, None without one."""
        found = next((one.target for one in self.relations(part) if one.kind == kind), None)
        return self.xml(found) if found in self.parts else None

    @cached_property
    def workbook_part(self):
        return next((one.target for one in self.relations("") if one.kind == "officeDocument"), "xl/workbook.xml")

    @cached_property
    def workbook(self):
        return self.xml(self.workbook_part)

    @cached_property
    def sheets(self):
        return [Sheet(self, one) for one in self.workbook.iter(f"{MAIN}sheet")]

    @cached_property
    def names(self):
        return list(self.workbook.iter(f"{MAIN}definedName"))

    @cached_property
    def strings(self):
        root = self.target(self.workbook_part, "sharedStrings")
        items = [] if root is None else root.findall(f"{MAIN}si")
        return [unescaped("".join(part.text or "" for part in one.iter(f"{MAIN}t"))) for one in items]

    @cached_property
    def styles(self):
        return self.target(self.workbook_part, "styles")

    def style_count(self, element):
        found = self.styles.find(f"{MAIN}{element}")
        return 0 if found is None else len(found)

    @cached_property
    def table_names(self):
        return {root.get("displayName", "") for sheet in self.sheets for _, root in sheet.tables}

    @cached_property
    def formulas(self):
        """Every formula with its place: of cells, names, formats, validations, sparklines and charts."""
        found = []
        for sheet in self.sheets:
            found += [(f"{sheet.name}!{one.address}", unescaped(one.formula)) for one in sheet.cells if one.formula]
            for tag in ("cfRule", "dataValidation"):
                for rule in sheet.root.iter(f"{MAIN}{tag}"):
                    for one in rule:
                        if one.tag in {f"{MAIN}formula", f"{MAIN}formula1", f"{MAIN}formula2"}:
                            found.append((f"{sheet.name} {tag}", unescaped(one.text or "")))
            found += [(f"{sheet.name} {X14}", one.text or "") for one in sheet.root.iter(f"{XM}f")]
        found += [(f"name {one.get('name')}", unescaped(one.text or "")) for one in self.names]
        for part in self.parts:
            if part.startswith("xl/charts/chart"):
                found += [(part, one.text or "") for one in self.xml(part).iter(f"{CHART}f")]
        return found
