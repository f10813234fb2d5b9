"""The named LAMBDAs as the file holds them."""

import re
from xml.etree import ElementTree as ET

import ironcalc
import pytest
import xlsxwriter

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.workbooks.functions import _constant
from xl_leadkpi.workbooks.names import definitions, stored

from .reading import NO_PYTHON, part, same

NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def test_every_kpi_is_a_name_with_its_description(built):
    names = ET.fromstring(part(built["en"] / NO_PYTHON, "xl/workbook.xml")).iter(f"{NS}definedName")
    described = {one.get("name"): one.get("comment") for one in names if one.get("name") in CATALOGUE}
    assert set(described) == set(CATALOGUE)
    assert all(0 < len(comment) <= 255 for comment in described.values())


def test_prefixes():
    assert stored('LAMBDA(a,[b],LET(c_,IF(ISOMITTED(b),1E+3,"a b"),#DIV/0!))') == (
        '_xlfn.LAMBDA(_xlpm.a,_xlop.b,_xlfn.LET(_xlpm.c_,IF(_xlfn.ISOMITTED(_xlpm.b),1E+3,"a b"),#DIV/0!))'
    )
    assert stored("LAMBDA(x,FILTER(x,TRUE))") == "_xlfn.LAMBDA(_xlpm.x,_xlfn._xlws.FILTER(_xlpm.x,TRUE))"
    with pytest.raises(ValueError, match="SNEAKY"):
        stored("LAMBDA(x,SNEAKY(x))")


def test_a_parameter_does_not_hide_a_kpi():
    names = {name.upper() for name in CATALOGUE}
    for _, definition, _ in definitions():
        assert not names & {one.upper() for one in re.findall(r"_xl[op][pm]\.(\w+)", definition)}


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """What IronCalc computes for every example of the catalogue with the stored LAMBDAs."""
    path = tmp_path_factory.mktemp("examples") / "examples.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("S")
    for name, definition, _ in definitions():
        book.define_name(name, f"={definition}")
    cases = []
    for kpi in CATALOGUE.values():
        for example in kpi.examples:
            if not any(
                isinstance(v, CellError) for a in example.arguments for v in (a if isinstance(a, list) else [a])
            ):
                written = f"{kpi.name}({','.join(argument(a) for a in example.arguments)})"
                expected = example.expected if isinstance(example.expected, tuple) else (example.expected,)
                for number, value in enumerate(expected, start=1):
                    text = written if len(expected) == 1 else f"INDEX({written},{number})"
                    sheet.write_formula(len(cases), 0, f"={text}")
                    cases.append((text, value))
    book.close()
    model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    model.evaluate()
    return [(text, value, model.get_cell_value(0, row, 1)) for row, (text, value) in enumerate(cases, start=1)]


def argument(value):
    """A blank alone is an empty text: a formula cannot hold an empty cell."""
    return '""' if value is None else _constant(value)


def test_ironcalc_computes_every_example(evaluated):
    differ = [
        (text, expected, computed)
        for text, expected, computed in evaluated
        if not same(str(expected) if isinstance(expected, CellError) else expected, computed)
    ]
    assert differ == []
    assert len(evaluated) > 250
