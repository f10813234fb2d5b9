"""Block K: spend set beside the leads it bought, by channel and month, nothing left out on either side."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import narwhals as nw

from xl_leadkpi.engines.expressions import month_number
from xl_leadkpi.funnel.blocks import NO_GROUP, TOTAL, UNALLOCATED, block, kpi_column, values_column
from xl_leadkpi.funnel.breakdown import cost_per_stage
from xl_leadkpi.funnel.context import MONTHS, FunnelContext, first_day, last_day
from xl_leadkpi.funnel.names import same
from xl_leadkpi.funnel.section import Query, Section
from xl_leadkpi.funnel.tally import grouped, states_by, tally
from xl_leadkpi.leads.channels import unclear_sources
from xl_leadkpi.leads.model.evidence import NEARLY_ALL, Fact, Need, Standing
from xl_leadkpi.leads.model.findings import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from xl_leadkpi.engines import Row
    from xl_leadkpi.funnel.figures import Figures
    from xl_leadkpi.funnel.report import Block, Column, NamedBlocks
    from xl_leadkpi.funnel.section import Queries
    from xl_leadkpi.funnel.tally import Tally
    from xl_leadkpi.leads.model.findings import Detail
    from xl_leadkpi.leads.model.table import ChannelName, LeadTable, SpendTable

CAMPAIGN_SOURCES = Query("leads by campaign and source")
BOUGHT_LEADS = Query("leads by channel and month")
BOUGHT_WINS = Query("wins by channel and month")


@dataclass(frozen=True, slots=True)
class Amount:
    """Spend with what the ad system reported beside it."""

    spend: float = 0.0
    impressions: float | None = None
    clicks: float | None = None

    def __add__(self, other: Amount) -> Amount:
        return Amount(
            self.spend + other.spend, _plus(self.impressions, other.impressions), _plus(self.clicks, other.clicks)
        )


def _plus(left: float | None, right: float | None) -> float | None:
    return right if left is None else left if right is None else left + right


@dataclass(frozen=True, slots=True)
class Spend:
    """Spend by the names the leads use.

    Attributes:
        total: All of it, allocated or not.
        by_month: Spend of each month; month None is left out.
        by_source: By source of the leads, or by channel where no lead has it.
        by_campaign: The same by campaign.
        cells: By (source or channel, month); source None is spend without a channel.
        unmatched: Channels that no lead names, largest spend first.
        comparable: In the currency of the amounts, as far as both are known.
        findings: What had to be decided.
    """

    total: float
    by_month: Mapping[int, float]
    by_source: Mapping[str | None, float]
    by_campaign: Mapping[str | None, float]
    cells: Mapping[tuple[str | None, int | None], Amount]
    unmatched: tuple[str, ...]
    comparable: bool
    findings: tuple[Finding, ...]


def sources_of_campaigns(context: FunnelContext) -> nw.LazyFrame[Any]:
    """Leads by campaign and source, to find the channel of spend that names only a campaign."""
    return context.rows.group_by("campaign", "source").agg(nw.len().alias("n"))


def join(leads: LeadTable, table: SpendTable, pairs: Sequence[Row]) -> Spend:
    """Find the leads' name for each channel and campaign of the spend.

    The spellings of one channel have one name already, see :func:`~xl_leadkpi.leads.channels.with_channels`.

    Args:
        leads: The leads.
        table: The spend.
        pairs: Rows of :func:`sources_of_campaigns`.
    """
    sources, campaigns = _sizes(pairs, "source"), _sizes(pairs, "campaign")
    exact = {same(name): name for name in reversed(sources)}
    campaign_names = {same(name): name for name in reversed(campaigns)}
    source_of = _main_sources(pairs)

    cells: dict[tuple[str | None, int | None], Amount] = defaultdict(Amount)
    by_month: dict[int, float] = defaultdict(float)
    by_source: dict[str | None, float] = defaultdict(float)
    by_campaign: dict[str | None, float] = defaultdict(float)
    spelled: dict[str, str] = {}
    through_campaign = 0
    unallocated = 0.0
    for channel, campaign, month, spend, impressions, clicks in table.rows:
        own = (
            None
            if campaign is None
            else campaign_names.get(same(campaign), spelled.setdefault(same(campaign), campaign))
        )
        if own is not None:
            by_campaign[own] += spend
        if channel is not None:
            source: str | None = exact.get(same(channel)) or spelled.setdefault(same(channel), channel)
        else:
            source = source_of.get(own)
            through_campaign += source is not None
        if source is None:
            unallocated += spend
        else:
            by_source[source] += spend
        if month is not None:
            by_month[month] += spend
        cells[source, month] += Amount(spend, impressions, clicks)
    unmatched = sorted((name for name in by_source if name not in sources), key=lambda name: (-by_source[name], name))
    comparable = not (table.currency and leads.currency and table.currency != leads.currency)
    findings = [
        Finding(FindingKind.SPEND_UNMATCHED, 1, details={"channel": str(name), "amount": by_source[name]})
        for name in unmatched
    ]
    if through_campaign:
        findings.append(Finding(FindingKind.SPEND_BY_CAMPAIGN, through_campaign))
    if unallocated:
        findings.append(Finding(FindingKind.SPEND_UNALLOCATED, 1, details={"amount": unallocated}))
    if not comparable:
        currencies = {"spend": str(table.currency), "leads": str(leads.currency)}
        findings.append(Finding(FindingKind.CURRENCY_MISMATCH, 1, details=currencies))
    return Spend(
        total=sum(row[3] for row in table.rows),
        by_month=by_month,
        by_source=by_source,
        by_campaign=by_campaign,
        cells=cells,
        unmatched=tuple(str(name) for name in unmatched),
        comparable=comparable,
        findings=tuple(findings),
    )


def channel_findings(
    names: Sequence[ChannelName], leads: Mapping[str | None, int], spend: Mapping[str | None, float]
) -> list[Finding]:
    """What was done about channels with several spellings: joined, kept apart, left undecided.

    Args:
        names: What each spelling is called.
        leads: Leads by source.
        spend: Spend by source.

    >>> from xl_leadkpi.leads.model.table import ChannelName
    >>> names = [ChannelName(text, "Google Ads", "Google Ads", 1, None, "vocabulary") for text in ("google", "adwords")]
    >>> [(one.count, one.value) for one in channel_findings(names, {"Google Ads": 2}, {"Google Ads": 50.0})]
    [(2, 'google, adwords → Google Ads (50.00)')]
    """
    joined: dict[str, list[str]] = defaultdict(list)
    for one in names:
        if one.origin in ("vocabulary", "user", "project"):
            joined[one.channel].append(one.spelling)
    findings = []
    for channel, spellings in joined.items():
        cost = spend.get(channel)
        details: dict[str, Detail] = {"channel": channel, "spellings": tuple(spellings)}
        details |= {} if cost is None else {"spend": cost}
        findings.append(Finding(FindingKind.CHANNELS_JOINED, leads.get(channel, 0), details=details))
    apart = tuple(one.spelling for one in names if one.origin == "unpaid")
    if apart:
        count = sum(leads.get(name, 0) for name in apart)
        findings.append(Finding(FindingKind.CHANNELS_APART, count, details={"spellings": apart}))
    for source, channels in unclear_sources(names):
        cost = sum(spend.get(name, 0.0) for name in channels)
        if cost and leads.get(source):
            details = {"source": source, "channels": channels}
            findings.append(Finding(FindingKind.CHANNEL_UNCLEAR, leads[source], details=details))
    return findings


def coverage(spend: Mapping[int, float], leads: Mapping[int, int]) -> Finding | None:
    """Whether spend and leads are of the same time; if not, no cost can be worked out from their totals.

    Months within the span of the spend count as covered, with and without spend, and so does the month on either side:
    a lead may come a little later than the click. Spend without months cannot be judged.

    Args:
        spend: Spend by month.
        leads: Leads by month of creation.

    >>> found = coverage({24305: 100.0}, {24300: 3, 24304: 1, 24306: 1})
    >>> str(found.kind), found.count, found.value
    ('spend_partial', 3, 'spend 2025-06 .. 2025-06, leads 2025-01 .. 2025-07')
    >>> print(coverage({24305: 100.0}, {12 * 10_000: 3}).value)  # which no calendar has, but a slip may
    spend 2025-06 .. 2025-06, leads 10000-01 .. 10000-01
    >>> coverage({24302: 100.0, 24305: 100.0}, {24303: 5, 24306: 1}) is None
    True
    """
    months = {month: n for month, n in leads.items() if n}
    if not spend or not months:
        return None
    inside = sum(n for month, n in months.items() if min(spend) - 1 <= month <= max(spend) + 1)
    every = sum(months.values())
    if inside >= NEARLY_ALL * every:
        return None
    first_spend, last_spend, first, last = (
        f"{month // 12:04}-{month % 12 + 1:02}" for month in (min(spend), max(spend), min(months), max(months))
    )
    return Finding(
        FindingKind.SPEND_PARTIAL if inside else FindingKind.SPEND_NO_OVERLAP,
        every - inside,
        details={"spend_months": (first_spend, last_spend), "lead_months": (first, last)},
    )


def unfiltered(table: LeadTable, spend: Spend | None) -> list[Finding]:
    """Where only some of the leads are counted, say that the spend is still that on all of them."""
    if spend is None or not table.filters:
        return []
    shown = "; ".join(one.asked for one in table.filters)
    taken = table.filters[0].rows - table.filters[-1].left
    return [Finding(FindingKind.SPEND_UNFILTERED, taken, details={"filters": shown})] if taken else []


def evidence(spend: Spend | None, gap: Finding | None, leads: int) -> dict[Need, Standing]:
    """How the facts about the spend stand.

    Args:
        spend: The spend under the leads' names, None without a table of it.
        gap: Finding of :func:`coverage`, or why there is none of the period.
        leads: How many leads there are.
    """
    if spend is None:
        return {Need(Fact.SPEND): Standing("unknown", gap or Finding(FindingKind.NO_SPEND, leads))}
    found: dict[Need, Standing] = {}
    if gap is not None:
        found[Need(Fact.SPEND_MONTHS)] = Standing("unknown", gap)
    if not spend.comparable:
        why = next(one for one in spend.findings if one.kind is FindingKind.CURRENCY_MISMATCH)
        found[Need(Fact.SPEND_CURRENCY)] = Standing("unknown", why)
    kinds = (FindingKind.SPEND_UNMATCHED, FindingKind.SPEND_UNALLOCATED)
    lost = [one for one in spend.findings if one.kind in kinds]
    if lost:
        met = sum(cost for name, cost in spend.by_source.items() if name not in spend.unmatched)
        found[Need(Fact.SPEND_CHANNELS)] = Standing("partly" if met else "unknown", lost[0])
    return found


def _sizes(pairs: Sequence[Row], field: str) -> dict[str, int]:
    """Values of a field, most leads first."""
    sizes: dict[str, int] = defaultdict(int)
    for row in pairs:
        if row[field] is not None:
            sizes[row[field]] += row["n"]
    return dict(sorted(sizes.items(), key=lambda item: (-item[1], item[0])))


def _main_sources(pairs: Sequence[Row]) -> dict[str | None, str]:
    """By campaign, the source that most of its leads have."""
    named = [row for row in pairs if row["campaign"] is not None and row["source"] is not None]
    named.sort(key=lambda row: (row["n"], row["source"]))
    return {row["campaign"]: row["source"] for row in named}


def leads_by_month(context: FunnelContext, sources: Sequence[str]) -> nw.LazyFrame[Any]:
    """Leads of some sources by month of creation and state."""
    return states_by(context.rows.filter(nw.col("source").is_in(sources)), "source", "cohort_month")


def wins_by_month(context: FunnelContext, sources: Sequence[str]) -> nw.LazyFrame[Any]:
    """Wins of some sources by month of the win."""
    won = context.rows.filter(nw.col("source").is_in(sources) & ~nw.col("d_won").is_null())
    by_day = won.with_columns(day=context.whole("d_won")).group_by("source", "day").agg(nw.len().alias("n"))
    by_day = by_day.with_columns(month=month_number(nw.col("day")))
    return by_day.group_by("source", "month").agg(nw.col("n").sum())


def spend_block(
    context: FunnelContext,
    spend: Spend,
    *,
    lead_rows: Sequence[Row],
    win_rows: Sequence[Row],
    rest: Mapping[str | None, Tally],
    totals: Tally,
) -> Block:
    """K: each channel's months; channels without spend in one row each; unmatched and unallocated spend; the total.

    Args:
        context: What is counted.
        spend: The spend under the leads' names.
        lead_rows: Rows of :func:`leads_by_month`.
        win_rows: Rows of :func:`wins_by_month`.
        rest: Counts of the sources that have leads but no spend.
        totals: Counts of all leads.
    """
    tallies = {key: tally(rows, context) for key, rows in grouped(lead_rows, _cell).items()}
    wins = {_cell(row, "month"): int(row["n"]) for row in win_rows}
    empty = tally((), context)
    matched = sorted({*spend.cells, *tallies, *wins}, key=_order)
    unmatched = [key for key in matched if key[0] in spend.unmatched]
    unallocated = [key for key in matched if key[0] is None]
    matched = [key for key in matched if key not in unmatched and key not in unallocated]
    keys: list[tuple[str | None, int | None]] = [*matched, *((name, None) for name in rest), *unmatched, *unallocated]
    counts = [
        *(tallies.get(key, empty) for key in matched),
        *rest.values(),
        *(empty for _ in (*unmatched, *unallocated)),
    ]
    without = {*range(len(matched), len(matched) + len(rest))}
    amounts = [None if place in without else spend.cells.get(key) for place, key in enumerate(keys)]
    total = sum(spend.cells.values(), Amount())
    as_of, window = context.table.as_of, context.options.window_days

    def is_mature(month: int) -> bool:
        return month in MONTHS and (as_of - last_day(month)).days >= window

    def shown(month: int | None) -> date | None:
        return first_day(month) if month is not None and month in MONTHS else None

    def label(place: int, name: str | None) -> str:
        return (NO_GROUP if place in without else UNALLOCATED) if name is None else name

    everything = [*counts, totals]
    # a month's spend and leads belong together, those of all time may not
    whole = ((),) * len(counts) + ((Need(Fact.SPEND_MONTHS),),)
    columns: list[Column] = [
        values_column("channel", "text", [*(label(place, name) for place, (name, _) in enumerate(keys)), TOTAL]),
        values_column("month", "month", [*(shown(month) for _, month in keys), None]),
        values_column(
            "spend", "money", [*(one.spend if one else None for one in amounts), total.spend], currency="spend"
        ),
        values_column(
            "impressions", "count", [*(one.impressions if one else None for one in amounts), total.impressions]
        ),
        values_column("clicks", "count", [*(one.clicks if one else None for one in amounts), total.clicks]),
        values_column("leads", "count", [one.leads for one in everything]),
    ]
    columns += [
        values_column(
            stage.count_key, "count", [one.reached[place] for one in everything], needs=context.reach(stage.name)
        )
        for place, stage in enumerate(context.later_stages, start=1)
        if stage is not context.pipeline.won
    ]
    columns += [
        values_column("won", "count", [one.won for one in everything]),
        values_column(
            "won_in_month",
            "count",
            [*(None if month is None else wins.get((name, month), 0) for name, month in keys), None],
        ),
        values_column(
            "mature",
            "text",
            [*(None if month is None else is_mature(month) for _, month in keys), None],
            on_sheet=False,
        ),
        kpi_column("cpl", "money", "CPL", "spend", "leads", row_needs=whole),
    ]
    columns += [replace(one, needs=(), row_needs=whole) for one in cost_per_stage(context.later_stages)]
    columns += [
        kpi_column("cac_cohort", "money", "CAC", "spend", "won", row_needs=whole, needs=[Fact.WINS]),
        kpi_column("cac_period", "money", "CAC", "spend", "won_in_month", needs=[Fact.WINS, Fact.WIN_DAYS]),
    ]
    return block("tblSpend", columns, totals=1, evidence=context.evidence)


def _cell(row: Row, month: str = "cohort_month") -> tuple[str | None, int | None]:
    return row["source"], None if row[month] is None else int(row[month])


def _order(key: tuple[str | None, int | None]) -> tuple[bool, str, bool, int]:
    source, month = key
    return source is None, source or "", month is None, month or 0


class SpendSection(Section):
    """K."""

    needs: ClassVar[Mapping[str, Fact]] = {"spend": Fact.SPEND}

    def queries(self, context: FunnelContext) -> Queries:
        """Which campaigns are of which source."""
        return {CAMPAIGN_SOURCES: sources_of_campaigns(context)} if context.spend is not None else {}

    def follow_up(self, figures: Figures) -> Queries:
        """The leads and wins of the channels that money was spent on."""
        spend = figures.joined_spend
        if spend is None:
            return {}
        bought = sorted(name for name, _ in spend.cells if name is not None)
        return {
            BOUGHT_LEADS: leads_by_month(figures.context, bought),
            BOUGHT_WINS: wins_by_month(figures.context, bought),
        }

    def blocks(self, figures: Figures) -> NamedBlocks:
        """Spend by channel and month, None without a spend table."""
        spend = figures.joined_spend
        if spend is None:
            return {"spend": None}
        sources = figures.groups["source"]
        table = spend_block(
            figures.context,
            spend,
            lead_rows=figures.answers[BOUGHT_LEADS],
            win_rows=figures.answers[BOUGHT_WINS],
            rest={
                name: counts
                for name, counts in zip(sources.names, sources.tallies, strict=True)
                if counts.leads and name not in spend.by_source
            },
            totals=figures.totals,
        )
        return {"spend": table}
