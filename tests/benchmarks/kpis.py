"""How fast KPIs are, as ratios to the bare arithmetic in the same run: ``python tests/benchmarks/kpis.py``.

Processor time, best of several rounds, both sides in turn: a busy machine slows both and takes no part in the ratio.
"""

import os
import statistics
import subprocess
import sys
import timeit
from pathlib import Path
from time import process_time

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from xl_leadkpi import kpis  # noqa: E402 - from this tree, installed or not

ROWS = 1_000_000
ROUNDS = 9


def main() -> None:
    """Print each measurement beside what it is compared with, and the ratio allowed."""
    print(f"{'':<44}{'KPI':>12}{'bare':>12}{'ratio':>8}{'allowed':>9}")
    rng = np.random.default_rng(2025)
    spend = rng.uniform(0, 10_000, ROWS)
    leads = rng.integers(1, 500, ROWS).astype(float)
    some_zero = np.where(rng.random(ROWS) < 0.01, 0.0, leads)
    report("1,000,000 rows, two arguments", lambda: kpis.CPL(spend, leads), lambda: divide(spend, leads), 4)
    report("the same, 1 % of the leads zero", lambda: kpis.CPL(spend, some_zero), lambda: divide(spend, some_zero), 4)
    report("one cell, two arguments", lambda: kpis.CPL(12_000, 340), lambda: per_lead(12_000, 340), 60)
    line("import xl_leadkpi.kpis, beside import numpy", *import_times("xl_leadkpi.kpis", "numpy"), 1.3)


def divide(spend: np.ndarray, leads: np.ndarray) -> np.ndarray:
    """The bare division with the same check for zero: no value, and no warning, where there are no leads."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(leads == 0, np.nan, spend / leads)


def per_lead(spend: float, leads: float) -> float:
    """The bare division of two numbers."""
    return spend / leads


def report(name, kpi, bare, allowed) -> None:
    """Time both in turn, so that a busy machine slows both, and take the best round of each."""
    number = min(20_000, max(1, int(0.05 / timeit.timeit(bare, number=1))))
    rounds = [[timeit.timeit(each, process_time, number=number) for each in (kpi, bare)] for _ in range(ROUNDS)]
    line(name, *(min(times) / number for times in zip(*rounds, strict=True)), allowed)


def import_times(*modules: str) -> list[float]:
    """Processor time of an interpreter that imports a module: the median, the modules in turn."""

    # Compiled files are kept, whatever this shell says: a user's second start is what counts.
    keeping = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def once(module: str) -> float:
        process = subprocess.Popen([sys.executable, "-c", f"import {module}"], cwd=ROOT, env=keeping)
        _, _, usage = os.wait4(process.pid, 0)
        return usage.ru_utime + usage.ru_stime

    rounds = [[once(module) for module in modules] for _ in range(2 * ROUNDS)]
    return [statistics.median(times) for times in zip(*rounds[1:], strict=True)]  # the first one compiles


def line(name: str, kpi: float, bare: float, allowed: float) -> None:
    """One row of the table."""
    print(f"{name:<44}{unit(kpi):>12}{unit(bare):>12}{kpi / bare:>8.2f}{allowed:>9}")


def unit(seconds: float) -> str:
    """Seconds as ms or ns."""
    return f"{seconds * 1e3:.2f} ms" if seconds > 1e-5 else f"{seconds * 1e9:.0f} ns"


if __name__ == "__main__":
    main()
