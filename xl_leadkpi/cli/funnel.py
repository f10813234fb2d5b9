"""``leadkpi funnel``: from an export file to the funnel workbook, and to JSON."""

from __future__ import annotations

import argparse
import datetime
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.funnel.report import FunnelReport

EXAMPLES = """\
examples:
  leadkpi funnel leads.csv -o funnel.xlsx
  leadkpi funnel leads.xlsx --sheet Export --spend google.csv --spend meta.csv -o funnel.xlsx
  leadkpi funnel contacts.csv --deals deals.csv --by Country --language pl -o lejek.xlsx
  leadkpi funnel leads.csv --map created="Date of entry" --stage "Hot=SQL" --json - --quiet
"""


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command ``funnel``."""
    parser = commands.add_parser(
        "funnel",
        help="make the funnel workbook from a table of leads",
        description="Read a table of leads (any CRM's export) and write the funnel workbook.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("leads", type=Path, metavar="LEADS", help="CSV, TSV, TXT, XLSX, XLS, XLSB, ODS or Parquet")
    add_output(parser)
    tables = parser.add_argument_group("more tables")
    tables.add_argument("--sheet", metavar="NAME", help="sheet of LEADS (default: the one with the best header row)")
    tables.add_argument("--deals", type=Path, metavar="FILE", help="second table (deals, opportunities), joined on the shared id")
    tables.add_argument("--spend", type=Path, metavar="FILE", action="append", default=[], help="marketing spend; repeatable")
    tables.add_argument("--touches", type=Path, metavar="FILE", help="touches (lead id, time, channel) for attribution")
    reading = parser.add_argument_group("how columns and words are read")
    reading.add_argument("--map", metavar="FIELD=HEADER", action="append", default=[], type=_pair, help="use this column for this field; FIELD=- for none; repeatable")
    reading.add_argument("--stage", metavar="WORD=STAGE", action="append", default=[], type=_pair, help="what a stage word means (Lead, MQL, SQL, Meeting, Opportunity, Proposal, Won, Lost); repeatable")
    reading.add_argument("--reuse-map", type=Path, metavar="XLSX", help="keep the edits made in Funnel_Map of an earlier workbook")
    reading.add_argument("--dedupe", choices=("id", "id+email", "none"), help="which rows are the same lead (default: id)")
    counting = parser.add_argument_group("how it is counted")
    counting.add_argument("--as-of", type=_day, metavar="YYYY-MM-DD", help="count as of this day (default: today, or the latest date of an old table)")
    counting.add_argument("--reach", choices=("filled", "exact", "strict"), help="when a stage counts as reached (default: filled)")
    counting.add_argument("--window", type=_positive, metavar="DAYS", help="maturity window of lead-to-won rates (default: 90)")
    counting.add_argument("--win-basis", choices=("closed", "all", "cohort"), help="denominator of the win rate (default: closed = won + lost)")
    counting.add_argument("--margin", type=_share, metavar="SHARE", help="gross margin 0..1 for ROMI (default: 1)")
    counting.add_argument("--by", metavar="FIELD", action="append", default=[], help="one more breakdown, by a field or any column header; repeatable")
    counting.add_argument("--from", dest="period_from", type=_day, metavar="YYYY-MM-DD", help="first day of the months shown as periods")
    counting.add_argument("--to", dest="period_to", type=_day, metavar="YYYY-MM-DD", help="last day of the months shown as periods")
    parser.set_defaults(run=run)


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add the options on what is written, which ``demo`` shares."""
    writing = parser.add_argument_group("what is written")
    writing.add_argument("-o", "--output", type=Path, metavar="XLSX", help="the workbook (default: LEADS-funnel.xlsx in this folder, unless only --json is asked for)")
    writing.add_argument("--json", type=Path, metavar="FILE", help="every figure of every block as JSON; - for standard output")
    writing.add_argument("--language", choices=("en", "pl", "ru"), help="language of the workbook (default: en)")
    writing.add_argument("--formulas", choices=("native", "functions", "values"), help="rates as plain Excel arithmetic, as =CPL(...), or as values (default: native)")
    writing.add_argument("--data", type=_count, metavar="ROWS", help="how many leads go into Funnel_Data (default: 100000)")
    writing.add_argument("--quiet", action="store_true", help="print nothing but errors")


def run(options: argparse.Namespace) -> int:
    """Read, count, lay out and write; print the key figures."""
    from xl_leadkpi.cli.progress import Progress  # noqa: PLC0415 - argparse's own errors come at once
    from xl_leadkpi.funnel import FunnelOptions, as_json, build  # noqa: PLC0415
    from xl_leadkpi.leads import ReadOptions, read, read_spend, read_touches  # noqa: PLC0415
    from xl_leadkpi.sheets import lay_out, read_map, to_file  # noqa: PLC0415

    edits = read_map(options.reuse_map) if options.reuse_map else None
    parameters: Mapping[str, str] = edits.parameters if edits else {}
    fields = {**(edits.fields if edits else {}), **dict(options.map)}
    words = {**(edits.words if edits else {}), **dict(options.stage)}
    raise NotImplementedError(parameters, fields, words, Progress, FunnelOptions, as_json, build, ReadOptions, read, read_spend, read_touches, lay_out, to_file)


def _pair(text: str) -> tuple[str, str]:
    left, sign, right = text.partition("=")
    if not sign or not left.strip() or not right.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return left.strip(), right.strip()


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day like 2026-06-30") from None


def _number(text: str, kind: type[float], low: float, high: float, what: str) -> float:
    try:
        value = kind(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return value


def _positive(text: str) -> int:
    return int(_number(text, int, 1, 10_000, "a number of days, 1 or more"))


def _count(text: str) -> int:
    return int(_number(text, int, 0, 1_048_575, "a number of rows, 0 to 1048575"))


def _share(text: str) -> float:
    return _number(text, float, 0, 1, "a share between 0 and 1")
