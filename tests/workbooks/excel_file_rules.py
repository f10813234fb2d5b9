"""What Excel demands of a file before it opens it without "We found a problem with some content".

One function a rule: it takes a :class:`Package` and yields what offends, each with its place. The docstring names the
source: ECMA-376 (the format), MS-OI29500 (how Excel's reading of it differs), MS-XLSX (its extensions), "Limits" for
Microsoft's page "Excel specifications and limits", or the thread in which somebody found out.
"""

import posixpath
import re
from collections import Counter
from xml.etree import ElementTree as ET

from openpyxl.utils import FORMULAE

from .excel_package import (
    MAIN,
    RELATION,
    TYPES,
    area,
    cell,
    overlap,
    unescaped,
    units,
)

RULES = {}


def rules_into(listed):
    """Give the decorator that adds a rule to a list."""

    def rule(check):
        listed[check.__name__] = check
        return check

    return rule


rule = rules_into(RULES)


def repeated(values):
    """Values that occur more than once."""
    return [value for value, count in Counter(values).items() if count > 1]


# package --------------------------------------------------------------------------------------------------------------


@rule
def parts_have_a_content_type(package):
    """Every part has exactly one content type, and none is given to a part that is not there.

    ECMA-376 part 2, 7.2.3; a part that ``[Content_Types].xml`` does not register makes Excel repair (exceljs 106).
    """
    root = package.xml("[Content_Types].xml")
    endings = [one.get("Extension").lower() for one in root.findall(f"{TYPES}Default")]
    named = [one.get("PartName") for one in root.findall(f"{TYPES}Override")]
    yield from (f"{name} twice" for name in repeated([*endings, *map(str.lower, named)]))
    yield from (f"{name} is not there" for name in named if name.lstrip("/") not in package.parts)
    for part in package.parts:
        if part != "[Content_Types].xml" and f"/{part}" not in named and part.rpartition(".")[2].lower() not in endings:
            yield f"{part} has none"


_KINDS = {
    "worksheet": "spreadsheetml.worksheet+xml", "styles": "spreadsheetml.styles+xml",
    "table": "spreadsheetml.table+xml",
    "sharedStrings": "spreadsheetml.sharedStrings+xml", "comments": "spreadsheetml.comments+xml",
    "calcChain": "spreadsheetml.calcChain+xml", "sheetMetadata": "spreadsheetml.sheetMetadata+xml",
    "theme": "officedocument.theme+xml", "drawing": "officedocument.drawing+xml", "chart": "drawingml.chart+xml",
    "core": "package.core-properties+xml",
}  # fmt: skip


@rule
def content_types_are_those_of_the_relationships(package):
    """A part that something leads to as a table, sheet or chart is of that content type (ECMA-376 part 1, 12.3)."""
    root = package.xml("[Content_Types].xml")
    given = {one.get("PartName").lstrip("/"): one.get("ContentType") for one in root.findall(f"{TYPES}Override")}
    for part in ("", *package.parts):
        for one in package.relations(part):
            if one.kind in _KINDS and not given.get(one.target, "").endswith(_KINDS[one.kind]):
                yield f"{one.target}: {given.get(one.target)}"


@rule
def part_names_are_paths(package):
    """A part's name is a path of ASCII letters without empty segments, backslashes or a dot at an end.

    ECMA-376 part 2, 6.2.2 and 7.3.4 (how a ZIP item is named).
    """
    for part in package.parts:
        if not part.isascii() or "\\" in part or any(not one or one.endswith(".") for one in part.split("/")):
            yield part


@rule
def parts_have_unlike_names(package):
    """No two parts' names are alike but for case (ECMA-376 part 2, 6.2.2.3)."""
    yield from repeated(name.lower() for name in package.parts)


@rule
def relationships_lead_to_parts(package):
    """Each relationship has an id of its own, an XML name, and leads to a part that is there.

    ECMA-376 part 2, 6.5.3; abap2xlsx 433 for ids that are no names.
    """
    for name in package.parts:
        if not name.endswith(".rels"):
            continue
        folder, file = posixpath.split(name)
        source = posixpath.join(posixpath.dirname(folder), file.removesuffix(".rels")) if file != ".rels" else ""
        if source and source not in package.parts:
            yield f"{name} belongs to no part"
        found = package.relations(source)
        yield from (f"{name}: {one} twice" for one in repeated(one.id for one in found))
        yield from (f"{name}: {one.id}" for one in found if not re.fullmatch(r"[A-Za-z_][\w.-]*", one.id))
        yield from (
            f"{name}: {one.target} is not there"
            for one in found
            if not one.external and one.target not in package.parts
        )


@rule
def parts_are_reached(package):
    """Every part is led to from the package's root (ECMA-376 part 2, 6.5): what is not is lost on saving."""
    reached, found = set(), [""]
    while found:
        part = found.pop()
        targets = {one.target for one in package.relations(part) if not one.external}
        found += targets - reached
        reached |= targets
    for part in package.parts:
        if part not in reached and not part.endswith(".rels") and part != "[Content_Types].xml":
            yield part


@rule
def relationship_ids_are_known(package):
    """Each ``r:id`` of a part is one of its relationships (ECMA-376 part 1, 22.8.2.1)."""
    for part, content in package.parts.items():
        if not part.endswith(".xml") or RELATION[1:-1].encode() not in content:
            continue
        known = {one.id for one in package.relations(part)}
        for element in package.xml(part).iter():
            for name, value in element.attrib.items():
                if name.startswith(RELATION) and value not in known:
                    yield f"{part}: {value}"


_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@rule
def xml_is_well_formed(package):
    """Every XML part is UTF-8, well-formed, without a document type (XML 1.0, 2.2; ECMA-376 part 2, 6.2.5)."""
    for part, content in package.parts.items():
        if part.endswith((".xml", ".rels")):
            try:
                text = content.decode("utf-8")
                package.xml(part)
            except (UnicodeDecodeError, ET.ParseError) as error:
                yield f"{part}: {error}"
                continue
            if "<!DOCTYPE" in text or _ILLEGAL.search(text):
                yield f"{part}: a document type or a character that XML has no place for"


@rule
def escapes_give_characters(package):
    """No ``_xHHHH_`` stands for a character that a text cannot hold (ECMA-376 part 1, 22.9.2.19)."""
    for part, content in package.parts.items():
        if part.startswith("xl/") and part.endswith(".xml"):
            for code in re.findall(rb"_x([0-9A-Fa-f]{4})_", content):
                number = int(code, 16)
                if number in (0xFFFE, 0xFFFF) or 0xD800 <= number < 0xE000 or (number < 32 and number not in (9, 10)):
                    yield f"{part}: _x{code.decode()}_"


@rule
def ignorable_prefixes_are_declared(package):
    """A prefix in ``mc:Ignorable`` is declared where it stands (ECMA-376 part 3, 7.2; office-kit/xlsx 116)."""
    for part, content in package.parts.items():
        for element in re.findall(rb"<[^>]*\bIgnorable=[^>]*>", content):
            for prefix in re.search(rb'Ignorable="([^"]*)"', element)[1].split():
                if b"xmlns:" + prefix + b"=" not in element:
                    yield f"{part}: {prefix.decode()}"


@rule
def properties_agree_with_the_sheets(package):
    """What ``docProps/app.xml`` counts it also lists: Excel repairs a file in which the two differ (OpenXLSX 220)."""
    root = package.xml("docProps/app.xml")
    values = [one.text for one in root.iter() if one.tag.endswith("}i4")]
    listed = [one for one in root.iter() if one.tag.endswith("TitlesOfParts")]
    titles = [one for part in listed for one in part.iter() if one.tag.endswith("}lpstr")]
    if listed and sum(map(int, values)) != len(titles):
        yield f"{values} parts, {len(titles)} titles"
    dates = [one.text for one in package.xml("docProps/core.xml") if "W3CDTF" in "".join(one.attrib.values())]
    yield from (f"{date} is no date" for date in dates if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", date))


# workbook -------------------------------------------------------------------------------------------------------------


@rule
def sheet_names_are_excels(package):
    r"""1 to 31 characters, none of ``[]:*?/\``, no apostrophe at an end, not "History", unlike but for case.

    MS-OI29500 2.1.606 (18.2.19); Limits; Microsoft support, "Rename a worksheet".
    """
    names = [sheet.name for sheet in package.sheets]
    yield from (f"{name} twice" for name in repeated(map(str.casefold, names)))
    for name in names:
        if not 1 <= units(name) <= 31 or re.search(r"[\[\]:*?/\\\x00-\x1f]", name) or name != name.strip("'"):
            yield name
        if name.casefold() == "history":
            yield f"{name} is reserved"


@rule
def sheets_have_ids_and_parts(package):
    """Each sheet has an id of its own, 1 to 65,534, and a part of its own (ECMA-376 part 1, 18.2.19)."""
    ids = [int(sheet.element.get("sheetId")) for sheet in package.sheets]
    yield from (f"id {one}" for one in [*repeated(ids), *(one for one in ids if not 1 <= one <= 65_534)])
    yield from (f"{sheet.name} has no part" for sheet in package.sheets if sheet.part not in package.parts)
    yield from repeated(sheet.part for sheet in package.sheets)


@rule
def a_visible_sheet_is_active(package):
    """The active tab is a sheet that can be seen (ECMA-376 part 1, 18.2.30; EPPlus 831, XlsxWriter ``activate``)."""
    views = list(package.workbook.iter(f"{MAIN}workbookView"))
    if not views:
        yield "no view of the workbook"
    for view in views:
        active = int(view.get("activeTab", "0"))
        first = int(view.get("firstSheet", "0"))
        if max(active, first) >= len(package.sheets):
            yield f"tab {active} of {len(package.sheets)}"
        elif package.sheets[active].state != "visible":
            yield f"{package.sheets[active].name} is active and hidden"
    for sheet in package.sheets:
        if sheet.state != "visible" and any(one.get("tabSelected") == "1" for one in sheet.root.iter()):
            yield f"{sheet.name} is selected and hidden"


_NAME = re.compile(r"[^\W\d][\w.\\?]*|\\[\w.\\?]*")
_LIKE_R1C1 = re.compile(r"[Rr](\d+([Cc]\d*)?.*|[Cc]?)|[Cc]\d*|[Rr]\d*[Cc]\d*")


def bad_name(name):
    """Whether Excel does not take a text as a name.

    Microsoft support, "Names in formulas": a letter, underscore or backslash first, no spaces, at most 255 characters,
    not like a reference; what it takes for one in R1C1 is in rust_xlsxwriter 189.
    """
    return (
        not _NAME.fullmatch(name)
        or units(name) > 255
        or cell(name.upper()) is not None
        or bool(_LIKE_R1C1.fullmatch(name))
    )


@rule
def defined_names_are_names(package):
    """Names as Excel takes them, once in each scope, with at most 255 characters of comment.

    MS-OI29500 2.1.586 (18.2.5) and "Names in formulas"; a bad one is removed ("Removed Records: Named range").
    """
    scoped = [(one.get("name").casefold(), one.get("localSheetId")) for one in package.names]
    yield from (f"{name} twice" for name, _ in repeated(scoped))
    for one in package.names:
        name = one.get("name")
        if bad_name(name.removeprefix("_xlnm.")):
            yield f"{name} is no name"
        if units(one.get("comment", "")) > 255:
            yield f"{name}: its comment is too long"
        if int(one.get("localSheetId", "0")) >= len(package.sheets):
            yield f"{name} belongs to no sheet"
        if not (one.text or "").strip():
            yield f"{name} stands for nothing"


@rule
def built_in_names_stay_on_their_sheet(package):
    """Print areas, print titles and filters are ranges of the sheet they belong to (ECMA-376 part 1, 18.2.5)."""
    for one in package.names:
        if one.get("name").startswith("_xlnm."):
            local = one.get("localSheetId")
            owner = package.sheets[int(local)].name if local and int(local) < len(package.sheets) else None
            for place in (one.text or "").split(","):
                sheet, _, reference = place.rpartition("!")
                whole = re.fullmatch(r"\$\d+:\$\d+|\$[A-Z]{1,3}:\$[A-Z]{1,3}", reference)
                if sheet.strip("'").replace("''", "'") != owner or not (whole or area(reference)):
                    yield f"{one.get('name')}: {place}"


# formulas -------------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""
    (?P<text>"(?:[^"]|"")*") | (?P<error>\#[A-Z/0]+[!?]?) | (?P<array>[{}])
    | (?P<sheet>'(?:[^']|'')+'!|[^\W\d][\w.]*!) | (?P<table>[^\W\d]\w*\[(?:[^\[\]]|\[(?:[^\[\]']|'.)*\])*\])
    | (?P<function>[A-Za-z_][\w.]*)\(
    | (?P<reference>\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?(?![\w(.]) | \$?[A-Z]{1,3}:\$?[A-Z]{1,3}(?![\w(])
        | \$?\d+:\$?\d+)
    | (?P<number>\d+\.?\d*(?:[Ee][+-]?\d+)?|\.\d+) | (?P<name>[^\W\d][\w.\\?]*|\\\w+) | (?P<open>\() | (?P<close>\))
    | (?P<comma>,) | (?P<rest>[-+*/^&=<>%:;@\s\#])
    """,
    re.VERBOSE,
)


def tokens(formula):
    """Kinds and texts of the tokens of a formula; what is none of them as ``unknown``."""
    at = 0
    while at < len(formula):
        match = _TOKEN.match(formula, at)
        if match is None:
            yield "unknown", formula[at:]
            return
        yield match.lastgroup, match[match.lastgroup]
        at = match.end()


_BYTES = {"error": 2, "sheet": 2, "table": 19, "reference": 13, "name": 5, "open": 1, "close": 1, "rest": 1}
"""What a token takes in Excel's own form of a formula at most (MS-XLSB 2.5.98.16)."""
_FUTURE, _BRANCHED, _CALL = 9, 16, 4


def size_of(found):
    """Bytes of a formula in Excel's own form, rather too many than too few, from its tokens."""
    size = 0
    for kind, text in found:
        if kind == "text":
            size += 3 + 2 * units(text)
        elif kind == "number":
            size += 3 if text.isdigit() and int(text) < 65_536 else 9
        elif kind == "function":
            size += _FUTURE if text.startswith("_xl") else _BRANCHED if text in ("IF", "CHOOSE") else _CALL
        else:
            size += _BYTES.get(kind, 0)
    return size


@rule
def formulas_keep_the_limits(package):
    """8,192 characters, 255 of them in a text, 64 levels of functions, 255 arguments; brackets that match.

    And 16,384 bytes in Excel's own form. MS-OI29500 2.1.1085 (ST_Formula); Limits; ropensci/writexl 91 for the texts.
    """
    for place, formula in package.formulas:
        if units(formula) > 8_192:
            yield f"{place}: {units(formula)} characters"
        found = list(tokens(formula))
        if size_of(found) > 16_384:
            yield f"{place}: {size_of(found)} bytes"
        for kind, text in found:
            if kind == "unknown":
                yield f"{place}: cannot be read from {text[:30]!r}"
            if kind == "text" and units(text[1:-1].replace('""', '"')) > 255:
                yield f"{place}: a text of {len(text)} characters"
        yield from (f"{place}: {problem}" for problem in _nesting(kind for kind, _ in found))


def _nesting(kinds):
    """What is wrong with the brackets of a formula."""
    calls = []  # of each bracket that is open: whether it is a function's, and its arguments so far
    for kind in kinds:
        if kind in ("function", "open"):
            calls.append([kind == "function", 1])
            levels = sum(is_function for is_function, _ in calls)
            if levels > 64:
                yield f"{levels} levels"
        elif kind == "comma" and calls:
            calls[-1][1] += 1
        elif kind == "close":
            if not calls:
                yield "a bracket too many"
                return
            if calls.pop()[1] > 255:
                yield "too many arguments"
    if calls:
        yield "a bracket is left open"


@rule
def formulas_have_no_equals_sign(package):
    """The element holds the formula without ``=`` and without braces (ECMA-376 part 1, 18.3.1.40)."""
    yield from (
        f"{place}: {formula[:40]}" for place, formula in package.formulas if re.match(r"\s*[={](?!.*;)", formula)
    )


def own_functions(package):
    """Functions that the workbook or the add-in brings along."""
    from xl_leadkpi.addin.exports import FUNCTIONS

    return {one.get("name").upper() for one in package.names} | set(FUNCTIONS)


@rule
def newer_functions_have_their_prefix(package):
    """A function that ECMA-376 does not know is written ``_xlfn.``, SORT and FILTER ``_xlfn._xlws.``, others plainly.

    MS-XLSX 2.2.2, 2.5.1 (future-function-list); without it Excel shows #NAME? until the cell is edited
    (XlsxWriter, "Formulas added in Excel 2010 and later").
    """
    own = own_functions(package)
    for place, formula in package.formulas:
        for kind, name in tokens(formula):
            if kind == "function":
                plain = name.removeprefix("_xlfn.").removeprefix("_xlws.").upper()
                if name.startswith("_xlpm."):
                    continue
                future = name.startswith("_xlfn.")
                if plain in FORMULAE if future else plain not in FORMULAE and plain not in own:
                    yield f"{place}: {name}"
                if future and ("_xlws." in name) != (plain in ("SORT", "FILTER")):
                    yield f"{place}: {name}"


@rule
def names_in_formulas_are_known(package):
    """A name stands for something: a defined name, a table, a parameter ``_xlpm.`` of the LAMBDA or LET around it.

    MS-XLSX 2.2.2 (lambda-parameter): a parameter without the prefix is a name that nobody knows.
    """
    known = {one.get("name").casefold() for one in package.names} | {one.casefold() for one in package.table_names}
    for place, formula in package.formulas:
        declared = set(re.findall(r"_xl[po][mp]\.(\w+)(?=,)", formula))
        for kind, name in tokens(formula):
            if kind != "name" or name.upper() in ("TRUE", "FALSE"):
                continue
            if name.startswith(("_xlpm.", "_xlop.")):
                if name[6:] not in declared:
                    yield f"{place}: {name} is no parameter"
            elif name.casefold() not in known:
                yield f"{place}: {name}"


@rule
def parameters_are_names(package):
    """A parameter of LAMBDA or LET is a name without a dot, no cell, once in its list; 253 and 126 of them at most.

    MS-XLSX 2.2.2 (lambda-parameter); Microsoft support, "LAMBDA function" and "LET function".
    """
    for place, formula in package.formulas:
        written = re.findall(r"_xl[po][mp]\.([^,()\s=<>&^*/+:;-]+)", formula)
        yield from (f"{place}: {name}" for name in dict.fromkeys(written) if bad_name(name) or "." in name)
        for function, names in _declarations(tokens(formula)):
            yield from (f"{place}: {name} twice in {function}" for name in repeated(map(str.casefold, names)))
            if len(names) > (253 if function == "LAMBDA" else 126):
                yield f"{place}: {len(names)} names in {function}"


def _declarations(found):
    """Each LAMBDA and LET of a formula with the names that it declares: those that stand alone before a comma."""
    calls = []  # of each bracket that is open: its function, the tokens of the argument, whole arguments
    for kind, text in found:
        if kind in ("function", "open"):
            calls.append((text.removeprefix("_xlfn."), [], []))
        elif kind == "comma" and calls:
            calls[-1][2].append(calls[-1][1][:])
            calls[-1][1].clear()
        elif kind == "close" and calls:
            function, _, arguments = calls.pop()
            if function in ("LAMBDA", "LET"):
                places = arguments if function == "LAMBDA" else arguments[::2]
                yield function, [one[0][6:] for one in places if len(one) == 1 and one[0].startswith("_xl")]
            if calls:
                calls[-1][1].append("()")
        elif calls:
            calls[-1][1].append(text)


@rule
def formulas_of_formats_and_choices_are_plain(package):
    """No table's column, array constant, union or cut of ranges in them, no range alone as a condition.

    Other sheets only where a list is their range (MS-XLSB 2.5.98.6 CFParsedFormula and 2.5.98.8 DVParsedFormula);
    XlsxWriter 462: such a condition is lost.
    """
    for sheet in package.sheets:
        for one in (*sheet.root.iter(f"{MAIN}cfRule"), *sheet.root.iter(f"{MAIN}dataValidation")):
            is_list = one.get("type") == "list"
            for text in (inner.text or "" for inner in one if inner.tag.removeprefix(MAIN).startswith("formula")):
                found = list(tokens(unescaped(text)))
                kinds = [kind for kind, _ in found]
                alone = len([kind for kind in kinds if kind != "sheet"]) == 1 and "reference" in kinds
                forbidden = {"table", "array"} if is_list and alone else {"table", "array", "sheet"}
                if forbidden & set(kinds) or (alone and ":" in text and not is_list) or _joins_ranges(found):
                    yield f"{sheet.name}: {text}"


def _joins_ranges(found):
    """Whether ranges are joined (``(A1,B1)``) or cut (``A:A 1:1``)."""
    calls, last = [], ("", "")
    for kind, text in found:
        if kind == "comma" and not (calls and calls[-1]):
            return True
        if kind == "reference" and last[1] == "reference" and last[0].isspace():
            return True
        if kind in ("function", "open"):
            calls.append(kind == "function")
        elif kind == "close" and calls:
            calls.pop()
        last = (text, last[1] if text.isspace() else kind)
    return False


@rule
def formulas_refer_to_what_is_there(package):
    """Sheets named in formulas are there, cells lie on the sheet, nothing is #REF! (ECMA-376 part 1, 18.17.2.3).

    A defined name or chart of a sheet that has gone makes Excel repair (ClosedXML 1007), so does a sheet whose name
    needs apostrophes and has none (exceljs 664).
    """
    names = {sheet.name.casefold() for sheet in package.sheets}
    columns = {
        root.get("displayName").casefold(): {unescaped(one.get("name")) for one in root.iter(f"{MAIN}tableColumn")}
        for sheet in package.sheets
        for _, root in sheet.tables
    }
    for place, formula in package.formulas:
        for kind, text in tokens(formula):
            needs_apostrophes = kind == "sheet" and text[0] != "'" and bad_name(text[:-1])
            if kind == "sheet" and (unquoted(text[:-1]).casefold() not in names or needs_apostrophes):
                yield f"{place}: {text}"
            if kind == "error" and text == "#REF!":
                yield f"{place}: {text}"
            if kind == "table" and not _column_is_there(text, columns):
                yield f"{place}: {text}"
            is_cells = kind == "reference" and re.search(r"\d", text) and re.search("[A-Z]", text)
            if is_cells and area(text) is None:
                yield f"{place}: {text}"


def unquoted(sheet):
    """The name of a sheet as a formula writes it, without its apostrophes."""
    return sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet


def _column_is_there(reference, columns):
    """Whether a structured reference (``tblLeads[[#All],[Stage]]``) names columns of a table that is there."""
    table, _, inner = reference[:-1].partition("[")
    named = re.findall(r"\[((?:[^\[\]']|'.)*)\]", inner) or [inner]
    parts = {re.sub("'(.)", r"\1", one) for one in named if not one.startswith(("#", "@")) and one}
    return parts <= columns.get(table.casefold(), {None}) and table.casefold() in columns


@rule
def links_lead_to_cells(package):
    """``HYPERLINK("#'Sheet'!A1")`` leads to a sheet that is there; at most 65,530 links a sheet (Limits)."""
    names = {sheet.name for sheet in package.sheets}
    for place, formula in package.formulas:
        for sheet, address in re.findall(r"HYPERLINK\(\"#'((?:[^']|'')*)'!([^\"]*)\"", formula):
            if sheet.replace("''", "'") not in names or area(address) is None:
                yield f"{place}: {sheet}!{address}"
    for sheet in package.sheets:
        links = list(sheet.root.iter(f"{MAIN}hyperlink"))
        if len(links) > 65_530:
            yield f"{sheet.name}: {len(links)} links"


@rule
def spill_metadata_belongs_to_its_cells(package):
    """A cell with ``cm`` holds an array formula over itself, and the metadata it points to is there.

    MS-XLSX 2.4.110 (xda:dynamicArrayProperties); ECMA-376 part 1, 18.9.4. Cells of tables and merged ones do not spill.
    """
    metadata = package.target(package.workbook_part, "sheetMetadata")
    found = metadata.find(f"{MAIN}cellMetadata") if metadata is not None else None
    entries = 0 if found is None else len(found)
    if found is not None and int(found.get("count", entries)) != entries:
        yield f"cellMetadata counts {found.get('count')} of {entries}"
    for sheet in package.sheets:
        taken = [*sheet.merges, *(area(root.get("ref")) for _, root in sheet.tables)]
        for one in sheet.cells:
            index, formula = one.element.get("cm"), one.element.find(f"{MAIN}f")
            is_array = formula is not None and formula.get("t") == "array"
            if index is not None and not (1 <= int(index) <= entries and is_array):
                yield f"{sheet.name}!{one.address}: cm {index} of {entries}"
            if is_array:
                place = area(formula.get("ref", ""))
                if place is None or place[:2] != cell(one.address):
                    yield f"{sheet.name}!{one.address}: array over {formula.get('ref')}"
                elif place[:2] != place[2:] and any(overlap(place, other) for other in taken):
                    yield f"{sheet.name}!{one.address}: an array over a table or merged cells"


@rule
def calculation_chain_lists_formulas(package):
    """There is no calcChain, or each of its cells holds a formula (ECMA-376 part 1, 18.6.1; openxlsx2 437)."""
    root = package.target(package.workbook_part, "calcChain")
    by_id = {sheet.element.get("sheetId"): sheet for sheet in package.sheets}
    current = None
    for one in root if root is not None else ():
        current = one.get("i", current)
        listed = by_id[current].by_address.get(one.get("r")) if current in by_id else None
        if listed is None or listed.formula is None:
            yield f"{current}!{one.get('r')}"


# macros and ribbon ----------------------------------------------------------------------------------------------------

_MAIN_TYPES = {
    "application/vnd.ms-excel.addin.macroEnabled.main+xml": True,
    "application/vnd.ms-excel.sheet.macroEnabled.main+xml": True,
    "application/vnd.ms-excel.template.macroEnabled.main+xml": True,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": False,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml": False,
}


@rule
def macros_are_told(package):
    """A workbook has a VBA project exactly if its content type says so (MS-OFFMACRO2 2.2.1): Excel refuses it else."""
    root = package.xml("[Content_Types].xml")
    kinds = {one.get("PartName").lstrip("/"): one.get("ContentType") for one in root.findall(f"{TYPES}Override")}
    kinds_by_ending = {one.get("Extension"): one.get("ContentType") for one in root.findall(f"{TYPES}Default")}
    kind = kinds.get(package.workbook_part)
    projects = [one.target for one in package.relations(package.workbook_part) if one.kind == "vbaProject"]
    if kind not in _MAIN_TYPES or _MAIN_TYPES[kind] != (len(projects) == 1):
        yield f"{kind} with {len(projects)} projects"
    for one in projects:
        if (kinds.get(one) or kinds_by_ending.get(one.rpartition(".")[2])) != "application/vnd.ms-office.vbaProject":
            yield f"{one} is of no or another content type"


@rule
def code_names_are_unlike(package):
    """Workbook and sheets have code names exactly if there are macros; VBA names of 31 characters, each once.

    ECMA-376 part 1, 18.3.1.82; MS-VBAL 3.3.5 and MS-OVBA 2.3.4.2.3.2.3 for the names.
    """
    properties = package.workbook.find(f"{MAIN}workbookPr")
    owners = [properties, *(sheet.root.find(f"{MAIN}sheetPr") for sheet in package.sheets)]
    names = [one.get("codeName") if one is not None else None for one in owners]
    has_macros = any(one.kind == "vbaProject" for one in package.relations(package.workbook_part))
    if has_macros != all(names) or has_macros != any(names):
        yield f"{names}"
    given = [one for one in names if one]
    yield from (f"{one} twice" for one in repeated(map(str.casefold, given)))
    yield from (one for one in given if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,30}", one))


_RIBBONS = {
    "http://schemas.microsoft.com/office/2009/07/customui": "http://schemas.microsoft.com/office/2007/relationships/ui/",
    "http://schemas.microsoft.com/office/2006/01/customui": "http://schemas.microsoft.com/office/2006/relationships/ui/",
}


@rule
def the_ribbon_is_of_its_version(package):
    """The ribbon's namespace is that of its relationship; ids are XML names, each once (MS-CUSTOMUI2 2.2.9)."""
    relations = package.xml("_rels/.rels")
    for one in relations:
        if not one.get("Type").endswith("extensibility"):
            continue
        part = one.get("Target").lstrip("/")
        if part not in package.parts:
            continue
        root = package.xml(part)
        if not one.get("Type").startswith(_RIBBONS.get(root.tag[1:].partition("}")[0], "?")):
            yield f"{part}: {root.tag} by {one.get('Type')}"
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        yield from (f"{part}: {name} twice" for name in repeated(ids))
        yield from (f"{part}: {name}" for name in ids if not re.fullmatch(r"[A-Za-z_][\w.-]*", name))
        for element in root.iter():
            yield from (
                f"{part}: {name} of {units(value)} characters"
                for name, value in element.attrib.items()
                if units(value) > 1_024 or (name == "keytip" and not 1 <= len(value) <= 3)
            )
