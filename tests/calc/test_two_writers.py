"""The file writer and the writer into an open workbook give the same sheets from the same layout.

Both are looked at in the same program: the file is opened there, the other sheets are written there.
"""

import datetime as dt

import pytest

from xl_leadkpi import sample
from xl_leadkpi.funnel import FunnelOptions, build
from xl_leadkpi.leads import ReadOptions, read_frame, read_spend_frame, read_touches_frame
from xl_leadkpi.sheets import drawing, lay_out, to_file
from xl_leadkpi.sheets.book import to_book
from xl_leadkpi.sheets.rectangles import Rectangle

from .calc_grammar import from_calc

LOOK = (
    "BottomBorder2", "CellBackColor", "CharColor", "CharFontName", "CharHeight", "CharPosture", "CharUnderline",
    "CharWeight", "HoriJustify", "IsTextWrapped", "NumberFormat", "ParaIndent", "TopBorder2", "VertJustify",
)  # fmt: skip
BOTTOM = 3  # com.sun.star.table.CellVertJustify2; 0 is the default, which is the same


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
    tabs = [(sheet, sheet.tab or sheet.name) for sheet in layout.sheets]
    return [(sheet, books[0].sheets[tab], books[1].sheets[tab]) for sheet, tab in tabs]


def test_same_cells_and_formulas(layout, books):
    for plan, one, other in pairs(layout, books):
        assert one.used_range.address == other.used_range.address, plan.name
        cells = one.used_range.address
        for i, (a, b) in enumerate(zip(one.range(cells).formula, other.range(cells).formula, strict=True)):
            assert [normal(cell) for cell in a] == [normal(cell) for cell in b], (plan.name, i)


def normal(formula):
    if formula == "TRUE":  # Calc writes it as 1
        return 1.0
    try:
        return round(float(formula), 9)
    except ValueError:
        return formula.replace("$'", "'").replace("'", "").replace(" ", "")


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
                    a, b = (look(sheet, row, area.column + i) for sheet in (one, other))
                    if cells.style.number_format == "General":  # Calc itself makes "@" of it where the text is "+0"
                        a["NumberFormat"] = b["NumberFormat"] = "General"
                    if plan.hidden:  # it has number formats alone; the rest is as the program has it
                        a, b = a["NumberFormat"], b["NumberFormat"]
                    assert a == b, (plan.name, row, area.column + i)


def look(sheet, row, column):
    """How a cell looks, in terms that do not depend on where it came from."""
    cell = sheet.api.getCellByPosition(column, row)
    found = dict(zip(LOOK, cell.getPropertyValues(LOOK), strict=True))
    found["NumberFormat"] = code(sheet.book.api, found["NumberFormat"])
    found["VertJustify"] = found["VertJustify"] or BOTTOM
    found["HoriJustify"] = found["HoriJustify"].value
    found["ParaIndent"] = found["ParaIndent"] > 0
    found["CharPosture"] = found["CharPosture"].value
    # a line between two cells is the lower border of one or the upper border of the other: it looks the same
    above = sheet.api.getCellByPosition(column, row - 1).BottomBorder2 if row else None
    below = sheet.api.getCellByPosition(column, row + 1).TopBorder2
    found["TopBorder2"], found["BottomBorder2"] = line(found["TopBorder2"], above), line(found["BottomBorder2"], below)
    return found


def line(*borders):
    """Colour of the first of some borders that is drawn."""
    return next((border.Color for border in borders if border is not None and border.LineWidth > 0), None)


def code(book, key):
    return book.NumberFormats.getByKey(key).FormatString.removeprefix("[$-409]")


def test_same_columns_rows_and_merged_cells(layout, books):
    for plan, one, other in pairs(layout, books):
        used = one.used_range
        last = used.last_cell
        assert sorted(other.range(used.address).impl._merges()) == sorted(one.range(used.address).impl._merges())
        assert one.visible == other.visible == (not plan.hidden)
        if plan.hidden:
            continue  # its rows and columns are as high and wide as the program has them
        for column in (first + 1 for first, _, _ in plan.widths):
            assert other.range((1, column)).column_width == pytest.approx(
                one.range((1, column)).column_width, rel=0.1
            )  # other units
        for row in range(1, min(last.row, 120) + 1):
            assert other.range((row, 1)).row_height == pytest.approx(one.range((row, 1)).row_height, abs=1), (
                plan.name,
                row,
            )


def test_same_tables(layout, books):
    for plan, one, other in pairs(layout, books):
        assert {table.name: table.place.relative for table in plan.tables} == {
            table.name: table.range.address.replace("$", "") for table in other.tables
        }
        assert {table.name for table in one.tables} <= {table.name for table in other.tables}


def test_same_conditional_formats(layout, books):
    for plan, one, other in pairs(layout, books):
        files, written = rules(one), rules(other)
        for condition in plan.conditions:
            cell = condition.place.row, condition.place.column
            found, expected = (
                sorted(colors for places, colors in every if any(place.holds(*cell) for place in places))
                for every in (written, files)
            )
            assert found == expected, (plan.name, cell)


def rules(sheet):
    """Every conditional format of a sheet: where it applies, and its colours."""
    styles = sheet.book.api.StyleFamilies.getByName("CellStyles")
    found = []
    for several in sheet.api.ConditionalFormats.getConditionalFormats():
        places = several.Range.getRangeAddresses()
        places = [Rectangle(one.StartRow, one.StartColumn, one.EndRow, one.EndColumn) for one in places]
        for entry in (several.getByIndex(i) for i in range(several.Count)):
            style = styles.getByName(entry.StyleName)
            found.append((places, (style.CharColor, style.CellBackColor)))
    return found


def test_conditions_apply_in_the_order_of_the_layout(layout, books):
    for plan, _, written in pairs(layout, books):
        corners = {
            (at.row, column) for at in (one.place for one in plan.conditions) for column in (at.column, at.last_column)
        }
        for row, column in sorted(corners):
            wanted = [
                (
                    seen(drawing.shifted(one.formula, row - one.place.row, column - one.place.column), row, column),
                    int((one.color or "#-1")[1:], 16),
                    int((one.fill or "#-1")[1:], 16),
                )
                for one in plan.conditions
                if Rectangle(one.place.row, one.place.column, one.place.last_row, one.place.last_column).holds(
                    row, column
                )
            ]
            entries = written.range((row + 1, column + 1)).api.ConditionalFormat
            styles = written.book.api.StyleFamilies.getByName("CellStyles")
            found = []
            for entry in (entries.getByIndex(i) for i in range(entries.Count)):
                style, seen_from = styles.getByName(entry.StyleName), entry.SourcePosition
                formula = from_calc(entry.Formula1).replace("COM.SUN.STAR.SHEET.ADDIN.ANALYSIS.GET", "")
                formula = drawing.shifted(formula, row - seen_from.Row, column - seen_from.Column)
                formula = seen(formula, row, column)
                found.append((formula, style.CharColor, style.CellBackColor))
            assert [one[1:] for one in found] == [one[1:] for one in wanted], (plan.name, row, column)
            assert [normal(one[0]) for one in found] == [normal(one[0]) for one in wanted], (plan.name, row, column)


def seen(formula, row, column):
    """A condition as seen from one cell, where it is all the same whether a column is fixed."""
    return drawing.relative(drawing.unfixed(formula), row, column)


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
