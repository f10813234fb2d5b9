"""Install, doctor, unblock and uninstall by a Windows Python: its paths, its registry, its code page."""

import hashlib
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from xl_leadkpi.workbooks import build

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120
"""Seconds that a command may take, under Wine on a busy machine too."""
SHELL_FOLDERS = r"Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders"
LEADKPI = rf"""
import argparse, os, sys, winreg
os.environ["APPDATA"], documents, output, *sys.argv[1:] = sys.argv[1:]
sys.stdout = open(output + ".out", "w", encoding="cp1252")
sys.stderr = open(output + ".err", "w", encoding="cp1252")
from xl_leadkpi.cli import workbooks
parser = argparse.ArgumentParser(prog="leadkpi")
workbooks.add_parsers(parser.add_subparsers(required=True))
options = parser.parse_args()
with winreg.CreateKey(winreg.HKEY_CURRENT_USER, r"{SHELL_FOLDERS}") as folders:
    before = winreg.QueryValueEx(folders, "Personal")
    winreg.SetValueEx(folders, "Personal", 0, winreg.REG_EXPAND_SZ, documents)
    try:
        code = options.run(options)
    finally:
        winreg.SetValueEx(folders, "Personal", 0, before[1], before[0])
sys.exit(code)
"""
REGISTRY = """\
import sys, winreg
key, name, value = sys.argv[1:]
hive = winreg.HKEY_LOCAL_MACHINE if key.startswith("SOFTWARE") else winreg.HKEY_CURRENT_USER
with winreg.CreateKeyEx(hive, key, access=winreg.KEY_ALL_ACCESS | winreg.KEY_WOW64_64KEY) as opened:
    if value == "-":
        winreg.DeleteValue(opened, name)
    else:
        kind = winreg.REG_DWORD if value.isdigit() else winreg.REG_SZ
        value = value.removeprefix("text:")
        if value.startswith("bytes:"):
            kind, value = winreg.REG_BINARY, b"\\1\\0\\0\\0" + value[6:].encode("utf-16-le") + b"\\0\\0"
        winreg.SetValueEx(opened, name, 0, kind, int(value) if kind == winreg.REG_DWORD else value)
"""
ASK_REGISTRY = """\
import sys, winreg
output, key, name = sys.argv[1:]
try:
    with winreg.OpenKey(winreg.HKEY_CURRENT_USER, key) as opened:
        value = winreg.QueryValueEx(opened, name)[0]
except OSError:
    value = ""
with open(output, "w", encoding="utf-8") as file:
    file.write(value)
"""
EXCEL = r"Software\Microsoft\Office\16.0\Excel"
POLICIES = r"Software\Policies\Microsoft\Office\16.0\Excel"
DEFENDER = r"SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR"
OFFICE_CHILD_PROCESSES = "d4f940ab-401b-4efc-aadc-ad5f3c50688a"


def windows_path(path):
    return str(path) if sys.platform == "win32" else "Z:" + str(path).replace("/", "\\")


class User:
    """Somebody on Windows with a Python of her own."""

    def __init__(self, python, home):
        self.home = home
        self.appdata = home / "AppData" / "Roaming"
        self.documents = home / "Documents"
        self.appdata.mkdir(parents=True)
        self._base = python
        self.python = python

    def leadkpi(self, *arguments):
        """Run a command; its output goes into files, because Wine's services keep a pipe open."""
        output = self.home.parent / "output"
        folders = map(windows_path, (self.appdata, self.documents, output))
        ran = self.run("-c", LEADKPI, *folders, *arguments)
        ran.stdout, ran.stderr = (output.with_suffix(end).read_text(encoding="cp1252") for end in (".out", ".err"))
        return ran

    def run(self, *arguments):
        environment = {**os.environ, "PYTHONPATH": windows_path(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        quiet = subprocess.DEVNULL
        return subprocess.run(
            [*self.python, "-B", *arguments],
            stdin=quiet, stdout=quiet, stderr=quiet, env=environment, check=False, timeout=PATIENCE,
        )  # fmt: skip

    def told(self, key, name):
        """A text of the user's registry, empty where there is none."""
        output = self.home.parent / "value.txt"
        assert self.run("-c", ASK_REGISTRY, windows_path(output), key, name).returncode == 0
        return output.read_text(encoding="utf-8")

    def forget(self, key, name):
        """Take a value out of the registry, if it is there."""
        self.run("-c", REGISTRY, key, name, "-")

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
def awake(windows_python, tmp_path_factory):
    """One process that stays: Wine would start its services anew for every command, and they keep its output open."""
    process = subprocess.Popen(
        [*windows_python, "-c", "import sys; print('awake', flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline().strip() == b"awake"  # the services are its own then, not a command's
    if sys.platform != "win32":  # Wine's registry outlives a run that was interrupted
        User(windows_python, tmp_path_factory.mktemp("before") / "user").forget(
            f"{EXCEL}\\Options", "PersonalTemplates"
        )
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
    folder = user.documents / "Custom Office Templates"
    assert [path.name for path in folder.iterdir()] == ["LeadKPI.xltm"]
    assert user.told(f"{EXCEL}\\Options", "PersonalTemplates") == windows_path(folder)
    assert found["File > New"]["state"] == "ok"

    ran = user.leadkpi("uninstall")
    assert ran.returncode == 0, ran.stderr
    assert user.files() == []
    assert not folder.exists()
    assert user.told(f"{EXCEL}\\Options", "PersonalTemplates") == ""
    assert "Nothing was installed" in user.leadkpi("uninstall").stdout


def test_a_workbook_that_was_filled_in_outlives_everything(user):
    """The workbook among the templates, into which its sheet Start tells to paste."""
    filled_in = user.appdata / "Microsoft" / "Templates" / "LeadKPI.xlsm"
    offered = user.documents / "Custom Office Templates" / "LeadKPI.xltm"
    assert user.leadkpi("install").returncode == 0
    for file in (filled_in, offered):
        file.write_bytes(b"4,000 leads")
    for command in (("install", "--language", "pl"), ("uninstall",), ("uninstall",), ("install",)):
        ran = user.leadkpi(*command)
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.count("left ") == 2
        assert {file.read_bytes() for file in (filled_in, offered)} == {b"4,000 leads"}
    assert user.leadkpi("uninstall").returncode == 0
    assert user.files() == sorted([filled_in, offered])
    # a template of hers is there now: Excel keeps showing it
    assert user.told(f"{EXCEL}\\Options", "PersonalTemplates") == windows_path(offered.parent)
    user.forget(f"{EXCEL}\\Options", "PersonalTemplates")


def test_a_foreign_add_in_stops_the_installation(user):
    user.add_in.parent.mkdir(parents=True)
    user.add_in.write_bytes(b"another LeadKPI.xlam")
    ran = user.leadkpi("install")
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "LeadKPI.xlam" in ran.stderr
    assert "move it" in ran.stderr
    assert user.files() == [user.add_in]
    assert user.told(f"{EXCEL}\\Options", "PersonalTemplates") == ""


def test_the_template_goes_where_excel_was_told_to_look(user):
    folder = user.home / "Шаблоны Excel"
    assert user.run("-c", REGISTRY, f"{EXCEL}\\Options", "PersonalTemplates", windows_path(folder)).returncode == 0
    assert user.leadkpi("install").returncode == 0
    assert [path.name for path in folder.iterdir()] == ["LeadKPI.xltm"]
    assert user.findings()["File > New"]["state"] == "ok"
    assert user.leadkpi("uninstall").returncode == 0
    assert user.told(f"{EXCEL}\\Options", "PersonalTemplates") == windows_path(folder)
    user.forget(f"{EXCEL}\\Options", "PersonalTemplates")


def test_the_administrators_templates_are_left_alone(user):
    folder = user.home / "share"
    folder.mkdir()
    place = rf"{POLICIES}\Options", "PersonalTemplates"
    assert user.run("-c", REGISTRY, *place, windows_path(folder)).returncode == 0
    try:
        assert user.leadkpi("install").returncode == 0
        assert list(folder.iterdir()) == []
        assert user.findings()["File > New"]["state"] == "unknown"
        assert user.leadkpi("uninstall").returncode == 0
    finally:
        user.forget(*place)


def test_an_add_in_that_excel_holds_open_is_not_replaced_and_nothing_else_is(user):
    assert user.leadkpi("install").returncode == 0
    receipt = user.appdata / "leadkpi" / "installed.json"
    listed = json.loads(receipt.read_text(encoding="utf-8"))
    user.add_in.write_bytes(b"of an older version")
    sha = hashlib.sha256(user.add_in.read_bytes()).hexdigest()
    listed["files"] = {name: sha if name.endswith("xlam") else old for name, old in listed["files"].items()}
    receipt.write_text(json.dumps(listed), encoding="utf-8")
    before = {file: file.read_bytes() for file in user.files()}
    with held_open(user, user.add_in):
        ran = user.leadkpi("install", "--language", "pl")
        assert ran.returncode == 1, ran.stdout
        assert "LeadKPI.xlam" in ran.stderr
        assert "close Excel" in ran.stderr
        assert {file: file.read_bytes() for file in user.files()} == before
    assert user.leadkpi("install", "--language", "pl").returncode == 0
    assert user.add_in.stat().st_size > 1000
    assert user.leadkpi("uninstall").returncode == 0
    assert user.files() == []


def test_build_keeps_what_it_has_not_built(user, tmp_path):
    folder = tmp_path / "out"
    assert user.leadkpi("workbooks", "build", windows_path(folder)).returncode == 0
    (folder / "LeadKPI.xlsm").write_bytes(b"my leads")
    ran = user.leadkpi("workbooks", "build", windows_path(folder))
    assert ran.returncode == 1
    assert "--overwrite" in ran.stderr
    assert (folder / "LeadKPI.xlsm").read_bytes() == b"my leads"
    assert user.leadkpi("workbooks", "build", windows_path(folder), "--overwrite").returncode == 0
    assert (folder / "LeadKPI.xlsm").stat().st_size > 1000


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
    names = ("LeadKPI.xlam", "LeadKPI.xlsm", "LeadKPI.xltm", "LeadKPI-no-python.xlsx")
    assert printed == [sha256(folder / one) for one in names]
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


@contextmanager
def held_open(user, file):
    hold = "import sys; f = open(sys.argv[1], 'rb'); print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [*user.python, "-c", hold, windows_path(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert "held" in holder.stdout.readline()
        yield
    finally:
        holder.stdin.close()
        holder.wait(timeout=PATIENCE)
        holder.stdout.close()


def test_an_add_in_that_excel_holds_open_stays(user):
    assert user.leadkpi("install").returncode == 0
    before = user.files()
    with held_open(user, user.add_in):
        ran = user.leadkpi("uninstall")
        assert ran.returncode == 1, ran.stdout
        assert "close Excel" in ran.stderr
        assert user.files() == before
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
        (rf"{POLICIES}\Security", "VBAWarnings", "4", "Macros", "unknown"),
        (rf"{POLICIES}\Security", "blockcontentexecutionfrominternet", "1", "Macros from the internet", "unknown"),
        (rf"{DEFENDER}\Rules", OFFICE_CHILD_PROCESSES, "text:1", "Microsoft Defender", "fault"),
        (
            r"SOFTWARE\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules",
            OFFICE_CHILD_PROCESSES,
            "6",
            "Microsoft Defender",
            "unknown",
        ),
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
        user.forget(key, name)
    assert found["state"] == state
    assert found["fix"]
    assert user.findings()[check]["state"] == "ok"


def test_a_program_may_be_free_of_defenders_rule(user):
    python = user.findings()["Python"]["says"].rpartition(", ")[2]
    places = (rf"{DEFENDER}\Rules", OFFICE_CHILD_PROCESSES), (rf"{DEFENDER}\ASROnlyExclusions", python)
    for place, value in zip(places, ("text:1", "text:0"), strict=True):
        assert user.run("-c", REGISTRY, *place, value).returncode == 0
    try:
        assert user.findings()["Microsoft Defender"]["state"] == "ok"
        user.forget(*places[1])
        found = user.findings()["Microsoft Defender"]
        assert found["state"] == "fault"
        assert python in found["fix"]
    finally:
        user.forget(*places[0])


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
