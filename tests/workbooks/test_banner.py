"""The line on Start that says whether the functions work: true whenever it is read, and no trouble to anybody."""

import re
from xml.etree import ElementTree as ET

import ironcalc
import openpyxl
import pytest
from openpyxl.utils.cell import range_boundaries

from xl_leadkpi.locales import languages
from xl_leadkpi.workbooks.page import INPUT_FILL
from xl_leadkpi.workbooks.sources import Words

from .reading import ADD_IN, BANNER, NO_PYTHON, TEMPLATE, formulas, parts, values

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported and will be removed:UserWarning")

VOLATILE = re.compile(r"\b(?:NOW|TODAY|RAND|RANDBETWEEN|RANDARRAY|OFFSET|INDIRECT|CELL|INFO)\(", re.IGNORECASE)
"""What Excel computes at every opening, so that it asks whether to save changes at every close."""
_, (_, TRIED) = BANNER


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", [NO_PYTHON, TEMPLATE, ADD_IN])
def test_opening_a_workbook_computes_nothing(built, name, language):
    found = []
    for part, content in parts(built[language] / name, r"xl/(?:workbook|worksheets/.*)\.xml").items():
        for element in ET.fromstring(content).iter():
            kind = element.tag.rpartition("}")[2]
            text = re.sub('"[^"]*"', '""', element.text or "")
            if kind in {"f", "formula", "formula1", "formula2", "definedName"} and VOLATILE.search(text):
                found.append((part, text))
            assert kind != "calcPr" or element.get("fullCalcOnLoad") in {None, "0"}
    assert found == []


def test_a_volatile_formula_would_be_found():
    assert VOLATILE.search("CPL(1000,40)+0*NOW()")
    assert not VOLATILE.search("KNOW(1)+CPL(1,2)")


@pytest.mark.parametrize("name", [NO_PYTHON, TEMPLATE])
def test_any_figure_changed_on_inputs_tries_the_functions(built, name):
    texts = formulas(built["en"] / name)
    (covered,) = re.findall(r"Inputs!([$A-Z0-9:]+)", texts["Start", TRIED])
    left, top, right, bottom = range_boundaries(covered)
    sheet = openpyxl.load_workbook(built["en"] / name)["Inputs"]
    typed = [
        cell
        for row in sheet.iter_rows()
        for cell in row
        if cell.fill.fgColor.rgb == f"FF{INPUT_FILL.removeprefix('#')}"
    ]
    assert len(typed) > 200
    assert all(left <= cell.column <= right and top <= cell.row <= bottom for cell in typed)
    on_inputs = [re.sub('"[^"]*"', "", text) for (place, _), text in texts.items() if place == "Inputs"]
    assert not [text for text in on_inputs if "Start" in text], "it would go round in a circle"


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("=100/4", "ok"),
        ("=24", "python"),  # another function of that name
        ("=NA()", "python"),  # what a cell shows where there is no Python
        ('=VALUE("a")', "python"),  # Python ended in mid-call
        ("=UNHEARD_OF(1)", "blocked"),  # no macros, no LAMBDA
    ],
)
def test_it_says_what_was_seen_at_the_last_calculation(built, language, result, said):
    model = ironcalc.load_from_xlsx(str(built[language] / NO_PYTHON), "en", "UTC", "en")
    row, column = openpyxl.utils.cell.coordinate_to_tuple(TRIED)
    model.set_user_input(0, row, column, result)
    model.evaluate()
    assert model.get_cell_value(0, 4, 2) == Words(language)(f"start.{said}")


@pytest.mark.parametrize("language", languages())
def test_a_fresh_file_promises_nothing(built, language):
    for name in (NO_PYTHON, TEMPLATE):
        assert values(built[language] / name)["Start", "B4"] == Words(language)("start.saved")
