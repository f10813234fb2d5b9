"""Every engine on 1,000,000 leads with 5,000,000 touches: are all figures the same to 1e-9, and how long does it take?

    python tests/benchmarks/same_figures.py     Polars in memory and lazy, DuckDB, pandas, Spark where there is Java

Spark runs on a cluster of its own, a master and two workers with one core each. It takes several minutes.
"""

import argparse
import shutil
import sys
import tempfile
import time
from datetime import date, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.engines.figures import differences
from tests.engines.spark_cluster import cluster


def make(folder, leads, touches):
    import polars as pl

    from xl_leadkpi import sample

    table = sample.leads(leads)
    made = pl.concat([sample.touches(table, seed=seed) for seed in (1, 2)]).head(touches)
    assert made.height == touches
    table.with_columns(pl.col("Created").dt.date()).drop("First contacted").write_parquet(folder / "leads.parquet")
    made.write_parquet(folder / "touches.parquet")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--touches", type=int, default=5_000_000)
    parser.add_argument("--without", nargs="*", default=[], metavar="ENGINE")
    options = parser.parse_args()
    from xl_leadkpi import engines
    from xl_leadkpi.engines.spark import session
    from xl_leadkpi.funnel import FunnelOptions, as_json, build
    from xl_leadkpi.leads import ReadOptions, read, read_frame, read_query, read_touches, read_touches_query

    reading, counting = ReadOptions(today=date(2026, 7, 1)), FunnelOptions(built_at=datetime(2026, 7, 1))

    def figures(leads, touches):
        return as_json(build(leads, None, touches, counting))

    def on_engine(name, master=None):
        leads = read_query(engines.scan_parquet([folder / "leads.parquet"], name, master), reading, "leads.parquet")
        touches = engines.scan_parquet([folder / "touches.parquet"], name, master)
        return figures(leads, read_touches_query(touches, reading))

    def on_pandas():
        import pandas as pd

        leads = read_frame(pd.read_parquet(folder / "leads.parquet"), reading, "leads.parquet")
        return figures(leads, read_touches(folder / "touches.parquet", reading))

    def on_spark():
        (folder / "spark").mkdir()
        with cluster(folder / "spark") as made:
            try:
                return on_engine("spark", made.url)
            finally:
                session(None).stop()

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, options.leads, options.touches)
        print(f"{options.leads:,} leads, {options.touches:,} touches")
        started = time.perf_counter()
        memory = figures(read(folder / "leads.parquet", reading), read_touches(folder / "touches.parquet", reading))
        print(f"{'in memory':>10} {time.perf_counter() - started:>7.1f} s", flush=True)
        runs = {
            "polars": lambda: on_engine("polars"),
            "duckdb": lambda: on_engine("duckdb"),
            "pandas": on_pandas,
            "spark": on_spark,
        }
        if shutil.which("java") is None:
            runs.pop("spark")
        for engine_name in options.without:
            runs.pop(engine_name)
        differ = False
        for engine_name, run in runs.items():
            started = time.perf_counter()
            found = differences(memory, run())
            differ = differ or bool(found)
            told = f"{len(found)} figures differ: {found[:3]}" if found else "all figures the same to 1e-9"
            print(f"{engine_name:>10} {time.perf_counter() - started:>7.1f} s  {told}", flush=True)
        sys.exit(differ)


if __name__ == "__main__":
    main()
