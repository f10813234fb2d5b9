"""``--history`` as a user gives it."""

import json

import polars as pl
import pytest

from xl_leadkpi.cli import main

LEADS = "Deal ID,Source,Amount\nA,Web,100\nB,Fair,200\nC,Web,300\n"
HISTORY = """Deal ID,Stage,Changed at
A,Opportunity,2025-01-03
B,Opportunity,2025-01-04
A,Proposal,2025-01-10
C,Opportunity,2025-01-12
A,Won,2025-01-20
B,Lost,2025-01-30
B,Opportunity,2025-02-10
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deals.csv").write_text(LEADS)
    (tmp_path / "history.csv").write_text(HISTORY)
    return tmp_path


def figures(capsys, *words):
    assert main(["funnel", *words, "--json", "-", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


def check(report):
    summary = report["summary"]
    assert (summary["won"], summary["lost"], summary["open"], summary["revenue"]) == (1, 0, 2, 100)
    assert report["reopened"] == [
        {"outcome": "Lost", "leads": 1, "times": 1, "won_now": 0, "lost_now": 0, "open_now": 1}
    ]


def test_a_history_from_files_of_any_kind(folder, capsys):
    check(figures(capsys, "deals.csv", "--history", "history.csv", "--as-of", "2025-03-01"))
    pl.read_csv("history.csv", try_parse_dates=True).write_parquet("history.parquet")
    pl.read_csv("deals.csv").write_parquet("deals.parquet")
    check(figures(capsys, "deals.csv", "--history", "history.parquet", "--as-of", "2025-03-01"))
    check(figures(capsys, "deals.parquet", "--history", "history.csv", "--engine", "duckdb", "--as-of", "2025-03-01"))
    words = ("--history", "hist*.parquet", "--engine", "polars", "--as-of", "2025-03-01")
    check(figures(capsys, "deals.parquet", *words))


def test_an_earlier_day_is_the_funnel_as_it_stood(folder, capsys):
    report = figures(capsys, "deals.csv", "--history", "history.csv", "--as-of", "2025-02-01")
    summary = report["summary"]
    assert (summary["won"], summary["lost"], summary["open"]) == (1, 1, 1)
    report = figures(capsys, "history.csv", "--as-of", "2025-01-11")
    assert (report["summary"]["leads"], report["summary"]["won"], report["reopened"]) == (2, 0, None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--history", "nowhere.csv"], "nowhere.csv: there is no such file. Check the name and the folder."),
        (["--history", "other.csv"], "other.csv, column 'Deal ID' ('77') has no identifier of deals.csv"),
        (["--history", "history.csv", "-o", "history.csv.xlsx", "--map", "history.time=When"],
         "history.csv: there is no column 'When' to map to time."),
        (["--map", "history.time=When"], "'history.time' maps a column of the history, but no such table is given."),
    ],
)  # fmt: skip
def test_a_history_at_fault_is_named(folder, capsys, words, said):
    (folder / "other.csv").write_text("Deal ID,Stage,Changed at\n77,Won,2025-01-02\n77,Lost,2025-01-03\n")
    assert main(["funnel", "deals.csv", "--quiet", *words]) == 1
    assert said in capsys.readouterr().err


def test_a_history_in_parquet_is_called_by_its_name(folder, capsys):
    pl.DataFrame({"Colour": ["red"], "Size": [3]}).write_parquet("changes.parquet")
    pl.read_csv("deals.csv").write_parquet("deals.parquet")
    for leads in (["deals.csv"], ["deals.parquet", "--engine", "polars"], ["deals.parquet", "--engine", "duckdb"]):
        assert main(["funnel", *leads, "--history", "changes.parquet", "--quiet"]) == 1
        assert capsys.readouterr().err.startswith("leadkpi: changes.parquet")


def test_the_history_is_no_output(folder, capsys):
    assert main(["funnel", "deals.csv", "--history", "history.csv", "--json", "history.csv"]) == 1
    assert "history.csv is one of the files read" in capsys.readouterr().err
