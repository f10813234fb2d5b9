"""The VBA compiled and run by LibreOffice's Basic, as far as it goes.

Its limits (7.4): no class can be made, so the classes stand as modules and the bridge is a stub; a range has no
``Value2``; a missing optional argument cannot be handed on; an error value shows as the text ``Error 2007``.
"""

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from pyopenvba import ExcelFile

from .vba_host import source

PLAIN = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
WITH_MACROS = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
INPUTS = [1000, 40, 0, None]
FORMULAS = {
    "=CPL(1000,40)": "25",
    "=CPL(A1,B1)": "25",
    "=CPL(A1,C1)": "Error 2007",
    "=CPL(A1,D1)": "",
    "=CPL(D1,C1)": "",
    "=CAC(A1,B1,C1)": "given",
    "=WINRATE(5,10,0)": "0.5",
    "=INDEX(STEPCONV(A1:B1),1,2)": "2.5",
    "=INDEX(STEPCONV(A1:B1),2,1)": "text",
    "=CPL(A:A,1)": "1000",
}
BRIDGE = """Option Explicit
Public Sub Note(ByVal text As String)
End Sub
Public Function CallPython(ByVal functionName As String, ByVal arguments As Variant, ByVal date1904 As Boolean, _
        ByVal caller As String) As Variant
    Dim grid(0 To 1, 0 To 1) As Variant
    If functionName = "STEPCONV" Then
        grid(0, 0) = "#DIV/0!": grid(0, 1) = 2.5: grid(1, 0) = "text": grid(1, 1) = "#N/A"
        CallPython = grid
    ElseIf functionName = "CAC" Then
        CallPython = "given"
    ElseIf IsArray(arguments(0)) Then
        CallPython = arguments(0)(1, 1)
    ElseIf arguments(1) = 0 Then
        CallPython = "#DIV/0!"
    Else
        CallPython = arguments(0) / arguments(1)
    End If
End Function
Public Function Message() As String
End Function
Public Function LastNote() As String
End Function
"""


def python_with_uno():
    for python in ("/usr/bin/python3", shutil.which("python3") or ""):
        if python and subprocess.run([python, "-c", "import uno"], capture_output=True, check=False).returncode == 0:
            return python
    return None


def workbook(folder):
    """A workbook with the formulas, and the modules that the add-in has."""
    plain, path = folder / "plain.xlsx", folder / "functions.xlsm"
    with xlsxwriter.Workbook(str(plain)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, INPUTS)
        for column, formula in enumerate(FORMULAS):
            sheet.write_formula(1, column, formula)
    with zipfile.ZipFile(plain) as read, zipfile.ZipFile(path, "w") as written:
        for name in read.namelist():
            written.writestr(name, read.read(name).replace(PLAIN, WITH_MACROS))
    functions = source("KpiFunctions.bas").replace("Public KpiEngine As New KpiCells\n", "")
    cells = source("KpiCells.cls").replace("Private mBridge As New KpiBridge\n", "").replace(".Value2", ".Value")
    cells = re.sub(r"Public Property Get Bridge.*?End Property\n", "", cells, flags=re.DOTALL)
    with ExcelFile(path) as book:
        book.add_vba_project()
        project = book.vba_project()
        for name, text in {"KpiFunctions": functions, "KpiEngine": cells, "mBridge": BRIDGE}.items():
            project.add_module(name, text.replace("\n", "\r\n"))
        book.save()
    return path


@pytest.mark.needs("libreoffice")
def test_libreoffice_compiles_and_runs_the_modules(tmp_path):
    python = python_with_uno()
    program = str(Path(__file__).with_name("libreoffice_cells.py"))
    done = subprocess.run(
        [python, program, str(workbook(tmp_path)), str(tmp_path / "profile"), str(len(FORMULAS))],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    assert dict(zip(FORMULAS, json.loads(done.stdout), strict=True)) == FORMULAS
