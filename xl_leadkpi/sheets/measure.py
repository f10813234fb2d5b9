"""How wide a text is drawn: enough to choose column widths and row heights so that nothing is cut off."""

from __future__ import annotations

from functools import cache
from math import ceil

# Advance widths of Calibri (and Carlito, which has the same), in hundredths of the font size, rounded to the next 5.
_WIDTHS = {
    25: " ',.:;Iijlł·|",
    30: "()-J[]`f{}!",
    35: "rtг",
    40: '"/L\\cszćśźżзст',
    45: "?FSZgkvxyŁŚŹŻГЗкухчьэя",
    55: "BCRVoóĆБВКСУЧЬЭЯбдийноцъ",
    60: "ADHĄАЛНПЪф",
    65: "GNOQUŃÓДИЙОЦы",
    70: "%&wФжмю",
    75: "Ышщ",
    80: "mЖ",
    85: "MМШ",
    90: "@W—→ЩЮ",
}
_OTHER = 50
_BOLD = 1.04


@cache
def _table() -> dict[str, int]:
    return {character: width for width, characters in _WIDTHS.items() for character in characters}


def text_width(text: str, size: float = 10, *, bold: bool = False) -> int:
    """Width of one line of text in pixels, on the safe side.

    Args:
        text: The line.
        size: Font size in points.
        bold: Whether it is set in bold.

    >>> text_width("Opportunity", 9), text_width("Возможность", 9)
    (60, 70)
    """
    table = _table()
    hundredths = sum(table.get(character, _OTHER) for character in text)
    return ceil(hundredths / 100 * size * 96 / 72 * (_BOLD if bold else 1))


def widest_line(text: str, width: float, size: float = 10) -> int:
    """Width of the longest line of a text that is wrapped at spaces, in pixels.

    Args:
        text: The text.
        width: Room for a line in pixels.
        size: Font size in points.

    >>> widest_line("From previous stage", 60, 9) == text_width("previous", 9)
    True
    """
    widest, line = 0, ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        line = word if line and text_width(longer, size) > width else longer
        widest = max(widest, text_width(line, size))
    return widest


def lines_needed(text: str, width: float, size: float = 10, *, bold: bool = False) -> int:
    """How many lines a text takes when it is wrapped at spaces.

    Args:
        text: The text.
        width: Room for a line in pixels.
        size: Font size in points.
        bold: Whether it is set in bold.

    >>> lines_needed("From previous stage", 60, 9)
    3
    """
    lines, used = 1, 0
    space = text_width(" ", size, bold=bold)
    for word in text.split():
        wide = text_width(word, size, bold=bold)
        if used and used + space + wide > width:
            lines, used = lines + 1, 0
        used += wide + (space if used else 0)
        if used > width:  # a word longer than the line is broken inside
            lines += int(used // width)
            used = int(used % width)
    return lines


def broken(text: str, room: float, size: float = 10) -> list[str]:
    """A text in lines that fit a width, broken between words.

    Args:
        text: The text.
        room: Room for a line in pixels.
        size: Font size in points.

    >>> broken("From previous stage", 60, 9)
    ['From', 'previous', 'stage']
    """
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def clipped(text: str, room: float, size: float = 10, *, bold: bool = False) -> str:
    """A text, cut where a line has no more room for it.

    Args:
        text: The text.
        room: Room for the line in pixels.
        size: Font size in points.
        bold: Whether it is set in bold.

    >>> clipped("From previous stage", 60, 9), clipped("Won", 60, 9)
    ('From previ…', 'Won')
    """
    if text_width(text, size, bold=bold) <= room:
        return text
    # a text of thousands of letters is not measured letter by letter
    shown = text[: int(room)]
    while shown and text_width(f"{shown.rstrip()}…", size, bold=bold) > room:
        shown = shown[:-1]
    return f"{shown.rstrip()}…"
