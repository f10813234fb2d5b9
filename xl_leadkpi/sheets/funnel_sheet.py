"""The sheet Funnel: header, cards, then one block below the other, each with its chart beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from math import ceil
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from xl_leadkpi.funnel.json_report import blocks_by_path
from xl_leadkpi.funnel.quality import gravest_first, row_numbers, touched_figures
from xl_leadkpi.funnel.report import Block, Column
from xl_leadkpi.funnel.retention import EVERYBODY
from xl_leadkpi.funnel.staying import ENOUGH_FOLLOWED
from xl_leadkpi.leads.model.evidence import ABSENT, OF_FEW
from xl_leadkpi.leads.model.stage import LOST
from xl_leadkpi.sheets import charts, styles
from xl_leadkpi.sheets.canvas import Canvas
from xl_leadkpi.sheets.cards import cards_of, place_cards, recent
from xl_leadkpi.sheets.change_sentences import change_sentences
from xl_leadkpi.sheets.change_table import FIGURES, place_causes, place_changes, waterfall
from xl_leadkpi.sheets.data_sheet import DATA_SHEET
from xl_leadkpi.sheets.editable import MAP_SHEET, SETTINGS_SHEET
from xl_leadkpi.sheets.formats import number_text, percent_text
from xl_leadkpi.sheets.formulas import NO_VALUE, Place
from xl_leadkpi.sheets.layout import Area, Cells, Condition, Link, Print, address, column_letters, footer_text
from xl_leadkpi.sheets.measure import broken, text_width
from xl_leadkpi.sheets.methods import METHODS, OF_BLOCK, of_card
from xl_leadkpi.sheets.palette import FAINT, HEAT, MUTED, RED
from xl_leadkpi.sheets.report_words import ReportWords
from xl_leadkpi.sheets.tables import PADDING, Placed, place_table, unknown_rows
from xl_leadkpi.sheets.target_table import place_targets
from xl_leadkpi.sheets.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from xl_leadkpi.funnel.report import FunnelReport, Unit
    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.sheets.chart_data import ChartData
    from xl_leadkpi.sheets.layout import Chart, Sheet, Style
    from xl_leadkpi.sheets.tables import Setting

MARGIN = 14
CELL = 70
LABEL_WIDTHS = (180, 250)
CELLS = 20
"""Equal columns beside the label column; everything on the sheet stands on this grid."""
LAST = 1 + CELLS
PAGE = (277.0, 181.0)
"""What an A4 page in landscape holds between its margins, in millimetres."""
MILLIMETRES = 25.4 / 96
CHART_HEIGHT = 240
HEADING_HEIGHT = 28
"""Of the row of a heading, and of the gap below two lines of links: each height more is a call into Excel."""
ROWS_SHOWN = 20
"""Row numbers of a finding on this sheet; Funnel_Map has all."""
MOST_CAMPAIGNS = 30
"""E-mailings that the sheet shows, the latest."""
MOST_MONTHS = 24
"""Months that the monthly chart shows, the last ones."""
_FIRST_DAY = date(1900, 1, 1)
_LINKS = 3
"""Row of the links to the sections; the one below it is a gap, or their second line."""
WITH_ANOTHER = {
    "summary", "trend", "cohort_counts", "opportunity_cohorts", "opportunity_cohort_counts", "curve", "cycle_histogram",
    "response", "backwards", "period_closed", "visits", "reopened", "deal_changes",
    "causes", "changes_by",
}  # fmt: skip
"""Blocks without a section of their own: they are in the header, beside another block, or in Funnel_Map."""

BASES = {
    **dict.fromkeys(("period_closed", "closed_by", "closed_losses"), "closed"),
    "transitions": "changed",  # the section of all that a history tells
    **dict.fromkeys(
        (
            "months",
            "quality",
            "period_created",
            "changes",
            "targets",
            "traffic",
            "email",
            "social",
            "forecast",
            "forecast_check",
            "overdue",
        ),
        "",
    ),
}
"""Which leads a block is of, where a period is asked for, if not of those created in it; ``""`` says it itself."""

_SHEETS = {"settings": SETTINGS_SHEET, "map": MAP_SHEET, "data": DATA_SHEET}
"""The other sheets, by what the links to them are called among the texts."""


def lay_out_funnel(report: FunnelReport, setting: Setting, data: ChartData) -> tuple[Sheet, dict[str, int]]:
    """Lay out the sheet Funnel; its charts' figures go to ``data``.

    Returns:
        The sheet, and the row in which each block of the report begins.
    """
    builder = _FunnelSheet(report, setting, data)
    builder.place_everything()
    return builder.finished(), builder.begins


class _FunnelSheet:
    """Places the blocks of a report, one below the other."""

    def __init__(self, report: FunnelReport, setting: Setting, data: ChartData) -> None:
        self.report = report
        self.setting = setting
        self.texts = setting.texts
        self.words = ReportWords(report, setting.texts, setting.formats)
        self.canvas = Canvas("Funnel")
        self.data = data
        self.row = 0
        self.sections: list[tuple[str, int]] = []
        self.parts: list[int] = []
        self.begins: dict[str, int] = {}
        self.summary: dict[str, Place] = {}
        self.month_chart: charts.Spot | None = None
        self.check_spot: charts.Spot | None = None
        self.basis = ""
        self.method: str | None = None
        self.to_methods: list[tuple[int, int, str, Style, str]] = []

    def place_everything(self) -> None:
        """Every block in the report's order: in its own layout, with another block, or as one table."""
        self._header()
        layouts = {
            "stages": self._stages,
            "pipelines": self._sales_pipelines,
            "by": self._groups,
            "steps_by": self._step_matrices,
            "months": self._months,
            "cohorts": self._cohorts,
            "mature": self._curve,
            "stage_times": self._stage_times,
            "transitions": self._transitions,
            "losses": lambda: self._losses(self.report.losses),
            "forecast": self._forecast,
            "forecast_check": self._forecast_check,
            "overdue": self._overdue,
            "retention": self._retention,
            "period_created": self._period,
            "changes": self._changes,
            "targets": self._targets,
            "closed_by": self._closed_groups,
            "closed_losses": self._closed_losses,
            "attribution": self._attribution,
            "quality": self._quality,
            "traffic": self._traffic,
            "email": self._email,
            "social": self._social,
        }
        for name, block in self.report.blocks.items():
            self.basis = BASES.get(name, "created") if self.report.period_closed is not None else ""
            self.method = OF_BLOCK.get(name)
            begins = self.row
            if name in layouts:
                layouts[name]()
            elif name not in WITH_ANOTHER:
                for table in block.values() if isinstance(block, Mapping) else (block,):
                    self._simple(name, table)
            if self.row > begins:
                self.begins[name] = begins
        self._methods()
        self._navigation()

    def finished(self) -> Sheet:
        width = MARGIN + self.setting.label_width + CELLS * CELL
        last = self.row - 1
        return self.canvas.sheet(
            widths=((0, 0, MARGIN), (1, 1, self.setting.label_width), (2, LAST, CELL)),
            freeze=(3, 0),
            printing=Print(
                area=self.canvas.range(0, 0, last, LAST),
                repeat_rows=(0, 2),
                breaks=self._page_breaks(width),
                footer=footer_text(self.report.header.source, self.texts("sheet.page")),
            ),
            tab_color="#17406D",
        )

    # header -----------------------------------------------------------------------------------------------------------

    def _header(self) -> None:
        header, texts, canvas = self.report.header, self.texts, self.canvas
        canvas.heights.update({0: 36, 4: 8})
        canvas.put(0, 1, texts("sheet.title"), styles.TITLE)
        source = texts("header.source", value=header.source)
        where = " · ".join(part for part in (self.words.days(), self.words.counted(), source) if part)
        how = [
            self.words.as_of(),
            texts("header.reach_" + header.reach),
            texts("header.win_" + header.win_basis, value=str(header.window_days)),
            texts("header.window", value=str(header.window_days)),
            texts("header.min_n", value=str(header.min_n)),
            self.words.currency(),
            self.words.period(),
            self.words.built(),
        ]
        canvas.put(1, 1, where, styles.SUBTITLE)
        canvas.put(2, 1, " · ".join(part for part in how if part), styles.SUBTITLE)
        self.row = 5
        needed = [("functions", "")] if self.setting.formulas == "functions" else []
        for line in self._notes(
            [*self.words.period_notes(), *self.words.filters(), *self.words.rates(), *header.notes, *needed]
        ):
            canvas.put(self.row, 1, line, styles.NOTE)
            self.row += 1
        self.parts.append(self.row)
        self.row, self.summary, names = place_cards(canvas, self.data, self.report, self.setting, self.row)
        for key, (row, column) in names.items():
            method = of_card(key, self.report.stage_pipeline)
            if method:
                name = texts.card(key, self.setting.window_days)
                self.to_methods.append((row, column, name, styles.CARD_NAME, method))
        cost = [("marketing_cac", "")] if self.report.summary["spend"].values != (None,) else []
        self._put_notes(more=[*self._trend_note(), *cost, *self._reasons()])
        self.row += 1

    def _trend_note(self) -> list[tuple[str, str]]:
        """Which time the figures on the cards are of."""
        report = self.report
        if report.trend is None or not any(recent(report, key) for keys in cards_of(report) for key in keys):
            return []
        return [("change", self.words.trend())]

    def _reasons(self) -> list[tuple[str, str]]:
        """Why figures on the sheet are dashes, and what would help: each reason once, with the cards it keeps blank."""
        report, texts = self.report, self.texts
        cards: dict[int, list[str]] = {}
        reasons: dict[int, Finding] = {}
        for _, block in blocks_by_path(report):
            for key, gap in block.unknown.items():
                if gap.why.kind not in ABSENT and (gap.why.kind not in OF_FEW or block is report.summary):
                    reasons.setdefault(id(gap.why), gap.why)
                    if block is report.summary and any(key in keys for keys in cards_of(report)):
                        cards.setdefault(id(gap.why), []).append(key)
        return [
            (
                "unknown",
                " ".join(
                    part
                    for part in (
                        texts.figures(cards.get(reason, ()), self.setting.window_days) + ":" if reason in cards else "",
                        texts.meaning(why),
                        texts.remedy(why),
                    )
                    if part
                ),
            )
            for reason, why in reasons.items()
        ]

    def _unknown(self, block: Block) -> list[tuple[str, str]]:
        """Which columns of a block have dashes, for which reason."""
        by_reason: dict[str, list[str]] = {}
        for column in block.columns:
            if column.on_sheet and unknown_rows(block, column.key) and block.unknown[column.key].why.kind not in OF_FEW:
                title = self.texts.finding(block.unknown[column.key].why.kind)
                by_reason.setdefault(title, []).append(self.texts.column(column.key))
        return [
            ("dashes", self.texts("quality.dashes", columns=", ".join(dict.fromkeys(names)), why=why))
            for why, names in by_reason.items()
        ]

    def _not_drawn(self, chart: str, *, is_drawn: bool) -> list[tuple[str, str]]:
        """A word on a chart that is left out."""
        return [] if is_drawn else [("not_drawn", self.texts(chart))]

    def _methods(self) -> None:
        """How the figures of this sheet are counted, a line each, and the links to these lines."""
        if not self.to_methods:
            return
        self.basis, self.method = "", None
        self._section(self.texts("block.methods"))
        self._put_notes(more=[("methods", "")])
        first = self.row
        lines: dict[str, int] = {}
        shown = {method for *_, method in self.to_methods}
        for method in METHODS:
            if method not in shown:
                continue
            lines[method] = self.row
            if self.row > first:
                self.parts.append(self.row)
            self.canvas.put(self.row, 1, self.texts(f"method.{method}"), styles.METHOD)
            how = self.texts(f"how.{method}", window=str(self.setting.window_days))
            for line in broken(how, CELLS * CELL - 20, styles.SMALL):
                self.canvas.put(self.row, 2, line, styles.NOTE)
                self.row += 1
        for row, column, text, style, method in self.to_methods:
            self.canvas.links.append(Link(row, column, text, f"'Funnel'!B{lines[method] + 1}", style))
        self.row += 1

    def _navigation(self) -> None:
        """Links to the sections in lines under the header, and those to the other sheets at the right of the title."""
        slots = self._slots([title for title, _ in self.sections])
        for (title, target), (row, column) in zip(self.sections, slots, strict=True):
            self.canvas.links.append(Link(row, column, title, f"'Funnel'!B{target + 1}", styles.LINK))
        if slots and slots[-1][0] > _LINKS:
            self.canvas.at_least(_LINKS + 1, HEADING_HEIGHT)  # the gap to what is below
        column = LAST + 1
        for key, sheet in reversed(_SHEETS.items()):
            title = self.texts(f"sheet.{key}")
            column -= self._cells_taken(title, CELL)
            self.canvas.links.append(Link(0, column, title, f"'{sheet}'!A1", styles.LINK))

    def _slots(self, titles: Sequence[str]) -> list[tuple[int, int]]:
        """Row and column of each link to a section: as wide as a card, over two lines if need be.

        Where that is not enough for all of them, each takes as many cells as it needs, and the second line runs on.
        """
        for least in (2, 1):
            row, column = _LINKS, 1
            slots: list[tuple[int, int]] = []
            for title in titles:
                first = self.setting.label_width if column == 1 else CELL
                cells = self._cells_taken(title, first)
                cells = cells if column == 1 else max(cells, least)
                if column + cells > LAST + 1 and row == _LINKS:
                    row, column = row + 1, 1
                    cells = self._cells_taken(title, self.setting.label_width)
                slots.append((row, column))
                column += cells
            if column <= LAST + 1:
                break
        return slots

    @staticmethod
    def _cells_taken(title: str, first: int) -> int:
        """How many cells a link takes, of which the first is so wide."""
        left = text_width(title, styles.LINK.size) + 14 - first
        return 1 + max(0, ceil(left / CELL))

    # blocks -----------------------------------------------------------------------------------------------------------

    def _section(self, title: str, link: str = "") -> None:
        """Begin a section: a rule over the whole grid and its title; ``link`` names it in the line of links."""
        self.parts.append(self.row)
        if self.basis:
            title = self.texts("basis.title", title=title, basis=self.texts(f"basis.{self.basis}"))
        self.canvas.put(self.row, 1, title, styles.HEADING)
        cells: list[str | None] = [None] * CELLS
        looks = [styles.HEADING] * CELLS
        if self.method:
            how = self.texts("link.how")
            left = CELLS - self._cells_taken(how, CELL)
            cells[left], looks[left] = how, styles.HEADING_LINK
            self.to_methods.append((self.row, 2 + left, how, styles.HEADING_LINK, self.method))
        self.canvas.put_row(self.row, 2, cells, looks)
        self.canvas.at_least(self.row, HEADING_HEIGHT)
        if link:
            self.sections.append((link, self.row))
        self.row += 1

    def _notes(self, notes: Sequence[tuple[str, str]]) -> list[str]:
        """Remarks as lines that fit the width of the sheet."""
        lines: list[str] = []
        room = self._room()
        for code, value in notes:
            text = self.texts.note(code, value)
            if lines and text_width(f"{lines[-1]} · {text}", styles.SMALL) <= room:
                lines[-1] += f" · {text}"
            else:
                lines += broken(text, room, styles.SMALL)
        return lines

    def _room(self) -> int:
        """Pixels that a line of text has."""
        return self.setting.label_width + CELLS * CELL - 20

    def _put_notes(self, *blocks: Block, more: Sequence[tuple[str, str]] = ()) -> None:
        notes = [note for block in blocks for note in (*block.notes, *self._unknown(block))]
        for line in self._notes([*more, *notes]):
            self.canvas.put(self.row, 1, line, styles.NOTE)
            self.row += 1

    def _shown(self, block: Block, elsewhere: Collection[str] = ()) -> list[Column]:
        """Columns to show: those with any value, as far as a row has room, and what the ratios among them are made of.

        Args:
            block: The block.
            elsewhere: Columns that ratios find elsewhere on the sheet.
        """
        label, *others = block.columns
        filled = [
            column
            for column in others
            if any(value is not None for value in column.values) or unknown_rows(block, column.key)
        ]
        kept = [column for column in filled if column.on_sheet]
        needed = {part for column in kept for part in (column.ratio.columns if column.ratio else ())} - set(elsewhere)
        return [label, *(column for column in filled if column in kept or column.key in needed)]

    def _beside(
        self, placed: Placed, chart: Callable[[charts.Spot], Chart] | None, *, top: int, least: int = CHART_HEIGHT
    ) -> None:
        """Place a chart right of a table and move below both."""
        self.row = placed.last_row + 1
        room = LAST - placed.last_column - 1
        if chart is None or room < 4:
            return
        height = max(self.canvas.height(top, placed.last_row), least)
        width = room * CELL - 6
        self.canvas.charts.append(chart(charts.Spot(top, placed.last_column + 2, width, height)))
        self.row = max(self.row, self.canvas.row_below(top, height))

    def _stages(self) -> None:
        """C, below the charts of the stages and of the months."""
        block = self.report.stages
        spot, self.month_chart = self._reserve_strip()
        self._section(self.texts("block.stages"), self.texts("link.stages"))
        drawn = [row for row, reached in enumerate(block["reached"].values) if _is_number(reached)]
        few = len(drawn) < 2 < len(block)
        self._put_notes(block, more=self._not_drawn("chart.funnel", is_drawn=not few))
        places = {key: self.summary[key] for key in ("spend",) if key in self.summary}
        label, *columns = self._shown(block, places)
        rates = [column for column in columns if column.table == "rates"]
        counts = [label, *(column for column in columns if column not in rates)]
        placed = place_table(self.canvas, block, counts, self.setting, row=self.row, places=places)
        if not few:
            self.canvas.charts.append(charts.funnel_chart(self.data, self._source(block, placed, drawn), spot))
        self.row = placed.last_row + 2
        if any(_is_number(value) for column in rates for value in column.values):
            self._second_table(block, [label, *rates], "Rates", "next_step_rates", placed)

    def _second_table(self, block: Block, columns: Sequence[Column], suffix: str, note: str, first: Placed) -> None:
        """Columns of a block in a table below its first one, under a note that says what they are."""
        self.parts.append(self.row)
        self._put_notes(more=((note, ""),))
        placed = place_table(
            self.canvas, block, columns, self.setting, row=self.row, name=f"{block.name}{suffix}", places=first.places
        )
        self.row = placed.last_row + 2

    def _step_matrices(self) -> None:
        """The eventual rate of each step by source and by owner."""
        for field, block in (self.report.steps_by or {}).items():
            rates = [column for column in block.columns[1:] if column.on_sheet and column.key.endswith("_rate")]
            of = [block[column.cases] for column in rates]
            self._section(self.texts("block.steps_by", value=self.texts.field(field)), "")
            self._put_notes(block, more=(("steps_by", ""),))
            stages = {column.key: self.texts.column(column.key.removesuffix("_rate")) for column in rates}
            headers = {block.columns[0].key: self.texts.group(field), **stages}
            headers |= {column.cases: self.texts("column.entered_before", value=stages[column.key]) for column in rates}
            shown = [block.columns[0], *rates, *of]
            missing = dict.fromkeys(stages, NO_VALUE)
            placed = place_table(
                self.canvas, block, shown, self.setting, row=self.row, headers=headers, missing=missing
            )
            self.row = placed.last_row + 2

    def _source(self, block: Block, placed: Placed, rows: Sequence[int]) -> charts.Source:
        return charts.Source(block, placed.places, self.setting, tuple(rows))

    def _sales_pipelines(self) -> None:
        """A funnel for each sales pipeline, one below the other."""
        for number, (name, block) in enumerate((self.report.pipelines or {}).items()):
            if number:
                self.parts.append(self.row)
            else:
                self._section(self.texts("block.pipelines"), self.texts("link.pipelines"))
            self.canvas.put(self.row, 1, name, styles.NOTE)
            self.row += 1
            self._table(block, self._shown(block), {})

    def _groups(self) -> None:
        for field in self.report.by:
            self._group(field)

    def _group(self, field: str) -> None:
        """F: counts, rates and money, each in a table of its own; then the charts."""
        block = self.report.by[field]
        self._section(self.texts("block.by", value=self.texts.field(field)), self.texts.group(field))
        no_rate = field == "source" and "win_rate" in block.unknown
        blended = self._paid() if "cpl" in block else []
        followed = [("followed_up", "")] if "compared" in block else []
        self._put_notes(
            block, more=[("groups", ""), *blended, *self._not_drawn("chart.win_rate", is_drawn=not no_rate)]
        )
        label, *figures = self._shown(block)
        parts = {table: [column for column in figures if column.table == table] for table in ("main", "rates", "money")}
        headers = {label.key: self.texts.group(field)}
        # no days stand beside a rate that is the eventual one
        dashed = (column.key for column in figures if not column.key.endswith("_days"))
        missing = dict.fromkeys(dashed, NO_VALUE) | {"spend": self.texts("cell.no_spend")}
        places: dict[str, Place] = {}
        for table, part in parts.items():
            if not part:
                continue
            if table != "main":
                self.parts.append(self.row)
            if table == "rates":
                self._put_notes(more=followed)
            placed = place_table(
                self.canvas, block, [label, *part], self.setting, row=self.row,
                name=block.name if table == "main" else f"{block.name}{table.capitalize()}", places=places,
                headers=headers, missing=missing,
            )  # fmt: skip
            places = placed.places
            self.row = placed.last_row + 2
        makers = self._group_charts(block, places) if field == "source" else []
        if makers:
            for maker, spot in zip(makers, self._reserve_strip(), strict=False):
                self.canvas.charts.append(maker(spot))

    def _paid(self) -> list[tuple[str, str]]:
        """What the costs in totals rows are of, and the same over the channels that money was spent on."""
        summary, texts, language = self.report.summary, self.texts, self.setting.language
        shown = []
        for key in ("cpl", "cac", "roas", "romi"):
            column = summary[f"{key}_paid"]
            value = column.values[0]
            if _is_number(value):
                decimals = 2 if column.unit == "ratio" or abs(value) < 100 else 0
                number = (
                    percent_text(value, language)
                    if column.unit == "fraction"
                    else number_text(value, language, decimals)
                )
                symbol = self.setting.formats.for_column(column).symbol if column.unit == "money" else ""
                shown.append(" ".join(part for part in (texts.column(key), number, symbol) if part))
        return [("paid_costs", ", ".join(shown))] if shown else []

    def _reserve_strip(self) -> tuple[charts.Spot, charts.Spot]:
        """Keep room for two charts side by side over the whole width."""
        self.parts.append(self.row)
        half = CELLS // 2
        left = self.setting.label_width + (half - 1) * CELL
        spots = (
            charts.Spot(self.row, 1, left - 10, CHART_HEIGHT),
            charts.Spot(self.row, 1 + half, (CELLS - half + 1) * CELL, CHART_HEIGHT),
        )
        self.row = self.canvas.row_below(self.row, CHART_HEIGHT) + 1
        return spots

    def _group_charts(self, block: Block, places: dict[str, Place]) -> list[Callable[[charts.Spot], Chart]]:
        label = block.columns[0].key
        body = range(len(block) - block.totals)
        makers: list[Callable[[charts.Spot], Chart]] = []

        def source(key: str) -> charts.Source | None:
            if key not in block or key not in places:
                return None
            rows = [row for row in body if _is_number(block[key].values[row])][: charts.MOST_BARS]
            return charts.Source(block, places, self.setting, tuple(rows)) if rows else None

        rates, spend = source("win_rate"), source("spend")
        if rates:
            makers.append(lambda spot: charts.win_rate_chart(self.data, rates, spot, label))
        if spend and any(map(_is_number, block["cpl"].values)):  # not where spend and leads are of different times
            makers.append(lambda spot: charts.spend_chart(self.data, spend, spot, label))
        return makers

    def _months(self) -> None:
        block = self.report.months
        columns = self._shown(block)
        label = columns[0]
        happened = [column for column in columns[1:] if column.table == "period"]
        cohort = [column for column in columns[1:] if column not in happened]
        self._section(self.texts("block.months"), self.texts("link.months"))
        drawn = "cohort_conversion" in block and any(map(_is_number, block["leads"].values))
        left_out = self._not_drawn("chart.months", is_drawn=drawn or not len(block))
        self._put_notes(block, more=[("months_cohort", str(self.setting.window_days)), *left_out])
        placed = place_table(self.canvas, block, [label, *cohort], self.setting, row=self.row)
        self._grey_immature(placed, ("cohort_conversion", "cac_cohort"), len(block))
        if drawn and self.month_chart:
            recent = range(max(0, len(block) - MOST_MONTHS), len(block))
            source = self._source(block, placed, recent)
            self.canvas.charts.append(charts.months_chart(self.data, source, self.month_chart))
        self.row = placed.last_row + 2
        if happened:
            self._second_table(block, [label, *happened], "Period", "months_period", placed)

    def _grey_immature(self, placed: Placed, keys: Sequence[str], rows: int) -> None:
        """Grey what the window has not had time to fill: months that ended too recently."""
        header = self.report.header
        # no earlier day can be written in a formula
        last = date.fromordinal(max(_FIRST_DAY.toordinal(), header.as_of.toordinal() - header.window_days))
        for key in keys:
            place = placed.places.get(key)
            if place and rows:
                month = f"${column_letters(1)}{place.row + 1}"
                self.canvas.conditions.append(
                    Condition(
                        self.canvas.range(place.row, place.column, place.row + rows - 1, place.column),
                        f"EOMONTH({month},0)>DATE({last.year},{last.month},{last.day})",
                        color=FAINT,
                    )
                )

    def _cohorts(self) -> None:
        report = self.report
        for name, rates, counts in (
            ("cohorts", report.cohorts, report.cohort_counts),
            ("opportunity_cohorts", report.opportunity_cohorts, report.opportunity_cohort_counts),
        ):
            if not len(rates) or not len(rates.columns) > 2:
                continue
            self._section(self.texts(f"block.{name}"), self.texts("link.cohorts") if name == "cohorts" else "")
            self._put_notes(rates, more=(("cohort_cells", ""),))
            # the counts stand below the rates, which are formulas over them
            counts_row = self.row + len(rates) + 3
            places = {column.key: Place(counts_row + 1, 1 + i) for i, column in enumerate(counts.columns)}
            placed = place_table(
                self.canvas, rates, rates.columns, self.setting, row=self.row, places=places, headers=self._after(rates)
            )
            self._heat(placed, len(rates))
            self.row = placed.last_row + 2
            self.parts.append(self.row)
            self.canvas.put(self.row, 1, self.texts("block.cohort_counts"), styles.NOTE)
            self.row += 1
            assert self.row == counts_row
            below = place_table(
                self.canvas, counts, counts.columns, self.setting, row=self.row, headers=self._after(counts)
            )
            self.row = below.last_row + 2

    def _after(self, block: Block) -> dict[str, str]:
        """Headers of the calendar months after the first: +0, +1 ..."""
        return {column.key: f"+{column.key.rpartition('_')[2]}" for column in block.columns[2:]}

    def _heat(self, placed: Placed, rows: int) -> None:
        """Shade the cells of a cohort grid in steps of its largest rate; months with too few leads stay out of it."""
        last = placed.first_row + rows - 1
        place = self.canvas.range(placed.first_row, 3, last, placed.last_column)
        cell, enough = address(place.row, place.column), f">={self.setting.min_n}"
        most = f"SUMPRODUCT(MAX(({self.canvas.range(placed.first_row, 2, last, 2)}{enough})*{place}))"
        for step in range(len(HEAT), 0, -1):
            formula = f"AND(ISNUMBER({cell}),$C{place.row + 1}{enough},{cell}>{most}*{step - 1}/{len(HEAT)})"
            self.canvas.conditions.append(Condition(place, formula, fill=HEAT[step - 1]))

    def _curve(self) -> None:
        mature, curve = self.report.mature, self.report.curve
        self._section(self.texts("block.mature"), self.texts("link.mature"))
        self._put_notes(mature, more=self._not_drawn("chart.curve", is_drawn=len(curve) > 0))
        top = self.row
        placed = place_table(self.canvas, mature, self._shown(mature), self.setting, row=self.row)
        maker = None
        if len(curve):
            places = self.data.block(curve, self.setting)
            points = _rising_part(curve)
            if len(points) > 1:
                source = charts.Source(curve, places, self.setting, tuple(points))
                maker = _bound(lambda _at, spot: charts.curve_chart(self.data, source, spot), placed)
        self._beside(placed, maker, top=top)
        self.row += 1

    def _stage_times(self) -> None:
        block, histogram = self.report.stage_times, self.report.cycle_histogram
        if not any(block["n"].values):
            return
        self._section(self.texts("block.stage_times"), self.texts("link.stage_times"))
        in_force = self.report.stages["stage"].values
        stages = [i for i, name in enumerate(block["measure"].values) if name in in_force and block["n"].values[i]]
        self._put_notes(block, more=[("durations", ""), *self._not_drawn("chart.stage_times", is_drawn=bool(stages))])
        top = self.row
        placed = place_table(self.canvas, block, self._shown(block), self.setting, row=self.row)
        maker = None
        if stages:
            source = self._source(block, placed, stages)
            maker = _bound(lambda _at, spot: charts.stage_time_chart(self.data, source, spot), placed)
        self._beside(placed, maker, top=top)
        self.row += 1
        if len(histogram):
            self._histogram(histogram)
        response = self.report.response
        if response is not None:
            self.parts.append(self.row)
            self.begins["response"] = self.row
            self._put_notes(more=(("response", ""),))
            label = Column("measure", "text", ("first_response",))
            placed = place_table(self.canvas, response, [label, *response.columns], self.setting, row=self.row)
            self.row = placed.last_row + 2

    def _histogram(self, block: Block) -> None:
        """Won leads by days from creation, with a bar drawn in the cells beside."""
        self.parts.append(self.row)
        self.canvas.put(self.row, 1, self.texts("block.histogram"), styles.NOTE)
        spans = tuple(
            f"{low}–{high}" for low, high in zip(block["from_day"].values, block["to_day"].values, strict=True)
        )
        shown = Block(block.name, (Column("days_span", "text", spans), block["won"]))
        placed = place_table(self.canvas, shown, shown.columns, self.setting, row=self.row + 1)
        cells = [address(row, 2) for row in range(placed.first_row, placed.last_row + 1)]
        most = f"MAX({address(placed.first_row, 2, absolute=True)}:{address(placed.last_row, 2, absolute=True)})"
        largest = max(block["won"].values)
        bars = tuple("█" * round(n / largest * 40) for n in block["won"].values)
        formulas = tuple(f'REPT("█",ROUND({cell}/{most}*40,0))' for cell in cells)
        live = None if self.setting.formulas == "values" else formulas
        self.canvas.areas.append(Area(placed.first_row, 3, (Cells(bars, styles.BARS, live),)))
        self.row = placed.last_row + 2

    def _period(self) -> None:
        """The period asked for beside the one that it is compared with: those created in it, those closed in it."""
        link = self.texts("link.period")
        for basis, block in (("created", self.report.period_created), ("closed", self.report.period_closed)):
            if block is None:
                return
            self.basis = basis
            self._section(self.texts("block.period"), link)
            self._put_notes(block)
            link = ""
            rows = tuple(self.texts(f"label.{row}") for row in block["row"].values[:2])
            columns = [replace(column, values=column.values[:2], summed=0) for column in block.columns]
            shown = replace(block, columns=(replace(columns[0], values=rows), *columns[1:]))
            placed = place_table(self.canvas, shown, self._shown(shown), self.setting, row=self.row)
            self.row = placed.last_row + 2

    def _changes(self) -> None:
        """What changed between the two periods and why, in sentences and as tables."""
        report = self.report
        if not report.changes:
            return
        self._section(self.texts("why.title"), self.texts("why.link"))
        for sentence in change_sentences(report, self.texts, self.setting.formats):
            for line in broken(sentence, self._room(), styles.SENTENCE.size):
                self.canvas.put(self.row, 1, line, styles.SENTENCE)
                self.row += 1
        self._put_notes(more=[("changes", "")])
        top = self.row
        last = place_changes(self.canvas, report, self.setting, row=top)
        if report.causes is not None and len(report.causes):
            last = place_causes(self.canvas, report, self.setting, row=last + 2)
        drawn = waterfall(report, self.setting)
        maker = None
        if drawn is not None:
            name, steps = drawn
            title = self.texts("chart.changes", value=name)
            maker = partial(charts.changes_chart, self.data, steps, title)
        self._beside(Placed(top, top + 1, last, 1 + FIGURES), maker, top=top)
        self.row += 1

    def _targets(self) -> None:
        """What came beside what was aimed at: each row in the unit of its figure."""
        block = self.report.targets
        if block is None:
            return
        self._section(self.texts("block.targets"), self.texts("link.targets"))
        self._put_notes(block)
        place_targets(self.canvas, block, self.report.summary, self.setting, row=self.row)
        self.row += len(block) + 2

    def _closed_groups(self) -> None:
        """Wins and losses of the period by source, campaign, owner or any other field."""
        for field, block in (self.report.closed_by or {}).items():
            self._section(self.texts("block.by", value=self.texts.field(field)))
            self._put_notes(block)
            label, *figures = self._shown(block)
            headers = {label.key: self.texts.group(field)}
            placed = place_table(self.canvas, block, [label, *figures], self.setting, row=self.row, headers=headers)
            self.row = placed.last_row + 2

    def _closed_losses(self) -> None:
        if self.report.closed_losses is not None:
            self._losses(self.report.closed_losses, "link.closed_losses")

    def _losses(self, block: Block, link: str = "link.losses") -> None:
        """I: reasons down, stages across, because the same few reasons come again at every stage."""
        if not len(block):
            return
        shown, headers = _reasons_by_stage(block, self.texts)
        self._section(self.texts("block.losses"), self.texts(link))
        self._put_notes(block)
        placed = place_table(self.canvas, shown, shown.columns, self.setting, row=self.row, headers=headers)
        self.row = placed.last_row + 2

    def _forecast(self) -> None:
        """What the coming months will bring; its charts, with that of past forecasts, stand above the table."""
        block, check = self.report.forecast, self.report.forecast_check
        if block is None:
            return
        self._section(self.texts("block.forecast"), self.texts("link.forecast"))
        aims = [aim for aim in block["target"].values if _is_number(aim)] if "target" in block else []
        self._put_notes(block, more=[("forecast_target", self.words.money(sum(aims)))] if aims else [])
        spots = self._reserve_strip()
        self.parts.pop()  # a page that has the heading has the charts too
        has_money = any(map(_is_number, (*block["mean"].values, *block["new_mean"].values)))
        headers = self._ranges({"": "open", "new_": "new", "total_": "together"}, "mean")
        counted = {"won_": "open", "new_won_": "new", "total_won_": "won" if has_money else "together"}
        headers |= self._ranges(counted, "mean")
        placed = place_table(self.canvas, block, self._shown(block), self.setting, row=self.row, headers=headers)
        self.canvas.charts.append(
            charts.forecast_chart(
                self.data, self._source(block, placed, range(len(block))), spots[0], has_money=has_money
            )
        )
        self.row = placed.last_row + 2
        self.check_spot = spots[1] if check is not None and len(check) else None

    def _forecast_check(self) -> None:
        """Past forecasts beside what came; what lies outside the range is red."""
        block = self.report.forecast_check
        if block is None or not len(block):
            return
        has_money = any(map(_is_number, block["forecast"].values))
        unit = "" if has_money else "won_"
        self._section(self.texts("block.forecast_check"), self.texts("link.forecast_check"))
        self._put_notes(block, more=[("forecast_said", self.words.said_then(block, unit))])
        columns = [column for column in self._shown(block) if has_money or column.unit != "money"]
        headers = self._ranges({"": "", "won_": "won" if has_money else ""})
        placed = place_table(self.canvas, block, columns, self.setting, row=self.row, headers=headers)
        places = [placed.places[f"{unit}{key}"] for key in ("actual", "low", "high")]
        came, low, high = (f"${column_letters(place.column)}{placed.first_row + 1}" for place in places)
        where = self.canvas.range(placed.first_row, places[0].column, placed.last_row, places[0].column)
        self.canvas.conditions.append(Condition(where, f"OR({came}<{low},{came}>{high})", color=RED))
        if self.check_spot is not None:
            source = self._source(block, placed, range(len(block) - 1, -1, -1))
            self.canvas.charts.append(
                charts.forecast_check_chart(self.data, source, self.check_spot, has_money=has_money)
            )
        self.row = placed.last_row + 2

    def _ranges(self, parts: Mapping[str, str], middle: str = "") -> dict[str, str]:
        """Headers of means and of the ends of their ranges.

        Args:
            parts: What each is of, by what its keys begin with; ``""`` where the table says it.
            middle: What the key of the mean ends with; ``""`` where it has a header of its own.
        """
        headers: dict[str, str] = {}
        for key, part in parts.items():
            if middle:
                headers[f"{key}{middle}"] = self.texts(f"forecast.{part}")
            for end in ("low", "high"):
                headers[f"{key}{end}"] = (
                    self.texts(f"forecast.short_{part}", end=self.texts(f"forecast.{end}"))
                    if part
                    else self.texts(f"forecast.{end}_alone")
                )
        return headers

    def _overdue(self) -> None:
        """Open deals that are late, by reason and stage; Funnel_Data has the rest of their rows."""
        block = self.report.overdue
        if block is None or not len(block):
            return
        self._section(self.texts("block.overdue"), self.texts("link.overdue"))
        self._put_notes(block)
        labels = tuple(
            f"{self.texts.label(late, 'late')}: {self.texts.stage(stage)}"
            for late, stage in zip(block["late"].values, block["stage"].values, strict=True)
        )
        rows = tuple(rows and _first_numbers(rows) for rows in block["rows"].values)
        figures = [column for column in self._shown(block) if column.key not in ("late", "stage", "rows")]
        columns = [
            replace(block["late"], key="late_deals", values=labels),
            *figures,
            replace(block["rows"], values=rows),
        ]
        placed = place_table(self.canvas, block, columns, self.setting, row=self.row)
        self.row = placed.last_row + 2

    def _retention(self) -> None:
        """How long customers stay, by source, campaign, owner or any other field."""
        for number, (field, block) in enumerate((self.report.retention or {}).items()):
            if not block["customers"].values[-1] and not block.unknown:
                continue
            is_all = field == EVERYBODY
            title = "block.retention_all" if is_all else "block.retention"
            self._section(
                self.texts(title, **({} if is_all else {"value": self.texts.field(field)})),
                "" if number else self.texts("link.retention"),
            )
            self._put_notes(block, more=self._retention_notes(block, is_first=not number))
            headers = {block.columns[0].key: self.texts.group(field)} if not is_all else {}
            months = _known(block["within_months"].values)
            if months:
                headers |= {
                    key: self.texts(f"retention.{key}", value=str(months[0]))
                    for key in ("mean_months", "lifetime_revenue")
                }
            label, *figures = self._shown(block)
            columns = [label, *sorted(figures, key=lambda column: column.unit == "text")]
            missing = dict.fromkeys((column.key for column in figures if column.unit != "text"), NO_VALUE)
            placed = place_table(
                self.canvas, block, columns, self.setting, row=self.row, headers=headers, missing=missing
            )
            self.row = placed.last_row + 2

    def _retention_notes(self, block: Block, *, is_first: bool) -> list[tuple[str, str]]:
        """What the figures on customers are of; at the first of the tables."""
        if not is_first or not block["customers"].values[-1]:
            return []
        notes = [("retention", "")]
        months = _known(block["within_months"].values)
        if months:
            said = self.texts.counted("months", months[0], str(months[0]))
            notes.append(("retention_within", said))
        if "lifetime_revenue" in block and _known(block["lifetime_revenue"].values):
            notes.append(("retention_revenue", ""))
        if len(block) > 2:
            notes.append(("retention_compared", ""))
        return [*notes, ("retention_few", str(ENOUGH_FOLLOWED))]

    def _transitions(self) -> None:
        """A history: every visit; the moves, where from down and where to across; who was reopened; what changed."""
        report, moves = self.report, self.report.transitions
        if moves is None or report.visits is None:
            return
        self._section(self.texts("block.visits"), self.texts("link.transitions"))
        self._table(report.visits, [column for column in report.visits.columns if column.on_sheet], {})
        if len(moves):
            shown, headers = _moves_by_stage(moves, (*report.stages["stage"].values, LOST), self.texts)
            self._table(shown, shown.columns, headers, "block.transitions")
        for name, block in (("reopened", report.reopened), ("deal_changes", report.deal_changes)):
            if block is not None:
                self._table(block, self._shown(block), {}, f"block.{name}")

    def _table(self, block: Block, columns: Sequence[Column], headers: Mapping[str, str], title: str = "") -> None:
        """A table of a section, below a title of its own."""
        if title:
            self.parts.append(self.row)
            self.canvas.put(self.row, 1, self.texts(title), styles.NOTE)
            self.row += 1
        self._put_notes(block)
        placed = place_table(self.canvas, block, columns, self.setting, row=self.row, headers=dict(headers))
        self.row = placed.last_row + 2

    def _attribution(self) -> None:
        """L: conversions by channel and model, and below them the revenue."""
        block = self.report.attribution
        if block is None:
            return
        label, *figures = self._shown(block)
        money = [column for column in figures if column.unit == "money"]
        if len(figures) < CELLS:
            self._simple("attribution", block)
            return
        self._section(self.texts("block.attribution"), self.texts("link.attribution"))
        self._put_notes(block)
        for note, part in (("", [c for c in figures if c not in money]), ("attributed_revenue", money)):
            if note:
                self.parts.append(self.row)
                self._put_notes(more=((note, ""),))
            name = f"{block.name}Revenue" if note else block.name
            placed = place_table(self.canvas, block, [label, *part], self.setting, row=self.row, name=name)
            self.row = placed.last_row + 2

    def _quality(self) -> None:
        """M: what was odd, each with its number; the whole list with its rows is in Funnel_Map."""
        block = self.report.quality
        if not len(block):
            return
        self._section(self.texts("block.quality"), self.texts("link.quality"))
        self._put_notes(block, more=(("quality", ""),))
        found = gravest_first(self.report.findings)
        details = (
            (
                finding.column,
                self.texts.finding_details(finding),
                self._rows(row_numbers(finding, ROWS_SHOWN)),
                self._touches(finding),
            )
            for finding in found
        )
        shown = Block(
            block.name,
            (
                Column("finding", "text", tuple(self.texts.finding(finding.kind) for finding in found)),
                replace(block["count"], values=tuple(finding.count for finding in found)),
                Column("where", "text", tuple(" · ".join(filter(None, parts)) or None for parts in details)),
            ),
        )
        placed = place_table(self.canvas, shown, shown.columns, self.setting, row=self.row)
        for severity, color in (("error", RED), ("info", MUTED)):
            for row, finding in enumerate(found):
                if finding.severity == severity:
                    line = placed.first_row + row
                    self.canvas.conditions.append(Condition(self.canvas.range(line, 1, line, 3), "TRUE", color=color))
        self.row = placed.last_row + 2

    def _touches(self, finding: Finding) -> str:
        """The figures that a finding touches."""
        report = self.report
        touched = touched_figures(finding, report.summary, report.evidence, report.columns, report.stage_pipeline)
        figures = self.texts.figures(touched, self.setting.window_days)
        return self.texts("quality.touches", value=figures) if figures else ""

    def _rows(self, rows: str | None) -> str:
        return self.texts("quality.rows", value=rows) if rows else ""

    def _simple(self, name: str, block: Block | None) -> None:
        """A block that is one table and nothing else; without a text of its own its name is its title."""
        if block is None or not len(block):
            return
        title = self.texts.known(f"block.{name}", name.replace("_", " ").capitalize())
        self._section(title, self.texts.known(f"link.{name}", title))
        self._put_notes(block, more=self._paid() if name == "spend" else ())
        columns = self._shown(block)
        label = columns[0]
        figures = sorted(columns[1:], key=lambda column: column.unit == "text")
        places: dict[str, Place] = {}
        for i in range(0, max(len(figures), 1), CELLS):
            placed = place_table(
                self.canvas, block, [label, *figures[i : i + CELLS]], self.setting, row=self.row,
                name=block.name if not i else f"{block.name}{i // CELLS + 1}", places=places,
            )  # fmt: skip
            places = placed.places
            self.row = placed.last_row + 2

    # reports of other tools -------------------------------------------------------------------------------------------

    def _traffic(self) -> None:
        """Visitors ahead of the leads, then the same by channel and by month."""
        blocks = self.report.traffic
        if not blocks:
            return
        self._section(self.texts("block.traffic"), self.texts("link.traffic"))
        unknown = dict.fromkeys(note for block in blocks.values() for note in self._unknown(block))
        self._put_notes(more=[("visits", ""), *unknown])
        headers = {"conversions": "site_conversions", "first_day": "days_from", "last_day": "days_to"}
        headers = {key: self.texts(f"column.{name}") for key, name in headers.items()}
        for block in blocks.values():
            self._measures(block, headers)

    def _email(self) -> None:
        """E-mailings by month, then the latest one by one."""
        blocks = self.report.email
        if not blocks:
            return
        self._section(self.texts("block.email"), self.texts("link.email"))
        self._put_notes(blocks["by_month"], more=[("email_rates", "")])
        headers = {"bounce_rate": self.texts("column.returned_rate")}
        self._measures(blocks["by_month"], headers)
        block = blocks["by_campaign"]
        self._section(self.texts("block.campaigns"))
        shown = _first_rows(block, MOST_CAMPAIGNS)
        left_out = [("campaigns_shown", str(MOST_CAMPAIGNS))] if len(shown) < len(block) else []
        self._put_notes(shown, more=left_out)
        self._measures(shown, headers)

    def _social(self) -> None:
        """Pages of social networks by month."""
        block = self.report.social
        if block is None:
            return
        self._section(self.texts("block.social"), self.texts("link.social"))
        self._put_notes(block, more=[("social_rates", "")])
        self._measures(block)

    def _measures(self, block: Block, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        """One table of a report."""
        label, *figures = self._shown(block)
        figures.sort(key=lambda column: column.unit == "text")
        total = {label.key: self.texts("label.(total)")} if block.totals or block.is_record else {}
        missing = {column.key: NO_VALUE for column in figures} | total
        placed = place_table(
            self.canvas, block, [label, *figures[:CELLS]], self.setting, row=self.row, headers=dict(headers),
            missing=missing,
        )  # fmt: skip
        self.row = placed.last_row + 2

    # printing ---------------------------------------------------------------------------------------------------------

    def _page_breaks(self, width: int) -> tuple[int, ...]:
        """Rows to begin a page with, so that no block is cut that fits on one."""
        scale = PAGE[0] / (width * MILLIMETRES)
        room = PAGE[1] / MILLIMETRES / scale
        title = self.canvas.height(0, 2)
        breaks: list[int] = []
        page_start = 0
        ends = [*self.parts[1:], self.row]
        for start, end in zip(self.parts, ends, strict=True):
            used = self.canvas.height(page_start, end - 1) + (title if breaks else 0)
            if used > room and start > page_start:
                breaks.append(start)
                page_start = start
        return tuple(breaks)


def _known(values: Sequence[Any]) -> list[Any]:
    """The values that are none of the missing ones."""
    return [value for value in values if value is not None]


def _first_numbers(rows: str) -> str:
    """The first row numbers of a list of them."""
    numbers = rows.split(", ")
    return rows if len(numbers) <= ROWS_SHOWN else ", ".join(numbers[:ROWS_SHOWN]) + " …"


def _first_rows(block: Block, most: int) -> Block:
    """The first rows of a block."""
    if len(block) <= most:
        return block
    unknown = {
        key: replace(gap, rows=rows)
        for key, gap in block.unknown.items()
        if (rows := tuple(row for row in gap.rows if row < most))
    }
    columns = tuple(replace(column, values=column.values[:most]) for column in block.columns)
    return replace(block, columns=columns, unknown=unknown)


def _rising_part(curve: Block) -> list[int]:
    """Rows of the curve worth drawing: followed by enough leads, and not long after the last win."""
    days, wins = curve["day"].values, curve["wins"].values
    last_win = max((day for day, n in zip(days, wins, strict=True) if n), default=0)
    drawn = curve["drawn"].values
    return [i for i, day in enumerate(days) if drawn[i] is not None and day <= max(1.3 * last_win, 90)]


def _reasons_by_stage(block: Block, texts: Texts) -> tuple[Block, dict[str, str]]:
    """The losses with a column a stage (counts, then amounts), and the headers of those columns."""
    rows = list(block.rows())
    body, total = rows[: len(rows) - block.totals], rows[len(rows) - block.totals :]
    stages = list(dict.fromkeys(row["stage"] for row in body))
    reasons = sorted(
        dict.fromkeys(row["reason"] for row in body),
        key=lambda reason: (reason.startswith("("), -sum(row["lost"] for row in body if row["reason"] == reason)),
    )
    columns = [Column("reason", "text", (*reasons, *("(total)" for _ in total)))]
    headers: dict[str, str] = {}
    measures: list[tuple[str, Unit, str]] = [("lost", "count", "losses.lost")]
    if "amount" in block:
        measures.append(("amount", "money", "losses.amount"))
    for key, unit, header in measures:
        for stage in stages:
            cells = {row["reason"]: row[key] for row in body if row["stage"] == stage}
            values = [cells.get(reason) for reason in reasons]
            if any(values):
                name = f"{key}_in_{stage}"
                columns.append(Column(name, unit, (*values, *(sum(filter(None, values)) for _ in total))))
                headers[name] = texts(header, value=texts.label(stage, "stage"))
        sums = [sum(row[key] or 0 for row in body if row["reason"] == reason) for reason in reasons]
        columns.append(Column(f"{key}_total", unit, (*sums, *(row[key] for row in total))))
        headers[f"{key}_total"] = texts(header, value=texts.label("(total)"))
    return Block(block.name, tuple(columns), block.totals, block.notes), headers


def _moves_by_stage(block: Block, order: Sequence[str], texts: Texts) -> tuple[Block, dict[str, str]]:
    """The moves with a column for each stage that was moved to, and the headers of those columns."""
    moves = {(row["from"], row["to"]): row["moves"] for row in block.rows()}
    rows = [stage for stage in order if any(stage == before for before, _ in moves)]
    reached = [stage for stage in order if any(stage == after for _, after in moves)]
    columns = [Column("from", "text", tuple(rows))]
    columns += [
        Column(f"moves_to_{stage}", "count", tuple(moves.get((before, stage)) for before in rows)) for stage in reached
    ]
    headers = {f"moves_to_{stage}": texts("column.moves_to", value=texts.stage(stage)) for stage in reached}
    out_of = dict(zip(block["from"].values, block["out_of"].values, strict=True))
    columns.append(Column("out_of", "count", tuple(out_of[before] for before in rows)))
    return Block(block.name, tuple(columns), notes=block.notes), headers


def _bound(maker: Callable[[Placed, charts.Spot], Chart], placed: Placed) -> Callable[[charts.Spot], Chart]:
    return lambda spot: maker(placed, spot)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def label_width(report: FunnelReport, language: str) -> int:
    """Width of the label column in pixels: the longest label, within bounds; longer ones are wrapped."""
    texts = Texts(language, report.header.win_basis, report.header.is_deals, report.stage_pipeline)
    blocks = (*report.by.values(), report.stages, report.pipeline, report.stage_times, report.mature)
    labels = (
        texts.label(str(value), block.columns[0].key)
        for block in blocks
        if block.columns
        for value in block.columns[0].values
    )
    widest = max((text_width(label, styles.SIZE, bold=True) for label in labels), default=0)
    return min(max(widest + PADDING, LABEL_WIDTHS[0]), LABEL_WIDTHS[1])
