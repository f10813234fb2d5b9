"""What XlsxWriter leaves to be done on a finished file: parts it does not know, and the same bytes on every machine."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import quoteattr
from zipfile import ZIP_STORED, ZipFile, ZipInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_ADD_IN: Final = "application/vnd.ms-excel.addin.macroEnabled.main+xml"
_TEMPLATE: Final = "application/vnd.ms-excel.template.macroEnabled.main+xml"
_MACRO_BOOK: Final = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_RIBBON_PART: Final = "customUI/customUI14.xml"
_RIBBON_RELATION: Final = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"


def unpack(file: bytes) -> dict[str, bytes]:
    """Parts of a package by name, in their order."""
    with ZipFile(io.BytesIO(file)) as package:
        return {name: package.read(name) for name in package.namelist()}


def pack(parts: Mapping[str, bytes]) -> bytes:
    """A package that depends on nothing but its parts.

    They are stored, not deflated: two versions of zlib deflate the same part to different bytes.
    """
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_STORED) as package:
        for name, content in parts.items():
            info = ZipInfo(name, _EPOCH)
            info.create_system = 0
            info.external_attr = 0
            package.writestr(info, content)
    return made.getvalue()


def describe_names(parts: dict[str, bytes], descriptions: Mapping[str, str]) -> None:
    """Give defined names the description that the Name Manager and the list of functions show."""

    def described(match: re.Match[bytes]) -> bytes:
        comment = descriptions.get(match[1].decode())
        return match[0] if comment is None else match[0] + f" comment={quoteattr(comment)}".encode()

    parts["xl/workbook.xml"] = re.sub(rb'<definedName name="([^"]+)"', described, parts["xl/workbook.xml"])


def add_ribbon(parts: dict[str, bytes], ribbon: bytes) -> None:
    """Add the ribbon."""
    parts[_RIBBON_PART] = ribbon
    relation = f'<Relationship Id="rIdRibbon" Type="{_RIBBON_RELATION}" Target="{_RIBBON_PART}"/></Relationships>'
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"</Relationships>", relation.encode())


def make_add_in(parts: dict[str, bytes]) -> None:
    """Turn a workbook with macros into an add-in."""
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(_MACRO_BOOK.encode(), _ADD_IN.encode())


def make_template(parts: dict[str, bytes]) -> None:
    """Turn a workbook with macros into a template: Excel opens a copy of it."""
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(_MACRO_BOOK.encode(), _TEMPLATE.encode())
