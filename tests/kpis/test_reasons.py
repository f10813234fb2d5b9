"""Why a KPI gives an error value, in words."""

import numpy as np
import pytest

from xl_leadkpi.cells import CellError
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.kpis.reasons import reason

BELOW_0 = "conversions_a<0 or total_a<0 or conversions_b<0 or total_b<0"
SIZES = "the ranges are of different size"


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("CPL", (100.0, 0.0), "no value where leads=0"),
        ("CPL", (-1.0, 2.0), "no value where spend<0 or leads<0"),
        ("CPL", ([[1.0], [2.0]], [[1.0], [0.0]]), "no value where leads=0"),
        (
            "RATEDIFF",
            (3.0, 2.0, 1.0, 9.0),
            f"no value where {BELOW_0} or conversions_a>total_a or conversions_b>total_b",
        ),
        ("CPL", (100.0, "7"), "leads holds a text where a number is expected"),
        ("CPL", ([1.0, "", 2.0], [1.0, "", False]), "leads holds TRUE or FALSE where a number is expected"),
        ("CPL", (np.array(["", "x"], dtype=object), 1.0), "spend holds a text where a number is expected"),
        ("CPL", (CellError.REF, "x"), "spend holds #REF!, which is passed on"),
        ("CPL", (1.0, "#REF!"), "leads holds #REF!, which is passed on"),
        ("CPL", ([1.0, 2.0], [1.0, 2.0, 3.0]), SIZES),
        ("CAC", (100.0, 5.0, "x"), "sales_cost holds a text where a number is expected"),
        ("WPIPE", ([1.0, 2.0], [0.5]), SIZES),
        ("WINRATEIF", (["won"], ["Ads", "SEO"], "Ads"), SIZES),
        ("WINRATEIF", (["won"], ["Ads"], "Ads", ["PL", "DE"], "PL"), SIZES),
        ("WINRATEIF", (["won"], ["Ads"], "Ads", None, "PL"), "criterion2 is given without its range crit_range2"),
        (
            "WINRATEIF",
            (["won"], ["Ads"], "Ads", ["PL"], "PL", None, None, None, "x"),
            "criterion4 is given without its range crit_range4",
        ),
        ("REVENUE", ([1.0, "x"], ["won", "won"]), "amounts holds a text where a number is expected"),
        (
            "STAGEREACH",
            (["Lead"], "SQO", ["Lead", "Won"]),
            "A stage that is not in order gives #N/A; a row with an unknown stage is not counted",
        ),
    ],
)
def test_reason(name, values, said):
    kpi = CATALOGUE[name]
    result = kpi(*values)
    error = next(cell for cell in np.asarray(result, dtype=object).ravel() if isinstance(cell, CellError))
    assert reason(kpi, values, error) == said


def test_what_no_rule_explains():
    assert reason(CATALOGUE["CPL"], (1.0, 2.0), CellError.NULL) == "there is no value for these arguments"
