"""The funnel's tables as data: counts are values, every ratio is a KPI applied to named columns of its own block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from xl_leadkpi.errors import UserError
from xl_leadkpi.leads.model.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from os import PathLike

    import pandas as pd
    from matplotlib.axes import Axes

    from xl_leadkpi.leads.model.conditions import Filtered
    from xl_leadkpi.leads.model.evidence import Needs
    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.rates import UsedRate
    from xl_leadkpi.leads.model.stage import Pipeline
    from xl_leadkpi.leads.model.table import ChannelName, ColumnMatch, LeadTable, StageWord

Unit = Literal["text", "count", "money", "fraction", "days", "minutes", "date", "month", "ratio", "number"]
MoneyOf = Literal["amounts", "spend"]
Better = Literal["higher", "lower"]
SheetTable = Literal["main", "money", "period", "rates"]


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

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns among the arguments."""
        return tuple(key for one in self.arguments if (key := argument_column(one)) is not None)


def argument_column(argument: str | float | Above | First) -> str | None:
    """The column that an argument of a ratio is taken from, None for a number."""
    if isinstance(argument, Above | First):
        return argument.column
    return argument if isinstance(argument, str) else None


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
        currency: What money is in: the currency of the leads' ``amounts``, or that of the ``spend``.
        better: Which way a change is good, None if neither.
        table: Which table of the sheet it goes to, where a block has more than one.
        on_sheet: The sheet shows it; ``--json`` has every column.
        needs: Facts that each of its figures needs; where one is unknown there is no figure.
        row_needs: Facts that the figure of a row needs besides, for each row; none at all if it is empty.
        cases: The column with how many a rate rests on, where it is estimated or a column says it beside it.
    """

    key: str
    unit: Unit
    values: tuple[Any, ...]
    ratio: Ratio | None = None
    summed: int = 0
    currency: MoneyOf = "amounts"
    better: Better | None = None
    table: SheetTable = "main"
    on_sheet: bool = True
    needs: Needs = ()
    row_needs: tuple[Needs, ...] = ()
    cases: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A figure that the table does not support.

    Attributes:
        why: What is missing, and what would help.
        rows: Rows of the block without it, from 0.
    """

    why: Finding
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One table of the sheet.

    Attributes:
        name: Excel table name, e.g. ``tblFunnel``.
        columns: Its columns, all of the same length.
        totals: How many rows at the end are totals of the rows above.
        notes: Codes of remarks to print under the heading, with their values, e.g. ``("no_spend_data", "")``.
        is_record: One row whose figures are read by name: in JSON an object, not a list of rows.
        unknown: By column, what is not supported in it and why; the first reason of several.
    """

    name: str
    columns: tuple[Column, ...]
    totals: int = 0
    notes: tuple[tuple[str, str], ...] = ()
    is_record: bool = False
    unknown: Mapping[str, Unknown] = field(default_factory=dict)

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
    is known of the closed ones. ``period_from`` and ``period_to`` are the ends of the period asked for, ``rows_used``
    the leads created in it, ``closed_in_period`` those closed in it; ``compared_...`` the ends of the period that it is
    compared with. ``spend_currency`` is what costs are in, None if nothing says otherwise than ``currency``.
    ``filters`` are those that the user set, and the rows that each left. ``rates`` are those at which amounts in other
    currencies were converted into ``currency``.
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
    compared_from: date | None = None
    compared_to: date | None = None
    period_name: str = ""
    fiscal_start: int = 1
    closed_in_period: int | None = None
    spend_currency: str | None = None
    filters: tuple[Filtered, ...] = ()
    rates: tuple[UsedRate, ...] = ()


NamedBlocks = Mapping[str, Block | Mapping[str, Block] | None]
"""Blocks by their key in ``--json``: a block, None where the table cannot give it, or blocks by field."""


class BlockAttributes:
    """Blocks as attributes of the report: whatever a section names, and typed those that the sheet lays out itself."""

    __slots__ = ()

    blocks: NamedBlocks

    if TYPE_CHECKING:
        summary: Block
        trend: Block
        currencies: Block | None
        stages: Block
        steps_by: dict[str, Block] | None
        pipelines: dict[str, Block] | None
        by: dict[str, Block]
        months: Block
        cohorts: Block
        cohort_counts: Block
        opportunity_cohorts: Block
        opportunity_cohort_counts: Block
        mature: Block
        curve: Block
        stage_times: Block
        cycle_histogram: Block
        visits: Block | None
        transitions: Block | None
        reopened: Block | None
        deal_changes: Block | None
        response: Block | None
        losses: Block
        pipeline: Block
        forecast: Block | None
        forecast_check: Block | None
        overdue: Block | None
        retention: dict[str, Block] | None
        attribution: Block | None
        quality: Block
        backwards: Block | None
        period_created: Block | None
        period_closed: Block | None
        changes: dict[str, Block] | None
        causes: Block | None
        changes_by: dict[str, Block] | None
        targets: Block | None
        closed_by: dict[str, Block] | None
        closed_losses: Block | None
        spend: Block | None
        traffic: dict[str, Block] | None
        email: dict[str, Block] | None
        social: Block | None
    else:

        def __getattr__(self, name: str) -> Block | Mapping[str, Block] | None:
            if name != "blocks" and name in self.blocks:
                return self.blocks[name]
            raise AttributeError(f"the report has no {name!r}")


@dataclass(frozen=True, slots=True, repr=False)
class FunnelReport(BlockAttributes):
    """Every block of the funnel sheet (funnel specification, section 9), ready to be laid out or dumped as JSON.

    Attributes:
        header: A.
        blocks: The blocks of all sections in order, each an attribute too: ``report.summary``.
        stage_pipeline: The stages.
        stages_wanted, chosen_pipeline: Which stages were asked for, and which sales pipeline alone.
        stages_told_by: What has told their order, where they are the user's own.
        columns, words, findings: the column map, the stage words and the whole quality list, for Funnel_Map.
        channels: What each spelling of a channel is called, for Funnel_Map.
        parameters: The options it was counted with, for Funnel_Map.
        evidence: What the tables tell and what not.
        absent: By the JSON key of a block that they cannot give, why there is none.
        leads: The table that was counted, for Funnel_Data.

    >>> from xl_leadkpi.funnel import build
    >>> rows = [["Lead ID", "Created", "Won date"], ["1", "2025-01-10", "2025-02-01"], ["2", "2025-01-20", ""]]
    >>> report = build(rows)
    >>> report.to_pandas("stages")[["stage", "reached"]].values.tolist()
    [['Lead', 2], ['Won', 1]]
    """

    header: Header
    blocks: NamedBlocks
    stage_pipeline: Pipeline
    columns: tuple[ColumnMatch, ...] = ()
    words: tuple[StageWord, ...] = ()
    stages_told_by: str = ""
    stages_wanted: str = "auto"
    chosen_pipeline: str = ""
    channels: tuple[ChannelName, ...] = ()
    findings: tuple[Finding, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    evidence: Evidence = field(default_factory=Evidence)
    absent: Mapping[str, Finding] = field(default_factory=dict)
    leads: LeadTable | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        from xl_leadkpi.funnel.notebook import screen  # noqa: PLC0415 - which needs the report

        return screen(self)

    def _repr_html_(self) -> str:
        """What a notebook shows of it."""
        from xl_leadkpi.funnel.notebook import page  # noqa: PLC0415

        return page(self)

    def to_pandas(self, block: str) -> pd.DataFrame:
        """One block as a data frame.

        Args:
            block: Its path as the JSON has it: ``stages``, ``months``, ``by.source``.

        Returns:
            A row a row of the block, totals included; counts ``Int64``, money, rates and days ``float64``, dates and
            months ``datetime64``; missing where a figure is unknown or has no value; units in ``attrs["units"]``.

        Raises:
            UserError: There is no such block.
        """
        from xl_leadkpi.funnel.notebook import block_of, data_frame  # noqa: PLC0415

        return data_frame(block_of(self, block))

    def plot(self, block: str, *columns: str, ax: Axes | None = None) -> Axes:
        """Draw columns of a block with matplotlib (the extra ``plot``).

        Args:
            block: Its path as the JSON has it.
            columns: Their keys; the first with figures if none is named.
            ax: Where to draw; a new figure if none is given.

        Returns:
            The axes.

        Raises:
            UserError: There is no such block or column, or no matplotlib.
        """
        from xl_leadkpi.funnel.notebook import block_of, chart  # noqa: PLC0415

        return chart(block_of(self, block), columns, ax)

    def to_excel(self, path: str | PathLike[str], *, language: str = "en", data_rows: int | None = None) -> None:
        """Write the funnel workbook; a file that is there is replaced when the new one is complete.

        Args:
            path: The XLSX file.
            language: Of headings and notes: ``en``, ``pl`` or ``ru``.
            data_rows: How many leads Funnel_Data shows at most; None for as many as a sheet holds.

        Raises:
            UserError: The report was put together without its leads.
            OutputError: The folder is missing or may not be written to, or the file is open in another program.
        """
        if self.leads is None:
            raise UserError("This report has no leads to list: make it with xl_leadkpi.funnel.build.")
        # the sheets know the report, not the other way round: they are called by name, as plugins are
        sheets = import_module("xl_leadkpi.sheets")
        sheets.to_file(sheets.lay_out(self, self.leads, language=language, data_rows=data_rows), path)

    def to_html(self, path: str | PathLike[str], *, language: str = "en") -> None:
        """Write the summary as one page to be mailed or printed; a file that is there is replaced when it is complete.

        Args:
            path: The HTML file: styles and drawings are in it, no script, and nothing has to be loaded.
            language: Of headings and notes: ``en``, ``pl`` or ``ru``.

        Raises:
            OutputError: The folder is missing or may not be written to, or the file is open in another program.
        """
        import_module("xl_leadkpi.sheets").to_html(self, path, language=language)
