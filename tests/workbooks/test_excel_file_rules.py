"""Excel's rules for files: every workbook keeps each, and each is seen to fail on a file made wrong on purpose."""

import re
import struct
import warnings

import pytest
from openxml_audit import OpenXmlValidator

from xl_leadkpi.locales import languages

from . import excel_file_rules, excel_macro_rules, excel_sheet_rules
from .compound_file import SECTOR
from .excel_package import Package
from .funnel_workbooks import workbooks
from .reading import ADD_IN, EXCEL_TEMPLATE, NO_PYTHON, TEMPLATE

RULES = excel_file_rules.RULES | excel_sheet_rules.RULES | excel_macro_rules.RULES


@pytest.fixture(scope="session")
def kit(built):
    """The three workbooks in three languages."""
    return {
        f"{name} {language}": Package.of(built[language] / name)
        for language in languages()
        for name in (ADD_IN, TEMPLATE, EXCEL_TEMPLATE, NO_PYTHON)
    }


@pytest.fixture(scope="session")
def funnels(tmp_path_factory):
    """Funnel workbooks of all options, and their files."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # XlsxWriter leaves out, with a warning, what Excel would refuse
        made = dict(workbooks(tmp_path_factory.mktemp("funnels")))
    return {name: (Package.of(path), path) for name, path in made.items()}


@pytest.mark.parametrize("name", sorted(RULES))
def test_the_workbooks_keep_the_rule(kit, name):
    assert {file: found for file, package in kit.items() if (found := list(RULES[name](package)))} == {}


@pytest.mark.parametrize("name", sorted(RULES))
def test_funnel_workbooks_keep_the_rule(funnels, name):
    assert {file: found for file, (package, _) in funnels.items() if (found := list(RULES[name](package)))} == {}


def test_nothing_in_the_funnel_workbooks_offends_the_format(funnels):
    for name in ("everything native en", "hostile functions ru", "strict", "deals", "tiny"):
        _, path = funnels[name]
        assert [str(error) for error in OpenXmlValidator().validate(str(path)).errors] == [], name


def test_every_rule_names_its_source():
    source = re.compile(r"ECMA-376|MS-\w+|Limits|XML 1\.0|\b[\w.-]+ \d{2,}\b|XlsxWriter", re.IGNORECASE)
    assert [name for name, rule in RULES.items() if not source.search(rule.__doc__ or "")] == []


# files made wrong on purpose ------------------------------------------------------------------------------------------


def swap(part, old, new):
    """A change of the first place that a pattern matches in a part."""

    def change(parts):
        content = parts[part].decode("utf-8")
        changed = re.sub(old, new, content, count=1, flags=re.DOTALL)
        assert changed != content, (part, old)
        parts[part] = changed.encode("utf-8")

    return change


def add(part, content=b"<x/>", then=None):
    """A part that was not there."""

    def change(parts):
        parts[part] = content
        if then:
            then(parts)

    return change


def without(part):
    def change(parts):
        del parts[part]

    return change


def both(*changes):
    def change(parts):
        for one in changes:
            one(parts)

    return change


def project(change_bytes):
    """A change of the VBA project as bytes."""

    def change(parts):
        content = bytearray(parts["xl/vbaProject.bin"])
        change_bytes(content)
        parts["xl/vbaProject.bin"] = bytes(content)

    return change


def entries(content):
    """Where the entries of the directory stand, by name; the directory of such a small file lies in one piece."""
    start = SECTOR * (struct.unpack_from("<I", content, 48)[0] + 1)
    found, at = {}, start
    while at + 128 <= len(content):
        length, kind = struct.unpack_from("<HB", content, at + 64)
        if kind not in (0, 1, 2, 5) or length > 64:
            break
        found.setdefault(content[at : at + max(length - 2, 0)].decode("utf-16-le", "replace"), at)
        at += 128
    return found


def in_entry(name, at, values):
    def change(content):
        where = entries(content)[name] + at
        content[where : where + len(values)] = values

    return project(change)


def red_in_a_row(content):
    """The top of a storage's tree and the one below it."""
    places = list(entries(content).values())
    by_name = entries(content)
    (top,) = struct.unpack_from("<I", content, by_name["VBA"] + 76)
    start = SECTOR * (struct.unpack_from("<I", content, 48)[0] + 1)
    (left,) = struct.unpack_from("<I", content, start + 128 * top + 68)
    (further,) = struct.unpack_from("<I", content, start + 128 * left + 68)
    for number in (left, further):
        assert start + 128 * number in places
        content[start + 128 * number + 67] = 0


def shared_sector(content):
    """Two streams in one sector."""
    by_name = entries(content)
    one, other = (slice(by_name[name] + 116, by_name[name] + 120) for name in ("KpiFunctions", "KpiBridge"))
    content[one] = content[other]


def stream(storage, name, old, new):
    """A change within a stream of the project, written back by the library that made it."""

    def change(parts):
        from pyopenvba.cfb import CFB
        from pyopenvba.vba import compress, decompress

        container = CFB.from_bytes(parts["xl/vbaProject.bin"])
        held = container.get_stream_in_storage(storage, name) if storage else container.get_stream(name)
        content = decompress(held) if storage else held
        assert old in content
        content = content.replace(old, new, 1)
        if storage:
            container.write_stream_in_storage(storage, name, compress(content))
        else:
            container.write_stream(name, content)
        parts["xl/vbaProject.bin"] = container.to_bytes()

    return change


def compiled_code(parts):
    from pyopenvba.cfb import CFB

    container = CFB.from_bytes(parts["xl/vbaProject.bin"])
    container.add_stream_to_storage("VBA", "__SRP_0", b"x")
    parts["xl/vbaProject.bin"] = container.to_bytes()


def code_before_a_source(parts):
    """A source that begins further on, as where somebody has compiled it."""
    from pyopenvba.cfb import CFB
    from pyopenvba.vba import compress, decompress

    container = CFB.from_bytes(parts["xl/vbaProject.bin"])
    directory = decompress(container.get_stream_in_storage("VBA", "dir"))
    at = directory.index(b"\x31\x00\x04\x00\x00\x00", directory.index(b"KpiCells"))
    directory = directory[: at + 6] + struct.pack("<I", 9) + directory[at + 10 :]
    container.write_stream_in_storage("VBA", "dir", compress(directory))
    source = container.get_stream_in_storage("VBA", "KpiCells")
    container.write_stream_in_storage("VBA", "KpiCells", b"\x01\x16\x03 p-code"[:9] + source)
    parts["xl/vbaProject.bin"] = container.to_bytes()


def other_compiler(parts):
    from pyopenvba.cfb import CFB

    container = CFB.from_bytes(parts["xl/vbaProject.bin"])
    container.write_stream_in_storage("VBA", "_VBA_PROJECT", b"\xcc\x61\xb5\x00\x00\x03\x00 compiled")
    parts["xl/vbaProject.bin"] = container.to_bytes()


S1, OF_FUNNEL, OF_SETTINGS, OF_MAP = (f"xl/worksheets/sheet{number}.xml" for number in (1, 2, 4, 5))
BOOK, STYLES, STRINGS, TABLE = "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml", "xl/tables/table3.xml"
TYPES, ROOT_RELS, BOOK_RELS = "[Content_Types].xml", "_rels/.rels", "xl/_rels/workbook.xml.rels"
RIBBON, CHART, DRAWING = "customUI/customUI14.xml", "xl/charts/chart11.xml", "xl/drawings/drawing2.xml"
NAMES = "</definedNames>"
FORMULA = r"<f>HYPERLINK[^<]*</f>"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
COMMENTS = (
    b'<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><authors><author>a</author></authors>'
    b'<commentList><comment ref="A1" authorId="1"><text><t>x</t></text></comment></commentList></comments>'
)
CHAIN = b'<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="A1" i="1"/></calcChain>'


def formula(text):
    """The first link of the sheet as another formula."""
    return swap(OF_FUNNEL, FORMULA, lambda _: f"<f>{text}</f>")


def name(attributes, text="Funnel!$A$1"):
    return swap(BOOK, NAMES, f"<definedName {attributes}>{text}</definedName>{NAMES}")


def led_to(part, kind, content):
    """A part that a relationship of the workbook leads to."""
    relation = f'<Relationship Id="rIdNew" Type="{OFFICE}/{kind}" Target="{part.removeprefix("xl/")}"/></Relationships>'
    return both(add(part, content), swap(BOOK_RELS, "</Relationships>", relation))


comments = both(
    add("xl/comments1.xml", COMMENTS),
    swap("xl/worksheets/_rels/sheet1.xml.rels", "</Relationships>",
         f'<Relationship Id="rIdNew" Type="{OFFICE}/comments" Target="../comments1.xml"/></Relationships>'),
)  # fmt: skip

FUNNEL = {
    "parts_have_a_content_type": [
        swap(TYPES, "<Override", '<Override PartName="/xl/gone.xml" ContentType="x"/><Override'),
        swap(TYPES, "(<Override[^>]*styles[^>]*>)", r"\1\1"),
        add("xl/odd.bin"),
    ],
    "content_types_are_those_of_the_relationships": [swap(TYPES, r"<Override[^>]*styles\.xml[^>]*>", "")],
    "part_names_are_paths": [add("xl\\theme.xml"), add("/xl/theme.xml"), add("xl/thème.xml"), add("xl/theme./x.xml")],
    "parts_have_unlike_names": [add("XL/Workbook.xml")],
    "relationships_lead_to_parts": [
        without(TABLE),
        swap(BOOK_RELS, 'Id="rId2"', 'Id="rId1"'),
        swap(BOOK_RELS, 'Id="rId2"', 'Id="rId*2"'),
        add("xl/worksheets/_rels/sheet99.xml.rels", b'<Relationships xmlns="x"/>'),
    ],
    "parts_are_reached": [add("xl/tables/table99.xml")],
    "relationship_ids_are_known": [swap(OF_FUNNEL, r'<drawing r:id="rId1"', '<drawing r:id="rId999"')],
    "xml_is_well_formed": [
        swap(OF_FUNNEL, "</worksheet>", ""),
        swap(STRINGS, "<sst", "<!DOCTYPE sst><sst"),
        add("xl/theme/theme1.xml", b"<x>\x01</x>"),
        add("xl/theme/theme1.xml", b"<x>\xff</x>"),
    ],
    "escapes_give_characters": [swap(STRINGS, "</t>", f"{code}</t>") for code in ("_x000D_", "_xD800_", "_xFFFE_")],
    "ignorable_prefixes_are_declared": [
        swap(OF_FUNNEL, "<worksheet ", '<worksheet xmlns:mc="http://x" mc:Ignorable="x14ac" ')
    ],
    "properties_agree_with_the_sheets": [
        swap("docProps/app.xml", "<vt:i4>6<", "<vt:i4>7<"),
        swap("docProps/core.xml", r"Z</dcterms:created>", "</dcterms:created>"),
    ],
    "sheet_names_are_excels": [
        swap(BOOK, 'name="Funnel_Map"', f'name="{text}"') for text in ("FUNNEL", "a/b", "'a'", "History", "x" * 32, "")
    ],
    "sheets_have_ids_and_parts": [
        swap(BOOK, 'sheetId="2"', 'sheetId="1"'),
        swap(BOOK, 'sheetId="2"', 'sheetId="65535"'),
        swap(BOOK, 'sheetId="2" r:id="rId2"', 'sheetId="2" r:id="rId1"'),
        without(OF_SETTINGS),
    ],
    "a_visible_sheet_is_active": [
        swap(BOOK, "<workbookView ", f'<workbookView activeTab="{tab}" ') for tab in (5, 9)
    ] + [
        swap(BOOK, "<bookViews>.*</bookViews>", ""),
        swap("xl/worksheets/sheet6.xml", "<sheetView ", '<sheetView tabSelected="1" '),
    ],
    "defined_names_are_names": [
        name(f'name="{text}"') for text in ("A1", "XFD10", "R1C1", "c", "r2d2", "1st", "a b", "a-b", "x" * 256)
    ] + [
        both(name('name="twice"'), name('name="Twice"')),
        name(f'name="fine" comment="{"x" * 256}"'),
        name('name="fine" localSheetId="9"'),
        name('name="fine"', ""),
    ],
    "built_in_names_stay_on_their_sheet": [
        swap(BOOK, r"Funnel!\$A\$1", "Funnel_Map!$A$1"),
        swap(BOOK, r"Funnel!\$1:\$3", "Funnel!$1"),
    ],
    "formulas_keep_the_limits": [
        formula("1" + "+1" * 4_096),
        formula('"' + "x" * 256 + '"'),
        formula("ABS(" * 65 + "1" + ")" * 65),
        formula(f"SUM({','.join('1' * 256)})"),
        formula("SUM(1"),
        formula("SUM(1))"),
        formula("1~2"),
        formula("1" + "+0.5" * 1_900),
    ],
    "formulas_have_no_equals_sign": [formula("=1+1"), formula("{1+1}")],
    "newer_functions_have_their_prefix": [
        formula(text)
        for text in ("XLOOKUP(1,A1,A1)", "_xlfn.SUM(1)", "_xlfn.SORT(A1)", "_xlfn._xlws.LET(1)", "NOSUCH(1)")
    ],
    "names_in_formulas_are_known": [
        formula("nobody+1"),
        formula("_xlfn.LET(_xlpm.a,1,_xlpm.b)"),
        formula("_xlfn.LET(a,1,a)"),
    ],
    "parameters_are_names": [
        formula("_xlfn.LET(_xlpm.x1,1,_xlpm.x1)"),
        formula("_xlfn.LET(_xlpm.a.b,1,_xlpm.a.b)"),
        formula("_xlfn.LAMBDA(_xlpm.a,_xlop.A,1)(1)"),
        formula("_xlfn.LET(_xlpm.a,1,_xlpm.b,(2),_xlpm.a,3,_xlpm.a)"),
        formula(f"_xlfn.LAMBDA({','.join(f'_xlpm.name{n}_' for n in range(254))},1)"),
        formula(f"_xlfn.LET({','.join(f'_xlpm.name{n}_,1' for n in range(127))},1)"),
    ],
    "formulas_of_formats_and_choices_are_plain": [
        swap(OF_FUNNEL, r"<formula>N\(B9\)[^<]*<", f"<formula>{text}<")
        for text in ("tblFunnel[MQL]", "MATCH(B9,{1,2},0)", "Funnel_Map!B9", "ISNUMBER((B9,B10))",
                     "COUNT(B9:B10 B9:D9)", "B9:B10")
    ] + [
        swap(OF_SETTINGS, '<formula1>"filled[^<]*<', f"<formula1>{text}<")
        for text in ("tblFunnel[MQL]", "INDEX(Funnel!$A$1:$A$9,1)", "(A1:A2,B1:B2)")
    ],
    "formulas_refer_to_what_is_there": [
        formula("'Nowhere'!A1"),
        both(swap(BOOK, 'name="Funnel_Map"', 'name="Q1"'), formula("Q1!A1")),
        formula("#REF!+1"),
        formula("XFE1"),
        formula("A1048577"),
        formula("tblFunnel[No such column]"),
        formula("tblNone[Stage]"),
        swap(CHART, r"<c:f>[^<!]*!", "<c:f>Gone!"),
    ],
    "links_lead_to_cells": [
        formula(f'HYPERLINK("#{place}","x")') for place in ("'Nowhere'!A1", "'Funnel'!A0")
    ],
    "spill_metadata_belongs_to_its_cells": [
        swap(OF_FUNNEL, '<c r="B4"', '<c r="B4" cm="1"'),
        swap(OF_FUNNEL, '(<c r="B4"[^>]*>)<f>', r'\1<f t="array" ref="B5">'),
        swap(OF_FUNNEL, '(<c r="B4"[^>]*>)<f>', r'\1<f t="array" ref="B4:H60">'),
        led_to("xl/metadata.xml", "sheetMetadata",
               b'<metadata xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
               b'<cellMetadata count="2"><bk/></cellMetadata></metadata>'),
    ],
    "calculation_chain_lists_formulas": [led_to("xl/calcChain.xml", "calcChain", CHAIN)],
    "elements_stand_in_their_order": [
        swap(OF_MAP, "(<conditionalFormatting.*</conditionalFormatting>)(<dataValid.*</dataValidations>)", r"\2\1"),
        swap(OF_FUNNEL, "(<sheetData>)", r"<unheard/>\1"),
        swap(OF_FUNNEL, "(<dimension[^>]*>)", r"\1\1"),
    ],
    "cells_stand_in_order": [
        swap(OF_FUNNEL, 'r="B4"', 'r="Z4"'),
        swap(OF_FUNNEL, 'r="B4"', 'r="B5"'),
        swap(OF_FUNNEL, '<row r="2"', '<row r="1"'),
        swap(OF_FUNNEL, 'r="B4"', 'r="XFE4"'),
    ],
    "cell_values_are_of_their_type": [
        swap(OF_FUNNEL, r'(<c r="B1"[^>]*>)<v>\d+', r"\1<v>99999"),
        swap(OF_FUNNEL, r'<c r="B1"([^>]*) t="s"><v>\d+', r'<c r="B1"\1 t="b"><v>2'),
        swap(OF_FUNNEL, r'<c r="B1"([^>]*) t="s"><v>\d+', r'<c r="B1"\1 t="e"><v>#OOPS!'),
        swap(OF_FUNNEL, r'<c r="B1"([^>]*) t="s"><v>\d+', r'<c r="B1"\1><v>nan'),
        swap(OF_FUNNEL, r'<c r="B1"([^>]*) t="s"><v>\d+', r'<c r="B1"\1><v>'),
    ],
    "texts_fit_into_cells": [
        swap(STRINGS, "<t>", "<t>" + "x" * 32_768),
        swap(STRINGS, "<t>", "<t>" + "\N{ROBOT FACE}" * 16_384),
    ],
    "merged_cells_do_not_overlap": [
        swap(OF_FUNNEL, '<mergeCell ref="C7:D7"', '<mergeCell ref="C6:D7"'),
        swap(OF_FUNNEL, '<mergeCell ref="C7:D7"', '<mergeCell ref="C7"'),
        swap(OF_FUNNEL, '<mergeCell ref="C7:D7"', '<mergeCell ref="C50:D50"'),
        swap(OF_FUNNEL, r'<mergeCells count="\d+"', '<mergeCells count="1"'),
    ],
    "dimension_holds_every_cell": [
        swap(OF_FUNNEL, '<dimension ref="[^"]*"', '<dimension ref="A1:C9"'),
        swap(OF_FUNNEL, "<dimension[^>]*>", ""),
    ],
    "columns_and_rows_are_of_a_size": [
        swap(OF_FUNNEL, '<col min="2" max="2"', '<col min="2" max="3"'),
        swap(OF_FUNNEL, 'width="10"', 'width="256"'),
        swap(OF_FUNNEL, 'ht="27"', 'ht="410"'),
        swap(OF_FUNNEL, '<row r="2"', '<row r="2" outlineLevel="8"'),
    ],
    "cells_have_styles_that_are_there": [
        swap(OF_FUNNEL, 's="1"', 's="9999"'),
        swap(OF_FUNNEL, '<row r="2"', '<row r="2" s="9999"'),
    ],
    "styles_are_in_range": [
        swap(STYLES, 'fontId="1"', 'fontId="999"'),
        swap(STYLES, 'fillId="2"', 'fillId="999"'),
        swap(STYLES, '(<cellXfs.*?numFmtId=")16', r"\g<1>99"),
        swap(STYLES, r'<cellXfs count="\d+"', '<cellXfs count="3"'),
        swap(STYLES, '(<cellXfs.*?)xfId="0"', r'\1xfId="5"'),
    ],
    "number_formats_are_codes": [
        swap(STYLES, 'formatCode="#,##0"', f'formatCode="{code}"')
        for code in ("0" * 256, "0;0;0;0;0", "0&quot;zł", "0 zł", "[Red", "[>1]0;[>2]0;[>3]0;0", "0.0 days")
    ] + [
        swap(STYLES, 'numFmtId="165" format', 'numFmtId="164" format'),
        swap(CHART, 'formatCode="', 'formatCode="0 szt'),
    ],
    "conditional_formats_are_whole": [
        swap(OF_FUNNEL, 'priority="2"', 'priority="1"'),
        swap(OF_FUNNEL, 'priority="2"', 'priority="0"'),
        swap(OF_FUNNEL, 'dxfId="0"', 'dxfId="999"'),
        swap(OF_FUNNEL, r"<formula>N\(B9\)[^<]*</formula>", ""),
        swap(OF_FUNNEL, r'(<conditionalFormatting sqref="B9">).*?(</conditionalFormatting>)', r"\1\2"),
        swap(OF_FUNNEL, 'sqref="B9"', 'sqref=""'),
    ],
    "tables_have_names_of_their_own": [
        swap(TABLE, ' id="3"', ' id="1"'),
        swap(TABLE, 'displayName="tblSource"', 'displayName="TBLFUNNEL"'),
        *(
            swap(TABLE, 'displayName="tblSource"', f'displayName="{text}"')
            for text in ("Q1", "R2D2", "a b", "R1_total")
        ),
        name('name="tblSource" localSheetId="2"'),
    ],
    "tables_lie_on_their_sheet": [
        swap(TABLE, r'ref="B(\d+):N\d+"', r'ref="B\1:N\1"'),
        both(swap(TABLE, r'ref="B58:N\d+"', 'ref="B58:N59"'), swap(TABLE, "totalsRowShown", 'totalsRowCount="1" x')),
        swap("xl/tables/table1.xml", r'ref="(\w+):([A-Z]+)\d+"', r'ref="\1:\g<2>60"'),
        swap(OF_FUNNEL, r'<tableParts count="\d+"', '<tableParts count="1"'),
        swap(OF_FUNNEL, "</sheetData>", '</sheetData><autoFilter ref="A1:V100"/>'),
        swap(TABLE, "<tableColumns", '<autoFilter ref="B50:N55"/><tableColumns'),
    ],
    "table_columns_have_names": [
        swap(TABLE, 'name="MQL"', 'name="sql"'),
        swap(TABLE, 'name="MQL"', f'name="{"x" * 256}"'),
        swap(TABLE, 'name="MQL"', 'name="M&#10;QL"'),
        swap(TABLE, 'name="MQL"', 'name="M_x000A_QL"'),
        swap(TABLE, '<tableColumn id="3"', '<tableColumn id="30"'),
        swap(TABLE, r'<tableColumns count="\d+"', '<tableColumns count="2"'),
    ],
    "table_headers_stand_in_their_cells": [
        swap(TABLE, 'name="MQL"', 'name="MQL "'),
        swap(TABLE, 'name="MQL"', 'name="MQL_x0021_"'),
        swap(OF_FUNNEL, '<c r="D58"([^>]*) t="s"><v>[^<]*</v>', r'<c r="D58"\1><v>1</v>'),
    ],
    "filters_have_their_name": [
        swap(OF_SETTINGS, "</sheetData>", '</sheetData><autoFilter ref="A1:B2"/>'),
        name('name="_xlnm._FilterDatabase" localSheetId="1" hidden="1"'),
    ],
    "data_validations_keep_the_limits": [
        swap(OF_SETTINGS, '<formula1>"filled', '<formula1>"' + "x" * 250),
        swap(OF_SETTINGS, 'prompt=""', f'prompt="{"x" * 256}"'),
        swap(OF_SETTINGS, 'prompt=""', f'promptTitle="{"x" * 33}"'),
        swap(OF_SETTINGS, 'sqref="C53"', 'sqref="C51:C53"'),
        swap(OF_SETTINGS, 'sqref="C53"', 'sqref=""'),
        swap(OF_SETTINGS, '<dataValidations count="5"', '<dataValidations count="4"'),
        swap(OF_SETTINGS, '<formula1>"filled[^<]*<', '<formula1>""<'),
    ],
    "comments_have_authors_and_a_drawing": [comments],
    "headers_and_footers_fit": [swap(OF_FUNNEL, "<oddFooter>", "<oddFooter>" + "x" * 250)],
    "page_breaks_are_counted": [
        swap(OF_FUNNEL, r'<rowBreaks count="\d+"', '<rowBreaks count="2"'),
        swap(OF_FUNNEL, '<brk id="84"', '<brk id="45"'),
    ],
    "panes_are_on_the_sheet": [
        swap(OF_FUNNEL, 'topLeftCell="A4"', 'topLeftCell="A2"'),
        swap(OF_FUNNEL, 'ySplit="3"', 'ySplit="0"'),
        swap(OF_FUNNEL, "<selection pane", '<selection activeCell="A0" pane'),
    ],
    "ignored_errors_are_ranges": [
        swap(OF_FUNNEL, '<ignoredError sqref="', '<ignoredError sqref="A0 '),
        swap(OF_FUNNEL, ' numberStoredAsText="1"', ""),
    ],
    "drawings_stand_on_the_sheet": [
        swap(DRAWING, 'id="3" name', 'id="2" name'),
        swap(DRAWING, "<xdr:row>22</xdr:row>", "<xdr:row>999</xdr:row>"),
        swap(DRAWING, "(<xdr:to>)<xdr:col>10<", r"\1<xdr:col>16384<"),
    ],
    "charts_are_whole": [
        swap(CHART, '<c:axId val="50110001"', '<c:axId val="7"'),
        swap(CHART, '<c:crossAx val="50110002"', '<c:crossAx val="7"'),
        swap(CHART, '<c:idx val="1"/><c:order', '<c:idx val="0"/><c:order'),
        swap(CHART, r'<c:ptCount val="\d+"', '<c:ptCount val="0"'),
    ],
    "macros_are_told": [
        swap(TYPES, r"openxmlformats-officedocument\.spreadsheetml\.sheet\.main", "ms-excel.sheet.macroEnabled.main")
    ],
    "code_names_are_unlike": [swap(OF_FUNNEL, "<sheetPr>", '<sheetPr codeName="Sheet1">')],
}  # fmt: skip

WITHOUT_PYTHON = {
    "extensions_are_excels": [
        swap("xl/worksheets/sheet6.xml", "{05C60535", "{05C60536"),
        swap("xl/worksheets/sheet8.xml", "<x14:id>{", "<x14:id>{0"),
    ],
    "sparklines_have_places": [
        swap("xl/worksheets/sheet6.xml", "<xm:sqref>L91", "<xm:sqref>L90"),
        swap("xl/worksheets/sheet6.xml", "<xm:f>'Scorecard'!N91:S91", "<xm:f>'Scorecard'!N0"),
    ],
    "names_in_formulas_are_known": [swap(BOOK, "_xlpm.activities=", "activities=")],
    "newer_functions_have_their_prefix": [swap(BOOK, r"_xlfn\.NUMBERVALUE", "NUMBERVALUE")],
}

WITH_MACROS = {
    "the_ribbon_is_of_its_version": [
        swap(RIBBON, "2009/07/customui", "2006/01/customui"),
        swap(RIBBON, 'id="btnRefresh"', 'id="btnFunnel"'),
        swap(RIBBON, 'id="btnRefresh"', 'id="1st button"'),
        swap(RIBBON, 'keytip="LK"', 'keytip="LKPI"'),
        swap(RIBBON, 'tag="Refresh"', f'tag="{"x" * 1_025}"'),
    ],
    "macros_are_told": [
        swap(TYPES, r"ms-excel\.sheet\.macroEnabled\.main", "openxmlformats-officedocument.spreadsheetml.sheet.main"),
        swap(TYPES, r"ms-office\.vbaProject", "octet-stream"),
    ],
    "code_names_are_unlike": [
        swap(S1, 'codeName="SheetStart"', 'codeName="SheetLeads"'),
        swap(S1, 'codeName="SheetStart"', 'codeName="1 sheet"'),
        swap(S1, ' codeName="SheetStart"', ""),
    ],
    "sectors_are_accounted_for": [
        project(lambda content: content.__setitem__(slice(26, 28), b"\x04\x00")),
        project(lambda content: content.extend(b"x")),
        project(shared_sector),
        in_entry("PROJECT", 116, struct.pack("<I", 0xFFFF)),
        in_entry("KpiRibbon", 120, struct.pack("<I", 10)),
    ],
    "the_directory_is_a_tree": [
        project(red_in_a_row),
        in_entry("VBA", 76, struct.pack("<I", 0)),
        in_entry("PROJECT", 72, struct.pack("<I", 0xFFFFFFFF)),
        in_entry("KpiRibbon", 0, "AaaRibbon".encode("utf-16-le")),
        in_entry("PROJECT", 80, b"\x01"),
        in_entry("Root Entry", 68, struct.pack("<I", 1)),
    ],
    "the_project_lists_its_modules": [
        stream("", "PROJECT", b"Class=KpiCells\r\n", b""),
        stream("", "PROJECTwm", b"KpiCells", b"KpiSells"),
        stream("VBA", "dir", b"\x0f\x00\x02\x00\x00\x00", b"\x0f\x00\x02\x00\x00\x00\x01"),
        stream("VBA", "dir", b"\x10\x00\x00\x00\x00\x00", b"\x10\x00\x00\x00\x00\x00\x00"),
    ],
    "the_project_has_one_name": [
        stream("", "PROJECT", b'Name="LeadKPI', b'Name="VBAProject'),
    ],
    "sources_are_in_their_streams": [
        in_entry("KpiCells", 0, "KpiLinks".encode("utf-16-le")),
        stream("VBA", "dir", b"\x31\x00\x04\x00\x00\x00\x00\x00", b"\x31\x00\x04\x00\x00\x00\x09\x00"),
    ],
    "documents_belong_to_sheets": [swap(S1, 'codeName="SheetStart"', 'codeName="SheetBegin"')],
    "streams_are_no_more_than_needed": [compiled_code, code_before_a_source, other_compiler],
    "the_project_is_open_to_be_read": [
        stream("", "PROJECT", b'ID="{', b'ID="{0'),
        stream("", "PROJECT", b'ID="{E', b'ID="{F'),
        stream("", "PROJECT", b'GC="9D9F', b'GC="9D9E'),
        stream("", "PROJECT", b'DPB="', b'DPC="'),
        stream("", "PROJECT", b'CMG="DFDD63469DFA78FE78FE78FE78FE', b'CMG="DFDD63469DFA78FE78FE78FE78FF'),
    ],
    "modules_say_what_they_are": [
        stream("", "PROJECT", b"Class=KpiCells", b"Module=KpiCells"),
        stream("", "PROJECT", b"Module=KpiFunctions", b"Class=KpiFunctions"),
        stream("VBA", "KpiCells", b'Attribute VB_Base = "0{FCFB3D2A-', b'Attribute VB_Base = "0{00020820-'),
        stream("VBA", "SheetStart", b"Attribute VB_Base", b"Attribute VB_Case"),
        stream("VBA", "dir", b"\x21\x00\x00\x00\x00\x00", b"\x22\x00\x00\x00\x00\x00"),
    ],
}

WITH_FREE_ENTRIES = {"the_directory_is_a_tree": [in_entry("", 116, b"\x01")]}
"""Of the add-in: whether the template's directory has any depends on how many sheets it has."""

SPOILED = [
    (base, rule, number, change)
    for base, changes in (
        ("funnel", FUNNEL), (NO_PYTHON, WITHOUT_PYTHON), (TEMPLATE, WITH_MACROS),
        (ADD_IN, WITH_FREE_ENTRIES),
    )
    for rule, listed in changes.items()
    for number, change in enumerate(listed)
]  # fmt: skip


def test_every_rule_is_seen_to_fail():
    assert {rule for _, rule, _, _ in SPOILED} == set(RULES)


@pytest.mark.parametrize(("base", "rule", "change"), [
    pytest.param(base, rule, change, id=f"{rule}-{base}-{number}") for base, rule, number, change in SPOILED
])  # fmt: skip
def test_a_file_made_wrong_on_purpose_is_found(kit, funnels, base, rule, change):
    package = funnels["everything native en"][0] if base == "funnel" else kit[f"{base} en"]
    parts = dict(package.parts)
    change(parts)
    assert list(RULES[rule](Package(parts)))
