"""The sheet Summary: its numbers are those of the JSON, it is one page, nothing on it is cut, its links land."""

import json
import re
import subprocess
from collections import Counter
from dataclasses import replace
from datetime import date

import openpyxl
import pytest

from tests.sheets import test_layout
from tests.sheets.sheet_reports import OPTIONS, from_csv, named
from tests.sheets.test_html_page import REPORTS, value_of
from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.leads import read_frame
from xl_leadkpi.leads.model.options import ReadOptions
from xl_leadkpi.locales import languages
from xl_leadkpi.sheets import lay_out, to_file
from xl_leadkpi.sheets.layout import address
from xl_leadkpi.sheets.measure import text_width
from xl_leadkpi.sheets.palette import FAINT
from xl_leadkpi.sheets.summary_page import page_of
from xl_leadkpi.sheets.summary_sheet import SUMMARY_SHEET
from xl_leadkpi.sheets.texts import Texts
from xl_leadkpi.sheets.workbook import is_funnel_workbook

MILLIMETRES = 25.4 / 96
PAGE = (276.0, 181.0)
"""Of A4 in landscape, between the margins."""
LEAST_SCALE = 0.6
"""Of the print: letters of ten points are six then."""


def many_owners(folder):
    rows = "".join(
        f"{n},2025-0{n % 6 + 1}-1{n % 9},{('Won', 'Lost', 'SQL')[n % 3]},Owner {n},{n}\n" for n in range(3000)
    )
    return from_csv(folder / "leads.csv", f"ID,Created,Stage,Owner,Amount\n{rows}", as_of=date(2025, 6, 30))[1]


def of_stages(count):
    """A pipeline of so many stages of the user's own, the last one of the won."""

    def built(folder):
        names = [*(f"{n:02} Step on a long way to the customer" for n in range(1, count)), "Won"]
        rows = "".join(
            f"{n},2025-0{n % 5 + 1}-1{n % 9},{names[n % count]},{'2025-06-20' if n % count == count - 1 else ''},{n}\n"
            for n in range(20 * count)
        )
        header = "ID,Created,Stage,Won date,Amount\n"
        return from_csv(folder / "leads.csv", header + rows, as_of=date(2025, 6, 30), stages="own")[1]

    return built


def before_the_first_lead(_folder):
    table = [["ID", "Created", "Stage", "Won date", "Amount"]]
    table += [[str(n), f"2026-0{n % 3 + 1}-05", "Won", f"2026-0{n % 3 + 1}-20", "90"] for n in range(60)]
    leads = named(read_frame(table, ReadOptions(as_of=date(2026, 6, 30))))
    ends = {"period_from": date(2026, 1, 1), "period_to": date(2026, 3, 31)}
    before = {"compared_from": date(2025, 10, 1), "compared_to": date(2025, 12, 31)}
    return build(leads, options=replace(OPTIONS, **ends, **before))


CASES = {
    **REPORTS,
    "thousands of owners": many_owners,
    "three stages": of_stages(3),
    "fifteen stages": of_stages(15),
    "compared with a time before the first lead": before_the_first_lead,
}


@pytest.fixture(scope="module", params=CASES)
def report(request, tmp_path_factory):
    return CASES[request.param](tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module", params=languages())
def laid_out(request, report):
    return report, lay_out(report, report.leads, language=request.param, data_rows=2), request.param


@pytest.fixture(scope="module")
def sheet(laid_out):
    return laid_out[1][SUMMARY_SHEET]


def cells_of(sheet):
    """Every cell that holds something: its place, value, style and last column."""
    merged = {(row, column): last for row, column, _, last in sheet.merges}
    for area in sheet.areas:
        for column, cells in enumerate(area.cells, start=area.column):
            for row, value in enumerate(cells.values, start=area.row):
                if value is not None:
                    yield row, column, value, cells.style, merged.get((row, column), column)
    for link in sheet.links:
        yield link.row, link.column, link.text, link.style, link.column


def numbers_of_page(page):
    """Every number of the page that stands in a cell of its own, by its path in the JSON."""
    yield from (card.figure for card in page.cards)
    for table in (page.stages, page.forecast):
        for row in table.rows if table else ():
            yield from (cell.figure for cell in row.cells if cell.figure)
    yield from (task.count for task in page.tasks if task.count)


def test_every_number_is_that_of_the_json(laid_out, sheet):
    report, _, language = laid_out
    data = json.loads(json.dumps(as_json(report)))
    figures = [figure for figure in numbers_of_page(page_of(report, language)) if figure.value is not None]
    told = Counter(value_of(data, figure.path) for figure in figures)
    shown = Counter(value for _, _, value, _, _ in cells_of(sheet) if isinstance(value, int | float))
    assert shown == told
    assert shown


def test_what_the_cards_say_stands_on_the_sheet(laid_out, sheet):
    page = page_of(laid_out[0], laid_out[2])
    texts = [value for _, _, value, _, _ in cells_of(sheet) if isinstance(value, str)]
    for card in page.cards:
        assert any(text.startswith(card.name[:12]) for text in texts)
        assert card.basis, f"{card.name} does not say what it is of"
        if card.change is not None:
            assert any(f"{card.change.text} {card.against}" in text for text in texts)
        if card.target is not None:
            assert any(card.target.text in text for text in texts)
    if page.changes:
        assert sum(text.startswith("• ") for text in texts) >= min(3, len(page.changes.lines))


def test_nothing_is_cut(sheet):
    """Texts end before their cell does, or before the next one that holds something."""
    widths = {column: width for first, last, width in sheet.widths for column in range(first, last + 1)}
    filled = {(row, column) for row, column, *_ in cells_of(sheet)}
    for row, column, value, style, last in cells_of(sheet):
        text = value if isinstance(value, str) else test_layout.as_displayed(value, style.number_format)
        end = last
        if isinstance(value, str) and last == column and style.align == "left":
            while end + 1 in widths and (row, end + 1) not in filled:
                end += 1
        room = sum(widths[one] for one in range(column, end + 1))
        needed = text_width(text, style.size, bold=style.bold) + 9 * style.indent
        assert needed <= room, (address(row, column), text)


def test_it_is_one_page_of_letters_that_can_be_read(sheet):
    widths = sum(width * (last - first + 1) for first, last, width in sheet.widths) * MILLIMETRES
    heights, area = dict(sheet.heights), sheet.printing.area
    height = sum(heights.get(row, 20) for row in range(area.row, area.last_row + 1)) * MILLIMETRES
    assert sheet.printing.one_page
    assert sheet.printing.landscape
    assert min(PAGE[0] / widths, PAGE[1] / height) >= LEAST_SCALE
    bottom = max(chart.row + chart.height // 20 for chart in sheet.charts) if sheet.charts else 0
    assert bottom <= area.last_row + 1
    assert all(row <= area.last_row and last <= area.last_column for row, *_, last in cells_of(sheet))


def test_charts_cover_nothing(laid_out):
    test_layout.test_no_chart_covers_cells_or_another_chart(laid_out[1], SUMMARY_SHEET, 12)


def test_links_lead_to_the_lists(laid_out, sheet):
    report, layout, language = laid_out
    texts = Texts(language, report.header.win_basis, report.header.is_deals, report.stage_pipeline)
    page = page_of(report, language)
    titles = {"overdue": texts("block.overdue"), "quality": texts("block.quality"), "response": texts.note("response")}
    _, *links = sheet.links
    assert len(links) == len(page.tasks)
    for link, task in zip(links, page.tasks, strict=True):
        row = int(re.fullmatch(r"'Funnel'!B(\d+)", link.target)[1]) - 1
        there = next(str(value) for at, column, value, *_ in cells_of(layout["Funnel"]) if (at, column) == (row, 1))
        assert there.startswith(titles[task.block][:40]), (task.what, there)


def test_tabs_are_called_in_the_language_and_the_workbook_is_known(tmp_path):
    report = REPORTS["one lead"](tmp_path)
    for language in languages():
        path = tmp_path / f"{language}.xlsx"
        to_file(lay_out(report, report.leads, language=language), path)
        book = openpyxl.load_workbook(path)
        assert book.sheetnames[:2] == [Texts(language)("sheet.summary"), "Funnel"]
        assert book.active.title == book.sheetnames[0]
        setup = book.worksheets[0].page_setup
        assert (setup.orientation, setup.fitToWidth or 1, setup.fitToHeight or 1) == ("landscape", 1, 1)
        assert is_funnel_workbook(path)
    assert len({Texts(language)("sheet.summary") for language in languages()}) == len(languages())


def test_a_rate_of_few_is_pale_and_an_unknown_one_says_why(tmp_path):
    report = REPORTS["without dates"](tmp_path)
    page = page_of(report)
    few, unknown = (next(card for card in page.cards if card.name == name)
                    for name in ("Win rate (÷ won + lost)", "Lead → won in 90 days"))  # fmt: skip
    assert few.is_uncertain
    assert unknown.figure.value is None
    assert unknown.basis[0]
    sheet = lay_out(report, report.leads)[SUMMARY_SHEET]
    colors = {value: style.color for _, _, value, style, _ in cells_of(sheet) if style.bold and style.size > 11}
    assert colors[few.figure.value] == colors[unknown.figure.text] == FAINT


def test_stages_stand_beside_those_of_the_period_compared_with():
    report = REPORTS["compared"](None)
    table = page_of(report).stages
    assert table.headers[1:3] == ("Q1 2026", "Q4 2025")
    before = {key: report.period_created[key].values[1] for key in ("leads", "mql", "won")}
    shown = {row.label: row.cells[1].figure.value for row in table.rows}
    assert (shown["Lead"], shown["MQL"], shown["Won"]) == tuple(before.values())


def test_the_past_error_of_the_forecast_is_that_of_its_checks():
    report = REPORTS["compared"](None)
    rows = list(report.forecast_check.rows())
    off = sum(abs(row["forecast"] - row["actual"]) for row in rows) / sum(row["actual"] for row in rows)
    [note] = page_of(report).forecast.notes
    assert f"{off:.1%}" in note
    assert f"{sum(row['held'] == 'yes' for row in rows)} of {len(rows)}" in note


@pytest.mark.needs("libreoffice")
@pytest.mark.parametrize("case", ["compared", "fifteen stages"])
def test_libreoffice_prints_one_page(tmp_path, case):
    report = CASES[case](tmp_path)
    path = tmp_path / "one.xlsx"
    layout = lay_out(report, report.leads, language="pl", data_rows=2)
    summary, charts = layout[SUMMARY_SHEET], layout["Funnel_Charts"]
    to_file(replace(layout, sheets=(replace(summary, links=()), charts)), path)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", "--headless", profile, "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    told = subprocess.run(["pdfinfo", str(path.with_suffix(".pdf"))], check=True, capture_output=True, text=True).stdout
    assert re.search(r"Pages:\s+1$", told, re.MULTILINE)
    size = re.search(r"Page size:\s+([\d.]+) x ([\d.]+)", told)
    assert float(size[1]) > float(size[2])
