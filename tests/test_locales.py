"""Every language says all that is said in English, and each file is what the code expects."""

import json
import re
import string
from pathlib import Path

import pytest

import xl_leadkpi
from xl_leadkpi.addin.exports import FUNCTIONS
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.locales import ENGLISH, MissingTextError, languages, locale
from xl_leadkpi.sheets.texts import Texts
from xl_leadkpi.workbooks.sources import Words

MAY_BE_EMPTY = {"workbooks: funnel.bar"}


def placeholders(text):
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def needed(language):
    """What a language has to say, with the placeholders; English is the pattern, but for the forms of nouns."""
    pattern, forms = locale(ENGLISH), locale(language).plural_forms
    for key, text in pattern.funnel.items():
        one, parts, rest = key.partition("_one") if key.startswith("count.") else (key, "", "")
        if parts:
            yield from ((f"funnel: {one}_{form}{rest}", placeholders(text)) for form in forms)
        elif not key.startswith("count."):
            yield f"funnel: {key}", placeholders(text)
    for key, text in pattern.workbooks.items():
        yield f"workbooks: {key}", placeholders(text)
    for key, text in pattern.explain.items():
        yield f"explain: {key}", placeholders(text)
    for kind, finding in pattern.findings.items():
        yield f"findings: {kind}: title", frozenset()
        yield f"findings: {kind}: meaning", frozenset()
        if finding.remedy:
            yield f"findings: {kind}: remedy", frozenset()
    if language != ENGLISH:  # in English these stand in the declarations
        yield from ((f"functions: {key}", frozenset()) for key in needed_of_functions())
        yield from ((f"explain: condition.{condition}", frozenset()) for condition in conditions_in_words())


def needed_of_functions():
    for name, function in FUNCTIONS.items():
        declared = function.kpi and {one: getattr(function.kpi, one) for one in ("title", "pitfalls", "remarks")}
        keys = ("meaning", *(key for key, text in (declared or {}).items() if text))
        yield from (f"{name}: {key}" for key in (*keys, *(one.name for one in function.parameters)))


def conditions_in_words():
    rules = {rule.condition for kpi in CATALOGUE.values() for rule in kpi.rules}
    return sorted(condition for condition in rules if re.search("[a-z] [a-z]", condition))


def said(language):
    """What a language says."""
    own = locale(language)
    yield from ((f"funnel: {key}", text) for key, text in own.funnel.items())
    yield from ((f"workbooks: {key}", text) for key, text in own.workbooks.items())
    yield from ((f"explain: {key}", text) for key, text in own.explain.items())
    for kind, finding in own.findings.items():
        yield f"findings: {kind}: title", finding.title
        yield f"findings: {kind}: meaning", finding.meaning
        if finding.remedy:
            yield f"findings: {kind}: remedy", finding.remedy
    for name, function in own.functions.items():
        yield f"functions: {name}: meaning", function.meaning
        for key in ("title", "pitfalls", "remarks"):
            if text := getattr(function, key):
                yield f"functions: {name}: {key}", text
        yield from ((f"functions: {name}: {key}", text) for key, text in function.arguments.items())


def keys_once(pairs):
    """The pairs of an object as a dictionary; JSON would keep the last of several with one key and say nothing."""
    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"written twice: {', '.join(twice)}")
    return dict(pairs)


@pytest.mark.parametrize(
    "file", sorted(Path(xl_leadkpi.__file__).parent.rglob("*.json")), ids=lambda file: f"{file.parent.name}/{file.name}"
)
def test_no_key_is_written_twice(file):
    json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=keys_once)


def test_a_key_that_is_written_twice_is_named():
    with pytest.raises(ValueError, match=r"^written twice: card\.won$"):
        json.loads(
            '{"funnel": {"card.won": "Won", "card.lost": "Lost", "card.won": "Win"}}', object_pairs_hook=keys_once
        )


@pytest.mark.parametrize("language", languages())
def test_every_text_is_there(language):
    texts = dict(said(language))
    wanted = dict(needed(language))
    assert [f"{language}: {key} is missing" for key in wanted if key not in texts] == []
    assert [f"{language}: {key} is not known" for key in texts if key not in wanted] == []
    for key, text in texts.items():
        assert text == text.strip() or key.startswith("funnel: card.unit"), f"{language}: {key} has spaces around it"
        assert text or key in MAY_BE_EMPTY, f"{language}: {key} is empty"
        if key.startswith(("funnel: ", "explain: ")):
            assert placeholders(text) == wanted[key], f"{language}: {key} has other placeholders"


@pytest.mark.parametrize("language", languages())
def test_findings_are_told_in_sentences(language):
    for kind, finding in locale(language).findings.items():
        assert finding.meaning.endswith("."), kind
        assert not finding.remedy or finding.remedy.endswith("."), kind


@pytest.mark.parametrize("language", languages())
def test_numbers_and_days_are_complete(language):
    own = locale(language)
    assert len(set(own.months)) == 12
    assert set(own.large_numbers) == {"thousand", "million", "billion", "trillion"}
    assert own.decimal != own.thousands
    assert own.list_separator != own.decimal  # else Excel could not tell arguments from decimals
    assert own.day.format(day=1, month=2, name="Feb", year=2025)


def test_excel_tells_the_languages_apart():
    assert len({locale(language).excel_language for language in languages()}) == len(languages())


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("ask", [Texts, Words])
def test_a_missing_text_is_named_with_its_language(ask, language):
    with pytest.raises(MissingTextError, match=rf"'(funnel|workbooks): card\.gone' in the language '{language}'"):
        ask(language)("card.gone")


def test_an_unknown_language_is_named():
    with pytest.raises(ValueError, match=f"no language 'tlh'; there are {', '.join(languages())}"):
        locale("tlh")
