"""Reports of other tools - web analytics, e-mailings, pages of social networks - as rows of measures."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from xl_leadkpi.leads.model.findings import FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.table import ColumnMatch

ReportKind = Literal["traffic", "email", "social"]
Adding = Literal["sum", "people", "level", "rate"]

GA4, UNIVERSAL, METRICA = "GA4", "Universal Analytics", "Yandex Metrica"
SEARCH_CONSOLE, AHREFS = "Search Console", "Ahrefs"
OF_SEARCH = frozenset({SEARCH_CONSOLE, AHREFS})
"""Tools that know of visits from the results of search engines only."""

REPORT_KINDS: tuple[ReportKind, ...] = ("traffic", "email", "social")

MEASURES: Mapping[ReportKind, Mapping[str, Adding]] = {
    "traffic": {
        "sessions": "sum",
        "users": "people",
        "bounces": "sum",
        "bounce_rate": "rate",
        "engaged_sessions": "sum",
        "engagement_rate": "rate",
        "conversions": "sum",
        "impressions": "sum",
    },
    "email": {
        "sent": "sum",
        "delivered": "sum",
        "opened": "sum",
        "clicked": "sum",
        "bounced": "sum",
        "unsubscribed": "sum",
        "forwarded": "sum",
        "list_size": "level",
    },
    "social": {
        "followers": "level",
        "new_followers": "sum",
        "impressions": "sum",
        "reactions": "sum",
        "comments": "sum",
        "shares": "sum",
        "clicks": "sum",
    },
}
"""By kind of report its measures: counts add up, people come twice, levels are of a day, rates need their weights."""

_WHY: Mapping[Adding, FindingKind] = {
    "people": FindingKind.USERS_NOT_ADDED,
    "level": FindingKind.LEVELS_NOT_ADDED,
    "rate": FindingKind.RATES_NOT_AVERAGED,
}


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What a tool has measured over some days.

    Attributes:
        tool: The tool, ``""`` where nothing tells it.
        label: Channel of traffic, list of an e-mailing, social network; None where nothing tells it.
        campaign: Name of an e-mailing; None elsewhere.
        month: year * 12 + month - 1; None where the days are unknown or of several months.
        first: First day measured, as Excel's number; None where it is unknown.
        last: Last day measured.
        values: The measures that are known, see ``MEASURES``.
        gaps: Why others are not.
    """

    tool: str
    label: str | None
    campaign: str | None
    month: int | None
    first: int | None
    last: int | None
    values: Mapping[str, float]
    gaps: Mapping[str, FindingKind] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReportTable:
    """Reports of one kind, added up by tool, label, campaign and month.

    Attributes:
        kind: ``traffic``, ``email`` or ``social``.
        rows: The measures.
        columns: The column map.
        findings: Quality lines.
        source_name: Files they came from.
        totals: By tool the total that its only report states itself: people who came twice count once in it.
    """

    kind: ReportKind
    rows: tuple[ReportRow, ...]
    columns: tuple[ColumnMatch, ...] = ()
    findings: tuple[Finding, ...] = ()
    source_name: str = ""
    totals: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools in the order of the files."""
        return tuple(dict.fromkeys(row.tool for row in self.rows))

    @property
    def months(self) -> tuple[int, int] | None:
        """First and last month, None where none is known."""
        known = [row.month for row in self.rows if row.month is not None]
        return (min(known), max(known)) if known else None


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports given beside the leads; None for those that are not."""

    traffic: ReportTable | None = None
    email: ReportTable | None = None
    social: ReportTable | None = None

    @property
    def tables(self) -> tuple[ReportTable, ...]:
        """Those that are given."""
        return tuple(one for one in (self.traffic, self.email, self.social) if one is not None)


def combined(kind: ReportKind, rows: Sequence[ReportRow]) -> tuple[dict[str, float], dict[str, FindingKind]]:
    """Put the measures of several rows together.

    What adds up is added; people are those of a lone row, since one person may be in several; a level is the last one
    of its label. What some of the rows lack is unknown: the sum of the others would be too low.

    Args:
        kind: Kind of the report.
        rows: Rows that are to be one.

    Returns:
        The measures that are known, and why others are not.

    >>> row = ReportRow("GA4", "Direct", None, 24312, None, None, {"sessions": 5.0, "users": 4.0})
    >>> combined("traffic", [row, row])
    ({'sessions': 10.0}, {'users': <FindingKind.USERS_NOT_ADDED: 'users_not_added'>})
    """
    values: dict[str, float] = {}
    gaps: dict[str, FindingKind] = {}
    for name, adding in MEASURES[kind].items():
        found = [row.values[name] for row in rows if name in row.values]
        why = next((row.gaps[name] for row in rows if name in row.gaps), None)
        if adding == "level" and found:
            level = _level(name, rows)
            if level is None:
                gaps[name] = FindingKind.LEVELS_NOT_ADDED
            else:
                values[name] = level
        elif why is not None:
            gaps[name] = why
        elif len(found) == 1 and len(rows) == 1:
            values[name] = found[0]
        elif found and adding != "sum":
            gaps[name] = _WHY[adding]
        elif found and len(found) == len(rows):
            values[name] = sum(found)
        elif found:
            gaps[name] = FindingKind.NOT_IN_ALL_REPORTS
    return values, gaps


def _level(name: str, rows: Sequence[ReportRow]) -> float | None:
    """The last level, None where it is that of several lists or pages."""
    there = [row for row in rows if name in row.values]
    if len({(row.tool, row.label) for row in there}) > 1:
        return None
    if len(there) == 1:
        return there[0].values[name]
    return max(there, key=lambda row: row.last or 0).values[name]


def by_month(kind: ReportKind, rows: Iterable[ReportRow]) -> tuple[ReportRow, ...]:
    """One row a tool, label, campaign and month - of rows without a month, a row for each span of days."""
    groups: dict[tuple[object, ...], list[ReportRow]] = defaultdict(list)
    for row in rows:
        span = (row.first, row.last) if row.month is None else None
        groups[row.tool, row.label, row.campaign, row.month, span].append(row)
    return tuple(together(kind, group) for group in groups.values())


def together(kind: ReportKind, rows: Sequence[ReportRow]) -> ReportRow:
    """One row of several; its tool, label, campaign and month are those of the first."""
    values, gaps = combined(kind, rows)
    first, last = [row.first for row in rows], [row.last for row in rows]
    one = rows[0]
    return ReportRow(
        one.tool,
        one.label,
        one.campaign,
        one.month,
        min((day for day in first if day is not None), default=None),
        max((day for day in last if day is not None), default=None),
        values,
        gaps,
    )
