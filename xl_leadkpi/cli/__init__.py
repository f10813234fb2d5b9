"""The command line: ``leadkpi``. Each command lives in a module of its own and imports what it needs when it runs."""

from __future__ import annotations

import argparse
import atexit
import gc
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from xl_leadkpi import __version__
from xl_leadkpi.cli.streams import is_of_output, output_fault, prepare_streams, print_message, silence
from xl_leadkpi.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

OK, FAILED = 0, 1
_WRONG_USAGE = 2
DEBUG = "--debug"
_LONGEST_REASON = 200
_FEW_COLLECTIONS = 50_000
"""Objects more than before after which Python looks for garbage; 700 is its own number."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: What follows ``leadkpi``; the process's own arguments if None.

    Returns:
        0 done, 1 the input or the output is at fault (one message on standard error says how), 130 interrupted by
        Ctrl-C, 143 ended by SIGTERM. Wrong usage exits with 2, as argparse does.

    >>> main(["kpi", "CPL", "12000", "340"])
    35.294117647058826
    0
    """
    # the process would end with a search of all it holds for garbage: a seventh of the time of a small run
    atexit.register(gc.freeze)
    if arguments is None:
        gc.set_threshold(_FEW_COLLECTIONS)  # of a process that ends soon there is little to give back
    try:
        prepare_streams()
        code = _run(arguments)
        sys.stdout.flush()
    except UserError as error:
        code = FAILED
        print_message(f"leadkpi: {error}")
    except KeyboardInterrupt as interrupt:
        from xl_leadkpi.cli import interruption

        number = getattr(interrupt, "number", interruption.CTRL_C)
        code = interruption.exit_code(number)
        print_message(interruption.message(number))
        if arguments is None:  # threads of a library may panic over what is taken from them
            silence(sys.stderr)
    except BrokenPipeError:
        # the reader of a pipe (head, less) has left: no fault, but Python must not try to flush into it again
        code = OK
        silence(sys.stdout)
    except (OSError, MemoryError, UnicodeEncodeError) as error:
        code = FAILED
        said = _fault(error)
        silence(sys.stdout)
        print_message(f"leadkpi: {said}")
    except BaseException as error:
        if isinstance(error, SystemExit | GeneratorExit):
            raise
        code = FAILED
        silence(sys.stdout)
        print_message(_own_fault(error, arguments))
    if arguments is None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said and done: the process is at its end
    return code


def _run(arguments: Sequence[str] | None) -> int:
    from xl_leadkpi.cli import check, demo, funnel, kpi, workbooks

    parser = argparse.ArgumentParser(
        prog="leadkpi",
        description="Lead-generation and B2B sales KPIs: every KPI by name, a funnel workbook from any CRM export.",
    )
    parser.add_argument(DEBUG, action="store_true", help="before COMMAND: print where a fault of leadkpi's own is")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in (funnel, check, demo, kpi, workbooks):
        module.add_parsers(commands)
    options = _parsed(parser, arguments)
    code: int = options.run(options)
    return code


def _parsed(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    code: str | int | None = _WRONG_USAGE
    try:
        return parser.parse_args(arguments)
    except SystemExit as end:
        code = end.code
    except OSError:
        pass  # one of the two streams, as is seen below
    sys.stdout.flush()  # the help: what it runs into is told as for any other output
    try:
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)
    raise SystemExit(code)


def _fault(error: OSError | MemoryError | UnicodeEncodeError) -> str:
    """What to say of an error that the command did not expect."""
    if isinstance(error, MemoryError):
        return "the memory does not suffice; close other programs, or count with --engine duckdb"
    if isinstance(error, UnicodeEncodeError):
        return f"{error.object[:200]!r} is no text in this system's encoding; rename the file or correct the option"
    said = error.strerror or error
    if error.filename is not None:
        return f"{error.filename}: {said}; check the name and the rights"
    if is_of_output(error):
        return output_fault(error)
    return f"a file cannot be read or written ({said}); check disks and drives and try again"


def _own_fault(error: BaseException, arguments: Sequence[str] | None) -> str:
    """What to say of an error that nobody has foreseen: no file of the user's is to blame."""
    import traceback

    if DEBUG in (sys.argv[1:] if arguments is None else arguments):
        return "".join(traceback.format_exception(error)).rstrip()
    last = traceback.extract_tb(error.__traceback__)[-1]
    reason = " ".join(str(error).split())[:_LONGEST_REASON]
    return (
        f"leadkpi: this is a fault of leadkpi, not of your file: {type(error).__name__}: {reason} "
        f"({Path(last.filename).name}, line {last.lineno}); please report it with what leadkpi {DEBUG} COMMAND ... "
        "prints"
    )
