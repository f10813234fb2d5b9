"""The list of findings is closed: what the room can raise is explained, and what is explained can be raised."""

import ast
from pathlib import Path

import xl_leadkpi.leads
from xl_leadkpi.leads.quality import FINDINGS


def raised() -> set[str]:
    """Collect the kinds that stand in the room's code."""
    found: set[str] = set()
    for path in Path(xl_leadkpi.leads.__file__).parent.glob("*.py"):
        if path.name == "quality.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in FINDINGS:
                found.add(node.value)
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in {
                "Finding", "_note", "_Check",
            }:  # fmt: skip
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant):
                    assert first.value in FINDINGS, f"{path.name}: {first.value}"
    return found


def test_the_list_is_closed():
    dynamic = {"same_email", "same_phone"}
    assert set(FINDINGS) - raised() - dynamic == set()


def test_every_finding_says_what_it_means():
    assert all(oddity.meaning.endswith(".") for oddity in FINDINGS.values())
    assert all(not oddity.remedy or oddity.remedy.endswith(".") for oddity in FINDINGS.values())
