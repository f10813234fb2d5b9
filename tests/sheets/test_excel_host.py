"""What is asked of Excel's own objects for what xlwings has no call for; a recorder stands in for them."""

import datetime as dt

import pytest

from xl_leadkpi import sample
from xl_leadkpi.funnel import build
from xl_leadkpi.leads import ReadOptions, read_frame
from xl_leadkpi.sheets import lay_out
from xl_leadkpi.sheets.hosts import Excel

from .recorder import Recorder


@pytest.fixture(scope="module")
def layout():
    leads = read_frame(sample.leads(300), ReadOptions(today=dt.date(2026, 6, 30)))
    return lay_out(build(leads), leads, data_rows=10)


def test_every_series_of_every_chart_is_drawn(layout):
    names = {sheet.name: sheet.name + " 2" for sheet in layout.sheets}
    for chart in layout["Funnel"].charts:
        sheet = Recorder("sheet")
        Excel(Recorder("book")).draw(sheet, {"name 1": chart}, names)
        said = dict(sheet.log)
        frame = "sheet.api.ChartObjects().Add()"
        assert said[f"{frame}.Name"] == "name 1"
        assert said[f"{frame}.Chart.HasLegend"] is chart.legend
        values = [value for path, value in sheet.log if path.endswith("NewSeries().Values")]
        assert values == [f"='Funnel_Charts 2'!{series.values}" for series in chart.series]
        labels = [value for path, value in sheet.log if path.endswith("DataLabels().Item().Text")]
        assert labels == [text for series in chart.series for text in series.labels]


def test_excel_counts_the_visible_rows_itself():
    cells = Recorder("cells")
    assert Excel(None).visible_rows(cells) == 0
    assert cells.log == [("cells.api.Columns()", (1,)), ("cells.api.Columns().SpecialCells()", (12,))]


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
    Excel(None).write(cells, [["=CPL(A1,B1)", 1.0]])
    assert cells.put == {"formula": (("=CPL(A1,B1)", 1.0),)}


def test_without_a_printer_the_sheet_is_fine_all_the_same(layout):
    class com_error(Exception):  # noqa: N801, N818 - as pywin32 calls it
        pass

    class Refusing(Recorder):
        def __setattr__(self, name, value):
            if ".PageSetup" in self.path:
                raise com_error
            super().__setattr__(name, value)

    sheet = Refusing("sheet")
    Excel(Recorder()).view(sheet, layout["Funnel"])
    assert dict(sheet.log)["sheet.api.Parent.Windows().FreezePanes"] is True
