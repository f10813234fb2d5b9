"""What the functions' names are explained with, in Polish and Russian."""

import re

import openpyxl
import pytest

from xl_leadkpi.addin.exports import FUNCTIONS
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.locales import languages, locale
from xl_leadkpi.workbooks.functions import example_of
from xl_leadkpi.workbooks.sources import ENGLISH, Words

from .reading import NO_PYTHON

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported and will be removed:UserWarning")

OTHERS = [language for language in languages() if language != "en"]
LETTERS = {"pl": re.compile("[а-яё]", re.IGNORECASE), "ru": re.compile("[ąćęłńóśźż]", re.IGNORECASE)}


@pytest.mark.parametrize("language", OTHERS)
def test_every_function_and_argument_is_explained_and_nothing_else(language):
    texts = locale(language).functions
    assert {name: list(one.arguments) for name, one in texts.items()} == {
        name: [parameter.name for parameter in function.parameters] for name, function in sorted(FUNCTIONS.items())
    }


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda one: one.name)
def test_meanings_are_a_sentence_of_the_language(language, function):
    meaning = Words(language).meaning(function)
    assert meaning != ENGLISH.meaning(function)
    assert meaning[0].isupper() or meaning[0].isdigit()
    assert meaning.endswith(".")
    assert not LETTERS[language].search(meaning)
    assert len(Words(language).description(function)) <= 255
    for parameter in function.parameters:
        argument = Words(language).argument(function, parameter)
        assert argument == argument.strip() != ""
        assert argument != parameter.help or not re.search(r"[a-z] (or|the|of) ", parameter.help)


@pytest.mark.parametrize("language", OTHERS)
def test_different_meanings_stay_different(language):
    meanings = [Words(language).meaning(function) for function in FUNCTIONS.values()]
    assert len(set(meanings)) == len(meanings) == len(CATALOGUE) + 7


def test_russian_is_written_in_russian():
    for function in FUNCTIONS.values():
        latin = re.sub(r"[A-Z][A-Z0-9]*(?:CR|BP)?|GA4", "", Words("ru").meaning(function))
        assert not re.search("[A-Za-z]", latin), function.name
        assert re.search("[а-яё]", Words("ru").meaning(function))


@pytest.mark.parametrize("language", languages())
def test_the_sheet_functions_shows_them(built, language):
    sheet = openpyxl.load_workbook(built[language] / NO_PYTHON)["Functions"]
    rows = {row[0].value: [cell.value for cell in row] for row in sheet.iter_rows(min_row=6) if row[0].value}
    assert rows.keys() == FUNCTIONS.keys()
    words = Words(language)
    for name, row in rows.items():
        assert row[3] == words.meaning(FUNCTIONS[name])
        for parameter in FUNCTIONS[name].parameters:
            assert f"{parameter.name}: {words.argument(FUNCTIONS[name], parameter)}" in row[4]


def test_examples_are_typed_as_excel_takes_them_in_that_language():
    for name, english, other in (
        ("CLTVCHURN", "CLTVCHURN(100,0.03,0.8)", "CLTVCHURN(100;0,03;0,8)"),
        ("STEPCONV", "INDEX(STEPCONV({150;90;36;12}),4)", "INDEX(STEPCONV({150;90;36;12});4)"),
    ):
        assert example_of(CATALOGUE[name])[0] == english
        assert {example_of(CATALOGUE[name], Words(language))[0] for language in OTHERS} == {other}
