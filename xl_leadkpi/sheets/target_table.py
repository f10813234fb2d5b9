"""The table of targets: the only one whose rows have units of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.formulas import NO_VALUE, Place, ratio_formula, shown_value
from xl_leadkpi.sheets.layout import Area, Cells, Condition, Table, address
from xl_leadkpi.sheets.palette import RED, TEAL
from xl_leadkpi.sheets.tables import LINE, PADDING, make_room_for_labels, unique_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.funnel.report import Block, Ratio
    from xl_leadkpi.sheets.canvas import Canvas
    from xl_leadkpi.sheets.tables import Setting

_ACTUAL, _TARGET, _MET = 2, 3, 5
"""Columns of the sheet."""


def place_targets(canvas: Canvas, block: Block, summary: Block, setting: Setting, *, row: int) -> None:
    """Place the targets, a row each.

    Args:
        canvas: The sheet.
        block: The targets.
        summary: The key figures, which say what unit and currency each is in.
        setting: Language, formats, formulas.
        row: Row of the headers.
    """
    texts, first = setting.texts, row + 1
    runs = any(one is not None for one in block["elapsed"].values)
    further = ["met", *(["elapsed"] if runs else []), *(["basis"] if any(block["basis"].values) else [])]
    titles = unique_headers([texts.column(key) for key in ("figure", "actual", "target", "attained", *further)])
    word_header = replace(styles.LABEL_HEADER, indent=1)
    canvas.at_least(row, 4 + 2 * LINE)
    headers = [styles.HEADER if key == "elapsed" else word_header for key in further]
    canvas.put_row(row, 1, titles, [styles.LABEL_HEADER, *[styles.HEADER] * 3, *headers])
    places = {"actual": Place(first, _ACTUAL), "target": Place(first, _TARGET)}
    for number, one in enumerate(block.rows()):
        cells = [
            Cells((texts.card(one["figure"], setting.window_days),), styles.LABEL),
            *_numbers(one, summary, setting),
            _attained(one["attained"], number, block["attained"].ratio, places, setting),
            *(_share_gone(one[key]) if key == "elapsed" else _word(one[key], key, setting) for key in further),
        ]
        canvas.areas.append(Area(first + number, 1, tuple(cells)))
        make_room_for_labels(canvas, cells[0], setting.label_width, first + number)
    last = first + len(block) - 1
    canvas.tables.append(Table(block.name, canvas.range(row, 1, last, len(titles)), titles))
    for met, color in (("yes", TEAL), ("on_track", TEAL), ("no", RED), ("behind", RED)):
        said = texts(f"label.met_{met}").replace('"', '""')
        place = canvas.range(first, _MET, last, _MET)
        canvas.conditions.append(Condition(place, f'{address(first, _MET)}="{said}"', color=color))


def _numbers(one: Mapping[str, Any], summary: Block, setting: Setting) -> tuple[Cells, Cells]:
    """What came and what was aimed at, each in the format of the figure: money is short, as on the cards."""
    figure = one["figure"]
    column = replace(summary[figure], values=(one["actual"], one["target"])) if figure in summary else None

    def cell(value: float | None) -> Cells:
        if column is None or value is None:  # a figure that this table cannot have
            return Cells((NO_VALUE if value is None else value,), styles.FIGURE)
        if column.unit == "money":
            shown = setting.formats.for_column(column).compact_money(value)
        else:
            shown = setting.formats.of(column, setting.cell_width - PADDING, styles.SIZE).number_format
        return Cells((value,), replace(styles.FIGURE, number_format=shown))

    return cell(one["actual"]), cell(one["target"])


def _attained(value: Any, row: int, ratio: Ratio | None, places: dict[str, Place], setting: Setting) -> Cells:
    style = replace(styles.FIGURE, number_format="#,##0%")
    if value is None or ratio is None:
        return Cells((NO_VALUE,), style)
    is_live = setting.formulas != "values"
    formulas = (ratio_formula(ratio, row, places, setting.formulas),) if is_live else None
    return Cells((shown_value(value, ratio, setting.formulas),), style, formulas)


def _share_gone(value: float) -> Cells:
    return Cells((value,), replace(styles.FIGURE, number_format="0%"))


def _word(value: str | None, kind: str, setting: Setting) -> Cells:
    style = replace(styles.FIGURE, align="left", indent=1, wrap=False)
    name = f"label.met_{value}" if kind == "met" else f"basis.{value}"
    return Cells((setting.texts(name) if value else None,), style)
