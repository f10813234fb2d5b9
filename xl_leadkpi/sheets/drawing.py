"""What a sheet of a layout asks of an open workbook, worked out before the first call into it.

A call into Excel costs more than a thousand cells inside it. So values are put together into whole blocks, and formats
are turned round: not "this cell is bold, grey and small" but "these cells are bold", all of them in one call.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from xl_leadkpi.cells.days import day_number, moment_number
from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.sheets.layout import Area, Cells, Range, Style, column_letters
from xl_leadkpi.sheets.palette import FAINT, INK
from xl_leadkpi.sheets.rectangles import Rectangle, merged, parse
from xl_leadkpi.sheets.styles import SIZE
from xl_leadkpi.sheets.text_cells import safe_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from xl_leadkpi.sheets.layout import Choice, Condition, Layout, Sheet

FONT = "Calibri"
_TRUTHS = (
    "true|false|prawda|fałsz|истина|ложь|wahr|falsch|vrai|faux|verdadero|falso|vero|verdadeiro|waar|onwaar|sant|falskt|"
    "sand|falsk|sann|usann|tosi|epätosi|pravda|nepravda|igaz|hamis|doğru|yanlış|adevărat|fals"
)
"""What Excel takes for true and false in one of its languages."""
_NOT_TEXT_TO_EXCEL = re.compile(rf"[=+\-@']|.*\d|#|(?:{_TRUTHS})$", re.IGNORECASE | re.DOTALL)

_LINES = ("top", "tops", "bottom", "bottoms")
_USUAL = {"font": FONT, "size": SIZE, "ink": INK, "horizontal": "left", "vertical": "center"}
"""Properties that every cell has, with the value that goes to all of them first."""

Rows = list[list[Any]]


@dataclass(frozen=True, slots=True)
class Block:
    """Cells that are written in one call: numbers, text, ``=formula``, None for an empty cell."""

    place: Rectangle
    rows: Rows


@dataclass(frozen=True, slots=True)
class Look:
    """One property with one value, and all the cells that have it."""

    name: str
    value: Any
    places: list[Rectangle]


def areas(sheet: Sheet) -> tuple[Area, ...]:
    """All areas of a sheet, its thousands of rows included."""
    return (*sheet.areas, sheet.bulk) if sheet.bulk else sheet.areas


def footprint(sheet: Sheet) -> list[Rectangle]:
    """Which cells of the sheet are the layout's; all others are the user's."""
    taken = [Rectangle(one.row, one.column, one.last_row, one.last_column) for one in areas(sheet) if one.height]
    links = [Rectangle(link.row, link.column, link.row, link.column) for link in sheet.links]
    return merged([*taken, *(one for one in links if not any(one.overlaps(other) for other in taken))])


def hull(places: Iterable[Rectangle]) -> Rectangle | None:
    """The smallest rectangle around all of them."""
    rows, columns, last_rows, last_columns = zip(*places, strict=True) if (places := list(places)) else ((),) * 4
    return Rectangle(min(rows), min(columns), max(last_rows), max(last_columns)) if places else None


def targets(sheet: Sheet) -> list[Rectangle]:
    """The rectangles that are written in one call each, as long as no cell of the user's stands in them."""
    cells = hull(footprint(replace(sheet, bulk=None)))
    bulk = sheet.bulk if sheet.bulk and sheet.bulk.height else None
    below = [Rectangle(bulk.row, bulk.column, bulk.last_row, bulk.last_column)] if bulk else []
    return merged([cells, *below] if cells else below)


def blocks(
    sheet: Sheet, kept: Iterable[tuple[int, int]], names: Mapping[str, str], final: Mapping[str, str] | None = None
) -> Iterator[Block]:
    """The cells to write: one block for all and one for the rows by the thousand, or several around user's cells.

    Args:
        sheet: The sheet.
        kept: Cells that must not be written, not even with nothing.
        names: Name of each sheet of the layout in the workbook; formulas follow.
        final: The same for targets of links, which do not follow when a sheet is renamed; None: they are the same.
    """
    links = [
        Area(one.row, one.column, (Cells((one.text,), one.style, (one.formula(rename(one.target, final or names)),)),))
        for one in sheet.links
    ]
    parts = [
        (Rectangle(one.row, one.column, one.last_row, one.last_column), one)
        for one in (*areas(sheet), *links)
        if one.height
    ]
    kept = list(kept)
    for target in targets(sheet):
        places = [target]
        if any(target.holds(*cell) for cell in kept):
            places = [place for place in footprint(sheet) if target.overlaps(place)]
        for place in places:
            inside = [(one, area) for one, area in parts if place.overlaps(one)]
            if len(inside) == 1 and inside[0][0] == place:
                yield Block(place, _rows(inside[0][1], names))
                continue
            width = place.last_column - place.column + 1
            rows: Rows = [[None] * width for _ in range(place.last_row - place.row + 1)]
            for one, area in inside:
                left = one.column - place.column
                for row, values in enumerate(_rows(area, names), start=one.row - place.row):
                    rows[row][left : left + len(values)] = values
            yield Block(place, rows)


def _rows(area: Area, names: Mapping[str, str]) -> Rows:
    return list(map(list, zip(*(_column(cells, names) for cells in area.cells), strict=True)))


def _column(cells: Cells, names: Mapping[str, str]) -> Sequence[Any]:
    values = cells.values
    text_format = cells.style.number_format == "@"
    if not set(map(type, values)) <= {int, float, type(None)}:
        values = [_plain(value, text_format=text_format) for value in values]
    if cells.formulas is None:
        return values
    return [
        value if formula is None else f"={rename(formula, names)}"
        for value, formula in zip(values, cells.formulas, strict=True)
    ]


def _plain(value: Any, *, text_format: bool) -> Any:
    """What goes into a cell for a value of the layout."""
    if isinstance(value, str):
        value = safe_text(value)
        # Excel reads what is put into a cell as if it were typed; the apostrophe says that it is text and vanishes.
        risky = value[:1] in "=+-@'" if text_format else _NOT_TEXT_TO_EXCEL.match(value)
        return f"'{value}" if value and risky else value
    if isinstance(value, dt.datetime):
        return moment_number(value)
    if isinstance(value, dt.date):
        return day_number(value)
    if isinstance(value, CellError):
        return f"={value}"
    return value


def rename(formula: str, names: Mapping[str, str]) -> str:
    """Point a formula to the sheets as they are called in the workbook; texts in it stay.

    >>> print(rename('SUM(Funnel!A1:A3)&"Funnel!"', {"Funnel": "Funnel 2"}))
    SUM('Funnel 2'!A1:A3)&"Funnel!"
    """
    if "!" not in formula or all(old == new for old, new in names.items()):
        return formula
    parts = re.split(r'("(?:[^"]|"")*")', formula)
    for i in range(0, len(parts), 2):
        for old, new in names.items():
            pattern = rf"(?:'{re.escape(old)}'|(?<![\w'.]){re.escape(old)})!"
            parts[i] = re.sub(pattern, lambda _, new=new: quoted(new) + "!", parts[i])
    return "".join(parts)


def quoted(name: str) -> str:
    """Name of a sheet as formulas write it.

    >>> quoted("Team's")
    "'Team''s'"
    """
    return "'" + name.replace("'", "''") + "'"


def looks(sheet: Sheet, *, gaps: bool = False) -> Iterator[Look]:
    """Every property of the sheet's cells with the cells that have it, the number formats first.

    Of the properties that every cell has, the usual value goes to all cells before the others go to theirs: so many
    properties are set on the same range. What is already so on a fresh sheet (upright, no fill, no wrap) is left out,
    and of a hidden sheet all but the number formats.

    Args:
        sheet: The sheet.
        gaps: The cells between ours may get the usual values too: nobody has used them yet.
    """
    cells = [
        (Rectangle(area.row, area.column + i, area.last_row, area.column + i), column.style)
        for area in areas(sheet)
        if area.height
        for i, column in enumerate(area.cells)
    ]
    taken = {place[:2] for place, _ in cells}
    cells += [
        (Rectangle(link.row, link.column, link.row, link.column), link.style)
        for link in sheet.links
        if (link.row, link.column) not in taken
    ]
    found: dict[str, dict[Any, list[Rectangle]]] = {}
    for place, style in cells:
        for name, value in _properties(style, many=place.last_row > place.row):
            if sheet.hidden and name != "number_format":
                continue
            found.setdefault(name, {}).setdefault(value, []).append(place)
    everywhere = merged(place for place, _ in cells)
    if gaps and (whole := hull(everywhere)):
        everywhere = [whole]
    for name in sorted(found, key=lambda name: name not in _USUAL):
        values = found[name]
        if name in _USUAL:
            values.pop(_USUAL[name], None)
            yield Look(name, _USUAL[name], everywhere)
        for value, places in values.items():
            # borders between rows differ with the height of a rectangle, so these are not joined one below the other
            yield Look(name, value, merged(places, below=name not in _LINES))


def lists_in_cells(layout: Layout) -> Layout:
    """The layout with all values to choose from in cells: how a list is written out depends on the user's country.

    They stand on the hidden sheet, else right of everything on their own, a column each.
    """
    home = next((sheet for sheet in layout.sheets if sheet.hidden), None)
    added: dict[str, list[Area]] = {}
    places: dict[tuple[str, tuple[str, ...]], Range] = {}

    def source(sheet: Sheet, choice: Choice) -> Choice:
        if not choice.values:
            return choice
        host = home or sheet
        key = host.name, choice.values
        if key not in places:
            areas_there = added.setdefault(host.name, [])
            taken = hull(footprint(host))
            column = (taken.last_column + 2 if taken else 0) + len(areas_there)
            areas_there.append(Area(0, column, (Cells(choice.values, Style(number_format="@", color=FAINT)),)))
            places[key] = Range(host.name, 0, column, len(choice.values) - 1, column)
        return replace(choice, values=(), source=places[key])

    sheets = [
        replace(sheet, choices=tuple(source(sheet, choice) for choice in sheet.choices)) for sheet in layout.sheets
    ]
    return replace(layout, sheets=tuple(replace(one, areas=(*one.areas, *added.get(one.name, ()))) for one in sheets))


@dataclass(frozen=True, slots=True)
class Rule:
    """A conditional format of several ranges; its formula is written for the first cell of the first."""

    places: tuple[Rectangle, ...]
    condition: Condition


def rules(sheet: Sheet) -> list[Rule]:
    """The conditional formats, those with the same formula seen from their own cells put together."""
    alike: dict[tuple[Any, ...], dict[int, Condition]] = {}
    for number, one in enumerate(sheet.conditions):
        forms = [one.formula]
        if one.place.column == one.place.last_column:  # there it is all the same whether a column is fixed
            forms.append(unfixed(one.formula))
        for formula in forms:
            seen = relative(formula, one.place.row, one.place.column)
            alike.setdefault((seen, one.color, one.fill, one.stop), {})[number] = replace(one, formula=formula)
    found: dict[int, Rule] = {}
    while alike:
        most = alike.pop(max(alike, key=lambda key: len(alike[key])))
        for others in alike.values():
            for number in most:
                others.pop(number, None)
        if most:
            places = (one.place for one in most.values())
            found[min(most)] = Rule(
                tuple(Rectangle(p.row, p.column, p.last_row, p.last_column) for p in places), most[min(most)]
            )
    return [found[number] for number in sorted(found)]


def relative(formula: str, row: int, column: int) -> str:
    """A formula as seen from a cell: its relative references as distances.

    >>> relative("AND(B3>0,$A$1<B$2)", 2, 0) == relative("AND(D8>0,$A$1<D$2)", 7, 2)
    True
    """

    def distance(match: re.Match[str]) -> str:
        fixed_column, letters, fixed_row, digits = match.groups()
        place = parse(letters + digits)[0]
        across = letters if fixed_column else f"[{place.column - column}]"
        return f"R{digits if fixed_row else f'[{place.row - row}]'}C{across}"

    return _references(formula, distance)


def shifted(formula: str, down: int, right: int) -> str:
    """A formula as it reads so many rows and columns further on.

    >>> shifted('AND($B3>0,A$1<SUM($A$1:B2),"A1")', 4, 1)
    'AND($B7>0,B$1<SUM($A$1:C6),"A1")'
    """

    def moved(match: re.Match[str]) -> str:
        fixed_column, letters, fixed_row, digits = match.groups()
        place = parse(letters + digits)[0]
        across = letters if fixed_column else column_letters(place.column + right)
        return f"{fixed_column}{across}{fixed_row}{digits if fixed_row else place.row + 1 + down}"

    return _references(formula, moved)


def unfixed(formula: str) -> str:
    """A formula without the marks that fix the columns of its references.

    >>> unfixed("N($C5)+$D$6")
    'N(C5)+D$6'
    """
    return _references(formula, lambda match: "".join(match.groups()[1:]))


def _references(formula: str, written: Callable[[re.Match[str]], str]) -> str:
    """Write every reference of a formula anew; texts in it stay."""
    parts = re.split(r'("(?:[^"]|"")*")', formula)
    parts[::2] = [re.sub(r"(?<![\w.])(\$?)([A-Z]{1,3})(\$?)(\d+)(?![\w(])", written, part) for part in parts[::2]]
    return "".join(parts)


def _properties(style: Style, *, many: bool) -> Iterator[tuple[str, Any]]:
    yield "font", FONT
    yield "size", style.size
    yield "ink", style.color
    yield "horizontal", style.align
    yield "vertical", style.valign
    if style.number_format != "General":
        yield "number_format", style.number_format
    for name in ("bold", "italic", "wrap", "indent", "underline", "fill"):
        value = getattr(style, name)
        if value:
            yield name, value
    for side in ("top", "bottom"):
        line = getattr(style, side)
        if line:
            yield side + "s" * many, line
