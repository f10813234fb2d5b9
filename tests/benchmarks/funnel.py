"""Speed and memory of the main job, as ratios in one run against named alternatives on the same machine.

    python tests/benchmarks/funnel.py            all tables (about ten minutes with 3,000,000 leads)
    python tests/benchmarks/funnel.py --quick    without 3,000,000 leads and without LibreOffice

Every command runs in a process of its own; the alternatives take turns, the best of ``--rounds`` counts (the machine
may be shared), peak memory is the process's largest resident set.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
STAGE_DATES = ("MQL date", "SQL date", "Opportunity date", "Won date", "Lost date")
COLUMNS = ("Lead ID", "Source", "Campaign", "Owner", "Created", *STAGE_DATES, "Status", "Amount")


def measure(command: list[str]) -> tuple[float, float]:
    """Seconds and peak megabytes of one process."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    return time.perf_counter() - started, usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)


def best(rounds: int, *commands: list[str]) -> list[tuple[float, float]]:
    """Run the commands in turns; the least time and the least peak of each."""
    runs = [[measure(command) for command in commands] for _ in range(rounds)]
    return [(min(run[i][0] for run in runs), min(run[i][1] for run in runs)) for i in range(len(commands))]


MAKE = """
import sys
from xl_leadkpi import sample
sample.leads(int(sys.argv[1])).select(sys.argv[3:]).write_csv(sys.argv[2], datetime_format="%Y-%m-%d %H:%M")
"""


def make(folder: Path, rows: int) -> Path:
    """The sample as a file, made in a process of its own: a child's peak begins with the size of its parent."""
    path = folder / f"leads_{rows}.csv"
    subprocess.run([sys.executable, "-c", MAKE, str(rows), str(path), *COLUMNS], check=True)
    return path


def ours(path: Path, data: int) -> list[str]:
    return [
        sys.executable,
        "-m",
        "xl_leadkpi.cli",
        "funnel",
        str(path),
        "-o",
        str(path.with_suffix(f".{data}.xlsx")),
        "--data",
        str(data),
        "--quiet",
    ]


def by_hand(path: Path) -> list[str]:
    return [sys.executable, str(HERE / "by_hand.py"), str(path)]


def growth(folder: Path, sizes: list[int], rounds: int) -> None:
    print(
        f"\nCSV of {len(COLUMNS)} columns to workbook (1,000 rows in Funnel_Data) beside a hand-written Polars script"
    )
    print(
        f"{'leads':>10} {'funnel s':>9} {'script s':>9} {'ratio':>6} {'funnel MB':>10} {'script MB':>10} {'ratio':>6}"
    )
    for rows in sizes:
        path = make(folder, rows)
        (a, a_peak), (b, b_peak) = best(rounds, ours(path, 1000), by_hand(path))
        print(
            f"{rows:>10,} {a:>9.2f} {b:>9.2f} {a / b:>6.2f} {a_peak:>10.0f} {b_peak:>10.0f} {a_peak / b_peak:>6.2f}",
            flush=True,
        )


def small(folder: Path, rounds: int) -> None:
    path = make(folder, 10_000)
    workbook = path.with_suffix(".10000.xlsx")
    measure(ours(path, 10_000))
    pandas = [sys.executable, "-c", "import pandas"]
    bare = [sys.executable, str(HERE / "bare_xlsxwriter.py"), str(workbook), str(folder / "bare.xlsx")]
    (zero, _), (full, _), (imported, _) = best(rounds, ours(path, 0), ours(path, 10_000), pandas)
    writing = min(float(subprocess.run(bare, check=True, capture_output=True, text=True).stdout) for _ in range(rounds))
    print("\n10,000 leads")
    print(f"  whole command, --data 0                            {zero:.2f} s")
    print(f"  python -c 'import pandas'                          {imported:.2f} s   ratio {zero / imported:.2f}")
    print(f"  whole command, all rows written                    {full:.2f} s")
    print(
        f"  bare XlsxWriter, the cells of Funnel_Data          {writing:.2f} s   "
        f"ratio of the difference {(full - zero) / writing:.2f}"
    )


def spreadsheet(folder: Path, rows: int, rounds: int) -> None:
    interpreter = shutil.which("python3", path="/usr/bin")
    if not (shutil.which("soffice") and interpreter):
        print("\nLibreOffice with python3-uno is not installed: no comparison with COUNTIFS")
        return
    path = make(folder, rows)
    printed = subprocess.run(
        [interpreter, str(HERE / "countifs.py"), str(path)], check=True, capture_output=True, text=True
    ).stdout
    formulas, seconds = printed.split()[:2]
    ((taken, _),) = best(rounds, ours(path, 1000))
    print(
        f"\n{rows:,} leads: {formulas} COUNTIFS/SUMIFS recalculated by LibreOffice Calc {float(seconds):.1f} s "
        "(file already open),"
    )
    print(f"  whole command from the CSV to the workbook {taken:.2f} s: {float(seconds) / taken:.0f} times faster")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small(folder, options.rounds)
        growth(folder, [10_000, 100_000, 1_000_000] + ([] if options.quick else [3_000_000]), options.rounds)
        if not options.quick:
            spreadsheet(folder, 1_000_000, options.rounds)


if __name__ == "__main__":
    main()
