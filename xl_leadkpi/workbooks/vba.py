"""The VBA project of a workbook, from the text modules; pyOpenVBA writes it.

pyOpenVBA is needed to build, not to use the workbooks: it comes with the extra ``excel``.
"""

from __future__ import annotations

import re
import struct
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xl_leadkpi.addin.vba import functions_module
from xl_leadkpi.workbooks import package, ribbon
from xl_leadkpi.workbooks.files import XLWINGS
from xl_leadkpi.workbooks.sources import folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ADD_IN_PROJECT: Final = "LeadKPI"
TEMPLATE_PROJECT: Final = "LeadKPITemplate"
"""Names of the projects; no module and nothing public may bear them ([MS-VBAL] 5.2.3.1)."""

WORKBOOK: Final = "ThisWorkbook"

STANDARD: Final = ("KpiFunctions", "KpiRibbon")
CLASSES: Final = ("KpiCells", "KpiBridge")
_ADD_IN_CLASSES: Final = ("KpiLinks",)
_ADD_IN_WORKBOOK: Final = "AddInWorkbook"

_PART: Final = "xl/vbaProject.bin"
_SHEET_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_MACRO_TYPE: Final = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+")
_PROJECT_NAME_RECORD: Final = 4
_LAST_MODULE_AND_END: Final = b"\x2b\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00"
"""What the dir stream ends with ([MS-OVBA] 2.3.4.2); pyOpenVBA leaves four bytes behind it."""
_DIRECTORY_ENTRY: Final = 128
_UNUSED_ENTRY: Final = bytes(68) + b"\xff" * 12 + bytes(48)
_TYPE: Final = 66
_COLOUR: Final = 67
_BLACK: Final = 1
_END_OF_CHAIN: Final = 0xFFFFFFFE
_NO_CODE: Final = "Option Explicit\r\n"
_NOT_COMPILED: Final = b"\xcc\x61\xff\xff\x00\x00\x00"


def modules(*, add_in: bool, xlwings: str = XLWINGS) -> dict[str, str]:
    """Source of every module by name, the workbook's own among them where it has code.

    Args:
        add_in: For the add-in, which also repairs links.
        xlwings: Version whose DLL is to be called; it is part of the DLL's name.

    Raises:
        ValueError: If the version is no version.
    """
    if not _VERSION.fullmatch(xlwings):
        raise ValueError(f"xlwings {xlwings}: the workbooks need a release of the form 0.37.8")
    sources = {"KpiFunctions": functions_module()}
    for name in ("KpiRibbon", *CLASSES, *(_ADD_IN_CLASSES if add_in else ())):
        kind = "bas" if name in STANDARD else "cls"
        sources[name] = (folder() / "vba" / f"{name}.{kind}").read_bytes().decode("ascii")
    sources["KpiRibbon"] = ribbon.own_callbacks(sources["KpiRibbon"], add_in=add_in)
    sources["KpiBridge"] = sources["KpiBridge"].replace(XLWINGS, xlwings)
    if add_in:
        sources[WORKBOOK] = (folder() / "vba" / f"{_ADD_IN_WORKBOOK}.cls").read_bytes().decode("ascii")
    return sources


def add_project(parts: dict[str, bytes], sources: Mapping[str, str], name: str) -> dict[str, bytes]:
    """Give a workbook the VBA project; its main part becomes that of a workbook with macros.

    Args:
        parts: Of the workbook; every sheet has its code name.
        sources: From :func:`modules`.
        name: Of the project.

    Returns:
        The parts with the project.
    """
    from pyopenvba import ExcelFile, VBAModuleKind  # noqa: PLC0415 - only who builds has it

    content = parts["[Content_Types].xml"].replace(_SHEET_TYPE.encode(), _MACRO_TYPE.encode())
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary, "workbook.xlsm")
        file.write_bytes(package.pack({**parts, "[Content_Types].xml": content}))
        with ExcelFile(file) as book:
            project = book.add_vba_project()
            # written even where it is empty: pyOpenVBA's own has compiled code of another project before its source
            project.get_module(WORKBOOK).body = sources.get(WORKBOOK, _NO_CODE)
            for module, source in sources.items():
                if module != WORKBOOK:
                    kind = VBAModuleKind.standard if module in STANDARD else VBAModuleKind.other
                    project.add_module(module, _body(source), kind=kind)
            book.save()
        made = package.unpack(file.read_bytes())
    made[_PART] = _named(made[_PART], name)
    return made


def _body(source: str) -> str:
    """A module without the lines that only its file has; pyOpenVBA writes the header itself."""
    lines = source.split("\r\n")
    if lines[0].startswith("VERSION"):
        lines = lines[lines.index("END") + 1 :]
    while lines[0].startswith("Attribute VB_"):
        lines.pop(0)
    return "\r\n".join(lines)


def _named(project: bytes, name: str) -> bytes:
    """Give the project its name: two projects of one name confuse whoever looks into Excel's editor."""
    from pyopenvba.cfb import CFB  # noqa: PLC0415
    from pyopenvba.vba import compress, decompress  # noqa: PLC0415

    container = CFB.from_bytes(project)
    directory = decompress(container.get_stream_in_storage("VBA", "dir"))
    at = 0
    while (record := struct.unpack_from("<HI", directory, at))[0] != _PROJECT_NAME_RECORD:
        at += 6 + record[1]
    written = name.encode("ascii")
    directory = directory[: at + 2] + struct.pack("<I", len(written)) + written + directory[at + 6 + record[1] :]
    directory = directory[: directory.rindex(_LAST_MODULE_AND_END) + len(_LAST_MODULE_AND_END)]
    container.write_stream_in_storage("VBA", "dir", compress(directory))
    properties = container.get_stream("PROJECT").replace(b'Name="VBAProject"', b'Name="' + written + b'"')
    container.write_stream("PROJECT", properties)
    # no compiled code and no version of it ([MS-OVBA] 2.3.4.1): Excel compiles what can be read here
    container.write_stream_in_storage("VBA", "_VBA_PROJECT", _NOT_COMPILED)
    return _strict_directory(container.to_bytes())


def _strict_directory(compound_file: bytes) -> bytes:
    """Make the directory what [MS-CFB] demands; a strict reader may refuse the file that pyOpenVBA writes.

    It leaves all new entries red, and two red ones in a row are forbidden (2.6.4): black, as most writers make them.
    And it leaves a mark in the entries that are not used, which must be blank (2.6.1).
    """
    made = bytearray(compound_file)
    sector_size = 1 << struct.unpack_from("<H", made, 30)[0]
    table_sectors, sector = struct.unpack_from("<I", made, 44)[0], struct.unpack_from("<I", made, 48)[0]
    table: list[int] = []
    for number in struct.unpack_from(f"<{min(table_sectors, 109)}I", made, 76):
        table += struct.unpack_from(f"<{sector_size // 4}I", made, sector_size * (number + 1))
    while sector != _END_OF_CHAIN:
        start = sector_size * (sector + 1)
        for entry in range(start, start + sector_size, _DIRECTORY_ENTRY):
            if made[entry + _TYPE]:
                made[entry + _COLOUR] = _BLACK
            else:
                made[entry : entry + _DIRECTORY_ENTRY] = _UNUSED_ENTRY
        sector = table[sector]
    return bytes(made)


def code_names(sheets: Sequence[str]) -> list[str]:
    """Names of the sheets' document modules: fixed, whatever the tabs are called."""
    return [f"Sheet{name.replace('_', '')}" for name in sheets]
