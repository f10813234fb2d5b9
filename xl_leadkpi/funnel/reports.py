"""What other tools report beside the leads: e-mailings by month and campaign, pages of social networks by month."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from xl_leadkpi.cells.days import date_of, day_number
from xl_leadkpi.funnel.blocks import NO_GROUP, block, kpi_column, values_column
from xl_leadkpi.funnel.context import MONTHS, first_day
from xl_leadkpi.funnel.section import Section
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.reports import MEASURES, combined

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from datetime import date

    from xl_leadkpi.funnel.blocks import Gaps
    from xl_leadkpi.funnel.figures import Figures
    from xl_leadkpi.funnel.options import FunnelOptions
    from xl_leadkpi.funnel.report import Block, Column, NamedBlocks
    from xl_leadkpi.leads.model.reports import ReportKind, ReportRow

_FIELDS = {"traffic": "tr_", "email": "em_", "social": "so_"}


@cache
def _reason(kind: FindingKind) -> Finding:
    """Why measures of rows that are put together are unknown: one reason, however many blocks have it."""
    return Finding(kind, 1)


@dataclass(slots=True)
class Measures:
    """The measures of rows of a block, and why some have none.

    Attributes:
        kind: Kind of the report.
        values: By measure its values, one a row.
        gaps: By measure the rows without a value for a reason.
    """

    kind: ReportKind
    values: dict[str, list[float | None]] = field(init=False)
    gaps: dict[str, Gaps] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        self.values = {name: [] for name in MEASURES[self.kind]}

    def add(self, rows: Sequence[ReportRow]) -> None:
        """Add a row of the block that is these rows together."""
        known, unknown = combined(self.kind, rows)
        for name, values in self.values.items():
            if name in unknown:
                self.gaps[name][len(values)] = _reason(unknown[name])
            values.append(known.get(name))

    def replace_last(self, known: dict[str, float]) -> None:
        """Give the last row the values that a report states itself."""
        for name, value in known.items():
            self.values[name][-1] = value
            self.gaps[name].pop(len(self.values[name]) - 1, None)

    def is_told(self, name: str) -> bool:
        """Whether any row has a measure, or would have it but for a reason."""
        return bool(self.gaps.get(name)) or any(value is not None for value in self.values[name])

    def finished(self) -> None:
        """Say of a measure that no report has that there is no such column."""
        for name, values in self.values.items():
            if not self.is_told(name):
                details = {"field": _FIELDS[self.kind] + name}
                why = Finding(FindingKind.NO_COLUMN, len(values), details=details)
                self.gaps[name] = dict.fromkeys(range(len(values)), why)

    def columns(self, *names: str) -> list[Column]:
        """Columns of some measures that count."""
        return [values_column(name, "count", self.values[name]) for name in names]


def grouped(rows: Iterable[ReportRow], key: Callable[[ReportRow], Hashable]) -> dict[Any, list[ReportRow]]:
    """Rows by a key, in order."""
    groups: dict[Any, list[ReportRow]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)


def of_period(rows: Iterable[ReportRow], options: FunnelOptions) -> list[ReportRow]:
    """The rows that lie within the period asked for; all of them where none is."""
    first = None if options.period_from is None else day_number(options.period_from)
    last = None if options.period_to is None else day_number(options.period_to)
    return [
        row
        for row in rows
        if (first is None or (row.first is not None and row.first >= first))
        and (last is None or (row.last is not None and row.last <= last))
    ]


def shown_month(month: int | None) -> date | None:
    """First day of a month; None where there is none in the calendar."""
    return first_day(month) if month is not None and month in MONTHS else None


# e-mailings -----------------------------------------------------------------------------------------------------------

_EMAIL_RATES = (
    ("delivery_rate", "DELIVRATE", "delivered", "sent"),
    ("open_rate", "OPENRATE", "opened", "delivered"),
    ("click_rate", "EMAILCTR", "clicked", "delivered"),
    ("click_to_open_rate", "CTOR", "clicked", "opened"),
    ("bounce_rate", "EMAILBOUNCE", "bounced", "sent"),
    ("unsubscribe_rate", "UNSUBRATE", "unsubscribed", "delivered"),
    ("forward_rate", "FWDRATE", "forwarded", "delivered"),
)


def email_block(name: str, label: Sequence[Column], rows: Sequence[Sequence[ReportRow]], totals: int = 0) -> Block:
    """E-mails sent and what became of them, with the rates as the KPIs define them.

    Args:
        name: Name of the table.
        label: Columns that say what a row is of.
        rows: The rows of the report that each row of the block is.
        totals: Number of totals rows at the end.
    """
    measures = Measures("email")
    for one in rows:
        measures.add(one)
    measures.finished()
    columns = [
        *label,
        *measures.columns("sent", "delivered", "opened", "clicked", "bounced", "unsubscribed", "forwarded"),
        *(kpi_column(key, "fraction", kpi, *arguments) for key, kpi, *arguments in _EMAIL_RATES),
        *measures.columns("list_size"),
    ]
    return block(name, columns, totals=totals, own_gaps=measures.gaps)


class EmailSection(Section):
    """E-mailings."""

    def blocks(self, figures: Figures) -> NamedBlocks:
        """E-mailings by month and by campaign, None without a report of them."""
        table = figures.context.reports.email
        rows = of_period(table.rows, figures.context.options) if table is not None else []
        if not rows:
            return {"email": None}
        by_month = grouped(rows, lambda row: row.month)
        months = sorted(by_month, key=lambda month: (month is None, month or 0))
        # a total has no month, and must not look like what is undated
        has_total = len(months) > 1 and None not in by_month
        labels = [*map(shown_month, months), *([None] if has_total else [])]
        parts = [by_month[month] for month in months] + ([rows] if has_total else [])
        campaigns = grouped(rows, lambda row: (row.campaign, row.label, row.first))
        ordered = sorted(campaigns, key=lambda key: (-(key[2] or 0), key[0] or ""))
        days = [None if first is None else date_of(first) for _, _, first in ordered]
        named = [
            values_column("campaign", "text", [name or NO_GROUP for name, _, _ in ordered]),
            values_column("list", "text", [label for _, label, _ in ordered], on_sheet=False),
            values_column("day", "date", days),
        ]
        return {
            "email": {
                "by_month": email_block("tblEmail", [values_column("month", "month", labels)], parts, int(has_total)),
                "by_campaign": email_block("tblEmailCampaigns", named, [campaigns[key] for key in ordered]),
            }
        }


# social networks ------------------------------------------------------------------------------------------------------


class SocialSection(Section):
    """Pages of social networks."""

    def blocks(self, figures: Figures) -> NamedBlocks:
        """Measures by network and month, None without a report of them."""
        table = figures.context.reports.social
        rows = of_period(table.rows, figures.context.options) if table is not None else []
        if not rows:
            return {"social": None}
        groups = grouped(rows, lambda row: (row.label, row.month))
        keys = sorted(groups, key=lambda key: (key[0] is None, key[0] or "", key[1] is None, key[1] or 0))
        measures = Measures("social")
        for key in keys:
            measures.add(groups[key])
        measures.finished()
        parts = ["reactions", "comments", "shares"]
        if None not in measures.values["clicks"]:  # else some rows would count clicks among them, and others not
            parts.append("clicks")
        columns = [
            values_column("network", "text", [network or NO_GROUP for network, _ in keys]),
            values_column("month", "month", [shown_month(month) for _, month in keys]),
            *measures.columns(*MEASURES["social"]),
            kpi_column("engagements", "count", "ENGAGEMENTS", *parts),
            kpi_column("engagement_rate", "fraction", "ENGRATE", "engagements", "impressions"),
        ]
        return {"social": block("tblSocial", columns, own_gaps=measures.gaps)}
