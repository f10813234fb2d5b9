"""Headers: which fields a header may mean by its words, and which row of a table holds the headers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from xl_leadkpi.leads.stages import find_stage, find_whole
from xl_leadkpi.leads.vocabulary import full_header_key, header_key, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Kind = Literal["leads", "deals", "spend", "touches"]

HEADER_ROWS = 15
_MOST_WORDS = 20
_SECTION = {"leads": "lead", "deals": "lead", "spend": "spend", "touches": "touch"}
_STAGE_DATE_FIELD = {
    "Lead": "created", "MQL": "mql_date", "SQL": "sql_date", "Meeting": "meeting_booked", "Proposal": "proposal_date",
    "Opportunity": "opportunity_date", "Won": "won_date", "Lost": "lost_date",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meaning:
    """A field that a header may mean.

    Attributes:
        field: The field.
        score: How sure the header alone is: exact 1, all words of a synonym in order 0.8, contained 0.6, one letter
            off 0.5.
        reason: ``exact``, ``words``, ``contained`` or ``near``.
        length: Letters of the part recognised: of two guesses the longer says more.
    """

    field: str
    score: float
    reason: str
    length: int


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


def meanings(header: str, kind: Kind, *, whole_only: bool = False) -> tuple[list[Meaning], bool]:
    """List the fields a header may mean by its words.

    Args:
        header: The header.
        kind: Which table it stands in.
        whole_only: Look up the whole header only (very wide tables).

    Returns:
        The possible fields, and whether the never-map list took one away.

    >>> [(found.field, found.score, found.reason) for found in meanings("Deal Stage", "leads")[0]]
    [('stage', 1.0, 'exact')]
    """
    section = _SECTION[kind]
    key, full = header_key(header), full_header_key(header)
    best: dict[str, Meaning] = {}
    # A header that is a synonym with its prefix ("Person - Name") is not also one without it ("Name").
    exact = _exact(section).get(full) or _exact(section).get(key) or _exact(section).get(key.replace(" ", ""), ())
    for name in exact:
        best[name] = Meaning(name, 0.95 if {key, full} & _second_choice() else 1.0, "exact", 0)
    stage_field = _date_entered(key) if section == "lead" and not exact else None
    if stage_field:
        best[stage_field] = Meaning(stage_field, 0.8, "words", len(key))
    words = tuple(key.split())
    if words and len(words) <= _MOST_WORDS and not whole_only:
        for found in _resemblances(words, key, section):
            known = best.get(found.field)
            if known is None or (found.score, found.length) > (known.score, known.length):
                best[found.field] = found
    allowed = [found for name, found in best.items() if not any(_in_order(phrase, words) for phrase in _never(name))]
    return allowed, len(allowed) < len(best)


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


def is_field(name: str, kind: Kind) -> bool:
    """Tell whether a table of this kind has a field of that name."""
    return name in vocabulary()[_SECTION[kind]]


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


def _resemblances(words: tuple[str, ...], key: str, section: str) -> Iterator[Meaning]:
    """Yield the synonyms a header holds or resembles; whole headers were looked up before."""
    there = set(words)
    for synonym in _synonyms(section):
        if synonym.exact_only or synonym.key == key:
            continue
        if synonym.words[0] in there and _in_order(synonym.words, words):
            yield Meaning(synonym.field, 0.8, "words", len(synonym.key))
        elif len(synonym.key) >= 4 and synonym.key in key:
            yield Meaning(synonym.field, 0.6, "contained", len(synonym.key))
        elif (
            len(words) == len(synonym.words)
            and abs(len(key) - len(synonym.key)) <= len(words)
            and _near(words, synonym.words)
        ):
            yield Meaning(synonym.field, 0.5, "near", len(synonym.key))


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
    if not match:
        return None
    # The name of the pipeline follows: "Customer (Lifecycle Stage Pipeline)".
    words = match[1].split()
    beginnings = (find_whole(" ".join(words[:end])) for end in range(len(words), 0, -1))
    stage = next(filter(None, beginnings), None) or find_stage(match[1])
    return _STAGE_DATE_FIELD.get(stage) if stage else None
