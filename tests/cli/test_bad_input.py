"""Whatever ``leadkpi funnel`` is handed: one message on where and what to do, exit code 1, nothing half-written."""

import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from xl_leadkpi.cli import main

LEADS = "Lead ID,Created,Stage,Amount\n1,2025-01-05,Won,100\n2,2025-02-05,Lead,\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fail(capsys, *arguments):
    """Run the command, expect exit code 1 and a single message; return it."""
    assert main(["funnel", *map(str, arguments)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("leadkpi: ")
    assert "Traceback" not in err
    return err


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


BAD = {
    "empty.csv": (b"", ["empty"]),
    "bom_only.csv": (b"\xef\xbb\xbf", ["empty"]),
    "header_only.csv": (b"Lead ID,Created,Stage\n", ["no data row"]),
    "unknown_columns.csv": (b"alpha,beta,gamma\n1,2,3\n4,5,6\n", ["alpha", "created", "--map"]),
    "binary.csv": (bytes(range(256)) * 40, []),
    "image.csv": (b"\x89PNG\r\n\x1a\n" + bytes(2000), []),
    "corrupt.xlsx": (b"PK\x03\x04" + b"\x00" * 500, []),
    "encrypted.xlsx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000), []),
    "bad_dates.csv": (b"Lead ID,Created,Stage\n1,soon,Lead\n2,later,Won\n3,never,Lost\n", ["Created"]),
}


@pytest.mark.parametrize("name", BAD)
def test_one_message_and_no_file(folder, capsys, name):
    content, words = BAD[name]
    path = write(folder, name, content)
    message = fail(capsys, path, "-o", "out.xlsx")
    assert name in message
    for word in words:
        assert word in message
    assert [entry.name for entry in folder.iterdir()] == [name]


def test_missing_file(folder, capsys):
    assert "nowhere.csv" in fail(capsys, "nowhere.csv", "-o", "out.xlsx")


def test_folder_instead_of_a_file(folder, capsys):
    assert str(folder) in fail(capsys, folder, "-o", "out.xlsx")


def test_unknown_sheet_lists_those_there_are(folder, capsys):
    import xlsxwriter

    with xlsxwriter.Workbook(folder / "leads.xlsx") as book:
        book.add_worksheet("Export").write_row(0, 0, ["Lead ID", "Created"])
    message = fail(capsys, "leads.xlsx", "--sheet", "Leads", "-o", "out.xlsx")
    assert "Leads" in message
    assert "Export" in message


def test_zip_bomb_is_refused_before_it_is_unpacked(folder, capsys):
    with zipfile.ZipFile(folder / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member:
            for _ in range(3_000):
                member.write(bytes(1_000_000))
    assert "bomb.xlsx" in fail(capsys, "bomb.xlsx", "-o", "out.xlsx")


def test_output_folder_does_not_exist(folder, capsys):
    write(folder, "leads.csv", LEADS)
    assert "nowhere" in fail(capsys, "leads.csv", "-o", "nowhere/out.xlsx")


def test_output_is_the_input(folder, capsys):
    write(folder, "leads.xlsx", b"")
    before = (folder / "leads.xlsx").read_bytes()
    assert "one of the files read" in fail(capsys, "leads.xlsx", "-o", "leads.xlsx")
    assert (folder / "leads.xlsx").read_bytes() == before


def test_workbook_and_json_in_one_file(folder, capsys):
    write(folder, "leads.csv", LEADS)
    assert "cannot be one file" in fail(capsys, "leads.csv", "-o", "out.xlsx", "--json", "out.xlsx")


def test_a_workbook_that_cannot_be_replaced_stays_as_it_is(folder, capsys, monkeypatch):
    write(folder, "leads.csv", LEADS)
    write(folder, "out.xlsx", b"the old one")

    def refuse(*_arguments, **_options):
        raise PermissionError(13, "The process cannot access the file because it is being used by another process")

    # as on Windows while Excel has the file open
    monkeypatch.setattr(os, "replace", refuse)
    message = fail(capsys, "leads.csv", "-o", "out.xlsx")
    assert "out.xlsx" in message
    assert "close" in message.lower()
    assert (folder / "out.xlsx").read_bytes() == b"the old one"
    assert sorted(entry.name for entry in folder.iterdir()) == ["leads.csv", "out.xlsx"]


def test_interrupt_leaves_nothing(folder, capsys, monkeypatch):
    from xl_leadkpi import sheets

    write(folder, "leads.csv", LEADS)

    def interrupt(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(sheets, "to_file", interrupt)
    assert main(["funnel", "leads.csv", "-o", "out.xlsx"]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert [entry.name for entry in folder.iterdir()] == ["leads.csv"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["funnel"],
        ["funnel", "leads.csv", "--reach", "most"],
        ["funnel", "leads.csv", "--window", "0"],
        ["funnel", "leads.csv", "--as-of", "30/06/2025"],
        ["funnel", "leads.csv", "--map", "created"],
        ["funnel", "leads.csv", "--data", "2000000"],
        ["fnnel"],
    ],
)
def test_wrong_usage_exits_with_2(folder, capsys, arguments):
    write(folder, "leads.csv", LEADS)
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_closed_pipe_is_no_fault(folder):
    write(folder, "leads.csv", LEADS)
    command = [sys.executable, "-m", "xl_leadkpi.cli", "funnel", str(folder / "leads.csv"), "--json", "-"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        process.stdout.close()
        assert process.wait(60) == 0
        assert process.stderr.read() == b""


@pytest.mark.skipif(os.name == "nt", reason="names and folders as POSIX has them")
@pytest.mark.parametrize(
    ("said", "engine"),
    [
        ("~/leads.csv", ()),
        ("~/leads.parquet", ()),
        ("~/leads.parquet", ("--engine", "polars")),
        ("~/*.parquet", ("--engine", "duckdb")),
        ("duckdb:///~/leads.db?table=leads", ()),
    ],
)
def test_a_folder_named_like_the_sign_for_home_is_that_folder(folder, capsys, monkeypatch, said, engine):
    """The libraries take the sign for the user's home, and would read another file than the one that was named."""
    import duckdb
    import polars as pl

    monkeypatch.setenv("HOME", str(folder / "home"))
    for place, rows in (("~", 2), ("home", 3)):
        (folder / place).mkdir()
        table = pl.DataFrame({"Lead ID": list(range(rows)), "Stage": ["Won", "Lost", "Lead"][:rows]})
        table.write_csv(folder / place / "leads.csv")
        table.write_parquet(folder / place / "leads.parquet")
        with duckdb.connect(folder / place / "leads.db") as database:
            database.execute(f"CREATE TABLE leads AS FROM '{folder}/{place}/leads.parquet'")
    assert main(["funnel", said, *engine, "--json", "out.json", "--quiet"]) == 0
    assert '"rows_read": 2,' in Path("out.json").read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes, as Linux has them")
def test_a_pipe_whose_name_is_no_text(folder, capsys):
    pipe = Path(os.fsdecode(b"le\xffads.csv"))
    os.mkfifo(pipe)
    keeps_it_open = os.open(pipe, os.O_RDWR)
    os.write(keeps_it_open, LEADS.encode())
    closing = threading.Timer(0.5, os.close, (keeps_it_open,))
    closing.start()
    assert main(["funnel", str(pipe), "--json", "out.json", "--quiet"]) == 0
    closing.join()
