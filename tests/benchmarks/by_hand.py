"""What an analyst who knows Polars would write by hand for the same group counts and medians on the same file.

The yardstick of ``funnel.py``: one scan of the CSV with typed columns, lazy, every aggregation collected together.
It knows this one file's headers, date format and words beforehand; it makes no workbook.

    python tests/benchmarks/by_hand.py leads.csv
"""

import sys
from pathlib import Path

import polars as pl

DATES = ["MQL date", "SQL date", "Opportunity date", "Won date", "Lost date"]
STEPS = ["MQL date", "SQL date", "Opportunity date", "Won date"]


def main(path: Path) -> dict[str, pl.DataFrame]:
    leads = pl.scan_csv(path, try_parse_dates=True).unique("Lead ID", keep="first", maintain_order=True)
    leads = (
        leads.with_columns(
            pl.col("Created").dt.date(),
            reach=pl.max_horizontal(
                pl.when(pl.col(step).is_not_null()).then(rank).otherwise(1) for rank, step in enumerate(STEPS, 2)
            ),
            won=pl.col("Status") == "Won",
            lost=pl.col("Status") == "Lost",
        )
        .with_columns(
            cycle=pl.when("won").then((pl.col("Won date") - pl.col("Created")).dt.total_days()),
            month=pl.col("Created").dt.truncate("1mo"),
            won_month=pl.when("won").then(pl.col("Won date").dt.truncate("1mo")),
        )
        .collect()
        .lazy()
    )
    as_of = leads.select(pl.max_horizontal(pl.col("Created", *DATES).max())).collect().item()
    reached = [(pl.col("reach") >= rank).sum().alias(step) for rank, step in enumerate(STEPS, 2)]
    figures = [
        pl.len().alias("leads"), *reached, pl.col("won").sum(), pl.col("lost").sum(),
        (pl.col("lost") & (pl.col("reach") >= 4)).sum().alias("lost_opportunities"),
        pl.col("Amount").filter("won").sum().alias("revenue"),
        pl.col("cycle").filter(pl.col("cycle") >= 0).mean().alias("cycle_mean"),
        pl.col("cycle").filter(pl.col("cycle") >= 0).median().alias("cycle_median"),
        pl.col("Amount").filter(~pl.col("won") & ~pl.col("lost") & (pl.col("reach") >= 4)).sum().alias("pipeline"),
        *(((as_of - pl.col("Created")).dt.total_days() >= d).sum().alias(f"mature_{d}") for d in (30, 60, 90, 180)),
        *(
            ((as_of - pl.col("Created")).dt.total_days() >= d).and_(pl.col("cycle") <= d).sum().alias(f"mature_won_{d}")
            for d in (30, 60, 90, 180)
        ),
    ]  # fmt: skip
    queries = {"summary": leads.select(figures)}
    for key in ("Source", "Campaign", "Owner", "month"):
        queries[key] = leads.group_by(key).agg(figures)
    for step in ["Created", *DATES]:
        queries[f"entries {step}"] = leads.group_by(pl.col(step).dt.truncate("1mo")).agg(
            pl.len(), pl.col("Amount").filter("won").sum()
        )
    for one, after in zip(["Created", *STEPS], STEPS, strict=False):
        days = (pl.col(after) - pl.col(one)).dt.total_days()
        days = days.filter(days >= 0)
        queries[f"days {one}"] = leads.select(
            days.count().alias("n"), days.mean().alias("mean"), days.max().alias("max"),
            *(days.quantile(q, "linear").alias(f"p{q}") for q in (0.25, 0.5, 0.75, 0.9)),
        )  # fmt: skip
    queries["cohorts"] = leads.group_by("month", "won_month").agg(pl.len())
    follow_up = pl.when("won").then("cycle").otherwise((as_of - pl.col("Created")).dt.total_days())
    queries["curve"] = leads.group_by(follow_up.alias("day")).agg(pl.len(), pl.col("won").sum())
    queries["losses"] = leads.filter("lost").group_by("reach").agg(pl.len(), pl.col("Amount").sum())
    queries["pipeline"] = leads.filter(~pl.col("won") & ~pl.col("lost")).group_by("reach").agg(
        pl.len(), pl.col("Amount").sum(), (as_of - pl.col("Created")).dt.total_days().median().alias("age")
    )  # fmt: skip
    queries["attribution"] = leads.filter("won").group_by("Source").agg(pl.len(), pl.col("Amount").sum())
    return dict(zip(queries, pl.collect_all(queries.values()), strict=True))


if __name__ == "__main__":
    tables = main(Path(sys.argv[1]))
    print(sum(table.height for table in tables.values()), "rows of figures")
