"""The report in Python: one screen, a page, data frames, charts, a workbook; the figures are those of the JSON."""

import inspect
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import openpyxl
import pandas as pd
import polars as pl
import pytest

from tests.golden import GOLDEN
from xl_leadkpi import kpis
from xl_leadkpi.errors import UserError
from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.funnel.json_report import blocks_by_path
from xl_leadkpi.leads import InputError

LEADS, SPEND = GOLDEN / "golden_leads.csv", GOLDEN / "golden_spend.csv"


@pytest.fixture(scope="module")
def report():
    return build(LEADS, SPEND)


@pytest.fixture(autouse=True)
def charts():
    mpl.use("Agg")
    yield
    mpl.pyplot.close("all") if "matplotlib.pyplot" in sys.modules else None


@pytest.mark.parametrize("given", [LEADS, str(LEADS), [LEADS], pl.read_csv(LEADS), pd.read_csv(LEADS)])
def test_files_and_frames_give_the_same_figures(report, given):
    assert as_json(build(given, [SPEND]))["summary"] == as_json(report)["summary"]


def test_a_file_at_fault_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.csv: there is no such file"):
        build(tmp_path / "nothing.csv")
    with pytest.raises(InputError, match="several files are not united"):
        build(LEADS, touches=["a.csv", "b.csv"])


def test_one_screen(report):
    lines = repr(report).splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 120
    [summary] = report.summary.rows()
    assert lines[0].startswith(f"Funnel of golden_leads.csv: {summary['leads']:,} leads")
    assert re.search(rf"^  Won +{summary['won']}$", repr(report), re.MULTILINE)
    assert re.search(rf"^  Revenue \(won\) +{summary['revenue']:,.0f}$", repr(report), re.MULTILINE)


def test_what_is_unknown_is_said():
    rows = [["Lead ID", "Created", "Stage"], ["1", "2025-01-10", "Won"], ["2", "2025-01-20", "New"]]
    assert "unknown: " in repr(build(rows))


class _Texts(HTMLParser):
    def __init__(self):
        super().__init__()
        self.texts, self.tags = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert not any(name.startswith("on") or name in {"src", "href"} for name, _ in attrs)

    def handle_data(self, data):
        self.texts.append(data)


def test_the_page_has_the_figures_and_no_script():
    rows = [["Lead ID", "Created", "Stage"], ["1", "2025-01-10", "Won"], ["2", "2025-01-20", "<script>alert(1)"]]
    report = build(rows)
    page = _Texts()
    page.feed(report._repr_html_())
    assert "script" not in page.tags
    assert page.texts[page.texts.index("Leads") + 1] == "2"
    assert page.texts[page.texts.index("Won") + 1] == "1"


def test_every_block_as_a_data_frame(report):
    json = as_json(report)
    for name, block in blocks_by_path(report):
        frame = report.to_pandas(name)
        assert list(frame) == [column.key for column in block.columns]
        assert len(frame) == len(block)
        rows = json
        for part in name.split(".", 1):
            rows = rows[part]
        for row, expected in zip(frame.to_dict("records"), [rows] if block.is_record else rows, strict=True):
            for key, value in expected.items():
                if value is None:
                    assert pd.isna(row[key])
                elif isinstance(row[key], pd.Timestamp):
                    assert f"{row[key]:%Y-%m-%d}".startswith(value[:10])
                elif not isinstance(value, list):
                    assert row[key] == value
    assert report.to_pandas("stages")["reached"].dtype == "Int64"
    assert report.to_pandas("months")["month"].dtype.kind == "M"
    assert report.to_pandas("by.source").attrs["units"]["revenue"] == "money"


def test_a_block_that_is_not_there(report):
    with pytest.raises(UserError, match=r"There is no block 'by.sorce'. Take one of by\.source"):
        report.to_pandas("by.sorce")
    with pytest.raises(UserError, match="There is no block 'response': "):
        report.to_pandas("response")


def test_charts(report):
    [bars] = report.plot("stages").containers
    assert [bar.get_width() for bar in bars][::-1] == report.to_pandas("stages")["reached"].tolist()
    axes = report.plot("months", "leads", "cohort_won")
    assert axes.lines[0].get_label() == "Leads"
    assert list(axes.lines[1].get_ydata()) == list(report.to_pandas("months")["cohort_won"])
    assert list(axes.lines[0].get_ydata()) == list(report.to_pandas("months")["leads"])
    own = mpl.pyplot.subplots()[1]
    assert report.plot("by.source", "win_rate", ax=own) is own
    with pytest.raises(UserError, match=r"has no figures 'colour' to draw. Take one of "):
        report.plot("by.source", "colour")


def test_charts_without_matplotlib(report, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(UserError, match=r"pip install 'xl_leadkpi\[plot\]'"):
        report.plot("stages")


def test_the_workbook(report, tmp_path):
    path = tmp_path / "funnel.xlsx"
    report.to_excel(path, language="pl")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[:2] == ["Podsumowanie", "Funnel"]
    assert book["Funnel_Data"].max_row == report.to_pandas("summary")["leads"][0] + 1


def test_functions_have_their_signatures():
    signature = inspect.signature(kpis.CAC)
    assert list(signature.parameters) == ["marketing_cost", "new_customers", "sales_cost"]
    assert signature.parameters["sales_cost"].default == 0
    assert signature.bind(1000, 4).arguments == {"marketing_cost": 1000, "new_customers": 4}
    assert Path(kpis.__file__).with_name("__init__.pyi").exists()
