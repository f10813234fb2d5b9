"""Figures behind the charts, on a hidden sheet: a formula a figure, so that charts follow the tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.canvas import Canvas
from xl_leadkpi.sheets.formulas import Place, ratio_formula, shown_value
from xl_leadkpi.sheets.layout import Area, Cells, Range, Style, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.funnel.report import Block
    from xl_leadkpi.sheets.layout import Sheet
    from xl_leadkpi.sheets.tables import Setting

CHART_SHEET = "Funnel_Charts"


class ChartData:
    """Hands out ranges of the hidden sheet, one set of columns below the other."""

    def __init__(self) -> None:
        self.canvas = Canvas(CHART_SHEET)
        self._row = 0

    def columns(
        self, title: str, *columns: tuple[str, Sequence[Any], Sequence[str | None] | None]
    ) -> tuple[Range, ...]:
        """Place columns side by side, each ``(header, values, formulas)``, and return the range of each."""
        height = len(columns[0][1])
        self.canvas.put(self._row, 0, title, styles.HEADING)
        self.canvas.put_row(
            self._row + 1, 0, [header for header, _, _ in columns], [styles.LABEL_HEADER] * len(columns)
        )
        first = self._row + 2
        cells = tuple(Cells(tuple(values), Style(), formulas and tuple(formulas)) for _, values, formulas in columns)
        self.canvas.areas.append(Area(first, 0, cells))
        self._row = first + height + 1
        return tuple(self.canvas.range(first, i, first + height - 1, i) for i in range(len(columns)))

    def block(self, block: Block, setting: Setting, fetched: Mapping[str, Place] | None = None) -> dict[str, Place]:
        """Place a whole block as an Excel table and return where its columns stand as other sheets call them.

        Args:
            block: The block.
            setting: How ratios are written.
            fetched: Where the first row of some columns stands already: it is fetched from there.
        """
        top = self._row
        own = {column.key: Place(top + 1, i, ratio=column.ratio is not None) for i, column in enumerate(block.columns)}
        cells = []
        for column in block.columns:
            formulas: list[str | None] = [
                None if value is None or not column.ratio else ratio_formula(column.ratio, i, own, setting.formulas)
                for i, value in enumerate(column.values)
            ]
            is_known = bool(column.values) and column.values[0] is not None
            if fetched and column.key in fetched and is_known and setting.formulas != "values":
                formulas[0] = f"Funnel!{fetched[column.key].cell()}"
            values = tuple(shown_value(value, column.ratio, setting.formulas) for value in column.values)
            number_format = setting.formats.month if column.unit == "month" else "General"
            cells.append(Cells(values, Style(number_format=number_format), tuple(formulas)))
        names = tuple(column.key for column in block.columns)
        self.canvas.put_row(top, 0, names, [styles.LABEL_HEADER] * len(names))
        self.canvas.areas.append(Area(top + 1, 0, tuple(cells)))
        last = top + len(block)
        self.canvas.tables.append(Table(block.name, self.canvas.range(top, 0, last, len(names) - 1), names))
        self._row = last + 2
        return {key: replace(place, sheet=CHART_SHEET) for key, place in own.items()}

    def sheet(self) -> Sheet:
        """The hidden sheet."""
        return self.canvas.sheet(widths=((0, 40, 90),), hidden=True)
