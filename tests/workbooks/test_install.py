"""Installing, in a folder that stands for the user's application data. tests/windows does it on Windows."""

import stat
import struct
import sys
from pathlib import Path

import pytest

from xl_leadkpi.cli import main, workbooks  # noqa: F401 - the commands are registered by main
from xl_leadkpi.workbooks import doctor, install, windows
from xl_leadkpi.workbooks.install import InstallError, places

INTERPRETER = r"C:\Program Files\Python311\python.exe"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A user's places; this Python plays the one on Windows."""
    monkeypatch.setattr(install, "xlwings_version", lambda: "0.37.8")
    monkeypatch.setattr(install.configuration.write, "__kwdefaults__", {"encoding": "cp1252"})
    monkeypatch.setattr(install.configuration.read, "__kwdefaults__", {"encoding": "cp1252"})
    return places(tmp_path / "Jörg Müller" / "AppData" / "Roaming")


def installed(machine, version="0.37.8"):
    return install.install(machine, interpreter=InterpreterPath(INTERPRETER))


class InterpreterPath(type(Path())):
    """A Windows path on any machine: nothing lies beside it."""

    def __str__(self):
        return INTERPRETER


def test_everything_is_put_in_its_place_and_taken_away_again(machine):
    receipt = installed(machine)
    assert machine.add_in.is_file()
    assert machine.template.is_file()
    assert machine.configuration.read_bytes() == f"interpreter={INTERPRETER}\r\n".encode()
    assert set(receipt.files) >= {str(machine.add_in), str(machine.template)}
    own = machine.add_ins / "MyMacros.xlsb"
    own.write_bytes(b"the user's")
    removed = install.uninstall(machine)
    assert set(removed) >= {machine.add_in, machine.template, machine.configuration, machine.receipt}
    assert not machine.own.exists()
    assert own.read_bytes() == b"the user's"
    assert install.uninstall(machine) == []


def test_a_second_installation_replaces_the_first(machine):
    installed(machine)
    machine.add_in.write_bytes(b"of an older version")
    assert installed(machine).files == install.read_receipt(machine).files
    assert machine.add_in.stat().st_size > 1000


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
    machine.add_in.write_bytes(b"of an older version")
    ours = (machine.add_in, machine.template, machine.configuration, machine.receipt)
    for again in (True, False):
        for file in ours:
            file.chmod(stat.S_IREAD)
        with pytest.raises(PermissionError):
            machine.add_in.unlink()
        if again:
            installed(machine)
            assert machine.add_in.stat().st_size > 1000
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


def test_a_damaged_receipt_counts_as_none(machine):
    installed(machine)
    machine.receipt.write_text("{")
    assert install.read_receipt(machine) is None
    assert machine.add_in in install.uninstall(machine)


def states(machine):
    return {one.check: one for one in doctor.examine(machine)}


def test_doctor_names_what_is_missing(machine):
    found = states(machine)
    for check in ("Installation", "Interpreter", "Add-in", "Template"):
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
    assert [line.rpartition("LeadKPI")[2] for line in lines] == [".xlam", ".xlsm", "-no-python.xlsx"]
    assert all(len(line.split("  ")[0]) == 64 for line in lines)


def test_build_into_a_file_says_so(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    options = parse("workbooks", "build", str(tmp_path / "file"))
    assert options.run(options) == 1
    assert "cannot write into" in capsys.readouterr().err
