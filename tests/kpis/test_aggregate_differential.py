"""Every KPI over ranges against IronCalc: its LAMBDA on ranges of all kinds, its bare text on clean ones."""

import random

import pytest

from xl_leadkpi.cells import CellError
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.kpis.elementwise import ElementwiseKpi

from . import random_cells
from .engines import Sheet, same

KPIS = [kpi for kpi in CATALOGUE.values() if not isinstance(kpi, ElementwiseKpi)]
RANGES = 500
NO_BARE_TEXT = {
    "ATTRIB": "there is none short of the LAMBDA",
    "STAGEREACH": "IronCalc's MATCH looks up one value only",
    **dict.fromkeys(
        ("SALESCYCLE", "TIMETOCONV", "RESPTIME", "RESPSLA"), "IronCalc's ISNUMBER and ROUND take one value only"
    ),
}
"""Checked with LibreOffice instead (test_libreoffice.py)."""


def arguments(rng, kpi):
    height, width = rng.choice([(1, 1), (2, 1), (5, 1), (12, 1), (1, 4), (3, 2)])
    found = []
    for argument in kpi.arguments:
        if argument.optional and rng.random() < 0.3:
            break
        if not argument.is_range:
            found.append(random_cells.single(rng, argument))
        elif argument.name == "order":
            found.append([[word] for word in random_cells.WORDS["order"]])
        elif rng.random() < 0.04:
            found.append(random_cells.ranged(rng, argument, height + 1, width))
        else:
            found.append(random_cells.ranged(rng, argument, height, width))
    return found


def reference(sheet, value):
    if isinstance(value, list):
        return sheet.block(value)
    return sheet.block([[value]]).split(":")[0]


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.name)
def test_lambda_equals_python(kpi):
    rng = random.Random(kpi.name)
    sheet = Sheet(**{kpi.name: kpi.lambda_text()})
    cases = []
    for _ in range(RANGES):
        given = arguments(rng, kpi)
        references = [reference(sheet, value) for value in given]
        cases.append((given, sheet.spill(f"KPI.{kpi.name}({','.join(references)})", 1)))
    sheet.evaluate()
    values = set()
    for given, column in cases:
        ours = kpi(*given)
        flat = [cell for row in ours for cell in row] if isinstance(ours, list) else [ours]
        for y, value in enumerate(flat, 1):
            assert same(value, sheet.value(column, y)), (given, y, value, sheet.value(column, y))
            values.add(value if isinstance(value, (CellError, str)) else "number")
    assert "number" in values
    assert CellError.VALUE in values or kpi.name in {"STAGECOUNT", "STAGEREACH"}


@pytest.mark.parametrize("kpi", [kpi for kpi in KPIS if kpi.name not in NO_BARE_TEXT], ids=lambda kpi: kpi.name)
def test_bare_text_equals_python_on_clean_ranges(kpi):
    rng = random.Random(kpi.name)
    sheet = Sheet()
    cases = []
    for _ in range(100):
        height = rng.randint(2, 12)
        given = [
            [[clean(rng, argument)] for _ in range(height)] if argument.is_range else clean(rng, argument)
            for argument in random_cells.without_some_pairs(rng, kpi.arguments)
        ]
        cases.append((given, sheet.spill(kpi.excel_text(*(reference(sheet, value) for value in given)), 1)))
    sheet.evaluate()
    compared = 0
    for given, column in cases:
        ours = kpi(*given)
        flat = [cell for row in ours for cell in row] if isinstance(ours, list) else [ours]
        for y, value in enumerate(flat, 1):
            if isinstance(value, float):
                assert same(value, sheet.value(column, y)), (given, y, value, sheet.value(column, y))
                compared += 1
    assert compared >= 40


def clean(rng, argument):
    """A value as the bare text understands it: the catalogue's own status words, no wildcards, no zero first."""
    canonical = {
        "status_range": ["won", "lost", "open"],
        "stage_range": ["Lead", "MQL", "Won"],
        "stage": ["MQL", "Won"],
    }
    if argument.name in canonical:
        return rng.choice(canonical[argument.name])
    if argument.name.rstrip("234") in {"crit_range", "criterion"}:
        return rng.choice(["Ads", "SEO"])
    if argument.name == "opp_range":
        return rng.choice([45_780.0, 0.0, None])
    value = random_cells.plain(rng, argument)
    return value or 1.0
