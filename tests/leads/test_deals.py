"""Leads and deals in two files."""

from datetime import date

import pytest

from xl_leadkpi.leads import InputError, ReadOptions, read

OPTIONS = ReadOptions(as_of=date(2025, 6, 30), today=date(2025, 6, 30))


@pytest.fixture
def joined(tmp_path):
    def join(leads: str, deals: str):
        (tmp_path / "leads.csv").write_text(leads)
        (tmp_path / "deals.csv").write_text(deals)
        return read(tmp_path / "leads.csv", OPTIONS, deals=tmp_path / "deals.csv")

    return join


SALESFORCE = """Lead ID,Created Date,Lead Status,Lead Source,Lead Owner,Converted Date,Converted Opportunity ID
L1,2025-01-05,Closed - Converted,Web,Anna,2025-01-20,006A
L2,2025-01-06,Open - Not Contacted,Web,Anna,,
L3,2025-01-07,Closed - Converted,Event,,2025-02-01,006B
L4,2025-01-08,Closed - Not Converted,Event,Anna,,
"""
OPPORTUNITIES = """Opportunity ID,Opportunity Name,Stage,Amount,Close Date,Created Date,Opportunity Owner,Loss Reason
006A,Big one,Closed Won,1000,2025-03-01,2025-01-20,Piotr,
006B,Small one,Proposal,500,2025-09-01,2025-02-01,Piotr,
006C,Of nobody,Closed Won,9999,2025-03-01,2025-01-20,Piotr,
"""


def test_salesforce_by_the_converted_opportunity(joined):
    table = joined(SALESFORCE, OPPORTUNITIES)
    first, second, third, fourth = table.frame.rows(named=True)
    assert not table.is_deals
    assert [lead["outcome"] for lead in (first, second, third, fourth)] == ["won", "open", "open", "lost"]
    assert (first["amount"], first["owner"], first["name"], first["d_won"]) == (1000.0, "Anna", "Big one", 45717)
    assert (third["owner"], third["stage_now"], third["furthest_stage"], third["expected_close"]) == (
        "Piotr",
        "Proposal",
        6,
        45901,
    )
    assert (second["furthest_stage"], fourth["furthest_stage"], fourth["lost_stage"]) == (1, 1, 1)
    findings = {found.kind: found for found in table.findings}
    assert findings["joined_on"].value == "Converted Opportunity ID = Opportunity ID"
    assert (findings["deals_without_lead"].count, findings["deals_without_lead"].rows) == (1, (4,))
    assert {column.table for column in table.columns} == {"leads", "deals"}


def test_hubspot_by_email(joined):
    table = joined(
        "Record ID,Email,Create Date,Lifecycle Stage\n1,A@x.org,2025-01-01,Lead\n2,b@x.org,2025-01-02,Lead\n",
        "Deal Name,Contact Email,Deal Stage,Amount,Close Date\nOne,a@x.org,Closed Won,10,2025-02-01\n",
    )
    assert table.frame["outcome"].to_list() == ["won", "open"]


def test_several_deals_of_one_lead(joined):
    table = joined(
        "Lead ID,Created,Status\nL1,2025-01-01,\nL2,2025-01-01,\nL3,2025-01-01,\n",
        "Deal ID,Lead ID,Deal Stage,Amount,Close Date,Lost reason\n"
        "1,L1,Closed Won,100,2025-03-01,\n2,L1,Closed Won,50,2025-02-01,\n3,L1,Closed Lost,900,2025-02-01,Price\n"
        "4,L2,Proposal,70,2025-09-01,\n5,L2,Closed Lost,30,2025-02-01,Price\n6,L3,Closed Lost,5,2025-02-05,Price\n",
    )
    first, second, third = table.frame.rows(named=True)
    assert (first["outcome"], first["amount"], first["d_won"], first["lost_reason"]) == ("won", 150.0, 45689, None)
    assert (second["outcome"], second["amount"], second["furthest_stage"], second["d_lost"]) == ("open", 70.0, 6, None)
    assert (third["outcome"], third["amount"], third["lost_reason"], third["lost_stage"]) == ("lost", 5.0, "Price", 5)
    assert next(found.count for found in table.findings if found.kind == "several_deals") == 2


def test_nothing_shared_is_an_error(joined):
    with pytest.raises(
        InputError, match=r"deals\.csv: no column holds identifiers of the leads in leads\.csv.*'Deal ID'"
    ):
        joined("Lead ID,Created\nL1,2025-01-01\n", "Deal ID,Deal Stage,Amount\nX,Closed Won,5\n")


def outcomes(table):
    frame = table.frame
    return dict(zip(frame["lead_id"].to_list(), zip(frame["outcome"], frame["amount"], strict=True), strict=True))


def found(table, kind):
    return next((one for one in table.findings if one.kind == kind), None)


LEADS = "ID,Created,Status,Lead owner ID\n" + "".join(f"{n},2025-01-{n:02},New,{n % 2 + 1}\n" for n in range(1, 9))
NUMBERED = "ID,{link},Stage,Created,Close date,Amount,Deal owner ID\n" + "".join(
    f"{n},{n + 4},{'Closed Won' if n < 3 else 'Closed Lost'},2025-02-0{n},2025-03-01,{100 * n},{n % 2 + 1}\n"
    for n in range(1, 5)
)


@pytest.mark.parametrize(
    "link", ["Lead ID", "ID лида", "ID leada", "Associated Contact IDs", "Deal - Lead ID", "LeadId"]
)
def test_a_link_column_joins_where_both_tables_number_their_rows_from_one(joined, link):
    table = joined(LEADS, NUMBERED.format(link=link))
    assert [lead for lead, (outcome, _) in outcomes(table).items() if outcome == "won"] == ["5", "6"]
    assert found(table, "joined_on").value == f"ID = {link}"
    tie = found(table, "join_tie")
    assert (tie.severity, tie.value) == ("warning", f"ID = {link} (4); ID = ID (4)")


@pytest.mark.parametrize("link", ["Owner ID", "Deal owner", "User ID", "ID opiekuna", "Ответственный ID", "Stage ID"])
def test_owners_and_row_numbers_are_no_key(joined, link):
    with pytest.raises(
        InputError, match=r"deals\.csv: nothing joins its deals.*'ID = ID' joins 4 of 4.*deals\.lead_id="
    ):
        joined(LEADS, NUMBERED.format(link=link))


def test_row_numbers_of_deals_older_than_their_leads_are_told_so(joined):
    with pytest.raises(InputError, match="the deals came before these leads"):
        joined(LEADS.replace("2025-01", "2025-04"), NUMBERED.format(link="Code"))


def test_names_that_agree_confirm_row_numbers(joined):
    table = joined(
        "ID,Name,Created\n1,Anna Nowak,2025-01-01\n2,Jan Kos,2025-01-02\n3,Ewa Lis,2025-01-03\n",
        "ID,Deal name,Stage,Amount\n3,Ewa Lis - roof,Closed Won,10\n1,Anna Nowak - wall,Closed Lost,20\n",
    )
    assert outcomes(table) == {"1": ("lost", 20.0), "2": ("open", None), "3": ("won", 10.0)}
    with pytest.raises(InputError, match="no name or e-mail confirms it"):
        joined(
            "ID,Name,Created\n1,Anna Nowak,2025-01-01\n2,Jan Kos,2025-01-02\n3,Ewa Lis,2025-01-03\n",
            "ID,Deal name,Stage,Amount\n3,Jan Kos - roof,Closed Won,10\n1,Ewa Lis - wall,Closed Lost,20\n",
        )


def test_equal_headers_join_where_no_accident_makes_the_values_meet(joined):
    table = joined(
        "ID,Created\n80412,2025-01-01\n91377,2025-01-02\n130055,2025-01-03\n",
        "ID,Stage,Amount\n130055,Closed Won,10\n80412,Closed Lost,20\n",
    )
    assert outcomes(table)["130055"] == ("won", 10.0)


@pytest.mark.parametrize(
    "chosen",
    [{"deals.lead_id": "Ref"}, {"lead_id": "Ref"}, {"link_id": "Ref"}, {"deals.link_id": "Ref"},
     {"deals.lead_id": "Ref", "leads.lead_id": "ID"}],
)  # fmt: skip
def test_the_map_decides(tmp_path, chosen):
    (tmp_path / "leads.csv").write_text(LEADS)
    (tmp_path / "deals.csv").write_text(NUMBERED.format(link="Ref"))
    options = ReadOptions(as_of=OPTIONS.as_of, today=OPTIONS.today, fields=chosen)
    table = read(tmp_path / "leads.csv", options, deals=tmp_path / "deals.csv")
    assert [lead for lead, (outcome, _) in outcomes(table).items() if outcome == "won"] == ["5", "6"]
    assert found(table, "join_tie") is None


def test_a_map_that_joins_nothing_is_an_error(tmp_path):
    (tmp_path / "leads.csv").write_text(LEADS)
    (tmp_path / "deals.csv").write_text(NUMBERED.format(link="Lead ID"))
    options = ReadOptions(as_of=OPTIONS.as_of, today=OPTIONS.today, fields={"deals.lead_id": "Stage"})
    with pytest.raises(InputError, match=r"--map joins by 'Stage' of deals\.csv, but no value of it"):
        read(tmp_path / "leads.csv", options, deals=tmp_path / "deals.csv")


SHARED_LEADS = (
    "Record ID,Create Date,Lifecycle Stage,Associated Company IDs\n"
    "31,2025-01-01,Customer,7\n32,2025-01-02,Customer,7\n33,2025-01-03,Opportunity,8\n34,2025-01-04,Lead,9\n"
)
SHARED_DEALS = (
    "Record ID,Deal Stage,Amount,Close Date,Associated Contact IDs,Associated Company IDs\n"
    "901,Closed Won,400,2025-02-01,{0},7\n902,Closed Lost,70,2025-03-01,33,8\n903,Closed Won,25,2025-03-01,77,9\n"
)


@pytest.mark.parametrize("cell", ["31;32", "31; 32", '"31, 32"', "31|32", "31.0;32.0"])
def test_a_deal_of_several_leads_is_one_deal(joined, cell):
    table = joined(SHARED_LEADS, SHARED_DEALS.format(cell))
    assert outcomes(table) == {
        "31": ("won", 400.0), "32": ("open", None), "33": ("lost", 70.0), "34": ("open", None),
    }  # fmt: skip
    # who only shares the deal is no opportunity and no win, whatever the lead's own words say
    assert table.frame["furthest_stage"].to_list() == [7, 3, 5, 1]
    assert (found(table, "shared_deals").count, found(table, "shared_deals").rows) == (1, (3,))
    missing = found(table, "deals_without_lead")
    assert (missing.count, missing.rows, missing.value) == (1, (4,), "Won: 1 (25.00)")
    assert found(table, "join_tie") is None  # companies are no other way


def test_a_shared_deal_goes_to_the_lead_without_another(joined):
    deals = SHARED_DEALS.format("31;32") + "904,Closed Won,60,2025-04-01,31,7\n"
    assert outcomes(joined(SHARED_LEADS, deals)) | {"33": None, "34": None} == {
        "31": ("won", 60.0), "32": ("won", 400.0), "33": None, "34": None,
    }  # fmt: skip


def test_an_export_of_associations_repeats_no_deal(joined):
    rows = [f"5,Closed Won,90,2025-02-01,{contact}" for contact in (31, 32)] + ["6,Closed Won,30,2025-02-01,33"]
    table = joined(SHARED_LEADS, "Deal ID,Deal Stage,Amount,Close Date,Contact ID\n" + "\n".join(rows) + "\n")
    assert outcomes(table) == {
        "31": ("won", 90.0), "32": ("open", None), "33": ("won", 30.0), "34": ("open", None),
    }  # fmt: skip
    assert found(table, "duplicate_ids").column == "deals.csv: Deal ID"


def test_companies_join_where_nothing_else_does(joined):
    deals = SHARED_DEALS.format("31;32").replace("Associated Contact IDs", "Product IDs")
    table = joined(SHARED_LEADS, deals)
    assert found(table, "joined_on").value == "Associated Company IDs = Associated Company IDs"
    assert outcomes(table)["34"] == ("won", 25.0)
    # ... and not where neither table has them once
    with pytest.raises(InputError, match="the same value stands several times in both tables"):
        joined(SHARED_LEADS, deals + "908,Closed Won,60,2025-04-01,31,7\n909,Closed Won,60,2025-04-01,31,7\n")


def test_identifiers_of_salesforce_are_cut_to_the_letters_they_share(joined):
    table = joined(
        "Lead ID,Create Date,Converted Opportunity ID\n00Q1,2025-01-01,0065e00000AbCdE\n00Q2,2025-01-01,\n",
        "Opportunity ID,Stage,Amount\n0065e00000AbCdEAA3,Closed Won,10\n",
    )
    assert outcomes(table)["00Q1"] == ("won", 10.0)


def test_the_leads_own_number_is_theirs_though_the_deals_stands_first(joined):
    table = joined(
        "Deal ID,Lead ID,Created\nD1,L1,2025-01-01\nD1,L2,2025-01-02\n,L3,2025-01-03\n",
        "Lead ID,Deal ID,Stage,Amount\nL2,D1,Closed Won,10\n",
    )
    assert len(table.frame) == 3
    assert found(table, "duplicate_ids") is None


def test_amounts_are_those_of_the_deals(joined):
    table = joined(
        "Lead ID,Created,Amount,Status\nL1,2025-01-01,999,Won\nL2,2025-01-01,5,Won\n",
        "Deal ID,Lead ID,Stage,Amount,Currency\nD1,L1,Closed Won,10,EUR\n",
    )
    assert outcomes(table) == {"L1": ("won", 10.0), "L2": ("won", None)}


def test_deals_that_others_of_their_lead_decide_are_named_with_their_sums(joined):
    table = joined(
        "Lead ID,Created\nL1,2025-01-01\nL2,2025-01-01\n",
        "Deal ID,Lead ID,Stage,Amount\n1,L1,Closed Won,100\n2,L1,Closed Lost,900\n3,L1,Proposal,40\n"
        "4,L2,Closed Won,7\n",
    )
    assert outcomes(table) == {"L1": ("won", 100.0), "L2": ("won", 7.0)}
    unheard = found(table, "deals_not_counted")
    assert (unheard.count, unheard.rows, unheard.value) == (2, (3, 4), "Lost: 1 (900.00); Open: 1 (40.00)")


@pytest.mark.parametrize("dedupe", ["id", "none", "id+email"])
def test_a_repeated_lead_has_its_deals_once(tmp_path, dedupe):
    (tmp_path / "leads.csv").write_text(
        "Lead ID,Email,Created\nL1,a@x.org,2025-01-01\nL1,a@x.org,2025-01-01\nL2,A@x.org,2025-01-02\n"
    )
    (tmp_path / "deals.csv").write_text(
        "Deal ID,Lead ID,Stage,Amount\n1,L1,Closed Won,100\n2,L1,Closed Won,50\n3,L2,Closed Won,7\n"
    )
    options = ReadOptions(as_of=OPTIONS.as_of, today=OPTIONS.today, dedupe=dedupe)
    table = read(tmp_path / "leads.csv", options, deals=tmp_path / "deals.csv")
    assert table.frame["amount"].sum() == 157


def test_a_header_mapped_for_both_tables_is_the_key_of_both(tmp_path):
    (tmp_path / "leads.csv").write_text("Code,Lead ID,Created\nx9,1,2025-01-01\nx8,2,2025-01-02\n")
    (tmp_path / "deals.csv").write_text("Code,Lead ID,Stage,Amount\nx8,1,Closed Won,10\n")
    for header, winner in (("Code", "x8"), ("Lead ID", "1")):
        options = ReadOptions(as_of=OPTIONS.as_of, today=OPTIONS.today, fields={"lead_id": header})
        table = read(tmp_path / "leads.csv", options, deals=tmp_path / "deals.csv")
        assert outcomes(table)[winner] == ("won", 10.0)


def test_naming_the_leads_own_number_does_not_join_it_to_any_other_number(tmp_path):
    (tmp_path / "leads.csv").write_text(LEADS.replace("ID,", "Ref,", 1))
    (tmp_path / "deals.csv").write_text(NUMBERED.format(link="Lead ID"))
    options = ReadOptions(as_of=OPTIONS.as_of, today=OPTIONS.today, fields={"leads.lead_id": "Ref"})
    table = read(tmp_path / "leads.csv", options, deals=tmp_path / "deals.csv")
    assert found(table, "joined_on").value == "Ref = Lead ID"
