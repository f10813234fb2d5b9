"""Install, doctor, unblock and uninstall by a Windows Python: its paths, its registry, its code page."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from xl_leadkpi.workbooks import build

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120
"""Seconds that a command may take, under Wine on a busy machine too."""
LEADKPI = """\
import argparse, os, sys
os.environ["APPDATA"], output, *sys.argv[1:] = sys.argv[1:]
sys.stdout = open(output + ".out", "w", encoding="cp1252")
sys.stderr = open(output + ".err", "w", encoding="cp1252")
from xl_leadkpi.cli import workbooks
parser = argparse.ArgumentParser(prog="leadkpi")
workbooks.add_parsers(parser.add_subparsers(required=True))
options = parser.parse_args()
sys.exit(options.run(options))
"""
REGISTRY = """\
import sys, winreg
key, name, value = sys.argv[1:]
with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:
    if value == "-":
        winreg.DeleteValue(opened, name)
    else:
        kind = winreg.REG_DWORD if value.isdigit() else winreg.REG_SZ
        if value.startswith("bytes:"):
            kind, value = winreg.REG_BINARY, b"\\1\\0\\0\\0" + value[6:].encode("utf-16-le") + b"\\0\\0"
        winreg.SetValueEx(opened, name, 0, kind, int(value) if kind == winreg.REG_DWORD else value)
"""
EXCEL = r"Software\Microsoft\Office\16.0\Excel"


def windows_path(path):
    return str(path) if sys.platform == "win32" else "Z:" + str(path).replace("/", "\\")


class User:
    """Somebody on Windows with a Python of her own."""

    def __init__(self, python, home):
        self.home = home
        self.appdata = home / "AppData" / "Roaming"
        self.appdata.mkdir(parents=True)
        self._base = python
        self.python = python

    def leadkpi(self, *arguments):
        """Run a command; its output goes into files, because Wine's services keep a pipe open."""
        output = self.home.parent / "output"
        ran = self.run("-c", LEADKPI, windows_path(self.appdata), windows_path(output), *arguments)
        ran.stdout, ran.stderr = (output.with_suffix(end).read_text(encoding="cp1252") for end in (".out", ".err"))
        return ran

    def run(self, *arguments):
        environment = {**os.environ, "PYTHONPATH": windows_path(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        quiet = subprocess.DEVNULL
        return subprocess.run(
            [*self.python, "-B", *arguments],
            stdin=quiet, stdout=quiet, stderr=quiet, env=environment, check=False, timeout=PATIENCE,
        )  # fmt: skip

    def findings(self):
        return {one["check"]: one for one in json.loads(self.leadkpi("doctor", "--json").stdout)}

    @property
    def add_in(self):
        return self.appdata / "Microsoft" / "Excel" / "XLSTART" / "LeadKPI.xlam"

    def files(self):
        return sorted(path for path in self.home.rglob("*") if path.is_file())


@pytest.fixture(scope="session")
def stillborn():
    """Nothing here waits for a server that never comes up."""


@pytest.fixture(scope="module", autouse=True)
def awake(windows_python):
    """One process that stays: Wine would start its services anew for every command, and they keep its output open."""
    process = subprocess.Popen(
        [*windows_python, "-c", "import sys; print('awake', flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline().strip() == b"awake"  # the services are its own then, not a command's
    yield
    process.stdin.close()
    process.stdout.close()
    process.wait(timeout=PATIENCE)


@pytest.fixture
def user(windows_python, tmp_path):
    return User(windows_python, tmp_path / "Анна Żak")


@pytest.mark.parametrize("name", ["Anna Smith", "Анна Żak", "OneDrive - Größe & Söhne"])
def test_install_doctor_uninstall(windows_python, tmp_path, name):
    user = User(windows_python, tmp_path / name)
    ran = user.leadkpi("install", "--language", "pl")
    assert ran.returncode == 0, ran.stderr
    assert "XLSTART" in ran.stdout
    configuration = (user.appdata / "leadkpi" / "leadkpi.conf").read_bytes()
    assert configuration.startswith(b"interpreter=")
    assert b"python.exe" in configuration

    found = user.findings()
    faults = {check: one for check, one in found.items() if one["state"] == "fault"}
    assert faults == {}
    assert found["Interpreter"]["state"] == "ok"
    assert found["DLL"]["state"] == "ok"
    assert found["Excel"]["state"] in {"ok", "unknown"}

    ran = user.leadkpi("uninstall")
    assert ran.returncode == 0, ran.stderr
    assert user.files() == []
    assert "Nothing was installed" in user.leadkpi("uninstall").stdout


def test_the_files_are_those_that_another_machine_builds(user):
    """This Python and the Windows Python have nothing in common but the sources."""
    assert user.leadkpi("install", "--language", "ru").returncode == 0
    version = json.loads((user.appdata / "leadkpi" / "installed.json").read_text(encoding="utf-8"))["xlwings"]
    template = user.appdata / "Microsoft" / "Templates" / "LeadKPI.xlsm"
    assert sha256(user.add_in) == build.add_in(version).sha256
    assert sha256(template) == build.template("ru", version).sha256
    user.leadkpi("uninstall")


def test_the_hashes_printed_are_those_that_another_machine_prints(user, tmp_path):
    folder = tmp_path / "out"
    ran = user.leadkpi("workbooks", "build", windows_path(folder), "--language", "pl")
    assert ran.returncode == 0, ran.stderr
    printed = [line.split("  ")[0] for line in ran.stdout.splitlines()]
    here = tmp_path / "here"
    here.mkdir()
    assert printed == [one.sha256 for one in build.build(here, "pl")]
    assert printed == [sha256(folder / one) for one in ("LeadKPI.xlam", "LeadKPI.xlsm", "LeadKPI-no-python.xlsx")]
    assert (folder / "SHA256SUMS").read_bytes() == (here / "SHA256SUMS").read_bytes()


def sha256(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_what_cannot_be_written_is_named_and_nothing_is_lost(user):
    xlstart = user.add_in.parent
    xlstart.parent.mkdir(parents=True, exist_ok=True)
    xlstart.write_text("in the way")
    ran = user.leadkpi("install")
    assert ran.returncode == 1
    assert "cannot write" in ran.stderr
    assert "close Excel" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert xlstart.read_text() == "in the way"


def test_an_add_in_that_excel_holds_open_stays(user):
    assert user.leadkpi("install").returncode == 0
    before = user.add_in.read_bytes()
    hold = "import sys; f = open(sys.argv[1], 'rb'); print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [*user.python, "-c", hold, windows_path(user.add_in)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert "held" in holder.stdout.readline()
        ran = user.leadkpi("uninstall")
        assert ran.returncode == 1, ran.stdout
        assert "close Excel" in ran.stderr
        assert user.add_in.read_bytes() == before
    finally:
        holder.stdin.close()
        holder.wait(timeout=PATIENCE)
        holder.stdout.close()
    assert user.leadkpi("uninstall").returncode == 0
    assert user.files() == []


def test_the_mark_of_the_web_is_found_and_taken_off(user):
    assert user.leadkpi("install").returncode == 0
    stream = windows_path(user.add_in) + ":Zone.Identifier"
    mark = "import sys; open(sys.argv[1], 'w').write('[ZoneTransfer]\\nZoneId=3\\n')"
    marked = user.run("-c", mark, stream)
    assert marked.returncode == 0
    found = user.findings()["Add-in"]
    assert found["state"] == "fault"
    assert "unblock" in found["fix"]
    assert "unblocked" in user.leadkpi("unblock").stdout
    assert user.findings()["Add-in"]["state"] == "ok"
    user.leadkpi("uninstall")


@pytest.mark.parametrize(
    ("key", "name", "value", "check", "state"),
    [
        (rf"{EXCEL}\Security\Trusted Locations", "AllLocationsDisabled", "1", "Trusted locations", "fault"),
        (rf"{EXCEL}\Security", "VBAWarnings", "4", "Macros", "unknown"),
        (rf"{EXCEL}\Resiliency\DisabledItems", "1A", r"bytes:C:\XLSTART\LeadKPI.xlam", "Disabled items", "fault"),
        (rf"{EXCEL}\Options", "OPEN", r'/R "C:\old\LeadKPI.xlam"', "Excel's list of add-ins", "fault"),
    ],
)
def test_what_the_registry_says_of_excel(windows_python, tmp_path, key, name, value, check, state):
    user = User(windows_python, tmp_path / "Eva")
    assert user.run("-c", REGISTRY, key, name, value).returncode == 0
    try:
        found = user.findings()[check]
    finally:
        user.run("-c", REGISTRY, key, name, "-")
    assert found["state"] == state
    assert found["fix"]
    assert user.findings()[check]["state"] == "ok"


def test_a_virtual_environment_is_what_serves(windows_python, tmp_path):
    """Its python.exe lies one folder below, in a path with a blank; the DLLs are put where the bridge looks."""
    if sys.platform == "win32":
        pytest.skip("the environment of the tests has its own DLLs")
    environment = tmp_path / "my environment"
    user = User(windows_python, tmp_path / "Ola")
    made = user.run("-m", "venv", "--without-pip", "--system-site-packages", windows_path(environment))
    assert made.returncode == 0
    scripts = environment / "Scripts"
    user.python = [*windows_python[:-1], windows_python[-1], "-c", START, windows_path(scripts / "python.exe")]
    ran = user.leadkpi("install")
    assert ran.returncode == 0, ran.stderr
    configuration = (user.appdata / "leadkpi" / "leadkpi.conf").read_text(encoding="cp1252")
    assert configuration.strip() == "interpreter=" + windows_path(scripts / "python.exe")
    assert {path.name for path in scripts.glob("*.dll")} == {"xlwings32-0.37.8.dll", "xlwings64-0.37.8.dll"}
    assert {one["state"] for one in user.findings().values()} <= {"ok", "unknown"}
    assert user.leadkpi("uninstall").returncode == 0
    assert list(scripts.glob("*.dll")) == []
    assert user.files() == []


START = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"
"""Has the Windows Python start another one."""
