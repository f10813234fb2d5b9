"""The sheet Funnel of the workbook without Python: stages, months and channels counted by formulas over Leads.

Stages and channels are those of the sheet Lists, however many there are: each block has a row for every one that there
may be, and what a row shows is told by formulas in columns that are folded away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.layout import Axis, Chart, Condition, Link, Print, Range, Series, address
from xl_leadkpi.sheets.palette import NAVY, PALE_NAVY, RED, TEAL
from xl_leadkpi.workbooks.inputs import _next_month
from xl_leadkpi.workbooks.lists import MOST_SOURCES, MOST_STAGES, as_criterion
from xl_leadkpi.workbooks.page import HEADING, LINK, NOTE, TITLE, Bars, Cell, Given, Page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from xl_leadkpi.sheets.layout import Sheet, Style
    from xl_leadkpi.workbooks.inputs import Inputs
    from xl_leadkpi.workbooks.lists import Lists
    from xl_leadkpi.workbooks.sources import Words
    from xl_leadkpi.workbooks.tables import TableColumns
    from xl_leadkpi.workbooks.won import WonLeads

_LABEL: Final = 1
_FIRST: Final = 2
_FURTHEST: Final = _FIRST + 4
_CHART: Final = _FIRST + 5
_LAST: Final = _FIRST + 10
_PLACE, _WORD, _KIND, _FOUND, _OPEN_BAR, _WIN_BAR = range(_LAST + 2, _LAST + 8)
"""Folded away: place in the list, the word as a criterion, what the row shows, leads found by it, lengths of bars."""
_NOTHING, _LISTED, _LAST_ONE, _REPEATED = range(4)
"""What a row shows: nothing, one of the list, what comes after it (the win; leads of no channel of the list), one that
stands above already."""

_COUNT = replace(styles.FIGURE, number_format="#,##0")
_SHARE = replace(styles.FIGURE, number_format="0.0%")
_HIDDEN = replace(styles.NOTE, align="right")
_WIDTH: Final = 98
_ROW: Final = 20
"""Width of a column of figures and height of a row, in pixels."""


def funnel_page(won: WonLeads, spend: TableColumns, inputs: Inputs, lists: Lists, words: Words) -> tuple[Page, Sheet]:
    """Lay the sheet out."""
    page = Page("Funnel")
    page.put(0, _LABEL, words("funnel.title"), TITLE, across=2)
    page.canvas.links.append(Link(1, _LABEL, words("back"), "'Start'!A1", LINK))
    page.put(2, _LABEL, words("funnel.note"), NOTE, across=11)
    page.canvas.at_least(0, 34)
    row = _key_figures(page, 4, won, words)
    row = _Stages(page, row + 1, won, lists.stages, words).last_row
    channels = _months(page, row + 2, won, inputs, words) + 1
    row = _channels(page, channels, won, spend, lists.sources, words)
    widths = ((0, 0, 18), (_LABEL, _LABEL, 220), (_FIRST, _LAST, _WIDTH), (_LAST + 1, _LAST + 1, 18),
              (_PLACE, _WIN_BAR, 150))  # fmt: skip
    page.outlined = (_PLACE, _WIN_BAR)
    printing = Print(area=page.range(0, 0, row, _LAST), breaks=(channels,))
    return page, page.sheet(widths, printing=printing, tab_color=NAVY)


def _header(page: Page, row: int, first: str, keys: Sequence[str], words: Words) -> None:
    page.put(row, _LABEL, words(f"funnel.{first}"), styles.LABEL_HEADER)
    for column, key in enumerate(keys, start=_FIRST):
        page.put(row, column, words(f"funnel.{key}"), styles.HEADER)
    page.canvas.at_least(row, 40)


def _key_figures(page: Page, row: int, won: WonLeads, words: Words) -> int:
    leads = won.leads
    page.put(row, _LABEL, words("funnel.win"), styles.LABEL)
    page.kpi(
        row, _FIRST, "WINRATE", (_everybody_won(won), _lost_opportunities(leads, words)), replace(_SHARE, bold=True)
    )
    page.put(row + 1, _LABEL, words("funnel.cycle"), styles.LABEL)
    page.kpi(row + 1, _FIRST, "SALESCYCLE", (leads["created"], _won_days(won)),
             replace(_COUNT, number_format="0.0", bold=True))  # fmt: skip
    page.hide_unknown_names(page.range(row, _FIRST, row + 1, _FIRST))
    return row + 2


# rows that follow a list ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Entry:
    """The folded cells of a row that follows a list."""

    label: Cell
    place: Cell
    word: Cell
    kind: Cell

    @property
    def is_shown(self) -> bool:
        return bool(self.kind.value)

    def unless_empty(self, written: str, value: Any) -> tuple[str, Any]:
        """A formula and its value, both empty where the row shows nothing."""
        return f'IF({_at(self.kind)}={_NOTHING},"",{written})', value if self.is_shown else ""


def _at(cell: Cell) -> str:
    return cell.seen_from("Funnel")


def _put_place(page: Page, row: int, column: Given, before: Cell | None, skipped: tuple[Given, str] | None) -> Cell:
    """The place in the list of the next entry that is filled in and not to be skipped; after the last one more."""
    listed = column.text
    conditions, after = [f'({listed}<>"")'], 0
    if skipped:
        conditions.append(f'({skipped[0].text}<>"{skipped[1]}")')
    if before:
        conditions.append(f"(ROW({listed})-MIN(ROW({listed}))>={_at(before)})")
        after = before.value
    end = f"ROWS({listed})+1"
    written = f"{end}-SUMPRODUCT(MAX({'*'.join(conditions)}*(MAX(ROW({listed}))+1-ROW({listed}))))"
    others = skipped[0].value if skipped else column.value
    found = (
        place
        for place, (entry, other) in enumerate(zip(column.value, others, strict=True), start=1)
        if place > after and entry != "" and (not skipped or other != skipped[1])
    )
    return page.formula(row, _PLACE, written, next(found, len(column.value) + 1), _HIDDEN)


def _put_word(page: Page, row: int, label: Cell) -> Cell:
    """The label as a criterion that only this very word fulfils, whatever it begins with and holds."""
    value = label.value.replace("~", "~~").replace("*", "~*").replace("?", "~?")
    return page.formula(row, _WORD, as_criterion(_at(label)), f"={value}", _HIDDEN)


def _put_label(page: Page, row: int, written: str, value: str) -> Cell:
    return page.formula(row, _LABEL, written, value, replace(styles.LABEL, wrap=False, bottom=None))


def _rule_rows(page: Page, first: int, last: int, *columns: tuple[int, int]) -> None:
    """Only rows that show something have a line below.

    Not where there are bars behind the figures: LibreOffice draws one or the other.
    """
    shown = f"${address(first, _KIND)}>{_NOTHING}"
    for left, right in columns:
        place = page.range(first, left, last, right)
        page.canvas.conditions.append(Condition(place, shown, bottom=styles.LABEL.bottom))


def _unruled(style: Style) -> Style:
    return replace(style, bottom=None)


class _Stages:
    """The stages of the list, then the win."""

    def __init__(self, page: Page, row: int, won: WonLeads, listed: TableColumns, words: Words) -> None:
        self.page, self.won, self.leads, self.listed, self.words = page, won, won.leads, listed, words
        self.heading, self.first = row, row + 2
        self.last_row = self.first + MOST_STAGES - 1
        self._lay_out()

    def _lay_out(self) -> None:
        page, words = self.page, self.words
        page.put(self.heading, _LABEL, words("funnel.stages"), HEADING)
        page.canvas.at_least(self.heading, 30)
        _header(page, self.first - 1, "stage", ("reached", "step", "dropoff", "total", "furthest"), words)
        page.put(self.first - 1, _CHART, words("funnel.reached"), replace(styles.LABEL_HEADER, indent=1),
                 across=_LAST - _CHART + 1)  # fmt: skip
        entries = self._entries()
        found = self._found(entries)
        self._counts(entries, found)
        self._warning(entries, found)
        page.hide_unknown_names(page.range(self.first, _FIRST + 1, self.last_row, _FIRST + 3))
        _rule_rows(page, self.first, self.last_row, (_LABEL, _FURTHEST))
        page.canvas.charts.append(self._chart())

    def _entries(self) -> list[_Entry]:
        page, names = self.page, self.listed["stage"]
        win = self.won.win.name
        skipped = self.listed["stands for"], self.words("stage.won")
        most = len(names.value)
        entries: list[_Entry] = []
        for row in range(self.first, self.last_row + 1):
            before = entries[-1].place if entries else None
            if row < self.last_row:
                place = _put_place(page, row, names, before, skipped)
            else:  # the win has a place however long the list is
                place = page.formula(row, _PLACE, f"ROWS({names.text})+1", most + 1, _HIDDEN)
            is_listed = f"{_at(place)}<=ROWS({names.text})"
            ended, kind = f"{_at(before)}<=ROWS({names.text})" if before else "FALSE", _NOTHING
            if place.value <= most:
                kind = _LISTED
            elif before and before.value <= most:
                kind = _LAST_ONE
            shown = win.value if kind == _LAST_ONE else ""
            if kind == _LISTED:
                shown = names.value[place.value - 1]
            label = _put_label(
                page, row, f'IF({is_listed},INDEX({names.text},{_at(place)})&"",IF({ended},{win.text},""))', shown
            )
            word = _put_word(page, row, label)
            told = page.formula(
                row, _KIND, f"IF({is_listed},{_LISTED},IF({ended},{_LAST_ONE},{_NOTHING}))", kind, _HIDDEN
            )
            entries.append(_Entry(label, place, word, told))
        return entries

    def _found(self, entries: Sequence[_Entry]) -> list[Cell]:
        """Leads of each stage that are not won by their status, and of the win those whose status says nothing.

        Of a stage that is there twice those of the second are none.
        """
        stage, status = self.leads["stage"], self.leads["status"]
        won, *other = (self.words(f"status.{one}") for one in ("won", "open", "lost"))
        found: list[Cell] = []
        for row, entry in enumerate(entries, start=self.first):
            labels = [one.label.value for one in entries[: row - self.first]]
            is_repeated = ""
            if labels:
                above = self.page.range(self.first, _LABEL, row - 1, _LABEL).relative
                is_repeated = f",COUNTIF({above},{_at(entry.word)})>0"
            known = f"{stage.text},{_at(entry.word)}"
            counted = f'COUNTIFS({known})-COUNTIFS({known},{status.text},"{won}")'
            denied = "+".join(f'COUNTIFS({known},{status.text},"{one}")' for one in other)
            left_out = [won, *other] if entry.kind.value == _LAST_ONE else [won]
            rows = zip(stage.value, status.value, strict=True)
            value = sum(one == entry.label.value and said not in left_out for one, said in rows)
            if not entry.is_shown or entry.label.value in labels:
                value = 0
            written = (
                f"IF(OR({_at(entry.kind)}={_NOTHING}{is_repeated}),0,"
                f"{counted}-IF({_at(entry.kind)}={_LAST_ONE},{denied},0))"
            )
            found.append(self.page.formula(row, _FOUND, written, value, _HIDDEN))
        return found

    def _counts(self, entries: Sequence[_Entry], found: Sequence[Cell]) -> None:
        """How far leads came: a lead that is won has reached every stage, whatever its stage says."""
        page, status, word = self.page, self.leads["status"], self.words("status.won")
        identity = self.leads["id"]
        won = Given(f'COUNTIFS({status.text},"{word}")', sum(one == word for one in status.value))
        count, share = _unruled(_COUNT), _unruled(_SHARE)
        everybody = sum(value != "" for value in identity.value)
        ends = [one.value + (won.value if entry.kind.value == _LAST_ONE else 0)
                for one, entry in zip(found, entries, strict=True)]  # fmt: skip
        reached: list[Cell] = []
        for number, entry in enumerate(entries):
            row = self.first + number
            later = page.range(row + (not number), _FURTHEST, self.last_row, _FURTHEST).relative
            came, total = (f"SUM({later})", sum(ends[number:])) if number else (f"COUNTA({identity.text})", everybody)
            reached.append(page.formula(row, _FIRST, *entry.unless_empty(came, total), count))
            if number:
                ended = f"{_at(found[number])}+IF({_at(entry.kind)}={_LAST_ONE},{won.text},0)"
                further = entry.unless_empty(ended, ends[number])
                _put_ratio(page, row, _FIRST + 1, "CONVRATE", (reached[number], reached[number - 1]), share, entry)
                _put_ratio(page, row, _FIRST + 2, "DROPOFF", (reached[number - 1], reached[number]), share, entry)
            else:
                further = entry.unless_empty(f"{_at(reached[0])}-SUM({later})", everybody - sum(ends[1:]))
                page.put(row, _FIRST + 1, None, share)
                page.put(row, _FIRST + 2, None, share)
            _put_ratio(page, row, _FIRST + 3, "CONVRATE", (reached[number], reached[0]), share, entry)
            page.formula(row, _FURTHEST, *further, count)
            for column, kind in ((_OPEN_BAR, _LISTED), (_WIN_BAR, _LAST_ONE)):
                length = reached[number].value if entry.kind.value == kind else CellError.NA
                page.formula(row, column, f"IF({_at(entry.kind)}={kind},{_at(reached[number])},NA())", length, _HIDDEN)

    def _warning(self, entries: Sequence[_Entry], found: Sequence[Cell]) -> None:
        """Say that leads have a stage of which nothing is shown, or that the status denies: never left out unsaid."""
        stage, status, words = self.leads["stage"], self.leads["status"], self.words
        won, *other = (words(f"status.{one}") for one in ("won", "open", "lost"))
        rows = list(zip(stage.value, status.value, strict=True))
        told = sum(one != "" and said != won for one, said in rows)
        counts = self.page.range(self.first, _FOUND, self.last_row, _FOUND).relative
        told_by = f'COUNTA({stage.text})-COUNTIFS({stage.text},"<>",{status.text},"{won}")'
        win = self.won.win
        at_win = f"{stage.text},{win.criterion.text},{status.text}"
        denied_by = "+".join(f'COUNTIFS({at_win},"{one}")' for one in other)
        denied = self.page.formula(
            self.heading, _KIND, denied_by, sum(one == win.name.value and said in other for one, said in rows), _HIDDEN
        )
        left = told - sum(one.value for one in found) - denied.value
        unlisted = self.page.formula(self.heading, _FOUND, f"{told_by}-SUM({counts})-{_at(denied)}", left, _HIDDEN)
        parts = [(words("funnel.unlisted"), unlisted), (words("funnel.win_denied"), denied)]
        written = '&" "&'.join(f'IF({_at(cell)}>0,"{text} "&{_at(cell)},"")' for text, cell in parts)
        written = f'IF({_at(entries[0].kind)}={_NOTHING},"{words("funnel.no_stages")}",TRIM({written}))'
        value = " ".join(f"{text} {cell.value}" for text, cell in parts if cell.value > 0)
        self.page.formula(self.heading, _FIRST, written, value, replace(styles.NOTE, color=RED))

    def _chart(self) -> Chart:
        """A bar beside each row, and none where no row is.

        Series that grow with the list would need defined names, which charts of LibreOffice do not know.
        """
        first, last = self.first, self.last_row
        labels = Range(self.page.name, first, _LABEL, last, _LABEL)
        series = tuple(
            Series(name, labels, Range(self.page.name, first, column, last, column), color)
            for name, column, color in (
                (self.words("funnel.reached"), _OPEN_BAR, NAVY), (self.words("funnel.won"), _WIN_BAR, TEAL),
            )
        )  # fmt: skip
        width, height = (_LAST - _CHART + 1) * _WIDTH - 12, MOST_STAGES * _ROW
        return Chart(
            "Stages", "bar", series, first, _CHART, width, height, stacked=True, gap=45,
            legend=False, categories=Axis(reverse=True, visible=False), values=Axis(minimum=0, visible=False),
            plot=(0.0, 0.0, 1.0, 1.0), x_offset=10, description=self.words("funnel.stages"),
        )  # fmt: skip


def _everybody_won(won: WonLeads) -> Given:
    return won.count([], [True] * len(won.values))


def _lost_opportunities(leads: TableColumns, words: Words) -> Given:
    word, status, opportunity = words("status.lost"), leads["status"], leads["opportunity"]
    value = sum(one == word and day != "" for one, day in zip(status.value, opportunity.value, strict=True))
    return Given(f'COUNTIFS({status.text},"{word}",{opportunity.text},">0")', value)


def _won_days(won: WonLeads) -> Given:
    closed = won.leads["closed"]
    value = [day if is_won else 0 for is_won, day in zip(won.values, closed.value, strict=True)]
    return Given(f"INDEX({closed.text}*{won.each},0)", value)


# months and channels --------------------------------------------------------------------------------------------------

_KEYS: Final = ("leads", "opportunities", "won", "lost", "revenue", "conv", "win", "spend", "cpl", "cac", "romi")
_COUNTED: Final = (0, 1, 2, 3, 4, 7)
"""Which of them are counts and sums; the others are ratios of these."""


def _months(page: Page, row: int, won: WonLeads, inputs: Inputs, words: Words) -> int:
    page.put(row, _LABEL, words("funnel.months"), HEADING, across=2)
    page.canvas.at_least(row, 30)
    _header(page, row + 1, "month", _KEYS, words)
    row += 2
    first = row
    lines: list[list[Given]] = []
    for month, start in enumerate(inputs.months):
        style = replace(styles.LABEL, number_format="yyyy-mm")
        page.formula(row, _LABEL, start.text, start.value, style)
        at, created = f"$B{row + 1}", won.leads["created"]
        conditions = [f'{created.text},">="&{at},{created.text},"<"&EDATE({at},1)']
        end = _next_month(start.value)
        chosen = [start.value <= value < end for value in created.value]
        lines.append([*_counted(won, conditions, chosen, words), inputs.cells["spend"][month]])
        _put_figures(page, row, lines[-1])
        row += 1
    totals = [
        Given(f"SUM({_cells(page, first, row - 1, offset)})", sum(line[number].value for line in lines))
        for number, offset in enumerate(_COUNTED)
    ]
    _put_totals(page, row, totals, words)
    _finish_figures(page, first, row, page.range(first, _FIRST, row - 1, _FIRST))
    return row + 1


def _channels(  # noqa: PLR0917 - what the block is made of
    page: Page, row: int, won: WonLeads, spend: TableColumns, listed: TableColumns, words: Words
) -> int:
    """All leads, those of each channel on the list, and the others if there are any."""
    page.put(row, _LABEL, words("funnel.channels"), HEADING, across=2)
    page.canvas.at_least(row, 30)
    _header(page, row + 1, "channel", _KEYS, words)
    spent = spend["spend"]
    everything = [
        *_counted(won, [], [True] * len(won.values), words),
        Given(f"SUM({spent.text})", _add(spent.value, [True] * len(spent.value))),
    ]
    channels = _Channels(page, row + 3, won, spend, _put_totals(page, row + 2, everything, words), words)
    last = channels.lay_out(listed["source"])
    _finish_figures(page, row + 2, last, page.range(row + 3, _FIRST, last, _FIRST))
    _rule_rows(page, row + 3, last, (_LABEL, _LABEL), (_FIRST + 1, _LAST))
    return last


class _Channels:
    """The channels of the list, then leads and costs of none of them."""

    def __init__(  # noqa: PLR0917 - what it is made of
        self, page: Page, first: int, won: WonLeads, spend: TableColumns, totals: Sequence[Cell], words: Words
    ) -> None:
        self.page, self.first, self.words = page, first, words
        self.won, self.spend, self.totals = won, spend, totals
        self.entries: list[_Entry] = []
        self.lines: list[list[Any]] = []

    def lay_out(self, names: Given) -> int:
        """Place the rows; return the last."""
        last = self.first + MOST_SOURCES
        for row in range(self.first, last + 1):
            entry = self._entry(row, names, is_last=row == last)
            figures = [
                self._figure(row, entry, number, counted) for number, counted in enumerate(self._of_channel(entry))
            ]
            _put_figures(self.page, row, figures, entry)
            self.entries.append(entry)
            self.lines.append([one.value for one in figures])
        return last

    def _entry(self, row: int, names: Given, *, is_last: bool) -> _Entry:
        page, most, other = self.page, len(names.value), self.words("funnel.other")
        before = self.entries[-1].place if self.entries else None
        if is_last:  # the others have a place however long the list is
            place = page.formula(row, _PLACE, f"ROWS({names.text})+1", most + 1, _HIDDEN)
        else:
            place = _put_place(page, row, names, before, None)
        left = [self._left(row, 0), self._left(row, len(_COUNTED) - 1)]
        is_listed, some = f"{_at(place)}<=ROWS({names.text})", "+".join(f"ABS(ROUND({one.text},2))" for one in left)
        ended = f"AND({_at(before)}<=ROWS({names.text}),{some}>0)" if before else f"{some}>0"
        kind = _LISTED if place.value <= most else _NOTHING
        if not kind and (before is None or before.value <= most) and any(round(one.value, 2) for one in left):
            kind = _LAST_ONE
        shown = names.value[place.value - 1] if kind == _LISTED else other if kind else ""
        named = f'INDEX({names.text},{_at(place)})&""'
        label = _put_label(page, row, f'IF({is_listed},{named},IF({ended},"{other}",""))', shown)
        word = _put_word(page, row, label)
        listed, repeated = str(_LISTED), [entry.label.value for entry in self.entries]
        if self.entries:
            above = page.range(self.first, _LABEL, row - 1, _LABEL).relative
            listed = f"IF(COUNTIF({above},{_at(word)})>0,{_REPEATED},{_LISTED})"
        kind = _REPEATED if kind == _LISTED and label.value in repeated else kind
        told = f'IF({is_listed},{listed},IF({_at(label)}="",{_NOTHING},{_LAST_ONE}))'
        return _Entry(label, place, word, page.formula(row, _KIND, told, kind, _HIDDEN))

    def _left(self, row: int, number: int) -> Given:
        """What of a total is in none of the rows above."""
        total = self.totals[number]
        if row == self.first:
            return Given(_at(total), total.value)
        above = f"SUM({_cells(self.page, self.first, row - 1, _COUNTED[number])})"
        return Given(f"{_at(total)}-{above}", total.value - sum(line[number] or 0 for line in self.lines))

    def _of_channel(self, entry: _Entry) -> list[Given]:
        """Counts and costs of the channel that the label names."""
        source, name, word = self.won.leads["source"], entry.label.value, _at(entry.word)
        chosen = [value == name for value in source.value]
        spent, channel = self.spend["spend"], self.spend["source"]
        money = _add(spent.value, [value == name for value in channel.value])
        return [
            *_counted(self.won, [f"{source.text},{word}"], chosen, self.words),
            Given(f"SUMIFS({spent.text},{channel.text},{word})", money),
        ]

    def _figure(self, row: int, entry: _Entry, number: int, counted: Given) -> Given:
        left = self._left(row, number)
        written = f'CHOOSE({_at(entry.kind)}+1,"",{counted.text},{left.text},0)'
        return Given(written, ("", counted.value, left.value, 0)[entry.kind.value])


def _counted(won: WonLeads, conditions: Sequence[str], chosen: Sequence[bool], words: Words) -> list[Given]:
    """Leads, opportunities, won and lost ones and revenue of the leads that fulfil the conditions."""
    leads = won.leads
    status, opportunity, identity, lost = leads["status"], leads["opportunity"], leads["id"], words("status.lost")

    def count(more: Sequence[str], test: Callable[[int], bool]) -> Given:
        value = sum(one and test(i) for i, one in enumerate(chosen))
        return Given(f"COUNTIFS({','.join([*conditions, *more])})", value)

    is_opportunity = f'{opportunity.text},">0"'
    everyone = Given(f"COUNTA({identity.text})", sum(value != "" for value in identity.value))
    return [
        count([], lambda _: True) if conditions else everyone,
        count([is_opportunity], lambda i: opportunity.value[i] != ""),
        won.count(conditions, chosen),
        count([f'{status.text},"{lost}"', is_opportunity],
              lambda i: status.value[i] == lost and opportunity.value[i] != ""),
        won.total("amount", conditions, chosen),
    ]  # fmt: skip


def _cells(page: Page, first: int, last: int, offset: int) -> str:
    return page.range(first, _FIRST + offset, last, _FIRST + offset).relative


def _put_figures(page: Page, row: int, counted: Sequence[Given], entry: _Entry | None = None) -> None:
    """The counts and sums of one month or channel, and what follows from them."""
    looks = [_unruled(one) if entry else one for one in (_COUNT, _SHARE)]
    _put_ratios(page, row, _put_counts(page, row, counted, looks[0]), looks, entry)


def _put_totals(page: Page, row: int, totals: Sequence[Given], words: Words) -> list[Cell]:
    looks = [replace(styles.TOTAL, number_format=one.number_format) for one in (_COUNT, _SHARE)]
    page.put(row, _LABEL, words("funnel.all"), styles.TOTAL_LABEL)
    cells = _put_counts(page, row, totals, looks[0])
    _put_ratios(page, row, cells, looks, None)
    return cells


def _put_counts(page: Page, row: int, counted: Sequence[Given], look: Style) -> list[Cell]:
    return [
        page.formula(row, _FIRST + offset, one.text, one.value, look)
        for offset, one in zip(_COUNTED, counted, strict=True)
    ]


def _put_ratios(page: Page, row: int, cells: Sequence[Cell], looks: Sequence[Style], entry: _Entry | None) -> None:
    leads, _, won, lost, revenue, spend = cells
    money, share = looks
    for offset, name, arguments, style in (
        (5, "LEADCONV", (won, leads), share), (6, "WINRATE", (won, lost), share), (8, "CPL", (spend, leads), money),
        (9, "CAC", (spend, won), money), (10, "ROMI", (revenue, spend), share),
    ):  # fmt: skip
        _put_ratio(page, row, _FIRST + offset, name, arguments, style, entry)


def _put_ratio(  # noqa: PLR0917 - as of Page.kpi
    page: Page, row: int, column: int, name: str, arguments: Sequence[Given], style: Style, entry: _Entry | None
) -> None:
    """A call of a KPI, empty where the row shows nothing."""
    if entry is None:
        page.kpi(row, column, name, arguments, style)
        return
    written = f"{name}({','.join(page.text_of(one) for one in arguments)})"
    value = CATALOGUE[name](*(one.value for one in arguments)) if entry.is_shown else ""
    page.formula(row, column, *entry.unless_empty(written, value), style)


def _finish_figures(page: Page, first: int, last: int, bars: Range) -> None:
    page.hide_unknown_names(page.range(first, _FIRST + 5, last, _FIRST + 6))
    page.hide_unknown_names(page.range(first, _FIRST + 8, last, _LAST))
    page.bars.append(Bars(bars, PALE_NAVY))


def _add(values: Sequence[Any], chosen: Sequence[bool]) -> float:
    return float(sum(value for value, one in zip(values, chosen, strict=True) if one and value != ""))
