"""Histories made of real exports: against a recount in pandas, and as they stood on days that are past.

The exports tell when a lead came and when it was won or lost. Each is counted twice: with these changes alone, and on a
made-up way between its true first and last day, on which it goes on, back, again and is lost for a while.
"""

import csv
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from random import Random

import duckdb
import polars as pl
import pytest

from tests.engines.figures import differences
from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads import ReadOptions, read_frame, read_query
from xl_leadkpi.leads.model.stage import OwnStage

from .change_logs import (
    BEYOND,
    LAYOUTS,
    LOST,
    WON,
    Change,
    Course,
    hubspot_property_history,
    old_and_new,
    pipedrive_change_log,
    reopened_in_place,
    salesforce_field_history,
    salesforce_opportunity_history,
    stage_log,
    straight,
    up_to,
    winding,
)
from .history_recount import Ladder, Recount

pytestmark = pytest.mark.long

TODAY = date(2026, 1, 1)
WITH_CREATION = (salesforce_opportunity_history, salesforce_field_history)
DAYS = 50
BLOCKS = ("summary", "stages", "stage_times", "visits", "transitions", "reopened")


@dataclass(frozen=True)
class World:
    """An export whose leads are followed.

    Attributes:
        courses: Its leads.
        words: Words of its open stages.
        shown: The stages that the report shows, in order, the win last.
        ranks: Which of them each word is.
        kind: ``leads`` or ``deals``.
        stages: Whose stages, see ``ReadOptions``.
        seed: Of the way between first and last day; None for none.
    """

    courses: tuple[Course, ...]
    words: tuple[str, ...]
    shown: tuple[str, ...]
    kind: str
    stages: str = "canonical"
    seed: int | None = None

    @property
    def changes(self) -> list[Change]:
        """All changes, in the order of time."""
        if self.seed is None:
            return straight(self.courses, self.words)
        return winding(self.courses, self.words, self.seed, beyond="" if self.stages == "own" else BEYOND)

    @property
    def ladder(self) -> Ladder:
        """Its stages for the recount."""
        ranks = {word: min(rank, len(self.shown) - 1) for rank, word in enumerate(self.words, 1)}
        return Ladder(self.shown, {**ranks, WON: len(self.shown), LOST: len(self.shown) + 1})

    def options(self, as_of: date) -> ReadOptions:
        """How to read its histories."""
        return ReadOptions(as_of=as_of, today=TODAY, kind=self.kind, stages=self.stages)

    def listed(self, as_of: date, *before: str) -> ReadOptions:
        """The same where stages of its own are listed, some before the others, as few changes may not tell them all."""
        if self.stages != "own":
            return self.options(as_of)
        return replace(self.options(as_of), own_stages=tuple(map(OwnStage, (*before, *self.words))))


def rows_of(path, delimiter=","):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def day_of(text, form="%m/%d/%Y"):
    return datetime.strptime(text, form)


@cache
def olist(folder):
    won = rows_of(folder / "olist_closed_deals_semicolon_bom.csv", ";")
    won_at = {row["mql_id"]: day_of(row["won_date"], "%Y.%m.%d %H:%M") for row in won}
    leads = [(row["mql_id"], day_of(row["first_contact_date"])) for row in rows_of(folder / "olist_mql_usdates.csv")]
    return tuple(Course(lead, begun, won_at.get(lead), WON if lead in won_at else "") for lead, begun in leads)


@cache
def crm_sales(folder):
    return tuple(
        Course(
            row["opportunity_id"],
            day_of(row["engage_date"]).date(),
            day_of(row["close_date"]).date() if row["close_date"] else None,
            row["deal_stage"] if row["close_date"] else "",
        )
        for row in rows_of(folder / "sales_pipeline.csv")
        if row["engage_date"]
    )


USUAL = ("Lead", "MQL", "SQL", "Meeting", "Opportunity", "Proposal")
OWN = ("Engaging", "Needs heard", "Trial week", "Price agreed")
FEWER = 4
"""Of the leads whose way is made up one in so many."""
WORLDS = ("olist", "olist winding", "crm", "crm winding")


@cache
def world_of(name, shared):
    data = shared / "data"
    if name == "olist":
        return World(olist(data / "olist"), ("Lead",), ("Lead", WON), "leads")
    if name == "olist winding":
        return World(olist(data / "olist")[::FEWER], USUAL, (*USUAL, WON), "leads", seed=16)
    if name == "crm":
        return World(crm_sales(data / "crm_sales"), ("Engaging",), ("Opportunity", WON), "deals")
    return World(crm_sales(data / "crm_sales")[::FEWER], OWN, (*OWN, WON), "deals", "own", seed=17)


@pytest.fixture(scope="module", params=WORLDS)
def world(request, shared):
    return world_of(request.param, shared)


def export_of(name, shared):
    """The header and the rows of leads or deals as the export has them, the identifier first.

    Beside a way that is made up it keeps silent about the stage, which it would tell otherwise.
    """
    path = "olist/olist_mql_usdates.csv" if name.startswith("olist") else "crm_sales/sales_pipeline.csv"
    with (shared / "data" / path).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    told = {"deal_stage", "close_date"} if name.endswith("winding") else set()
    kept = [place for place, header in enumerate(rows[0]) if header not in told]
    rows = [[row[place] for place in kept] for row in rows]
    return [rows[0], *rows[1 :: FEWER if name.endswith("winding") else 1]]


def figures(table):
    report = as_json(build(table, options=FunnelOptions(window_days=30)))
    return {name: report[name] for name in BLOCKS}


def check(found, recount, *, without=()):
    """A report's figures of a history are those of the recount."""
    wanted = {
        "summary": recount.summary(),
        "stages": recount.stages(),
        "stage_times": recount.stage_times(),
        "visits": recount.every_visit(),
        "transitions": recount.transitions(),
        "reopened": recount.reopened(),
    }
    for name in without:
        del wanted[name]
    # stages that nobody has come to yet are not shown, nor is a cycle without a win
    shown = {row["stage"] for row in found["stages"]}
    wanted["stages"] = [row for row in wanted["stages"] if row["stage"] in shown or row["exact"]]
    for name, key in (("stage_times", "measure"), ("visits", "stage")):
        if name in wanted:
            wanted[name] = [row for row in wanted[name] if row[key] in shown]
    if found["summary"]["cycle_days_n"] is None:
        wanted["summary"]["cycle_days_n"] = wanted["summary"]["won"] or None
    said = {name: chosen(found[name], rows) for name, rows in wanted.items()}
    assert differences(said, wanted) == []


def chosen(block, wanted):
    """Of a block the rows and columns that the recount has."""
    if not block or not wanted:
        return block
    if isinstance(wanted, dict):
        return {key: block[key] for key in wanted}
    stages = {row.get("measure") for row in wanted}
    return [{key: row[key] for key in wanted[0]} for row in block if row.get("measure") in stages]


def day(moment):
    return moment.date() if isinstance(moment, datetime) else moment


def later(changes):
    """A day on which all has happened."""
    return max(day(one.moment) for one in changes) + timedelta(days=10)


def random_days(changes, number):
    """Days from the first move on: as long as nobody has moved, a log of stages cannot be told from a list of leads."""
    seen = set()
    first = next(day(one.moment) for one in changes if one.lead in seen or seen.add(one.lead))
    chance = Random(number + len(changes))
    return [first + timedelta(days=chance.randrange((later(changes) - first).days)) for _ in range(number)]


def recounted(world, layout, as_of):
    """The figures of the changes as a layout tells them; beside days of creation times of day say nothing."""
    changes = reopened_in_place(world.changes) if layout is pipedrive_change_log else world.changes
    return Recount(changes, world.ladder, as_of, whole_days=layout in WITH_CREATION)


# --- against the recount


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_a_log_comes_to_what_the_recount_says(world, layout):
    changes = world.changes
    as_of = later(changes)
    recount = recounted(world, layout, as_of)
    # what happened before the first change, or to whom nothing has changed, is no visit that a log of fields tells of
    without = ("visits", "transitions") if layout is salesforce_field_history else ()
    check(figures(read_frame(layout(changes), world.options(as_of))), recount, without=without)


@pytest.mark.parametrize("layout", [stage_log, old_and_new], ids=lambda layout: layout.__name__)
@pytest.mark.parametrize("name", WORLDS)
def test_the_export_beside_its_history_comes_to_what_the_recount_says(name, shared, layout):
    world = world_of(name, shared)
    # one lead was won before its first contact: its creation is told by the export, and no longer by the history
    courses = tuple(one for one in world.courses if one.ended is None or one.ended >= one.begun)
    changes = replace(world, courses=courses).changes
    header, *rows = export_of(name, shared)
    known = {one.lead for one in courses}
    rows = [row for row in rows if row[0] in known]
    as_of = later(changes)
    report = figures(read_frame([header, *rows], world.options(as_of), history=layout(changes)))
    check(report, Recount(changes, world.ladder, as_of, whole_days=True))
    if world.kind == "deals":
        value, won = header.index("close_value"), {one.lead for one in courses if one.outcome == WON}
        sold = sum(float(row[value]) for row in rows if row[0] in won)
        assert report["summary"]["revenue"] == pytest.approx(sold)


# --- as it stood


@pytest.mark.parametrize("number", range(DAYS))
def test_a_past_day_of_a_log_is_the_log_as_it_was_that_day(world, number):
    changes = world.changes
    as_of, layout = random_days(changes, DAYS)[number], LAYOUTS[number % len(LAYOUTS)]
    options = world.listed(as_of)
    whole, then = (figures(read_frame(layout(some), options)) for some in (changes, up_to(changes, as_of)))
    assert differences(whole, then) == []
    assert whole["summary"]["leads"] == len({one.lead for one in up_to(changes, as_of)})
    if layout is not salesforce_field_history:
        check(whole, recounted(world, layout, as_of))


@pytest.mark.parametrize("number", range(3))
def test_engines_go_back_in_time_as_memory_does(world, number):
    changes = world.changes
    as_of, layout = random_days(changes, DAYS)[number], (stage_log, old_and_new, hubspot_property_history)[number]
    options = world.listed(as_of)
    wanted = figures(read_frame(layout(changes), options))
    for engine in (pl.DataFrame.lazy, lambda frame: duckdb.from_arrow(frame.to_arrow())):
        for some in (changes, up_to(changes, as_of)):
            header, *rows = layout(some)
            frame = engine(pl.DataFrame(rows, schema=header, orient="row", infer_schema_length=None))
            assert differences(figures(read_query(frame, options)), wanted) == []


@pytest.mark.parametrize("number", range(DAYS))
@pytest.mark.parametrize("name", WORLDS)
def test_a_past_day_of_the_export_is_that_of_the_history_as_it_was(name, shared, number):
    world = world_of(name, shared)
    changes, leads = world.changes, export_of(name, shared)
    as_of, layout = random_days(changes, DAYS)[number], LAYOUTS[number % len(LAYOUTS)]
    options = world.listed(as_of, "Prospecting")
    whole, then = (
        figures(read_frame(leads, options, history=layout(some))) for some in (changes, up_to(changes, as_of))
    )
    assert differences(whole, then) == []
    if name == "crm":
        exported_then = figures(read_frame(as_exported(leads, as_of), options, history=layout(up_to(changes, as_of))))
        assert differences(without_money(whole), without_money(exported_then)) == []


def as_exported(rows, as_of):
    """The deals as an export of that day had them: without those begun later, and none of what has come since."""
    header = rows[0]
    stage, begun, closed, value = map(header.index, ("deal_stage", "engage_date", "close_date", "close_value"))
    found = [header]
    for row in rows[1:]:
        then = list(row)
        if row[closed] and day_of(row[closed]).date() > as_of:
            then[stage], then[closed], then[value] = "Engaging", "", ""
        if not row[begun] or day_of(row[begun]).date() <= as_of:
            found.append(then)
    return found


def without_money(report):
    """What the open deals were expected to bring then no table tells, nor the days that velocity takes of it."""
    money = ("amount_reached", "pipeline", "weighted_pipeline", "velocity", "velocity_days")
    rows = [{key: value for key, value in row.items() if key not in money} for row in report["stages"]]
    summary = {key: value for key, value in report["summary"].items() if key not in money}
    return {**report, "stages": rows, "summary": summary}


# --- the cases with histories

SALES = ("Prospecting", "Qualification", "Needs Analysis", "Proposal/Price Quote", "Negotiation/Review")
CASES = {  # the file, its columns of identifier, stage and time, its stages, and its words for won and lost
    "event-log": ("events.csv", ("account_id", "event", "date"),
                  ("lead", "marketing_qualified", "sales_qualified", "negotiated"), ("customer", "")),
    "history-salesforce-opportunity": ("report.csv", ("Opportunity ID", "To Stage", "Last Modified"), SALES,
                                       ("Closed Won", "Closed Lost")),
    "history-stage-log": ("stage_log.csv", ("deal_id", "stage", "date_entered"),
                          ("Discovery", "Qualified", "Demo", "Proposal", "Negotiation"), ("Signed", "Dead")),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_case_with_a_history_is_that_of_the_recount_and_as_it_was(name, shared):
    file, columns, stages, (won, lost) = CASES[name]
    path = shared / "cases" / name / file
    rows = [row for row in rows_of(path) if row[columns[2]]]
    form = "%Y-%m-%d" if name == "history-stage-log" else "%m/%d/%Y"
    changes = [Change(row[columns[0]], day_of(row[columns[2]], form).date(), row[columns[1]]) for row in rows]
    ranks = {word: rank for rank, word in enumerate((*stages, won, lost), 1)}
    ladder = Ladder((*stages, WON), ranks)
    table = [list(columns), *([one.lead, one.word, one.moment] for one in changes)]
    words = {word: stage for word, stage in ((won, WON), (lost, LOST)) if word}
    options = ReadOptions(today=TODAY, kind="deals", own_stages=tuple(map(OwnStage, stages)), words=words)
    in_order = sorted(changes, key=lambda one: one.moment)
    for as_of in (later(changes), *random_days(in_order, 10)):
        asked = replace(options, as_of=as_of, today=later(changes) + timedelta(days=100))
        whole = figures(read_frame(table, asked))
        check(whole, Recount(in_order, ladder, as_of))
        then = [table[0], *(row for row in table[1:] if row[2] <= as_of)]
        assert differences(figures(read_frame(then, asked)), whole) == []
