"""``leadkpi kpi``, ``kpis`` and ``explain``."""

import argparse

import pytest

from xl_leadkpi.cli import kpi as command
from xl_leadkpi.kpis import CATALOGUE, reference


@pytest.fixture
def run(capsys):
    def run(*words):
        parser = argparse.ArgumentParser(prog="leadkpi")
        command.add_parsers(parser.add_subparsers(required=True))
        options = parser.parse_args(words)
        code = options.run(options)
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        ("CPL 12000 340", "35.294117647058826"),
        ("cpl 10000 200", "50"),
        ("CPL , 5", ""),
        ("LEADSNEEDED 240000 20000 0.08", "150"),
        ("WPIPE 120000,80000,200000 0.15,0.4,0.7", "190000"),
        ("DATECOUNT 2025-05-01,2025-05-31,2025-06-01 2025-05-01 2025-05-31", "2"),
        ("SALESCYCLE 2025-01-01,2025-01-10 2025-02-15,2025-03-05 median", "49.5"),
        ("STEPCONV 150,90,36", "1\n0.6\n0.4"),
        ("WEBTRAFFIC 1200,,1450", "2650"),
        ("CAC 12000 40 sales_cost=3000", "375"),
        ("CAC 12000 40 Sales_Cost=3000", "375"),
        ("STAGECOUNT utm=a,b utm=a", "1"),
        ("WINRATEIF criterion=Ads status_range=won,lost crit_range=Ads,Ads", "0.5"),
    ],
)
def test_computes(run, words, printed):
    words = ["" if word == "," else word for word in words.split()]
    assert run("kpi", *words) == (0, f"{printed}\n", "")


def test_prints_both_ends_of_an_interval(run):
    code, out, _ = run("kpi", "CONVCI", "35", "150")
    assert code == 0
    assert [round(float(line), 10) for line in out.split()] == [0.1728263151, 0.3071578152]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("CPL 1 0", "#DIV/0!: no value where leads=0"),
        ("CPL 1 x", "#VALUE!: leads holds a text where a number is expected"),
        ("CPL TRUE 5", "#VALUE!: spend holds TRUE or FALSE where a number is expected"),
        ("CPL -1 5", "#NUM!: no value where spend<0 or leads<0"),
        (
            "CPL 12,000 5",
            (
                "#VALUE!: spend holds a text where a number is expected; write a number without separators, its "
                "decimals after a point"
            ),
        ),
        ("CPL nan 5", "#VALUE!: spend holds a text where a number is expected"),
        ("CPL #N/A 5", "#N/A: spend holds #N/A, which is passed on"),
        ("WPIPE 1,2 0.5", "#VALUE!: the ranges are of different size"),
        ("WINRATEIF won,lost Ads,Ads Ads criterion2=PL", "#VALUE!: criterion2 is given without its range crit_range2"),
    ],
)
def test_error_value_is_printed_with_its_reason_and_the_code_says_so(run, words, error):
    name = words.split()[0]
    shown = error.partition(": ")[0]
    assert run("kpi", *words.split()) == (1, f"{shown}\n", f"leadkpi: {name} gives {error}\n")


def test_missing_argument(run):
    assert run("kpi", "CPL") == (1, "", "leadkpi: CPL(spend, leads) needs spend, leads\n")
    assert run("kpi", "CPL", "1") == (1, "", "leadkpi: CPL(spend, leads) needs leads\n")
    assert run("kpi", "CPL", "1", "2", "3") == (
        1,
        "",
        "leadkpi: CPL(spend, leads) takes at most 2 arguments, 3 were given\n",
    )
    assert run("kpi", "CAC", "1", "2", "salescost=3") == (
        1,
        "",
        (
            "leadkpi: CAC(marketing_cost, new_customers, [sales_cost]) has no argument 'salescost'; "
            "did you mean sales_cost?\n"
        ),
    )
    assert run("kpi", "CPL", "1", "2", "leads=3") == (1, "", "leadkpi: CPL(spend, leads) got 'leads' twice\n")


@pytest.mark.parametrize("which", [["kpi"], ["explain"]])
def test_unknown_name_suggests_the_nearest(run, which):
    assert run(*which, "winrat")[::2] == (1, "leadkpi: no KPI is called 'winrat'; did you mean WINRATE, WINRATEIF?\n")
    assert run(*which, "wilson")[2] == "leadkpi: no KPI is called 'wilson'; did you mean CONVCI?\n"
    assert run(*which, "xyzzy")[2] == "leadkpi: no KPI is called 'xyzzy'; `leadkpi kpis` lists all\n"


def test_wrong_usage_exits_with_2(run):
    with pytest.raises(SystemExit, match="2"):
        run("kpi")
    with pytest.raises(SystemExit, match="2"):
        run("kpis", "--language", "xx")


def test_lists_all(run):
    code, out, _ = run("kpis")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(CATALOGUE)
    assert f"\n{'CPL':{max(map(len, CATALOGUE))}}  Cost per lead\n" in out


@pytest.mark.parametrize("family", ["time", "F", "f", "Time and response", "response"])
def test_lists_a_family(run, family):
    _, out, _ = run("kpis", "--family", family, "--language", "pl")
    assert out.splitlines() == [
        "SALESCYCLE   Długość cyklu sprzedaży",
        "TIMETOCONV   Czas do konwersji",
        "RESPTIME     Czas odpowiedzi na zapytanie",
        "RESPSLA      Odsetek odpowiedzi w czasie docelowym",
        "OUTCOMERATE  Odsetek zapytań zakończonych wynikiem",
    ]


def test_unknown_family(run):
    code, out, err = run("kpis", "--family", "nonsense")
    assert (code, out) == (1, "")
    assert err.startswith("leadkpi: no family is called 'nonsense'; there are volume, web, cost")


def test_searches_in_any_language(run):
    assert run("kpis", "--search", "koszt leada")[1].splitlines()[0] == "CPL  Cost per lead"
    assert run("kpis", "--search", "процент побед", "--language", "ru")[1].startswith("WINRATE")
    assert run("kpis", "--search", "churn", "--family", "value")[1].split()[0] in {"CLTVCHURN", "LIFETIME"}
    assert run("kpis", "--search", "qwerty") == (1, "", "leadkpi: no KPI has 'qwerty' in its names\n")


def test_prints_the_reference(run):
    assert run("kpis", "--markdown") == (0, reference.markdown(), "")


def test_explains(run):
    assert run("explain", "winrate") == (0, reference.explanation(CATALOGUE["WINRATE"]), "")
    russian = run("explain", "CPL", "--language", "ru")[1]
    assert russian.startswith("CPL: Стоимость лида\n")
    assert "Результат: деньги; чем меньше, тем лучше." in russian
    polish = run("explain", "cpl", "--language", "pl")[1]
    assert "- leads: leady utworzone w okresie (liczba)\n" in polish


def test_explains_where_a_kpi_comes_from_if_asked(run):
    _, out, _ = run("explain", "CPMQL", "--sources")
    assert out == reference.explanation(CATALOGUE["CPMQL"], with_sources=True)
    assert "- Cognism, 16 lead-generation KPIs (in Polish): " in out
