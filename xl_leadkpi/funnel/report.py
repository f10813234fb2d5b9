"""The funnel's tables as data: counts are values, every ratio is a KPI applied to named columns of its own block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from xl_leadkpi.leads.table import ColumnMatch, Finding, StageWord

Unit = Literal["text", "count", "money", "fraction", "days", "minutes", "date", "month", "ratio", "number"]


@dataclass(frozen=True, slots=True)
class Above:
    """The value of a column one row higher (previous stage)."""

    column: str


@dataclass(frozen=True, slots=True)
class First:
    """The value of a column in the block's first row (all leads)."""

    column: str


@dataclass(frozen=True, slots=True)
class Ratio:
    """A KPI of the catalogue over columns of the same block: gives both the cached value and the live formula.

    Attributes:
        kpi: Name in the catalogue, e.g. ``CPL``.
        arguments: One entry an argument: a column key (same row), ``Above(key)``, ``First(key)``, or a number.
        item: For a KPI that spills (``CONVCI``): which of its values, from 0.
    """

    kpi: str
    arguments: tuple[str | float | Above | First, ...]
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One typed column of a block.

    Attributes:
        key: Public name: the key in ``--json`` and the base of the translated header.
        unit: What the values are; decides number format and alignment. ``month`` values are ``datetime.date`` (day 1),
            ``date`` values ``datetime.date``.
        values: One a row. None = missing; a ``CellError`` where a ratio has no value.
        ratio: Where the values come from a KPI; None for counted values. A row whose value is None has no formula.
        summed: Rows at the end whose values are sums of the rows above instead of the KPI: they have no formula either.
    """

    key: str
    unit: Unit
    values: tuple[Any, ...]
    ratio: Ratio | None = None
    summed: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """One table of the sheet.

    Attributes:
        name: Excel table name, e.g. ``tblFunnel``.
        columns: Its columns, all of the same length.
        totals: How many rows at the end are totals of the rows above.
        notes: Codes of remarks to print under the heading, with their values, e.g. ``("no_spend_data", "")``.
    """

    name: str
    columns: tuple[Column, ...]
    totals: int = 0
    notes: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.columns[0].values) if self.columns else 0

    def __getitem__(self, key: str) -> Column:
        for column in self.columns:
            if column.key == key:
                return column
        raise KeyError(key)

    def __contains__(self, key: str) -> bool:
        return any(column.key == key for column in self.columns)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield each row as a dictionary of column key to value."""
        keys = [column.key for column in self.columns]
        for values in zip(*(column.values for column in self.columns), strict=True):
            yield dict(zip(keys, values, strict=True))


@dataclass(frozen=True, slots=True)
class Header:
    """What stands above the funnel: where it comes from and how it was counted.

    ``win_basis`` is the basis in force: the one asked for, or ``closed_all_lost`` where won and lost leads are all that
    is known of the closed ones. ``period_from`` and ``period_to`` limit what ``tblMonth`` says happened in a month, and
    nothing else. ``spend_currency`` is what costs are in, None if nothing says otherwise than ``currency``.
    """

    source: str
    as_of: date
    as_of_reason: str
    rows_read: int
    rows_used: int
    first_day: date | None
    last_day: date | None
    reach: str
    window_days: int
    win_basis: str
    min_n: int
    currency: str | None
    currencies: tuple[str, ...]
    is_deals: bool
    built_at: datetime
    notes: tuple[tuple[str, str], ...] = ()
    period_from: date | None = None
    period_to: date | None = None
    spend_currency: str | None = None


@dataclass(frozen=True, slots=True)
class FunnelReport:
    """Every block of the funnel sheet (funnel specification, section 9), ready to be laid out or dumped as JSON.

    Attributes:
        header: A.
        summary: B, one row; keys of ``--json``'s ``summary``.
        stages: C ``tblFunnel``.
        stage_times: D ``tblStageTime``; ``cycle_histogram``: its histogram of lead to won.
        curve: E ``tblCurve``; ``mature``: the mature-window figures at 30, 60, 90, 180 days.
        by: F, keyed ``source``, ``campaign``, ``owner`` and further fields asked for.
        months: G ``tblMonth``.
        cohorts: H ``tblCohort``: rates, whose ratios are over the columns of ``cohort_counts``, row by row;
            ``cohort_counts``: counts; the same two for opportunities.
        losses: I ``tblLoss``.
        pipeline: J ``tblPipeline``.
        spend: K ``tblSpend``, None without spend.
        attribution: L ``tblAttrib``, None without any channel.
        quality: M ``tblQA``.
        trend: The last three complete calendar months (row 1) and the three before (row 2).
        response: Minutes to the first response, None if the table has none.
        currencies: Money by currency, None unless there is more than one.
        backwards: Visits of a stage that end before they begin, as far as named; None if there are none.
        columns, words, findings: the column map, the stage words and the whole quality list, for Funnel_Map.
    """

    header: Header
    summary: Block
    stages: Block
    stage_times: Block
    cycle_histogram: Block
    curve: Block
    mature: Block
    by: dict[str, Block]
    months: Block
    cohorts: Block
    cohort_counts: Block
    opportunity_cohorts: Block
    opportunity_cohort_counts: Block
    losses: Block
    pipeline: Block
    spend: Block | None
    attribution: Block | None
    quality: Block
    columns: tuple[ColumnMatch, ...] = ()
    words: tuple[StageWord, ...] = ()
    findings: tuple[Finding, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    trend: Block | None = None
    response: Block | None = None
    currencies: Block | None = None
    backwards: Block | None = None
