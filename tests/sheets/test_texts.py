"""The three languages say the same things."""

import re
import string

import pytest

from xl_leadkpi.leads.table import STAGES
from xl_leadkpi.sheets.finding_texts import FINDING_TEXTS
from xl_leadkpi.sheets.funnel_sheet import CELL
from xl_leadkpi.sheets.measure import text_width
from xl_leadkpi.sheets.styles import SMALL
from xl_leadkpi.sheets.texts import LANGUAGES, TEXTS, Texts


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("texts", [TEXTS, FINDING_TEXTS], ids=["texts", "findings"])
def test_all_languages_have_every_text_with_the_same_placeholders(texts):
    for key, variants in texts.items():
        assert len(variants) == len(LANGUAGES), key
        assert all(variant.strip() for variant in variants), key
        assert len({frozenset(placeholders(variant)) for variant in variants}) == 1, key


def test_no_word_of_a_header_is_wider_than_its_column():
    for key, variants in TEXTS.items():
        if key.startswith("column.") and key not in {
            "column.conversion",
            "column.where",
            "column.days_span",
            "column.reason",
        }:
            for text in variants:
                for word in re.split(r"[ ]", text):
                    assert text_width(word, SMALL) <= CELL - 4, (key, word)


def test_names_of_cards_fit():
    room = 2 * CELL - 14
    for key, variants in TEXTS.items():
        if key.startswith("card.") and "unit" not in key and key != "card.change":
            for text in variants:
                assert text_width(text.format(value="180"), SMALL) <= room, (key, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_stages_and_bases_have_names(language):
    for basis in ("closed", "closed_all_lost", "all", "cohort"):
        texts = Texts(language, basis)
        assert all(texts(f"label.{stage}") for stage in STAGES)
        assert all((texts("card.win_rate"), texts("header.win"), texts("chart.win_rate")))
        assert texts.column("win_rate") != "Win rate"
        assert texts.column("win_rate_of") != "Win rate of"


def test_user_words_are_not_translated():
    texts = Texts("pl")
    assert texts.label("Lost", "group") == "Lost"
    assert texts.label("Lost", "stage") == "Przegrana"
    assert texts.label("(other)", "group") == "(inne)"


@pytest.mark.parametrize(
    ("language", "is_deals", "forms"),
    [
        ("en", False, {0: "0 leads", 1: "1 lead", 2: "2 leads"}),
        ("pl", False, {1: "1 lead", 2: "2 leady", 5: "5 leadów", 12: "12 leadów", 21: "21 leadów", 24: "24 leady"}),
        ("pl", True, {1: "1 szansa", 3: "3 szanse", 5: "5 szans"}),
        ("ru", False, {1: "1 лид", 3: "3 лида", 5: "5 лидов", 11: "11 лидов", 13: "13 лидов", 21: "21 лид"}),
    ],
)
def test_nouns_follow_their_number(language, is_deals, forms):
    """Plural rules of Unicode CLDR."""
    texts = Texts(language, is_deals=is_deals)
    assert {n: texts.counted("leads", n, str(n)) for n in forms} == forms


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_of_deals_do_not_speak_of_leads(language):
    texts = Texts(language, is_deals=True)
    for key in ("sheet.data", "sheet.leads", "link.mature", "label.lead_to_won", "block.histogram", "chart.spend",
                "column.cost_per", "note.months_cohort", "block.opportunity_cohorts"):  # fmt: skip
        assert not re.search("lead|лид", texts(key, value="1").casefold()), key


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("meeting_order", "Meeting, Opportunity (4 d)", "Spotkanie, Szansa (4 dni)"),
        ("meeting_order", "Opportunity, Meeting", "Szansa, Spotkanie"),
        ("negative_duration", "Proposal", "Oferta"),
        ("times_dropped", "created, won_date", "Utworzono, Wygrana dnia"),
        ("guessed_column", "created (0.75)", "Utworzono (0.75)"),
        ("column_tie", "amount: 'Sum' taken, 'Total' left", "Kwota: wzięto „Sum”, zostawiono „Total”"),
        ("guessed_stage_words", "Deal = won? = Won; x = Lost", "Deal = won? = Wygrana; x = Przegrana"),
        ("unknown_words", "Meeting", "Meeting"),
    ],
)
def test_findings_are_translated_but_not_the_users_words(kind, value, shown):
    assert Texts("pl").finding_value(kind, value) == shown


def test_every_note_of_the_header_has_a_text():
    for code in ("reach_of_lost_unknown", "reach_mode_scope", "no_losses_recorded", "no_spend_data"):
        assert f"note.{code}" in TEXTS


def test_every_field_has_a_name():
    from xl_leadkpi.leads.vocabulary import vocabulary

    assert {f"known.{name}" for name in vocabulary()["lead"]} <= set(TEXTS)
