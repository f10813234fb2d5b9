"""The sheets that the macro Build funnel makes, made of the template's sample: they are in the template already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from xl_leadkpi.addin.macros import SOURCE
from xl_leadkpi.addin.scorecard import SUMMARY
from xl_leadkpi.funnel import FunnelOptions, build
from xl_leadkpi.leads import ReadOptions, read_frame, read_spend_frame
from xl_leadkpi.sheets import drawing, lay_out
from xl_leadkpi.sheets.book import MARK
from xl_leadkpi.sheets.layout import address
from xl_leadkpi.sheets.rectangles import addresses
from xl_leadkpi.sheets.text_cells import LONGEST_IN_FORMULA
from xl_leadkpi.workbooks.tables import HEADER_ROW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xl_leadkpi.sheets.layout import Sheet
    from xl_leadkpi.workbooks.sources import Sample, Words
    from xl_leadkpi.workbooks.tables import TableColumns

_AS_OF: Final = date(2026, 6, 30)
_BUILT_AT: Final = datetime(2026, 6, 30, 12)  # noqa: DTZ001 - printed as it is


@dataclass(frozen=True, slots=True)
class FilledFunnel:
    """The macro's sheets and the defined names by which it knows them as its own."""

    sheets: tuple[Sheet, ...]
    names: Mapping[str, str]


def filled_funnel(rows: Sample, leads: TableColumns, spend: TableColumns, words: Words) -> FilledFunnel:
    """Lay out what Build funnel would make of the sheets Leads and Spend."""
    options = ReadOptions(as_of=_AS_OF, today=_AS_OF, locale=words.language)
    table = read_frame(_as_rows(leads, rows.leads), options, "Leads", HEADER_ROW + 1)
    costs = read_spend_frame(_as_rows(spend, rows.spend), options, "Spend")
    report = build(table, costs, None, FunnelOptions(built_at=_BUILT_AT))
    sheets = lay_out(report, table, language=words.language).sheets
    names = {SOURCE: f"=Leads!{address(HEADER_ROW, 0, absolute=True)}"}
    for sheet in sheets:
        names[MARK + sheet.name] = f"='{sheet.tab or sheet.name}'!$A$1"
        names[f"{MARK}{sheet.name}_cells"] = "=" + "&".join(
            f'"{part},"' for part in addresses(drawing.footprint(sheet), LONGEST_IN_FORMULA - len(","))
        )
        for placed in sheet.tables:
            if placed.name == "tblSummary":
                names[SUMMARY] = f"={placed.place.full}"
    return FilledFunnel(sheets, names)


def _as_rows(columns: TableColumns, values: Mapping[str, Sequence[Any]]) -> list[list[Any]]:
    """The table as it comes from a selected range, header first."""
    return [list(columns.headers.values()), *(list(row) for row in zip(*values.values(), strict=True))]
