"""``leadkpi funnel``: from an export file to the funnel workbook, and to JSON."""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import secrets
import stat
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from xl_leadkpi.cli import argument_types
from xl_leadkpi.cli.settings import PROJECT, READ, REPLACED, chosen_parameters, merged, overlaid, settings
from xl_leadkpi.cli.streams import print_message, write_json
from xl_leadkpi.errors import OWN_STAGES, UserError
from xl_leadkpi.locales import languages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import Any, TypeGuard

    from xl_leadkpi.funnel import FunnelOptions
    from xl_leadkpi.funnel.report import FunnelReport
    from xl_leadkpi.leads import ReadOptions
    from xl_leadkpi.leads.files.warehouse import Engine, TableLocation
    from xl_leadkpi.leads.model.conditions import Condition
    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.rates import Rates
    from xl_leadkpi.leads.model.reports import Reports
    from xl_leadkpi.leads.model.stage import OwnStage
    from xl_leadkpi.leads.model.table import LeadTable, SpendTable, TouchTable
    from xl_leadkpi.leads.overrides import Settled
    from xl_leadkpi.output_files import OutputFiles
    from xl_leadkpi.sheets import WorkbookEdits

EXAMPLES = """\
examples:
  leadkpi funnel leads.csv -o funnel.xlsx
  leadkpi funnel leads.xlsx --sheet Export --spend google.csv --spend meta.csv -o funnel.xlsx
  leadkpi funnel contacts.csv --deals deals.csv --by Country --language pl -o lejek.xlsx
  leadkpi funnel 2025.csv 2026.csv -o funnel.xlsx
  leadkpi funnel deals.csv --rate EUR=4.25 --rate USD=3.90 --currency PLN -o funnel.xlsx
  leadkpi funnel leads.csv --map created="Date of entry" --stage "Hot=SQL" --json - --quiet
  leadkpi funnel leads.csv --period 2026-Q2 --html june.html
  leadkpi funnel deals.csv --history stage_history.csv --as-of 2026-03-31 -o march.xlsx
  leadkpi funnel 'leads/*.parquet' --touches 'touches/*.parquet' --engine duckdb -o funnel.xlsx
  leadkpi funnel                            # with the settings of leadkpi.toml, see leadkpi check --write
"""


REPORT_OPTIONS = {
    "--traffic": "report of web traffic (GA4, Universal Analytics, Metrica, Search Console, Ahrefs): visits before the "
    "leads, by channel and month; repeatable",
    "--email": "report of e-mailings (Mailchimp, HubSpot, GetResponse, SendPulse, UniSender); repeatable",
    "--social": "report of a page of a social network (LinkedIn, Facebook); repeatable",
}
STDOUT = Path("-")
_STDOUT_NAMES = {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"}
_JSON_BEGINS = re.compile(rb'\{\s*"header":\s*\{\s*"source')
MOST_ODDITIES = 8
FIGURES_NAMED = 8
_SMALL = 1_000
PSEUDONYM_KEY = "LEADKPI_ANONYMISE_KEY"
"""Environment variable with the secret of the pseudonyms."""
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
    parser.set_defaults(run=run, parser=parser)


def add_arguments(
    parser: argparse.ArgumentParser, add_writing: Callable[[argparse.ArgumentParser], None] | None = None
) -> None:
    """Add everything the command takes; ``demo`` fills in the same ones itself.

    Args:
        parser: What they are added to.
        add_writing: Adds the options on what is written, those of :func:`add_output` if None.
    """
    parser.add_argument(
        "leads",
        metavar="LEADS",
        nargs="*",
        help="CSV, TSV, TXT, XLSX, XLS, XLSB, ODS or Parquet; several files or 'leads/*.csv' as one table; "
        "'leads/*.parquet'; duckdb:///file.db?table=leads; - for standard input (default: what the project file says)",
    )
    parser.add_argument(
        "--project",
        type=Path,
        metavar="TOML",
        help="project file with settings, which options overrule (default: leadkpi.toml in this folder where no "
        "LEADS are named)",
    )
    (add_writing or add_output)(parser)
    tables = parser.add_argument_group("more tables")
    tables.add_argument("--sheet", metavar="NAME", help="sheet of LEADS (default: the one with the best header row)")
    tables.add_argument(
        "--deals",
        metavar="FILE",
        action="append",
        default=[],
        help="second table (deals, opportunities), joined on the shared id; repeatable: several files as one",
    )
    tables.add_argument(
        "--spend", type=Path, metavar="FILE", action="append", default=[], help="marketing spend; repeatable"
    )
    for option, meaning in REPORT_OPTIONS.items():
        tables.add_argument(option, type=Path, metavar="FILE", action="append", default=[], help=meaning)
    tables.add_argument(
        "--history",
        metavar="FILE",
        help="log of the changes of LEADS (id, time, stage, or old and new value), as LEADS: visits of stages, moves "
        "back, and --as-of as it really was",
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
        type=argument_types.pair,
        help="use this column for this field; FIELD=- for none; repeatable",
    )
    reading.add_argument(
        "--stage",
        metavar="WORD=STAGE",
        action="append",
        default=[],
        type=argument_types.pair,
        help="what a stage word means (Lead, MQL, SQL, Meeting, Opportunity, Proposal, Won, Lost); repeatable",
    )
    reading.add_argument(
        "--stages",
        choices=("auto", "own", "canonical"),
        help="stages of the funnel: own, the words of the table in the order that numbers in them, probabilities, "
        "histories, dates or names tell; canonical, the usual seven (default: auto, which is own where the seven "
        "would show three words as one, or know not all of a few, and their order is told)",
    )
    reading.add_argument(
        "--encoding",
        metavar="NAME",
        action="append",
        default=[],
        type=argument_types.encoding,
        help="encoding of text files, such as cp1250; spend=cp1252 for one kind of table; repeatable "
        "(default: found by what the words then mean)",
    )
    reading.add_argument(
        "--channel",
        metavar="SPELLING=CHANNEL",
        action="append",
        default=[],
        type=argument_types.pair,
        help="what a spelling of a channel is called, as 'fb=Facebook'; with its medium 'google / feed=Google Ads'; "
        "repeatable",
    )
    reading.add_argument(
        "--kind", choices=("leads", "deals"), help="what a row of LEADS is (default: told from columns and words)"
    )
    reading.add_argument(
        "--reuse-map",
        type=Path,
        metavar="XLSX",
        help="keep the edits made in Settings and Funnel_Map of an earlier workbook",
    )
    reading.add_argument(
        "--dedupe", choices=("id", "id+email", "none"), help="which rows are the same lead (default: id)"
    )
    chosen = parser.add_argument_group("which rows are counted")
    chosen.add_argument(
        "--where",
        metavar="CONDITION",
        action="append",
        default=[],
        type=argument_types.condition,
        help="only rows of LEADS for which it holds, such as 'Pipeline=New business', 'Amount>=1000', "
        "'Created<2026-07-01', 'Source in (Web, Ads)', 'Source not in (Web)', \"Owner!=''\"; repeatable: all must hold",
    )
    chosen.add_argument(
        "--exclude",
        metavar="WORD",
        action="append",
        default=[],
        help="leave out rows with this word as their stage or status; repeatable",
    )
    chosen.add_argument(
        "--pipeline",
        metavar="NAME",
        help="only the rows of this sales pipeline, where LEADS have several (default: all, and each by itself)",
    )
    counting = parser.add_argument_group("how it is counted")
    counting.add_argument(
        "--as-of",
        type=argument_types.day,
        metavar="YYYY-MM-DD",
        help="count as of this day (default: today, or the latest date of an old table)",
    )
    counting.add_argument(
        "--reach", choices=("filled", "exact", "strict"), help="when a stage counts as reached (default: filled)"
    )
    counting.add_argument(
        "--window", type=argument_types.days, metavar="DAYS", help="maturity window of lead-to-won rates (default: 90)"
    )
    counting.add_argument(
        "--win-basis",
        choices=("closed", "all", "cohort"),
        help="denominator of the win rate (default: closed = won + lost)",
    )
    counting.add_argument(
        "--margin", type=argument_types.fraction, metavar="SHARE", help="gross margin 0..1 for ROMI (default: 1)"
    )
    counting.add_argument(
        "--amount-per",
        choices=("auto", "once", "month", "year"),
        help="what a customer pays its amount for, where LEADS say when customers left (default: auto = as the header "
        "says, MRR or 'per year')",
    )
    counting.add_argument(
        "--rate",
        metavar="RATE",
        action="append",
        default=[],
        type=argument_types.rate,
        help="exchange rate into the currency of the report, as EUR=4.25, or a table of them with the columns date, "
        "currency and rate: one currency everywhere; repeatable (default: amounts of different currencies stay apart)",
    )
    counting.add_argument(
        "--currency",
        metavar="CODE",
        type=argument_types.currency,
        help="currency of the report, with --rate (default: the only one of LEADS that has no rate)",
    )
    counting.add_argument(
        "--by",
        metavar="FIELD",
        action="append",
        default=[],
        help="one more breakdown, by a field or any column header; repeatable",
    )
    counting.add_argument(
        "--top",
        type=argument_types.groups,
        metavar="N",
        help="rows of a breakdown, the rest is summed up in one (default: 15)",
    )
    counting.add_argument(
        "--target",
        metavar="FIGURE=NUMBER",
        action="append",
        default=[],
        type=argument_types.target,
        help="target of a key figure, named as in the summary of --json, as won=40, revenue=250000 or win_rate=25%%; "
        "repeatable",
    )
    counting.add_argument(
        "--period",
        type=argument_types.period,
        metavar="PERIOD",
        help="count the leads created and the deals closed in it: 2026-Q2, 2026-05, 2026-W18, 2026, 2026-05-17 or "
        "2026-01-15..2026-02-20",
    )
    counting.add_argument(
        "--compare",
        choices=("previous", "year-ago", "none"),
        help="what the period is compared with: the one before, or that of a year ago (default: previous)",
    )
    counting.add_argument(
        "--fiscal-start",
        type=argument_types.month,
        metavar="MONTH",
        help="month, 1 to 12, in which the years and quarters of --period begin; a year that does not begin in January "
        "has the number of the one it ends in (default: 1)",
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add the options on what is written, which ``demo`` shares."""
    writing = parser.add_argument_group("what is written")
    writing.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="XLSX",
        help="the workbook (default: LEADS-funnel.xlsx in this folder, unless only --json or --html is asked for)",
    )
    writing.add_argument(
        "--json", type=Path, metavar="FILE", help="every figure of every block as JSON; - for standard output"
    )
    writing.add_argument(
        "--html", type=Path, metavar="FILE", help="the summary as one page to mail or print, with nothing to load"
    )
    writing.add_argument("--language", choices=languages(), help="language of the workbook and the page (default: en)")
    writing.add_argument(
        "--formulas",
        choices=("native", "functions", "values"),
        help="rates as plain Excel arithmetic, as =CPL(...), which needs the add-in (leadkpi install), or as values "
        "(default: native)",
    )
    writing.add_argument(
        "--data", type=argument_types.rows, metavar="ROWS", help="how many leads go into Funnel_Data (default: 50000)"
    )
    writing.add_argument(
        "--anonymise",
        action="store_true",
        help="pseudonyms for identifiers, names, companies, e-mails, phones and owners in everything written; sources, "
        "campaigns, stages, reasons, headers and file names stay. They stay the same from run to run with a secret in "
        f"the environment variable {PSEUDONYM_KEY}",
    )
    writing.add_argument(
        "--fresh",
        action="store_true",
        help="replace an earlier workbook of the same name as it is; else what was edited in its Settings and "
        "Funnel_Map holds on, as with --reuse-map",
    )
    writing.add_argument("--quiet", action="store_true", help="print nothing but errors")


def run(options: argparse.Namespace) -> int:
    """Read, count, lay out and write; print the key figures."""
    from xl_leadkpi.cli.interruption import interruptible

    with interruptible():
        return make(with_project(options))


def with_project(options: argparse.Namespace) -> argparse.Namespace:
    """The options with those of the project file beneath them, where one is named or no leads are."""
    path: Path | None = options.project
    if path is None and not options.leads:
        path = Path(PROJECT)
        if not os.path.lexists(path):
            options.parser.error(
                f"the following arguments are required: LEADS (there is no {PROJECT} in this folder either)"
            )
    if path is None:
        return merged(options, None)
    from xl_leadkpi.cli.project_file import check_present, read_project

    project = read_project(path)
    own = {
        name
        for name in READ
        if getattr(options, name) and (name in REPLACED or not isinstance(getattr(options, name), list))
    }
    check_present(project, sorted(READ - own))
    whole = merged(options, project)
    if not whole.leads:
        raise UserError(f'{project.place("inputs", "leads")} is missing; write leads = "FILE" below [inputs]')
    _say(whole, f"project: {path}")
    return whole


def with_edits(options: argparse.Namespace, replaced: Path | None = None) -> argparse.Namespace:
    """The options with what was changed in the sheets of an earlier workbook.

    Args:
        options: Those in force.
        replaced: The workbook that is going to be written. Where it is there and no other is named, what was changed in
            it since holds on, for it would be lost.
    """
    from xl_leadkpi.sheets import WorkbookEdits, may_be_edited, read_edits

    if options.reuse_map:
        return argparse.Namespace(**{**vars(options), "edits": read_edits(options.reuse_map)})
    none = WorkbookEdits()
    if options.fresh or replaced is None or not replaced.is_file() or not may_be_edited(replaced):
        return argparse.Namespace(**{**vars(options), "edits": none})
    try:
        edits = read_edits(replaced)
    except UserError as error:
        raise UserError(f"{error} To start without what was changed in this workbook, say --fresh.") from None
    if edits != none:
        _say(
            options,
            f"{replaced} was edited: what its Settings and Funnel_Map say holds on, as with "
            "--reuse-map (to start without: --fresh)",
        )
    return argparse.Namespace(**{**vars(options), "edits": edits, "reuse_map": replaced})


def make(options: argparse.Namespace) -> int:
    """Do what :func:`run` does for a caller who heeds signals already."""
    from xl_leadkpi.cli.inputs import at_hand
    from xl_leadkpi.output_files import OutputFiles
    from xl_leadkpi.temporary_files import temporary_folder

    with naming_places(options):
        wanted = _outputs(options)
    with temporary_folder() as folder, OutputFiles() as files:
        options = with_edits(at_hand(options, folder), wanted.workbook)
        with naming_places(options):
            report = _write(options, wanted, files)
        files.put_in_place()
    if not options.quiet and wanted.json != STDOUT:
        _print_figures(report, wanted)
    return 0


def _write(options: argparse.Namespace, wanted: _Outputs, files: OutputFiles) -> FunnelReport:
    """Read, count and write into files that have yet to be put in place."""
    with _without_collecting():
        from xl_leadkpi.cli.progress import Progress
        from xl_leadkpi.funnel import as_json, build
        from xl_leadkpi.sheets import WorkbookEdits, lay_out, to_file, to_html

    reading, counting, settled = reading_and_counting(options)
    steps = 2 + bool(options.spend) + bool(options.touches) + len(given_reports(options)) + 2 * bool(wanted.workbook)
    with complaints(options), Progress(steps, quiet=options.quiet) as progress:
        leads, spend, touches = read_tables(options, reading, settled, progress)
        if options.anonymise:
            leads, settled = _anonymised(leads, settled, options)
        reports = read_reports(options, reading, progress)
        progress("counting")
        report = build(leads, spend, touches, counting, reports)
        if wanted.workbook:
            progress("laying out")
            layout = lay_out(
                report,
                leads,
                language=options.language or "en",
                formulas=options.formulas or "native",
                data_rows=DATA_ROWS if options.data is None else options.data,
                settled=settled.parameters,
            )
            progress("writing")
            to_file(replace(layout, is_edited=options.edits != WorkbookEdits()), wanted.workbook, files)
    if wanted.page:
        to_html(report, wanted.page, language=options.language or "en", outputs=files)
    if wanted.json:
        put_json(as_json(report), wanted.json, files)
    return report


def _anonymised(leads: LeadTable, settled: Settled, options: argparse.Namespace) -> tuple[LeadTable, Settled]:
    """The leads under pseudonyms, and what the project file has settled as it may be shown beside them."""
    from xl_leadkpi.leads.anonymise import FEWEST_LETTERS, anonymised, shown_condition

    key: str | bytes = os.environ.get(PSEUDONYM_KEY, "")
    if not key:
        key = secrets.token_bytes(32)
        _say(
            options,
            f"anonymise: pseudonyms of this run alone; to keep them, set {PSEUDONYM_KEY} to a secret of "
            f"{FEWEST_LETTERS} letters or more",
        )
    try:
        leads = anonymised(leads, key)
    except UserError as error:
        raise UserError(f"{PSEUDONYM_KEY}: {error}") from None
    where = tuple(shown_condition(text, leads) for text in settled.parameters.get("where", ()))
    return leads, replace(settled, parameters={**settled.parameters, "where": where})


def put_json(content: Mapping[str, Any], output: Path, files: OutputFiles) -> None:
    """Write JSON to standard output or into a file that has yet to be put in place."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    if output == STDOUT:
        with suppress(BrokenPipeError):  # its reader has left, which is no fault
            write_json(text)
    else:
        files.new(output).write(text.encode("utf-8", "backslashreplace"))


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Import without the garbage collector: it looks through all that is new again and again, and nothing is garbage.

    That takes an eighth of the time of all imports.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def complaints(options: argparse.Namespace) -> AbstractContextManager[None]:
    """Tell what goes wrong in an engine of the tables that are read."""
    from xl_leadkpi.engines import faults

    said = ", ".join(str(one) for one in (*options.leads, options.history, options.touches) if one)
    return faults(said, lambda: _parquet_files(options), lambda: _counts_in_place(options))


def read_tables(
    options: argparse.Namespace, reading: ReadOptions, settled: Settled, progress: Callable[[str], None]
) -> tuple[LeadTable, SpendTable | None, TouchTable | None]:
    """Read every table, with one name for each channel.

    Raises:
        InputError: One cannot be used.
    """
    from xl_leadkpi.leads import read_spend
    from xl_leadkpi.leads.channels import with_channels
    from xl_leadkpi.leads.overrides import as_settled, channels_as_settled

    spend = touches = None
    progress("reading leads")
    leads, engine = _leads(options, reading)
    if leads.conversion is not None and reading.rates is not None:
        reading = replace(reading, rates=replace(reading.rates, target=leads.conversion.target))
    if options.spend:
        progress("reading spend")
        spend = read_spend(options.spend, reading)
    if options.touches:
        progress("reading touches")
        touches = _touches(options, reading, engine)
    if reading.own_stages and reading.own_stages == options.filed.get("own_stages"):
        leads = replace(leads, stages_told_by="project")
    leads, spend, touches = with_channels(as_settled(leads, settled), spend, touches)
    return channels_as_settled(leads, settled), spend, touches


def given_reports(options: argparse.Namespace) -> list[str]:
    """The kinds of reports that are given beside the leads."""
    return [name for option in REPORT_OPTIONS if getattr(options, name := option.lstrip("-"))]


def read_reports(options: argparse.Namespace, reading: ReadOptions, progress: Callable[[str], None]) -> Reports | None:
    """Read the reports of other tools; None where none is given.

    Raises:
        InputError: One cannot be used.
    """
    given = given_reports(options)
    if not given:
        return None
    from xl_leadkpi.leads.model.reports import Reports
    from xl_leadkpi.leads.reports import read_email, read_social, read_traffic

    readers = {"traffic": read_traffic, "email": read_email, "social": read_social}
    found = {}
    for name in given:
        progress(f"reading {name}")
        found[name] = readers[name](getattr(options, name), reading)
    return Reports(**found)


@contextmanager
def naming_places(options: argparse.Namespace) -> Iterator[None]:
    """Let the errors of what is done with options begin with the place of the setting that they speak of.

    That is its cell in an earlier workbook, or its line in the project file.
    """
    try:
        yield
    except UserError as error:
        setting, entry = error.setting or ("", "")
        if not setting or _is_said(setting, entry, options.said):
            raise
        cell = options.edits.place_of(setting, entry) if "edits" in options else ""
        if cell:
            raise options.edits.placed(error) from None
        line = options.project_file.place_of(setting, entry) if options.project_file else ""
        if line:
            raise UserError(f"{line}: {error}") from None
        raise


def _is_said(setting: str, entry: str, said: argparse.Namespace) -> bool:
    """Tell whether the command line says what is at fault."""
    value = getattr(said, "stages" if setting.startswith(OWN_STAGES) else setting, None)
    if isinstance(value, list):
        return entry.casefold() in {str(one[0] if isinstance(one, tuple) else one).casefold() for one in value}
    return value is not None


def _leads(options: argparse.Namespace, reading: ReadOptions) -> tuple[LeadTable, Engine]:
    """Read the leads into memory, or leave them where they are; say which, where there was a choice."""
    from xl_leadkpi.leads import read, read_query
    from xl_leadkpi.leads.files.warehouse import choose_engine, find_files, find_table, open_location

    if options.spark_master and options.engine not in {None, "spark"}:
        raise UserError(f"--spark-master goes with --engine spark, not with {options.engine}", ("spark_master", ""))
    deals = find_files(options.deals, may_be_table=False) if options.deals else None
    files = find_files(options.leads)
    if files is not None:
        choose_engine(None, _wanted_engine(options))
        return read(files, reading, deals=deals, **_history(options, "memory")), "memory"
    [leads] = options.leads
    place = find_table(leads)
    if place is None and not Path(leads).exists():
        return read(leads, reading), "memory"  # which says that there is no such file
    engine, reason = choose_engine(place, _wanted_engine(options))
    if place is None or engine == "memory":
        if place is not None:
            _say(options, f"engine: polars, in memory ({reason})")
        # of a pattern it is the one file that fits
        path = place.files[0] if place else leads
        history = _history(options, "memory")
        return read(path, reading, deals=deals, **history), "memory"
    if options.deals:
        raise UserError(
            f"--deals joins tables in memory, and {engine} counts these where they are: join the two there, and count "
            "the result"
        )
    _say(options, f"engine: {engine} ({reason})")
    history = _history(options, engine)
    return read_query(open_location(place, engine, options.spark_master), reading, place.name, **history), engine


def _history(options: argparse.Namespace, engine: Engine) -> dict[str, Any]:
    """The history for the reader as a file, or as a table of the engine that counts the leads with its name."""
    from xl_leadkpi.leads.files.warehouse import find_table, open_location

    place = find_table(options.history) if options.history else None
    if place is None:
        return {"history": options.history}
    table = open_location(place, "polars" if engine == "memory" else engine, options.spark_master)
    return {"history": table, "history_name": place.name}


def _touches(options: argparse.Namespace, reading: ReadOptions, engine: Engine) -> TouchTable:
    from xl_leadkpi.leads import read_touches, read_touches_query
    from xl_leadkpi.leads.files.warehouse import find_table, open_location

    place = find_table(options.touches)
    if place is None:
        return read_touches(options.touches, reading)
    engine = "polars" if engine == "memory" else engine
    return read_touches_query(open_location(place, engine, options.spark_master), reading, place.name)


def _parquet_files(options: argparse.Namespace) -> list[Path]:
    places = map(_place, (*options.leads, *options.deals, options.history, options.touches))
    return [path for place in places if place for path in place.files]


def _counts_in_place(options: argparse.Namespace) -> bool:
    """Tell whether an engine counts leads or touches where they are; touches in Parquet never come into memory."""
    from xl_leadkpi.leads.files.warehouse import choose_engine

    place = _place(options.leads[0]) if len(options.leads) == 1 else None
    with suppress(UserError):
        if place and choose_engine(place, _wanted_engine(options))[0] != "memory":
            return True
    return any(_place(one) is not None for one in (options.history, options.touches))


def _place(said: str | Path | None) -> TableLocation | None:
    from xl_leadkpi.leads.files.warehouse import find_table

    with suppress(UserError):  # the pattern of one fits nothing, which is not what went wrong
        return find_table(str(said)) if said else None
    return None


def _wanted_engine(options: argparse.Namespace) -> str | None:
    wanted: str | None = options.engine or ("spark" if options.spark_master else None)
    return wanted


def _say(options: argparse.Namespace, text: str) -> None:
    if not options.quiet:
        print_message(text)


class _Outputs(NamedTuple):
    """Where to write; None for what is not wanted."""

    workbook: Path | None
    json: Path | None
    page: Path | None


def _outputs(options: argparse.Namespace) -> _Outputs:
    """Where to write, checked before any work: a place that can be written to, and never one of the files read."""
    from xl_leadkpi.cli.inputs import tables_read

    output, json_output, page = options.output, options.json, options.html
    _check_foreign(options)
    if output is None and json_output is None and page is None:
        output = _default_output(options.leads)
    if json_output is not None and str(json_output) in _STDOUT_NAMES:
        json_output = STDOUT
    if output is not None and output.suffix.lower() != ".xlsx":
        raise UserError(f"{output}: the workbook is an .xlsx file; name it so with -o", ("output", ""))
    if page is not None and str(page) in {str(STDOUT), *_STDOUT_NAMES}:
        raise UserError(f"--html {page}: the page goes into a file; name one such as funnel.html", ("html", ""))
    read = [*tables_read(options), *([options.project_file.path] if options.project_file else [])]
    reused = [options.reuse_map] if options.reuse_map else []
    for path, option, name in ((output, "-o", "output"), (json_output, "--json", "json"), (page, "--html", "html")):
        if path is None or path == STDOUT:
            continue
        # the workbook whose edits are kept may be replaced by the one they are kept in, but by nothing else
        try:
            _check_output(path, option, read if path is output else read + reused)
        except UserError as error:
            raise UserError(str(error), (name, "")) from None
    named = [("workbook", output, "-o"), ("JSON", json_output, "--json"), ("page", page, "--html")]
    for (one, first, _), (other, second, option) in combinations(named, 2):
        if first and second and STDOUT not in (first, second) and _are_one_file(first, second):
            said = f"{first}: the {one} and the {other} cannot be one file; name another with {option}"
            raise UserError(said, (option.lstrip("-"), ""))
    return _Outputs(output, json_output, page)


def checked_json(options: argparse.Namespace, also: Path | None) -> Path | None:
    """Where the JSON alone goes; neither it nor the file written beside it is one that is read."""
    from xl_leadkpi.cli.inputs import tables_read

    json_output: Path | None = options.json
    if json_output is not None and str(json_output) in _STDOUT_NAMES:
        json_output = STDOUT
    read = [*tables_read(options)]
    read += [one for one in (options.reuse_map, options.project_file and options.project_file.path) if one]
    if also is not None:
        _check_output(also, "--project", [one for one in read if one != also])
    if json_output not in (None, STDOUT):
        _check_output(json_output, "--json", read)
        if also is not None and _are_one_file(json_output, also):
            raise UserError(f"{also}: the project file and the JSON cannot be one file; name another with --json")
    return json_output


def _default_output(leads: Sequence[str]) -> Path:
    """The workbook's name where the user gives none; what is there under that name must be a workbook of ours."""
    from xl_leadkpi.sheets import is_funnel_workbook

    nameless = len(leads) > 1 or leads[0] == str(STDOUT) or set(leads[0]) & set("*?[")
    output = Path("leads-funnel.xlsx" if nameless else f"{Path(leads[0]).stem}-funnel.xlsx")
    if output.is_file() and not is_funnel_workbook(output):
        raise UserError(f"{output} is there and no workbook of leadkpi's; name another with -o, or move it away")
    return output


def _check_foreign(options: argparse.Namespace) -> None:
    """Refuse to replace what is not ours where a project file names it: who runs it may not have written it."""
    from xl_leadkpi.sheets import is_funnel_page, is_funnel_workbook

    for name, is_ours, what in (
        ("output", is_funnel_workbook, "workbook"),
        ("json", _is_funnel_json, "JSON"),
        ("html", is_funnel_page, "page"),
    ):
        path = getattr(options, name)
        if getattr(options.said, name) is None and path is not None and path.is_file() and not is_ours(path):
            raise UserError(
                f"{options.project_file.place(*settings()[name].path)}: {path} is there and no {what} of leadkpi's; "
                "name another there, or move it away"
            )


def _is_funnel_json(path: Path) -> bool:
    """Tell whether a file begins as the JSON of a funnel does."""
    with suppress(OSError), path.open("rb") as stream:
        return _JSON_BEGINS.match(stream.read(200)) is not None
    return False


def _check_output(path: Path, option: str, read: Sequence[Path | int]) -> None:
    from xl_leadkpi.output_files import destination

    if not path.parent.is_dir():
        raise UserError(f"{path}: the folder {path.parent} does not exist; make it or name another with {option}")
    if path.is_dir():
        raise UserError(f"{path} is a folder; name a file in it with {option}")
    if any(_is_same_file(path, other) for other in read):
        raise UserError(f"{path} is one of the files read; name another with {option}")
    place = destination(path)
    if not place.takes_bytes and any(_is_open_as(path, stream) for stream in (1, 2)):
        raise UserError(f"{path}: standard output or error goes there; name another file with {option}")


def _is_same_file(path: Path, other: Path | int) -> bool:
    """Tell whether two names - or a name and a descriptor - are one file, whatever links lead to it."""
    try:
        return os.path.samestat(path.stat(), os.stat(other))  # noqa: PTH116 (of a descriptor too)
    except OSError:
        return False


def _is_open_as(path: Path, stream: int) -> bool:
    """Tell whether a standard stream goes into a file; on Windows a pipe looks like some files."""
    try:
        is_file = stat.S_ISREG(os.fstat(stream).st_mode)
    except OSError:
        return False
    return is_file and _is_same_file(path, stream)


def _are_one_file(one: Path, other: Path) -> bool:
    """Tell whether two names may be one file, also where it is not there yet and letter case makes no difference."""
    from unicodedata import normalize

    if _is_same_file(one, other):
        return True
    paths = [Path(os.path.realpath(path)) for path in (one, other)]
    first, second = (normalize("NFC", path.name).casefold().rstrip(". ") for path in paths)
    return first == second and _is_same_file(paths[0].parent, paths[1].parent)


def reading_and_counting(options: argparse.Namespace) -> tuple[ReadOptions, FunnelOptions, Settled]:
    """How to read and to count: by the command line, then an earlier workbook, then the project file.

    Args:
        options: Those in force, see :func:`with_edits`.

    Returns:
        The two, and what of it the project file has settled.
    """
    from xl_leadkpi.funnel.targets import named_targets
    from xl_leadkpi.leads import ReadOptions
    from xl_leadkpi.leads.overrides import Settled

    edits, filed, said = options.edits, options.filed, options.said
    fields, words, channels = (dict(filed.get(name, ())) for name in ("map", "stage", "channel"))
    filters: dict[str, Any] = {name: tuple(map(str, filed.get(name, ()))) for name in ("where", "exclude")}
    filters |= {"pipeline": (filed["pipeline"],)} if filed.get("pipeline") else {}
    filters |= {"stages": filed["stages"]} if filed.get("stages") else {}
    own = chosen_parameters(filed) | _period_of_project(options)
    settled = Settled(fields, words, channels, own | filters | {"targets": named_targets(filed.get("target", ()))})
    parameters = own | edits.parameters | chosen_parameters(vars(said)) | _period_of_all(options, edits)
    parameters["targets"] = _targets(options, edits)
    counting = _counting({name: value for name, value in parameters.items() if name != "as_of"}, options)
    reading = ReadOptions(
        sheet=options.sheet,
        fields=overlaid(overlaid(fields, edits.fields), dict(said.map)),
        words=words | edits.words | dict(said.stage),
        channels=channels | edits.channels | dict(said.channel),
        as_of=parameters.get("as_of"),
        dedupe=options.dedupe or "id",
        stages=said.stages or edits.stages_wanted or filed.get("stages") or "auto",
        **_listed_stages(options, edits.stages),
        kind=options.kind or "auto",
        by=tuple(dict.fromkeys(options.by)),
        locale=options.language or "en",
        encodings=dict(options.encoding),
        where=_conditions(options, edits),
        sales_pipeline=said.pipeline or next(iter(edits.filters.get("pipeline", (filed.get("pipeline") or "",))), ""),
        exclude=tuple(dict.fromkeys((*edits.filters.get("exclude", filed.get("exclude", ())), *said.exclude))),
    )
    return replace(reading, rates=_rates(options, reading)), counting, settled


def _targets(options: argparse.Namespace, edits: WorkbookEdits) -> dict[str, float]:
    """The targets of the project file, with what the sheet Settings changes of them, and those of the command line."""
    from xl_leadkpi.funnel.targets import named_targets

    return named_targets([*options.filed.get("target", ()), *edits.targets.items(), *options.said.target])


def _rates(options: argparse.Namespace, reading: ReadOptions) -> Rates | None:
    """The exchange rates that are given, None for none."""
    from xl_leadkpi.leads.rates import fixed_rate, read_rates

    if not options.rate:
        if options.currency:
            raise UserError(
                "--currency names the currency that amounts are converted into: give the rates with it, such as --rate "
                "EUR=4.25",
                ("currency", options.currency),
            )
        return None
    # a rate of the command line stands instead of that of the project file
    filed = len(options.filed.get("rate", ()))
    said = {pair[0] for one in options.rate[filed:] if (pair := fixed_rate(one))}
    left = [one for one in options.rate[:filed] if (fixed_rate(one) or ("",))[0] not in said]
    return read_rates([*left, *options.rate[filed:]], options.currency, reading)


def _conditions(options: argparse.Namespace, edits: WorkbookEdits) -> tuple[Condition, ...]:
    """The conditions of the command line, beside those of Settings where edited, else of the project file."""
    from xl_leadkpi.leads.model.conditions import parse_condition

    if "where" not in edits.filters:
        return tuple(options.where)
    kept = [parse_condition(text) for text in edits.filters["where"]]
    said = tuple(dict.fromkeys(options.said.where))
    again = {(one.column.casefold(), one.operator) for one in said}
    hidden = [one for one in kept if _has_pseudonym(one)]
    for one in hidden:  # a workbook with pseudonyms does not tell whom it was filtered by
        if (one.column.casefold(), one.operator) not in again:
            raise UserError(
                f"{options.reuse_map}: the filter '{one}' has a pseudonym in it, which no row has: give it again with "
                f"--where '{one.column}{one.operator}...'"
            )
    return tuple(dict.fromkeys((*(one for one in kept if one not in hidden), *said)))


def _has_pseudonym(condition: Condition) -> bool:
    from xl_leadkpi.leads.model.pseudonyms import is_pseudonym

    return any(map(is_pseudonym, condition.values))


def _listed_stages(options: argparse.Namespace, edited: Sequence[OwnStage]) -> dict[str, Any]:
    """The stages that Settings or the project file lists, which a mode on the command line overrules."""
    if options.said.stages is not None:
        return {}
    filed = {name: options.filed[name] for name in ("own_stages", "own_win") if name in options.filed}
    return filed | ({"own_stages": tuple(edited)} if edited else {})


def _counting(parameters: Mapping[str, Any], options: argparse.Namespace) -> FunnelOptions:
    from xl_leadkpi.funnel import FunnelOptions

    try:
        return FunnelOptions(**parameters)
    except (TypeError, ValueError) as error:
        raise UserError(f"{options.reuse_map or 'options'}: {error}") from None


def _period_of_project(options: argparse.Namespace) -> dict[str, Any]:
    """The period that the project file asks for, as the counting takes it."""
    filed = _named_parts(options.filed)
    try:
        return _period_asked(filed)
    except UserError as error:
        named = next(name for name in ("compare", "fiscal_start", "period") if name in filed)
        raise UserError(f"{options.project_file.place(*settings()[named].path)}: {error}") from None


def _period_of_all(options: argparse.Namespace, edits: WorkbookEdits) -> dict[str, Any]:
    """The period asked for: each part of it by the command line, else by Settings, else by the project file."""
    from xl_leadkpi.sheets.edits import asked_period

    said = _named_parts(vars(options.said))
    parts = {**_named_parts(options.filed), **edits.period, **said}
    if not parts.get("period") and said:
        return _period_asked(said)  # which says what is missing
    if not parts.get("period"):
        parts = {"period": ""} if "period" in parts else {}
    return asked_period(edits, parts)


def _named_parts(values: Mapping[str, Any]) -> dict[str, Any]:
    from xl_leadkpi.funnel.period_names import PARTS

    return {name: values[name] for name in PARTS if values.get(name) is not None}


def _period_asked(parts: Mapping[str, Any]) -> dict[str, Any]:
    """A period and the one that it is compared with, as the counting takes them; empty where nothing is said of one."""
    from xl_leadkpi.funnel.period_names import PeriodNames, period_options

    if not parts.get("period"):
        for name, option in {"compare": "--compare", "fiscal_start": "--fiscal-start"}.items():
            if name in parts:
                raise UserError(f"{option} says something of a period: give one with it, such as --period 2026-Q2")
    return period_options(PeriodNames(**parts)) if parts else {}


def _print_figures(report: FunnelReport, wanted: _Outputs) -> None:
    """Print the key figures, and where the files are."""
    from xl_leadkpi.leads.model.evidence import ABSENT
    from xl_leadkpi.leads.model.findings import FindingKind

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
    weights = "at the win rate of all" if _is_noted(report, "overall_win_rate") else ""
    weights = "by the stage and age of each deal" if _is_noted(report, "chance_by_model") else weights
    lines = [
        ("leads", f"{one}s", f"{summary['leads']:,}", f"{header.rows_read:,} rows read, as of {header.as_of}"),
        *_filter_lines(report),
        *_order_lines(report),
        *_stage_lines(report),
        ("lost", "lost / open", f"{_amount(summary['lost'], '')} / {_amount(summary['open'], '')}", ""),
        ("win_rate", "win rate", _share(summary["win_rate"]), basis[summary["win_rate_basis"]]),
        (
            "win_rate_mature",
            "",
            _share(summary["win_rate_mature"]),
            "of opportunities, those still open allowed for"
            if summary["win_rate_mature_days"] is None
            else f"of opportunities, within {summary['win_rate_mature_days']} days",
        ),
        ("lead_conversion", f"{one} to won", _share(summary["lead_conversion"]), f"of all {one}s, however young"),
        (
            "lead_conversion_mature",
            "",
            _share(summary["lead_conversion_mature"]),
            f"within {header.window_days} days, of {one}s at least that old",
        ),
        ("revenue", "revenue", _amount(summary["revenue"], currency), ""),
        ("average_deal", "average deal", _amount(summary["average_deal"], currency), ""),
        ("cycle_days_median", "sales cycle", _amount(summary["cycle_days_median"], " days"), f"median, {one} to won"),
        ("pipeline", "open pipeline", _amount(summary["pipeline"], currency), ""),
        ("weighted_pipeline", "weighted", _amount(summary["weighted_pipeline"], currency), weights),
        *_forecast_lines(report, currency),
        ("spend", "spend", _amount(summary["spend"], spent), ""),
        ("cpl", "CPL / CAC", _costs(summary, "", spent), f"blended: all spend, all {one}s; no cost of sales in it"),
        ("cpl_paid", "", _costs(summary, "_paid", spent), f"paid: {one}s of the channels that money was spent on"),
        *_traffic_lines(report, one),
    ]
    said = set()
    of_closed = _print_period(report, one)
    for key, name, value, remark in lines:
        if key in of_closed:
            continue
        gap = report.summary.unknown.get(key)
        if value.strip("- /"):
            print(f"{name:<14}{value:>20}  {remark}".rstrip())
        elif (
            gap is not None
            and gap.why.kind is not FindingKind.NO_SPEND
            and not (gap.why.kind in ABSENT and id(gap.why) in said)
        ):
            said.add(id(gap.why))  # a column that is not there is said to be so once
            print(f"{name:<14}{'-':>20}  unknown: {_reason(gap.why)}")
    _print_closed(report, currency)
    _print_changes(report)
    _print_targets(report, currency, spent)
    _print_rates(report)
    _print_oddities(report)
    for path in wanted:
        if path:
            print(path)


def _print_changes(report: FunnelReport) -> None:
    """Print what changed between the two periods, and why."""
    from xl_leadkpi.sheets.change_sentences import change_sentences
    from xl_leadkpi.sheets.formats import Formats
    from xl_leadkpi.sheets.texts import Texts

    header = report.header
    texts = Texts("en", header.win_basis, header.is_deals, report.stage_pipeline)
    said = change_sentences(report, texts, Formats("en", header.currency, header.spend_currency))
    if said:
        print("what changed and why:")
    for sentence in said:
        print(f"  {sentence}")


def _print_targets(report: FunnelReport, currency: str, spent: str) -> None:
    """Print what came of each target."""
    from xl_leadkpi.sheets.texts import Texts

    if report.targets is None:
        return
    header = report.header
    texts = Texts("en", header.win_basis, header.is_deals, report.stage_pipeline)
    units = {"days": " days", "minutes": " min", "ratio": "x"}
    (elapsed, *_) = report.targets["elapsed"].values
    gone = "" if elapsed is None else f", {elapsed:.0%} of the days of {header.period_name or 'the period'} gone"
    print(f"targets{gone}:")
    for row in report.targets.rows():
        figure, unit = row["figure"], units.get(row["unit"], "")
        if row["unit"] == "money":
            unit = spent if report.summary[figure].currency == "spend" else currency
        came, target = (
            (_share(value) or "-") if row["unit"] == "fraction" else _precisely(value, unit)
            for value in (row["actual"], row["target"])
        )
        attained = f", {row['attained']:.0%}" if _is_number(row["attained"]) else ""
        basis = f" ({row['basis']} in the period)" if row["basis"] else ""
        met = f", {texts('label.met_' + row['met'])}" if row["met"] and elapsed is not None else ""
        print(f"  {texts.card(figure, header.window_days)}: {came} of {target}{attained}{met}{basis}")


def _precisely(value: object, unit: str) -> str:
    """A figure with two decimals where it is small and has some."""
    is_small = _is_number(value) and abs(value) < _SMALL and value != int(value)
    return f"{value:,.2f}{unit}" if is_small else _amount(value, unit)


def _print_rates(report: FunnelReport) -> None:
    """Print at which rates amounts were converted."""
    header = report.header
    used = [f"1 {one.currency} = {one.rate:g}" if one.rate else f"{one.currency}: {one.file}" for one in header.rates]
    if used:
        print(f"converted into {header.currency or header.spend_currency}: {'; '.join(used)}")


def _forecast_lines(report: FunnelReport, currency: str) -> Iterator[tuple[str, str, str, str]]:
    """What is expected of the months to come, and how the forecast that can be checked came out."""
    if report.forecast is None:
        return
    rows = list(report.forecast.rows())
    has_money = _is_number(rows[0]["total_mean"]) or _is_number(rows[0]["mean"])
    unit, currency = ("", currency) if has_money else ("won_", " won")
    own = "total_" if _is_number(rows[0][f"total_{unit}mean"]) else ""
    expected = sum(row[f"{own}{unit}mean"] for row in rows)
    whose = "open deals and those to come" if own else "open deals"
    yield "", "forecast", _amount(expected, currency), f"{rows[0]['month']:%Y-%m} to {rows[-1]['month']:%Y-%m}: {whose}"
    if report.forecast_check is None:
        return
    first = next(report.forecast_check.rows())
    said, low, high, came = (first[f"{unit}{key}"] for key in ("forecast", "low", "high", "actual"))
    spread = _amount((high - low) / 2, "")
    remark = f"came in the {first['days']} days after {first['as_of']}; expected {_amount(said, '')} +- {spread}"
    yield "", "", _amount(came, currency), remark


def _traffic_lines(report: FunnelReport, one: str) -> Iterator[tuple[str, str, str, str]]:
    """The visits before the leads, where a report tells them."""
    if not report.traffic:
        return
    (visitors,) = report.traffic["visitors"].rows()
    days = [str(visitors[key]) for key in ("first_day", "last_day") if visitors[key]]
    remark = ", ".join(part for part in (visitors["tool"], " to ".join(days)) if part)
    yield "", "visits", _amount(visitors["sessions"], ""), remark
    yield "", f"visit to {one}", _share(visitors["visit_to_lead"]), f"{one}s of all sources created on those days"


def _filter_lines(report: FunnelReport) -> Iterator[tuple[str, str, str, str]]:
    """What each filter left of the rows."""
    for place, one in enumerate(report.header.filters):
        shown = f"without the word '{one.asked}'" if one.is_word else one.asked
        yield "leads", "" if place else "filtered", f"{one.left:,}", f"of {one.rows:,} rows: {shown}"


def _print_period(report: FunnelReport, one: str) -> Sequence[str]:
    """Print which period the figures are of; returns the keys of those that are of what was closed in it."""
    header, created = report.header, report.period_created
    if created is None:
        return ()
    fiscal = f" (years begin in month {header.fiscal_start})" if header.fiscal_start > 1 else ""
    print(
        f"period {header.period_name}{fiscal}: {header.period_from or ''} to {header.period_to or ''}".replace(
            " :", ":"
        )
    )
    if header.compared_from:
        before = f"{_amount(created['leads'].values[1], '')} {one}s created"
        print(f"compared with {header.compared_from} to {header.compared_to}: {before}")
    print("created in the period, and what has become of them since:")
    return ("lost", "win_rate", "win_rate_mature", "revenue", "average_deal", "cycle_days_median")


def _print_closed(report: FunnelReport, currency: str) -> None:
    """Print what was closed in the period, beside what was closed in the one that it is compared with."""
    closed = report.period_closed
    if closed is None:
        return
    print("closed in the period, whenever created:")
    for key, name, unit in (
        ("won", "won", ""),
        ("lost", "lost", ""),
        ("win_rate", "win rate", None),
        ("revenue", "revenue", currency),
        ("average_deal", "average deal", currency),
        ("cycle_days_median", "sales cycle", " days"),
    ):
        if key not in closed:
            continue
        shown = [_share(value) if unit is None else _amount(value, unit) for value in closed[key].values[:2]]
        gap = closed.unknown.get(key)
        remark = f"compared: {shown[1] or '-'}" if len(shown) > 1 else ""
        print(f"{name:<14}{shown[0] or '-':>20}  {f'unknown: {_reason(gap.why)}' if gap else remark}".rstrip())


def _order_lines(report: FunnelReport) -> Iterator[tuple[str, str, str, str]]:
    """That the stages are the user's own, and what tells their order."""
    from xl_leadkpi.sheets.texts import Texts

    if report.stages_told_by:
        own = sum(stage.is_own for stage in report.stage_pipeline)
        told_by = Texts("en").known(f"order.{report.stages_told_by}", report.stages_told_by)
        yield "", "own stages", f"{own}", f"ordered by: {told_by} (--stages canonical: the usual seven)"


def _stage_lines(report: FunnelReport) -> Iterator[tuple[str, str, str, str]]:
    for place, row in enumerate(list(report.stages.rows())[1:], start=1):
        if row["reached"] is None:
            gap = report.stages.unknown["reached"]
            yield "", row["stage"], f"{row['in_stage_now']:,} there now", f"unknown: {_reason(gap.why)}"
            continue
        step = report.stages.unknown.get("next_step")
        within = f" within {row['next_step_days']} days" if row["next_step_days"] is not None else ""
        rate = _share(row["next_step"], f" of the stage before{within}")
        if not rate:
            rate = _share(row["next_step_naive"], " of the stage before, so far")
        if not rate and step is not None and place in step.rows:
            rate = "share of the stage before unknown"
        yield "", row["stage"], f"{row['reached']:,}", rate


def _reason(why: Finding) -> str:
    """Why a figure is unknown, in a few words; what is not in the table at all is said here alone."""
    from xl_leadkpi.leads.model.evidence import ABSENT
    from xl_leadkpi.sheets.texts import Texts

    texts = Texts("en")
    title = texts.finding(why.kind)
    return f"{texts.meaning(why)} {texts.remedy(why)}" if why.kind in ABSENT else title[0].lower() + title[1:]


def _is_noted(report: FunnelReport, code: str) -> bool:
    return any(note == code for note, _ in report.pipeline.notes)


def _costs(summary: dict[str, object], suffix: str, unit: str) -> str:
    return f"{_amount(summary['cpl' + suffix], unit)} / {_amount(summary['cac' + suffix], unit)}"


def _print_oddities(report: FunnelReport) -> None:
    """Say on standard error what may make the figures wrong, the worst first: first what leaves some unknown."""
    from xl_leadkpi.funnel.quality import touched_figures

    summary = report.summary
    grave = [finding for finding in report.findings if finding.severity != "info"]
    touched = [
        touched_figures(finding, summary, report.evidence, report.columns, report.stage_pipeline) for finding in grave
    ]
    odd = [
        (finding, keys, [key for key in keys if key in summary.unknown])
        for finding, keys in zip(grave, touched, strict=True)
    ]
    odd.sort(key=lambda one: (one[0].severity != "error", not one[2], -one[0].count))
    for finding, keys, unknown in odd[:MOST_ODDITIES]:
        print_message(_told(finding, keys, unknown, report))
    if odd:
        print_message("(every row is listed in the sheet Funnel_Map, with what to do)")


def _told(finding: Finding, touched: Sequence[str], unknown: Sequence[str], report: FunnelReport) -> str:
    """A finding in one line: what, how often, where, which words and sums, which figures it touches, what to do."""
    from xl_leadkpi.errors import brief
    from xl_leadkpi.sheets.texts import Texts

    header = report.header
    texts = Texts("en", header.win_basis, header.is_deals, report.stage_pipeline)
    where = f" in {brief(finding.column)!r}" if finding.column else ""
    rows = f", first in row {finding.rows[0]}" if finding.rows else ""
    rows += f" of {brief(finding.files[0])}" if finding.files else ""
    details = brief(texts.finding_details(finding))
    said = f" ({details})" if details else ""
    doubtful = [key for key in touched if key not in unknown]
    marks = [
        f"{label}: {texts.figures(keys[:FIGURES_NAMED], header.window_days)}"
        + (f" and {len(keys) - FIGURES_NAMED} more" if len(keys) > FIGURES_NAMED else "")
        for label, keys in (("unknown", unknown), ("touches", doubtful))
        if keys
    ]
    figures = "; " + "; ".join(marks) if marks else ""
    remedy = texts.remedy(finding)
    advice = f". {remedy}" if remedy else ""
    return f"{finding.severity}: {texts.finding(finding.kind)}: {finding.count:,}{where}{rows}{said}{figures}{advice}"


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float)


def _share(value: object, remark: str = "") -> str:
    return f"{value:.1%}{remark}" if _is_number(value) else ""


def _amount(value: object, unit: str) -> str:
    return f"{value:,.0f}{unit}" if _is_number(value) else "-"
