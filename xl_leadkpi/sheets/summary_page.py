"""The summary of a funnel on one page: what stands on it, as data.

:mod:`summary_sheet` lays it out as the first sheet of the workbook, :mod:`html_markup` as a page to be mailed.

Each number keeps the path under which ``--json`` has it, so that the page can be held against the report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal

from xl_leadkpi import __version__
from xl_leadkpi.funnel.quality import gravest_first, touched_figures
from xl_leadkpi.leads.model.evidence import ABSENT
from xl_leadkpi.leads.model.findings import FindingKind
from xl_leadkpi.sheets.cards import CLOSED_CARDS, cards_of, figure_of, has_card, is_closed, recent, trend_spans
from xl_leadkpi.sheets.change_sentences import MINUS, change_sentences, money_text, signed
from xl_leadkpi.sheets.formats import HUGE, POWER_OF_TEN, Formats, number_text, percent_text, plain_text
from xl_leadkpi.sheets.report_words import ReportWords
from xl_leadkpi.sheets.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from xl_leadkpi.funnel.report import Block, Column, FunnelReport
    from xl_leadkpi.leads.model.findings import Finding

Tone = Literal["", "better", "worse", "faint"]
MOST_CARDS = 10
MOST_WARNINGS = 2
MOST_TASKS = 6
MOST_GROUPS = 10
SPARK_MONTHS = 12
CHART_MONTHS = 24
FORECAST_MONTHS = 6
READ_IN_PASSING = 300
"""Letters of a line on how something is counted."""
UNKNOWN = "–"
FOUR_IN_FIVE, NINETEEN_IN_TWENTY = " (80 %)", " (95 %)"
"""How sure the range of a figure is, in the header of a column that has both."""
_SENTENCES = re.compile(r"(?<=\.) (?=[A-ZА-ЯŁŚŻĆ0-9])")
_FIRST = (
    "leads", "won", "win_rate", "revenue", "lead_conversion_mature", "average_deal", "cycle_days_median", "pipeline",
    "cac", "cpl", "weighted_pipeline", "spend", "romi",
)  # fmt: skip
"""Figures that have a card before others do, besides the opportunities and those with a target."""
_BY_MONTH = {
    "won": "entered_won", "lost_opportunities": "lost_opportunities", "win_rate": "win_rate", "revenue": "revenue",
    "average_deal": "average_deal", "spend": "spend", "cpl": "cpl", "cac": "cac_period",
    "lead_conversion_mature": "cohort_conversion_mature",
}  # fmt: skip
"""Columns of the months that show how the figure of a card went."""

_TASKS = (FindingKind.UNKNOWN_WORDS, FindingKind.SPEND_UNMATCHED)
"""Findings that somebody has to decide on, before those that need another export."""

_CASES = {
    "lead_conversion_mature": "mature_leads", "average_deal": "won_with_amount", "cycle_days_median": "cycle_days_n",
}  # fmt: skip
"""Columns with how many a figure rests on, where it does not say so itself."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as it is shown.

    Attributes:
        path: Where ``--json`` has it: ``summary.won``, ``by.source.3.revenue``; of a sum its parts, with ``+`` between;
            ``change:`` before that of the newer one for a change.
        value: The number, None where it is not known.
        text: As its readers write it, a dash where it is not known.
        number_format: The same for a cell that holds the number.
    """

    path: str
    value: float | None
    text: str
    number_format: str = "General"


@dataclass(frozen=True, slots=True)
class Point:
    """A month of a series; ``is_running`` where it is not over yet."""

    month: str
    figure: Figure
    is_running: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A key figure.

    Attributes:
        name: What it is called.
        figure: Of the whole table, or of the period asked for.
        basis: What it rests on; where it is unknown, why.
        recent: The figure of the last months and what these are called; None where a period is asked for.
        change: Against the months or the period before.
        against: What these are called.
        tone: Whether that is good.
        target: What was aimed at.
        target_name: The word for it.
        attained: How much of it there is.
        met: Whether it is met, in a word.
        met_tone: Whether that is good.
        months: The last complete months.
        is_uncertain: It rests on fewer cases than a rate needs.
    """

    name: str
    figure: Figure
    basis: tuple[str, ...] = ()
    recent: tuple[str, Figure] | None = None
    change: Figure | None = None
    against: str = ""
    tone: Tone = ""
    target: Figure | None = None
    target_name: str = ""
    attained: Figure | None = None
    met: str = ""
    met_tone: Tone = ""
    months: tuple[Point, ...] = ()
    is_uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: a figure, the ends of its range, a remark, and how it is to be read."""

    figure: Figure | None = None
    ends: tuple[Figure, Figure] | None = None
    remark: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; ``bar`` is the length of its bar, from 0 to 1, or where it begins, its middle and its end."""

    label: str
    cells: tuple[Cell, ...]
    bar: float | tuple[float, float, float] | None = None
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its headers, that of the labels first, and notes below it."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns by month."""

    title: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Charts:
    """Charts under one title."""

    title: str
    charts: tuple[Chart, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lines:
    """Sentences under a title."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done: what, how many, how much money is in it, what to do; which block lists the rows."""

    what: str
    count: Figure | None
    amount: Figure | None
    advice: str
    block: str = "quality"


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that stands on the page, in its order; a part that the report does not have is None or empty."""

    language: str
    title: str
    source: str
    about: tuple[str, ...]
    warnings: tuple[str, ...]
    cards: tuple[Card, ...]
    cards_note: str
    stages: Table | None
    months: Charts | None
    forecast: Table | None
    forecast_check: Table | None
    changes: Lines | None
    tasks_title: str
    tasks: tuple[Task, ...]
    sources: Table | None
    how: Lines
    foot: str
    hints: Mapping[str, str]
    """What is said in the place of a part that the report does not have."""


def page_of(report: FunnelReport, language: str = "en") -> Page:
    """What the page of a report says.

    Args:
        report: The report.
        language: Of all words that are not the user's: ``en``, ``pl`` or ``ru``.

    >>> from xl_leadkpi.funnel import build
    >>> page = page_of(build([["Lead ID", "Created", "Won date"], ["1", "2025-01-10", "2025-02-01"]]))
    >>> [(card.name, card.figure.text) for card in page.cards][:2]
    [('Leads', '1'), ('Won', '1')]
    """
    return _Pager(report, language).page()


class _Pager:
    """Puts the page of a report together."""

    def __init__(self, report: FunnelReport, language: str) -> None:
        header = report.header
        self.report = report
        self.texts = Texts(language, header.win_basis, header.is_deals, report.stage_pipeline)
        self.formats = Formats(language, header.currency, header.spend_currency)
        self.words = ReportWords(report, self.texts, self.formats)

    def page(self) -> Page:
        """All parts."""
        header, texts, formats = self.report.header, self.texts, self.formats
        cards = tuple(self._card(key) for key in self._chosen())
        return Page(
            formats.language,
            texts("sheet.title"),
            texts("header.source", value=header.source),
            tuple(self._about()),
            tuple(self._warnings()),
            cards,
            self._cards_note(cards),
            self._stages(),
            self._months(),
            self._forecast(),
            self._forecast_check(),
            self._changes(),
            texts("page.todo"),
            tuple(self._tasks())[:MOST_TASKS],
            self._sources(),
            self._how(),
            f"leadkpi {__version__} · {self.words.built()}",
            self._hints(),
        )

    def _hints(self) -> dict[str, str]:
        """What to say where a part is missing, by its name."""
        hints = {name: self.texts(f"page.no_{name}") for name in ("stages", "forecast", "tasks", "changes")}
        if self.report.period_created is not None:
            told = [one for one in self.report.findings if one.kind == FindingKind.COMPARED_BEFORE_DATA]
            hints["changes"] = (
                self.texts.meaning(told[0])
                if told
                else self.texts("page.no_comparison" if self.report.header.compared_from else "page.not_compared")
            )
        return hints

    # header -----------------------------------------------------------------------------------------------------------

    def _about(self) -> Iterator[str]:
        """Which rows, which time, which currency."""
        texts, words = self.texts, self.words
        shown = words.period() or words.days()
        yield " · ".join(part for part in (shown, words.counted(), words.as_of(), words.currency()) if part)
        for code, value in (*words.period_notes(), *words.filters(), *words.rates()):
            yield texts.note(code, value)

    @cached_property
    def _listed(self) -> list[Finding]:
        """All findings in the order of the report's ``quality``."""
        return gravest_first(self.report.findings)

    @cached_property
    def _grave(self) -> list[Finding]:
        """What may make figures wrong, the gravest first, and before others what leaves a key figure unknown."""
        report = self.report
        grave = [finding for finding in self._listed if finding.severity != "info"]

        def leaves_none(finding: Finding) -> bool:
            touched = touched_figures(finding, report.summary, report.evidence, report.columns, report.stage_pipeline)
            return any(key in report.summary.unknown for key in touched)

        return sorted(grave, key=lambda finding: (finding.severity != "error", not leaves_none(finding)))

    def _warnings(self) -> Iterator[str]:
        for finding in self._grave[:MOST_WARNINGS]:
            yield f"{self.texts.finding(finding.kind)}: {self._number(finding.count)}. {self.texts.meaning(finding)}"

    # cards ------------------------------------------------------------------------------------------------------------

    def _chosen(self) -> list[str]:
        """The figures that have a card, in the order of the sheet: first those aimed at, then the usual ones."""
        report = self.report
        aimed = [str(key) for key in report.targets["figure"].values] if report.targets is not None else []
        shown = [key for keys in cards_of(report) for key in keys if has_card(report, key)]
        # a target may be set for a figure that the sheet has no card of
        shown += [key for key in aimed if key not in shown and key in report.summary]
        opportunity = report.stage_pipeline.opportunity
        first = [*aimed, *_FIRST[:2], *([opportunity.count_key] if opportunity else []), *_FIRST[2:], *shown]
        if "leads" in report.summary and "leads" not in shown:
            shown.insert(0, "leads")
        chosen = [key for key in dict.fromkeys(first) if key in shown][:MOST_CARDS]
        return [key for key in shown if key in chosen]

    def _card(self, key: str) -> Card:
        report = self.report
        column = figure_of(report, key)
        path = f"period_closed.0.{key}" if is_closed(report, key) else f"summary.{key}"
        card = Card(
            self.texts.card(key, report.header.window_days),
            self._figure(path, column, column.values[0]),
            tuple(self._basis(key, column)),
            months=tuple(self._spark(key)),
            is_uncertain=self._is_uncertain(key, column),
        )
        return self._aimed(key, self._changed(key, column, card))

    def _basis(self, key: str, column: Column) -> Iterator[str]:
        """What a figure rests on; where it is unknown, why."""
        report = self.report
        block = report.period_closed if is_closed(report, key) and report.period_closed else report.summary
        if report.period_closed is not None:
            yield self.texts("basis.closed" if key in CLOSED_CARDS else "basis.created")
        elif column.values[0] is not None:
            yield self.texts("basis.whole")
        gap = block.unknown.get(key)
        if column.values[0] is None and gap is not None:
            yield f"{self.texts.meaning(gap.why)} {self.texts.remedy(gap.why)}".strip()
        cases = self._cases(key, column)
        if column.values[0] is not None and cases is not None:
            yield f"n = {self._number(cases)}"

    def _cases(self, key: str, column: Column) -> float | None:
        """How many a figure rests on, None where nothing says it."""
        report = self.report
        block = report.period_closed if is_closed(report, key) and report.period_closed else report.summary
        cases = column.cases or _CASES.get(key, "")
        value = block[cases].values[0] if cases in block else None
        return value if _is_number(value) else None

    def _is_uncertain(self, key: str, column: Column) -> bool:
        """A share of fewer than are asked for before one is believed."""
        cases = self._cases(key, column)
        return column.unit == "fraction" and cases is not None and cases < self.report.header.min_n

    def _changed(self, key: str, column: Column, card: Card) -> Card:
        """The card with its last months, or with the period that it is compared with."""
        pair = recent(self.report, key)
        if pair is None:
            return card
        now, before = pair
        is_period = self.report.period_created is not None
        name = "trend" if not is_period else "period_closed" if is_closed(self.report, key) else "period_created"
        spans = trend_spans(self.report, self.formats, self.texts)
        change = now - before if column.unit == "fraction" else (now - before) / before
        size = abs(change) * 100
        shown = number_text(size, self.formats.language, 1)
        unit = self.texts("card.unit_points").strip('"') if column.unit == "fraction" else "%"
        figure = Figure(f"change:{name}.0.{key}", change, signed(change, f"{shown}{unit}") if size else f"±0{unit}")
        tone: Tone = ""
        if column.better and change:
            tone = "better" if (change > 0) == (column.better == "higher") else "worse"
        return replace(
            card,
            recent=None if is_period else (spans[0], self._figure(f"{name}.0.{key}", column, now)),
            change=figure,
            against=self.texts("card.against", value=spans[1]),
            tone=tone,
        )

    def _aimed(self, key: str, card: Card) -> Card:
        """The card with its target."""
        rows = enumerate(self.report.targets.rows() if self.report.targets is not None else ())
        row = next(((i, row) for i, row in rows if row["figure"] == key), None)
        if row is None or self.report.targets is None:
            return card
        i, aim = row
        target = self._figure(f"targets.{i}.target", self.report.summary[key], aim["target"])
        word = self.texts(f"label.met_{aim['met']}") if aim["met"] else ""
        met = {"yes": f"✓ {word}", "no": "✗"}.get(aim["met"], word)
        attained = self._of(self.report.targets, "targets", i, "attained")
        tone: Tone = "" if not aim["met"] else "better" if aim["met"] in ("yes", "on_track") else "worse"
        name = self.texts("column.target")
        return replace(card, target=target, target_name=name, attained=attained, met=met, met_tone=tone)

    def _spark(self, key: str) -> list[Point]:
        """The last complete months of a figure, none where they do not tell how it went."""
        entry = self.report.stage_pipeline.entry
        counted = {stage.count_key: f"entered_{stage.count_key}" for stage in self.report.stage_pipeline.inner}
        column = {entry.count_key: "leads", "leads": "leads", **counted, **_BY_MONTH}.get(key, "")
        points = [point for point in self._points(column) if not point.is_running][-SPARK_MONTHS:]
        return points if sum(point.figure.value is not None for point in points) > 1 else []

    def _points(self, key: str) -> list[Point]:
        months = self.report.months
        if key not in months:
            return []
        complete = months["complete"].values if "complete" in months else (True,) * len(months)
        column = months[key]
        return [
            Point(self.formats.month_text(month), self._figure(f"months.{i}.{key}", column, value), not is_complete)
            for i, (month, value, is_complete) in enumerate(
                zip(months["month"].values, column.values, complete, strict=True)
            )
            if month is not None
        ]

    def _cards_note(self, cards: Sequence[Card]) -> str:
        """Which time the figures of the cards are of."""
        has_none = self.report.period_created is not None or self.report.trend is None
        return "" if has_none or not any(card.recent for card in cards) else self.words.trend()

    # tables and charts ------------------------------------------------------------------------------------------------

    def _title(self, key: str, basis: str = "created", **values: str) -> str:
        """A title, with what its figures are of where a period is asked for."""
        title = self.texts(key, **values)
        if self.report.period_closed is None or not basis:
            return title
        return self.texts("basis.title", title=title, basis=self.texts(f"basis.{basis}"))

    def _stages(self) -> Table | None:
        """How many came to each stage, and which share of those in the stage before comes to it in the end."""
        block = self.report.stages
        counts = [value for value in block["reached"].values if _is_number(value)]
        if not len(block) or not any(counts):
            return None
        most = max(counts)
        rows = []
        before = self._stages_before()
        for i, row in enumerate(block.rows()):
            reached = self._of(block, "stages", i, "reached")
            bar = None if reached.value is None else reached.value / most
            then = [Cell(before[row["stage"]])] if before else []
            rows.append(Row(self.texts.stage(row["stage"]), (Cell(reached), *then, self._step(block, i, row)), bar))
        headers = ("column.stage", "column.reached", "column.next_step")
        stage, number, step = (self.texts(header) for header in headers)
        numbers = trend_spans(self.report, self.formats, self.texts) if before else (number,)
        return Table(
            self._title("block.stages"), (stage, *numbers, f"{step}{NINETEEN_IN_TWENTY}"), tuple(rows),
            tuple(self._reasons(block, ("reached", "next_step"))),
        )  # fmt: skip

    def _stages_before(self) -> dict[str, Figure]:
        """How many came to each stage in the period compared with; none where nothing is known of that one."""
        block, pipeline = self.report.period_created, self.report.stage_pipeline
        if block is None or "compared" not in block["row"].values:
            return {}
        keys = {stage.name: "leads" if stage is pipeline.entry else stage.count_key for stage in pipeline.stages}
        found = {
            name: self._of(block, "period_created", 1, key) if key in block else Figure("", None, UNKNOWN)
            for name, key in keys.items()
        }
        return found if any(figure.value is not None for figure in found.values()) else {}

    def _step(self, block: Block, i: int, row: Mapping[str, Any]) -> Cell:
        """The eventual rate of a step; where it is not known, the plain share so far."""
        if i == 0:
            return Cell()
        if _is_number(row["next_step"]):
            days = row["next_step_days"]
            remark = "" if days is None else self.texts("page.within", value=self._number(days))
            low, high = (self._of(block, "stages", i, f"next_step_{end}") for end in ("low", "high"))
            return Cell(self._of(block, "stages", i, "next_step"), (low, high), remark)
        if "next_step_naive" in block and _is_number(row["next_step_naive"]):
            remark = self.texts("column.next_step_naive")
            return Cell(self._of(block, "stages", i, "next_step_naive"), None, remark, "faint")
        return Cell(self._of(block, "stages", i, "next_step"))

    def _reasons(self, block: Block, keys: Sequence[str]) -> Iterator[str]:
        """Why columns have dashes, each reason once."""
        gaps = {block.unknown[key].why.kind: block.unknown[key].why for key in keys if key in block.unknown}
        for why in gaps.values():
            said = f"{self.texts.meaning(why)} {self.texts.remedy(why)}".strip()
            yield said if why.kind in ABSENT else f"{UNKNOWN} {said}"

    def _months(self) -> Charts | None:
        """New leads, wins and revenue by month."""
        named = (
            ("leads", self.texts.column("leads")),
            ("entered_won", self.texts("card.won")),
            ("revenue", self.texts("card.revenue")),
        )
        charts = [Chart(name, tuple(self._points(key)[-CHART_MONTHS:])) for key, name in named]
        drawn = tuple(chart for chart in charts if sum(bool(point.figure.value) for point in chart.points) > 1)
        if not drawn:
            return None
        is_running = any(point.is_running for chart in drawn for point in chart.points)
        notes = (self.texts("page.running"),) if is_running else ()
        return Charts(self._title("block.months", ""), drawn, notes)

    def _forecast(self) -> Table | None:
        """What the next months will bring, and how the same method came out before."""
        block = self.report.forecast
        if block is None or not len(block):
            return None
        has_money = any(_is_number(value) for key in ("mean", "new_mean") for value in block[key].values)
        unit = "" if has_money else "won_"
        has_new = any(map(_is_number, block[f"total_{unit}mean"].values))
        begins = f"total_{unit}" if has_new else unit
        name = "forecast.won" if not has_money else "forecast.together" if has_new else "forecast.open"
        aims = [key for key in ("target", "gap") if key in block and any(map(_is_number, block[key].values))]
        shown = range(min(len(block), FORECAST_MONTHS))
        highs = [block[f"{begins}high"].values[i] for i in shown]
        most = max((value for value in highs if _is_number(value)), default=0)
        headers = ("", f"{self.texts(name)}{FOUR_IN_FIVE}", *(self.texts(f"page.{key}") for key in aims))
        rows = tuple(self._expected(block, i, begins, most, aims) for i in shown)
        return Table(self._title("block.forecast", ""), headers, rows, tuple(self._past_error()))

    def _past_error(self) -> Iterator[str]:
        """How far the same method was off at past month ends."""
        block = self.report.forecast_check
        if block is None or not len(block):
            return
        unit = "" if any(map(_is_number, block["forecast"].values)) else "won_"
        rows = [(row[f"{unit}forecast"], row[f"{unit}actual"], row["held"]) for row in block.rows()]
        known = [(said, came) for said, came, _ in rows if _is_number(said) and _is_number(came)]
        came = sum(abs(came) for _, came in known)
        if came:
            off = percent_text(sum(abs(said - came) for said, came in known) / came, self.formats.language)
            held, checked = (self._number(n) for n in (sum(held == "yes" for *_, held in rows), len(rows)))
            yield self.texts("page.past_error", off=off, held=held, all=checked)

    def _expected(self, block: Block, i: int, begins: str, most: float, aims: Sequence[str]) -> Row:
        """The forecast of a month."""
        mean, low, high = (self._of(block, "forecast", i, f"{begins}{end}") for end in ("mean", "low", "high"))
        spans = [one.value for one in (low, mean, high)]
        bar = tuple(value / most for value in spans if value is not None) if most > 0 else ()
        cells = [Cell(mean, (low, high)), *(Cell(self._of(block, "forecast", i, key)) for key in aims)]
        month = self.formats.month_text(block["month"].values[i])
        return Row(month, tuple(cells), (bar[0], bar[1], bar[2]) if len(bar) == 3 else None)

    def _forecast_check(self) -> Table | None:
        """What the same method would have said at past month ends, and what came."""
        block = self.report.forecast_check
        if block is None or not len(block):
            return None
        has_money = any(map(_is_number, block["forecast"].values))
        unit = "" if has_money else "won_"
        rows = []
        for i, row in enumerate(block.rows()):
            said, low, high, came = (
                self._of(block, "forecast_check", i, f"{unit}{key}") for key in ("forecast", "low", "high", "actual")
            )
            cells = (Cell(said, (low, high)), Cell(came, tone="" if row["held"] == "yes" else "worse"))
            rows.append(Row(self.formats.day_text(row["as_of"]), cells))
        said_then = self.texts("column.forecast") if has_money else self.texts("column.won_forecast")
        days = self.texts("page.within", value=self._number(block["days"].values[0]))
        headers = (self.texts("column.as_of"), f"{said_then}, {days} (80 %)", self.texts("forecast.came"))
        return Table(self.texts("block.forecast_check"), headers, tuple(rows))

    def _changes(self) -> Lines | None:
        said = change_sentences(self.report, self.texts, self.formats)
        return Lines(self.texts("why.title"), tuple(said)) if said else None

    # what to do -------------------------------------------------------------------------------------------------------

    def _tasks(self) -> Iterator[Task]:
        """Deals that are late, leads that nobody has answered, then what is wrong in the data."""
        overdue, response = self.report.overdue, self.report.response
        if overdue is not None and len(overdue):
            for late in dict.fromkeys(overdue["late"].values):
                rows = [i for i, value in enumerate(overdue["late"].values) if value == late]
                count, amount = (self._sum(overdue, "overdue", rows, key) for key in ("deals", "amount"))
                what = self.texts.label(late, "late")
                yield Task(
                    what, count, None if amount.value is None else amount, self.texts(f"page.do_{late}"), "overdue"
                )
        if response is not None and response["unanswered"].values[0]:
            path = "response.unanswered" if response.is_record else "response.0.unanswered"
            column = response["unanswered"]
            figure = self._figure(path, column, column.values[0])
            what = self.texts("page.unanswered")
            yield Task(what, figure, None, self.texts("page.do_unanswered"), "response")
        places = {id(finding): place for place, finding in enumerate(self._listed)}
        for finding in sorted(self._grave, key=lambda finding: finding.kind not in _TASKS):
            remedy = self.texts.remedy(finding)
            if remedy:
                place = places[id(finding)]
                count = self._of(self.report.quality, "quality", place, "count")
                details = self.texts.finding_details(finding)
                what = self.texts.finding(finding.kind)
                yield Task(f"{what} ({details})" if details else what, count, None, remedy)

    # by source --------------------------------------------------------------------------------------------------------

    def _sources(self) -> Table | None:
        """The sources with most leads, the others summed up, and all together."""
        block = self.report.by.get("source")
        if block is None or len(block) <= block.totals:
            return None
        rate = "win_rate_mature" if self._has_figures(block, "win_rate_mature") else "win_rate"
        keys = [key for key in ("leads", "won", rate, "revenue", "cac") if self._has_figures(block, key)]
        body = len(block) - block.totals
        shown = body if body <= MOST_GROUPS else MOST_GROUPS - 1
        rows = [self._source(block, i, keys) for i in range(shown)]
        if shown < body:
            rest = range(shown, body)
            # of rates there is no sum
            cells = tuple(
                Cell(remark=UNKNOWN) if key in (rate, "cac") else Cell(self._sum(block, "by.source", rest, key))
                for key in keys
            )
            rows.append(Row(self.texts.label("(other)"), cells))
        rows += [replace(self._source(block, i, keys), is_total=True) for i in range(body, len(block))]
        headers = (self.texts.group("source"), *(self.texts.column(key) for key in keys))
        notes = (self.texts.note("followed_up"),) if rate == "win_rate_mature" else ()
        title = self._title("block.by", value=self.texts.field("source"))
        return Table(title, headers, tuple(rows), notes)

    def _source(self, block: Block, i: int, keys: Sequence[str]) -> Row:
        told = block["compared"].values[i] if "compared" in block else None
        tone: Tone = told if told in ("better", "worse") else ""
        label = block.columns[0].values[i]
        cells = []
        for key in keys:
            cell = Cell(self._of(block, "by.source", i, key))
            if key == "win_rate_mature" and tone:
                cell = replace(cell, tone=tone, remark=self.texts(f"label.{tone}"))
            cells.append(cell)
        return Row(self.texts.label(str(label), block.columns[0].key), tuple(cells))

    def _has_figures(self, block: Block, key: str) -> bool:
        return key in block and any(map(_is_number, block[key].values))

    # foot -------------------------------------------------------------------------------------------------------------

    def _how(self) -> Lines:
        """How the figures that matter most are counted."""
        methods = ["win_rate", "stages", *(["forecast"] if self.report.forecast is not None else [])]
        window = str(self.report.header.window_days)
        lines = tuple(
            f"{self.texts(f'method.{one}')}: {_beginning(self.texts(f'how.{one}', window=window))}" for one in methods
        )
        return Lines(self.texts("block.methods"), lines)

    # figures ----------------------------------------------------------------------------------------------------------

    def _of(self, block: Block, path: str, i: int, key: str) -> Figure:
        """A figure of a row of a block."""
        return self._figure(f"{path}.{i}.{key}", block[key], block[key].values[i])

    def _sum(self, block: Block, path: str, rows: Sequence[int], key: str) -> Figure:
        """The sum of a column over some rows, unknown where all of them are."""
        values = [block[key].values[i] for i in rows]
        known = [value for value in values if _is_number(value)]
        total = sum(known) if known else None
        return self._figure("+".join(f"{path}.{i}.{key}" for i in rows), block[key], total)

    def _figure(self, path: str, column: Column, value: Any) -> Figure:
        if not _is_number(value):
            return Figure(path, None, UNKNOWN)
        return Figure(path, value, self._shown(column, value), self._number_format(column, value))

    def _number_format(self, column: Column, value: float) -> str:
        """How a cell shows a number."""
        if column.unit == "money":
            return self.formats.for_column(column).compact_money(value)
        if abs(value) >= HUGE:
            return POWER_OF_TEN
        shown = self.formats.of(replace(column, values=(value,)), 0, 0).number_format
        return shown + (self.texts(f"card.unit_{column.unit}") if column.unit in ("days", "minutes") else "")

    def _shown(self, column: Column, value: float) -> str:
        """A number in its unit."""
        language = self.formats.language
        match column.unit:
            case "money":
                formats = self.formats.for_column(column)
                if not value:
                    return formats.amount("0")
                sign = MINUS if value < 0 else ""
                return sign + (formats.amount(_power(abs(value))) if abs(value) >= HUGE else money_text(value, formats))
            case "fraction":
                is_many = abs(value) >= 10
                return f"{self._number(round(value * 100))}%" if is_many else percent_text(value, language)
            case "ratio":
                return f"{number_text(value, language, 2)}×" if abs(value) < HUGE else f"{_power(value)}×"
            case "days" | "minutes" as unit:
                return self._number(value) + self.texts(f"card.unit_{unit}").strip('"')
        return self._number(value)

    def _number(self, value: float) -> str:
        if abs(value) >= HUGE:
            return _power(value)
        return plain_text(value, self.formats.language)


def _beginning(text: str) -> str:
    """The first sentences of a text, as many as are read in passing."""
    said = ""
    for sentence in _SENTENCES.split(text):
        if said and len(said) + len(sentence) > READ_IN_PASSING:
            break
        said = f"{said} {sentence}".strip()
    return said


def _power(value: float) -> str:
    """A number with more digits than anybody counts."""
    return f"{value:.2e}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
