"""Parquet on DuckDB and Polars beside a query written by hand for the same figures, and memory as the table grows.

    python tests/benchmarks/engines.py --rows 10000000            time against the hand-written queries
    python tests/benchmarks/engines.py --rows 3000000 30000000    peak memory of the streaming paths

Each run is a process of its own; the alternatives take turns, the best of ``--rounds`` counts.
"""

# ruff: noqa: E501 - SQL and a table header in one line each

import argparse
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from funnel import COLUMNS, best

HERE = Path(__file__)
BLOCK = 1_000_000
STEPS = ["Created", "MQL date", "SQL date", "Opportunity date", "Won date"]


def make(folder, rows):
    """Parquet of that many leads, a file and a seed of its own for each million."""
    import polars as pl

    from xl_leadkpi.leads import sample

    folder = folder / f"leads_{rows}"
    folder.mkdir()
    for part in range(-(-rows // BLOCK)):
        leads = sample.leads(min(rows, BLOCK), seed=part).select(COLUMNS).with_columns(pl.col("Created").dt.date())
        leads.with_columns(pl.format("P{}-{}", pl.lit(part), "Lead ID").alias("Lead ID")).write_parquet(
            folder / f"{part:03}.parquet"
        )
    return folder / "*.parquet"


def by_hand_polars(pattern):
    import polars as pl

    leads = pl.scan_parquet(pattern).unique("Lead ID", keep="any")
    won, lost = pl.col("Status") == "Won", pl.col("Status") == "Lost"
    reach = pl.max_horizontal(pl.when(pl.col(s).is_not_null()).then(k).otherwise(1) for k, s in enumerate(STEPS, 1))
    leads = leads.with_columns(reach=reach, won=won, lost=lost).with_columns(
        cycle=pl.when("won").then((pl.col("Won date") - pl.col("Created")).dt.total_days()),
        month=pl.col("Created").dt.truncate("1mo"),
    )
    figures = [pl.len(), *((pl.col("reach") >= k).sum().alias(f"r{k}") for k in range(2, 6)), pl.col("won", "lost").sum(),
               pl.col("Amount").filter("won").sum(), pl.col("cycle").median()]  # fmt: skip
    queries = [leads.select(figures)]
    queries += [leads.group_by(key).agg(figures) for key in ("Source", "Campaign", "Owner", "month")]
    queries += [
        leads.group_by(pl.col(step).dt.truncate("1mo").alias("entered"), "month").agg(pl.len(), pl.col("Amount").sum())
        for step in [*STEPS, "Lost date"]
    ]
    for one, after in pairwise(STEPS):
        days = (pl.col(after) - pl.col(one)).dt.total_days()
        queries.append(leads.select(days.quantile(q, "linear").alias(str(q)) for q in (0.25, 0.5, 0.75, 0.9)))
    as_of = pl.lit("2026-06-30").str.to_date()
    followed = pl.when("won").then("cycle").otherwise((as_of - pl.col("Created")).dt.total_days())
    queries.append(leads.group_by(followed.alias("day"), "won").agg(pl.len()))
    queries.append(leads.group_by("reach", "won", "lost").agg(pl.len(), pl.col("Amount").sum()))
    return pl.collect_all(queries, engine="streaming")


def by_hand_sql(pattern):
    import duckdb

    run = duckdb.connect().sql
    reach = (
        "greatest("
        + ", ".join(f'CASE WHEN "{s}" IS NOT NULL THEN {k} ELSE 1 END' for k, s in enumerate(STEPS, 1))
        + ")"
    )
    run(f"""CREATE TEMP TABLE leads AS SELECT * EXCLUDE copy FROM (
        SELECT *, {reach} AS reach, Status = 'Won' AS won, Status = 'Lost' AS lost,
          CASE WHEN Status = 'Won' THEN "Won date" - Created END AS cycle, date_trunc('month', Created) AS month,
          row_number() OVER (PARTITION BY "Lead ID") AS copy FROM read_parquet('{pattern}')) WHERE copy = 1""")
    counts = ", ".join(f"count(*) FILTER (reach >= {k})" for k in range(2, 6))
    figures = f"count(*), {counts}, sum(won::INT), sum(lost::INT), sum(Amount) FILTER (won), median(cycle)"
    found = [run(f"SELECT {figures} FROM leads").fetchall()]
    found += [
        run(f"SELECT {k}, {figures} FROM leads GROUP BY 1").fetchall() for k in ("Source", "Campaign", "Owner", "month")
    ]
    found += [
        run(f"""SELECT date_trunc('month', "{s}"), month, count(*), sum(Amount) FROM leads GROUP BY 1, 2""").fetchall()
        for s in [*STEPS, "Lost date"]
    ]
    found += [
        run(f"""SELECT quantile_cont("{b}" - "{a}", [0.25, 0.5, 0.75, 0.9]) FROM leads""").fetchall()
        for a, b in pairwise(STEPS)
    ]
    found.append(
        run(
            "SELECT CASE WHEN won THEN cycle ELSE DATE '2026-06-30' - Created END, won, count(*) FROM leads GROUP BY 1, 2"
        ).fetchall()
    )
    found.append(run("SELECT reach, won, lost, count(*), sum(Amount) FROM leads GROUP BY 1, 2, 3").fetchall())
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000_000])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where to put the files (default: a temporary folder)")
    parser.add_argument("--by-hand", nargs=2, metavar=("ENGINE", "PATTERN"), help=argparse.SUPPRESS)
    parser.add_argument("--make", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        print(make(Path(options.make[0]), int(options.make[1])))
        return
    if options.by_hand:
        engine, pattern = options.by_hand
        found = by_hand_sql(pattern) if engine == "duckdb" else by_hand_polars(pattern)
        print(len(found), "tables")
        return
    print(
        f"{'leads':>12} {'engine':>8} {'funnel s':>9} {'by hand s':>10} {'ratio':>6} {'funnel MB':>10} {'by hand MB':>11}"
    )
    for rows in options.rows:
        with tempfile.TemporaryDirectory(dir=options.folder) as name:
            # in a process of its own: what starts from a large process counts as large
            command = [sys.executable, str(HERE), "--make", name, str(rows)]
            pattern = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
            for engine in ("duckdb", "polars"):
                ours = [sys.executable, "-m", "xl_leadkpi.cli", "funnel", pattern, "--engine", engine, "--quiet"]
                ours += ["--json", str(Path(name) / "figures.json")]
                hand = [sys.executable, str(HERE), "--by-hand", engine, pattern]
                (a, a_peak), (b, b_peak) = best(options.rounds, ours, hand)
                print(
                    f"{rows:>12,} {engine:>8} {a:>9.1f} {b:>10.1f} {a / b:>6.2f} {a_peak:>10.0f} {b_peak:>11.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
