"""Which column feeds which field: the recogniser (funnel specification, section 11)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

from xl_leadkpi.leads.evidence import Evidence, evidence
from xl_leadkpi.leads.stages import find_stage
from xl_leadkpi.leads.table import ColumnMatch
from xl_leadkpi.leads.vocabulary import full_header_key, header_key, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Kind = Literal["leads", "deals", "spend", "touches"]

THRESHOLD = 0.6
TIE = 0.05
HEADER_ROWS = 15
DAMAGED = 0.1  # share of cells of the right type that makes a column worth reading at all
WIDE = 1000  # columns beyond this are recognised by their whole header only

DATES = frozenset({
    "created", "mql_date", "sql_date", "opportunity_date", "meeting_booked", "meeting_held", "proposal_date",
    "won_date", "lost_date", "close_date", "expected_close", "modified", "sp_date", "sp_end", "to_time",
})  # fmt: skip
NUMBERS = frozenset({
    "amount", "probability", "sp_spend", "sp_impressions", "sp_clicks", "sp_reach", "sp_conversions",
})  # fmt: skip
FLAGS = frozenset({"is_won", "is_closed", "is_converted"})
STAGE_WORDS = frozenset({"stage", "status", "last_open_stage"})
FEW_TEXTS = frozenset({"source", "owner", "campaign", "medium", "sp_channel", "sp_campaign", "to_channel"})

# Where two fields score the same, the one that says more comes first (expected close before close).
_SPECIFIC_FIRST = (
    "expected_close", "won_date", "lost_date", "last_open_stage", "mql_date", "sql_date", "opportunity_date",
    "meeting_held", "meeting_booked", "proposal_date", "first_response", "modified", "is_won", "is_closed",
    "is_converted", "link_id", "lost_reason", "currency", "sp_currency", "sp_end", "campaign", "pipeline",
    "probability", "stage", "status", "close_date", "created", "source",
)  # fmt: skip
_STAGE_DATE_FIELD = {
    "Lead": "created", "MQL": "mql_date", "SQL": "sql_date", "Meeting": "meeting_booked", "Proposal": "proposal_date",
    "Opportunity": "opportunity_date", "Won": "won_date", "Lost": "lost_date",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """The outcome of recognising one table's columns.

    Attributes:
        columns: One entry a column of the source.
        position: Field to column position (from 0).
        refused: Fields whose header was found but whose cells are of another type: field to column position.
        ties: Fields where two columns were equally good: ``(field, header taken, header left)``.
    """

    columns: tuple[ColumnMatch, ...]
    position: Mapping[str, int]
    refused: Mapping[str, int] = field(default_factory=dict)
    ties: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    score: float
    field: str
    column: int
    reason: str
    length: int  # letters of the part recognised: of two guesses the longer says more
    name_score: float


@dataclass(frozen=True, slots=True)
class _Synonym:
    field: str
    key: str
    words: tuple[str, ...]
    exact_only: bool


_SECTION = {"leads": "lead", "deals": "lead", "spend": "spend", "touches": "touch"}


@cache
def _synonyms(section: str) -> tuple[_Synonym, ...]:
    exact_only = {header_key(word) for word in vocabulary()["exact_only"]}
    found: dict[tuple[str, str], _Synonym] = {}
    for name, headers in vocabulary()[section].items():
        for header in headers:
            for key in {header_key(header), full_header_key(header)}:
                found[name, key] = _Synonym(name, key, tuple(key.split()), key in exact_only)
    return tuple(found.values())


@cache
def _exact(section: str) -> Mapping[str, tuple[str, ...]]:
    index: dict[str, tuple[str, ...]] = {}
    for synonym in _synonyms(section):
        for key in {synonym.key, synonym.key.replace(" ", "")}:
            index[key] = (*index.get(key, ()), synonym.field)
    return index


@cache
def _never(name: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(header_key(phrase).split()) for phrase in vocabulary()["never"].get(name, ()))


@cache
def _second_choice() -> frozenset[str]:
    """Headers that feed a field only where no better column does (utm_source beside Lead Source)."""
    return frozenset(
        key for header in vocabulary()["second_choice"] for key in (header_key(header), full_header_key(header))
    )


def header_score(cells: Sequence[object], kind: Kind) -> int:
    """Count the distinct recognised headers of a row; 0 where the row cannot be a header row."""
    if any(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in cells):
        return 0
    section = _exact(_SECTION[kind])
    # Values of data rows ("Lead", "Won") may be words of the vocabulary too, so only whole headers count here.
    recognised = {
        section[key][0]
        for cell in cells
        if isinstance(cell, str) and len(cell) <= 120
        for key in (header_key(cell), full_header_key(cell), header_key(cell).replace(" ", ""))
        if key in section
    }
    return len(recognised)


def find_header(rows: Sequence[Sequence[object]], kind: Kind, wanted: Sequence[str] = ()) -> tuple[int, int]:
    """Find the header row among the first 15 rows.

    Args:
        rows: First rows of the table.
        kind: Which vocabulary to read them with.
        wanted: Headers the user named in a map; they count as recognised.

    Returns:
        Index of the best row and the number of distinct headers recognised in it. Where no row has two recognised
        headers, the first row with two or more texts and no number, with what it scored.
    """
    best, best_score = -1, 0
    for index, cells in enumerate(rows[:HEADER_ROWS]):
        score = header_score(cells, kind) + sum(2 for header in wanted if header in cells)
        if score > best_score:
            best, best_score = index, score
    if best_score >= 2:
        return best, best_score
    for index, cells in enumerate(rows[:HEADER_ROWS]):
        texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
        if len(texts) >= 2 and not any(isinstance(cell, int | float) for cell in cells):
            return index, header_score(cells, kind)
    return max(best, 0), best_score


def recognise(
    headers: Sequence[str], sample: Sequence[Sequence[object]], kind: Kind, user: Mapping[str, str] | None = None
) -> ColumnMap:
    """Assign fields to columns: each column and each field once, the best score first.

    Args:
        headers: Headers as they stand in the source.
        sample: For each column, up to some hundred cells.
        kind: Which table it is.
        user: Field to header, as the user wants it; ``"-"`` on either side unmaps.

    Returns:
        The column map.

    >>> found = recognise(["Deal - Value", "Deal - Add time"], [["10,50"], ["2025-05-05 10:00"]], "leads")
    >>> [(column.header, column.field, column.score) for column in found.columns]
    [('Deal - Value', 'amount', 1.2), ('Deal - Add time', 'created', 1.2)]
    """
    facts = [evidence(cells, months=kind == "spend") for cells in sample]
    user_columns, unmapped_columns, unmapped_fields = _user_wishes(headers, user or {})
    taken = dict(user_columns)
    used = {column: name for name, column in taken.items()}
    candidates: list[_Candidate] = []
    refused: dict[str, int] = {}
    never: set[int] = set()
    for column, header in enumerate(headers):
        if column in used or column in unmapped_columns:
            continue
        for candidate in _candidates(column, header, facts[column], kind, never):
            if candidate.field in unmapped_fields:
                continue
            if candidate.score >= THRESHOLD - 1e-9:
                candidates.append(candidate)
            elif candidate.name_score >= 0.8:
                refused.setdefault(candidate.field, column)
    candidates.sort(key=lambda c: (-c.score, _specificity(c.field), -c.length, c.column))

    chosen: dict[int, _Candidate] = {}
    ties: list[tuple[str, str, str]] = []
    closed: set[int] = set()  # columns whose exact field another column took: not to be forced into a weaker one
    for candidate in candidates:
        if candidate.column in used or candidate.column in closed:
            continue
        if candidate.field in taken:
            winner = chosen.get(taken[candidate.field])
            if winner and winner.score - candidate.score <= TIE and winner.field == candidate.field:
                ties.append((candidate.field, headers[winner.column], headers[candidate.column]))
            if candidate.reason == "exact":
                closed.add(candidate.column)
            continue
        taken[candidate.field] = candidate.column
        used[candidate.column] = candidate.field
        chosen[candidate.column] = candidate
    _take_damaged(refused, taken, used, chosen, facts)
    _first_contact_is_created(taken, used, chosen, facts)

    columns = []
    for column, header in enumerate(headers):
        winner = chosen.get(column)
        if winner:
            runner = next(
                (
                    c.field
                    for c in candidates
                    if c.column == column and c is not winner and winner.score - c.score <= 0.2
                ),
                None,
            )
            match = ColumnMatch(column + 1, header, winner.field, round(winner.score, 2), winner.reason, runner, kind)
        elif column in used:
            match = ColumnMatch(column + 1, header, used[column], 1.0, "user", None, kind)
        else:
            reason = "user" if column in unmapped_columns else "never" if column in never else ""
            match = ColumnMatch(column + 1, header, None, 0.0, reason, None, kind)
        columns.append(match)
    return ColumnMap(
        tuple(columns), taken, {name: column for name, column in refused.items() if name not in taken}, tuple(ties)
    )


def _take_damaged(
    refused: Mapping[str, int],
    taken: dict[str, int],
    used: dict[int, str],
    chosen: dict[int, _Candidate],
    facts: Sequence[Evidence],
) -> None:
    """Take a column whose header fits but of whose cells only some have the right type, where there is no better one."""
    for name, column in refused.items():
        share = max(facts[column].dates, facts[column].serials) if name in DATES else facts[column].numbers
        if name in taken or column in used or name not in DATES | NUMBERS or share < DAMAGED:
            continue
        taken[name] = column
        used[column] = name
        chosen[column] = _Candidate(0.5, name, column, "exact", 0, 1.0)


def _first_contact_is_created(
    taken: dict[str, int], used: dict[int, str], chosen: dict[int, _Candidate], facts: Sequence[Evidence]
) -> None:
    """Where no column says when a lead was created, the day of the first contact is the earliest that is known."""
    column = taken.get("first_response")
    if column is None or "created" in taken or column not in chosen or facts[column].dates < 0.8:
        return
    del taken["first_response"]
    taken["created"] = column
    used[column] = "created"
    chosen[column] = replace(chosen[column], field="created")


def _user_wishes(headers: Sequence[str], user: Mapping[str, str]) -> tuple[dict[str, int], set[int], set[str]]:
    columns: dict[str, int] = {}
    unmapped_columns: set[int] = set()
    unmapped_fields: set[str] = set()
    for name, header in user.items():
        if header == "-":
            unmapped_fields.add(name)
            continue
        position = find_column(headers, header)
        if position is None:
            continue  # the caller reports headers that are in no table
        if name == "-":
            unmapped_columns.add(position)
        else:
            columns[name] = position
    return columns, unmapped_columns, unmapped_fields


def find_column(headers: Sequence[str], wanted: str) -> int | None:
    """Find a column by its header as the user wrote it, forgiving case, accents and punctuation."""
    for column, header in enumerate(headers):
        if header.strip() == wanted.strip():
            return column
    key = full_header_key(wanted)
    for column, header in enumerate(headers):
        if key and key in {full_header_key(header), header_key(header)}:
            return column
    return None


def _specificity(name: str) -> int:
    return _SPECIFIC_FIRST.index(name) if name in _SPECIFIC_FIRST else len(_SPECIFIC_FIRST)


def _candidates(column: int, header: str, facts: Evidence, kind: Kind, never: set[int]) -> list[_Candidate]:
    section = _SECTION[kind]
    key, full = header_key(header), full_header_key(header)
    best: dict[str, tuple[float, str, int]] = {}
    # A header that is a synonym with its prefix ("Person - Name") is not also one without it ("Name").
    exact = _exact(section).get(full) or _exact(section).get(key) or _exact(section).get(key.replace(" ", ""))
    for name in exact or ():
        best[name] = (0.95 if {key, full} & _second_choice() else 1.0, "exact", 0)
    stage_field = _date_entered(key)
    if stage_field and section == "lead" and not exact:
        best[stage_field] = (0.8, "words", len(key))
    words = tuple(key.split())
    if words and len(words) <= 20 and column < WIDE:
        for score, reason, synonym in _resemblances(words, key, section):
            known = best.get(synonym.field, (0.0, "", 0))
            if (score, len(synonym.key)) > (known[0], known[2]):
                best[synonym.field] = (score, reason, len(synonym.key))
    found = []
    for name, (score, reason, length) in best.items():
        if any(_in_order(phrase, words) for phrase in _never(name)):
            never.add(column)
            continue
        found.append(_Candidate(score + type_evidence(name, facts), name, column, reason, length, score))
    if section == "lead" and facts.known_stages >= 0.6 and facts.distinct >= 2 and not exact and column not in never:
        found.append(_Candidate(THRESHOLD, "stage", column, "values", 0, 0.0))
    return found


def _resemblances(words: tuple[str, ...], key: str, section: str) -> Iterator[tuple[float, str, _Synonym]]:
    """Yield the synonyms a header holds or resembles; whole headers were looked up before."""
    there = set(words)
    for synonym in _synonyms(section):
        if synonym.exact_only or synonym.key == key:
            continue
        if synonym.words[0] in there and _in_order(synonym.words, words):
            yield 0.8, "words", synonym
        elif len(synonym.key) >= 4 and synonym.key in key:
            yield 0.6, "contained", synonym
        elif (
            len(words) == len(synonym.words)
            and abs(len(key) - len(synonym.key)) <= len(words)
            and _near(words, synonym.words)
        ):
            yield 0.5, "near", synonym


def _in_order(wanted: tuple[str, ...], words: tuple[str, ...]) -> bool:
    remaining = iter(words)
    return bool(wanted) and all(word in remaining for word in wanted)


def _near(words: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return all(a == b or (min(len(a), len(b)) >= 5 and _one_edit(a, b)) for a, b in zip(words, wanted, strict=True))


def _one_edit(a: str, b: str) -> bool:
    """Tell whether one letter added, dropped or changed makes the words equal."""
    if abs(len(a) - len(b)) > 1:
        return False
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if len(a) == len(b):
        return a[start + 1 :] == b[start + 1 :]
    shorter, longer = sorted((a, b), key=len)
    return shorter[start:] == longer[start + 1 :]


def _date_entered(key: str) -> str | None:
    """Read HubSpot's ``Date entered "Stage (Pipeline)"`` and ``Became a ... Date``: the day of which stage?"""
    match = re.match(r"^(?:date entered|became an?) (.+?)(?: date)?$", key)
    stage = find_stage(match[1]) if match else None
    return _STAGE_DATE_FIELD.get(stage) if stage else None


def type_evidence(name: str, facts: Evidence) -> float:
    """Say how much the cells speak for a field: added to the score of the header."""
    if facts.filled == 0:
        return -0.1  # of two columns with the same header the one that has values
    if name in DATES:
        return 0.2 if max(facts.dates, facts.serials) >= 0.8 else -0.5
    if name in NUMBERS:
        return 0.2 if facts.numbers >= 0.8 else -0.5
    if name in FLAGS:
        return 0.2 if facts.flags >= 0.8 else -0.5
    if name in STAGE_WORDS:
        if facts.known_stages >= 0.6:
            return 0.4
        return -0.5 if facts.dates >= 0.8 else 0.0
    if facts.dates >= 0.8 and name not in {"first_response", "name"}:
        return -0.5
    if name in FEW_TEXTS and facts.filled >= 10:
        return 0.1 if facts.distinct <= facts.filled / 2 else 0.0
    return 0.0
