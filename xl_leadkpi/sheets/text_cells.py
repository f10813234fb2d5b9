"""What a cell can hold: any text of an export, made fit for a workbook without a formula in sight."""

from __future__ import annotations

import re
from functools import cache

LONGEST = 32_767
"""Characters a cell holds."""


@cache
def _illegal() -> re.Pattern[str]:
    """Characters that XML 1.0 has no place for: controls, lone surrogates, two non-characters."""
    return re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def safe_text(text: str) -> str:
    r"""The text with illegal characters marked and its end cut off where a cell has no room for it.

    >>> safe_text("a\x00b"), len(safe_text("x" * 100_000))
    ('a�b', 32767)
    """
    if len(text) > LONGEST:
        text = text[: LONGEST - 1] + "…"
    return _illegal().sub("\N{REPLACEMENT CHARACTER}", text)
