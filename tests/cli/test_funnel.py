"""The main job as a user runs it: figures on standard output, the workbook, the JSON, the reused map."""

import json

import pytest
from openpyxl import load_workbook

from tests.golden import GOLDEN
from xl_leadkpi.cli import main

SUMMARY = """leads mql sql meetings opportunities won lost open win_rate lead_conversion revenue average_deal
cycle_days_mean cycle_days_median pipeline spend cpl cac"""


def figures(capsys, *arguments):
    assert main(["funnel", *map(str, arguments), "--json", "-"]) == 0
    out, err = capsys.readouterr()
    return json.loads(out), err


@pytest.fixture
def golden():
    folder = GOLDEN
    return folder / "golden_leads.csv", folder / "golden_spend.csv"


def test_json_has_the_documented_keys(golden, capsys):
    leads, spend = golden
    result, _ = figures(capsys, leads, "--spend", spend, "--as-of", "2025-06-30")
    assert set(SUMMARY.split()) <= result["summary"].keys()
    assert {"summary", "stages", "by", "months", "cohorts", "attribution", "quality"} <= result.keys()
    assert {"stage", "reached", "exact", "next_step", "cumulative"} <= result["stages"][0].keys()


def test_golden_summary(golden, capsys):
    leads, spend = golden
    expected = json.loads((GOLDEN / "golden_expected.json").read_text())
    result, _ = figures(capsys, leads, "--spend", spend, "--as-of", "2025-06-30")
    summary = result["summary"]
    assert summary["leads"] == expected["leads"]
    assert summary["won"] == expected["won"]
    assert summary["lost"] == expected["lost_all"]
    assert summary["open"] == expected["open"]
    assert summary["opportunities"] == expected["opps"]
    assert summary["win_rate"] == expected["winrate_closed"]
    assert summary["lead_conversion"] == expected["lead_conv_naive"]
    assert summary["revenue"] == expected["revenue"]
    assert summary["average_deal"] == pytest.approx(expected["avg_deal"], abs=1e-9)
    assert summary["pipeline"] == expected["pipeline_open"]
    assert summary["cycle_days_mean"] == pytest.approx(expected["cycle_lead_to_won"]["mean"], abs=1e-6)
    assert summary["cycle_days_median"] == expected["cycle_lead_to_won"]["median"]
    assert summary["spend"] == expected["spend_total"]
    assert summary["cpl"] == pytest.approx(expected["blended"]["cpl"], abs=1e-4)
    assert summary["cac"] == pytest.approx(expected["blended"]["cac"], abs=1e-4)


@pytest.mark.parametrize("reach", ["filled", "exact", "strict"])
def test_reach_modes(golden, capsys, reach):
    expected = json.loads((GOLDEN / "golden_expected.json").read_text())[f"reached_{reach}"]
    result, _ = figures(capsys, golden[0], "--as-of", "2025-06-30", "--reach", reach)
    assert {row["stage"]: row["reached"] for row in result["stages"]} == expected


def test_win_basis_changes_the_denominator(golden, capsys):
    rates = {
        basis: figures(capsys, golden[0], "--as-of", "2025-06-30", "--win-basis", basis)[0]["summary"]["win_rate"]
        for basis in ("closed", "all")
    }
    assert rates == {"closed": 0.75, "all": 0.5}


def test_key_figures_and_the_place_of_the_file(golden, tmp_path, capsys):
    assert main(["funnel", str(golden[0]), "--as-of", "2025-06-30", "-o", str(tmp_path / "out.xlsx")]) == 0
    out, _ = capsys.readouterr()
    assert "out.xlsx" in out
    assert "75.0%" in out
    assert load_workbook(tmp_path / "out.xlsx").sheetnames[:4] == ["Summary", "Funnel", "Funnel_Data", "Settings"]


def test_quiet_prints_nothing(golden, tmp_path, capsys):
    assert main(["funnel", str(golden[0]), "-o", str(tmp_path / "out.xlsx"), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_the_users_map_wins_and_is_kept_by_a_later_run(tmp_path, capsys):
    leads = tmp_path / "leads.csv"
    leads.write_text("Lead ID,Entered,Created,Stage\n1,2025-01-05,2025-03-01,Hot\n2,2025-02-05,2025-03-01,Lead\n")
    out = tmp_path / "out.xlsx"
    arguments = ["--map", "created=Entered", "--stage", "Hot=SQL", "--as-of", "2025-06-30"]
    result, _ = figures(capsys, leads, *arguments, "-o", out)
    assert result["summary"]["sql"] == 1
    assert [row["month"] for row in result["months"]][:2] == ["2025-01", "2025-02"]
    again, _ = figures(capsys, leads, "--reuse-map", out)
    assert again["summary"] == result["summary"]
    assert again["months"] == result["months"]


def test_names_of_channels_are_kept_by_a_later_run(tmp_path, capsys):
    leads = tmp_path / "leads.csv"
    leads.write_text("Lead ID,Created,Stage,Source\n1,2025-01-05,New,ggl\n2,2025-02-05,New,Fair\n")
    out = tmp_path / "out.xlsx"
    result, _ = figures(capsys, leads, "--channel", "ggl=Google Ads", "-o", out)
    assert [row["group"] for row in result["by"]["source"]][:2] == ["Fair", "Google Ads"]
    again, _ = figures(capsys, leads, "--reuse-map", out)
    assert again["by"] == result["by"]
    assert again["channels"] == result["channels"]


def test_edits_in_funnel_map_are_read(golden, tmp_path, capsys):
    leads = tmp_path / "leads.csv"
    leads.write_text("Lead ID,Created,Stage\n1,2025-01-05,Hot\n2,2025-02-05,Lead\n3,2025-02-05,Hot\n")
    out = tmp_path / "out.xlsx"
    assert main(["funnel", str(leads), "-o", str(out), "--as-of", "2025-06-30", "--quiet"]) == 0
    book = load_workbook(out)
    sheet = book["Funnel_Map"]
    (word,) = [cell for row in sheet.iter_rows() for cell in row if cell.value == "Hot"][:1]
    sheet.cell(word.row, word.column + 1).value = "SQL"
    book.save(out)
    result, _ = figures(capsys, leads, "--reuse-map", out)
    assert result["summary"]["sql"] == 2


def test_text_from_an_export_never_becomes_a_formula(tmp_path, capsys):
    leads = tmp_path / "leads.csv"
    leads.write_text(
        'Lead ID,Created,Stage,Source\n=1+1,2025-01-05,Lead,"=HYPERLINK(""http://x"")"\n'
        "+2,2025-02-05,Won,@SUM(A1)\n-3,2025-02-06,Won,-x\n"
    )
    out = tmp_path / "out.xlsx"
    assert main(["funnel", str(leads), "-o", str(out), "--as-of", "2025-06-30", "--quiet"]) == 0
    capsys.readouterr()
    book = load_workbook(out)
    found = {
        cell.value: cell.data_type
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str)
    }
    for text in ("=1+1", '=HYPERLINK("http://x")', "+2", "@SUM(A1)", "-3"):
        assert found[text] in {"s", "inlineStr"}


def test_what_may_be_wrong_is_said_on_standard_error(tmp_path, capsys):
    leads = tmp_path / "leads.csv"
    leads.write_text("Lead ID,Created,Stage\n1,2025-01-05,Won\n1,2025-01-05,Won\n2,2025-02-05,Lead\n")
    assert main(["funnel", str(leads), "-o", str(tmp_path / "out.xlsx"), "--as-of", "2025-06-30"]) == 0
    _, err = capsys.readouterr()
    (line,) = (line for line in err.splitlines() if "Same ID again" in line)
    assert line.startswith("warning: Same ID again: one row kept: 1")
    assert line.endswith(". Keep all with --dedupe none.")
    assert "Funnel_Map" in err


def test_more_groups_than_usual(tmp_path, capsys):
    leads = tmp_path / "leads.csv"
    rows = [f"{number},2025-01-05,Lead,Source {number:02}" for number in range(30)]
    leads.write_text("\n".join(["Lead ID,Created,Stage,Source", *rows]))
    few, _ = figures(capsys, leads)
    many, _ = figures(capsys, leads, "--top", "40")
    assert len(few["by"]["source"]) == 15 + 2  # the rest in one row, and the total
    assert len(many["by"]["source"]) == 30 + 1


def test_a_table_without_outcomes_prints_no_outcome(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text("Lead ID,Created,Source\n7,2025-01-05,Fair\n8,2025-02-01,Web\n")
    assert main(["funnel", "list.csv", "--as-of", "2025-06-30"]) == 0
    printed = capsys.readouterr().out
    [line] = [line for line in printed.splitlines() if line.startswith("lost / open")]
    assert line.split()[3:5] == ["-", "unknown:"]
    assert "0.0%" not in printed
    assert "100.0%" not in printed
