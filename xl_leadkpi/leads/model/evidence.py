"""What a table can support: each fact known, partly known or unknown, with the reason and with what would help.

It is gathered once, from columns, words and counts of rows. Every figure declares what facts it needs; one that needs
an unknown fact has no value, and its reason is that fact's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NamedTuple

from xl_leadkpi.leads.model.findings import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from xl_leadkpi.leads.model.findings import Detail
    from xl_leadkpi.leads.model.stage import Pipeline

Level = Literal["known", "partly", "unknown"]

NEARLY_ALL = 0.9
"""Share from which what holds for most rows is taken to hold for the table."""
MOST_SILENT = 0.02
"""Share of the lost up to which those that do not say how far they came are named, and change no rate by more."""
DATED_ENOUGH = 0.5
"""Share of the leads seen in a stage that have its day, below which a missing day does not say that it was missed."""
ENOUGH_LOST = 10
"""Lost leads from which it is no chance that not one was an opportunity; leads without a deal, that not one is lost."""


ABSENT = frozenset(
    {
        FindingKind.NO_COLUMN, FindingKind.NO_STAGE, FindingKind.NO_STAGE_DAYS, FindingKind.NO_SPEND,
        FindingKind.TOO_FEW_TO_FORECAST,
    }
)  # fmt: skip
"""Reasons that say no more than that something was not exported or is too little: nothing is odd about the data."""
OF_FEW = frozenset(
    {
        FindingKind.TOO_FEW_FOLLOWED, FindingKind.CUSTOMERS_TOO_YOUNG, FindingKind.MOST_STILL_THERE,
        FindingKind.LIFETIME_AHEAD,
    }
)  # fmt: skip
"""Reasons that a group has for being small or young: the notes of its table tell them for all groups."""


class Fact(StrEnum):
    """Everything that a figure may need to be told; some are told of each stage by itself.

    ============================ =====================================================================================
    rows                         which rows are leads, each once
    creation_dates               when leads came
    outcomes                     that a column tells what became of leads
    wins, losses                 that leads are won, that leads are lost
    leads_not_won                that there are others than the won ones: the table is no list of wins
    stage                        who came to a stage (of each stage)
    stage_days                   when (of each stage)
    stage_now                    which stage open leads are in
    opportunities                which leads are opportunities
    reach_of_lost                which of the lost came to a stage (of each stage)
    lost_opportunities           which of the lost were opportunities
    win_days, loss_days          when leads were won, and lost
    amounts, won_amounts         what leads are worth, and what the won ones were
    one_currency                 that amounts may be added up
    sources, owners              where leads come from, whose they are
    response_times               how long the first answer took
    customer_ends                when customers left
    joined_deals                 which lead each deal is of
    spend                        what marketing cost
    spend_months                 that it was spent while the leads came
    spend_channels               that it was spent on channels that leads name
    spend_currency               that it is in the currency of the amounts
    ============================ =====================================================================================
    """

    ROWS = "rows"
    CREATION_DATES = "creation_dates"
    OUTCOMES = "outcomes"
    WINS = "wins"
    LOSSES = "losses"
    LEADS_NOT_WON = "leads_not_won"
    STAGE = "stage"
    STAGE_DAYS = "stage_days"
    STAGE_NOW = "stage_now"
    OPPORTUNITIES = "opportunities"
    REACH_OF_LOST = "reach_of_lost"
    LOST_OPPORTUNITIES = "lost_opportunities"
    WIN_DAYS = "win_days"
    LOSS_DAYS = "loss_days"
    AMOUNTS = "amounts"
    WON_AMOUNTS = "won_amounts"
    ONE_CURRENCY = "one_currency"
    SOURCES = "sources"
    OWNERS = "owners"
    RESPONSE_TIMES = "response_times"
    CUSTOMER_ENDS = "customer_ends"
    JOINED_DEALS = "joined_deals"
    SPEND = "spend"
    SPEND_MONTHS = "spend_months"
    SPEND_CHANNELS = "spend_channels"
    SPEND_CURRENCY = "spend_currency"


class Need(NamedTuple):
    """A fact that a figure needs, of one stage where it is told of each."""

    fact: Fact
    stage: str = ""


Needs = tuple[Need, ...]


def needs(*facts: Fact | Need) -> Needs:
    """What a figure needs, in one form.

    >>> needs(Fact.WINS, Need(Fact.STAGE, "MQL"))[1].stage
    'MQL'
    """
    return tuple(dict.fromkeys(one if isinstance(one, Need) else Need(one) for one in facts))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a fact stands.

    Attributes:
        level: ``known``; ``partly``: for nearly all rows, or for a sum that is too low; ``unknown``.
        why: What is missing and what would help; None where all is known.
    """

    level: Level = "known"
    why: Finding | None = None


_KNOWN = Standing()


@dataclass(frozen=True, slots=True)
class Evidence:
    """How every fact stands; what is not listed is known.

    >>> found = Evidence({Need(Fact.LOSSES): Standing("unknown", Finding(FindingKind.NO_LOSSES, 5))})
    >>> found.supports(Fact.WINS), found.supports(Fact.WINS, Fact.LOSSES), found.gap(needs(Fact.LOSSES)).why.count
    (True, False, 5)
    """

    standings: Mapping[Need, Standing] = field(default_factory=dict)

    def __getitem__(self, need: Fact | Need) -> Standing:
        return self.standings.get(need if isinstance(need, Need) else Need(need), _KNOWN)

    def supports(self, *facts: Fact | Need) -> bool:
        """Whether none of these facts is unknown."""
        return all(self[one].level != "unknown" for one in facts)

    def gap(self, facts: Iterable[Need]) -> Standing | None:
        """How the first unknown one of these facts stands, None if none is unknown."""
        return next((self[one] for one in facts if self[one].level == "unknown"), None)

    def also(self, more: Mapping[Need, Standing]) -> Evidence:
        """The same with what else is known about."""
        return replace(self, standings={**self.standings, **more})

    def reasons_beside(self, found: Iterable[Finding]) -> list[Finding]:
        """Every reason once that is worth a line of its own and is not among those found already."""
        told = {id(finding) for finding in found}
        reasons = {id(one.why): one.why for one in self.standings.values() if one.why is not None}
        return [why for key, why in reasons.items() if key not in told and why.kind not in ABSENT]


@dataclass(frozen=True, slots=True)
class RowCounts:
    """What the rows of a table tell, one a lead.

    Attributes:
        rows: All of them; ``won`` and ``lost`` of them.
        created: Rows with a day of creation; ``won_dated``, ``lost_dated``: won and lost ones with the day of it.
        lost_opportunities: Lost ones known to have been opportunities.
        amounts: Rows with an amount; ``won_amounts``: won ones with an amount.
        open_silent: Open ones whose stage no column of words tells, where there is one for the lost.
        without_deal: Leads that no deal was joined to; ``lost_without_deal``: lost ones among them.
        customer_ends: Won ones with the day on which the customer ended, or is to end, not before the win.
        silent: By stage, lost ones not known to have come so far, no word of which says where they were lost.
        dated: By stage, rows with the day of entering it.
        seen: By stage, rows not lost that came at least so far, and how many of them have its day.
    """

    rows: int
    won: int
    lost: int
    created: int
    won_dated: int
    lost_dated: int
    lost_opportunities: int
    amounts: int
    won_amounts: int
    open_silent: int = 0
    without_deal: int = 0
    lost_without_deal: int = 0
    customer_ends: int = 0
    silent: Mapping[str, int] = field(default_factory=dict)
    dated: Mapping[str, int] = field(default_factory=dict)
    seen: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TableShape:
    """What a table is, besides its rows.

    Attributes:
        fields: Fields that it feeds.
        is_deals: Its rows are deals: each is an opportunity.
        stages: Stages in force, in order.
        pipeline: All stages there might be.
        free_dates: Headers of columns with dates that no field took.
        currencies: Currencies of its amounts.
        words: Stage and status words, most frequent first.
    """

    fields: Collection[str]
    is_deals: bool
    stages: Sequence[str]
    pipeline: Pipeline
    free_dates: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def inner(self) -> tuple[str, ...]:
        """Stages in force between the first and the win."""
        return tuple(stage for stage in self.stages[1:] if stage != self.pipeline.won.name)

    @property
    def opportunity(self) -> str | None:
        """The first stage in force, short of the win, that makes a lead an opportunity."""
        stages = self.stages if self.is_deals else self.inner
        if self.is_deals and self.pipeline.opportunity is None:  # then nothing tells which it is but that all are one
            return next((stage for stage in stages if stage != self.pipeline.won.name), None)
        first, won = self.pipeline.opportunity_index, self.pipeline.won_index
        return next((stage for stage in stages if first <= self.pipeline.index(stage) < won), None)


def gather(shape: TableShape, counts: RowCounts, found: Iterable[Finding] = ()) -> Evidence:
    """Say of every fact about the leads how it stands.

    Args:
        shape: What the table is.
        counts: What its rows tell.
        found: What was odd about its rows already: the reasons why something is known of most of them only.
    """
    by_kind: dict[FindingKind, Finding] = {}
    for finding in found:
        by_kind.setdefault(finding.kind, finding)
    standings = {
        **_dates(shape, counts, by_kind),
        **(outcomes := _outcomes(shape, counts)),
        **(stages := _stages(shape, counts)),
        **_reach(shape, counts, {**outcomes, **stages}),
        **_money(shape, counts, by_kind),
        **_labels(shape, counts.rows, by_kind),
        Need(Fact.CUSTOMER_ENDS): _customer_ends(shape, counts, by_kind),
    }
    return Evidence({need: standing for need, standing in standings.items() if standing.level != "known"})


_Standings = dict[Need, Standing]


def _unknown(kind: FindingKind, count: int, column: str = "", **details: Detail) -> Standing:
    return Standing("unknown", Finding(kind, count, column, details=details))


def _partly(why: Finding | None) -> Standing:
    return Standing("partly", why) if why is not None else _KNOWN


def _no_column(name: str, rows: int) -> Standing:
    return _unknown(FindingKind.NO_COLUMN, rows, field=name)


def _dates(shape: TableShape, counts: RowCounts, found: Mapping[FindingKind, Finding]) -> _Standings:
    created = _partly(found.get(FindingKind.NO_CREATED_DATE))
    if not counts.created:
        if shape.free_dates:
            created = _unknown(FindingKind.CREATION_DATE_NOT_FOUND, counts.rows, columns=shape.free_dates)
        else:
            created = _unknown(FindingKind.NO_CREATION_DATES, counts.rows)
    won, lost = _partly(found.get(FindingKind.WON_WITHOUT_DATE)), _KNOWN
    if counts.won and not counts.won_dated:
        won = _unknown(FindingKind.NO_WIN_DAYS, counts.won)
    if counts.lost_dated < counts.lost:
        missing = counts.lost - counts.lost_dated
        why = Finding(FindingKind.LOST_WITHOUT_DATE, missing)
        lost = Standing("partly" if counts.lost_dated else "unknown", why)
    return {Need(Fact.CREATION_DATES): created, Need(Fact.WIN_DAYS): won, Need(Fact.LOSS_DAYS): lost}


_OUTCOME_FIELDS = frozenset({"status", "stage", "won_date", "lost_date", "is_won", "is_lost", "deal_outcome"})


def _outcomes(shape: TableShape, counts: RowCounts) -> _Standings:
    told = wins = losses = others = _KNOWN
    if not _OUTCOME_FIELDS.intersection(shape.fields):
        told = wins = losses = _unknown(FindingKind.NO_OUTCOME, counts.rows)
    elif counts.rows and counts.won == counts.rows:
        losses = others = _unknown(FindingKind.ONLY_WON, counts.rows)
    else:
        if not counts.won:
            wins = _unknown(FindingKind.NO_WINS, counts.rows, words=shape.words)
        if not counts.lost:
            losses = _unknown(FindingKind.NO_LOSSES, counts.rows, words=shape.words)
    if told is _KNOWN:
        # won, lost and open ones are counted as far as the file tells them apart
        told = next((_partly(one.why) for one in (losses, wins) if one is not _KNOWN), _KNOWN)
        if told is _KNOWN and counts.without_deal >= ENOUGH_LOST and not counts.lost_without_deal:
            told = Standing("partly", Finding(FindingKind.NO_LEADS_LOST, counts.without_deal))
    return {
        Need(Fact.OUTCOMES): told,
        Need(Fact.WINS): wins,
        Need(Fact.LOSSES): losses,
        Need(Fact.LEADS_NOT_WON): others,
    }


def _stages(shape: TableShape, counts: RowCounts) -> _Standings:
    standings: _Standings = {}
    for stage in shape.pipeline.inner:
        if stage.name not in shape.stages:
            standings[Need(Fact.STAGE, stage.name)] = _unknown(FindingKind.NO_STAGE, counts.rows, stage=stage.name)
    for stage in shape.pipeline.inner:
        begun = shape.is_deals and stage.name == shape.stages[0] and counts.created
        if not counts.dated.get(stage.name) and not begun:
            standings[Need(Fact.STAGE_DAYS, stage.name)] = _unknown(
                FindingKind.NO_STAGE_DAYS, counts.rows, stage=stage.name, field=stage.date_fields[-1]
            )
    if shape.inner and (silent := _stages_without_words(shape, counts)) is not None:
        standings |= {Need(Fact.STAGE, stage): silent for stage in shape.inner}
        standings[Need(Fact.OPPORTUNITIES)] = silent
    elif shape.is_deals and not shape.inner:
        standings[Need(Fact.STAGE_NOW)] = Standing("partly", Finding(FindingKind.ONE_WEIGHT, counts.rows))
    usual = shape.pipeline.opportunity
    if shape.opportunity is None:
        standings[Need(Fact.OPPORTUNITIES)] = _unknown(FindingKind.NO_OPPORTUNITIES, counts.rows)
    elif usual is not None and shape.opportunity != usual.name:
        later = Finding(FindingKind.LATER_OPPORTUNITY, counts.rows, details={"stage": shape.opportunity})
        standings[Need(Fact.OPPORTUNITIES)] = standings[Need(Fact.LOST_OPPORTUNITIES)] = Standing("partly", later)
    return standings


def _stages_without_words(shape: TableShape, counts: RowCounts) -> Standing | None:
    """How the stages of leads are known where no word tells those of the open ones; None if words do."""
    if {"stage", "deal_furthest_stage"} & {*shape.fields}:
        return None
    if "last_open_stage" in shape.fields:
        if not counts.open_silent:
            return None
        if not any(counts.dated.get(stage) for stage in shape.inner):
            return _unknown(FindingKind.NO_STAGE_OF_OPEN, counts.open_silent)
    return Standing("partly", Finding(FindingKind.STAGES_BY_DATES, counts.rows))


def _reach(shape: TableShape, counts: RowCounts, before: _Standings) -> _Standings:
    """Which of the lost came to each stage: told by a word, or by the days of that stage and of all after it."""
    if not counts.lost:
        return {Need(Fact.LOST_OPPORTUNITIES): before[Need(Fact.LOSSES)]}
    standings: _Standings = {}
    doubtful, dated = _silent_stages(shape, counts)
    if dated:
        missing = max(seen - days for seen, days in map(counts.seen.__getitem__, dated))
        why = Finding(FindingKind.LOST_REACH_BY_DATES, missing, details={"stages": dated})
        standings |= {Need(Fact.REACH_OF_LOST, stage): Standing("partly", why) for stage in dated}
    if doubtful:
        silent = max(counts.silent[stage] for stage in doubtful)
        details: dict[str, Detail] = {"stages": doubtful, "lost": float(counts.lost)}
        why = Finding(FindingKind.LOST_REACH_UNKNOWN, silent, details=details)
        for stage in doubtful:
            few = counts.silent[stage] <= MOST_SILENT * counts.lost
            standings[Need(Fact.REACH_OF_LOST, stage)] = Standing("partly" if few else "unknown", why)
    if shape.is_deals:
        return standings
    if shape.opportunity is None:
        standings[Need(Fact.LOST_OPPORTUNITIES)] = before[Need(Fact.OPPORTUNITIES)]
    elif (need := Need(Fact.REACH_OF_LOST, shape.opportunity)) in standings:
        standings[Need(Fact.LOST_OPPORTUNITIES)] = standings[need]
    elif counts.won and counts.lost >= ENOUGH_LOST and not counts.lost_opportunities:
        standings[Need(Fact.LOST_OPPORTUNITIES)] = _unknown(
            FindingKind.NO_LOST_OPPORTUNITIES, counts.lost, stage=shape.opportunity
        )
    return standings


def _silent_stages(shape: TableShape, counts: RowCounts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Stages of which no day tells whether a lost lead came there; and those whose days are there for most leads only.

    Only with the days of all stages after it do those of a stage tell who came to it: some are skipped.
    """
    doubtful, nearly = [], []
    told = whole = True
    for stage in reversed(shape.inner):
        seen, dated = counts.seen.get(stage, (0, 0))
        told = told and bool(counts.dated.get(stage)) and dated >= DATED_ENOUGH * seen
        whole = whole and dated == seen
        # a deal tells by being there that its lead was an opportunity
        by_deal = "deal_outcome" in shape.fields and stage == shape.opportunity
        if by_deal or not counts.silent.get(stage):
            continue
        if not told:
            doubtful.append(stage)
        elif not whole:
            nearly.append(stage)
    return tuple(reversed(doubtful)), tuple(reversed(nearly))


def _money(shape: TableShape, counts: RowCounts, found: Mapping[FindingKind, Finding]) -> _Standings:
    amounts = won = currency = _KNOWN
    if not counts.amounts:
        amounts = won = _no_column("amount", counts.rows)
    elif counts.won and not counts.won_amounts:
        won = _unknown(FindingKind.WON_WITHOUT_AMOUNT, counts.won)
        if FindingKind.WON_WITHOUT_AMOUNT in found:
            won = Standing("unknown", found[FindingKind.WON_WITHOUT_AMOUNT])
    else:
        doubts = (FindingKind.WON_WITHOUT_AMOUNT, FindingKind.ESTIMATED_AMOUNTS)
        won = _partly(next((found[kind] for kind in doubts if kind in found), None))
    if len(shape.currencies) > 1:
        currency = _unknown(FindingKind.MIXED_CURRENCIES, counts.amounts, currencies=shape.currencies)
        if FindingKind.MIXED_CURRENCIES in found:
            currency = Standing("unknown", found[FindingKind.MIXED_CURRENCIES])
    return {Need(Fact.AMOUNTS): amounts, Need(Fact.WON_AMOUNTS): won, Need(Fact.ONE_CURRENCY): currency}


def _labels(shape: TableShape, rows: int, found: Mapping[FindingKind, Finding]) -> _Standings:
    columns = {Fact.SOURCES: "source", Fact.OWNERS: "owner", Fact.RESPONSE_TIMES: "first_response"}
    fed = {"first_response": "response_min"}
    standings = {
        Need(fact): _no_column(name, rows) for fact, name in columns.items() if fed.get(name, name) not in shape.fields
    }
    if "lead_id" not in shape.fields:
        standings[Need(Fact.ROWS)] = Standing("partly", Finding(FindingKind.NO_IDENTIFIER, rows))
    if FindingKind.DEALS_WITHOUT_LEAD in found:
        standings[Need(Fact.JOINED_DEALS)] = _partly(found[FindingKind.DEALS_WITHOUT_LEAD])
    return standings


def _customer_ends(shape: TableShape, counts: RowCounts, found: Mapping[FindingKind, Finding]) -> Standing:
    if "customer_end" not in shape.fields:
        return _no_column("customer_end", counts.rows)
    if counts.won and not counts.customer_ends:
        # nobody left, or nobody wrote it down: nothing tells which
        return _unknown(FindingKind.NO_CUSTOMER_ENDS, counts.won)
    return _partly(found.get(FindingKind.CUSTOMER_END_BEFORE_WON))


_PROGRESS = (Fact.OUTCOMES, Fact.WINS, Fact.LOSSES, Fact.STAGE, Fact.REACH_OF_LOST)
_MONEY = (Fact.AMOUNTS, Fact.WON_AMOUNTS)
_FACTS_OF_FIELD: dict[str, tuple[Fact, ...]] = {
    **dict.fromkeys(("stage", "status", "last_open_stage", "is_won", "is_closed", "is_converted"), _PROGRESS),
    "lead_id": (Fact.ROWS,),
    "created": (Fact.CREATION_DATES,),
    "won_date": (Fact.OUTCOMES, Fact.WINS, Fact.WIN_DAYS),
    "lost_date": (Fact.OUTCOMES, Fact.LOSSES, Fact.LOSS_DAYS),
    "close_date": (Fact.WIN_DAYS, Fact.LOSS_DAYS),
    "first_response": (Fact.RESPONSE_TIMES,),
    "customer_end": (Fact.CUSTOMER_ENDS,),
    "amount": _MONEY,
    "currency": (*_MONEY, Fact.ONE_CURRENCY),
    "source": (Fact.SOURCES, Fact.SPEND_CHANNELS),
    "channel": (Fact.SPEND_CHANNELS,),
    "spend": (Fact.SPEND,),
    "month": (Fact.SPEND_MONTHS,),
    "date": (Fact.SPEND_MONTHS,),
}
_FACTS_OF_STAGE_DAYS = (Fact.STAGE, Fact.STAGE_DAYS, Fact.REACH_OF_LOST)
_DOUBTS: dict[FindingKind, tuple[Fact, ...]] = {
    **dict.fromkeys(
        (
            FindingKind.OPEN_QUOTE, FindingKind.SHORT_ROWS, FindingKind.LONG_ROWS, FindingKind.HIDDEN_ROWS,
            FindingKind.DUPLICATE_IDS, FindingKind.DUPLICATE_EMAILS, FindingKind.UNUSED_EXCLUSION,
            FindingKind.LATER_FILE, FindingKind.FILE_AGAIN, FindingKind.FILES_WITHOUT_ID,
            FindingKind.OVERLAPPING_PIPELINES, FindingKind.DAYS_OF_SEVERAL_PIPELINES,
        ),
        (Fact.ROWS,),
    ),
    **dict.fromkeys(
        (
            FindingKind.UNKNOWN_WORDS, FindingKind.GUESSED_STAGE_WORDS, FindingKind.UNUSED_STAGE_WORD,
            FindingKind.WORDS_AS_STAGES, FindingKind.UNLISTED_WORDS,
            FindingKind.CONTRADICTIONS, FindingKind.UNDATED_OUTCOMES, FindingKind.WON_BY_FLAG, FindingKind.LOST_BY_FLAG,
        ),
        _PROGRESS,
    ),
    **dict.fromkeys((FindingKind.LOST_REACH_UNKNOWN, FindingKind.NO_OPPORTUNITIES), (Fact.LOSSES,)),
    FindingKind.HISTORY_DISAGREES: _PROGRESS,
    **dict.fromkeys(
        (
            FindingKind.SEVERAL_PIPELINES, FindingKind.MANY_PIPELINES, FindingKind.STAGE_ORDERS_DIFFER,
            FindingKind.STAGE_LOOP, FindingKind.PIPELINES_AS_USUAL,
        ),
        (Fact.STAGE, Fact.STAGE_DAYS, Fact.REACH_OF_LOST),
    ),
    FindingKind.HISTORY_BEFORE_CREATION: (Fact.CREATION_DATES,),
    FindingKind.PASSED_OUTCOME: (Fact.WINS, Fact.WIN_DAYS, Fact.LOSSES),
    **dict.fromkeys(
        (FindingKind.HISTORY_ORDER, FindingKind.HISTORY_BREAKS, FindingKind.INCOMPLETE_CHANGES),
        (Fact.STAGE_DAYS, Fact.REACH_OF_LOST),
    ),
    FindingKind.FUTURE_DATES: (Fact.WIN_DAYS, Fact.STAGE_DAYS),
    FindingKind.NEGATIVE_DURATION: (Fact.STAGE_DAYS, Fact.WIN_DAYS),
    FindingKind.NEGATIVE_RESPONSE: (Fact.RESPONSE_TIMES,),
    **dict.fromkeys(
        (
            FindingKind.UNPARSED_AMOUNTS, FindingKind.AMOUNTS_TOO_LARGE, FindingKind.AMBIGUOUS_AMOUNTS,
            FindingKind.NEGATIVE_AMOUNTS,
        ),
        _MONEY,
    ),
    **dict.fromkeys(
        (FindingKind.SPEND_WITHOUT_DATE, FindingKind.SPEND_RANGE, FindingKind.SPEND_UNFILTERED), (Fact.SPEND_MONTHS,)
    ),
    **dict.fromkeys((FindingKind.SPEND_UNMATCHED, FindingKind.SPEND_UNALLOCATED), (Fact.SPEND_CHANNELS,)),
}  # fmt: skip
"""By kind of finding, the facts that it makes doubtful: the figures that need them are named beside it."""


def facts_in_doubt(
    finding: Finding, evidence: Evidence, fields: Mapping[str, str], pipeline: Pipeline
) -> tuple[Need, ...]:
    """The facts that a finding touches.

    Args:
        finding: The finding.
        evidence: How the facts stand: a finding may be the reason of one.
        fields: By header, the field that a column feeds; what is odd about a column touches what it tells.
        pipeline: The stages of the table.

    >>> from xl_leadkpi.leads.model.stage import PIPELINE
    >>> doubtful = Finding(FindingKind.AMBIGUOUS_DATES, 3, "Signed")
    >>> facts_in_doubt(doubtful, Evidence(), {"Signed": "won_date"}, PIPELINE)[0].fact
    <Fact.OUTCOMES: 'outcomes'>
    """
    own = tuple(need for need, standing in evidence.standings.items() if standing.why is finding)
    if own:
        # what is said of the lost in another way than it might be
        return own + tuple(map(Need, _DOUBTS.get(finding.kind, ())))
    name = finding.details.get("field", fields.get(finding.column))
    is_of_stage = any(name in stage.date_fields for stage in pipeline.inner)
    facts = _FACTS_OF_STAGE_DAYS if is_of_stage else _FACTS_OF_FIELD.get(str(name), ()) or _DOUBTS.get(finding.kind, ())
    return tuple(map(Need, facts))
