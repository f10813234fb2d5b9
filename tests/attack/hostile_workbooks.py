"""What is done to the parts of an XLSX so that reading it is expensive, ambiguous or impossible."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

Parts = dict[str, str | bytes]
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET, _BOOK, _TYPES = "xl/worksheets/sheet1.xml", "xl/workbook.xml", "[Content_Types].xml"
_BOOK_RELATIONS = "xl/_rels/workbook.xml.rels"
_TEXT = '<t xml:space="preserve">'
_ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
)
_FAR_PLACES = ("XFD1048576", "A1048576", "XFD1", "ZZZ9999999", "A0", "A4294967295", "XFE2", "1A", "", "AAAAAAA1")


def _into(parts: Parts, name: str, old: str, new: str, times: int = -1) -> None:
    parts[name] = str(parts[name]).replace(old, new, times)


def _below(parts: Parts, xml: str, sheet: str = _SHEET) -> None:
    _into(parts, sheet, "</sheetData>", f"{xml}</sheetData>")


def far_note(parts: Parts, random: Random) -> None:
    """A note in a far cell of a sheet, the only one or the last."""
    place = random.choice(_FAR_PLACES)
    row = "".join(filter(str.isdigit, place)) or "1"
    sheet = max(name for name in parts if name.startswith("xl/worksheets/"))
    _below(parts, f'<row r="{row}"><c r="{place}" t="inlineStr"><is><t>note</t></is></c></row>', sheet)


def one_part_for_all(parts: Parts, random: Random) -> None:
    """Sheets that share one part."""
    sheets = range(1, random.choice((40, 300)) + 1)
    names = "".join(f'<sheet name="S{i}" sheetId="{i}" r:id="rId1"/>' for i in sheets)
    parts[_BOOK] = f'<workbook xmlns="{NAMESPACE}" xmlns:r="{RELATIONSHIPS}"><sheets>{names}</sheets></workbook>'


def empty_strings(parts: Parts, random: Random) -> None:
    """Millions of empty shared strings, and a cell that asks for one that is not there."""
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{NAMESPACE}">{"<si/>" * random.choice((1_000, 3_000_000))}</sst>'
    relation = f'<Relationship Id="rId9" Type="{RELATIONSHIPS}/sharedStrings" Target="sharedStrings.xml"/>'
    _into(parts, _BOOK_RELATIONS, "</Relationships>", f"{relation}</Relationships>")
    _below(parts, f'<row r="900"><c r="A900" t="s"><v>{random.choice((0, -1, 10**9))}</v></c></row>')


def entities(parts: Parts, _random: Random) -> None:
    """Entities that grow, and one that reads a file."""
    _into(parts, _SHEET, "<worksheet", f"{_ENTITIES}<worksheet", 1)
    _into(parts, _SHEET, _TEXT, "<t>&c;&f;", 1)


def missing_part(parts: Parts, random: Random) -> None:
    """A part that is not there."""
    del parts[random.choice(sorted(parts))]


def broken_xml(parts: Parts, random: Random) -> None:
    """A sign in the XML that does not belong there."""
    xml = str(parts[_SHEET])
    at = random.randrange(len(xml))
    odd = random.choice(("\x00", "&#0;", "&#xFFFE;", "<", ">", "&", "</row>", '"', "<c>", "&#55296;"))
    parts[_SHEET] = xml[:at] + odd + xml[at:]


def half_a_sheet(parts: Parts, random: Random) -> None:
    """A sheet whose end is missing."""
    xml = str(parts[_SHEET])
    parts[_SHEET] = xml[: random.randrange(len(xml))]


def wrong_dimension(parts: Parts, random: Random) -> None:
    """A dimension that is not the sheet's."""
    said = random.choice(("A1:XFD1048576", "A1", "Z9:A1", "x", "A0:B0"))
    _into(parts, _SHEET, "<sheetData>", f'<dimension ref="{said}"/><sheetData>')


def blanks(parts: Parts, random: Random) -> None:
    """Megabytes of blanks, which pack to nothing."""
    _below(parts, " " * random.choice((1_000_000, 30_000_000)))


def wrong_places(parts: Parts, random: Random) -> None:
    """Rows out of order, cells twice or without a place."""
    old, new = random.choice((('r="2"', 'r="900000"'), (' r="A', ' x="A'), ('<row r="3"', '<row r="1"')))
    _into(parts, _SHEET, old, new, random.choice((1, -1)))


def merged(parts: Parts, _random: Random) -> None:
    """Everything merged, and a filter beside it."""
    cells = '<autoFilter ref="A1:ZZ9"/><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    _into(parts, _SHEET, "</sheetData>", f"</sheetData>{cells}")


def odd_name(parts: Parts, random: Random) -> None:
    """A sheet with a name that is none."""
    name = random.choice(("", "x" * 300, "a/b", "\t", "'", "Leads", "_x0000_", "Łódź", "../x"))
    _into(parts, _BOOK, "<sheet name=", f"<sheet name={quoteattr(name)} x=", 1)


def days_beyond_all(parts: Parts, random: Random) -> None:
    """Numbers in cells that are formatted as days or hours, which no day or time is."""
    _into(parts, "xl/styles.xml", 'numFmtId="22"', f'numFmtId="{random.choice((14, 22, 46))}"')

    def spoilt(cell: re.Match[str]) -> str:
        far = random.choice((2_958_466, 1e9, 1e15, 1e300, -1e8, -1e15, -1e60))
        return f'<c r="{cell[1]}" s="1"><v>{far!r}</v></c>' if random.random() < 0.1 else cell[0]

    parts[_SHEET] = re.sub(r'<c r="(\w+)"(?: s="1")?><v>[^<]*</v></c>', spoilt, str(parts[_SHEET]))


_WAYS: tuple[Callable[[Parts, Random], None], ...] = (
    far_note, far_note, one_part_for_all, empty_strings, entities, missing_part, broken_xml, half_a_sheet,
    wrong_dimension, blanks, wrong_places, merged, odd_name, days_beyond_all,
)  # fmt: skip


def spoil(parts: Parts, random: Random) -> tuple[str, ...]:
    """Do one of these; return the parts that are to stand in the archive twice."""
    if random.random() < 0.05:
        return (random.choice((_SHEET, _BOOK, _TYPES)),)
    random.choice(_WAYS)(parts, random)
    return ()
