"""The sheet Start: what this is, three steps, what works where; and a line that says whether the functions work."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from xl_leadkpi import __version__
from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.sheets import styles
from xl_leadkpi.sheets.layout import Condition, Link, Print, address
from xl_leadkpi.sheets.palette import INK, MUTED, NAVY, TEAL
from xl_leadkpi.workbooks.page import HEADING, INPUT_FILL, LINK, PARAGRAPH, TITLE, Page

if TYPE_CHECKING:
    from xl_leadkpi.sheets.layout import Sheet
    from xl_leadkpi.workbooks.sources import Words

SHEETS: Final = ("Leads", "Spend", "Lists", "Inputs", "Scorecard", "Calculators", "Funnel", "Functions")
_WHERE: Final = (
    ("where.win", "yes", "where.365only", "yes"),
    ("where.365", "saved", "yes", "no"),
    ("where.web", "saved", "yes", "no"),
    ("where.old", "saved", "saved", "no"),
    ("where.other", "saved", "no", "no"),
    ("where.terminal", "no", "no", "where.cli"),
)
_WIDE: Final = 5
_MESSAGES: Final = 9
"""Hidden column with what the banner may say."""
_FIGURES: Final = "Inputs!$A$1:$Z$500"
_STEP: Final = replace(PARAGRAPH, wrap=True, valign="center")
_BANNER: Final = replace(styles.LABEL, size=10, bold=True, color=NAVY, fill=INPUT_FILL, indent=1, bottom=None)


def start_page(words: Words) -> tuple[Page, Sheet]:
    """Lay the sheet out."""
    page = Page("Start")
    page.put(0, 1, words("title"), replace(TITLE, size=22), across=2)
    page.canvas.at_least(0, 42)
    page.put(1, 1, f"{words('subtitle')}  ·  {__version__}", replace(styles.SUBTITLE, size=11), across=_WIDE)
    page.canvas.at_least(1, 24)
    _banner(page, 3, words)
    row = 5
    page.put(row, 1, words("start.what"), HEADING, across=_WIDE)
    page.canvas.at_least(row, 28)
    for key in ("start.what.1", "start.what.2", "start.copy"):
        row += 1
        page.put(row, 1, words(key), replace(PARAGRAPH, wrap=True), across=_WIDE)
        page.canvas.at_least(row, 36)
    row = _steps(page, row + 2, words)
    row = _sheets(page, row + 1, words)
    row = _where(page, row + 1, words)
    widths = ((0, 0, 18), (1, 1, 90), (2, 2, 290), (3, 5, 190), (6, 6, 18), (_MESSAGES, _MESSAGES, 60))
    page.outlined = (_MESSAGES, _MESSAGES)
    return page, page.sheet(widths, printing=Print(area=page.range(0, 0, row, 6), landscape=False), tab_color=NAVY)


def _banner(page: Page, row: int, words: Words) -> None:
    """The functions are tried whenever a figure on Inputs changes, itself or by what it is computed from.

    Not when the file is opened: a volatile formula would start Python then, and have Excel ask whether to save changes
    at each close. Until the first change the banner says what to do; later it speaks of the last calculation, which may
    have been on another computer. A program that knows no LAMBDA has errors of its own, of no type that Excel knows.
    """
    messages = [
        page.put(row + i, _MESSAGES, words(f"start.{key}"), styles.NOTE)
        for i, key in enumerate(("ok", "blocked", "python"))
    ]
    ok, blocked, python = (message.seen_from(page.name) for message in messages)
    tried = page.formula(row + 3, _MESSAGES, f"CPL(1000,40)+0*COUNT({_FIGURES})", CellError.NAME, styles.NOTE)
    cell = tried.seen_from(page.name)
    without_python = f"IFERROR(IF(OR(ERROR.TYPE({cell})=3,ERROR.TYPE({cell})=7),{python},{blocked}),{blocked})"
    page.formula(
        row, 1, f"IFERROR(IF({cell}=25,{ok},{python}),{without_python})",
        words("start.saved"), replace(_BANNER, wrap=True), across=_WIDE,
    )  # fmt: skip
    page.canvas.at_least(row, 64)
    cell = address(row, 1, absolute=True)
    place = page.range(row, 1, row, _WIDE)
    page.canvas.conditions.append(Condition(place, f"{cell}={ok}", color=TEAL, fill="#EAF4F2"))


def _steps(page: Page, row: int, words: Words) -> int:
    page.put(row, 1, words("start.steps"), HEADING, across=_WIDE)
    page.canvas.at_least(row, 28)
    for number in (1, 2, 3):
        row += 1
        page.put(row, 1, number, replace(PARAGRAPH, bold=True, color=TEAL, size=14, indent=1, valign="center"))
        page.put(row, 2, words(f"start.step.{number}"), _STEP, across=_WIDE - 1)
        page.canvas.at_least(row, 38)
    row += 1
    page.put(row, 1, None, replace(styles.LABEL, fill=INPUT_FILL, bottom=None))
    page.put(row, 2, words("start.colours"), replace(_STEP, color=MUTED, indent=1), across=_WIDE - 1)
    return row + 1


def _sheets(page: Page, row: int, words: Words) -> int:
    page.put(row, 1, words("start.sheets"), HEADING, across=_WIDE)
    page.canvas.at_least(row, 28)
    for name in SHEETS:
        row += 1
        page.canvas.links.append(Link(row, 1, name, f"'{name}'!A1", replace(LINK, size=10)))
        page.put(row, 2, words(f"sheet.{name}"), replace(PARAGRAPH, valign="center"), across=_WIDE - 1)
    return row + 1


def _where(page: Page, row: int, words: Words) -> int:
    page.put(row, 1, words("start.where"), HEADING, across=_WIDE)
    page.canvas.at_least(row, 28)
    row += 1
    header = replace(styles.LABEL_HEADER, wrap=True)
    page.put(row, 1, words("start.where.host"), header, across=2)
    for column, key in ((3, "xlsm"), (4, "xlsx"), (5, "funnel")):
        page.put(row, column, words(f"start.where.{key}"), header)
    page.canvas.at_least(row, 24)
    for host, *answers in _WHERE:
        row += 1
        page.put(row, 1, words(host), styles.LABEL, across=2)
        for column, answer in enumerate(answers, start=3):
            color = TEAL if answer in {"yes", "where.365only", "where.cli"} else MUTED if answer == "no" else INK
            page.put(row, column, words(answer), replace(styles.LABEL, color=color))
        page.canvas.at_least(row, 24)
    return row
