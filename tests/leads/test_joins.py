"""Random leads and deals whose links are known, under the headers of many systems: figures as plain loops find them."""

import csv
from datetime import date, timedelta
from random import Random

import pytest

from xl_leadkpi.leads import InputError, ReadOptions, read

START = date(2025, 1, 1)
TODAY = date(2026, 6, 30)
STAGES = ("Closed Won", "Closed Lost", "Proposal")
OUTCOME = {"Closed Won": "won", "Closed Lost": "lost", "Proposal": "open"}


class World:
    """Leads, deals, and which deal is whose; numbers of each from 1, as many systems give them."""

    def __init__(self, random: Random, *, most_leads: int, most_deals: int) -> None:
        self.random = random
        self.leads = list(range(1, random.randint(6, 40)))
        self.deals = list(range(1, random.randint(4, 30)))
        self.of_deal = {deal: [] for deal in self.deals}
        room = dict.fromkeys(self.leads, most_deals)
        for deal in self.deals:
            free = [lead for lead in self.leads if room[lead]]
            wanted = random.choice((0, 1, 1, 1, 1, most_leads))
            for lead in random.sample(free, min(wanted, len(free))):
                self.of_deal[deal].append(lead)
                room[lead] -= 1
        self.stage = {deal: random.choice(STAGES) for deal in self.deals}
        self.amount = {deal: random.randint(1, 500) for deal in self.deals}
        self.lead_code = {lead: f"{random.getrandbits(48):012x}-{lead}" for lead in self.leads}
        self.deal_code = {deal: f"{random.getrandbits(48):012x}/{deal}" for deal in self.deals}

    def deals_of(self, lead: int) -> list[int]:
        return [deal for deal in self.deals if lead in self.of_deal[deal]]

    def lead_row(self, lead: int) -> dict[str, object]:
        return {"Created": START + timedelta(days=lead), "Source": f"S{lead % 3}", "Owner ID": lead % 4 + 1}

    def deal_row(self, deal: int) -> dict[str, object]:
        day = START + timedelta(days=60 + deal)
        return {"Stage": self.stage[deal], "Create date": day, "Close date": day + timedelta(days=20),
                "Amount": self.amount[deal], "Owner ID": deal % 4 + 1, "Product ID": deal % 5 + 1}  # fmt: skip


def apart(world, link, number="ID", own="ID"):
    """Deals with a link to the leads' number, several in a cell."""
    leads = [{own: lead, **world.lead_row(lead)} for lead in world.leads]
    deals = [
        {number: deal, link: ";".join(map(str, world.of_deal[deal])), **world.deal_row(deal)} for deal in world.deals
    ]
    return leads, deals


def behind(world, link, number="ID", own="ID"):
    """Leads with a link to the deals' number."""
    leads = [
        {own: lead, link: ";".join(map(str, world.deals_of(lead))), **world.lead_row(lead)} for lead in world.leads
    ]
    return leads, [{number: deal, **world.deal_row(deal)} for deal in world.deals]


def by_address(world):
    leads = [{"ID": lead, "Email": f"p{lead}@Example.org", **world.lead_row(lead)} for lead in world.leads]
    deals = [
        {"ID": deal, "Contact email": "".join(f"P{lead}@example.org" for lead in world.of_deal[deal][:1]),
         **world.deal_row(deal)}
        for deal in world.deals
    ]  # fmt: skip
    return leads, deals


def by_code(world):
    """Both call it ID, and it is no number of rows."""
    leads = [{"ID": world.lead_code[lead], **world.lead_row(lead)} for lead in world.leads]
    deals = [
        {"ID": "".join(world.lead_code[lead] for lead in world.of_deal[deal][:1]), **world.deal_row(deal)}
        for deal in world.deals
    ]
    return leads, deals


def by_company(world):
    leads = [{"ID": lead, "Company ID": 1000 + lead, **world.lead_row(lead)} for lead in world.leads]
    deals = [
        {
            "ID": deal,
            "Account ID": "".join(str(1000 + lead) for lead in world.of_deal[deal][:1]),
            **world.deal_row(deal),
        }
        for deal in world.deals
    ]
    return leads, deals


def one_row_an_association(world):
    leads = [{"Contact ID": lead, **world.lead_row(lead)} for lead in world.leads]
    deals = [
        {"Deal ID": deal, "Contact ID": lead, **world.deal_row(deal)}
        for deal in world.deals
        for lead in world.of_deal[deal] or [""]
    ]
    world.random.shuffle(deals)
    return leads, deals


def nothing(world):
    leads = [{"ID": lead, **world.lead_row(lead)} for lead in world.leads]
    return leads, [{"ID": deal, **world.deal_row(deal)} for deal in world.deals]


LAYOUTS = {
    "Lead ID": (lambda world: apart(world, "Lead ID"), 3, 9),
    "of HubSpot": (lambda world: apart(world, "Associated Contact IDs", "Record ID", "Record ID"), 3, 9),
    "of HubSpot, the other way": (lambda world: behind(world, "Associated Deal IDs", "Record ID", "Record ID"), 3, 9),
    "of Salesforce": (lambda world: behind(world, "ConvertedOpportunityId", "Id", "Id"), 2, 1),
    "of Bitrix24": (lambda world: apart(world, "ID лида"), 1, 9),
    "in Polish": (lambda world: apart(world, "ID leada", "Numer szansy", "ID leada"), 1, 9),
    "in German": (lambda world: apart(world, "Lead-ID", "Verkaufschance-ID", "Lead-ID"), 1, 9),
    "e-mail": (by_address, 1, 9),
    "codes": (by_code, 1, 9),
    "companies": (by_company, 1, 9),
    "associations": (one_row_an_association, 3, 9),
    "nothing": (nothing, 1, 9),
}


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def joined_or_refused(leads, deals):
    try:
        return read(leads, ReadOptions(as_of=TODAY, today=TODAY), deals=deals), ""
    except InputError as error:
        return None, str(error)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_figures_of_a_join_are_those_of_plain_loops(tmp_path, layout):
    lay_out, most_leads, most_deals = LAYOUTS[layout]
    joined = 0
    for seed in range(25):
        world = World(Random(f"{layout}{seed}"), most_leads=most_leads, most_deals=most_deals)
        leads, deals = lay_out(world)
        if layout in {"e-mail", "codes", "companies"}:
            assert all(len(of) < 2 for of in world.of_deal.values())
        table, refusal = joined_or_refused(write(tmp_path / "leads.csv", leads), write(tmp_path / "deals.csv", deals))
        if table is None:
            assert "--map deals.lead_id=" in refusal
            assert layout == "nothing" or not any(world.of_deal.values()), f"{layout} {seed}: {refusal}"
            continue
        joined += 1
        check(world, table, f"{layout} {seed}")
    assert joined > 20 or layout == "nothing"
    assert not joined or layout != "nothing"


def check(world, table, where):
    rows = dict(zip(world.leads, table.frame.rows(named=True), strict=True))
    home = [deal for deal in world.deals if world.of_deal[deal]]
    won = [deal for deal in home if OUTCOME[world.stage[deal]] == "won"]
    revenue = sum(row["amount"] or 0 for row in rows.values() if row["outcome"] == "won")
    assert revenue == sum(world.amount[deal] for deal in won), where
    winners = [lead for lead, row in rows.items() if row["outcome"] == "won"]
    assert len(winners) <= len(won), where
    for lead, row in rows.items():
        own = world.deals_of(lead)
        outcomes = {OUTCOME[world.stage[deal]] for deal in own}
        assert row["outcome"] in outcomes | {"open"}, where
        if all(len(world.of_deal[deal]) == 1 for deal in own):
            speaks = next((outcome for outcome in ("won", "open", "lost") if outcome in outcomes), "open")
            assert row["outcome"] == speaks, where
            heard = [world.amount[deal] for deal in own if OUTCOME[world.stage[deal]] == speaks]
            assert (row["amount"] or 0) == sum(heard), where
    missing = [deal for deal in world.deals if not world.of_deal[deal]]
    found = next((one for one in table.findings if one.kind == "deals_without_lead"), None)
    assert (found.count if found else 0) == len(missing), where
    if found:
        lost_wins = [world.amount[deal] for deal in missing if world.stage[deal] == "Closed Won"]
        assert found.value == f"Won: {len(lost_wins)}" + (f" ({sum(lost_wins):,.2f})" if lost_wins else ""), where
