"""The stages of the user's own that the words of an export are, and what tells their order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Literal

from xl_leadkpi.leads.cells.vocabulary import plain, vocabulary
from xl_leadkpi.leads.model.stage import LOST, OPEN, PIPELINE, WON, OwnStage
from xl_leadkpi.leads.recognition.stage_words import find_stage, split_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xl_leadkpi.leads.model.table import StageWord

OrderSource = Literal["numbers", "probability", "history", "dates", "vocabulary"]
"""What may tell the order of stages, the surest first."""
Ranks = dict[str, float]
"""By the key of a word, where it stands; equal where that is not told."""

FEWEST_MERGED = 3
"""Words that count as one stage of the usual funnel from which the user's own stages say more."""
FEW_WORDS = 3
"""Words of a list so short that each is needed to tell the way of a deal."""
_OBSERVED: tuple[OrderSource, ...] = ("history", "dates")


@dataclass(frozen=True, slots=True)
class OpenWord:
    """A word of an export for a stage before the win, in all its spellings.

    Attributes:
        name: The most frequent spelling.
        spellings: The others.
        usual: Stage of the usual funnel that it means, None where it is not known.
        rows: Rows that carry it.
        chance: The CRM's probability of a win in it, in per cent; None where there is none, or no single one.
    """

    name: str
    spellings: tuple[str, ...]
    usual: str | None
    rows: int
    chance: float | None = None

    @property
    def key(self) -> str:
        """What it is looked up by."""
        return plain(self.name)

    @property
    def number(self) -> int | None:
        """The number that it begins with."""
        return split_number(self.name)[0]


@dataclass(frozen=True, slots=True)
class OrderedStages:
    """Stages in order.

    Attributes:
        words: In that order.
        source: What told it.
        against: Another source that puts two of them the other way round, and these two.
    """

    words: tuple[OpenWord, ...]
    source: OrderSource
    against: tuple[OrderSource, str, str] | None = None


def open_words(words: Iterable[StageWord], *, of_deals_alone: bool) -> list[OpenWord]:
    """The words of an export for stages before the win, the most frequent first.

    What only says "open" is the state of a record, in whichever column it stands.

    Args:
        words: Stage and status words as the usual funnel takes them.
        of_deals_alone: Only those of the table of deals, for leads have the usual stages.

    >>> from xl_leadkpi.leads.model.table import StageWord
    >>> met = [StageWord("Demo", "Meeting", 5, "vocabulary"), StageWord("DEMO ", "Meeting", 1, "vocabulary"),
    ...        StageWord("Won", "Won", 2, "vocabulary")]
    >>> [(one.name, one.spellings, one.rows) for one in open_words(met, of_deals_alone=False)]
    [('Demo', ('DEMO ',), 6)]
    """
    grouped: dict[str, list[StageWord]] = defaultdict(list)
    for word in words:
        is_open = word.stage not in (WON, LOST, OPEN) and word.count > 0 and plain(word.word) != plain(OPEN)
        if is_open and plain(word.word) and (word.table == "deals" or not of_deals_alone):
            grouped[plain(word.word)].append(word)
    found = []
    for same in grouped.values():
        first = max(same, key=lambda word: word.count)
        spellings = tuple(dict.fromkeys(word.word for word in same if word.word != first.word))
        chance = next((word.chance for word in same if word.chance is not None), None)
        # a number alone may put anything there
        is_known = first.origin != "guessed" or find_stage(first.word, PIPELINE) is not None
        usual = first.stage if is_known else None
        found.append(OpenWord(first.word, spellings, usual, sum(word.count for word in same), chance))
    return sorted(found, key=lambda word: (-word.rows, word.name))


def merged_words(words: Sequence[OpenWord]) -> tuple[str | None, tuple[str, ...]]:
    """The stage of the usual funnel that most of the words count as, and these; unknown ones count as the first.

    >>> some = [OpenWord(name, (), "SQL", 1) for name in ("Needs Analysis", "Value Proposition", "Qualification")]
    >>> merged_words([*some, OpenWord("Demo", (), "Meeting", 1)])
    ('SQL', ('Needs Analysis', 'Value Proposition', 'Qualification'))
    """
    grouped = _by_usual(words)
    stage, most = max(grouped.items(), key=lambda one: len(one[1]), default=(None, []))
    return stage, tuple(most)


def _by_usual(words: Sequence[OpenWord]) -> Mapping[str, list[str]]:
    grouped: dict[str, list[str]] = defaultdict(list)
    for word in words:
        grouped[word.usual or PIPELINE.entry.name].append(word.name)
    return grouped


def are_hidden(words: Sequence[OpenWord]) -> bool:
    """Tell whether the usual funnel hides the stages that the words are: it shows three of them as one.

    >>> are_hidden([OpenWord(name, (), "Proposal", 1) for name in ("Survey", "Quote", "Negotiation")])
    True
    >>> are_hidden([OpenWord(name, (), "Proposal", 1) for name in ("Survey", "Quote")])
    False
    """
    return len(merged_words(words)[1]) >= FEWEST_MERGED


def are_few_with_unknown(words: Sequence[OpenWord]) -> bool:
    """Tell whether a list is so short that each of its words is needed to tell a deal's way, and one is nobody's.

    >>> some = [OpenWord("Pilot", (), None, 1), OpenWord("Contract", (), "Proposal", 1)]
    >>> are_few_with_unknown(some), are_few_with_unknown(some[1:])
    (True, False)
    """
    return len(words) <= FEW_WORDS and any(word.usual is None for word in words)


def loses_a_numbered_one(words: Sequence[OpenWord]) -> bool:
    """Tell whether the usual funnel takes a word for its first stage that the user has numbered as a later one.

    >>> some = [OpenWord("2. Quote", (), "Proposal", 1), OpenWord("3. Order agreed", (), None, 1)]
    >>> loses_a_numbered_one(some), loses_a_numbered_one([*some, OpenWord("Demo", (), None, 1)])
    (True, False)
    """
    numbers = [word.number for word in words if word.number is not None]
    if len(numbers) < len(words) or len({*numbers}) < len(words):
        return False
    return any(word.usual is None and word.number != min(numbers) for word in words)


def in_order(words: Sequence[OpenWord], observed: Mapping[OrderSource, Ranks]) -> OrderedStages | None:
    """Put stages into the order that the first source that fits tells; None where none does.

    Args:
        words: The stages.
        observed: What histories and dates tell.

    >>> some = [OpenWord("Legal", (), None, 1, 80.0), OpenWord("Draft", (), None, 1, 20.0)]
    >>> in_order(some, {})
    OrderedStages(words=(OpenWord(name='Draft', ... chance=80.0)), source='probability', against=None)
    """
    ranked = {source: ranks for source, ranks in _ranks(words, observed).items() if _covers(ranks, words)}
    for source in ranked:
        ordered = _sorted(words, ranked, source)
        if ordered is not None:
            return OrderedStages(ordered, source, _contradiction(ordered, ranked, source))
    return None


def needs_observation(words: Sequence[OpenWord]) -> bool:
    """Tell whether nothing but what has happened to the rows can tell the order better than the vocabulary."""
    ordered = in_order(words, {})
    return ordered is None or ordered.source == "vocabulary"


def _covers(ranks: Ranks, words: Sequence[OpenWord]) -> bool:
    there = {ranks[word.key] for word in words if word.key in ranks}
    return len(there) > 1 and all(word.key in ranks for word in words)


def _ranks(words: Sequence[OpenWord], observed: Mapping[OrderSource, Ranks]) -> dict[OrderSource, Ranks]:
    """By source, the surest first, what each says of the words."""
    return {
        "numbers": {word.key: float(word.number) for word in words if word.number is not None},
        "probability": {word.key: word.chance for word in words if word.chance is not None},
        **{source: observed[source] for source in _OBSERVED if source in observed},
        "vocabulary": _by_vocabulary(words),
    }


def _by_vocabulary(words: Sequence[OpenWord]) -> Ranks:
    """The order in which a CRM ships these stages, else that of the stages they stand for."""
    names = {plain(split_number(word.name)[1]): word.key for word in words}
    for shipped in vocabulary()["pipelines"]:
        order = {plain(name): float(place) for place, name in enumerate(shipped)}
        if names.keys() <= order.keys():
            return {key: order[name] for name, key in names.items()}
    return {word.key: float(PIPELINE.index(word.usual)) for word in words if word.usual is not None}


def _sorted(
    words: Sequence[OpenWord], ranked: Mapping[OrderSource, Ranks], source: OrderSource
) -> tuple[OpenWord, ...] | None:
    """The words by a source, those that it leaves together by the next ones; None where some stay together."""
    later = [ranked[other] for other in list(ranked)[list(ranked).index(source) + 1 :]]
    ordered: list[OpenWord] = []
    by_rank = sorted(words, key=lambda word: ranked[source][word.key])
    for _, same in groupby(by_rank, key=lambda word: ranked[source][word.key]):
        together = list(same)
        for ranks in later:
            if len({ranks[word.key] for word in together}) == len(together):
                together.sort(key=lambda word: ranks[word.key])
                break
        else:
            if len(together) > 1:
                return None
        ordered += together
    return tuple(ordered)


def _contradiction(
    ordered: Sequence[OpenWord], ranked: Mapping[OrderSource, Ranks], source: OrderSource
) -> tuple[OrderSource, str, str] | None:
    for other, ranks in ranked.items():
        if other not in (source, "vocabulary"):
            for one, after in pairwise(ordered):
                if ranks[one.key] > ranks[after.key]:
                    return other, one.name, after.name
    return None


def are_open(ordered: OrderedStages, words: Iterable[StageWord]) -> bool:
    """Tell whether words that no language knows are stages before the win for all that the table says.

    They may as well be other words for a win or a loss: the table knows both by other words, no number puts them
    behind the win or the loss, and the CRM gives them a chance that is neither none nor all.
    """
    unknown = [word for word in ordered.words if word.usual is None]
    if not unknown:
        return True
    if ordered.source == "vocabulary":
        return False
    told = list(words)
    if not {WON, LOST} <= {word.stage for word in told if word.count}:
        return False
    ends = [split_number(word.word)[0] for word in told if word.stage in (WON, LOST)]
    last = min((number for number in ends if number is not None), default=None)
    return all(
        (word.chance is None or 0 < word.chance < 100) and (last is None or word.number is None or word.number < last)
        for word in unknown
    )


def own_stages(ordered: OrderedStages, *, is_deals: bool) -> tuple[OwnStage, ...]:
    """The words as stages, each first one of a usual stage standing for it.

    >>> words = (OpenWord("New", (), "Lead", 1), OpenWord("Fit", (), "SQL", 1), OpenWord("Plan", (), "SQL", 1))
    >>> [(one.name, one.stands_for) for one in own_stages(OrderedStages(words, "numbers"), is_deals=False)]
    [('New', ''), ('Fit', 'SQL'), ('Plan', '')]
    """
    first, *_ = ordered.words
    # whatever the first word of a lead stands for has its creation behind it
    has_entry = not is_deals and first.usual not in (PIPELINE.entry.name, None)
    usual = PIPELINE.of_deals[:-1] if is_deals else PIPELINE.inner
    left = {stage.name: stage for stage in usual if not (is_deals and stage.role == "opportunity")}
    beyond = 0
    stages = [OwnStage(PIPELINE.entry.name)] if has_entry else []
    for word in ordered.words:
        stage = left.get(word.usual or "")
        stands_for = ""
        if stage is not None and stages and (stage.floats or PIPELINE.index(stage.name) > beyond):
            stands_for = left.pop(stage.name).name
            beyond = max(beyond, PIPELINE.index(stage.name))
        stages.append(OwnStage(word.name, word.spellings, stands_for))
    return tuple(stages)


def observed_order(steps: Iterable[tuple[str, str, int]], stages: Sequence[str]) -> tuple[Ranks, tuple[str, ...]]:
    """Rank stages by the way that most took between each two of them.

    Args:
        steps: Names of a stage and of one entered later, and how often that was.
        stages: The names.

    Returns:
        Their ranks by key, empty where they go round in a circle; and the stages of the circle.

    >>> observed_order([("Draft", "Legal", 9), ("Legal", "Draft", 2)], ["Legal", "Draft"])
    ({'draft': 0.0, 'legal': 1.0}, ())
    >>> observed_order([("A", "B", 3), ("B", "C", 3), ("C", "A", 3)], ["A", "B", "C"])
    ({}, ('A', 'B', 'C'))
    """
    net: dict[tuple[str, str], int] = defaultdict(int)
    for one, later, count in steps:
        net[one, later] += count
        net[later, one] -= count
    before = {stage: {one for one in stages if net[one, stage] > 0} for stage in stages}
    met = {name for pair, count in net.items() if count for name in pair}
    ranks: Ranks = {}
    rank = 0.0
    left = [stage for stage in stages if stage in met]
    while left:
        first = [stage for stage in left if not before[stage] & {*left}]
        if not first:
            return {}, tuple(left)
        ranks |= dict.fromkeys(map(plain, first), rank)
        rank += 1
        left = [stage for stage in left if stage not in first]
    return ranks, ()
