"""Reading back what a user has changed in the sheets Settings and Funnel_Map.

An edit is a cell that differs from what the program had decided by itself, which stands beside it.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xl_leadkpi.cells import CellError
from xl_leadkpi.cells.days import date_of
from xl_leadkpi.errors import OWN_STAGES, STAGE_NAMES, STAGE_WORDS, STANDS_FOR, InputError, UserError, brief
from xl_leadkpi.funnel import period_names
from xl_leadkpi.funnel.options import UNKEPT, FunnelOptions, share
from xl_leadkpi.funnel.period_names import COMPARISONS, PeriodNames, period_options
from xl_leadkpi.funnel.targets import read_target
from xl_leadkpi.leads.model.conditions import parse_condition
from xl_leadkpi.leads.model.options import ReadOptions
from xl_leadkpi.leads.model.periods import read_period
from xl_leadkpi.leads.model.stage import PIPELINE, WIN, OwnStage, possible_pipelines
from xl_leadkpi.leads.overrides import checked
from xl_leadkpi.locales import in_every_language
from xl_leadkpi.sheets.editable import (
    CHANNELS,
    CHOICES,
    COLUMNS,
    EDITABLE_TABLES,
    FILTERS,
    FILTERS_TABLE,
    MAP_SHEET,
    MODES,
    PARAMETERS,
    PERIOD,
    SETTINGS_SHEET,
    STAGES,
    TABLE_CHOICES,
    TARGETS,
    UNUSED,
    WIDTHS,
    WORDS,
)
from xl_leadkpi.sheets.layout import column_letters
from xl_leadkpi.sheets.map_sheet import field_names

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from xl_leadkpi.leads.model.options import StagesWanted
    from xl_leadkpi.leads.model.stage import Pipeline

_Places = dict[tuple[str, str], str]

_QUOTES = "'\""
_BEFORE_A_QUOTE = re.compile(r"(?:^|[=<>!(,;\n]|\bin)\s*$")
"""What stands before a quotation mark that begins a text: in O'Neil it is an apostrophe."""
_NONE = frozenset({"", *(text.casefold() for text in in_every_language("funnel", "map.none"))})
"""What says that there is none."""
_IN_A_CELL = {
    " with --pipeline": "",
    " with --where": "",
    "Leave it out of --exclude": "Leave it out",
    "--exclude leaves out": "this leaves out",
    "a --period": "a period",
    "a later --as-of": "a later day",
    "--period ": "",
    "--compare none": "none to compare with",
    "--compare says": "this says",
    "--stages ": "",
    "List the stages in the project file ([[stages]])": "List the stages in the table of stages",
    "list them in order in the project file (leadkpi check --write, then [[stages]])": "give them places below",
}
"""What messages say of options, and what it is called where a cell has been named."""
_VALUE, _DEFAULT = 1, 2
"""Columns of a parameter's value and of what holds without the user's choice."""


@dataclass(frozen=True, slots=True)
class WorkbookEdits:
    """What a user has changed in Settings and Funnel_Map.

    Attributes:
        fields: Field to header of the leads, as ``ReadOptions.fields`` takes them; ``"-"`` leaves a field without a
            column. The columns of deals that were joined to leads cannot be edited.
        stages: Stages before the win in the order wanted, as ``ReadOptions.own_stages`` takes them; empty where nothing
            was changed.
        words: Stage or status word to stage.
        channels: Spelling of a channel to the name wanted for it.
        parameters: Names of ``FunnelOptions`` and ``as_of`` to their values.
        period: Of :data:`xl_leadkpi.funnel.period_names.PARTS`, those that were changed, as :class:`PeriodNames` has
            them; ``""`` for no period.
        targets: Key figure to its target, 0 where there is to be none.
        stages_wanted: One of :data:`xl_leadkpi.sheets.editable.MODES`, None where that was not changed.
        filters: Of :data:`xl_leadkpi.sheets.editable.FILTERS`, those that were changed, as texts.
        tables: ``spend_table`` and ``touches_table`` to the sheets or Excel tables named for them.
        places: Options and what is said with them, as errors name them, to their cells; with ``""`` for whatever is
            said.
    """

    fields: dict[str, str] = field(default_factory=dict)
    stages: tuple[OwnStage, ...] = ()
    words: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    period: dict[str, Any] = field(default_factory=dict)
    targets: dict[str, float] = field(default_factory=dict)
    stages_wanted: StagesWanted | None = None
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    places: Mapping[tuple[str, str], str] = field(default_factory=dict, compare=False)

    def place_of(self, option: str, entry: str) -> str:
        """The cell in which something was changed, as errors name it; ``""`` where it was not."""
        return self.places.get((option, entry)) or self.places.get((option, ""), "")

    def placed(self, error: UserError) -> UserError:
        """The error with the cell of what it speaks of, where that was changed here; it has no options then."""
        place = self.place_of(*error.setting or ("", ""))
        return InputError(f"{place}: {_without_options(str(error))}") if place else error

    @contextmanager
    def naming_cells(self) -> Iterator[None]:
        """Give the errors of what is done with these edits the cells of what they speak of."""
        try:
            yield
        except InputError as error:
            raise self.placed(error) from None


def _without_options(text: str) -> str:
    """What a message says of options in the words of somebody who has a cell before her.

    >>> _without_options("Give one of these with --where, or a --period among them.")
    'Give one of these, or a period among them.'
    """
    for option, words in _IN_A_CELL.items():
        text = text.replace(option, words)
    return text


@dataclass(frozen=True, slots=True)
class FoundTable:
    """An editable table as it stands in a workbook.

    Attributes:
        rows: Its rows below the header; ``""`` for an empty cell, a :class:`CellError` for one that shows an error.
        sheet: The sheet it is on, as it is called there.
        row: Row of the sheet, from 1, of the first of these.
        column: Column of the sheet, from 0, of their first cells.
    """

    rows: Sequence[Sequence[Any]]
    sheet: str = ""
    row: int = 0
    column: int = 1


def read_edits(path: str | os.PathLike[str], pipeline: Pipeline = PIPELINE) -> WorkbookEdits:
    """Read what a user has changed in the sheets Settings and Funnel_Map of an earlier workbook.

    Args:
        path: The workbook.
        pipeline: The stages that it was written with.

    Returns:
        The cells that differ from what the program had decided by itself.

    Raises:
        InputError: If the file cannot be read, or holds neither sheet of ours.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: there is no such file; give the workbook of an earlier run")
    tables = {
        name: found
        for sheet in (SETTINGS_SHEET, MAP_SHEET)
        for name, found in _tables_of(Path(path), sheet).items()
        if found.rows
    }
    if tables:
        check_whole(tables, f"{path}, ")
    else:
        raise InputError(
            f"{path}: the sheets {SETTINGS_SHEET} and {MAP_SHEET} are not ours; give a workbook that leadkpi has "
            "written"
        )
    return edits_in(tables, f"{path}, ", pipeline)


def check_whole(tables: Mapping[str, FoundTable], source: str = "") -> None:
    """Refuse Settings in which lines are missing or cells show an error: what stood there would be lost unsaid.

    Args:
        tables: What was found.
        source: What messages begin with.

    Raises:
        InputError: A table or a line of it is not where it was written, or a cell shows an error.
    """
    _refuse_errors(tables, source)
    written = {
        PERIOD: ("as_of", *period_names.PARTS),
        FILTERS_TABLE: FILTERS,
        PARAMETERS: tuple(_defaults()),
    }
    for table, names in written.items():
        found = tables.get(table, FoundTable(()))
        there = {_named(row[0], "option", names) for row in found.rows}
        missing = [in_every_language("funnel", f"option.{name}")[0] for name in names if name not in there]
        if table == PARAMETERS and not missing and not any(str(row[_VALUE]).strip() for row in found.rows):
            missing = ["its values"]
        if missing:
            raise InputError(
                f"{source}{found.sheet or SETTINGS_SHEET}: the table {table} lacks {', '.join(missing)}. Put the lines "
                "back where they were, without an empty one among them and without new columns before or between, or "
                "make the workbook anew."
            )


def _refuse_errors(tables: Mapping[str, FoundTable], source: str) -> None:
    for name, found in tables.items():
        for row in _rows_of(name, found, source):
            for column, cell in enumerate(row.cells):
                if isinstance(cell, CellError):
                    raise InputError(
                        f"{row.cell(column)}: {cell} is what a formula gives that cannot be worked out, and no value; "
                        "write the value itself there, or empty the cell for what holds without it"
                    )


def _tables_of(path: Path, sheet: str) -> dict[str, FoundTable]:
    """The editable tables of a sheet."""
    from xl_leadkpi.leads.files.excel import sheet_rows  # noqa: PLC0415 - only edits that are read again need a reader

    try:
        rows = sheet_rows(path, sheet)
    except InputError as error:
        raise InputError(
            f"{path}: no sheet {sheet} can be read there ({error}); give a workbook that leadkpi has written"
        ) from None
    found = {}
    for name, place in EDITABLE_TABLES.items():
        if place == sheet:
            first, lines = _section(rows, name)
            found[name] = FoundTable(lines, sheet, first)
    return found


def edits_in(tables: Mapping[str, FoundTable], source: str = "", pipeline: Pipeline = PIPELINE) -> WorkbookEdits:
    """Find the edits in the tables of Settings and Funnel_Map, wherever they were read from.

    Args:
        tables: The tables in ``EDITABLE_TABLES``. One that is not there has no edits.
        source: What messages begin with: the workbook.
        pipeline: The stages that it was written with.

    Raises:
        InputError: If a value makes no sense; it names the cell and what may stand there.

    >>> edits_in({WORDS: FoundTable([["Handshake", "Won", "", 3, "unknown"]])}).words
    {'Handshake': 'Won'}
    """

    def rows(name: str) -> list[_Row]:
        return _rows_of(name, tables.get(name, FoundTable(())), source)

    parameters = [*rows(FILTERS_TABLE), *rows(PERIOD), *rows(PARAMETERS)]
    places: dict[tuple[str, str], str] = {}
    placed, is_edited = _placed_stages(rows(STAGES), places)
    pipelines = _pipelines_of(placed, places) if placed else (pipeline,)
    pipeline = pipelines[0]
    words = _edited_words(rows(WORDS), pipeline)
    names = {stage.name for stage in placed}
    return WorkbookEdits(
        fields=_edited_fields(rows(COLUMNS), pipelines, places),
        # a word that is to mean one of the stages needs them to be there
        stages=placed if is_edited or names & {*words.values()} else (),
        words=words,
        channels=_edited_channels(rows(CHANNELS)),
        parameters=_edited_parameters(parameters, places),
        period=_edited_period(parameters, places),
        targets=_edited_targets(rows(TARGETS), rows(STAGES), places),
        stages_wanted=_edited_mode(parameters, places),
        filters=_edited_filters(parameters, places),
        places=places,
        tables=_edited_tables(parameters, places),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a table and where it stands, for messages."""

    sheet: str
    table: str
    row: int
    column: int
    cells: Sequence[Any]

    @property
    def place(self) -> str:
        """The row."""
        return f"{self.sheet}, row {self.row}" if self.row else f"{self.sheet}, {self.table}, '{self.cells[0]}'"

    def cell(self, number: int = _VALUE) -> str:
        """A cell of it, by default that of the value."""
        if not self.row:
            return self.place
        return f"{self.sheet}, cell {column_letters(self.column + number)}{self.row}"


def _rows_of(name: str, found: FoundTable, source: str) -> list[_Row]:
    sheet = f"{source}{found.sheet or EDITABLE_TABLES[name]}"
    return [
        _Row(sheet, name, found.row and found.row + number, found.column, cells)
        for number, cells in enumerate(found.rows)
    ]


def _section(rows: Sequence[Sequence[Any]], name: str) -> tuple[int, list[list[Any]]]:
    """A section's first row as the sheet counts, and its rows: below the one its name begins, up to an empty one."""
    found: list[list[Any]] = []
    start = 0
    for number, (first, *cells) in enumerate(rows, start=1):
        if start and not (cells and cells[0]):
            break
        if start:
            found.append([*cells, *[""] * (len(WIDTHS) - len(cells))][: len(WIDTHS)])
        elif first == name:
            start = number + 1
    return start, found


def _edited_fields(rows: Sequence[_Row], pipelines: Sequence[Pipeline], places: _Places) -> dict[str, str]:
    fields = tuple(dict.fromkeys(field for pipeline in pipelines for field in field_names(pipeline)))
    chosen: dict[str, str] = {}
    dropped: list[str] = []
    for row in rows:
        header, cell, decided, _, reason, _, table, *_ = row.cells
        table = _named(table, "table", ("leads", "deals"))
        if not header or table is None:
            continue
        now, recognised = (_field(one, row.cell(), fields) for one in (cell, decided))
        if now == recognised:
            continue
        if table == "deals":
            # what was chosen for the leads holds for the deals too: such a row differs without having been edited
            if str(reason).strip() not in in_every_language("funnel", "reason.user"):
                raise InputError(
                    f"{row.cell()}: '{header}' is a column of the deals, which cannot be changed here; write "
                    f"'{recognised}' again, or rename the column in the export of the deals"
                )
            continue
        if now != UNUSED:
            if now in chosen:
                raise InputError(
                    f"{row.cell()}: {now} is '{brief(chosen[now])}' already ({places['map', now]}); write '{UNUSED}' "
                    "for the column that is not used"
                )
            chosen[now] = str(header)
            places["map", now] = row.cell()
        if recognised != UNUSED:
            dropped.append(recognised)
    return {**{name: UNUSED for name in dropped if name not in chosen}, **chosen}


def _field(cell: Any, place: str, fields: Sequence[str]) -> str:
    """The field that a cell names, by its own name or in one of the languages."""
    text = str(cell).strip()
    if text in ("", UNUSED):
        return UNUSED
    names = {name: name for name in fields}
    for name in fields:
        for label in in_every_language("funnel", f"known.{name}"):
            names.setdefault(label.casefold(), name)
    if text.casefold() not in names:
        raise InputError(
            f"{place}: '{brief(text)}' is no field; write one of {', '.join(fields)}, or '{UNUSED}' for a column "
            "not used"
        )
    return names[text.casefold()]


def _placed_stages(rows: Sequence[_Row], places: _Places) -> tuple[tuple[OwnStage, ...], bool]:
    """The stages that have a place, in order, and whether any cell of theirs was edited."""
    usual = {
        text.casefold(): stage.name
        for stage in PIPELINE.inner
        for text in (stage.name, *in_every_language("funnel", f"label.{stage.name}"))
    }
    placed: dict[float, OwnStage] = {}
    edited: list[_Row] = []
    for row in rows:
        name, place, shown, stands_for, found_place, found, _, words = map(_plain, row.cells)
        if _number(place) != _number(found_place) or shown != name or stands_for != found:
            edited.append(row)
        if not place:
            continue
        number = _number(place)
        if number is None or not 0 < number < inf:
            raise InputError(f"{row.cell()}: '{brief(place)}' is no place in an order; write 1, 2, 3 ...")
        if number in placed:
            raise InputError(
                f"{row.cell()}: {place} is the place of '{brief(placed[number].name)}' too; give each stage its own "
                f"({number + 0.5:g} comes next)"
            )
        if stands_for and stands_for.casefold() not in usual:
            there = ", ".join(stage.name for stage in PIPELINE.inner)
            raise InputError(f"{row.cell(3)}: '{brief(stands_for)}' is none of {there}; write one of them, or nothing")
        texts = [*([name] if shown and shown != name else []), *(word.strip() for word in words.split("|"))]
        known = tuple(dict.fromkeys(text for text in texts if text))
        stage = placed[number] = OwnStage(shown or name, known, usual.get(stands_for.casefold(), ""))
        for option, column in ((OWN_STAGES, 1), (STAGE_NAMES, 2), (STANDS_FOR, 3), (STAGE_WORDS, 7)):
            places.setdefault((option, ""), row.cell(column))
            # of two with one name the later is at fault
            places[option, stage.name] = row.cell(column)
    if edited and not placed:
        raise InputError(
            f"{edited[0].cell()}: no stage has a place in the order, so nothing else is known of them; write 1, 2, 3 "
            "... there, or what stood there before"
        )
    return tuple(placed[number] for number in sorted(placed)), bool(edited)


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _pipelines_of(stages: Sequence[OwnStage], places: _Places) -> tuple[Pipeline, ...]:
    with WorkbookEdits(places=places).naming_cells():
        return possible_pipelines(stages, WIN)


def _edited_words(rows: Sequence[_Row], pipeline: Pipeline) -> dict[str, str]:
    known = pipeline.codes
    names = {text.casefold(): name for name in known for text in in_every_language("funnel", f"label.{name}")}
    names |= {word.casefold(): stage.name for stage in pipeline for word in stage.words}  # it was called so
    names |= {name.casefold(): name for name in known}
    edits = {}
    for row in rows:
        word, now, recognised, *_ = map(_plain, row.cells)
        if not now or now == recognised:
            continue
        stage = names.get(now.casefold())
        if stage is None:
            raise InputError(f"{row.cell()}: '{brief(now)}' is no stage; write one of {', '.join(known)}")
        if stage != names.get(recognised.casefold()):
            edits[word] = stage
    return edits


def _edited_channels(rows: Sequence[_Row]) -> dict[str, str]:
    edits = {}
    for row in rows:
        spelling, now, recognised, *_ = map(_plain, row.cells)
        if spelling and now and now != recognised:
            edits[spelling] = now
    return edits


def _defaults() -> dict[str, Any]:
    """The parameters of how it is counted, with what they are without anybody's choice."""
    apart = period_names.OPTIONS.union(UNKEPT)
    return {name: value for name, value in asdict(FunnelOptions()).items() if name not in apart}


def _edited_parameters(rows: Sequence[_Row], places: _Places) -> dict[str, Any]:
    defaults = {"as_of": None, **_defaults()}
    edits = {}
    for row in rows:
        shown, now, default, *_ = row.cells
        name = _named(shown, "option", defaults)
        if name is not None and now not in ("", default):
            now = _named(now, "choice", CHOICES[name]) or now if name in CHOICES else now
            edits[name] = _typed(name, now, defaults[name], f"{row.cell()}: {shown}")
            _check_option(name, edits[name], row)
            places[name, ""] = row.cell()
    return edits


def _edited_period(rows: Sequence[_Row], places: _Places) -> dict[str, Any]:
    """What was changed of the period that is asked for, and of what it is compared with."""
    of_period = {name: row for row in rows if (name := _named(row.cells[0], "option", period_names.PARTS)) is not None}
    now, found = (
        {name: _named(text := _plain(row.cells[at]), "choice", COMPARISONS) or text for name, row in of_period.items()}
        for at in (_VALUE, _DEFAULT)
    )
    edits: dict[str, Any] = {}
    for name, row in of_period.items():
        if now[name] == found[name] or (name != "period" and not now[name]):
            continue
        places[name, ""] = row.cell()
        if name == "fiscal_start":
            edits[name] = _month_in(row)
        elif name == "compare":
            edits[name] = now[name]
        else:
            edits[name] = "" if now[name].casefold() in _NONE else now[name]
    if "period" in now:
        _check_period(of_period, now)
    return edits


def asked_period(edits: WorkbookEdits, parts: Mapping[str, Any]) -> dict[str, Any]:
    """The period that is asked for, as the counting takes it.

    Args:
        edits: What was changed in Settings.
        parts: Parts of the period in force, these edits among them, as :class:`PeriodNames` has them.

    Raises:
        InputError: There is no such period; or none at all, and yet what it is compared with was changed.
    """
    beside = [name for name in ("compare", "fiscal_start") if name in edits.period]
    if beside and not parts.get("period"):
        named = " and ".join(in_every_language("funnel", f"option.{name}")[0] for name in beside)
        say = "says" if len(beside) == 1 else "say"
        raise InputError(
            f"{edits.places.get((beside[0], ''), SETTINGS_SHEET)}: there is no period, and {named} {say} something of "
            "one: write one, such as 2026-Q2, in the cell of the period, or what stands beside it here"
        )
    return period_options(PeriodNames(**parts)) if parts else {}


@contextmanager
def _at(row: _Row) -> Iterator[None]:
    """Give the errors of what is done with a row's value its cell."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{row.cell()}: {_without_options(str(error))}") from None


def _check_period(of_period: Mapping[str, _Row], now: Mapping[str, str]) -> None:
    """Refuse a period that cannot be, at its cell; one that is not there may be named elsewhere."""
    start = _month_in(of_period["fiscal_start"]) if "fiscal_start" in of_period else 1
    compare = now.get("compare", "")
    if now["period"].casefold() in _NONE:
        if compare and compare not in COMPARISONS:
            with _at(of_period["compare"]):
                read_period(compare, start)
        return
    asked = PeriodNames(now["period"], now.get("compare") or "previous", start)
    for name, names in (("period", replace(asked, compare="none")), ("compare", asked)):
        with _at(of_period.get(name, of_period["period"])):
            period_options(names)


def _plain(cell: Any) -> str:
    """A cell of the period as a text: a year may be a number in it, a day a date."""
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip()


def _month_in(row: _Row) -> int:
    text = _plain(row.cells[_VALUE]) or "1"
    if not text.isdecimal() or not 1 <= int(text) <= 12:
        raise InputError(f"{row.cell()}: {row.cells[0]} is '{brief(text)}'; write a month, 1 to 12")
    return int(text)


def _edited_targets(rows: Sequence[_Row], stages: Sequence[_Row], places: _Places) -> dict[str, float]:
    """The targets that were changed; 0 where one was taken away. Those of a stage go with it."""
    called = {str(row.cells[0]).strip(): (str(row.cells[2]).strip(), str(row.cells[1]).strip()) for row in stages}
    edits: dict[str, float] = {}
    for row in rows:
        shown, now, found, key, *_ = row.cells
        key, wanted = str(key).strip(), str(now).strip()
        is_none = wanted.casefold() in _NONE or now == 0
        if not key or now == found or (is_none and found == ""):
            continue
        name, place = called.get(key, (key, "1"))
        if not place:  # a stage that was left out
            continue
        try:
            edits[name or key] = 0.0 if is_none else read_target(key, wanted)
        except InputError as error:
            raise InputError(f"{row.cell()}: {shown}: {error}") from None
        places["target", name or key] = row.cell()
    return edits


def _edited_tables(rows: Sequence[_Row], places: _Places) -> dict[str, str]:
    """The sheets or Excel tables that spend and touches are to come from, where that was changed."""
    edits = {}
    for row in rows:
        shown, now, found, *_ = row.cells
        name = _named(shown, "option", TABLE_CHOICES)
        if name is not None and now not in ("", found):
            edits[name] = str(now)
            places[name, ""] = row.cell()
    return edits


def _edited_mode(rows: Sequence[_Row], places: _Places) -> StagesWanted | None:
    """Which stages are asked for, where that was changed."""
    for row in rows:
        shown, now, found, *_ = (str(cell).strip() for cell in row.cells)
        if _named(shown, "option", ("stages",)) is not None and now not in ("", found):
            mode = next((one for one in MODES if _named(now, "choice", (one,))), None)
            if mode is None:
                raise InputError(f"{row.cell()}: {shown} is '{brief(now)}'; write one of {', '.join(MODES)}")
            places["stages", ""] = row.cell()
            return mode
    return None


def _edited_filters(rows: Sequence[_Row], places: _Places) -> dict[str, tuple[str, ...]]:
    """The filters that were changed; none of a kind where that says so, or its cell was emptied."""
    edits = {}
    for row in rows:
        shown, now, found, *_ = map(_plain, row.cells)
        name = _named(shown, "option", FILTERS)
        if name is None or now == found:
            continue
        texts = [] if now.casefold() in _NONE else list(_parted(now)) if name != "pipeline" else [now]
        if name == "where":
            for text in texts:
                _check_condition(text, f"{row.cell()}: {shown}")
        elif name == "exclude":
            texts = [
                text[1:-1] if ";" in text and text[0] == text[-1] and text[0] in _QUOTES else text for text in texts
            ]
            with _at(row):
                checked(ReadOptions(exclude=tuple(texts)))
        edits[name] = tuple(text for text in texts if text)
        places[name, ""] = row.cell()
    return edits


def _parted(text: str) -> Iterator[str]:
    """The filters in a cell, between which ; stands, but for one in quotation marks.

    >>> list(_parted("Owner = O'Neil; Source in (Web, 'Ads; paid'); 5. Can't reach"))
    ["Owner = O'Neil", "Source in (Web, 'Ads; paid')", "5. Can't reach"]
    """
    found, mark = "", ""
    for place, letter in enumerate(text):
        if letter == mark:
            mark = ""
        elif not mark and letter in _QUOTES and _BEFORE_A_QUOTE.search(found) and letter in text[place + 1 :]:
            mark = letter
        elif not mark and letter in ";\n":
            yield found.strip()
            found = ""
            continue
        found += letter
    yield found.strip()


def _check_condition(text: str, place: str) -> None:
    try:
        parse_condition(text)
    except InputError as error:
        raise InputError(f"{place}: {error}") from None


def _named(cell: Any, kind: str, names: Iterable[str]) -> str | None:
    """Which of some names a cell means, by itself or in one of the languages; None if none of them.

    >>> _named("Stan na dzień", "option", ("window_days", "as_of")), _named("as_of", "option", ("as_of",))
    ('as_of', 'as_of')
    """
    wanted = str(cell).strip().casefold()
    return next(
        (
            name
            for name in names
            if wanted == name or wanted in map(str.casefold, in_every_language("funnel", f"{kind}.{name}"))
        ),
        None,
    )


def _check_option(name: str, value: Any, row: _Row) -> None:
    """Refuse at its cell what the reading or the counting would refuse of all options together."""
    try:
        if name == "as_of":
            checked(ReadOptions(as_of=value))
        else:
            FunnelOptions(**{name: value})
    except (InputError, ValueError) as error:
        raise InputError(f"{row.cell()}: {row.cells[0]}: {error}") from None


def _typed(name: str, value: Any, default: Any, place: str) -> Any:
    """A parameter's cell as the option takes it: a date for days, a whole number where the default is one."""
    if name == "as_of":
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            if isinstance(value, int | float) and not isinstance(
                value, bool
            ):  # a day as a cell without a format of days holds it
                return date_of(value)
            return date.fromisoformat(str(value).strip())
        except (ValueError, OverflowError):
            raise InputError(f"{place} is '{brief(str(value))}'; write a day as 2026-06-30") from None
    if name == "gross_margin":
        try:
            return share(value)
        except ValueError as error:
            raise InputError(f"{place}: {error}") from None
    try:
        typed = type(default)(value)
    except (TypeError, ValueError, OverflowError):
        typed = None
    is_cut = isinstance(value, float) and isinstance(typed, int) and typed != value
    if typed is None or is_cut or isinstance(value, bool):
        raise InputError(f"{place} is '{brief(str(value))}'; write a value such as {default!r}")
    return typed
