"""The list of findings is closed: each kind is declared once, raised somewhere, and written by its code alone."""

import ast
from pathlib import Path

import pytest

import xl_leadkpi
from xl_leadkpi.leads.model.findings import Finding, FindingKind, OwnNames, fill
from xl_leadkpi.locales import languages, locale

SOURCES = [
    path
    for path in Path(xl_leadkpi.__file__).parent.rglob("*.py")
    if path.name != "findings.py" and "kpis" not in path.parts
]


def raised() -> set[str]:
    """Collect the kinds that stand in the code."""
    return {
        node.attr
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "FindingKind"
    }


def test_the_list_is_closed():
    assert {kind.name for kind in FindingKind} == raised()


def test_no_kind_is_written_by_its_code_elsewhere():
    """A text would be one more place to keep in step; a note of the header and a detail are called like two kinds."""
    codes = {kind.value for kind in FindingKind} - {"encoding", "mixed_currencies"}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Constant) and node.value in codes), f"{path}: {node.value}"


def test_a_kind_is_its_code():
    assert FindingKind("title_rows") is FindingKind.TITLE_ROWS
    assert FindingKind.TITLE_ROWS == "title_rows"
    assert FindingKind.MIXED_DATE_ORDER.severity == "error"
    with pytest.raises(ValueError, match="no_such_kind"):
        FindingKind("no_such_kind")


@pytest.mark.parametrize("language", languages())
def test_every_finding_says_what_it_means(language):
    found = locale(language).findings
    assert all(found[kind].meaning.endswith(".") for kind in FindingKind)
    assert all(not found[kind].remedy or found[kind].remedy.endswith(".") for kind in FindingKind)


def test_json_says_what_to_do():
    import polars as pl

    from xl_leadkpi.funnel import as_json, build

    table = pl.DataFrame({"Lead ID": ["1", "2"], "Created": ["2025-01-05", "some day"], "Stage": ["Won", "Handshake"]})
    found = {row["finding"]: row["remedy"] for row in as_json(build(table))["quality"]}
    assert found["unreadable_dates"] == locale("en").findings["unreadable_dates"].remedy == "Correct these cells."
    assert "--stage WORD=STAGE" in found["unknown_words"]


def test_long_names_are_quoted_briefly_in_what_to_do():
    name = ",x" * 2_000
    for details in ({"channel": name}, {"words": (name, "Won")}, {"words": (name,)}):
        finding = Finding(FindingKind.SPEND_UNMATCHED, 1, column=name, details=details)
        said = fill("'{channel}' {words} {first} {column}", finding, OwnNames())
        assert len(said) < 300
        assert name[:50] in said
