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
    assert (third["owner"], third["stage_now"], third["hw"], third["expected_close"]) == ("Piotr", "Proposal", 6, 45901)
    assert (second["hw"], fourth["hw"], fourth["lost_from"]) == (1, 1, 1)
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
    assert (second["outcome"], second["amount"], second["hw"], second["d_lost"]) == ("open", 70.0, 6, None)
    assert (third["outcome"], third["amount"], third["lost_reason"], third["lost_from"]) == ("lost", 5.0, "Price", 5)
    assert next(found.count for found in table.findings if found.kind == "several_deals") == 2


def test_nothing_shared_is_an_error(joined):
    with pytest.raises(
        InputError, match=r"deals\.csv: no column holds identifiers of the leads in leads\.csv.*'Deal ID'"
    ):
        joined("Lead ID,Created\nL1,2025-01-01\n", "Deal ID,Deal Stage,Amount\nX,Closed Won,5\n")
