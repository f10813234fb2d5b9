"""Reports of random headers and cells are read or refused, and whatever is read can be laid out."""

import csv
import io
import json
import random
from datetime import date, datetime

import pytest

from xl_leadkpi.errors import InputError
from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.leads.cells.vocabulary import report_headers
from xl_leadkpi.leads.model.reports import Reports
from xl_leadkpi.leads.reports import read_email, read_report_frame, read_social, read_traffic
from xl_leadkpi.sheets import lay_out

from .lead_tables import lead_table

READERS = {"traffic": read_traffic, "email": read_email, "social": read_social}
CELLS = (
    "", "-", "n/a", "12", "1,234", "1 234,5", "45%", "0.5", "abc", "2026-01-05", "20260105", "202601", "0003",
    "13/05/2026", "05/13/2026", "31.02.2026", "9999-12-31", "0001-01-01", "1e30", "-5", "(none)", "Total",
    "Итого и средние", "00:01:23", "=1+1", "1" * 40, "2026-W05", "99999999", "2026013099", None, 5, 0.5, True,
    date(2026, 1, 5), datetime(2026, 2, 3, 4, 5), 1e300, float("nan"), 20260105, 46030, -1,
)  # fmt: skip
ABOVE = ("", "# ----\n# Start date: 20260101\n# End date: 20260228\n", "Report\n\n", "sep=,\n")
LEADS = [
    {
        "row_no": n,
        "source": "Ads",
        "created": 46023.0 + n,
        "cohort_month": 24312,
        "outcome": "open",
        "furthest_stage": 1,
    }
    for n in range(30)
]


def table(chance):
    kind = chance.choice(list(READERS))
    fields = chance.sample(list(report_headers()[kind]), chance.randint(1, 9))
    header = [chance.choice(report_headers()[kind][field]) for field in fields]
    rows = [
        [chance.choice(CELLS) if chance.random() < 0.4 else chance.choice(("5", "7", "120")) for _ in header]
        for _ in range(chance.randint(1, 12))
    ]
    if chance.random() < 0.3:
        rows.insert(chance.randrange(len(rows) + 1), list(header))
    return kind, header, rows


def read_one(chance, folder):
    kind, header, rows = table(chance)
    if chance.random() < 0.5:
        return read_report_frame([header, *rows], kind)
    text = io.StringIO()
    csv.writer(text).writerows([header, *(["" if cell is None else cell for cell in row] for row in rows)])
    below = "\nNth day,Direct\n0000,5\n" if chance.random() < 0.3 else ""
    path = folder / "report.csv"
    path.write_bytes((chance.choice(ABOVE) + text.getvalue() + below).encode(chance.choice(("utf-8", "utf-16"))))
    return READERS[kind](path)


@pytest.mark.parametrize("seed", range(4))
def test_random_reports(seed, tmp_path):
    chance = random.Random(seed)
    leads = lead_table(LEADS, as_of=date(2026, 3, 31))
    read = 0
    for _ in range(25):
        try:
            found = read_one(chance, tmp_path)
        except InputError:
            continue
        report = build(leads, reports=Reports(**{found.kind: found}))
        json.dumps(as_json(report), allow_nan=False)
        lay_out(report, leads, language=chance.choice(("en", "pl", "ru")), data_rows=2)
        read += 1
    assert read > 10
