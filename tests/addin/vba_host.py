"""The VBA of the template, run by pyOpenVBA's interpreter: the way of a formula from the cell to Python and back."""

import re
from pathlib import Path

from pyopenvba.apps.excel import ExcelApplication
from pyopenvba.apps.excel._model import Application
from pyopenvba.interpreter._objects import MemberSpec, VBAObject, method
from pyopenvba.interpreter._values import EMPTY, MISSING, VBAArray, VBAErrorValue, error

from xl_leadkpi.addin import exports

VBA = Path(__file__).resolve().parents[2] / "workbook_template" / "vba"
OMITTED = -2147352572
STOP = -1
INTERPRETER = r"C:\Python311\python.exe"


def source(name):
    """Text of a module as VBA compiles it: the interpreter takes no attributes, calls no DLL, has no Environ."""
    text = (VBA / name).read_bytes().decode("ascii").replace("\r\n", "\n")
    text = re.sub(r"^VERSION.*?^END\n", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^Private Declare .*?(?<!_)\n", "", text, flags=re.DOTALL | re.MULTILINE)
    text = text.replace('Environ$("APPDATA")', r'"C:\Users\ann\AppData\Roaming"')
    return re.sub(r"^Attribute .*\n", "", text, flags=re.MULTILINE)


def to_com(value):
    """A VBA value as COM would bring it to Python."""
    if value is EMPTY:
        return None
    if value is MISSING:
        return OMITTED
    if isinstance(value, VBAErrorValue):
        return -2146828288 + value.number
    if isinstance(value, VBAArray):
        bounds = [range(low, high + 1) for low, high in value.bounds]
        if len(bounds) == 1:
            return tuple(to_com(item) for item in value.items)
        return tuple(tuple(to_com(value.get([row, column])) for column in bounds[1]) for row in bounds[0])
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)  # a cell holds no integers
    return float(value) if isinstance(value, float) else value


def to_vba(value):
    """What Python gives, as COM would bring it to VBA."""
    if isinstance(value, list):
        rows, columns = len(value), len(value[0])
        items = [value[row][column] for column in range(columns) for row in range(rows)]
        return VBAArray([(0, rows - 1), (0, columns - 1)], items=items)
    return value


class StubServer(VBAObject):
    """Stands for the COM server: answers with the real functions, or with the COM errors it is told to raise."""

    def __init__(self, excel):
        self.excel = excel

    @method
    def CallUDF(  # noqa: N802 - as COM spells it
        self, module, name, arguments, date1904, caller
    ):
        self.excel.calls.append((name, to_com(arguments), date1904, caller))
        if self.excel.failures:
            raise error(self.excel.failures.pop(0), "the server said no")
        assert module == "xl_leadkpi.addin.functions"
        rows = exports.call(name, to_com(arguments), date1904=bool(date1904), caller=caller)
        return to_vba(rows if len(rows) > 1 or len(rows[0]) > 1 else rows[0][0])

    @method
    def RunMacro(self, name, book):  # noqa: N802 - as COM spells it
        self.excel.calls.append((name, book))
        if self.excel.failures:
            raise error(self.excel.failures.pop(0), "the server said no")
        return exports.run_macro(name, book)


class Excel:
    """An Excel in memory with the add-in's modules, and a workbook: an empty one, or a file.

    Attributes:
        calls: What reached the server.
        failures: Numbers of the COM errors that the next calls end with.
        starts: Commands with which a server was started or fetched.
        attempts: How often the DLL was asked for a server, with or without success.
        stops: Commands whose server was ended.
        refusal: What the DLL says instead of starting a server.
        files: The files there are, with their text.
        library_found: Whether the DLL can be loaded.
        caller: What Application.Caller gives.
        status: What the status bar shows; False leaves it to Excel.
    """

    def __init__(self, file=None):
        self.app = ExcelApplication()
        if file is None:
            self.app.add_workbook()
        else:
            self.app.open_workbook(file)
        self.calls, self.failures, self.starts, self.stops, self.attempts = [], [], [], [], 0
        self.refusal, self.library_found, self.caller, self.status = None, True, EMPTY, False
        self.files = {
            r"C:\Users\ann\AppData\Roaming\leadkpi\leadkpi.conf": f"interpreter={INTERPRETER}\n",
            INTERPRETER: "",
        }
        members = {
            "Caller": lambda _: self.caller,
            "Volatile": lambda _: None,
            "TestExists": lambda _, path: path in self.files,
            "TestText": lambda _, path: self.files[path],
            "TestLibrary": lambda _: self.library_found,
            "TestStart": self._start,
            "TestRefusal": self._refuse,
        }
        for name, getter in members.items():
            parameters = {"TestExists": ("path",), "TestText": ("path",), "TestStart": ("command", "mode")}.get(
                name, ()
            )
            spec = MemberSpec(name=name, kind="method", getter=getter, parameters=parameters)
            Application._vba_members[name.lower()] = spec
        Application._vba_members["statusbar"] = MemberSpec(
            name="StatusBar",
            kind="property",
            getter=lambda _: self.status,
            setter=lambda _, text: self._set_status(text),
        )
        self.app.add_module(self._bridge(), name="KpiBridge", kind="class")
        self.app.add_module(source("KpiCells.cls"), name="KpiCells", kind="class")
        self.app.add_module(source("KpiFunctions.bas") + RESTART, name="KpiFunctions")

    def _refuse(self, _):
        self.attempts += 1
        return self.refusal or ""

    def _set_status(self, text):
        self.status = text

    def _start(self, _, command, mode):
        if mode == STOP:
            self.stops.append(command)
            return None
        self.starts.append(command)
        return StubServer(self)

    def _bridge(self):
        text = source("KpiBridge.cls")
        for name, body in {
            "Exists": "Exists = Application.TestExists(path)",
            "ReadText": "ReadText = Application.TestText(file)",
        }.items():
            text, count = re.subn(
                rf"(Private Function {name}\(.*?\n).*?(End Function)",
                rf"\1    {body}\n\2",
                text,
                count=1,
                flags=re.DOTALL,
            )
            assert count == 1
        return text + DLL

    def formula(self, text, *values):
        """Call a function with Python values or ranges as arguments; an error comes as VBAErrorValue."""
        return self.app.interpreter.run(text, list(values))

    def range(self, address):
        return self.app.workbook.ActiveSheet().vba_get("Range", [address])


RESTART = """
Public Sub RestartForTest()
    KpiEngine.Bridge.StopPython
End Sub
"""
DLL = """
Private Function LoadLibraryW(ByVal path As String) As Long
    If Application.TestLibrary() Then LoadLibraryW = 1
End Function
Private Function StrPtr(ByVal text As String) As String
    StrPtr = text
End Function
Private Function XLPyDLLActivateAuto(ByRef result As Variant, ByVal command As String, ByVal mode As Long) As Long
    Dim refusal As String
    If mode = -1 Then
        Application.TestStart command, mode
        Exit Function
    End If
    refusal = Application.TestRefusal()
    If refusal <> "" Then
        result = refusal
        XLPyDLLActivateAuto = -2147467259
    Else
        Set result = Application.TestStart(command, mode)
    End If
End Function
"""
