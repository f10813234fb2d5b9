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
    from xl_leadkpi.funnel.report import Block, Column
    from xl_leadkpi.sheets.canvas import Canvas
    from xl_leadkpi.sheets.chart_data import ChartData
    from xl_leadkpi.sheets.tables import Setting

@dataclass(frozen=True, slots=True)
class Card:
    """One card: a column of the summary, and which direction of change is good (0: neither)."""

    key: str
    good: Literal[1, 0, -1] = 1


CARDS = (
    (
        Card("leads"), Card("mql"), Card("sql"), Card("meetings"), Card("opportunities"), Card("won"), Card("lost", -1),
        Card("win_rate"), Card("lead_conversion_mature"), Card("cycle_days_median", -1), Card("response_minutes_median", -1),
    ),
    (
        Card("revenue"), Card("average_deal"), Card("pipeline"), Card("weighted_pipeline"), Card("velocity"),
        Card("spend", 0), Card("cpl", -1), Card("cac", -1), Card("roas"), Card("romi"),
    ),
)  # fmt: skip
HEIGHTS = (20, 27, 18, 10)


def place_cards(
    canvas: Canvas, data: ChartData, summary: Block, trend: Block | None, setting: Setting, row: int
) -> tuple[int, dict[str, Place]]:
    """Place the rows of cards.

    A count is a value; a rate or cost is a formula over the figures of other cards, or over the hidden sheet where a
    figure has no card. The change compares the recent months with those before (rows of ``trend``).

    Returns:
        The row below the cards, and where every figure of the summary stands.
    """
    values = next(summary.rows(), {})
    lines = [line for line in ([card for card in cards if values.get(card.key) is not None] for cards in CARDS) if line]
    tops = {card.key: (row + 4 * i, _slot(j)) for i, line in enumerate(lines) for j, card in enumerate(line)}
    figures = {key: Place(top + 1, left) for key, (top, left) in tops.items()}
    places = data.block(summary, setting, figures) | figures
    months = data.block(trend, setting) if trend is not None else {}
    for i, line in enumerate(lines):
        top = row + 4 * i
        canvas.heights.update(zip(range(top, top + 4), HEIGHTS, strict=True))
        for card in line:
            _place_card(canvas, summary, card, tops[card.key], places, setting)
            _place_change(canvas, trend, card, tops[card.key], months, setting)
    return row + 4 * len(lines), places


def _slot(number: int) -> int:
    return 1 if number == 0 else 2 * number


def _place_card(
    canvas: Canvas, summary: Block, card: Card, corner: tuple[int, int], places: dict[str, Place], setting: Setting
) -> None:
    top, left = corner
    across = 1 if left == 1 else 2
    column = summary[card.key]
    value = column.values[0]
    formula = ratio_formula(column.ratio, 0, places, setting.formulas) if column.ratio else None
    room = setting.label_width if left == 1 else 2 * setting.cell_width
    name = setting.texts("card." + card.key, value=str(setting.window_days))
    canvas.put(top, left, name, replace(styles.CARD_NAME, top=("thin", RULE)), across=across)
    figure = replace(styles.CARD_VALUE, number_format=_number_format(column, setting, room))
    canvas.put(top + 1, left, NO_VALUE if isinstance(value, CellError) else value, figure, formula, across=across)


def _number_format(column: Column, setting: Setting, room: float) -> str:
    if column.unit == "money":
        value = column.values[0]
        return setting.formats.compact_money(value if isinstance(value, int | float) else None)
    shown = setting.formats.of(column, room, styles.CARD_VALUE.size).number_format
    return shown + (setting.texts("card.unit_" + column.unit) if column.unit in ("days", "minutes") else "")


def _place_change(
    canvas: Canvas, trend: Block | None, card: Card, corner: tuple[int, int], months: dict[str, Place], setting: Setting
) -> None:
    """Change against the months before: relative for counts and money, in points for rates."""
    row, left = corner[0] + 2, corner[1]
    across = 1 if left == 1 else 2
    pair = trend[card.key].values if trend is not None and card.key in trend else ()
    if len(pair) != 2 or not all(isinstance(value, int | float) for value in pair) or not pair[1]:
        canvas.put(row, left, None, styles.CARD_CHANGE, across=across)
        return
    recent, before = pair
    here, there = (months[card.key].cell(i) for i in range(2))
    if trend[card.key].unit == "fraction":
        change, formula = (recent - before) * 100, f"({here}-{there})*100"
        number_format = "0.0" + setting.texts("card.unit_points")
    else:
        change, formula, number_format = (recent - before) / before, f"({here}-{there})/{there}", "0.0%"
    style = replace(styles.CARD_CHANGE, number_format=f"+{number_format};−{number_format};±{number_format}", align="left")
    canvas.put(row, left, change, style, None if setting.formulas == "values" else formula, across=across)
    better, worse = (">", "<") if card.good > 0 else ("<", ">")
    for sign, color in ((better, TEAL), (worse, RED)) if card.good else ():
        cell = address(row, left)
        canvas.conditions.append(Condition(canvas.range(row, left, row, left), f"{cell}{sign}0", color=color))
