"""The second writer: a layout becomes sheets of an open workbook, in blocks, whole or not at all.

The first time the sheets are new. Later they are the same sheets: what the user has changed around our cells stays
(column widths, cells of her own, comments), and references to them keep working. If anything goes wrong the workbook
is put back as it was.

Two defined names a sheet say that it is ours and which cells of it: ``leadkpi_Funnel`` follows the sheet when it is
renamed, ``leadkpi_Funnel_cells`` lists the cells written last.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from xl_leadkpi.sheets import drawing
from xl_leadkpi.sheets.hosts import CHARACTER, PADDING, POINTS, host_of
from xl_leadkpi.sheets.layout import column_letters
from xl_leadkpi.sheets.rectangles import Rectangle, addresses, merged, parse, stacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import TracebackType

    from xl_leadkpi.sheets.drawing import Look
    from xl_leadkpi.sheets.hosts import Host
    from xl_leadkpi.sheets.layout import Layout, Sheet

MARK = "leadkpi_"
UNFINISHED, BACKUP = "~new ", "~old "
"""What the name of a sheet begins with while a macro is at work on it."""
LONGEST_TEXT = 255
"""Characters of what a defined name refers to, as Excel takes it from a macro."""
ROW_HEIGHT = 20
"""Pixels."""

_WEIGHTS = {"hair": "hairline"}
_RANGE_PROPERTIES = {
    "number_format": "number_format",
    "fill": "color",
    "horizontal": "horizontal_alignment",
    "vertical": "vertical_alignment",
    "wrap": "wrap_text",
}


class BookError(Exception):
    """The workbook cannot take the sheets; it is as it was before. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Written:
    """What has been written.

    Attributes:
        names: Name of each sheet of the layout in the workbook.
        moved: Addresses to which cells of the user's were moved because a block needed their place.
    """

    names: dict[str, str]
    moved: tuple[str, ...] = ()


def has_name(names: Any, name: str) -> bool:
    """Whether a workbook has a defined name.

    xlwings takes every failure of Excel for a name that is not there, and cells of ours without their names look like
    the user's: only what is missing twice is missing.
    """
    return bool(names.contains(name) or names.contains(name))


def find(book: Any, keys: Iterable[str]) -> dict[str, str]:
    """Find the sheets of an earlier build, whatever they are called now.

    Args:
        book: The open workbook (``xlwings.Book``).
        keys: Names of the sheets in the layout.

    Returns:
        Name in the workbook by name in the layout, of those that are there.
    """
    found, names = {}, book.names
    for key in keys:
        if has_name(names, _mark(key)) and (place := split_reference(names[_mark(key)].refers_to)):
            found[key] = place[0]
    return found


def split_reference(refers_to: str) -> tuple[str, str] | None:
    """Sheet and address of what a defined name refers to; None for a text, and for a sheet that is gone.

    >>> split_reference("='Team''s leads'!$A$1:$B$9")
    ("Team's leads", '$A$1:$B$9')
    >>> split_reference("=#REF!$A$1") is split_reference('="Leads!A1"') is None
    True
    """
    match = re.fullmatch(r"=\$?(?:'((?:[^']|'')+)'|([^'\"!#]+))[!.]((?!#)[^\"!]+)", refers_to)
    if match is None or "[" in refers_to:  # of another workbook
        return None
    return match[1].replace("''", "'") if match[1] else match[2], match[3]


def read_text_name(book: Any, name: str) -> str | None:
    """The text that a defined name stands for, None if it stands for cells."""
    written = book.names[name].refers_to.removeprefix("=")
    if not written.startswith('"'):
        return None
    return "".join(part[1:-1].replace('""', '"') for part in re.findall(r'"(?:[^"]|"")*"', written))


def to_book(
    layout: Layout,
    book: Any,
    *,
    host: Host | None = None,
    ours: Mapping[str, str] | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
    after: str = "",
    progress: Callable[[str], None] = lambda _: None,
) -> Written:
    """Write a layout into an open workbook; on any failure the workbook is as it was before.

    The first sheet of the layout is the active one then, its first cell selected.

    Args:
        layout: The workbook as data.
        book: The open workbook (``xlwings.Book``).
        host: The program behind it; None: it is asked for.
        ours: The sheets of an earlier build as :func:`find` gives them; None: they are looked for.
        names: Further names to define, with what they refer to (sheets by their names in the layout).
        after: Name of the sheet behind which new sheets go; ``""``: behind the last.
        progress: Is told what is being written.

    Returns:
        What was written under which name.

    Raises:
        BookError: The workbook cannot take the sheets.
    """
    host, keys = host or host_of(book), [sheet.name for sheet in layout.sheets]
    if host.lists_in_cells:
        layout = drawing.lists_in_cells(layout)
    ours = find(book, keys) if ours is None else {key: name for key, name in ours.items() if key in keys}
    for name in ours.values():
        if host.is_protected(book.sheets[name]):
            raise BookError(f"{name} is protected. Take the protection off (Review > Unprotect Sheet) and try again.")
    with _Undo(book, host) as undo:
        there = {sheet.name: sheet for sheet in book.sheets}
        undo.sheets = set(there)
        tables = _table_names(layout, [sheet for name, sheet in there.items() if name not in ours.values()])
        taken = {name.casefold() for name in there}
        final = {
            sheet.name: ours.get(sheet.name) or _free_name(sheet.tab or sheet.name, taken) for sheet in layout.sheets
        }
        now = {name: end if name in ours else UNFINISHED + end for name, end in final.items()}
        last = there[after or next(reversed(there))]
        writers: list[_SheetWriter] = []
        for number, sheet in reversed(list(enumerate(layout.sheets))):  # the one added last is the active one
            if sheet.name in ours:
                target = there[ours[sheet.name]]
                listed = undo.keep(target)
            else:
                before, behind = (
                    [there[ours[key]] for key in part if key in ours] for part in (keys[:number], keys[number:])
                )
                # of a workbook that an earlier version has built, a sheet may be new that comes before its others
                place = {"after": before[-1]} if before else {"before": behind[0]} if behind else {"after": last}
                target, listed = undo.add(now[sheet.name], **place), None
            writer = _SheetWriter(target, sheet, host, now, final, tables, undo, listed)
            writer.begin()
            writers.insert(0, writer)
        for writer in writers:
            progress(final[writer.plan.name])
            writer.write()
        for writer in writers:
            writer.finish()
        writers[0].show(activate=bool(ours))
        for name, refers_to in names.items():
            undo.mark(name, drawing.rename(refers_to, final), new=not ours)
        undo.forget()
        for writer in writers:
            writer.drop_old_charts()
    return Written(final, tuple(place for writer in writers for place in writer.moved))


def recover(book: Any, keys: Iterable[str]) -> bool:
    """Put right what a macro left behind that was killed half-way: unfinished sheets go, changed ones come back.

    Returns:
        Whether there was anything.
    """
    leftovers = [name for name in book.sheet_names if name.startswith((UNFINISHED, BACKUP))]
    originals = set(find(book, keys).values()) if leftovers else set()
    for name in leftovers:
        original = name.removeprefix(BACKUP)
        if name.startswith(BACKUP) and original in originals:
            _restore(book, original, name, None)
        book.sheets[name].delete()
    return bool(leftovers)


def _mark(key: str) -> str:
    """Defined name of a sheet of ours."""
    return MARK + key.replace(" ", "_")


def _parts(key: str) -> Iterator[str]:
    """Defined names that list the cells of a sheet of ours, one after the other."""
    yield f"{_mark(key)}_cells"
    yield from (f"{_mark(key)}_cells_{number}" for number in count(2))


def _free_name(name: str, taken: set[str]) -> str:
    number, candidate = 1, name
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{name} {number}"
    taken.add(candidate.casefold())
    return candidate


def _table_names(layout: Layout, others: Iterable[Any]) -> dict[str, str]:
    """Names of tables are unique in a workbook; those of other sheets stay theirs."""
    taken = {table.name.casefold() for sheet in others for table in sheet.tables}
    return {
        table.name: _free_name(table.name, taken).replace(" ", "_") for sheet in layout.sheets for table in sheet.tables
    }


def _as_texts(places: Iterable[Rectangle]) -> list[str]:
    """Formulas that give the addresses as text; a defined name takes 255 characters."""
    return [f'="{part},"' for part in addresses(places, LONGEST_TEXT - 4)] or ['=""']


class _Undo:
    """Everything that has been done to the workbook, to be undone if the work cannot be finished."""

    def __init__(self, book: Any, host: Host) -> None:
        self.book, self.names, self._host = book, book.names, host
        self._active = book.sheets.active.name
        self._steps: list[Callable[[], None]] = []
        self._backups: list[Any] = []
        self.sheets: set[str] | None = None
        """Names of the sheets that were there before; None while they are not known and nothing is changed."""

    def add(self, name: str, **place: Any) -> Any:
        """Add a sheet ``after`` or ``before`` another, which is the active one then."""
        sheet = self.book.sheets.add(**place)
        sheet.name = name
        return sheet

    def keep(self, sheet: Any) -> dict[str, Rectangle]:
        """Keep a copy of a sheet before it is changed.

        Returns:
            Where its Excel tables stand.
        """
        name, tables = sheet.name, {table.name: _corners(table.range.address) for table in sheet.tables}
        copy = (BACKUP + name)[:31]
        backup = sheet.copy(after=self.book.sheets[-1])  # to name it at once is to ask for all names once more
        backup.name, backup.visible = copy, False
        self._backups.append(backup)
        self._steps.append(lambda: _restore(self.book, name, copy, tables))
        return dict(tables)

    def mark(self, name: str, refers_to: str, *, new: bool = False) -> None:
        """Set a defined name; a new one does not exist yet, or refers to a sheet that is gone."""
        before = None if new or not has_name(self.names, name) else self.names[name].refers_to
        self._steps.append(lambda: self._set_name(name, before))
        self._set_name(name, refers_to)

    def _set_name(self, name: str, refers_to: str | None) -> None:
        if refers_to is not None:
            self.names.add(name, refers_to)
        elif has_name(self.names, name):
            self.names[name].delete()

    def unmark(self, name: str) -> bool:
        """Take a defined name away; whether it was there."""
        if not has_name(self.names, name):
            return False
        before = self.names[name].refers_to
        self._steps.append(lambda: self._set_name(name, before))
        self.names[name].delete()
        return True

    def step(self, undo: Callable[[], None]) -> None:
        """Say how to undo what is done next."""
        self._steps.append(undo)

    def forget(self) -> None:
        """Everything is done: nothing to undo any more."""
        self._steps.clear()
        self.sheets = None
        for backup in self._backups:
            _insist(backup.delete)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            return
        self._host.wait_again()
        for step in reversed(self._steps):
            with suppress(Exception):  # one thing that cannot be put back must not keep the others
                step()
        if self.sheets is not None:
            with suppress(Exception):
                self._drop_new_sheets(self.sheets)
            with suppress(Exception):  # a sheet that is nothing but a chart is not among the others
                self._host.activate(self.book.sheets[self._active])

    def _drop_new_sheets(self, known: set[str]) -> None:
        for name in self.book.sheet_names:
            if name not in known:
                with suppress(Exception):
                    self.book.sheets[name].delete()


def _insist(step: Callable[[], None]) -> None:
    """Tidy up: what fails is tried once more, and is never a reason to undo what is done."""
    for _ in range(2):
        with suppress(Exception):
            step()
            return


def _restore(book: Any, name: str, copy: str, tables: Mapping[str, Rectangle] | None) -> None:
    """Put the cells of a sheet back from its copy; formulas elsewhere keep pointing to it."""
    sheet, backup = book.sheets[name], book.sheets[copy]
    tables = tables or {}  # after a killed macro nobody knows any more where they stood
    for table in list(sheet.tables):
        if tables and _corners(table.range.address) != tables.get(table.name):
            host_of(book).unlist(sheet, table.name)
    used = [Rectangle(*_corners(one.used_range.address)) for one in (sheet, backup)]
    everything = str(drawing.hull(used))
    cells, kept = sheet.range(everything), backup.range(everything)
    cells.unmerge()
    host = host_of(book)
    host.copy(cells, kept)
    there = {table.name for table in sheet.tables}
    copies = {_corners(table.range.address): table for table in backup.tables}
    for table, place in tables.items():
        if table not in there:
            added = sheet.tables.add(sheet.range(str(place)), name=table, has_headers=True, table_style_name=None)
            if place in copies:
                host.same_table(added, copies[place])


def _corners(address: str) -> Rectangle:
    return parse(address)[0]


@dataclass(slots=True)
class _SheetWriter:
    """One sheet being written.

    ``names`` are the sheets' names now, ``final`` their names in the end, ``tables`` the tables' names in the workbook;
    ``listed`` says which Excel tables are on the sheet and where, None if the sheet is new: nothing of the user's can
    be on it. ``moved`` says where cells of the user's went that were in the way.
    """

    sheet: Any
    plan: Sheet
    host: Host
    names: Mapping[str, str]
    final: Mapping[str, str]
    tables: Mapping[str, str]
    undo: _Undo
    listed: dict[str, Rectangle] | None
    moved: list[str] = field(default_factory=list)
    charts: list[str] = field(default_factory=list)
    handles: dict[tuple[str, str], Any] = field(default_factory=dict)

    def begin(self) -> None:
        """Do what needs a sheet to be the active one: a new sheet is, and to activate it later costs a dozen calls."""
        if self.listed is None and not self.plan.hidden:
            self._conditions()
            self._view()

    def write(self) -> None:
        """Write everything."""
        kept = [] if self.listed is None else self._make_room(self.listed)
        self._looks()
        for block in drawing.blocks(self.plan, kept, self.names, self.final):
            self.host.write(self._range(block.place), block.rows)
        self._merges()
        self._tables()
        self._choices()
        self._sizes()
        if self.listed is not None and not self.plan.hidden:
            self.undo.step(self.host.reprint(self.sheet, self.plan))
        if self.listed is not None and self.plan.conditions:
            self.host.activate(self.sheet)
            self._conditions()
        self._charts()

    def finish(self) -> None:
        """Give the sheet its name and the defined names that say it is ours."""
        key, name, new = self.plan.name, self.final[self.plan.name], self.listed is None
        if new:
            self.sheet.name = name
            self.undo.mark(_mark(key), f"={drawing.quoted(name)}!$A$1", new=True)
        texts = _as_texts(drawing.footprint(self.plan))
        for part, text in zip(_parts(key), texts, strict=False):
            self.undo.mark(part, text, new=new)
        left_over = islice(_parts(key), len(texts), None)
        while not new and self.undo.unmark(next(left_over)):
            pass
        if self.plan.hidden:
            self.sheet.visible = False

    def show(self, *, activate: bool) -> None:
        """Select the first cell; if all sheets are new, this one was added last and is the active one already."""
        if activate:
            self.host.activate(self.sheet)
        self._range("A1").select()

    def drop_old_charts(self) -> None:
        """Delete the charts of the earlier build: the last thing, as a chart cannot be brought back."""
        planned = {chart.name for chart in self.plan.charts}
        for name in self.charts:
            if name.rpartition(" ")[0] in planned:
                _insist(lambda name=name: self.sheet.charts[name].delete())  # type: ignore[misc]

    def _range(self, place: object, part: str = "") -> Any:
        """A range of the sheet, or a part of it such as its font; asked for once, as many properties are set on it."""
        key = str(place), part
        if key not in self.handles:
            self.handles[key] = getattr(self._range(place), part) if part else self.sheet.range(str(place))
        return self.handles[key]

    def _each(self, places: Iterable[object]) -> Iterator[Any]:
        return (self._range(text) for text in addresses(places))

    # a sheet that is there already

    def _make_room(self, listed: dict[str, Rectangle]) -> list[tuple[int, int]]:
        """Take away what an earlier build left and return the user's cells that stay among ours."""
        old = self._old_footprint()
        kept = self._users_cells(old)
        self.charts = [chart.name for chart in self.sheet.charts]
        self._clear(old)
        self._make_room_for_tables(listed)
        return self._move_away(kept)

    def _old_footprint(self) -> list[Rectangle]:
        found: list[Rectangle] = []
        for name in _parts(self.plan.name):
            if not has_name(self.undo.names, name):
                break
            found += parse(read_text_name(self.undo.book, name) or "")
        return found

    def _users_cells(self, old: list[Rectangle]) -> list[tuple[int, int]]:
        """Cells that hold something and are not ours, where we are going to write."""
        found = []
        for target in drawing.targets(self.plan):
            place = target
            for one in old:  # the rows of an earlier build need not be read to know that they are ours
                if one[:2] == target[:2] and one.last_column == target.last_column:
                    place = place._replace(row=one.last_row + 1)
            if place.row > place.last_row:
                continue
            cells = self._range(place).formula
            rows = cells if isinstance(cells, list | tuple) else ((cells,),)
            for i, row in enumerate(rows, start=place.row):
                for j, value in enumerate(row, start=place.column):
                    if value not in ("", None) and not any(one.holds(i, j) for one in old):
                        found.append((i, j))
        return found

    def _move_away(self, cells: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Move the user's cells that a block now needs to the right of everything; the others stay."""
        ours = drawing.footprint(self.plan)
        in_the_way = [cell for cell in cells if any(one.holds(*cell) for one in ours)]
        if in_the_way:
            used = _corners(self.sheet.used_range.address)
            free = max(used.last_column, *(one.last_column for one in ours)) + 2
            first = min(column for _, column in in_the_way)
            for place in merged(Rectangle(row, column, row, column) for row, column in in_the_way):
                target = place._replace(
                    column=place.column - first + free, last_column=place.last_column - first + free
                )
                self._range(place).move(self._range(target))
                self.moved.append(f"{self.final[self.plan.name]}!{target}")
        return [cell for cell in cells if cell not in set(in_the_way)]

    def _clear(self, old: list[Rectangle]) -> None:
        for cells in self._each(old):
            cells.unmerge()
            cells.clear_contents()
            cells.conditional_formats.clear()
            cells.clear_formats()
            cells.data_validation.delete()

    def _make_room_for_tables(self, listed: dict[str, Rectangle]) -> None:
        """Tables that stay where they begin can change their size; others are listed anew."""
        planned = {self.tables[table.name]: table.place for table in self.plan.tables}
        resized = {}
        for name, now in list(listed.items()):
            if name not in self.tables.values():
                continue  # the user's own
            place = planned.get(name)
            if place is None or (place.row, place.column, place.last_column) != (now.row, now.column, now.last_column):
                self.host.unlist(self.sheet, name)
                del listed[name]
            elif place.last_row != now.last_row:
                resized[name] = place
        for name, place in resized.items():  # not before the others are out of the way
            self.sheet.tables[name].resize(self._range(place.relative))

    # cells

    def _looks(self) -> None:
        for look in drawing.looks(self.plan, gaps=self.listed is None):
            for cells in addresses(look.places):
                self._look(cells, look)

    def _look(self, cells: str, look: Look) -> None:
        value = look.value
        match look.name:
            case "font":
                self._range(cells, "font").name = value
            case "ink":
                self._range(cells, "font").color = value
            case "size" | "bold" | "italic":
                setattr(self._range(cells, "font"), look.name, value)
            case "underline":
                self.host.underline(self._range(cells))
            case "indent":
                self.host.indent(self._range(cells), value)
            case "top" | "tops" | "bottom" | "bottoms" as side:
                weight, color = value
                sides = [f"edge_{side.rstrip('s')}", *(["inside_horizontal"] if side.endswith("s") else [])]
                self._range(cells, "borders").set(
                    sides, line_style="continuous", weight=_WEIGHTS.get(weight, weight), color=color
                )
            case name:
                setattr(self._range(cells), _RANGE_PROPERTIES[name], value)

    def _merges(self) -> None:
        """Each row of a rectangle is merged by itself, so rows one below the other go in one call."""
        merges = [Rectangle(*merge) for merge in self.plan.merges]
        for cells in self._each(stacked(one for one in merges if one.row == one.last_row)):
            cells.merge(across=True)
        for cells in self._each(one for one in merges if one.row != one.last_row):
            cells.merge()

    def _tables(self) -> None:
        tables = self.sheet.tables if self.plan.tables else None
        for table in self.plan.tables:
            name = self.tables[table.name]
            if name not in (self.listed or {}):
                added = tables.add(self._range(table.place.relative), name=name, table_style_name=None)  # type: ignore[union-attr]
                self.host.unstyle(added)
                if not table.filters and not self.plan.hidden:  # Excel gives every new table filters
                    added.show_autofilter = False

    def _choices(self) -> None:
        for choice in self.plan.choices:
            source: Any = choice.values
            if choice.source:
                source = self.undo.book.sheets[self.names[choice.source.sheet]].range(choice.source.relative)
            self._range(choice.place.relative).data_validation.set_list(source)

    def _conditions(self) -> None:
        """Add the conditional formats, the first one last: xlwings puts each new one before the others.

        Excel reads a formula as relative to the active cell, so one cell below and right of all ranges becomes that,
        and every formula is written as seen from there.
        """
        rules = drawing.rules(self.plan)
        if not rules:
            return
        row, column = (max(getattr(rule.places[0], name) for rule in rules) for name in ("row", "column"))
        active = Rectangle(row, column, row, column)
        self._range(active).select()
        formulas = [
            drawing.shifted(rule.condition.formula, row - rule.places[0].row, column - rule.places[0].column)
            for rule in rules
        ]
        formulas = self.host.conditions(formulas, active, self.sheet)
        for rule, formula in reversed(list(zip(rules, formulas, strict=True))):
            condition = rule.condition
            for cells in addresses(rule.places):
                self._range(cells, "conditional_formats").add_custom(
                    f"={formula}", font_color=condition.color, fill_color=condition.fill, stop_if_true=condition.stop
                )

    # the sheet

    def _sizes(self) -> None:
        if self.plan.hidden:
            return
        if self.listed is None:  # later the widths are the user's
            by_width: dict[int, list[str]] = {}
            for first, last, width in self.plan.widths:
                by_width.setdefault(width, []).append(f"{column_letters(first)}:{column_letters(last)}")
            for width, columns in by_width.items():
                for cells in self._each(columns):
                    cells.column_width = (width - PADDING) / CHARACTER
        bottom = drawing.hull(drawing.footprint(self.plan))
        if bottom is None:
            return
        by_height = {ROW_HEIGHT: [f"1:{bottom.last_row + 1}"]}
        for row, height in self.plan.heights:
            by_height.setdefault(height, []).append(f"{row + 1}:{row + 1}")
        for height, rows in by_height.items():
            for cells in self._each(rows):
                cells.row_height = height * POINTS

    def _charts(self) -> None:
        if not self.host.can_draw or not self.plan.charts:
            return
        new = {
            next(f"{chart.name} {n}" for n in count(1) if f"{chart.name} {n}" not in self.charts): chart
            for chart in self.plan.charts
        }
        for name in new:
            self.undo.step(lambda name=name: self.sheet.charts[name].delete())  # type: ignore[misc]
        self.host.draw(self.sheet, new, self.names)

    def _view(self) -> None:
        self.sheet.show_gridlines = self.plan.gridlines
        self.host.view(self.sheet, self.plan)
