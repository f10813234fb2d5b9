"""The tables of what changed and why: figures with their factors, and the groups that it can be told to come from."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from xl_leadkpi.funnel.change_parts import CAC, SPEND, UNCLEAR, WHOLE
from xl_leadkpi.funnel.changes import UNITS
from xl_leadkpi.funnel.report import Column
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.change_sentences import measure_name, money_text, signed
from xl_leadkpi.sheets.formats import plain_text
from xl_leadkpi.sheets.formulas import NO_VALUE
from xl_leadkpi.sheets.layout import Area, Cells, Condition, Table, address
from xl_leadkpi.sheets.palette import FAINT
from xl_leadkpi.sheets.tables import LINE, PADDING, make_room_for_labels, unique_headers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.funnel.report import FunnelReport
    from xl_leadkpi.sheets.canvas import Canvas
    from xl_leadkpi.sheets.tables import Setting

Row = tuple[str, dict[str, Any]]
"""A label, and a row of figures with its ``measure``."""
_WORDS = ("tested", "figure")
_MOST_SHARE = 2.0
"""Beyond that the change is next to nothing, and no share of it says anything."""
FIGURES = 5
"""Columns beside the label."""


def waterfall(report: FunnelReport, setting: Setting) -> tuple[str, list[tuple[str, float, str]]] | None:
    """The figure and the columns of its chart: revenue, or wins where there is none; None where they fall below 0."""
    measure = next((name for name in ("revenue", "won") if name in (report.changes or {})), None)
    if measure is None or report.changes is None:
        return None
    whole, *factors = report.changes[measure].rows()
    texts, formats = setting.texts, setting.formats

    def shown(value: float) -> str:
        if measure == "revenue":
            return money_text(value, formats)
        return plain_text(abs(value), setting.language)

    steps = [
        (texts("column.why_from"), float(whole["from"]), shown(whole["from"])),
        *((texts(f"why.{one['factor']}"), one["part"], signed(one["part"], shown(one["part"]))) for one in factors),
        (texts("column.why_to"), float(whole["to"]), shown(whole["to"])),
    ]
    levels = accumulate(value for _, value, _ in steps[:-1])
    if not factors or min(levels) < 0 or not (whole["from"] or whole["to"]):
        return None
    return measure_name(measure, report, texts), steps


def place_changes(canvas: Canvas, report: FunnelReport, setting: Setting, *, row: int) -> int:
    """Place each figure with its factors below it, a row each.

    Args:
        canvas: The sheet.
        report: The report.
        setting: Language, formats.
        row: Row of the headers.

    Returns:
        The last row of the table.
    """
    texts = setting.texts
    rows: list[Row] = []
    for measure, block in (report.changes or {}).items():
        for one in block.rows():
            is_whole = one["factor"] == WHOLE
            label = measure_name(measure, report, texts) if is_whole else f"– {texts('why.' + one['factor'])}"
            rows.append((label, {**one, "measure": measure}))
    return _place(
        canvas,
        "tblChange",
        rows,
        ("from", "to", "part", "share", "tested"),
        label="why_factor",
        setting=setting,
        row=row,
    )


def place_causes(canvas: Canvas, report: FunnelReport, setting: Setting, *, row: int) -> int:
    """Place the groups that a change can be told to come from, a row each.

    Args:
        canvas: The sheet.
        report: The report.
        setting: Language, formats.
        row: Row of the headers.

    Returns:
        The last row of the table.
    """
    assert report.causes is not None
    texts = setting.texts
    rows: list[Row] = []
    for one in report.causes.rows():
        lead = "lead_" if one["measure"] not in ("revenue", "won", CAC) else ""
        kind = texts(f"why.kind_{lead}{one['kind']}")
        figures = {**one, "factor": one["kind"], "figure": measure_name(one["measure"], report, texts)}
        rows.append((f"{texts.group(one['field'])} {texts.label(one['group'])}: {kind}", figures))
    return _place(
        canvas, "tblCause", rows, ("from", "to", "part", "share", "figure"), label="why_cause", setting=setting, row=row
    )


def _place(
    canvas: Canvas, name: str, rows: Sequence[Row], keys: Sequence[str], *, label: str, setting: Setting, row: int
) -> int:
    texts, first = setting.texts, row + 1
    titles = unique_headers([texts.column(label), *(texts.column(f"why_{key}") for key in keys)])
    word_header = replace(styles.LABEL_HEADER, indent=1)
    canvas.at_least(row, 4 + 2 * LINE)
    headers = [word_header if key in _WORDS else styles.HEADER for key in keys]
    canvas.put_row(row, 1, titles, [styles.LABEL_HEADER, *headers])
    for place, (shown, one) in enumerate(rows, start=first):
        cells = [Cells((shown,), styles.LABEL), *(_cell(one, key, setting) for key in keys)]
        canvas.areas.append(Area(place, 1, tuple(cells)))
        make_room_for_labels(canvas, cells[0], setting.label_width, place)
    last = first + len(rows) - 1
    canvas.tables.append(Table(name, canvas.range(row, 1, last, len(titles)), titles))
    if "tested" in keys:
        tested = 2 + keys.index("tested")
        unclear = texts(f"why.{UNCLEAR}").replace('"', '""')
        place_of = canvas.range(first, 2, last, tested)
        formula = f'${address(first, tested)}="{unclear}"'
        canvas.conditions.append(Condition(place_of, formula, color=FAINT))
    return last


def _cell(one: Mapping[str, Any], key: str, setting: Setting) -> Cells:
    """A figure in the unit of its row; what is added to a figure is in that figure's."""
    value = one[key]
    if key in _WORDS:
        style = replace(styles.FIGURE, align="left", indent=1, wrap=False)
        return Cells((setting.texts(f"why.{value}") if key == "tested" else value,), style)
    if key == "share" and value is not None and abs(value) > _MOST_SHARE:
        value = None
    shown = "#,##0%" if key == "share" else _format(one, key, setting)
    return Cells((NO_VALUE if value is None else value,), replace(styles.FIGURE, number_format=shown))


def _format(one: Mapping[str, Any], key: str, setting: Setting) -> str:
    unit = UNITS[one["measure"]] if key == "part" else one["unit"]
    is_spend = one["factor"] == SPEND or (one["measure"] == CAC and (key == "part" or one["factor"] == WHOLE))
    column = Column(key, unit, (one[key],), currency="spend" if is_spend else "amounts")
    if unit == "money":
        return setting.formats.for_column(column).compact_money(one[key])
    return setting.formats.of(column, setting.cell_width - PADDING, styles.SIZE).number_format
