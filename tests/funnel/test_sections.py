"""Sections of the funnel: one more is a class and a line, and everything of a kind is asked and worked out once."""

import importlib
from datetime import date, datetime

import narwhals as nw
import pytest

from xl_leadkpi import engines
from xl_leadkpi.funnel import FunnelOptions, as_json, build, figures
from xl_leadkpi.funnel.blocks import block, kpi_column, values_column
from xl_leadkpi.funnel.section import Query, Section
from xl_leadkpi.funnel.sections import SECTIONS
from xl_leadkpi.funnel.stages import StagesSection
from xl_leadkpi.leads.model.table import SpendTable
from xl_leadkpi.sheets import lay_out

from .lead_tables import lead_table
from .random_leads import AS_OF, random_leads

AS_OF_NOON = datetime(2025, 6, 30, 12)
OWNERS = Query("leads by owner")
BUSIEST = Query("wins of the busiest owner")

# the package gives the function of the same name
building = importlib.import_module("xl_leadkpi.funnel.build")


class OwnerSection(Section):
    """Made up: leads of each owner, and as a follow-up what the owner with the most of them has won."""

    def queries(self, context):
        return {OWNERS: context.rows.group_by("owner").agg(nw.len().alias("n"))}

    def follow_up(self, figures):
        busiest = self.order(figures)[0]["owner"]
        rows = figures.context.rows.filter(nw.col("owner") == busiest)
        return {BUSIEST: rows.select(won=(nw.col("outcome") == 1).sum())}

    def blocks(self, figures):
        rows = self.order(figures)
        [busiest] = figures.answers[BUSIEST]
        columns = [
            values_column("owner", "text", [row["owner"] for row in rows]),
            values_column("load", "count", [row["n"] for row in rows]),
            values_column("won", "count", [busiest["won"], *(None for _ in rows[1:])]),
            kpi_column("won_share", "fraction", "LEADCONV", "won", "load"),
        ]
        return {"owner_load": block("tblOwnerLoad", columns), "never": None}

    @staticmethod
    def order(figures):
        named = [row for row in figures.answers[OWNERS] if row["owner"] is not None]
        return sorted(named, key=lambda row: (-row["n"], row["owner"]))


@pytest.fixture(scope="module")
def table():
    rows = [{**row, "owner": ("Ann", "Ann", "Bob")[number % 3]} for number, row in enumerate(random_leads(90, 3))]
    return lead_table(rows, as_of=AS_OF)


@pytest.fixture
def with_owners(monkeypatch):
    place = 1 + next(number for number, one in enumerate(SECTIONS) if isinstance(one, StagesSection))
    monkeypatch.setattr(building, "SECTIONS", (*SECTIONS[:place], OwnerSection(), *SECTIONS[place:]))


def test_one_more_section_is_in_report_json_and_sheet(table, with_owners):
    report = build(table)
    won = sum(row["owner"] == "Ann" and row["outcome"] == "won" for row in table.frame.iter_rows(named=True))
    assert won
    assert report.owner_load["load"].values == (60, 30)
    assert report.owner_load["won_share"].values == (won / 60, None)
    found = as_json(report)
    assert [row["owner"] for row in found["owner_load"]] == ["Ann", "Bob"]
    assert found["never"] is None
    names = list(found)
    assert names.index("stages") < names.index("owner_load") < names.index("by")
    funnel = lay_out(report, table)["Funnel"]
    tables = [placed.name for placed in funnel.tables]
    assert tables.index("tblFunnel") < tables.index("tblOwnerLoad") < tables.index("tblSource")
    assert "Owner load" in {cells.values[0] for area in funnel.areas for cells in area.cells}


def test_the_others_are_as_without_it(table, with_owners, monkeypatch):
    at_noon = FunnelOptions(built_at=AS_OF_NOON)
    more = as_json(build(table, options=at_noon))
    monkeypatch.undo()
    before = as_json(build(table, options=at_noon))
    assert {name: more[name] for name in before} == before


def test_a_name_of_no_section_is_no_attribute(table):
    report = build(table)
    with pytest.raises(AttributeError, match="owner_load"):
        _ = report.owner_load
    assert report.response is None


def test_each_round_is_asked_together(table, with_owners, monkeypatch):
    rounds = []

    def collect(frames):
        rounds.append(len(frames))
        return own(frames)

    own = engines.collect
    monkeypatch.setattr(building.engines, "collect", collect)
    report = build(table)
    first, second, identifiers = rounds
    assert first > 15
    assert second > len(report.by) + 3
    assert identifiers == 1
    assert report.backwards


@pytest.mark.parametrize("options", [{}, {"period_from": date(2025, 1, 1)}])
def test_what_several_sections_need_is_worked_out_once(table, monkeypatch, options):
    calls = []

    def watch(module, name):
        own = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given, **named: calls.append(name) or own(*given, **named))

    watch(figures.months, "read_calendar")
    watch(figures.months, "trend_cycles")
    watch(figures.breakdown, "cycles")
    watch(figures.losses, "pipeline_block")
    report = build(table, options=FunnelOptions(**options))
    assert calls.count("read_calendar") == 1
    assert calls.count("trend_cycles") == (not options)
    if not options:
        assert calls.count("cycles") == len(report.by) > 1
    assert calls.count("pipeline_block") == 1


def test_costs_are_in_the_currency_of_the_spend(table):
    report = build(table, SpendTable((("SEO", None, 2025 * 12, 10.0, None, None),), "USD"))
    for name in ("summary", "stages", "months", "trend", "spend"):
        shown = {column.key: column.currency for column in report.blocks[name].columns if column.unit == "money"}
        costs = {key for key in shown if "spend" in key or key.startswith(("cpl", "cac", "cost_per"))}
        assert costs, name
        assert {key for key, currency in shown.items() if currency == "spend"} == costs, name


def test_every_column_of_money_and_period_is_set_apart(table):
    report = build(table, SpendTable((("SEO", None, 2025 * 12, 10.0, None, None),), None))
    apart = {column.key for column in report.by["source"].columns if column.table == "money"}
    assert {"revenue", "won_with_amount", "average_deal", "pipeline", "spend", "cpl", "cac", "roas", "romi"} <= apart
    assert not apart & {"group", "leads", "won", "win_rate", "mature_won"}
    period = {column.key for column in report.months.columns if column.table == "period"}
    assert {"entered_created", "entered_won", "win_rate", "revenue", "cac_period"} <= period
    assert not period & {"month", "leads", "cohort_won", "cohort_conversion", "spend", "cpl", "cac_cohort"}


def test_what_is_better_is_declared_with_the_column(table):
    summary = build(table).summary
    assert {key: summary[key].better for key in ("won", "lost_opportunities", "cycle_days_median", "spend")} == {
        "won": "higher", "lost_opportunities": "lower", "cycle_days_median": "lower", "spend": None,
    }  # fmt: skip
    assert [summary[key].better for key in ("cpl", "roas", "win_rate_low")] == ["lower", "higher", None]
