"""The sheet Settings: what is counted and how, open to the user's edits; beside each cell what holds without them."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from xl_leadkpi.funnel import period_names
from xl_leadkpi.funnel.options import FunnelOptions
from xl_leadkpi.funnel.period_names import named_period
from xl_leadkpi.funnel.targets import by_key, figures_with_targets
from xl_leadkpi.leads.model.stage import FEWEST_OPEN, MOST_OPEN, OwnStage, listed_stages, stood_for
from xl_leadkpi.leads.model.table import has_joined_deals
from xl_leadkpi.leads.own_stages import LISTED
from xl_leadkpi.leads.recognition.stage_order import merged_words, open_words
from xl_leadkpi.leads.sales_pipelines import condition_of
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.editable import (
    BETWEEN_FILTERS,
    BETWEEN_WORDS,
    CHANNELS,
    CHOICES,
    FILTERS,
    FILTERS_TABLE,
    MODES,
    PARAMETERS,
    PERIOD,
    SETTINGS_SHEET,
    STAGES,
    TARGETS,
    WIDTHS,
    EditableSheet,
    TableChoice,
    as_cell,
)
from xl_leadkpi.sheets.layout import Area, Choice
from xl_leadkpi.sheets.tables import PADDING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xl_leadkpi.funnel.report import FunnelReport
    from xl_leadkpi.sheets.chart_data import ChartData
    from xl_leadkpi.sheets.layout import Sheet
    from xl_leadkpi.sheets.tables import Setting

_Row = tuple[str, Any, Any]
"""A parameter, its value, and what it is without the user's choice."""


def lay_out_settings(
    report: FunnelReport,
    setting: Setting,
    data: ChartData,
    tables: Mapping[str, TableChoice] = MappingProxyType({}),
    settled: Mapping[str, Any] = MappingProxyType({}),
) -> Sheet:
    """Lay out the period, the filters, the targets, how it is counted, stages and channels.

    Parameters in ``settled`` hold without the user's choice here.
    """
    return _SettingsSheet(report, setting, data, tables, settled).finished()


class _SettingsSheet(EditableSheet):
    name = SETTINGS_SHEET
    titled = "settings"

    def __init__(
        self,
        report: FunnelReport,
        setting: Setting,
        data: ChartData,
        tables: Mapping[str, TableChoice],
        settled: Mapping[str, Any],
    ) -> None:
        super().__init__(report, setting, data)
        self.tables = tables
        self.settled = settled

    def place(self) -> None:
        """The tables that every report has first."""
        self._period()
        self._filters()
        self._targets()
        self._parameters()
        self._stages()
        self._channels()

    def _parameter_table(self, name: str, rows: Sequence[_Row]) -> None:
        """Parameters with their values, and what they are without the user's choice."""
        names = [name for name, _, _ in rows]
        first = self._table(
            name,
            self._headers("parameter", "value", "default", "meaning"),
            (
                [self.texts.known(f"option.{name}", name) for name in names],
                [as_cell(value) for _, value, _ in rows],
                [as_cell(value) for _, _, value in rows],
                [self.texts.known(f"parameter.{name}", "") or None for name in names],
            ),
            (styles.LABEL, styles.EDITABLE, styles.ORIGINAL, replace(styles.LABEL, wrap=False)),
        )
        if "period" in names:
            # a text, for else 2026-05 becomes the first of May as soon as it is typed
            self._format_rows(
                ["@" if name in ("period", "compare") else styles.EDITABLE.number_format for name in names]
            )
        choices = {**CHOICES, "stages": MODES, "compare": period_names.COMPARISONS}
        for row, parameter in enumerate(names, start=first):
            if parameter in choices:
                words = tuple(map(self._word, choices[parameter]))
                self.canvas.choices.append(Choice(self.canvas.range(row, 2, row, 2), words))

    def _period(self) -> None:
        """The day as of which it is counted, the period, and what it is compared with."""
        header = self.report.header
        decided = self.settled.get("as_of") if header.as_of_reason == "given" else header.as_of
        rows: list[_Row] = [("as_of", header.as_of, decided)]
        now, found = named_period(self.report.parameters), named_period(self.settled)
        if not now.period:  # what holds as soon as there is one
            now = replace(found, period="")
        none = self.texts("map.none")
        rows += [
            (name, self._word(getattr(now, name)) or none, self._word(getattr(found, name)) or none)
            for name in period_names.PARTS
        ]
        self._parameter_table(PERIOD, rows)

    def _filters(self) -> None:
        self._parameter_table(FILTERS_TABLE, list(self._filter_rows()))

    def _parameters(self) -> None:
        defaults = asdict(FunnelOptions()) | dict(self.settled)
        rows: list[_Row] = [
            (name, self._word(value), self._word(defaults.get(name)))
            for name, value in self.report.parameters.items()
            if name not in period_names.OPTIONS
        ]
        rows.append(("stages", self._word(self.report.stages_wanted), self._word(self.settled.get("stages", "auto"))))
        none = self.texts("map.none")
        rows += [(name, one.taken or none, one.found or none) for name, one in self.tables.items()]
        self._parameter_table(PARAMETERS, rows)

    def _targets(self) -> None:
        """A line for each figure that a target may be set for, with what has come of it."""
        pipeline, summary = self.report.stage_pipeline, self.report.summary
        before = {stage.count_key for stage in pipeline.before_opportunity} if self.report.header.is_deals else set()
        keys = [key for key in figures_with_targets(pipeline) if key in summary and key not in before - {"leads"}]
        block = self.report.targets
        now = dict(zip(block["figure"].values, block["target"].values, strict=True)) if block else {}
        settled = by_key(self.settled.get("targets", {}), pipeline)
        self._table(
            TARGETS,
            self._headers("figure", "target", "default", "key"),
            (
                [self.texts.card(key, self.setting.window_days) for key in keys],
                [now.get(key) for key in keys],
                [settled.get(key) for key in keys],
                # a stage of the user's own is found again by its name
                [pipeline.own_names.get(key, key) for key in keys],
            ),
            (styles.LABEL, styles.EDITABLE, styles.ORIGINAL, replace(styles.LABEL, wrap=False)),
        )
        columns = [replace(summary[key], values=(now.get(key), settled.get(key))) for key in keys]
        room = WIDTHS[1] - PADDING
        self._format_rows([self.setting.formats.of(one, room, styles.SIZE).number_format for one in columns])

    def _format_rows(self, formats: Sequence[str]) -> None:
        """Give each row of the last table a format of its own for its value, and for what is without the user."""
        area = self.canvas.areas.pop()
        first = 0
        for number_format, alike in groupby(formats):  # rows of one format stay together: each area costs Excel calls
            last = first + len(list(alike))
            cells = [replace(one, values=one.values[first:last]) for one in area.cells]
            for place in (1, 2):
                cells[place] = replace(cells[place], style=replace(cells[place].style, number_format=number_format))
            self.canvas.areas.append(Area(area.row + first, area.column, tuple(cells)))
            first = last

    def _filter_rows(self) -> Iterator[tuple[str, str, str]]:
        """Each kind of filter, what it is, and what it would be without the user's edits here."""
        none = self.texts("map.none")
        chosen = self.report.chosen_pipeline
        of_pipeline = str(condition_of(chosen)) if chosen else ""
        asked = [one for one in self.report.header.filters if one.asked != of_pipeline]
        for name in FILTERS:
            texts = [one.asked for one in asked if one.is_word == (name == "exclude")] if name != "pipeline" else []
            if name == "exclude":
                texts = [_quoted(text) if ";" in text else text for text in texts]
            shown = chosen if name == "pipeline" else BETWEEN_FILTERS.join(texts)
            yield name, shown or none, BETWEEN_FILTERS.join(self.settled.get(name, ())) or none

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
        is_deals = self.report.header.is_deals or has_joined_deals(self.report.columns)
        choices = tuple(texts.known(f"label.{name}", name) for name in stood_for(is_deals=is_deals))
        self.canvas.choices.append(Choice(self.canvas.range(first, 4, first + len(rows) - 1, 4), choices))

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


def _quoted(text: str) -> str:
    mark = '"' if "'" in text else "'"
    return f"{mark}{text}{mark}"


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
