"""Excel's rules for sheets: cells, looks, tables, printing, drawings; rules like those of :mod:`excel_file_rules`."""

import re
from itertools import pairwise

from .excel_file_rules import bad_name, repeated, rules_into
from .excel_package import (
    CHART,
    DRAWING,
    MAIN,
    MOST_COLUMNS,
    X14,
    XM,
    area,
    areas,
    cell,
    overlap,
    overlapping,
    unescaped,
    units,
)

RULES = {}
rule = rules_into(RULES)

# cells ----------------------------------------------------------------------------------------------------------------

_ORDER = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins",
    "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors",
    "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls",
    "webPublishItems", "tableParts", "extLst",
)  # fmt: skip


@rule
def elements_stand_in_their_order(package):
    """The parts of a sheet stand in the order of CT_Worksheet (ECMA-376 part 1, 18.3.1.99; exceljs 1118 and 106)."""
    for sheet in package.sheets:
        tags = [one.tag.removeprefix(MAIN) for one in sheet.root]
        places = [_ORDER.index(tag) if tag in _ORDER else -1 for tag in tags]
        yield from (f"{sheet.name}: {tag}" for tag, place in zip(tags, places, strict=True) if place < 0)
        yield from (f"{sheet.name}: {tags[i + 1]}" for i, (a, b) in enumerate(pairwise(places)) if a > b)
        only_once = [tag for tag in tags if tag != "conditionalFormatting"]
        yield from (f"{sheet.name}: {tag} twice" for tag in repeated(only_once))


@rule
def cells_stand_in_order(package):
    """Rows and cells ascend, each once, each cell in its row (ECMA-376 part 1, 18.3.1.73 and 18.3.1.4)."""
    for sheet in package.sheets:
        last = 0
        for row in sheet.root.iter(f"{MAIN}row"):
            number = int(row.get("r"))
            if not last < number <= 1_048_576:
                yield f"{sheet.name}: row {number} after {last}"
            last, column = number, 0
            for one in row:
                place = cell(one.get("r"))
                if place is None or place[0] != number or place[1] <= column:
                    yield f"{sheet.name}!{one.get('r')} in row {number}"
                column = place[1] if place else column


_ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!"}


@rule
def cell_values_are_of_their_type(package):
    """Numbers are finite, booleans 0 or 1, errors Excel's own, indexes of shared texts in range.

    ECMA-376 part 1, 18.18.11 (ST_CellType) and 18.3.1.96; "Repaired Records: Cell information". A formula without a
    result has an empty one (XlsxWriter, "Formula results").
    """
    count = len(package.strings)
    for sheet in package.sheets:
        for one in sheet.cells:
            value = one.value
            good = {
                "n": value is None
                or (value == "" and one.formula)
                or re.fullmatch(r"-?\d+(\.\d+)?([Ee][+-]?\d+)?", value),
                "b": value in ("0", "1"),
                "e": value in _ERRORS,
                "s": value is not None and value.isdigit() and int(value) < count,
                "str": True,
                "inlineStr": one.element.find(f"{MAIN}is") is not None,
            }.get(one.kind)
            if not good:
                yield f"{sheet.name}!{one.address}: {one.kind} {value!r}"


@rule
def texts_fit_into_cells(package):
    """A cell holds 32,767 characters (Limits; ImportExcel 1422: "Repaired Records: String properties")."""
    for sheet in package.sheets:
        for one in sheet.cells:
            text = sheet.text(one) if one.kind in ("s", "inlineStr", "str") and one.value != "" else None
            if text and units(text) > 32_767:
                yield f"{sheet.name}!{one.address}: {units(text)} characters"


@rule
def merged_cells_do_not_overlap(package):
    """Merged ranges have more than one cell and no cell in common, nor one with a table.

    ECMA-376 part 1, 18.3.1.54; XlsxWriter 'OverlappingRange': Excel warns of them.
    """
    for sheet in package.sheets:
        counted = sheet.root.find(f"{MAIN}mergeCells")
        if counted is not None and int(counted.get("count", len(counted))) != len(counted):
            yield f"{sheet.name}: {counted.get('count')} of {len(counted)} merged ranges"
        yield from (f"{sheet.name}: {one}" for one in sheet.merges if one is None or one[:2] == one[2:])
        merges = [one for one in sheet.merges if one]
        tables = [area(root.get("ref")) for _, root in sheet.tables]
        yield from (f"{sheet.name}: {pair}" for pair in overlapping(merges))
        yield from (f"{sheet.name}: {a} and table" for a in merges for b in tables if b and overlap(a, b))


@rule
def dimension_holds_every_cell(package):
    """``dimension`` is a range that holds the cells (ECMA-376 part 1, 18.3.1.35): readers make room by it."""
    for sheet in package.sheets:
        element = sheet.root.find(f"{MAIN}dimension")
        place = area(element.get("ref")) if element is not None else None
        if place is None:
            yield sheet.name
            continue
        for one in sheet.cells:
            row, column = cell(one.address) or (0, 0)
            if not (place[0] <= row <= place[2] and place[1] <= column <= place[3]):
                yield f"{sheet.name}!{one.address} outside {element.get('ref')}"
                break


@rule
def columns_and_rows_are_of_a_size(package):
    """Column ranges ascend without overlap, at most 255 wide; rows at most 409.5 points high; 7 levels of outline.

    ECMA-376 part 1, 18.3.1.13; Limits; exceljs 1366 ("Repaired Records: Column information").
    """
    for sheet in package.sheets:
        last = 0
        for one in sheet.root.iter(f"{MAIN}col"):
            first, end = int(one.get("min")), int(one.get("max"))
            if not last < first <= end <= MOST_COLUMNS or not 0 <= float(one.get("width", "9")) <= 255:
                yield f"{sheet.name}: columns {first} to {end}"
            last = end
        for row in sheet.root.iter(f"{MAIN}row"):
            if not 0 <= float(row.get("ht", "15")) <= 409.5:
                yield f"{sheet.name}: row {row.get('r')} is {row.get('ht')} high"
        levels = [int(one.get("outlineLevel", "0")) for tag in ("col", "row") for one in sheet.root.iter(MAIN + tag)]
        if max(levels, default=0) > 7:
            yield f"{sheet.name}: {max(levels)} levels"


# looks ----------------------------------------------------------------------------------------------------------------


@rule
def styles_are_in_range(package):
    """Each font, fill, border and number format of a style is there, and there are not too many of them.

    ECMA-376 part 1, 18.8.10 and 18.8.45; Limits: 65,490 cell formats, 1,024 fonts; "Repaired Records: Format".
    """
    styles = package.styles
    for element, most in (
        ("fonts", 1_024),
        ("fills", 65_490),
        ("borders", 65_490),
        ("cellXfs", 65_490),
        ("dxfs", 65_490),
    ):
        found = styles.find(f"{MAIN}{element}")
        if found is not None and (int(found.get("count", len(found))) != len(found) or len(found) > most):
            yield f"{element}: {found.get('count')} of {len(found)}"
    codes = {int(one.get("numFmtId")) for one in styles.iter(f"{MAIN}numFmt")}
    for group in ("cellStyleXfs", "cellXfs"):
        for i, one in enumerate(styles.find(f"{MAIN}{group}")):
            for attribute, element in (("fontId", "fonts"), ("fillId", "fills"), ("borderId", "borders")):
                if int(one.get(attribute, "0")) >= package.style_count(element):
                    yield f"{group} {i}: {attribute}"
            if int(one.get("xfId", "0")) >= package.style_count("cellStyleXfs"):
                yield f"{group} {i}: xfId"
            number = int(one.get("numFmtId", "0"))
            if number >= 164 and number not in codes:
                yield f"{group} {i}: number format {number}"


@rule
def cells_have_styles_that_are_there(package):
    """The style of a cell, row or column is one of ``cellXfs`` (ECMA-376 part 1, 18.8.10)."""
    known = package.style_count("cellXfs")
    for sheet in package.sheets:
        yield from (f"{sheet.name}!{one.address}: style {one.style}" for one in sheet.cells if one.style >= known)
        for tag, attribute in (("row", "s"), ("col", "style")):
            yield from (
                f"{sheet.name}: {tag} {one.attrib}"
                for one in sheet.root.iter(MAIN + tag)
                if int(one.get(attribute, "0")) >= known
            )


_SECTION = re.compile(
    r"""(?:"[^"]*"|\\.|\[(?:[A-Za-z]+\d*|Color\ ?\d+|[<>=]+-?[\d.]+(?:E[+-]?\d+)?|\$[^\]]*|h+|m+|s+)\]|_.|\*.|General
        |[0\#?.,%]|E[+-]|[dmyhsDMYHS]|AM/PM|A/P|@|[-+()/:\s$€£¥₽·−±×])*""",
    re.VERBOSE,
)


@rule
def number_formats_are_codes(package):
    """At most 255 characters and four sections, quotes and brackets closed, bare letters only those with a meaning.

    MS-OI29500 2.1.739 (18.8.30), ECMA-376 part 1, 18.8.31; Limits: 200 to 250 formats; "Repaired Records: Format".
    """
    formats = list(package.styles.iter(f"{MAIN}numFmt"))
    yield from (f"id {one} twice" for one in repeated(one.get("numFmtId") for one in formats))
    if len(formats) > 200:
        yield f"{len(formats)} formats"
    codes = [one.get("formatCode") for one in formats]
    for part in package.parts:
        if part.startswith("xl/charts/chart"):
            codes += [one.get("formatCode") for one in package.xml(part).iter(f"{CHART}numFmt")]
    for code in codes:
        sections = [""]
        for piece in re.findall(r'"[^"]*"|\\.|\[[^\]]*\]|.', code, re.DOTALL):
            if piece == ";":
                sections.append("")
            else:
                sections[-1] += piece
        conditions = sum(bool(re.search(r"\[[<>=]", section)) for section in sections)
        bad = [section for section in sections if not _SECTION.fullmatch(section)]
        if units(code) > 255 or len(sections) > 4 or conditions > 2 or bad:
            yield f"{code!r}: {bad}"


@rule
def conditional_formats_are_whole(package):
    """Each format has rules; a rule has a priority of its own on its sheet, its look in range, its formula.

    ECMA-376 part 1, 18.3.1.10; PhpSpreadsheet 4312 (dxfId), ClosedXML 15 (priority), exceljs 2178 (no rule).
    """
    looks = package.style_count("dxfs")
    for sheet in package.sheets:
        priorities = []
        for group in sheet.root.iter(f"{MAIN}conditionalFormatting"):
            if not len(group) or not group.get("sqref") or None in areas(group.get("sqref")):
                yield f"{sheet.name}: {group.get('sqref')!r}"
            for one in group.iter(f"{MAIN}cfRule"):
                priorities.append(int(one.get("priority")))
                if int(one.get("dxfId", "0")) >= max(looks, 1) or (one.get("dxfId") and not looks):
                    yield f"{sheet.name}: look {one.get('dxfId')} of {looks}"
                formulas = one.findall(f"{MAIN}formula")
                if (one.get("type") == "expression") != (len(formulas) == 1) or any(not f.text for f in formulas):
                    yield f"{sheet.name}: {group.get('sqref')} {one.get('type')} has {len(formulas)} formulas"
        if repeated(priorities) or min(priorities, default=1) < 1:
            yield f"{sheet.name}: priorities {repeated(priorities)}"


_URIS = {
    "{05C60535-1F16-4fd2-B633-F4F36F0B64E0}": "sparklineGroups",
    "{78C0D931-6437-407d-A8EE-F0AAD7539E65}": "conditionalFormattings",
    "{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}": "dataValidations",
}
_BAR = "{B025F937-C7B1-47D3-B67F-A62EFF666E3E}"


@rule
def extensions_are_excels(package):
    """An extension of a sheet holds what its URI says; a data bar and its extension share one id.

    MS-XLSX 2.2.4 (table of URIs), 2.4.21 and 2.6.29 (x14:id); exceljs 3015.
    """
    for sheet in package.sheets:
        outer = sheet.root.find(f"{MAIN}extLst")
        for one in outer if outer is not None else ():
            if _URIS.get(one.get("uri")) is None or [inner.tag for inner in one] != [X14 + _URIS[one.get("uri")]]:
                yield f"{sheet.name}: {one.get('uri')}"
        yield from (f"{sheet.name}: {one}" for one in repeated(e.get("uri") for e in outer or ()))
        bars = [
            (one.get("uri"), [inner.text for inner in one])
            for rule_ in sheet.root.iter(f"{MAIN}cfRule")
            for one in rule_.iter(f"{MAIN}ext")
        ]
        ids = [one for _, inner in bars for one in inner]
        extended = [one.get("id") for one in sheet.root.iter(f"{X14}cfRule")]
        yield from (f"{sheet.name}: {uri}" for uri, _ in bars if uri != _BAR)
        if sorted(ids) != sorted(extended) or repeated(ids):
            yield f"{sheet.name}: data bars {ids} and {extended}"


@rule
def sparklines_have_places(package):
    """A sparkline has a range and one cell of its own (MS-XLSX 2.6.33)."""
    for sheet in package.sheets:
        lines = list(sheet.root.iter(f"{X14}sparkline"))
        places = [one.findtext(f"{XM}sqref", "") for one in lines]
        yield from (f"{sheet.name}: {one} twice" for one in repeated(places))
        for one, place in zip(lines, places, strict=True):
            reference = one.findtext(f"{XM}f", "").rpartition("!")[2]
            if cell(place) is None or area(reference) is None:
                yield f"{sheet.name}: {place} of {reference}"


# tables ---------------------------------------------------------------------------------------------------------------


@rule
def tables_have_names_of_their_own(package):
    """A table's id and name occur once in the workbook; the name is a name, and no defined name of any sheet.

    MS-OI29500 2.1.733 (18.5.1.2); rust_xlsxwriter 189, which tried the names in Excel.
    """
    tables = [root for sheet in package.sheets for _, root in sheet.tables]
    yield from (f"id {one}" for one in repeated(root.get("id") for root in tables))
    names = [root.get("displayName") for root in tables]
    taken = [one.get("name").casefold() for one in package.names]
    yield from (f"{one} twice" for one in repeated(map(str.casefold, names)))
    for root in tables:
        name = root.get("displayName")
        if bad_name(name) or name.casefold() in taken or bad_name(root.get("name")):
            yield name


@rule
def tables_lie_on_their_sheet(package):
    """A table has a header, a row beside its totals, and no cell in common with another; its filter lies on it.

    ECMA-376 part 1, 18.5.1.2; XlsxWriter ``add_table``; EPPlus 103 and ClosedXML 1213 for the filters.
    """
    for sheet in package.sheets:
        parts = sheet.root.find(f"{MAIN}tableParts")
        if (0 if parts is None else int(parts.get("count", len(parts)))) != len(sheet.tables):
            yield f"{sheet.name}: {len(sheet.tables)} tables are not all listed"
        places = [area(root.get("ref")) for _, root in sheet.tables]
        yield from (f"{sheet.name}: {pair}" for pair in overlapping(one for one in places if one))
        own = sheet.root.find(f"{MAIN}autoFilter")
        for (_, root), place in zip(sheet.tables, places, strict=True):
            name = root.get("displayName")
            extra = int(root.get("headerRowCount", "1")) + int(root.get("totalsRowCount", "0"))
            if place is None or place[2] - place[0] < extra:
                yield f"{name}: {root.get('ref')}"
                continue
            inner = root.find(f"{MAIN}autoFilter")
            within = area(inner.get("ref")) if inner is not None else place
            if within is None or within[:2] != place[:2] or within[3] != place[3] or within[2] > place[2]:
                yield f"{name}: its filter is over {inner.get('ref')}"
            if own is not None and overlap(area(own.get("ref")), place):
                yield f"{name}: the sheet's filter is over it"


@rule
def table_columns_have_names(package):
    """As many columns as the range is wide, ids from 1, names unlike but for case, of one line, at most 255 long.

    ECMA-376 part 1, 18.5.1.3; Excel compares the names without case (exceljs 106).
    """
    for sheet in package.sheets:
        for _, root in sheet.tables:
            columns = root.findall(f"{MAIN}tableColumns/{MAIN}tableColumn")
            counted = root.find(f"{MAIN}tableColumns").get("count")
            place = area(root.get("ref")) or (0, 0, 0, 0)
            if not len(columns) == place[3] - place[1] + 1 == int(counted):
                yield f"{root.get('displayName')}: {len(columns)} columns, {counted} counted, over {root.get('ref')}"
            if [int(one.get("id")) for one in columns] != list(range(1, len(columns) + 1)):
                yield f"{root.get('displayName')}: ids"
            names = [unescaped(one.get("name")) for one in columns]
            yield from (f"{root.get('displayName')}: {one} twice" for one in repeated(map(str.casefold, names)))
            for name in names:
                if not 1 <= units(name) <= 255 or re.search(r"[\t\r\n]", name):
                    yield f"{root.get('displayName')}: {name!r}"


@rule
def table_headers_stand_in_their_cells(package):
    """The header cell of each column is a text, not a formula, and the column's name to the letter.

    XlsxWriter 739 and 1126, openxlsx 270: a cell that says something else makes Excel repair the table.
    """
    for sheet in package.sheets:
        for _, root in sheet.tables:
            place = area(root.get("ref"))
            columns = root.findall(f"{MAIN}tableColumns/{MAIN}tableColumn")
            for i, column in enumerate(columns):
                header = sheet.by_place.get((place[0], place[1] + i)) if place else None
                text = sheet.text(header) if header is not None and header.formula is None else None
                if text != unescaped(column.get("name")):
                    yield f"{root.get('displayName')}: {column.get('name')!r} and {text!r}"


@rule
def filters_have_their_name(package):
    """A sheet's filter has the hidden name ``_xlnm._FilterDatabase`` over the same range (ECMA-376 part 1, 18.2.5)."""
    for number, sheet in enumerate(package.sheets):
        own = sheet.root.find(f"{MAIN}autoFilter")
        named = [
            (one.text or "").rpartition("!")[2].replace("$", "")
            for one in package.names
            if one.get("name") == "_xlnm._FilterDatabase" and one.get("localSheetId") == str(number)
        ]
        if named != ([own.get("ref")] if own is not None else []):
            yield f"{sheet.name}: {named}"


@rule
def data_validations_keep_the_limits(package):
    """A list typed in holds 255 characters, titles 32, messages 255, at most 65,534 of them; none over another.

    MS-OI29500 2.1.669 (18.3.1.32); XlsxWriter ``data_validation``; linkml 1798 for the list.
    """
    for sheet in package.sheets:
        group = sheet.root.find(f"{MAIN}dataValidations")
        found = [] if group is None else list(group)
        if group is not None and (int(group.get("count", len(found))) != len(found) or not 1 <= len(found) <= 65_534):
            yield f"{sheet.name}: {group.get('count')} of {len(found)}"
        places = [place for one in found for place in areas(one.get("sqref", ""))]
        yield from (f"{sheet.name}: {one}" for one in places if one is None)
        yield from (f"{sheet.name}: {pair}" for pair in overlapping(one for one in places if one))
        for one in found:
            formula = unescaped(one.findtext(f"{MAIN}formula1", ""))
            lengths = {"promptTitle": 32, "errorTitle": 32, "prompt": 255, "error": 255}
            long = [name for name, most in lengths.items() if units(unescaped(one.get(name, ""))) > most]
            if long or units(formula) > 255 + 2 * formula.startswith('"') or not one.get("sqref"):
                yield f"{sheet.name}!{one.get('sqref')}: {long or len(formula)}"
            if one.get("type") == "list" and (not formula or formula == '""'):
                yield f"{sheet.name}!{one.get('sqref')}: nothing to choose from"


@rule
def comments_have_authors_and_a_drawing(package):
    """Each comment has a cell of its own, a known author, at most 32,767 characters, and the sheet its VML drawing.

    ECMA-376 part 1, 18.7.3; Limits; without ``legacyDrawing`` Excel removes them.
    """
    for sheet in package.sheets:
        root = package.target(sheet.part, "comments")
        if root is None:
            continue
        if sheet.root.find(f"{MAIN}legacyDrawing") is None:
            yield f"{sheet.name}: comments without a drawing"
        authors = len(root.findall(f"{MAIN}authors/{MAIN}author"))
        notes = list(root.iter(f"{MAIN}comment"))
        yield from (f"{sheet.name}!{one} twice" for one in repeated(one.get("ref") for one in notes))
        for one in notes:
            text = "".join(part.text or "" for part in one.iter(f"{MAIN}t"))
            if cell(one.get("ref")) is None or int(one.get("authorId")) >= authors or units(text) > 32_767:
                yield f"{sheet.name}!{one.get('ref')}"


# printing and views ---------------------------------------------------------------------------------------------------


@rule
def headers_and_footers_fit(package):
    """A header or footer holds 255 characters (Limits; XlsxWriter ``set_footer``)."""
    for sheet in package.sheets:
        group = sheet.root.find(f"{MAIN}headerFooter")
        for one in group if group is not None else ():
            if units(unescaped(one.text or "")) > 255:
                yield f"{sheet.name}: {units(one.text)} characters"


@rule
def page_breaks_are_counted(package):
    """At most 1,026 page breaks a sheet, ascending, each counted (Limits; ECMA-376 part 1, 18.3.1.74)."""
    for sheet in package.sheets:
        for group in (sheet.root.find(f"{MAIN}rowBreaks"), sheet.root.find(f"{MAIN}colBreaks")):
            if group is None:
                continue
            ids = [int(one.get("id")) for one in group]
            counts = {int(group.get("count", "0")), int(group.get("manualBreakCount", "0")), len(ids)}
            if len(counts) > 1 or not 1 <= len(ids) <= 1_026 or ids != sorted(set(ids)) or min(ids) < 1:
                yield f"{sheet.name}: {ids}"


@rule
def panes_are_on_the_sheet(package):
    """Frozen panes split by whole rows and columns, and begin where they say (ECMA-376 part 1, 18.3.1.66)."""
    for sheet in package.sheets:
        for pane in sheet.root.iter(f"{MAIN}pane"):
            split = (int(pane.get("ySplit", "0")), int(pane.get("xSplit", "0")))
            corner = cell(pane.get("topLeftCell", "A1"))
            if not any(split) or corner is None or corner[0] <= split[0] or corner[1] <= split[1]:
                yield f"{sheet.name}: {pane.attrib}"
        for one in sheet.root.iter(f"{MAIN}selection"):
            if None in areas(one.get("sqref", "A1")) or cell(one.get("activeCell", "A1")) is None:
                yield f"{sheet.name}: {one.attrib}"


@rule
def ignored_errors_are_ranges(package):
    """What is ignored is a list of ranges and at least one kind of error (ECMA-376 part 1, 18.3.1.50)."""
    for sheet in package.sheets:
        for one in sheet.root.iter(f"{MAIN}ignoredError"):
            places = areas(one.get("sqref", ""))
            if not places or None in places or len(one.attrib) < 2:
                yield f"{sheet.name}: {one.attrib}"


# drawings and charts --------------------------------------------------------------------------------------------------


@rule
def drawings_stand_on_the_sheet(package):
    """A drawing's shapes have ids of their own and corners on the sheet, the second not before the first.

    ECMA-376 part 1, 20.5.2.33 and 20.1.2.2.8; "Removed Part: Drawing shape".
    """
    for part in package.parts:
        if not part.startswith("xl/drawings/drawing"):
            continue
        root = package.xml(part)
        yield from (f"{part}: id {one}" for one in repeated(e.get("id") for e in root.iter(f"{DRAWING}cNvPr")))
        for anchor in root.findall(f"{DRAWING}twoCellAnchor"):
            ends = [
                (int(end.findtext(f"{DRAWING}row")), int(end.findtext(f"{DRAWING}col")))
                for end in (anchor.find(f"{DRAWING}from"), anchor.find(f"{DRAWING}to"))
            ]
            if (
                ends[0] > (ends[1][0], 99_999)
                or ends[0][1] > ends[1][1]
                or min(map(min, ends)) < 0
                or ends[1][1] > 16_383
            ):
                yield f"{part}: {ends}"


@rule
def charts_are_whole(package):
    """Axes come in pairs that cross each other and are those the plots name; series have numbers of their own.

    ECMA-376 part 1, 21.2.2.9 (axId) and 21.2.2.84 (idx); "Removed Part: Drawing shape".
    """
    for part in package.parts:
        if not part.startswith("xl/charts/chart"):
            continue
        root = package.xml(part)
        axes, crossing, named = [], [], []
        plots = root.find(f"{CHART}chart/{CHART}plotArea")
        for one in plots:
            ids = [inner.get("val") for inner in one.findall(f"{CHART}axId")]
            if one.tag.endswith("Ax"):
                axes += ids
                crossing += [inner.get("val") for inner in one.findall(f"{CHART}crossAx")]
            else:
                named += ids
        if repeated(axes) or set(named) != set(axes) or set(crossing) - set(axes) or len(crossing) != len(axes):
            yield f"{part}: axes {axes}, named {named}, crossed {crossing}"
        for tag in ("idx", "order"):
            numbers = [one.find(f"{CHART}{tag}").get("val") for one in root.iter(f"{CHART}ser")]
            yield from (f"{part}: {tag} {one} twice" for one in repeated(numbers))
        for cache in [*root.iter(f"{CHART}numCache"), *root.iter(f"{CHART}strCache")]:
            points = [int(one.get("idx")) for one in cache.findall(f"{CHART}pt")]
            total = int(cache.find(f"{CHART}ptCount").get("val"))
            if points != sorted(set(points)) or max(points, default=-1) >= total:
                yield f"{part}: points {points[-1:]} of {total}"
