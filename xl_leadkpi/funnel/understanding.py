"""What was understood of an export before anything is built of it: columns, words, period, join, what it can tell."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi import engines
from xl_leadkpi.cells.days import date_of
from xl_leadkpi.funnel import spend as spending
from xl_leadkpi.leads.model.evidence import ABSENT, Fact, Need, Standing
from xl_leadkpi.leads.model.findings import FindingKind
from xl_leadkpi.leads.model.table import has_joined_deals
from xl_leadkpi.leads.recognition.own_sheet import REACHED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from xl_leadkpi.engines import Row
    from xl_leadkpi.leads.model.evidence import Evidence, Level
    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.reports import Reports, ReportTable
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.model.table import (
        ChannelName,
        ColumnMatch,
        LeadTable,
        SpendTable,
        StageWord,
        TouchTable,
    )

SURE = 0.8
"""Score from which a column counts as recognised with certainty."""
_OF_STAGES = frozenset({Fact.STAGE, Fact.STAGE_DAYS, Fact.REACH_OF_LOST})
_OF_SPEND = frozenset({Fact.SPEND_MONTHS, Fact.SPEND_CHANNELS, Fact.SPEND_CURRENCY})
_OF_THE_JOIN = frozenset({
    FindingKind.JOINED_ON, FindingKind.DEALS_WITHOUT_LEAD, FindingKind.DEALS_NOT_COUNTED, FindingKind.SEVERAL_DEALS,
    FindingKind.SHARED_DEALS, FindingKind.JOIN_TIE,
})  # fmt: skip
_OF_FOLDING = frozenset({FindingKind.HISTORY_FOLDED, FindingKind.PRODUCT_LINES})
_FIRST_OF_CALENDAR, _LAST_OF_CALENDAR = 1, 2_958_465


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that the table tells, or does not.

    Attributes:
        fact: What.
        stages: The stages that it holds for, where it is told of each.
        level: ``known``, ``partly`` or ``unknown``.
        why: What is missing, None where nothing is.
    """

    fact: Fact
    stages: tuple[str, ...]
    level: Level
    why: Finding | None = None


@dataclass(frozen=True, slots=True)
class SpendSeen:
    """A table of spend: its files, channels, first and last month (year * 12 + month - 1), sum and currency."""

    name: str
    channels: tuple[str, ...]
    months: tuple[int, int] | None
    total: float
    currency: str | None


@dataclass(frozen=True, slots=True)
class ReportSeen:
    """A report of another tool.

    Attributes:
        name: Its files.
        tools: The tools that measured, as far as they are known.
        labels: Channels of traffic, names of e-mailings, or networks.
        months: First and last month (year * 12 + month - 1), None where no day is known.
        total: Visits of the first tool, e-mails sent, or impressions.
    """

    name: str
    tools: tuple[str, ...]
    labels: tuple[str, ...]
    months: tuple[int, int] | None
    total: int


@dataclass(frozen=True, slots=True)
class TouchesSeen:
    """A table of touches: its name, how many there are, of how many leads."""

    name: str
    touches: int
    leads: int


@dataclass(frozen=True, slots=True)
class Understanding:
    """What was understood of the tables that are given.

    Attributes:
        name: The leads' file.
        rows_read: Rows of data in it.
        leads: How many leads they are; ``won`` and ``lost`` of them.
        is_deals: A row is a deal.
        is_folded: Leads were put together of several rows or columns each: columns are not those of the file.
        pipeline: The stages that there might be.
        stages_told_by: What has told the order of stages of its own, see
            :class:`~xl_leadkpi.leads.model.table.LeadTable`.
        stages: Those in force, in order.
        columns: Columns of all tables, with samples.
        words: Stage and status words by stage, in order, the most frequent first.
        channels: What each spelling of a channel is called.
        created: First and last day on which a lead was created, None where no day says so.
        as_of: The day that the table is of, and where that is from.
        as_of_reason: ``today``, ``given`` or ``latest``.
        currencies: Currencies of the amounts.
        join: How deals were joined to the leads.
        spend: The spend.
        touches: The touches.
        reports: Reports of other tools by kind.
        statements: What can be said and what cannot.
        findings: What else was odd.
    """

    name: str
    rows_read: int
    leads: int
    won: int
    lost: int
    is_deals: bool
    is_folded: bool
    pipeline: Pipeline
    stages_told_by: str
    stages: tuple[str, ...]
    columns: tuple[ColumnMatch, ...]
    words: tuple[StageWord, ...]
    channels: tuple[ChannelName, ...]
    created: tuple[date, date] | None
    as_of: date
    as_of_reason: str
    currencies: tuple[str, ...]
    join: tuple[Finding, ...]
    spend: SpendSeen | None
    touches: TouchesSeen | None
    statements: tuple[Statement, ...]
    findings: tuple[Finding, ...]
    reports: Mapping[str, ReportSeen] = field(default_factory=dict)


def understand(
    leads: LeadTable,
    spend: SpendTable | None = None,
    touches: TouchTable | None = None,
    reports: Reports | None = None,
) -> Understanding:
    """Say what was understood of tables that have been read; nothing is built.

    Args:
        leads: The leads.
        spend: What marketing cost.
        touches: Contacts before the conversion.
        reports: Reports of other tools.

    >>> from xl_leadkpi.leads import read_frame
    >>> rows = [["Lead ID", "Created", "Stage"], ["L1", "2025-01-05", "Won"], ["L2", "2025-02-01", "New"]]
    >>> seen = understand(read_frame(rows))
    >>> [(word.word, word.stage) for word in seen.words], seen.created[0].isoformat()
    ([('New', 'Lead'), ('Won', 'Won')], '2025-01-05')
    >>> [(one.fact.value, one.level) for one in seen.statements if one.fact in ("losses", "wins", "spend")]
    [('wins', 'known'), ('losses', 'unknown'), ('spend', 'unknown')]
    """
    counted = engines.measure(leads.frame, _counts())
    evidence, found = leads.evidence, list(leads.findings)
    about_spend, odd_spend = _spend_evidence(leads, spend, int(counted["leads"]))
    evidence = evidence.also(about_spend)
    found += [*(spend.findings if spend else ()), *odd_spend, *(touches.findings if touches else ())]
    tables = reports.tables if reports else ()
    found += [finding for table in tables for finding in table.findings]
    statements = tuple(_statements(leads, evidence, has_spend=spend is not None))
    return Understanding(
        name=leads.source_name,
        rows_read=leads.rows_read,
        leads=int(counted["leads"]),
        won=int(counted["won"] or 0),
        lost=int(counted["lost"] or 0),
        is_deals=leads.is_deals,
        is_folded=any(one.kind in _OF_FOLDING for one in leads.findings)
        or any(column.header == REACHED for column in leads.columns),
        pipeline=leads.pipeline,
        stages_told_by=leads.stages_told_by,
        stages=leads.stages,
        columns=tuple(
            column for table in (leads, spend, touches, *tables) if table is not None for column in table.columns
        ),
        words=tuple(sorted(_distinct(leads.words), key=lambda word: (_place(word.stage, leads.pipeline), -word.count))),
        channels=leads.channels or (),
        created=_span(counted["first"], counted["last"]),
        as_of=leads.as_of,
        as_of_reason=leads.as_of_reason,
        currencies=leads.currencies,
        join=tuple(one for one in found if one.kind in _OF_THE_JOIN),
        spend=_spend_seen(spend),
        touches=_touches_seen(touches),
        reports={table.kind: _report_seen(table) for table in tables},
        statements=statements,
        findings=tuple(_others(found, evidence)),
    )


def _counts() -> dict[str, nw.Expr]:
    outcome = nw.col("outcome")
    counted = {name: nw.when(outcome == name).then(nw.lit(1)).otherwise(nw.lit(0)).sum() for name in ("won", "lost")}
    return {"leads": nw.len(), **counted, "first": nw.col("created").min(), "last": nw.col("created").max()}


def _span(first: float | None, last: float | None) -> tuple[date, date] | None:
    """Two day numbers as dates, as far as there is a calendar for them."""
    if first is None or last is None:
        return None
    days = [min(max(int(day), _FIRST_OF_CALENDAR), _LAST_OF_CALENDAR) for day in (first, last)]
    return date_of(days[0]), date_of(days[1])


def _distinct(words: Iterable[StageWord]) -> list[StageWord]:
    """Each word of a table once for each of its meanings, though several columns may have it."""
    found: dict[tuple[str, str | None, str], StageWord] = {}
    for word in words:
        key = word.word.casefold(), word.stage, word.table
        if key not in found or word.count > found[key].count:
            found[key] = word
    return list(found.values())


def _place(stage: str | None, pipeline: Pipeline) -> int:
    """Where words of a stage stand: in the order of the stages, then the lost, the open and the unknown ones."""
    return pipeline.codes.get(str(stage), len(pipeline.codes) + 1)


def _spend_evidence(
    leads: LeadTable, spend: SpendTable | None, rows: int
) -> tuple[dict[Need, Standing], tuple[Finding, ...]]:
    """How the facts about the spend stand, and what was odd about it beside the leads."""
    if spend is None:
        return spending.evidence(None, None, rows), ()
    frame = engines.lazy(leads.frame)
    [pairs, months] = engines.collect(
        [
            frame.group_by("campaign", "source").agg(nw.len().alias("n")),
            frame.group_by("cohort_month").agg(nw.len().alias("n")),
        ]
    )
    joined = spending.join(leads, spend, pairs)
    gap = spending.coverage(joined.by_month, _by_month(months))
    return spending.evidence(joined, gap, rows), joined.findings


def _by_month(rows: Sequence[Row]) -> dict[int, int]:
    return {int(row["cohort_month"]): int(row["n"]) for row in rows if row["cohort_month"] is not None}


def _spend_seen(spend: SpendTable | None) -> SpendSeen | None:
    if spend is None:
        return None
    months = [row[2] for row in spend.rows if row[2] is not None]
    channels = dict.fromkeys(row[0] for row in spend.rows if row[0] is not None)
    total = sum(row[3] for row in spend.rows)
    return SpendSeen(
        spend.source_name, tuple(channels), (min(months), max(months)) if months else None, total, spend.currency
    )


def _report_seen(table: ReportTable) -> ReportSeen:
    measure = {"traffic": "sessions", "email": "sent", "social": "impressions"}[table.kind]
    tools = table.tools
    names = (row.campaign if table.kind == "email" else row.label for row in table.rows)
    counted = (row for row in table.rows if row.tool == tools[0])
    total = round(sum(row.values.get(measure, 0.0) for row in counted))
    labels = tuple(dict.fromkeys(name for name in names if name is not None))
    return ReportSeen(table.source_name, tools, labels, table.months, total)


def _touches_seen(touches: TouchTable | None) -> TouchesSeen | None:
    if touches is None:
        return None
    counts: dict[str, Any] = {"touches": nw.len(), "leads": nw.col("lead_id").n_unique()}
    counted = engines.measure(touches.frame, counts)
    return TouchesSeen(touches.source_name, int(counted["touches"]), int(counted["leads"]))


def _statements(leads: LeadTable, evidence: Evidence, *, has_spend: bool) -> Iterator[Statement]:
    """Every fact that matters for these tables, each once; the stages of one standing together."""
    has_deals = has_joined_deals(leads.columns)
    beside_the_point = {
        *(() if has_deals else (Fact.JOINED_DEALS,)),
        *(() if has_spend else _OF_SPEND),
        *(() if evidence.supports(Fact.AMOUNTS) else (Fact.ONE_CURRENCY,)),
        *(() if evidence.supports(Fact.LOSSES) else (Fact.LOSS_DAYS, Fact.REACH_OF_LOST)),
        *(() if evidence.supports(Fact.WINS) else (Fact.WIN_DAYS,)),
    }
    for fact in Fact:
        if fact in beside_the_point:
            continue
        if fact in _OF_STAGES:
            yield from _of_stages(fact, leads, evidence)
        else:
            standing = evidence[fact]
            yield Statement(fact, (), standing.level, standing.why)


def _of_stages(fact: Fact, leads: LeadTable, evidence: Evidence) -> Iterator[Statement]:
    pipeline = leads.pipeline
    early = pipeline.before_opportunity if leads.is_deals else ()
    grouped: dict[tuple[Level, FindingKind | None], Statement] = {}
    for stage in pipeline.inner:
        in_force = stage.name in leads.stages
        if stage in early or (fact is not Fact.STAGE and not in_force):
            continue
        standing = evidence[Need(fact, stage.name)]
        key = standing.level, standing.why.kind if standing.why else None
        before = grouped.get(key)
        grouped[key] = (
            replace(before, stages=(*before.stages, stage.name))
            if before
            else Statement(fact, (stage.name,), standing.level, standing.why)
        )
    yield from grouped.values()


def _others(found: Iterable[Finding], evidence: Evidence) -> Iterator[Finding]:
    """What is odd besides, the gravest first: no reason of a statement, nothing of the join, no mere note."""
    reasons = {id(one.why) for one in evidence.standings.values()}
    odd = [
        one
        for one in found
        if one.severity != "info" and id(one) not in reasons and one.kind not in _OF_THE_JOIN | ABSENT
    ]
    return iter(sorted(odd, key=lambda one: (one.severity != "error", -one.count)))
