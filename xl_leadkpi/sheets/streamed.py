"""A worksheet whose many rows go straight to the file: Funnel_Data may have a hundred thousand.

XlsxWriter keeps every cell as an object until the workbook is closed; its constant-memory mode keeps none, but then has
no Excel tables. Here the header is a cell like any other, and the rows below are turned into XML a column at a time.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from xl_leadkpi.sheets.layout import address, column_letters
from xl_leadkpi.sheets.text_cells import LONGEST, escaped_text, safe_text
from xl_leadkpi.sheets.worksheet import PlainSheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlsxwriter.format import Format

    from xl_leadkpi.sheets.layout import Area

ROWS_AT_ONCE = 4096
_SPECIAL = re.compile("[\x00-\x1e&<>\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|\x1f\\s|\\s\x1f|\x1f\x1f")
"""What keeps texts, joined by a separator, from being written as they are: markup, outer spaces, escapes ..."""


class StreamedSheet(PlainSheet):
    """A worksheet with one block of rows that is never kept as cells."""

    _area: Area | None = None
    _formats: Sequence[Format] = ()

    def stream(self, area: Area, formats: Sequence[Format]) -> None:
        """Take the rows; they are written when the workbook is closed."""
        self._area, self._formats = area, formats
        self._check_dimensions(area.last_row, area.last_column)

    def add_table(self, first_row: int, first_col: int, last_row: int, last_col: int, options: Any = None) -> Any:
        """Add a table without the look at each of its cells that would take longer than writing them."""
        result = super().add_table(first_row, first_col, first_row + 1, last_col, options)
        table = self.tables[-1]
        whole = f"{address(first_row, first_col)}:{address(max(last_row, first_row + 1), last_col)}"
        table["range"] = table["a_range"] = whole
        if table["autofilter"]:
            table["autofilter"] = whole
        return result

    def _write_rows(self) -> None:
        area = self._area
        assert area is not None
        self.dim_rowmax = area.row - 1
        super()._write_rows()
        self.dim_rowmax = area.last_row
        indexes = [cell_format._get_xf_index() for cell_format in self._formats]  # noqa: SLF001
        letters = [column_letters(area.column + i) for i in range(len(area.cells))]
        for start in range(0, area.height, ROWS_AT_ONCE):
            stop = min(start + ROWS_AT_ONCE, area.height)
            numbers = range(area.row + start + 1, area.row + stop + 1)
            columns = [
                _cells_xml(cells.values[start:stop], letter, index, numbers)
                for cells, letter, index in zip(area.cells, letters, indexes, strict=True)
            ]
            rows = map("".join, zip(*columns, strict=True))
            self.fh.write("".join([f'<row r="{n}">{row}</row>' for n, row in zip(numbers, rows, strict=True)]))


def _cells_xml(values: Sequence[Any], letter: str, index: int, numbers: range) -> list[str]:
    """One column of cells, each as the XML of its cell; an empty cell is left out."""
    head, tail = f' s="{index}"', "</v></c>"
    if str in set(map(type, values)):
        head, tail = f' s="{index}" t="inlineStr"><is>', "</is></c>"
        return [
            "" if text is None else f'<c r="{letter}{n}"{head}{text}{tail}'
            for n, text in zip(numbers, _texts_xml(values), strict=True)
        ]
    return [
        "" if value is None or value - value != 0 else f'<c r="{letter}{n}"{head}><v>{value!r}{tail}'
        for n, value in zip(numbers, values, strict=True)
    ]


def _texts_xml(values: Sequence[str | None]) -> list[str | None]:
    """Texts as XML, each distinct one looked at once, and none where nothing in them asks for it."""
    distinct = {value for value in values if value is not None}
    longest = max(map(len, distinct), default=0)
    if longest * 2 <= LONGEST and not _SPECIAL.search("\x1f".join(("", *distinct, ""))):
        return [None if value is None else f"<t>{value}</t>" for value in values]
    xml = {value: _text_xml(value) for value in distinct}
    return [None if value is None else xml[value] for value in values]


def _text_xml(text: str) -> str:
    """A text as XML."""
    escaped = escape(escaped_text(safe_text(text)), quote=False)
    kept = ' xml:space="preserve"' if escaped != escaped.strip() else ""
    return f"<t{kept}>{escaped}</t>"
