"""Hundreds of made-up inputs, of a seed that stays the same: no crash, no useless message, no file lost or left.

``python tests/attack/run.py --inputs 12000 --seed 7`` tries thousands, of any seed.
"""

import sys
from itertools import count

import pytest

from tests.attack import calls, kept
from tests.attack.processes import Forks
from tests.attack.run import attacks

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="forks, limits and peaks of memory as Linux has them"),
]
SEED, CHUNKS, CHUNK = 2026, 12, 20
CALLS = 150


@pytest.mark.parametrize("first", range(0, CHUNKS * CHUNK, CHUNK))
def test_made_up_inputs(first):
    results = attacks(SEED, count(first), first + CHUNK, workers=2)
    found = [result.report for result in results if result.faults]
    assert not found, "\n\n".join(found)


@pytest.mark.parametrize("first", range(0, 10 * CALLS, CALLS))
def test_single_kpis(first):
    found = [
        f"call {number}: {fault}" for number in range(first, first + CALLS) for fault in calls.faults_of(SEED, number)
    ]
    assert not found, "\n".join(found)


@pytest.fixture(scope="module")
def forks():
    with Forks() as warm:
        yield warm


@pytest.mark.parametrize("path", sorted(kept.KEPT.glob("*.json")), ids=lambda path: path.stem)
def test_what_failed_once(path, tmp_path, forks):
    recipe = kept.load(path)
    outcome, found = kept.attempt(path.stem, recipe, tmp_path / "case", forks)
    ended = f"leadkpi {recipe['words']}: exit {outcome.code}\n{outcome.err[-3000:]}"
    assert not found, ended
    assert outcome.code == recipe.get("exit", outcome.code), ended
