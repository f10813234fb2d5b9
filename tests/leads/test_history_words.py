"""Words of a history: those that only the user knows, and outcomes that the history shows to be none."""

from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from xl_leadkpi.errors import InputError
from xl_leadkpi.leads import ReadOptions, read_frame, read_query
from xl_leadkpi.leads.model.findings import FindingKind
from xl_leadkpi.leads.model.stage import OwnStage
from xl_leadkpi.locales import languages
from xl_leadkpi.sheets.texts import Texts

TODAY = date(2026, 3, 1)
FIRST = date(2025, 2, 3)


def options(**more):
    return ReadOptions(as_of=TODAY, today=TODAY, **more)


def log(courses, header=("Deal ID", "Stage", "Changed at")):
    """Each course one deal's words, four days apart."""
    return [
        list(header),
        *([f"D{deal}", word, FIRST + timedelta(days=deal + 4 * step)]
          for deal, words in enumerate(courses) for step, word in enumerate(words)),
    ]  # fmt: skip


def on_duckdb(rows):
    return duckdb.from_arrow(pl.DataFrame(rows[1:], schema=rows[0], orient="row").to_arrow())


def deals_of(rows):
    return [["Deal ID", "Created"], *([deal, FIRST] for deal in dict.fromkeys(row[0] for row in rows[1:]))]


def everywhere(rows, asked):
    deals = deals_of(rows)
    yield read_frame(rows, asked)
    yield read_frame(deals, asked, history=rows)
    yield read_query(on_duckdb(rows), asked)
    yield read_query(on_duckdb(deals), asked, history=on_duckdb(rows))


def outcomes(table):
    return sorted(row["outcome"] for row in table.frame.lazy().collect("polars").to_native().to_dicts())


# --- words of the user's own

ZIG = (("Zig", "Zag", "Zug"), ("Zig", "Zag"), ("Zig",), ("Zig", "Zag", "Zug", "Zack"))


@pytest.mark.parametrize("header", [("Deal ID", "Stage", "Changed at"), ("Lead ID", "Phase", "Geändert am")])
def test_a_history_whose_words_only_the_user_knows(header):
    listed = tuple(map(OwnStage, ("Zig", "Zag", "Zug")))
    asked = options(own_stages=listed, own_win=OwnStage("Won", ("Zack",)))
    rows = log(ZIG, header)
    deals = [[header[0], "Created"], *deals_of(rows)[1:]]
    for table in (
        read_frame(rows, asked),
        read_frame(deals, asked, history=rows),
        read_query(on_duckdb(rows), asked),
        read_query(on_duckdb(deals), asked, history=on_duckdb(rows)),
    ):
        assert outcomes(table) == ["open", "open", "open", "won"]
        assert [stage.name for stage in table.pipeline if stage.is_own][:3] == ["Zig", "Zag", "Zug"]
        assert FindingKind.UNKNOWN_WORDS not in {one.kind for one in table.findings}


def test_a_history_of_words_that_nobody_knows_is_refused_still():
    asked = options(own_stages=tuple(map(OwnStage, ("Here", "There"))))
    with pytest.raises(InputError, match="none of its words is a known stage: 'Zig'"):
        read_frame(deals_of(log(ZIG)), asked, history=log(ZIG))


# --- outcomes that are none


def passed(table):
    found = [one for one in table.findings if one.kind is FindingKind.PASSED_OUTCOME]
    return [(one.details["word"], one.details["stage"], one.count, one.details["reached"]) for one in found]


SIGNED = ("Nowy", "Oferta", "Umowa podpisana")
PASSED = [
    # to a word that means a stage, to one that means nothing, and to another outcome
    ((*SIGNED, "Spotkanie"), (*SIGNED, "Wdrożenie"), (*SIGNED, "Wdrożenie", "Przegrana"), SIGNED, ("Nowy", "Wygrana")),
    [("Umowa podpisana", "Won", 3, 4.0)],
]
RUSSIAN = [
    (("Новый", "Отказ", "Встреча"), ("Новый", "Отказ", "Встреча", "Успешно реализовано"), ("Новый", "Потерян")),
    [("Отказ", "Lost", 2, 2.0)],
]
LAST = [
    (SIGNED, (*SIGNED, "Oferta"), SIGNED, ("Nowy", "Przegrana"), ("Nowy", "Przegrana", "Nowy", "Przegrana"), SIGNED),
    [],
]


@pytest.mark.parametrize(("courses", "told"), [PASSED, RUSSIAN, LAST])
def test_a_word_for_an_outcome_that_most_leave_behind_is_told(courses, told):
    for table in everywhere(log(courses), options(kind="deals", stages="canonical")):
        assert passed(table) == told


def test_a_status_that_is_lost_and_open_again_for_most():
    header = ["Deal ID", "Field", "Old value", "New value", "Changed at"]
    rows = [header]
    for deal in range(4):
        day = FIRST + timedelta(days=deal)
        rows.append([f"D{deal}", "Stage", "Qualified", "Proposal Made", day])
        rows.append([f"D{deal}", "Status", "Open", "Lost", day + timedelta(days=5)])
        if deal:
            rows.append([f"D{deal}", "Status", "Lost", "Open", day + timedelta(days=9)])
    for table in everywhere(rows, options(kind="deals", stages="canonical")):
        assert passed(table) == [("Lost", "Lost", 3, 4.0)]


def test_on_an_earlier_day_only_what_had_come_counts():
    rows = log(PASSED[0])
    then = ReadOptions(as_of=FIRST + timedelta(days=12), today=TODAY, kind="deals", stages="canonical")
    assert passed(read_frame(deals_of(rows), then, history=rows)) == []


@pytest.mark.parametrize("language", languages())
def test_it_is_told_in_the_languages(language):
    [finding] = [
        one
        for one in read_frame(log(PASSED[0]), options(kind="deals", stages="canonical")).findings
        if one.kind is FindingKind.PASSED_OUTCOME
    ]
    assert "Umowa podpisana" in Texts(language).remedy(finding)
