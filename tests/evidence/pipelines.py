"""Random sales pipelines of which everything is known: who came when, how far, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

AS_OF = date(2026, 6, 30)
FIRST_DAY = date(2025, 8, 1)
LAST_CREATION = date(2026, 6, 5)

LEAD_STAGES = ("Lead", "MQL", "SQL", "Meeting", "Opportunity", "Proposal")
DEAL_STAGES = ("Opportunity", "Meeting", "Proposal")
"""A deal is an opportunity from its first day, so its meetings come after."""

OWNERS = ("Ewa Lis", "Tom Hale", "Ines Prat")
REASONS = ("Price", "No budget", "Competitor", "No answer")


@dataclass
class Record:
    """A lead or a deal, as it really is.

    Attributes:
        number: From 1.
        created: Day of creation.
        entered: Stages entered, with the day of each, in order.
        outcome: ``open``, ``won`` or ``lost``.
        closed: Day it was won or lost, None while open.
        expected: Day on which it is, or was, expected to close.
        amount: What it is worth; None where nobody has written it down.
        source: Where it came from, None where nobody knows.
        owner: Who works on it.
        reason: Why it was lost.
        deleted: In the recycle bin of the system.
        deals: Deals that came out of a lead, where they stand in a table of their own.
    """

    number: int
    created: date
    entered: dict[str, date]
    outcome: str
    closed: date | None
    expected: date
    amount: float | None
    source: str | None
    owner: str
    reason: str | None
    deleted: bool = False
    deals: list[Record] = field(default_factory=list)

    @property
    def last_stage(self) -> str:
        """The furthest stage before the record was closed."""
        return list(self.entered)[-1]


def make_pipeline(draw: Random, stages: tuple[str, ...], sources: tuple[str, ...], n: int) -> list[Record]:
    """Make records of every outcome: at least three won, three lost late, three lost early, and open ones."""
    fates = ["won"] * 4 + ["lost late"] * 3 + ["lost early"] * 3 + ["open early"] * 3 + ["open late"] * 4
    fates += draw.choices(["won", "lost late", "lost early", "open early", "open late"], k=max(0, n - len(fates)))
    draw.shuffle(fates)
    return [_record(draw, number, fate, stages, sources) for number, fate in enumerate(fates, 1)]


def _record(draw: Random, number: int, fate: str, stages: tuple[str, ...], sources: tuple[str, ...]) -> Record:
    late = stages.index("Opportunity")
    if fate == "won":
        furthest = len(stages) - 1
    elif fate.endswith("late"):
        furthest = draw.randint(late, len(stages) - 1)
    else:
        furthest = draw.randint(0, max(0, late - 1))
    created = FIRST_DAY + timedelta(days=draw.randint(0, (LAST_CREATION - FIRST_DAY).days))
    room = (AS_OF - created).days
    steps = furthest + (fate.split(maxsplit=1)[0] in {"won", "lost"})
    gaps = sorted(draw.randint(0, room) for _ in range(steps))
    days = [created, *(created + timedelta(days=gap) for gap in gaps)]
    entered = dict(zip(stages[: furthest + 1], days, strict=False))
    outcome = fate.split(maxsplit=1)[0]
    closed = days[-1] if outcome != "open" else None
    expected = closed or AS_OF + timedelta(days=draw.randint(-20, 120))
    return Record(
        number=number,
        created=created,
        entered=entered,
        outcome=outcome,
        closed=closed,
        expected=expected,
        amount=None if outcome != "won" and draw.random() < 0.15 else float(draw.randint(400, 90_000)),
        source=None if draw.random() < 0.06 else draw.choice(sources),
        owner=draw.choice(OWNERS),
        reason=draw.choice(REASONS) if outcome == "lost" else None,
    )
