"""Funnel workbooks of all options, made by the command from leads that a format could trip over."""

import csv

from xl_leadkpi import sample
from xl_leadkpi.cli import main

LONG = "A very long name of a column " * 12
HOSTILE = {
    "Line\nbreak\tand\r\nmore": "value\nof\r\ntwo\tlines",
    "_x000D_ and _xD800_": "_x000D_",
    "=1+1": "=HYPERLINK(\"#'Nowhere'!A1\")",
    '"quoted" <b>&amp;</b>': "&&R&P <x>",
    "\N{ROBOT FACE}" * 200: "\N{ROBOT FACE}" * 20_000,
    LONG: LONG * 300,
    LONG.upper(): "'apostrophe'",
    "Bell\x07 \ufffe": "\x1b[31m \uffff",
    "won": "WON",
    "2024": "007",
    "A1": "R1C1",
    "<r>bold & brave</r>": "<r><t>rich</r>",
    "_x0041_x0042_": "_x005F_x0000_",
}
"""Columns to group by, and a value of each: what XML, Excel or a formula has no place for, in as many ways."""


CURRENCY = 'Coins "of [Red] ; _x000D_ ' * 20
"""A currency that is no code: it goes into number formats."""


def hostile_leads(path):
    """A CSV of leads whose columns and values are those of :data:`HOSTILE`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["ID", "Created", "Stage", "Source", "Campaign", "Owner", "Amount", "Currency", "Lost reason", *HOSTILE]
        )
        values = list(HOSTILE.values())
        for number in range(60):
            stage = ("Won", "Lost", "SQL", "MQL", "Lead")[number % 5]
            source = values[number % len(values)]
            own = [value if (number + i) % 3 else f"{i}{number % 4}" for i, value in enumerate(values)]
            rows.writerow([f"{number:05}", f"2026-0{number % 6 + 1}-1{number % 9}", stage, source, source, source,
                           number * 10.5, CURRENCY, source if stage == "Lost" else "", *own])  # fmt: skip
    return path


def deals(path):
    """Two tables in one: deals only, in two currencies, won and lost."""
    lines = ["Opportunity ID,Created,Stage,Amount,Currency"]
    lines += [
        f"{number},2026-0{number % 6 + 1}-05,{stage},{number * 100},{currency}"
        for number, stage, currency in zip(
            range(1, 31), ("Won", "Lost", "Proposal") * 10, ("EUR", "USD") * 15, strict=True
        )
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def workbooks(folder):
    """Name and file of each workbook."""
    leads, spend, touches = sample.write(folder, 160)
    hostile = hostile_leads(folder / "a & b &P _x000D_.csv")
    everything = [leads, "--spend", spend, "--touches", touches]
    tiny = folder / "tiny.csv"
    tiny.write_text("ID,Created,Stage\n1,2026-01-05,Won\n", encoding="utf-8")
    by = [part for header in HOSTILE for part in ("--by", header.replace("\r\n", "\n"))]
    runs = {
        **{f"everything {mode} {language}": [*everything, "--formulas", mode, "--language", language]
           for mode, language in (("native", "en"), ("functions", "pl"), ("values", "ru"), ("functions", "en"),
                                  ("native", "ru"))},
        **{f"hostile {mode} {language}": [hostile, *by, "--formulas", mode, "--language", language]
           for mode, language in (("native", "en"), ("functions", "ru"), ("values", "pl"))},
        "exact": [*everything, "--reach", "exact", "--win-basis", "all", "--formulas", "functions", "--by", "owner"],
        "strict": [leads, "--reach", "strict", "--win-basis", "cohort", "--data", "0", "--top", "2"],
        "a period": [*everything, "--period", "2026-03..2026-05", "--margin", "0.4", "--data", "5"],
        "deals": [deals(folder / "deals.csv"), "--kind", "deals", "--language", "pl"],
        "tiny": [tiny, "--language", "ru"],
    }  # fmt: skip
    for number, (name, arguments) in enumerate(runs.items()):
        output = folder / f"{number}.xlsx"
        code = main(["funnel", *map(str, arguments), "-o", str(output), "--quiet"])
        assert code == 0, name
        yield name, output
