"""``leadkpi funnel``: from an export file to the funnel workbook, and to JSON."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from xl_leadkpi.errors import UserError

if TYPE_CHECKING:
    from typing import TypeGuard

    from xl_leadkpi.funnel import FunnelOptions
    from xl_leadkpi.funnel.report import FunnelReport
    from xl_leadkpi.leads import ReadOptions
    from xl_leadkpi.leads.table import LeadTable, TouchTable
    from xl_leadkpi.leads.warehouse import Engine

EXAMPLES = """\
examples:
  leadkpi funnel leads.csv -o funnel.xlsx
  leadkpi funnel leads.xlsx --sheet Export --spend google.csv --spend meta.csv -o funnel.xlsx
  leadkpi funnel contacts.csv --deals deals.csv --by Country --language pl -o lejek.xlsx
  leadkpi funnel leads.csv --map created="Date of entry" --stage "Hot=SQL" --json - --quiet
  leadkpi funnel 'leads/*.parquet' --touches 'touches/*.parquet' --engine duckdb -o funnel.xlsx
"""


STDOUT = Path("-")
MOST_ODDITIES = 8
DATA_ROWS = 50_000
"""How many leads go into Funnel_Data unless told otherwise: more make a file that is slow to open."""


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command ``funnel``."""
    parser = commands.add_parser(
        "funnel",
        help="make the funnel workbook from a table of leads",
        description="Read a table of leads (any CRM's export) and write the funnel workbook.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add everything the command takes; ``demo`` fills in the same ones itself."""
    parser.add_argument(
        "leads",
        metavar="LEADS",
        help="CSV, TSV, TXT, XLSX, XLS, XLSB, ODS or Parquet; 'leads/*.parquet'; duckdb:///file.db?table=leads",
    )
    add_output(parser)
    tables = parser.add_argument_group("more tables")
    tables.add_argument("--sheet", metavar="NAME", help="sheet of LEADS (default: the one with the best header row)")
    tables.add_argument(
        "--deals", type=Path, metavar="FILE", help="second table (deals, opportunities), joined on the shared id"
    )
    tables.add_argument(
        "--spend", type=Path, metavar="FILE", action="append", default=[], help="marketing spend; repeatable"
    )
    tables.add_argument("--touches", metavar="FILE", help="touches (lead id, time, channel) for attribution, as LEADS")
    large = parser.add_argument_group("tables larger than memory")
    large.add_argument(
        "--engine",
        choices=("polars", "duckdb", "spark"),
        help="what counts Parquet files and DuckDB tables (default: memory up to 200 MB, else duckdb)",
    )
    large.add_argument("--spark-master", metavar="URL", help="where Spark runs (default: on this machine)")
    reading = parser.add_argument_group("how columns and words are read")
    reading.add_argument(
        "--map",
        metavar="FIELD=HEADER",
        action="append",
        default=[],
        type=_pair,
        help="use this column for this field; FIELD=- for none; repeatable",
    )
    reading.add_argument(
        "--stage",
        metavar="WORD=STAGE",
        action="append",
        default=[],
        type=_pair,
        help="what a stage word means (Lead, MQL, SQL, Meeting, Opportunity, Proposal, Won, Lost); repeatable",
    )
    reading.add_argument(
        "--kind", choices=("leads", "deals"), help="what a row of LEADS is (default: told from columns and words)"
    )
    reading.add_argument(
        "--reuse-map", type=Path, metavar="XLSX", help="keep the edits made in Funnel_Map of an earlier workbook"
    )
    reading.add_argument(
        "--dedupe", choices=("id", "id+email", "none"), help="which rows are the same lead (default: id)"
    )
    counting = parser.add_argument_group("how it is counted")
    counting.add_argument(
        "--as-of",
        type=_day,
        metavar="YYYY-MM-DD",
        help="count as of this day (default: today, or the latest date of an old table)",
    )
    counting.add_argument(
        "--reach", choices=("filled", "exact", "strict"), help="when a stage counts as reached (default: filled)"
    )
    counting.add_argument(
        "--window", type=_positive, metavar="DAYS", help="maturity window of lead-to-won rates (default: 90)"
    )
    counting.add_argument(
        "--win-basis",
        choices=("closed", "all", "cohort"),
        help="denominator of the win rate (default: closed = won + lost)",
    )
    counting.add_argument("--margin", type=_fraction, metavar="SHARE", help="gross margin 0..1 for ROMI (default: 1)")
    counting.add_argument(
        "--by",
        metavar="FIELD",
        action="append",
        default=[],
        help="one more breakdown, by a field or any column header; repeatable",
    )
    counting.add_argument(
        "--top", type=_groups, metavar="N", help="rows of a breakdown, the rest is summed up in one (default: 15)"
    )
    counting.add_argument(
        "--from", dest="period_from", type=_day, metavar="YYYY-MM-DD", help="first day of the months shown as periods"
    )
    counting.add_argument(
        "--to", dest="period_to", type=_day, metavar="YYYY-MM-DD", help="last day of the months shown as periods"
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add the options on what is written, which ``demo`` shares."""
    writing = parser.add_argument_group("what is written")
    writing.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="XLSX",
        help="the workbook (default: LEADS-funnel.xlsx in this folder, unless only --json is asked for)",
    )
    writing.add_argument(
        "--json", type=Path, metavar="FILE", help="every figure of every block as JSON; - for standard output"
    )
    writing.add_argument("--language", choices=("en", "pl", "ru"), help="language of the workbook (default: en)")
    writing.add_argument(
        "--formulas",
        choices=("native", "functions", "values"),
        help="rates as plain Excel arithmetic, as =CPL(...), or as values (default: native)",
    )
    writing.add_argument(
        "--data", type=_count, metavar="ROWS", help="how many leads go into Funnel_Data (default: 50000)"
    )
    writing.add_argument("--quiet", action="store_true", help="print nothing but errors")


def run(options: argparse.Namespace) -> int:
    """Read, count, lay out and write; print the key figures."""
    from xl_leadkpi.cli.progress import Progress
    from xl_leadkpi.funnel import as_json, build
    from xl_leadkpi.leads import read_spend
    from xl_leadkpi.leads.engine import faults
    from xl_leadkpi.sheets import lay_out, to_file

    output, json_output = _outputs(options)
    reading, counting = _settings(options)
    steps = 2 + bool(options.spend) + bool(options.touches) + 2 * bool(output)
    with faults(files=lambda: _parquet_files(options)), Progress(steps, quiet=options.quiet) as progress:
        progress("reading leads")
        leads, engine = _leads(options, reading)
        spend = touches = None
        if options.spend:
            progress("reading spend")
            spend = read_spend(options.spend, reading)
        if options.touches:
            progress("reading touches")
            touches = _touches(options, reading, engine)
        progress("counting")
        report = build(leads, spend, touches, counting)
        if output:
            progress("laying out")
            layout = lay_out(
                report,
                leads,
                language=options.language or "en",
                formulas=options.formulas or "native",
                data_rows=DATA_ROWS if options.data is None else options.data,
            )
            progress("writing")
            to_file(layout, output)
    if json_output:
        text = json.dumps(as_json(report), ensure_ascii=False, allow_nan=False, indent=2) + "\n"
        if json_output == STDOUT:
            sys.stdout.write(text)
        else:
            _replace(json_output, text)
    if not options.quiet and json_output != STDOUT:
        _print_figures(report, output, json_output)
    return 0


def _leads(options: argparse.Namespace, reading: ReadOptions) -> tuple[LeadTable, Engine]:
    """Read the leads into memory, or leave them where they are; say which, where there was a choice."""
    from xl_leadkpi.leads import read, read_query
    from xl_leadkpi.leads.warehouse import choose_engine, find_table, open_place

    if options.spark_master and options.engine not in {None, "spark"}:
        raise UserError(f"--spark-master goes with --engine spark, not with {options.engine}")
    place = find_table(str(options.leads))
    if place is None and not Path(options.leads).exists():
        return read(options.leads, reading), "memory"  # which says that there is no such file
    wanted = options.engine or ("spark" if options.spark_master else None)
    engine, reason = choose_engine(place, wanted)
    if place is None or engine == "memory":
        if place is not None:
            _say(options, f"engine: polars, in memory ({reason})")
        return read(options.leads, reading, deals=options.deals), "memory"
    if options.deals:
        raise UserError(
            f"--deals joins tables in memory, and {engine} counts these where they are: join the two there, and count "
            "the result"
        )
    _say(options, f"engine: {engine} ({reason})")
    return read_query(open_place(place, engine, options.spark_master), reading, place.name), engine


def _touches(options: argparse.Namespace, reading: ReadOptions, engine: Engine) -> TouchTable:
    from xl_leadkpi.leads import read_touches, read_touches_query
    from xl_leadkpi.leads.warehouse import find_table, open_place

    place = find_table(options.touches)
    if place is None:
        return read_touches(options.touches, reading)
    engine = "polars" if engine == "memory" else engine
    return read_touches_query(open_place(place, engine, options.spark_master), reading, place.name)


def _parquet_files(options: argparse.Namespace) -> list[Path]:
    from xl_leadkpi.leads.warehouse import find_table

    places = []
    for said in (options.leads, options.deals, options.touches):
        with suppress(UserError):  # the pattern of one fits nothing, which is not what went wrong
            places.append(find_table(str(said)) if said else None)
    return [path for place in places if place for path in place.files]


def _say(options: argparse.Namespace, text: str) -> None:
    if not options.quiet:
        print(text, file=sys.stderr)


def _outputs(options: argparse.Namespace) -> tuple[Path | None, Path | None]:
    """Where to write, checked before any work: a folder that exists, and never one of the files read."""
    output, json_output = options.output, options.json
    if output is None and json_output is None:
        name = str(options.leads)
        output = Path("leads-funnel.xlsx" if set(name) & set("*?[") else f"{Path(name).stem}-funnel.xlsx")
    said = (options.leads, options.deals, options.touches, *options.spend)
    read_from = [Path(path) for path in said if path is not None]
    for path, option in ((output, "-o"), (json_output, "--json")):
        if path is None or path == STDOUT:
            continue
        if not path.parent.is_dir():
            raise UserError(f"{path}: the folder {path.parent} does not exist; make it or name another with {option}")
        if path.is_dir():
            raise UserError(f"{path} is a folder; name a file in it with {option}")
        if any(other.exists() and path.exists() and path.samefile(other) for other in read_from):
            raise UserError(f"{path} is one of the files read; name another with {option}")
    if output is not None and json_output is not None and output.absolute() == json_output.absolute():
        raise UserError(f"{output}: the workbook and the JSON cannot be one file; name another with --json")
    if output is not None and output.suffix.lower() != ".xlsx":
        raise UserError(f"{output}: the workbook is an .xlsx file; name it so with -o")
    return output, json_output


def _settings(options: argparse.Namespace) -> tuple[ReadOptions, FunnelOptions]:
    """Merge what the command line says over what an earlier workbook's Funnel_Map says."""
    from xl_leadkpi.funnel import FunnelOptions
    from xl_leadkpi.leads import ReadOptions
    from xl_leadkpi.sheets import FunnelMapEdits, read_map

    edits = read_map(options.reuse_map) if options.reuse_map else FunnelMapEdits()
    said = {
        "as_of": options.as_of,
        "reach": options.reach,
        "window_days": options.window,
        "win_basis": options.win_basis,
        "gross_margin": options.margin,
        "top_groups": options.top,
        "period_from": options.period_from,
        "period_to": options.period_to,
    }
    parameters = edits.parameters | {name: value for name, value in said.items() if value is not None}
    as_of = parameters.pop("as_of", None)
    reading = ReadOptions(
        sheet=options.sheet,
        fields=edits.fields | dict(options.map),
        words=edits.words | dict(options.stage),
        as_of=as_of,
        dedupe=options.dedupe or "id",
        kind=options.kind or "auto",
        by=tuple(options.by),
        locale=options.language or "en",
    )
    try:
        return reading, FunnelOptions(**parameters)
    except (TypeError, ValueError) as error:
        raise UserError(f"{options.reuse_map or 'options'}: {error}") from None


def _replace(path: Path, text: str) -> None:
    """Write a text file completely or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); name another file with --json") from None
    finally:
        partial.unlink(missing_ok=True)


def _print_figures(report: FunnelReport, output: Path | None, json_output: Path | None) -> None:
    """Print the key figures, and where the files are."""
    header, (summary,) = report.header, report.summary.rows()
    one = "deal" if header.is_deals else "lead"
    currency = f" {header.currency}" if header.currency else ""
    spent = f" {header.spend_currency or header.currency}" if header.spend_currency or header.currency else ""
    basis = {
        "closed": "won / (won + lost opportunities)",
        "closed_all_lost": "won / (won + all lost): how far the lost ones came is unknown",
        "all": "won / all opportunities",
        "cohort": "of mature opportunities",
    }
    lines = [
        (f"{one}s", f"{summary['leads']:,}", f"{header.rows_read:,} rows read, as of {header.as_of}"),
        *(
            (row["stage"], f"{row['reached']:,}", _share(row["next_step"], " of the stage before"))
            for row in list(report.stages.rows())[1:]
        ),
        ("lost / open", f"{summary['lost']:,} / {summary['open']:,}", ""),
        ("win rate", _share(summary["win_rate"]), basis[summary["win_rate_basis"]]),
        (f"{one} to won", _share(summary["lead_conversion"]), f"of all {one}s, however young"),
        (
            "",
            _share(summary["lead_conversion_mature"]),
            f"within {header.window_days} days, of {one}s at least that old",
        ),
        ("revenue", _amount(summary["revenue"], currency), ""),
        ("average deal", _amount(summary["average_deal"], currency), ""),
        ("sales cycle", _amount(summary["cycle_days_median"], " days"), f"median, {one} to won"),
        ("open pipeline", _amount(summary["pipeline"], currency), ""),
        ("spend", _amount(summary["spend"], spent), ""),
        ("CPL / CAC", f"{_amount(summary['cpl'], spent)} / {_amount(summary['cac'], spent)}", ""),
    ]
    for name, value, remark in lines:
        if value.strip("- /"):
            print(f"{name:<14}{value:>20}  {remark}".rstrip())
    _print_oddities(report)
    for path in (output, json_output):
        if path:
            print(path)


def _print_oddities(report: FunnelReport) -> None:
    """Say on standard error what may make the figures wrong, the worst first."""
    from xl_leadkpi.sheets.texts import Texts

    says = Texts("en").finding
    odd = [finding for finding in report.findings if finding.severity != "info"]
    odd.sort(key=lambda finding: (finding.severity != "error", -finding.count))
    for finding in odd[:MOST_ODDITIES]:
        where = f" in {finding.column!r}" if finding.column else ""
        rows = f", first in row {finding.rows[0]}" if finding.rows else ""
        print(f"{finding.severity}: {says(finding.kind)}: {finding.count:,}{where}{rows}", file=sys.stderr)
    if odd:
        print("(every row is listed in the sheet Funnel_Map, with what to do)", file=sys.stderr)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float)


def _share(value: object, remark: str = "") -> str:
    return f"{value:.1%}{remark}" if _is_number(value) else ""


def _amount(value: object, unit: str) -> str:
    return f"{value:,.0f}{unit}" if _is_number(value) else "-"


def _pair(text: str) -> tuple[str, str]:
    left, sign, right = text.partition("=")
    if not sign or not left.strip() or not right.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return left.strip(), right.strip()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
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


def _groups(text: str) -> int:
    return int(_number(text, int, 1, 1_000, "a number of rows, 1 to 1000"))


def _count(text: str) -> int:
    return int(_number(text, int, 0, 1_048_575, "a number of rows, 0 to 1048575"))


def _fraction(text: str) -> float:
    return _number(text, float, 0, 1, "a share between 0 and 1")
