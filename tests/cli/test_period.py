"""``--period`` as a user gives it: said in the terminal, on the sheet and in the JSON, on both bases."""

import json

import pytest
from openpyxl import load_workbook

from xl_leadkpi import sample
from xl_leadkpi.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("period")
    sample.write(folder, 600)
    return folder


@pytest.fixture
def there(folder, monkeypatch):
    monkeypatch.chdir(folder)
    return folder


def texts(path):
    sheet = load_workbook(path)["Funnel"]
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def run(*words):
    return main(["funnel", "leads.csv", "--as-of", "2026-06-30", *words])


def test_terminal_and_json_say_the_period_and_the_bases(there, capsys):
    assert run("--period", "2026-Q1", "--json", "out.json") == 0
    out, _ = capsys.readouterr()
    assert "period 2026-Q1: 2026-01-01 to 2026-03-31\ncompared with 2025-10-01 to 2025-12-31: " in out
    assert "created in the period, and what has become of them since:" in out
    assert out.count("win rate") == 1 == out.split("closed in the period, whenever created:")[1].count("win rate")
    said = out.split("what changed and why:\n")[1].splitlines()
    assert said[0].startswith("  Revenue € ")
    assert " than in Q4 2025." in said[0]
    found = json.loads((there / "out.json").read_text())
    header = found["header"]
    assert [header[f"{name}_{end}"] for name in ("period", "compared") for end in ("from", "to")] == [
        "2026-01-01", "2026-03-31", "2025-10-01", "2025-12-31",
    ]  # fmt: skip
    assert {"period_created", "period_closed", "closed_by", "closed_losses"} <= found.keys()


def test_the_sheet_says_what_changed_as_the_terminal_does(there, capsys):
    assert run("--period", "2026-Q1", "-o", "funnel.xlsx") == 0
    said = capsys.readouterr().out.split("what changed and why:\n")[1].splitlines()
    sentences = [line.strip() for line in said if line.startswith("  ")]
    assert set(sentences[:3]) <= set(texts(there / "funnel.xlsx"))
    assert run("--period", "2026-Q1", "--compare", "none") == 0
    assert "what changed" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "first", "compared"),
    [
        (["--compare", "year-ago"], "2026-01-01", "2025-01-01"),
        (["--compare", "none"], "2026-01-01", None),
        (["--fiscal-start", "4"], "2025-04-01", "2025-01-01"),
    ],
)
def test_what_it_is_compared_with_and_where_the_year_begins(there, words, first, compared):
    assert run("--period", "2026-Q1", *words, "--json", "out.json", "--quiet") == 0
    header = json.loads((there / "out.json").read_text())["header"]
    assert (header["period_from"], header["compared_from"]) == (first, compared)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["Won", "Closed in the period", "By source – closed in the period", "Losses – closed in the period",
                "Stages – leads created in the period", "Period and comparison – closed in the period"]),
        ("pl", ["Zamknięte w okresie", "Etapy – leady utworzone w okresie"]),
        ("ru", ["Закрытые за период", "Этапы – лиды, созданные за период"]),
    ],
)  # fmt: skip
def test_the_sheet_names_the_basis_of_each_table(there, language, said):
    words = ["--fiscal-start", "4", "--language", language, "--quiet", "--data", "100000"]
    assert run("--period", "2026-Q4", *words, "-o", f"{language}.xlsx", "--json", f"{language}.json") == 0
    shown = texts(there / f"{language}.xlsx")
    assert [text for text in said if text not in shown] == []
    assert [text for text in shown if "2026-Q4" in text and "2026" in text]
    if language == "en":
        assert [text for text in shown if "years begin in: Apr" in text]
    header = json.loads((there / f"{language}.json").read_text())["header"]
    rows = load_workbook(there / f"{language}.xlsx")["Funnel_Data"].max_row - 1
    assert max(header["rows_used"], header["closed_in_period"]) <= rows
    assert rows <= header["rows_used"] + header["closed_in_period"]


@pytest.mark.parametrize("words", [["--period", "2026-Q1"], ["--where", "Created=2026-Q1"]])
def test_touches_of_leads_that_are_not_asked_for_are_not_odd(there, capsys, words):
    assert run("--touches", "touches.csv", *words, "--json", "out.json") == 0
    assert "Touches of unknown leads" not in capsys.readouterr().err
    assert json.loads((there / "out.json").read_text())["attribution"]


def test_the_map_keeps_the_period_and_another_one_overrules_it(there):
    assert run("--period", "2026-Q1", "-o", "first.xlsx", "--quiet") == 0
    for words, expected in (
        ([], ("2026-01-01", "2025-10-01")),
        (["--period", "2026-05", "--compare", "none"], ("2026-05-01", None)),
    ):
        assert run("--reuse-map", "first.xlsx", *words, "--json", "again.json", "--quiet") == 0
        header = json.loads((there / "again.json").read_text())["header"]
        assert (header["period_from"], header["compared_from"]) == expected


def test_a_period_that_is_not_over_says_so(there):
    assert run("--period", "2026", "-o", "year.xlsx", "--quiet") == 0
    shown = texts(there / "year.xlsx")
    assert [text for text in shown if "The period is not over: its figures are those until 30 Jun 2026" in text]
    assert [text for text in shown if "younger than those compared with" in text]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--period", "2026-Q5"], 2, "There is no quarter '2026-Q5'. Write one of Q1 to Q4."),
        (["--period", "2026-05..2026-01"], 2, "ends (2026-01-31) before it begins (2026-05-01)"),
        (["--period", "May"], 2, "'May' is no period. Write it as 2026-Q2"),
        (["--period", "2026", "--fiscal-start", "13"], 2, "'13' is out of range or no number; give a month, 1 to 12"),
        (["--period", "2019"], 1, "nothing was created or closed in the period 2019 (2019-01-01 to 2019-12-31)"),
        (
            ["--compare", "previous"],
            1,
            "--compare says something of a period: give one with it, such as --period",
        ),
        (["--fiscal-start", "4"], 1, "--fiscal-start says something of a period"),
    ],
)
def test_an_impossible_period_is_one_message(there, capsys, words, code, message):
    try:
        found = run(*words, "--json", "none.json")
    except SystemExit as stopped:
        found = stopped.code
    assert found == code
    assert message in capsys.readouterr().err
    assert not (there / "none.json").exists()
