"""Pseudonyms: which columns have them, that they are keyed hashes, and that no figure changes, wherever counted."""

import hashlib
from datetime import date

import pytest
from hypothesis import given, settings

from tests.funnel.lead_tables import lead_table
from tests.funnel.random_leads import AS_OF
from tests.funnel.random_leads import leads as random_tables
from xl_leadkpi.errors import UserError
from xl_leadkpi.funnel import as_json, build
from xl_leadkpi.leads import ReadOptions, anonymised, read_frame
from xl_leadkpi.leads.anonymise import personal_kind, shown_condition
from xl_leadkpi.leads.model.conditions import parse_condition
from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.pseudonyms import Pseudonyms
from xl_leadkpi.sheets import lay_out

from .everywhere import PLACES, read_on

KEY = "a secret that nobody knows"
NAMES = Pseudonyms(KEY.encode())
COLUMNS = {
    "Lead ID": ["L1", "L2", "L3", "L4", "L5", "L6"],
    "Lead Name": ["Jan Kowalczyk", "Мария Иванова", "Jan Kowalczyk", "Eve", "Zoë", None],
    "Company": ["Google", "Acme", "Acme", "Zenith", None, "Zenith"],
    "Created": [date(2026, month, 5) for month in (1, 2, 3, 4, 5, 5)],
    "Won date": [date(2026, 2, 5), None, date(2026, 4, 5), None, None, None],
    "Stage": ["Won", "Lost", "Won", "SQL", "New", "Lost"],
    "Source": ["Google", "SEO", "Google", "SEO", "Google", "Fair"],
    "Owner": ["Won", "Anna  Nowak", "anna nowak", "Won", None, "Anna  Nowak"],
    "Recommended": ["eva@acme.example", None, "bob@acme.example", "bob@acme.example", None, "someone"],
    "Plan": ["Basic", "Pro", "Basic", "Pro", "Basic", "Pro"],
    "Amount": [100.0, 200.0, 300.0, 400.0, None, 50.0],
}
OPTIONS = ReadOptions(as_of=date(2026, 6, 30), today=date(2026, 6, 30), by=("Company", "Recommended", "Plan"))
SECRETS = ("Kowalczyk", "Иванова", "Acme", "Zenith", "Nowak", "@acme", "someone", "'L1'", "'L6'")


def assert_same_figures(plain, shown, place=""):
    """All of two JSONs is the same but for the words that name groups, leads and filters."""
    assert type(plain) is type(shown), place
    if isinstance(plain, dict):
        assert plain.keys() == shown.keys(), place
        for key in plain.keys() - {"built_at", "notes"}:
            assert_same_figures(plain[key], shown[key], f"{place}.{key}")
    elif isinstance(plain, list):
        assert len(plain) == len(shown), place
        for one, other in zip(plain, shown, strict=True):
            assert_same_figures(one, other, place)
    else:
        assert plain == shown or place.rpartition(".")[2] in {"group", "lead_id", "asked", "value", "rows"}, place


def by_hand(kind, text):
    """The pseudonym by RFC 2104 with its own pads: twelve times five bits of the hash, the lowest first."""
    padded = KEY.encode().ljust(64, b"\0")
    inner = hashlib.sha256(bytes(one ^ 0x36 for one in padded) + f"{kind}\0{text}".encode()).digest()
    number = int(hashlib.sha256(bytes(one ^ 0x5C for one in padded) + inner).hexdigest(), 16)
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    code = ""
    for _ in range(12):
        number, letter = divmod(number, 32)
        code += letters[letter]
    return f"{kind} {code}"


# pseudonyms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Owner", "Company", "Lead"])
def test_a_pseudonym_is_a_keyed_hash_without_case_and_spaces(kind):
    for text in ("Anna Nowak", " anna  NOWAK", "ＡＮＮＡ nowak"):
        assert NAMES.of(text, kind) == by_hand(kind, "anna nowak")
    assert NAMES.of("Anna Nowak", kind) != Pseudonyms(b"another secret of hers").of("Anna Nowak", kind)


def test_a_hundred_thousand_texts_have_as_many_pseudonyms():
    assert len({NAMES.of(f"Company {number}", "Company") for number in range(100_000)}) == 100_000


def test_addresses_stay_addresses_and_those_of_a_company_together():
    eva, bob, other = (NAMES.of(text, "E-mail") for text in ("Eva@Acme.example", "bob@acme.example", "bob@zen.example"))
    assert eva != bob
    assert eva.split("@")[1] == bob.split("@")[1] != other.split("@")[1]
    assert all(one.endswith(".example.invalid") for one in (eva, bob, other))
    assert NAMES.without_addresses("ask Eva@Acme.example, today") == f"ask {eva}, today"


@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_stays_blank(blank):
    assert NAMES.of(blank, "Owner") == blank
    assert NAMES.shown([None, blank], "Owner") == [None, blank]


def test_the_key_is_not_shown():
    assert "secret" not in repr(NAMES)


def test_a_short_secret_is_refused():
    with pytest.raises(UserError, match="shorter than 16 letters"):
        anonymised(read_frame([["Lead ID", "Created", "Stage"], ["1", "2026-01-05", "Won"]]), "too short")


# what is personal -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Opiekun", "Owner"), ("Менеджер", "Owner"), ("Account manager", "Owner"), ("Created by", "Owner"),
        ("Second owner", "Owner"), ("owner", "Owner"), ("Kontrahent", "Company"), ("Parent company", "Company"),
        ("company", "Company"), ("Osoba kontaktowa", "Contact"), ("Customer", "Contact"), ("Contact e-mail", "E-mail"),
        ("Telefon", "Phone"), ("Deal name", "Name"), ("Record ID", "Lead"),
        ("Source", None), ("Country", None), ("Company size", None), ("Team", None), ("Account type", None),
        ("Product", None), ("Plan", None), ("Amount", None), ("Pipeline", None), ("Lost reason", None),
    ],
)  # fmt: skip
def test_a_header_that_speaks_of_a_person_or_a_company(header, kind):
    assert personal_kind(header, ()) == kind


def test_what_a_column_feeds_decides_before_its_header():
    rows = [["Lead ID", "Created", "Stage", "Client", "Origin of it"], ["1", "2026-01-05", "Won", "Fair", "Eve"]]
    table = read_frame(rows, ReadOptions(fields={"source": "Client", "owner": "Origin of it"}))
    assert [personal_kind(header, table.columns) for header in ("Client", "Origin of it")] == [None, "Owner"]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("Owner=Anna Nowak", f"Owner = {by_hand('Owner', 'anna nowak')}"),
        ("owner!=''", "owner != ''"),
        ("leads.Owner in (Won, '')", f"leads.Owner in ({by_hand('Owner', 'won')}, '')"),
        ("Stage=Won", "Stage = Won"),
        ("Amount>=100", "Amount >= 100"),
    ],
)
def test_a_condition_does_not_name_whom_it_asks_for(asked, shown):
    table = anonymised(read_on("memory", COLUMNS), KEY)
    assert shown_condition(str(parse_condition(asked)), table) == shown


def test_titles_and_cells_in_the_wrong_place_are_left_out_of_findings():
    title = Finding(FindingKind.TITLE_ROWS, 1, details={"title": ("Deals of Anna Nowak",)})
    cell = Finding(FindingKind.UNREADABLE_DATES, 1, "Created", details={"example": "ask Anna"})
    day = Finding(FindingKind.UNREADABLE_DATES, 1, "Created", details={"example": "31.13.2025"})
    identifier = Finding(FindingKind.RUINED_IDS, 1, "Lead ID", details={"example": "12345"})
    assert [NAMES.finding(one).value for one in (title, cell)] == ["…", "…"]
    assert NAMES.finding(day) is day
    assert NAMES.finding(identifier, is_personal=True).value == "…"


# figures --------------------------------------------------------------------------------------------------------------


def texts_of(report):
    """Everything that a workbook and the JSON show, as one text."""
    return str(lay_out(report, report.leads)) + str(as_json(report))


@PLACES
def test_no_name_is_left_and_every_figure_is_the_same(place):
    table = read_on(place, COLUMNS, OPTIONS)
    plain, shown = build(table), build(anonymised(table, KEY))
    assert_same_figures(as_json(plain), as_json(shown))
    assert not [word for word in SECRETS if word not in texts_of(plain)]
    assert not [word for word in SECRETS if word in texts_of(shown)]
    groups = {
        field: dict(zip(found["group"].values, found["leads"].values, strict=True)) for field, found in shown.by.items()
    }
    assert groups["owner"] == {by_hand("Owner", "anna nowak"): 3, by_hand("Owner", "won"): 2, "(none)": 1, "(total)": 6}
    assert groups["source"] == {"Google": 3, "SEO": 2, "Fair": 1, "(total)": 6}
    assert groups["Company"][by_hand("Company", "google")] == 1
    assert set(groups["Plan"]) == {"Basic", "Pro", "(total)"}
    assert groups["Recommended"][by_hand("E-mail", "someone")] == 1
    assert shown.header.notes[0] == ("anonymised", "")
    assert "Won" in shown.stages["stage"].values


@PLACES
def test_funnel_data_shows_the_pseudonyms_of_the_report(place):
    report = build(anonymised(read_on(place, COLUMNS, OPTIONS), KEY))
    [sheet] = [one for one in lay_out(report, report.leads).sheets if one.name == "Funnel_Data"]
    shown = {header: cells.values for header, cells in zip(sheet.tables[0].headers, sheet.bulk.cells, strict=True)}
    assert list(shown["ID"]) == [by_hand("Lead", f"l{number}") for number in range(1, 7)]
    assert shown["Owner"][0] == by_hand("Owner", "won")
    assert shown["Owner"][4] is None
    assert shown["Company"][1] == shown["Company"][2] == by_hand("Company", "acme")
    assert list(shown["Source"]) == COLUMNS["Source"]


@settings(max_examples=25, deadline=None)
@given(random_tables)
def test_no_figure_of_random_leads_changes(rows):
    table = lead_table(rows, as_of=AS_OF)
    plain, shown = as_json(build(table)), as_json(build(anonymised(table, KEY)))
    assert_same_figures(plain, shown)
    assert {row["group"] for row in shown["by"]["owner"]}.isdisjoint({"Anna", "Piotr"})
