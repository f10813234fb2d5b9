"""The sheet Funnel_Map: how the export was understood, open to the user's corrections, and all that was odd in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from xl_leadkpi.funnel.quality import touched_figures
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.editable import (
    BACKWARDS,
    COLUMNS,
    LONGEST_LIST,
    MAP_SHEET,
    QUALITY,
    TABLES,
    UNUSED,
    WIDTHS,
    WORDS,
    EditableSheet,
)
from xl_leadkpi.sheets.layout import Area, Choice, Condition
from xl_leadkpi.sheets.palette import MUTED, RED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xl_leadkpi.funnel.report import FunnelReport
    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.model.table import ColumnMatch, StageWord
    from xl_leadkpi.sheets.chart_data import ChartData
    from xl_leadkpi.sheets.layout import Sheet
    from xl_leadkpi.sheets.tables import Setting

ROWS_OF_A_LINE = 500
"""Row numbers in one cell of the quality list: more go on in the next line."""


def lay_out_map(report: FunnelReport, setting: Setting, data: ChartData) -> Sheet:
    """Lay out the column map, the stage words and the whole quality list."""
    return _MapSheet(report, setting, data).finished()


class _MapSheet(EditableSheet):
    name = MAP_SHEET
    titled = "map"

    def place(self) -> None:
        """How columns and words were understood, then what was odd."""
        self._columns()
        self._words()
        self._quality()
        self._backwards()

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
            (fields,) = self.data.columns("fields", ("field", (UNUSED, *field_names(self.report.stage_pipeline)), None))
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


def field_names(pipeline: Pipeline) -> tuple[str, ...]:
    """Fields that a column may feed."""
    from xl_leadkpi.leads.cells.vocabulary import field_headers  # noqa: PLC0415 - a large file, for this list alone

    return tuple(field_headers("lead", pipeline))
