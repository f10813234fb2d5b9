"""The VBA projects, read by others' readers and run by an interpreter."""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import olefile
import pytest
from pyopenvba import ExcelFile, integrity

from xl_leadkpi.addin.vba import functions_module
from xl_leadkpi.workbooks import vba

from .reading import ADD_IN, TEMPLATE, part, parts

README = Path(__file__).resolve().parents[2] / "README.md"
NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
MODULES = {"KpiFunctions", "KpiRibbon", "KpiCells", "KpiBridge"}


@pytest.fixture(scope="module", params=[ADD_IN, TEMPLATE])
def file(request, built):
    return built["en"] / request.param


@pytest.fixture
def container(file, tmp_path):
    path = tmp_path / "vbaProject.bin"
    with zipfile.ZipFile(file) as package:
        path.write_bytes(package.read("xl/vbaProject.bin"))
    return path


def test_a_strict_reader_finds_no_defect(file, container):
    with olefile.OleFileIO(container, raise_defects=olefile.DEFECT_POTENTIAL) as ole:
        assert ole.exists("VBA/dir")
        assert ole.exists("PROJECT")
        assert ole.parsing_issues == []
        # the source only: what was compiled elsewhere is left out, so that Excel compiles what can be read here
        assert ole.openstream("VBA/_VBA_PROJECT").read() == b"\xcc\x61\xff\xff\x00\x00\x00"
        assert not [name for name in ole.listdir() if name[-1].startswith("__SRP")]
        name = vba.ADD_IN_PROJECT if file.name == ADD_IN else vba.TEMPLATE_PROJECT
        assert f'Name="{name}"\r\n'.encode() in ole.openstream("PROJECT").read()


def test_integrity(file):
    report = integrity.check_file(str(file))
    assert report.complete
    assert report.issues == ()
    with ExcelFile(file) as book:
        assert book.validate() == []
        assert [reference.name for reference in book.references()] == ["stdole", "Office"]


def test_code_names_agree(file):
    workbook = part(file, "xl/workbook.xml")
    assert 'codeName="ThisWorkbook"' in workbook
    sheets = {
        ET.fromstring(content).find(f"{NS}sheetPr").get("codeName")
        for content in parts(file, r"xl/worksheets/sheet\d+\.xml").values()
    }
    with ExcelFile(file) as book:
        documents = set(book.module_names()) - MODULES - {"KpiLinks", "ThisWorkbook"}
    assert sheets == documents


@pytest.fixture(scope="module")
def scanned(file):
    """Modules as olevba reads them, and what it makes of them."""
    from oletools.olevba import VBA_Parser

    parser = VBA_Parser(str(file))
    sources = {name.rpartition(".")[0]: code for _, _, name, code in parser.extract_all_macros()}
    findings = {(kind, keyword) for kind, keyword, _ in parser.analyze_macros()}
    parser.close()
    return sources, findings


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_olevba_reads_the_sources_and_no_surprise(file, scanned):
    sources, findings = scanned
    wanted = vba.modules(add_in=file.name == ADD_IN)
    for name, source in wanted.items():
        assert body(sources[name]) == body(source), name
    starts = {keyword for kind, keyword in findings if kind == "AutoExec"}
    assert starts == ({"Workbook_Open"} if file.name == ADD_IN else set())
    readme = re.search(r"\*\*What runs by itself.*?\n\n", README.read_text(encoding="utf-8"), re.DOTALL)[0].lower()
    named = {keyword.lower() for kind, keyword in findings if kind in {"Suspicious", "AutoExec"}}
    assert named <= {"workbook_open", *TOLD}
    assert all(one in readme for one in named)


TOLD = {"environ", "open", "lib", "call", "command", "run", "windows", "hex strings", "base64 strings"}
"""What a scanner finds; none of it is a shell, a download, another program or another project's code."""


def body(source):
    text = source.replace("\r\n", "\n")
    text = re.sub(r"^VERSION.*?^END\n", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"^Attribute VB_.*\n", "", text, flags=re.MULTILINE).strip()


def test_no_stock_module_no_shell_no_network():
    for add_in in (True, False):
        text = "\n".join(vba.modules(add_in=add_in).values())
        code = re.sub(r"^\s*'.*$|\"[^\"]*\"", "", text, flags=re.MULTILINE)
        words = (
            "Shell CreateObject GetObject RunPython ExecuteWindows WScript http VBProject Auto_Open Kill SaveSetting"
        )
        for word in (*words.split(), "Evaluate", "ExecuteExcel4Macro"):
            assert not re.search(rf"\b{word}\b", code, re.IGNORECASE), word


def test_every_line_is_as_vba_takes_it():
    for name, source in vba.modules(add_in=True).items():
        assert source.isascii(), name
        assert "\n" not in source.replace("\r\n", ""), name
        assert "Option Explicit" in source, name
        assert max(map(len, source.split("\r\n"))) < 1023, name


def test_the_dll_is_that_of_the_version_found():
    source = vba.modules(add_in=True, xlwings="0.40.12")["KpiBridge"]
    assert "xlwings64-0.40.12.dll" in source
    assert "xlwings32-0.40.12.dll" in source
    assert "0.37.8" not in source
    for version in ("0.40", '0.40.1" Alias "x', "dev"):
        with pytest.raises(ValueError, match="release"):
            vba.modules(add_in=True, xlwings=version)


def test_functions_are_those_of_the_generator():
    assert vba.modules(add_in=False)["KpiFunctions"] == functions_module()


# what the interpreter runs --------------------------------------------------------------------------------------------


def procedure(source, *names):
    """Procedures of a module, made public, on their own."""
    text = source.replace("\r\n", "\n")
    found = []
    for name in names:
        match = re.search(rf"^(?:Private|Public) ((Sub|Function) {name}\(.*?^End \2)$", text, re.DOTALL | re.MULTILINE)
        found.append(f"Public {match[1]}")
    return "\n".join(found)


@pytest.mark.parametrize(
    ("link", "repaired"),
    [
        (r"C:\Users\eva\Downloads\LeadKPI.xlam", True),
        (r"\\server\share\LEADKPI.XLAM", True),
        ("https://company.sharepoint.com/sites/x/LeadKPI.xlam", True),
        (r"C:\XLSTART\LeadKPI.xlam", False),
        (r"C:\Users\eva\Prices.xlsx", False),
        (r"C:\Users\eva\LeadKPI.xlam\Prices.xlsx", False),
        (r"C:\Users\eva\MyLeadKPI.xlam", False),
    ],
)
def test_links_to_other_copies_are_found(link, repaired):
    from pyopenvba.apps.excel import ExcelApplication

    source = procedure(vba.modules(add_in=True)["KpiLinks"], "IsOtherCopy")
    source = source.replace("ThisWorkbook.FullName", r'"C:\XLSTART\LeadKPI.xlam"').replace(
        "ThisWorkbook.Name", '"LeadKPI.xlam"'
    )
    app = ExcelApplication()
    app.add_workbook()
    app.add_module(source, name="Links")
    assert bool(app.interpreter.run("IsOtherCopy", [link])) is repaired
