"""Standard streams as pipes, services and old consoles have them: in another encoding, closed, full, or not read."""

import os
import sys
from itertools import pairwise

import pytest

from tests.attack import judge
from tests.attack.inputs import Attack
from tests.attack.processes import Command, Forks, run_alone

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="/dev/full, limits and peaks of memory as Linux has them"),
]
LEADS = "Lead ID,Created,Stage,Source,Amount\n1,2025-03-01,Won,Реклама,10\n2,2025-03-02,Lost,Zażółć 🦄,20\n"
COMMANDS = {
    "kpis": ("kpis", "--language", "ru"),
    "explain": ("explain", "WINRATE", "--language", "pl"),
    "markdown": ("kpis", "--markdown"),
    "unknown": ("kpi", "Лид", "1"),
    "json": ("funnel", "Лиды.csv", "--json", "-"),
    "path": ("funnel", "Лиды.csv", "-o", "Воронка.xlsx"),
    "missing": ("funnel", "Łąka.csv", "-o", "x.xlsx"),
    "standard-input": ("funnel", "-", "-o", "x.xlsx"),
    "device": ("funnel", "/dev/stdin", "-o", "x.xlsx"),
}


@pytest.fixture(scope="module")
def forks():
    with Forks() as warm:
        yield warm


def _run(name, folder, forks=None, **circumstances):
    work = folder / "work"
    for place in ("work", "tmp", "home"):
        (folder / place).mkdir()
    (work / "Лиды.csv").write_text(LEADS, encoding="utf-8")
    words = list(COMMANDS[name])
    stdin = str(work / "Лиды.csv") if name in {"standard-input", "device"} else os.devnull
    command = Command(words, work, stdin, **circumstances)
    before = judge.state(folder)
    outputs = [work / word for option, word in pairwise(words) if option == "-o"]
    outcome = forks.run(command) if forks else run_alone(command)
    return outcome, judge.faults(Attack(name, command, [], outputs, readable=[work / "Лиды.csv"]), outcome, before)


@pytest.mark.parametrize("encoding", ["cp1252", "cp1250", "cp1251", "cp852", "ascii"])
@pytest.mark.parametrize("name", ["kpis", "explain", "markdown", "unknown", "json", "path", "missing"])
def test_every_encoding_of_a_pipe(name, encoding, tmp_path, forks):
    outcome, found = _run(name, tmp_path, forks, environment={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
    assert not found, outcome.err[-3000:]
    assert outcome.code == (1 if name in {"unknown", "missing"} else 0), outcome.err[-3000:]


@pytest.mark.parametrize("how", ["closed", "full", "left"])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("name", ["kpis", "json", "path", "missing"])
def test_streams_that_take_nothing(name, stream, how, tmp_path):
    outcome, found = _run(name, tmp_path, streams={stream: how})
    assert not found, outcome.err[-3000:]


@pytest.mark.parametrize("name", ["standard-input", "device"])
def test_leads_from_standard_input(name, tmp_path):
    outcome, found = _run(name, tmp_path)
    assert not found, outcome.err[-3000:]
    assert outcome.code == 0, outcome.err[-3000:]


def test_leads_from_a_pipe_with_a_name(tmp_path):
    (tmp_path / "case").mkdir()
    fifo = tmp_path / "leads.csv"
    os.mkfifo(fifo)
    COMMANDS["fifo"] = ("funnel", str(fifo), "-o", "x.xlsx")
    if os.fork() == 0:
        with fifo.open("w", encoding="utf-8") as written:
            written.write(LEADS)
        os._exit(0)
    outcome, found = _run("fifo", tmp_path / "case")
    os.wait()
    assert not found, outcome.err[-3000:]
    assert outcome.code == 0, outcome.err[-3000:]
