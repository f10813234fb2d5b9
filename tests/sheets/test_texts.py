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
    for basis in ("closed", "all", "cohort"):
        texts = Texts(language, basis)
        assert all(texts(f"label.{stage}") for stage in STAGES)
        assert all((texts("card.win_rate"), texts.column("win_rate"), texts("chart.win_rate")))


def test_user_words_are_not_translated():
    texts = Texts("pl")
    assert texts.label("Lost", "group") == "Lost"
    assert texts.label("Lost", "stage") == "Przegrana"
    assert texts.label("(other)", "group") == "(inne)"
