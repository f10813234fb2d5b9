"""Writes workbooks of the old binary format (XLS), whole and damaged, byte by byte: no library writes the damage."""

import struct
from collections.abc import Sequence

_SECTOR = 512
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def workbook(cells: Sequence[tuple[int, int, str]], *, loop: bool = False) -> bytes:
    """An XLS file of one sheet.

    Args:
        cells: Row and column, from zero, and text of each cell.
        loop: The chain of the stream's sectors leads back to its beginning.
    """
    book = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for row, column, text in cells:
        label = struct.pack("<HHHHB", row, column, 0, len(text), 0) + text.encode("latin-1")
        sheet += _record(0x0204, label)
    sheet += _record(0x000A, b"")
    name = b"Leads"
    length = len(book) + 4 + 8 + len(name) + 4
    book += _record(0x0085, struct.pack("<IBBBB", length, 0, 0, len(name), 0) + name) + _record(0x000A, b"")
    return _compound(book + sheet, loop=loop)


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _compound(stream: bytes, *, loop: bool) -> bytes:
    size = max(4096, len(stream))  # smaller streams are stored in another way
    sectors = -(-size // _SECTOR)
    stream = stream.ljust(sectors * _SECTOR, b"\0")
    tables = -(-(sectors + 2) // 128)
    chain = [*range(1, sectors), 0 if loop else _END, _END, *[_FAT] * tables]
    fat = b"".join(struct.pack("<I", one) for one in chain).ljust(tables * _SECTOR, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, tables, sectors, 0, 4096, _END, 0, _END, 0)
    header += b"".join(struct.pack("<I", sectors + 1 + one) for one in range(tables))
    header = header.ljust(_SECTOR, b"\xff")
    directory = _entry("Root Entry", 5, _END, 0, child=1) + _entry("Workbook", 2, 0, size)
    return header + stream + directory.ljust(_SECTOR, b"\0") + fat


def _entry(name: str, kind: int, start: int, size: int, child: int = _FREE) -> bytes:
    wide = (name + "\0").encode("utf-16-le")
    return (
        wide.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(wide), kind, 1, _FREE, _FREE, child)
        + b"\0" * 36
        + struct.pack("<IQ", start, size)
    )
