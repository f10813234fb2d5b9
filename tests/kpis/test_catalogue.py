"""Every example of the catalogue, and that each declaration is complete."""

import json
import math
import re
from datetime import datetime

import pytest

from xl_leadkpi import kpis
from xl_leadkpi.cells import CellError
from xl_leadkpi.kpis import CATALOGUE, FAMILIES, reference
from xl_leadkpi.kpis.declaration import NUMBER_FORMATS
from xl_leadkpi.kpis.provenance import Provenance, articles, lines, provenance
from xl_leadkpi.locales import languages

EXAMPLES = [(kpi, example) for kpi in CATALOGUE.values() for example in kpi.examples]


def assert_same(result, expected):
    if isinstance(expected, (tuple, list)):
        assert len(result) == len(expected)
        for ours, theirs in zip(result, expected, strict=True):
            assert_same(ours, theirs)
    elif isinstance(expected, CellError):
        assert result is expected
    else:
        assert math.isclose(result, expected, rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize(("kpi", "example"), EXAMPLES, ids=[f"{k.name}-{n}" for n, (k, _) in enumerate(EXAMPLES)])
def test_example(kpi, example):
    assert_same(kpi(*example.arguments), example.expected)


@pytest.mark.parametrize("kpi", CATALOGUE.values(), ids=lambda kpi: kpi.name)
def test_declaration_is_complete(kpi):
    assert kpi.title
    assert kpi.family in FAMILIES
    assert kpi.formula.__module__.endswith(f".{kpi.family}")
    assert kpi.unit in NUMBER_FORMATS
    assert kpi.number_format == NUMBER_FORMATS[kpi.unit]
    assert kpi.direction in {"higher", "lower", "neutral", "nearer 0"}
    assert len(kpi.examples) >= 2
    assert all(argument.meaning for argument in kpi.arguments)
    assert all(argument.default is not None for argument in kpi.arguments if argument.optional)
    assert kpi.name not in kpi.confused_with
    assert all(other in CATALOGUE for other in kpi.confused_with)
    assert getattr(kpis, kpi.name) is kpi
    assert kpi.meaning.endswith(".")
    assert kpi.meaning in kpi.__doc__
    for argument in kpi.arguments:
        assert f"\n    {argument.name}: {argument.meaning[:1].upper()}{argument.meaning[1:]} (" in kpi.__doc__
    assert not any(word in kpi.formula.__doc__ for word in ("Args:", "Returns:"))
    assert kpi.__name__ == kpi.name


def test_catalogue_cannot_be_changed():
    with pytest.raises(TypeError):
        CATALOGUE["NEW"] = CATALOGUE["CPL"]


def test_wrong_formulas_of_the_articles_are_marked():
    wrong = {
        (name, source.article) for name, known in provenance().items() for source in known.articles if source.wrong
    }
    assert {("CPMQL", "cognism"), ("CPSQO", "cognism"), ("CPA", "tehnografi")} <= wrong


def test_where_published_definitions_differ_the_pitfall_is_named_in_every_language():
    differ = {name for name, known in provenance().items() if known.notes or any(s.wrong for s in known.articles)}
    assert {"PIPEVEL", "PIPECOV", "WPIPECOV", "NOSHOWRATE", "WINRATEIF", "LEADCONV", "EMAILCTR", "ATTRIB"} <= differ
    for name in differ:
        pitfalls = [CATALOGUE[name].texts_in(language).pitfalls for language in languages()]
        assert all(pitfalls), name
        assert len(set(pitfalls)) == len(pitfalls), name


def test_provenance_is_of_the_catalogues_kpis_and_articles():
    assert set(provenance()) <= set(CATALOGUE)
    for name, known in provenance().items():
        assert all(source.article in articles() and source.says for source in known.articles)
        written = reference.explanation(CATALOGUE[name])
        assert all(f"{example} = " in written for example in known.examples), name
        assert list(lines(name))


RESEARCH = re.compile(
    r"\bwrong\b|mistransl|article|seed|cognism|ruler|tehnografi|automatenow|klipfolio|\.(?:com|co|ai|org|io|eu|pro|in)\b|"
    r"conflict|in the field|the field",
    re.IGNORECASE,
)


def test_help_holds_no_notes_of_the_research():
    for kpi in CATALOGUE.values():
        for text in (reference.explanation(kpi), kpi.__doc__):
            assert not RESEARCH.search(text), (kpi.name, RESEARCH.search(text))


@pytest.fixture(scope="module")
def rows(shared):
    return json.loads((shared / "spec" / "kpi-catalogue.json").read_text(encoding="utf-8"))


ARGUMENTS_SINCE = {
    "NOSHOWRATE": ["no_shows", "booked"],
    "PIPEVEL": ["opportunities", "deal_value", "win_rate", "cycle_days"],
}
"""Names and orders that the specification has otherwise: those of published formulas."""
EXAMPLES_SINCE = {
    "NOSHOWRATE": lambda attended, booked: {"no_shows": booked - attended, "booked": booked},
    "PIPEVEL": lambda avg_deal, **others: {"deal_value": avg_deal, **others},
}
"""The specification's examples with those arguments."""
FURTHER_SINCE = {"PIPECOV": ["won"]}


def test_names_and_arguments_of_the_specification(rows):
    assert {row["fn"] for row in rows} <= set(CATALOGUE)
    for row in rows:
        kpi, known = CATALOGUE[row["fn"]], provenance().get(row["fn"], Provenance())
        own, further = kpi.arguments[: len(row["args"])], kpi.arguments[len(row["args"]) :]
        names = [name for name, _ in row["args"]]
        assert ARGUMENTS_SINCE.get(row["fn"]) != names
        assert [argument.name for argument in own] == ARGUMENTS_SINCE.get(row["fn"], names)
        assert [argument.optional for argument in own] == ["optional" in kind for _, kind in row["args"]]
        if row["fn"] in FURTHER_SINCE:
            assert [argument.name for argument in further] == FURTHER_SINCE[row["fn"]]
        else:
            assert bool(further) == ("further pairs allowed" in row["args"][-1][1])
        assert all(argument.optional for argument in further)
        assert kpi.direction == row["dir"]
        assert {source.article for source in known.articles} >= {list(articles())[int(key)] for key in row["seeds"]}


def test_every_example_of_the_specification(rows):
    for row in rows:
        for example in row["examples"]:
            expected, args = example["expected"], example["args"]
            if isinstance(expected, str) and expected.startswith("{"):
                expected = [float(part) for part in expected.strip("{}").split(";")]
            elif isinstance(expected, str):
                expected = CellError(expected)
            if row["fn"] in EXAMPLES_SINCE:
                args = EXAMPLES_SINCE[row["fn"]](**args)
            assert_same(CATALOGUE[row["fn"]](**args), expected)
            days = {name: _days(value) for name, value in args.items()}
            assert_same(CATALOGUE[row["fn"]](**days), expected)


def _days(value):
    if isinstance(value, list):
        return [_days(part) for part in value]
    return datetime.fromisoformat(value) if isinstance(value, str) and value[:4].isdigit() else value
