"""Ctrl-C and an end by the system at random moments: the old output or the new one, and nothing left behind."""

import shutil
import signal
import sys
from random import Random

import pytest

from tests.attack import judge
from tests.attack.inputs import OLD, Attack
from tests.attack.processes import Command, Forks
from xl_leadkpi import sample

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="forks, limits and peaks of memory as Linux has them"),
]
ROWS, MOMENTS = 3_000, 8
COMMANDS = {
    "csv": ("leads.csv",),
    "parquet-in-duckdb": ("leads.parquet", "--engine", "duckdb"),
    "parquet-in-polars": ("leads.parquet", "--engine", "polars"),
}


@pytest.fixture(scope="module")
def leads(tmp_path_factory):
    folder = tmp_path_factory.mktemp("leads")
    table = sample.leads(ROWS)
    table.write_csv(folder / "leads.csv", datetime_format="%Y-%m-%d %H:%M")
    table.write_parquet(folder / "leads.parquet")
    return folder


@pytest.fixture(scope="module")
def forks():
    with Forks() as warm:
        yield warm


def _run(words, leads, folder, forks, sent):
    shutil.rmtree(folder, ignore_errors=True)
    work = folder / "work"
    shutil.copytree(leads, work)
    for name in ("tmp", "home"):
        (folder / name).mkdir()
    outputs = [work / "old.xlsx", work / "old.json"]
    for path in outputs:
        path.write_bytes(OLD)
    command = Command(["funnel", *words, "-o", "old.xlsx", "--json", "old.json", "--quiet"], work, signal=sent)
    before = judge.state(folder)
    outcome = forks.run(command)
    return outcome, judge.faults(Attack("", command, [], outputs), outcome, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("kind", COMMANDS)
def test_interrupted_at_random_moments(kind, number, leads, tmp_path, forks):
    whole, found = _run(COMMANDS[kind], leads, tmp_path / "case", forks, {})
    assert (whole.code, found) == (0, [])
    random, interrupted = Random(f"{kind}-{number}"), 0
    for _ in range(MOMENTS):
        after = random.uniform(0, whole.seconds)
        outcome, found = _run(COMMANDS[kind], leads, tmp_path / "case", forks, {"number": int(number), "after": after})
        assert not found, f"{number.name} after {after:.3f} s: exit {outcome.code}\n{outcome.err[-3000:]}"
        interrupted += outcome.code != 0
    assert interrupted  # else no signal ever came in time, and nothing is shown
