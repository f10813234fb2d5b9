"""Ctrl-C, SIGTERM and their like at any moment: no temporary file, the old output as it was, a true message."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from tests.cli.running import COMMAND, LEADS, environment, names
from xl_leadkpi import output_files, sample, temporary_files
from xl_leadkpi.cli import interruption, main

pytestmark = [pytest.mark.long, pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")]
OLD = b"the old one"
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A table whose count takes a while, as text and as Parquet."""
    folder = tmp_path_factory.mktemp("large")
    leads = sample.leads(200_000)
    leads.write_csv(folder / "leads.csv", datetime_format="%Y-%m-%d %H:%M")
    leads = leads.with_columns(pl.col("Created").dt.date()).drop("First contacted")
    for part in range(2):
        leads.gather_every(2, part).write_parquet(folder / f"part-{part}.parquet")
    return folder


class Run:
    """One run that is told to end."""

    def __init__(self, folder, *words):
        self.outputs, self.scratch = folder / "outputs", folder / "scratch"
        self.outputs.mkdir()
        self.scratch.mkdir()
        for name in ("out.xlsx", "out.json"):
            (self.outputs / name).write_bytes(OLD)
        self.process = subprocess.Popen(
            [*COMMAND, "funnel", *map(str, words), "-o", "out.xlsx", "--json", "out.json", "--quiet"],
            cwd=self.outputs,
            env=environment(TMPDIR=str(self.scratch)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def wait_for(self, seen):
        """Wait until it has come to a point - at most until it has ended."""
        until = time.monotonic() + 60
        while not seen() and self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)

    def has_scratch(self):
        """Its folder is there; Python tries out first, with a file that is gone at once, whether one could be."""
        return any(path.is_dir() for path in self.scratch.iterdir())

    def has_output(self):
        return len(list(self.outputs.iterdir())) > 2

    def has_parts(self):
        """The sheets of the workbook are being put together."""
        return sum(path.is_file() for path in self.scratch.rglob("*")) > 3

    def end(self, number):
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said.decode()

    def left(self):
        return {path.name: path.read_bytes() for path in self.outputs.iterdir()}, list(self.scratch.iterdir())


def check(run, number, ended):
    """What must hold whenever the signal came: at the very end everything is written, else nothing."""
    code, said = ended
    files, scratch = run.left()
    assert scratch == []
    assert set(files) == {"out.xlsx", "out.json"}
    new = {name for name, content in files.items() if content != OLD}
    assert new in ({*()}, {"out.xlsx", "out.json"})
    # once all is in place the process ends by the signal itself, of which a shell makes the same number
    assert code in ({CODES[number], 0, -number} if new else {CODES[number]}), said
    assert said.count("\n") == (code > 0)
    if not new:
        assert said.endswith("nothing was written\n")
        assert said.startswith("leadkpi: " + ("interrupted" if number == signal.SIGINT else "ended by SIG"))
    elif code:
        assert "written before that: out.xlsx, out.json" in said


@pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)
@pytest.mark.parametrize("moment", ["has_scratch", "has_output", "has_parts"])
def test_nothing_stays_behind_at_known_moments(large, tmp_path, number, moment):
    run = Run(tmp_path, large / "leads.csv", "--data", "200000")
    run.wait_for(getattr(run, moment))
    assert getattr(run, moment)()
    check(run, number, run.end(number))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.97])
def test_nothing_stays_behind_at_any_moment(large, tmp_path, number, share, whole_time):
    run = Run(tmp_path, large / "leads.csv", "--data", "200000")
    run.wait_for(run.has_scratch)
    time.sleep(share * whole_time)
    check(run, number, run.end(number))


@pytest.fixture(scope="module")
def whole_time(large, tmp_path_factory):
    """Seconds from the first temporary file to the end of an undisturbed run."""
    run = Run(tmp_path_factory.mktemp("undisturbed"), large / "leads.csv", "--data", "200000")
    run.wait_for(run.has_scratch)
    started = time.monotonic()
    assert run.process.wait(300) == 0
    run.process.communicate()
    return time.monotonic() - started


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_nothing_stays_behind_of_the_engines(large, tmp_path, number, engine, delay):
    run = Run(tmp_path, str(large / "part-*.parquet"), "--engine", engine)
    run.wait_for(lambda: any(path.is_file() for path in run.scratch.rglob("*")))
    time.sleep(delay)
    check(run, number, run.end(number))


def test_a_second_signal_does_not_stop_the_cleaning_up(large, tmp_path):
    run = Run(tmp_path, large / "leads.csv", "--data", "200000")
    run.wait_for(run.has_parts)
    for _ in range(20):
        run.process.send_signal(signal.SIGINT)
        time.sleep(0.005)
        if run.process.poll() is not None:
            break
    check(run, signal.SIGINT, run.end(signal.SIGINT))


def test_what_is_ignored_stays_ignored(tmp_path):
    (tmp_path / "leads.csv").write_text(LEADS)
    program = (
        "import signal, os, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from xl_leadkpi.cli import funnel, main\n"
        "was = funnel._write\n"
        "def write(*words):\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "    return was(*words)\n"
        "funnel._write = write\n"
        "sys.exit(main(['funnel', 'leads.csv', '--json', 'out.json', '--quiet']))\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment(), timeout=120, check=False)
    assert ended.returncode == 0
    assert (tmp_path / "out.json").is_file()


# what a library does with a signal -----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("leads.csv").write_text(LEADS)
    monkeypatch.setattr(temporary_files, "_present", set())
    monkeypatch.setattr(output_files, "PUT_IN_PLACE", [])
    before = {number: signal.getsignal(number) for number in CODES}
    yield tmp_path
    for number, handler in before.items():
        signal.signal(number, handler)


def signalled(monkeypatch, then):
    """Let the count be reached by a signal, of which the library around it makes what it likes."""
    from xl_leadkpi import funnel

    built = funnel.build

    def build(*tables):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            then()
        return built(*tables)

    monkeypatch.setattr(funnel, "build", build)


def test_a_signal_that_comes_where_nobody_can_take_it_comes_again(folder, capfd):
    """In a callback of a weak reference, for one: Python prints what is raised there, and goes on."""

    class Gone:
        def __del__(self):
            signal.raise_signal(signal.SIGTERM)

    until = time.monotonic() + 30

    def work():
        with interruption.interruptible():
            Gone()
            while time.monotonic() < until:
                time.sleep(0.001)
            pytest.fail("the signal did not come again")

    with pytest.raises(interruption.Interrupted) as ended:
        work()
    assert ended.value.number == signal.SIGTERM
    assert capfd.readouterr() == ("", "")


def test_a_library_that_makes_an_error_of_its_own_of_it(folder, capsys, monkeypatch):
    def fail():
        raise RuntimeError("Query interrupted")

    signalled(monkeypatch, fail)
    assert main(["funnel", "leads.csv", "--json", "out.json", "--quiet"]) == 130
    assert capsys.readouterr().err == "leadkpi: interrupted; nothing was written\n"
    assert names() == ["leads.csv"]


def test_a_library_that_swallows_it(folder, capsys, monkeypatch):
    signalled(monkeypatch, lambda: None)
    assert main(["funnel", "leads.csv", "--json", "out.json", "--quiet"]) == 130
    assert capsys.readouterr().err == "leadkpi: interrupted; written before that: out.json\n"
    assert json.loads(Path("out.json").read_text())["summary"]["leads"] == 3


def test_compiled_code_that_does_not_return_is_not_waited_for(tmp_path):
    (tmp_path / "leads.csv").write_text(LEADS)
    (tmp_path / "scratch").mkdir()
    # a lock that nobody releases is waited for as compiled code is: no handler of Python's runs
    program = (
        "import sys, ctypes\n"
        "from xl_leadkpi import funnel\n"
        "from xl_leadkpi.cli import main\n"
        "def build(*tables):\n"
        "    print('counting', flush=True)\n"
        "    system, mutex = ctypes.CDLL(None), (ctypes.c_char * 128)()\n"
        "    system.pthread_mutex_init(mutex, None)\n"
        "    system.pthread_mutex_lock(mutex)\n"
        "    system.pthread_mutex_lock(mutex)\n"
        "funnel.build = build\n"
        "sys.exit(main(['funnel', 'leads.csv', '--json', 'out.json', '--quiet']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment(TMPDIR=str(tmp_path / "scratch")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"counting\n"
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143
    assert said == b"leadkpi: ended by SIGTERM; nothing was written\n"
    assert names(tmp_path / "scratch") == []
    assert not (tmp_path / "out.json").exists()


def test_files_on_their_way_to_their_places_arrive(folder, capsys, monkeypatch):
    replaced = os.replace

    def replace(source, target, **kinds):
        signal.raise_signal(signal.SIGINT)
        replaced(source, target, **kinds)

    monkeypatch.setattr(os, "replace", replace)
    assert main(["funnel", "leads.csv", "-o", "out.xlsx", "--json", "out.json", "--quiet"]) == 130
    assert capsys.readouterr().err == "leadkpi: interrupted; written before that: out.xlsx, out.json\n"
    assert names() == ["leads.csv", "out.json", "out.xlsx"]


def test_handlers_are_as_before(folder):
    before = {number: signal.getsignal(number) for number in CODES}
    wakeup = signal.set_wakeup_fd(-1)
    assert main(["funnel", "leads.csv", "--json", "out.json", "--quiet"]) == 0
    assert {number: signal.getsignal(number) for number in CODES} == before
    assert signal.set_wakeup_fd(wakeup) == -1
