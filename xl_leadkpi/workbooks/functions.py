"""The sheet Functions: the whole reference, filterable, with a live example for each function."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from xl_leadkpi.addin.exports import FUNCTIONS
from xl_leadkpi.cells.days import moment_number
from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.kpis import CATALOGUE, FAMILIES
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.layout import Link, Print
from xl_leadkpi.sheets.measure import lines_needed
from xl_leadkpi.sheets.palette import MUTED
from xl_leadkpi.workbooks.page import LINK, NOTE, TITLE, Page
from xl_leadkpi.workbooks.sources import ENGLISH

if TYPE_CHECKING:
    from xl_leadkpi.addin.exports import ExcelFunction
    from xl_leadkpi.kpis.declaration import Example, Kpi
    from xl_leadkpi.sheets.layout import Sheet
    from xl_leadkpi.workbooks.sources import Words

_HEADER_ROW: Final = 4
_COLUMNS: Final = (
    ("name", 110), ("kpi", 255), ("family", 160), ("meaning", 375), ("arguments", 395), ("formula", 300),
    ("unit", 80), ("better", 70), ("example", 260), ("result", 100),
)  # fmt: skip
_EXAMPLE: Final = 8
_LONGEST_FORMULA: Final = 160
"""Characters of a plain formula that a reader still takes in."""

_PADDING: Final = 8
"""Pixels that a cell keeps free beside its text."""

_HEADER: Final = replace(styles.DATA_HEADER, wrap=True)
_TEXT: Final = replace(styles.LABEL, valign="top", size=9)
_NAME: Final = replace(_TEXT, bold=True, size=10)
_CODE: Final = replace(_TEXT, color=MUTED)


def functions_page(words: Words) -> tuple[Page, Sheet]:
    """Lay the sheet out."""
    page = Page("Functions")
    page.put(0, 0, words("fn.title"), TITLE, across=2)
    page.canvas.links.append(Link(1, 0, words("back"), "'Start'!A1", LINK))
    page.put(2, 0, words("fn.note"), NOTE, across=4)
    page.put(3, 0, words("fn.at"), NOTE, across=5)
    page.canvas.at_least(0, 34)
    headers = [words(f"fn.{key}") for key, _ in _COLUMNS]
    page.canvas.put_row(_HEADER_ROW, 0, headers, [*[_HEADER] * (_EXAMPLE + 1), replace(_HEADER, align="right")])
    page.canvas.at_least(_HEADER_ROW, 26)
    row = _HEADER_ROW + 1
    families = list(FAMILIES)
    for kpi in sorted(CATALOGUE.values(), key=lambda kpi: families.index(kpi.family)):
        _kpi_row(page, row, kpi, words)
        row += 1
    for function in FUNCTIONS.values():
        if function.kpi is None:
            arguments, meaning = _arguments(function, words), words.meaning(function)
            title = words(f"table.{function.name}")
            cells = (function.name, title, words("family.tables"), meaning, arguments, None,
                     words("unit.table"), "–", words("fn.python"), None)  # fmt: skip
            page.canvas.put_row(row, 0, cells, [_NAME, *[_TEXT] * 7, _CODE, _TEXT])
            page.canvas.at_least(row, _height(cells))
            row += 1
    page.filtered = page.range(_HEADER_ROW, 0, row - 1, len(_COLUMNS) - 1)
    page.hide_unknown_names(page.range(_HEADER_ROW + 1, _EXAMPLE + 1, row - 1, _EXAMPLE + 1))
    widths = [(i, i, width) for i, (_, width) in enumerate(_COLUMNS)]
    printing = Print(repeat_rows=(_HEADER_ROW, _HEADER_ROW))
    return page, page.sheet(widths, freeze=(_HEADER_ROW + 1, 1), printing=printing, tab_color="#9AA4AF")


def _kpi_row(page: Page, row: int, kpi: Kpi, words: Words) -> None:
    function = FUNCTIONS[kpi.name]
    arguments, meaning = _arguments(function, words), words.meaning(function)
    formula = _plain_formula(kpi)
    written, value = example_of(kpi)
    typed, _ = example_of(kpi, words)
    direction = words(f"better.{kpi.direction}") if kpi.direction in {"higher", "lower"} else "–"
    cells = (kpi.name, kpi.title_in(words.language), words(f"family.{kpi.family}"), meaning, arguments, formula,
             words(f"unit.{kpi.unit}"), direction, f"={typed}")  # fmt: skip
    page.canvas.put_row(row, 0, cells, [_NAME, *[_TEXT] * 4, _CODE, _TEXT, _TEXT, _CODE])
    style = replace(_TEXT, number_format=kpi.number_format, align="right", bold=True, size=10)
    page.formula(row, _EXAMPLE + 1, written, value, style)
    page.canvas.at_least(row, _height(cells))


def _arguments(function: ExcelFunction, words: Words) -> str:
    optional = f" ({words('fn.optional')})"
    return "\n".join(
        f"{one.name}: {words.argument(function, one)}{optional if one.optional else ''}" for one in function.parameters
    )


def _height(cells: tuple[str | None, ...]) -> int:
    """Pixels that the longest text of a row takes, wrapped in its column."""
    lines = max(
        sum(lines_needed(line, width - _PADDING, _TEXT.size) for line in (text or "").split("\n"))
        for text, (_, width) in zip(cells, _COLUMNS, strict=False)
    )
    return 8 + 15 * lines


def _plain_formula(kpi: Kpi) -> str | None:
    written = kpi.excel_text(*(argument.name for argument in kpi.arguments if not argument.optional))
    return written if len(written) <= _LONGEST_FORMULA else None


def example_of(kpi: Kpi, words: Words = ENGLISH) -> tuple[str, Any]:
    """A worked example as a formula with constants, and its value; where a result spills, its last figure.

    Args:
        kpi: Whose example.
        words: Of the language whose Excel the formula is typed into; a file holds the English one.

    >>> from xl_leadkpi import kpis
    >>> example_of(kpis.CATALOGUE["CPL"])
    ('CPL(10000,200)', 50)
    """
    example = next(one for one in kpi.examples if _writable(one))
    arguments = list(example.arguments)
    while arguments and arguments[-1] is None:
        arguments.pop()
    separator, decimal = words.locale.list_separator, words.locale.decimal
    written = f"{kpi.name}({separator.join(_constant(argument, decimal) for argument in arguments)})"
    if isinstance(example.expected, tuple):
        count = len(example.expected)
        return f"INDEX({written}{separator}{count})", example.expected[-1]
    return written, example.expected


def _writable(example: Example) -> bool:
    """Whether the example has a figure as its result and every argument can stand in a formula."""
    expected = example.expected if isinstance(example.expected, tuple) else (example.expected,)
    if any(isinstance(value, CellError) for value in expected):
        return False
    given = [a for a in example.arguments if isinstance(a, list | tuple)]
    return not any(isinstance(value, CellError) for argument in given for value in argument)


def _constant(value: Any, decimal: str = ".") -> str:
    if isinstance(value, list | tuple):
        return "{" + ";".join(_constant("" if one is None else one, decimal) for one in value) + "}"
    if value is None:
        return ""
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
        return f"{round(moment_number(moment), 9):.10g}".replace(".", decimal)
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return f"{value:.15g}".replace(".", decimal)
