"""Every element-wise KPI against IronCalc: its LAMBDA as a defined name on all kinds of cells, its text on numbers."""

import math
import random

import pytest

from xl_leadkpi.cells import CellError
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.kpis.elementwise import ElementwiseKpi

from . import random_cells
from .engines import Sheet, same

KPIS = [kpi for kpi in CATALOGUE.values() if isinstance(kpi, ElementwiseKpi)]
ROWS = 2_000
SHAPES = [(1, 1), (4, 1), (1, 3), (4, 3), (6, 1), (1, 5), (2, 2)]
NO_RANGES = {"LEADSNEEDED", "CONVCI", "RATEDIFFCI", "RATETEST", "SAMPLESIZE"}
"""Need ROUND, NORMSINV or CHIDIST over a range, which IronCalc reduces to one value (engines.FLAWS)."""


def agree(kpi, ours, theirs):
    if kpi.name == "CMGR" and ours is CellError.NUM and theirs == "#DIV/0!":
        return True  # "ironcalc: overflow of ^" (engines.FLAWS)
    if kpi.name in {"PIPECOV", "WPIPECOV"} and theirs == "#DIV/0!" and isinstance(ours, float) and abs(ours) > 1e13:
        return True  # "ironcalc: tiny is zero" (engines.FLAWS): all but 1E-16 of the target is won
    return same(ours, theirs)


def divides_by_tiny_product(kpi, row):
    """Whether two tiny factors make a divisor that IronCalc takes for zero (engines.FLAWS)."""
    if kpi.name not in {"LEADSNEEDED", "CACPAYBACK"} or not all(isinstance(factor, float) for factor in row[1:3]):
        return False
    return 0 < abs(math.prod(row[1:3])) < 2.3e-16


def divisors_of_large_totals(name, totals):
    """Divisors that are larger than the totals they are made of."""
    if name in {"CONVCI", "RATEDIFFCI"}:
        return [2 * total for total in totals]
    return [sum(totals)] if name == "RATETEST" else []


def divides_beyond_all_numbers(kpi, row):
    """Whether a divisor overflows, of which IronCalc makes 0 (engines.FLAWS)."""
    totals = [cell for cell in row[1:4:2] if isinstance(cell, float)]
    return any(map(math.isinf, divisors_of_large_totals(kpi.name, totals)))


def first(result):
    return result[0] if isinstance(result, tuple) else result


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.name)
def test_lambda_equals_python_on_every_kind_of_cell(kpi):
    rng = random.Random(kpi.name)
    rows = [[random_cells.cell(rng, argument) for argument in kpi.arguments] for _ in range(ROWS)]
    # Half of the rows leave the optional arguments out.
    given = [kpi.required if place % 2 else len(kpi.arguments) for place in range(ROWS)]
    sheet = Sheet(**{kpi.name: kpi.lambda_text()})
    first_letters = [
        reference.split("1:")[0] for reference in (sheet.block([[v] for v in c]) for c in zip(*rows, strict=True))
    ]
    column = sheet.formulas(
        f"KPI.{kpi.name}({','.join(f'{letter}{y}' for letter in first_letters[:count])})"
        for y, count in enumerate(given, 1)
    )
    sheet.evaluate()
    for y, (row, count) in enumerate(zip(rows, given, strict=True), 1):
        if divides_by_tiny_product(kpi, row[:count]) or divides_beyond_all_numbers(kpi, row):
            continue
        ours = kpi(*row[:count])
        assert agree(kpi, first(ours), sheet.value(column, y)), (row[:count], ours, sheet.value(column, y))
        if isinstance(ours, tuple):
            assert same(ours[1], sheet.value(column + 1, y))


@pytest.mark.parametrize("kpi", [kpi for kpi in KPIS if kpi.name not in NO_RANGES], ids=lambda kpi: kpi.name)
def test_lambda_equals_python_on_ranges_of_mixed_shapes(kpi):
    rng = random.Random(kpi.name)
    sheet = Sheet(**{kpi.name: kpi.lambda_text()})
    cases = []
    for _ in range(25):
        grids = []
        for argument in kpi.arguments:
            height, width = rng.choice(SHAPES)
            grids.append([[random_cells.cell(rng, argument) for _ in range(width)] for _ in range(height)])
        references = [sheet.block(grid) for grid in grids]
        cases.append((grids, sheet.spill(f"KPI.{kpi.name}({','.join(references)})", 6)))
    sheet.evaluate()
    for grids, column in cases:
        for y, row in enumerate(kpi(*grids), 1):
            for x, ours in enumerate(row):
                assert agree(kpi, ours, sheet.value(column + x, y)), (grids, y, x, ours, sheet.value(column + x, y))


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.name)
def test_bare_text_equals_python_on_numbers(kpi):
    rng = random.Random(kpi.name)
    rows = [[random_cells.clean(rng, argument) for argument in kpi.arguments] for _ in range(300)]
    sheet = Sheet()
    letters = [sheet.block([[v] for v in cells]).split("1:")[0] for cells in zip(*rows, strict=True)]
    items = range(kpi.items) if kpi.items > 1 else [None]
    columns = [
        sheet.formulas(
            kpi.excel_text(*(f"{letter}{y}" for letter in letters), item=item) for y in range(1, len(rows) + 1)
        )
        for item in items
    ]
    sheet.evaluate()
    compared = 0
    for y, row in enumerate(rows, 1):
        ours = kpi(*row)
        if not isinstance(ours, (float, tuple)):
            continue  # impossible for the KPI; the bare text has no guards
        compared += 1
        for value, column in zip(ours if isinstance(ours, tuple) else [ours], columns, strict=True):
            assert same(value, sheet.value(column, y)), (row, value, sheet.value(column, y))
    assert compared >= 20
