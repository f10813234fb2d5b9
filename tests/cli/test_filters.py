"""``--where`` and ``--exclude`` as a user gives them: what is counted, and that it is said everywhere."""

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from xl_leadkpi.cli import main

LEADS = (
    "Lead ID,Created,Stage,Source,Amount\n1,2026-01-05,Won,Ads,100\n2,2026-02-05,Lead,Ads,20\n"
    "3,2026-02-06,Junk,Fair,5\n4,2026-02-07,SQL,Fair,700\n"
)
SPEND = "Month,Channel,Spend\n2026-01,Ads,50\n2026-02,Fair,70\n"
FILTERED = {"en": "Filtered: Amount >= 10; without “Junk” – 3 of 4 rows", "pl": "wierszy 3 z 4", "ru": "строк 3 из 4"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leads.csv").write_text(LEADS)
    (tmp_path / "spend.csv").write_text(SPEND)
    return tmp_path


def test_the_terminal_and_the_json_say_what_was_filtered(folder, capsys):
    words = ["--where", "Amount>=10", "--exclude", "Junk", "--as-of", "2026-03-31", "--json", "out.json"]
    assert main(["funnel", "leads.csv", *words]) == 0
    out, _ = capsys.readouterr()
    assert "filtered" in out
    assert "of 4 rows: Amount >= 10" in out
    assert "of 3 rows: without the word 'Junk'" in out
    found = json.loads((folder / "out.json").read_text())
    assert found["summary"]["leads"] == 3
    assert found["header"]["filters"] == [
        {"asked": "Amount >= 10", "is_word": False, "rows": 4, "left": 3},
        {"asked": "Junk", "is_word": True, "rows": 3, "left": 3},
    ]


@pytest.mark.parametrize("language", FILTERED)
def test_the_sheet_says_what_was_filtered(folder, language, capsys):
    words = ["--where", "Amount>=10", "--exclude", "Junk", "--as-of", "2026-03-31", "--language", language]
    assert main(["funnel", "leads.csv", *words, "-o", "out.xlsx"]) == 0
    sheet = load_workbook(folder / "out.xlsx")["Funnel"]
    assert [cell.value for [cell] in sheet["B4:B9"] if FILTERED[language] in str(cell.value)]


def test_spend_on_all_leads_is_not_that_on_some_of_them(folder, capsys):
    words = ["--spend", "spend.csv", "--as-of", "2026-03-31", "--json", "out.json"]
    assert main(["funnel", "leads.csv", *words, "--where", "Source=Ads"]) == 0
    _, err = capsys.readouterr()
    assert "warning: Leads filtered, spend not: 2 (Source = Ads); touches: CPL" in err
    assert main(["funnel", "leads.csv", *words]) == 0
    assert "spend not" not in capsys.readouterr().err


def test_what_is_no_condition_is_wrong_usage(folder, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["funnel", "leads.csv", "--where", "Amount"])
    assert stopped.value.code == 2
    assert "The condition 'Amount' is no condition. Write it as COLUMN=VALUE" in capsys.readouterr().err


def test_a_filter_that_leaves_nothing_writes_nothing(folder, capsys):
    assert main(["funnel", "leads.csv", "--where", "Source=Web", "-o", "out.xlsx"]) == 1
    assert "column 'Source': no row is left of 4" in capsys.readouterr().err
    assert not (folder / "out.xlsx").exists()


def test_a_pipeline_that_is_not_there_is_told_with_what_to_write(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("plain.csv").write_text("ID,Created,Stage\n1,2026-01-05,Won\n")
    Path("piped.csv").write_text("ID,Created,Stage,Pipeline\n1,2026-01-05,Won,New\n2,2026-01-05,SQL,Old\n")
    assert main(["funnel", "plain.csv", "--pipeline", "New", "-o", "o.xlsx"]) == 1
    said = capsys.readouterr().err
    assert "there is no column of sales pipelines, and --pipeline takes one of them. Name it with --map" in said
    assert main(["funnel", "piped.csv", "--pipeline", "Newest", "-o", "o.xlsx"]) == 1
    assert "The column holds New (1), Old (1): give one of these with --pipeline" in capsys.readouterr().err


def test_stages_that_go_round_are_named_where_their_order_is_asked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    moves = [(deal, stage, day) for deal, stages in {"A": "123", "B": "231", "C": "312"}.items()
             for day, stage in enumerate(stages, start=5)]  # fmt: skip
    names = {"1": "Alpha", "2": "Beta", "3": "Gamma"}
    lines = [f"{deal},{names[stage]},2026-01-{day:02}" for deal, stage, day in moves]
    Path("log.csv").write_text("\n".join(["Deal ID,Stage,Time", *lines, "A,Won,2026-02-01"]))
    assert main(["funnel", "log.csv", "--stages", "own", "-o", "o.xlsx"]) == 1
    said = capsys.readouterr().err
    assert "the stages 'Alpha', 'Beta', 'Gamma' go round in a circle, and nothing else tells the order" in said
