"""The cards on top: the few figures to look at first, of the whole table and of the last months."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from xl_leadkpi.leads.model.evidence import ABSENT
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.change_sentences import whole_period
from xl_leadkpi.sheets.formulas import NO_VALUE, Place, ratio_formula, shown_value
from xl_leadkpi.sheets.layout import Condition, address
from xl_leadkpi.sheets.palette import RED, TEAL

if TYPE_CHECKING:
    from datetime import date

    from xl_leadkpi.funnel.report import Block, Column, FunnelReport
    from xl_leadkpi.sheets.canvas import Canvas
    from xl_leadkpi.sheets.chart_data import ChartData
    from xl_leadkpi.sheets.formats import Formats
    from xl_leadkpi.sheets.tables import Setting
    from xl_leadkpi.sheets.texts import Texts


_OUTCOMES = ("won", "lost_opportunities", "win_rate", "lead_conversion_mature", "cycle_days_median")
_MONEY = (
    ("revenue", "average_deal", "pipeline", "weighted_pipeline", "velocity"),
    ("spend", "cpl", "cpl_paid", "cac", "cac_paid", "roas", "roas_paid", "romi", "romi_paid"),
)
MOST_STAGES = 5
"""Stages that have a card: a row holds no more beside the outcomes. Those that have KPIs come first."""
CLOSED_CARDS = ("won", "lost_opportunities", "win_rate", "revenue", "average_deal", "cycle_days_median")
"""Cards of the deals closed in the period, where one is asked for."""
HEIGHTS = {True: (20, 28, 17, 17, 8), False: (20, 28, 8)}
"""Of the rows of a line of cards, with figures of the last months below and without."""


class Cards(NamedTuple):
    """Where the cards have gone.

    Attributes:
        below: The row below them.
        places: Where every figure of the summary stands.
        names: Row and column of the name of each card, by its figure.
    """

    below: int
    places: dict[str, Place]
    names: dict[str, tuple[int, int]]


def place_cards(canvas: Canvas, data: ChartData, report: FunnelReport, setting: Setting, row: int) -> Cards:
    """Place the rows of cards.

    A count is a value; a rate or cost is a formula over the figures of other cards, or over the hidden sheet where a
    figure has no card. Large is the figure of the whole table; below it stands that of the last months and its change
    against those before (rows of the report's ``trend``). A figure that the table does not support is a dash.
    """
    lines = [line for line in ([key for key in keys if has_card(report, key)] for keys in cards_of(report)) if line]
    heights = [HEIGHTS[any(recent(report, key) for key in line)] for line in lines]
    captions = [] if report.period_closed is None else [_caption(report, line[0], setting) for line in lines]
    above = bool(captions)
    starts = [row + sum(map(len, heights[:i])) + above * (i + 1) for i in range(len(lines))]
    for start, caption in zip(starts, captions, strict=False):
        canvas.put(start - 1, 1, caption, styles.NOTE)
    tops = {key: (start, 2 * j or 1) for start, line in zip(starts, lines, strict=True) for j, key in enumerate(line)}
    figures = {
        key: Place(top + 1, left, ratio=figure_of(report, key).ratio is not None) for key, (top, left) in tops.items()
    }
    closed = {key: place for key, place in figures.items() if is_closed(report, key)}
    created = {key: place for key, place in figures.items() if key not in closed}
    places = data.block(report.summary, setting, created) | created
    own, months = places, {}
    if report.period_created is not None and report.period_closed is not None:
        # what the cards compare stands on the hidden sheet, as the tables of the sheet begin below
        own = places | data.block(_hidden(report.period_closed), setting, closed) | closed
        months = data.block(_hidden(report.period_created), setting)
        months |= {
            key: place
            for key, place in data.block(_hidden(report.period_closed, "Cards"), setting).items()
            if key in closed
        }
    elif report.trend is not None:
        months = data.block(report.trend, setting)
    for start, line, rows in zip(starts, lines, heights, strict=True):
        canvas.heights.update(zip(range(start, start + len(rows)), rows, strict=True))
        for key in line:
            deck = _Deck(canvas, report, setting, own if key in closed else places, months)
            deck.place(figure_of(report, key), *tops[key], rows=len(rows))
    return Cards(row + sum(map(len, heights)) + above * len(lines), places, tops)


def _caption(report: FunnelReport, key: str, setting: Setting) -> str:
    """Which leads the cards of a line are of: those created in the period asked for, or those closed in it."""
    basis = setting.texts("basis.closed" if is_closed(report, key) else "basis.created")
    return basis[0].upper() + basis[1:]


def is_closed(report: FunnelReport, key: str) -> bool:
    """A card is of the deals closed in the period asked for."""
    return report.period_closed is not None and key in CLOSED_CARDS and key in report.period_closed


def figure_of(report: FunnelReport, key: str) -> Column:
    """The figure of a card: its first value."""
    column = _block_of(report, key)[key]
    return replace(column, values=column.values[:1])


def _block_of(report: FunnelReport, key: str) -> Block:
    closed = report.period_closed
    return closed if closed is not None and is_closed(report, key) else report.summary


def _hidden(block: Block, suffix: str = "Figures") -> Block:
    """A block of the period for the hidden sheet: without the changes, which the cards work out themselves."""
    columns = tuple(replace(column, values=column.values[:2], summed=0) for column in block.columns)
    return replace(block, name=f"{block.name}{suffix}", columns=columns)


def cards_of(report: FunnelReport) -> tuple[tuple[str, ...], ...]:
    """Columns of the summary that may have a card, by row.

    Where a period is asked for, no row mixes what was created in it with what was closed in it.
    """
    stages = [stage for stage in report.stage_pipeline.stages[:-1] if stage.has_card]
    shown = sorted(stages, key=lambda stage: not stage.is_usual)[:MOST_STAGES]
    counts = tuple(stage.count_key for stage in stages if stage in shown)
    if report.period_closed is None:
        return ((*counts, *_OUTCOMES), *_MONEY)
    worth = tuple(key for key in _MONEY[0] if key not in CLOSED_CARDS)
    return ((*counts, "lead_conversion_mature"), CLOSED_CARDS, worth, _MONEY[1])


def has_card(report: FunnelReport, key: str) -> bool:
    """There is a figure, or something odd about the data keeps it from us."""
    summary = _block_of(report, key)
    if key not in summary:
        return False
    opportunity = report.stage_pipeline.opportunity
    is_every_deal = report.header.is_deals and opportunity is not None and key == opportunity.count_key
    if is_every_deal and summary[key].values == summary["leads"].values:
        return False  # the same card twice
    gap = summary.unknown.get(key)
    return summary[key].values[0] is not None or (gap is not None and gap.why.kind not in ABSENT)


def recent(report: FunnelReport, key: str) -> tuple[Any, Any] | None:
    """A figure of the last months and the one of those before, None where either or the card's own is unknown.

    Where a period is asked for, it is that period and the one that it is compared with.
    """
    rows: Block | None = report.trend
    if report.period_created is not None:
        rows = report.period_closed if is_closed(report, key) else report.period_created
    if rows is None or key not in rows or len(rows) < 2 or figure_of(report, key).values[0] is None:
        return None
    now, before = rows[key].values[:2]
    known = all(isinstance(value, int | float) for value in (now, before))
    return (now, before) if known and before else None


@dataclass(frozen=True, slots=True)
class _Deck:
    """The cards of one sheet and where their figures stand."""

    canvas: Canvas
    report: FunnelReport
    setting: Setting
    places: dict[str, Place]
    months: dict[str, Place]

    def place(self, column: Column, top: int, left: int, rows: int) -> None:
        setting = self.setting
        across = 1 if left == 1 else 2
        value = column.values[0]
        formula = ratio_formula(column.ratio, 0, self.places, setting.formulas) if column.ratio else None
        name = setting.texts.card(column.key, setting.window_days)
        figure = replace(styles.CARD_VALUE, number_format=self._number_format(column, styles.CARD_VALUE.size))
        shown = NO_VALUE if value is None else shown_value(value, column.ratio, setting.formulas)
        self.canvas.put(top, left, name, styles.CARD_NAME, across=across)
        self.canvas.put(top + 1, left, shown, figure, None if value is None else formula, across=across)
        pair = recent(self.report, column.key)
        if pair is not None:
            self._place_recent(column, pair, top + 2, left, across)
        else:
            for row in range(top + 2, top + rows - 1):
                self.canvas.put(row, left, None, styles.CARD_CHANGE, across=across)

    def _place_recent(self, column: Column, pair: tuple[Any, Any], row: int, left: int, across: int) -> None:
        """The figure of the last months, and its change: relative for counts and money, in points for rates."""
        now, before = pair
        here, there = (self.months[column.key].cell(i) for i in range(2))
        spans = trend_spans(self.report, self.setting.formats, self.setting.texts)
        size = styles.CARD_CHANGE.size
        # of a period the large figure is that of now
        shown_there = self.report.period_created is not None
        value, source, span = (before, there, spans[1]) if shown_there else (now, here, spans[0])
        shown = self._number_format(replace(column, values=(value,)), size)
        style = replace(styles.CARD_CHANGE, number_format=f'"{span}: "{shown}')
        live = self.setting.formulas != "values"
        self.canvas.put(row, left, value, style, source if live else None, across=across)
        if column.unit == "fraction":
            change, formula = (now - before) * 100, f"({here}-{there})*100"
            shown = "0.0" + self.setting.texts("card.unit_points")
        else:
            change, formula, shown = (now - before) / before, f"({here}-{there})/{there}", "0.0%"
        # which period it is compared with stands above it
        against = "" if shown_there else f'" {self.setting.texts("card.against", value=spans[1])}"'
        signed = ";".join(f"{sign}{shown}{against}" for sign in "+−±")
        style = replace(styles.CARD_CHANGE, number_format=signed)
        self.canvas.put(row + 1, left, change, style, formula if live else None, across=across)
        if column.better:
            better, worse = (TEAL, RED) if column.better == "higher" else (RED, TEAL)
            cell, place = address(row + 1, left), self.canvas.range(row + 1, left, row + 1, left)
            self.canvas.conditions.append(Condition(place, f"N({cell})>0", color=better))
            self.canvas.conditions.append(Condition(place, f"N({cell})<0", color=worse))

    def _number_format(self, column: Column, size: float) -> str:
        formats, value = self.setting.formats, column.values[0]
        if column.unit == "money":
            return formats.for_column(column).compact_money(value if isinstance(value, int | float) else None)
        shown = formats.of(column, 2 * self.setting.cell_width, size).number_format
        return shown + (self.setting.texts("card.unit_days") if column.unit == "days" else "")


def trend_spans(report: FunnelReport, formats: Formats, texts: Texts) -> tuple[str, str]:
    """The last months and those before, in short: "Apr–Jun"; of a period its name or its days: "1.4.–15.6.26"."""
    header = report.header
    if report.period_created is not None:
        days = ((header.period_from, header.period_to), (header.compared_from, header.compared_to))
        first, second = (whole_period(*ends, texts, formats, header.fiscal_start) or _days(*ends) for ends in days)
        return first, second
    trend, names = report.trend, formats.locale.months
    first, second = (
        "–".join(names[month.month - 1] for month in ends)
        for ends in zip(trend["first_month"].values, trend["last_month"].values, strict=True)
    )
    return first, second


def _days(first: date | None, last: date | None) -> str:
    """The days of a period as a card has room for them; the year stands once where both have it.

    >>> from datetime import date
    >>> _days(date(2026, 4, 1), date(2026, 5, 15)), _days(date(2025, 12, 1), date(2026, 1, 3))
    ('1.4.–15.5.26', '1.12.25–3.1.26')
    """
    if first is not None and last is not None and first.year == last.year:
        return f"{first.day}.{first.month}.–{last.day}.{last.month}.{last:%y}"
    return "–".join(f"{day.day}.{day.month}.{day:%y}" for day in (first, last) if day)
