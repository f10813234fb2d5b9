"""The real way from VBA to Python and back: xlwings' DLL, the COM server, every function."""

import math
import os
import random
import subprocess
from itertools import chain

import numpy as np
import pytest

from xl_leadkpi.addin import exports, server
from xl_leadkpi.addin.variants import encode
from xl_leadkpi.cells import CellError
from xl_leadkpi.kpis import CATALOGUE

from .conftest import windows_path

ERRORS = {"#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036, "#N/A": 2042}


def to_wire(value):
    """A Python value as the client sends it."""
    if isinstance(value, CellError):
        return {"error": ERRORS[value.value]}
    if isinstance(value, np.ndarray):
        return to_wire(value.tolist())
    if isinstance(value, (list, tuple)):
        return [to_wire(item) for item in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return float(value)
    return {"date": exports.encode(value)[0][0]}


def as_column(value):
    """A range is two-dimensional in Excel; the catalogue's examples write columns as flat sequences."""
    if isinstance(value, (list, tuple)) and not any(isinstance(item, (list, tuple)) for item in value):
        return [[item] for item in value]
    return value


def same(received, expected):
    if isinstance(expected, list):
        return (
            isinstance(received, list)
            and len(received) == len(expected)
            and all(same(*pair) for pair in zip(received, expected, strict=True))
        )
    if isinstance(expected, float):
        return isinstance(received, float) and math.isclose(received, expected, rel_tol=1e-12, abs_tol=1e-300)
    return type(received) is type(expected) and received == expected


def shown(result):
    """What a cell or a range shows of a Python value: encoded, and without the brackets of a single one."""
    rows = encode(result)
    return rows[0][0] if len(rows) == len(rows[0]) == 1 else rows


def expected(kpi, arguments):
    result = kpi(*arguments)
    try:
        return shown(result)
    except TypeError:
        assert kpi.items > 1, "two values for each cell of a table have no place to go"
        return "#VALUE!"


def test_every_example_of_every_function(client):
    cases = [(kpi, example) for kpi in CATALOGUE.values() for example in kpi.examples]
    arguments = [[as_column(value) for value in example.arguments] for _, example in cases]
    calls = [[kpi.name, to_wire(given)] for (kpi, _), given in zip(cases, arguments, strict=True)]
    received = client.ask("calls", calls=calls)
    wrong = [
        (call, got, shown(kpi(*given)))
        for (kpi, _), call, given, got in zip(cases, calls, arguments, received, strict=True)
        if not same(got, shown(kpi(*given)))
    ]
    assert wrong == []
    assert {kpi.name for kpi, _ in cases} == set(CATALOGUE)


@pytest.mark.parametrize(
    ("wire", "python"),
    [
        (100.0, 100.0),
        ({"integer": 100}, 100.0),
        (None, None),
        ("", ""),
        ("abc", "abc"),
        (True, True),
        ({"currency": 12.5}, 12.5),
        ({"date": 45782.75}, 45782.75),
        *(({"error": number}, CellError(text)) for text, number in ERRORS.items()),
        ({"error": 2043}, CellError.NA),  # #GETTING_DATA
        ({"error": 2045}, CellError.VALUE),  # #SPILL!
        ({"error": 2050}, CellError.VALUE),  # #CALC!
        ([1.0, 2.0, 3.0], [[1.0, 2.0, 3.0]]),
        ([[1.0], [2.0]], [[1.0], [2.0]]),
        ([[1.0, None], ["x", {"error": 2042}]], [[1.0, None], ["x", CellError.NA]]),
        ([[1.0, None, 3.0]], [[1.0, None, 3.0]]),
    ],
    ids=repr,
)
def test_every_kind_of_argument(client, wire, python):
    """A KPI over one value, so that nothing else decides the result: =ARR(mrr)."""
    assert same(client.call("ARR", wire), shown(CATALOGUE["ARR"](python)))


def test_omitted_is_not_empty(client):
    assert client.call("CAC", 100.0, 4.0, {"omitted": True}) == 25.0
    assert client.call("CAC", 100.0, 4.0) == 25.0
    assert client.call("NETNEWMRR", 5.0, 4.0, 3.0, {"omitted": True}) == "#VALUE!", "a required argument is missing"


def test_days_of_the_1904_system(client):
    days_1904 = [[44320.0], [44321.0]]  # 5 and 6 May 2025
    first, last = {"date": 45782.0}, {"date": 45782.0}
    assert client.call("DATECOUNT", days_1904, first, last, date1904=True) == 1.0
    assert client.call("DATECOUNT", days_1904, first, last) == 0.0


def random_value(generator):
    kind = generator.random()
    if kind < 0.55:
        return generator.choice(
            [generator.uniform(0, 1), float(generator.randint(0, 1000)), generator.uniform(-10, 1e6)]
        )
    return generator.choice([0.0, 1.0, None, "", "abc", "2025-05-05", True, *CellError, 1e-300, 1e300, -1.0, 45782.5])


def random_argument(generator):
    if generator.random() < 0.5:
        return random_value(generator)
    rows, columns = generator.choice([(1, 3), (4, 1), (4, 3), (3, 1)])
    return [[random_value(generator) for _ in range(columns)] for _ in range(rows)]


def test_random_calls(client):
    generator = random.Random(20250505)
    cases = []
    for _ in range(1000):
        kpi = generator.choice(list(CATALOGUE.values()))
        count = generator.randint(kpi.required, len(kpi.arguments))
        cases.append((kpi, [random_argument(generator) for _ in range(count)]))
    received = client.ask("calls", calls=[[kpi.name, to_wire(arguments)] for kpi, arguments in cases])
    wrong = [
        (kpi.name, arguments, got, expected(kpi, arguments))
        for (kpi, arguments), got in zip(cases, received, strict=True)
        if not same(got, expected(kpi, arguments))
    ]
    assert wrong == []
    values = [cell for got in received for cell in (chain.from_iterable(got) if isinstance(got, list) else [got])]
    assert sum(isinstance(cell, float) for cell in values) > 300
    assert {cell for cell in values if isinstance(cell, str)} >= {"", "#DIV/0!", "#VALUE!", "#NUM!", "#N/A"}


def test_too_many_arguments(client):
    assert client.call("CPL", *[1.0] * 255, caller="[Book1]Sheet1!$A$1") == "#VALUE!"
    assert "takes at most 2 arguments, 255 were given" in client.call("KPIWHY", "[Book1]Sheet1!$A$1")


LEADS = [
    ["Lead ID", "Created", "Won date", "Stage", "Source", "Amount"],
    ["L1", 45662.0, 45700.0, "Won", "Ads", 1000.0],
    ["L2", 45689.0, None, "New", "SEO", None],
    ["L3", 45690.0, None, "Lost", "Ads", {"error": 2042}],
]
SPEND = [["Date", "Channel", "Cost"], [45662.0, "Ads", 300.0]]


def test_functions_over_tables(client):
    assert [row[:2] for row in client.call("FUNNEL", LEADS)] == [["Stage", "Reached"], ["Lead", 3.0], ["Won", 1.0]]
    by_source = client.call("KPITABLE", "CPL", LEADS, "source", SPEND)
    assert by_source == [["Source", "CPL"], ["Ads", 150.0], ["SEO", ""], ["(total)", 100.0]]
    assert client.call("COHORTS", LEADS)[1][:2] == ["2025-01", 1.0]
    days_1904 = [LEADS[0], *([row[0], row[1] - 1462, row[2] and row[2] - 1462, *row[3:]] for row in LEADS[1:])]
    assert client.call("COHORTS", days_1904, date1904=True) == client.call("COHORTS", LEADS)
    touches = [["Lead ID", "Time", "Channel"], ["L1", 45662.0, "Ads"], ["L1", 45663.0, "SEO"]]
    assert client.call("ATTRIBUTION", touches, "linear", {"omitted": True})[1:3] == [["Ads", 0.5], ["SEO", 0.5]]
    assert client.call("KPIHELP", "cpl")[0] == ["CPL: Cost per lead"]


def test_function_over_a_bad_table_says_why(client):
    cell = "[Book1]Sheet1!$B$7"
    assert client.call("FUNNEL", [["x", "y"], [1.0, 2.0]], caller=cell) == "#VALUE!"
    assert "no column of a lead table was recognised" in client.call("KPIWHY", cell)
    assert client.call("KPITABLE", "CPX", LEADS, "source", caller=cell) == "#VALUE!"
    assert "there is no KPI 'CPX'" in client.call("KPIWHY", cell)


def test_a_million_cells(client):
    column = [[1.0]] * 1_048_576
    received = client.call("WEBTRAFFIC", column)
    assert received == 1_048_576.0
    assert client.seconds < 60


def test_texts_that_look_like_formulas_and_are_long_stay_texts(client):
    assert client.call("CPL", "=1+1", 4.0) == "#VALUE!"
    assert client.call("CPL", "x" * 40_000, 4.0) == "#VALUE!"


def test_nothing_but_the_catalogue_is_served(client):
    for name in ("os.system", "__import__", "CPX", "call", "FUNCTIONS", ""):
        assert client.call(name, "calc") == "#NAME?"
    assert client.ask("method", name="CallUDF", arguments=["os", "system", ["calc"]]) == "#NAME?"
    for name in ("Eval", "Exec", "Module", "Builtin", "GetAttr", "Call"):
        assert client.ask("method", name=name, arguments=["1"]).startswith("refused")
    assert "There is no macro" in client.ask("method", name="RunMacro", arguments=["os.system"])
    assert server.Server._public_methods_ == ("CallUDF", "RunMacro")


def test_one_process_serves_all_workbooks(client):
    client.call("CPL", 100.0, 4.0)
    first = client.ask("children")
    client.call("CPL", 100.0, 4.0, caller="[Other.xlsx]Sheet1!$A$1")
    assert client.ask("children") == first
    assert len(first) == 1


def test_server_killed_between_calls_is_started_again(client):
    client.call("CPL", 100.0, 4.0)
    before = client.ask("generation")
    client.ask("kill")
    assert client.call("CPL", 100.0, 4.0) == 25.0
    assert client.ask("generation") == before + 1


def test_server_stopped_by_the_user_is_started_again(client):
    client.ask("stop")
    assert client.call("CPL", 100.0, 4.0) == 25.0
    assert len(client.ask("children")) == 1


def test_two_excels_have_a_server_each(client, new_client):
    other = new_client()
    assert other.call("CPL", 100.0, 0.0, caller="[Book1]Sheet1!$A$1") == "#DIV/0!"
    assert "No failure" in client.call("KPIWHY", "[Book1]Sheet1!$A$2")
    other.ask("kill")
    assert client.call("CPL", 100.0, 4.0) == 25.0
    assert other.call("CPL", 100.0, 4.0) == 25.0


@pytest.fixture(scope="session")
def extended(new_client):
    client = new_client()
    client.use_extended_server(limit=3)
    return client


def test_a_function_that_hangs_gives_a_value_in_time(extended):
    assert extended.call("CPL", 100.0, 4.0) == 25.0
    assert extended.call("HANG", 1.0) == "#VALUE!"
    assert extended.seconds < 10
    assert extended.call("CPL", 100.0, 4.0) == 25.0


def test_server_killed_in_mid_call(extended):
    assert extended.call("CPL", 100.0, 4.0) == 25.0
    before = extended.ask("generation")
    answer = extended.ask("kill during call", name="HANG", arguments=[1.0], after=0.5)
    assert answer == "#VALUE!"
    assert extended.seconds < 2.5, "before the limit, and not repeated"
    assert extended.call("CPL", 100.0, 4.0) == 25.0
    assert extended.ask("generation") == before + 1


def test_scalar_kpi_imports_no_pandas(extended):
    assert extended.call("CPL", 100.0, 4.0) == 25.0
    assert extended.call("IMPORTED", "numpy") is True
    for module in ("pandas", "polars", "narwhals"):
        assert extended.call("IMPORTED", module) is False


def plant(folder):
    """Modules that tell of themselves in a file if anything imports them."""
    planted = folder / "planted.txt"
    program = f"open({windows_path(planted)!r}, 'a').write(__name__ + ' ')\nraise SystemExit(1)\n"
    for name in ("xl_leadkpi", "xlwings", "pythoncom", "numpy", "json", "sitecustomize", "usercustomize"):
        (folder / f"{name}.py").write_text(program, encoding="ascii")
    return planted


def test_command_in_isolation_takes_no_module_from_its_folder(windows_python, tmp_path):
    planted = plant(tmp_path)
    done = subprocess.run(
        [*windows_python, "-I", "-m", "xl_leadkpi.cli", "kpi", "CPL", "12000", "340"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ";"},
    )
    assert (done.returncode, done.stdout.split()[:1]) == (0, [str(12000 / 340)]), done.stdout + done.stderr
    assert not planted.exists(), planted.read_text(encoding="ascii")


@pytest.mark.parametrize("python_path", [None, "", ";", "."])
def test_no_module_comes_from_the_folder_excel_is_in(new_client, tmp_path, python_path):
    """An empty entry of PYTHONPATH is the current folder too."""
    planted = plant(tmp_path)
    client = new_client()
    environment = {} if python_path is None else {"PYTHONPATH": python_path}
    client.ask("enter", folder=windows_path(tmp_path), environment=environment)
    assert client.call("CPL", 100.0, 4.0) == 25.0
    assert not planted.exists(), planted.read_text(encoding="ascii")


def test_package_missing_is_told_at_once(new_client):
    client = new_client()
    client.ask("command", arguments="-I -m no_such_package $(CLSID)")
    message = client.ask("connect")
    assert "exited before it was possible to create the interface object" in message
    assert client.seconds < 10
    assert client.call("CPL", 100.0, 4.0) == "#N/A"


def test_server_that_never_comes_up_is_given_up(stillborn):
    assert "Could not activate Python COM server" in stillborn.receive()
    assert stillborn.seconds < 180
    assert stillborn.ask("children") == []
