"""The named LAMBDAs as the file holds them."""

import re
from xml.etree import ElementTree as ET

import ironcalc
import pytest
import xlsxwriter

from tests.kpis.engines import libreoffice
from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.kpis.durations import STATISTIC_LETS, _quantile
from xl_leadkpi.workbooks.functions import _constant
from xl_leadkpi.workbooks.names import as_in_file, definitions

from .excel_package import Package
from .reading import NO_PYTHON, TEMPLATE, part, same

NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def test_every_kpi_is_a_name_with_its_description(built):
    names = ET.fromstring(part(built["en"] / NO_PYTHON, "xl/workbook.xml")).iter(f"{NS}definedName")
    described = {one.get("name"): one.get("comment") for one in names if one.get("name") in CATALOGUE}
    assert set(described) == set(CATALOGUE)
    assert all(0 < len(comment) <= 255 for comment in described.values())


def test_prefixes():
    assert as_in_file('LAMBDA(a,[b],LET(c_,IF(ISOMITTED(b),1E+3,"a b"),#DIV/0!))') == (
        '_xlfn.LAMBDA(_xlpm.a,_xlop.b,_xlfn.LET(_xlpm.c_,IF(_xlfn.ISOMITTED(_xlpm.b),1E+3,"a b"),#DIV/0!))'
    )
    assert as_in_file("LAMBDA(x,FILTER(x,TRUE))") == "_xlfn.LAMBDA(_xlpm.x,_xlfn._xlws.FILTER(_xlpm.x,TRUE))"
    with pytest.raises(ValueError, match="SNEAKY"):
        as_in_file("LAMBDA(x,SNEAKY(x))")


def test_a_parameter_does_not_hide_a_kpi():
    names = {name.upper() for name in CATALOGUE}
    for _, definition, _ in definitions():
        assert not names & {one.upper() for one in re.findall(r"_xl[op][pm]\.(\w+)", definition)}


LOCALES = ("en", "de", "fr", "it")
"""Decimal points and decimal commas."""

DAYS = [45_000.0] * 4, [45_003.0, 45_009.0, 45_010.0, 45_050.0]
STATISTICS = ("mean", "median", "p0", "p50", "p97.5", " P2.5 ", "p33.25", "p97,5", "p097.5", "p9 0", "p90%", "p", "p-5",
              "p1e1", "p150", "q90", 0.975)  # fmt: skip
"""What is asked for of durations, right and wrong: numbers in a text have a point, whatever the decimal sign."""


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """A workbook with the stored LAMBDAs called for every example of the catalogue, and what Python makes of them."""
    path = tmp_path_factory.mktemp("examples") / "examples.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("S")
    for name, definition, _ in definitions():
        book.define_name(name, f"={definition}")
    found = []
    for kpi in CATALOGUE.values():
        for example in kpi.examples:
            if not any(
                isinstance(v, CellError) for a in example.arguments for v in (a if isinstance(a, list) else [a])
            ):
                written = f"{kpi.name}({','.join(argument(a) for a in example.arguments)})"
                expected = example.expected if isinstance(example.expected, tuple) else (example.expected,)
                for number, value in enumerate(expected, start=1):
                    found.append((written if len(expected) == 1 else f"INDEX({written},{number})", value))
    for name in ("SALESCYCLE", "TIMETOCONV", "RESPTIME"):
        for statistic in STATISTICS:
            arguments = (*DAYS, statistic)
            written = f"{name}({','.join(map(argument, arguments))})"
            found.append((written, CATALOGUE[name](*arguments)))
    for row, (text, _) in enumerate(found):
        sheet.write_formula(row, 0, f"={text}")
    book.close()
    return path, found


def argument(value):
    """A blank alone is an empty text: a formula cannot hold an empty cell."""
    return '""' if value is None else _constant(value)


@pytest.mark.parametrize("locale", LOCALES)
def test_ironcalc_computes_every_example(cases, locale):
    path, expected = cases
    model = ironcalc.load_from_xlsx(str(path), locale, "UTC", "en")
    model.evaluate()
    computed = [model.get_cell_value(0, row, 1) for row in range(1, len(expected) + 1)]
    differ = [
        (text, value, result)
        for (text, value), result in zip(expected, computed, strict=True)
        if not same(str(value) if isinstance(value, CellError) else value, result)
    ]
    assert differ == []
    assert len(expected) > 300


_READS_THE_SYSTEM = re.compile(r"(?<![A-Z.])(VALUE|DATEVALUE|TIMEVALUE|TEXT|FIXED|DOLLAR|NUMBERVALUE\([^,]*\))\(")
"""Functions that read or write numbers and days as the system has them."""


def test_no_lambda_reads_or_writes_numbers_as_the_system_does():
    assert _READS_THE_SYSTEM.search('VALUE("1")')
    assert [name for name, definition, _ in definitions() if _READS_THE_SYSTEM.search(definition)] == []


@pytest.mark.parametrize("name", [NO_PYTHON, TEMPLATE])
def test_no_formula_does_so_either(built, name):
    formulas = Package.of(built["en"] / name).formulas
    assert len(formulas) > 500
    assert [text for _, text in formulas if _READS_THE_SYSTEM.search(text)] == []


@pytest.mark.needs("libreoffice")
@pytest.mark.parametrize("locale", ["en-US", "de-DE"])
def test_libreoffice_reads_percentiles_with_any_decimal_sign(locale, tmp_path):
    """IronCalc writes numbers with a point everywhere; LibreOffice, as Excel, with the sign of the system."""
    lets = dict(text.split(",", 1) for text in STATISTIC_LETS)
    percent = lets["percent"].replace("NUMBERVALUE", "_xlfn.NUMBERVALUE")
    named = lets["named"].replace("known", lets["known"])
    words = [text.strip(" ").lower() for text in STATISTICS if isinstance(text, str)]
    cells = {}
    for row, word in enumerate(words):
        here = {"word": f"A{row + 1}", "percent": f"B{row + 1}"}
        cells[row, 0] = word
        for column, text in ((1, percent), (2, f"IFERROR({named},-9)")):
            cells[row, column] = "=" + re.sub(r"\b(word|percent)\b", lambda match, here=here: here[match[0]], text)
        cells[row, 3] = '=0.5&""'
    shown = libreoffice(cells, tmp_path, locale)
    assert shown[0, 3] == ("0,5" if locale == "de-DE" else "0.5")
    computed = {word: float(shown[row, 2].replace(",", ".")) for row, word in enumerate(words)}
    wanted = {word: -9.0 if _quantile(word) is None else _quantile(word) for word in words}
    assert computed == pytest.approx(wanted)
