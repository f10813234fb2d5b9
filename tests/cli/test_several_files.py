"""Several files, patterns and the project file on the command line."""

import json
from pathlib import Path

import polars as pl
import pytest
from openpyxl import load_workbook

from xl_leadkpi.cli import main

MONTHS = {
    "leads/2025-01.csv": "Lead ID,Created,Stage,Amount\n1,2025-01-05,Won,100\n2,2025-01-06,Lead,\n",
    "leads/2025-02.csv": "Kwota;ID leada;Etap;Data utworzenia\n50,5;3;Wygrana;07.02.2025\n;2;SQL;06.01.2025\n",
    "leads/old/2024-12.csv": "Lead ID,Created,Stage,Amount\n9,2024-12-05,Lost,7\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in MONTHS.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    return tmp_path


def figures(capsys, *words, code=0):
    assert main(["funnel", *words, "--json", "-", "--quiet", "--as-of", "2025-06-30"]) == code
    out, err = capsys.readouterr()
    return json.loads(out) if code == 0 else err


@pytest.mark.parametrize(
    ("said", "leads", "revenue"),
    [
        (["leads/2025-01.csv", "leads/2025-02.csv"], 3, 150.5),
        (["leads/*.csv"], 3, 150.5),
        (["leads/**/*.csv"], 4, 150.5),
        (["leads/old/*.csv", "leads/2025-01.csv"], 3, 100),
        (["leads/*-01.csv"], 2, 100),
    ],
)
def test_files_and_patterns_are_one_table(folder, capsys, said, leads, revenue):
    summary = figures(capsys, *said)["summary"]
    assert (summary["leads"], summary["revenue"]) == (leads, revenue)


def test_the_order_decides_which_row_of_an_identifier_counts(folder, capsys):
    def stage_of_2(*said):
        stages = {row["stage"]: row["in_stage_now"] for row in figures(capsys, *said)["stages"]}
        return "SQL" if stages.get("SQL") else "Lead"

    assert stage_of_2("leads/*.csv") == "SQL"
    assert stage_of_2("leads/2025-02.csv", "leads/2025-01.csv") == "Lead"


def test_the_sheets_name_the_file_of_each_row(folder, capsys):
    assert main(["funnel", "leads/*.csv", "-o", "out.xlsx", "--as-of", "2025-06-30"]) == 0
    assert "first in row 3 of 2025-01.csv" in capsys.readouterr().err
    book = load_workbook("out.xlsx")
    header, *rows = book["Funnel_Data"].iter_rows(values_only=True)
    assert header[:3] == ("Row", "File", "ID")
    assert [row[:3] for row in rows] == [(2, "2025-01.csv", "1"), (2, "2025-02.csv", "3"), (3, "2025-02.csv", "2")]
    cells = {str(cell) for row in book["Funnel_Map"].iter_rows(values_only=True) for cell in row if cell}
    assert "2025-01.csv: 3" in cells
    again = figures(capsys, "out.xlsx")  # the sheet is read back like that of one file
    assert (again["summary"]["leads"], again["summary"]["revenue"]) == (3, 150.5)


def test_edits_of_the_map_hold_for_the_file_that_has_the_header(folder, capsys):
    assert main(["funnel", "leads/*.csv", "-o", "out.xlsx", "--as-of", "2025-06-30", "--quiet"]) == 0
    book = load_workbook("out.xlsx")
    [cell] = [row[1] for row in book["Funnel_Map"].iter_rows(min_col=2, max_col=3) if row[0].value == "Kwota"]
    assert cell.value == "amount"
    cell.value = "-"
    book.save("out.xlsx")
    assert figures(capsys, "leads/*.csv", "--reuse-map", "out.xlsx")["summary"]["revenue"] is None


@pytest.mark.parametrize("output", ["leads/2025-01.csv", "leads/2025-02.csv"])
def test_no_file_of_a_pattern_is_an_output(folder, capsys, output):
    Path("x.xlsx").symlink_to(Path(output).absolute())
    assert main(["funnel", "leads/*.csv", "-o", "x.xlsx"]) == 1
    assert "x.xlsx is one of the files read" in capsys.readouterr().err
    assert main(["funnel", "leads/2025-01.csv", "leads/2025-02.csv", "--json", output]) == 1
    assert "is one of the files read" in capsys.readouterr().err
    assert Path(output).read_text() == MONTHS[output]


def test_the_workbook_of_several_files_is_called_after_none_of_them(folder, capsys):
    assert main(["funnel", "leads/2025-01.csv", "leads/2025-02.csv", "--quiet"]) == 0
    assert Path("leads-funnel.xlsx").exists()


def test_the_project_file_holds_one_several_or_a_pattern(folder, capsys):
    for leads in ('["leads/2025-01.csv", "leads/2025-02.csv"]', '"leads/*.csv"', '["leads/*.csv"]'):
        Path("leadkpi.toml").write_text(f"[inputs]\nleads = {leads}\n")
        assert figures(capsys)["summary"]["leads"] == 3
    # leads of the command line stand instead of those of the file
    assert figures(capsys, "leads/old/2024-12.csv", "--project", "leadkpi.toml")["summary"]["leads"] == 1
    Path("leadkpi.toml").write_text('[inputs]\nleads = ["leads/*.csv", "none.csv"]\n')
    assert "leadkpi.toml, line 2: inputs.leads: there is no file 'none.csv'" in figures(capsys, code=1)


def test_check_writes_one_file_as_a_name_and_several_as_a_list(folder, capsys):
    assert main(["check", "leads/2025-01.csv", "--write"]) == 0
    assert 'leads = "leads/2025-01.csv"  #' in Path("leadkpi.toml").read_text()
    assert main(["check", "leads/2025-01.csv", "leads/2025-02.csv", "--write", "--force"]) == 0
    text = Path("leadkpi.toml").read_text()
    assert 'leads = ["leads/2025-01.csv", "leads/2025-02.csv"]  #' in text
    assert 'workbook = "leads-funnel.xlsx"' in text
    capsys.readouterr()
    assert figures(capsys)["summary"]["leads"] == 3  # and every column is found anew in its file


def test_deals_of_a_pattern_are_one_table(folder, capsys):
    Path("d1.csv").write_text("Deal ID,Lead ID,Stage,Amount\nD1,1,Won,10\n")
    Path("d2.csv").write_text("Deal ID,Lead ID,Stage,Amount\nD2,2,Won,20\n")
    Path("l.csv").write_text("Lead ID,Created\n1,2025-01-05\n2,2025-01-06\n")
    for deals in (["--deals", "d?.csv"], ["--deals", "d1.csv", "--deals", "d2.csv"]):
        assert figures(capsys, "l.csv", *deals)["summary"]["revenue"] == 30


def test_parquet_files_stay_on_an_engine_alone_and_come_into_memory_beside_others(folder, capsys):
    frame = pl.DataFrame({"Lead ID": [7, 8], "Created": ["2025-03-01", "2025-03-02"], "Stage": ["Won", "Lead"]})
    frame.head(1).write_parquet("a.parquet")
    frame.tail(1).write_parquet("b.parquet")
    assert main(["funnel", "*.parquet", "--json", "o.json", "--engine", "polars"]) == 0
    assert "engine: polars (2 Parquet files" in capsys.readouterr().err
    assert figures(capsys, "a.parquet", "leads/*.csv")["summary"]["leads"] == 4
    assert figures(capsys, "a.parquet", "b.parquet")["summary"]["leads"] == 2


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (["leads/*.xlsx"], "leads/*.xlsx: no file fits this pattern. Check the folder and the name."),
        (["leads/2025-01.csv", "none.csv"], "none.csv: there is no such file"),
        (["leads/2025-01.csv", "duckdb:///a.db?table=x"], "duckdb:///a.db?table=x: a DuckDB table is counted where it"),
        (["leads/2025-01.csv", "leads/2025-02.csv", "--engine", "duckdb"], "--engine duckdb reads Parquet files"),
        (["leads/2025-01.csv", "--where", "Kwot>1"], "there is no column 'Kwot' to filter by"),
        (["-", "-"], "- stands for standard input, which can be read only once"),
    ],
)
def test_what_cannot_be_one_table_is_told(folder, capsys, said, message):
    assert message in figures(capsys, *said, code=1)
