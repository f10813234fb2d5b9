"""Workbooks whose Settings and Funnel_Map somebody has edited, kindly or not."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from tests.attack import formats, tables

if TYPE_CHECKING:
    from random import Random

_Parameters = tuple[tuple[str, Any, tuple[Any, ...]], ...]
_PERIOD: _Parameters = (
    ("as_of", "2025-12-31", ("9999-12-31", "0001-01-01", date.max, 2958466, -1, 1e300, "x", "")),
    (
        "period",
        "none",
        ("2025-Q2", "2025-05", 2025, date(2025, 5, 17), "1902..9998", "2025-Q9", "..", -1, 1e300, "x", ""),
    ),
    ("compare", "previous", ("year-ago", "none", "2024", "brak", "x", 7, "")),
    ("fiscal_start", 1, (4, 12.0, 0, 13, "April", 1e300, "")),
)
_FILTERS: _Parameters = (
    ("pipeline", "none", ("Sales", "x", 1)),
    ("where", "none", ("Amount>=0", "Source in (Web, 'a; b')", "; ;", "Amount", "=", 5)),
    ("exclude", "none", ("Spam; Test", "';'", 0)),
)
_PARAMETERS: _Parameters = (
    ("reach", "filled", ("exact", "strict", "any", 1, "")),
    ("window_days", 90, (1, 0, -1, 96_000, 10**12, 1.5, "x", 1e308)),
    ("win_basis", "closed", ("all", "cohort", "x", None)),
    ("gross_margin", 1, (0, 0.5, 2, -1, "x", "nan")),
    ("top_groups", 15, (0, 1, 1_000_000_000, -5, 2.5)),
    ("cohort_months", 12, (0, 1, 96_000, 10**9, -1, "x")),
    ("half_life", 7, (0, -1, 1e-300, 1e300, "nan")),
    ("min_n", 30, (0, -1, 10**18, "x")),
    ("target_minutes", 3, (0, -1, 1e300, "inf")),
    ("stages", "auto", ("own", "canonical", "x", 1)),
    ("built_at", None, ("2025-01-01", 1, "x")),
    ("spend_table", "(none)", ("Spend", "x")),
    ("nothing", 1, (2,)),
)
_TARGETS: _Parameters = tuple(
    (key, "", (40, 0.25, "25%", 1e300, -1, 0, "x", date.max)) for key in ("leads", "won", "win_rate", "cpl", "nothing")
)


def _settings(random: Random, wild: float) -> list[list[Any]]:
    """The sheet Settings."""
    lines: list[list[Any]] = [["", "Settings"], []]
    for table, parameters in (
        ("tblPeriod", _PERIOD), ("tblFilters", _FILTERS), ("tblParameters", _PARAMETERS), ("tblTargets", _TARGETS),
    ):  # fmt: skip
        lines.append([table, "Parameter", "Value", "Default", "Meaning"])
        for name, default, values in parameters:
            edited = random.random() < wild
            lines.append(["", name, random.choice(values) if edited else default, default, name])
        lines.append([])
    lines.append(["tblStages", "Stage", "Place", "Shown", "Counts as", "Found", "Found as", "By", "Words"])
    for place, name in enumerate(random.sample(sorted(tables.VOCABULARY["stages"].keys() - {"Visitor"}), 3), start=1):
        edited = random.random() < wild
        shown = tables.hostile(random) if edited else name
        lines.append(
            ["", name, random.choice((place, "", "x", 1, -2.5)) if edited else place, shown, "", place, "", "", ""]
        )
    return lines


def map_workbook(random: Random) -> bytes:
    """A workbook with Settings and Funnel_Map; some of their cells are edited, some of them to nonsense."""
    wild = 0.1 if random.random() < 0.3 else 0.01
    settings = _settings(random, wild)
    lines: list[list[Any]] = [["", "Funnel map"], []]
    lines += [["tblColumns", "Header", "Field", "Recognised", "Score", "Reason", "Second", "Table"]]
    for name in random.sample(tables.FAMILIES["leads"], 6):
        field = random.choice((name, name, name, "-", "amount", "nonsense", tables.hostile(random)))
        header = tables.header_of(name, random) if random.random() > wild else tables.hostile(random)
        table = random.choice(("leads", "deals", "spend", "x") if random.random() < wild else ("leads",))
        lines.append(["", header, field if random.random() < wild * 2 else name, name, 1.0, "exact", "", table])
    lines += [[], ["tblStageWords", "Word", "Stage", "Recognised", "Rows", "Origin"]]
    for stage in random.sample(sorted(tables.VOCABULARY["stages"].keys() - {"Visitor"}), 4):
        word = random.choice(tables.VOCABULARY["stages"][stage])
        meant = (
            random.choice((stage, "Won", "Lost", "", "Nonsense", tables.hostile(random)))
            if random.random() < wild
            else stage
        )
        lines.append(["", word, meant, stage, 3, "known"])
    if random.random() < 0.15:
        spoilt = random.choice((lines, settings))
        at = random.randrange(len(spoilt))
        spoilt[at] = [tables.hostile(random) for _ in range(random.randint(0, 12))]
    sheets = [("Funnel", [["x"]]), ("Settings", settings), ("Funnel_Map", lines)]
    if random.random() < 0.05:
        del sheets[random.randint(1, 2)]
    return (
        formats.xlsx_file(sheets, random)
        if random.random() < 0.15
        else formats.zipped(dict(formats.xlsx_parts(sheets)))
    )
