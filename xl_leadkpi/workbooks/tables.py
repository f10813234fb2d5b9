"""The sheets Leads and Spend: two Excel tables with sample rows, drop-down lists and instructions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.layout import Area, Cells, Choice, Link, Print, Style, Table
from xl_leadkpi.sheets.palette import INK
from xl_leadkpi.workbooks.page import LINK, NOTE, TITLE, Given, Page, in_cells
from xl_leadkpi.workbooks.sources import DAYS, LEAD_FIELDS, MOMENTS, NUMBERS, SPEND_FIELDS, Sample, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.sheets.layout import Sheet

HEADER_ROW: Final = 4
STAGE_NAMES, SOURCE_NAMES, REASON_NAMES = "StageList", "SourceList", "ReasonList"
"""Defined names of what the drop-down lists offer, see the sheet Lists: Excel takes no column of a table there."""
VALIDATED_ROWS: Final = 2_000
"""How far down the lists reach before the table has grown there."""

_WIDTHS: Final = {
    "id": 70, "created": 120, "source": 140, "owner": 110, "stage": 95, "status": 85, "amount": 85,
    "first_response": 120, "mql": 90, "sql": 90, "meeting": 110, "opportunity": 95, "closed": 108, "reason": 140,
    "month": 90, "spend": 90, "impressions": 100, "clicks": 90,
}  # fmt: skip
_HEADER: Final = replace(styles.DATA_HEADER, wrap=True, valign="center")


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The columns of a table as formulas of other sheets name them."""

    table: str
    headers: Mapping[str, str]
    values: Mapping[str, list[Any]]

    def __getitem__(self, field: str) -> Given:
        return Given(f"{self.table}[{self.headers[field]}]", in_cells(self.values[field]))


def columns(rows: Sample, words: Words) -> tuple[TableColumns, TableColumns]:
    """The columns of both tables."""
    return (
        TableColumns("tblLeadList", {field: words(f"leads.{field}") for field in LEAD_FIELDS}, rows.leads),
        TableColumns("tblCostList", {field: words(f"spend.{field}") for field in SPEND_FIELDS}, rows.spend),
    )


def leads_page(rows: Sample, words: Words) -> tuple[Page, Sheet]:
    """The sheet Leads."""
    page = Page("Leads")
    _lay_out(page, "leads", "tblLeadList", LEAD_FIELDS, rows.leads, words)
    for field, named in (("stage", STAGE_NAMES), ("status", ""), ("source", SOURCE_NAMES), ("reason", REASON_NAMES)):
        column = LEAD_FIELDS.index(field)
        values = () if named else words.all(field)
        message = words(f"leads.hint.{field}") if field != "reason" else ""
        place = page.range(HEADER_ROW + 1, column, HEADER_ROW + VALIDATED_ROWS, column)
        page.canvas.choices.append(Choice(place, values, message=message, named=named))
    return page, _sheet(page, LEAD_FIELDS)


def spend_page(rows: Sample, words: Words) -> tuple[Page, Sheet]:
    """The sheet Spend."""
    page = Page("Spend")
    _lay_out(page, "spend", "tblCostList", SPEND_FIELDS, rows.spend, words)
    place = page.range(HEADER_ROW + 1, 1, HEADER_ROW + VALIDATED_ROWS, 1)
    page.canvas.choices.append(Choice(place, named=SOURCE_NAMES))
    return page, _sheet(page, SPEND_FIELDS)


def _lay_out(  # noqa: PLR0917 - one row is made of so much
    page: Page, key: str, table: str, fields: tuple[str, ...], values: Mapping[str, list[Any]], words: Words
) -> None:
    page.put(0, 0, words(f"{key}.title"), TITLE, across=3)
    page.canvas.links.append(Link(1, 0, words("back"), "'Start'!A1", LINK))
    page.put(2, 0, words(f"{key}.note"), NOTE, across=min(len(fields), 9))
    page.canvas.at_least(0, 34)
    page.canvas.at_least(2, 34 if len(fields) > 6 else 50)
    page.canvas.at_least(HEADER_ROW, 40)
    headers = tuple(words(f"{key}.{field}") for field in fields)
    page.canvas.put_row(HEADER_ROW, 0, headers, [_header_style(field) for field in fields])
    cells = tuple(Cells(tuple(values[field]), _style(field)) for field in fields)
    area = Area(HEADER_ROW + 1, 0, cells)
    page.canvas.areas.append(area)
    place = page.range(HEADER_ROW, 0, area.last_row, area.last_column)
    page.canvas.tables.append(Table(table, place, headers, filters=True))


def _header_style(field: str) -> Style:
    own = _style(field)
    return replace(_HEADER, align=own.align, indent=own.indent)


def _style(field: str) -> Style:
    number_format = "General"
    if field in MOMENTS:
        number_format = "yyyy-mm-dd hh:mm"
    elif field in DAYS:
        number_format = "yyyy-mm-dd"
    elif field in NUMBERS:
        number_format = "#,##0"
    align: Literal["left", "right"] = "right" if field in NUMBERS else "left"
    indent = 1 if field in MOMENTS | DAYS else 0
    return Style(number_format=number_format, color=INK, bottom=styles.LABEL.bottom, align=align, indent=indent)


def _sheet(page: Page, fields: tuple[str, ...]) -> Sheet:
    widths = [(i, i, _WIDTHS[field]) for i, field in enumerate(fields)]
    printing = Print(repeat_rows=(HEADER_ROW, HEADER_ROW), landscape=fields is LEAD_FIELDS)
    return page.sheet(widths, freeze=(HEADER_ROW + 1, 1), printing=printing, tab_color="#1E8E7E")
