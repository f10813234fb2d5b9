"""One vocabulary of statuses: what is won to the funnel is won to the KPIs, and the other way round."""

import random

import pytest

from xl_leadkpi import kpis
from xl_leadkpi.cells import CellError
from xl_leadkpi.cells.statuses import status_words
from xl_leadkpi.cells.values import read_words
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.kpis.status import _WORDS, is_status, statuses_of
from xl_leadkpi.leads.model.stage import PIPELINE
from xl_leadkpi.leads.recognition.stage_words import find_whole, is_open

from .engines import Sheet, same

WORDS = [(word, status) for status, words in status_words().items() for word in words]
SPELLINGS = [
    ("Sold", "won"), ("PAID", "won"), ("gagne", "won"), ("ferme  gagne", "won"), ("Closed_Won", "won"),
    ("zakonczone sukcesem", "won"), ("Contract-signed", "won"), ("odrzucony", "lost"), ("zakonczone przegrana", "lost"),
    ("disqualifie", "lost"), ("Cancelled", "lost"), ("closed-not converted", "lost"), ("Qualified out", "lost"),
    ("pending", "open"), ("W trakcie", "open"), ("в процессе", "open"), ("In-Progress", "open"),
]  # fmt: skip


def of_funnel(word):
    return "open" if is_open(word) else {"Won": "won", "Lost": "lost"}.get(find_whole(word, PIPELINE))


@pytest.mark.parametrize(("word", "status"), [*WORDS, *SPELLINGS], ids=lambda one: one)
def test_a_word_means_the_same_to_kpis_and_funnel(word, status):
    assert statuses_of(read_words([word, f"  {word.upper()} "])) == [status, status]
    assert of_funnel(word) == status


@pytest.mark.parametrize("status", _WORDS)
def test_every_spelling_that_kpis_know_the_funnel_knows(status):
    assert {word: of_funnel(word) for word in _WORDS[status]} == dict.fromkeys(_WORDS[status], status)


@pytest.mark.parametrize("word", ["Proposal", "maybe", "not won", "", "won*", "5"])
def test_other_words_mean_nothing(word):
    assert statuses_of(read_words([word])) == [None]


def test_no_word_has_two_meanings():
    known = [word for words in _WORDS.values() for word in words]
    assert len(set(known)) == len(known)


@pytest.mark.parametrize("status", _WORDS)
def test_the_formula_knows_every_word_in_every_spelling(status):
    spellings = [word for word, meant in (*WORDS, *SPELLINGS) if meant == status]
    spellings += [word.upper() for word in spellings] + [f" {word.replace(' ', '  ')} " for word in spellings]
    others = [word for word, meant in WORDS if meant != status] + ["maybe", "won*", 5, None]
    sheet = Sheet()
    cells = sheet.block([[word] for word in (*spellings, *others)])
    column = sheet.formulas(
        [f"SUM({is_status(cells, status)})", f"SUM(({is_status(cells, status)})*(ROW({cells})<={len(spellings)}))"]
    )
    sheet.evaluate()
    assert [sheet.value(column, row) for row in (1, 2)] == [len(spellings), len(spellings)]


def test_kpis_over_statuses():
    assert kpis.WINRATEIF(["Sold", "Stracona", "Qualified out", "x"], ["a"] * 4, "a") == pytest.approx(1 / 3)
    assert kpis.LEADCONVIF(["Paid", "Pending"], ["a", "a"], "a") == 0.5
    assert kpis.REVENUE([100, 50, 7], ["Umowa podpisana", "gagnee", "Lost"]) == 150
    assert kpis.PIPEVALUE([100, 50, 7], ["Active", "w trakcie", "Sold"]) == 150


MARKS = [
    (45_782.0, True), ("2025-05-05", True), ("OPP-7", True), ("yes", True), ("tak", True), (True, True), (1.0, True),
    (None, False), ("", False), (" ", False), ("-", False), (0.0, False), ("0", False), (False, False), ("No", False),
    (" NIE ", False), ("falsz", False), ("Нет", False), ("ложь", False), ("nein", False), ("nao", False),
]  # fmt: skip


@pytest.mark.parametrize(("mark", "was_opportunity"), MARKS, ids=repr)
def test_a_lost_lead_counts_only_if_it_was_an_opportunity(mark, was_opportunity):
    leads = {"status_range": ["won", "lost", "lost"], "crit_range": ["a", "a", "a"], "criterion": "a"}
    rate = kpis.WINRATEIF(**leads, opp_range=[45_700.0, mark, None])
    assert rate == (0.5 if was_opportunity else 1)
    # one that is won was an opportunity, whatever is said of it
    assert kpis.WINRATEIF(**leads, opp_range=[None, mark, 45_700.0]) == pytest.approx(1 / (2 + was_opportunity))


def test_without_marks_every_row_is_an_opportunity():
    leads = (["won", "lost", "lost"], ["a", "a", "a"], "a")
    assert kpis.WINRATEIF(*leads) == kpis.WINRATEIF(*leads, opp_range=[None]) == pytest.approx(1 / 3)
    assert kpis.WINRATEIF(*leads, opp_range=["x", "y"]) is CellError.VALUE
    assert kpis.WINRATEIF(*leads, opp_range=["x", CellError.NA, "y"]) is CellError.NA


def test_the_lambda_tells_opportunities_too():
    rng = random.Random("opportunities")
    kpi = CATALOGUE["WINRATEIF"]
    sheet = Sheet(WINRATEIF=kpi.lambda_text())
    cases = []
    for _ in range(300):
        rows = rng.randint(1, 8)
        ranges = [
            [[rng.choice(choice)] for _ in range(rows)]
            for choice in (["won", "lost", "lost", "open", "Stracona"], ["a", "b"], [mark for mark, _ in MARKS])
        ]
        status, group, marks = map(sheet.block, ranges)
        formula = f'KPI.WINRATEIF({status},{group},"a",,,,,,,{marks})'
        cases.append((ranges, sheet.spill(formula, 1)))
    sheet.evaluate()
    rates = set()
    for (status, group, marks), column in cases:
        ours = kpi(status, group, "a", opp_range=marks)
        assert same(ours, sheet.value(column)), (status, group, marks, ours, sheet.value(column))
        rates.add(ours)
    assert len(rates) > 5


@pytest.mark.parametrize("name", ["WINRATEIF", "LEADCONVIF", "REVENUE", "PIPEVALUE"])
def test_the_lambda_knows_them_too(name):
    statuses = ["Sold", "gagne", "Stracona", "Pending", "closed_won", "Contract-Signed", "nobody"]
    first = [[word] for word in statuses] if name.endswith("IF") else [[float(10**n)] for n in range(7)]
    second = [["a"]] * 7 if name.endswith("IF") else [[word] for word in statuses]
    given = [first, second, *(["a"] if name.endswith("IF") else [])]
    sheet = Sheet(**{name: CATALOGUE[name].lambda_text()})
    references = [sheet.block(value if isinstance(value, list) else [[value]]) for value in given]
    references = [one.split(":")[0] if one.split(":")[0] == one.split(":")[-1] else one for one in references]
    column = sheet.formulas([f"KPI.{name}({','.join(references)})"])
    sheet.evaluate()
    assert same(CATALOGUE[name](*given), sheet.value(column))
