"""A KPI at the selected cell, its arguments taken from the headers beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from xl_leadkpi.addin.selection import SelectionError, rectangle, used_cells
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.leads.cells.vocabulary import header_key, vocabulary
from xl_leadkpi.locales import in_every_language
from xl_leadkpi.sheets.hosts import host_of
from xl_leadkpi.sheets.layout import address
from xl_leadkpi.sheets.rectangles import Rectangle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.kpis.declaration import Argument, Kpi

_SYNONYMS = {
    "spend": ("cost", "ad spend", "budget spent", "marketing spend", "media spend"),
    "leads": ("new leads", "lead count", "number of leads", "leady", "liczba leadow", "лиды", "лидов"),
    "mqls": ("mql",),
    "sqls": ("sql",),
    "sqos": ("sqo",),
    "won": ("wins", "won deals", "deals won", "closed won", "won opps"),
    "lost": ("losses", "lost deals", "deals lost", "closed lost", "lost opps"),
    "open_opps": ("open", "open opportunities", "open deals"),
    "opportunities": ("opps", "opportunity", "deals"),
    "customers": ("new customers", "clients", "won"),
    "new_customers": ("customers", "clients", "won"),
    "marketing_cost": ("spend", "cost", "marketing spend"),
    "cost": ("spend",),
    "revenue": ("sales", "won amount", "turnover"),
    "conversions": ("converted",),
    "total": ("all",),
}
"""Headers that people write for an argument, beside its own name and the workbook's own headers."""

_FIELDS = {"spend": "sp_spend", "clicks": "sp_clicks", "impressions": "sp_impressions", "conversions": "sp_conversions"}
"""Arguments that are columns of advertising exports, in seven languages."""


@dataclass(frozen=True, slots=True)
class Around:
    """The table around a cell.

    Attributes:
        region: Its cells.
        columns: Key of a header to the column below it.
        rows: Key of a label in the first column to its row.
    """

    region: Rectangle
    columns: Mapping[str, int]
    rows: Mapping[str, int]


def insert(book: Any, name: str) -> str:
    """Write a KPI's formula into the selected cell, or into each cell of a selected column.

    Args:
        book: The open workbook (``xlwings.Book``).
        name: The KPI.

    Returns:
        What is left to do for the user, ``""`` for nothing.

    Raises:
        SelectionError: The selection cannot take a formula.
    """
    kpi = CATALOGUE[name]
    host = host_of(book)
    chosen = host.selection()
    if chosen is None or "," in chosen.address:
        raise SelectionError(f"Select one cell, or cells of one column, for {name}.")
    sheet = chosen.sheet
    cells = rectangle(chosen.address)
    if cells.last_row > cells.row:
        used = used_cells(sheet)
        cells = cells._replace(row=max(cells.row, used.row), last_row=min(cells.last_row, used.last_row))
    if cells.column != cells.last_column or cells.row > cells.last_row:
        raise SelectionError(f"Select one cell, or cells of one column, for {name}.")
    target = sheet.range(str(cells))
    there = target.options(ndim=2, err_to_str=True).value
    if any(value is not None for row in there for value in row):
        raise SelectionError(f"{sheet.name}!{cells} is not empty. Select an empty cell for {name}.")
    around = look_around(sheet, cells)
    missing: list[str] = []
    formulas = [[formula(kpi, around, row, cells.column, missing)] for row in range(cells.row, cells.last_row + 1)]
    host.write(target, formulas)
    if not missing:
        return ""
    names = " and ".join(dict.fromkeys(missing))
    return f"{name}: no header beside the cell was recognised for {names}. Replace the name in the formula by a cell."


def look_around(sheet: Any, cells: Rectangle) -> Around:
    """Read the headers above and the labels left of a cell."""
    # The cell itself may stand just outside of the table it is to complete, right of it or below.
    near = [sheet.range((max(cells.row, 1), cells.column + 1)), sheet.range((cells.row + 1, max(cells.column, 1)))]
    regions = [rectangle(cell.current_region.address) for cell in near]
    region = max(regions, key=lambda one: (one.last_row - one.row + 1) * (one.last_column - one.column + 1))
    values = sheet.range(str(region)).options(ndim=2, err_to_str=True).value
    columns: dict[str, int] = {}
    top = next((i for i, row in enumerate(values) if sum(isinstance(cell, str) for cell in row) >= 2), 0)
    if region.row + top < cells.row:
        for column, cell in enumerate(values[top], start=region.column):
            if isinstance(cell, str) and column != cells.column:
                columns.setdefault(header_key(cell), column)
    rows: dict[str, int] = {}
    for row, line in enumerate(values, start=region.row):
        if isinstance(line[0], str) and row != cells.row:
            rows.setdefault(header_key(line[0]), row)
    return Around(region._replace(row=region.row + top), columns, rows)


def formula(kpi: Kpi, around: Around, row: int, column: int, missing: list[str]) -> str:
    """Write the formula of one cell; arguments without a header stand by their name and are added to ``missing``."""
    written: list[str] = []
    for argument in kpi.arguments:
        place = _place(argument, around, row, column)
        if place is None and argument.optional:
            break  # optional arguments stand at the end
        if place is None:
            missing.append(argument.name)
        written.append(place or argument.name)
    return f"={kpi.name}({','.join(written)})"


def _place(argument: Argument, around: Around, row: int, column: int) -> str | None:
    region = around.region
    for key in headers_of(argument.name):
        if key in around.columns:
            found = around.columns[key]
            if argument.is_range:
                return str(Rectangle(region.row + 1, found, region.last_row, found))
            return address(row, found)
    if argument.is_range:
        return None
    return next((address(around.rows[key], column) for key in headers_of(argument.name) if key in around.rows), None)


@cache
def headers_of(argument: str) -> tuple[str, ...]:
    """Keys of the headers that an argument may stand under, its own name first.

    >>> headers_of("spend")[:2]
    ('spend', 'cost')
    """
    shown = [text for key in (f"column.{argument}", f"card.{argument}") for text in in_every_language("funnel", key)]
    fields = vocabulary()["spend"].get(_FIELDS.get(argument, ""), [])
    names = [argument.replace("_", " "), *_SYNONYMS.get(argument, ()), *shown, *fields]
    return tuple(dict.fromkeys(map(header_key, names)))
