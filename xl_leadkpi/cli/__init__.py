"""The command line: ``leadkpi``. Each command lives in a module of its own and imports what it needs when it runs."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from xl_leadkpi import __version__
from xl_leadkpi.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

OK, FAILED, INTERRUPTED = 0, 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: What follows ``leadkpi``; the process's own arguments if None.

    Returns:
        0 done, 1 the input or the output is at fault (one message on standard error says how), 130 interrupted.
        Wrong usage exits with 2, as argparse does.

    >>> main(["kpi", "CPL", "12000", "340"])
    35.294117647058826
    0
    """
    from xl_leadkpi.cli import demo, funnel, kpi, workbooks

    parser = argparse.ArgumentParser(
        prog="leadkpi",
        description="Lead-generation and B2B sales KPIs: every KPI by name, a funnel workbook from any CRM export.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in (funnel, demo, kpi, workbooks):
        module.add_parsers(commands)
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except UserError as error:
        print(f"leadkpi: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("leadkpi: interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of a pipe (head, less) has left: no fault, but Python must not try to flush into it again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return code
