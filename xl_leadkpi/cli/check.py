"""``leadkpi check``: what was understood of an export and what it can tell, in about a screen; nothing is built."""

from __future__ import annotations

import argparse
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xl_leadkpi.cli import funnel
from xl_leadkpi.cli.inputs import REPORTS
from xl_leadkpi.cli.settings import PROJECT
from xl_leadkpi.cli.streams import print_message
from xl_leadkpi.errors import UserError, brief
from xl_leadkpi.locales import ENGLISH, languages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from xl_leadkpi.funnel.understanding import ReportSeen, Statement, Understanding
    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.table import ColumnMatch
    from xl_leadkpi.sheets.texts import Texts

EXAMPLES = """\
examples:
  leadkpi check leads.csv --spend spend.csv
  leadkpi check contacts.csv --deals deals.csv --language pl
  leadkpi check leads.csv --spend spend.csv --write       # then edit leadkpi.toml, then: leadkpi funnel
  leadkpi check                                           # what leadkpi.toml in this folder makes of its files
"""
_WIDTH = 118
_WORDS = 24
_ODD = 5
_SMALL = frozenset({"spend", "touches", "traffic", "email", "social"})
"""Tables whose columns are told in a line or two."""
_HEADER, _FIELD, _SAMPLES = 26, 16, 44


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command ``check``."""
    parser = commands.add_parser(
        "check",
        help="say what is understood of a table of leads, and what it can tell",
        description="Read tables as leadkpi funnel does, say what was understood and build nothing. Options on "
        "counting are kept by --write.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    funnel.add_arguments(parser, _add_writing)
    parser.set_defaults(run=run, parser=parser, output=None, formulas=None, data=None, fresh=False, quiet=False)


def _add_writing(parser: argparse.ArgumentParser) -> None:
    writing = parser.add_argument_group("what is written")
    writing.add_argument(
        "--json", type=Path, nargs="?", const=Path("-"), metavar="FILE",
        help="the same as data, into FILE or on standard output",
    )  # fmt: skip
    writing.add_argument("--language", choices=languages(), help="language of what is said (default: en)")
    writing.add_argument(
        "--write",
        action="store_true",
        help="write what was understood into a project file (leadkpi.toml, or what --project says), to be edited and "
        "used by leadkpi funnel",
    )
    writing.add_argument("--force", action="store_true", help="let --write replace a project file that is there")


def run(options: argparse.Namespace) -> int:
    """Read the tables and say what they are."""
    from xl_leadkpi.cli.interruption import interruptible

    with interruptible():
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    from xl_leadkpi.output_files import OutputFiles
    from xl_leadkpi.sheets.texts import Texts

    _check_usage(options)
    target = _project_to_write(options)
    whole = funnel.with_project(_without_target(options, target))
    whole.json, whole.output = options.json, None  # those of the project file are the funnel's
    json_output = funnel.checked_json(whole, target)
    with OutputFiles() as files:
        seen = _understood(whole)
        texts = Texts(whole.language or ENGLISH, is_deals=seen.is_deals, pipeline=seen.pipeline)
        if target is not None:
            from xl_leadkpi.cli.project_writer import project_text

            files.new(target).write(project_text(whole, seen, target).encode())
        if json_output is not None:
            funnel.put_json({"files": [as_json(seen, texts)]}, json_output, files)
        files.put_in_place()
    if json_output != funnel.STDOUT:
        print("\n".join(_lines(seen, texts)))
    if target is not None:
        print_message(f"written: {target}; edit it, then run: leadkpi funnel" + _how_to_use(target))
    return 0


def _check_usage(options: argparse.Namespace) -> None:
    if options.force and not options.write:
        options.parser.error("--force goes with --write")


def _project_to_write(options: argparse.Namespace) -> Path | None:
    """The project file that is to be written, checked before any work."""
    from xl_leadkpi.cli.inputs import STDIN

    if not options.write:
        return None
    path: Path = options.project or Path(PROJECT)
    if path.suffix.lower() != ".toml":
        raise UserError(f"{path}: a project file is called .toml; name it so with --project")
    if STDIN in options.leads:
        raise UserError("--write: standard input is gone when the project file is used; give a file")
    if path.exists() and not options.force:
        raise UserError(f"{path} is there already; edit it, replace it with --force, or name another with --project")
    return path


def _without_target(options: argparse.Namespace, target: Path | None) -> argparse.Namespace:
    """The options without a project file to read that is only to be written."""
    if target is None or not options.leads:
        return options
    return argparse.Namespace(**{**vars(options), "project": None})


def _how_to_use(target: Path) -> str:
    return "" if target == Path(PROJECT) else f" --project {target}"


def _understood(options: argparse.Namespace) -> Understanding:
    from xl_leadkpi.cli.inputs import at_hand
    from xl_leadkpi.temporary_files import temporary_folder

    with temporary_folder() as folder:
        options = at_hand(options, folder)
        options = funnel.with_edits(options)
        with funnel.naming_places(options):
            return _seen(options)


def _seen(options: argparse.Namespace) -> Understanding:
    from xl_leadkpi.cli.progress import Progress
    from xl_leadkpi.funnel.understanding import understand

    reading, _, settled = funnel.reading_and_counting(options)
    steps = 2 + bool(options.spend) + bool(options.touches) + len(funnel.given_reports(options))
    with funnel.complaints(options), Progress(steps, quiet=options.quiet) as progress:
        tables = funnel.read_tables(options, reading, settled, progress)
        reports = funnel.read_reports(options, reading, progress)
        progress("looking at it")
        return understand(*tables, reports)


# as data --------------------------------------------------------------------------------------------------------------


def as_json(seen: Understanding, texts: Texts) -> dict[str, Any]:
    """What was understood as dictionaries, lists, texts and numbers; reasons and remedies in the language of texts."""
    from xl_leadkpi.funnel.understanding import SURE

    return {
        "file": seen.name,
        "rows_read": seen.rows_read,
        "kind": "deals" if seen.is_deals else "leads",
        "leads": seen.leads,
        "won": seen.won,
        "lost": seen.lost,
        "open": seen.leads - seen.won - seen.lost,
        "first_created": _iso(seen.created[0]) if seen.created else None,
        "last_created": _iso(seen.created[1]) if seen.created else None,
        "as_of": _iso(seen.as_of),
        "as_of_reason": seen.as_of_reason,
        "currencies": list(seen.currencies),
        "stages": list(seen.stages),
        "stages_told_by": seen.stages_told_by or None,
        "columns": [asdict(one) | {"sure": one.field is not None and one.score >= SURE} for one in seen.columns],
        "words": [asdict(one) for one in seen.words],
        "channels": [asdict(one) for one in seen.channels],
        "join": [_told(one, texts) for one in seen.join],
        "spend": None
        if seen.spend is None
        else asdict(seen.spend) | {"months": [*map(_month, seen.spend.months)] if seen.spend.months else None},
        "touches": None if seen.touches is None else asdict(seen.touches),
        **{name: None if (one := seen.reports.get(name)) is None else _report_json(one) for name in REPORTS},
        "evidence": [
            {
                "fact": one.fact.value,
                "stages": list(one.stages),
                "level": one.level,
                "says": texts(f"fact.{one.fact.value}"),
                **({} if one.why is None else _told(one.why, texts)),
            }
            for one in seen.statements
        ],
        "findings": [_told(one, texts) for one in seen.findings],
    }


def _report_json(report: ReportSeen) -> dict[str, Any]:
    months = [*map(_month, report.months)] if report.months else None
    return asdict(report) | {"months": months}


def _told(finding: Finding, texts: Texts) -> dict[str, Any]:
    return {
        "finding": finding.kind.value,
        "severity": finding.severity,
        "count": finding.count,
        "column": finding.column or None,
        "rows": list(finding.rows[:20]),
        **({"files": list(finding.files[:20])} if finding.files else {}),
        "value": texts.finding_details(finding) or None,
        "title": texts.finding(finding.kind),
        "meaning": texts.meaning(finding),
        "remedy": texts.remedy(finding) or None,
    }


def _iso(day: date) -> str:
    return day.isoformat()


def _month(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}"


# for a person ---------------------------------------------------------------------------------------------------------


def _lines(seen: Understanding, texts: Texts) -> Iterator[str]:
    """What was understood, in about a screen."""
    yield texts(
        "check.rows",
        file=seen.name,
        rows=_counted(texts, "rows", seen.rows_read),
        counted=_counted(texts, "leads", seen.leads),
        won=_number(texts, seen.won),
        lost=_number(texts, seen.lost),
        open=_number(texts, seen.leads - seen.won - seen.lost),
    )
    yield from _columns(seen.columns, texts)
    yield from _words(seen, texts)
    yield ""
    yield f"{texts('check.period')}: {_period(seen, texts)}"
    for one in seen.join:
        label = texts("check.join") if one is seen.join[0] else ""
        yield from _wrapped(f"{label}: " if label else "  ", _finding(one, texts))
    if seen.spend is not None:
        yield from _wrapped("", _spend(seen, texts))
    for kind, report in seen.reports.items():
        yield from _wrapped("", _report(kind, report, texts))
    if seen.touches is not None:
        touches, leads = seen.touches.touches, seen.touches.leads
        yield texts("check.touches_seen", touches=_number(texts, touches), leads=_number(texts, leads))
    yield from _statements(seen, texts)
    if seen.findings:
        yield ""
        yield f"{texts('check.odd')}:"
        for one in seen.findings[:_ODD]:
            yield from _wrapped("  ! ", _finding(one, texts))
        if len(seen.findings) > _ODD:
            yield "    " + texts("check.more", value=str(len(seen.findings) - _ODD))


def _columns(columns: Sequence[ColumnMatch], texts: Texts) -> Iterator[str]:
    for table in dict.fromkeys(column.table for column in columns):
        own = [column for column in columns if column.table == table]
        yield ""
        if table in _SMALL:
            said = "; ".join(_in_a_line(column) for column in own if column.field)
            yield from _wrapped(f"{texts('map.tblColumns')} ({texts(f'table.{table}')}): ", said)
            continue
        title = f"{texts('map.tblColumns')} ({texts(f'table.{table}')})"
        yield _row(title, texts("map.column_field"), texts("check.samples"), texts("map.column_reason"))
        for column in own:
            if column.field:
                yield _row(column.header, column.field, ", ".join(column.samples), _certainty(column, texts))
        unused = [brief(column.header) for column in own if not column.field and column.header]
        if unused:
            yield from _wrapped("  ", texts("check.unused", value=", ".join(unused)))


def _in_a_line(column: ColumnMatch) -> str:
    example = f" ({column.samples[0]})" if column.samples else ""
    return f"{brief(column.header)} = {column.field}{example}"


def _row(header: str, field: str, samples: str, certainty: str) -> str:
    cells = ((header, _HEADER), (field, _FIELD), (samples, _SAMPLES))
    return ("  ".join(_cut(text, width).ljust(width) for text, width in cells) + f"  {certainty}").rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _certainty(column: ColumnMatch, texts: Texts) -> str:
    from xl_leadkpi.funnel.understanding import SURE

    reason = texts.known(f"reason.{column.reason}", column.reason)
    said = [reason if column.score >= SURE else texts("check.unsure", value=reason)]
    if column.runner_up:
        said.append(texts("check.second", value=column.runner_up))
    return "; ".join(said)


def _words(seen: Understanding, texts: Texts) -> Iterator[str]:
    yield ""
    told_by = seen.stages_told_by
    own = texts("check.own_stages", value=texts.known(f"order.{told_by}", told_by)) if told_by else ""
    yield f"{texts('check.words')} {own}".rstrip() + ":"
    if not seen.words:
        yield "  " + texts("check.no_words")
    shown = seen.words[:_WORDS]
    for table in sorted({word.table for word in shown}, key=("leads", "deals", "history").index):
        # rows of leads, of deals and of changes are not to be compared
        yield "  " + texts(f"check.rows_of_{table}")
        for word in (one for one in shown if one.table == table):
            stage = texts.label(word.stage, "stage") if word.stage else "?"
            origin = "" if word.origin == "vocabulary" else texts(f"origin.{word.origin}")
            count = _number(texts, word.count).rjust(9)
            yield f"  {_cut(' '.join(word.word.split()), 40).ljust(40)}{count}  {stage.ljust(14)}  {origin}".rstrip()
    if len(seen.words) > _WORDS:
        yield "  " + texts("check.more", value=_number(texts, len(seen.words) - _WORDS))


def _period(seen: Understanding, texts: Texts) -> str:
    created = texts("check.no_days")
    if seen.created:
        first, last = map(_iso, seen.created)
        created = texts("check.created", first=first, last=last)
    return f"{created}; {texts(f'header.as_of_{seen.as_of_reason}', value=_iso(seen.as_of))}"


def _spend(seen: Understanding, texts: Texts) -> str:
    spend = seen.spend
    assert spend is not None
    first, last = map(_month, spend.months) if spend.months else ("–", "–")
    total = f"{_number(texts, round(spend.total))} {spend.currency or ''}".strip()
    channels = ", ".join(map(brief, spend.channels)) or texts("map.none")
    return texts("check.spend_seen", total=total, first=first, last=last, channels=channels)


def _report(kind: str, report: ReportSeen, texts: Texts) -> str:
    first, last = map(_month, report.months) if report.months else ("–", "–")
    none = texts("map.none")
    if kind == "email":
        sent, campaigns = (_number(texts, number) for number in (report.total, len(report.labels)))
        return texts("check.email_seen", first=first, last=last, sent=sent, campaigns=campaigns)
    labels = ", ".join(map(brief, report.labels)) or none
    if kind == "social":
        return texts("check.social_seen", first=first, last=last, networks=labels)
    tools = ", ".join(tool for tool in report.tools if tool) or none
    sessions = _number(texts, report.total)
    return texts("check.traffic_seen", tools=tools, first=first, last=last, sessions=sessions, channels=labels)


def _statements(seen: Understanding, texts: Texts) -> Iterator[str]:
    known = [one for one in seen.statements if one.level == "known"]
    yield ""
    yield from _wrapped(f"{texts('check.known')}: ", "; ".join(_fact(one, texts, seen) for one in known) or "–")
    unknown = {id(one.why) for one in seen.statements if one.level == "unknown"}
    for level, mark in (("partly", "~"), ("unknown", "-")):
        # what a reason leaves unknown says also what it leaves doubtful
        said = [
            one for one in seen.statements if one.level == level and (level == "unknown") == (id(one.why) in unknown)
        ]
        if not said:
            continue
        yield f"{texts(f'check.{level}')}:"
        for group in _by_reason(said):
            facts = "; ".join(_fact(one, texts, seen) for one in group)
            why = group[0].why
            yield from _wrapped(f"  {mark} ", f"{facts} – {_reason(why, texts)}" if why else facts)


def _by_reason(statements: Iterable[Statement]) -> Iterator[list[Statement]]:
    """Statements that one reason explains together."""
    groups: dict[int, list[Statement]] = {}
    for one in statements:
        groups.setdefault(id(one.why), []).append(one)
    yield from groups.values()


def _fact(statement: Statement, texts: Texts, seen: Understanding) -> str:
    """What a statement is about; its stages where others are in force as well, or where these are not."""
    from xl_leadkpi.leads.model.evidence import Fact  # the command's help has no use for the tables' engine

    said = texts(f"fact.{statement.fact.value}")
    if statement.fact is not Fact.STAGE and {*statement.stages} >= {*seen.stages[1:-1]}:
        return said
    stages = ", ".join(texts.label(stage, "stage") for stage in statement.stages)
    return f"{said} ({stages})" if stages else said


def _reason(why: Finding, texts: Texts) -> str:
    return f"{texts.finding(why.kind)}. {texts.remedy(why)}".rstrip()


def _finding(finding: Finding, texts: Texts) -> str:
    """A finding in a line or two: what, how often, where, what to do."""
    details = brief(texts.finding_details(finding))
    column = "" if finding.column in details else brief(finding.column)
    where = ", ".join(text for text in (column, details) if text)
    said = f"{texts.finding(finding.kind)}: {_number(texts, finding.count)}" + (f" ({where})" if where else "")
    return f"{said}. {texts.remedy(finding)}".rstrip(" .") + "."


def _wrapped(begin: str, text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=begin, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def _number(texts: Texts, value: int) -> str:
    return f"{value:,}".replace(",", texts.locale.thousands)


def _counted(texts: Texts, key: str, value: int) -> str:
    return texts.counted(key, value, _number(texts, value))
