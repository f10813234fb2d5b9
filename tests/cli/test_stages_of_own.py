"""Stages of the user's own from the command line: found, kept in leadkpi.toml, edited there, overruled."""

import csv
import json
import re
import shlex
from pathlib import Path

import pytest

from tests.leads.test_own_stages import ZOHO, deals
from tests.leads.test_sales_pipelines import table
from xl_leadkpi.cli import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, rows in (("deals.csv", deals(ZOHO)), ("two.csv", table())):
        with Path(name).open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(rows)
    return tmp_path


def figures(capsys, *arguments):
    assert main(["funnel", *arguments, "--as-of", "2026-06-30", "--json", "-", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)


def stages(capsys, *arguments):
    return [row["stage"] for row in figures(capsys, *arguments)["stages"]]


def test_modes(folder, capsys):
    assert stages(capsys, "deals.csv") == [*ZOHO, "Won"]
    assert stages(capsys, "deals.csv", "--stages", "own") == [*ZOHO, "Won"]
    assert stages(capsys, "deals.csv", "--stages", "canonical") == ["Opportunity", "Proposal", "Won"]


def test_it_is_said_what_tells_the_order(folder, capsys):
    assert main(["funnel", "deals.csv", "-o", "out.xlsx"]) == 0
    said = capsys.readouterr().out
    assert "own stages                       6  ordered by: names (--stages canonical: the usual seven)" in said
    for language, text in (("en", "(stages of your own, ordered by: names)"), ("ru", "порядок: названия)")):
        assert main(["check", "deals.csv", "--language", language]) == 0
        assert text in capsys.readouterr().out
    assert main(["check", "two.csv", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["files"][0]["stages_told_by"] is None


def test_every_month(folder, capsys):
    assert main(["check", "deals.csv", "--write"]) == 0
    capsys.readouterr()
    project = Path("leadkpi.toml").read_text()
    assert project.count("[[stages]]") == len(ZOHO)
    assert 'name = "Proposal/Price Quote"\nstands_for = "Proposal"' in project
    before = figures(capsys)
    assert before["stages"] == figures(capsys, "deals.csv")["stages"]
    # renamed, moved, put together, left to the usual ones
    first, rest = project.split("[[stages]]\n", 1)
    edited = rest.replace('"Qualification"', '"Fit"\nwords = ["Qualification", "Needs Analysis"]', 1)
    edited = edited.replace('[[stages]]\nname = "Needs Analysis"\n', "")
    Path("leadkpi.toml").write_text(f"{first}[[stages]]\n{edited}")
    after = figures(capsys)
    assert [row["stage"] for row in after["stages"]] == ["Fit", *ZOHO[2:], "Won"]
    same = after["summary"].keys() - {"weighted_pipeline", "velocity"}  # which go by stage
    assert {key: before["summary"][key] for key in same} == {key: after["summary"][key] for key in same}
    assert not [row for row in after["quality"] if row["finding"] in ("stages_of_words", "unknown_words")]
    # the command line overrules the file
    assert stages(capsys, "--stages", "canonical") == ["Opportunity", "Proposal", "Won"]
    # a second writing keeps what was listed
    assert main(["check", "--write", "--force"]) == 0
    capsys.readouterr()
    assert figures(capsys)["stages"] == after["stages"]


def test_the_win_and_words_of_outcomes(folder, capsys):
    Path("leadkpi.toml").write_text(
        '[inputs]\nleads = "deals.csv"\n[stage_words]\n"Negotiation/Review" = "Late"\n'
        '[[stages]]\nname = "Early"\nwords = ["Qualification", "Needs Analysis", "Value Proposition"]\n'
        '[[stages]]\nname = "Late"\nwords = ["Identify Decision Makers", "Proposal/Price Quote"]\n'
        'stands_for = "Proposal"\n'
        '[[stages]]\nname = "Signed"\nstands_for = "Won"\n'
    )
    report = figures(capsys)
    rows = {row["stage"]: row for row in report["stages"]}
    counts = {name: sum(line[2] == name for line in deals(ZOHO)) for name in [*ZOHO, "Closed Won"]}
    assert list(rows) == ["Early", "Late", "Signed"]
    assert rows["Late"]["in_stage_now"] == sum(counts[name] for name in ZOHO[3:])
    assert (rows["Signed"]["reached"], report["summary"]["won"]) == (counts["Closed Won"],) * 2


def test_pipelines(folder, capsys):
    report = figures(capsys, "two.csv")
    assert [*report["pipelines"]] == ["New business", "Renewals"]
    one = figures(capsys, "two.csv", "--pipeline", "New business")
    assert [row["stage"] for row in one["stages"]] == [*ZOHO, "Won"]
    assert one["stages"] == report["pipelines"]["New business"]
    assert main(["funnel", "deals.csv", "--pipeline", "New business", "--quiet"]) == 1
    said = capsys.readouterr().err
    assert "deals.csv: there is no column of sales pipelines, and --pipeline takes one of them" in said
    Path("leadkpi.toml").write_text('pipeline = "Renewals"\n[inputs]\nleads = "two.csv"\n')
    assert figures(capsys)["summary"]["leads"] == 100


HUBSPOT = ["Appointment Scheduled", "Qualified To Buy", "Presentation Scheduled", "Contract Sent"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["deals.csv"],
        ["deals.csv", "--stages", "canonical"],
        ["hubspot.csv", "--stages", "own"],
        ["two.csv"],
        ["two.csv", "--pipeline", "New business"],
        ["two.csv", "--pipeline", "renewals", "--where", "Amount>=150"],
        ["leads.csv", "--deals", "joined.csv"],
        ["leads.csv", "--deals", "joined.csv", "--pipeline", "New business"],
    ],
    ids=" ".join,
)
def test_a_workbook_and_a_project_file_give_the_same_again(folder, capsys, arguments):
    rows = table(80)
    joined = [["Lead ID", *rows[0]], *([f"L{number}", *row] for number, row in enumerate(rows[1:]))]
    leads = [["Lead ID", "Created", "Email"], *([f"L{n}", "2026-01-05", f"p{n}@example.com"] for n in range(100))]
    for name, lines in (("hubspot.csv", deals(HUBSPOT)), ("joined.csv", joined), ("leads.csv", leads)):
        with Path(name).open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(lines)

    def counted(*again):
        report = figures(capsys, *again)
        return {name: report[name] for name in ("summary", "stages", "pipelines", "by", "losses")}

    first = counted(*arguments, "-o", "first.xlsx")
    tables = [one for one in arguments if one.endswith(".csv") or one == "--deals"]
    assert counted(*tables, "--reuse-map", "first.xlsx") == first
    assert main(["check", *arguments, "--write"]) == 0
    capsys.readouterr()
    assert counted() == first


def test_stages_without_an_order(folder, capsys):
    Path("odd.csv").write_text("ID,Created,Stage\n1,2026-01-02,Blau\n2,2026-01-03,Rot\n3,2026-01-04,Won\n")
    assert main(["funnel", "odd.csv", "--stages", "own", "--quiet"]) == 1
    said = capsys.readouterr().err
    assert "odd.csv: nothing tells the order of these stages: 'Blau', 'Rot'." in said
    assert "[[stages]]" in said
    assert not list(Path().glob("*.xlsx"))


@pytest.mark.parametrize("listed", [True, False])
def test_the_command_for_an_unknown_word_names_a_stage_that_there_is(tmp_path, monkeypatch, capsys, listed):
    monkeypatch.chdir(tmp_path)
    rows = [f"{number},2026-01-05,{stage}" for number, stage in enumerate(["Enquiry", "Demo", "Can't say", "Won"] * 3)]
    Path("leads.csv").write_text("\n".join(["ID,Created,Stage", *rows]))
    if listed:
        stages = "".join(f'[[stages]]\nname = "{name}"\n' for name in ("Enquiry", "Demo"))
        Path("leadkpi.toml").write_text(f'{stages}[inputs]\nleads = "leads.csv"\n')
    command = ["funnel", *([] if listed else ["leads.csv"]), "-o", "out.xlsx"]
    assert main(command) == 0
    said = capsys.readouterr().err
    assert "Unknown stage word, taken for the first stage: 3 in 'Stage', first in row 4 (Can't say)" in said
    pasted = shlex.split(re.search(r"""for example (--stage "Can't say=\w+")""", said)[1])
    assert main([*command, *pasted]) == 0
    assert "first in row 4 (Can't say)" not in capsys.readouterr().err
