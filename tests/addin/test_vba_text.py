"""The VBA as text: regenerated, by the rules of the language, and read back from a project by olevba."""

import re
import tomllib
import warnings
from importlib.metadata import version
from pathlib import Path

import pytest
from openpyxl.utils import FORMULAE
from pyopenvba import ExcelFile, VBAModuleKind

from xl_leadkpi.addin.exports import FUNCTIONS, ExcelFunction, Parameter
from xl_leadkpi.addin.vba import functions_module, name_problem

from .vba_host import VBA

MODULES = ("KpiFunctions.bas", "KpiCells.cls", "KpiBridge.cls")
CONTINUATIONS = 24
LINE = 1023
PROCEDURE = 65_536


def text_of(name):
    return (VBA / name).read_bytes().decode("ascii")


def function(name, *parameters, text=""):
    return ExcelFunction(
        name=name, help=text, parameters=tuple(Parameter(parameter, "") for parameter in parameters), compute=None
    )


def test_golden_output_is_what_the_generator_writes():
    assert text_of("KpiFunctions.bas") == functions_module(), "run: python -m tests.kpis.regenerate"


@pytest.mark.parametrize("name", MODULES)
def test_ascii_crlf_option_explicit(name):
    text = text_of(name)
    assert text.isascii()
    assert text.count("\n") == text.count("\r\n")
    assert "\r\nOption Explicit\r\n" in text
    assert "\t" not in text
    assert max(map(len, text.split("\r\n"))) <= LINE
    assert not re.search(rf"(_\r\n[^\n]*){{{CONTINUATIONS + 1}}}", text)


def test_every_name_is_fit_for_cells_and_for_vba():
    for one in FUNCTIONS.values():
        assert name_problem(one.name) is None, one.name
        for parameter in one.parameters:
            assert name_problem(parameter.name) in (None, "looks like a cell"), (one.name, parameter.name)
    assert {name.upper() for name in FUNCTIONS}.isdisjoint(FORMULAE), "a built-in function goes before one's own"


@pytest.mark.parametrize(
    "name",
    ["CPL2", "R1C1", "RC", "R", "C", "A1", "XFD1048576", "Date", "new", "1ABC", "A B", "A.B", "", "Ä", "x" * 256],
)
def test_unfit_names_are_found(name):
    assert name_problem(name) is not None
    with pytest.raises(ValueError, match="the name"):
        functions_module([function(name)])


def test_parameters_are_checked_too():
    with pytest.raises(ValueError, match="'end' is a word of VBA"):
        functions_module([function("CPL", "end")])
    with pytest.raises(ValueError, match="by case"):
        functions_module([function("CPL", "Leads", "leads")])
    with pytest.raises(ValueError, match="by case"):
        functions_module([function("CPL", "cpl")])


def test_no_parameter_is_spelled_like_a_function():
    """VBA keeps one spelling of both, and Excel would show =revenue(...)."""
    written = {name.lower(): name for name in FUNCTIONS}
    shown = [(one, parameter.shown) for one in FUNCTIONS.values() for parameter in one.parameters]
    assert [(one.name, name) for one, name in shown if name.lower() in written] == []
    assert {name for _, name in shown} >= {"revenue_amount", "customer_lifetime", "spend"}
    for one in FUNCTIONS.values():
        assert len({parameter.shown for parameter in one.parameters}) == len(one.parameters)


@pytest.mark.parametrize("parameter", ["cpl", "Cpl", "CPL"])
def test_a_parameter_that_would_respell_a_function_is_refused(parameter):
    with pytest.raises(ValueError, match=f"ROI: the parameter '{parameter}' is spelled like the function CPL"):
        functions_module([function("CPL", "spend"), function("ROI", "gain", parameter)])


def test_help_is_ascii_and_quoted():
    text = functions_module([function("CPL", text='Spend ÷ leads – "per lead"')])
    assert 'Attribute CPL.VB_Description = "Spend / leads - ""per lead"""' in text
    assert text.isascii()


def test_help_fits_the_wizard():
    for one in FUNCTIONS.values():
        assert 10 < len(one.help) <= 253, one.name
        assert all(0 < len(parameter.help) <= 253 for parameter in one.parameters), one.name


def test_the_names_of_parameters_fit_the_wizard():
    assert "Function CPL(" in functions_module([function("CPL", "a" * 126, "b" * 126)])
    with pytest.raises(ValueError, match="CPL: the names of its parameters are too long"):
        functions_module([function("CPL", "a" * 126, "b" * 127)])
    assert "    CPL = " in functions_module([function("CPL", "a" * 253)])


def test_nothing_a_cell_could_reach_but_the_functions():
    """Members of classes cannot be called from a cell; what is public in a module can, from any open workbook."""
    text = text_of("KpiFunctions.bas")
    assert set(re.findall(r"^Public (?:Function|Sub|Property Get) (\w+)", text, re.MULTILINE)) == set(FUNCTIONS)
    assert not re.search(r"^(Function|Sub)", text, re.MULTILINE)
    assert "Shell" not in "".join(map(text_of, MODULES))
    assert "ActiveWorkbook" not in "".join(map(text_of, MODULES)), "no workbook has a say in what runs"
    assert "ThisWorkbook" not in "".join(map(text_of, MODULES))


def test_library_is_the_installed_xlwings():
    names = set(re.findall(r"xlwings(?:32|64)-([\d.]+)\.dll", text_of("KpiBridge.cls")))
    assert names == {version("xlwings")}
    assert f"pip install xlwings=={version('xlwings')}" in text_of("KpiBridge.cls")
    project = tomllib.loads(Path(VBA, "..", "..", "pyproject.toml").read_text("utf-8"))
    assert f"xlwings=={version('xlwings')}" in project["project"]["dependencies"]


def test_read_back_by_olevba(tmp_path):
    path = tmp_path / "lead_kpi.xlam"
    with ExcelFile.create_new(path) as workbook:
        project = workbook.vba_project()
        for name in MODULES:
            text = re.sub(r"^VERSION.*?^END\r\n", "", text_of(name), flags=re.DOTALL | re.MULTILINE)
            text = re.sub(r"^Attribute VB_Name.*\r\n", "", text, flags=re.MULTILINE)
            kind = VBAModuleKind.standard if name.endswith(".bas") else VBAModuleKind.other
            project.add_module(name[:-4], text, kind=kind)
        workbook.save()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # oletools 0.60.2 uses old names of pyparsing
        from oletools.olevba import VBA_Parser

        parser = VBA_Parser(str(path))
    try:
        assert parser.detect_vba_macros()
        read = {name: code for _, _, name, code in parser.extract_macros()}
    finally:
        parser.close()
    code = read["KpiFunctions.bas"]
    for name in FUNCTIONS:
        assert f"Public Function {name}(" in code
        assert f'Attribute {name}.VB_ProcData.VB_Invoke_Func = " \\n14"' in code
    assert "Private Const SERVER_ARGUMENTS" in read["KpiBridge.cls"]
    assert "Public Function Value" in read["KpiCells.cls"]
