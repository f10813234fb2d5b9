"""Histories made of real exports: against a recount in pandas, and as they stood on days that are past.

The exports tell when a lead came and when it was won or lost. Each is counted twice: with these changes alone, and on a
made-up way between its true first and last day, on which it goes on, back, again and is lost for a while.
"""

import csv
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from random import Random

import duckdb
import polars as pl
import pytest

from tests.engines.figures import differences
from xl_leadkpi.funnel import FunnelOptions, as_json, build
from xl_leadkpi.leads import ReadOptions, read, read_frame

from .change_logs import (
    LAYOUTS,
    LOST,
    WON,
    Change,
    Course,
    hubspot_property_history,
    pipedrive_change_log,
    salesforce_field_history,
    stage_log,
    straight,
    undressed_log,
    up_to,
    winding,
)
from .history_recount import Ladder, Recount

TODAY = date(2026, 1, 1)
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
        return winding(self.courses, self.words, self.seed)

    @property
    def ladder(self) -> Ladder:
        """Its stages for the recount."""
        ranks = {word: min(rank, len(self.shown) - 1) for rank, word in enumerate(self.words, 1)}
        return Ladder(self.shown, {**ranks, WON: len(self.shown), LOST: len(self.shown) + 1})

    def options(self, as_of: date) -> ReadOptions:
        """How to read its histories."""
        return ReadOptions(as_of=as_of, today=TODAY, kind=self.kind, stages=self.stages)


def rows_of(path, delimiter=","):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def day_of(text, form="%m/%d/%Y"):
    return datetime.strptime(text, form)  # noqa: DTZ007 (days of an export have no zone)


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
WORLDS = ("olist", "olist winding", "crm", "crm winding")


@cache
def world_of(name, shared):
    data = shared / "data"
    if name == "olist":
        return World(olist(data / "olist"), ("Lead",), ("Lead", WON), "leads")
    if name == "olist winding":
        return World(olist(data / "olist"), USUAL, (*USUAL, WON), "leads", seed=16)
    if name == "crm":
        return World(crm_sales(data / "crm_sales"), ("Engaging",), ("Opportunity", WON), "deals")
    return World(crm_sales(data / "crm_sales"), OWN, (*OWN, WON), "deals", "own", seed=17)


@pytest.fixture(scope="module", params=WORLDS)
def world(request, shared):
    return world_of(request.param, shared)


def figures(table):
    report = as_json(build(table, options=FunnelOptions(window_days=30)))
    return {name: report[name] for name in BLOCKS}


def check(found, recount, *, visits=True):
    """A report's figures of a history are those of the recount."""
    wanted = {
        "summary": recount.summary(),
        "stages": recount.stages(),
        "stage_times": recount.stage_times(),
        "transitions": recount.transitions(),
        "reopened": recount.reopened(),
    }
    if visits:
        wanted["visits"] = recount.every_visit()
    said = {name: chosen(found[name], wanted[name]) for name in wanted}
    assert differences(said, wanted) == []


def chosen(block, wanted):
    """Of a block the rows and columns that the recount has."""
    if block is None or wanted is None:
        return block
    if isinstance(wanted, dict):
        return {key: block[key] for key in wanted}
    key = next(iter(wanted[0]), None) if wanted else None
    rows = [row for row in block if key != "measure" or row[key] in {one[key] for one in wanted}]
    return [{name: row[name] for name in wanted[0]} for row in rows] if wanted else rows


def last_day(changes):
    moment = max(one.moment for one in changes)
    return moment.date() if isinstance(moment, datetime) else moment


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_a_log_comes_to_what_the_recount_says(world, layout):
    changes = world.changes
    as_of = last_day(changes) + timedelta(days=10)
    found = figures(read_frame(layout(changes), world.options(as_of)))
    check(found, Recount(changes, world.ladder, as_of), visits=True)
