"""``leadkpi doctor``: everything that keeps the functions from working in Excel, each fault with its fix."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from xl_leadkpi import __version__
from xl_leadkpi.addin import configuration
from xl_leadkpi.workbooks import windows
from xl_leadkpi.workbooks.files import XLWINGS
from xl_leadkpi.workbooks.install import (
    Places,
    Receipt,
    find_library,
    library_name,
    read_receipt,
    xlwings_version,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

State = Literal["ok", "fault", "unknown"]

_SECURITY: Final = r"\Security"
_ALL_DISABLED, _SIGNED_ONLY = 4, 3
_START_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: What it is.
        state: ``ok``, ``fault``, or ``unknown`` where it could not be told.
        says: What was found.
        fix: What to do, for a fault.
    """

    check: str
    state: State
    says: str
    fix: str = ""


def examine(places: Places, folders: tuple[Path, ...] = ()) -> list[Finding]:
    """Look at everything.

    Args:
        places: The installation.
        folders: More folders in which other copies of the add-in may lie.
    """
    receipt = read_receipt(places)
    findings: list[Finding] = []
    for check in _CHECKS:
        findings += check(places, receipt)
    findings += _second_copies(places, folders)
    return findings


def _python(_places: Places, receipt: Receipt | None) -> Iterator[Finding]:
    bits = "64" if sys.maxsize > 2**32 else "32"
    yield Finding(
        "Python", "ok", f"{platform.python_version()} ({bits} bit), xl_leadkpi {__version__}, {sys.executable}"
    )
    if receipt is None:
        yield Finding("Installation", "fault", "nothing is installed for this user", "leadkpi install")
    elif receipt.version != __version__:
        yield Finding(
            "Installation", "fault", f"the add-in is of version {receipt.version}, this package of {__version__}",
            "leadkpi install",
        )  # fmt: skip
    else:
        yield Finding("Installation", "ok", f"{__version__} for xlwings {receipt.xlwings}")


def _interpreter(places: Places, receipt: Receipt | None) -> Iterator[Finding]:
    try:
        named = configuration.read(places.configuration)
    except configuration.ConfigurationError as problem:
        yield Finding("Interpreter", "fault", str(problem), "leadkpi install")
        return
    interpreter = Path(named)
    if not interpreter.is_file():
        yield Finding(
            "Interpreter", "fault", f"{named} is gone", "run leadkpi install with the Python that is to serve Excel"
        )
        return
    fault = _try(interpreter, receipt.version if receipt else __version__)
    if fault:
        own = interpreter == Path(sys.executable)
        fix = f'"{named}" -m pip install --force-reinstall xlwings=={XLWINGS}' if own else "leadkpi install"
        yield Finding("Interpreter", "fault", f"{named}: {fault}", fix)
    else:
        yield Finding("Interpreter", "ok", f"{named} ({windows.bitness(interpreter) or '?'} bit)")
    yield from _libraries(interpreter, receipt)


_IMPORTS: Final = """\
import sys
try:
    import xl_leadkpi.addin.exports, xlwings, win32com.client
    if xl_leadkpi.__version__ != sys.argv[2]:
        raise ImportError(f"its xl_leadkpi is {xl_leadkpi.__version__}, the add-in is of {sys.argv[2]}")
except Exception as problem:
    with open(sys.argv[1], "w", encoding="utf-8") as told:
        told.write(f"{type(problem).__name__}: {problem}")
    sys.exit(1)
"""


def _try(interpreter: Path, version: str) -> str:
    """What keeps an interpreter from serving an add-in of a version: it imports what the server imports.

    It tells through a file: whatever else it starts could keep a pipe open.
    """
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "told.txt")
        nothing = subprocess.DEVNULL
        command = [str(interpreter), "-P", "-c", _IMPORTS, str(told), version]
        try:
            code = subprocess.run(  # noqa: S603 - the interpreter is the user's own, checked by configuration.read
                command, stdin=nothing, stdout=nothing, stderr=nothing, timeout=_START_SECONDS, check=False
            ).returncode
        except (OSError, subprocess.TimeoutExpired) as problem:
            return f"it does not start ({problem})"
        if told.is_file():
            return told.read_text(encoding="utf-8")
        return f"it ended with code {code}" if code else ""


def _libraries(interpreter: Path, receipt: Receipt | None) -> Iterator[Finding]:
    installed = xlwings_version()
    wanted = receipt.xlwings if receipt else installed
    if installed is None or wanted is None:
        yield Finding("xlwings", "fault", "xlwings is missing", f'"{interpreter}" -m pip install xlwings=={XLWINGS}')
        return
    if installed != wanted:
        yield Finding(
            "xlwings", "fault", f"xlwings is {installed}, the add-in calls the DLL of {wanted}", "leadkpi install"
        )
        return
    program = windows.excel_program()
    bits = windows.bitness(program) if program else None
    for size in (bits,) if bits else (64, 32):
        name = library_name(size, wanted)
        library = find_library(interpreter, name)
        if library is None:
            yield Finding("DLL", "fault", f"{name} is not beside {interpreter}", "leadkpi install")
        elif windows.bitness(library) != size:
            fix = f'"{interpreter}" -m pip install --force-reinstall xlwings=={wanted}'
            yield Finding("DLL", "fault", f"{library} is damaged", fix)
        else:
            yield Finding("DLL", "ok", f"{library} ({size} bit)")


def _excel(_places: Places, _receipt: Receipt | None) -> Iterator[Finding]:
    program = windows.excel_program()
    if program is None:
        yield Finding("Excel", "unknown", "no desktop Excel is registered on this computer")
        return
    bits = windows.bitness(program)
    yield Finding("Excel", "ok" if bits else "unknown", f"{program} ({bits or '?'} bit)")


def _trust(_places: Places, _receipt: Receipt | None) -> Iterator[Finding]:
    if windows.excel_setting(_SECURITY + r"\Trusted Locations", "AllLocationsDisabled") == 1:
        yield Finding(
            "Trusted locations", "fault", "Excel trusts no folder, so the add-in stays closed",
            "File > Options > Trust Center > Trusted Locations: clear Disable all (grey: ask your administrator)",
        )  # fmt: skip
    else:
        yield Finding("Trusted locations", "ok", "Excel's own folders are trusted")
    warnings = windows.excel_setting(_SECURITY, "VBAWarnings")
    if warnings in {_ALL_DISABLED, _SIGNED_ONLY}:
        yield Finding(
            "Macros", "unknown", "macros outside trusted folders are blocked without a question",
            "keep workbooks with macros in a trusted folder, or choose Disable with notification in the Trust Center",
        )  # fmt: skip
    else:
        yield Finding("Macros", "ok", "Excel asks before it runs macros of other files")


def _files(places: Places, receipt: Receipt | None) -> Iterator[Finding]:
    for name, file in (("Add-in", places.add_in), ("Template", places.template)):
        if not file.is_file():
            yield Finding(name, "fault", f"{file} is missing", "leadkpi install")
            continue
        if windows.is_marked(file):
            yield Finding(name, "fault", f"{file} carries the mark of the web", f'leadkpi unblock "{file}"')
            continue
        expected = receipt.files.get(str(file)) if receipt else None
        found = sha256(file.read_bytes()).hexdigest()
        if expected is not None and found != expected:
            state: State = "fault" if name == "Add-in" else "unknown"
            yield Finding(name, state, f"{file} has been changed since it was installed", "leadkpi install")
        else:
            yield Finding(name, "ok", f"{file} sha256 {found[:16]}")


def _links(places: Places, _receipt: Receipt | None) -> Iterator[Finding]:
    stale = [
        path for path in windows.add_ins_opened_by_excel()
        if path.lower().endswith("leadkpi.xlam") and path.lower() != str(places.add_in).lower()
    ]  # fmt: skip
    for path in stale:
        gone = "" if Path(path).is_file() else ", which is gone"
        yield Finding(
            "Excel's list of add-ins", "fault", f"Excel opens {path}{gone} at start",
            "Developer > Excel Add-ins: clear LeadKPI; the copy in XLSTART is opened without it",
        )  # fmt: skip
    if not stale:
        yield Finding("Excel's list of add-ins", "ok", "no other copy is opened")


def _disabled(_places: Places, _receipt: Receipt | None) -> Iterator[Finding]:
    if any("leadkpi." in item.lower() for item in windows.disabled_by_excel()):
        yield Finding(
            "Disabled items", "fault", "Excel keeps the add-in closed since it ended while the add-in was open",
            "File > Options > Add-ins > Manage: Disabled Items > Go, enable LeadKPI; then start Excel anew",
        )  # fmt: skip
    else:
        yield Finding("Disabled items", "ok", "Excel has disabled no part of it")


def _second_copies(places: Places, folders: tuple[Path, ...]) -> Iterator[Finding]:
    microsoft = places.add_ins.parent.parent
    candidates = {microsoft / "AddIns", places.add_ins, places.templates, *folders}
    copies = sorted(
        copy for folder in candidates if folder.is_dir() for copy in folder.glob("*.xlam")
        if copy.stem.lower().startswith("leadkpi") and copy != places.add_in
    )  # fmt: skip
    for copy in copies:
        yield Finding("Second copy", "fault", f"{copy} is a second copy of the add-in", f'delete it: del "{copy}"')
    if not copies:
        yield Finding("Second copy", "ok", "there is one copy of the add-in")


def _cloud(places: Places, _receipt: Receipt | None) -> Iterator[Finding]:
    """A file that OneDrive keeps may be a mere promise of a file when Excel starts."""
    synchronised = [Path(value) for name, value in os.environ.items() if name.upper().startswith("ONEDRIVE") and value]
    for name, file in (("Add-in", places.add_in), ("Python", Path(sys.executable))):
        if any(file.is_relative_to(folder) for folder in synchronised):
            yield Finding(
                "OneDrive", "unknown", f"{name} lies in a folder that OneDrive synchronises: {file}",
                "have OneDrive always keep it on this device",
            )  # fmt: skip


_CHECKS: Final[tuple[Callable[[Places, Receipt | None], Iterator[Finding]], ...]] = (
    _python, _interpreter, _excel, _trust, _files, _links, _disabled, _cloud,
)  # fmt: skip
