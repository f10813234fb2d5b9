"""Stage words: the vocabulary, its negations, numbers and weak words (funnel specification, section 11.3)."""

from datetime import date

import pytest

from xl_leadkpi.leads import ReadOptions, read_frame
from xl_leadkpi.leads.headers import meanings
from xl_leadkpi.leads.stages import CODE, find_stage, read_words
from xl_leadkpi.leads.vocabulary import vocabulary


@pytest.mark.parametrize(
    ("word", "stage"),
    [
        ("Не реализовано", "Lost"),  # contains «реализовано»
        ("Успешно реализовано", "Won"),
        ("Закрыто и не реализовано", "Lost"),
        ("Closed - Not Converted", "Lost"),
        ("Niezakwalifikowany", "Lost"),
        ("Unqualified", "Lost"),
        ("Некачественный лид", "Lost"),
        ("Качественный лид", "SQL"),
        ("Анализ причины провала", "Lost"),
        ("Обработан", "Lead"),
        ("Не обработан", "Lead"),
        ("Closed Lost to Competition", "Lost"),
        ("3. Proposal", "Proposal"),
        ("03 - Negotiation/Review", "Proposal"),
        ("closedwon", "Won"),
        ("decisionmakerboughtin", "Opportunity"),
        ("MARKETING_QUALIFIED_LEAD", "MQL"),
        ("Oferta wysłana mailem", "Proposal"),
        ("Deal was lost after offer", "Lost"),
        ("Demo scheduled for May", "Meeting"),
        ("Engaging", "MQL"),
        ("Wygrana", "Won"),
        ("Gagné", "Won"),
        ("Verloren", "Lost"),
        ("not yet qualified", None),
        ("nie wygrana", None),
        ("Handshake", None),
        ("Potential customer", None),
        ("Former client", None),
        ("Waiting for customer", None),
        ("Customer call", None),
        ("Клиент думает", None),
        ("Klient zrezygnował", None),
        ("Almost won", None),
        ("Deal won!", "Won"),
        ("Closed / won (renewal)", "Won"),
        ("Deal is won", "Won"),
        ("Qualified out", "Lost"),
        ("Offer accepted", "Won"),
        ("Contract signed", "Won"),
        ("Сделка заключена", "Won"),
        ("7. Customer", "Won"),
        ("", None),
    ],
)
def test_stage_word(word, stage):
    assert find_stage(word) == stage


def test_every_word_of_the_vocabulary_means_its_stage():
    wrong = {
        word: (stage, find_stage(word))
        for stage, words in vocabulary()["stages"].items()
        for word in words
        if find_stage(word) != ("Lead" if stage == "Visitor" else stage)
    }
    assert wrong == {}


def test_weak_words_depend_on_the_table():
    words = [("Open", 3), ("В работе", 2)]
    leads, _ = read_words(words, {}, is_status=False, is_deals=False)
    deals, _ = read_words(words, {}, is_status=False, is_deals=True)
    assert set(leads.values()) == {CODE["Lead"]}
    assert set(deals.values()) == {CODE["Opportunity"]}


def test_a_status_column_knows_won_lost_and_open_only():
    codes, words = read_words(
        [("Qualified", 1), ("won", 2), ("Lost", 1), ("odd", 1)], {}, is_status=True, is_deals=False
    )
    assert codes == {"Qualified": CODE["Open"], "won": CODE["Won"], "Lost": CODE["Lost"]}
    assert [word.origin for word in words] == ["vocabulary", "vocabulary", "vocabulary", "unknown"]


def test_the_user_has_the_last_word():
    codes, words = read_words(
        [("Handshake", 1), ("Won", 1)], {"handshake": "Won", "WON": "Proposal"}, is_status=False, is_deals=False
    )
    assert codes == {"Handshake": CODE["Won"], "Won": CODE["Proposal"]}
    assert {word.origin for word in words} == {"user"}


def test_numbers_place_unknown_stages_between_known_ones():
    words = [("1. New", 1), ("2. Mystery", 1), ("3. Proposal", 1), ("4. Riddle", 1)]
    codes, _ = read_words(words, {}, is_status=False, is_deals=False)
    assert codes["2. Mystery"] == CODE["Lead"]
    assert codes["4. Riddle"] == CODE["Proposal"]
    partly, _ = read_words([*words, ("Enigma", 1)], {}, is_status=False, is_deals=False)
    assert "2. Mystery" not in partly


def test_a_word_found_inside_a_text_is_a_guess():
    words = [("Proposal", 1), ("Demo for May", 2), ("3. Offer sent", 1), ("Handshake", 1), ("Potential customer", 1)]
    _, understood = read_words(words, {}, is_status=False, is_deals=False)
    assert [word.origin for word in understood] == ["vocabulary", "guessed", "vocabulary", "unknown", "unknown"]
    rows = [["Lead ID", "Created", "Stage"], *[[str(n), "2025-05-05", word] for n, (word, _) in enumerate(words)]]
    table = read_frame(rows, ReadOptions(today=date(2025, 6, 1)))
    found = {finding.kind: finding for finding in table.findings}
    guess = found["guessed_stage_words"]
    assert (guess.count, guess.column, guess.value, guess.rows) == (1, "Stage", "Demo for May = Meeting", (3,))
    assert guess.severity == "warning"
    assert table.frame["outcome"].to_list() == ["open"] * 5


def test_the_pipeline_in_a_hubspot_header_is_no_stage():
    found, _ = meanings('Date entered "Customer (Lifecycle Stage Pipeline)"', "leads")
    assert max(found, key=lambda meaning: meaning.score).field == "won_date"
