"""Formulas of plain functions go to the file as XlsxWriter itself would write them."""

import pytest
from xlsxwriter.worksheet import Worksheet

from xl_leadkpi.sheets.worksheet import PLAIN_FUNCTIONS, PlainSheet

FORMULAS = [
    *(f"={name}(A1,2)" for name in sorted(PLAIN_FUNCTIONS)),
    "A1+1",
    '=IF(A1="FILTER(x)",1,2)',
    "=SUM(UNIQUE(A1:A9))",
    "=CPL(A1,B1)",
    "=_xlfn.CONCAT(A1)",
    "=IFS(A1>1,2)+N(B1)",
    "=NORM.DIST(A1,1,2,TRUE)",
    "={SUM(A1:A2)}",
    "=LET(a,1,a)",
    "=SINGLE(A1)",
    "=MIN(Żółw(A1))",
]


@pytest.mark.parametrize("young", [False, True])
@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_what_xlsxwriter_makes_of_it(formula, young):
    assert PlainSheet()._prepare_formula(formula, young) == Worksheet()._prepare_formula(formula, young)


def test_plain_formulas_skip_the_search(monkeypatch):
    searched = []
    monkeypatch.setattr(Worksheet, "_prepare_formula", lambda _, formula, __=False: searched.append(formula) or formula)
    sheet = PlainSheet()
    assert sheet._prepare_formula("=IFERROR(A1/B1,NA())") == "IFERROR(A1/B1,NA())"
    assert searched == []
    sheet._prepare_formula("=XLOOKUP(A1,B:B,C:C)")
    assert searched == ["=XLOOKUP(A1,B:B,C:C)"]
