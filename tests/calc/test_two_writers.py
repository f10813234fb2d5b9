"""The file writer and the writer into an open workbook give the same sheets from the same layout.

Both are looked at in the same program: the file is opened there, the other sheets are written there.
"""

import datetime as dt

import pytest

from xl_leadkpi.funnel import FunnelOptions, build
from xl_leadkpi.leads import ReadOptions, read_frame, read_spend_frame, read_touches_frame, sample
from xl_leadkpi.sheets import drawing, lay_out, to_file
from xl_leadkpi.sheets.book import to_book
from xl_leadkpi.sheets.rectangles import Rectangle

LOOK = (
    "CharFontName", "CharHeight", "CharWeight", "CharPosture", "CharUnderline", "CharColor", "CellBackColor",
    "VertJustify", "IsTextWrapped",
)  # fmt: skip


@pytest.fixture(scope="module", params=["native", "values"])
def layout(request):
    leads = sample.leads(400)
    table = read_frame(leads, ReadOptions(today=dt.date(2026, 6, 30)), "Leads")
    spend, touches = read_spend_frame(sample.spend(leads)), read_touches_frame(sample.touches(leads))
    options = FunnelOptions(built_at=dt.datetime(2026, 7, 1, 9, 30))
    return lay_out(build(table, spend, touches, options), table, formulas=request.param, data_rows=150)


@pytest.fixture(scope="module")
def books(office, layout, tmp_path_factory):
    """The layout in a file, opened, and in an open workbook."""
    path = tmp_path_factory.mktemp("file") / "funnel.xlsx"
    to_file(layout, path)
    written = office.books.add()
    to_book(layout, written)
    office.calculate()
    opened = office.books.open(path)
    yield opened, written
    opened.close()
    written.close()


def pairs(layout, books):
    return [(sheet, books[0].sheets[sheet.name], books[1].sheets[sheet.name]) for sheet in layout.sheets]


def test_same_cells_and_formulas(layout, books):
    for plan, one, other in pairs(layout, books):
        assert one.used_range.address == other.used_range.address, plan.name
        cells = one.used_range.address
        for i, (a, b) in enumerate(zip(one.range(cells).formula, other.range(cells).formula, strict=True)):
            assert [normal(cell) for cell in a] == [normal(cell) for cell in b], (plan.name, i)


def normal(formula):
    try:
        return round(float(formula), 9)
    except ValueError:
        return formula.replace("$'", "'").replace("'", "")


def test_same_values(layout, books):
    for plan, one, other in pairs(layout, books):
        cells = one.used_range.address
        found, expected = (sheet.range(cells).options(err_to_str=True).value for sheet in (other, one))
        for a, b in zip(found, expected, strict=True):
            for x, y in zip(a, b, strict=True):
                assert x == pytest.approx(y, rel=1e-12) if isinstance(y, float) else x == y, plan.name


def test_same_looks(layout, books):
    for plan, one, other in pairs(layout, books):
        for area in drawing.areas(plan):
            for i, cells in enumerate(area.cells):
                for row in {area.row, area.last_row}:
                    cell = str(Rectangle(row, area.column + i, row, area.column + i))
                    a, b = (sheet.range(cell).api for sheet in (one, other))
                    for name in LOOK:
                        if not (plan.links and name in ("CharColor", "CharUnderline")):
                            assert getattr(a, name) == getattr(b, name), (plan.name, cell, name)
                    assert a.HoriJustify.value == b.HoriJustify.value, (plan.name, cell)
                    assert a.ParaIndent == pytest.approx(b.ParaIndent, abs=30), (plan.name, cell)
                    assert codes(one, a) == codes(other, b), (plan.name, cell, cells.style.number_format)
                    for side in ("TopBorder2", "BottomBorder2"):
                        x, y = getattr(a, side), getattr(b, side)
                        assert (x.LineWidth > 0, x.Color) == (y.LineWidth > 0, y.Color), (plan.name, cell, side)


def codes(sheet, cell):
    found = sheet.book.api.NumberFormats.getByKey(cell.NumberFormat)
    return found.FormatString.removeprefix("[$-409]")


def test_same_columns_rows_and_merged_cells(layout, books):
    for plan, one, other in pairs(layout, books):
        used = one.used_range
        last = used.last_cell
        for column in range(1, last.column + 1):
            assert other.range((1, column)).column_width == pytest.approx(one.range((1, column)).column_width, abs=0.5)
        for row in range(1, min(last.row, 120) + 1):
            assert other.range((row, 1)).row_height == pytest.approx(one.range((row, 1)).row_height, abs=1), (plan.name, row)
        assert sorted(other.range(used.address).impl._merges()) == sorted(one.range(used.address).impl._merges())
        assert one.visible == other.visible


def test_same_tables(layout, books):
    for plan, one, other in pairs(layout, books):
        assert {table.name: table.place.relative for table in plan.tables} == {
            table.name: table.range.address.replace("$", "") for table in other.tables
        }
        assert {table.name for table in one.tables} <= {table.name for table in other.tables}


def test_same_conditional_formats(layout, books):
    for plan, one, other in pairs(layout, books):
        for condition in plan.conditions:
            place = condition.place.relative.partition(":")[0]
            assert shown(one, place) == shown(other, place), (plan.name, place)


def shown(sheet, place):
    """How the conditions colour a cell: colours of the rules in order, each with its formula seen from that cell."""
    entries = sheet.range(place).api.ConditionalFormat
    styles = sheet.book.api.StyleFamilies.getByName("CellStyles")
    found = []
    for entry in (entries.getByIndex(i) for i in range(entries.Count)):
        style = styles.getByName(entry.StyleName)
        source = entry.SourcePosition
        formula = drawing.relative(entry.Formula1.replace(" ", ""), source.Row, source.Column)
        found.append((formula, style.CharColor, style.CellBackColor))
    return found


def test_same_charts(layout, books):
    for _, one, other in pairs(layout, books):
        assert [series_of(chart) for chart in charts(one)] == [series_of(chart) for chart in charts(other)]


def charts(sheet):
    found = [sheet.api.Charts.getByIndex(i).EmbeddedObject for i in range(sheet.api.Charts.Count)]
    return sorted(found, key=lambda chart: str(series_of(chart)))


def series_of(chart):
    """Type, ranges and colours of a chart's series, and its title."""
    found = []
    for system in chart.getFirstDiagram().getCoordinateSystems():
        for kind in system.getChartTypes():
            for series in kind.getDataSeries():
                values = series.getDataSequences()[0].getValues().getSourceRangeRepresentation()
                found.append((kind.getChartType(), values.replace("$", "").replace("'", "")))
    return chart.Title.String if chart.HasMainTitle else "", found


def test_same_choices(layout, books):
    for plan, one, other in pairs(layout, books):
        for choice in plan.choices:
            place = choice.place.relative.partition(":")[0]
            kinds = [sheet.range(place).api.Validation.Type.value for sheet in (one, other)]
            assert kinds == ["LIST", "LIST"], (plan.name, place)
