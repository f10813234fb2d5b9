"""The cases beside the project: inputs after public bug reports and real exports, with the right figures."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT.parent / "shared" / "cases"
FOLDERS = sorted(path.parent for path in CASES.glob("*/case.json"))


def find(data, path):
    """A figure by its path; ``[x]`` picks the row whose first key holds x."""
    for name, key in re.findall(r"([^.\[\]]+)|\[([^\]]*)\]", path):
        if key or not name:
            data = next((row for row in data or () if str(next(iter(row.values()))) == key), None)
        else:
            data = data.get(name) if isinstance(data, dict) else None
        if data is None:
            return None
    return data


def is_right(got, right):
    """Equal, within bounds where these are given, and unknown where None is right."""
    if right is None or got is None:
        return got is right
    if isinstance(right, list):
        return isinstance(got, int | float) and right[0] <= got <= right[1]
    if isinstance(right, bool | str) or not isinstance(got, int | float):
        return got == right
    return abs(got - right) <= 1e-6 * max(1.0, abs(right))


def leadkpi(arguments, folder):
    return subprocess.run(
        [sys.executable, "-m", "xl_leadkpi.cli", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def complaints(one, folder, scratch):
    """What is wrong with one run of a case."""
    result = scratch / "out.json"
    outputs = ["--json", str(result), "-o", str(scratch / "out.xlsx")]
    command = one.get("command") or ["funnel", *one["args"], *outputs]
    if one.get("again"):
        first = scratch / "first.xlsx"
        leadkpi(["funnel", *one["args"], "-o", str(first)], folder)
        command = ["funnel", str(first), *one["args"][1:], *outputs]
    done = leadkpi(command, folder)
    printed = (done.stdout + done.stderr).lower()
    allowed = one.get("exit", 0)
    if done.returncode not in (allowed if isinstance(allowed, list) else [allowed]):
        return [f"exit {done.returncode}, right {allowed}: {printed.strip()[-300:]}"]
    data = json.loads(result.read_text(encoding="utf-8")) if result.exists() else {}
    wrong = [
        f"{path} = {find(data, path)!r}, right {right!r}"
        for path, right in one.get("right", {}).items()
        if not is_right(find(data, path), right)
    ]
    wrong += [f"does not say {word!r}" for word in one.get("says", []) if word.lower() not in printed]
    wrong += [f"says {word!r}" for word in one.get("silent", []) if word.lower() in printed]
    return wrong + ["a traceback"] * ("traceback (most recent call last)" in printed)


@pytest.mark.long
@pytest.mark.needs("shared")
@pytest.mark.parametrize("case", FOLDERS or [None], ids=lambda case: case.name if case else "none")
def test_case(case, tmp_path):
    folder = tmp_path / "case"
    shutil.copytree(case, folder)
    wrong = []
    for number, one in enumerate(json.loads((case / "case.json").read_text(encoding="utf-8"))["runs"], 1):
        scratch = tmp_path / str(number)
        scratch.mkdir()
        wrong += [f"run {number}: {said}" for said in complaints(one, folder, scratch)]
    assert not wrong, "\n".join(wrong)
