"""Parquet on DuckDB and Polars beside a query written by hand for the same figures, and memory as the table grows.

    python tests/benchmarks/engines.py                             time against the hand-written queries
    python tests/benchmarks/engines.py --memory 3000000 30000000   peak memory of the streaming paths
    python tests/benchmarks/engines.py --memory 1000000 10000000 --touches 5    the same with five touches a lead

Each run is a process of its own; the alternatives take turns, the best of ``--rounds`` counts. Both must give the same
figures. Seconds of processor time are printed beside those on the clock, which say little where others work.
"""

# ruff: noqa: E501 - SQL and a table header in one line each

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path

from funnel import COLUMNS

HERE = Path(__file__)
BLOCK = 1_000_000
AS_OF = "2026-06-30"
STEPS = ["Created", "MQL date", "SQL date", "Opportunity date", "Won date"]


def make(folder, rows):
    """Parquet of that many leads, a file and a seed of its own for each million."""
    import polars as pl

    from xl_leadkpi import sample

    folder = folder / f"leads_{rows}"
    folder.mkdir()
    for part in range(-(-rows // BLOCK)):
        leads = sample.leads(min(rows, BLOCK), seed=part).select(COLUMNS).with_columns(pl.col("Created").dt.date())
        leads.with_columns(pl.format("P{}-{}", pl.lit(part), "Lead ID").alias("Lead ID")).write_parquet(
            folder / f"{part:03}.parquet"
        )
    return folder / "*.parquet"


def make_touches(folder, rows, each):
    """Parquet of so many touches a lead for the leads that :func:`make` makes."""
    import polars as pl

    from xl_leadkpi import sample

    folder = folder / f"touches_{rows}_{each}"
    folder.mkdir()
    for part in range(-(-rows // BLOCK)):
        leads = sample.leads(min(rows, BLOCK), seed=part)
        wanted, made = min(rows, BLOCK) * each, []
        while sum(map(len, made)) < wanted:
            made.append(sample.touches(leads, seed=len(made)))
        touches = pl.concat(made).head(wanted)
        touches.with_columns(pl.format("P{}-{}", pl.lit(part), "Lead ID").alias("Lead ID")).write_parquet(
            folder / f"{part:03}.parquet"
        )


def by_hand_polars(pattern):
    import polars as pl

    c, lit = pl.col, pl.lit
    as_of = lit(AS_OF).str.to_date()
    won, lost = c("Status") == "Won", c("Status") == "Lost"
    leads = pl.scan_parquet(pattern, row_index_name="row")
    leads = leads.with_columns(
        won=won, lost=lost,
        reach=pl.max_horizontal(pl.when(c(s).is_not_null() if s != "Won date" else won).then(k).otherwise(1) for k, s in enumerate(STEPS, 1)),
    )  # fmt: skip
    twice = leads.group_by("Lead ID").len().filter(c("len") > 1).select("Lead ID")
    worse = leads.select("Lead ID", "row", "reach").join(twice, on="Lead ID")
    worse = worse.sort("reach", "row", descending=[True, False])
    worse = worse.filter(c("row").cum_count().over("Lead ID") > 1).select("row").collect(engine="streaming")
    leads = leads.join(worse.lazy(), on="row", how="anti").with_columns(
        cycle=pl.when("won").then((c("Won date") - c("Created")).dt.total_days()),
        age=(as_of - c("Created")).dt.total_days(),
        since_opportunity=(as_of - c("Opportunity date")).dt.total_days(),
        opportunity_cycle=(c("Won date") - c("Opportunity date")).dt.total_days(),
        month=c("Created").dt.truncate("1mo"),
        open=~c("won") & ~c("lost"),
    )
    figures = [
        pl.len(), *((c("reach") >= k).sum().alias(f"r{k}") for k in range(2, 6)), c("won", "lost").sum(),
        (c("lost") & (c("reach") >= 4)).sum().alias("lost opportunities"), (c("open") & (c("reach") >= 4)).sum().alias("open opportunities"),
        c("Amount").filter("won").sum().alias("revenue"), c("Amount").filter("won").count().alias("valued"),
        c("Amount").filter(c("open") & (c("reach") >= 4)).sum().alias("pipeline"), c("cycle").median(),
        (c("age") >= 90).sum().alias("old"), ((c("age") >= 90) & (c("cycle") <= 90)).sum().alias("old won"),
        (c("since_opportunity") >= 90).sum().alias("old o"), ((c("since_opportunity") >= 90) & (c("opportunity_cycle") <= 90)).sum().alias("old o won"),
    ]  # fmt: skip
    queries = {"all": leads.select(figures)}
    queries |= {key: leads.group_by(key).agg(figures) for key in ("Source", "Campaign", "Owner", "month")}
    for step in [*STEPS, "Lost date"]:
        queries[f"entries {step}"] = leads.group_by(c(step).dt.truncate("1mo").alias("entered"), "month").agg(
            pl.len(), c("Amount").sum(), c("Amount").count().alias("valued")
        )
    ways = {}
    for k, step in enumerate(STEPS[:-1], 1):
        ways[step] = (pl.coalesce(*STEPS[k:], "Lost date") - c(step)).dt.total_days()
        stay = pl.when(c("open") & (c("reach") == k)).then((as_of - c(step)).dt.total_days())
        queries[f"waiting {step}"] = leads.select(stay.count().alias("n"), stay.median())
    ways["to opportunity"] = (c("Opportunity date") - c("Created")).dt.total_days()
    ways["to won"] = (c("Won date") - c("Created")).dt.total_days()
    ways["opportunity to won"] = c("opportunity_cycle")
    for name, days in ways.items():
        real = days.filter(days >= 0)
        queries[f"days {name}"] = leads.select(
            real.count().alias("n"), real.mean().alias("mean"), real.max().alias("max"), (days < 0).sum().alias("back"),
            *(real.quantile(q, "linear").alias(str(q)) for q in (0.25, 0.5, 0.75, 0.9)),
        )  # fmt: skip
    queries["followed"] = leads.group_by(pl.when("won").then("cycle").otherwise("age").alias("day"), "won").agg(
        pl.len()
    )
    queries["windows"] = leads.select(
        *((c("age") >= w).sum().alias(f"n{w}") for w in (30, 60, 90, 180)),
        *(((c("age") >= w) & (c("cycle") <= w)).sum().alias(f"w{w}") for w in (30, 60, 90, 180)),
    )
    in_order = [c(after) >= c(one) for one, after in pairwise(STEPS)]
    queries["stages"] = leads.select(
        *(c(step).count().alias(f"exact {step}") for step in STEPS),
        *(pl.all_horizontal(in_order[:k]).sum().alias(f"strict {k}") for k in range(1, 5)),
        (c("won") & c("Amount").is_null()).sum().alias("won without amount"),
    )
    queries["profile"] = leads.group_by("reach", "won", "lost").agg(pl.len(), c("Amount").sum())
    queries["trend"] = (
        leads.filter(c("Won date") >= pl.date(2026, 1, 1))
        .group_by(c("Won date") >= pl.date(2026, 4, 1))
        .agg(c("cycle").median())
    )
    found = dict(zip(queries, pl.collect_all(list(queries.values()), engine="streaming"), strict=True))
    p90 = [found[f"days {step}"]["0.9"][0] for step in STEPS[:-1]]
    stalled = leads.select(
        (c("open") & (c("reach") == k) & ((as_of - c(step)).dt.total_days() > p90[k - 1])).sum().alias(step)
        for k, step in enumerate(STEPS[:-1], 1)
    ).collect(engine="streaming")
    one = found["all"].row(0, named=True)
    return {
        "leads": one["len"], "reached": [one[f"r{k}"] for k in range(2, 6)], "revenue": one["revenue"], "lost": one["lost"],
        "lost opportunities": one["lost opportunities"], "pipeline": one["pipeline"], "cycle": one["cycle"],
        "mature": [one["old"], one["old won"]], "medians": [found[f"days {s}"]["0.5"][0] for s in STEPS[:-1]],
        "stalled": list(stalled.row(0)),
    }  # fmt: skip


def by_hand_sql(pattern):
    import duckdb

    run = duckdb.connect().sql
    evidence = [f'"{s}" IS NOT NULL' for s in STEPS[:-1]] + ["Status = 'Won'"]
    reach = "greatest(" + ", ".join(f"CASE WHEN {e} THEN {k} ELSE 1 END" for k, e in enumerate(evidence, 1)) + ")"
    run(f"""CREATE TEMP TABLE leads AS SELECT * EXCLUDE (copy, "Lead ID"),
          CASE WHEN won THEN "Won date" - Created END AS cycle, date_trunc('month', Created) AS month,
          DATE '{AS_OF}' - Created AS age, DATE '{AS_OF}' - "Opportunity date" AS since_opportunity,
          "Won date" - "Opportunity date" AS opportunity_cycle, NOT won AND NOT lost AS open
        FROM (SELECT *, row_number() OVER (PARTITION BY "Lead ID" ORDER BY reach DESC, row) AS copy
          FROM (SELECT *, {reach} AS reach, Status = 'Won' AS won, Status = 'Lost' AS lost, file_row_number AS row
            FROM read_parquet('{pattern}', file_row_number = true))) WHERE copy = 1""")
    counts = ", ".join(f"count(*) FILTER (reach >= {k})" for k in range(2, 6))
    figures = f"""count(*), {counts}, sum(won::INT), sum(lost::INT), sum((lost AND reach >= 4)::INT), sum((open AND reach >= 4)::INT),
        sum(Amount) FILTER (won), count(Amount) FILTER (won), sum(Amount) FILTER (open AND reach >= 4), median(cycle),
        count(*) FILTER (age >= 90), count(*) FILTER (age >= 90 AND cycle <= 90), count(*) FILTER (since_opportunity >= 90),
        count(*) FILTER (since_opportunity >= 90 AND opportunity_cycle <= 90)"""
    [one] = run(f"SELECT {figures} FROM leads").fetchall()
    for key in ("Source", "Campaign", "Owner", "month"):
        run(f"SELECT {key}, {figures} FROM leads GROUP BY 1").fetchall()
    for s in [*STEPS, "Lost date"]:
        run(
            f"""SELECT date_trunc('month', "{s}"), month, count(*), sum(Amount), count(Amount) FROM leads GROUP BY 1, 2"""
        ).fetchall()
    ways = {
        s: f'coalesce({", ".join(chr(34) + x + chr(34) for x in [*STEPS[k:], "Lost date"])}) - "{s}"'
        for k, s in enumerate(STEPS[:-1], 1)
    }
    ways |= {"o": '"Opportunity date" - Created', "w": '"Won date" - Created', "ow": "opportunity_cycle"}
    days = {}
    for name, way in ways.items():
        [days[name]] = run(f"""SELECT count(d) FILTER (d >= 0), avg(d) FILTER (d >= 0), max(d), count(*) FILTER (d < 0),
            quantile_cont(d, [0.25, 0.5, 0.75, 0.9]) FILTER (d >= 0) FROM (SELECT {way} AS d FROM leads)""").fetchall()
    for k, s in enumerate(STEPS[:-1], 1):
        run(
            f"""SELECT count(*), median(DATE '{AS_OF}' - "{s}") FROM leads WHERE open AND reach = {k} AND "{s}" IS NOT NULL"""
        ).fetchall()
    run("SELECT CASE WHEN won THEN cycle ELSE age END, won, count(*) FROM leads GROUP BY 1, 2").fetchall()
    windows = (30, 60, 90, 180)
    run(
        "SELECT "
        + ", ".join(f"count(*) FILTER (age >= {w}), count(*) FILTER (age >= {w} AND cycle <= {w})" for w in windows)
        + " FROM leads"
    ).fetchall()
    in_order = [f'"{after}" >= "{one_}"' for one_, after in pairwise(STEPS)]
    strict = ", ".join(f"count(*) FILTER ({' AND '.join(in_order[:k])})" for k in range(1, 5))
    exact = ", ".join(f'count("{s}")' for s in STEPS)
    run(f"SELECT {exact}, {strict}, count(*) FILTER (won AND Amount IS NULL) FROM leads").fetchall()
    run("SELECT reach, won, lost, count(*), sum(Amount) FROM leads GROUP BY 1, 2, 3").fetchall()
    run(
        """SELECT "Won date" >= DATE '2026-04-01', median(cycle) FROM leads WHERE "Won date" >= DATE '2026-01-01' GROUP BY 1"""
    ).fetchall()
    late = ", ".join(
        f"""count(*) FILTER (open AND reach = {k} AND DATE '{AS_OF}' - "{s}" > {days[s][4][3]})"""
        for k, s in enumerate(STEPS[:-1], 1)
    )
    [stalled] = run(f"SELECT {late} FROM leads").fetchall()
    return {
        "leads": one[0], "reached": list(one[1:5]), "lost": one[6], "lost opportunities": one[7], "revenue": one[9],
        "pipeline": one[11], "cycle": one[12], "mature": list(one[13:15]), "medians": [days[s][4][1] for s in STEPS[:-1]],
        "stalled": list(stalled),
    }  # fmt: skip


def of_funnel(path):
    """The same figures out of the JSON of the command."""
    figures = json.loads(path.read_text(encoding="utf-8"))
    one, stages = figures["summary"], figures["stages"]
    return {
        "leads": one["leads"], "reached": [row["reached"] for row in stages[1:]], "lost": one["lost"],
        "lost opportunities": one["lost_opportunities"], "revenue": one["revenue"], "pipeline": one["pipeline"],
        "cycle": one["cycle_days_median"], "mature": [one["mature_leads"], one["mature_won"]],
        "medians": [row["median_days"] for row in stages[:-1]],
        "stalled": [row["stalled"] for row in figures["stage_times"]][: len(STEPS) - 1],
    }  # fmt: skip


def made(folder, rows, each=0):
    """The files of so many leads, or of their touches, made in a process of its own: the child of a large process counts as large."""
    name = f"touches_{rows}_{each}" if each else f"leads_{rows}"
    if not (folder / name).exists():
        command = [sys.executable, str(HERE), "--make", str(folder), str(rows), str(each)]
        subprocess.run(command, check=True, capture_output=True)
    return str(folder / name / "*.parquet")


def ours(pattern, engine, figures, touches=None):
    command = [sys.executable, "-m", "xl_leadkpi.cli", "funnel", pattern, "--engine", engine, "--as-of", AS_OF]
    return [*command, "--quiet", "--json", str(figures), *(["--touches", touches] if touches else [])]


def beside_by_hand(folder, rows, rounds):
    print(
        f"{'leads':>12} {'engine':>8} {'funnel':>21} {'by hand':>21} {'ratio':>12}  (seconds on the clock / of processor)"
    )
    pattern = made(folder, rows)
    for engine in ("duckdb", "polars"):
        figures = folder / "figures.json"
        hand = [sys.executable, str(HERE), "--by-hand", engine, pattern]
        runs = [[measure(command) for command in (ours(pattern, engine, figures), hand)] for _ in range(rounds)]
        (a, a_cpu, a_peak), (b, b_cpu, b_peak) = (
            tuple(min(run[i][k] for run in runs) for k in range(3)) for i in range(2)
        )
        print(
            f"{rows:>12,} {engine:>8} {a:>6.1f} / {a_cpu:>5.1f} {a_peak:>5.0f}M {b:>6.1f} / {b_cpu:>5.1f} {b_peak:>5.0f}M "
            f"{a / b:>5.2f} / {a_cpu / b_cpu:>4.2f}",
            flush=True,
        )
        by_hand = json.loads(subprocess.run(hand, check=True, capture_output=True, text=True).stdout)
        if by_hand != of_funnel(figures):
            raise SystemExit(f"the figures differ: {by_hand} and {of_funnel(figures)}")


def measure(command):
    """Seconds on the clock, seconds of processor time and peak megabytes of one process."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    peak = usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, peak


@contextmanager
def watched(folder):
    """The most megabytes that the files in a folder ever took, in a list of one."""
    most, over = [0.0], threading.Event()

    def look():
        while not over.wait(0.25):
            sizes = []
            for path in folder.rglob("*"):
                with suppress(OSError):  # gone meanwhile
                    sizes.append(path.stat().st_size)
            most[0] = max(most[0], sum(sizes) / 1e6)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


def memory(folder, sizes, each):
    print(
        f"{'leads':>12} {'touches':>12} {'engine':>8} {'seconds':>8} {'of processor':>13} {'peak MB':>8} {'scratch MB':>11} {'files MB':>9}"
    )
    for rows in sizes:
        pattern, touches = made(folder, rows), made(folder, rows, each) if each else None
        read = [path for one in (pattern, touches) if one for path in Path(one).parent.iterdir()]
        files = sum(path.stat().st_size for path in read) / 1e6
        for engine in ("duckdb", "polars"):
            with tempfile.TemporaryDirectory() as name, watched(Path(name)) as scratch:
                os.environ["TMPDIR"] = name
                seconds, cpu, peak = measure(ours(pattern, engine, folder / "figures.json", touches))
                os.environ.pop("TMPDIR")
            print(
                f"{rows:>12,} {rows * each:>12,} {engine:>8} {seconds:>8.1f} {cpu:>13.1f} {peak:>8.0f} {scratch[0]:>11.0f} {files:>9.0f}",
                flush=True,
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000, help="leads to count beside the query by hand")
    parser.add_argument("--memory", type=int, nargs="+", metavar="ROWS", help="only peak memory, for each size")
    parser.add_argument(
        "--touches", type=int, default=0, metavar="N", help="with --memory: so many touches a lead as well"
    )
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the files are and stay")
    parser.add_argument("--by-hand", nargs=2, metavar=("ENGINE", "PATTERN"), help=argparse.SUPPRESS)
    parser.add_argument("--make", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        folder, rows, each = Path(options.make[0]), int(options.make[1]), int(options.make[2])
        make_touches(folder, rows, each) if each else make(folder, rows)
        return
    if options.by_hand:
        engine, pattern = options.by_hand
        print(json.dumps(by_hand_sql(pattern) if engine == "duckdb" else by_hand_polars(pattern)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        if options.memory:
            memory(folder, options.memory, options.touches)
        else:
            beside_by_hand(folder, options.rows, options.rounds)


if __name__ == "__main__":
    main()
