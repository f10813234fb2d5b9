"""The project file: a monthly run without options, what overrules what, and a message with its line for every fault."""

import argparse
import json
import os
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.cli.running import LEADS
from xl_leadkpi import sample
from xl_leadkpi.cli import argument_types, funnel, main
from xl_leadkpi.cli.inputs import tables_read
from xl_leadkpi.cli.project_file import line_of, read_project
from xl_leadkpi.cli.project_writer import project_text
from xl_leadkpi.cli.settings import NOT_KEPT, READ, merged, settings
from xl_leadkpi.funnel.understanding import understand
from xl_leadkpi.leads import read

SPEND = "Month,Channel,Cost (EUR)\n2025-01-01,Ads,100\n"
DEALS = "Deal ID,Lead ID,Deal stage,Amount,Close date\nD1,1,Won,100,2025-02-01\n"
VALUES = {
    argument_types.RATE: ('"EUR=4.25"', "EUR=4.25"),
    argument_types.CURRENCY: ('"EUR"', "EUR"),
    argument_types.TEXT: ('"Name"', "Name"),
    argument_types.WHOLE: ("7", "7"),
    argument_types.NUMBER: ("0.5", "0.5"),
    argument_types.DAY: ("2025-06-30", "2025-06-30"),
    argument_types.MONTH: ("7", "7"),
    argument_types.PERIOD: ("2025", "2025"),
    argument_types.CONDITION: ("\"Size in ('1, 2', 3)\"", "Size in ('1, 2', 3)"),
}
PAIRS = {"map": ("created", "Date"), "stage": ("Hot", "SQL"), "encoding": ("spend", "cp1250"), "target": ("won", "40")}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("leads.csv").write_text(LEADS)
    return tmp_path


def project(text, name="leadkpi.toml"):
    Path(name).write_text(text, encoding="utf-8")


def figures(capsys, *words):
    assert main(["funnel", *words, "--json", "-", "--quiet"]) == 0
    out, _ = capsys.readouterr()
    return json.loads(out)


def refused(capsys, *words, command="funnel"):
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    capsys.readouterr()
    assert main([command, *words]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before
    return err


# every option has its place in the file -------------------------------------------------------------------------------


def parser_of_funnel():
    parser = argparse.ArgumentParser()
    funnel.add_arguments(parser)
    return parser


def written(setting):
    """A setting as it stands in a file, and as the command line has it."""
    if setting.is_table:
        left, right = PAIRS.get(setting.name, ("Name", "Value"))
        return f'{{ {left} = "{right}" }}', f"{left}={right}"
    if setting.kind is argument_types.FLAG:
        return "true", None
    if setting.choices:
        return f'"{setting.choices[-1]}"', setting.choices[-1]
    return VALUES[setting.kind]


def test_every_option_is_a_setting_but_those_of_the_command_line_alone():
    named = {action.dest for action in parser_of_funnel()._actions}
    assert named - NOT_KEPT == set(settings())
    assert len({setting.path for setting in settings().values()}) == len(settings())


@pytest.mark.parametrize("name", sorted(settings()))
def test_a_setting_says_what_its_option_says(folder, name):
    """An option whose kind nobody has listed ends here: argument_types.KINDS says what it is in the file."""
    setting = settings()[name]
    assert setting.kind is not argument_types.ANY
    in_file, on_line = written(setting)
    project((f"[{setting.section}]\n" if setting.section else "") + f"{setting.key} = {in_file}\n")
    option = [] if name == "leads" else [setting.option]
    said = parser_of_funnel().parse_args([*option, *([on_line] if on_line else [])])
    assert read_project(Path("leadkpi.toml")).values == {name: getattr(said, name)}


@pytest.mark.parametrize("name", sorted(set(settings()) - {"leads"}))
def test_a_setting_that_was_written_comes_back(folder, name):
    setting = settings()[name]
    in_file, _ = written(setting)
    project((f"[{setting.section}]\n" if setting.section else "") + f"{setting.key} = {in_file}\n")
    filed = read_project(Path("leadkpi.toml"))
    parser = parser_of_funnel()
    options = merged(parser.parse_args(["leads.csv"]), filed)
    leads = read(Path("leads.csv"))
    project(project_text(options, understand(leads), Path("leadkpi.toml")))
    value = read_project(Path("leadkpi.toml")).values[name]
    if setting.is_table:
        assert set(filed.values[name]) <= set(value)
    else:
        assert value == filed.values[name]


# a monthly run --------------------------------------------------------------------------------------------------------


def test_filters_and_the_period_of_the_file_hold_until_others_are_asked_for(folder, capsys):
    project(f'period = "2025-02"\ncompare = "none"\nwhere = "Source=Ads"\n{INPUTS}')
    found = figures(capsys)
    assert (found["header"]["period_from"], found["header"]["compared_from"]) == ("2025-02-01", None)
    assert [one["asked"] for one in found["header"]["filters"]] == ["Source = Ads"]
    found = figures(capsys, "--period", "2025-01", "--where", "Amount>=1")
    assert (found["header"]["period_from"], found["header"]["compared_from"]) == ("2025-01-01", None)
    assert [one["asked"] for one in found["header"]["filters"]] == ["Source = Ads", "Amount >= 1"]
    assert figures(capsys, "--compare", "previous")["header"]["compared_from"] == "2025-01-01"
    assert main(["funnel", "-o", "funnel.xlsx", "--quiet"]) == 0
    again = figures(capsys, "--reuse-map", "funnel.xlsx")["header"]
    assert again["period_from"] == "2025-02-01"


def test_a_monthly_run_is_three_commands_without_an_option(folder, capsys):
    month = {"leads.csv": LEADS.replace("SQL", "Hot"), "spend.csv": SPEND}
    for name, text in month.items():
        Path(name).write_text(text)
    assert main(["check", "leads.csv", "--spend", "spend.csv", "--write"]) == 0
    written_there = Path("leadkpi.toml").read_text()
    assert '# "Hot" = "SQL"' in written_there
    Path("leadkpi.toml").write_text(
        written_there.replace('# "Hot" = "SQL"', '"Hot" = "Opportunity"').replace(
            '# json = "NAME"', 'json = "out.json"'
        )
    )
    assert main(["funnel"]) == 0
    first = json.loads(Path("out.json").read_text())
    assert (first["summary"]["leads"], first["summary"]["opportunities"], first["summary"]["spend"]) == (3, 2, 100)
    Path("leads.csv").write_text(month["leads.csv"] + "4,2025-03-01,Hot,Ads,7\n")
    Path("spend.csv").write_text(SPEND + "2025-03-01,Ads,50\n")
    assert main(["funnel"]) == 0
    second = json.loads(Path("out.json").read_text())
    assert (second["summary"]["leads"], second["summary"]["opportunities"], second["summary"]["spend"]) == (4, 3, 150)
    assert load_workbook("leads-funnel.xlsx").sheetnames[:4] == ["Summary", "Funnel", "Funnel_Data", "Settings"]
    assert "warning: Stage" not in capsys.readouterr().err


def test_what_was_understood_and_written_changes_no_figure(folder, capsys):
    sample.leads(400).write_csv("leads.csv")
    Path("spend.csv").write_text(SPEND)
    before = figures(capsys, "leads.csv", "--spend", "spend.csv")
    assert main(["check", "leads.csv", "--spend", "spend.csv", "--write"]) == 0
    capsys.readouterr()
    after = figures(capsys)
    counted = before.keys() - {"columns", "words", "quality", "channels", "header", "evidence", "unknown"}
    assert {key: after[key] for key in counted} == {key: before[key] for key in counted}


def test_deals_are_joined_as_before(folder, capsys):
    Path("deals.csv").write_text(DEALS)
    before = figures(capsys, "leads.csv", "--deals", "deals.csv")["summary"]
    assert main(["check", "leads.csv", "--deals", "deals.csv", "--write"]) == 0
    capsys.readouterr()
    assert figures(capsys)["summary"] == before
    text = Path("leadkpi.toml").read_text()
    assert 'deals.close_date = "Close date"' in text
    assert '\n# deals.lead_id = "' in text


def test_a_log_that_was_folded_is_read_as_before(folder, capsys):
    Path("log.csv").write_text(
        "deal_id,stage,date_entered,amount\n"
        + "".join(f"{i},Lead,2025-01-0{i},5\n{i},SQL,2025-02-0{i},5\n" for i in range(1, 8))
        + "1,Won,2025-03-01,5\n2,Lost,2025-03-02,5\n"
    )
    before = figures(capsys, "log.csv")["summary"]
    assert main(["check", "log.csv", "--write"]) == 0
    capsys.readouterr()
    assert figures(capsys)["summary"] == before


def test_headers_of_any_letters_come_back(folder, capsys):
    headers = ["Lead ID", 'Cre"ated', "Stage\\now", "Kwota = zł", "Źródło [x]", "a.b", "#Owner"]
    Path("leads.csv").write_text(
        ",".join('"' + one.replace('"', '""') + '"' for one in headers) + '\n1,2025-01-05,"Won ""x"" \\",5,Ads,n,o\n',
        encoding="utf-8",
    )
    options = ["--map", 'created=Cre"ated', "--map", "stage=Stage\\now", "--map", "owner=#Owner", "--map", "name=a.b"]
    assert main(["check", "leads.csv", *options, "--stage", 'Won "x" \\=Won', "--write"]) == 0
    values = read_project(Path("leadkpi.toml")).values
    assert {("created", 'Cre"ated'), ("stage", "Stage\\now"), ("owner", "#Owner"), ("name", "a.b")} <= set(
        values["map"]
    )
    assert ('Won "x" \\', "Won") in values["stage"]
    capsys.readouterr()
    assert figures(capsys)["summary"]["won"] == 1


def test_a_cell_never_ends_a_remark(folder):
    Path("leads.csv").write_text('Lead ID,Created,Stage,"Free\n[output]"\n1,2025-01-05,"x\ny = 1",a\n')
    assert main(["check", "leads.csv", "--write"]) == 0
    assert "y" not in read_project(Path("leadkpi.toml")).values


def test_writing_never_replaces_a_project_file_by_itself(folder, capsys):
    project("# mine\n")
    assert "there already; edit it, replace it with --force" in refused(capsys, "leads.csv", "--write", command="check")
    assert main(["check", "leads.csv", "--write", "--force"]) == 0
    assert "# mine" not in Path("leadkpi.toml").read_text()
    Path("x").mkdir()
    assert main(["check", "leads.csv", "--write", "--project", "x/other.toml"]) == 0
    assert 'leads = "../leads.csv"' in Path("x/other.toml").read_text()
    assert "called .toml" in refused(capsys, "leads.csv", "--write", "--project", "leads.csv", command="check")


def test_what_the_file_says_stays_when_it_is_written_anew(folder):
    project(
        'window = 45\nby = ["Source"]\n[inputs]\nleads = "leads.csv"\n'
        '[output]\njson = "a.json"\n[stage_words]\nSQL = "MQL"\n'
    )
    assert main(["check", "--write", "--force"]) == 0
    values = read_project(Path("leadkpi.toml")).values
    assert (values["window"], values["by"], values["json"]) == (45, ["Source"], Path("a.json"))
    assert ("SQL", "MQL") in values["stage"]


# what overrules what --------------------------------------------------------------------------------------------------


def test_the_command_line_overrules_the_file(folder, capsys):
    Path("spend.csv").write_text(SPEND)
    Path("more.csv").write_text(SPEND)
    project(
        'window = 60\nby = "Stage"\n[inputs]\nleads = "leads.csv"\nspend = "spend.csv"\n'
        '[output]\nworkbook = "out.xlsx"\n[stage_words]\nSQL = "MQL"\nLead = "Lead"\n'
    )
    filed = figures(capsys)
    assert (filed["header"]["window_days"], filed["summary"]["mql"], filed["summary"]["spend"]) == (60, 2, 100)
    said = figures(capsys, "--window", "30", "--stage", "sql=Opportunity", "--spend", "more.csv", "--by", "Amount")
    assert (said["header"]["window_days"], said["summary"]["opportunities"], said["summary"]["spend"]) == (30, 2, 200)
    assert {"Stage", "Amount"} <= said["by"].keys()
    other = figures(capsys, "leads.csv")  # leads that are named have no project, unless it is named as well
    assert other["header"]["window_days"] == 90
    assert figures(capsys, "leads.csv", "--project", "leadkpi.toml")["header"]["window_days"] == 60


def test_funnel_map_overrules_the_file_and_is_overruled(folder, capsys):
    project(
        'window = 60\n[inputs]\nleads = "leads.csv"\n[output]\nworkbook = "out.xlsx"\n'
        '[map]\nsource = "Source"\namount = "Amount"\n[stage_words]\nSQL = "MQL"\n[channels]\nFair = "Trade fair"\n'
    )
    assert main(["funnel", "--quiet"]) == 0
    unchanged = figures(capsys, "--reuse-map", "out.xlsx")
    assert unchanged["header"]["window_days"] == 60
    # what is only the file's is no edit of the map: the file can be changed
    Path("leadkpi.toml").write_text(
        Path("leadkpi.toml")
        .read_text()
        .replace("60", "70")
        .replace('"MQL"', '"Proposal"')
        .replace("Trade fair", "Fairs")
    )
    again = figures(capsys, "--reuse-map", "out.xlsx")
    assert (again["header"]["window_days"], again["summary"]["proposals"]) == (70, 2)
    assert "Fairs" in [row["group"] for row in again["by"]["source"]]
    assert main(["funnel", "--quiet"]) == 0
    book = load_workbook("out.xlsx")
    for row in (row for name in ("Settings", "Funnel_Map") for row in book[name].iter_rows()):
        shown = [cell.value for cell in row[:3]]
        if shown[1] == "SQL" and shown[2]:  # among the stages it has no place
            row[2].value = "Meeting"
        if shown[1] == "Amount":
            row[2].value = "-"
        if shown[1] == "Maturity window, days":
            row[2].value = 90
    book.save("edited.xlsx")
    edited = figures(capsys, "--reuse-map", "edited.xlsx")
    assert (edited["header"]["window_days"], edited["summary"]["meetings"], edited["summary"]["revenue"]) == (
        90,
        2,
        None,
    )
    assert figures(capsys, "--reuse-map", "edited.xlsx", "--stage", "SQL=Opportunity")["summary"]["opportunities"] == 2
    # ... and it is still an edit in the workbook that is made of it
    assert main(["funnel", "--quiet", "--reuse-map", "edited.xlsx"]) == 0
    twice = figures(capsys, "--reuse-map", "out.xlsx")
    assert (twice["header"]["window_days"], twice["summary"]["meetings"], twice["summary"]["revenue"]) == (90, 2, None)


def test_a_header_feeds_what_was_said_last(folder, capsys):
    project('[inputs]\nleads = "leads.csv"\n[map]\ncreated = "Created"\namount = "Amount"\n')
    columns = figures(capsys, "--map", "close_date=created")["columns"]
    assert [one["field"] for one in columns if one["header"] == "Created"] == ["close_date"]


def test_files_are_named_as_seen_from_the_project(folder, capsys):
    Path("a [1]").mkdir()
    Path("a [1]/b").mkdir()
    Path("leads.csv").rename("a [1]/b/leads.csv")
    for month in "12":
        Path(f"a [1]/spend-{month}.csv").write_text(SPEND)
    project('[inputs]\nleads = "b/leads.csv"\nspend = "spend-*.csv"\n[output]\nworkbook = "out.xlsx"\n', "a [1]/p.toml")
    assert figures(capsys, "--project", "a [1]/p.toml")["summary"]["spend"] == 200
    assert main(["funnel", "--project", "a [1]/p.toml"]) == 0
    assert Path("a [1]/out.xlsx").exists()


def test_every_table_that_is_read_is_a_file_of_the_project(folder):
    tables = {"leads": ["l.csv"], "deals": ["d.csv"], "history": "h.csv", "touches": "t.csv"}
    several = {"spend": ["s.csv"], "traffic": ["v.csv", "w.csv"], "email": ["m.csv"], "social": ["n.csv"]}
    options = argparse.Namespace(**dict.fromkeys(settings()) | {"rate": ["EUR=4.25"]} | tables | several)
    named = {"l.csv", "d.csv", "h.csv", "t.csv", *(one for files in several.values() for one in files)}
    assert {str(path) for path in tables_read(options)} == named
    assert tables.keys() | several.keys() <= READ
    assert {settings()[name].section for name in READ} == {"inputs"}


def test_a_history_is_named_as_seen_from_the_project(folder, capsys):
    Path("in").mkdir()
    Path("in/deals.csv").write_text("Deal ID,Created,Stage\nD1,2025-01-01,Won\nD2,2025-01-02,Lost\n")
    Path("in/log.csv").write_text(
        "Deal ID,Stage,Changed at\nD1,Proposal,2025-01-05\nD1,Won,2025-01-09\nD2,Lost,2025-01-08\n"
    )
    project('version = 1\n[inputs]\nleads = "deals.csv"\nhistory = "log.csv"\n', "in/leadkpi.toml")
    assert figures(capsys, "--project", "in/leadkpi.toml")["transitions"]
    Path("in/log.csv").unlink()
    assert "log.csv" in refused(capsys, "--project", "in/leadkpi.toml")


def test_a_database_and_a_pattern_are_seen_from_the_project(folder, capsys):
    duckdb = pytest.importorskip("duckdb")
    Path("x").mkdir()
    with duckdb.connect("x/sales.db") as connection:
        connection.execute(
            "CREATE TABLE leads AS SELECT 1 AS \"Lead ID\", DATE '2025-01-05' AS Created, 'Won' AS Stage"
        )
        connection.execute("COPY leads TO 'x/part.parquet' (FORMAT parquet)")
    for leads in ("duckdb:///sales.db?table=leads", "*.parquet"):
        project(f'[inputs]\nleads = "{leads}"\n', "x/p.toml")
        assert figures(capsys, "--project", "x/p.toml")["summary"]["won"] == 1
        project("", "x/q.toml")
        named = "duckdb:///x/sales.db?table=leads" if "db" in leads else "x/*.parquet"
        assert main(["check", named, "--write", "--force", "--project", "x/q.toml"]) == 0
        assert f'leads = "{leads}"' in Path("x/q.toml").read_text()
        capsys.readouterr()


# what it writes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", ["leads.csv", "leadkpi.toml", "notes.xlsx", "link.xlsx"])
def test_no_file_that_is_read_and_no_foreign_one_is_replaced(folder, capsys, output):
    Path("notes.xlsx").write_bytes(b"mine")
    Path("link.xlsx").symlink_to("leads.csv")
    project(f'[inputs]\nleads = "leads.csv"\n[output]\nworkbook = "{output}"\n')
    assert "leadkpi: " in refused(capsys)
    project(f'[inputs]\nleads = "leads.csv"\n[output]\njson = "{output}"\n')
    said = refused(capsys)
    assert "leadkpi.toml, line 4: output.json" in said or "one of the files read" in said


def test_the_project_file_itself_is_no_output(folder, capsys):
    project('[inputs]\nleads = "leads.csv"\n')
    assert "one of the files read" in refused(capsys, "--json", "leadkpi.toml")
    assert "one of the files read" in refused(capsys, "--json", "leadkpi.toml", command="check")


def test_its_own_json_and_workbook_are_replaced(folder, capsys):
    project('[inputs]\nleads = "leads.csv"\n[output]\nworkbook = "out.xlsx"\njson = "out.json"\n')
    assert main(["funnel", "--quiet"]) == main(["funnel", "--quiet"]) == 0


# what is wrong with it ------------------------------------------------------------------------------------------------

INPUTS = '[inputs]\nleads = "leads.csv"\n'
FAULTS = {
    "unknown": ("windw = 60\n", "line 1: windw: there is no such setting; did you mean window?"),
    "elsewhere": (
        '\nleads = "leads.csv"\n',
        "line 2: leads: there is no such setting here; move leads below [inputs]",
    ),
    "of the top": (
        f"{INPUTS}window = 60\n",
        "line 3: inputs.window: there is no such setting here; move window to the top",
    ),
    "as an option": (
        '[output]\noutput = "a.xlsx"\n',
        "line 2: output.output: there is no such setting here; move workbook",
    ),
    "a part": ("[inputz]\nx = 1\n", "line 1: inputz: there is no such setting"),
    "no part": ("inputs = 3\n", "line 1: inputs: 3 does not fit; write its settings below a line [inputs]"),
    "a text": ('window = "sixty"\n', "line 1: window: 'sixty' does not fit; write a whole number"),
    "a number": ("language = 3\n", "line 1: language: 3 does not fit; write one of en, pl, ru, in quotation marks"),
    "true": ("top = true\n", "line 1: top: true does not fit; write a whole number"),
    "a day in quotes": (
        'as_of = "2025-06-30"\n',
        "line 1: as_of: '2025-06-30' does not fit; write a day such as 2026-06-30, without",
    ),
    "a time": ("as_of = 2025-06-30T10:00:00\n", "line 1: as_of: 2025-06-30 10:00:00 does not fit; write a day"),
    "a list": ("window = [60]\n", "line 1: window: [60] does not fit; write a whole number"),
    "a share": ("margin = 40\n", "line 1: margin: '40' is not a share between 0 and 1"),
    "a choice": ('reach = "filed"\n', "line 1: reach: 'filed' is unknown; did you mean filled?"),
    "a field": ('[map]\n\n# x\ncreate = "Created"\n', "line 4: map.create: There is no field 'create'"),
    "a stage": (
        '[stage_words]\n"Hot one" = "SQLL"\n',
        "line 2: stage_words.Hot one: Stage word 'Hot one': 'SQLL' is no stage",
    ),
    "an encoding": ('[encodings]\nall = "cp9999"\n', "line 2: encodings.all: there is no encoding 'cp9999'"),
    "no table": ("stage_words = 3\n", "line 1: stage_words: 3 does not fit; write a table"),
    "no stages": (
        "stages = 3\n",
        "line 1: stages: 3 does not fit; write one of auto, own, canonical, in quotation marks or a list",
    ),
    "words as stages": (
        '[stages]\nHot = "SQL"\n',
        "line 1: stages: this is no list of stages; write words of stages below [stage_words]",
    ),
    "one stage": ('[[stages]]\nname = "A"\n', "line 1: stages: 1 before the win; a funnel has 2 to 20"),
    "a nameless stage": ('[[stages]]\nwords = ["A"]\n', "line 1: stages: this is no stage; give it a name"),
    "words of a stage": ('[[stages]]\nname = "A"\nwords = "a"\n', "line 1: stages: this is no stage; give it a name"),
    "more of a stage": (
        '[[stages]]\nname = "A"\nnote = "a"\n',
        "line 3: stages.note: there is no such setting of a stage",
    ),
    "a stage twice": (
        '[[stages]]\nname = "A"\n[[stages]]\nname = "B"\nwords = ["a"]\n',
        "line 5: stages.words: 'a': two stages have this name or word",
    ),
    "no stage": (f"stages = []\n{INPUTS}", "line 1: stages: 0 before the win; a funnel has 2 to 20"),
    "stages in a list": (
        'stages = [\n  { name = "A" },\n  # the second\n  { name = "B", stands_for = "Demo" }, { name = "C" },\n]\n',
        "line 4: stages: 'B' stands for 'Demo', which is none of",
    ),
    "a list over lines": (
        'top = 3\nstages = [{ name = "A" }, { name = "B", words = [\n"x",\n"a" ] }]\n',
        "line 4: stages: 'a': two stages have this name or word",
    ),
    "blanks and quotation marks": (
        '[[ stages ]] # first\nname = "A"\n[["stages"]]\nname = "B"\n[[ \'stages\' ]]\n"name" = "Lost"\n',
        "line 6: stages.name: 'Lost' is an outcome, not a stage",
    ),
    "a text that looks like a stage": (
        '[[stages]]\nname = "A"\nwords = ["""\n[[stages]]\n"""]\n[[stages]]\nname = "B"\nstands_for = "C"\n',
        "line 8: stages.stands_for: 'B' stands for 'C'",
    ),
    "stages on one line": (
        'stages = [{ name = "A" }, { name = 3 }]\n',
        "line 1: stages: this is no stage; give it a name",
    ),
    "names as stages": ('stages = ["A", "B"]\n', "line 1: stages: 'A' is no stage: begin each with [[stages]]"),
    "a currency alone": (f'\ncurrency = "CZK"\n{INPUTS}', "line 2: currency: --currency names the currency that"),
    "a rate twice": (f'rate = ["CZK=4", "CZK=5"]\n{INPUTS}', "line 1: rate: --rate: CZK is 4 and 5 as well. Give one"),
    "a rate of the report's": (
        f'rate = "CZK=4"\ncurrency = "CZK"\n{INPUTS}',
        "line 1: rate: --rate CZK=4: CZK is the currency of the report",
    ),
    "a rate of what": (f'rate = "CZK=4"\n{INPUTS}', "line 1: rate: leads.csv: every currency met (none) has a rate"),
    "an engine": (f'{INPUTS}engine = "duckdb"\n', "line 3: inputs.engine: --engine duckdb reads Parquet files"),
    "a master of another": (
        f'{INPUTS}engine = "polars"\nspark_master = "local[1]"\n',
        "line 4: inputs.spark_master: --spark-master goes",
    ),
    "a day before the leads": (f"as_of = 1996-07-01\n{INPUTS}", "line 1: as_of: As of 1996-07-01: every row of"),
    "all words": (f'exclude = ["Won", "Lead", "SQL"]\n{INPUTS}', "line 1: exclude: leads.csv: no row is left of 3"),
    "a pipeline": (
        f'pipeline = "North"\n{INPUTS}',
        "line 1: pipeline: leads.csv: there is no column of sales pipelines",
    ),
    "nothing left": (
        f'where = [\n"Amount>=1",\n"Source = Radio"]\n{INPUTS}',
        "line 1: where: leads.csv, column 'Source': no row is",
    ),
    "an early win": (
        '[[stages]]\nname = "A"\nstands_for = "Won"\n[[stages]]\nname = "B"\n',
        "line 1: stages: put one stage at most for Won",
    ),
    "what it stands for": (
        '[[stages]]\nname = "A"\n[[stages]]\nname = "B"\nstands_for = "Demo"\n',
        (
            "line 5: stages.stands_for: 'B' stands for 'Demo', which is none of MQL, SQL, Meeting, Opportunity, "
            "Proposal. Write one of these (of deals Meeting, Proposal), or leave it out."
        ),
    ),
    "a word of an own stage": (
        '[[stages]]\nname = "A"\n[[stages]]\nname = "B"\n[stage_words]\nHot = "SQL"\n',
        "line 6: stage_words.Hot: Stage word 'Hot': 'SQL' is no stage. The stages are: A, B, Won, Lost, Open",
    ),
    "no text": ("[stage_words]\nHot = 3\n", "line 2: stage_words.Hot: 3 does not fit; write a text in quotation marks"),
    "a header": (f'{INPUTS}[map]\namount = "Amnt"\n', "line 4: map.amount: leads.csv: there is no column 'Amnt'"),
    "a group": (f'by = ["Amnt"]\n{INPUTS}', "line 1: by: leads.csv: there is no column 'Amnt' to group by"),
    "a period": (f'period = "2025-02..2025-01"\n{INPUTS}', "line 1: period: The period '2025-02..2025-01' ends"),
    "no period": (f'top = 3\nperiod = "2025-Q5"\n{INPUTS}', "line 2: period: There is no quarter '2025-Q5'"),
    "of no period": (f'compare = "previous"\n{INPUTS}', "line 1: compare: --compare says something of a period"),
    "no condition": (f'where = ["Amount"]\n{INPUTS}', "line 1: where: The condition 'Amount' is no condition"),
    "a condition": (
        f'where = "Amnt >= 5"\n{INPUTS}',
        "line 1: where: leads.csv: there is no column 'Amnt' to filter by",
    ),
    "no file": ('[inputs]\nleads = "lead.csv"\n', "line 2: inputs.leads: there is no file 'lead.csv'; put it there"),
    "no second file": (f'{INPUTS}deals = "deals.csv"\n', "line 3: inputs.deals: there is no file 'deals.csv'"),
    "no pattern": ('[inputs]\nleads = "x/*.parquet"\n', "line 2: inputs.leads: no file fits 'x/*.parquet'"),
    "no pattern of spend": (f'{INPUTS}spend = ["s*.csv"]\n', "line 3: inputs.spend: no file fits 's*.csv'"),
    "no database": ('[inputs]\nleads = "duckdb:///a.db?table=x"\n', "line 2: inputs.leads: there is no file 'a.db'"),
    "no name": ('[inputs]\nleads = "a\\u0000"\n', "line 2: inputs.leads: 'a\x00' names no file"),
    "no leads": ("window = 60\n[inputs]\n", "line 2: inputs.leads is missing; write leads ="),
    "newer": ("version = 2\nx = 1\n", "line 1: version: the file is for a newer leadkpi (version 2, this one knows 1)"),
    "no version": ('version = "1"\n', "line 1: version: '1' is no version"),
    "syntax": (
        "window = 60\nlanguage = en\n",
        "line 2: this is no TOML (Invalid value); write a setting as key = value",
    ),
    "twice": (
        "window = 60\nwindow = 61\n",
        "line 2: this is no TOML (Cannot overwrite a value); it stands there already",
    ),
    "windows": ('[inputs]\nleads = "C:\\data\\leads.csv"\n', "write 'C:\\data' or \"C:/data\""),
    "open": ('[inputs]\nleads = "leads.csv\n', "line 2: this is no TOML"),
    "to the end": ("by = [\n", "line 2: this is no TOML"),
    "digits": (f"top = {'9' * 5000}\n", "this is no TOML"),
    "deep": (f"by = {'[' * 50_000}\n", "leadkpi.toml"),
    "a day before all": (
        f"as_of = 0001-01-01\n{INPUTS}",
        "line 1: as_of: As of 0001-01-01: older dates stand for none. Give a day from 1901-01-01 on.",
    ),
    "a blank word": (f'exclude = ["spam", "-"]\n{INPUTS}', "line 1: exclude: --exclude leaves out the rows of a word"),
    "an array of parts": (
        '[[inputs]]\nleads = "a"\n',
        "line 1: inputs: [{'leads': 'a'}] does not fit; write its settings below a line [inputs]",
    ),
}


FAULTS_OF_FUNNEL = {
    "stages of leads": (
        '[inputs]\nleads = "deals.csv"\n[[stages]]\nname = "New"\n[[stages]]\nname = "Fit"\nstands_for = "MQL"\n',
        (
            "line 7: stages.stands_for: Stages: 'Fit' stands for 'MQL', which is none of Meeting, Proposal that a deal "
            "passes through. Write one of these, or leave it out. If the rows are leads, say --kind leads."
        ),
    ),
    "an empty period": (f"period = 2019\n{INPUTS}", "line 1: period: leads.csv: nothing was created or closed"),
    "a folder": (f'{INPUTS}[output]\nworkbook = "a/b.xlsx"\n', "line 4: output.workbook: a/b.xlsx: the folder a does"),
    "no workbook": (f'{INPUTS}[output]\nworkbook = "b.csv"\n', "line 4: output.workbook: b.csv: the workbook is an"),
    "one for two": (
        f'{INPUTS}[output]\nworkbook = "c.xlsx"\nhtml = "c.xlsx"\n',
        "line 5: output.html: c.xlsx: the workbook and",
    ),
    "a page": (f'{INPUTS}[output]\nhtml = "-"\n', "line 4: output.html: --html -: the page goes into a file"),
}


@pytest.mark.parametrize("name", FAULTS_OF_FUNNEL)
def test_what_only_the_counting_or_the_writing_refuses_is_told_with_its_line(folder, capsys, name):
    text, expected = FAULTS_OF_FUNNEL[name]
    Path("deals.csv").write_text("Deal ID,Created,Deal stage,Amount\nD1,2025-02-01,New,5\nD2,2025-02-02,Fit,7\n")
    project(text)
    assert f"leadkpi: leadkpi.toml, {expected}" in refused(capsys)


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_told_with_its_line_and_what_to_do(folder, capsys, name):
    text, expected = FAULTS[name]
    project(text)
    for command in ("funnel", "check"):
        err = refused(capsys, command=command)
        assert expected in err
        assert "leadkpi: leadkpi.toml" in err
        assert "fault of leadkpi" not in err


def test_all_faults_are_told_at_once(folder, capsys):
    project('windw = 60\ntop = "x"\n[stage_words]\nHot = "SQLL"\n')
    assert [line.partition(": ")[0] for line in refused(capsys).splitlines()] == [
        "leadkpi", "leadkpi.toml, line 2", "leadkpi.toml, line 4",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("window = 60\n".encode("utf-16"), "line 1: this is no text in UTF-8"),
        (b"# \xff\n", "line 1: this is no text in UTF-8"),
        (b"#" * (2 << 20), "are no project file"),
    ],
)
def test_what_is_no_text_is_told(folder, capsys, content, said):
    Path("leadkpi.toml").write_bytes(content)
    assert said in refused(capsys)


def test_a_mark_at_the_beginning_and_line_ends_of_windows_do_not_matter(folder, capsys):
    Path("leadkpi.toml").write_bytes(b"\xef\xbb\xbfwindow = 60\r\n" + INPUTS.replace("\n", "\r\n").encode())
    assert figures(capsys)["header"]["window_days"] == 60


def test_no_project_file(folder, capsys):
    assert "there is no such project file" in refused(capsys, "--project", "a.toml")
    Path("leadkpi.toml").mkdir()
    assert "is a folder" in refused(capsys)
    Path("leadkpi.toml").rmdir()
    for command in ("funnel", "check"):
        with pytest.raises(SystemExit) as ended:
            main([command])
        assert ended.value.code == 2
        assert "there is no leadkpi.toml in this folder" in capsys.readouterr().err


def test_a_fault_of_what_is_overruled_is_none(folder, capsys):
    project('[inputs]\nleads = "lead.csv"\n[map]\namount = "Amnt"\n')
    assert figures(capsys, "leads.csv", "--project", "leadkpi.toml", "--map", "amount=Amount")["summary"]["leads"] == 3


def test_the_line_of_a_key():
    text = '# x\na = 1\nb = """\na = 2\n"""\nlist = [\n  1,\n]\n\n[t.u]\nc.d = 1\n"e f" = 2\n[[v]]\ng = 1\n'
    places = [("a",), ("b",), ("list",), ("t",), ("t", "u", "c", "d"), ("t", "u", "e f"), ("t", "u", "h"), ("z",)]
    assert [line_of(text, keys) for keys in places] == [2, 3, 6, 10, 11, 12, 10, None]


@pytest.mark.skipif(os.name == "nt", reason="names that are no text")
def test_a_name_that_is_no_text_is_told(folder, capsys):
    name = os.fsdecode(b"l\xff.csv")
    Path("leads.csv").rename(name)
    assert "is no text in this system's encoding" in refused(capsys, name, "--write", command="check")
