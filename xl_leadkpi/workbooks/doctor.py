"""``leadkpi doctor``: everything that keeps the functions from working in Excel, each fault with its fix."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from xl_leadkpi import __version__
from xl_leadkpi.addin import configuration
from xl_leadkpi.workbooks import windows
from xl_leadkpi.workbooks.files import EXCEL_TEMPLATE, XLWINGS, fingerprint
from xl_leadkpi.workbooks.install import (
    FOR_ONE_USER,
    FROM_STORE,
    STORE_FIX,
    VENV_FIX,
    Places,
    Receipt,
    find_library,
    hidden_packages,
    library_name,
    read_receipt,
    xlwings_version,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

State = Literal["ok", "fault", "unknown"]

_SECURITY: Final = r"\Security"
_ALL_DISABLED, _SIGNED_ONLY = 4, 3
_BLOCKS, _ASKS = 1, 6
_START_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Diagnosis:
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


def examine(places: Places, folders: tuple[Path, ...] = ()) -> list[Diagnosis]:
    """Look at everything.

    Args:
        places: The installation.
        folders: More folders in which other copies of the add-in may lie.
    """
    receipt = read_receipt(places)
    diagnoses: list[Diagnosis] = []
    for check in _CHECKS:
        diagnoses += check(places, receipt)
    diagnoses += _second_copies(places, folders)
    return diagnoses


def _python(_places: Places, receipt: Receipt | None) -> Iterator[Diagnosis]:
    bits = "64" if sys.maxsize > 2**32 else "32"
    if windows.is_from_store(Path(sys.executable)):
        yield Diagnosis("Python", "fault", f"{FROM_STORE}: {sys.executable}", STORE_FIX)
    else:
        yield Diagnosis(
            "Python", "ok", f"{platform.python_version()} ({bits} bit), xl_leadkpi {__version__}, {sys.executable}"
        )
    if receipt is None:
        yield Diagnosis("Installation", "fault", "nothing is installed for this user", "leadkpi install")
    elif receipt.version != __version__:
        yield Diagnosis(
            "Installation", "fault", f"the add-in is of version {receipt.version}, this package of {__version__}",
            "leadkpi install",
        )  # fmt: skip
    else:
        yield Diagnosis("Installation", "ok", f"{__version__} for xlwings {receipt.xlwings}")


def _interpreter(places: Places, receipt: Receipt | None) -> Iterator[Diagnosis]:
    try:
        named = configuration.read(places.configuration)
    except configuration.ConfigurationError as problem:
        yield Diagnosis("Interpreter", "fault", str(problem), "leadkpi install")
        return
    interpreter = Path(named)
    if windows.is_from_store(interpreter):
        yield Diagnosis("Interpreter", "fault", f"{FROM_STORE}: {named}", STORE_FIX)
        return
    if not interpreter.is_file():
        yield Diagnosis(
            "Interpreter", "fault", f"{named} is gone", "run leadkpi install with the Python that is to serve Excel"
        )
        return
    fault = _try(interpreter, receipt.version if receipt else __version__)
    own = interpreter == Path(sys.executable)
    hidden = hidden_packages() if own else []
    if hidden:
        yield Diagnosis("Interpreter", "fault", FOR_ONE_USER.format(" and ".join(hidden)), VENV_FIX.format(named))
    elif fault:
        fix = f'"{named}" -m pip install --force-reinstall xlwings=={XLWINGS}' if own else "leadkpi install"
        yield Diagnosis("Interpreter", "fault", f"{named}: {fault}", fix)
    else:
        yield Diagnosis("Interpreter", "ok", f"{named} ({windows.bitness(interpreter) or '?'} bit)")
    yield from _libraries(interpreter, receipt)


_IMPORTS: Final = """\
import sys
try:
    import xl_leadkpi.addin.exports, xlwings, win32com.client
    if xl_leadkpi.__version__ != sys.argv[2]:
        raise ImportError(f"its xl_leadkpi is {xl_leadkpi.__version__}, the add-in is of {sys.argv[2]}")
except Exception as problem:
    with open(sys.argv[1], "w", encoding="utf-8", errors="backslashreplace") as told:
        told.write(f"{type(problem).__name__}: {problem}")
    sys.exit(1)
"""


def _try(interpreter: Path, version: str) -> str:
    """What keeps an interpreter from serving an add-in of a version: it imports what the server imports.

    It tells through a file: whatever else it starts could keep a pipe open.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # what was ended may hold it open yet
        told = Path(folder, "told.txt")
        nothing = subprocess.DEVNULL
        command = [str(interpreter), "-I", "-c", _IMPORTS, str(told), version]
        try:
            code = subprocess.run(  # noqa: S603 - the interpreter is the user's own, checked by configuration.read
                command, stdin=nothing, stdout=nothing, stderr=nothing, timeout=_START_SECONDS, check=False
            ).returncode
        except (OSError, subprocess.TimeoutExpired) as problem:
            return f"it does not start ({problem})"
        if told.is_file():
            return told.read_text(encoding="utf-8")
        return f"it ended with code {code}" if code else ""


def _libraries(interpreter: Path, receipt: Receipt | None) -> Iterator[Diagnosis]:
    installed = xlwings_version()
    wanted = receipt.xlwings if receipt else installed
    if installed is None or wanted is None:
        yield Diagnosis("xlwings", "fault", "xlwings is missing", f'"{interpreter}" -m pip install xlwings=={XLWINGS}')
        return
    if installed != wanted:
        yield Diagnosis(
            "xlwings", "fault", f"xlwings is {installed}, the add-in calls the DLL of {wanted}", "leadkpi install"
        )
        return
    program = windows.excel_program()
    bits = windows.bitness(program) if program else None
    for size in (bits,) if bits else (64, 32):
        name = library_name(size, wanted)
        library = find_library(interpreter, name)
        if library is None:
            yield Diagnosis("DLL", "fault", f"{name} is not beside {interpreter}", "leadkpi install")
        elif windows.bitness(library) != size:
            fix = f'"{interpreter}" -m pip install --force-reinstall xlwings=={wanted}'
            yield Diagnosis("DLL", "fault", f"{library} is damaged", fix)
        else:
            yield Diagnosis("DLL", "ok", f"{library} ({size} bit)")


def _excel(_places: Places, _receipt: Receipt | None) -> Iterator[Diagnosis]:
    program = windows.excel_program()
    if program is None:
        yield Diagnosis("Excel", "unknown", "no desktop Excel is registered on this computer")
        return
    bits = windows.bitness(program)
    yield Diagnosis("Excel", "ok" if bits else "unknown", f"{program} ({bits or '?'} bit)")


def _trust(_places: Places, _receipt: Receipt | None) -> Iterator[Diagnosis]:
    if windows.excel_setting(_SECURITY + r"\Trusted Locations", "AllLocationsDisabled") == 1:
        yield Diagnosis(
            "Trusted locations", "fault", "Excel trusts no folder, so the add-in stays closed",
            "File > Options > Trust Center > Trusted Locations: clear Disable all (grey: ask your administrator)",
        )  # fmt: skip
    else:
        yield Diagnosis("Trusted locations", "ok", "Excel's own folders are trusted")
    warnings = windows.excel_setting(_SECURITY, "VBAWarnings")
    if warnings in {_ALL_DISABLED, _SIGNED_ONLY}:
        yield Diagnosis(
            "Macros", "unknown", "macros outside trusted folders are blocked without a question",
            "keep workbooks with macros in a trusted folder, or choose Disable with notification in the Trust Center",
        )  # fmt: skip
    else:
        yield Diagnosis("Macros", "ok", "Excel asks before it runs macros of other files")


def _downloads(_places: Places, _receipt: Receipt | None) -> Iterator[Diagnosis]:
    """What is installed bears no mark of the web; a workbook that a colleague sends does."""
    if windows.excel_policy(_SECURITY, "blockcontentexecutionfrominternet") == 1:
        yield Diagnosis(
            "Macros from the internet", "unknown", "your administrator has Excel block macros of downloaded workbooks",
            "take the mark off a downloaded workbook before it is opened: leadkpi unblock FILE",
        )  # fmt: skip
    else:
        yield Diagnosis("Macros from the internet", "ok", "no policy blocks macros of downloaded workbooks")
    if windows.excel_setting(_SECURITY + r"\ProtectedView", "DisableInternetFilesInPV") == 1:
        yield Diagnosis("Protected View", "ok", "downloaded workbooks open without it")
    else:
        yield Diagnosis(
            "Protected View", "ok", "downloaded workbooks open in it, where no function is computed",
            "choose Enable Editing, or leadkpi unblock FILE before it is opened",
        )  # fmt: skip


def _child_processes(places: Places, _receipt: Receipt | None) -> Iterator[Diagnosis]:
    """Excel starts Python itself; an antivirus rule against just that gives no message in Excel."""
    check, name = "Microsoft Defender", "Block all Office applications from creating child processes"
    rule = windows.child_process_rule()
    python = _named_interpreter(places)
    if rule is None or rule.state not in {_BLOCKS, _ASKS} or rule.spares(python):
        yield Diagnosis(check, "ok", "Excel may start Python")
        return
    if rule.by_policy:
        fix = f"ask your administrator to exclude {python} from the rule (AttackSurfaceReductionOnlyExclusions)"
    else:
        fix = f'PowerShell as administrator: Add-MpPreference -AttackSurfaceReductionOnlyExclusions "{python}"'
    if rule.state == _BLOCKS:
        yield Diagnosis(check, "fault", f'its rule "{name}" keeps Excel from starting Python', fix)
    else:
        yield Diagnosis(
            check, "unknown", f'its rule "{name}" asks before Excel starts Python', f"choose Unblock, or {fix}"
        )


def _named_interpreter(places: Places) -> Path:
    try:
        return Path(configuration.read(places.configuration))
    except configuration.ConfigurationError:
        return Path(sys.executable)


def _files(places: Places, receipt: Receipt | None) -> Iterator[Diagnosis]:
    offered = places.excel_template
    for name, file in (("Add-in", places.add_in), ("Template", places.template), ("File > New", offered)):
        if file is None:
            yield Diagnosis(
                name, "unknown", f"your administrator has chosen what it shows: {places.personal_templates.folder}",
                f"ask for {EXCEL_TEMPLATE} to be put there; leadkpi workbooks build FOLDER makes it",
            )  # fmt: skip
            continue
        if not file.is_file():
            yield Diagnosis(name, "fault", f"{file} is missing", "leadkpi install")
            continue
        if windows.is_marked(file):
            yield Diagnosis(name, "fault", f"{file} carries the mark of the web", f'leadkpi unblock "{file}"')
            continue
        expected = receipt.hash_of(file) if receipt else None
        found = fingerprint(file)
        if not found:
            yield Diagnosis(name, "unknown", f"{file} cannot be read", "close Excel and look again")
            continue
        if expected is not None and found != expected:
            state: State = "fault" if name == "Add-in" else "unknown"
            yield Diagnosis(
                name, state, f"{file} has been changed since it was installed",
                "move it to another folder, then leadkpi install",
            )  # fmt: skip
        elif file == offered and sys.platform == "win32" and places.personal_templates.chosen_by == "nobody":
            yield Diagnosis(name, "unknown", f"Excel may not know of {file.parent}", "leadkpi install")
        else:
            yield Diagnosis(name, "ok", f"{file} sha256 {found[:16]}")


def _links(places: Places, _receipt: Receipt | None) -> Iterator[Diagnosis]:
    stale = [
        path for path in windows.add_ins_opened_by_excel()
        if path.lower().endswith("leadkpi.xlam") and path.lower() != str(places.add_in).lower()
    ]  # fmt: skip
    for path in stale:
        gone = "" if Path(path).is_file() else ", which is gone"
        yield Diagnosis(
            "Excel's list of add-ins", "fault", f"Excel opens {path}{gone} at start",
            "Developer > Excel Add-ins: clear LeadKPI; the copy in XLSTART is opened without it",
        )  # fmt: skip
    if not stale:
        yield Diagnosis("Excel's list of add-ins", "ok", "no other copy is opened")


def _disabled(_places: Places, _receipt: Receipt | None) -> Iterator[Diagnosis]:
    if any("leadkpi." in item.lower() for item in windows.disabled_by_excel()):
        yield Diagnosis(
            "Disabled items", "fault", "Excel keeps the add-in closed since it ended while the add-in was open",
            "File > Options > Add-ins > Manage: Disabled Items > Go, enable LeadKPI; then start Excel anew",
        )  # fmt: skip
    else:
        yield Diagnosis("Disabled items", "ok", "Excel has disabled no part of it")


def _second_copies(places: Places, folders: tuple[Path, ...]) -> Iterator[Diagnosis]:
    microsoft = places.add_ins.parent.parent
    candidates = {microsoft / "AddIns", places.add_ins, places.templates, *folders}
    copies = sorted(
        copy for folder in candidates if folder.is_dir() for copy in folder.glob("*.xlam")
        if copy.stem.lower().startswith("leadkpi") and copy != places.add_in
    )  # fmt: skip
    for copy in copies:
        yield Diagnosis("Second copy", "fault", f"{copy} is a second copy of the add-in", f'delete it: del "{copy}"')
    if not copies:
        yield Diagnosis("Second copy", "ok", "there is one copy of the add-in")


def _cloud(places: Places, _receipt: Receipt | None) -> Iterator[Diagnosis]:
    """A file that OneDrive keeps may be a mere promise of a file when Excel starts."""
    synchronised = [Path(value) for name, value in os.environ.items() if name.upper().startswith("ONEDRIVE") and value]
    for name, file in (("Add-in", places.add_in), ("Python", Path(sys.executable))):
        if any(file.is_relative_to(folder) for folder in synchronised):
            yield Diagnosis(
                "OneDrive", "unknown", f"{name} lies in a folder that OneDrive synchronises: {file}",
                "have OneDrive always keep it on this device",
            )  # fmt: skip


_CHECKS: Final[tuple[Callable[[Places, Receipt | None], Iterator[Diagnosis]], ...]] = (
    _python, _interpreter, _excel, _child_processes, _trust, _downloads, _files, _links, _disabled, _cloud,
)  # fmt: skip
