"""Customers that stay on the sheet, in every language, and what is chosen for them read back."""

import json
from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook

from tests.funnel.customers import random_people, table_of
from xl_leadkpi.cli import main
from xl_leadkpi.locales import languages, locale

from .settings_cells import edit

AS_OF = ("--as-of", "2026-06-30")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(2)
    people = {"Ads": random_people(random, 200, 300), "Referral": random_people(random, 200, 1200)}
    table_of(people, header="Amount").write_csv("leads.csv")
    return tmp_path


def report(capsys, *arguments):
    assert main(["funnel", *arguments, "-o", "out.xlsx", "--json", "-", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


def funnel_rows(values=True):
    sheet = load_workbook("out.xlsx", data_only=values)["Funnel"]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def section(rows, title):
    """The headers and the rows of the table below a title."""
    start = next(number for number, row in enumerate(rows) if row[1] == title)
    head = next(number for number in range(start + 1, len(rows)) if rows[number][2] is not None)
    last = next(number for number in range(head, len(rows)) if rows[number][1] is None)
    return [text for text in rows[head] if text], rows[head + 1 : last], rows[start + 1 : head]


@pytest.mark.parametrize("language", languages())
def test_the_table_says_what_json_says(folder, capsys, language):
    found = report(capsys, "leads.csv", *AS_OF, "--amount-per", "month", "--language", language)["retention"]["source"]
    texts = locale(language).funnel
    title = texts["block.retention"].format(value=texts["field.source"])
    headers, rows, notes = section(funnel_rows(), title)
    assert [row[1] for row in rows[:2]] == [row["group"] for row in found[:2]]
    months = found[0]["within_months"]
    shown = {
        "customers": texts["column.customers"], "still_there": texts["column.still_there"],
        "kept_12": texts["column.kept_12"], "kept_24": texts["column.kept_24"],
        "median_months": texts["column.median_months"],
        "mean_months": texts["retention.mean_months"].format(value=months),
        "lifetime_revenue": texts["retention.lifetime_revenue"].format(value=months),
    }  # fmt: skip
    for key, header in shown.items():
        place = headers.index(header) + 1
        for row, expected in zip(rows, found, strict=True):
            if expected[key] is not None:
                assert row[place] == pytest.approx(expected[key]), key
            else:
                assert row[place] == "–", key
    words = {"better": texts["label.better"], "worse": texts["label.worse"]}
    place = headers.index(texts["column.compared"]) + 1
    assert [row[place] for row in rows[:2]] == [words[row["compared"]] for row in found[:2]]
    said = " ".join(row[1] for row in notes if row[1])
    assert texts["note.retention_revenue"] in said
    form = locale(language).plural_form(months)
    assert texts[f"count.months_{form}"].format(value=months) in said


def test_the_lifetime_revenue_is_a_formula_over_its_parts(folder, capsys):
    report(capsys, "leads.csv", *AS_OF, "--amount-per", "month")
    rows = funnel_rows(values=False)
    headers, rows, _ = section(rows, "Customers that stay, by source")
    place = next(number for number, text in enumerate(headers, start=1) if text.startswith("Revenue, first"))
    paid, mean = headers.index("Paid a month") + 1, next(
        number for number, text in enumerate(headers, start=1) if text.startswith("Mean stay")
    )  # fmt: skip
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    formula = rows[0][place].replace("$", "")
    assert letters[paid] in formula
    assert letters[mean] in formula


def test_where_no_time_is_known_the_sheet_says_what_would_help(folder, capsys):
    report(capsys, "leads.csv", *AS_OF)
    texts = [str(cell) for row in funnel_rows() for cell in row if cell]
    assert len([text for text in texts if "--amount-per" in text]) == 1
    headers, rows, _ = section(funnel_rows(), "Customers that stay, by source")
    assert rows[0][headers.index("Paid a month") + 1] == "–"


def test_without_the_column_there_is_no_section(folder, capsys):
    text = Path("leads.csv").read_text().replace("Churn date", "Remark")
    Path("leads.csv").write_text(text)
    assert report(capsys, "leads.csv", *AS_OF)["retention"] is None
    assert not any("Customers" in str(row[1]) for row in funnel_rows())


@pytest.mark.parametrize("language", languages())
def test_settings_and_the_project_file_say_it_too(folder, capsys, language):
    report(capsys, "leads.csv", *AS_OF, "--language", language)
    assert edit(amount_per=locale(language).funnel["choice.year"])["amount_per"][0]
    edited = report(capsys, "leads.csv", "--reuse-map", "edited.xlsx")["retention"]["source"][0]
    assert edited["amount_per_month"] == pytest.approx(100 / 12)
    Path("leadkpi.toml").write_text('as_of = 2026-06-30\namount_per = "month"\n[inputs]\nleads = "leads.csv"\n')
    # the workbook that stands there was made with the edit, which holds on until it is started afresh
    assert report(capsys)["retention"]["source"][0]["amount_per_month"] == pytest.approx(100 / 12)
    assert report(capsys, "--fresh")["retention"]["source"][0]["amount_per_month"] == pytest.approx(100)


@pytest.mark.parametrize("language", languages())
def test_funnel_data_gives_the_same_customers_again(folder, capsys, language):
    first = report(capsys, "leads.csv", *AS_OF, "--amount-per", "month", "--language", language)["retention"]
    Path("out.xlsx").rename("before.xlsx")
    again = report(capsys, "before.xlsx", *AS_OF, "--amount-per", "month")["retention"]
    for row, same in zip(first["source"], again["source"], strict=True):
        assert same == pytest.approx(row)
