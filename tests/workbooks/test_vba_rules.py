"""The VBA of add-in and template by the language's own rules, and each rule on a module that is wrong on purpose."""

import re

import pytest
from pyvbaanalysis.reader import read_office_modules

from tests.addin.vba_rules import CLASS, DOCUMENT, LIBRARIES, PROCEDURE, SERVER, STANDARD, Project, check
from xl_leadkpi.addin.exports import FUNCTIONS
from xl_leadkpi.addin.server import Server
from xl_leadkpi.addin.vba import functions_module
from xl_leadkpi.workbooks import vba
from xl_leadkpi.workbooks.ribbon import ribbon_xml

from .reading import ADD_IN, TEMPLATE, part

pytestmark = pytest.mark.long

RIBBON = "customUI/customUI14.xml"
NOT_FAULTS = {
    # a property with a parameter: LanguageSettings.LanguageID(Id), Office VBA reference
    ("argument-count", "KpiRibbon", "Wrong number of arguments to 'LanguageID': expected 0 arguments, but got 1."),
}


@pytest.mark.parametrize("name", [ADD_IN, TEMPLATE])
def test_the_project_in_the_file_keeps_every_rule(built, name):
    modules = {module.name: (module.kind, module.source) for module in read_office_modules(built["en"] / name)}
    assert modules["KpiFunctions"][0] is STANDARD
    assert modules["KpiBridge"][0] is CLASS
    assert modules["ThisWorkbook"][0] is DOCUMENT
    called = vba.ADD_IN_PROJECT if name == ADD_IN else vba.TEMPLATE_PROJECT
    found = check(Project(modules, called, part(built["en"] / name, RIBBON)))
    assert {(one.rule, one.module, one.text) for one in found} == NOT_FAULTS


def test_the_tables_are_those_of_the_program(built):
    from pyopenvba import ExcelFile

    assert {name.lower() for name in Server._public_methods_} == SERVER
    with ExcelFile(built["en"] / ADD_IN) as book:
        assert {reference.name for reference in book.references()} <= set(LIBRARIES)


# wrong on purpose: our own modules ------------------------------------------------------------------------------------


def our_project(change):
    """The add-in with a few functions, its modules changed."""
    modules = {}
    for name, source in vba.modules(add_in=True).items():
        kind = STANDARD if name in vba.STANDARD else DOCUMENT if name == vba.WORKBOOK else CLASS
        if name == "KpiFunctions":
            source = functions_module(FUNCTIONS[one] for one in ("REVENUE", "ROMI", "CPL", "KPIWHY"))  # noqa: PLW2901
        modules[name] = (kind, re.sub(r"^VERSION.*?^END\r\n", "", source, flags=re.DOTALL | re.MULTILINE))
    ribbon = ribbon_xml(add_in=True).decode()
    changed = 0
    for place, old, new in change:
        if place == "ribbon":
            changed, ribbon = changed + ribbon.count(old), ribbon.replace(old, new)
        for name, (kind, source) in modules.items():
            if place in {name, "*"}:
                changed += source.count(old)
                modules[name] = (kind, source.replace(old, new.replace("\n", "\r\n")))
    assert changed or not change
    return Project(modules, vba.ADD_IN_PROJECT, ribbon)


CHANGES = {
    "a variable called like the project": ("name-clash", [("*", "KpiEngine", "LeadKpi")]),
    "a variable called like a module": ("name-clash", [("*", "KpiEngine", "KPICELLS")]),
    "a parameter spelled like a function": ("spelling", [("KpiFunctions", "revenue_amount", "revenue")]),
    "a box out of a cell": ("dialog-from-cell", [("KpiBridge", 'Application.StatusBar = "Lead KPI: " &', "MsgBox")]),
    "a box out of a property that a cell asks": (
        "dialog-from-cell",
        [("KpiBridge", "    Message = mMessage", "    Message = InputBox(mMessage)")],
    ),
    "Python started by a label": (
        "runs-by-itself",
        [("KpiRibbon", "    Translated = key", "    Translated = KpiEngine.Bridge.RunMacro(key, ActiveWorkbook)")],
    ),
    "a file read when a workbook is opened": (
        "runs-by-itself",
        [("KpiLinks", "    alerts = Application.DisplayAlerts", "    Open book.FullName For Input As #1")],
    ),
    "an argument missing": ("argument-count", [("KpiCells", ", date1904, CallerAddress()))", ", date1904))")]),
    "a name that is nowhere": ("unresolved-name", [("KpiCells", "Larger(1,", "Greater(1,")]),
    "a member that a range lacks": ("unknown-member", [("KpiCells", "Worksheet.UsedRange", "Worksheet.UsedCells")]),
    "a member of a member of our own": ("member-not-found", [("KpiRibbon", "Bridge.StopPython", "Bridge.Halt")]),
    "a member that the server lacks": ("unknown-member", [("KpiBridge", "mServer.CallUDF", "mServer.Call")]),
    "a member that a control lacks": ("unknown-member", [("KpiRibbon", "control.Tag", "control.Key")]),
    "a label that is nowhere": ("undefined-label", [("KpiBridge", "Resume fail\r\n", "Resume failing\r\n")]),
    "a DLL declared on a Mac": ("declare-platform", [("KpiBridge", "#If Mac Then\r\n#ElseIf Win64", "#If Win64")]),
    "a 64-bit DLL on 32 bits": ("declare-platform", [("KpiBridge", '"xlwings32-', '"xlwings64-')]),
    "no PtrSafe": (
        "declare-missing-ptrsafe",
        [("KpiBridge", "Declare PtrSafe Function Load", "Declare Function Load")],
    ),
    "a call that only Windows declares": (
        "unresolved-name",
        [
            (
                "KpiBridge",
                '    #If Mac Then\r\n    Start = "The',
                '    #If Mac Then\r\n    LoadLibraryW 0\r\n    Start = "The',
            )
        ],
    ),
    "a callback that is nowhere": ("callback-missing", [("ribbon", "AddInRibbonRun", "TemplateRibbonRun")]),
    "a callback that is private": (
        "callback-missing",
        [("KpiRibbon", "Public Sub AddInRibbonRun", "Private Sub AddInRibbonRun")],
    ),
    "a gallery with a button's callback": ("callback-signature", [("ribbon", "AddInRibbonInsert", "AddInRibbonRun")]),
    "an answer by value": (
        "callback-signature",
        [("KpiRibbon", "Label(control As IRibbonControl, ByRef", "Label(control As IRibbonControl, ByVal")],
    ),
}


def test_the_few_functions_keep_every_rule():
    assert {(one.rule, one.module, one.text) for one in check(our_project([]))} == NOT_FAULTS


@pytest.mark.parametrize(("rule", "change"), CHANGES.values(), ids=CHANGES)
def test_a_fault_in_our_own_modules_is_found(rule, change):
    assert rule in {one.rule for one in check(our_project(change))}


# wrong on purpose: one module a rule ----------------------------------------------------------------------------------

SUB = "Public Sub Work()\n    {}\nEnd Sub\n"


def module(*lines, body=None):
    return "\n".join(["Option Explicit", *lines, *([] if body is None else [SUB.format(body.replace("\n", "\n    "))])])


ONE_MODULE = {
    "grammar": [
        module("Public Sub Work()", "End Function"),
        module(body="If True Then"),
        module(body="Dim a As Long\na = = 1"),
        module("#If Mac Then", body="Work"),
    ],
    "option-explicit-missing": [SUB.format("Work")],
    "undeclared-variable": [module(body="count = 1")],
    "unknown-call": [module(body="Undefined 1")],
    "unresolved-name": [module(body="Debug.Print vbNoSuchThing"), module(body="Dim a As Long\na = xlNowhere")],
    "unresolved-type": [module("Public Sub Work(ByVal book As Workbok)\nEnd Sub"), module(body="Dim a As New Kpi")],
    "unknown-member": [
        module(body="Debug.Print ThisWorkbook.FullNam"),
        module(body="Application.Worksheets(1).Cells(1, 1).Clearr"),
        module(body="Debug.Print Err.Code"),
        module(body="With ThisWorkbook\n.Sav\nEnd With"),
    ],
    "late-bound": [module(body="Dim thing As Object\nthing.Work"), module(body="Dim a As Variant\nDebug.Print a.Name")],
    "argument-count": [
        module("Private Sub Other(ByVal a As Long)\nEnd Sub", body="Other"),
        module("Private Sub Other(ByVal a As Long)\nEnd Sub", body="Other b:=1"),
        module(body='Debug.Print Left$("text")'),
    ],
    "byref-argument-type-mismatch": [
        module("Private Sub Other(ByRef a As Double)\n    a = 1\nEnd Sub", body="Dim b As Long\nOther b")
    ],
    "duplicate-declaration": [module(body="Dim a As Long\nDim A As String")],
    "duplicate-procedure": [module(body="Work") + SUB.format("Work")],
    "undefined-label": [module(body="On Error GoTo nowhere\nWork")],
    "exit-wrong-proc": [module(body="Exit Function")],
    "exit-outside-block": [module(body="Exit For")],
    "const-assignment": [module("Private Const A As Long = 1", body="A = 2")],
    "line-too-long": [module(body="'" + "x" * 1023)],
    "invalid-line-continuation": [module(body="Dim a As Long\na = 1" + " + _\n1" * 25)],
    "identifier-too-long": [module(body=f"Dim {'a' * 256} As Long")],
    "procedure-size": [module(body="Debug.Print 1\n" * (PROCEDURE // 19 + 1))],
    "declare-missing-ptrsafe": [module('Private Declare Sub Beep Lib "kernel32" ()', body="Beep")],
    "declare-platform": [
        module('Private Declare PtrSafe Sub Sleep Lib "kernel32" (ByVal ms As Long)', body="Sleep 1"),
        module('#If Win64 Then\nPrivate Declare PtrSafe Sub Go Lib "xlwings64-0.37.8.dll" ()\n#End If'),
        module('#If Win32 Then\nPrivate Declare PtrSafe Sub Go Lib "libc.dylib" ()\n#End If'),
    ],
    "name-clash": [
        module("Public Excel As Long"),
        module("Public Const PROJECT As Long = 1"),
        module("Public Enum Office\n    One = 1\nEnd Enum"),
        module("Public Function Module1() As Long\n    Module1 = 1\nEnd Function"),
    ],
    "spelling": [
        module("Public Function MRR() As Long\n    MRR = 1\nEnd Function", body="Dim mrr As Long\nmrr = 1"),
        module(body="Dim Leads As Long\nLeads = 1") + "Private Sub Other(ByVal leads As Long)\nEnd Sub\n",
        module("Public Function REACH() As Long\n    Reach = 1\nEnd Function"),
    ],
    "dialog-from-cell": [
        module("Public Function CPL() As Variant\n    CPL = Application.GetOpenFilename\nEnd Function"),
        module(
            "Public Function CPL() As Variant\n    CPL = 1\n    Tell\nEnd Function\n",
            "Private Sub Tell()\n    MsgBox 1\nEnd Sub",
        ),
    ],
    "runs-by-itself": [
        module('Public Sub Auto_Open()\n    Debug.Print Environ$("APPDATA")\nEnd Sub'),
        module('Public Sub Auto_Open()\n    Debug.Print Shell("calc")\nEnd Sub'),
    ],
}


@pytest.mark.parametrize(
    ("rule", "text"), [(rule, text) for rule, texts in ONE_MODULE.items() for text in texts], ids=lambda text: text[:40]
)
def test_a_module_that_breaks_a_rule_is_found(rule, text):
    found = check(Project({"Module1": (STANDARD, text)}))
    assert rule in {one.rule for one in found}, found


TWO_MODULES = {
    "ambiguous-name": [
        ("Module1", STANDARD, module(body="Debug.Print 1")),
        ("Module2", STANDARD, module(body="Debug.Print 2")),
    ],
    "member-not-found": [
        ("Module1", STANDARD, module("Public Made As New Class1", body="Made.Nothingness")),
        ("Class1", CLASS, module(body="Debug.Print 1")),
    ],
    "unknown-member": [
        ("Module1", STANDARD, module("Public Made As New Class1", body="Made.Hidden")),
        ("Class1", CLASS, module("Private Sub Hidden()\nEnd Sub", body="Hidden")),
    ],
    "unknown-call": [
        ("Module1", STANDARD, module(body="Hidden")),
        ("Module2", STANDARD, module("Private Sub Hidden()\nEnd Sub")),
    ],
    "runs-by-itself": [
        ("ThisWorkbook", DOCUMENT, module("Private Sub Workbook_Open()\n    Go\nEnd Sub")),
        ("Module1", STANDARD, module("Public Sub Go()\n    MsgBox 1\nEnd Sub")),
    ],
    "object-module-public-member": [
        ("Class1", CLASS, module("Public Const A As Long = 1")),
    ],
}


@pytest.mark.parametrize(("rule", "modules"), TWO_MODULES.items(), ids=TWO_MODULES)
def test_a_project_that_breaks_a_rule_is_found(rule, modules):
    found = check(Project({name: (kind, text) for name, kind, text in modules}))
    assert rule in {one.rule for one in found}, found


def test_a_project_without_fault_has_no_finding():
    used = module(
        "Private mCount As Long", body='mCount = mCount + Len(ThisWorkbook.Name)\nDebug.Print mCount, Left$("a", 1)'
    )
    assert check(Project({"Module1": (STANDARD, used)})) == []
