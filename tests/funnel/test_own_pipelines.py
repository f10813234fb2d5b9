"""An export read with stages of the user's own: three of them or fifteen, none called as the usual ones are.

Every count is held against plain loops over the leads that were written: in memory and on engines, in JSON and on the
sheets.
"""

import csv
import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median

import openpyxl
import polars as pl
import pytest

from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads import InputError, ReadOptions, read, read_query
from xl_leadkpi.leads.model.stage import PIPELINE, OwnStage, own_pipeline
from xl_leadkpi.sheets import lay_out, read_edits, to_file

pytestmark = pytest.mark.long

AS_OF = date(2025, 6, 30)
COUNTING = FunnelOptions(built_at=datetime(2025, 7, 1), window_days=30)
REASONS = ("Price", "Silence", "Rival")

THREE = own_pipeline(
    [OwnStage("Quarry"), OwnStage("Kiln", words=("Fired up", "Offer sent"))],
    won=OwnStage("Delivered", words=("Sold for good",)),
)
# names and words that mean another thing, or nothing, where nobody says so
FIFTEEN = own_pipeline(
    [
        OwnStage("Seen at a fair"),
        OwnStage("Not yet called"),
        OwnStage("Called / 1"),
        OwnStage("Proposal asked for", words=("RFP",), stands_for="SQL"),
        OwnStage("Waiting for customer"),
        OwnStage("Visited", words=("On site",), stands_for="Meeting"),
        OwnStage("Lost and found"),
        OwnStage("2. Call"),
        OwnStage("3. Call", words=("Budget ok",), stands_for="Opportunity"),
        OwnStage("Demo"),
        OwnStage("Trial"),
        OwnStage("Draft", stands_for="Proposal"),
        OwnStage("Legal"),
        OwnStage("Won over"),
    ],
    won=OwnStage("Signed"),
)
PIPELINES = pytest.mark.parametrize("pipeline", [THREE, FIFTEEN], ids=["three", "fifteen"])


@dataclass
class Lead:
    """What the export says of one lead, and thereby what is to be counted."""

    number: int
    days: list[date]
    outcome: str
    source: str
    amount: float
    reason: str
    lost_day: date | None

    @property
    def came(self) -> int:
        return len(self.days)


def leads_of(pipeline, seed, leads=500):
    draw, last, made = random.Random(seed), len(pipeline), []
    for number in range(leads):
        outcome = draw.choice(("open", "won", "lost"))
        came = last if outcome == "won" else draw.randint(1, last - 1)
        day, days = date(2024, 9, 1) + timedelta(draw.randint(0, 200)), []
        for _ in range(came):
            days.append(day)
            day += timedelta(draw.randint(0, 5))
        lost_day = day if outcome == "lost" else None
        reason = draw.choice(REASONS) if outcome == "lost" else ""
        made.append(Lead(number, days, outcome, draw.choice(("Ads", "Mail")), draw.randint(1, 9), reason, lost_day))
    return made


def export(path, pipeline, leads):
    """Write them as a CRM would: a day a stage, now the stage's name, now another word for it."""
    head = ["Lead ID", "Created", *(f"{stage.name} date" for stage in pipeline.stages[1:]), "Lost date", "Stage",
            "Last open stage", "Status", "Source", "Amount", "Lost reason"]  # fmt: skip
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(head)
        for lead in leads:
            stage = pipeline.stages[lead.came - 1]
            words = [stage.name, *stage.words]
            word = words[lead.number % len(words)]
            days = [*map(date.isoformat, lead.days), *[""] * (len(pipeline) - lead.came)]
            lost = lead.lost_day.isoformat() if lead.lost_day else ""
            now, before = ("Lost", word) if lead.outcome == "lost" else (word, "")
            writer.writerow([
                lead.number, *days, lost, now, before, lead.outcome.capitalize(), lead.source, lead.amount, lead.reason,
            ])  # fmt: skip
    return path


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """Leads, export and what is read of it, by pipeline."""
    folder, made = tmp_path_factory.mktemp("own"), {}
    for pipeline in (THREE, FIFTEEN):
        leads = leads_of(pipeline, len(pipeline))
        path = export(folder / f"{len(pipeline)}.csv", pipeline, leads)
        table = read(path, ReadOptions(as_of=AS_OF, pipeline=pipeline))
        made[pipeline] = leads, path, table, build(table, options=COUNTING)
    return made


def numbers(pipeline):
    return range(1, len(pipeline) + 1)


@PIPELINES
def test_every_stage_is_read_by_its_own_name_and_words(exports, pipeline):
    leads, _, table, _ = exports[pipeline]
    assert table.stages == table.dated == pipeline.names
    assert table.pipeline is pipeline
    assert not table.is_deals
    understood = {word.word: word.stage for word in table.words}
    met = {pipeline.stages[lead.came - 1] for lead in leads}
    assert {word: stage.name for stage in met for word in (stage.name, *stage.words)}.items() <= understood.items()
    odd = {finding.kind for finding in table.findings if finding.severity != "info"}
    assert odd == set()
    rows = table.frame.select("furthest_stage", "outcome").rows()
    assert rows == [(lead.came, lead.outcome) for lead in leads]


@PIPELINES
def test_the_stages_are_counted(exports, pipeline):
    leads, _, _, report = exports[pipeline]
    rows = as_json(report)["stages"]
    assert [row["stage"] for row in rows] == list(pipeline.names)
    reached = [sum(lead.came >= number for lead in leads) for number in numbers(pipeline)]
    assert [row["reached"] for row in rows] == [row["exact"] for row in rows] == reached
    lost = Counter(lead.came for lead in leads if lead.outcome == "lost")
    assert [row["lost_here"] for row in rows] == [lost[number] for number in numbers(pipeline)]
    now = Counter(lead.came for lead in leads if lead.outcome != "lost")
    assert [row["in_stage_now"] for row in rows] == [now[number] for number in numbers(pipeline)]
    steps = [None, *(later / before for before, later in pairwise(reached))]
    assert [row["next_step_naive"] for row in rows] == pytest.approx(steps)


@PIPELINES
def test_the_summary_has_every_count_under_its_key(exports, pipeline):
    leads, _, _, report = exports[pipeline]
    summary = as_json(report)["summary"]
    for number, stage in enumerate(pipeline, start=1):
        assert summary[stage.count_key] == sum(lead.came >= number for lead in leads), stage.name
    first = pipeline.opportunity_index
    lost = [lead for lead in leads if lead.outcome == "lost"]
    assert summary["lost"] == len(lost)
    if pipeline.opportunity:
        assert summary["opportunities"] == sum(lead.came >= first for lead in leads)
        assert summary["lost_opportunities"] == sum(lead.came >= first for lead in lost)
        assert summary["lead_to_opportunity"] == summary["opportunities"] / len(leads)
        assert summary["win_rate"] == summary["won"] / (summary["won"] + summary["lost_opportunities"])
    else:
        assert summary["lost_opportunities"] is summary["open_opportunities"] is None
        assert summary["win_rate"] == summary["won"] / (summary["won"] + len(lost))
        assert "lead_to_opportunity" not in summary


def test_what_stands_for_a_usual_stage_feeds_its_kpis(exports):
    leads, _, table, _ = exports[FIFTEEN]
    spend = pl.DataFrame({"Month": ["2025-01"], "Channel": ["Ads"], "Cost": [900.0]})
    summary = as_json(build(table, spend, options=COUNTING))
    assert {stage.count_key for stage in FIFTEEN} >= {"sql", "meetings", "opportunities", "proposals"}
    assert summary["summary"]["meetings"] == sum(lead.came >= 6 for lead in leads)
    assert {column.key for column in build(table, spend, options=COUNTING).stages.columns} >= {"reached"}
    keys = {key for row in summary["by"]["source"] for key in row}
    assert {"cost_per_sql", "cost_per_meeting", "cost_per_opportunity"} <= keys
    assert not {"cost_per_mql", "mql"} & keys


@PIPELINES
def test_the_times_are_those_between_the_days(exports, pipeline):
    leads, _, _, report = exports[pipeline]
    found = {row["measure"]: row for row in as_json(report)["stage_times"]}
    for place, name in enumerate(pipeline.names[:-1]):
        visits = []
        for lead in leads:
            ends = lead.days[place + 1] if lead.came > place + 1 else lead.lost_day
            if lead.came > place and ends is not None and lead.came > place:
                visits.append((ends - lead.days[place]).days)
        assert found[name]["n"] == len(visits), name
        assert found[name]["median"] == median(visits), name
        assert found[name]["mean"] == pytest.approx(sum(visits) / len(visits)), name
        waiting = [(AS_OF - lead.days[-1]).days for lead in leads if lead.outcome == "open" and lead.came == place + 1]
        assert found[name]["open"] == len(waiting), name
        assert found[name]["open_median"] == (median(waiting) if waiting else None), name
    cycles = [(lead.days[-1] - lead.days[0]).days for lead in leads if lead.outcome == "won"]
    assert (found["lead_to_won"]["n"], found["lead_to_won"]["median"]) == (len(cycles), median(cycles))


def months_between(first, last):
    return (last.year - first.year) * 12 + last.month - first.month


@PIPELINES
def test_the_months_and_cohorts_are_counted(exports, pipeline):
    leads, _, _, report = exports[pipeline]
    found = as_json(report)
    for row in found["months"]:
        of_month = [lead for lead in leads if f"{lead.days[0]:%Y-%m}" == row["month"]]
        assert row["leads"] == len(of_month)
        for number, stage in list(enumerate(pipeline, start=1))[1:]:
            entered = sum(lead.came >= number and f"{lead.days[number - 1]:%Y-%m}" == row["month"] for lead in leads)
            assert row[f"cohort_{stage.count_key}"] == sum(lead.came >= number for lead in of_month), stage.name
            assert row[f"entered_{stage.count_key}"] == entered, stage.name
    blocks = [("cohort_counts", len(pipeline))]
    blocks += [("opportunity_cohort_counts", pipeline.opportunity_index)] if pipeline.opportunity else []
    for name, number in blocks:
        assert found[name]
        for row in found[name]:
            gone = [
                months_between(lead.days[0], lead.days[number - 1])
                for lead in leads
                if f"{lead.days[0]:%Y-%m}" == row["month"] and lead.came >= number
            ]
            told = {int(key[6:]): value for key, value in row.items() if key.startswith("month_") and value is not None}
            assert told == {after: sum(one <= after for one in gone) for after in told}
    if not pipeline.opportunity:
        assert found["opportunity_cohort_counts"] == []


@PIPELINES
def test_the_breakdowns_losses_and_open_opportunities_are_counted(exports, pipeline):
    leads, _, _, report = exports[pipeline]
    found = as_json(report)
    for row in found["by"]["source"]:
        own = [lead for lead in leads if row["group"] in ("(total)", lead.source)]
        for number, stage in enumerate(pipeline, start=1):
            assert row[stage.count_key] == sum(lead.came >= number for lead in own), stage.name
    losses = Counter((pipeline.names[lead.came - 1], lead.reason) for lead in leads if lead.outcome == "lost")
    assert {(row["stage"], row["reason"]): row["lost"] for row in found["losses"][:-1]} == losses
    opened = [lead for lead in leads if lead.outcome == "open"]
    first, last = pipeline.opportunity_index, len(pipeline)
    expected = {pipeline.names[n - 1]: sum(lead.came == n for lead in opened) for n in range(first, last)}
    assert {row["stage"]: row["open"] for row in found["pipeline"][:-1]} == expected
    worth = {name: sum(lead.amount for lead in opened if pipeline.names[lead.came - 1] == name) for name in expected}
    assert {row["stage"]: row["amount"] for row in found["pipeline"][:-1]} == worth


def close(one, other):
    """The same to nine digits, in all that can be told from it but where it came from."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one if key != "source")
    if isinstance(one, list):
        return len(one) == len(other) and all(map(close, one, other))
    return one == (pytest.approx(other, rel=1e-9, abs=1e-9) if isinstance(other, float) else other)


@PIPELINES
@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_engines_count_them_as_memory_does(exports, pipeline, engine):
    _, path, _, report = exports[pipeline]
    cells = pl.read_csv(path, infer_schema=False).with_columns(
        pl.col("Created", "^.* date$").str.to_date(strict=False), pl.col("Amount").cast(pl.Float64)
    )
    if engine == "duckdb":
        duckdb = pytest.importorskip("duckdb")
        numbered = cells.with_row_index("row_no", 2).with_columns(pl.col("row_no").cast(pl.Int64))
        query = duckdb.connect().from_arrow(numbered.to_arrow())
    else:
        query = cells.lazy()
    there = as_json(build(read_query(query, ReadOptions(as_of=AS_OF, pipeline=pipeline)), options=COUNTING))
    here = as_json(report)
    differ = [name for name in here if name not in ("columns", "quality") and not close(there[name], here[name])]
    assert differ == []


@pytest.fixture(scope="module", params=["en", "pl", "ru"])
def language(request):
    return request.param


@PIPELINES
def test_the_sheets_show_the_names_that_the_user_has_given(exports, pipeline, language, tmp_path):
    leads, _, table, report = exports[pipeline]
    to_file(lay_out(report, table, language=language), tmp_path / "funnel.xlsx")
    book = openpyxl.load_workbook(tmp_path / "funnel.xlsx", data_only=True)
    shown = {cell.value for row in book["Funnel"].iter_rows() for cell in row}
    assert {*pipeline.names} <= shown
    assert not {"Stage signed", "Stage demo", "MQL", "Proposal", "Lead"} & shown
    data = book["Funnel_Data"]
    header = [cell.value for cell in data[1]]
    assert set(pipeline.names[1:]) <= set(header)
    assert len(set(header)) == len(header)
    rows = [dict(zip(header, (cell.value for cell in row), strict=True)) for row in data.iter_rows(min_row=2)]
    for number, name in list(enumerate(pipeline.names, start=1))[1:]:
        assert sum(row[name] is not None for row in rows) == sum(lead.came >= number for lead in leads), name
    furthest = Counter(value for row in rows for key, value in row.items() if value in pipeline.names)
    assert sum(furthest.values()) == 2 * len(rows)  # stage now or lost from, and the furthest one
    listed = [cell.value for row in book["Funnel_Map"].iter_rows() for cell in row]
    assert {*pipeline.names} <= set(listed)


@PIPELINES
def test_the_chart_of_the_funnel_has_a_bar_for_each_stage(exports, pipeline):
    _, _, table, report = exports[pipeline]
    charts = lay_out(report, table)["Funnel"].charts
    lengths = {chart.name: chart.series[0].values.last_row - chart.series[0].values.row + 1 for chart in charts}
    assert len(pipeline) in lengths.values(), lengths
    times = next(length for name, length in lengths.items() if "Time" in name)
    assert times >= len(pipeline) - 1


@PIPELINES
def test_the_sheet_with_the_leads_is_read_back_as_it_was(exports, pipeline, language, tmp_path):
    _, _, table, report = exports[pipeline]
    to_file(lay_out(report, table, language=language), tmp_path / "funnel.xlsx")
    again = read(tmp_path / "funnel.xlsx", ReadOptions(as_of=AS_OF, pipeline=pipeline))
    found, before = as_json(build(again, options=COUNTING)), as_json(report)
    for name in ("summary", "stages", "stage_times", "months", "cohort_counts", "losses", "pipeline"):
        assert close(found[name], before[name]), name


@PIPELINES
def test_a_word_is_given_another_meaning_in_the_map(exports, pipeline, language, tmp_path):
    _, _, table, report = exports[pipeline]
    path = tmp_path / "funnel.xlsx"
    to_file(lay_out(report, table, language=language), path)
    assert read_edits(path, pipeline).words == {}
    book = openpyxl.load_workbook(path)
    sheet = book["Funnel_Map"]
    row = next(row for row in sheet[sheet.tables["tblStageWords"].ref] if row[0].value == pipeline.names[1])
    row[1].value = pipeline.names[0].upper()
    book.save(path)
    assert read_edits(path, pipeline).words == {pipeline.names[1]: pipeline.names[0]}
    row[1].value = "MQL"
    book.save(path)
    with pytest.raises(InputError, match=f"'MQL' is no stage; write one of {pipeline.names[0]}"):
        read_edits(path, pipeline)


@PIPELINES
def test_an_option_names_a_stage_of_the_pipeline_in_force(exports, pipeline):
    _, path, _, _ = exports[pipeline]
    second = pipeline.names[1]
    options = ReadOptions(as_of=AS_OF, pipeline=pipeline, words={pipeline.names[0]: second.lower()})
    assert {word.word: word.stage for word in read(path, options).words}[pipeline.names[0]] == second
    with pytest.raises(InputError, match=f"'MQL' is no stage. The stages are: {pipeline.names[0]}, "):
        read(path, replace(options, words={"x": "MQL"}))
    with pytest.raises(InputError, match="There is no field 'mql_date'"):
        read(path, replace(options, fields={"mql_date": "Created"}))


def test_the_usual_pipeline_makes_something_else_of_the_same_export(exports):
    leads, path, _, _ = exports[FIFTEEN]
    usual = read(path, ReadOptions(as_of=AS_OF))
    assert usual.pipeline is PIPELINE
    assert usual.stages != FIFTEEN.names
    assert len(leads) == usual.rows_read


def test_a_log_of_changes_is_folded_to_the_stages_of_the_user(tmp_path):
    leads = [lead for lead in leads_of(THREE, 9, 80) if lead.outcome != "lost"]
    lines = ["Lead ID,From stage,To stage,Changed at"]
    for lead in leads:
        for before, after, day in zip(THREE.names, THREE.names[1:], lead.days[1:], strict=False):
            lines.append(f"{lead.number},{before},{after},{day}")
    path = tmp_path / "log.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    table = read(path, ReadOptions(as_of=AS_OF, pipeline=THREE))
    rows = as_json(build(table, options=COUNTING))["stages"]
    moved = [lead for lead in leads if lead.came > 1]
    assert [row["reached"] for row in rows] == [sum(lead.came >= n for lead in moved) for n in numbers(THREE)]


def test_deals_of_the_user_own_pipeline_are_opportunities_from_the_first_day(tmp_path):
    leads = leads_of(THREE, 4)
    path = export(tmp_path / "deals.csv", THREE, leads)
    table = read(path, ReadOptions(as_of=AS_OF, pipeline=THREE, kind="deals"))
    found = as_json(build(table, options=COUNTING))
    assert [row["reached"] for row in found["stages"]] == [sum(lead.came >= n for lead in leads) for n in (1, 2, 3)]
    lost = sum(lead.outcome == "lost" for lead in leads)
    assert (found["summary"]["lost_opportunities"], found["summary"]["disqualified"]) == (lost, 0)
    opened = Counter(lead.came for lead in leads if lead.outcome == "open")
    assert [row["open"] for row in found["pipeline"]] == [opened[1], opened[2], opened.total()]


def test_deals_complete_leads_of_the_same_pipeline(tmp_path):
    leads = leads_of(FIFTEEN, 6, 300)
    whole = export(tmp_path / "whole.csv", FIFTEEN, leads)
    table = pl.read_csv(whole, infer_schema=False)
    early = [stage.name for stage in FIFTEEN.before_opportunity]
    first = FIFTEEN.opportunity_index
    deals = table.filter(pl.Series([lead.came >= first for lead in leads]))
    deals.drop("Source", "Created").write_csv(tmp_path / "deals.csv")
    later = [f"{name} date" for name in FIFTEEN.names if name not in early]
    words = pl.when(pl.Series([lead.came >= first for lead in leads])).then(pl.lit("2. Call")).otherwise("Stage")
    status = pl.when(pl.Series([lead.came >= first for lead in leads])).then(pl.lit("Open")).otherwise("Status")
    table.drop(later).with_columns(Stage=words, Status=status).write_csv(tmp_path / "leads.csv")
    options = ReadOptions(as_of=AS_OF, pipeline=FIFTEEN)
    joined = build(read(tmp_path / "leads.csv", options, deals=tmp_path / "deals.csv"), options=COUNTING)
    assert [row["reached"] for row in as_json(joined)["stages"]] == [
        sum(lead.came >= n for lead in leads) for n in numbers(FIFTEEN)
    ]


@pytest.mark.parametrize(
    ("stages", "words"),
    [
        (["One"], "1 before the win"),
        ([f"Stage {n}" for n in range(21)], "21 before the win"),
        (["One", "one!"], "two stages have this name or word"),
        (["One", OwnStage("Two", words=("ONE",))], "two stages have this name or word"),
        (["One", "Lost"], "is an outcome"),
        (["One", "?!"], "is no name of a stage"),
        (["One", OwnStage("Two", stands_for="Demo")], "'Demo', which is none of MQL, SQL"),
        (["One", OwnStage("Two", stands_for="SQL"), OwnStage("Three", stands_for="SQL")], "'SQL': two stages stand"),
        ([OwnStage("One", stands_for="MQL"), "Two"], "'One' is the first stage"),
    ],
)
def test_stages_that_cannot_be_counted_are_refused_in_words(stages, words):
    with pytest.raises(InputError, match=words):
        own_pipeline([OwnStage(one) if isinstance(one, str) else one for one in stages])


def test_two_to_twenty_open_stages_may_be_given():
    for number in (2, 20):
        made = own_pipeline([OwnStage(f"Step {n}") for n in range(number)])
        assert len(made) == number + 1


def test_a_name_that_is_also_a_field_or_a_figure_is_still_a_stage(tmp_path):
    made = own_pipeline([OwnStage(name) for name in ("New", "Close", "Revenue", "Spend", "now", "total", "id")])
    leads = leads_of(made, 11, 200)
    path = export(tmp_path / "odd.csv", made, leads)
    report = build(read(path, ReadOptions(as_of=AS_OF, pipeline=made)), options=COUNTING)
    assert [row["reached"] for row in as_json(report)["stages"]] == [
        sum(lead.came >= n for lead in leads) for n in numbers(made)
    ]


def test_a_block_that_is_not_there_says_why_whatever_the_win_is_called(exports):
    _, path, _, report = exports[THREE]
    assert as_json(report)["unknown"]["spend"]["why"] == "No table of spend was given."
    table = pl.read_csv(path, infer_schema=False).filter(pl.col("Status") != "Won").drop("Delivered date")
    lost = as_json(build(read_query(table.lazy(), ReadOptions(as_of=AS_OF, pipeline=THREE)), options=COUNTING))
    assert "stages[Delivered].reached" in lost["unknown"]
