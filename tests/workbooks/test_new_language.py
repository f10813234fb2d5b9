"""A language is one file: a made-up one is put into a copy of the sources, and everything is built in it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from tests.test_locales import conditions_in_words
from xl_leadkpi.addin.exports import FUNCTIONS
from xl_leadkpi.kpis import CATALOGUE
from xl_leadkpi.locales import ENGLISH, locale

from .reading import ADD_IN, EXCEL_TEMPLATE, NO_PYTHON, TEMPLATE
from .test_ribbon_runs import Ribbon, ribbon_of

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported and will be removed:UserWarning")

ROOT = Path(__file__).resolve().parents[2]
LANGUAGE, GERMAN_EXCEL = "de", 1031
SIGN = "\N{MIDDLE DOT}"
"""At the end of every text of the language; headers and stages are recognised without it."""


def signed(text):
    """A text of the made-up language: the English one, marked; within the quotes of a number format."""
    if text.endswith('"'):
        return f'{text[:-1]}{SIGN}"'
    return text and text + SIGN


def made_up():
    """The language's file."""
    english = locale(ENGLISH)
    return {
        "name": "Musterdeutsch",
        "name_in_english": "Sample German",
        "excel_language": GERMAN_EXCEL,
        "decimal": ",",
        "thousands": ".",
        "list_separator": ";",
        "plural": {"one": {"is": [1]}},
        "months": [f"{number}{SIGN}" for number in range(1, 13)],
        "month_format": "mm.yyyy",
        "day_format": "dd.mm.yyyy",
        "day": "{day}. {name} {year}",
        "large_numbers": dict.fromkeys(english.large_numbers, "X"),
        "signs_before": [],
        "header_letters": "äöüß",
        "header_words": ["betrag"],
        "excel_words": ["wahr", "falsch"],
        "templates_folder": "Benutzerdefinierte Office-Vorlagen",
        "funnel": {key: signed(text) for key, text in english.funnel.items()},
        "findings": {
            kind: {"title": signed(one.title), "meaning": f"{SIGN}{one.meaning}", "remedy": one.remedy}
            for kind, one in english.findings.items()
        },
        "workbooks": {key: signed(text) for key, text in english.workbooks.items()},
        "explain": {key: signed(text) for key, text in english.explain.items()}
        | {f"condition.{condition}": signed(condition) for condition in conditions_in_words()},
        "functions": {
            name: {
                "meaning": f"{SIGN}{name}.",
                "arguments": {one.name: signed(one.help) for one in function.parameters},
                **(signed_texts(function.kpi) if function.kpi else {}),
            }
            for name, function in FUNCTIONS.items()
        },
    }


def signed_texts(kpi):
    """What is said of a KPI besides meaning and arguments."""
    texts = {"title": kpi.title, "pitfalls": kpi.pitfalls, "remarks": kpi.remarks}
    return {key: signed(text) for key, text in texts.items() if text} | {"aliases": ["Musterwort"]}


def run(sources, *arguments):
    """Run Python in the copy of the sources, and nowhere else."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=sources, env=environment, capture_output=True, encoding="utf-8", check=False)


def leadkpi(sources, *arguments):
    done = run(sources, "-m", "xl_leadkpi.cli", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A copy of the sources with one file more, and what it has built."""
    copy = tmp_path_factory.mktemp("sources")
    for name in ("xl_leadkpi", "workbook_template"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "built"))
    (copy / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "test_locales.py", copy / "tests")
    write(copy, made_up())
    before = leadkpi(copy, "demo", "--help")
    assert f"{{en,{LANGUAGE},pl,ru}}" in before
    leadkpi(copy, "demo", copy / "demo", "--leads", 300, "--language", LANGUAGE)
    leadkpi(copy, "workbooks", "build", copy / "workbooks", "--language", LANGUAGE)
    return copy


def write(copy, language):
    text = json.dumps(language, ensure_ascii=False)
    (copy / "xl_leadkpi" / "locales" / f"{LANGUAGE}.json").write_text(text, encoding="utf-8")


def texts(path):
    """Texts of the sheets by their place; what a user or a program reads as a name stays as it is."""
    book = openpyxl.load_workbook(path, data_only=True)
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book.worksheets
        if sheet.title != "LeadKPI_Texts"
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str)
    }


def left_in_english(shown, section):
    """Cells that show a text of English although the language has one of its own."""
    english = {text for text in getattr(locale(ENGLISH), section).values() if " " in text and "{" not in text}
    return {place: text for place, text in shown.items() if text in english}


def test_the_funnel_speaks_it(sources):
    (workbook,) = (sources / "demo").glob("*.xlsx")
    shown = texts(workbook)
    assert shown["Funnel", "B1"] == f"Lead funnel{SIGN}"
    assert sum(text.endswith(SIGN) for text in shown.values()) > 200
    exported = (sources / "demo" / "leads.csv").read_text(encoding="utf-8")
    left = left_in_english(shown, "funnel")
    assert {place: text for place, text in left.items() if text not in exported} == {}  # the user's words stay
    assert any(f"300 leads{SIGN}" in text for text in shown.values())  # counted, in the form that fits
    assert any(f"30. 6{SIGN} 2026" in text for text in shown.values())  # its own way of writing a day


def test_the_workbooks_speak_it(sources):
    for name in (NO_PYTHON, TEMPLATE, EXCEL_TEMPLATE):
        path = sources / "workbooks" / name
        if name == EXCEL_TEMPLATE:  # the same but for its type, which openpyxl refuses
            assert path.is_file()
            continue
        shown = texts(path)
        assert shown["Functions", "A1"] == f"Functions{SIGN}"
        assert left_in_english(shown, "workbooks") == {}
        row = next(int(place[1:]) for (sheet, place), text in shown.items() if sheet == "Functions" and text == "CPL")
        assert shown["Functions", f"B{row}"] == signed(CATALOGUE["CPL"].title)
        assert shown["Functions", f"D{row}"] == f"{SIGN}CPL."
        assert shown["Functions", f"I{row}"] == "=CPL(10000;200)"
    assert shown["Funnel", "B1"] == f"Lead funnel{SIGN}"


def test_the_ribbon_speaks_it_and_the_others_as_before(sources, monkeypatch):
    with ribbon_of(sources / "workbooks" / ADD_IN, monkeypatch) as ribbon:
        for language, label in ((LANGUAGE, f"Build funnel{SIGN}"), ("pl", "Zbuduj lejek"), ("ru", "Построить воронку")):
            ribbon.language = language
            assert ribbon.call("btnFunnel", "getLabel") == label
        ribbon.language = LANGUAGE
        check_first_of_each_gallery(ribbon)


def check_first_of_each_gallery(ribbon: Ribbon):
    for name in ribbon.galleries:
        kpi = CATALOGUE[ribbon.call(name, "getItemID", 0)]
        assert ribbon.call(name, "getItemLabel", 0) == f"{kpi.name}  {signed(kpi.title)}"
        assert ribbon.call(name, "getItemScreentip", 0) == kpi.signature
        assert ribbon.call(name, "getItemSupertip", 0).startswith(f"{SIGN}{kpi.name}.\n= ")


def test_the_command_speaks_it(sources):
    assert signed(CATALOGUE["CPL"].title) in leadkpi(sources, "kpis", "--language", LANGUAGE)
    assert signed(CATALOGUE["CPL"].title) in leadkpi(sources, "explain", "CPL", "--language", LANGUAGE)
    explained = leadkpi(sources, "explain", "CPL", "--language", LANGUAGE).splitlines()
    listed = [line for line in explained if line.startswith("- ")]
    assert [line for line in listed if not line.removesuffix(")").endswith(SIGN)] == []
    spend, leads = CATALOGUE["CPL"].arguments
    assert f"- {spend.name}: {signed(spend.meaning)} (money{SIGN})" in listed
    assert f"- {leads.name}: {signed(leads.meaning)} (count{SIGN})" in listed
    assert f"- mind: {signed(CATALOGUE['CPL'].pitfalls)}{SIGN}" in listed
    assert f"- also called: Musterwort{SIGN}" in listed
    assert "CPL " in leadkpi(sources, "kpis", "--search", "musterwort")


def test_excel_in_it_is_understood(sources):
    code = (
        "from xl_leadkpi.addin.macros import _language, _language_of\n"
        "from xl_leadkpi.locales import language_of_excel\n"
        f"print(_language(None, ['Betrag', 'Datum']), _language_of('Lead funnel{SIGN}'), language_of_excel(3079))"
    )
    done = run(sources, "-X", "utf8", "-c", code)
    assert done.stdout.split() == [LANGUAGE] * 3, done.stderr


def test_a_text_that_is_missing_is_named(sources):
    arguments = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", sources, "tests/test_locales.py")
    complete = made_up()
    assert run(sources, *arguments, "-k", LANGUAGE).returncode == 0
    for section, key, named in (
        ("funnel", "card.won", "de: funnel: card.won is missing"),
        ("workbooks", "ribbon.btnFunnel", "de: workbooks: ribbon.btnFunnel is missing"),
        ("findings", "encoding", "de: findings: encoding: title is missing"),
        ("functions", "CPL", "de: functions: CPL: meaning is missing"),
        ("explain", "mind", "de: explain: mind is missing"),
        ("explain", "condition.no rating", "de: explain: condition.no rating is missing"),
    ):
        write(sources, complete | {section: {name: text for name, text in complete[section].items() if name != key}})
        done = run(sources, *arguments)
        assert done.returncode == 1
        assert named in done.stdout
    write(sources, complete)
