"""The gate for every text that reaches a workbook: what Excel has no place for never gets in.

Lengths are counted as Excel counts them, in UTF-16 units: an emoji is two.
"""

from __future__ import annotations

import re
from functools import cache

LONGEST = 32_767
"""What a cell holds."""
LONGEST_IN_FORMULA = 255
"""What a text holds that is part of a formula; likewise the header of a table's column, a footer, a message."""


@cache
def _illegal() -> re.Pattern[str]:
    """Characters that XML 1.0 has no place for: controls, lone surrogates, two non-characters."""
    return re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


_LOOKS_ESCAPED = re.compile("(?=_x[0-9A-Fa-f]{4}_)")
_LINE_BREAKS = re.compile("\r\n?")
_BETWEEN_LINES = re.compile("[\t\n\r\u2028\u2029]+")


def safe_text(text: str, longest: int = LONGEST) -> str:
    r"""The text with illegal characters marked, line breaks as Excel has them, cut off where there is no room for it.

    Args:
        text: Any text.
        longest: UTF-16 units there is room for.

    >>> safe_text("a\x00b\r\nc"), len(safe_text("x" * 100_000)), safe_text("\U0001f600" * 9, 5)
    ('a�b\nc', 32767, '😀😀…')
    """
    text = _illegal().sub("\N{REPLACEMENT CHARACTER}", text)
    if "\r" in text:
        text = _LINE_BREAKS.sub("\n", text)
    if len(text) * 2 > longest and len(text.encode("utf-16-le")) > longest * 2:
        text = text.encode("utf-16-le")[: longest * 2 - 2].decode("utf-16-le", "ignore") + "…"
    return text


def line_text(text: str, longest: int = LONGEST_IN_FORMULA) -> str:
    r"""The text on one line, without spaces around it: for headers of tables, texts in formulas, footers.

    A tab or line break in the header of a table would be read as a space from one part of the file and as itself from
    another, and Excel repairs the file.

    >>> line_text(" Deal\r\n size\t")
    'Deal size'
    """
    return safe_text(" ".join(filter(None, map(str.strip, _BETWEEN_LINES.split(text)))), longest)


def escaped_text(text: str) -> str:
    """The text as a file holds it: what merely looks like an escape of Excel's is kept from being read as one.

    >>> escaped_text("a_x000D_b")
    'a_x005F_x000D_b'
    """
    return _LOOKS_ESCAPED.sub("_x005F", text)
