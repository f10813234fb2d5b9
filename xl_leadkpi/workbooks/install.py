"""``leadkpi install`` and ``uninstall``: add-in and workbooks where Excel looks, and which Python serves them.

A file is ours as long as it is what was installed, by the hash that the receipt keeps. Whatever else is found under
one of our names is the user's: it is neither replaced nor removed, but named.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import json
import os
import re
import site
import sys
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xl_leadkpi import __version__
from xl_leadkpi.addin import configuration
from xl_leadkpi.workbooks import windows
from xl_leadkpi.workbooks.files import (
    ADD_IN,
    EXCEL_TEMPLATE,
    TEMPLATE,
    XLWINGS,
    DamagedError,
    fetch_builder,
    fingerprint,
    shipped,
)
from xl_leadkpi.workbooks.transaction import missing_folders, remove_all, write_all

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping


ELSEWHERE: Final = (
    "the functions in Excel need Excel for Windows; here use LeadKPI-no-python.xlsx "
    "(leadkpi workbooks build FOLDER) in Excel 365, or leadkpi funnel in a terminal"
)
FROM_STORE: Final = "a Python of the Microsoft Store writes where Excel does not look"
STORE_FIX: Final = (
    "install Python from https://www.python.org/downloads/windows and run leadkpi install with that one "
    "(a virtual environment has to be made anew with it)"
)
FOR_ONE_USER: Final = "pip has put {} into the folder of this user, where the Python that Excel starts does not look"
VENV_FIX: Final = (
    'make a virtual environment: "{}" -m venv "%USERPROFILE%\\leadkpi", install the package with the python.exe in its '
    "folder Scripts, and run leadkpi install from there"
)
_OUR_NAMES: Final = re.compile(
    r"LeadKPI\.(xlam|xlsm|xltm)|xlwings(32|64)-\d+\.\d+\.\d+\.dll|" + re.escape(configuration.FILE.name), re.IGNORECASE
)
"""Nothing else is ever removed, whatever a receipt names."""
_NEEDED: Final = ("xl_leadkpi", "xlwings", "win32com", "polars", "narwhals", "numpy", "xlsxwriter", "python_calamine")


class InstallError(Exception):
    """What stands in the way, and what to do."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the files of an installation are.

    Attributes:
        add_ins: Excel opens what is in here, and trusts it.
        templates: Excel trusts what is in here.
        own: Our configuration and the list of what was installed.
        personal_templates: Excel shows what is in here under File > New.
    """

    add_ins: Path
    templates: Path
    own: Path
    personal_templates: windows.PersonalTemplates

    @property
    def add_in(self) -> Path:
        """The add-in."""
        return self.add_ins / ADD_IN

    @property
    def template(self) -> Path:
        """The workbook to hand out."""
        return self.templates / TEMPLATE

    @property
    def excel_template(self) -> Path | None:
        """The template under File > New; None where the administrator has chosen the folder: it is not the user's."""
        chosen = self.personal_templates
        return None if chosen.chosen_by == "administrator" else chosen.folder / EXCEL_TEMPLATE

    @property
    def workbooks(self) -> tuple[Path, ...]:
        """What users fill in: the functions work without them."""
        return (self.template, self.excel_template) if self.excel_template else (self.template,)

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
    profile = appdata.parent.parent
    return Places(
        microsoft / "Excel" / "XLSTART", microsoft / "Templates", appdata / configuration.FILE.parent,
        windows.personal_templates(profile),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an installation has put where.

    Attributes:
        version: Of this package.
        xlwings: Version whose DLL the add-in calls.
        files: SHA-256 of every file by its path.
        folders: Folders that were made for them, outer ones first.
        personal_templates: The folder that Excel was told to look for templates in; empty if it knew one.
    """

    version: str
    xlwings: str
    files: Mapping[str, str]
    folders: Collection[str] = ()
    personal_templates: str = ""

    def hash_of(self, file: Path) -> str | None:
        """What a file was when it was installed."""
        return {Path(name): sha256 for name, sha256 in self.files.items()}.get(file)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done with files.

    Attributes:
        done: Those that are installed, or were removed.
        left: Those of our names that are not what was installed; they are as they were.
    """

    done: tuple[Path, ...]
    left: tuple[Path, ...]


def read_receipt(places: Places) -> Receipt | None:
    """What was installed, None if nothing was or the list cannot be read."""
    try:
        written: dict[str, Any] = json.loads(places.receipt.read_text(encoding="utf-8"))
        files = {str(name): str(sha256) for name, sha256 in written["files"].items()}
        folders = [str(folder) for folder in written.get("folders", ())]
        told = str(written.get("personal_templates", ""))
        return Receipt(str(written["version"]), str(written["xlwings"]), files, folders, told)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def xlwings_version() -> str | None:
    """Version of xlwings that this Python has, None if it has none."""
    with suppress(metadata.PackageNotFoundError):
        return metadata.version("xlwings")
    return None


def hidden_packages() -> list[str]:
    """What Excel's Python needs and does not find: it ignores the user's own packages (``pip install --user``)."""
    own = Path(site.getusersitepackages()).resolve()
    return [name for name in _NEEDED if (place := _place_of(name)) and place.resolve().is_relative_to(own)]


def _place_of(package: str) -> Path | None:
    with suppress(ImportError, ValueError):
        spec = importlib.util.find_spec(package)
        if spec and spec.origin:
            return Path(spec.origin)
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


def install(places: Places, language: str = "en", interpreter: Path | None = None) -> Outcome:
    """Install for this user; an older installation is replaced.

    Args:
        places: Where to.
        language: Of the workbooks.
        interpreter: The Python that serves Excel; None takes the one that runs this.

    Returns:
        What is installed, and the workbooks of the user's that stand in the place of ours.

    Raises:
        InstallError: If something stands in the way; everything is as it was.
    """
    version = xlwings_version()
    if version is None:
        wanted = f'"{sys.executable}" -m pip install xlwings=={XLWINGS}'
        raise InstallError(f"xlwings is missing in this Python; run: {wanted}")
    served_by = interpreter or Path(sys.executable)
    if windows.is_from_store(served_by) or _is_diverted(places.own):
        raise InstallError(f"{FROM_STORE}: {served_by}; {STORE_FIX}")
    hidden = hidden_packages()
    if hidden:
        raise InstallError(f"{FOR_ONE_USER.format(' and '.join(hidden))}; {VENV_FIX.format(sys.executable)}")
    earlier = read_receipt(places)
    contents = _contents(places, language, served_by, version, earlier)
    left = _users_own(places, contents, earlier)
    for file in left:
        del contents[file]
    receipt = _receipt(places, contents, version, earlier)
    _put(places, contents, receipt)
    outdated, changed = _sorted_out((Path(file) for file in receipt.files if Path(file) not in contents), receipt)
    with suppress(OSError):  # something holds one open: the receipt still names it, the next run tries again
        remove_all(outdated, _staging(places))
    return Outcome(tuple(contents), tuple(dict.fromkeys((*left, *changed))))


def uninstall(places: Places) -> Outcome:
    """Take away everything that an installation has put somewhere: all of it, or nothing if Excel holds a file open.

    Returns:
        What was removed, and what is left because it is not what was installed.

    Raises:
        InstallError: If a file cannot be removed.
    """
    receipt = read_receipt(places)
    known = [places.add_in, *places.workbooks, places.configuration]
    ours, left = _sorted_out([*known, *map(Path, receipt.files if receipt else ())], receipt)
    if fingerprint(places.receipt) is not None:
        (ours if receipt else left).append(places.receipt)
    try:
        remove_all(ours, _staging(places))
    except OSError as problem:
        raise InstallError(
            f"cannot remove {problem.filename} ({problem.strerror}); close Excel and try again"
        ) from problem
    if receipt:
        _tidy_up(places, receipt)
    return Outcome(tuple(ours), tuple(left))


def _contents(
    places: Places, language: str, interpreter: Path, version: str, earlier: Receipt | None
) -> dict[Path, bytes]:
    """Everything that is to be installed; the configuration comes last."""
    built = _built(language, version)
    contents = {places.add_in: built[ADD_IN], places.template: built[TEMPLATE]}
    if places.excel_template:
        contents[places.excel_template] = built[EXCEL_TEMPLATE]
    for name, source in _libraries_out_of_reach(interpreter, version, earlier).items():
        contents[interpreter.parent / name] = source.read_bytes()
    try:
        contents[places.configuration] = configuration.content(str(interpreter))
    except configuration.ConfigurationError as problem:
        raise InstallError(str(problem)) from problem
    return contents


def _users_own(places: Places, contents: Mapping[Path, bytes], earlier: Receipt | None) -> list[Path]:
    """The workbooks in the place of ours that are not what was installed.

    Raises:
        InstallError: If that is so of a file without which nothing works.
    """
    theirs = [
        file for file, content in contents.items()
        if fingerprint(file) not in {None, _sha256(content), earlier.hash_of(file) if earlier else None}
    ]  # fmt: skip
    in_the_way = [file for file in theirs if file not in places.workbooks]
    if earlier is None and fingerprint(places.receipt) is not None:
        in_the_way.append(places.receipt)
    if in_the_way:
        raise InstallError(
            f"{', '.join(map(str, in_the_way))}: not as leadkpi has installed it, so it is left as it is; "
            "move it to another folder and run leadkpi install again"
        )
    return theirs


def _receipt(places: Places, contents: Mapping[Path, bytes], version: str, earlier: Receipt | None) -> Receipt:
    """What will have been installed; files of an earlier installation stay on the list while they are there."""
    still_there = {
        Path(file): sha256 for file, sha256 in (earlier.files if earlier else {}).items() if Path(file).exists()
    }
    files = still_there | {file: _sha256(content) for file, content in contents.items()}
    made = [folder for file in (*contents, places.receipt) for folder in missing_folders(file.parent)]
    folders = dict.fromkeys([*(earlier.folders if earlier else ()), *map(str, made)])
    told = earlier.personal_templates if earlier else ""
    if _excel_is_to_be_told(places, contents):
        told = str(places.personal_templates.folder)
    return Receipt(
        __version__, version, {str(file): sha256 for file, sha256 in files.items()}, tuple(folders), told
    )  # fmt: skip


def _excel_is_to_be_told(places: Places, contents: Mapping[Path, bytes]) -> bool:
    return places.excel_template in contents and places.personal_templates.chosen_by == "nobody"


def _put(places: Places, contents: Mapping[Path, bytes], receipt: Receipt) -> None:
    """Write what is not there yet, the receipt with it, and tell Excel of the templates: all or nothing."""
    listed = (json.dumps(asdict(receipt), ensure_ascii=False, indent=1) + "\n").encode()
    changed = {file: content for file, content in contents.items() if fingerprint(file) != _sha256(content)}
    with ExitStack() as undo:
        if _excel_is_to_be_told(places, contents):
            _tell_excel(places.personal_templates.folder)
            undo.callback(_untell_excel)
        try:
            write_all({**changed, places.receipt: listed}, _staging(places))
        except OSError as problem:
            full = problem.errno == errno.ENOSPC
            remedy = "free some space on that drive" if full else "close Excel, or make the folder writable"
            raise InstallError(f"cannot write {problem.filename} ({problem.strerror}); {remedy}") from problem
        undo.pop_all()
    for file in contents:
        with suppress(OSError):
            windows.unmark(file)


def _tell_excel(folder: Path) -> None:
    try:
        windows.choose_personal_templates(folder)
    except OSError as problem:
        raise InstallError(
            f"Excel's folder of templates cannot be set ({problem.strerror}); set File > Options > Save > "
            f"Default personal templates location to {folder} and run leadkpi install again"
        ) from problem


def _untell_excel() -> None:
    with suppress(OSError):
        windows.choose_personal_templates(None)


def _sorted_out(files: Iterable[Path], receipt: Receipt | None) -> tuple[list[Path], list[Path]]:
    """Of the files that are there: those that are as they were installed, and the others."""
    ours: list[Path] = []
    others: list[Path] = []
    for file in dict.fromkeys(files):
        found = fingerprint(file)
        if found is not None:
            expected = receipt.hash_of(file) if receipt and _OUR_NAMES.fullmatch(file.name) else None
            (ours if found == expected else others).append(file)
    return ours, others


def _tidy_up(places: Places, receipt: Receipt) -> None:
    """Take back what an installation has told Excel, and the folders it has made, where nothing of the user's is."""
    told = Path(receipt.personal_templates) if receipt.personal_templates else None
    chosen = places.personal_templates
    if told and chosen.chosen_by == "user" and chosen.folder == told and not (told.is_dir() and any(told.iterdir())):
        _untell_excel()
    for folder in [*map(Path, receipt.folders), places.own][::-1]:
        with suppress(OSError):
            folder.rmdir()


def _staging(places: Places) -> Callable[[Path], Path]:
    """Where files are written before they are moved to their place: Excel opens whatever it finds among add-ins."""
    return lambda file: places.add_ins.parent if file.parent == places.add_ins else file.parent


def _is_diverted(folder: Path) -> bool:
    """Whether what this Python writes lands where only it looks: Windows does so with whatever the Store packages."""
    there = next((one for one in folder.parents if one.is_dir()), None)
    with suppress(OSError), tempfile.NamedTemporaryFile(dir=there, prefix=".leadkpi-") as probe:
        return windows.is_private_copy(Path(probe.name))
    return False


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _built(language: str, version: str) -> dict[str, bytes]:
    """Add-in and workbooks for a version of xlwings: as shipped if they fit, else built here."""
    try:
        if version == XLWINGS and (files := shipped(language)):
            return {one.name: one.content for one in files}
        from xl_leadkpi.workbooks import build  # noqa: PLC0415 - the catalogue behind it takes a while

        workbook = build.template(language, version)
        made = (build.add_in(version), workbook, build.excel_template(workbook))
        return {one.name: one.content for one in made}
    except DamagedError as problem:
        raise InstallError(str(problem)) from problem
    except ImportError as problem:
        raise InstallError(
            f"pyOpenVBA is missing, which builds the add-in for xlwings {version}; run: {fetch_builder()}"
        ) from problem


def _libraries_out_of_reach(interpreter: Path, version: str, earlier: Receipt | None) -> dict[str, Path]:
    """DLLs of xlwings that pip has put where the bridge does not look (an installation for one user does that).

    One that an earlier installation has put there counts as out of reach: it is on the list of what to take away again.
    """
    spec = importlib.util.find_spec("xlwings")
    packages = Path(spec.origin).parents[1] if spec and spec.origin else Path(sys.prefix)
    folders = (packages, Path(sys.prefix), Path(sys.base_prefix), Path(site.getuserbase()))
    found: dict[str, Path] = {}
    for bits in (32, 64):
        name = library_name(bits, version)
        there = find_library(interpreter, name)
        if there is None or (earlier and earlier.hash_of(there)):
            source = next((folder / name for folder in folders if (folder / name).is_file()), there)
            if source:
                found[name] = source
    return found
