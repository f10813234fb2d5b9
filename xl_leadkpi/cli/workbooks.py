"""``leadkpi workbooks``, ``install``, ``uninstall``, ``doctor``, ``unblock``: workbooks and their place in Excel."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from xl_leadkpi.locales import languages

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

OK, FAULT = 0, 1


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the commands."""
    workbooks = commands.add_parser("workbooks", help="build the workbooks to hand out")
    actions = workbooks.add_subparsers(metavar="ACTION", required=True)
    build = actions.add_parser(
        "build",
        help="make LeadKPI.xlam, LeadKPI.xlsm, LeadKPI.xltm and LeadKPI-no-python.xlsx",
        description="Make the workbooks to hand out, byte for byte the same each time, and print their SHA-256.",
    )
    build.add_argument("folder", type=Path, metavar="FOLDER", help="where to put them; made if it is missing")
    _add_language(build)
    build.add_argument(
        "--overwrite",
        action="store_true",
        help="replace files of these names that were changed or come from elsewhere; without it they stay, and nothing "
        "is written",
    )
    build.set_defaults(run=_interruptible(run_build))

    install = commands.add_parser(
        "install",
        help="put add-in and template into Excel (Windows)",
        description="Put the add-in, the workbook and the template where Excel looks for them, with this Python behind "
        "the functions. A workbook of these names that has been filled in or comes from elsewhere stays as it is.",
    )
    _add_language(install)
    install.set_defaults(run=_interruptible(run_install))
    uninstall = commands.add_parser("uninstall", help="take away again what is as it was installed (Windows)")
    uninstall.set_defaults(run=_interruptible(run_uninstall))

    doctor = commands.add_parser("doctor", help="find what keeps the functions from working (Windows)")
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")
    doctor.set_defaults(run=run_doctor)
    unblock = commands.add_parser("unblock", help="take the mark of the web off files (Windows)")
    unblock.add_argument(
        "files", type=Path, nargs="*", metavar="FILE", help="default: the installed add-in and workbooks"
    )
    unblock.set_defaults(run=run_unblock)


def _add_language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--language", choices=languages(), default="en", help="language of the sheets (default: en)")


def _interruptible(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    def heedful(options: argparse.Namespace) -> int:
        from xl_leadkpi.cli.interruption import interruptible

        with interruptible():
            return run(options)

    return heedful


def _say(text: str, *, error: bool = False) -> None:
    """Print; a file name that the terminal's code page lacks must not end the command."""
    stream = sys.stderr if error else sys.stdout
    encoding = stream.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), file=stream)


def run_build(options: argparse.Namespace) -> int:
    """Build the workbooks; without pyOpenVBA the wheel's own, which are the same, are written out."""
    from xl_leadkpi.workbooks.files import DamagedError, NotOursError, fetch_builder, shipped, write

    try:
        try:
            from xl_leadkpi.workbooks.build import build

            made = build(options.folder, options.language, overwrite=options.overwrite)
        except ModuleNotFoundError as problem:
            made = shipped(options.language)
            if not made:
                return _fail(f"{problem.name} is missing, which writes macros; run: {fetch_builder()}")
            write(made, options.folder, overwrite=options.overwrite)
    except (DamagedError, NotOursError) as problem:
        return _fail(str(problem))
    except OSError as problem:
        return _fail(f"cannot write into {options.folder} ({problem.strerror}); free some space or name another folder")
    for one in made:
        _say(f"{one.sha256}  {options.folder / one.name}")
    return OK


def run_install(options: argparse.Namespace) -> int:
    """Install for this user."""
    from xl_leadkpi.workbooks.install import InstallError, install, places, xlwings_version

    try:
        where = places()
        outcome = install(where, options.language)
    except InstallError as problem:
        return _fail(str(problem))
    for file in outcome.done:
        _say(f"installed {file}")
    for file in outcome.left:
        _say(
            f"left {file}: it is not as it was installed, so it is yours; move it and run leadkpi install for a new one"
        )
    _say(f"The functions are served by {sys.executable} (xlwings {xlwings_version()}).")
    _say("Start Excel anew: the tab Lead KPI is there, and =CPL(1000,40) gives 25. If not: leadkpi doctor")
    if where.excel_template in outcome.done:
        _say("A workbook of your own to fill in: File > New > Personal > LeadKPI")
    return OK


def run_uninstall(_options: argparse.Namespace) -> int:
    """Remove the installation."""
    from xl_leadkpi.workbooks.install import InstallError, places, uninstall

    try:
        outcome = uninstall(places())
    except InstallError as problem:
        return _fail(str(problem))
    for file in outcome.done:
        _say(f"removed {file}")
    for file in outcome.left:
        _say(f"left {file}: it is not as it was installed; delete it yourself if you no longer want it")
    if not outcome.left:
        _say("Nothing of Lead KPI is left in Excel." if outcome.done else "Nothing was installed.")
    return OK


def run_doctor(options: argparse.Namespace) -> int:
    """Print the findings; the exit code says whether there is a fault."""
    from xl_leadkpi.workbooks.doctor import examine
    from xl_leadkpi.workbooks.install import InstallError, places

    try:
        findings = examine(places())
    except InstallError as problem:
        return _fail(str(problem))
    if options.json:
        _say(json.dumps([asdict(one) for one in findings], indent=1))
    else:
        for one in findings:
            _say(f"{ {'ok': ' ok ', 'fault': 'FAULT', 'unknown': '  ? '}[one.state]:5} {one.check}: {one.says}")
            if one.fix:
                _say(f"      fix: {one.fix}")
    return FAULT if any(one.state == "fault" for one in findings) else OK


def run_unblock(options: argparse.Namespace) -> int:
    """Take the mark of the web off."""
    from xl_leadkpi.workbooks.install import InstallError, places
    from xl_leadkpi.workbooks.windows import unmark

    try:
        where = places()
        installed = [file for file in (where.add_in, *where.workbooks) if file.is_file()]
        for file in options.files or installed or [where.add_in]:
            if not file.is_file():
                return _fail(f"there is no file {file}; check the name and the folder")
            _say(f"{'unblocked' if unmark(file) else 'was not blocked'}: {file}")
    except InstallError as problem:
        return _fail(str(problem))
    except OSError as problem:
        return _fail(f"{problem.filename}: {problem.strerror}; close the file in Excel and try again")
    return OK


def _fail(message: str) -> int:
    _say(f"leadkpi: {message}", error=True)
    return FAULT
