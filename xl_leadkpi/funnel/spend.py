"""Block K: spend set beside the leads it bought, by channel and month, nothing left out on either side."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.funnel.blocks import NO_GROUP, TOTAL, UNALLOCATED, block, counted, kpi
from xl_leadkpi.funnel.breakdown import COST_PER
from xl_leadkpi.funnel.scope import COUNT_KEY, MOST, Scope, first_day, last_day
from xl_leadkpi.funnel.tally import grouped, states_by, tally
from xl_leadkpi.leads.rows import month_number
from xl_leadkpi.leads.table import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.funnel.report import Block, Column
    from xl_leadkpi.funnel.tally import Tally
    from xl_leadkpi.leads.engine import Row
    from xl_leadkpi.leads.table import SpendTable

ALIASES = {
    "google ads": ("google", "adwords", "google adwords", "google / cpc", "google cpc", "googleads"),
    "meta": ("facebook", "fb", "ig", "instagram", "facebook ads", "meta ads"),
    "yandex direct": ("яндекс.директ", "яндекс директ", "yandex", "yandex.direct", "yandex / cpc"),
    "linkedin": ("linkedin ads", "linkedin / cpc"),
}
"""Names under which the ad systems and utm_source know one channel."""


def same(text: str) -> str:
    """What remains of a name when it is compared: case, width and spacing do not matter.

    >>> same("  Google Ads") == same("google ads")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def channel_key(text: str) -> str:
    """The name a channel goes by, aliases resolved.

    >>> channel_key("adwords")
    'google ads'
    """
    name = same(text)
    return next((channel for channel, names in ALIASES.items() if name == channel or name in names), name)


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


def sources_of_campaigns(scope: Scope) -> nw.LazyFrame[Any]:
    """Leads by campaign and source, to find the channel of spend that names only a campaign."""
    return scope.rows.group_by("campaign", "source").agg(nw.len().alias("n"))


def join(scope: Scope, table: SpendTable, pairs: Sequence[Row]) -> Spend:
    """Find the leads' name for each channel and campaign of the spend.

    Args:
        scope: What is counted.
        table: The spend.
        pairs: Rows of :func:`sources_of_campaigns`.
    """
    sources, campaigns = _sizes(pairs, "source"), _sizes(pairs, "campaign")
    exact = {same(name): name for name in reversed(sources)}
    by_alias = {channel_key(name): name for name in reversed(sources)}
    campaign_names = {same(name): name for name in reversed(campaigns)}
    source_of = _main_sources(pairs)

    cells: dict[tuple[str | None, int | None], Amount] = defaultdict(Amount)
    by_month: dict[int, float] = defaultdict(float)
    by_source: dict[str | None, float] = defaultdict(float)
    by_campaign: dict[str | None, float] = defaultdict(float)
    spelled: dict[str, str] = {}
    aliased: dict[tuple[str, str], int] = defaultdict(int)
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
            source = exact.get(same(channel))
            if source is None and (source := by_alias.get(channel_key(channel))) is not None:
                aliased[channel, source] += 1
            source = source or spelled.setdefault(channel_key(channel), channel)
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
    comparable = not (table.currency and scope.table.currency and table.currency != scope.table.currency)
    findings = [
        Finding("spend_alias", n, value=f"{channel} → {source}", severity="info")
        for (channel, source), n in aliased.items()
    ]
    findings += [Finding("spend_unmatched", 1, value=f"{name}: {by_source[name]:.2f}") for name in unmatched]
    if through_campaign:
        findings.append(Finding("spend_by_campaign", through_campaign, severity="info"))
    if unallocated:
        findings.append(Finding("spend_unallocated", 1, value=f"{unallocated:.2f}"))
    if not comparable:
        findings.append(Finding("currency_mismatch", 1, value=f"{table.currency} ≠ {scope.table.currency}"))
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


def coverage(spend: Mapping[int, float], leads: Mapping[int | None, int]) -> Finding | None:
    """Whether spend and leads are of the same time; if not, no cost can be worked out from their totals.

    Months within the span of the spend count as covered, with and without spend, and so does the month on either side:
    a lead may come a little later than the click. Spend without months cannot be judged.

    Args:
        spend: Spend by month.
        leads: Leads by month of creation.

    >>> coverage({24305: 100.0}, {24300: 3, 24304: 1, 24306: 1})
    Finding(kind='spend_partial', count=3, column='', value='spend 2025-06 .. 2025-06, leads 2025-01 .. 2025-07', \
rows=(), severity='warning')
    >>> coverage({24302: 100.0, 24305: 100.0}, {24303: 5, 24306: 1}) is None
    True
    """
    months = {month: n for month, n in leads.items() if month is not None and n}
    if not spend or not months:
        return None
    inside = sum(n for month, n in months.items() if min(spend) - 1 <= month <= max(spend) + 1)
    every = sum(months.values())
    if inside >= MOST * every:
        return None
    first_spend, last_spend, first, last = (
        f"{first_day(month):%Y-%m}" for month in (min(spend), max(spend), min(months), max(months))
    )
    return Finding(
        "spend_partial" if inside else "spend_no_overlap",
        every - inside,
        value=f"spend {first_spend} .. {last_spend}, leads {first} .. {last}",
    )


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


def leads_by_month(scope: Scope, sources: Sequence[str]) -> nw.LazyFrame[Any]:
    """Leads of some sources by month of creation and state."""
    return states_by(scope.rows.filter(nw.col("source").is_in(sources)), "source", "cohort_month")


def wins_by_month(scope: Scope, sources: Sequence[str]) -> nw.LazyFrame[Any]:
    """Wins of some sources by month of the win."""
    won = scope.rows.filter(nw.col("source").is_in(sources) & ~nw.col("d_won").is_null())
    by_day = won.with_columns(day=scope.whole("d_won")).group_by("source", "day").agg(nw.len().alias("n"))
    by_day = by_day.with_columns(month=month_number(nw.col("day")))
    return by_day.group_by("source", "month").agg(nw.col("n").sum())


def spend_block(
    scope: Scope,
    spend: Spend,
    *,
    lead_rows: Sequence[Row],
    win_rows: Sequence[Row],
    rest: Mapping[str | None, Tally],
    everyone: Tally,
) -> Block:
    """K: each channel's months; channels without spend in one row each; unmatched and unallocated spend; the total.

    Args:
        scope: What is counted.
        spend: The spend under the leads' names.
        lead_rows: Rows of :func:`leads_by_month`.
        win_rows: Rows of :func:`wins_by_month`.
        rest: Counts of the sources that have leads but no spend.
        everyone: Counts of all leads.
    """
    tallies = {key: tally(rows, scope) for key, rows in grouped(lead_rows, _cell).items()}
    wins = {_cell(row, "month"): int(row["n"]) for row in win_rows}
    empty = tally((), scope)
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
    as_of, window = scope.table.as_of, scope.options.window_days

    def label(place: int, name: str | None) -> str:
        return (NO_GROUP if place in without else UNALLOCATED) if name is None else name

    everything = [*counts, everyone]
    columns: list[Column] = [
        counted("channel", "text", [*(label(place, name) for place, (name, _) in enumerate(keys)), TOTAL]),
        counted("month", "month", [*(None if month is None else first_day(month) for _, month in keys), None]),
        counted("spend", "money", [*(one.spend if one else None for one in amounts), total.spend]),
        counted("impressions", "count", [*(one.impressions if one else None for one in amounts), total.impressions]),
        counted("clicks", "count", [*(one.clicks if one else None for one in amounts), total.clicks]),
        counted("leads", "count", [one.leads for one in everything]),
    ]
    columns += [
        counted(COUNT_KEY[stage], "count", [one.reached[place] for one in everything])
        for place, stage in enumerate(scope.stages)
        if place and stage != "Won"
    ]
    columns += [
        counted("won", "count", [one.won for one in everything]),
        counted(
            "won_in_month",
            "count",
            [*(None if month is None else wins.get((name, month), 0) for name, month in keys), None],
        ),
        counted(
            "mature",
            "text",
            [*(None if month is None else (as_of - last_day(month)).days >= window for _, month in keys), None],
        ),
        kpi("cpl", "money", "CPL", "spend", "leads"),
    ]
    columns += [
        kpi(f"cost_per_{name}", "money", function, "spend", COUNT_KEY[stage])
        for stage, name, function in COST_PER
        if stage in scope.stages[1:]
    ]
    columns += [
        kpi("cac_cohort", "money", "CAC", "spend", "won"),
        kpi("cac_period", "money", "CAC", "spend", "won_in_month"),
    ]
    return block("tblSpend", columns, totals=1)


def _cell(row: Row, month: str = "cohort_month") -> tuple[str | None, int | None]:
    return row["source"], None if row[month] is None else int(row[month])


def _order(key: tuple[str | None, int | None]) -> tuple[bool, str, bool, int]:
    source, month = key
    return source is None, source or "", month is None, month or 0
