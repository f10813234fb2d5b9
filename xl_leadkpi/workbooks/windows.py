"""What Windows knows of Excel: registry, program files, marks on downloaded files. Elsewhere there is none of it."""

from __future__ import annotations

import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_APP_PATH: Final = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
_OFFICE: Final = r"Software\Microsoft\Office\{version}\Excel"
_POLICIES: Final = r"Software\Policies\Microsoft\Office\{version}\Excel"
OFFICE_VERSIONS: Final = ("16.0", "15.0")
_MACHINES: Final = {0x014C: 32, 0x8664: 64, 0xAA64: 64}

MARK: Final = ":Zone.Identifier"
_INTERNET: Final = 3


def registry_value(root: str, key: str, name: str = "") -> str | int | None:
    """A value of the registry, None where there is none.

    Args:
        root: ``user`` or ``machine``.
        key: Path of the key.
        name: Name of the value; empty for the key's own.
    """
    if sys.platform != "win32":
        return None
    import winreg  # noqa: PLC0415 - Windows only

    hive = winreg.HKEY_CURRENT_USER if root == "user" else winreg.HKEY_LOCAL_MACHINE
    try:
        with winreg.OpenKey(hive, key) as opened:
            value: str | int = winreg.QueryValueEx(opened, name)[0]
            return value
    except OSError:
        return None


def excel_program() -> Path | None:
    """The program file of Excel, None if it is not installed."""
    path = registry_value("machine", _APP_PATH) or registry_value("user", _APP_PATH)
    return Path(str(path).strip('"')) if path else None


def excel_setting(key: str, name: str) -> str | int | None:
    """A setting of Excel: what the administrator has ruled comes before what the user has chosen."""
    for pattern in (_POLICIES, _OFFICE):
        for version in OFFICE_VERSIONS:
            for root in ("machine", "user") if pattern == _POLICIES else ("user",):
                value = registry_value(root, pattern.format(version=version) + key, name)
                if value is not None:
                    return value
    return None


def add_ins_opened_by_excel() -> Iterator[str]:
    """Paths of the add-ins ticked in Excel's list."""
    for version in OFFICE_VERSIONS:
        for number in range(50):
            name = f"OPEN{number or ''}"
            value = registry_value("user", _OFFICE.format(version=version) + r"\Options", name)
            if value is None:
                break
            yield str(value).replace("/R", "").strip().strip('"')


def disabled_by_excel() -> list[str]:
    """What Excel keeps closed because it once failed while that was open; each text holds a path."""
    if sys.platform != "win32":
        return []
    import winreg  # noqa: PLC0415 - Windows only

    found = []
    for version in OFFICE_VERSIONS:
        key = _OFFICE.format(version=version) + r"\Resiliency\DisabledItems"
        with suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
            for index in range(winreg.QueryInfoKey(opened)[1]):
                value = winreg.EnumValue(opened, index)[1]
                if isinstance(value, bytes):
                    found.append(value[: len(value) // 2 * 2].decode("utf-16-le", "replace"))
    return found


def bitness(program: Path) -> int | None:
    """Whether a program or DLL is made for 32 or 64 bits, None if it is neither program nor readable.

    The library is read, not loaded: a DLL of the wrong kind could not be.
    """
    try:
        with program.open("rb") as file:
            if file.read(2) != b"MZ":
                return None
            file.seek(0x3C)
            file.seek(struct.unpack("<I", file.read(4))[0])
            if file.read(4) != b"PE\0\0":
                return None
            return _MACHINES.get(struct.unpack("<H", file.read(2))[0])
    except (OSError, struct.error):
        return None


def is_marked(file: Path) -> bool:
    """Whether Windows has marked a file as coming from the internet: Excel opens no macros of such a file."""
    try:
        mark = Path(f"{file}{MARK}").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    zones = [line.partition("=")[2].strip() for line in mark.splitlines() if line.lower().startswith("zoneid")]
    return any(zone.isdigit() and int(zone) >= _INTERNET for zone in zones)


def unmark(file: Path) -> bool:
    """Take the mark off a file.

    Returns:
        Whether there was one.

    Raises:
        OSError: If the file may not be changed.
    """
    mark = Path(f"{file}{MARK}")
    try:
        mark.unlink()
    except FileNotFoundError:
        return False
    return True
