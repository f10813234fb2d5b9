"""Reports to lay out: made-up samples that any machine can build, and the golden fixture where it is at hand."""

from dataclasses import replace
from datetime import date, datetime
from functools import cache

from tests.golden import GOLDEN
from xl_leadkpi import sample
from xl_leadkpi.funnel import FunnelOptions, build
from xl_leadkpi.leads import read, read_spend, read_touches
from xl_leadkpi.leads.model.options import ReadOptions

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
def golden():
    folder = GOLDEN
    leads = named(read(folder / "golden_leads.csv", ReadOptions(as_of=date(2025, 6, 30))))
    return leads, build(leads, read_spend([folder / "golden_spend.csv"]), options=OPTIONS)


def from_csv(path, text, **options):
    """A report from the text of a CSV file."""
    path.write_text(text, encoding="utf-8")
    leads = named(read(path, ReadOptions(**options)))
    return leads, build(leads, options=OPTIONS)


def named(leads):
    """The same leads from a source whose name is the same on every machine."""
    return replace(leads, source_name="leads.csv")
