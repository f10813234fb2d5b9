"""The stock way, xlwings' Import Functions, takes the module as it is."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from xl_leadkpi.addin.exports import FUNCTIONS

OMITTED = -2147352572
CALLS = [
    ("CPL", [100.0, 4.0]),
    ("CPL", [100.0, 0.0]),
    ("CPL", [100.0, None]),
    ("CPL", [-2146826246, 4.0]),
    ("CPL", [[[100.0], [50.0]], [[4.0], [0.0]]]),
    ("CAC", [100.0, 4.0, OMITTED]),
    ("CAC", [100.0, 4.0, None]),
    ("CONVCI", [10.0, 100.0, OMITTED]),
    ("KPIHELP", ["cpl"]),
    ("KPIWHY", [OMITTED]),
]


@pytest.fixture(scope="module")
def stock():
    """What xlwings makes of the module, in a process where COM is stubbed."""
    program = Path(__file__).with_name("stubbed_com.py")
    done = subprocess.run(
        [sys.executable, str(program), json.dumps(CALLS)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_function_is_found_with_its_help(stock):
    assert set(stock["functions"]) == set(FUNCTIONS)
    for name, found in stock["functions"].items():
        function = FUNCTIONS[name]
        assert found["category"] == "Lead KPI"
        assert found["help"] == function.help
        assert [argument[:2] for argument in found["arguments"]] == [[p.shown, p.help] for p in function.parameters]
        assert all(argument[3] == "raw" for argument in found["arguments"])
        assert [argument[2] for argument in found["arguments"]] == [
            OMITTED if parameter.optional else None for parameter in function.parameters
        ]


def test_vba_wrapper_of_the_stock_import(stock):
    for function in FUNCTIONS.values():
        names = ", ".join(f"Optional {p.shown}" if p.optional else p.shown for p in function.parameters)
        assert f"Function {function.name}({names})" in stock["vba"]


def test_calls_through_xlwings_own_dispatch(stock):
    results = dict(zip(map(json.dumps, CALLS), stock["results"], strict=True))
    ordered = list(results.values())
    assert ordered[:5] == [[[25.0]], [["#DIV/0!"]], [[""]], [["#N/A"]], [[25.0], ["#DIV/0!"]]]
    assert ordered[5:7] == [[[25.0]], [[25.0]]]
    assert ordered[7][0] == pytest.approx([0.0552291, 0.1743657], abs=1e-6)  # Wilson 95 %, 10 of 100
    assert ordered[8][0] == ["CPL: Cost per lead"]
    assert ordered[9][0][2:5] == ["Function", "Arguments", "Result"]
