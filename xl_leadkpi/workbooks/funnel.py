"""The sheet Funnel of the workbook without Python: stages, channels and months counted by formulas over Leads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.layout import Axis, Chart, Link, Print, Range, Series
from xl_leadkpi.sheets.palette import NAVY, PALE_NAVY, TEAL
from xl_leadkpi.workbooks.inputs import _next_month
from xl_leadkpi.workbooks.page import HEADING, LINK, NOTE, TITLE, Bars, Cell, Given, Page
from xl_leadkpi.workbooks.sources import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xl_leadkpi.sheets.layout import Sheet
    from xl_leadkpi.workbooks.inputs import Inputs
    from xl_leadkpi.workbooks.sources import Words
    from xl_leadkpi.workbooks.tables import TableColumns

_LABEL: Final = 1
_FIRST: Final = 2
_COUNT = replace(styles.FIGURE, number_format="#,##0")
_SHARE = replace(styles.FIGURE, number_format="0.0%")
_MONEY = replace(styles.FIGURE, number_format="#,##0")


def funnel_page(leads: TableColumns, spend: TableColumns, inputs: Inputs, words: Words) -> tuple[Page, Sheet]:
    """Lay the sheet out."""
    page = Page("Funnel")
    page.put(0, _LABEL, words("funnel.title"), TITLE, across=2)
    page.canvas.links.append(Link(1, _LABEL, words("back"), "'Start'!A1", LINK))
    page.put(2, _LABEL, words("funnel.note"), NOTE, across=11)
    page.canvas.at_least(0, 34)
    row = _stages(page, 4, leads, words)
    row = _channels(page, row + 2, leads, spend, words)
    row = _months(page, row + 1, leads, inputs, words)
    widths = ((0, 0, 18), (_LABEL, _LABEL, 190), (_FIRST, _FIRST + 11, 92))
    return page, page.sheet(widths, printing=Print(), tab_color=NAVY)


def _header(page: Page, row: int, first: str, keys: Sequence[str], words: Words) -> None:
    page.put(row, _LABEL, words(f"funnel.{first}"), styles.LABEL_HEADER)
    for column, key in enumerate(keys, start=_FIRST):
        page.put(row, column, words(f"funnel.{key}"), styles.HEADER)
    page.canvas.at_least(row, 40)


def _stages(page: Page, row: int, leads: TableColumns, words: Words) -> int:
    page.put(row, _LABEL, words("funnel.stages"), HEADING, across=2)
    page.canvas.at_least(row, 30)
    _header(page, row + 1, "stage", ("reached", "step", "dropoff", "total"), words)
    row += 2
    first = row
    reached: list[Cell] = []
    for rank, stage in enumerate(STAGES):
        page.put(row, _LABEL, words(f"stage.{stage}"), styles.LABEL)
        count = _reached(leads, rank, words)
        reached.append(page.formula(row, _FIRST, count.text, count.value, _COUNT))
        if rank:
            page.kpi(row, _FIRST + 1, "CONVRATE", (reached[rank], reached[rank - 1]), _SHARE)
            page.kpi(row, _FIRST + 2, "DROPOFF", (reached[rank - 1], reached[rank]), _SHARE)
        else:
            page.put(row, _FIRST + 1, None, _SHARE)
            page.put(row, _FIRST + 2, None, _SHARE)
        page.kpi(row, _FIRST + 3, "CONVRATE", (reached[rank], reached[0]), _SHARE)
        row += 1
    page.hide_unknown_names(page.range(first, _FIRST + 1, row - 1, _FIRST + 3))
    page.bars.append(Bars(page.range(first, _FIRST, row - 1, _FIRST), PALE_NAVY))
    won, lost = _status(leads, "won", words), _status(leads, "lost", words, only_opportunities=True)
    page.put(row, _LABEL, words("funnel.win"), styles.LABEL)
    page.kpi(row, _FIRST, "WINRATE", (won, lost), replace(_SHARE, bold=True))
    page.put(row + 1, _LABEL, words("funnel.cycle"), styles.LABEL)
    page.kpi(row + 1, _FIRST, "SALESCYCLE", (leads["created"], _won_days(leads, words)),
             replace(_COUNT, number_format="0.0", bold=True))  # fmt: skip
    page.hide_unknown_names(page.range(row, _FIRST, row + 1, _FIRST))
    page.canvas.charts.append(_chart(page, first, words))
    return row + 2


def _chart(page: Page, first: int, words: Words) -> Chart:
    last = first + len(STAGES) - 1
    series = Series(
        words("funnel.reached"), Range(page.name, first, _LABEL, last, _LABEL),
        Range(page.name, first, _FIRST, last, _FIRST), NAVY, colors=(NAVY,) * (len(STAGES) - 1) + (TEAL,),
    )  # fmt: skip
    return Chart(
        "Stages", "bar", (series,), 4, _FIRST + 5, 560, 232, title=words("funnel.stages"), gap=35, legend=False,
        categories=Axis(reverse=True), values=Axis(number_format="#,##0", minimum=0, gridlines=True),
        description=words("funnel.stages"),
    )  # fmt: skip


def _reached(leads: TableColumns, rank: int, words: Words) -> Given:
    """Leads whose furthest stage is this one or a later one; the date of a stage alone may be missing."""
    stage = leads["stage"]
    if not rank:
        identity = leads["id"]
        return Given(f"COUNTA({identity.text})", sum(value != "" for value in identity.value))
    listed = [words(f"stage.{one}") for one in STAGES[rank:]]
    written = "+".join(f'COUNTIFS({stage.text},"{word}")' for word in listed)
    return Given(written, sum(value in listed for value in stage.value))


def _status(leads: TableColumns, status: str, words: Words, *, only_opportunities: bool = False) -> Given:
    word, own, opportunity = words(f"status.{status}"), leads["status"], leads["opportunity"]
    more = f',{opportunity.text},">0"' if only_opportunities else ""
    value = sum(
        one == word and (not only_opportunities or day != "")
        for one, day in zip(own.value, opportunity.value, strict=True)
    )
    return Given(f'COUNTIFS({own.text},"{word}"{more})', value)


def _won_days(leads: TableColumns, words: Words) -> Given:
    status, closed, word = leads["status"], leads["closed"], words("status.won")
    value = [day if one == word else 0 for one, day in zip(status.value, closed.value, strict=True)]
    return Given(f'INDEX({closed.text}*({status.text}="{word}"),0)', value)


_KEYS: Final = ("leads", "opportunities", "won", "lost", "revenue", "conv", "win", "spend", "cpl", "cac", "romi")


def _channels(page: Page, row: int, leads: TableColumns, spend: TableColumns, words: Words) -> int:
    page.put(row, _LABEL, words("funnel.channels"), HEADING, across=2)
    page.canvas.at_least(row, 30)
    _header(page, row + 1, "channel", _KEYS, words)
    row += 2
    first = row
    for channel in words.all("source"):
        page.put(row, _LABEL, channel, styles.LABEL)
        at = f"$B{row + 1}"
        chosen = [value == channel for value in leads["source"].value]
        conditions = f"{leads['source'].text},{at}"
        spent = [value == channel for value in spend["source"].value]
        money = Given(f"SUMIFS({spend['spend'].text},{spend['source'].text},{at})", _add(spend["spend"].value, spent))
        _group(page, row, leads, conditions, chosen, money, words)
        row += 1
    return _totals(page, row, first, words)


def _months(page: Page, row: int, leads: TableColumns, inputs: Inputs, words: Words) -> int:
    page.put(row, _LABEL, words("funnel.months"), HEADING, across=2)
    page.canvas.at_least(row, 30)
    _header(page, row + 1, "month", _KEYS, words)
    row += 2
    first = row
    for month, start in enumerate(inputs.months):
        style = replace(styles.LABEL, number_format="yyyy-mm")
        page.formula(row, _LABEL, start.text, start.value, style)
        at, created = f"$B{row + 1}", leads["created"]
        conditions = f'{created.text},">="&{at},{created.text},"<"&EDATE({at},1)'
        end = _next_month(start.value)
        chosen = [start.value <= value < end for value in created.value]
        spent = inputs.cells["spend"][month]
        _group(page, row, leads, conditions, chosen, Given(spent.text, spent.value), words)
        row += 1
    return _totals(page, row, first, words)


def _group(  # noqa: PLR0917 - one row is made of so much
    page: Page, row: int, leads: TableColumns, conditions: str, chosen: list[bool], money: Given, words: Words
) -> None:
    """The figures of one channel or month."""
    status, opportunity, amount = leads["status"], leads["opportunity"], leads["amount"]
    won, lost = words("status.won"), words("status.lost")

    def count(more: str, test: Callable[[int], bool]) -> tuple[str, int]:
        return f"COUNTIFS({conditions}{more})", sum(one and test(i) for i, one in enumerate(chosen))

    counts = (
        count("", lambda _: True),
        count(f',{opportunity.text},">0"', lambda i: opportunity.value[i] != ""),
        count(f',{status.text},"{won}"', lambda i: status.value[i] == won),
        count(f',{status.text},"{lost}",{opportunity.text},">0"',
              lambda i: status.value[i] == lost and opportunity.value[i] != ""),
    )  # fmt: skip
    cells = [page.formula(row, _FIRST + i, *counted, _COUNT) for i, counted in enumerate(counts)]
    income = _add(amount.value, [one and status.value[i] == won for i, one in enumerate(chosen)])
    cells.append(
        page.formula(row, _FIRST + 4, f'SUMIFS({amount.text},{conditions},{status.text},"{won}")', income, _MONEY)
    )
    _ratios(page, row, cells, page.formula(row, _FIRST + 7, money.text, money.value, _MONEY))


def _ratios(page: Page, row: int, cells: Sequence[Cell], spend: Cell, *, bold: bool = False) -> None:
    leads, _, won, lost, revenue = cells
    share, money = replace(_SHARE, bold=bold), replace(_MONEY, bold=bold)
    if bold:
        share, money = (replace(one, top=styles.TOTAL.top, bottom=None) for one in (share, money))
    page.kpi(row, _FIRST + 5, "LEADCONV", (won, leads), share)
    page.kpi(row, _FIRST + 6, "WINRATE", (won, lost), share)
    page.kpi(row, _FIRST + 8, "CPL", (spend, leads), money)
    page.kpi(row, _FIRST + 9, "CAC", (spend, won), money)
    page.kpi(row, _FIRST + 10, "ROMI", (revenue, spend), share)


def _totals(page: Page, row: int, first: int, words: Words) -> int:
    page.put(row, _LABEL, words("funnel.all"), styles.TOTAL_LABEL)
    sums = {}
    for offset in (0, 1, 2, 3, 4, 7):
        column = _FIRST + offset
        above = [area for area in page.canvas.areas if area.column == column and first <= area.row < row]
        value = sum(area.cells[0].values[0] for area in above)
        place = page.range(first, column, row - 1, column).relative
        sums[offset] = page.formula(row, column, f"SUM({place})", value, replace(styles.TOTAL, number_format="#,##0"))
    _ratios(page, row, [sums[i] for i in range(5)], sums[7], bold=True)
    page.hide_unknown_names(page.range(first, _FIRST + 5, row, _FIRST + 6))
    page.hide_unknown_names(page.range(first, _FIRST + 8, row, _FIRST + 10))
    page.bars.append(Bars(page.range(first, _FIRST, row - 1, _FIRST), PALE_NAVY))
    return row + 1


def _add(values: Sequence[Any], chosen: Sequence[bool]) -> float:
    return float(sum(value for value, one in zip(values, chosen, strict=True) if one and value != ""))
