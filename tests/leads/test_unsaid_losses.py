"""Losses that no word tells: flags, probabilities, reasons, days of decisions; and what looks like one and is none."""

from datetime import date

import pytest

from .same_reading import found, outcomes, read_everywhere

pytestmark = pytest.mark.long

WON, LOST, OPEN = "won", "lost", "open"


@pytest.mark.parametrize(
    "header",
    [
        "Opportunity|Stage|Active|Probability|Created on",
        "Szansa sprzedaży|Etap|Aktywny|Prawdopodobieństwo|Data utworzenia",
        "Negócio|Estágio|Ativo|Probabilidade|Criado em",
        "Verkaufschance|Phase|Aktiv|Wahrscheinlichkeit|Erstellt am",
    ],
)
def test_archived_without_a_chance_is_lost(header):
    assert outcomes(
        header,
        "Alder|Qualified|False|0|2025-02-03",
        "Birch|Proposition|True|40|2025-02-04",
        "Cedar|New|True|0|2025-06-20",  # new, nobody has looked at it
        "Larch|Won|True|100|2025-02-05",
        "Maple|Qualified|False|25|2025-02-06",  # archived, but not given up
    ) == [LOST, OPEN, OPEN, WON, OPEN]


@pytest.mark.parametrize("shares", [True, False])
def test_probabilities_are_shares_or_per_cent(shares):
    certain, some = ("1", "0.3") if shares else ("100%", "30 %")
    assert outcomes(
        "Deal ID|Created|Stage|Closed|Probability",
        f"7|2025-01-02|Inked|yes|{certain}",
        "8|2025-01-03|Walked|yes|0",
        f"9|2025-01-04|Scoping|no|{some}",
    ) == [WON, LOST, OPEN]


def test_what_a_word_says_is_not_said_of_a_flag():
    table = read_everywhere("Deal ID|Created|Stage|Closed|Probability", "7|2025-01-02|Won|yes|100%")
    assert found(table, "won_by_flag") == []


def test_no_chance_and_a_close_date_of_the_past():
    lines = ("1|2025-01-02|Demo|0|2025-03-04", "2|2025-01-03|Demo|0|2025-08-04", "3|2025-01-04|Demo|0|")
    table = read_everywhere("Deal ID|Created|Stage|Probability|Close date", *lines)
    assert table.frame["outcome"].to_list() == [LOST, OPEN, OPEN]
    assert found(table, "lost_by_flag") == [(1, "Probability", "")]


@pytest.mark.parametrize("flag", ["Archived|TRUE|FALSE", "Active|no|yes", "Arquivado|sim|não", "В архиве|да|нет"])
def test_archived_deals_are_lost_and_archived_contacts_are_not(flag):
    name, aside, kept = flag.split("|")
    deals = f"Deal ID|Created|Stage|{name}"
    assert outcomes(deals, f"1|2025-01-02|Demo|{aside}", f"2|2025-01-02|Won|{kept}") == [LOST, WON]
    contacts = f"Name|Email|Created|Lifecycle stage|{name}"
    assert outcomes(
        contacts, f"Ada|a@x.example|2025-01-02|Lead|{aside}", f"Bo|b@x.example|2025-01-02|Customer|{kept}"
    ) == [OPEN, WON]


@pytest.mark.parametrize(
    "header",
    [
        "Disqualified Reason", "Rejection Reason", "Unqualified reason", "Closed Lost Reason", "Reason for loss",
        "Motivo de perda", "Motivo da recusa", "Powód odrzucenia", "Powód dyskwalifikacji", "Причина отказа",
        "Причина дисквалификации", "Verlustgrund", "Ablehnungsgrund", "Motif de perte", "Motif de refus",
        "Motivo de pérdida", "Motivo de rechazo",
    ],
)  # fmt: skip
def test_a_reason_of_loss_is_a_loss_where_nothing_else_tells_one(header):
    table = read_everywhere(
        f"Lead ID|Created|Status|{header}", "1|2025-01-02|New|Too small", "2|2025-01-03|Qualified|", "3|2025-01-04|Won|"
    )
    assert table.frame["outcome"].to_list() == [LOST, OPEN, WON]
    assert table.frame["lost_reason"].to_list() == ["Too small", None, None]
    assert found(table, "lost_by_flag") == [(1, header, "")]


def test_a_reason_that_was_left_is_no_loss():
    header = "Deal ID|Created|Stage|Loss reason|Close date"
    reopened, won, lost = "1|2025-01-02|Proposal|Price|", "2|2025-01-02|Won|Price|2025-02-01", "3|2025-01-02|Lost|Time|"
    assert outcomes(header, reopened, won, lost) == [OPEN, WON, LOST]  # losses have a word of their own
    ahead = "4|2025-01-02|Proposal|Price|2025-12-01"
    assert outcomes(header, ahead, won, reopened) == [OPEN, WON, LOST]
    status = "Deal ID|Created|Stage|Status|Loss reason"
    assert outcomes(status, "1|2025-01-02|Proposal|Open|Price", "2|2025-01-02|Proposal|Won|") == [OPEN, WON]


@pytest.mark.parametrize("header", ["Decision date", "Data decyzji", "Дата решения", "Entscheidungsdatum"])
def test_not_won_by_the_day_of_the_decision(header):
    assert outcomes(
        f"Deal ID|Created|Stage|Won|{header}",
        "1|2025-01-02|Proposal|FALSE|2025-03-01",
        "2|2025-01-02|Proposal|TRUE|2025-03-02",
        "3|2025-01-02|Proposal|FALSE|2025-07-15",  # after as_of
        "4|2025-01-02|Proposal|FALSE|",
    ) == [LOST, WON, OPEN, OPEN]


def test_an_open_deal_past_its_close_date_is_late_not_lost():
    lines = ("1|2025-01-02|Proposal|FALSE|2025-03-01", "2|2025-01-02|Closed Won|TRUE|2025-03-02")
    assert outcomes("Deal ID|Created|Stage|Won|Close date", *lines) == [OPEN, WON]
    bare = [line.replace("|Proposal", "").replace("|Closed Won", "") for line in lines]
    assert outcomes("Deal ID|Created|Won|Close date", *bare) == [LOST, WON]


def test_closed_deals_are_lost_only_where_the_table_tells_its_wins():
    closed = "Deal ID|Created|Stage|Closed"
    assert outcomes(closed, "1|2025-01-02|Demo|1", "2|2025-01-02|Closed Won|1", "3|2025-01-02|Demo|0") == [
        LOST, WON, OPEN,
    ]  # fmt: skip
    assert outcomes(closed, "1|2025-01-02|Inked|1", "2|2025-01-02|Demo|0") == [OPEN, OPEN]


def test_a_loss_of_later_is_none_on_an_earlier_day():
    lines = ("1|2025-01-02|FALSE|2025-03-01", "2|2025-01-02|TRUE|2025-03-02", "3|2025-01-02|FALSE|2025-12-01")
    header = "Deal ID|Created|Won|Decision date"
    assert outcomes(header, *lines, as_of=date(2025, 2, 1)) == [OPEN, OPEN, OPEN]
    assert outcomes(header, *lines, as_of=date(2025, 3, 1)) == [LOST, OPEN, OPEN]


@pytest.mark.parametrize(
    "flag", ["Is Closed Lost|true|false", "Disqualified|Yes|No", "Przegrana|tak|nie", "Perdido|sim|não", "Отказ|да|нет"]
)
def test_a_flag_of_losses(flag):
    name, yes, no = flag.split("|")
    table = read_everywhere(
        f"Lead ID|Created|Stage|{name}",
        f"1|2025-01-02|Proposal|{yes}",
        f"2|2025-01-02|Proposal|{no}",
        f"3|2025-01-02|Won|{no}",
    )
    assert table.frame["outcome"].to_list() == [LOST, OPEN, WON]
    assert table.frame["furthest_stage"].to_list() == [6, 6, 7]


def test_closed_and_not_lost_is_won():
    lines = ("1|2025-01-02|true|false", "2|2025-01-02|true|true", "3|2025-01-02|false|false")
    assert outcomes("Deal ID|Created|Is Deal Closed?|Is Closed Lost", *lines) == [WON, LOST, OPEN]


@pytest.mark.parametrize("header", ["Closed date", "Outcome date", "Geschlossen am", "Fechado em", "Actual close date"])
def test_a_day_of_closing_is_no_forecast(header):
    lines = ("1|2025-01-02|Proposal|FALSE|2025-03-01", "2|2025-01-02|Demo|TRUE|2025-03-02", "3|2025-01-02|Demo|FALSE|")
    fields = {"close_date": header}
    assert outcomes(f"Deal ID|Created|Stage|Won|{header}", *lines, fields=fields) == [LOST, WON, OPEN]


@pytest.mark.parametrize(
    "header",
    [
        "Deal ID|Created|Stage|Probability|Actual close date",
        "ID szansy|Utworzono|Etap|Prawdopodobieństwo|Rzeczywista data zamknięcia",
    ],
)
def test_certain_and_decided_is_won(header):
    lines = (
        "D-4|2025-01-02|Propose|100|2025-03-04",
        "D-5|2025-01-03|Propose|100|2025-08-04",  # not yet decided
        "D-6|2025-01-04|Develop|0|2025-03-05",
        "D-7|2025-01-04|Develop|50|",
    )
    table = read_everywhere(header, *lines)
    assert table.frame["outcome"].to_list() == [WON, OPEN, LOST, OPEN]
    by_chance = ", ".join(column.header for column in table.columns if column.field == "probability")
    assert found(table, "won_by_flag") == [(1, by_chance, "")]
    assert found(table, "lost_by_flag") == [(1, by_chance, "")]


def test_certain_before_the_day_it_is_expected_on_is_open():
    lines = ("1|2025-01-02|Demo|100|2025-03-04", "2|2025-01-03|Demo|60|2025-08-04")
    assert outcomes("Deal ID|Created|Stage|Probability|Expected close date", *lines) == [OPEN, OPEN]


def test_where_a_word_tells_wins_a_probability_does_not():
    lines = ("1|2025-01-02|Commit|100|2025-03-04", "2|2025-01-03|Won|100|2025-03-04")
    assert outcomes("Deal ID|Created|Stage|Probability|Actual close date", *lines) == [OPEN, WON]
