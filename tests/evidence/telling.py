"""What a file tells of each record: less than the truth where columns or words are missing, never more."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date

    from .layouts import Layout
    from .pipelines import Record

STAGE_COLUMNS = ("stage", "open_stage", "odoo_stage", "lifecycle", "lead_stage")
REACH_COLUMNS = frozenset({"open_stage", "odoo_stage", "lifecycle", "last_open"})
"""Those that tell how far lost ones came."""


@dataclass
class Told:
    """What is told of one record; None and blanks where nothing is.

    Attributes:
        reached: Stages with evidence, with the day where one is told.
        outcome: ``won``, ``lost``, or ``open`` where neither is told.
    """

    created: date | None
    reached: dict[str, date | None]
    outcome: str
    won_day: date | None
    lost_day: date | None
    amount: float | None
    source: str | None


@dataclass
class Telling:
    """What is told of all records of a table, and what of a kind is told at all.

    Attributes:
        kind: ``leads`` or ``deals``.
        rows: The records that count.
        won: Wins are told; ``lost``: losses are.
        certain: Stages of which it is told which of the lost reached them; ``opportunity``: which were opportunities.
        guessed: Some were lost from a stage behind a word that nobody knows.
        created: There are days of creation, and so on.
    """

    kind: str
    rows: list[Told] = field(default_factory=list)
    won: bool = False
    lost: bool = False
    certain: frozenset[str] = frozenset()
    opportunity: bool = False
    guessed: bool = False
    created: bool = False
    won_days: bool = False
    amounts: bool = False
    sources: bool = False


@dataclass(frozen=True)
class Words:
    """Words put in the place of a system's own, which nobody can know: by stage, or by ``won`` and ``lost``."""

    unknown: dict[str, str] = field(default_factory=dict)


def tell(records: Iterable[Record], layout: Layout, words: Words, *, hints: Collection[str]) -> Telling:
    """Say what a table tells.

    Args:
        records: What stands in it.
        layout: Its columns.
        words: Words nobody knows.
        hints: Outcomes (``won``, ``lost``) for which hints are taken too: a filled reason of loss, a probability of 0
            or 100, a day of closing. Where nothing else tells the outcome each reading is right.
    """
    has = {meaning for meaning, _ in layout.columns}
    records = [record for record in records if not (record.deleted and "deleted" in has)]
    rows = [_row(record, layout, has, words, hints=hints) for record in records]
    told = Telling(layout.kind, rows)
    told.won = any(row.outcome == "won" for row in rows)
    told.lost = any(row.outcome == "lost" for row in rows)
    told.created = "created" in has
    told.won_days = any(row.won_day for row in rows)
    told.amounts = bool(has & {"amount", "actual", "estimate"})
    told.sources = "source" in has
    first = "Opportunity" if layout.kind == "deals" else "Lead"
    inner = {stage for row in rows for stage in row.reached} - {"Won", first}
    by_days = inner <= {meaning[4:] for meaning in has if meaning.startswith("day:")}
    by_column = bool(has & REACH_COLUMNS)
    told.guessed = by_column and not by_days and _lost_behind(words, records, layout)
    if told.guessed:
        by_column = False
    told.opportunity = layout.kind == "deals" or by_column or (by_days and "Opportunity" in inner)
    told.certain = frozenset({"Won", first, *({"Opportunity"} if told.opportunity else ())})
    if by_column or by_days:
        told.certain |= inner
    return told


def _lost_behind(words: Words, records: list[Record], layout: Layout) -> bool:
    """Some were lost from a stage with a word that nobody knows."""
    return any(record.outcome == "lost" and shown_stage(record, layout) in words.unknown for record in records)


def _row(record: Record, layout: Layout, has: set[str], words: Words, *, hints: Collection[str]) -> Told:
    outcome = _outcome(record, has, words, hints=hints)
    return Told(
        created=record.created if "created" in has else None,
        reached=_reached(record, layout, has, words, outcome),
        outcome=outcome,
        won_day=_closing(record, has, "won_day") if outcome == "won" else None,
        lost_day=_closing(record, has, "lost_day") if outcome == "lost" else None,
        amount=_amount(record, has, outcome),
        source=record.source if "source" in has else None,
    )


def _outcome(record: Record, has: set[str], words: Words, *, hints: Collection[str]) -> str:
    words_won = {"stage", "odoo_stage"} if "won" not in words.unknown else set()
    words_lost = {"stage", "lead_stage"} if "lost" not in words.unknown else set()
    if record.outcome == "won":
        tellers = words_won | {"status", "lifecycle", "is_won", "won_day"}
        hinting = {"probability", "probability_share", "actual", "status_reason"}
        # certain, and decided on a day that has come
        hinting |= {"probability_any"} if "closed_day" in has else set()
    elif record.outcome == "lost":
        tellers = words_lost | {"status", "lead_status", "lost_day", "is_active"}
        tellers |= {"is_closed"} if "is_won" in has else set()
        tellers |= {"is_won"} if "closed_day" in has else set()
        hinting = {"reason", "probability", "probability_share", "closed_day", "status_reason"}
        hinting |= {"close_day"} if "is_won" in has else set()
        # closed and not won, where words tell the wins
        hinting |= {"is_closed"} if words_won & has else set()
    else:
        return "open"
    return record.outcome if has & (tellers | hinting if record.outcome in hints else tellers) else "open"


def _reached(record: Record, layout: Layout, has: set[str], words: Words, outcome: str) -> dict[str, date | None]:
    reached: dict[str, date | None] = {}
    if layout.kind == "deals":
        reached["Opportunity"] = record.created if "created" in has else None
    else:
        reached["Lead"] = record.created if "created" in has else None
    shown = shown_stage(record, layout)
    stands = has & ({"open_stage", "lifecycle"} | ({"odoo_stage"} if record.outcome != "won" else set()))
    if record.outcome == "open":
        stands |= has & {"stage", "lead_stage"}
    elif record.deals:
        stands |= has & {"lead_stage"}  # which says that it was converted
    if record.outcome == "lost":
        stands |= has & {"last_open"}
    if stands and shown not in words.unknown:
        reached.setdefault(shown, None)
    reached |= {stage: day for stage, day in record.entered.items() if f"day:{stage}" in has}
    if outcome == "won":
        reached["Won"] = _closing(record, has, "won_day")
    return reached


def shown_stage(record: Record, layout: Layout) -> str:
    """The furthest stage of a record that the words of the layout can tell."""
    known = [stage for stage in record.entered if stage in layout.words]
    if "lead_stage" in dict(layout.columns) and record.deals:
        known = list(layout.words)
    return known[-1] if known else next(iter(record.entered))


def _closing(record: Record, has: set[str], own: str) -> date | None:
    return record.closed if has & {own, "close_day", "closed_day"} else None


def _amount(record: Record, has: set[str], outcome: str) -> float | None:
    if record.amount is None or not has & {"amount", "estimate", "actual"}:
        return None
    if "amount" in has:
        return record.amount
    if record.outcome == "won" and "actual" in has and not (outcome == "open" and "estimate" in has):
        return paid(record)
    return record.amount if "estimate" in has else None


def paid(record: Record) -> float:
    """What a won deal brought in the end, where that is not what was hoped for."""
    return round((record.amount or 0.0) * 0.9, 2)


def join(leads: Telling, records: list[Record], deals: Telling) -> Telling:
    """Put leads and their deals together: a lead is what its deals have become, worth what they brought together."""
    rows = []
    of_deals = iter(deals.rows)
    for record, lead in zip(records, leads.rows, strict=True):
        one = replace(lead, reached=dict(lead.reached))
        own = [next(of_deals) for _ in record.deals]
        for deal in own:
            for stage, day in deal.reached.items():
                one.reached[stage] = one.reached.get(stage) or day
            one.outcome, one.won_day, one.lost_day = deal.outcome, deal.won_day, deal.lost_day
        amounts = [deal.amount for deal in own if deal.amount is not None]
        one.amount = sum(amounts) if amounts else lead.amount
        rows.append(one)
    return Telling(
        "leads",
        rows,
        won=any(row.outcome == "won" for row in rows),
        lost=any(row.outcome == "lost" for row in rows),
        certain=leads.certain | deals.certain,
        opportunity=True,  # the others have no deal
        created=leads.created,
        won_days=any(row.won_day for row in rows),
        amounts=deals.amounts,
        sources=leads.sources,
    )
