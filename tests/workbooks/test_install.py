"""Installing, in a folder that stands for the user's application data. tests/windows does it on Windows."""

import errno
import hashlib
import json
import os
import signal
import stat
import struct
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from xl_leadkpi.cli import main, workbooks
from xl_leadkpi.workbooks import build, doctor, install, transaction, windows
from xl_leadkpi.workbooks.install import InstallError, places

from .reading import ADD_IN, EXCEL_TEMPLATE, NO_PYTHON, TEMPLATE

INTERPRETER = r"C:\Program Files\Python311\python.exe"

BUILDERS = {name: cache(getattr(build, name)) for name in ("add_in", "template", "no_python")}
BUILT = cache(install._built)
"""The workbooks are the same each time; building them takes longer than a test."""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A user's places; this Python plays the one on Windows."""
    monkeypatch.setattr(install, "_built", BUILT)
    monkeypatch.setattr(install, "xlwings_version", lambda: "0.37.8")
    monkeypatch.setattr(install.configuration.content, "__kwdefaults__", {"encoding": "cp1252"})
    monkeypatch.setattr(install.configuration.read, "__kwdefaults__", {"encoding": "cp1252"})
    return places(tmp_path / "Jörg Müller" / "AppData" / "Roaming")


def installed(machine, language="en"):
    return install.install(machine, language, interpreter=InterpreterPath(INTERPRETER))


class InterpreterPath(type(Path())):
    """A Windows path on any machine: nothing lies beside it."""

    def __str__(self):
        return INTERPRETER


class Registry:
    """What Windows' registry says, for those who ask ``windows``."""

    def __init__(self, monkeypatch):
        self.values = {}
        monkeypatch.setattr(windows, "registry_value", lambda *place: self.values.get(self._place(*place)))
        monkeypatch.setattr(windows, "registry_names", self._names)
        monkeypatch.setattr(windows, "set_user_value", self._set_user_value)

    def _place(self, root, key, name=""):
        return root, key.lower(), name.lower()

    def put(self, root, key, name, value):
        self.values[self._place(root, key, name)] = value

    def get(self, root, key, name):
        return self.values.get(self._place(root, key, name))

    def _names(self, key):
        return [name for root, of, name in self.values if (root, of) == ("machine", key.lower())]

    def _set_user_value(self, key, name, value):
        if value is None:
            self.values.pop(self._place("user", key, name), None)
        else:
            self.put("user", key, name, value)


@pytest.fixture
def registry(monkeypatch):
    return Registry(monkeypatch)


@pytest.fixture
def upgrade(monkeypatch):
    """The next installation is that of another version: all of its files are new."""

    def change():
        newer = {name: content + b"newer" for name, content in BUILT("pl", "0.37.8").items()}
        monkeypatch.setattr(install, "_built", lambda *_: newer)

    return change


def everything_below(folder):
    """Every file with its content, every folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def home(machine):
    return machine.own.parents[2]


def test_everything_is_put_in_its_place_and_taken_away_again(machine):
    outcome = installed(machine)
    assert machine.add_in.is_file()
    assert machine.template.is_file()
    assert machine.excel_template == home(machine) / "Documents" / "Custom Office Templates" / "LeadKPI.xltm"
    assert machine.excel_template.is_file()
    assert machine.configuration.read_bytes() == f"interpreter={INTERPRETER}\r\n".encode()
    ours = {machine.add_in, machine.template, machine.excel_template, machine.configuration}
    assert set(outcome.done) >= ours
    assert outcome.left == ()
    receipt = install.read_receipt(machine)
    assert receipt.files == {
        str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in outcome.done
    }  # fmt: skip
    own = machine.add_ins / "MyMacros.xlsb"
    own.write_bytes(b"the user's")
    removed = install.uninstall(machine)
    assert set(removed.done) >= {*ours, machine.receipt}
    assert not machine.own.exists()
    assert own.read_bytes() == b"the user's"
    assert install.uninstall(machine) == install.Outcome((), ())


def test_folders_that_were_not_there_before_are_gone_again(machine):
    (home(machine) / "Documents").mkdir(parents=True)
    before = everything_below(home(machine))
    installed(machine)
    installed(machine, "pl")
    install.uninstall(machine)
    assert everything_below(home(machine)) == before


def test_a_second_installation_replaces_the_first(machine):
    installed(machine)
    english = machine.template.read_bytes()
    assert installed(machine, "pl").left == ()
    assert machine.template.read_bytes() != english
    assert set(install.read_receipt(machine).files) == {str(file) for file in installed(machine, "pl").done}


def our_files(machine):
    return {"add-in": machine.add_in, "workbook": machine.template, "template": machine.excel_template,
            "configuration": machine.configuration}  # fmt: skip


@pytest.mark.parametrize("which", ["workbook", "template"])
@pytest.mark.parametrize("first", [True, False], ids=["found before", "changed since"])
def test_a_workbook_that_was_filled_in_stays_and_is_named(machine, which, first):
    file = our_files(machine)[which]
    if not first:
        installed(machine)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"4,000 pasted leads")
    outcome = installed(machine, "ru")
    assert outcome.left == (file,)
    assert file not in outcome.done
    assert machine.add_in.is_file()
    outcome = installed(machine, "ru")  # twice is no different
    assert outcome.left == (file,)
    outcome = install.uninstall(machine)
    assert outcome.left == (file,)
    assert file.read_bytes() == b"4,000 pasted leads"
    assert not machine.add_in.exists()
    assert not machine.receipt.exists()


@pytest.mark.parametrize("which", ["add-in", "configuration"])
@pytest.mark.parametrize("first", [True, False], ids=["found before", "changed since"])
def test_what_cannot_be_left_out_stops_the_installation(machine, which, first):
    file = our_files(machine)[which]
    if not first:
        installed(machine)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"somebody's own")
    before = everything_below(home(machine))
    with pytest.raises(InstallError, match=r"left as it is; move it .* and run leadkpi install again") as refused:
        installed(machine, "pl")
    assert str(file) in str(refused.value)
    assert everything_below(home(machine)) == before
    outcome = install.uninstall(machine)
    assert outcome.left == (file,)
    assert file.read_bytes() == b"somebody's own"


def test_what_is_the_same_as_ours_is_ours(machine):
    """The same files without their list: a second Python, or a list that got lost."""
    installed(machine)
    machine.receipt.unlink()
    assert installed(machine).left == ()
    assert install.uninstall(machine).left == ()
    assert not machine.add_in.exists()


@pytest.mark.parametrize("receipt", [None, "{", "[]", '{"version": "0.1.0", "xlwings": "0.37.8"}'])
def test_without_a_list_nothing_is_removed(machine, receipt):
    installed(machine)
    machine.receipt.unlink()
    if receipt is not None:
        machine.receipt.write_text(receipt)
    before = everything_below(home(machine))
    outcome = install.uninstall(machine)
    assert outcome.done == ()
    assert set(outcome.left) >= set(our_files(machine).values())
    assert everything_below(home(machine)) == before


def test_a_damaged_list_is_not_written_over(machine):
    machine.own.mkdir(parents=True)
    machine.receipt.write_text("notes of mine")
    with pytest.raises(InstallError, match=r"installed\.json.*move it"):
        installed(machine)
    assert everything_below(machine.own) == {"installed.json": b"notes of mine"}


@pytest.mark.parametrize("with_its_hash", [True, False])
def test_a_file_that_the_list_merely_names_stays(machine, with_its_hash):
    installed(machine)
    thesis = home(machine) / "Documents" / "thesis.docx"
    thesis.write_bytes(b"three years")
    receipt = json.loads(machine.receipt.read_text("utf-8"))
    sha256 = hashlib.sha256(thesis.read_bytes()).hexdigest() if with_its_hash else receipt["files"][str(machine.add_in)]
    receipt["files"][str(thesis)] = sha256
    machine.receipt.write_text(json.dumps(receipt), "utf-8")
    assert thesis in installed(machine, "pl").left
    assert thesis in install.uninstall(machine).left
    assert thesis.read_bytes() == b"three years"


@pytest.mark.parametrize(
    ("first", "step", "nth"),
    [
        *((first, "fsync", nth) for first in (True, False) for nth in range(1, 6)),
        *((False, "copy", nth) for nth in range(1, 6)),  # of the old files
    ],
)
def test_a_disk_that_fills_up_leaves_everything_as_it_was(machine, registry, upgrade, monkeypatch, first, step, nth):
    (home(machine) / "Documents").mkdir(parents=True)
    if not first:
        installed(machine)
        upgrade()
    before, told = everything_below(home(machine)), dict(registry.values)
    calls = iter(range(1, 100))

    def filling(*_):
        if next(calls) == nth:
            raise OSError(errno.ENOSPC, "No space left on device")

    copy2 = transaction.shutil.copy2
    if step == "fsync":
        monkeypatch.setattr(transaction.os, "fsync", filling)
    else:
        monkeypatch.setattr(transaction.shutil, "copy2", lambda *files: (copy2(*files), filling()))
    where = places(machine.own.parent)
    with pytest.raises(InstallError, match=r"cannot write .*No space left.*; free some space") as refused:
        install.install(where, "pl", interpreter=OtherInterpreter(INTERPRETER))
    assert ".tmp" not in str(refused.value)
    assert everything_below(home(machine)) == before
    assert registry.values == told


class OtherInterpreter(InterpreterPath):
    """Another Python than the one that served before."""

    def __str__(self):
        return r"D:\venv\Scripts\python.exe"


@pytest.mark.parametrize("stop", [PermissionError(13, "Access is denied"), KeyboardInterrupt()])
@pytest.mark.parametrize("which", ["add-in", "workbook", "template", "configuration", "receipt"])
def test_a_file_that_cannot_be_replaced_leaves_everything_as_it_was(machine, upgrade, monkeypatch, which, stop):
    """Excel holds it open, or the user presses Ctrl-C just then."""
    installed(machine)
    held = {**our_files(machine), "receipt": machine.receipt}[which]
    upgrade()
    before = everything_below(home(machine))
    replace = Path.replace

    def refuse(self, target):
        if Path(target) == held:
            raise stop
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises((InstallError, KeyboardInterrupt)) as refused:
        install.install(machine, "pl", interpreter=OtherInterpreter(INTERPRETER))
    assert everything_below(home(machine)) == before
    if refused.type is InstallError:
        assert str(held) in str(refused.value)
        assert "close Excel" in str(refused.value)


@pytest.mark.parametrize("step", ["rename", "unlink"])
def test_a_file_that_excel_holds_open_keeps_the_whole_installation(machine, monkeypatch, step):
    installed(machine)
    before = everything_below(home(machine))
    method = getattr(Path, step)

    def refuse(self, *arguments, **options):
        if machine.template.name in self.name:
            raise PermissionError(13, "Access is denied")
        return method(self, *arguments, **options)

    monkeypatch.setattr(Path, step, refuse)
    with pytest.raises(InstallError, match=r"cannot remove .*LeadKPI\.xlsm .*close Excel"):
        install.uninstall(machine)
    after = everything_below(home(machine))
    if step == "rename":
        assert after == before
    else:  # what was already gone is gone; nothing lies about under a strange name
        assert set(after) < set(before)
        assert machine.template.is_file()


def test_nothing_strange_appears_among_add_ins(machine, upgrade, monkeypatch):
    """Excel opens whatever it finds there, a file that is being written too."""
    seen = []
    fsync = os.fsync
    monkeypatch.setattr(
        transaction.os,
        "fsync",
        lambda descriptor: (seen.append({one.name for one in machine.add_ins.iterdir()}), fsync(descriptor)),
    )
    installed(machine)
    upgrade()
    installed(machine)
    assert len(seen) > 5
    assert set.union(*seen) <= {ADD_IN}


def test_a_library_put_beside_the_interpreter_outlasts_a_second_installation(machine, tmp_path, monkeypatch):
    python = tmp_path / "Scripts" / "python.exe"
    python.parent.mkdir()
    monkeypatch.setattr(install.configuration, "check_interpreter", lambda _: None)
    monkeypatch.setattr(install.site, "getuserbase", lambda: str(tmp_path / "user"))
    (tmp_path / "user").mkdir()
    name = "xlwings64-0.37.8.dll"
    (tmp_path / "user" / name).write_bytes(b"MZ library")
    for _ in range(2):
        install.install(machine, interpreter=python)
        assert (python.parent / name).read_bytes() == b"MZ library"
    assert python.parent / name in install.uninstall(machine).done
    assert not (python.parent / name).exists()


@pytest.mark.skipif(
    sys.platform == "win32", reason="a folder cannot be made read-only there; tests/windows has its own"
)
def test_a_place_that_cannot_be_written_to_is_named(machine):
    machine.add_ins.parent.mkdir(parents=True)
    machine.add_ins.write_text("a file where the folder should be")
    with pytest.raises(InstallError, match=r"cannot write .*LeadKPI\.xlam.*close Excel"):
        installed(machine)


@pytest.fixture
def windows_rules(monkeypatch):
    """Windows refuses to write, replace or remove a file whose attribute is read-only."""

    def refuse(method, of):
        def guarded(self, *arguments, **options):
            file = of(self, *arguments)
            if file.exists() and not file.stat().st_mode & stat.S_IWRITE:
                raise PermissionError(13, "Access is denied", str(file))
            return method(self, *arguments, **options)

        return guarded

    for name, of in (
        ("write_bytes", lambda self, *_: self),
        ("unlink", lambda self, *_: self),
        ("replace", lambda _, target: Path(target)),
    ):
        monkeypatch.setattr(Path, name, refuse(getattr(Path, name), of))


def test_read_only_files_of_ours_are_replaced_and_removed(machine, windows_rules):
    installed(machine)
    english = machine.template.read_bytes()
    ours = (machine.add_in, machine.template, machine.excel_template, machine.configuration, machine.receipt)
    for again in (True, False):
        for file in ours:
            file.chmod(stat.S_IREAD)
        with pytest.raises(PermissionError):
            machine.add_in.unlink()
        if again:
            install.install(machine, "pl", interpreter=OtherInterpreter(INTERPRETER))
            assert machine.template.read_bytes() != english
            assert b"venv" in machine.configuration.read_bytes()
    install.uninstall(machine)
    assert not any(file.exists() for file in ours)


def test_a_place_for_the_configuration_that_cannot_be_made_is_named(machine):
    machine.own.parent.mkdir(parents=True)
    machine.own.write_text("a file where the folder should be")
    with pytest.raises(InstallError, match=r"cannot write .*leadkpi\.conf.*writable"):
        installed(machine)


def test_doctor_finds_what_excel_has_disabled(machine, monkeypatch):
    monkeypatch.setattr(windows, "disabled_by_excel", lambda: ["\1\0C:\\XLSTART\\LeadKPI.xlam\0"])
    found = states(machine)["Disabled items"]
    assert found.state == "fault"
    assert "Disabled Items" in found.fix
    monkeypatch.setattr(windows, "disabled_by_excel", lambda: ["\1\0C:\\XLSTART\\Other.xlam\0"])
    assert states(machine)["Disabled items"].state == "ok"


def test_without_pyopenvba_the_command_that_fetches_it_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pyopenvba", None)
    options = parse("workbooks", "build", str(tmp_path))
    assert options.run(options) == 1
    said = capsys.readouterr().err
    assert f'"{sys.executable}" -m pip install pyopenvba==' in said
    assert said.count("\n") == 1


def test_without_xlwings_the_command_that_fetches_it_is_told(machine, monkeypatch):
    monkeypatch.setattr(install, "xlwings_version", lambda: None)
    with pytest.raises(InstallError, match="pip install"):
        installed(machine)


def states(machine):
    return {one.check: one for one in doctor.examine(machine)}


def test_doctor_names_what_is_missing(machine):
    found = states(machine)
    for check in ("Installation", "Interpreter", "Add-in", "Template", "File > New"):
        assert found[check].state == "fault"
        assert "leadkpi install" in found[check].fix


def test_doctor_notices_an_upgrade_of_xlwings(machine, monkeypatch):
    installed(machine)
    monkeypatch.setattr(doctor, "xlwings_version", lambda: "0.38.1")
    monkeypatch.setattr(doctor, "_try", lambda *_: "")
    monkeypatch.setattr(doctor.configuration, "read", lambda _: sys.executable)
    found = states(machine)
    assert found["xlwings"].state == "fault"
    assert "0.38.1" in found["xlwings"].says


def test_doctor_notices_an_interpreter_with_another_version(monkeypatch):
    """It imports for real here, but for pywin32, which only Windows has."""
    monkeypatch.setattr(doctor, "_IMPORTS", doctor._IMPORTS.replace(", win32com.client", ""))
    assert doctor._try(Path(sys.executable), doctor.__version__) == ""
    assert doctor._try(Path(sys.executable), "0.0.9").endswith("the add-in is of 0.0.9")
    # a message that no encoding has is a fault all the same
    assert doctor._try(Path(sys.executable), "0.0.\udcff").endswith("the add-in is of 0.0.\\udcff")


def test_doctor_finds_second_copies_and_changes(machine):
    installed(machine)
    copy = machine.add_ins.parent.parent / "AddIns" / "LeadKPI.xlam"
    copy.parent.mkdir()
    copy.write_bytes(b"a copy")
    machine.add_in.write_bytes(b"changed")
    found = states(machine)
    assert str(copy) in found["Second copy"].says
    assert "has been changed" in found["Add-in"].says
    assert all(one.fix for one in found.values() if one.state == "fault")


def test_doctor_finds_files_that_onedrive_keeps(machine, monkeypatch):
    monkeypatch.setenv("OneDriveCommercial", str(machine.own.parent))
    assert states(machine)["OneDrive"].state == "unknown"


def test_doctor_tells_links_and_trust(machine, monkeypatch):
    monkeypatch.setattr(windows, "add_ins_opened_by_excel", lambda: iter([r"D:\old\LeadKPI.xlam", r"D:\other.xlam"]))
    settings = {(r"\Security\Trusted Locations", "AllLocationsDisabled"): 1, (r"\Security", "VBAWarnings"): 4}
    monkeypatch.setattr(windows, "excel_setting", lambda key, name: settings.get((key, name)))
    found = states(machine)
    assert r"D:\old\LeadKPI.xlam" in found["Excel's list of add-ins"].says
    assert found["Trusted locations"].state == "fault"
    assert found["Macros"].state == "unknown"


def test_doctor_tells_a_dll_of_the_wrong_kind(machine, monkeypatch, tmp_path):
    installed(machine)
    python = tmp_path / "python.exe"
    python.write_bytes(b"")
    excel = program(tmp_path / "EXCEL.EXE", 0x014C)
    program(tmp_path / "xlwings32-0.37.8.dll", 0x8664)
    monkeypatch.setattr(windows, "excel_program", lambda: excel)
    monkeypatch.setattr(doctor, "_try", lambda *_: "")
    monkeypatch.setattr(doctor, "xlwings_version", lambda: "0.37.8")
    monkeypatch.setattr(doctor.configuration, "read", lambda _: str(python))
    found = states(machine)
    assert "32 bit" in found["Excel"].says
    assert found["DLL"].state == "fault"
    program(tmp_path / "xlwings32-0.37.8.dll", 0x014C)
    assert states(machine)["DLL"].state == "ok"


def program(path, kind):
    path.write_bytes(b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40) + b"PE\0\0" + struct.pack("<H", kind))
    return path


def test_bitness_of_what_is_no_program(tmp_path):
    assert windows.bitness(tmp_path / "missing") is None
    (tmp_path / "text").write_text("MZ")
    assert windows.bitness(tmp_path / "text") is None


def test_marks_are_read_and_taken_off(tmp_path):
    """A stream of NTFS; elsewhere a file of that name plays it."""
    file = tmp_path / "LeadKPI.xlam"
    file.write_bytes(b"x")
    mark = Path(f"{file}:Zone.Identifier")
    assert not windows.is_marked(file)
    mark.write_text("[ZoneTransfer]\r\nZoneId=3\r\n")
    assert windows.is_marked(file)
    assert windows.unmark(file)
    assert not windows.is_marked(file)
    assert not windows.unmark(file)
    mark.write_text("[ZoneTransfer]\r\nZoneId=1\r\n")  # the local network
    assert not windows.is_marked(file)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows is where they work")
@pytest.mark.parametrize("command", ["install", "uninstall", "doctor", "unblock"])
def test_elsewhere_one_line_says_what_works(command, capsys):
    options = parse(command)
    assert options.run(options) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "LeadKPI-no-python.xlsx" in said


def parse(*arguments):
    import argparse

    parser = argparse.ArgumentParser()
    workbooks.add_parsers(parser.add_subparsers())
    return parser.parse_args(arguments)


def test_build_prints_the_hashes(tmp_path, capsys):
    options = parse("workbooks", "build", str(tmp_path / "new folder"))
    assert options.run(options) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [Path(line.split("  ")[1]).name for line in lines] == [ADD_IN, TEMPLATE, EXCEL_TEMPLATE, NO_PYTHON]
    assert all(len(line.split("  ")[0]) == 64 for line in lines)


def test_build_into_a_file_says_so(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    options = parse("workbooks", "build", str(tmp_path / "file"))
    assert options.run(options) == 1
    assert "cannot write into" in capsys.readouterr().err


@pytest.fixture
def build_into(monkeypatch):
    """The command ``leadkpi workbooks build``; returns its exit code."""
    for name, builder in BUILDERS.items():
        monkeypatch.setattr(build, name, builder)

    def run(folder, *options):
        options = parse("workbooks", "build", str(folder), *options)
        return options.run(options)

    return run


@pytest.mark.parametrize("name", [ADD_IN, TEMPLATE, EXCEL_TEMPLATE, NO_PYTHON, "SHA256SUMS"])
@pytest.mark.parametrize("first", [True, False], ids=["found before", "changed since"])
def test_build_leaves_what_is_not_as_it_was_built(build_into, tmp_path, capsys, name, first):
    if not first:
        assert build_into(tmp_path) == 0
    (tmp_path / name).write_bytes(b"0" * 64 + b"  leads.csv\n")
    before = everything_below(tmp_path)
    assert build_into(tmp_path, "--language", "pl") == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert name in said
    assert str(tmp_path) in said
    assert "--overwrite" in said
    assert everything_below(tmp_path) == before
    assert build_into(tmp_path, "--language", "pl", "--overwrite") == 0
    assert (tmp_path / name).stat().st_size > 200


@pytest.mark.skipif(os.name == "nt", reason="pipes and links as POSIX has them")
@pytest.mark.parametrize("options", [(), ("--overwrite",)], ids=["", "overwrite"])
@pytest.mark.parametrize("kind", ["link to nothing", "pipe", "folder"])
def test_build_replaces_nothing_that_is_no_file(build_into, tmp_path, capsys, kind, options):
    there = tmp_path / TEMPLATE
    match kind:
        case "pipe":
            os.mkfifo(there)  # reading it would wait for ever
        case "folder":
            there.mkdir()
        case _:
            there.symlink_to("drive/mine.xlsm")
    assert build_into(tmp_path, *options) == 1
    said = capsys.readouterr().err
    assert f"{tmp_path}: {TEMPLATE}" in said
    assert "move" in said
    assert [path.name for path in tmp_path.iterdir()] == [TEMPLATE]
    assert there.is_symlink() or there.is_fifo() or there.is_dir()


@pytest.mark.skipif(os.name == "nt", reason="links as POSIX has them")
def test_build_writes_to_where_a_link_leads(build_into, tmp_path):
    folder, target = tmp_path / "out", tmp_path / "elsewhere.xlsm"
    assert build_into(folder) == 0
    (folder / TEMPLATE).rename(target)
    (folder / TEMPLATE).symlink_to(target)
    before = target.read_bytes()
    assert build_into(folder, "--language", "pl") == 0
    assert (folder / TEMPLATE).is_symlink()
    assert target.read_bytes() != before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere.xlsm", "out"]


def test_build_replaces_what_it_has_built(build_into, tmp_path):
    for language in ("en", "pl", "pl", "ru"):
        assert build_into(tmp_path, "--language", language) == 0
    polish_for_english = tmp_path / "copy"
    assert build_into(polish_for_english, "--language", "ru") == 0
    assert everything_below(polish_for_english).items() <= everything_below(tmp_path).items() | {("copy", None)}


def test_a_list_with_more_than_ours_vouches_for_nothing(build_into, tmp_path):
    """``sha256sum *`` by the user lists her edited workbook too."""
    assert build_into(tmp_path) == 0
    (tmp_path / TEMPLATE).write_bytes(b"pasted leads")
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in sorted(tmp_path.glob("LeadKPI*"))
    ]
    (tmp_path / "SHA256SUMS").write_text("".join(lines))
    assert build_into(tmp_path) == 1
    assert (tmp_path / TEMPLATE).read_bytes() == b"pasted leads"


def test_build_on_a_full_disk_leaves_everything_as_it_was(build_into, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "out"
    assert build_into(folder) == 0
    before = everything_below(folder)

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(transaction.os, "fsync", full)
    assert build_into(folder, "--language", "pl") == 1
    assert build_into(tmp_path / "new" / "folder") == 1
    assert "free some space" in capsys.readouterr().err
    assert everything_below(folder) == before
    assert not (tmp_path / "new").exists()


EXCEL = r"Software\Microsoft\Office\16.0\Excel"
POLICIES = r"Software\Policies\Microsoft\Office\16.0\Excel"
SHELL_FOLDERS = r"Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders"


def test_the_template_goes_where_excel_looks(machine, registry, tmp_path):
    registry.put("user", EXCEL + r"\Options", "PersonalTemplates", str(tmp_path / "My templates"))
    where = places(machine.own.parent)
    assert where.excel_template == tmp_path / "My templates" / EXCEL_TEMPLATE
    installed(where)
    assert where.excel_template.is_file()
    assert install.uninstall(where).left == ()
    assert registry.get("user", EXCEL + r"\Options", "PersonalTemplates") == str(tmp_path / "My templates")


def test_the_template_follows_documents_and_excel_is_told(machine, registry, tmp_path):
    """Excel that has never saved a template knows no folder and offers none."""
    registry.put("user", SHELL_FOLDERS, "Personal", str(tmp_path / "OneDrive" / "Dokumenty"))
    expected = tmp_path / "OneDrive" / "Dokumenty" / "Custom Office Templates"
    where = places(machine.own.parent)
    assert where.excel_template == expected / EXCEL_TEMPLATE
    for language in ("en", "pl"):
        installed(places(machine.own.parent), language)
        assert registry.get("user", EXCEL + r"\Options", "PersonalTemplates") == str(expected)
    install.uninstall(places(machine.own.parent))
    assert registry.get("user", EXCEL + r"\Options", "PersonalTemplates") is None
    assert not expected.exists()


def test_the_excel_that_is_there_is_told(machine, registry):
    app_path = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
    registry.put("machine", app_path, "", r"C:\Program Files\Microsoft Office\Office15\EXCEL.EXE")
    installed(machine)
    options = EXCEL.replace("16.0", "15.0") + r"\Options"
    assert registry.get("user", options, "PersonalTemplates") == str(machine.excel_template.parent)
    install.uninstall(places(machine.own.parent))
    assert registry.get("user", options, "PersonalTemplates") is None


def test_a_folder_that_office_has_made_is_used(machine, registry):
    folder = home(machine) / "Documents" / "Niestandardowe szablony pakietu Office"
    folder.mkdir(parents=True)
    (folder / "Offer.xltx").write_bytes(b"the user's")
    where = places(machine.own.parent)
    assert where.excel_template == folder / EXCEL_TEMPLATE
    installed(where)
    install.uninstall(places(machine.own.parent))
    assert [path.name for path in folder.iterdir()] == ["Offer.xltx"]
    # her own template is there: Excel keeps showing it
    assert registry.get("user", EXCEL + r"\Options", "PersonalTemplates") == str(folder)


def test_a_choice_of_hers_since_then_stays(machine, registry, tmp_path):
    installed(places(machine.own.parent))
    first = places(machine.own.parent).excel_template
    registry.put("user", EXCEL + r"\Options", "PersonalTemplates", str(tmp_path / "other"))
    where = places(machine.own.parent)
    assert states(where)["File > New"].state == "fault"
    installed(where)
    assert not first.exists()
    assert where.excel_template.is_file()
    install.uninstall(places(machine.own.parent))
    assert registry.get("user", EXCEL + r"\Options", "PersonalTemplates") == str(tmp_path / "other")


def test_the_administrators_folder_is_left_alone(machine, registry, tmp_path):
    share = tmp_path / "share"
    share.mkdir()
    registry.put("user", POLICIES + r"\Options", "PersonalTemplates", str(share))
    where = places(machine.own.parent)
    assert where.excel_template is None
    assert installed(where).left == ()
    assert list(share.iterdir()) == []
    found = states(where)["File > New"]
    assert found.state == "unknown"
    assert str(share) in found.says
    assert EXCEL_TEMPLATE in found.fix
    install.uninstall(where)


STORE = r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.11_3.11.2544.0_x64__qbz5n2kfra8p0"
ALIAS = r"C:\Users\Ann\AppData\Local\Microsoft\WindowsApps\PythonSoftwareFoundation.Python.3.11_qbz5n2kfra8p0"
FROM_PYTHON_ORG = r"C:\Users\Ann\AppData\Local\Programs\Python\Python311"
BY_INSTALL_MANAGER = r"C:\Users\Ann\AppData\Local\Python\pythoncore-3.14-64"


@pytest.mark.parametrize(
    ("base", "from_store"),
    [(STORE, True), (ALIAS, True), (STORE.upper(), True), (FROM_PYTHON_ORG, False), (BY_INSTALL_MANAGER, False)],
)
def test_a_python_of_the_store_is_refused(machine, tmp_path, monkeypatch, base, from_store):
    """By itself, or behind a virtual environment."""
    scripts = tmp_path / "venv" / "Scripts"
    scripts.mkdir(parents=True)
    (tmp_path / "venv" / "pyvenv.cfg").write_text(f"home = {base}\ninclude-system-site-packages = false\n")
    environment, itself = scripts / "python.exe", Path(base + r"\python.exe")
    assert windows.is_from_store(environment) == windows.is_from_store(itself) == from_store
    assert not windows.is_from_store(Path(sys.executable))
    monkeypatch.setattr(sys, "base_prefix", base)
    assert windows.is_from_store(Path(sys.executable)) == from_store
    if from_store:
        with pytest.raises(InstallError, match=r"python\.org.* virtual environment"):
            install.install(machine, interpreter=environment)
        assert everything_below(tmp_path).keys() == {"venv", "venv/Scripts", "venv/pyvenv.cfg"} | (
            {"venv\\Scripts", "venv\\pyvenv.cfg"} if sys.platform == "win32" else set()
        )
        for check in ("Python", "Interpreter"):
            machine.own.mkdir(parents=True, exist_ok=True)
            machine.configuration.write_text(f"interpreter={STORE}\\python.exe\n")
            found = next(one for one in doctor._CHECKS[check == "Interpreter"](machine, None) if one.check == check)
            assert found.state == "fault"
            assert "python.org" in found.fix


def test_files_that_land_in_a_private_copy_are_noticed(machine, monkeypatch):
    """Whatever program it is that Windows keeps apart: the real path of what it writes tells."""
    machine.own.parent.mkdir(parents=True)
    private = r"C:\Users\Ann\AppData\Local\Packages\Some.Editor_abc\LocalCache\Roaming"
    monkeypatch.setattr(windows.os.path, "realpath", lambda file: f"{private}\\{Path(file).name}")
    with pytest.raises(InstallError, match="Excel does not look"):
        installed(machine)
    assert everything_below(machine.own.parent) == {}


RULE = "D4F940AB-401B-4EFC-AADC-AD5F3C50688A"
DEFENDER = r"SOFTWARE\Microsoft\Windows Defender"
DEFENDER_POLICIES = r"SOFTWARE\Policies\Microsoft\Windows Defender"
GUARD = r"\Windows Defender Exploit Guard\ASR"


@pytest.mark.parametrize(
    ("key", "name", "value", "state", "fix"),
    [
        (DEFENDER_POLICIES + GUARD + r"\Rules", RULE, "1", "fault", "ask your administrator"),
        (DEFENDER_POLICIES + GUARD + r"\Rules", RULE, "6", "unknown", "choose Unblock"),
        (DEFENDER_POLICIES + GUARD + r"\Rules", RULE, "2", "ok", ""),
        (DEFENDER_POLICIES + GUARD + r"\Rules", RULE, "0", "ok", ""),
        (DEFENDER_POLICIES + r"\Policy Manager", "ASRRules", f"be9ba2d9=2|{RULE}=1", "fault", "ask your administrator"),
        (DEFENDER_POLICIES + r"\Policy Manager", "ASRRules", f"{RULE.lower()}=2|be9ba2d9=1", "ok", ""),
        (DEFENDER + GUARD + r"\Rules", RULE, 1, "fault", "Add-MpPreference"),
        (DEFENDER + GUARD + r"\Rules", RULE, 6, "unknown", "Add-MpPreference"),
        (DEFENDER + GUARD + r"\Rules", "be9ba2d9-53ea-4cdc-84e5-9b1eeee46550", 1, "ok", ""),
    ],
)
def test_doctor_names_the_rule_against_child_processes(machine, registry, key, name, value, state, fix):
    installed(machine)
    registry.put("machine", key, name, value)
    found = states(machine)["Microsoft Defender"]
    assert found.state == state
    assert fix in found.fix
    assert bool(found.fix) == (state != "ok")
    if state != "ok":
        assert INTERPRETER in found.fix


def test_a_policy_comes_before_a_local_rule(machine, registry):
    registry.put("machine", DEFENDER + GUARD + r"\Rules", RULE, 1)
    assert states(machine)["Microsoft Defender"].state == "fault"
    registry.put("machine", DEFENDER_POLICIES + GUARD + r"\Rules", RULE, "5")  # not configured
    assert states(machine)["Microsoft Defender"].state == "fault"
    registry.put("machine", DEFENDER_POLICIES + GUARD + r"\Rules", RULE, "2")
    assert states(machine)["Microsoft Defender"].state == "ok"


@pytest.mark.parametrize(
    ("exclusion", "state"),
    [
        (INTERPRETER.upper(), "ok"),
        (r"C:\Program Files\Python311", "ok"),
        ("C:\\Program Files\\Python3*\\", "ok"),
        (r"C:\Program Files\Python31", "fault"),
        (r"D:\Python311\python.exe", "fault"),
    ],
)
def test_an_interpreter_that_is_excluded_is_free_of_the_rule(machine, registry, exclusion, state):
    installed(machine)
    registry.put("machine", DEFENDER_POLICIES + GUARD + r"\Rules", RULE, "1")
    registry.put("machine", DEFENDER_POLICIES + GUARD + r"\ASROnlyExclusions", exclusion, "0")
    assert states(machine)["Microsoft Defender"].state == state


@pytest.mark.parametrize("root", ["user", "machine"])
def test_doctor_names_the_block_of_macros_from_the_internet(machine, registry, root):
    assert states(machine)["Macros from the internet"].state == "ok"
    registry.put(root, POLICIES + r"\Security", "blockcontentexecutionfrominternet", 1)
    found = states(machine)["Macros from the internet"]
    assert found.state == "unknown"
    assert "leadkpi unblock" in found.fix


def test_doctor_tells_of_protected_view(machine, registry):
    assert "Enable Editing" in states(machine)["Protected View"].fix
    registry.put("user", EXCEL + r"\Security\ProtectedView", "DisableInternetFilesInPV", 1)
    assert states(machine)["Protected View"].fix == ""


def test_a_policy_on_macros_comes_before_the_users_choice(machine, registry):
    registry.put("user", EXCEL + r"\Security", "VBAWarnings", 1)
    assert states(machine)["Macros"].state == "ok"
    registry.put("user", POLICIES + r"\Security", "VBAWarnings", 4)
    assert states(machine)["Macros"].state == "unknown"


def test_what_is_left_is_named_by_the_commands(machine, monkeypatch, capsys):
    monkeypatch.setattr(install, "places", lambda: machine)
    monkeypatch.setattr(sys, "executable", r"C:\Python311\python.exe")
    for command in ("install", "install", "uninstall", "uninstall"):
        options = parse(command)
        assert options.run(options) == 0
        said = capsys.readouterr()
        assert said.err == ""
        if command == "install":
            assert "File > New > Personal" in said.out
            machine.template.write_bytes(b"my leads")
    assert f"left {machine.template}" in said.out
    assert machine.template.read_bytes() == b"my leads"


# ended in the middle ------------------------------------------------------------------------------------------------


@pytest.fixture
def heeds_signals():
    """A command that was told to end heeds no signal any more; the next test's does."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def _signal_at(monkeypatch, number, moment):
    """Send this process a signal at the n-th time that a file is on the disk, or is moved to its place."""
    calls = iter(range(1, 100))
    for owner, name in ((transaction.os, "fsync"), (type(Path()), "replace")):
        usual = getattr(owner, name)

        def sending(*given, usual=usual):
            if next(calls) == moment:
                os.kill(os.getpid(), number)
            return usual(*given)

        monkeypatch.setattr(owner, name, sending)


@pytest.mark.usefixtures("heeds_signals")
@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("moment", range(1, 9))
def test_building_that_is_ended_writes_all_or_nothing(tmp_path, monkeypatch, capsys, number, code, moment):
    for name, builder in BUILDERS.items():
        monkeypatch.setattr(build, name, builder)
    (tmp_path / TEMPLATE).write_bytes(b"the old one")
    _signal_at(monkeypatch, number, moment)
    assert main(["workbooks", "build", str(tmp_path), "--overwrite"]) == code
    monkeypatch.undo()
    said = capsys.readouterr().err
    there = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    if "nothing was written" in said:
        assert there == {TEMPLATE: b"the old one"}
    else:
        assert set(there) == {ADD_IN, TEMPLATE, EXCEL_TEMPLATE, NO_PYTHON, "SHA256SUMS"}
        assert there[TEMPLATE] != b"the old one"
        assert f"written before that: {tmp_path / ADD_IN}" in said
    assert said.count("\n") == 1


@pytest.mark.usefixtures("heeds_signals")
@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", [2, 7])
def test_installing_and_uninstalling_that_are_ended(machine, monkeypatch, capsys, number, moment):
    monkeypatch.setattr(install, "places", lambda: machine)
    usual = install.install
    monkeypatch.setattr(
        install, "install", lambda where, language: usual(where, language, InterpreterPath(INTERPRETER))
    )
    with monkeypatch.context() as signals:
        _signal_at(signals, number, moment)
        assert main(["install"]) == 128 + number
    files = [path for path in machine.own.parent.rglob("*") if path.is_file()]
    said = capsys.readouterr().err
    assert ("nothing was written" in said) == (files == [])
    assert (f"written before that: {machine.add_in}" in said) == bool(files)
    assert not [path for path in files if path.suffix == ".tmp"]
    signal.signal(number, signal.default_int_handler)
    assert main(["install"]) == 0
    capsys.readouterr()
    rename = type(Path()).rename
    with monkeypatch.context() as signals:
        signals.setattr(Path, "rename", lambda *given: (os.kill(os.getpid(), number), rename(*given))[1])
        assert main(["uninstall"]) == 128 + number
    assert f"removed before that: {machine.add_in}" in capsys.readouterr().err
    assert not [path for path in machine.own.parent.rglob("*") if path.is_file()]


def test_packages_of_one_user_are_refused_with_a_fix(machine, monkeypatch, tmp_path):
    own = tmp_path / "Python311" / "site-packages"
    for name in ("xl_leadkpi", "xlwings"):
        (own / name).mkdir(parents=True)
        (own / name / "__init__.py").touch()
    monkeypatch.setattr(install.site, "getusersitepackages", lambda: str(own))
    assert install.hidden_packages() == []
    usual = install.importlib.util.find_spec

    def find_spec(name):
        return SimpleNamespace(origin=str(own / name / "__init__.py")) if (own / name).is_dir() else usual(name)

    monkeypatch.setattr(install.importlib.util, "find_spec", find_spec)
    assert install.hidden_packages() == ["xl_leadkpi", "xlwings"]
    with pytest.raises(InstallError) as refused:
        installed(machine)
    assert "xl_leadkpi and xlwings into the folder of this user" in str(refused.value)
    assert f'"{sys.executable}" -m venv' in str(refused.value)
    assert not machine.own.exists()


def test_doctor_names_packages_of_one_user(machine, monkeypatch):
    monkeypatch.setattr(doctor.configuration, "read", lambda _: sys.executable)
    monkeypatch.setattr(doctor, "_try", lambda *_: "ModuleNotFoundError: No module named 'xl_leadkpi'")
    monkeypatch.setattr(doctor, "hidden_packages", lambda: ["xl_leadkpi"])
    [finding] = [one for one in doctor.examine(machine) if one.check == "Interpreter"]
    assert finding.state == "fault"
    assert "xl_leadkpi into the folder of this user" in finding.says
    assert "-m venv" in finding.fix


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o660, 0o600])
def test_build_keeps_the_permissions_of_what_it_replaces(build_into, tmp_path, mode):
    assert build_into(tmp_path) == 0
    for file in tmp_path.iterdir():
        file.chmod(mode)
    assert build_into(tmp_path, "--language", "pl") == 0
    assert {oct(stat.S_IMODE(file.stat().st_mode)) for file in tmp_path.iterdir()} == {oct(mode)}
