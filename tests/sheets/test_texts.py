"""The words of the sheets fit, and what is the user's own is not translated."""

import re
from datetime import date

import pytest

from xl_leadkpi.leads.model.findings import Finding, FindingKind
from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.locales import languages, locale
from xl_leadkpi.sheets.funnel_sheet import CELL
from xl_leadkpi.sheets.measure import text_width
from xl_leadkpi.sheets.styles import SMALL
from xl_leadkpi.sheets.texts import Texts


@pytest.mark.parametrize("language", languages())
def test_no_word_of_a_header_is_wider_than_its_column(language):
    for key, text in locale(language).funnel.items():
        if key.startswith("column.") and key not in {
            "column.conversion",
            "column.where",
            "column.days_span",
            "column.reason",
        }:
            for word in re.split(r"[ ]", text):
                assert text_width(word, SMALL) <= CELL - 4, (key, word)


@pytest.mark.parametrize("language", languages())
def test_names_of_cards_fit(language):
    room = 2 * CELL - 14
    for key, text in locale(language).funnel.items():
        if key.startswith("card.") and "unit" not in key and key != "card.change":
            assert text_width(text.format(value="180"), SMALL) <= room, (key, text)


@pytest.mark.parametrize("language", languages())
def test_stages_and_bases_have_names(language):
    for basis in ("closed", "closed_all_lost", "all", "cohort"):
        texts = Texts(language, basis)
        assert all(texts(f"label.{stage}") for stage in PIPELINE.names)
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


@pytest.mark.parametrize("language", languages())
def test_tables_of_deals_do_not_speak_of_leads(language):
    texts = Texts(language, is_deals=True)
    for key in ("sheet.data", "sheet.leads", "link.mature", "label.lead_to_won", "block.histogram", "chart.spend",
                "column.cost_per", "note.months_cohort", "block.opportunity_cohorts", "note.changes",
                "why.lead_conversion_mature", "why.kind_lead_rate", "why.kind_lead_mix"):  # fmt: skip
        assert not re.search("lead|лид", texts(key, value="1").casefold()), key


@pytest.mark.parametrize(
    ("kind", "details", "own", "shown"),
    [
        ("stage_order", {"stages": ("Meeting", "Opportunity"), "days": 4.0}, "Meeting, Opportunity (4 d)",
         "Spotkanie, Szansa (4 dni)"),
        ("stage_order", {"stages": ("Opportunity", "Meeting")}, "Opportunity, Meeting", "Szansa, Spotkanie"),
        ("stage_order", {"stages": ("Trial, or demo (3 d)", "Meeting")}, "Trial, or demo (3 d), Meeting",
         "Trial, or demo (3 d), Spotkanie"),
        ("negative_duration", {"measure": "Proposal"}, "Proposal", "Oferta"),
        ("times_dropped", {"fields": ("created", "won_date")}, "created, won_date", "Utworzono, Wygrana dnia"),
        ("refused_column", {"field": "amount"}, "amount", "Kwota"),
        ("guessed_column", {"field": "created", "score": 0.75}, "created (0.75)", "Utworzono (0.75)"),
        ("column_tie", {"field": "amount", "taken": "Sum' taken, 'x", "left": "Total"},
         "amount: 'Sum' taken, 'x' taken, 'Total' left", "Kwota: wzięto „Sum' taken, 'x”, zostawiono „Total”"),
        ("guessed_stage_words", {"words": (("Deal = won?; or", "Won"), ("x", "Lost"))},
         "Deal = won?; or = Won; x = Lost", "Deal = won?; or = Wygrana; x = Przegrana"),
        ("unknown_words", {"word": "Meeting"}, "Meeting", "Meeting"),
        ("as_of_latest", {"day": date(2025, 6, 30)}, "2025-06-30", "2025-06-30"),
        ("channels_joined", {"channel": "Google Ads", "spellings": ("Google", "adwords"), "spend": 5.0},
         "Google, adwords → Google Ads (5.00)", "Google, adwords → Google Ads (5.00)"),
        ("empty_rows", {}, "", ""),
    ],
)  # fmt: skip
def test_findings_are_translated_but_not_the_users_words(kind, details, own, shown):
    """Also where the user's words look like what stands between them."""
    found = Finding(FindingKind(kind), 1, details=details)
    assert found.value == own
    assert Texts("pl").finding_details(found) == shown


@pytest.mark.parametrize("language", languages())
def test_every_kind_of_finding_has_its_texts_and_no_other_has(language):
    assert set(locale(language).findings) == {kind.value for kind in FindingKind}


def test_every_finding_that_needs_something_done_says_what():
    for kind in FindingKind:
        if kind.severity == "error":
            assert locale("en").findings[kind].remedy, kind


def test_every_note_of_the_header_has_a_text():
    for code in ("mixed_currencies", "reach_mode_scope", "no_spend_data"):
        assert f"note.{code}" in locale("en").funnel


def test_every_field_has_a_name():
    from xl_leadkpi.leads.cells.vocabulary import vocabulary

    assert {f"known.{name}" for name in vocabulary()["lead"]} <= set(locale("en").funnel)
