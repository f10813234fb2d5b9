"""The reference kept beside the declarations is what they give."""

from pathlib import Path

from xl_leadkpi.cells import CellError
from xl_leadkpi.kpis import CATALOGUE, reference
from xl_leadkpi.kpis.declaration import Example


def test_reference_is_current():
    """After a change of a declaration: ``leadkpi kpis --markdown > xl_leadkpi/kpis/reference.md``."""
    kept = Path(reference.__file__).with_name("reference.md").read_text(encoding="utf-8")
    assert kept == reference.markdown()


def test_every_kpi_is_in_it():
    written = reference.markdown()
    for kpi in CATALOGUE.values():
        assert f"\n### {kpi.name}: {kpi.title['en']}\n" in written
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
    assert reference.explanation(CATALOGUE["CPMQL"], "pl").splitlines()[:14] == [
        "CPMQL: Koszt MQL",
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
    assert " - wrong: CPL ÷ spend = 1 ÷ leads" in reference.explanation(CATALOGUE["CPMQL"])
    assert "- not to be confused with: CPL, CPSQL" in reference.explanation(CATALOGUE["CPMQL"])
