"""Writers of every format that is read, each with the freedom to write what no program would."""

from __future__ import annotations

import csv
import io
import struct
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from tests.attack import hostile_workbooks
from tests.attack.hostile_workbooks import NAMESPACE, RELATIONSHIPS

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.attack.tables import Table

ENCODINGS = (
    "utf-8", "utf-8", "utf-8-sig", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-16-be-bom", "cp1250", "cp1251",
    "cp1252", "iso8859-2", "cp852", "koi8-r", "mac-roman", "utf-32", "utf-7", "shift-jis", "gb18030", "cp037",
)  # fmt: skip
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_EPOCH = datetime(1899, 12, 30)
Sheets = list[tuple[str, list[list[Any]]]]


def shown(cell: Any) -> str:
    """A cell as a text file holds it."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, bytes):
        return cell.decode("latin-1")
    if isinstance(cell, int) and abs(cell) > 10**300:
        return "1" + "0" * 400
    return str(cell)


def serial(day: date) -> float:
    """A day as a sheet counts it; where it cannot, a number all the same."""
    moment = day.replace(tzinfo=None) if isinstance(day, datetime) else datetime(day.year, day.month, day.day)
    return (moment - _EPOCH).total_seconds() / 86400


def number(cell: Any) -> float | None:
    """The number of a cell, None where it holds none."""
    if isinstance(cell, date):
        return serial(cell)
    if isinstance(cell, time):
        return (cell.hour * 60 + cell.minute) / 1440
    if isinstance(cell, timedelta):
        return cell.total_seconds() / 86400
    if isinstance(cell, bool) or not isinstance(cell, (int, float, Decimal)):
        return None
    try:
        return float(cell)
    except OverflowError:
        return float("inf")


# text ---------------------------------------------------------------------------------------------


def encoded(text: str, encoding: str) -> bytes:
    """A text in an encoding, with what it cannot hold replaced or left as it is."""
    if encoding == "utf-16-be-bom":
        return b"\xfe\xff" + text.encode("utf-16-be", "surrogatepass")
    unfit = "surrogatepass" if encoding.startswith("utf-") and encoding != "utf-7" else "replace"
    return text.encode(encoding, unfit)


def text_file(table: Table, random: Random, *, plain: bool = False) -> bytes:
    """CSV, TSV and everything that is called so."""
    delimiter = "," if plain else random.choice((",", ",", ";", ";", "\t", "|", "^", ":", " "))
    end = "\n" if plain else random.choice(("\n", "\n", "\r\n", "\r\n", "\r"))
    lines = [[shown(cell) for cell in line] for line in table.lines()]
    if random.random() < 0.85:
        out = io.StringIO(newline="")
        quoting = csv.QUOTE_ALL if random.random() < 0.2 else csv.QUOTE_MINIMAL
        csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(lines)
        text = out.getvalue()
    else:  # as a script joins it
        text = "".join(delimiter.join(line) + end for line in lines)
    if plain:
        return encoded(text, "utf-8")
    if random.random() < 0.25:
        text = random.choice(_WAYS)(text, delimiter, random)
    return encoded(text, random.choice(ENCODINGS) if random.random() < 0.6 else "utf-8")


def _put(text: str, what: str, random: Random) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + what + text[at:]


_QUOTES = ('"', '""', '"x', 'x"', '",', ' "', "'")
_LINE_ENDS = ("\r", "\n", "\r\r\n", "\n\r", "\x0b", "\x1a", "\u2028", "\x85")
_STARTS = ("#", "", "Report\n\n", "\n" * 40, " ", "\ufeff\ufeff", '"', "sep=,\n", "sep=;\n")
_NO_TABLES = ("", " ", "\n", "\ufeff", "\0", "\r\n\r\n", '"', ",", ",,,\n,,,\n", "a", "a\n", "a\nb")
_WAYS: tuple[Callable[[str, str, Random], str], ...] = (
    lambda text, _, __: text.rstrip("\r\n"),
    lambda text, _, random: _put(text, random.choice(_QUOTES), random),
    lambda text, _, random: _put(text, random.choice(_QUOTES), random),
    lambda text, _, random: _put(text, random.choice(_LINE_ENDS), random),
    lambda text, _, random: _put(text, "\0" * random.choice((1, 3, 1_000)), random),
    lambda text, _, random: random.choice(_STARTS) + text,
    # lines longer than what is looked at first
    lambda text, mark, random: "x" * random.choice((600_000, 1_200_000)) + random.choice(("\n", mark)) + text,
    lambda text, mark, _: text.replace("\n", f"{mark}{'y' * 700_000}\n", 1),
    lambda text, _, random: text.replace("\n", "\r", random.randint(1, 5)),
    lambda text, mark, random: text.replace(mark, random.choice((";", ",", "\t", "|")), random.randint(1, 9)),
    lambda _, __, random: random.choice(_NO_TABLES),
)


# XLSX ---------------------------------------------------------------------------------------------


def column_letters(column: int) -> str:
    """0 -> A."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _legal(text: str) -> str:
    return "".join(
        sign
        if sign in "\t\n\r" or " " <= sign < "\ud800" or "\ue000" <= sign < "\ufffe" or sign > "\uffff"
        else f"_x{ord(sign):04X}_"
        for sign in text
    )


NO_COLUMNS: frozenset[int] = frozenset()


def days_by_format(lines: list[list[Any]], random: Random) -> frozenset[int]:
    """The columns whose cells are formatted as days or hours, whatever they hold; in most sheets none."""
    if random.random() > 0.15:
        return NO_COLUMNS
    width, share = max(map(len, lines), default=0), random.choice((0.1, 0.4, 1))
    return frozenset(column for column in range(min(width, 50)) if random.random() < share)


def _is_day(cell: Any) -> bool:
    return isinstance(cell, (date, time, timedelta))


def _xlsx_cell(cell: Any, place: str, *, styled: bool = False) -> str:
    style = ' s="1"' if styled or _is_day(cell) else ""
    if cell is None:
        return f'<c r="{place}"{style}/>' if style else ""
    if isinstance(cell, bool):
        return f'<c r="{place}"{style} t="b"><v>{int(cell)}</v></c>'
    value = number(cell)
    if value is not None:
        return f'<c r="{place}"{style}><v>{value!r}</v></c>'
    text = shown(cell)
    if text in {"#N/A", "#REF!", "#DIV/0!"}:
        return f'<c r="{place}"{style} t="e"><v>{text}</v></c>'
    return f'<c r="{place}"{style} t="inlineStr"><is><t xml:space="preserve">{escape(_legal(text))}</t></is></c>'


def xlsx_sheet(lines: list[list[Any]], more: str = "", days: frozenset[int] = NO_COLUMNS) -> str:
    """The XML of a sheet; ``more`` are rows as XML after the others, ``days`` columns that are formatted as days."""
    rows = "".join(
        f'<row r="{at}">'
        + "".join(_xlsx_cell(cell, f"{column_letters(i)}{at}", styled=i in days) for i, cell in enumerate(line))
        + "</row>"
        for at, line in enumerate(lines, 1)
    )
    return f'<worksheet xmlns="{NAMESPACE}"><sheetData>{rows}{more}</sheetData></worksheet>'


def xlsx_parts(sheets: Sheets) -> dict[str, str]:
    """The parts of a workbook by their names."""
    names = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{i}" r:id="rId{i}"/>' for i, (name, _) in enumerate(sheets, 1)
    )
    relations = "".join(
        f'<Relationship Id="rId{i}" Type="{RELATIONSHIPS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType='
        f'"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>{overrides}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{RELATIONSHIPS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{NAMESPACE}" xmlns:r="{RELATIONSHIPS}">'
        f"<sheets>{names}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}'
        f'<Relationship Id="rId99999" Type="{RELATIONSHIPS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{NAMESPACE}"><fonts count="1"><font/></fonts>'
        '<fills count="1"><fill/></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2">'
        '<xf numFmtId="0"/><xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
    }
    parts |= {f"xl/worksheets/sheet{i}.xml": xlsx_sheet(lines) for i, (_, lines) in enumerate(sheets, 1)}
    return {name: '<?xml version="1.0" encoding="UTF-8"?>\n' + part for name, part in parts.items()}


def zipped(parts: dict[str, str | bytes], *, again: tuple[str, ...] = ()) -> bytes:
    """Parts as a ZIP archive; those named in ``again`` stand in it twice."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (*parts, *again):
            content = parts[name]
            entry = zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            if name in again and archive.NameToInfo.pop(name, None):
                pass  # else zipfile warns of the second one
            archive.writestr(entry, content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    return out.getvalue()


_DAY_FORMATS = (14, 15, 17, 18, 20, 21, 22, 45, 46, 47, 165, 166, 167, 168)
_OWN_DAY_FORMATS = ("yyyy", "[h]:mm:ss.000", 'd. mmmm "roku" yyyy;@', "[$-419]dd.mm.yy")


def format_days(parts: dict[str, str | bytes], random: Random) -> None:
    """Give the style of days another number format: of days, months, hours, or one that a user has made."""
    own = "".join(
        f'<numFmt numFmtId="{number}" formatCode={quoteattr(code)}/>'
        for number, code in enumerate(_OWN_DAY_FORMATS, 165)
    )
    styles = str(parts["xl/styles.xml"]).replace('numFmtId="22"', f'numFmtId="{random.choice(_DAY_FORMATS)}"')
    parts["xl/styles.xml"] = styles.replace(
        "<fonts", f'<numFmts count="{len(_OWN_DAY_FORMATS)}">{own}</numFmts><fonts', 1
    )


def xlsx_file(sheets: Sheets, random: Random) -> bytes:
    """A workbook; one in three is hostile."""
    parts: dict[str, str | bytes] = dict(xlsx_parts(sheets))
    again: tuple[str, ...] = ()
    for at, (_, lines) in enumerate(sheets, 1):
        if days := days_by_format(lines, random):
            parts[f"xl/worksheets/sheet{at}.xml"] = xlsx_sheet(lines, days=days)
            format_days(parts, random)
    if random.random() < 0.3:
        again = hostile_workbooks.spoil(parts, random)
    return zipped(parts, again=again)


# ODS, XLSB, XLS -----------------------------------------------------------------------------------


def ods_file(sheets: Sheets, random: Random) -> bytes:
    """An OpenDocument sheet, some with rows and cells repeated beyond measure."""
    tables = ""
    for name, lines in sheets:
        days = days_by_format(lines, random)
        rows = "".join(
            "<table:table-row>"
            + "".join(_ods_day(cell, random) if i in days else _ods_cell(cell) for i, cell in enumerate(line))
            + "</table:table-row>"
            for line in lines
        )
        if random.random() < 0.25:
            rows += _repeated(random)
        tables += f"<table:table table:name={quoteattr(_legal(name))}>{rows}</table:table>"
    kind, office = "application/vnd.oasis.opendocument.spreadsheet", "urn:oasis:names:tc:opendocument:xmlns"
    names = " ".join(f'xmlns:{one}="{office}:{one}:1.0"' for one in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0"?><office:document-content {names}><office:body><office:spreadsheet>{tables}'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="{office}:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
        f'manifest:media-type="{kind}"/></manifest:manifest>'
    )
    return zipped({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest})


_REPEATS = ((1_000, 1), (1_048_576, 1), (1, 1_000), (1, 16_384), (1_048_576, 16_384), (2**32, 2), (-1, -1))


def _repeated(random: Random) -> str:
    """A row that stands for many, its cell for many, or both."""
    rows, cells = random.choice(_REPEATS)
    cell = _ods_cell(random.choice(("x", None))).replace("cell", f'cell table:number-columns-repeated="{cells}"', 1)
    return f'<table:table-row table:number-rows-repeated="{rows}">{cell}</table:table-row>'


def _ods_day(cell: Any, random: Random) -> str:
    """A cell that says it is a day, a time or the like, and holds whatever it holds."""
    kind, name = random.choice((
        ("date", "date-value"), ("date", "date-value"), ("time", "time-value"), ("time", "time-value"),
        ("percentage", "value"), ("currency", "value"), ("boolean", "boolean-value"), ("float", "value"),
    ))  # fmt: skip
    if cell is None:
        return f'<table:table-cell office:value-type="{kind}"/>'
    if name == "value" and random.random() < 0.97:  # another text is no number, and the file is refused
        return f'<table:table-cell office:value-type="{kind}" office:value="{number(cell) or 0!r}"/>'
    value = random.choice((shown(cell)[:300], shown(cell)[:300], *_ODS_VALUES))
    text = escape(_legal(shown(cell)))
    return (
        f'<table:table-cell office:value-type="{kind}" office:{name}={quoteattr(_legal(value))}>'
        f"<text:p>{text}</text:p></table:table-cell>"
    )


_ODS_VALUES = (
    "PT12H30M00S", "PT36H", "-PT5H", "PT999999999999H00M00S", "P3D", "PT", "PT1.5S", "PT12H61M99S", "2025-05-05", "",
    "2025-02-30", "-0044-03-15", "99999-01-01", "2025-05-05T10:00:00.123456789", "2025-05-05T25:00:00", "12:30",
    "1e400", "nan", "true",
)  # fmt: skip


def _ods_cell(cell: Any) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, date):
        return f'<table:table-cell office:value-type="date" office:date-value="{cell.isoformat()}"/>'
    value = number(cell)
    if value is not None:
        return f'<table:table-cell office:value-type="float" office:value="{value!r}"/>'
    text = escape(_legal(shown(cell)))
    return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


def _wide(text: str) -> bytes:
    units = text.encode("utf-16-le", "surrogatepass")
    return struct.pack("<I", len(units) // 2) + units


def _bin(kind: int, content: bytes = b"") -> bytes:
    """A record of a binary workbook: its kind and length in seven bits a byte."""
    head = bytes([kind & 0x7F | 0x80, kind >> 7]) if kind > 127 else bytes([kind])
    size, length = len(content), b""
    while True:
        length += bytes([size & 0x7F | (0x80 if size > 127 else 0)])
        size >>= 7
        if not size:
            return head + length + content


def xlsb_file(sheets: Sheets, random: Random) -> bytes:
    """A binary workbook."""
    parts: dict[str, str | bytes] = {
        name: part.replace('.xml"', '.bin"') if name.endswith("workbook.xml.rels") else part
        for name, part in xlsx_parts([(name, []) for name, _ in sheets]).items()
        if not name.startswith(("xl/worksheets", "xl/styles", "xl/workbook.xml"))
    }
    parts["_rels/.rels"] = str(parts["_rels/.rels"]).replace("workbook.xml", "workbook.bin")
    parts["[Content_Types].xml"] = str(parts["[Content_Types].xml"]).replace('Extension="xml"', 'Extension="bin"')
    bundle = b"".join(
        _bin(156, struct.pack("<II", 0, i) + _wide(f"rId{i}") + _wide(name)) for i, (name, _) in enumerate(sheets, 1)
    )
    parts["xl/_rels/workbook.bin.rels"] = parts.pop("xl/_rels/workbook.xml.rels")
    parts["xl/workbook.bin"] = _bin(131) + _bin(143) + bundle + _bin(144) + _bin(132)
    form_of_days = random.choice((22, 14, 20, 46))
    parts["xl/styles.bin"] = (
        _bin(278)
        + _bin(617, struct.pack("<I", 2))
        + b"".join(_bin(47, struct.pack("<HHHHHHBB", 0, form, 0, 0, 0, 0, 0, 0)) for form in (0, form_of_days))
        + _bin(618)
        + _bin(279)
    )
    for at, (_, lines) in enumerate(sheets, 1):
        width, days = max(map(len, lines), default=0), days_by_format(lines, random)
        size = struct.pack("<IIII", 0, max(len(lines) - 1, 0), 0, max(width - 1, 0))
        rows = b"".join(
            _bin(0, struct.pack("<IIHBBBI", row, 0, 300, 0, 0, 0, 0))
            + b"".join(
                _xlsb_cell(cell, column, styled=column in days) for column, cell in enumerate(line) if cell is not None
            )
            for row, line in enumerate(lines)
        )
        parts[f"xl/worksheets/sheet{at}.bin"] = _bin(129) + _bin(148, size) + _bin(145) + rows + _bin(146) + _bin(130)
    return zipped(parts)


def _xlsb_cell(cell: Any, column: int, *, styled: bool = False) -> bytes:
    head = struct.pack("<II", column, int(styled or _is_day(cell)))
    if isinstance(cell, bool):
        return _bin(4, head + bytes([cell]))
    value = number(cell)
    return (
        _bin(5, head + struct.pack("<d", value)) if value is not None else _bin(6, head + _wide(shown(cell)[:32_767]))
    )


def xls_file(sheets: Sheets, random: Random) -> bytes:
    """A workbook of Excel 97 in its compound file."""

    def record(kind: int, content: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    start = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0x0DBB, 0x07CC, 0, 6))
    formats = b"".join(
        record(0xE0, struct.pack("<HH", 0, form) + bytes(16)) for form in (0, random.choice((22, 14, 20, 46)))
    )
    bodies = []
    for _, lines in sheets:
        body = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0x0DBB, 0x07CC, 0, 6))
        width, days = max(map(len, lines), default=0), days_by_format(lines, random)
        body += record(0x200, struct.pack("<IIHHH", 0, len(lines), 0, min(width, 256), 0))
        for row, line in enumerate(lines[:65_536]):
            for column, cell in enumerate(line[:256]):
                if cell is None:
                    continue
                head = struct.pack("<HHH", row, column, int(column in days or _is_day(cell)))
                value = number(cell)
                if value is not None:
                    body += record(0x203, head + struct.pack("<d", value))
                else:
                    text = shown(cell)[:2_000].encode("utf-16-le", "surrogatepass")
                    body += record(0x204, head + struct.pack("<HB", len(text) // 2, 1) + text)
        bodies.append(body + record(0xA))
    names = [name[:31].encode("utf-16-le", "surrogatepass") for name, _ in sheets]
    place = len(start) + len(formats) + sum(4 + 8 + len(name) for name in names) + 4
    bundle = b""
    for name, body in zip(names, bodies, strict=True):
        bundle += record(0x85, struct.pack("<IHBB", place, 0, len(name) // 2, 1) + name)
        place += len(body)
    return compound_file("Workbook", start + formats + bundle + record(0xA) + b"".join(bodies))


def compound_file(name: str, content: bytes) -> bytes:
    """One stream in an OLE compound file."""
    content += bytes(max(0, 4096 - len(content)))
    content += bytes(-len(content) % 512)
    used = len(content) // 512
    tables = 1
    while tables * 128 < used + tables + 1:
        tables += 1
    chain = [*range(1, used), 0xFFFFFFFE, 0xFFFFFFFE, *[0xFFFFFFFD] * tables]
    chain += [0xFFFFFFFF] * (tables * 128 - len(chain))
    head = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII", bytes.fromhex("d0cf11e0a1b11ae1"), 0x3E, 3, 0xFFFE, 9, 6, 0, tables, used, 0, 4096,
        0xFFFFFFFE, 0, 0xFFFFFFFE, 0,
    )  # fmt: skip
    head += b"".join(struct.pack("<I", used + 1 + i if i < tables else 0xFFFFFFFF) for i in range(109))

    def entry(title: str, kind: int, child: int, first: int, size: int) -> bytes:
        text = title.encode("utf-16-le")
        return struct.pack("<64sHBBIII36xIQ", text, len(text) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child, first, size)

    folder = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(name, 2, 0xFFFFFFFF, 0, len(content)) + bytes(256)
    return head + content + folder + struct.pack(f"<{len(chain)}I", *chain)
