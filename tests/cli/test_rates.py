"""Rates on the command line and in the project file; what the sheets say of them."""

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from xl_leadkpi.cli import main

LEADS = """\
Lead ID,Created,Stage,Amount,Currency,Source,Won date
1,2025-01-06,Won,100,EUR,Ads,2025-01-18
2,2025-01-06,Won,200,PLN,Ads,2025-02-01
3,2025-01-07,Opportunity,10,EUR,Fair,
4,2025-01-07,Lost,10,EUR,Fair,
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("leads.csv").write_text(LEADS)
    Path("rates.csv").write_text("Date,Currency,Rate\n2025-01-06,EUR,4.2\n2025-01-17,EUR,4.3\n")
    Path("spend.csv").write_text("Date,Channel,Cost,Currency\n2025-01-06,Ads,10,USD\n")
    return tmp_path


def figures(capsys, *words, code=0):
    assert main(["funnel", *words, "--json", "-", "--quiet", "--as-of", "2025-06-30"]) == code
    out, err = capsys.readouterr()
    return json.loads(out) if code == 0 else err


def test_the_sheets_say_the_currency_the_rates_and_what_was_there(folder, capsys):
    assert main(["funnel", "leads.csv", "--rate", "EUR=4.25", "-o", "out.xlsx", "--language", "pl"]) == 0
    assert "converted into PLN: 1 EUR = 4.25" in capsys.readouterr().out
    book = load_workbook("out.xlsx")
    said = [str(cell) for row in book["Funnel"].iter_rows(values_only=True) for cell in row if cell]
    assert any("waluta PLN" in text for text in said)
    assert any("Kwoty przeliczono na PLN (1 EUR = 4,25)" in text for text in said)
    header, *rows = book["Funnel_Data"].iter_rows(values_only=True)
    at = [header.index(name) for name in ("Kwota", "Waluta", "Kwota pierwotna", "Waluta pierwotna")]
    assert [rows[0][place] for place in at] == [425, "PLN", 100, "EUR"]
    assert main(["funnel", "leads.csv", "-o", "out.xlsx", "--quiet"]) == 0
    assert "Original amount" not in next(load_workbook("out.xlsx")["Funnel_Data"].iter_rows(values_only=True))


def test_the_sheet_of_converted_amounts_is_read_back_as_it_is(folder, capsys):
    first = figures(capsys, "leads.csv", "--rate", "EUR=4.25", "-o", "out.xlsx")
    again = figures(capsys, "out.xlsx")
    assert again["summary"]["revenue"] == first["summary"]["revenue"] == 625
    assert (again["header"]["currency"], again["header"]["rates"]) == ("PLN", [])


def test_leads_and_spend_are_in_the_currency_of_the_report(folder, capsys):
    found = figures(capsys, "leads.csv", "--spend", "spend.csv", "--rate", "rates.csv", "--rate", "USD=4")
    assert (found["header"]["currency"], found["header"]["spend_currency"]) == ("PLN", "PLN")
    assert found["summary"]["revenue"] == pytest.approx(100 * 4.3 + 200)
    assert (found["summary"]["spend"], found["summary"]["roas"]) == (40, pytest.approx(630 / 40))
    assert found["header"]["rates"] == [
        {"currency": "EUR", "rate": None, "file": "rates.csv"},
        {"currency": "USD", "rate": 4.0, "file": None},
    ]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            ["--rate", "USD=4", "--currency", "PLN"],
            "leads.csv, row 2, column 'Amount': the amount is in EUR, which has no",
        ),
        (
            ["--currency", "PLN"],
            "--currency names the currency that amounts are converted into: give the rates with it",
        ),
        (["--rate", "none.csv"], "none.csv: there is no such file"),
        (["--rate", "EUR=4.25", "--spend", "spend.csv"], "spend.csv, row 2, column 'Cost': the spend is in USD, which"),
    ],
)
def test_what_lacks_a_rate_is_told(folder, capsys, said, message):
    assert message in figures(capsys, "leads.csv", *said, code=1)


@pytest.mark.parametrize("said", [["--rate", "EUR=zero"], ["--rate", "E=4"], ["--currency", "zloty"]])
def test_wrong_usage_is_status_2(folder, capsys, said):
    with pytest.raises(SystemExit) as ended:
        main(["funnel", "leads.csv", *said])
    assert ended.value.code == 2


def test_a_table_of_rates_is_no_output(folder, capsys):
    assert "rates.csv is one of the files read" in figures_to(capsys, "rates.csv")


def figures_to(capsys, output):
    assert main(["funnel", "leads.csv", "--rate", "rates.csv", "--json", output]) == 1
    return capsys.readouterr().err


def test_the_project_file_holds_rates_and_the_command_line_overrules_them(folder, capsys):
    Path("x").mkdir()
    Path("x/p.toml").write_text(
        'rate = ["EUR=4.25", "../rates.csv"]\ncurrency = "PLN"\n[inputs]\nleads = "../leads.csv"\n'
    )
    assert figures(capsys, "--project", "x/p.toml")["summary"]["revenue"] == 625
    assert figures(capsys, "--project", "x/p.toml", "--rate", "EUR=4")["summary"]["revenue"] == 600
    assert main(["check", "leads.csv", "--rate", "rates.csv", "--currency", "PLN", "--write"]) == 0
    text = Path("leadkpi.toml").read_text()
    assert 'rate = ["rates.csv"]  #' in text
    assert 'currency = "PLN"  #' in text
    capsys.readouterr()
    assert figures(capsys)["summary"]["revenue"] == pytest.approx(630)
