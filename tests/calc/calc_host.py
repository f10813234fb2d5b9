"""What xlwings has no call for, on Calc: the counterpart of ``sheets.hosts.Excel`` over UNO."""

from com.sun.star.awt import Rectangle
from com.sun.star.chart2 import DataPointLabel

from xl_leadkpi.sheets.hosts import HOSTS, Host

from .calc_engine import POINT, service
from .calc_office import enum, format_key, rgb

PIXEL = 2540 / 96  # hundredths of a millimetre
NEAR_ORIGIN = 12  # com.sun.star.chart.DataLabelPlacement
FROM_DATA = 7  # com.sun.star.chart.ErrorBarStyle


class Calc(Host):
    can_draw = True

    def __init__(self, book):
        super().__init__(book)
        self.document = book.api

    def view(self, sheet, plan):
        super().view(sheet, plan)
        drawn, document, printing = sheet.api, self.document, plan.printing
        document.CurrentController.freezeAtPosition(*reversed(plan.freeze))
        if plan.tab_color:
            drawn.TabColor = rgb(plan.tab_color)
        styles, name = document.StyleFamilies.getByName("PageStyles"), f"{plan.name} page"
        if not styles.hasByName(name):
            styles.insertByName(name, document.createInstance("com.sun.star.style.PageStyle"))
        style = styles.getByName(name)
        style.IsLandscape = printing.landscape
        style.Width, style.Height = (29700, 21000) if printing.landscape else (21000, 29700)
        style.ScaleToPagesX, style.ScaleToPagesY = 1, 0
        style.LeftMargin = style.RightMargin = style.TopMargin = style.BottomMargin = 1000
        style.HeaderIsOn = style.FooterIsOn = False
        drawn.PageStyle = name

    def underline(self, cells):
        cells.api.CharUnderline = 1

    def unlist(self, sheet, table):
        sheet.book.api.DatabaseRanges.removeByName(table)

    def draw(self, sheet, charts, names):
        drawn, lefts = sheet.api, {}
        for name, chart in charts.items():
            corner = sheet.range((chart.row + 1, chart.column + 1))
            if chart.column not in lefts:
                lefts[chart.column] = corner.left
            place = Rectangle(
                round(lefts[chart.column] * POINT + chart.x_offset * PIXEL),
                round(corner.top * POINT + chart.y_offset * PIXEL),
                round(chart.width * PIXEL),
                round(chart.height * PIXEL),
            )
            first = chart.series[0].values  # without any range at its creation a chart cannot take others later
            cells = self.document.Sheets.getByName(names[first.sheet]).getCellRangeByName(first.relative)
            drawn.Charts.addNewByName(name, place, (cells.RangeAddress,), False, False)
            Drawing(self.document, drawn.Charts.getByName(name).EmbeddedObject, chart, names).draw()


class Drawing:
    """One chart."""

    def __init__(self, book, document, chart, names):
        self.book, self.document, self.chart, self.names = book, document, chart, names
        self.provider = document.getDataProvider()

    def draw(self):
        chart, document = self.chart, self.document
        kind = "XYDiagram" if chart.kind == "scatter" else "BarDiagram"
        document.setDiagram(document.createInstance(f"com.sun.star.chart.{kind}"))
        diagram = document.getDiagram()
        if chart.kind == "scatter":
            diagram.Lines, diagram.SymbolType = True, -3
        else:
            diagram.Vertical, diagram.Stacked = chart.kind == "bar", chart.stacked
        system = document.getFirstDiagram().getCoordinateSystems()[0]
        bars = system.getChartTypes()[0]
        bars.setDataSeries(tuple(self.series(one) for one in chart.series if not one.over))
        over = [one for one in chart.series if one.over]
        if over:
            lines = service("com.sun.star.chart2.LineChartType")
            lines.setDataSeries(tuple(self.series(one) for one in over))
            system.addChartType(lines)
        if chart.kind != "scatter":
            bars.GapwidthSequence = (chart.gap, chart.gap)
            bars.OverlapSequence = (chart.overlap or 0, chart.overlap or 0)
            axis = system.getAxisByDimension(0, 0)
            scale = axis.getScaleData()
            scale.Categories = self.labeled(chart.series[0].categories, "categories")
            axis.setScaleData(scale)
        document.HasMainTitle = bool(chart.title)
        if chart.title:
            document.Title.String, document.Title.CharHeight, document.Title.CharWeight = chart.title, 10.0, 150.0
        document.HasLegend = chart.legend
        if chart.legend:
            document.Legend.Alignment = enum("chart.ChartLegendPosition", "BOTTOM")
            document.Legend.CharHeight = 9.0
            document.Legend.FillStyle, document.Legend.LineStyle = (
                enum("drawing.FillStyle", "NONE"),
                enum("drawing.LineStyle", "NONE"),
            )
        document.Area.LineStyle, document.Area.FillStyle = (
            enum("drawing.LineStyle", "NONE"),
            enum("drawing.FillStyle", "NONE"),
        )
        diagram.Wall.FillStyle = enum("drawing.FillStyle", "NONE")
        self.axis(diagram, "X", chart.categories)
        self.axis(diagram, "Y", chart.values)
        if over:
            diagram.HasSecondaryYAxis = True
            self.scale(diagram.SecondaryYAxis, chart.second)

    def labeled(self, place, role):
        labeled = service("com.sun.star.chart2.data.LabeledDataSequence")
        labeled.setValues(self.sequence(place, role))
        return labeled

    def sequence(self, place, role):
        name = self.names[place.sheet].replace("'", "''")
        sequence = self.provider.createDataSequenceByRangeRepresentation(f"$'{name}'.{place}")
        sequence.Role = role
        return sequence

    def series(self, series):  # noqa: C901 - one property after the other
        one = service("com.sun.star.chart2.DataSeries")
        data = [self.labeled(series.values, "values-y")]
        if self.chart.kind == "scatter":
            data.append(self.labeled(series.categories, "values-x"))
        one.setData(tuple(data))
        if self.chart.kind != "scatter" and not series.over:
            one.BorderStyle = enum("drawing.LineStyle", "NONE")
        if self.chart.stacked:
            one.StackingDirection = enum("chart2.StackingDirection", "Y_STACKING")
        if series.color is None:
            one.FillStyle = enum("drawing.FillStyle", "NONE")
        else:
            one.Color = rgb(series.color)
        if series.over:
            one.AttachedAxisIndex = 1
        if series.over == "points":
            one.LineStyle = enum("drawing.LineStyle", "NONE")
            symbol = one.Symbol
            symbol.Style = enum("chart2.SymbolStyle", "STANDARD")
            symbol.FillColor = rgb(series.color)
            one.Symbol = symbol
        elif series.over or self.chart.kind == "scatter":
            one.LineWidth = 79
        for number, color in enumerate(series.colors):
            point = one.getDataPointByIndex(number)
            point.Color, point.BorderStyle = rgb(color), enum("drawing.LineStyle", "NONE")
        if series.labels:
            one.LabelPlacement = NEAR_ORIGIN
        for number, text in enumerate(series.labels):
            point = one.getDataPointByIndex(number)
            field = service("com.sun.star.chart2.DataPointCustomLabelField")
            field.String, field.FieldType = text, enum("chart2.DataPointCustomLabelFieldType", "TEXT")
            field.CharColor, field.CharHeight = rgb(series.label_color), 9.0
            point.CustomLabelFields = (field,)
            label = DataPointLabel()
            label.ShowNumber = label.ShowCustomLabel = True
            point.Label = label
            point.CharHeight = 9.0
        if series.error_up and series.error_down:
            bar = service("com.sun.star.chart2.ErrorBar")
            bar.ErrorBarStyle, bar.ShowPositiveError, bar.ShowNegativeError = FROM_DATA, True, True
            up = self.labeled(series.error_up, "error-bars-y-positive")
            bar.setData((up, self.labeled(series.error_down, "error-bars-y-negative")))
            one.ErrorBarY = bar
        return one

    def axis(self, diagram, letter, axis):
        setattr(diagram, f"Has{letter}Axis", axis.visible)
        setattr(diagram, f"Has{letter}AxisGrid", axis.gridlines)
        if axis.title:
            setattr(diagram, f"Has{letter}AxisTitle", True)
            getattr(diagram, f"{letter}AxisTitle").String = axis.title
        self.scale(getattr(diagram, f"{letter}Axis"), axis)

    def scale(self, drawn, axis):
        drawn.ReverseDirection = axis.reverse
        drawn.CharHeight = 9.0
        if axis.minimum is not None:
            drawn.Min = axis.minimum
        if axis.maximum is not None:
            drawn.Max = axis.maximum
        if axis.number_format != "General":
            drawn.LinkNumberFormatToSource = False
            drawn.NumberFormat = format_key(self.book, axis.number_format)


HOSTS["libreoffice"] = Calc
