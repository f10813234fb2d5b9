"""What is asked of Excel's own objects for what xlwings has no call for; a recorder stands in for them."""

import datetime as dt

import pytest

from xl_leadkpi.funnel import build
from xl_leadkpi.leads import ReadOptions, read_frame, sample
from xl_leadkpi.sheets import lay_out
from xl_leadkpi.sheets.hosts import Excel


class Recorder:
    """Takes every call and attribute and writes down what was set, by its path."""

    def __init__(self, path="", log=None):
        self.__dict__.update(path=path, log=[] if log is None else log)

    def __getattr__(self, name):
        return Recorder(f"{self.path}.{name}", self.log)

    def __setattr__(self, name, value):
        self.log.append((f"{self.path}.{name}", value))

    def __call__(self, *arguments):
        self.log.append((f"{self.path}()", arguments))
        return Recorder(f"{self.path}()", self.log)

    def __getitem__(self, key):
        return Recorder(f"{self.path}[{key}]", self.log)

    def __bool__(self):
        return False  # no series yet

    def __add__(self, other):
        return 0.0


@pytest.fixture(scope="module")
def layout():
    leads = read_frame(sample.leads(300), ReadOptions(today=dt.date(2026, 6, 30)))
    return lay_out(build(leads), leads, data_rows=10)


def test_every_series_of_every_chart_is_drawn(layout):
    names = {sheet.name: sheet.name + " 2" for sheet in layout.sheets}
    for chart in layout["Funnel"].charts:
        sheet = Recorder("sheet")
        Excel().draw(sheet, chart, "name 1", names)
        said = dict(sheet.log)
        frame = "sheet.api.ChartObjects().Add()"
        assert said[f"{frame}.Name"] == "name 1"
        assert said[f"{frame}.Chart.HasLegend"] is chart.legend
        values = [value.path for path, value in sheet.log if path.endswith("NewSeries().Values")]
        assert values == ["sheet.book.sheets[Funnel_Charts 2].range().api" for _ in chart.series]
        labels = [value for path, value in sheet.log if path.endswith("DataLabel.Text")]
        assert labels == [text for series in chart.series for text in series.labels]


def test_formulas_go_in_as_dynamic_ones_where_excel_has_them():
    class Old:
        """A range of an Excel that knows no ``Formula2``."""

        def __init__(self):
            self.__dict__["put"] = {}

        def options(self, convert):
            assert convert == "raw"
            return self

        def __setattr__(self, name, value):
            if name == "formula2":
                raise AttributeError(name)
            self.put[name] = value

    cells = Old()
    Excel().write(cells, [["=CPL(A1,B1)", 1.0]])
    assert cells.put == {"formula": (("=CPL(A1,B1)", 1.0),)}


def test_without_a_printer_the_sheet_is_fine_all_the_same(layout):
    class com_error(Exception):  # noqa: N801, N818 - as pywin32 calls it
        pass

    class Setup:
        def __setattr__(self, name, value):
            raise com_error

    class Sheet:
        class api:  # noqa: N801
            PageSetup = Setup()

    Excel().page(Sheet(), layout["Funnel"].printing)
