"""Command lines of ``leadkpi funnel``: every option, right and wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.attack.formats import shown
from tests.attack.tables import HOSTILE_TEXTS, PROJECT_NAMES, SOURCES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from tests.attack.tables import Table

DAYS = (
    "2025-06-30", "2025-06-30", "2025-12-31", "2025-12-31", "2026-11-01", "2026-11-01", "9999-12-15", "9999-12-31",
    "20250630", "2025-W10-1",
)  # fmt: skip
PERIODS = ("2025", "2025-Q2", "2025-06", "2025-W18", "2025-05-17", "2024-12-31..2026-01", "1902..9998")
TARGETS = ("won=40", "leads=1e6", "win_rate=25%", "cpl=30", "velocity=1e-300", "mql=1", "Meeting=3")
NO_TARGETS = ("won", "won=", "won=-1", "win_rate=25", "nothing=5", "leads=1e999", "=5")
NO_DAYS = ("0001-01-01", "1900-01-01", "1901-01-01", "2025-02-30", "x", "10000-01-01", "")
FIELDS = (
    "created",
    "amount",
    "stage",
    "lead_id",
    "won_date",
    "source",
    "sp_spend",
    "to_time",
    "name",
    "owner",
    "campaign",
)
STAGES = ("Lead", "MQL", "SQL", "Meeting", "Opportunity", "Proposal", "Won", "Lost", "Open", "won", "Nonsense")
LONG_TEXT = 30_000
"""Characters an argument may have here: the system takes no more than 128 KB."""


def argument(text: str) -> str:
    """A text as the system hands it over in an argument: without NUL, and of bytes."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:LONG_TEXT]


def _header(table: Table, random: Random) -> str:
    if random.random() < 0.04 or not table.headers:
        return random.choice(HOSTILE_TEXTS)
    return shown(random.choice(table.headers))


def _word(table: Table, random: Random) -> str:
    cells = [shown(cell) for row in table.rows[:5] for cell in row]
    if cells and random.random() < 0.6:
        return random.choice(cells)
    return random.choice(HOSTILE_TEXTS if random.random() < 0.8 else PROJECT_NAMES)


def filtering(table: Table, random: Random) -> list[str]:
    """Options on which rows are counted."""
    said: list[str] = []
    while random.random() < 0.12:
        sign = random.choice(("=", "!=", "<", ">=", " in (", " not in ("))
        value = _word(table, random) + ("," + _word(table, random) + ")" if "(" in sign else "")
        said += ["--where", argument(f"{_header(table, random)}{sign}{value}")]
    if random.random() < 0.01:
        said += ["--pipeline", argument(_word(table, random))]
    if random.random() < 0.08:
        said += ["--exclude", argument(_word(table, random))]
    return said


def counting(table: Table, random: Random) -> list[str]:
    """Options on how a table is read and counted."""
    said: list[str] = []

    wrong = random.random() < 0.06

    def sometimes(share: float, option: str, right: Sequence[str], odd: Sequence[str] = ()) -> None:
        if random.random() < share:
            said.extend((option, argument(random.choice((*right, *odd) if wrong else right))))

    sometimes(0.5, "--as-of", DAYS, NO_DAYS)
    sometimes(0.15, "--reach", ("filled", "exact", "strict"), ("any", ""))
    sometimes(0.15, "--window", ("1", "30", "10000"), ("0", "10001", "-1", "1e3", "٩", "x"))
    sometimes(0.2, "--win-basis", ("closed", "all", "cohort"), ("none",))
    sometimes(0.1, "--margin", ("0", "1", "0.35", "1e-320"), ("1.5", "nan", "inf", "-0"))
    sometimes(0.1, "--top", ("1", "2", "1000"), ("0", "1001", "9" * 30))
    sometimes(0.1, "--dedupe", ("id", "id+email", "none"))
    sometimes(0.15, "--kind", ("leads", "deals"), ("lead",))
    sometimes(0.12, "--period", PERIODS, (*NO_DAYS, "2026-Q5", "2026-W60", "2026-05..2026-01", "..", "0000"))
    if "--period" in said:
        sometimes(0.4, "--compare", ("previous", "year-ago", "none"), ("next",))
        sometimes(0.3, "--fiscal-start", ("1", "4", "12"), ("0", "13", "April"))
    sometimes(0.1, "--stages", ("own", "auto", "canonical"), ("mine",))
    sometimes(0.02, "--rate", ("EUR=4.25", "USD=3.9", "GBP=1e-9"), ("EUR", "EUR=0", "EUR=-1", "E=1", "=", "EUR=x"))
    sometimes(0.01, "--currency", ("PLN", "EUR"), ("zloty", ""))
    sometimes(0.06, "--target", TARGETS, NO_TARGETS)
    sometimes(0.03, "--sheet", ("Leads", "leads"), ("Nothing", "", "x" * 40))
    while random.random() < 0.25:
        said += ["--by", argument(_header(table, random) if random.random() < 0.8 else random.choice(FIELDS))]
    said += filtering(table, random)
    while random.random() < 0.12:
        said += ["--map", argument(f"{random.choice(FIELDS)}={random.choice(('-', _header(table, random) or '-'))}")]
    while random.random() < 0.06:
        spelling, channel = random.choice((*SOURCES, _word(table, random))), random.choice((*SOURCES, *PROJECT_NAMES))
        if wrong or (spelling.strip() and channel.strip() and "=" not in spelling):
            said += ["--channel", argument(f"{spelling}={channel}")]
    sometimes(0.04, "--encoding", ("utf-8", "cp1250", "spend=cp1252", "deals=utf-16"), ("x", "ads=utf-8", "rot13", "="))
    while random.random() < 0.12:
        word = _word(table, random)
        if wrong or (word.strip() and "=" not in word):
            said += ["--stage", argument(f"{word}={random.choice(STAGES if wrong else STAGES[:9])}")]
    return said


def writing(random: Random) -> list[str]:
    """Options on what is written."""
    said: list[str] = []
    if random.random() < 0.2:
        said += [
            "--language",
            random.choice(("en", "pl", "pl", "ru", "ru", "de") if random.random() < 0.05 else ("en", "pl", "ru")),
        ]
    if random.random() < 0.2:
        said += ["--formulas", random.choice(("native", "functions", "values"))]
    if random.random() < 0.3:
        said += ["--data", random.choice(("0", "1", "10", "50000", "1048575"))]
    if random.random() < 0.3:
        said.append("--quiet")
    return said
