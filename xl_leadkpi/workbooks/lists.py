"""The sheet Lists: stages, sources and loss reasons in the user's own words; drop-down lists and Funnel follow them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from xl_leadkpi.leads.model.stage import MOST_OPEN
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.layout import Area, Cells, Choice, Condition, Link, Print, Table, address
from xl_leadkpi.sheets.palette import RED
from xl_leadkpi.workbooks.page import INPUT, LINK, NOTE, TITLE, Cell, Page
from xl_leadkpi.workbooks.tables import REASON_NAMES, SOURCE_NAMES, STAGE_NAMES, TableColumns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xl_leadkpi.sheets.layout import Sheet
    from xl_leadkpi.workbooks.sources import Words

MOST_STAGES: Final = MOST_OPEN + 1
"""Rows of the list of stages: those before the win, and the win."""
MOST_SOURCES: Final = 20
MOST_REASONS: Final = 20

_HEADER_ROW: Final = 4
_WIDTHS: Final = {"stage": 190, "stands_for": 150, "source": 190, "reason": 190}
_GAP: Final = 28
_WIN: Final = len(_WIDTHS) + 3
"""Column of what the win is called: behind the lists, and what stands beside each."""
_HEADER: Final = replace(styles.DATA_HEADER, wrap=True)
_FOLDED: Final = replace(styles.NOTE, align="right")
_ENTRY: Final = replace(INPUT, align="left", wrap=True)


@dataclass(frozen=True, slots=True)
class Win:
    """What the win is called.

    Attributes:
        name: As on the list, else by the word of the status.
        criterion: What only this very word fulfils, whatever it begins with and holds.
    """

    name: Cell
    criterion: Cell


@dataclass(frozen=True, slots=True)
class Lists:
    """The columns of the three tables, and what their win is called."""

    stages: TableColumns
    sources: TableColumns
    reasons: TableColumns
    win: Win

    @property
    def names(self) -> Mapping[str, str]:
        """Defined names and what they stand for: the cells down to the last that is filled in."""
        columns = (
            (STAGE_NAMES, self.stages, "stage"),
            (SOURCE_NAMES, self.sources, "source"),
            (REASON_NAMES, self.reasons, "reason"),
        )
        return {name: f"={_filled_in(table[field].text)}" for name, table, field in columns}


def lists(words: Words) -> Lists:
    """The lists as the workbook comes: the words of its sample rows.

    >>> from xl_leadkpi.workbooks.sources import Words
    >>> lists(Words("en")).stages["stands for"].value[:7]
    ['', 'MQL', 'SQL', 'Meeting', 'Opportunity', 'Won', '']
    """
    stages = words.all("stage")
    usual = [None, *stages[1:]]
    headers = {"stage": words("leads.stage"), "stands for": words("lists.stands_for")}
    values = {"stage": _padded(stages, MOST_STAGES), "stands for": _padded(usual, MOST_STAGES)}
    name = words("stage.won")
    cells = [Cell(f"Lists!{address(row, _WIN, absolute=True)}", text, "Lists", row, _WIN)
             for row, text in ((_HEADER_ROW + 1, name), (_HEADER_ROW + 2, f"={name}"))]  # fmt: skip
    return Lists(
        TableColumns("tblStageList", headers, values),
        _one_column("tblSourceList", "source", words, MOST_SOURCES),
        _one_column("tblReasonList", "reason", words, MOST_REASONS),
        Win(*cells),
    )


def usual_stages(words: Words) -> tuple[str, ...]:
    """What a stage of the user's own may stand for, the win last."""
    *inner, won = words.all("stage")[1:]
    return (*inner, words("lists.proposal"), won)


def lists_page(given: Lists, words: Words) -> tuple[Page, Sheet]:
    """Lay the sheet out."""
    page = Page("Lists")
    page.put(0, 0, words("lists.title"), TITLE, across=2)
    page.canvas.links.append(Link(1, 0, words("back"), "'Start'!A1", LINK))
    page.put(2, 0, words("lists.note"), NOTE, across=6)
    page.canvas.at_least(0, 34)
    page.canvas.at_least(2, 50)
    page.canvas.at_least(_HEADER_ROW, 26)
    widths: list[int] = []
    for table in (given.stages, given.sources, given.reasons):
        _list(page, len(widths), table)
        widths += [*(_WIDTHS[field.replace(" ", "_")] for field in table.headers), _GAP]
    _put_win(page, given, words)
    place = page.range(_HEADER_ROW + 1, 1, _HEADER_ROW + MOST_STAGES, 1)
    page.canvas.choices.append(Choice(place, usual_stages(words), message=words("lists.hint")))
    printing = Print(repeat_rows=(_HEADER_ROW, _HEADER_ROW), landscape=False)
    columns = [(i, i, width) for i, width in enumerate(widths)] + [(_WIN, _WIN, _WIDTHS["stage"])]
    page.outlined = (_WIN, _WIN)
    return page, page.sheet(columns, freeze=(_HEADER_ROW + 1, 0), printing=printing, tab_color="#1E8E7E")


def _put_win(page: Page, given: Lists, words: Words) -> None:
    """The name of the win and the criterion of it, folded away: formulas of all sheets ask for leads of that stage."""
    names, usual, win = given.stages["stage"], given.stages["stands for"], given.win
    listed = f'INDEX({names.text},MATCH("{words("stage.won")}",{usual.text},0))&""'
    other = f'"{words("status.won")}"'
    page.formula(win.name.row, _WIN, f'IFERROR(IF({listed}="",{other},{listed}),{other})', win.name.value, _FOLDED)
    written = as_criterion(win.name.seen_from(page.name))
    page.formula(win.criterion.row, _WIN, written, win.criterion.value, _FOLDED)


def as_criterion(cell: str) -> str:
    """A formula that makes the word in a cell a criterion that only this very word fulfils."""
    return f'"="&SUBSTITUTE(SUBSTITUTE(SUBSTITUTE({cell},"~","~~"),"*","~*"),"?","~?")'


def _list(page: Page, column: int, table: TableColumns) -> None:
    headers = tuple(table.headers.values())
    page.canvas.put_row(_HEADER_ROW, column, headers, [_HEADER] * len(headers))
    area = Area(_HEADER_ROW + 1, column, tuple(Cells(tuple(values), _ENTRY) for values in table.values.values()))
    page.canvas.areas.append(area)
    place = page.range(_HEADER_ROW, column, area.last_row, area.last_column)
    page.canvas.tables.append(Table(table.table, place, headers))
    entries = page.range(area.row, column, area.last_row, column)
    first = address(area.row, column)
    repeated = f'AND({first}<>"",SUMPRODUCT(--({entries}={first}))>1)'
    page.canvas.conditions.append(Condition(entries, repeated, color=RED))


def _one_column(table: str, field: str, words: Words, rows: int) -> TableColumns:
    return TableColumns(table, {field: words(f"leads.{field}")}, {field: _padded(words.all(field), rows)})


def _padded(values: tuple[Any, ...] | list[Any], rows: int) -> list[Any]:
    return [*values, *[None] * (rows - len(values))]


def _filled_in(column: str) -> str:
    """The cells of a column down to the last that is filled in: an empty one in a list would let any word in."""
    last = f'SUMPRODUCT(MAX(({column}<>"")*(ROW({column})-MIN(ROW({column}))+1)))'
    return f"INDEX({column},1):INDEX({column},MAX(1,{last}))"
