"""Workbooks whose Funnel_Map somebody has edited, kindly or not."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from tests.attack import formats, tables

if TYPE_CHECKING:
    from random import Random

_PARAMETERS: tuple[tuple[str, Any, tuple[Any, ...]], ...] = (
    ("as_of", "2025-12-31", ("9999-12-31", "0001-01-01", date.max, 2958466, -1, 1e300, "x", "")),
    ("reach", "filled", ("exact", "strict", "any", 1, "")),
    ("window_days", 90, (1, 0, -1, 96_000, 10**12, 1.5, "x", 1e308)),
    ("win_basis", "closed", ("all", "cohort", "x", None)),
    ("gross_margin", 1, (0, 0.5, 2, -1, "x", "nan")),
    ("top_groups", 15, (0, 1, 1_000_000_000, -5, 2.5)),
    ("cohort_months", 12, (0, 1, 96_000, 10**9, -1, "x")),
    ("period_from", None, ("2025-01-01", "9999-12-31", "0001-01-01", 60, "x")),
    ("period_to", None, ("2025-12-31", "0001-01-01", "9999-12-31", 2958466)),
    ("compared_from", None, ("2024-01-01", "9999-12-31", "0001-01-01", 60, "x")),
    ("compared_to", None, ("2024-12-31", "0001-01-01", "9999-12-31", 2958466)),
    ("half_life", 7, (0, -1, 1e-300, 1e300, "nan")),
    ("min_n", 30, (0, -1, 10**18, "x")),
    ("target_minutes", 3, (0, -1, 1e300, "inf")),
    ("built_at", None, ("2025-01-01", 1, "x")),
    ("spend_table", "(none)", ("Spend", "x")),
    ("nothing", 1, (2,)),
)


def map_workbook(random: Random) -> bytes:
    """A workbook with a Funnel_Map; some of its cells are edited, some of them to nonsense."""
    lines: list[list[Any]] = [["", "Funnel map"], []]
    lines.append(["tblParameters", "Parameter", "Value", "Default", "Meaning"])
    wild = 0.1 if random.random() < 0.3 else 0.01
    for name, default, values in _PARAMETERS:
        edited = random.random() < wild
        lines.append(["", name, random.choice(values) if edited else default, default, ""])
    lines += [[], ["tblColumns", "Header", "Field", "Recognised", "Score", "Reason", "Second", "Table"]]
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
        at = random.randrange(len(lines))
        lines[at] = [tables.hostile(random) for _ in range(random.randint(0, 12))]
    sheets = [("Funnel", [["x"]]), ("Funnel_Map", lines)]
    return (
        formats.xlsx_file(sheets, random)
        if random.random() < 0.15
        else formats.zipped(dict(formats.xlsx_parts(sheets)))
    )
