"""The layout as data: what stands where for the golden fixture, and laws that hold for any report."""

import re
from dataclasses import replace
from datetime import date, datetime
from itertools import combinations, pairwise
from pathlib import Path

import narwhals as nw
import pytest

from xl_leadkpi.cells.errors import CellError
from xl_leadkpi.funnel import FunnelOptions, build
from xl_leadkpi.funnel.json_report import blocks_by_path
from xl_leadkpi.leads import read_frame
from xl_leadkpi.locales import locale
from xl_leadkpi.sheets import lay_out, styles
from xl_leadkpi.sheets.cards import cards_of
from xl_leadkpi.sheets.funnel_sheet import LABEL_WIDTHS
from xl_leadkpi.sheets.layout import address
from xl_leadkpi.sheets.measure import text_width
from xl_leadkpi.sheets.methods import METHODS, OF_BLOCK, ON_CARDS, of_card
from xl_leadkpi.sheets.tables import header_fits
from xl_leadkpi.sheets.texts import Texts

from .sheet_reports import BUILT, compared, from_csv, with_reports

GOLDEN = Path(__file__).with_name("golden_layout.txt")


def dump(layout):
    """The layout as text, a line a row of an area: compact enough to be read in a diff."""
    for sheet in layout.sheets:
        yield f"== {sheet.name} freeze={sheet.freeze} breaks={sheet.printing.breaks}"
        for area in sheet.areas:
            for row in range(area.height):
                cells = [shown(cells, row) for cells in area.cells]
                if any(cells):
                    yield f"{address(area.row + row, area.column)} " + " | ".join(cells)
        yield from (f"table {table.name} {table.place.relative}" for table in sheet.tables)
        for chart in sheet.charts:
            yield f"chart {chart.name} {chart.kind} {address(chart.row, chart.column)} {chart.width}x{chart.height}"
            yield from (f"  {series.name}: {series.categories} {series.values}" for series in chart.series)
        yield from (f"if {rule.place.relative} {rule.formula} {rule.color} {rule.fill}" for rule in sheet.conditions)


def shown(cells, row):
    value, formula = cells.values[row], cells.formulas and cells.formulas[row]
    text = "" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)
    return f"{text} ={formula}" if formula else text


def test_golden_fixture(golden_report):
    """To accept a change on purpose: delete the file, run the test twice, and read the difference."""
    leads, report = golden_report
    text = "\n".join(dump(lay_out(report, leads))) + "\n"
    if not GOLDEN.exists():
        GOLDEN.write_text(text, encoding="utf-8")
        pytest.fail(f"{GOLDEN.name} was missing and has been written")
    assert text.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines()


CASES = {
    "no dates": "ID,Stage,Source\n1,Won,Web\n2,Lost,Web\n3,SQL,Fair\n",
    "no amounts": "ID,Created,Won Date,Status,Source\n1,2026-01-05,2026-02-05,Won,Web\n2,2026-02-07,,Open,Web\n",
    "deals of billions": (
        "Deal - ID,Deal - Value,Deal - Currency,Deal - Status,Deal - Stage,Deal - Deal created,Deal - Owner\n"
        "1,98765432100,PLN,Won,Proposal Made,2026-01-05,Ann\n2,87654321000,PLN,Open,Proposal Made,2026-01-06,Bob\n"
    ),
    "two currencies": "ID,Created,Status,Amount,Currency\n1,2026-01-05,Won,9,EUR\n2,2026-01-06,Won,8,USD\n",
    "long names": f"ID,Created,Stage,Source\n1,2026-01-05,Won,{'Targi w Łodzi ' * 9}\n2,2026-01-06,SQL,{'ш' * 300}\n",
}


@pytest.fixture(scope="module", params=["full", "compared", "reports", *CASES])
def report(request, full, tmp_path_factory):
    if request.param == "full":
        return full
    if request.param == "compared":
        return compared()
    if request.param == "reports":
        return with_reports(tmp_path_factory.mktemp("reports") / "leads.csv")
    return from_csv(tmp_path_factory.mktemp("case") / "leads.csv", CASES[request.param])


@pytest.fixture(params=["en", "pl", "ru"])
def layout(request, report):
    return lay_out(report[1], report[0], language=request.param, data_rows=5)


def test_no_two_areas_overlap(layout):
    for sheet in layout.sheets:
        taken = {}
        for number, area in enumerate(sheet.areas):
            for row in range(area.row, area.last_row + 1):
                for column in range(area.column, area.last_column + 1):
                    assert taken.setdefault((row, column), number) == number, (sheet.name, address(row, column))


@pytest.mark.parametrize(("name", "most"), [("Funnel", 9), ("Funnel_Summary", 12)])
def test_no_chart_covers_cells_or_another_chart(layout, name, most):
    sheet = layout[name]
    widths = {column: width for first, last, width in sheet.widths for column in range(first, last + 1)}
    heights = dict(sheet.heights)

    def box(chart):
        row, column, height, width = chart.row, chart.column, chart.height, chart.width
        while height > 0:
            height, row = height - heights.get(row, 20), row + 1
        while width > 0:
            width, column = width - widths[column], column + 1
        return {(r, c) for r in range(chart.row, row) for c in range(chart.column, column)}

    filled = {
        (area.row + row, area.column + i)
        for area in sheet.areas
        for i, cells in enumerate(area.cells)
        for row, value in enumerate(cells.values)
        if value is not None
    }
    boxes = [box(chart) for chart in sheet.charts]
    assert len(boxes) <= most
    assert not any(one & filled for one in boxes)
    assert not any(one & other for one, other in combinations(boxes, 2))


def test_every_figure_fits_its_cell(layout):
    """No #### anywhere: a number, date or money value is never wider than its column."""
    for sheet in layout.sheets[:4]:
        widths = {column: width for first, last, width in sheet.widths for column in range(first, last + 1)}
        merged = {(row, column): last for row, column, _, last in sheet.merges}
        for area in sheet.areas:
            for i, cells in enumerate(area.cells):
                for row, value in enumerate(cells.values, start=area.row):
                    if isinstance(value, int | float | date) and not isinstance(value, bool):
                        last = merged.get((row, area.column + i), area.column + i)
                        room = sum(widths.get(column, 64) for column in range(area.column + i, last + 1)) - 4
                        text = as_displayed(value, cells.style.number_format)
                        width = text_width(text, cells.style.size, bold=cells.style.bold) + 9 * cells.style.indent
                        assert width <= room, (sheet.name, address(row, area.column + i), text, cells.style)


def as_displayed(value, number_format):
    """A number as a program shows it: enough of the formats that we use to know its width."""
    if isinstance(value, date):
        return f"{value:%d.%m.%Y %H:%M}" if "hh" in number_format and isinstance(value, datetime) else "30 Sep 2026"
    part = number_format.split(";")[0 if value >= 0 else -1 if number_format.count(";") == 1 else 0]
    words = "".join(re.findall(r'"([^"]*)"', part))
    digits = re.sub(r'"[^"]*"', "", part)
    scaled = (
        abs(value)
        * (100 if "%" in digits else 1)
        / 1000 ** len(re.search(r"[0#](,*)[^0#,]*$", digits + " ")[1] if re.search(r"[0#](,+)\s*$", digits) else "")
    )
    decimals = len(digits.partition(".")[2].strip("%,+− ")) if "." in digits else 0
    if number_format == "General":
        return f"{value:.10g}"
    sign = "−" if value < 0 else "+" if "+" in digits else ""
    return f"{sign}{scaled:,.{decimals}f}{'%' if '%' in digits else ''}{' ' if words else ''}{words}"


def test_every_ratio_is_a_live_formula(layout, report):
    """In the blocks every rate and cost with a value has a formula; in the report no ratio is left out."""
    sheet, (_, report) = layout["Funnel"], report
    rates = [
        (cells, row)
        for area in sheet.areas
        for cells in area.cells
        for row, value in enumerate(cells.values)
        if "%" in cells.style.number_format and isinstance(value, float)
    ]
    bare = {cells.values[row] for cells, row in rates if not (cells.formulas and cells.formulas[row])}
    # what is estimated, curves and rates that allow for follow-up, is no ratio of cells
    estimates = {
        value
        for _, block in blocks_by_path(report)
        for column in block.columns
        if column.unit == "fraction" and column.ratio is None
        for value in column.values
    }
    # the rates among the factors of a change stand in a column with counts and amounts
    estimates |= {
        row[key] for block in (report.changes or {}).values() for row in block.rows() for key in ("from", "to", "part")
    }
    assert bare - estimates == set()
    assert len(bare) < len(rates) / 2


@pytest.mark.parametrize("basis", ["closed", "all", "cohort"])
def test_every_ratio_of_a_block_is_a_formula_on_any_basis(full, basis):
    """Each ratio of the report that a table shows has its formula: what it is made of is on the sheet too."""
    leads, _ = full
    report = build(leads, options=FunnelOptions(win_basis=basis, built_at=BUILT))
    layout = lay_out(report, leads, data_rows=0)
    live = {
        cells.values[row]
        for area in layout["Funnel"].areas
        for cells in area.cells
        for row in range(area.height)
        if cells.formulas and cells.formulas[row]
    }
    for block in (report.stages, *report.by.values(), report.months, report.cohorts, report.mature, report.pipeline):
        for column in block.columns:
            if column.ratio and column.on_sheet:
                computed = column.values[: len(column.values) - column.summed]
                assert set(computed) - {None} <= live | {CellError.DIV0}, (block.name, column.key)


def test_values_mode_has_no_formula(full):
    leads, report = full
    layout = lay_out(report, leads, formulas="values", data_rows=5)
    assert not any(
        formula
        for sheet in layout.sheets
        for area in sheet.areas
        for cells in area.cells
        for formula in cells.formulas or ()
    )


def test_functions_mode_calls_the_functions(full):
    leads, report = full
    layout = lay_out(report, leads, formulas="functions", data_rows=5)
    formulas = [
        formula
        for area in layout["Funnel"].areas
        for cells in area.cells
        for formula in cells.formulas or ()
        if formula
    ]
    assert any(re.search(r"\bCPL\([A-Z]+\d+,[A-Z]+\d+\)", formula) for formula in formulas)
    assert any(re.search(r"INDEX\(CONVCI\(.*\),2\)", formula) for formula in formulas)


def test_the_win_rate_names_its_denominator(full):
    leads, report = full
    for language, word in (("en", "closed"), ("pl", "zamkn"), ("ru", "закр")):
        layout = lay_out(report, leads, language=language, data_rows=0)
        chart = next(chart for chart in layout["Funnel"].charts if chart.name == "WinRate")
        assert word in chart.title
        texts = [
            value
            for area in layout["Funnel"].areas
            for cells in area.cells
            for value in cells.values
            if isinstance(value, str)
        ]
        assert sum(word in text for text in texts) >= 3


def test_small_groups_are_grey(golden_report):
    leads, report = golden_report
    conditions = lay_out(report, leads)["Funnel"].conditions
    assert sum(f"<{report.header.min_n})" in condition.formula for condition in conditions) > 10


def test_no_value_is_a_dash_and_a_gap_in_charts(golden_report):
    leads, report = golden_report
    layout = lay_out(report, leads)
    facebook_cac = report.by["source"]["cac"].values[2]
    assert facebook_cac is CellError.DIV0
    funnel = [value for area in layout["Funnel"].areas for cells in area.cells for value in cells.values]
    charts = [value for area in layout["Funnel_Charts"].areas for cells in area.cells for value in cells.values]
    assert "–" in funnel
    assert CellError.DIV0 not in funnel
    assert CellError.NA in charts


def test_headers_stay_clear_of_each_other(layout):
    sheet = layout["Funnel"]
    widths = {column: width for first, last, width in sheet.widths for column in range(first, last + 1)}
    for table in sheet.tables:
        ours = len(table.headers) - (table.name == "tblQA")  # whose last column runs on over empty cells
        if table.name in {"tblLoss", "tblClosedLoss"}:
            continue  # reasons by stage: the user's words
        for column, header in enumerate(table.headers[:ours], start=table.place.column):
            if column > 1:
                assert header_fits(header, widths[column]), (table.name, header)


@pytest.mark.parametrize(("language", "words"), [("en", "period 1 Feb 2026 – 31 May 2026"), ("pl", "od 01.02.2026")])
def test_the_header_names_the_period(full, language, words):
    leads, report = full
    last = date(2026, 5, 31) if language == "en" else None
    header = replace(
        report.header, period_from=date(2026, 2, 1), period_to=last, notes=(("reach_mode_scope", "exact"),)
    )
    layout = lay_out(replace(report, header=header), leads, language=language, data_rows=0)
    texts = [str(value) for area in layout["Funnel"].areas[:8] for cells in area.cells for value in cells.values]
    assert any(words in text for text in texts)
    way = locale(language).funnel["choice.exact"]
    assert any(f"({way})" in text for text in texts)


def test_no_axis_of_shares_goes_beyond_all(tmp_path):
    rows = "".join(f"{i},2026-01-0{i % 9 + 1},2026-01-1{i % 9},Won,Web\n" for i in range(1, 30))
    rows += "30,2026-01-09,,Lost,Ads\n"  # a list of won deals alone has no win rate
    leads, report = from_csv(
        tmp_path / "leads.csv", f"ID,Created,Won Date,Status,Source\n{rows}", as_of=date(2026, 6, 30)
    )
    axes = {chart.name: chart for chart in lay_out(report, leads)["Funnel"].charts}
    assert axes["Months"].second.maximum == axes["Curve"].values.maximum == axes["WinRate"].values.maximum == 1


def test_text_stands_off_from_figures_in_the_data(full):
    leads, report = full
    cells = lay_out(report, leads, data_rows=5)["Funnel_Data"].bulk.cells
    for before, one in pairwise(cells):
        if before.style.align == "right" and one.style.align == "left":
            assert one.style.indent


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
def test_reports_of_other_tools_stand_below_the_spend(tmp_path, language):
    leads, report = with_reports(tmp_path / "leads.csv")
    sheet = lay_out(report, leads, language=language, data_rows=5)["Funnel"]
    tables = [table.name for table in sheet.tables]
    own = ["tblVisitors", "tblTraffic", "tblTrafficMonths", "tblEmail", "tblEmailCampaigns", "tblSocial"]
    assert tables[-len(own) :] == own
    texts = {str(value) for area in sheet.areas for cells in area.cells for value in cells.values if value is not None}
    titles = [locale(language).funnel[f"block.{name}"] for name in ("traffic", "email", "campaigns", "social")]
    assert texts.issuperset(titles)
    assert {"google / cpc", "Search Console", "LinkedIn", "Newsletter 32"} <= texts
    assert "Newsletter 9" not in texts  # the sheet shows the latest thirty
    headers = {header for table in sheet.tables for header in table.headers}
    assert locale(language).funnel["column.site_conversions"] in headers
    assert locale(language).funnel["column.returned_rate"] in headers


# how the figures are counted ------------------------------------------------------------------------------------------


def lines_of_method(sheet):
    """Row of each line at the foot of the sheet: name and text."""
    found = {}
    for area in sheet.areas:
        value, style = area.cells[0].values[0], area.cells[0].style
        if style == styles.METHOD:
            found[area.row] = (value, texts_at(sheet)[area.row, 2])
    return found


def texts_at(sheet):
    return {
        (area.row + row, area.column + i): value
        for area in sheet.areas
        for i, cells in enumerate(area.cells)
        for row, value in enumerate(cells.values)
        if isinstance(value, str)
    }


def links_at(sheet):
    """Row that each link goes to."""
    places = {(link.row, link.column): link for link in sheet.links}
    assert len(places) == len(sheet.links)
    return {
        place: int(link.target.rpartition("!B")[2]) - 1
        for place, link in places.items()
        if link.target.startswith("'Funnel'!B")
    }


def cells_in(sheet, style):
    """First cell of each area in a style: place to text."""
    return {
        (area.row, area.column): area.cells[0].values[0]
        for area in sheet.areas
        if area.cells[0].style == style and area.cells[0].values[0]
    }


def test_every_block_and_card_has_a_line_of_method(full):
    """A block without one: name its line in OF_BLOCK of sheets/methods.py."""
    _, report = full
    place = "xl_leadkpi/sheets/methods.py"
    without = [name for name in report.blocks if name not in OF_BLOCK and name not in ON_CARDS]
    assert not without, (
        f"how are these blocks counted? Give each a line in OF_BLOCK of {place} (a new line stands in METHODS there "
        f"and has the texts method.KEY and how.KEY in every language): {', '.join(without)}"
    )
    assert set(OF_BLOCK.values()) <= set(METHODS), f"lines that METHODS of {place} does not have"
    in_period = replace(report, blocks={**report.blocks, "period_closed": report.summary})
    for one in (report, in_period):
        cards = [key for keys in cards_of(one) for key in keys]
        without = [key for key in cards if of_card(key, one.stage_pipeline) not in METHODS]
        assert not without, f"how are these cards counted? Give each a line in _OF_CARD of {place}: {without}"


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
@pytest.mark.parametrize("method", METHODS)
def test_every_line_of_method_says_how_in_every_language(language, method):
    for basis, is_deals in (("closed", False), ("closed_all_lost", True), ("all", False), ("cohort", True)):
        texts = Texts(language, basis, is_deals)
        how = texts(f"how.{method}", window="90")
        assert how.endswith("."), method
        assert "{" not in how
        name = texts(f"method.{method}")
        room = LABEL_WIDTHS[0] - 10
        assert text_width(name, styles.METHOD.size, bold=True) <= room, f"{name} does not fit the column of labels"


def test_sections_and_cards_link_to_their_line(layout):
    sheet = layout["Funnel"]
    lines, links, texts = lines_of_method(sheet), links_at(sheet), texts_at(sheet)
    assert lines
    assert all(len(how) > 20 for _, how in lines.values())
    *headings, (last, _) = cells_in(sheet, styles.HEADING).items()
    assert last[0] == min(lines) - 2  # the section of the lines themselves, below all others
    used = set()
    how_texts = {locale(language).funnel["link.how"] for language in ("en", "pl", "ru")}
    for (row, _), title in headings:
        link = next((one for one in sheet.links if one.row == row), None)
        assert link is not None, f"{title}: no link to how it is counted"
        assert links[row, link.column] in lines, title
        # the cell below the link has the same text: a program that takes no formulas shows it too
        assert link.text == texts[row, link.column]
        assert link.text in how_texts
        used.add(links[row, link.column])
    for place, name in cells_in(sheet, styles.CARD_NAME).items():
        assert links.get(place) in lines, f"{name}: no link to how it is counted"
        used.add(links[place])
    assert used == set(lines)  # and no line of what this sheet does not show
    assert last[0] not in {row for (at, _), row in links.items() if at in (3, 4)}  # nor in the lines of links on top


def test_the_lines_of_method_are_those_of_their_figures(full):
    leads, report = full
    sheet = lay_out(report, leads, data_rows=0)["Funnel"]
    lines, links, texts = lines_of_method(sheet), links_at(sheet), texts_at(sheet)
    found = {
        texts[place[0], 1] if texts[place] == "How it is counted" else texts[place]: lines[row][0]
        for place, row in links.items()
        if row in lines
    }
    expected = {
        "MQL": "Counts by stage", "Won": "Won and lost", "Win rate (won ÷ closed)": "Win rate",
        "Lead → won in 90 days": "Lead → won", "Weighted pipeline": "Open pipeline", "CPL, paid channels":
        "Spend and costs", "Stages": "From stage to stage", "By source": "Groups", "By owner": "Groups",
        "Step by step, by source: share that comes from the stage before": "Step by step", "Months": "Months",
        "Days in stage": "Days in stage", "Losses": "Losses", "Open pipeline": "Open pipeline",
        "Spend by channel and month": "Spend and costs", "Data quality": "Data quality", "Attribution": "Attribution",
    }  # fmt: skip
    assert {name: found.get(name) for name in expected} == expected
    how = "".join(texts[row, 2] for row in range(min(lines), max(lines)) if (row, 2) in texts)
    assert "Aalen-Johansen" in how


def test_nothing_of_the_lines_of_method_is_cut(layout):
    sheet = layout["Funnel"]
    widths = {column: width for first, last, width in sheet.widths for column in range(first, last + 1)}
    lines, texts = lines_of_method(sheet), texts_at(sheet)
    room = sum(widths[column] for column in range(2, max(widths) + 1))
    for (row, column), text in texts.items():
        if row >= min(lines) and column == 2:
            assert text_width(text, styles.NOTE.size) <= room
    left = {link.row: link.column for link in sheet.links}
    for (row, _), title in cells_in(sheet, styles.HEADING).items():
        if row in left:
            clear = sum(widths[column] for column in range(1, left[row]))
            assert text_width(title, styles.HEADING.size, bold=True) < clear, title
            beyond = sum(widths[column] for column in range(left[row], max(widths) + 1))
            link = next(link for link in sheet.links if link.row == row)
            assert text_width(link.text, styles.HEADING_LINK.size) <= beyond


def test_links_to_sections_stand_clear_of_each_other_in_two_lines(layout):
    sheet = layout["Funnel"]
    widths = {column: width for first, last, width in sheet.widths for column in range(first, last + 1)}
    heights, taken = dict(sheet.heights), {row for row, _ in texts_at(sheet)}
    lines = [[one for one in sheet.links if one.row == row] for row in (3, 4)]
    assert lines[0]
    assert not taken & {3, 4}
    assert not lines[1] or heights.get(4, 20) >= 20
    for line in filter(None, lines):
        starts = [one.column for one in line]
        assert starts == sorted(set(starts))
        for one, end in zip(line, [*starts[1:], max(widths) + 1], strict=True):
            room = sum(widths[column] for column in range(one.column, end))
            assert text_width(one.text, one.style.size) + 10 <= room, one.text


def test_missing_texts_of_pandas_are_blank():
    rows = [
        ["Lead ID", "Created", "Stage", "Owner"],
        *([n, "2026-01-02", "New", "Ann" if n == 1 else ""] for n in (1, 2, 3)),
    ]
    leads = read_frame(rows)
    # text of pandas' own kind has NA, which is equal to nothing and not even comparable
    leads = replace(leads, frame=nw.from_native(leads.frame.to_pandas().convert_dtypes()))
    bulk = lay_out(build(leads), leads)["Funnel_Data"].bulk
    assert ["Ann", None, None] in [list(cells.values) for cells in bulk.cells]
