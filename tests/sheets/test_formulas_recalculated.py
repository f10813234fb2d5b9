"""Every formula of the workbook, computed by LibreOffice, gives the value that is cached in its cell."""

import openpyxl
import pytest

from xl_leadkpi.sheets import lay_out, to_file
from xl_leadkpi.sheets.layout import Area, Cells, Layout, Sheet, Style

from .sheet_reports import from_csv, with_reports
from .soffice import recalculated

pytestmark = pytest.mark.needs("libreoffice")

NO_SPEND_NO_AMOUNTS = "ID,Created,Stage,Source\n1,2026-01-05,Won,Web\n2,2026-02-07,Lost,Web\n3,2026-03-01,SQL,Fair\n"


def formulas_and_values(path):
    formulas, values = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    yield (sheet.title, cell.coordinate), cell.value, values[sheet.title][cell.coordinate].value


def disagreements(path, folder):
    cached = {place: (formula, value) for place, formula, value in formulas_and_values(path)}
    fresh = openpyxl.load_workbook(recalculated(path, folder), data_only=True)
    assert cached
    for (sheet, cell), (formula, value) in cached.items():
        now = fresh[sheet][cell].value
        if isinstance(value, int | float) and isinstance(now, int | float):
            if abs(now - value) > 1e-9 * max(1, abs(value)):
                yield sheet, cell, formula, value, now
        elif now != value:
            yield sheet, cell, formula, value, now


@pytest.mark.parametrize("language", ["en", "ru"])
def test_full_sample(full, language, tmp_path):
    leads, report = full
    to_file(lay_out(report, leads, language=language, data_rows=50), tmp_path / "funnel.xlsx")
    assert list(disagreements(tmp_path / "funnel.xlsx", tmp_path)) == []


def test_golden_fixture(golden_report, tmp_path):
    leads, report = golden_report
    to_file(lay_out(report, leads), tmp_path / "funnel.xlsx")
    assert list(disagreements(tmp_path / "funnel.xlsx", tmp_path)) == []


def test_table_without_spend_and_amounts(tmp_path):
    leads, report = from_csv(tmp_path / "leads.csv", NO_SPEND_NO_AMOUNTS)
    to_file(lay_out(report, leads), tmp_path / "funnel.xlsx")
    assert list(disagreements(tmp_path / "funnel.xlsx", tmp_path)) == []


def test_reports_of_other_tools(tmp_path):
    leads, report = with_reports(tmp_path / "leads.csv")
    to_file(lay_out(report, leads), tmp_path / "funnel.xlsx")
    assert list(disagreements(tmp_path / "funnel.xlsx", tmp_path)) == []


def test_a_wrong_cached_value_is_found(tmp_path):
    cell = Area(0, 0, (Cells((3,), Style(), ("1+1",)),))
    to_file(Layout("Wrong", (Sheet("Wrong", (cell,)),)), tmp_path / "wrong.xlsx")
    assert list(disagreements(tmp_path / "wrong.xlsx", tmp_path)) == [("Wrong", "A1", "=1+1", 3, 2)]
