"""What Windows knows of Excel: registry, program files, marks on downloaded files. Elsewhere there is none of it."""

from __future__ import annotations

import os
import re
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Final, Literal

from xl_leadkpi.locales import every_locale

if TYPE_CHECKING:
    from collections.abc import Iterator

_APP_PATH: Final = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
_OFFICE: Final = r"Software\Microsoft\Office\{version}\Excel"
_POLICIES: Final = r"Software\Policies\Microsoft\Office\{version}\Excel"
OFFICE_VERSIONS: Final = ("16.0", "15.0")
_SHELL_FOLDERS: Final = r"Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders"
_MACHINES: Final = {0x014C: 32, 0x8664: 64, 0xAA64: 64}

Chooser = Literal["administrator", "user", "nobody"]

MARK: Final = ":Zone.Identifier"
_INTERNET: Final = 3

_OPTIONS: Final = r"\Options"
_PERSONAL_TEMPLATES: Final = "PersonalTemplates"
_CHILD_PROCESSES: Final = "d4f940ab-401b-4efc-aadc-ad5f3c50688a"
_ATTACK_SURFACE: Final = r"\Windows Defender Exploit Guard\ASR"
_DEFENDER: Final = r"SOFTWARE\Microsoft\Windows Defender"
_DEFENDER_POLICIES: Final = r"SOFTWARE\Policies\Microsoft\Windows Defender"
_NOT_CONFIGURED: Final = 5


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
        with winreg.OpenKey(hive, key, access=winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as opened:
            value: str | int = winreg.QueryValueEx(opened, name)[0]
            return value
    except OSError:
        return None


def registry_names(key: str) -> list[str]:
    """Names of the values of a key of the machine."""
    if sys.platform != "win32":
        return []
    import winreg  # noqa: PLC0415 - Windows only

    access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
    with suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key, access=access) as opened:
        return [winreg.EnumValue(opened, index)[0] for index in range(winreg.QueryInfoKey(opened)[1])]
    return []


def set_user_value(key: str, name: str, value: str | None) -> None:
    """Set a text of the user's registry, or take it away.

    Raises:
        OSError: If the registry does not allow it.
    """
    if sys.platform != "win32":
        return
    import winreg  # noqa: PLC0415 - Windows only

    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:
        if value is not None:
            winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, value)
        else:
            with suppress(FileNotFoundError):
                winreg.DeleteValue(opened, name)


def excel_program() -> Path | None:
    """The program file of Excel, None if it is not installed."""
    path = registry_value("machine", _APP_PATH) or registry_value("user", _APP_PATH)
    return Path(str(path).strip('"')) if path else None


def excel_setting(key: str, name: str) -> str | int | None:
    """A setting of Excel: what the administrator has ruled comes before what the user has chosen."""
    ruled = excel_policy(key, name)
    return _own_setting(key, name) if ruled is None else ruled


def excel_policy(key: str, name: str) -> str | int | None:
    """A setting of Excel that the administrator has ruled."""
    for version in OFFICE_VERSIONS:
        for root in ("machine", "user"):
            value = registry_value(root, _POLICIES.format(version=version) + key, name)
            if value is not None:
                return value
    return None


def _own_setting(key: str, name: str) -> str | int | None:
    values = (registry_value("user", _OFFICE.format(version=version) + key, name) for version in OFFICE_VERSIONS)
    return next((value for value in values if value is not None), None)


def documents(profile: Path) -> Path:
    """The user's folder Documents, wherever OneDrive or the administrator has moved it.

    Args:
        profile: The user's own folder, in which it is otherwise.
    """
    folder = Path(os.path.expandvars(str(registry_value("user", _SHELL_FOLDERS, "Personal") or "")))
    return folder if folder.is_absolute() else profile / "Documents"


@dataclass(frozen=True, slots=True)
class PersonalTemplates:
    """The folder whose templates Excel shows under File > New > Personal.

    Attributes:
        folder: The folder.
        chosen_by: Who has told Excel so. Where nobody has, it is the one that Office makes for templates, but Excel may
            show nothing until it is told.
    """

    folder: Path
    chosen_by: Chooser


def personal_templates(profile: Path) -> PersonalTemplates:
    """Where Excel looks for the user's own templates.

    Args:
        profile: The user's own folder.
    """
    choices: tuple[tuple[Chooser, str | int | None], ...] = (
        ("administrator", excel_policy(_OPTIONS, _PERSONAL_TEMPLATES)),
        ("user", _own_setting(_OPTIONS, _PERSONAL_TEMPLATES)),
    )
    for chosen_by, value in choices:
        folder = Path(os.path.expandvars(str(value or "")))
        if folder.is_absolute():
            return PersonalTemplates(folder, chosen_by)
    candidates = [documents(profile) / one.templates_folder for one in every_locale()]
    return PersonalTemplates(next((one for one in candidates if one.is_dir()), candidates[0]), "nobody")


def choose_personal_templates(folder: Path | None) -> None:
    """Tell Excel where the user's own templates are, or no longer.

    Raises:
        OSError: If the registry does not allow it.
    """
    program = str(excel_program()).lower()  # ends in Office16 and EXCEL.EXE
    has_a_value = [
        version for version in OFFICE_VERSIONS
        if registry_value("user", _OFFICE.format(version=version) + _OPTIONS, _PERSONAL_TEMPLATES) is not None
    ]  # fmt: skip
    installed = [version for version in OFFICE_VERSIONS if f"office{version.partition('.')[0]}" in program]
    version = (*has_a_value, *installed, *OFFICE_VERSIONS)[0]
    set_user_value(_OFFICE.format(version=version) + _OPTIONS, _PERSONAL_TEMPLATES, str(folder) if folder else None)


def is_from_store(interpreter: Path) -> bool:
    """Whether a Python is the one of the Microsoft Store, or a virtual environment made with it.

    What such a Python writes to %APPDATA% lands in a copy that no other program sees.
    """
    sources = [str(interpreter)]
    for folder in interpreter.parents[:2]:
        with suppress(OSError):
            lines = (folder / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace").splitlines()
            sources += [line.partition("=")[2].strip() for line in lines if line.partition("=")[0].strip() == "home"]
    if interpreter == Path(sys.executable):
        sources += [sys.base_prefix]
    return any(_lies_in_store(source) for source in sources)


def _lies_in_store(path: str) -> bool:
    parts = [part.lower() for part in PureWindowsPath(path).parts]
    packaged = any(part.startswith("pythonsoftwarefoundation.") for part in parts)
    return "windowsapps" in parts or (packaged and "packages" in parts)


def is_private_copy(file: Path) -> bool:
    """Whether Windows has diverted a file into the private store of a packaged program, where Excel does not look."""
    parts = [part.lower() for part in PureWindowsPath(os.path.realpath(file)).parts]
    return "packages" in parts and "localcache" in parts[parts.index("packages") :]


@dataclass(frozen=True, slots=True)
class ChildProcessRule:
    """Microsoft Defender's rule "Block all Office applications from creating child processes".

    Attributes:
        state: 0 off, 1 blocks, 2 only records, 6 asks.
        by_policy: Whether the administrator has set it centrally.
        excluded: Programs and folders that are free of it, as written.
    """

    state: int
    by_policy: bool
    excluded: tuple[str, ...]

    def spares(self, program: Path) -> bool:
        """Whether a program is free of the rule."""
        path = str(program).lower()
        patterns = [os.path.expandvars(one).lower().rstrip("\\") for one in self.excluded]
        return any(fnmatch(path, pattern) or fnmatch(path, pattern + "\\*") for pattern in patterns)


def child_process_rule() -> ChildProcessRule | None:
    """The rule as it is set on this computer, None where it is not."""
    policies, managed = _DEFENDER_POLICIES + _ATTACK_SURFACE, _DEFENDER_POLICIES + r"\Policy Manager"
    listed = str(registry_value("machine", managed, "ASRRules") or "")
    by_management = re.search(rf"{_CHILD_PROCESSES}\}}?=(\d)", listed, re.IGNORECASE)
    states = (
        (registry_value("machine", policies + r"\Rules", _CHILD_PROCESSES), True),
        (by_management and by_management[1], True),
        (registry_value("machine", _DEFENDER + _ATTACK_SURFACE + r"\Rules", _CHILD_PROCESSES), False),
    )
    for value, by_policy in states:
        if str(value).isdigit() and int(str(value)) != _NOT_CONFIGURED:
            excluded = [
                *registry_names(policies + r"\ASROnlyExclusions"),
                *str(registry_value("machine", managed, "ASROnlyExclusions") or "").split("|"),
                *registry_names(_DEFENDER + _ATTACK_SURFACE + r"\ASROnlyExclusions"),
            ]
            return ChildProcessRule(int(str(value)), by_policy, tuple(one for one in excluded if one))
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
