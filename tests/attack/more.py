"""What stands beside the leads: histories, reports, day rates, further files of leads, project files.

All of it is drawn from a second source of random numbers: the inputs of a seed stay what they were without it.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.attack import options, tables
from tests.attack.formats import shown
from xl_leadkpi.leads.cells.vocabulary import report_headers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    WriteTable = Callable[[tables.Table, str], str]
    """Writes a table under a stem in some format; gives the file's name."""

_LOG_HEADERS = (
    ("Deal ID", "Stage", "Changed at"),
    ("Deal ID", "Changed at", "Old value", "New value"),
    ("Opportunity ID", "From Stage", "To Stage", "Last Modified"),
    ("Opportunity ID", "Field / Event", "Old Value", "New Value", "Edit Date"),
    ("ID сделки", "Стадия", "Дата"),
    ("Record ID", "Property", "Value", "Timestamp"),
    ("a", "b", "c"),
)
_WORDS = ("New", "Qualified", "Proposal", "Negotiation", "Closed Won", "Closed Lost", "Opportunity", "Wygrana", "")
_FIELDS = ("Stage", "Amount", "Close Date", "Owner", "dealstage", "")
_REPORTS = {
    "traffic": ("tr_date", "tr_channel", "tr_sessions", "tr_users", "tr_bounces", "tr_bounce_rate", "tr_conversions"),
    "email": ("em_date", "em_campaign", "em_sent", "em_delivered", "em_opened", "em_clicked", "em_unsubscribed"),
    "social": ("so_date", "so_network", "so_followers", "so_impressions", "so_reactions", "so_clicks", "so_shares"),
}
_OWN_HEADERS = {
    "traffic": ("Date", "Channel", "Sessions", "Users", "Bounces", "Bounce rate", "Conversions"),
    "email": ("Send date", "Campaign", "Sent", "Delivered", "Opened", "Clicked", "Unsubscribed"),
    "social": ("Date", "Page", "Total followers", "Impressions", "Reactions", "Clicks", "Shares"),
}
_RATES = ("EUR", "USD", "PLN", "GBP", "XXX", "")
_SETTINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("as_of", ("2025-06-30", "0001-01-01", "2026-13-01", '"2025-06-30"', "3", "1979-05-27T07:32:00Z")),
    ("window", ("90", "0", "-1", '"x"', "1e9", "true", "10_000", "0x10", "9223372036854775808")),
    ("reach", ('"filled"', '"exact"', '"any"', "1", "[]")),
    ("margin", ("0.4", "1.5", "nan", "-inf", '"half"')),
    ("kind", ('"leads"', '"deals"', '"persons"')),
    ("by", ('["owner"]', '"owner"', "[[]]", '["Nothing"]', "[1]")),
    ("where", ('["Source=Web"]', '["Source"]', "[1]", '["Nothing>3"]')),
    ("exclude", ('["spam"]', "[true]")),
    ("period", ('"2025-Q2"', "2025", '"2025-Q7"', "2025-05-01")),
    ("compare", ('"previous"', '"next"')),
    ("top", ("5", "0", "5.5")),
    ("output.data_rows", ("0", "100", "-3", "99999999")),
    ("language", ('"pl"', '"de"')),
    ("dedupe", ('"id"', '"all"')),
    ("rate", ('["EUR=4.25"]', '["EUR=x"]', '["missing.csv"]')),
    ("currency", ('"PLN"', '"zl"')),
    ("stages", ('"own"', '"mine"', "[1]", "[]", "{}")),
    ("inputs.leads", ('"other.csv"', '["leads.csv"]', "[]", '""', "5")),
    ("inputs.spend", ('["nowhere.csv"]', '"leads.csv"', '"*.csv"')),
    ("output.workbook", ('"report.xlsx"', '"leads.csv"', '""')),
    ("output.quiet", ("true", "1")),
    ("fiscal_start", ("4", "13", '"April"')),
    ("nothing", ("1", '"\\u0000"', "{a = 1}")),
    ("data", ("0",)),
    ("output", ('"report.xlsx"',)),
)
_PROJECT_ENDS = (
    '[stage_words]\n{word} = "Won"\n', "[map]\ncreated = {header}\n", "[map]\n{header} = 5\n",
    '[[stages]]\nname = {word}\n[[stages]]\nname = "Offer"\nwords = [{word}]\n', "[[stages]]\nname = 3\n",
    "[targets]\nwon = 40\nwin_rate = 25\n", '[targets]\nwon = "x"\n', '[channels]\n{word} = "Ads"\n',
    "a = [1,\n", "= 3\n", "\x00", "[a]\n[a]\n", "x = " + "[" * 3_000, "\ufeffwindow = 3\n",
)  # fmt: skip


def beside(table: tables.Table, work: Path, write: WriteTable, random: Random) -> tuple[list[str], list[str]]:
    """Choose what else a command reads and write it.

    Args:
        table: The leads.
        work: The folder.
        write: Writes a table.
        random: The second source of random numbers.

    Returns:
        Words for the command line, the file names of leads first, and what was done.
    """
    said: list[str] = []
    tags: list[str] = []
    if random.random() < 0.08:
        said.append(write(_again(table, random), "leads-more"))
        tags.append("two files")
    for kind, share in (("traffic", 0.06), ("email", 0.05), ("social", 0.05)):
        while random.random() < share:
            said += [f"--{kind}", write(_report(kind, random), f"{kind}{len(said)}")]
            tags.append(kind)
    if random.random() < 0.1:
        said += ["--history", write(_history(table, random), "changes")]
        tags.append("history")
    if random.random() < 0.05:
        said += ["--rate", write(_rates(random), "rates")]
        tags.append("day rates")
    if random.random() < 0.08:
        name = random.choice(("leadkpi.toml", "settings.toml", "-p.toml"))
        (work / name).write_text(_project(table, random), encoding="utf-8", errors="replace")
        said += [f"--project={name}"]
        tags.append("project file")
    return said, tags


def _again(table: tables.Table, random: Random) -> tables.Table:
    """A later export of the leads: the same columns in another order, some of the leads again."""
    order = random.sample(range(len(table.headers)), len(table.headers))
    rows = [row for row in table.rows if random.random() < 0.5 and len(row) > max(order, default=0)]
    headers = [table.headers[at] for at in order]
    if headers and random.random() < 0.2:
        headers[0] = random.choice(tables.HOSTILE_TEXTS)
    return tables.Table(headers, [[row[at] for at in order] for row in rows], [table.fields[at] for at in order])


def _report(kind: str, random: Random) -> tables.Table:
    fields = _REPORTS[kind]
    known = report_headers()[kind]
    headers = [
        random.choice(known[field]) if random.random() < 0.5 and known.get(field) else own
        for field, own in zip(fields, _OWN_HEADERS[kind], strict=True)
    ]
    kept = sorted(random.sample(range(len(fields)), random.randint(2, len(fields))))
    style = random.choice(tables.DAY_STYLES)
    rows = []
    for number in range(random.choice((1, 3, 30, 60))):
        first = datetime(2025, 1, 6) + timedelta(days=7 * number)
        row = [
            tables.day_of(first, style),
            random.choice(tables.SOURCES),
            *(random.randint(0, 900) for _ in fields[2:]),
        ]
        rows.append([row[at] for at in kept])
    return tables.Table([headers[at] for at in kept], rows, [fields[at] for at in kept])


def _history(table: tables.Table, random: Random) -> tables.Table:
    headers = random.choice(_LOG_HEADERS)
    style = random.choice(tables.DAY_STYLES)
    known = [row[0] for row in table.rows if row] or ["L1"]
    rows = []
    for number in range(random.choice((1, 4, 40, 200))):
        key = random.choice(known) if random.random() < 0.9 else f"stranger {number}"
        day = tables.day_of(datetime(2025, 1, 1) + timedelta(hours=random.randint(0, 9_000)), style)
        words = [random.choice(_WORDS) for _ in headers]
        by_header = {"Field / Event": random.choice(_FIELDS), "Property": random.choice(_FIELDS)}
        days = {"Changed at", "Last Modified", "Edit Date", "Дата", "Timestamp", "c"}
        cells = [key]
        cells += [day if name in days else by_header.get(name) or words.pop() for name in headers[1:]]
        rows.append(cells)
    return tables.Table(list(headers), rows, ["lead_id", *("" for _ in headers[1:])])


def _rates(random: Random) -> tables.Table:
    headers = random.choice((["Date", "Currency", "Rate"], ["Data", "EUR", "USD"], ["Day", "Rate"], ["x", "y", "z"]))
    style = random.choice(tables.DAY_STYLES)
    rows = []
    for number in range(random.choice((1, 20, 400))):
        day = tables.day_of(datetime(2025, 1, 1) + timedelta(days=number), style)
        rate = random.choice((4.25, "4,25", 0, -1, "", 1e300))
        rows.append(
            [day, random.choice(_RATES), rate] if headers[1] == "Currency" else [day, *[rate] * (len(headers) - 1)]
        )
    return tables.Table(list(headers), rows, ["created", *("" for _ in headers[1:])])


def _project(table: tables.Table, random: Random) -> str:
    lines = []
    for name, values in random.sample(_SETTINGS, random.randint(0, 4)):
        right = values[0] if random.random() < 0.6 else random.choice(values)
        lines.append(f"{name} = {right}\n")
    cells = [shown(cell) for row in table.rows[:5] for cell in row] or ["x"]
    end = random.choice(_PROJECT_ENDS) if random.random() < 0.4 else ""
    word, header = (json.dumps(options.argument(text)[:200]) for text in (
        random.choice(cells), shown(random.choice(table.headers)) if table.headers else "")
    )  # fmt: skip
    return "".join(lines) + end.replace("{word}", word).replace("{header}", header)
