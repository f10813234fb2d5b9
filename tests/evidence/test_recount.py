"""The recount itself: against the golden table, whose figures were worked out by hand, and a few tables of its own."""

import csv
import json
from datetime import date

import pytest

from tests.golden import GOLDEN

from .exports import MISSING, figures_of, good, make
from .judge import compare, reason_for
from .layouts import HUBSPOT_DEALS, LAYOUTS, PIPEDRIVE, WAREHOUSE
from .pipelines import Record
from .recount import SpendTold, recount
from .telling import Telling, Told, Words, tell

DAYS = {
    "MQL": "MQL date",
    "SQL": "SQL date",
    "Meeting": "Meeting date",
    "Opportunity": "Opportunity date",
    "Proposal": "Proposal date",
}


def day(text):
    return date.fromisoformat(text) if text else None


@pytest.fixture(scope="module")
def golden():
    rows = {}
    for row in csv.DictReader((GOLDEN / "golden_leads.csv").read_text().splitlines()):
        reached = {"Lead": day(row["Created"])}
        reached |= {stage: day(row[header]) for stage, header in DAYS.items() if row[header]}
        if row["Stage"] in DAYS:
            reached.setdefault(row["Stage"], None)
        if row["Status"] == "won":
            reached["Won"] = day(row["Won date"])
        rows[row["Lead ID"]] = Told(
            created=day(row["Created"]),
            reached=reached,
            outcome=row["Status"],
            won_day=day(row["Won date"]),
            lost_day=day(row["Lost date"]),
            amount=float(row["Amount"]) if row["Amount"] else None,
            source=row["Source"],
        )
    told = Telling(
        "leads",
        list(rows.values()),
        won=True,
        lost=True,
        certain=frozenset({"Lead", *DAYS, "Won"}),
        opportunity=True,
        created=True,
        won_days=True,
        amounts=True,
        sources=True,
    )
    with (GOLDEN / "golden_spend.csv").open() as file:
        spend = [
            (date.fromisoformat(f"{row['Month']}-01"), row["Channel"], float(row["Spend"]))
            for row in csv.DictReader(file)
        ]
    return recount(told, SpendTold(spend))


def test_golden_table(golden):
    expected = json.loads((GOLDEN / "golden_expected.json").read_text())

    def value(path):
        [one] = golden[path].values
        return one

    for stage, reached in expected["reached_filled"].items():
        assert value(f"stages[{stage}].reached") == reached
    steps = [value(f"stages[{stage}].next_step_naive") for stage in list(expected["reached_filled"])[1:]]
    assert steps == pytest.approx(expected["next_step_conv"][1:], abs=1e-6)
    wanted = {
        "leads": expected["leads"],
        "won": expected["won"],
        "lost": expected["lost_all"],
        "lost_opportunities": expected["lost_opps"],
        "open": expected["open"],
        "opportunities": expected["opps"],
        "win_rate": expected["winrate_closed"],
        "lead_conversion": expected["lead_conv_naive"],
        "revenue": expected["revenue"],
        "average_deal": expected["avg_deal"],
        "pipeline": expected["pipeline_open"],
        "cycle_days_mean": expected["cycle_lead_to_won"]["mean"],
        "cycle_days_median": expected["cycle_lead_to_won"]["median"],
        "spend": expected["spend_total"],
        "cpl": expected["blended"]["cpl"],
        "cac": expected["blended"]["cac"],
    }
    assert {key: value(f"summary.{key}") for key in wanted} == pytest.approx(wanted, abs=1e-4)
    for source, row in expected["by_source"].items():
        if not row["leads"]:
            continue  # spend alone
        assert value(f"by.source[{source}].leads") == row["leads"]
        assert value(f"by.source[{source}].won") == row["won"]
        assert value(f"by.source[{source}].revenue") == row["revenue"]
        if "spend" in row and row["spend"] is not None:
            assert value(f"by.source[{source}].spend") == row["spend"]
    for month, row in expected["cohort_created_month"].items():
        assert (value(f"months[{month}].leads"), value(f"months[{month}].cohort_won")) == (row["leads"], row["won"])


def record(number, outcome, furthest, amount=100.0, source="Referral"):
    stages = ("Opportunity", "Meeting", "Proposal")
    entered = {stage: date(2026, 1, 1 + place) for place, stage in enumerate(stages[: furthest + 1])}
    closed = date(2026, 2, 10) if outcome != "open" else None
    return Record(
        number, date(2026, 1, 1), entered, outcome, closed, date(2026, 3, 1), amount, source, "Ewa Lis",
        "Price" if outcome == "lost" else None,
    )  # fmt: skip


DEALS = [
    record(1, "won", 2),
    record(2, "won", 2, 300.0),
    record(3, "lost", 2),
    record(4, "lost", 0),
    record(5, "lost", 0),
    record(6, "open", 2, 50.0),
    record(7, "open", 0, None),
]


def test_deals_that_keep_their_last_open_stage():
    figures = figures_of(DEALS, PIPEDRIVE, Words(), None)
    assert figures["summary.win_rate"].values == [2 / 5]
    assert figures["stages[Proposal].reached"].values == [4]
    assert figures["stages[Proposal].next_step_naive"].values == [
        4 / 7
    ]  # nobody stands at a meeting: it is not in force
    assert figures["stages[Won].next_step_naive"].values == [0.5]
    # the open deal stands at Proposal: two of three were won from there, two of five of all
    assert (figures["summary.weighted_pipeline"].low, figures["summary.weighted_pipeline"].high) == (
        pytest.approx(50 * 2 / 5),
        pytest.approx(50 * 2 / 3),
    )


def test_deals_whose_closing_word_replaces_their_stage():
    figures = figures_of(DEALS, HUBSPOT_DEALS, Words(), None)
    assert figures["summary.win_rate"].values == [2 / 5]
    assert figures["stages[Proposal].next_step_naive"].values == []
    proposals = figures["stages[Proposal].reached"]
    assert (proposals.values, proposals.known) == ([3], False)  # two won and one open; a lost one is unknown


def test_without_losses_no_win_rate():
    figures = figures_of([one for one in DEALS if one.outcome != "lost"], PIPEDRIVE, Words(), None)
    assert not figures["summary.win_rate"].known
    assert figures["summary.won"].values == [2]


def test_a_reason_of_loss_is_a_hint():
    layout = HUBSPOT_DEALS.without({"probability_share"})
    told = [tell(DEALS, layout, Words({"lost": "Walked"}), hints=hints) for hints in ((), ("won", "lost"))]
    assert [one.lost for one in told] == [False, True]
    assert figures_of(DEALS, layout, Words({"lost": "Walked"}), None)["summary.win_rate"].values == [2 / 5]


def test_days_alone_tell_how_far_the_lost_came():
    told = tell(DEALS, WAREHOUSE.without({"status"}), Words(), hints=())
    assert told.opportunity
    assert [row.outcome for row in told.rows] == ["won", "won", "lost", "lost", "lost", "open", "open"]


def test_a_reason_may_be_of_the_figure_its_column_its_row_or_its_block():
    reasons = {
        "summary.win_rate": {"why": "no losses", "remedy": "export them"},
        "by.source.won": {"why": "no wins", "remedy": "", "rows": ["Referral"]},
        "months": {"why": "no days", "remedy": ""},
        "stages.next_step": {"why": "", "remedy": ""},
    }
    assert reason_for(reasons, "summary.win_rate") == reason_for(reasons, "by.source[Web].win_rate") == "no losses"
    assert (reason_for(reasons, "by.source[Referral].won"), reason_for(reasons, "by.source[Web].won")) == (
        "no wins",
        "",
    )
    assert reason_for(reasons, "months[2026-01].leads") == "no days"
    assert reason_for(reasons, "stages[Won].next_step") == ""


def test_a_wrong_figure_an_unknown_one_and_a_split_channel_are_told_apart():
    export = good(PIPEDRIVE, 3)
    right = {path: figure.values[0] for path, figure in export.figures.items() if figure.values}
    summary = {path[8:]: value for path, value in right.items() if path.startswith("summary")}
    report = {"summary": summary | {"win_rate": 1.0, "revenue": None}, "quality": [], "by": {"source": []}}
    report["by"]["source"] = [{"group": name, "leads": 1} for name in ("LinkedIn", "linkedin ads")]
    found = {(one.fault, one.path) for one in compare(export, report).failures}
    assert {("wrong", "summary.win_rate"), ("needless", "summary.revenue")} <= found
    assert ("split", "by.source[LinkedIn].leads") in found
    assert not {path for _, path in found} & {"summary.won", "summary.leads", "summary.pipeline"}


def test_every_layout_and_missing_thing_comes_round():
    exports = [make(seed) for seed in range(39 * 13)]
    assert {layout.name for layout in LAYOUTS} <= {one.layout.name for one in exports}
    assert {missing.name for missing in MISSING} == {name for one in exports for name in one.missing}


def test_the_same_seed_makes_the_same_files(tmp_path):
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        make(11).write(tmp_path / folder)
    one, other = (sorted((tmp_path / folder).iterdir()) for folder in ("one", "other"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]
