"""Stage and status words of seven languages, and what each means in the canonical funnel (section 11.3)."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal

from xl_leadkpi.leads.cells.vocabulary import plain, vocabulary
from xl_leadkpi.leads.model.stage import LOST, OPEN
from xl_leadkpi.leads.model.table import StageWord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xl_leadkpi.leads.model.stage import Pipeline

Origin = Literal["vocabulary", "guessed", "user", "unknown"]

VISITOR = "Visitor"
"""What a word may mean besides a stage and an outcome: one who is no lead yet."""
_LONGEST_WORD = 300  # letters; a longer text is no word of a list that anybody keeps
_NUMBER = re.compile(r"^\s*(\d{1,2})\s*[.):_–—-]*\s+(?=\D)|^\s*(\d{1,2})[.):_–—-]\s*(?=\D)")


@cache
def _own_words(pipeline: Pipeline) -> Mapping[str, str]:
    """The words by which only this pipeline's stages are known: they mean these, whatever else they might."""
    stages = vocabulary()["stages"]
    own = [
        (text, stage.name)
        for stage in pipeline
        for text in (*stage.words, *(() if stage.name in stages and not stage.is_own else (stage.name,)))
    ]
    # as it stands first: of "1. Call" and "2. Call" the number tells which
    whole = {plain(text): name for text, name in own}
    return {**{plain(split_number(text)[1]): name for text, name in reversed(own)}, **whole}


@cache
def _known(pipeline: Pipeline) -> Mapping[str, str]:
    known = dict(_own_words(pipeline))
    stages = vocabulary()["stages"]
    # A word of a later stage that holds a word of an earlier one is its negation or its end: Lost goes first.
    meanings = ((LOST, LOST), *((stage.stands_for, stage.name) for stage in reversed(pipeline.stages)), (VISITOR,) * 2)
    for key, meaning in meanings:
        for word in stages.get(key, ()):
            known.setdefault(plain(word), meaning)
    # HubSpot's internal names stand without spaces.
    close = {word.replace(" ", ""): stage for word, stage in known.items() if " " in word and word.isascii()}
    return {**known, **close, **_own_words(pipeline)}


@cache
def _by_first_word(pipeline: Pipeline) -> Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Index the words to look for inside a longer value by their first word."""
    index: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {}
    # A customer, a sale or a payment that is merely mentioned is not won: "Waiting for customer", "Former client".
    mentions = {plain(word) for word in vocabulary()["mentions"]}
    for word, stage in _known(pipeline).items():
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


@cache
def _yet() -> frozenset[str]:
    return frozenset(plain(word) for word in vocabulary()["yet"])


def split_number(value: str) -> tuple[int | None, str]:
    """Separate the number that orders a stage from its word.

    >>> split_number("3. Proposal"), split_number("Proposal")
    ((3, 'Proposal'), (None, 'Proposal'))
    """
    match = _NUMBER.match(value)
    return (int(match[1] or match[2]), value[match.end() :].strip()) if match else (None, value)


@cache
def find_stage(value: str, pipeline: Pipeline) -> str | None:
    """Find the stage that a word means, ``Lost`` included; None where it is unknown or negated.

    The whole value is looked up first, then the longest known word in it. A negation before that word cancels it.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> [find_stage(word, PIPELINE) for word in ("3. Oferta wysłana", "Closed - Not Converted", "Not yet qualified")]
    ['Proposal', 'Lost', None]
    """
    stage = find_whole(value, pipeline)
    return _find_inside(tuple(plain(split_number(value)[1]).split()), pipeline) if stage is None else stage


@cache
def find_whole(value: str, pipeline: Pipeline) -> str | None:
    """Find the stage of a text that is a known stage word as a whole, its number apart.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> find_whole("7. Customer", PIPELINE), find_whole("Potential customer", PIPELINE)
    ('Won', None)
    """
    known = _known(pipeline)
    stage = _own_words(pipeline).get(plain(value)) or known.get(plain(split_number(value)[1]))
    return pipeline.entry.name if stage == VISITOR else stage


def _find_inside(words: tuple[str, ...], pipeline: Pipeline) -> str | None:
    if len(words) > 12:
        return None
    found = [
        (stage == LOST, sum(map(len, wanted)), -start, stage)
        for start, word in enumerate(words)
        for stage, wanted in _by_first_word(pipeline).get(word, ())
        if words[start : start + len(wanted)] == wanted
    ]
    if not found:
        return None
    _, _, start, stage = max(found)  # Lost first, then the longest
    is_won = stage == pipeline.won.name
    if (is_won and _doubts().intersection(words)) or (stage == LOST and _yet().intersection(words)):
        return None
    if _negations().intersection(words[:-start]):
        return None
    return pipeline.entry.name if stage == VISITOR else stage


def named_stage(name: str, pipeline: Pipeline) -> str | None:
    """Read the name of a stage as a user writes it: any case, and any whole stage word of the seven languages.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> [named_stage(name, PIPELINE) for name in ("proposal", "LOST", "Wygrana", "Bar")]
    ['Proposal', 'Lost', 'Won', None]
    """
    own = {stage.casefold(): stage for stage in pipeline.codes}.get(name.strip().casefold())
    return own or (OPEN if is_open(name) else find_whole(name, pipeline))


def is_open(value: str) -> bool:
    """Tell whether a status word says that the lead is neither won nor lost."""
    return plain(value) in _open_words()


def names_stages(words: Iterable[str | None], pipeline: Pipeline) -> bool:
    """Tell whether a status column tells stages, more than whether a lead is open, won or lost."""
    some = (word for word in words if word and len(word) <= _LONGEST_WORD)
    told = (find_stage(word, pipeline) for word in some if not is_open(word) or _is_own(word, pipeline))
    return any(stage not in {None, pipeline.won.name, LOST} for stage in told)


def read_words(
    words: Sequence[tuple[str, int]], user: Mapping[str, str], pipeline: Pipeline, *, is_status: bool, is_deals: bool
) -> tuple[dict[str, int], list[StageWord]]:
    """Translate the distinct texts of a stage or status column.

    Args:
        words: Each distinct text with the rows that carry it.
        user: Text to stage as the user wants it.
        pipeline: The stages.
        is_status: Stages short of an outcome mean ``Open`` (a status column beside a stage column).
        is_deals: The rows are deals: whatever is not closed has reached Opportunity.

    Returns:
        Number (``Pipeline.codes``) of each known text, and how each was understood.
    """
    overrides = {plain(word): stage for word, stage in user.items()}
    understood: list[StageWord] = []
    for word, count in words:
        key = plain(word)
        if not key:
            continue
        override = overrides.get(key) or overrides.get(plain(split_number(word)[1]))
        stage = override or _find(word, pipeline, is_status=is_status, is_deals=is_deals)
        origin = "user" if override else _origin(word, stage, pipeline)
        understood.append(StageWord(word, stage, count, origin))
    understood = _stage_by_number(understood, pipeline)
    return {word.word: pipeline.codes[word.stage] for word in understood if word.stage}, understood


def means_outcome(word: str, user: Mapping[str, str], pipeline: Pipeline) -> bool:
    """Tell whether a word means won or lost.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> [means_outcome(word, {"Signed off": "Won"}, PIPELINE) for word in ("Closed Lost", "Signed off", "Demo")]
    [True, True, False]
    """
    codes, _ = read_words([(word, 1)], user, pipeline, is_status=False, is_deals=False)
    return codes.get(word) in {pipeline.won_index, pipeline.lost_index}


def _is_own(word: str, pipeline: Pipeline) -> bool:
    own = _own_words(pipeline)
    return plain(word) in own or plain(split_number(word)[1]) in own


def _origin(word: str, stage: str | None, pipeline: Pipeline) -> Origin:
    if stage is None:
        return "unknown"
    return "vocabulary" if find_whole(word, pipeline) or is_open(word) else "guessed"


def _find(word: str, pipeline: Pipeline, *, is_status: bool, is_deals: bool) -> str | None:
    if len(word) > _LONGEST_WORD:
        return None
    stage = find_stage(word, pipeline)
    if is_status and stage not in {pipeline.won.name, LOST}:
        return OPEN if stage or is_open(word) else None
    if stage in {pipeline.entry.name, None} and is_open(word) and not _is_own(word, pipeline):
        # "Open", «В работе» are weak words: a deal that is open is an opportunity, a lead has just begun
        opportunity = pipeline.opportunity if is_deals else None
        return (opportunity or pipeline.entry).name
    return stage


def _stage_by_number(words: list[StageWord], pipeline: Pipeline) -> list[StageWord]:
    """Where every value is numbered, let an unknown stage stand with the nearest known one below it.

    What comes behind a win or a loss is no stage on the way to them: spam, an archive, another loss.
    """
    numbered = [(split_number(word.word)[0], word) for word in words]
    told = [(number, word) for number, word in numbered if number is not None]
    if len(told) < len(words):
        return words
    outcomes = {pipeline.won.name, LOST}
    known = sorted((number, str(word.stage)) for number, word in told if word.stage in pipeline.names[:-1])
    end = min((number for number, word in told if word.stage in outcomes), default=None)
    placed = []
    for number, word in told:
        below = [stage for other, stage in known if other < number]
        is_on_the_way = not word.stage and below and (end is None or number < end)
        placed.append(StageWord(word.word, below[-1], word.count, "guessed") if is_on_the_way else word)
    return placed
