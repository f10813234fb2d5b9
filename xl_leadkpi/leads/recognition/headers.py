"""Headers: which fields a header may mean by its words, and which row of a table holds the headers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

from xl_leadkpi.leads.cells.vocabulary import (
    field_headers,
    full_header_key,
    header_key,
    is_of_contact,
    plain,
    vocabulary,
)
from xl_leadkpi.leads.model.stage import LOST, PIPELINE
from xl_leadkpi.leads.recognition.stage_words import find_stage, find_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from xl_leadkpi.leads.cells.vocabulary import Section
    from xl_leadkpi.leads.model.stage import Pipeline

Part = Literal[
    "from", "to", "field", "value", "event", "time", "record", "product", "quantity", "price", "total", "other"
]
Kind = Literal["leads", "deals", "spend", "touches", "history", "traffic", "email", "social"]

HEADER_ROWS = 15
_MOST_WORDS = 20
_SECTION: dict[Kind, Section] = {
    "leads": "lead", "deals": "lead", "spend": "spend", "touches": "touch", "history": "lead",
    "traffic": "traffic", "email": "email", "social": "social",
}  # fmt: skip
_OF_RECORDS = frozenset({"leads", "deals", "history"})
_SECOND_CHOICE = 0.85
_OF_CONTACT = frozenset({"contact", "company", "email", "phone"})
_LONGEST_HEADER = 120
_HEADERS_REMEMBERED = 16_384
"""Headers of the widest sheet of Excel: each pipeline of a table has them again."""
_FIGURE = re.compile(r"[0-9 .,:/+-]*")
"""Most cells of a table, which are spared the search for their words."""
_ENDS = frozenset({"close_date", "won_date", "lost_date"})
"""Days on which something came to its end: a day that is only expected is none of them."""


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
class ExpectedHeaders:
    """What headers a file is searched for.

    Attributes:
        kind: Which table it holds.
        pipeline: The stages whose days it may have.
        named: Headers that the user has named.
    """

    kind: Kind
    pipeline: Pipeline
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Synonym:
    field: str
    key: str
    words: tuple[str, ...]
    exact_only: bool


@cache
def _synonyms(section: Section, pipeline: Pipeline) -> tuple[_Synonym, ...]:
    exact_only = {header_key(word) for word in vocabulary()["exact_only"]}
    found: dict[tuple[str, str], _Synonym] = {}
    for name, headers in field_headers(section, pipeline).items():
        for header in headers:
            full = full_header_key(header)
            # "Person - Name" is one name, "Name" alone another
            for key in {full if is_of_contact(header) else header_key(header), full}:
                found[name, key] = _Synonym(name, key, tuple(key.split()), key in exact_only)
    return tuple(found.values())


@cache
def _usual_and_own(section: Section, pipeline: Pipeline) -> tuple[frozenset[_Synonym], tuple[_Synonym, ...]]:
    """The synonyms of a pipeline that the usual one has too, and those that it alone has."""
    usual, own = frozenset(_synonyms(section, PIPELINE)), _synonyms(section, pipeline)
    return usual.intersection(own), tuple(synonym for synonym in own if synonym not in usual)


@lru_cache(maxsize=_HEADERS_REMEMBERED)
def _like_usual(words: tuple[str, ...], key: str, section: Section) -> tuple[tuple[_Synonym, Meaning], ...]:
    return tuple(_resemblances(words, key, _synonyms(section, PIPELINE)))


def _like(words: tuple[str, ...], key: str, section: Section, pipeline: Pipeline) -> Iterator[Meaning]:
    """Yield what a header resembles; the many synonyms that a dozen pipelines share are searched once."""
    usual, own = _usual_and_own(section, pipeline)
    yield from (meaning for synonym, meaning in _like_usual(words, key, section) if synonym in usual)
    yield from (meaning for _, meaning in _resemblances(words, key, own))


@cache
def _exact(section: Section, pipeline: Pipeline) -> Mapping[str, tuple[str, ...]]:
    index: dict[str, tuple[str, ...]] = {}
    for synonym in _synonyms(section, pipeline):
        for key in {synonym.key, synonym.key.replace(" ", "")}:
            index[key] = (*index.get(key, ()), synonym.field)
    return index


@cache
def known_parts(section: Literal["log", "lines"]) -> Mapping[str, tuple[Part, ...]]:
    """What a column of a log, or of product lines, holds, by the key of its header."""
    found: dict[str, tuple[Part, ...]] = {}
    for part, headers in vocabulary()[section].items():
        for header in headers:
            for key in {header_key(header), full_header_key(header)}:
                found[key] = (*found.get(key, ()), part)
    return found


@cache
def _of_kind(kind: Kind, pipeline: Pipeline) -> Mapping[str, tuple[str, ...]]:
    """The headers of a kind of table: a log has those of its record besides its own."""
    known = _exact(_SECTION[kind], pipeline)
    if kind != "history":
        return known
    of_log = {key: tuple(f"log {part}" for part in parts) for key, parts in known_parts("log").items()}
    return {**of_log, **known}


@cache
def _never(name: str) -> tuple[tuple[str, ...], ...]:
    phrases = [*vocabulary()["never"].get(name, ()), *(vocabulary()["forecasts"] if name in _ENDS else ())]
    return tuple(tuple(header_key(phrase).split()) for phrase in phrases)


@cache
def _second_choice() -> frozenset[str]:
    """Headers that feed a field only where no better column does (utm_source beside Lead Source)."""
    return frozenset(
        key for header in vocabulary()["second_choice"] for key in (header_key(header), full_header_key(header))
    )


def meanings(
    header: str, kind: Kind, pipeline: Pipeline, *, whole_only: bool = False, beside_deals: bool = False
) -> tuple[list[Meaning], bool]:
    """List the fields a header may mean by its words.

    Args:
        header: The header.
        kind: Which table it stands in.
        pipeline: The stages whose days the table may have.
        whole_only: Look up the whole header only (very wide tables).
        beside_deals: Other headers say that their columns belong to the deal: the ID of a person is none of the deal.

    Returns:
        The possible fields, and whether the never-map list took one away.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> [(found.field, found.score, found.reason) for found in meanings("Deal Stage", "leads", PIPELINE)[0]]
    [('stage', 1.0, 'exact')]
    """
    section = _SECTION[kind]
    key, full = header_key(header), full_header_key(header)
    best: dict[str, Meaning] = {}
    # A header that is a synonym with its prefix ("Person - Name") is not also one without it ("Name").
    known = _exact(section, pipeline)
    exact = known.get(full) or known.get(key) or known.get(key.replace(" ", ""), ())
    for name in exact:
        best[name] = Meaning(name, _SECOND_CHOICE if {key, full} & _second_choice() else 1.0, "exact", 0)
    entered = _date_entered(key, pipeline) if section == "lead" and not exact else None
    if entered:
        best[entered.field] = entered
    words = tuple(key.split())
    if words and len(words) <= _MOST_WORDS and not whole_only:
        for found in _like(words, key, section, pipeline):
            before = best.get(found.field)
            if before is None or (found.score, found.length) > (before.score, before.length):
                best[found.field] = found
    elsewhere = beside_deals and is_of_contact(header)
    allowed = [
        found
        for name, found in best.items()
        if not any(_in_order(phrase, words) for phrase in _never(name)) and not (elsewhere and name not in _OF_CONTACT)
    ]
    return allowed, len(allowed) < len(best)


@cache
def _phrases(key: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(plain(phrase).split()) for phrase in vocabulary()[key])


def is_count(header: str) -> bool:
    """Tell whether a header counts something: its column is none of names.

    >>> is_count("Number of contacts"), is_count("Opportunity Number"), is_count("Liczba handlowców")
    (True, False, True)
    """
    words = tuple(header_key(header).split())
    return any(words[: len(phrase)] == phrase or words[-len(phrase) :] == phrase for phrase in _phrases("counts"))


def names_outcome(header: str) -> bool:
    """Tell a header that asks what became of a lead from one that asks how far it came.

    >>> names_outcome("Lead Status"), names_outcome("Leadstatus"), names_outcome("Lifecycle Stage")
    (True, True, False)
    """
    words = header_key(header).split()
    return any(word in words for (word,) in _phrases("outcome_headers")) or any(w.endswith("status") for w in words)


def needs_words(header: str) -> bool:
    """Tell whether a header means a status only where known words stand below it: a state may be a province."""
    return tuple(header_key(header).split()) in _phrases("needs_words")


def names_decision(header: str) -> bool:
    """Tell whether a date is that of a decision: of a day that came, not of one that is expected.

    >>> names_decision("Decision date"), names_decision("Close Date")
    (True, False)
    """
    words = header_key(header).split()
    return any(word in words for (word,) in _phrases("decisions"))


def names_leaving(header: str) -> bool:
    """Tell whether the end of a customer is the day somebody left, not one that a contract agrees on beforehand.

    >>> names_leaving("Churn Date"), names_leaving("Contract End Date")
    (True, False)
    """
    words = tuple(header_key(header).split())
    return any(_in_order(phrase, words) for phrase in _phrases("leavings"))


def amount_period(header: str) -> Literal["month", "year"] | None:
    """Tell for what time an amount is paid, as far as its header says so.

    >>> amount_period("MRR"), amount_period("Amount (per year)"), amount_period("Amount")
    ('month', 'year', None)
    """
    words = tuple(plain(header).split())
    periods: tuple[Literal["month", "year"], ...] = ("month", "year")
    for period in periods:
        phrases = (tuple(plain(phrase).split()) for phrase in vocabulary()["periods_of_amounts"][period])
        if any(phrase == words[at : at + len(phrase)] for phrase in phrases for at in range(len(words))):
            return period
    return None


@cache
def _keys(name: str) -> frozenset[str]:
    return frozenset(header_key(word) for word in vocabulary()[name])


def is_actual(header: str) -> bool:
    """Tell a column of what deals really brought from one of amounts in general.

    >>> is_actual("Actual Revenue (EUR)"), is_actual("Amount")
    (True, False)
    """
    return any(_in_order(tuple(key.split()), tuple(header_key(header).split())) for key in _keys("actual_amounts"))


def is_estimate(header: str, pipeline: Pipeline) -> bool:
    """Tell a column of what deals are expected to bring.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> is_estimate("Est. Revenue", PIPELINE), is_estimate("Revenue", PIPELINE)
    (True, False)
    """
    return any(found.field == "amount_estimated" for found in meanings(header, "deals", pipeline)[0])


def is_weighted(headers: Sequence[str], column: int) -> bool:
    """Tell expected revenue that is the amount times its probability, as Salesforce and Zoho export it.

    >>> is_weighted(["Opportunity Name", "Account Name", "Expected Revenue"], 2), is_weighted(["Expected Revenue"], 0)
    (True, False)
    """
    if header_key(headers[column]) not in _keys("weighted_in_some"):
        return False
    return not _keys("weighted_with").isdisjoint({full_header_key(header) for header in headers})


def header_score(cells: Sequence[object], expected: ExpectedHeaders) -> int:
    """Count the distinct recognised headers of a row; 0 where the row cannot be a header row."""
    if any(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in cells):
        return 0
    section = _of_kind(expected.kind, expected.pipeline)
    # Values of data rows ("Lead", "Won") may be words of the vocabulary too, so only whole headers count here.
    recognised = {
        section[key][0]
        for cell in cells
        if isinstance(cell, str) and len(cell) <= _LONGEST_HEADER and (cell in section or not _FIGURE.fullmatch(cell))
        for key in (header_key(cell), full_header_key(cell), header_key(cell).replace(" ", ""))
        if key in section
    }
    return max(len(recognised), _log_score(cells) if expected.kind in _OF_RECORDS else 0)


def _log_score(cells: Sequence[object]) -> int:
    """Count the headers of a log that says from what to what, or which value a field took; 0 for any other row.

    A log of changes need have no header of a table of leads, while the words below it ("Stage", "Status") are some.
    """
    texts = [cell for cell in cells if isinstance(cell, str) and len(cell) <= _LONGEST_HEADER]
    known = [part for text in texts for part in known_parts("log").get(full_header_key(text), ())[:1]]
    return len(known) + 1 if {"from", "to"} <= {*known} or {"field", "value"} <= {*known} else 0


def is_header(text: str, expected: ExpectedHeaders) -> bool:
    """Tell whether a text is a header that a table of this kind may have.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> leads = ExpectedHeaders("leads", PIPELINE)
    >>> is_header("Źródło", leads), is_header("Zima", leads)
    (True, False)
    """
    known = _of_kind(expected.kind, expected.pipeline)
    return len(text) <= _LONGEST_HEADER and not known.keys().isdisjoint({header_key(text), full_header_key(text)})


def find_header(rows: Sequence[Sequence[object]], expected: ExpectedHeaders) -> tuple[int, int]:
    """Find the header row among the first 15 rows.

    Args:
        rows: First rows of the table.
        expected: What headers there may be; those that the user named count as recognised.

    Returns:
        Index of the best row and the number of distinct headers recognised in it. Where no row has two recognised
        headers, the first row with two or more texts and no number, with what it scored.
    """
    best, best_score = -1, 0
    for index, cells in enumerate(rows[:HEADER_ROWS]):
        score = header_score(cells, expected) + sum(2 for header in expected.named if header in cells)
        if score > best_score:
            best, best_score = index, score
    if best_score >= 2:
        return best, best_score
    for index, cells in enumerate(rows[:HEADER_ROWS]):
        texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
        if len(texts) >= 2 and not any(isinstance(cell, int | float) for cell in cells):
            return index, header_score(cells, expected)
    return max(best, 0), best_score


def is_field(name: str, kind: Kind, pipeline: Pipeline) -> bool:
    """Tell whether a table of this kind has a field of that name."""
    return name in field_headers(_SECTION[kind], pipeline)


def find_column(headers: Sequence[str], wanted: str, also: Mapping[str, int] | None = None) -> int | None:
    """Find a column by its header as the user wrote it, forgiving case, accents and punctuation.

    Args:
        headers: The headers.
        wanted: What the user wrote.
        also: Further headers of some columns, which count where no other fits.
    """
    for column, header in enumerate(headers):
        if header.strip() == wanted.strip():
            return column
    key = full_header_key(wanted)
    for column, header in enumerate(headers):
        if key and key in {full_header_key(header), header_key(header)}:
            return column
    if also:
        found = find_column(list(also), wanted)
        return None if found is None else list(also.values())[found]
    return None


def _resemblances(words: tuple[str, ...], key: str, synonyms: Iterable[_Synonym]) -> Iterator[tuple[_Synonym, Meaning]]:
    """Yield the synonyms a header holds or resembles; whole headers were looked up before."""
    there = set(words)
    for synonym in synonyms:
        if synonym.exact_only or synonym.key == key:
            continue
        if synonym.words[0] in there and _in_order(synonym.words, words):
            yield synonym, Meaning(synonym.field, 0.8, "words", len(synonym.key))
        elif len(synonym.key) >= 4 and synonym.key in key:
            yield synonym, Meaning(synonym.field, 0.6, "contained", len(synonym.key))
        elif (
            len(words) == len(synonym.words)
            and abs(len(key) - len(synonym.key)) <= len(words)
            and _near(words, synonym.words)
        ):
            yield synonym, Meaning(synonym.field, 0.5, "near", len(synonym.key))


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


def _date_entered(key: str, pipeline: Pipeline) -> Meaning | None:
    """Read HubSpot's ``Date entered "Stage (Pipeline)"`` and ``Became a ... Date``: the day of which stage?

    What the user calls a stage goes before the usual words in it: her "Demo held" need not be the meeting.
    """
    match = re.match(r"^(?:date entered|became an?) (.+?)(?: date)?$", key)
    if not match:
        return None
    # The name of the pipeline follows: "Customer (Lifecycle Stage Pipeline)".
    words = match[1].split()
    beginnings = (find_whole(" ".join(words[:end]), pipeline) for end in range(len(words), 0, -1))
    stage = next(filter(None, beginnings), None) or find_stage(match[1], pipeline)
    if stage in pipeline:
        found = pipeline[str(stage)]
        return Meaning(found.date_fields[0], 0.9 if found.is_own else 0.8, "words", len(key))
    return Meaning("lost_date", 0.8, "words", len(key)) if stage == LOST else None
