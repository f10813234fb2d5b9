"""The sheet Funnel: header, cards, then one block below the other, each with its chart beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from xl_leadkpi.funnel.report import Above, Block, Column, First
from xl_leadkpi.leads.table import STAGES
from xl_leadkpi.sheets import charts, styles
from xl_leadkpi.sheets.canvas import Canvas
from xl_leadkpi.sheets.cards import place_cards
from xl_leadkpi.sheets.formats import number_text
from xl_leadkpi.sheets.formulas import NO_VALUE, Place
from xl_leadkpi.sheets.layout import Area, Cells, Condition, Link, Print, address, column_letters
from xl_leadkpi.sheets.measure import text_width
from xl_leadkpi.sheets.palette import FAINT, HEAT, MUTED, RED
from xl_leadkpi.sheets.tables import PADDING, Placed, place_table
from xl_leadkpi.sheets.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from xl_leadkpi.funnel.report import FunnelReport, Unit
    from xl_leadkpi.sheets.chart_data import ChartData
    from xl_leadkpi.sheets.formats import Language
    from xl_leadkpi.sheets.layout import Chart, Sheet
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
MOST_MONTHS = 24
"""Months that the monthly chart shows, the last ones."""
_MONEY = ("revenue", "won_with_amount", "average_deal", "pipeline", "spend", "cpl", "cost_per_", "cac", "roas", "romi")
_PERIOD = (
    "entered_", "snapshot_", "lost", "win_rate", "revenue", "won_with_amount", "average_deal",
    "cac_period",
)  # fmt: skip
_STAGES_HIDDEN = {"strict", "spend", "drop_off_rate"}
_GROUPS_HIDDEN = {"lost", "open_opportunities", "lead_conversion"}
_FLAGS = {"complete", "mature"}


def lay_out_funnel(report: FunnelReport, setting: Setting, data: ChartData) -> Sheet:
    """Lay out the sheet Funnel; its charts' figures go to ``data``."""
    builder = _FunnelSheet(report, setting, data)
    builder.place_everything()
    return builder.finished()


class _FunnelSheet:
    """Places the blocks of a report, one below the other."""

    def __init__(self, report: FunnelReport, setting: Setting, data: ChartData) -> None:
        self.report = report
        self.setting = setting
        self.texts = setting.texts
        self.canvas = Canvas("Funnel")
        self.data = data
        self.row = 0
        self.sections: list[tuple[str, int]] = []
        self.parts: list[int] = []
        self.summary: dict[str, Place] = {}

    def place_everything(self) -> None:
        self._header()
        spots = self._reserve_strip()
        self._stages(spots[0])
        for field in self.report.by:
            self._group(field)
        self._months(spots[1])
        self._cohorts()
        self._curve()
        self._stage_times()
        self._losses()
        self._simple("pipeline", self.report.pipeline)
        if self.report.attribution is not None:
            self._attribution(self.report.attribution)
        self._quality()
        if self.report.spend is not None:
            self._simple("spend", self.report.spend)
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
                footer=f"&L{self.report.header.source.replace('&', '&&')[:120]}&R{self.texts('sheet.page')}",
            ),
            tab_color="#17406D",
        )

    # header -----------------------------------------------------------------------------------------------------------

    def _header(self) -> None:
        header, texts, formats = self.report.header, self.texts, self.setting.formats
        canvas = self.canvas
        canvas.heights.update({0: 36, 4: 8})
        canvas.put(0, 1, texts("sheet.title"), styles.TITLE)
        period = " – ".join(formats.day_text(day) for day in (header.first_day, header.last_day) if day)
        used, read = (
            texts.counted(key, number, number_text(number, self.setting.language))
            for key, number in (("leads", header.rows_used), ("rows", header.rows_read))
        )
        counted = texts("header.rows", counted=used, read=read)
        where = " · ".join(part for part in (period, counted, texts("header.source", value=header.source)) if part)
        built = texts("header.built", value=f"{formats.day_text(header.built_at)} {header.built_at:%H:%M}")
        as_of = texts("header.as_of_" + header.as_of_reason, value=formats.day_text(header.as_of))
        how = [
            as_of,
            texts("header.reach_" + header.reach),
            texts("header.win_" + header.win_basis, value=str(header.window_days)),
            texts("header.window", value=str(header.window_days)),
            texts("header.min_n", value=str(header.min_n)),
            self._currency(),
            self._months_shown(),
            built,
        ]
        canvas.put(1, 1, where, styles.SUBTITLE)
        canvas.put(2, 1, " · ".join(part for part in how if part), styles.SUBTITLE)
        self.row = 5
        for line in self._notes(header.notes):
            canvas.put(self.row, 1, line, styles.NOTE)
            self.row += 1
        self.parts.append(self.row)
        self.row, self.summary = place_cards(canvas, self.data, self.report, self.setting, self.row)
        self._put_notes(self.report.summary, more=self._trend_note())
        self.row += 1
        if self.report.currencies is not None:
            self._simple("currencies", self.report.currencies)

    def _trend_note(self) -> list[tuple[str, str]]:
        """Which months the changes on the cards compare."""
        trend, formats = self.report.trend, self.setting.formats
        if trend is None or not any(
            all(map(_is_number, trend[key].values)) for key in ("leads", "won") if key in trend
        ):
            return []
        spans = [
            " – ".join(formats.month_text(month) for month in ends)
            for ends in zip(trend["first_month"].values, trend["last_month"].values, strict=True)
        ]
        return [("change", self.texts("card.change", recent=spans[0], before=spans[1]))]

    def _currency(self) -> str:
        header = self.report.header
        if header.currency:
            amounts = self.texts("header.currency", value=header.currency)
        else:
            amounts = self.texts("header.currencies", value=", ".join(header.currencies)) if header.currencies else ""
        if header.spend_currency in (None, header.currency):
            return amounts
        spend = self.texts("header.spend_currency", value=str(header.spend_currency))
        return ", ".join(part for part in (amounts, spend) if part)

    def _months_shown(self) -> str:
        """The period asked for, empty if none was."""
        header, formats = self.report.header, self.setting.formats
        first, last = (day and formats.day_text(day) for day in (header.period_from, header.period_to))
        if first and last:
            return self.texts("header.period", value=f"{first} – {last}")
        spans = [self.texts(f"period.{end}", value=day) for end, day in (("from", first), ("to", last)) if day]
        return self.texts("header.period", value=spans[0]) if spans else ""

    def _navigation(self) -> None:
        """A line of links to the sections, under the header."""
        column = 1
        style = styles.LINK
        for title, row in [*self.sections, (self.texts("sheet.map"), -1), (self.texts("sheet.data"), -2)]:
            width = text_width(title, style.size) + 14
            target = {-1: "'Funnel_Map'!A1", -2: "'Funnel_Data'!A1"}.get(row, f"'Funnel'!B{row + 1}")
            self.canvas.links.append(Link(3, column, title, target, style))
            taken = self.setting.label_width if column == 1 else CELL
            column += 1
            while taken < width:
                taken += CELL
                column += 1

    # blocks -----------------------------------------------------------------------------------------------------------

    def _section(self, title: str, link: str = "") -> None:
        """Begin a section: a rule over the whole grid and its title; ``link`` names it in the line of links."""
        self.parts.append(self.row)
        blank = (None,) * CELLS
        self.canvas.put(self.row, 1, title, styles.HEADING)
        self.canvas.put_row(self.row, 2, blank, [styles.HEADING] * CELLS)
        self.canvas.at_least(self.row, 28)
        if link:
            self.sections.append((link, self.row))
        self.row += 1

    def _notes(self, notes: Sequence[tuple[str, str]]) -> list[str]:
        """Remarks as lines that fit the width of the sheet."""
        lines: list[str] = []
        room = self.setting.label_width + CELLS * CELL - 20
        for code, value in notes:
            text = self.texts.note(code, value)
            if lines and text_width(f"{lines[-1]} · {text}", styles.SMALL) <= room:
                lines[-1] += f" · {text}"
            else:
                lines.append(text)
        return lines

    def _put_notes(self, *blocks: Block, more: Sequence[tuple[str, str]] = ()) -> None:
        for line in self._notes([*more, *(note for block in blocks for note in block.notes)]):
            self.canvas.put(self.row, 1, line, styles.NOTE)
            self.row += 1

    def _shown(self, block: Block, hidden: Collection[str] = (), elsewhere: Collection[str] = ()) -> list[Column]:
        """Columns to show: those with any value but the hidden ones, and what the ratios among them are made of.

        Args:
            block: The block.
            hidden: Columns that ``--json`` has and the sheet leaves out, so that a row fits.
            elsewhere: Columns that ratios find elsewhere on the sheet.
        """
        label, *others = block.columns
        filled = [column for column in others if any(value is not None for value in column.values)]
        kept = [column for column in filled if column.key not in hidden]
        needed = {part for column in kept for part in _arguments(column)} - set(elsewhere)
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

    def _stages(self, spot: charts.Spot) -> None:
        block = self.report.stages
        self._section(self.texts("block.stages"), self.texts("link.stages"))
        self._put_notes(block)
        places = {key: self.summary[key] for key in ("spend",) if key in self.summary}
        columns = self._shown(block, _STAGES_HIDDEN, places)
        placed = place_table(self.canvas, block, columns, self.setting, row=self.row, places=places)
        self.canvas.charts.append(charts.funnel_chart(self.data, self._source(block, placed, range(len(block))), spot))
        self.row = placed.last_row + 2

    def _source(self, block: Block, placed: Placed, rows: Sequence[int]) -> charts.Source:
        return charts.Source(block, placed.places, self.setting, tuple(rows))

    def _group(self, field: str) -> None:
        """F: counts and conversion in one table, money in a second where one row cannot hold both; then the charts."""
        block = self.report.by[field]
        self._section(self.texts("block.by", value=self.texts.field(field)), self.texts.group(field))
        self._put_notes(block, more=(("groups", ""),))
        label, *figures = self._shown(block, _GROUPS_HIDDEN if "lead_conversion_mature" in block else {"lost"})
        money = [column for column in figures if column.key.startswith(_MONEY)]
        counts = [column for column in figures if column not in money]
        parts = [counts, money] if len(figures) > CELLS and money else [figures]
        headers = {label.key: self.texts.group(field)}
        missing = {column.key: NO_VALUE for column in figures} | {"spend": self.texts("cell.no_spend")}
        places: dict[str, Place] = {}
        for i, part in enumerate(parts):
            if i:
                self.parts.append(self.row)
            placed = place_table(
                self.canvas, block, [label, *part], self.setting, row=self.row,
                name=f"{block.name}Money" if i else block.name, places=places, headers=headers, missing=missing,
            )  # fmt: skip
            places = placed.places
            self.row = placed.last_row + 2
        makers = self._group_charts(block, places) if field == "source" else []
        if makers:
            for maker, spot in zip(makers, self._reserve_strip(), strict=False):
                self.canvas.charts.append(maker(spot))

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
        if spend and "cpl" in places:  # no costs where spend and leads are of different times
            makers.append(lambda spot: charts.spend_chart(self.data, spend, spot, label))
        return makers

    def _months(self, spot: charts.Spot) -> None:
        block = self.report.months
        columns = self._shown(block, _FLAGS)
        label = columns[0]
        happened = [column for column in columns[1:] if column.key.startswith(_PERIOD)]
        cohort = [column for column in columns[1:] if column not in happened]
        self._section(self.texts("block.months"), self.texts("link.months"))
        self._put_notes(block, more=(("months_cohort", str(self.setting.window_days)),))
        placed = place_table(self.canvas, block, [label, *cohort], self.setting, row=self.row)
        self._grey_immature(placed, ("cohort_conversion", "cac_cohort"), len(block))
        if "cohort_conversion" in block and len(block):
            recent = range(max(0, len(block) - MOST_MONTHS), len(block))
            source = self._source(block, placed, recent)
            self.canvas.charts.append(charts.months_chart(self.data, source, spot))
        self.row = placed.last_row + 2
        if happened:
            self.parts.append(self.row)
            self._put_notes(more=(("months_period", ""),))
            part = place_table(
                self.canvas, block, [label, *happened], self.setting, row=self.row, name=f"{block.name}Period",
                places=placed.places,
            )  # fmt: skip
            self.row = part.last_row + 2

    def _grey_immature(self, placed: Placed, keys: Sequence[str], rows: int) -> None:
        """Grey what the window has not had time to fill: months that ended too recently."""
        header = self.report.header
        last = header.as_of - timedelta(days=header.window_days)
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
        self._put_notes(mature, curve)
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
        self._put_notes(block)
        top = self.row
        placed = place_table(self.canvas, block, self._shown(block), self.setting, row=self.row)
        stages = [i for i, name in enumerate(block["measure"].values) if name in STAGES and block["n"].values[i]]
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

    def _losses(self) -> None:
        """I: reasons down, stages across, because the same few reasons come again at every stage."""
        block = self.report.losses
        if not len(block):
            return
        shown, headers = _reasons_by_stage(block, self.texts)
        self._section(self.texts("block.losses"), self.texts("link.losses"))
        self._put_notes(block)
        placed = place_table(self.canvas, shown, shown.columns, self.setting, row=self.row, headers=headers)
        self.row = placed.last_row + 2

    def _attribution(self, block: Block) -> None:
        """L: conversions by channel and model, and below them the revenue."""
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
        kinds = tuple(self.texts.finding(kind) for kind in block["finding"].values)
        details = tuple(
            " · ".join(
                part
                for part in (
                    row["column"],
                    row["value"] and self.texts.finding_value(row["finding"], row["value"]),
                    self._rows(row["rows"]),
                )
                if part
            )
            or None
            for row in block.rows()
        )
        shown = Block(block.name, (Column("finding", "text", kinds), block["count"], Column("where", "text", details)))
        placed = place_table(self.canvas, shown, shown.columns, self.setting, row=self.row)
        for severity, color in (("error", RED), ("info", MUTED)):
            for row, value in enumerate(block["severity"].values):
                if value == severity:
                    line = placed.first_row + row
                    self.canvas.conditions.append(Condition(self.canvas.range(line, 1, line, 3), "TRUE", color=color))
        self.row = placed.last_row + 2

    def _rows(self, rows: str | None) -> str:
        return self.texts("quality.rows", value=rows) if rows else ""

    def _simple(self, name: str, block: Block) -> None:
        """A block that is one table and nothing else."""
        if not len(block):
            return
        self._section(self.texts(f"block.{name}"), self.texts(f"link.{name}"))
        self._put_notes(block)
        columns = self._shown(block, _FLAGS)
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
                name = f"{key}_{stage}"
                columns.append(Column(name, unit, (*values, *(sum(filter(None, values)) for _ in total))))
                headers[name] = texts(header, value=texts.label(stage, "stage"))
        sums = [sum(row[key] or 0 for row in body if row["reason"] == reason) for reason in reasons]
        columns.append(Column(f"{key}_total", unit, (*sums, *(row[key] for row in total))))
        headers[f"{key}_total"] = texts(header, value=texts.label("(total)"))
    return Block(block.name, tuple(columns), block.totals, block.notes), headers


def _arguments(column: Column) -> list[str]:
    """The columns that a ratio is made of."""
    found = column.ratio.arguments if column.ratio else ()
    return [
        part.column if isinstance(part, Above | First) else part for part in found if not isinstance(part, float | int)
    ]


def _bound(maker: Callable[[Placed, charts.Spot], Chart], placed: Placed) -> Callable[[charts.Spot], Chart]:
    return lambda spot: maker(placed, spot)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def label_width(report: FunnelReport, language: Language) -> int:
    """Width of the label column in pixels: the longest label, within bounds; longer ones are wrapped."""
    texts = Texts(language, report.header.win_basis, report.header.is_deals)
    blocks = (*report.by.values(), report.stages, report.pipeline, report.stage_times, report.mature)
    labels = (
        texts.label(str(value), block.columns[0].key)
        for block in blocks
        if block.columns
        for value in block.columns[0].values
    )
    widest = max((text_width(label, styles.SIZE, bold=True) for label in labels), default=0)
    return min(max(widest + PADDING, LABEL_WIDTHS[0]), LABEL_WIDTHS[1])
