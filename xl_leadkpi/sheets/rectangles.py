"""Rectangles of cells: merged where they touch, and addressed many at once, so that one call formats them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from xl_leadkpi.sheets.layout import address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST_ADDRESS = 255
"""Characters of an address that Excel takes."""


class Rectangle(NamedTuple):
    """Rows and columns from 0, both ends included."""

    row: int
    column: int
    last_row: int
    last_column: int

    def __str__(self) -> str:
        first, last = address(self.row, self.column), address(self.last_row, self.last_column)
        return first if first == last else f"{first}:{last}"

    def overlaps(self, other: Rectangle) -> bool:
        """Whether they share a cell."""
        return (
            self.row <= other.last_row
            and other.row <= self.last_row
            and self.column <= other.last_column
            and other.column <= self.last_column
        )

    def holds(self, row: int, column: int) -> bool:
        """Whether the cell is inside."""
        return self.row <= row <= self.last_row and self.column <= column <= self.last_column


def merged(rectangles: Iterable[Rectangle], *, below: bool = True) -> list[Rectangle]:
    """Join rectangles that stand side by side, then those that stand one below the other; none may overlap.

    Args:
        rectangles: The rectangles.
        below: Join also those one below the other.

    >>> [str(one) for one in merged([Rectangle(0, 0, 4, 0), Rectangle(0, 1, 4, 1), Rectangle(5, 0, 6, 1)])]
    ['A1:B7']
    """
    rows: list[Rectangle] = []
    for one in sorted(rectangles, key=lambda one: (one.row, one.last_row, one.column)):
        before = rows[-1] if rows else None
        if before and before[::2] == one[::2] and before.last_column + 1 == one.column:
            rows[-1] = before._replace(last_column=one.last_column)
        else:
            rows.append(one)
    return sorted(stacked(rows)) if below else rows


def stacked(rectangles: Iterable[Rectangle]) -> list[Rectangle]:
    """Join rectangles that stand one below the other; none may overlap.

    >>> [str(one) for one in stacked([Rectangle(0, 0, 0, 1), Rectangle(1, 0, 1, 1), Rectangle(1, 2, 1, 3)])]
    ['A1:B2', 'C2:D2']
    """
    columns: list[Rectangle] = []
    for one in sorted(rectangles, key=lambda one: (one.column, one.last_column, one.row)):
        before = columns[-1] if columns else None
        if before and before[1::2] == one[1::2] and before.last_row + 1 == one.row:
            columns[-1] = before._replace(last_row=one.last_row)
        else:
            columns.append(one)
    return columns


def addresses(parts: Iterable[object], longest: int = LONGEST_ADDRESS) -> Iterator[str]:
    """Join addresses with commas into as few texts as Excel's limit allows.

    >>> list(addresses(["A1:B2", "C3"])), len(list(addresses(["A1:B2"] * 100)))
    (['A1:B2,C3'], 3)
    """
    text = ""
    for part in map(str, parts):
        if text and len(text) + 1 + len(part) > longest:
            yield text
            text = ""
        text = f"{text},{part}" if text else part
    if text:
        yield text


def parse(text: str) -> list[Rectangle]:
    """Read addresses joined with commas; the opposite of writing each with ``str``.

    >>> parse("A1:B7,$C$3")
    [Rectangle(row=0, column=0, last_row=6, last_column=1), Rectangle(row=2, column=2, last_row=2, last_column=2)]
    """
    rectangles = []
    for part in filter(None, text.replace("$", "").split(",")):
        first, _, last = part.partition(":")
        rectangles.append(Rectangle(*_cell(first), *_cell(last or first)))
    return rectangles


def _cell(text: str) -> tuple[int, int]:
    letters = text.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return int(text[len(letters) :]) - 1, column - 1
