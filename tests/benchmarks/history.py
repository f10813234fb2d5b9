"""A history of changes read, put in order and reduced to the entries of each stage, beside a Polars group-by by hand.

Both read the same Parquet file (identifier, stage, day, in the order of time) and give the first day of each stage of
each lead; ours reads the words, drops unusable rows, finds every visit with its end, and the stage a lead is in and
was lost from. The group-by knows the columns and words beforehand. Ratio of the best of some rounds, taken in turn.

    python tests/benchmarks/history.py            8,000,000 changes of 1,000,000 leads
    python tests/benchmarks/history.py 800000

With --engines the whole report of leads beside this history is compared instead, every figure to 1e-9, each engine in
a process of its own; --alone gives the history as the leads, --as-of takes it back in time. Spark is a master and two
workers, whose memory is not that of the process.

    python tests/benchmarks/history.py --engines memory polars duckdb
    python tests/benchmarks/history.py 800000 --engines duckdb spark --alone --as-of 2025-09-01
"""

import argparse
import multiprocessing
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime
from pathlib import Path
from time import perf_counter, process_time

import narwhals as nw
import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.engines.figures import differences
from tests.engines.spark_cluster import cluster
from xl_leadkpi import engines
from xl_leadkpi.engines.spark import session
from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads import ReadOptions, read_frame, read_query
from xl_leadkpi.leads.files.open import open_table
from xl_leadkpi.leads.lifecycle.histories import HistorySource, open_history
from xl_leadkpi.leads.lifecycle.visits import standing, visits_of
from xl_leadkpi.leads.model.stage import PIPELINE

CHANGES_A_LEAD = 8
ROUNDS = 3
CLOCKS = {"on the clock": perf_counter, "of the processors": process_time}
"""The second does not count what else the machine does."""
WORDS = ("Lead", "MQL", "SQL", "Meeting", "Opportunity", "Proposal", "Won", "Lost")
TODAY = date(2026, 6, 1)
OPTIONS = ReadOptions(as_of=TODAY, today=TODAY)
BOUND = 46_174  # the day after all changes


def write_history(path: Path, changes: int) -> None:
    chance = np.random.default_rng(16)
    leads = chance.integers(0, max(changes // CHANGES_A_LEAD, 1), changes)
    days = np.sort(chance.integers(0, 500, changes))
    stages = np.minimum(chance.poisson(2.5, changes), len(WORDS) - 1)
    pl.DataFrame({
        "Lead ID": pl.Series(leads).cast(pl.String).str.zfill(9),
        "Stage": pl.Series(np.array(WORDS)[stages]),
        "Date entered": pl.Series(days + 20_089).cast(pl.Int32).cast(pl.Date),
    }).write_parquet(path)  # fmt: skip


def ours(path: Path) -> pl.DataFrame:
    log = open_history(HistorySource(open_table(path, "history", OPTIONS)), OPTIONS, is_deals=False)
    entries: pl.DataFrame = nw.to_native(standing(visits_of(log, BOUND), PIPELINE).collect())
    return entries


def by_hand(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path).group_by("Lead ID", "Stage").agg(pl.col("Date entered").min())


def check(path: Path) -> None:
    """Both give the same first days."""
    mine, theirs = ours(path), by_hand(path)
    for stage in PIPELINE.inner:
        first = theirs.filter(pl.col("Stage") == stage.name)
        total = first.select(pl.col("Date entered").cast(pl.Int64).sum() + 25_569 * pl.len().cast(pl.Int64)).item()
        assert mine[stage.date_column].count() == len(first), stage.name
        assert mine[stage.date_column].sum() == total, stage.name


# --- engines beside each other


def write_leads(path: Path, changes: int) -> None:
    """A lead for each number that the history may have, created in the month before it begins."""
    leads = pl.select(n=pl.int_range(max(changes // CHANGES_A_LEAD, 1))).select(
        pl.col("n").cast(pl.String).str.zfill(9).alias("Lead ID"),
        (20_088 - pl.col("n") % 30).cast(pl.Int32).cast(pl.Date).alias("Created"),
        pl.format("Source {}", pl.col("n") % 7).alias("Source"),
        (100.0 + pl.col("n") % 1_000 / 4).alias("Amount"),
    )
    leads.write_parquet(path)


def report_on(engine: str, folder: Path, options: ReadOptions, *, alone: bool) -> tuple[dict, float, float]:
    """The report as JSON, the seconds it took, and the most memory that the process had, in GB."""
    started = perf_counter()
    if engine == "spark":
        (folder / "spark").mkdir()
        with cluster(folder / "spark") as made:
            try:
                found = _report(engine, folder, options, made.url, alone=alone)
            finally:
                session(None).stop()
    else:
        found = _report(engine, folder, options, None, alone=alone)
    return found, perf_counter() - started, most_memory()


def _report(engine: str, folder: Path, options: ReadOptions, master: str | None, *, alone: bool) -> dict:
    def table(name: str):
        path = folder / f"{name}.parquet"
        return pl.read_parquet(path) if engine == "memory" else engines.scan_parquet([path], engine, master)

    read = read_frame if engine == "memory" else read_query
    if alone:
        leads = read(table("history"), options, "history.parquet")
    else:
        leads = read(table("leads"), options, "leads.parquet", history=table("history"))
    return as_json(build(leads, options=FunnelOptions(built_at=datetime(2026, 6, 1))))


def most_memory() -> float:
    """In GB; nan where the system does not tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def compare(names: list[str], changes: int, options: ReadOptions, *, alone: bool) -> bool:
    """Whether all engines say the same as the first."""
    spawn = multiprocessing.get_context("spawn")
    first, same = None, True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_history(folder / "history.parquet", changes)
        write_leads(folder / "leads.parquet", changes)
        print(f"{changes:,} changes of {changes // CHANGES_A_LEAD:,} leads, as of {options.as_of}")
        for engine in names:
            with ProcessPoolExecutor(1, spawn) as process:
                found, seconds, memory = process.submit(report_on, engine, folder, options, alone=alone).result()
            first = first or (found, seconds)
            apart = differences(first[0], found)
            same = same and not apart
            told = f"{len(apart)} figures differ: {apart[:3]}" if apart else "all figures the same to 1e-9"
            ratio = f"{seconds / first[1]:.2f} times as long"
            print(f"{engine:>8} {seconds:>7.1f} s, {ratio}, {memory:.2f} GB  {told}", flush=True)
    return same


def main(changes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "history.parquet")
        write_history(path, changes)
        check(path)
        best = {}
        for _ in range(ROUNDS):
            for what in (by_hand, ours):
                starts = {clock: now() for clock, now in CLOCKS.items()}
                what(path)
                for clock, now in CLOCKS.items():
                    spent = now() - starts[clock]
                    best[clock, what] = min(best.get((clock, what), spent), spent)
    print(f"{changes:,} changes")
    for clock in CLOCKS:
        theirs, mine = best[clock, by_hand], best[clock, ours]
        print(f"{clock}: by hand {theirs:.2f} s, ours {mine:.2f} s, {mine / theirs:.2f} times as long")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("changes", nargs="?", type=int, default=8_000_000)
    parser.add_argument("--engines", nargs="+", choices=("memory", "polars", "duckdb", "spark"), default=[])
    parser.add_argument("--alone", action="store_true", help="the history is the table of leads")
    parser.add_argument("--as-of", type=date.fromisoformat, default=TODAY, metavar="DAY")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    if given.engines:
        wanted = ReadOptions(as_of=given.as_of, today=TODAY)
        sys.exit(not compare(given.engines, given.changes, wanted, alone=given.alone))
    main(given.changes)
