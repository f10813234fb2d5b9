"""Formulas and cells as Excel writes them and as Calc's API wants them.

``SUM('My sheet'!A1,2)`` is ``SUM($'My sheet'.A1;2)``.
"""

import re
from functools import lru_cache

TEXT = re.compile(r'("(?:[^"]|"")*")')
SHEET = re.compile(r"('(?:[^']|'')+'|[^\W\d][\w.]*)!")
NEW_IN_EXCEL = ("CONCAT", "TEXTJOIN", "IFS", "MAXIFS", "MINIFS")


@lru_cache(maxsize=65536)
def to_calc(formula: str) -> str:
    """Translate a formula with its leading ``=``; names, arrays and structured references are not needed here."""
    parts = TEXT.split(formula)
    for i in range(0, len(parts), 2):
        if "[" in parts[i] or "{" in parts[i]:
            raise NotImplementedError(f"structured references and array constants: {formula}")
        parts[i] = SHEET.sub(r"$\1.", parts[i]).replace(",", ";")
    return "".join(parts)


@lru_cache(maxsize=65536)
def from_calc(formula: str) -> str:
    """Translate back."""
    parts = TEXT.split(formula)
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(r"\$?('(?:[^']|'')+'|[^\W\d]\w*)\.(?=\$?[A-Z]{1,3}\$?\d)", r"\1!", parts[i]).replace(";", ",")
    return "".join(parts)


def from_formula(text):
    """What stands in a cell, from ``getFormulaArray``."""
    return from_calc(text) if text[:1] == "=" else text.removeprefix("'")


def as_formula(value):
    """A cell for ``setFormulaArray``."""
    if value is None:
        return ""
    if type(value) is str:
        return to_calc(value) if value[:1] == "=" and len(value) > 1 else "'" + value.removeprefix("'") if value else ""
    return repr(float(value))


def as_data(value):
    """A cell for ``setDataArray``, which takes nothing but numbers and texts."""
    if value is None:
        return ""
    return value.removeprefix("'") if type(value) is str else float(value)


def as_copied(formula, value):
    """What is written for a cell so that it is the same again: a text keeps being one."""
    return f"'{formula}" if isinstance(value, str) and value and formula[:1] not in "='" else formula
