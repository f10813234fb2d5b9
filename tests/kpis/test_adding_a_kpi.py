"""A KPI more is one declaration and its texts in Polish and Russian; all the rest is made of them.

Tried as a newcomer would: in a copy of the project, with the project's own tests.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

DECLARATION = '''

@elementwise(
    "CPQUOTE",
    family="cost",
    title="Cost per quote",
    arguments=(money("spend", "marketing spend of the period"), count("cpl", "quotes sent in the period")),
    unit="money",
    direction="lower",
    examples=(Example((900, 3), 300), Example((900, 0), CellError.DIV0)),
    pitfalls="Count every quote once.",
)
def cost_per_quote(spend: Any, cpl: Any) -> Any:
    """Marketing spend divided by the quotes sent."""
    return spend / cpl
'''
TEXTS = {
    "pl": {
        "title": "Koszt oferty",
        "meaning": "Wydatki na marketing podzielone przez liczbę wysłanych ofert.",
        "arguments": {"spend": "wydatki na marketing w okresie", "cpl": "oferty wysłane w okresie"},
        "pitfalls": "Każdą ofertę licz raz.",
    },
    "ru": {
        "title": "Стоимость предложения",
        "meaning": "Расходы на маркетинг, делённые на число отправленных предложений.",
        "arguments": {"spend": "расходы на маркетинг за период", "cpl": "предложения, отправленные за период"},
        "pitfalls": "Считайте каждое предложение один раз.",
    },
}
EVERYWHERE = """
import json
from xl_leadkpi import kpis
from xl_leadkpi.addin import exports, functions, insert, vba
from xl_leadkpi.kpis import reference, search
from xl_leadkpi.sheets.rectangles import Rectangle
from xl_leadkpi.workbooks import names, ribbon
from xl_leadkpi.workbooks.functions import functions_page
from xl_leadkpi.workbooks.sources import Words

kpi = kpis.CATALOGUE["CPQUOTE"]
around = insert.Around(Rectangle(1, 1, 3, 2), {"cost": 1, "cpl": 2}, {})
vba_lines = vba.functions_module().splitlines()
first = next(i for i, line in enumerate(vba_lines) if line.startswith("Public Function CPQUOTE("))
print(json.dumps({
    "value": [kpis.CPQUOTE(900, 3), str(kpis.CPQUOTE(900, 0)), kpis.CPQUOTE([900, 100], [3, 4])],
    "excel": [kpi.excel_text("B2", "C2"), kpi.lambda_text()],
    "udf": functions.CPQUOTE.__doc__,
    "call": exports.call("CPQUOTE", (900.0, 3.0)),
    "vba": vba_lines[first:first + 2],
    "inserted": insert.formula(kpi, around, 2, 3, []),
    "named": [name for name, *_ in names.definitions()],
    "picker": str(ribbon.text_sheet()),
    "functions": {language: str(functions_page(Words(language))) for language in ("en", "pl", "ru")},
    "help": {one: reference.explanation(kpi, one) for one in ("en", "pl", "ru")},
    "found": [one.name for one in search.search("koszt oferty")],
    "table": exports.call("KPIHELP", ("cpquote",))[0],
}))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The project with a KPI more."""
    root = tmp_path_factory.mktemp("project")
    for part in ("xl_leadkpi", "workbook_template", "tests"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__", "*.png"))
    shutil.copy(ROOT / "pyproject.toml", root)
    family = root / "xl_leadkpi" / "kpis" / "cost.py"
    family.write_text(family.read_text(encoding="utf-8") + DECLARATION, encoding="utf-8")
    for language, texts in TEXTS.items():
        write(root, language, texts)
    ran = run(root, "-m", "tests.kpis.regenerate")
    assert ran.returncode == 0, ran.stderr
    return root


def write(root, language, texts):
    file = root / "xl_leadkpi" / "locales" / f"{language}.json"
    known = json.loads(file.read_text(encoding="utf-8"))
    known["functions"].pop("CPQUOTE", None)
    known["functions"] |= {"CPQUOTE": texts} if texts else {}
    file.write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")


def run(root, *words):
    environment = os.environ | {"PYTHONPATH": str(root), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, *words], cwd=root, env=environment, capture_output=True, encoding="utf-8", check=False
    )


def run_tests(root, *words):
    return run(root, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *words)


def test_it_is_everywhere(copy):
    ran = run(copy, "-c", EVERYWHERE)
    assert ran.returncode == 0, ran.stderr
    made = json.loads(ran.stdout)
    assert made["value"] == [300.0, "#DIV/0!", [300.0, 25.0]]
    assert made["excel"][0] == "B2/C2"
    assert made["excel"][1].startswith("LAMBDA(spend,cpl,IF(")
    assert made["udf"] == "Cost per quote: Marketing spend divided by the quotes sent."
    assert made["call"] == [[300.0]]
    # an argument called like a function of the catalogue gets another name in VBA
    assert made["vba"][0] == "Public Function CPQUOTE(spend As Variant, cpl_value As Variant) As Variant"
    assert "Cost per quote: Marketing spend divided by the quotes sent." in made["vba"][1]
    assert [name for name in made["named"] if name.endswith("CPQUOTE")]
    assert made["inserted"] == "=CPQUOTE(B3,C3)"
    assert all(
        text in made["picker"] for text in ("'CPQUOTE'", "Cost per quote", "Koszt oferty", "Стоимость предложения")
    )
    for language, title in (("en", "Cost per quote"), ("pl", "Koszt oferty"), ("ru", "Стоимость предложения")):
        assert title in made["functions"][language]
        assert title in made["picker"]
        assert made["help"][language].startswith(f"CPQUOTE: {title}\n")
    assert "Marketing spend divided by the quotes sent." in made["functions"]["en"]
    for language, texts in TEXTS.items():
        assert texts["meaning"] in made["functions"][language]
        for text in (texts["meaning"], *texts["arguments"].values(), texts["pitfalls"]):
            assert text in made["help"][language]
    assert made["found"][0] == "CPQUOTE"
    assert made["table"] == ["CPQUOTE: Cost per quote"]
    assert "### CPQUOTE: Cost per quote" in (copy / "xl_leadkpi" / "kpis" / "reference.md").read_text(encoding="utf-8")
    assert '"CPQUOTE"' in (copy / "tests" / "kpis" / "public_names.json").read_text(encoding="utf-8")


def test_the_command_knows_it(copy):
    assert run(copy, "-m", "xl_leadkpi.cli", "kpi", "cpquote", "900", "3").stdout == "300\n"
    assert "\nCPQUOTE " in run(copy, "-m", "xl_leadkpi.cli", "kpis").stdout


def test_the_projects_own_tests_take_it_as_it_is(copy):
    kpis = ["catalogue", "reference", "public_names", "excel_text", "elementwise_differential", "command"]
    files = [*(f"tests/kpis/test_{name}.py" for name in kpis), "tests/addin/test_vba_text.py"]
    files += ["tests/addin/test_exports.py", "tests/workbooks/test_wording.py", "tests/test_locales.py"]
    # its own tests, and all that look at the catalogue as a whole; the shared specification has no such KPI
    ran = run_tests(
        copy, *files, "-k", "(CPQUOTE or current or every or stay or wrapper or lists) and not specification"
    )
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert "passed" in ran.stdout


def test_a_missing_translation_is_named(copy):
    write(copy, "ru", None)
    try:
        ran = run_tests(copy, "tests/kpis/test_reference.py")
    finally:
        write(copy, "ru", TEXTS["ru"])
    assert ran.returncode == 1
    failed = [line.partition(" - ")[0] for line in ran.stdout.splitlines() if line.startswith("FAILED")]
    assert failed == ["FAILED tests/kpis/test_reference.py::test_every_kpi_is_explained_in_every_language[CPQUOTE-ru]"]
