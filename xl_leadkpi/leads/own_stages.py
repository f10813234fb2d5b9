"""Tables whose stages are the user's own: found in their words and put in order, or as the user has listed them."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.errors import InputError, brief
from xl_leadkpi.leads.cells.vocabulary import plain
from xl_leadkpi.leads.model.conditions import Condition
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.stage import LOST, MOST_OPEN, OPEN, PIPELINE, WON, OwnStage, own_pipeline
from xl_leadkpi.leads.model.table import has_joined_deals
from xl_leadkpi.leads.overrides import checked
from xl_leadkpi.leads.recognition.headers import meanings
from xl_leadkpi.leads.recognition.stage_order import (
    OpenWord,
    OrderedStages,
    are_few_with_unknown,
    are_hidden,
    are_open,
    in_order,
    loses_a_numbered_one,
    merged_words,
    needs_observation,
    observed_order,
    open_words,
    own_stages,
)
from xl_leadkpi.leads.recognition.stage_words import split_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xl_leadkpi.leads.model.findings import Detail
    from xl_leadkpi.leads.model.options import ReadOptions
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.model.table import LeadTable
    from xl_leadkpi.leads.recognition.stage_order import OrderSource, Ranks

    Read = Callable[[ReadOptions], LeadTable]

_START = OwnStage("(created)")
"""Where leads begin while the order of their stages is looked for: each of these then has days of its own."""
LISTED = "listed"
"""What tells the order of stages that the user has put in order."""
_NAMED = 8
"""Words that a message names."""


def with_own_stages(read: Read, options: ReadOptions, *, has_deals: bool) -> LeadTable:
    """Read a table with the stages that its words are, where these say more than the usual ones.

    Args:
        read: Reads it.
        options: How to.
        has_deals: A table of deals is joined to it: the stages are those of the deals.

    Raises:
        InputError: The stages that are listed cannot be; or stages of its own are asked for, and nothing tells their
            order.
    """
    if options.pipeline is not PIPELINE:
        return read(options)
    if options.own_stages:
        return _as_listed(read, options, has_deals=has_deals)
    table = read(options)
    if options.stages == "canonical" or options.stage_order:
        return table
    outcomes = _unknown_outcomes(read, options, table, has_deals=has_deals)
    if outcomes:
        with_them = replace(options, words={**outcomes, **options.words})
        found = _Search(read, with_them, _guessed(read(with_them), outcomes), has_deals=has_deals).result()
        if found.pipeline is not PIPELINE:
            return _guessed(found, outcomes)
    return _Search(read, options, table, has_deals=has_deals).result()  # the columns say what the words do not


def _unknown_outcomes(read: Read, options: ReadOptions, table: LeadTable, *, has_deals: bool) -> dict[str, str]:
    """Words that nobody knows whose rows are all won, or all lost, by what other columns say."""
    kind = "deals" if has_deals else "leads"
    met = {word.stage for word in table.words if word.count}
    missing = {"won": WON, "lost": LOST}
    missing = {outcome: stage for outcome, stage in missing.items() if stage not in met}
    unknown = [word for word in table.words if word.origin == "unknown" and word.count and word.table == kind]
    if not missing or not 0 < len(unknown) <= MOST_OPEN or not _outcomes(table) & missing.keys():
        return {}
    fields = {column.field for column in table.columns if column.table == kind}
    column = next((name for name in ("stage", "status") if name in fields), None)
    if column is None:
        return {}
    found = {}
    for word in unknown:
        of_word = Condition(f"deals.{column}" if has_deals else column, "=", (word.word,))
        asked = replace(options, stages="canonical", where=(*options.where, of_word), as_of=table.as_of)
        with suppress(InputError):  # no row is in it now
            [*outcomes] = _outcomes(read(asked))
            if len(outcomes) == 1 and outcomes[0] in missing:
                found[word.word] = missing[outcomes[0]]
    return found


def _outcomes(table: LeadTable) -> set[str]:
    """The outcomes that rows of a table have."""
    rows = engines.lazy(table.frame)
    [counted] = engines.collect([rows.group_by("outcome").agg(nw.len().alias("n"))])
    return {str(row["outcome"]) for row in counted}


def _guessed(table: LeadTable, outcomes: Mapping[str, str]) -> LeadTable:
    """The table with words that were taken for outcomes as what they are: no word of the user."""
    words = (replace(word, origin="guessed") if word.word in outcomes else word for word in table.words)
    return replace(table, words=tuple(words)) if outcomes else table


def _as_listed(read: Read, options: ReadOptions, *, has_deals: bool) -> LeadTable:
    """Read a table with the stages that the user has listed, once it is known whether they are of leads or of deals."""
    kind = "deals" if has_deals else options.kind
    if kind == "auto":
        usual = replace(options, own_stages=(), words=_listed_words(options), stages="canonical")
        kind = "deals" if read(usual).is_deals else "leads"
    pipeline = own_pipeline(options.own_stages, options.own_win, is_deals=kind == "deals")
    table = read(checked(replace(options, pipeline=pipeline)))
    found = [*_not_listed(table, options), *_not_met(table, options), *_against_history(table, LISTED)]
    return _also(replace(table, stages_told_by=LISTED), *found)


def _listed_words(options: ReadOptions) -> dict[str, str]:
    """The words that the user has listed, as the usual stages have them: she knows them, whoever else does."""
    listed = {text: PIPELINE.entry.name for stage in options.own_stages for text in (stage.name, *stage.words)}
    listed |= dict.fromkeys((options.own_win.name, *options.own_win.words), PIPELINE.won.name)
    return listed | {word: stage for word, stage in options.words.items() if stage in (LOST, OPEN)}


def _keys(text: str) -> set[str]:
    """What a word is looked up by: with the number that it begins with, and without."""
    return {plain(text), plain(split_number(text)[1])}


def _listed_keys(stage: OwnStage) -> set[str]:
    return set().union(*map(_keys, (stage.name, *stage.words)))


def _not_listed(table: LeadTable, options: ReadOptions) -> list[Finding]:
    """Words of stages before the win that the user has not listed, and what the vocabulary takes them for."""
    known = {text for stage in (*options.own_stages, options.own_win) for text in _listed_keys(stage)}
    known |= {plain(word) for word in options.words}
    outcomes = {table.pipeline.won.name, LOST, OPEN, None}
    odd = [word for word in table.words if word.stage not in outcomes and not _keys(word.word) & known]
    if has_joined_deals(table.columns):
        odd = [word for word in odd if word.table == "deals"]
    if not odd:
        return []
    words = tuple(dict.fromkeys(word.word for word in odd))
    return [Finding(FindingKind.UNLISTED_WORDS, sum(word.count for word in odd), details={"words": words})]


def _not_met(table: LeadTable, options: ReadOptions) -> list[Finding]:
    """Listed stages that no row is in or has a day of, which may be misspelt."""
    met = {key for word in table.words if word.count for key in _keys(word.word)}
    dated = {*table.dated} - {options.own_stages[0].name}  # everyone has a day of the first
    unmet = [stage.name for stage in options.own_stages if not _listed_keys(stage) & met and stage.name not in dated]
    return [Finding(FindingKind.STAGES_NOT_MET, len(unmet), details={"words": tuple(unmet)})] if unmet else []


@dataclass
class _Search:
    """The search for the stages of one table."""

    read: Read
    options: ReadOptions
    usual: LeadTable
    has_deals: bool
    loop: tuple[str, ...] = ()

    def result(self) -> LeadTable:
        """The table with its own stages, or as it is."""
        words = open_words(self.usual.words, of_deals_alone=self.has_deals)
        stage, merged = merged_words(words)
        is_asked = self.options.stages == "own"
        is_hidden = are_hidden(words) or loses_a_numbered_one(words)
        if not (is_asked or is_hidden or are_few_with_unknown(words)):
            return self.usual
        fault = self._number_fault(words)
        ordered = None if fault else self._ordered(words)
        if ordered is None or not (is_asked or self._says_more(ordered, is_hidden=is_hidden)):
            if is_asked:
                raise InputError(fault or self._no_order(words), ("stages", "own"))
            if not is_hidden or stage is None or all(word.usual is None for word in words):
                return self.usual  # that none of them is known is told already
            details: dict[str, Detail] = {"stage": stage, "words": merged[:_NAMED]}
            return _also(self.usual, Finding(FindingKind.STAGES_MERGED, len(merged), details=details))
        return self._read_with(ordered, merged)

    def _says_more(self, ordered: OrderedStages, *, is_hidden: bool) -> bool:
        """Tell whether the words are stages that the usual funnel does not show."""
        # a stage is there by what has happened to rows, or by the CRM: the vocabulary alone knows the usual ones
        return (is_hidden or ordered.source != "vocabulary") and are_open(ordered, self.usual.words)

    def _number_fault(self, words: Sequence[OpenWord]) -> str:
        if 1 < len(words) <= MOST_OPEN:
            return ""
        named = ", ".join(f"'{brief(word.name)}'" for word in words[:_NAMED]) or "none"
        return (
            f"{self.usual.source_name}: --stages own wants 2 to {MOST_OPEN} words of stages before the win; there are "
            f"{len(words)}: {named}. List the stages in the project file ([[stages]]), or say --stages canonical."
        )

    def _no_order(self, words: Sequence[OpenWord]) -> str:
        named = ", ".join(f"'{brief(word.name)}'" for word in words)
        circle = ", ".join(f"'{brief(name)}'" for name in self.loop)
        why = f"nothing tells the order of these stages: {named}"
        if circle:
            why = f"the stages {circle} go round in a circle, and nothing else tells the order of {named}"
        return (
            f"{self.usual.source_name}: {why}. Number them in the CRM, "
            "export its probability column, or list them in order in the project file (leadkpi check --write, then "
            f"[[stages]]).{self._no_outcome(words)}"
        )

    def _no_outcome(self, words: Sequence[OpenWord]) -> str:
        """That no word means a win or a loss, so that some of these may."""
        met = {word.stage for word in self.usual.words if word.count}
        missing = [stage for stage in (WON, LOST) if stage not in met]
        unknown = [word.name for word in words if word.usual is None]
        if not missing or not unknown:
            return ""
        said = " and ".join(f'--stage "WORD={stage}"' for stage in missing)
        return f" No word is known to mean {' or '.join(missing)}: if one of them does, say so with {said}."

    def _ordered(self, words: Sequence[OpenWord]) -> OrderedStages | None:
        observed: dict[OrderSource, Ranks] = {}
        if needs_observation(words) and len(words) < MOST_OPEN:
            trial = own_pipeline((_START, *(OwnStage(word.name, word.spellings) for word in words)))
            if self.usual.history is not None or _has_days(trial, self.usual):
                observed, loop = _observed(self.read(self._options(trial)), [word.name for word in words])
                self.loop = loop
                if loop:
                    self.usual = _also(self.usual, Finding(FindingKind.STAGE_LOOP, len(loop), details={"words": loop}))
        return in_order(words, observed)

    def _options(self, pipeline: Pipeline) -> ReadOptions:
        """The options with a pipeline; what the user says of words holds as far as these are no stages themselves."""
        by_usual = {stage.stands_for: stage.name for stage in pipeline}
        ours = {plain(text) for stage in pipeline for text in (stage.name, *stage.words)}
        outcomes = {pipeline.won.name, LOST, OPEN}
        words = {
            word: stage if stage in outcomes else by_usual.get(stage, pipeline.entry.name)
            for word, stage in self.options.words.items()
            if stage in outcomes or plain(word) not in ours
        }
        kind = self.options.kind if self.has_deals else "deals" if self.usual.is_deals else "leads"
        return replace(self.options, pipeline=pipeline, words=words, kind=kind)

    def _read_with(self, ordered: OrderedStages, merged: tuple[str, ...]) -> LeadTable:
        of_deals = self.usual.is_deals or self.has_deals
        pipeline = own_pipeline(own_stages(ordered, is_deals=of_deals), is_deals=of_deals)
        table = self.read(self._options(pipeline))
        names = tuple(word.name for word in ordered.words)
        details: dict[str, Detail] = {"stages": names, "order": ordered.source, "merged": merged}
        found = [Finding(FindingKind.OWN_STAGES, len(names), details=details)]
        found += [
            one for one in self.usual.findings if one.kind in (FindingKind.TAKEN_FOR_DEALS, FindingKind.STAGE_LOOP)
        ]
        unknown = [word for word in ordered.words if word.usual is None]
        if unknown:
            details = {"words": tuple(word.name for word in unknown)}
            found.append(Finding(FindingKind.WORDS_AS_STAGES, sum(word.rows for word in unknown), details=details))
        if ordered.against is not None:
            other, one, after = ordered.against
            details = {"order": ordered.source, "other": other, "words": (one, after)}
            found.append(Finding(FindingKind.STAGE_ORDERS_DIFFER, 2, details=details))
        elif ordered.source != "history":
            found += _against_history(table, ordered.source)
        return _also(replace(table, stages_told_by=ordered.source), *found)


def _also(table: LeadTable, *found: Finding) -> LeadTable:
    return replace(table, findings=(*table.findings, *found))


def _has_days(pipeline: Pipeline, table: LeadTable) -> bool:
    """Tell whether columns are called as the days of these stages are."""
    fields = {field for stage in pipeline.inner for field in stage.date_fields}
    called = (meanings(column.header, "leads", pipeline)[0] for column in table.columns)
    return sum(any(meaning.field in fields for meaning in found) for found in called) > 1


def _observed(table: LeadTable, names: Sequence[str]) -> tuple[dict[OrderSource, Ranks], tuple[str, ...]]:
    """What a table's history and days tell of the order of its stages, and the stages that go round in a circle."""
    found: dict[OrderSource, Ranks] = {}
    loop: tuple[str, ...] = ()
    for source, steps in (("history", _moves(table)), ("dates", _days_apart(table, names))):
        if steps:
            ranks, circle = observed_order(steps, names)
            if ranks:
                found[source] = ranks  # type: ignore[index]
            loop = loop or circle
    return found, loop


def _moves(table: LeadTable) -> list[tuple[str, str, int]]:
    """Moves from one stage to another, as the history has them."""
    if table.history is None:
        return []
    visits = table.history.visits.filter(~nw.col("before").is_null())
    [counted] = engines.collect([visits.group_by("before", "stage").agg(nw.len().alias("n"))])
    names = dict(enumerate(table.pipeline.names, start=1))
    return [
        (names[int(row["before"])], names[int(row["stage"])], int(row["n"]))
        for row in counted
        if int(row["before"]) in names and int(row["stage"]) in names
    ]


def _days_apart(table: LeadTable, names: Sequence[str]) -> list[tuple[str, str, int]]:
    """In how many rows one stage's day comes before another's."""
    columns = {name: table.pipeline[name].date_column for name in names}
    pairs = [pair for pair in combinations(names, 2) if all(name in table.dated for name in pair)]
    asked: dict[str, nw.Expr] = {}
    for place, (one, other) in enumerate(pairs):
        apart: nw.Expr = nw.col(columns[other]) - nw.col(columns[one])
        asked |= {f"{place} on": (apart > 0).cast(nw.Int64).sum(), f"{place} back": (apart < 0).cast(nw.Int64).sum()}
    counted: engines.Row = engines.measure(table.frame, asked) if asked else {}
    steps: Counter[tuple[str, str]] = Counter()
    for place, (one, other) in enumerate(pairs):
        steps[one, other] += int(counted[f"{place} on"] or 0)
        steps[other, one] += int(counted[f"{place} back"] or 0)
    return [(one, other, count) for (one, other), count in steps.items() if count]


def _against_history(table: LeadTable, source: str) -> list[Finding]:
    """Two stages between which most moves go the other way, if there are any."""
    moves = Counter({(one, other): count for one, other, count in _moves(table)})
    place = {name: number for number, name in enumerate(table.pipeline.names)}
    back = [
        (moves[later, one] - moves[one, later], one, later)
        for one, later in moves
        if place[one] < place[later] < len(place) - 1 and moves[later, one] > moves[one, later]
    ]
    if not back:
        return []
    _, one, later = max(back)
    details: dict[str, Detail] = {"order": source, "other": "history", "words": (one, later)}
    return [Finding(FindingKind.STAGE_ORDERS_DIFFER, 2, details=details)]
