"""What a user means by what she has selected: from one cell, whole columns or the rows a filter shows, to a table.

Nothing here writes to the workbook.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.leads.recognition.columns import recognise
from xl_leadkpi.leads.recognition.headers import HEADER_ROWS, ExpectedHeaders, find_header, header_score
from xl_leadkpi.locales import in_every_language
from xl_leadkpi.sheets.drawing import quoted
from xl_leadkpi.sheets.layout import column_letters
from xl_leadkpi.sheets.rectangles import Rectangle

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from xl_leadkpi.leads.recognition.headers import Kind

CUT_ADDRESS = 240
"""From so many characters on Excel may have cut an address of several areas short."""
FEWEST_HEADERS = 2
"""So many recognised headers make a header row."""
WIDEST = 60
"""Columns of another sheet that are looked through for headers of spend or touches."""

SAMPLE = 20
"""Rows below the headers that are looked at."""

_NEEDED: dict[Kind, tuple[str, ...]] = {
    "touches": ("lead_id", "to_time", "to_channel"),
    "spend": ("sp_spend", "sp_date"),
}
_LEADS = ExpectedHeaders("leads", PIPELINE)
_PART = re.compile(r"\$?([A-Z]*)\$?(\d*)")


class SelectionError(Exception):
    """Nothing can be made of the selection; the message says what to select instead."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells of a sheet, read.

    Attributes:
        rows: Values row by row, the header among the first.
        first_row: Number of the first row on the sheet.
        sheet: Name of the sheet.
        address: Where it stands, as the funnel sheet prints it: ``Leads!A1:L500``.
        notes: What the user should know about how the selection was understood.
        grown: Row and column, from 0, of the cell that the table was grown from; None if it is the very selection.
        cells: The cells themselves (``xlwings.Range``); None for rows picked from several areas.
    """

    rows: list[list[Any]]
    first_row: int
    sheet: str
    address: str
    notes: tuple[str, ...] = ()
    grown: tuple[int, int] | None = None
    cells: Any = None


def selected_table(chosen: Any) -> Table:
    """Read the table that the selection means.

    Args:
        chosen: The selected cells (``xlwings.Range``), None if a chart or a picture is selected.

    Raises:
        SelectionError: There is nothing to be made of it.
    """
    if chosen is None:
        raise SelectionError("A chart or a picture is selected. Select a cell of your table of leads and try again.")
    table = table_at(chosen)
    check_header(table)
    return table


def check_header(table: Table) -> None:
    """Refuse a table whose first rows are all data: its headers would be somebody's lead.

    Raises:
        SelectionError: There is no header row.
    """
    place, score = find_header(table.rows, _LEADS)
    if score == 0 and any(cell is not None and not isinstance(cell, str) for cell in table.rows[place]):
        found = ", ".join(str(cell) for cell in table.rows[place][:6] if cell is not None)
        raise SelectionError(
            f"{table.address} has no header row: its first row holds {found}. Write a header such as Lead ID, Created, "
            "Status, Source or Amount above each column and try again."
        )


def table_at(chosen: Any) -> Table:
    """Read the table that a range means.

    Args:
        chosen: One cell of a table, a table with or without its header row, whole columns or rows, or several areas
            of one table (``xlwings.Range``).

    Raises:
        SelectionError: There is nothing to be made of it.
    """
    sheet = chosen.sheet
    text = chosen.address
    used = used_cells(sheet)
    areas = sorted({cut for part in text.split(",") if (cut := _cut(rectangle(part), used))})
    if "," in text:
        if len(text) >= CUT_ADDRESS:
            raise SelectionError(
                f"The selection on {sheet.name} has too many separate areas. Select one cell of the table instead; to "
                "count some of its rows only, copy them to a sheet of their own."
            )
        if not areas:
            raise SelectionError(f"The selected cells of {sheet.name} are empty. Select a cell of your table of leads.")
        if len(areas) > 1:
            return _several(sheet, areas)
    if not areas or areas[0].row == areas[0].last_row or areas[0].column == areas[0].last_column:
        if ":" in text and areas and not _whole(text):
            chosen = chosen[0, 0]
        return _grown(sheet, chosen if areas else None, used)
    if _whole(text):
        return replace(_with_header(sheet, areas[0]), grown=None)
    return _with_header(sheet, areas[0])


def find_tables(book: Any, without: set[str]) -> tuple[list[Table], list[Table]]:
    """Find tables of spend and of touches on the other sheets of the workbook by their headers.

    Args:
        book: The open workbook.
        without: Names of sheets to leave out.

    Returns:
        The tables of spend, the tables of touches.
    """
    found: dict[Kind, list[Table]] = {kind: [] for kind in _NEEDED}
    for sheet in book.sheets:
        if sheet.name in without or not sheet.visible:
            continue
        rows = _top(sheet)
        for kind, needed in _NEEDED.items():
            cell = _table_of(rows, kind, needed)
            if cell is not None:
                found[kind].append(table_at(sheet.range(cell)))
                break
    return found["spend"], found["touches"]


def named_tables(book: Any, text: str, kind: Kind, ours: Collection[str], place: str) -> list[Table]:
    """Read the tables that the user has named, on hidden sheets and beside the leads too.

    Args:
        book: The open workbook.
        text: Name of a sheet or of an Excel table, several with semicolons between, or "none".
        kind: What they are to be: ``spend`` or ``touches``.
        ours: Names of sheets that we have written: their tables are no source.
        place: Where the names were written, for messages.

    Raises:
        SelectionError: There is nothing of such a name.
    """
    if text.strip().casefold() in ("-", *map(str.casefold, in_every_language("funnel", "map.none"))):
        return []
    sheets = {name.strip().casefold(): sheet for sheet in book.sheets if (name := sheet.name) not in ours}
    tables = {table.name.casefold(): table for sheet in sheets.values() for table in sheet.tables}
    names = [text] if text.strip().casefold() in sheets else text.split(";")
    found = []
    for name in filter(None, (name.strip() for name in names)):
        if name.casefold() in tables:
            found.append(table_at(tables[name.casefold()].range[0, 0]))
        elif name.casefold() in sheets:
            sheet = sheets[name.casefold()]
            cell = _table_of(_top(sheet), kind, _NEEDED[kind])
            found.append(table_at(sheet.range(cell) if cell else sheet.used_range[0, 0]))
        else:
            there = ", ".join(sheet.name for sheet in sheets.values())
            raise SelectionError(
                f"{place}: there is no sheet and no Excel table called '{name}'. Write the name of a sheet ({there}) "
                "or of an Excel table, several with ; between, or none; empty the cell to have them looked for."
            )
    return found


def _top(sheet: Any) -> list[list[Any]]:
    rows = sheet.range((1, 1), (HEADER_ROWS + SAMPLE, WIDEST)).options("raw").value
    return [list(row) for row in rows]


def _table_of(rows: list[list[Any]], kind: Kind, needed: Sequence[str]) -> tuple[int, int] | None:
    """First cell of the header row of a table of this kind, from 1; None if the rows hold none."""
    place, score = find_header(rows, _expected(kind))
    if score < FEWEST_HEADERS:
        return None
    headers = ["" if cell is None else str(cell) for cell in rows[place]]
    below = rows[place + 1 :]
    known = recognise(headers, [[row[i] for row in below] for i in range(len(headers))], kind, PIPELINE)
    if not all(field in known.position for field in needed):
        return None
    if header_score(rows[place], _LEADS) > score + 1:
        return None  # a table of leads that has a column of costs
    return place + 1, min(known.position.values()) + 1


def _expected(kind: Kind) -> ExpectedHeaders:
    return ExpectedHeaders(kind, PIPELINE)


# areas ----------------------------------------------------------------------------------------------------------------


def rectangle(address: str) -> Rectangle:
    """Read ``$A$1:$B$9``, whole columns ``$A:$C`` or whole rows ``$2:$7``."""
    first, _, last = address.partition(":")
    (left, top), (right, bottom) = (_PART.fullmatch(part).groups() for part in (first, last or first))  # type: ignore[union-attr]
    columns = (_column(left), _column(right)) if left else (0, 16383)
    rows = (int(top) - 1, int(bottom) - 1) if top else (0, 1048575)
    return Rectangle(rows[0], columns[0], rows[1], columns[1])


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _whole(address: str) -> bool:
    """Whether the address is of whole rows or columns."""
    return not all(part.strip("$").isalnum() and any(map(str.isdigit, part)) and any(map(str.isalpha, part))
                   for part in address.split(":"))  # fmt: skip


def used_cells(sheet: Any) -> Rectangle:
    """The cells of a sheet that hold anything."""
    return rectangle(sheet.used_range.address)


def _cut(area: Rectangle, used: Rectangle) -> Rectangle | None:
    """The part of an area that holds anything: a whole column has a million rows."""
    if not area.overlaps(used):
        return None
    rows = max(area.row, used.row), min(area.last_row, used.last_row)
    columns = max(area.column, used.column), min(area.last_column, used.last_column)
    return Rectangle(rows[0], columns[0], rows[1], columns[1])


def _cells(sheet: Any, area: Rectangle) -> Any:
    return sheet.range((area.row + 1, area.column + 1), (area.last_row + 1, area.last_column + 1))


def _read(cells: Any) -> list[list[Any]]:
    rows: list[list[Any]] = cells.options(ndim=2, err_to_str=True).value
    return rows


def _table(
    sheet: Any, areas: Sequence[Rectangle], rows: list[list[Any]], first_row: int, *notes: str, cells: Any = None
) -> Table:
    name = sheet.name
    written = name if re.fullmatch(r"[^\W\d]\w*", name) else quoted(name)
    where = ",".join(
        f"{column_letters(area.column)}{area.row + 1}:{column_letters(area.last_column)}{area.last_row + 1}"
        for area in areas
    )
    return Table(rows, first_row, name, f"{written}!{where}", notes, cells=cells)


# one cell -------------------------------------------------------------------------------------------------------------


def _grown(sheet: Any, cell: Any, used: Rectangle) -> Table:
    """Grow one cell to its Excel table, else to its region, over blank rows inside the table."""
    table = cell.table if cell is not None else None
    if table is not None:
        area = rectangle(table.range.address)
        if table.show_totals:
            area = area._replace(last_row=area.last_row - 1)
        cells = _cells(sheet, area)
        return replace(_table(sheet, [area], _read(cells), area.row + 1, cells=cells), grown=area[:2])
    region = rectangle(cell.current_region.address) if cell is not None else None
    if region is None or (region.row == region.last_row and region.column == region.last_column):
        region = _cut(used, used)  # a click beside the table: the sheet has only this
    if region is None or region.row == region.last_row:
        raise SelectionError(
            f"There is no table around the selected cell of {sheet.name}. Select a cell of your leads."
        )
    column = region._replace(row=used.row, last_row=used.last_row)
    cells = _cells(sheet, column)
    rows = _read(cells)
    first, last = _over_blank_rows(rows, region.row - used.row, region.last_row - used.row)
    area = column._replace(row=used.row + first, last_row=used.row + last)
    if area != column:
        cells = _cells(sheet, area)
    return replace(_table(sheet, [area], rows[first : last + 1], area.row + 1, cells=cells), grown=area[:2])


def _over_blank_rows(rows: list[list[Any]], first: int, last: int) -> tuple[int, int]:
    """Extend a region over blank rows: down while no new header begins, up to the header if it stands apart."""
    while True:
        following = _next_filled(rows, last + 1, 1)
        if following is None or _begins_something_else(rows, following):
            break
        last = following
        while last + 1 < len(rows) and _filled(rows[last + 1]):
            last += 1
    while not any(header_score(row, _LEADS) >= FEWEST_HEADERS for row in rows[first : first + HEADER_ROWS]):
        before = _next_filled(rows, first - 1, -1)
        if before is None:
            break
        first = before
        while first and _filled(rows[first - 1]):
            first -= 1
    return first, last


def _next_filled(rows: list[list[Any]], start: int, step: int) -> int | None:
    return next((i for i in range(start, len(rows) if step > 0 else -1, step) if _filled(rows[i])), None)


def _filled(row: Sequence[Any]) -> bool:
    return any(cell is not None for cell in row)


def _begins_something_else(rows: list[list[Any]], place: int) -> bool:
    """Whether another table or a remark begins here rather than more of the same rows."""
    filled = sum(cell is not None for cell in rows[place])
    return filled < FEWEST_HEADERS or any(
        header_score(row, _expected(kind)) >= FEWEST_HEADERS
        for row in rows[place : place + 3]
        for kind in ("leads", "spend", "touches")
    )


# more than one cell ---------------------------------------------------------------------------------------------------


def _with_header(sheet: Any, area: Rectangle) -> Table:
    """Rows as selected; where they lack the header row it is taken from the table they belong to."""
    cells = _cells(sheet, area)
    rows = _read(cells)
    if find_header(rows, _LEADS)[1] >= FEWEST_HEADERS or (header := _header_above(sheet, area)) is None:
        return _table(sheet, [area], rows, area.row + 1, cells=cells)
    note = f"The headers were taken from the row above {sheet.name}'s selection."
    return _table(sheet, [area], [header, *rows], area.row, note, cells=cells)


def _header_above(sheet: Any, area: Rectangle) -> list[Any] | None:
    """The header of the table that rows without one belong to."""
    cell = sheet.range((area.row + 1, area.column + 1))
    table = cell.table
    region = rectangle((table.range if table is not None else cell.current_region).address)
    if region.row >= area.row:
        return None
    top = _read(_cells(sheet, area._replace(row=region.row, last_row=min(region.row + HEADER_ROWS, area.row) - 1)))
    place, score = find_header(top, _LEADS)
    return top[place] if score >= FEWEST_HEADERS else None


def _several(sheet: Any, areas: list[Rectangle]) -> Table:
    """Rows of one table (a filter shows them), or columns of one table."""
    if len({(area.column, area.last_column) for area in areas}) == 1:
        first = _with_header(sheet, areas[0])
        rows = first.rows + [row for area in areas[1:] for row in _read(_cells(sheet, area))]
        note = "Only the selected rows are counted; row numbers in the quality list count these rows alone."
        return _table(sheet, areas, rows, first.first_row, *first.notes, note)
    if len({(area.row, area.last_row) for area in areas}) == 1:
        parts = [_cells(sheet, area) for area in areas]
        rows = [[cell for part in line for cell in part] for line in zip(*map(_read, parts), strict=True)]
        return _table(sheet, areas, rows, areas[0].row + 1, cells=parts[0])
    raise SelectionError(
        f"The {len(areas)} selected areas of {sheet.name} belong neither to the same columns nor to the same rows. "
        "Take one cell of the table, or areas of the same columns."
    )
