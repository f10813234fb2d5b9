"""The sheet Inputs: every figure behind the KPIs, month by month, from the tables where they have it, else typed in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from xl_leadkpi.cells.days import moment_number
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.layout import Link, Print, address
from xl_leadkpi.sheets.palette import MUTED
from xl_leadkpi.workbooks.page import HEADING, INPUT, LINK, NOTE, TITLE, Cell, Given, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from xl_leadkpi.sheets.layout import Sheet, Style
    from xl_leadkpi.workbooks.sources import Words
    from xl_leadkpi.workbooks.tables import TableColumns
    from xl_leadkpi.workbooks.won import WonLeads

MONTHS: Final = 6
FIRST_MONTH: Final = 4
"""Column of the first month; the one before it stays empty, so that a change has nothing to compare with there."""
LAST_MONTH: Final = FIRST_MONTH + MONTHS - 1
_HEADER_ROW: Final = 4
_FIGURE: Final = 1
_FROM: Final = 2


@dataclass(frozen=True, slots=True)
class _Dated:
    """Counts rows of a table whose day lies in a month, or adds up one of its columns; of lost ones opportunities."""

    day: str
    table: str = "Leads"
    total: str = ""
    is_won: bool = False
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class _Computed:
    """Arithmetic over other figures of the month."""

    formula: Callable[..., Any]
    of: tuple[str, ...]


_Typed = tuple[float, ...]
_Origin = _Dated | _Computed | _Typed

FIGURES: Final[Mapping[str, Mapping[str, tuple[str, _Origin]]]] = {
    "leads": {
        "leads": ("count", _Dated("created")),
        "mqls": ("count", _Dated("mql")),
        "sqls": ("count", _Dated("sql")),
        "meetings_booked": ("count", (14, 12, 24, 21, 22, 26)),
        "meetings_held": ("count", _Dated("meeting")),
        "opportunities": ("count", _Dated("opportunity")),
        "won": ("count", _Dated("closed", is_won=True)),
        "lost": ("count", _Dated("closed", is_lost=True)),
        "inbound_requests": ("count", (31, 35, 38, 36, 44, 47)),
        "inbound_outcomes": ("count", (19, 22, 25, 25, 30, 34)),
    },
    "money": {
        "spend": ("money", _Dated("month", table="Spend", total="spend")),
        "sales_cost": ("money", (6200, 6200, 6400, 6400, 6600, 6600)),
        "total_cost": ("money", _Computed(lambda spend, sales: spend + sales, ("spend", "sales_cost"))),
        "revenue": ("money", _Dated("closed", total="amount", is_won=True)),
        "forecast": ("money", (16000, 24000, 30000, 36000, 68000, 38000)),
        "ad_revenue": ("money", (7600, 10400, 13100, 15900, 24800, 17200)),
        "cogs": ("money", (6900, 9800, 12600, 14700, 25100, 15600)),
        "profit": ("money", (1400, 3900, 7200, 9800, 26400, 10900)),
        "margin": ("fraction", (0.6, 0.6, 0.6, 0.6, 0.6, 0.6)),
        "recurring": ("money", (41200, 43100, 45900, 48800, 54600, 57900)),
    },
    "web": {
        "impressions": ("count", _Dated("month", table="Spend", total="impressions")),
        "clicks": ("count", _Dated("month", table="Spend", total="clicks")),
        "reach": ("count", (38000, 39500, 41000, 40500, 43500, 45000)),
        "frequency": ("ratio", (2.6, 2.6, 2.7, 2.6, 2.8, 2.8)),
        "sessions": ("count", (5200, 5450, 5900, 6100, 6600, 7050)),
        "bounced": ("count", (2340, 2400, 2540, 2560, 2700, 2820)),
        "forms": ("count", (96, 104, 118, 126, 142, 158)),
        "likes": ("count", (640, 690, 720, 810, 880, 930)),
        "comments": ("count", (82, 88, 97, 101, 116, 121)),
        "shares": ("count", (54, 49, 61, 66, 71, 80)),
        "engagements": ("count", _Computed(lambda a, b, c: a + b + c, ("likes", "comments", "shares"))),
        "community": ("count", (2100, 2180, 2270, 2350, 2460, 2580)),
        "community_conversions": ("count", (21, 24, 26, 27, 32, 35)),
    },
    "email": {
        "delivered": ("count", (8200, 8350, 8500, 8700, 8900, 9150)),
        "opens": ("count", (2050, 2130, 2200, 2280, 2400, 2480)),
        "email_clicks": ("count", (262, 275, 289, 305, 320, 338)),
        "forwards": ("count", (33, 36, 34, 41, 43, 46)),
        "list_size": ("count", (8400, 8560, 8740, 8950, 9180, 9430)),
        "new_subs": ("count", (230, 250, 275, 290, 315, 330)),
        "lost_subs": ("count", (70, 70, 65, 60, 65, 60)),
    },
    "customers": {
        "customers_start": ("count", (118, 121, 125, 131, 138, 152)),
        "customers_lost": ("count", (1, 1, 1, 1, 2, 2)),
        "customers": ("count", (121, 125, 131, 138, 152, 158)),
        "arpc": ("money", _Computed(lambda recurring, customers: recurring / customers, ("recurring", "customers"))),
        "lifetime": ("months", (36, 36, 36, 36, 36, 36)),
        "orders": ("count", (9, 10, 14, 16, 27, 18)),
        "repeat": ("count", (31, 33, 36, 38, 44, 47)),
        "referring": ("count", (9, 10, 11, 12, 14, 15)),
        "satisfied": ("count", (41, 44, 46, 49, 55, 58)),
        "responses": ("count", (50, 52, 55, 57, 63, 66)),
    },
}
"""Figures by group: unit and where they come from. What is typed in are sample figures."""

NUMBER_FORMATS: Final = {"count": "#,##0", "money": "#,##0", "fraction": "0%", "ratio": "0.0", "months": "0"}


@dataclass(frozen=True, slots=True)
class Inputs:
    """The figures once placed."""

    cells: Mapping[str, tuple[Cell, ...]]
    months: tuple[Cell, ...]

    def before(self, key: str, month: int) -> Given:
        """A figure of the month before; the empty cell beside the first month."""
        if month:
            return self.cells[key][month - 1]
        first = self.cells[key][0]
        column = first.column - 1
        return Cell(f"Inputs!{address(first.row, column, absolute=True)}", "", first.sheet, first.row, column)


def inputs_page(won: WonLeads, spend: TableColumns, words: Words) -> tuple[Page, Sheet, Inputs]:
    """Lay the sheet out."""
    page = Page("Inputs")
    page.put(0, 1, words("inputs.title"), TITLE, across=2)
    page.canvas.links.append(Link(1, 1, words("back"), "'Start'!A1", LINK))
    page.put(2, 1, words("inputs.note"), NOTE, across=9)
    page.canvas.at_least(0, 34)
    page.canvas.at_least(2, 34)
    for column, key in ((_FIGURE, "figure"), (_FROM, "from")):
        page.put(_HEADER_ROW, column, words(f"inputs.{key}"), styles.LABEL_HEADER)
    months = _months(page, won.leads)
    cells: dict[str, tuple[Cell, ...]] = {}
    row = _HEADER_ROW + 1
    for group, figures in FIGURES.items():
        page.put(row, _FIGURE, words(f"inputs.group.{group}"), HEADING)
        page.canvas.at_least(row, 30)
        row += 1
        for key, (unit, origin) in figures.items():
            page.put(row, _FIGURE, words(f"inputs.{key}"), styles.LABEL)
            page.put(row, _FROM, _origin_name(origin, words), replace(styles.LABEL, color=MUTED, size=9))
            style = replace(styles.FIGURE, number_format=NUMBER_FORMATS[unit])
            cells[key] = tuple(
                _figure(page, row, month, origin, style, cells, months, won, spend, words) for month in range(MONTHS)
            )
            row += 1
    widths = ((0, 0, 18), (_FIGURE, _FIGURE, 250), (_FROM, _FROM, 110), (3, 3, 14), (FIRST_MONTH, LAST_MONTH, 88))
    sheet = page.sheet(
        widths, freeze=(_HEADER_ROW + 1, FIRST_MONTH), printing=Print(landscape=False), tab_color="#1E8E7E"
    )
    return page, sheet, Inputs(cells, months)


def _months(page: Page, leads: TableColumns) -> tuple[Cell, ...]:
    """The first days of the months; the last one is the month of the newest lead."""
    style = replace(styles.HEADER, number_format="yyyy-mm")
    created = leads["created"]
    newest = max(v for v in leads.values["created"] if v is not None)
    last = datetime(newest.year, newest.month, 1)  # noqa: DTZ001 - cells know no time zone
    starts = [moment_number(datetime(last.year + (last.month - 1 - back) // 12, (last.month - 1 - back) % 12 + 1, 1))  # noqa: DTZ001
              for back in reversed(range(MONTHS))]  # fmt: skip
    newest_text = f"MAX({created.text})"
    written = [f"EDATE({address(_HEADER_ROW, LAST_MONTH)},{month - MONTHS + 1})" for month in range(MONTHS - 1)]
    written.append(f"DATE(YEAR({newest_text}),MONTH({newest_text}),1)")
    return tuple(
        page.formula(_HEADER_ROW, FIRST_MONTH + month, text, start, style)
        for month, (text, start) in enumerate(zip(written, starts, strict=True))
    )


def _origin_name(origin: _Origin, words: Words) -> str:
    if isinstance(origin, _Dated):
        return origin.table
    return words("inputs.computed") if isinstance(origin, _Computed) else words("inputs.typed")


def _figure(  # noqa: PLR0917 - one row is made of so much
    page: Page,
    row: int,
    month: int,
    origin: _Origin,
    style: Style,
    cells: Mapping[str, tuple[Cell, ...]],
    months: tuple[Cell, ...],
    won: WonLeads,
    spend: TableColumns,
    words: Words,
) -> Cell:
    column = FIRST_MONTH + month
    if isinstance(origin, tuple):
        return page.put(row, column, origin[month], replace(INPUT, number_format=style.number_format))
    if isinstance(origin, _Computed):
        return page.arithmetic(row, column, origin.formula, [cells[key][month] for key in origin.of], style)
    counted = dated(origin, won, spend, months[month], page.name, words)
    return page.formula(row, column, counted.text, counted.value, style)


def dated(  # noqa: PLR0917 - what a figure of a month is made of
    origin: _Dated, won: WonLeads, spend: TableColumns, month: Cell, sheet: str, words: Words
) -> Given:
    """A count or total of a month."""
    table = spend if origin.table == "Spend" else won.leads
    day = table[origin.day]
    start = _row_fixed(month) if sheet == month.sheet else month.text
    conditions = [f'{day.text},">="&{start}', f'{day.text},"<"&EDATE({start},1)']
    end = _next_month(month.value)
    chosen = [value != "" and month.value <= value < end for value in day.value]
    if origin.is_won:
        return won.total(origin.total, conditions, chosen) if origin.total else won.count(conditions, chosen)
    if origin.is_lost:
        status, opportunity, word = table["status"], table["opportunity"], words("status.lost")
        conditions += [f'{status.text},"{word}"', f'{opportunity.text},">0"']
        rows = zip(chosen, status.value, opportunity.value, strict=True)
        chosen = [one and value == word and since != "" for one, value, since in rows]
    if not origin.total:
        return Given(f"COUNTIFS({','.join(conditions)})", sum(chosen))
    total = table[origin.total]
    value = sum(amount for amount, one in zip(total.value, chosen, strict=True) if one and amount != "")
    return Given(f"SUMIFS({total.text},{','.join(conditions)})", value)


def _row_fixed(cell: Cell) -> str:
    """Address whose row stays when the formula is copied down."""
    return address(cell.row, cell.column).replace(str(cell.row + 1), f"${cell.row + 1}")


def _next_month(start: float) -> float:
    day = datetime.fromordinal(int(start) + 693594)
    return moment_number(datetime(day.year + day.month // 12, day.month % 12 + 1, 1))  # noqa: DTZ001
