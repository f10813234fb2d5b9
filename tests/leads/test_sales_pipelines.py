"""Tables with several sales pipelines: each has its own funnel, and they are never mixed in silence."""

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import duckdb
import openpyxl
import polars as pl
import pytest

from tests.leads.test_own_stages import ZOHO, kinds, own, reading
from xl_leadkpi.errors import InputError
from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads import read, read_frame, read_query
from xl_leadkpi.leads.files import open as reading_of_files
from xl_leadkpi.leads.files import text_file
from xl_leadkpi.leads.model.findings import FindingKind, OwnNames, fill
from xl_leadkpi.locales import locale
from xl_leadkpi.sheets import lay_out, to_file

pytestmark = pytest.mark.long

STAGES = {"New business": ZOHO, "Renewals": ["Qualified", "Proposal Made", "Negotiations Started"]}


def table(rows=400, seed=1, pipelines=STAGES):
    """Deals of several pipelines, with the last open stage of the lost ones."""
    draw = Random(seed)
    lines = [["Deal ID", "Pipeline", "Stage", "Amount", "Create Date", "Source", "Last open stage"]]
    for number in range(rows):
        pipeline = list(pipelines)[(number % 4 == 0) % len(pipelines)]
        stages = pipelines[pipeline]
        stage = draw.choice([*stages, "Closed Won", "Closed Lost"])
        day = date(2026, 1, 1) + timedelta(draw.randint(0, 150))
        before = draw.choice(stages) if stage == "Closed Lost" else ""
        lines.append(
            [f"D{number}", pipeline, stage, 100 + number, day.isoformat(), draw.choice(("Web", "Ads")), before]
        )
    return lines


def reached(lines, pipeline):
    """Plain counts of who came to each stage of a pipeline, or beyond it."""
    stages = [*STAGES[pipeline], "Closed Won"]
    of_pipeline = [line for line in lines[1:] if line[1] == pipeline]
    return [
        sum(stages.index(line[6] if line[2] == "Closed Lost" else line[2]) >= place for line in of_pipeline)
        for place in range(len(stages))
    ]


@pytest.mark.parametrize("seed", range(3))
def test_each_pipeline_has_its_own_funnel(seed):
    lines = table(seed=seed)
    leads = read_frame(lines, reading())
    assert leads.sales_pipelines == (("New business", 300), ("Renewals", 100))
    report = as_json(build(leads))
    new = report["pipelines"]["New business"]
    assert [row["stage"] for row in new] == [*ZOHO, "Won"]
    assert [row["reached"] for row in new] == reached(lines, "New business")
    # words that are few and known are those of the usual funnel: there both of its proposals are one
    renewals = {row["stage"]: row["reached"] for row in report["pipelines"]["Renewals"]}
    came = reached(lines, "Renewals")
    assert renewals == {"Opportunity": came[0], "Proposal": came[1], "Won": came[3]}
    compared = {row["group"]: row for row in report["by"]["Pipeline"]}
    for name, _ in leads.sales_pipelines:
        assert compared[name]["won"] == reached(lines, name)[-1]
    [told] = [one for one in leads.findings if one.kind is FindingKind.SEVERAL_PIPELINES]
    assert told.details["pipelines"] == ("New business: 300", "Renewals: 100")
    # the funnel of all of them has no stages of one
    assert own(leads) == []


def test_one_pipeline_is_chosen():
    lines = table()
    leads = read_frame(lines, reading(sales_pipeline="new BUSINESS"))
    assert own(leads) == ZOHO
    assert leads.sales_pipelines == ()
    assert FindingKind.SEVERAL_PIPELINES not in kinds(leads)
    report = as_json(build(leads))
    assert report["pipelines"] is None
    assert "Pipeline" not in report["by"]
    assert [row["reached"] for row in report["stages"]] == reached(lines, "New business")
    assert report["header"]["filters"][0]["left"] == 300
    with pytest.raises(InputError, match=r"The column holds New business \(300\), Renewals \(100\)"):
        read_frame(lines, reading(sales_pipeline="Partner"))


@pytest.mark.parametrize(
    "pipelines", [{"Only": ZOHO}, {f"Territory {n}": ZOHO for n in range(13)}], ids=["one", "many"]
)
def test_no_several_pipelines(pipelines):
    lines = table(pipelines=pipelines)
    if len(pipelines) > 1:
        for number, line in enumerate(lines[1:]):
            line[1] = f"Territory {number % 13}"
    leads = read_frame(lines, reading())
    assert leads.of_pipelines == {}
    assert FindingKind.SEVERAL_PIPELINES not in kinds(leads)
    told = [one for one in leads.findings if one.kind is FindingKind.MANY_PIPELINES]
    assert [(one.count, one.column, one.details["name"]) for one in told] == (
        [(13, "Pipeline", "Territory 0")] if len(pipelines) > 1 else []
    )
    assert [name for name in leads.frame.columns if name.startswith("by_")] == []
    assert own(leads) == ZOHO


def test_rows_of_no_pipeline_are_told():
    lines = table()
    for line in lines[5:12]:
        line[1] = ""
    frame = pl.DataFrame(lines[1:], lines[0], orient="row").with_columns(pl.col("Pipeline").replace("", None))
    connection = duckdb.connect()
    connection.register("deals", frame.to_arrow())
    for leads in (read_frame(lines, reading()), read_query(connection.table("deals"), reading())):
        [told] = [one for one in leads.findings if one.kind is FindingKind.ROWS_WITHOUT_PIPELINE]
        assert (told.count, told.column, told.rows[0] - leads.frame.lazy().collect()["row_no"].min()) == (
            7,
            "Pipeline",
            4,
        )


def test_rows_that_came_after_the_day_are_in_no_pipeline():
    lines = table()
    for line in lines[1:-1:9]:
        line[1] = ""
    day = date(2026, 2, 28)
    stood = [line for line in lines[1:] if line[4] <= day.isoformat()]
    expected = Counter(line[1] for line in stood)
    assert len(expected) == 3
    assert len(stood) < 300
    lazy = pl.DataFrame(lines[1:], lines[0], orient="row").with_columns(pl.col("Pipeline").replace("", None)).lazy()
    for data in (lines, lazy):
        leads = read_frame(data, replace(reading(), as_of=day))
        told = {one.kind: one for one in leads.findings}
        assert told[FindingKind.SEVERAL_PIPELINES].details["pipelines"] == (
            f"New business: {expected['New business']}",
            f"Renewals: {expected['Renewals']}",
        )
        assert told[FindingKind.ROWS_WITHOUT_PIPELINE].count == expected[""]
        groups = {row["group"]: row["leads"] for row in as_json(build(leads))["by"]["Pipeline"]}
        assert groups == {**{name or "(none)": count for name, count in expected.items()}, "(total)": len(stood)}


def test_to_group_by_the_pipeline_leaves_each_its_funnel():
    lines = table()
    frame = pl.DataFrame(lines[1:], lines[0], orient="row")
    plain = as_json(build(read_frame(lines, reading())))
    for data in (lines, frame.lazy()):
        leads = read_frame(data, reading(by=("Source", "pipeline")))
        assert FindingKind.SEVERAL_PIPELINES in kinds(leads)
        report = as_json(build(leads))
        assert report["pipelines"] == plain["pipelines"]
        assert list(report["by"]) == ["source", "Pipeline"]
        assert report["by"]["Pipeline"] == plain["by"]["Pipeline"]
    one = read_frame(lines, reading(by=("Pipeline",), sales_pipeline="Renewals"))
    assert [row["leads"] for row in as_json(build(one))["by"]["Pipeline"]] == [100, 100]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such shell")
@pytest.mark.parametrize("language", ["en", "pl", "ru"])
@pytest.mark.parametrize(
    "name", ["O'Neil & sons", "Neil’s", 'The "big" one\'s', "It's $HOME!!", "50 % off; `now`", "A*"]
)
def test_the_command_of_the_remedy_can_be_pasted(name, language):
    leads = read_frame(table(pipelines={name: ZOHO, "Renewals": STAGES["Renewals"]}), reading())
    [told] = [one for one in leads.findings if one.kind is FindingKind.SEVERAL_PIPELINES]
    remedy = fill(locale(language).findings["several_pipelines"].remedy, told, OwnNames())
    word = remedy.partition("--pipeline ")[2].removesuffix(".")
    for shell in ("sh", "bash"):
        said = subprocess.run([shell, "-c", f"printf %s {word}"], capture_output=True, text=True, check=True)
        assert said.stdout == name
    if not {"$", "`", '"'} & {*name}:  # PowerShell takes these marks for each other, and doubled ones for one
        assert word[0] == ('"' if "'" in name or "’" in name else "'")


def test_leads_of_joined_deals_that_came_after_the_day_are_in_no_pipeline(tmp_path):
    (tmp_path / "leads.csv").write_text(
        "Lead ID,Created,Stage\n1,2026-01-05,SQL\n2,2026-01-06,SQL\n3,2026-03-05,SQL\n4,2026-01-07,MQL\n"
        "5,2026-01-08,MQL\n6,2026-01-09,MQL\n7,2026-03-05,MQL\n"
    )
    (tmp_path / "deals.csv").write_text(
        "Deal ID,Lead ID,Pipeline,Deal stage,Create date\na,1,New,Won,2026-01-20\nb,2,New,Proposal,2026-03-20\n"
        "c,3,New,Proposal,2026-02-20\nd,4,Old,Proposal,2026-01-20\ne,5,Old,Won,2026-01-21\n"
    )
    leads = read(tmp_path / "leads.csv", replace(reading(), as_of=date(2026, 2, 28)), deals=tmp_path / "deals.csv")
    [told] = [one for one in leads.findings if one.kind is FindingKind.SEVERAL_PIPELINES]
    assert told.details["pipelines"] == ("New: 1", "Old: 2")


@pytest.mark.parametrize("few_rows", [0, 100_000], ids=["where they are", "in memory"])
def test_engines_give_the_same_funnels(few_rows, monkeypatch):
    monkeypatch.setattr(sys.modules["xl_leadkpi.leads.read"], "_FEW_ROWS", few_rows)  # the name is a function too
    lines = table(200)
    frame = pl.DataFrame(lines[1:], lines[0], orient="row")
    memory = as_json(build(read_frame(frame, reading())))
    connection = duckdb.connect()
    connection.register("deals", frame.to_arrow())
    for lazy in (frame.lazy(), connection.table("deals")):
        report = as_json(build(read_query(lazy, reading())))
        assert report["pipelines"] == memory["pipelines"]
        assert report["by"]["Pipeline"] == memory["by"]["Pipeline"]


@pytest.mark.parametrize(("on_engine", "few_rows"), [(False, 120), (True, 120), (True, 1_000)])
def test_pipelines_beside_a_history_are_read_in_memory_where_both_are_small(on_engine, few_rows, monkeypatch):
    monkeypatch.setattr(sys.modules["xl_leadkpi.leads.read"], "_FEW_ROWS", few_rows)
    lines = table(120)
    changes = [["Deal ID", "New stage", "Changed on"]]
    for place, line in enumerate(lines[1:]):
        changes.append([line[0], "Qualified", line[4]])
        changes.append([line[0], line[2], (date.fromisoformat(line[4]) + timedelta(5 + place % 7)).isoformat()])
    frame, log = (pl.DataFrame(rows[1:], rows[0], orient="row") for rows in (lines, changes))
    memory = as_json(build(read_frame(frame, reading(), history=log)))
    connection = duckdb.connect()
    connection.register("deals", frame.to_arrow())
    connection.register("changes", log.to_arrow())
    leads = read_query(
        connection.table("deals"), reading(), history=connection.table("changes") if on_engine else changes
    )
    stays = few_rows < (len(log) if on_engine else len(frame))
    assert {part.frame.implementation.is_duckdb() for part in leads.of_pipelines.values()} == {stays}
    report = as_json(build(leads))
    assert report["pipelines"] == memory["pipelines"]
    assert report["by"]["Pipeline"] == memory["by"]["Pipeline"]


def test_a_period_in_which_only_one_pipeline_had_anything():
    lines = table()
    for line in lines[1:]:
        line[4] = "2026-02-10" if line[1] == "Renewals" else "2026-01-10"
    options = FunnelOptions(period_from=date(2026, 1, 1), period_to=date(2026, 1, 31))
    pipelines = as_json(build(read_frame(lines, reading()), options=options))["pipelines"]
    assert [pipelines[name][0]["reached"] for name in STAGES] == [300, 0]


def test_days_of_the_stages_of_one_pipeline():
    header = ["Record ID", "Deal Name", "Pipeline", "Deal Stage", "Create Date", "Close Date",
              'Date entered "Qualified To Buy (Sales)"', 'Date entered "Contract Sent (Sales)"',
              'Date entered "Contract Sent (Renewals)"']  # fmt: skip
    lines = [header]
    for number in range(40):
        sales = number % 2 == 0
        created, sent = date(2026, 1, 1) + timedelta(number), date(2026, 2, 1) + timedelta(number)
        day = sent.isoformat()
        lines.append([f"{number}", f"Deal {number}", "Sales" if sales else "Renewals", "Contract Sent",
                      created.isoformat(), "", created.isoformat() if sales else "", day if sales else "",
                      "" if sales else day])  # fmt: skip
    for name in ("Sales", "Renewals"):
        leads = read_frame(lines, reading(sales_pipeline=name))
        days = leads.frame["d_proposal"].to_list()
        assert len(days) == 20
        assert None not in days


def test_days_of_a_stage_that_several_pipelines_have_are_none_of_the_whole_table():
    header = ["Record ID", "Pipeline", "Deal Stage", "Create Date", 'Date entered "Closed Won (Sales)"',
              'Date entered "Closed Won (Renewals)"']  # fmt: skip
    lines = [header]
    for number in range(40):
        day = (date(2026, 1, 1) + timedelta(20 + number)).isoformat()
        name = ("Sales", "Renewals")[number % 2]
        lines.append([f"{number}", name, "Closed Won", "2026-01-01", *((day, "") if name == "Sales" else ("", day))])
    table_of_both = read_frame(lines, reading())
    assert table_of_both.frame["d_won"].null_count() == 40  # not the days of half of them
    assert {name: part.frame["d_won"].null_count() for name, part in table_of_both.of_pipelines.items()} == {
        "Sales": 0, "Renewals": 0,
    }  # fmt: skip


def test_own_stages_of_each_pipeline():
    numbered = {"New": ["1. A", "2. B", "3. C"], "Old": ["1. D", "2. E", "3. F"]}
    lines = table(pipelines=numbered)
    with_words = reading(stages="own", words={"1. A": "SQL", "1. D": "SQL"})
    report = as_json(build(read_frame(lines, with_words)))
    for name, names in numbered.items():
        assert [row["stage"] for row in report["pipelines"][name]] == [*names, "Won"]


@pytest.fixture
def reads(monkeypatch):
    """Each opening of a text file and each reading of columns of one."""
    done = []

    def counted(name, function):
        def call(*given):
            done.append(name)
            return function(*given)

        return call

    monkeypatch.setattr(reading_of_files, "open_text", counted("open", text_file.open_text))
    monkeypatch.setattr(text_file, "_load", counted("load", text_file._load))
    return done


@pytest.mark.parametrize("stages", ["auto", "own"])
def test_columns_are_read_as_often_for_many_pipelines_as_for_two(tmp_path, reads, stages):
    times = []
    for many in (2, 6):
        named = {f"Territory {n}": [f"{step}. {chr(65 + n)}{step}" for step in (1, 2, 3)] for n in range(many)}
        lines = [["Deal ID", "Pipeline", "Stage", "Amount", "Create Date"]]
        lines += [
            [f"{territory}-{number}", territory, (*steps, "Closed Won", "Closed Lost")[number % 5], 9, "2026-01-05"]
            for territory, steps in named.items()
            for number in range(20)
        ]
        (tmp_path / "deals.csv").write_text("\n".join(",".join(map(str, line)) for line in lines))
        reads.clear()
        leads = read(tmp_path / "deals.csv", reading(stages=stages, words={"1. A1": "SQL"}))
        assert len(leads.of_pipelines) == many
        times.append(sorted(reads))
    assert times[0] == times[1]
    assert times[0].count("open") == 1


@pytest.mark.parametrize("stages", ["auto", "own"])
@pytest.mark.parametrize("is_query", [False, True], ids=["file", "duckdb"])
def test_a_history_is_read_as_often_for_many_pipelines_as_for_two(tmp_path, reads, stages, is_query):
    times = []
    for many in (2, 6):
        ways = {f"Territory {n}": [f"{step}. {chr(65 + n)}{step}" for step in (1, 2, 3)] for n in range(many)}
        lines, log = with_log(ways)
        for name, rows in (("deals", lines), ("log", log)):
            (tmp_path / f"{name}.csv").write_text("\n".join(",".join(map(str, row)) for row in rows))
        deals = on_engine([lines], "duckdb")[0] if is_query else None
        reads.clear()
        if is_query:
            leads = read_query(deals, reading(stages=stages), history=tmp_path / "log.csv")
        else:
            leads = read(tmp_path / "deals.csv", reading(stages=stages), history=tmp_path / "log.csv")
        assert len(leads.of_pipelines) == many
        times.append(sorted(reads))
    assert times[0] == times[1]


def test_pipelines_of_joined_deals(tmp_path):
    lines = table(80)
    leads = ["Lead ID,Created,Email", *(f"L{i},2026-01-05,p{i}@example.com" for i in range(100))]
    deals = [
        "Lead ID," + ",".join(lines[0]),
        *(f"L{i}," + ",".join(map(str, line)) for i, line in enumerate(lines[1:])),
    ]
    for name, text in (("leads.csv", leads), ("deals.csv", deals)):
        (tmp_path / name).write_text("\n".join(text))
    joined = read(tmp_path / "leads.csv", reading(), deals=tmp_path / "deals.csv")
    assert joined.sales_pipelines == (("New business", 60), ("Renewals", 20))
    report = as_json(build(joined))
    stages = {row["stage"]: row["reached"] for row in report["pipelines"]["New business"]}
    assert [stages[name] for name in ZOHO] == reached(lines, "New business")[:-1]
    assert stages["Won"] == reached(lines, "New business")[-1]


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
def test_the_sheet_has_them_one_below_the_other(tmp_path, language):
    leads = read_frame(table(), reading())
    to_file(lay_out(build(leads), leads, language=language), tmp_path / "funnel.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "funnel.xlsx")["Funnel"]
    labels = [cell.value for (cell,) in sheet.iter_rows(min_col=2, max_col=2)]
    first = labels.index("New business")
    assert labels[first + 2 : first + 2 + len(ZOHO)] == ZOHO
    assert "Renewals" in labels[first:]


@pytest.mark.parametrize("engine", ["memory", "polars", "duckdb"])
def test_a_deal_in_two_pipelines_is_told(engine):
    lines = table()
    new = [line for line in lines[1:] if line[1] == "New business"][:7]
    again = [[line[0], "Renewals", "Qualified", *line[3:]] for line in new]
    everything = [*lines, *again]
    frame = pl.DataFrame(everything[1:], everything[0], orient="row")
    connection = duckdb.connect()
    connection.register("deals", frame.to_arrow())
    read_it = {
        "memory": lambda: read_frame(everything, reading()),
        "polars": lambda: read_query(frame.lazy(), reading()),
        "duckdb": lambda: read_query(connection.table("deals"), reading()),
    }[engine]
    leads = read_it()
    [told] = [one for one in leads.findings if one.kind is FindingKind.OVERLAPPING_PIPELINES]
    assert told.count == 7
    assert sum(int(one.split(": ")[1]) for one in told.details["pipelines"]) == 7
    # of a deal that is further in the one, the other's row is not in the funnel of all rows
    assert set(told.rows) <= {2 + everything[1:].index(line) for line in [*new, *again]}
    assert told.column == "Pipeline"
    report = as_json(build(leads))
    assert sum(rows[0]["reached"] for rows in report["pipelines"].values()) == report["stages"][0]["reached"] + 7
    # without them nothing is told
    alone = read_frame(lines, reading())
    assert FindingKind.OVERLAPPING_PIPELINES not in kinds(alone)


WAYS = {"Implants": ["Kickoff", "Scoping", "Blaupause", "Vorstand"], "Renewals": ["Erinnerung", "Zählung", "Papiere"]}


def with_log(ways=WAYS, rows=90, seed=1):
    """Deals of pipelines whose words nobody knows, and the log of the way each went."""
    draw = Random(seed)
    lines, log = [["Deal ID", "Pipeline", "Stage", "Amount", "Create Date"]], [["Deal ID", "Stage", "Changed at"]]
    for number in range(rows):
        name = list(ways)[number % len(ways)]
        way = [*ways[name][: draw.randint(1, len(ways[name]))], *draw.choice(([], ["Closed Won"], ["Closed Lost"]))]
        day = date(2026, 1, 1) + timedelta(draw.randint(0, 60))
        lines.append([f"D{number}", name, way[-1], 100, day.isoformat()])
        for word in way:
            log.append([f"D{number}", word, day.isoformat()])
            day += timedelta(draw.randint(1, 5))
    return lines, log


def on_engine(tables, engine):
    frames = [pl.DataFrame(lines[1:], lines[0], orient="row") for lines in tables]
    if engine == "polars":
        return [frame.lazy() for frame in frames]
    connection = duckdb.connect()
    for number, frame in enumerate(frames):
        connection.register(f"rows_{number}", frame.to_arrow())
    return [connection.table(f"rows_{number}") for number in range(len(frames))]


def stages_of(leads):
    return {name: [stage.name for stage in part.pipeline if stage.is_own] for name, part in leads.of_pipelines.items()}


@pytest.mark.parametrize("stages", ["auto", "own"])
@pytest.mark.parametrize("engine", ["memory", "polars", "duckdb"])
@pytest.mark.parametrize("is_own_log", [False, True])
def test_each_pipeline_has_its_part_of_the_history(engine, stages, is_own_log):
    lines, log = with_log()
    if is_own_log:
        of = {line[0]: line[1] for line in lines[1:]}
        lines, log = [[*log[0], "Pipeline"], *([*line, of[line[0]]] for line in log[1:])], None
    if engine != "memory":
        lines, *logs = on_engine([lines, log] if log else [lines], engine)
        log = logs[0] if logs else None
    leads = read_frame(lines, reading(stages=stages), history=log)
    assert stages_of(leads) == WAYS
    assert FindingKind.PIPELINES_AS_USUAL not in kinds(leads)
    for name, part in leads.of_pipelines.items():
        assert part.stages_told_by == "history"
        own_words = {*WAYS[name], "Closed Won", "Closed Lost"}
        assert {word.word for word in part.words if word.count and word.word != "Won"} <= own_words
    chosen = read_frame(lines, reading(stages=stages, sales_pipeline="Renewals"), history=log)
    assert own(chosen) == WAYS["Renewals"]


@pytest.mark.parametrize("stages", ["auto", "own"])
def test_pipelines_whose_order_nothing_tells_are_told(stages):
    lines, log = with_log()
    silent = read_frame(lines, reading(stages=stages))
    [told] = [one for one in silent.findings if one.kind is FindingKind.PIPELINES_AS_USUAL]
    assert told.count == 2
    assert [one.split(" (")[0] for one in told.details["pipelines"]] == ["Implants", "Renewals"]
    assert set(told.details["pipelines"][1].split("(")[1].rstrip(")").split(", ")) == set(WAYS["Renewals"])
    # a history of one of them tells only its order, and of the other that it is not there
    half = [line for line in log if line[0] == "Deal ID" or int(line[0][1:]) % 2 == 0]
    leads = read_frame(lines, reading(stages=stages), history=half)
    assert stages_of(leads) == {"Implants": WAYS["Implants"], "Renewals": []}
    [told] = [one for one in leads.findings if one.kind is FindingKind.PIPELINES_AS_USUAL]
    assert [one.split(" (")[0] for one in told.details["pipelines"]] == ["Renewals"]
    partly = [one for one in leads.of_pipelines["Renewals"].findings if one.kind is FindingKind.HISTORY_PARTLY]
    assert [(one.count, one.details["silent"]) for one in partly] == [(45, 45)]
    for language in ("en", "pl", "ru"):
        assert "Renewals" in fill(locale(language).findings["pipelines_as_usual"].meaning, told, OwnNames())


OF_DAYS = {
    "Sales": ["Discovery Call", "Solution Fit", "Offer Out"],
    "Renewals (EU)": ["Contract Review", "Check-in", "Terms Agreed"],
}


def with_days(mark='"', rows=60, seed=2, *, has_column=False, moved=0, empty=()):
    """Deals as HubSpot exports them, with the day of each stage by its pipeline; some came over from the other one."""
    draw = Random(seed)
    columns = [(name, word) for name, words in OF_DAYS.items() for word in (*words, "Closed Won", "Closed Lost")]
    head = ["Record ID", "Deal Name", "Deal Stage", "Amount", "Create Date", *(["Pipeline"] if has_column else [])]
    lines = [[*head, *(f"Date entered {mark}{word} ({name}){mark}" for name, word in columns)]]
    for number in range(rows):
        name, other = [*OF_DAYS, *OF_DAYS][number % 2 :][:2]
        if name in empty:
            name, other = other, name
        words = OF_DAYS[name]
        way = [*words[: draw.randint(1, 3)], *draw.choice(([], ["Closed Won"], ["Closed Lost"]))]
        day = date(2026, 1, 9) + timedelta(draw.randint(0, 60))
        days = {(other, OF_DAYS[other][1]): day - timedelta(2)} if number < moved else {}
        created = day - timedelta(4)
        for word in way:
            days[name, word] = day
            day += timedelta(draw.randint(1, 6))
        told = [days[key].isoformat() if key in days else "" for key in columns]
        row = [f"{number}", f"Deal {number}", way[-1], 100, created.isoformat(), *([name] if has_column else []), *told]
        lines.append(row)
    return lines


def kept_in(lines, engine):
    if engine == "memory":
        return lines
    frame = pl.DataFrame(lines[1:], lines[0], orient="row").with_columns(pl.col(pl.String).replace("", None))
    connection = duckdb.connect()
    connection.register("deals", frame.to_arrow())
    return frame.lazy() if engine == "polars" else connection.table("deals")


@pytest.mark.parametrize(
    ("engine", "mark", "has_column"),
    [
        ("memory", '"', False),
        ("memory", "'", True),
        ("polars", "'", False),
        ("duckdb", '"', False),
        ("duckdb", "", True),
    ],
)
def test_pipelines_told_by_the_days_of_their_stages(engine, mark, has_column):
    data = kept_in(with_days(mark, has_column=has_column, moved=4), engine)
    leads = read_frame(data, reading())
    assert {*leads.sales_pipelines} == {("Sales", 30), ("Renewals (EU)", 30)}
    assert stages_of(leads) == OF_DAYS
    [told] = [one for one in leads.findings if one.kind is FindingKind.DAYS_OF_SEVERAL_PIPELINES]
    assert (told.count, told.details["pipelines"]) == (4, ("Sales", "Renewals (EU)"))
    first = leads.frame.lazy().collect()["row_no"].min()
    assert [row - first for row in told.rows] == [0, 1, 2, 3]
    # steps of different pipelines are not compared
    for table in (leads, *leads.of_pipelines.values()):
        quality = build(table).quality
        assert "negative_duration" not in str(quality)
    chosen = read_frame(data, reading(sales_pipeline="renewals (eu)"))
    assert own(chosen) == OF_DAYS["Renewals (EU)"]
    assert chosen.frame.lazy().collect().shape[0] == 30
    with pytest.raises(InputError, match=r"The column holds .*Sales"):
        read_frame(data, reading(sales_pipeline="Partner"))
    alone = read_frame(kept_in(with_days(mark, has_column=has_column), engine), reading())
    assert FindingKind.DAYS_OF_SEVERAL_PIPELINES not in kinds(alone)


@pytest.mark.parametrize("engine", ["memory", "polars"])
def test_days_of_one_pipeline_beside_empty_columns_of_another(engine):
    leads = read_frame(kept_in(with_days(empty=("Sales",)), engine), reading())
    assert leads.of_pipelines == {}
    assert own(leads) == OF_DAYS["Renewals (EU)"]
    assert leads.stages_told_by == "dates"


def test_names_in_brackets_that_no_two_stages_share_are_no_pipelines():
    header = ["Record ID", "Deal Stage", "Create Date", 'Date entered "Demo (online)"', 'Date entered "Offer (draft)"']
    lines = [header, *([f"{n}", "Demo (online)", "2026-01-01", "2026-01-03", ""] for n in range(20))]
    leads = read_frame(lines, reading())
    assert leads.of_pipelines == {}
    assert FindingKind.DAYS_OF_SEVERAL_PIPELINES not in kinds(leads)
