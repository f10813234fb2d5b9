"""The sheet Calculators: a few figures in, a KPI out; and what would happen if."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.layout import Link, Print
from xl_leadkpi.sheets.palette import MUTED, NAVY
from xl_leadkpi.workbooks.inputs import MONTHS
from xl_leadkpi.workbooks.page import CODE, HEADING, INPUT, LINK, NOTE, TITLE, Cell, Given, Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xl_leadkpi.kpis.declaration import Kpi
    from xl_leadkpi.sheets.layout import Sheet, Style
    from xl_leadkpi.workbooks.inputs import Inputs
    from xl_leadkpi.workbooks.sources import Words

_LEFT, _RIGHT = 1, 7
_NOTE_COLUMNS = 3
_MONEY, _SHARE, _COUNT = "#,##0", "0.0%", "#,##0"


class _Block:
    """A heading with figures to type in and results below it, three columns wide."""

    def __init__(self, page: Page, row: int, column: int, title: str, words: Words) -> None:
        self.page, self.row, self.column, self.words = page, row + 1, column, words
        page.put(row, column, words(f"calc.{title}"), HEADING, across=2)
        page.canvas.at_least(row, 30)

    def given(self, key: str, value: float, number_format: str) -> Cell:
        """A figure to type in."""
        self.page.put(self.row, self.column, self.words(f"calc.{key}"), styles.LABEL)
        cell = self.page.put(self.row, self.column + 1, value, replace(INPUT, number_format=number_format))
        self.page.put(self.row, self.column + 2, None, styles.LABEL, across=_NOTE_COLUMNS)
        self.row += 1
        return cell

    def kpi(self, name: str, *arguments: Given | float) -> Cell:
        """A result: the function's title, its value, its call."""
        kpi = CATALOGUE[name]
        self.page.put(self.row, self.column, kpi.title_in(self.words.language), styles.LABEL)
        style = replace(styles.FIGURE, bold=True, number_format=_shown(kpi))
        cell = self.page.kpi(self.row, self.column + 1, name, arguments, style)
        self.page.put(
            self.row, self.column + 2, self.words.call(kpi.signature), replace(CODE, indent=1), across=_NOTE_COLUMNS
        )
        self.page.hide_unknown_names(self.page.range(self.row, self.column + 1, self.row, self.column + 1))
        self.row += 1
        return cell

    def arithmetic(self, key: str, formula: object, cells: Sequence[Given], number_format: str) -> Cell:
        """A result of plain arithmetic."""
        self.page.put(self.row, self.column, self.words(f"calc.{key}"), styles.LABEL)
        style = replace(styles.FIGURE, bold=True, number_format=number_format)
        cell = self.page.arithmetic(self.row, self.column + 1, formula, cells, style)  # type: ignore[arg-type] # a lambda
        self.page.put(self.row, self.column + 2, None, styles.LABEL, across=_NOTE_COLUMNS)
        self.page.hide_unknown_names(self.page.range(self.row, self.column + 1, self.row, self.column + 1))
        self.row += 1
        return cell


def _shown(kpi: Kpi) -> str:
    """Whole amounts: pennies say nothing here."""
    return _MONEY if kpi.unit == "money" else kpi.number_format


_TOP: Final = 4


def calculators_page(inputs: Inputs, words: Words) -> tuple[Page, Sheet]:
    """Lay the sheet out."""
    page = Page("Calculators")
    page.put(0, 1, words("calc.title"), TITLE, across=2)
    page.canvas.links.append(Link(1, 1, words("back"), "'Start'!A1", LINK))
    page.put(2, 1, words("calc.note"), NOTE, across=8)
    page.canvas.at_least(0, 34)

    block = _Block(page, _TOP, _LEFT, "roi", words)
    block.kpi("ROI", block.given("gain", 30_000, _MONEY), block.given("cost", 12_000, _MONEY))
    bottom = block.row

    block = _Block(page, _TOP, _RIGHT, "romi", words)
    revenue, spend = block.given("revenue", 50_000, _MONEY), block.given("spend", 10_000, _MONEY)
    margin = block.given("margin", 0.4, _SHARE)
    block.kpi("ROMI", revenue, spend, margin)
    block.kpi("ROAS", revenue, spend)
    block.kpi("BEROAS", margin)
    top = max(bottom, block.row) + 1

    block = _Block(page, top, _LEFT, "ltv", words)
    arpc, churn = block.given("arpc", 366, _MONEY), block.given("churn", 0.02, _SHARE)
    margin, cac = block.given("margin", 0.6, _SHARE), block.given("cac", 1450, _MONEY)
    block.kpi("LIFETIME", churn)
    value = block.kpi("CLTVCHURN", arpc, churn, margin)
    block.kpi("LTVCAC", value, cac)
    block.kpi("CACPAYBACK", cac, arpc, margin)
    bottom = block.row

    block = _Block(page, top, _RIGHT, "need", words)
    target, deal = block.given("target", 240_000, _MONEY), block.given("deal", 4_000, _MONEY)
    rate, cost = block.given("conv", 0.25, _SHARE), block.given("cpl", 165, _MONEY)
    months = block.given("months", 6, _COUNT)
    leads = block.kpi("LEADSNEEDED", target, deal, rate)
    block.arithmetic("permonth", lambda leads, months: leads / months, (leads, months), _COUNT)
    block.arithmetic("customers", lambda target, deal: target / deal, (target, deal), _COUNT)
    block.arithmetic("budget", lambda leads, cost: leads * cost, (leads, cost), _MONEY)
    _what_if(page, max(bottom, block.row) + 1, inputs, words)
    widths = (
        (0, 0, 18), (_LEFT, _LEFT, 290), (2, 2, 105), (3, 5, 92), (6, 6, 28), (_RIGHT, _RIGHT, 290), (8, 8, 105),
        (9, 11, 92),
    )  # fmt: skip
    return page, page.sheet(widths, printing=Print(), tab_color=NAVY)


def _what_if(page: Page, row: int, inputs: Inputs, words: Words) -> None:
    """Today's totals beside a scenario: five levers, five consequences."""
    page.put(row, _LEFT, words("calc.whatif"), HEADING, across=2)
    page.canvas.at_least(row, 30)
    row += 1
    today, change, scenario, difference = 2, 3, 4, 5
    page.put(row, _LEFT, None, styles.LABEL_HEADER)
    for column, key in ((today, "today"), (change, "change"), (scenario, "scenario"), (difference, "difference")):
        page.put(row, column, words(f"calc.{key}"), styles.HEADER)
    row += 1
    totals = {key: _total(inputs, key) for key in ("leads", "opportunities", "won", "revenue", "spend")}
    ratio = styles.FIGURE
    base: dict[str, Cell] = {}
    new: dict[str, Cell] = {}
    levers = (
        ("leads", _COUNT, 0.1),
        ("opp_rate", _SHARE, 0.05),
        ("win", _SHARE, 0.1),
        ("deal", _MONEY, 0.0),
        ("cpl", _MONEY, 0.0),
    )
    for key, number_format, by in levers:
        figure = replace(ratio, number_format=number_format)
        page.put(row, _LEFT, words(f"calc.{key}"), styles.LABEL)
        base[key] = _lever(page, row, today, key, totals, figure)
        step = page.put(row, change, by, replace(INPUT, number_format="+0%;-0%;0%"))
        new[key] = page.arithmetic(
            row, scenario, lambda a, b: a * (1 + b), (base[key], step), replace(figure, bold=True)
        )
        _difference(page, row, difference, base[key], new[key])
        row += 1
    page.hide_unknown_names(page.range(row - 5, today, row - 1, difference))
    row = _consequences(page, row, (today, scenario, difference), base, new, words)


def _total(inputs: Inputs, key: str) -> Given:
    first, last = inputs.cells[key][0], inputs.cells[key][-1]
    return Given(
        f"SUM({first.text}:{last.text.removeprefix('Inputs!')})", sum(cell.value for cell in inputs.cells[key])
    )


def _lever(page: Page, row: int, column: int, key: str, totals: dict[str, Given], style: Style) -> Cell:  # noqa: PLR0917 - one row is made of so much
    pairs = {
        "opp_rate": ("LEADTOOPP", "opportunities", "leads"),
        "win": ("OPPTOWIN", "won", "opportunities"),
        "deal": ("AVGDEAL", "revenue", "won"),
        "cpl": ("CPL", "spend", "leads"),
    }
    if key == "leads":
        return page.formula(row, column, totals[key].text, totals[key].value, style)
    name, *arguments = pairs[key]
    return page.kpi(row, column, name, [totals[argument] for argument in arguments], style)


def _difference(page: Page, row: int, column: int, base: Cell, new: Cell) -> None:
    style = replace(styles.FIGURE, number_format="+0.0%;-0.0%;0%", color=MUTED)
    page.arithmetic(row, column, lambda new, base: new / base - 1, (new, base), style)


def _consequences(  # noqa: PLR0917 - one row is made of so much
    page: Page, row: int, columns: tuple[int, int, int], base: dict[str, Cell], new: dict[str, Cell], words: Words
) -> int:
    today, scenario, difference = columns
    for key, formula, of, number_format in (
        ("opps", lambda a, b: a * b, ("leads", "opp_rate"), _COUNT),
        ("wins", lambda a, b: a * b, ("opps", "win"), _COUNT),
        ("income", lambda a, b: a * b, ("wins", "deal"), _MONEY),
        ("wspend", lambda a, b: a * b, ("leads", "cpl"), _MONEY),
    ):
        style = replace(styles.FIGURE, number_format=number_format)
        page.put(row, _LEFT, words(f"calc.{key}"), styles.LABEL)
        page.put(row, today + 1, None, styles.LABEL)
        for cells, column, look in ((base, today, style), (new, scenario, replace(style, bold=True))):
            cells[key] = page.arithmetic(row, column, formula, [cells[one] for one in of], look)
        _difference(page, row, difference, base[key], new[key])
        row += 1
    for name, of in (("CAC", ("wspend", "wins")), ("ROMI", ("income", "wspend"))):
        kpi = CATALOGUE[name]
        style = replace(styles.FIGURE, number_format=_shown(kpi))
        page.put(row, _LEFT, kpi.title_in(words.language), styles.LABEL)
        page.put(row, today + 1, None, styles.LABEL)
        one = page.kpi(row, today, name, [base[key] for key in of], style)
        other = page.kpi(row, scenario, name, [new[key] for key in of], replace(style, bold=True))
        _difference(page, row, difference, one, other)
        row += 1
    page.hide_unknown_names(page.range(row - 6, today, row - 1, difference))
    return row


assert MONTHS == 6, "the heading of the what-if speaks of six months"
