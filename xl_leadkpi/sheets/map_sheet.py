"""The sheet Funnel_Map: how the export was understood, open to the user's corrections; and reading them back.

Writer and reader stand together because they must agree. An edit is a cell that differs from what the program had
decided by itself, which stands beside it; so the edits of a first run are still edits after a second one.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from xl_leadkpi.cells.days import date_of
from xl_leadkpi.errors import InputError, brief
from xl_leadkpi.funnel.options import UNKEPT, FunnelOptions
from xl_leadkpi.funnel.quality import touched_figures
from xl_leadkpi.leads.model.conditions import parse_condition
from xl_leadkpi.leads.model.reports import REPORT_KINDS
from xl_leadkpi.leads.model.stage import (
    FEWEST_OPEN,
    MOST_OPEN,
    PIPELINE,
    WIN,
    OwnStage,
    listed_stages,
    possible_pipelines,
)
from xl_leadkpi.leads.model.table import has_joined_deals
from xl_leadkpi.leads.own_stages import LISTED
from xl_leadkpi.leads.recognition.stage_order import merged_words, open_words
from xl_leadkpi.leads.sales_pipelines import condition_of
from xl_leadkpi.locales import in_every_language
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.canvas import Canvas
from xl_leadkpi.sheets.layout import Area, Cells, Choice, Condition, Link, Print, Table, footer_text
from xl_leadkpi.sheets.measure import lines_needed
from xl_leadkpi.sheets.palette import MUTED, RED
from xl_leadkpi.sheets.tables import LINE, PADDING, unique_headers

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from xl_leadkpi.funnel.report import FunnelReport
    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.options import StagesWanted
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.model.table import ColumnMatch, StageWord
    from xl_leadkpi.sheets.chart_data import ChartData
    from xl_leadkpi.sheets.layout import Sheet, Style
    from xl_leadkpi.sheets.tables import Setting

MAP_SHEET = "Funnel_Map"
PARAMETERS, COLUMNS, STAGES, WORDS, CHANNELS, QUALITY, BACKWARDS = (
    "tblParameters",
    "tblColumns",
    "tblStages",
    "tblStageWords",
    "tblChannels",
    "tblQuality",
    "tblBackward",
)
EDITABLE_TABLES = (PARAMETERS, COLUMNS, STAGES, WORDS, CHANNELS)
WIDTHS = (270, 170, 170, 90, 170, 270, 270, 270)
ROWS_OF_A_LINE = 500
"""Row numbers in one cell of the quality list: more go on in the next line."""
LONGEST_LIST = 255
"""Letters of a list of choices that Excel takes as a text; a longer one stands in cells."""
BETWEEN_WORDS = " | "
"""Stands between the words of a stage in one cell."""
UNUSED = "-"
"""Stands in the field column of a column that is not used, as in ``--map FIELD=-``."""
FILTERS = ("pipeline", "where", "exclude")
"""Parameters that say which rows are counted: one sales pipeline, conditions, words of stages that are left out."""
MODES: tuple[StagesWanted, ...] = ("auto", "own", "canonical")
"""Which stages may be asked for."""
_BETWEEN_FILTERS = "; "
_ONE_FILTER = re.compile(r"""(?:'[^']*'|"[^"]*"|[^;'"\n])+""")
TABLES = ("leads", "deals", "spend", "touches", *REPORT_KINDS)
"""Tables in the order in which their columns are listed."""
TABLE_CHOICES = ("spend_table", "touches_table")
"""Parameters that only an open workbook has: where spend and touches are taken from."""
CHOICES = {"reach": ("filled", "exact", "strict"), "win_basis": ("closed", "all", "cohort")}


@dataclass(frozen=True, slots=True)
class TableChoice:
    """Names of the sheets or Excel tables of an open workbook that spend or touches come from; ``""`` for none.

    Attributes:
        taken: Those in force.
        found: Those that are found without the user.
    """

    taken: str
    found: str


@dataclass(frozen=True, slots=True)
class FunnelMapEdits:
    """What a user has changed in Funnel_Map.

    Attributes:
        fields: Field to header of the leads, as ``ReadOptions.fields`` takes them; ``"-"`` leaves a field without a
            column. The columns of deals that were joined to leads cannot be edited.
        stages: Stages before the win in the order wanted, as ``ReadOptions.own_stages`` takes them; empty where nothing
            was changed.
        words: Stage or status word to stage.
        channels: Spelling of a channel to the name wanted for it.
        parameters: Names of ``FunnelOptions`` and ``as_of`` to their values.
        stages_wanted: One of :data:`MODES`, None where that was not changed.
        filters: Of :data:`FILTERS`, those that were changed, as texts.
        tables: ``spend_table`` and ``touches_table`` to the sheets or Excel tables named for them.
    """

    fields: dict[str, str] = field(default_factory=dict)
    stages: tuple[OwnStage, ...] = ()
    words: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    stages_wanted: StagesWanted | None = None
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)


def lay_out_map(
    report: FunnelReport,
    setting: Setting,
    data: ChartData,
    tables: Mapping[str, TableChoice] = MappingProxyType({}),
    settled: Mapping[str, Any] = MappingProxyType({}),
) -> Sheet:
    """Lay out the parameters, the column map, the stage words and the whole quality list.

    Parameters in ``settled`` hold without the user's choice here.
    """
    return _MapSheet(report, setting, data, tables, settled).finished()


class _MapSheet:
    """Places the sections of the map, one below the other."""

    def __init__(
        self,
        report: FunnelReport,
        setting: Setting,
        data: ChartData,
        tables: Mapping[str, TableChoice],
        settled: Mapping[str, Any],
    ) -> None:
        self.report = report
        self.tables = tables
        self.settled = settled
        self.setting = setting
        self.texts = setting.texts
        self.data = data
        self.canvas = Canvas(MAP_SHEET)
        self.row = 3

    def finished(self) -> Sheet:
        canvas = self.canvas
        canvas.heights[0] = 36
        canvas.put(0, 1, self.texts("map.title"), styles.TITLE)
        canvas.put(1, 1, self.texts("map.how"), styles.SUBTITLE)
        canvas.links.append(Link(2, 1, self.texts("sheet.back"), "'Funnel'!A1", styles.LINK))
        self._parameters()
        self._columns()
        self._words()
        self._stages()
        self._channels()
        self._quality()
        self._backwards()
        return canvas.sheet(
            widths=((0, 0, 14), *((i, i, width) for i, width in enumerate(WIDTHS, start=1))),
            freeze=(1, 0),
            printing=Print(footer=footer_text(self.texts("map.title"), self.texts("sheet.page"))),
        )

    def _table(
        self, name: str, headers: Sequence[str], columns: Sequence[Sequence[Any]], formats: Sequence[Style]
    ) -> int:
        """Place a section's heading and table; return the row of its first line."""
        canvas = self.canvas
        self.row += 1
        canvas.at_least(self.row, 28)
        canvas.put(self.row, 1, self.texts(f"map.{name}"), styles.HEADING)
        canvas.put_row(self.row, 2, (None,) * (len(WIDTHS) - 1), [styles.HEADING] * (len(WIDTHS) - 1))
        titles = unique_headers(headers)
        top = self.row + 1
        aligned = [replace(styles.LABEL_HEADER, align=style.align, indent=style.indent) for style in formats]
        canvas.put(top, 0, name, styles.HIDDEN)
        canvas.put_row(top, 1, titles, aligned)
        lines = max(
            lines_needed(text, width - PADDING, styles.SMALL) for text, width in zip(titles, WIDTHS, strict=False)
        )
        canvas.at_least(top, 4 + LINE * lines)
        first = top + 1
        height = max(len(columns[0]), 1)
        cells = tuple(Cells(tuple(values) or (None,), style) for values, style in zip(columns, formats, strict=True))
        canvas.areas.append(Area(first, 1, cells))
        for i in range(len(columns[0])):
            lines = max(
                lines_needed(str(one.values[i] or ""), width - PADDING, one.style.size) if one.style.wrap else 1
                for one, width in zip(cells, WIDTHS, strict=False)
            )
            if lines > 1:
                canvas.at_least(first + i, 4 + LINE * min(lines, 12))
        place = canvas.range(top, 1, first + height - 1, len(columns))
        canvas.tables.append(Table(name, place, titles))
        self.row = first + height
        return first

    def _headers(self, *keys: str) -> list[str]:
        return [self.texts(f"map.column_{key}") for key in keys]

    def _parameters(self) -> None:
        header = self.report.header
        defaults = asdict(FunnelOptions()) | dict(self.settled)
        decided = self.settled.get("as_of") if header.as_of_reason == "given" else header.as_of
        rows: list[tuple[str, Any, Any]] = [("as_of", header.as_of, decided)]
        rows += [
            (name, self._word(value), self._word(defaults.get(name))) for name, value in self.report.parameters.items()
        ]
        rows.append(("stages", self._word(self.report.stages_wanted), self._word(self.settled.get("stages", "auto"))))
        rows += self._filters()
        none = self.texts("map.none")
        rows += [(name, one.taken or none, one.found or none) for name, one in self.tables.items()]
        names = [name for name, _, _ in rows]
        first = self._table(
            PARAMETERS,
            self._headers("parameter", "value", "default", "meaning"),
            (
                [self.texts.known(f"option.{name}", name) for name in names],
                [_as_cell(value) for _, value, _ in rows],
                [_as_cell(value) for _, _, value in rows],
                [self.texts.known(f"parameter.{name}", "") or None for name in names],
            ),
            (styles.LABEL, styles.EDITABLE, styles.ORIGINAL, replace(styles.LABEL, wrap=False)),
        )
        for i, name in enumerate(names):
            if name in CHOICES or name == "stages":
                words = tuple(map(self._word, CHOICES.get(name, MODES)))
                self.canvas.choices.append(Choice(self.canvas.range(first + i, 2, first + i, 2), words))

    def _filters(self) -> Iterator[tuple[str, str, str]]:
        """Each kind of filter, what it is, and what it would be without the user's edits here."""
        none = self.texts("map.none")
        chosen = self.report.chosen_pipeline
        of_pipeline = str(condition_of(chosen)) if chosen else ""
        asked = [one for one in self.report.header.filters if one.asked != of_pipeline]
        for name in FILTERS:
            texts = [one.asked for one in asked if one.is_word == (name == "exclude")] if name != "pipeline" else []
            if name == "exclude":
                texts = [f"'{text}'" if ";" in text else text for text in texts]
            shown = chosen if name == "pipeline" else _BETWEEN_FILTERS.join(texts)
            yield name, shown or none, _BETWEEN_FILTERS.join(self.settled.get(name, ())) or none

    def _word(self, value: Any) -> Any:
        """A value of a parameter: one to choose from in the reader's word for it."""
        return self.texts.known(f"choice.{value}", value) if isinstance(value, str) else value

    def _columns(self) -> None:
        texts = self.texts
        matches = sorted(self.report.columns, key=lambda match: TABLES.index(match.table))
        first = self._table(
            COLUMNS,
            self._headers("header", "field", "recognised", "score", "reason", "second", "table"),
            (
                [match.header or f"({match.position})" for match in matches],
                [match.field or UNUSED for match in matches],
                [_recognised(match) for match in matches],
                [round(match.score, 2) if match.field else None for match in matches],
                [texts.known(f"reason.{match.reason}", match.reason) for match in matches],
                [match.runner_up for match in matches],
                [texts.known(f"table.{match.table}", match.table) for match in matches],
            ),
            (
                styles.LABEL, styles.EDITABLE, styles.ORIGINAL, replace(styles.FIGURE, number_format="0.00"),
                styles.ORIGINAL, styles.ORIGINAL, styles.ORIGINAL,
            ),
        )  # fmt: skip
        editable = sum(match.table == "leads" for match in matches)
        self._fix_rows(first, editable)
        if editable:
            (fields,) = self.data.columns("fields", ("field", (UNUSED, *_fields(self.report.stage_pipeline)), None))
            place = self.canvas.range(first, 2, first + editable - 1, 2)
            self.canvas.choices.append(Choice(place, source=fields))

    def _fix_rows(self, first: int, editable: int) -> None:
        """Show the columns of deals, spend and touches as what they are: not open to edits here."""
        area = self.canvas.areas.pop()
        for start, stop, style in ((0, editable, styles.EDITABLE), (editable, area.height, styles.ORIGINAL)):
            if start < stop:
                cells = [replace(one, values=one.values[start:stop]) for one in area.cells]
                cells[1] = replace(cells[1], style=style)
                self.canvas.areas.append(Area(first + start, area.column, tuple(cells)))

    def _stages(self) -> None:
        """The stages of the user's own in order, or the words that could be some, without a place in it."""
        texts, told_by = self.texts, self.report.stages_told_by
        rows = _stage_rows(self.report)
        if not rows:
            return
        is_found = told_by != LISTED
        usual = [
            (stage.stands_for and texts.known(f"label.{stage.stands_for}", stage.stands_for)) or None
            for stage, _ in rows
        ]
        first = self._table(
            STAGES,
            self._headers("stage", "place", "shown", "stands_for", "recognised_place", "recognised", "told_by",
                          "words"),
            (
                [stage.name for stage, _ in rows],
                [place for _, place in rows],
                [stage.name for stage, _ in rows],
                usual,
                [place if is_found else None for _, place in rows],
                usual if is_found else [None] * len(rows),
                [texts.known(f"order.{told_by}", "") or None for _ in rows],
                [BETWEEN_WORDS.join(stage.words) or None for stage, _ in rows],
            ),
            (
                styles.LABEL, replace(styles.EDITABLE, align="left"), styles.EDITABLE, styles.EDITABLE,
                styles.ORIGINAL, styles.ORIGINAL, styles.ORIGINAL, styles.EDITABLE,
            ),
        )  # fmt: skip
        choices = tuple(texts.known(f"label.{stage.name}", stage.name) for stage in PIPELINE.inner)
        self.canvas.choices.append(Choice(self.canvas.range(first, 4, first + len(rows) - 1, 4), choices))

    def _words(self) -> None:
        texts = self.texts
        words = _distinct(self.report.words)

        def stage(name: str | None) -> str | None:
            return name and texts.stage(name)

        first = self._table(
            WORDS,
            self._headers("word", "stage", "recognised", "rows", "origin"),
            (
                [word.word for word in words],
                [stage(word.stage) for word in words],
                [None if word.origin == "user" else stage(word.stage) for word in words],
                [word.count for word in words],
                [self._origin(word) for word in words],
            ),
            (
                styles.LABEL,
                styles.EDITABLE,
                styles.ORIGINAL,
                replace(styles.FIGURE, number_format="#,##0"),
                styles.ORIGINAL,
            ),
        )
        if words:
            place = self.canvas.range(first, 2, first + len(words) - 1, 2)
            choices = tuple(map(texts.stage, self.report.stage_pipeline.codes))
            if len(",".join(choices)) > LONGEST_LIST:
                (source,) = self.data.columns("stages", ("stage", choices, None))
                self.canvas.choices.append(Choice(place, source=source))
            else:
                self.canvas.choices.append(Choice(place, choices))

    def _channels(self) -> None:
        """The spellings of channels: those that count as another name first."""
        named = sorted(self.report.channels, key=lambda one: (one.origin == "written", -one.rows))
        if not named:
            return
        self._table(
            CHANNELS,
            self._headers("spelling", "channel", "recognised", "rows", "origin", "spend"),
            (
                [one.spelling for one in named],
                [one.channel for one in named],
                [one.recognised for one in named],
                [one.rows for one in named],
                [self.texts(f"origin.{one.origin}") for one in named],
                [one.spend for one in named],
            ),
            (
                styles.LABEL,
                styles.EDITABLE,
                styles.ORIGINAL,
                replace(styles.FIGURE, number_format="#,##0"),
                styles.ORIGINAL,
                replace(styles.FIGURE, number_format="#,##0.00"),
            ),
        )

    def _origin(self, word: StageWord) -> str:
        """Where a word's meaning is from, and what it counts as where a deal cannot stand so low."""
        origin = self.texts(f"origin.{word.origin}")
        pipeline = self.report.stage_pipeline
        low, opportunity = {stage.name for stage in pipeline.before_opportunity}, pipeline.opportunity
        if not self.report.header.is_deals or word.stage not in low or opportunity is None:
            return origin
        counted = self.texts("map.counted_as", value=self.texts.stage(opportunity.name))
        return f"{origin}; {counted}" if word.origin != "unknown" else counted

    def _quality(self) -> None:
        texts = self.texts
        # a line holds so many row numbers; the others follow on lines of their own
        lines = [
            (finding, rows, not i) for finding in self.report.findings for i, rows in enumerate(_lines_of_rows(finding))
        ]
        first = self._table(
            QUALITY,
            self._headers("finding", "column", "value", "count", "severity", "remedy", "touches", "rows"),
            (
                [texts.finding(one.kind) for one, _, _ in lines],
                [one.column or None for one, _, _ in lines],
                [texts.finding_details(one) or None for one, _, _ in lines],
                [one.count if is_first else None for one, _, is_first in lines],
                [texts(f"severity.{one.severity}") for one, _, _ in lines],
                [(is_first and texts.remedy(one)) or None for one, _, is_first in lines],
                [(is_first and self._touched(one)) or None for one, _, is_first in lines],
                [rows for _, rows, _ in lines],
            ),
            (
                styles.LABEL, styles.WRAPPED, styles.WRAPPED, replace(styles.FIGURE, number_format="#,##0"),
                styles.ORIGINAL, styles.WRAPPED, styles.WRAPPED, replace(styles.LABEL, wrap=False),
            ),
        )  # fmt: skip
        for severity, color in (("error", RED), ("info", MUTED)):
            if lines:
                cell = f"$F{first + 1}"
                place = self.canvas.range(first, 1, first + len(lines) - 1, len(WIDTHS))
                wanted = texts(f"severity.{severity}").replace('"', '""')
                self.canvas.conditions.append(Condition(place, f'{cell}="{wanted}"', color=color))

    def _touched(self, finding: Finding) -> str:
        report = self.report
        touched = touched_figures(finding, report.summary, report.evidence, report.columns, report.stage_pipeline)
        return self.texts.figures(touched, self.setting.window_days)

    def _backwards(self) -> None:
        block = self.report.backwards
        if block is None or not len(block):
            return
        measures = [self.texts.label(value, "measure") for value in block["measure"].values]
        files = ["file"] if "file" in block else []
        number = replace(styles.FIGURE, number_format="0")
        self._table(
            BACKWARDS,
            self._headers("lead_id", "measure", "days", "row", *files),
            (
                block["lead_id"].values,
                measures,
                block["days"].values,
                block["row_no"].values,
                *(block[name].values for name in files),
            ),
            (styles.LABEL, styles.WRAPPED, number, number, *(styles.LABEL for _ in files)),
        )


def _stage_rows(report: FunnelReport) -> list[tuple[OwnStage, int | None]]:
    """Stages of the user's own with their place; words that could be some, for several count as one, have none."""
    pipeline = report.stage_pipeline
    has_deals = has_joined_deals(report.columns)
    if any(stage.is_own for stage in pipeline):
        listed = listed_stages(pipeline, is_deals=report.header.is_deals or has_deals)
        return [(stage, place) for place, stage in enumerate(listed[:-1], start=1)]
    words = open_words(report.words, of_deals_alone=has_deals)
    _, merged = merged_words(words)
    are_several = FEWEST_OPEN <= len(words) <= MOST_OPEN and len(merged) > 1
    return [(OwnStage(word.name), None) for word in words] if are_several else []


def _lines_of_rows(finding: Finding) -> list[str | None]:
    """The rows concerned, parted into texts of one cell each; the last one says where the list ends."""
    starts = range(0, len(finding.rows), ROWS_OF_A_LINE)
    texts: list[str | None] = [finding.rows_said(ROWS_OF_A_LINE, start) for start in starts]
    left = finding.count - len(finding.rows)
    if texts and left > 0:
        texts[-1] = f"{texts[-1]} … (+{left:,})"
    return texts or [finding.rows_said() or None]


def _distinct(words: Sequence[StageWord]) -> list[StageWord]:
    """One row a word and meaning: the same word may stand in several columns (stage, status, last open stage)."""
    found: dict[tuple[str, str | None], StageWord] = {}
    for word in words:
        key = (word.word.casefold(), word.stage)
        if key not in found or word.count > found[key].count:
            found[key] = word
    return list(found.values())


def _recognised(match: ColumnMatch) -> str | None:
    """What the program would have decided, None where the user has decided and nobody knows."""
    if match.reason != "user":
        return match.field or UNUSED
    return match.runner_up if match.field is None else None


def _as_cell(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _fields(pipeline: Pipeline) -> tuple[str, ...]:
    from xl_leadkpi.leads.cells.vocabulary import field_headers  # noqa: PLC0415 - a large file, for this list alone

    return tuple(field_headers("lead", pipeline))


# reading back ---------------------------------------------------------------------------------------------------------


def read_map(path: str | os.PathLike[str], pipeline: Pipeline = PIPELINE) -> FunnelMapEdits:
    """Read what a user has changed in the sheet Funnel_Map of an earlier workbook.

    Args:
        path: The workbook.
        pipeline: The stages that it was written with.

    Returns:
        The cells that differ from what the program had decided by itself.

    Raises:
        InputError: If the file cannot be read, or holds no Funnel_Map of ours.
    """
    from xl_leadkpi.leads.files.excel import sheet_rows  # noqa: PLC0415 - only a reused map needs a reader

    if not Path(path).is_file():
        raise InputError(f"{path}: there is no such file; give the workbook of an earlier run")
    try:
        rows = sheet_rows(Path(path), MAP_SHEET)
    except InputError as error:
        raise InputError(
            f"{path}: no sheet {MAP_SHEET} can be read there ({error}); give a workbook that leadkpi has written"
        ) from None
    sections = {name: _section(rows, name) for name in EDITABLE_TABLES}
    if not any(found for _, found in sections.values()):
        raise InputError(f"{path}: the sheet {MAP_SHEET} is not one of ours; give a workbook that leadkpi has written")
    tables = {name: found for name, (_, found) in sections.items()}
    return edits_in(tables, {name: first for name, (first, _) in sections.items()}, f"{path}, ", pipeline)


def edits_in(
    tables: Mapping[str, Sequence[Sequence[Any]]],
    first_rows: Mapping[str, int] | None = None,
    source: str = "",
    pipeline: Pipeline = PIPELINE,
) -> FunnelMapEdits:
    """Find the edits in the tables of a Funnel_Map, wherever they were read from.

    Args:
        tables: Rows of the tables in ``EDITABLE_TABLES`` below their headers; ``""`` for an empty cell. A table that is
            not there has no edits.
        first_rows: Row of the sheet at which each table's rows begin, for messages.
        source: What messages begin with: the workbook.
        pipeline: The stages that it was written with.

    Raises:
        InputError: If a value makes no sense; it names the row and what may stand there.

    >>> edits_in({WORDS: [["Handshake", "Won", "", 3, "unknown"]]}).words
    {'Handshake': 'Won'}
    """
    first_rows = first_rows or {}

    def rows(name: str) -> list[_Row]:
        first = first_rows.get(name)
        return [
            _Row(f"{source}{MAP_SHEET}, " + (f"row {first + i}" if first else f"{name}, '{cells[0]}'"), cells)
            for i, cells in enumerate(tables.get(name, ()))
        ]

    parameters = rows(PARAMETERS)
    placed, is_edited = _placed_stages(rows(STAGES))
    pipelines = _pipelines_of(placed, rows(STAGES)[0].place) if placed else (pipeline,)
    pipeline = pipelines[0]
    words = _edited_words(rows(WORDS), pipeline)
    names = {stage.name for stage in placed}
    return FunnelMapEdits(
        _edited_fields(rows(COLUMNS), pipelines),
        # a word that is to mean one of the stages needs them to be there
        placed if is_edited or names & {*words.values()} else (),
        words,
        _edited_channels(rows(CHANNELS)),
        _edited_parameters(parameters),
        _edited_mode(parameters),
        _edited_filters(parameters),
        {
            name: str(now)
            for shown, now, found, *_ in (row.cells for row in parameters)
            if (name := _named(shown, "option", TABLE_CHOICES)) and now not in ("", found)
        },
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a table and where it stands, for messages."""

    place: str
    cells: Sequence[Any]


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


def _edited_fields(rows: Sequence[_Row], pipelines: Sequence[Pipeline]) -> dict[str, str]:
    fields = tuple(dict.fromkeys(field for pipeline in pipelines for field in _fields(pipeline)))
    chosen: dict[str, str] = {}
    dropped: list[str] = []
    for row in rows:
        header, cell, decided, _, reason, _, table, *_ = row.cells
        table = _named(table, "table", ("leads", "deals"))
        if not header or table is None:
            continue
        now, recognised = (_field(one, row.place, fields) for one in (cell, decided))
        if now == recognised:
            continue
        if table == "deals":
            # what was chosen for the leads holds for the deals too: such a row differs without having been edited
            if str(reason).strip() not in in_every_language("funnel", "reason.user"):
                raise InputError(
                    f"{row.place}: '{header}' is a column of the deals, which cannot be changed here; write "
                    f"'{recognised}' again, or rename the column in the export of the deals"
                )
            continue
        if now != UNUSED:
            chosen[now] = str(header)
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


def _placed_stages(rows: Sequence[_Row]) -> tuple[tuple[OwnStage, ...], bool]:
    """The stages that have a place, in order, and whether any cell of theirs was edited."""
    usual = {
        text.casefold(): stage.name
        for stage in PIPELINE.inner
        for text in (stage.name, *in_every_language("funnel", f"label.{stage.name}"))
    }
    placed: list[tuple[float, OwnStage]] = []
    is_edited = False
    for row in rows:
        name, place, shown, stands_for, found_place, found, _, words = (str(cell).strip() for cell in row.cells)
        is_edited = is_edited or _number(place) != _number(found_place) or shown != name or stands_for != found
        if not place:
            continue
        number = _number(place)
        if number is None:
            raise InputError(f"{row.place}: '{brief(place)}' is no place in an order; write 1, 2, 3 ...")
        if stands_for and stands_for.casefold() not in usual:
            there = ", ".join(stage.name for stage in PIPELINE.inner)
            raise InputError(f"{row.place}: '{brief(stands_for)}' is none of {there}; write one of them, or nothing")
        texts = [*([name] if shown and shown != name else []), *(word.strip() for word in words.split("|"))]
        known = tuple(dict.fromkeys(text for text in texts if text))
        placed.append((number, OwnStage(shown or name, known, usual.get(stands_for.casefold(), ""))))
    placed.sort(key=lambda one: one[0])
    return tuple(stage for _, stage in placed), is_edited and bool(placed)


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _pipelines_of(stages: Sequence[OwnStage], place: str) -> tuple[Pipeline, ...]:
    try:
        return possible_pipelines(stages, WIN)
    except InputError as error:
        raise InputError(f"{place}: {error}") from None


def _edited_words(rows: Sequence[_Row], pipeline: Pipeline) -> dict[str, str]:
    known = pipeline.codes
    names = {text.casefold(): name for name in known for text in in_every_language("funnel", f"label.{name}")}
    names |= {word.casefold(): stage.name for stage in pipeline for word in stage.words}  # it was called so
    names |= {name.casefold(): name for name in known}
    edits = {}
    for row in rows:
        word, now, recognised, *_ = (str(cell).strip() for cell in row.cells)
        if not now or now == recognised:
            continue
        stage = names.get(now.casefold())
        if stage is None:
            raise InputError(f"{row.place}: '{brief(now)}' is no stage; write one of {', '.join(known)}")
        if stage != names.get(recognised.casefold()):
            edits[word] = stage
    return edits


def _edited_channels(rows: Sequence[_Row]) -> dict[str, str]:
    edits = {}
    for row in rows:
        spelling, now, recognised, *_ = (str(cell).strip() for cell in row.cells)
        if spelling and now and now != recognised:
            edits[spelling] = now
    return edits


def _edited_parameters(rows: Sequence[_Row]) -> dict[str, Any]:
    defaults = {"as_of": None, **asdict(FunnelOptions())}
    for unkept in UNKEPT:
        del defaults[unkept]
    edits = {}
    for row in rows:
        shown, now, default, *_ = row.cells
        name = _named(shown, "option", defaults)
        if name is not None and now not in ("", default):
            now = _named(now, "choice", CHOICES[name]) or now if name in CHOICES else now
            edits[name] = _typed(name, now, defaults[name], f"{row.place}: {shown}")
    return edits


def _edited_mode(rows: Sequence[_Row]) -> StagesWanted | None:
    """Which stages are asked for, where that was changed."""
    for row in rows:
        shown, now, found, *_ = (str(cell).strip() for cell in row.cells)
        if _named(shown, "option", ("stages",)) is not None and now not in ("", found):
            mode = next((one for one in MODES if _named(now, "choice", (one,))), None)
            if mode is None:
                raise InputError(f"{row.place}: {shown} is '{brief(now)}'; write one of {', '.join(MODES)}")
            return mode
    return None


def _edited_filters(rows: Sequence[_Row]) -> dict[str, tuple[str, ...]]:
    """The filters that were changed; none of a kind where that says so, or its cell was emptied."""
    edits = {}
    none = {text.casefold() for text in in_every_language("funnel", "map.none")}
    for row in rows:
        shown, now, found, *_ = (str(cell).strip() for cell in row.cells)
        name = _named(shown, "option", FILTERS)
        if name is None or now == found:
            continue
        texts = [] if now.casefold() in none else [one.strip() for one in _ONE_FILTER.findall(now)]
        if name == "pipeline":
            texts = [] if now.casefold() in none else [now]
        if name == "where":
            for text in texts:
                _check_condition(text, f"{row.place}: {shown}")
        elif name == "exclude":
            texts = [text[1:-1] if ";" in text and text[0] == text[-1] == "'" else text for text in texts]
        edits[name] = tuple(text for text in texts if text)
    return edits


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


def _typed(name: str, value: Any, default: Any, place: str) -> Any:
    """A parameter's cell as the option takes it: a date for days, a whole number where the default is one."""
    if name == "as_of" or name.startswith(("period_", "compared_")):
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            if isinstance(value, int | float):  # a day as a cell without a format of days holds it
                return date_of(value)
            return date.fromisoformat(str(value).strip())
        except (ValueError, OverflowError):
            raise InputError(f"{place} is '{brief(str(value))}'; write a day as 2026-06-30") from None
    try:
        return type(default)(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{place} is '{brief(str(value))}'; write a value such as {default!r}") from None
