"""Filters on Settings: shown, edited there, and read back by terminal and macro alike."""

import json
from pathlib import Path

import pytest

from xl_leadkpi.cli import main
from xl_leadkpi.errors import InputError
from xl_leadkpi.sheets import read_edits

from .settings_cells import edit

LEADS = "ID,Created,Stage,Source,Amount\n" + "".join(
    f"{n},2026-01-{n + 1:02},{stage},{source},{n * 100}\n"
    for n, stage, source in zip(
        range(24), ("New", "Won", "Lost", "Spam call") * 6, ("Web", "Ads; paid", "Mail") * 8, strict=True
    )
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("leads.csv").write_text(LEADS)
    return tmp_path


def leads_counted(capsys, *arguments):
    assert main(["funnel", *arguments, "-o", "out.xlsx", "--json", "-", "--quiet"]) == 0
    return json.loads(capsys.readouterr().out)["summary"]["leads"]


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
def test_filters_are_edited(folder, capsys, language):
    assert leads_counted(capsys, "leads.csv", "--language", language) == 24
    [none] = {*edit(where="Amount >= 1000; Source in (Web, 'Ads; paid')")["where"]}
    assert none
    assert leads_counted(capsys, "leads.csv", "--reuse-map", "edited.xlsx") == sum(
        n >= 10 and n % 3 != 2 for n in range(24)
    )
    assert read_edits("out.xlsx").filters["where"] == ("Amount >= 1000", "Source in (Web, 'Ads; paid')")
    assert edit(exclude="Spam call")["exclude"] == (none if language == "en" else "none", "none")
    assert leads_counted(capsys, "leads.csv", "--reuse-map", "edited.xlsx") == sum(
        n >= 10 and n % 3 != 2 and n % 4 != 3 for n in range(24)
    )
    edit(where=None)
    edits = read_edits("edited.xlsx")
    assert edits.filters == {"where": (), "exclude": ("Spam call",)}


def test_the_project_file_settles_them(folder, capsys):
    Path("leadkpi.toml").write_text('where = ["Source=Web"]\nexclude = ["New"]\n[inputs]\nleads = "leads.csv"\n')
    assert leads_counted(capsys) == sum(n % 3 == 0 and n % 4 != 0 for n in range(24))
    assert read_edits("out.xlsx").filters == {}
    assert edit(where="Source=Mail")["where"] == ("Source = Web", "Source = Web")
    assert leads_counted(capsys, "--reuse-map", "edited.xlsx") == sum(n % 3 == 2 and n % 4 != 0 for n in range(24))
    # those of the command line are added
    assert leads_counted(capsys, "--reuse-map", "edited.xlsx", "--where", "Amount<1000") == sum(
        n % 3 == 2 and n % 4 != 0 and n < 10 for n in range(24)
    )


def test_a_bad_condition_is_named(folder, capsys):
    leads_counted(capsys, "leads.csv")
    edit(where="Amount")
    with pytest.raises(
        InputError, match=r"Settings, cell C\d+: Only rows for which: The condition 'Amount' is no condition"
    ):
        read_edits("edited.xlsx")


@pytest.mark.parametrize(
    "filters",
    [["--exclude", "5. Can't reach"], ["--where", "Owner!=O'Neil"], ["--where", 'Source!=7" screen'],
     ["--exclude", "a; b's"], ["--where", "Source not in ('x; y', O'Neil)"], ["--exclude", "'quoted'"]],
)  # fmt: skip
def test_apostrophes_and_quotation_marks_are_read_back(folder, capsys, filters):
    words = LEADS.replace("Spam call", "5. Can't reach").replace("Amount", "Owner").replace(",100", ",O'Neil")
    Path("leads.csv").write_text(words)
    count = leads_counted(capsys, "leads.csv", *filters)
    asked = read_edits("out.xlsx").filters
    assert leads_counted(capsys, "leads.csv", "--reuse-map", "out.xlsx") == count
    assert read_edits("out.xlsx").filters == asked != {}
