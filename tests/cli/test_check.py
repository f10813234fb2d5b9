"""What is understood of an export and what it can tell, in about a screen, in three languages, and as data."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.cli.running import LEADS
from xl_leadkpi import sample
from xl_leadkpi.cli import main
from xl_leadkpi.leads.model.evidence import Fact
from xl_leadkpi.locales import languages, locale

SPEND = "Month,Channel,Cost (EUR)\n2025-01-01,Ads,100\n2025-02-01,Bing,50\n"
TOUCHES = "Lead ID,Touch time,Channel\n1,2025-01-04 10:00,Ads\n1,2025-01-05 10:00,Fair\n2,2025-01-05,Ads\n"
DEALS = "Deal ID,Lead ID,Deal stage,Amount,Close date\nD1,1,Won,100,2025-02-01\nD2,9,Won,70,2025-02-01\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    header, first, *others = LEADS.splitlines()
    Path("leads.csv").write_text("\n".join([f"{header},Notes", f"{first},hello", *(f"{line}," for line in others)]))
    return tmp_path


def said(capsys, *words, code=0):
    assert main(["check", *map(str, words)]) == code
    return capsys.readouterr()


def data(capsys, *words, code=0):
    return json.loads(said(capsys, *words, "--json", "-", code=code).out)["files"]


def test_it_says_what_was_understood_and_builds_nothing(folder, capsys):
    out, err = said(capsys, "leads.csv")
    assert err == ""
    assert [path.name for path in folder.iterdir()] == ["leads.csv"]
    lines = out.splitlines()
    assert lines[0] == "leads.csv: 3 leads (1 won, 0 lost, 2 open), 3 rows read"
    assert any(line.split("  ")[0] == "Created" and "2025-01-05, 2025-02-05" in line for line in lines)
    assert "  Feed nothing: Notes" in lines
    places = [
        lines.index(line) for word in ("Lead", "SQL", "Won") for line in lines if line.split() == [word, "1", word]
    ]
    assert len(places) == 3
    assert places == sorted(places)
    assert "Period: created from 2025-01-05 to 2025-02-06; as of 2025-02-06 (latest date in the table)" in lines


def test_it_fits_a_screen(folder, capsys):
    sample.leads(300).write_csv("sample.csv")
    lines = said(capsys, "sample.csv").out.splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 120


def test_it_says_what_cannot_be_said_and_which_option_helps(folder, capsys):
    out = " ".join(said(capsys, "leads.csv").out.split())
    can, cannot = out.partition("Cannot be said:")[::2]
    for words in ("months, cohorts and sales cycle", "wins and their share", "revenue and average deal"):
        assert words in can
        assert words not in cannot
    for words in (
        "losses and the win rate; lost opportunities – No loss is recorded.",
        "--stage WORD=Lost (words met: 'Lead', 'SQL', 'Won')",
        "figures by owner – Column not in the table. Export it, or name its column with --map owner=HEADER.",
        "spend, CPL, CAC and ROMI – No table of spend. Give it with --spend FILE.",
        "who came to a stage (MQL, Meeting, Opportunity, Proposal)",
    ):
        assert words in cannot
        assert words not in can
    assert "how far the lost ones came" not in out  # where nobody is lost
    assert "days of the losses" not in out


def test_the_same_as_data(folder, capsys):
    [seen] = data(capsys, "leads.csv")
    assert (seen["leads"], seen["won"], seen["lost"], seen["open"], seen["rows_read"]) == (3, 1, 0, 2, 3)
    columns = {one["header"]: one for one in seen["columns"]}
    assert columns["Created"]["samples"] == ["2025-01-05", "2025-02-05", "2025-02-06"]
    assert (columns["Created"]["field"], columns["Created"]["sure"]) == ("created", True)
    assert (columns["Notes"]["field"], columns["Notes"]["sure"]) == (None, False)
    assert [(one["word"], one["stage"], one["count"]) for one in seen["words"]] == [
        ("Lead", "Lead", 1), ("SQL", "SQL", 1), ("Won", "Won", 1),
    ]  # fmt: skip
    losses = next(one for one in seen["evidence"] if one["fact"] == "losses")
    assert losses["level"] == "unknown"
    assert "--map lost_date=HEADER" in losses["remedy"]
    assert (seen["first_created"], seen["last_created"], seen["as_of"]) == ("2025-01-05", "2025-02-06", "2025-02-06")


def test_the_samples_are_in_no_report_of_figures(folder, capsys):
    assert main(["funnel", "leads.csv", "--json", "-"]) == 0
    assert "hello" not in capsys.readouterr().out


@pytest.mark.parametrize("language", languages())
def test_every_language_says_it_in_its_own_words(folder, capsys, language):
    texts = locale(language).funnel
    assert set(Fact) == {key.removeprefix("fact.") for key in texts if key.startswith("fact.")}
    Path("spend.csv").write_text(SPEND)
    Path("touches.csv").write_text(TOUCHES)
    out = said(capsys, "leads.csv", "--spend", "spend.csv", "--touches", "touches.csv", "--language", language).out
    for key in ("check.known", "check.unknown", "check.words", "fact.losses", "map.tblColumns"):
        assert texts[key] in out
    [seen] = data(capsys, "leads.csv", "--language", language)
    titles = {one["title"] for one in seen["evidence"] if "title" in one}
    assert titles <= {one.title for one in locale(language).findings.values()}


def test_tables_beside_the_leads(folder, capsys):
    for name, text in (("spend.csv", SPEND), ("touches.csv", TOUCHES)):
        Path(name).write_text(text)
    [seen] = data(capsys, "leads.csv", "--spend", "spend.csv", "--touches", "touches.csv")
    assert seen["spend"] == {
        "name": "spend.csv", "channels": ["Ads", "Bing"], "months": ["2025-01", "2025-02"], "total": 150.0,
        "currency": "EUR",
    }  # fmt: skip
    assert seen["touches"] == {"name": "touches.csv", "touches": 3, "leads": 2}
    levels = {one["fact"]: one["level"] for one in seen["evidence"]}
    assert (levels["spend"], levels["spend_months"], levels["spend_channels"]) == ("known", "known", "partly")
    out = said(capsys, "leads.csv", "--spend", "spend.csv", "--touches", "touches.csv").out
    assert "spend 150 EUR from 2025-01 to 2025-02, channels: Ads, Bing" in out
    assert "touches: 3, with a lead of their own: 2" in out


def test_spend_of_other_months_tells_no_costs(folder, capsys):
    Path("spend.csv").write_text(SPEND.replace("2025", "2021"))
    [seen] = data(capsys, "leads.csv", "--spend", "spend.csv")
    assert {one["fact"]: one["level"] for one in seen["evidence"]}["spend_months"] == "unknown"


def test_the_join_with_the_deals(folder, capsys):
    Path("deals.csv").write_text(DEALS)
    out = said(capsys, "leads.csv", "--deals", "deals.csv").out
    assert "Join with the deals: Second table joined on: 1 (Lead ID = Lead ID)." in out
    assert "Deals without a lead: 1" in out
    assert "Columns (deals)" in out
    assert "which lead each deal is of" in out


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_tables_that_stay_where_they_are(folder, capsys, engine):
    pytest.importorskip(engine)
    import polars as pl

    pl.read_csv("leads.csv", try_parse_dates=True).write_parquet("leads.parquet")
    [on_engine] = data(capsys, "leads.parquet", "--engine", engine)
    [in_memory] = data(capsys, "leads.csv")
    for one in (on_engine, in_memory):
        del one["file"]
        for column in one["columns"]:
            del column["samples"]
    assert on_engine == in_memory


def test_options_of_reading_and_doubts_about_columns(folder, capsys):
    Path("odd.csv").write_text("Ref,Dzien,Etap,Uwagi\n1,2025-01-05,Handshake,x\n2,2025-02-05,Handshake,y\n")
    [seen] = data(capsys, "odd.csv", "--map", "created=Dzien", "--stage", "Handshake=Won", "--as-of", "2025-12-31")
    assert (seen["won"], seen["as_of"], seen["as_of_reason"]) == (2, "2025-12-31", "given")
    assert {one["header"]: one["reason"] for one in seen["columns"]}["Dzien"] == "user"
    assert [(one["word"], one["origin"]) for one in seen["words"]] == [("Handshake", "user")]
    unknown = said(capsys, "odd.csv", "--map", "created=Dzien").out
    assert "?" in next(line for line in unknown.splitlines() if line.startswith("  Handshake"))


def test_several_files_are_one_table(folder, capsys):
    Path("b.csv").write_text("ID leada;Data utworzenia;Etap\n9;05.03.2025;Wygrana\n")
    [seen] = data(capsys, "leads.csv", "b.csv")
    assert (seen["file"], seen["rows_read"], seen["leads"]) == ("leads.csv, b.csv", 4, 4)
    assert seen["won"] == data(capsys, "leads.csv")[0]["won"] + 1
    said(capsys, "leads.csv", "b.csv", "--write")
    written = Path("leadkpi.toml").read_text()
    assert 'leads = ["leads.csv", "b.csv"]' in written
    assert main(["funnel", "--json", "out.json", "--quiet"]) == 0
    assert json.loads(Path("out.json").read_text())["header"]["rows_read"] == 4


def test_the_status_is_1_only_where_nothing_can_be_counted(folder, capsys):
    Path("worse.csv").write_text("Lead ID,Created\n1,2025-01-05\n")
    said(capsys, "worse.csv")
    Path("ads.csv").write_text("x,y\n1,2\n")
    out, err = said(capsys, "ads.csv", code=1)
    assert out == ""
    assert err.startswith("leadkpi: ads.csv")
    assert said(capsys, "leads.csv", "ads.csv", code=1).err == err


def test_the_json_is_no_file_that_is_read(folder, capsys):
    before = Path("leads.csv").read_bytes()
    assert "one of the files read" in said(capsys, "leads.csv", "--json", "leads.csv", code=1).err
    assert Path("leads.csv").read_bytes() == before
    said(capsys, "leads.csv", "--json", "out.json")
    assert json.loads(Path("out.json").read_text())["files"][0]["leads"] == 3


def test_it_looks_at_the_project_of_the_folder(folder, capsys):
    Path("leadkpi.toml").write_text('language = "pl"\n[inputs]\nleads = "leads.csv"\n[map]\ncreated = "Created"\n')
    out, err = said(capsys)
    assert "project: leadkpi.toml" in err
    assert any("plik projektu" in line for line in out.splitlines() if line.startswith("Created"))


def test_json_needs_no_file(folder, capsys):
    assert main(["check", "leads.csv", "--json", "-"]) == 0
    said = capsys.readouterr().out
    assert main(["check", "leads.csv", "--json"]) == 0
    assert capsys.readouterr().out == said
    assert json.loads(said)["files"]


def test_what_is_written_has_its_signs_of_per_cent_once(folder):
    assert main(["check", "leads.csv", "--write"]) == 0
    assert "%%" not in Path("leadkpi.toml").read_text(encoding="utf-8")


def test_nothing_is_kept_that_was_not_said(folder):
    assert main(["check", "leads.csv", "--write"]) == 0
    settings = tomllib.loads(Path("leadkpi.toml").read_text(encoding="utf-8"))
    assert settings["output"] == {"workbook": "leads-funnel.xlsx"}
    assert settings["inputs"] == {"leads": "leads.csv"}


def test_stages_to_choose_from_stand_in_the_order_that_is_known(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["Proposal sent", "Meeting booked", "Qualified", "Proposal sent", "Proposal sent", "Meeting booked", "Won"]
    rows = "".join(f"L{n},2026-01-0{n + 1},{word}\n" for n, word in enumerate(words))
    Path("leads.csv").write_text(f"Lead ID,Created,Stage\n{rows}")
    assert main(["check", "leads.csv", "--write"]) == 0
    text = Path("leadkpi.toml").read_text(encoding="utf-8")
    assert re.findall('# name = "(.*)"', text) == ["Qualified", "Meeting booked", "Proposal sent"]


def test_force_needs_write(folder, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["check", "leads.csv", "--force"])
    assert ended.value.code == 2


def test_standard_input_cannot_be_kept_in_a_project(folder, capsys):
    assert "give a file" in said(capsys, "-", "--write", code=1).err


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
def test_rows_of_leads_of_deals_and_of_changes_stand_apart(folder, capsys, language):
    Path("people.csv").write_text("Lead ID,Created,Stage\n1,2025-01-05,MQL\n2,2025-01-06,MQL\n3,2025-01-07,SQL\n")
    Path("sales.csv").write_text("Deal ID,Lead ID,Deal stage,Amount,Close date\nD1,3,Won,100,2025-02-01\n")
    Path("opps.csv").write_text("Deal ID,Created,Stage,Amount\nD1,2025-01-01,Won,5\nD2,2025-01-02,Proposal,6\n")
    Path("log.csv").write_text(
        "Deal ID,Stage,Changed at\nD1,Qualified,2025-01-05\nD1,Proposal,2025-01-06\nD1,Qualified,2025-01-07\n"
        "D1,Won,2025-01-09\nD2,Proposal,2025-01-08\n"
    )
    own = locale(language)
    rows = {table: own.text("funnel", f"check.rows_of_{table}") for table in ("leads", "deals", "history")}
    out = said(capsys, "people.csv", "--deals", "sales.csv", "--language", language).out
    assert out.index(rows["leads"]) < out.index("\n  MQL  ") < out.index(rows["deals"]) < out.index("\n  Won  ")
    assert rows["history"] not in out
    out = said(capsys, "opps.csv", "--history", "log.csv", "--language", language).out
    assert (
        out.index(rows["leads"])
        < out.index("\n  Proposal  ")
        < out.index(rows["history"])
        < out.index("\n  Qualified  ")
    )
    out = said(capsys, "log.csv", "--language", language).out
    assert rows["history"] in out
    assert rows["leads"] not in out
