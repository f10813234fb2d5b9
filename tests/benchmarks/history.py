"""A history of changes read, put in order and reduced to the entries of each stage, beside a Polars group-by by hand.

Both read the same Parquet file (identifier, stage, day, in the order of time) and give the first day of each stage of
each lead; ours reads the words, drops unusable rows, finds every visit with its end, and the stage a lead is in and
was lost from. The group-by knows the columns and words beforehand. Ratio of the best of some rounds, taken in turn.

    python tests/benchmarks/history.py            8,000,000 changes of 1,000,000 leads
    python tests/benchmarks/history.py 800000
"""

import sys
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter, process_time

import narwhals as nw
import numpy as np
import polars as pl

from xl_leadkpi.leads.files.open import open_table
from xl_leadkpi.leads.lifecycle.histories import HistorySource, open_history
from xl_leadkpi.leads.lifecycle.visits import standing, visits_of
from xl_leadkpi.leads.model.options import ReadOptions
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


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8_000_000)
