"""What a join of leads and deals tells of the leads that have no deal: no more than the leads themselves tell."""

from datetime import date

from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.leads import ReadOptions, read

DAY = date(2026, 6, 30)
LEADS = [f"L{n},2026-01-{n + 1:02d}" for n in range(14)]
DEALS = [
    "Deal ID,Lead ID,Stage,Amount,Close Date,Source",
    "D1,L0,Closed Won,100,2026-03-01,Web",
    "D2,L1,Closed Lost,50,2026-03-02,Fair",
    "D3,L2,Qualification,70,,Web",
]


def report(folder, header, leads, deals=DEALS):
    for name, lines in (("leads.csv", [header, *leads]), ("deals.csv", deals)):
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    options = ReadOptions(today=DAY, as_of=DAY)
    return as_json(build(read(folder / "leads.csv", options, deals=folder / "deals.csv")))


def touched_by(found, kind):
    return {key for row in found["quality"] if row["finding"] == kind for key in (row["touches"] or "").split(", ")}


def test_sources_of_deals_alone_are_no_sources_of_leads(tmp_path):
    found = report(tmp_path, "Lead ID,Created", LEADS)
    assert "source" not in found["by"]
    assert "by.source" in found["unknown"]
    own = report(
        tmp_path, "Lead ID,Created,Source", [f"{line},{'' if n == 0 else 'Mail'}" for n, line in enumerate(LEADS)]
    )
    # a lead that leaves it blank has its deal's
    assert {row["group"]: row["leads"] for row in own["by"]["source"]} == {"Mail": 13, "Web": 1, "(total)": 14}


def test_a_deal_in_qualification_says_nothing_of_who_was_qualified(tmp_path):
    found = report(tmp_path, "Lead ID,Created", LEADS)
    assert [row["stage"] for row in found["stages"]] == ["Lead", "Opportunity", "Won"]
    assert "summary.sql" in found["unknown"]


def test_leads_without_a_deal_that_are_never_lost_are_said_to_be_so(tmp_path):
    found = report(tmp_path, "Lead ID,Created", LEADS)
    assert (found["summary"]["lost"], found["summary"]["open"]) == (1, 12)
    assert {"lost", "open"} <= touched_by(found, "no_leads_lost")
    said = [f"{line},{'Disqualified' if n == 9 else 'New'}" for n, line in enumerate(LEADS)]
    told = report(tmp_path, "Lead ID,Created,Lead Status", said)
    assert (told["summary"]["lost"], told["summary"]["open"]) == (2, 11)
    assert not touched_by(told, "no_leads_lost")


def test_deals_that_tell_no_outcome_leave_that_of_the_leads(tmp_path):
    deals = ["Deal ID,Lead ID,Amount,Created", "D1,L0,100,2026-02-01", "D2,L1,50,2026-02-02"]
    said = [f"{line},{'Customer' if n == 0 else 'Lead'}" for n, line in enumerate(LEADS)]
    found = report(tmp_path, "Lead ID,Created,Lifecycle Stage", said, deals)
    assert found["summary"]["won"] == 1
    assert {row["stage"]: row["reached"] for row in found["stages"]}["Won"] == 1


def test_where_no_win_is_told_the_number_of_wins_is_doubtful(tmp_path):
    found = report(tmp_path, "Lead ID,Created", LEADS, [line for line in DEALS if "Won" not in line])
    assert "won" in touched_by(found, "no_wins")
    assert found["summary"]["win_rate"] is None


def test_the_stage_of_a_lead_that_became_a_deal_is_in_force(tmp_path):
    said = [f"{line},{'Qualified' if n < 3 else 'New'}" for n, line in enumerate(LEADS)]
    found = report(tmp_path, "Lead ID,Created,Lead Status", said)
    assert {row["stage"]: row["reached"] for row in found["stages"]}["SQL"] == 3
