"""XlsxWriter's worksheet, but quick with formulas of plain functions."""

from __future__ import annotations

import re

from xlsxwriter.worksheet import Worksheet

PLAIN_FUNCTIONS = frozenset({
    "AND", "COUNTIFS", "DATE", "EDATE", "EOMONTH", "HYPERLINK", "IF", "IFERROR", "INDEX", "ISERROR", "ISNUMBER",
    "ISTEXT", "MAX", "MIN", "N", "NA", "NOT", "OR", "REPT", "ROUND", "SQRT", "SUM", "SUMIFS", "SUMPRODUCT",
})  # fmt: skip
"""Functions as old as the file format: a file has them under their own names."""
_CALLED = re.compile(r"[^\W\d][\w.]*(?=\()")


class PlainSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter has no type of its own for subclasses
    """A worksheet that does not look for every function younger than the file format where all are plain."""

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        """Make a formula what a file has: without ``=``, young functions with their prefix."""
        if formula[:1] != "{" and PLAIN_FUNCTIONS.issuperset(_CALLED.findall(formula)):
            return formula.removeprefix("=").removesuffix("}")
        prepared: str = super()._prepare_formula(formula, expand_future_functions)
        return prepared
