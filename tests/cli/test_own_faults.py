"""A fault of the package's own: one line that blames no file of the user's, and where it is for whoever mends it."""

import argparse
import errno
import io
import os
import subprocess
import sys

import polars as pl
import pytest

from tests.cli.running import LEADS, environment, run
from xl_leadkpi import sample
from xl_leadkpi.cli import funnel, inputs, main


class PanicException(BaseException):
    """As the bindings of Rust name theirs."""


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """A command whose counting goes wrong in a way that nobody has foreseen."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leads.csv").write_text(LEADS)

    def with_error(error):
        def build(*_):
            raise error

        monkeypatch.setattr("xl_leadkpi.funnel.build", build)
        return tmp_path

    return with_error


@pytest.mark.parametrize(
    "error",
    [KeyError("entered_won"), pl.exceptions.ColumnNotFoundError("won"), PanicException("index 3"), ValueError("a\nb")],
    ids=lambda error: type(error).__name__,
)
def test_one_line_that_blames_no_file(broken, capsys, error):
    folder = broken(error)
    (folder / "out.xlsx").write_text("old")
    assert main(["funnel", "leads.csv", "-o", "out.xlsx", "--json", "out.json"]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(f"leadkpi: this is a fault of leadkpi, not of your file: {type(error).__name__}: ")
    assert "test_own_faults.py, line " in said
    assert "--debug" in said
    assert "cannot be counted" not in said
    assert (folder / "out.xlsx").read_text() == "old"
    assert sorted(path.name for path in folder.iterdir()) == ["leads.csv", "out.xlsx"]


def test_debug_tells_where(broken, capsys):
    broken(KeyError("entered_won"))
    assert main(["--debug", "funnel", "leads.csv", "-o", "out.xlsx"]) == 1
    said = capsys.readouterr().err
    assert "Traceback (most recent call last)" in said
    assert said.endswith("KeyError: 'entered_won'\n")


def test_long_words_of_a_library_are_cut(broken, capsys):
    broken(RuntimeError("x" * 10_000))
    assert main(["funnel", "leads.csv", "-o", "out.xlsx"]) == 1
    assert len(capsys.readouterr().err.splitlines()[-1]) < 500


def test_a_table_that_stays_on_its_engine_is_named(tmp_path, monkeypatch, capsys):
    """There the engine's complaint is of the table."""
    monkeypatch.chdir(tmp_path)
    sample.leads(50).write_parquet("leads.parquet")

    def build(*_):
        raise pl.exceptions.ComputeError("conversion failed")

    monkeypatch.setattr("xl_leadkpi.funnel.build", build)
    assert main(["funnel", "leads.parquet", "--engine", "polars", "-o", "out.xlsx"]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("leadkpi: leads.parquet cannot be counted where it is: conversion failed. ")


def test_a_damaged_file_is_named_wherever_it_is_read(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    sample.leads(5_000).write_parquet("leads.parquet")
    content = bytearray((tmp_path / "leads.parquet").read_bytes())
    content[1_000:30_000] = bytes(29_000)
    (tmp_path / "leads.parquet").write_bytes(content)
    assert main(["funnel", "leads.parquet", "-o", "out.xlsx"]) == 1
    assert "leads.parquet is a damaged Parquet file" in capsys.readouterr().err


def test_remarks_quote_the_beginning_of_a_header(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    header = "Created " + "x" * 5_000
    rows = "".join(f"{i},2025-01-0{i},Won\n" for i in range(1, 9)) + "9,never,Won\n"
    (tmp_path / "leads.csv").write_text(f"Lead ID,{header},Stage\n{rows}")
    assert main(["funnel", "leads.csv", "-o", "out.xlsx", "--map", f"created={header}"]) == 0
    said = capsys.readouterr().err
    assert "'Created xxxx" in said
    assert max(map(len, said.splitlines())) < 300


def test_the_help_of_formulas_says_what_functions_need(capsys):
    parser = argparse.ArgumentParser()
    funnel.add_arguments(parser)
    assert "needs the add-in" in " ".join(parser.format_help().split())
    assert run("--debug", "kpi", "CPL", "10", "2").stdout == b"5\n"


def errors_of(program):
    """What a program prints to standard error."""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment(), check=False).stderr


@pytest.mark.skipif(os.name == "nt", reason="descriptors as POSIX has them")
def test_the_last_words_are_heard_while_a_library_is_quiet():
    program = (
        "import os\nfrom xl_leadkpi.panics import quiet_panics, speak\n"
        "with quiet_panics():\n    os.write(2, b'panic')\n    speak()\n    os.write(2, b'interrupted')\n"
        "os.write(2, b', ended')\nspeak()\n"
    )
    assert errors_of(program) == b"interrupted, ended"


@pytest.mark.skipif(os.name == "nt", reason="sends itself Ctrl-C as POSIX has it")
def test_a_panic_that_an_interruption_causes_is_not_printed():
    program = (
        "import os, signal\nfrom xl_leadkpi.cli.interruption import interruptible\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's background jobs ignore it
        "try:\n    with interruptible():\n"
        "        try:\n            os.kill(os.getpid(), signal.SIGINT)\n            while True: pass\n"
        "        finally:\n            os.write(2, b'panicked')\n"  # as Rust does where a callback raises
        "except KeyboardInterrupt:\n    os.write(2, b'interrupted')\n"
    )
    assert errors_of(program) == b"interrupted"


@pytest.mark.skipif(os.name == "nt", reason="sends itself SIGTERM as POSIX has it")
def test_an_interruption_while_a_library_is_quiet_is_told():
    program = (
        "import os, signal\nfrom xl_leadkpi.cli.interruption import interruptible\n"
        "from xl_leadkpi.panics import quiet_panics\n"
        "try:\n    with interruptible():\n"
        "        with quiet_panics():\n            os.kill(os.getpid(), signal.SIGTERM)\n            while True: pass\n"
        "except KeyboardInterrupt:\n    os.write(2, b'interrupted')\n"
    )
    assert errors_of(program) == b"interrupted"


def test_what_cannot_be_read_is_not_blamed_on_the_temporary_folder(tmp_path, monkeypatch, capsys):
    class Broken(io.RawIOBase):
        def read(self, _size=-1):
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(inputs, "_opened", lambda _: Broken())
    assert main(["funnel", "-", "-o", "out.xlsx"]) == 1
    said = capsys.readouterr().err
    assert said == "leadkpi: standard input cannot be read (Input/output error); check its rights, or name a file\n"
