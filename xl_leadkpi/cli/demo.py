"""``leadkpi demo``: a realistic sample, the funnel workbook made from it, and its key figures."""

from __future__ import annotations

import argparse
from pathlib import Path

from xl_leadkpi.cli import funnel
from xl_leadkpi.errors import UserError


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command ``demo``."""
    parser = commands.add_parser(
        "demo",
        help="make a sample and its funnel workbook",
        description="Make a realistic sample of leads, spend and touches, and the funnel workbook from it.",
    )
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=Path("leadkpi-demo"),
        metavar="FOLDER",
        help="where to put the files (default: leadkpi-demo)",
    )
    parser.add_argument("--leads", type=int, default=2_500, metavar="N", help="how many leads (default: 2500)")
    parser.add_argument("--language", choices=("en", "pl", "ru"), default="en", help="language of the workbook")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the sample and run ``leadkpi funnel`` on it."""
    from xl_leadkpi.leads import sample

    if options.leads < 1:
        raise UserError("--leads: a sample needs at least one lead")
    try:
        options.folder.mkdir(parents=True, exist_ok=True)
        leads, spend, touches = sample.write(options.folder, options.leads)
    except OSError as error:
        raise UserError(f"{options.folder}: cannot write the sample ({error.strerror}); name another folder") from error
    command = argparse.ArgumentParser()
    funnel.add_arguments(command)
    workbook = options.folder / "funnel.xlsx"
    arguments = [leads, "--spend", spend, "--touches", touches, "-o", workbook, "--language", options.language]
    return funnel.run(command.parse_args([str(argument) for argument in arguments]))
