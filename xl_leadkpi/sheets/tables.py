"""One block of the report as an Excel table: headers, figures, live ratios, totals, grey where uncertain."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count, groupby
from typing import TYPE_CHECKING, Any

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.funnel.report import Above, First, argument_column
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.leads.model.evidence import ABSENT
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.formulas import NO_VALUE, Formulas, Place, ratio_formula, shown_value
from xl_leadkpi.sheets.layout import Area, Cells, Condition, Table, address, column_letters
from xl_leadkpi.sheets.measure import lines_needed, widest_line
from xl_leadkpi.sheets.palette import FAINT
from xl_leadkpi.sheets.text_cells import LONGEST_IN_FORMULA, line_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from xl_leadkpi.funnel.report import Block, Column
    from xl_leadkpi.sheets.canvas import Canvas
    from xl_leadkpi.sheets.formats import Formats
    from xl_leadkpi.sheets.texts import Texts

LINE = 16
"""Height of one line of small text in pixels."""
PADDING = 7
"""What a cell keeps free beside its text, in pixels."""
GAP = 7
"""What a header keeps free beside its lines, so that it does not run into the next one, in pixels."""
LONGEST_LABEL = 120


@dataclass(frozen=True, slots=True)
class Setting:
    """What every part of the sheet needs to know: language, formats, how ratios are written, the column widths."""

    texts: Texts
    formats: Formats
    formulas: Formulas
    min_n: int
    window_days: int
    label_width: int
    cell_width: int

    @property
    def language(self) -> str:
        """Language of the workbook."""
        return self.formats.language


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a block has gone.

    Attributes:
        header_row: Row of its (first part's) headers.
        first_row: Its first row of figures.
        last_row: Its last row, totals included.
        last_column: Its rightmost column.
        places: Where each of its columns begins, over all parts.
    """

    header_row: int
    first_row: int
    last_row: int
    last_column: int
    places: dict[str, Place] = field(default_factory=dict)


def place_table(
    canvas: Canvas,
    block: Block,
    columns: Sequence[Column],
    setting: Setting,
    *,
    row: int,
    column: int = 1,
    name: str | None = None,
    places: dict[str, Place] | None = None,
    headers: dict[str, str] | None = None,
    missing: Mapping[str, str] | None = None,
) -> Placed:
    """Place some columns of a block as one Excel table, its headers in ``row``.

    Args:
        canvas: The sheet.
        block: The block.
        columns: Its columns that this table shows, the label first.
        setting: Language, formats, formulas.
        row: Row of the headers.
        column: Column of the label.
        name: Name of the table; the block's own if None.
        places: Where columns that stand elsewhere begin (the block's other parts); this part's are added.
        headers: Headers that differ from the column's own.
        missing: What to show in a column where there is no value; an empty cell if None.
    """
    rows, totals = len(block), block.totals
    first = row + 1
    own = {part.key: Place(first, column + i, ratio=part.ratio is not None) for i, part in enumerate(columns)}
    where = {**(places or {}), **own}
    texts, header_styles, body, foot = [], [], [], []
    with_dashes: list[int] = []
    for i, part in enumerate(columns):
        is_label = part.unit in ("text", "month", "date") and i == 0
        shown = setting.formats.of(part, setting.cell_width - PADDING, styles.SIZE)
        title = (headers or {}).get(part.key) or setting.texts.column(part.key)
        texts.append(_with_unit(title, shown.unit, setting.cell_width))
        header_styles.append(styles.LABEL_HEADER if is_label else styles.HEADER)
        style = replace(styles.LABEL if is_label else styles.FIGURE, number_format=shown.number_format)
        last = replace(styles.TOTAL_LABEL if is_label else styles.TOTAL, number_format=shown.number_format)
        if part.unit == "text" and not is_label:
            # the last column, free to run on over the empty cells to its right
            style, last = (replace(one, align="left", indent=1, wrap=False) for one in (style, last))
            header_styles[-1] = replace(styles.LABEL_HEADER, indent=1)
        blank = (missing or {}).get(part.key)
        gaps = unknown_rows(block, part.key)
        values = [
            (NO_VALUE if row in gaps else blank) if value is None else _display(value, part, setting)
            for row, value in enumerate(part.values)
        ]
        if None in part.values and (blank is not None or gaps) and part.unit != "text":
            with_dashes.append(column + i)
        formulas = _formulas(part, where, setting.formulas)
        split = rows - totals
        body.append(Cells(tuple(values[:split]), style, formulas and formulas[:split]))
        foot.append(Cells(tuple(values[split:]), last, formulas and formulas[split:]))
    for left, right in _runs(with_dashes):
        place = canvas.range(first, left, first + rows - 1, right)
        canvas.conditions.append(Condition(place, f"ISTEXT({address(first, left)})", color=FAINT))
    titles = unique_headers(texts)
    widths = [setting.label_width if column == 1 and not i else setting.cell_width for i in range(len(columns))]
    lines = max(
        lines_needed(title, width - PADDING, styles.HEADER.size) for title, width in zip(titles, widths, strict=True)
    )
    canvas.at_least(row, 4 + LINE * max(lines, 1))
    canvas.put_row(row, column, titles, header_styles)
    for area in (Area(first, column, tuple(body)), Area(first + rows - totals, column, tuple(foot))):
        if area.height:
            canvas.areas.append(area)
    make_room_for_labels(canvas, body[0], widths[0], first)
    make_room_for_labels(canvas, foot[0], widths[0], first + rows - totals)
    last_row, last_column = max(first + rows - 1, first), column + len(columns) - 1
    canvas.tables.append(Table(name or block.name, canvas.range(row, column, last_row, last_column), titles))
    _grey_uncertain(canvas, columns, where, setting, rows)
    return Placed(row, first, last_row, last_column, where)


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of numbers that follow each other without a gap.

    >>> list(_runs([2, 3, 4, 7]))
    [(2, 4), (7, 7)]
    """
    for _, run in groupby(enumerate(numbers), lambda one: one[1] - one[0]):
        members = [number for _, number in run]
        yield members[0], members[-1]


def unknown_rows(block: Block, key: str) -> Collection[int]:
    """Rows of a column that show a dash because the table does not support their figure.

    What was not exported at all has no column on the sheet.
    """
    gap = block.unknown.get(key)
    return set(gap.rows) if gap is not None and gap.why.kind not in ABSENT else ()


def _with_unit(title: str, unit: str, width: int) -> str:
    """Header with the unit of its figures, written so that it wraps before it runs into the next header."""
    if not unit:
        return title
    spellings = (f"{title}, {unit}", f"{title} ({unit})", f"{title} – {unit}")
    fitting = (spelling for spelling in spellings if header_fits(spelling, width))
    return next(fitting, spellings[0])


def header_fits(text: str, width: int) -> bool:
    """Whether a header stays clear of the one before it, whether a line that just fits is wrapped or not."""
    return all(
        widest_line(text, room, styles.HEADER.size) <= width - GAP for room in (width - PADDING, width - PADDING // 5)
    )


def make_room_for_labels(canvas: Canvas, labels: Cells, width: int, first: int) -> None:
    """Make the rows of labels that do not fit on a line higher."""
    for row, value in enumerate(labels.values, start=first):
        if isinstance(value, str):
            lines = lines_needed(value, width - PADDING, labels.style.size, bold=labels.style.bold)
            if lines > 1:
                canvas.at_least(row, 4 + LINE * lines)


def _display(value: Any, column: Column, setting: Setting) -> Any:
    if isinstance(value, CellError):
        return shown_value(value, column.ratio, setting.formulas)
    if column.unit == "text" and value is not None:
        text = setting.texts.label(str(value), column.key)
        return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"
    return value


def _formulas(column: Column, places: dict[str, Place], mode: Formulas) -> tuple[str | None, ...] | None:
    ratio = column.ratio
    if ratio is None or mode == "values":
        return None
    counted = len(column.values) - column.summed
    return tuple(
        None if value is None or row >= counted else ratio_formula(ratio, row, places, mode)
        for row, value in enumerate(column.values)
    )


def unique_headers(titles: Sequence[str]) -> tuple[str, ...]:
    """Make headers fit for a table: short texts of one line that differ, compared without case as Excel does.

    >>> unique_headers(["Won", "won", "Lost"])
    ('Won', 'won 2', 'Lost')
    """
    taken: set[str] = set()
    result = []
    for title in titles:
        candidate = _free(line_text(title) or "–", taken)
        taken.add(candidate.casefold())
        result.append(candidate)
    return tuple(result)


def _free(name: str, taken: set[str]) -> str:
    if name.casefold() not in taken:
        return name
    numbered = (f"{line_text(name, LONGEST_IN_FORMULA - len(f' {i}'))} {i}" for i in count(2))
    return next(text for text in numbered if text.casefold() not in taken)


def _grey_uncertain(
    canvas: Canvas, columns: Sequence[Column], places: dict[str, Place], setting: Setting, rows: int
) -> None:
    """Grey each rate that rests on fewer than ``min_n`` cases (specification, 5.5)."""
    for part in columns:
        if part.unit != "fraction" or rows == 0:
            continue
        cases = _cases(part, places)
        if cases is None:
            continue
        place = places[part.key]
        canvas.conditions.append(
            Condition(
                canvas.range(place.row, place.column, place.row + rows - 1, place.column),
                f"AND(ISNUMBER({address(place.row, place.column)}),{cases}<{setting.min_n})",
                color=FAINT,
            )
        )


def _cases(part: Column, places: dict[str, Place]) -> str | None:
    """The number of cases a rate rests on, for the first row of its block: its denominator, or what it declares."""
    cells = []
    ratio = part.ratio
    if part.cases or ratio is None:
        place = places.get(part.cases)
        return None if place is None else f"N(${column_letters(place.column)}{place.row + 1})"
    for argument in (ratio.arguments[place] for place in CATALOGUE[ratio.kpi].divided_by(len(ratio.arguments))):
        key = argument_column(argument)
        if key is None:  # a number, of which there are no cases
            continue
        if key not in places:
            return None
        row, fixed = places[key].row - isinstance(argument, Above), "$" if isinstance(argument, First) else ""
        # with its column fixed, rates of all tables whose cases stand in one column share one condition
        cells.append(f"N(${column_letters(places[key].column)}{fixed}{row + 1})")
    return "+".join(cells) or None
