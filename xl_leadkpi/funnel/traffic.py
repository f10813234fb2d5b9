"""Visits of the website beside the leads of the same days: the stage before the lead, by channel and by month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw

from xl_leadkpi.cells.days import date_of, day_number
from xl_leadkpi.funnel.blocks import NO_GROUP, block, kpi_column, values_column
from xl_leadkpi.funnel.reports import Measures, grouped, of_period, shown_month
from xl_leadkpi.funnel.section import Query, Section
from xl_leadkpi.leads.channels import sources_of
from xl_leadkpi.leads.model.evidence import Fact
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.reports import OF_SEARCH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from xl_leadkpi.engines import Row
    from xl_leadkpi.funnel.context import FunnelContext
    from xl_leadkpi.funnel.figures import Figures
    from xl_leadkpi.funnel.report import Block, Column, NamedBlocks
    from xl_leadkpi.funnel.section import Queries
    from xl_leadkpi.leads.model.reports import ReportRow, ReportTable

LEADS_BY_DAY = Query("leads by source and day")
_MOST_NAMED = 20

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ToolTraffic:
    """What one tool measured.

    Attributes:
        tool: The tool.
        rows: Its rows: those within the days of the leads, or all of them where none is.
        every: All of its rows.
        spans: Days that the rows cover while leads were recorded; none where the two cannot be compared.
        why: Why they cannot, None where they can.
        partial: That some of its rows are of days without leads, None where none is.
    """

    tool: str
    rows: tuple[ReportRow, ...]
    every: tuple[ReportRow, ...]
    spans: tuple[Span, ...]
    why: Finding | None
    partial: Finding | None = None

    @property
    def is_whole(self) -> bool:
        """None of its rows was left out."""
        return len(self.rows) == len(self.every)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Traffic beside the leads.

    Attributes:
        tools: What each tool measured, that of all channels first.
        leads: Leads by source and day.
        sources: By channel of the traffic, the source of the leads that it is.
        totals: By tool the total that its report states.
        unmatched: Why a channel has no leads beside it, None where each has.
        findings: What had to be decided.
    """

    tools: tuple[ToolTraffic, ...]
    leads: Mapping[tuple[str | None, int], int]
    sources: Mapping[str, str]
    totals: Mapping[str, Mapping[str, float]]
    unmatched: Finding | None
    findings: tuple[Finding, ...]

    def leads_of(self, spans: Iterable[Span], source: str | None = None, *, every: bool = False) -> int:
        """Leads of a source, or of every one, that were created in some spans of days."""
        days = {day for first, last in spans for day in range(first, last + 1)}
        return sum(n for (name, day), n in self.leads.items() if day in days and (every or name == source))


def leads_by_day(context: FunnelContext) -> nw.LazyFrame[Any]:
    """Leads by source and day of creation."""
    rows = context.rows.filter(~nw.col("created").is_null()).with_columns(day=context.whole("created"))
    return rows.group_by("source", "day").agg(nw.len().alias("n"))


def beside_leads(context: FunnelContext, table: ReportTable, day_rows: Sequence[Row]) -> Traffic:
    """Set traffic beside the leads of the same days.

    Args:
        context: The leads.
        table: The traffic.
        day_rows: Rows of :func:`leads_by_day`.
    """
    leads: dict[tuple[str | None, int], int] = {}
    for row in day_rows:
        key = row["source"], int(row["day"])
        leads[key] = leads.get(key, 0) + int(row["n"])
    window = _window(context, [day for _, day in leads])
    rows = of_period(table.rows, context.options)
    by_tool = grouped(rows, lambda row: row.tool)
    tools = [_of_tool(tool, own, window) for tool, own in by_tool.items()]
    tools.sort(key=lambda one: one.tool in OF_SEARCH)
    labels = list(dict.fromkeys(row.label for row in rows if row.label is not None))
    sources = sources_of(labels, context.table, sorted({name for name, _ in leads if name is not None}))
    lost = [label for label in labels if label not in sources]
    lost += [NO_GROUP] if labels and any(row.label is None for row in rows) else []
    unmatched = None
    if lost:
        details: dict[str, Any] = {"channels": tuple(lost[:_MOST_NAMED])}
        unmatched = Finding(FindingKind.TRAFFIC_UNMATCHED, len(lost), details=details)
    findings = [one.why for one in tools if one.why is not None]
    findings += [one.partial for one in tools if one.partial is not None]
    findings += [unmatched] if unmatched is not None and leads else []
    if len(tools) > 1:
        named = tuple(one.tool or NO_GROUP for one in tools)
        findings.append(Finding(FindingKind.TRAFFIC_SEVERAL_TOOLS, len(tools), details={"tools": named}))
    findings += _unfiltered(context)
    # the total that a report states is of all of its days
    totals = table.totals if len(rows) == len(table.rows) else {}
    return Traffic(tuple(tools), leads, sources, totals, unmatched, tuple(findings))


def _window(context: FunnelContext, days: Sequence[int]) -> Span | None:
    """The days while leads were recorded: from the month of the first one on, within the period asked for."""
    if not days:
        return None
    options = context.options
    begin = day_number(date_of(min(days)).replace(day=1))
    end = day_number(context.table.as_of)
    first = begin if options.period_from is None else max(begin, day_number(options.period_from))
    return first, end if options.period_to is None else min(end, day_number(options.period_to))


def _of_tool(tool: str, rows: Sequence[ReportRow], window: Span | None) -> ToolTraffic:
    undated = [row for row in rows if row.first is None or row.last is None]
    if undated:
        return ToolTraffic(tool, tuple(rows), tuple(rows), (), Finding(FindingKind.REPORT_WITHOUT_DATE, len(undated)))
    inside = [row for row in rows if window and row.first >= window[0] and row.last <= window[1]]  # type: ignore[operator] # dated
    if not inside:
        details: dict[str, Any] = _months_of(rows, window)
        why = Finding(FindingKind.TRAFFIC_NO_OVERLAP, len(rows), details=details)
        return ToolTraffic(tool, tuple(rows), tuple(rows), (), why)
    partial = None
    if len(inside) < len(rows):
        partial = Finding(FindingKind.TRAFFIC_PARTIAL, len(rows) - len(inside), details=_months_of(rows, window))
    return ToolTraffic(tool, tuple(inside), tuple(rows), covered(inside), None, partial)


def covered(rows: Iterable[ReportRow]) -> tuple[Span, ...]:
    """The days that rows cover: in each month from the first day of any to the last."""
    spans: dict[Any, Span] = {}
    for row in rows:
        if row.first is None or row.last is None:
            continue
        key = row.month if row.month is not None else (row.first, row.last)
        first, last = spans.get(key, (row.first, row.last))
        spans[key] = min(first, row.first), max(last, row.last)
    return tuple(spans.values())


def _months_of(rows: Iterable[ReportRow], window: Span | None) -> dict[str, Any]:
    spans = covered(rows)
    ends = min(first for first, _ in spans), max(last for _, last in spans)
    said = {"traffic_days": tuple(str(date_of(day)) for day in ends)}
    return said | ({"lead_days": tuple(str(date_of(day)) for day in window)} if window else {})


def _unfiltered(context: FunnelContext) -> list[Finding]:
    """Where only some of the leads are counted, say that the traffic is still all of it."""
    filters = context.table.filters
    if not filters or filters[0].rows == filters[-1].left:
        return []
    shown = "; ".join(one.asked for one in filters)
    left = filters[0].rows - filters[-1].left
    return [Finding(FindingKind.TRAFFIC_UNFILTERED, left, details={"filters": shown})]


# blocks ---------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Rows:
    """Rows of a block of traffic under way."""

    measures: Measures
    leads: list[int | None]
    gaps: dict[int, Finding]

    @staticmethod
    def none() -> _Rows:
        """No row yet."""
        return _Rows(Measures("traffic"), [], {})

    def add(self, rows: Sequence[ReportRow], leads: int | None, why: Finding | None) -> None:
        """Add a row with its leads, or why they are unknown."""
        if why is not None:
            self.gaps[len(self.leads)] = why
        self.leads.append(leads if why is None else None)
        self.measures.add(rows)

    def block(self, name: str, label: Column, others: Sequence[Column], context: FunnelContext, **more: Any) -> Block:
        """The block, the rates as the KPIs define them."""
        measures = self.measures
        # without the visits to weigh it by a rate stands as the tool tells it, or not at all
        as_told = {
            key
            for key, part in (("bounce_rate", "bounces"), ("engagement_rate", "engaged_sessions"))
            if measures.is_told(key) and not measures.is_told(part)
        }
        measures.finished()
        rates = [
            values_column(key, "fraction", measures.values[key])
            if key in as_told
            else kpi_column(key, "fraction", kpi, part, "sessions")
            for key, kpi, part in (
                ("bounce_rate", "BOUNCERATE", "bounces"),
                ("engagement_rate", "WEBENGRATE", "engaged_sessions"),
            )
        ]
        for key in {"bounce_rate", "engagement_rate"} - as_told:
            measures.gaps.pop(key, None)
        gaps = dict(measures.gaps)
        of_search = ["impressions"] if any(value is not None for value in measures.values["impressions"]) else []
        if self.gaps:
            gaps["leads"] = self.gaps
        columns = [
            label,
            *measures.columns("sessions", "users", *of_search, "bounces", "engaged_sessions"),
            *rates,
            *measures.columns("conversions"),
            values_column("leads", "count", self.leads, needs=[Fact.CREATION_DATES]),
            kpi_column("visit_to_lead", "fraction", "CONVRATE", "leads", "sessions"),
            *others,
        ]
        return block(name, columns, evidence=context.evidence, own_gaps=gaps, **more)


def visitors_block(context: FunnelContext, traffic: Traffic) -> Block:
    """Visitors before the leads: all visits that the tool of all channels counted, and all leads of the same days."""
    one = traffic.tools[0]
    rows = _Rows.none()
    is_of_search = one.tool in OF_SEARCH
    why = one.why
    if is_of_search:
        why = Finding(FindingKind.TRAFFIC_ORGANIC_ONLY, len(one.rows), details={"tool": one.tool})
    rows.add(one.rows, traffic.leads_of(one.spans, every=True), why)
    if one.is_whole and not is_of_search:
        rows.measures.replace_last(dict(traffic.totals.get(one.tool, {})))
    if is_of_search and why is not None:
        for name in rows.measures.values:
            rows.measures.gaps[name] = {0: why}
    spans = covered(one.rows)
    ends: list[date | None] = [None, None]
    if spans:
        ends = [date_of(min(first for first, _ in spans)), date_of(max(last for _, last in spans))]
    days = [values_column(key, "date", [day]) for key, day in zip(("first_day", "last_day"), ends, strict=True)]
    label = values_column("tool", "text", [one.tool or None])
    return rows.block("tblVisitors", label, days, context, is_record=True)


def channels_block(context: FunnelContext, traffic: Traffic) -> Block | None:
    """Visits by channel, and the leads of the source that the channel is; None where no report tells channels."""
    if all(row.label is None for one in traffic.tools for row in one.rows):
        return None
    rows = _Rows.none()
    labels: list[str] = []
    tools: list[str | None] = []
    for one in traffic.tools:
        groups = grouped(one.rows, lambda row: row.label)
        visits = {label: sum(row.values.get("sessions", 0.0) for row in own) for label, own in groups.items()}
        for label in sorted(groups, key=lambda label: (label is None, -visits[label], label or "")):
            source = traffic.sources.get(label) if label is not None else None
            why = one.why or (traffic.unmatched if source is None else None)
            rows.add(groups[label], traffic.leads_of(one.spans, source), why)
            labels.append(label or NO_GROUP)
            tools.append(one.tool or None)
    label = values_column("channel", "text", labels)
    several = len(traffic.tools) > 1
    return rows.block("tblTraffic", label, [values_column("tool", "text", tools, on_sheet=several)], context)


def months_block(context: FunnelContext, traffic: Traffic) -> Block | None:
    """Visits by month over all channels, and the leads of the same days; None where no row is of one month."""
    rows = _Rows.none()
    months: list[int] = []
    tools: list[str | None] = []
    for one in traffic.tools:
        inside = {id(row) for row in one.rows} if one.spans else set()
        groups = grouped((row for row in one.every if row.month is not None), lambda row: row.month)
        for month in sorted(groups):
            own = groups[month]
            is_inside = all(id(row) in inside for row in own)
            why = one.why or (None if is_inside else one.partial)
            source = next((source for row in own if (source := traffic.sources.get(row.label or ""))), None)
            is_of_search = one.tool in OF_SEARCH
            if is_of_search and source is None:
                why = why or traffic.unmatched
            rows.add(own, traffic.leads_of(covered(own), source, every=not is_of_search), why)
            months.append(month)
            tools.append(one.tool or None)
    if not months:
        return None
    label = values_column("month", "month", [shown_month(month) for month in months])
    several = len(traffic.tools) > 1
    return rows.block("tblTrafficMonths", label, [values_column("tool", "text", tools, on_sheet=several)], context)


class TrafficSection(Section):
    """Web traffic."""

    def queries(self, context: FunnelContext) -> Queries:
        """The leads by source and day."""
        return {LEADS_BY_DAY: leads_by_day(context)} if context.reports.traffic is not None else {}

    def blocks(self, figures: Figures) -> NamedBlocks:
        """Visitors, traffic by channel and by month, None without a report of it."""
        traffic = figures.traffic
        if traffic is None or not traffic.tools:
            return {"traffic": None}
        context = figures.context
        found = {
            "visitors": visitors_block(context, traffic),
            "by_channel": channels_block(context, traffic),
            "by_month": months_block(context, traffic),
        }
        return {"traffic": {name: one for name, one in found.items() if one is not None}}
