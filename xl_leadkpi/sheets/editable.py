"""What the sheets Settings and Funnel_Map have in common: tables whose shaded cells the user may edit.

Writer (:mod:`settings_sheet`, :mod:`map_sheet`) and reader (:mod:`edits`) must agree. An edit is a cell that differs
from what the program had decided by itself, which stands beside it; so the edits of a first run are still edits after a
second one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from xl_leadkpi.leads.model.reports import REPORT_KINDS
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.canvas import Canvas
from xl_leadkpi.sheets.layout import Area, Cells, Link, Print, Table, footer_text
from xl_leadkpi.sheets.measure import lines_needed
from xl_leadkpi.sheets.tables import LINE, PADDING, unique_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xl_leadkpi.funnel.report import FunnelReport
    from xl_leadkpi.leads.model.options import StagesWanted
    from xl_leadkpi.sheets.chart_data import ChartData
    from xl_leadkpi.sheets.layout import Sheet, Style
    from xl_leadkpi.sheets.tables import Setting

MAP_SHEET, SETTINGS_SHEET = "Funnel_Map", "Settings"
PERIOD, FILTERS_TABLE, PARAMETERS, STAGES, CHANNELS, TARGETS = (
    "tblPeriod",
    "tblFilters",
    "tblParameters",
    "tblStages",
    "tblChannels",
    "tblTargets",
)
COLUMNS, WORDS, QUALITY, BACKWARDS = "tblColumns", "tblStageWords", "tblQuality", "tblBackward"
EDITABLE_TABLES = {
    **dict.fromkeys((PERIOD, FILTERS_TABLE, PARAMETERS, TARGETS, STAGES, CHANNELS), SETTINGS_SHEET),
    **dict.fromkeys((COLUMNS, WORDS), MAP_SHEET),
}
"""Tables with cells to edit, and the sheets they are on."""
WIDTHS = (270, 170, 170, 90, 170, 270, 270, 270)
LONGEST_LIST = 255
"""Letters of a list of choices that Excel takes as a text; a longer one stands in cells."""
BETWEEN_WORDS = " | "
"""Stands between the words of a stage in one cell."""
BETWEEN_FILTERS = "; "
"""Stands between several filters in one cell."""
EDITED = "with edits of Settings or Funnel_Map"
"""Category, among a file's properties, of a workbook that was made with edits of an earlier one."""
UNUSED = "-"
"""Stands in the field column of a column that is not used, as in ``--map FIELD=-``."""
FILTERS = ("pipeline", "where", "exclude")
"""Parameters that say which rows are counted: one sales pipeline, conditions, words of stages that are left out."""
MODES: tuple[StagesWanted, ...] = ("auto", "own", "canonical")
"""Which stages may be asked for."""
TABLES = ("leads", "deals", "spend", "touches", *REPORT_KINDS)
"""Tables in the order in which their columns are listed."""
TABLE_CHOICES = ("spend_table", "touches_table")
"""Parameters that only an open workbook has: where spend and touches are taken from."""
CHOICES = {
    "reach": ("filled", "exact", "strict"),
    "win_basis": ("closed", "all", "cohort"),
    "amount_per": ("auto", "once", "month", "year"),
}


@dataclass(frozen=True, slots=True)
class TableChoice:
    """Names of the sheets or Excel tables of an open workbook that spend or touches come from; ``""`` for none.

    Attributes:
        taken: Those in force.
        found: Those that are found without the user.
    """

    taken: str
    found: str


class EditableSheet:
    """Places tables with cells to edit, one below the other.

    Attributes:
        name: Name of the sheet.
        titled: What its title and its first lines are called among the texts.
    """

    name: str
    titled: str

    def __init__(self, report: FunnelReport, setting: Setting, data: ChartData) -> None:
        self.report = report
        self.setting = setting
        self.texts = setting.texts
        self.data = data
        self.canvas = Canvas(self.name)
        self.row = 3

    def place(self) -> None:
        """Place the tables."""
        raise NotImplementedError

    def finished(self) -> Sheet:
        """The sheet with all its tables."""
        canvas, title = self.canvas, self.texts(f"{self.titled}.title")
        canvas.heights[0] = 36
        canvas.put(0, 1, title, styles.TITLE)
        canvas.put(1, 1, self.texts(f"{self.titled}.how"), styles.SUBTITLE)
        canvas.links.append(Link(2, 1, self.texts("sheet.back"), "'Funnel'!A1", styles.LINK))
        self.place()
        return canvas.sheet(
            widths=((0, 0, 14), *((i, i, width) for i, width in enumerate(WIDTHS, start=1))),
            freeze=(1, 0),
            printing=Print(footer=footer_text(title, self.texts("sheet.page"))),
        )

    def _table(
        self, name: str, headers: Sequence[str], columns: Sequence[Sequence[Any]], formats: Sequence[Style]
    ) -> int:
        """Place a section's heading and table; return the row of its first line."""
        canvas = self.canvas
        self.row += 1
        canvas.at_least(self.row, 28)
        canvas.put(self.row, 1, self.texts(f"map.{name}"), styles.HEADING)
        canvas.put_row(self.row, 2, (None,) * (len(WIDTHS) - 1), [styles.HEADING] * (len(WIDTHS) - 1))
        titles = unique_headers(headers)
        top = self.row + 1
        aligned = [replace(styles.LABEL_HEADER, align=style.align, indent=style.indent) for style in formats]
        canvas.put(top, 0, name, styles.HIDDEN)
        canvas.put_row(top, 1, titles, aligned)
        lines = max(
            lines_needed(text, width - PADDING, styles.SMALL) for text, width in zip(titles, WIDTHS, strict=False)
        )
        canvas.at_least(top, 4 + LINE * lines)
        first = top + 1
        height = max(len(columns[0]), 1)
        cells = tuple(Cells(tuple(values) or (None,), style) for values, style in zip(columns, formats, strict=True))
        canvas.areas.append(Area(first, 1, cells))
        for i in range(len(columns[0])):
            lines = max(
                lines_needed(str(one.values[i] or ""), width - PADDING, one.style.size) if one.style.wrap else 1
                for one, width in zip(cells, WIDTHS, strict=False)
            )
            if lines > 1:
                canvas.at_least(first + i, 4 + LINE * min(lines, 12))
        place = canvas.range(top, 1, first + height - 1, len(columns))
        canvas.tables.append(Table(name, place, titles))
        self.row = first + height
        return first

    def _headers(self, *keys: str) -> list[str]:
        return [self.texts(f"map.column_{key}") for key in keys]

    def _word(self, value: Any) -> Any:
        """A value of a parameter: one to choose from in the reader's word for it."""
        return self.texts.known(f"choice.{value}", value) if isinstance(value, str) else value


def as_cell(value: Any) -> Any:
    """A value as a cell has it: days as texts, for whatever a cell is formatted as."""
    return value.isoformat() if isinstance(value, date) else value
