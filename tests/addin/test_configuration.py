"""The user's file: written and read by Python, read by the bridge by the same rules."""

import re

import pytest
from pyopenvba.interpreter._values import VBAErrorValue

from xl_leadkpi.addin import configuration

from .vba_host import VBA

CONF = r"C:\Users\ann\AppData\Roaming\leadkpi\leadkpi.conf"
INTERPRETERS = {
    r"C:\Python311\python.exe": True,
    r"D:\Program Files\Py thon\pythonw.exe": True,
    r"c:\venv\Scripts\PYTHON.EXE": True,
    "": False,
    "python.exe": False,
    r"\\server\share\python.exe": False,
    r"//server/share/python.exe": False,
    r"C:python.exe": False,
    r"C:\Windows\System32\cmd.exe": False,
    r"C:\a\python.exe.bat": False,
    'C:\\a"b\\python.exe': False,
    r"C:\$(CLSID)\python.exe": False,
    "C:\\" + "x" * 2000 + r"\python.exe": False,
    r"é:\python.exe": False,
}


@pytest.mark.parametrize(("interpreter", "accepted"), INTERPRETERS.items())
def test_python_and_vba_accept_the_same_interpreters(excel, interpreter, accepted):
    excel.files = {CONF: f"interpreter={interpreter}\n", interpreter: ""}
    value = excel.formula("CPL", 100.0, 4.0)
    assert value == (25.0 if accepted else VBAErrorValue(2042))
    if accepted:
        configuration.check_interpreter(interpreter)
    else:
        with pytest.raises(configuration.ConfigurationError):
            configuration.check_interpreter(interpreter)


def test_constants_of_the_bridge_are_pythons():
    bridge = (VBA / "KpiBridge.cls").read_text("ascii")
    texts = dict(re.findall(r'Const (\w+) As String = "(.*)"', bridge))
    assert texts["SERVER_ARGUMENTS"] == configuration.SERVER_ARGUMENTS
    assert texts["CONFIGURATION"].strip("\\").split("\\") == list(configuration.FILE.parts)


def test_write_and_read(tmp_path):
    file = tmp_path / "leadkpi.conf"
    file.write_bytes(configuration.content(r"C:\Python311\python.exe", encoding="cp1252"))
    assert file.read_bytes() == b"interpreter=C:\\Python311\\python.exe\r\n"
    assert configuration.read(file, encoding="cp1252") == r"C:\Python311\python.exe"


def test_path_outside_the_code_page_is_refused():
    with pytest.raises(configuration.ConfigurationError, match="characters that Windows' code page lacks"):
        configuration.content("C:\\Лиды\\python.exe", encoding="cp1252")


@pytest.mark.parametrize("content", [b"", b"\x00\xff garbage", b"interpreter", b"interpreter=cmd.exe"])
def test_damaged_file(tmp_path, content):
    file = tmp_path / "leadkpi.conf"
    file.write_bytes(content)
    with pytest.raises(configuration.ConfigurationError):
        configuration.read(file, encoding="cp1252")


def test_missing_file(tmp_path):
    with pytest.raises(configuration.ConfigurationError, match="leadkpi install"):
        configuration.read(tmp_path / "none.conf")


def test_place_of_the_file(monkeypatch, tmp_path):
    monkeypatch.setenv("APPDATA", str(tmp_path))
    assert configuration.file_path() == tmp_path / "leadkpi" / "leadkpi.conf"
    monkeypatch.delenv("APPDATA")
    with pytest.raises(configuration.ConfigurationError, match="Windows"):
        configuration.file_path()
