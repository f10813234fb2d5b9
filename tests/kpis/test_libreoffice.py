"""The bare Excel texts, computed by LibreOffice: a sample of every KPI in one workbook."""

import random

import pytest

from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.kpis.elementwise import ElementwiseKpi

from . import random_cells
from .engines import libreoffice, same

pytestmark = pytest.mark.needs("libreoffice")

ROWS = 25
RANGES = 5
CALLED_EXCEL_ONLY = {
    "ATTRIB": "has no bare text",
    "STEPCONV": "spills through VSTACK and DROP, which LibreOffice 7.4 does not know",
    "CUMCONV": "spills",
}
CANONICAL = {
    "status_range": ["won", "lost", "open"],
    "crit_range": ["Ads", "SEO"],
    "criterion": ["Ads", "SEO"],
    "stage_range": ["Lead", "MQL", "SQL", "Won"],
    "stage": ["Lead", "MQL", "Won"],
    "stat": ["mean", "median", 0.9],
}


class Workbook:
    """Inputs and formulas side by side, KPI after KPI."""

    def __init__(self):
        self.cells = {}
        self.expected = []
        self._row = 0

    def elementwise(self, kpi, rng):
        for _ in range(ROWS):
            values = [random_cells.clean(rng, argument) for argument in kpi.arguments]
            result = kpi(*values)
            if not isinstance(result, (float, tuple)):
                continue
            for column, value in enumerate(values):
                self.cells[self._row, column] = value
            texts = [f"{chr(ord('A') + column)}{self._row + 1}" for column in range(len(values))]
            for item, value in enumerate(result if isinstance(result, tuple) else [result]):
                formula = kpi.excel_text(*texts, item=item if kpi.items > 1 else None)
                self._expect(kpi, 10 + item, f"={formula}", value)
            self._row += 1

    def aggregate(self, kpi, rng):
        for _ in range(RANGES):
            height = rng.randint(3, 9)
            values, texts = [], []
            for column, argument in enumerate(random_cells.without_some_pairs(rng, kpi.arguments)):
                letter = chr(ord("A") + column)
                size = len(random_cells.WORDS["order"]) if argument.name == "order" else height
                cells = [self._clean(rng, argument) for _ in range(size if argument.is_range else 1)]
                if argument.name == "order":
                    cells = random_cells.WORDS["order"]
                for y, value in enumerate(cells):
                    self.cells[self._row + y, column] = value
                values.append(cells if argument.is_range else cells[0])
                first = f"{letter}{self._row + 1}"
                texts.append(
                    f"{first}:{letter}{self._row + len(cells)}" if argument.is_range else _written(cells[0], first)
                )
            result = kpi(*values)
            if isinstance(result, float):
                self._expect(kpi, 10, f"{{={kpi.excel_text(*texts)}}}", result)
            self._row += max(height, 4)

    def _clean(self, rng, argument):
        if (name := argument.name.rstrip("234")) in CANONICAL:  # further pairs are numbered
            return rng.choice(CANONICAL[name])
        return random_cells.plain(rng, argument) or 1.0

    def _expect(self, kpi, column, formula, value):
        self.cells[self._row, column] = formula
        self.expected.append((kpi.name, formula, (self._row, column), value))


def _written(value, reference):
    """A statistic is written into the formula, because the text depends on it; everything else is a cell."""
    return f'"{value}"' if value in ("mean", "median") else reference


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    rng = random.Random(2025)
    workbook = Workbook()
    for kpi in CATALOGUE.values():
        if isinstance(kpi, ElementwiseKpi):
            workbook.elementwise(kpi, rng)
        elif kpi.name not in CALLED_EXCEL_ONLY:
            workbook.aggregate(kpi, rng)
    return workbook.expected, libreoffice(workbook.cells, tmp_path_factory.mktemp("libreoffice"))


def test_every_kpi_agrees(computed):
    expected, shown = computed
    for name, formula, place, value in expected:
        assert same(value, float(shown[place])), (name, formula, value, shown[place])
    assert {name for name, *_ in expected} == set(CATALOGUE) - set(CALLED_EXCEL_ONLY)


def test_tiny_is_not_zero(tmp_path):
    """What IronCalc gets wrong (engines.FLAWS), seen by a second engine."""
    shown = libreoffice({(0, 0): "=IF(1E-20=0,1,0)", (0, 1): f"={CATALOGUE['CPL'].excel_text('1', '1E-20')}"}, tmp_path)
    assert [float(shown[0, column]) for column in (0, 1)] == [0.0, 1e20]
