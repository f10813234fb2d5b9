"""Stage and status words of six languages, and what each means in the canonical funnel (section 11.3)."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal

from xl_leadkpi.leads.table import STAGES, StageWord
from xl_leadkpi.leads.vocabulary import plain, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LOST = len(STAGES) + 1
OPEN = len(STAGES) + 2
CODE = {**{stage: rank for rank, stage in enumerate(STAGES, 1)}, "Lost": LOST, "Open": OPEN}
"""Stage to the small number the rows carry: 1 = Lead ... 7 = Won, 8 = Lost, 9 = an open status."""

# A word of a later test that holds a word of an earlier one is its negation or its end: Lost goes first.
_TEST_ORDER = ("Lost", "Won", "Proposal", "Opportunity", "Meeting", "SQL", "MQL", "Lead", "Visitor")
_NUMBER = re.compile(r"^\s*(\d{1,2})\s*[.):_–—-]*\s+(?=\D)|^\s*(\d{1,2})[.):_–—-]\s*(?=\D)")


@cache
def _known() -> Mapping[str, str]:
    known: dict[str, str] = {}
    for stage in _TEST_ORDER:
        for word in vocabulary()["stages"][stage]:
            known.setdefault(plain(word), stage)
    # HubSpot's internal names stand without spaces.
    known.update({word.replace(" ", ""): stage for word, stage in known.items() if " " in word and word.isascii()})
    return known


@cache
def _by_first_word() -> Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Index the words to look for inside a longer value by their first word."""
    index: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {}
    # A customer, a sale or a payment that is merely mentioned is not won: "Waiting for customer", "Former client".
    mentions = {plain(word) for word in vocabulary()["mentions"]}
    for word, stage in _known().items():
        if len(word) > 2 and word not in mentions:
            first, *_ = parts = tuple(word.split())
            index[first] = (*index.get(first, ()), (stage, parts))
    return index


@cache
def _open_words() -> frozenset[str]:
    return frozenset(plain(word) for word in vocabulary()["open"])


@cache
def _negations() -> frozenset[str]:
    return frozenset(plain(word) for word in vocabulary()["negations"])


@cache
def _doubts() -> frozenset[str]:
    return frozenset(plain(word) for word in vocabulary()["doubts"])


def split_number(value: str) -> tuple[int | None, str]:
    """Separate the number that orders a stage from its word.

    >>> split_number("3. Proposal"), split_number("Proposal")
    ((3, 'Proposal'), (None, 'Proposal'))
    """
    match = _NUMBER.match(value)
    return (int(match[1] or match[2]), value[match.end() :].strip()) if match else (None, value)


@cache
def find_stage(value: str) -> str | None:
    """Find the canonical stage of a stage word, ``Lost`` included; None where it is unknown or negated.

    The whole value is looked up first, then the longest known word in it. A negation before that word cancels it.

    >>> find_stage("3. Oferta wysłana"), find_stage("Closed - Not Converted"), find_stage("Not yet qualified")
    ('Proposal', 'Lost', None)
    """
    stage = find_whole(value)
    if stage is None:
        stage = _find_inside(tuple(plain(split_number(value)[1]).split()))
    return "Lead" if stage == "Visitor" else stage


@cache
def find_whole(value: str) -> str | None:
    """Find the canonical stage of a text that is a known stage word as a whole, its number apart.

    >>> find_whole("7. Customer"), find_whole("Potential customer")
    ('Won', None)
    """
    stage = _known().get(plain(split_number(value)[1]))
    return "Lead" if stage == "Visitor" else stage


def _find_inside(words: tuple[str, ...]) -> str | None:
    if len(words) > 12:
        return None
    found = [
        (stage == "Lost", sum(map(len, wanted)), -start, stage)
        for start, word in enumerate(words)
        for stage, wanted in _by_first_word().get(word, ())
        if words[start : start + len(wanted)] == wanted
    ]
    if not found:
        return None
    _, _, start, stage = max(found)  # Lost first, then the longest
    if stage == "Won" and _doubts().intersection(words):
        return None
    return None if _negations().intersection(words[:-start]) else stage


def named_stage(name: str) -> str | None:
    """Read the name of a stage as a user writes it: any case, and any whole stage word of the six languages.

    >>> named_stage("proposal"), named_stage("LOST"), named_stage("Wygrana"), named_stage("Bar")
    ('Proposal', 'Lost', 'Won', None)
    """
    canonical = {stage.casefold(): stage for stage in CODE}.get(name.strip().casefold())
    return canonical or ("Open" if is_open(name) else find_whole(name))


def is_open(value: str) -> bool:
    """Tell whether a status word says that the lead is neither won nor lost."""
    return plain(value) in _open_words()


def names_stages(words: Iterable[str | None]) -> bool:
    """Tell whether a status column tells stages, more than whether a lead is open, won or lost."""
    return any(word and not is_open(word) and find_stage(word) not in {None, "Won", "Lost"} for word in words)


def read_words(
    words: Sequence[tuple[str, int]], user: Mapping[str, str], *, is_status: bool, is_deals: bool
) -> tuple[dict[str, int], list[StageWord]]:
    """Translate the distinct texts of a stage or status column.

    Args:
        words: Each distinct text with the rows that carry it.
        user: Text to stage as the user wants it.
        is_status: Stages short of an outcome mean ``Open`` (a status column beside a stage column).
        is_deals: The rows are deals: whatever is not closed has reached Opportunity.

    Returns:
        Code (``CODE``) of each known text, and how each was understood.
    """
    wishes = {plain(word): stage for word, stage in user.items()}
    understood: list[StageWord] = []
    for word, count in words:
        key = plain(word)
        if not key:
            continue
        wish = wishes.get(key) or wishes.get(plain(split_number(word)[1]))
        stage = wish or _find(word, is_status=is_status, is_deals=is_deals)
        understood.append(StageWord(word, stage, count, "user" if wish else _origin(word, stage)))
    understood = _place_by_number(understood)
    return {word.word: CODE[word.stage] for word in understood if word.stage}, understood


def _origin(word: str, stage: str | None) -> Literal["vocabulary", "guessed", "unknown"]:
    if stage is None:
        return "unknown"
    return "vocabulary" if find_whole(word) or is_open(word) else "guessed"


def _find(word: str, *, is_status: bool, is_deals: bool) -> str | None:
    stage = find_stage(word)
    if is_status and stage not in {"Won", "Lost"}:
        return "Open" if stage or is_open(word) else None
    if stage == "Lead" and is_deals and is_open(word):
        return "Opportunity"  # "Open", «В работе» are weak words: a deal that is open is an opportunity
    return stage


def _place_by_number(words: list[StageWord]) -> list[StageWord]:
    """Where every value is numbered, let an unknown stage stand with the nearest known one below it."""
    numbers = [split_number(word.word)[0] for word in words]
    known = {number: word.stage for number, word in zip(numbers, words, strict=True) if word.stage in STAGES}
    if None in numbers:
        return words
    placed = []
    for number, word in zip(numbers, words, strict=True):
        below = [stage for other, stage in sorted(known.items()) if other < number]  # type: ignore[operator]
        placed.append(StageWord(word.word, below[-1], word.count, "guessed") if not word.stage and below else word)
    return placed
