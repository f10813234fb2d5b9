"""Nothing of the user's is overwritten: no input, no file that is not ours, no device, no link, no half of two."""

import errno
import json
import os
import shutil
import stat
import subprocess
import tempfile
import threading
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook

from tests.cli.running import LEADS, names, run
from xl_leadkpi import sample, temporary_files
from xl_leadkpi.cli import main
from xl_leadkpi.output_files import OutputError, OutputFiles

pytestmark = pytest.mark.long

SPEND = "Month,Channel,Cost (EUR)\n2025-01-01,Ads,100\n"
TOUCHES = "Lead ID,Touch time,Channel\n1,2025-01-04 10:00,Ads\n"
DEALS = "Lead ID,Deal stage,Amount,Close date\n1,Won,100,2025-02-01\n"
posix = pytest.mark.skipif(os.name == "nt", reason="pipes, links and permissions as POSIX has them")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("leads.csv").write_text(LEADS)
    return tmp_path


def refused(capsys, *arguments):
    """Run a command that must change nothing; return what it says."""
    before = contents()
    assert main([*map(str, arguments)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("leadkpi: ")
    assert contents() == before
    return err


def contents():
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


# what is read is no output ------------------------------------------------------------------------------------------


def parquet(path):
    path.parent.mkdir(exist_ok=True)
    leads = sample.leads(50).with_columns(pl.col("Created").dt.date()).drop("First contacted")
    leads.write_parquet(path)


@pytest.mark.parametrize("output", ["parts/b.parquet", "./parts/../parts/b.parquet", "link.parquet", "hard.parquet"])
def test_no_file_of_a_pattern_is_an_output(folder, capsys, output):
    for name in ("a", "b"):
        parquet(Path("parts", f"{name}.parquet"))
    Path("link.parquet").symlink_to("parts/b.parquet")
    Path("hard.parquet").hardlink_to("parts/b.parquet")
    assert "one of the files read" in refused(capsys, "funnel", "parts/*.parquet", "--json", output)
    assert "one of the files read" in refused(
        capsys, "funnel", "leads.csv", "--touches", "parts/*.parquet", "--json", output
    )


@pytest.mark.parametrize("output", ["sales.db", "sales.db.wal"])
def test_no_file_of_a_database_is_an_output(folder, capsys, output):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect("sales.db") as connection:
        connection.execute("CREATE TABLE leads AS SELECT 1 AS \"Lead ID\", DATE '2025-01-05' AS Created")
    Path("sales.db.wal").write_bytes(b"")
    for address in ("duckdb:///sales.db?table=leads", f"duckdb:///{folder}/sales.db?table=leads"):
        assert "one of the files read" in refused(capsys, "funnel", address, "--json", output)


@pytest.mark.parametrize(
    ("option", "name", "content"),
    [
        ("--spend", "spend.csv", SPEND),
        ("--touches", "touches.csv", TOUCHES),
        ("--deals", "deals.csv", DEALS),
        ("--reuse-map", "earlier.xlsx", b""),
    ],
)
def test_no_second_table_is_an_output(folder, capsys, option, name, content):
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    Path("link").symlink_to(name)
    for output in (name, folder / name, "link"):
        assert "one of the files read" in refused(capsys, "funnel", "leads.csv", option, name, "--json", output)


def test_another_letter_case_is_the_same_file_where_the_system_says_so(folder, capsys, monkeypatch):
    stated = Path.stat
    monkeypatch.setattr(Path, "stat", lambda self, **kinds: stated(Path(str(self).lower()), **kinds))
    assert "one of the files read" in refused(capsys, "funnel", "leads.csv", "--json", "LEADS.csv")


def test_a_workbook_may_replace_the_one_whose_edits_it_keeps(folder, capsys):
    assert main(["funnel", "leads.csv", "-o", "out.xlsx", "--quiet"]) == 0
    before = Path("out.xlsx").read_bytes()
    assert main(["funnel", "leads.csv", "--reuse-map", "out.xlsx", "-o", "./out.xlsx", "--quiet", "--top", "3"]) == 0
    assert Path("out.xlsx").read_bytes() != before
    assert "one of the files read" in refused(capsys, "funnel", "out.xlsx", "--reuse-map", "out.xlsx", "-o", "out.xlsx")


@posix
def test_what_standard_input_comes_from_is_no_output(folder):
    with Path("leads.csv").open("rb") as stream:
        ended = run("funnel", "-", "--json", "leads.csv", stdin=stream)
    assert ended.returncode == 1
    assert b"one of the files read" in ended.stderr
    assert Path("leads.csv").read_text() == LEADS


@posix
def test_where_standard_output_goes_is_no_other_output(folder):
    with Path("out.json").open("wb") as stream:
        ended = run("funnel", "leads.csv", "--json", "out.json", stdout=stream)
    assert ended.returncode == 1
    assert b"standard output" in ended.stderr


@pytest.mark.parametrize(
    ("workbook", "other"),
    [
        ("out.xlsx", "OUT.XLSX"),
        ("a/../out.xlsx", "out.xlsx"),
        ("a/out.xlsx", "b/out.xlsx"),
        ("z\u00f3.xlsx", "zo\u0301.xlsx"),
    ],
)
def test_one_file_by_two_names_is_one_file(folder, capsys, workbook, other):
    Path("a").mkdir()
    Path("b").symlink_to("a")
    assert "cannot be one file" in refused(capsys, "funnel", "leads.csv", "-o", workbook, "--json", other)


# files that are not ours --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["leads.csv", "spend.csv", "touches.csv", "funnel.xlsx", "leadkpi-demo.sha256"])
def test_a_demo_leaves_the_users_files_alone(folder, capsys, name):
    Path("mine").mkdir()
    Path("mine", name).write_text("the user's own")
    said = refused(capsys, "demo", "mine", "--leads", "60")
    assert name in said
    assert "name another folder" in said
    Path("mine", name).unlink()
    assert main(["demo", "mine", "--leads", "60"]) == 0


@pytest.mark.parametrize("name", ["leads.csv", "funnel.xlsx"])
def test_a_demo_replaces_its_own_files_unless_they_were_changed(folder, capsys, name):
    assert main(["demo", "--leads", "60"]) == 0
    assert main(["demo", "--leads", "70"]) == 0
    assert len(Path("leadkpi-demo/leads.csv").read_text().splitlines()) == 71
    assert main(["demo", "--leads", "60", "--language", "pl"]) == 0
    capsys.readouterr()
    with Path("leadkpi-demo", name).open("ab") as stream:
        stream.write(b"changed")
    assert name in refused(capsys, "demo", "--leads", "60")


def test_a_demo_without_its_list_replaces_what_is_the_same(folder):
    sample.write(Path(), 60)
    assert main(["demo", ".", "--leads", "60"]) == 0


def test_the_list_of_a_demo_is_one_of_hashes(folder):
    assert main(["demo", "--leads", "60"]) == 0
    if not shutil.which("sha256sum"):
        pytest.skip("needs sha256sum, an independent reader of such lists")
    assert (
        subprocess.run(["sha256sum", "--check", "leadkpi-demo.sha256"], cwd="leadkpi-demo", check=False).returncode == 0
    )


def test_a_workbook_under_the_name_that_nobody_gave_is_not_replaced(folder, capsys):
    book = Workbook()
    book.save("leads-funnel.xlsx")
    assert "leads-funnel.xlsx" in refused(capsys, "funnel", "leads.csv")
    Path("leads-funnel.xlsx").write_text("no workbook at all")
    assert "-o" in refused(capsys, "funnel", "leads.csv")
    Path("leads-funnel.xlsx").unlink()
    assert main(["funnel", "leads.csv"]) == 0
    assert main(["funnel", "leads.csv"]) == 0
    capsys.readouterr()
    book = load_workbook("leads-funnel.xlsx")
    book.create_sheet("My notes")
    book.save("leads-funnel.xlsx")
    assert "leads-funnel.xlsx" in refused(capsys, "funnel", "leads.csv")
    assert main(["funnel", "leads.csv", "-o", "leads-funnel.xlsx"]) == 0


# places that are no regular files -----------------------------------------------------------------------------------


@posix
def test_a_device_is_written_to(folder):
    before = Path("/dev/null").stat()
    assert main(["funnel", "leads.csv", "--json", "/dev/null"]) == 0
    after = Path("/dev/null").stat()
    assert stat.S_ISCHR(after.st_mode)
    assert (after.st_ino, after.st_rdev) == (before.st_ino, before.st_rdev)


@posix
@pytest.mark.parametrize(("option", "name"), [("--json", "pipe"), ("-o", "pipe.xlsx")])
def test_a_pipe_is_written_to(folder, option, name):
    os.mkfifo(name)
    got = []
    reader = threading.Thread(target=lambda: got.append(Path(name).read_bytes()), daemon=True)
    reader.start()
    assert main(["funnel", "leads.csv", option, name, "--quiet"]) == 0
    reader.join(10)
    assert Path(name).is_fifo()
    assert json.loads(got[0])["summary"]["leads"] == 3 if option == "--json" else got[0].startswith(b"PK")


@posix
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
@pytest.mark.parametrize("to_file", [True, False])
def test_the_name_of_standard_output(folder, name, to_file):
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs a system with /proc")
    Path("link").symlink_to("/dev/stdout")
    if to_file:
        Path("got").write_text("")
        with Path("got").open("ab") as stream:
            ended = run("funnel", "leads.csv", "--json", name, "--quiet", stdout=stream)
        got = Path("got").read_bytes()
    else:
        ended = run("funnel", "leads.csv", "--json", name, "--quiet")
        got = ended.stdout
    assert ended.returncode == 0, ended.stderr
    assert json.loads(got)["summary"]["leads"] == 3
    assert Path("link").is_symlink()
    assert Path("/dev/stdout").is_symlink()


@posix
def test_a_full_device_is_told_and_no_workbook_appears(folder, capsys):
    if not Path("/dev/full").is_char_device():
        pytest.skip("needs the device /dev/full")
    said = refused(capsys, "funnel", "leads.csv", "-o", "out.xlsx", "--json", "/dev/full")
    assert "/dev/full" in said
    assert "No space left" in said


# what is there is kept as it was ------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(("option", "name"), [("--json", "out.json"), ("-o", "out.xlsx")])
def test_permissions_and_link_of_an_output_stay(folder, option, name):
    Path("elsewhere").mkdir()
    target = Path("elsewhere", name)
    target.write_bytes(b"old")
    target.chmod(0o640)
    Path(name).symlink_to(target)
    assert main(["funnel", "leads.csv", option, name, "--quiet"]) == 0
    assert Path(name).is_symlink()
    assert target.read_bytes() != b"old"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert names("elsewhere") == [name]


@pytest.mark.parametrize("there", [None, b"old"], ids=["new", "old"])
def test_what_another_program_has_written_meanwhile_is_not_replaced(folder, there):
    if there:
        Path("out.json").write_bytes(there)
    Path("out.xlsx").write_bytes(b"old")
    with OutputFiles() as outputs:
        outputs.new("out.xlsx").write(b"new")
        outputs.new("out.json").write(b"new")
        Path("out.json").write_bytes(b"of another program")
        with pytest.raises(OutputError, match=r"out\.json was written by another program .* run this again"):
            outputs.put_in_place()
    assert contents() == {
        "leads.csv": LEADS.encode(), "out.xlsx": b"old", "out.json": b"of another program",
    }  # fmt: skip


@posix
def test_a_new_output_has_the_permissions_of_any_new_file(folder):
    Path("other").write_text("")
    assert main(["funnel", "leads.csv", "--json", "out.json", "-o", "out.xlsx", "--quiet"]) == 0
    assert Path("out.json").stat().st_mode == Path("out.xlsx").stat().st_mode == Path("other").stat().st_mode


@posix
def test_a_link_to_what_is_not_there_yet_is_followed_and_one_to_itself_refused(folder, capsys):
    Path("elsewhere").mkdir()
    Path("new.json").symlink_to("elsewhere/new.json")
    assert main(["funnel", "leads.csv", "--json", "new.json", "--quiet"]) == 0
    assert Path("elsewhere/new.json").is_file()
    Path("loop.json").symlink_to("loop.json")
    refused(capsys, "funnel", "leads.csv", "--json", "loop.json")
    assert Path("loop.json").is_symlink()


@posix
def test_a_planted_link_is_not_followed(folder, monkeypatch):
    Path("victim").write_text("precious")
    planted = []

    def plant(path, flags, mode=0o777, *, dir_fd=None, opened=os.open):
        if flags & os.O_CREAT and not planted:  # as somebody who guesses the name would
            planted.append(path)
            Path(path).symlink_to(Path("victim").absolute())
        return opened(path, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", plant)
    with OutputFiles() as outputs, pytest.raises(OutputError):
        outputs.new("out.json").write(b"new")
    assert planted
    assert Path("victim").read_text() == "precious"


def test_temporary_names_cannot_be_guessed(folder):
    seen = set()
    for _ in range(20):
        with OutputFiles() as outputs:
            outputs.new("out.json")
            [name] = set(names()) - {"leads.csv"}
            seen.add(name)
    assert len(seen) == 20
    # a short process number may stand in a random name by chance, but not in all of them
    assert not all(str(os.getpid()) in name for name in seen)
    assert names() == ["leads.csv"]


@posix
def test_a_write_protected_output_is_refused(folder, capsys, monkeypatch):
    Path("out.json").write_text("protected")
    Path("out.json").chmod(0o444)
    # the superuser, who may write anywhere, is asked about as anybody else would be
    monkeypatch.setattr(os, "access", lambda path, _: bool(Path(path).stat().st_mode & 0o200))
    assert "write-protected" in refused(capsys, "funnel", "leads.csv", "--json", "out.json")


# both or none -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failing", ["out.xlsx", "out.json"])
@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("links", [True, False])
def test_workbook_and_json_are_written_both_or_none(folder, capsys, monkeypatch, failing, there, links):
    if there:
        for name in ("out.xlsx", "out.json"):
            Path(name).write_text(f"old {name}")
    replaced = os.replace

    def replace(source, target, **kinds):
        if Path(target).name == failing and "old" not in Path(source).read_bytes()[:3].decode("latin-1"):
            raise PermissionError(errno.EACCES, "in use")
        replaced(source, target, **kinds)

    monkeypatch.setattr(os, "replace", replace)
    if not links:
        monkeypatch.setattr(Path, "hardlink_to", lambda *_: (_ for _ in ()).throw(OSError(errno.EPERM, "no links")))
    assert failing in refused(capsys, "funnel", "leads.csv", "-o", "out.xlsx", "--json", "out.json")


def test_the_earlier_file_is_never_deleted_not_even_where_it_cannot_be_put_back(folder, capsys, monkeypatch):
    for name in ("out.xlsx", "out.json"):
        Path(name).write_text(f"old {name}")
    monkeypatch.setattr(temporary_files, "_present", set())  # other tests' folders are in use
    replaced = os.replace
    moves = []

    def replace(source, target, **kinds):
        moves.append(target)
        if len(moves) > 1:
            raise PermissionError(errno.EACCES, "in use")
        replaced(source, target, **kinds)

    monkeypatch.setattr(os, "replace", replace)
    assert main(["funnel", "leads.csv", "-o", "out.xlsx", "--json", "out.json"]) == 1
    temporary_files.remove_all()
    [kept] = [name for name in names() if Path(name).read_bytes() == b"old out.xlsx"]
    assert kept in capsys.readouterr().err
    assert Path("out.json").read_text() == "old out.json"


def test_one_that_cannot_be_put_back_does_not_keep_the_others(folder, monkeypatch):
    for name in "abc":
        Path(name).write_text(f"old {name}")
    replaced = os.replace
    moves = []

    def replace(source, target, **kinds):
        moves.append(Path(target).name)
        if moves in (["a", "b", "c"], ["a", "b", "c", "c", "b"], ["a", "b", "c", "b"]):
            raise PermissionError(errno.EACCES, "in use")
        replaced(source, target, **kinds)

    with OutputFiles() as outputs:
        for name in "abc":
            outputs.new(name).write(b"new")
        monkeypatch.setattr(os, "replace", replace)
        with pytest.raises(OutputError, match=r"b is now .*; rename it"):
            outputs.put_in_place()
    temporary_files.remove_all()
    assert Path("a").read_text() == "old a"
    assert Path("c").read_text() == "old c"
    assert [Path(name).read_text() for name in names()].count("old b") == 1


def test_a_json_that_fails_leaves_the_workbook_as_it_was(folder, capsys, monkeypatch):
    from xl_leadkpi import funnel

    Path("out.xlsx").write_text("old")
    monkeypatch.setattr(funnel, "as_json", lambda _: {"summary": float("inf")})
    assert main(["funnel", "leads.csv", "-o", "out.xlsx", "--json", "out.json"]) == 1
    assert "a fault of leadkpi, not of your file: ValueError: Out of range float" in capsys.readouterr().err
    assert Path("out.xlsx").read_text() == "old"
    assert names() == ["leads.csv", "out.xlsx"]


# where the room runs out --------------------------------------------------------------------------------------------


def full(path, *_arguments, **_kinds):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_temporary_folder_is_named_as_such(folder, capsys, monkeypatch):
    from xlsxwriter.packager import Packager

    monkeypatch.setattr(Packager, "_filename", full)
    said = refused(capsys, "funnel", "leads.csv", "-o", "out.xlsx")
    assert tempfile.gettempdir() in said
    assert "TMPDIR" in said or "TEMP" in said


@posix
@pytest.mark.parametrize("words", [["-o", "out.xlsx"], ["--json", "out.json"]])
def test_a_full_disk_of_the_output_is_named_as_such(folder, capsys, monkeypatch, words):
    if not Path("/dev/full").is_char_device():
        pytest.skip("needs the device /dev/full")
    # the output goes to a disk on which there is no room
    monkeypatch.setattr(
        temporary_files, "new_file", lambda folder, *_: (folder / "nothing", os.open("/dev/full", os.O_RDWR))
    )
    said = refused(capsys, "funnel", "leads.csv", *words)
    assert words[1] in said
    assert "No space left" in said
    assert "temporary" not in said


# the page -------------------------------------------------------------------------------------------------------------


def test_a_page_alone_makes_no_workbook(folder, capsys):
    assert main(["funnel", "leads.csv", "--html", "page.html"]) == 0
    assert names() == ["leads.csv", "page.html"]
    assert capsys.readouterr().out.splitlines()[-1] == "page.html"
    assert Path("page.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_workbook_json_and_page_appear_together(folder, capsys, monkeypatch):
    asked = ["funnel", "leads.csv", "-o", "out.xlsx", "--json", "out.json", "--html", "out.html", "--quiet"]
    assert main([*asked, "--language", "pl"]) == 0
    assert names() == ["leads.csv", "out.html", "out.json", "out.xlsx"]
    assert 'lang="pl"' in Path("out.html").read_text(encoding="utf-8")
    before = contents()
    monkeypatch.setattr("xl_leadkpi.cli.funnel.put_json", lambda *_: (_ for _ in ()).throw(OutputError("no room")))
    assert main(asked) == 1
    assert contents() == before


@pytest.mark.parametrize("named", [["--spend", "spend.csv"], ["--touches", "touches.csv"], []])
def test_no_file_that_is_read_becomes_a_page(folder, capsys, named):
    for name, content in (("spend.csv", SPEND), ("touches.csv", TOUCHES)):
        Path(name).write_text(content)
    target = named[1] if named else "leads.csv"
    assert "one of the files read; name another with --html" in refused(
        capsys, "funnel", "leads.csv", *named, "--html", target
    )


@pytest.mark.parametrize("option", ["-o", "--json"])
def test_a_page_is_no_other_output_as_well(folder, capsys, option):
    said = refused(capsys, "funnel", "leads.csv", option, "out.xlsx", "--html", "./OUT.xlsx")
    assert "cannot be one file; name another with --html" in said


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_a_page_goes_into_a_file(folder, capsys, name):
    assert "the page goes into a file" in refused(capsys, "funnel", "leads.csv", "--html", name)


def test_a_foreign_page_is_replaced_on_the_command_line_alone(folder, capsys):
    Path("page.html").write_text("<html><body>mine</body></html>")
    Path("leadkpi.toml").write_text('version = 1\n[inputs]\nleads = "leads.csv"\n[output]\nhtml = "page.html"\n')
    said = refused(capsys, "funnel", "--quiet")
    assert "leadkpi.toml, line 5: output.html: page.html is there and no page of leadkpi's" in said
    assert main(["funnel", "leads.csv", "--html", "page.html", "--quiet"]) == 0
    assert main(["funnel", "--quiet"]) == 0  # now it is ours


# what was edited in the workbook that is replaced ---------------------------------------------------------------------


def edited(path, option, value):
    """Change the cell of a parameter of Settings, as somebody who has the workbook open."""
    book = load_workbook(path)
    [cells] = [row for row in book["Settings"].iter_rows(max_col=4) if row[1].value == option]
    cells[2].value = value
    book.save(path)


def window_of(path):
    book = load_workbook(path)
    return next(row[2].value for row in book["Settings"].iter_rows(max_col=4) if row[1].value == WINDOW)


WINDOW = "Maturity window, days"


@pytest.mark.parametrize("how", ["-o", "by itself", "project"])
def test_edits_of_the_workbook_that_is_replaced_hold_on(tmp_path, monkeypatch, capsys, how):
    monkeypatch.chdir(tmp_path)
    Path("leads.csv").write_text(LEADS)
    Path("leadkpi.toml").write_text('window = 75\n[inputs]\nleads = "leads.csv"\n[output]\nworkbook = "out.xlsx"\n')
    words = {"-o": ["leads.csv", "-o", "out.xlsx"], "by itself": ["leads.csv"], "project": []}[how]
    out = "leads-funnel.xlsx" if how == "by itself" else "out.xlsx"
    usual = 75 if how == "project" else 90
    # a workbook that nobody has touched holds nothing but what the options said, which are said anew
    assert main(["funnel", *words, "--window", "30"]) == 0
    assert main(["funnel", *words]) == 0
    assert window_of(out) == usual
    assert "--fresh" not in capsys.readouterr().err
    edited(out, WINDOW, 45)
    for _ in range(2):
        assert main(["funnel", *words]) == 0
        assert window_of(out) == 45
        assert f"{out} was edited: what its Settings" in capsys.readouterr().err
    assert main(["funnel", *words, "--window", "60"]) == 0
    assert window_of(out) == 60
    edited(out, WINDOW, 50)
    capsys.readouterr()
    assert main(["funnel", *words, "--fresh"]) == 0
    assert window_of(out) == usual
    assert "was edited" not in capsys.readouterr().err
    assert main(["funnel", *words]) == 0
    assert window_of(out) == usual


def test_bad_edits_of_the_workbook_that_is_replaced_are_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("leads.csv").write_text(LEADS)
    assert main(["funnel", "leads.csv", "-o", "out.xlsx", "--quiet"]) == 0
    edited("out.xlsx", WINDOW, "long")
    before = Path("out.xlsx").read_bytes()
    assert main(["funnel", "leads.csv", "-o", "out.xlsx"]) == 1
    err = capsys.readouterr().err
    assert "leadkpi: out.xlsx, Settings, cell C" in err
    assert "say --fresh" in err
    assert Path("out.xlsx").read_bytes() == before
    assert main(["funnel", "leads.csv", "-o", "out.xlsx", "--fresh", "--quiet"]) == 0
