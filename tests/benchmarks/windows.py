"""Excel's functions against the stock way, through real COM: ``python tests/benchmarks/windows.py``.

On Windows it runs as it is; elsewhere LEADKPI_WINDOWS_PYTHON names the command of a Windows Python (under Wine). Ratios
within one run are what counts: both ways use the same DLL, the same kind of server, the same KPI.

A stand-in for Excel's Range counts how often Python calls back. It answers more slowly than Excel's own, and under Wine
each such call takes milliseconds; so the stock server is also measured with bare values, which is less than its wrapper
ever needs.
"""

from __future__ import annotations

import ctypes
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
CELLS = 100_000
ROUNDS = 5
SECONDS = 0.5

STOCK_MODULE = """
import numpy as np
import xlwings as xw
from xl_leadkpi.kpis import CATALOGUE

cost_per_lead = CATALOGUE["CPL"]


@xw.func
def CPL(spend, leads):
    return cost_per_lead(spend, leads)


@xw.func
@xw.arg("spend", np.array, ndim=2)
@xw.arg("leads", np.array, ndim=2)
def CPL_ARRAY(spend, leads):
    return cost_per_lead(spend, leads)


@xw.func
@xw.arg("spend", ndim=2)
@xw.arg("leads", ndim=2)
def CPL_LISTS(spend, leads):
    return cost_per_lead(spend, leads)
"""

ECHO_SERVER = """
import sys
from xl_leadkpi.addin import server

class Echo(server.Server):
    _public_methods_ = (*server.Server._public_methods_, "Echo")

    def Echo(self, first, second):
        return list(first)

server.Server = Echo
server.serve(sys.argv[1])
"""

STEPS = {
    "bare Python": "pass",
    "numpy": "import numpy",
    "the functions": "import xl_leadkpi.addin.exports",
    "the server's xlwings (pandas and Polars left out)": (
        "import xl_leadkpi.addin.exports\n"
        "from xl_leadkpi.addin.server import without\n"
        "with without('pandas', 'polars'):\n"
        "    import xlwings"
    ),
    "xlwings as it comes (for comparison)": "import xl_leadkpi.addin.exports\nimport xlwings",
}


def main() -> None:
    """Run inside a Windows Python, wherever that is."""
    if sys.platform == "win32":
        measure()
        return
    command = os.environ.get("LEADKPI_WINDOWS_PYTHON")
    if not command:
        sys.exit("Set LEADKPI_WINDOWS_PYTHON to the command that starts a Windows Python with pywin32 and xlwings.")
    here = "Z:" + str(ROOT).replace("/", "\\")
    environment = {**os.environ, "PYTHONPATH": here, "PYTHONDONTWRITEBYTECODE": ""}
    script = here + "\\tests\\benchmarks\\windows.py"
    sys.exit(subprocess.run([*shlex.split(command), script], env=environment, check=False).returncode)


def measure() -> None:
    """Measure and print."""
    sys.path.insert(0, str(ROOT / "tests" / "windows" / "inside"))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder, "stock_kpis.py").write_text(STOCK_MODULE)
        echo_server = Path(folder, "echo_server.py")
        echo_server.write_text(ECHO_SERVER)
        os.environ["PYTHONPATH"] = f"{ROOT};{folder}"
        figures = {"first call": first_call(), **compare(echo_server)}
    print(json.dumps(figures, indent=1))


def first_call() -> dict[str, float]:
    """Seconds from nothing to the first value, and what the steps on the way take (each from a fresh process)."""
    from client import Bridge

    bridge = Bridge()
    began = time.perf_counter()
    assert bridge.call("CPL", [100.0, 4.0]) == 25.0
    whole = time.perf_counter() - began
    bridge.end_server()
    steps = {}
    for name, program in STEPS.items():
        times = []
        for _ in range(3):
            began = time.perf_counter()
            subprocess.run([sys.executable, "-P", "-c", program], check=True)
            times.append(time.perf_counter() - began)
        steps[f"{name}, s"] = round(statistics.median(times), 2)
    return {"until the first value, s": round(whole, 2), **steps}


def compare(echo_server: Path) -> dict[str, object]:
    """Scalar calls and columns, ours against the stock way, in turns."""
    from client import Bridge
    from fake_range import FakeRange

    ours, stock = Bridge(), Bridge()
    ours.arguments = f' -P "{echo_server}" $(CLSID)'
    stock.arguments = " -c \"import xlwings; xlwings.serve('$(CLSID)')\""
    for bridge in (ours, stock):
        problem = bridge.connect()
        assert problem is None, problem
    server, stock_server = ours.server, stock.server
    # Without a workbook: at the first call xlwings looks through its sheets, and the stand-in has none.
    stock_server.call("CallUDF", "stock_kpis", "CPL", (100.0, 4.0))
    module, cell = "xl_leadkpi.addin.functions", "[Book1]Sheet1!$C$2"

    spend, leads, workbook, caller = FakeRange(100.0), FakeRange(4.0), FakeRange(None), FakeRange(None)
    by_value = server.prepare(module, "CPL", (100.0, 4.0), False, cell)
    stock_by_range = stock_server.prepare("stock_kpis", "CPL", (spend, leads), workbook, caller)
    stock_by_value = stock_server.prepare("stock_kpis", "CPL", (100.0, 4.0))
    call(stock_server, stock_by_range)
    called_back = sum(fake.calls for fake in (spend, leads, workbook, caller))
    ours_s, by_range_s, by_value_s = in_turns(
        lambda: call(server, by_value),
        lambda: call(stock_server, stock_by_range),
        lambda: call(stock_server, stock_by_value),
    )
    scalar = {
        "ours, ms": round(ours_s * 1000, 2),
        "stock wrapper (ranges, workbook, caller), ms": round(by_range_s * 1000, 2),
        "stock server, bare values, ms": round(by_value_s * 1000, 2),
        "ratio to the stock wrapper": round(ours_s / by_range_s, 3),
        "ratio to the stock server with bare values": round(ours_s / by_value_s, 2),
        "calls back into Excel, ours": 0,
        "calls back into Excel, stock wrapper": called_back,
    }

    columns = [[[float(row % 997 + 1)] for row in range(CELLS)], [[float(row % 89 + 1)] for row in range(CELLS)]]
    ranges = tuple(map(FakeRange, columns))
    column_values = server.prepare(module, "CPL", tuple(columns), False, cell)
    echo_values = server.prepare(*columns)
    array_ranges = stock_server.prepare("stock_kpis", "CPL_ARRAY", ranges, workbook, caller)
    list_ranges = stock_server.prepare("stock_kpis", "CPL_LISTS", ranges, workbook, caller)
    ours_s, echo_s, array_s, lists_s = in_turns(
        lambda: call(server, column_values),
        lambda: call(server, echo_values, "Echo"),
        lambda: call(stock_server, array_ranges),
        lambda: call(stock_server, list_ranges),
    )
    for bridge in (ours, stock):
        bridge.end_server()
    return {
        "scalar call": scalar,
        f"two columns of {CELLS:,} cells": {
            "ours, s": round(ours_s, 3),
            "bare COM echo, s": round(echo_s, 3),
            "stock with np.array, s": round(array_s, 3),
            "stock with lists, s": round(lists_s, 3),
            "ratio to the echo": round(ours_s / echo_s, 2),
            "ratio to stock with np.array": round(ours_s / array_s, 2),
        },
    }


def call(server: Any, arguments: Any, method: str = "CallUDF") -> None:
    """One bare call with prepared arguments, as VBA makes it: nothing is converted on this side."""
    from com import Variant, oleaut

    result = Variant()
    server.invoke(method, arguments, result)
    oleaut.VariantClear(ctypes.byref(result))


def in_turns(*programs: Callable[[], None]) -> list[float]:
    """Seconds of one run of each: median over rounds in which all take turns, so that a busy moment hits all alike."""
    for program in programs:
        program()
    times: list[list[float]] = [[] for _ in programs]
    for _ in range(ROUNDS):
        for program, own in zip(programs, times, strict=True):
            began, runs = time.perf_counter(), 0
            while time.perf_counter() - began < SECONDS:
                program()
                runs += 1
            own.append((time.perf_counter() - began) / runs)
    return [statistics.median(own) for own in times]


if __name__ == "__main__":
    main()
