"""ChartObjects and charts: series, axes, labels."""

from . import grid
from .com_objects import ABSENT, ExcelError, ExcelObject, Sequence, member
from .ranges import XL_NONE, Range, colored

BAR_KINDS, SCATTER, LINES = (51, 52, 57, 58), (75, -4169, 74), (4, 65)
CATEGORY, VALUE, PRIMARY, SECONDARY = 1, 2, 1, 2
CUSTOM = -4114
POSITIONS = (-4152, -4131, -4107, -4160, -4161, 2)


def short(text):
    """A text of a chart: no formula by mistake, not longer than Excel takes it."""
    if len(text) > grid.LONGEST_ADDRESS:
        raise ExcelError("Unable to set the Text property: more than 255 characters")
    if text.startswith("="):
        raise ExcelError("Unable to set the Text property: it is read as a formula")
    return text


def number(value, low, high, what):
    if not low <= value <= high:
        raise ExcelError(f"Unable to set the {what} property")
    return value


class ChartObjects(Sequence):
    """The charts of a sheet."""

    def __init__(self, sheet):
        self.sheet = sheet

    def items(self):
        return self.sheet.charts

    @member("method Add(Left: double, Top: double, Width: double, Height: double): object")
    def add(self, left, top, width, height):
        self.sheet.change()
        if width <= 0 or height <= 0 or left < 0 or top < 0:
            raise ExcelError("Unable to add the chart")
        made = ChartObject(self.sheet, [left, top, width, height])
        self.sheet.charts.append(made)
        return made


class ChartObject(ExcelObject):
    """The frame of a chart."""

    def __init__(self, sheet, place):
        self.sheet, self.place = sheet, place
        self.name, self.text = f"Chart {len(sheet.charts) + 1}", ""
        self.chart = Chart(sheet)

    @member("get Name: string")
    def get_name(self):
        return self.name

    @member("put Name: string")
    def set_name(self, name):
        if not name or len(name) > grid.LONGEST_ADDRESS or any(one.name == name for one in self.sheet.charts):
            raise ExcelError("Unable to set the Name property of the ChartObject class")
        self.name = name

    @member("get Chart: object")
    def get_chart(self):
        return self.chart

    @member("get ShapeRange: object")
    def shape(self):
        return ShapeRange(self)

    @member("method Delete: variant")
    def delete(self):
        self.sheet.change()
        if self not in self.sheet.charts:
            raise ExcelError("Delete method of ChartObject class failed")
        self.sheet.charts.remove(self)
        return True


class ShapeRange(ExcelObject):
    """The frame as a shape."""

    def __init__(self, frame):
        self.frame = frame

    @member("put AlternativeText: string")
    def set_text(self, text):
        self.frame.text = text


class Chart(ExcelObject):
    """A chart."""

    def __init__(self, sheet):
        self.sheet = sheet
        self.kind, self.series, self.title, self.legend, self.group = 51, [], None, False, {}
        self.visible_only, self.frame = True, {}
        self.axes = {}
        if any(sheet.cells.content):  # Excel charts what is around the active cell
            self.series.append(Series(self))

    @member("put ChartType: long")
    def set_kind(self, kind):
        if kind not in (*BAR_KINDS, *SCATTER, *LINES):
            raise ExcelError("Unable to set the ChartType property of the Chart class")
        self.kind = kind
        for series in self.series:
            series.kind = kind

    @member("put PlotVisibleOnly: boolean")
    def set_visible_only(self, value):
        self.visible_only = bool(value)

    @member("method SeriesCollection(Index?: variant): object")
    def series_collection(self, index):
        every = SeriesCollection(self)
        return every if index is ABSENT else every.find(index)

    @member("method ChartGroups(Index?: variant): object")
    def groups(self, index):
        if index != 1 or not self.series:
            raise ExcelError("Unable to get the ChartGroups property of the Chart class")
        return ChartGroup(self)

    @member("put HasTitle: boolean")
    def has_title(self, value):
        self.title = "Chart Title" if value else None

    @member("get ChartTitle: object")
    def chart_title(self):
        if self.title is None:
            raise ExcelError("The specified chart has no title")
        return Title(self, "title")

    @member("put HasLegend: boolean")
    def has_legend(self, value):
        self.legend = {} if value else None

    @member("get Legend: object")
    def get_legend(self):
        if self.legend is None or self.legend is False:
            raise ExcelError("The specified chart has no legend")
        return Legend(self)

    @member("get ChartArea: object")
    def area(self):
        return Formatted(self.frame)

    @member("method Axes(Type?: variant, AxisGroup?: variant): object")
    def get_axis(self, kind, group):
        group = PRIMARY if group is ABSENT else group
        second = any(series.group == SECONDARY for series in self.series)
        if kind not in (CATEGORY, VALUE) or not self.series or (group == SECONDARY and not (second and kind == VALUE)):
            raise ExcelError("Method 'Axes' of object '_Chart' failed")
        return self.axes.setdefault((kind, group), Axis(self, kind))


class ChartGroup(ExcelObject):
    """The bars of a chart."""

    def __init__(self, chart):
        self.chart = chart

    @member("put GapWidth: long")
    def gap(self, value):
        self.chart.group["gap"] = number(value, 0, 500, "GapWidth")

    @member("put Overlap: long")
    def overlap(self, value):
        self.chart.group["overlap"] = number(value, -100, 100, "Overlap")


class Legend(ExcelObject):
    """The legend of a chart."""

    def __init__(self, chart):
        self.chart = chart

    @member("put Position: long")
    def position(self, value):
        if value not in POSITIONS:
            raise ExcelError("Unable to set the Position property of the Legend class")
        self.chart.legend["position"] = value


class Title(ExcelObject):
    """A title of a chart or an axis."""

    def __init__(self, owner, name):
        self.owner, self.attribute = owner, name

    @member("put Text: string")
    def set_text(self, text):
        setattr(self.owner, self.attribute, short(text))

    @member("get Font: object")
    def font(self):
        return ChartFont({})


class ChartFont(ExcelObject):
    """A font in a chart."""

    def __init__(self, look):
        self.look = look

    @member("put Size: double")
    def size(self, value):
        self.look["size"] = number(value, 1, 409, "Size")

    @member("put Bold: boolean")
    def bold(self, value):
        self.look["bold"] = bool(value)

    @member("put Color: long")
    def color(self, value):
        self.look["color"] = colored(value)


class Formatted(ExcelObject):
    """Something with a ``Format``."""

    def __init__(self, look):
        self.look = look

    @member("get Format: object")
    def get_format(self):
        return Format(self.look)


class Format(ExcelObject):
    """Line and fill of a part of a chart."""

    def __init__(self, look):
        self.look = look

    @member("get Line: object")
    def line(self):
        return Drawn(self.look, "line")

    @member("get Fill: object")
    def fill(self):
        return Drawn(self.look, "fill")


class Drawn(ExcelObject):
    """A line or a fill."""

    def __init__(self, look, name):
        self.look, self.name = look, name

    @member("put Visible: long")
    def visible(self, value):
        self.look[self.name] = None if not value else self.look.get(self.name)
        self.look[f"no {self.name}"] = not value

    @member("put Weight: double")
    def weight(self, value):
        self.look["weight"] = number(value, 0, 1584, "Weight")

    @member("get ForeColor: object")
    def fore_color(self):
        return ForeColor(self.look, self.name)


class ForeColor(ExcelObject):
    """A colour."""

    def __init__(self, look, name):
        self.look, self.name = look, name

    @member("put RGB: long")
    def rgb(self, value):
        self.look[self.name] = colored(value)


class SeriesCollection(Sequence):
    """The series of a chart."""

    def __init__(self, chart):
        self.chart = chart

    def items(self):
        return self.chart.series

    @member("method NewSeries: object")
    def new(self):
        if len(self.chart.series) == 255:
            raise ExcelError("NewSeries method of SeriesCollection class failed")
        self.chart.series.append(Series(self.chart))
        return self.chart.series[-1]


class Series(ExcelObject):
    """A series."""

    def __init__(self, chart):
        self.chart = chart
        self.name, self.values, self.categories, self.kind, self.group = "Series", None, None, chart.kind, PRIMARY
        self.look, self.points, self.labels, self.errors = {}, {}, None, None

    @member("method Delete: variant")
    def delete(self):
        self.chart.series.remove(self)
        return True

    def _reference(self, value, what):
        """A range, or a formula that refers to one."""
        if isinstance(value, Range):
            return grid.usual(value.sheet.name) + "!" + value.address_text()
        if not isinstance(value, str) or not value.startswith("="):
            raise ExcelError(f"Unable to set the {what} property of the Series class")
        book = self.chart.sheet.book
        text = grid.written(value[1:], book)
        book.range_of(text)
        return text

    @member("put Name: string")
    def set_name(self, name):
        if len(name) > grid.LONGEST_ADDRESS or name.startswith("="):
            raise ExcelError("Unable to set the Name property of the Series class")
        self.name = name

    @member("put Values: variant")
    def set_values(self, value):
        self.values = self._reference(value, "Values")

    @member("put XValues: variant")
    def set_categories(self, value):
        self.categories = self._reference(value, "XValues")

    @member("put ChartType: long")
    def set_kind(self, kind):
        if kind not in (*BAR_KINDS, *SCATTER, *LINES):
            raise ExcelError("Unable to set the ChartType property of the Series class")
        self.kind = kind

    @member("put AxisGroup: long")
    def set_group(self, group):
        if group not in (PRIMARY, SECONDARY) or (group == SECONDARY and len(self.chart.series) < 2):
            raise ExcelError("Unable to set the AxisGroup property of the Series class")
        self.group = group

    def _marked(self):
        if self.kind not in (*SCATTER, *LINES):
            raise ExcelError("Unable to set the MarkerStyle property of the Series class")

    @member("put MarkerStyle: long")
    def marker(self, value):
        self._marked()
        self.look["marker"] = value

    @member("put MarkerSize: long")
    def marker_size(self, value):
        self._marked()
        self.look["marker size"] = number(value, 2, 72, "MarkerSize")

    @member("put MarkerBackgroundColor: long")
    def marker_color(self, value):
        self._marked()
        self.look["marker color"] = colored(value)

    @member("get Format: object")
    def get_format(self):
        return Format(self.look)

    @member("method Points(Index?: variant): object")
    def point(self, index):
        count = self.count()
        if index is ABSENT or not 1 <= index <= count:
            raise ExcelError("Invalid parameter")
        return Formatted(self.points.setdefault(int(index), {}))

    def count(self):
        if self.values is None:
            return 0
        box = self.chart.sheet.book.range_of(self.values).box
        return (box.last_row - box.row + 1) * (box.last_column - box.column + 1)

    @member("put HasDataLabels: boolean")
    def has_labels(self, value):
        self.labels = {"texts": {}} if value else None

    @member("method DataLabels(Index?: variant): object")
    def data_labels(self, _index):
        if self.labels is None:
            raise ExcelError("Unable to get the DataLabels property of the Series class")
        return DataLabels(self)

    @member("method ErrorBar(Direction: long, Include: long, Type: long, Amount?: variant, "
            "MinusValues?: variant): variant")  # fmt: skip
    def error_bar(self, direction, include, kind, amount, minus):
        if direction != 1 or include != 1 or kind != CUSTOM:
            raise ExcelError("ErrorBar method of Series class failed")
        self.errors = tuple(self._reference(value, "ErrorBar") for value in (amount, minus))
        return True


class DataLabels(ExcelObject):
    """The labels of a series."""

    def __init__(self, series):
        self.series = series

    @member("put Position: long")
    def position(self, value):
        if value not in (-4108, 3, 4):
            raise ExcelError("Unable to set the Position property of the DataLabels class")
        self.series.labels["position"] = value

    @member("get Font: object")
    def font(self):
        return ChartFont(self.series.labels)

    @member("method Item(Index: variant): object")
    def item(self, index):
        if not 1 <= index <= self.series.count():
            raise ExcelError("Invalid parameter")
        return DataLabel(self.series.labels["texts"], int(index))


class DataLabel(ExcelObject):
    """One label."""

    def __init__(self, texts, index):
        self.texts, self.index = texts, index

    @member("put Text: string")
    def set_text(self, text):
        self.texts[self.index] = short(text)


class Axis(ExcelObject):
    """An axis."""

    def __init__(self, chart, kind):
        self.chart, self.kind, self.look, self.title = chart, kind, {}, None

    def _scaled(self):
        if self.kind == CATEGORY and self.chart.kind not in SCATTER:
            raise ExcelError("Unable to set the MinimumScale property of the Axis class")

    @member("put MinimumScale: double")
    def minimum(self, value):
        self._scaled()
        self.look["minimum"] = value

    @member("put MaximumScale: double")
    def maximum(self, value):
        self._scaled()
        self.look["maximum"] = value

    @member("put HasMajorGridlines: boolean")
    def gridlines(self, value):
        self.look["gridlines"] = bool(value)

    @member("put TickLabelPosition: long")
    def label_position(self, value):
        if value not in (XL_NONE, 4, -4127, -4134):
            raise ExcelError("Unable to set the TickLabelPosition property of the Axis class")
        self.look["no labels"] = value == XL_NONE

    @member("put MajorTickMark: long")
    def ticks(self, value):
        if value not in (XL_NONE, 2, 3, 4):
            raise ExcelError("Unable to set the MajorTickMark property of the Axis class")

    @member("put ReversePlotOrder: boolean")
    def reverse(self, value):
        self.look["reverse"] = bool(value)

    @member("get Format: object")
    def get_format(self):
        return Format(self.look)

    @member("get TickLabels: object")
    def tick_labels(self):
        return TickLabels(self)

    @member("put HasTitle: boolean")
    def has_title(self, value):
        self.title = "Axis Title" if value else None

    @member("get AxisTitle: object")
    def axis_title(self):
        if self.title is None:
            raise ExcelError("The axis has no title")
        return Title(self, "title")


class TickLabels(ExcelObject):
    """The figures along an axis."""

    def __init__(self, axis):
        self.axis = axis

    @member("put NumberFormat: string")
    def set_format(self, lcid, code):
        self.axis.look["format"] = self.axis.chart.sheet.book.app.language_of(lcid).english_format(code)
