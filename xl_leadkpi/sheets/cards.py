"""The cards on top: the few figures to look at first, each with its change against the period before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.formulas import NO_VALUE, Place, ratio_formula
from xl_leadkpi.sheets.layout import Condition, address
from xl_leadkpi.sheets.palette import RED, RULE, TEAL

if TYPE_CHECKING:
    from xl_leadkpi.funnel.report import Column, FunnelReport
    from xl_leadkpi.sheets.canvas import Canvas
    from xl_leadkpi.sheets.chart_data import ChartData
    from xl_leadkpi.sheets.layout import Style
    from xl_leadkpi.sheets.tables import Setting


@dataclass(frozen=True, slots=True)
class Card:
    """One card: a column of the summary, and which direction of change is good (0: neither)."""

    key: str
    good: Literal[1, 0, -1] = 1


CARDS = (
    (
        Card("leads"), Card("mql"), Card("sql"), Card("meetings"), Card("opportunities"), Card("won"),
        Card("lost_opportunities", -1), Card("win_rate"), Card("lead_conversion_mature"), Card("cycle_days_median", -1),
    ),
    (
        Card("revenue"), Card("average_deal"), Card("pipeline"), Card("weighted_pipeline"), Card("velocity"),
        Card("spend", 0), Card("cpl", -1), Card("cac", -1), Card("roas"), Card("romi"),
    ),
)  # fmt: skip
HEIGHTS = (20, 28, 20, 8)


def place_cards(
    canvas: Canvas, data: ChartData, report: FunnelReport, setting: Setting, row: int
) -> tuple[int, dict[str, Place]]:
    """Place the rows of cards.

    A count is a value; a rate or cost is a formula over the figures of other cards, or over the hidden sheet where a
    figure has no card. The change compares the recent months with those before (rows of the report's ``trend``).

    Returns:
        The row below the cards, and where every figure of the summary stands.
    """
    values = next(report.summary.rows(), {})
    if report.header.is_deals and values.get("opportunities") == values.get("leads"):
        values["opportunities"] = None  # the same card twice
    lines = [line for line in ([card for card in cards if values.get(card.key) is not None] for cards in CARDS) if line]
    tops = {card.key: (row + 4 * i, 2 * j or 1) for i, line in enumerate(lines) for j, card in enumerate(line)}
    figures = {key: Place(top + 1, left) for key, (top, left) in tops.items()}
    places = data.block(report.summary, setting, figures) | figures
    if values.get("comparable_spend") is not None:  # the spend itself, where it is in the currency of the amounts
        places["comparable_spend"] = places["spend"]
    months = data.block(report.trend, setting) if report.trend is not None else {}
    deck = _Deck(canvas, report, setting, places, months)
    for i, line in enumerate(lines):
        top = row + 4 * i
        canvas.heights.update(zip(range(top, top + 4), HEIGHTS, strict=True))
        for card in line:
            deck.place(card, *tops[card.key])
    return row + 4 * len(lines), places


@dataclass(frozen=True, slots=True)
class _Deck:
    """The cards of one sheet and where their figures stand."""

    canvas: Canvas
    report: FunnelReport
    setting: Setting
    places: dict[str, Place]
    months: dict[str, Place]

    def place(self, card: Card, top: int, left: int) -> None:
        setting = self.setting
        across = 1 if left == 1 else 2
        column = self.report.summary[card.key]
        value = column.values[0]
        formula = ratio_formula(column.ratio, 0, self.places, setting.formulas) if column.ratio else None
        name = setting.texts(f"card.{card.key}", value=str(setting.window_days))
        figure = replace(styles.CARD_VALUE, number_format=self._number_format(column))
        shown = NO_VALUE if isinstance(value, CellError) else value
        self.canvas.put(top, left, name, replace(styles.CARD_NAME, top=("thin", RULE)), across=across)
        self.canvas.put(top + 1, left, shown, figure, formula, across=across)
        self.canvas.put(top + 2, left, *self._change(card), across=across)
        if card.good:
            better, worse = (TEAL, RED) if card.good > 0 else (RED, TEAL)
            cell, place = address(top + 2, left), self.canvas.range(top + 2, left, top + 2, left)
            self.canvas.conditions.append(Condition(place, f"N({cell})>0", color=better))
            self.canvas.conditions.append(Condition(place, f"N({cell})<0", color=worse))

    def _number_format(self, column: Column) -> str:
        formats, value = self.setting.formats, column.values[0]
        if column.unit == "money":
            return formats.for_column(column.key).compact_money(value if isinstance(value, int | float) else None)
        shown = formats.of(column, 2 * self.setting.cell_width, styles.CARD_VALUE.size).number_format
        return shown + (self.setting.texts("card.unit_days") if column.unit == "days" else "")

    def _change(self, card: Card) -> tuple[float | None, Style, str | None]:
        """Change against the months before: relative for counts and money, in points for rates."""
        trend = self.report.trend
        column = trend[card.key] if trend is not None and card.key in trend else None
        pair = column.values if column is not None else ()
        if column is None or not all(isinstance(value, int | float) for value in pair) or not pair[1]:
            return None, styles.CARD_CHANGE, None
        recent, before = pair
        here, there = (self.months[card.key].cell(i) for i in range(2))
        if column.unit == "fraction":
            change, formula = (recent - before) * 100, f"({here}-{there})*100"
            shown = "0.0" + self.setting.texts("card.unit_points")
        else:
            change, formula, shown = (recent - before) / before, f"({here}-{there})/{there}", "0.0%"
        style = replace(styles.CARD_CHANGE, number_format=f"+{shown};−{shown};±{shown}")
        return change, style, None if self.setting.formulas == "values" else formula
