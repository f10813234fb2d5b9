"""Reports to lay out: made-up samples that any machine can build, and the golden fixture where it is at hand."""

from dataclasses import replace
from datetime import date, datetime
from functools import cache

import polars as pl

from tests.golden import GOLDEN
from xl_leadkpi import sample
from xl_leadkpi.funnel import FunnelOptions, build
from xl_leadkpi.leads import read, read_frame, read_spend, read_touches
from xl_leadkpi.leads.model.options import ReadOptions
from xl_leadkpi.leads.model.reports import Reports
from xl_leadkpi.leads.model.table import SpendTable
from xl_leadkpi.leads.reports import read_report_frame

BUILT = datetime(2026, 7, 1, 9, 30)
OPTIONS = FunnelOptions(built_at=BUILT)


@cache
def sampled(folder, rows=400, with_spend=True):
    leads_file, spend_file, touches_file = sample.write(folder, rows)
    leads = named(read(leads_file, ReadOptions(as_of=sample.LAST_DAY)))
    if not with_spend:
        return leads, build(leads, options=OPTIONS)
    return leads, build(leads, read_spend([spend_file]), read_touches(touches_file), OPTIONS)


@cache
def compared():
    """Two quarters of the sample with their spend, the channel with most leads winning half as often in the second."""
    rows = sample.leads(6000).with_columns(
        pl.when(
            (pl.col("Source") == "Google Ads")
            & (pl.col("Won date") >= date(2026, 1, 1))
            & (pl.int_range(pl.len()) % 2 == 0)
        )
        .then(None)
        .otherwise(pl.col("Won date"))
        .alias("Won date")
    )
    leads = named(read_frame(rows, ReadOptions(as_of=sample.LAST_DAY)))
    spend = SpendTable(
        tuple(("Google Ads", None, 2025 * 12 + month, 1000.0 + 300 * month, None, None) for month in range(9, 15)),
        "EUR",
    )
    period = {"period_from": date(2026, 1, 1), "period_to": date(2026, 3, 31)}
    before = {"compared_from": date(2025, 10, 1), "compared_to": date(2025, 12, 31)}
    return leads, build(leads, spend, options=replace(OPTIONS, **period, **before))


@cache
def golden():
    folder = GOLDEN
    leads = named(read(folder / "golden_leads.csv", ReadOptions(as_of=date(2025, 6, 30))))
    return leads, build(leads, read_spend([folder / "golden_spend.csv"]), options=OPTIONS)


def from_csv(path, text, **options):
    """A report from the text of a CSV file."""
    path.write_text(text, encoding="utf-8")
    leads = named(read(path, ReadOptions(**options)))
    return leads, build(leads, options=OPTIONS)


def with_reports(path):
    """Leads with reports beside them: of two tools, two networks, more e-mailings than the sheet shows."""
    sources = ("Google Ads", "Organic Search", "Fair")
    rows = "".join(f"{n},2026-0{n % 3 + 1}-{n % 27 + 1:02},New,{sources[n % 3]}\n" for n in range(60))
    path.write_text(f"ID,Created,Stage,Source\n{rows}", encoding="utf-8")
    leads = named(read(path, ReadOptions(as_of=date(2026, 3, 31))))
    months = ("202601", "202602", "202603")
    channels = (("google / cpc", 900), ("Organic Search", 6000), ("(direct) / (none)", 1500))
    traffic = [["Session source / medium", "Year month", "Sessions", "Total users", "Engagement rate", "Key events"]]
    traffic += [[name, month, count, count // 2, "60%", count // 90] for name, count in channels for month in months]
    search = [["Date", "Clicks", "Impressions", "CTR", "Position"]]
    search += [[f"2026-0{month}-01", 40, 900, "4%", 7.5] for month in (1, 2, 3)]
    mail = [["Campaign", "Send date", "Sent", "Delivered", "Unique opens", "Unique clicks", "Bounced", "List size"]]
    mail += [[f"Newsletter {n}", f"2026-0{n % 3 + 1}-05", 1000 + n, 980, 300 + n, 40, 20, 5000] for n in range(34)]
    social = [["Date", "Network", "Followers", "Impressions", "Reactions", "Comments", "Shares", "Clicks"]]
    social += [[f"2026-0{month}-09", name, 900, 3000, 40, 5, 4, 80] for name in ("Facebook", "LinkedIn")
               for month in (1, 2, 3)]  # fmt: skip
    first, second = (read_report_frame(table, "traffic") for table in (traffic, search))
    both = replace(first, rows=(*first.rows, *second.rows))
    reports = Reports(both, read_report_frame(mail, "email"), read_report_frame(social, "social"))
    return leads, build(leads, options=OPTIONS, reports=reports)


def named(leads):
    """The same leads from a source whose name is the same on every machine."""
    return replace(leads, source_name="leads.csv")
