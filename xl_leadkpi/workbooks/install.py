"""``leadkpi install`` and ``uninstall``: add-in and template where Excel trusts them, and which Python serves them."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import secrets
import site
import stat
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xl_leadkpi import __version__
from xl_leadkpi.addin import configuration
from xl_leadkpi.workbooks import windows
from xl_leadkpi.workbooks.files import ADD_IN, TEMPLATE, XLWINGS, DamagedError, fetch_builder, shipped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.workbooks.sources import Language

ELSEWHERE: Final = (
    "the functions in Excel need Excel for Windows; here use LeadKPI-no-python.xlsx "
    "(leadkpi workbooks build FOLDER) in Excel 365, or leadkpi funnel in a terminal"
)


class InstallError(Exception):
    """What stands in the way, and what to do."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the files of an installation are.

    Attributes:
        add_ins: Excel opens what is in here, and trusts it.
        templates: Excel trusts what is in here.
        own: Our configuration and the list of what was installed.
    """

    add_ins: Path
    templates: Path
    own: Path

    @property
    def add_in(self) -> Path:
        """The add-in."""
        return self.add_ins / ADD_IN

    @property
    def template(self) -> Path:
        """The template."""
        return self.templates / TEMPLATE

    @property
    def configuration(self) -> Path:
        """The file that names the interpreter."""
        return self.own / configuration.FILE.name

    @property
    def receipt(self) -> Path:
        """What was installed."""
        return self.own / "installed.json"


def places(appdata: Path | None = None) -> Places:
    """The places of this user.

    Args:
        appdata: The folder of the user's application data; None asks Windows.

    Raises:
        InstallError: If there is no such folder: not on Windows.
    """
    if appdata is None:
        named = os.environ.get("APPDATA", "")
        if sys.platform != "win32" or not named:
            raise InstallError(ELSEWHERE)
        appdata = Path(named)
    microsoft = appdata / "Microsoft"
    return Places(microsoft / "Excel" / "XLSTART", microsoft / "Templates", appdata / configuration.FILE.parent)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an installation has put where.

    Attributes:
        version: Of this package.
        xlwings: Version whose DLL the add-in calls.
        files: SHA-256 of every file by its path.
    """

    version: str
    xlwings: str
    files: Mapping[str, str]


def read_receipt(places: Places) -> Receipt | None:
    """What was installed, None if nothing was or the list cannot be read."""
    try:
        written: dict[str, Any] = json.loads(places.receipt.read_text(encoding="utf-8"))
        return Receipt(written["version"], written["xlwings"], dict(written["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def xlwings_version() -> str | None:
    """Version of xlwings that this Python has, None if it has none."""
    with suppress(metadata.PackageNotFoundError):
        return metadata.version("xlwings")
    return None


def library_name(bits: int, version: str) -> str:
    """Name of xlwings' DLL.

    >>> library_name(64, "0.37.8")
    'xlwings64-0.37.8.dll'
    """
    return f"xlwings{bits}-{version}.dll"


def find_library(interpreter: Path, name: str) -> Path | None:
    """Where the bridge finds xlwings' DLL: beside the interpreter, or one folder up as in a virtual environment."""
    for folder in (interpreter.parent, interpreter.parent.parent):
        if (folder / name).is_file():
            return folder / name
    return None


def install(places: Places, language: Language = "en", interpreter: Path | None = None) -> Receipt:
    """Install for this user; an older installation is replaced.

    Args:
        places: Where to.
        language: Of the template.
        interpreter: The Python that serves Excel; None takes the one that runs this.

    Returns:
        What was installed.

    Raises:
        InstallError: If something stands in the way; what was there before is still there.
    """
    version = xlwings_version()
    if version is None:
        wanted = f'"{sys.executable}" -m pip install xlwings=={XLWINGS}'
        raise InstallError(f"xlwings is missing in this Python; run: {wanted}")
    served_by = interpreter or Path(sys.executable)
    built = _built(language, version)
    contents = {places.add_in: built[ADD_IN], places.template: built[TEMPLATE]}
    for name, source in _libraries_out_of_reach(served_by, version).items():
        contents[served_by.parent / name] = source.read_bytes()
    earlier = read_receipt(places)
    try:
        _make_writable(places.configuration)
        configuration.write(str(served_by), places.configuration)
        for file, content in contents.items():
            _replace(file, content)
    except configuration.ConfigurationError as problem:
        raise InstallError(str(problem)) from problem
    except OSError as problem:
        advice = "make the folder writable"
        raise InstallError(f"cannot write {places.configuration} ({problem.strerror}); {advice}") from problem
    receipt = Receipt(
        __version__, version, {str(file): hashlib.sha256(content).hexdigest() for file, content in contents.items()}
    )
    listed = json.dumps(asdict(receipt), ensure_ascii=False, indent=1) + "\n"
    _replace(places.receipt, listed.encode())
    for left_over in set(earlier.files if earlier else ()) - set(receipt.files):
        _remove(Path(left_over))
    return receipt


def uninstall(places: Places) -> list[Path]:
    """Take away everything that an installation has put somewhere.

    Returns:
        What was removed; files of the user's in the same folders stay.

    Raises:
        InstallError: If a file cannot be removed, because Excel has it open most likely.
    """
    receipt = read_receipt(places)
    files = [Path(file) for file in receipt.files] if receipt else [places.add_in, places.template]
    files += [places.configuration, places.receipt]
    removed = [file for file in files if _remove(file)]
    with suppress(OSError):  # something of the user's is in it, or it was never there
        places.own.rmdir()
    return removed


def _built(language: Language, version: str) -> dict[str, bytes]:
    """Add-in and template for a version of xlwings: as shipped if they fit, else built here."""
    try:
        if version == XLWINGS and (files := shipped(language)):
            return {one.name: one.content for one in files}
        from xl_leadkpi.workbooks import build  # noqa: PLC0415 - the catalogue behind it takes a while

        return {one.name: one.content for one in (build.add_in(version), build.template(language, version))}
    except DamagedError as problem:
        raise InstallError(str(problem)) from problem
    except ImportError as problem:
        raise InstallError(
            f"pyOpenVBA is missing, which builds the add-in for xlwings {version}; run: {fetch_builder()}"
        ) from problem


def _libraries_out_of_reach(interpreter: Path, version: str) -> dict[str, Path]:
    """DLLs of xlwings that pip has put where the bridge does not look (an installation for one user does that)."""
    spec = importlib.util.find_spec("xlwings")
    packages = Path(spec.origin).parents[1] if spec and spec.origin else Path(sys.prefix)
    folders = (packages, Path(sys.prefix), Path(sys.base_prefix), Path(site.getuserbase()))
    found: dict[str, Path] = {}
    for bits in (32, 64):
        name = library_name(bits, version)
        if find_library(interpreter, name) is None:
            source = next((folder / name for folder in folders if (folder / name).is_file()), None)
            if source:
                found[name] = source
    return found


def _replace(file: Path, content: bytes) -> None:
    """Write a file whole or not at all, free of any mark of the web."""
    temporary = file.with_name(f".{file.name}-{secrets.token_hex(4)}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        _make_writable(file)
        temporary.replace(file)
    except OSError as problem:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        advice = "close Excel, or make the folder writable"
        raise InstallError(f"cannot write {file} ({problem.strerror}); {advice}") from problem
    with suppress(OSError):
        windows.unmark(file)


def _make_writable(file: Path) -> None:
    """Windows neither replaces nor removes a file with the attribute read-only; the file is ours."""
    with suppress(OSError):
        file.chmod(stat.S_IREAD | stat.S_IWRITE)


def _remove(file: Path) -> bool:
    try:
        _make_writable(file)
        file.unlink()
    except FileNotFoundError:
        return False
    except OSError as problem:
        raise InstallError(f"cannot remove {file} ({problem.strerror}); close Excel and try again") from problem
    return True
