"""Histories of leads whose every change is known, and the layouts in which systems write them down."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Table = list[list[Any]]
WON, LOST = "Won", "Lost"
BEYOND = "Coffee"
"""A word that means nothing."""


class Change(NamedTuple):
    """A stage that a lead entered; ``moment`` is a day, or a day with its time."""

    lead: str
    moment: date
    word: str


@dataclass(frozen=True)
class Course:
    """What an export tells of a lead: when it began, and when and how it ended, if it has.

    Attributes:
        lead: Its identifier.
        begun: When it entered the first stage.
        ended: When it was won or lost, None while it is open.
        outcome: The word for that, ``""`` while it is open.
    """

    lead: str
    begun: date
    ended: date | None = None
    outcome: str = ""


def straight(courses: Sequence[Course], words: Sequence[str]) -> list[Change]:
    """The changes that the exports themselves tell: into the first stage, and out of it.

    Args:
        courses: The leads.
        words: Of the open stages, in order; the first alone is entered.
    """
    changes = []
    for one in courses:
        changes.append(Change(one.lead, one.begun, words[0]))
        if one.ended is not None:
            changes.append(Change(one.lead, one.ended, one.outcome))
    return _in_order_of_time(changes)


def winding(courses: Sequence[Course], words: Sequence[str], seed: int, *, beyond: str = "") -> list[Change]:
    """The same leads on a way of their own between their true first and last day.

    They go on, back, again where they are, and now and then into a loss that does not last.

    Args:
        courses: The leads.
        words: Of the open stages, in order.
        seed: Of the chance.
        beyond: A word that means nothing, which some are given.
    """
    chance = Random(seed)
    last = max(one.ended or one.begun for one in courses)
    changes = []
    for one in courses:
        changes.append(Change(one.lead, one.begun, words[0]))
        place, until = 0, one.ended or last
        for moment in sorted(_between(one.begun, until, chance) for _ in range(chance.choice((0, 1, 2, 3, 4, 6)))):
            step = chance.choices((1, -1, 0, LOST, beyond), (60, 15, 10, 4, 2 * bool(beyond)))[0]
            if isinstance(step, int):
                place = min(max(place + step, 0), len(words) - 1)
            changes.append(Change(one.lead, moment, words[place] if isinstance(step, int) else step))
        if one.ended is not None:
            changes.append(Change(one.lead, one.ended, one.outcome))
    return _in_order_of_time(changes)


def _between(first: date, last: date, chance: Random) -> date:
    if isinstance(first, datetime):
        return first + timedelta(minutes=chance.randrange(max(int((last - first).total_seconds()) // 60, 1)))
    return first + timedelta(days=chance.randrange(max((last - first).days, 1)))


def _in_order_of_time(changes: list[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: change.moment)


def up_to(changes: Sequence[Change], day: date) -> list[Change]:
    """The changes that had happened by the end of a day."""
    return [change for change in changes if _day(change.moment) <= day]


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


# --- layouts


def stage_log(changes: Sequence[Change]) -> Table:
    """Identifier, stage, time."""
    return [["Lead ID", "Stage", "Date entered"], *([one.lead, one.word, one.moment] for one in changes)]


def undressed_log(changes: Sequence[Change]) -> Table:
    """The same with headers that say as little as they can."""
    return [["id", "time", "stage"], *([one.lead, one.moment, one.word] for one in changes)]


def old_and_new(changes: Sequence[Change]) -> Table:
    """Identifier, time, what stood before, what stands now."""
    rows = ([one.lead, one.moment, before, one.word] for one, before in _with_before(changes))
    return [["Lead ID", "Changed at", "Old stage", "New stage"], *rows]


def salesforce_opportunity_history(changes: Sequence[Change]) -> Table:
    """The report type of this name: newest first, with the stage that the opportunity is in today."""
    header = ["Opportunity ID", "Opportunity Name", "From Stage", "To Stage", "Last Modified", "Stage", "Created Date"]
    now, created = _ends(changes)
    rows = [
        [one.lead, f"Order {one.lead[:6]}", before, one.word, one.moment, now[one.lead], created[one.lead]]
        for one, before in _with_before(changes)
    ]
    return [header, *reversed(rows)]


def salesforce_field_history(changes: Sequence[Change]) -> Table:
    """The report type of this name: the first stage is told by what stood before the first change."""
    header = ["Opportunity ID", "Stage", "Created Date", "Field / Event", "Old Value", "New Value", "Edit Date"]
    now, created = _ends(changes)
    rows = []
    for one, before in _with_before(changes):
        change = ["Created.", None, None] if before is None else ["Stage", before, one.word]
        rows.append([one.lead, now[one.lead], created[one.lead], *change, one.moment])
    return [header, *rows]


def hubspot_property_history(changes: Sequence[Change]) -> Table:
    """A property, its value and since when it has had it, among other properties."""
    rows = []
    for one, before in _with_before(changes):
        if before is None:
            rows.append([one.lead, "hubspot_owner_id", "77", one.moment, "CRM_UI"])
        rows.append([one.lead, "Deal Stage", one.word, one.moment, "CRM_UI"])
    return [["Record ID", "Property", "Value", "Timestamp", "Source Type"], *rows]


def pipedrive_change_log(changes: Sequence[Change]) -> Table:
    """Stages and statuses are fields of their own: who comes back is open first, in the stage of before."""
    rows = []
    stage: dict[str, str] = {}
    for one, before in _with_before(changes):
        status = before if before in {WON, LOST} else "Open"
        if one.word in {WON, LOST}:
            rows.append([one.lead, "Status", status if before else None, one.word, one.moment])
            continue
        if status != "Open":
            rows.append([one.lead, "Status", status, "Open", one.moment])
        if one.word != stage.get(one.lead):
            rows.append([one.lead, "Stage", stage.get(one.lead), one.word, one.moment])
            stage[one.lead] = one.word
    return [["Deal ID", "Field Key", "Old Value", "New Value", "Log Time"], *rows]


def reopened_in_place(changes: Sequence[Change]) -> list[Change]:
    """The changes with those that Pipedrive has besides: who comes back is in the last open stage first."""
    found, last = [], {}
    closed: set[str] = set()
    for one in changes:
        is_end = one.word in {WON, LOST}
        if one.lead in closed and not is_end and one.lead in last:
            found.append(Change(one.lead, one.moment, last[one.lead]))
        found.append(one)
        (closed.add if is_end else closed.discard)(one.lead)
        if not is_end and one.word != BEYOND:
            last[one.lead] = one.word
    return found


def bitrix_stage_history(changes: Sequence[Change]) -> Table:
    """The stages of Bitrix24 and amoCRM, in Russian headers."""
    rows = ([one.lead, before, one.word, one.moment] for one, before in _with_before(changes))
    return [["ID сделки", "Предыдущая стадия", "Новая стадия", "Дата перехода"], *rows]


LAYOUTS: tuple[Callable[[Sequence[Change]], Table], ...] = (
    stage_log,
    undressed_log,
    old_and_new,
    salesforce_opportunity_history,
    salesforce_field_history,
    hubspot_property_history,
    pipedrive_change_log,
    bitrix_stage_history,
)


def _with_before(changes: Sequence[Change]) -> Iterator[tuple[Change, str | None]]:
    last: dict[str, str] = {}
    for one in changes:
        yield one, last.get(one.lead)
        last[one.lead] = one.word


def _ends(changes: Sequence[Change]) -> tuple[dict[str, str], dict[str, date]]:
    """The stage each lead is in, and the day on which it was created."""
    of_lead: dict[str, list[Change]] = defaultdict(list)
    for one in changes:
        of_lead[one.lead].append(one)
    now = {lead: next((word for *_, word in reversed(some) if word != BEYOND), "") for lead, some in of_lead.items()}
    return now, {lead: _day(some[0].moment) for lead, some in of_lead.items()}
