"""What a user can say about how an export is to be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal

from xl_leadkpi.leads.model.stage import PIPELINE, WIN, OwnStage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.leads.model.conditions import Condition
    from xl_leadkpi.leads.model.rates import Rates
    from xl_leadkpi.leads.model.stage import Pipeline

Dedupe = Literal["id", "id+email", "none"]
TableKind = Literal["auto", "leads", "deals"]
StagesWanted = Literal["auto", "own", "canonical"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read an export; the defaults read most of them.

    Attributes:
        sheet: Sheet of a workbook; None takes the sheet with the best header row.
        fields: Field to header, overriding the recogniser (``{"amount": "Total incl. VAT"}``); the header ``"-"``
            leaves the field unmapped. ``deals.amount`` names a column of the deals alone; without a prefix the column
            may stand in either table.
        words: Stage or status word to stage (``{"Handshake": "Won"}``); the stage may also be ``Lost`` or ``Open``, in
            any case and language of the vocabulary.
        channels: Spelling of a channel to the name wanted for it (``{"fb": "Facebook"}``); ``"google / cpc"`` names a
            source with its medium.
        as_of: Censoring date; None takes today, or the latest date of a table older than 60 days.
        dedupe: ``id`` keeps one row an identifier, ``id+email`` also one row an e-mail address (tables of leads only),
            ``none`` keeps all.
        by: Further columns to keep for grouping: canonical fields or headers of the table.
        stage_order: Stages wanted, in order; None takes the default order and hides stages without evidence.
        today: Today's date, for reproducible runs; None asks the clock.
        locale: Decides d/m against m/d where the column itself does not: ``en`` month first, all others day
            first.
        date1904: Day numbers in a selected range count from 1904.
        kind: What a row of a lone table is: a lead or a deal, which has reached Opportunity; ``auto`` tells by title,
            headers and stage words.
        where: Conditions that all hold for a row that is read, see :func:`parse_condition
            <xl_leadkpi.leads.model.conditions.parse_condition>`.
        exclude: Words of a stage or status whose rows are left out.
        sales_pipeline: The only pipeline, of several in the table, whose rows are read; ``""`` reads all, and each by
            itself.
        encodings: Encoding of text files by table (``leads``, ``deals``, ``spend``, ``touches``; ``""`` for the
            others); what is not there is found by what the words then mean.
        stages: ``own`` takes the words of the export for stages of their own, ``canonical`` those of the usual funnel;
            ``auto`` takes the former where their order is told and three words would count as one stage, most of them
            would share one with others, or what tells the order knows a stage that the usual funnel has no bar for.
        own_stages: Stages before the win as the user has listed them, in order; they go before ``stages``.
        own_win: What the user calls the win beside ``own_stages``.
        rates: Exchange rates into one currency for all amounts; None leaves each in its own.
        pipeline: The stages that rows may be in, where they are settled already, see
            :func:`~xl_leadkpi.leads.model.stage.own_pipeline`.
    """

    sheet: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    as_of: date | None = None
    dedupe: Dedupe = "id"
    by: tuple[str, ...] = ()
    stage_order: tuple[str, ...] | None = None
    today: date | None = None
    locale: str = "en"
    date1904: bool = False
    kind: TableKind = "auto"
    encodings: Mapping[str, str] = field(default_factory=dict)
    where: tuple[Condition, ...] = ()
    exclude: tuple[str, ...] = ()
    sales_pipeline: str = ""
    stages: StagesWanted = "auto"
    own_stages: tuple[OwnStage, ...] = ()
    own_win: OwnStage = WIN
    rates: Rates | None = None
    pipeline: Pipeline = PIPELINE


def today_of(options: ReadOptions) -> date:
    """The user's day."""
    return options.today or date.today()  # noqa: DTZ011 (the user's day)
