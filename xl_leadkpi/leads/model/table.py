"""The clean lead table: what every export becomes before anything is counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from xl_leadkpi.leads.model.evidence import Evidence
from xl_leadkpi.leads.model.stage import PIPELINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    import narwhals as nw

    from xl_leadkpi.leads.model.conditions import Filtered
    from xl_leadkpi.leads.model.findings import Finding
    from xl_leadkpi.leads.model.history import History
    from xl_leadkpi.leads.model.options import StagesWanted
    from xl_leadkpi.leads.model.pseudonyms import Pseudonyms
    from xl_leadkpi.leads.model.rates import Conversion
    from xl_leadkpi.leads.model.sources import SourceFiles
    from xl_leadkpi.leads.model.stage import Pipeline


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """How one column of the export was understood; one row of Funnel_Map.

    Attributes:
        position: Column number in the source, from 1.
        header: Header as it stands in the source.
        field: Field it feeds (``created``, ``amount`` ...), or None where the column is not used.
        score: Confidence 0..1 and beyond (type evidence adds to it).
        reason: ``exact``, ``words``, ``contained``, ``near``, ``values``, ``user``, ``project`` (the project file) or
            ``never`` (never-map list).
        runner_up: The second-best field where the choice was close, or the field that the user left out; else None.
        table: ``leads``, ``deals``, ``spend`` or ``touches``.
        samples: The first few different cells, as texts.
    """

    position: int
    header: str
    field: str | None
    score: float
    reason: str
    runner_up: str | None = None
    table: str = "leads"
    samples: tuple[str, ...] = ()


def has_joined_deals(columns: Iterable[ColumnMatch]) -> bool:
    """Tell whether a table of deals was joined to the leads."""
    return any(column.table == "deals" for column in columns)


@dataclass(frozen=True, slots=True)
class StageWord:
    """How one distinct stage or status text was understood; one row of Funnel_Map.

    Attributes:
        word: The text as it stands in the export (most frequent spelling).
        stage: Canonical stage, ``Lost``, ``Open`` (status only), or None where unknown (treated as Lead).
        count: Rows that carry it.
        origin: ``vocabulary``, ``guessed`` (a known word stands in it, or its number places it), ``user``,
            ``project`` (the project file) or ``unknown``.
        table: ``leads`` or ``deals``; ``history`` where the rows are changes of a lead, of which each may have several.
        chance: The CRM's probability of a win in per cent that the rows with it carry; None where there is none, or
            no single one for most of them.
    """

    word: str
    stage: str | None
    count: int
    origin: Literal["vocabulary", "guessed", "user", "project", "unknown"]
    table: str = "leads"
    chance: float | None = None


@dataclass(frozen=True, slots=True)
class Spelling:
    """A source as the export writes it, with its medium where the export has one, and the rows that carry both."""

    source: str
    medium: str | None
    rows: int


@dataclass(frozen=True, slots=True)
class ChannelName:
    """What one spelling of a channel is called; one row of Funnel_Map.

    Attributes:
        spelling: As it is written, ``source / medium`` where the export has both.
        channel: What it counts as.
        recognised: What it would count as without the user.
        rows: Rows of the leads that carry it.
        spend: Its spend, None where it has none.
        origin: ``vocabulary``; ``user``; ``project``, the project file; ``unpaid``, kept apart from the paid channel;
            ``written``, it stays as it is.
    """

    spelling: str
    channel: str
    recognised: str
    rows: int
    spend: float | None
    origin: Literal["vocabulary", "user", "project", "unpaid", "written"]


@dataclass(frozen=True, slots=True)
class LeadTable:
    """One row a lead, every column typed and named the same whatever the export was.

    ``frame`` has these columns. Days are Excel day numbers (1900 system: 45782 = 2025-05-05), whole numbers where the
    source held dates, with a fraction where it held times; missing is null. That makes a duration a subtraction on
    every engine.

    ============== ======= =========================================================================================
    row_no         int     row number in the source
    lead_id        text    identifier as given
    name           text    lead, deal or contact name
    created        day     also the day of stage Lead
    d_mql ... d_won day    each stage was entered, see ``pipeline`` (won: only if the lead is won)
    d_lost         day     only if the lead is lost
    expected_close day     for open leads
    customer_end   day     the customer left, or is to leave, as far as the export says; only there where it has it
    outcome        text    ``open``, ``won`` or ``lost``
    stage_now      text    canonical stage now (``Won``/``Lost`` for closed ones), null if unknown
    current_stage  int     its index in ``pipeline`` from 1, null for lost leads and where it is unknown
    furthest_stage int     furthest stage reached in the order of ``stages``, likewise
    lost_stage     int     the last stage before the loss, likewise, null unless lost; the last one with a trace where
                           ``lost_told`` is not 1
    lost_told      int     1 where a word tells that stage; there only where not all of the lost say it
    source campaign owner lost_reason   text   one spelling a value, null where blank
    medium         text    likewise; only there where the export has it
    probability    float   the CRM's chance of a win in per cent; only there where the export has it
    amount         float   null where blank or unparsed
    currency       text    ISO code, null where unknown
    response_min   float   minutes from creation to the first response
    cohort_month   int     year * 12 + month - 1 of ``created``
    by_...         text    one column for each further field asked for (``by_`` + position)
    ============== ======= =========================================================================================

    Attributes:
        frame: The rows, as any frame Narwhals knows.
        stages: Stages in force, in order: those with any evidence, in the order the data and the user ask for.
        dated: Those stages that have at least one date.
        as_of: Censoring date: nothing after it has happened yet.
        as_of_reason: ``today``, ``given`` or ``latest`` (latest date in the table, because it is older than 60 days).
        is_deals: The rows are deals or opportunities: every one has reached Opportunity.
        rows_read: Data rows in the source, before duplicates and empty rows went.
        source_name: File or range the rows came from.
        currency: The one currency of the amounts, None if there is none or more than one.
        currencies: All currencies met.
        has_time: Fields whose days carry a time of day. All stage dates of the table or none: where only some have
            times, all days are whole, so that every difference is in calendar days.
        has_amounts, has_sources ...: see ``fields``.
        fields: Fields that the export really fed (``{"source", "amount", "d_won", ...}``).
        by_labels: Label of each ``by_`` column.
        columns: The column map.
        words: The stage and status words.
        findings: The quality list.
        pipeline: All stages that its rows could have been in, in the usual order.
        stages_told_by: What has told the order of stages of its own: ``numbers``, ``probability``, ``history``,
            ``dates``, ``vocabulary``, ``listed`` (the user), ``project`` (the project file); ``""`` for the usual ones.
        sales_pipelines: The pipelines that its rows belong to with their number, the largest first, where they are
            several.
        chosen_pipeline: The one that alone was read, ``""`` for all.
        of_pipelines: The rows of each by themselves, with stages of their own.
        stages_wanted: Which stages the user has asked for.
        spellings: The sources met, None where they are yet to be counted.
        channel_names: What the user calls a spelling.
        channels: What each spelling is called, None while the sources are as they are written.
        evidence: What of all this it tells, and what not.
        filters: What each of the user's filters left of the rows.
        history: What has happened to its leads, None where no history says.
        conversion: What its amounts have been converted into; ``amount_original`` and ``currency_original`` are then
            columns of the frame.
        sources: The files that it is put together of, whose rows ``row_no`` numbers through; None for one file.
        pseudonyms: How its persons and companies are shown, None where they are as the frame has them.
    """

    frame: nw.DataFrame[Any] | nw.LazyFrame[Any]
    stages: tuple[str, ...]
    dated: tuple[str, ...]
    as_of: date
    as_of_reason: Literal["today", "given", "latest"]
    is_deals: bool
    rows_read: int
    source_name: str
    currency: str | None
    currencies: tuple[str, ...] = ()
    has_time: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    by_labels: dict[str, str] = field(default_factory=dict)
    columns: tuple[ColumnMatch, ...] = ()
    words: tuple[StageWord, ...] = ()
    findings: tuple[Finding, ...] = ()
    pipeline: Pipeline = PIPELINE
    stages_told_by: str = ""
    stages_wanted: StagesWanted = "auto"
    sales_pipelines: tuple[tuple[str, int], ...] = ()
    chosen_pipeline: str = ""
    of_pipelines: Mapping[str, LeadTable] = field(default_factory=dict)
    spellings: tuple[Spelling, ...] | None = None
    channel_names: Mapping[str, str] = field(default_factory=dict)
    channels: tuple[ChannelName, ...] | None = None
    evidence: Evidence = field(default_factory=Evidence)
    filters: tuple[Filtered, ...] = ()
    history: History | None = None
    sources: SourceFiles | None = None
    conversion: Conversion | None = None
    pseudonyms: Pseudonyms | None = None


@dataclass(frozen=True, slots=True)
class SpendTable:
    """Marketing spend, one row a (channel, campaign, month): already small, so plain rows.

    Attributes:
        rows: ``(channel, campaign, month, spend, impressions, clicks)``; channel None = unallocated, month is
            year * 12 + month - 1 or None, impressions and clicks None where the export had none.
        currency: The one currency of the spend, None if unknown.
        columns: The column map (``table="spend"``).
        findings: Quality lines.
        source_name: Files it came from.
        conversion: What it has been converted into.
    """

    rows: tuple[tuple[str | None, str | None, int | None, float, float | None, float | None], ...]
    currency: str | None
    columns: tuple[ColumnMatch, ...] = ()
    findings: tuple[Finding, ...] = ()
    source_name: str = ""
    conversion: Conversion | None = None


@dataclass(frozen=True, slots=True)
class TouchTable:
    """Touches for attribution.

    ``frame`` columns: ``lead_id`` (text), ``day`` (Excel day number), ``channel`` (text), ``campaign`` (text or null).

    Attributes:
        channels_met: The channels in it, None where they are yet to be looked for.
    """

    frame: nw.DataFrame[Any] | nw.LazyFrame[Any]
    columns: tuple[ColumnMatch, ...] = ()
    findings: tuple[Finding, ...] = ()
    source_name: str = ""
    channels_met: tuple[str, ...] | None = None
