"""The sheet Summary: one printed page, from the same typed page as the one to be mailed (:mod:`summary_page`).

Cards over the whole width; below them two columns of parts: figures on the left (the funnel, the forecast), words on
the right (what changed and why, what to do next).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from xl_leadkpi.sheets import charts, styles
from xl_leadkpi.sheets.canvas import ROW, Canvas
from xl_leadkpi.sheets.change_table import waterfall
from xl_leadkpi.sheets.layout import Link, Print, footer_text
from xl_leadkpi.sheets.measure import broken, clipped, text_width
from xl_leadkpi.sheets.palette import FAINT, INK, MUTED, RED, RULE, TEAL
from xl_leadkpi.sheets.summary_page import FOUR_IN_FIVE, NINETEEN_IN_TWENTY, page_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from xl_leadkpi.funnel.report import FunnelReport
    from xl_leadkpi.sheets.chart_data import ChartData
    from xl_leadkpi.sheets.layout import Chart, Range, Sheet, Style
    from xl_leadkpi.sheets.summary_page import Card, Cell, Figure, Table, Task
    from xl_leadkpi.sheets.tables import Setting

SUMMARY_SHEET = "Funnel_Summary"
"""Its name for the program; its tab shows one in the language of the workbook."""
_CLAUSES = re.compile(r"(?<=[.;·]) (?=\W*[A-ZА-ЯŁŚŻĆ0-9])")
MARGIN = 14
CELL = 41
CELLS = 30
"""Equal columns; with the margin they are as wide as a window of 1,366 pixels shows."""
LEFT, RIGHT = (1, 12), (14, 17)
"""First column and number of columns of the figures, and of the words."""
CARDS_IN_ROW = 5
FEWEST_CHART_ROWS = 8
MOST_SENTENCE_ROWS = 9
REASON_LINES = 3
"""Of the reason why a figure is unknown."""
PADDING = 10
"""What a line of text keeps free at its end, in pixels."""
VALUE_HEIGHT = 34

WARNING = replace(styles.NOTE, color=RED)
HEADING = replace(styles.HEADING, size=11)
NAME_OF_CARD = replace(styles.CARD_NAME, bold=True)
VALUE = styles.CARD_VALUE
VALUE_SIZES = (VALUE.size, 14.0, 12.0, 10.0)
"""The largest that fits is taken."""
LINE_OF_CARD = replace(styles.CARD_CHANGE, size=styles.SMALL)
LABEL = replace(styles.LABEL, wrap=False)
HEADER = replace(styles.HEADER, wrap=False)
LABEL_HEADER = replace(styles.LABEL_HEADER, wrap=False)
ADVICE = replace(styles.NOTE, bottom=("hair", RULE), indent=1)
COUNT = replace(styles.FIGURE, bold=True, bottom=None)
TASK = replace(styles.LINK, size=styles.SIZE, indent=1)
TONES = {"better": TEAL, "worse": RED, "faint": FAINT, "": MUTED}


def lay_out_summary(report: FunnelReport, setting: Setting, data: ChartData, begins: Mapping[str, int]) -> Sheet:
    """Lay out the sheet Summary.

    Args:
        report: The report.
        setting: Language, formats.
        data: The sheet with the figures of charts.
        begins: Row of the sheet Funnel in which each block begins: the lists that counts are linked to.
    """
    builder = _SummarySheet(report, setting, data, begins)
    builder.place_everything()
    return builder.finished()


class _SummarySheet:
    """Places the parts of a page."""

    def __init__(self, report: FunnelReport, setting: Setting, data: ChartData, begins: Mapping[str, int]) -> None:
        self.report = report
        self.setting = setting
        self.texts = setting.texts
        self.data = data
        self.begins = begins
        self.page = page_of(report, setting.language)
        self.canvas = Canvas(SUMMARY_SHEET)
        self.row = 0

    def place_everything(self) -> None:
        """The header, the cards, two bands of two parts each."""
        self._header()
        self._cards()
        top = self.row
        left = self._funnel(top)
        right = self._changes(top, left)
        top = max(left, right) + 1
        self.canvas.heights[top - 1] = MARGIN
        self.row = max(self._forecast(top), self._tasks(top))

    def finished(self) -> Sheet:
        """The sheet."""
        return self.canvas.sheet(
            widths=((0, 0, MARGIN), (1, CELLS, CELL)),
            printing=Print(
                area=self.canvas.range(0, 0, self.row - 1, CELLS),
                footer=footer_text(self.report.header.source, self.page.foot),
                one_page=True,
            ),
            tab_color=TEAL,
            tab=self.texts("sheet.summary"),
        )

    # header -----------------------------------------------------------------------------------------------------------

    def _header(self) -> None:
        page, canvas = self.page, self.canvas
        canvas.heights[0] = 36
        canvas.put(0, 1, self.texts("sheet.summary_title", title=page.title), styles.TITLE)
        more = self.texts("sheet.funnel")
        cells = -(-(text_width(more, styles.LINK.size) + PADDING) // CELL)
        canvas.links.append(Link(0, CELLS + 1 - cells, more, "'Funnel'!A1", styles.LINK))
        self.row = 1
        room = CELLS * CELL - PADDING
        about = " · ".join((*page.about, page.source))
        for line in _lines(about, room, 3, styles.SMALL):
            self._put(line, styles.SUBTITLE)
        for warning in page.warnings:
            for line in _lines(f"! {warning}", room, 1, styles.SMALL):
                self._put(line, WARNING)
        self._gap()

    def _put(self, text: str, style: Style) -> None:
        self.canvas.put(self.row, 1, text, style)
        self.row += 1

    def _gap(self) -> None:
        self.canvas.heights[self.row] = MARGIN
        self.row += 1

    # cards ------------------------------------------------------------------------------------------------------------

    def _cards(self) -> None:
        cards = self.page.cards
        if not cards:
            return
        sparks = self._sparks()
        rows = 1 if len(cards) <= CARDS_IN_ROW else 2
        in_row = -(-len(cards) // rows)
        across = CELLS // max(in_row, CARDS_IN_ROW - 1)
        for first in range(0, len(cards), in_row):
            line = cards[first : first + in_row]
            said = [self._said(card, across * CELL - 2 * PADDING) for card in line]
            depth = max(map(len, said))
            for number, (card, lines) in enumerate(zip(line, said, strict=True)):
                below = [*lines, *[("", MUTED)] * (depth - len(lines))]
                self._card(card, 1 + number * across, across, sparks.get(card.figure.path), below)
            self.canvas.heights[self.row + 1] = VALUE_HEIGHT
            self.row += 2 + depth
            self._gap()
        if self.page.cards_note:
            self.row -= 1
            del self.canvas.heights[self.row]
            for text in _lines(self.page.cards_note, CELLS * CELL - PADDING, 1, styles.SMALL):
                self._put(text, styles.NOTE)
            self._gap()

    def _sparks(self) -> dict[str, tuple[Range, Range]]:
        """Where the months of each card stand on the hidden sheet, and its figures, by the path of its figure."""
        drawn = [card for card in self.page.cards if card.months]
        if not drawn:
            return {}
        months = [point.month for point in drawn[0].months]
        columns = ((card.name, [point.figure.value for point in card.months], None) for card in drawn)
        first, *places = self.data.columns(self.texts("sheet.summary"), ("month", months, None), *columns)
        return {card.figure.path: (first, place) for card, place in zip(drawn, places, strict=True)}

    def _said(self, card: Card, room: float) -> list[tuple[str, str]]:
        """The lines below a figure with their colours: change, target, basis; of an unknown one the reason."""
        if card.figure.value is None:
            aim = [(clipped(_target(card), room, LINE_OF_CARD.size), MUTED)] if card.target is not None else []
            reason = _lines(" · ".join(reversed(card.basis)), room, REASON_LINES - len(aim), LINE_OF_CARD.size)
            return [*((line, MUTED) for line in reason), *aim]
        change = "" if card.change is None else f"{card.change.text} {card.against}"
        lines = [
            (" · ".join(filter(None, (change, _recent(card)))), TONES[card.tone]),
            (_target(card), TONES[card.met_tone]),
            (" · ".join(card.basis), MUTED),
        ]
        return [(clipped(text, room, LINE_OF_CARD.size), tone) for text, tone in lines if text] or [("", MUTED)]

    def _card(
        self, card: Card, left: int, across: int, months: tuple[Range, Range] | None, lines: Sequence[tuple[str, str]]
    ) -> None:
        """Name; figure and the line of its months; what is said below."""
        canvas, top = self.canvas, self.row
        room = across * CELL - 2 * PADDING
        canvas.put(top, left, clipped(card.name, room, styles.SMALL, bold=True), NAME_OF_CARD, across=across)
        known = card.figure.value is not None
        color = FAINT if not known or card.is_uncertain else INK
        half = across // 2 if months is not None else across
        fitting = (
            size for size in VALUE_SIZES if text_width(card.figure.text, size, bold=True) <= half * CELL - 2 * PADDING
        )
        size = next(fitting, VALUE_SIZES[-1])
        value = replace(VALUE, color=color, size=size, number_format=card.figure.number_format)
        canvas.put(top + 1, left, _content(card.figure), value, across=half)
        if months is not None:
            canvas.put(top + 1, left + half, None, VALUE, across=across - half)
            title = f"{card.name}, {card.months[0].month} – {card.months[-1].month}"
            spot = charts.Spot(top + 1, left + half, (across - half) * CELL - PADDING, VALUE_HEIGHT - 4)
            name = f"Spark{len(canvas.charts) + 1}"
            self._draw(charts.spark_chart(name, title, months, spot))
        for i, (text, tone) in enumerate(lines, start=top + 2):
            canvas.put(i, left, text or None, replace(LINE_OF_CARD, color=tone), across=across)

    def _draw(self, chart: Chart) -> None:
        """Place a chart under a name that no other sheet has: of two alike in a workbook LibreOffice refuses one."""
        self.canvas.charts.append(replace(chart, name=f"Summary{chart.name}"))

    # parts ------------------------------------------------------------------------------------------------------------

    def _heading(self, row: int, place: tuple[int, int], title: str) -> int:
        first, count = place
        shown = clipped(title, count * CELL - PADDING, HEADING.size, bold=True)
        self.canvas.put_row(row, first, [shown, *[None] * (count - 1)], [HEADING] * count)
        self.canvas.at_least(row, 26)
        return row + 1

    def _text(self, row: int, place: tuple[int, int], text: str, most: int, style: Style = styles.NOTE) -> int:
        """A text in lines of a part."""
        for line in _lines(text, place[1] * CELL - PADDING, most, style.size):
            self.canvas.put(row, place[0], line, style)
            row += 1
        return row

    def _funnel(self, top: int) -> int:
        """The stages of the period beside those of the one compared with, and bars beside the figures."""
        page, table = self.page, self.page.stages
        row = self._heading(top, LEFT, table.title if table else self.texts("block.stages"))
        if table is None:
            return self._text(row, LEFT, page.hints["stages"], 3)
        *others, step = table.headers
        shown = replace(table, headers=(*others, step.removesuffix(NINETEEN_IN_TWENTY)))
        spans = [3, 2, 2, 3] if len(others) == 3 else [5, 2, 3]
        below = self._table(row, shown, spans)
        drawn = [i for i, line in enumerate(table.rows) if line.cells[0].figure and line.cells[0].figure.value]
        used = sum(spans)
        if len(drawn) > 1:
            spot = charts.Spot(row + 1, 1 + used, (LEFT[1] - used) * CELL, len(table.rows) * ROW)
            self._draw(charts.stages_chart(self.data, table, self.texts("chart.funnel"), spot))
        for note in table.notes[:1]:
            below = self._text(below, LEFT, note, 2)
        return below

    def _table(self, row: int, table: Table, spans: Sequence[int]) -> int:
        """A table; each of its columns so many columns wide."""
        left, canvas = LEFT[0], self.canvas
        column = left
        for title, span in zip(table.headers, spans, strict=True):
            header = LABEL_HEADER if column == left else HEADER
            canvas.put(row, column, clipped(title, span * CELL - 2, header.size) or None, header, across=span)
            column += span
        for i, line in enumerate(table.rows, start=row + 1):
            label = clipped(line.label, spans[0] * CELL - PADDING, LABEL.size)
            canvas.put(i, left, label, LABEL, across=spans[0])
            column = left + spans[0]
            for cell, span in zip(_flat(line.cells), spans[1:], strict=True):
                value, style = cell
                canvas.put(i, column, value, style, across=span)
                column += span
        return row + 1 + len(table.rows)

    def _changes(self, top: int, below: int) -> int:
        """What changed and why, in sentences, and the waterfall of it; without one, how the leads came by month."""
        page = self.page
        row = self._heading(top, RIGHT, page.changes.title if page.changes else self.texts("why.title"))
        room = MOST_SENTENCE_ROWS
        for sentence in page.changes.lines if page.changes else (page.hints["changes"],):
            lines = broken(f"• {sentence}" if page.changes else sentence, RIGHT[1] * CELL - PADDING, styles.SIZE)
            if len(lines) > room:
                break
            room -= len(lines)
            for line in lines:
                self.canvas.put(row, RIGHT[0], line, styles.SENTENCE if page.changes else styles.NOTE)
                row += 1
        rows = max(FEWEST_CHART_ROWS, below - row)
        spot = charts.Spot(row, RIGHT[0], RIGHT[1] * CELL, rows * ROW)
        drawn = waterfall(self.report, self.setting)
        if drawn is not None:
            name, steps = drawn
            title = self.texts("chart.changes", value=name)
            self._draw(charts.changes_chart(self.data, steps, title, spot))
        elif page.months is not None:
            self._draw(charts.month_columns_chart(self.data, page.months.charts[0], spot))
        else:
            return row
        return row + rows

    def _forecast(self, top: int) -> int:
        page, table = self.page, self.page.forecast
        row = self._heading(top, LEFT, table.title if table else self.texts("link.forecast"))
        if table is None:
            return self._text(row, LEFT, page.hints["forecast"], 3)
        aims = len(table.headers) - 2
        headers = (
            table.headers[0],
            table.headers[1].removesuffix(FOUR_IN_FIVE),
            self.texts("page.range"),
            *table.headers[2:],
        )
        rows = tuple(replace(line, cells=_with_range(line.cells)) for line in table.rows)
        shown = replace(table, headers=headers, rows=rows)
        spans = [2, 2, 4, *[2] * aims] if aims == 2 else [3, 3, LEFT[1] - 6 - 2 * aims, *[2] * aims]
        row = self._table(row, shown, spans)
        for note in table.notes:
            row = self._text(row, LEFT, note, 2)
        return row

    def _tasks(self, top: int) -> int:
        """Counts, linked to the lists of what they count, with what to do about it."""
        page = self.page
        row = self._heading(top, RIGHT, page.tasks_title)
        if not page.tasks:
            return self._text(row, RIGHT, page.hints["tasks"], 2)
        for task in page.tasks:
            row = self._task(row, task)
        return row

    def _task(self, row: int, task: Task) -> int:
        canvas, (first, columns) = self.canvas, RIGHT
        room = (columns - 1) * CELL - 2 * PADDING
        what = task.what if task.amount is None else f"{task.what} · {task.amount.text}"
        count = replace(COUNT, number_format=task.count.number_format if task.count else "General")
        canvas.put(row, first, None if task.count is None else _content(task.count), count)
        begins = self.begins.get(task.block, self.begins.get("quality"))
        shown = clipped(what, room, TASK.size)
        if begins is None:
            canvas.put(row, first + 1, shown, TASK)
        else:
            canvas.links.append(Link(row, first + 1, shown, f"'Funnel'!B{begins + 1}", TASK))
        advice = _lines(task.advice, room, 1, ADVICE.size)[0]
        canvas.put_row(row + 1, first, [None, advice, *[None] * (columns - 2)], [ADVICE] * columns)
        return row + 2


def _content(figure: Figure) -> Any:
    """What a cell holds: the number, or the dash."""
    return figure.text if figure.value is None else figure.value


def _flat(cells: Sequence[Cell]) -> list[tuple[Any, Style]]:
    """The cells of a row with their looks."""
    found: list[tuple[Any, Style]] = []
    for cell in cells:
        style = replace(styles.FIGURE, color=INK if not cell.tone else TONES[cell.tone])
        if cell.figure is None:
            found.append((cell.remark or None, style))
        else:
            found.append((_content(cell.figure), replace(style, number_format=cell.figure.number_format)))
    return found


def _with_range(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """The cells of a forecast with its range in a cell of its own."""
    mean, *others = cells
    ends = replace(mean, figure=None, ends=None, remark=" – ".join(end.text for end in mean.ends or ()))
    return (mean, ends, *others)


def _recent(card: Card) -> str:
    """The figure of the last months, of a card that shows the whole table."""
    return "" if card.recent is None else f"{card.recent[0]}: {card.recent[1].text}"


def _target(card: Card) -> str:
    """The target of a card and how much of it there is."""
    if card.target is None:
        return ""
    attained = f" · {card.attained.text}" if card.attained is not None else ""
    met = f" {card.met}" if card.met else ""
    return f"{card.target_name}: {card.target.text}{attained}{met}"


def _lines(text: str, room: float, most: int, size: float) -> list[str]:
    """A text in at most so many lines: what is too long loses its last clauses, and only a clause alone is cut."""
    clauses = _CLAUSES.split(text)
    lines = broken(text, room, size)
    while len(lines) > most and len(clauses) > 1:
        clauses.pop()
        lines = broken(" ".join(clauses).rstrip(" ;:·"), room, size)
    if len(lines) > most:
        lines = [*lines[: most - 1], clipped(" ".join(lines[most - 1 :]), room, size)]
    return [clipped(line, room, size) for line in lines]
