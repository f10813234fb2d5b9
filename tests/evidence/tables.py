"""What stands in each cell of an export: a function of the record for every meaning of a column."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .dress import Money, Row
from .pipelines import AS_OF
from .telling import Words, paid, shown_stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from .layouts import Layout
    from .pipelines import Record

CURRENCIES = {"pl": "PLN", "ru": "RUB", "pt": "BRL"}
"""By language; euros elsewhere."""
STATUS_REASONS = {"won": ("Won",), "lost": ("Canceled", "Out-Sold"), "open": ("In Progress",)}


@dataclass(frozen=True)
class Hand:
    """Who writes a table: the system, its words, and what is drawn where there are several.

    Attributes:
        draw: Of the seed.
        layout: The system's.
        words: Words nobody knows, in the place of its own.
        spellings: Names of one channel, where it goes by several.
    """

    draw: Random
    layout: Layout
    words: Words
    spellings: Mapping[str, tuple[str, ...]]

    def stage(self, record: Record) -> str:
        """A word for the furthest stage before closing."""
        shown = shown_stage(record, self.layout)
        return self.words.unknown.get(shown) or self.draw.choice(self.layout.words[shown])

    def closing(self, record: Record) -> str:
        """A word for won or lost."""
        own = self.layout.won if record.outcome == "won" else self.layout.lost
        return self.words.unknown.get(record.outcome) or self.draw.choice(own)

    def flag(self, is_on: bool) -> Any:
        """On or off."""
        yes, no = (True, False) if self.layout.workbook else self.layout.flags
        return yes if is_on else no

    def source(self, record: Record) -> str | None:
        """A name of the channel."""
        name = record.source
        return None if name is None else self.draw.choice(self.spellings.get(name, (name,)))


def identifier(number: int, layout: Layout) -> str:
    """An id as the system has it: long ones of Salesforce, numbers elsewhere; hand-made lists count from one."""
    if layout.system.startswith("Salesforce"):
        return f"{'00Q' if layout.kind == 'leads' else '006'}5g00000{number:04}AbCAAU"
    if layout.system.startswith("hand-made"):
        return str(number)
    return str((70_000 if layout.kind == "leads" else 30_100) + number)


def probability(record: Record) -> int:
    """Per cent, which systems set to 100 and 0 when a deal is closed."""
    if record.outcome != "open":
        return 100 if record.outcome == "won" else 0
    return 10 + 20 * len(record.entered)


def money(amount: float | None) -> Money | None:
    """An amount, or nothing."""
    return None if amount is None else Money(amount)


def expected(record: Record) -> float | None:
    """The amount by its probability."""
    return None if record.amount is None else round(record.amount * probability(record) / 100, 2)


def modified(record: Record) -> Any:
    """A day on which somebody last looked at the record: of no account."""
    return min(AS_OF, (record.closed or list(record.entered.values())[-1]) + timedelta(days=3))


CELLS: dict[str, Callable[[Record, Hand], Any]] = {
    "id": lambda record, hand: identifier(record.number, hand.layout),
    "guid": lambda record, _: f"{record.number:08x}-1111-4222-8333-0123456789ab",
    "checksum": lambda record, _: f"abc+/=={record.number}",
    "row_number": lambda record, hand: record.number if hand.layout.workbook else str(record.number),
    "name": lambda record, _: f"Project {record.number}",
    "company": lambda record, _: f"Firm {record.number}",
    "person": lambda record, _: f"Person {record.number}",
    "email": lambda record, _: f"p{record.number}@firm{record.number}.example",
    "owner": lambda record, _: record.owner,
    "owner_id": lambda record, _: f"0055g00000{len(record.owner):04}AbC",
    "created": lambda record, _: record.created,
    "modified": lambda record, _: modified(record),
    # how far, and what became of it
    "stage": lambda record, hand: hand.stage(record) if record.outcome == "open" else hand.closing(record),
    "open_stage": lambda record, hand: hand.stage(record),
    "odoo_stage": lambda record, hand: hand.closing(record) if record.outcome == "won" else hand.stage(record),
    "lifecycle": lambda record, hand: hand.layout.lifecycle_won if record.outcome == "won" else hand.stage(record),
    "lead_stage": lambda record, hand: hand.closing(record) if is_disqualified(record) else hand.stage(record),
    "last_open": lambda record, hand: hand.stage(record) if record.outcome == "lost" else None,
    "status": lambda record, hand: hand.layout.states[("open", "won", "lost").index(record.outcome)],
    "status_reason": lambda record, hand: hand.draw.choice(STATUS_REASONS[record.outcome]),
    "lead_status": lambda record, hand: hand.draw.choice(hand.layout.fates[0 if is_disqualified(record) else 1]),
    "reason": lambda record, _: record.reason,
    "is_won": lambda record, hand: hand.flag(record.outcome == "won"),
    "is_closed": lambda record, hand: hand.flag(record.outcome != "open"),
    "is_active": lambda record, hand: hand.flag(record.outcome != "lost"),
    "is_converted": lambda record, hand: hand.flag(bool(record.deals)),
    "deleted": lambda record, hand: hand.flag(record.deleted),
    "probability": lambda record, _: str(probability(record)),
    "probability_any": lambda record, _: str(probability(record)),
    "probability_share": lambda record, _: str(probability(record) / 100),
    # days of closing
    "won_day": lambda record, _: record.closed if record.outcome == "won" else None,
    "lost_day": lambda record, _: record.closed if record.outcome == "lost" else None,
    "closed_day": lambda record, hand: record.closed or hand.layout.not_closed or None,
    "close_day": lambda record, _: record.closed or record.expected,
    "expected_day": lambda record, _: record.expected,
    # money and channels
    "amount": lambda record, _: money(record.amount),
    "estimate": lambda record, _: money(record.amount),
    "actual": lambda record, _: money(paid(record)) if record.outcome == "won" else None,
    "expected_revenue": lambda record, _: money(expected(record)),
    "currency": lambda _, hand: CURRENCIES.get(hand.layout.language, "EUR"),
    "source": lambda record, hand: hand.source(record),
}
"""By the meaning of a column; besides there are ``day:STAGE`` and ``text:ANYTHING``."""


def is_disqualified(record: Record) -> bool:
    """Lost as a lead: no deal has come of it."""
    return record.outcome == "lost" and not record.deals


def table_of(
    records: list[Record], hand: Hand, links: Mapping[str, Callable[[Record], Any]] | None = None
) -> list[Row]:
    """Header and typed rows; ``links`` fill the columns that name records of another table."""
    meanings = [meaning for meaning, _ in hand.layout.columns]
    rows = ([_cell(record, meaning, hand, links or {}) for meaning in meanings] for record in records)
    return [[header for _, header in hand.layout.columns], *rows]


def _cell(record: Record, meaning: str, hand: Hand, links: Mapping[str, Callable[[Record], Any]]) -> Any:
    if meaning in links:
        return links[meaning](record)
    kind, _, text = meaning.partition(":")
    if kind == "day":
        return record.entered.get(text)
    return text if kind == "text" else CELLS[meaning](record, hand)
