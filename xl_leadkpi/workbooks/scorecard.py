"""The sheet Scorecard: the source articles' lists of KPIs with inputs, value, target, status and trend."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from xl_leadkpi.cells.functions import round_half_away
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.layout import Condition, Link, Print, address
from xl_leadkpi.sheets.palette import MUTED, NAVY, RED, TEAL
from xl_leadkpi.workbooks.inputs import MONTHS, NUMBER_FORMATS, Inputs, _next_month
from xl_leadkpi.workbooks.page import CODE, HEADING, INPUT, LINK, NOTE, TITLE, Cell, Given, Page, Sparkline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.sheets.layout import Sheet
    from xl_leadkpi.workbooks.sources import Words
    from xl_leadkpi.workbooks.won import WonLeads

_NUMBER, _KPI, _FUNCTION, _INPUT, _VALUE, _TARGET, _STATUS, _CHANGE, _TREND, _EARLIER = 1, 2, 3, 4, 7, 8, 9, 10, 11, 13
_HEADER_ROW: Final = 4
_NEAR: Final = 0.1
"""Share of the target by which a KPI may miss it and still count as close."""


@dataclass(frozen=True, slots=True)
class Line:
    """One KPI of a list.

    Attributes:
        kpi: Its function.
        arguments: Keys of figures on Inputs, or what stands in ``_Month``.
        target: Sample target; None where there is nothing to aim at.
        title: Key of a title where the function's own is too general.
    """

    kpi: str
    arguments: tuple[str, ...]
    target: float | None = None
    title: str = ""


LISTS: Final[Mapping[str, tuple[Line, ...]]] = {
    "cognism": (
        Line("DATECOUNT", ("mql", "from", "to"), 20, "mql"),
        Line("DATECOUNT", ("opportunity", "from", "to"), 12, "sqo"),
        Line("SHOWRATE", ("meetings_held", "meetings_booked"), 0.8),
        Line("RESPTIME", ("created", "answered in the month"), 15),
        Line("OUTCOMERATE", ("inbound_outcomes", "inbound_requests"), 0.7),
        Line("CPL", ("spend", "leads"), 170),
        Line("CPMQL", ("spend", "mqls"), 240),
        Line("CPSQO", ("spend", "opportunities"), 400),
        Line("CAC", ("spend", "won", "sales_cost"), 1500),
        Line("LEADCONV", ("won", "leads"), 0.25),
        Line("LEADVALUE", ("revenue", "leads"), 1000),
        Line("AVGDEAL", ("revenue", "won"), 4000),
        Line("ARPC", ("recurring", "customers"), 360),
        Line("CLTV", ("arpc", "lifetime", "margin"), 8000),
        Line("MRR", ("recurring",), 55000),
        Line("ROI", ("revenue", "total_cost"), 1.5),
    ),
    "cognism2": (
        Line("WEBTRAFFIC", ("sessions",), 7000),
        Line("BOUNCERATE", ("bounced", "sessions"), 0.42),
        Line("IMPRESSIONS", ("impressions",), 110000),
        Line("ENGAGEMENTS", ("likes", "comments", "shares"), 1100),
        Line("LEADQUAL", ("sqls", "leads"), 0.5),
        Line("OPENRATE", ("opens", "delivered"), 0.25),
        Line("EMAILCTR", ("email_clicks", "delivered"), 0.035),
        Line("LISTGROWTH", ("new_subs", "lost_subs", "list_size"), 0.03),
        Line("FWDRATE", ("forwards", "delivered"), 0.005),
    ),
    "ruler-metrics": (
        Line("LEADCONV", ("won", "leads"), 0.25),
        Line("LEADTOOPP", ("opportunities", "leads"), 0.4),
        Line("WINRATE", ("won", "lost"), 0.5),
        Line("TIMETOCONV", ("created", "won in the month", '"median"'), 25),
        Line("CPA", ("spend", "won"), 700),
        Line("ARPC", ("recurring", "customers"), 360),
    ),
    "campaigns": (
        Line("IMPRESSIONS", ("impressions",), 110000),
        Line("REACH", ("impressions", "frequency"), 40000),
        Line("ADFREQ", ("impressions", "reach"), None),
        Line("ENGRATE", ("engagements", "impressions"), 0.01),
        Line("CTR", ("clicks", "impressions"), 0.02),
        Line("CPC", ("spend", "clicks"), 2.5),
        Line("CONVRATE", ("forms", "clicks"), 0.07),
        Line("ROAS", ("ad_revenue", "spend"), 3),
    ),
    "sales": (
        Line("CPL", ("spend", "leads"), 170),
        Line("CONVRATE", ("forms", "sessions"), 0.02, "site"),
        Line("LEADCONV", ("won", "leads"), 0.25),
        Line("LEADCONV", ("won", "leads"), 0.25, "lead_to_customer"),
        Line("PIPEVALUE", ("amount", "open at its end"), 60000),
        Line("SALESCYCLE", ("created", "won in the month"), 30),
        Line("FCSTACC", ("revenue", "forecast"), 0.9),
        Line("GROWTHRATE", ("revenue", "revenue before"), 0.05),
    ),
    "customers": (
        Line("CPA", ("spend", "won"), 700),
        Line("CAC", ("spend", "won", "sales_cost"), 1500),
        Line("AOV", ("revenue", "orders"), 2000),
        Line("CLTV", ("arpc", "lifetime", "margin"), 8000),
        Line("CHURNRATE", ("customers_lost", "customers_start"), 0.015),
        Line("RETRATE", ("customers", "won", "customers_start"), 0.97),
        Line("REPEATRATE", ("repeat", "customers"), 0.3),
        Line("REFRATE", ("referring", "customers"), 0.1),
        Line("CSAT", ("satisfied", "responses"), 0.85),
    ),
    "finance": (
        Line("ROI", ("revenue", "total_cost"), 1.5),
        Line("ROMI", ("revenue", "spend", "margin"), 3),
        Line("NETMARGIN", ("profit", "revenue"), 0.25),
        Line("GROSSMARGIN", ("revenue", "cogs"), 0.6),
    ),
    "ruler-kpis": (
        Line("DATECOUNT", ("mql", "from", "to"), 20, "mql"),
        Line("DATECOUNT", ("sql", "from", "to"), 15, "sql"),
        Line("CPL", ("spend", "leads"), 170),
        Line("CPOPP", ("spend", "opportunities"), 400),
        Line("CAC", ("spend", "won", "sales_cost"), 1500),
        Line("OPPTOWIN", ("won", "opportunities"), 0.6),
        Line("REVENUE", ("revenue",), 35000),
        Line("RETRATE", ("customers", "won", "customers_start"), 0.97),
        Line("ROMI", ("revenue", "spend", "margin"), 3),
    ),
    "automatenow": (
        Line("DATECOUNT", ("created", "from", "to"), 30, "leads"),
        Line("CAC", ("spend", "won", "sales_cost"), 1500),
        Line("CONVRATE", ("forms", "sessions"), 0.02, "site"),
        Line("LEADCONV", ("won", "leads"), 0.25),
        Line("ENGRATE", ("engagements", "impressions"), 0.01),
        Line("COMMCONV", ("community_conversions", "community"), 0.012),
        Line("SALESCYCLE", ("created", "won in the month"), 30),
        Line("ROI", ("revenue", "total_cost"), 1.5),
    ),
}
"""The articles' lists by key of their heading; the list of 29 stands in its four groups."""


def scorecard_page(inputs: Inputs, won: WonLeads, words: Words) -> tuple[Page, Sheet]:
    """Lay the sheet out."""
    page = Page("Scorecard")
    page.put(0, _NUMBER, words("score.title"), TITLE, across=2)
    page.canvas.links.append(Link(1, _NUMBER, words("back"), "'Start'!A1", LINK))
    page.put(2, _NUMBER, words("score.note"), NOTE, across=_TREND - _NUMBER + 1)
    page.canvas.at_least(0, 34)
    _headers(page, inputs, words)
    months = tuple(_Month(inputs, won, month) for month in range(MONTHS))
    row = _HEADER_ROW + 1
    for key, lines in LISTS.items():
        page.put(row, _NUMBER, words(f"list.{key}"), HEADING, across=3)
        page.canvas.at_least(row, 32)
        row += 1
        for number, line in enumerate(lines, start=1):
            _line(page, row, number, line, months, words)
            row += 1
    _conditions(page, row - 1, words)
    widths = (
        (0, 0, 18), (_NUMBER, _NUMBER, 30), (_KPI, _KPI, 315), (_FUNCTION, _FUNCTION, 290), (_INPUT, _INPUT + 2, 82),
        (_VALUE, _VALUE, 96), (_TARGET, _TARGET, 90), (_STATUS, _STATUS, 105), (_CHANGE, _CHANGE, 82),
        (_TREND, _TREND, 120), (_TREND + 1, _TREND + 1, 18), (_EARLIER, _EARLIER + MONTHS - 1, 80),
    )  # fmt: skip
    printing = Print(area=page.range(0, 0, row, _TREND), repeat_rows=(_HEADER_ROW, _HEADER_ROW))
    return page, page.sheet(widths, freeze=(_HEADER_ROW + 1, _KPI + 1), printing=printing, tab_color=NAVY)


class _Month:
    """What a KPI's arguments are in one month."""

    def __init__(self, inputs: Inputs, won: WonLeads, month: int) -> None:
        self._inputs, self._won, self._leads, self._month = inputs, won, won.leads, month
        self.start = inputs.months[month]
        self._end = _next_month(self.start.value)

    def __getitem__(self, key: str) -> Given:  # noqa: PLR0911 - one case an argument
        if key in self._inputs.cells:
            return self._inputs.cells[key][self._month]
        if key.endswith(" before"):
            return self._inputs.before(key.removesuffix(" before"), self._month)
        start = self.start.text
        match key:
            case "from":
                return self.start
            case "to":
                return Given(f"EOMONTH({start},0)", self._end - 1)
            case "answered in the month":
                return self._days("first_response", "created")
            case "won in the month":
                return self._days("closed", "closed", only_won=True)
            case "open at its end":
                return self._open_at_end()
            case '"median"':
                return Given('"median"', "median")
            case _:
                return self._leads[key]

    def _days(self, field: str, day: str, *, only_won: bool = False) -> Given:
        """A column of days, zero where another day is out of the month: before any other, it counts for nothing."""
        shown, tested, start = self._leads[field], self._leads[day], self.start.text
        conditions = [f"({tested.text}>={start})", f"({tested.text}<EDATE({start},1))"]
        chosen = self._won.values if only_won else [True] * len(shown.value)
        if only_won:
            conditions.insert(0, self._won.each)
        value = [
            one if one != "" and at != "" and self.start.value <= at < self._end and is_chosen else 0
            for one, at, is_chosen in zip(shown.value, tested.value, chosen, strict=True)
        ]
        return Given(f"INDEX({shown.text}*{'*'.join(conditions)},0)", value)

    def _open_at_end(self) -> Given:
        """The word open for each lead that was there and not closed at the end of the month."""
        created, closed, start = self._leads["created"], self._leads["closed"], self.start.text
        value = [
            "open" if came < self._end and (went == "" or went >= self._end) else ""
            for came, went in zip(created.value, closed.value, strict=True)
        ]
        condition = f'({created.text}<EDATE({start},1))*(({closed.text}="")+({closed.text}>=EDATE({start},1)))'
        return Given(f'INDEX(REPT("open",{condition}),0)', value)


def _headers(page: Page, inputs: Inputs, words: Words) -> None:
    label, figure = styles.LABEL_HEADER, styles.HEADER
    for column, key, style in (
        (_NUMBER, "", label), (_KPI, "kpi", label), (_FUNCTION, "function", label), (_INPUT, "inputs", label),
        (_INPUT + 1, "", label), (_INPUT + 2, "", label), (_VALUE, "value", figure), (_TARGET, "target", figure),
        (_STATUS, "status", label), (_CHANGE, "change", figure), (_TREND, "trend", label),
    ):  # fmt: skip
        indent = 1 if key in {"status", "trend"} else 0
        look = replace(style, wrap=key != "inputs", indent=indent)
        page.put(_HEADER_ROW, column, words(f"score.{key}") if key else None, look)
    page.canvas.at_least(_HEADER_ROW, 34)
    for month, start in enumerate(inputs.months):
        style = replace(figure, number_format="yyyy-mm")
        page.formula(_HEADER_ROW, _EARLIER + month, start.text, start.value, style)


def _line(page: Page, row: int, number: int, line: Line, months: tuple[_Month, ...], words: Words) -> None:  # noqa: PLR0917 - one row is made of so much
    kpi = CATALOGUE[line.kpi]
    title = words(f"kpi.{line.title}") if line.title else kpi.title_in(words.language)
    page.put(row, _NUMBER, number, replace(styles.LABEL, color=MUTED, size=9))
    page.put(row, _KPI, title, replace(styles.LABEL, wrap=False))
    page.put(row, _FUNCTION, words.call(kpi.signature), replace(CODE, wrap=False))
    figure = replace(styles.FIGURE, number_format=_shown(kpi.number_format, line))
    faint = replace(figure, color=MUTED, size=9)
    latest = months[-1]
    arguments: list[Given] = []
    for position, key in enumerate(line.arguments):
        given = latest[key]
        if isinstance(given, Cell) and key != "from":
            unit = next((u for g in _units() for k, u in g if k == key.removesuffix(" before")), "count")
            style = replace(styles.FIGURE, number_format=NUMBER_FORMATS[unit], color=MUTED)
            given = page.formula(row, _INPUT + position, given.text, given.value, style)
        arguments.append(given)
    for column in range(_INPUT, _INPUT + 3):
        if not any(isinstance(a, Cell) and a.sheet == page.name and a.column == column for a in arguments):
            source = "Leads" if column == _INPUT else None
            page.put(row, column, source, replace(CODE, align="right"))
    value = page.kpi(row, _VALUE, line.kpi, arguments, replace(figure, bold=True))
    target = page.put(row, _TARGET, line.target, replace(INPUT, number_format=figure.number_format))
    _status(page, row, kpi.direction, value, target, words)
    earlier = [page.kpi(row, _EARLIER + i, line.kpi, [month[key] for key in line.arguments], faint)
               for i, month in enumerate(months[:-1])]  # fmt: skip
    page.formula(row, _EARLIER + MONTHS - 1, address(row, _VALUE), value.value, faint)
    _change(page, row, value, earlier[-1], points=words("score.points") if kpi.unit == "fraction" else "")
    page.put(row, _TREND, None, styles.LABEL)
    page.sparklines.append(Sparkline(row, _TREND, page.range(row, _EARLIER, row, _EARLIER + MONTHS - 1)))


def _units() -> list[list[tuple[str, str]]]:
    from xl_leadkpi.workbooks.inputs import FIGURES  # noqa: PLC0415

    return [[(key, unit) for key, (unit, _) in group.items()] for group in FIGURES.values()]


def _shown(number_format: str, line: Line) -> str:
    """Whole amounts where pennies say nothing, one decimal more where rates are tiny."""
    if number_format == "#,##0.00" and (line.target or 0) >= 100:
        return "#,##0"
    return "0.00%" if number_format == "0.0%" and line.target is not None and line.target < 0.05 else number_format


def _status(page: Page, row: int, direction: str, value: Cell, target: Cell, words: Words) -> None:  # noqa: PLR0917 - one row is made of so much
    good, near, bad = (words(f"score.{key}") for key in ("good", "near", "bad"))
    shown, aim = value.seen_from(page.name), target.seen_from(page.name)
    if direction == "lower":
        written, reached, close = f"{shown}<={aim}", _is(value, target, 1), _is(value, target, 1 + _NEAR)
        tolerated = f"{shown}<={aim}*{1 + _NEAR:g}"
    else:
        written, reached, close = f"{shown}>={aim}", _is(target, value, 1), _at_least(value, target)
        tolerated = f"{shown}>={aim}*{1 - _NEAR:g}"
    text = good if reached else near if close else bad
    if target.value is None or not isinstance(value.value, float | int):
        text = ""
    page.formula(
        row, _STATUS,
        f'IF(OR({aim}="",NOT(ISNUMBER({shown}))),"",IF({written},"{good}",IF({tolerated},"{near}","{bad}")))',
        text, replace(styles.LABEL, size=9, indent=1),
    )  # fmt: skip


def _is(smaller: Cell, larger: Cell, factor: float) -> bool:
    return _number(smaller) <= _number(larger) * factor


def _at_least(value: Cell, target: Cell) -> bool:
    return _number(value) >= _number(target) * (1 - _NEAR)


def _number(cell: Cell) -> float:
    return float(cell.value) if isinstance(cell.value, float | int) else 0.0


def _change(page: Page, row: int, value: Cell, before: Cell, *, points: str = "") -> None:
    """Against the month before: a rate in percentage points, anything else as a share of what it was."""
    now, then = value.value, before.value
    known = all(isinstance(one, float | int) for one in (now, then))
    one, other = value.seen_from(page.name), before.seen_from(page.name)
    change: Any = ""
    if points:
        written = f"ROUND(100*({one}-{other}),1)"
        change = float(round_half_away(100 * (now - then), 1)) if known else ""
        number_format = f'+0.0" {points}";-0.0" {points}";0.0" {points}"'
    else:
        written = f'IF({other}>0,ROUND({one}/{other}-1,2),"")'
        change = float(round_half_away(now / then - 1, 2)) if known and then > 0 else ""
        number_format = "+0%;-0%;0%"
    written = f'IF(AND(ISNUMBER({one}),ISNUMBER({other})),{written},"")'
    page.formula(row, _CHANGE, written, change, replace(styles.FIGURE, number_format=number_format, color=MUTED))


def _conditions(page: Page, last_row: int, words: Words) -> None:
    first = _HEADER_ROW + 1
    page.hide_unknown_names(page.range(first, _VALUE, last_row, _VALUE))
    page.hide_unknown_names(page.range(first, _EARLIER, last_row, _EARLIER + MONTHS - 1))
    place = page.range(first, _STATUS, last_row, _STATUS)
    cell = address(first, _STATUS)
    for key, color in (("good", TEAL), ("bad", RED)):
        page.canvas.conditions.append(Condition(place, f'{cell}="{words(f"score.{key}")}"', color=color))
