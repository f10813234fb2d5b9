"""What a user can say about how an export is to be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

Dedupe = Literal["id", "id+email", "none"]
TableKind = Literal["auto", "leads", "deals"]
Locale = Literal["en", "pl", "ru"]


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
        as_of: Censoring date; None takes today, or the latest date of a table older than 60 days.
        dedupe: ``id`` keeps one row an identifier, ``id+email`` also one row an e-mail address (tables of leads only),
            ``none`` keeps all.
        by: Further columns to keep for grouping: canonical fields or headers of the table.
        stage_order: Stages wanted, in order; None takes the default order and hides stages without evidence.
        today: Today's date, for reproducible runs; None asks the clock.
        locale: Decides d/m against m/d where the column itself does not: ``en`` month first, ``pl`` and ``ru`` day
            first.
        date1904: Day numbers in a selected range count from 1904.
        kind: What a row of a lone table is: a lead or a deal, which has reached Opportunity; ``auto`` tells by title,
            headers and stage words.
    """

    sheet: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    as_of: date | None = None
    dedupe: Dedupe = "id"
    by: tuple[str, ...] = ()
    stage_order: tuple[str, ...] | None = None
    today: date | None = None
    locale: Locale = "en"
    date1904: bool = False
    kind: TableKind = "auto"
