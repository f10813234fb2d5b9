"""What the user says about columns and words, checked before anything is read."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from xl_leadkpi.errors import InputError, brief, listed
from xl_leadkpi.leads.cells.vocabulary import field_headers, plain
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.reports import REPORT_KINDS
from xl_leadkpi.leads.model.stage import OPEN, PIPELINE, possible_pipelines
from xl_leadkpi.leads.recognition.headers import find_column
from xl_leadkpi.leads.recognition.stage_words import find_stage, named_stage, split_number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from xl_leadkpi.leads.cells.raw_table import RawTable
    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.model.table import ColumnMatch, LeadTable, StageWord

_TABLES = ("leads", "deals", "history")
HISTORY_COLUMNS = frozenset({"lead_id", "stage", "time", "before", "field"})
"""Columns of a history that may be named with ``--map history.NAME=HEADER``."""
_WITH_ENCODING = (*_TABLES, "spend", "touches", *REPORT_KINDS)
ENCODINGS = (
    "utf-8", "utf-16", "cp1250", "cp1251", "cp1252", "iso8859-1", "iso8859-2", "iso8859-5", "iso8859-15", "koi8-r",
    "koi8-u", "cp437", "cp850", "cp852", "cp866", "mac-roman", "mac-latin2", "mac-cyrillic", "cp1253", "cp1254",
    "cp1257", "shift_jis", "gb18030", "big5",
)  # fmt: skip
"""Encodings of text files by the names that messages give them; whatever else Python knows is read, too."""
_NO_TEXT = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7"})
FIRST_DAY = date(1901, 1, 1)
"""Older dates are placeholders (0000-00-00, 1899-12-30, 1900-01-01)."""


def checked(options: ReadOptions) -> ReadOptions:
    """Check the names of fields and stages, and write the stages as the funnel does.

    Raises:
        InputError: A field or stage is unknown; the message lists those there are. The censoring date is before the
            first day that counts as one. A word to leave out is blank.
    """
    if options.as_of is not None and options.as_of < FIRST_DAY:
        said = f"As of {options.as_of}: older dates stand for none. Give a day from {FIRST_DAY} on."
        raise InputError(said, ("as_of", str(options.as_of)))
    for word in options.exclude:
        if not plain(word):
            said = "--exclude leaves out the rows of a word: give one that stands in a stage or status column."
            raise InputError(said, ("exclude", word))
    pipelines: tuple[Pipeline, ...] = (options.pipeline,)
    if options.own_stages and options.pipeline is PIPELINE:
        pipelines = possible_pipelines(options.own_stages, options.own_win)
    for name in options.fields:
        _check_field(name, pipelines)
    # the usual stages that deals have behind them are none that the user has listed
    pipeline = pipelines[0]
    for table in options.encodings:
        encoding_of(options, table)
    words = {}
    for word, stage in options.words.items():
        named = named_stage(stage, pipeline)
        if named is None:
            there = ", ".join(pipeline.codes)
            raise InputError(f"Stage word '{word}': '{stage}' is no stage. The stages are: {there}.", ("stage", word))
        words[word] = named
    return replace(options, words=words) if words else options


def encoding_of(options: ReadOptions, table: str) -> str:
    """The encoding that the user wants a table read in, ``""`` where that is to be found out.

    Raises:
        InputError: There is no such encoding or table.

    >>> from xl_leadkpi.leads.model.options import ReadOptions
    >>> encoding_of(ReadOptions(encodings={"": "windows-1250", "spend": "UTF-8"}), "leads")
    'cp1250'
    """
    unknown = [name for name in options.encodings if name not in ("", *_WITH_ENCODING)]
    if unknown:
        raise InputError(
            f"--encoding: '{brief(unknown[0])}' is no table. The tables are: {', '.join(_WITH_ENCODING)}.",
            ("encoding", unknown[0]),
        )
    name = options.encodings.get(table, options.encodings.get("", ""))
    if not name:
        return ""
    found = _codec(name)
    if not found:
        raise InputError(
            f"--encoding: there is no encoding '{brief(name)}'. The usual ones are: {', '.join(ENCODINGS)}.",
            ("encoding", table if table in options.encodings else ""),
        )
    return "utf-8-sig" if found == "utf-8" else found


def _codec(name: str) -> str:
    """Python's name of an encoding of text; ``""`` where it has none of that name."""
    try:
        found = codecs.lookup(name).name
        "a".encode(found)
    except (LookupError, UnicodeError, ValueError):
        return ""
    return "" if found in _NO_TEXT else found


def _check_field(name: str, pipelines: Sequence[Pipeline]) -> None:
    table, _, field = name.rpartition(".")
    known = list(dict.fromkeys(field for pipeline in pipelines for field in field_headers("lead", pipeline)))
    others = [*field_headers("spend", pipelines[0]), *field_headers("touch", pipelines[0])]
    others += [own for kind in REPORT_KINDS for own in field_headers(kind, pipelines[0])]
    if name == "-" or (field in known and table in ("", *_TABLES)) or (name in others):
        return
    if table == "history" and field in HISTORY_COLUMNS:
        return
    import difflib  # noqa: PLC0415 (only for a mistake)

    near = difflib.get_close_matches(field, [*known, *others], 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    said = f"There is no field '{name}' to map a column to.{hint} The fields are: {', '.join(known)}."
    raise InputError(said, ("map", name))


def of_table(fields: Mapping[str, str], table: str) -> dict[str, str]:
    """Take the overrides that concern a table: those for any table, and its own (``deals.amount``).

    >>> of_table({"amount": "Total", "deals.owner": "Rep"}, "deals")
    {'amount': 'Total', 'owner': 'Rep'}
    """
    common = {name: header for name, header in fields.items() if "." not in name}
    own = {name.partition(".")[2]: header for name, header in fields.items() if name.partition(".")[0] == table}
    return {**common, **{name: header for name, header in own.items() if name}}


def check_headers(options: ReadOptions, grids: Mapping[str, Sequence[RawTable]]) -> None:
    """Check that every header named stands in one of the tables.

    Args:
        options: With field to header, as the user wants it.
        grids: The files of the tables read, by ``leads``, ``deals`` and ``history``.

    Raises:
        InputError: A header is in none of them.
    """
    known = field_headers("lead", options.pipeline)
    for name, header in options.fields.items():
        table, _, field = name.rpartition(".")
        if "-" in (name, header) or (field not in known and table != "history"):
            continue
        looked_at = [grid for kind, files in grids.items() if table in ("", kind) for grid in files]
        if not looked_at:
            raise InputError(f"'{name}' maps a column of the {table}, but no such table is given.", ("map", name))
        if all(find_column(grid.headers, header) is None for grid in looked_at):
            raise InputError(
                f"{' and '.join(grid.place for grid in looked_at)}: there is no column '{brief(header)}' to map to "
                f"{field}. The columns are: {'; '.join(listed(grid.headers) for grid in looked_at)}.",
                ("map", name),
            )


def unused_words(words: Iterable[str], understood: Iterable[StageWord]) -> list[Finding]:
    """Find the words whose stage the user gave, but which stand in no stage or status column."""
    met = {
        plain(text) for word in understood if word.origin == "user" for text in (word.word, split_number(word.word)[1])
    }
    return [
        Finding(FindingKind.UNUSED_STAGE_WORD, 1, details={"word": word}) for word in words if plain(word) not in met
    ]


def unused_exclusions(words: Iterable[str], met: Collection[str]) -> list[Finding]:
    """Find the words whose rows are to be left out, but which stand in no stage or status column."""
    return [Finding(FindingKind.UNUSED_EXCLUSION, 1, details={"word": word}) for word in words if word not in met]


@dataclass(frozen=True, slots=True)
class Settled:
    """What a project file says about columns and words: it holds until the user says otherwise in the workbook.

    Attributes:
        fields: Field to header.
        words: Stage word to stage.
        channels: Spelling of a channel to its name.
        parameters: Names of ``FunnelOptions`` and ``as_of`` to their values.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


def as_settled(leads: LeadTable, settled: Settled) -> LeadTable:
    """The table with the project file named as the one who decided what it did decide.

    That a word of the file was not met is worth telling only where it stands there to mean something of its own.
    """
    if not (settled.fields or settled.words):
        return leads
    stages = {plain(word): named_stage(stage, leads.pipeline) for word, stage in settled.words.items()}
    usual = {
        word
        for word in settled.words
        if stages[plain(word)] == OPEN or find_stage(word, leads.pipeline) == stages[plain(word)]
    }
    return replace(
        leads,
        columns=tuple(
            _settled_column(column, of_table(settled.fields, column.table), leads.pipeline) for column in leads.columns
        ),
        words=tuple(
            replace(one, origin="project")
            if one.origin == "user"
            and one.stage in (stages.get(plain(one.word)), stages.get(plain(split_number(one.word)[1])))
            else one
            for one in leads.words
        ),
        findings=tuple(
            one
            for one in leads.findings
            if one.kind is not FindingKind.UNUSED_STAGE_WORD or one.details["word"] not in usual
        ),
    )


def _settled_column(column: ColumnMatch, fields: Mapping[str, str], pipeline: Pipeline) -> ColumnMatch:
    own = field_headers("lead", pipeline)
    headers = {header.casefold(): name for name, header in fields.items() if name in own and header != "-"}
    settled = headers.get(column.header.casefold())
    if settled is not None and column.field is None:
        return replace(column, reason="user", runner_up=settled)  # the user wants it in no field
    left_out = column.field is None and (
        fields.get(str(column.runner_up)) == "-" or fields.get("-", "").casefold() == column.header.casefold()
    )
    by_file = column.reason == "user" and ((settled is not None and settled == column.field) or left_out)
    return replace(column, reason="project") if by_file else column


def channels_as_settled(leads: LeadTable, settled: Settled) -> LeadTable:
    """The same for the names of channels, once they are found."""
    names = {plain(spelling): name for spelling, name in settled.channels.items()}
    if not names or leads.channels is None:
        return leads
    channels = tuple(
        replace(one, origin="project", recognised=one.channel)
        if one.origin == "user"
        and one.channel in (names.get(plain(one.spelling)), names.get(plain(one.spelling.partition(" / ")[0])))
        else one
        for one in leads.channels
    )
    return replace(leads, channels=channels)
