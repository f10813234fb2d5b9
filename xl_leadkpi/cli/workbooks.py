"""``leadkpi workbooks``, ``install``, ``uninstall``, ``doctor``, ``unblock``: workbooks and their place in Excel."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

OK, FAULT = 0, 1


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the commands."""
    workbooks = commands.add_parser("workbooks", help="build the workbooks to hand out")
    actions = workbooks.add_subparsers(metavar="ACTION", required=True)
    build = actions.add_parser(
        "build",
        help="make LeadKPI.xlam, LeadKPI.xlsm and LeadKPI-no-python.xlsx",
        description="Make the workbooks to hand out, byte for byte the same each time, and print their SHA-256.",
    )
    build.add_argument("folder", type=Path, metavar="FOLDER", help="where to put them; made if it is missing")
    _add_language(build)
    build.set_defaults(run=run_build)

    install = commands.add_parser(
        "install",
        help="put add-in and template into Excel (Windows)",
        description="Put the add-in and the template where Excel trusts them, with this Python behind the functions.",
    )
    _add_language(install)
    install.set_defaults(run=run_install)
    uninstall = commands.add_parser("uninstall", help="take everything away again (Windows)")
    uninstall.set_defaults(run=run_uninstall)

    doctor = commands.add_parser("doctor", help="find what keeps the functions from working (Windows)")
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")
    doctor.set_defaults(run=run_doctor)
    unblock = commands.add_parser("unblock", help="take the mark of the web off files (Windows)")
    unblock.add_argument(
        "files", type=Path, nargs="*", metavar="FILE", help="default: the installed add-in and template"
    )
    unblock.set_defaults(run=run_unblock)


def _add_language(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--language", choices=("en", "pl", "ru"), default="en", help="language of the sheets (default: en)"
    )


def _say(text: str, *, error: bool = False) -> None:
    """Print; a file name that the terminal's code page lacks must not end the command."""
    stream = sys.stderr if error else sys.stdout
    encoding = stream.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), file=stream)


def run_build(options: argparse.Namespace) -> int:
    """Build the workbooks; without pyOpenVBA the wheel's own, which are the same, are written out."""
    from xl_leadkpi.workbooks.files import DamagedError, fetch_builder, shipped, write

    try:
        options.folder.mkdir(parents=True, exist_ok=True)
        try:
            from xl_leadkpi.workbooks.build import build

            made = build(options.folder, options.language)
        except ModuleNotFoundError as problem:
            made = shipped(options.language)
            if not made:
                return _fail(f"{problem.name} is missing, which writes macros; run: {fetch_builder()}")
            write(made, options.folder)
    except DamagedError as problem:
        return _fail(str(problem))
    except OSError as problem:
        return _fail(f"cannot write into {options.folder} ({problem.strerror}); name another folder")
    for one in made:
        _say(f"{one.sha256}  {options.folder / one.name}")
    return OK


def run_install(options: argparse.Namespace) -> int:
    """Install for this user."""
    from xl_leadkpi.workbooks.install import InstallError, install, places

    try:
        where = places()
        receipt = install(where, options.language)
    except InstallError as problem:
        return _fail(str(problem))
    for file in receipt.files:
        _say(f"installed {file}")
    _say(f"The functions are served by {sys.executable} (xlwings {receipt.xlwings}).")
    _say("Start Excel anew: the tab Lead KPI is there, and =CPL(1000,40) gives 25. If not: leadkpi doctor")
    return OK


def run_uninstall(_options: argparse.Namespace) -> int:
    """Remove the installation."""
    from xl_leadkpi.workbooks.install import InstallError, places, uninstall

    try:
        removed = uninstall(places())
    except InstallError as problem:
        return _fail(str(problem))
    for file in removed:
        _say(f"removed {file}")
    _say("Nothing of Lead KPI is left in Excel." if removed else "Nothing was installed.")
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
        for file in options.files or [where.add_in, where.template]:
            if not file.is_file():
                return _fail(f"there is no file {file}")
            _say(f"{'unblocked' if unmark(file) else 'was not blocked'}: {file}")
    except InstallError as problem:
        return _fail(str(problem))
    except OSError as problem:
        return _fail(f"{problem.filename}: {problem.strerror}; close the file in Excel and try again")
    return OK


def _fail(message: str) -> int:
    _say(f"leadkpi: {message}", error=True)
    return FAULT
