"""The reference kept beside the declarations is what they give."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from tests.kpis.regenerate import stub
from xl_leadkpi import kpis
from xl_leadkpi.cells import CellError
from xl_leadkpi.kpis import CATALOGUE, reference
from xl_leadkpi.kpis.declaration import Example
from xl_leadkpi.locales import languages


def test_reference_is_current():
    """After a change of a declaration: ``python -m tests.kpis.regenerate``."""
    kept = Path(reference.__file__).with_name("reference.md").read_text(encoding="utf-8")
    assert kept == reference.markdown()


def test_signatures_for_editors_are_current():
    """After a change of a declaration: ``python -m tests.kpis.regenerate``."""
    kept = Path(kpis.__file__).with_name("__init__.pyi").read_text(encoding="utf-8")
    assert kept == stub()
    functions = {one.name: one for one in ast.parse(kept).body if isinstance(one, ast.FunctionDef)}
    assert functions.keys() == CATALOGUE.keys()
    for name, function in functions.items():
        signature = inspect.signature(getattr(kpis, name))
        assert [one.arg for one in function.args.args] == list(signature.parameters)
        needed = [one for one in signature.parameters.values() if one.default is one.empty]
        assert len(function.args.args) - len(function.args.defaults) == len(needed) == CATALOGUE[name].required
        assert ast.get_docstring(function) == inspect.getdoc(CATALOGUE[name])


def test_every_kpi_is_in_it():
    written = reference.markdown()
    for kpi in CATALOGUE.values():
        assert f"\n### {kpi.name}: {kpi.title}\n" in written
        assert f"\n    {kpi.signature}\n" in written


def test_result_that_spills_with_an_error_in_it():
    assert reference._result(Example((), (1.0, 1 / 3, CellError.DIV0))) == "{1; 0.3333333333; #DIV/0!}"


def test_default_that_is_none():
    written = reference.explanation(CATALOGUE["DATECOUNT"])
    assert "(date, optional)" in written
    assert "(money, optional, 0)" in reference.explanation(CATALOGUE["CAC"])
    assert written[-2].isprintable()
    assert written[-1] == "\n"


def test_explanation_in_full():
    assert reference.explanation(CATALOGUE["CPMQL"]).splitlines()[:14] == [
        "CPMQL: Cost per MQL",
        "",
        (
            "Marketing spend divided by the marketing qualified leads; CPL divided by the qualification rate. "
            "Result: money; lower is better."
        ),
        "",
        "    CPMQL(spend, mqls)",
        "    =spend/mqls",
        "",
        "- spend: marketing spend of the period (money)",
        "- mqls: marketing qualified leads of the period (count)",
        "- mqls=0 gives #DIV/0!",
        "- spend<0 gives #NUM!",
        "- mqls<0 gives #NUM!",
        "- example: CPMQL(10000, 80) = 125",
        "- example: CPMQL(1000, 50) = 20",
    ]


def test_details_of_explanations():
    assert "(range of date)" in reference.explanation(CATALOGUE["DATECOUNT"])
    assert "- from_date: first day counted (date, optional)\n" in reference.explanation(CATALOGUE["DATECOUNT"])
    assert "{2025-05-01; 2025-05-31 18:00; 2025-06-01; }, 2025-05-01" in reference.explanation(CATALOGUE["DATECOUNT"])
    assert "(money, optional, 0)" in reference.explanation(CATALOGUE["CAC"])
    assert '("won"; "lost"' not in reference.explanation(CATALOGUE["WINRATEIF"])
    assert '{"won"; "lost"' in reference.explanation(CATALOGUE["WINRATEIF"])
    assert "= {1; 0.6; 0.4; 0.3333333333}" in reference.explanation(CATALOGUE["STEPCONV"])
    assert "(no formula short of the LAMBDA)" in reference.explanation(CATALOGUE["ATTRIB"])
    assert "Result: money per day; higher is better." in reference.explanation(CATALOGUE["PIPEVEL"])
    assert "neither way is better" in reference.explanation(CATALOGUE["ADFREQ"])
    assert "nearer 0 is better" in reference.explanation(CATALOGUE["FCSTBIAS"])
    assert "wrong" not in reference.explanation(CATALOGUE["CPMQL"])
    assert " - wrong: CPL ÷ spend = 1 ÷ leads" in reference.explanation(CATALOGUE["CPMQL"], with_sources=True)
    assert "- not to be confused with: CPL, CPSQL" in reference.explanation(CATALOGUE["CPMQL"])
    assert "- opens: unique opens (count, each once: at most delivered)" in reference.explanation(CATALOGUE["OPENRATE"])
    assert "(count of events: may exceed impressions)" in reference.explanation(CATALOGUE["CTR"])
    assert "(liczba bez powtórzeń: najwyżej responses)" in reference.explanation(CATALOGUE["CSAT"], "pl")
    assert "(количество событий: может превысить total)" in reference.explanation(CATALOGUE["CONVRATE"], "ru")


def test_explanation_in_polish_in_full():
    assert reference.explanation(CATALOGUE["PIPEVEL"], "pl").splitlines() == [
        "PIPEVEL: Prędkość lejka sprzedaży",
        "",
        "Ile przychodu lejek szans daje dziennie. Wynik: kwota na dzień; im więcej, tym lepiej.",
        "",
        "    PIPEVEL(opportunities, deal_value, win_rate, cycle_days)",
        "    =opportunities*deal_value*win_rate/cycle_days",
        "",
        "- opportunities: szanse w lejku sprzedaży (liczba)",
        "- deal_value: średnia wartość transakcji, zob. AVGDEAL (kwota)",
        "- win_rate: jaka ich część zostaje wygrana, zob. WINRATE (ułamek)",
        "- cycle_days: dni od szansy do wygranej, zob. SALESCYCLE (dni)",
        "- cycle_days=0 daje #DIV/0!",
        "- opportunities<0 daje #NUM!",
        "- win_rate<0 daje #NUM!",
        "- win_rate>1 daje #NUM!",
        "- cycle_days<0 daje #NUM!",
        "- przykład: PIPEVEL(50, 25000, 0.25, 60) = 5208.333333",
        "- przykład: PIPEVEL(18, 42000, 0.24, 78) = 2326.153846",
        "- przykład: PIPEVEL(50, 25000, 0.25, 0) = #DIV/0!",
        (
            "- uwaga: Bierz współczynnik wygranych dokładnie tych szans i podaj, czy na dzień, czy na miesiąc. Cykl "
            "zaczyna się tam, gdzie szansa: z dniami od pozyskania leada, jak liczą niektórzy, prędkość wychodzi za "
            "niska."
        ),
        "- inne nazwy (English): sales velocity; deal velocity",
        "- nie mylić z: WPIPE",
    ]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kpi", CATALOGUE.values(), ids=lambda kpi: kpi.name)
def test_every_kpi_is_explained_in_every_language(kpi, language):
    english, texts = kpi.texts_in("en"), kpi.texts_in(language)
    assert set(texts.arguments) == {argument.name for argument in kpi.arguments}
    for key in ("meaning", "pitfalls", "remarks"):
        ours, theirs = getattr(english, key), getattr(texts, key)
        assert bool(ours) == bool(theirs)
        if language != "en" and ours:
            assert ours != theirs
            assert re.search("[а-я]" if language == "ru" else "[a-z]", theirs)
    written = reference.explanation(kpi, language)
    assert written.startswith(f"{kpi.name}: {kpi.title_in(language)}\n\n{texts.meaning} ")
    if language != "en":
        assert not re.search(r"\b(?:example|gives|optional|Result|better|mind|also called|range of)\b", written)
