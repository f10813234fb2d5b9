"""The list of what the engines get wrong (engines.FLAWS), entry by entry: when one is mended, its entry goes."""

import pytest

from .engines import FLAWS, Sheet

CASES = {
    "ironcalc: tiny is zero": ("IF(1E-20=0,1,0)", 1.0),
    "ironcalc: ROUND over ranges": ("SUM(ROUND({1.4;2.4},0))", "#N/IMPL!"),
    "ironcalc: overflow of ^": ("IFERROR(ERROR.TYPE(1E300^2),0)", 2.0),
    "ironcalc: overflow on the way": ("1/(2*1.7E308)", 0.0),
    "ironcalc: booleans in AVERAGE": ("AVERAGE(IF({4;8}>5,{4;8}))", 4.0),
}


@pytest.mark.parametrize("entry", [entry for entry in FLAWS if entry.startswith("ironcalc")])
def test_flaw_is_still_there(entry):
    formula, wrong = CASES[entry]
    sheet = Sheet()
    column = sheet.formulas([formula])
    sheet.evaluate()
    assert sheet.value(column) == wrong
