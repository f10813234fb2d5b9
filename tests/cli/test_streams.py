"""Standard streams as they come: any encoding, closed, full, left by their reader; tables from pipes; odd names."""

import json
import os
import subprocess
import threading
from pathlib import Path

import polars as pl
import pytest

from tests.cli.running import COMMAND, LEADS, environment, names, run
from xl_leadkpi import sample
from xl_leadkpi.cli import main
from xl_leadkpi.kpis import reference

pytestmark = pytest.mark.long

ENCODINGS = ("cp1252", "cp1250", "cp1251", "cp852", "ascii", "utf-8")
CYRILLIC = "Заявки « №1 ».csv"
posix = pytest.mark.skipif(os.name == "nt", reason="descriptors, pipes and names as POSIX has them")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("leads.csv").write_text(LEADS)
    Path(CYRILLIC).write_text(LEADS.replace("Ads", "Реклама"), encoding="utf-8")
    return tmp_path


def in_encoding(name):
    """Streams as Windows makes them for a pipe; names of files stay what they are."""
    return environment(PYTHONIOENCODING=name)


# encodings ----------------------------------------------------------------------------------------------------------


PRINTED = (
    ["kpis"],
    ["kpis", "--language", "ru"],
    ["kpis", "--language", "pl"],
    ["kpis", "--markdown"],
    ["explain", "WINRATE", "--language", "ru"],
    ["explain", "CONVCI"],
    ["--help"],
    ["funnel", "--help"],
)
REPEATED = (["kpi", "ОТКАЗ"], ["kpis", "--search", "щщщ"], ["funnel", "нет.csv"])
ONE_AFTER_ANOTHER = """
import json, sys
from xl_leadkpi.cli import main
for words in json.loads(sys.argv[1]):
    try:
        code = main(words)
    except SystemExit as end:
        code = end.code
    for stream in (sys.stdout, sys.stderr):
        print(code, end="\\x1e", file=stream, flush=True)
"""


def one_after_another(encoding, *commands):
    """Run commands in one process with streams in an encoding; code, output and errors of each."""
    program = [COMMAND[0], "-c", ONE_AFTER_ANOTHER, json.dumps(commands)]
    ended = subprocess.run(program, capture_output=True, env=in_encoding(encoding), timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    outs, errs = (stream.split(b"\x1e")[:-1] for stream in (ended.stdout, ended.stderr))
    assert len(outs) == len(errs) == len(commands)
    for out, err in zip(outs, errs, strict=True):
        assert out[-1:] == err[-1:]
        yield int(out[-1:]), out[:-1], err[:-1]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_any_text_is_printed_in_any_encoding(encoding):
    for words, (code, out, err) in zip(PRINTED, one_after_another(encoding, *PRINTED), strict=True):
        assert (code, err) == (0, b""), words
        assert len(out.decode(encoding).splitlines()) > 3, words


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_any_word_of_the_users_is_repeated_in_any_encoding(folder, encoding):
    for words, (code, _, err) in zip(REPEATED, one_after_another(encoding, *REPEATED), strict=True):
        assert code == 1, words
        assert err.startswith(b"leadkpi: "), words
        assert err.count(b"\n") == 1, words


@pytest.mark.parametrize("encoding", ["cp1252", "cp1251", "ascii"])
def test_json_on_a_stream_is_utf_8(folder, encoding):
    ended = run("funnel", CYRILLIC, "--json", "-", env=in_encoding(encoding))
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout.decode("utf-8"))
    assert "Реклама" in {row["group"] for row in found["by"]["source"]}
    assert found["header"]["source"].startswith("Заявки")


@pytest.mark.parametrize("encoding", ["cp1252", "cp1251", "ascii"])
def test_a_path_in_cyrillic_is_read_and_written(folder, encoding):
    ended = run("funnel", CYRILLIC, "-o", "Воронка.xlsx", env=in_encoding(encoding))
    assert ended.returncode == 0, ended.stderr
    assert Path("Воронка.xlsx").read_bytes().startswith(b"PK")
    assert ended.stdout.decode(encoding).splitlines()[-1].endswith(".xlsx")


def test_signs_that_an_encoding_lacks_become_the_nearest_there_are():
    texts = {one: run("kpis", "--markdown", env=in_encoding(one)).stdout for one in ("ascii", "utf-8")}
    in_ascii = texts["ascii"].decode("ascii").splitlines()
    whole = reference.markdown().splitlines()
    [division] = [number for number, line in enumerate(whole) if "CPL" in line and "÷" in line][:1] or [None]
    if division is not None:
        assert "/" in in_ascii[division]
    assert texts["utf-8"].decode("utf-8").splitlines() == whole
    assert run("explain", "SALESCYCLE", "--language", "pl", env=in_encoding("ascii")).stdout.startswith(
        b"SALESCYCLE: Dlugosc cyklu sprzedazy"
    )


def test_what_the_user_has_chosen_for_missing_letters_stays():
    ended = run("explain", "CPL", "--language", "ru", env=environment(PYTHONIOENCODING="ascii:xmlcharrefreplace"))
    assert ended.stdout.startswith(b"CPL: &#1057;")


# streams that are closed, full or left --------------------------------------------------------------------------------


def shell(line, **changes):
    """Run a line of a shell in which ``leadkpi`` is this command."""
    script = f'leadkpi() {{ "{COMMAND[0]}" -m xl_leadkpi.cli "$@"; }}\n{line}'
    return subprocess.run(
        ["bash", "-c", script], capture_output=True, env=environment(**changes), timeout=120, check=False
    )


@posix
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("leadkpi kpi CPL 1 2 >&-", 0),
        ("leadkpi kpis >&-", 0),
        ("leadkpi kpi CPL 1 0 2>&-", 1),
        ("leadkpi funnel nowhere.csv 2>&-", 1),
        ("leadkpi funnel leads.csv -o out.xlsx >&-", 0),
        ("leadkpi funnel leads.csv -o out.xlsx 2>&-", 0),
        ("leadkpi funnel leads.csv -o out.xlsx <&- >&- 2>&-", 0),
        ("leadkpi kpis >/dev/full", 1),
        ("leadkpi kpi CPL 1 2 >/dev/full", 1),
        ("leadkpi --help >/dev/full", 1),
        ("leadkpi funnel leads.csv --json - >/dev/full", 1),
        ("leadkpi funnel leads.csv --json - --quiet >&-", 1),
        ("leadkpi funnel leads.csv -o out.xlsx 2>/dev/full", 0),
        ("leadkpi funnel nowhere.csv 2>/dev/full", 1),
        ("leadkpi kpi 2>/dev/full", 2),
        ("leadkpi funnel - <&-", 1),
    ],
)
def test_closed_and_full_streams(folder, line, code):
    if "/dev/full" in line and not Path("/dev/full").is_char_device():
        pytest.skip("needs the device /dev/full")
    ended = shell(line)
    assert ended.returncode == code, ended.stderr
    assert b"Traceback" not in ended.stderr
    assert b"Exception" not in ended.stderr
    if code == 1 and "2>" not in line:
        assert ended.stderr.startswith(b"leadkpi: ")
        assert ended.stderr.count(b"\n") == 1
    if "2>&-" in line and "1 0" in line:
        assert ended.stdout == b"#DIV/0!\n"  # and no message among the results
    if "out.xlsx" in line:
        assert Path("out.xlsx").read_bytes().startswith(b"PK")


@posix
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", ["kpis", "kpis --markdown", "kpi CPL 1 2", "--help", "funnel leads.csv --json -"])
def test_a_full_standard_output_is_named(folder, words, unbuffered):
    if not Path("/dev/full").is_char_device():
        pytest.skip("needs the device /dev/full")
    ended = shell(f"leadkpi {words} >/dev/full", PYTHONUNBUFFERED=unbuffered)
    assert ended.returncode == 1
    assert ended.stderr.decode().splitlines()[-1].startswith("leadkpi: standard output cannot be written to (No space")


@posix
def test_figures_that_cannot_be_printed_are_told_and_the_workbook_is_there(folder):
    if not Path("/dev/full").is_char_device():
        pytest.skip("needs the device /dev/full")
    ended = shell("leadkpi funnel leads.csv -o out.xlsx >/dev/full")
    assert ended.returncode == 1
    assert ended.stderr.decode().splitlines()[-1].startswith("leadkpi: standard output cannot be written to (No space")
    assert Path("out.xlsx").read_bytes().startswith(b"PK")


@posix
def test_no_workbook_appears_where_the_json_could_not_be_sent(folder):
    if not Path("/dev/full").is_char_device():
        pytest.skip("needs the device /dev/full")
    Path("out.xlsx").write_text("old")
    ended = shell("leadkpi funnel leads.csv -o out.xlsx --json - >/dev/full")
    assert ended.returncode == 1
    assert Path("out.xlsx").read_text() == "old"


@posix
@pytest.mark.parametrize(
    "line",
    [
        "leadkpi kpis --markdown | true",
        "leadkpi kpis --markdown | head -n 1",
        "leadkpi funnel leads.csv --json - | head -n 1",
        "leadkpi funnel leads.csv -o out.xlsx | true",
        "leadkpi funnel leads.csv -o out.xlsx --json - | true",
        "leadkpi funnel leads.csv -o out.xlsx 2>&1 | true",
    ],
)
def test_a_reader_that_leaves_is_no_fault(folder, line):
    ended = shell(f"{line}\nexit ${{PIPESTATUS[0]}}")
    assert ended.returncode == 0, ended.stderr
    assert b"Traceback" not in ended.stderr
    assert b"Exception" not in ended.stderr
    if "out.xlsx" in line:
        assert Path("out.xlsx").read_bytes().startswith(b"PK")


@posix
def test_no_file_takes_the_place_of_a_closed_stream(folder):
    """The lowest free number goes to the next file that is opened: what is printed would end up in it."""
    ended = shell("leadkpi funnel leads.csv --json out.json >&- 2>&-")
    assert ended.returncode == 0
    assert json.loads(Path("out.json").read_text())["summary"]["leads"] == 3


# tables from pipes --------------------------------------------------------------------------------------------------


def summary(*words, **streams):
    ended = run("funnel", *words, "--json", "-", "--as-of", "2026-06-30", "--quiet", **streams)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)["summary"]


def made(kind):
    leads = sample.leads(120)
    if kind == "csv":
        leads.write_csv("table", datetime_format="%Y-%m-%d %H:%M")
    elif kind == "parquet":
        leads.with_columns(pl.col("Created").dt.date()).drop("First contacted").write_parquet("table")
    else:
        leads.write_excel("table.xlsx")
        Path("table.xlsx").rename("table")
    return Path("table")


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_leads_from_standard_input(folder, kind, name):
    if name != "-" and not Path(name).exists():
        pytest.skip("needs /dev/stdin")
    table = made(kind)
    expected = summary(table)
    assert expected["leads"] == 120
    assert summary(name, input=table.read_bytes()) == expected
    with table.open("rb") as stream:
        assert summary(name, stdin=stream) == expected


@posix
@pytest.mark.parametrize("option", ["leads", "--spend", "--touches", "--deals"])
def test_every_table_may_come_from_a_pipe(folder, option):
    sample.write(folder, 120)
    deals = "Lead ID,Deal stage,Amount,Close date\nL0000001,Won,100,2025-02-01\n"
    Path("deals.csv").write_text(deals)
    source = {"leads": "leads.csv"}.get(option, f"{option.strip('-')}.csv")
    words = ["leads.csv"] if option == "leads" else ["leads.csv", option, source]
    expected = summary(*words)
    os.mkfifo("pipe.csv")
    piped = ["pipe.csv" if word == source else word for word in words]
    writer = threading.Thread(target=lambda: Path("pipe.csv").write_bytes(Path(source).read_bytes()), daemon=True)
    writer.start()
    assert summary(*piped) == expected
    writer.join(10)
    standard = ["-" if word == source else word for word in words]
    assert summary(*standard, input=Path(source).read_bytes()) == expected


def test_a_fault_of_standard_input_says_so(folder):
    ended = run("funnel", "-", "-o", "out.xlsx", input=b"alpha,beta\n1,2\n")
    assert ended.returncode == 1
    assert b"standard input" in ended.stderr
    ended = run("funnel", "-", "-o", "out.xlsx", input=b"")
    assert ended.returncode == 1
    assert b"standard input is empty" in ended.stderr


def test_standard_input_is_read_once(folder, capsys):
    assert main(["funnel", "-", "--spend", "-", "--json", "out.json"]) == 1
    assert "only once" in capsys.readouterr().err


def test_the_workbook_of_standard_input_has_a_name(folder):
    ended = run("funnel", "-", "--quiet", input=LEADS.encode())
    assert ended.returncode == 0, ended.stderr
    assert Path("leads-funnel.xlsx").is_file()


@posix
def test_a_full_temporary_folder_is_named_as_such(folder, monkeypatch, capsys):
    if not Path("/dev/full").is_char_device():
        pytest.skip("needs the device /dev/full")
    from xl_leadkpi.cli import inputs

    os.mkfifo("pipe.csv")
    monkeypatch.setattr(inputs, "_untaken", lambda _: Path("full"))
    opened = Path.open
    monkeypatch.setattr(
        Path,
        "open",
        lambda self, mode="r", **how: opened(*((Path("/dev/full"), "wb") if mode == "xb" else (self, mode)), **how),
    )
    writer = threading.Thread(target=lambda: Path("pipe.csv").write_text(LEADS), daemon=True)
    writer.start()
    assert main(["funnel", "pipe.csv", "-o", "out.xlsx"]) == 1
    said = capsys.readouterr().err
    assert "temporary folder" in said
    assert "TMPDIR" in said
    assert "out.xlsx" not in said


# names that are no text ---------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_a_name_that_is_no_text(folder, kind):
    table = made(kind)
    expected = summary(table)
    odd = os.fsdecode(b"le\xf3ads.csv")
    try:
        table.rename(odd)
    except OSError:
        pytest.skip("needs a file system that takes any bytes for a name")
    assert summary(odd) == expected
    out, figures = os.fsdecode(b"wor\xf3k.xlsx"), os.fsdecode(b"\xff.json")
    ended = run("funnel", odd, "-o", out, "--json", figures, "--language", "ru")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-2:] == [b"wor\xf3k.xlsx", b"\xff.json"]
    assert Path(out).read_bytes().startswith(b"PK")
    assert json.loads(Path(figures).read_text(encoding="utf-8"))["summary"]["leads"] == 120


@posix
@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_pattern_that_fits_names_that_are_no_text(folder, engine):
    made("parquet").rename(os.fsdecode(b"part-\xf3.parquet"))
    ended = run("funnel", "part-*.parquet", "--engine", engine, "-o", "out.xlsx")
    assert ended.returncode in {0, 1}
    assert b"Traceback" not in ended.stderr
    if ended.returncode:
        assert ended.stderr.startswith(b"leadkpi: ")
        assert b"rename" in ended.stderr
    assert "out.xlsx" not in names() or ended.returncode == 0


@posix
@pytest.mark.parametrize("words", [["--map", b"created=\xff"], ["--by", b"\xff"], ["--stage", b"\xff=SQL"]])
def test_an_option_that_is_no_text(folder, words):
    ended = run("funnel", "leads.csv", words[0], os.fsdecode(words[1]), "-o", "out.xlsx")
    assert ended.returncode in {0, 1}
    assert b"Traceback" not in ended.stderr
