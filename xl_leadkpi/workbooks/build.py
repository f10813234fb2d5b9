"""``leadkpi workbooks build``: the workbooks from text sources and the catalogue, byte for byte the same."""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING, Final

import xlsxwriter

from xl_leadkpi import __version__
from xl_leadkpi.sheets import xlsx
from xl_leadkpi.sheets.layout import Layout
from xl_leadkpi.workbooks import names, package, ribbon, vba
from xl_leadkpi.workbooks.calculators import calculators_page
from xl_leadkpi.workbooks.files import ADD_IN, EXCEL_TEMPLATE, NO_PYTHON, TEMPLATE, XLWINGS, Built, write
from xl_leadkpi.workbooks.filled import filled_funnel
from xl_leadkpi.workbooks.functions import functions_page
from xl_leadkpi.workbooks.funnel import funnel_page
from xl_leadkpi.workbooks.inputs import inputs_page
from xl_leadkpi.workbooks.lists import lists, lists_page
from xl_leadkpi.workbooks.scorecard import scorecard_page
from xl_leadkpi.workbooks.sources import Words, sample
from xl_leadkpi.workbooks.start import start_page
from xl_leadkpi.workbooks.tables import columns, leads_page, spend_page
from xl_leadkpi.workbooks.won import WonLeads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from xlsxwriter.workbook import Workbook

    from xl_leadkpi.sheets.layout import Sheet
    from xl_leadkpi.workbooks.page import Page

_CREATED: Final = datetime(2026, 1, 1)  # noqa: DTZ001 - XlsxWriter writes it as it is


def pages(words: Words, *, with_funnel: bool) -> list[tuple[Page, Sheet]]:
    """The sheets of both editions; the funnel by formulas is that of the edition without Python."""
    rows = sample(words)
    leads, spend = columns(rows, words)
    listed = lists(words)
    won = WonLeads(leads, listed.win, words)
    inputs_sheet, laid_out, inputs = inputs_page(won, spend, words)
    return [
        start_page(words),
        leads_page(rows, words),
        spend_page(rows, words),
        lists_page(listed, words),
        (inputs_sheet, laid_out),
        scorecard_page(inputs, won, words),
        calculators_page(inputs, words),
        *([funnel_page(won, spend, inputs, listed, words)] if with_funnel else []),
        functions_page(words),
    ]


def no_python(language: str = "en") -> Built:
    """The workbook that needs nothing but a current Excel: every KPI is a named LAMBDA."""
    made = io.BytesIO()
    book = open_book(made)
    words = Words(language)
    write_pages(book, pages(words, with_funnel=True), words)
    defined = list(names.definitions(words))
    for name, definition, _ in defined:
        book.define_name(name, f"={definition}")
    _name_lists(book, words)
    book.close()
    parts = package.unpack(made.getvalue())
    package.describe_names(parts, {name: description for name, _, description in defined})
    return Built(NO_PYTHON, package.pack(parts))


def template(language: str = "en", xlwings: str = XLWINGS) -> Built:
    """The workbook to distribute: the same sheets, functions and ribbon in one file."""
    words = Words(language)
    made = io.BytesIO()
    book = open_book(made)
    rows = sample(words)
    funnel = filled_funnel(rows, *columns(rows, words), words)
    *others, functions = pages(words, with_funnel=False)
    summary, stages, *made_by_macro = [(None, sheet) for sheet in funnel.sheets]
    shown = [*others, summary, stages, functions, *made_by_macro, (None, ribbon.text_sheet())]
    write_pages(book, shown, words)
    for name, target in funnel.names.items():
        book.define_name(name, target)
    _name_lists(book, words)
    _set_code_names(book, [sheet.name for _, sheet in shown])
    book.close()
    sources = vba.modules(add_in=False, xlwings=xlwings)
    parts = vba.add_project(package.unpack(made.getvalue()), sources, vba.TEMPLATE_PROJECT)
    package.add_ribbon(parts, ribbon.ribbon_xml(add_in=False))
    return Built(TEMPLATE, package.pack(parts))


def excel_template(workbook: Built) -> Built:
    """What Excel offers under File > New: the workbook to distribute, of which every opening is a copy."""
    parts = package.unpack(workbook.content)
    package.make_template(parts)
    return Built(EXCEL_TEMPLATE, package.pack(parts))


def add_in(xlwings: str = XLWINGS) -> Built:
    """The add-in: functions and ribbon for every workbook."""
    made = io.BytesIO()
    book = open_book(made)
    layout = ribbon.add_in_layout()
    xlsx.write(layout, book)
    book.set_properties({"title": "Lead KPI", "comments": f"xl_leadkpi {__version__}", "created": _CREATED})
    _set_code_names(book, [sheet.name for sheet in layout.sheets])
    book.close()
    sources = vba.modules(add_in=True, xlwings=xlwings)
    parts = vba.add_project(package.unpack(made.getvalue()), sources, vba.ADD_IN_PROJECT)
    package.make_add_in(parts)
    package.add_ribbon(parts, ribbon.ribbon_xml(add_in=True))
    return Built(ADD_IN, package.pack(parts))


def _name_lists(book: Workbook, words: Words) -> None:
    for name, cells in lists(words).names.items():
        book.define_name(name, cells)


def _set_code_names(book: Workbook, names: Sequence[str]) -> None:
    book.set_vba_name(vba.WORKBOOK)
    for sheet, code_name in zip(book.worksheets(), vba.code_names(names), strict=True):
        sheet.set_vba_name(code_name)


def open_book(target: io.BytesIO) -> Workbook:
    """A workbook that is not computed when it is opened: the values in it stay until somebody changes a figure."""
    book = xlsxwriter.Workbook(target, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    xlsx.keep_figures(book)
    return book


def write_pages(book: Workbook, laid_out: Sequence[tuple[Page | None, Sheet]], words: Words) -> None:
    """Write the sheets with what a layout does not know: sparklines, bars, filters, folded columns."""
    xlsx.write(Layout(words("title"), tuple(sheet for _, sheet in laid_out)), book)
    book.set_properties({"title": words("title"), "comments": f"xl_leadkpi {__version__}", "created": _CREATED})
    for page, sheet in laid_out:
        if page is not None:
            _decorate(page, sheet, book)
    book.get_worksheet_by_name("Start").activate()


def _decorate(page: Page, sheet: Sheet, book: Workbook) -> None:
    worksheet = book.get_worksheet_by_name(page.name)
    for line in page.sparklines:
        options = {"range": line.source.full, "series_color": "#17406D", "last_point": True, "last_color": "#1E8E7E",
                   "show_hidden": True, "weight": 1.5}  # fmt: skip
        worksheet.add_sparkline(line.row, line.column, options)
    for bars in page.bars:
        place = bars.place
        worksheet.conditional_format(
            place.row, place.column, place.last_row, place.last_column,
            {"type": "data_bar", "bar_color": bars.color, "bar_solid": True, "min_type": "num", "min_value": 0,
             "data_bar_2010": True},
        )  # fmt: skip
    if page.filtered:
        place = page.filtered
        worksheet.autofilter(place.row, place.column, place.last_row, place.last_column)
    if page.outlined:
        first, last = page.outlined
        width = next(w for a, b, w in sheet.widths if a <= first <= b)
        worksheet.set_column_pixels(first, last, width, None, {"level": 1, "hidden": True})
        worksheet.set_column(last + 1, last + 1, None, None, {"collapsed": True})


def build(folder: Path, language: str = "en", xlwings: str = XLWINGS, *, overwrite: bool = False) -> tuple[Built, ...]:
    """Make all workbooks and the list of their hashes.

    Args:
        folder: Where they go; made if it is missing.
        language: Of the sheets; the ribbon follows Excel's own language.
        xlwings: Version whose DLL the macros call.
        overwrite: Replace files of these names that were changed or come from elsewhere.

    Returns:
        The workbooks.

    Raises:
        NotOursError: If there are such files and they are not to be replaced.
        OSError: If the files cannot be written.
    """
    workbook = template(language, xlwings)
    made = (add_in(xlwings), workbook, excel_template(workbook), no_python(language))
    write(made, folder, overwrite=overwrite)
    return made
