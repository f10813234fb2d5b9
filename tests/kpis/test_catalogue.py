"""Every example of the catalogue, and that each declaration is complete."""

import json
import math
from datetime import datetime

import pytest

from xl_leadkpi import kpis
from xl_leadkpi.cells import CellError
from xl_leadkpi.kpis import CATALOGUE, FAMILIES
from xl_leadkpi.kpis.articles import ARTICLES
from xl_leadkpi.kpis.declaration import NUMBER_FORMATS

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


def test_there_are_a_hundred():
    assert len(CATALOGUE) == 100


@pytest.mark.parametrize("kpi", CATALOGUE.values(), ids=lambda kpi: kpi.name)
def test_declaration_is_complete(kpi):
    assert set(kpi.title) == {"en", "pl", "ru"}
    assert all(kpi.title.values())
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
    assert all(source.article in ARTICLES and source.says for source in kpi.sources)
    assert getattr(kpis, kpi.name) is kpi
    assert kpi.__doc__ == kpi.formula.__doc__
    assert kpi.__name__ == kpi.name


def test_catalogue_cannot_be_changed():
    with pytest.raises(TypeError):
        CATALOGUE["NEW"] = CATALOGUE["CPL"]


def test_wrong_formulas_of_the_articles_are_marked():
    wrong = {(kpi.name, source.article) for kpi in CATALOGUE.values() for source in kpi.sources if source.wrong}
    assert {("CPMQL", "cognism"), ("CPSQO", "cognism"), ("CPA", "tehnografi")} <= wrong


@pytest.fixture(scope="module")
def rows(shared):
    return json.loads((shared / "spec" / "kpi-catalogue.json").read_text(encoding="utf-8"))


def test_names_and_arguments_of_the_specification(rows):
    assert {row["fn"] for row in rows} == set(CATALOGUE)
    for row in rows:
        kpi = CATALOGUE[row["fn"]]
        own, further = kpi.arguments[: len(row["args"])], kpi.arguments[len(row["args"]) :]
        assert [argument.name for argument in own] == [name for name, _ in row["args"]]
        assert [argument.optional for argument in own] == ["optional" in kind for _, kind in row["args"]]
        assert bool(further) == ("further pairs allowed" in row["args"][-1][1])
        assert all(argument.optional for argument in further)
        assert kpi.direction == row["dir"]
        assert {source.article for source in kpi.sources} >= {list(ARTICLES)[int(key)] for key in row["seeds"]}


def test_every_example_of_the_specification(rows):
    for row in rows:
        for example in row["examples"]:
            expected = example["expected"]
            if isinstance(expected, str) and expected.startswith("{"):
                expected = [float(part) for part in expected.strip("{}").split(";")]
            elif isinstance(expected, str):
                expected = CellError(expected)
            assert_same(CATALOGUE[row["fn"]](**example["args"]), expected)
            days = {name: _days(value) for name, value in example["args"].items()}
            assert_same(CATALOGUE[row["fn"]](**days), expected)


def _days(value):
    if isinstance(value, list):
        return [_days(part) for part in value]
    return datetime.fromisoformat(value) if isinstance(value, str) and value[:4].isdigit() else value
